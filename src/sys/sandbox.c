/*
 * Landlock by its system calls; no C library has functions for them. The kernel's header is not
 * used, for what is installed may be years older than the kernel that runs: these numbers never
 * change.
 *
 *     create a ruleset      what it governs is forbidden ...
 *     add a rule each       ... but reading below these directories
 *     restrict ourselves    no way back
 *
 * To allow reading anywhere is not to govern it, which takes no rule and no path: "/" is not above
 * everything (a working directory may lie outside of a chroot, or of the mounts to be seen).
 *
 * What it costs: 30 us to enter, 4 us more for each root, and 1.3 us for each file that is opened
 * and closed inside (3.4 us without, seven levels deep), for the kernel looks for rules at every
 * directory up to the real root: 8 % of a warm run over 34,208 small files. If truncate were not
 * governed, that would be 0.1 us with reading allowed anywhere, and 0.8 us with roots; but open(2)
 * with O_RDONLY | O_TRUNC would empty files.
 *
 * A sandbox is a second line of defence, so a process that cannot have it does without, whatever
 * the reason. The kernel may have none, or have it switched off at boot; containers answer EPERM or
 * ENOSYS; sixteen may be nested (E2BIG).
 *
 * Builds with sanitizers have none: they read /proc and write files.
 */
#include "sys/sandbox.h"

#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef TREESUM_SANDBOX
#	define TREESUM_SANDBOX 1
#endif

/* Linux 5.13; the numbers are the same on every architecture that we know of. */
#ifndef SYS_landlock_create_ruleset
#	define SYS_landlock_create_ruleset 444
#	define SYS_landlock_add_rule 445
#	define SYS_landlock_restrict_self 446
#endif

#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH 1

/** Access to files and to directories. */
#define READ_FILE ((uint64_t)1 << 2)
#define READ_DIR ((uint64_t)1 << 3)

/** The kernel's struct landlock_ruleset_attr; what an older one lacks has to be 0. */
struct governed {
	uint64_t files;
	uint64_t network;
	uint64_t scopes;
};

/** The kernel's struct landlock_path_beneath_attr. */
struct rule {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

/** All that each version governs. Version 7 added nothing to it. */
static const struct governed versions[] = {
	/* Linux 5.13: execute, write, read a file or directory, remove (2), make (7). */
	[1] = {.files = 0x1fff},
	/* 5.19: link and rename between directories. */
	[2] = {.files = 0x3fff},
	/* 6.2: truncate. */
	[3] = {.files = 0x7fff},
	/* 6.7: bind and connect TCP. */
	[4] = {.files = 0x7fff, .network = 0x3},
	/* 6.10: ioctl(2) on devices. */
	[5] = {.files = 0xffff, .network = 0x3},
	/* 6.12: connect to abstract sockets, signal processes outside. */
	[6] = {.files = 0xffff, .network = 0x3, .scopes = 0x3},
};

/** A ruleset that is being filled. */
struct rules {
	int ruleset;
	/** The folder that was allowed last is so much of this path; or NULL. */
	const char *folder;
	size_t folder_size;
};

#define LAST_VERSION ((int)(sizeof(versions) / sizeof(versions[0])) - 1)

int sandbox_version(void)
{
	if (!TREESUM_SANDBOX)
		return 0;
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
}

/** Close a descriptor. Keeps errno. */
static void close_quietly(int fd)
{
	int error = errno;
	close(fd);
	errno = error;
}

/** @return a ruleset, or -1 with errno */
static int create_ruleset(int version, bool govern_reading)
{
	struct governed governed = versions[version < LAST_VERSION ? version : LAST_VERSION];
	if (!govern_reading)
		governed.files &= ~(READ_FILE | READ_DIR);
	return (int)syscall(SYS_landlock_create_ruleset, &governed, sizeof(governed), 0);
}

/** Whether a path leads nowhere: whoever opens it later is told that, as without a sandbox. */
static bool leads_nowhere(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES || error == ELOOP ||
		error == ENAMETOOLONG;
}

/**
 * Allow to read a file, or what is below a directory.
 *
 * @param flags O_DIRECTORY, or 0
 * @return 1; 0 where the path leads nowhere; or -1 with errno
 */
static int allow(int ruleset, const char *path, int flags, uint64_t allowed)
{
	int fd = io_open_long(AT_FDCWD, path, O_PATH | flags);
	if (fd < 0)
		return leads_nowhere(errno) ? 0 : -1;
	struct rule rule = {.allowed = allowed, .parent_fd = fd};
	int status = (int)syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
	close_quietly(fd);
	/* EBADFD: a pipe or the like (/dev/fd/3), which is not governed. */
	return status == 0 || errno == EBADFD ? 1 : -1;
}

/** Allow to read the files of the folder that a path ends in. @return as allow() */
static int allow_folder(struct rules *rules, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t size = slash ? (size_t)(slash + 1 - path) : 0;
	if (rules->folder && rules->folder_size == size && memcmp(rules->folder, path, size) == 0)
		return 1;
	char *folder = size ? strndup(path, size) : strdup(".");
	if (!folder)
		return -1;
	int status = allow(rules->ruleset, folder, O_DIRECTORY, READ_FILE);
	free(folder);
	rules->folder = path;
	rules->folder_size = size;
	return status;
}

/** Allow to read a root. @return 0, or -1 with errno */
static int allow_root(struct rules *rules, const char *root)
{
	int directory = allow(rules->ruleset, root, O_DIRECTORY, READ_FILE | READ_DIR);
	if (directory != 0)
		return directory < 0 ? -1 : 0;
	if (allow_folder(rules, root) < 0)
		return -1;
	/* A link's target may lie elsewhere; whether a path that long is a link is not asked. */
	char target;
	if ((strlen(root) >= PATH_MAX || readlink(root, &target, 1) > 0) &&
		allow(rules->ruleset, root, 0, READ_FILE) < 0)
		return -1;
	return 0;
}

/** Let a ruleset govern this process. @return 0, or -1 with errno */
static int restrict_self(int ruleset)
{
	/* Who may gain privileges by executing something may not give up any. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}

int sandbox_enter(const struct sandbox *sandbox)
{
	if (sandbox->kind == SANDBOX_NONE)
		return 0;
	int version = sandbox_version();
	if (version == 0)
		errno = ENOTSUP;
	if (version <= 0)
		return -1;
	bool has_roots = sandbox->kind == SANDBOX_ROOTS;
	struct rules rules = {.ruleset = create_ruleset(version, has_roots)};
	if (rules.ruleset < 0)
		return -1;
	int status = 0;
	for (size_t i = 0; has_roots && status == 0 && i < sandbox->root_count; i++)
		status = allow_root(&rules, sandbox->roots[i]);
	if (status == 0)
		status = restrict_self(rules.ruleset);
	close_quietly(rules.ruleset);
	return status;
}

void sandbox_close_outputs(const struct sandbox *sandbox)
{
	for (size_t i = 0; i < sizeof(sandbox->outputs) / sizeof(sandbox->outputs[0]); i++) {
		if (sandbox->outputs[i])
			close(sandbox->outputs[i]);
	}
}

/**
 * Put something in the place of standard output that is no regular file and takes nothing. Where
 * there is none it stays.
 */
static void close_standard_output(void)
{
	int nothing = io_openat(AT_FDCWD, "/dev/null", O_RDONLY, 0);
	if (nothing < 0)
		return;
	dup2(nothing, STDOUT_FILENO);
	close(nothing);
}

int sandbox_initialize(void *context)
{
	const struct sandbox *sandbox = context;
	sandbox_close_outputs(sandbox);
	close_standard_output();
	if (sandbox_enter(sandbox) != 0 && sandbox->failed)
		sandbox->failed(errno);
	return 0;
}
