/*
 * ui/estimate: percent, rate and time left of runs that are made up.
 */
#include "suite.h"
#include "ui/estimate.h"

#include <check.h>

#define MB ((uint64_t)1000000)

/** A run of so many files of a megabyte each, of which some are done. */
static struct estimate_counts run_of(uint64_t files, uint64_t done)
{
	return (struct estimate_counts){
		.files_done = done,
		.files = files,
		.bytes_done = done * MB,
		.bytes = files * MB,
		.part = 1,
	};
}

START_TEST(test_estimate_percent)
{
	for (uint64_t done = 0; done < 100; done++) {
		struct estimate_counts counts = run_of(100, done);
		ck_assert_int_eq(estimate_percent(&counts), (int)done);
	}
	/* Never all, as long as there is something to tell. */
	struct estimate_counts counts = run_of(100, 100);
	ck_assert_int_eq(estimate_percent(&counts), 99);
	/* A file that has grown, or in /proc. */
	counts.bytes_done *= 5;
	ck_assert_int_eq(estimate_percent(&counts), 99);
}
END_TEST

START_TEST(test_estimate_percent_within_a_file)
{
	struct estimate_counts counts = run_of(1, 0);
	counts.bytes = 1000 * MB;
	counts.bytes_done = 370 * MB;
	ck_assert_int_eq(estimate_percent(&counts), 36);
	counts.bytes_done = 371 * MB;
	ck_assert_int_eq(estimate_percent(&counts), 37);
}
END_TEST

START_TEST(test_estimate_percent_of_empty_files)
{
	struct estimate_counts counts = run_of(200, 50);
	counts.bytes = counts.bytes_done = 0;
	ck_assert_int_eq(estimate_percent(&counts), 25);
}
END_TEST

START_TEST(test_estimate_percent_unknown)
{
	struct estimate_counts counts = {.part = 1};
	ck_assert_int_eq(estimate_percent(&counts), -1);
	counts = run_of(100, 50);
	counts.part = 0;
	ck_assert_int_eq(estimate_percent(&counts), -1);
	counts = run_of(3, 0);
	counts.bytes = 0;
	counts.unsized = 3;
	ck_assert_int_eq(estimate_percent(&counts), -1);
}
END_TEST

START_TEST(test_estimate_percent_of_what_is_known_in_part)
{
	/* A quarter of a list was read. */
	struct estimate_counts counts = run_of(100, 100);
	counts.part = 0.25;
	ck_assert_int_eq(estimate_percent(&counts), 25);
	/* Half of the files are in hand, of unknown size. */
	counts = run_of(50, 50);
	counts.files = 100;
	counts.unsized = 50;
	ck_assert_int_eq(estimate_percent(&counts), 50);
}
END_TEST

/** Go on for so many ticks of 100 ms, at a file each. */
static void go_on(struct estimate *estimate, int64_t *now, uint64_t *done, int ticks)
{
	for (int i = 0; i < ticks; i++) {
		struct estimate_counts counts = run_of(1000, ++*done);
		*now += 100;
		estimate_add(estimate, &counts, *now);
	}
}

START_TEST(test_estimate_rate_and_left)
{
	struct estimate estimate;
	int64_t now = 5000;
	uint64_t done = 0;
	estimate_begin(&estimate, now);
	struct estimate_counts counts = run_of(1000, done);
	ck_assert_double_lt(estimate_rate(&estimate), 0);
	ck_assert_double_lt(estimate_left(&estimate, &counts), 0);
	go_on(&estimate, &now, &done, 1);
	ck_assert_double_eq_tol(estimate_rate(&estimate), 10e6, 1);
	go_on(&estimate, &now, &done, 199);
	counts = run_of(1000, done);
	ck_assert_double_eq_tol(estimate_rate(&estimate), 10e6, 1);
	ck_assert_double_eq_tol(estimate_left(&estimate, &counts), 80, 0.01);
	counts = run_of(1000, 1000);
	ck_assert_double_eq(estimate_left(&estimate, &counts), 0);
	counts.part = 0;
	ck_assert_double_lt(estimate_left(&estimate, &counts), 0);
}
END_TEST

START_TEST(test_estimate_rate_follows_in_seconds)
{
	struct estimate estimate;
	int64_t now = 0;
	uint64_t done = 0;
	estimate_begin(&estimate, now);
	go_on(&estimate, &now, &done, 600);
	/* Nothing more comes: a disk hangs. */
	struct estimate_counts counts = run_of(1000, done);
	double before = estimate_rate(&estimate);
	for (int i = 0; i < 50; i++)
		estimate_add(&estimate, &counts, now += 100);
	ck_assert_double_lt(estimate_rate(&estimate), before / 2);
	ck_assert_double_gt(estimate_rate(&estimate), before / 4);
}
END_TEST

START_TEST(test_estimate_rate_after_a_stop)
{
	struct estimate estimate;
	int64_t now = 0;
	uint64_t done = 0;
	estimate_begin(&estimate, now);
	go_on(&estimate, &now, &done, 50);
	double before = estimate_rate(&estimate);
	/* Ctrl-Z, and fg after an hour. */
	now += 3600 * 1000;
	go_on(&estimate, &now, &done, 1);
	ck_assert_double_eq_tol(estimate_rate(&estimate), before, 1);
	go_on(&estimate, &now, &done, 10);
	ck_assert_double_eq_tol(estimate_rate(&estimate), before, 1);
}
END_TEST

START_TEST(test_estimate_rate_where_a_file_is_read_again)
{
	struct estimate estimate;
	int64_t now = 0;
	uint64_t done = 0;
	estimate_begin(&estimate, now);
	go_on(&estimate, &now, &done, 50);
	struct estimate_counts counts = run_of(1000, done - 40);
	estimate_add(&estimate, &counts, now += 100);
	ck_assert_double_eq_tol(estimate_rate(&estimate), 10e6, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("estimate");
	TCase *tcase = tcase_create("estimate");
	tcase_add_test(tcase, test_estimate_percent);
	tcase_add_test(tcase, test_estimate_percent_within_a_file);
	tcase_add_test(tcase, test_estimate_percent_of_empty_files);
	tcase_add_test(tcase, test_estimate_percent_unknown);
	tcase_add_test(tcase, test_estimate_percent_of_what_is_known_in_part);
	tcase_add_test(tcase, test_estimate_rate_and_left);
	tcase_add_test(tcase, test_estimate_rate_follows_in_seconds);
	tcase_add_test(tcase, test_estimate_rate_after_a_stop);
	tcase_add_test(tcase, test_estimate_rate_where_a_file_is_read_again);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
