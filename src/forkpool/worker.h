/*
 * The life of a worker, from the fork on.
 */
#ifndef FORKPOOL_WORKER_H
#define FORKPOOL_WORKER_H

#include "forkpool/forkpool.h"

#include <stdnoreturn.h>

/**
 * Run a worker until its task channel ends.
 *
 * @param number its place among the workers
 * @param tasks the receiving end of the channel of tasks
 * @param results the sending end of the channel of replies
 */
noreturn void worker_run(const struct fp_options *options, unsigned number, int tasks, int results);

#endif
