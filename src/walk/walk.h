/*
 * The walk: the part of the parent that turns the names that workers have listed into tasks.
 *
 * It keeps the contract of nftw(3) (FTW_PHYS unless links are followed), in the tree that it grows
 * (scan/tree.h): every name is there once, under its directory, with what it is. A directory that
 * could not be listed is an entry with the reason, as is a name of which it could not be found out
 * what it is; the walk goes on.
 *
 * Pure: no calls but for memory. Directories to be listed and files to be read come out as nodes;
 * the parts of a listing, and how it ended, go in. The walk is done when nothing is pending.
 */
#ifndef TREESUM_WALK_WALK_H
#define TREESUM_WALK_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/hasher_task.h"
#include "scan/tree.h"

struct filter;
struct walk;

struct walk_options {
	/** Follow links: what they lead to is visited under their name, in or out of the tree, and
	 * also more than once. */
	bool follow;
	/** Do not enter directories on other file systems than the root. */
	bool one_file_system;
	/** What is not taken, and where that is a directory, not entered; NULL: nothing. A name
	 * whose type cannot be found out is left out if it would be as a directory and as a file.
	 */
	const struct filter *filter;
	/** Links and special files become nodes, too; otherwise they are counted only. Not without
	 * a kept tree: nobody would come to know of them. */
	bool all;
};

/** What was met; a name counts where its directory was listed to its end. */
struct walk_counts {
	uint64_t directories;
	uint64_t links;
	uint64_t special;
	uint64_t mounts;
	/** Names that the filter has left out; a directory and all below it is one. */
	uint64_t excluded;
};

/** @param tree the caller's, must outlive the walk. @return NULL with errno ENOMEM */
struct walk *walk_new(const struct walk_options *options, struct tree *tree);

/** An operand's task was given out. */
void walk_begin_root(struct walk *walk, struct node *root);

/**
 * A part of a directory's listing has come; the directory may be an operand, or a name whose type
 * was not known. A first part for the second time: its lister was lost, and it is listed anew.
 *
 * @return 0, or -1 with errno: EBADMSG where the part makes no sense, and nothing was changed;
 *         ENOMEM where the walk cannot go on
 */
int walk_part(struct walk *walk, struct node *node, const void *data, size_t size);

/**
 * A directory, or what was taken for one, has its result; its last part has been given to
 * walk_part().
 *
 * @param result HASHER_LISTED, HASHER_MOUNT, or why it could not be listed; anything else: it is
 *        no directory any more (ENOTDIR). One that was listed in part before it was covered by a
 *        mount is ESTALE.
 * @return 0, or -1 with errno ENOMEM
 */
int walk_listed(struct walk *walk, struct node *node, const struct hasher_result *result);

/**
 * It was found out that a name whose type was not known is no directory.
 *
 * @param type NODE_FILE, NODE_LINK or NODE_SPECIAL
 * @return whether the node is to be kept; one that the filter leaves out is not, nor what only
 *         counts
 */
bool walk_typed(struct walk *walk, struct node *node, enum node_type type);

/** The next directory to list, taken out; NULL: there is none now. */
struct node *walk_next_directory(struct walk *walk);

/** The next file to read, or name to look at, taken out, in the order in which they came. */
struct node *walk_next_file(struct walk *walk);

/** Directories that are being listed, or wait for it. */
uint64_t walk_pending(const struct walk *walk);

/**
 * Without a kept tree: a file, or a directory with all in it, is done and nobody needs it any more.
 * It is freed, and with it directories that it was the last of.
 */
void walk_forget(struct walk *walk, struct node *node);

/** The device that directories below a node have to be on; 0: any. */
uint64_t walk_root_device(const struct walk *walk, const struct node *node);

const struct walk_counts *walk_counts(const struct walk *walk);

/** Free; the nodes are the tree's. NULL is allowed. */
void walk_free(struct walk *walk);

#endif
