/* forkpool/queue.h: the order of tasks that wait, and what is known of them; no processes. */
#include "forkpool/queue.h"
#include "suite.h"

#include <check.h>
#include <string.h>

static struct task_table table;
static struct queue queue;

static void setup(void)
{
	queue = (struct queue){0};
}

static void teardown(void)
{
	task_table_free(&table);
}

/** A task whose tag is a letter, and upper case where it is urgent; its argument is one byte. */
static struct task *new_task(char tag)
{
	struct task *task = task_new(&table,
		&(struct fp_item){.data = &tag,
			.size = 1,
			.tag = (unsigned char)tag,
			.urgent = tag >= 'A' && tag <= 'Z'});

	ck_assert_ptr_nonnull(task);
	return task;
}

static struct task *add(char tag)
{
	struct task *task = new_task(tag);

	queue_add(&queue, task);
	return task;
}

/** Check the tags of a list, that its links agree, and that the bytes are counted. */
static void check_list(const struct task_list *list, const char *tags)
{
	const struct task *previous = NULL;
	size_t count = strlen(tags), i = 0;

	ck_assert_uint_eq(list->count, count);
	for (const struct task *task = list->first; task; task = task->next, i++) {
		ck_assert_uint_lt(i, count);
		ck_assert_int_eq((int)task->tag, tags[i]);
		ck_assert_int_eq(task->state, TASK_QUEUED);
		ck_assert_ptr_eq(task->previous, previous);
		previous = task;
	}
	ck_assert_uint_eq(i, count);
	ck_assert_ptr_eq(list->last, previous);
}

static void check_queue(const char *tags, const char *suspects)
{
	check_list(&queue.tasks, tags);
	check_list(&queue.suspects, suspects);
	ck_assert_uint_eq(queue.bytes, strlen(tags));
	ck_assert_int_eq(queue_is_empty(&queue), !*tags && !*suspects);
}

START_TEST(test_forkpool_queue_keeps_the_order)
{
	check_queue("", "");
	add('a');
	add('b');
	add('c');
	check_queue("abc", "");
}
END_TEST

START_TEST(test_forkpool_queue_urgent_tasks_go_first_in_their_order)
{
	add('a');
	add('A');
	add('b');
	add('B');
	add('C');
	check_queue("ABCab", "");
}
END_TEST

START_TEST(test_forkpool_queue_urgent_goes_behind_those_put_back)
{
	struct task *urgent, *back;

	add('a');
	urgent = add('A');
	back = add('b');
	queue_remove(&queue, urgent);
	queue_remove(&queue, back);
	/* 'b' waited before: it goes first, but nothing urgent goes behind 'a'. */
	queue_put_back(&queue, back);
	check_queue("ba", "");
	add('B');
	check_queue("Bba", "");
	queue_put_back(&queue, urgent);
	check_queue("ABba", "");
	add('C');
	check_queue("ABCba", "");
}
END_TEST

START_TEST(test_forkpool_queue_urgent_task_put_back_leads_the_others)
{
	struct task *urgent = add('A');

	add('a');
	queue_remove(&queue, urgent);
	queue_put_back(&queue, urgent);
	add('B');
	check_queue("ABa", "");
}
END_TEST

START_TEST(test_forkpool_queue_removes_any_task)
{
	/* Each of these, and then an urgent one is added. */
	static const char *const left[] = {"BUabc", "AUabc", "ABUbc", "ABUac", "ABUab"};
	const char *tags = "ABabc";
	struct task *tasks[5];

	for (int i = 0; i < 5; i++)
		tasks[i] = add(tags[i]);
	queue_remove(&queue, tasks[_i]);
	add('U');
	check_queue(left[_i], "");
}
END_TEST

START_TEST(test_forkpool_queue_suspects_are_apart)
{
	struct task *a = new_task('a'), *B = new_task('B'), *c = new_task('c');

	add('x');
	queue_add_suspect(&queue, a);
	queue_add_suspect(&queue, B);
	ck_assert(a->suspect && B->suspect && !c->suspect);
	check_queue("x", "aB");
	/* Urgent or not, a suspect stays one. */
	queue_remove(&queue, B);
	check_queue("x", "a");
	queue_put_back(&queue, B);
	queue_put_back(&queue, c);
	check_queue("cx", "Ba");
	queue_remove(&queue, a);
	queue_remove(&queue, B);
	check_queue("cx", "");
	add('U');
	check_queue("Ucx", "");
}
END_TEST

START_TEST(test_forkpool_queue_cleared_is_as_new)
{
	add('A');
	add('a');
	queue_add_suspect(&queue, new_task('s'));
	queue_clear(&queue);
	check_queue("", "");
	add('b');
	add('B');
	check_queue("Bb", "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("queue");
	TCase *test_case = tcase_create("queue");

	tcase_add_checked_fixture(test_case, setup, teardown);
	tcase_add_test(test_case, test_forkpool_queue_keeps_the_order);
	tcase_add_test(test_case, test_forkpool_queue_urgent_tasks_go_first_in_their_order);
	tcase_add_test(test_case, test_forkpool_queue_urgent_goes_behind_those_put_back);
	tcase_add_test(test_case, test_forkpool_queue_urgent_task_put_back_leads_the_others);
	tcase_add_loop_test(test_case, test_forkpool_queue_removes_any_task, 0, 5);
	tcase_add_test(test_case, test_forkpool_queue_suspects_are_apart);
	tcase_add_test(test_case, test_forkpool_queue_cleared_is_as_new);
	suite_add_tcase(suite, test_case);
	return suite_run(suite);
}
