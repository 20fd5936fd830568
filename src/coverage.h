/*
 * What a walk has looked at: whether a name that it did not find is missing, or only was not seen.
 *
 * A file is missing only where the directory that it was in was listed without an error, or is
 * itself missing. Below what could not be listed nothing is known. A directory in which there is
 * nothing any more was emptied if it was altered later than all that it held was when it was last
 * seen; otherwise it is what is left where a disk is not mounted.
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

/** Why a file that is gone is not believed to be. */
struct coverage_doubt {
	/** Of the directory, or of what the file has become; it belongs to the coverage and is the
	 * same for all below it. NULL: none. */
	const char *key;
	/** What is wrong with it, for a message. */
	const char *reason;
	/** It is about that name alone: it is no file any more. */
	bool one;
};

/** What becomes of the lines below a PATH. */
struct coverage_losses {
	/** As it was named. */
	const char *path;
	uint64_t lines;
	/** Lines that go, and lines that get another digest. */
	uint64_t dropped;
	uint64_t changed;
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

/** What a name that the manifest lists as a file has become. */
enum coverage_kind {
	COVERAGE_DIRECTORY,
	COVERAGE_LINK,
	COVERAGE_SPECIAL,
};

/** Tell it that a name which the manifest lists as a file is none any more. @return as
 * coverage_found()
 */
int coverage_became(
	struct coverage *coverage, const char *path, size_t size, enum coverage_kind kind);

/** The walk has ended: now it can be asked. */
void coverage_end(struct coverage *coverage);

/**
 * Tell it of each record, before it is asked about them: what a directory held when it was not
 * empty.
 *
 * @param written when the manifest was written
 */
void coverage_listed(
	struct coverage *coverage, const struct record *record, const struct timespec *written);

/** Whether anything could not be looked at. */
bool coverage_is_incomplete(const struct coverage *coverage);

/** Whether a record lies below a PATH, or is one; whatever was left out there. */
bool coverage_is_below(const struct coverage *coverage, const struct record *record);

/** Count a record for each PATH whose walk covers it, and what is to become of its line. */
void coverage_count(
	struct coverage *coverage, const struct record *record, bool dropped, bool changed);

/**
 * After all were counted: a PATH that loses more than half of its lines, where these are more than
 * 50.
 *
 * @return whether there is one
 */
bool coverage_loses(const struct coverage *coverage, struct coverage_losses *losses);

/**
 * What is to be thought of a record that the walk did not find.
 *
 * @param doubt filled where the word is UNREADABLE and --accept=missing would make it MISSING
 * @return MISSING, UNREADABLE or OUTSIDE
 */
enum difference_word coverage_absent(
	const struct coverage *coverage, const struct record *record, struct coverage_doubt *doubt);

/** NULL is allowed. */
void coverage_free(struct coverage *coverage);

#endif
