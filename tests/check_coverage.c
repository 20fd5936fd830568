/*
 * What a walk found is written as words: "d:tree" (a directory; the first of a walk is its root),
 * "f:tree/a" (a file), "x:tree/b" (a directory that could not be listed), "s:tree/c" (something
 * whose stat failed), "m:tree/d" (one that was not to be entered), "e:tree/e" (something that a
 * filter leaves out), "r:tree" (a root that is a file).
 */
#include "coverage.h"
#include "suite.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct coverage *coverage;
static struct filter *filter;

static void setup(void)
{
	filter = filter_new();
	ck_assert_ptr_nonnull(filter);
	coverage = coverage_new(filter);
	ck_assert_ptr_nonnull(coverage);
}

static void teardown(void)
{
	coverage_free(coverage);
	filter_free(filter);
}

/** Tell of one word. @param last what comes after it says nothing of the same name, nor of one
 * below */
static void find(const char *word, bool root, bool last)
{
	static const enum nftw_type types[] = {
		['d'] = NFTW_D,
		['f'] = NFTW_F,
		['l'] = NFTW_SL,
		['m'] = NFTW_MOUNT,
		['r'] = NFTW_F,
		['s'] = NFTW_NS,
		['x'] = NFTW_DNR,
	};
	const struct tree_entry found = {
		.type = types[(unsigned char)word[0]],
		.regular = word[0] == 'f' || word[0] == 'r',
		.root = root,
		.below = !root || word[0] == 'd' || word[0] == 'x',
		.empty = word[0] == 'd' && last,
		.path = word + 2,
		.length = strlen(word + 2),
	};
	ck_assert_int_eq(coverage_found(coverage, &found), 0);
}

/** Whether a word says something of a name, or of one below it. */
static bool is_about(const char *word, const char *name)
{
	size_t size = strlen(name);
	return strncmp(word + 2, name, size) == 0 &&
		(word[2 + size] == '/' || word[2 + size] == '\0' || name[size - 1] == '/');
}

/** One root's walk. */
static void walk(const char *words)
{
	char text[256];
	char *rest = strcpy(text, words), *list[16];
	size_t count = 0;
	while ((list[count] = strsep(&rest, " ")))
		ck_assert_uint_lt(++count, sizeof(list) / sizeof(list[0]));
	for (size_t i = 0; i < count; i++) {
		bool last = true;
		for (size_t j = i + 1; j < count; j++)
			last &= !is_about(list[j], list[i] + 2);
		/* Of what a filter leaves out nothing is told, but that its directory has a name in
		 * it. */
		if (list[i][0] != 'e')
			find(list[i], strcmp(list[i] + 2, list[0] + 2) == 0, last);
	}
}

static void expect(const char *name, enum difference_word word, const char *emptied)
{
	char key[64];
	struct coverage_doubt doubt;
	struct record record = {.key = key};
	record.key_size = (uint32_t)catalog_key(name, strlen(name), key);
	ck_assert_int_eq(coverage_absent(coverage, &record, &doubt), word);
	if (emptied)
		ck_assert_str_eq(doubt.key, emptied);
	else
		ck_assert_ptr_null(doubt.key);
}

START_TEST(test_coverage_is_what_lies_below_a_root)
{
	walk("d:tree f:tree/a");
	walk("r:file");
	coverage_end(coverage);
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
	coverage_end(coverage);
	expect("../tree/b", DIFFERENCE_MISSING, NULL);
	expect("../tree/../b", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/b", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

START_TEST(test_coverage_of_dot)
{
	walk("d:. f:./a");
	coverage_end(coverage);
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
	coverage_end(coverage);
	expect("/c", DIFFERENCE_MISSING, NULL);
	expect("/b/c", DIFFERENCE_UNREADABLE, NULL);
	expect("c", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

START_TEST(test_coverage_below_a_directory_that_was_not_listed)
{
	walk("d:tree d:tree/a x:tree/a f:tree/b s:tree/c");
	coverage_end(coverage);
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
	coverage_end(coverage);
	expect("tree/a", DIFFERENCE_UNREADABLE, NULL);
	expect("other", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

START_TEST(test_coverage_does_not_believe_an_empty_directory)
{
	walk("d:tree d:tree/a d:tree/b d:tree/b/c f:tree/d d:tree/e");
	walk("d:other/");
	walk("d:last f:last/a");
	coverage_end(coverage);
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

START_TEST(test_coverage_below_a_link)
{
	walk("d:tree l:tree/link f:tree/z");
	coverage_end(coverage);
	expect("tree/link/x", DIFFERENCE_UNREADABLE, "tree/link");
	/* That one was a file. */
	expect("tree/link", DIFFERENCE_MISSING, NULL);
}
END_TEST

START_TEST(test_coverage_of_an_empty_dot)
{
	walk("d:.");
	coverage_end(coverage);
	expect("x", DIFFERENCE_UNREADABLE, "");
}
END_TEST

START_TEST(test_coverage_skipped)
{
	walk("d:tree f:tree/own f:tree/z");
	ck_assert_int_eq(coverage_skipped(coverage, "tree/own", 8, DIFFERENCE_OUTSIDE), 0);
	ck_assert_int_eq(coverage_skipped(coverage, "tree/z", 6, DIFFERENCE_UNREADABLE), 0);
	coverage_end(coverage);
	expect("tree/own", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/z", DIFFERENCE_UNREADABLE, NULL);
}
END_TEST

START_TEST(test_coverage_ends_at_another_file_system)
{
	walk("d:tree f:tree/a m:tree/mount f:tree/z");
	walk("d:tree/mount/sub f:tree/mount/sub/a");
	coverage_end(coverage);
	expect("tree/mount/x", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/mount", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/mounted", DIFFERENCE_MISSING, NULL);
	/* There another root leads. */
	expect("tree/mount/sub/b", DIFFERENCE_MISSING, NULL);
	expect("tree/mount/subject", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

START_TEST(test_coverage_of_a_root_that_another_one_does_not_enter)
{
	walk("d:. f:./a m:./mount");
	walk("d:mount f:mount/a m:mount/more");
	walk("d:/ m:/proc");
	coverage_end(coverage);
	expect("mount/x", DIFFERENCE_MISSING, NULL);
	expect("mount", DIFFERENCE_MISSING, NULL);
	expect("mount/more/x", DIFFERENCE_OUTSIDE, NULL);
	expect("x", DIFFERENCE_MISSING, NULL);
	expect("/proc/1", DIFFERENCE_OUTSIDE, NULL);
	expect("/x", DIFFERENCE_MISSING, NULL);
}
END_TEST

START_TEST(test_coverage_without_what_is_excluded)
{
	ck_assert_int_eq(filter_add(filter, "/sub/cache", false), 0);
	ck_assert_int_eq(filter_add(filter, "*.o", false), 0);
	walk("d:tree f:tree/a d:tree/sub f:tree/sub/a x:tree/closed");
	walk("d:tree/sub f:tree/sub/a");
	walk("d:. f:./a");
	walk("r:x.o");
	coverage_end(coverage);
	expect("tree/b.o", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/b.o/c", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/sub/b", DIFFERENCE_MISSING, NULL);
	/* What is left out is not asked for. */
	expect("tree/closed/b", DIFFERENCE_UNREADABLE, NULL);
	expect("tree/closed/b.o", DIFFERENCE_OUTSIDE, NULL);
	/* Another root leads there, for which the pattern is about something else. */
	expect("tree/sub/cache/x", DIFFERENCE_MISSING, NULL);
	expect("sub/cache/x", DIFFERENCE_OUTSIDE, NULL);
	/* Roots are never excluded. */
	expect("x.o", DIFFERENCE_MISSING, NULL);
	expect("y.o", DIFFERENCE_OUTSIDE, NULL);
	expect("/y.c", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

START_TEST(test_coverage_of_a_root_that_would_be_excluded)
{
	ck_assert_int_eq(filter_add(filter, "*", false), 0);
	walk("d:tree e:tree/a");
	coverage_end(coverage);
	expect("tree", DIFFERENCE_MISSING, NULL);
	expect("tree/a", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

START_TEST(test_coverage_of_a_directory_of_what_is_excluded)
{
	ck_assert_int_eq(filter_add(filter, "*.o", false), 0);
	walk("d:tree d:tree/a e:tree/a/x.o d:tree/b f:tree/c");
	coverage_end(coverage);
	expect("tree/a/x", DIFFERENCE_MISSING, NULL);
	expect("tree/b/x", DIFFERENCE_UNREADABLE, "tree/b");
	expect("tree/b/x.o", DIFFERENCE_OUTSIDE, NULL);
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
	tcase_add_test(tests, test_coverage_below_a_link);
	tcase_add_test(tests, test_coverage_of_an_empty_dot);
	tcase_add_test(tests, test_coverage_skipped);
	tcase_add_test(tests, test_coverage_ends_at_another_file_system);
	tcase_add_test(tests, test_coverage_of_a_root_that_another_one_does_not_enter);
	tcase_add_test(tests, test_coverage_without_what_is_excluded);
	tcase_add_test(tests, test_coverage_of_a_root_that_would_be_excluded);
	tcase_add_test(tests, test_coverage_of_a_directory_of_what_is_excluded);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
