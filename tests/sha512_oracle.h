/*
 * libcrypto's SHA-512 as the oracle of ours, and bytes to hash.
 */
#ifndef TESTS_SHA512_ORACLE_H
#define TESTS_SHA512_ORACLE_H

#include "hash/digest.h"

#include "quickly.h"

#include <string.h>

/** A reproducible sequence of numbers (Marsaglia's xorshift); `seed` is not 0. */
static inline uint64_t oracle_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static inline void oracle_fill(void *target, size_t size, uint64_t seed)
{
	unsigned char *bytes = target;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(oracle_random(&seed) >> 32);
}

/** The digest, 64 bytes, of a whole message. */
static inline void oracle_digest(const void *data, size_t size, unsigned char *digest)
{
	struct digest *oracle = digest_new(digest_find("sha512"));

	check_quickly(oracle != NULL);
	check_quickly(digest_update(oracle, data, size) == 0);
	check_quickly(digest_finish(oracle, digest) == 0);
	digest_free(oracle);
}

/** Compress blocks into a hash value. */
static inline void oracle_compress(uint64_t hash[8], const void *data, size_t blocks)
{
	struct digest *oracle = digest_new(digest_find("sha512"));
	struct digest_state state = {.bytes = 0};

	check_quickly(oracle != NULL);
	memcpy(state.hash, hash, sizeof(state.hash));
	check_quickly(digest_import(oracle, &state) == 0);
	check_quickly(digest_update(oracle, data, blocks * DIGEST_SHA512_BLOCK) == 0);
	check_quickly(digest_export(oracle, &state) == 0);
	memcpy(hash, state.hash, sizeof(state.hash));
	digest_free(oracle);
}

#endif
