/*
 * What the processes that read a run's files may do besides: sys/sandbox.h, as the command line
 * lets it be known.
 */
#ifndef TREESUM_CONFINE_H
#define TREESUM_CONFINE_H

#include "options.h"
#include "sys/sandbox.h"

/**
 * The sandbox for the walker and the hashers. Call it where operands are relative to.
 *
 * @return its roots point into the options
 */
struct sandbox confine_readers(const struct options *options);

/** For --debug: say which sandbox there is, and why. */
void confine_debug(const struct options *options);

#endif
