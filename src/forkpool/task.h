/*
 * Tasks in the parent: the table that they live in, and the lists that they wait in.
 *
 * A task's id is its slot and how often the slot was used, so that an id from the wire is looked up
 * in constant time and an old one is never mistaken for a new one. Slots are used again, and as long as
 * there are few free ones with their buffers: a running pool does not allocate. When no task is left,
 * all blocks but one are freed.
 */
#ifndef FORKPOOL_TASK_H
#define FORKPOOL_TASK_H

#include "forkpool/forkpool.h"

struct job;
struct pool_worker;

/** Where a task is; the state diagram is at the head of pool.c. */
enum task_state {
	TASK_FREE,
	/** In the pool's queue, or among its suspects. */
	TASK_QUEUED,
	/** A long one, of which a part was sent. */
	TASK_SENDING,
	/** Sent to a worker. */
	TASK_IN_HAND,
	/** Its outcome is known; its job's. */
	TASK_DONE,
};

struct task {
	/** The one list that it is in. */
	struct task *next;
	struct task *previous;
	/** Whom its outcome is for; NULL where nobody wants it any more. */
	struct job *job;
	/** The job's next task, and what points to this one; NULL if it has no job. */
	struct task *job_next;
	struct task **job_link;
	/** TASK_SENDING and TASK_IN_HAND. */
	struct pool_worker *worker;
	uint64_t id;
	uint64_t tag;
	uint64_t weight;
	/** Its own time-out in ms, up to INT_MAX; 0 for the pool's. */
	unsigned timeout;
	/** Its number in its job, from 0. */
	uint64_t index;
	/** The argument; from TASK_DONE on the reply or message, with a NUL behind it. */
	unsigned char *data;
	size_t size;
	size_t capacity;
	enum task_state state;
	/** Its worker was lost once: it is retried alone. */
	bool suspect;
	/** It goes before those of the queue that are not. */
	bool urgent;
	/** TASK_SENDING and TASK_IN_HAND: it is longer than a frame ... */
	bool split;
	/** ... and the number of its (last) frame among all that its worker was sent. */
	uint64_t frame;
	/** Deaths and time-outs while it was alone in a worker, as policy.h counts them. */
	unsigned losses;
	/** TASK_DONE: as in struct fp_outcome. */
	enum fp_status status;
	int error;
	int signal;
	int exit_code;
};

struct task_list {
	struct task *first;
	struct task *last;
	size_t count;
};

/* What runs for every task is inline. */

static inline void task_append(struct task_list *list, struct task *task)
{
	task->next = NULL;
	task->previous = list->last;
	if (list->last)
		list->last->next = task;
	else
		list->first = task;
	list->last = task;
	list->count++;
}

static inline void task_remove(struct task_list *list, struct task *task)
{
	if (task->previous)
		task->previous->next = task->next;
	else
		list->first = task->next;
	if (task->next)
		task->next->previous = task->previous;
	else
		list->last = task->previous;
	list->count--;
}

/** Put a task behind another in its list, or first where that is NULL. */
void task_insert(struct task_list *list, struct task *previous, struct task *task);

static inline void task_prepend(struct task_list *list, struct task *task)
{
	task_insert(list, NULL, task);
}

#define TASK_BLOCK 256

struct task_table {
	/** Blocks of TASK_BLOCK tasks, which never move. */
	struct task **blocks;
	size_t block_count;
	/** Free slots, linked by `next`, and the bytes of their buffers. */
	struct task *free;
	size_t kept;
	/** Slots that are not free. */
	size_t used;
	/** No use of a slot that was freed with its block had a higher number. */
	uint64_t uses;
};

/** Give a task to a job, in whose list it is from now on. */
static inline void task_join(struct task *task, struct job *job, struct task **tasks)
{
	task->job = job;
	task->job_next = *tasks;
	task->job_link = tasks;
	if (task->job_next)
		task->job_next->job_link = &task->job_next;
	*tasks = task;
}

/** Nobody wants its outcome any more. */
static inline void task_leave(struct task *task)
{
	if (!task->job)
		return;
	*task->job_link = task->job_next;
	if (task->job_next)
		task->job_next->job_link = task->job_link;
	task->job = NULL;
}

/** Take a free task, its argument copied from the item. @return NULL with errno ENOMEM */
struct task *task_new(struct task_table *table, const struct fp_item *item);

/** How many slots there are, free ones too. */
static inline size_t task_slots(const struct task_table *table)
{
	return table->block_count * TASK_BLOCK;
}

/** The task in slot `i`, below task_slots(); it may be free. */
static inline struct task *task_slot(const struct task_table *table, size_t i)
{
	return &table->blocks[i / TASK_BLOCK][i % TASK_BLOCK];
}

/** @return the task with this id, or NULL where there is none (any more) */
static inline struct task *task_find(const struct task_table *table, uint64_t id)
{
	size_t slot = (uint32_t)id;
	struct task *task;

	if (slot >= task_slots(table))
		return NULL;
	task = task_slot(table, slot);
	return task->id == id && task->state != TASK_FREE ? task : NULL;
}

/**
 * Make room for `size` bytes of data and a NUL behind them; what it held is lost.
 *
 * @return 0, or -1 with errno ENOMEM and the data as they were
 */
int task_reserve(struct task *task, size_t size);

/** Give a task's slot back. NULL is allowed. */
void task_free(struct task_table *table, struct task *task);

/** What became of a task, in the caller's words; pointers into the task. */
void task_outcome(const struct task *task, struct fp_outcome *outcome);

/** Free the table and every task's buffer. */
void task_table_free(struct task_table *table);

#endif
