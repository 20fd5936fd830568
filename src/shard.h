/*
 * Shards: the files of a run in N shares, by a hash of their names, so that runs on several machines
 * need not know of each other.
 *
 * A file belongs to shard K of N if the first eight bytes of the SHA-512 of its name, as a big-endian
 * number, leave K - 1 when divided by N. The name is the listed one, without "./" components and
 * doubled slashes (catalog_key()).
 */
#ifndef TREESUM_SHARD_H
#define TREESUM_SHARD_H

#include <stddef.h>
#include <stdint.h>

/** A share of a run. */
struct shard {
	/** K, from 1 to `count`. */
	uint32_t index;
	/** N; 0: the run is not shared. */
	uint32_t count;
};

/**
 * Parse "K/N", or "auto": then a launcher's environment variables tell which process of how many this
 * is.
 *
 * @param shard unchanged on error
 * @return 0, or -1 where the text is no good, or the environment, which was reported
 */
int shard_parse(struct shard *shard, const char *text);

/** Finds the shards of names. */
struct shard_finder;

/** @return NULL with errno (ENOMEM, EIO) */
struct shard_finder *shard_finder_new(void);

/**
 * Hash a name.
 *
 * @param name as it is listed
 * @param size of the name, in bytes
 * @param hash set to the number that decides
 * @return 0, or -1 with errno (ENOMEM; EIO where libcrypto failed)
 */
int shard_hash(struct shard_finder *finder, const char *name, size_t size, uint64_t *hash);

/** @return K, from 1 to `count` */
uint32_t shard_of(uint64_t hash, uint32_t count);

/**
 * Find the shard that a file belongs to.
 *
 * @param name as it is listed
 * @param size of the name, in bytes
 * @param count N
 * @return K, or 0 with errno (ENOMEM; EIO where libcrypto failed)
 */
uint32_t shard_find(struct shard_finder *finder, const char *name, size_t size, uint32_t count);

/** NULL is allowed. */
void shard_finder_free(struct shard_finder *finder);

#endif
