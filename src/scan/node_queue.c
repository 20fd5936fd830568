#include "scan/node_queue.h"

#include <stddef.h>

/** The queue for files of this size: the number of bits of the size in whole MiB. */
static unsigned place_of(uint64_t size)
{
	unsigned number = 0;
	for (size >>= 20; size && number < NODE_QUEUE_SIZES - 1; size >>= 1)
		number++;
	return number;
}

void node_queue_push(struct node_queue *queue, struct node *node)
{
	unsigned number = place_of(node->size);
	node->file.queued = NULL;
	if (queue->sizes[number].first)
		queue->sizes[number].last->file.queued = node;
	else
		queue->sizes[number].first = node;
	queue->sizes[number].last = node;
	queue->present |= UINT32_C(1) << number;
	queue->count++;
	queue->bytes += node->size;
	queue->unsized += !(node->flags & NODE_STAMPED);
}

struct node *node_queue_pop(struct node_queue *queue)
{
	if (!queue->present)
		return NULL;
	unsigned number = 31 - (unsigned)__builtin_clz(queue->present);
	struct node *node = queue->sizes[number].first;
	queue->sizes[number].first = node->file.queued;
	if (!node->file.queued)
		queue->present &= ~(UINT32_C(1) << number);
	node->file.queued = NULL;
	queue->count--;
	queue->bytes -= node->size;
	queue->unsized -= !(node->flags & NODE_STAMPED);
	return node;
}
