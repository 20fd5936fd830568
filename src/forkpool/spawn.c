/*
 * One child, from fork to reaping.
 *
 * A child is known by its pidfd, never by its number alone: a number is used again once the host
 * program has reaped our child with wait(-1), or ignores SIGCHLD; a pidfd stays what it is. Where
 * somebody else took the exit status, the child counts as ended with an unknown one.
 *
 * Where there are no pidfds (Linux before 5.3, some sandboxes, valgrind), the end of a pipe that
 * the child holds stands in: it tells of the child's death unless a child of that one holds it too.
 *
 * clone3(CLONE_PIDFD) would give the pidfd without a second call, but goes behind the back of the C
 * library's fork(): atfork handlers, sanitizers, its own locks. So: fork(), then pidfd_open().
 * Until then the child is our zombie at the least, except where SIGCHLD is ignored and it died at
 * once; that is ESRCH, and no child.
 */
#include "forkpool/spawn.h"

#include "forkpool/channel.h"
#include "forkpool/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Linux 5.4; older C libraries lack the name. */
#ifndef P_PIDFD
#	define P_PIDFD 3
#endif

static int open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/**
 * Where there are no pidfds, open a pipe in their place.
 *
 * @param ends filled in with both ends, or with -1 where there are pidfds
 * @return 0, or -1 with errno
 */
static int open_stand_in(int ends[2])
{
	int pidfd = open_pidfd(getpid());

	ends[0] = ends[1] = -1;
	if (pidfd >= 0) {
		close(pidfd);
		return 0;
	}
	return errno == ENOSYS || errno == EPERM ? pipe2(ends, O_CLOEXEC) : -1;
}

/**
 * In the child: the signal dispositions of a worker. The handlers inherited belong to the host
 * program's state, which is not ours to touch. SIGUSR1 and SIGUSR2, where it handles them, are
 * orders to it and not meant to end a worker that gets them as one of its process group. What was
 * ignored stays so (nohup), but for SIGTERM, which ends us, and SIGCHLD, which would hide how our
 * own children end.
 */
static void reset_signals(void)
{
	struct sigaction action;
	sigset_t none;

	for (int number = 1; number < NSIG; number++) {
		if (sigaction(number, NULL, &action) < 0)
			continue;
		if (number == SIGINT || number == SIGQUIT || number == SIGPIPE)
			action.sa_handler = SIG_IGN;
		else if (action.sa_handler == SIG_DFL ||
			(action.sa_handler == SIG_IGN && number != SIGTERM && number != SIGCHLD))
			continue;
		else if (number == SIGUSR1 || number == SIGUSR2)
			action.sa_handler = SIG_IGN;
		else
			action.sa_handler = SIG_DFL;
		action.sa_flags = 0;
		sigemptyset(&action.sa_mask);
		sigaction(number, &action, NULL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/** In a child of spawn_fork(): its parent; otherwise 0. */
static pid_t parent;

void spawn_follow_parent(void)
{
	pid_t now;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	now = getppid();
	/* 0: the parent is outside our pid namespace, so it cannot be recognized. */
	if (parent != 0 && now != parent && now != 0)
		_exit(1);
}

/** End a child that cannot be watched, for want of a pidfd. Keeps errno. */
static void give_up(struct spawn *child)
{
	int error = errno;

	/* 0 says that the number still is our child's. */
	if (waitpid(child->pid, NULL, WNOHANG) == 0) {
		kill(child->pid, SIGKILL);
		while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (child->pidfd >= 0)
		close(child->pidfd);
	child->pidfd = -1;
	errno = error;
}

/** Close those of two descriptors that are open. Keeps errno. */
static void close_ends(int ends[2])
{
	int error = errno;

	for (int i = 0; i < 2; i++) {
		if (ends[i] >= 0)
			close(ends[i]);
	}
	errno = error;
}

int spawn_fork(struct spawn *child)
{
	pid_t self = getpid();
	sigset_t all, before;
	int error, ends[2];

	if (open_stand_in(ends) < 0)
		return -1;
	/* What is buffered must be written once, not by each child again. A failure stays in the
	 * stream's error flag, for its owner. */
	(void)fflush(NULL);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	child->pid = fork();
	if (child->pid == 0) {
		parent = self;
		spawn_follow_parent();
		reset_signals();
		/* The other end stays open until the end. */
		if (ends[0] >= 0)
			close(ends[0]);
		return 0;
	}
	error = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = error;
	if (child->pid < 0) {
		close_ends(ends);
		return -1;
	}
	child->has_pidfd = ends[0] < 0;
	child->pidfd = child->has_pidfd ? open_pidfd(child->pid) : ends[0];
	if (ends[1] >= 0)
		close(ends[1]);
	if (child->pidfd < 0 || channel_lift(&child->pidfd) < 0) {
		give_up(child);
		return -1;
	}
	return 1;
}

/* What the leak sanitizer does at exit(), which a child must not call. */
extern void __lsan_do_leak_check(void) __attribute__((weak)); /* NOLINT: theirs to name */

noreturn void spawn_exit(int status)
{
	fflush(NULL);
	/* It hangs where it may open nothing. */
	if (__lsan_do_leak_check && open("/proc/self/task", O_RDONLY | O_CLOEXEC) >= 0)
		__lsan_do_leak_check();
	_exit(status);
}

int spawn_signal(const struct spawn *child, int signal)
{
	if (child->pidfd < 0) {
		errno = ESRCH;
		return -1;
	}
	if (!child->has_pidfd)
		return kill(child->pid, signal);
	return (int)syscall(SYS_pidfd_send_signal, child->pidfd, signal, NULL, 0);
}

bool spawn_wait(const struct spawn *child, int milliseconds)
{
	struct pollfd ended = {.fd = child->pidfd, .events = POLLIN};

	return child->pidfd < 0 || poll(&ended, 1, milliseconds) > 0;
}

bool spawn_reap(struct spawn *child, struct spawn_end *end)
{
	siginfo_t info;
	int status;

	memset(&info, 0, sizeof(info));
	do {
		status = -1;
		errno = EINVAL;
		if (child->has_pidfd)
			status = waitid(P_PIDFD, (id_t)child->pidfd, &info, WEXITED | WNOHANG);
		/* Linux 5.3 has pidfds, but cannot wait for them. */
		if (status < 0 && errno == EINVAL)
			status = waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG);
	} while (status < 0 && errno == EINTR);
	if (status == 0 && info.si_pid == 0)
		return false;

	end->signal = 0;
	end->exit_code = -1;
	if (status == 0 && info.si_code == CLD_EXITED)
		end->exit_code = info.si_status;
	else if (status == 0)
		end->signal = info.si_status;
	else if (spawn_signal(child, 0) == 0)
		/* ECHILD, but it lives: a child that was ours cannot become somebody else's. It is
		 * between its death and the reaping that SIG_IGN asks for. */
		return false;
	close(child->pidfd);
	child->pidfd = -1;
	return true;
}

/** @return whether the child ended within `limit` milliseconds, and was reaped */
static bool reap_within(struct spawn *child, int limit)
{
	struct pollfd ended = {.fd = child->pidfd, .events = POLLIN};
	int64_t deadline = clock_deadline(limit);
	struct spawn_end end;

	for (;;) {
		int left = clock_left(deadline);

		if (spawn_reap(child, &end))
			return true;
		if (left == 0)
			return false;
		poll(&ended, 1, left);
	}
}

bool spawn_finish(struct spawn *child, unsigned grace)
{
	if (child->pidfd < 0)
		return true;
	spawn_signal(child, SIGTERM);
	/* One that is stopped could not act on it. */
	spawn_signal(child, SIGCONT);
	if (reap_within(child, grace < INT_MAX ? (int)grace : INT_MAX))
		return true;
	spawn_signal(child, SIGKILL);
	if (reap_within(child, SPAWN_KILL_DEADLINE))
		return true;
	/* In uninterruptible sleep. Nothing may wait for it. */
	close(child->pidfd);
	child->pidfd = -1;
	return false;
}
