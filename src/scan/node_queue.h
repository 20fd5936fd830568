/*
 * Files that wait to be read. Large ones come out first, the largest before the others (by powers
 * of two), so that no worker is left alone with one in the end; all others first in, first out.
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

/** Put a node behind those of its size. */
void node_queue_push(struct node_queue *queue, struct node *node);

/** @return the node whose turn it is, taken out; or NULL */
struct node *node_queue_pop(struct node_queue *queue);

#endif
