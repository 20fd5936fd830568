/*
 * Where listed names are looked for: `--prefix-map=OLD=NEW`.
 */
#ifndef TREESUM_PREFIX_MAP_H
#define TREESUM_PREFIX_MAP_H

#include <stdbool.h>
#include <stddef.h>

/** One rule. */
struct prefix_rule {
	struct prefix_rule *next;
	/** As names are compared (catalog_key()), NUL-terminated. */
	char *old;
	char *new;
	size_t old_size;
	size_t new_size;
};

/** All zeros is empty: each name is looked for as it is listed. */
struct prefix_map {
	/** The last one that was given first: it is the first that is tried. */
	struct prefix_rule *rules;
};

/** Add a rule "OLD=NEW". @return 0, or -1 where it is no good, which was reported */
int prefix_map_add(struct prefix_map *map, const char *text);

/** Room for a key of this many bytes when it has been mapped, its NUL included. */
size_t prefix_map_bound(const struct prefix_map *map, size_t key_size);

/**
 * Write what a key is looked for as: the last rule holds whose OLD is the key, or stands before a
 * slash in it. An empty OLD stands before each relative key; an empty NEW leaves what follows the
 * slash.
 *
 * @param key as catalog_key() writes it, NUL-terminated
 * @param mapped prefix_map_bound() bytes; NUL-terminated
 * @return whether a rule fits; otherwise it is the key
 */
bool prefix_map_apply(const struct prefix_map *map, const char *key, size_t key_size, char *mapped);

/** Free what it holds. */
void prefix_map_free(struct prefix_map *map);

#endif
