/*
 * Maps listed names to the names under which files are looked for: `--prefix-map=OLD=NEW`.
 */
#ifndef TREESUM_PREFIX_MAP_H
#define TREESUM_PREFIX_MAP_H

#include <stdbool.h>
#include <stddef.h>

/** One rule. */
struct prefix_rule {
	struct prefix_rule *next;
	/** In the form in which names are compared (catalog_key()), NUL-terminated. */
	char *old;
	char *new;
	size_t old_size;
	size_t new_size;
};

/** All zeros is empty: no name is changed. */
struct prefix_map {
	/** In reverse order, as the last rule that fits applies. */
	struct prefix_rule *rules;
};

/** Add a rule "OLD=NEW". @return 0, or -1 if it is invalid, which was reported */
int prefix_map_add(struct prefix_map *map, const char *text);

/** Bytes that a key of this size needs after it is mapped, including its NUL. */
size_t prefix_map_bound(const struct prefix_map *map, size_t key_size);

/**
 * Map a key by the last rule whose OLD equals the key, or the part of the key before a slash. An
 * empty OLD fits each relative key; an empty NEW leaves what follows the slash.
 *
 * @param key as catalog_key() writes it, NUL-terminated
 * @param mapped prefix_map_bound() bytes; NUL-terminated
 * @return whether a rule fits; otherwise `mapped` is a copy of the key
 */
bool prefix_map_apply(const struct prefix_map *map, const char *key, size_t key_size, char *mapped);

/** Free the rules. */
void prefix_map_free(struct prefix_map *map);

#endif
