/*
 * `--diff`: two manifests held against each other; no data file is read.
 */
#ifndef TREESUM_DIFF_H
#define TREESUM_DIFF_H

#include "options.h"
#include "tally.h"

/** Run it. What goes wrong is reported, and makes the exit status 2. */
void diff(const struct options *options, int interrupt_fd, struct tally *tally);

#endif
