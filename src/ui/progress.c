/*
 * Drawn, the line takes less than the terminal's width, and the cursor is at its beginning:
 *
 *   - what others print there without our knowledge overwrites it, where it would otherwise wrap
 *     it ("^C", say, which the terminal itself prints);
 *   - when the window becomes narrower, terminals that wrap the line anew take the cursor along to
 *     its first row, from which all can be erased; those that cut it off lose nothing.
 *
 * Nor does it wrap where the terminal is narrower than it says, as tmux is for a moment after its
 * window was, or takes a character for wider than the C library does: wrapping is switched off
 * while it is drawn, in the same write(2).
 *
 * The terminal is asked at each drawing: for its width, whether it takes bytes (not after Ctrl-S,
 * and the run goes on), and whether we may write to it (a job in the background may not). Where
 * nothing can be erased, in a file, a pipe or on a dumb terminal, the line ends and stays.
 *
 * Ctrl-Z takes the line away, before the shell prints where it was.
 *
 * Whatever fails here is no failure of the run: there is no line any more, that is all.
 */
#include "ui/progress.h"

#include "forkpool/clock.h"
#include "sys/io.h"
#include "sys/signals.h"
#include "ui/report.h"
#include "ui/status_line.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/** A run that is shorter shows nothing, in ms. */
#define DELAY 400

/** How far apart lines are, in ms: redrawn in place, and printed one below the other. */
#define INTERVAL 100
#define INTERVAL_PLAIN 1000

/** The width where nobody knows it. */
#define COLUMNS_DEFAULT 80

/* What terminals understand (ECMA-48): erase to the end of the line, and of the screen. */
#define ERASE_LINE "\033[K"
#define ERASE_BELOW "\033[J"
/* And, as DEC's did: no line wraps, lines wrap. */
#define WRAP_OFF "\033[?7l"
#define WRAP_ON "\033[?7h"

static struct {
	/** There is to be a line. */
	bool on;
	/** It cannot be erased: each is printed below the last one. */
	bool plain;
	/** It is on the terminal; and the width of that. A signal handler reads these. */
	volatile sig_atomic_t visible;
	volatile sig_atomic_t columns;
	/** The last line. */
	char line[STATUS_LINE_MAX];
	size_t size;
	progress_count *count;
	void *context;
	/** What was counted last. */
	struct estimate_counts counts;
	struct estimate estimate;
	/** When the run began, what time it was last, and when the line is due; in ms. */
	int64_t started;
	int64_t now;
	int64_t due;
} progress;

/** Whether standard error is a terminal that can erase. */
static bool can_erase(void)
{
	const char *name = getenv("TERM");
	return name && *name && strcmp(name, "dumb") != 0 && isatty(STDERR_FILENO);
}

/** Whether the terminal is ours to write to: in the background it would stop us (`stty tostop`). */
static bool is_foreground(void)
{
	pid_t group = tcgetpgrp(STDERR_FILENO);
	/* ENOTTY: no terminal, or not the one that could stop us. */
	return group < 0 || group == getpgrp();
}

/** Whether standard error takes bytes now. */
static bool is_writable(void)
{
	struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
	return poll(&fd, 1, 0) > 0;
}

/** The terminal's width. */
static int look_at_columns(void)
{
	struct winsize size;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	const char *given = getenv("COLUMNS");
	long columns = given ? strtol(given, NULL, 10) : 0;
	return columns > 0 && columns < INT_MAX ? (int)columns : COLUMNS_DEFAULT;
}

/** Write to standard error; where that fails there is no line any more. */
static void put(const char *text, size_t size)
{
	if (io_write_quietly(STDERR_FILENO, text, size) != 0)
		progress.on = false;
}

/** Write the line, over the last one. */
static void put_line(void)
{
	char text[STATUS_LINE_MAX + 32];
	char *end = text;
	if (progress.plain) {
		end = mempcpy(end, progress.line, progress.size);
		*end++ = '\n';
	} else {
		end = stpcpy(end, WRAP_OFF "\r");
		end = mempcpy(end, progress.line, progress.size);
		end = stpcpy(end, ERASE_LINE "\r" WRAP_ON);
		/* From here on SIGTSTP erases it. */
		progress.visible = true;
	}
	put(text, (size_t)(end - text));
}

/** Make the line, and draw it if that is possible now. */
static void draw(void)
{
	if (!is_foreground() || !is_writable())
		return;
	int columns = look_at_columns();
	/* It may have been wrapped to several rows. */
	if (columns < progress.columns)
		progress_hide();
	progress.columns = columns;
	progress.size =
		status_line_print(&progress.counts, &progress.estimate, columns, progress.line);
	if (progress.size)
		put_line();
	else
		progress_hide();
}

/** What erases the line. */
static const char *eraser(void)
{
	return look_at_columns() < progress.columns ? "\r" ERASE_BELOW : "\r" ERASE_LINE;
}

/**
 * The program is about to be stopped, at any point of what is here: erase the line, and leave what
 * is known of it. It is drawn again when the program goes on and the line is due.
 */
static void erase_before_stop(void)
{
	if (!progress.visible || !is_foreground() || !is_writable())
		return;
	const char *text = eraser();
	(void)io_write_quietly(STDERR_FILENO, text, strlen(text));
}

void progress_open(enum progress_when when)
{
	bool erasable = can_erase();
	progress.on = when == PROGRESS_ALWAYS || (when == PROGRESS_AUTO && erasable);
	progress.plain = !erasable;
	progress.started = clock_ms();
	progress.due = progress.started + DELAY;
	report_before(progress_hide);
	if (progress.on && !progress.plain)
		signals_before_stop(erase_before_stop);
}

/** Ask how far the run is. */
static void count(void)
{
	if (!progress.count)
		return;
	progress.counts = (struct estimate_counts){0};
	progress.count(progress.context, &progress.counts);
}

void progress_begin(progress_count *counter, void *context)
{
	progress.count = counter;
	progress.context = context;
	progress.now = clock_ms();
	estimate_begin(&progress.estimate, progress.now);
}

void progress_update(void)
{
	if (!progress.on || !progress.count)
		return;
	progress.now = clock_ms();
	if (progress.now < progress.due)
		return;
	count();
	estimate_add(&progress.estimate, &progress.counts, progress.now);
	draw();
	progress.due = progress.now + (progress.plain ? INTERVAL_PLAIN : INTERVAL);
}

int progress_wait(void)
{
	if (!progress.on || !progress.count)
		return -1;
	if (!progress.visible && !progress.plain && progress.size && is_foreground() &&
		is_writable() && look_at_columns() == progress.columns)
		put_line();
	return progress.due > progress.now ? (int)(progress.due - progress.now) : 1;
}

void progress_hide(void)
{
	int error = errno;
	if (!progress.visible)
		return;
	progress.visible = false;
	/* In the background it is not ours any more: the shell has printed since. */
	const char *text = eraser();
	if (is_foreground())
		put(text, strlen(text));
	errno = error;
}

void progress_tell(void)
{
	count();
	char *text =
		status_line_tell(&progress.counts, (double)(clock_ms() - progress.started) / 1000);
	if (text)
		report_note(text);
	free(text);
}

void progress_end(void)
{
	int error = errno;
	count();
	/* What it names may be gone soon. */
	progress.counts.name = NULL;
	progress.count = NULL;
	progress.size = 0;
	progress_hide();
	errno = error;
}
