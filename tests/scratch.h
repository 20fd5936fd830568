/*
 * A directory of its own for each test, as the current one; all are removed when the case has
 * ended, also where a test failed.
 *
 * Use scratch_setup() and scratch_teardown() as an unchecked fixture, and scratch_enter() as the
 * setup of a checked one.
 */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/** The user without rights that tests become where they run as root. */
#define SCRATCH_NOBODY 65534

static char scratch_base[4096];

/** In TMPDIR; or in memory, where ten thousand directories take no time; or in /tmp. */
static inline void scratch_setup(void)
{
	const char *parent = getenv("TMPDIR");

	if (!parent || *parent != '/')
		parent = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(scratch_base, sizeof(scratch_base), "%s/treesum-test-XXXXXX", parent);
	ck_assert_ptr_nonnull(mkdtemp(scratch_base));
	ck_assert_int_eq(chmod(scratch_base, 0755), 0);
}

static inline void scratch_teardown(void)
{
	char command[2 * sizeof(scratch_base) + 64];

	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof(command), "chmod -R u+rwX '%s'; rm -rf '%s'", scratch_base,
		scratch_base);
	ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c) */
}

static inline void scratch_enter(void)
{
	char name[sizeof(scratch_base) + 16];

	umask(022);
	snprintf(name, sizeof(name), "%s/XXXXXX", scratch_base);
	ck_assert_ptr_nonnull(mkdtemp(name));
	ck_assert_int_eq(chmod(name, 0777), 0);
	ck_assert_int_eq(chdir(name), 0);
}

static inline void scratch_mkdir_at(int directory, const char *name)
{
	ck_assert_int_eq(mkdirat(directory, name, 0755), 0);
}

static inline void scratch_mkdir(const char *name)
{
	scratch_mkdir_at(AT_FDCWD, name);
}

/** Make a file that holds `text`. */
static inline void scratch_file_at(int directory, const char *name, const char *text)
{
	int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(close(fd), 0);
}

static inline void scratch_file(const char *name, const char *text)
{
	scratch_file_at(AT_FDCWD, name, text);
}

/**
 * Make a chain of directories, each named `name` and inside the one before, in the current one.
 *
 * @return a descriptor of the last one
 */
static inline int scratch_chain(const char *name, size_t levels)
{
	int directory = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(directory, 0);
	for (size_t i = 0; i < levels; i++) {
		int inner;

		scratch_mkdir_at(directory, name);
		inner = openat(directory, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		ck_assert_int_ge(inner, 0);
		close(directory);
		directory = inner;
	}
	return directory;
}

/** Give up root's rights, so that permissions count. For the rest of the process. */
static inline void scratch_become_nobody(void)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(setgroups(0, NULL), 0);
	ck_assert_int_eq(setresgid(SCRATCH_NOBODY, SCRATCH_NOBODY, SCRATCH_NOBODY), 0);
	ck_assert_int_eq(setresuid(SCRATCH_NOBODY, SCRATCH_NOBODY, SCRATCH_NOBODY), 0);
}

#endif
