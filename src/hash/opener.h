/*
 * Opens the files of tasks. The root that a file was found in stays open for those that follow: a
 * walk yields its files one after the other.
 */
#ifndef TREESUM_HASH_OPENER_H
#define TREESUM_HASH_OPENER_H

#include <stddef.h>
#include <sys/stat.h>
#include <time.h>

#include "hash/hasher_task.h"

/** OPENER_NONE at first. */
struct opener {
	/** The root opened last, and its path, or -1 and NULL. */
	int root;
	char *root_path;
	size_t root_size;
};

#define OPENER_NONE ((struct opener){.root = -1})

/** A file to open, and what it was then. */
struct opening {
	enum hasher_kind kind;
	/** NUL-terminated; how many bytes of it are the root. */
	const char *path;
	size_t root_size;
	/** The descriptor, or -1. */
	int fd;
	struct stat status;
	/** What time it was. */
	struct timespec time;
};

/**
 * Open a regular file without waiting. One that was named is looked at first: opening a FIFO or a
 * device does things to it.
 *
 * @return HASHER_DONE; HASHER_FAILED with errno (EWOULDBLOCK: somebody holds a lease on it);
 *         HASHER_DIRECTORY or HASHER_SPECIAL. opening->fd is to be closed in any case, unless it is
 *         -1.
 */
enum hasher_state opener_open(struct opener *opener, struct opening *opening);

/** Close the root. */
void opener_free(struct opener *opener);

#endif
