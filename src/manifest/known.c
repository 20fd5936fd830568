/*
 * Open addressing with linear probing, at most half full.
 */
#include "manifest/known.h"

#include "manifest/key_hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct known {
	const struct record **records;
	/** 0 or a power of two. */
	size_t room;
	size_t count;
	struct key_hash hash;
	bool ignore_ctime;
};

struct known *known_new(bool ignore_ctime)
{
	struct known *known = calloc(1, sizeof(*known));
	if (!known)
		return NULL;
	known->ignore_ctime = ignore_ctime;
	known->hash = key_hash_new();
	return known;
}

/** @return the key's slot, or the free one where it belongs */
static const struct record **find(const struct known *known, const char *key, size_t size)
{
	size_t place = (size_t)key_hash(&known->hash, key, size) & (known->room - 1);
	for (;;) {
		const struct record *record = known->records[place];
		if (!record || (record->key_size == size && memcmp(record->key, key, size) == 0))
			return &known->records[place];
		place = (place + 1) & (known->room - 1);
	}
}

/** Make room for one more. @return 0, or -1 with errno ENOMEM and nothing changed */
static int grow(struct known *known)
{
	if (2 * (known->count + 1) <= known->room)
		return 0;
	const struct record **old = known->records;
	size_t old_room = known->room, room = old_room ? 2 * old_room : 1024;
	const struct record **records = calloc(room, sizeof(*records));
	if (!records)
		return -1;
	known->records = records;
	known->room = room;
	for (size_t i = 0; i < old_room; i++) {
		if (old[i])
			*find(known, old[i]->key, old[i]->key_size) = old[i];
	}
	free(old);
	return 0;
}

int known_add(struct known *known, const struct record *record)
{
	const struct annotation *annotation = &record->annotation;
	bool useful = known->ignore_ctime ? !annotation->young : annotation->settled;
	if (!record->annotated || !useful)
		return 0;
	if (grow(known) != 0)
		return -1;
	const struct record **slot = find(known, record->key, record->key_size);
	known->count += !*slot;
	*slot = record;
	return 0;
}

const unsigned char *known_digest(
	const struct known *known, const char *key, size_t key_size, struct stamp *stamp)
{
	const struct record *record = known->count ? *find(known, key, key_size) : NULL;
	if (!record)
		return NULL;
	*stamp = (struct stamp){
		.size = record->annotation.size,
		.mtime = record->annotation.mtime,
		.ctime = record->annotation.ctime,
	};
	if (known->ignore_ctime)
		stamp->ctime.tv_nsec = STAMP_ANY_TIME;
	return record->digest;
}

void known_free(struct known *known)
{
	if (!known)
		return;
	free(known->records);
	free(known);
}
