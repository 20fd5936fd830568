#include "prefix_map.h"

#include "manifest/catalog.h"
#include "ui/quote.h"
#include "ui/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** @return a rule with a copy of both names, or NULL with errno ENOMEM */
static struct prefix_rule *new_rule(const char *old, size_t old_size, const char *new)
{
	struct prefix_rule *rule = calloc(1, sizeof(*rule));
	if (!rule)
		return NULL;
	rule->old = malloc(old_size + 1);
	rule->new = malloc(strlen(new) + 1);
	if (!rule->old || !rule->new) {
		free(rule->old);
		free(rule->new);
		free(rule);
		return NULL;
	}
	rule->old_size = catalog_key(old, old_size, rule->old);
	rule->new_size = catalog_key(new, strlen(new), rule->new);
	return rule;
}

int prefix_map_add(struct prefix_map *map, const char *text)
{
	const char *new = strchr(text, '=');
	if (!new) {
		char *quoted = quote_shell(text, true);
		report_message("invalid prefix map: %s (OLD=NEW)", quoted ? quoted : text);
		free(quoted);
		return -1;
	}
	struct prefix_rule *rule = new_rule(text, (size_t)(new - text), new + 1);
	if (!rule) {
		report_message("cannot start: %s", strerror(errno));
		return -1;
	}
	rule->next = map->rules;
	map->rules = rule;
	return 0;
}

/** Whether a rule fits a key. */
static bool fits(const struct prefix_rule *rule, const char *key, size_t key_size)
{
	if (rule->old_size == 0)
		return key[0] != '/';
	if (key_size < rule->old_size || memcmp(key, rule->old, rule->old_size) != 0)
		return false;
	/* The root "/" ends in a slash itself. */
	return key_size == rule->old_size || key[rule->old_size] == '/' ||
		rule->old[rule->old_size - 1] == '/';
}

size_t prefix_map_bound(const struct prefix_map *map, size_t key_size)
{
	size_t longest = 0;
	for (const struct prefix_rule *rule = map->rules; rule; rule = rule->next)
		longest = rule->new_size > longest ? rule->new_size : longest;
	return longest + 1 + key_size + 1;
}

bool prefix_map_apply(const struct prefix_map *map, const char *key, size_t key_size, char *mapped)
{
	const struct prefix_rule *rule = map->rules;
	while (rule && !fits(rule, key, key_size))
		rule = rule->next;
	if (!rule) {
		memcpy(mapped, key, key_size + 1);
		return false;
	}
	const char *rest = key + rule->old_size;
	rest += *rest == '/';
	char *next = mempcpy(mapped, rule->new, rule->new_size);
	if (rule->new_size > 0 && next[-1] != '/' && *rest)
		*next++ = '/';
	strcpy(next, rest);
	return true;
}

void prefix_map_free(struct prefix_map *map)
{
	struct prefix_rule *rule;
	while ((rule = map->rules)) {
		map->rules = rule->next;
		free(rule->old);
		free(rule->new);
		free(rule);
	}
}
