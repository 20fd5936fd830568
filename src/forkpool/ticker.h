/*
 * The timer of a pool: a descriptor that becomes readable at each tick, while it runs.
 */
#ifndef FORKPOOL_TICKER_H
#define FORKPOOL_TICKER_H

#include <stdbool.h>

struct ticker {
	int fd;
	bool runs;
	/** Milliseconds between ticks: now, and unless something asks for less. */
	unsigned tick;
	unsigned longest;
};

/** Open a timer that does not run. @return 0, or -1 with errno */
int ticker_open(struct ticker *ticker, unsigned longest);

/** Close it, if it is open. */
void ticker_close(struct ticker *ticker);

/** Let it run, if it does not. */
void ticker_start(struct ticker *ticker);

void ticker_stop(struct ticker *ticker);

/** Let it run, with at most so many ms between ticks. */
void ticker_start_within(struct ticker *ticker, unsigned milliseconds);

/** Let it run with so many ms between ticks, or the longest if that is less. */
void ticker_set(struct ticker *ticker, unsigned milliseconds);

/** @return whether there was a tick since the last call. However many, they count as one. */
bool ticker_read(const struct ticker *ticker);

#endif
