/*
 * The tasks that no worker has: the queue, and the suspects, which go before it.
 *
 * A suspect is a task that may have killed its worker (task->suspect); it is tried again alone. Urgent
 * tasks go before the others of the queue, in the order in which they were added; tasks that were
 * put back go before all. Everything here takes constant time.
 */
#ifndef FORKPOOL_QUEUE_H
#define FORKPOOL_QUEUE_H

#include "forkpool/task.h"

#include <stdbool.h>
#include <stddef.h>

struct queue {
	struct task_list tasks;
	struct task_list suspects;
	/** Bytes of the arguments in `tasks`. */
	size_t bytes;
	/** The last task behind which an urgent one is inserted; NULL for the head of the queue. */
	struct task *last_urgent;
};

/* What runs for every task is inline. */

/** Add a new task: at the end, or behind the last urgent one if it is urgent. */
static inline void queue_add(struct queue *queue, struct task *task)
{
	task->state = TASK_QUEUED;
	if (task->urgent) {
		task_insert(&queue->tasks, queue->last_urgent, task);
		queue->last_urgent = task;
	} else {
		task_append(&queue->tasks, task);
	}
	queue->bytes += task->size;
}

/** Add a task to the end of the suspects, and make it one. */
void queue_add_suspect(struct queue *queue, struct task *task);

/** Put a task that no worker has begun back, before all others: a suspect among the suspects. */
void queue_put_back(struct queue *queue, struct task *task);

/** Remove a task from the queue or the suspects. */
static inline void queue_remove(struct queue *queue, struct task *task)
{
	if (task->suspect) {
		task_remove(&queue->suspects, task);
		return;
	}
	/* Before it are urgent ones, or those that were put back. */
	if (task == queue->last_urgent)
		queue->last_urgent = task->previous;
	task_remove(&queue->tasks, task);
	queue->bytes -= task->size;
}

/** Forget all tasks, which the caller has dealt with. */
void queue_clear(struct queue *queue);

/** Whether there is neither a task nor a suspect. */
static inline bool queue_is_empty(const struct queue *queue)
{
	return queue->tasks.count == 0 && queue->suspects.count == 0;
}

#endif
