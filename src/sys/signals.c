/*
 * The handler only sets a flag and writes one byte into a pipe of its own. The flags are the
 * program's only mutable globals.
 *
 * A second signal must end the program at once, but for what is to be removed first:
 *
 *     signals_catch                         signals_release
 *     ──┬───── first: told ───── second: kept ──┬───── each: its default action ─────
 *       └──────────────────────── third: ends ──┘
 *
 * The third is for a program that cannot get as far as that, as when the disk under its output
 * hangs.
 */
#include "sys/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const int fatal[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGALRM, SIGXCPU};

#define FATAL_COUNT (sizeof(fatal) / sizeof(fatal[0]))

static volatile sig_atomic_t caught;
/** Another one came after it. */
static volatile sig_atomic_t caught_again;
static int wake_fd;

static void handle(int number)
{
	int saved = errno;
	if (!caught) {
		caught = number;
		ssize_t written = write(wake_fd, "", 1);
		/* A full pipe is readable already. */
		(void)written;
	} else if (number != SIGPIPE) {
		/* Each message on the way to the end may raise SIGPIPE; the others are meant. */
		caught_again = 1;
		signal(number, SIG_DFL);
	}
	errno = saved;
}

int signals_catch(void)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return -1;
	wake_fd = ends[1];

	struct sigaction action = {.sa_handler = handle};
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < FATAL_COUNT; i++)
		sigaddset(&action.sa_mask, fatal[i]);
	/* A file that may not grow is an error of write(2), and no reason to leave a temporary. */
	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < FATAL_COUNT; i++) {
		struct sigaction old;
		if (sigaction(fatal[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(fatal[i], &action, NULL);
	}
	return ends[0];
}

int signals_caught(void)
{
	return caught;
}

void signals_release(void)
{
	for (size_t i = 0; i < FATAL_COUNT; i++) {
		struct sigaction now;
		if (fatal[i] != SIGPIPE && sigaction(fatal[i], NULL, &now) == 0 &&
			now.sa_handler == handle)
			signal(fatal[i], SIG_DFL);
	}
	if (caught_again)
		signals_raise();
}

void signals_raise(void)
{
	int number = caught;
	if (!number)
		return;
	signal(number, SIG_DFL);
	raise(number);
}
