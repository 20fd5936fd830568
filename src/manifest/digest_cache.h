/*
 * Digests that need not be computed again: a file whose size, mtime and ctime are what they were
 * when it was hashed has the digest that it had then.
 *
 * There are two sources: the records of a manifest, and the journal of an interrupted run.
 * The journal wins: it holds what was read last. If it disagrees with the manifest, the manifest's
 * digest must not be taken for the file's, or damage that a run had found before it was killed
 * would be forgotten. If both have the same mtime and different digests, neither is taken, and the
 * file is read again: it may have been repaired since. Nor is the manifest's taken if the journal
 * has a record of the file that cannot be used.
 */
#ifndef TREESUM_MANIFEST_DIGEST_CACHE_H
#define TREESUM_MANIFEST_DIGEST_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "manifest/catalog.h"
#include "manifest/journal.h"
#include "sys/stamp.h"

struct digest_cache;

/** The digest of a file, and the state of the file for which it holds. */
struct digest_cache_entry {
	/** Size, mtime and ctime; from a journal also the inode, otherwise 0. */
	struct stamp stamp;
	/** From the journal, so it was read after the manifest was written. */
	bool journaled;
	/** When the contents were last read, in seconds since the epoch; 0: unknown. */
	int64_t read;
	unsigned char digest[DIGEST_SET_SIZE];
};

/**
 * @param digest_size bytes of the algorithm's digests
 * @param ignore_ctime whether size and mtime alone decide, for digests of the manifest
 * @return an empty cache, or NULL with errno ENOMEM
 */
struct digest_cache *digest_cache_new(size_t digest_size, bool ignore_ctime);

/** Use a journal, too. It stays the caller's, and must outlive the cache; NULL: none. */
void digest_cache_use(struct digest_cache *cache, struct journal *journal);

/**
 * Add the digest of a record, if it is annotated. It is found if it is settled, or, where ctime is
 * ignored, if its mtime was not young, and if the file was not corrupt when it was last read.
 *
 * @param record must outlive the cache; one of the same key that was added before is replaced
 * @return 0, or -1 with errno ENOMEM and the cache as it was
 */
int digest_cache_add(struct digest_cache *cache, const struct record *record);

/**
 * Find the digest of a name.
 *
 * @param key as catalog_key() writes it
 * @param entry filled
 * @return whether there is one
 */
bool digest_cache_find(struct digest_cache *cache, const char *key, size_t key_size,
	struct digest_cache_entry *entry);

/** Whether digest_cache_find() can find anything. */
bool digest_cache_finds_any(const struct digest_cache *cache);

/** NULL is allowed. */
void digest_cache_free(struct digest_cache *cache);

#endif
