/*
 * A manifest, a tag manifest or the fetch.txt of a bag, and what there is to say about its lines.
 */
#ifndef TREESUM_BAG_MANIFEST_H
#define TREESUM_BAG_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "bag_report.h"
#include "hash/digest.h"
#include "manifest/bag_line.h"

/** How often there was something to say, and of which line first. */
struct bag_noted {
	uint64_t count;
	uint64_t line;
};

/** A manifest, a tag manifest, or fetch.txt. */
struct bag_manifest {
	char *file;
	enum bag_line_kind kind;
	/** NULL: its digests cannot be checked. */
	const struct digest_algorithm *algorithm;
	/** It was read, so that what is not in it is not listed. */
	bool read;
	struct bag_noted notes[BAG_NOTES];
	/** What names point into. */
	char *text;
};

/**
 * Take over a file that is still to be read.
 *
 * @param file its name, which becomes the manifest's own
 */
void bag_manifest_begin(struct bag_manifest *manifest, char *file);

/**
 * Find the algorithm of a manifest by its name: that of the algorithm, of which only letters and digits
 * count, in any case.
 *
 * @param file manifest-ALGORITHM.txt or tagmanifest-ALGORITHM.txt
 * @return NULL where there is none, or libcrypto lacks it
 */
const struct digest_algorithm *bag_manifest_algorithm(const char *file);

/** Note something about a line. */
void bag_manifest_note(struct bag_manifest *manifest, enum bag_note what, uint64_t line);

/** Report what was noted. */
void bag_manifest_tell(const struct bag_manifest *manifest, struct bag_report *report);

/** Free what it holds. */
void bag_manifest_free(struct bag_manifest *manifest);

#endif
