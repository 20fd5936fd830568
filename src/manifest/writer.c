/*
 * A file is replaced in this order: write .NAME.treesum beside it, give it owner and mode, fsync,
 * rename, fsync of the directory. Killed at any point, the old file or the new one is there. All
 * names are relative to a descriptor of the directory, so that it does not matter where the process
 * has gone since.
 *
 * The temporary is the lock, too. It has one name for each target, and its maker holds a flock(2)
 * on it. Who finds the name taken tries that flock: refused, another run is at work (EBUSY);
 * granted, its maker was killed, and the leftover is removed. So the lock needs no file of its own,
 * nothing piles up after kills, and a target that does not exist yet is locked like any other. Why
 * it holds:
 *
 *   1. Only who has the flock of the file at the name renames or removes it.
 *   2. The flock is given up only after the name is gone.
 *   3. Who was granted a flock looks again whether the file still is at the name: its maker may
 * have renamed it meanwhile, or another run may have taken a file, made but not yet locked, for a
 *      leftover. If not, all begins again.
 *
 * Rejected: a flock on the target (no file yet, and a rename leaves the next run locking the old
 * one), on the directory (two targets in one directory would exclude each other), a lock file
 * beside (needs the same care, and stays behind). A name that cannot be guessed would need one of
 * these besides; what a stranger can do with a known name is to occupy it, and have the run refused
 * (EEXIST): it is made with O_EXCL, never followed, and a leftover is removed, not written to, and
 * only if it is a regular file of ours with one link.
 */
#include "manifest/writer.h"

#include "sys/io.h"
#include "sys/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE ((size_t)128 << 10)

#define SUFFIX ".treesum"

/** As the kernel's limit on links in a path. */
#define MAX_LINKS 40

/** How often a temporary may vanish while it is looked at before that counts as being in use. */
#define MAX_TRIES 100

struct file_id {
	dev_t device;
	ino_t inode;
};

struct writer {
	/** Where the bytes go, and what holds the lock; ours. */
	int fd;
	/** The first error, or 0. */
	int error;
	/** Called before bytes go out, or NULL. */
	void (*before)(void);

	/** Of the target; -1 where there is no temporary, and all below is unset. */
	int directory;
	/** The names in the directory. */
	char target[NAME_MAX + 1];
	char temporary[NAME_MAX + 1];
	/** The temporary stands under its name, and is ours. */
	bool pending;
	/** A file is replaced, whose owner and mode are kept. */
	bool replaces;
	struct stat old;

	/** The files written. */
	struct file_id owned[2];
	size_t owned_count;

	size_t used;
	char buffer[BUFFER_SIZE];
};

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static void own(struct writer *writer, const struct stat *status)
{
	struct file_id *id = &writer->owned[writer->owned_count++];

	id->device = status->st_dev;
	id->inode = status->st_ino;
}

/** Keep the first error. @return -1, errno set to it */
static int fail(struct writer *writer)
{
	if (writer->error == 0)
		writer->error = errno;
	errno = writer->error;
	return -1;
}

/**
 * Write to a descriptor as it stands.
 *
 * @param fd becomes ours; negative where opening it failed
 */
static int open_direct(struct writer *writer, int fd)
{
	struct stat status;

	writer->fd = fd;
	if (fd < 0 || fstat(fd, &status) < 0)
		return -1;
	if (S_ISREG(status.st_mode))
		own(writer, &status);
	return 0;
}

/** A duplicate: closing it tells what closing the original would, and leaves that open. */
static int duplicate(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/** @return standard output or error if that is this file (/dev/stdout with `>FILE`), else -1 */
static int find_standard(const struct stat *status)
{
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		struct stat standard;

		if (fstat(fd, &standard) == 0 && same_file(&standard, status))
			return fd;
	}
	return -1;
}

/**
 * Follow the links that a path ends in. The directories on its way stay as they are.
 *
 * @param resolved holds PATH_MAX bytes: the path, then the result, which need not exist
 */
static int follow_links(char *resolved)
{
	for (int links = 0; links < MAX_LINKS; links++) {
		char link[PATH_MAX];
		ssize_t size = readlink(resolved, link, sizeof(link));
		char *slash = strrchr(resolved, '/');
		size_t prefix = slash ? (size_t)(slash + 1 - resolved) : 0;

		/* No link, or nothing there. */
		if (size < 0)
			return errno == EINVAL || errno == ENOENT ? 0 : -1;
		if (link[0] == '/')
			prefix = 0;
		if (prefix + (size_t)size >= PATH_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(resolved + prefix, link, (size_t)size);
		resolved[prefix + (size_t)size] = '\0';
	}
	errno = ELOOP;
	return -1;
}

/** Set directory and names from a path that ends in no link. */
static int open_directory(struct writer *writer, char *path)
{
	char *slash = strrchr(path, '/');
	char *name = slash ? slash + 1 : path;

	if (*name == '\0') {
		errno = slash ? EISDIR : ENOENT;
		return -1;
	}
	if (strlen(name) > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(writer->target, name);
	sprintf(writer->temporary, ".%.*s" SUFFIX, NAME_MAX - (int)strlen("." SUFFIX), name);
	*name = '\0';
	writer->directory = io_openat(AT_FDCWD, *path ? path : ".", O_RDONLY | O_DIRECTORY, 0);
	return writer->directory < 0 ? -1 : 0;
}

/** Whether a file may be a leftover: a regular file of ours, known by no other name. */
static bool is_ours(const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_uid == geteuid() && status->st_nlink == 1;
}

/**
 * Open the temporary, made new or, where there is one, as it is.
 *
 * @return a descriptor, or -1 with errno (EAGAIN: it has just gone)
 */
static int open_temporary(struct writer *writer, mode_t mode, bool *made)
{
	int fd = io_openat(
		writer->directory, writer->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode);

	*made = fd >= 0;
	if (fd >= 0 || errno != EEXIST)
		return fd;
	fd = io_openat(writer->directory, writer->temporary,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		errno = EAGAIN;
	else if (errno == EACCES)
		/* Another user's. */
		errno = EBUSY;
	else if (errno == ELOOP || errno == ENXIO)
		/* A link, a socket. */
		errno = EEXIST;
	return -1;
}

/**
 * Lock the temporary that is open, and remove it if it is a leftover.
 *
 * @return 1 with a new one locked, 0 to try again, or -1 with errno
 */
static int lock_temporary(struct writer *writer, bool made)
{
	struct stat opened;
	struct stat named;

	/* Where nothing can be locked, that the name was free has to do for the maker. */
	if (flock(writer->fd, LOCK_EX | LOCK_NB) < 0 && (errno == EWOULDBLOCK || !made)) {
		errno = EBUSY;
		return -1;
	}
	if (fstat(writer->fd, &opened) < 0)
		goto fail;
	if (fstatat(writer->directory, writer->temporary, &named, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		goto fail;
	}
	if (!same_file(&opened, &named))
		return 0;
	if (made) {
		writer->pending = true;
		own(writer, &opened);
		return 1;
	}
	if (!is_ours(&named)) {
		errno = EEXIST;
		return -1;
	}
	return unlinkat(writer->directory, writer->temporary, 0);

fail:
	/* Not looked at, the name still is ours, but for a race that rule 3 is about. */
	writer->pending = made;
	return -1;
}

static int make_temporary(struct writer *writer, mode_t mode)
{
	for (int tries = 0; tries < MAX_TRIES; tries++) {
		bool made;
		int locked;

		writer->fd = open_temporary(writer, mode, &made);
		if (writer->fd < 0 && errno != EAGAIN)
			return -1;
		if (writer->fd < 0)
			continue;
		locked = lock_temporary(writer, made);
		if (locked != 0)
			return locked < 0 ? -1 : 0;
		close(writer->fd);
		writer->fd = -1;
	}
	errno = EBUSY;
	return -1;
}

/** Under the lock: take note of the file that is replaced, if there is one. */
static int look_at_target(struct writer *writer, const char *path)
{
	struct stat followed;

	if (stat(path, &followed) < 0)
		return errno == ENOENT ? 0 : -1;
	if (fstatat(writer->directory, writer->target, &writer->old, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	/* A link of /proc to a file that is gone, or has another name now. */
	if (!same_file(&followed, &writer->old)) {
		errno = ENOENT;
		return -1;
	}
	writer->replaces = true;
	own(writer, &writer->old);
	return 0;
}

/** Replace, or create, a regular file. */
static int open_file(struct writer *writer, const char *path, bool exists)
{
	/*
	 * What replaces a file is nobody else's to read until it has that one's mode. For a new one
	 * the kernel applies the umask, or what the directory says.
	 */
	mode_t mode = exists ? 0600 : 0666;
	char resolved[PATH_MAX];

	if (strlen(path) >= sizeof(resolved)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(resolved, path);
	if (follow_links(resolved) < 0 || open_directory(writer, resolved) < 0 ||
		make_temporary(writer, mode) < 0 || look_at_target(writer, path) < 0)
		return -1;
	if (exists && !writer->replaces) {
		errno = ENOENT;
		return -1;
	}
	return 0;
}

static int open_output(struct writer *writer, const char *path)
{
	struct stat status;
	int standard;

	if (!path)
		return open_direct(writer, duplicate(STDOUT_FILENO));
	if (stat(path, &status) < 0)
		return errno == ENOENT ? open_file(writer, path, false) : -1;
	/* Not io_openat(): a signal must end the wait for a FIFO's reader. */
	if (!S_ISREG(status.st_mode))
		return open_direct(writer, open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC));
	standard = find_standard(&status);
	if (standard >= 0)
		return open_direct(writer, duplicate(standard));
	return open_file(writer, path, true);
}

struct writer *writer_open(const char *path)
{
	struct writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return NULL;
	writer->fd = -1;
	writer->directory = -1;
	if (open_output(writer, path) < 0) {
		writer_free(writer);
		return NULL;
	}
	return writer;
}

/** Write bytes out. @return 0, or -1 with errno, which is kept */
static int write_out(struct writer *writer, const void *data, size_t size)
{
	if (size > 0 && writer->before)
		writer->before();
	return io_write_all(writer->fd, data, size) < 0 ? fail(writer) : 0;
}

int writer_flush(struct writer *writer)
{
	if (writer->error != 0)
		return fail(writer);
	if (write_out(writer, writer->buffer, writer->used) < 0)
		return -1;
	writer->used = 0;
	return 0;
}

int writer_put(struct writer *writer, const void *data, size_t size)
{
	if (size > BUFFER_SIZE - writer->used && writer_flush(writer) < 0)
		return -1;
	if (writer->error != 0)
		return fail(writer);
	if (size >= BUFFER_SIZE)
		return write_out(writer, data, size);
	memcpy(writer->buffer + writer->used, data, size);
	writer->used += size;
	return 0;
}

/** File systems may tell only at a close that bytes could not be kept. The lock needs `fd` open. */
static int close_duplicate(int fd)
{
	int copy = duplicate(fd);

	if (copy < 0)
		return -1;
	/* Interrupted, it is closed all the same. */
	return close(copy) < 0 && errno != EINTR ? -1 : 0;
}

/** Give the temporary what the old file had. */
static int keep_attributes(struct writer *writer)
{
	struct stat status;

	if (!writer->replaces)
		return 0;
	if (fstat(writer->fd, &status) < 0)
		return -1;
	/* Not everyone may give files away (EPERM), nor are all owners known here (EINVAL). */
	if ((status.st_uid != writer->old.st_uid || status.st_gid != writer->old.st_gid) &&
		fchown(writer->fd, writer->old.st_uid, writer->old.st_gid) < 0 && errno != EPERM &&
		errno != EINVAL)
		return -1;
	return fchmod(writer->fd, writer->old.st_mode & 07777);
}

/** Put the temporary in the target's place. */
static int replace_target(struct writer *writer)
{
	/* Who ended the run is told that it ended: then the old file has to stand. */
	if (signals_caught()) {
		errno = EINTR;
		return -1;
	}
	return renameat(writer->directory, writer->temporary, writer->directory, writer->target);
}

int writer_commit(struct writer *writer)
{
	if (writer_flush(writer) < 0)
		return -1;
	if (writer->directory < 0)
		return close_duplicate(writer->fd) < 0 ? fail(writer) : 0;
	if (keep_attributes(writer) < 0 || io_fsync(writer->fd) < 0 ||
		close_duplicate(writer->fd) < 0 || replace_target(writer) < 0)
		return fail(writer);
	writer->pending = false;
	/* EINVAL: the file system has no such thing as synchronizing a directory. */
	if (io_fsync(writer->directory) < 0 && errno != EINVAL)
		return fail(writer);
	return 0;
}

bool writer_owns(const struct writer *writer, uint64_t device, uint64_t inode)
{
	for (size_t i = 0; i < writer->owned_count; i++) {
		if (writer->owned[i].device == device && writer->owned[i].inode == inode)
			return true;
	}
	return false;
}

bool writer_replaces(const struct writer *writer)
{
	return writer->replaces;
}

bool writer_replaces_file(const struct writer *writer, uint64_t device, uint64_t inode)
{
	return writer->replaces && writer_owns(writer, device, inode);
}

bool writer_is_terminal(const struct writer *writer)
{
	return isatty(writer->fd);
}

void writer_discard(struct writer *writer)
{
	int saved_errno = errno;

	if (writer->pending)
		unlinkat(writer->directory, writer->temporary, 0);
	writer->pending = false;
	errno = saved_errno;
}

void writer_before(struct writer *writer, void (*before)(void))
{
	writer->before = before;
}

void writer_free(struct writer *writer)
{
	int saved_errno = errno;

	if (!writer)
		return;
	/* Before the lock is given up with `fd`. */
	writer_discard(writer);
	if (writer->fd >= 0)
		close(writer->fd);
	if (writer->directory >= 0)
		close(writer->directory);
	free(writer);
	errno = saved_errno;
}
