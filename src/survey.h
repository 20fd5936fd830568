/*
 * Trees as an audit or an update sees them: a record of each file, and why others have none.
 */
#ifndef TREESUM_SURVEY_H
#define TREESUM_SURVEY_H

#include "coverage.h"
#include "long_job.h"
#include "manifest/catalog.h"
#include "manifest/difference.h"
#include "manifest/writer.h"
#include "missed.h"
#include "options.h"
#include "tally.h"

struct survey;

struct survey_options {
	const struct options *options;
	int interrupt_fd;
	struct tally *tally;
	/** Where differences are printed. */
	struct writer *writer;
	/** Where the new manifest is written; may be NULL. */
	struct writer *replacement;
	/** The manifest's file, which is not taken. */
	struct stamp manifest;
	/** What --backup has kept of it, which is not taken either; inode 0: nothing. */
	struct stamp backup;
	/** What it lists. */
	const struct catalog *catalog;
	/** Known digests, the journal, the time limit; may be NULL. */
	struct long_job *job;
};

/** @param options copied @return NULL where that failed, which was reported */
struct survey *survey_new(const struct survey_options *options);

/**
 * Walk and hash the operands, which are trees. Files and directories that could not be read are
 * reported.
 *
 * @return 0, or -1 where the run cannot go on, which was reported
 */
int survey_run(struct survey *survey);

/**
 * Hold the trees against the catalog. What is not believed to be gone is reported.
 *
 * @param differences to be freed before the survey
 * @return 0, or -1, which was reported
 */
int survey_compare(struct survey *survey, struct differences *differences);

/** Whether something could not be looked at, so that nobody knows what else there is. */
bool survey_is_incomplete(const struct survey *survey);

/** Whether a file that has replaced the one of a line may have done so during the walk: see
 * directories_may_have_replaced(). @param new its record */
bool survey_may_have_replaced(const struct survey *survey, const struct record *new);

/**
 * Find the files that the walk has missed, as they were renamed during it: directories that have
 * changed since are listed again.
 *
 * @param missed to be freed with missed_free()
 * @return 0, or -1 with errno: ENOMEM, EINTR if a signal came that ends the program
 */
int survey_find_missed(struct survey *survey, struct missed *missed);

/** What was looked at, to count by. */
struct coverage *survey_coverage(const struct survey *survey);

/** End all processes and free. NULL is allowed. */
void survey_free(struct survey *survey);

#endif
