/*
 * Reads a manifest line by line, in bounded memory whatever it holds, without ever waiting where
 * nothing is there to read.
 */
#ifndef TREESUM_MANIFEST_READER_H
#define TREESUM_MANIFEST_READER_H

#include <stddef.h>
#include <stdint.h>

struct reader;

/** A longer line is malformed, and not kept: twice the longest name that a walk can give, and more.
 */
#define READER_LINE_MAX ((size_t)16 << 20)

/**
 * Open a manifest.
 *
 * @param path NULL for standard input
 * @return NULL with errno
 */
struct reader *reader_open(const char *path);

/** The descriptor to poll before reader_next(), or -1 where it never has to wait (a regular file).
 */
int reader_fd(const struct reader *reader);

/**
 * Take the next line.
 *
 * @param line the line, its LF included where it has one; may be altered, one byte past its end
 * too; valid until the next call; NULL where the line is longer than READER_LINE_MAX
 * @param number the line's number, from 1
 * @return 1 with a line, 0 at the end, or -1 with errno (EAGAIN: nothing to read now; EISDIR, EIO
 * …)
 */
int reader_next(struct reader *reader, char **line, size_t *size, uint64_t *number);

/** NULL is allowed. */
void reader_free(struct reader *reader);

#endif
