/* Tasks that are longer than a frame, whose workers are lost when they have a part of them, or all.
 */
#include "pool_orders.h"

#include "forkpool/state.h"
#include "suite.h"

/** More than a channel takes while nobody reads. */
#define LONG ((size_t)3000000)

/** What comes before the pattern that fills up a long task. */
struct head {
	/** Raise this signal the first `times` times. */
	int signal;
	int times;
};

/** Replies with the size of a task that has come as it was sent. */
static int take_long(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	const unsigned char *data = task->data;
	struct head head;

	(void)context;
	atomic_fetch_add(&counters->begun, 1);
	memcpy(&head, data, sizeof(head));
	if (atomic_fetch_add(&counters->tried, 1) < head.times) {
		raise(head.signal);
		hang();
	}
	for (size_t i = sizeof(head); i < task->size; i++) {
		if (data[i] != pattern(i))
			return fp_worker_fail(worker, task->id, EILSEQ, "not as it was sent");
	}
	return fp_worker_reply(worker, task->id, &task->size, sizeof(task->size));
}

/** A source of one long task. */
struct one {
	unsigned char data[LONG];
	bool given;
	struct fp_source source;
};

static int one_next(void *context, struct fp_item *item)
{
	struct one *one = context;

	if (one->given)
		return 0;
	one->given = true;
	*item = (struct fp_item){.data = one->data, .size = sizeof(one->data)};
	return 1;
}

/** Give a pool one long task. */
static struct fp_iterator *submit_one(struct fp_pool *pool, struct one *one, struct head head)
{
	struct fp_iterator *iterator;

	for (size_t i = 0; i < LONG; i++)
		one->data[i] = pattern(i);
	memcpy(one->data, &head, sizeof(head));
	one->given = false;
	one->source = (struct fp_source){.next = one_next, .context = one};
	iterator = fp_imap_unordered(pool, &one->source, 1);
	ck_assert_ptr_nonnull(iterator);
	return iterator;
}

static struct one first, second;

/** Expect the task to have come as it was sent, and free the iterator. */
static void assert_taken(struct fp_iterator *iterator)
{
	struct fp_outcome outcome = next_outcome(iterator);
	size_t size;

	ck_assert_int_eq(outcome.status, FP_OK);
	ck_assert_uint_eq(outcome.size, sizeof(size));
	memcpy(&size, outcome.data, sizeof(size));
	ck_assert_uint_eq(size, LONG);
	ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), 0);
	fp_iterator_free(iterator);
}

static const int deadly[] = {SIGKILL, SIGSEGV};

START_TEST(test_forkpool_long_task_whose_worker_dies_is_retried)
{
	struct fp_pool *pool =
		open_pool((struct fp_options){.processes = 2, .function = take_long});

	assert_taken(submit_one(pool, &first, (struct head){deadly[_i], 2}));
	ck_assert_int_eq(atomic_load(&counters->begun), 3);
	close_pool(pool);
}
END_TEST

/** A pool whose only worker is stopped while it has a part of a task. */
static struct fp_pool *open_halfway(pid_t *worker, struct fp_iterator **iterator)
{
	struct fp_pool *pool = open_pool(
		(struct fp_options){.processes = 1, .function = take_long, .eager = true});

	ck_assert_uint_eq(fp_pids(pool, worker, 1), 1);
	/* Ready, so that what it then has counts as begun. */
	while (pool->workers.places[0]->state != WORKER_READY)
		ck_assert_int_ge(fp_pump(pool, 10), 0);
	ck_assert_int_eq(kill(*worker, SIGSTOP), 0);
	*iterator = submit_one(pool, &first, (struct head){0});
	while (!pool->workers.places[0]->blocked)
		ck_assert_int_ge(fp_pump(pool, 0), 0);
	ck_assert_ptr_nonnull(pool->workers.places[0]->sending);
	ck_assert_uint_gt(pool->workers.places[0]->sent, 0);
	return pool;
}

START_TEST(test_forkpool_worker_with_a_part_of_a_task_is_replaced)
{
	struct fp_iterator *iterator;
	pid_t worker;
	struct fp_pool *pool = open_halfway(&worker, &iterator);

	ck_assert_int_eq(kill(worker, SIGKILL), 0);
	assert_taken(iterator);
	/* It had not begun. */
	ck_assert_int_eq(atomic_load(&counters->begun), 1);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_part_of_a_task_is_cancelled_with_it)
{
	struct fp_iterator *iterator;
	struct fp_outcome outcome;
	pid_t worker;
	struct fp_pool *pool = open_halfway(&worker, &iterator);

	fp_terminate(pool);
	ck_assert_int_eq(fp_join(pool), 0);
	outcome = next_outcome(iterator);
	ck_assert_int_eq(outcome.status, FP_CANCELLED);
	ck_assert_int_eq(atomic_load(&counters->begun), 0);
	fp_iterator_free(iterator);
	fp_free(pool);
}
END_TEST

/** Nobody wants to know any more what becomes of the task; its worker dies, or goes on. */
START_TEST(test_forkpool_part_of_a_forgotten_task)
{
	struct fp_iterator *iterator;
	pid_t worker;
	struct fp_pool *pool = open_halfway(&worker, &iterator);

	fp_iterator_free(iterator);
	ck_assert_int_eq(kill(worker, _i == 0 ? SIGKILL : SIGCONT), 0);
	assert_taken(submit_one(pool, &second, (struct head){0}));
	ck_assert_int_eq(atomic_load(&counters->begun), 1 + _i);
	close_pool(pool);
}
END_TEST

/** Forgotten when its worker has begun it, and dies of it. */
START_TEST(test_forkpool_forgotten_task_is_not_retried)
{
	struct fp_pool *pool =
		open_pool((struct fp_options){.processes = 1, .function = take_long});
	struct fp_iterator *iterator = submit_one(pool, &first, (struct head){SIGSTOP, 1});
	pid_t worker;

	while (atomic_load(&counters->tried) == 0)
		ck_assert_int_ge(fp_pump(pool, 10), 0);
	ck_assert_uint_eq(fp_pids(pool, &worker, 1), 1);
	fp_iterator_free(iterator);
	ck_assert_int_eq(kill(worker, SIGKILL), 0);
	assert_taken(submit_one(pool, &second, (struct head){0}));
	ck_assert_int_eq(atomic_load(&counters->begun), 2);
	close_pool(pool);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forkpool_long");
	TCase *test_case = orders_case(suite, "long tasks");

	tcase_add_loop_test(test_case, test_forkpool_long_task_whose_worker_dies_is_retried, 0, 2);
	tcase_add_test(test_case, test_forkpool_worker_with_a_part_of_a_task_is_replaced);
	tcase_add_test(test_case, test_forkpool_part_of_a_task_is_cancelled_with_it);
	tcase_add_loop_test(test_case, test_forkpool_part_of_a_forgotten_task, 0, 2);
	tcase_add_test(test_case, test_forkpool_forgotten_task_is_not_retried);
	return suite_run(suite);
}
