/*
 * The life of a worker, from the fork on.
 */
#ifndef FORKPOOL_WORKER_H
#define FORKPOOL_WORKER_H

#include "forkpool/forkpool.h"

#include <stdnoreturn.h>

/** Be a worker on this end of a channel, until there is no more to do. */
noreturn void worker_run(const struct fp_options *options, int channel);

#endif
