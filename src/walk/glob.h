/*
 * Wildcards, as rsync's patterns have them:
 *
 *     *       any bytes, or none, but no slash
 *     **      any bytes, or none
 *     ?       any byte but a slash
 *     [...]   one byte of a set, never a slash; [!...] and [^...]: one that is not in it; with
 * ranges (a-z) and classes ([:digit:], of ASCII alone, whatever the locale) \       the byte behind
 * it stands for itself, in a set, too
 *
 * A set without its end, or with an unknown class, matches nothing.
 */
#ifndef TREESUM_WALK_GLOB_H
#define TREESUM_WALK_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/** A path, as it is matched: with a slash in front of it. */
struct glob_path {
	/** Without that slash; not NUL-terminated. */
	const char *bytes;
	size_t size;
	/** It is matched with a slash behind it, too. */
	bool closed;
};

/**
 * Whether a pattern matches all of a path, from an offset on.
 *
 * Needs no memory. Time: at the worst the length of the path times that of its longest component
 * times that of the pattern.
 *
 * @param from 0 is the slash in front, 1 the first byte
 */
bool glob_match(const char *pattern, const struct glob_path *path, size_t from);

#endif
