/*
 * Hard links: which entries of a map are names of one file, so that it is hashed once.
 *
 * The first name that is found leads; what comes later follows it, until the leader is done.
 */
#ifndef TREESUM_MANIFEST_LINK_TABLE_H
#define TREESUM_MANIFEST_LINK_TABLE_H

#include <stddef.h>

#include "manifest/digest_map.h"

/** All zeros is empty. */
struct link_table {
	/** By device and inode; room is 0 or a power of two, more than `count`. */
	struct digest_entry **leaders;
	size_t room;
	size_t count;
};

/**
 * Find the leader of an entry, by device and inode of its result.stamp. Where there is none the
 * entry becomes one.
 *
 * @return the leader, `entry` itself where it leads, or NULL with errno ENOMEM and nothing changed
 */
struct digest_entry *link_table_leader(struct link_table *table, struct digest_entry *entry);

/**
 * Whether a leader's digest is also this name's: it was hashed, and what was opened then is the
 * file, in the state, that the walk saw under this name.
 */
bool link_table_serves(const struct digest_entry *leader, const struct digest_entry *follower);

/** Free what it holds; the entries are the map's. */
void link_table_free(struct link_table *table);

#endif
