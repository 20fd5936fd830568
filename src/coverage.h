/*
 * What a walk has looked at: whether a name that it did not find is missing, or only was not seen.
 *
 * A file is missing only where the directory that it was in was listed without an error, or is
 * itself missing. Below what could not be listed nothing is known. A directory in which there is
 * nothing any more is not believed: a disk may not be mounted on it.
 */
#ifndef TREESUM_COVERAGE_H
#define TREESUM_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "manifest/difference.h"
#include "scan/tree.h"
#include "walk/filter.h"

struct coverage;

/** Why a file that is gone is not believed to be. */
struct coverage_doubt {
	/** Of the directory; it belongs to the coverage and is the same for all below it. NULL:
	 * none. */
	const char *key;
	/** What is wrong with it, for a message. */
	const char *reason;
};

/** @param filter what the walk leaves out; kept, may be NULL. @return NULL with errno ENOMEM */
struct coverage *coverage_new(const struct filter *filter);

/** Tell it of all that the walk has found. @return 0, or -1 with errno ENOMEM */
int coverage_found(struct coverage *coverage, const struct tree_entry *found);

/**
 * Tell it of something that is not looked at: the run's own file (outside), or what is no tree.
 *
 * @return as coverage_found()
 */
int coverage_skipped(
	struct coverage *coverage, const char *path, size_t size, enum difference_word word);

/** The walk has ended: now it can be asked. */
void coverage_end(struct coverage *coverage);

/**
 * What is to be thought of a record that the walk did not find.
 *
 * @param doubt filled where the word is UNREADABLE and --accept-missing would make it MISSING
 * @return MISSING, UNREADABLE or OUTSIDE
 */
enum difference_word coverage_absent(
	const struct coverage *coverage, const struct record *record, struct coverage_doubt *doubt);

/** NULL is allowed. */
void coverage_free(struct coverage *coverage);

#endif
