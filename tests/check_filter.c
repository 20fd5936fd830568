/*
 * walk/filter.h and walk/glob.h by example. What rsync makes of random patterns is compared in
 * tests/cli/options/exclude-rsync.sh.
 */
#include "walk/filter.h"

#include "suite.h"
#include "walk/glob.h"

#include <check.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** Stands before the C library's: as in a locale with letters above ASCII. */
int(isalpha)(int byte) /* NOLINT(readability-inconsistent-declaration-parameter-name) */
{
	return byte > 127 || ((byte | 32) >= 'a' && (byte | 32) <= 'z');
}

/** Whether a pattern alone leaves a path out; that of a directory ends in a slash. */
static bool excludes(const char *pattern, const char *path)
{
	size_t size = strlen(path);
	bool directory = path[size - 1] == '/';
	struct filter *filter = filter_new();
	ck_assert_ptr_nonnull(filter);
	ck_assert_int_eq(filter_add(filter, pattern, false), 0);
	/* Of its exact size, so that the sanitizers see every byte too far. */
	size -= directory;
	char *exact = malloc(size);
	ck_assert_ptr_nonnull(exact);
	memcpy(exact, path, size); /* NOLINT(bugprone-not-null-terminated-result) */
	bool excluded = filter_excludes(filter, exact, size, directory);
	free(exact);
	filter_free(filter);
	return excluded;
}

struct example {
	const char *pattern;
	/** Paths that match it, and paths that do not. */
	const char *yes[5];
	const char *no[5];
};

static const struct example examples[] = {
	/* The last component */
	{"foo", {"foo", "a/foo", "a/foo/"}, {"fo", "food", "xfoo", "foo/x"}},
	{"*.o", {"x.o", "a/x.o", ".o"}, {"x.oo", "x.o/y", "xo"}},
	{"*", {"a", "a/b", ".x"}, {}},
	{"?", {"a", "a/b", "\xff"}, {"ab", "a/bc"}},
	/* The last components */
	{"b/c", {"b/c", "a/b/c"}, {"a/xb/c", "c", "b/c/d"}},
	{"b/*", {"b/c", "a/b/c", "a/b/c/"}, {"b", "a/b", "b/c/d"}},
	{"?/c", {"b/c", "a/b/c"}, {"ab/c", "c"}},
	{"a/b/c", {"a/b/c", "x/a/b/c"}, {"b/c", "c"}},
	/* From the root on */
	{"/foo", {"foo", "foo/"}, {"a/foo", "foo/x"}},
	{"/b/c", {"b/c"}, {"a/b/c", "c"}},
	{"/*.o", {"x.o"}, {"a/x.o"}},
	{"/", {}, {"a", "a/"}},
	{"//a", {}, {"a", "b/a"}},
	/* Directories only */
	{"foo/", {"foo/", "a/foo/"}, {"foo", "a/foo", "foo/x"}},
	{"/foo/", {"foo/"}, {"foo", "a/foo/"}},
	{"*/", {"a/", "a/b/"}, {"a", "a/b"}},
	{"foo//", {}, {"foo/", "foo"}},
	/* Two stars */
	{"**", {"a", "a/b", "a/b/c/"}, {}},
	{"**/x", {"x", "a/x", "a/b/x"}, {"ax", "x/y"}},
	{"/**/x", {"a/x", "a/b/x"}, {"x"}},
	{"/**x", {"x", "ax", "a/b/x"}, {"xa"}},
	{"a/**", {"a/b", "a/b/c", "x/a/b"}, {"a", "a/", "xa/b"}},
	{"a/**/b", {"a/x/b", "a/x/y/b", "c/a/x/b"}, {"a/b", "a/x/bc"}},
	{"a**b", {"ab", "a/b", "axx/yyb", "x/a/b"}, {"xab", "a", "b"}},
	{"a*b**c*d", {"ab/cd", "axbycd", "a/abc/d/cd"}, {"a/bcd", "abc/d"}},
	/* A directory and all below it */
	{"dir/***", {"dir/", "dir/x", "dir/x/y", "a/dir/", "a/dir/x"}, {"dir", "xdir/"}},
	{"/dir/***", {"dir/", "dir/x/y"}, {"dir", "a/dir/", "a/dir/x"}},
	{"***", {"a", "a/", "a/b"}, {}},
	{"/d*/***", {"d/", "dd/x"}, {"d", "x/d/"}},
	/* Sets */
	{"[ab]", {"a", "b"}, {"c", "ab", "[ab]"}},
	{"[!ab]", {"c", "-"}, {"a", "b", "cc"}},
	{"[^ab]", {"c", "^"}, {"a", "b"}},
	{"[a-c]x", {"ax", "bx", "cx"}, {"dx", "-x"}},
	{"[]a]", {"]", "a"}, {"b"}},
	{"[!]a]", {"b"}, {"]", "a"}},
	{"[a-]", {"a", "-"}, {"b"}},
	{"[-a]", {"a", "-"}, {"b"}},
	{"[--0]", {"-", ".", "0"}, {"+", "1"}},
	{"[a-c-e]", {"b", "-", "e"}, {"d"}},
	{"[\\]]", {"]"}, {"\\"}},
	{"[\\a-c]", {"a", "b"}, {"\\", "d"}},
	{"[a-\\c]", {"b", "c"}, {"\\"}},
	{"[[:digit:]x]", {"7", "x"}, {"a", ":", "d"}},
	{"[[:alpha:]-z]", {"a", "-", "z"}, {"7"}},
	{"[![:space:]]", {"a"}, {" ", "\t"}},
	{"[[:alpha:]]", {"a", "Z"}, {"\xe4", "\xc3"}},
	{"[[:a]", {"[", ":", "a"}, {"b"}},
	{"[[:]", {"[", ":"}, {"]"}},
	{"[\x80-\xff]", {"\x80", "\xc3", "\xff"}, {"a"}},
	{"a[/]b", {}, {"a/b", "ab"}},
	{"[a/]b", {}, {"ab", "a/b"}},
	{"/a[!x]b", {"a-b"}, {"a/b"}},
	{"/a?b", {"a-b"}, {"a/b"}},
	{"**a?b", {"a-b", "x/a-b"}, {"a/b"}},
	{"a[!x]b", {"a-b"}, {"a/b"}},
	/* What is malformed matches nothing. */
	{"[", {}, {"[", "a"}},
	{"[a", {}, {"a", "[a"}},
	{"[a-", {}, {"a", "[a-"}},
	{"[[:nope:]]", {}, {"n", "["}},
	{"[[::]]", {}, {":", "["}},
	{"[\\", {}, {"\\", "["}},
	{"*\\", {}, {"\\", "a\\"}},
	/* A backslash */
	{"a\\b", {"a\\b"}, {"ab"}},
	{"a\\b*", {"ab", "abc"}, {"a\\b"}},
	{"\\*", {"*"}, {"a", "\\*"}},
	{"\\[a\\]*", {"[a]", "[a]b"}, {"a"}},
	{"a\\/b*", {"a/b", "x/a/bc"}, {"a\\/b"}},
	/* Prefixes */
	{"- foo", {"foo"}, {"- foo"}},
	{"-foo", {"-foo"}, {"foo"}},
	{"-  foo", {" foo"}, {"foo"}},
	{"+ foo", {}, {"foo", "+ foo"}},
	{"!foo", {"!foo"}, {"foo"}},
	{"!", {}, {"!"}},
	{"", {}, {"a"}},
	{"# foo", {"# foo"}, {"foo"}},
};

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

START_TEST(test_filter_pattern_matches)
{
	const struct example *example = &examples[_i];
	for (int i = 0; i < COUNT(example->yes) && example->yes[i]; i++)
		ck_assert_msg(excludes(example->pattern, example->yes[i]), "%s: not %s",
			example->pattern, example->yes[i]);
	for (int i = 0; i < COUNT(example->no) && example->no[i]; i++)
		ck_assert_msg(!excludes(example->pattern, example->no[i]), "%s: %s",
			example->pattern, example->no[i]);
}
END_TEST

/** A filter of rules for filter_add(), ended by NULL. */
static struct filter *filter_of(const char *const *rules)
{
	struct filter *filter = filter_new();
	ck_assert_ptr_nonnull(filter);
	for (; *rules; rules++)
		ck_assert_int_eq(filter_add(filter, *rules, false), 0);
	return filter;
}

static bool takes(const struct filter *filter, const char *path, bool directory)
{
	return !filter_excludes(filter, path, strlen(path), directory);
}

START_TEST(test_filter_first_match_decides)
{
	const char *const rules[] = {"+ keep.o", "*.o", "+ late.o", "+ */", "*.txt", NULL};
	struct filter *filter = filter_of(rules);
	ck_assert(takes(filter, "a/keep.o", false));
	ck_assert(!takes(filter, "a/x.o", false));
	ck_assert(!takes(filter, "late.o", false));
	ck_assert(takes(filter, "x.c", false));
	ck_assert(takes(filter, "x.txt", true));
	ck_assert(!takes(filter, "x.txt", false));
	filter_free(filter);
}
END_TEST

START_TEST(test_filter_includes_by_argument_and_prefix)
{
	struct filter *filter = filter_new();
	ck_assert_int_eq(filter_add(filter, "a", true), 0);
	ck_assert_int_eq(filter_add(filter, "- b", true), 0);
	ck_assert_int_eq(filter_add(filter, "+ c", false), 0);
	ck_assert_int_eq(filter_add(filter, "*", false), 0);
	ck_assert(takes(filter, "a", false));
	ck_assert(!takes(filter, "b", false));
	ck_assert(takes(filter, "c", false));
	ck_assert(!takes(filter, "d", false));
	filter_free(filter);
}
END_TEST

START_TEST(test_filter_exclamation_mark_clears)
{
	const char *const rules[] = {"a", "b", "!", "c", NULL};
	struct filter *filter = filter_of(rules);
	ck_assert(takes(filter, "a", false));
	ck_assert(takes(filter, "b", false));
	ck_assert(!takes(filter, "c", false));
	filter_free(filter);
}
END_TEST

START_TEST(test_filter_refuses_a_prefix_without_a_pattern)
{
	const char *const rules[] = {"a", NULL};
	struct filter *filter = filter_of(rules);
	ck_assert_int_eq(filter_add(filter, "- ", false), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(filter_add(filter, "+ ", false), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert(!takes(filter, "a", false));
	filter_free(filter);
}
END_TEST

START_TEST(test_filter_none_excludes_nothing)
{
	ck_assert(takes(NULL, "a", false));
	ck_assert(!filter_excludes_path(NULL, "a/b"));
	filter_free(NULL);
	struct filter *filter = filter_new();
	ck_assert(takes(filter, "a", true));
	ck_assert(!filter_excludes_path(filter, "a/b"));
	filter_free(filter);
}
END_TEST

/** A path that no walk comes to is excluded, also where no rule matches the path itself. */
START_TEST(test_filter_excludes_what_is_below)
{
	const char *const rules[] = {"+ /a/in", "/a/*", "+ deep", "b/", "c", NULL};
	struct filter *filter = filter_of(rules);
	ck_assert(!filter_excludes_path(filter, "a/in"));
	ck_assert(!filter_excludes_path(filter, "a/in/x"));
	ck_assert(filter_excludes_path(filter, "a/out"));
	ck_assert(filter_excludes_path(filter, "a/out/x/y"));
	ck_assert(filter_excludes_path(filter, "a/out/deep"));
	/* As a file it is taken, but what is below it is not. */
	ck_assert(!filter_excludes_path(filter, "x/b"));
	ck_assert(filter_excludes_path(filter, "x/b/deep"));
	ck_assert(filter_excludes_path(filter, "b/x"));
	ck_assert(filter_excludes_path(filter, "x/c"));
	ck_assert(filter_excludes_path(filter, "c/x/y"));
	ck_assert(!filter_excludes_path(filter, "x/y/z"));
	filter_free(filter);
}
END_TEST

/** A slash at the start of a pattern is where a listed name starts, also an absolute one; "." has none. */
START_TEST(test_filter_excludes_listed_names)
{
	const char *const rules[] = {"/a/b", "*.o", NULL};
	const char *const all[] = {"*", NULL};
	struct filter *filter = filter_of(rules);
	ck_assert(filter_excludes_listed(filter, "a/b"));
	ck_assert(filter_excludes_listed(filter, "/a/b"));
	ck_assert(filter_excludes_listed(filter, "/a/b/c"));
	ck_assert(!filter_excludes_listed(filter, "x/a/b"));
	ck_assert(filter_excludes_listed(filter, "/x/y.o"));
	filter_free(filter);
	filter = filter_of(all);
	ck_assert(filter_excludes_listed(filter, "a"));
	ck_assert(!filter_excludes_listed(filter, ""));
	ck_assert(!filter_excludes_listed(filter, "/"));
	ck_assert(!filter_excludes_listed(NULL, "/a"));
	filter_free(filter);
}
END_TEST

/** To be repeated, with something behind that does not match. */
static const struct {
	const char *piece;
	const char *end;
} long_patterns[] = {
	{"*a", "b"},
	{"**a", "b"},
	{"**a*", "b"},
	{"*a**", "b"},
	{"**/*a*", "b"},
	{"*[ab]?", "c"},
	{"**a*/", "b"},
	{"*[", "b"},
};

/** Patterns on which to try every way would take for ever; the time limit is the test. */
/** What a filter writes makes the same one, however its rules were given. */
START_TEST(test_filter_writes_its_rules)
{
	static const char written[] = "- a\0+ /b*/\0- **/x**\0+ - c\0- /\0+ **/d";
	struct filter *filter = filter_new();
	ck_assert_int_eq(filter_add(filter, "dropped", false), 0);
	ck_assert_int_eq(filter_add(filter, "!", false), 0);
	ck_assert_int_eq(filter_add(filter, "a", false), 0);
	ck_assert_int_eq(filter_add(filter, "/b*/", true), 0);
	ck_assert_int_eq(filter_add(filter, "", true), 0);
	ck_assert_int_eq(filter_add(filter, "x**", false), 0);
	ck_assert_int_eq(filter_add(filter, "+ - c", false), 0);
	ck_assert_int_eq(filter_add(filter, "- /", true), 0);
	ck_assert_int_eq(filter_add(filter, "**/d", true), 0);
	for (int i = 0; i < 2; i++) {
		char *text = NULL;
		size_t size;
		FILE *stream = open_memstream(&text, &size);
		filter_write(filter, stream);
		fclose(stream);
		filter_free(filter);
		ck_assert_uint_eq(size, sizeof(written));
		ck_assert_mem_eq(text, written, size);
		filter = filter_new();
		for (const char *rule = text; rule < text + size; rule += strlen(rule) + 1)
			ck_assert_int_eq(filter_add(filter, rule, i), 0);
		free(text);
	}
	filter_free(filter);
	filter_write(NULL, stdout);
}
END_TEST

START_TEST(test_filter_never_takes_long)
{
	char pattern[300] = "", path[5000];
	for (int i = 0; i < 30; i++)
		strcat(pattern, long_patterns[_i].piece);
	strcat(pattern, long_patterns[_i].end);
	memset(path, 'a', sizeof(path));
	/* One component; components of the greatest length; as many as there can be. */
	for (size_t step = sizeof(path); step >= 2;
		step = step == sizeof(path) ? 256 : step / 128) {
		for (size_t i = step - 1; i < sizeof(path); i += step)
			path[i] = '/';
		path[sizeof(path) - 1] = '\0';
		ck_assert(!excludes(pattern, path));
		/* Over all the path, also without a "**". */
		struct glob_path whole = {.bytes = path, .size = strlen(path)};
		ck_assert(!glob_match(pattern, &whole, 1));
	}
}
END_TEST

START_TEST(test_filter_takes_patterns_of_any_length)
{
	size_t size = 100000;
	char *text = malloc(size + 1);
	ck_assert_ptr_nonnull(text);
	memset(text, 'x', size);
	text[size] = '\0';
	ck_assert(excludes(text, text));
	ck_assert(!excludes(text, text + 1));
	text[size / 2] = '/';
	ck_assert(excludes(text, text));
	text[size - 1] = '*';
	ck_assert(excludes(text, text));
	free(text);
}
END_TEST

static Suite *filter_suite(void)
{
	Suite *suite = suite_create("filter");
	TCase *tests = tcase_create("patterns");
	tcase_add_loop_test(tests, test_filter_pattern_matches, 0, COUNT(examples));
	suite_add_tcase(suite, tests);

	tests = tcase_create("rules");
	tcase_add_test(tests, test_filter_first_match_decides);
	tcase_add_test(tests, test_filter_includes_by_argument_and_prefix);
	tcase_add_test(tests, test_filter_exclamation_mark_clears);
	tcase_add_test(tests, test_filter_refuses_a_prefix_without_a_pattern);
	tcase_add_test(tests, test_filter_none_excludes_nothing);
	tcase_add_test(tests, test_filter_excludes_what_is_below);
	tcase_add_test(tests, test_filter_excludes_listed_names);
	tcase_add_test(tests, test_filter_writes_its_rules);
	suite_add_tcase(suite, tests);

	tests = tcase_create("size");
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, test_filter_never_takes_long, 0, COUNT(long_patterns));
	tcase_add_test(tests, test_filter_takes_patterns_of_any_length);
	suite_add_tcase(suite, tests);
	return suite;
}

int main(void)
{
	return suite_run(filter_suite());
}
