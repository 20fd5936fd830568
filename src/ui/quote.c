/*
 * Three forms, the first that can hold the name:
 *
 *     name             where a shell reads it back as it is
 *     "it's"           where a single quote is the reason, and nothing is special inside "..."
 *     'a b'$'\n''c'    everything else
 *
 * What GNU tools take for special is more than what a shell does: '=' and ':' too (a name with a
 * colon would run into the text of the message), '{' and '}' only when alone, '#' and '~' only in
 * front. The test compares all of it with sha512sum's own messages, in two locales. One defect of
 * gnulib, seen up to coreutils 9.1 and mended since, is not repeated: of a name with a single quote
 * that ends in what cannot be printed it quotes the beginning wrongly ('\n'\'''$'\n' for a quote
 * between two newlines), as it begins a second pass where the first ended, inside $'...'.
 *
 * A byte is printed as it is only as part of a printable character of the locale (LC_CTYPE), so
 * that neither a control byte nor half a character reaches a terminal.
 */
#include "ui/quote.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

/**
 * Measure the character at the start of a text that is not empty. Bytes that are no character
 * of the locale count one by one, as unprintable.
 *
 * @param left bytes of the text
 * @return its bytes
 */
static size_t measure_bytes(const char *string, size_t left, bool *printable)
{
	mbstate_t state = {0};
	wchar_t wide;
	size_t size = mbrtowc(&wide, string, left, &state);

	/* Both of its failures are larger than any size; a NUL has none. */
	if (size > left || size == 0) {
		*printable = false;
		return 1;
	}
	*printable = iswprint((wint_t)wide);
	return size;
}

/** The same of a string. */
static size_t measure(const char *string, bool *printable)
{
	return measure_bytes(string, strnlen(string, MB_CUR_MAX), printable);
}

/** What a name holds, as far as the choice of its form depends on it. */
struct contents {
	/** Something for which quotes are needed. */
	bool special;
	bool single_quote;
	/** Something that double quotes do not hold, or that GNU does not put there. */
	bool single_quotes_only;
};

static struct contents look_through(const char *name)
{
	struct contents contents = {.special = *name == '\0' || strchr("#~", *name)};
	const char *c = name;

	if (!strcmp(name, "{") || !strcmp(name, "}"))
		contents.special = true;
	while (*c) {
		bool printable;
		size_t size = measure(c, &printable);

		if (*c == '\'')
			contents.single_quote = true;
		if (!printable || strchr(" '!\"$&()*:;<=>?[\\^`|", *c))
			contents.special = true;
		if (!printable || strchr("!\"$&()*;<=>?[\\^`{|}", *c) ||
			(c > name && strchr("#~", *c)))
			contents.single_quotes_only = true;
		c += size;
	}
	return contents;
}

/** Put a byte as \ooo. @return the end */
static char *put_octal(char *out, unsigned char byte)
{
	*out++ = '\\';
	*out++ = (char)('0' + (byte >> 6));
	*out++ = (char)('0' + (byte >> 3 & 7));
	*out++ = (char)('0' + (byte & 7));
	return out;
}

/** Put one byte as it stands inside $'...'. @return the end */
static char *put_escaped(char *out, unsigned char byte)
{
	static const char letters[] = "abtnvfr";

	if (byte < '\a' || byte > '\r')
		return put_octal(out, byte);
	*out++ = '\\';
	*out++ = letters[byte - '\a'];
	return out;
}

/** Put a name in single quotes, with $'...' for what cannot be printed. @return the end */
static char *put_single_quoted(char *out, const char *name)
{
	bool in_dollar = false;

	*out++ = '\'';
	while (*name) {
		bool printable;
		size_t size = measure(name, &printable);

		if (*name == '\'') {
			out = stpcpy(out, "'\\''");
			in_dollar = false;
		} else if (printable) {
			if (in_dollar)
				out = stpcpy(out, "''");
			in_dollar = false;
			out = mempcpy(out, name, size);
		} else {
			if (!in_dollar)
				out = stpcpy(out, "'$'");
			in_dollar = true;
			for (size_t i = 0; i < size; i++)
				out = put_escaped(out, (unsigned char)name[i]);
		}
		name += size;
	}
	*out++ = '\'';
	return out;
}

char *quote_shell(const char *name, bool always)
{
	struct contents contents = look_through(name);
	/* The most that a byte can become is '$'\001'', nine; then the quotes around and a NUL. */
	char *quoted = malloc(9 * strlen(name) + 3);
	char *end = quoted;

	if (!quoted)
		return NULL;
	if (!contents.special && !always) {
		end = stpcpy(end, name);
	} else if (contents.single_quote && !contents.single_quotes_only) {
		*end++ = '"';
		end = stpcpy(end, name);
		*end++ = '"';
	} else {
		end = put_single_quoted(end, name);
	}
	*end = '\0';
	return quoted;
}

char *quote_controls(const char *text, size_t size, size_t *quoted_size)
{
	char *quoted = malloc(4 * size + 1);
	char *end = quoted;

	if (!quoted)
		return NULL;
	for (size_t at = 0; at < size;) {
		bool printable;
		size_t bytes = measure_bytes(text + at, size - at, &printable);

		if (printable) {
			end = mempcpy(end, text + at, bytes);
		} else {
			for (size_t i = 0; i < bytes; i++)
				end = put_octal(end, (unsigned char)text[at + i]);
		}
		at += bytes;
	}
	*end = '\0';
	*quoted_size = (size_t)(end - quoted);
	return quoted;
}
