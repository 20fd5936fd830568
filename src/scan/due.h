/*
 * Unaltered files that are due to be read again, those that were read longest ago first.
 */
#ifndef TREESUM_SCAN_DUE_H
#define TREESUM_SCAN_DUE_H

#include <stddef.h>
#include <stdint.h>

#include "scan/tree.h"

struct due_file;

/** All zeros is empty. */
struct due {
	/** A heap: no file was read later than those below it. */
	struct due_file *files;
	size_t count;
	size_t room;
	/** How many were ever added. */
	uint64_t added;
	/** The sizes of all, in bytes. */
	uint64_t bytes;
};

/**
 * Add a file.
 *
 * @param read when it was last read, in seconds since the epoch; 0: unknown, which comes first
 * @return 0, or -1 with errno ENOMEM and nothing changed
 */
int due_push(struct due *due, struct node *node, int64_t read);

/** Remove the file that was read longest ago; of several, the one that was added first. @return it,
 * or NULL if there is none */
struct node *due_pop(struct due *due);

/** Free the memory; the nodes are not owned. */
void due_free(struct due *due);

#endif
