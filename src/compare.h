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
 * Read a manifest. Lines that are none are told of, and are trouble; for an update the manifest is
 * refused then. Other modes than that take the algorithm from the lines if the options give none.
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

/** The file that --backup keeps of a manifest; all zeros where there is none. */
struct stamp compare_backup(const char *path);

/**
 * Look for what a manifest lists as --prefix-map says, from now on.
 *
 * @return 0, or -1 where that cannot be, which was reported
 */
int compare_map(const struct options *options, const char *path, struct catalog *catalog);

/**
 * Print a line for each difference, in the order of the names that are printed, and count.
 *
 * @param output opened with this tally
 * @return 0, or -1, which was reported
 */
int compare_print(const struct options *options, const struct differences *differences,
	struct output *output, struct tally *tally);

/**
 * After compare_print(): if not all that a manifest lists was found as it is listed, say whether its
 * names look like those of another system.
 */
void compare_tell_names(const struct options *options, const char *path,
	const struct catalog *catalog, const struct tally *tally);

/** Say on standard error how many there were of each. */
void compare_tell(const struct options *options, const struct tally *tally);

/**
 * After compare_print(), in an audit or a diff: set the exit status, complete the output, and say on
 * standard error how many differences there were.
 *
 * @return 0, or -1, which was reported
 */
int compare_end(const struct options *options, struct output *output, struct tally *tally);

#endif
