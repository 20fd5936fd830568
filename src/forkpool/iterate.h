/*
 * Iterators: a source of items in, finished tasks out. What waits for them is next.c.
 */
#ifndef FORKPOOL_ITERATE_H
#define FORKPOOL_ITERATE_H

#include "forkpool/job.h"

struct fp_iterator {
	struct job job;
	struct fp_pool *pool;
	struct fp_iterator *next;
	struct fp_iterator *previous;
	/** The caller's. */
	const struct fp_source *source;
	/** The source had nothing (EAGAIN); it is asked again when told so, or by fp_next(). */
	bool dry;
	/** It wants fp_next() to return (EINTR). */
	bool interrupted;
	/** The source is not asked any more. */
	bool ended;
	/** Why the iteration ended early (errno), or 0. */
	int error;
	/** Where its descriptor is in the array that is polled, or -1. */
	int watched;
	uint64_t taken;
	uint64_t given;
	/** Bytes of the outcomes that wait to be read. */
	size_t held;
	/** Unordered: finished tasks. */
	struct task_list done;
	/** Ordered: finished tasks by number, or NULL. */
	struct task **ring;
	size_t ring_size;
	/** Whose outcome the caller has. */
	struct task *current;
	/** Outcomes given since the loop was run. */
	unsigned since_step;
};

/** Take items from the sources until the queue is long enough. */
void iterate_pull(struct fp_pool *pool);

/** @return the next finished task, which is the caller's then, or NULL */
struct task *iterate_pop(struct fp_iterator *iterator);

/** Make room for the outcomes that so many workers lead to. @return 0, or -1 with errno ENOMEM */
int iterate_resize(struct fp_pool *pool, unsigned processes);

/** Whether any source may have more items. */
bool iterate_wants(const struct fp_pool *pool);

/** Whether any source may have more items although nobody calls fp_next(): its outcomes have room, and
 * it has a descriptor that will tell, if it has none now. */
bool iterate_goes_on(const struct fp_pool *pool);

/** No more items are taken: iterations whose source is not at its end, end with `error`. */
void iterate_end_all(struct fp_pool *pool, int error);

struct pollfd;

/** How many descriptors iterate_watch() may fill in. */
size_t iterate_count(const struct fp_pool *pool);

/** Fill in the descriptors of sources that are to be watched. @return how many */
size_t iterate_watch(const struct fp_pool *pool, struct pollfd *fds);

/** After the poll: tell the sources which of them became readable. */
void iterate_notice(struct fp_pool *pool, const struct pollfd *fds);

#endif
