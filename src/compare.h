/*
 * What audit, update and diff have in common: a manifest to hold something against, and a line for
 * each difference.
 */
#ifndef TREESUM_COMPARE_H
#define TREESUM_COMPARE_H

#include <stdint.h>

#include "manifest/catalog.h"
#include "manifest/difference.h"
#include "options.h"
#include "output.h"
#include "sys/stamp.h"

/** How many names each word was said of. */
struct compare_counts {
	uint64_t words[DIFFERENCE_WORDS];
};

/**
 * Read a manifest.
 *
 * @param path as it was named; "-" is standard input
 * @param output where the differences will go, which must not be the manifest
 * @param catalog to be freed with catalog_free(), also after a failure
 * @param file filled with the manifest's own file
 * @return 0, or -1 where it cannot be used, which was reported
 */
int compare_load(const struct options *options, const char *path, int interrupt_fd,
	const struct output *output, struct catalog *catalog, struct stamp *file);

/**
 * Print a line for each difference, and count.
 *
 * @return 0, or -1, which was reported
 */
int compare_print(const struct options *options, const struct differences *differences,
	struct output *output, struct compare_counts *counts);

/** Say on standard error how many there were of each. */
void compare_tell(const struct options *options, const struct compare_counts *counts);

/** Whether nothing differs, as far as could be seen. */
bool compare_same(const struct compare_counts *counts);

#endif
