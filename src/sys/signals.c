/*
 * The handler only sets a flag and writes one byte into a pipe of its own. The flag is the
 * program's only mutable global.
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
static int wake_fd;

static void handle(int signal)
{
	int saved = errno;
	caught = signal;
	ssize_t written = write(wake_fd, "", 1);
	/* A full pipe is readable already. */
	(void)written;
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
		/* Each message on the way to the end may raise SIGPIPE again. */
		action.sa_flags = fatal[i] == SIGPIPE ? 0 : (int)SA_RESETHAND;
		if (sigaction(fatal[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(fatal[i], &action, NULL);
	}
	return ends[0];
}

int signals_caught(void)
{
	return caught;
}

void signals_raise(void)
{
	int signal = caught;
	if (!signal)
		return;
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigemptyset(&action.sa_mask);
	sigaction(signal, &action, NULL);
	raise(signal);
}
