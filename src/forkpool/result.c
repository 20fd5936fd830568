/*
 * fp_apply, fp_map and their asynchronous forms: a known number of tasks, and one result of them.
 *
 * A result owns its tasks until it is freed, so replies need no copy. Callbacks run at the end of a
 * round of the loop, never while anything is half done: they may submit, terminate, and free the
 * result that they were called for.
 */
#include "forkpool/clock.h"
#include "forkpool/pool.h"

#include <errno.h>
#include <stdlib.h>

struct fp_result {
	struct job job;
	struct fp_pool *pool;
	/** In the list of those whose callbacks are due. */
	struct fp_result *next;
	/** Its tasks, by index. */
	struct task **tasks;
	size_t count;
	/** How many of them are not done. */
	size_t remaining;
	/** The first that did not end as FP_OK, or `count`. */
	size_t failed;
	struct fp_callbacks callbacks;
	/** It is in that list, or its callback runs. */
	bool due;
	/** fp_result_free() was called: it goes when it is ready and its callback has run. */
	bool unwanted;
};

/** Every task is done. */
static void become_ready(struct fp_result *result)
{
	struct fp_pool *pool = result->pool;

	result->due = true;
	*pool->ready_end = result;
	pool->ready_end = &result->next;
	loop_wake(pool);
}

static void complete(struct job *job, struct task *task)
{
	struct fp_result *result = (struct fp_result *)job;

	if (task->status != FP_OK && task->index < result->failed)
		result->failed = task->index;
	if (--result->remaining == 0)
		become_ready(result);
}

static struct fp_result *new_result(
	struct fp_pool *pool, size_t count, size_t chunk, const struct fp_callbacks *callbacks)
{
	struct fp_result *result = calloc(1, sizeof(*result));

	if (!result)
		return NULL;
	result->tasks = calloc(count ? count : 1, sizeof(struct task *));
	if (!result->tasks) {
		free(result);
		return NULL;
	}
	result->job.chunk = pool_chunk(chunk);
	result->job.complete = complete;
	result->pool = pool;
	result->count = result->remaining = result->failed = count;
	if (callbacks)
		result->callbacks = *callbacks;
	pool_reference(pool);
	return result;
}

static void destroy(struct fp_result *result)
{
	for (size_t i = 0; i < result->count; i++)
		task_free(&result->pool->tasks, result->tasks[i]);
	free(result->tasks);
	pool_release(result->pool);
	free(result);
}

void fp_result_free(struct fp_result *result)
{
	if (!result)
		return;
	if (result->remaining > 0 || result->due)
		result->unwanted = true;
	else
		destroy(result);
}

void fp_result_cancel(struct fp_result *result)
{
	struct fp_pool *pool = result->pool;

	if (pool->state == POOL_FOREIGN)
		return;
	for (size_t i = 0; i < result->count && result->remaining > 0; i++)
		pool_cancel(pool, result->tasks[i]);
}

void result_call_back(struct fp_pool *pool)
{
	struct fp_result *result;

	while ((result = pool->ready)) {
		const struct fp_callbacks *callbacks = &result->callbacks;
		void (*callback)(void *, struct fp_result *) =
			result->failed < result->count ? callbacks->error : callbacks->success;

		pool->ready = result->next;
		if (!pool->ready)
			pool->ready_end = &pool->ready;
		loop_enter_callback(pool);
		if (callback)
			callback(callbacks->context, result);
		loop_leave_callback(pool);
		result->due = false;
		if (result->unwanted)
			destroy(result);
	}
}

/* Submitting */

bool fp_has_room(const struct fp_pool *pool)
{
	return pool->state == POOL_OPEN && pool->queue.count < POOL_QUEUE_TASKS &&
		pool->queue_bytes < POOL_QUEUE_BYTES;
}

/** Wait until the queue has room. @return 0, or -1 with errno */
static int wait_for_room(struct fp_pool *pool)
{
	for (;;) {
		if (pool->state != POOL_OPEN) {
			errno = pool_refusal(pool);
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

/** Give up a result whose items could not all be queued. */
static void revoke(struct fp_result *result)
{
	int error = errno;

	/* This frees the tasks; nothing was given to a worker yet. */
	pool_forget(result->pool, &result->job);
	result->count = 0;
	destroy(result);
	errno = error;
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
	result = new_result(pool, count, chunk, callbacks);
	if (!result)
		return NULL;
	/* Held back until all are queued, so that it does not become ready before. */
	result->remaining++;
	for (size_t i = 0; i < count; i++) {
		result->tasks[i] = pool_submit(pool, &result->job, &items[i], i);
		if (!result->tasks[i]) {
			revoke(result);
			return NULL;
		}
	}
	if (--result->remaining == 0)
		become_ready(result);
	if (pool->in_callback == 0)
		feed_all(pool);
	return result;
}

struct fp_result *fp_apply_async(
	struct fp_pool *pool, const struct fp_item *item, const struct fp_callbacks *callbacks)
{
	return fp_map_async(pool, item, 1, 1, callbacks);
}

/* Waiting */

bool fp_result_ready(const struct fp_result *result)
{
	return result->remaining == 0;
}

int fp_result_successful(const struct fp_result *result)
{
	if (result->remaining > 0) {
		errno = EINVAL;
		return -1;
	}
	return result->failed == result->count;
}

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

int fp_result_at(const struct fp_result *result, size_t index, struct fp_outcome *outcome)
{
	if (result->remaining > 0 || index >= result->count) {
		errno = EINVAL;
		return -1;
	}
	task_outcome(result->tasks[index], outcome);
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
	revoke(result);
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
