/*
 * What an update is told to take as meant: `--accept=WORD[:PATTERN][,...]`.
 */
#ifndef TREESUM_ACCEPT_H
#define TREESUM_ACCEPT_H

#include <stdbool.h>

#include "walk/filter.h"

enum accept_word {
	/** Trees of which the manifest lists nothing. */
	ACCEPT_NEW,
	/** Files that are gone from where a disk may be missing, or while others are unread. */
	ACCEPT_MISSING,
	/** Edits of more than half of a tree. */
	ACCEPT_CHANGED,
	/** The new digests of corrupt files. */
	ACCEPT_CORRUPT,
	/** How many there are. */
	ACCEPT_WORDS,
};

/** For which names a word was given. */
struct accepted {
	/** For all. */
	bool all;
	/** For those that it excludes; or NULL. */
	struct filter *names;
};

/** All zeros at first: nothing is accepted. */
struct accept {
	struct accepted words[ACCEPT_WORDS];
};

/**
 * Add what one option says. A comma before one of the words separates; any other is one of a
 * pattern.
 *
 * @return 0, or -1 where that is no good, which was reported
 */
int accept_parse(struct accept *accept, const char *text);

/** Whether a word was given, with a pattern or without. */
bool accept_given(const struct accept *accept, enum accept_word word);

/** Whether a word was given for a name. @param key as catalog_key() writes it */
bool accept_name(const struct accept *accept, enum accept_word word, const char *key);

/** Free what it holds. */
void accept_free(struct accept *accept);

#endif
