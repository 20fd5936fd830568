/*
 * The patterns that the command line gives, and the lists of them that it names.
 */
#ifndef TREESUM_PATTERNS_H
#define TREESUM_PATTERNS_H

#include <stdbool.h>

#include "walk/filter.h"

/**
 * Add the pattern of an --exclude or an --include.
 *
 * @param filter NULL before the first
 * @return 0, or -1 where it is no good, which was reported
 */
int patterns_add(struct filter **filter, const char *pattern, bool include);

/**
 * Add the patterns of an --exclude-from: one a line, each as of an --exclude. A line is ended by LF
 * or CR; empty ones, and those that start with '#' or ';', are passed over.
 *
 * @param list the name of a file, or "-" for standard input; waits for what is no regular file
 * @return as patterns_add()
 */
int patterns_read(struct filter **filter, const char *list);

#endif
