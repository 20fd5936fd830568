/*
 * Frames from the workers.
 *
 * Nothing that a worker sends is trusted: a frame that is malformed, or a reply to a task which
 * this worker does not hold, kills that worker and nobody else. A callback for progress or for a
 * part may terminate the pool, so after one everything is looked up again.
 */
#include "forkpool/receive.h"

#include "forkpool/channel.h"
#include "forkpool/job.h"
#include "forkpool/protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** How long a process that has closed its channel may take to die, in ms. The kernel closes a dying
 * process's descriptors when its memory is gone already, so that it is over in microseconds. */
#define LEAVE_TIME 20

/** @return the task, if this worker has it in hand, or NULL */
static struct task *find_in_hand(
	struct fp_pool *pool, const struct pool_worker *worker, uint64_t id)
{
	struct task *task = task_find(&pool->tasks, id);

	return task && task->state == TASK_IN_HAND && task->worker == worker ? task : NULL;
}

/** A task has ended by a reply whose data are in the task already. */
static void finish(struct fp_pool *pool, struct task *task, int error)
{
	pool_worker_take_back(&pool->workers, task);
	pool->deaths_in_row = 0;
	job_complete(pool, task, error ? FP_FAILED : FP_OK, error);
}

/** @return false where the worker must not be trusted any more */
static bool receive_reply(
	struct fp_pool *pool, struct pool_worker *worker, const struct record *record)
{
	struct task *task = find_in_hand(pool, worker, record->id);
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

static bool receive_replies(
	struct fp_pool *pool, struct pool_worker *worker, struct frame_reader *frame)
{
	struct record record;

	pool->pace.spent += frame_get_u32(frame);
	while (protocol_get(frame, &record)) {
		if (!receive_reply(pool, worker, &record))
			return false;
		pool->pace.replies++;
	}
	return !frame->failed;
}

/** A long reply is complete: it becomes the task's data as it is. */
static bool end_long_reply(struct fp_pool *pool, struct pool_worker *worker)
{
	struct task *task = find_in_hand(pool, worker, worker->reply_id);

	if (!task)
		return false;
	free(task->data);
	task->data = worker->reply;
	task->size = worker->reply_total;
	task->capacity = worker->reply_total + 1;
	task->data[task->size] = '\0';
	worker->reply = NULL;
	finish(pool, task, 0);
	return true;
}

static bool receive_long_reply(
	struct fp_pool *pool, struct pool_worker *worker, struct frame_reader *frame)
{
	struct record record;

	pool->pace.spent += frame_get_u32(frame);
	pool->pace.replies++;
	if (worker->reply || !protocol_get_long(frame, FP_PAYLOAD_MAX, &record) ||
		record.error != 0 || !find_in_hand(pool, worker, record.id))
		return false;
	worker->reply = malloc(record.total + 1);
	if (!worker->reply) {
		/* The parts to come have no place; so the worker goes, and the task is tried again,
		 * alone. */
		return false;
	}
	memcpy(worker->reply, record.data, record.size);
	worker->reply_id = record.id;
	worker->reply_total = record.total;
	worker->reply_size = record.size;
	return record.size < record.total || end_long_reply(pool, worker);
}

static bool receive_more(
	struct fp_pool *pool, struct pool_worker *worker, struct frame_reader *frame)
{
	size_t size = frame_left(frame);

	if (!worker->reply || size > worker->reply_total - worker->reply_size)
		return false;
	memcpy(worker->reply + worker->reply_size, frame_get_bytes(frame, size), size);
	worker->reply_size += size;
	return worker->reply_size < worker->reply_total || end_long_reply(pool, worker);
}

static bool receive_progress(
	struct fp_pool *pool, struct pool_worker *worker, struct frame_reader *frame)
{
	struct record record;
	struct task *task;

	if (!protocol_get(frame, &record))
		return false;
	task = find_in_hand(pool, worker, record.id);
	if (!task)
		return false;
	pool->deaths_in_row = 0;
	if (task->job && pool->options.progress) {
		protocol_align(&record);
		state_enter_callback(pool);
		pool->options.progress(pool->options.context, task->tag, record.data, record.size);
		state_leave_callback(pool);
	}
	return true;
}

/** A part of a result. @return false where the worker, or what it sent, must not be trusted */
static bool receive_part(
	struct fp_pool *pool, struct pool_worker *worker, struct frame_reader *frame)
{
	struct record record;
	struct task *task;
	int result = 0;

	if (!protocol_get(frame, &record) || frame_left(frame) > 0 || record.size > FP_PART_MAX)
		return false;
	task = find_in_hand(pool, worker, record.id);
	if (!task)
		return false;
	pool->deaths_in_row = 0;
	if (task->job && pool->options.part) {
		protocol_align(&record);
		state_enter_callback(pool);
		result = pool->options.part(
			pool->options.context, task->tag, record.data, record.size);
		state_leave_callback(pool);
		/* What it has brought may be items. */
		pool->part_came = true;
	}
	return result == 0;
}

/** The initializer has failed: so it would in the next worker. */
static bool receive_not_ready(struct fp_pool *pool, struct frame_reader *frame)
{
	uint32_t error = frame_get_u32(frame);

	if (frame->failed || error == 0)
		return false;
	state_break(pool, (int)error);
	return true;
}

/** Handle one frame. @return false where it is malformed */
static bool receive(struct fp_pool *pool, struct pool_worker *worker, struct frame_reader *frame)
{
	worker->silent = 0;
	switch (frame_get_u8(frame)) {
	case FRAME_READY:
		if (worker->state == WORKER_STARTING)
			worker->state = WORKER_READY;
		return true;
	case FRAME_NOT_READY:
		return receive_not_ready(pool, frame);
	case FRAME_REPLIES:
		return receive_replies(pool, worker, frame);
	case FRAME_LONG_REPLY:
		return receive_long_reply(pool, worker, frame);
	case FRAME_MORE:
		return receive_more(pool, worker, frame);
	case FRAME_PROGRESS:
		return receive_progress(pool, worker, frame);
	case FRAME_PART:
		return receive_part(pool, worker, frame);
	default:
		return false;
	}
}

/** Nobody wants it any more: read it, so that no worker waits for room. */
static void ignore(struct fp_pool *pool, struct pool_worker *worker, size_t limit)
{
	for (size_t i = 0; i < limit; i++) {
		ssize_t size = channel_receive(worker->results, pool->in);

		if (size > 0 || (size < 0 && errno == EMSGSIZE))
			continue;
		if (size == 0 || errno != EAGAIN)
			pool_worker_close_results(&pool->workers, worker);
		return;
	}
}

void receive_frames(struct fp_pool *pool, struct pool_worker *worker, size_t limit)
{
	struct frame_reader frame;

	for (size_t i = 0; i < limit && worker->results >= 0; i++) {
		ssize_t size;

		/* Looked at again after each frame, which may have run a callback. */
		if (pool->state == POOL_TERMINATED || pool->broken) {
			ignore(pool, worker, limit);
			return;
		}
		size = channel_receive(worker->results, pool->in);
		if (size < 0 && errno == EAGAIN)
			return;
		if (size == 0 && worker->state == WORKER_ENDING && worker->hand.count == 0) {
			/* As it was told. */
			pool_worker_close_results(&pool->workers, worker);
			return;
		}
		if (size > 0)
			frame_read(&frame, pool->in, (size_t)size);
		/* It has left its channel, as the dying do. */
		if (size == 0 && spawn_wait(&worker->process, LEAVE_TIME))
			return;
		/* Or lives on without it, or sent what no frame can be. */
		if (size <= 0 || !receive(pool, worker, &frame)) {
			pool_worker_kill(&pool->workers, worker, KILL_PROTOCOL_ERROR);
			return;
		}
	}
}
