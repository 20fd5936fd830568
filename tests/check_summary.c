/*
 * summary, json_lines: what is said of long jobs on standard error and in the last line of JSON, and
 * when.
 */
#include "json_lines.h"
#include "suite.h"
#include "summary.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct options options;
static struct tally tally;
static int saved_stderr;
static int told;

/** Standard error becomes a file in memory. */
static void setup(void)
{
	options = (struct options){0};
	tally_start(&tally);
	tally.complete = true;
	saved_stderr = dup(STDERR_FILENO);
	told = memfd_create("stderr", MFD_CLOEXEC);
	ck_assert_int_ge(told, 0);
	ck_assert_int_eq(dup2(told, STDERR_FILENO), STDERR_FILENO);
}

static void teardown(void)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(told);
}

/** What was told since the last time. */
static const char *take(void)
{
	static char text[4096];
	ssize_t size = pread(told, text, sizeof(text) - 1, 0);
	ck_assert_int_ge(size, 0);
	text[size] = '\0';
	ck_assert_int_eq(ftruncate(told, 0), 0);
	lseek(told, 0, SEEK_SET);
	return text;
}

/** The last line of JSON. */
static const char *json_line(void)
{
	static char text[4096];
	struct json json = {0};
	json_lines_summary(&json, &options, &tally, 0, 0);
	ck_assert_int_eq(json_end(&json), 0);
	ck_assert_uint_lt(json.size, sizeof(text));
	memcpy(text, json.text, json.size);
	text[json.size] = '\0';
	json_free(&json);
	return text;
}

START_TEST(test_summary_not_reached)
{
	summary_report(&options, &tally);
	ck_assert_str_eq(take(), "");
	tally.files = 77000;
	tally.not_reached = 3000;
	for (int mode = MODE_GENERATE; mode <= MODE_UPDATE; mode += MODE_UPDATE) {
		options.mode = (enum options_mode)mode;
		summary_report(&options, &tally);
		ck_assert_str_eq(
			take(), "treesum: time ran out: 3000 of 80000 files not reached\n");
	}
	options.check_output = CHECK_QUIET;
	summary_report(&options, &tally);
	ck_assert_str_eq(take(), "");
	options.check_output = CHECK_STATUS;
	summary_report(&options, &tally);
	ck_assert_str_eq(take(), "");
	/* Once. */
	options = (struct options){.mode = MODE_UPDATE, .summary = true};
	summary_report(&options, &tally);
	const char *text = take();
	const char *part = strstr(text, "; time ran out: 3000 of 80000 files not reached\n");
	ck_assert_ptr_nonnull(part);
	ck_assert_ptr_eq(strstr(text, "time ran out"), part + 2);
}
END_TEST

START_TEST(test_summary_of_a_long_job)
{
	options.summary = true;
	options.mode = MODE_UPDATE;
	summary_report(&options, &tally);
	const char *text = take();
	ck_assert_ptr_nonnull(strstr(text, "0 files, 0 bytes in "));
	ck_assert_ptr_null(strstr(text, "due"));
	ck_assert_ptr_null(strstr(text, "resumed"));
	ck_assert_ptr_null(strstr(text, "not reached"));
	options.reread = true;
	summary_report(&options, &tally);
	ck_assert_ptr_nonnull(strstr(take(), "; 0 of 0 files due\n"));
	tally.files = 10;
	tally.bytes = 5000;
	tally.reused_bytes = 1000;
	tally.resumed_files = 4;
	tally.resumed_bytes = 3000;
	tally.due = 3;
	tally.not_reached = 2;
	tally.not_reached_bytes = 1000;
	summary_report(&options, &tally);
	text = take();
	ck_assert_ptr_nonnull(strstr(text, "10 files, 1000 bytes (1.0 kB) in "));
	ck_assert_ptr_nonnull(strstr(text,
		"; resumed: 50% known (4 files, 3.0 kB); 3 of 12 files due, oldest reading unknown;"
		" time ran out: 2 of 12 files (1.0 kB) not reached\n"));
}
END_TEST

START_TEST(test_summary_kept)
{
	summary_kept(&options, &tally, "list");
	ck_assert_str_eq(take(), "");
	tally.kept_files = 2;
	tally.kept_bytes = 999;
	summary_kept(&options, &tally, "list");
	ck_assert_str_eq(take(), "treesum: 2 files (999 B) are kept in list: --resume goes on\n");
	options.mode = MODE_UPDATE;
	options.check_output = CHECK_QUIET;
	summary_kept(&options, &tally, "a\nlist");
	ck_assert_str_eq(take(),
		"treesum: 2 files (999 B) are kept in 'a'$'\\n''list': the next --update goes "
		"on\n");
	options.check_output = CHECK_STATUS;
	summary_kept(&options, &tally, "list");
	ck_assert_str_eq(take(), "");
}
END_TEST

static const char *const keys[] = {
	"\"resumed_files\":", "\"resumed_bytes\":", "\"due\":", "\"due_read\":", "\"oldest_read\":",
	"\"not_reached\":", "\"not_reached_bytes\":", "\"kept_files\":", "\"kept_bytes\":"};

START_TEST(test_json_of_a_short_job)
{
	const char *line = json_line();
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		ck_assert_ptr_null(strstr(line, keys[i]));
	ck_assert_ptr_null(strstr(line, "\"results\""));
	options.mode = MODE_CHECK;
	ck_assert_ptr_nonnull(strstr(json_line(), "\"results\""));
}
END_TEST

START_TEST(test_json_of_what_was_asked_for)
{
	options.resume = true;
	ck_assert_ptr_nonnull(strstr(json_line(), ",\"resumed_files\":0,\"resumed_bytes\":0,"));
	options = (struct options){.reread = true};
	ck_assert_ptr_nonnull(strstr(json_line(), ",\"due\":0,\"due_read\":0,\"complete\""));
	options = (struct options){.for_seconds = 1};
	ck_assert_ptr_nonnull(strstr(json_line(), ",\"not_reached\":0,\"not_reached_bytes\":0,"));
}
END_TEST

START_TEST(test_json_of_a_long_job)
{
	tally.resumed_files = 1;
	tally.resumed_bytes = UINT64_MAX;
	tally.due = 3;
	tally.due_read = 4;
	tally.oldest_read = 5;
	tally.not_reached = 6;
	tally.not_reached_bytes = 7;
	tally.kept_files = 8;
	tally.kept_bytes = 9;
	ck_assert_ptr_nonnull(strstr(json_line(),
		",\"resumed_files\":1,\"resumed_bytes\":18446744073709551615,\"due\":3,"
		"\"due_read\":4,\"oldest_read\":5,\"not_reached\":6,\"not_reached_bytes\":7,"
		"\"kept_files\":8,\"kept_bytes\":9,\"complete\":true,"));
	/* Unknown of one of them. */
	tally.oldest_read = 0;
	ck_assert_ptr_null(strstr(json_line(), "oldest_read"));
	/* The bytes of a file in progress alone. */
	tally.kept_files = 0;
	tally.resumed_files = 0;
	ck_assert_ptr_nonnull(strstr(json_line(), "\"kept_files\":0,\"kept_bytes\":9,"));
	ck_assert_ptr_nonnull(strstr(json_line(), "\"resumed_files\":0,\"resumed_bytes\":1844"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("summary");
	TCase *tests = tcase_create("summary");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_summary_not_reached);
	tcase_add_test(tests, test_summary_of_a_long_job);
	tcase_add_test(tests, test_summary_kept);
	tcase_add_test(tests, test_json_of_a_short_job);
	tcase_add_test(tests, test_json_of_what_was_asked_for);
	tcase_add_test(tests, test_json_of_a_long_job);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
