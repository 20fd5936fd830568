/*
 * Trees as an audit or an update sees them: a record of each file, and why others have none.
 */
#ifndef TREESUM_SURVEY_H
#define TREESUM_SURVEY_H

#include "manifest/catalog.h"
#include "manifest/difference.h"
#include "manifest/known.h"
#include "manifest/writer.h"
#include "options.h"

struct survey;

struct survey_options {
	const struct options *options;
	int interrupt_fd;
	/** Where differences are printed. */
	struct writer *writer;
	/** Where the new manifest is written; may be NULL. */
	struct writer *replacement;
	/** The manifest's file, which is not taken. */
	struct stamp manifest;
	/** Digests that need not be computed; may be NULL. */
	const struct known *known;
};

/**
 * Walk and hash the operands, which are trees. Files and directories that could not be read are
 * reported.
 *
 * @return NULL where the run cannot go on, which was reported
 */
struct survey *survey_run(const struct survey_options *options);

/**
 * Hold the trees against a manifest. An empty directory that is not believed is reported.
 *
 * @param differences to be freed before the survey
 * @return 0, or -1, which was reported
 */
int survey_compare(
	struct survey *survey, const struct catalog *catalog, struct differences *differences);

/** NULL is allowed. */
void survey_free(struct survey *survey);

#endif
