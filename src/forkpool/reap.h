/*
 * Workers that are gone, and what becomes of their tasks.
 */
#ifndef FORKPOOL_REAP_H
#define FORKPOOL_REAP_H

#include "forkpool/state.h"

/** A worker's process seems to have ended: if so, receive what it had sent, and retry or fail the tasks
 * that it had in hand. */
void reap_worker(struct fp_pool *pool, struct pool_worker *worker);

/** The same for a worker that does not die of SIGKILL: it sleeps in the kernel, and is left behind. */
void reap_abandon(struct fp_pool *pool, struct pool_worker *worker);

#endif
