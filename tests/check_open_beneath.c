/*
 * hash/open_beneath.h: every test runs three times, with openat2 as the kernel has it, without it
 * (ENOSYS), and with a sandbox that forbids it (EPERM).
 */
#include "hash/open_beneath.h"

#include "leaks.h"
#include "scratch.h"
#include "suite.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifndef SYS_openat2
#	define SYS_openat2 437
#endif

/** How a file is opened that may have become a FIFO. */
#define READING (O_RDONLY | O_NONBLOCK | O_NOCTTY)

/**
 * Let openat2 end in `action` from now on. The number is not that of another call in any other ABI
 * that this process could use, so the filter need not ask for the architecture.
 */
static int filter_openat2(unsigned action)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

static void enter(void)
{
	leaks_setup();
	scratch_enter();
}

static void enter_without(int error)
{
	enter();
	if (filter_openat2(SECCOMP_RET_ERRNO | (unsigned)error) < 0) {
		fprintf(stderr, "check_open_beneath: NOT TESTED without openat2: no seccomp: %s\n",
			strerror(errno));
		return;
	}
	ck_assert_int_eq(syscall(SYS_openat2, AT_FDCWD, ".", NULL, 0), -1);
	ck_assert_int_eq(errno, error);
}

static void enter_enosys(void)
{
	enter_without(ENOSYS);
}

static void enter_eperm(void)
{
	enter_without(EPERM);
}

/** A root descriptor of the current directory. */
static int here(void)
{
	int root = open_beneath_root(".");

	ck_assert_int_ge(root, 0);
	return root;
}

static void assert_opens_at(int root, const char *path, const char *text)
{
	char found[64] = "";
	int fd = open_beneath(root, path, READING);

	ck_assert_msg(fd >= 0, "%.100s: %s", path, strerror(errno));
	ck_assert_int_eq(read(fd, found, sizeof(found) - 1), (ssize_t)strlen(text));
	ck_assert_str_eq(found, text);
	close(fd);
}

static void assert_opens(const char *path, const char *text)
{
	int root = here();

	assert_opens_at(root, path, text);
	close(root);
}

static void assert_fails_at(int root, const char *path, int error)
{
	errno = 0;
	ck_assert_msg(open_beneath(root, path, READING) == -1, "%.100s was opened", path);
	ck_assert_msg(errno == error, "%.100s: %s", path, strerror(errno));
}

static void assert_fails(const char *path, int error)
{
	int root = here();

	assert_fails_at(root, path, error);
	close(root);
}

START_TEST(test_open_beneath_opens_files)
{
	scratch_mkdir("a");
	scratch_mkdir("a/b");
	scratch_file("top", "1");
	scratch_file("a/b/inner", "2");
	scratch_file("a/..x", "3");
	scratch_file("a/x..", "4");
	scratch_file("a/...", "5");
	assert_opens("top", "1");
	assert_opens("/top", "1");
	assert_opens("a/b/inner", "2");
	assert_opens("//a///b//inner", "2");
	assert_opens("./a/./b/inner", "2");
	assert_opens("a/..x", "3");
	assert_opens("a/x..", "4");
	assert_opens("a/...", "5");
}
END_TEST

START_TEST(test_open_beneath_does_not_block_nor_leak_into_programs)
{
	int root = here(), fd;

	scratch_file("file", "");
	ck_assert_int_eq(mkfifo("fifo", 0644), 0);
	for (int i = 0; i < 2; i++) {
		fd = open_beneath(root, i == 0 ? "file" : "fifo", READING);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_PATH),
			O_RDONLY | O_NONBLOCK);
		ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
		close(fd);
	}
	close(root);
}
END_TEST

START_TEST(test_open_beneath_follows_no_link)
{
	scratch_mkdir("a");
	scratch_file("a/file", "1");
	scratch_file("file", "2");
	ck_assert_int_eq(symlink("file", "a/link"), 0);
	ck_assert_int_eq(symlink("a", "directory"), 0);
	ck_assert_int_eq(symlink("/", "outside"), 0);
	ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
	ck_assert_int_eq(symlink("loop", "loop"), 0);
	assert_fails("a/link", ELOOP);
	assert_fails("directory", ELOOP);
	assert_fails("directory/", ELOOP);
	assert_fails("directory/.", ELOOP);
	assert_fails("directory/file", ELOOP);
	assert_fails("directory//file", ELOOP);
	assert_fails("./directory/nothing", ELOOP);
	assert_fails("outside/etc/passwd", ELOOP);
	assert_fails("dangling", ELOOP);
	assert_fails("dangling/", ELOOP);
	assert_fails("dangling/file", ELOOP);
	assert_fails("loop", ELOOP);
	assert_fails("loop/file", ELOOP);
}
END_TEST

START_TEST(test_open_beneath_refuses_what_leads_up_or_nowhere)
{
	scratch_mkdir("a");
	scratch_file("file", "1");
	assert_fails("", EINVAL);
	assert_fails("/", EINVAL);
	assert_fails("///", EINVAL);
	assert_fails("..", EINVAL);
	assert_fails("../file", EINVAL);
	assert_fails("/../file", EINVAL);
	assert_fails("a/..", EINVAL);
	assert_fails("a/../", EINVAL);
	assert_fails("a/../file", EINVAL);
	assert_fails("a/.../../..", EINVAL);
	assert_fails("missing/../file", EINVAL);
}
END_TEST

START_TEST(test_open_beneath_tells_why)
{
	char name[PATH_MAX + 10];

	scratch_mkdir("a");
	scratch_file("a/file", "1");
	assert_fails("missing", ENOENT);
	assert_fails("a/missing", ENOENT);
	assert_fails("missing/file", ENOENT);
	assert_fails("a/file/below", ENOTDIR);
	assert_fails("a/file/", ENOTDIR);
	assert_fails("a/file/.", ENOTDIR);
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_fails(name, ENAMETOOLONG);
	name[256] = '\0';
	assert_fails(name, ENAMETOOLONG);
	assert_fails_at(-1, "a/file", EBADF);
}
END_TEST

START_TEST(test_open_beneath_needs_only_search_permission)
{
	int root;

	scratch_mkdir("a");
	scratch_mkdir("a/search");
	scratch_mkdir("a/closed");
	scratch_file("a/search/file", "1");
	scratch_file("a/search/secret", "2");
	scratch_file("a/closed/file", "3");
	ck_assert_int_eq(chmod("a/search/secret", 0), 0);
	ck_assert_int_eq(chmod("a/search", 0111), 0);
	ck_assert_int_eq(chmod("a/closed", 0), 0);
	ck_assert_int_eq(chmod("a", 0111), 0);
	scratch_become_nobody();
	root = open_beneath_root("a");
	ck_assert_int_ge(root, 0);
	assert_opens_at(root, "search/file", "1");
	assert_fails_at(root, "search/secret", EACCES);
	assert_fails_at(root, "search", EACCES);
	assert_fails_at(root, "closed/file", EACCES);
	close(root);
}
END_TEST

/** `levels` times NAME and a slash, then LAST. Free it. */
static char *long_path(const char *name, size_t levels, const char *last)
{
	size_t size = strlen(name);
	char *path = malloc(levels * (size + 1) + strlen(last) + 1), *at = path;

	ck_assert_ptr_nonnull(path);
	for (size_t i = 0; i < levels; i++) {
		memcpy(at, name, size);
		at[size] = '/';
		at += size + 1;
	}
	memcpy(at, last, strlen(last) + 1);
	return path;
}

START_TEST(test_open_beneath_opens_paths_of_any_length)
{
	/* 4,089 bytes of directories: the longest path that fits, the first that does not. */
	static const char name[] = "twenty-eight-bytes-of-a-name";
	int bottom = scratch_chain(name, 141), deeper;
	char *path;

	ck_assert_uint_eq(sizeof(name), 29);
	scratch_file_at(bottom, "123456", "fits");
	scratch_file_at(bottom, "1234567", "does not");
	scratch_mkdir_at(bottom, name);
	deeper = openat(bottom, name, O_PATH | O_CLOEXEC);
	ck_assert_int_ge(deeper, 0);
	scratch_file_at(deeper, "file", "deep");
	ck_assert_int_eq(symlinkat(name, bottom, "link"), 0);

	path = long_path(name, 141, "123456");
	ck_assert_uint_eq(strlen(path), PATH_MAX - 1);
	assert_opens(path, "fits");
	free(path);
	path = long_path(name, 141, "1234567");
	assert_opens(path, "does not");
	free(path);
	path = long_path(name, 142, "file");
	assert_opens(path, "deep");
	free(path);
	path = long_path(name, 142, "missing");
	assert_fails(path, ENOENT);
	free(path);
	path = long_path(name, 141, "link/file");
	assert_fails(path, ELOOP);
	free(path);
	path = long_path(name, 141, "../file");
	assert_fails(path, EINVAL);
	free(path);
	close(deeper);
	close(bottom);
}
END_TEST

START_TEST(test_open_beneath_root_may_be_a_link_and_may_move)
{
	int root;

	scratch_mkdir("a");
	scratch_file("a/file", "1");
	ck_assert_int_eq(symlink("a", "link"), 0);
	ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
	root = open_beneath_root("link");
	ck_assert_int_ge(root, 0);
	ck_assert_int_eq(fcntl(root, F_GETFD), FD_CLOEXEC);
	assert_opens_at(root, "file", "1");
	ck_assert_int_eq(rename("a", "b"), 0);
	assert_opens_at(root, "file", "1");
	close(root);

	ck_assert_int_eq(open_beneath_root("dangling"), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(open_beneath_root("b/file"), -1);
	ck_assert_int_eq(errno, ENOTDIR);
}
END_TEST

/**
 * Once openat2 is known to be missing, it is not called again: from then on it would kill. Loops
 * over the two errors that say so.
 */
START_TEST(test_open_beneath_remembers_that_openat2_is_missing)
{
	static const int errors[] = {ENOSYS, EPERM};

	enter_without(errors[_i]);
	scratch_file("file", "1");
	assert_opens("file", "1");
	if (filter_openat2(SECCOMP_RET_KILL_PROCESS) < 0)
		return;
	assert_opens("file", "1");
}
END_TEST

/** @param setup brings the way in which openat2 works */
static TCase *way(const char *name, void (*setup)(void))
{
	TCase *tests = tcase_create(name);

	tcase_add_unchecked_fixture(tests, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(tests, setup, leaks_teardown);
	tcase_add_test(tests, test_open_beneath_opens_files);
	tcase_add_test(tests, test_open_beneath_does_not_block_nor_leak_into_programs);
	tcase_add_test(tests, test_open_beneath_follows_no_link);
	tcase_add_test(tests, test_open_beneath_refuses_what_leads_up_or_nowhere);
	tcase_add_test(tests, test_open_beneath_tells_why);
	tcase_add_test(tests, test_open_beneath_needs_only_search_permission);
	tcase_add_test(tests, test_open_beneath_opens_paths_of_any_length);
	tcase_add_test(tests, test_open_beneath_root_may_be_a_link_and_may_move);
	return tests;
}

static Suite *open_beneath_suite(void)
{
	Suite *suite = suite_create("open_beneath");
	TCase *memory = tcase_create("memory");

	suite_add_tcase(suite, way("openat2", enter));
	suite_add_tcase(suite, way("ENOSYS", enter_enosys));
	suite_add_tcase(suite, way("EPERM", enter_eperm));
	tcase_add_unchecked_fixture(memory, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(memory, leaks_setup, leaks_teardown);
	tcase_add_loop_test(memory, test_open_beneath_remembers_that_openat2_is_missing, 0, 2);
	suite_add_tcase(suite, memory);
	return suite;
}

int main(void)
{
	return suite_run(open_beneath_suite());
}
