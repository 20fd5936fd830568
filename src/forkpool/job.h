/*
 * Jobs: whoever wants the outcomes of tasks, and the tasks' way from and to them.
 */
#ifndef FORKPOOL_JOB_H
#define FORKPOOL_JOB_H

#include "forkpool/state.h"

/** The common part of iterators and results. */
struct job {
	/** Take over a task that is TASK_DONE. May not call back to the user. */
	void (*complete)(struct job *job, struct task *task);
	/** Tasks that are sent together. */
	size_t chunk;
	/** Its tasks, in no order. */
	struct task *tasks;
};

/**
 * Queue a new task of a job. (Where the item is longer than FP_PAYLOAD_MAX, the task is completed
 * as failed.)
 *
 * @param index its number in the job
 * @return the task, or NULL with errno ENOMEM
 */
struct task *job_submit(
	struct fp_pool *pool, struct job *job, const struct fp_item *item, uint64_t index);

/** A task's status and error are final: hand it to its job. It must be in no list. */
void job_complete(struct fp_pool *pool, struct task *task, enum fp_status status, int error);

/** Put a task that no worker has begun back into the queue, or among the suspects, before all others;
 * free it if its job was forgotten. */
void job_put_back(struct fp_pool *pool, struct task *task);

/** Forget a job: its tasks run on, or leave the queue, and their outcomes are dropped. */
void job_forget(struct fp_pool *pool, struct job *job);

#endif
