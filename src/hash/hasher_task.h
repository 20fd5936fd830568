/*
 * How tasks travel to a worker, and what becomes of files back to the parent.
 *
 * A task is a name in a directory: the worker opens the directory beneath its root, and the name in
 * it. Both ends are one program, forked: what has a fixed size is copied as it lies in memory, the
 * strings follow with a NUL behind each.
 */
#ifndef TREESUM_HASH_HASHER_TASK_H
#define TREESUM_HASH_HASHER_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forkpool/forkpool.h"
#include "hash/digest.h"
#include "sys/stamp.h"

/** What a worker is to do with a name. */
enum hasher_kind {
	/** An operand, as it was typed: links are followed. A regular file is hashed, a directory
	 * listed; anything else is told. */
	HASHER_NAMED,
	/** Listed as a regular file: open and hash it. */
	HASHER_FILE,
	/** Listed as a directory: list it. */
	HASHER_LIST,
	/** Listed without its type, or as a link that is to be followed: find out, then as above.
	 */
	HASHER_UNKNOWN,
	/** No regular file: read as it comes, to its end, once. "-" is standard input. */
	HASHER_STREAM,
};

/** What became of a name. */
enum hasher_state {
	/** Nothing yet. */
	HASHER_PENDING,
	/** Hashed: digest and size. */
	HASHER_DONE,
	/** It could not be opened or read: error. */
	HASHER_FAILED,
	/** Its size or mtime changed while it was read, twice, or its contents with only its ctime.
	 */
	HASHER_CHANGED,
	/** A directory, which was listed to its end, or to an error. */
	HASHER_LISTED,
	/** A directory where a regular file was listed. */
	HASHER_DIRECTORY,
	/** A directory on another file system, which was not entered. */
	HASHER_MOUNT,
	/** A symbolic link that is not to be followed. */
	HASHER_LINK,
	/** Neither a regular file nor a directory. */
	HASHER_SPECIAL,
	/** One of several names of a file, which was not read: its stamp. */
	HASHER_LINKED,
	/** As it was when its known digest was computed; it was not read. */
	HASHER_KNOWN,
	/** A regular file that is not to be read: its stamp. */
	HASHER_LOOKED_AT,
	/** One of the run's own outputs. */
	HASHER_OWN,
	/** A large file that is not in the page cache, of which the first part was read, or none
	 * yet: its stamp, and how far. */
	HASHER_PARTIAL,
	/** Its reader died, each time that it was tried: error is the signal, or 0. */
	HASHER_DIED,
	/** Its reader stayed silent longer than the time-out. */
	HASHER_TIMED_OUT,
};

/** Whether a listing stats the names that it finds; the worker tells what that took. */
enum hasher_stat {
	/** As long as the calls are short. */
	HASHER_STAT_TRY,
	HASHER_STAT_ALWAYS,
	HASHER_STAT_NEVER,
};

/** How far a file was read. */
struct hasher_kept {
	/** What was read; a number of bytes only where the algorithm has no state: 0. */
	struct digest_state hash;
	/** As it was when reading began, and when that was. */
	struct stamp stamp;
	struct timespec time;
	/** It changed once already while it was read ... */
	bool again;
	/** ... by its ctime alone, when it had this digest. */
	bool compared;
	unsigned char digest[DIGEST_MAX_SIZE];
};

/** What of a task has the same size in all of them. */
struct hasher_head {
	enum hasher_kind kind;
	enum hasher_stat stat;
	/** Links below the root are followed. */
	bool follow;
	/** A name that turns out to be a directory is listed. */
	bool listed;
	/** Read also one of several names. */
	bool linked;
	/** Read on also what is large and not in the page cache: for a while, if it can be put
	 * aside. */
	bool granted;
	/** Regular files are looked at only. */
	bool look;
	bool has_known;
	bool has_kept;
	/** Bytes of the strings. */
	uint32_t root_size;
	uint32_t directory_size;
	uint32_t name_size;
	/** Which directory the name is in; inode 0: it is not known. */
	uint64_t device;
	uint64_t inode;
	/** Directories on any other device are not entered; 0: all are. */
	uint64_t root_device;
};

struct hasher_task {
	struct hasher_head head;
	/** The root, as it was typed; "" for an operand, whose path is `name`. NUL-terminated, as
	 * are the others. */
	const char *root;
	/** Path of the directory below the root, without a slash at its ends; "" is the root. */
	const char *directory;
	const char *name;
	/** With has_known: the stamp for which its digest is known (device and inode do not
	 * count, nor does a ctime of STAMP_ANY_TIME). */
	struct stamp known;
	/** With has_kept: where reading goes on. */
	struct hasher_kept kept;
};

/** What is known of a name. */
struct hasher_result {
	enum hasher_state state;
	/** errno, or a signal's number. */
	int error;
	/** Bytes that were hashed; before that, the size that a listing saw, or a worker. */
	uint64_t size;
	/** A regular file's: as it was when it was hashed; before that, as a listing saw it. */
	struct stamp stamp;
	/** How many names it has. */
	uint64_t links;
	/**
	 * Neither ctime was later than two seconds before reading began, nor is it `young`: a write
	 * after that cannot have left both as they are, as one within the clock's grain may.
	 * Never of a file whose size is not that of its bytes, as in /proc and /sys.
	 */
	bool settled;
	/**
	 * mtime was later than two seconds before, or says nothing; one more than a minute ahead of
	 * the clock is not: no write of now gives a file that one again.
	 */
	bool young;
	unsigned char digest[DIGEST_MAX_SIZE];
};

/** What a worker tells of itself with a result. */
struct hasher_times {
	/** Microseconds that it worked since it told last, and was blocked in these; reading of
	 * granted files does not count. */
	uint32_t busy;
	uint32_t blocked;
	/** Microseconds that the first opening took; 0 after the first result. */
	uint32_t first_call;
	/** HASHER_LISTED: names that were looked at with stat(2), the microseconds that took, and
	 * how many of them it was worth it for: large files, and such with several names. */
	uint32_t stats;
	uint32_t stats_time;
	uint32_t stats_useful;
};

/** A reply: these bytes, and behind them a struct hasher_kept (HASHER_PARTIAL), or the
 * last part of a listing (walk/listing.h). */
struct hasher_reply {
	struct hasher_result result;
	struct hasher_times times;
};

/** What a worker tells while it reads a file that is longer than one read. */
struct hasher_progress {
	/** Bytes read so far. */
	uint64_t read;
	/** Bytes that the file has, or 0 where nobody knows. */
	uint64_t size;
};

/** The room that hasher_task_write() needs. */
size_t hasher_task_bound(const struct hasher_task *task);

/** Write a task. @param room hasher_task_bound() bytes @return its size in bytes */
size_t hasher_task_write(const struct hasher_task *task, void *room);

/**
 * Read a task, in a worker.
 *
 * @param task its strings lie in the pool's task, which stays until the reply
 */
void hasher_task_read(const struct fp_task *from, struct hasher_task *task);

/**
 * Read what became of a task.
 *
 * @param reply its state is never HASHER_PENDING after success
 * @param rest what follows the reply, in the outcome's data
 * @return 0, or -1 with errno: why the pool broke (ECHILD: workers died too often), EBADMSG for
 *         nonsense
 */
int hasher_task_result(const struct fp_outcome *outcome, struct hasher_reply *reply,
	const unsigned char **rest, size_t *rest_size);

/**
 * Why there is no digest, for a message after the file's name.
 *
 * @param room where words with a number in them are written
 */
const char *hasher_task_reason(const struct hasher_result *result, char room[static 64]);

#endif
