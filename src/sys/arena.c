#include "sys/arena.h"

#include <errno.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

/** Bytes of an ordinary chunk. */
#define CHUNK_SIZE ((size_t)1 << 20)

struct arena_chunk {
	struct arena_chunk *next;
	alignas(max_align_t) unsigned char bytes[];
};

void *arena_allocate(struct arena *arena, size_t size)
{
	if (size > SIZE_MAX / 2) {
		errno = ENOMEM;
		return NULL;
	}
	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (size > arena->room) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
		struct arena_chunk *chunk = malloc(sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		chunk->next = arena->chunks;
		arena->chunks = chunk;
		arena->free = chunk->bytes;
		arena->room = room;
	}
	void *memory = arena->free;
	arena->free += size;
	arena->room -= size;
	return memory;
}

void arena_free(struct arena *arena)
{
	while (arena->chunks) {
		struct arena_chunk *next = arena->chunks->next;
		free(arena->chunks);
		arena->chunks = next;
	}
	*arena = (struct arena){0};
}
