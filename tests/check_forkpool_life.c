/* The life of a pool: open, close, terminate, join, free; workers' lifetimes; pools in pools. */
#include "pool_orders.h"
#include "suite.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>

static struct fp_item item_of(const struct order *order)
{
	return (struct fp_item){.data = order, .size = sizeof(*order)};
}

static int serve_nothing(struct fp_worker *worker, void *context)
{
	struct fp_task task;

	(void)context;
	return fp_worker_next(worker, FP_FOREVER, &task);
}

START_TEST(test_forkpool_open_refuses_bad_options)
{
	struct fp_options options = FP_OPTIONS_INIT;

	ck_assert_ptr_null(fp_open(&options));
	ck_assert_int_eq(errno, EINVAL);
	options.function = obey;
	options.serve = serve_nothing;
	ck_assert_ptr_null(fp_open(&options));
	ck_assert_int_eq(errno, EINVAL);
	options.serve = NULL;
	options.processes = UINT32_MAX;
	ck_assert_ptr_null(fp_open(&options));
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(test_forkpool_null_may_be_freed)
{
	fp_free(NULL);
	fp_result_free(NULL);
	fp_iterator_free(NULL);
}
END_TEST

START_TEST(test_forkpool_workers_start_when_tasks_wait)
{
	struct order orders[3] = {{ORDER_HANG, 0, 0}, {ORDER_HANG, 0, 0}, {ORDER_REPLY, 1, 0}};
	struct fp_item item = item_of(&orders[2]);
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 3});
	struct fp_outcome outcome;

	ck_assert_uint_eq(fp_pids(pool, NULL, 0), 0);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	/* One was enough. */
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), 1);
	for (int i = 0; i < 2; i++) {
		struct fp_item hanging = item_of(&orders[i]);

		fp_result_free(fp_apply_async(pool, &hanging, NULL));
	}
	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), 3);
	fp_free(pool);
}
END_TEST

START_TEST(test_forkpool_eager_starts_all)
{
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 5, .eager = true});
	pid_t pids[10] = {0};

	ck_assert_uint_eq(fp_pids(pool, pids, 10), 5);
	ck_assert_int_eq(pids[5], 0);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(kill(pids[i], 0), 0);
	close_pool(pool);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(kill(pids[i], 0), -1);
}
END_TEST

START_TEST(test_forkpool_join_while_open_is_an_error)
{
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});

	ck_assert_int_eq(fp_join(pool), -1);
	ck_assert_int_eq(errno, EINVAL);
	fp_close(pool);
	fp_close(pool);
	ck_assert_int_eq(fp_join(pool), 0);
	ck_assert_int_eq(fp_join(pool), 0);
	fp_terminate(pool);
	fp_terminate(pool);
	fp_close(pool);
	ck_assert_int_eq(fp_join(pool), 0);
	fp_free(pool);
}
END_TEST

START_TEST(test_forkpool_submission_after_close_is_an_error)
{
	struct order order = {ORDER_REPLY, 1, 0};
	struct fp_item item = item_of(&order);
	struct fp_source source = {.next = numbers_next};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_outcome outcome;

	for (int i = 0; i < 2; i++) {
		if (i == 0)
			fp_close(pool);
		else
			fp_terminate(pool);
		ck_assert_int_eq(fp_apply(pool, &item, &outcome), -1);
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_ptr_null(fp_apply_async(pool, &item, NULL));
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_ptr_null(fp_map(pool, &item, 1, 0));
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_ptr_null(fp_map_async(pool, &item, 1, 0, NULL));
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_ptr_null(fp_imap(pool, &source, 1));
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_ptr_null(fp_imap_unordered(pool, &source, 1));
		ck_assert_int_eq(errno, EINVAL);
	}
	fp_free(pool);
}
END_TEST

START_TEST(test_forkpool_early_close_finishes_what_is_pending)
{
	enum {
		COUNT = 500
	};
	struct order orders[COUNT];
	struct fp_item items[COUNT];
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 3});
	struct fp_result *result;
	struct fp_outcome outcome;

	for (int i = 0; i < COUNT; i++) {
		orders[i] = (struct order){ORDER_REPLY, i, 0};
		items[i] = item_of(&orders[i]);
	}
	result = fp_map_async(pool, items, COUNT, 0, NULL);
	fp_close(pool);
	ck_assert_int_eq(fp_join(pool), 0);
	ck_assert(fp_result_ready(result));
	for (size_t i = 0; i < COUNT; i++) {
		ck_assert_int_eq(fp_result_at(result, i, &outcome), 0);
		ck_assert_int_eq(reply_value(&outcome), (int)i);
	}
	fp_result_free(result);
	fp_free(pool);
}
END_TEST

START_TEST(test_forkpool_close_and_join_with_an_unread_iterator)
{
	/* A few fit into the windows; many do not, and must not hang the join. */
	struct numbers numbers = {.count = _i ? 100000 : 10};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2, .window_tasks = 4});
	struct fp_iterator *iterator = fp_imap(pool, &source, 1);
	struct fp_outcome outcome;
	size_t count = 0;
	int result;

	fp_close(pool);
	ck_assert_int_eq(fp_join(pool), 0);
	while ((result = fp_next(iterator, FP_FOREVER, &outcome)) > 0) {
		ck_assert_int_eq(reply_value(&outcome), (int)count);
		count++;
	}
	if (_i) {
		ck_assert_int_eq(result, -1);
		ck_assert_int_eq(errno, ECANCELED);
		/* What was taken was given. */
		ck_assert_uint_eq(count, numbers.next);
	} else {
		ck_assert_int_eq(result, 0);
		ck_assert_uint_eq(count, numbers.count);
	}
	fp_iterator_free(iterator);
	fp_free(pool);
}
END_TEST

START_TEST(test_forkpool_terminate_with_ten_thousand_sleeping_tasks)
{
	enum {
		COUNT = 10000
	};
	struct order order = {ORDER_HANG, 0, 0};
	struct fp_item *items = calloc(COUNT, sizeof(*items));
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 3});
	struct fp_result *result;
	struct fp_outcome outcome;

	ck_assert_ptr_nonnull(items);
	for (int i = 0; i < COUNT; i++)
		items[i] = item_of(&order);
	result = fp_map_async(pool, items, COUNT, 1, NULL);
	ck_assert_ptr_nonnull(result);
	ck_assert_int_eq(fp_result_wait(result, 10), -1);
	fp_terminate(pool);
	ck_assert_int_eq(fp_join(pool), 0);
	for (size_t i = 0; i < COUNT; i++) {
		ck_assert_int_eq(fp_result_at(result, i, &outcome), 0);
		ck_assert_int_eq(outcome.status, FP_CANCELLED);
		ck_assert_int_eq(outcome.error, ECANCELED);
	}
	free(items);
	fp_result_free(result);
	fp_free(pool);
}
END_TEST

static int ignore_and_hang(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)worker;
	(void)task;
	(void)context;
	signal(SIGTERM, SIG_IGN);
	atomic_fetch_add(&counters->begun, 1);
	hang();
	return 0;
}

START_TEST(test_forkpool_terminate_kills_those_that_ignore_it)
{
	struct fp_item item = {.size = 0};
	struct fp_pool *pool = open_pool(
		(struct fp_options){.function = ignore_and_hang, .processes = 2, .grace = 10});

	for (int i = 0; i < 2; i++)
		fp_result_free(fp_apply_async(pool, &item, NULL));
	while (atomic_load(&counters->begun) < 2)
		ck_assert_int_eq(fp_pump(pool, 1), 1);
	fp_terminate(pool);
	ck_assert_int_eq(fp_join(pool), 0);
	fp_free(pool);
}
END_TEST

/** Run the loop as a host program does that has one of its own, until nothing is left to be done. */
static void pump_to_the_end(struct fp_pool *pool)
{
	struct pollfd poll_fd = {.fd = fp_fd(pool), .events = POLLIN};
	int result;

	while ((result = fp_pump(pool, 0)) == 1)
		ck_assert_int_eq(poll(&poll_fd, 1, -1), 1);
	ck_assert_int_eq(result, 0);
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), 0);
}

START_TEST(test_forkpool_pump_kills_after_the_grace_time)
{
	struct fp_item item = {.size = 0};
	struct fp_pool *pool = open_pool(
		(struct fp_options){.function = ignore_and_hang, .processes = 2, .grace = 10});

	for (int i = 0; i < 2; i++)
		fp_result_free(fp_apply_async(pool, &item, NULL));
	while (atomic_load(&counters->begun) < 2)
		ck_assert_int_eq(fp_pump(pool, 1), 1);
	fp_terminate(pool);
	pump_to_the_end(pool);
	ck_assert_int_eq(fp_join(pool), 0);
	fp_free(pool);
}
END_TEST

/** Nobody reads; what is read later is not lost. */
START_TEST(test_forkpool_pump_ends_a_closed_pool_with_an_unread_iterator)
{
	struct numbers numbers = {.count = 100};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2, .window_tasks = 4});
	struct fp_iterator *iterator = fp_imap(pool, &source, 1);
	struct fp_outcome outcome;

	fp_close(pool);
	pump_to_the_end(pool);
	ck_assert_uint_lt(numbers.next, numbers.count);
	for (size_t i = 0; i < numbers.count; i++) {
		ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), 1);
		ck_assert_int_eq(reply_value(&outcome), (int)i);
	}
	ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), 0);
	fp_iterator_free(iterator);
	ck_assert_int_eq(fp_join(pool), 0);
	fp_free(pool);
}
END_TEST

START_TEST(test_forkpool_terminate_ends_stopped_workers)
{
	struct fp_pool *pool =
		open_pool((struct fp_options){.processes = 2, .eager = true, .grace = 600000});
	pid_t pids[2];

	fp_pids(pool, pids, 2);
	kill(pids[0], SIGSTOP);
	fp_free(pool);
}
END_TEST

START_TEST(test_forkpool_max_tasks_per_child)
{
	enum {
		COUNT = 100
	};
	const unsigned most = _i ? 7 : 1;
	struct order orders[COUNT];
	struct orders list = {.orders = orders, .count = COUNT};
	struct fp_source source = {.next = orders_next, .context = &list};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 3,
		.max_tasks_per_child = most,
		/* Lifetimes that end are no deaths. */
		.respawn_budget = 1});
	struct fp_iterator *iterator;
	pid_t seen[COUNT];
	unsigned times[COUNT], known = 0;

	for (int i = 0; i < COUNT; i++)
		orders[i] = (struct order){ORDER_PID, 0, 0};
	iterator = fp_imap_unordered(pool, &source, 3);
	for (int i = 0; i < COUNT; i++) {
		struct fp_outcome outcome = next_outcome(iterator);
		unsigned place = 0;
		pid_t pid;

		ck_assert_uint_eq(outcome.size, sizeof(pid));
		memcpy(&pid, outcome.data, sizeof(pid));
		while (place < known && seen[place] != pid)
			place++;
		if (place == known) {
			seen[known] = pid;
			times[known++] = 0;
		}
		ck_assert_uint_le(++times[place], most);
	}
	ck_assert_uint_ge(known, COUNT / most);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_workers_live_on_without_a_limit)
{
	struct order order = {ORDER_PID, 0, 0};
	struct fp_item item = item_of(&order);
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1});
	struct fp_outcome outcome;
	pid_t first = 0, pid;

	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
		memcpy(i ? &pid : &first, outcome.data, sizeof(pid));
		if (i)
			ck_assert_int_eq(pid, first);
	}
	close_pool(pool);
}
END_TEST

/** Open a pool, let it have a task in hand, and terminate it. @return whether all went well */
static bool cycle(bool apply)
{
	struct order order = {ORDER_REPLY, 3, 0}, hanging = {ORDER_HANG, 0, 0};
	struct fp_item item = item_of(&order), hanging_item = item_of(&hanging);
	struct fp_options options = {.function = obey, .processes = 2};
	struct fp_pool *pool = fp_open(&options);
	struct fp_outcome outcome;
	bool well;

	if (!pool)
		return false;
	well = !apply || fp_apply(pool, &item, &outcome) == 0;
	fp_result_free(fp_apply_async(pool, &hanging_item, NULL));
	fp_terminate(pool);
	well &= fp_join(pool) == 0;
	fp_free(pool);
	return well;
}

START_TEST(test_forkpool_a_thousand_cycles_leave_nothing)
{
	int descriptors = 0, good = 0;
	long memory = 0;

	/* No assertions inside, which take memory themselves. */
	for (int i = 0; i < 1000; i++) {
		good += cycle(i % 10 == 0);
		if (i == 300) {
			descriptors = leaks_descriptors();
			memory = resident();
		}
	}
	memory = resident() - memory;
	ck_assert_int_eq(good, 1000);
	ck_assert_int_eq(leaks_descriptors(), descriptors);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	if (memory_tells())
		ck_assert_int_le(memory, 256);
}
END_TEST

START_TEST(test_forkpool_pools_side_by_side)
{
	struct order order = {ORDER_REPLY, 3, 0}, hanging = {ORDER_HANG, 0, 0};
	struct fp_item item = item_of(&order), hanging_item = item_of(&hanging);
	struct fp_pool *pools[4];
	struct fp_result *results[4];
	struct fp_outcome outcome;

	for (int i = 0; i < 4; i++)
		pools[i] = open_pool((struct fp_options){.processes = 2});
	for (int i = 0; i < 4; i++)
		results[i] = fp_apply_async(pools[i], i == 2 ? &hanging_item : &item, NULL);
	for (int i = 0; i < 4; i++) {
		if (i == 2)
			continue;
		ck_assert_int_eq(fp_result_get(results[i], FP_FOREVER, &outcome), 0);
		ck_assert_int_eq(reply_value(&outcome), 3);
		fp_result_free(results[i]);
		close_pool(pools[i]);
	}
	fp_free(pools[2]);
	fp_result_free(results[2]);
}
END_TEST

/** The pool of the parent, as its workers see it. */
static struct fp_pool *outer;

/** Misuses the parent's pool, then sums up with a pool of its own. */
static int nest(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	struct fp_options options = {.function = obey, .processes = 2};
	struct numbers numbers = {.count = 50};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_item item = {.size = 0};
	struct fp_outcome outcome;
	struct fp_pool *pool;
	struct fp_iterator *iterator;
	int sum = 0, value;

	(void)context;
	if (fp_apply(outer, &item, &outcome) == 0 || errno != EINVAL ||
		fp_apply_async(outer, &item, NULL) || errno != EINVAL || fp_pump(outer, 0) == 0 ||
		errno != EINVAL || fp_join(outer) == 0 || errno != EINVAL ||
		fp_pids(outer, NULL, 0) != 0)
		_exit(60);
	fp_close(outer);
	fp_terminate(outer);
	pool = fp_open(&options);
	if (!pool)
		return -1;
	iterator = fp_imap_unordered(pool, &source, 4);
	while (fp_next(iterator, FP_FOREVER, &outcome) > 0) {
		memcpy(&value, outcome.data, sizeof(value));
		sum += value;
	}
	fp_iterator_free(iterator);
	fp_close(pool);
	if (fp_join(pool) < 0)
		return -1;
	fp_free(pool);
	return fp_worker_reply(worker, task->id, &sum, sizeof(sum));
}

START_TEST(test_forkpool_pool_inside_a_worker)
{
	struct fp_item items[20];
	struct fp_result *result;

	outer = open_pool((struct fp_options){.function = nest, .processes = 3});
	for (int i = 0; i < 20; i++)
		items[i] = (struct fp_item){.data = "x", .size = 1};
	result = fp_map(outer, items, 20, 1);
	ck_assert_ptr_nonnull(result);
	for (size_t i = 0; i < 20; i++) {
		struct fp_outcome outcome;

		ck_assert_int_eq(fp_result_at(result, i, &outcome), 0);
		ck_assert_int_eq(reply_value(&outcome), 49 * 50 / 2);
	}
	fp_result_free(result);
	close_pool(outer);
}
END_TEST

START_TEST(test_forkpool_child_of_the_program_cannot_reach_the_workers)
{
	struct order order = {ORDER_REPLY, 3, 0};
	struct fp_item item = item_of(&order);
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2, .eager = true});
	struct fp_outcome outcome;
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (fp_apply(pool, &item, &outcome) == 0 || errno != EINVAL)
			_exit(1);
		fp_terminate(pool);
		fp_free(pool);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(reply_value(&outcome), 3);
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), 2);
	close_pool(pool);
}
END_TEST

/** Replies with the number of descriptors above 2 that this worker has. */
static int count_descriptors(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	int count = 0;

	(void)context;
	for (int fd = 3; fd < 200; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return fp_worker_reply(worker, task->id, &count, sizeof(count));
}

START_TEST(test_forkpool_workers_hold_no_descriptor_of_the_pools)
{
	struct fp_pool *other = open_pool((struct fp_options){.processes = 3, .eager = true});
	struct fp_item item = {.size = 0};
	struct fp_pool *pool;
	struct fp_outcome outcome;
	int own = 0, fd, expected;

	/* What the test has itself, before any pool: its workers have the same, and their two
	 * channels.
	 */
	for (fd = 3; fd < 200; fd++)
		own += fcntl(fd, F_GETFD) >= 0;
	expected = own - 3 - 4 * 3 + 2;
	/* Which has no pidfds, so a pipe stands in. */
	expected += under_valgrind();
	pool = open_pool(
		(struct fp_options){.function = count_descriptors, .processes = 4, .eager = true});
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
		ck_assert_int_eq(reply_value(&outcome), expected);
	}
	close_pool(pool);
	close_pool(other);
}
END_TEST

/** Prints, as functions do. */
static int print(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)context;
	fputs("worker\n", stdout);
	return fp_worker_reply(worker, task->id, NULL, 0);
}

START_TEST(test_forkpool_buffered_output_comes_once)
{
	struct fp_item item = {.size = 0};
	char text[256] = {0};
	struct fp_outcome outcome;
	struct fp_pool *pool;
	int ends[2], saved;

	fflush(stdout);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	saved = dup(1);
	dup2(ends[1], 1);
	setvbuf(stdout, NULL, _IOFBF, 4096);
	fputs("parent\n", stdout);
	pool = fp_open(&(struct fp_options){.function = print, .processes = 1});
	fp_apply(pool, &item, &outcome);
	fp_close(pool);
	fp_join(pool);
	fp_free(pool);
	fflush(stdout);
	dup2(saved, 1);
	close(saved);
	close(ends[1]);
	ck_assert_int_gt(read(ends[0], text, sizeof(text) - 1), 0);
	ck_assert_str_eq(text, "parent\nworker\n");
	close(ends[0]);
}
END_TEST

START_TEST(test_forkpool_cpu_count_follows_the_affinity)
{
	cpu_set_t all, one;
	unsigned before = fp_cpu_count();

	ck_assert_uint_ge(before, 1);
	ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
	ck_assert_uint_le(before, (unsigned)CPU_COUNT(&all));
	CPU_ZERO(&one);
	for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++) {
		if (CPU_ISSET(i, &all))
			CPU_SET(i, &one);
	}
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	ck_assert_uint_eq(fp_cpu_count(), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forkpool_life");
	TCase *test_case;

	test_case = orders_case(suite, "life");
	tcase_add_test(test_case, test_forkpool_open_refuses_bad_options);
	tcase_add_test(test_case, test_forkpool_null_may_be_freed);
	tcase_add_test(test_case, test_forkpool_workers_start_when_tasks_wait);
	tcase_add_test(test_case, test_forkpool_eager_starts_all);
	tcase_add_test(test_case, test_forkpool_join_while_open_is_an_error);
	tcase_add_test(test_case, test_forkpool_submission_after_close_is_an_error);
	tcase_add_test(test_case, test_forkpool_early_close_finishes_what_is_pending);
	tcase_add_loop_test(test_case, test_forkpool_close_and_join_with_an_unread_iterator, 0, 2);
	tcase_add_test(test_case, test_forkpool_terminate_with_ten_thousand_sleeping_tasks);
	tcase_add_test(test_case, test_forkpool_terminate_kills_those_that_ignore_it);
	tcase_add_test(test_case, test_forkpool_pump_kills_after_the_grace_time);
	tcase_add_test(test_case, test_forkpool_pump_ends_a_closed_pool_with_an_unread_iterator);
	tcase_add_test(test_case, test_forkpool_terminate_ends_stopped_workers);
	tcase_add_loop_test(test_case, test_forkpool_max_tasks_per_child, 0, 2);
	tcase_add_test(test_case, test_forkpool_workers_live_on_without_a_limit);
	tcase_add_test(test_case, test_forkpool_pools_side_by_side);
	tcase_add_test(test_case, test_forkpool_pool_inside_a_worker);
	tcase_add_test(test_case, test_forkpool_child_of_the_program_cannot_reach_the_workers);
	tcase_add_test(test_case, test_forkpool_workers_hold_no_descriptor_of_the_pools);
	tcase_add_test(test_case, test_forkpool_buffered_output_comes_once);
	tcase_add_test(test_case, test_forkpool_cpu_count_follows_the_affinity);

	test_case = orders_case(suite, "cycles");
	tcase_add_test(test_case, test_forkpool_a_thousand_cycles_leave_nothing);
	return suite_run(suite);
}
