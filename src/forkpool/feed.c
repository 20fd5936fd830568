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
 *    short, about a millisecond of work (pool_window()), so that it stays busy while the parent
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
#include "forkpool/crew.h"
#include "forkpool/pool.h"

#include <errno.h>

/** Whether a worker may get tasks. */
static bool takes_tasks(const struct crew_member *member)
{
	return (member->state == CREW_STARTING || member->state == CREW_READY) &&
		!member->blocked && !member->alone && !member->sending;
}

static bool is_idle(const struct crew_member *member)
{
	return member->hand.count == 0 && takes_tasks(member);
}

/** Whether a task is sent in several frames. */
static bool is_long(const struct task *task)
{
	return task->size > RECORD_MAX;
}

/** A task is on its way to a worker. */
static void put_in_hand(
	struct fp_pool *pool, struct crew_member *member, struct task *task, enum task_state state)
{
	task->worker = member;
	task->state = state;
	task->split = is_long(task);
	member->split += task->split;
	member->weight += task->weight;
	member->taken++;
	pool->in_hand++;
}

/** A task was sent, in the last frame of the worker. */
static void join_hand(struct crew_member *member, struct task *task)
{
	task->state = TASK_IN_HAND;
	task->frame = member->frames;
	task_append(&member->hand, task);
}

/**
 * Send a frame. @return false where the worker's channel is full, or takes nothing
 *
 * If the channel fails for another reason (shut by the worker, memory, a limit on the size of
 * packets), the worker is replaced, as there is no event to wait for; the respawn budget limits the
 * number of attempts.
 */
static bool send_frame(
	struct fp_pool *pool, struct crew_member *member, const struct frame_writer *frame)
{
	if (channel_send(member->tasks, frame->start, frame_size(frame)) == 0) {
		member->frames++;
		member->unreceived = true;
		return true;
	}
	if (errno != EAGAIN || crew_block(pool, member) < 0) {
		member->lied = true;
		crew_doom(pool, member);
	}
	return false;
}

/** Let a worker end if it has got max_tasks_per_child tasks. */
static void end_if_full(const struct fp_pool *pool, struct crew_member *member)
{
	unsigned most = pool->options.max_tasks_per_child;

	if (most > 0 && member->taken >= most && !member->sending)
		crew_end(member);
}

void feed_continue(struct fp_pool *pool, struct crew_member *member)
{
	struct task *task = member->sending;
	struct frame_writer frame;

	if (!task || member->blocked)
		return;
	for (;;) {
		size_t part = task->size - member->sent;

		if (part == 0)
			break;
		frame_write(&frame, pool->out, CHANNEL_FRAME_MAX);
		if (member->sent == 0) {
			part = RECORD_MAX;
			frame_put_u8(&frame, FRAME_LONG_TASK);
			protocol_put(&frame,
				&(struct record){.id = task->id,
					.data = task->data,
					.size = part,
					.total = task->size});
		} else {
			if (part > CHANNEL_FRAME_MAX - FRAME_OVERHEAD)
				part = CHANNEL_FRAME_MAX - FRAME_OVERHEAD;
			frame_put_u8(&frame, FRAME_MORE);
			frame_put_bytes(&frame, task->data + member->sent, part);
		}
		if (!send_frame(pool, member, &frame))
			return;
		member->sent += part;
		member->silent = 0;
	}
	member->sending = NULL;
	join_hand(member, task);
	end_if_full(pool, member);
}

/** Begin to send a task that is longer than a frame; it is in no list. */
static void send_long(struct fp_pool *pool, struct crew_member *member, struct task *task)
{
	put_in_hand(pool, member, task, TASK_SENDING);
	member->sending = task;
	member->sent = 0;
	feed_continue(pool, member);
}

static void put_task(struct frame_writer *frame, const struct task *task)
{
	protocol_put(frame,
		&(struct record){.id = task->id,
			.data = task->data,
			.size = task->size,
			.total = task->size});
}

/** Whether the weight of a task fits into the window of a worker. */
static bool weight_fits(
	const struct fp_pool *pool, uint64_t weight, bool others, const struct task *task)
{
	uint64_t window = pool->options.window_weight;

	return window == 0 || !others || (weight <= window && task->weight <= window - weight);
}

/** Send tasks from the head of the queue in one frame: a chunk, or `most` of it. @return how many
 */
static size_t send_chunk(struct fp_pool *pool, struct crew_member *member, size_t most)
{
	const struct job *job = pool->queue.first->job;
	uint64_t weight = member->weight;
	struct frame_writer frame;
	struct task *task;
	size_t count = 0;

	frame_write(&frame, pool->out, CHANNEL_FRAME_MAX);
	frame_put_u8(&frame, FRAME_TASKS);
	for (task = pool->queue.first; task && count < most && count < job->chunk &&
		task->job == job && protocol_fits(&frame, task->size) &&
		weight_fits(pool, weight, count + member->hand.count > 0, task);
		task = task->next) {
		put_task(&frame, task);
		weight += task->weight;
		count++;
	}
	if (count < most && task)
		frame.start[0] = FRAME_TASKS_OF_MANY;
	if (count == 0 || !send_frame(pool, member, &frame))
		return 0;
	for (size_t i = 0; i < count; i++) {
		task = pool->queue.first;
		pool_dequeue(pool, task);
		put_in_hand(pool, member, task, TASK_IN_HAND);
		join_hand(member, task);
	}
	return count;
}

/** How many more tasks of the queue a worker should have now. */
static size_t room_for(const struct fp_pool *pool, const struct crew_member *member)
{
	size_t chunk = pool->queue.first->job->chunk, hand = member->hand.count, room = 0;
	size_t share = pool->queue.count / (2 * (size_t)pool->crew_limit);
	size_t window = pool_window(pool, chunk), width = pool->options.width;
	unsigned most = pool->options.max_tasks_per_child;

	if (share < chunk)
		share = chunk;
	if (share > window)
		share = window;
	if (hand == 0 || (hand <= share / 2 && pool_is_fast(pool, chunk)))
		room = share - hand;
	else if (hand < width && hand < window)
		room = chunk < window - hand ? chunk : window - hand;
	/* Tasks behind a long argument cannot be taken back. */
	if (member->split > 0 && hand >= width)
		return 0;
	if (most > 0 && room > most - member->taken)
		room = most - member->taken;
	return room;
}

/** Send a worker as many tasks of the queue as it should have. @return whether any was sent */
static bool feed(struct fp_pool *pool, struct crew_member *member)
{
	size_t room = room_for(pool, member);
	bool fed = false;

	while (room > 0 && pool->queue.count > 0 && takes_tasks(member)) {
		struct task *task = pool->queue.first;
		size_t count = 1;

		if (!is_long(task)) {
			count = send_chunk(pool, member, room);
			if (count == 0)
				break;
		} else if (member->hand.count < pool->options.width &&
			weight_fits(pool, member->weight, member->hand.count > 0, task)) {
			pool_dequeue(pool, task);
			send_long(pool, member, task);
		} else {
			break;
		}
		room -= count;
		fed = true;
	}
	end_if_full(pool, member);
	return fed;
}

/** Send a suspect to an idle worker. */
static void feed_alone(struct fp_pool *pool, struct crew_member *member)
{
	struct task *task = pool->suspects.first;
	struct frame_writer frame;

	task_remove(&pool->suspects, task);
	member->draining = false;
	member->alone = true;
	if (is_long(task)) {
		send_long(pool, member, task);
		return;
	}
	frame_write(&frame, pool->out, CHANNEL_FRAME_MAX);
	frame_put_u8(&frame, FRAME_TASKS);
	put_task(&frame, task);
	if (!send_frame(pool, member, &frame)) {
		member->alone = false;
		task_prepend(&pool->suspects, task);
		return;
	}
	put_in_hand(pool, member, task, TASK_IN_HAND);
	join_hand(member, task);
	end_if_full(pool, member);
}

/** Fork one more worker, if the options allow one. @return it, or NULL */
static struct crew_member *reinforce(struct fp_pool *pool)
{
	struct crew_member *member;

	if (pool->crew_running >= pool->crew_limit)
		return NULL;
	member = crew_start(pool);
	if (member)
		return member;
	/* No more processes or descriptors: go on with what there is. */
	if (pool->crew_running == 0)
		pool_break(pool, errno);
	else
		crew_settle(pool);
	return NULL;
}

/** Give one worker no new tasks until it can take a suspect, unless another one does already. */
static void drain_one(struct fp_pool *pool)
{
	struct crew_member *least = NULL;

	for (unsigned i = 0; i < pool->crew_places; i++) {
		struct crew_member *member = pool->crew[i];

		if (member->state == CREW_NONE)
			continue;
		if (member->alone || member->draining)
			return;
		if (takes_tasks(member) && (!least || member->hand.count < least->hand.count))
			least = member;
	}
	if (!least)
		return;
	least->draining = true;
	if (reclaim_possible(least))
		reclaim_tasks(pool, least);
}

static void feed_suspects(struct fp_pool *pool)
{
	for (unsigned i = 0; i < pool->crew_places && pool->suspects.count > 0; i++) {
		if (is_idle(pool->crew[i]))
			feed_alone(pool, pool->crew[i]);
	}
	while (pool->suspects.count > 0) {
		struct crew_member *member = reinforce(pool);

		if (!member)
			break;
		feed_alone(pool, member);
	}
	if (pool->suspects.count > 0)
		drain_one(pool);
	for (unsigned i = 0; i < pool->crew_places && pool->suspects.count == 0; i++)
		pool->crew[i]->draining = false;
}

static void feed_queue(struct fp_pool *pool)
{
	struct crew_member *member;
	bool fed;

	for (unsigned i = 0; i < pool->crew_places && pool->queue.count > 0; i++) {
		if (is_idle(pool->crew[i]))
			feed(pool, pool->crew[i]);
	}
	while (pool->queue.count > 0 && (member = reinforce(pool)))
		feed(pool, member);
	do {
		fed = false;
		for (unsigned i = 0; i < pool->crew_places && pool->queue.count > 0; i++) {
			member = pool->crew[i];
			if (takes_tasks(member) && !member->draining)
				fed |= feed(pool, member);
		}
	} while (fed && pool->queue.count > 0);
}

/** Whether an idle worker, or one that is not forked yet, could begin a task now. */
static bool has_spare(const struct fp_pool *pool)
{
	if (pool->crew_running < pool->crew_limit)
		return true;
	for (unsigned i = 0; i < pool->crew_places; i++) {
		if (is_idle(pool->crew[i]))
			return true;
	}
	return false;
}

/** The worker with the most tasks, of those with tasks behind their first frame. */
static struct crew_member *find_burdened(const struct fp_pool *pool)
{
	struct crew_member *most = NULL;

	for (unsigned i = 0; i < pool->crew_places; i++) {
		struct crew_member *member = pool->crew[i];
		const struct task_list *hand = &member->hand;

		if (hand->count > 1 && hand->first->frame != hand->last->frame &&
			reclaim_possible(member) && (!most || hand->count > most->hand.count))
			most = member;
	}
	return most;
}

/** The queue is empty: let idle workers do tasks that others have not received. */
static void rebalance(struct fp_pool *pool)
{
	while (pool->queue.count == 0 && has_spare(pool)) {
		struct crew_member *member = find_burdened(pool);

		if (!member)
			break;
		reclaim_tasks(pool, member);
		if (pool->queue.count > 0)
			feed_queue(pool);
	}
}

void feed_all(struct fp_pool *pool)
{
	if (pool->crew_running > pool->options.processes)
		crew_shrink(pool);
	if (pool->suspects.count > 0)
		feed_suspects(pool);
	if (pool->queue.count > 0)
		feed_queue(pool);
	if (pool->queue.count == 0 && pool->in_hand > 1)
		rebalance(pool);
	if (pool->in_hand > 0 && pool->options.timeout > 0)
		loop_start_timer(pool);
}
