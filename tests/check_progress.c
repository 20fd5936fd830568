/*
 * ui/progress: what arrives on a terminal, in a pipe, and when. The time is the tests' own.
 */
#include "ui/progress.h"

#include "leaks.h"
#include "suite.h"
#include "ui/report.h"

#include <fcntl.h>
#include <locale.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/** The other end of standard error. */
static int other_end;
static int saved_stderr;

/** The time, in ms. */
static long time_now;

/** Stands before the C library's. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (clock != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, clock, now);
	*now = (struct timespec){
		.tv_sec = 1000 + time_now / 1000,
		.tv_nsec = time_now % 1000 * 1000000,
	};
	return 0;
}

static void set_columns(unsigned short columns)
{
	struct winsize size = {.ws_row = 24, .ws_col = columns};
	ck_assert_int_eq(ioctl(other_end, TIOCSWINSZ, &size), 0);
}

/** Standard error becomes this descriptor. */
static void use(int fd)
{
	ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	close(fd);
}

/** A terminal of 40 columns. */
static void setup(void)
{
	leaks_setup();
	saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	struct termios raw;
	int terminal;
	ck_assert_int_eq(openpty(&other_end, &terminal, NULL, NULL, NULL), 0);
	ck_assert_int_eq(tcgetattr(terminal, &raw), 0);
	cfmakeraw(&raw);
	ck_assert_int_eq(tcsetattr(terminal, TCSANOW, &raw), 0);
	use(terminal);
	set_columns(40);
	setenv("TERM", "xterm", 1);
	unsetenv("COLUMNS");
	ck_assert_ptr_nonnull(setlocale(LC_ALL, "C.UTF-8"));
}

static void teardown(void)
{
	progress_end();
	report_before(NULL);
	ck_assert_int_eq(dup2(saved_stderr, STDERR_FILENO), STDERR_FILENO);
	close(saved_stderr);
	close(other_end);
	leaks_teardown();
}

/** Standard error becomes a pipe instead. */
static void use_pipe(void)
{
	int ends[2];
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	close(other_end);
	other_end = ends[0];
	use(ends[1]);
}

/** Expect these bytes, and no others. */
static void expect(const char *bytes)
{
	static const char mark = '!';
	char got[4096];
	size_t size = 0;
	ck_assert_int_eq(write(STDERR_FILENO, &mark, 1), 1);
	do {
		ssize_t more = read(other_end, got + size, sizeof(got) - size);
		ck_assert_int_gt(more, 0);
		size += (size_t)more;
	} while (got[size - 1] != mark);
	got[size - 1] = '\0';
	ck_assert_str_eq(got, bytes);
}

/** How often it was counted; half of the bytes are read, of a file a second. */
static int counted;

static void count(void *context, struct estimate_counts *counts)
{
	counted++;
	*counts = (struct estimate_counts){.bytes_done = 50, .files = 1, .bytes = 100, .part = 1};
	counts->name = context;
}

static void start(enum progress_when when)
{
	progress_open(when);
	progress_begin(count, NULL);
}

/** Let time pass, and look. */
static void pass(long milliseconds)
{
	time_now += milliseconds;
	progress_update();
}

/** A line as it is drawn. */
#define DRAWN(text) "\033[?7l\r" text "\033[K\r\033[?7h"

/** Have a line drawn. */
static void start_line(void)
{
	start(PROGRESS_AUTO);
	pass(400);
	char skipped[256];
	ck_assert_int_gt(read(other_end, skipped, sizeof(skipped)), 0);
}

START_TEST(test_progress_comes_late_and_goes)
{
	start(PROGRESS_AUTO);
	pass(350);
	ck_assert_int_eq(counted, 0);
	ck_assert_int_eq(progress_wait(), 50);
	expect("");
	pass(50);
	ck_assert_int_eq(counted, 1);
	ck_assert_int_eq(progress_wait(), 100);
	expect(DRAWN("  0% 50/100 B 125 B/s 2:11 left"));
	progress_end();
	expect("\r\033[K");
	progress_end();
	pass(1000);
	ck_assert_int_eq(progress_wait(), -1);
	expect("");
}
END_TEST

START_TEST(test_progress_ten_times_a_second)
{
	start_line();
	counted = 0;
	for (int i = 0; i < 1000; i++)
		pass(10);
	ck_assert_int_eq(counted, 100);
}
END_TEST

START_TEST(test_progress_hides_and_comes_back)
{
	start(PROGRESS_AUTO);
	progress_hide();
	progress_wait();
	expect("");
	pass(400);
	expect(DRAWN("  0% 50/100 B 125 B/s 2:11 left"));
	/* Not drawn anew while nothing has happened to it. */
	progress_wait();
	expect("");
	errno = EXDEV;
	progress_hide();
	ck_assert_int_eq(errno, EXDEV);
	progress_hide();
	expect("\r\033[K");
	counted = 0;
	progress_wait();
	expect(DRAWN("  0% 50/100 B 125 B/s 2:11 left"));
	ck_assert_int_eq(counted, 0);
	report_message("hello");
	expect("\r\033[Ktreesum: hello\n");
}
END_TEST

START_TEST(test_progress_follows_the_window)
{
	start_line();
	set_columns(30);
	pass(100);
	expect("\r\033[J" DRAWN("  0% 50/100 B 100 B/s"));
	set_columns(5);
	progress_hide();
	expect("\r\033[J");
	/* Not the one that was made for a wider window. */
	progress_wait();
	expect("");
	pass(100);
	expect(DRAWN("  0%"));
	set_columns(4);
	pass(100);
	progress_wait();
	expect("\r\033[J");
	set_columns(200);
	pass(100);
	set_columns(0);
	setenv("COLUMNS", "5", 1);
	char skipped[512];
	ck_assert_int_gt(read(other_end, skipped, sizeof(skipped)), 0);
	progress_hide();
	expect("\r\033[J");
	pass(100);
	expect(DRAWN("  0%"));
}
END_TEST

START_TEST(test_progress_tells)
{
	progress_open(PROGRESS_NEVER);
	progress_tell();
	expect("treesum: 0 files, 0 bytes, 0.0 s\n");
	progress_begin(count, (void *)"a b");
	time_now += 10000;
	progress_tell();
	expect("treesum: 0 of 1 files, 50 of 100 bytes (0%), 10.0 s, 5 B/s, 'a b'\n");
	ck_assert_int_eq(progress_wait(), -1);
	/* Of what is over there is still something to tell. */
	progress_end();
	progress_tell();
	expect("treesum: 0 of 1 files, 50 of 100 bytes (0%), 10.0 s, 5 B/s\n");
}
END_TEST

START_TEST(test_progress_tells_above_the_line)
{
	start_line();
	time_now += 9600;
	progress_tell();
	expect("\r\033[Ktreesum: 0 of 1 files, 50 of 100 bytes (0%), 10.0 s, 5 B/s\n");
	progress_wait();
	expect(DRAWN("  0% 50/100 B 125 B/s 2:11 left"));
}
END_TEST

/** Where there is nothing to erase, or no terminal. */
static void assert_plain(void)
{
	start(PROGRESS_AUTO);
	pass(400);
	ck_assert_int_eq(progress_wait(), -1);
	start(PROGRESS_ALWAYS);
	pass(400);
	progress_hide();
	progress_wait();
	pass(900);
	pass(100);
	progress_end();
	ck_assert_int_eq(counted, 3);
}

START_TEST(test_progress_on_a_dumb_terminal)
{
	if (_i == 0)
		unsetenv("TERM");
	else
		setenv("TERM", _i == 1 ? "" : "dumb", 1);
	assert_plain();
	expect("  0% 50/100 B 125 B/s 2:11 left\n  0% 50/100 B 30 B/s 9:02 left\n");
}
END_TEST

START_TEST(test_progress_in_a_pipe)
{
	use_pipe();
	setenv("COLUMNS", "15", 1);
	assert_plain();
	expect("  0% 50/100 B\n  0% 50/100 B\n");
}
END_TEST

START_TEST(test_progress_of_which_nobody_takes_a_byte)
{
	/* SIGPIPE has its default action. */
	use_pipe();
	close(other_end);
	start(PROGRESS_ALWAYS);
	ck_assert_int_gt(progress_wait(), 0);
	pass(400);
	ck_assert_int_eq(progress_wait(), -1);
	progress_tell();
	other_end = open("/dev/full", O_WRONLY | O_CLOEXEC);
	use(other_end);
	start(PROGRESS_ALWAYS);
	pass(400);
	ck_assert_int_eq(progress_wait(), -1);
	progress_tell();
	ck_assert_int_eq(report_worst(), 0);
	other_end = open("/dev/null", O_RDONLY | O_CLOEXEC);
	use(dup(other_end));
	start(PROGRESS_ALWAYS);
	pass(400);
	ck_assert_int_eq(progress_wait(), -1);
	ck_assert_int_eq(report_worst(), 0);
}
END_TEST

START_TEST(test_progress_never_waits)
{
	/* Ctrl-S. */
	start_line();
	ck_assert_int_eq(tcflow(STDERR_FILENO, TCOOFF), 0);
	pass(100);
	pass(100);
	ck_assert_int_eq(tcflow(STDERR_FILENO, TCOON), 0);
	expect("");
	/* A pipe that is full. */
	progress_end();
	use_pipe();
	ck_assert_int_eq(fcntl(STDERR_FILENO, F_SETPIPE_SZ, 4096), 4096);
	char page[4096] = {0};
	ck_assert_int_eq(write(STDERR_FILENO, page, sizeof(page)), sizeof(page));
	start(PROGRESS_ALWAYS);
	pass(1000);
	pass(1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("progress");
	TCase *tcase = tcase_create("progress");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_progress_comes_late_and_goes);
	tcase_add_test(tcase, test_progress_ten_times_a_second);
	tcase_add_test(tcase, test_progress_hides_and_comes_back);
	tcase_add_test(tcase, test_progress_follows_the_window);
	tcase_add_test(tcase, test_progress_tells);
	tcase_add_test(tcase, test_progress_tells_above_the_line);
	tcase_add_loop_test(tcase, test_progress_on_a_dumb_terminal, 0, 3);
	tcase_add_test(tcase, test_progress_in_a_pipe);
	tcase_add_test(tcase, test_progress_of_which_nobody_takes_a_byte);
	tcase_add_test(tcase, test_progress_never_waits);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
