/*
 * The files beside a target: the directory that it is in, after links were followed, and their names
 * there.
 */
#ifndef TREESUM_MANIFEST_BESIDE_H
#define TREESUM_MANIFEST_BESIDE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/** Suffixes: of what is written before it replaces the target, and of the journal. */
#define BESIDE_TEMPORARY ".treesum"
#define BESIDE_JOURNAL ".treesum-journal"

/**
 * Open the directory of a target. Links that the path ends in are followed; the file itself need
 * not exist.
 *
 * @param name set to the target's name in the directory
 * @return a descriptor, the caller's to close; or -1 with errno (ENAMETOOLONG, ELOOP, EISDIR: the
 *         path ends in a slash)
 */
int beside_open(const char *path, char name[static NAME_MAX + 1]);

/**
 * Make the name of a file beside a target: a dot, the target's name, cut off if the whole would be
 * too long, and a suffix.
 *
 * @param suffix shorter than NAME_MAX - 1
 */
void beside_name(const char *name, const char *suffix, char beside[static NAME_MAX + 1]);

/** The size of a last component that beside_name() makes with one of the suffixes, without that; 0: it
 * is none. */
size_t beside_without_suffix(const char *name);

/** Whether a last component is one that beside_name() makes with one of the suffixes. */
bool beside_is_name(const char *name);

/**
 * Whether a regular file below a directory is what a killed run has left: it has such a name, and there
 * is a regular file of that target's name beside it. If the name is as long as a name can be, the
 * target's is not known, and it is one in any case.
 */
bool beside_is_leftover(const char *path);

#endif
