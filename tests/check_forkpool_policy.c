/* forkpool/policy.h: windows, shares, losses, budget and ticks; no processes. */
#include "forkpool/policy.h"
#include "suite.h"

#include <check.h>
#include <signal.h>

/** Options as fp_open() completes them. */
static struct fp_options options;
static struct policy_pace pace;

static void setup(void)
{
	options = (struct fp_options){.processes = 4, .width = 1, .attempts = 3};
	pace = (struct policy_pace){0};
}

static size_t room(size_t queued, size_t chunk, size_t hand)
{
	const struct policy_load load = {
		.queued = queued, .workers = 4, .chunk = chunk, .hand = hand};

	return policy_room(&options, &pace, &load);
}

START_TEST(test_forkpool_policy_pace_is_tasks_in_a_millisecond)
{
	policy_take_pace(&pace);
	ck_assert_uint_eq(pace.tasks, 0);
	for (int i = 0; i < 100; i++) {
		pace.replies += 1000;
		pace.spent += 10000000;
		policy_take_pace(&pace);
		ck_assert_uint_eq(pace.replies, 0);
		ck_assert_uint_eq(pace.spent, 0);
		ck_assert_uint_ge(pace.tasks, 98);
		ck_assert_uint_le(pace.tasks, 101);
	}
	/* Nothing new: nothing is forgotten. */
	policy_take_pace(&pace);
	ck_assert_uint_ge(pace.tasks, 98);
	/* Slow ones: what was long ago counts ever less. */
	for (int i = 0; i < 100; i++) {
		pace.replies += 1;
		pace.spent += 100000000;
		policy_take_pace(&pace);
	}
	ck_assert_uint_eq(pace.tasks, 0);
}
END_TEST

START_TEST(test_forkpool_policy_chunk_has_a_range)
{
	ck_assert_uint_eq(policy_chunk(0), 1);
	ck_assert_uint_eq(policy_chunk(1), 1);
	ck_assert_uint_eq(policy_chunk(2048), 2048);
	ck_assert_uint_eq(policy_chunk(2049), 2048);
	ck_assert_uint_eq(policy_chunk(SIZE_MAX), 2048);
}
END_TEST

START_TEST(test_forkpool_policy_window_opens_while_tasks_are_short)
{
	/* Unknown, and long tasks: a chunk. */
	ck_assert_uint_eq(policy_window(&options, &pace, 20), 20);
	pace.tasks = 20;
	ck_assert(!policy_is_fast(&pace, 20));
	ck_assert_uint_eq(policy_window(&options, &pace, 20), 20);
	/* About a millisecond of work, up to 256 tasks or two chunks. */
	pace.tasks = 21;
	ck_assert(policy_is_fast(&pace, 20));
	ck_assert_uint_eq(policy_window(&options, &pace, 20), 21);
	pace.tasks = 100000;
	ck_assert_uint_eq(policy_window(&options, &pace, 1), 256);
	ck_assert_uint_eq(policy_window(&options, &pace, 128), 256);
	ck_assert_uint_eq(policy_window(&options, &pace, 200), 400);
	ck_assert_uint_eq(policy_window_most(&options, 1), 256);
	ck_assert_uint_eq(policy_window_most(&options, 200), 400);
}
END_TEST

START_TEST(test_forkpool_policy_window_follows_the_options)
{
	pace.tasks = 100000;
	options.window_tasks = 3;
	ck_assert_uint_eq(policy_window(&options, &pace, 20), 3);
	ck_assert_uint_eq(policy_window_most(&options, 20), 3);
	pace.tasks = 0;
	options.width = 7;
	options.window_tasks = 0;
	ck_assert_uint_eq(policy_window(&options, &pace, 1), 7);
	options.window_tasks = 5;
	ck_assert_uint_eq(policy_window(&options, &pace, 1), 5);
}
END_TEST

START_TEST(test_forkpool_policy_backlog_is_two_windows_a_worker)
{
	ck_assert_uint_eq(policy_backlog(&options, &pace, 4, 20), 160);
	ck_assert_uint_eq(policy_ahead(&options, 4, 20), 3 * 4 * 256);
	pace.tasks = 50;
	ck_assert_uint_eq(policy_backlog(&options, &pace, 4, 20), 400);
	/* Whatever the windows become, what is ahead has room for them and the queue. */
	for (size_t chunk = 1; chunk <= POLICY_CHUNK_MAX; chunk *= 2) {
		pace.tasks = SIZE_MAX;
		ck_assert_uint_ge(policy_ahead(&options, 4, chunk),
			policy_backlog(&options, &pace, 4, chunk) +
				4 * policy_window(&options, &pace, chunk));
	}
}
END_TEST

START_TEST(test_forkpool_policy_idle_worker_gets_a_chunk)
{
	ck_assert_uint_eq(room(1000, 20, 0), 20);
	ck_assert_uint_eq(room(1, 20, 0), 20);
	/* And a busy one nothing, while tasks are long. */
	ck_assert_uint_eq(room(1000, 20, 1), 0);
	ck_assert_uint_eq(room(1000, 20, 20), 0);
}
END_TEST

START_TEST(test_forkpool_policy_shares_shrink_towards_the_end)
{
	pace.tasks = 100;
	/* An eighth of the queue for each of four workers, between chunk and window. */
	ck_assert_uint_eq(room(10000, 1, 0), 100);
	ck_assert_uint_eq(room(400, 1, 0), 50);
	ck_assert_uint_eq(room(80, 1, 0), 10);
	ck_assert_uint_eq(room(8, 1, 0), 1);
	ck_assert_uint_eq(room(1, 1, 0), 1);
	ck_assert_uint_eq(room(80, 16, 0), 16);
	/* More once it has half of its share, and not before. */
	ck_assert_uint_eq(room(400, 1, 25), 25);
	ck_assert_uint_eq(room(400, 1, 26), 0);
}
END_TEST

START_TEST(test_forkpool_policy_width_is_filled_however_long_tasks_take)
{
	options.width = 10;
	ck_assert_uint_eq(room(1000, 1, 0), 10);
	ck_assert_uint_eq(room(1000, 1, 9), 1);
	ck_assert_uint_eq(room(1000, 1, 10), 0);
	ck_assert_uint_eq(room(1000, 4, 3), 4);
	ck_assert_uint_eq(room(1000, 4, 8), 2);
}
END_TEST

START_TEST(test_forkpool_policy_nothing_goes_behind_a_long_argument)
{
	struct policy_load load = {
		.queued = 1000, .workers = 4, .chunk = 1, .hand = 1, .split = true};

	pace.tasks = 100;
	ck_assert_uint_eq(policy_room(&options, &pace, &load), 0);
	load.split = false;
	ck_assert_uint_gt(policy_room(&options, &pace, &load), 0);
}
END_TEST

START_TEST(test_forkpool_policy_max_tasks_bound_the_room)
{
	struct policy_load load = {.queued = 1000, .workers = 4, .chunk = 10, .taken = 5};

	options.max_tasks_per_child = 12;
	ck_assert_uint_eq(policy_room(&options, &pace, &load), 7);
	load.taken = 12;
	ck_assert_uint_eq(policy_room(&options, &pace, &load), 0);
}
END_TEST

START_TEST(test_forkpool_policy_weights_fit_or_are_alone)
{
	ck_assert(policy_weight_fits(&options, UINT64_MAX, true, UINT64_MAX));
	options.window_weight = 100;
	ck_assert(policy_weight_fits(&options, 40, true, 60));
	ck_assert(!policy_weight_fits(&options, 40, true, 61));
	ck_assert(!policy_weight_fits(&options, 40, true, UINT64_MAX));
	ck_assert(!policy_weight_fits(&options, 1000, true, 0));
	ck_assert(policy_weight_fits(&options, 0, false, UINT64_MAX));
}
END_TEST

START_TEST(test_forkpool_policy_deaths_from_outside_count_a_tenth)
{
	static const int outside[] = {SIGKILL, SIGTERM, SIGHUP}, own[] = {0, SIGSEGV, SIGABRT};

	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(policy_count_loss(outside[i], false), 1);
		ck_assert_uint_eq(policy_count_loss(outside[i], true), 10);
		ck_assert_uint_eq(policy_count_loss(own[i], false), 10);
	}
}
END_TEST

START_TEST(test_forkpool_policy_task_is_given_up_after_its_attempts)
{
	ck_assert(!policy_gives_up(&options, 0));
	ck_assert(!policy_gives_up(&options, 29));
	ck_assert(policy_gives_up(&options, 30));
	options.attempts = 1;
	ck_assert(!policy_gives_up(&options, 9));
	ck_assert(policy_gives_up(&options, 10));
	options.once = true;
	ck_assert(policy_gives_up(&options, 0));
}
END_TEST

START_TEST(test_forkpool_policy_pool_breaks_when_its_budget_is_spent)
{
	/* 16 + 4 × processes. */
	ck_assert(!policy_is_broken(&options, 329));
	ck_assert(policy_is_broken(&options, 330));
	options.respawn_budget = 2;
	ck_assert(!policy_is_broken(&options, 29));
	ck_assert(policy_is_broken(&options, 30));
}
END_TEST

START_TEST(test_forkpool_policy_ticks_divide_a_limit)
{
	ck_assert_uint_eq(policy_tick(0), 100);
	ck_assert_uint_eq(policy_tick(1), 1);
	ck_assert_uint_eq(policy_tick(80), 11);
	ck_assert_uint_eq(policy_tick(1000000), 500);
	/* More than five of them in each limit, so that it is kept closely. */
	for (unsigned limit = 40; limit < 4000; limit++)
		ck_assert_uint_ge(limit / policy_tick(limit), 6);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy");
	TCase *test_case = tcase_create("policy");

	tcase_add_checked_fixture(test_case, setup, NULL);
	tcase_add_test(test_case, test_forkpool_policy_pace_is_tasks_in_a_millisecond);
	tcase_add_test(test_case, test_forkpool_policy_chunk_has_a_range);
	tcase_add_test(test_case, test_forkpool_policy_window_opens_while_tasks_are_short);
	tcase_add_test(test_case, test_forkpool_policy_window_follows_the_options);
	tcase_add_test(test_case, test_forkpool_policy_backlog_is_two_windows_a_worker);
	tcase_add_test(test_case, test_forkpool_policy_idle_worker_gets_a_chunk);
	tcase_add_test(test_case, test_forkpool_policy_shares_shrink_towards_the_end);
	tcase_add_test(test_case, test_forkpool_policy_width_is_filled_however_long_tasks_take);
	tcase_add_test(test_case, test_forkpool_policy_nothing_goes_behind_a_long_argument);
	tcase_add_test(test_case, test_forkpool_policy_max_tasks_bound_the_room);
	tcase_add_test(test_case, test_forkpool_policy_weights_fit_or_are_alone);
	tcase_add_test(test_case, test_forkpool_policy_deaths_from_outside_count_a_tenth);
	tcase_add_test(test_case, test_forkpool_policy_task_is_given_up_after_its_attempts);
	tcase_add_test(test_case, test_forkpool_policy_pool_breaks_when_its_budget_is_spent);
	tcase_add_test(test_case, test_forkpool_policy_ticks_divide_a_limit);
	suite_add_tcase(suite, test_case);
	return suite_run(suite);
}
