/*
 * tally, verdict: what counts as what.
 */
#include "suite.h"
#include "tally.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static struct tally tally;

static void setup(void)
{
	memset(&tally, 0xff, sizeof(tally));
	tally_start(&tally);
}

START_TEST(test_tally_starts_at_nothing)
{
	ck_assert_uint_eq(tally.files, 0);
	ck_assert_uint_eq(tally_read(&tally), 0);
	ck_assert_uint_eq(tally_errors(&tally), 0);
	ck_assert_uint_eq(tally_skipped(&tally), 0);
	ck_assert(!tally.walked && !tally.complete);
}
END_TEST

START_TEST(test_tally_result_of_each_kind)
{
	static const struct {
		struct hasher_result result;
		enum tally_error kind;
	} known[] = {
		{{.state = HASHER_FAILED, .error = ENOENT}, TALLY_MISSING},
		{{.state = HASHER_FAILED, .error = EACCES}, TALLY_DENIED},
		{{.state = HASHER_FAILED, .error = EPERM}, TALLY_DENIED},
		{{.state = HASHER_FAILED, .error = EIO}, TALLY_UNREADABLE},
		{{.state = HASHER_DIRECTORY}, TALLY_UNREADABLE},
		{{.state = HASHER_SPECIAL}, TALLY_UNREADABLE},
		{{.state = HASHER_CHANGED}, TALLY_CHANGED},
		{{.state = HASHER_DIED, .error = 9}, TALLY_DIED},
		{{.state = HASHER_TIMED_OUT}, TALLY_TIMED_OUT},
	};
	uint64_t expected[TALLY_ERRORS] = {0};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		tally_result(&tally, &known[i].result);
		expected[known[i].kind]++;
		ck_assert_mem_eq(tally.errors, expected, sizeof(expected));
		ck_assert_uint_eq(tally_errors(&tally), i + 1);
	}
	ck_assert_uint_eq(tally.files, 0);
}
END_TEST

START_TEST(test_tally_read_is_without_what_was_known)
{
	const struct hasher_result result = {.state = HASHER_DONE, .size = UINT64_C(5) << 32};
	tally.reused = 1;
	tally.reused_bytes = result.size;
	ck_assert_uint_eq(tally_read(&tally), 0);
	tally_result(&tally, &result);
	ck_assert_uint_eq(tally_read(&tally), 0);
	tally_result(&tally, &result);
	ck_assert_uint_eq(tally_read(&tally), result.size);
	/* A part of it was read by an earlier run. */
	tally.resumed_bytes = 7;
	ck_assert_uint_eq(tally_read(&tally), result.size - 7);
	tally.resumed_bytes = result.size + 1;
	ck_assert_uint_eq(tally_read(&tally), 0);
	ck_assert_uint_eq(tally.files, 2);
	tally.not_reached = 3;
	ck_assert_uint_eq(tally_files(&tally), 5);
	ck_assert_uint_eq(tally_errors(&tally), 0);
}
END_TEST

START_TEST(test_tally_sums_are_of_all_kinds)
{
	for (size_t i = 0; i < TALLY_SKIPS; i++)
		tally.skipped[i] = UINT64_C(1) << i;
	ck_assert_uint_eq(tally_skipped(&tally), (UINT64_C(1) << TALLY_SKIPS) - 1);
	for (size_t i = 0; i < TALLY_ERRORS; i++)
		tally.errors[i] = UINT64_C(1) << i;
	ck_assert_uint_eq(tally_errors(&tally), (UINT64_C(1) << TALLY_ERRORS) - 1);
}
END_TEST

START_TEST(test_tally_elapsed_is_the_time_since_the_start)
{
	struct timespec elapsed = tally_elapsed(&tally);
	ck_assert_int_ge(elapsed.tv_sec, 0);
	tally.start.tv_sec -= 100;
	tally.start.tv_nsec = 999999999;
	elapsed = tally_elapsed(&tally);
	ck_assert_int_ge(elapsed.tv_sec, 99);
	ck_assert(elapsed.tv_nsec >= 0 && elapsed.tv_nsec < 1000000000);
}
END_TEST

START_TEST(test_every_name_is_there_once)
{
	for (size_t i = 0; i < VERDICTS; i++) {
		ck_assert_ptr_nonnull(verdict_word((enum verdict)i, false));
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(
				verdict_name((enum verdict)i), verdict_name((enum verdict)j));
	}
	for (size_t i = 1; i < TALLY_ERRORS; i++)
		ck_assert_str_ne(tally_error_name((enum tally_error)i), tally_error_name(0));
	for (size_t i = 1; i < TALLY_SKIPS; i++)
		ck_assert_str_ne(tally_skip_name((enum tally_skip)i), tally_skip_name(0));
	ck_assert_str_eq(verdict_word(VERDICT_UNREADABLE, true), "FAILED open or read");
	ck_assert_str_eq(verdict_word(VERDICT_UNREADABLE, false), "UNREADABLE");
}
END_TEST

START_TEST(test_tally_cached_once_a_device)
{
	ck_assert(tally_cached(&tally, 7));
	ck_assert(tally_cached(&tally, UINT64_MAX));
	ck_assert(!tally_cached(&tally, 7));
	ck_assert(tally_cached(&tally, 0));
	ck_assert(!tally_cached(&tally, UINT64_MAX));
	tally_free(&tally);
	ck_assert(tally_cached(&tally, 7));
	tally_free(&tally);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tally");
	TCase *tests = tcase_create("tally");
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, test_tally_starts_at_nothing);
	tcase_add_test(tests, test_tally_result_of_each_kind);
	tcase_add_test(tests, test_tally_read_is_without_what_was_known);
	tcase_add_test(tests, test_tally_sums_are_of_all_kinds);
	tcase_add_test(tests, test_tally_elapsed_is_the_time_since_the_start);
	tcase_add_test(tests, test_every_name_is_there_once);
	tcase_add_test(tests, test_tally_cached_once_a_device);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
