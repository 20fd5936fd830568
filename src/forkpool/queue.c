/*
 * The queue and the suspects.
 *
 * Invariants: all tasks in it are TASK_QUEUED; those with `suspect` set are among the suspects, the
 * others in the queue. Up to `last_urgent` the queue holds urgent tasks and tasks that were put
 * back, behind it only tasks that are not urgent.
 */
#include "forkpool/queue.h"

void queue_add_suspect(struct queue *queue, struct task *task)
{
	task->state = TASK_QUEUED;
	task->suspect = true;
	task_append(&queue->suspects, task);
}

void queue_put_back(struct queue *queue, struct task *task)
{
	task->state = TASK_QUEUED;
	if (task->suspect) {
		task_prepend(&queue->suspects, task);
		return;
	}
	task_prepend(&queue->tasks, task);
	if (task->urgent && !queue->last_urgent)
		queue->last_urgent = task;
	queue->bytes += task->size;
}

void queue_clear(struct queue *queue)
{
	*queue = (struct queue){0};
}
