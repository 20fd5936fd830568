/*
 * The format of tasks, which go to the workers, and of results, which come back.
 *
 * A task is a name in a directory: the worker opens the directory beneath its root, and the name in
 * it. Both ends are the same program, forked, so structs are copied as they are in memory; the
 * strings follow, each terminated by a NUL.
 */
#ifndef TREESUM_HASH_HASHER_TASK_H
#define TREESUM_HASH_HASHER_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forkpool/forkpool.h"
#include "hash/digest_set.h"
#include "hash/direct.h"
#include "sys/stamp.h"

/** What a worker is to do with a name. */
enum hasher_kind {
	/** An operand, as it was typed: links are followed. A regular file is hashed, a directory
	 * is listed; for anything else the type is returned. */
	HASHER_NAMED,
	/** Listed as a regular file: open and hash it. */
	HASHER_FILE,
	/** Listed as a directory: list it. */
	HASHER_LIST,
	/** Listed without its type, or as a link to follow: find out the type, then as above. */
	HASHER_UNKNOWN,
	/** Not a regular file: read it once, to its end. "-" is standard input. */
	HASHER_STREAM,
};

/** The status of a name. */
enum hasher_state {
	/** Nothing yet. */
	HASHER_PENDING,
	/** Hashed: digest and size. */
	HASHER_DONE,
	/** It could not be opened or read: error. */
	HASHER_FAILED,
	/** It changed in both attempts to read it: size or mtime, or its digest and ctime. */
	HASHER_CHANGED,
	/** A directory that was listed, to its end or to an error. */
	HASHER_LISTED,
	/** A directory in the place of a regular file; it was not listed. */
	HASHER_DIRECTORY,
	/** A directory on another file system, which was not entered. */
	HASHER_MOUNT,
	/** A symbolic link that is not to be followed. */
	HASHER_LINK,
	/** Neither a regular file nor a directory. */
	HASHER_SPECIAL,
	/** A file with several names, which was not read: its stamp. */
	HASHER_LINKED,
	/** Unchanged since its known digest was computed; it was not read. */
	HASHER_KNOWN,
	/** A regular file that is not to be read: its stamp. */
	HASHER_LOOKED_AT,
	/** One of the run's own outputs. */
	HASHER_OWN,
	/** A huge file, which was not read: its stamp. It comes back with the states that an earlier
	 * run has kept of it, or without. */
	HASHER_HUGE,
	/** A large file that is not in the page cache, and was read in part or not at all: its
	 * stamp and the state of its digest. */
	HASHER_PARTIAL,
	/** Its worker died at each attempt: error is the signal, or 0. */
	HASHER_DIED,
	/** Its worker made no progress for longer than the time-out. */
	HASHER_TIMED_OUT,
};

/** Whether a listing calls stat(2) on its names; the worker reports the time that it took. */
enum hasher_stat {
	/** As long as the calls are short. */
	HASHER_STAT_TRY,
	HASHER_STAT_ALWAYS,
	HASHER_STAT_NEVER,
};

/**
 * The size of a huge file, in bytes. While such a file is read, its state is reported some times a
 * second, so that a later run can go on from there. Smaller ones are read in a fraction of a second,
 * which is not worth the messages, and the records of who keeps the states.
 */
#define HASHER_HUGE_SIZE ((uint64_t)64 << 20)

/** The state of a file that was read in part. */
struct hasher_kept {
	/** The state of the digest; 0 bytes if that cannot be moved (digest_set_is_movable()). */
	struct digest_state hash;
	/** Its stamp when reading began, and the time of that. */
	struct stamp stamp;
	struct timespec time;
	/** A later state of an earlier run, which reading has to come to; then, and where there is
	 * none, it has 0 bytes. Until then there is no digest. */
	struct digest_state meet;
	/** Bytes of `hash` that this run has not read. */
	uint64_t skipped;
	/** The state is one of that run, and was not yet compared with the file: reading goes on
	 * from it only if the file has this stamp, whose device is not compared. */
	bool resumed;
	/** Reading did not come to that state, and was begun anew. */
	bool restarted;
	/** It changed while it was read, and is read for the second time ... */
	bool again;
	/** ... but only its ctime had changed, and its digest began with this. That much is as good as a
	 * single digest to tell whether the second reading found the same. */
	bool compared;
	unsigned char digest[DIGEST_MAX_SIZE];
	/** With `uncached`: why a part of it was read through the page cache. */
	struct direct_refusal refusal;
};

/** The part of a task that has a fixed size. */
struct hasher_head {
	enum hasher_kind kind;
	enum hasher_stat stat;
	/** Links below the root are followed. */
	bool follow;
	/** A name that turns out to be a directory is listed. */
	bool listed;
	/** Read the file even if it has several names. */
	bool linked;
	/** Read the file even if it is large and not in the page cache: for one slice, if the
	 * digest's state can be moved. */
	bool granted;
	/** A huge file is not read, but HASHER_HUGE. */
	bool ask;
	/** Regular files are not read: HASHER_LOOKED_AT. */
	bool look;
	/** What is read comes from the medium, if possible, not from the page cache. */
	bool uncached;
	bool has_known;
	bool has_kept;
	bool has_expected;
	/** Bytes of the strings. */
	uint32_t root_size;
	uint32_t directory_size;
	uint32_t name_size;
	/** Device and inode of the directory; inode 0: not known. */
	uint64_t device;
	uint64_t inode;
	/** Directories on other devices are not entered; 0: all are entered. */
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
	/** With has_known: the stamp for which its digest is known (device and inode are not
	 * compared, nor is a ctime of STAMP_ANY_TIME). */
	struct stamp known;
	/** With has_kept: where reading goes on. */
	struct hasher_kept kept;
	/** With has_expected, which needs a single algorithm: the digest that the file should have, and
	 * 0 behind it. If it has it, a change of ctime alone is no reason to read it once more. */
	unsigned char expected[DIGEST_MAX_SIZE];
};

/** The result of a task. */
struct hasher_result {
	enum hasher_state state;
	/** errno, or a signal's number. */
	int error;
	/** Bytes that were hashed; before that, the size from stat(2). */
	uint64_t size;
	/** Of a regular file: the stamp when it was hashed; before that, the one in the listing. */
	struct stamp stamp;
	/** How many names it has. */
	uint64_t links;
	/** HASHER_DONE: when reading of what the digest is of began, in seconds since the epoch; of
	 * a file that was read in parts, that of the first. Otherwise 0. */
	int64_t read;
	/** Bytes of the size that this run has not read, as it went on from a state. */
	uint64_t skipped;
	/** HASHER_DONE, with `uncached`: why it was read through the page cache all the same. */
	struct direct_refusal refusal;
	/**
	 * The ctime was at least two seconds old when reading began, and the file is not `young`: a
	 * later write must change both times, as it cannot fall into the same tick of the clock.
	 * Never set if the size differs from the number of bytes read, as in /proc and /sys.
	 */
	bool settled;
	/**
	 * The mtime was less than two seconds old when reading began, or proves nothing. An mtime
	 * more than a minute in the future is not young: no write now sets it again.
	 */
	bool young;
	/** It differs from what an earlier run had read of it, though its stamp is the same, and was
	 * read from its start. */
	bool restarted;
	/** HASHER_DONE: the digest, of the size of the set; not owned. Otherwise NULL. */
	const unsigned char *digest;
};

/** What a worker reports about itself with a result. */
struct hasher_times {
	/** Microseconds that it worked since the last report, and was blocked in these; reading
	 * granted files does not count. */
	uint32_t busy;
	uint32_t blocked;
	/** Microseconds that the first opening took; 0 after the first result. */
	uint32_t first_call;
	/** HASHER_LISTED: calls of stat(2), the microseconds that they took, and how many were
	 * useful: for large files, and files with several names. */
	uint32_t stats;
	uint32_t stats_time;
	uint32_t stats_useful;
};

/** A reply: the first HASHER_REPLY_SIZE bytes of this struct, followed by the digest (HASHER_DONE), a
 * struct hasher_kept (HASHER_PARTIAL) or the last part of a listing (walk/listing.h). */
struct hasher_reply {
	struct hasher_times times;
	struct hasher_result result;
};

/** All but the pointer to the digest. */
#define HASHER_REPLY_SIZE offsetof(struct hasher_reply, result.digest)

/** The progress of a worker in a file that is longer than one read; with a huge file, it is followed
 * by a struct hasher_kept if that is a checkpoint. */
struct hasher_progress {
	/** Bytes read so far, the skipped ones among them. */
	uint64_t read;
	/** Size of the file in bytes, or 0 if unknown. */
	uint64_t size;
	/** As in struct hasher_kept. */
	uint64_t skipped;
};

/** Whether a time is later than another one plus some seconds, which may be negative. */
bool hasher_is_later(const struct timespec *time, const struct timespec *other, int seconds);

/**
 * Whether a write to a file, after reading has begun, must change mtime (not young), and both times
 * (settled). As in struct hasher_result, but for the size.
 */
bool hasher_is_young(const struct stamp *stamp, const struct timespec *begun);
bool hasher_is_settled(const struct stamp *stamp, const struct timespec *begun);

/**
 * Whether a later run may go on from a state: the file is huge, was settled when reading began, and
 * this is not a second reading, nor one that has yet to meet a state of an earlier run.
 *
 * @param huge the size of a huge file, in bytes
 */
bool hasher_is_checkpoint(const struct hasher_kept *kept, uint64_t huge);

/** The room that hasher_task_write() needs. */
size_t hasher_task_bound(const struct hasher_task *task);

/** Write a task. @param room hasher_task_bound() bytes @return its size in bytes */
size_t hasher_task_write(const struct hasher_task *task, void *room);

/**
 * Read a task, in a worker.
 *
 * @param task its strings point into the pool's task, which is valid until the reply
 */
void hasher_task_read(const struct fp_task *from, struct hasher_task *task);

/**
 * Write a reply, in a worker.
 *
 * @param rest what follows it
 * @param room HASHER_REPLY_SIZE + rest_size bytes
 * @return its size in bytes
 */
size_t hasher_reply_write(
	const struct hasher_reply *reply, const void *rest, size_t rest_size, void *room);

/**
 * Read the result of a task.
 *
 * @param digest_size of the set, in bytes
 * @param reply its state is never HASHER_PENDING after success
 * @param rest set to the data that follows the reply, which belongs to the outcome, as does the digest
 * @return 0, or -1 with errno: why the pool broke (ECHILD: workers died too often), EBADMSG if the
 *         reply is malformed
 */
int hasher_task_result(const struct fp_outcome *outcome, size_t digest_size,
	struct hasher_reply *reply, const unsigned char **rest, size_t *rest_size);

/**
 * Why there is no digest, for a message after the file's name.
 *
 * @param room buffer for a text with a number in it
 */
const char *hasher_task_reason(const struct hasher_result *result, char room[static 64]);

#endif
