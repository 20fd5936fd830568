/*
 * Takes back tasks that a worker has not received.
 */
#ifndef FORKPOOL_RECLAIM_H
#define FORKPOOL_RECLAIM_H

#include "forkpool/state.h"

/**
 * Take back what a worker has not received, and put it before all else that waits; no suspicion
 * falls on it. A worker that lives must not have any task in hand that is longer than a frame.
 */
void reclaim_tasks(struct fp_pool *pool, struct pool_worker *worker);

/** Whether a worker that lives may have something to be taken back. */
bool reclaim_possible(const struct pool_worker *worker);

#endif
