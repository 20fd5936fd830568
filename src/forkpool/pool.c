/*
 * The pool: its life.
 *
 * One thread, one loop. Every call that waits runs rounds of it (loop_step) until what it waits for
 * is there; a caller with a loop of its own polls fp_fd() and runs rounds with fp_pump(). A round
 * takes items from the sources into the queue (iterate.c), sends tasks from the queue to the
 * workers, and from busy ones back to idle ones (dispatch.c, reclaim.c), waits, receives the frames
 * of the workers (receive.c), reaps those that are gone (reap.c), and at its very end, when nothing
 * is half done, runs callbacks (result.c).
 *
 * The files, lowest first; each knows only those of the lines above it (`make lint-circles`):
 *
 *     clock frame channel protocol task outcome spawn cpu_count    bytes, processes, records
 *     worker                       the worker's side
 *     queue policy ticker          tasks that wait; how much, how often; when
 *     pool_workers                 the workers seen from the parent
 *     state job                    what is shared; tasks from and to those who want them
 *     reclaim dispatch receive     tasks to the workers, results from them
 *     reap watchdog                workers that are gone, or silent
 *     iterate result               who wants the outcomes
 *     ending loop                  the end; rounds
 *     pool next map                what waits: the public functions
 *
 * A task:
 *
 *     submitted ──► QUEUED ──► (SENDING) ──► IN_HAND ──► DONE ──► freed by its job's owner
 *                     ▲                         │ reply: OK, FAILED
 *                     │                         │
 *                     │  taken back before the  │ worker lost or silent: suspect = true,
 *                     └── worker received it: ──┤   QUEUED among the suspects, IN_HAND alone;
 *                         another is idle, or   │   lost alone: it counts, and again, until
 *                         this one is lost      └─► DIED or TIMED_OUT
 *     From everywhere: CANCELLED by fp_terminate(), or when the pool breaks.
 *
 * A worker:
 *
 *     NONE ──fork──► STARTING ──ready──► READY ──► ENDING ──► its pidfd tells of its end ──► NONE
 *                       │                  │         (no more tasks for it; channel shut)     ▲
 *                       └──────────────────┴──► KILLED (enum kill_reason) ────────────────────┘
 *                                               abandoned if it does not die of SIGKILL
 *
 * Its channels:
 *
 *     parent ── tasks, a frame for each chunk ─────► worker, when it has begun all of the last
 *        ▲ ◄─── what it has not received (reclaim.c) ──┘ │
 *        └───── results: replies, parts, progress ───────┘ its end is noticed
 *
 * Invariants:
 *
 *  - The parent knows each task that a worker has (`hand`), and holds its argument until its
 *    outcome is known. No state is shared with a worker, so none can be lost or left locked with
 *    it.
 *  - The parent never waits for one worker: it sends without blocking, and what does not fit into a
 *    channel stays in the queue. So a stopped worker delays its own tasks only.
 *  - A task is a worker's from when that receives its frame, and the kernel decides who does: the
 *    worker, or the parent that takes it back. So no task waits behind a long one of another chunk
 *    while a worker is idle, and what a lost worker had not received is under no suspicion.
 *  - A loss counts against a task only if the worker had received no other one, and then not against
 *    the pool, but for the task's end when it is given up. Other deaths count against the pool.
 *    A reply, part or progress ends that row (deaths_in_row), so it breaks only where no task
 *    gets through, and the end is certain. SIGKILL counts a tenth: where workers are killed at
 *    random, an innocent task is killed alone three times in a row sooner or later, and thirty
 *    times never.
 *  - Memory is bounded by windows, not by sources: policy_backlog() tasks in the queue, policy_window()
 *    in each worker's hand, and an iterator takes no item while that many outcomes wait to be read.
 *  - User code runs in three places: sources while the queue is filled, callbacks for progress and
 *    parts while a frame is handled, result callbacks at the end of a round. `in_callback` is
 *    set in all of them, and keeps the loop from being entered again.
 *  - Each task has one outcome: job_complete() is called once, when it is in no list.
 *
 * Rejected: helper threads as in Python (forking with threads running, a lock held by the dead);
 * a shared queue that workers take from (nobody knows what a dead worker had); asking the source
 * only when a worker is idle (a round trip of some 30 µs for each chunk, and no knowledge of the
 * end, so that tasks are spread unevenly at it).
 */
#include "forkpool/clock.h"
#include "forkpool/ending.h"
#include "forkpool/iterate.h"
#include "forkpool/loop.h"
#include "forkpool/result.h"

#include <errno.h>

/** Defaults of the options. */
#define ATTEMPTS 3
#define GRACE 1000

/** Workers at the most: what fits into event data and makes any sense. */
#define PROCESSES_MAX 65536

static int fill_in(struct fp_options *options)
{
	if (!options->function == !options->serve || options->processes > PROCESSES_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (options->processes == 0)
		options->processes = fp_cpu_count();
	if (options->attempts == 0)
		options->attempts = ATTEMPTS;
	if (options->width == 0)
		options->width =
			options->serve && options->window_tasks ? options->window_tasks : 1;
	if (options->grace == 0)
		options->grace = GRACE;
	return 0;
}

/** Fork all workers that can be had. @return -1 where that is none */
static int start_all(struct fp_pool *pool)
{
	for (unsigned i = 0; i < pool->options.processes; i++) {
		if (pool_workers_start(&pool->workers))
			continue;
		if (pool->workers.running == 0)
			return -1;
		pool_workers_settle(&pool->workers);
		break;
	}
	return 0;
}

/** Milliseconds between ticks, so that the time-outs of the options are kept closely enough. */
static unsigned tick_for(const struct fp_options *options)
{
	unsigned shortest = options->timeout;

	if (shortest == 0 ||
		(options->initializer_timeout > 0 && options->initializer_timeout < shortest))
		shortest = options->initializer_timeout;
	return policy_tick(shortest);
}

struct fp_pool *fp_open(const struct fp_options *options)
{
	struct fp_options complete = *options;
	struct fp_pool *pool;
	int error;

	if (fill_in(&complete) < 0)
		return NULL;
	pool = state_new(&complete, tick_for(&complete));
	if (pool && complete.eager && start_all(pool) < 0) {
		error = errno;
		fp_free(pool);
		errno = error;
		return NULL;
	}
	return pool;
}

int fp_resize(struct fp_pool *pool, unsigned processes)
{
	if (pool->state != POOL_OPEN || processes == 0 || processes > PROCESSES_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (iterate_resize(pool, processes) < 0)
		return -1;
	pool->options.processes = pool->workers.limit = processes;
	if (pool->in_callback == 0)
		loop_dispatch(pool);
	return 0;
}

void fp_terminate(struct fp_pool *pool)
{
	if (pool->state != POOL_OPEN && pool->state != POOL_CLOSED)
		return;
	ending_terminate(pool, ECANCELED);
	if (pool->in_callback == 0)
		result_call_back(pool);
}

void fp_close(struct fp_pool *pool)
{
	if (pool->state != POOL_OPEN)
		return;
	pool->state = POOL_CLOSED;
	ending_if_done(pool);
}

/** Let those who wait for something that cannot come any more have what there is. */
static void end_stuck(struct fp_pool *pool)
{
	if (pool->state == POOL_TERMINATED)
		return;
	iterate_pull(pool);
	/* Nobody reads what an iterator gives while we are in fp_join(), so it takes no more. */
	if (state_is_idle(pool) && !iterate_goes_on(pool))
		iterate_end_all(pool, ECANCELED);
}

int fp_timed_join(struct fp_pool *pool, int timeout)
{
	int64_t deadline = clock_deadline(timeout);
	bool waited = false;

	if (pool->state == POOL_OPEN || pool->state == POOL_FOREIGN) {
		errno = EINVAL;
		return -1;
	}
	for (;;) {
		if (pool->in_callback == 0)
			end_stuck(pool);
		if (pool->workers.running == 0 && state_is_idle(pool) && !iterate_wants(pool))
			break;
		if (waited && clock_left(deadline) == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (loop_step(pool, clock_left(deadline)) < 0)
			return -1;
		waited = true;
	}
	if (pool->abandoned) {
		pool->abandoned = false;
		errno = EBUSY;
		return -1;
	}
	return 0;
}

int fp_join(struct fp_pool *pool)
{
	return fp_timed_join(pool, FP_FOREVER);
}

void fp_free(struct fp_pool *pool)
{
	if (!pool || pool->in_callback > 0)
		return;
	/* It must come to its end, whoever wants to interrupt it. */
	pool->options.interrupt_fd = 0;
	fp_terminate(pool);
	fp_join(pool);
	state_close(pool);
	fp_result_free(pool->applied);
	pool->applied = NULL;
	state_release(pool);
}

size_t fp_pids(const struct fp_pool *pool, pid_t *pids, size_t limit)
{
	size_t count = 0;

	if (pool->state == POOL_FOREIGN)
		return 0;
	for (unsigned i = 0; i < pool->workers.count; i++) {
		if (pool->workers.places[i]->state == WORKER_NONE)
			continue;
		if (count < limit)
			pids[count] = pool->workers.places[i]->process.pid;
		count++;
	}
	return count;
}
