/*
 * Frames from the workers.
 */
#ifndef FORKPOOL_RECEIVE_H
#define FORKPOOL_RECEIVE_H

#include "forkpool/state.h"

/** Frames taken from one worker before the others have their turn. */
#define RECEIVE_AT_ONCE ((size_t)16)

/** Handle the frames that a worker has sent, at most `limit` of them. */
void receive_frames(struct fp_pool *pool, struct pool_worker *worker, size_t limit);

#endif
