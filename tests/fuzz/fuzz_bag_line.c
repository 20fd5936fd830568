/*
 * Fuzz target: lines of bags' manifests and of fetch.txt. The first byte chooses the kind of the list, the
 * version and the size of a digest. A name that is taken leads nowhere but into the bag, and is one that a
 * walk could find; the same name, encoded as BagIt 1.0 has it, gives itself again.
 */
#include "fuzz/must.h"
#include "manifest/bag_line.h"
#include "manifest/bag_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** A name that is taken has no part that is empty, "." or "..", and is where its list may point to. */
static void look_at_name(const struct bag_line_format *format, const struct bag_line *line)
{
	const char *name = line->name;
	must(strlen(name) == line->name_size && line->name_size > 0 && *name != '~');
	for (const char *part = name;; part = strchr(part, '/') + 1) {
		size_t size = strcspn(part, "/");
		must(size > 0 && !(size == 1 && *part == '.'));
		must(!(size == 2 && memcmp(part, "..", 2) == 0));
		if (!strchr(part, '/'))
			break;
	}
	must((strncmp(name, "data/", 5) == 0) == (format->kind != BAG_LINE_TAG));
	must(strcmp(name, "data") != 0);
}

/** Parse a line in memory of its own, with one byte behind it that may be written to. */
static bool parse(const struct bag_line_format *format, const char *line, size_t size,
	char **memory, struct bag_line *parsed)
{
	*memory = must_allocate(size + 1);
	memcpy(*memory, line, size);
	(*memory)[size] = '\n';
	return bag_line_parse(format, *memory, size, parsed);
}

/** Write a name as BagIt 1.0 does, and read it. */
static void encode_and_parse(const struct bag_line *line)
{
	const struct bag_line_format format = {.kind = BAG_LINE_PAYLOAD, .version = BAG_1_0};
	char *text = must_allocate(3 * line->name_size + 2), *end = text, *memory;
	struct bag_line again;
	*end++ = '0';
	*end++ = ' ';
	for (const char *byte = line->name; *byte; byte++) {
		if (*byte == '%')
			end = mempcpy(end, "%25", 3);
		else if (*byte == '\n')
			end = mempcpy(end, "%0a", 3);
		else if (*byte == '\r')
			end = mempcpy(end, "%0D", 3);
		else
			*end++ = *byte;
	}
	must(parse(&format, text, (size_t)(end - text), &memory, &again));
	must(again.notes == 0 && strcmp(again.name, line->name) == 0);
	free(memory);
	free(text);
}

static void take(const struct bag_line_format *format, const char *line, size_t size)
{
	char *memory;
	struct bag_line parsed;
	bool entry = parse(format, line, size, &memory, &parsed);
	if (entry) {
		look_at_name(format, &parsed);
		if (format->kind != BAG_LINE_TAG)
			encode_and_parse(&parsed);
	} else {
		/* One reason. */
		must(parsed.notes && !(parsed.notes & (parsed.notes - 1)));
	}
	for (enum bag_note note = 0; note < BAG_NOTES; note++)
		must(!entry || !(parsed.notes & 1U << note) || !bag_note_is_error(note));
	free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t digest_sizes[] = {0, 2, 16, 64};
	if (size == 0)
		return 0;
	const struct bag_line_format format = {
		.kind = data[0] % 3,
		.version = data[0] / 3 % (BAG_1_0 + 1),
		.digest_size = digest_sizes[data[0] / 18 % 4],
	};
	char *bytes = must_allocate(size);
	memcpy(bytes, data + 1, size - 1);
	struct bag_text text = {.next = bytes, .left = size - 1};
	char *line;
	size_t line_size;
	while (bag_text_next(&text, &line, &line_size))
		take(&format, line, line_size);
	free(bytes);
	return 0;
}
