/*
 * Who gets which task, and how it is sent.
 *
 * A worker is given more when it has at most half of its share in hand, so that frames stay well
 * filled. Its share is a part of what is queued, between one chunk and the worker's window: while
 * the queue is long everybody has a full window; towards the end of the source the shares shrink,
 * so that no worker sits on tasks while another has none. Idle workers come first, then new
 * workers are forked, then the others are filled up.
 *
 * A task is taken from the queue when it was sent, not before: what does not fit into a worker's
 * channel stays with everybody. Only a task that is longer than a frame is bound to a worker
 * earlier.
 *
 * Suspects go before the queue, each to an idle worker, which gets nothing beside it. Where no
 * worker is idle, one is left to run dry.
 */
#include "forkpool/crew.h"
#include "forkpool/pool.h"

#include <errno.h>

/** Whether a worker may be given anything at all. */
static bool takes_tasks(const struct crew_member *member)
{
	return (member->state == CREW_STARTING || member->state == CREW_READY) &&
		!member->blocked && !member->alone && !member->sending;
}

static bool is_idle(const struct crew_member *member)
{
	return member->hand.count == 0 && takes_tasks(member);
}

static bool weight_fits(
	const struct fp_pool *pool, const struct crew_member *member, const struct task *task)
{
	uint64_t window = pool->options.window_weight;

	return window == 0 || member->hand.count == 0 ||
		(member->weight <= window && task->weight <= window - member->weight);
}

/** A task is on its way to a worker. */
static void put_in_hand(
	struct fp_pool *pool, struct crew_member *member, struct task *task, enum task_state state)
{
	task->worker = member;
	task->state = state;
	member->weight += task->weight;
	member->taken++;
	pool->in_hand++;
}

/**
 * Send a frame. @return false where the worker's channel is full, or gone
 *
 * One whose channel takes nothing for another reason (memory, a limit on the size of packets) is
 * replaced: there is no event to wait for, and the budget of deaths sees to an end.
 */
static bool send_frame(
	struct fp_pool *pool, struct crew_member *member, const struct frame_writer *frame)
{
	if (channel_send(member->channel, frame->start, frame_size(frame)) == 0)
		return true;
	if (errno != EAGAIN && errno != EPIPE && errno != ECONNRESET) {
		member->lied = true;
		crew_doom(pool, member);
		return false;
	}
	/* Where the worker has died its pidfd will tell. */
	member->blocked = true;
	if (errno == EAGAIN)
		crew_watch(pool, member);
	return false;
}

/** It has had all the tasks that it may have: it ends after them. */
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
					.last = true,
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
	}
	member->sending = NULL;
	task->state = TASK_IN_HAND;
	task_append(&member->hand, task);
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

static void put_task(struct frame_writer *frame, const struct task *task, bool last)
{
	protocol_put(frame,
		&(struct record){.id = task->id,
			.last = last,
			.data = task->data,
			.size = task->size,
			.total = task->size});
}

static void leave_queue(struct fp_pool *pool, struct task *task)
{
	task_remove(&pool->queue, task);
	pool->queue_bytes -= task->size;
}

/** Send at most `room` tasks from the head of the queue, in one frame. */
static void send_queued(struct fp_pool *pool, struct crew_member *member, size_t room)
{
	struct task *task = pool->queue.first, *end;
	uint64_t weight = member->weight;
	struct frame_writer frame;
	size_t count = 0;

	if (task->size > RECORD_MAX) {
		leave_queue(pool, task);
		send_long(pool, member, task);
		return;
	}
	frame_write(&frame, pool->out, CHANNEL_FRAME_MAX);
	frame_put_u8(&frame, FRAME_TASKS);
	for (end = task; end && count < room && protocol_fits(&frame, end->size); end = end->next) {
		uint64_t window = pool->options.window_weight;

		if (window > 0 && (count > 0 || member->hand.count > 0) &&
			(weight > window || end->weight > window - weight))
			break;
		weight += end->weight;
		count++;
		put_task(&frame, end, count % end->job->chunk == 0 || count == room || !end->next);
	}
	if (count == 0 || !send_frame(pool, member, &frame))
		return;
	while (count-- > 0) {
		task = pool->queue.first;
		leave_queue(pool, task);
		put_in_hand(pool, member, task, TASK_IN_HAND);
		task_append(&member->hand, task);
	}
	end_if_full(pool, member);
}

/** Give a worker as much of the queue as is its share now. */
static void feed(struct fp_pool *pool, struct crew_member *member)
{
	size_t chunk = pool->queue.first->job->chunk;
	size_t share = pool->queue.count / (2 * (size_t)pool->crew_limit);
	size_t window = pool_window(pool, chunk), room;
	unsigned most = pool->options.max_tasks_per_child;

	if (share < chunk)
		share = chunk;
	if (share > window)
		share = window;
	if (member->hand.count > share / 2)
		return;
	room = share - member->hand.count;
	if (most > 0 && room > most - member->taken)
		room = most - member->taken;
	send_queued(pool, member, room);
}

/** Send a suspect to an idle worker. */
static void feed_alone(struct fp_pool *pool, struct crew_member *member)
{
	struct task *task = pool->suspects.first;
	struct frame_writer frame;

	task_remove(&pool->suspects, task);
	member->draining = false;
	member->alone = true;
	if (task->size > RECORD_MAX) {
		send_long(pool, member, task);
		return;
	}
	frame_write(&frame, pool->out, CHANNEL_FRAME_MAX);
	frame_put_u8(&frame, FRAME_TASKS);
	put_task(&frame, task, true);
	if (!send_frame(pool, member, &frame)) {
		member->alone = false;
		task_prepend(&pool->suspects, task);
		return;
	}
	put_in_hand(pool, member, task, TASK_IN_HAND);
	task_append(&member->hand, task);
	end_if_full(pool, member);
}

/** Fork one more worker, if there may be one. @return it, or NULL */
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

/** Leave one worker without new tasks until it can take a suspect, unless one has one. */
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
	if (least)
		least->draining = true;
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

	for (unsigned i = 0; i < pool->crew_places && pool->queue.count > 0; i++) {
		if (is_idle(pool->crew[i]))
			feed(pool, pool->crew[i]);
	}
	while (pool->queue.count > 0 && (member = reinforce(pool)))
		feed(pool, member);
	for (unsigned i = 0; i < pool->crew_places && pool->queue.count > 0; i++) {
		member = pool->crew[i];
		if (takes_tasks(member) && !member->draining &&
			weight_fits(pool, member, pool->queue.first))
			feed(pool, member);
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
	if (pool->in_hand > 0 && pool->options.timeout > 0)
		loop_start_timer(pool);
}
