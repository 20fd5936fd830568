/*
 * The loop's rounds: what a pool does while it is waited for.
 *
 * The workers and the timer are in one epoll set, which is also what a host program's own loop
 * polls. The descriptors of sources and the interrupt are not: they come and go, and may be ones
 * that an epoll set refuses (regular files). So a round polls a few descriptors, and asks the epoll
 * set only where that has something. With workers that are never idle, a round handles dozens of
 * frames; its own two calls are lost among theirs.
 */
#include "forkpool/clock.h"
#include "forkpool/pool.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

/** epoll events handled in one round. */
#define EVENTS 64

/** Parts of a reply that are counted for the pace. */
#define PACE_UNIT 64

/** Descriptors to poll that need no allocation. */
#define POLL_FEW 8

void loop_enter_callback(struct fp_pool *pool)
{
	pool->in_callback++;
}

void loop_leave_callback(struct fp_pool *pool)
{
	pool->in_callback--;
}

static void set_timer(struct fp_pool *pool, unsigned interval)
{
	struct timespec time = {
		.tv_sec = interval / 1000,
		.tv_nsec = (long)(interval % 1000) * 1000000,
	};
	struct itimerspec timer = {.it_interval = time, .it_value = time};

	timerfd_settime(pool->timer, 0, &timer, NULL);
	pool->timer_runs = interval > 0;
}

void loop_start_timer(struct fp_pool *pool)
{
	if (!pool->timer_runs)
		set_timer(pool, pool->tick);
}

void loop_tick_within(struct fp_pool *pool, unsigned milliseconds)
{
	if (milliseconds < pool->tick) {
		pool->tick = milliseconds > 0 ? milliseconds : 1;
		pool->timer_runs = false;
	}
	loop_start_timer(pool);
}

/** However many ticks have passed while nobody ran the loop, they count as one. */
static void handle_tick(struct fp_pool *pool)
{
	uint64_t ticks;

	if (read(pool->timer, &ticks, sizeof(ticks)) < 0)
		return;
	if (!crew_tick(pool))
		set_timer(pool, 0);
}

void loop_wake(struct fp_pool *pool)
{
	/* It cannot fail: far from UINT64_MAX it has room. */
	if (!pool->in_step)
		eventfd_write(pool->wake, 1);
}

/** Handle what the workers and the timer have to say now. */
static void handle_events(struct fp_pool *pool)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(pool->epoll, events, EVENTS, 0);
	bool tick = false;
	eventfd_t wakes;

	for (int i = 0; i < count; i++) {
		if (events[i].data.u64 == POOL_TIMER_DATA)
			tick = true;
		else if (events[i].data.u64 == POOL_WAKE_DATA)
			eventfd_read(pool->wake, &wakes);
		else
			crew_handle(pool, events[i].data.u64);
	}
	/* Last, so that nobody is thought silent whose frames have just come. */
	if (tick)
		handle_tick(pool);
}

/**
 * Take the pace of the workers, by which windows open.
 *
 * One chunk in hand keeps a worker busy but for the time that the parent takes to answer, some 30
 * µs. Where tasks are short and chunks are small, that is most of the time, and each round trip
 * costs two switches between processes; so a worker gets about a millisecond of work. The workers
 * tell how long they worked: what the parent sees of that depends on how much it gives them, and on
 * who else uses the processors. What was long ago counts ever less, by an eighth in each round; an
 * idle pool knows nothing of the tasks to come. Measured with tasks that do nothing, in processor
 * time a task: 7.5 µs without this and 3.1 with it at chunk 1, 0.36 and 0.33 at chunk 64.
 */
static void take_pace(struct fp_pool *pool)
{
	if (pool_idle(pool)) {
		pool->pace = 0;
		pool->replies = pool->spent = pool->past_replies = pool->past_spent = 0;
	}
	if (pool->replies == 0)
		return;
	pool->past_replies -= pool->past_replies / 8;
	pool->past_replies += pool->replies * PACE_UNIT;
	pool->past_spent -= pool->past_spent / 8;
	pool->past_spent += pool->spent;
	pool->replies = pool->spent = 0;
	pool->pace = (size_t)(pool->past_replies * (1000000 / PACE_UNIT) / (pool->past_spent + 1));
}

/** Give out what there is to do. */
static void push_on(struct fp_pool *pool)
{
	if (pool->state == POOL_TERMINATED)
		return;
	iterate_pull(pool);
	feed_all(pool);
	pool_end_if_done(pool);
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
	return !pool_idle(pool) || pool->ready ||
		(pool->crew_running > 0 && pool->state != POOL_OPEN);
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
