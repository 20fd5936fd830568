/*
 * What a walk has found below a bag.
 */
#ifndef TREESUM_BAG_CONTENTS_H
#define TREESUM_BAG_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bag_list.h"
#include "bag_report.h"
#include "scan/tree.h"
#include "sys/arena.h"
#include "tally.h"

enum bag_found_kind {
	/** A regular file, with its digests. */
	BAG_FOUND_FILE,
	/** One that could not be read, or whose type could not be found out. */
	BAG_FOUND_UNREAD,
	/** An output of the run itself. */
	BAG_FOUND_OWN,
	BAG_FOUND_LINK,
	/** A FIFO, a socket or a device. */
	BAG_FOUND_SPECIAL,
	BAG_FOUND_DIRECTORY,
	/** A directory that could not be listed to its end. */
	BAG_FOUND_CLOSED,
};

struct bag_found {
	/** Below the bag, with a slash behind that of a directory. NUL-terminated. */
	const char *name;
	enum bag_found_kind kind;
	/** Those of the list's algorithms, one behind the other; or NULL. */
	const unsigned char *digests;
};

/** All zeros is nothing. */
struct bag_contents {
	/** By name, after bag_contents_end(). */
	struct bag_found *found;
	size_t count;
	size_t room;
	/** The bag itself could not be listed to its end. */
	bool closed;
	/** Files below data/, and whether there may be more, or other ones: something there could not
	 * be read, is a link or a special file, or is an output of the run. */
	uint64_t files;
	uint64_t bytes;
	bool uncertain;
	/** Names and digests. */
	struct arena memory;
};

/** Whether a name is that of payload, or of the payload directory. */
bool bag_contents_is_payload(const char *name);

/**
 * Add an entry of the walk, of the bag itself or below it. Why a file of the bag, or one that is listed,
 * could not be read is reported.
 *
 * @param list of the bag
 * @return 0, or -1 with errno ENOMEM
 */
int bag_contents_add(struct bag_contents *contents, const struct tree_entry *entry,
	const struct bag_list *list, struct bag_report *report, struct tally *tally);

/** All entries were added. */
void bag_contents_end(struct bag_contents *contents);

/** Find a name; that of a directory ends in a slash. @return NULL where it was not found */
const struct bag_found *bag_contents_find(const struct bag_contents *contents, const char *name);

/** Free what it holds. */
void bag_contents_free(struct bag_contents *contents);

#endif
