/*
 * --merge: join the parts of a run that was shared.
 */
#ifndef TREESUM_MERGE_H
#define TREESUM_MERGE_H

#include "options.h"
#include "tally.h"

/**
 * Print the manifest that the operands are the parts of. Errors are reported, and make the exit status
 * worse (ui/report.h).
 *
 * @param tally started; the run is counted there
 */
void merge(const struct options *options, struct tally *tally);

#endif
