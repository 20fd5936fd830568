/*
 * What a bag says that it holds: its manifests, tag manifests and fetch.txt, read and sorted.
 */
#ifndef TREESUM_BAG_LIST_H
#define TREESUM_BAG_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bag_manifest.h"
#include "bag_report.h"
#include "hash/digest_set.h"
#include "manifest/bag_tags.h"
#include "sys/arena.h"
#include "sys/stamp.h"

/** The most manifests, tag manifests and fetch.txt of a bag: a bit each. */
#define BAG_LIST_MANIFESTS 64

/** A line of one of them. */
struct bag_entry {
	/** Below the bag. NUL-terminated. */
	const char *name;
	/** Of the manifest's algorithm, or NULL. */
	const unsigned char *digest;
	/** Index of the manifest, and the number of the line in it. */
	uint32_t manifest;
	uint32_t line;
};

/** A tag file that was to be read. */
struct bag_read {
	const char *name;
	/** It could not be read, which was reported. */
	bool failed;
	/** What it was, if it was read. */
	struct stamp stamp;
};

struct bag_list {
	enum bag_version version;
	/** The bag's directory. */
	struct stamp root;
	/** By name; fetch.txt at the end. */
	struct bag_manifest manifests[BAG_LIST_MANIFESTS];
	size_t manifest_count;
	/** By name, then by manifest and line. */
	struct bag_entry *entries;
	size_t count;
	size_t room;
	/** The algorithms of all of them. */
	struct digest_set algorithms;
	struct bag_oxum oxum;
	/** The tag files that were to be read and are there, or should be. */
	struct bag_read reads[BAG_LIST_MANIFESTS + 2];
	size_t read_count;
	/** Lines of manifests that are no entries. */
	uint64_t malformed;
	/** Digests. */
	struct arena digests;
};

/**
 * Read what a bag lists. What is wrong is reported.
 *
 * @param list filled; to be freed in any case
 * @return 1 where it lists something that its files can be compared with, 0 where not, or -1 where the run
 *         cannot go on, which was reported
 */
int bag_list_load(struct bag_list *list, struct bag_report *report);

/**
 * Whether a name is listed.
 *
 * @param below a name below it is asked for
 */
bool bag_list_has(const struct bag_list *list, const char *name, bool below);

/** Free what it holds. */
void bag_list_free(struct bag_list *list);

#endif
