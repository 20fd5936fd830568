/*
 * values: durations, lists of algorithms.
 */
#include "suite.h"
#include "values.h"

#include <check.h>

#define UNCHANGED UINT64_C(12345)

static const struct {
	const char *text;
	uint64_t seconds;
} durations[] = {
	{"1", 1},
	{"90", 90},
	{"090", 90},
	{"90s", 90},
	{"30m", 1800},
	{"2h", 7200},
	{"1d", 86400},
	{"2w", 1209600},
	{"3153600000", UINT64_C(3153600000)},
	{"3153600000s", UINT64_C(3153600000)},
	{"52560000m", UINT64_C(3153600000)},
	{"876000h", UINT64_C(3153600000)},
	{"36500d", UINT64_C(3153600000)},
	{"5214w", UINT64_C(3153427200)},
};

START_TEST(test_values_duration)
{
	for (uint64_t least = 0; least < 2; least++) {
		uint64_t seconds = UNCHANGED;
		ck_assert_int_eq(
			value_duration("duration", durations[_i].text, least, &seconds), 0);
		ck_assert_uint_eq(seconds, durations[_i].seconds);
	}
}
END_TEST

/** Only where it is allowed. */
START_TEST(test_values_duration_of_nothing)
{
	static const char *const nothing[] = {"0", "00", "0s", "0m", "0h", "0d", "0w"};
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		uint64_t seconds = UNCHANGED;
		ck_assert_int_eq(value_duration("duration", nothing[i], 1, &seconds), -1);
		ck_assert_uint_eq(seconds, UNCHANGED);
		ck_assert_int_eq(value_duration("age", nothing[i], 0, &seconds), 0);
		ck_assert_uint_eq(seconds, 0);
	}
}
END_TEST

static const char *const no_durations[] = {
	"",
	" ",
	"s",
	"-1",
	"-0",
	"+1",
	" 1",
	"1 ",
	"1s ",
	"1 s",
	"1\n",
	"1.5h",
	"1,5h",
	"1e3",
	"0x10",
	"2hours",
	"2hs",
	"2H",
	"2M",
	"2y",
	"1h30m",
	"1:30",
	"never",
	/* One more than the most, and what wraps around. */
	"3153600001",
	"52560001m",
	"876001h",
	"36501d",
	"5215w",
	"307445734561825861m",
	"30500568904943w",
	"18446744073709551615",
	"18446744073709551616",
	"18446744073709551616s",
	"99999999999999999999999999999999999999999999999",
};

START_TEST(test_values_no_duration)
{
	for (uint64_t least = 0; least < 2; least++) {
		uint64_t seconds = UNCHANGED;
		ck_assert_int_eq(value_duration("duration", no_durations[_i], least, &seconds), -1);
		ck_assert_uint_eq(seconds, UNCHANGED);
	}
}
END_TEST

START_TEST(test_values_algorithms)
{
	struct digest_set set = {0};
	char names[DIGEST_SET_NAMES];
	ck_assert_int_eq(value_algorithms("md5", &set), 0);
	ck_assert_str_eq(digest_set_names(&set, names), "md5");
	/* What was there before is replaced; tags and libcrypto's names are names, too. */
	ck_assert_int_eq(value_algorithms("sha256,SHA512/256,blake2B-512,md5", &set), 0);
	ck_assert_str_eq(digest_set_names(&set, names), "sha256,sha512-256,blake2b512,md5");
}
END_TEST

START_TEST(test_values_algorithms_refused)
{
	static const char *const wrong[] = {
		"", ",", "md5,", ",md5", "md5,,sha1", "md5,md5", "md5,MD5", "md5 ,sha1", "md6"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct digest_set set = digest_set_of(digest_find("sha512"));
		ck_assert_int_eq(value_algorithms(wrong[i], &set), -1);
		ck_assert_uint_eq(set.count, 1);
		ck_assert_str_eq(set.list[0]->name, "sha512");
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("values");
	TCase *tests = tcase_create("values");
	tcase_add_loop_test(
		tests, test_values_duration, 0, (int)(sizeof(durations) / sizeof(durations[0])));
	tcase_add_test(tests, test_values_algorithms);
	tcase_add_test(tests, test_values_algorithms_refused);
	tcase_add_test(tests, test_values_duration_of_nothing);
	tcase_add_loop_test(tests, test_values_no_duration, 0,
		(int)(sizeof(no_durations) / sizeof(no_durations[0])));
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
