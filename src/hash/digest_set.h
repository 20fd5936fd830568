/*
 * The algorithms of a run, in the order given. What they make of a file is called its digest, too: the
 * digests of all of them, one behind the other.
 */
#ifndef TREESUM_HASH_DIGEST_SET_H
#define TREESUM_HASH_DIGEST_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "hash/digest.h"

/** The most algorithms, and the most bytes of their digests: those of all that there are. */
#define DIGEST_SET_COUNT 16
#define DIGEST_SET_SIZE 588

/** Room for digest_set_names(). */
#define DIGEST_SET_NAMES 160

struct digest_set {
	/** Each stands in it once. */
	const struct digest_algorithm *list[DIGEST_SET_COUNT];
	size_t count;
	/** Bytes of all digests together. */
	size_t size;
};

/** A set of one algorithm. */
struct digest_set digest_set_of(const struct digest_algorithm *algorithm);

/** Add an algorithm. @return whether it was not in the set before; otherwise that is as it was */
bool digest_set_add(struct digest_set *set, const struct digest_algorithm *algorithm);

bool digest_set_has(const struct digest_set *set, const struct digest_algorithm *algorithm);

/** Where an algorithm of the set has its part of a digest, in bytes. */
size_t digest_set_offset(const struct digest_set *set, const struct digest_algorithm *algorithm);

/** Whether the state between two blocks can be moved: that of a single algorithm, if at all. */
bool digest_set_is_movable(const struct digest_set *set);

/** The names with commas between them, as `--algorithm` takes them. @return `room` */
const char *digest_set_names(const struct digest_set *set, char room[static DIGEST_SET_NAMES]);

#endif
