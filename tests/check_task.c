/* forkpool/task.h: ids, lists, and buffers that are used again. */
#include "forkpool/task.h"
#include "suite.h"

#include <check.h>
#include <string.h>

static struct task_table table;

static void teardown(void)
{
	task_table_free(&table);
}

static struct task *new_task(const char *text)
{
	struct task *task = task_new(&table, &(struct fp_item){.data = text, .size = strlen(text)});

	ck_assert_ptr_nonnull(task);
	task->state = TASK_QUEUED;
	return task;
}

START_TEST(test_task_is_found_by_its_id)
{
	struct task *tasks[3 * TASK_BLOCK];

	for (size_t i = 0; i < 3 * TASK_BLOCK; i++)
		tasks[i] = new_task("x");
	for (size_t i = 0; i < 3 * TASK_BLOCK; i++)
		ck_assert_ptr_eq(task_find(&table, tasks[i]->id), tasks[i]);
	ck_assert_uint_eq(task_slots(&table), 3 * TASK_BLOCK);
	ck_assert_ptr_null(task_find(&table, 0));
	ck_assert_ptr_null(task_find(&table, UINT64_MAX));
	ck_assert_ptr_null(task_find(&table, (uint64_t)1 << 32 | 3 * TASK_BLOCK));
}
END_TEST

START_TEST(test_task_old_id_is_not_found)
{
	struct task *task = new_task("first"), *again;
	uint64_t id = task->id;

	task_free(&table, task);
	ck_assert_ptr_null(task_find(&table, id));
	again = new_task("second");
	/* The same slot, another task. */
	ck_assert_ptr_eq(again, task);
	ck_assert_uint_ne(again->id, id);
	ck_assert_ptr_null(task_find(&table, id));
	ck_assert_ptr_eq(task_find(&table, again->id), again);
}
END_TEST

START_TEST(test_task_keeps_a_copy_of_its_argument)
{
	char text[100000];
	struct task *task;

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	task = new_task(text);
	memset(text, 'b', sizeof(text) - 1);
	ck_assert_uint_eq(task->size, sizeof(text) - 1);
	for (size_t i = 0; i < task->size; i++)
		ck_assert(task->data[i] == 'a');
	task_free(&table, task);
	task_free(&table, NULL);
}
END_TEST

/** Free slots keep their buffers, up to 256 KiB in all. */
START_TEST(test_task_free_slots_keep_little)
{
	enum {
		COUNT = 100
	};
	static char text[10000];
	struct task *tasks[COUNT];
	size_t kept = 0;

	memset(text, 'a', sizeof(text) - 1);
	for (size_t i = 0; i < COUNT; i++)
		tasks[i] = new_task(text);
	for (size_t i = 0; i < COUNT; i++)
		task_free(&table, tasks[i]);
	for (size_t i = 0; i < COUNT; i++)
		kept += tasks[i]->capacity;
	ck_assert_uint_gt(kept, 0);
	ck_assert_uint_le(kept, 256 << 10);
	ck_assert_uint_eq(table.kept, kept);
	/* Those that are used again are kept no longer. */
	for (size_t i = 0; i < COUNT; i++)
		new_task("");
	ck_assert_uint_eq(table.kept, 0);
}
END_TEST

/** When no task is left, what many have taken is freed; no id comes a second time. */
START_TEST(test_task_blocks_go_with_the_tasks)
{
	enum {
		COUNT = 5 * TASK_BLOCK
	};
	struct task *tasks[COUNT];
	uint64_t ids[COUNT];

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT; i++) {
			tasks[i] = new_task("text");
			if (round > 0)
				ck_assert_ptr_null(task_find(&table, ids[i]));
			ids[i] = tasks[i]->id;
			ck_assert_ptr_eq(task_find(&table, ids[i]), tasks[i]);
		}
		ck_assert_uint_eq(table.block_count, 5);
		for (size_t i = 0; i < COUNT; i++)
			task_free(&table, tasks[i]);
		ck_assert_uint_eq(table.block_count, 1);
		for (size_t i = 0; i < COUNT; i++)
			ck_assert_ptr_null(task_find(&table, ids[i]));
	}
}
END_TEST

/** A job's tasks are those that were not freed or let go, in whatever order. */
START_TEST(test_task_list_of_a_job)
{
	struct task *a = new_task("a"), *b = new_task("b"), *c = new_task("c"), *first = NULL;
	struct job *job = (struct job *)&table;

	task_join(a, job, &first);
	task_join(b, job, &first);
	task_join(c, job, &first);
	task_leave(b);
	ck_assert_ptr_null(b->job);
	ck_assert_ptr_eq(first, c);
	ck_assert_ptr_eq(first->job_next, a);
	ck_assert_ptr_null(a->job_next);
	task_leave(b);
	task_free(&table, c);
	ck_assert_ptr_eq(first, a);
	task_free(&table, a);
	ck_assert_ptr_null(first);
}
END_TEST

static void expect(const struct task_list *list, const char *names)
{
	const struct task *previous = NULL;
	size_t count = 0;

	for (const struct task *task = list->first; task; task = task->next) {
		ck_assert_int_eq(task->data[0], names[count++]);
		ck_assert_ptr_eq(task->previous, previous);
		previous = task;
	}
	ck_assert_ptr_eq(list->last, previous);
	ck_assert_uint_eq(list->count, count);
	ck_assert_uint_eq(strlen(names), count);
}

START_TEST(test_task_lists_keep_their_order)
{
	struct task_list list = {0};
	struct task *a = new_task("a"), *b = new_task("b"), *c = new_task("c");

	task_append(&list, b);
	task_append(&list, c);
	task_prepend(&list, a);
	expect(&list, "abc");
	task_remove(&list, b);
	expect(&list, "ac");
	task_remove(&list, c);
	expect(&list, "a");
	task_append(&list, b);
	task_remove(&list, a);
	expect(&list, "b");
	task_remove(&list, b);
	expect(&list, "");
	task_prepend(&list, c);
	expect(&list, "c");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("task");
	TCase *test_case = tcase_create("task");

	tcase_add_checked_fixture(test_case, NULL, teardown);
	tcase_add_test(test_case, test_task_is_found_by_its_id);
	tcase_add_test(test_case, test_task_old_id_is_not_found);
	tcase_add_test(test_case, test_task_keeps_a_copy_of_its_argument);
	tcase_add_test(test_case, test_task_free_slots_keep_little);
	tcase_add_test(test_case, test_task_blocks_go_with_the_tasks);
	tcase_add_test(test_case, test_task_list_of_a_job);
	tcase_add_test(test_case, test_task_lists_keep_their_order);
	suite_add_tcase(suite, test_case);
	return suite_run(suite);
}
