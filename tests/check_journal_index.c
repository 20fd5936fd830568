/*
 * manifest/journal_index: results are compared with those of qsort(3) and a linear search.
 */
#include "manifest/journal_index.h"
#include "quickly.h"
#include "suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static uint64_t random_state = 1;

/** xorshift64. */
static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static struct journal_index journal_index;

static void teardown(void)
{
	journal_index_free(&journal_index);
}

static void add(uint64_t hash, uint64_t where)
{
	check_quickly(journal_index_add(&journal_index, hash, where) == 0);
}

static int compare(const void *one, const void *other)
{
	const struct journal_slot *left = one, *right = other;
	if (left->hash != right->hash)
		return left->hash < right->hash ? -1 : 1;
	return left->where < right->where ? -1 : left->where > right->where;
}

/** Sort, and compare with qsort(3). */
static void sort_and_compare(void)
{
	size_t count = journal_index.count;
	struct journal_slot *expected = calloc(count + 1, sizeof(*expected));
	ck_assert_ptr_nonnull(expected);
	if (count)
		memcpy(expected, journal_index.slots, count * sizeof(*expected));
	qsort(expected, count, sizeof(*expected), compare);
	journal_index_sort(&journal_index);
	ck_assert_uint_eq(journal_index.count, count);
	for (size_t i = 0; i < count; i++)
		check_quickly(compare(&journal_index.slots[i], &expected[i]) == 0);
	free(expected);
}

/** Find a hash, and compare with what a look at all slots finds. */
static void find_and_compare(uint64_t hash)
{
	size_t first = 0, last = 0;
	for (size_t i = 0; i < journal_index.count; i++) {
		first += journal_index.slots[i].hash < hash;
		last += journal_index.slots[i].hash <= hash;
	}
	const struct journal_slot *end;
	const struct journal_slot *found = journal_index_find(&journal_index, hash, &end);
	if (first == last) {
		check_quickly(found == end);
	} else {
		check_quickly(found == journal_index.slots + first);
		check_quickly(end == journal_index.slots + last);
	}
}

/** Find each of the hashes, those beside them, and the least and the greatest. */
static void find_all(void)
{
	find_and_compare(0);
	find_and_compare(UINT64_MAX);
	for (size_t i = 0; i < journal_index.count; i += 1 + journal_index.count / 500) {
		uint64_t hash = journal_index.slots[i].hash;
		find_and_compare(hash);
		find_and_compare(hash + 1);
		find_and_compare(hash - 1);
		find_and_compare(random_next());
	}
}

START_TEST(test_journal_index_empty)
{
	const struct journal_slot *end;
	sort_and_compare();
	ck_assert_ptr_eq(journal_index_find(&journal_index, 0, &end), end);
	ck_assert_ptr_eq(journal_index_find(&journal_index, 1, &end), end);
}
END_TEST

/** Any number of slots, around those at which another way is taken. */
START_TEST(test_journal_index_counts)
{
	for (size_t count = 1; count < 80; count++) {
		for (size_t i = 0; i < count; i++)
			add(random_next(), random_next());
		sort_and_compare();
		find_all();
		journal_index_free(&journal_index);
	}
}
END_TEST

START_TEST(test_journal_index_many)
{
	for (size_t i = 0; i < 200000; i++)
		add(random_next(), i);
	sort_and_compare();
	find_all();
}
END_TEST

/** Hashes as no hash function makes them: few, crowded, at both ends. */
START_TEST(test_journal_index_uneven)
{
	for (size_t i = 0; i < 3000; i++) {
		add(random_next() % 7, random_next());
		add(UINT64_MAX - random_next() % 5, random_next() % 100);
		add(UINT64_C(1) << random_next() % 64, i);
		add(random_next() % 4 << 62 | random_next() % 1000, i);
	}
	sort_and_compare();
	find_all();
}
END_TEST

/** One name, and nothing else, that was written again and again. */
START_TEST(test_journal_index_one_hash)
{
	for (uint64_t i = 50000; i > 0; i--)
		add(UINT64_C(0x123456789abcdef0), i << 2);
	sort_and_compare();
	find_all();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("journal_index");
	TCase *tcase = tcase_create("journal_index");
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, test_journal_index_empty);
	tcase_add_test(tcase, test_journal_index_counts);
	tcase_add_test(tcase, test_journal_index_many);
	tcase_add_test(tcase, test_journal_index_uneven);
	tcase_add_test(tcase, test_journal_index_one_hash);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
