/* Workers that die, hang, stop, lie, or cannot be started: no task is lost, and nothing hangs. */
#include "pool_orders.h"

#include "forkpool/channel.h"
#include "forkpool/protocol.h"
#include "forkpool/state.h"
#include "suite.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

static const int signals[] = {SIGKILL, SIGSEGV};

/** A list of orders: `special` at place `at`, replies elsewhere. */
static void fill(struct order *orders, size_t count, size_t at, struct order special)
{
	for (size_t i = 0; i < count; i++)
		orders[i] = (struct order){ORDER_REPLY, (int)i, 0};
	orders[at] = special;
}

/** Run the orders, and expect each to be answered, but `odd`, whose outcome is returned. (Its data
 * are not valid any more; where there are any, they were checked.) */
static struct fp_outcome run_orders(struct fp_options options, const struct order *orders,
	size_t count, size_t odd, size_t chunk)
{
	struct orders list = {.orders = orders, .count = count};
	struct fp_source source = {.next = orders_next, .context = &list};
	struct fp_pool *pool = open_pool(options);
	struct fp_iterator *iterator = fp_imap(pool, &source, chunk);
	struct fp_outcome outcome, result = {0};

	for (size_t i = 0; i < count; i++) {
		outcome = next_outcome(iterator);
		ck_assert_uint_eq(outcome.tag, i);
		if (i != odd || outcome.status == FP_OK)
			ck_assert_int_eq(reply_value(&outcome), orders[i].value);
		if (i == odd)
			result = outcome;
	}
	ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), 0);
	fp_iterator_free(iterator);
	close_pool(pool);
	return result;
}

#define MANY 200

START_TEST(test_forkpool_death_during_a_task_is_retried)
{
	struct order orders[MANY];
	struct fp_outcome outcome;

	fill(orders, MANY, 77, (struct order){ORDER_RAISE_AT_FIRST, signals[_i % 2], 1});
	outcome =
		run_orders((struct fp_options){.processes = 2}, orders, MANY, 77, _i < 2 ? 1 : 16);
	ck_assert_int_eq(outcome.status, FP_OK);
	ck_assert_int_eq(atomic_load(&counters->tried), 2);
}
END_TEST

/** How many deaths of one task alone `attempts` are: by SIGKILL, which comes from outside, ten
 * each. */
static int deaths_alone(int signal, int attempts)
{
	return signal == SIGKILL ? 10 * attempts : attempts;
}

/** A task was tried so many times alone; in a chunk perhaps once before, together with others. */
static void expect_tries(int tried, int alone, bool one_by_one)
{
	ck_assert(tried == alone || (!one_by_one && tried == alone + 1));
}

START_TEST(test_forkpool_deadly_task_dies_alone_three_times)
{
	struct order orders[MANY];
	struct fp_outcome outcome;

	fill(orders, MANY, 77, (struct order){ORDER_RAISE_AT_FIRST, signals[_i % 2], 1000});
	outcome =
		run_orders((struct fp_options){.processes = 2}, orders, MANY, 77, _i < 2 ? 1 : 16);
	ck_assert_int_eq(outcome.status, FP_DIED);
	ck_assert_int_eq(outcome.signal, signals[_i % 2]);
	ck_assert_int_eq(outcome.error, ECHILD);
	expect_tries(atomic_load(&counters->tried), deaths_alone(signals[_i % 2], 3), _i < 2);
}
END_TEST

START_TEST(test_forkpool_task_that_was_killed_often_is_not_given_up)
{
	struct order orders[MANY];
	struct fp_outcome outcome;

	fill(orders, MANY, 77, (struct order){ORDER_RAISE_AT_FIRST, SIGKILL, 29});
	outcome = run_orders((struct fp_options){.processes = 2}, orders, MANY, 77, 16);
	ck_assert_int_eq(outcome.status, FP_OK);
	ck_assert_int_eq(atomic_load(&counters->tried), 30);
}
END_TEST

START_TEST(test_forkpool_exit_is_a_death_with_its_code)
{
	struct order orders[MANY];
	struct fp_outcome outcome;

	fill(orders, MANY, 3, (struct order){ORDER_EXIT, 17, 0});
	outcome = run_orders((struct fp_options){.processes = 2}, orders, MANY, 3, 4);
	ck_assert_int_eq(outcome.status, FP_DIED);
	ck_assert_int_eq(outcome.signal, 0);
	ck_assert_int_eq(outcome.exit_code, 17);

	/* Even where it looks like a success. */
	fill(orders, MANY, 3, (struct order){ORDER_EXIT, 0, 0});
	outcome = run_orders((struct fp_options){.processes = 2}, orders, MANY, 3, 4);
	ck_assert_int_eq(outcome.status, FP_DIED);
	ck_assert_int_eq(outcome.exit_code, 0);
}
END_TEST

START_TEST(test_forkpool_attempts_are_an_option)
{
	struct order orders[MANY];
	struct fp_outcome outcome;

	fill(orders, MANY, 0, (struct order){ORDER_RAISE_AT_FIRST, signals[_i], 1000});
	outcome =
		run_orders((struct fp_options){.processes = 2, .attempts = 1}, orders, MANY, 0, 4);
	ck_assert_int_eq(outcome.status, FP_DIED);
	expect_tries(atomic_load(&counters->tried), deaths_alone(signals[_i], 1), false);
}
END_TEST

START_TEST(test_forkpool_once_is_once)
{
	struct order orders[MANY];
	struct fp_outcome outcome;
	struct fp_options options = {
		.processes = 2, .window_tasks = 1, .once = true, .timeout = 20};

	fill(orders, MANY, 3, (struct order){ORDER_RAISE_AT_FIRST, signals[_i], 1});
	outcome = run_orders(options, orders, MANY, 3, 1);
	ck_assert_int_eq(outcome.status, FP_DIED);
	ck_assert_int_eq(outcome.signal, signals[_i]);
	ck_assert_int_eq(atomic_load(&counters->tried), 1);

	fill(orders, MANY, 3, (struct order){ORDER_RAISE_AT_FIRST, SIGSTOP, 2});
	outcome = run_orders(options, orders, MANY, 3, 1);
	ck_assert_int_eq(outcome.status, FP_TIMED_OUT);
	ck_assert_int_eq(atomic_load(&counters->tried), 2);
	/* Each was begun once. */
	ck_assert_int_eq(atomic_load(&counters->begun), 2 * MANY);
}
END_TEST

static int hang_at_first(void *context)
{
	(void)context;
	if (atomic_fetch_add(&counters->initialized, 1) == 0)
		hang();
	return 0;
}

START_TEST(test_forkpool_once_is_not_what_was_not_begun)
{
	struct order order = {ORDER_REPLY, 1, 0};
	struct fp_item item = {.data = &order, .size = sizeof(order)};
	struct fp_pool *pool = open_pool(
		(struct fp_options){.processes = 1, .once = true, .initializer = hang_at_first});
	struct fp_result *result = fp_apply_async(pool, &item, NULL);
	struct fp_outcome outcome;
	pid_t pid;

	while (atomic_load(&counters->initialized) == 0)
		sched_yield();
	/* It was sent the task, and has not received it. */
	ck_assert_uint_eq(fp_pids(pool, &pid, 1), 1);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(fp_result_get(result, FP_FOREVER, &outcome), 0);
	ck_assert_int_eq(reply_value(&outcome), 1);
	ck_assert_int_eq(atomic_load(&counters->begun), 1);
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_death_after_a_reply_keeps_it)
{
	struct order orders[MANY];
	struct fp_outcome outcome;

	fill(orders, MANY, 50, (struct order){ORDER_REPLY_AND_RAISE, signals[_i], 0});
	outcome = run_orders((struct fp_options){.processes = 2}, orders, MANY, 50, 1);
	ck_assert_int_eq(outcome.status, FP_OK);
}
END_TEST

START_TEST(test_forkpool_death_after_many_replies_keeps_them_all)
{
	/* Each reply is a frame of its own, more than are read from one worker at once; and the
	 * worker is dead before the first of them is read. */
	struct order orders[40];
	struct fp_item items[40];
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1, .width = 64});
	struct fp_result *result;
	siginfo_t info;
	pid_t pid;

	fill(orders, 40, 19, (struct order){ORDER_REPLY_AND_RAISE, SIGKILL, 0});
	for (int i = 0; i < 40; i++)
		items[i] = (struct fp_item){.data = &orders[i], .size = sizeof(orders[i])};
	result = fp_map_async(pool, items, 40, 1, NULL);
	ck_assert_uint_eq(fp_pids(pool, &pid, 1), 1);
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	ck_assert_int_eq(fp_result_wait(result, FP_FOREVER), 0);
	ck_assert_int_eq(fp_result_successful(result), 1);
	/* Nothing was done twice. */
	ck_assert_int_eq(atomic_load(&counters->begun), 40);
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_suspects_of_a_freed_iterator_are_forgotten)
{
	struct order orders[MANY];
	struct orders list = {.orders = orders, .count = MANY};
	struct fp_source source = {.next = orders_next, .context = &list};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1, .window_tasks = 32});
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 8);
	struct fp_item item = {.data = &orders[1], .size = sizeof(orders[1])};
	struct fp_outcome outcome;

	/* The first dies with its neighbours; then they are suspects, but for one that hangs. */
	for (int i = 0; i < MANY; i++)
		orders[i] = (struct order){ORDER_HANG, 0, 0};
	orders[0] = (struct order){ORDER_RAISE_AT_FIRST, SIGKILL, 1};
	outcome = next_outcome(iterator);
	ck_assert_uint_eq(outcome.tag, 0);
	fp_iterator_free(iterator);
	/* The pool is as good as new, once the hanging worker is out of the way. */
	while (atomic_load(&counters->begun) < 3)
		fp_pump(pool, 1);
	orders[1] = (struct order){ORDER_REPLY, 1, 0};
	ck_assert_uint_eq(fp_pids(pool, (pid_t[1]){0}, 1), 1);
	fp_result_free(fp_apply_async(pool, &item, NULL));
	fp_terminate(pool);
	ck_assert_int_eq(fp_join(pool), 0);
	fp_free(pool);
}
END_TEST

START_TEST(test_forkpool_death_before_a_task_costs_nothing)
{
	struct order orders[MANY];
	struct orders list = {.orders = orders, .count = MANY};
	struct fp_source source = {.next = orders_next, .context = &list};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2, .eager = true});
	struct fp_iterator *iterator;
	pid_t pids[2];

	ck_assert_uint_eq(fp_pids(pool, pids, 2), 2);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(kill(pids[i], signals[_i]), 0);
	fill(orders, MANY, 0, (struct order){ORDER_REPLY, 0, 0});
	iterator = fp_imap(pool, &source, 8);
	for (int i = 0; i < MANY; i++) {
		struct fp_outcome outcome = next_outcome(iterator);

		ck_assert_int_eq(reply_value(&outcome), i);
	}
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

/** Stops the worker that runs it, the first `times` times. */
static int reply_size(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	int size = (int)task->size;

	(void)context;
	return fp_worker_reply(worker, task->id, &size, sizeof(size));
}

START_TEST(test_forkpool_stopped_worker_is_replaced)
{
	struct order orders[MANY];
	struct fp_outcome outcome;

	fill(orders, MANY, 20, (struct order){ORDER_RAISE_AT_FIRST, SIGSTOP, 1});
	outcome =
		run_orders((struct fp_options){.processes = 2, .timeout = 50}, orders, MANY, 20, 4);
	ck_assert_int_eq(outcome.status, FP_OK);
	ck_assert_int_eq(atomic_load(&counters->tried), 2);
}
END_TEST

START_TEST(test_forkpool_hanging_task_times_out)
{
	struct order orders[MANY];
	struct fp_outcome outcome;

	fill(orders, MANY, 20, (struct order){ORDER_HANG, 0, 0});
	outcome =
		run_orders((struct fp_options){.processes = 2, .timeout = 20}, orders, MANY, 20, 4);
	ck_assert_int_eq(outcome.status, FP_TIMED_OUT);
	ck_assert_int_eq(outcome.error, ETIMEDOUT);
	/* That the pool itself killed its workers is no excuse. */
	expect_tries(atomic_load(&counters->hung), 3, false);
}
END_TEST

static int serve_slowly(struct fp_worker *worker, void *context)
{
	struct fp_task task;
	int got;

	(void)context;
	/* Alive all the time, though the task takes several time-outs. */
	while ((got = fp_worker_next(worker, FP_FOREVER, &task)) > 0) {
		for (int i = 0; i < 20; i++) {
			fp_worker_progress(worker, task.id, NULL, 0);
			poll(NULL, 0, 20);
		}
		fp_worker_reply(worker, task.id, NULL, 0);
	}
	return got;
}

START_TEST(test_forkpool_progress_holds_off_the_time_out)
{
	struct numbers numbers = {.count = 1};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool =
		open_pool((struct fp_options){.serve = serve_slowly, .timeout = _i ? 60 : 200});
	struct fp_iterator *iterator = fp_imap(pool, &source, 1);
	struct fp_outcome outcome = next_outcome(iterator);

	ck_assert_int_eq(outcome.status, FP_OK);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_time_out_does_not_count_while_nobody_looks)
{
	struct numbers numbers = {.count = 2};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1, .timeout = 10});
	struct fp_iterator *iterator = fp_imap(pool, &source, 1);
	struct fp_outcome outcome;
	pid_t pid;

	/* The worker stops, many time-outs pass without the loop being run, it goes on. */
	outcome = next_outcome(iterator);
	ck_assert_uint_eq(fp_pids(pool, &pid, 1), 1);
	fp_iterator_free(iterator);
	numbers.next = 0;
	iterator = fp_imap(pool, &source, 1);
	kill(pid, SIGSTOP);
	ck_assert_int_eq(fp_next(iterator, 0, &outcome), -1);
	poll(NULL, 0, 200);
	kill(pid, SIGCONT);
	outcome = next_outcome(iterator);
	ck_assert_int_eq(outcome.status, FP_OK);
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), 1);
	fp_pids(pool, &pid, 1);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

/** A worker that is stopped while it is sent a task longer than its channel. */
START_TEST(test_forkpool_time_out_while_a_long_task_is_sent)
{
	enum {
		SIZE = 8 << 20
	};
	struct fp_pool *pool = open_pool((struct fp_options){
		.processes = 1, .eager = true, .timeout = 50, .function = reply_size});
	char *data = calloc(1, SIZE);
	struct fp_item item = {.data = data, .size = SIZE};
	struct fp_outcome outcome;
	pid_t pid;

	ck_assert_uint_eq(fp_pids(pool, &pid, 1), 1);
	kill(pid, SIGSTOP);
	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_OK);
	ck_assert_int_eq(reply_value(&outcome), SIZE);
	free(data);
	close_pool(pool);
}
END_TEST

/** Takes ten time-outs, or, as many times as `*context` says, for ever. */
static int initialize_slowly(void *context)
{
	int calls = atomic_fetch_add(&counters->initialized, 1);

	if (calls < *(int *)context)
		hang();
	poll(NULL, 0, 300);
	return 0;
}

START_TEST(test_forkpool_slow_initializer_has_its_own_limit)
{
	int hanging = _i;
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1,
		.timeout = 30,
		.initializer = initialize_slowly,
		.context = &hanging,
		.initializer_timeout = hanging ? 2000 : 0});
	struct order order = {ORDER_REPLY, 7, 0};
	struct fp_item item = {.data = &order, .size = sizeof(order)};
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(reply_value(&outcome), 7);
	ck_assert_int_eq(atomic_load(&counters->initialized), hanging + 1);
	close_pool(pool);
}
END_TEST

static int die_at_once(void *context)
{
	(void)context;
	raise(SIGKILL);
	return 0;
}

/** Expect that nothing of an iteration ends well, and that it ends with `error`. */
static void expect_broken(struct fp_pool *pool, int error)
{
	struct numbers numbers = {.count = 1000};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 1);
	struct fp_outcome outcome;
	int result;

	while ((result = fp_next(iterator, FP_FOREVER, &outcome)) > 0) {
		ck_assert_int_eq(outcome.status, FP_CANCELLED);
		ck_assert_int_eq(outcome.error, error);
	}
	ck_assert_int_eq(result, -1);
	ck_assert_int_eq(errno, error);
	fp_iterator_free(iterator);
	/* Broken is broken. */
	ck_assert_ptr_null(fp_imap_unordered(pool, &source, 1));
	ck_assert_int_eq(errno, error);
	ck_assert_int_eq(fp_join(pool), 0);
	fp_free(pool);
}

START_TEST(test_forkpool_endless_deaths_break_the_pool)
{
	expect_broken(
		open_pool((struct fp_options){.processes = 2, .initializer = die_at_once}), ECHILD);
}
END_TEST

static int always_die(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)worker;
	(void)task;
	atomic_fetch_add(&counters->begun, 1);
	raise(*(int *)context);
	return 0;
}

static int abort_at_once(void *context)
{
	(void)context;
	atomic_fetch_add(&counters->initialized, 1);
	abort();
}

/** No task gets through. */
START_TEST(test_forkpool_respawn_budget_bounds_deaths_without_progress)
{
	expect_broken(open_pool((struct fp_options){
			      .processes = 2, .initializer = abort_at_once, .respawn_budget = 5}),
		ECHILD);
	/* The budget, the one too many, and those that ran beside it. */
	ck_assert_int_le(atomic_load(&counters->initialized), 5 + 1 + 1);
}
END_TEST

/** Where all tasks are deadly, so many are given up, and the pool breaks at the next one. */
START_TEST(test_forkpool_respawn_budget_bounds_tasks_given_up)
{
	struct numbers numbers = {.count = 30};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	int signal = signals[_i];
	struct fp_pool *pool = open_pool((struct fp_options){
		.processes = 2, .function = always_die, .context = &signal, .respawn_budget = 5});
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 1);
	struct fp_outcome outcome;
	int result, died = 0;

	while ((result = fp_next(iterator, FP_FOREVER, &outcome)) > 0) {
		died += outcome.status == FP_DIED;
		ck_assert(outcome.status == FP_DIED || outcome.status == FP_CANCELLED);
	}
	ck_assert_int_eq(result, -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(died, 5 + 1);
	fp_iterator_free(iterator);
	fp_free(pool);
}
END_TEST

/** Run tasks of which some are deadly: these die, all others are answered. */
static void run_with_deadly(bool (*is_deadly)(size_t index), size_t count, size_t chunk)
{
	struct order *orders = calloc(count, sizeof(*orders));
	struct orders list = {.orders = orders, .count = count};
	struct fp_source source = {.next = orders_next, .context = &list};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_iterator *iterator;

	ck_assert_ptr_nonnull(orders);
	for (size_t i = 0; i < count; i++)
		orders[i] = is_deadly(i) ? (struct order){ORDER_RAISE_AT_FIRST, SIGABRT, 1 << 20}
					 : (struct order){ORDER_REPLY, (int)i, 0};
	iterator = fp_imap(pool, &source, chunk);
	for (size_t i = 0; i < count; i++) {
		struct fp_outcome outcome = next_outcome(iterator);

		ck_assert_uint_eq(outcome.tag, i);
		if (is_deadly(i))
			ck_assert_int_eq(outcome.status, FP_DIED);
		else
			ck_assert_int_eq(reply_value(&outcome), (int)i);
	}
	fp_iterator_free(iterator);
	close_pool(pool);
	free(orders);
}

static bool is_among_first(size_t index)
{
	return index < 12;
}

static bool is_in_the_middle(size_t index)
{
	return index >= 500 && index < 512;
}

/** One in five, without a pattern. */
static bool is_every_fifth(size_t index)
{
	return (index * 2654435761U >> 7) % 5 == 0;
}

START_TEST(test_forkpool_crashing_tasks_end_no_innocent_one)
{
	bool (*const deadly[])(size_t) = {is_among_first, is_in_the_middle, is_every_fifth};

	run_with_deadly(deadly[_i / 2], _i < 4 ? 1000 : 200, _i % 2 ? 20 : 1);
}
END_TEST

/** Dies of every task, having told that it is under way. */
static int progress_and_die(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)context;
	fp_worker_progress(worker, task->id, NULL, 0);
	abort();
}

START_TEST(test_forkpool_progress_keeps_the_pool_from_breaking)
{
	struct numbers numbers = {.count = 20};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool = open_pool((struct fp_options){
		.processes = 2, .function = progress_and_die, .respawn_budget = 5});
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 1);

	for (size_t i = 0; i < numbers.count; i++) {
		struct fp_outcome outcome = next_outcome(iterator);

		ck_assert_int_eq(outcome.status, FP_DIED);
		ck_assert_int_eq(outcome.signal, SIGABRT);
	}
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

static int fail_to_start(void *context)
{
	(void)context;
	atomic_fetch_add(&counters->initialized, 1);
	errno = EDOM;
	return -1;
}

START_TEST(test_forkpool_failing_initializer_ends_the_pool)
{
	expect_broken(
		open_pool((struct fp_options){.processes = 2, .initializer = fail_to_start}), EDOM);
	ck_assert_int_le(atomic_load(&counters->initialized), 2);
}
END_TEST

static int count_start(void *context)
{
	(void)context;
	atomic_fetch_add(&counters->initialized, 1);
	return 0;
}

START_TEST(test_forkpool_initializer_runs_in_every_worker)
{
	struct order orders[MANY];

	fill(orders, MANY, 20, (struct order){ORDER_RAISE_AT_FIRST, SIGKILL, 3});
	run_orders((struct fp_options){.processes = 1, .initializer = count_start}, orders, MANY,
		20, 4);
	ck_assert_int_eq(atomic_load(&counters->initialized), 4);
}
END_TEST

/** Sends a frame of its own on every socket that it finds, and serves on. */
static int send_everywhere(const void *frame, size_t size)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!directory)
		return -1;
	while ((entry = readdir(directory)))
		channel_send((int)strtol(entry->d_name, NULL, 10), frame, size);
	closedir(directory);
	return 0;
}

/** The worker lies, the first time; its parent must not believe it. */
static int lie(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	unsigned char bytes[256];
	struct frame_writer frame;
	struct record record = {.id = task->id + 12345, .data = "x", .size = 1, .total = 1};

	if (atomic_fetch_add(&counters->tried, 1) > 0)
		return obey(worker, task, NULL);
	frame_write(&frame, bytes, sizeof(bytes));
	switch (*(int *)context) {
	case 0:
		/* No such kind. */
		frame_put_u8(&frame, 99);
		break;
	case 1:
		/* Half a record. */
		frame_put_u8(&frame, FRAME_REPLIES);
		frame_put_u32(&frame, 0);
		frame_put_u32(&frame, 1);
		break;
	case 2:
		/* A record that claims more than it has. */
		record.total = 1000000;
		frame_put_u8(&frame, FRAME_REPLIES);
		frame_put_u32(&frame, 0);
		protocol_put(&frame, &record);
		break;
	case 3:
		/* A reply to a task that it does not hold. */
		frame_put_u8(&frame, FRAME_REPLIES);
		frame_put_u32(&frame, 0);
		protocol_put(&frame, &record);
		break;
	case 4:
		/* Progress of one. */
		frame_put_u8(&frame, FRAME_PROGRESS);
		protocol_put(&frame, &record);
		break;
	case 5:
		/* The rest of nothing. */
		frame_put_u8(&frame, FRAME_MORE);
		frame_put_u32(&frame, 0);
		break;
	case 6:
		/* A long reply without end. */
		record.total = UINT32_MAX;
		frame_put_u8(&frame, FRAME_LONG_REPLY);
		frame_put_u32(&frame, 0);
		protocol_put(&frame, &record);
		break;
	default:
		frame_put_u8(&frame, FRAME_NOT_READY);
		break;
	}
	if (send_everywhere(bytes, frame_size(&frame)) < 0)
		return -1;
	hang();
	return 0;
}

START_TEST(test_forkpool_malformed_frames_end_that_worker_only)
{
	struct order orders[MANY];

	fill(orders, MANY, 20, (struct order){ORDER_REPLY, 20, 0});
	run_orders((struct fp_options){.processes = 2, .function = lie, .context = &_i}, orders,
		MANY, MANY, 4);
	ck_assert_int_gt(atomic_load(&counters->tried), MANY);
}
END_TEST

/** Lies whenever it is given the argument that the context says. */
static int lie_of_one(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	struct order order;

	memcpy(&order, task->data, sizeof(order));
	if (order.value != *(int *)context)
		return obey(worker, task, NULL);
	atomic_fetch_add(&counters->other, 1);
	if (send_everywhere("?", 1) < 0)
		return -1;
	hang();
	return 0;
}

START_TEST(test_forkpool_task_that_makes_liars_is_given_up)
{
	struct order orders[MANY];
	struct fp_outcome outcome;
	int guilty = 20;

	fill(orders, MANY, 20, (struct order){ORDER_REPLY, guilty, 0});
	outcome = run_orders(
		(struct fp_options){.processes = 2, .function = lie_of_one, .context = &guilty},
		orders, MANY, 20, 4);
	ck_assert_int_eq(outcome.status, FP_DIED);
	/* That the pool itself killed them is no excuse. */
	ck_assert_int_eq(atomic_load(&counters->other), 4);
}
END_TEST

START_TEST(test_forkpool_half_a_reply_before_death_is_dropped)
{
	/* Many times what is read from one worker at once, and what its channel holds. */
	struct order order = {ORDER_LONG_REPLY, 10 << 20, 0};
	struct fp_item item = {.data = &order, .size = sizeof(order)};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1});
	struct fp_result *result = fp_apply_async(pool, &item, NULL);
	struct fp_outcome outcome;
	size_t right = 0;

	while (!pool->workers.places[0]->reply)
		ck_assert_int_eq(fp_pump(pool, 1000), 1);
	ck_assert_int_eq(kill(pool->workers.places[0]->process.pid, SIGKILL), 0);
	ck_assert_int_eq(fp_result_get(result, FP_FOREVER, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_OK);
	while (right < outcome.size &&
		((const unsigned char *)outcome.data)[right] == pattern(right))
		right++;
	ck_assert_uint_eq(right, (size_t)order.value);
	ck_assert_int_eq(atomic_load(&counters->begun), 2);
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

static int leave_channel(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	if (atomic_fetch_add(&counters->tried, 1) > 0)
		return obey(worker, task, context);
	for (int fd = 3; fd < 100; fd++)
		close(fd);
	hang();
	return 0;
}

START_TEST(test_forkpool_worker_that_closes_its_channel_is_replaced)
{
	struct order orders[MANY];

	fill(orders, MANY, 20, (struct order){ORDER_REPLY, 20, 0});
	run_orders((struct fp_options){.processes = 2, .function = leave_channel}, orders, MANY,
		MANY, 4);
}
END_TEST

/** Closes all descriptors, or is another program from now on, each time. */
static int always_leave(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)worker;
	(void)task;
	atomic_fetch_add(&counters->begun, 1);
	if (*(int *)context)
		execl("/bin/sleep", "sleep", "1000", (char *)NULL);
	for (int fd = 3; fd < 100; fd++)
		close(fd);
	hang();
	return 0;
}

START_TEST(test_forkpool_task_that_leaves_the_channel_is_given_up)
{
	struct order order = {ORDER_REPLY, 1, 0};
	struct fp_item item = {.data = &order, .size = sizeof(order)};
	int executes = _i;
	struct fp_pool *pool = open_pool((struct fp_options){
		.processes = 2, .function = always_leave, .context = &executes});
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_DIED);
	ck_assert_int_eq(atomic_load(&counters->begun), 3);
	close_pool(pool);
}
END_TEST

/** Leaves a grandchild behind that holds the socket, and dies. */
static int leave_grandchild(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	if (atomic_fetch_add(&counters->tried, 1) > 0)
		return obey(worker, task, context);
	if (fork() == 0) {
		setpgid(0, 0);
		atomic_store(&counters->other, getpid());
		hang();
	}
	while (atomic_load(&counters->other) == 0)
		poll(NULL, 0, 1);
	raise(SIGKILL);
	return 0;
}

START_TEST(test_forkpool_grandchild_with_the_socket_does_not_hang_it)
{
	struct order orders[MANY];

	fill(orders, MANY, 20, (struct order){ORDER_REPLY, 20, 0});
	run_orders((struct fp_options){.processes = 2, .function = leave_grandchild}, orders, MANY,
		MANY, 4);
	ck_assert_int_eq(kill(atomic_load(&counters->other), SIGKILL), 0);
}
END_TEST

START_TEST(test_forkpool_works_where_sigchld_is_ignored)
{
	struct order orders[MANY];
	struct fp_outcome outcome;

	signal(SIGCHLD, SIG_IGN);
	fill(orders, MANY, 20, (struct order){ORDER_RAISE_AT_FIRST, SIGKILL, 1});
	outcome = run_orders((struct fp_options){.processes = 2}, orders, MANY, 20, 4);
	ck_assert_int_eq(outcome.status, FP_OK);
	signal(SIGCHLD, SIG_DFL);
}
END_TEST

static int count(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)worker;
	(void)task;
	(void)context;
	atomic_fetch_add(&counters->begun, 1);
	return 0;
}

START_TEST(test_forkpool_full_channel_of_a_stopped_worker_delays_nobody)
{
	/* More than its socket holds, while it is stopped; the other does all but the one that it
	 * is left with. */
	enum {
		SIZE = 50000,
		COUNT = 64
	};
	static unsigned char payload[SIZE];
	struct fp_item items[COUNT];
	struct fp_pool *pool = open_pool(
		(struct fp_options){.processes = 2, .function = count, .eager = true, .width = 16});
	struct fp_result *result;
	pid_t pids[2];

	for (int i = 0; i < COUNT; i++)
		items[i] = (struct fp_item){.data = payload, .size = SIZE};
	fp_pids(pool, pids, 2);
	kill(pids[0], SIGSTOP);
	result = fp_map_async(pool, items, COUNT, 1, NULL);
	ck_assert_ptr_nonnull(result);
	ck_assert(pool->workers.places[0]->blocked);
	while (atomic_load(&counters->begun) < COUNT - 1)
		ck_assert_int_eq(fp_pump(pool, 10), 1);
	kill(pids[0], SIGCONT);
	ck_assert_int_eq(fp_result_wait(result, FP_FOREVER), 0);
	ck_assert_int_eq(fp_result_successful(result), 1);
	ck_assert_int_eq(atomic_load(&counters->begun), COUNT);
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_every_worker_killed_again_and_again)
{
	struct numbers numbers = {.count = 20000};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 3});
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 5);

	for (size_t i = 0; i < numbers.count; i++) {
		struct fp_outcome outcome = next_outcome(iterator);
		pid_t pids[3];

		ck_assert_int_eq(reply_value(&outcome), (int)outcome.tag);
		/* A kill at every 400th outcome: each task is killed alone three times hardly ever,
		 * as hundreds finish between two kills. */
		for (size_t n = i % 400 == 0 ? fp_pids(pool, pids, 3) : 0; n-- > 0;)
			kill(pids[n], SIGKILL);
	}
	fp_iterator_free(iterator);
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

START_TEST(test_forkpool_goes_on_with_the_workers_that_can_be_started)
{
	struct order orders[MANY];
	struct rlimit limit;

	/* Pool: epoll and timer. Worker: four ends, a pidfd; one end is closed again. */
	getrlimit(RLIMIT_NOFILE, &limit);
	limit_descriptors(2 + 2 * 4 + 1);
	fill(orders, MANY, 20, (struct order){ORDER_REPLY, 20, 0});
	run_orders((struct fp_options){.processes = 8}, orders, MANY, MANY, 1);
	setrlimit(RLIMIT_NOFILE, &limit);
}
END_TEST

START_TEST(test_forkpool_no_worker_at_all_is_an_error)
{
	struct fp_options options = {.processes = 2, .function = obey};
	struct rlimit limit;
	struct fp_pool *pool;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit_descriptors(0);
	ck_assert_ptr_null(fp_open(&options));
	ck_assert_int_eq(errno, EMFILE);
	setrlimit(RLIMIT_NOFILE, &limit);

	limit_descriptors(3);
	options.eager = true;
	ck_assert_ptr_null(fp_open(&options));
	ck_assert_int_eq(errno, EMFILE);
	options.eager = false;
	pool = fp_open(&options);
	ck_assert_ptr_nonnull(pool);
	expect_broken(pool, EMFILE);
	setrlimit(RLIMIT_NOFILE, &limit);
}
END_TEST

/** As a user that may have this many processes, the caller included: count replies. @return how
 * many */
static int replies_with_processes(rlim_t processes)
{
	struct order orders[MANY];
	struct orders given = {.orders = orders, .count = MANY};
	struct fp_source source = {.next = orders_next, .context = &given};
	struct fp_options options = {.processes = 4, .function = obey};
	struct rlimit limit = {processes, processes};
	struct fp_outcome outcome;
	int replies = 0;

	fill(orders, MANY, 20, (struct order){ORDER_REPLY, 20, 0});
	/* A user of nobody else's. The limit does not hold for root. */
	if (setresuid(54321, 54321, 54321) != 0 || setrlimit(RLIMIT_NPROC, &limit) != 0)
		return -1;
	struct fp_pool *pool = fp_open(&options);
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 1);
	while (fp_next(iterator, FP_FOREVER, &outcome) > 0)
		replies += outcome.status == FP_OK;
	fp_iterator_free(iterator);
	fp_free(pool);
	return replies;
}

START_TEST(test_forkpool_goes_on_with_the_processes_that_the_user_may_have)
{
	/* The host and one worker; then the host alone. */
	for (rlim_t processes = 2; processes > 0; processes--) {
		int status;
		pid_t host;

		if (getuid() != 0) {
			puts("skipped: needs root, to become a user without processes");
			return;
		}
		host = fork();
		if (host == 0)
			_exit(replies_with_processes(processes) == (processes > 1 ? MANY : 0));
		ck_assert_int_eq(waitpid(host, &status, 0), host);
		ck_assert(WIFEXITED(status));
		ck_assert_int_eq(WEXITSTATUS(status), 1);
	}
}
END_TEST

/** After that the kernel no longer kills the process when its parent dies. */
static int give_up_privileges(void *context)
{
	(void)context;
	return geteuid() == 0 ? setresuid(65534, 65534, 65534) : 0;
}

START_TEST(test_forkpool_workers_do_not_outlive_a_killed_parent)
{
	int parent_end, child_end;
	unsigned char frame[CHANNEL_FRAME_MAX];
	pid_t host;

	ck_assert_int_eq(channel_open(&parent_end, &child_end), 0);
	host = fork();
	if (host == 0) {
		struct order order = {ORDER_HANG, 0, 0};
		struct fp_options options = {.processes = 3,
			.function = obey,
			.eager = true,
			.initializer = _i ? give_up_privileges : NULL};
		struct fp_item item = {.data = &order, .size = sizeof(order)};
		struct fp_pool *pool;

		close(parent_end);
		pool = fp_open(&options);
		for (int i = 0; pool && i < 3; i++)
			fp_apply_async(pool, &item, NULL);
		while (atomic_load(&counters->begun) < 3)
			poll(NULL, 0, 1);
		raise(SIGKILL);
	}
	close(child_end);
	ck_assert_int_eq(waitpid(host, NULL, 0), host);
	ck_assert_int_eq(atomic_load(&counters->begun), 3);
	/* The end of the channel comes when the last process that has its other end is gone. */
	ck_assert_int_eq(channel_wait(parent_end, POLLIN, -1), POLLIN);
	ck_assert_int_eq(channel_receive(parent_end, frame), 0);
	close(parent_end);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forkpool_faults");
	TCase *test_case;

	test_case = orders_case(suite, "death");
	tcase_add_loop_test(test_case, test_forkpool_death_during_a_task_is_retried, 0, 4);
	tcase_add_loop_test(test_case, test_forkpool_deadly_task_dies_alone_three_times, 0, 4);
	tcase_add_test(test_case, test_forkpool_task_that_was_killed_often_is_not_given_up);
	tcase_add_test(test_case, test_forkpool_exit_is_a_death_with_its_code);
	tcase_add_loop_test(test_case, test_forkpool_attempts_are_an_option, 0, 2);
	tcase_add_loop_test(test_case, test_forkpool_once_is_once, 0, 2);
	tcase_add_test(test_case, test_forkpool_once_is_not_what_was_not_begun);
	tcase_add_loop_test(test_case, test_forkpool_death_after_a_reply_keeps_it, 0, 2);
	tcase_add_test(test_case, test_forkpool_death_after_many_replies_keeps_them_all);
	tcase_add_test(test_case, test_forkpool_suspects_of_a_freed_iterator_are_forgotten);
	tcase_add_loop_test(test_case, test_forkpool_death_before_a_task_costs_nothing, 0, 2);
	tcase_add_loop_test(test_case, test_forkpool_workers_do_not_outlive_a_killed_parent, 0, 2);

	test_case = orders_case(suite, "host");
	tcase_add_test(test_case, test_forkpool_works_where_sigchld_is_ignored);
	tcase_add_test(test_case, test_forkpool_grandchild_with_the_socket_does_not_hang_it);

	test_case = orders_case(suite, "deaths in a row");
	tcase_add_test(test_case, test_forkpool_endless_deaths_break_the_pool);
	tcase_add_test(test_case, test_forkpool_respawn_budget_bounds_deaths_without_progress);
	tcase_add_loop_test(test_case, test_forkpool_respawn_budget_bounds_tasks_given_up, 0, 2);
	tcase_add_loop_test(test_case, test_forkpool_crashing_tasks_end_no_innocent_one, 0, 6);
	tcase_add_test(test_case, test_forkpool_progress_keeps_the_pool_from_breaking);
	tcase_add_test(test_case, test_forkpool_every_worker_killed_again_and_again);

	test_case = orders_case(suite, "silence");
	tcase_add_test(test_case, test_forkpool_stopped_worker_is_replaced);
	tcase_add_test(test_case, test_forkpool_hanging_task_times_out);
	tcase_add_loop_test(test_case, test_forkpool_progress_holds_off_the_time_out, 0, 2);
	tcase_add_test(test_case, test_forkpool_time_out_while_a_long_task_is_sent);
	tcase_add_loop_test(test_case, test_forkpool_slow_initializer_has_its_own_limit, 0, 2);
	tcase_add_test(test_case, test_forkpool_time_out_does_not_count_while_nobody_looks);
	tcase_add_test(test_case, test_forkpool_full_channel_of_a_stopped_worker_delays_nobody);

	test_case = orders_case(suite, "nonsense");
	tcase_add_loop_test(test_case, test_forkpool_malformed_frames_end_that_worker_only, 0, 8);
	tcase_add_test(test_case, test_forkpool_task_that_makes_liars_is_given_up);
	tcase_add_test(test_case, test_forkpool_worker_that_closes_its_channel_is_replaced);
	tcase_add_loop_test(
		test_case, test_forkpool_task_that_leaves_the_channel_is_given_up, 0, 2);

	test_case = orders_case(suite, "half a reply");
	tcase_add_test(test_case, test_forkpool_half_a_reply_before_death_is_dropped);

	test_case = orders_case(suite, "initializer");
	tcase_add_test(test_case, test_forkpool_failing_initializer_ends_the_pool);
	tcase_add_test(test_case, test_forkpool_initializer_runs_in_every_worker);

	test_case = orders_case(suite, "start");
	tcase_add_test(test_case, test_forkpool_goes_on_with_the_workers_that_can_be_started);
	tcase_add_test(test_case, test_forkpool_no_worker_at_all_is_an_error);
	tcase_add_test(test_case, test_forkpool_goes_on_with_the_processes_that_the_user_may_have);

	return suite_run(suite);
}
