/*
 * How long a process was blocked: its calls waited for storage, say. Time in which it ran, or was
 * ready to run and waited for a processor, does not count; nor does time that it declares idle.
 */
#ifndef TREESUM_SYS_BLOCKED_H
#define TREESUM_SYS_BLOCKED_H

#include <stdint.h>

struct blocked {
	/** /proc/thread-self/schedstat, or -1: then a wait for a processor counts as blocked. */
	int fd;
	/** When it was asked last, and the time on a processor and waiting for one until then. */
	int64_t asked;
	int64_t used;
	/** Time without anything to do since then. */
	int64_t idle;
};

/** Begin now. All times are in nanoseconds. */
void blocked_begin(struct blocked *blocked);

/** So much time does not count. */
static inline void blocked_idle(struct blocked *blocked, int64_t time)
{
	blocked->idle += time;
}

/**
 * How long was it blocked since this was last asked? Costs a microsecond.
 *
 * @param busy all the time since then, but for what it was idle
 */
int64_t blocked_take(struct blocked *blocked, int64_t *busy);

void blocked_end(struct blocked *blocked);

#endif
