/*
 * What --prefix-map made of the names that a manifest lists: two of them must not become one.
 */
#ifndef TREESUM_MAPPED_NAMES_H
#define TREESUM_MAPPED_NAMES_H

#include "manifest/line.h"
#include "prefix_map.h"

/** Empty with nothing but a map. */
struct mapped_names {
	/** Without rules, no name is remembered. */
	const struct prefix_map *map;
	/** A tree of struct mapped (tsearch(3)). */
	void *root;
};

/**
 * Map the name of a line, and remember it. If another name has become the same, that is reported.
 *
 * @param path set to the name under which the file is looked for, to be freed; or to NULL: as it is
 * listed
 * @return 0, or -1 with errno ENOMEM
 */
int mapped_names_add(struct mapped_names *names, const struct line_entry *line, char **path);

/** Free all names, but not the struct. */
void mapped_names_free(struct mapped_names *names);

#endif
