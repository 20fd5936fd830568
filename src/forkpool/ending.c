/*
 * The end of a pool. All its steps are taken in the loop, so fp_join() only runs that.
 */
#include "forkpool/ending.h"

#include "forkpool/clock.h"
#include "forkpool/iterate.h"
#include "forkpool/job.h"
#include "forkpool/reap.h"

#include <errno.h>
#include <signal.h>

void ending_if_done(struct fp_pool *pool)
{
	if (pool->state == POOL_CLOSED && state_is_idle(pool) && !iterate_goes_on(pool))
		pool_workers_end(&pool->workers);
}

/** Cancel all tasks, wherever they are. */
static void cancel_all(struct fp_pool *pool, int error)
{
	for (size_t i = 0; i < task_slots(&pool->tasks); i++) {
		struct task *task = task_slot(&pool->tasks, i);

		switch (task->state) {
		case TASK_FREE:
		case TASK_DONE:
			continue;
		case TASK_QUEUED:
			break;
		case TASK_SENDING:
		case TASK_IN_HAND:
			pool_worker_take_back(&pool->workers, task);
		}
		job_complete(pool, task, FP_CANCELLED, error);
	}
	queue_clear(&pool->queue);
}

void ending_terminate(struct fp_pool *pool, int reason)
{
	if (pool->state != POOL_OPEN && pool->state != POOL_CLOSED)
		return;
	pool->state = POOL_TERMINATED;
	pool->reason = reason;
	pool->ending_at = clock_ms() + pool->options.grace;
	ticker_start_within(&pool->ticker, pool->options.grace);
	cancel_all(pool, reason);
	iterate_end_all(pool, reason);
	pool_workers_signal(&pool->workers, SIGTERM);
	/* One that is stopped could not act on it. */
	pool_workers_signal(&pool->workers, SIGCONT);
}

void ending_if_broken(struct fp_pool *pool)
{
	if (pool->broken)
		ending_terminate(pool, pool->broken);
}

/** Let go of the workers that SIGKILL did not end. */
static void abandon_all(struct fp_pool *pool)
{
	for (unsigned i = 0; i < pool->workers.count; i++) {
		if (pool->workers.places[i]->state != WORKER_NONE)
			reap_abandon(pool, pool->workers.places[i]);
	}
}

bool ending_tick(struct fp_pool *pool)
{
	if (pool->state != POOL_TERMINATED)
		return false;
	if (clock_ms() >= pool->ending_at && pool->killed) {
		abandon_all(pool);
	} else if (clock_ms() >= pool->ending_at) {
		pool_workers_signal(&pool->workers, SIGKILL);
		pool->killed = true;
		pool->ending_at = clock_ms() + SPAWN_KILL_DEADLINE;
	}
	return pool->workers.running > 0;
}
