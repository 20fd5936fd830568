/* Outcomes in words, and what a worker knows of itself. */
#include "pool_orders.h"

#include "suite.h"

static void expect(struct fp_outcome outcome, const char *expected)
{
	char text[200], start[10];

	if (!outcome.message)
		outcome.message = "";
	ck_assert_uint_eq(fp_outcome_describe(&outcome, text, sizeof(text)), strlen(expected));
	ck_assert_str_eq(text, expected);
	/* As snprintf(3): cut off, and the length of the whole. */
	ck_assert_uint_eq(fp_outcome_describe(&outcome, start, sizeof(start)), strlen(expected));
	ck_assert_uint_le(strlen(start), sizeof(start) - 1);
	ck_assert_mem_eq(start, expected, strlen(start));
	ck_assert_uint_eq(fp_outcome_describe(&outcome, NULL, 0), strlen(expected));
}

START_TEST(test_forkpool_outcome_in_words)
{
	expect((struct fp_outcome){.status = FP_OK}, "succeeded");
	expect((struct fp_outcome){.status = FP_FAILED, .error = ENOENT},
		"failed: No such file or directory");
	expect((struct fp_outcome){.status = FP_FAILED, .error = EIO, .message = "page 7"},
		"failed: page 7 (Input/output error)");
	expect((struct fp_outcome){.status = FP_DIED, .error = ECHILD, .signal = SIGSEGV},
		"its worker was killed by signal 11 (Segmentation fault)");
	expect((struct fp_outcome){.status = FP_DIED, .error = ECHILD, .exit_code = 3},
		"its worker exited with status 3");
	expect((struct fp_outcome){.status = FP_DIED, .error = ECHILD, .exit_code = -1},
		"its worker ended");
	expect((struct fp_outcome){.status = FP_TIMED_OUT, .error = ETIMEDOUT}, "timed out");
	expect((struct fp_outcome){.status = FP_CANCELLED, .error = ECANCELED}, "cancelled");
	expect((struct fp_outcome){.status = FP_CANCELLED, .error = ECHILD},
		"cancelled, as workers died again and again");
	expect((struct fp_outcome){.status = FP_CANCELLED, .error = EMFILE},
		"cancelled, as the pool cannot go on: Too many open files");
}
END_TEST

/** Replies with the worker's number; dies of it the first time. */
static int reply_number(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	unsigned number = fp_worker_number(worker);

	(void)context;
	if (atomic_fetch_or(&counters->other, 1 << number) == 0)
		raise(SIGKILL);
	while (atomic_load(&counters->other) != 3)
		usleep(1000);
	return fp_worker_reply(worker, task->id, &number, sizeof(number));
}

static void count_end(void *context)
{
	(void)context;
	atomic_fetch_add(&counters->begun, 1);
}

START_TEST(test_forkpool_workers_have_numbers_and_a_finalizer)
{
	struct fp_item items[2] = {{.size = 0}, {.size = 0}};
	struct fp_pool *pool = open_pool((struct fp_options){
		.processes = 2, .function = reply_number, .finalizer = count_end});
	struct fp_result *result = fp_map(pool, items, 2, 1);
	struct fp_outcome outcomes[2];
	int running;

	ck_assert_ptr_nonnull(result);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(fp_result_at(result, i, &outcomes[i]), 0);
		ck_assert_int_ge(reply_value(&outcomes[i]), 0);
		ck_assert_int_le(reply_value(&outcomes[i]), 1);
	}
	fp_result_free(result);
	ck_assert_int_eq(atomic_load(&counters->begun), 0);
	running = (int)fp_pids(pool, NULL, 0);
	close_pool(pool);
	/* Not in the one that was killed, which may have no successor. */
	ck_assert_int_eq(atomic_load(&counters->begun), running);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forkpool_outcome");
	TCase *test_case = orders_case(suite, "outcome");

	tcase_add_test(test_case, test_forkpool_outcome_in_words);
	tcase_add_test(test_case, test_forkpool_workers_have_numbers_and_a_finalizer);
	return suite_run(suite);
}
