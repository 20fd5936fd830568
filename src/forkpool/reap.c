/*
 * The end of a worker.
 *
 * All that it had finished counts. Then what it had not received is taken back from its task
 * channel, and only the rest may have ended it: each task of that is retried alone, or fails.
 */
#include "forkpool/reap.h"

#include "forkpool/job.h"
#include "forkpool/receive.h"
#include "forkpool/reclaim.h"

#include <errno.h>
#include <signal.h>

/** What the loss of a worker counts. */
static unsigned count_loss(const struct pool_worker *worker, const struct spawn_end *end)
{
	return policy_count_loss(end->signal,
		worker->killed_for == KILL_TIMEOUT || worker->killed_for == KILL_PROTOCOL_ERROR);
}

/** A task was in hand when its worker was lost, alone or with others. */
static void retry_or_fail(struct fp_pool *pool, struct task *task, const struct pool_worker *worker,
	bool alone, const struct spawn_end *end)
{
	if (!task->job) {
		task_free(&pool->tasks, task);
		return;
	}
	if (alone)
		task->losses += count_loss(worker, end);
	if (!policy_gives_up(&pool->options, task->losses)) {
		queue_add_suspect(&pool->queue, task);
		return;
	}
	task->signal = end->signal;
	task->exit_code = end->exit_code;
	if (worker->killed_for == KILL_TIMEOUT)
		job_complete(pool, task, FP_TIMED_OUT, ETIMEDOUT);
	else
		job_complete(pool, task, FP_DIED, ECHILD);
	pool->deaths_in_row += POLICY_DEATH;
}

/** A worker was killed for one of its tasks that was cancelled: the others may be run again. */
static void return_tasks(struct fp_pool *pool, struct pool_worker *worker)
{
	while (worker->hand.last) {
		struct task *task = worker->hand.last;

		pool_worker_take_back(&pool->workers, task);
		job_put_back(pool, task);
	}
}

/** Retry or fail what a lost worker had. @return whether only one task can have ended it */
static bool recover_tasks(
	struct fp_pool *pool, struct pool_worker *worker, const struct spawn_end *end)
{
	bool alone;

	reclaim_tasks(pool, worker);
	if (worker->killed_for == KILL_CANCELLED && !pool->options.once)
		return_tasks(pool, worker);
	alone = worker->hand.count == 1;
	while (worker->hand.first) {
		struct task *task = worker->hand.first;

		pool_worker_take_back(&pool->workers, task);
		retry_or_fail(pool, task, worker, alone, end);
	}
	return alone;
}

/** Let go of a worker. `expected`: its end counts against nobody. */
static void dismiss(struct fp_pool *pool, struct pool_worker *worker, const struct spawn_end *end,
	bool expected)
{
	/* A loss that counts against a task does not count against the pool. */
	if (!recover_tasks(pool, worker, end) && !expected)
		pool->deaths_in_row += count_loss(worker, end);
	pool_worker_clear(&pool->workers, worker);
	if (pool->draining == worker)
		pool->draining = NULL;
	if (policy_is_broken(&pool->options, pool->deaths_in_row))
		state_break(pool, ECHILD);
}

void reap_worker(struct fp_pool *pool, struct pool_worker *worker)
{
	struct spawn_end end;
	bool expected;

	if (!pool_worker_reap(&pool->workers, worker, &end))
		return;
	if (worker->state != WORKER_KILLED)
		receive_frames(pool, worker, SIZE_MAX);
	/* An exit code of -1 is one that the host program's SIGCHLD handling hid. */
	expected = worker->state == WORKER_ENDING && worker->hand.count == 0 && end.signal == 0 &&
		end.exit_code <= 0;
	dismiss(pool, worker, &end, expected || worker->killed_for == KILL_CANCELLED);
}

void reap_abandon(struct fp_pool *pool, struct pool_worker *worker)
{
	const struct spawn_end end = {.signal = SIGKILL};

	pool_worker_abandon(&pool->workers, worker);
	pool->abandoned = true;
	dismiss(pool, worker, &end, false);
}
