/*
 * The grammar is GNU sha512sum's, found by experiment with coreutils 9.1 (the test compares with
 * the installed one): what a line may look like is older and wider than what is printed today.
 *
 *     line      = [blanks] ["\"] (untagged | tagged)
 *     untagged  = HEX blank (" " | "*") name        standard
 *               | HEX blank name                    as BSD's `-r` prints; the style first seen
 * holds tagged    = TAG [" "] "(" name ")" [blanks] "=" [blanks] HEX       the last ")" counts
 *
 * Stricter in one thing: a NUL byte is never part of an entry. sha512sum ends the name there, so
 * that a manifest could show one name and check another.
 *
 * A backslash before the line says that the name is escaped. Printing escapes CR too, which 9.1
 * reads but does not write: a name that ends in CR would not survive the removal of a CRLF.
 */
#include "manifest/line.h"

#include "manifest/hex.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static char *skip_blanks(char *string)
{
	while (is_blank(*string))
		string++;
	return string;
}

/** Take the escapes out of a name, in place. @return whether all were legal */
static bool unescape(struct line_entry *entry)
{
	char *out = memchr(entry->name, '\\', entry->name_size);
	const char *in = out;

	if (!in)
		return true;
	for (; *in; in++, out++) {
		if (*in != '\\') {
			*out = *in;
			continue;
		}
		switch (*++in) {
		case '\\':
			*out = '\\';
			break;
		case 'n':
			*out = '\n';
			break;
		case 'r':
			*out = '\r';
			break;
		default:
			return false;
		}
	}
	*out = '\0';
	entry->name_size = (size_t)(out - entry->name);
	return true;
}

/** Parse what follows the tag, up to `end`, where a NUL is. */
static bool parse_tagged(size_t digest_size, char *rest, char *end, struct line_entry *entry)
{
	char *close;
	char *hex;

	if (*rest == ' ')
		rest++;
	if (*rest++ != '(')
		return false;
	close = strrchr(rest, ')');
	if (!close)
		return false;
	hex = skip_blanks(close + 1);
	if (*hex++ != '=')
		return false;
	hex = skip_blanks(hex);
	if ((size_t)(end - hex) != 2 * digest_size || !hex_parse(hex, digest_size, entry->digest))
		return false;
	*close = '\0';
	entry->name = rest;
	entry->name_size = (size_t)(close - rest);
	return true;
}

/** Parse a line that begins with its digest, up to `end`, where a NUL is. */
static bool parse_untagged(
	struct line_reader *reader, char *hex, char *end, struct line_entry *entry)
{
	char *name = hex + 2 * reader->digest_size;

	/* At least a blank and one byte of name. */
	if (end - hex < name - hex + 2 || !hex_parse(hex, reader->digest_size, entry->digest))
		return false;
	if (!is_blank(*name++))
		return false;
	if (end - name == 1 || (*name != ' ' && *name != '*')) {
		/* Were both styles taken in one manifest, " x" could be passed off as "x". */
		if (reader->style == LINE_STYLE_STANDARD)
			return false;
		reader->style = LINE_STYLE_REVERSED;
	} else if (reader->style != LINE_STYLE_REVERSED) {
		reader->style = LINE_STYLE_STANDARD;
		name++;
	}
	entry->name = name;
	entry->name_size = (size_t)(end - name);
	return true;
}

/** Whether a line begins with a tag. @return what follows that, or NULL */
static char *skip_tag(char *line, const char *tag)
{
	size_t size = strlen(tag);

	return strncmp(line, tag, size) == 0 ? line + size : NULL;
}

/** Parse what follows blanks and backslash, up to `end`, where a NUL is. */
static bool parse(struct line_reader *reader, char *line, char *end, struct line_entry *entry)
{
	const char *const *other = reader->other_tags;
	char *rest = skip_tag(line, reader->tag);

	if (rest && parse_tagged(reader->digest_size, rest, end, entry))
		return true;
	for (; other && *other; other++) {
		rest = skip_tag(line, *other);
		if (rest && parse_tagged(reader->digest_size, rest, end, entry))
			return true;
	}
	/* No tag is a hexadecimal number. */
	return !reader->only_tagged && parse_untagged(reader, line, end, entry);
}

enum line_kind line_parse(
	struct line_reader *reader, char *line, size_t size, struct line_entry *entry)
{
	char *end = line + size;
	char behind;
	bool escaped;

	if (end > line && end[-1] == '\n')
		end--;
	if (end > line && end[-1] == '\r')
		end--;
	if (end == line || *line == '#')
		return LINE_IGNORED;
	if (memchr(line, '\0', (size_t)(end - line)))
		return LINE_MALFORMED;
	/* From here on the line is a string, and no look-ahead can pass its end. */
	behind = *end;
	*end = '\0';
	line = skip_blanks(line);
	escaped = *line == '\\';
	if (escaped)
		line++;
	if (parse(reader, line, end, entry) && (!escaped || unescape(entry)))
		return LINE_ENTRY;
	*end = behind;
	return LINE_MALFORMED;
}

bool line_name_is_special(const char *name, size_t size)
{
	return memchr(name, '\\', size) || memchr(name, '\n', size) || memchr(name, '\r', size);
}

size_t line_bound(const struct line_format *format, size_t digest_size, size_t name_size)
{
	static const char around[] = "\\ () = \n";
	size_t tag_size = format->tag ? strlen(format->tag) : 0;

	return tag_size + sizeof(around) + 2 * digest_size + 2 * name_size;
}

/** Put a name, its special characters escaped where `escape` says so. */
static char *put_name(char *out, const char *name, size_t size, bool escape)
{
	if (!escape)
		return mempcpy(out, name, size);
	for (size_t i = 0; i < size; i++) {
		switch (name[i]) {
		case '\\':
			out = mempcpy(out, "\\\\", 2);
			break;
		case '\n':
			out = mempcpy(out, "\\n", 2);
			break;
		case '\r':
			out = mempcpy(out, "\\r", 2);
			break;
		default:
			*out++ = name[i];
		}
	}
	return out;
}

size_t line_print(const struct line_format *format, const unsigned char *digest, size_t digest_size,
	const char *name, size_t name_size, char *out)
{
	bool escape = format->end != '\0' && line_name_is_special(name, name_size);
	char *next = out;

	if (escape)
		*next++ = '\\';
	if (format->tag) {
		next = stpcpy(stpcpy(next, format->tag), " (");
		next = put_name(next, name, name_size, escape);
		next = mempcpy(next, ") = ", 4);
		next = hex_print(next, digest, digest_size);
	} else {
		next = hex_print(next, digest, digest_size);
		*next++ = ' ';
		*next++ = format->mode;
		next = put_name(next, name, name_size, escape);
	}
	*next++ = format->end;
	return (size_t)(next - out);
}

size_t line_print_name(const char *name, size_t size, bool escape, char *out)
{
	return (size_t)(put_name(out, name, size, escape) - out);
}
