/*
 * A file tree walk with the contract of nftw(3), on directory descriptors.
 *
 * Pre-order, and physical unless asked to follow links. Unlike glibc's nftw it reports every
 * directory that could not be read to its end, goes on after each error, never leaves the tree
 * through a swapped link, tells special files from regular ones, and walks trees of any depth with
 * a bounded number of descriptors.
 */
#ifndef TREESUM_WALK_NFTW_H
#define TREESUM_WALK_NFTW_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/** What was found, in the words of nftw(3). */
enum nftw_type {
	/** Anything but a directory and a symbolic link; the stat's mode tells regular from
	 * special. */
	NFTW_F,
	/** A directory, reported before what it holds. */
	NFTW_D,
	/**
	 * A directory that could not be opened (ESTALE: because it is not the one that was visited)
	 * or not be read to its end, after NFTW_D of the same path; what could be read of it still
	 * follows. Or one that could not be reached again with names left to visit, when the walk
	 * came back to it, because it was moved or removed meanwhile. Or, where links are followed
	 * and without NFTW_D, one that the path leads through already (ELOOP).
	 */
	NFTW_DNR,
	/** Something whose stat failed; the struct stat is all zeros. */
	NFTW_NS,
	/** A symbolic link, not followed. */
	NFTW_SL,
	/**
	 * A directory on another file system than the root, not entered. It comes in place of
	 * NFTW_D, or after it where something was mounted when it was opened (an automounter).
	 */
	NFTW_MOUNT,
	/** Nothing that nftw_walk() finds: something that a walker leaves out (walk/walker.h). */
	NFTW_EXCLUDED,
};

/** A visitor's answer to NFTW_D: go on, but not into that directory (glibc's FTW_SKIP_SUBTREE). */
#define NFTW_SKIP 2

/** One call of the visitor. */
struct nftw_entry {
	/** The root as given, a slash where it does not end in one, and the path below. */
	const char *path;
	/** strlen(path). */
	size_t length;
	/** Offset of the last component in path. */
	size_t base;
	/** Depth below the root, which is 0. */
	size_t level;
	enum nftw_type type;
	/** NFTW_DNR and NFTW_NS: why (errno); otherwise 0. */
	int error;
	/** As lstat(2) gives it, or stat(2) where links are followed; NFTW_DNR: only the type,
	 * device and inode are sure. */
	const struct stat *stat;
};

/**
 * Called for each entry, which is valid until it returns. It may do to the tree what it likes, but
 * must not change the current directory where the root is a relative path.
 *
 * @return 0 to go on, NFTW_SKIP, or anything else to end the walk, which then returns it
 */
typedef int nftw_visit(const struct nftw_entry *entry, void *context);

struct nftw_options {
	/**
	 * Visit in the order of the paths' raw bytes (a directory sorts as if its name ended in a
	 * slash), not in the directories' own order.
	 */
	bool sorted;
	/** Called again and again, with the visitor's context, while a long directory is read and
	 * sorted; may be NULL. */
	void (*alive)(void *context);
	/**
	 * Follow links: what they lead to is visited under their name, in or out of the tree, and
	 * also more than once. What is put in the place of a link meanwhile is followed, too.
	 */
	bool follow;
	/** Do not enter directories on other file systems than the root. */
	bool one_file_system;
	/** Directory descriptors to keep open at the most, at least 2; 0 is 32. */
	unsigned descriptors;
};

/**
 * Walk the tree at `root`. A root that is a symbolic link is followed in any case.
 *
 * A directory is read to its end before anything in it is visited; what is created later is not
 * seen, and what vanishes meanwhile is reported as NFTW_NS with ENOENT.
 *
 * Memory: the names of one directory on each level of the current path. No recursion.
 *
 * @return 0 when the walk came to its end, whatever it met; what the visitor returned if that was
 *         not 0; or -1 with errno where it had to be given up (ENOMEM)
 */
int nftw_walk(
	const char *root, const struct nftw_options *options, nftw_visit *visit, void *context);

#endif
