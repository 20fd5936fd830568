/*
 * The text of a bag's tag files: decoding, and lines.
 *
 * BagIt (RFC 8493, section 2.3, and the drafts before it) lets a bag declare the encoding of its tag files
 * and lets a line end in LF, CR or CRLF. Names in a file system are bytes; they are compared with names in
 * tag files after these were converted to UTF-8.
 */
#ifndef TREESUM_MANIFEST_BAG_TEXT_H
#define TREESUM_MANIFEST_BAG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Whether `size` bytes at `name` are the name of an encoding that bag_text_decode() knows. */
bool bag_text_knows(const char *name, size_t size);

/** Whether that is UTF-8, so that a text is only checked. */
bool bag_text_is_utf8(const char *name, size_t size);

/**
 * Convert a text to UTF-8 and take off a byte order mark.
 *
 * In UTF-16 and UTF-32 without a mark, the first character is taken to be ASCII, as it always is in a
 * tag file; RFC 2781 allows that, and big-endian is what is left.
 *
 * @param encoding a name that bag_text_knows(), of `encoding_size` bytes
 * @param text replaced by other memory, with room for one byte more; on error unmodified
 * @param marked set to whether there was a byte order mark that UTF-8 should not have
 * @return 0, or -1 with errno: EILSEQ where the text is not in this encoding, ENOMEM
 */
int bag_text_decode(
	const char *encoding, size_t encoding_size, char **text, size_t *size, bool *marked);

/** A text and how much of it was read. */
struct bag_text {
	/** The rest of it. */
	char *next;
	size_t left;
	/** The number of the line that was read last, from 1. */
	uint64_t line;
	/** That line has no end: the text stops in it. */
	bool unended;
};

/**
 * Read the next line.
 *
 * @param line set to its first byte
 * @param size set to its size in bytes, without what ends it
 * @return false at the end of the text
 */
bool bag_text_next(struct bag_text *text, char **line, size_t *size);

#endif
