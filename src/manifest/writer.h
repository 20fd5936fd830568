/*
 * Where a manifest is written: a descriptor as it stands (standard output, a device), or a file
 * that appears complete or not at all.
 */
#ifndef TREESUM_MANIFEST_WRITER_H
#define TREESUM_MANIFEST_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "sys/stamp.h"

struct writer;

/**
 * Open the output. Its path is resolved now: the process may change its directory afterwards.
 *
 * Links are followed, to a file that need not exist yet. An existing file has to be one that this
 * user may write to. It keeps its mode, and its owner, its access control list and its extended
 * attributes as far as that is permitted; never may anyone do more with it than before. Until the
 * writer is committed or freed, no other can be opened for the same file; to update a file, open
 * the writer before reading it. A target that is no regular file is written directly, without a
 * lock, as is what standard output or error is redirected to (by the name /dev/stdout, say).
 * Opening a FIFO waits for its reader, or a signal (EINTR).
 *
 * @param path NULL for standard output, which stays open
 * @param beside set to whether errno is about the temporary beside the file; may be NULL
 * @return NULL with errno (EBUSY: another run writes this file; EEXIST: the temporary's name,
 * ".NAME.treesum", is taken by what is no leftover of a killed run of this user)
 */
struct writer *writer_open(const char *path, bool *beside);

/** Commit only where the file is as it was when the writer was opened, or still is not there. */
void writer_guard(struct writer *writer);

/** Keep the file that is replaced as "FILE~". */
void writer_backup(struct writer *writer);

/** Add bytes, buffered. @return 0, or -1 with errno; a failure is kept: later calls fail alike */
int writer_put(struct writer *writer, const void *data, size_t size);

/** Whether a write has failed. */
bool writer_failed(const struct writer *writer);

/** Pass on what is buffered, for output that is read as it comes. @return as writer_put() */
int writer_flush(struct writer *writer);

/**
 * Complete the output: flush, and for a file fsync, rename and fsync of the directory. Then only
 * writer_owned() and writer_free() remain to be called.
 *
 * @return 0, or -1 with errno (EINTR: a signal came that ends the program; ESTALE: the file is
 * guarded, and another program has altered it); then the old file
 * stands as it was, and writer_free() leaves nothing else; or, where only the directory's fsync
 * failed, the new file may not outlast a power failure
 */
int writer_commit(struct writer *writer);

/** What of the old file could not be kept: bits of enum attributes (manifest/attributes.h). */
int writer_lost(const struct writer *writer);

/** Regular files that this program may write or replace. */
#define WRITER_OWNED_MAX 4

/**
 * The files that this program writes or replaces, to be known by device and inode: a regular file
 * that is standard output or standard error, the target, the temporary. A walk must not list them.
 *
 * @param owned room for WRITER_OWNED_MAX
 * @return how many there are
 */
size_t writer_owned(const struct writer *writer, struct stamp owned[]);

/** Whether a file is one of these. */
bool writer_owns_file(const struct writer *writer, const struct stamp *stamp);

/** Whether the output is a file that is replaced, or created, as a whole. */
bool writer_is_file(const struct writer *writer);

/** Whether there is a file that writer_commit() replaces. */
bool writer_replaces(const struct writer *writer);

/** Whether a file is the one that writer_commit() replaces. */
bool writer_replaces_file(const struct writer *writer, const struct stamp *stamp);

/** Whether the bytes go to a terminal. */
bool writer_is_terminal(const struct writer *writer);

/** The descriptor that it writes to and has the lock by, for children to close; above 2. */
int writer_fd(const struct writer *writer);

/** Give the output up: the temporary is removed at once. Then only writer_free() remains. */
void writer_discard(struct writer *writer);

/** Call this each time before bytes go out; NULL, as in the beginning, for nothing. */
void writer_before(struct writer *writer, void (*before)(void));

/** Free; without writer_commit() before it the temporary is removed. NULL is allowed. */
void writer_free(struct writer *writer);

#endif
