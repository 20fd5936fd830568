/*
 * Memory for many small things that live equally long: allocated one after the other in large
 * chunks, never moved, freed together.
 */
#ifndef TREESUM_SYS_ARENA_H
#define TREESUM_SYS_ARENA_H

#include <stddef.h>

/** All zeros is an empty arena. */
struct arena {
	/** All chunks, the one in use first. */
	struct arena_chunk *chunks;
	/** Free bytes at the end of that one. */
	unsigned char *free;
	size_t room;
};

/**
 * Get memory, aligned for anything; its content is undefined.
 *
 * @return the memory, or NULL with errno ENOMEM and the arena as it was
 */
void *arena_allocate(struct arena *arena, size_t size);

/** Free everything; the arena is empty then. */
void arena_free(struct arena *arena);

#endif
