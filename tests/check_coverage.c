/*
 * What a walk found is written as words: "d:tree" (a directory; the first of a walk is its root),
 * "f:tree/a" (a file), "x:tree/b" (a directory that could not be listed), "s:tree/c" (something
 * whose stat failed), "m:tree/d" (one that was not to be entered), "e:tree/e" (something that a
 * filter leaves out), "r:tree" (a root that is a file). Directories were altered at 100 s.
 */
#include "coverage.h"
#include "suite.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct coverage *coverage;
static struct filter *filter;

static void setup(void)
{
	filter = filter_new();
	ck_assert_ptr_nonnull(filter);
	coverage = coverage_new(filter, false);
	ck_assert_ptr_nonnull(coverage);
}

static void teardown(void)
{
	coverage_free(coverage);
	filter_free(filter);
}

/** Tell of one word. @param last what comes after it says nothing of the same name, nor of one
 * below */
static void find(const char *word, bool root, bool last)
{
	static const enum nftw_type types[] = {
		['d'] = NFTW_D,
		['f'] = NFTW_F,
		['l'] = NFTW_SL,
		['m'] = NFTW_MOUNT,
		['r'] = NFTW_F,
		['s'] = NFTW_NS,
		['x'] = NFTW_DNR,
	};
	const struct tree_entry found = {
		.type = types[(unsigned char)word[0]],
		.regular = word[0] == 'f' || word[0] == 'r',
		.root = root,
		.below = !root || word[0] == 'd' || word[0] == 'x',
		.empty = word[0] == 'd' && last,
		.path = word + 2,
		.length = strlen(word + 2),
		.stamp.mtime = {100, 0},
	};
	ck_assert_int_eq(coverage_found(coverage, &found), 0);
}

/** Whether a word says something of a name, or of one below it. */
static bool is_about(const char *word, const char *name)
{
	size_t size = strlen(name);
	return strncmp(word + 2, name, size) == 0 &&
		(word[2 + size] == '/' || word[2 + size] == '\0' || name[size - 1] == '/');
}

/** One root's walk. */
static void walk(const char *words)
{
	char text[256];
	char *rest = strcpy(text, words), *list[16];
	size_t count = 0;
	while ((list[count] = strsep(&rest, " ")))
		ck_assert_uint_lt(++count, sizeof(list) / sizeof(list[0]));
	for (size_t i = 0; i < count; i++) {
		bool last = true;
		for (size_t j = i + 1; j < count; j++)
			last &= !is_about(list[j], list[i] + 2);
		/* Of what a filter leaves out nothing is told, but that its directory has a name in
		 * it. */
		if (list[i][0] != 'e')
			find(list[i], strcmp(list[i] + 2, list[0] + 2) == 0, last);
	}
}

static void expect(const char *name, enum difference_word word, const char *emptied)
{
	char key[64];
	struct coverage_doubt doubt;
	struct record record = {.key = key};
	record.key_size = (uint32_t)catalog_key(name, strlen(name), key);
	ck_assert_int_eq(coverage_absent(coverage, &record, &doubt), word);
	if (emptied)
		ck_assert_str_eq(doubt.key, emptied);
	else
		ck_assert_ptr_null(doubt.key);
}

START_TEST(test_coverage_is_what_lies_below_a_root)
{
	walk("d:tree f:tree/a");
	walk("r:file");
	coverage_end(coverage);
	expect("tree/b", DIFFERENCE_MISSING, NULL);
	expect("./tree//sub/b", DIFFERENCE_MISSING, NULL);
	expect("tree", DIFFERENCE_MISSING, NULL);
	expect("file", DIFFERENCE_MISSING, NULL);
	expect("tre", DIFFERENCE_OUTSIDE, NULL);
	expect("tree2/b", DIFFERENCE_OUTSIDE, NULL);
	expect("/tree/b", DIFFERENCE_OUTSIDE, NULL);
	expect("../tree/b", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/../b", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/a/..", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/..a", DIFFERENCE_MISSING, NULL);
}
END_TEST

START_TEST(test_coverage_of_a_root_above)
{
	walk("d:../tree f:../tree/a");
	coverage_end(coverage);
	expect("../tree/b", DIFFERENCE_MISSING, NULL);
	expect("../tree/../b", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/b", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

START_TEST(test_coverage_of_dot)
{
	walk("d:. f:./a");
	coverage_end(coverage);
	expect("b", DIFFERENCE_MISSING, NULL);
	expect("./b/c", DIFFERENCE_MISSING, NULL);
	expect("..b/c", DIFFERENCE_MISSING, NULL);
	expect("../b", DIFFERENCE_OUTSIDE, NULL);
	expect("..", DIFFERENCE_OUTSIDE, NULL);
	expect("/b", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

START_TEST(test_coverage_of_the_root_directory)
{
	walk("d:/ f:/a x:/b");
	coverage_end(coverage);
	expect("/c", DIFFERENCE_MISSING, NULL);
	expect("/b/c", DIFFERENCE_UNREADABLE, NULL);
	expect("c", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

START_TEST(test_coverage_below_a_directory_that_was_not_listed)
{
	walk("d:tree d:tree/a x:tree/a f:tree/b s:tree/c");
	coverage_end(coverage);
	expect("tree/a/x", DIFFERENCE_UNREADABLE, NULL);
	expect("tree/a/x/y", DIFFERENCE_UNREADABLE, NULL);
	expect("tree/c/x", DIFFERENCE_UNREADABLE, NULL);
	expect("tree/aa", DIFFERENCE_MISSING, NULL);
	expect("tree/d", DIFFERENCE_MISSING, NULL);
}
END_TEST

START_TEST(test_coverage_of_a_root_that_is_not_there)
{
	walk("s:tree");
	coverage_end(coverage);
	expect("tree/a", DIFFERENCE_UNREADABLE, NULL);
	expect("other", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

START_TEST(test_coverage_does_not_believe_an_empty_directory)
{
	walk("d:tree d:tree/a d:tree/b d:tree/b/c f:tree/d d:tree/e");
	walk("d:other/");
	walk("d:last f:last/a");
	coverage_end(coverage);
	expect("tree/a/x", DIFFERENCE_UNREADABLE, "tree/a");
	expect("tree/a/x/y", DIFFERENCE_UNREADABLE, "tree/a");
	expect("tree/b/x", DIFFERENCE_MISSING, NULL);
	expect("tree/b/c/x", DIFFERENCE_UNREADABLE, "tree/b/c");
	expect("tree/e/x", DIFFERENCE_UNREADABLE, "tree/e");
	expect("other/x", DIFFERENCE_UNREADABLE, "other");
	/* It is a directory, and was a file. */
	expect("tree/a", DIFFERENCE_MISSING, NULL);
	expect("last/x", DIFFERENCE_MISSING, NULL);
}
END_TEST

/** Tell of a file that was listed, with the state in which it was. */
static void list_file(const char *name, const struct annotation *annotation, time_t written)
{
	char key[64];
	const struct timespec manifest = {written, 0};
	struct record record = {.key = key, .annotated = annotation};
	if (annotation)
		record.annotation = *annotation;
	record.key_size = (uint32_t)catalog_key(name, strlen(name), key);
	coverage_listed(coverage, &record, &manifest);
}

/** An empty directory was emptied if it was altered after all was seen that it held. */
START_TEST(test_coverage_of_a_directory_that_was_emptied)
{
	static const struct {
		struct annotation annotation;
		time_t written;
		bool emptied;
	} states[] = {
		{{.mtime = {90, 0}, .ctime = {99, 999999999}, .settled = true}, 200, true},
		{{.mtime = {90, 0}, .ctime = {100, 0}, .settled = true}, 200, false},
		{{.mtime = {100, 1}, .ctime = {90, 0}, .settled = true}, 50, false},
		/* Just written when it was read. */
		{{.mtime = {99, 0}, .young = true}, 200, true},
		{{.mtime = {101, 0}, .young = true}, 50, false},
		/* A ctime that was not kept is not later than the manifest. */
		{{.mtime = {90, 0}}, 99, true},
		{{.mtime = {90, 0}}, 200, false},
		/* If it is known when it was read, the manifest may be later. */
		{{.mtime = {90, 0}, .read = 99}, 200, true},
		{{.mtime = {90, 0}, .read = 100}, 200, false},
		/* When it was last read. */
		{{.mtime = {90, 0}, .ctime = {91, 0}, .settled = true, .read = 99}, 200, true},
		{{.mtime = {90, 0}, .ctime = {91, 0}, .settled = true, .read = 100}, 200, false},
	};
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		const struct annotation *annotation = &states[i].annotation;
		walk("d:tree d:tree/a d:tree/b");
		coverage_end(coverage);
		list_file("tree/a/x", annotation, states[i].written);
		list_file("tree/c", NULL, 0);
		if (states[i].emptied)
			expect("tree/a/x", DIFFERENCE_MISSING, NULL);
		else
			expect("tree/a/x", DIFFERENCE_UNREADABLE, "tree/a");
		expect("tree/b/x", DIFFERENCE_UNREADABLE, "tree/b");
		/* One file that was there later is enough, and one of which nothing is known. */
		list_file("tree/a/y/z", &(struct annotation){.mtime = {101, 0}}, 50);
		expect("tree/a/x", DIFFERENCE_UNREADABLE, "tree/a");
		teardown();
		setup();
	}
	walk("d:tree d:tree/a");
	coverage_end(coverage);
	list_file("tree/a/x", NULL, 50);
	expect("tree/a/x", DIFFERENCE_UNREADABLE, "tree/a");
}
END_TEST

START_TEST(test_coverage_of_what_is_no_file_any_more)
{
	walk("d:tree d:tree/a f:tree/a/b l:tree/c d:tree/d x:tree/d f:tree/z");
	ck_assert_int_eq(coverage_became(coverage, "tree/a", 6, COVERAGE_DIRECTORY), 0);
	ck_assert_int_eq(coverage_became(coverage, "tree/c", 6, COVERAGE_LINK), 0);
	ck_assert_int_eq(coverage_became(coverage, "tree/d", 6, COVERAGE_DIRECTORY), 0);
	coverage_end(coverage);
	expect("tree/a", DIFFERENCE_UNREADABLE, "tree/a");
	expect("tree/a/c", DIFFERENCE_MISSING, NULL);
	expect("tree/c", DIFFERENCE_UNREADABLE, "tree/c");
	expect("tree/c/d", DIFFERENCE_UNREADABLE, "tree/c");
	/* A directory that cannot be listed is no file either; below it nothing is known. */
	expect("tree/d", DIFFERENCE_UNREADABLE, "tree/d");
	expect("tree/d/e", DIFFERENCE_UNREADABLE, NULL);
}
END_TEST

START_TEST(test_coverage_is_below)
{
	ck_assert_int_eq(filter_add(filter, "*.o", false), 0);
	walk("d:tree x:tree/a f:tree/b");
	ck_assert(coverage_is_incomplete(coverage));
	coverage_end(coverage);
	struct record below = {.key = "tree/x/y.o", .key_size = 10};
	struct record root = {.key = "tree", .key_size = 4};
	struct record beside = {.key = "tree2/b", .key_size = 7};
	ck_assert(coverage_is_below(coverage, &below));
	ck_assert(coverage_is_below(coverage, &root));
	ck_assert(!coverage_is_below(coverage, &beside));
}
END_TEST

/** Count some lines below a directory, so many of them dropped and changed. */
static void count_lines(const char *directory, int count, int dropped, int changed)
{
	for (int i = 0; i < count; i++) {
		char key[64];
		struct record record = {.key = key};
		record.key_size = (uint32_t)sprintf(key, "%s/%d", directory, i);
		coverage_count(
			coverage, &record, i < dropped, i >= dropped && i < dropped + changed);
	}
}

/** More than half of more than 50, of each PATH by itself. */
START_TEST(test_coverage_losses)
{
	static const struct {
		int count;
		int dropped;
		int changed;
		bool loses;
	} cases[] = {
		{50, 50, 0, false},
		{51, 25, 0, false},
		{51, 26, 0, true},
		{52, 26, 0, false},
		{52, 0, 27, true},
		{100, 25, 25, false},
		{100, 25, 26, true},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct coverage_losses losses;
		walk("d:./tree/ f:./tree/a");
		walk("d:other f:other/a");
		coverage_end(coverage);
		count_lines("other", 1000, 400, 0);
		count_lines("elsewhere", 1000, 1000, 0);
		count_lines("tree", cases[i].count, cases[i].dropped, cases[i].changed);
		ck_assert_int_eq(coverage_loses(coverage, &losses), cases[i].loses);
		if (cases[i].loses) {
			ck_assert_str_eq(losses.path, "./tree/");
			ck_assert_uint_eq(losses.lines, (unsigned)cases[i].count);
			ck_assert_uint_eq(losses.dropped, (unsigned)cases[i].dropped);
			ck_assert_uint_eq(losses.changed, (unsigned)cases[i].changed);
		}
		teardown();
		setup();
	}
}
END_TEST

START_TEST(test_coverage_below_a_link)
{
	walk("d:tree l:tree/link f:tree/z");
	coverage_end(coverage);
	expect("tree/link/x", DIFFERENCE_UNREADABLE, "tree/link");
	/* That one was a file. */
	expect("tree/link", DIFFERENCE_MISSING, NULL);
}
END_TEST

START_TEST(test_coverage_of_an_empty_dot)
{
	walk("d:.");
	coverage_end(coverage);
	expect("x", DIFFERENCE_UNREADABLE, "");
}
END_TEST

START_TEST(test_coverage_skipped)
{
	walk("d:tree f:tree/own f:tree/z");
	ck_assert_int_eq(coverage_skipped(coverage, "tree/own", 8, DIFFERENCE_OUTSIDE), 0);
	ck_assert_int_eq(coverage_skipped(coverage, "tree/z", 6, DIFFERENCE_UNREADABLE), 0);
	coverage_end(coverage);
	expect("tree/own", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/z", DIFFERENCE_UNREADABLE, NULL);
}
END_TEST

START_TEST(test_coverage_ends_at_another_file_system)
{
	walk("d:tree f:tree/a m:tree/mount f:tree/z");
	walk("d:tree/mount/sub f:tree/mount/sub/a");
	coverage_end(coverage);
	expect("tree/mount/x", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/mount", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/mounted", DIFFERENCE_MISSING, NULL);
	/* There another root leads. */
	expect("tree/mount/sub/b", DIFFERENCE_MISSING, NULL);
	expect("tree/mount/subject", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

START_TEST(test_coverage_of_a_root_that_another_one_does_not_enter)
{
	walk("d:. f:./a m:./mount");
	walk("d:mount f:mount/a m:mount/more");
	walk("d:/ m:/proc");
	coverage_end(coverage);
	expect("mount/x", DIFFERENCE_MISSING, NULL);
	expect("mount", DIFFERENCE_MISSING, NULL);
	expect("mount/more/x", DIFFERENCE_OUTSIDE, NULL);
	expect("x", DIFFERENCE_MISSING, NULL);
	expect("/proc/1", DIFFERENCE_OUTSIDE, NULL);
	expect("/x", DIFFERENCE_MISSING, NULL);
}
END_TEST

START_TEST(test_coverage_without_what_is_excluded)
{
	ck_assert_int_eq(filter_add(filter, "/sub/cache", false), 0);
	ck_assert_int_eq(filter_add(filter, "*.o", false), 0);
	walk("d:tree f:tree/a d:tree/sub f:tree/sub/a x:tree/closed");
	walk("d:tree/sub f:tree/sub/a");
	walk("d:. f:./a");
	walk("r:x.o");
	coverage_end(coverage);
	expect("tree/b.o", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/b.o/c", DIFFERENCE_OUTSIDE, NULL);
	expect("tree/sub/b", DIFFERENCE_MISSING, NULL);
	/* What is left out is not asked for. */
	expect("tree/closed/b", DIFFERENCE_UNREADABLE, NULL);
	expect("tree/closed/b.o", DIFFERENCE_OUTSIDE, NULL);
	/* Another root leads there, for which the pattern is about something else. */
	expect("tree/sub/cache/x", DIFFERENCE_MISSING, NULL);
	expect("sub/cache/x", DIFFERENCE_OUTSIDE, NULL);
	/* Roots are never excluded. */
	expect("x.o", DIFFERENCE_MISSING, NULL);
	expect("y.o", DIFFERENCE_OUTSIDE, NULL);
	expect("/y.c", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

START_TEST(test_coverage_of_a_root_that_would_be_excluded)
{
	ck_assert_int_eq(filter_add(filter, "*", false), 0);
	walk("d:tree e:tree/a");
	coverage_end(coverage);
	expect("tree", DIFFERENCE_MISSING, NULL);
	expect("tree/a", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

START_TEST(test_coverage_of_a_directory_of_what_is_excluded)
{
	ck_assert_int_eq(filter_add(filter, "*.o", false), 0);
	walk("d:tree d:tree/a e:tree/a/x.o d:tree/b f:tree/c");
	coverage_end(coverage);
	expect("tree/a/x", DIFFERENCE_MISSING, NULL);
	expect("tree/b/x", DIFFERENCE_UNREADABLE, "tree/b");
	expect("tree/b/x.o", DIFFERENCE_OUTSIDE, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("coverage");
	TCase *tests = tcase_create("coverage");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_coverage_is_what_lies_below_a_root);
	tcase_add_test(tests, test_coverage_of_a_root_above);
	tcase_add_test(tests, test_coverage_of_dot);
	tcase_add_test(tests, test_coverage_of_the_root_directory);
	tcase_add_test(tests, test_coverage_below_a_directory_that_was_not_listed);
	tcase_add_test(tests, test_coverage_of_a_root_that_is_not_there);
	tcase_add_test(tests, test_coverage_does_not_believe_an_empty_directory);
	tcase_add_test(tests, test_coverage_of_a_directory_that_was_emptied);
	tcase_add_test(tests, test_coverage_of_what_is_no_file_any_more);
	tcase_add_test(tests, test_coverage_is_below);
	tcase_add_test(tests, test_coverage_losses);
	tcase_add_test(tests, test_coverage_below_a_link);
	tcase_add_test(tests, test_coverage_of_an_empty_dot);
	tcase_add_test(tests, test_coverage_skipped);
	tcase_add_test(tests, test_coverage_ends_at_another_file_system);
	tcase_add_test(tests, test_coverage_of_a_root_that_another_one_does_not_enter);
	tcase_add_test(tests, test_coverage_without_what_is_excluded);
	tcase_add_test(tests, test_coverage_of_a_root_that_would_be_excluded);
	tcase_add_test(tests, test_coverage_of_a_directory_of_what_is_excluded);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
