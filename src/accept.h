/*
 * Which changes an update accepts as intended: `--accept=WORD[:PATTERN][,...]`.
 */
#ifndef TREESUM_ACCEPT_H
#define TREESUM_ACCEPT_H

#include <stdbool.h>

#include "walk/filter.h"

enum accept_word {
	/** Trees below which the manifest lists nothing. */
	ACCEPT_NEW,
	/** Missing files, even if a disk may not be mounted, or other files could not be read. */
	ACCEPT_MISSING,
	/** New digests for more than half of the lines below a PATH. */
	ACCEPT_CHANGED,
	/** The new digests of corrupt files. */
	ACCEPT_CORRUPT,
	/** The number of words. */
	ACCEPT_WORDS,
};

/** The names for which a word was given. */
struct accepted {
	/** All names. */
	bool all;
	/** The names that this filter matches; or NULL. */
	struct filter *names;
};

/** All zeros at first: nothing is accepted. */
struct accept {
	struct accepted words[ACCEPT_WORDS];
};

/**
 * Add the argument of one option. A comma followed by one of the words is a separator; any other
 * comma belongs to a pattern.
 *
 * @return 0, or -1 if the argument is invalid, which was reported
 */
int accept_parse(struct accept *accept, const char *text);

/** Whether a word was given, with a pattern or without. */
bool accept_given(const struct accept *accept, enum accept_word word);

/** Whether a word was given for a name. @param key as catalog_key() writes it */
bool accept_name(const struct accept *accept, enum accept_word word, const char *key);

/** Free the filters. */
void accept_free(struct accept *accept);

#endif
