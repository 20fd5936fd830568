/*
 * The loop.
 */
#ifndef FORKPOOL_LOOP_H
#define FORKPOOL_LOOP_H

#include "forkpool/state.h"

/**
 * One round of the loop: wait until something happens, at most `timeout` ms (or without limit), and
 * do all that follows from it.
 *
 * @return 0, or -1 with errno: EINTR where options.interrupt_fd is readable, EDEADLK inside a
 *         callback
 */
int loop_step(struct fp_pool *pool, int timeout);

/** Send tasks to the workers now, outside of a round and of callbacks. */
void loop_dispatch(struct fp_pool *pool);

#endif
