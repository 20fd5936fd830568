/*
 * manifest/reader: lines as they are, whatever they are read from.
 */
#include "leaks.h"
#include "manifest/reader.h"
#include "scratch.h"
#include "suite.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/** A file in memory. @return its descriptor, at the beginning */
static int memory_file(const void *data, size_t size)
{
	int fd = memfd_create("check_reader", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/** A reader of descriptor `fd`, by its name under /proc. */
static struct reader *open_descriptor(int fd, char end)
{
	char path[64];
	struct reader *reader;

	sprintf(path, "/proc/self/fd/%d", fd);
	reader = reader_open(path, end);
	ck_assert_ptr_nonnull(reader);
	return reader;
}

static uint64_t last_number;

/** Take a line, which must be the next in number. */
static size_t take_line(struct reader *reader, char **line)
{
	size_t size;
	uint64_t number;

	ck_assert_int_eq(reader_next(reader, line, &size, &number), 1);
	ck_assert_uint_eq(number, ++last_number);
	return size;
}

static void expect_line(struct reader *reader, const char *text, size_t text_size)
{
	char *line;
	size_t size = take_line(reader, &line);

	ck_assert_uint_eq(size, text_size);
	ck_assert_mem_eq(line, text, size);
	/* All that a caller may do. */
	memset(line, 'X', size + 1);
}

static void expect_too_long(struct reader *reader)
{
	char *line;

	ck_assert_uint_eq(take_line(reader, &line), 0);
	ck_assert_ptr_null(line);
}

static void expect_result(struct reader *reader, int result, int error)
{
	char *line;
	size_t size;
	uint64_t number;

	errno = 0;
	ck_assert_int_eq(reader_next(reader, &line, &size, &number), result);
	ck_assert_int_eq(errno, error);
}

#define EXPECT_LINE(reader, text) expect_line(reader, text, sizeof(text) - 1)

START_TEST(test_reader_next_lines_of_a_file)
{
	static const char text[] = "one\n\ntwo\r\n\0nul\n# three\nlast";
	int fd = memory_file(text, sizeof(text) - 1);
	struct reader *reader = open_descriptor(fd, '\n');
	char *line;

	ck_assert_int_eq(reader_fd(reader), -1);
	EXPECT_LINE(reader, "one\n");
	EXPECT_LINE(reader, "\n");
	EXPECT_LINE(reader, "two\r\n");
	EXPECT_LINE(reader, "\0nul\n");
	EXPECT_LINE(reader, "# three\n");
	ck_assert_uint_eq(take_line(reader, &line), 4);
	ck_assert_mem_eq(line, "last", 4);
	line[4] = '\0';
	expect_result(reader, 0, 0);
	expect_result(reader, 0, 0);
	reader_free(reader);
	close(fd);
}
END_TEST

START_TEST(test_reader_next_nul_terminated)
{
	static const char text[] = "a\nb\0\0c";
	int fd = memory_file(text, sizeof(text) - 1);
	struct reader *reader = open_descriptor(fd, '\0');

	EXPECT_LINE(reader, "a\nb\0");
	EXPECT_LINE(reader, "\0");
	EXPECT_LINE(reader, "c");
	expect_result(reader, 0, 0);
	reader_free(reader);
	close(fd);
}
END_TEST

START_TEST(test_reader_part)
{
	int ends[2];
	int fd = memory_file("123\n567\n", 8);
	struct reader *reader = open_descriptor(fd, '\n');

	ck_assert_double_eq(reader_part(reader), 0);
	EXPECT_LINE(reader, "123\n");
	ck_assert_double_eq(reader_part(reader), 0.5);
	/* More than it had, and not at its end. */
	ck_assert_int_eq(write(fd, "9", 1), 1);
	EXPECT_LINE(reader, "567\n");
	ck_assert_double_eq(reader_part(reader), 0);
	reader_free(reader);
	close(fd);

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(write(ends[1], "1\n", 2), 2);
	reader = open_descriptor(ends[0], '\n');
	last_number = 0;
	EXPECT_LINE(reader, "1\n");
	ck_assert_double_eq(reader_part(reader), 0);
	close(ends[1]);
	expect_result(reader, 0, 0);
	ck_assert_double_eq(reader_part(reader), 1);
	reader_free(reader);
	close(ends[0]);
}
END_TEST

START_TEST(test_reader_next_empty_file)
{
	struct reader *reader = reader_open("/dev/null", '\n');

	expect_result(reader, 0, 0);
	reader_free(reader);
	reader_free(NULL);
}
END_TEST

START_TEST(test_reader_next_lines_across_every_boundary)
{
	/* Lines of 0 to 2,999 bytes: 4.5 MB through a buffer that is refilled many times. */
	size_t room = 3000 * 3001 / 2;
	char *text = malloc(room);
	char *next = text;
	struct reader *reader;
	int fd;

	for (size_t length = 0; length < 3000; length++) {
		for (size_t i = 0; i < length; i++)
			*next++ = (char)('a' + (length + i) % 26);
		*next++ = '\n';
	}
	fd = memory_file(text, room);
	reader = open_descriptor(fd, '\n');
	next = text;
	for (size_t length = 0; length < 3000; length++) {
		expect_line(reader, next, length + 1);
		next += length + 1;
	}
	expect_result(reader, 0, 0);
	reader_free(reader);
	close(fd);
	free(text);
}
END_TEST

START_TEST(test_reader_next_line_that_fills_the_buffer)
{
	/* Powers of two, as the buffer's sizes are: the byte behind the line is the buffer's last.
	 */
	for (size_t size = 1; size < READER_LINE_MAX; size *= 2) {
		char *text = malloc(size);
		struct reader *reader;
		int fd;

		memset(text, 'x', size);
		text[size - 1] = '\n';
		fd = memory_file(text, size);
		reader = open_descriptor(fd, '\n');
		last_number = 0;
		expect_line(reader, text, size);
		expect_result(reader, 0, 0);
		reader_free(reader);
		close(fd);
		free(text);
	}
}
END_TEST

START_TEST(test_reader_next_longest_line)
{
	size_t size = READER_LINE_MAX;
	char *text = malloc(2 * size + 5);
	struct reader *reader;
	int fd;

	/* One of just the longest size, one of a byte more, a short one. */
	memset(text, 'x', 2 * size + 5);
	text[size - 1] = '\n';
	text[2 * size] = '\n';
	text[2 * size + 2] = '\n';
	fd = memory_file(text, 2 * size + 5);
	reader = open_descriptor(fd, '\n');
	expect_line(reader, text, size);
	expect_too_long(reader);
	EXPECT_LINE(reader, "x\n");
	EXPECT_LINE(reader, "xx");
	expect_result(reader, 0, 0);
	reader_free(reader);
	close(fd);
	free(text);
}
END_TEST

/** How much memory a process has had at most, in bytes. */
static size_t peak_memory(void)
{
	struct rusage usage;

	ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
	return (size_t)usage.ru_maxrss << 10;
}

START_TEST(test_reader_next_line_of_1_gib_in_bounded_memory)
{
	int fd = memory_file("first\n", 6);
	size_t before = peak_memory();
	struct reader *reader;
	off_t far = (off_t)1 << 30;

	/* A hole of the file reads as NUL bytes. */
	ck_assert_int_eq(pwrite(fd, "\nlast\n", 6, far), 6);
	reader = open_descriptor(fd, '\n');
	EXPECT_LINE(reader, "first\n");
	expect_too_long(reader);
	EXPECT_LINE(reader, "last\n");
	expect_result(reader, 0, 0);
	reader_free(reader);
	/* The buffer, and twice that while it was moved. */
	ck_assert_uint_lt(peak_memory() - before, 4 * READER_LINE_MAX);
	close(fd);
}
END_TEST

START_TEST(test_reader_next_too_long_last_line_without_end)
{
	int fd = memory_file("x", 1);
	struct reader *reader;

	ck_assert_int_eq(ftruncate(fd, (off_t)3 * READER_LINE_MAX), 0);
	reader = open_descriptor(fd, '\n');
	expect_too_long(reader);
	expect_result(reader, 0, 0);
	reader_free(reader);
	close(fd);
}
END_TEST

START_TEST(test_reader_next_endless_device)
{
	struct reader *reader = reader_open("/dev/zero", '\n');

	expect_result(reader, -1, EFBIG);
	reader_free(reader);
}
END_TEST

START_TEST(test_reader_next_directory)
{
	struct reader *reader = reader_open("/", '\n');

	ck_assert_int_eq(reader_fd(reader), -1);
	expect_result(reader, -1, EISDIR);
	reader_free(reader);
}
END_TEST

START_TEST(test_reader_open_reports_what_open_says)
{
	ck_assert_ptr_null(reader_open("/nonexistent", '\n'));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_null(reader_open("", '\n'));
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

/** Whether the descriptor of a reader is ready now. */
static bool is_ready(const struct reader *reader)
{
	struct pollfd poll_fd = {.fd = reader_fd(reader), .events = POLLIN};

	ck_assert_int_ge(poll_fd.fd, 0);
	return poll(&poll_fd, 1, 0) == 1;
}

static void put(int fd, const char *text)
{
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

START_TEST(test_reader_next_fifo_from_before_its_first_writer)
{
	struct reader *reader;
	int writer;

	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	reader = reader_open("fifo", '\n');
	ck_assert_ptr_nonnull(reader);
	ck_assert(!is_ready(reader));
	expect_result(reader, -1, EAGAIN);

	writer = open("fifo", O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(writer, 0);
	ck_assert(!is_ready(reader));
	expect_result(reader, -1, EAGAIN);

	put(writer, "one\nabcdefgh");
	ck_assert(is_ready(reader));
	EXPECT_LINE(reader, "one\n");
	expect_result(reader, -1, EAGAIN);
	/* The second time, too, the half line stays as it is. */
	expect_result(reader, -1, EAGAIN);
	put(writer, "\n");
	EXPECT_LINE(reader, "abcdefgh\n");
	expect_result(reader, -1, EAGAIN);
	put(writer, "three");
	close(writer);
	ck_assert(is_ready(reader));
	EXPECT_LINE(reader, "three");
	expect_result(reader, 0, 0);
	reader_free(reader);
}
END_TEST

START_TEST(test_reader_next_fifo_whose_writer_has_gone)
{
	struct reader *reader;
	int writer;

	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	reader = reader_open("fifo", '\n');
	writer = open("fifo", O_WRONLY | O_CLOEXEC);
	close(writer);
	ck_assert(is_ready(reader));
	expect_result(reader, 0, 0);
	reader_free(reader);
}
END_TEST

/** Standard input becomes `fd`, which is closed. @return the old one */
static int replace_input(int fd)
{
	int old = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);

	ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	close(fd);
	return old;
}

START_TEST(test_reader_next_standard_input_never_waits_nor_changes_it)
{
	struct reader *reader;
	int ends[2];
	int old;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	old = replace_input(ends[0]);
	reader = reader_open(NULL, '\n');
	ck_assert_int_gt(reader_fd(reader), STDERR_FILENO);
	expect_result(reader, -1, EAGAIN);
	put(ends[1], "a\nb");
	EXPECT_LINE(reader, "a\n");
	expect_result(reader, -1, EAGAIN);
	ck_assert_int_eq(fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK, 0);
	close(ends[1]);
	EXPECT_LINE(reader, "b");
	expect_result(reader, 0, 0);
	reader_free(reader);
	ck_assert_int_ge(fcntl(STDIN_FILENO, F_GETFD), 0);
	close(replace_input(old));
}
END_TEST

START_TEST(test_reader_next_standard_input_from_its_offset)
{
	int fd = memory_file("skipped\nread\n", 13);
	struct reader *reader;
	int old;

	ck_assert_int_eq(lseek(fd, 8, SEEK_SET), 8);
	old = replace_input(fd);
	reader = reader_open(NULL, '\n');
	ck_assert_int_eq(reader_fd(reader), -1);
	EXPECT_LINE(reader, "read\n");
	expect_result(reader, 0, 0);
	reader_free(reader);
	close(replace_input(old));
}
END_TEST

START_TEST(test_reader_next_standard_input_that_cannot_be_read)
{
	int old = replace_input(open("/dev/null", O_WRONLY | O_CLOEXEC));
	struct reader *reader = reader_open(NULL, '\n');

	expect_result(reader, -1, EBADF);
	reader_free(reader);
	close(replace_input(old));
}
END_TEST

/** From wherever it is, behind an altered line too; and from the offset at which it began. */
START_TEST(test_reader_rewind)
{
	static const char text[] = "skipped\none\ntwo\nlast";
	int fd = memory_file(text, sizeof(text) - 1);
	int old = replace_input(dup(fd));
	struct reader *reader;

	ck_assert_int_eq(lseek(STDIN_FILENO, 8, SEEK_SET), 8);
	reader = reader_open(NULL, '\n');
	for (int lines = 0; lines <= 4; lines++) {
		ck_assert_int_eq(reader_rewind(reader), 0);
		last_number = 0;
		if (lines > 0)
			EXPECT_LINE(reader, "one\n");
		if (lines > 1)
			EXPECT_LINE(reader, "two\n");
		if (lines > 2)
			EXPECT_LINE(reader, "last");
		if (lines > 3)
			expect_result(reader, 0, 0);
	}
	reader_free(reader);
	close(replace_input(old));
	close(fd);
}
END_TEST

/** The end of a file, wherever the lines are that are read. */
START_TEST(test_reader_tail)
{
	static const char text[] = "one\ntwo\nlast";
	int fd = memory_file(text, sizeof(text) - 1);
	struct reader *reader = open_descriptor(fd, '\n');
	char tail[32];
	EXPECT_LINE(reader, "one\n");
	ck_assert_int_eq(reader_tail(reader, tail, 6), 6);
	ck_assert_mem_eq(tail, "o\nlast", 6);
	ck_assert_int_eq(reader_tail(reader, tail, sizeof(tail)), sizeof(text) - 1);
	ck_assert_mem_eq(tail, text, sizeof(text) - 1);
	EXPECT_LINE(reader, "two\n");
	reader_free(reader);
	close(fd);
	reader = reader_open("/dev/null", '\n');
	ck_assert_int_eq(reader_tail(reader, tail, sizeof(tail)), -1);
	ck_assert_int_eq(errno, ESPIPE);
	reader_free(reader);
}
END_TEST

START_TEST(test_reader_rewind_where_nothing_can_be_read_twice)
{
	static const char *const paths[] = {"/dev/null", "/dev/zero", "/"};
	int ends[2];
	struct reader *reader;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		reader = reader_open(paths[i], '\n');
		ck_assert_int_eq(reader_rewind(reader), -1);
		ck_assert_int_eq(errno, ESPIPE);
		reader_free(reader);
	}
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(write(ends[1], "one\ntwo\n", 8), 8);
	close(ends[1]);
	reader = open_descriptor(ends[0], '\n');
	EXPECT_LINE(reader, "one\n");
	ck_assert_int_eq(reader_rewind(reader), -1);
	ck_assert_int_eq(errno, ESPIPE);
	EXPECT_LINE(reader, "two\n");
	expect_result(reader, 0, 0);
	reader_free(reader);
	close(ends[0]);
}
END_TEST

static Suite *reader_suite(void)
{
	Suite *suite = suite_create("reader");
	TCase *tests = tcase_create("reader");

	tcase_add_unchecked_fixture(tests, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(tests, scratch_enter, NULL);
	tcase_add_checked_fixture(tests, leaks_setup, leaks_teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_reader_next_lines_of_a_file);
	tcase_add_test(tests, test_reader_next_nul_terminated);
	tcase_add_test(tests, test_reader_part);
	tcase_add_test(tests, test_reader_next_empty_file);
	tcase_add_test(tests, test_reader_next_lines_across_every_boundary);
	tcase_add_test(tests, test_reader_next_line_that_fills_the_buffer);
	tcase_add_test(tests, test_reader_next_longest_line);
	tcase_add_test(tests, test_reader_next_line_of_1_gib_in_bounded_memory);
	tcase_add_test(tests, test_reader_next_too_long_last_line_without_end);
	tcase_add_test(tests, test_reader_next_endless_device);
	tcase_add_test(tests, test_reader_next_directory);
	tcase_add_test(tests, test_reader_open_reports_what_open_says);
	tcase_add_test(tests, test_reader_next_fifo_from_before_its_first_writer);
	tcase_add_test(tests, test_reader_next_fifo_whose_writer_has_gone);
	tcase_add_test(tests, test_reader_next_standard_input_never_waits_nor_changes_it);
	tcase_add_test(tests, test_reader_next_standard_input_from_its_offset);
	tcase_add_test(tests, test_reader_next_standard_input_that_cannot_be_read);
	tcase_add_test(tests, test_reader_rewind);
	tcase_add_test(tests, test_reader_tail);
	tcase_add_test(tests, test_reader_rewind_where_nothing_can_be_read_twice);
	suite_add_tcase(suite, tests);
	return suite;
}

int main(void)
{
	return suite_run(reader_suite());
}
