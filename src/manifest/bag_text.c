#include "manifest/bag_text.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/** The longest name of an encoding. */
#define NAME_MAX_SIZE 40

static const char utf8_mark[] = {'\xef', '\xbb', '\xbf'};

/** Copy the name of an encoding, if it is one: iconv_open(3) takes options behind slashes, too. */
static bool copy_name(const char *name, size_t size, char copy[static NAME_MAX_SIZE + 1])
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		"-_.:()+";
	if (size == 0 || size > NAME_MAX_SIZE)
		return false;
	memcpy(copy, name, size);
	copy[size] = '\0';
	return strspn(copy, allowed) == size;
}

/* gcc 12's analyzer takes (iconv_t)-1 for a conversion. */
#if defined(__GNUC__) && !defined(__clang__)
#	pragma GCC diagnostic push
#	pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

bool bag_text_knows(const char *name, size_t size)
{
	char copy[NAME_MAX_SIZE + 1];
	if (!copy_name(name, size, copy))
		return false;
	iconv_t conversion = iconv_open("UTF-8", copy);
	if (conversion == (iconv_t)-1)
		return false;
	iconv_close(conversion);
	return true;
}

bool bag_text_is_utf8(const char *name, size_t size)
{
	return (size == 5 && strncasecmp(name, "UTF-8", size) == 0) ||
		(size == 4 && strncasecmp(name, "UTF8", size) == 0);
}

/**
 * The name by which iconv_open(3) is asked for UTF-16 or UTF-32 where the text does not begin with a
 * byte order mark. glibc would take the byte order of the machine.
 */
static const char *with_byte_order(const char *name, const char *text, size_t size)
{
	bool wide = strcasecmp(name, "UTF-32") == 0;
	size_t unit = wide ? 4 : 2;
	if ((!wide && strcasecmp(name, "UTF-16") != 0) || size < unit)
		return name;
	unsigned char first = (unsigned char)text[0], last = (unsigned char)text[unit - 1];
	if ((first == 0xff && (unsigned char)text[1] == 0xfe) || (first == 0xfe && last == 0xff) ||
		(wide && (unsigned char)text[2] == 0xfe && last == 0xff))
		return name;
	bool little = first != 0 && last == 0;
	if (wide)
		return little ? "UTF-32LE" : "UTF-32BE";
	return little ? "UTF-16LE" : "UTF-16BE";
}

/** Convert all of a text. @return the UTF-8, or NULL with errno */
static char *convert(iconv_t conversion, char *text, size_t size, size_t *converted_size)
{
	/* No character of two bytes has more than three in UTF-8, and few of one byte have more than two. */
	size_t room = 2 * size + 64, left = room, used = 0;
	/* One more byte, for who ends a line by a NUL. */
	char *converted = malloc(room + 1);
	while (converted) {
		char *out = converted + used;
		/* What is left at the end is asked for without a text: encodings with states have it. */
		size_t status = iconv(conversion, size ? &text : NULL, &size, &out, &left);
		used = room - left;
		if (status != (size_t)-1) {
			if (size == 0 && !text) {
				*converted_size = used;
				return converted;
			}
			text = NULL;
			continue;
		}
		if (errno != E2BIG) {
			free(converted);
			errno = EILSEQ;
			return NULL;
		}
		char *grown = realloc(converted, 2 * room + 1);
		if (!grown)
			free(converted);
		converted = grown;
		left += room;
		room *= 2;
	}
	return NULL;
}

int bag_text_decode(
	const char *encoding, size_t encoding_size, char **text, size_t *size, bool *marked)
{
	char name[NAME_MAX_SIZE + 1];
	*marked = false;
	if (!copy_name(encoding, encoding_size, name)) {
		errno = EINVAL;
		return -1;
	}
	iconv_t conversion = iconv_open("UTF-8", with_byte_order(name, *text, *size));
	if (conversion == (iconv_t)-1)
		return -1;
	size_t converted_size;
	char *converted = convert(conversion, *text, *size, &converted_size);
	int error = errno;
	iconv_close(conversion);
	if (!converted) {
		errno = error;
		return -1;
	}
	/* glibc takes the mark of UTF-16 off, but none that is not needed. */
	if (converted_size >= sizeof(utf8_mark) &&
		memcmp(converted, utf8_mark, sizeof(utf8_mark)) == 0) {
		*marked = bag_text_is_utf8(name, encoding_size);
		converted_size -= sizeof(utf8_mark);
		memmove(converted, converted + sizeof(utf8_mark), converted_size);
	}
	free(*text);
	*text = converted;
	*size = converted_size;
	return 0;
}

#if defined(__GNUC__) && !defined(__clang__)
#	pragma GCC diagnostic pop
#endif

bool bag_text_next(struct bag_text *text, char **line, size_t *size)
{
	if (text->left == 0)
		return false;
	*line = text->next;
	size_t length = 0;
	while (length < text->left && text->next[length] != '\n' && text->next[length] != '\r')
		length++;
	size_t end = length < text->left;
	if (end && text->next[length] == '\r' && length + 1 < text->left &&
		text->next[length + 1] == '\n')
		end = 2;
	*size = length;
	text->unended = end == 0;
	text->next += length + end;
	text->left -= length + end;
	text->line++;
	return true;
}
