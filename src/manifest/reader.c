/*
 * One buffer holds the current line and what was read beyond it; it grows, by doubling, only for a
 * line that does not fit, and not past READER_LINE_MAX + 1:
 *
 *     0           start           scanned             filled   room
 *     | given out | current line, | not yet looked at | free   | one byte more
 *     |           | no end so far |                   |        |
 *
 * Each byte is looked at once, however many reads a line takes. The caller may write behind its
 * line, where the next one begins or, after the last, the byte more than `room` is.
 *
 * Whether a read would wait is asked of poll(2), not told to the descriptor: standard input is
 * shared with other processes, and O_NONBLOCK would be theirs too. What is opened here is opened
 * with O_NONBLOCK, so that a FIFO without a writer does not hold up the open. From such a FIFO a
 * read would return 0, as at the end; poll tells the two apart, since Linux raises POLLHUP only
 * when a writer has come and gone.
 */
#include "manifest/reader.h"

#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** The buffer's size at first, in bytes. */
#define FIRST_ROOM ((size_t)256 << 10)

struct reader {
	/** The reader's own, also where it is a copy of standard input. */
	int fd;
	/** A read can wait for someone: poll first. */
	bool can_wait;
	bool at_end;
	/** What ends a line. */
	char end;
	/** What was at `behind`. */
	char behind_value;
	struct stamp file;
	/** Bytes that were read. */
	uint64_t taken;
	/** Where the first line is in a regular file; -1: nowhere that one could go back to. */
	off_t origin;

	char *buffer;
	size_t room;
	size_t start;
	size_t scanned;
	size_t filled;

	/** Bytes of a line that is too long, seen so far; 0 where the line is kept. */
	uint64_t skipped;
	/** Lines given out. */
	uint64_t number;
	/** The byte behind the line last given out, which the caller may alter; NULL: none is out.
	 */
	char *behind;
};

struct reader *reader_open(const char *path, char end)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	struct stat status;

	if (!reader)
		return NULL;
	reader->fd = -1;
	reader->end = end;
	reader->room = FIRST_ROOM;
	reader->buffer = malloc(reader->room + 1);
	if (!reader->buffer)
		goto fail;
	if (path)
		reader->fd = io_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	else
		reader->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (reader->fd < 0)
		goto fail;
	if (fstat(reader->fd, &status) < 0)
		goto fail;
	reader->file = stamp_of(&status);
	reader->can_wait = !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
	reader->origin = S_ISREG(status.st_mode) ? lseek(reader->fd, 0, SEEK_CUR) : -1;
	return reader;

fail:
	reader_free(reader);
	return NULL;
}

struct stamp reader_file(const struct reader *reader)
{
	return reader->file;
}

int reader_fd(const struct reader *reader)
{
	return reader->can_wait ? reader->fd : -1;
}

/** Make room behind `filled`. @return 0, or -1 with errno ENOMEM and nothing changed */
static int make_room(struct reader *reader)
{
	if (reader->start > 0) {
		reader->filled -= reader->start;
		reader->scanned -= reader->start;
		memmove(reader->buffer, reader->buffer + reader->start, reader->filled);
		reader->start = 0;
	}
	if (reader->filled == reader->room) {
		/* One more byte than a line may have, to see that it has more. */
		size_t room =
			reader->room < READER_LINE_MAX ? 2 * reader->room : READER_LINE_MAX + 1;
		char *grown = realloc(reader->buffer, room + 1);

		if (!grown)
			return -1;
		reader->buffer = grown;
		reader->room = room;
	}
	return 0;
}

/** Read more. @return 1, 0 at the end, or -1 with errno (EAGAIN: nothing there) */
static int fill(struct reader *reader)
{
	struct pollfd poll_fd = {.fd = reader->fd, .events = POLLIN};
	ssize_t got;

	if (make_room(reader) < 0)
		return -1;
	/* A poll that fails leaves it to the read to tell. */
	if (reader->can_wait && poll(&poll_fd, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	got = io_read(reader->fd, reader->buffer + reader->filled, reader->room - reader->filled);
	if (got > 0) {
		reader->filled += (size_t)got;
		reader->taken += (uint64_t)got;
	}
	return got > 0 ? 1 : (int)got;
}

/**
 * Look through what is not yet looked at.
 *
 * @return the end of the current line, behind its end byte, or NULL where there is none yet
 */
static char *find_end(struct reader *reader)
{
	char *end = memchr(
		reader->buffer + reader->scanned, reader->end, reader->filled - reader->scanned);

	reader->scanned = end ? (size_t)(end + 1 - reader->buffer) : reader->filled;
	return end ? end + 1 : NULL;
}

/** Where the line has become too long, drop what is there of it. @return 0, or -1 with EFBIG */
static int skip_too_long(struct reader *reader)
{
	size_t size = reader->scanned - reader->start;

	if (reader->skipped == 0 && size <= READER_LINE_MAX)
		return 0;
	reader->skipped += size;
	reader->start = reader->scanned;
	if (reader->skipped <= READER_SKIP_MAX)
		return 0;
	errno = EFBIG;
	return -1;
}

/** Hand out what lies between `start` and `scanned`. */
static int give_line(struct reader *reader, char **line, size_t *size, uint64_t *number)
{
	*line = reader->skipped > 0 ? NULL : reader->buffer + reader->start;
	*size = reader->scanned - reader->start;
	*number = ++reader->number;
	reader->start = reader->scanned;
	reader->skipped = 0;
	reader->behind = reader->buffer + reader->start;
	reader->behind_value = *reader->behind;
	return 1;
}

/** Undo what the caller may have done to the beginning of the next line. */
static void take_back_line(struct reader *reader)
{
	if (reader->behind)
		*reader->behind = reader->behind_value;
	reader->behind = NULL;
}

int reader_next(struct reader *reader, char **line, size_t *size, uint64_t *number)
{
	take_back_line(reader);
	for (;;) {
		bool found = find_end(reader);
		int filled;

		if (skip_too_long(reader) < 0)
			return -1;
		if (found)
			return give_line(reader, line, size, number);
		if (reader->at_end)
			break;
		filled = fill(reader);
		if (filled < 0)
			return -1;
		reader->at_end = filled == 0;
	}
	/* The last line, without an end. */
	if (reader->scanned > reader->start || reader->skipped > 0)
		return give_line(reader, line, size, number);
	return 0;
}

int reader_rewind(struct reader *reader)
{
	if (reader->origin < 0) {
		errno = ESPIPE;
		return -1;
	}
	if (lseek(reader->fd, reader->origin, SEEK_SET) < 0)
		return -1;
	reader->at_end = false;
	reader->start = reader->scanned = reader->filled = 0;
	reader->skipped = 0;
	reader->number = 0;
	reader->behind = NULL;
	return 0;
}

ssize_t reader_tail(const struct reader *reader, char *bytes, size_t size)
{
	if (reader->origin < 0) {
		errno = ESPIPE;
		return -1;
	}
	uint64_t all = reader->file.size;
	off_t start = all > size ? (off_t)(all - size) : 0;
	size_t done = 0;
	while (done < size) {
		ssize_t got = pread(reader->fd, bytes + done, size - done, start + (off_t)done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

double reader_part(const struct reader *reader)
{
	uint64_t given = reader->taken - (reader->filled - reader->start);

	if (reader->at_end && reader->start == reader->filled)
		return 1;
	/* It may have grown since. */
	return given < reader->file.size ? (double)given / (double)reader->file.size : 0;
}

void reader_free(struct reader *reader)
{
	int saved_errno = errno;

	if (!reader)
		return;
	if (reader->fd >= 0)
		close(reader->fd);
	free(reader->buffer);
	free(reader);
	errno = saved_errno;
}
