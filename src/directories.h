/*
 * The directories that a walk has listed, whether any of them changed during the walk, and what has come
 * into those that did.
 */
#ifndef TREESUM_DIRECTORIES_H
#define TREESUM_DIRECTORIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "sys/arena.h"
#include "sys/stamp.h"

/** The number of no directory. */
#define DIRECTORIES_NONE SIZE_MAX

struct directories {
	struct arena arena;
	struct listed_directory *list;
	size_t count;
	size_t room;
	/** Those before this one are sorted by path. */
	size_t sorted;
	/** When the walk began. */
	struct timespec begun;
	/** A directory was listed that had changed within a minute before the walk began, or since. */
	bool recent;
};

/** Receives what is in changed directories. */
struct directories_visitor {
	/**
	 * @param path as the walk would have named it; valid until this returns
	 * @param status of what is there; of a link, what it leads to where links are followed
	 * @return 1: if it is a directory that the walk has not listed, list it, too; 0; or -1 with errno
	 */
	int (*found)(void *context, const char *path, size_t size, const struct stat *status);
	void *context;
	/** Links are followed. */
	bool follow;
};

/** The walk begins now. @param directories all zeros */
void directories_begin(struct directories *directories);

/**
 * Add a directory.
 *
 * @param path copied
 * @param prefix so many bytes of it are the root and the slash behind that; all where it is the root
 * @param stamp device, inode, mtime and ctime as its listing began
 * @return 0, or -1 with errno ENOMEM
 */
int directories_add(struct directories *directories, const char *path, size_t size, size_t prefix,
	const struct stamp *stamp);

/**
 * Whether any directory is another one than it was, has other times, or cannot be looked at. Calls
 * stat(2) on one after the other, until one has changed.
 *
 * @param but the number of one that is not looked at, or DIRECTORIES_NONE
 * @return 1, 0, or -1 with errno EINTR if a signal came that ends the program
 */
int directories_changed(const struct directories *directories, size_t but);

/**
 * Whether a file may have come under its name during the walk, so that what had the name may be in a
 * directory that was listed before: rename(2) and open(2) set ctime. That of the file, or of a
 * directory that was listed, is not earlier than a minute before the walk began, as clocks of servers
 * differ.
 *
 * @param ctime the file's
 */
bool directories_may_have_replaced(
	const struct directories *directories, const struct timespec *ctime);

/**
 * List the directories that have changed once more, and the new ones in them, until none changes
 * while that is done. What is listed is what was listed before, or is in it, whatever has its path now;
 * nothing outside of the roots is opened, but where links are followed.
 *
 * @return 0; 1 if there may be more than the visitor received: the tree does not stand still, or a
 *         directory cannot be listed; or -1 with errno: ENOMEM, EINTR as above, or the visitor's
 */
int directories_list_again(
	struct directories *directories, const struct directories_visitor *visitor);

/** All zeros are allowed. */
void directories_free(struct directories *directories);

#endif
