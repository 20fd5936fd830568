/*
 * fp_next(): waits for the outcomes of an iterator.
 */
#include "forkpool/clock.h"
#include "forkpool/iterate.h"
#include "forkpool/loop.h"

#include <errno.h>

/** Outcomes that fp_next() gives from its store before it looks after the workers again. */
#define GIVEN_AT_ONCE 128

/** Whether there is nothing to wait for: neither a task nor a descriptor will change anything. */
static bool is_starved(const struct fp_iterator *iterator)
{
	return iterator->dry && iterator->taken == iterator->given && iterator->source->fd <= 0;
}

/** There is no outcome now: run the loop once, or say why not. @return 0, or -1 with errno */
static int wait_for_more(struct fp_iterator *iterator, int64_t deadline, bool *waited)
{
	int left = deadline == 0 ? 0 : clock_left(deadline);

	iterator->since_step = 0;
	if (*waited && left == 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	if (is_starved(iterator)) {
		errno = EAGAIN;
		return -1;
	}
	*waited = true;
	return loop_step(iterator->pool, left);
}

int fp_next(struct fp_iterator *iterator, int timeout, struct fp_outcome *outcome)
{
	struct fp_pool *pool = iterator->pool;
	int64_t deadline = 0;
	bool waited = false;

	if (pool->state == POOL_FOREIGN) {
		errno = EINVAL;
		return -1;
	}
	task_free(&pool->tasks, iterator->current);
	iterator->current = NULL;
	if (++iterator->since_step >= GIVEN_AT_ONCE && pool->in_callback == 0) {
		iterator->since_step = 0;
		if (loop_step(pool, 0) < 0)
			return -1;
	}
	for (;;) {
		iterator->current = iterate_pop(iterator);
		if (iterator->current) {
			task_outcome(iterator->current, outcome);
			return 1;
		}
		if (iterator->ended && iterator->taken == iterator->given) {
			errno = iterator->error;
			return iterator->error ? -1 : 0;
		}
		if (iterator->interrupted) {
			iterator->interrupted = false;
			errno = EINTR;
			return -1;
		}
		if (!waited) {
			iterator->dry = false;
			deadline = timeout == 0 ? 0 : clock_deadline(timeout);
		}
		if (wait_for_more(iterator, deadline, &waited) < 0)
			return -1;
	}
}
