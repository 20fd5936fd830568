/*
 * --bag: validate BagIt bags (RFC 8493).
 */
#ifndef TREESUM_BAG_H
#define TREESUM_BAG_H

#include "options.h"
#include "tally.h"

/** Validate the bags that are the operands. All that is to be said is reported. */
void bag(const struct options *options, int interrupt_fd, struct tally *tally);

#endif
