/*
 * Takes back tasks that were sent to a worker.
 *
 * The parent keeps the receiving end of a worker's task channel open. So parent and worker can both
 * receive the frames in it, and the kernel gives each frame to one of them: the worker has not
 * begun the tasks in a frame that the parent receives, and never will; all other frames it has
 * received. A worker receives a frame only when it has taken all tasks of the one before, so tasks
 * that wait behind a long one can be taken back.
 *
 * A task that is longer than a frame is sent in several. No task may be taken back from a live
 * worker that has such a task, as it may have received a part of it. After the death of the worker,
 * the long task is put back like others if any of its frames is found in the channel, as a worker
 * begins a task only when it has all of it.
 */
#include "forkpool/reclaim.h"

#include "forkpool/channel.h"
#include "forkpool/job.h"
#include "forkpool/protocol.h"

/** The tasks taken back from one worker. */
struct reclaim {
	struct fp_pool *pool;
	struct pool_worker *worker;
	/** Removed from the worker's tasks, in the order in which they were sent. */
	struct task_list tasks;
	/** The first frame found continues a task that was begun in an earlier frame. */
	bool partial;
	/** The first frame of the task that is being sent was found. */
	bool sending;
};

/** Remove a task from the worker's tasks. */
static void take(struct reclaim *reclaim, uint64_t id)
{
	struct task *task = task_find(&reclaim->pool->tasks, id);

	if (!task || task->worker != reclaim->worker)
		return;
	if (task->state == TASK_SENDING) {
		reclaim->sending = true;
		return;
	}
	pool_worker_take_back(&reclaim->pool->workers, task);
	task_append(&reclaim->tasks, task);
}

static void take_frame(struct reclaim *reclaim, struct frame_reader *frame, bool first)
{
	struct record record;

	switch (frame_get_u8(frame)) {
	case FRAME_TASKS:
	case FRAME_TASKS_OF_MANY:
		while (protocol_get(frame, &record))
			take(reclaim, record.id);
		break;
	case FRAME_LONG_TASK:
		take(reclaim, frame_get_u64(frame));
		break;
	default:
		/* It continues a task of an earlier frame. */
		reclaim->partial |= first;
	}
}

/** Take back the tasks that the worker has received only in part. */
static void take_partial(struct reclaim *reclaim)
{
	struct pool_worker *worker = reclaim->worker;
	struct task *sending = worker->sending, *last = worker->hand.last;

	/* It was sent before all frames found, so it is the last one left. */
	if (reclaim->partial && last && last->split &&
		(!sending || worker->sent == 0 || reclaim->sending)) {
		pool_worker_take_back(&reclaim->pool->workers, last);
		task_prepend(&reclaim->tasks, last);
	}
	if (sending) {
		pool_worker_take_back(&reclaim->pool->workers, sending);
		task_append(&reclaim->tasks, sending);
	}
}

bool reclaim_possible(const struct pool_worker *worker)
{
	return worker->unreceived && worker->split == 0;
}

void reclaim_tasks(struct fp_pool *pool, struct pool_worker *worker)
{
	struct reclaim reclaim = {.pool = pool, .worker = worker};
	struct frame_reader frame;
	ssize_t size;

	for (bool first = true; worker->unreceived; first = false) {
		size = channel_receive(worker->tasks_end, pool->in);
		worker->unreceived = size > 0;
		if (size > 0) {
			frame_read(&frame, pool->in, (size_t)size);
			take_frame(&reclaim, &frame, first);
		}
	}
	take_partial(&reclaim);
	worker->taken -= (unsigned)reclaim.tasks.count;
	while (reclaim.tasks.last) {
		struct task *task = reclaim.tasks.last;

		task_remove(&reclaim.tasks, task);
		job_put_back(pool, task);
	}
}
