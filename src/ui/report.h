/*
 * What is said on standard error, and the exit status, which only ever gets worse.
 */
#ifndef TREESUM_UI_REPORT_H
#define TREESUM_UI_REPORT_H

#include <stdint.h>

/** Who hears of messages besides standard error. */
struct report_listener {
	/** A message is about to be printed. May be NULL, as may the other. */
	void (*before)(void *context);
	/**
	 * An error was reported.
	 *
	 * @param file NULL where it is about no file
	 * @param error errno, or 0 where the reason is one of our own
	 * @param reason what was said after the program's and the file's name
	 */
	void (*hear)(void *context, const char *file, int error, const char *reason);
	void *context;
};

/**
 * The program's name in messages: as it was called. Set it before anything else is reported.
 *
 * @param argv0 is kept, not copied; NULL leaves "treesum"
 */
void report_name(const char *argv0);

/**
 * `NAME: MESSAGE` and a newline, in one write(2). Keeps errno, and the status too, unless standard
 * error does not take the message: then the run has failed.
 */
void report_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** `NAME: FILE: REASON`, FILE quoted as quote_shell() does, of what is no error. Keeps errno. */
void report_remark(const char *file, const char *reason);

/**
 * As report_message(), of something that may get lost: if standard error does not take it, or not at once, the
 * run goes on. Also after a signal that ends the program.
 */
void report_note(const char *text);

/** Call this before each message; NULL, as in the beginning, for nothing. */
void report_before(void (*before)(void));

/**
 * Set what the status becomes where a file cannot be read, and where the run fails: 1 and 1 unless
 * the mode says otherwise. Set it before anything is reported.
 */
void report_statuses(int file, int failure);

/** `NAME: FILE: strerror(error)`, FILE quoted as quote_shell() does; the status is a file's. */
void report_file(const char *file, int error);

/** The same with a reason of our own in place of strerror(). */
void report_file_reason(const char *file, const char *reason);

/**
 * `NAME: MESSAGE`, an error that is about no file; the run fails. Keeps errno.
 *
 * @param error errno, or 0 where the reason is one of our own
 */
void report_failed(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Let messages be heard from now on: one listener, which is not copied; NULL is none any more. */
void report_listen(const struct report_listener *listener);

/** How many errors were reported so far: by report_file(), _reason() and report_failed(). */
uint64_t report_errors(void);

/** The run fails: the status is at least that of a failure. */
void report_failure(void);

/** Make the exit status at least this bad. */
void report_status(int status);

/** The exit status so far; 0 at the start. */
int report_worst(void);

#endif
