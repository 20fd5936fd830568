/*
 * The walk: the part of the parent that turns the names that workers have listed into tasks.
 *
 * It keeps the contract of nftw(3) (FTW_PHYS unless links are followed). The result is a tree
 * (scan/tree.h) in which every name is present once, under its directory, with its type. A
 * directory that cannot be listed, or a name whose type cannot be found out, is an entry with the
 * error, and the walk goes on.
 *
 * The walk does no I/O. Its output is nodes: directories to list and files to read. Its input is
 * the parts of listings and their results. It is complete when nothing is pending.
 */
#ifndef TREESUM_WALK_WALK_H
#define TREESUM_WALK_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/hasher_task.h"
#include "scan/tree.h"

struct filter;
struct walk;

/** A file that a walk has found: anything that is neither a directory nor a link. */
struct walk_found {
	/** The operand, as it was typed, and the path below it; that is empty for the operand itself. */
	const char *root;
	const char *path;
	/** Of the directory that it is in; 0 for the operand itself. */
	uint64_t device;
	uint64_t inode;
};

/** Whose file it is. */
enum walk_choice {
	WALK_TAKEN,
	/** That of another run, which shares the work. */
	WALK_OTHER_SHARD,
	/** One that such runs write. */
	WALK_OUTPUT,
};

struct walk_options {
	/** Follow links: their targets are visited under the name of the link, inside or outside of
	 * the tree, even if more than once. */
	bool follow;
	/** Do not enter directories on other file systems than the root. */
	bool one_file_system;
	/** Excludes names; an excluded directory is not entered. NULL: none. A name whose type
	 * cannot be found out is excluded if it would be both as a directory and as a file. */
	const struct filter *filter;
	/** Links and special files become nodes, too; otherwise they are only counted. Requires a
	 * tree that keeps its nodes. */
	bool all;
	/**
	 * Whose a regular file is that is not excluded; others than WALK_TAKEN are only counted. NULL:
	 * all are taken. May be asked twice.
	 *
	 * @param hash set to that of its name, unless it is an output
	 * @return an enum walk_choice, or -1 with errno: the walk cannot go on
	 */
	int (*choose)(void *context, const struct walk_found *found, uint64_t *hash);
	void *context;
};

/** Names by type. Names count once the listing of their directory has ended. */
struct walk_counts {
	uint64_t directories;
	uint64_t links;
	uint64_t special;
	uint64_t mounts;
	/** Names excluded by the filter; a directory and all below it count as one. */
	uint64_t excluded;
	/** Regular files that walk_options.choose() did not take. */
	uint64_t other_shards;
	uint64_t outputs;
	/** With walk_options.choose(): those that it took, and of other shards, and the sum of the
	 * hashes of their names. */
	uint64_t listed;
	uint64_t names;
};

/** @param tree the caller's, must outlive the walk. @return NULL with errno ENOMEM */
struct walk *walk_new(const struct walk_options *options, struct tree *tree);

/** An operand was dispatched. */
void walk_begin_root(struct walk *walk, struct node *root);

/**
 * Receive a part of a directory's listing; the directory may be an operand, or a name whose type
 * was not known. A second first part means that the worker was lost, and the listing starts again.
 *
 * @return 0, or -1 with errno: EBADMSG if the part is malformed, and nothing was changed; ENOMEM if
 *         the walk cannot go on
 */
int walk_part(struct walk *walk, struct node *node, const void *data, size_t size);

/**
 * Receive the result of a directory, or of a name that was listed as one. Its last part was given
 * to walk_part() before.
 *
 * @param result HASHER_LISTED, HASHER_MOUNT, or why it could not be listed. Any other state: it is
 *        no longer a directory (ENOTDIR). HASHER_MOUNT after a part was received is ESTALE.
 * @return 0, or -1 with errno ENOMEM
 */
int walk_listed(struct walk *walk, struct node *node, const struct hasher_result *result);

/**
 * Whether a node would not be taken if it turned out to be a regular file.
 *
 * @param node of unknown type
 * @return 1, 0, or -1 with errno: the walk cannot go on
 */
int walk_passes_over(struct walk *walk, const struct node *node);

/**
 * Set the type of a name that was listed without a type, and is not a directory.
 *
 * @param type NODE_FILE, NODE_LINK or NODE_SPECIAL
 * @return whether the node is kept: excluded names, types that are only counted, and files that are not
 *         taken are not; -1 with errno: the walk cannot go on
 */
int walk_typed(struct walk *walk, struct node *node, enum node_type type);

/** Remove the next directory to list. @return it, or NULL if there is none now */
struct node *walk_next_directory(struct walk *walk);

/** Remove the next file, or name of unknown type, first in, first out. @return it, or NULL */
struct node *walk_next_file(struct walk *walk);

/** The number of directories that are being listed, or wait for it. */
uint64_t walk_pending(const struct walk *walk);

/**
 * In a tree that does not keep its nodes: a file, or a directory with all in it, is done. Free it,
 * and the directories above it that are done by that.
 */
void walk_forget(struct walk *walk, struct node *node);

/** The only device whose directories below a node are entered; 0: any. */
uint64_t walk_root_device(const struct walk *walk, const struct node *node);

const struct walk_counts *walk_counts(const struct walk *walk);

/** Free the walk; the nodes belong to the tree. NULL is allowed. */
void walk_free(struct walk *walk);

#endif
