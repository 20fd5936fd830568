/*
 * `--check`: hash the files that manifests list, and say which ones match.
 */
#ifndef TREESUM_CHECK_H
#define TREESUM_CHECK_H

#include "options.h"
#include "tally.h"

/**
 * Check the manifests that the command line names. Errors are reported, and make the exit status
 * worse (ui/report.h).
 *
 * @param interrupt_fd readable once the run has to end
 * @param tally started; the run is counted there
 */
void check(const struct options *options, int interrupt_fd, struct tally *tally);

#endif
