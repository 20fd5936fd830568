/*
 * Open addressing with linear probing, at most half full. A leader that has been hashed may have
 * another device and inode than the walk saw, where its name was given to another file meanwhile:
 * then it is no longer found, and the next name of the old file leads.
 */
#include "manifest/link_table.h"

#include <stdint.h>
#include <stdlib.h>

/** Fibonacci hashing: inodes come in sequence. */
static size_t place_of(const struct link_table *table, const struct digest_entry *entry)
{
	uint64_t key = entry->result.stamp.inode ^ entry->result.stamp.device << 32;
	return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (table->room - 1);
}

/** @return the slot of an entry's file, or the free one where it belongs */
static struct digest_entry **find(const struct link_table *table, const struct digest_entry *entry)
{
	size_t place = place_of(table, entry);
	while (table->leaders[place] &&
		!stamp_same_file(&table->leaders[place]->result.stamp, &entry->result.stamp))
		place = (place + 1) & (table->room - 1);
	return &table->leaders[place];
}

/** Make room for one more. @return 0, or -1 with errno ENOMEM and nothing changed */
static int grow(struct link_table *table)
{
	if (2 * (table->count + 1) <= table->room)
		return 0;
	struct link_table grown = {.room = table->room ? 2 * table->room : 1024};
	grown.leaders = calloc(grown.room, sizeof(*grown.leaders));
	if (!grown.leaders)
		return -1;
	for (size_t i = 0; i < table->room; i++) {
		struct digest_entry **slot =
			table->leaders[i] ? find(&grown, table->leaders[i]) : NULL;
		if (!slot || *slot)
			continue;
		*slot = table->leaders[i];
		grown.count++;
	}
	free(table->leaders);
	*table = grown;
	return 0;
}

struct digest_entry *link_table_leader(struct link_table *table, struct digest_entry *entry)
{
	if (grow(table) != 0)
		return NULL;
	struct digest_entry **slot = find(table, entry);
	if (!*slot) {
		*slot = entry;
		table->count++;
	}
	return *slot;
}

bool link_table_serves(const struct digest_entry *leader, const struct digest_entry *follower)
{
	return leader->result.state == HASHER_DONE &&
		stamp_same(&leader->result.stamp, &follower->result.stamp);
}

void link_table_free(struct link_table *table)
{
	free(table->leaders);
	*table = (struct link_table){0};
}
