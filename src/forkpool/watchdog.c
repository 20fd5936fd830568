/*
 * The watchdog.
 *
 * Silence is counted in ticks that were handled, not in time that has passed: while the program is
 * stopped, or does something else, nobody is silent.
 */
#include "forkpool/watchdog.h"

#include "forkpool/clock.h"
#include "forkpool/reap.h"
#include "forkpool/receive.h"

/** A tick for a worker that may not be silent for longer than `limit` ms. */
static void count_silence(struct fp_pool *pool, struct pool_worker *worker, unsigned limit)
{
	worker->silent += pool->ticker.tick;
	if (worker->silent <= limit)
		return;
	/* What it said while this program was not listening counts. */
	receive_frames(pool, worker, RECEIVE_AT_ONCE);
	if (worker->silent > 0 && pool_worker_limit(&pool->workers, worker) > 0)
		pool_worker_kill(&pool->workers, worker, KILL_TIMEOUT);
}

/** A tick for a worker that was sent SIGKILL. */
static void count_dying(struct fp_pool *pool, struct pool_worker *worker)
{
	worker->silent += pool->ticker.tick;
	if (worker->silent > SPAWN_KILL_DEADLINE)
		reap_abandon(pool, worker);
}

/** One tick for one worker. @return whether it needs another */
static bool watch_worker(struct fp_pool *pool, struct pool_worker *worker)
{
	unsigned limit;

	/* A stand-in tells nothing while a child of the worker's has it, too. */
	if (worker->state != WORKER_NONE && !worker->process.has_pidfd)
		reap_worker(pool, worker);
	if (worker->state == WORKER_NONE)
		return false;
	limit = pool_worker_limit(&pool->workers, worker);
	if (worker->state == WORKER_KILLED)
		count_dying(pool, worker);
	else if (limit > 0)
		count_silence(pool, worker, limit);
	return worker->state == WORKER_KILLED || !worker->process.has_pidfd ||
		pool_worker_limit(&pool->workers, worker) > 0;
}

bool watchdog_tick(struct fp_pool *pool)
{
	struct pool_workers *workers = &pool->workers;
	bool again = false;

	if (workers->limit < pool->options.processes && clock_ms() >= workers->retry_at)
		workers->limit = pool->options.processes;
	for (unsigned i = 0; i < workers->count; i++)
		again |= watch_worker(pool, workers->places[i]);
	/* That of a pool which was terminated is the ending's. */
	if (pool->state != POOL_TERMINATED)
		ticker_set(&pool->ticker, pool_workers_tick(workers));
	return again || workers->timed > 0 || workers->limit < pool->options.processes;
}
