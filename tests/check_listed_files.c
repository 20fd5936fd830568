/*
 * listed_files: the nodes that lines of a manifest share.
 */
#include "listed_files.h"
#include "quickly.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

/** Files that are remembered: as in listed_files.c. */
#define KEPT 65536

static struct tree tree;
static struct listed_files *files;

static void setup(void)
{
	tree_begin(&tree, false, 64);
	files = listed_files_new(&tree);
	ck_assert_ptr_nonnull(files);
}

static void teardown(void)
{
	listed_files_free(files);
	/* Its nodes go with it. */
	ck_assert_ptr_null(tree.loose);
	tree_free(&tree);
}

/** A line of a file that is to be read. */
static struct node *add(const char *name)
{
	check_quickly(!listed_files_find(files, name));
	struct node *node = tree_new(&tree, NULL, name, strlen(name));
	check_quickly(node && listed_files_add(files, node) == 0);
	return node;
}

/** Lines of so many other files, each told and forgotten at once. */
static void add_others(int count, int first)
{
	char name[16];
	for (int i = first; i < first + count; i++) {
		snprintf(name, sizeof(name), "%d", i);
		struct node *node = add(name);
		check_quickly(listed_files_tell(node));
		listed_files_release(files, node);
	}
}

START_TEST(test_listed_files_share_a_node)
{
	struct node *a = add("a"), *b = add("b");
	ck_assert_ptr_eq(listed_files_find(files, "a"), a);
	ck_assert_ptr_eq(listed_files_find(files, "b"), b);
	ck_assert_ptr_eq(listed_files_find(files, "a"), a);
	ck_assert_ptr_null(listed_files_find(files, "A"));
	ck_assert_ptr_null(listed_files_find(files, ""));
}
END_TEST

START_TEST(test_listed_files_are_told_once)
{
	struct node *a = add("a"), *b = add("b");
	ck_assert_ptr_eq(listed_files_find(files, "a"), a);
	ck_assert(listed_files_tell(a));
	ck_assert(!listed_files_tell(a));
	listed_files_release(files, a);
	listed_files_release(files, a);
	ck_assert(listed_files_tell(b));
	/* Also when a line comes after all others were forgotten. */
	ck_assert_ptr_eq(listed_files_find(files, "a"), a);
	ck_assert(!listed_files_tell(a));
}
END_TEST

/** The oldest is forgotten when so many others were listed after it, and is to be read again then. */
START_TEST(test_listed_files_forget_the_oldest)
{
	struct node *oldest = add("oldest");
	listed_files_release(files, oldest);
	add_others(KEPT - 1, 0);
	ck_assert_ptr_eq(listed_files_find(files, "oldest"), oldest);
	listed_files_release(files, oldest);
	add_others(1, KEPT);
	ck_assert_ptr_null(listed_files_find(files, "oldest"));
	ck_assert_ptr_nonnull(listed_files_find(files, "0"));
	ck_assert(listed_files_tell(add("oldest")));
}
END_TEST

/** One that has a line to tell is not, nor is any other one meanwhile. */
START_TEST(test_listed_files_forget_none_that_waits)
{
	struct node *oldest = add("oldest"), *second = add("second");
	ck_assert_ptr_eq(listed_files_find(files, "oldest"), oldest);
	listed_files_release(files, oldest);
	listed_files_release(files, second);
	add_others(2 * KEPT, 0);
	ck_assert_ptr_eq(listed_files_find(files, "second"), second);
	listed_files_release(files, second);
	listed_files_release(files, oldest);
	ck_assert_ptr_null(listed_files_find(files, "oldest"));
	ck_assert_ptr_null(listed_files_find(files, "second"));
	char name[16];
	snprintf(name, sizeof(name), "%d", KEPT - 1);
	ck_assert_ptr_null(listed_files_find(files, name));
	snprintf(name, sizeof(name), "%d", KEPT);
	ck_assert_ptr_nonnull(listed_files_find(files, name));
}
END_TEST

START_TEST(test_listed_files_free_null)
{
	listed_files_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("listed_files");
	TCase *tests = tcase_create("listed_files");
	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_listed_files_share_a_node);
	tcase_add_test(tests, test_listed_files_are_told_once);
	tcase_add_test(tests, test_listed_files_forget_the_oldest);
	tcase_add_test(tests, test_listed_files_forget_none_that_waits);
	tcase_add_test(tests, test_listed_files_free_null);
	return suite_run(suite);
}
