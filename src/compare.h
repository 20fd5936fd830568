/*
 * What audit, update and diff have in common: a manifest to hold something against, and a line for
 * each difference.
 */
#ifndef TREESUM_COMPARE_H
#define TREESUM_COMPARE_H

#include "manifest/catalog.h"
#include "manifest/difference.h"
#include "options.h"
#include "output.h"
#include "sys/stamp.h"
#include "tally.h"

/**
 * Read a manifest.
 *
 * @param path as it was named; "-" is standard input
 * @param output where the differences will go, which must not be the manifest
 * @param other the file of another one that was read, which must not be the same pipe; or NULL
 * @param catalog to be freed with catalog_free(), also after a failure
 * @param file filled with the manifest's own file
 * @return 0, or -1 where it cannot be used, which was reported
 */
int compare_load(const struct options *options, const char *path, int interrupt_fd,
	const struct output *output, const struct stamp *other, struct catalog *catalog,
	struct stamp *file);

/**
 * Print a line for each difference, and count.
 *
 * @param output opened with this tally
 * @return 0, or -1, which was reported
 */
int compare_print(const struct options *options, const struct differences *differences,
	struct output *output, struct tally *tally);

/** Say on standard error how many there were of each. */
void compare_tell(const struct options *options, const struct tally *tally);

/** Whether nothing differs, as far as could be seen. */
bool compare_same(const struct tally *tally);

#endif
