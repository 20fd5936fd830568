/*
 * What is said of a bag: a line for each difference, errors and warnings, and at last how it is.
 */
#ifndef TREESUM_BAG_REPORT_H
#define TREESUM_BAG_REPORT_H

#include "options.h"
#include "output.h"
#include "tally.h"
#include "verdict.h"

/** A bag that is reported on. All zeros but for the first four is the beginning. */
struct bag_report {
	const struct options *options;
	struct output *output;
	struct tally *tally;
	/** The bag, as it was typed. */
	const char *path;
	/** The worst so far. */
	enum verdict_bag verdict;
	/** "FILE: REASON" each. Owned. */
	char **warnings;
	size_t warning_count;
};

/** The bag is at best this. */
void bag_report_verdict(struct bag_report *report, enum verdict_bag verdict);

/**
 * Report an error: the bag is invalid.
 *
 * @param file its name below the bag, or NULL: the bag itself
 */
void bag_report_error(struct bag_report *report, const char *file, const char *reason);

/** The same of an errno, which is counted. */
void bag_report_errno(struct bag_report *report, const char *file, int error);

/** Report what is unusual, but no error. @param file as of bag_report_error() */
void bag_report_warning(struct bag_report *report, const char *file, const char *reason);

/**
 * Print what came of a file.
 *
 * @param name its name below the bag
 * @param remark what else there is to say, or NULL
 * @return 0, or -1, which was reported
 */
int bag_report_file(
	struct bag_report *report, enum verdict verdict, const char *name, const char *remark);

/** Print what the bag is, and end the report; the status of the run follows. @return as bag_report_file() */
int bag_report_end(struct bag_report *report);

/** Free what it holds. */
void bag_report_free(struct bag_report *report);

#endif
