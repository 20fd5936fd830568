/*
 * manifest/bag_text: encodings, byte order marks and line ends.
 */
#include "manifest/bag_text.h"
#include "suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(text) text, sizeof(text) - 1

/** A text in an encoding, and in UTF-8; NULL: it is not in that encoding. */
static const struct {
	const char *encoding;
	const char *bytes;
	size_t size;
	const char *utf8;
	bool marked;
} texts[] = {
	{"UTF-8", BYTES(""), "", false},
	{"UTF-8", BYTES("a\u00e9\U0001f600"), "a\u00e9\U0001f600", false},
	{"utf8", BYTES("a\u00e9"), "a\u00e9", false},
	{"UTF-8",
		BYTES("\ufeff"
		      "ab"),
		"ab", true},
	/* Cut off, too long a form, no UTF-8 at all. */
	{"UTF-8", BYTES("a\xc3"), NULL, false},
	{"UTF-8", BYTES("\xc0\xaf"), NULL, false},
	{"UTF-8", BYTES("caf\xe9"), NULL, false},
	{"ISO-8859-1", BYTES("caf\xe9"), "caf\u00e9", false},
	{"iso-8859-15", BYTES("\xa4"), "\u20ac", false},
	{"windows-1252", BYTES("\x80"), "\u20ac", false},
	{"US-ASCII", BYTES("abc"), "abc", false},
	{"US-ASCII", BYTES("\xe9"), NULL, false},
	/* It has states, and the last is left at the end. */
	{"UTF-7", BYTES("a+MMY-"), "a\u30c6", false},
	/* With a mark, and without it by the first character. */
	{"UTF-16",
		BYTES("\xff\xfe"
		      "a\0\xe9\0"),
		"a\u00e9", false},
	{"UTF-16", BYTES("\xfe\xff\0a\0\xe9"), "a\u00e9", false},
	{"UTF-16", BYTES("a\0\xe9\0"), "a\u00e9", false},
	{"utf-16", BYTES("\0a\0\xe9"), "a\u00e9", false},
	{"UTF-16LE",
		BYTES("\xff\xfe"
		      "a\0"),
		"a", false},
	{"UTF-16BE", BYTES("\0a"), "a", false},
	{"UTF-16", BYTES(""), "", false},
	{"UTF-16", BYTES("a\0b"), NULL, false},
	{"UTF-16", BYTES("\0a\xd8\0"), NULL, false},
	{"UTF-32", BYTES("a\0\0\0"), "a", false},
	{"UTF-32", BYTES("\0\0\0a"), "a", false},
	{"UTF-32", BYTES("\xff\xfe\0\0a\0\0\0"), "a", false},
	{"UTF-32", BYTES("\0\0\xfe\xff\0\0\0a"), "a", false},
};

START_TEST(test_bag_text_decode)
{
	const char *encoding = texts[_i].encoding;
	size_t size = texts[_i].size;
	char *text = malloc(size + 1);
	bool marked;
	memcpy(text, texts[_i].bytes, size);
	ck_assert(bag_text_knows(encoding, strlen(encoding)));
	int status = bag_text_decode(encoding, strlen(encoding), &text, &size, &marked);
	if (texts[_i].utf8) {
		ck_assert_int_eq(status, 0);
		ck_assert_uint_eq(size, strlen(texts[_i].utf8));
		ck_assert_mem_eq(text, texts[_i].utf8, size);
		ck_assert_int_eq(marked, texts[_i].marked);
		/* There is room for one byte more. */
		text[size] = '\0';
	} else {
		ck_assert_int_eq(status, -1);
		ck_assert_int_eq(errno, EILSEQ);
		ck_assert_uint_eq(size, texts[_i].size);
		ck_assert_mem_eq(text, texts[_i].bytes, size);
	}
	free(text);
}
END_TEST

/* Longer than the memory that is taken at first. */
START_TEST(test_bag_text_decode_grows)
{
	size_t count = 100000, size = 2 * count;
	char *text = malloc(size + 1);
	bool marked;
	for (size_t i = 0; i < count; i++) {
		/* U+30C6 has three bytes in UTF-8. */
		text[2 * i] = '\x30';
		text[2 * i + 1] = '\xc6';
	}
	ck_assert_int_eq(bag_text_decode("UTF-16BE", 8, &text, &size, &marked), 0);
	ck_assert_uint_eq(size, 3 * count);
	for (size_t i = 0; i < count; i++)
		ck_assert_mem_eq(text + 3 * i, "\u30c6", 3);
	free(text);
}
END_TEST

static const char *const unknown[] = {
	"",
	"no-such-encoding",
	"UTF-8//TRANSLIT",
	"UTF-8//IGNORE",
	"../../tmp/x",
	"UTF-8 ",
	"UTF-8,x",
	"12345678901234567890123456789012345678901234567890",
};

START_TEST(test_bag_text_unknown)
{
	ck_assert(!bag_text_knows(unknown[_i], strlen(unknown[_i])));
}
END_TEST

START_TEST(test_bag_text_is_utf8)
{
	ck_assert(bag_text_is_utf8("UTF-8xx", 5));
	ck_assert(bag_text_is_utf8("utf8", 4));
	ck_assert(!bag_text_is_utf8("UTF-8", 4));
	ck_assert(!bag_text_is_utf8("UTF-16", 6));
	ck_assert(!bag_text_is_utf8("", 0));
}
END_TEST

START_TEST(test_bag_text_next)
{
	char bytes[] = "one\ntwo\r\nthree\r\rfive\n\n\r\nlast";
	static const char *const lines[] = {"one", "two", "three", "", "five", "", "", "last"};
	struct bag_text text = {.next = bytes, .left = strlen(bytes)};
	char *line;
	size_t size;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		ck_assert(bag_text_next(&text, &line, &size));
		ck_assert_uint_eq(size, strlen(lines[i]));
		ck_assert_mem_eq(line, lines[i], size);
		ck_assert_uint_eq(text.line, i + 1);
		ck_assert_int_eq(text.unended, i == 7);
	}
	ck_assert(!bag_text_next(&text, &line, &size));
}
END_TEST

/* A CR at the very end is a line's end, and no byte behind it is looked at. */
START_TEST(test_bag_text_next_at_end)
{
	char bytes[] = "a\r\n";
	struct bag_text text = {.next = bytes, .left = 2};
	char *line;
	size_t size;
	ck_assert(bag_text_next(&text, &line, &size));
	ck_assert_uint_eq(size, 1);
	ck_assert(!text.unended);
	ck_assert(!bag_text_next(&text, &line, &size));
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("bag_text");
	TCase *tests = tcase_create("bag_text");
	tcase_add_loop_test(tests, test_bag_text_decode, 0, sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(tests, test_bag_text_decode_grows);
	tcase_add_loop_test(tests, test_bag_text_unknown, 0, sizeof(unknown) / sizeof(unknown[0]));
	tcase_add_test(tests, test_bag_text_is_utf8);
	tcase_add_test(tests, test_bag_text_next);
	tcase_add_test(tests, test_bag_text_next_at_end);
	suite_add_tcase(suite, tests);
	return suite;
}

int main(void)
{
	return suite_run(suite());
}
