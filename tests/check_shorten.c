/*
 * ui/shorten: known answers, and for awkward names and all widths what must hold of any answer.
 */
#include "ui/shorten.h"

#include "quickly.h"
#include "suite.h"

#include <check.h>
#include <locale.h>
#include <stdbool.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#define WIDEST 200

/** What shorten() gives, as a string. */
static const char *shortened(const char *name, size_t columns)
{
	static char text[WIDEST * SHORTEN_BYTES + 1];
	memset(text, '#', sizeof(text));
	size_t size = shorten(name, columns, text);
	check_quickly(size <= columns * SHORTEN_BYTES);
	check_quickly(text[columns * SHORTEN_BYTES] == '#');
	text[size] = '\0';
	return text;
}

static const struct {
	const char *locale;
	const char *name;
	size_t columns;
	const char *shown;
} known[] = {
	{"C", "short", 5, "short"},
	{"C", "", 0, ""},
	{"C", "0123456789", 10, "0123456789"},
	{"C", "0123456789", 9, "012...789"},
	{"C", "0123456789", 8, "01...789"},
	{"C", "0123456789", 4, "...9"},
	{"C", "0123456789", 3, "..."},
	{"C", "0123456789", 2, ""},
	{"C", "a\tb\177", 10, "a\\011b\\177"},
	{"C", "a\tb\177", 9, "a...b\\177"},
	{"C", "caf\303\251", 11, "caf\\303\\251"},
	{"C.UTF-8", "caf\303\251", 4, "caf\303\251"},
	{"C.UTF-8", "0123456789", 9,
		"0123\xe2\x80\xa6"
		"6789"},
	{"C.UTF-8", "0123456789", 2,
		"\xe2\x80\xa6"
		"9"},
	{"C.UTF-8", "0123456789", 1, "\xe2\x80\xa6"},
	{"C.UTF-8", "0123456789", 0, ""},
	/* Half of a character, and a line separator, which is none to print. */
	{"C.UTF-8", "\303(", 5, "\\303("},
	{"C.UTF-8", "\xe2\x80\xa8", 12, "\\342\\200\\250"},
	/* Two columns each: one of them does not fit in what is left of the room. */
	{"C.UTF-8", "漢字漢字", 8, "漢字漢字"},
	{"C.UTF-8", "漢字漢字", 7, "漢…漢字"},
	{"C.UTF-8", "漢字漢字", 6, "漢…字"},
	{"C.UTF-8", "漢字漢字", 4, "…字"},
	/* What combines stays with its letter, or goes with it. */
	{"C.UTF-8", "a\xcc\x81z", 2, "a\xcc\x81z"},
	{"C.UTF-8", "012345a\xcc\x81z", 4, "0…a\xcc\x81z"},
	{"C.UTF-8", "012345a\xcc\x81z", 3, "0…z"},
};

START_TEST(test_shorten_known_answers)
{
	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, known[_i].locale));
	ck_assert_str_eq(shortened(known[_i].name, known[_i].columns), known[_i].shown);
}
END_TEST

/** The columns of a text of which every character can be printed. */
static size_t columns_of(const char *text)
{
	size_t columns = 0;
	mbstate_t state = {0};
	while (*text) {
		wchar_t wide;
		size_t size = mbrtowc(&wide, text, strlen(text), &state);
		check_quickly(size <= strlen(text));
		check_quickly(iswprint((wint_t)wide));
		check_quickly(wcwidth(wide) >= 0);
		columns += (size_t)wcwidth(wide);
		text += size;
	}
	return columns;
}

/** Names that are made of one thing many times over. */
static const char *const stuff[] = {"x", "\t", "\033[2J", "\303", "\377", "é", "漢", "a\xcc\x81",
	"\xcc\x81", "\xe2\x80\x8b", "🙂", "a漢\xcc\x81\n\377z", "\\"};

START_TEST(test_shorten_never_too_wide)
{
	static const char *const locales[] = {"C", "C.UTF-8"};
	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, locales[_i]));
	for (size_t i = 0; i < sizeof(stuff) / sizeof(stuff[0]); i++) {
		char name[12001] = "";
		for (size_t copies = 1; copies <= 1000; copies *= 10) {
			while (strlen(name) < copies * strlen(stuff[i]))
				strcat(name, stuff[i]);
			for (size_t columns = 0; columns <= WIDEST; columns++)
				check_quickly(columns_of(shortened(name, columns)) <= columns);
		}
	}
}
END_TEST

START_TEST(test_shorten_uses_the_room)
{
	char name[1001];
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (size_t columns = 3; columns <= WIDEST; columns++)
		ck_assert_uint_eq(columns_of(shortened(name, columns)), columns);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shorten");
	TCase *tcase = tcase_create("shorten");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_shorten_known_answers, 0, sizeof(known) / sizeof(known[0]));
	tcase_add_loop_test(tcase, test_shorten_never_too_wide, 0, 2);
	tcase_add_test(tcase, test_shorten_uses_the_room);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
