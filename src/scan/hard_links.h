/*
 * Hard links: names of one inode, which is read once.
 *
 * The first name that asks is read. Names that ask meanwhile wait for its digest; names that ask
 * later get it at once. A digest is used for another name only if the stamp of the file that was
 * read equals the stamp seen under that name; otherwise that name is read, too.
 */
#ifndef TREESUM_SCAN_HARD_LINKS_H
#define TREESUM_SCAN_HARD_LINKS_H

#include <stddef.h>

#include "hash/hasher_task.h"
#include "scan/tree.h"

/** What a node has to do. */
enum hard_links_answer {
	/** Read it, then call hard_links_done(). */
	HARD_LINKS_READ,
	/** Wait: another name of the inode is being read. */
	HARD_LINKS_WAIT,
	/** Its digest is known already. */
	HARD_LINKS_DONE,
};

struct hard_link;

/** All zeros is empty, for a tree that keeps its nodes. */
struct hard_links {
	/** By device and inode; room is 0 or a power of two. */
	struct hard_link *slots;
	size_t room;
	size_t count;
	/** Nodes may be freed when they are done: results are copied ... */
	bool copied;
	/** ... with digests of so many bytes, and forgotten when there are this many; 0: never. */
	size_t digest_size;
	size_t limit;
};

/**
 * Ask what to do with a node that has a stamp. If memory runs out, it is read.
 *
 * @param result filled for HARD_LINKS_DONE; its digest is valid until the next call
 */
enum hard_links_answer hard_links_ask(struct hard_links *links, const struct tree *tree,
	struct node *node, struct hasher_result *result);

/**
 * A node that was to be read has a result, which is not in the tree yet.
 *
 * @return the nodes that waited for it, linked by file.queued, for hard_links_serves() to judge
 */
struct node *hard_links_done(struct hard_links *links, const struct tree *tree, struct node *node,
	const struct hasher_result *result);

/** Whether the result of one name is also valid for this one. */
bool hard_links_serves(
	const struct tree *tree, const struct node *node, const struct hasher_result *result);

/** Free the table; the nodes belong to the tree. */
void hard_links_free(struct hard_links *links);

#endif
