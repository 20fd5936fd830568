/*
 * fp_imap and fp_imap_unordered: a source of items in, an iterator over outcomes out.
 *
 * Invariants: `taken` items came from the source, `given` outcomes went to the caller, and at most
 * limit() lie between the two; no item is taken while outcomes of POOL_HELD_BYTES wait. That bounds the
 * memory whatever the source holds and however slowly the caller reads. In order, outcome number i waits at ring[i % ring_size] (a power of two, not
 * below the limit) until all before it were given; otherwise they wait in `done`, as they came.
 */
#include "forkpool/clock.h"
#include "forkpool/pool.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

/** Outcomes that fp_next() gives from its store before it looks after the workers again. */
#define GIVEN_AT_ONCE 128

struct fp_iterator {
	struct job job;
	struct fp_pool *pool;
	struct fp_iterator *next;
	struct fp_iterator *previous;
	/** The caller's. */
	const struct fp_source *source;
	/** The source had nothing (EAGAIN); it is asked again when told so, or by fp_next(). */
	bool dry;
	/** It wants fp_next() to return (EINTR). */
	bool interrupted;
	/** The source is not asked any more. */
	bool ended;
	/** Why the iteration ended early (errno), or 0. */
	int error;
	/** Where its descriptor is in the array that is polled, or -1. */
	int watched;
	uint64_t taken;
	uint64_t given;
	/** Bytes of the outcomes that wait to be read. */
	size_t held;
	/** Unordered: finished tasks. */
	struct task_list done;
	/** Ordered: finished tasks by number, or NULL. */
	struct task **ring;
	size_t ring_size;
	/** Whose outcome the caller has. */
	struct task *current;
	/** Outcomes given since the loop was run. */
	unsigned since_step;
};

static void complete_unordered(struct job *job, struct task *task)
{
	struct fp_iterator *iterator = (struct fp_iterator *)job;

	task_append(&iterator->done, task);
	iterator->held += task->size;
}

static void complete_ordered(struct job *job, struct task *task)
{
	struct fp_iterator *iterator = (struct fp_iterator *)job;

	iterator->ring[task->index & (iterator->ring_size - 1)] = task;
	iterator->held += task->size;
}

/** Outcomes that may lie between the source and the caller: what so many workers may have in hand,
 * and twice as much in the queue. */
static size_t limit(const struct fp_iterator *iterator, unsigned processes)
{
	return 3 * (size_t)processes * pool_window_most(iterator->pool, iterator->job.chunk);
}

/* gcc 12's analyzer loses what is stored in a member of a list. */
#if defined(__GNUC__) && !defined(__clang__)
#	pragma GCC diagnostic push
#	pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

/** Make the ring large enough. @return 0, or -1 with errno */
static int grow_ring(struct fp_iterator *iterator, unsigned processes)
{
	size_t size = iterator->ring_size ? iterator->ring_size : 1;
	struct task **ring;

	while (size < limit(iterator, processes))
		size *= 2;
	if (size == iterator->ring_size)
		return 0;
	ring = calloc(size, sizeof(struct task *));
	if (!ring)
		return -1;
	for (uint64_t i = iterator->given; i < iterator->taken; i++)
		ring[i & (size - 1)] = iterator->ring[i & (iterator->ring_size - 1)];
	free(iterator->ring);
	iterator->ring = ring;
	iterator->ring_size = size;
	return 0;
}

int iterate_resize(struct fp_pool *pool, unsigned processes)
{
	for (struct fp_iterator *it = pool->iterators; it; it = it->next) {
		if (it->ring && grow_ring(it, processes) < 0)
			return -1;
	}
	return 0;
}

#if defined(__GNUC__) && !defined(__clang__)
#	pragma GCC diagnostic pop
#endif

static struct fp_iterator *new_iterator(
	struct fp_pool *pool, const struct fp_source *source, size_t chunk)
{
	struct fp_iterator *iterator;

	if (pool->state != POOL_OPEN) {
		errno = pool_refusal(pool);
		return NULL;
	}
	iterator = calloc(1, sizeof(*iterator));
	if (!iterator)
		return NULL;
	iterator->job.chunk = pool_chunk(chunk);
	iterator->job.complete = complete_unordered;
	iterator->pool = pool;
	iterator->source = source;
	iterator->watched = -1;
	iterator->next = pool->iterators;
	if (iterator->next)
		iterator->next->previous = iterator;
	pool->iterators = iterator;
	pool_reference(pool);
	return iterator;
}

void fp_iterator_chunk(struct fp_iterator *iterator, size_t chunk)
{
	chunk = pool_chunk(chunk);
	/* The room for outcomes that wait for their turn was made for so many. */
	if (!iterator->ring || chunk < iterator->job.chunk)
		iterator->job.chunk = chunk;
}

struct fp_iterator *fp_imap_unordered(
	struct fp_pool *pool, const struct fp_source *source, size_t chunk)
{
	return new_iterator(pool, source, chunk);
}

struct fp_iterator *fp_imap(struct fp_pool *pool, const struct fp_source *source, size_t chunk)
{
	struct fp_iterator *iterator = new_iterator(pool, source, chunk);

	if (!iterator)
		return NULL;
	iterator->job.complete = complete_ordered;
	if (grow_ring(iterator, pool->options.processes) < 0) {
		fp_iterator_free(iterator);
		errno = ENOMEM;
		return NULL;
	}
	return iterator;
}

void fp_iterator_free(struct fp_iterator *iterator)
{
	struct fp_pool *pool;

	if (!iterator)
		return;
	pool = iterator->pool;
	/* This frees the tasks that are done, too. */
	pool_forget(pool, &iterator->job);
	if (iterator->next)
		iterator->next->previous = iterator->previous;
	if (iterator->previous)
		iterator->previous->next = iterator->next;
	else
		pool->iterators = iterator->next;
	free(iterator->ring);
	free(iterator);
	pool_release(pool);
}

/* Items */

static void end(struct fp_iterator *iterator, int error)
{
	iterator->ended = true;
	iterator->error = error;
	iterator->pool->changes++;
}

/** Whether an item can be taken now. */
static bool can_take(const struct fp_iterator *iterator)
{
	const struct fp_pool *pool = iterator->pool;

	return !iterator->ended && !iterator->dry &&
		iterator->taken - iterator->given < limit(iterator, pool->options.processes) &&
		pool->queue.count < pool_backlog(pool, iterator->job.chunk) &&
		pool->queue_bytes < POOL_QUEUE_BYTES && iterator->held < POOL_HELD_BYTES;
}

/** Make a task of an item. */
static void submit(struct fp_iterator *iterator, const struct fp_item *item)
{
	struct task *task = pool_submit(iterator->pool, &iterator->job, item, iterator->taken);

	if (task)
		iterator->taken++;
	else
		end(iterator, errno);
}

/** Ask the source for an item. */
static void take(struct fp_iterator *iterator)
{
	struct fp_pool *pool = iterator->pool;
	struct fp_item item = {0};
	int got;

	loop_enter_callback(pool);
	errno = 0;
	got = iterator->source->next(iterator->source->context, &item);
	loop_leave_callback(pool);
	/* It may have terminated the pool, which has ended the iteration. */
	if (iterator->ended)
		return;
	if (got > 0)
		submit(iterator, &item);
	else if (got == 0)
		end(iterator, 0);
	else if (errno != EAGAIN && errno != EINTR)
		end(iterator, errno ? errno : EIO);
	else
		iterator->dry = true;
	if (iterator->dry && errno == EINTR)
		iterator->interrupted = true;
	/* fp_next() may have to say so. */
	pool->changes += iterator->dry;
}

void iterate_pull(struct fp_pool *pool)
{
	bool taken;

	/* In turn, a chunk of each. */
	do {
		taken = false;
		for (struct fp_iterator *it = pool->iterators; it; it = it->next) {
			for (size_t i = 0; i < it->job.chunk && can_take(it); i++) {
				take(it);
				taken = true;
			}
		}
	} while (taken);
}

bool iterate_wants(const struct fp_pool *pool)
{
	for (const struct fp_iterator *it = pool->iterators; it; it = it->next) {
		if (!it->ended)
			return true;
	}
	return false;
}

bool iterate_goes_on(const struct fp_pool *pool)
{
	for (const struct fp_iterator *it = pool->iterators; it; it = it->next) {
		if (can_take(it) || (!it->ended && it->dry && it->source->fd > 0))
			return true;
	}
	return false;
}

void iterate_wake(struct fp_pool *pool)
{
	for (struct fp_iterator *it = pool->iterators; it; it = it->next)
		it->dry = false;
}

void iterate_end_all(struct fp_pool *pool, int error)
{
	for (struct fp_iterator *it = pool->iterators; it; it = it->next) {
		if (!it->ended)
			end(it, error);
	}
}

/* Descriptors */

size_t iterate_count(const struct fp_pool *pool)
{
	size_t count = 0;

	for (const struct fp_iterator *it = pool->iterators; it; it = it->next)
		count++;
	return count;
}

size_t iterate_watch(const struct fp_pool *pool, struct pollfd *fds)
{
	size_t count = 0;

	for (struct fp_iterator *it = pool->iterators; it; it = it->next) {
		const struct fp_source *source = it->source;

		it->watched = -1;
		if (it->ended || source->fd <= 0 || (!it->dry && !source->readable))
			continue;
		it->watched = (int)count;
		fds[count++] = (struct pollfd){.fd = source->fd, .events = POLLIN};
	}
	return count;
}

void iterate_notice(struct fp_pool *pool, const struct pollfd *fds)
{
	for (struct fp_iterator *it = pool->iterators; it; it = it->next) {
		if (it->watched < 0 || fds[it->watched].revents == 0)
			continue;
		it->dry = false;
		if (!it->source->readable)
			continue;
		loop_enter_callback(pool);
		it->source->readable(it->source->context);
		loop_leave_callback(pool);
	}
}

/* Outcomes */

/** @return the next finished task, which is the caller's then, or NULL */
static struct task *pop(struct fp_iterator *iterator)
{
	struct task *task;

	if (iterator->ring) {
		struct task **place = &iterator->ring[iterator->given & (iterator->ring_size - 1)];

		task = *place;
		*place = NULL;
	} else {
		task = iterator->done.first;
		if (task)
			task_remove(&iterator->done, task);
	}
	if (task) {
		iterator->given++;
		iterator->held -= task->size;
	}
	return task;
}

/** Whether there is nothing to wait for: neither a task nor a descriptor will change anything. */
static bool is_starved(const struct fp_iterator *iterator)
{
	return iterator->dry && iterator->taken == iterator->given && iterator->source->fd <= 0;
}

/** There is no outcome now: run the loop once, or say why not. @return 0, or -1 with errno */
static int wait_for_more(struct fp_iterator *iterator, int64_t deadline, bool *waited)
{
	int left = deadline == 0 ? 0 : clock_left(deadline);

	iterator->since_step = 0;
	if (*waited && left == 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	if (is_starved(iterator)) {
		errno = EAGAIN;
		return -1;
	}
	*waited = true;
	return loop_step(iterator->pool, left);
}

int fp_next(struct fp_iterator *iterator, int timeout, struct fp_outcome *outcome)
{
	struct fp_pool *pool = iterator->pool;
	int64_t deadline = 0;
	bool waited = false;

	if (pool->state == POOL_FOREIGN) {
		errno = EINVAL;
		return -1;
	}
	task_free(&pool->tasks, iterator->current);
	iterator->current = NULL;
	if (++iterator->since_step >= GIVEN_AT_ONCE && pool->in_callback == 0) {
		iterator->since_step = 0;
		if (loop_step(pool, 0) < 0)
			return -1;
	}
	for (;;) {
		iterator->current = pop(iterator);
		if (iterator->current) {
			task_outcome(iterator->current, outcome);
			return 1;
		}
		if (iterator->ended && iterator->taken == iterator->given) {
			errno = iterator->error;
			return iterator->error ? -1 : 0;
		}
		if (iterator->interrupted) {
			iterator->interrupted = false;
			errno = EINTR;
			return -1;
		}
		if (!waited) {
			iterator->dry = false;
			deadline = timeout == 0 ? 0 : clock_deadline(timeout);
		}
		if (wait_for_more(iterator, deadline, &waited) < 0)
			return -1;
	}
}
