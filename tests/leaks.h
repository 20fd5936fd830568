/*
 * What a test of processes must leave behind: no child, and the descriptors it found. libcheck
 * kills the process group of a test, so it would not notice by itself.
 *
 * Use leaks_setup() and leaks_teardown() as a checked fixture.
 */
#ifndef TESTS_LEAKS_H
#define TESTS_LEAKS_H

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <sys/wait.h>

static int leaks_before;

/** How many descriptors are open. */
static inline int leaks_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	ck_assert_ptr_nonnull(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static inline void leaks_setup(void)
{
	leaks_before = leaks_descriptors();
}

static inline void leaks_teardown(void)
{
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(leaks_descriptors(), leaks_before);
}

#endif
