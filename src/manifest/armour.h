/*
 * The armour that OpenPGP puts around a text that is signed (RFC 4880, section 7), line by line.
 */
#ifndef TREESUM_MANIFEST_ARMOUR_H
#define TREESUM_MANIFEST_ARMOUR_H

#include <stdbool.h>
#include <stddef.h>

/** Where a line stands. */
enum armour_part {
	/** In no armour. */
	ARMOUR_NONE,
	/** It is a line of the armour. */
	ARMOUR_AROUND,
	/** In the text that is signed. */
	ARMOUR_TEXT,
};

/** What was read so far. Start with {0}. */
struct armour {
	/** Private. */
	enum {
		ARMOUR_BEFORE,
		ARMOUR_HEADERS,
		ARMOUR_IN_TEXT,
		ARMOUR_SIGNATURE,
		ARMOUR_OUTSIDE,
	} state;
	/**
	 * A signed text began in the first line: nothing but that text counts, and there are no
	 * others.
	 */
	bool whole;
};

/**
 * Take the next line.
 *
 * @param line NULL where it was too long to be kept; in a signed text the escape at its start ("- ")
 * is taken off, if the text began in the first line
 * @param size as above
 */
enum armour_part armour_take(struct armour *armour, char **line, size_t *size);

#endif
