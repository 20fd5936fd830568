/*
 * Who gets which task, and how it is sent.
 *
 * A frame holds tasks of one job, one chunk at most. A worker receives a frame when it has begun
 * all tasks of the one before; until then the parent can take the frame back (reclaim.c). So no
 * task waits behind a long task of another chunk while another worker is idle: when the queue is
 * empty, frames that the worker with the most tasks has not received go back to the queue, and from
 * there to idle workers. The first frame of a worker is left to it, as it is about to receive it;
 * otherwise idle workers would take it from each other forever.
 *
 * How much a worker holds:
 *
 *  - While tasks are long, one chunk: the next one is sent when the worker is idle. While tasks are
 *    short, about a millisecond of work (policy_window()), so that it stays busy while the parent
 *    responds; it gets more when it has at most half of its share. The share is a fraction of the
 *    queue, between one chunk and the window: towards the end of a source the shares shrink, so
 *    that all workers end together.
 *  - A serve function that keeps several tasks in flight has up to `width` tasks, however long they
 *    take; they are dispatched a chunk at a time, to one worker after the other.
 *
 * Idle workers get tasks first; then new workers are forked; then the other workers get more.
 *
 * A task is removed from the queue only after it was sent: a task that does not fit into a worker's
 * channel remains available to all workers. Only a task that is longer than a frame is assigned to
 * a worker earlier. It is sent in several frames, which cannot be taken back one by one; so it is
 * given to a worker that can begin it at once, and no task is sent behind it.
 *
 * Suspects (tasks that may have killed their worker) go before the queue, each to an idle worker,
 * which gets no other task. If no worker is idle, one gets no new tasks until it is.
 *
 * Rejected: frames of a millisecond of work, whatever the chunk. With chunks of 1, an empty task
 * then takes 1.8 µs of processor time instead of 3.3 (parent and workers together; with chunks of
 * 64 there is no difference). But tasks behind a long one in the same frame would wait for it.
 */
#include "forkpool/dispatch.h"

#include "forkpool/channel.h"
#include "forkpool/job.h"
#include "forkpool/protocol.h"
#include "forkpool/reclaim.h"

#include <errno.h>

/** Whether a task is sent in several frames. */
static bool is_long(const struct task *task)
{
	return task->size > RECORD_MAX;
}

/**
 * Send a frame. @return false where the worker's channel is full, or takes nothing
 *
 * If the channel fails for another reason (shut by the worker, memory, a limit on the size of
 * packets), the worker is replaced, as there is no event to wait for; the respawn budget limits the
 * number of attempts.
 */
static bool send_frame(
	struct fp_pool *pool, struct pool_worker *worker, const struct frame_writer *frame)
{
	if (channel_send(worker->tasks, frame->start, frame_size(frame)) == 0) {
		worker->frames++;
		worker->unreceived = true;
		return true;
	}
	if (errno != EAGAIN || pool_worker_block(&pool->workers, worker) < 0)
		pool_worker_kill(&pool->workers, worker, KILL_PROTOCOL_ERROR);
	return false;
}

/** Let a worker end if it has got max_tasks_per_child tasks. */
static void end_if_full(const struct fp_pool *pool, struct pool_worker *worker)
{
	unsigned most = pool->options.max_tasks_per_child;

	if (most > 0 && worker->taken >= most && !worker->sending)
		pool_worker_end(worker);
}

void dispatch_continue(struct fp_pool *pool, struct pool_worker *worker)
{
	struct task *task = worker->sending;
	struct frame_writer frame;

	if (!task || worker->blocked)
		return;
	for (;;) {
		size_t part = task->size - worker->sent;

		if (part == 0)
			break;
		frame_write(&frame, pool->out, CHANNEL_FRAME_MAX);
		if (worker->sent == 0) {
			part = RECORD_MAX;
			frame_put_u8(&frame, FRAME_LONG_TASK);
			protocol_put(&frame,
				&(struct record){.id = task->id,
					.timeout = (int)task->timeout,
					.data = task->data,
					.size = part,
					.total = task->size});
		} else {
			if (part > CHANNEL_FRAME_MAX - FRAME_OVERHEAD)
				part = CHANNEL_FRAME_MAX - FRAME_OVERHEAD;
			frame_put_u8(&frame, FRAME_MORE);
			frame_put_bytes(&frame, task->data + worker->sent, part);
		}
		if (!send_frame(pool, worker, &frame))
			return;
		worker->sent += part;
		worker->silent = 0;
	}
	worker->sending = NULL;
	pool_worker_sent(worker, task);
	end_if_full(pool, worker);
}

/** Begin to send a task that is longer than a frame; it is in no list. */
static void send_long(struct fp_pool *pool, struct pool_worker *worker, struct task *task)
{
	task->split = true;
	pool_worker_give(&pool->workers, worker, task, TASK_SENDING);
	worker->sending = task;
	worker->sent = 0;
	dispatch_continue(pool, worker);
}

static void put_task(struct frame_writer *frame, const struct task *task)
{
	protocol_put(frame,
		&(struct record){.id = task->id,
			.timeout = (int)task->timeout,
			.data = task->data,
			.size = task->size,
			.total = task->size});
}

/** Send tasks from the head of the queue in one frame: a chunk, or `most` of it. @return how many
 */
static size_t send_chunk(struct fp_pool *pool, struct pool_worker *worker, size_t most)
{
	const struct job *job = pool->queue.tasks.first->job;
	uint64_t weight = worker->weight;
	struct frame_writer frame;
	struct task *task;
	size_t count = 0;

	frame_write(&frame, pool->out, CHANNEL_FRAME_MAX);
	frame_put_u8(&frame, FRAME_TASKS);
	for (task = pool->queue.tasks.first; task && count < most && count < job->chunk &&
		task->job == job && protocol_fits(&frame, task->size) &&
		policy_weight_fits(
			&pool->options, weight, count + worker->hand.count > 0, task->weight);
		task = task->next) {
		put_task(&frame, task);
		weight += task->weight;
		count++;
	}
	if (count < most && task)
		frame.start[0] = FRAME_TASKS_OF_MANY;
	if (count == 0 || !send_frame(pool, worker, &frame))
		return 0;
	for (size_t i = 0; i < count; i++) {
		task = pool->queue.tasks.first;
		queue_remove(&pool->queue, task);
		pool_worker_give(&pool->workers, worker, task, TASK_IN_HAND);
		pool_worker_sent(worker, task);
	}
	return count;
}

/** How many more tasks of the queue a worker should have now. */
static size_t room_for(const struct fp_pool *pool, const struct pool_worker *worker)
{
	const struct policy_load load = {
		.queued = pool->queue.tasks.count,
		.workers = pool->workers.limit,
		.chunk = pool->queue.tasks.first->job->chunk,
		.hand = worker->hand.count,
		.split = worker->split > 0,
		.taken = worker->taken,
	};

	return policy_room(&pool->options, &pool->pace, &load);
}

/** Send a worker as many tasks of the queue as it should have. @return whether any was sent */
static bool dispatch(struct fp_pool *pool, struct pool_worker *worker)
{
	size_t room = room_for(pool, worker);
	bool sent = false;

	while (room > 0 && pool->queue.tasks.count > 0 && pool_worker_takes_tasks(worker)) {
		struct task *task = pool->queue.tasks.first;
		size_t count = 1;

		if (!is_long(task)) {
			count = send_chunk(pool, worker, room);
			if (count == 0)
				break;
		} else if (worker->hand.count < pool->options.width &&
			policy_weight_fits(&pool->options, worker->weight, worker->hand.count > 0,
				task->weight)) {
			queue_remove(&pool->queue, task);
			send_long(pool, worker, task);
		} else {
			break;
		}
		room -= count;
		sent = true;
	}
	end_if_full(pool, worker);
	return sent;
}

/** Send a suspect to an idle worker. */
static void dispatch_suspect(struct fp_pool *pool, struct pool_worker *worker)
{
	struct task *task = pool->queue.suspects.first;
	struct frame_writer frame;

	queue_remove(&pool->queue, task);
	if (pool->draining == worker)
		pool->draining = NULL;
	if (is_long(task)) {
		send_long(pool, worker, task);
		return;
	}
	frame_write(&frame, pool->out, CHANNEL_FRAME_MAX);
	frame_put_u8(&frame, FRAME_TASKS);
	put_task(&frame, task);
	if (!send_frame(pool, worker, &frame)) {
		queue_put_back(&pool->queue, task);
		return;
	}
	pool_worker_give(&pool->workers, worker, task, TASK_IN_HAND);
	pool_worker_sent(worker, task);
	end_if_full(pool, worker);
}

/** Fork one more worker, if the options allow one. @return it, or NULL */
static struct pool_worker *start_another(struct fp_pool *pool)
{
	struct pool_worker *worker;

	if (pool->workers.running >= pool->workers.limit)
		return NULL;
	worker = pool_workers_start(&pool->workers);
	if (worker)
		return worker;
	/* No more processes or descriptors: go on with what there is. */
	if (pool->workers.running == 0)
		state_break(pool, errno);
	else
		pool_workers_settle(&pool->workers);
	return NULL;
}

/** Give one worker no new tasks until it can take a suspect, unless another one does already. */
static void drain_one(struct fp_pool *pool)
{
	struct pool_worker *least = NULL;

	if (pool->draining)
		return;
	for (unsigned i = 0; i < pool->workers.count; i++) {
		struct pool_worker *worker = pool->workers.places[i];

		if (worker->state == WORKER_NONE)
			continue;
		if (pool_worker_has_suspect(worker))
			return;
		if (pool_worker_takes_tasks(worker) &&
			(!least || worker->hand.count < least->hand.count))
			least = worker;
	}
	if (!least)
		return;
	pool->draining = least;
	if (reclaim_possible(least))
		reclaim_tasks(pool, least);
}

static void dispatch_suspects(struct fp_pool *pool)
{
	for (unsigned i = 0; i < pool->workers.count && pool->queue.suspects.count > 0; i++) {
		if (pool_worker_is_idle(pool->workers.places[i]))
			dispatch_suspect(pool, pool->workers.places[i]);
	}
	while (pool->queue.suspects.count > 0) {
		struct pool_worker *worker = start_another(pool);

		if (!worker)
			break;
		dispatch_suspect(pool, worker);
	}
	if (pool->queue.suspects.count > 0)
		drain_one(pool);
	if (pool->queue.suspects.count == 0)
		pool->draining = NULL;
}

static void dispatch_queue(struct fp_pool *pool)
{
	struct pool_worker *worker;
	bool sent;

	for (unsigned i = 0; i < pool->workers.count && pool->queue.tasks.count > 0; i++) {
		if (pool_worker_is_idle(pool->workers.places[i]))
			dispatch(pool, pool->workers.places[i]);
	}
	while (pool->queue.tasks.count > 0 && (worker = start_another(pool)))
		dispatch(pool, worker);
	do {
		sent = false;
		for (unsigned i = 0; i < pool->workers.count && pool->queue.tasks.count > 0; i++) {
			worker = pool->workers.places[i];
			if (pool_worker_takes_tasks(worker) && worker != pool->draining)
				sent |= dispatch(pool, worker);
		}
	} while (sent && pool->queue.tasks.count > 0);
}

/** Whether an idle worker, or one that is not forked yet, could begin a task now. */
static bool has_spare(const struct fp_pool *pool)
{
	if (pool->workers.running < pool->workers.limit)
		return true;
	for (unsigned i = 0; i < pool->workers.count; i++) {
		if (pool_worker_is_idle(pool->workers.places[i]))
			return true;
	}
	return false;
}

/** The worker with the most tasks, of those with tasks behind their first frame. */
static struct pool_worker *find_burdened(const struct fp_pool *pool)
{
	struct pool_worker *most = NULL;

	for (unsigned i = 0; i < pool->workers.count; i++) {
		struct pool_worker *worker = pool->workers.places[i];
		const struct task_list *hand = &worker->hand;

		if (hand->count > 1 && hand->first->frame != hand->last->frame &&
			reclaim_possible(worker) && (!most || hand->count > most->hand.count))
			most = worker;
	}
	return most;
}

/** The queue is empty: let idle workers do tasks that others have not received. */
static void rebalance(struct fp_pool *pool)
{
	while (pool->queue.tasks.count == 0 && has_spare(pool)) {
		struct pool_worker *worker = find_burdened(pool);

		if (!worker)
			break;
		reclaim_tasks(pool, worker);
		if (pool->queue.tasks.count > 0)
			dispatch_queue(pool);
	}
}

/** The worker to end that has least to do; one that is being sent a task is left for later. */
static struct pool_worker *find_surplus(const struct fp_pool *pool)
{
	struct pool_worker *least = NULL;
	unsigned count = 0;

	for (unsigned i = 0; i < pool->workers.count; i++) {
		struct pool_worker *worker = pool->workers.places[i];

		if (worker->state != WORKER_STARTING && worker->state != WORKER_READY)
			continue;
		count++;
		if (!worker->sending && (!least || worker->hand.count < least->hand.count))
			least = worker;
	}
	return count > pool->options.processes ? least : NULL;
}

/** End as many workers as are more than the options want now. */
static void shrink(struct fp_pool *pool)
{
	struct pool_worker *worker;

	while ((worker = find_surplus(pool))) {
		if (reclaim_possible(worker))
			reclaim_tasks(pool, worker);
		pool_worker_end(worker);
	}
}

void dispatch_all(struct fp_pool *pool)
{
	if (pool->workers.running > pool->options.processes)
		shrink(pool);
	if (pool->queue.suspects.count > 0)
		dispatch_suspects(pool);
	if (pool->queue.tasks.count > 0)
		dispatch_queue(pool);
	if (pool->queue.tasks.count == 0 && pool->workers.in_hand > 1)
		rebalance(pool);
	if (pool->workers.in_hand > 0 && pool->options.timeout > 0)
		ticker_start(&pool->ticker);
}
