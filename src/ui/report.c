/*
 * A message is put together in memory and passed on in one write(2), so that messages of several
 * processes that share standard error do not mix within a line (a pipe promises that up to
 * PIPE_BUF, 4,096 bytes; a file opened for appending, always). It is out when the call returns:
 * nothing is left to flush before _exit or a signal.
 */
#include "ui/report.h"

#include "sys/io.h"
#include "ui/quote.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *program_name = "treesum";
static int file_status = 1;
static int failure_status = 1;
static int worst_status;
static uint64_t error_count;
static const struct report_listener *listener;
static void (*call_before)(void);

void report_name(const char *argv0)
{
	if (argv0)
		program_name = argv0;
}

void report_status(int status)
{
	if (status > worst_status)
		worst_status = status;
}

void report_statuses(int file, int failure)
{
	file_status = file;
	failure_status = failure;
}

void report_failure(void)
{
	report_status(failure_status);
}

int report_worst(void)
{
	return worst_status;
}

/** Where standard error takes nothing, only the status is left to tell it, as with GNU tools. */
static void write_out(const char *line, size_t size)
{
	if (listener && listener->before)
		listener->before(listener->context);
	if (call_before)
		call_before();
	if (io_write_all(STDERR_FILENO, line, size) < 0)
		report_failure();
}

/** Print a line; NULL where there was no memory for its message. */
static void print_line(const char *message)
{
	static const char lost[] = "treesum: out of memory for a message\n";
	char *line = NULL;
	int size = message ? asprintf(&line, "%s: %s\n", program_name, message) : -1;

	if (size >= 0) {
		write_out(line, (size_t)size);
		free(line);
	} else {
		report_failure();
		write_out(lost, sizeof(lost) - 1);
	}
}

void report_message(const char *format, ...)
{
	int saved_errno = errno;
	char *message = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&message, format, arguments) < 0)
		message = NULL;
	va_end(arguments);
	print_line(message);
	free(message);
	errno = saved_errno;
}

void report_remark(const char *file, const char *reason)
{
	int saved_errno = errno;
	char *quoted = quote_shell(file, false);

	/* The name as it is could forge lines; without memory to quote it, it is left out. */
	report_message("%s: %s", quoted ? quoted : "(no memory for the name)", reason);
	free(quoted);
	errno = saved_errno;
}

void report_note(const char *text)
{
	struct pollfd poll_fd = {.fd = STDERR_FILENO, .events = POLLOUT};
	char *line;

	/* A pipe that nobody reads must not keep a run from going on, or from ending. */
	if (poll(&poll_fd, 1, 0) == 0)
		return;
	int size = asprintf(&line, "%s: %s\n", program_name, text);

	if (size < 0)
		return;
	if (call_before)
		call_before();
	(void)io_write_quietly(STDERR_FILENO, line, (size_t)size);
	free(line);
}

void report_before(void (*before)(void))
{
	call_before = before;
}

/** Count an error, and pass it on. */
static void tell(const char *file, int error, const char *reason)
{
	error_count++;
	if (listener && listener->hear)
		listener->hear(listener->context, file, error, reason);
}

void report_failed(int error, const char *format, ...)
{
	int saved_errno = errno;
	char *message = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&message, format, arguments) < 0)
		message = NULL;
	va_end(arguments);
	report_failure();
	print_line(message);
	tell(NULL, error, message ? message : strerror(ENOMEM));
	free(message);
	errno = saved_errno;
}

/** Report a file, with an error number where there is one, else 0. */
static void report_about(const char *file, int error, const char *reason)
{
	report_status(file_status);
	report_remark(file, reason);
	tell(file, error, reason);
}

void report_file(const char *file, int error)
{
	report_about(file, error, strerror(error));
}

void report_file_reason(const char *file, const char *reason)
{
	report_about(file, 0, reason);
}

void report_listen(const struct report_listener *hearing)
{
	listener = hearing;
}

uint64_t report_errors(void)
{
	return error_count;
}
