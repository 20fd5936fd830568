/*
 * Where a manifest is written: a descriptor as it stands (standard output, a device), or a file
 * that appears complete or not at all.
 */
#ifndef TREESUM_MANIFEST_WRITER_H
#define TREESUM_MANIFEST_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer;

/**
 * Open the output. A symbolic link is resolved, also one that dangles; a target that is no regular
 * file is written directly. Later the process may change its directory.
 *
 * @param path NULL for standard output
 * @return NULL with errno (EBUSY: another run writes this target)
 */
struct writer *writer_open(const char *path);

/** Add bytes, buffered. @return 0, or -1 with errno; a failure is kept: later calls fail alike */
int writer_put(struct writer *writer, const void *data, size_t size);

/** Pass on what is buffered, for output that is read as it comes. @return as writer_put() */
int writer_flush(struct writer *writer);

/**
 * Complete the output: flush, and for a file fsync, rename and fsync of the directory. A file that
 * was there before hands on its mode.
 *
 * @return 0, or -1 with errno; then, but where only the last fsync failed, the old file stands as
 * it was, and writer_free() leaves nothing else
 */
int writer_commit(struct writer *writer);

/**
 * Whether a file is one that this writer writes or replaces, by device and inode: a regular file
 * that is standard output, the target, the temporary. A walk must not list them.
 */
bool writer_owns(const struct writer *writer, uint64_t device, uint64_t inode);

/** Free; without writer_commit() before it the temporary is removed. NULL is allowed. */
void writer_free(struct writer *writer);

#endif
