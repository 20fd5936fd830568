/*
 * What has become of the files that one manifest lists, held against another one, or against a
 * tree.
 */
#ifndef TREESUM_MANIFEST_DIFFERENCE_H
#define TREESUM_MANIFEST_DIFFERENCE_H

#include <stddef.h>

#include "hash/digest.h"
#include "manifest/catalog.h"

enum difference_word {
	DIFFERENCE_SAME,
	/** Other contents: an edit. */
	DIFFERENCE_CHANGED,
	/** Other contents, but size and mtime are the same: bit rot, or a forged time. */
	DIFFERENCE_CORRUPT,
	DIFFERENCE_NEW,
	/** It is not there any more. */
	DIFFERENCE_MISSING,
	/** Its contents were those of `from`, which is gone from there. */
	DIFFERENCE_MOVED,
	/** Its contents were those of `from`, which is still there. */
	DIFFERENCE_COPIED,
	/** What has become of it is not known. */
	DIFFERENCE_UNREADABLE,
	/** It lies outside of what was looked at. */
	DIFFERENCE_OUTSIDE,
	/** It is not there any more; the line of another name tells where it went. */
	DIFFERENCE_LEFT,
	/** How many there are. */
	DIFFERENCE_WORDS,
};

/** One name. */
struct difference {
	enum difference_word word;
	/** Whether `from` of another name is this one. */
	bool used;
	/** What it was, and what it is now; NULL where it was not, or is not, there. */
	const struct record *old;
	const struct record *new;
	/** MOVED and COPIED: the name that had these contents. */
	const struct difference *from;
	/** Private. */
	struct difference *next;
};

struct differences {
	/** By the bytes of the keys, each once. */
	struct difference *list;
	size_t count;
};

/** Records, by the bytes of their keys, each key once. */
struct difference_side {
	const struct record *records;
	size_t count;
};

/**
 * Says of a record that is not on the new side why: MISSING, UNREADABLE or OUTSIDE. NULL: each is
 * MISSING.
 */
typedef enum difference_word difference_absent(void *context, const struct record *old);

/**
 * Find out what has become of each name. Time and memory are linear in the number of records.
 *
 * A new record without a digest could not be read. An empty file is never moved or copied: it has
 * nothing that would show it.
 *
 * @param differences filled; to be freed with differences_free(); points into both sides
 * @return 0, or -1 with errno: ENOMEM, EIO where libcrypto failed
 */
int differences_find(const struct difference_side *old, const struct difference_side *new,
	const struct digest_algorithm *algorithm, difference_absent *absent, void *context,
	struct differences *differences);

/** All zeros is allowed. */
void differences_free(struct differences *differences);

#endif
