#include "hash/digest_set.h"

#include <assert.h>
#include <string.h>

struct digest_set digest_set_of(const struct digest_algorithm *algorithm)
{
	return (struct digest_set){.list = {algorithm}, .count = 1, .size = algorithm->size};
}

bool digest_set_has(const struct digest_set *set, const struct digest_algorithm *algorithm)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->list[i] == algorithm)
			return true;
	}
	return false;
}

bool digest_set_add(struct digest_set *set, const struct digest_algorithm *algorithm)
{
	if (digest_set_has(set, algorithm))
		return false;
	assert(set->count < DIGEST_SET_COUNT && set->size + algorithm->size <= DIGEST_SET_SIZE);
	set->list[set->count++] = algorithm;
	set->size += algorithm->size;
	return true;
}

size_t digest_set_offset(const struct digest_set *set, const struct digest_algorithm *algorithm)
{
	size_t offset = 0;
	for (size_t i = 0; set->list[i] != algorithm; i++) {
		assert(i < set->count);
		offset += set->list[i]->size;
	}
	return offset;
}

bool digest_set_is_movable(const struct digest_set *set)
{
	return set->count == 1 && set->list[0]->block > 0;
}

const char *digest_set_names(const struct digest_set *set, char room[static DIGEST_SET_NAMES])
{
	char *next = room;
	for (size_t i = 0; i < set->count; i++) {
		assert((size_t)(next - room) + strlen(set->list[i]->name) + 2 <= DIGEST_SET_NAMES);
		next = stpcpy(stpcpy(next, i == 0 ? "" : ","), set->list[i]->name);
	}
	return room;
}
