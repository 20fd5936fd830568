/*
 * Where the records of each name are in a journal: 16 bytes a record, found by the hash of the
 * name.
 */
#ifndef TREESUM_MANIFEST_JOURNAL_INDEX_H
#define TREESUM_MANIFEST_JOURNAL_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct journal_slot {
	/** Of the name. */
	uint64_t hash;
	/** Which record; greater ones come later. */
	uint64_t where;
};

/** All zero at first. */
struct journal_index {
	/** Owned. */
	struct journal_slot *slots;
	size_t count;
	size_t room;
};

/** Add a record. @return 0, or -1 with errno ENOMEM and the index as it was */
int journal_index_add(struct journal_index *index, uint64_t hash, uint64_t where);

/** Sort, once all records have been added: by hash, those of one hash by `where`. */
void journal_index_sort(struct journal_index *index);

/**
 * Find the slots of a hash in a sorted index.
 *
 * @param end set to the slot behind the last one
 * @return the first one; `*end` where there is none
 */
const struct journal_slot *journal_index_find(
	const struct journal_index *index, uint64_t hash, const struct journal_slot **end);

/** Free what it holds. */
void journal_index_free(struct journal_index *index);

#endif
