#include "scan/node_queue.h"

#include "quickly.h"
#include "suite.h"

#include <check.h>
#include <string.h>

static struct tree tree;
static struct node_queue queue;

static void setup(void)
{
	tree_begin(&tree, true, 64);
	queue = (struct node_queue){0};
}

static void teardown(void)
{
	tree_free(&tree);
}

static struct node *add(uint64_t size, bool stamped)
{
	struct node *node = tree_new(&tree, NULL, "name", 4);
	ck_assert_ptr_nonnull(node);
	node->type = NODE_FILE;
	node->size = size;
	node->flags = stamped ? NODE_STAMPED : 0;
	return node;
}

static void assert_holds(uint64_t count, uint64_t bytes, uint64_t unsized)
{
	ck_assert_uint_eq(queue.count, count);
	ck_assert_uint_eq(queue.bytes, bytes);
	ck_assert_uint_eq(queue.unsized, unsized);
}

START_TEST(test_node_queue_first_in_first_out)
{
	struct node *one = add(0, true), *two = add(0, true);
	ck_assert_ptr_null(node_queue_pop(&queue));
	node_queue_push(&queue, one);
	node_queue_push(&queue, two);
	ck_assert_ptr_eq(node_queue_pop(&queue), one);
	node_queue_push(&queue, one);
	ck_assert_ptr_eq(node_queue_pop(&queue), two);
	ck_assert_ptr_eq(node_queue_pop(&queue), one);
	ck_assert_ptr_null(node_queue_pop(&queue));
	node_queue_push(&queue, two);
	ck_assert_ptr_eq(node_queue_pop(&queue), two);
	ck_assert_ptr_null(two->file.queued);
	assert_holds(0, 0, 0);
}
END_TEST

START_TEST(test_node_queue_largest_first)
{
	static const uint64_t sizes[] = {
		0, 5, (1 << 20) - 1, 1 << 20, 7 << 20, (uint64_t)1 << 62, 4 << 20, UINT64_MAX, 100};
	static const size_t expected[] = {5, 7, 4, 6, 3, 0, 1, 2, 8};
	enum {
		COUNT = sizeof(sizes) / sizeof(sizes[0])
	};
	struct node *nodes[COUNT];
	for (size_t i = 0; i < COUNT; i++) {
		nodes[i] = add(sizes[i], true);
		node_queue_push(&queue, nodes[i]);
	}
	for (size_t i = 0; i < COUNT; i++)
		ck_assert_ptr_eq(node_queue_pop(&queue), nodes[expected[i]]);
	ck_assert_ptr_null(node_queue_pop(&queue));
	assert_holds(0, 0, 0);
}
END_TEST

/** Each power of two up to the last is a place of its own; what comes later stays behind its like.
 */
START_TEST(test_node_queue_has_a_place_for_each_power_of_two)
{
	struct node *smaller[44], *larger[44];
	for (unsigned i = 20; i < 64; i++) {
		smaller[i - 20] = add(((uint64_t)1 << i) - 1, true);
		larger[i - 20] = add((uint64_t)1 << i, true);
		node_queue_push(&queue, smaller[i - 20]);
		node_queue_push(&queue, larger[i - 20]);
	}
	/* 256 GiB and more, as they came. */
	for (unsigned i = 38; i < 64; i++) {
		if (i > 38)
			ck_assert_ptr_eq(node_queue_pop(&queue), smaller[i - 20]);
		ck_assert_ptr_eq(node_queue_pop(&queue), larger[i - 20]);
	}
	for (unsigned i = 38; i > 20; i--) {
		ck_assert_ptr_eq(node_queue_pop(&queue), larger[i - 21]);
		ck_assert_ptr_eq(node_queue_pop(&queue), smaller[i - 20]);
	}
	ck_assert_ptr_eq(node_queue_pop(&queue), smaller[0]);
	ck_assert_ptr_null(node_queue_pop(&queue));
}
END_TEST

START_TEST(test_node_queue_counts)
{
	node_queue_push(&queue, add(100, true));
	assert_holds(1, 100, 0);
	node_queue_push(&queue, add(0, false));
	assert_holds(2, 100, 1);
	/* Told by its reader. */
	node_queue_push(&queue, add(2 << 20, false));
	assert_holds(3, 100 + (2 << 20), 2);
	node_queue_pop(&queue);
	assert_holds(2, 100, 1);
	node_queue_pop(&queue);
	assert_holds(1, 0, 1);
	node_queue_pop(&queue);
	assert_holds(0, 0, 0);
}
END_TEST

/** Mebibytes that count. */
static uint64_t capped(uint64_t size)
{
	return size >> 20 < 1 << 18 ? size >> 20 : 1 << 18;
}

/** Against an array that is searched. */
START_TEST(test_node_queue_as_a_list_that_is_searched)
{
	enum {
		COUNT = 2000
	};
	struct node *waiting[COUNT];
	size_t count = 0, made = 0;
	uint64_t seed = (uint64_t)_i;
	while (made < COUNT || count > 0) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		if (made < COUNT && seed >> 62) {
			waiting[count] = add((seed >> 8) % 1000 << (seed >> 40) % 40, true);
			node_queue_push(&queue, waiting[count++]);
			made++;
			continue;
		}
		size_t best = 0;
		for (size_t i = 1; i < count; i++) {
			uint64_t one = capped(waiting[i]->size),
				 other = capped(waiting[best]->size);
			/* Its highest bit is higher. */
			if ((one & ~other) > other)
				best = i;
		}
		struct node *node = node_queue_pop(&queue);
		if (count == 0) {
			ck_assert_ptr_null(node);
			continue;
		}
		check_quickly(node == waiting[best]);
		memmove(waiting + best, waiting + best + 1, (--count - best) * sizeof(waiting[0]));
	}
	assert_holds(0, 0, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("node_queue");
	TCase *tests = tcase_create("node_queue");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_node_queue_first_in_first_out);
	tcase_add_test(tests, test_node_queue_largest_first);
	tcase_add_test(tests, test_node_queue_has_a_place_for_each_power_of_two);
	tcase_add_test(tests, test_node_queue_counts);
	tcase_add_loop_test(tests, test_node_queue_as_a_list_that_is_searched, 0, 3);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
