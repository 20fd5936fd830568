/*
 * Why walk/nftw.h, and not the nftw of the C library: each test lets both meet the same fault, and
 * asserts that ours reports it. strace(1) injects the errors of getdents64(2).
 *
 * What glibc 2.36 does is asserted of glibc 2.36 only. Where another one does better, this says so:
 * perhaps the day has come to use it.
 */
#include "walk/nftw.h"

#include "leaks.h"
#include "scratch.h"
#include "suite.h"

#include <ftw.h>
#include <stdbool.h>
#include <sys/resource.h>

static const char *program;

/* As `check_nftw_libc ours|libc ROOT`: walk, print what was found and what the walk returned. */

static int print_ours(const struct nftw_entry *entry, void *context)
{
	static const char *const types[] = {"F", "D", "DNR", "NS", "SL"};

	(void)context;
	printf("%s %d %s\n", types[entry->type], entry->error, entry->path);
	return 0;
}

static int print_libc(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)ftw;
	printf("%d %s\n", type, path);
	return 0;
}

static int print_walk(const char *whose, const char *root)
{
	struct nftw_options options = {.sorted = true};
	int result;

	if (strcmp(whose, "ours") == 0)
		result = nftw_walk(root, &options, print_ours, NULL);
	else
		result = nftw(root, print_libc, 16, FTW_PHYS);
	printf("= %d\n", result);
	return 0;
}

/**
 * Walk "t" in a program whose `call`th getdents64 fails with EIO.
 *
 * @param output what it printed
 * @return false where there is no strace, or it may not trace
 */
static bool walk_injected(const char *whose, int call, char *output, size_t room)
{
	char command[9000];
	size_t size;
	FILE *pipe;

	/* NOLINTNEXTLINE(cert-env33-c) */
	if (system("strace -o /dev/null true >/dev/null 2>&1") != 0) {
		fprintf(stderr,
			"check_nftw_libc: NOT TESTED: strace is missing or may not trace\n");
		return false;
	}
	snprintf(command, sizeof(command),
		"ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -o /dev/null -e trace=getdents64"
		" -e inject=getdents64:error=EIO:when=%d '%s' %s t",
		call, program, whose);
	pipe = popen(command, "re"); /* NOLINT(cert-env33-c) */
	ck_assert_ptr_nonnull(pipe);
	size = fread(output, 1, room - 1, pipe);
	output[size] = '\0';
	ck_assert_int_eq(pclose(pipe), 0);
	return true;
}

static void assert_glibc(bool defect, const char *what)
{
#if defined(__GLIBC__) && __GLIBC__ == 2 && __GLIBC_MINOR__ == 36
	ck_assert_msg(defect, "not so: %s", what);
#else
	if (!defect)
		fprintf(stderr, "check_nftw_libc: this C library does better: not so: %s\n", what);
#endif
}

START_TEST(test_nftw_libc_leaves_out_what_cannot_be_read)
{
	char output[4096];

	scratch_mkdir("t");
	scratch_file("t/file", "");
	if (!walk_injected("ours", 1, output, sizeof(output)))
		return;
	ck_assert_str_eq(output, "D 0 t\nDNR 5 t\n= 0\n");
	walk_injected("ours", 2, output, sizeof(output));
	ck_assert_str_eq(output, "D 0 t\nDNR 5 t\nF 0 t/file\n= 0\n");
	walk_injected("ours", 3, output, sizeof(output));
	ck_assert_str_eq(output, "D 0 t\nF 0 t/file\n= 0\n");

	walk_injected("libc", 1, output, sizeof(output));
	assert_glibc(strcmp(output, "1 t\n= 0\n") == 0,
		"nftw() returns 0 with a file missing when a directory cannot be read");
}
END_TEST

static int visited, unreadable;

static int count_libc(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)path;
	(void)stat;
	(void)ftw;
	visited++;
	unreadable += type == FTW_DNR;
	return 0;
}

static int count_ours(const struct nftw_entry *entry, void *context)
{
	(void)context;
	visited++;
	unreadable += entry->type == NFTW_DNR;
	return 0;
}

/** The error is EMFILE here, where it is easily had; a directory that vanishes does the same. */
START_TEST(test_nftw_libc_ends_at_a_directory_that_cannot_be_opened)
{
	struct nftw_options options = {0};
	int lowest = dup(0);
	struct rlimit limit = {(rlim_t)lowest + 1, (rlim_t)lowest + 1};

	ck_assert_int_ge(lowest, 0);
	close(lowest);
	scratch_mkdir("t");
	scratch_mkdir("t/a");
	scratch_mkdir("t/b");
	scratch_mkdir("t/c");
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(nftw_walk("t", &options, count_ours, NULL), 0);
	ck_assert_int_eq(unreadable, 3);
	ck_assert_int_eq(visited, 7);

	visited = unreadable = 0;
	assert_glibc(nftw("t", count_libc, 16, FTW_PHYS) == -1 && visited == 1,
		"nftw() gives up where a directory cannot be opened");
}
END_TEST

static void enter(void)
{
	leaks_setup();
	scratch_enter();
}

static Suite *nftw_libc_suite(void)
{
	Suite *suite = suite_create("nftw_libc");
	TCase *tests = tcase_create("nftw_libc");

	tcase_set_timeout(tests, 60);
	tcase_add_unchecked_fixture(tests, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(tests, enter, leaks_teardown);
	tcase_add_test(tests, test_nftw_libc_leaves_out_what_cannot_be_read);
	tcase_add_test(tests, test_nftw_libc_ends_at_a_directory_that_cannot_be_opened);
	suite_add_tcase(suite, tests);
	return suite;
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return print_walk(argv[1], argv[2]);
	program = realpath("/proc/self/exe", NULL);
	return suite_run(nftw_libc_suite()) || argc != 1;
}
