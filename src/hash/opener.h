/*
 * Opens the files and directories of tasks. The directories opened last stay open: tasks come by
 * directory, so a path is walked once a directory and not once a file.
 */
#ifndef TREESUM_HASH_OPENER_H
#define TREESUM_HASH_OPENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <time.h>

#include "hash/hasher_task.h"

/** Directories that stay open. */
#define OPENER_DIRECTORIES 8

struct opener_directory;

struct opener {
	/** Directories that are open, the one used last first. */
	struct opener_directory *directories;
	/** The one that is in use, which stays open; or NULL. */
	const struct opener_directory *in_use;
	/** Reading may leave the files' access times alone. */
	bool no_atime;
	/** The run's own outputs, which are not opened below a root. */
	const struct stamp *owned;
	size_t owned_count;
};

/** A file to open, and what it was then. */
struct opening {
	struct hasher_task task;
	/** The descriptor, or -1. */
	int fd;
	struct stat status;
	/** What time it was. */
	struct timespec time;
};

/** @param owned the run's own outputs; kept */
void opener_begin(struct opener *opener, const struct stamp *owned, size_t owned_count);

/**
 * Open a file without waiting. One whose type is not known is looked at first: opening a FIFO or a
 * device does things to it.
 *
 * @return HASHER_DONE where it is open and is to be read; HASHER_DIRECTORY where it is one
 *         (opener_list() opens it); HASHER_FAILED with errno (EWOULDBLOCK: somebody holds a lease
 * on it); HASHER_SPECIAL, _LINK, _LINKED, _KNOWN or _OWN, with the status. opening->fd is to be
 * closed in any case, unless it is -1.
 */
enum hasher_state opener_open(struct opener *opener, struct opening *opening);

/**
 * Open the directory that a task names, to be listed.
 *
 * @param opening filled but for the time
 * @return HASHER_LISTED where it is open; HASHER_MOUNT where it is not to be entered; HASHER_FAILED
 *         with errno (ENOTDIR, and ELOOP where it is a link)
 */
enum hasher_state opener_list(struct opener *opener, struct opening *opening);

/**
 * The directory that opener_list() has opened was listed: keep it for the files in it.
 *
 * @param opening its descriptor is the opener's from now on
 */
void opener_keep(struct opener *opener, struct opening *opening);

/** Close one that is kept, for want of descriptors. @return false where there is none */
bool opener_give_up(struct opener *opener);

/** Close all. */
void opener_free(struct opener *opener);

#endif
