/*
 * manifest/bag_tags: bagit.txt and bag-info.txt.
 */
#include "manifest/bag_tags.h"
#include "suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/** A copy of exactly that size, so that sanitizers see more. */
static char *copy(const char *text, size_t size)
{
	char *copied = malloc(size ? size : 1);
	return size ? memcpy(copied, text, size) : copied;
}

#define UTF8_LINE "Tag-File-Character-Encoding: UTF-8\n"

static const struct {
	const char *text;
	const char *encoding;
	enum bag_version version;
	bool odd;
} declarations[] = {
	{"BagIt-Version: 1.0\n" UTF8_LINE, "UTF-8", BAG_1_0, false},
	{"BagIt-Version: 0.93\n" UTF8_LINE, "UTF-8", BAG_0_93, false},
	{"BagIt-Version: 0.94\n" UTF8_LINE, "UTF-8", BAG_0_94, false},
	{"BagIt-Version: 0.95\n" UTF8_LINE, "UTF-8", BAG_0_95, false},
	{"BagIt-Version: 0.96\n" UTF8_LINE, "UTF-8", BAG_0_96, false},
	{"BagIt-Version: 0.97\r\nTag-File-Character-Encoding: ISO-8859-1\r\n", "ISO-8859-1",
		BAG_0_97, false},
	{"BagIt-Version: 1.0\rTag-File-Character-Encoding: UTF-16", "UTF-16", BAG_1_0, false},
	/* As RFC 8493 itself has it in its examples. */
	{"BagIt-version: 1.0\n" UTF8_LINE, "UTF-8", BAG_1_0, true},
	{"BagIt-Version:1.0\n" UTF8_LINE, "UTF-8", BAG_1_0, true},
	{"BagIt-Version: 1.0\nTag-File-Character-Encoding:  UTF-8\n", "UTF-8", BAG_1_0, true},
	{"BagIt-Version : 1.0 \n" UTF8_LINE, "UTF-8", BAG_1_0, true},
	/* Older versions let blanks be anywhere. */
	{"BagIt-Version  :\t0.97\n" UTF8_LINE, "UTF-8", BAG_0_97, false},
};

START_TEST(test_bag_declaration)
{
	size_t size = strlen(declarations[_i].text);
	char *text = copy(declarations[_i].text, size);
	struct bag_declaration declaration;
	ck_assert_ptr_null(bag_declaration_parse(&declaration, text, size));
	ck_assert_int_eq(declaration.version, declarations[_i].version);
	ck_assert_uint_eq(declaration.encoding_size, strlen(declarations[_i].encoding));
	ck_assert_mem_eq(
		declaration.encoding, declarations[_i].encoding, declaration.encoding_size);
	ck_assert_int_eq(declaration.oddity != NULL, declarations[_i].odd);
	free(text);
}
END_TEST

static const struct {
	const char *text;
	/** How the reason begins, and the version that counts all the same. */
	const char *reason;
	enum bag_version version;
} wrong_declarations[] = {
	{"", "line 1", BAG_1_0},
	{"\n", "line 1", BAG_1_0},
	{"\ufeffBagIt-Version: 1.0\n" UTF8_LINE, "begins with a byte order mark", BAG_1_0},
	{UTF8_LINE "BagIt-Version: 1.0\n", "line 1", BAG_1_0},
	{"BagIt-Version 1.0\n" UTF8_LINE, "line 1", BAG_1_0},
	{"BagIt-Version: 2.0\n" UTF8_LINE, "BagIt-Version is", BAG_1_0},
	{"BagIt-Version: 1\n" UTF8_LINE, "BagIt-Version is", BAG_1_0},
	{"BagIt-Version: 1.00\n" UTF8_LINE, "BagIt-Version is", BAG_1_0},
	{"BagIt-Version: 0.9\n" UTF8_LINE, "BagIt-Version is", BAG_1_0},
	{"BagIt-Version:\n" UTF8_LINE, "BagIt-Version is", BAG_1_0},
	{"BagIt-Version: 0.97\n", "line 2", BAG_0_97},
	{"BagIt-Version: 0.97\n\n" UTF8_LINE, "line 2", BAG_0_97},
	{"BagIt-Version: 0.97\nTag-File-Character-Encoding:\n", "Tag-File-", BAG_0_97},
	{"BagIt-Version: 0.97\nTag-File-Character-Encoding: no-such\n", "Tag-File-", BAG_0_97},
	{"BagIt-Version: 1.0\n" UTF8_LINE "\n", "has more", BAG_1_0},
	{"BagIt-Version: 1.0\n" UTF8_LINE "More: 1\n", "has more", BAG_1_0},
};

START_TEST(test_bag_declaration_wrong)
{
	size_t size = strlen(wrong_declarations[_i].text);
	char *text = copy(wrong_declarations[_i].text, size);
	const char *reason = wrong_declarations[_i].reason;
	struct bag_declaration declaration;
	const char *said = bag_declaration_parse(&declaration, text, size);
	ck_assert_ptr_nonnull(said);
	ck_assert_msg(strncmp(said, reason, strlen(reason)) == 0, "%s", said);
	ck_assert_int_eq(declaration.version, wrong_declarations[_i].version);
	ck_assert_uint_eq(declaration.encoding_size, 5);
	ck_assert_mem_eq(declaration.encoding, "UTF-8", 5);
	free(text);
}
END_TEST

START_TEST(test_bag_info_name)
{
	ck_assert_str_eq(bag_info_name(BAG_0_95), "package-info.txt");
	ck_assert_str_eq(bag_info_name(BAG_0_96), "bag-info.txt");
	ck_assert_str_eq(bag_info_name(BAG_1_0), "bag-info.txt");
}
END_TEST

static const struct {
	const char *text;
	struct bag_oxum oxum;
	bool repeated;
} infos[] = {
	{"", {false, 0, 0}, false},
	{"\n \n", {false, 0, 0}, false},
	{"Source-Organization: FOO\nPayload-Oxum: 279164409832.1198\n", {true, 279164409832, 1198},
		false},
	{"payload-oxum:0.0", {true, 0, 0}, false},
	{"Payload-Oxum  :  7.1  \r\n", {true, 7, 1}, false},
	{"Payload-Oxum: 18446744073709551615.1\n", {true, UINT64_MAX, 1}, false},
	{"Payload-Oxum: 7.1\nPayload-Oxum: 7.1\n", {true, 7, 1}, true},
	/* Long values go on; what looks like a tag there is none. */
	{"A: b\n  Payload-Oxum: 1.1\n\tc\nPayload-Oxum: 2.2\n", {true, 2, 2}, false},
	{"Payload-Oxum:\n 7.1\n", {true, 7, 1}, false},
	{"Payload-Oxum: \r\n \t\r\n\t7.1 \r\nA: b\r\n", {true, 7, 1}, false},
	{"Payload-Oxum:\n 7.1", {true, 7, 1}, false},
	{"Not-Payload-Oxum: 1.1\nPayload-Oxum-2: x\n", {false, 0, 0}, false},
	{"With: more: colons\nEmpty:\n", {false, 0, 0}, false},
};

START_TEST(test_bag_info)
{
	size_t size = strlen(infos[_i].text);
	char *text = copy(infos[_i].text, size);
	struct bag_info info;
	ck_assert_ptr_null(bag_info_parse(&info, text, size));
	ck_assert_int_eq(info.oxum.given, infos[_i].oxum.given);
	ck_assert_uint_eq(info.oxum.bytes, infos[_i].oxum.bytes);
	ck_assert_uint_eq(info.oxum.files, infos[_i].oxum.files);
	ck_assert_int_eq(info.repeated, infos[_i].repeated);
	free(text);
}
END_TEST

static const struct {
	const char *text;
	uint64_t line;
} wrong_infos[] = {
	{"no colon", 1},
	{"A: b\n: no label\n", 2},
	{" no tag before\n", 1},
	{"\n\n no tag before\n", 3},
	{"Payload-Oxum:\n", 1},
	{"Payload-Oxum: 7\n", 1},
	{"Payload-Oxum: 7.\n", 1},
	{"Payload-Oxum: .1\n", 1},
	{"Payload-Oxum: 7.1.\n", 1},
	{"Payload-Oxum: -7.1\n", 1},
	{"Payload-Oxum: 7,1\n", 1},
	{"Payload-Oxum: 7. 1\n", 1},
	{"Payload-Oxum: 18446744073709551616.1\n", 1},
	{"Payload-Oxum: 1.99999999999999999999\n", 1},
	{"Payload-Oxum: 7.1\n  0\n", 2},
	{"Payload-Oxum:\n 7\n", 1},
	{"Payload-Oxum:\n 7.1\n 0\n", 3},
	{"Payload-Oxum:\n \n", 1},
	{"Payload-Oxum:\n ", 1},
	{"Payload-Oxum:\n\n 7.1\n", 1},
	{"Payload-Oxum:\nA: 7.1\n", 1},
	{"A: b\nPayload-Oxum:\n 7.1\n no: colon\n", 4},
	{"A: b\nPayload-Oxum: 7.1\nPayload-Oxum: 8.1\n", 3},
	{"A: b\nPayload-Oxum: 7.1\nPayload-Oxum: 7.2\n", 3},
};

START_TEST(test_bag_info_wrong)
{
	size_t size = strlen(wrong_infos[_i].text);
	char *text = copy(wrong_infos[_i].text, size);
	struct bag_info info;
	ck_assert_ptr_nonnull(bag_info_parse(&info, text, size));
	ck_assert_uint_eq(info.line, wrong_infos[_i].line);
	free(text);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("bag_tags");
	TCase *tests = tcase_create("bag_tags");
	tcase_add_loop_test(
		tests, test_bag_declaration, 0, sizeof(declarations) / sizeof(declarations[0]));
	tcase_add_loop_test(tests, test_bag_declaration_wrong, 0,
		sizeof(wrong_declarations) / sizeof(wrong_declarations[0]));
	tcase_add_test(tests, test_bag_info_name);
	tcase_add_loop_test(tests, test_bag_info, 0, sizeof(infos) / sizeof(infos[0]));
	tcase_add_loop_test(
		tests, test_bag_info_wrong, 0, sizeof(wrong_infos) / sizeof(wrong_infos[0]));
	suite_add_tcase(suite, tests);
	return suite;
}

int main(void)
{
	return suite_run(suite());
}
