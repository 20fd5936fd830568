/*
 * `--audit`: trees held against a manifest.
 */
#ifndef TREESUM_AUDIT_H
#define TREESUM_AUDIT_H

#include "options.h"
#include "tally.h"

/**
 * Run it. The exit status is 1 where something differs, and 2 where the answer is not complete or
 * the run fails; what is wrong is reported.
 */
void audit(const struct options *options, int interrupt_fd, struct tally *tally);

#endif
