/*
 * manifest/bag_line: lines of a bag's manifests and of fetch.txt, and what their names may be.
 */
#include "manifest/bag_line.h"
#include "suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/** A digest of two bytes, which no algorithm has: any size will do. */
#define HEX "aBcD"

#define OLD BAG_0_97
#define NEW BAG_1_0

static const struct {
	enum bag_line_kind kind;
	enum bag_version version;
	const char *line;
	/** NULL: it is no entry. */
	const char *name;
	/** BAG_NOTES: none. */
	enum bag_note note;
} lines[] = {
	{BAG_LINE_PAYLOAD, NEW, HEX " data/a", "data/a", BAG_NOTES},
	{BAG_LINE_PAYLOAD, NEW, HEX "  data/a b ", "data/a b ", BAG_NOTES},
	{BAG_LINE_PAYLOAD, NEW, HEX "\t \tdata/a/b", "data/a/b", BAG_NOTES},
	{BAG_LINE_PAYLOAD, NEW, HEX " data/.hidden", "data/.hidden", BAG_NOTES},
	{BAG_LINE_PAYLOAD, NEW, HEX " data/a\\b", "data/a\\b", BAG_NOTES},
	{BAG_LINE_PAYLOAD, NEW, HEX " data/...", "data/...", BAG_NOTES},
	{BAG_LINE_PAYLOAD, NEW, HEX " data/a..", "data/a..", BAG_NOTES},
	{BAG_LINE_PAYLOAD, NEW, HEX " data/~root", "data/~root", BAG_NOTES},
	{BAG_LINE_TAG, NEW, HEX " bagit.txt", "bagit.txt", BAG_NOTES},
	{BAG_LINE_TAG, NEW, HEX " sub/tagmanifest-md5.txt", "sub/tagmanifest-md5.txt", BAG_NOTES},
	{BAG_LINE_TAG, NEW, HEX " tagmanifest-md5.text", "tagmanifest-md5.text", BAG_NOTES},
	{BAG_LINE_TAG, NEW, HEX " data-x/a", "data-x/a", BAG_NOTES},
	/* What is encoded, by version. */
	{BAG_LINE_PAYLOAD, NEW, HEX " data/a%0Ab%0dc%25d", "data/a\nb\rc%d", BAG_NOTES},
	{BAG_LINE_PAYLOAD, NEW, HEX " data/%250A", "data/%0A", BAG_NOTES},
	{BAG_LINE_PAYLOAD, NEW, HEX " data/100%", "data/100%", BAG_PERCENT},
	{BAG_LINE_PAYLOAD, NEW, HEX " data/a%20b", "data/a%20b", BAG_PERCENT},
	{BAG_LINE_PAYLOAD, NEW, HEX " data/a%2", "data/a%2", BAG_PERCENT},
	{BAG_LINE_PAYLOAD, NEW, HEX " data/a%zz", "data/a%zz", BAG_PERCENT},
	{BAG_LINE_PAYLOAD, OLD, HEX " data/a%0ab%0Dc%25d%", "data/a\nb\rc%25d%", BAG_NOTES},
	{BAG_LINE_PAYLOAD, BAG_0_93, HEX " data/a%20b", "data/a%20b", BAG_NOTES},
	/* No way out by encoding, for these are not decoded. */
	{BAG_LINE_PAYLOAD, NEW, HEX " data/%2e%2e/a", "data/%2e%2e/a", BAG_PERCENT},
	{BAG_LINE_PAYLOAD, NEW, HEX " data/a%00b", "data/a%00b", BAG_PERCENT},
	/* What other tools write. */
	{BAG_LINE_PAYLOAD, NEW, HEX " *data/a", "data/a", BAG_STAR},
	{BAG_LINE_TAG, NEW, HEX " *bagit.txt", "bagit.txt", BAG_STAR},
	{BAG_LINE_PAYLOAD, NEW, HEX " ./data/a", "data/a", BAG_DOT},
	{BAG_LINE_PAYLOAD, NEW, HEX " data//a/./b", "data/a/b", BAG_DOT},
	{BAG_LINE_PAYLOAD, NEW, "", NULL, BAG_COMMENT},
	{BAG_LINE_PAYLOAD, NEW, " \t", NULL, BAG_COMMENT},
	{BAG_LINE_PAYLOAD, NEW, "# comment", NULL, BAG_COMMENT},
	/* Out of the bag. */
	{BAG_LINE_PAYLOAD, NEW, HEX " /data/a", NULL, BAG_OUTSIDE},
	{BAG_LINE_PAYLOAD, NEW, HEX " ../data/a", NULL, BAG_OUTSIDE},
	{BAG_LINE_PAYLOAD, NEW, HEX " data/../a", NULL, BAG_OUTSIDE},
	{BAG_LINE_PAYLOAD, NEW, HEX " data/a/../b", NULL, BAG_OUTSIDE},
	{BAG_LINE_PAYLOAD, NEW, HEX " data/..", NULL, BAG_OUTSIDE},
	{BAG_LINE_PAYLOAD, NEW, HEX " ..", NULL, BAG_OUTSIDE},
	{BAG_LINE_PAYLOAD, NEW, HEX " ~/a", NULL, BAG_OUTSIDE},
	{BAG_LINE_TAG, NEW, HEX " ~root/a", NULL, BAG_OUTSIDE},
	{BAG_LINE_TAG, NEW, HEX " ./~root/a", NULL, BAG_OUTSIDE},
	{BAG_LINE_TAG, NEW, HEX " .//../a", NULL, BAG_OUTSIDE},
	{BAG_LINE_TAG, NEW, HEX " /etc/passwd", NULL, BAG_OUTSIDE},
	{BAG_LINE_TAG, NEW, HEX " a/../../b", NULL, BAG_OUTSIDE},
	{BAG_LINE_FETCH, NEW, "http://a/ 1 ../a", NULL, BAG_OUTSIDE},
	/* Not where it belongs. */
	{BAG_LINE_PAYLOAD, NEW, HEX " bagit.txt", NULL, BAG_NO_PAYLOAD},
	{BAG_LINE_PAYLOAD, NEW, HEX " data", NULL, BAG_NO_PAYLOAD},
	{BAG_LINE_PAYLOAD, NEW, HEX " datax/a", NULL, BAG_NO_PAYLOAD},
	{BAG_LINE_PAYLOAD, NEW, HEX " C:\\data\\a", NULL, BAG_NO_PAYLOAD},
	{BAG_LINE_PAYLOAD, NEW, HEX " data\\a", NULL, BAG_BACKSLASH},
	{BAG_LINE_TAG, NEW, HEX " data/a", NULL, BAG_PAYLOAD},
	{BAG_LINE_TAG, NEW, HEX " ./data/a", NULL, BAG_PAYLOAD},
	{BAG_LINE_TAG, NEW, HEX " data", NULL, BAG_PAYLOAD},
	{BAG_LINE_TAG, NEW, HEX " tagmanifest-md5.txt", NULL, BAG_TAG_MANIFEST},
	{BAG_LINE_TAG, NEW, HEX " ./tagmanifest-x.txt", NULL, BAG_TAG_MANIFEST},
	/* Neither. */
	{BAG_LINE_PAYLOAD, NEW, HEX, NULL, BAG_MALFORMED},
	{BAG_LINE_PAYLOAD, NEW, HEX " ", NULL, BAG_MALFORMED},
	{BAG_LINE_PAYLOAD, NEW, HEX " *", NULL, BAG_MALFORMED},
	{BAG_LINE_PAYLOAD, NEW, HEX " ./", NULL, BAG_MALFORMED},
	{BAG_LINE_PAYLOAD, NEW, HEX " .", NULL, BAG_MALFORMED},
	{BAG_LINE_PAYLOAD, NEW, HEX " data/a/", NULL, BAG_MALFORMED},
	{BAG_LINE_PAYLOAD, NEW, "abcg data/a", NULL, BAG_MALFORMED},
	{BAG_LINE_PAYLOAD, NEW, "abc data/a", NULL, BAG_MALFORMED},
	{BAG_LINE_PAYLOAD, NEW, "abcde data/a", NULL, BAG_MALFORMED},
	{BAG_LINE_PAYLOAD, NEW, "data/a", NULL, BAG_MALFORMED},
	{BAG_LINE_PAYLOAD, NEW, " " HEX " data/a", NULL, BAG_MALFORMED},
	{BAG_LINE_PAYLOAD, NEW, "\\" HEX " data/a", NULL, BAG_MALFORMED},
	/* fetch.txt */
	{BAG_LINE_FETCH, NEW, "http://a/b 12 data/a", "data/a", BAG_NOTES},
	{BAG_LINE_FETCH, NEW, "https://a/b?c=d#e\t-  data/a b%0Ac", "data/a b\nc", BAG_NOTES},
	{BAG_LINE_FETCH, NEW, "file:///etc/passwd - data/a", "data/a", BAG_NOTES},
	{BAG_LINE_FETCH, NEW, "x-1.a+b:c 0 data/a", "data/a", BAG_NOTES},
	{BAG_LINE_FETCH, NEW, "http://a/b 12 *data/a", NULL, BAG_NO_PAYLOAD},
	{BAG_LINE_FETCH, NEW, "http://a/b 12 bagit.txt", NULL, BAG_NO_PAYLOAD},
	{BAG_LINE_FETCH, NEW, "http://a/b data/a", NULL, BAG_MALFORMED},
	{BAG_LINE_FETCH, NEW, "http://a/b 12", NULL, BAG_MALFORMED},
	{BAG_LINE_FETCH, NEW, "http://a/b -1 data/a", NULL, BAG_MALFORMED},
	{BAG_LINE_FETCH, NEW, "http://a/b 1k data/a", NULL, BAG_MALFORMED},
	{BAG_LINE_FETCH, NEW, "/etc/passwd 1 data/a", NULL, BAG_MALFORMED},
	{BAG_LINE_FETCH, NEW, "1http://a 1 data/a", NULL, BAG_MALFORMED},
	{BAG_LINE_FETCH, NEW, "http: 1 data/a", NULL, BAG_MALFORMED},
	{BAG_LINE_FETCH, NEW, ":a 1 data/a", NULL, BAG_MALFORMED},
	{BAG_LINE_FETCH, NEW, "http://a\x7f 1 data/a", NULL, BAG_MALFORMED},
};

START_TEST(test_bag_line)
{
	const struct bag_line_format format = {
		.kind = lines[_i].kind, .version = lines[_i].version, .digest_size = 2};
	size_t size = strlen(lines[_i].line);
	/* With room for one byte more, and for none beyond. */
	char *line = malloc(size + 1);
	struct bag_line parsed;
	memcpy(line, lines[_i].line, size);
	line[size] = 'x';
	bool entry = bag_line_parse(&format, line, size, &parsed);
	ck_assert_msg(entry == (lines[_i].name != NULL), "%s", lines[_i].line);
	unsigned expected = lines[_i].note == BAG_NOTES ? 0 : 1U << lines[_i].note;
	ck_assert_msg(parsed.notes == expected, "%s: %#x", lines[_i].line, parsed.notes);
	if (entry) {
		ck_assert_str_eq(parsed.name, lines[_i].name);
		ck_assert_uint_eq(parsed.name_size, strlen(lines[_i].name));
		if (lines[_i].kind != BAG_LINE_FETCH)
			ck_assert_mem_eq(parsed.digest, "\xab\xcd", 2);
	}
	free(line);
}
END_TEST

START_TEST(test_bag_line_nul)
{
	const struct bag_line_format format = {.version = NEW, .digest_size = 2};
	char line[] = HEX " data/a\0b";
	struct bag_line parsed;
	ck_assert(!bag_line_parse(&format, line, sizeof(line) - 1, &parsed));
	ck_assert_uint_eq(parsed.notes, 1U << BAG_MALFORMED);
}
END_TEST

/* Of an algorithm that is not known, any word is a digest. */
START_TEST(test_bag_line_unknown_algorithm)
{
	const struct bag_line_format format = {.version = NEW};
	char line[] = "w0rd data/a", other[] = " data/a";
	struct bag_line parsed;
	ck_assert(bag_line_parse(&format, line, strlen(line), &parsed));
	ck_assert_str_eq(parsed.name, "data/a");
	ck_assert(!bag_line_parse(&format, other, strlen(other), &parsed));
}
END_TEST

START_TEST(test_bag_note_text)
{
	for (enum bag_note note = 0; note < BAG_NOTES; note++)
		ck_assert_ptr_nonnull(bag_note_text(note));
	ck_assert(bag_note_is_error(BAG_UNLISTED));
	ck_assert(!bag_note_is_error(BAG_STAR));
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("bag_line");
	TCase *tests = tcase_create("bag_line");
	tcase_add_loop_test(tests, test_bag_line, 0, sizeof(lines) / sizeof(lines[0]));
	tcase_add_test(tests, test_bag_line_nul);
	tcase_add_test(tests, test_bag_line_unknown_algorithm);
	tcase_add_test(tests, test_bag_note_text);
	suite_add_tcase(suite, tests);
	return suite;
}

int main(void)
{
	return suite_run(suite());
}
