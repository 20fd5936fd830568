/*
 * The directories that a walk has listed, and whether any of them changed during the walk.
 */
#ifndef TREESUM_DIRECTORIES_H
#define TREESUM_DIRECTORIES_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "sys/arena.h"
#include "sys/stamp.h"

struct directories {
	struct arena arena;
	struct listed_directory *list;
	size_t count;
	size_t room;
	/** When the walk began. */
	struct timespec begun;
};

/** The walk begins now. @param directories all zeros */
void directories_begin(struct directories *directories);

/**
 * Add a directory.
 *
 * @param path copied
 * @param stamp device, inode, mtime and ctime as its listing began
 * @return 0, or -1 with errno ENOMEM
 */
int directories_add(
	struct directories *directories, const char *path, size_t size, const struct stamp *stamp);

/**
 * Whether any directory is another one than it was, has other times, or cannot be looked at. Calls
 * stat(2) on one after the other, until one has changed.
 *
 * @return 1, 0, or -1 with errno EINTR if a signal came that ends the program
 */
int directories_changed(const struct directories *directories);

/** All zeros are allowed. */
void directories_free(struct directories *directories);

#endif
