/*
 * missed: whether a file that a walk has missed may be the one of a line.
 */
#include "missed.h"
#include "suite.h"

#include <check.h>

static struct missed missed;

static void teardown(void)
{
	missed_free(&missed);
	ck_assert_ptr_null(missed.files);
}

static void add(off_t size, time_t seconds, long nanoseconds)
{
	const struct stat status = {.st_size = size, .st_mtim = {seconds, nanoseconds}};
	ck_assert_int_eq(missed_add(&missed, &status), 0);
}

static bool may_be(uint64_t size, time_t seconds, long nanoseconds)
{
	const struct record line = {
		.annotated = true,
		.annotation = {.size = size, .mtime = {seconds, nanoseconds}},
	};
	return missed_may_be(&missed, &line);
}

/** All that a rename leaves as it is has to be the same. */
START_TEST(test_missed_size_and_mtime)
{
	add(10, 100, 1000);
	missed_end(&missed);
	ck_assert(may_be(10, 100, 1000));
	ck_assert(!may_be(9, 100, 1000));
	ck_assert(!may_be(11, 100, 1000));
	ck_assert(!may_be(10, 99, 1000));
	ck_assert(!may_be(10, 101, 1000));
	ck_assert(!may_be(10, 100, 999));
	ck_assert(!may_be(10, 100, 1001));
}
END_TEST

/** Each of many is found, in whatever order they came. */
START_TEST(test_missed_any_of_many)
{
	for (int i = 0; i < 1000; i++)
		add(i * 7 % 10, i * 13 % 100, i * 37 % 1000);
	missed_end(&missed);
	for (int i = 0; i < 1000; i++) {
		ck_assert(may_be((uint64_t)(i * 7 % 10), i * 13 % 100, i * 37 % 1000));
		ck_assert(!may_be((uint64_t)(i * 7 % 10), i * 13 % 100, 1000 + i));
	}
}
END_TEST

/** Of a line without annotation nothing is known: it may be any file, if there is one. */
START_TEST(test_missed_line_without_annotation)
{
	const struct record line = {.annotated = false};
	ck_assert(!missed_may_be(&missed, &line));
	add(10, 100, 1000);
	missed_end(&missed);
	ck_assert(missed_may_be(&missed, &line));
}
END_TEST

START_TEST(test_missed_incomplete)
{
	missed_end(&missed);
	ck_assert(!may_be(1, 2, 3));
	missed.incomplete = true;
	ck_assert(may_be(1, 2, 3));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("missed");
	TCase *tests = tcase_create("missed");

	tcase_add_checked_fixture(tests, NULL, teardown);
	tcase_add_test(tests, test_missed_size_and_mtime);
	tcase_add_test(tests, test_missed_any_of_many);
	tcase_add_test(tests, test_missed_line_without_annotation);
	tcase_add_test(tests, test_missed_incomplete);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
