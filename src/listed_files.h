/*
 * The files that a manifest with lines of several algorithms lists. Each is read once for all its
 * lines, wherever they stand: a file that was read is remembered, until KEPT others were listed after it.
 */
#ifndef TREESUM_LISTED_FILES_H
#define TREESUM_LISTED_FILES_H

#include <stdbool.h>

#include "scan/tree.h"

struct listed_files;

/**
 * @param tree of the nodes, which it does not keep; must outlive the files
 * @return NULL with errno ENOMEM
 */
struct listed_files *listed_files_new(struct tree *tree);

/**
 * Find the node of a name, for one more line.
 *
 * @return NULL where it is to be read, as a new node
 */
struct node *listed_files_find(struct listed_files *files, const char *name);

/**
 * Add a new node, for its first line. From now on the node, and its context, belong to the files.
 *
 * @return 0, or -1 with errno ENOMEM and the node still the caller's
 */
int listed_files_add(struct listed_files *files, struct node *node);

/** Whether a line is the first one of its file that is told; asked once for each line. */
bool listed_files_tell(struct node *node);

/** A line is forgotten: its file may be, too. */
void listed_files_release(struct listed_files *files, struct node *node);

/** Free, with all nodes. NULL is allowed. */
void listed_files_free(struct listed_files *files);

#endif
