#include "mapped_names.h"

#include "manifest/catalog.h"
#include "ui/report.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/** What a listed name was mapped to. */
struct mapped {
	/** NUL-terminated, owned. If no rule fits, the listed name. */
	char *key;
	/** The listed name as it is compared, NUL-terminated. */
	char listed[];
};

/** For tsearch(3). */
static int compare_mapped(const void *one, const void *other)
{
	return strcmp(((const struct mapped *)one)->key, ((const struct mapped *)other)->key);
}

/** For tdestroy(3). */
static void free_mapped(void *mapped)
{
	free(((struct mapped *)mapped)->key);
	free(mapped);
}

/** Remember a name, which becomes the tree's own. @return 0, or -1 with errno ENOMEM */
static int keep(struct mapped_names *names, struct mapped *mapped)
{
	struct mapped **found = tsearch(mapped, &names->root, compare_mapped);
	if (!found) {
		free_mapped(mapped);
		errno = ENOMEM;
		return -1;
	}
	if (*found == mapped)
		return 0;
	if (strcmp((*found)->listed, mapped->listed) != 0)
		report_file_reason(
			mapped->listed, "becomes a name that is listed already (--prefix-map)");
	free_mapped(mapped);
	return 0;
}

int mapped_names_add(struct mapped_names *names, const struct line_entry *line, char **path)
{
	const struct prefix_map *map = names->map;
	*path = NULL;
	/* Standard input is nowhere. */
	if (!map->rules || strcmp(line->name, "-") == 0)
		return 0;
	struct mapped *mapped = malloc(sizeof(*mapped) + line->name_size + 1);
	if (!mapped)
		return -1;
	size_t size = catalog_key(line->name, line->name_size, mapped->listed);
	mapped->key = malloc(prefix_map_bound(map, size));
	if (!mapped->key) {
		free(mapped);
		return -1;
	}
	if (prefix_map_apply(map, mapped->listed, size, mapped->key) &&
		!(*path = strdup(mapped->key))) {
		free_mapped(mapped);
		return -1;
	}
	return keep(names, mapped);
}

void mapped_names_free(struct mapped_names *names)
{
	tdestroy(names->root, free_mapped);
}
