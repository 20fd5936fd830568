/*
 * One line of a manifest, in the formats of GNU sha512sum: pure functions of bytes.
 */
#ifndef TREESUM_MANIFEST_LINE_H
#define TREESUM_MANIFEST_LINE_H

#include <stdbool.h>
#include <stddef.h>

/** How lines are written. */
struct line_format {
	/** The algorithm's tag, such as "SHA512", for tagged lines; otherwise NULL. */
	const char *tag;
	/** '*' with --binary, otherwise ' '. */
	char mode;
	/** Ends the line: '\n', or '\0', which also turns escaping off. */
	char end;
};

/** What a line is. */
enum line_kind {
	/** An entry: name and digest. */
	LINE_ENTRY,
	/** Empty, or a comment. */
	LINE_IGNORED,
	/** Anything else. */
	LINE_MALFORMED,
};

/** What a reader of lines expects, and what it has learnt so far: one for all of a run.
 */
struct line_reader {
	/** The algorithm's tag and digest size in bytes. */
	const char *tag;
	size_t digest_size;
	/** Other tags that count, NULL behind the last; NULL: none. */
	const char *const *other_tags;
	/** Lines without a tag are malformed. */
	bool only_tagged;
	/** Set by line_parse(): the untagged style first seen holds for the rest. Start with 0. */
	enum {
		LINE_STYLE_UNKNOWN,
		LINE_STYLE_STANDARD,
		LINE_STYLE_REVERSED
	} style;
};

struct line_entry {
	/** Points into the line, unescaped in place, NUL-terminated. */
	char *name;
	size_t name_size;
	/** The raw digest: reader->digest_size bytes. */
	unsigned char digest[64];
};

/**
 * Parse one line.
 *
 * @param line with its line end still there, if it had one; altered where it is an entry. Without one, the byte after
 * its end must be there too, and is overwritten
 * @param size bytes of the line, line end included
 * @param entry is filled for LINE_ENTRY, otherwise in an unknown state. Its name may be empty, and
 * is never shortened: a line that holds a NUL is malformed
 */
enum line_kind line_parse(
	struct line_reader *reader, char *line, size_t size, struct line_entry *entry);

/** The most bytes that line_print() can write for a name of this many bytes. */
size_t line_bound(const struct line_format *format, size_t digest_size, size_t name_size);

/**
 * Write one entry's line, its end included (no NUL is added).
 *
 * @param out room for line_bound() bytes
 * @return bytes written
 */
size_t line_print(const struct line_format *format, const unsigned char *digest, size_t digest_size,
	const char *name, size_t name_size, char *out);

/** Whether a name has to be escaped in a line: it holds a backslash, a LF or a CR. */
bool line_name_is_special(const char *name, size_t size);

/**
 * Write a name alone. A line with an escaped name begins with a backslash, which is the caller's.
 *
 * @param escape otherwise it is written as it is
 * @param out room for 2 × size bytes
 * @return bytes written
 */
size_t line_print_name(const char *name, size_t size, bool escape, char *out);

#endif
