/*
 * openat2(2) does it in one call. It is missing before Linux 5.6 (ENOSYS), some sandboxes forbid it
 * (EPERM), it takes no path of PATH_MAX bytes or more (ENAMETOOLONG), and it gives up when something
 * was renamed meanwhile (EAGAIN). Then the path is walked step by step, each directory opened through
 * no link; without ".." in it, that never leads out of the root either.
 */
#include "hash/open_beneath.h"

#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC)
#define STEP_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

int open_beneath_root(const char *root)
{
	return io_openat(AT_FDCWD, root, O_PATH | O_DIRECTORY, 0);
}

/** One step down. @param flags STEP_FLAGS or FILE_FLAGS @return a descriptor, or -1 with errno */
static int open_step(int directory, const char *name, size_t size, int flags)
{
	char component[NAME_MAX + 1];
	if (size > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(component, name, size);
	component[size] = '\0';
	int fd = io_openat(directory, component, flags, 0);
	/* What O_DIRECTORY makes of a link. */
	if (fd < 0 && errno == ENOTDIR && flags == STEP_FLAGS) {
		char target;
		errno = readlinkat(directory, component, &target, 1) >= 0 ? ELOOP : ENOTDIR;
	}
	return fd;
}

int open_beneath_stepwise(int root, const char *path)
{
	int directory = root;
	for (;;) {
		path += strspn(path, "/");
		size_t size = strcspn(path, "/");
		bool last = path[size + strspn(path + size, "/")] == '\0';
		int fd;
		if (size == 0 || (size == 2 && memcmp(path, "..", 2) == 0)) {
			errno = EINVAL;
			fd = -1;
		} else {
			fd = open_step(directory, path, size, last ? FILE_FLAGS : STEP_FLAGS);
		}
		int error = errno;
		if (directory != root)
			close(directory);
		errno = error;
		if (fd < 0 || last)
			return fd;
		directory = fd;
		path += size;
	}
}

int open_beneath(int root, const char *path)
{
	/* Whether the kernel has openat2 and lets us call it; told by the first call. */
	static bool missing;

	path += strspn(path, "/");
	if (!missing) {
		struct open_how how = {
			.flags = FILE_FLAGS,
			.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
		};
		long fd;
		do {
			fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
		} while (fd < 0 && errno == EINTR);
		if (fd >= 0)
			return (int)fd;
		missing = errno == ENOSYS || errno == EPERM;
		if (!missing && errno != EAGAIN && errno != ENAMETOOLONG)
			return -1;
	}
	return open_beneath_stepwise(root, path);
}
