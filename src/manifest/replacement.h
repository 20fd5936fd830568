/*
 * A file that is replaced, or created, as a whole: until that is done the old one stands. Who has
 * it open is the only one.
 */
#ifndef TREESUM_MANIFEST_REPLACEMENT_H
#define TREESUM_MANIFEST_REPLACEMENT_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

/** REPLACEMENT_NONE at first. */
struct replacement {
	/** Where the bytes go, and what holds the lock. */
	int fd;
	/** Of the target. */
	int directory;
	/** The names in the directory. */
	char target[NAME_MAX + 1];
	char temporary[NAME_MAX + 1];
	/** The temporary stands under its name, and is ours. */
	bool pending;
	/** A file is replaced, whose owner, mode and attributes are kept. */
	bool replaces;
	/** The temporary could not be made: errno is about that, not about the target. */
	bool beside;
	/** Only a target that is as it was when this began is replaced. */
	bool guarded;
	/** The old file stays as "TARGET~". */
	bool backup;
	/** What of the old file could not be kept: bits of enum attributes. */
	int lost;
	/** That file, and the one that takes its place. */
	struct stat old;
	struct stat made;
};

#define REPLACEMENT_NONE ((struct replacement){.fd = -1, .directory = -1})

/**
 * Make and lock the temporary file. The path is resolved now.
 *
 * @param exists there is a regular file at this path, which is replaced; otherwise there was none
 * @return 0, or -1 with errno (writer_open() says which); replacement_close() in any case
 */
int replacement_open(struct replacement *file, const char *path, bool exists);

/**
 * Put it in the target's place, once all is written.
 *
 * @return 0, or -1 with errno (writer_commit() says what then is there; ESTALE: the target is
 *         guarded, and was altered)
 */
int replacement_commit(struct replacement *file);

/** Remove the temporary, unless it is in its place. */
void replacement_discard(struct replacement *file);

/** The same, and give the lock up. */
void replacement_close(struct replacement *file);

#endif
