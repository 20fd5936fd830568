/*
 * The file that a journal is in: found or made beside a target, checked, and locked.
 */
#ifndef TREESUM_MANIFEST_JOURNAL_FILE_H
#define TREESUM_MANIFEST_JOURNAL_FILE_H

#include <limits.h>
#include <stdbool.h>

#include "sys/stamp.h"

/** JOURNAL_FILE_NONE at first. */
struct journal_file {
	/** The directory that it is in, and its name there. */
	int directory;
	char name[NAME_MAX + 1];
	/** Open for reading and writing; owned, as is `directory`. */
	int fd;
	struct stamp stamp;
	/** It was not there, and is empty. */
	bool made;
};

#define JOURNAL_FILE_NONE ((struct journal_file){.directory = -1, .fd = -1})

/**
 * Open and lock the file, or make it. Files that are not opened stay as they are.
 *
 * @param target the path of the file that it stands beside
 * @return 1, 0 where there is a file that may not be read (JOURNAL_UNSAFE in manifest/journal.h),
 *         or -1 with errno (EBUSY: another process has it; ENOTSUP: the file system cannot keep a
 *         file to its owner); journal_file_close() in any case
 */
int journal_file_open(struct journal_file *file, const char *target);

/**
 * Remove it, and what a killed run has left in journal_file_open_other(), unless another file has taken
 * its name. The lock is kept.
 *
 * @return 0, or -1 with errno
 */
int journal_file_remove(const struct journal_file *file);

/**
 * Make a file beside the journal that is to take its place: `.NAME.treesum` of the journal's name.
 * What a killed run has left there is removed.
 *
 * @param other JOURNAL_FILE_NONE at first
 * @return 0, or -1 with errno; journal_file_close() in any case
 */
int journal_file_open_other(const struct journal_file *file, struct journal_file *other);

/**
 * Put it in the journal's place, if the journal still is there. The journal is not locked any more
 * then.
 *
 * @return 0, or -1 with errno
 */
int journal_file_exchange(const struct journal_file *file, const struct journal_file *other);

/** Close what is open, which gives the lock up. Keeps errno. */
void journal_file_close(struct journal_file *file);

#endif
