/*
 * How long a process was blocked, in calls that waited for storage for example. Time in which it
 * ran, or waited for a processor, does not count; nor does time that it declares idle.
 */
#ifndef TREESUM_SYS_BLOCKED_H
#define TREESUM_SYS_BLOCKED_H

#include <stdint.h>

struct blocked {
	/** /proc/thread-self/schedstat, or -1: then waiting for a processor counts as blocked. */
	int fd;
	/** When it was last measured, and the time on a processor or waiting for one until then. */
	int64_t asked;
	int64_t used;
	/** Time without anything to do since then. */
	int64_t idle;
};

/** Begin to measure. All times are in nanoseconds. */
void blocked_begin(struct blocked *blocked);

/** Declare this much time idle. */
static inline void blocked_idle(struct blocked *blocked, int64_t time)
{
	blocked->idle += time;
}

/**
 * The time that the process was blocked since the last call. Costs a microsecond.
 *
 * @param busy set to the time since then that was not idle
 */
int64_t blocked_take(struct blocked *blocked, int64_t *busy);

void blocked_end(struct blocked *blocked);

#endif
