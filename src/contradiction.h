/*
 * What on a command line contradicts what.
 */
#ifndef TREESUM_CONTRADICTION_H
#define TREESUM_CONTRADICTION_H

#include <stdint.h>

#include "options.h"

/** What the line says besides the options that are kept. */
struct contradiction_seen {
	/** A bit for each option that was given: contradiction_note(). */
	uint64_t options;
	/** More than one mode. */
	bool modes;
	/** --binary or --text, and the last of these and --tag was --text. */
	bool mode;
	bool text;
	/** Patterns were read from standard input. */
	bool input_patterns;
	/** A list of patterns could not be read: then the line itself is right. */
	bool bad_patterns;
};

/** Note that an option was given. @param name its long one; of -P, which has none, "P" */
void contradiction_note(struct contradiction_seen *seen, const char *name);

/**
 * Look for a contradiction, in the order in which sha512sum does.
 *
 * @param options with the operands
 * @return a message, valid until the next call, or NULL
 */
const char *contradiction_find(const struct options *options, struct contradiction_seen *seen);

#endif
