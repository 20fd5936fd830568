/*
 * Tasks to the workers.
 */
#ifndef FORKPOOL_DISPATCH_H
#define FORKPOOL_DISPATCH_H

#include "forkpool/state.h"

/** Send tasks to the workers that should have some; forks where that is right, and ends workers that are
 * more than the options want. */
void dispatch_all(struct fp_pool *pool);

/** Go on with a long task, once there is room in the worker's channel. */
void dispatch_continue(struct fp_pool *pool, struct pool_worker *worker);

#endif
