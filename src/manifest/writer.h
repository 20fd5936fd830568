/*
 * Where a manifest is written: a descriptor as it stands (standard output, a device), or a file
 * that appears complete or not at all (temporary beside it, fsync, rename, fsync of the directory).
 */
#ifndef TREESUM_MANIFEST_WRITER_H
#define TREESUM_MANIFEST_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct writer;

/**
 * Open the output.
 *
 * A symbolic link is resolved; an existing file keeps its mode; a target that is no regular file is
 * written directly. The target is locked (flock(2) on it or on its directory's lock) until the
 * writer is freed.
 *
 * @param path NULL for standard output
 * @return NULL with errno (EBUSY: another run writes this target)
 */
struct writer *writer_open(const char *path);

/** Add bytes, buffered. @return 0, or -1 with errno; a failure is kept: later calls fail alike */
int writer_put(struct writer *writer, const void *data, size_t size);

/** Pass on what is buffered (for output that is read as it comes). @return 0, or -1 with errno */
int writer_flush(struct writer *writer);

/**
 * Complete the output: flush, and for a file fsync, rename and fsync of the directory.
 *
 * @return 0, or -1 with errno; then the old file stands as it was and no temporary is left
 */
int writer_commit(struct writer *writer);

/**
 * Whether a file is one that this writer writes (target or temporary, a regular file that is
 * standard output), by device and inode: a walk must not list it.
 */
bool writer_owns(const struct writer *writer, dev_t device, ino_t inode);

/** Remove the temporary now; async-signal-safe; for a handler of a fatal signal. */
void writer_discard(const struct writer *writer);

/** Free; without writer_commit() before it, the temporary is removed. NULL is allowed. */
void writer_free(struct writer *writer);

#endif
