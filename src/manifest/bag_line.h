/*
 * Lines of a bag's manifests, "DIGEST NAME", and of fetch.txt, "URL LENGTH NAME" (RFC 8493, sections
 * 2.1.3, 2.2.1 and 2.2.3, and the drafts 0.93 to 0.97 before it).
 *
 * Names are made what a walk below the bag would call them, and those that could lead out of the bag are
 * refused. What other tools write, and what can be understood in one way only, is accepted and noted.
 */
#ifndef TREESUM_MANIFEST_BAG_LINE_H
#define TREESUM_MANIFEST_BAG_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "hash/digest.h"
#include "manifest/bag_tags.h"

/** What there is to say about a line. */
enum bag_note {
	/* Errors: the line is no entry. */
	BAG_MALFORMED,
	/** A name that begins with a slash or `~`, or has "..". */
	BAG_OUTSIDE,
	/** A payload manifest or fetch.txt: a name that is not below data/. */
	BAG_NO_PAYLOAD,
	/** A tag manifest: a name below data/. */
	BAG_PAYLOAD,
	/** A tag manifest: the name of a tag manifest. */
	BAG_TAG_MANIFEST,
	/** A name with backslashes where its first slash should be. */
	BAG_BACKSLASH,
	/** Found by who compares lines: a name is listed again with another digest; a name in
	 * fetch.txt that no manifest has. */
	BAG_CONTRADICTION,
	BAG_UNLISTED,
	/* Warnings. */
	/** `*` before a name, as md5sum marks binary files. */
	BAG_STAR,
	/** A name with "./" or doubled slashes, which were dropped. */
	BAG_DOT,
	/** 1.0: a name with a `%` that is not part of %0A, %0D or %25. */
	BAG_PERCENT,
	/** Blank lines and comments: no entry either. */
	BAG_COMMENT,
	/** The last line has no end: the file may have been cut off. */
	BAG_UNENDED,
	/** A name is listed again with the same digest. */
	BAG_REPEATED,
	/** How many there are. */
	BAG_NOTES,
};

/** Whether a note is an error. */
static inline bool bag_note_is_error(enum bag_note note)
{
	return note < BAG_STAR;
}

/** A note in words, for a message about one line: "improperly formatted". */
const char *bag_note_text(enum bag_note note);

enum bag_line_kind {
	BAG_LINE_PAYLOAD,
	BAG_LINE_TAG,
	BAG_LINE_FETCH,
};

/** How to read the lines of a file. */
struct bag_line_format {
	enum bag_line_kind kind;
	enum bag_version version;
	/** Bytes of a digest; 0: the algorithm is not known, and any word will do. */
	size_t digest_size;
};

struct bag_line {
	/** NUL-terminated, with neither ".", ".." nor an empty component; points into the line. */
	char *name;
	size_t name_size;
	unsigned char digest[DIGEST_MAX_SIZE];
	/** A bit for each enum bag_note that applies. */
	unsigned notes;
};

/**
 * Parse a line, in UTF-8, without its end.
 *
 * @param line altered, and one byte past its end, too
 * @param parsed where it is no entry only `notes`, which then say why
 * @return whether it is an entry
 */
bool bag_line_parse(
	const struct bag_line_format *format, char *line, size_t size, struct bag_line *parsed);

#endif
