/*
 * What on a command line contradicts what.
 */
#ifndef TREESUM_CONTRADICTION_H
#define TREESUM_CONTRADICTION_H

#include "options.h"

/** What the line says besides the options that are kept. */
struct contradiction_seen {
	/** More than one mode. */
	bool modes;
	/** --binary or --text, and the last of these and --tag was --text. */
	bool mode;
	bool text;
	/** What is about the files below a directory. */
	bool selection;
	/** Patterns were read from standard input. */
	bool input_patterns;
	/** A list of patterns could not be read: then the line itself is right. */
	bool bad_patterns;
};

/**
 * Look for a contradiction, in the order in which sha512sum does.
 *
 * @param options with the operands
 * @return a message, or NULL
 */
const char *contradiction_find(
	const struct options *options, const struct contradiction_seen *seen);

#endif
