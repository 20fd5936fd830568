/*
 * Which names a walk has covered: whether a name that it did not find is missing, or was only not
 * seen.
 *
 * A file is missing only if its directory was listed without an error, or is missing itself. Below
 * a directory that could not be listed, nothing is known. A directory that is empty now was emptied
 * on purpose if its mtime is later than all times known of the files in it; otherwise it may be the
 * mount point of a disk that is not mounted.
 */
#ifndef TREESUM_COVERAGE_H
#define TREESUM_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "manifest/difference.h"
#include "scan/tree.h"
#include "walk/filter.h"

struct coverage;

/** Why a file that was not found is not taken for missing. */
struct coverage_doubt {
	/** The key of the directory, or of the name that is no longer a file; the same pointer for
	 * all files below it. Owned by the coverage. NULL: there is no doubt. */
	const char *key;
	/** What is wrong with it, for a message. */
	const char *reason;
	/** It concerns that name only, which is no longer a file. */
	bool one;
};

/** Numbers of the lines below a PATH. */
struct coverage_losses {
	/** As it was named. */
	const char *path;
	uint64_t lines;
	/** Lines that would be dropped, and lines that would get a new digest. */
	uint64_t dropped;
	uint64_t changed;
};

/**
 * @param filter the filter of the walk, must outlive this; may be NULL
 * @param beside_tree records are those of another tree, and not of a manifest, as messages say
 * @return NULL with errno ENOMEM
 */
struct coverage *coverage_new(const struct filter *filter, bool beside_tree);

/** Add an entry of the walk; to be called for each. @return 0, or -1 with errno ENOMEM */
int coverage_found(struct coverage *coverage, const struct tree_entry *found);

/**
 * Add a name that is not walked: the run's own file (outside), or an operand that is not a tree.
 *
 * @return 0, or -1 with errno ENOMEM
 */
int coverage_skipped(
	struct coverage *coverage, const char *path, size_t size, enum difference_word word);

/** The type now of a name that the manifest lists as a file. */
enum coverage_kind {
	COVERAGE_DIRECTORY,
	COVERAGE_LINK,
	COVERAGE_SPECIAL,
};

/** Add a name that the manifest lists as a file and that no longer is one. @return 0, or -1 with
 * errno ENOMEM */
int coverage_became(
	struct coverage *coverage, const char *path, size_t size, enum coverage_kind kind);

/** End of the walk; the functions below may be called from now on. */
void coverage_end(struct coverage *coverage);

/**
 * Add a record of the manifest; to be called for each before the functions below. It gives the
 * times of files in directories that are empty now.
 *
 * @param written when the manifest was written
 */
void coverage_listed(
	struct coverage *coverage, const struct record *record, const struct timespec *written);

/** Whether anything could not be listed or read. */
bool coverage_is_incomplete(const struct coverage *coverage);

/** Whether a record is a PATH or lies below one, even if it is excluded there. */
bool coverage_is_below(const struct coverage *coverage, const struct record *record);

/** Whether a name could not be listed or read. */
bool coverage_is_unreadable(const struct coverage *coverage, const char *key, size_t size);

/** Whether the walk of any PATH would come to a record. */
bool coverage_includes(const struct coverage *coverage, const struct record *record);

/** Count a record, and whether its line would be dropped or changed, for each PATH whose walk
 * covers it. */
void coverage_count(
	struct coverage *coverage, const struct record *record, bool dropped, bool changed);

/**
 * After all are counted: find a PATH that has more than 50 lines and loses more than half of them.
 *
 * @return whether there is one
 */
bool coverage_loses(const struct coverage *coverage, struct coverage_losses *losses);

/**
 * Judge a record that the walk did not find.
 *
 * @param doubt set if the word is UNREADABLE and --accept=missing would make it MISSING
 * @return MISSING, UNREADABLE or OUTSIDE
 */
enum difference_word coverage_absent(
	const struct coverage *coverage, const struct record *record, struct coverage_doubt *doubt);

/** NULL is allowed. */
void coverage_free(struct coverage *coverage);

#endif
