/*
 * What has become of the files that one manifest lists, held against another one, or against a
 * tree.
 */
#ifndef TREESUM_MANIFEST_DIFFERENCE_H
#define TREESUM_MANIFEST_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "hash/digest.h"
#include "manifest/catalog.h"

enum difference_word {
	DIFFERENCE_SAME,
	/** Other contents: an edit. */
	DIFFERENCE_CHANGED,
	/**
	 * Other contents, but mtime is the same: bit rot, or a forged time. With `from`, it is so under
	 * another name: see renamed_corrupt_find().
	 */
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
	/** Nor that, as it was not read: all that is known of it is its annotation. */
	DIFFERENCE_UNREAD,
	/** It lies outside of what was looked at. */
	DIFFERENCE_OUTSIDE,
	/** It is not there any more; the line of another name tells where it went. */
	DIFFERENCE_LEFT,
	/** How many there are. */
	DIFFERENCE_WORDS,
};

/** What else is to be said of a name. */
enum difference_remark {
	DIFFERENCE_NO_REMARK,
	/**
	 * CORRUPT: mtime is the same, and ctime is another one: the file was restored, or written
	 * and its time set back; or it is a copy.
	 */
	DIFFERENCE_CTIME_DIFFERS,
	/** CHANGED, of two manifests: mtime is the same. */
	DIFFERENCE_SAME_MTIME,
	/** Gone, or come: there is a name that differs only in Unicode normalisation. */
	DIFFERENCE_OTHER_NORMAL_FORM,
	/** How many there are. */
	DIFFERENCE_REMARKS,
};

/** One name. */
struct difference {
	enum difference_word word;
	enum difference_remark remark;
	/** Whether `from` of another name is this one. */
	bool used;
	/** UNREAD: its size and mtime show that it is CHANGED. */
	bool altered;
	/** Set by an update: its old line stays. */
	bool kept;
	/** What it was, and what it is now; NULL where it was not, or is not, there. */
	const struct record *old;
	const struct record *new;
	/** MOVED and COPIED: the name that had these contents. CORRUPT: the one that had this file. */
	const struct difference *from;
	/** The first CORRUPT or unread file that may be the one of this line; NULL: there is none. */
	const struct difference *successor;
	/** The next file of the same size and mtime whose contents came from no line, or are not known.
	 */
	struct difference *twin;
	/** Private. */
	struct difference *next;
};

struct differences {
	/** By the bytes of the keys, each once. */
	struct difference *list;
	size_t count;
};

/** Says of a record of the other side that is not on this one why: MISSING, UNREADABLE or OUTSIDE. */
typedef enum difference_word difference_absent(void *context, const struct record *other);

/** Records, by the bytes of their keys, each key once. */
struct difference_side {
	const struct record *records;
	size_t count;
	/** NULL: each that is not here is MISSING, or, if this is the old side, NEW on the other. */
	difference_absent *absent;
	void *context;
};

/** The two sides of a comparison. */
struct difference_search {
	struct difference_side old;
	struct difference_side new;
	const struct digest_algorithm *algorithm;
	/**
	 * Both sides are of one kind, manifests or trees: of neither it is known that its contents are
	 * those that belong to its times, and nothing is CORRUPT. Otherwise the new side was read just
	 * now, and all of its ctimes are known.
	 */
	bool alike;
};

/**
 * Find out what has become of each name. Time and memory are linear in the number of records.
 *
 * A record without a digest could not be read, or, where it is new and annotated, was not. An empty
 * file is never moved or copied: it has nothing that would show it.
 *
 * Contents that differ from their digest are CORRUPT where they were so before (annotation.suspect),
 * where mtime is the same, whatever the size, or
 * one mtime is the other cut to what a coarser file system keeps. They are CHANGED all the same
 * where mtime proves nothing: the file was written just before it was read (annotation.young), or
 * mtime is 0 or 1 s, as build systems set it, and ctime is not known to be the same.
 *
 * @param differences filled; to be freed with differences_free(); points into both sides
 * @return 0, or -1 with errno: ENOMEM, EIO where libcrypto failed
 */
int differences_find(const struct difference_search *search, struct differences *differences);

/** All zeros is allowed. */
void differences_free(struct differences *differences);

#endif
