/*
 * The time that deadlines are counted in.
 */
#ifndef FORKPOOL_CLOCK_H
#define FORKPOOL_CLOCK_H

#include <limits.h>
#include <stdint.h>
#include <time.h>

/** Nanoseconds of the monotonic clock: from the vDSO, about 25 ns a call. */
static inline int64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/** Milliseconds of the same. */
static inline int64_t clock_ms(void)
{
	return clock_ns() / 1000000;
}

/** When a time-out as poll(2) takes it will have passed, in ms; negative where it never will. */
static inline int64_t clock_deadline(int timeout)
{
	return timeout < 0 ? -1 : clock_ms() + timeout;
}

/** What is left until a deadline, as poll(2) takes it. */
static inline int clock_left(int64_t deadline)
{
	int64_t left;

	if (deadline < 0)
		return -1;
	left = deadline - clock_ms();
	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

#endif
