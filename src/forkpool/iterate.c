/*
 * fp_imap and fp_imap_unordered: a source of items in, an iterator over outcomes out.
 *
 * Invariants: `taken` items came from the source, `given` outcomes went to the caller, and at most
 * limit() lie between the two; no item is taken while outcomes of HELD_BYTES wait. That bounds the
 * memory whatever the source holds and however slowly the caller reads. In order, outcome number i
 * waits at ring[i % ring_size] (a power of two, not below the limit) until all before it were given;
 * otherwise they wait in `done`, as they came.
 */
#include "forkpool/iterate.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

/** Bytes of outcomes that wait to be read at which an iterator takes no more items. */
#define HELD_BYTES ((size_t)16 << 20)

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

/** Outcomes that may lie between the source and the caller. */
static size_t limit(const struct fp_iterator *iterator, unsigned processes)
{
	return policy_ahead(&iterator->pool->options, processes, iterator->job.chunk);
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
		errno = state_refusal(pool);
		return NULL;
	}
	iterator = calloc(1, sizeof(*iterator));
	if (!iterator)
		return NULL;
	iterator->job.chunk = policy_chunk(chunk);
	iterator->job.complete = complete_unordered;
	iterator->pool = pool;
	iterator->source = source;
	iterator->watched = -1;
	iterator->next = pool->iterators;
	if (iterator->next)
		iterator->next->previous = iterator;
	pool->iterators = iterator;
	state_reference(pool);
	return iterator;
}

void fp_iterator_chunk(struct fp_iterator *iterator, size_t chunk)
{
	chunk = policy_chunk(chunk);
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
	job_forget(pool, &iterator->job);
	if (iterator->next)
		iterator->next->previous = iterator->previous;
	if (iterator->previous)
		iterator->previous->next = iterator->next;
	else
		pool->iterators = iterator->next;
	free(iterator->ring);
	free(iterator);
	state_release(pool);
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
		pool->queue.tasks.count < policy_backlog(&pool->options, &pool->pace,
						  pool->workers.limit, iterator->job.chunk) &&
		pool->queue.bytes < STATE_QUEUE_BYTES && iterator->held < HELD_BYTES;
}

/** Make a task of an item. */
static void submit(struct fp_iterator *iterator, const struct fp_item *item)
{
	struct task *task = job_submit(iterator->pool, &iterator->job, item, iterator->taken);

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

	state_enter_callback(pool);
	errno = 0;
	got = iterator->source->next(iterator->source->context, &item);
	state_leave_callback(pool);
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

	for (struct fp_iterator *it = pool->iterators; it && pool->part_came; it = it->next)
		it->dry = false;
	pool->part_came = false;
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
		state_enter_callback(pool);
		it->source->readable(it->source->context);
		state_leave_callback(pool);
	}
}

struct task *iterate_pop(struct fp_iterator *iterator)
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
