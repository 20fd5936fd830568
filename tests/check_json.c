/*
 * ui/json: what goes in comes out again, through a reader of our own, for every character and every
 * sequence of bytes that is none; and no line holds what a terminal would obey.
 */
#include "suite.h"
#include "ui/json.h"

#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static struct json json;

static void setup(void)
{
	ck_assert_ptr_nonnull(setlocale(LC_ALL, "C"));
	json = (struct json){0};
}

static void teardown(void)
{
	json_free(&json);
}

/** End the line, which has to be this one. */
static void expect(const char *line)
{
	ck_assert_int_eq(json_end(&json), 0);
	ck_assert_msg(json.size == strlen(line) && memcmp(json.text, line, json.size) == 0,
		"%.*s is not %s", (int)json.size, json.text, line);
}

/** libcheck's own assertions are too slow for every byte of every character. */
static void must(bool holds)
{
	if (!holds)
		ck_abort_msg("with %.*s", (int)json.size, json.text);
}

/** No control byte but the newline at the end, and beyond ASCII only where that is wanted. */
static void expect_tame(bool ascii)
{
	must(json.text[json.size - 1] == '\n');
	for (size_t i = 0; i + 1 < json.size; i++) {
		unsigned char byte = (unsigned char)json.text[i];
		must(byte >= 0x20 && byte != 0x7f && (!ascii || byte < 0x80));
		/* C1 in UTF-8. */
		must(byte != 0xc2 || (unsigned char)json.text[i + 1] >= 0xa0);
	}
}

static size_t put_utf8(uint32_t character, char *out)
{
	if (character < 0x80) {
		out[0] = (char)character;
		return 1;
	}
	size_t size = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
	for (size_t i = size - 1; i > 0; i--, character >>= 6)
		out[i] = (char)(0x80 | (character & 63));
	out[0] = (char)((0xf00 >> size & 0xff) | character);
	return size;
}

static uint32_t four_digits(const char *text)
{
	char digits[5] = {0};
	memcpy(digits, text, 4);
	char *end;
	uint32_t value = (uint32_t)strtoul(digits, &end, 16);
	must(end == digits + 4);
	return value;
}

/** Read what a backslash begins. @return the bytes read */
static size_t read_escape(const char *text, uint32_t *character)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	if (text[1] != 'u') {
		const char *letter = strchr(letters, text[1]);
		must(letter);
		*character = (unsigned char)meant[letter - letters];
		return 2;
	}
	*character = four_digits(text + 2);
	if (*character < 0xd800 || *character > 0xdfff)
		return 6;
	must(*character < 0xdc00);
	must(memcmp(text + 6, "\\u", 2) == 0);
	uint32_t low = four_digits(text + 8);
	must(low >= 0xdc00 && low <= 0xdfff);
	*character = 0x10000 + ((*character & 0x3ff) << 10) + (low & 0x3ff);
	return 12;
}

/** Read a string up to its closing quote. @return its bytes */
static size_t read_string(const char *text, char *out)
{
	size_t size = 0;
	while (*text != '"') {
		uint32_t character;
		if (*text == '\\') {
			text += read_escape(text, &character);
			size += put_utf8(character, out + size);
		} else {
			out[size++] = *text++;
		}
	}
	must(memcmp(text, "\"}\n", 3) == 0);
	return size;
}

static size_t read_base64(const char *text, char *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t size = 0;
	for (; *text != '"'; text += 4) {
		uint32_t group = 0;
		size_t filled = 0;
		for (size_t i = 0; i < 4; i++) {
			const char *digit = text[i] == '=' ? NULL : strchr(digits, text[i]);
			must(digit || (i > 1 && text[i] == '='));
			/* What is filled up is filled up to the end. */
			must(!digit || filled == i);
			filled += digit != NULL;
			group = group << 6 | (uint32_t)(digit ? digit - digits : 0);
		}
		for (size_t i = 0; i + 1 < filled; i++)
			out[size++] = (char)(group >> (16 - 8 * i));
	}
	must(memcmp(text, "\"}\n", 3) == 0);
	return size;
}

/** Put bytes as a line of their own, which has to hold them, in base64 or as text. */
static void expect_kept(const char *bytes, size_t size, bool utf8)
{
	static char kept[PATH_MAX];
	const char *start = utf8 ? "{\"path\":\"" : "{\"path_base64\":\"";
	json_begin(&json);
	json_bytes(&json, "path", bytes, size);
	must(json_end(&json) == 0);
	expect_tame(!utf8);
	must(json.size > strlen(start));
	must(memcmp(json.text, start, strlen(start)) == 0);
	size_t kept_size = utf8 ? read_string(json.text + strlen(start), kept)
				: read_base64(json.text + strlen(start), kept);
	must(kept_size == size && memcmp(kept, bytes, size) == 0);
}

START_TEST(test_json_is_an_object_a_line)
{
	static const unsigned char digest[] = {0x00, 0x0f, 0xf0, 0xff};
	json_begin(&json);
	expect("{}\n");
	json_begin(&json);
	json_text(&json, "type", "file");
	json_hex(&json, "md5", digest, sizeof(digest));
	json_integer(&json, "size", UINT64_MAX);
	json_open(&json, "kinds");
	json_close(&json);
	json_open(&json, "skipped");
	json_integer(&json, "links", 0);
	json_flag(&json, "a", true);
	json_close(&json);
	json_flag(&json, "complete", false);
	expect("{\"type\":\"file\",\"md5\":\"000ff0ff\",\"size\":18446744073709551615,\"kinds\":{},"
	       "\"skipped\":{\"links\":0,\"a\":true},\"complete\":false}\n");
}
END_TEST

START_TEST(test_json_texts_are_an_array)
{
	char first[] = "a\"b", second[] = "c\xff";
	char *const texts[] = {first, second};
	json_begin(&json);
	json_texts(&json, "none", texts, 0);
	json_texts(&json, "one", texts, 1);
	json_texts(&json, "two", texts, 2);
	json_integer(&json, "size", 1);
	expect("{\"none\":[],\"one\":[\"a\\\"b\"],\"two\":[\"a\\\"b\",\"c\\ufffd\"],\"size\":1}\n");
}
END_TEST

START_TEST(test_json_time_is_exact)
{
	static const struct {
		struct timespec time;
		const char *line;
	} known[] = {
		{{0, 0}, "{\"t\":0.000000000}\n"},
		{{1700000000, 123456789}, "{\"t\":1700000000.123456789}\n"},
		{{1, 1}, "{\"t\":1.000000001}\n"},
		{{-1, 0}, "{\"t\":-1.000000000}\n"},
		{{-1, 750000000}, "{\"t\":-0.250000000}\n"},
		{{-2, 1}, "{\"t\":-1.999999999}\n"},
		{{INT64_MAX, 999999999}, "{\"t\":9223372036854775807.999999999}\n"},
		{{INT64_MIN, 0}, "{\"t\":-9223372036854775808.000000000}\n"},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		json_begin(&json);
		json_time(&json, "t", &known[i].time);
		expect(known[i].line);
	}
}
END_TEST

START_TEST(test_json_escapes)
{
	static const struct {
		const char *text;
		const char *line;
	} known[] = {
		{"", "{\"t\":\"\"}\n"},
		{"a \"b\" \\c/", "{\"t\":\"a \\\"b\\\" \\\\c/\"}\n"},
		{"\b\t\n\f\r", "{\"t\":\"\\b\\t\\n\\f\\r\"}\n"},
		{"\001\a\v\033\037\177",
			"{\"t\":\"\\u0001\\u0007\\u000b\\u001b\\u001f\\u007f\"}\n"},
		{"caf\303\251", "{\"t\":\"caf\303\251\"}\n"},
		{"\302\200\302\205\302\237\302\240", "{\"t\":\"\\u0080\\u0085\\u009f\302\240\"}\n"},
		/* Not UTF-8. */
		{"a\377b\303", "{\"t\":\"a\\ufffdb\\ufffd\"}\n"},
		{"\355\240\200", "{\"t\":\"\\ufffd\\ufffd\\ufffd\"}\n"},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		json_begin(&json);
		json_text(&json, "t", known[i].text);
		expect(known[i].line);
	}
}
END_TEST

START_TEST(test_json_escapes_what_makes_lines_look_like_others)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {{0x2028, 0x202e}, {0x2066, 0x2069}};
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		for (uint32_t at = ranges[i].first - 1; at <= ranges[i].last + 1; at++) {
			char bytes[4], line[32];
			size_t size = put_utf8(at, bytes);
			if (at >= ranges[i].first && at <= ranges[i].last)
				sprintf(line, "{\"t\":\"\\u%04x\"}\n", (unsigned)at);
			else
				sprintf(line, "{\"t\":\"%.*s\"}\n", (int)size, bytes);
			json_begin(&json);
			json_bytes(&json, "t", bytes, size);
			expect(line);
		}
	}
}
END_TEST

START_TEST(test_json_keeps_every_character)
{
	for (uint32_t character = 0; character <= 0x10ffff; character++) {
		char bytes[6] = {'a'};
		size_t size = put_utf8(character, bytes + 1);
		bytes[1 + size] = 'z';
		expect_kept(bytes, size + 2, character < 0xd800 || character > 0xdfff);
	}
}
END_TEST

START_TEST(test_json_keeps_what_is_no_character)
{
	static const char *const bad[] = {"\200", "\277", "\300\200", "\301\277", "\302", "\303(",
		"\340\200\200", "\340\237\277", "\342\202", "\355\240\200", "\355\277\277",
		"\360\200\200\200", "\360\217\277\277", "\360\237\230", "\364\220\200\200",
		"\365\200\200\200", "\370\210\200\200\200", "\374\204\200\200\200\200", "\376",
		"\377"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char bytes[16];
		expect_kept(bad[i], strlen(bad[i]), false);
		strcpy(stpcpy(bytes, "a\303\251"), bad[i]);
		expect_kept(bytes, strlen(bytes), false);
	}
}
END_TEST

/** Whether the C library finds the same characters in it. */
static bool is_utf8_to_libc(const char *bytes, size_t size)
{
	while (size > 0) {
		mbstate_t state = {0};
		wchar_t wide;
		size_t step = mbrtowc(&wide, bytes, size, &state);
		if (step == 0)
			step = 1;
		/* glibc knows characters past the last one. */
		if (step > size || wide > 0x10ffff)
			return false;
		bytes += step;
		size -= step;
	}
	return true;
}

START_TEST(test_json_knows_utf8_as_the_c_library_does)
{
	ck_assert_ptr_nonnull(setlocale(LC_ALL, "C.UTF-8"));
	for (uint32_t pair = 0; pair < 0x10000; pair++) {
		const char bytes[] = {(char)(pair >> 8), (char)pair};
		expect_kept(bytes, sizeof(bytes), is_utf8_to_libc(bytes, sizeof(bytes)));
	}
	/* Longer ones, mostly of bytes that matter. */
	static const char some[] =
		"\340\341\355\357\360\361\364\365\200\217\220\237\240\277a\302\337";
	srandom(1);
	for (size_t i = 0; i < 300000; i++) {
		char bytes[8];
		size_t size = 3 + (size_t)random() % 6;
		for (size_t at = 0; at < size; at++)
			bytes[at] = some[(size_t)random() % (sizeof(some) - 1)];
		expect_kept(bytes, size, is_utf8_to_libc(bytes, size));
	}
}
END_TEST

START_TEST(test_json_keeps_names_of_any_length)
{
	char name[4095];
	ck_assert_ptr_nonnull(setlocale(LC_ALL, "C.UTF-8"));
	for (size_t size = 0; size <= 300; size++) {
		for (size_t i = 0; i < size; i++)
			name[i] = (char)(i * 7 + size);
		expect_kept(name, size, is_utf8_to_libc(name, size));
		memset(name, '\n', size);
		expect_kept(name, size, true);
	}
	memset(name, '\377', sizeof(name));
	expect_kept(name, sizeof(name), false);
	memset(name, '\001', sizeof(name));
	expect_kept(name, sizeof(name), true);
}
END_TEST

START_TEST(test_json_for_a_terminal_is_what_the_locale_can_print)
{
	static const char name[] = "caf\303\251 \360\237\230\200 \357\277\277";
	json.terminal = true;
	json_begin(&json);
	json_bytes(&json, "path", name, strlen(name));
	expect("{\"path\":\"caf\\u00e9 \\ud83d\\ude00 \\uffff\"}\n");
	ck_assert_ptr_nonnull(setlocale(LC_ALL, "C.UTF-8"));
	json_begin(&json);
	json_bytes(&json, "path", name, strlen(name));
	expect("{\"path\":\"caf\303\251 \360\237\230\200 \\uffff\"}\n");
	for (uint32_t character = 1; character < 0x3000; character++) {
		char bytes[4];
		expect_kept(bytes, put_utf8(character, bytes), true);
	}
}
END_TEST

START_TEST(test_json_that_found_no_memory_says_so)
{
	json_begin(&json);
	json.failed = true;
	json_text(&json, "t", "lost");
	json_hex(&json, "h", (const unsigned char *)"lost", 4);
	errno = 0;
	ck_assert_int_eq(json_end(&json), -1);
	ck_assert_int_eq(errno, ENOMEM);
	/* The next line has nothing of it. */
	json_begin(&json);
	json_text(&json, "t", "found");
	expect("{\"t\":\"found\"}\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("json");
	TCase *tests = tcase_create("json");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_json_is_an_object_a_line);
	tcase_add_test(tests, test_json_texts_are_an_array);
	tcase_add_test(tests, test_json_time_is_exact);
	tcase_add_test(tests, test_json_escapes);
	tcase_add_test(tests, test_json_escapes_what_makes_lines_look_like_others);
	tcase_add_test(tests, test_json_keeps_every_character);
	tcase_add_test(tests, test_json_keeps_what_is_no_character);
	tcase_add_test(tests, test_json_knows_utf8_as_the_c_library_does);
	tcase_add_test(tests, test_json_keeps_names_of_any_length);
	tcase_add_test(tests, test_json_for_a_terminal_is_what_the_locale_can_print);
	tcase_add_test(tests, test_json_that_found_no_memory_says_so);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
