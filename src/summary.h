/*
 * What is said on standard error when a run has ended: what is missing from a manifest, and, with
 * --summary, all in numbers.
 */
#ifndef TREESUM_SUMMARY_H
#define TREESUM_SUMMARY_H

#include "options.h"
#include "tally.h"

/** Say it. A run that a signal has ended says nothing. */
void summary_report(const struct options *options, const struct tally *tally);

/**
 * Say what the journal keeps for the next run, if anything; also where a signal has ended this one.
 *
 * @param journal its name
 */
void summary_kept(const struct options *options, const struct tally *tally, const char *journal);

#endif
