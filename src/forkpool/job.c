/*
 * Tasks from and to their jobs.
 */
#include "forkpool/job.h"

#include <errno.h>

struct task *job_submit(
	struct fp_pool *pool, struct job *job, const struct fp_item *item, uint64_t index)
{
	struct fp_item empty = {.tag = item->tag};
	bool fits = item->size <= FP_PAYLOAD_MAX;
	struct task *task = task_new(&pool->tasks, fits ? item : &empty);

	if (!task)
		return NULL;
	task_join(task, job, &job->tasks);
	task->index = index;
	if (fits) {
		queue_add(&pool->queue, task);
	} else {
		task->data[0] = '\0';
		job_complete(pool, task, FP_FAILED, EMSGSIZE);
	}
	return task;
}

void job_complete(struct fp_pool *pool, struct task *task, enum fp_status status, int error)
{
	if (!task->job) {
		task_free(&pool->tasks, task);
		return;
	}
	pool->changes++;
	task->state = TASK_DONE;
	task->status = status;
	task->error = error;
	task->job->complete(task->job, task);
}

void job_put_back(struct fp_pool *pool, struct task *task)
{
	if (task->job)
		queue_put_back(&pool->queue, task);
	else
		task_free(&pool->tasks, task);
}

void job_forget(struct fp_pool *pool, struct job *job)
{
	struct task *task;

	while ((task = job->tasks)) {
		task_leave(task);
		if (task->state == TASK_QUEUED)
			queue_remove(&pool->queue, task);
		if (task->state == TASK_QUEUED || task->state == TASK_DONE)
			task_free(&pool->tasks, task);
	}
}
