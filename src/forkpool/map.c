/*
 * fp_apply, fp_map and their asynchronous forms: submit, and wait.
 */
#include "forkpool/clock.h"
#include "forkpool/loop.h"
#include "forkpool/result.h"

#include <errno.h>

/** Tasks in the queue at which fp_apply_async() and fp_map_async() wait. */
#define QUEUE_TASKS ((size_t)1024)

/* Submitting */

bool fp_has_room(const struct fp_pool *pool)
{
	return pool->state == POOL_OPEN && pool->queue.tasks.count < QUEUE_TASKS &&
		pool->queue.bytes < STATE_QUEUE_BYTES;
}

/** Wait until the queue has room. @return 0, or -1 with errno */
static int wait_for_room(struct fp_pool *pool)
{
	for (;;) {
		if (pool->state != POOL_OPEN) {
			errno = state_refusal(pool);
			return -1;
		}
		if (fp_has_room(pool))
			return 0;
		if (pool->in_callback > 0) {
			errno = EAGAIN;
			return -1;
		}
		if (loop_step(pool, FP_FOREVER) < 0)
			return -1;
	}
}

struct fp_result *fp_map_async(struct fp_pool *pool, const struct fp_item *items, size_t count,
	size_t chunk, const struct fp_callbacks *callbacks)
{
	size_t shares = 4 * (size_t)pool->options.processes;
	struct fp_result *result;

	if (wait_for_room(pool) < 0)
		return NULL;
	if (chunk == 0)
		chunk = count / shares + (count % shares > 0);
	result = result_new(pool, count, chunk, callbacks);
	if (!result)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		result->tasks[i] = job_submit(pool, &result->job, &items[i], i);
		if (!result->tasks[i]) {
			result_revoke(result);
			return NULL;
		}
	}
	result_submitted(result);
	if (pool->in_callback == 0)
		loop_dispatch(pool);
	return result;
}

struct fp_result *fp_apply_async(
	struct fp_pool *pool, const struct fp_item *item, const struct fp_callbacks *callbacks)
{
	return fp_map_async(pool, item, 1, 1, callbacks);
}

/* Waiting */

int fp_result_wait(struct fp_result *result, int timeout)
{
	struct fp_pool *pool = result->pool;
	int64_t deadline = timeout == 0 ? 0 : clock_deadline(timeout);
	bool waited = false;

	while (result->remaining > 0) {
		int left = deadline == 0 ? 0 : clock_left(deadline);

		if (waited && left == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (loop_step(pool, left) < 0)
			return -1;
		waited = true;
	}
	/* Whoever sees a result as ready has seen its callback, too. */
	if (pool->in_callback == 0)
		result_call_back(pool);
	return 0;
}

int fp_result_get(struct fp_result *result, int timeout, struct fp_outcome *outcome)
{
	if (fp_result_wait(result, timeout) < 0)
		return -1;
	if (result->failed < result->count)
		return fp_result_at(result, result->failed, outcome);
	if (result->count == 1)
		return fp_result_at(result, 0, outcome);
	*outcome = (struct fp_outcome){.status = FP_OK, .message = ""};
	return 0;
}

/** Wait for a result that nobody else has; without success, it is cancelled. */
static int wait_or_revoke(struct fp_result *result)
{
	if (fp_result_wait(result, FP_FOREVER) == 0)
		return 0;
	result_revoke(result);
	return -1;
}

struct fp_result *fp_map(
	struct fp_pool *pool, const struct fp_item *items, size_t count, size_t chunk)
{
	struct fp_result *result;

	if (pool->in_callback > 0) {
		errno = EDEADLK;
		return NULL;
	}
	result = fp_map_async(pool, items, count, chunk, NULL);
	if (!result || wait_or_revoke(result) < 0)
		return NULL;
	return result;
}

int fp_apply(struct fp_pool *pool, const struct fp_item *item, struct fp_outcome *outcome)
{
	struct fp_result *result = fp_map(pool, item, 1, 1);

	if (!result)
		return -1;
	fp_result_free(pool->applied);
	pool->applied = result;
	return fp_result_at(result, 0, outcome);
}
