/*
 * A hash of names that nobody can aim at: keyed by random bytes, so that whoever wrote a manifest
 * or a journal cannot choose names that all fall into one place.
 */
#ifndef TREESUM_MANIFEST_KEY_HASH_H
#define TREESUM_MANIFEST_KEY_HASH_H

#include <stddef.h>
#include <stdint.h>

struct key_hash {
	uint64_t seed[2];
};

/** Choose a hash function. Without random bytes it is right as well, but could be made slow. */
struct key_hash key_hash_new(void);

/** @return the hash of `size` bytes; all its bits are of use */
uint64_t key_hash(const struct key_hash *hash, const char *key, size_t size);

#endif
