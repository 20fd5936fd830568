/*
 * What can be said of a file that is held against a manifest.
 */
#ifndef TREESUM_VERDICT_H
#define TREESUM_VERDICT_H

#include <stdbool.h>

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
	/** How many there are. */
	VERDICTS,
};

/** As JSON has it: "ok". */
const char *verdict_name(enum verdict verdict);

/**
 * As it stands after a name, and before another one: "MOVED from".
 *
 * @param check in the words of `sha512sum -c`: "FAILED open or read"
 */
const char *verdict_word(enum verdict verdict, bool check);

#endif
