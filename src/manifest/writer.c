/*
 * A file is written to a temporary beside it: write, fsync, rename, fsync of the directory. A crash
 * at any point leaves the old file or the new one.
 *
 * The temporary has a fixed name (.NAME.treesum), for it is the lock as well: flock(2) on it keeps
 * a second run on the same target out, whether the target exists or not, and the rename takes the
 * lock along with the file. One that a killed run left behind is not locked, and is used again. As
 * the name can be foreseen, one that is no regular file of our own with a single name is refused.
 * Rejected: a lock on the target, which may not exist and is replaced while it is held; a lock file
 * of its own, which is litter.
 *
 * Everything goes through a descriptor of the directory, so that a later chdir(2) does not matter.
 */
#include "manifest/writer.h"

#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE ((size_t)256 << 10)

/** Symbolic links from the path to the target at the most, as in the kernel. */
#define LINKS_MAX 40

#define SUFFIX ".treesum"

struct writer {
	/** Where bytes go: the temporary, or the target itself. */
	int fd;
	/** The directory of the target, or -1 where it is written directly. */
	int directory;
	char name[NAME_MAX + 1];
	char temporary[NAME_MAX + 1];
	/** The temporary has become the target. */
	bool committed;
	/** The mode of the file in the end. */
	mode_t mode;
	/** The target that was there before, or a regular file that is standard output; or inode 0.
	 */
	struct stat target;
	struct stat own;
	/** The first failure, or 0. */
	int error;
	size_t filled;
	char buffer[BUFFER_SIZE];
};

/**
 * Go to where a path leads: open its directory and take its last component.
 *
 * @param directory where a relative path begins; on return, the directory opened
 * @return 0, or -1 with errno
 */
static int enter_directory(struct writer *writer, int *directory, char *path)
{
	char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	if (!*name || strlen(name) > NAME_MAX) {
		errno = *name ? ENAMETOOLONG : EISDIR;
		return -1;
	}
	strcpy(writer->name, name);
	const char *folder = slash == path ? "/" : path;
	if (!slash)
		folder = ".";
	else
		*slash = '\0';
	int fd = io_openat(*directory, folder, O_RDONLY | O_DIRECTORY, 0);
	if (*directory >= 0)
		close(*directory);
	*directory = fd;
	return fd < 0 ? -1 : 0;
}

/** Resolve a path to the directory and the name of its target. @return 0, or -1 with errno */
static int resolve(struct writer *writer, const char *path)
{
	char target[PATH_MAX];
	if (strlen(path) >= sizeof(target)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(target, path);
	writer->directory = AT_FDCWD;
	for (int links = 0; links < LINKS_MAX; links++) {
		if (enter_directory(writer, &writer->directory, target) != 0)
			return -1;
		ssize_t size =
		        readlinkat(writer->directory, writer->name, target, sizeof(target) - 1);
		if (size < 0)
			return errno == EINVAL || errno == ENOENT ? 0 : -1;
		target[size] = '\0';
	}
	errno = ELOOP;
	return -1;
}

/** The mode of a file that is new. */
static mode_t default_mode(void)
{
	mode_t mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

/** Whether the temporary is still the file that was opened. */
static bool is_current(const struct writer *writer)
{
	struct stat now;
	return fstatat(writer->directory, writer->temporary, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	        now.st_dev == writer->own.st_dev && now.st_ino == writer->own.st_ino;
}

/** Open and lock the temporary. @return 0, 1 where it was another run's that has ended, or -1 */
static int try_temporary(struct writer *writer)
{
	writer->fd = io_openat(writer->directory, writer->temporary,
	        O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
	if (writer->fd < 0)
		return -1;
	if (fstat(writer->fd, &writer->own) != 0)
		return -1;
	if (!S_ISREG(writer->own.st_mode) || writer->own.st_uid != geteuid() ||
	        writer->own.st_nlink > 1) {
		errno = EEXIST;
		return -1;
	}
	if (flock(writer->fd, LOCK_EX | LOCK_NB) != 0) {
		errno = errno == EWOULDBLOCK ? EBUSY : errno;
		return -1;
	}
	if (is_current(writer))
		return ftruncate(writer->fd, 0);
	close(writer->fd);
	return 1;
}

static int open_temporary(struct writer *writer)
{
	int room = NAME_MAX - (int)strlen("." SUFFIX);
	snprintf(writer->temporary, sizeof(writer->temporary), ".%.*s" SUFFIX, room, writer->name);
	int status;
	do {
		status = try_temporary(writer);
	} while (status > 0);
	if (status < 0 && writer->fd >= 0) {
		int error = errno;
		close(writer->fd);
		writer->fd = -1;
		errno = error;
	}
	return status;
}

/** Open the target of a path. @return 0, or -1 with errno */
static int open_target(struct writer *writer, const char *path)
{
	if (resolve(writer, path) != 0)
		return -1;
	struct stat *target = &writer->target;
	if (fstatat(writer->directory, writer->name, target, AT_SYMLINK_NOFOLLOW) == 0) {
		writer->mode = target->st_mode & 07777;
	} else {
		if (errno != ENOENT)
			return -1;
		*target = (struct stat){0};
		writer->mode = default_mode();
	}
	if (!target->st_ino || S_ISREG(target->st_mode))
		return open_temporary(writer);
	/* Not io_openat(): a FIFO without a reader must be left when a signal comes. */
	writer->fd = openat(writer->directory, writer->name, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	close(writer->directory);
	writer->directory = -1;
	return writer->fd < 0 ? -1 : 0;
}

struct writer *writer_open(const char *path)
{
	struct writer *writer = malloc(sizeof(*writer));
	if (!writer)
		return NULL;
	/* Not the buffer: its pages are touched when they are needed. */
	memset(writer, 0, offsetof(struct writer, buffer));
	writer->fd = -1;
	writer->directory = -1;
	if (!path) {
		writer->fd = STDOUT_FILENO;
		if (fstat(STDOUT_FILENO, &writer->target) != 0 || !S_ISREG(writer->target.st_mode))
			writer->target = (struct stat){0};
	} else if (open_target(writer, path) != 0) {
		int error = errno;
		writer_free(writer);
		errno = error;
		return NULL;
	}
	return writer;
}

/** Keep the first failure. @return -1 with errno */
static int fail(struct writer *writer)
{
	if (!writer->error)
		writer->error = errno;
	errno = writer->error;
	return -1;
}

int writer_flush(struct writer *writer)
{
	size_t filled = writer->filled;
	writer->filled = 0;
	if (writer->error)
		return fail(writer);
	if (filled && io_write_all(writer->fd, writer->buffer, filled) != 0)
		return fail(writer);
	return 0;
}

int writer_put(struct writer *writer, const void *data, size_t size)
{
	if (size > BUFFER_SIZE - writer->filled && writer_flush(writer) != 0)
		return -1;
	if (size > BUFFER_SIZE) {
		if (io_write_all(writer->fd, data, size) != 0)
			return fail(writer);
		return 0;
	}
	memcpy(writer->buffer + writer->filled, data, size);
	writer->filled += size;
	return 0;
}

/** Some file systems tell a failed write only when a descriptor is closed. @return 0, or -1 */
static int close_copy(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return copy < 0 ? -1 : close(copy);
}

int writer_commit(struct writer *writer)
{
	if (writer_flush(writer) != 0)
		return -1;
	/* The lock goes with the descriptor, which therefore stays open until the rename. */
	if (writer->directory < 0)
		return close_copy(writer->fd) == 0 ? 0 : fail(writer);
	if (fchmod(writer->fd, writer->mode) != 0 || io_fsync(writer->fd) != 0 ||
	        close_copy(writer->fd) != 0 ||
	        renameat(writer->directory, writer->temporary, writer->directory, writer->name) !=
	                0)
		return fail(writer);
	writer->committed = true;
	return io_fsync(writer->directory) == 0 ? 0 : fail(writer);
}

static bool is_file(const struct stat *stat, uint64_t device, uint64_t inode)
{
	return stat->st_ino && stat->st_ino == inode && stat->st_dev == device;
}

bool writer_owns(const struct writer *writer, uint64_t device, uint64_t inode)
{
	return is_file(&writer->target, device, inode) || is_file(&writer->own, device, inode);
}

void writer_free(struct writer *writer)
{
	if (!writer)
		return;
	if (writer->directory >= 0 && writer->fd >= 0 && !writer->committed)
		unlinkat(writer->directory, writer->temporary, 0);
	if (writer->directory >= 0)
		close(writer->directory);
	if (writer->fd > STDERR_FILENO)
		close(writer->fd);
	free(writer);
}
