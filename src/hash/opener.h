/*
 * Opens the files and directories of tasks. The last few directories stay open: tasks of one
 * directory come together, so its path is resolved once for the directory, not for each file.
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
	/** The one that is in use, and must stay open; or NULL. */
	const struct opener_directory *in_use;
	/** Files are opened with O_NOATIME. */
	bool no_atime;
	/** The run's own outputs, which are not opened below a root. */
	const struct stamp *owned;
	size_t owned_count;
};

/** A file to open, and its status when it was opened. */
struct opening {
	struct hasher_task task;
	/** The descriptor, or -1. */
	int fd;
	struct stat status;
	/** The time when it was opened. */
	struct timespec time;
};

/** @param owned the run's own outputs; kept */
void opener_begin(struct opener *opener, const struct stamp *owned, size_t owned_count);

/**
 * Open a file without waiting. If its type is not known, stat(2) is called first, as opening a FIFO
 * or a device has side effects. The caller closes opening->fd in any case, unless it is -1.
 *
 * @return HASHER_DONE if it is open and is to be read; HASHER_DIRECTORY if it is a directory
 *         (opener_list() opens it); HASHER_FAILED with errno (EWOULDBLOCK: another process holds a
 *         lease on it); HASHER_SPECIAL, _LINK, _LINKED, _KNOWN, _LOOKED_AT or _OWN, with the status
 */
enum hasher_state opener_open(struct opener *opener, struct opening *opening);

/**
 * Open the directory of a task, to list it.
 *
 * @param opening filled but for the time
 * @return HASHER_LISTED if it is open; HASHER_MOUNT if it is on another file system, and not to be
 *         entered; HASHER_FAILED with errno (ENOTDIR; ELOOP if it is a link)
 */
enum hasher_state opener_list(struct opener *opener, struct opening *opening);

/**
 * Keep a directory that opener_list() opened, and that was listed, open for the files in it.
 *
 * @param opening the opener takes over its descriptor
 */
void opener_keep(struct opener *opener, struct opening *opening);

/** Close one of the directories, if descriptors run out. @return false if there is none to close */
bool opener_give_up(struct opener *opener);

/** Close all. */
void opener_free(struct opener *opener);

#endif
