/*
 * A binary heap, 24 bytes a file. READ has whole seconds, so many files have the same one; these
 * are read in the order in which they were added.
 */
#include "scan/due.h"

#include <stdbool.h>
#include <stdlib.h>

struct due_file {
	int64_t read;
	/** How many were added before it. */
	uint64_t place;
	struct node *node;
};

/** Whether one file is to be read before another one. */
static bool is_before(const struct due_file *one, const struct due_file *other)
{
	return one->read != other->read ? one->read < other->read : one->place < other->place;
}

static int reserve(struct due *due)
{
	if (due->count < due->room)
		return 0;
	size_t room = due->room ? 2 * due->room : 256;
	struct due_file *files = reallocarray(due->files, room, sizeof(*files));
	if (!files)
		return -1;
	due->files = files;
	due->room = room;
	return 0;
}

int due_push(struct due *due, struct node *node, int64_t read)
{
	if (reserve(due) != 0)
		return -1;
	const struct due_file file = {.read = read, .place = due->added++, .node = node};
	size_t at = due->count++;
	while (at > 0 && is_before(&file, &due->files[(at - 1) / 2])) {
		due->files[at] = due->files[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	due->files[at] = file;
	due->bytes += node->size;
	return 0;
}

struct node *due_pop(struct due *due)
{
	if (due->count == 0)
		return NULL;
	struct node *first = due->files[0].node;
	const struct due_file last = due->files[--due->count];
	size_t at = 0;
	for (;;) {
		size_t below = 2 * at + 1;
		if (below + 1 < due->count && is_before(&due->files[below + 1], &due->files[below]))
			below++;
		if (below >= due->count || !is_before(&due->files[below], &last))
			break;
		due->files[at] = due->files[below];
		at = below;
	}
	due->files[at] = last;
	due->bytes -= first->size;
	return first;
}

void due_free(struct due *due)
{
	free(due->files);
	*due = (struct due){0};
}
