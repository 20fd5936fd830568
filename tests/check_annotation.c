/*
 * manifest/annotation: what is printed, that it is read back, and that nothing else is read.
 */
#include "manifest/annotation.h"
#include "suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEX_1 "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
#define HEX_2 "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
#define LISTED "listed=7:00000000000000ff"
#define OPTIONS "000102030405060708090a0b0c0d0e0f"
#define MAX_64 "18446744073709551615"

static const struct {
	const char *line;
	struct annotation annotation;
} states[] = {
	{"#= 0 0.000000000 -\n", {0, {0, 0}, {0, 0}, false, false, false, 0, 0, NULL}},
	{"#= 1048576 1700000000.123456789 1700000001.000000001\n",
		{1048576, {1700000000, 123456789}, {1700000001, 1}, true, false, false, 0, 0,
			NULL}},
	{"#= 7 -0.500000000 -0.000000001\n",
		{7, {-1, 500000000}, {-1, 999999999}, true, false, false, 0, 0, NULL}},
	{"#= 7 -1.000000000 -1.500000000\n",
		{7, {-1, 0}, {-2, 500000000}, true, false, false, 0, 0, NULL}},
	{"#= 7 -12.250000000 -\n", {7, {-13, 750000000}, {0, 0}, false, false, false, 0, 0, NULL}},
	{"#= " MAX_64 " 9223372036854775807.999999999 0.999999999\n",
		{UINT64_MAX, {INT64_MAX, 999999999}, {0, 999999999}, true, false, false, 0, 0,
			NULL}},
	{"#= 1 -9223372036854775808.000000000 -9223372036854775807.999999999\n",
		{1, {INT64_MIN, 0}, {INT64_MIN, 1}, true, false, false, 0, 0, NULL}},
	{"#= 7 1.000000000 --\n", {7, {1, 0}, {0, 0}, false, true, false, 0, 0, NULL}},
	{"#= 7 1.000000000 - 1700000000\n",
		{7, {1, 0}, {0, 0}, false, false, false, 0, 1700000000, NULL}},
	{"#= 7 1.000000000 -- 1\n", {7, {1, 0}, {0, 0}, false, true, false, 0, 1, NULL}},
	{"#= 7 1.000000000 2.000000000 9223372036854775807 a=b ~\n",
		{7, {1, 0}, {2, 0}, true, false, false, 6, INT64_MAX, " a=b ~"}},
	{"#= 7 1.000000000 2.000000000 12 13\n",
		{7, {1, 0}, {2, 0}, true, false, false, 3, 12, " 13"}},
	{"#= 7 1.000000000 - -\n", {7, {1, 0}, {0, 0}, false, false, true, 0, 0, NULL}},
	{"#= 7 1.000000000 2.000000000 - 13\n",
		{7, {1, 0}, {2, 0}, true, false, true, 3, 0, " 13"}},
	/* No READ, and further fields. */
	{"#= 7 1.000000000 - -- a=b\n", {7, {1, 0}, {0, 0}, false, false, false, 7, 0, " -- a=b"}},
	{"#= 7 1.000000000 2.000000000 0 a=b ~\n",
		{7, {1, 0}, {2, 0}, true, false, false, 8, 0, " 0 a=b ~"}},
	{"#= 7 1.000000000 - a=b 1700000000\n",
		{7, {1, 0}, {0, 0}, false, false, false, 15, 0, " a=b 1700000000"}},
	{"#= 7 1.000000000 - 05\n", {7, {1, 0}, {0, 0}, false, false, false, 3, 0, " 05"}},
	{"#= 7 1.000000000 - 5x\n", {7, {1, 0}, {0, 0}, false, false, false, 3, 0, " 5x"}},
	{"#= 7 1.000000000 - -5\n", {7, {1, 0}, {0, 0}, false, false, false, 3, 0, " -5"}},
	{"#= 7 1.000000000 - +5\n", {7, {1, 0}, {0, 0}, false, false, false, 3, 0, " +5"}},
	{"#= 7 1.000000000 - 1.500000000\n",
		{7, {1, 0}, {0, 0}, false, false, false, 12, 0, " 1.500000000"}},
	{"#= 7 1.000000000 - 9223372036854775808\n",
		{7, {1, 0}, {0, 0}, false, false, false, 20, 0, " 9223372036854775808"}},
	{"#= 7 1.000000000 - " MAX_64 "0\n",
		{7, {1, 0}, {0, 0}, false, false, false, 22, 0, " " MAX_64 "0"}},
};

static void assert_same_time(const struct timespec *one, const struct timespec *other)
{
	ck_assert_int_eq(one->tv_sec, other->tv_sec);
	ck_assert_int_eq(one->tv_nsec, other->tv_nsec);
}

/** Parse a line from memory of exactly its size: sanitizers see more. */
static enum annotation_kind parse(
	const char *line, size_t size, struct annotation *annotation, struct seal *seal)
{
	char *copy = malloc(size ? size : 1);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, line, size);
	enum annotation_kind kind = annotation_parse(copy, size, annotation, seal);
	free(copy);
	return kind;
}

START_TEST(test_annotation_state)
{
	const struct annotation *expected = &states[_i].annotation;
	const char *line = states[_i].line;
	size_t size = strlen(line);
	char printed[ANNOTATION_BOUND];
	ck_assert_uint_eq(annotation_print(expected, printed), size);
	ck_assert_mem_eq(printed, line, size);
	/* With its newline, and without. */
	for (size_t less = 0; less < 2; less++) {
		struct annotation read;
		struct seal seal;
		memset(&read, 0xa5, sizeof(read));
		ck_assert_int_eq(parse(line, size - less, &read, &seal), ANNOTATION_STATE);
		ck_assert_uint_eq(read.size, expected->size);
		ck_assert_int_eq(read.settled, expected->settled);
		ck_assert_int_eq(read.young, expected->young);
		ck_assert_int_eq(read.suspect, expected->suspect);
		ck_assert_int_eq(read.read, expected->read);
		ck_assert_uint_eq(read.more_size, expected->more_size);
		ck_assert(read.more_size || !read.more);
		assert_same_time(&read.mtime, &expected->mtime);
		assert_same_time(&read.ctime, &expected->ctime);
	}
}
END_TEST

START_TEST(test_annotation_ctime_is_not_printed_unsettled)
{
	struct annotation annotation = {.size = 5, .mtime = {1, 2}, .ctime = {3, 4}};
	char printed[ANNOTATION_BOUND];
	size_t size = annotation_print(&annotation, printed);
	ck_assert_uint_eq(size, strlen("#= 5 1.000000002 -\n"));
	ck_assert_mem_eq(printed, "#= 5 1.000000002 -\n", size);
}
END_TEST

/** Whatever the numbers, the room is enough. */
START_TEST(test_annotation_bound)
{
	char printed[ANNOTATION_BOUND];
	struct annotation longest = {
		.size = UINT64_MAX,
		.mtime = {INT64_MIN, 1},
		.ctime = {INT64_MIN, 1},
		.settled = true,
		.read = INT64_MAX,
	};
	struct seal seal = {.files = UINT64_MAX, .bytes = UINT64_MAX};
	ck_assert_uint_lt(annotation_print(&longest, printed), sizeof(printed));
	memset(seal.algorithm, 'a', sizeof(seal.algorithm) - 1);
	seal.shard = (struct seal_shard){
		UINT32_MAX, UINT32_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, {0}};
	ck_assert_uint_lt(annotation_print_seal(&seal, printed), sizeof(printed));
}
END_TEST

/** Which part of a run it is stands behind the bytes, and what is no part has nothing of it. */
START_TEST(test_annotation_seal_shard)
{
	static const char line[] =
		"#end files=1 bytes=2 shard=3/16 errors=4 listed=5:0123456789abcdef"
		" options=000102030405060708090a0b0c0d0e0f algorithm=md5 sha512=" HEX_1 HEX_2 "\n";
	struct annotation annotation;
	struct seal seal;
	memset(&seal, 0xa5, sizeof(seal));
	ck_assert_int_eq(
		annotation_parse(line, sizeof(line) - 1, &annotation, &seal), ANNOTATION_SEAL);
	ck_assert_uint_eq(seal.shard.index, 3);
	ck_assert_uint_eq(seal.shard.count, 16);
	ck_assert_uint_eq(seal.shard.errors, 4);
	ck_assert_uint_eq(seal.shard.listed, 5);
	ck_assert_uint_eq(seal.shard.names, 0x0123456789abcdef);
	for (int i = 0; i < ANNOTATION_OPTIONS; i++)
		ck_assert_int_eq(seal.shard.options[i], i);
	char printed[ANNOTATION_BOUND];
	ck_assert_uint_eq(annotation_print_seal(&seal, printed), sizeof(line) - 1);
	ck_assert_mem_eq(printed, line, sizeof(line) - 1);

	static const char whole[] = "#end files=1 bytes=2 sha512=" HEX_1 HEX_2 "\n";
	ck_assert_int_eq(
		annotation_parse(whole, sizeof(whole) - 1, &annotation, &seal), ANNOTATION_SEAL);
	ck_assert_uint_eq(seal.shard.index, 0);
	ck_assert_uint_eq(seal.shard.count, 0);
	ck_assert_uint_eq(seal.shard.errors, 0);
}
END_TEST

/** What is not known here is where it stood, for who copies it. */
START_TEST(test_annotation_further_fields)
{
	static const char line[] = "#= 1 2.000000000 -- four 3 five=5\n";
	struct annotation annotation;
	struct seal seal;
	ck_assert_int_eq(
		annotation_parse(line, strlen(line), &annotation, &seal), ANNOTATION_STATE);
	ck_assert_int_eq(annotation.read, 0);
	ck_assert_ptr_eq(annotation.more, strstr(line, " four"));
	ck_assert_uint_eq(annotation.more_size, strlen(" four 3 five=5"));
	/* A READ that becomes known is put before them. */
	annotation.read = 5;
	char printed[ANNOTATION_BOUND];
	size_t size = annotation_print(&annotation, printed);
	static const char with_read[] = "#= 1 2.000000000 -- 5 four 3 five=5\n";
	ck_assert_uint_eq(size, strlen(with_read));
	ck_assert_mem_eq(printed, with_read, size);
	ck_assert_int_eq(annotation_parse(printed, size, &annotation, &seal), ANNOTATION_STATE);
	ck_assert_int_eq(annotation.read, 5);
	ck_assert_uint_eq(annotation.more_size, strlen(" four 3 five=5"));
	ck_assert_mem_eq(annotation.more, " four 3 five=5", annotation.more_size);
}
END_TEST

/** 0 is unknown, and there is no time before it. */
START_TEST(test_annotation_read_unknown_is_not_printed)
{
	static const int64_t unknown[] = {0, -1, INT64_MIN};
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		struct annotation annotation = {.size = 5, .read = unknown[i]};
		char printed[ANNOTATION_BOUND];
		size_t size = annotation_print(&annotation, printed);
		ck_assert_uint_eq(size, strlen("#= 5 0.000000000 -\n"));
		ck_assert_mem_eq(printed, "#= 5 0.000000000 -\n", size);
	}
}
END_TEST

START_TEST(test_annotation_seal)
{
	static const char line[] = "#end files=12 bytes=" MAX_64 " sha512=" HEX_1 HEX_2 "\n";
	struct annotation annotation;
	struct seal seal;
	for (size_t less = 0; less < 2; less++) {
		memset(&seal, 0xa5, sizeof(seal));
		ck_assert_int_eq(
			parse(line, sizeof(line) - 1 - less, &annotation, &seal), ANNOTATION_SEAL);
		ck_assert_uint_eq(seal.files, 12);
		ck_assert_uint_eq(seal.bytes, UINT64_MAX);
		ck_assert_uint_eq(seal.digest[0], 0xcf);
		ck_assert_uint_eq(seal.digest[63], 0x3e);
	}
	char printed[ANNOTATION_BOUND];
	ck_assert_uint_eq(annotation_print_seal(&seal, printed), sizeof(line) - 1);
	ck_assert_mem_eq(printed, line, sizeof(line) - 1);
}
END_TEST

START_TEST(test_annotation_seal_algorithm)
{
	static const char line[] =
		"#end files=1 bytes=2 algorithm=sha3-512-and-on sha512=" HEX_1 HEX_2 "\n";
	struct annotation annotation;
	struct seal seal;
	ck_assert_int_eq(parse(line, sizeof(line) - 1, &annotation, &seal), ANNOTATION_SEAL);
	ck_assert_str_eq(seal.algorithm, "sha3-512-and-on");
	ck_assert_uint_eq(seal.digest[0], 0xcf);
	char printed[ANNOTATION_BOUND];
	ck_assert_uint_eq(annotation_print_seal(&seal, printed), sizeof(line) - 1);
	ck_assert_mem_eq(printed, line, sizeof(line) - 1);
}
END_TEST

#define LINE(text) text, sizeof(text) - 1
#define PART(fields) LINE("#end files=1 bytes=1 " fields " sha512=" HEX_1 HEX_2 "\n")

static const struct {
	const char *line;
	size_t size;
	enum annotation_kind kind;
} others[] = {
	{LINE(""), ANNOTATION_NONE},
	{LINE("\n"), ANNOTATION_NONE},
	{LINE("#"), ANNOTATION_NONE},
	{LINE("#=\n"), ANNOTATION_NONE},
	{LINE("#= \n"), ANNOTATION_NONE},
	{LINE("#= "), ANNOTATION_NONE},
	{LINE("#====\n"), ANNOTATION_NONE},
	{LINE("#= title =\n"), ANNOTATION_NONE},
	{LINE("#=1 1.000000000 -\n"), ANNOTATION_NONE},
	{LINE("#=  1 1.000000000 -\n"), ANNOTATION_NONE},
	{LINE(" #= 1 1.000000000 -\n"), ANNOTATION_NONE},
	{LINE("# = 1 1.000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= -1 1.000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= +1 1.000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 1"), ANNOTATION_NONE},
	{LINE("#= 1\n"), ANNOTATION_NONE},
	{LINE("#= 1 \n"), ANNOTATION_NONE},
	{LINE("#= 01 1.000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 00 1.000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 1x 1.000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 18446744073709551616 1.000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 20000000000000000000 1.000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 100000000000000000000 1.000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 1 1 -\n"), ANNOTATION_NONE},
	{LINE("#= 1 1. -\n"), ANNOTATION_NONE},
	{LINE("#= 1 .000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.00000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.0000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.00000000x -\n"), ANNOTATION_NONE},
	{LINE("#= 1 1,000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 1 01.000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 1 +1.000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 1 --1.000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 1 -.500000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 1 -0.000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 1 9223372036854775808.000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 1 -9223372036854775809.000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 1 -9223372036854775808.000000001 -\n"), ANNOTATION_NONE},
	{LINE("#= 1 -" MAX_64 ".000000000 -\n"), ANNOTATION_NONE},
	{LINE("#= 1 -" MAX_64 ".000000001 -\n"), ANNOTATION_NONE},
	{LINE("#= 1 - -\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 \n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000  -\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 - \n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 --\n"), ANNOTATION_STATE},
	{LINE("#= 1 1.000000000 --"), ANNOTATION_STATE},
	{LINE("#= 1 1.000000000 ---\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 --1.000000000\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 -- \n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 - 5\n"), ANNOTATION_STATE},
	{LINE("#= 1 1.000000000 -- 5\n"), ANNOTATION_STATE},
	{LINE("#= 1 1.000000000 2.000000000 5\n"), ANNOTATION_STATE},
	{LINE("#= 1 1.000000000 -2.000000000 5 x=~!\n"), ANNOTATION_STATE},
	{LINE("#= 1 1.000000000 - 05\n"), ANNOTATION_STATE},
	{LINE("#= 1 1.000000000 - -\n"), ANNOTATION_STATE},
	{LINE("#= 1 1.000000000 - x 5\n"), ANNOTATION_STATE},
	{LINE("#= 1 1.000000000 - x\n"), ANNOTATION_STATE},
	{LINE("#= 1 1.000000000 -x\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 2.000000000x\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 - \t5\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 - 5\t6\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 - \xc3\xa9\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 - 5\0\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 - 5 \n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 -  5\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 - 5  x\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 - 5 x \n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 - 5 x\r\n"), ANNOTATION_CONVERTED},
	{LINE("#= 1 1.000000000 - 5 \xc3\xa9\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 -\r\n"), ANNOTATION_CONVERTED},
	{LINE("#= 1 1.000000000 -\n\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 -\0\n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 2.000000000 -\n"), ANNOTATION_STATE},
	{LINE("#= 1 1.000000000 2.000000000 - \n"), ANNOTATION_NONE},
	{LINE("#= 1 1.000000000 2.000000000\r\n"), ANNOTATION_CONVERTED},
	{LINE("#= 1 1.000000000 -\r"), ANNOTATION_CONVERTED},
	{LINE("#= 1 1.000000000 -\r\r\n"), ANNOTATION_NONE},
	{LINE("#= 2 cups of sugar\r\n"), ANNOTATION_NONE},
	{LINE("x\r\n"), ANNOTATION_NONE},
	{LINE("\r\n"), ANNOTATION_NONE},
	{LINE("#end"), ANNOTATION_NONE},
	{LINE("#end\n"), ANNOTATION_NONE},
	{LINE("#end of list\n"), ANNOTATION_NONE},
	{LINE("#end files\n"), ANNOTATION_NONE},
	{LINE("# end files=1 bytes=1 sha512=" HEX_1 HEX_2 "\n"), ANNOTATION_NONE},
	{LINE("#end files=\n"), ANNOTATION_MALFORMED},
	{LINE("#end files=1\n"), ANNOTATION_MALFORMED},
	{LINE("#end files=1 bytes=1\n"), ANNOTATION_MALFORMED},
	{LINE("#end files=1 bytes=1 sha512=\n"), ANNOTATION_MALFORMED},
	{LINE("#end files=1 bytes=1 sha512=" HEX_1 "\n"), ANNOTATION_MALFORMED},
	{LINE("#end files=1 bytes=1 sha512=" HEX_1 HEX_2), ANNOTATION_SEAL},
	{LINE("#end files=1 bytes=1 sha512=" HEX_1 HEX_2 "0\n"), ANNOTATION_MALFORMED},
	{LINE("#end files=1 bytes=1 sha512=" HEX_1 HEX_2 " \n"), ANNOTATION_MALFORMED},
	{LINE("#end files=1 bytes=1 sha512=" HEX_1 HEX_2 "\r\n"), ANNOTATION_CONVERTED},
	{LINE("#end files=1 bytes=1 sha512=CF83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921"
	      "d36ce9ce" HEX_2 "\n"),
		ANNOTATION_MALFORMED},
	{LINE("#end files=1 bytes=1 sha512=xf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921"
	      "d36ce9ce" HEX_2 "\n"),
		ANNOTATION_MALFORMED},
	{LINE("#end files=1 bytes=1 SHA512=" HEX_1 HEX_2 "\n"), ANNOTATION_MALFORMED},
	{LINE("#end files=1  bytes=1 sha512=" HEX_1 HEX_2 "\n"), ANNOTATION_MALFORMED},
	{LINE("#end files=01 bytes=1 sha512=" HEX_1 HEX_2 "\n"), ANNOTATION_MALFORMED},
	{LINE("#end files=1 bytes=-1 sha512=" HEX_1 HEX_2 "\n"), ANNOTATION_MALFORMED},
	{LINE("#end files=1 bytes=18446744073709551616 sha512=" HEX_1 HEX_2 "\n"),
		ANNOTATION_MALFORMED},
	{LINE("#end files=1 sha512=" HEX_1 HEX_2 " bytes=1\n"), ANNOTATION_MALFORMED},
	{LINE("#end files=1 bytes=1 algorithm= sha512=" HEX_1 HEX_2 "\n"), ANNOTATION_MALFORMED},
	{LINE("#end files=1 bytes=1 algorithm=sha512 sha512=" HEX_1 HEX_2 "\n"),
		ANNOTATION_MALFORMED},
	{LINE("#end files=1 bytes=1 algorithm=SHA256 sha512=" HEX_1 HEX_2 "\n"),
		ANNOTATION_MALFORMED},
	{LINE("#end files=1 bytes=1 algorithm=sixteen-bytes-xx sha512=" HEX_1 HEX_2 "\n"),
		ANNOTATION_MALFORMED},
	{LINE("#end files=1 bytes=1 algorithm=md5 algorithm=md5 sha512=" HEX_1 HEX_2 "\n"),
		ANNOTATION_MALFORMED},
	{PART("shard=1/1 errors=0 " LISTED " options=" OPTIONS), ANNOTATION_SEAL},
	{PART("shard=4294967295/4294967295 errors=18446744073709551615 " LISTED
	      " options=" OPTIONS),
		ANNOTATION_SEAL},
	{PART("shard=4294967296/4294967296 errors=0 " LISTED " options=" OPTIONS),
		ANNOTATION_MALFORMED},
	{PART("shard=0/1 errors=0 " LISTED " options=" OPTIONS), ANNOTATION_MALFORMED},
	{PART("shard=2/1 errors=0 " LISTED " options=" OPTIONS), ANNOTATION_MALFORMED},
	{PART("shard=01/1 errors=0 " LISTED " options=" OPTIONS), ANNOTATION_MALFORMED},
	{PART("shard=0/0 errors=0 " LISTED " options=" OPTIONS), ANNOTATION_MALFORMED},
	{PART("shard=1 errors=0 " LISTED " options=" OPTIONS), ANNOTATION_MALFORMED},
	{PART("shard=1/1 " LISTED " options=" OPTIONS), ANNOTATION_MALFORMED},
	{PART("shard=1/1 errors=0 options=" OPTIONS), ANNOTATION_MALFORMED},
	{PART("shard=1/1 errors=0 listed=1 options=" OPTIONS), ANNOTATION_MALFORMED},
	{PART("shard=1/1 errors=0 listed=01:0123456789abcdef options=" OPTIONS),
		ANNOTATION_MALFORMED},
	{PART("shard=1/1 errors=0 listed=1:0123456789ABCDEF options=" OPTIONS),
		ANNOTATION_MALFORMED},
	{PART("shard=1/1 errors=0 listed=1:0123456789abcde options=" OPTIONS),
		ANNOTATION_MALFORMED},
	{PART("shard=1/1 errors=0 listed=1:0123456789abcdef0 options=" OPTIONS),
		ANNOTATION_MALFORMED},
	{PART("shard=1/1 errors=-1 " LISTED " options=" OPTIONS), ANNOTATION_MALFORMED},
	{PART("shard=1/1 errors=0 " LISTED), ANNOTATION_MALFORMED},
	{PART("shard=1/1 errors=0 " LISTED " options=" OPTIONS "00"), ANNOTATION_MALFORMED},
	{PART("shard=1/1 errors=0 " LISTED " options=000102030405060708090A0B0C0D0E0F"),
		ANNOTATION_MALFORMED},
	{PART("shard=1/1 errors=0 " LISTED " options=0001020304050607"), ANNOTATION_MALFORMED},
	{PART("algorithm=md5 shard=1/1 errors=0 " LISTED " options=" OPTIONS),
		ANNOTATION_MALFORMED},
	{PART("errors=0"), ANNOTATION_MALFORMED},
};

START_TEST(test_annotation_others)
{
	struct annotation annotation;
	struct seal seal;
	ck_assert_int_eq(
		parse(others[_i].line, others[_i].size, &annotation, &seal), others[_i].kind);
}
END_TEST

/** However a line is cut off, it is never another annotation. */
START_TEST(test_annotation_cut_off)
{
	static const char *const lines[] = {
		"#= 1048576 1700000000.123456789 1700000001.000000001",
		"#= 1048576 1700000000.123456789 -",
		"#end files=12 bytes=345 sha512=" HEX_1 HEX_2,
		"#end files=12 bytes=345 algorithm=md5 sha512=" HEX_1 HEX_2,
		"#end files=12 bytes=345 shard=1/2 errors=3 " LISTED " options=" OPTIONS
		" sha512=" HEX_1 HEX_2,
	};
	struct annotation annotation;
	struct seal seal;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		for (size_t size = 0; size < strlen(lines[i]); size++) {
			enum annotation_kind kind = parse(lines[i], size, &annotation, &seal);
			ck_assert_int_ne(kind, ANNOTATION_STATE);
			ck_assert_int_ne(kind, ANNOTATION_SEAL);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("annotation");
	TCase *tcase = tcase_create("annotation");
	tcase_add_loop_test(
		tcase, test_annotation_state, 0, (int)(sizeof(states) / sizeof(*states)));
	tcase_add_test(tcase, test_annotation_further_fields);
	tcase_add_test(tcase, test_annotation_read_unknown_is_not_printed);
	tcase_add_test(tcase, test_annotation_ctime_is_not_printed_unsettled);
	tcase_add_test(tcase, test_annotation_seal_algorithm);
	tcase_add_test(tcase, test_annotation_seal_shard);
	tcase_add_test(tcase, test_annotation_bound);
	tcase_add_test(tcase, test_annotation_seal);
	tcase_add_loop_test(
		tcase, test_annotation_others, 0, (int)(sizeof(others) / sizeof(*others)));
	tcase_add_test(tcase, test_annotation_cut_off);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
