/*
 * Files that wait to be read. Files of 1 MiB and more come out first, largest first (by powers of
 * two), so that the run does not end with one worker reading a large file; all others are first
 * in, first out.
 */
#ifndef TREESUM_SCAN_NODE_QUEUE_H
#define TREESUM_SCAN_NODE_QUEUE_H

#include <stdint.h>

#include "scan/tree.h"

/** The last stands for 256 GiB and more. */
#define NODE_QUEUE_SIZES 20

/** All zeros is empty. A node is in one queue at a time. */
struct node_queue {
	/** By size: below 1 MiB, below 2 MiB, and so on. */
	struct {
		struct node *first;
		struct node *last;
	} sizes[NODE_QUEUE_SIZES];
	/** Bit N is set where sizes[N] has a node. */
	uint32_t present;
	/** How many nodes there are, their bytes, and how many of them have no known size. */
	uint64_t count;
	uint64_t bytes;
	uint64_t unsized;
};

/** Append a node to the queue of its size. */
void node_queue_push(struct node_queue *queue, struct node *node);

/** Remove the next node. @return it, or NULL if there is none */
struct node *node_queue_pop(struct node_queue *queue);

#endif
