/*
 * hash/digest_set: several algorithms in an order.
 */
#include "hash/digest_set.h"
#include "suite.h"

#include <string.h>

static struct digest_set set_of(const char *const names[])
{
	struct digest_set set = {0};
	for (size_t i = 0; names[i]; i++)
		ck_assert(digest_set_add(&set, digest_find(names[i])));
	return set;
}

START_TEST(test_digest_set_of_one)
{
	const struct digest_algorithm *md5 = digest_find("md5");
	char room[DIGEST_SET_NAMES];
	struct digest_set set = digest_set_of(md5);
	ck_assert_uint_eq(set.count, 1);
	ck_assert_uint_eq(set.size, 16);
	ck_assert(digest_set_has(&set, md5));
	ck_assert(!digest_set_has(&set, digest_find("sha1")));
	ck_assert_uint_eq(digest_set_offset(&set, md5), 0);
	ck_assert_str_eq(digest_set_names(&set, room), "md5");
}
END_TEST

START_TEST(test_digest_set_keeps_the_order)
{
	static const char *const names[] = {"sha256", "sha512", "md5", NULL};
	char room[DIGEST_SET_NAMES];
	struct digest_set set = set_of(names);
	ck_assert_uint_eq(set.count, 3);
	ck_assert_uint_eq(set.size, 32 + 64 + 16);
	ck_assert_uint_eq(digest_set_offset(&set, digest_find("sha256")), 0);
	ck_assert_uint_eq(digest_set_offset(&set, digest_find("sha512")), 32);
	ck_assert_uint_eq(digest_set_offset(&set, digest_find("md5")), 96);
	ck_assert_str_eq(digest_set_names(&set, room), "sha256,sha512,md5");
}
END_TEST

START_TEST(test_digest_set_takes_nothing_twice)
{
	static const char *const names[] = {"sha256", "sha512", NULL};
	struct digest_set set = set_of(names), before = set;
	ck_assert(!digest_set_add(&set, digest_find("sha512")));
	ck_assert(!digest_set_add(&set, digest_find("sha256")));
	ck_assert_mem_eq(&set, &before, sizeof(set));
}
END_TEST

/** There is room for all that there are, and none is left over. */
START_TEST(test_digest_set_holds_all)
{
	char room[DIGEST_SET_NAMES];
	struct digest_set set = {0};
	for (size_t i = 0; digest_list(i); i++)
		ck_assert(digest_set_add(&set, digest_list(i)));
	ck_assert_uint_eq(set.count, DIGEST_SET_COUNT);
	ck_assert_uint_eq(set.size, DIGEST_SET_SIZE);
	ck_assert_uint_lt(strlen(digest_set_names(&set, room)), sizeof(room));
}
END_TEST

/** The state of several cannot be moved, nor that of one that hides it. */
START_TEST(test_digest_set_is_movable)
{
	static const char *const movable[] = {"sha512", "sha256"};
	for (size_t i = 0; digest_list(i); i++) {
		const char *name = digest_list(i)->name;
		struct digest_set set = digest_set_of(digest_list(i));
		bool is = strcmp(name, movable[0]) == 0 || strcmp(name, movable[1]) == 0;
		ck_assert_int_eq(digest_set_is_movable(&set), is);
		digest_set_add(&set, digest_find(is ? "md5" : "sha512"));
		ck_assert(!digest_set_is_movable(&set));
	}
	static const char *const both[] = {"sha512", "sha256", NULL};
	struct digest_set set = set_of(both);
	ck_assert(!digest_set_is_movable(&set));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("digest_set");
	TCase *tests = tcase_create("digest_set");
	suite_add_tcase(suite, tests);
	tcase_add_test(tests, test_digest_set_of_one);
	tcase_add_test(tests, test_digest_set_keeps_the_order);
	tcase_add_test(tests, test_digest_set_takes_nothing_twice);
	tcase_add_test(tests, test_digest_set_holds_all);
	tcase_add_test(tests, test_digest_set_is_movable);
	return suite_run(suite);
}
