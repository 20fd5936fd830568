/*
 * A time is a number, not a string, so that it can be compared and sorted as it is. All nine
 * decimals are always there, and exact in the text; a reader that turns them into a double, as most
 * do, rounds to a quarter of a microsecond. Who needs them exactly tells the parser so (Python's
 * parse_float=Decimal; jq keeps them from 1.7 on).
 */
#include "ui/json.h"

#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

/** The most bytes that a character becomes: two \uXXXX. */
#define CHARACTER_BOUND 12

static const char digits[] = "0123456789abcdef";

/** Make room for more bytes behind the line. @return where they go, or NULL after a failure */
static char *reserve(struct json *json, size_t size)
{
	if (json->failed)
		return NULL;
	if (size > json->room - json->size) {
		size_t room = 2 * (json->size + size);
		char *text = realloc(json->text, room);
		if (!text) {
			json->failed = true;
			return NULL;
		}
		json->text = text;
		json->room = room;
	}
	return json->text + json->size;
}

static void put(struct json *json, const char *bytes, size_t size)
{
	char *out = reserve(json, size);
	if (!out)
		return;
	memcpy(out, bytes, size);
	json->size += size;
}

static void put_string(struct json *json, const char *string)
{
	put(json, string, strlen(string));
}

/** Begin a member: a comma where it is not the first, the key with its suffix, a colon. */
static void put_key(struct json *json, const char *key, const char *suffix)
{
	if (json->size && json->text[json->size - 1] != '{')
		put_string(json, ",");
	put_string(json, "\"");
	put_string(json, key);
	put_string(json, suffix);
	put_string(json, "\":");
}

/**
 * Take a character off a text that is not empty (RFC 3629: neither longer than need be, nor half of
 * a surrogate pair, nor past U+10FFFF).
 *
 * @return its bytes, or 0 where there is none
 */
static size_t decode(const char *text, size_t left, uint32_t *character)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *bytes = (const unsigned char *)text;
	if (bytes[0] < 0x80) {
		*character = bytes[0];
		return 1;
	}
	size_t size = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
	if (bytes[0] < 0xc0 || bytes[0] >= 0xf8 || size > left)
		return 0;
	uint32_t value = bytes[0] & (0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (bytes[i] & 0x3fu);
	}
	if (value < least[size] || (value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff)
		return 0;
	*character = value;
	return size;
}

static bool is_utf8(const char *bytes, size_t size)
{
	uint32_t character;
	for (size_t at = 0, step; at < size; at += step) {
		step = decode(bytes + at, size - at, &character);
		if (step == 0)
			return false;
	}
	return true;
}

/** Whether a terminal shows a character beyond ASCII as what it is. */
static bool is_printable(uint32_t character)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 && iswprint((wint_t)character);
}

static bool needs_escape(const struct json *json, uint32_t character)
{
	if (character < 0x7f)
		return character < 0x20 || character == '"' || character == '\\';
	/* DEL and C1; what ends a line in JavaScript; what turns the direction of writing. */
	if (character < 0xa0 || (character >= 0x2028 && character <= 0x202e) ||
		(character >= 0x2066 && character <= 0x2069))
		return true;
	return json->terminal && !is_printable(character);
}

/** Write \uXXXX. @return the end */
static char *escape_unit(char *out, uint32_t unit)
{
	*out++ = '\\';
	*out++ = 'u';
	for (int shift = 12; shift >= 0; shift -= 4)
		*out++ = digits[unit >> shift & 15];
	return out;
}

/** Write an escape, the shortest; beyond U+FFFF a surrogate pair. @return the end */
static char *escape(char *out, uint32_t character)
{
	static const char letters[] = "btn\0fr";
	char letter = '\0';
	if (character == '"' || character == '\\')
		letter = (char)character;
	else if (character >= '\b' && character <= '\r')
		letter = letters[character - '\b'];
	if (letter) {
		*out++ = '\\';
		*out++ = letter;
		return out;
	}
	if (character < 0x10000)
		return escape_unit(out, character);
	out = escape_unit(out, 0xd800 + (character - 0x10000) / 0x400);
	return escape_unit(out, 0xdc00 + character % 0x400);
}

/** Add a string with its quotes. What is not UTF-8 in it becomes U+FFFD, byte by byte. */
static void put_quoted(struct json *json, const char *text, size_t size)
{
	put_string(json, "\"");
	for (size_t at = 0; at < size;) {
		uint32_t character = 0;
		size_t step = decode(text + at, size - at, &character);
		if (step && !needs_escape(json, character)) {
			put(json, text + at, step);
		} else {
			char escaped[CHARACTER_BOUND];
			char *end = escape(escaped, step ? character : 0xfffd);
			put(json, escaped, (size_t)(end - escaped));
		}
		at += step ? step : 1;
	}
	put_string(json, "\"");
}

static void put_base64(struct json *json, const char *bytes, size_t size)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	put_string(json, "\"");
	for (size_t at = 0; at < size; at += 3) {
		size_t left = size - at;
		unsigned group[3] = {(unsigned char)bytes[at]};
		if (left > 1)
			group[1] = (unsigned char)bytes[at + 1];
		if (left > 2)
			group[2] = (unsigned char)bytes[at + 2];
		const char four[4] = {
			alphabet[group[0] >> 2],
			alphabet[(group[0] << 4 | group[1] >> 4) & 63],
			alphabet[left > 1 ? (group[1] << 2 | group[2] >> 6) & 63 : 64],
			alphabet[left > 2 ? group[2] & 63 : 64],
		};
		put(json, four, sizeof(four));
	}
	put_string(json, "\"");
}

void json_begin(struct json *json)
{
	json->size = 0;
	json->failed = false;
	put_string(json, "{");
}

int json_end(struct json *json)
{
	put_string(json, "}\n");
	if (!json->failed)
		return 0;
	errno = ENOMEM;
	return -1;
}

void json_open(struct json *json, const char *key)
{
	put_key(json, key, "");
	put_string(json, "{");
}

void json_close(struct json *json)
{
	put_string(json, "}");
}

void json_text(struct json *json, const char *key, const char *text)
{
	put_key(json, key, "");
	put_quoted(json, text, strlen(text));
}

void json_texts(struct json *json, const char *key, char *const *texts, size_t count)
{
	put_key(json, key, "");
	put_string(json, "[");
	for (size_t i = 0; i < count; i++) {
		put_string(json, i ? "," : "");
		put_quoted(json, texts[i], strlen(texts[i]));
	}
	put_string(json, "]");
}

void json_bytes(struct json *json, const char *key, const char *bytes, size_t size)
{
	bool utf8 = is_utf8(bytes, size);
	put_key(json, key, utf8 ? "" : "_base64");
	if (utf8)
		put_quoted(json, bytes, size);
	else
		put_base64(json, bytes, size);
}

void json_hex(struct json *json, const char *key, const unsigned char *bytes, size_t size)
{
	put_key(json, key, "");
	char *out = reserve(json, 2 * size + 2);
	if (!out)
		return;
	*out++ = '"';
	for (size_t i = 0; i < size; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '"';
	json->size += 2 * size + 2;
}

void json_integer(struct json *json, const char *key, uint64_t number)
{
	char text[24];
	snprintf(text, sizeof(text), "%" PRIu64, number);
	put_key(json, key, "");
	put_string(json, text);
}

void json_time(struct json *json, const char *key, const struct timespec *time)
{
	/* -1.25 s is kept as -2 s and 750,000,000 ns. */
	bool negative = time->tv_sec < 0;
	bool borrow = negative && time->tv_nsec > 0;
	uint64_t seconds = (uint64_t)time->tv_sec;
	uint64_t nanoseconds = (uint64_t)time->tv_nsec;
	if (negative)
		seconds = 0 - seconds - borrow;
	if (borrow)
		nanoseconds = 1000000000 - nanoseconds;
	char text[40];
	snprintf(text, sizeof(text), "%s%" PRIu64 ".%09" PRIu64, negative ? "-" : "", seconds,
		nanoseconds);
	put_key(json, key, "");
	put_string(json, text);
}

void json_flag(struct json *json, const char *key, bool flag)
{
	put_key(json, key, "");
	put_string(json, flag ? "true" : "false");
}

void json_free(struct json *json)
{
	free(json->text);
	*json = (struct json){.terminal = json->terminal};
}
