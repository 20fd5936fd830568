/*
 * The loop's rounds: what a pool does while it is waited for.
 *
 * The workers and the timer are in one epoll set, which is also what a host program's own loop
 * polls. The descriptors of sources and the interrupt are not: they come and go, and may be ones
 * that an epoll set refuses (regular files). So a round polls a few descriptors, and asks the epoll
 * set only where that has something. With workers that are never idle, a round handles dozens of
 * frames; its own two calls are lost among theirs.
 */
#include "forkpool/loop.h"

#include "forkpool/dispatch.h"
#include "forkpool/ending.h"
#include "forkpool/iterate.h"
#include "forkpool/reap.h"
#include "forkpool/receive.h"
#include "forkpool/result.h"
#include "forkpool/watchdog.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

/** epoll events handled in one round. */
#define EVENTS 64

/** Descriptors to poll that need no allocation. */
#define POLL_FEW 8

/** One tick, for those who need it. */
static void handle_tick(struct fp_pool *pool)
{
	bool ending, watching;

	if (!ticker_read(&pool->ticker))
		return;
	ending = ending_tick(pool);
	watching = watchdog_tick(pool);
	ending_if_broken(pool);
	if (!ending && !watching)
		ticker_stop(&pool->ticker);
}

/** Handle an event of a worker. */
static void handle_worker(struct fp_pool *pool, uint64_t data)
{
	enum worker_event event;
	struct pool_worker *worker = pool_workers_event(&pool->workers, data, &event);

	if (!worker)
		return;
	switch (event) {
	case WORKER_RESULTS:
		receive_frames(pool, worker, RECEIVE_AT_ONCE);
		break;
	case WORKER_ROOM:
		pool_worker_unblock(&pool->workers, worker);
		dispatch_continue(pool, worker);
		break;
	case WORKER_ENDED:
		reap_worker(pool, worker);
	}
	ending_if_broken(pool);
}

/** Handle what the workers and the timer have to say now. */
static void handle_events(struct fp_pool *pool)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(pool->epoll, events, EVENTS, 0);
	bool tick = false;
	eventfd_t wakes;

	for (int i = 0; i < count; i++) {
		if (events[i].data.u64 == STATE_TICK_DATA)
			tick = true;
		else if (events[i].data.u64 == STATE_WAKE_DATA)
			eventfd_read(pool->wake, &wakes);
		else
			handle_worker(pool, events[i].data.u64);
	}
	/* Last, so that nobody is thought silent whose frames have just come. */
	if (tick)
		handle_tick(pool);
}

/** Take the pace of the workers; an idle pool knows nothing of the tasks to come. */
static void take_pace(struct fp_pool *pool)
{
	if (state_is_idle(pool))
		pool->pace = (struct policy_pace){0};
	policy_take_pace(&pool->pace);
}

void loop_dispatch(struct fp_pool *pool)
{
	dispatch_all(pool);
	ending_if_broken(pool);
}

/** Give out what there is to do. */
static void push_on(struct fp_pool *pool)
{
	if (pool->state == POOL_TERMINATED)
		return;
	iterate_pull(pool);
	loop_dispatch(pool);
	ending_if_done(pool);
}

/**
 * Wait for the workers, the interrupt and the sources.
 *
 * @return 0, or -1 with errno
 */
static int wait_for_events(struct fp_pool *pool, int timeout)
{
	struct pollfd few[POLL_FEW], *fds = few;
	size_t most = 2 + iterate_count(pool), sources;
	int ready, result = -1;

	if (most > POLL_FEW && !(fds = malloc(most * sizeof(*fds))))
		return -1;
	fds[0] = (struct pollfd){.fd = pool->epoll, .events = POLLIN};
	/* poll() passes over negative ones. */
	fds[1].fd = pool->options.interrupt_fd > 0 ? pool->options.interrupt_fd : -1;
	fds[1].events = POLLIN;
	fds[1].revents = 0;
	sources = iterate_watch(pool, fds + 2);
	ready = poll(fds, 2 + sources, timeout);
	/* A signal of the host program's: a round without events. */
	if (ready < 0 && errno != EINTR)
		goto done;
	result = 0;
	if (ready <= 0)
		goto done;
	if (fds[1].revents != 0) {
		errno = EINTR;
		result = -1;
		goto done;
	}
	iterate_notice(pool, fds + 2);
	if (fds[0].revents != 0)
		handle_events(pool);
	take_pace(pool);

done:
	if (fds != few)
		free(fds);
	return result;
}

int loop_step(struct fp_pool *pool, int timeout)
{
	uint64_t changes = pool->changes;
	int result, error;

	if (pool->in_callback > 0 || pool->state == POOL_FOREIGN) {
		errno = pool->in_callback > 0 ? EDEADLK : EINVAL;
		return -1;
	}
	pool->in_step = true;
	push_on(pool);
	/* What that has completed, the caller may be waiting for. */
	result = wait_for_events(pool, pool->ready || pool->changes != changes ? 0 : timeout);
	/* Sources and callbacks have errors of their own. */
	error = errno;
	push_on(pool);
	pool->in_step = false;
	result_call_back(pool);
	errno = error;
	return result;
}

int fp_fd(const struct fp_pool *pool)
{
	return pool->epoll;
}

/** Whether anything will happen without the caller. */
static bool is_busy(const struct fp_pool *pool)
{
	return !state_is_idle(pool) || pool->ready ||
		(pool->workers.running > 0 && pool->state != POOL_OPEN);
}

int fp_pump(struct fp_pool *pool, int timeout)
{
	if (loop_step(pool, is_busy(pool) ? timeout : 0) < 0)
		return -1;
	/* What callbacks submitted must be on its way before the caller polls again. */
	push_on(pool);
	while (pool->ready) {
		result_call_back(pool);
		push_on(pool);
	}
	return is_busy(pool);
}
