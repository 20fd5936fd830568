#include "manifest/digest_map.h"

#include "quickly.h"
#include "suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct digest_map *map;

static void setup(void)
{
	map = digest_map_new();
	ck_assert_ptr_nonnull(map);
}

static void teardown(void)
{
	digest_map_free(map);
}

static struct digest_entry *add(uint32_t operand, const char *path)
{
	struct digest_entry *entry = digest_map_add(map, operand, path, strlen(path), 0);
	ck_assert_ptr_nonnull(entry);
	return entry;
}

START_TEST(test_digest_map_empty)
{
	ck_assert_ptr_null(digest_map_first(map));
}
END_TEST

START_TEST(test_digest_map_operands_in_order_of_their_numbers)
{
	add(70, "seventy");
	add(2, "two");
	add(0, "zero");
	add(2, "two too");
	static const char *const expected[] = {"zero", "two", "two too", "seventy"};
	size_t count = 0;
	const struct digest_entry *entry = digest_map_first(map);
	for (; entry; entry = digest_map_next(map, entry))
		ck_assert_str_eq(entry->path, expected[count++]);
	ck_assert_uint_eq(count, 4);
}
END_TEST

START_TEST(test_digest_map_entries_keep_address_and_bytes)
{
	enum {
		COUNT = 50000
	};
	struct digest_entry **entries = calloc(COUNT, sizeof(struct digest_entry *));
	ck_assert_ptr_nonnull(entries);
	char path[64];
	for (int i = 0; i < COUNT; i++) {
		snprintf(path, sizeof(path), "directory/%d", i);
		entries[i] = add(0, path);
	}
	const struct digest_entry *entry = digest_map_first(map);
	for (int i = 0; i < COUNT; i++) {
		snprintf(path, sizeof(path), "directory/%d", i);
		check_quickly(entry == entries[i]);
		check_quickly(strcmp(entry->path, path) == 0);
		check_quickly(entry->path_size == strlen(path));
		check_quickly(entry->result.state == HASHER_PENDING);
		entry = digest_map_next(map, entry);
	}
	ck_assert_ptr_null(entry);
	free(entries);
}
END_TEST

START_TEST(test_digest_map_path_larger_than_a_chunk)
{
	size_t size = (size_t)3 << 20;
	char *path = malloc(size + 1);
	ck_assert_ptr_nonnull(path);
	memset(path, 'x', size);
	path[size] = '\0';
	add(0, "before");
	struct digest_entry *entry = add(0, path);
	add(0, "after");
	ck_assert_uint_eq(entry->path_size, size);
	ck_assert_str_eq(entry->path, path);
	ck_assert_str_eq(entry->next->path, "after");
	free(path);
}
END_TEST

START_TEST(test_digest_queue_first_in_first_out)
{
	struct digest_queue queue = {0};
	struct digest_entry *one = add(0, "one");
	struct digest_entry *two = add(0, "two");
	ck_assert_ptr_null(digest_queue_pop(&queue));
	digest_queue_push(&queue, one);
	digest_queue_push(&queue, two);
	ck_assert_ptr_eq(digest_queue_pop(&queue), one);
	digest_queue_push(&queue, one);
	ck_assert_ptr_eq(digest_queue_pop(&queue), two);
	ck_assert_ptr_eq(digest_queue_pop(&queue), one);
	ck_assert_ptr_null(digest_queue_pop(&queue));
	digest_queue_push(&queue, two);
	ck_assert_ptr_eq(digest_queue_pop(&queue), two);
}
END_TEST

START_TEST(test_digest_queue_largest_first)
{
	static const uint64_t sizes[] = {
		0, 5, (1 << 20) - 1, 1 << 20, 7 << 20, (uint64_t)1 << 62, 4 << 20, UINT64_MAX, 100};
	static const size_t expected[] = {5, 7, 4, 6, 3, 0, 1, 2, 8};
	enum {
		COUNT = sizeof(sizes) / sizeof(sizes[0])
	};
	struct digest_queue queue = {0};
	struct digest_entry *entries[COUNT];
	for (size_t i = 0; i < COUNT; i++) {
		entries[i] = add(0, "path");
		entries[i]->result.size = sizes[i];
		digest_queue_push(&queue, entries[i]);
	}
	for (size_t i = 0; i < COUNT; i++)
		ck_assert_ptr_eq(digest_queue_pop(&queue), entries[expected[i]]);
	ck_assert_ptr_null(digest_queue_pop(&queue));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("digest_map");
	TCase *tcase = tcase_create("digest_map");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_digest_map_empty);
	tcase_add_test(tcase, test_digest_map_operands_in_order_of_their_numbers);
	tcase_add_test(tcase, test_digest_map_entries_keep_address_and_bytes);
	tcase_add_test(tcase, test_digest_map_path_larger_than_a_chunk);
	tcase_add_test(tcase, test_digest_queue_first_in_first_out);
	tcase_add_test(tcase, test_digest_queue_largest_first);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
