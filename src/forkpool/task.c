/*
 * The task table and its lists.
 *
 * Invariants: a task is in one list at the most, and what list that is follows from its state and
 * `suspect`. The upper half of an id counts the uses of a slot and starts at 1, so that no task has
 * the id 0; it goes on when blocks were freed meanwhile.
 */
#include "forkpool/task.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/** The smallest buffer, and the most that all free slots keep, in bytes. */
#define BUFFER_LEAST ((size_t)64)
#define BUFFERS_KEPT ((size_t)256 << 10)

void task_insert(struct task_list *list, struct task *previous, struct task *task)
{
	struct task **link = previous ? &previous->next : &list->first;

	task->previous = previous;
	task->next = *link;
	if (task->next)
		task->next->previous = task;
	else
		list->last = task;
	*link = task;
	list->count++;
}

/** Add a block of free slots. */
static int grow(struct task_table *table)
{
	struct task **blocks, *block;

	if (table->block_count >= UINT32_MAX / TASK_BLOCK) {
		errno = ENOMEM;
		return -1;
	}
	blocks = realloc(table->blocks, (table->block_count + 1) * sizeof(struct task *));
	if (!blocks)
		return -1;
	table->blocks = blocks;
	block = calloc(TASK_BLOCK, sizeof(*block));
	if (!block)
		return -1;
	for (size_t i = TASK_BLOCK; i-- > 0;) {
		block[i].id = (table->uses + 1) << 32 | (table->block_count * TASK_BLOCK + i);
		block[i].next = table->free;
		table->free = &block[i];
	}
	blocks[table->block_count++] = block;
	return 0;
}

int task_reserve(struct task *task, size_t size)
{
	size_t capacity = size + 1 > BUFFER_LEAST ? size + 1 : BUFFER_LEAST;
	unsigned char *data;

	if (size < task->capacity)
		return 0;
	data = malloc(capacity);
	if (!data)
		return -1;
	free(task->data);
	task->data = data;
	task->capacity = capacity;
	return 0;
}

struct task *task_new(struct task_table *table, const struct fp_item *item)
{
	struct task *task;

	if (!table->free && grow(table) < 0)
		return NULL;
	task = table->free;
	table->kept -= task->capacity;
	if (task_reserve(task, item->size) < 0) {
		table->kept += task->capacity;
		return NULL;
	}
	table->free = task->next;
	table->used++;
	if (item->size > 0)
		memcpy(task->data, item->data, item->size);
	task->size = item->size;
	task->tag = item->tag;
	task->weight = item->weight;
	task->urgent = item->urgent;
	task->timeout = item->timeout < INT_MAX ? item->timeout : INT_MAX;
	task->job = NULL;
	task->worker = NULL;
	task->suspect = false;
	task->split = false;
	task->losses = 0;
	task->error = 0;
	task->signal = 0;
	task->exit_code = 0;
	return task;
}

/** Free all blocks but the first, no task being in use. */
static void trim(struct task_table *table)
{
	for (size_t i = TASK_BLOCK; i < task_slots(table); i++) {
		struct task *task = task_slot(table, i);

		if (task->id >> 32 > table->uses)
			table->uses = task->id >> 32;
		table->kept -= task->capacity;
		free(task->data);
	}
	while (table->block_count > 1)
		free(table->blocks[--table->block_count]);
	table->free = NULL;
	for (size_t i = TASK_BLOCK; i-- > 0;) {
		struct task *task = task_slot(table, i);

		task->next = table->free;
		table->free = task;
	}
}

void task_free(struct task_table *table, struct task *task)
{
	if (!task)
		return;
	task_leave(task);
	if (table->kept + task->capacity > BUFFERS_KEPT) {
		free(task->data);
		task->data = NULL;
		task->capacity = 0;
	}
	table->kept += task->capacity;
	task->state = TASK_FREE;
	task->id += (uint64_t)1 << 32;
	task->next = table->free;
	table->free = task;
	if (--table->used == 0 && table->block_count > 1)
		trim(table);
}

void task_outcome(const struct task *task, struct fp_outcome *outcome)
{
	*outcome = (struct fp_outcome){
		.status = task->status,
		.tag = task->tag,
		.error = task->error,
		.signal = task->signal,
		.exit_code = task->exit_code,
		.message = "",
	};
	if (task->status == FP_OK) {
		outcome->data = task->data;
		outcome->size = task->size;
	} else if (task->status == FP_FAILED) {
		outcome->message = (const char *)task->data;
	}
}

void task_table_free(struct task_table *table)
{
	for (size_t i = 0; i < task_slots(table); i++)
		free(task_slot(table, i)->data);
	for (size_t i = 0; i < table->block_count; i++)
		free(table->blocks[i]);
	free(table->blocks);
	*table = (struct task_table){0};
}
