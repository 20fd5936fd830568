/*
 * The map of a run: every path that has to be hashed, and what came of it.
 *
 * Entries stand in the order of the operands and, below one operand, in the order in which they
 * were added; the walk adds them sorted (walk/nftw.h), so nothing is sorted here.
 */
#ifndef TREESUM_MANIFEST_DIGEST_MAP_H
#define TREESUM_MANIFEST_DIGEST_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/hasher_task.h"

/** One path of the run. */
struct digest_entry {
	/** The next entry of the same operand, or NULL. */
	struct digest_entry *next;
	union {
		/** The next entry of the queue that it is in. */
		struct digest_entry *queued;
		/** While a hasher has it, and it is in none: bytes read so far. */
		uint64_t read;
	};
	/** The next name of the same file: they wait for the digest of the first. */
	struct digest_entry *twin;
	/** The operand that it belongs to. */
	uint32_t operand;
	/** How many bytes of `path` are the root below which a walk found it; 0 for any other. */
	uint32_t root_size;
	/** Of one that no walk found: how many of those were before it; set by hash/parallel.h. */
	uint64_t place;
	/** What became of it. */
	struct hasher_result result;
	/** Bytes of `path`, without its NUL. */
	size_t path_size;
	/** As it is to be printed. */
	char path[];
};

/**
 * Whether the size of an entry that is not done is known, because a walk saw it, or a hasher: that
 * of an operand is not, until one looks at it.
 */
static inline bool digest_entry_is_sized(const struct digest_entry *entry)
{
	return entry->root_size || entry->result.size;
}

/** The last stands for 256 GiB and more. */
#define DIGEST_QUEUE_SIZES 20

struct digest_map;

/** @return an empty map, or NULL with errno ENOMEM */
struct digest_map *digest_map_new(void);

/**
 * Add a path; the bytes are copied.
 *
 * @return the entry, the map's, at this address until digest_map_free(); or NULL with errno ENOMEM,
 *         and the map as it was
 */
struct digest_entry *digest_map_add(struct digest_map *map, uint32_t operand, const char *path,
	size_t path_size, uint32_t root_size);

/** The first entry in the map's order, or NULL. */
struct digest_entry *digest_map_first(const struct digest_map *map);

/** The entry after this one in the map's order, or NULL. */
struct digest_entry *digest_map_next(
	const struct digest_map *map, const struct digest_entry *entry);

/** NULL is allowed. */
void digest_map_free(struct digest_map *map);

/**
 * An entry that is in no map.
 *
 * @return the entry, to be freed with free(3), or NULL with errno ENOMEM
 */
struct digest_entry *digest_entry_new(
	uint32_t operand, const char *path, size_t path_size, uint32_t root_size);

/**
 * Entries that wait. Large ones come out first, the largest before the others (by powers of two),
 * so that no worker is left alone with one in the end; all others first in, first out. All zeros is
 * empty. An entry is in one queue at a time.
 */
struct digest_queue {
	/** By size: below 1 MiB, below 2 MiB, and so on. */
	struct {
		struct digest_entry *first;
		struct digest_entry *last;
	} sizes[DIGEST_QUEUE_SIZES];
	/** Bit N is set where sizes[N] has an entry. */
	uint32_t present;
	/** How many entries there are, their bytes, and how many of them have no known size. */
	uint64_t count;
	uint64_t bytes;
	uint64_t unsized;
};

/** Put an entry behind those of its size (result.size). */
void digest_queue_push(struct digest_queue *queue, struct digest_entry *entry);

/** @return the entry whose turn it is, taken out; or NULL */
struct digest_entry *digest_queue_pop(struct digest_queue *queue);

#endif
