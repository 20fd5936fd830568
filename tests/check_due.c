#include "scan/due.h"

#include "suite.h"

#include <check.h>
#include <stdlib.h>

static struct tree tree;
static struct due due;

static void setup(void)
{
	tree_begin(&tree, true, 64);
	due = (struct due){0};
}

static void teardown(void)
{
	due_free(&due);
	due_free(&due);
	tree_free(&tree);
}

static struct node *add(uint64_t size, int64_t read)
{
	struct node *node = tree_new(&tree, NULL, "name", 4);
	ck_assert_ptr_nonnull(node);
	node->type = NODE_FILE;
	node->size = size;
	ck_assert_int_eq(due_push(&due, node, read), 0);
	return node;
}

START_TEST(test_due_oldest_first)
{
	ck_assert_ptr_null(due_pop(&due));
	struct node *young = add(10, 300), *unknown = add(20, 0), *old = add(30, 100);
	ck_assert_uint_eq(due.count, 3);
	ck_assert_uint_eq(due.bytes, 60);
	ck_assert_ptr_eq(due_pop(&due), unknown);
	ck_assert_ptr_eq(due_pop(&due), old);
	struct node *oldest = add(5, 99);
	ck_assert_ptr_eq(due_pop(&due), oldest);
	ck_assert_ptr_eq(due_pop(&due), young);
	ck_assert_ptr_null(due_pop(&due));
	ck_assert_uint_eq(due.count, 0);
	ck_assert_uint_eq(due.bytes, 0);
}
END_TEST

START_TEST(test_due_same_time_in_order_of_addition)
{
	enum {
		COUNT = 1000
	};
	struct node *nodes[COUNT];
	for (int i = 0; i < COUNT; i++)
		nodes[i] = add(1, i % 3);
	for (int time = 0; time < 3; time++) {
		for (int i = time; i < COUNT; i += 3)
			ck_assert_ptr_eq(due_pop(&due), nodes[i]);
	}
	ck_assert_ptr_null(due_pop(&due));
}
END_TEST

/** Pushes and pops mixed, against the smallest of a plain list. */
START_TEST(test_due_mixed)
{
	enum {
		COUNT = 2000
	};
	struct node *nodes[COUNT];
	int64_t reads[COUNT];
	size_t count = 0;
	uint32_t random = 1;
	for (int i = 0; i < COUNT; i++) {
		random = random * 1664525 + 1013904223;
		reads[count] = random >> 12;
		nodes[count] = add(1, reads[count]);
		count++;
		if (random >> 8 & 3)
			continue;
		size_t first = 0;
		for (size_t at = 1; at < count; at++)
			first = reads[at] < reads[first] ? at : first;
		ck_assert_ptr_eq(due_pop(&due), nodes[first]);
		count--;
		for (size_t at = first; at < count; at++) {
			reads[at] = reads[at + 1];
			nodes[at] = nodes[at + 1];
		}
	}
	ck_assert_uint_eq(due.count, count);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("due");
	TCase *tcase = tcase_create("due");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_due_oldest_first);
	tcase_add_test(tcase, test_due_same_time_in_order_of_addition);
	tcase_add_test(tcase, test_due_mixed);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
