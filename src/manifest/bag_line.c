/*
 * What is encoded in names, by version:
 *
 *     1.0           CR, LF and % are written %0D, %0A and %25, and nothing else is. A % before anything
 *                   else stands for itself, with a warning.
 *     0.93 to 0.97  %0D and %0A, as the drafts have it. A % before anything else stands for itself:
 *                   writers of that time did not encode it (bagit-python does not to this day).
 *
 * Hexadecimal digits may be of either case. A name with a NUL is never an entry.
 */
#include "manifest/bag_line.h"

#include "manifest/catalog.h"
#include "manifest/hex.h"

#include <string.h>

static const char *const texts[BAG_NOTES] = {
	[BAG_MALFORMED] = "improperly formatted",
	[BAG_OUTSIDE] = "the name leads out of the bag",
	[BAG_NO_PAYLOAD] = "the name is not below data/",
	[BAG_PAYLOAD] = "a tag manifest must not list payload",
	[BAG_TAG_MANIFEST] = "a tag manifest must not list tag manifests",
	[BAG_BACKSLASH] = "the name has backslashes in place of slashes",
	[BAG_CONTRADICTION] = "the name is listed again with another digest",
	[BAG_UNLISTED] = "no manifest lists the name",
	[BAG_STAR] = "a * before the name is not part of BagIt",
	[BAG_DOT] = "the name has ./ or doubled slashes",
	[BAG_PERCENT] = "a % in the name is not encoded as %25",
	[BAG_COMMENT] = "blank lines and comments are not part of BagIt",
	[BAG_UNENDED] = "the last line has no end: was the file cut off?",
	[BAG_REPEATED] = "the name is listed again",
};

const char *bag_note_text(enum bag_note note)
{
	return texts[note];
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/** Skip blanks. @return the first byte that is not a blank, or `end` */
static char *skip_blanks(char *text, const char *end)
{
	while (text < end && is_blank(*text))
		text++;
	return text;
}

/** Skip a word. @return the first blank, or `end` */
static char *skip_word(char *text, const char *end)
{
	while (text < end && !is_blank(*text))
		text++;
	return text;
}

/** Decode a byte that is encoded. @param byte set to it @return whether there is one at `in` */
static bool decode(const char *in, const char *end, enum bag_version version, char *byte)
{
	unsigned char value;
	if (*in != '%' || end - in < 3 || !hex_parse(in + 1, 1, &value))
		return false;
	switch (value) {
	case '\n':
		*byte = '\n';
		return true;
	case '\r':
		*byte = '\r';
		return true;
	case '%':
		*byte = '%';
		return version >= BAG_1_0;
	default:
		return false;
	}
}

/** Decode a name in place. */
static void decode_name(struct bag_line *parsed, enum bag_version version)
{
	const char *in = parsed->name, *end = in + parsed->name_size;
	char *out = parsed->name;
	while (in < end) {
		char byte;
		if (decode(in, end, version, &byte)) {
			in += 3;
		} else {
			byte = *in++;
			if (byte == '%' && version >= BAG_1_0)
				parsed->notes |= 1U << BAG_PERCENT;
		}
		*out++ = byte;
	}
	parsed->name_size = (size_t)(out - parsed->name);
}

/** Whether a component of a name is "..". */
static bool leads_up(const char *name, size_t size)
{
	const char *end = name + size;
	while (name < end) {
		const char *slash = memchr(name, '/', (size_t)(end - name));
		size_t length = (size_t)((slash ? slash : end) - name);
		if (length == 2 && memcmp(name, "..", 2) == 0)
			return true;
		name += length + 1;
	}
	return false;
}

static bool begins(const struct bag_line *parsed, const char *text)
{
	size_t size = strlen(text);
	return parsed->name_size >= size && memcmp(parsed->name, text, size) == 0;
}

static bool is_name(const struct bag_line *parsed, const char *text)
{
	return parsed->name_size == strlen(text) && begins(parsed, text);
}

/** Whether a name is that of a tag manifest. */
static bool is_tag_manifest(const struct bag_line *parsed)
{
	const char *name = parsed->name;
	return begins(parsed, "tagmanifest-") && !memchr(name, '/', parsed->name_size) &&
		memcmp(name + parsed->name_size - 4, ".txt", 4) == 0;
}

/** What is wrong with where a name is. @return BAG_NOTES: nothing */
static enum bag_note look_at_place(enum bag_line_kind kind, const struct bag_line *parsed)
{
	bool payload = begins(parsed, "data/");
	if (kind != BAG_LINE_TAG)
		return payload                     ? BAG_NOTES
			: begins(parsed, "data\\") ? BAG_BACKSLASH
						   : BAG_NO_PAYLOAD;
	if (payload || is_name(parsed, "data"))
		return BAG_PAYLOAD;
	return is_tag_manifest(parsed) ? BAG_TAG_MANIFEST : BAG_NOTES;
}

/** Decode a name, and make it what a walk calls it. @return as look_at_place() */
static enum bag_note take_name(const struct bag_line_format *format, struct bag_line *parsed)
{
	if (parsed->name_size > 0 && *parsed->name == '*' && format->kind != BAG_LINE_FETCH) {
		parsed->notes |= 1U << BAG_STAR;
		parsed->name++;
		parsed->name_size--;
	}
	decode_name(parsed, format->version);
	char *name = parsed->name;
	size_t size = parsed->name_size;
	if (size == 0 || memchr(name, '\0', size) || name[size - 1] == '/')
		return BAG_MALFORMED;
	parsed->name_size = catalog_key(name, size, name);
	if (parsed->name_size != size)
		parsed->notes |= 1U << BAG_DOT;
	if (parsed->name_size == 0)
		return BAG_MALFORMED;
	if (*name == '/' || *name == '~' || leads_up(name, parsed->name_size))
		return BAG_OUTSIDE;
	return look_at_place(format->kind, parsed);
}

/** Take the digest off a line. @return what follows it, or NULL */
static char *take_digest(
	const struct bag_line_format *format, char *line, char *end, struct bag_line *parsed)
{
	char *digest_end = skip_word(line, end);
	size_t size = (size_t)(digest_end - line);
	if (size == 0 ||
		(format->digest_size &&
			(size != 2 * format->digest_size ||
				!hex_parse(line, format->digest_size, parsed->digest))))
		return NULL;
	return digest_end;
}

/** Whether a text is an absolute URI, as far as its scheme tells (RFC 3986, section 3.1). */
static bool is_uri(const char *text, const char *end)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	static const char others[] = "0123456789+-.";
	const char *at = text;
	while (at < end && *at && (strchr(letters, *at) || (at > text && strchr(others, *at))))
		at++;
	if (at == text || at == end || *at != ':' || at + 1 == end)
		return false;
	for (at = text; at < end; at++) {
		if ((unsigned char)*at <= ' ' || *at == 0x7f)
			return false;
	}
	return true;
}

/** Take URL and length off a line of fetch.txt. @return what follows them, or NULL */
static char *take_source(char *line, char *end)
{
	char *url_end = skip_word(line, end);
	char *length = skip_blanks(url_end, end);
	char *length_end = skip_word(length, end);
	size_t size = (size_t)(length_end - length);
	if (!is_uri(line, url_end) || size == 0)
		return NULL;
	if (size == 1 && *length == '-')
		return length_end;
	for (const char *digit = length; digit < length_end; digit++) {
		if (*digit < '0' || *digit > '9')
			return NULL;
	}
	return length_end;
}

bool bag_line_parse(
	const struct bag_line_format *format, char *line, size_t size, struct bag_line *parsed)
{
	char *end = line + size;
	parsed->notes = 0;
	if (skip_blanks(line, end) == end || *line == '#') {
		parsed->notes = 1U << BAG_COMMENT;
		return false;
	}
	enum bag_note wrong = BAG_MALFORMED;
	char *rest = format->kind == BAG_LINE_FETCH ? take_source(line, end)
						    : take_digest(format, line, end, parsed);
	if (rest) {
		parsed->name = skip_blanks(rest, end);
		parsed->name_size = (size_t)(end - parsed->name);
		wrong = take_name(format, parsed);
	}
	if (wrong != BAG_NOTES)
		parsed->notes = 1U << wrong;
	return wrong == BAG_NOTES;
}
