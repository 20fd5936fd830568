/*
 * directories: whether any of them changed since it was listed. Times are those that the file system
 * gave; the clock says what a test wants.
 */
#include "directories.h"
#include "leaks.h"
#include "quickly.h"
#include "scratch.h"
#include "suite.h"
#include "sys/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct directories directories;

/** If not 0: what the clock says. */
static struct timespec clock_now;

/** Change a directory, whatever the clock of the file system says. */
static void alter(const char *path)
{
	static time_t seconds;
	seconds++;
	const struct timespec times[2] = {{seconds, 0}, {seconds, 0}};
	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

/** Directories that are changed whenever the clock is read, as before each round. */
static const char *restless[2];

int clock_gettime(clockid_t clock, struct timespec *now)
{
	for (size_t i = 0; i < 2 && restless[i] && clock == CLOCK_REALTIME; i++)
		alter(restless[i]);
	if ((clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) && clock_now.tv_sec) {
		*now = clock_now;
		return 0;
	}
	return (int)syscall(SYS_clock_gettime, clock, now);
}

static void setup(void)
{
	leaks_setup();
	scratch_enter();
}

static void teardown(void)
{
	directories_free(&directories);
	ck_assert_ptr_null(directories.list);
	ck_assert_uint_eq(directories.count, 0);
	leaks_teardown();
}

static struct stamp stamp_here(const char *path)
{
	struct stat status;
	ck_assert_int_eq(stat(path, &status), 0);
	return stamp_of(&status);
}

/** Make a directory. @return its stamp */
static struct stamp make(const char *name)
{
	scratch_mkdir(name);
	return stamp_here(name);
}

static void add(const char *path, const struct stamp *stamp)
{
	ck_assert_int_eq(directories_add(&directories, path, strlen(path), 0, stamp), 0);
}

static struct timespec shifted(struct timespec time, long nanoseconds)
{
	time.tv_nsec += nanoseconds;
	time.tv_sec += time.tv_nsec / 1000000000;
	time.tv_nsec %= 1000000000;
	if (time.tv_nsec < 0) {
		time.tv_nsec += 1000000000;
		time.tv_sec--;
	}
	return time;
}

/** Time has gone on since all of these directories were made. */
static void begin_later(void)
{
	struct timespec now;
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
	clock_now = (struct timespec){now.tv_sec + 1000, 0};
	directories_begin(&directories);
}

START_TEST(test_directories_none)
{
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 0);
	directories_begin(&directories);
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 0);
}
END_TEST

START_TEST(test_directories_unchanged)
{
	struct stamp a = make("a"), b = make("b");
	clock_now = (struct timespec){b.ctime.tv_sec + 5, 0};
	directories_begin(&directories);
	clock_now.tv_sec += 5;
	add("a", &a);
	add("b", &b);
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 0);
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 0);
}
END_TEST

/** Device, inode, mtime and ctime count, and the size does not. */
START_TEST(test_directories_other_stamp)
{
	const struct stamp now = make("a");
	for (int i = 0; i < 7; i++) {
		struct stamp before = now;
		begin_later();
		before.device ^= i == 0;
		before.inode ^= i == 1;
		before.mtime.tv_sec ^= i == 2;
		before.mtime.tv_nsec ^= i == 3;
		before.ctime.tv_sec ^= i == 4;
		before.ctime.tv_nsec ^= i == 5;
		before.size ^= i == 6;
		add("a", &before);
		ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), i != 6);
		directories_free(&directories);
	}
}
END_TEST

/** A rename is seen at the directory that it leaves, and at the one that it comes into. */
START_TEST(test_directories_renamed_file)
{
	static const char *const names[] = {"a", "b"};
	struct stamp before[2] = {make("a"), make("b")};
	scratch_file("a/file", "");
	before[0] = stamp_here("a");
	/* So late that ctime alone tells nothing. */
	clock_now = (struct timespec){before[0].ctime.tv_sec + 1000, 0};
	for (size_t i = 0; i < 2; i++) {
		directories_begin(&directories);
		add(names[i], &before[i]);
		ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 0);
		directories_free(&directories);
	}
	/* Until the clock of the file system has gone on. */
	struct stamp now[2] = {before[0], before[1]};
	while (stamp_same(&now[0], &before[0]) || stamp_same(&now[1], &before[1])) {
		ck_assert_int_eq(rename("a/file", "b/file"), 0);
		for (size_t i = 0; i < 2; i++)
			now[i] = stamp_here(names[i]);
		ck_assert_int_eq(rename("b/file", "a/file"), 0);
	}
	ck_assert_int_eq(rename("a/file", "b/file"), 0);
	for (size_t i = 0; i < 2; i++) {
		directories_begin(&directories);
		add(names[i], &before[i]);
		ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 1);
		directories_free(&directories);
	}
}
END_TEST

/** Two changes within a tick give the same times: one since the walk began is enough. */
START_TEST(test_directories_changed_before_it_was_listed)
{
	struct stamp a = make("a");
	clock_now = shifted(a.ctime, -1);
	directories_begin(&directories);
	add("a", &a);
	clock_now.tv_sec += 5;
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 1);
	directories_free(&directories);

	clock_now = a.ctime;
	clock_now.tv_sec--;
	directories_begin(&directories);
	add("a", &a);
	clock_now.tv_sec += 5;
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 1);
	directories_free(&directories);

	/* In the same tick. */
	clock_now = a.ctime;
	directories_begin(&directories);
	add("a", &a);
	clock_now.tv_sec += 5;
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 1);
	directories_free(&directories);

	clock_now = shifted(a.ctime, 1);
	directories_begin(&directories);
	add("a", &a);
	clock_now.tv_sec += 5;
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 0);
}
END_TEST

/** The clock of a server that is fast proves nothing. */
START_TEST(test_directories_ctime_in_the_future)
{
	struct stamp a = make("a");
	clock_now = shifted(a.ctime, -2);
	directories_begin(&directories);
	add("a", &a);
	clock_now = shifted(a.ctime, -1);
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 0);
	clock_now = a.ctime;
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 1);
}
END_TEST

START_TEST(test_directories_gone)
{
	struct stamp a = make("a");
	begin_later();
	add("a", &a);
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 0);
	ck_assert_int_eq(rmdir("a"), 0);
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 1);
}
END_TEST

START_TEST(test_directories_cannot_be_looked_at)
{
	scratch_become_nobody();
	scratch_mkdir("a");
	struct stamp inner = make("a/b");
	begin_later();
	add("a/b", &inner);
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 0);
	ck_assert_int_eq(chmod("a", 0), 0);
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 1);
}
END_TEST

/** All are looked at, also when the list has grown. */
START_TEST(test_directories_any_of_many)
{
	struct stamp a = make("a"), other = a;
	other.mtime.tv_nsec ^= 1;
	for (size_t changed = 0; changed < 150; changed++) {
		begin_later();
		for (size_t i = 0; i < 150; i++)
			add("a", i == changed ? &other : &a);
		ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 1);
		directories_free(&directories);
	}
	begin_later();
	for (size_t i = 0; i < 1000; i++)
		add("a", &a);
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 0);
}
END_TEST

START_TEST(test_directories_path_is_copied)
{
	struct stamp a = make("a");
	char path[] = "abc";
	begin_later();
	ck_assert_int_eq(directories_add(&directories, path, 1, 1, &a), 0);
	path[0] = 'x';
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 0);
}
END_TEST

/** An operand may be a link. */
START_TEST(test_directories_link)
{
	struct stamp a = make("a");
	ck_assert_int_eq(symlink("a", "link"), 0);
	begin_later();
	add("link", &a);
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 0);
	ck_assert_int_eq(unlink("link"), 0);
	ck_assert_int_eq(symlink("nowhere", "link"), 0);
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 1);
}
END_TEST

START_TEST(test_directories_long_path)
{
	enum {
		LEVELS = 50,
		STEP = 101
	};
	static char name[STEP], path[LEVELS * STEP];
	struct stat status;
	memset(name, 'n', sizeof(name) - 1);
	int deepest = scratch_chain(name, LEVELS);
	ck_assert_int_eq(fstat(deepest, &status), 0);
	close(deepest);
	for (size_t i = 0; i < LEVELS; i++) {
		memcpy(path + i * STEP, name, STEP);
		path[i * STEP + STEP - 1] = i + 1 < LEVELS ? '/' : '\0';
	}
	ck_assert_uint_gt(strlen(path), PATH_MAX);
	struct stamp stamp = stamp_of(&status);
	begin_later();
	add(path, &stamp);
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 0);
	path[strlen(path) - 1] = 'm';
	add(path, &stamp);
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 1);
}
END_TEST

START_TEST(test_directories_signal)
{
	struct stamp a = make("a");
	int fd = signals_catch();
	ck_assert_int_ge(fd, 0);
	begin_later();
	add("a", &a);
	add("gone", &a);
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), 1);
	ck_assert_int_eq(raise(SIGTERM), 0);
	errno = 0;
	ck_assert_int_eq(directories_changed(&directories, DIRECTORIES_NONE), -1);
	ck_assert_int_eq(errno, EINTR);
}
END_TEST

/* Listing again */

/** What the visitor received, each with a space behind it; of directories with a slash before that. */
static char visited[4096];

/** What it does with each name, if not NULL. */
static void (*act)(const char *path);

static int visit(void *context, const char *path, size_t size, const struct stat *status)
{
	(void)context;
	check_quickly(strlen(path) == size && strlen(visited) + size + 3 < sizeof(visited));
	strcat(visited, path);
	strcat(visited, S_ISDIR(status->st_mode) ? "/ " : " ");
	if (act)
		act(path);
	return !strstr(path, "closed");
}

static struct directories_visitor visitor = {.found = visit};

/** Make a directory whose times are told apart from those of any change to come. */
static void add_old(const char *path)
{
	struct stamp stamp = make(path);
	stamp.ctime.tv_nsec ^= 1;
	add(path, &stamp);
}

/** List again; in a directory names come in any order, so there is one in each. */
static void list_again(int result, const char *expected)
{
	visited[0] = '\0';
	ck_assert_int_eq(directories_list_again(&directories, &visitor), result);
	ck_assert_str_eq(visited, expected);
}

START_TEST(test_directories_list_again_nothing)
{
	struct stamp a = make("a");
	begin_later();
	list_again(0, "");
	add("a", &a);
	scratch_file("a/file", "");
	a = stamp_here("a");
	directories_free(&directories);
	begin_later();
	add("a", &a);
	list_again(0, "");
	ck_assert(!directories.recent);
}
END_TEST

/** New directories are entered, if the visitor wants it, and others are not. */
START_TEST(test_directories_list_again_what_is_new)
{
	begin_later();
	add_old("a");
	add_old("b");
	scratch_mkdir("a/new");
	scratch_mkdir("a/new/inner");
	scratch_file("a/new/inner/file", "");
	struct stamp known = make("b/known");
	scratch_file("b/known/file", "");
	known = stamp_here("b/known");
	add("b/known", &known);
	list_again(0, "a/new/ b/known/ a/new/inner/ a/new/inner/file ");
	list_again(0, "");
	scratch_mkdir("a/new/inner/closed");
	scratch_file("a/new/inner/closed/file", "");
	ck_assert_int_eq(unlink("a/new/inner/file"), 0);
	list_again(0, "a/new/inner/closed/ ");
}
END_TEST

static void move_to_a(const char *path)
{
	if (strcmp(path, "b/file") == 0)
		ck_assert_int_eq(rename("b/file", "a/file"), 0);
	if (strcmp(path, "b/other") == 0)
		ck_assert_int_eq(rename("b/other", "a/file"), 0);
}

/** A file that is renamed while that goes on, from a directory to one before it, is found. */
START_TEST(test_directories_list_again_until_nothing_changes)
{
	begin_later();
	add_old("a");
	add_old("b");
	add_old("c");
	scratch_file("c/last", "");
	scratch_file("b/other", "");
	act = move_to_a;
	list_again(0, "b/other c/last a/file ");
}
END_TEST

static unsigned changes;

static void change_it(const char *path)
{
	char name[64];
	changes++;
	ck_assert_int_eq(unlink(path), 0);
	snprintf(name, sizeof(name), "a/%u", changes);
	scratch_file(name, "");
	alter("a");
}

START_TEST(test_directories_list_again_gives_up)
{
	begin_later();
	add_old("a");
	scratch_file("a/0", "");
	act = change_it;
	ck_assert_int_eq(directories_list_again(&directories, &visitor), 1);
	ck_assert_uint_ge(changes, 2);
	ck_assert_uint_le(changes, 20);
}
END_TEST

/** What is gone is not asked for again, and is new when it comes back. */
START_TEST(test_directories_list_again_what_is_gone)
{
	begin_later();
	add_old("a");
	add_old("a/b");
	ck_assert_int_eq(rmdir("a/b"), 0);
	list_again(0, "");
	list_again(0, "");
	scratch_mkdir("a/b");
	scratch_file("a/b/file", "");
	alter("a");
	list_again(0, "a/b/ a/b/file ");
}
END_TEST

START_TEST(test_directories_list_again_what_cannot_be_listed)
{
	scratch_become_nobody();
	begin_later();
	add_old("a");
	ck_assert_int_eq(chmod("a", 0), 0);
	list_again(1, "");
}
END_TEST

/** Where links are followed, one to a directory could lead anywhere, and is not. */
START_TEST(test_directories_list_again_links)
{
	begin_later();
	add_old("a");
	scratch_mkdir("b");
	scratch_file("b/file", "");
	ck_assert_int_eq(symlink("../b", "a/link"), 0);
	visitor.follow = false;
	list_again(0, "a/link ");
	alter("a");
	visitor.follow = true;
	list_again(1, "a/link/ ");
	ck_assert_int_eq(unlink("a/link"), 0);
	ck_assert_int_eq(symlink("../b/file", "a/link"), 0);
	list_again(0, "a/link ");
	visitor.follow = false;
}
END_TEST

/** Something else has the path of a directory: what is there is not of the tree, even if it is reached by a
 * link above. */
START_TEST(test_directories_list_again_nothing_outside)
{
	begin_later();
	add_old("a");
	add_old("a/b");
	add_old("a/b/c");
	scratch_mkdir("out");
	scratch_mkdir("out/c");
	scratch_file("out/c/secret", "");
	ck_assert_int_eq(rename("a/b", "b"), 0);
	ck_assert_int_eq(symlink("../out", "a/b"), 0);
	list_again(0, "a/b ");
	ck_assert_int_eq(unlink("a/b"), 0);
	ck_assert_int_eq(rename("out", "a/b"), 0);
	alter("a");
	list_again(0, "a/b/ a/b/c/ a/b/c/secret ");
	/* The root itself. */
	directories_free(&directories);
	begin_later();
	struct stamp a = stamp_here("a");
	ck_assert_int_eq(directories_add(&directories, "a", 1, 2, &a), 0);
	ck_assert_int_eq(rename("a", "old"), 0);
	scratch_mkdir("a");
	scratch_file("a/secret", "");
	list_again(1, "");
}
END_TEST

/** A directory that another takes the place of is listed as that, if it is in the tree. */
START_TEST(test_directories_list_again_what_was_exchanged)
{
	begin_later();
	add_old("a");
	add_old("a/b");
	scratch_mkdir("c");
	scratch_file("c/file", "");
	ck_assert_int_eq(rename("a/b", "a/d"), 0);
	ck_assert_int_eq(rename("c", "a/b"), 0);
	ck_assert_int_eq(rmdir("a/d"), 0);
	list_again(0, "a/b/ a/b/file ");
}
END_TEST

/** One directory that goes on changing between its listings hides nothing; two could. */
START_TEST(test_directories_list_again_beside_what_changes)
{
	begin_later();
	struct stamp a = make("a"), b = make("b");
	add("a", &a);
	add("b", &b);
	scratch_file("a/file", "");
	restless[0] = "a";
	restless[1] = _i ? "b" : NULL;
	visited[0] = '\0';
	ck_assert_int_eq(directories_list_again(&directories, &visitor), _i);
	restless[0] = NULL;
	ck_assert_int_eq(strncmp(visited, "a/file ", 7), 0);
	if (!_i)
		ck_assert_str_eq(visited, "a/file ");
}
END_TEST

static int refuse(void *context, const char *path, size_t size, const struct stat *status)
{
	(void)context, (void)path, (void)size, (void)status;
	errno = ENOMEM;
	return -1;
}

START_TEST(test_directories_list_again_visitor_fails)
{
	const struct directories_visitor failing = {.found = refuse};
	begin_later();
	add_old("a");
	scratch_file("a/file", "");
	errno = 0;
	ck_assert_int_eq(directories_list_again(&directories, &failing), -1);
	ck_assert_int_eq(errno, ENOMEM);
}
END_TEST

/** The path of a root may end in a slash. */
START_TEST(test_directories_list_again_names)
{
	begin_later();
	struct stamp a = make("a");
	a.mtime.tv_nsec ^= 1;
	scratch_file("a/file", "");
	ck_assert_int_eq(directories_add(&directories, "a/", 2, 2, &a), 0);
	list_again(0, "a/file ");
}
END_TEST

/** A minute before the walk began, or later: of the file, or of any directory. */
START_TEST(test_directories_may_have_replaced)
{
	struct stamp stamp = make("a");
	struct timespec before = {1000, 0};
	clock_now = (struct timespec){1061, 0};
	directories_begin(&directories);
	ck_assert(!directories_may_have_replaced(&directories, &before));
	before.tv_sec++;
	ck_assert(directories_may_have_replaced(&directories, &before));
	before.tv_sec--;
	stamp.ctime = before;
	add("a", &stamp);
	ck_assert(!directories_may_have_replaced(&directories, &before));
	stamp.ctime.tv_sec++;
	add("a", &stamp);
	ck_assert(directories_may_have_replaced(&directories, &before));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("directories");
	TCase *tests = tcase_create("directories");
	TCase *signals = tcase_create("signals");

	tcase_add_unchecked_fixture(tests, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_directories_none);
	tcase_add_test(tests, test_directories_unchanged);
	tcase_add_test(tests, test_directories_other_stamp);
	tcase_add_test(tests, test_directories_renamed_file);
	tcase_add_test(tests, test_directories_changed_before_it_was_listed);
	tcase_add_test(tests, test_directories_ctime_in_the_future);
	tcase_add_test(tests, test_directories_gone);
	tcase_add_test(tests, test_directories_cannot_be_looked_at);
	tcase_add_test(tests, test_directories_any_of_many);
	tcase_add_test(tests, test_directories_path_is_copied);
	tcase_add_test(tests, test_directories_link);
	tcase_add_test(tests, test_directories_long_path);
	tcase_add_test(tests, test_directories_list_again_nothing);
	tcase_add_test(tests, test_directories_list_again_what_is_new);
	tcase_add_test(tests, test_directories_list_again_until_nothing_changes);
	tcase_add_test(tests, test_directories_list_again_gives_up);
	tcase_add_test(tests, test_directories_list_again_what_is_gone);
	tcase_add_test(tests, test_directories_list_again_what_cannot_be_listed);
	tcase_add_test(tests, test_directories_list_again_nothing_outside);
	tcase_add_test(tests, test_directories_list_again_what_was_exchanged);
	tcase_add_loop_test(tests, test_directories_list_again_beside_what_changes, 0, 2);
	tcase_add_test(tests, test_directories_list_again_links);
	tcase_add_test(tests, test_directories_list_again_visitor_fails);
	tcase_add_test(tests, test_directories_list_again_names);
	tcase_add_test(tests, test_directories_may_have_replaced);
	suite_add_tcase(suite, tests);
	/* The signals' own descriptors stay open. */
	tcase_add_unchecked_fixture(signals, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(signals, scratch_enter, NULL);
	tcase_add_test(signals, test_directories_signal);
	suite_add_tcase(suite, signals);
	return suite_run(suite);
}
