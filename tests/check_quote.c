/*
 * ui/quote: a table of known answers, and the messages of the installed sha512sum, if it is GNU's,
 * for thousands of names.
 */
#include "leaks.h"
#include "suite.h"
#include "ui/quote.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *locale;
	const char *name;
	const char *quoted;
} known[] = {
	{"C", "plain-name_1.txt", "plain-name_1.txt"},
	{"C", "", "''"},
	{"C", "nope x", "'nope x'"},
	{"C", "nope\nx", "'nope'$'\\n''x'"},
	{"C", "a:b", "'a:b'"},
	{"C", "a=b", "'a=b'"},
	{"C", "~a", "'~a'"},
	{"C", "a~", "a~"},
	{"C", "#a", "'#a'"},
	{"C", "a#", "a#"},
	{"C", "{", "'{'"},
	{"C", "{}", "{}"},
	{"C", "\\", "'\\'"},
	{"C", "it's", "\"it's\""},
	{"C", "it's $", "'it'\\''s $'"},
	{"C", "a\t\033b", "'a'$'\\t\\033''b'"},
	{"C", "\a\b\f\r\v\177", "''$'\\a\\b\\f\\r\\v\\177'"},
	{"C", "caf\303\251", "'caf'$'\\303\\251'"},
	{"C.UTF-8", "caf\303\251", "caf\303\251"},
	{"C.UTF-8", "it's \303\251", "\"it's \303\251\""},
	{"C.UTF-8", "\303(", "''$'\\303''('"},
	{"C.UTF-8", "x\303", "'x'$'\\303'"},
	{"C.UTF-8", "\342\200\250", "''$'\\342\\200\\250'"},
	/* Where GNU itself goes wrong. */
	{"C", "\n'\n", "''$'\\n'\\'''$'\\n'"},
	{"C", "it's\177", "'it'\\''s'$'\\177'"},
};

START_TEST(test_quote_shell_known_answers)
{
	char *quoted;

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, known[_i].locale));
	quoted = quote_shell(known[_i].name, false);
	ck_assert_str_eq(quoted, known[_i].quoted);
	free(quoted);
}
END_TEST

START_TEST(test_quote_shell_always_quotes)
{
	char *plain = quote_shell("plain", true);
	char *apostrophe = quote_shell("it's", true);
	char *empty = quote_shell("", true);

	ck_assert_str_eq(plain, "'plain'");
	ck_assert_str_eq(apostrophe, "\"it's\"");
	ck_assert_str_eq(empty, "''");
	free(plain);
	free(apostrophe);
	free(empty);
}
END_TEST

START_TEST(test_quote_shell_of_every_byte_many_times)
{
	/* The largest growth of each kind: the sanitizers watch the buffer. */
	for (int byte = 1; byte < 256; byte++) {
		char name[1001];
		char *quoted;

		memset(name, byte, 1000);
		name[1000] = '\0';
		for (size_t i = 1; i < 1000; i += 2)
			name[i] = byte == 'a' ? '\001' : 'a';
		quoted = quote_shell(name, true);
		ck_assert_uint_ge(strlen(quoted), 1002);
		free(quoted);
	}
}
END_TEST

/* Names for the oracle. */

/** The first of the names, which tells whether the oracle still has gnulib's defect. */
static const char telling_name[] = "it's\177";

#define MAX_NAMES 20000
static char *names[MAX_NAMES + 4];
static size_t name_count;

static void add_name(const char *bytes, size_t size)
{
	ck_assert_uint_lt(name_count, MAX_NAMES);
	names[3 + name_count] = strndup(bytes, size);
	ck_assert_ptr_nonnull(names[3 + name_count]);
	name_count++;
}

/** Every byte alone, in front, behind and between; pairs and triples of specials; random mixtures.
 */
static void make_names(void)
{
	static const char specials[] =
		" !\"#$&'()*;<=>?@[\\]^`{|}~:%+,-./_a\n\r\t\033\177\303\251\342";
	/* One of each kind. */
	static const char classes[] = "a '\"\\\n\033\177:=#~{}$]%\303\251\377";
	static const char *const pieces[] = {"a", "'", " ", "\n", "\033", "\303\251",
		"\342\202\254", "\360\237\230\200", "\303", "\377", "\251", "\342\200\250", "$",
		"~", "#", "{", "=", ":", "\\", "\"", "%", "\342\202", "?"};
	size_t piece_count = sizeof(pieces) / sizeof(*pieces);

	add_name(telling_name, strlen(telling_name));
	add_name("", 0);
	for (int byte = 1; byte < 256; byte++) {
		char c = (char)byte;

		if (c != '/' && c != '-' && c != '.')
			add_name((char[]){c}, 1);
		add_name((char[]){c, 'x'}, c == '/' ? 0 : 2);
		add_name((char[]){'x', c}, 2);
		add_name((char[]){'x', c, 'y'}, 3);
		add_name((char[]){'\'', c}, 2);
	}
	for (const char *a = specials; *a; a++) {
		for (const char *b = specials; *b; b++) {
			if (*a != '/')
				add_name((char[]){*a, *b, 'q'}, 3);
		}
	}
	for (const char *a = classes; *a; a++) {
		for (const char *b = classes; *b; b++) {
			for (const char *c = classes; *c; c++)
				add_name((char[]){*a, *b, *c}, 3);
		}
	}
	srandom(512);
	for (int i = 0; i < 6000; i++) {
		char name[64] = "";

		for (long left = 1 + random() % 9; left > 0; left--)
			strcat(name, pieces[(size_t)random() % piece_count]);
		add_name(name, strlen(name));
	}
}

/** Whether a name may be one of those that are quoted wrongly where the defect is. */
static bool may_show_defect(const char *name)
{
	size_t size = strlen(name);
	unsigned char last = size > 0 ? (unsigned char)name[size - 1] : 'x';

	return strchr(name, '\'') && (last < ' ' || last >= 0177);
}

/** Run `sha512sum --tag -- NAMES`. @return its standard error */
static FILE *run_sha512sum(const char *locale_name, pid_t *child)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	*child = fork();
	ck_assert_int_ge(*child, 0);
	if (*child == 0) {
		setenv("LC_ALL", locale_name, 1);
		dup2(ends[1], STDERR_FILENO);
		execvp(names[0], names);
		_exit(127);
	}
	close(ends[1]);
	return fdopen(ends[0], "r");
}

static bool have_gnu_sha512sum(void)
{
	return system("sha512sum --version 2>/dev/null | grep -q 'GNU coreutils'") == 0;
}

static void compare_with_oracle(const char *locale_name)
{
	static const char reason[] = ": No such file or directory\n";
	size_t compared = 0;
	bool has_defect = false;
	pid_t child;
	FILE *messages;
	int status;

	if (!have_gnu_sha512sum()) {
		printf("check_quote: no GNU sha512sum here to compare with\n");
		return;
	}
	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, locale_name));
	make_names();
	names[0] = "sha512sum";
	names[1] = "--tag";
	names[2] = "--";
	messages = run_sha512sum(locale_name, &child);
	ck_assert_ptr_nonnull(messages);
	for (size_t i = 0; i < name_count; i++) {
		char line[512];
		char expected[512];
		char *name = names[3 + i];
		char *quoted = quote_shell(name, false);

		ck_assert_ptr_nonnull(fgets(line, sizeof(line), messages));
		sprintf(expected, "sha512sum: %s%s", quoted, reason);
		if (i == 0)
			has_defect = strstr(line, "'''it");
		if (!has_defect || !may_show_defect(name)) {
			ck_assert_str_eq(expected, line);
			compared++;
		}
		free(quoted);
		free(name);
	}
	ck_assert_int_eq(fgetc(messages), EOF);
	fclose(messages);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_uint_gt(compared, name_count * 4 / 5);
}

START_TEST(test_quote_shell_as_sha512sum_in_c)
{
	compare_with_oracle("C");
}
END_TEST

START_TEST(test_quote_shell_as_sha512sum_in_utf8)
{
	compare_with_oracle("C.UTF-8");
}
END_TEST

static Suite *quote_suite(void)
{
	Suite *suite = suite_create("quote");
	TCase *tests = tcase_create("quote");

	tcase_add_checked_fixture(tests, leaks_setup, leaks_teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(
		tests, test_quote_shell_known_answers, 0, (int)(sizeof(known) / sizeof(*known)));
	tcase_add_test(tests, test_quote_shell_always_quotes);
	tcase_add_test(tests, test_quote_shell_of_every_byte_many_times);
	tcase_add_test(tests, test_quote_shell_as_sha512sum_in_c);
	tcase_add_test(tests, test_quote_shell_as_sha512sum_in_utf8);
	suite_add_tcase(suite, tests);
	return suite;
}

int main(void)
{
	return suite_run(quote_suite());
}
