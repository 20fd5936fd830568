/*
 * ui/report: what arrives on standard error, in how many writes, and the status.
 */
#include "leaks.h"
#include "suite.h"
#include "ui/report.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int saved_stderr;
static int messages;

/** Standard error becomes a socket that keeps the bounds of each write. */
static void setup(void)
{
	int ends[2];

	leaks_setup();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	messages = ends[0];
	saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
}

static void teardown(void)
{
	ck_assert_int_eq(dup2(saved_stderr, STDERR_FILENO), STDERR_FILENO);
	close(saved_stderr);
	close(messages);
	leaks_teardown();
}

static void expect(const char *message)
{
	static char packet[1 << 16];
	ssize_t size = recv(messages, packet, sizeof(packet) - 1, MSG_DONTWAIT);

	ck_assert_int_ge(size, 0);
	packet[size] = '\0';
	ck_assert_str_eq(packet, message);
}

START_TEST(test_report_message_is_one_line_in_one_write)
{
	report_message("%s %d", "hello", 42);
	expect("treesum: hello 42\n");
	ck_assert_int_eq(report_worst(), 0);
}
END_TEST

START_TEST(test_report_message_of_any_length)
{
	char *text = malloc(20001);
	char *line = malloc(20100);

	memset(text, 'x', 20000);
	text[20000] = '\0';
	report_message("%s", text);
	sprintf(line, "treesum: %s\n", text);
	expect(line);
	free(text);
	free(line);
}
END_TEST

START_TEST(test_report_name_is_as_called)
{
	report_name(NULL);
	report_message("a");
	expect("treesum: a\n");
	report_name("/opt/bin/ts");
	report_message("b");
	expect("/opt/bin/ts: b\n");
}
END_TEST

START_TEST(test_report_file_quotes_and_makes_the_status_1)
{
	report_file("plain", ENOENT);
	expect("treesum: plain: No such file or directory\n");
	ck_assert_int_eq(report_worst(), 1);
	report_file("two\nlines", EACCES);
	expect("treesum: 'two'$'\\n''lines': Permission denied\n");
	report_file_reason("100%s", "changed while it was read");
	expect("treesum: 100%s: changed while it was read\n");
}
END_TEST

START_TEST(test_report_status_only_gets_worse)
{
	report_status(1);
	report_status(0);
	ck_assert_int_eq(report_worst(), 1);
	report_status(2);
	report_file_reason("x", "y");
	ck_assert_int_eq(report_worst(), 2);
	expect("treesum: x: y\n");
}
END_TEST

START_TEST(test_report_message_keeps_errno)
{
	errno = EXDEV;
	report_message("x");
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

START_TEST(test_report_failed_is_a_failure)
{
	report_statuses(1, 2);
	errno = EXDEV;
	report_failed(EIO, "cannot %s: %d%%", "go on", 5);
	ck_assert_int_eq(errno, EXDEV);
	expect("treesum: cannot go on: 5%\n");
	ck_assert_int_eq(report_worst(), 2);
}
END_TEST

/** What was heard last. */
static struct {
	int times;
	char file[64];
	int error;
	char reason[64];
} heard;

static void hear(void *context, const char *file, int error, const char *reason)
{
	ck_assert_ptr_eq(context, &heard);
	heard.times++;
	heard.error = error;
	strcpy(heard.file, file ? file : "(none)");
	strcpy(heard.reason, reason);
}

START_TEST(test_report_lets_errors_be_heard)
{
	static const struct report_listener listener = {.hear = hear, .context = &heard};

	report_file("before", EIO);
	report_listen(&listener);
	ck_assert_int_eq(heard.times, 0);
	report_file("a\nb", ENOENT);
	ck_assert_str_eq(heard.file, "a\nb");
	ck_assert_int_eq(heard.error, ENOENT);
	ck_assert_str_eq(heard.reason, "No such file or directory");
	report_file_reason("c", "changed");
	ck_assert_str_eq(heard.file, "c");
	ck_assert_int_eq(heard.error, 0);
	ck_assert_str_eq(heard.reason, "changed");
	report_failed(ENOMEM, "cannot %s", "start");
	ck_assert_str_eq(heard.file, "(none)");
	ck_assert_int_eq(heard.error, ENOMEM);
	ck_assert_str_eq(heard.reason, "cannot start");
	report_message("no error");
	ck_assert_int_eq(heard.times, 3);
	ck_assert_uint_eq(report_errors(), 4);
	report_listen(NULL);
	report_file("after", EIO);
	ck_assert_int_eq(heard.times, 3);
	ck_assert_uint_eq(report_errors(), 5);
}
END_TEST

START_TEST(test_report_message_that_nobody_takes_is_status_1)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(dup2(full, STDERR_FILENO), STDERR_FILENO);
	close(full);
	errno = EXDEV;
	report_message("x");
	ck_assert_int_eq(errno, EXDEV);
	ck_assert_int_eq(report_worst(), 1);
}
END_TEST

static Suite *report_suite(void)
{
	Suite *suite = suite_create("report");
	TCase *tests = tcase_create("report");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_report_message_is_one_line_in_one_write);
	tcase_add_test(tests, test_report_message_of_any_length);
	tcase_add_test(tests, test_report_name_is_as_called);
	tcase_add_test(tests, test_report_file_quotes_and_makes_the_status_1);
	tcase_add_test(tests, test_report_status_only_gets_worse);
	tcase_add_test(tests, test_report_message_keeps_errno);
	tcase_add_test(tests, test_report_failed_is_a_failure);
	tcase_add_test(tests, test_report_lets_errors_be_heard);
	tcase_add_test(tests, test_report_message_that_nobody_takes_is_status_1);
	suite_add_tcase(suite, tests);
	return suite;
}

int main(void)
{
	return suite_run(report_suite());
}
