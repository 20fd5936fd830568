/*
 * `--update`: a manifest brought up to date with trees.
 */
#ifndef TREESUM_UPDATE_H
#define TREESUM_UPDATE_H

#include "options.h"
#include "tally.h"

/**
 * Run it. The exit status is 1 where a line could not be renewed, and 2 where the run fails, which
 * leaves the manifest as it was; what is wrong is reported.
 */
void update(const struct options *options, int interrupt_fd, struct tally *tally);

#endif
