/*
 * What can be said of a file that is held against a manifest.
 */
#ifndef TREESUM_VERDICT_H
#define TREESUM_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

enum verdict {
	/** It is what the manifest says. */
	VERDICT_OK,
	/** --check: its digest is another one. */
	VERDICT_FAILED,
	/** Its contents are others: an edit. */
	VERDICT_CHANGED,
	/** The same, but size and mtime are as they were. */
	VERDICT_CORRUPT,
	/** The manifest does not list it. */
	VERDICT_NEW,
	/** It is not there any more. */
	VERDICT_MISSING,
	/** It is what another name was, which is gone. */
	VERDICT_MOVED,
	/** It is what another name is. */
	VERDICT_COPIED,
	/** It could not be read. */
	VERDICT_UNREADABLE,
	/** --dry-run: it would be read; its line would be dropped. */
	VERDICT_TO_READ,
	VERDICT_TO_DROP,
	/** How many there are. */
	VERDICTS,
};

/** What was said of a name. */
struct verdict_line {
	enum verdict verdict;
	/** Bytes, NUL-terminated or not. */
	const char *name;
	size_t name_size;
	/** The other name of VERDICT_MOVED, of _COPIED, and of _CORRUPT if it was renamed; or NULL. */
	const char *from;
	size_t from_size;
	/** What else there is to say, or NULL. */
	const char *remark;
	/** As `--algorithm` takes it: where the same may be said of a name for each of several; or NULL. */
	const char *algorithm;
};

/** As JSON has it: "ok". */
const char *verdict_name(enum verdict verdict);

/** As it stands after a number: "3 corrupt". */
const char *verdict_label(enum verdict verdict);

/**
 * As it stands after a name: "MOVED".
 *
 * @param check in the words of `sha512sum -c`: "FAILED open or read"
 */
const char *verdict_word(enum verdict verdict, bool check);

/** What can be said of a bag (RFC 8493, section 3), each worse than the one before. */
enum verdict_bag {
	VERDICT_VALID,
	/** Files are missing, or are there and not listed; nothing that is there is wrong. */
	VERDICT_INCOMPLETE,
	VERDICT_INVALID,
	/** How many there are. */
	VERDICTS_OF_BAGS,
};

/** What was said of a bag. */
struct verdict_bag_line {
	enum verdict_bag verdict;
	/** NUL-terminated. */
	const char *name;
	/** What was unusual, in words. */
	char *const *warnings;
	size_t warning_count;
};

/** As it stands after a bag's name, and in JSON: "valid". */
const char *verdict_bag_word(enum verdict_bag verdict);

#endif
