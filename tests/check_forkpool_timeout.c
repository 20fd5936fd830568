/* Time-outs of single tasks, beside that of the pool. */
#include "pool_orders.h"

#include "forkpool/clock.h"
#include "forkpool/state.h"
#include "suite.h"

#include <poll.h>
#include <sched.h>

enum {
	MINUTES = 3600000,
	SHORT = 60
};

/** What a task of these tests does. */
enum deed {
	/** Reply. */
	DONE,
	/** Wait until the parent has set counters->other, and reply. */
	WAIT,
	/** Wait for ever. */
	HANG,
	/** Hang when it is tried first, then reply. */
	HANG_ONCE,
};

static int act(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	enum deed deed;

	(void)context;
	memcpy(&deed, task->data, sizeof(deed));
	atomic_fetch_add(&counters->begun, 1);
	if (deed == HANG || (deed == HANG_ONCE && atomic_fetch_add(&counters->tried, 1) == 0)) {
		atomic_fetch_add(&counters->hung, 1);
		hang();
	}
	while (deed == WAIT && atomic_load(&counters->other) == 0)
		sched_yield();
	return fp_worker_reply(worker, task->id, NULL, 0);
}

static struct fp_pool *open_acting(unsigned processes, unsigned timeout, unsigned attempts)
{
	return open_pool((struct fp_options){
		.function = act, .processes = processes, .timeout = timeout, .attempts = attempts});
}

static struct fp_result *submit(
	struct fp_pool *pool, const enum deed *deeds, const unsigned *timeouts, size_t count)
{
	struct fp_item items[4];
	struct fp_result *result;

	for (size_t i = 0; i < count; i++)
		items[i] = (struct fp_item){
			.data = &deeds[i], .size = sizeof(deeds[i]), .timeout = timeouts[i]};
	result = fp_map_async(pool, items, count, count, NULL);
	ck_assert_ptr_nonnull(result);
	return result;
}

static struct fp_result *submit_one(struct fp_pool *pool, enum deed deed, unsigned timeout)
{
	return submit(pool, &deed, &timeout, 1);
}

/** Wait for a result, check its outcomes in order, and free it. */
static void check_result(struct fp_result *result, const enum fp_status *statuses, size_t count)
{
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_result_wait(result, FP_FOREVER), 0);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(fp_result_at(result, i, &outcome), 0);
		ck_assert_int_eq(outcome.status, statuses[i]);
		ck_assert_int_eq(outcome.error, statuses[i] == FP_TIMED_OUT ? ETIMEDOUT : 0);
	}
	fp_result_free(result);
}

static void check_one(struct fp_result *result, enum fp_status status)
{
	check_result(result, &status, 1);
}

/** Pools with a long time-out, and with none. */
static const unsigned long_timeouts[] = {MINUTES, 0};

START_TEST(test_forkpool_timeout_of_a_task_may_be_shorter)
{
	struct fp_pool *pool = open_acting(1, long_timeouts[_i], 0);

	check_one(submit_one(pool, HANG, SHORT), FP_TIMED_OUT);
	/* After its attempts, each alone. */
	ck_assert_int_eq(atomic_load(&counters->hung), 3);
	check_one(submit_one(pool, HANG_ONCE, SHORT), FP_OK);
	check_one(submit_one(pool, DONE, 0), FP_OK);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_timeout_of_a_task_may_be_longer)
{
	struct fp_pool *pool = open_acting(2, SHORT, 1);
	struct fp_result *waits = submit_one(pool, WAIT, MINUTES);

	/* While it waits, two others come to the end of the pool's time, one after the other. */
	while (atomic_load(&counters->begun) == 0)
		ck_assert_int_ge(fp_pump(pool, 1), 0);
	check_one(submit_one(pool, HANG, 0), FP_TIMED_OUT);
	check_one(submit_one(pool, HANG, 0), FP_TIMED_OUT);
	atomic_store(&counters->other, 1);
	check_one(waits, FP_OK);
	ck_assert_int_eq(atomic_load(&counters->begun), 3);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_timeout_holds_for_its_task_of_a_chunk)
{
	static const enum deed deeds[] = {DONE, WAIT, DONE};
	static const enum fp_status good[] = {FP_OK, FP_OK, FP_OK};
	const unsigned timeouts[] = {5 * SHORT, 0, MINUTES};
	struct fp_pool *pool = open_acting(2, long_timeouts[_i], 2);
	struct fp_result *chunk = submit(pool, deeds, timeouts, 3);

	while (atomic_load(&counters->begun) < 2)
		ck_assert_int_ge(fp_pump(pool, 1), 0);
	/* Twice as long as the first may take: that was replied to, and its time-out is not that of the
	 * second. */
	check_one(submit_one(pool, HANG, 5 * SHORT), FP_TIMED_OUT);
	atomic_store(&counters->other, 1);
	check_result(chunk, good, 3);
	ck_assert_int_eq(atomic_load(&counters->begun), 3 + atomic_load(&counters->hung));
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_timeout_finds_the_silent_task_of_a_chunk)
{
	static const enum deed deeds[] = {DONE, DONE, HANG, DONE};
	static const enum fp_status statuses[] = {FP_OK, FP_OK, FP_TIMED_OUT, FP_OK};
	const unsigned timeouts[] = {0, MINUTES, SHORT, 0};
	struct fp_pool *pool = open_acting(1, long_timeouts[_i], 0);

	check_result(submit(pool, deeds, timeouts, 4), statuses, 4);
	/* With others, then alone. */
	ck_assert_int_eq(atomic_load(&counters->hung), 4);
	/* What was replied to was not tried again. */
	ck_assert_int_eq(atomic_load(&counters->begun), 7);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_timeout_behind_a_task_without_one)
{
	static const enum deed deeds[] = {WAIT, HANG};
	static const enum fp_status statuses[] = {FP_OK, FP_TIMED_OUT};
	const unsigned timeouts[] = {0, SHORT};
	struct fp_pool *pool = open_acting(1, 0, 1);
	struct fp_result *chunk = submit(pool, deeds, timeouts, 2);

	/* Ticks go on meanwhile. */
	for (int i = 0; i < 5; i++) {
		struct pollfd fd = {.fd = fp_fd(pool), .events = POLLIN};

		ck_assert_int_eq(poll(&fd, 1, -1), 1);
		ck_assert_int_eq(fp_pump(pool, 0), 1);
	}
	atomic_store(&counters->other, 1);
	check_result(chunk, statuses, 2);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_timeout_of_a_long_argument)
{
	enum {
		LONG = 1000000
	};
	static enum deed data[LONG / sizeof(enum deed)];
	struct fp_item item = {.data = data, .size = LONG, .timeout = SHORT};
	struct fp_pool *pool = open_pool(
		(struct fp_options){.function = act, .processes = 1, .eager = true, .attempts = 1});
	struct fp_outcome outcome;
	pid_t worker;

	ck_assert_uint_eq(fp_pids(pool, &worker, 1), 1);
	while (pool->workers.places[0]->state != WORKER_READY)
		ck_assert_int_ge(fp_pump(pool, 10), 0);
	/* It does not receive it, so it is replaced. */
	ck_assert_int_eq(kill(worker, SIGSTOP), 0);
	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(outcome.status, FP_OK);
	ck_assert_int_eq(atomic_load(&counters->begun), 1);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_timeout_ticks_are_as_short_as_needed)
{
	struct fp_pool *pool = open_acting(2, MINUTES, 1);
	struct fp_result *other = submit_one(pool, WAIT, 0), *result;
	unsigned longest = pool->ticker.tick;

	result = submit_one(pool, HANG, SHORT);
	ck_assert_uint_lt(pool->ticker.tick, longest);
	ck_assert_uint_lt(pool->ticker.tick, SHORT / 4);
	check_one(result, FP_TIMED_OUT);
	/* And not for longer: the other one needs long ones. */
	while (pool->ticker.tick < longest)
		ck_assert_int_ge(fp_pump(pool, 10), 0);
	atomic_store(&counters->other, 1);
	check_one(other, FP_OK);
	close_pool(pool);
}
END_TEST

/** A source of `MANY` tasks with time-outs of all kinds, of which some hang. */
enum {
	MANY = 1000,
	HANGS = 5
};

static int many_next(void *context, struct fp_item *item)
{
	static enum deed deed;
	unsigned *number = context;

	if (*number == MANY)
		return 0;
	deed = *number % (MANY / HANGS) == 77 ? HANG : DONE;
	*item = (struct fp_item){.data = &deed,
		.size = sizeof(deed),
		.tag = *number,
		.timeout = deed == HANG ? SHORT + *number % 7 : *number % 3 * 2000};
	++*number;
	return 1;
}

START_TEST(test_forkpool_timeout_of_a_thousand_tasks)
{
	static const size_t chunks[] = {1, 20};
	unsigned number = 0, timed_out = 0;
	struct fp_source source = {.next = many_next, .context = &number};
	struct fp_pool *pool = open_acting(2, long_timeouts[_i / 2], 2);
	struct fp_iterator *iterator = fp_imap(pool, &source, chunks[_i % 2]);

	for (unsigned i = 0; i < MANY; i++) {
		struct fp_outcome outcome = next_outcome(iterator);

		ck_assert_uint_eq(outcome.tag, i);
		ck_assert_int_eq(outcome.status, i % (MANY / HANGS) == 77 ? FP_TIMED_OUT : FP_OK);
		timed_out += outcome.status == FP_TIMED_OUT;
	}
	ck_assert_uint_eq(timed_out, HANGS);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

static void count_progress(void *context, uint64_t tag, const void *data, size_t size)
{
	(void)tag;
	(void)data;
	(void)size;
	++*(int *)context;
}

/** Send progress twice, 20 ms apart at the least. */
static int send_two(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	int64_t start;

	(void)context;
	fp_worker_progress(worker, task->id, NULL, 0);
	start = clock_ns();
	while (clock_ns() - start < 20000000)
		sched_yield();
	fp_worker_progress(worker, task->id, NULL, 0);
	return 0;
}

START_TEST(test_forkpool_timeout_lets_progress_hold_it_off)
{
	int count = 0;
	struct fp_pool *pool = open_pool((struct fp_options){.function = send_two,
		.processes = 1,
		.progress = count_progress,
		.context = &count});
	struct fp_item item = {.timeout = 60};
	struct fp_outcome outcome;

	/* Progress is sent four times in a time-out, so neither of the two is dropped. */
	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	if (outcome.status == FP_OK)
		ck_assert_int_ge(count, 2);
	close_pool(pool);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forkpool_timeout");
	TCase *test_case = orders_case(suite, "time-outs of tasks");

	tcase_add_loop_test(test_case, test_forkpool_timeout_of_a_task_may_be_shorter, 0, 2);
	tcase_add_test(test_case, test_forkpool_timeout_of_a_task_may_be_longer);
	tcase_add_loop_test(test_case, test_forkpool_timeout_holds_for_its_task_of_a_chunk, 0, 2);
	tcase_add_loop_test(
		test_case, test_forkpool_timeout_finds_the_silent_task_of_a_chunk, 0, 2);
	tcase_add_test(test_case, test_forkpool_timeout_behind_a_task_without_one);
	tcase_add_test(test_case, test_forkpool_timeout_of_a_long_argument);
	tcase_add_test(test_case, test_forkpool_timeout_ticks_are_as_short_as_needed);
	tcase_add_loop_test(test_case, test_forkpool_timeout_of_a_thousand_tasks, 0, 4);
	tcase_add_test(test_case, test_forkpool_timeout_lets_progress_hold_it_off);
	return suite_run(suite);
}
