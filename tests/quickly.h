/*
 * Assertions for inner loops: libcheck's own write to a file each time that they hold.
 */
#ifndef TESTS_QUICKLY_H
#define TESTS_QUICKLY_H

#include <check.h>

#define check_quickly(condition) \
	do { \
		if (!(condition)) \
			ck_abort_msg("%s", #condition); \
	} while (0)

#endif
