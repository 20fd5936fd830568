/*
 * The manifest's records are in a hash table with open addressing and linear probing, at most half
 * full: 16 to 32 bytes a record. The journal has an index of its own, and is searched first.
 */
#include "manifest/digest_cache.h"

#include "manifest/key_hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct digest_cache {
	const struct record **records;
	/** 0 or a power of two. */
	size_t room;
	size_t count;
	struct key_hash hash;
	size_t digest_size;
	bool ignore_ctime;
	/** Not owned; may be NULL. */
	struct journal *journal;
};

struct digest_cache *digest_cache_new(size_t digest_size, bool ignore_ctime)
{
	struct digest_cache *cache = calloc(1, sizeof(*cache));
	if (!cache)
		return NULL;
	cache->digest_size = digest_size;
	cache->ignore_ctime = ignore_ctime;
	cache->hash = key_hash_new();
	return cache;
}

static size_t place_of(const struct digest_cache *cache, const char *key, size_t size)
{
	return (size_t)key_hash(&cache->hash, key, size) & (cache->room - 1);
}

/** @return the key's slot, or the free one where it belongs */
static const struct record **find(const struct digest_cache *cache, const char *key, size_t size)
{
	size_t place = place_of(cache, key, size);
	for (;;) {
		const struct record *record = cache->records[place];
		if (!record || (record->key_size == size && memcmp(record->key, key, size) == 0))
			return &cache->records[place];
		place = (place + 1) & (cache->room - 1);
	}
}

/** Make room for one more. @return 0, or -1 with errno ENOMEM and nothing changed */
static int grow(struct digest_cache *cache)
{
	if (2 * (cache->count + 1) <= cache->room)
		return 0;
	const struct record **old = cache->records;
	size_t old_room = cache->room, room = old_room ? 2 * old_room : 1024;
	const struct record **records = calloc(room, sizeof(*records));
	if (!records)
		return -1;
	cache->records = records;
	cache->room = room;
	for (size_t i = 0; i < old_room; i++) {
		if (old[i])
			*find(cache, old[i]->key, old[i]->key_size) = old[i];
	}
	free(old);
	return 0;
}

int digest_cache_add(struct digest_cache *cache, const struct record *record)
{
	if (!record->digest || !record->annotated)
		return 0;
	if (grow(cache) != 0)
		return -1;
	const struct record **slot = find(cache, record->key, record->key_size);
	cache->count += !*slot;
	*slot = record;
	return 0;
}

void digest_cache_use(struct digest_cache *cache, struct journal *journal)
{
	cache->journal = journal;
}

/** Look for a name in the journal. @return as journal_find() */
static int find_journaled(struct digest_cache *cache, const char *key, size_t key_size,
	struct digest_cache_entry *entry)
{
	struct journal_entry found;
	int status = journal_find(cache->journal, key, key_size, &found);
	if (status <= 0)
		return status;
	*entry = (struct digest_cache_entry){
		.stamp = found.stamp, .journaled = true, .read = found.read};
	memcpy(entry->digest, found.digest, cache->digest_size);
	return 1;
}

/** Whether a record says in which state its file has to be. */
static bool is_useful(const struct digest_cache *cache, const struct record *record)
{
	const struct annotation *annotation = &record->annotation;
	if (annotation->suspect)
		return false;
	return cache->ignore_ctime ? !annotation->young : annotation->settled;
}

/**
 * Whether the journal has another digest of a file than the manifest though mtime is the same, or the
 * file was corrupt when it was last read.
 */
static bool contradicts(const struct digest_cache *cache, const struct digest_cache_entry *entry,
	const struct record *record)
{
	if (record && record->annotation.suspect)
		return true;
	return record && stamp_same_time(&record->annotation.mtime, &entry->stamp.mtime) &&
		memcmp(record->digest, entry->digest, cache->digest_size) != 0;
}

bool digest_cache_find(struct digest_cache *cache, const char *key, size_t key_size,
	struct digest_cache_entry *entry)
{
	const struct record *record = cache->count ? *find(cache, key, key_size) : NULL;
	int journaled = find_journaled(cache, key, key_size, entry);
	/* What would be called corrupt is read again: it may have been repaired meanwhile. */
	if (journaled != 0)
		return journaled > 0 && !contradicts(cache, entry, record);
	if (!record || !is_useful(cache, record))
		return false;
	*entry = (struct digest_cache_entry){
		.stamp =
			{
				.size = record->annotation.size,
				.mtime = record->annotation.mtime,
				.ctime = record->annotation.ctime,
			},
		.read = record->annotation.read,
	};
	memcpy(entry->digest, record->digest, cache->digest_size);
	if (cache->ignore_ctime)
		entry->stamp.ctime.tv_nsec = STAMP_ANY_TIME;
	return true;
}

bool digest_cache_finds_any(const struct digest_cache *cache)
{
	return cache->count > 0 || journal_finds_any(cache->journal);
}

void digest_cache_free(struct digest_cache *cache)
{
	if (!cache)
		return;
	free(cache->records);
	free(cache);
}
