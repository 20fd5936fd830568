/*
 * What fuzz targets demand. Not assert(): a build without assertions must notice, too.
 */
#ifndef TREESUM_FUZZ_MUST_H
#define TREESUM_FUZZ_MUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

static inline void must(bool holds)
{
	if (!holds)
		abort();
}

/** Allocate memory of the exact size, so that the sanitizers see every byte too far. */
static inline void *must_allocate(size_t size)
{
	void *memory = malloc(size ? size : 1);
	must(memory);
	return memory;
}

#endif
