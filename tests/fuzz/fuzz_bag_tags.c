/*
 * Fuzz target: a bag's tag files. The input is bagit.txt, up to a NUL, and then bag-info.txt in the
 * encoding that it declares. What is decoded is UTF-8: it decodes to itself. The lines of a text together
 * are the text.
 */
#include "fuzz/must.h"
#include "manifest/bag_tags.h"
#include "manifest/bag_text.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Memory of exactly that size, so that the sanitizers see every byte too far. */
static char *must_copy(const void *bytes, size_t size)
{
	char *copy = malloc(size ? size : 1);
	must(copy);
	if (size)
		memcpy(copy, bytes, size);
	return copy;
}

/** The lines, with what is between them, are the text. */
static void look_at_lines(const char *bytes, size_t size)
{
	char *copy = must_copy(bytes, size), *line, *next = copy;
	struct bag_text text = {.next = copy, .left = size};
	size_t line_size;
	uint64_t lines = 0;
	while (bag_text_next(&text, &line, &line_size)) {
		must(line == next && text.line == ++lines);
		must(!memchr(line, '\n', line_size) && !memchr(line, '\r', line_size));
		size_t end = (size_t)(text.next - line) - line_size;
		must(end <= 2 && text.unended == (end == 0) && (end > 0 || text.left == 0));
		must(end < 2 || memcmp(line + line_size, "\r\n", 2) == 0);
		next = text.next;
	}
	must(next == copy + size);
	free(copy);
}

static void look_at_info(char *text, size_t size)
{
	struct bag_info info;
	const char *wrong = bag_info_parse(&info, text, size);
	must(!wrong || info.line > 0);
	must(!info.repeated || info.oxum.given);
}

/** Decode the rest by what was declared, and once more as UTF-8. */
static void look_at_text(const struct bag_declaration *declaration, const char *bytes, size_t size)
{
	char *text = must_copy(bytes, size);
	bool marked;
	if (bag_text_decode(declaration->encoding, declaration->encoding_size, &text, &size,
		    &marked) != 0) {
		must(errno == EILSEQ && memcmp(text, bytes, size) == 0);
		free(text);
		return;
	}
	char *again = must_copy(text, size);
	size_t again_size = size;
	must(bag_text_decode("UTF-8", 5, &again, &again_size, &marked) == 0);
	must(marked || (again_size == size && memcmp(again, text, size) == 0));
	free(again);
	look_at_lines(text, size);
	look_at_info(text, size);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\0', size) : NULL;
	size_t declared = end ? (size_t)(end - data) : size;
	char *text = must_copy(data, declared);
	struct bag_declaration declaration;
	const char *wrong = bag_declaration_parse(&declaration, text, declared);
	must(bag_text_knows(declaration.encoding, declaration.encoding_size));
	must(!wrong || bag_text_is_utf8(declaration.encoding, declaration.encoding_size));
	look_at_lines(text, declared);
	if (end)
		look_at_text(&declaration, (const char *)end + 1, size - declared - 1);
	free(text);
	return 0;
}
