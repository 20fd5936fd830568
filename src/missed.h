/*
 * Files that a walk has not found, or has found in another state, as they were renamed during it.
 */
#ifndef TREESUM_MISSED_H
#define TREESUM_MISSED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "manifest/catalog.h"

/** All zeros at first: there are none. */
struct missed {
	struct missed_file *files;
	size_t count;
	size_t room;
	/** There may be others. */
	bool incomplete;
};

/** Add a file. @return 0, or -1 with errno ENOMEM */
int missed_add(struct missed *missed, const struct stat *status);

/** All are added; missed_may_be() may be called. */
void missed_end(struct missed *missed);

/**
 * Whether one of them may be the file of a line: its size and mtime are those of the annotation, or the
 * line has none.
 */
bool missed_may_be(const struct missed *missed, const struct record *line);

/** All zeros are allowed. */
void missed_free(struct missed *missed);

#endif
