/*
 * Tasks that were sent to a worker and are taken back.
 *
 * The receiving end of a worker's task channel stays open in the parent. So both can receive the
 * frames in it, and the kernel gives each frame to one of them: what is received here the worker
 * has not begun and never will; what is not found here it has received. A worker receives a frame
 * only when it has taken all tasks of the one before, so that what waits behind a long task can be
 * had.
 *
 * A task that is longer than a frame travels in several. From a worker that lives none may be taken
 * back while it has such a task in hand, of which it may have received a part. After a death it is
 * put back like the others, as long as any of its frames is found in the channel: a worker begins a
 * task when it has all of it.
 */
#include "forkpool/crew.h"

#include "forkpool/channel.h"
#include "forkpool/pool.h"

/** What is taken back from one worker. */
struct reclaim {
	struct fp_pool *pool;
	struct crew_member *member;
	/** Out of the worker's hand, in the order in which they were sent. */
	struct task_list tasks;
	/** The first frame is not the first of its task. */
	bool partial;
	/** The first frame of the task that is being sent was among them. */
	bool sending;
};

/** Take a task out of the worker's hand. */
static void take(struct reclaim *reclaim, uint64_t id)
{
	struct task *task = task_find(&reclaim->pool->tasks, id);

	if (!task || task->worker != reclaim->member)
		return;
	if (task->state == TASK_SENDING) {
		reclaim->sending = true;
		return;
	}
	crew_take_back(reclaim->pool, task);
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
		/* The rest of one that begins before it. */
		reclaim->partial |= first;
	}
}

/** The tasks of which the worker has received no more than a part. */
static void take_partial(struct reclaim *reclaim)
{
	struct crew_member *member = reclaim->member;
	struct task *sending = member->sending, *last = member->hand.last;

	/* It was sent before all that was found: so it is the last that is left. */
	if (reclaim->partial && last && last->split &&
		(!sending || member->sent == 0 || reclaim->sending)) {
		crew_take_back(reclaim->pool, last);
		task_prepend(&reclaim->tasks, last);
	}
	if (sending) {
		crew_take_back(reclaim->pool, sending);
		task_append(&reclaim->tasks, sending);
	}
}

/** Put a task that no worker has begun back to where it came from. */
static void put_back(struct fp_pool *pool, struct task *task)
{
	task->state = TASK_QUEUED;
	if (!task->job)
		task_free(&pool->tasks, task);
	else if (task->suspect)
		task_prepend(&pool->suspects, task);
	else
		pool_put_back(pool, task);
}

bool reclaim_possible(const struct crew_member *member)
{
	return member->unreceived && member->split == 0;
}

void reclaim_tasks(struct fp_pool *pool, struct crew_member *member)
{
	struct reclaim reclaim = {.pool = pool, .member = member};
	struct frame_reader frame;
	ssize_t size;

	for (bool first = true; member->unreceived; first = false) {
		size = channel_receive(member->tasks_end, pool->in);
		member->unreceived = size > 0;
		if (size > 0) {
			frame_read(&frame, pool->in, (size_t)size);
			take_frame(&reclaim, &frame, first);
		}
	}
	take_partial(&reclaim);
	member->taken -= (unsigned)reclaim.tasks.count;
	while (reclaim.tasks.last) {
		struct task *task = reclaim.tasks.last;

		task_remove(&reclaim.tasks, task);
		put_back(pool, task);
	}
}
