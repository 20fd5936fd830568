/*
 * What is done at each tick: silent workers are killed, and what could not be had is tried again.
 */
#ifndef FORKPOOL_WATCHDOG_H
#define FORKPOOL_WATCHDOG_H

#include "forkpool/state.h"

/** One tick. @return whether another is needed */
bool watchdog_tick(struct fp_pool *pool);

#endif
