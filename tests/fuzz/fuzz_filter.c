/*
 * Fuzz target: the rules of a filter, a line each, to an empty line, and behind it paths, a line
 * each.
 *
 * A path that no walk comes to must be one that is excluded, or in a directory that is. And with
 * whatever its bytes are replaced by that stands for them, a path is a pattern that matches it.
 */
#include "fuzz/must.h"
#include "walk/filter.h"

#include "walk/glob.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/** Longer inputs take long, and hold nothing more. */
#define INPUT_MAX 4096

/** What generalize() writes at the most. */
#define PIECE_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** A copy of its exact size, so that the sanitizers see every byte too far. */
static char *copy(const void *bytes, size_t size)
{
	char *text = malloc(size + 1);
	must(text);
	memcpy(text, bytes, size);
	text[size] = '\0';
	return text;
}

/** Take a line. @return it, without a NUL in it and to be freed, or NULL where there is none */
static char *take_line(const uint8_t **data, size_t *size)
{
	if (*size == 0)
		return NULL;
	const uint8_t *end = memchr(*data, '\n', *size);
	size_t line_size = end ? (size_t)(end - *data) : *size;
	char *line = copy(*data, line_size);
	*data += line_size + (end != NULL);
	*size -= line_size + (end != NULL);
	char *exact = copy(line, strlen(line));
	free(line);
	return exact;
}

static bool excludes(const struct filter *filter, const char *path, size_t size, bool directory)
{
	char *exact = copy(path, size);
	bool excluded = filter_excludes(filter, exact, size, directory);
	free(exact);
	return excluded;
}

static void check_below(const struct filter *filter, const char *path)
{
	bool excluded = excludes(filter, path, strlen(path), false);
	for (size_t i = 0; path[i]; i++)
		excluded |= path[i] == '/' && excludes(filter, path, i, true);
	must(filter_excludes_path(filter, path) == excluded);
}

/** Write something that matches the byte at `path`. @return how many bytes it matches */
static size_t generalize(const char *path, unsigned choice, char *pattern)
{
	size_t component = strcspn(path, "/"), some = component ? choice % component + 1 : 0;
	bool slash = *path == '/';
	switch (choice % 8) {
	case 1:
		strcpy(pattern, "**");
		return choice / 8 % (strlen(path) + 1);
	case 2:
		strcpy(pattern, "*");
		return some;
	case 3:
		strcpy(pattern, slash ? "/" : "?");
		return 1;
	case 4:
		strcpy(pattern, slash ? "/" : "[!/]");
		return 1;
	case 5:
		strcpy(pattern, slash ? "/" : "[\\ab-\\c[:digit:]]");
		if (!slash)
			pattern[2] = *path;
		return 1;
	case 6:
		strcpy(pattern, slash ? "/" : "[!\\a-\\a]");
		if (!slash)
			pattern[3] = pattern[6] = (char)(*path == '\xff' ? 1 : *path + 1);
		return 1;
	default:
		pattern[0] = '\\';
		pattern[1] = *path;
		pattern[2] = '\0';
		return 1;
	}
}

static void check_generalized(const char *path, const uint8_t *choices, size_t count)
{
	size_t length = strlen(path), at = 0;
	char *pattern = malloc(2 * length * PIECE_MAX + 1);
	must(pattern);
	char *end = pattern;
	/* A star may stand for nothing; in the end each byte stands for itself. */
	for (size_t i = 0; at < length; i++) {
		at += generalize(path + at, i < length ? choices[i % count] : 0, end);
		end += strlen(end);
	}
	struct glob_path whole = {.bytes = path, .size = length};
	must(glob_match(pattern, &whole, 1));
	free(pattern);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > INPUT_MAX)
		return 0;
	const uint8_t *choices = data;
	size_t count = size;
	struct filter *filter = filter_new();
	must(filter);
	char *line;
	while ((line = take_line(&data, &size)) && *line) {
		filter_add(filter, line, false);
		free(line);
	}
	free(line);
	while ((line = take_line(&data, &size))) {
		if (*line) {
			check_below(filter, line);
			check_generalized(line, choices, count);
		}
		free(line);
	}
	filter_free(filter);
	return 0;
}
