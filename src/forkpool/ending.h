/*
 * How a pool ends: closed and done, or terminated.
 */
#ifndef FORKPOOL_ENDING_H
#define FORKPOOL_ENDING_H

#include "forkpool/state.h"

/** Once the pool is closed and nothing can come any more, let the workers end. */
void ending_if_done(struct fp_pool *pool);

/** Cancel all that is pending with `reason` (errno), and tell the workers to end. Does nothing where
 * that was done before. */
void ending_terminate(struct fp_pool *pool, int reason);

/** Terminate the pool if it cannot go on. */
void ending_if_broken(struct fp_pool *pool);

/** One tick of a pool that was terminated: SIGTERM was sent, then comes SIGKILL, and what does not die of
 * that is abandoned. @return whether another is needed */
bool ending_tick(struct fp_pool *pool);

#endif
