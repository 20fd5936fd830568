/*
 * Sorted in place by the bytes of hash and `where`, most significant first ("American flag sort":
 * McIlroy, Bostic, McIlroy, Engineering Radix Sort, 1993), so that it takes no second array. Hashes
 * are evenly spread: where one stands is guessed from its value.
 */
#include "manifest/journal_index.h"

#include <stdbool.h>
#include <stdlib.h>

/** So few are sorted by insertion. */
#define FEW 32

/** The bytes that are compared, one after the other. */
#define LEVELS 16

int journal_index_add(struct journal_index *index, uint64_t hash, uint64_t where)
{
	if (index->count == index->room) {
		/* Half as much again: no more than 24 bytes a record. */
		size_t room = index->room + index->room / 2 + 64;
		struct journal_slot *slots =
			reallocarray(index->slots, room, sizeof(*index->slots));
		if (!slots)
			return -1;
		index->slots = slots;
		index->room = room;
	}
	index->slots[index->count++] = (struct journal_slot){hash, where};
	return 0;
}

static bool is_less(const struct journal_slot *one, const struct journal_slot *other)
{
	return one->hash < other->hash || (one->hash == other->hash && one->where < other->where);
}

static void sort_few(struct journal_slot *slots, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct journal_slot slot = slots[i];
		size_t place = i;
		for (; place > 0 && is_less(&slot, &slots[place - 1]); place--)
			slots[place] = slots[place - 1];
		slots[place] = slot;
	}
}

static unsigned char byte_of(const struct journal_slot *slot, unsigned level)
{
	uint64_t word = level < 8 ? slot->hash : slot->where;
	return (unsigned char)(word >> (56 - 8 * (level % 8)));
}

/** Bring each slot to its bucket. @param ends set to the end of each of the 256 buckets */
static void distribute(
	struct journal_slot *slots, size_t count, unsigned level, size_t ends[static 256])
{
	size_t next[256], sizes[256] = {0}, sum = 0;
	for (size_t i = 0; i < count; i++)
		sizes[byte_of(&slots[i], level)]++;
	for (size_t i = 0; i < 256; i++) {
		next[i] = sum;
		sum += sizes[i];
		ends[i] = sum;
	}
	for (size_t i = 0; i < 256; i++) {
		while (next[i] < ends[i]) {
			struct journal_slot slot = slots[next[i]];
			unsigned char bucket;
			while ((bucket = byte_of(&slot, level)) != i) {
				struct journal_slot other = slots[next[bucket]];
				slots[next[bucket]++] = slot;
				slot = other;
			}
			slots[next[i]++] = slot;
		}
	}
}

static void sort(struct journal_slot *slots, size_t count, unsigned level)
{
	if (count <= FEW) {
		sort_few(slots, count);
		return;
	}
	if (level == LEVELS)
		return;
	size_t ends[256], begin = 0;
	distribute(slots, count, level, ends);
	for (size_t i = 0; i < 256; i++) {
		sort(slots + begin, ends[i] - begin, level + 1);
		begin = ends[i];
	}
}

void journal_index_sort(struct journal_index *index)
{
	sort(index->slots, index->count, 0);
}

/** Guesses before the rest is searched by halves. */
#define GUESSES 8

/** @return the number of the first slot whose hash is not less */
static size_t lower_bound(const struct journal_index *index, uint64_t hash)
{
	size_t low = 0, high = index->count;
	uint64_t least = 0, greatest = UINT64_MAX;
	for (unsigned guesses = 0; low < high; guesses++) {
		size_t place = (high - low) / 2;
		if (guesses < GUESSES && greatest > least)
			place = (size_t)((double)(high - low - 1) *
				((double)(hash - least) / (double)(greatest - least)));
		place += low;
		uint64_t found = index->slots[place].hash;
		if (found < hash) {
			low = place + 1;
			least = found;
		} else {
			high = place;
			greatest = found;
		}
	}
	return low;
}

const struct journal_slot *journal_index_find(
	const struct journal_index *index, uint64_t hash, const struct journal_slot **end)
{
	*end = index->slots;
	if (index->count == 0)
		return *end;
	size_t first = lower_bound(index, hash), last = first;
	while (last < index->count && index->slots[last].hash == hash && last - first < 4)
		last++;
	/* Of a name with many records. */
	if (last - first == 4)
		last = hash == UINT64_MAX ? index->count : lower_bound(index, hash + 1);
	*end = index->slots + last;
	return index->slots + first;
}

void journal_index_free(struct journal_index *index)
{
	free(index->slots);
	*index = (struct journal_index){0};
}
