/*
 * ui/status_line: known lines, and for every width that none is too wide.
 */
#include "suite.h"
#include "ui/status_line.h"

#include <check.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define MB ((uint64_t)1000000)

/** After a second, with 850 MB of 2.93 GB read. */
static struct estimate_counts counts;
static struct estimate estimate;

static void setup(void)
{
	counts = (struct estimate_counts){
		.files_done = 1234,
		.files = 5678,
		.bytes_done = 850 * MB,
		.bytes = 2930 * MB,
		.part = 1,
		.name = "photos/2019/summer/sea.jpg",
	};
	estimate_begin(&estimate, 0);
	estimate_add(&estimate, &counts, 1000);
	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
}

/** The line for a terminal of this width. */
static const char *line_of(int columns)
{
	static char line[STATUS_LINE_MAX + 1];
	size_t size = status_line_print(&counts, &estimate, columns, line);
	ck_assert_uint_le(size, STATUS_LINE_MAX);
	line[size] = '\0';
	return line;
}

START_TEST(test_status_line_by_width)
{
	ck_assert_str_eq(line_of(80),
		" 28% [##--------] 0.85/2.93 GB 850 MB/s 0:02 left 1234/5678 files photos…ea.jpg");
	ck_assert_str_eq(line_of(120),
		" 28% [######------------------] 0.85/2.93 GB 850 MB/s 0:02 left 1234/5678 files "
		"photos/2019/summer/sea.jpg");
	ck_assert_str_eq(
		line_of(60), " 28% [##--------] 0.85/2.93 GB 850 MB/s 0:02 left phot….jpg");
	ck_assert_str_eq(line_of(40), " 28% 0.85/2.93 GB 850 MB/s 0:02 left");
	ck_assert_str_eq(line_of(30), " 28% 0.85/2.93 GB 850 MB/s");
	ck_assert_str_eq(line_of(20), " 28% 0.85/2.93 GB");
	ck_assert_str_eq(line_of(6), " 28%");
	ck_assert_str_eq(line_of(5), " 28%");
	ck_assert_str_eq(line_of(4), "");
	ck_assert_str_eq(line_of(1), "");
	ck_assert_str_eq(line_of(0), "");
	ck_assert_str_eq(line_of(-1), "");
}
END_TEST

START_TEST(test_status_line_scanning)
{
	counts.part = 0;
	counts.scanning = true;
	ck_assert_str_eq(line_of(80),
		"scanning 0.85/2.93 GB 850 MB/s 1234/5678 files photos/2019/summer/sea.jpg");
	ck_assert_str_eq(line_of(5), "");
}
END_TEST

START_TEST(test_status_line_without_totals)
{
	counts.part = 0;
	counts.name = NULL;
	ck_assert_str_eq(line_of(80), "850 MB 850 MB/s 1234 files");
	ck_assert_str_eq(line_of(10), "850 MB");
}
END_TEST

START_TEST(test_status_line_of_unknown_sizes)
{
	/* 4678 more files, each as large as the others are on average. */
	counts.unsized = 4678;
	counts.bytes = 1000 * MB;
	counts.name = NULL;
	ck_assert_str_eq(
		line_of(80), " 15% [#---------] 850 MB 850 MB/s 0:06 left 1234/5678 files");
	/* Of a manifest that is being read the number of files is not known. */
	counts.part = 0.5;
	ck_assert_str_eq(line_of(80), "  7% [----------] 850 MB 850 MB/s 0:12 left 1234 files");
}
END_TEST

START_TEST(test_status_line_at_the_beginning)
{
	counts = (struct estimate_counts){.files = 1, .unsized = 1, .part = 1, .name = "disk.img"};
	estimate_begin(&estimate, 0);
	ck_assert_str_eq(line_of(80), "0 B 0/1 files disk.img");
}
END_TEST

static const struct {
	uint64_t bytes;
	const char *text;
} sizes[] = {
	{0, "0 B"},
	{999, "999 B"},
	{1000, "1.00 kB"},
	{9994, "9.99 kB"},
	{9996, "10.0 kB"},
	{99949, "99.9 kB"},
	{99951, "100 kB"},
	{999499, "999 kB"},
	{999500, "1.00 MB"},
	{123456789, "123 MB"},
	{UINT64_MAX, "18.4 EB"},
};

START_TEST(test_status_line_sizes)
{
	counts = (struct estimate_counts){.bytes_done = sizes[_i].bytes};
	estimate_begin(&estimate, 0);
	char expected[64];
	snprintf(expected, sizeof(expected), "%s 0 files", sizes[_i].text);
	ck_assert_str_eq(line_of(80), expected);
}
END_TEST

static const struct {
	uint64_t seconds;
	const char *text;
} times[] = {
	{0, "0:00"},
	{59, "0:59"},
	{60, "1:00"},
	{3599, "59:59"},
	{3600, "1:00:00"},
	{86399, "23:59:59"},
	{86400, "1 d 0 h"},
	{99 * 86400 + 23 * 3600, "99 d 23 h"},
	{100 * 86400, NULL},
	{UINT64_MAX / MB / 1000 - 1, NULL},
};

START_TEST(test_status_line_times)
{
	/* At a gigabyte a second. */
	counts = (struct estimate_counts){.bytes_done = 1000 * MB, .part = 1, .files = 1};
	counts.bytes = (times[_i].seconds + 1) * 1000 * MB;
	estimate_begin(&estimate, 0);
	estimate_add(&estimate, &counts, 1000);
	const char *found = strstr(line_of(120), "GB/s ");
	ck_assert_ptr_nonnull(found);
	char expected[64];
	snprintf(expected, sizeof(expected), "GB/s %s%s0/1 files",
		times[_i].text ? times[_i].text : "", times[_i].text ? " left " : "");
	ck_assert_str_eq(found, expected);
}
END_TEST

START_TEST(test_status_line_known)
{
	ck_assert_ptr_null(strstr(line_of(200), "known"));
	counts.resumed = 4550000000;
	ck_assert_ptr_nonnull(strstr(line_of(200), "1234/5678 files 60% known photos/"));
	ck_assert_ptr_null(strstr(line_of(40), "known"));
}
END_TEST

static const char *const names[] = {"", "x", "a/long/path/of/many/directories/and/a/file.name",
	"\t\033[2J\n\r", "\303\303\377", "漢字漢字漢字漢字漢字漢字漢字漢字",
	"a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
	"🙂漢a\xcc\x81\377\n.ogg"};

/** What must hold of any line. */
static void assert_fits(int columns)
{
	const char *line = line_of(columns);
	wchar_t wide[STATUS_LINE_MAX + 1];
	size_t size = mbstowcs(wide, line, STATUS_LINE_MAX);
	ck_assert_uint_le(size, STATUS_LINE_MAX);
	/* -1 for a control character. */
	int used = wcswidth(wide, size);
	ck_assert_int_ge(used, 0);
	ck_assert_int_lt(used, columns > 0 ? columns : 1);
}

START_TEST(test_status_line_fits)
{
	static const char *const locales[] = {"C", "C.UTF-8"};
	ck_assert_ptr_nonnull(setlocale(LC_ALL, locales[_i]));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		setup();
		ck_assert_ptr_nonnull(setlocale(LC_ALL, locales[_i]));
		counts.name = names[i];
		for (int columns = -1; columns <= 400; columns++)
			assert_fits(columns);
		counts.files_done = counts.files = UINT64_MAX;
		counts.bytes_done = counts.bytes = UINT64_MAX;
		for (int columns = -1; columns <= 400; columns++)
			assert_fits(columns);
		counts.part = 0;
		counts.scanning = true;
		for (int columns = -1; columns <= 400; columns++)
			assert_fits(columns);
	}
}
END_TEST

static void assert_told(double seconds, const char *expected)
{
	char *text = status_line_tell(&counts, seconds);
	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(test_status_line_tell)
{
	assert_told(2.04,
		"1234 of 5678 files, 850000000 of 2930000000 bytes (28%), 2.0 s, 417 MB/s, "
		"photos/2019/summer/sea.jpg");
	counts.resumed = 4550000000;
	assert_told(2.04,
		"60% known, 1234 of 5678 files, 850000000 of 2930000000 bytes (28%), 2.0 s, "
		"417 MB/s, photos/2019/summer/sea.jpg");
	counts.resumed = 0;
	counts.part = 0;
	counts.scanning = true;
	counts.name = "two\nlines";
	assert_told(2.04,
		"scanning: 1234 of 5678 files, 850000000 of 2930000000 bytes, 2.0 s, 417 MB/s, "
		"'two'$'\\n''lines'");
	counts.scanning = false;
	counts.name = NULL;
	assert_told(2.04, "1234 files, 850000000 bytes, 2.0 s, 417 MB/s");
	counts = (struct estimate_counts){0};
	assert_told(0, "0 files, 0 bytes, 0.0 s");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("status_line");
	TCase *tcase = tcase_create("status_line");
	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, test_status_line_by_width);
	tcase_add_test(tcase, test_status_line_scanning);
	tcase_add_test(tcase, test_status_line_without_totals);
	tcase_add_test(tcase, test_status_line_of_unknown_sizes);
	tcase_add_test(tcase, test_status_line_at_the_beginning);
	tcase_add_loop_test(tcase, test_status_line_sizes, 0, sizeof(sizes) / sizeof(sizes[0]));
	tcase_add_loop_test(tcase, test_status_line_times, 0, sizeof(times) / sizeof(times[0]));
	tcase_add_loop_test(tcase, test_status_line_fits, 0, 2);
	tcase_add_test(tcase, test_status_line_known);
	tcase_add_test(tcase, test_status_line_tell);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
