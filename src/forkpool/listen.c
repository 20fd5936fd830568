/*
 * Frames from the workers.
 *
 * Nothing that a worker sends is trusted: a frame that is malformed, or a reply to a task which
 * this worker does not hold, dooms that worker and nobody else. A callback for progress or for a
 * part may terminate the pool, so after one everything is looked up again.
 */
#include "forkpool/crew.h"
#include "forkpool/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** How long a process that has closed its channel may take to die, in ms. The kernel closes a dying
 * process's descriptors when its memory is gone already, so that it is over in microseconds. */
#define LEAVE_TIME 20

/** @return the task, if this worker has it in hand, or NULL */
static struct task *find_in_hand(
	struct fp_pool *pool, const struct crew_member *member, uint64_t id)
{
	struct task *task = task_find(&pool->tasks, id);

	return task && task->state == TASK_IN_HAND && task->worker == member ? task : NULL;
}

/** A task has ended by a reply whose data are in the task already. */
static void finish(struct fp_pool *pool, struct task *task, int error)
{
	crew_take_back(pool, task);
	pool->deaths_in_row = 0;
	pool_complete(pool, task, error ? FP_FAILED : FP_OK, error);
}

/** @return false where the worker must not be trusted any more */
static bool hear_reply(
	struct fp_pool *pool, struct crew_member *member, const struct record *record)
{
	struct task *task = find_in_hand(pool, member, record->id);
	int error = record->error;

	if (!task)
		return false;
	if (task_reserve(task, record->size) == 0) {
		if (record->size > 0)
			memcpy(task->data, record->data, record->size);
		task->size = record->size;
	} else {
		task->size = 0;
		error = ENOMEM;
	}
	task->data[task->size] = '\0';
	finish(pool, task, error);
	return true;
}

static bool hear_replies(
	struct fp_pool *pool, struct crew_member *member, struct frame_reader *frame)
{
	struct record record;

	pool->spent += frame_get_u32(frame);
	while (protocol_get(frame, &record)) {
		if (!hear_reply(pool, member, &record))
			return false;
		pool->replies++;
	}
	return !frame->failed;
}

/** A long reply is complete: it becomes the task's data as it is. */
static bool end_long_reply(struct fp_pool *pool, struct crew_member *member)
{
	struct task *task = find_in_hand(pool, member, member->reply_id);

	if (!task)
		return false;
	free(task->data);
	task->data = member->reply;
	task->size = member->reply_total;
	task->capacity = member->reply_total + 1;
	task->data[task->size] = '\0';
	member->reply = NULL;
	finish(pool, task, 0);
	return true;
}

static bool hear_long_reply(
	struct fp_pool *pool, struct crew_member *member, struct frame_reader *frame)
{
	struct record record;

	pool->spent += frame_get_u32(frame);
	pool->replies++;
	if (member->reply || !protocol_get_long(frame, FP_PAYLOAD_MAX, &record) ||
		record.error != 0 || !find_in_hand(pool, member, record.id))
		return false;
	member->reply = malloc(record.total + 1);
	if (!member->reply) {
		/* The parts to come have no place; so the worker goes, and the task is tried again,
		 * alone. */
		return false;
	}
	memcpy(member->reply, record.data, record.size);
	member->reply_id = record.id;
	member->reply_total = record.total;
	member->reply_size = record.size;
	return record.size < record.total || end_long_reply(pool, member);
}

static bool hear_more(struct fp_pool *pool, struct crew_member *member, struct frame_reader *frame)
{
	size_t size = frame_left(frame);

	if (!member->reply || size > member->reply_total - member->reply_size)
		return false;
	memcpy(member->reply + member->reply_size, frame_get_bytes(frame, size), size);
	member->reply_size += size;
	return member->reply_size < member->reply_total || end_long_reply(pool, member);
}

static bool hear_progress(
	struct fp_pool *pool, struct crew_member *member, struct frame_reader *frame)
{
	struct record record;
	struct task *task;

	if (!protocol_get(frame, &record))
		return false;
	task = find_in_hand(pool, member, record.id);
	if (!task)
		return false;
	pool->deaths_in_row = 0;
	if (task->job && pool->options.progress) {
		protocol_align(&record);
		loop_enter_callback(pool);
		pool->options.progress(pool->options.context, task->tag, record.data, record.size);
		loop_leave_callback(pool);
	}
	return true;
}

/** A part of a result. @return false where the worker, or what it sent, must not be trusted */
static bool hear_part(struct fp_pool *pool, struct crew_member *member, struct frame_reader *frame)
{
	struct record record;
	struct task *task;
	int result = 0;

	if (!protocol_get(frame, &record) || frame_left(frame) > 0 || record.size > FP_PART_MAX)
		return false;
	task = find_in_hand(pool, member, record.id);
	if (!task)
		return false;
	pool->deaths_in_row = 0;
	if (task->job && pool->options.part) {
		protocol_align(&record);
		loop_enter_callback(pool);
		result = pool->options.part(
			pool->options.context, task->tag, record.data, record.size);
		loop_leave_callback(pool);
		/* What it has brought may be items. */
		iterate_wake(pool);
	}
	return result == 0;
}

/** The initializer has failed: so it would in the next worker. */
static bool hear_not_ready(struct fp_pool *pool, struct frame_reader *frame)
{
	uint32_t error = frame_get_u32(frame);

	if (frame->failed || error == 0)
		return false;
	pool_break(pool, (int)error);
	return true;
}

/** Handle one frame. @return false where it is malformed */
static bool hear(struct fp_pool *pool, struct crew_member *member, struct frame_reader *frame)
{
	member->silent = 0;
	switch (frame_get_u8(frame)) {
	case FRAME_READY:
		if (member->state == CREW_STARTING)
			member->state = CREW_READY;
		return true;
	case FRAME_NOT_READY:
		return hear_not_ready(pool, frame);
	case FRAME_REPLIES:
		return hear_replies(pool, member, frame);
	case FRAME_LONG_REPLY:
		return hear_long_reply(pool, member, frame);
	case FRAME_MORE:
		return hear_more(pool, member, frame);
	case FRAME_PROGRESS:
		return hear_progress(pool, member, frame);
	case FRAME_PART:
		return hear_part(pool, member, frame);
	default:
		return false;
	}
}

/** Nobody wants it any more: read it, so that no worker waits for room. */
static void ignore(struct fp_pool *pool, struct crew_member *member, size_t limit)
{
	for (size_t i = 0; i < limit; i++) {
		ssize_t size = channel_receive(member->results, pool->in);

		if (size > 0 || (size < 0 && errno == EMSGSIZE))
			continue;
		if (size == 0 || errno != EAGAIN)
			crew_close_results(pool, member);
		return;
	}
}

void listen_to(struct fp_pool *pool, struct crew_member *member, size_t limit)
{
	struct frame_reader frame;

	for (size_t i = 0; i < limit && member->results >= 0; i++) {
		ssize_t size;

		/* Looked at again after each frame, which may have run a callback. */
		if (pool->state == POOL_TERMINATED) {
			ignore(pool, member, limit);
			return;
		}
		size = channel_receive(member->results, pool->in);
		if (size < 0 && errno == EAGAIN)
			return;
		if (size == 0 && member->state == CREW_ENDING && member->hand.count == 0) {
			/* As it was told. */
			crew_close_results(pool, member);
			return;
		}
		if (size > 0)
			frame_read(&frame, pool->in, (size_t)size);
		/* It has left its channel, as the dying do. */
		if (size == 0 && spawn_wait(&member->process, LEAVE_TIME))
			return;
		/* Or lives on without it, or sent what no frame can be. */
		if (size <= 0 || !hear(pool, member, &frame)) {
			member->lied = true;
			crew_doom(pool, member);
			return;
		}
	}
}
