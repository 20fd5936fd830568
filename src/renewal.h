/*
 * The lines of a manifest that is updated: which are kept, which are renewed, which are lost.
 */
#ifndef TREESUM_RENEWAL_H
#define TREESUM_RENEWAL_H

#include <stdbool.h>
#include <stdint.h>

#include "manifest/difference.h"
#include "missed.h"
#include "options.h"

/** Why a line is kept that would be dropped or replaced otherwise. */
enum renewal_reason {
	/** The file is missing, and something that was found could not be read. */
	RENEWAL_UNREAD,
	/** The file is missing, and time ran out before all that was found was read. */
	RENEWAL_LATE,
	/** The file may be one that was renamed during the walk. */
	RENEWAL_MOVING,
	/** Its file was corrupt and is gone, or may be a corrupt one of another name. */
	RENEWAL_RENAMED,
	/** The file is altered, and a file that was not read has its size and mtime. */
	RENEWAL_ALTERED,
	/** Its contents were found, but in a file that keeps another line. */
	RENEWAL_LAST,
	/** The number of reasons. */
	RENEWAL_REASONS,
};

struct renewal {
	const struct options *options;
	/** `kept` of a difference is set here. */
	struct differences *differences;
	/** How many lines are kept, by reason. */
	uint64_t kept[RENEWAL_REASONS];
};

/** The new record of a name, or NULL if its line is dropped. */
const struct record *renewal_record(
	const struct renewal *renewal, const struct difference *difference);

/** Whether a line is dropped without --accept. A line whose file was moved is not lost. */
bool renewal_drops(const struct renewal *renewal, const struct difference *difference);

/**
 * Whether a line gets a new digest without --accept. A digest that was moved to another name is not
 * lost; that of a corrupt file changes only with --accept.
 */
bool renewal_changes(const struct renewal *renewal, const struct difference *difference);

/** Whether a line goes without --accept, and its digest was found in no other file. */
bool renewal_loses(const struct renewal *renewal, const struct difference *difference);

/** Whether renewal_drops() is true of any line. */
bool renewal_drops_any(const struct renewal *renewal);

/** Keep the lines of files that were corrupt and are gone, or may be corrupt or unread ones of other
 * names. To be called first. */
void renewal_keep_renamed(struct renewal *renewal);

/** Keep the lines that renewal_drops(). */
void renewal_keep_missing(struct renewal *renewal, enum renewal_reason reason);

/** Keep the lines that renewal_loses() if their files may be among the missed. */
void renewal_keep_missed(struct renewal *renewal, const struct missed *missed);

/**
 * Keep each line whose contents were found, but only in files that keep another line. To be called
 * after renewal_keep_missing().
 *
 * @return 0, or -1 with errno ENOMEM
 */
int renewal_keep_last(struct renewal *renewal);

#endif
