/* Who gets which task and when: nothing waits behind a long task, what was not begun is under no
 * suspicion, windows, urgent tasks. */
#include "pool_orders.h"

#include "forkpool/channel.h"
#include "forkpool/state.h"
#include "suite.h"

#include <sched.h>

enum {
	COUNT = 400
};

/** A task of these tests; long arguments have more behind it. */
struct job_order {
	/** Wait until so many tasks are done. */
	int wait;
	/** Raise this signal, unless it is 0. */
	int signal;
};

/** Waits or dies as ordered; replies with the number of tasks that were done before. */
static int wait_or_end(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	struct job_order order;
	int before;

	(void)context;
	memcpy(&order, task->data, sizeof(order));
	atomic_fetch_add(&counters->begun, 1);
	while (atomic_load(&counters->other) < order.wait)
		sched_yield();
	if (order.signal != 0) {
		raise(order.signal);
		hang();
	}
	before = atomic_fetch_add(&counters->other, 1);
	return fp_worker_reply(worker, task->id, &before, sizeof(before));
}

/** Tasks that end at once, but one at `place`, which ends when all others are done. */
static void fill(struct fp_item *items, struct job_order *orders, size_t count, size_t place)
{
	for (size_t i = 0; i < count; i++) {
		orders[i] = (struct job_order){0};
		items[i] =
			(struct fp_item){.data = &orders[i], .size = sizeof(orders[i]), .tag = i};
	}
	orders[place].wait = (int)count - 1;
}

/** A source of items from an array. */
struct items {
	const struct fp_item *items;
	size_t count;
	size_t next;
};

static int items_next(void *context, struct fp_item *item)
{
	struct items *items = context;

	if (items->next == items->count)
		return 0;
	*item = items->items[items->next++];
	return 1;
}

/** Where the long task stands among the others. */
static const size_t places[] = {0, 1, COUNT / 2, COUNT - 1};

START_TEST(test_forkpool_no_task_of_an_iteration_waits_behind_a_long_one)
{
	struct job_order orders[COUNT];
	struct fp_item items[COUNT];
	struct items list = {.items = items, .count = COUNT};
	struct fp_source source = {.next = items_next, .context = &list};
	struct fp_pool *pool =
		open_pool((struct fp_options){.processes = 2, .function = wait_or_end});
	bool ordered = _i % 2;
	struct fp_iterator *iterator;

	fill(items, orders, COUNT, places[_i / 2]);
	iterator = (ordered ? fp_imap : fp_imap_unordered)(pool, &source, 1);
	for (size_t i = 0; i < COUNT; i++) {
		struct fp_outcome outcome = next_outcome(iterator);
		int before = reply_value(&outcome);

		if (outcome.tag == places[_i / 2])
			ck_assert_int_eq(before, COUNT - 1);
	}
	ck_assert_int_eq(atomic_load(&counters->begun), COUNT);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_no_task_of_a_map_waits_behind_a_long_one)
{
	struct job_order orders[COUNT];
	struct fp_item items[COUNT];
	struct fp_pool *pool =
		open_pool((struct fp_options){.processes = 2, .function = wait_or_end});
	struct fp_result *result;

	fill(items, orders, COUNT, places[_i]);
	result = fp_map(pool, items, COUNT, 1);
	ck_assert_ptr_nonnull(result);
	ck_assert_int_eq(fp_result_successful(result), 1);
	ck_assert_int_eq(atomic_load(&counters->begun), COUNT);
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_no_task_waits_though_many_may_be_in_hand)
{
	/* One worker has all of them at first, and the other none. */
	struct job_order orders[COUNT];
	struct fp_item items[COUNT];
	struct fp_pool *pool = open_pool(
		(struct fp_options){.processes = 1, .function = wait_or_end, .width = 100});
	struct fp_result *result;

	fill(items, orders, 100, 0);
	result = fp_map_async(pool, items, 100, 1, NULL);
	ck_assert_uint_eq(pool->workers.places[0]->hand.count, 100);
	while (atomic_load(&counters->begun) == 0)
		sched_yield();
	ck_assert_int_eq(fp_resize(pool, 2), 0);
	ck_assert_int_eq(fp_result_wait(result, FP_FOREVER), 0);
	ck_assert_int_eq(fp_result_successful(result), 1);
	ck_assert_int_eq(atomic_load(&counters->begun), 100);
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_no_task_waits_behind_a_long_argument)
{
	enum {
		TASKS = 12,
		/* More than a channel takes. */
		LONG = 1000000
	};
	static unsigned char data[TASKS][LONG];
	struct fp_item items[TASKS];
	struct fp_pool *pool =
		open_pool((struct fp_options){.processes = 2, .function = wait_or_end});
	struct fp_result *result;

	for (size_t i = 0; i < TASKS; i++) {
		struct job_order order = {.wait = i == 0 ? TASKS - 1 : 0};

		memcpy(data[i], &order, sizeof(order));
		items[i] = (struct fp_item){.data = data[i],
			.size = (i + (size_t)_i) % 2 == 1 ? LONG : sizeof(order),
			.tag = i};
	}
	result = fp_map(pool, items, TASKS, 1);
	ck_assert_ptr_nonnull(result);
	ck_assert_int_eq(fp_result_successful(result), 1);
	ck_assert_int_eq(atomic_load(&counters->begun), TASKS);
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_long_arguments_are_for_those_who_can_begin_them)
{
	enum {
		TASKS = 8,
		LONG = 70000
	};
	static unsigned char data[LONG];
	static const struct job_order order = {.wait = 1};
	struct fp_item first = {.data = &order, .size = sizeof(order)}, items[TASKS];
	struct fp_pool *pool =
		open_pool((struct fp_options){.processes = 1, .function = wait_or_end});
	struct fp_result *waiting = fp_apply_async(pool, &first, NULL), *result;

	for (size_t i = 0; i < TASKS; i++)
		items[i] = (struct fp_item){.data = data, .size = LONG};
	/* However short tasks were until now. */
	pool->pace.tasks = 100;
	result = fp_map_async(pool, items, TASKS, 1, NULL);
	ck_assert_ptr_nonnull(result);
	ck_assert_uint_eq(pool->queue.tasks.count, TASKS);
	ck_assert_uint_eq(pool->workers.places[0]->split, 0);
	atomic_store(&counters->other, 1);
	ck_assert_int_eq(fp_result_wait(result, FP_FOREVER), 0);
	ck_assert_int_eq(fp_result_successful(result), 1);
	fp_result_free(waiting);
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_worker_that_has_a_part_of_an_argument_keeps_all)
{
	/* It fits into the channel as a whole, in three frames. */
	enum {
		SIZE = 140000
	};
	static unsigned char data[SIZE];
	struct job_order order = {0};
	struct fp_item items[2] = {
		{.data = data, .size = SIZE}, {.data = &order, .size = sizeof(order)}};
	struct fp_pool *pool = open_pool((struct fp_options){
		.processes = 1, .function = wait_or_end, .eager = true, .width = 2});
	struct fp_result *result;
	pid_t pid;

	ck_assert_uint_eq(fp_pids(pool, &pid, 1), 1);
	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	result = fp_map_async(pool, items, 2, 1, NULL);
	ck_assert_int_eq(fp_resize(pool, 2), 0);
	ck_assert_uint_eq(pool->workers.places[0]->hand.count, 2);
	ck_assert_int_eq(kill(pid, SIGCONT), 0);
	ck_assert_int_eq(fp_result_wait(result, FP_FOREVER), 0);
	ck_assert_int_eq(fp_result_successful(result), 1);
	ck_assert_int_eq(atomic_load(&counters->begun), 2);
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

/* What a lost worker had not received */

START_TEST(test_forkpool_only_what_a_lost_worker_received_is_suspect)
{
	enum {
		TASKS = 30,
		GUILTY = 7,
		CHUNK = 3
	};
	struct job_order orders[TASKS];
	struct fp_item items[TASKS];
	/* With `once`, what may have been begun ends with its worker. */
	struct fp_pool *pool = open_pool((struct fp_options){
		.processes = 1, .function = wait_or_end, .width = TASKS, .once = true});
	size_t chunk = _i ? CHUNK : 1;
	struct fp_result *result;
	int last = -1;

	fill(items, orders, TASKS, 0);
	orders[0].wait = 0;
	orders[GUILTY].signal = SIGKILL;
	result = fp_map_async(pool, items, TASKS, chunk, NULL);
	ck_assert_uint_eq(pool->workers.places[0]->hand.count, TASKS);
	ck_assert_int_eq(fp_result_wait(result, FP_FOREVER), 0);
	for (size_t i = 0; i < TASKS; i++) {
		struct fp_outcome outcome;
		bool lost = i / chunk == GUILTY / chunk;

		ck_assert_int_eq(fp_result_at(result, i, &outcome), 0);
		if (lost) {
			ck_assert_int_eq(outcome.status, FP_DIED);
			continue;
		}
		/* In their order still. */
		ck_assert_int_gt(reply_value(&outcome), last);
		last = reply_value(&outcome);
	}
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_silent_worker_loses_what_it_received_only)
{
	enum {
		TASKS = 10
	};
	struct job_order orders[TASKS];
	struct fp_item items[TASKS];
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1,
		.function = wait_or_end,
		.width = TASKS,
		.once = true,
		.timeout = 30});
	struct fp_result *result;

	fill(items, orders, TASKS, 0);
	orders[0].signal = SIGSTOP;
	orders[0].wait = 0;
	result = fp_map(pool, items, TASKS, 1);
	for (size_t i = 0; i < TASKS; i++) {
		struct fp_outcome outcome;

		ck_assert_int_eq(fp_result_at(result, i, &outcome), 0);
		ck_assert_int_eq(outcome.status, i == 0 ? FP_TIMED_OUT : FP_OK);
	}
	ck_assert_int_eq(atomic_load(&counters->begun), TASKS);
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_part_of_an_argument_is_nothing_begun)
{
	/* It fits into the channel as a whole, in three frames. */
	enum {
		SIZE = 140000
	};
	static unsigned char data[SIZE], frame[CHANNEL_FRAME_MAX];
	struct job_order order = {0};
	struct fp_item items[2] = {
		{.data = data, .size = SIZE}, {.data = &order, .size = sizeof(order)}};
	struct fp_pool *pool = open_pool((struct fp_options){
		.processes = 1, .function = wait_or_end, .eager = true, .width = 2, .once = true});
	struct fp_result *result;
	pid_t pid;

	ck_assert_uint_eq(fp_pids(pool, &pid, 1), 1);
	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	result = fp_map_async(pool, items, 2, 1, NULL);
	ck_assert_uint_eq(pool->workers.places[0]->hand.count, 2);
	/* The worker has received so many of its frames, as far as the parent can know. */
	for (int i = 0; i < _i; i++)
		ck_assert_int_gt(channel_receive(pool->workers.places[0]->tasks_end, frame), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(fp_result_wait(result, FP_FOREVER), 0);
	ck_assert_int_eq(fp_result_successful(result), _i < 3);
	ck_assert_int_eq(atomic_load(&counters->begun), _i < 3 ? 2 : 1);
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

/* How much a worker holds */

/** The most tasks that a worker has in hand. */
static size_t most_in_hand(const struct fp_pool *pool)
{
	size_t most = 0;

	for (unsigned i = 0; i < pool->workers.count; i++) {
		if (pool->workers.places[i]->hand.count > most)
			most = pool->workers.places[i]->hand.count;
	}
	return most;
}

START_TEST(test_forkpool_worker_holds_what_it_works_on_while_tasks_are_long)
{
	/* chunk, width, window_tasks, and what it has in hand then */
	static const unsigned cases[][4] = {
		{1, 0, 0, 1},
		{1, 0, 50, 1},
		{5, 0, 0, 5},
		{5, 0, 2, 2},
		{1, 4, 0, 4},
		{1, 4, 3, 3},
		{3, 4, 0, 4},
	};
	const unsigned *numbers = cases[_i];
	struct job_order orders[COUNT];
	struct fp_item items[COUNT];
	struct items list = {.items = items, .count = COUNT};
	struct fp_source source = {.next = items_next, .context = &list};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2,
		.function = wait_or_end,
		.width = numbers[1],
		.window_tasks = numbers[2]});
	struct fp_iterator *iterator;

	fill(items, orders, COUNT, 0);
	for (int i = 0; i < COUNT; i++)
		orders[i].wait = 1;
	iterator = fp_imap_unordered(pool, &source, numbers[0]);
	while (atomic_load(&counters->begun) < 2)
		ck_assert_int_eq(fp_pump(pool, 1), 1);
	ck_assert_int_eq(fp_pump(pool, 0), 1);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_uint_eq(pool->workers.places[i]->hand.count, numbers[3]);
	atomic_store(&counters->other, 1);
	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(next_outcome(iterator).status, FP_OK);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_worker_holds_more_while_tasks_are_short)
{
	static const unsigned windows[][2] = {{0, 256}, {7, 7}};
	struct numbers numbers = {.count = 20000};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool =
		open_pool((struct fp_options){.processes = 2, .window_tasks = windows[_i][0]});
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 1);
	struct fp_outcome outcome;
	size_t most = 0;

	for (size_t i = 0; i < numbers.count; i++) {
		next_outcome(iterator);
		if (most_in_hand(pool) > most)
			most = most_in_hand(pool);
	}
	ck_assert_uint_gt(most, 1);
	ck_assert_uint_le(most, windows[_i][1]);
	/* Idle, it has forgotten how short they were. */
	ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), 0);
	ck_assert_int_eq(fp_pump(pool, 0), 0);
	ck_assert_uint_eq(pool->pace.tasks, 0);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_resize_takes_back_what_is_not_begun)
{
	enum {
		TASKS = 16
	};
	struct job_order orders[TASKS];
	struct fp_item items[TASKS];
	struct fp_pool *pool = open_pool(
		(struct fp_options){.processes = 2, .function = wait_or_end, .width = TASKS / 2});
	struct fp_result *result;
	size_t ending = 0;

	fill(items, orders, TASKS, 0);
	for (int i = 0; i < TASKS; i++)
		orders[i].wait = 1;
	result = fp_map_async(pool, items, TASKS, 1, NULL);
	while (atomic_load(&counters->begun) < 2)
		ck_assert_int_eq(fp_pump(pool, 1), 1);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_uint_eq(pool->workers.places[i]->hand.count, TASKS / 2);
	ck_assert_int_eq(fp_resize(pool, 1), 0);
	for (unsigned i = 0; i < 2; i++) {
		if (pool->workers.places[i]->state != WORKER_ENDING)
			continue;
		/* What it works on. */
		ck_assert_uint_eq(pool->workers.places[i]->hand.count, 1);
		ending++;
	}
	ck_assert_uint_eq(ending, 1);
	atomic_store(&counters->other, 1);
	ck_assert_int_eq(fp_result_wait(result, FP_FOREVER), 0);
	ck_assert_int_eq(fp_result_successful(result), 1);
	ck_assert_int_eq(atomic_load(&counters->begun), TASKS);
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

/* Urgent tasks */

/** Have the only worker of a pool wait until `other` is 1. */
static struct fp_result *occupy(struct fp_pool *pool)
{
	static const struct job_order order = {.wait = 1};
	struct fp_item item = {.data = &order, .size = sizeof(order)};
	struct fp_result *result = fp_apply_async(pool, &item, NULL);

	while (atomic_load(&counters->begun) == 0)
		ck_assert_int_eq(fp_pump(pool, 1), 1);
	return result;
}

static struct fp_result *submit(struct fp_pool *pool, bool urgent)
{
	static const struct job_order order = {0};
	struct fp_item item = {.data = &order, .size = sizeof(order), .urgent = urgent};

	return fp_apply_async(pool, &item, NULL);
}

/** How many tasks were done before this one. */
static int turn(struct fp_result *result)
{
	struct fp_outcome outcome;
	int value;

	ck_assert_int_eq(fp_result_get(result, FP_FOREVER, &outcome), 0);
	value = reply_value(&outcome);
	fp_result_free(result);
	return value;
}

START_TEST(test_forkpool_urgent_tasks_go_before_the_others)
{
	enum {
		EACH = 5
	};
	struct fp_pool *pool =
		open_pool((struct fp_options){.processes = 1, .function = wait_or_end});
	struct fp_result *first = occupy(pool), *usual[EACH], *urgent[EACH];

	for (int i = 0; i < EACH; i++) {
		usual[i] = submit(pool, false);
		urgent[i] = submit(pool, true);
	}
	atomic_store(&counters->other, 1);
	ck_assert_int_eq(turn(first), 1);
	for (int i = 0; i < EACH; i++)
		ck_assert_int_eq(turn(urgent[i]), 2 + i);
	for (int i = 0; i < EACH; i++)
		ck_assert_int_eq(turn(usual[i]), 2 + EACH + i);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_urgent_task_goes_before_all_once_earlier_ones_are_gone)
{
	static const struct job_order order = {0};
	struct fp_item items[] = {{.data = &order, .size = sizeof(order), .urgent = true},
		{.data = &order, .size = sizeof(order), .urgent = true}};
	struct items list = {.items = items, .count = 2};
	struct fp_source source = {.next = items_next, .context = &list};
	struct fp_pool *pool =
		open_pool((struct fp_options){.processes = 1, .function = wait_or_end});
	struct fp_result *first = occupy(pool), *usual = submit(pool, false), *urgent;
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 1);

	ck_assert_int_eq(fp_pump(pool, 0), 1);
	ck_assert_ptr_nonnull(pool->queue.last_urgent);
	fp_iterator_free(iterator);
	ck_assert_uint_eq(pool->queue.tasks.count, 1);
	urgent = submit(pool, true);
	atomic_store(&counters->other, 1);
	ck_assert_int_eq(turn(first), 1);
	ck_assert_int_eq(turn(urgent), 2);
	ck_assert_int_eq(turn(usual), 3);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_urgent_items_of_a_source)
{
	enum {
		TASKS = 6
	};
	static const struct job_order order = {0};
	/* Each second one. */
	static const int turns[TASKS] = {3, 0, 4, 1, 5, 2};
	struct fp_item items[TASKS];
	struct items list = {.items = items, .count = TASKS};
	struct fp_source source = {.next = items_next, .context = &list};
	struct fp_pool *pool =
		open_pool((struct fp_options){.processes = 1, .function = wait_or_end});
	struct fp_result *first = occupy(pool);
	struct fp_iterator *iterator;

	for (int i = 0; i < TASKS; i++) {
		items[i] = (struct fp_item){.data = &order,
			.size = sizeof(order),
			.tag = (uint64_t)i,
			.urgent = i % 2 == 1};
	}
	/* A chunk is what is taken from a source at once. */
	iterator = (_i ? fp_imap : fp_imap_unordered)(pool, &source, TASKS);
	ck_assert_int_eq(fp_pump(pool, 0), 1);
	ck_assert_uint_eq(pool->queue.tasks.count, TASKS);
	atomic_store(&counters->other, 1);
	ck_assert_int_eq(turn(first), 1);
	for (int i = 0; i < TASKS; i++) {
		struct fp_outcome outcome = next_outcome(iterator);

		if (_i)
			ck_assert_uint_eq(outcome.tag, (uint64_t)i);
		else
			ck_assert_int_eq(turns[outcome.tag], i);
		ck_assert_int_eq(reply_value(&outcome), 2 + turns[outcome.tag]);
	}
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forkpool_dispatch");
	TCase *test_case;

	test_case = orders_case(suite, "long tasks");
	tcase_add_loop_test(
		test_case, test_forkpool_no_task_of_an_iteration_waits_behind_a_long_one, 0, 8);
	tcase_add_loop_test(
		test_case, test_forkpool_no_task_of_a_map_waits_behind_a_long_one, 0, 4);
	tcase_add_test(test_case, test_forkpool_no_task_waits_though_many_may_be_in_hand);
	tcase_add_loop_test(test_case, test_forkpool_no_task_waits_behind_a_long_argument, 0, 2);
	tcase_add_test(test_case, test_forkpool_long_arguments_are_for_those_who_can_begin_them);
	tcase_add_test(test_case, test_forkpool_worker_that_has_a_part_of_an_argument_keeps_all);

	test_case = orders_case(suite, "lost workers");
	tcase_add_loop_test(
		test_case, test_forkpool_only_what_a_lost_worker_received_is_suspect, 0, 2);
	tcase_add_test(test_case, test_forkpool_silent_worker_loses_what_it_received_only);
	tcase_add_loop_test(test_case, test_forkpool_part_of_an_argument_is_nothing_begun, 0, 4);

	test_case = orders_case(suite, "windows");
	tcase_add_loop_test(
		test_case, test_forkpool_worker_holds_what_it_works_on_while_tasks_are_long, 0, 7);
	tcase_add_loop_test(test_case, test_forkpool_worker_holds_more_while_tasks_are_short, 0, 2);
	tcase_add_test(test_case, test_forkpool_resize_takes_back_what_is_not_begun);

	test_case = orders_case(suite, "urgent");
	tcase_add_test(test_case, test_forkpool_urgent_tasks_go_before_the_others);
	tcase_add_test(
		test_case, test_forkpool_urgent_task_goes_before_all_once_earlier_ones_are_gone);
	tcase_add_loop_test(test_case, test_forkpool_urgent_items_of_a_source, 0, 2);
	return suite_run(suite);
}
