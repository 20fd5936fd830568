/*
 * ui/units: three digits or two, rounded, never a thousand of anything.
 */
#include "suite.h"
#include "ui/units.h"

#include <check.h>

START_TEST(test_units_bytes)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} known[] = {
		{0, "0 B"},
		{1, "1 B"},
		{999, "999 B"},
		{1000, "1.0 kB"},
		{1049, "1.0 kB"},
		{1051, "1.1 kB"},
		{9949, "9.9 kB"},
		{9951, "10 kB"},
		{999499, "999 kB"},
		{999500, "1.0 MB"},
		{1300234567, "1.3 GB"},
		{134217728, "134 MB"},
		{UINT64_C(999499999999), "999 GB"},
		{UINT64_C(1000000000000), "1.0 TB"},
		{UINT64_C(2500000000000000), "2.5 PB"},
		{UINT64_MAX, "18 EB"},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		char room[UNITS_ROOM];
		ck_assert_str_eq(units_bytes(known[i].bytes, room), known[i].text);
	}
}
END_TEST

/** Two of a unit at least, so that what is rounded down is at most a third. */
START_TEST(test_units_age)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} known[] = {
		{0, "0 seconds"},
		{1, "1 second"},
		{2, "2 seconds"},
		{119, "119 seconds"},
		{120, "2 minutes"},
		{179, "2 minutes"},
		{7199, "119 minutes"},
		{7200, "2 hours"},
		{172799, "47 hours"},
		{172800, "2 days"},
		{41 * 86400 + 86399, "41 days"},
		{UINT64_MAX, "213503982334601 days"},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		char room[UNITS_ROOM];
		ck_assert_str_eq(units_age(known[i].seconds, room), known[i].text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("units");
	TCase *tests = tcase_create("units");
	tcase_add_test(tests, test_units_bytes);
	tcase_add_test(tests, test_units_age);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
