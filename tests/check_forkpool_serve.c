/* Serve functions: many tasks in hand, replies in any order, windows, long payloads. */
#include "pool_orders.h"
#include "suite.h"

#include <poll.h>

/** What the serve functions find out goes into replies of this form. */
struct seen {
	int value;
	/** The most tasks that this worker had in hand. */
	int most;
};

enum {
	HAND = 64
};

/** Takes all it can get, then replies from the last to the first. */
static int serve_backwards(struct fp_worker *worker, void *context)
{
	struct fp_task tasks[HAND];
	int count = 0, most = 0, got;

	(void)context;
	for (;;) {
		got = fp_worker_next(worker, count > 0 ? 0 : FP_FOREVER, &tasks[count]);
		if (got > 0) {
			count++;
			most = count > most ? count : most;
		}
		if (got < 0 && errno != EAGAIN)
			return -1;
		if (got > 0 && count < HAND)
			continue;
		while (count > 0) {
			struct order order;
			struct seen seen = {.most = most};

			memcpy(&order, tasks[--count].data, sizeof(order));
			seen.value = order.value;
			if (fp_worker_reply(worker, tasks[count].id, &seen, sizeof(seen)) < 0)
				return -1;
		}
		if (got == 0)
			return 0;
	}
}

/** Run numbers through a pool; @return the most tasks that a worker had in hand */
static int run_numbers(struct fp_options options, size_t count, size_t chunk)
{
	struct numbers numbers = {.count = count};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool = open_pool(options);
	struct fp_iterator *iterator = fp_imap(pool, &source, chunk);
	struct fp_outcome outcome;
	int most = 0;

	for (size_t i = 0; i < count; i++) {
		struct seen seen;

		outcome = next_outcome(iterator);
		ck_assert_int_eq(outcome.status, FP_OK);
		ck_assert_uint_eq(outcome.size, sizeof(seen));
		memcpy(&seen, outcome.data, sizeof(seen));
		ck_assert_int_eq(seen.value, (int)i);
		most = seen.most > most ? seen.most : most;
	}
	ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), 0);
	fp_iterator_free(iterator);
	close_pool(pool);
	return most;
}

START_TEST(test_forkpool_serve_replies_in_any_order)
{
	const struct fp_options options = {
		.serve = serve_backwards, .processes = 2, .window_tasks = 40};
	int most = run_numbers(options, 10000, 1);

	ck_assert_int_gt(most, 1);
	ck_assert_int_le(most, 40);
}
END_TEST

static int weighed_next(void *context, struct fp_item *item)
{
	item->weight = 10;
	return numbers_next(context, item) > 0 ? 1 : 0;
}

/** A source whose items weigh 10 each but the first, which weighs `heavy`. */
static int first_heavy_next(void *context, struct fp_item *item)
{
	int got = weighed_next(context, item);

	if (got > 0 && item->tag == 0)
		item->weight = 1000000;
	return got;
}

START_TEST(test_forkpool_window_weight_limits_what_is_in_hand)
{
	struct numbers numbers = {.count = 500};
	struct fp_source source = {
		.next = _i ? first_heavy_next : weighed_next, .context = &numbers};
	struct fp_pool *pool = open_pool((struct fp_options){
		.serve = serve_backwards, .processes = 2, .window_tasks = 40, .window_weight = 35});
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 1);
	struct fp_outcome outcome;
	size_t count = 0;

	while (fp_next(iterator, FP_FOREVER, &outcome) > 0) {
		struct seen seen;

		ck_assert_int_eq(outcome.status, FP_OK);
		memcpy(&seen, outcome.data, sizeof(seen));
		ck_assert_int_le(seen.most, 3);
		count++;
	}
	ck_assert_uint_eq(count, numbers.count);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

/** Replies when it was asked to; says what the misuse of the worker's calls gives. */
static int misuse(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	int wrong = 0;

	(void)context;
	wrong |= (fp_worker_reply(worker, task->id + 1, NULL, 0) != -1 || errno != EINVAL) << 0;
	wrong |= (fp_worker_fail(worker, UINT64_MAX, 1, "") != -1 || errno != EINVAL) << 1;
	wrong |= (fp_worker_progress(worker, task->id + 1, NULL, 0) != -1 || errno != EINVAL) << 2;
	wrong |= (fp_worker_progress(worker, task->id, NULL, FP_PROGRESS_MAX + 1) != -1 ||
			 errno != EMSGSIZE)
		<< 3;
	wrong |= (fp_worker_reply(worker, task->id, &wrong, sizeof(wrong)) != 0) << 4;
	/* Twice. */
	if (fp_worker_reply(worker, task->id, NULL, 0) != -1 || errno != EINVAL)
		_exit(50);
	if (fp_worker_fail(worker, task->id, 1, NULL) != -1 || errno != EINVAL)
		_exit(51);
	return 0;
}

START_TEST(test_forkpool_worker_calls_refuse_misuse)
{
	struct numbers numbers = {.count = 100};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool = open_pool((struct fp_options){.function = misuse, .processes = 2});
	struct fp_iterator *iterator = fp_imap(pool, &source, 10);

	for (size_t i = 0; i < numbers.count; i++) {
		struct fp_outcome outcome = next_outcome(iterator);

		ck_assert_int_eq(reply_value(&outcome), 0);
	}
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

/** Sends back what it got. */
static int echo(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)context;
	return fp_worker_reply(worker, task->id, task->data, task->size);
}

/** Sizes around the borders of frames, and far beyond. */
static const size_t sizes[] = {
	0,
	1,
	65536 - 22,
	65536 - 21,
	65536 - 20,
	65536,
	2 * 65536 - 22,
	2 * 65536 - 21,
	10000000,
	FP_PAYLOAD_MAX,
};
enum {
	SIZES = sizeof(sizes) / sizeof(sizes[0])
};

START_TEST(test_forkpool_payloads_of_all_sizes_travel_both_ways)
{
	struct fp_item items[SIZES + 2] = {0};
	struct fp_pool *pool = open_pool((struct fp_options){.function = echo, .processes = 2});
	unsigned char *data = malloc(FP_PAYLOAD_MAX);
	struct fp_result *result;

	ck_assert_ptr_nonnull(data);
	for (size_t i = 0; i < FP_PAYLOAD_MAX; i++)
		data[i] = pattern(i);
	for (size_t i = 0; i < SIZES; i++)
		items[i + 1] = (struct fp_item){.data = data, .size = sizes[i], .tag = i};
	result = fp_map(pool, items, SIZES + 2, _i ? 4 : 1);
	ck_assert_ptr_nonnull(result);
	for (size_t i = 0; i < SIZES + 2; i++) {
		struct fp_outcome outcome;

		ck_assert_int_eq(fp_result_at(result, i, &outcome), 0);
		ck_assert_int_eq(outcome.status, FP_OK);
		ck_assert_uint_eq(outcome.size, items[i].size);
		ck_assert_int_eq(memcmp(outcome.data, data, outcome.size), 0);
		/* A NUL follows, for those who send text. */
		ck_assert_int_eq(((const char *)outcome.data)[outcome.size], 0);
	}
	fp_result_free(result);
	free(data);
	close_pool(pool);
}
END_TEST

static void append_progress(void *context, uint64_t tag, const void *data, size_t size)
{
	char *text = context;

	ck_assert_uint_eq(tag, 7);
	memcpy(text + strlen(text), data, size);
}

START_TEST(test_forkpool_progress_reaches_the_parent)
{
	char text[4096] = "";
	struct order order = {ORDER_PROGRESS, 1000, 0};
	struct fp_item item = {.data = &order, .size = sizeof(order), .tag = 7};
	struct fp_pool *pool =
		open_pool((struct fp_options){.progress = append_progress, .context = text});
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(reply_value(&outcome), 1000);
	/* The first is sent at once; nearly all of the others are too many. */
	ck_assert_int_eq(text[0], '0');
	ck_assert_uint_lt(strlen(text), 1000);
	close_pool(pool);
}
END_TEST

/** Holds back its first task's reply until it has seen that nothing more comes. */
static int serve_last_first(struct fp_worker *worker, void *context)
{
	struct fp_task first, task;
	int got = fp_worker_next(worker, FP_FOREVER, &first);

	(void)context;
	if (got <= 0)
		return got;
	while ((got = fp_worker_next(worker, 1, &task)) > 0)
		fp_worker_reply(worker, task.id, task.data, task.size);
	if (got < 0 && errno != EAGAIN)
		return -1;
	fp_worker_reply(worker, first.id, first.data, first.size);
	return serve_last_first(worker, context);
}

START_TEST(test_forkpool_serve_may_wait_with_a_time_out)
{
	struct numbers numbers = {.count = 300};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool = open_pool(
		(struct fp_options){.serve = serve_last_first, .processes = 2, .window_tasks = 16});
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 1);
	struct fp_outcome outcome;
	size_t count = 0;

	while (fp_next(iterator, FP_FOREVER, &outcome) > 0)
		count++;
	ck_assert_uint_eq(count, numbers.count);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

/** Replies to the first task, and hangs after it has taken the third; the parent knows of none. */
static int serve_and_hang(struct fp_worker *worker, void *context)
{
	struct fp_task tasks[3];

	(void)context;
	for (int i = 0; i < 3; i++) {
		if (i == 2) {
			fp_worker_reply(worker, tasks[0].id, tasks[0].data, tasks[0].size);
			/* Longer than any reply may wait for others. */
			poll(NULL, 0, 5);
		}
		if (fp_worker_next(worker, FP_FOREVER, &tasks[i]) <= 0)
			return -1;
	}
	hang();
	return 0;
}

START_TEST(test_forkpool_old_reply_is_sent_by_the_next_call)
{
	struct numbers numbers = {.count = 12};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool = open_pool(
		(struct fp_options){.serve = serve_and_hang, .processes = 1, .window_tasks = 8});
	struct fp_iterator *iterator = fp_imap(pool, &source, 1);
	struct fp_outcome outcome = next_outcome(iterator);

	ck_assert_int_eq(outcome.status, FP_OK);
	ck_assert_uint_eq(outcome.tag, 0);
	fp_iterator_free(iterator);
	fp_free(pool);
}
END_TEST

/** Keeps one task for ever and leaves. */
static int serve_and_forget(struct fp_worker *worker, void *context)
{
	struct fp_task task;

	(void)context;
	return fp_worker_next(worker, FP_FOREVER, &task) < 0 ? -1 : 0;
}

START_TEST(test_forkpool_serve_that_forgets_a_task_has_died)
{
	struct order order = {ORDER_REPLY, 1, 0};
	struct fp_item item = {.data = &order, .size = sizeof(order)};
	struct fp_pool *pool = open_pool((struct fp_options){.serve = serve_and_forget});
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_DIED);
	ck_assert_int_eq(outcome.signal, 0);
	ck_assert_int_eq(outcome.exit_code, 0);
	close_pool(pool);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forkpool_serve");
	TCase *test_case = tcase_create("serve");

	tcase_set_timeout(test_case, 60);
	tcase_add_checked_fixture(test_case, orders_setup, orders_teardown);
	tcase_add_test(test_case, test_forkpool_serve_replies_in_any_order);
	tcase_add_loop_test(test_case, test_forkpool_window_weight_limits_what_is_in_hand, 0, 2);
	tcase_add_test(test_case, test_forkpool_worker_calls_refuse_misuse);
	tcase_add_loop_test(test_case, test_forkpool_payloads_of_all_sizes_travel_both_ways, 0, 2);
	tcase_add_test(test_case, test_forkpool_progress_reaches_the_parent);
	tcase_add_test(test_case, test_forkpool_serve_may_wait_with_a_time_out);
	tcase_add_test(test_case, test_forkpool_old_reply_is_sent_by_the_next_call);
	tcase_add_test(test_case, test_forkpool_serve_that_forgets_a_task_has_died);
	suite_add_tcase(suite, test_case);
	return suite_run(suite);
}
