#include "manifest/bag_tags.h"

#include "manifest/bag_text.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *text;
	enum bag_version version;
} versions[] = {
	{"0.93", BAG_0_93},
	{"0.94", BAG_0_94},
	{"0.95", BAG_0_95},
	{"0.96", BAG_0_96},
	{"0.97", BAG_0_97},
	{"1.0", BAG_1_0},
};

/** A label and its value, without blanks around them. */
struct tag {
	const char *label;
	size_t label_size;
	const char *value;
	size_t value_size;
	/** It is not written as "LABEL: VALUE". */
	bool odd;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/** Take blanks off both ends. @return whether there were any */
static bool trim(const char **text, size_t *size)
{
	size_t before = *size;
	while (*size > 0 && is_blank(**text)) {
		(*text)++;
		(*size)--;
	}
	while (*size > 0 && is_blank((*text)[*size - 1]))
		(*size)--;
	return *size != before;
}

/** Split a line. @return whether there is a label and a colon */
static bool split(const char *line, size_t size, struct tag *tag)
{
	const char *colon = memchr(line, ':', size);
	if (!colon)
		return false;
	tag->label = line;
	tag->label_size = (size_t)(colon - line);
	tag->value = colon + 1;
	tag->value_size = size - tag->label_size - 1;
	tag->odd = !(tag->value_size > 1 && is_blank(tag->value[0]) && !is_blank(tag->value[1]));
	tag->odd |= trim(&tag->label, &tag->label_size);
	trim(&tag->value, &tag->value_size);
	return tag->label_size > 0;
}

static bool is_label(const struct tag *tag, const char *label)
{
	return tag->label_size == strlen(label) &&
		strncasecmp(tag->label, label, tag->label_size) == 0;
}

/** Take one of the two lines of bagit.txt. @return whether it is that */
static bool take_line(struct bag_declaration *declaration, struct bag_text *text, const char *label,
	struct tag *tag)
{
	char *line;
	size_t size;
	if (!bag_text_next(text, &line, &size) || !split(line, size, tag) || !is_label(tag, label))
		return false;
	if (memcmp(tag->label, label, tag->label_size) != 0)
		declaration->oddity = "capital letters are not those of RFC 8493";
	return true;
}

/** Find a version. @return whether it is known */
static bool find_version(const struct tag *tag, enum bag_version *version)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (tag->value_size != strlen(versions[i].text) ||
			memcmp(tag->value, versions[i].text, tag->value_size) != 0)
			continue;
		*version = versions[i].version;
		return true;
	}
	return false;
}

const char *bag_declaration_parse(struct bag_declaration *declaration, char *bytes, size_t size)
{
	*declaration = (struct bag_declaration){
		.version = BAG_1_0, .encoding = "UTF-8", .encoding_size = strlen("UTF-8")};
	struct bag_text text = {.next = bytes, .left = size};
	struct tag version, encoding;
	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		return "begins with a byte order mark";
	if (!take_line(declaration, &text, "BagIt-Version", &version))
		return "line 1 is not \"BagIt-Version: M.N\"";
	if (!find_version(&version, &declaration->version))
		return "BagIt-Version is not one of 0.93 to 0.97 and 1.0";
	if (!take_line(declaration, &text, "Tag-File-Character-Encoding", &encoding))
		return "line 2 is not \"Tag-File-Character-Encoding: ENCODING\"";
	if (text.left > 0)
		return "has more than two lines";
	if (!bag_text_knows(encoding.value, encoding.value_size))
		return "Tag-File-Character-Encoding is not known here";
	/* Before 1.0 any blanks were allowed. */
	if (declaration->version >= BAG_1_0 && (version.odd || encoding.odd))
		declaration->oddity = "there is not just one space behind each colon";
	declaration->encoding = encoding.value;
	declaration->encoding_size = encoding.value_size;
	return NULL;
}

const char *bag_info_name(enum bag_version version)
{
	return version < BAG_0_96 ? "package-info.txt" : "bag-info.txt";
}

/** Take a number off the front of a text. @return whether there is one, of less than 2^64 */
static bool take_number(const char **text, size_t *size, uint64_t *number)
{
	size_t digits = 0;
	*number = 0;
	while (digits < *size && (*text)[digits] >= '0' && (*text)[digits] <= '9') {
		if (__builtin_mul_overflow(*number, (uint64_t)10, number) ||
			__builtin_add_overflow(*number, (uint64_t)((*text)[digits] - '0'), number))
			return false;
		digits++;
	}
	*text += digits;
	*size -= digits;
	return digits > 0;
}

/** Take the value of Payload-Oxum. @return NULL, or what is wrong */
static const char *take_oxum(struct bag_info *info, const struct tag *tag)
{
	struct bag_oxum oxum = {.given = true};
	const char *text = tag->value;
	size_t size = tag->value_size;
	bool parsed = take_number(&text, &size, &oxum.bytes) && size > 0 && *text == '.';
	if (parsed) {
		text++;
		size--;
		parsed = take_number(&text, &size, &oxum.files) && size == 0;
	}
	if (!parsed)
		return "Payload-Oxum is not \"BYTES.FILES\"";
	if (info->oxum.given && (info->oxum.bytes != oxum.bytes || info->oxum.files != oxum.files))
		return "Payload-Oxum is repeated with another value";
	info->repeated |= info->oxum.given;
	info->oxum = oxum;
	return NULL;
}

/** Where nothing of a value stands behind its label, take the next line that goes on with it. */
static void unfold(struct bag_text *text, struct tag *tag)
{
	struct bag_text next = *text;
	char *line;
	size_t size;
	while (tag->value_size == 0 && bag_text_next(&next, &line, &size) && size > 0 &&
		is_blank(*line)) {
		tag->value = line;
		tag->value_size = size;
		trim(&tag->value, &tag->value_size);
		*text = next;
	}
}

/** Which tag the line before was of. */
enum last_tag {
	LAST_NONE,
	LAST_OXUM,
	LAST_OTHER,
};

/**
 * Take a line.
 *
 * @param text what follows the line
 * @param last updated
 * @return as bag_info_parse()
 */
static const char *take_info(struct bag_info *info, struct bag_text *text, const char *line,
	size_t size, enum last_tag *last)
{
	struct tag tag;
	const char *content = line;
	size_t content_size = size;
	trim(&content, &content_size);
	if (content_size == 0)
		return NULL;
	/* The value before goes on. */
	if (is_blank(*line) && *last == LAST_OTHER)
		return NULL;
	if (is_blank(*line) && *last == LAST_OXUM)
		return "Payload-Oxum is not \"BYTES.FILES\"";
	if (is_blank(*line) || !split(line, size, &tag))
		return "is not \"LABEL: VALUE\"";
	*last = is_label(&tag, "Payload-Oxum") ? LAST_OXUM : LAST_OTHER;
	if (*last != LAST_OXUM)
		return NULL;
	unfold(text, &tag);
	return take_oxum(info, &tag);
}

const char *bag_info_parse(struct bag_info *info, char *bytes, size_t size)
{
	*info = (struct bag_info){0};
	struct bag_text text = {.next = bytes, .left = size};
	const char *wrong = NULL;
	char *line;
	size_t line_size;
	enum last_tag last = LAST_NONE;
	while (!wrong && bag_text_next(&text, &line, &line_size)) {
		info->line = text.line;
		wrong = take_info(info, &text, line, line_size, &last);
	}
	return wrong;
}
