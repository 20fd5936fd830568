/*
 * Numbers of long jobs in words: parts of a summary, and messages. Each function writes `before` and
 * its part, without an end of line; nothing at all if there is nothing to say.
 */
#ifndef TREESUM_TALLY_TEXT_H
#define TREESUM_TALLY_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tally.h"

/**
 * What an interrupted run had read: "resumed: 61% known (12345 files, 1.2 TB)".
 *
 * @param files of the run, all that are known
 * @param bytes of these
 */
void tally_text_resumed(
	FILE *text, const char *before, const struct tally *tally, uint64_t files, uint64_t bytes);

/**
 * What --reread finds: "1204 of 80000 files due, 300 of them read, oldest reading 41 days ago",
 * "1204 of 80000 files due, oldest reading unknown".
 *
 * @param files of the run
 * @param now seconds since 1970
 * @param asked also says that none is due
 */
void tally_text_due(FILE *text, const char *before, const struct tally *tally, uint64_t files,
	int64_t now, bool asked);

/**
 * What --for did not allow: "time ran out: 3000 of 80000 files (1.2 TB) not reached".
 *
 * @param files of the run
 */
void tally_text_not_reached(
	FILE *text, const char *before, const struct tally *tally, uint64_t files);

/**
 * What the next run need not read: "12345 files (1.2 TB) are kept in NAME: --resume goes on".
 *
 * @param journal its name, as it is to be shown
 * @param update whether it is the next --update that goes on
 */
void tally_text_kept(FILE *text, const char *before, const struct tally *tally, const char *journal,
	bool update);

#endif
