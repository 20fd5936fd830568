/*
 * A pool's descriptors and memory, and what a child does with the pools of its parent.
 */
#include "forkpool/state.h"

#include "forkpool/channel.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* All pools of this process, and its copies of its parent's, so that a child can close what is not
 * its own. */
static struct fp_pool *pools;
static bool fork_handled;

static void close_descriptors(struct fp_pool *pool)
{
	if (pool->wake >= 0)
		close(pool->wake);
	ticker_close(&pool->ticker);
	if (pool->epoll >= 0)
		close(pool->epoll);
	pool->epoll = pool->wake = -1;
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
		pool_workers_disown(&pool->workers);
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

void state_close(struct fp_pool *pool)
{
	if (pool->next)
		pool->next->previous = pool->previous;
	if (pool->previous)
		pool->previous->next = pool->next;
	else
		pools = pool->next;
	close_descriptors(pool);
}

static int open_descriptors(struct fp_pool *pool, unsigned tick)
{
	struct epoll_event ticks = {.events = EPOLLIN, .data.u64 = STATE_TICK_DATA};
	struct epoll_event wake = {.events = EPOLLIN, .data.u64 = STATE_WAKE_DATA};

	pool->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (pool->epoll < 0 || channel_lift(&pool->epoll) < 0)
		return -1;
	if (ticker_open(&pool->ticker, tick) < 0)
		return -1;
	pool->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pool->wake < 0 || channel_lift(&pool->wake) < 0)
		return -1;
	return epoll_ctl(pool->epoll, EPOLL_CTL_ADD, pool->ticker.fd, &ticks) < 0
		? -1
		: epoll_ctl(pool->epoll, EPOLL_CTL_ADD, pool->wake, &wake);
}

struct fp_pool *state_new(const struct fp_options *options, unsigned tick)
{
	struct fp_pool *pool = calloc(1, sizeof(*pool));
	int error;

	if (!pool)
		return NULL;
	pool->options = *options;
	pool->references = 1;
	pool->epoll = pool->ticker.fd = pool->wake = -1;
	pool->ready_end = &pool->ready;
	pool->in = malloc(CHANNEL_FRAME_MAX);
	pool->out = malloc(CHANNEL_FRAME_MAX);
	if (!pool->in || !pool->out || open_descriptors(pool, tick) < 0 || enlist(pool) < 0) {
		error = errno;
		state_release(pool);
		errno = error;
		return NULL;
	}
	pool->workers.options = &pool->options;
	pool->workers.ticker = &pool->ticker;
	pool->workers.epoll = pool->epoll;
	pool->workers.limit = options->processes;
	return pool;
}

void state_reference(struct fp_pool *pool)
{
	pool->references++;
}

void state_release(struct fp_pool *pool)
{
	if (--pool->references > 0)
		return;
	task_table_free(&pool->tasks);
	pool_workers_free(&pool->workers);
	free(pool->in);
	free(pool->out);
	close_descriptors(pool);
	free(pool);
}

void state_wake(struct fp_pool *pool)
{
	/* It cannot fail: far from UINT64_MAX it has room. */
	if (!pool->in_step)
		eventfd_write(pool->wake, 1);
}

void state_break(struct fp_pool *pool, int error)
{
	if ((pool->state == POOL_OPEN || pool->state == POOL_CLOSED) && pool->broken == 0)
		pool->broken = error;
}

int state_refusal(const struct fp_pool *pool)
{
	return pool->state == POOL_TERMINATED && pool->reason != ECANCELED ? pool->reason : EINVAL;
}
