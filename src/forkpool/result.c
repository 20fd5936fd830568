/*
 * Results: a known number of tasks, and what became of them.
 *
 * A result owns its tasks until it is freed, so replies need no copy. Callbacks run at the end of a
 * round of the loop, never while anything is half done: they may submit, terminate, and free the
 * result that they were called for.
 */
#include "forkpool/result.h"

#include "forkpool/reclaim.h"

#include <errno.h>
#include <stdlib.h>

/** Every task is done, and was submitted. */
static void become_ready(struct fp_result *result)
{
	struct fp_pool *pool = result->pool;

	result->due = true;
	*pool->ready_end = result;
	pool->ready_end = &result->next;
	state_wake(pool);
}

static void count_down(struct fp_result *result)
{
	if (--result->remaining == 0)
		become_ready(result);
}

void result_submitted(struct fp_result *result)
{
	count_down(result);
}

static void complete(struct job *job, struct task *task)
{
	struct fp_result *result = (struct fp_result *)job;

	if (task->status != FP_OK && task->index < result->failed)
		result->failed = (size_t)task->index;
	count_down(result);
}

struct fp_result *result_new(
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
	result->job.chunk = policy_chunk(chunk);
	result->job.complete = complete;
	result->pool = pool;
	result->count = result->failed = count;
	/* Held back until all are queued, so that it does not become ready before. */
	result->remaining = count + 1;
	if (callbacks)
		result->callbacks = *callbacks;
	state_reference(pool);
	return result;
}

static void destroy(struct fp_result *result)
{
	for (size_t i = 0; i < result->count; i++)
		task_free(&result->pool->tasks, result->tasks[i]);
	free(result->tasks);
	state_release(result->pool);
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

/** End a task that is not done as cancelled, wherever it is. */
static void cancel_task(struct fp_pool *pool, struct task *task)
{
	struct pool_worker *worker = task->worker;

	if (task->state == TASK_FREE || task->state == TASK_DONE)
		return;
	/* In a callback the frame that it was called for is still in use. */
	if (worker && worker->state != WORKER_KILLED && pool->in_callback == 0 &&
		reclaim_possible(worker))
		reclaim_tasks(pool, worker);
	if (task->state == TASK_QUEUED) {
		queue_remove(&pool->queue, task);
	} else {
		pool_worker_take_back(&pool->workers, task);
		pool_worker_kill(&pool->workers, worker, KILL_CANCELLED);
	}
	job_complete(pool, task, FP_CANCELLED, ECANCELED);
}

void fp_result_cancel(struct fp_result *result)
{
	struct fp_pool *pool = result->pool;

	if (pool->state == POOL_FOREIGN)
		return;
	for (size_t i = 0; i < result->count && result->remaining > 0; i++)
		cancel_task(pool, result->tasks[i]);
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
		state_enter_callback(pool);
		if (callback)
			callback(callbacks->context, result);
		state_leave_callback(pool);
		result->due = false;
		if (result->unwanted)
			destroy(result);
	}
}

void result_revoke(struct fp_result *result)
{
	int error = errno;

	/* This frees the tasks; nothing was given to a worker yet. */
	job_forget(result->pool, &result->job);
	result->count = 0;
	destroy(result);
	errno = error;
}

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

int fp_result_at(const struct fp_result *result, size_t index, struct fp_outcome *outcome)
{
	if (result->remaining > 0 || index >= result->count) {
		errno = EINVAL;
		return -1;
	}
	task_outcome(result->tasks[index], outcome);
	return 0;
}
