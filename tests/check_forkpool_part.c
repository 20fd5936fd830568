/* Results that come in parts: their order, a parent that is slow, workers that are lost on the way.
 */
#include "pool_orders.h"
#include "suite.h"

#include <poll.h>
#include <sched.h>

enum {
	TASKS = 40,
	PARTS = 25
};

/** What a part says in these tests. */
struct part {
	/** Which attempt of the task this is, from 0. */
	int attempt;
	/** Which part of the attempt, from 0. */
	int number;
};

/** What the parent has seen. */
struct seen {
	struct fp_pool *pool;
	/** Parts of each task, by tag. */
	int parts[TASKS];
	/** A part was not the one that had to come. */
	bool wrong;
	/** Refuse a part of this task, once. */
	int refuse;
	/** Terminate the pool at the first part. */
	bool terminate;
	/** A result that must be ready when a part comes. */
	struct fp_result *earlier;
};

/** Send so many parts of the first attempt. */
static int send_parts(struct fp_worker *worker, uint64_t id, int count)
{
	for (int i = 0; i < count; i++) {
		struct part part = {.number = i};

		if (fp_worker_part(worker, id, &part, sizeof(part)) < 0)
			return -1;
	}
	return 0;
}

/** The parts of a task come one by one. */
static int count_part(void *context, uint64_t tag, const void *data, size_t size)
{
	struct seen *seen = context;
	struct part part;

	if (tag >= TASKS || size != sizeof(part)) {
		seen->wrong = true;
		return 0;
	}
	memcpy(&part, data, sizeof(part));
	seen->wrong |= part.number != seen->parts[tag]++;
	seen->wrong |= seen->earlier && !fp_result_ready(seen->earlier);
	if (seen->terminate)
		fp_terminate(seen->pool);
	if (seen->refuse == (int)tag) {
		seen->refuse = -1;
		seen->parts[tag] = 0;
		return -1;
	}
	return 0;
}

/** A pool with one `seen` for its callback. */
static struct fp_pool *open_seen(struct fp_options options, struct seen *seen)
{
	options.part = count_part;
	options.context = seen;
	seen->pool = open_pool(options);
	return seen->pool;
}

/** Sends PARTS parts, then replies with the argument. */
static int list(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)context;
	if (send_parts(worker, task->id, PARTS) < 0)
		return -1;
	return fp_worker_reply(worker, task->id, task->data, task->size);
}

static const size_t chunks[] = {1, 7};

START_TEST(test_forkpool_parts_come_in_order_before_the_outcome)
{
	struct seen seen = {.refuse = -1};
	struct numbers numbers = {.count = TASKS};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool =
		open_seen((struct fp_options){.processes = 2, .function = list}, &seen);
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, chunks[_i]);

	for (int i = 0; i < TASKS; i++) {
		struct fp_outcome outcome = next_outcome(iterator);

		ck_assert_int_eq(outcome.status, FP_OK);
		ck_assert_int_eq(seen.parts[outcome.tag], PARTS);
	}
	ck_assert(!seen.wrong);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

/** Takes two tasks and replies to the first of them before it sends parts of the second. */
static int serve_two(struct fp_worker *worker, void *context)
{
	struct fp_task tasks[2];
	struct fp_task more;

	(void)context;
	for (int i = 0; i < 2; i++) {
		if (fp_worker_next(worker, FP_FOREVER, &tasks[i]) <= 0)
			return -1;
	}
	if (fp_worker_reply(worker, tasks[0].id, NULL, 0) < 0 ||
		send_parts(worker, tasks[1].id, PARTS) < 0 ||
		fp_worker_reply(worker, tasks[1].id, NULL, 0) < 0)
		return -1;
	return fp_worker_next(worker, FP_FOREVER, &more);
}

START_TEST(test_forkpool_parts_come_after_earlier_replies)
{
	struct seen seen = {.refuse = -1};
	struct fp_item items[] = {{.tag = 0}, {.tag = 1}};
	struct fp_pool *pool = open_seen(
		(struct fp_options){.processes = 1, .serve = serve_two, .window_tasks = 2}, &seen);
	struct fp_result *second;

	seen.earlier = fp_apply_async(pool, &items[0], NULL);
	second = fp_apply_async(pool, &items[1], NULL);
	ck_assert_int_eq(fp_result_wait(second, FP_FOREVER), 0);
	ck_assert_int_eq(seen.parts[1], PARTS);
	ck_assert(!seen.wrong);
	fp_result_free(seen.earlier);
	fp_result_free(second);
	close_pool(pool);
}
END_TEST

enum {
	MANY = 3000,
	LARGE = 4096
};

/** Sends many parts of LARGE bytes, each full of its number, and counts them. */
static int list_many(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	int part[LARGE / sizeof(int)];

	(void)context;
	for (int i = 0; i < MANY; i++) {
		for (size_t n = 0; n < LARGE / sizeof(int); n++)
			part[n] = i;
		if (fp_worker_part(worker, task->id, part, sizeof(part)) < 0)
			return -1;
		atomic_fetch_add(&counters->other, 1);
	}
	return 0;
}

/** How many parts have come in order and as they were sent. */
static int check_large(void *context, uint64_t tag, const void *data, size_t size)
{
	int part[LARGE / sizeof(int)], *count = context;

	if (tag != 3 || size != sizeof(part))
		return -1;
	memcpy(part, data, sizeof(part));
	for (size_t n = 0; n < LARGE / sizeof(int); n++) {
		if (part[n] != *count)
			return -1;
	}
	(*count)++;
	return 0;
}

START_TEST(test_forkpool_many_parts_wait_for_a_slow_parent)
{
	int count = 0;
	struct fp_item item = {.tag = 3};
	struct fp_pool *pool = open_pool((struct fp_options){
		.processes = 1, .function = list_many, .part = check_large, .context = &count});
	struct fp_result *result = fp_apply_async(pool, &item, NULL);
	struct fp_outcome outcome;

	/* It goes on while there is room, though nobody reads. All of it has no room by far. */
	while (atomic_load(&counters->other) < 20)
		sched_yield();
	ck_assert_int_eq(count, 0);
	ck_assert_int_eq(fp_result_get(result, FP_FOREVER, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_OK);
	ck_assert_int_eq(count, MANY);
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

/** Sends 3 parts and dies, the first time; then PARTS parts. */
static int list_and_die(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	int attempt = atomic_fetch_add(&counters->tried, 1);

	(void)context;
	for (int i = 0; i < PARTS; i++) {
		struct part part = {attempt, i};

		if (attempt == 0 && i == 3)
			raise(SIGKILL);
		if (fp_worker_part(worker, task->id, &part, sizeof(part)) < 0)
			return -1;
	}
	return 0;
}

/** All parts, as they come. */
struct parts {
	struct part part[2 * PARTS];
	size_t count;
};

static int keep_part(void *context, uint64_t tag, const void *data, size_t size)
{
	struct parts *parts = context;

	if (tag != 5 || size != sizeof(struct part) || parts->count == 2 * (size_t)PARTS)
		return -1;
	memcpy(&parts->part[parts->count++], data, size);
	return 0;
}

START_TEST(test_forkpool_parts_of_a_retried_task_come_from_the_start)
{
	struct parts parts = {0};
	struct fp_item item = {.tag = 5};
	struct fp_pool *pool = open_pool((struct fp_options){
		.processes = 1, .function = list_and_die, .part = keep_part, .context = &parts});
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_OK);
	ck_assert_uint_eq(parts.count, 3 + PARTS);
	for (size_t i = 0; i < parts.count; i++) {
		ck_assert_int_eq(parts.part[i].attempt, i >= 3);
		ck_assert_int_eq(parts.part[i].number, (int)(i < 3 ? i : i - 3));
	}
	close_pool(pool);
}
END_TEST

/** The first task runs until all others are done; the others send parts. */
static int list_or_wait(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	struct order order;

	(void)context;
	memcpy(&order, task->data, sizeof(order));
	if (order.value > 0) {
		atomic_fetch_add(&counters->begun, 1);
		return send_parts(worker, task->id, PARTS);
	}
	atomic_fetch_add(&counters->hung, 1);
	while (atomic_load(&counters->other) == 0)
		sched_yield();
	return 0;
}

START_TEST(test_forkpool_refused_part_ends_that_worker_only)
{
	struct seen seen = {.refuse = 7};
	struct numbers numbers = {.count = TASKS};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool =
		open_seen((struct fp_options){.processes = 2, .function = list_or_wait}, &seen);
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 1);
	struct fp_outcome outcome;

	for (int i = 1; i < TASKS; i++) {
		outcome = next_outcome(iterator);
		ck_assert_int_eq(outcome.status, FP_OK);
		ck_assert_uint_ne(outcome.tag, 0);
		ck_assert_int_eq(seen.parts[outcome.tag], PARTS);
	}
	ck_assert_int_eq(seen.refuse, -1);
	atomic_store(&counters->other, 1);
	outcome = next_outcome(iterator);
	ck_assert_int_eq(outcome.status, FP_OK);
	/* The one that was refused was begun twice, at least, and the first only once. */
	ck_assert_int_ge(atomic_load(&counters->begun), TASKS);
	ck_assert_int_eq(atomic_load(&counters->hung), 1);
	ck_assert(!seen.wrong);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

static int refuse_all(void *context, uint64_t tag, const void *data, size_t size)
{
	(void)context;
	(void)tag;
	(void)data;
	(void)size;
	return -1;
}

START_TEST(test_forkpool_task_whose_parts_are_always_refused_is_given_up)
{
	struct order order = {ORDER_REPLY, 1, 0};
	struct fp_item item = {.data = &order, .size = sizeof(order)};
	struct fp_pool *pool = open_pool(
		(struct fp_options){.processes = 2, .function = list_or_wait, .part = refuse_all});
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_DIED);
	/* That the pool itself killed its workers is no excuse. */
	ck_assert_int_eq(atomic_load(&counters->begun), 3);
	close_pool(pool);
}
END_TEST

/** Replies with what the misuse of fp_worker_part() gives. */
static int misuse(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	static unsigned char longest[FP_PART_MAX + 1];
	int wrong = 0;

	(void)context;
	wrong |= (fp_worker_part(worker, task->id, longest, FP_PART_MAX + 1) != -1 ||
			 errno != EMSGSIZE)
		<< 0;
	wrong |= (fp_worker_part(worker, task->id + 1, NULL, 0) != -1 || errno != EINVAL) << 1;
	wrong |= (fp_worker_part(worker, task->id, longest, FP_PART_MAX) != 0) << 2;
	wrong |= (fp_worker_part(worker, task->id, NULL, 0) != 0) << 3;
	return fp_worker_reply(worker, task->id, &wrong, sizeof(wrong));
}

static int add_sizes(void *context, uint64_t tag, const void *data, size_t size)
{
	size_t *sum = context;

	(void)tag;
	(void)data;
	*sum += size;
	return 0;
}

START_TEST(test_forkpool_part_is_refused_where_it_is_too_long)
{
	size_t sum = 0;
	struct fp_item item = {.size = 0};
	struct fp_pool *pool = open_pool((struct fp_options){
		.processes = 1, .function = misuse, .part = add_sizes, .context = &sum});
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(reply_value(&outcome), 0);
	ck_assert_uint_eq(sum, FP_PART_MAX);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_parts_without_a_callback_are_dropped)
{
	struct order order = {ORDER_REPLY, 4, 0};
	struct fp_item item = {.data = &order, .size = sizeof(order)};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1, .function = list});
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_OK);
	close_pool(pool);
}
END_TEST

/** Waits until it may, then sends parts. */
static int list_late(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)context;
	if (atomic_fetch_add(&counters->begun, 1) > 0)
		return 0;
	while (atomic_load(&counters->other) == 0)
		sched_yield();
	return send_parts(worker, task->id, PARTS);
}

START_TEST(test_forkpool_parts_of_a_freed_iterator_are_dropped)
{
	struct seen seen = {.refuse = -1};
	struct numbers numbers = {.count = 1};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_item item = {.tag = 1};
	struct fp_pool *pool =
		open_seen((struct fp_options){.processes = 1, .function = list_late}, &seen);
	struct fp_iterator *iterator = fp_imap(pool, &source, 1);
	struct fp_outcome outcome;

	while (atomic_load(&counters->begun) == 0)
		ck_assert_int_ge(fp_pump(pool, 1), 0);
	fp_iterator_free(iterator);
	atomic_store(&counters->other, 1);
	/* By the same worker, after it. */
	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(seen.parts[0], 0);
	ck_assert_int_eq(atomic_load(&counters->begun), 2);
	close_pool(pool);
}
END_TEST

/** Alive all the time, though the task takes several time-outs. */
static int list_slowly(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)context;
	for (int i = 0; i < 20; i++) {
		if (fp_worker_part(worker, task->id, NULL, 0) < 0)
			return -1;
		poll(NULL, 0, 20);
	}
	return 0;
}

START_TEST(test_forkpool_parts_hold_off_the_time_out)
{
	struct fp_item item = {.size = 0};
	struct fp_pool *pool = open_pool(
		(struct fp_options){.processes = 1, .function = list_slowly, .timeout = 200});
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_OK);
	close_pool(pool);
}
END_TEST

/** Dies of every task, having sent a part of its result. */
static int part_and_die(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)context;
	fp_worker_part(worker, task->id, NULL, 0);
	abort();
}

START_TEST(test_forkpool_parts_keep_the_pool_from_breaking)
{
	struct numbers numbers = {.count = 20};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool = open_pool(
		(struct fp_options){.processes = 2, .function = part_and_die, .respawn_budget = 5});
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 1);

	for (size_t i = 0; i < numbers.count; i++) {
		struct fp_outcome outcome = next_outcome(iterator);

		ck_assert_int_eq(outcome.status, FP_DIED);
	}
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_part_callback_may_terminate)
{
	/* And then refuse the part, or not. */
	struct seen seen = {.terminate = true, .refuse = _i - 1};
	struct fp_item item = {.tag = 0};
	struct fp_pool *pool =
		open_seen((struct fp_options){.processes = 2, .function = list}, &seen);
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_CANCELLED);
	ck_assert_int_eq(fp_join(pool), 0);
	fp_free(pool);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forkpool_part");
	TCase *test_case = orders_case(suite, "parts");

	tcase_add_loop_test(test_case, test_forkpool_parts_come_in_order_before_the_outcome, 0, 2);

	tcase_add_test(test_case, test_forkpool_parts_come_after_earlier_replies);
	tcase_add_test(test_case, test_forkpool_many_parts_wait_for_a_slow_parent);
	tcase_add_test(test_case, test_forkpool_parts_of_a_retried_task_come_from_the_start);

	tcase_add_test(test_case, test_forkpool_refused_part_ends_that_worker_only);
	tcase_add_test(test_case, test_forkpool_task_whose_parts_are_always_refused_is_given_up);
	tcase_add_test(test_case, test_forkpool_part_is_refused_where_it_is_too_long);
	tcase_add_test(test_case, test_forkpool_parts_without_a_callback_are_dropped);
	tcase_add_test(test_case, test_forkpool_parts_of_a_freed_iterator_are_dropped);
	tcase_add_test(test_case, test_forkpool_parts_hold_off_the_time_out);
	tcase_add_test(test_case, test_forkpool_parts_keep_the_pool_from_breaking);
	tcase_add_loop_test(test_case, test_forkpool_part_callback_may_terminate, 0, 2);
	return suite_run(suite);
}
