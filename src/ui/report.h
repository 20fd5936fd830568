/*
 * What is said on standard error, and the exit status, which only ever gets worse.
 */
#ifndef TREESUM_UI_REPORT_H
#define TREESUM_UI_REPORT_H

#include <stdnoreturn.h>

/**
 * The program's name in messages: as it was called. Set it before anything else is reported.
 *
 * @param argv0 is kept, not copied; NULL leaves "treesum"
 */
void report_name(const char *argv0);

/**
 * `NAME: MESSAGE` and a newline, in one write(2). Keeps errno, and the status too, unless standard
 * error does not take the message: then the status is at least 1.
 */
void report_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** `NAME: FILE: strerror(error)`, FILE quoted as quote_shell() does; makes the status 1. */
void report_file(const char *file, int error);

/** The same with a reason of our own in place of strerror(). */
void report_file_reason(const char *file, const char *reason);

/** Make the exit status at least this bad. */
void report_status(int status);

/** The exit status so far; 0 at the start. */
int report_worst(void);

#endif
