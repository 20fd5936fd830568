/*
 * Reads a manifest line by line, in bounded memory whatever it holds, without ever waiting where
 * nothing is there to read.
 */
#ifndef TREESUM_MANIFEST_READER_H
#define TREESUM_MANIFEST_READER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sys/stamp.h"

struct reader;

/** A longer line is malformed, and not kept: twice the longest name that a walk can give, and more.
 */
#define READER_LINE_MAX ((size_t)16 << 20)

/** What holds a longer line is no manifest, and may never end. */
#define READER_SKIP_MAX ((uint64_t)4 << 30)

/**
 * Open a manifest, or another list. Nothing waits here, not for the writer of a FIFO either.
 *
 * @param path NULL for standard input, which is not closed
 * @param end what ends a line: '\n', or '\0' (a list of names, as `find -print0` writes)
 * @return NULL with errno
 */
struct reader *reader_open(const char *path, char end);

/**
 * The descriptor to poll (POLLIN) after EAGAIN from reader_next(), or -1 where that never happens
 * (a regular file).
 */
int reader_fd(const struct reader *reader);

/**
 * Take the next line.
 *
 * @param line the line, its end included where it has one; may be altered, one byte past its end
 * too; valid until the next call; NULL where the line is longer than READER_LINE_MAX
 * @param size bytes of the line, its end included; 0 where `line` is NULL
 * @param number the line's number, from 1
 * @return 1 with a line, 0 at the end, or -1 with errno (EAGAIN: nothing to read now; EISDIR, EIO
 * …; EFBIG: a line of more than READER_SKIP_MAX bytes, as of a device that never ends)
 */
int reader_next(struct reader *reader, char **line, size_t *size, uint64_t *number);

/**
 * Start again where the first line was.
 *
 * @return 0, or -1 with errno; ESPIPE, and nothing changed, where that is not possible: it is no
 *         regular file
 */
int reader_rewind(struct reader *reader);

/**
 * Read the last bytes of a regular file, all of it where it has no more. The next line stays the same.
 *
 * @return bytes, or -1 with errno; ESPIPE where it is no regular file
 */
ssize_t reader_tail(const struct reader *reader, char *bytes, size_t size);

/** The file that is read, as it was when it was opened. */
struct stamp reader_file(const struct reader *reader);

/**
 * Which part of it has been given out: 1 at its end, less before; 0 where nobody can tell, since it
 * is no regular file.
 */
double reader_part(const struct reader *reader);

/** NULL is allowed. */
void reader_free(struct reader *reader);

#endif
