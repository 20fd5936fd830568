/*
 * manifest/normal_form: canonical decomposition, of what it knows, and of what is no UTF-8.
 */
#include "manifest/normal_form.h"
#include "suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	const char *form;
} forms[] = {
	{"", ""},
	{"plain", "plain"},
	/* Letter and mark; two marks; a chain of pairs. */
	{"caf\u00e9", "cafe\u0301"},
	{"\u1ea5", "a\u0302\u0301"},
	{"\u1f82", "\u03b1\u0313\u0300\u0345"},
	/* One that is made of one; kana. */
	{"\u212b", "A\u030a"},
	{"\u304c", "\u304b\u3099"},
	/* Hangul with and without a tail. */
	{"\uac00", "\u1100\u1161"},
	{"\ud55c\uae00", "\u1112\u1161\u11ab\u1100\u1173\u11af"},
	/* Marks by their classes; those of one class stay in their order. */
	{"a\u0301\u0323", "a\u0323\u0301"},
	{"\u00e1\u0323", "a\u0323\u0301"},
	{"a\u0301\u0300", "a\u0301\u0300"},
	{"a\u0300\u0301", "a\u0300\u0301"},
	{"a\u0301b\u0323", "a\u0301b\u0323"},
	{"\u0301\u0323", "\u0323\u0301"},
	/* Beyond the table, and no decomposition. */
	{"\U0001f600\u00df", "\U0001f600\u00df"},
	/* What is no UTF-8 stays: alone, cut off, too long a form, a surrogate, beyond all. */
	{"\xff\xe9", "\xff\xe9"},
	{"a\xcc", "a\xcc"},
	{"\xc0\xaf", "\xc0\xaf"},
	{"\xe0\x80\xaf", "\xe0\x80\xaf"},
	{"\xf5\x80\x80\x80", "\xf5\x80\x80\x80"},
	{"\xc3(\u00e9", "\xc3(e\u0301"},
};

START_TEST(test_normal_form)
{
	const char *name = forms[_i].name;
	size_t size = strlen(name);
	/* Of exactly the size that is needed: sanitizers see more. */
	char *form = malloc(NORMAL_FORM_GROWTH * size + 1);
	size_t form_size = normal_form(name, size, form);
	ck_assert_uint_eq(form_size, strlen(forms[_i].form));
	ck_assert_mem_eq(form, forms[_i].form, form_size);
	/* Once more it is itself. */
	char *again = malloc(NORMAL_FORM_GROWTH * form_size + 1);
	ck_assert_uint_eq(normal_form(form, form_size, again), form_size);
	ck_assert_mem_eq(again, form, form_size);
	free(again);
	free(form);
}
END_TEST

/** Whatever the character, it has room. */
START_TEST(test_normal_form_growth)
{
	for (unsigned code = 0x80; code < 0x10000; code++) {
		char name[3], *form = malloc(NORMAL_FORM_GROWTH * sizeof(name));
		size_t size = 0;
		if (code >= 0x800)
			name[size++] = (char)(0xe0 | code >> 12);
		name[size] = (char)(code < 0x800 ? 0xc0 | code >> 6 : 0x80 | (code >> 6 & 0x3f));
		size++;
		name[size++] = (char)(0x80 | (code & 0x3f));
		size_t form_size = normal_form(name, size, form);
		ck_assert_msg(form_size <= NORMAL_FORM_GROWTH * size, "U+%04x", code);
		free(form);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("normal_form");
	TCase *tests = tcase_create("normal_form");
	tcase_add_loop_test(tests, test_normal_form, 0, sizeof(forms) / sizeof(*forms));
	tcase_add_test(tests, test_normal_form_growth);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
