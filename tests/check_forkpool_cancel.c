/* Cancelling results: what waits never runs, the worker of what runs is replaced, and nobody else suffers. */
#include "pool_orders.h"

#include "suite.h"

#include <poll.h>

static struct fp_item item_for(struct order *order)
{
	return (struct fp_item){.data = order, .size = sizeof(*order)};
}

static struct fp_result *submit(struct fp_pool *pool, enum action action, int value)
{
	struct order order = {action, value, 0};
	struct fp_item item = item_for(&order);
	struct fp_result *result = fp_apply_async(pool, &item, NULL);

	ck_assert_ptr_nonnull(result);
	return result;
}

static void expect_cancelled(struct fp_result *result)
{
	struct fp_outcome outcome;

	ck_assert(fp_result_ready(result));
	ck_assert_int_eq(fp_result_get(result, FP_FOREVER, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_CANCELLED);
	ck_assert_int_eq(outcome.error, ECANCELED);
	fp_result_free(result);
}

static void expect_reply(struct fp_result *result, int value)
{
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_result_get(result, FP_FOREVER, &outcome), 0);
	ck_assert_int_eq(reply_value(&outcome), value);
	fp_result_free(result);
}

/** Wait until a worker hangs. */
static void wait_for_hanging(struct fp_pool *pool, int count)
{
	while (atomic_load(&counters->hung) < count)
		ck_assert_int_ge(fp_pump(pool, 1), 0);
}

START_TEST(test_forkpool_cancel_what_waits_and_what_runs)
{
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1});
	struct fp_result *running = submit(pool, ORDER_HANG, 0);
	struct fp_result *waiting = submit(pool, ORDER_REPLY, 1);
	struct fp_result *next = submit(pool, ORDER_REPLY, 2);
	pid_t before, after;

	wait_for_hanging(pool, 1);
	ck_assert_uint_eq(fp_pids(pool, &before, 1), 1);
	fp_result_cancel(waiting);
	expect_cancelled(waiting);
	ck_assert_int_eq(fp_result_wait(running, 0), -1);
	fp_result_cancel(running);
	expect_cancelled(running);
	expect_reply(next, 2);
	ck_assert_uint_eq(fp_pids(pool, &after, 1), 1);
	ck_assert_int_ne(before, after);
	/* The one that hung, and the last one. */
	ck_assert_int_eq(atomic_load(&counters->begun), 2);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_cancel_of_what_is_done_changes_nothing)
{
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1});
	struct fp_result *result = submit(pool, ORDER_REPLY, 5);

	ck_assert_int_eq(fp_result_wait(result, FP_FOREVER), 0);
	fp_result_cancel(result);
	fp_result_cancel(result);
	expect_reply(result, 5);
	close_pool(pool);
}
END_TEST

static void count_error(void *context, struct fp_result *result)
{
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_result_get(result, 0, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_CANCELLED);
	++*(int *)context;
}

static void never(void *context, struct fp_result *result)
{
	(void)context;
	(void)result;
	ck_abort();
}

/** Of a map what is done stays done; the callback runs once, when the loop does. */
START_TEST(test_forkpool_cancel_of_a_map)
{
	enum {
		COUNT = 100
	};
	struct order orders[COUNT];
	struct fp_item items[COUNT];
	int errors = 0;
	struct fp_callbacks callbacks = {
		.success = never, .error = count_error, .context = &errors};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct pollfd poll_fd = {.fd = fp_fd(pool), .events = POLLIN};
	struct fp_result *result;
	struct fp_outcome outcome;
	size_t cancelled = 0;

	for (int i = 0; i < COUNT; i++) {
		orders[i] = (struct order){i == 20 || i == 21 ? ORDER_HANG : ORDER_REPLY, i, 0};
		items[i] = item_for(&orders[i]);
	}
	result = fp_map_async(pool, items, COUNT, 1, &callbacks);
	wait_for_hanging(pool, 2);
	fp_result_cancel(result);
	ck_assert(fp_result_ready(result));
	ck_assert_int_eq(errors, 0);
	ck_assert_int_eq(poll(&poll_fd, 1, -1), 1);
	ck_assert_int_ge(fp_pump(pool, 0), 0);
	ck_assert_int_eq(errors, 1);
	for (size_t i = 0; i < COUNT; i++) {
		ck_assert_int_eq(fp_result_at(result, i, &outcome), 0);
		cancelled += outcome.status == FP_CANCELLED;
		if (outcome.status == FP_OK)
			ck_assert_int_eq(reply_value(&outcome), (int)i);
		ck_assert(outcome.status == FP_OK || outcome.status == FP_CANCELLED);
		ck_assert(i < 20 || i > 21 || outcome.status == FP_CANCELLED);
	}
	ck_assert_uint_ge(cancelled, 2);
	fp_result_free(result);
	expect_reply(submit(pool, ORDER_REPLY, 7), 7);
	ck_assert_int_eq(errors, 1);
	close_pool(pool);
}
END_TEST

/** Takes two tasks, and works on both: one hangs. */
static int serve_two(struct fp_worker *worker, void *context)
{
	struct fp_task tasks[2];
	struct order order;

	(void)context;
	for (int i = 0; i < 2; i++) {
		int got = fp_worker_next(worker, FP_FOREVER, &tasks[i]);

		if (got <= 0)
			return got;
		atomic_fetch_add(&counters->begun, 1);
	}
	while (atomic_load(&counters->other) == 0)
		poll(NULL, 0, 1);
	memcpy(&order, tasks[1].data, sizeof(order));
	fp_worker_reply(worker, tasks[1].id, &order.value, sizeof(order.value));
	return fp_worker_next(worker, FP_FOREVER, tasks);
}

/** Another task in the same worker is run again, and held innocent; unless it must not be run twice. */
START_TEST(test_forkpool_cancel_beside_another_task)
{
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1,
		.serve = serve_two,
		.width = 2,
		.attempts = 1,
		.respawn_budget = 1,
		.once = _i});
	struct fp_result *cancelled = submit(pool, ORDER_REPLY, 1);
	struct fp_result *other = submit(pool, ORDER_REPLY, 2);
	struct fp_outcome outcome;

	while (atomic_load(&counters->begun) < 2)
		ck_assert_int_ge(fp_pump(pool, 1), 0);
	fp_result_cancel(cancelled);
	expect_cancelled(cancelled);
	if (_i) {
		ck_assert_int_eq(fp_result_get(other, FP_FOREVER, &outcome), 0);
		ck_assert_int_eq(outcome.status, FP_DIED);
		fp_result_free(other);
		close_pool(pool);
		return;
	}
	/* The other one, now the first of two, is cancelled in its turn, and so on. */
	for (int i = 3; i < 8; i++) {
		struct fp_result *next = submit(pool, ORDER_REPLY, i);

		while (atomic_load(&counters->begun) < 2 * (i - 1))
			ck_assert_int_ge(fp_pump(pool, 1), 0);
		if (i == 7) {
			atomic_store(&counters->other, 1);
			expect_reply(next, 7);
		} else {
			fp_result_cancel(next);
			expect_cancelled(next);
		}
	}
	fp_result_cancel(other);
	expect_cancelled(other);
	close_pool(pool);
}
END_TEST

/** However many workers are replaced for it. */
START_TEST(test_forkpool_cancel_never_breaks_the_pool)
{
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2, .respawn_budget = 1});

	for (int i = 0; i < 20; i++) {
		struct fp_result *result = submit(pool, ORDER_HANG, 0);

		wait_for_hanging(pool, i + 1);
		fp_result_cancel(result);
		expect_cancelled(result);
	}
	expect_reply(submit(pool, ORDER_REPLY, 3), 3);
	close_pool(pool);
}
END_TEST

/** A task of which the worker, which is stopped, has received a part. */
START_TEST(test_forkpool_cancel_while_a_long_task_is_sent)
{
	enum {
		SIZE = 8 << 20
	};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1, .eager = true});
	char *data = calloc(1, SIZE);
	struct fp_item item = {.data = data, .size = SIZE};
	struct fp_result *result;
	pid_t pid;

	expect_reply(submit(pool, ORDER_REPLY, 1), 1);
	ck_assert_uint_eq(fp_pids(pool, &pid, 1), 1);
	kill(pid, SIGSTOP);
	result = fp_apply_async(pool, &item, NULL);
	ck_assert_int_eq(fp_result_wait(result, 20), -1);
	fp_result_cancel(result);
	expect_cancelled(result);
	expect_reply(submit(pool, ORDER_REPLY, 4), 4);
	free(data);
	close_pool(pool);
}
END_TEST

static struct fp_result *wanted;

/** Its data are those that were sent, also after the task was cancelled. */
static void cancel_it(void *context, uint64_t tag, const void *data, size_t size)
{
	(void)context;
	(void)tag;
	if (wanted)
		fp_result_cancel(wanted);
	wanted = NULL;
	ck_assert_uint_eq(size, 1);
	ck_assert_mem_eq(data, "0", 1);
}

static int progress_and_hang(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)context;
	if (atomic_fetch_add(&counters->begun, 1) > 0)
		return obey(worker, task, context);
	fp_worker_progress(worker, task->id, "0", 1);
	hang();
	return 0;
}

START_TEST(test_forkpool_cancel_in_a_progress_callback)
{
	struct fp_pool *pool = open_pool((struct fp_options){
		.processes = 1, .function = progress_and_hang, .progress = cancel_it});
	struct fp_result *result = wanted = submit(pool, ORDER_REPLY, 1);
	struct fp_result *next = submit(pool, ORDER_REPLY, 2);

	ck_assert_int_eq(fp_result_wait(result, FP_FOREVER), 0);
	expect_cancelled(result);
	expect_reply(next, 2);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_has_room)
{
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1});
	struct fp_result *first = submit(pool, ORDER_HANG, 0), *results[2000];
	size_t count = 0;

	while (fp_has_room(pool)) {
		ck_assert_uint_lt(count, 2000);
		results[count++] = submit(pool, ORDER_REPLY, 1);
	}
	ck_assert_uint_gt(count, 100);
	fp_result_cancel(first);
	expect_cancelled(first);
	for (size_t i = 0; i < count; i++)
		expect_reply(results[i], 1);
	ck_assert(fp_has_room(pool));
	fp_close(pool);
	ck_assert(!fp_has_room(pool));
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_timed_join)
{
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1});
	struct fp_result *result = submit(pool, ORDER_HANG, 0);

	ck_assert_int_eq(fp_timed_join(pool, 0), -1);
	ck_assert_int_eq(errno, EINVAL);
	fp_close(pool);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(fp_timed_join(pool, i * 10), -1);
		ck_assert_int_eq(errno, ETIMEDOUT);
	}
	fp_result_cancel(result);
	expect_cancelled(result);
	ck_assert_int_eq(fp_timed_join(pool, 60000), 0);
	fp_free(pool);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forkpool_cancel");
	TCase *test_case = orders_case(suite, "cancel");

	tcase_add_test(test_case, test_forkpool_cancel_what_waits_and_what_runs);
	tcase_add_test(test_case, test_forkpool_cancel_of_what_is_done_changes_nothing);
	tcase_add_test(test_case, test_forkpool_cancel_of_a_map);
	tcase_add_loop_test(test_case, test_forkpool_cancel_beside_another_task, 0, 2);
	tcase_add_test(test_case, test_forkpool_cancel_never_breaks_the_pool);
	tcase_add_test(test_case, test_forkpool_cancel_while_a_long_task_is_sent);
	tcase_add_test(test_case, test_forkpool_cancel_in_a_progress_callback);
	tcase_add_test(test_case, test_forkpool_has_room);
	tcase_add_test(test_case, test_forkpool_timed_join);
	return suite_run(suite);
}
