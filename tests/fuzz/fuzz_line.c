/*
 * Fuzz target: lines of a manifest, the style of the first holding for the others. What is an entry
 * must be the same entry when it is printed, in each format that can hold its name, and read again.
 */
#include "fuzz/must.h"
#include "manifest/line.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct line_format formats[] = {
	{NULL, ' ', '\n'},
	{NULL, '*', '\n'},
	{"SHA512", ' ', '\n'},
};

static void print_and_parse(const struct line_format *format, const struct line_entry *entry)
{
	struct line_reader reader = {.tag = "SHA512", .digest_size = sizeof(entry->digest)};
	size_t bound = line_bound(format, sizeof(entry->digest), entry->name_size);
	char *line = must_allocate(bound);
	struct line_entry again;
	size_t size = line_print(
		format, entry->digest, sizeof(entry->digest), entry->name, entry->name_size, line);

	must(size <= bound);
	/* One line it is, whatever the name. */
	must(memchr(line, '\n', size) == line + size - 1);
	must(line_parse(&reader, line, size, &again) == LINE_ENTRY);
	must(again.name_size == entry->name_size);
	must(!memcmp(again.name, entry->name, entry->name_size));
	must(!memcmp(again.digest, entry->digest, sizeof(entry->digest)));
	free(line);
}

static void check_entry(const struct line_entry *entry)
{
	char *name = must_allocate(2 * entry->name_size);
	size_t size;

	must(strlen(entry->name) == entry->name_size);
	size = line_print_name(entry->name, entry->name_size, true, name);
	must(size <= 2 * entry->name_size);
	must(!memchr(name, '\n', size));
	free(name);
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		/* Untagged, nothing tells an empty name from a cut-off line. */
		if (entry->name_size > 0 || formats[i].tag)
			print_and_parse(&formats[i], entry);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line_reader reader = {.tag = "SHA512", .digest_size = 64};

	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t line_size = end ? (size_t)(end + 1 - data) : size;
		/* Of the exact size, so that the sanitizers see every byte too far. */
		char *line = must_allocate(line_size + !end);
		struct line_entry entry;

		memcpy(line, data, line_size);
		if (line_parse(&reader, line, line_size, &entry) == LINE_ENTRY)
			check_entry(&entry);
		free(line);
		data += line_size;
		size -= line_size;
	}
	return 0;
}
