/*
 * Fuzz target: names as they stand in messages. What is quoted holds no byte that is none of a
 * printable character, so that no name forges a line, and a shell reads it back as it was.
 */
#include "fuzz/must.h"
#include "ui/quote.h"

#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Read what stands between $' and '. @return what comes behind */
static const char *read_dollar(const char *from, char **to)
{
	static const char letters[] = "abtnvfr";

	for (; *from != '\''; from++) {
		must(*from == '\\');
		const char *letter = strchr(letters, *++from);
		if (letter && *letter) {
			*(*to)++ = (char)('\a' + (letter - letters));
			continue;
		}
		unsigned value = 0;
		for (int i = 0; i < 3; i++) {
			must(from[i] >= '0' && from[i] <= '7');
			value = value * 8 + (unsigned)(from[i] - '0');
		}
		*(*to)++ = (char)value;
		from += 2;
	}
	return from + 1;
}

/** Read a word as a shell does, as far as quote_shell() uses its language. */
static void read_back(const char *from, char *to)
{
	while (*from) {
		const char *end;
		if (*from == '$' && from[1] == '\'') {
			from = read_dollar(from + 2, &to);
		} else if (*from == '\'' || *from == '"') {
			end = strchr(from + 1, *from);
			must(end);
			to = mempcpy(to, from + 1, (size_t)(end - from - 1));
			from = end + 1;
		} else {
			from += *from == '\\';
			*to++ = *from++;
		}
	}
	*to = '\0';
}

static void quote(const char *name, bool always)
{
	char *quoted = quote_shell(name, always);
	must(quoted);
	for (const char *c = quoted; *c; c++)
		must((unsigned char)*c >= ' ' && *c != '\x7f');
	char *back = malloc(strlen(quoted) + 1);
	must(back);
	read_back(quoted, back);
	must(strcmp(back, name) == 0);
	free(back);
	free(quoted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Half a character must not be printed where there are such. */
	setlocale(LC_ALL, size % 2 ? "C.UTF-8" : "C");
	char *name = malloc(size + 1);
	must(name);
	memcpy(name, data, size);
	name[size] = '\0';
	quote(name, false);
	quote(name, true);
	free(name);
	return 0;
}
