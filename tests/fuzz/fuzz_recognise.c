/*
 * Fuzz target: lists of other programs, line by line: what surrounds a signed text, which algorithm the
 * lines are of, and what improper ones look like. No message holds a byte that is not printable ASCII,
 * and each is one of those that are told from others by how they begin.
 */
#include "fuzz/must.h"
#include "manifest/armour.h"
#include "manifest/line.h"
#include "manifest/recognise.h"
#include "manifest/tag.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Look at what is no entry; what is none keeps its bytes. */
static void look_at(struct recogniser *recogniser, const char *line, size_t size)
{
	char *copy = must_allocate(size);
	memcpy(copy, line, size);
	recognise_improper(recogniser, copy, size);
	must(memcmp(copy, line, size) == 0);
	free(copy);
}

static void take(struct recogniser *recogniser, const char *line, size_t size)
{
	bool tagged;
	const struct digest_algorithm *algorithm = recognise_algorithm(line, size, &tagged);
	struct line_reader reader = {.tag = "SHA512",
		.digest_size = 64,
		.other_tags = tag_others(digest_find("sha512")),
		.only_tagged = recogniser->set && recogniser->set->count > 1};
	/* Of the exact size, so that the sanitizers see every byte too far. */
	char *copy = must_allocate(size + 1);
	struct line_entry entry;
	memcpy(copy, line, size);
	copy[size] = 'x';
	if (line_parse(&reader, copy, size, &entry) == LINE_ENTRY) {
		must(algorithm && algorithm->size == 64 && (tagged || !reader.only_tagged));
		recognise_entry(recogniser, copy, entry.name);
	} else {
		look_at(recogniser, line, size);
	}
	free(copy);
}

/** @return whether a line is one of a signed text */
static bool take_armour(struct armour *armour, const char *line, size_t size)
{
	char *copy = must_allocate(size), *text = copy;
	size_t text_size = size;
	memcpy(copy, line, size);
	enum armour_part part = armour_take(armour, &text, &text_size);
	must(text + text_size == copy + size);
	must(text == copy || (text == copy + 2 && part == ARMOUR_TEXT && armour->whole));
	must(part != ARMOUR_AROUND || line[0] != '#');
	free(copy);
	return part == ARMOUR_TEXT;
}

/** Look at a list, which is read for some algorithms; NULL: for SHA-512, and no others can be. */
static void look_at_all(const struct digest_set *set, const uint8_t *data, size_t size)
{
	struct recogniser recogniser = {
		.asked = digest_find("sha512"), .other_tags = true, .set = set};
	struct armour armour = {0};
	while (size > 0) {
		const char *line = (const char *)data;
		const char *end = memchr(line, '\n', size);
		size_t line_size = end ? (size_t)(end + 1 - line) : size;
		take(&recogniser, line, line_size);
		take_armour(&armour, line, line_size);
		data += line_size;
		size -= line_size;
	}
	char room[RECOGNISE_TEXT];
	const char *text = recognise_text(&recogniser, room);
	must(!text == (recognise_form(&recogniser) == RECOGNISE_NOTHING));
	for (const char *c = text; c && *c; c++)
		must(*c >= ' ' && *c <= '~');
	must(!text || strncmp(text, "it ", 3) == 0 || strncmp(text, "the ", 4) == 0 ||
		strncmp(text, "some ", 5) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct digest_set set = digest_set_of(digest_find("sha512"));
	look_at_all(NULL, data, size);
	look_at_all(&set, data, size);
	digest_set_add(&set, digest_find("md5"));
	look_at_all(&set, data, size);
	return 0;
}
