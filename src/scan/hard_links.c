/*
 * Open addressing with linear probing, at most half full. A slot stands for one inode: the node
 * that is or was read for it, or, where the tree does not keep its nodes, a copy of its result.
 * Inodes that are being read are never forgotten.
 */
#include "scan/hard_links.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/** The result of a node, and its digest. */
struct copy {
	struct hasher_result result;
	unsigned char digest[];
};

struct hard_link {
	uint64_t device;
	uint64_t inode;
	/** The node that is being read, or, in a tree that keeps its nodes, was read. */
	struct node *node;
	/** In a tree that does not keep its nodes: room for the result. Owned. */
	struct copy *copy;
	bool pending;
};

static bool is_used(const struct hard_link *link)
{
	return link->node || link->copy;
}

/** @return the slot of a file, or the free one where it belongs */
static struct hard_link *find(const struct hard_links *links, uint64_t device, uint64_t inode)
{
	/* Fibonacci hashing, as inode numbers are often consecutive. */
	uint64_t hash = (inode ^ device << 32) * UINT64_C(0x9e3779b97f4a7c15);
	size_t place = (size_t)(hash >> 32) & (links->room - 1);
	while (is_used(&links->slots[place]) &&
		(links->slots[place].device != device || links->slots[place].inode != inode))
		place = (place + 1) & (links->room - 1);
	return &links->slots[place];
}

/** Move all entries to a larger table. @return 0, or -1 with the table unchanged */
static int rehash(struct hard_links *links, size_t room, bool pending_only)
{
	struct hard_links moved = *links;
	moved.room = room;
	moved.count = 0;
	moved.slots = calloc(room, sizeof(*moved.slots));
	if (!moved.slots)
		return -1;
	for (size_t i = 0; i < links->room; i++) {
		struct hard_link *link = &links->slots[i];
		if (!is_used(link))
			continue;
		if (pending_only && !link->pending) {
			free(link->copy);
			continue;
		}
		*find(&moved, link->device, link->inode) = *link;
		moved.count++;
	}
	free(links->slots);
	*links = moved;
	return 0;
}

/** Make room for one more. @return 0, or -1 */
static int grow(struct hard_links *links)
{
	if (2 * (links->count + 1) <= links->room)
		return 0;
	if (links->limit && links->count >= links->limit) {
		if (rehash(links, links->room, true) != 0)
			return -1;
		if (2 * (links->count + 1) <= links->room)
			return 0;
	}
	return rehash(links, links->room ? 2 * links->room : 1024, false);
}

bool hard_links_serves(
	const struct tree *tree, const struct node *node, const struct hasher_result *result)
{
	struct stamp stamp = tree_stamp(tree, node);
	return result->state == HASHER_DONE && stamp_same(&result->stamp, &stamp);
}

enum hard_links_answer hard_links_ask(struct hard_links *links, const struct tree *tree,
	struct node *node, struct hasher_result *result)
{
	struct stamp stamp = tree_stamp(tree, node);
	if (grow(links) != 0)
		return HARD_LINKS_READ;
	struct hard_link *link = find(links, stamp.device, stamp.inode);
	if (is_used(link) && link->pending) {
		node->file.queued = link->node->file.followers;
		link->node->file.followers = node;
		return HARD_LINKS_WAIT;
	}
	if (is_used(link)) {
		if (link->copy)
			*result = link->copy->result;
		else
			tree_result(tree, link->node, result);
		if (hard_links_serves(tree, node, result))
			return HARD_LINKS_DONE;
	} else {
		struct copy *copy =
			links->copied ? malloc(sizeof(*copy) + links->digest_size) : NULL;
		if (links->copied && !copy)
			return HARD_LINKS_READ;
		*link = (struct hard_link){
			.device = stamp.device, .inode = stamp.inode, .copy = copy};
		links->count++;
	}
	link->node = node;
	link->pending = true;
	return HARD_LINKS_READ;
}

struct node *hard_links_done(struct hard_links *links, const struct tree *tree, struct node *node,
	const struct hasher_result *result)
{
	assert(node);
	struct stamp stamp = tree_stamp(tree, node);
	if (!links->room)
		return NULL;
	struct hard_link *link = find(links, stamp.device, stamp.inode);
	if (!link->pending || link->node != node)
		return NULL;
	struct node *followers = node->file.followers;
	node->file.followers = NULL;
	link->pending = false;
	if (link->copy) {
		link->copy->result = *result;
		if (result->digest) {
			memcpy(link->copy->digest, result->digest, links->digest_size);
			link->copy->result.digest = link->copy->digest;
		}
		link->node = NULL;
	}
	return followers;
}

void hard_links_free(struct hard_links *links)
{
	for (size_t i = 0; i < links->room; i++)
		free(links->slots[i].copy);
	free(links->slots);
	*links = (struct hard_links){0};
}
