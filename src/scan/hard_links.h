/*
 * Hard links: which names are names of one file, so that it is read once.
 *
 * The first name that asks is read; others that ask meanwhile wait for its digest, and those that
 * ask later are given it. A digest serves a name where what was read is the file, in the state,
 * that was seen under that name; otherwise that name is read itself.
 */
#ifndef TREESUM_SCAN_HARD_LINKS_H
#define TREESUM_SCAN_HARD_LINKS_H

#include <stddef.h>

#include "hash/hasher_task.h"
#include "scan/tree.h"

/** What a node has to do. */
enum hard_links_answer {
	/** It is to be read, and hard_links_done() to be called then. */
	HARD_LINKS_READ,
	/** It waits for another one. */
	HARD_LINKS_WAIT,
	/** There is a digest for it. */
	HARD_LINKS_DONE,
};

struct hard_link;

/** All zeros is empty, for a tree that keeps its nodes. */
struct hard_links {
	/** By device and inode; room is 0 or a power of two. */
	struct hard_link *slots;
	size_t room;
	size_t count;
	/** Nodes may go when they are done: digests are copied ... */
	bool copied;
	/** ... and forgotten when there are so many; 0: never. */
	size_t limit;
};

/**
 * Ask for a node, whose stamp is known to the tree. Without memory it is read.
 *
 * @param result filled for HARD_LINKS_DONE
 */
enum hard_links_answer hard_links_ask(struct hard_links *links, const struct tree *tree,
	struct node *node, struct hasher_result *result);

/**
 * A node that was to be read has its result, which the tree does not have yet.
 *
 * @return the nodes that waited for it, linked by file.queued, for hard_links_serves() to judge
 */
struct node *hard_links_done(struct hard_links *links, const struct tree *tree, struct node *node,
	const struct hasher_result *result);

/** Whether what became of one name is also this one's. */
bool hard_links_serves(
	const struct tree *tree, const struct node *node, const struct hasher_result *result);

/** Free what it holds; the nodes are the tree's. */
void hard_links_free(struct hard_links *links);

#endif
