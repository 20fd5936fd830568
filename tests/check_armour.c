/*
 * manifest/armour: what stands around a text that is signed, line by line.
 */
#include "manifest/armour.h"
#include "suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN "-----BEGIN PGP SIGNED MESSAGE-----\n"
#define SIGNATURE "-----BEGIN PGP SIGNATURE-----\n"
#define END "-----END PGP SIGNATURE-----\n"

/**
 * Expect each line of a text to stand where a letter says: '-' nowhere, 'a' around, 't' in the text.
 *
 * @param text lines, each with its newline
 * @return the armour behind it
 */
static struct armour expect(const char *text, const char *parts)
{
	static const char letters[] = {
		[ARMOUR_NONE] = '-', [ARMOUR_AROUND] = 'a', [ARMOUR_TEXT] = 't'};
	struct armour armour = {0};
	for (; *text; parts++) {
		size_t size = strcspn(text, "\n") + 1;
		char *copy = strndup(text, size), *line = copy;
		ck_assert_ptr_nonnull(copy);
		enum armour_part part = armour_take(&armour, &line, &size);
		ck_assert_msg(letters[part] == *parts, "%.*s: %c", (int)size, text, letters[part]);
		text += strlen(copy);
		free(copy);
	}
	ck_assert_int_eq(*parts, '\0');
	return armour;
}

START_TEST(test_armour_whole)
{
	ck_assert(expect(
		BEGIN "Hash: SHA512\n\na\nb\n" SIGNATURE "\niQGz+/=\n=w17e\n" END, "aaattaaaaa")
			  .whole);
	/* Without headers; with the line ends of another system. */
	ck_assert(expect(BEGIN "\na\n" SIGNATURE END "b\n", "aataa-").whole);
	ck_assert(expect("-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA512\r\n\r\na\r\n" SIGNATURE
			 "Version: GnuPG v2\r\n\r\niQGz\r\n" END,
		"aaataaaaa")
			  .whole);
	/* An empty line of the text is one of the text. */
	expect(BEGIN "\n\na\n\n" SIGNATURE, "aattta");
}
END_TEST

/** What stands where armour should, and is none, is outside; so is all that follows. */
START_TEST(test_armour_outside)
{
	expect(BEGIN "no header\na\n", "a--");
	expect(BEGIN "\na\n" SIGNATURE "iQGz\n" END "b\n\nc\n", "aataaa---");
	expect(BEGIN "\na\n" SIGNATURE "HEX  name\nb\n", "aata--");
	expect(BEGIN "\na\n" SIGNATURE "two words\n" END, "aata--");
	expect(BEGIN "\na\n-----x\nb\n", "aat--");
	/* Too long for base64. */
	expect(BEGIN
		"\n" SIGNATURE
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
		"aaa-");
	/* A second text in the same file. */
	expect(BEGIN "\na\n" SIGNATURE END BEGIN "\nb\n" SIGNATURE END, "aataaaataa");
}
END_TEST

/** Where it does not begin in the first line, other lines count as they are. */
START_TEST(test_armour_behind)
{
	ck_assert(!expect("a\n" SIGNATURE "\niQGz\n" END "b\n", "-aaaa-").whole);
	ck_assert(!expect("a\n" BEGIN "\n- b\n" SIGNATURE END, "-aataa").whole);
	ck_assert(!expect("\n" BEGIN, "-a").whole);
	ck_assert(!expect(SIGNATURE "\niQGz\n" END, "aaaa").whole);
	ck_assert(!expect("-----BEGIN PGP MESSAGE-----\n\nx\n", "---").whole);
	ck_assert(!expect("x" BEGIN, "-").whole);
}
END_TEST

/** One escape is taken off, in a text that began in the first line. */
START_TEST(test_armour_escapes)
{
	static const char *const lines[][3] = {
		{"- a\n", "a\n", "- a\n"},
		{"- - a\n", "- a\n", "- - a\n"},
		{"- \n", "\n", "- \n"},
		{"-a\n", "-a\n", "-a\n"},
		{"- -----BEGIN PGP SIGNATURE-----\n", SIGNATURE, "- " SIGNATURE},
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		for (int whole = 0; whole < 2; whole++) {
			struct armour armour =
				expect(whole ? BEGIN "\n" : "x\n" BEGIN "\n", whole ? "aa" : "-aa");
			char text[64], *line = strcpy(text, lines[i][0]);
			size_t size = strlen(line);
			ck_assert_int_eq(armour_take(&armour, &line, &size), ARMOUR_TEXT);
			ck_assert_str_eq(line, lines[i][whole ? 1 : 2]);
			ck_assert_uint_eq(size, strlen(line));
		}
	}
}
END_TEST

/** A line that was too long to be kept. */
START_TEST(test_armour_too_long)
{
	char *line = NULL;
	size_t size = 0;
	struct armour armour = expect(BEGIN "\na\n", "aat");
	ck_assert_int_eq(armour_take(&armour, &line, &size), ARMOUR_TEXT);
	armour = expect(BEGIN "\na\n" SIGNATURE, "aata");
	ck_assert_int_eq(armour_take(&armour, &line, &size), ARMOUR_NONE);
	armour = (struct armour){0};
	ck_assert_int_eq(armour_take(&armour, &line, &size), ARMOUR_NONE);
	char begin[] = BEGIN, *first = begin;
	size = sizeof(begin) - 1;
	ck_assert_int_eq(armour_take(&armour, &first, &size), ARMOUR_AROUND);
	ck_assert(!armour.whole);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("armour");
	TCase *tcase = tcase_create("armour");
	tcase_add_test(tcase, test_armour_whole);
	tcase_add_test(tcase, test_armour_outside);
	tcase_add_test(tcase, test_armour_behind);
	tcase_add_test(tcase, test_armour_escapes);
	tcase_add_test(tcase, test_armour_too_long);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
