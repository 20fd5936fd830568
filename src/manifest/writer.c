#include "manifest/writer.h"

#include "manifest/replacement.h"
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE ((size_t)128 << 10)

struct writer {
	/** Where the bytes go. */
	int fd;
	/** The first error, or 0. */
	int error;
	/** Called before bytes go out, or NULL. */
	void (*before)(void);
	/** A file that is replaced, with its descriptor; or REPLACEMENT_NONE, and `fd` is ours. */
	struct replacement file;
	/** The regular files that are written or replaced: standard output and error, two more. */
	struct stamp owned[WRITER_OWNED_MAX];
	size_t owned_count;

	size_t used;
	char buffer[BUFFER_SIZE];
};

static void own(struct writer *writer, const struct stat *status)
{
	writer->owned[writer->owned_count++] = stamp_of(status);
}

bool writer_is_file(const struct writer *writer)
{
	return writer->file.fd >= 0;
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

/** @return standard output or error if that is this file (/dev/stdout with `>FILE`), else -1 */
static int find_standard(const struct stat *status)
{
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		struct stat standard;

		if (fstat(fd, &standard) == 0 && stamp_same_stat(&standard, status))
			return fd;
	}
	return -1;
}

/** Replace, or create, a regular file. */
static int open_file(struct writer *writer, const char *path, bool exists)
{
	if (replacement_open(&writer->file, path, exists) < 0)
		return -1;
	writer->fd = writer->file.fd;
	own(writer, &writer->file.made);
	if (writer->file.replaces)
		own(writer, &writer->file.old);
	return 0;
}

static int open_output(struct writer *writer, const char *path)
{
	struct stat status;
	int standard;

	if (!path)
		return open_direct(writer, io_duplicate(STDOUT_FILENO));
	if (stat(path, &status) < 0)
		return errno == ENOENT ? open_file(writer, path, false) : -1;
	/* Not io_openat(): a signal must end the wait for a FIFO's reader. */
	if (!S_ISREG(status.st_mode))
		return open_direct(writer, open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC));
	standard = find_standard(&status);
	if (standard >= 0)
		return open_direct(writer, io_duplicate(standard));
	return open_file(writer, path, true);
}

/** Where messages and lines go is never listed either. */
static void own_standard(struct writer *writer)
{
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		struct stat status;
		if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
			own(writer, &status);
	}
}

void writer_guard(struct writer *writer)
{
	writer->file.guarded = true;
}

void writer_backup(struct writer *writer)
{
	writer->file.backup = true;
}

int writer_lost(const struct writer *writer)
{
	return writer->file.lost;
}

struct writer *writer_open(const char *path, bool *beside)
{
	if (beside)
		*beside = false;
	struct writer *writer = calloc(1, sizeof(*writer));
	if (!writer)
		return NULL;
	writer->fd = -1;
	writer->file = REPLACEMENT_NONE;
	own_standard(writer);
	if (open_output(writer, path) < 0) {
		if (beside)
			*beside = writer->file.beside;
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

bool writer_failed(const struct writer *writer)
{
	return writer->error != 0;
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

int writer_commit(struct writer *writer)
{
	if (writer_flush(writer) < 0)
		return -1;
	int status = writer_is_file(writer) ? replacement_commit(&writer->file)
					    : io_try_close(writer->fd);
	return status < 0 ? fail(writer) : 0;
}

size_t writer_owned(const struct writer *writer, struct stamp owned[])
{
	memcpy(owned, writer->owned, writer->owned_count * sizeof(*owned));
	return writer->owned_count;
}

bool writer_owns_file(const struct writer *writer, const struct stamp *stamp)
{
	for (size_t i = 0; i < writer->owned_count; i++) {
		if (stamp_same_file(&writer->owned[i], stamp))
			return true;
	}
	return false;
}

bool writer_replaces(const struct writer *writer)
{
	return writer->file.replaces;
}

bool writer_replaces_file(const struct writer *writer, const struct stamp *stamp)
{
	struct stamp old = stamp_of(&writer->file.old);
	return writer->file.replaces && stamp_same_file(&old, stamp);
}

bool writer_is_terminal(const struct writer *writer)
{
	return isatty(writer->fd);
}

int writer_fd(const struct writer *writer)
{
	return writer->fd;
}

void writer_discard(struct writer *writer)
{
	replacement_discard(&writer->file);
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
	if (!writer_is_file(writer) && writer->fd >= 0)
		close(writer->fd);
	replacement_close(&writer->file);
	free(writer);
	errno = saved_errno;
}
