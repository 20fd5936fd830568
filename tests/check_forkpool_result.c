/* fp_apply, fp_map and their asynchronous forms, results, callbacks. */
#include "pool_orders.h"
#include "suite.h"

#include <malloc.h>
#include <poll.h>
#include <sys/resource.h>

static struct fp_item item_of(const struct order *order, uint64_t tag)
{
	return (struct fp_item){.data = order, .size = sizeof(*order), .tag = tag};
}

/** Items of orders that reply with 0, 1, ... */
static void fill(struct fp_item *items, struct order *orders, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		orders[i] = (struct order){ORDER_REPLY, (int)i, 0};
		items[i] = item_of(&orders[i], 1000 + i);
	}
}

/** How often each callback ran, and what was seen in it. */
struct called {
	int success;
	int error;
	struct fp_pool *pool;
	struct fp_result *result;
	int outcome_errno;
};

static void on_success(void *context, struct fp_result *result)
{
	struct called *called = context;

	called->success++;
	called->result = result;
	/* The state is final. */
	ck_assert(fp_result_ready(result));
	ck_assert_int_eq(fp_result_successful(result), 1);
}

static void on_error(void *context, struct fp_result *result)
{
	struct called *called = context;
	struct fp_outcome outcome;

	called->error++;
	called->result = result;
	ck_assert_int_eq(fp_result_successful(result), 0);
	/* Ready, so this does not wait. */
	ck_assert_int_eq(fp_result_get(result, FP_FOREVER, &outcome), 0);
	called->outcome_errno = outcome.error;
}

static struct fp_callbacks callbacks_of(struct called *called)
{
	return (struct fp_callbacks){.success = on_success, .error = on_error, .context = called};
}

START_TEST(test_forkpool_apply)
{
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});

	for (int i = 0; i < 100; i++) {
		struct order order = {ORDER_REPLY, i, 0};
		struct fp_item item = item_of(&order, (uint64_t)i);
		struct fp_outcome outcome;

		ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
		ck_assert_int_eq(reply_value(&outcome), i);
		ck_assert_uint_eq(outcome.tag, (uint64_t)i);
		ck_assert_str_eq(outcome.message, "");
	}
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_apply_returns_errors_in_words)
{
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1});
	struct order orders[] = {{ORDER_FAIL, EPERM, 0}, {ORDER_FAIL, -5, 0},
		{ORDER_RETURN_ERROR, ENOENT, 0}, {ORDER_RETURN_ERROR, 0, 0}, {ORDER_RETURN, 0, 0}};
	const int errors[] = {EPERM, EIO, ENOENT, EIO, 0};

	for (int i = 0; i < 5; i++) {
		struct fp_item item = item_of(&orders[i], 0);
		struct fp_outcome outcome;

		ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
		ck_assert_int_eq(outcome.status, errors[i] ? FP_FAILED : FP_OK);
		ck_assert_int_eq(outcome.error, errors[i]);
		ck_assert_str_eq(outcome.message, i < 2 ? "as ordered" : "");
		ck_assert_uint_eq(outcome.size, 0);
	}
	close_pool(pool);
}
END_TEST

static int fail_at_length(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	static char text[10000];

	(void)context;
	memset(text, 'x', sizeof(text) - 1);
	return fp_worker_fail(worker, task->id, EDOM, text);
}

START_TEST(test_forkpool_long_error_text_is_cut)
{
	struct fp_pool *pool = open_pool((struct fp_options){.function = fail_at_length});
	struct fp_item item = {.data = "", .size = 0};
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_FAILED);
	ck_assert_uint_eq(strlen(outcome.message), 4096);
	close_pool(pool);
}
END_TEST

static const size_t chunks[] = {0, 1, 3, 20, 5000};

START_TEST(test_forkpool_map)
{
	enum {
		COUNT = 1000
	};
	struct order orders[COUNT];
	struct fp_item items[COUNT];
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 3});
	struct fp_result *result;
	struct fp_outcome outcome;

	fill(items, orders, COUNT);
	result = fp_map(pool, items, COUNT, chunks[_i]);
	ck_assert_ptr_nonnull(result);
	ck_assert(fp_result_ready(result));
	ck_assert_int_eq(fp_result_successful(result), 1);
	for (size_t i = 0; i < COUNT; i++) {
		ck_assert_int_eq(fp_result_at(result, i, &outcome), 0);
		ck_assert_uint_eq(outcome.tag, 1000 + i);
		ck_assert_int_eq(reply_value(&outcome), (int)i);
	}
	ck_assert_int_eq(fp_result_get(result, 0, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_OK);
	ck_assert_ptr_null(outcome.data);
	ck_assert_int_eq(fp_result_at(result, COUNT, &outcome), -1);
	ck_assert_int_eq(errno, EINVAL);
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_map_chunksize_of_an_empty_list)
{
	struct called called = {0};
	struct fp_callbacks callbacks = callbacks_of(&called);
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_result *result = fp_map_async(pool, NULL, 0, (size_t)_i, &callbacks);
	struct fp_outcome outcome;

	ck_assert_ptr_nonnull(result);
	ck_assert(fp_result_ready(result));
	ck_assert_int_eq(fp_result_get(result, 0, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_OK);
	ck_assert_int_eq(called.success, 1);
	ck_assert_int_eq(called.error, 0);
	fp_result_free(result);
	close_pool(pool);
	ck_assert_int_eq(called.success, 1);
}
END_TEST

START_TEST(test_forkpool_map_no_failfast)
{
	enum {
		COUNT = 60
	};
	struct order orders[COUNT];
	struct fp_item items[COUNT];
	struct called called = {0};
	struct fp_callbacks callbacks = callbacks_of(&called);
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 3});
	struct fp_result *result;
	struct fp_outcome outcome;

	fill(items, orders, COUNT);
	/* The later one fails sooner; the first by index is reported. */
	orders[2] = (struct order){ORDER_RAISE, SIGKILL, 0};
	orders[40] = (struct order){ORDER_FAIL, EDOM, 0};
	result = fp_map_async(pool, items, COUNT, 5, &callbacks);
	ck_assert_int_eq(fp_result_get(result, FP_FOREVER, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_DIED);
	ck_assert_int_eq(outcome.signal, SIGKILL);
	ck_assert_uint_eq(outcome.tag, 1002);
	ck_assert_int_eq(fp_result_successful(result), 0);
	for (size_t i = 0; i < COUNT; i++) {
		ck_assert_int_eq(fp_result_at(result, i, &outcome), 0);
		if (i == 40)
			ck_assert_int_eq(outcome.error, EDOM);
		else if (i != 2)
			ck_assert_int_eq(reply_value(&outcome), (int)i);
	}
	ck_assert_int_eq(called.error, 1);
	ck_assert_int_eq(called.success, 0);
	ck_assert_int_eq(called.outcome_errno, ECHILD);
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_async)
{
	struct order order = {ORDER_REPLY, 49, 0};
	struct fp_item item = item_of(&order, 3);
	struct called called = {0};
	struct fp_callbacks callbacks = callbacks_of(&called);
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_result *result = fp_apply_async(pool, &item, &callbacks);
	struct fp_outcome outcome;

	/* What was submitted was copied. */
	memset(&order, 0xff, sizeof(order));
	ck_assert_int_eq(fp_result_get(result, FP_FOREVER, &outcome), 0);
	ck_assert_int_eq(reply_value(&outcome), 49);
	ck_assert_int_eq(called.success, 1);
	ck_assert_int_eq(called.error, 0);
	ck_assert_ptr_eq(called.result, result);
	/* As often as one likes. */
	ck_assert_int_eq(fp_result_get(result, 0, &outcome), 0);
	ck_assert_int_eq(reply_value(&outcome), 49);
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_async_timeout)
{
	struct order order = {ORDER_HANG, 0, 0};
	struct fp_item item = item_of(&order, 3);
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_result *result = fp_apply_async(pool, &item, NULL);
	struct fp_outcome outcome;

	for (int timeout = 0; timeout < 20; timeout += 5) {
		ck_assert_int_eq(fp_result_get(result, timeout, &outcome), -1);
		ck_assert_int_eq(errno, ETIMEDOUT);
		ck_assert_int_eq(fp_result_wait(result, timeout), -1);
		ck_assert_int_eq(errno, ETIMEDOUT);
	}
	ck_assert(!fp_result_ready(result));
	ck_assert_int_eq(fp_result_successful(result), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(fp_result_at(result, 0, &outcome), -1);
	ck_assert_int_eq(errno, EINVAL);
	fp_terminate(pool);
	ck_assert_int_eq(fp_result_get(result, 0, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_CANCELLED);
	ck_assert_int_eq(outcome.error, ECANCELED);
	fp_result_free(result);
	fp_free(pool);
}
END_TEST

START_TEST(test_forkpool_async_error_callback)
{
	struct order order = {ORDER_FAIL, EPROTO, 0};
	struct fp_item item = item_of(&order, 3);
	struct called called = {0};
	struct fp_callbacks callbacks = callbacks_of(&called);
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_result *result = fp_apply_async(pool, &item, &callbacks);

	ck_assert_int_eq(fp_result_wait(result, FP_FOREVER), 0);
	ck_assert_int_eq(called.success, 0);
	ck_assert_int_eq(called.error, 1);
	ck_assert_int_eq(called.outcome_errno, EPROTO);
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

static void free_in_callback(void *context, struct fp_result *result)
{
	int *count = context;

	(*count)++;
	fp_result_free(result);
}

START_TEST(test_forkpool_result_may_be_freed_in_its_callback)
{
	int count = 0;
	struct fp_callbacks callbacks = {
		.success = free_in_callback, .error = free_in_callback, .context = &count};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});

	for (int i = 0; i < 50; i++) {
		struct order order = {i % 2 ? ORDER_REPLY : ORDER_FAIL, 5, 0};
		struct fp_item item = item_of(&order, 0);

		ck_assert_ptr_nonnull(fp_apply_async(pool, &item, &callbacks));
	}
	close_pool(pool);
	ck_assert_int_eq(count, 50);
}
END_TEST

START_TEST(test_forkpool_result_without_owner_still_calls_back)
{
	struct called called = {0};
	struct fp_callbacks callbacks = callbacks_of(&called);
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});

	for (int i = 0; i < 3000; i++) {
		struct order order = {ORDER_REPLY, i, 0};
		struct fp_item item = item_of(&order, 0);

		fp_result_free(fp_apply_async(pool, &item, &callbacks));
	}
	close_pool(pool);
	ck_assert_int_eq(called.success, 3000);
}
END_TEST

START_TEST(test_forkpool_result_outlives_its_pool)
{
	struct order order = {ORDER_REPLY, 8, 0};
	struct fp_item item = item_of(&order, 0);
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_result *ready = fp_apply_async(pool, &item, NULL);
	struct fp_result *hanging;
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_result_wait(ready, FP_FOREVER), 0);
	order.action = ORDER_HANG;
	hanging = fp_apply_async(pool, &item, NULL);
	fp_free(pool);
	ck_assert_int_eq(fp_result_get(ready, 0, &outcome), 0);
	ck_assert_int_eq(reply_value(&outcome), 8);
	ck_assert_int_eq(fp_result_get(hanging, FP_FOREVER, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_CANCELLED);
	fp_result_free(ready);
	fp_result_free(hanging);
}
END_TEST

static int echo(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)context;
	return fp_worker_reply(worker, task->id, task->data, task->size);
}

/** As CPython's test_release_task_refs: what was taken keeps nothing alive. */
START_TEST(test_forkpool_release_task_refs)
{
	enum {
		SIZE = 1 << 20,
		COUNT = 20
	};
	static char data[SIZE];
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2, .function = echo});
	struct fp_item items[COUNT];
	struct fp_result *result;
	size_t before;

	if (!memory_tells())
		return;
	for (int i = 0; i < COUNT; i++)
		items[i] = (struct fp_item){.data = data, .size = _i ? 4000 : SIZE};
	before = mallinfo2().uordblks + mallinfo2().hblkhd;
	for (int round = 0; round < 3; round++) {
		result = fp_map(pool, items, COUNT, 1);
		ck_assert_int_eq(fp_result_successful(result), 1);
		fp_result_free(result);
		ck_assert_uint_lt(mallinfo2().uordblks + mallinfo2().hblkhd, before + (512 << 10));
	}
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_unsendable_argument_in_a_map)
{
	struct order order = {ORDER_REPLY, 1, 0};
	struct fp_item items[3] = {item_of(&order, 0), {0}, item_of(&order, 2)};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_result *result;
	struct fp_outcome outcome;

	items[1].size = FP_PAYLOAD_MAX + 1;
	result = fp_map(pool, items, 3, 0);
	ck_assert_int_eq(fp_result_get(result, 0, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_FAILED);
	ck_assert_int_eq(outcome.error, EMSGSIZE);
	ck_assert_int_eq(fp_result_at(result, 0, &outcome), 0);
	ck_assert_int_eq(reply_value(&outcome), 1);
	ck_assert_int_eq(fp_result_at(result, 2, &outcome), 0);
	ck_assert_int_eq(reply_value(&outcome), 1);
	fp_result_free(result);
	/* And alone, where the submission itself makes it ready. */
	ck_assert_int_eq(fp_apply(pool, &items[1], &outcome), 0);
	ck_assert_int_eq(outcome.error, EMSGSIZE);
	close_pool(pool);
}
END_TEST

/** Replies with too much, and does not care. */
static int reply_too_much(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)context;
	return fp_worker_reply(worker, task->id, "", FP_PAYLOAD_MAX + 1) < 0 ? 0 : -1;
}

START_TEST(test_forkpool_unsendable_result_twenty_times)
{
	struct fp_pool *pool =
		open_pool((struct fp_options){.function = reply_too_much, .processes = 2});
	pid_t before[2], after[2];

	for (int i = 0; i < 20; i++) {
		struct fp_item item = {.data = "x", .size = 1};
		struct fp_outcome outcome;

		ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
		ck_assert_int_eq(outcome.status, FP_FAILED);
		ck_assert_int_eq(outcome.error, EMSGSIZE);
		fp_pids(pool, i ? after : before, 2);
	}
	/* Nobody was lost by it. */
	ck_assert_int_eq(before[0], after[0]);
	close_pool(pool);
}
END_TEST

/** What a callback tries to do, and what comes of it. */
struct trying {
	struct fp_pool *pool;
	struct fp_iterator *iterator;
	struct fp_result *other;
	struct fp_result *submitted;
	int apply, map, wait, next, join, pump;
};

static int error_of(int result)
{
	return result < 0 ? errno : 0;
}

static void try_all(void *context, struct fp_result *result)
{
	struct trying *trying = context;
	struct order order = {ORDER_REPLY, 6, 0};
	struct fp_item item = item_of(&order, 0);
	struct fp_outcome outcome;

	(void)result;
	trying->apply = error_of(fp_apply(trying->pool, &item, &outcome));
	trying->map = error_of(fp_map(trying->pool, &item, 1, 1) ? 0 : -1);
	trying->wait = error_of(fp_result_wait(trying->other, FP_FOREVER));
	trying->next = error_of(fp_next(trying->iterator, 0, &outcome));
	trying->pump = error_of(fp_pump(trying->pool, 0));
	fp_free(trying->pool);
	trying->submitted = fp_apply_async(trying->pool, &item, NULL);
}

START_TEST(test_forkpool_callback_may_submit_but_not_wait)
{
	struct order hang_order = {ORDER_HANG, 0, 0}, order = {ORDER_REPLY, 1, 0};
	struct fp_item hanging = item_of(&hang_order, 0), item = item_of(&order, 0);
	struct numbers numbers = {.count = 1};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct trying trying = {0};
	struct fp_callbacks callbacks = {.success = try_all, .context = &trying};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_result *result;
	struct fp_outcome outcome;

	trying.pool = pool;
	trying.other = fp_apply_async(pool, &hanging, NULL);
	trying.iterator = fp_imap(pool, &source, 1);
	result = fp_apply_async(pool, &item, &callbacks);
	ck_assert_int_eq(fp_result_wait(result, FP_FOREVER), 0);
	ck_assert_int_eq(trying.apply, EDEADLK);
	ck_assert_int_eq(trying.map, EDEADLK);
	ck_assert_int_eq(trying.wait, EDEADLK);
	ck_assert_int_eq(trying.pump, EDEADLK);
	ck_assert(trying.next == EDEADLK || trying.next == 0);
	ck_assert_ptr_nonnull(trying.submitted);
	ck_assert_int_eq(fp_result_get(trying.submitted, FP_FOREVER, &outcome), 0);
	ck_assert_int_eq(reply_value(&outcome), 6);
	fp_result_free(result);
	fp_result_free(trying.submitted);
	fp_result_free(trying.other);
	fp_iterator_free(trying.iterator);
	fp_free(pool);
}
END_TEST

/** Submits until that fails. */
static void submit_many(void *context, struct fp_result *result)
{
	struct trying *trying = context;
	struct order order = {ORDER_HANG, 0, 0};
	struct fp_item item = item_of(&order, 0);
	struct fp_result *submitted;

	(void)result;
	for (int i = 0; i < 100000; i++) {
		submitted = fp_apply_async(trying->pool, &item, NULL);
		if (!submitted) {
			trying->apply = errno;
			trying->map = i;
			return;
		}
		fp_result_free(submitted);
	}
}

START_TEST(test_forkpool_submission_to_a_full_pool_fails_in_a_callback)
{
	struct order order = {ORDER_REPLY, 1, 0};
	struct fp_item item = item_of(&order, 0);
	struct trying trying = {0};
	struct fp_callbacks callbacks = {.success = submit_many, .context = &trying};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1});
	struct fp_result *result;

	trying.pool = pool;
	result = fp_apply_async(pool, &item, &callbacks);
	ck_assert_int_eq(fp_result_wait(result, FP_FOREVER), 0);
	ck_assert_int_eq(trying.apply, EAGAIN);
	ck_assert_int_gt(trying.map, 100);
	fp_result_free(result);
	fp_free(pool);
}
END_TEST

static void terminate_in_callback(void *context, struct fp_result *result)
{
	struct called *called = context;

	called->success += fp_result_successful(result) == 1;
	called->error += fp_result_successful(result) == 0;
	fp_terminate(called->pool);
}

START_TEST(test_forkpool_callback_may_terminate)
{
	enum {
		COUNT = 500
	};
	struct order order = {ORDER_REPLY, 1, 0};
	struct fp_item item = item_of(&order, 0);
	struct called called = {0};
	struct fp_callbacks callbacks = {.success = terminate_in_callback,
		.error = terminate_in_callback,
		.context = &called};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_result *results[COUNT];

	called.pool = pool;
	for (int i = 0; i < COUNT; i++)
		results[i] = fp_apply_async(pool, &item, &callbacks);
	ck_assert_int_eq(fp_result_wait(results[COUNT - 1], FP_FOREVER), 0);
	ck_assert_int_eq(fp_join(pool), 0);
	/* Each ran exactly one callback, whichever. */
	ck_assert_int_eq(called.success + called.error, COUNT);
	ck_assert_int_ge(called.success, 1);
	for (int i = 0; i < COUNT; i++) {
		ck_assert(fp_result_ready(results[i]));
		fp_result_free(results[i]);
	}
	fp_free(pool);
}
END_TEST

static void terminate_on_progress(void *context, uint64_t tag, const void *data, size_t size)
{
	(void)tag;
	(void)data;
	(void)size;
	fp_terminate(*(struct fp_pool **)context);
}

START_TEST(test_forkpool_progress_callback_may_terminate)
{
	enum {
		COUNT = 40
	};
	struct order orders[COUNT];
	struct fp_item items[COUNT];
	struct fp_pool *pool = NULL;
	struct fp_result *result;
	struct fp_outcome outcome;

	fill(items, orders, COUNT);
	orders[30] = (struct order){ORDER_PROGRESS, 5, 0};
	orders[31] = (struct order){ORDER_HANG, 0, 0};
	pool = open_pool((struct fp_options){
		.processes = 2, .progress = terminate_on_progress, .context = &pool});
	result = fp_map(pool, items, COUNT, 4);
	ck_assert_ptr_nonnull(result);
	ck_assert_int_eq(fp_result_get(result, 0, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_CANCELLED);
	fp_result_free(result);
	ck_assert_int_eq(fp_join(pool), 0);
	fp_free(pool);
}
END_TEST

START_TEST(test_forkpool_submission_waits_for_room)
{
	enum {
		COUNT = 20000
	};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_result **results = calloc(COUNT, sizeof(struct fp_result *));
	struct fp_outcome outcome;

	ck_assert_ptr_nonnull(results);
	for (int i = 0; i < COUNT; i++) {
		struct order order = {ORDER_REPLY, i, 0};
		struct fp_item item = item_of(&order, 0);

		results[i] = fp_apply_async(pool, &item, NULL);
		ck_assert_ptr_nonnull(results[i]);
		/* The queue is bounded, so with the last the first ones must be ready. */
		if (i == COUNT - 1)
			ck_assert(fp_result_ready(results[0]));
	}
	for (int i = 0; i < COUNT; i++) {
		ck_assert_int_eq(fp_result_get(results[i], FP_FOREVER, &outcome), 0);
		ck_assert_int_eq(reply_value(&outcome), i);
		fp_result_free(results[i]);
	}
	free(results);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_interrupt_gives_up_a_map_and_nothing_else)
{
	int ends[2];
	struct order order = {ORDER_HANG, 0, 0};
	struct fp_item item = item_of(&order, 0);
	struct fp_pool *pool;
	struct fp_result *result;
	struct fp_outcome outcome;
	char byte;

	ck_assert_int_eq(pipe(ends), 0);
	pool = open_pool((struct fp_options){.processes = 2, .interrupt_fd = ends[0]});
	result = fp_apply_async(pool, &item, NULL);
	ck_assert_int_eq(write(ends[1], "!", 1), 1);
	ck_assert_int_eq(fp_result_wait(result, FP_FOREVER), -1);
	ck_assert_int_eq(errno, EINTR);
	ck_assert_ptr_null(fp_map(pool, &item, 1, 0));
	ck_assert_int_eq(errno, EINTR);
	ck_assert_int_eq(fp_apply(pool, &item, &outcome), -1);
	ck_assert_int_eq(errno, EINTR);
	fp_close(pool);
	ck_assert_int_eq(fp_join(pool), -1);
	ck_assert_int_eq(errno, EINTR);
	/* The pool never reads from it. */
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	ck_assert_int_eq(fp_result_wait(result, 1), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	ck_assert_int_eq(write(ends[1], "!", 1), 1);
	fp_result_free(result);
	/* Its end cannot be interrupted. */
	fp_free(pool);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(test_forkpool_event_loop_of_the_caller)
{
	enum {
		COUNT = 300
	};
	struct called called = {0};
	struct fp_callbacks callbacks = callbacks_of(&called);
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct pollfd poll_fd = {.fd = fp_fd(pool), .events = POLLIN};

	ck_assert_int_eq(fp_pump(pool, FP_FOREVER), 0);
	for (int i = 0; i < COUNT; i++) {
		struct order order = {i == 7 ? ORDER_RAISE : ORDER_REPLY, SIGKILL, 0};
		struct fp_item item = item_of(&order, 0);

		fp_result_free(fp_apply_async(pool, &item, &callbacks));
	}
	while (called.success + called.error < COUNT) {
		ck_assert_int_eq(poll(&poll_fd, 1, -1), 1);
		ck_assert_int_ge(fp_pump(pool, 0), 0);
	}
	ck_assert_int_eq(called.error, 1);
	ck_assert_int_eq(fp_pump(pool, 0), 0);
	fp_close(pool);
	while (fp_pump(pool, 0) == 1)
		ck_assert_int_eq(poll(&poll_fd, 1, -1), 1);
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), 0);
	ck_assert_int_eq(fp_join(pool), 0);
	fp_free(pool);
}
END_TEST

/** What is ready without the work of any worker makes the descriptor readable as well. */
START_TEST(test_forkpool_descriptor_tells_of_callbacks)
{
	struct called called = {0};
	struct fp_callbacks callbacks = callbacks_of(&called);
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1});
	struct pollfd poll_fd = {.fd = fp_fd(pool), .events = POLLIN};
	struct fp_item unsendable = {.data = "", .size = FP_PAYLOAD_MAX + (size_t)1};
	struct fp_item item = {.size = 0};
	struct rlimit limit, none;

	switch (_i) {
	case 0:
		fp_result_free(fp_map_async(pool, NULL, 0, 0, &callbacks));
		break;
	case 1:
		fp_result_free(fp_apply_async(pool, &unsendable, &callbacks));
		break;
	default:
		/* No worker can be had, for want of descriptors: the pool breaks. */
		getrlimit(RLIMIT_NOFILE, &limit);
		none = limit;
		none.rlim_cur = (rlim_t)dup(0);
		close((int)none.rlim_cur);
		setrlimit(RLIMIT_NOFILE, &none);
		fp_result_free(fp_apply_async(pool, &item, &callbacks));
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	ck_assert_int_eq(called.success + called.error, 0);
	ck_assert_int_eq(poll(&poll_fd, 1, 0), 1);
	ck_assert_int_eq(fp_pump(pool, 0), 0);
	ck_assert_int_eq(called.success, _i == 0);
	ck_assert_int_eq(called.error, _i != 0);
	ck_assert_int_eq(poll(&poll_fd, 1, 0), 0);
	fp_free(pool);
}
END_TEST

struct chain {
	struct fp_pool *pool;
	int left;
	/** What is submitted is too long, and so has failed at once. */
	bool unsendable;
};

static void submit_next(void *context, struct fp_result *result)
{
	struct chain *chain = context;
	struct order order = {ORDER_REPLY, 1, 0};
	struct fp_item item = item_of(&order, 0);
	struct fp_callbacks callbacks = {
		.success = submit_next, .error = submit_next, .context = chain};

	fp_result_free(result);
	if (chain->unsendable)
		item.size = FP_PAYLOAD_MAX + (size_t)1;
	if (chain->left-- > 0)
		ck_assert_ptr_nonnull(fp_apply_async(chain->pool, &item, &callbacks));
}

START_TEST(test_forkpool_event_loop_sees_what_callbacks_submit)
{
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct chain chain = {.pool = pool, .left = 100, .unsendable = _i == 1};
	struct pollfd poll_fd = {.fd = fp_fd(pool), .events = POLLIN};

	submit_next(&chain, NULL);
	ck_assert_int_ge(fp_pump(pool, 0), 0);
	while (chain.left > 0) {
		ck_assert_int_eq(poll(&poll_fd, 1, -1), 1);
		ck_assert_int_ge(fp_pump(pool, 0), 0);
	}
	close_pool(pool);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forkpool_result");
	TCase *test_case = tcase_create("result");

	tcase_set_timeout(test_case, 60);
	tcase_add_checked_fixture(test_case, orders_setup, orders_teardown);
	tcase_add_test(test_case, test_forkpool_apply);
	tcase_add_test(test_case, test_forkpool_apply_returns_errors_in_words);
	tcase_add_test(test_case, test_forkpool_long_error_text_is_cut);
	tcase_add_loop_test(test_case, test_forkpool_map, 0, 5);
	tcase_add_loop_test(test_case, test_forkpool_map_chunksize_of_an_empty_list, 0, 2);
	tcase_add_test(test_case, test_forkpool_map_no_failfast);
	tcase_add_test(test_case, test_forkpool_async);
	tcase_add_test(test_case, test_forkpool_async_timeout);
	tcase_add_test(test_case, test_forkpool_async_error_callback);
	tcase_add_test(test_case, test_forkpool_result_may_be_freed_in_its_callback);
	tcase_add_test(test_case, test_forkpool_result_without_owner_still_calls_back);
	tcase_add_test(test_case, test_forkpool_result_outlives_its_pool);
	tcase_add_loop_test(test_case, test_forkpool_release_task_refs, 0, 2);
	tcase_add_test(test_case, test_forkpool_unsendable_argument_in_a_map);
	tcase_add_test(test_case, test_forkpool_unsendable_result_twenty_times);
	tcase_add_test(test_case, test_forkpool_callback_may_submit_but_not_wait);
	tcase_add_test(test_case, test_forkpool_submission_to_a_full_pool_fails_in_a_callback);
	tcase_add_test(test_case, test_forkpool_callback_may_terminate);
	tcase_add_test(test_case, test_forkpool_progress_callback_may_terminate);
	tcase_add_test(test_case, test_forkpool_submission_waits_for_room);
	tcase_add_test(test_case, test_forkpool_interrupt_gives_up_a_map_and_nothing_else);
	tcase_add_test(test_case, test_forkpool_event_loop_of_the_caller);
	tcase_add_loop_test(test_case, test_forkpool_event_loop_sees_what_callbacks_submit, 0, 2);
	tcase_add_loop_test(test_case, test_forkpool_descriptor_tells_of_callbacks, 0, 3);
	suite_add_tcase(suite, test_case);
	return suite_run(suite);
}
