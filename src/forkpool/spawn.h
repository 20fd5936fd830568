/*
 * Forking, watching and ending one child of ours, through its pidfd.
 *
 * Internal to forkpool's source tree.
 */
#ifndef FORKPOOL_SPAWN_H
#define FORKPOOL_SPAWN_H

#include <stdbool.h>
#include <stdnoreturn.h>
#include <sys/types.h>

/** How long a process may take to die of SIGKILL before it is left behind, in ms. */
#define SPAWN_KILL_DEADLINE 1000

/** A child that we forked. */
struct spawn {
	pid_t pid;
	/** Readable once the child has ended (a stand-in: is ending); -1 when it was reaped. */
	int pidfd;
	/** It is a pidfd, and no stand-in. */
	bool has_pidfd;
};

/** How a child ended. */
struct spawn_end {
	/** The signal that killed it, or 0. */
	int signal;
	/** Its exit code, where it was not killed; -1 where the host program's SIGCHLD handling hid
	 * it. */
	int exit_code;
};

/**
 * Fork. Stdio is flushed and signals are blocked around it.
 *
 * In the child: it dies with its parent (PDEATHSIG, and a check that the parent still is the one
 * that forked it), SIGINT and SIGQUIT are ignored, all other handlers are reset to their default,
 * SIGPIPE is ignored, the mask is empty. The child ends with spawn_exit().
 *
 * @return 1 in the parent with `child` filled, 0 in the child, or -1 with errno
 */
int spawn_fork(struct spawn *child);

/**
 * In a child: die with the parent, also if it has died before this is called. spawn_fork() has done
 * that; the kernel forgets it when the child changes its user or group.
 */
void spawn_follow_parent(void);

/** In a child: end it. What the host program has for exit(3) to do is not done; what the leak
 * sanitizer has is. */
noreturn void spawn_exit(int status);

/** Send a signal to the child, or none where it was reaped. @return 0, or -1 with errno */
int spawn_signal(const struct spawn *child, int signal);

/** Wait until the child has ended, and not longer than so many milliseconds. @return whether it has, or
 * was reaped before */
bool spawn_wait(const struct spawn *child, int milliseconds);

/**
 * Reap the child if it has ended. Never blocks.
 *
 * @return true with `end` filled (pidfd is closed then), false where it still runs
 */
bool spawn_reap(struct spawn *child, struct spawn_end *end);

/** SIGTERM, `grace` milliseconds, SIGKILL, a second; then reap, or abandon one that cannot die.
 * @return whether it was reaped */
bool spawn_finish(struct spawn *child, unsigned grace);

#endif
