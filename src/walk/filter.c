#include "walk/filter.h"

#include "walk/glob.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct rule {
	struct rule *next;
	bool include;
	/** It matches directories only. */
	bool directory;
	/** A directory is matched with a slash behind it. */
	bool closed;
	/** It has wildcards. */
	bool wild;
	/** How many last components of a path it is matched with; or 0 ... */
	size_t components;
	/** ... and then from where on, as glob_match() has it: 0 or 1. */
	size_t start;
	/** Bytes of the pattern, without its NUL. */
	size_t size;
	char pattern[];
};

struct filter {
	struct rule *rules;
	struct rule **rules_end;
};

struct filter *filter_new(void)
{
	struct filter *filter = calloc(1, sizeof(*filter));
	if (filter)
		filter->rules_end = &filter->rules;
	return filter;
}

static void clear(struct filter *filter)
{
	while (filter->rules) {
		struct rule *next = filter->rules->next;
		free(filter->rules);
		filter->rules = next;
	}
	filter->rules_end = &filter->rules;
}

static size_t count_slashes(const char *pattern, size_t size)
{
	size_t count = 0;
	for (size_t i = 0; i < size; i++)
		count += pattern[i] == '/';
	return count;
}

/** Make a rule of a pattern, which is not empty. @return NULL with errno ENOMEM */
static struct rule *new_rule(const char *pattern, bool include)
{
	/* A "**" that is not at the start may come after any slash, also after the one in front. */
	static const char anywhere[] = "**/";
	size_t size = strlen(pattern), before = 0;
	bool directory = size > 1 && pattern[size - 1] == '/';
	size -= directory;
	bool anchored = pattern[0] == '/';
	const char *stars = strstr(pattern, "**");
	if (stars && stars > pattern && !anchored)
		before = sizeof(anywhere) - 1;

	struct rule *rule = calloc(1, sizeof(*rule) + before + size + 1);
	if (!rule)
		return NULL;
	rule->include = include;
	rule->directory = directory;
	rule->closed = size >= 3 && memcmp(pattern + size - 3, "***", 3) == 0;
	if (!stars && !anchored)
		rule->components = count_slashes(pattern, size) + 1;
	rule->start = anchored;
	rule->size = before + size - anchored;
	memcpy(rule->pattern, anywhere, before);
	memcpy(rule->pattern + before, pattern + anchored, size - anchored);
	rule->wild = strpbrk(rule->pattern, "*?[");
	return rule;
}

int filter_add(struct filter *filter, const char *text, bool include)
{
	if (strcmp(text, "!") == 0) {
		clear(filter);
		return 0;
	}
	if ((text[0] == '-' || text[0] == '+') && text[1] == ' ') {
		include = text[0] == '+';
		text += 2;
		if (!*text) {
			errno = EINVAL;
			return -1;
		}
	}
	if (!*text)
		return 0;
	struct rule *rule = new_rule(text, include);
	if (!rule)
		return -1;
	*filter->rules_end = rule;
	filter->rules_end = &rule->next;
	return 0;
}

/** Where the last components of a path start, or 0 where it has fewer. */
static size_t last_components(const struct glob_path *path, size_t count)
{
	for (size_t i = path->size; i > 0; i--) {
		if (path->bytes[i - 1] == '/' && --count == 0)
			return i + 1;
	}
	return count == 1;
}

static bool matches(const struct rule *rule, struct glob_path path, bool directory)
{
	if (rule->directory && !directory)
		return false;
	size_t start = rule->start;
	if (rule->components > 0) {
		start = last_components(&path, rule->components);
		if (start == 0)
			return false;
	}
	path.closed = directory && rule->closed;
	if (rule->wild)
		return glob_match(rule->pattern, &path, start);
	size_t before = start - 1;
	return path.size - before == rule->size &&
		memcmp(path.bytes + before, rule->pattern, rule->size) == 0;
}

bool filter_excludes(const struct filter *filter, const char *bytes, size_t size, bool directory)
{
	struct glob_path path = {.bytes = bytes, .size = size};
	for (const struct rule *rule = filter ? filter->rules : NULL; rule; rule = rule->next) {
		if (matches(rule, path, directory))
			return !rule->include;
	}
	return false;
}

bool filter_excludes_path(const struct filter *filter, const char *path)
{
	for (const char *at = path; (at = strchr(at, '/')); at++) {
		if (filter_excludes(filter, path, (size_t)(at - path), true))
			return true;
	}
	return filter_excludes(filter, path, strlen(path), false);
}

bool filter_excludes_listed(const struct filter *filter, const char *key)
{
	const char *name = key + (*key == '/');
	return *name && filter_excludes_path(filter, name);
}

void filter_write(const struct filter *filter, FILE *stream)
{
	for (const struct rule *rule = filter ? filter->rules : NULL; rule; rule = rule->next)
		fprintf(stream, "%c %s%s%s%c", rule->include ? '+' : '-',
			rule->components == 0 && rule->start ? "/" : "", rule->pattern,
			rule->directory ? "/" : "", '\0');
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	clear(filter);
	free(filter);
}
