/*
 * How tasks travel to hashers, and what comes back. They travel as structs: a worker is a fork of
 * its parent, the same program.
 */
#ifndef TREESUM_HASH_HASHER_TASK_H
#define TREESUM_HASH_HASHER_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forkpool/forkpool.h"
#include "hash/digest.h"
#include "sys/stamp.h"

/** How a file is opened. */
enum hasher_kind {
	/** Named by the user or by a manifest: links are followed. */
	HASHER_NAMED,
	/** Found by a walk: opened beneath its root, through no link, and only as a regular file.
	 */
	HASHER_FOUND,
	/** Found by a walk that follows links: as above, but through links where there are any. */
	HASHER_FOLLOWED,
	/** No regular file: read as it comes, to its end, once. "-" is standard input. */
	HASHER_STREAM,
};

/** What became of a file. */
enum hasher_state {
	/** Nothing yet. */
	HASHER_PENDING,
	/** Hashed: digest and size. */
	HASHER_DONE,
	/** It could not be read: error. */
	HASHER_FAILED,
	/** Its size, mtime or ctime changed while it was read, twice. */
	HASHER_CHANGED,
	/** A directory where a file was expected. */
	HASHER_DIRECTORY,
	/** Neither a regular file nor a directory. */
	HASHER_SPECIAL,
	/** Its reader died, each time that it was tried: error is the signal, or 0. */
	HASHER_DIED,
	/** Its reader stayed silent longer than the time-out. */
	HASHER_TIMED_OUT,
};

/** What is known of a file. */
struct hasher_result {
	enum hasher_state state;
	/** errno, or a signal's number. */
	int error;
	/** Bytes that were hashed; before that, the size that the walk saw, or the hasher. */
	uint64_t size;
	/** A regular file's: as it was when it was hashed; before that, as the walk saw it. */
	struct stamp stamp;
	/**
	 * Neither mtime nor ctime was later than two seconds before the file was opened: a write
	 * after it was read cannot have left both as they are, as one within the clock's grain may.
	 * Never of a file whose size is not that of its bytes, as in /proc and /sys.
	 */
	bool settled;
	unsigned char digest[DIGEST_MAX_SIZE];
};

/** What a hasher tells while it reads a file that is longer than one read. */
struct hasher_progress {
	/** Bytes read so far. */
	uint64_t read;
	/** Bytes that the file has, or 0 where nobody knows. */
	uint64_t size;
};

/** The room that hasher_task_write() needs for a path of this many bytes. */
size_t hasher_task_bound(size_t path_size);

/**
 * Write a task.
 *
 * @param root_size HASHER_FOUND, HASHER_FOLLOWED: how many bytes of `path` are the root
 * @param room hasher_task_bound() bytes
 * @return its size in bytes
 */
size_t hasher_task_write(
	enum hasher_kind kind, const char *path, size_t path_size, size_t root_size, void *room);

/** Read a task, in a hasher. @return the path, in the task, NUL-terminated */
const char *hasher_task_read(const struct fp_task *task, enum hasher_kind *kind, size_t *root_size);

/**
 * Read what became of a task.
 *
 * @param result never HASHER_PENDING after success
 * @return 0, or -1 with errno: why the pool broke (ECHILD:
 * workers died too often), EBADMSG for nonsense
 */
int hasher_task_result(const struct fp_outcome *outcome, struct hasher_result *result);

/**
 * Why there is no digest, for a message after the file's name.
 *
 * @param room where words with a number in them are written
 */
const char *hasher_task_reason(const struct hasher_result *result, char room[static 64]);

#endif
