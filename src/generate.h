/*
 * The default mode: print a manifest.
 */
#ifndef TREESUM_GENERATE_H
#define TREESUM_GENERATE_H

#include "options.h"
#include "tally.h"

/**
 * Hash what the command line names and print its manifest. Errors are reported, and make the exit
 * status worse (ui/report.h).
 *
 * @param interrupt_fd readable once the run has to end
 * @param tally started; the run is counted there
 */
void generate(const struct options *options, int interrupt_fd, struct tally *tally);

#endif
