/*
 * A sandbox for processes that read files and do nothing else: landlock(7). There is no way out of
 * it, nor for a child.
 *
 * Inside, files can be opened for reading only, and only where that is allowed; nothing can be
 * created, written to, cut off, removed, renamed, linked or executed by its name. Where the kernel
 * knows how, no TCP port can be bound or connected to, and no process outside signalled. What was
 * open before stays usable, but for the run's outputs, which are given up; stat(2), chmod(2) and
 * the like are not governed by Landlock, nor is UDP.
 *
 * One more thing ends: another process's part of /proc (its maps, its exe, all below its root) is
 * closed to whoever may not trace that process, and a sandboxed process may trace none outside.
 */
#ifndef TREESUM_SYS_SANDBOX_H
#define TREESUM_SYS_SANDBOX_H

#include <stddef.h>

/** What may be read inside. */
enum sandbox_kind {
	/** There is to be no sandbox. */
	SANDBOX_NONE,
	/** Anything. */
	SANDBOX_ANYWHERE,
	/** What is below the roots. */
	SANDBOX_ROOTS,
};

struct sandbox {
	enum sandbox_kind kind;
	/**
	 * SANDBOX_ROOTS: paths, links followed, relative to where the process is when it enters.
	 * Below a directory all may be read, also what comes there later. Of a file, or what is not
	 * there yet, whatever has its name at the time: what lies in the folder that the path ends
	 * in may be opened, too, for a file that is saved by an editor is a new one. A directory or
	 * the target of a link that is exchanged for another one is refused (EACCES).
	 */
	char *const *roots;
	size_t root_count;
	/** Told why there is none, in the process that was to have it; may be NULL. */
	void (*failed)(int error);
	/** Descriptors of the run's outputs besides standard output, which the process has by
	 * inheritance; 0: none. */
	int outputs[3];
};

/**
 * The version of the kernel's Landlock (its ABI).
 *
 * @return 1 or more; 0 where this program was built to have no sandbox (TREESUM_SANDBOX=0), or -1
 *         with errno: ENOSYS, EOPNOTSUPP (the kernel has none, or has it switched off), EPERM (a
 *         container forbids it)
 */
int sandbox_version(void);

/**
 * Enter it. Blocks as long as the file systems of the roots do.
 *
 * @return 0, also for SANDBOX_NONE; or -1 with errno, and no sandbox: as sandbox_version() or
 *         open(2), ENOTSUP where it returns 0
 */
int sandbox_enter(const struct sandbox *sandbox);

/**
 * Close the outputs: a process that hangs for ever, or outlives its parent, would keep the lock of
 * a file and the end of a pipe. Standard output stays, for who may be asked to read from it.
 */
void sandbox_close_outputs(const struct sandbox *sandbox);

/**
 * As an initializer of a worker: close the outputs, and standard output (standard
 * error stays: what a process dies of is said there), and enter. Without a sandbox the process goes
 * on, once that was told.
 *
 * @param context a struct sandbox
 * @return 0
 */
int sandbox_initialize(void *context);

#endif
