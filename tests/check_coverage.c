/*
 * What a walk found is written as words: "d:tree" (a directory; the first of a walk is its root),
 * "f:tree/a" (a file), "x:tree/b" (a directory that could not be listed), "s:tree/c" (something
 * whose stat failed), "r:tree" (a root that is a file).
 */
#include "coverage.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct coverage *coverage;
static size_t root_size;

static void setup(void)
{
	coverage = coverage_new();
	ck_assert_ptr_nonnull(coverage);
	root_size = 0;
}

static void teardown(void)
{
	coverage_free(coverage);
}

static void find(const char *word)
{
	static const enum nftw_type types[] = {
		['d'] = NFTW_D,
		['f'] = NFTW_F,
		['r'] = NFTW_F,
		['s'] = NFTW_NS,
		['x'] = NFTW_DNR,
	};
	struct walker_entry found = {
		.type = types[(unsigned char)word[0]],
		.path = word + 2,
		.length = strlen(word + 2),
		.mode = word[0] == 'd' || word[0] == 'x' ? S_IFDIR : S_IFREG,
	};
	if (root_size == 0)
		root_size = found.length;
	found.root_size = root_size;
	ck_assert_int_eq(coverage_found(coverage, &found), 0);
}

/** One root's walk. */
static void walk(const char *words)
{
	char text[256];
	char *rest = strcpy(text, words), *word;
	root_size = 0;
	while ((word = strsep(&rest, " ")))
		find(word);
}

static void expect(const char *name, enum difference_word word, const char *emptied)
{
	char key[64];
	const char *found;
	struct record record = {.key = key};
	record.key_size = (uint32_t)catalog_key(name, strlen(name), key);
	ck_assert_int_eq(coverage_absent(coverage, &record, &found), word);
	if (emptied)
		ck_assert_str_eq(found, emptied);
	else
		ck_assert_ptr_null(found);
}

START_TEST(test_coverage_is_what_lies_below_a_root)
{
	walk("d:tree f:tree/a");
	walk("r:file");
	ck_assert_int_eq(coverage_end(coverage), 0);
	expect("tree/b", DIFFERENCE_MISSING, NULL);
	expect("./tree//sub/b", DIFFERENCE_MISSING, NULL);
	expect("tree", DIFFERENCE_MISSING, NULL);
	expect("file", DIFFERENCE_MISSING, NULL);
	expect("tre", DIFFERENCE_OUTSIDE, NULL);
	expect("tree2/b", DIFFERENCE_OUTSIDE, NULL);
	expect("/tree/b", DIFFERENCE_OUTSIDE, NULL);
	expect("../tree/b", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/../b", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/a/..", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/..a", DIFFERENCE_MISSING, NULL);
}
END_TEST

START_TEST(test_coverage_of_a_root_above)
{
	walk("d:../tree f:../tree/a");
	ck_assert_int_eq(coverage_end(coverage), 0);
	expect("../tree/b", DIFFERENCE_MISSING, NULL);
	expect("../tree/../b", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/b", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

START_TEST(test_coverage_of_dot)
{
	walk("d:. f:./a");
	ck_assert_int_eq(coverage_end(coverage), 0);
	expect("b", DIFFERENCE_MISSING, NULL);
	expect("./b/c", DIFFERENCE_MISSING, NULL);
	expect("..b/c", DIFFERENCE_MISSING, NULL);
	expect("../b", DIFFERENCE_OUTSIDE, NULL);
	expect("..", DIFFERENCE_OUTSIDE, NULL);
	expect("/b", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

START_TEST(test_coverage_of_the_root_directory)
{
	walk("d:/ f:/a x:/b");
	ck_assert_int_eq(coverage_end(coverage), 0);
	expect("/c", DIFFERENCE_MISSING, NULL);
	expect("/b/c", DIFFERENCE_UNREADABLE, NULL);
	expect("c", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

START_TEST(test_coverage_below_a_directory_that_was_not_listed)
{
	walk("d:tree d:tree/a x:tree/a f:tree/b s:tree/c");
	ck_assert_int_eq(coverage_end(coverage), 0);
	expect("tree/a/x", DIFFERENCE_UNREADABLE, NULL);
	expect("tree/a/x/y", DIFFERENCE_UNREADABLE, NULL);
	expect("tree/c/x", DIFFERENCE_UNREADABLE, NULL);
	expect("tree/aa", DIFFERENCE_MISSING, NULL);
	expect("tree/d", DIFFERENCE_MISSING, NULL);
}
END_TEST

START_TEST(test_coverage_of_a_root_that_is_not_there)
{
	walk("s:tree");
	ck_assert_int_eq(coverage_end(coverage), 0);
	expect("tree/a", DIFFERENCE_UNREADABLE, NULL);
	expect("other", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

START_TEST(test_coverage_does_not_believe_an_empty_directory)
{
	walk("d:tree d:tree/a d:tree/b d:tree/b/c f:tree/d d:tree/e");
	walk("d:other/");
	walk("d:last f:last/a");
	ck_assert_int_eq(coverage_end(coverage), 0);
	expect("tree/a/x", DIFFERENCE_UNREADABLE, "tree/a");
	expect("tree/a/x/y", DIFFERENCE_UNREADABLE, "tree/a");
	expect("tree/b/x", DIFFERENCE_MISSING, NULL);
	expect("tree/b/c/x", DIFFERENCE_UNREADABLE, "tree/b/c");
	expect("tree/e/x", DIFFERENCE_UNREADABLE, "tree/e");
	expect("other/x", DIFFERENCE_UNREADABLE, "other");
	/* It is a directory, and was a file. */
	expect("tree/a", DIFFERENCE_MISSING, NULL);
	expect("last/x", DIFFERENCE_MISSING, NULL);
}
END_TEST

START_TEST(test_coverage_of_an_empty_dot)
{
	walk("d:.");
	ck_assert_int_eq(coverage_end(coverage), 0);
	expect("x", DIFFERENCE_UNREADABLE, "");
}
END_TEST

START_TEST(test_coverage_skipped)
{
	walk("d:tree f:tree/own f:tree/z");
	ck_assert_int_eq(coverage_skipped(coverage, "tree/own", 8, DIFFERENCE_OUTSIDE), 0);
	ck_assert_int_eq(coverage_skipped(coverage, "tree/z", 6, DIFFERENCE_UNREADABLE), 0);
	ck_assert_int_eq(coverage_end(coverage), 0);
	expect("tree/own", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/z", DIFFERENCE_UNREADABLE, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("coverage");
	TCase *tests = tcase_create("coverage");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_coverage_is_what_lies_below_a_root);
	tcase_add_test(tests, test_coverage_of_a_root_above);
	tcase_add_test(tests, test_coverage_of_dot);
	tcase_add_test(tests, test_coverage_of_the_root_directory);
	tcase_add_test(tests, test_coverage_below_a_directory_that_was_not_listed);
	tcase_add_test(tests, test_coverage_of_a_root_that_is_not_there);
	tcase_add_test(tests, test_coverage_does_not_believe_an_empty_directory);
	tcase_add_test(tests, test_coverage_of_an_empty_dot);
	tcase_add_test(tests, test_coverage_skipped);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
