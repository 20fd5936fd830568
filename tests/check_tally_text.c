/*
 * tally_text: the words for each number, and nothing where there is nothing to say.
 */
#include "suite.h"
#include "tally_text.h"

#include <check.h>
#include <string.h>

#define GB UINT64_C(1000000000)
#define NOW INT64_C(1700000000)
#define DAY INT64_C(86400)

static struct tally tally;
static char written[256];
static FILE *text;

static void setup(void)
{
	tally = (struct tally){0};
	memset(written, 0, sizeof(written));
	text = fmemopen(written, sizeof(written), "w");
	ck_assert_ptr_nonnull(text);
}

static void teardown(void)
{
	fclose(text);
}

/** What was written since the last time. */
static const char *take(void)
{
	static char taken[sizeof(written)];
	fflush(text);
	strcpy(taken, written);
	memset(written, 0, sizeof(written));
	rewind(text);
	return taken;
}

START_TEST(test_tally_text_resumed)
{
	tally_text_resumed(text, "; ", &tally, 5, 5);
	ck_assert_str_eq(take(), "");
	tally.resumed_files = 12345;
	tally.resumed_bytes = 1200 * GB;
	tally_text_resumed(text, "; ", &tally, 80000, 1950 * GB);
	ck_assert_str_eq(take(), "; resumed: 61% known (12345 files, 1.2 TB)");
	/* All is all, and nothing less. */
	tally_text_resumed(text, "", &tally, 80000, 1200 * GB + 1);
	ck_assert_str_eq(take(), "resumed: 99% known (12345 files, 1.2 TB)");
	tally_text_resumed(text, "", &tally, 80000, 1200 * GB);
	ck_assert_str_eq(take(), "resumed: 100% known (12345 files, 1.2 TB)");
	tally_text_resumed(text, "", &tally, 80000, 1);
	ck_assert_str_eq(take(), "resumed: 100% known (12345 files, 1.2 TB)");
	tally.resumed_bytes = UINT64_MAX - 1;
	tally_text_resumed(text, "", &tally, 80000, UINT64_MAX);
	ck_assert_str_eq(take(), "resumed: 99% known (12345 files, 18 EB)");
	tally.resumed_bytes = 1200 * GB;
	/* Nobody knows how many bytes, nor how many files there are. */
	tally_text_resumed(text, "", &tally, 24690, 0);
	ck_assert_str_eq(take(), "resumed: 50% known (12345 files, 1.2 TB)");
	tally_text_resumed(text, "", &tally, 0, 0);
	ck_assert_str_eq(take(), "resumed: 12345 files, 1.2 TB known");
	/* The middle of one file. */
	tally.resumed_files = 0;
	tally_text_resumed(text, "", &tally, 1, UINT64_MAX);
	ck_assert_str_eq(take(), "resumed: 0% known (0 files, 1.2 TB)");
	tally = (struct tally){.resumed_files = 1};
	tally_text_resumed(text, "", &tally, 1, 0);
	ck_assert_str_eq(take(), "resumed: 100% known (1 file, 0 B)");
}
END_TEST

START_TEST(test_tally_text_due)
{
	tally.oldest_read = NOW - 41 * DAY;
	tally_text_due(text, "; ", &tally, 5, NOW, false);
	ck_assert_str_eq(take(), "");
	tally_text_due(text, "; ", &tally, 5, NOW, true);
	ck_assert_str_eq(take(), "; 0 of 5 files due");
	tally.due = 1204;
	for (int asked = 0; asked < 2; asked++) {
		tally_text_due(text, "; ", &tally, 80000, NOW, asked);
		ck_assert_str_eq(take(), "; 1204 of 80000 files due, oldest reading 41 days ago");
	}
	tally.due_read = 300;
	tally_text_due(text, "", &tally, 80000, NOW, true);
	ck_assert_str_eq(
		take(), "1204 of 80000 files due, 300 of them read, oldest reading 41 days ago");
	tally = (struct tally){.due = 1};
	tally_text_due(text, "", &tally, 1, NOW, true);
	ck_assert_str_eq(take(), "1 of 1 file due, oldest reading unknown");
	/* Just now, and later, which is no time of a reading. */
	tally.oldest_read = NOW;
	tally_text_due(text, "", &tally, 1, NOW, true);
	ck_assert_str_eq(take(), "1 of 1 file due, oldest reading 0 seconds ago");
	tally.oldest_read = NOW + 1;
	tally_text_due(text, "", &tally, 1, NOW, true);
	ck_assert_str_eq(take(), "1 of 1 file due, oldest reading unknown");
	tally.oldest_read = 1;
	tally_text_due(text, "", &tally, 1, INT64_MAX, true);
	ck_assert_str_eq(take(), "1 of 1 file due, oldest reading 106751991167300 days ago");
}
END_TEST

START_TEST(test_tally_text_not_reached)
{
	tally.not_reached_bytes = 5;
	tally_text_not_reached(text, "; ", &tally, 5);
	ck_assert_str_eq(take(), "");
	tally.not_reached = 3000;
	tally.not_reached_bytes = 1200 * GB;
	tally_text_not_reached(text, "; ", &tally, 80000);
	ck_assert_str_eq(take(), "; time ran out: 3000 of 80000 files (1.2 TB) not reached");
	tally.not_reached_bytes = 0;
	tally_text_not_reached(text, "", &tally, 3001);
	ck_assert_str_eq(take(), "time ran out: 3000 of 3001 files not reached");
	/* No part is more than the whole. */
	tally.not_reached = 1;
	tally_text_not_reached(text, "", &tally, 0);
	ck_assert_str_eq(take(), "time ran out: 1 of 1 file not reached");
}
END_TEST

START_TEST(test_tally_text_kept)
{
	tally_text_kept(text, "; ", &tally, "list", false);
	ck_assert_str_eq(take(), "");
	tally.kept_files = 12345;
	tally.kept_bytes = 1200 * GB;
	tally_text_kept(text, "", &tally, "list", false);
	ck_assert_str_eq(take(), "12345 files (1.2 TB) are kept in list: --resume goes on");
	tally_text_kept(text, "; ", &tally, "'a list'", true);
	ck_assert_str_eq(
		take(), "; 12345 files (1.2 TB) are kept in 'a list': the next --update goes on");
	tally = (struct tally){.kept_files = 1};
	tally_text_kept(text, "", &tally, "list", false);
	ck_assert_str_eq(take(), "1 file (0 B) is kept in list: --resume goes on");
	tally = (struct tally){.kept_bytes = 5 * GB};
	tally_text_kept(text, "", &tally, "list", false);
	ck_assert_str_eq(take(), "0 files (5.0 GB) are kept in list: --resume goes on");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tally_text");
	TCase *tests = tcase_create("tally_text");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_tally_text_resumed);
	tcase_add_test(tests, test_tally_text_due);
	tcase_add_test(tests, test_tally_text_not_reached);
	tcase_add_test(tests, test_tally_text_kept);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
