/* What forkpool.h and forkpool(3) tell how to do: state of a worker, limits, several functions, standard
 * input as a source, an idle pool in a loop. */
#include "pool_orders.h"

#include "suite.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>

enum {
	TASKS = 100,
	MEBIBYTE = 1 << 20
};

/* State of a worker */

struct state {
	pid_t pid;
	int tasks;
};

static int make_state(void *context)
{
	struct state **state = context;

	*state = calloc(1, sizeof(**state));
	if (!*state)
		return -1;
	(*state)->pid = getpid();
	return 0;
}

static int use_state(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	struct state *state = *(struct state **)context;

	state->tasks++;
	return fp_worker_reply(worker, task->id, state, sizeof(*state));
}

static void free_state(void *context)
{
	struct state **state = context;

	atomic_fetch_add(&counters->other, (*state)->tasks);
	free(*state);
}

START_TEST(test_forkpool_state_of_a_worker_is_its_own)
{
	struct state *state = NULL;
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2,
		.eager = true,
		.initializer = make_state,
		.function = use_state,
		.finalizer = free_state,
		.context = &state});
	struct fp_item items[TASKS] = {0};
	struct fp_result *result = fp_map(pool, items, TASKS, 1);
	bool seen[2][TASKS + 1] = {0};
	pid_t pids[2];

	ck_assert_uint_eq(fp_pids(pool, pids, 2), 2);
	for (size_t i = 0; i < TASKS; i++) {
		struct fp_outcome outcome;
		struct state told;

		ck_assert_int_eq(fp_result_at(result, i, &outcome), 0);
		ck_assert_int_eq(outcome.status, FP_OK);
		memcpy(&told, outcome.data, sizeof(told));
		ck_assert(told.pid == pids[0] || told.pid == pids[1]);
		/* Each worker has counted its own. */
		ck_assert(told.tasks > 0 && told.tasks <= TASKS);
		ck_assert(!seen[told.pid == pids[1]][told.tasks]);
		seen[told.pid == pids[1]][told.tasks] = true;
	}
	fp_result_free(result);
	close_pool(pool);
	/* The finalizers have seen it, and the parent has not. */
	ck_assert_int_eq(atomic_load(&counters->other), TASKS);
	ck_assert_ptr_null(state);
}
END_TEST

/* A limit of memory */

static int limit_memory(void *context)
{
	const struct rlimit limit = {512 * (rlim_t)MEBIBYTE, 512 * (rlim_t)MEBIBYTE};

	(void)context;
	return setrlimit(RLIMIT_AS, &limit);
}

/** Use as many MiB as the argument says; without them, fail, or die where that is negative. */
static int use_memory(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	/* Or clang leaves it out. */
	void *volatile memory;
	int amount;

	(void)context;
	memcpy(&amount, task->data, sizeof(amount));
	memory = malloc((size_t)abs(amount) * MEBIBYTE);
	if (!memory && amount < 0)
		abort();
	if (!memory)
		return -1;
	free(memory);
	return fp_worker_reply(worker, task->id, &amount, sizeof(amount));
}

START_TEST(test_forkpool_memory_of_a_worker_can_be_limited)
{
	int amounts[TASKS];
	struct fp_item items[TASKS];
	struct fp_pool *pool;
	struct fp_result *result;

	/* Sanitizers need more than any limit. */
	if (!memory_tells())
		return;
	pool = open_pool((struct fp_options){.processes = 2,
		.initializer = limit_memory,
		.function = use_memory,
		.attempts = 1});
	for (int i = 0; i < TASKS; i++) {
		amounts[i] = i % 30 == 7 ? 1024 : i % 30 == 20 ? -1024 : 1;
		items[i] = (struct fp_item){.data = &amounts[i], .size = sizeof(int)};
	}
	result = fp_map(pool, items, TASKS, 4);
	for (size_t i = 0; i < TASKS; i++) {
		struct fp_outcome outcome;

		ck_assert_int_eq(fp_result_at(result, i, &outcome), 0);
		if (amounts[i] == 1) {
			ck_assert_int_eq(reply_value(&outcome), 1);
		} else if (amounts[i] > 0) {
			ck_assert_int_eq(outcome.status, FP_FAILED);
			ck_assert_int_eq(outcome.error, ENOMEM);
		} else {
			ck_assert_int_eq(outcome.status, FP_DIED);
			ck_assert_int_eq(outcome.signal, SIGABRT);
		}
	}
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

/* Several functions */

/** What an argument begins with. */
struct call {
	int (*function)(int value);
	int value;
};

static int twice(int value)
{
	return 2 * value;
}

static int square(int value)
{
	return value * value;
}

static int call_function(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	struct call call;
	int value;

	(void)context;
	memcpy(&call, task->data, sizeof(call));
	value = call.function(call.value);
	return fp_worker_reply(worker, task->id, &value, sizeof(value));
}

START_TEST(test_forkpool_argument_names_the_function)
{
	struct fp_pool *pool =
		open_pool((struct fp_options){.processes = 2, .function = call_function});
	struct call calls[TASKS];
	struct fp_item items[TASKS];
	struct fp_result *result;

	for (int i = 0; i < TASKS; i++) {
		calls[i] = (struct call){i % 3 ? twice : square, i};
		items[i] = (struct fp_item){.data = &calls[i], .size = sizeof(calls[i])};
	}
	result = fp_map(pool, items, TASKS, 0);
	for (int i = 0; i < TASKS; i++) {
		struct fp_outcome outcome;

		ck_assert_int_eq(fp_result_at(result, (size_t)i, &outcome), 0);
		ck_assert_int_eq(reply_value(&outcome), i % 3 ? 2 * i : i * i);
	}
	fp_result_free(result);
	close_pool(pool);
}
END_TEST

/* Standard input */

/** One byte of the descriptor, if there is one, is an item. */
struct bytes {
	struct fp_source source;
	struct order order;
};

static int next_byte(void *context, struct fp_item *item)
{
	struct bytes *bytes = context;
	unsigned char byte;
	ssize_t got = read(bytes->source.fd, &byte, 1);

	if (got <= 0)
		return (int)got;
	bytes->order = (struct order){ORDER_REPLY, byte, 0};
	*item = (struct fp_item){.data = &bytes->order, .size = sizeof(bytes->order)};
	return 1;
}

START_TEST(test_forkpool_standard_input_is_a_source_by_dup)
{
	struct bytes bytes = {.source = {.next = next_byte, .context = &bytes}};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 1});
	int before = dup(STDIN_FILENO), ends[2];
	struct fp_iterator *iterator;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	bytes.source.fd = dup(STDIN_FILENO);
	ck_assert_int_gt(bytes.source.fd, 0);
	iterator = fp_imap(pool, &bytes.source, 1);
	for (int i = 1; i < 5; i++) {
		struct fp_outcome outcome;
		unsigned char byte = (unsigned char)i;

		/* There is nothing yet, which is no end while there is a descriptor. */
		ck_assert_int_eq(fp_next(iterator, 0, &outcome), -1);
		ck_assert_int_eq(errno, ETIMEDOUT);
		ck_assert_int_eq(write(ends[1], &byte, 1), 1);
		outcome = next_outcome(iterator);
		ck_assert_int_eq(reply_value(&outcome), i);
	}
	fp_iterator_free(iterator);
	close_pool(pool);
	close(bytes.source.fd);
	close(ends[0]);
	close(ends[1]);
	dup2(before, STDIN_FILENO);
	close(before);
}
END_TEST

/* An idle pool */

/** Idle: pumping returns 0 at once, and does not make the descriptor readable. */
static void check_idle(struct fp_pool *pool)
{
	struct pollfd fd = {.fd = fp_fd(pool), .events = POLLIN};

	ck_assert_int_eq(fp_pump(pool, FP_FOREVER), 0);
	/* The last tick of the watchdog may be to come, and what a worker says when it is ready. */
	for (int wakes = 0; poll(&fd, 1, 300) > 0; wakes++) {
		ck_assert_int_lt(wakes, 6);
		ck_assert_int_eq(fp_pump(pool, FP_FOREVER), 0);
	}
}

START_TEST(test_forkpool_idle_pool_does_not_spin)
{
	const struct order order = {ORDER_REPLY, 5, 0};
	struct fp_item item = {.data = &order, .size = sizeof(order), .timeout = _i & 1 ? 1000 : 0};
	struct fp_pool *pool =
		open_pool((struct fp_options){.processes = 2, .timeout = _i & 2 ? 1000 : 0});
	struct fp_outcome outcome;

	check_idle(pool);
	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(reply_value(&outcome), 5);
	check_idle(pool);
	close_pool(pool);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forkpool_manual");
	TCase *test_case = orders_case(suite, "as the manual says");

	tcase_add_test(test_case, test_forkpool_state_of_a_worker_is_its_own);
	tcase_add_test(test_case, test_forkpool_memory_of_a_worker_can_be_limited);
	tcase_add_test(test_case, test_forkpool_argument_names_the_function);
	tcase_add_test(test_case, test_forkpool_standard_input_is_a_source_by_dup);
	tcase_add_loop_test(test_case, test_forkpool_idle_pool_does_not_spin, 0, 4);
	return suite_run(suite);
}
