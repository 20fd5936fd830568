/*
 * The handler only sets a flag and writes one byte into a pipe of its own. The flags are the
 * program's only mutable globals. But Ctrl-Z has to work also while the program waits for a disk:
 * what is to be done before it stops is done by the handler.
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
/** SIGUSR1 came. */
static volatile sig_atomic_t asked;
/** Called before SIGTSTP stops the program. */
static void (*before_stop)(void);
/** The pipe: to poll, and to write. */
static int wake_fds[2];

/** Make the pipe readable. */
static void wake(void)
{
	ssize_t written = write(wake_fds[1], "", 1);
	/* A full pipe is readable already. */
	(void)written;
}

static void handle(int number)
{
	int saved = errno;
	if (number == SIGUSR1) {
		asked = 1;
		wake();
	} else if (!caught) {
		caught = number;
		wake();
	} else if (number != SIGPIPE) {
		/* Each message on the way to the end may raise SIGPIPE; the others are meant. */
		caught_again = 1;
		signal(number, SIG_DFL);
	}
	errno = saved;
}

/** Catch a signal, unless it is ignored. */
static void install(int signal, const struct sigaction *action)
{
	struct sigaction old;
	if (sigaction(signal, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(signal, action, NULL);
}

/** Stop as if the signal had never been caught. */
static void stop(int number)
{
	int saved = errno;
	before_stop();
	signal(number, SIG_DFL);
	/* Returns when the program goes on. */
	raise(number);
	signals_before_stop(before_stop);
	errno = saved;
}

void signals_before_stop(void (*before)(void))
{
	const struct sigaction action = {.sa_handler = stop, .sa_flags = SA_RESTART | SA_NODEFER};
	before_stop = before;
	install(SIGTSTP, &action);
}

/** Block or unblock SIGUSR1. */
static void hold(int how)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(how, &set, NULL);
}

void signals_hold(void)
{
	hold(SIG_BLOCK);
}

int signals_catch(void)
{
	if (pipe2(wake_fds, O_CLOEXEC | O_NONBLOCK) != 0)
		return -1;

	struct sigaction action = {.sa_handler = handle};
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < FATAL_COUNT; i++)
		sigaddset(&action.sa_mask, fatal[i]);
	/* A file that may not grow is an error of write(2), and no reason to leave a temporary. */
	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < FATAL_COUNT; i++)
		install(fatal[i], &action);
	/* It ends no open, read or write; the poll loop is woken by the pipe. */
	action.sa_flags = SA_RESTART;
	install(SIGUSR1, &action);
	hold(SIG_UNBLOCK);
	return wake_fds[0];
}

/** Make the pipe unreadable, unless a signal has come that ends the program. */
static void drain(void)
{
	char bytes[64];
	while (read(wake_fds[0], bytes, sizeof(bytes)) > 0)
		;
	if (caught)
		wake();
}

bool signals_ended(void)
{
	if (asked && !caught)
		drain();
	/* Neither: the descriptor is not the one from here, but stands in for it. */
	return caught || !asked;
}

bool signals_asked(void)
{
	bool was_asked = asked;
	/* Again where one came between the two, whose byte is gone with the others. */
	while (asked) {
		asked = 0;
		drain();
	}
	return was_asked;
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
