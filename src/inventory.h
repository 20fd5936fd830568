/*
 * What a walk has found: a record of each file, by key, and why other names have none.
 */
#ifndef TREESUM_INVENTORY_H
#define TREESUM_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "coverage.h"
#include "manifest/catalog.h"
#include "manifest/difference.h"
#include "options.h"
#include "prefix_map.h"
#include "scan/tree.h"
#include "tally.h"

struct inventory;

struct inventory_options {
	const struct options *options;
	struct tally *tally;
	/** What is listed as files: it is noted what else these names are now. May be NULL. */
	const struct catalog *catalog;
	/** Names are relative to the one root that there is, which is compared with another tree. */
	bool below_root;
	/** Names are compared as this says; may be NULL. */
	const struct prefix_map *prefix_map;
};

/** @param options copied @return NULL where that failed, which was reported */
struct inventory *inventory_new(const struct inventory_options *options);

/**
 * Add an entry of the walk; to be called for each, in their order. What could not be read is reported.
 *
 * @return 0, or -1 with errno ENOMEM
 */
int inventory_add(struct inventory *inventory, const struct tree_entry *found);

/**
 * End of the walk: the functions below may be called from now on. Of records with one key one is kept.
 *
 * @return the number of the others
 */
size_t inventory_end(struct inventory *inventory);

/** The records, by key, and what the absence of others means. Points into the inventory. */
struct difference_side inventory_side(struct inventory *inventory);

/**
 * Whether a walk would find something now that this one has not: a file that it did not come to, or
 * that was in another state, or a directory that is not excluded and could be listed.
 *
 * @param size of `path` in bytes
 * @return 1, 0, or -1 with errno ENOMEM
 */
int inventory_misses(
	struct inventory *inventory, const char *path, size_t size, const struct stat *status);

/** What is on the other side, if that is a tree; to be called before absences are asked for. */
void inventory_beside(struct inventory *inventory, const struct inventory *other);

/** What was looked at, to count by. */
struct coverage *inventory_coverage(const struct inventory *inventory);

/** NULL is allowed. */
void inventory_free(struct inventory *inventory);

#endif
