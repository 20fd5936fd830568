/*
 * checkpoints: which states go into the journal, and when. The journal is a text here: "a:32" is the
 * state of the file "a" after 32 MiB.
 */
#include "checkpoints.h"
#include "suite.h"

#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MIB ((uint64_t)1 << 20)
/** A state that comes after any time is written. */
#define INTERVAL 10000

static struct checkpoints checkpoints;

/** What was written since expect(), each after a space. */
static char written[4096];

/** If not 0: why the next write fails. */
static int failure;

/** The address is all that counts. */
static char journal_place;
#define JOURNAL ((struct journal *)(void *)&journal_place)

int journal_add_state(
	struct journal *journal, const char *key, size_t size, const struct journal_state *state)
{
	size_t end = strlen(written);
	ck_assert_ptr_eq(journal, JOURNAL);
	ck_assert_uint_eq(state->bytes % MIB, 0);
	ck_assert_uint_eq(state->hash[0], state->bytes + 1);
	if (failure) {
		errno = failure;
		failure = 0;
		return -1;
	}
	snprintf(written + end, sizeof(written) - end, "%s%.*s:%" PRIu64, end ? " " : "", (int)size,
		key, state->bytes / MIB);
	return 0;
}

static void teardown(void)
{
	checkpoints_free(&checkpoints);
	ck_assert_ptr_null(checkpoints.first);
}

/** What was written since the last call. */
static void expect(const char *expected)
{
	ck_assert_str_eq(written, expected);
	written[0] = '\0';
}

/** A state of a file of so many MiB after so many MiB. */
static struct journal_state state_of(uint64_t size, uint64_t read)
{
	return (struct journal_state){
		.stamp = {.inode = 5, .size = size * MIB, .mtime = {100, 1}, .ctime = {200, 2}},
		.bytes = read * MIB,
		.hash = {read * MIB + 1},
	};
}

static int try_add(const char *key, uint64_t size, uint64_t read, int64_t now)
{
	struct journal_state state = state_of(size, read);
	return checkpoints_add(&checkpoints, JOURNAL, key, strlen(key), &state, now);
}

static void add(const char *key, uint64_t size, uint64_t read, int64_t now)
{
	ck_assert_int_eq(try_add(key, size, read, now), 0);
}

static void drop(const char *key)
{
	checkpoints_drop(&checkpoints, key, strlen(key));
}

static void flush(void)
{
	ck_assert_int_eq(checkpoints_flush(&checkpoints, JOURNAL), 0);
}

/** Of a file of 1 GiB a part is 32 MiB, as much as the minimum. */
START_TEST(test_checkpoints_after_a_part)
{
	add("a", 1024, 1, 0);
	add("a", 1024, 31, 1);
	expect("");
	add("a", 1024, 32, 2);
	expect("a:32");
	add("a", 1024, 33, 3);
	add("a", 1024, 63, 4);
	expect("");
	add("a", 1024, 70, 5);
	expect("a:70");
	add("a", 1024, 101, 6);
	expect("");
	add("a", 1024, 102, 7);
	expect("a:102");
}
END_TEST

START_TEST(test_checkpoints_first_state_may_be_due)
{
	add("a", 1024, 32, 0);
	expect("a:32");
}
END_TEST

START_TEST(test_checkpoints_parts_grow_with_the_file)
{
	add("a", 3200, 32, 0);
	add("a", 3200, 99, 1);
	expect("");
	add("a", 3200, 100, 2);
	expect("a:100");
	add("a", 3200, 199, 3);
	expect("");
	add("a", 3200, 200, 4);
	expect("a:200");
}
END_TEST

START_TEST(test_checkpoints_minimum)
{
	add("a", 64, 2, 0);
	add("a", 64, 31, 1);
	expect("");
	add("a", 64, 32, 2);
	expect("a:32");
}
END_TEST

/** The time counts from the first state, and then from the last one that was written. */
START_TEST(test_checkpoints_interval)
{
	add("a", 1024, 1, 5000);
	add("a", 1024, 2, 5000 + INTERVAL - 1);
	expect("");
	add("a", 1024, 3, 5000 + INTERVAL);
	expect("a:3");
	add("a", 1024, 4, 5000 + 2 * INTERVAL - 1);
	expect("");
	add("a", 1024, 5, 5000 + 2 * INTERVAL);
	expect("a:5");
	add("a", 1024, 37, 40000);
	expect("a:37");
	add("a", 1024, 38, 40000 + INTERVAL - 1);
	expect("");
	add("a", 1024, 39, 40000 + INTERVAL);
	expect("a:39");
}
END_TEST

START_TEST(test_checkpoints_flush_writes_the_last_two)
{
	add("a", 1024, 1, 0);
	flush();
	expect("a:1");
	add("a", 1024, 2, 1);
	add("a", 1024, 3, 2);
	add("a", 1024, 4, 3);
	flush();
	expect("a:3 a:4");
}
END_TEST

START_TEST(test_checkpoints_nothing_is_written_twice)
{
	flush();
	add("a", 1024, 32, 0);
	expect("a:32");
	flush();
	expect("");
	add("a", 1024, 33, 1);
	flush();
	expect("a:33");
	flush();
	expect("");
	add("a", 1024, 64, 2);
	add("a", 1024, 65, 3);
	expect("a:65");
	flush();
	expect("");
}
END_TEST

/** What a flush has written counts for the part. */
START_TEST(test_checkpoints_part_counts_from_a_flush)
{
	add("a", 1024, 20, 0);
	flush();
	expect("a:20");
	add("a", 1024, 51, 1);
	expect("");
	add("a", 1024, 52, 2);
	expect("a:52");
}
END_TEST

/** Its states begin anew, and so do the part and the time. */
START_TEST(test_checkpoints_file_from_its_beginning_again)
{
	add("a", 1024, 50, 0);
	add("a", 1024, 60, 1);
	expect("a:50");
	add("a", 1024, 10, 2);
	flush();
	expect("a:10");
	add("a", 1024, 11, 2 + INTERVAL - 1);
	expect("");
	add("a", 1024, 12, 2 + INTERVAL);
	expect("a:12");
	ck_assert_uint_eq(checkpoints_bytes(&checkpoints), 12 * MIB);
	add("a", 1024, 5, 2 + INTERVAL);
	add("a", 1024, 37, 3 + INTERVAL);
	expect("a:37");
}
END_TEST

/** States of another file, or of another state of it, are none of this one, even if they come after more
 * bytes. */
START_TEST(test_checkpoints_another_stamp)
{
	for (int i = 0; i < 4; i++) {
		struct journal_state state = state_of(1024, 30);
		add("a", 1024, 10, 0);
		add("a", 1024, 20, 1);
		state.stamp.inode += i == 0;
		state.stamp.size += i == 1;
		state.stamp.mtime.tv_nsec += i == 2;
		state.stamp.ctime.tv_nsec += i == 3;
		ck_assert_int_eq(
			checkpoints_add(&checkpoints, JOURNAL, "a", 1, &state, 5 + INTERVAL), 0);
		expect("");
		flush();
		expect("a:30");
		drop("a");
	}
}
END_TEST

START_TEST(test_checkpoints_drop)
{
	add("a", 1024, 1, 0);
	add("b", 1024, 2, 0);
	add("c", 1024, 4, 0);
	add("d", 1024, 8, 0);
	ck_assert_uint_eq(checkpoints_bytes(&checkpoints), 15 * MIB);
	drop("unknown");
	drop("");
	ck_assert_uint_eq(checkpoints_bytes(&checkpoints), 15 * MIB);
	drop("b");
	ck_assert_uint_eq(checkpoints_bytes(&checkpoints), 13 * MIB);
	drop("d");
	drop("a");
	flush();
	expect("c:4");
	drop("c");
	drop("c");
	ck_assert_uint_eq(checkpoints_bytes(&checkpoints), 0);
	add("c", 1024, 3, 1);
	flush();
	expect("c:3");
}
END_TEST

/** Each has its own part, time and last two states. */
START_TEST(test_checkpoints_several_files)
{
	add("a", 1024, 20, 0);
	add("b", 1024, 30, INTERVAL / 2);
	add("ab", 1024, 10, INTERVAL / 2);
	add("a", 1024, 21, INTERVAL);
	expect("a:21");
	add("b", 1024, 32, INTERVAL + 1);
	expect("b:32");
	add("ab", 1024, 11, INTERVAL + 2);
	add("ab", 1024, 12, INTERVAL + 3);
	ck_assert_uint_eq(checkpoints_bytes(&checkpoints), (21 + 32 + 12) * MIB);
	add("a", 1024, 22, INTERVAL + 4);
	expect("");
	flush();
	expect("ab:11 ab:12 a:22");
}
END_TEST

/** A key is as long as it says, whatever its bytes. */
START_TEST(test_checkpoints_keys_are_bytes)
{
	struct journal_state state = state_of(1024, 1);
	ck_assert_int_eq(checkpoints_add(&checkpoints, JOURNAL, "a\0b", 3, &state, 0), 0);
	state = state_of(1024, 2);
	ck_assert_int_eq(checkpoints_add(&checkpoints, JOURNAL, "a\0c", 3, &state, 0), 0);
	checkpoints_drop(&checkpoints, "a\0b", 3);
	ck_assert_uint_eq(checkpoints_bytes(&checkpoints), 2 * MIB);
}
END_TEST

/** The error is returned once; the state is not tried again, the next ones are. */
START_TEST(test_checkpoints_journal_fails)
{
	failure = ENOSPC;
	ck_assert_int_eq(try_add("a", 1024, 32, 0), -1);
	ck_assert_int_eq(errno, ENOSPC);
	add("a", 1024, 33, 1);
	ck_assert_uint_eq(checkpoints_bytes(&checkpoints), 33 * MIB);
	expect("");
	add("a", 1024, 64, 2);
	expect("a:64");
}
END_TEST

START_TEST(test_checkpoints_flush_fails)
{
	add("a", 1024, 1, 0);
	add("a", 1024, 2, 1);
	failure = EIO;
	ck_assert_int_eq(checkpoints_flush(&checkpoints, JOURNAL), -1);
	ck_assert_int_eq(errno, EIO);
	expect("");
	flush();
	expect("a:2");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checkpoints");
	TCase *tests = tcase_create("checkpoints");

	tcase_add_checked_fixture(tests, NULL, teardown);
	tcase_add_test(tests, test_checkpoints_after_a_part);
	tcase_add_test(tests, test_checkpoints_first_state_may_be_due);
	tcase_add_test(tests, test_checkpoints_parts_grow_with_the_file);
	tcase_add_test(tests, test_checkpoints_minimum);
	tcase_add_test(tests, test_checkpoints_interval);
	tcase_add_test(tests, test_checkpoints_flush_writes_the_last_two);
	tcase_add_test(tests, test_checkpoints_nothing_is_written_twice);
	tcase_add_test(tests, test_checkpoints_part_counts_from_a_flush);
	tcase_add_test(tests, test_checkpoints_file_from_its_beginning_again);
	tcase_add_test(tests, test_checkpoints_another_stamp);
	tcase_add_test(tests, test_checkpoints_drop);
	tcase_add_test(tests, test_checkpoints_several_files);
	tcase_add_test(tests, test_checkpoints_keys_are_bytes);
	tcase_add_test(tests, test_checkpoints_journal_fails);
	tcase_add_test(tests, test_checkpoints_flush_fails);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
