/*
 * What the processes that read a run's files may do besides: sys/sandbox.h, as the command line
 * lets it be known.
 */
#ifndef TREESUM_CONFINE_H
#define TREESUM_CONFINE_H

#include "manifest/writer.h"
#include "options.h"
#include "sys/sandbox.h"

/**
 * The sandbox for the workers. Call it where operands are relative to.
 *
 * @param output where the run prints
 * @param replacement where it writes besides; may be NULL
 * @return its roots point into the options
 */
struct sandbox confine_readers(const struct options *options, const struct writer *output,
	const struct writer *replacement);

/** For --debug: say which sandbox there is, and why. */
void confine_debug(const struct options *options);

#endif
