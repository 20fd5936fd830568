/*
 * The pool: its life, and its loop.
 *
 * One thread, one loop. Every call that waits runs rounds of it (loop_step) until what it waits for
 * is there; a caller with a loop of its own polls fp_fd() and runs rounds with fp_pump(). A round
 * takes items from the sources into the queue (iterate.c), gives tasks from the queue to the
 * workers, and from busy ones back to idle ones (feed.c, reclaim.c), waits, listens to the workers
 * and buries the dead (listen.c, crew.c), and at its very end, when nothing is half done, runs
 * callbacks (result.c).
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
 *                       └──────────────────┴──► DOOMED (malformed, silent, left its channel) ─┘
 *                                               SIGKILL; abandoned if it does not die of it
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
 * outcome is known. No state is shared with a worker, so none can be lost or left locked with it.
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
 *  - Memory is bounded by windows, not by sources: pool_backlog() tasks in the queue, pool_window()
 *    in each worker's hand, and an iterator takes no item while that many outcomes wait to be read.
 *  - User code runs in three places: sources while the queue is filled, callbacks for progress and
 *    parts while a frame is handled, result callbacks at the end of a round. `in_callback` is
 *    set in all of them, and keeps the loop from being entered again.
 *  - Each task has one outcome: pool_complete() is called once, when it is in no list.
 *
 * Rejected: helper threads as in Python (forking with threads running, a lock held by the dead);
 * a shared queue that workers take from (nobody knows what a dead worker had); asking the source
 * only when a worker is idle (a round trip of some 30 µs for each chunk, and no knowledge of the
 * end, so that tasks are spread unevenly at it).
 */
#include "forkpool/pool.h"

#include "forkpool/channel.h"
#include "forkpool/clock.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

/** Defaults of the options. */
#define ATTEMPTS 3
#define GRACE 1000

/** Milliseconds between ticks where there is no time-out to be counted. */
#define TICK 100
/** And at the most: other things are counted in ticks, too. */
#define TICK_MOST 500
/** Ticks in a time-out. */
#define TICKS 8

/** Workers at the most: what fits into event data and makes any sense. */
#define PROCESSES_MAX 65536

/* All pools of this process, and its copies of its parent's, so that a child can close what is not
 * its own. */
static struct fp_pool *pools;
static bool fork_handled;

/* Life */

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

static void close_descriptors(struct fp_pool *pool)
{
	if (pool->wake >= 0)
		close(pool->wake);
	if (pool->timer >= 0)
		close(pool->timer);
	if (pool->epoll >= 0)
		close(pool->epoll);
	pool->epoll = pool->timer = pool->wake = -1;
}

/**
 * In every child of this process, workers and the host program's own: the pools are the parent's.
 * Their descriptors are closed, and their copies here made useless, so that nothing which a child
 * does with them can reach the parent's workers.
 */
static void disown_all(void)
{
	for (struct fp_pool *pool = pools; pool; pool = pool->next) {
		/* The parent's parent's: done. */
		if (pool->state == POOL_FOREIGN)
			continue;
		crew_disown(pool);
		close_descriptors(pool);
		pool->state = POOL_FOREIGN;
	}
}

/** Add a pool to those that a child disowns. */
static int enlist(struct fp_pool *pool)
{
	int error = fork_handled ? 0 : pthread_atfork(NULL, NULL, disown_all);

	if (error != 0) {
		errno = error;
		return -1;
	}
	fork_handled = true;
	pool->next = pools;
	if (pools)
		pools->previous = pool;
	pools = pool;
	return 0;
}

/** Take it from the list again. */
static void strike(struct fp_pool *pool)
{
	if (pool->next)
		pool->next->previous = pool->previous;
	if (pool->previous)
		pool->previous->next = pool->next;
	else
		pools = pool->next;
}

static int open_descriptors(struct fp_pool *pool)
{
	struct epoll_event timer = {.events = EPOLLIN, .data.u64 = POOL_TIMER_DATA};
	struct epoll_event wake = {.events = EPOLLIN, .data.u64 = POOL_WAKE_DATA};

	pool->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (pool->epoll < 0 || channel_lift(&pool->epoll) < 0)
		return -1;
	pool->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (pool->timer < 0 || channel_lift(&pool->timer) < 0)
		return -1;
	pool->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pool->wake < 0 || channel_lift(&pool->wake) < 0)
		return -1;
	return epoll_ctl(pool->epoll, EPOLL_CTL_ADD, pool->timer, &timer) < 0
		? -1
		: epoll_ctl(pool->epoll, EPOLL_CTL_ADD, pool->wake, &wake);
}

/** Fork all workers that can be had. @return -1 where that is none */
static int start_all(struct fp_pool *pool)
{
	for (unsigned i = 0; i < pool->options.processes; i++) {
		if (crew_start(pool))
			continue;
		if (pool->crew_running == 0)
			return -1;
		crew_settle(pool);
		break;
	}
	return 0;
}

/** Milliseconds between ticks, so that time-outs are kept closely enough. */
static unsigned tick_for(const struct fp_options *options)
{
	unsigned shortest = options->timeout, tick;

	if (shortest == 0 ||
		(options->initializer_timeout > 0 && options->initializer_timeout < shortest))
		shortest = options->initializer_timeout;
	tick = shortest > 0 ? shortest / TICKS + 1 : TICK;
	return tick < TICK_MOST ? tick : TICK_MOST;
}

struct fp_pool *fp_open(const struct fp_options *options)
{
	struct fp_pool *pool = calloc(1, sizeof(*pool));
	int error;

	if (!pool)
		return NULL;
	pool->options = *options;
	pool->references = 1;
	pool->epoll = pool->timer = pool->wake = -1;
	pool->ready_end = &pool->ready;
	if (fill_in(&pool->options) < 0)
		goto fail;
	pool->crew_limit = pool->options.processes;
	pool->tick = tick_for(&pool->options);
	pool->in = malloc(CHANNEL_FRAME_MAX);
	pool->out = malloc(CHANNEL_FRAME_MAX);
	if (!pool->in || !pool->out || open_descriptors(pool) < 0 || enlist(pool) < 0)
		goto fail;
	if (pool->options.eager && start_all(pool) < 0) {
		error = errno;
		fp_free(pool);
		errno = error;
		return NULL;
	}
	return pool;

fail:
	error = errno;
	pool_release(pool);
	errno = error;
	return NULL;
}

int fp_resize(struct fp_pool *pool, unsigned processes)
{
	if (pool->state != POOL_OPEN || processes == 0 || processes > PROCESSES_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (iterate_resize(pool, processes) < 0)
		return -1;
	pool->options.processes = pool->crew_limit = processes;
	if (pool->in_callback == 0)
		feed_all(pool);
	return 0;
}

void pool_reference(struct fp_pool *pool)
{
	pool->references++;
}

void pool_release(struct fp_pool *pool)
{
	if (--pool->references > 0)
		return;
	task_table_free(&pool->tasks);
	crew_free(pool);
	free(pool->in);
	free(pool->out);
	close_descriptors(pool);
	free(pool);
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
			crew_take_back(pool, task);
		}
		pool_complete(pool, task, FP_CANCELLED, error);
	}
	pool->queue = pool->suspects = (struct task_list){0};
	pool->queue_bytes = 0;
	pool->last_urgent = NULL;
}

/** Terminate; `reason` is what everything pending is cancelled with. */
static void terminate(struct fp_pool *pool, int reason)
{
	pool->state = POOL_TERMINATED;
	pool->reason = reason;
	pool->ending_at = clock_ms() + pool->options.grace;
	loop_tick_within(pool, pool->options.grace);
	cancel_all(pool, reason);
	iterate_end_all(pool, reason);
	crew_signal_all(pool, SIGTERM);
	/* One that is stopped could not act on it. */
	crew_signal_all(pool, SIGCONT);
}

void pool_break(struct fp_pool *pool, int error)
{
	if (pool->state == POOL_OPEN || pool->state == POOL_CLOSED)
		terminate(pool, error);
}

void fp_terminate(struct fp_pool *pool)
{
	if (pool->state != POOL_OPEN && pool->state != POOL_CLOSED)
		return;
	terminate(pool, ECANCELED);
	if (pool->in_callback == 0)
		result_call_back(pool);
}

void pool_end_if_done(struct fp_pool *pool)
{
	if (pool->state == POOL_CLOSED && pool_idle(pool) && !iterate_goes_on(pool))
		crew_end_all(pool);
}

void fp_close(struct fp_pool *pool)
{
	if (pool->state != POOL_OPEN)
		return;
	pool->state = POOL_CLOSED;
	pool_end_if_done(pool);
}

/** Let those who wait for something that cannot come any more have what there is. */
static void end_stuck(struct fp_pool *pool)
{
	if (pool->state == POOL_TERMINATED)
		return;
	iterate_pull(pool);
	/* Nobody reads what an iterator gives while we are in fp_join(), so it takes no more. */
	if (pool_idle(pool) && !iterate_goes_on(pool))
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
		if (pool->crew_running == 0 && pool_idle(pool) && !iterate_wants(pool))
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
	strike(pool);
	/* What outlives it are iterators and results, which need no descriptors. */
	close_descriptors(pool);
	fp_result_free(pool->applied);
	pool->applied = NULL;
	pool_release(pool);
}

size_t fp_pids(const struct fp_pool *pool, pid_t *pids, size_t limit)
{
	size_t count = 0;

	if (pool->state == POOL_FOREIGN)
		return 0;
	for (unsigned i = 0; i < pool->crew_places; i++) {
		if (pool->crew[i]->state == CREW_NONE)
			continue;
		if (count < limit)
			pids[count] = pool->crew[i]->process.pid;
		count++;
	}
	return count;
}

/* Tasks */

bool pool_is_fast(const struct fp_pool *pool, size_t chunk)
{
	return pool->pace > chunk;
}

/** What the options make of a window. */
static size_t bound_window(const struct fp_pool *pool, size_t window)
{
	size_t most = pool->options.window_tasks;

	if (window < pool->options.width)
		window = pool->options.width;
	return most > 0 && window > most ? most : window;
}

/** The largest window that short tasks lead to, whatever the options say. */
static size_t fast_window(size_t chunk)
{
	return POOL_WINDOW_MAX > 2 * chunk ? POOL_WINDOW_MAX : 2 * chunk;
}

size_t pool_window(const struct fp_pool *pool, size_t chunk)
{
	size_t window = chunk;

	if (pool_is_fast(pool, chunk))
		window = pool->pace < fast_window(chunk) ? pool->pace : fast_window(chunk);
	return bound_window(pool, window);
}

size_t pool_window_most(const struct fp_pool *pool, size_t chunk)
{
	return bound_window(pool, fast_window(chunk));
}

size_t pool_backlog(const struct fp_pool *pool, size_t chunk)
{
	return 2 * (size_t)pool->crew_limit * pool_window(pool, chunk);
}

bool pool_idle(const struct fp_pool *pool)
{
	return pool->queue.count == 0 && pool->suspects.count == 0 && pool->in_hand == 0;
}

size_t pool_chunk(size_t chunk)
{
	if (chunk == 0)
		return 1;
	return chunk < POOL_CHUNK_MAX ? chunk : POOL_CHUNK_MAX;
}

int pool_refusal(const struct fp_pool *pool)
{
	return pool->state == POOL_TERMINATED && pool->reason != ECANCELED ? pool->reason : EINVAL;
}

static void enqueue(struct fp_pool *pool, struct task *task)
{
	if (task->urgent) {
		task_insert(&pool->queue, pool->last_urgent, task);
		pool->last_urgent = task;
	} else {
		task_append(&pool->queue, task);
	}
	pool->queue_bytes += task->size;
}

void pool_put_back(struct fp_pool *pool, struct task *task)
{
	task->state = TASK_QUEUED;
	if (!task->job) {
		task_free(&pool->tasks, task);
		return;
	}
	if (task->suspect) {
		task_prepend(&pool->suspects, task);
		return;
	}
	task_prepend(&pool->queue, task);
	if (task->urgent && !pool->last_urgent)
		pool->last_urgent = task;
	pool->queue_bytes += task->size;
}

void pool_dequeue(struct fp_pool *pool, struct task *task)
{
	/* Before it are urgent ones, or those that were put back. */
	if (task == pool->last_urgent)
		pool->last_urgent = task->previous;
	task_remove(&pool->queue, task);
	pool->queue_bytes -= task->size;
}

struct task *pool_submit(
	struct fp_pool *pool, struct job *job, const struct fp_item *item, uint64_t index)
{
	struct fp_item empty = {.tag = item->tag};
	bool fits = item->size <= FP_PAYLOAD_MAX;
	struct task *task = task_new(&pool->tasks, fits ? item : &empty);

	if (!task)
		return NULL;
	task_join(task, job, &job->tasks);
	task->index = index;
	if (!fits) {
		task->data[0] = '\0';
		pool_complete(pool, task, FP_FAILED, EMSGSIZE);
		return task;
	}
	task->state = TASK_QUEUED;
	enqueue(pool, task);
	return task;
}

void pool_complete(struct fp_pool *pool, struct task *task, enum fp_status status, int error)
{
	if (!task->job) {
		task_free(&pool->tasks, task);
		return;
	}
	pool->changes++;
	task->state = TASK_DONE;
	task->status = status;
	task->error = error;
	task->job->complete(task->job, task);
}

/** Take a task out of the list that it waits in. */
static void unqueue(struct fp_pool *pool, struct task *task)
{
	if (task->suspect)
		task_remove(&pool->suspects, task);
	else
		pool_dequeue(pool, task);
}

void pool_cancel(struct fp_pool *pool, struct task *task)
{
	struct crew_member *member = task->worker;

	if (task->state == TASK_FREE || task->state == TASK_DONE)
		return;
	/* In a callback the frame that it was called for is still in use. */
	if (member && member->state != CREW_DOOMED && pool->in_callback == 0 &&
		reclaim_possible(member))
		reclaim_tasks(pool, member);
	if (task->state == TASK_QUEUED) {
		unqueue(pool, task);
	} else {
		crew_take_back(pool, task);
		crew_recall(pool, member);
	}
	pool_complete(pool, task, FP_CANCELLED, ECANCELED);
}

void pool_forget(struct fp_pool *pool, struct job *job)
{
	struct task *task;

	while ((task = job->tasks)) {
		task_leave(task);
		if (task->state == TASK_QUEUED)
			unqueue(pool, task);
		if (task->state == TASK_QUEUED || task->state == TASK_DONE)
			task_free(&pool->tasks, task);
	}
}
