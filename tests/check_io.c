/*
 * sys/io: transfers through interruptions, short counts and non-blocking descriptors.
 */
#include "leaks.h"
#include "suite.h"
#include "sys/io.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static void nothing(int signal_number)
{
	(void)signal_number;
}

/** An interval timer whose signal interrupts system calls again and again. */
static void interrupt_all_the_time(void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};
	struct itimerval interval = {{0, 500}, {0, 500}};

	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &interval, NULL), 0);
}

static void stop_interrupting(void)
{
	struct itimerval never = {0};

	ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
}

static unsigned char pattern(size_t i)
{
	return (unsigned char)(i * 7 + i / 256);
}

/** In a child: read all of a pipe in odd pieces; exit 0 if it was `size` bytes of the pattern. */
static void read_pattern(int fd, size_t size)
{
	unsigned char buffer[777];
	size_t total = 0;
	ssize_t got;

	while ((got = io_read(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t i = 0; i < got; i++) {
			if (buffer[i] != pattern(total++))
				_exit(2);
		}
	}
	_exit(got == 0 && total == size ? 0 : 3);
}

static void write_to_slow_reader(int extra_flags)
{
	size_t size = 3 << 20;
	unsigned char *data = malloc(size);
	int ends[2];
	int status;
	pid_t child;

	ck_assert_ptr_nonnull(data);
	for (size_t i = 0; i < size; i++)
		data[i] = pattern(i);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(fcntl(ends[1], F_SETFL, O_WRONLY | extra_flags), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		close(ends[1]);
		read_pattern(ends[0], size);
	}
	close(ends[0]);
	interrupt_all_the_time(nothing);
	ck_assert_int_eq(io_write_all(ends[1], data, size), 0);
	stop_interrupting();
	close(ends[1]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	free(data);
}

START_TEST(test_io_write_all_goes_on_after_signals)
{
	write_to_slow_reader(0);
}
END_TEST

START_TEST(test_io_write_all_waits_where_the_descriptor_does_not_block)
{
	write_to_slow_reader(O_NONBLOCK);
}
END_TEST

START_TEST(test_io_write_all_reports_a_full_device)
{
	int fd = io_openat(AT_FDCWD, "/dev/full", O_WRONLY, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(io_write_all(fd, "x", 1), -1);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_int_eq(io_write_all(fd, "x", 0), 0);
	close(fd);
}
END_TEST

START_TEST(test_io_write_all_reports_a_reader_that_left)
{
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	ck_assert_int_eq(io_write_all(ends[1], "x", 1), -1);
	ck_assert_int_eq(errno, EPIPE);
	close(ends[1]);
}
END_TEST

static int late_pipe;
static volatile sig_atomic_t interruptions;

static void write_at_the_twentieth(int signal_number)
{
	(void)signal_number;
	if (++interruptions == 20 && write(late_pipe, "!", 1) != 1)
		_exit(1);
}

START_TEST(test_io_read_waits_through_signals)
{
	int ends[2];
	char byte;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	late_pipe = ends[1];
	interrupt_all_the_time(write_at_the_twentieth);
	ck_assert_int_eq(io_read(ends[0], &byte, 1), 1);
	stop_interrupting();
	ck_assert_int_eq(byte, '!');
	ck_assert_int_ge(interruptions, 20);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(test_io_read_tells_end_from_nothing_yet)
{
	int ends[2];
	char byte;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	ck_assert_int_eq(io_read(ends[0], &byte, 1), -1);
	ck_assert_int_eq(errno, EAGAIN);
	close(ends[1]);
	ck_assert_int_eq(io_read(ends[0], &byte, 1), 0);
	close(ends[0]);
}
END_TEST

START_TEST(test_io_read_cached_leaves_the_rest_to_read)
{
	char path[] = "/tmp/check_io.XXXXXX";
	size_t size = 1 << 20;
	unsigned char *data = malloc(size);
	size_t total = 0;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(unlink(path), 0);
	for (size_t i = 0; i < size; i++)
		data[i] = pattern(i);
	ck_assert_int_eq(io_write_all(fd, data, size), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	/* Wherever the cache ends, both go on at the same place. */
	for (;;) {
		unsigned char buffer[5000];
		ssize_t got = io_read_cached(fd, buffer, sizeof(buffer));

		ck_assert_int_ne(got, 0);
		if (got < 0) {
			ck_assert_int_eq(errno, EAGAIN);
			got = io_read(fd, buffer, sizeof(buffer));
		}
		if (got == 0)
			break;
		ck_assert_int_gt(got, 0);
		ck_assert_mem_eq(buffer, data + total, (size_t)got);
		total += (size_t)got;
	}
	ck_assert_uint_eq(total, size);
	close(fd);
	free(data);
}
END_TEST

START_TEST(test_io_read_cached_tells_nothing_cached_from_an_error)
{
	int fd = io_openat(AT_FDCWD, "/proc/self/status", O_RDONLY, 0);
	char byte;

	ck_assert_int_ge(fd, 0);
	if (io_read_cached(fd, &byte, 1) < 0)
		ck_assert_int_eq(errno, EAGAIN);
	close(fd);
	ck_assert_int_eq(io_read_cached(fd, &byte, 1), -1);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(test_io_wait_readable)
{
	int data[2], interrupt[2];
	ck_assert_int_eq(pipe2(data, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(interrupt, O_CLOEXEC), 0);
	/* The time is over. */
	ck_assert_int_eq(io_wait_readable(data[0], interrupt[0], 0), 0);
	ck_assert_int_eq(io_wait_readable(-1, -1, 1), 0);
	ck_assert_int_eq(write(data[1], "x", 1), 1);
	ck_assert_int_eq(io_wait_readable(data[0], interrupt[0], -1), 0);
	ck_assert_int_eq(io_wait_readable(data[0], -1, -1), 0);
	/* An interrupt counts more than what is there. */
	ck_assert_int_eq(write(interrupt[1], "x", 1), 1);
	for (int fd = -1; fd <= data[0]; fd += data[0] + 1) {
		errno = 0;
		ck_assert_int_eq(io_wait_readable(fd, interrupt[0], -1), -1);
		ck_assert_int_eq(errno, EINTR);
	}
	for (int i = 0; i < 2; i++) {
		close(data[i]);
		close(interrupt[i]);
	}
}
END_TEST

START_TEST(test_io_openat_is_close_on_exec)
{
	int fd = io_openat(AT_FDCWD, "/dev/null", O_RDONLY, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(io_fsync(fd), -1);
	ck_assert_int_eq(errno, EINVAL);
	close(fd);
	ck_assert_int_eq(io_openat(AT_FDCWD, "/nonexistent/x", O_RDONLY, 0), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

/** In a child: with the descriptors of a bit mask closed. Exit 0 if all is as promised. */
static void open_standard_without(int mask)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (mask & 1 << fd)
			close(fd);
	}
	if (io_open_standard() < 0)
		_exit(1);
	for (int fd = 0; fd <= 2; fd++) {
		char byte = 'x';

		if (!(mask & 1 << fd))
			continue;
		errno = 0;
		if ((fd == 0 ? read(fd, &byte, 1) : write(fd, &byte, 1)) != -1 || errno != EBADF)
			_exit(2);
	}
	_exit(open("/dev/null", O_RDONLY) > 2 ? 0 : 3);
}

/** A path of `size` bytes that leads to /dev/null, by ways of many kinds. */
static void make_long(char *path, size_t size, const char *start)
{
	static const char end[] = "/dev/null";
	size_t before = size - strlen(end);

	for (size_t i = 0; i < before; i++)
		path[i] = start[i % strlen(start)];
	strcpy(path + before, end);
}

START_TEST(test_io_open_long_takes_any_length)
{
	static const char *const starts[] = {"/", "/.", "/dev/../", "/usr/.././../"};
	/* Where a system call takes the path, just not, and where it takes several. */
	static const size_t sizes[] = {100, PATH_MAX, 2 * PATH_MAX, 5 * PATH_MAX};
	static char path[6 * PATH_MAX];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (size_t size = sizes[i] - 20; size < sizes[i] + 20; size++) {
			const char *start = starts[size % 4];
			int directory = open("/dev", O_PATH | O_CLOEXEC);
			int fd;

			make_long(path, size - size % strlen(start) + strlen("/dev/null"), start);
			fd = io_open_long(directory, path, O_RDONLY);
			ck_assert_int_ge(fd, 0);
			ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
			close(fd);
			/* Nothing is opened on the way to what is not there, or not one name. */
			strcpy(path + strlen(path) - strlen("null"), "none");
			ck_assert_int_eq(io_open_long(directory, path, O_RDONLY), -1);
			ck_assert_int_eq(errno, ENOENT);
			memset(path, 'x', size);
			path[size] = '\0';
			ck_assert_int_eq(io_open_long(directory, path, O_RDONLY), -1);
			ck_assert_int_eq(errno, size <= NAME_MAX ? ENOENT : ENAMETOOLONG);
			close(directory);
		}
	}
}
END_TEST

START_TEST(test_io_lead_leaves_a_short_path_alone)
{
	const char *path = "some/file", *before = path;

	ck_assert_int_eq(io_lead(AT_FDCWD, &path), AT_FDCWD);
	ck_assert_ptr_eq(path, before);
	io_leave(AT_FDCWD, AT_FDCWD);
}
END_TEST

START_TEST(test_io_open_standard_fills_what_is_closed)
{
	int status;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0)
		open_standard_without(_i);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

static Suite *io_suite(void)
{
	Suite *suite = suite_create("io");
	TCase *tests = tcase_create("io");

	tcase_add_checked_fixture(tests, leaks_setup, leaks_teardown);
	tcase_add_test(tests, test_io_write_all_goes_on_after_signals);
	tcase_add_test(tests, test_io_write_all_waits_where_the_descriptor_does_not_block);
	tcase_add_test(tests, test_io_write_all_reports_a_full_device);
	tcase_add_test(tests, test_io_write_all_reports_a_reader_that_left);
	tcase_add_test(tests, test_io_read_waits_through_signals);
	tcase_add_test(tests, test_io_read_tells_end_from_nothing_yet);
	tcase_add_test(tests, test_io_read_cached_leaves_the_rest_to_read);
	tcase_add_test(tests, test_io_read_cached_tells_nothing_cached_from_an_error);
	tcase_add_test(tests, test_io_wait_readable);
	tcase_add_test(tests, test_io_openat_is_close_on_exec);
	tcase_add_test(tests, test_io_open_long_takes_any_length);
	tcase_add_test(tests, test_io_lead_leaves_a_short_path_alone);
	tcase_add_loop_test(tests, test_io_open_standard_fills_what_is_closed, 0, 8);
	suite_add_tcase(suite, tests);
	return suite;
}

int main(void)
{
	return suite_run(io_suite());
}
