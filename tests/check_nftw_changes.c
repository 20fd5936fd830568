/*
 * walk/nftw.h on file systems that fail, and on trees that change under the walk: what happens when
 * is decided in the visitor, so nothing here depends on timing.
 *
 * The errors come from getdents64 and fstatat as defined here, which the linker prefers to the C
 * library's.
 */
/* For getdents64() in musl. NOLINTNEXTLINE(bugprone-reserved-identifier) */
#define _LARGEFILE64_SOURCE

#include "nftw_record.h"
#include "suite.h"

#include <dirent.h>
#include <dlfcn.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

static struct {
	/** getdents64 fails for the directory with this inode, after so many calls that work. */
	ino_t unreadable;
	int reads;
	/** fstatat fails for this name. */
	const char *unstatable;
} fault;

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's are reserved */

ssize_t getdents64(int fd, void *buffer, size_t size)
{
	struct stat directory;

	if (fault.unreadable && fstat(fd, &directory) == 0 &&
		directory.st_ino == fault.unreadable && fault.reads-- == 0) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_getdents64, fd, buffer, size);
}

int fstatat(int directory, const char *restrict name, struct stat *restrict found, int flags)
{
	int (*real)(int, const char *, struct stat *, int);

	if (fault.unstatable && strcmp(name, fault.unstatable) == 0) {
		memset(found, 0xff, sizeof(*found));
		errno = EIO;
		return -1;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "fstatat");
	return real(directory, name, found, flags);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

/* Errors of the file system */

START_TEST(test_nftw_reports_a_directory_that_cannot_be_opened)
{
	scratch_mkdir("t");
	scratch_mkdir("t/closed");
	scratch_file("t/closed/file", "");
	scratch_file("t/file", "");
	scratch_mkdir("t/list");
	scratch_file("t/list/file", "");
	scratch_mkdir("t/list/inner");
	ck_assert_int_eq(chmod("t/closed", 0), 0);
	ck_assert_int_eq(chmod("t/list", 0444), 0);
	scratch_become_nobody();
	walk("t");
	assert_first("t", NFTW_D, 0);
	assert_next("t/closed", NFTW_D, 0);
	assert_next("t/closed", NFTW_DNR, EACCES);
	assert_next("t/file", NFTW_F, 0);
	assert_next("t/list", NFTW_D, 0);
	assert_next("t/list/file", NFTW_NS, EACCES);
	assert_next("t/list/inner", NFTW_NS, EACCES);
	assert_no_more();
	walk("t/closed");
	assert_first("t/closed", NFTW_D, 0);
	assert_next("t/closed", NFTW_DNR, EACCES);
	assert_no_more();
	walk("t/list/file");
	assert_first("t/list/file", NFTW_NS, EACCES);
	assert_no_more();
}
END_TEST

/** The directory t/b, with one name, between two files; its reading fails after `reads` calls. */
static void make_unreadable(int reads)
{
	struct stat directory;

	scratch_mkdir("t");
	scratch_file("t/a", "");
	scratch_mkdir("t/b");
	scratch_file("t/b/inner", "");
	scratch_file("t/c", "");
	ck_assert_int_eq(stat("t/b", &directory), 0);
	fault.unreadable = directory.st_ino;
	fault.reads = reads;
}

START_TEST(test_nftw_reports_a_directory_that_cannot_be_read)
{
	make_unreadable(0);
	walk("t");
	assert_first("t", NFTW_D, 0);
	assert_next("t/a", NFTW_F, 0);
	assert_next("t/b", NFTW_D, 0);
	assert_next("t/b", NFTW_DNR, EIO);
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

START_TEST(test_nftw_reports_a_directory_that_cannot_be_read_to_its_end)
{
	make_unreadable(1);
	walk("t");
	assert_first("t", NFTW_D, 0);
	assert_next("t/a", NFTW_F, 0);
	assert_next("t/b", NFTW_D, 0);
	assert_next("t/b", NFTW_DNR, EIO);
	assert_next("t/b/inner", NFTW_F, 0);
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

START_TEST(test_nftw_reports_what_has_no_stat)
{
	scratch_mkdir("t");
	scratch_file("t/a", "");
	scratch_mkdir("t/b");
	scratch_file("t/b/inner", "");
	scratch_file("t/c", "");
	fault.unstatable = "b";
	walk("t");
	assert_first("t", NFTW_D, 0);
	assert_next("t/a", NFTW_F, 0);
	assert_next("t/b", NFTW_NS, EIO);
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

/* A tree that changes under the walk */

/** t: a/x/file, b, c */
static void make_small_tree(void)
{
	scratch_mkdir("t");
	scratch_mkdir("t/a");
	scratch_mkdir("t/a/x");
	scratch_file("t/a/x/file", "");
	scratch_file("t/b", "");
	scratch_file("t/c", "");
	scratch_mkdir("outside");
	scratch_file("outside/secret", "");
}

static void remove_a(void)
{
	ck_assert_int_eq(unlink("t/a/x/file") | rmdir("t/a/x") | rmdir("t/a"), 0);
}

START_TEST(test_nftw_reports_a_directory_that_vanished)
{
	struct deed deed = {"t/a", NFTW_D, remove_a, false};

	make_small_tree();
	walk_with("t", 0, &deed);
	assert_first("t", NFTW_D, 0);
	assert_next("t/a", NFTW_D, 0);
	assert_next("t/a", NFTW_DNR, ENOENT);
	assert_next("t/b", NFTW_F, 0);
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

START_TEST(test_nftw_reports_names_that_vanished)
{
	struct deed deed = {"t/a/x", NFTW_D, remove_a, false};

	make_small_tree();
	walk_with("t", 0, &deed);
	assert_first("t", NFTW_D, 0);
	assert_next("t/a", NFTW_D, 0);
	assert_next("t/a/x", NFTW_D, 0);
	assert_next("t/a/x", NFTW_DNR, ENOENT);
	assert_next("t/b", NFTW_F, 0);
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

static void remove_b(void)
{
	ck_assert_int_eq(unlink("t/b"), 0);
}

START_TEST(test_nftw_reports_a_file_that_vanished)
{
	struct deed deed = {"t/a/x/file", NFTW_F, remove_b, false};

	make_small_tree();
	walk_with("t", 2, &deed);
	assert_first("t", NFTW_D, 0);
	assert_next("t/a", NFTW_D, 0);
	assert_next("t/a/x", NFTW_D, 0);
	assert_next("t/a/x/file", NFTW_F, 0);
	assert_next("t/b", NFTW_NS, ENOENT);
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

static void swap_for_link(void)
{
	ck_assert_int_eq(rename("t/a", "away"), 0);
	ck_assert_int_eq(symlink("../outside", "t/a"), 0);
}

static void swap_for_directory(void)
{
	ck_assert_int_eq(rename("t/a", "away"), 0);
	ck_assert_int_eq(rename("outside", "t/a"), 0);
}

static void swap_for_file(void)
{
	ck_assert_int_eq(rename("t/a", "away"), 0);
	scratch_file("t/a", "");
}

START_TEST(test_nftw_does_not_enter_what_was_swapped)
{
	static const struct {
		void (*act)(void);
		int error;
	} swaps[] = {
		{swap_for_link, ENOTDIR},
		{swap_for_directory, ESTALE},
		{swap_for_file, ENOTDIR},
	};
	struct deed deed = {"t/a", NFTW_D, swaps[_i].act, false};

	make_small_tree();
	walk_with("t", 0, &deed);
	assert_first("t", NFTW_D, 0);
	assert_next("t/a", NFTW_D, 0);
	assert_next("t/a", NFTW_DNR, swaps[_i].error);
	assert_next("t/b", NFTW_F, 0);
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

static void mount_on_a(void)
{
	ck_assert_int_eq(mount("none", "t/a", "tmpfs", 0, NULL), 0);
}

/** As an automounter does when the directory is opened; what is mounted is empty. */
START_TEST(test_nftw_enters_what_is_mounted_meanwhile)
{
	struct deed deed = {"t/a", NFTW_D, mount_on_a, false};

	if ((unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) ||
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		fprintf(stderr, "check_nftw_changes: mounts NOT TESTED: %s\n", strerror(errno));
		return;
	}
	make_small_tree();
	walk_with("t", 0, &deed);
	assert_first("t", NFTW_D, 0);
	assert_next("t/a", NFTW_D, 0);
	assert_next("t/b", NFTW_F, 0);
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

/**
 * t/1/2/3/4/5/file, each directory with a file "z" that comes later. With two descriptors, only 4
 * and 5 are open at the file.
 */
static void make_path(void)
{
	char path[64] = "t";

	scratch_mkdir(path);
	for (int i = 0; i <= 5; i++) {
		char file[80];

		snprintf(file, sizeof(file), "%s/z", path);
		scratch_file(file, "");
		if (i == 5)
			break;
		snprintf(path + strlen(path), sizeof(path) - strlen(path), "/%d", i + 1);
		scratch_mkdir(path);
	}
	scratch_file("t/1/2/3/4/5/file", "");
}

/** All of make_path() came on the way down. */
static void assert_way_down(void)
{
	assert_first("t", NFTW_D, 0);
	assert_next("t/1", NFTW_D, 0);
	assert_next("t/1/2", NFTW_D, 0);
	assert_next("t/1/2/3", NFTW_D, 0);
	assert_next("t/1/2/3/4", NFTW_D, 0);
	assert_next("t/1/2/3/4/5", NFTW_D, 0);
	assert_next("t/1/2/3/4/5/file", NFTW_F, 0);
	assert_next("t/1/2/3/4/5/z", NFTW_F, 0);
	assert_next("t/1/2/3/4/z", NFTW_F, 0);
}

static void move_3_up(void)
{
	ck_assert_int_eq(rename("t/1/2/3", "t/3"), 0);
}

START_TEST(test_nftw_finds_back_from_a_directory_that_was_moved)
{
	struct deed deed = {"t/1/2/3/4/5/file", NFTW_F, move_3_up, false};

	make_path();
	walk_with("t", _i ? 2 : 0, &deed);
	assert_way_down();
	assert_next("t/1/2/3/z", NFTW_F, 0);
	assert_next("t/1/2/z", NFTW_F, 0);
	assert_next("t/1/z", NFTW_F, 0);
	assert_next("t/z", NFTW_F, 0);
	assert_no_more();
}
END_TEST

START_TEST(test_nftw_finds_back_through_a_root_that_is_a_link)
{
	struct deed deed = {"l/1/2/3/4/5/file", NFTW_F, move_3_up, false};

	make_path();
	ck_assert_int_eq(symlink("t", "l"), 0);
	walk_with("l", 2, &deed);
	ck_assert_uint_eq(record.count, 13);
	next_found = record.found + 10;
	assert_next("l/1/2/z", NFTW_F, 0);
	assert_next("l/1/z", NFTW_F, 0);
	assert_next("l/z", NFTW_F, 0);
	assert_no_more();
}
END_TEST

static void move_3_and_2_up(void)
{
	ck_assert_int_eq(rename("t/1/2/3", "t/3"), 0);
	ck_assert_int_eq(rename("t/1/2", "t/2"), 0);
}

static void replace_2(void)
{
	move_3_and_2_up();
	scratch_mkdir("t/1/2");
	scratch_file("t/1/2/z", "");
}

static void replace_2_by_a_link(void)
{
	move_3_and_2_up();
	ck_assert_int_eq(symlink("../2", "t/1/2"), 0);
}

START_TEST(test_nftw_reports_a_directory_it_cannot_find_back_to)
{
	static const struct {
		void (*act)(void);
		int error;
	} moves[] = {
		{move_3_and_2_up, ENOENT},
		{replace_2, ESTALE},
		{replace_2_by_a_link, ENOTDIR},
	};
	struct deed deed = {"t/1/2/3/4/5/file", NFTW_F, moves[_i].act, false};

	make_path();
	walk_with("t", 2, &deed);
	assert_way_down();
	assert_next("t/1/2/3/z", NFTW_F, 0);
	assert_next("t/1/2", NFTW_DNR, moves[_i].error);
	assert_next("t/1/z", NFTW_F, 0);
	assert_next("t/z", NFTW_F, 0);
	assert_no_more();
}
END_TEST

START_TEST(test_nftw_need_not_find_back_where_nothing_is_left)
{
	struct deed deed = {"t/1/2/3/4/5/file", NFTW_F, move_3_and_2_up, false};

	make_path();
	ck_assert_int_eq(unlink("t/1/2/z"), 0);
	walk_with("t", 2, &deed);
	assert_way_down();
	assert_next("t/1/2/3/z", NFTW_F, 0);
	assert_next("t/1/z", NFTW_F, 0);
	assert_next("t/z", NFTW_F, 0);
	assert_no_more();
}
END_TEST

static void move_all(void)
{
	ck_assert_int_eq(rename("t/1/2/3/4", "4"), 0);
	ck_assert_int_eq(rename("t/1/2/3", "3"), 0);
	ck_assert_int_eq(rename("t/1/2", "2"), 0);
	ck_assert_int_eq(rename("t/1", "1"), 0);
	ck_assert_int_eq(rename("t", "u"), 0);
	scratch_mkdir("t");
}

START_TEST(test_nftw_reports_every_directory_of_a_tree_torn_apart)
{
	struct deed deed = {"t/1/2/3/4/5/file", NFTW_F, move_all, false};

	make_path();
	walk_with("t", 2, &deed);
	assert_way_down();
	for (int i = 3; i >= 0; i--) {
		static const char *const paths[] = {"t", "t/1", "t/1/2", "t/1/2/3"};

		assert_next(paths[i], NFTW_DNR, ESTALE);
		ck_assert_uint_eq(next_found[-1].level, (size_t)i);
		ck_assert_uint_eq(next_found[-1].base, i ? 2 * (size_t)i : 0);
	}
	assert_no_more();
}
END_TEST

static void move_1_into_itself_reversed(void)
{
	ck_assert_int_eq(rename("t/1/2/3", "t/3"), 0);
	ck_assert_int_eq(rename("t/1", "t/3/1"), 0);
}

/** An ancestor moved below its descendant: the walk ends, and what cannot be reached is told. */
START_TEST(test_nftw_ends_where_a_tree_is_turned_upside_down)
{
	struct deed deed = {"t/1/2/3/4/5/file", NFTW_F, move_1_into_itself_reversed, false};

	make_path();
	walk_with("t", 2, &deed);
	assert_way_down();
	assert_next("t/1/2/3/z", NFTW_F, 0);
	assert_next("t/1/2", NFTW_DNR, ENOENT);
	assert_next("t/1", NFTW_DNR, ENOENT);
	assert_next("t/z", NFTW_F, 0);
	assert_no_more();
}
END_TEST

static Suite *nftw_changes_suite(void)
{
	Suite *suite = suite_create("nftw_changes");
	TCase *tests;

	tests = record_case(suite, "errors");
	tcase_add_test(tests, test_nftw_reports_a_directory_that_cannot_be_opened);
	tcase_add_test(tests, test_nftw_reports_a_directory_that_cannot_be_read);
	tcase_add_test(tests, test_nftw_reports_a_directory_that_cannot_be_read_to_its_end);
	tcase_add_test(tests, test_nftw_reports_what_has_no_stat);

	tests = record_case(suite, "changes");
	tcase_add_test(tests, test_nftw_reports_a_directory_that_vanished);
	tcase_add_test(tests, test_nftw_reports_names_that_vanished);
	tcase_add_test(tests, test_nftw_reports_a_file_that_vanished);
	tcase_add_loop_test(tests, test_nftw_does_not_enter_what_was_swapped, 0, 3);
	tcase_add_test(tests, test_nftw_enters_what_is_mounted_meanwhile);
	tcase_add_loop_test(tests, test_nftw_finds_back_from_a_directory_that_was_moved, 0, 2);
	tcase_add_test(tests, test_nftw_finds_back_through_a_root_that_is_a_link);
	tcase_add_test(tests, test_nftw_need_not_find_back_where_nothing_is_left);
	tcase_add_loop_test(tests, test_nftw_reports_a_directory_it_cannot_find_back_to, 0, 3);
	tcase_add_test(tests, test_nftw_reports_every_directory_of_a_tree_torn_apart);
	tcase_add_test(tests, test_nftw_ends_where_a_tree_is_turned_upside_down);
	return suite;
}

int main(void)
{
	return suite_run(nftw_changes_suite());
}
