/* fp_resize: more and fewer workers while a pool runs, and workers that cannot be had for a while.
 */
#include "pool_orders.h"

#include "forkpool/state.h"
#include "suite.h"

#include <poll.h>
#include <sched.h>
#include <sys/resource.h>

/** Says that it has begun, and waits until `value` tasks have. */
static int meet(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	struct order order;

	(void)worker;
	(void)context;
	memcpy(&order, task->data, sizeof(order));
	atomic_fetch_add(&counters->begun, 1);
	while (atomic_load(&counters->begun) < order.value)
		sched_yield();
	return 0;
}

/** Submit `count` tasks that wait until `met` of them have begun. */
static struct fp_result *submit_meeting(struct fp_pool *pool, int count, int met)
{
	struct order order = {ORDER_REPLY, met, 0};
	struct fp_item items[16];
	struct fp_result *result;

	for (int i = 0; i < count; i++)
		items[i] = (struct fp_item){.data = &order, .size = sizeof(order)};
	result = fp_map_async(pool, items, (size_t)count, 1, NULL);
	ck_assert_ptr_nonnull(result);
	return result;
}

static void expect_success(struct fp_result *result)
{
	ck_assert_int_eq(fp_result_wait(result, FP_FOREVER), 0);
	ck_assert_int_eq(fp_result_successful(result), 1);
	fp_result_free(result);
}

START_TEST(test_forkpool_resize_refuses_what_makes_no_sense)
{
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});

	ck_assert_int_eq(fp_resize(pool, 0), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(fp_resize(pool, 65537), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(fp_resize(pool, 65536), 0);
	ck_assert_int_eq(fp_resize(pool, 1), 0);
	/* Nothing has to be done, so nobody was forked. */
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), 0);
	fp_close(pool);
	ck_assert_int_eq(fp_resize(pool, 2), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(fp_join(pool), 0);
	fp_terminate(pool);
	ck_assert_int_eq(fp_resize(pool, 2), -1);
	ck_assert_int_eq(errno, EINVAL);
	fp_free(pool);
}
END_TEST

START_TEST(test_forkpool_resize_gives_waiting_tasks_more_workers)
{
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1, .function = meet});
	struct fp_result *result = submit_meeting(pool, 12, 12);

	/* The one has begun, and cannot end alone. */
	while (atomic_load(&counters->begun) == 0)
		ck_assert_int_eq(fp_pump(pool, 1), 1);
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), 1);
	ck_assert_int_eq(fp_resize(pool, 12), 0);
	expect_success(result);
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), 12);
	close_pool(pool);
}
END_TEST

/** Whether so many workers run in the end. */
static void expect_workers(struct fp_pool *pool, size_t count)
{
	struct pollfd event = {.fd = fp_fd(pool), .events = POLLIN};

	ck_assert_int_ge(fp_pump(pool, 0), 0);
	while (fp_pids(pool, NULL, 0) > count) {
		ck_assert_int_eq(poll(&event, 1, -1), 1);
		ck_assert_int_ge(fp_pump(pool, 0), 0);
	}
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), count);
}

START_TEST(test_forkpool_resize_lets_idle_workers_go)
{
	struct order order = {ORDER_REPLY, 7, 0};
	struct fp_item item = {.data = &order, .size = sizeof(order)};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 6, .eager = true});
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_resize(pool, 2), 0);
	expect_workers(pool, 2);
	/* Ends that were asked for are no deaths. */
	ck_assert_uint_eq(pool->deaths_in_row, 0);
	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(reply_value(&outcome), 7);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_resize_lets_busy_workers_end_their_tasks)
{
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 4, .function = meet});
	/* Four wait for one more, which runs only when one of them has ended. */
	struct fp_result *first = submit_meeting(pool, 4, 5), *second;

	while (atomic_load(&counters->begun) < 4)
		ck_assert_int_eq(fp_pump(pool, 1), 1);
	ck_assert_int_eq(fp_resize(pool, 1), 0);
	second = submit_meeting(pool, 4, 5);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(fp_pump(pool, 0), 1);
	/* Nobody has been lost, and nobody was given more. */
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), 4);
	ck_assert_int_eq(atomic_load(&counters->begun), 4);
	atomic_fetch_add(&counters->begun, 1);
	expect_success(first);
	expect_success(second);
	ck_assert_int_eq(atomic_load(&counters->begun), 4 + 1 + 4);
	expect_workers(pool, 1);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_resize_up_and_down_loses_nothing)
{
	struct numbers numbers = {.count = 20000};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1});
	struct fp_iterator *iterator = (_i ? fp_imap : fp_imap_unordered)(pool, &source, 3);
	bool *seen = calloc(numbers.count, sizeof(*seen));
	struct fp_outcome outcome;

	ck_assert_ptr_nonnull(seen);
	for (size_t i = 0; i < numbers.count; i++) {
		if (i % 100 == 0)
			ck_assert_int_eq(fp_resize(pool, (unsigned)(i / 100 * 7 % 9 + 1)), 0);
		outcome = next_outcome(iterator);
		ck_assert_int_eq(reply_value(&outcome), (int)outcome.tag);
		ck_assert(!seen[outcome.tag]);
		seen[outcome.tag] = true;
		if (_i)
			ck_assert_uint_eq(outcome.tag, i);
	}
	ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), 0);
	ck_assert_uint_eq(pool->deaths_in_row, 0);
	free(seen);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_resize_widens_an_iteration_that_runs)
{
	/* The first outcome is held back until more have begun than one worker's window. */
	enum {
		WORKERS = 8,
		COUNT = 3 * WORKERS
	};
	struct order orders[COUNT];
	struct orders list = {.orders = orders, .count = COUNT};
	struct fp_source source = {.next = orders_next, .context = &list};
	struct fp_pool *pool =
		open_pool((struct fp_options){.processes = 1, .function = meet, .window_tasks = 1});
	struct fp_iterator *iterator = fp_imap(pool, &source, 1);
	struct fp_outcome outcome;

	for (int i = 0; i < COUNT; i++)
		orders[i] = (struct order){ORDER_REPLY, i == 0 ? COUNT : 0, 0};
	ck_assert_int_eq(fp_next(iterator, 0, &outcome), -1);
	ck_assert_uint_le(list.next, 3);
	ck_assert_int_eq(fp_resize(pool, WORKERS), 0);
	for (size_t i = 0; i < COUNT; i++) {
		outcome = next_outcome(iterator);
		ck_assert_uint_eq(outcome.tag, i);
		ck_assert_int_eq(outcome.status, FP_OK);
	}
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

/** Where callbacks resize the pool. */
struct resizing {
	struct fp_pool *pool;
	unsigned processes;
	int result;
};

static void resize(void *context, struct fp_result *result)
{
	struct resizing *resizing = context;

	(void)result;
	resizing->result = fp_resize(resizing->pool, resizing->processes);
}

static int resize_by_part(void *context, uint64_t tag, const void *data, size_t size)
{
	(void)tag;
	(void)data;
	(void)size;
	resize(context, NULL);
	return 0;
}

START_TEST(test_forkpool_resize_in_the_callback_of_a_result)
{
	struct resizing resizing = {.processes = 4, .result = -1};
	struct fp_callbacks callbacks = {.success = resize, .context = &resizing};
	struct order order = {ORDER_REPLY, 0, 0};
	struct fp_item item = {.data = &order, .size = sizeof(order)};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1, .function = meet});
	struct fp_result *first = fp_apply_async(pool, &item, &callbacks), *second;

	resizing.pool = pool;
	/* These need all the workers that the end of the first leads to. */
	second = submit_meeting(pool, 4, 1 + 4);
	expect_success(second);
	expect_success(first);
	ck_assert_int_eq(resizing.result, 0);
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), 4);

	resizing.processes = 1;
	ck_assert_ptr_nonnull(first = fp_apply_async(pool, &item, &callbacks));
	expect_success(first);
	expect_workers(pool, 1);
	close_pool(pool);
}
END_TEST

/** Sends a part, and waits until `value` tasks have begun. */
static int part_and_meet(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	fp_worker_part(worker, task->id, NULL, 0);
	return meet(worker, task, context);
}

START_TEST(test_forkpool_resize_in_the_callback_of_a_part)
{
	struct resizing resizing = {.processes = 6, .result = -1};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1,
		.function = part_and_meet,
		.part = resize_by_part,
		.context = &resizing});

	resizing.pool = pool;
	expect_success(submit_meeting(pool, 6, 6));
	ck_assert_int_eq(resizing.result, 0);
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), 6);
	close_pool(pool);
}
END_TEST

/** No more descriptors than are open now and `more`. */
static void limit_descriptors(rlim_t more)
{
	struct rlimit limit;
	int next = dup(0);

	close(next);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = (rlim_t)next + more;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(test_forkpool_workers_that_could_not_be_forked_are_tried_again)
{
	struct rlimit limit;
	struct fp_pool *pool;
	struct fp_result *result;

	getrlimit(RLIMIT_NOFILE, &limit);
	pool = open_pool((struct fp_options){.processes = 3, .function = meet});
	/* Enough for one worker, but not for two. */
	limit_descriptors(8);
	result = submit_meeting(pool, 3, 3);
	while (atomic_load(&counters->begun) == 0)
		ck_assert_int_eq(fp_pump(pool, 1), 1);
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), 1);
	setrlimit(RLIMIT_NOFILE, &limit);
	/* Nothing but the time that passes gives the tasks more workers. */
	expect_success(result);
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), 3);
	close_pool(pool);
}
END_TEST

static int abort_at_once(void *context)
{
	(void)context;
	atomic_fetch_add(&counters->initialized, 1);
	abort();
}

START_TEST(test_forkpool_respawn_budget_follows_the_workers)
{
	/* 16 and 4 for each worker: what one worker's pool bears, and not what it bore with many.
	 */
	struct order order = {ORDER_REPLY, 1, 0};
	struct fp_item item = {.data = &order, .size = sizeof(order)};
	struct fp_pool *pool =
		open_pool((struct fp_options){.processes = 50, .initializer = abort_at_once});
	struct fp_result *result;

	ck_assert_int_eq(fp_resize(pool, 1), 0);
	result = fp_apply_async(pool, &item, NULL);
	ck_assert_int_eq(fp_result_wait(result, FP_FOREVER), 0);
	ck_assert_int_eq(atomic_load(&counters->initialized), 16 + 4 + 1);
	fp_result_free(result);
	fp_free(pool);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forkpool_resize");
	TCase *test_case = orders_case(suite, "resize");

	tcase_add_test(test_case, test_forkpool_resize_refuses_what_makes_no_sense);
	tcase_add_test(test_case, test_forkpool_resize_gives_waiting_tasks_more_workers);
	tcase_add_test(test_case, test_forkpool_resize_lets_idle_workers_go);
	tcase_add_test(test_case, test_forkpool_resize_lets_busy_workers_end_their_tasks);
	tcase_add_loop_test(test_case, test_forkpool_resize_up_and_down_loses_nothing, 0, 2);
	tcase_add_test(test_case, test_forkpool_resize_widens_an_iteration_that_runs);
	tcase_add_test(test_case, test_forkpool_resize_in_the_callback_of_a_result);
	tcase_add_test(test_case, test_forkpool_resize_in_the_callback_of_a_part);
	tcase_add_test(test_case, test_forkpool_respawn_budget_follows_the_workers);

	test_case = orders_case(suite, "fork fails");
	tcase_add_test(test_case, test_forkpool_workers_that_could_not_be_forked_are_tried_again);
	return suite_run(suite);
}
