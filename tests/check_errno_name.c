/*
 * sys/errno_name: the C library's own names, where it has any, for every number.
 */
#include "suite.h"
#include "sys/errno_name.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

START_TEST(test_errno_name_known)
{
	ck_assert_str_eq(errno_name(EIO), "EIO");
	ck_assert_str_eq(errno_name(EPERM), "EPERM");
	ck_assert_str_eq(errno_name(ENOENT), "ENOENT");
	ck_assert_ptr_null(errno_name(0));
	ck_assert_ptr_null(errno_name(-1));
	ck_assert_ptr_null(errno_name(INT_MIN));
	ck_assert_ptr_null(errno_name(INT_MAX));
}
END_TEST

START_TEST(test_errno_name_is_the_c_librarys)
{
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 32)
	for (int error = 1; error < 5000; error++) {
		const char *name = errno_name(error);
		const char *expected = strerrorname_np(error);
		if (expected)
			ck_assert_pstr_eq(name, expected);
		else
			ck_assert_ptr_null(name);
	}
#endif
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("errno_name");
	TCase *tests = tcase_create("errno_name");
	tcase_add_test(tests, test_errno_name_known);
	tcase_add_test(tests, test_errno_name_is_the_c_librarys);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
