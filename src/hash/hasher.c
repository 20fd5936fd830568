/*
 * A worker keeps a file in every stream of its engine, so that all lanes are busy while files wait,
 * and reads a directory beside them:
 *
 *     fp_worker_next ──┬► open ──► in cache ──────────────► stream ──► reply
 *                      │         ├► not in cache ──► ahead ──┘
 *                      │         └► large, not in cache, not granted ──► reply: PARTIAL
 *                      └► list ──► parts ──► reply: LISTED
 *
 * A file goes straight into a stream if its first bytes are in the page cache (preadv2 with
 * RWF_NOWAIT tells that in the first read). Otherwise its data is requested (POSIX_FADV_WILLNEED),
 * and up to AHEAD_MAX such files wait; the oldest is read when a stream is idle. So a warm file
 * costs five system calls (open, fstat, read, fstat, close), and a cold disk has many requests in
 * flight.
 *
 * A large file that is not in the page cache is treated differently: if several are read at the
 * same time, a disk with one head seeks at nearly every read. Such a file is returned to the
 * parent, which knows how many all workers read, and comes back with a grant to be read for
 * SLICE_TIME. Then it is returned with the state of its digest, and any worker can continue it. So
 * the parent's decisions take effect soon, and little work is lost with a worker. If the state of
 * the digest cannot be moved, the file is read to its end.
 *
 * A file has a digest only if its size and mtime, by fstat(2) on the open file, are the same before
 * and after reading; otherwise it is read once more from the start, then reported as changed. If
 * only ctime changed (a link was made, a mode set, an attribute written), it is read once more,
 * too, and if both digests are equal, that is the file's digest, even if ctime changes again. A
 * digest that is the expected one (a check knows it) is the file's at once.
 *
 * While a huge file is read, its state is reported as a checkpoint for a later run
 * (hasher_is_checkpoint()). A later run goes on from there only if the file has the same stamp. A
 * state can be wrong, and what was read before can be wrong by now, so two states are needed:
 * reading goes on from the earlier one, and has to come to the later one (`meet`). If it does not,
 * the file is read from its start. Until it has, there is no checkpoint and no digest; `meet` is
 * part of what is put aside.
 *
 *     head.ask ──► HUGE ──► resumed ──┬► stamp differs ──────────► from the start
 *                                     └► meet ──┬► states differ ► from the start: restarted
 *                                               └► they are equal: as any other file
 *
 * The end of a file is where read(2) returns 0, or returns fewer bytes than requested exactly at
 * the size that fstat(2) reported. The size alone is not trusted, as it is wrong in /proc and /sys.
 * If there is more data than that size, and fstat(2) now reports a larger one, the file has changed
 * and is not read to its end: a writer may be as fast as the reader.
 *
 * With --uncached files are read directly (hash/direct.h), and the page cache is not asked: a large
 * file needs a grant, any other is read in the stream that it goes to. Nothing is requested ahead,
 * so that more workers have to keep the storage busy.
 *
 * A file with a lease (fcntl(2); file servers take them) cannot be opened before the holder
 * releases it, which open(2) requests. With O_NONBLOCK the error is EAGAIN. Such a file is set
 * aside, and tried again while the others are hashed.
 *
 * Directories are listed one at a time, one getdents64(2) between two rounds of the engine, so that
 * lanes stay busy while a long directory is listed. Names are sent when they fill half of a part or
 * are a millisecond old: most directories are one reply, and the files of a slow directory need not
 * wait for its end.
 */
#include "hash/hasher.h"

#include "forkpool/clock.h"
#include "hash/hasher_task.h"
#include "hash/opener.h"
#include "sys/io.h"
#include "walk/list_directory.h"
#include "walk/listing.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/** Bytes that are read at once; the buffers of all streams together fit in an L2 cache. */
#define BUFFER_SIZE ((size_t)128 << 10)

/** Most files that wait for the disk. */
#define AHEAD_MAX 64

/** How often a leased file is tried again, and for how long, in ms. The kernel itself removes a
 * lease after /proc/sys/fs/lease-break-time, 45 s by default. */
#define LEASE_INTERVAL 20
#define LEASE_MAX 60000

/** Most files of a worker: waiting, in streams, one that was just opened, and a directory. */
#define FILES_MAX (AHEAD_MAX + ENGINE_MAX_WIDTH + 2)

/** From this size on, in bytes, a file that is not in the page cache needs a grant. */
#define LARGE_SIZE ((uint64_t)8 << 20)

/** How long a file with a grant is read, in ns. */
#define SLICE_TIME ((int64_t)200000000)

/** The age at which listed names are sent, in ns. */
#define PART_AGE ((int64_t)1000000)

/** What follows a reply, in bytes, but for names. */
#define REST_MAX DIGEST_SET_SIZE
static_assert(REST_MAX >= sizeof(struct hasher_kept) && REST_MAX >= LISTING_BEGIN_SIZE, "room");

/** How often a worker measures how long it was blocked, in ns. */
#define BLOCKED_INTERVAL ((int64_t)2000000)

/** A file or directory that the worker has. */
struct file {
	/** The next free file, or the next one ahead. */
	struct file *next;
	uint64_t id;
	/** The task, and what was opened; the pool owns the strings of the task until the reply. */
	struct opening opening;
	/** Bytes read so far. */
	uint64_t size;
	/** When its grant was first used (clock_ns), or 0. */
	int64_t granted_at;
	/** When waiting for its lease began (clock_ms), or 0. */
	int64_t leased;
	/** It is read past the page cache. */
	bool direct;
};

/** One stream of the engine. */
struct stream {
	/** The file in it, or NULL. */
	struct file *file;
	/** Its buffer: BUFFER_SIZE bytes; and the one for what is read past the page cache. */
	unsigned char *buffer;
	struct direct_buffer direct;
	/** The current piece is the last of the file. */
	bool last;
};

/** The directory that is being listed. */
struct listing {
	/** NULL: none. */
	struct file *file;
	struct list_directory names;
	/** The part that is being filled, after space for a reply, and when it was begun. */
	struct frame_writer part;
	int64_t since;
	unsigned char reply[HASHER_REPLY_SIZE + LISTING_PART_MAX];
};

struct hasher {
	struct fp_worker *worker;
	struct engine *engine;
	size_t digest_size;
	uint64_t huge;
	struct listing listing;
	struct blocked *blocked;
	/** When blocked time was last measured, and how long the first opening took. */
	int64_t blocked_at;
	int64_t first_call;
	bool first_told;
	struct opener opener;
	struct stream streams[ENGINE_MAX_WIDTH];
	size_t width;
	/** Streams with a file. */
	size_t busy;
	/** How often the engine was run. */
	size_t rounds;
	/** Files that wait for the disk, the oldest first. */
	struct file *ahead;
	struct file **ahead_end;
	size_t ahead_count;
	/** A file that waits for a descriptor until another one is closed, or NULL. */
	struct file *held;
	/** Files with leases of other processes, and when to try them again (clock_ms). */
	struct file *leased;
	size_t leased_count;
	int64_t leased_until;
	/** Files that are not used. */
	struct file *free;
	struct file files[FILES_MAX];
	unsigned char *buffers;
	/** A reply, and what follows it. */
	unsigned char reply[HASHER_REPLY_SIZE + REST_MAX];
};

/** The time of the last tick, which is cheap enough to read for each file. */
static int64_t coarse_clock_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/** Take the times for the next reply. */
static struct hasher_times take_times(struct hasher *hasher)
{
	struct hasher_times times = {0};
	int64_t now = coarse_clock_ns();
	if (hasher->first_told && now - hasher->blocked_at < BLOCKED_INTERVAL)
		return times;
	hasher->blocked_at = now;
	int64_t busy;
	times.blocked = (uint32_t)(blocked_take(hasher->blocked, &busy) / 1000);
	times.busy = (uint32_t)(busy / 1000);
	if (!hasher->first_told)
		times.first_call = (uint32_t)(hasher->first_call / 1000);
	hasher->first_told = true;
	return times;
}

/** Close a file, and return it to the free list. */
static void free_file(struct hasher *hasher, struct file *file)
{
	if (file->opening.fd >= 0)
		close(file->opening.fd);
	file->next = hasher->free;
	hasher->free = file;
}

/**
 * Reply, close, and free the file.
 *
 * @param rest what follows the result; NULL: nothing
 * @return 0, or -1 with errno where the parent has gone
 */
static int end_file(struct hasher *hasher, struct file *file, const struct hasher_result *result,
	const void *rest, size_t rest_size)
{
	struct hasher_reply reply = {.result = *result, .times = take_times(hasher)};
	size_t size = hasher_reply_write(&reply, rest, rest_size, hasher->reply);
	uint64_t id = file->id;
	free_file(hasher, file);
	return fp_worker_reply(hasher->worker, id, hasher->reply, size);
}

/** The same for a file without a digest; its stamp is included if it is known. */
static int end_without_digest(
	struct hasher *hasher, struct file *file, enum hasher_state state, int error)
{
	struct hasher_result result = {
		.state = state,
		.error = error,
		.restarted = file->opening.task.kept.restarted,
	};
	bool looked = state == HASHER_LINKED || state == HASHER_KNOWN || state == HASHER_OWN ||
		state == HASHER_LOOKED_AT || state == HASHER_MOUNT || state == HASHER_HUGE;
	if (looked) {
		result.stamp = stamp_of(&file->opening.status);
		result.size = result.stamp.size;
		result.links = file->opening.status.st_nlink;
		/* A known digest was settled when it was computed. */
		result.settled = state == HASHER_KNOWN;
	}
	return end_file(hasher, file, &result, NULL, 0);
}

/** Return a file to the parent, to be continued later. @return as end_file() */
static int put_aside(struct hasher *hasher, struct file *file)
{
	const struct hasher_result result = {
		.state = HASHER_PARTIAL,
		.size = (uint64_t)file->opening.status.st_size,
		.stamp = stamp_of(&file->opening.status),
		.links = file->opening.status.st_nlink,
	};
	const struct hasher_kept *kept = &file->opening.task.kept;
	return end_file(hasher, file, &result, kept, sizeof(*kept));
}

static void put_ahead(struct hasher *hasher, struct file *file)
{
	/* Only a hint: if it is ignored, a later read takes longer. */
	posix_fadvise(file->opening.fd, 0, 0, POSIX_FADV_WILLNEED);
	file->next = NULL;
	*hasher->ahead_end = file;
	hasher->ahead_end = &file->next;
	hasher->ahead_count++;
}

static struct file *take_ahead(struct hasher *hasher)
{
	struct file *file = hasher->ahead;
	hasher->ahead = file->next;
	if (!hasher->ahead)
		hasher->ahead_end = &hasher->ahead;
	hasher->ahead_count--;
	return file;
}

/** Find a stream without a file; there must be one. */
static size_t idle_stream(const struct hasher *hasher)
{
	size_t number = 0;
	while (hasher->streams[number].file)
		number++;
	return number;
}

/** How much of a file may be read at once: a piece ends where a state is to be met. */
static uint64_t piece_limit(const struct file *file)
{
	uint64_t meet = file->opening.task.kept.meet.bytes;
	return meet ? meet - file->size : UINT64_MAX;
}

/**
 * Read the next piece of a file past the page cache, or through it from now on.
 *
 * @param data set to the piece; @param end to whether fewer bytes came than were asked for
 * @return as io_read()
 */
static ssize_t read_direct(struct stream *stream, unsigned char **data, bool *end)
{
	struct file *file = stream->file;
	uint64_t size = (uint64_t)file->opening.status.st_size;
	ssize_t got = direct_read(file->opening.fd, &stream->direct, file->size,
		size > file->size ? size - file->size : 0, data, end);
	if (got >= 0 || errno != EINVAL)
		return got;
	file->direct = false;
	if (direct_give_up(file->opening.fd, file->size, &file->opening.task.kept.refusal) != 0)
		return -1;
	got = io_read(file->opening.fd, stream->buffer, BUFFER_SIZE);
	*data = stream->buffer;
	*end = got >= 0 && (size_t)got < BUFFER_SIZE;
	return got;
}

/**
 * Read a stream's next piece and feed it.
 *
 * @param cached only from the page cache: EAGAIN where the data is not there
 * @return 0, or -1 with errno
 */
static int feed(struct hasher *hasher, size_t number, bool cached)
{
	struct stream *stream = &hasher->streams[number];
	struct file *file = stream->file;
	uint64_t limit = piece_limit(file);
	size_t size = limit < BUFFER_SIZE ? (size_t)limit : BUFFER_SIZE;
	unsigned char *data = stream->buffer;
	bool end = false;
	int64_t start = file->granted_at ? clock_ns() : 0;
	ssize_t got;
	if (file->direct)
		got = read_direct(stream, &data, &end);
	else if (cached)
		got = io_read_cached(file->opening.fd, data, size);
	else
		got = io_read(file->opening.fd, data, size);
	if (file->granted_at)
		blocked_idle(hasher->blocked, clock_ns() - start);
	if (got < 0)
		return -1;
	/* A piece read past the page cache may be longer; the rest of it is read once more. */
	bool cut = (uint64_t)got >= limit;
	if (cut)
		got = (ssize_t)limit;
	file->size += (uint64_t)got;
	end = !cut && (end || (size_t)got < size);
	stream->last = got == 0 || (end && file->size == (uint64_t)file->opening.status.st_size);
	engine_feed(hasher->engine, number, data, (size_t)got, stream->last);
	return 0;
}

/** Take the file out of a stream. */
static struct file *leave_stream(struct hasher *hasher, size_t number)
{
	struct file *file = hasher->streams[number].file;
	hasher->streams[number].file = NULL;
	hasher->busy--;
	return file;
}

/** Whether a file needs a grant if it is not in the page cache. */
static bool needs_grant(const struct file *file)
{
	return !file->opening.task.head.granted &&
		(uint64_t)file->opening.status.st_size >= LARGE_SIZE;
}

/** Begin a message, or continue it with a saved state. */
static int start_message(struct hasher *hasher, size_t number, struct file *file)
{
	const struct digest_state *state = &file->opening.task.kept.hash;
	file->size = state->bytes;
	if (!state->bytes)
		return engine_start(hasher->engine, number);
	if (lseek(file->opening.fd, (off_t)state->bytes, SEEK_SET) < 0)
		return -1;
	return engine_resume(hasher->engine, number, state);
}

static int restart(struct hasher *hasher, struct file *file);

/**
 * Put an open file into an idle stream, or, with `cached`, if its data is not in the page cache,
 * among those that wait for the disk.
 *
 * @return 0, or -1 with errno where the hasher has to end
 */
static int begin(struct hasher *hasher, struct file *file, bool cached)
{
	/* That is not asked of what is read past it. */
	if (cached && file->direct && needs_grant(file))
		return put_aside(hasher, file);
	size_t number = idle_stream(hasher);
	if (start_message(hasher, number, file) != 0)
		return file->opening.task.kept.meet.bytes ? restart(hasher, file) : -1;
	hasher->streams[number].file = file;
	hasher->busy++;
	if (feed(hasher, number, cached) == 0)
		return 0;
	int error = errno;
	leave_stream(hasher, number);
	if (cached && error == EAGAIN) {
		if (needs_grant(file))
			return put_aside(hasher, file);
		put_ahead(hasher, file);
		return 0;
	}
	return end_without_digest(hasher, file, HASHER_FAILED, error);
}

/** Whether an open failed for lack of descriptors, and other files of the worker will free some. */
static bool can_wait(const struct hasher *hasher, enum hasher_state state)
{
	return state == HASHER_FAILED && (errno == EMFILE || errno == ENFILE) && !hasher->held &&
		(hasher->busy || hasher->ahead_count || hasher->listing.file);
}

/** Whether an open failed because of a lease that may still be released. */
static bool is_leased(struct file *file, enum hasher_state state)
{
	if (state != HASHER_FAILED || errno != EWOULDBLOCK)
		return false;
	int64_t now = clock_ms();
	if (!file->leased)
		file->leased = now;
	return now - file->leased < LEASE_MAX;
}

static void put_leased(struct hasher *hasher, struct file *file)
{
	file->next = hasher->leased;
	hasher->leased = file;
	hasher->leased_count++;
	hasher->leased_until = clock_ms() + LEASE_INTERVAL;
}

/** Reply that a directory was listed, to its end or to an error. @return as end_file() */
static int end_listing(struct hasher *hasher)
{
	struct listing *listing = &hasher->listing;
	struct file *file = listing->file;
	struct hasher_reply reply = {
		.result =
			{
				.state = HASHER_LISTED,
				.error = listing->names.error,
				.stamp = stamp_of(&file->opening.status),
			},
		.times = take_times(hasher),
	};
	reply.times.stats = listing->names.stats;
	reply.times.stats_time = (uint32_t)(listing->names.stats_time / 1000);
	reply.times.stats_useful = listing->names.stats_useful;
	memcpy(listing->reply, &reply, HASHER_REPLY_SIZE);
	listing->file = NULL;
	uint64_t id = file->id;
	/* The reply freed its strings. */
	opener_keep(&hasher->opener, &file->opening);
	free_file(hasher, file);
	return fp_worker_reply(
		hasher->worker, id, listing->reply, HASHER_REPLY_SIZE + frame_size(&listing->part));
}

/** Begin a part. */
static void start_part(struct listing *listing)
{
	frame_write(&listing->part, listing->reply + HASHER_REPLY_SIZE, LISTING_PART_MAX);
	listing->since = clock_ns();
}

/** List a piece of the directory. @return 0, or -1 with errno if the parent has gone */
static int go_on_listing(struct hasher *hasher)
{
	struct listing *listing = &hasher->listing;
	if (!list_directory_step(&listing->names, &listing->part))
		return end_listing(hasher);
	if (frame_size(&listing->part) < LISTING_PART_MAX / 2 &&
		clock_ns() - listing->since < PART_AGE)
		return 0;
	if (fp_worker_part(hasher->worker, listing->file->id, listing->part.start,
		    frame_size(&listing->part)) != 0)
		return -1;
	start_part(listing);
	listing_put_more(&listing->part);
	return 0;
}

/** List a directory, after the current one is done. @return as go_on_listing() */
static int begin_listing(struct hasher *hasher, struct file *file)
{
	struct listing *listing = &hasher->listing;
	const struct stat *status = &file->opening.status;
	while (listing->file) {
		if (go_on_listing(hasher) != 0)
			return -1;
	}
	listing->file = file;
	list_directory_begin(&listing->names, file->opening.fd, file->opening.task.head.follow,
		file->opening.task.head.stat);
	start_part(listing);
	listing_put_directory(&listing->part, status->st_dev, status->st_ino);
	/* Most directories end with the second piece. */
	for (int i = 0; i < 2 && listing->file; i++) {
		if (go_on_listing(hasher) != 0)
			return -1;
	}
	return 0;
}

/** A name is a directory that cannot be opened: a listing without names. @return as end_file() */
static int end_unlisted(struct hasher *hasher, struct file *file, int error)
{
	const struct stat *status = &file->opening.status;
	const struct hasher_result result = {
		.state = HASHER_LISTED,
		.error = error,
		.stamp = stamp_of(status),
	};
	unsigned char names[LISTING_BEGIN_SIZE];
	struct frame_writer part;
	frame_write(&part, names, sizeof(names));
	listing_put_directory(&part, status->st_dev, status->st_ino);
	return end_file(hasher, file, &result, names, frame_size(&part));
}

/** Open what a task names. @param directory whether it was seen to be one */
static enum hasher_state open_task(struct hasher *hasher, struct file *file, bool *directory)
{
	bool first = !hasher->first_call;
	int64_t start = first ? clock_ns() : 0;
	enum hasher_state state = HASHER_DIRECTORY;
	if (file->opening.task.head.kind != HASHER_LIST)
		state = opener_open(&hasher->opener, &file->opening);
	*directory = state == HASHER_DIRECTORY && file->opening.task.head.kind != HASHER_LIST;
	/* A name that turns out to be a directory is listed by the same worker. */
	if (state == HASHER_DIRECTORY && file->opening.task.head.listed &&
		file->opening.task.head.kind != HASHER_FILE) {
		if (file->opening.fd >= 0)
			close(file->opening.fd);
		state = opener_list(&hasher->opener, &file->opening);
	}
	int error = errno;
	if (first)
		hasher->first_call = clock_ns() - start + 1;
	errno = error;
	return state;
}

/** Whether a file is unchanged since its first part was read. */
static bool is_continued(const struct file *file)
{
	const struct hasher_kept *kept = &file->opening.task.kept;
	struct stamp now = stamp_of(&file->opening.status);
	return !kept->hash.bytes ||
		(stamp_same_file(&now, &kept->stamp) && now.size == kept->stamp.size &&
			stamp_same_time(&now.mtime, &kept->stamp.mtime));
}

/** Whether reading may go on from the states of an earlier run. */
static bool is_resumable(const struct file *file)
{
	const struct hasher_kept *kept = &file->opening.task.kept;
	struct stamp now = stamp_of(&file->opening.status);
	now.device = kept->stamp.device;
	return stamp_same(&now, &kept->stamp) && hasher_is_settled(&kept->stamp, &kept->time) &&
		!hasher_is_later(&kept->time, &file->opening.time, 0) && kept->hash.bytes &&
		kept->hash.bytes < kept->meet.bytes;
}

/** Let reading begin at the start of the file. */
static void forget_state(struct hasher_kept *kept)
{
	kept->hash = kept->meet = (struct digest_state){0};
	kept->skipped = 0;
	kept->resumed = false;
}

static int start_again(struct hasher *hasher, struct file *file);

/** Open a file, and begin it, hold it, or set it aside. @return 0, or -1 if the worker must end */
static int open_and_begin(struct hasher *hasher, struct file *file)
{
	struct hasher_kept *kept = &file->opening.task.kept;
	bool directory;
	enum hasher_state state = open_task(hasher, file, &directory);
	if (is_leased(file, state)) {
		put_leased(hasher, file);
		return 0;
	}
	if (can_wait(hasher, state)) {
		hasher->held = file;
		return 0;
	}
	if (state == HASHER_LISTED)
		return begin_listing(hasher, file);
	if (state == HASHER_FAILED && directory)
		return end_unlisted(hasher, file, errno);
	if (state != HASHER_DONE)
		return end_without_digest(hasher, file, state, errno);
	if (file->opening.task.head.ask && !kept->again &&
		(uint64_t)file->opening.status.st_size >= hasher->huge)
		return end_without_digest(hasher, file, HASHER_HUGE, 0);
	if (kept->resumed && !is_resumable(file))
		forget_state(kept);
	if (kept->resumed)
		kept->stamp.device = file->opening.status.st_dev;
	kept->resumed = false;
	if (!is_continued(file))
		return start_again(hasher, file);
	if (!kept->hash.bytes) {
		kept->stamp = stamp_of(&file->opening.status);
		kept->time = file->opening.time;
	}
	file->direct =
		file->opening.task.head.uncached && direct_begin(file->opening.fd, &kept->refusal);
	bool granted = file->opening.task.head.granted;
	if (granted && !file->granted_at)
		file->granted_at = clock_ns();
	/* An empty file, or one in /proc, has nothing to wait for. */
	return begin(hasher, file, !granted && !kept->again && file->opening.status.st_size > 0);
}

/** Take a task. @return as open_and_begin() */
static int take(struct hasher *hasher, const struct fp_task *task)
{
	struct file *file = hasher->free;
	hasher->free = file->next;
	file->id = task->id;
	hasher_task_read(task, &file->opening.task);
	if (!file->opening.task.head.has_kept)
		file->opening.task.kept = (struct hasher_kept){0};
	file->opening.fd = -1;
	file->leased = 0;
	file->granted_at = 0;
	file->direct = false;
	return open_and_begin(hasher, file);
}

/** Set `young` and `settled`: whether a write after reading began must change the times. */
static void judge_times(struct hasher_result *result, const struct timespec *begun)
{
	const struct stamp *stamp = &result->stamp;
	/* A file that the kernel generates when it is read has no useful stamp. */
	bool made_up = result->size != stamp->size;
	result->young = made_up || hasher_is_young(stamp, begun);
	result->settled = !made_up && hasher_is_settled(stamp, begun);
}

/** A file changed: open and read it once more, or report it as changed. */
static int start_again(struct hasher *hasher, struct file *file)
{
	struct hasher_kept *kept = &file->opening.task.kept;
	if (kept->again)
		return end_without_digest(hasher, file, HASHER_CHANGED, 0);
	kept->again = true;
	/* A link that was just made is no reason to ask the parent, and to forget the first digest. */
	file->opening.task.head.linked = true;
	forget_state(kept);
	close(file->opening.fd);
	return open_and_begin(hasher, file);
}

/**
 * Reading went on from a state, and did not come to the later one: read the file from its start. If
 * it has changed meanwhile, that is why.
 */
static int restart(struct hasher *hasher, struct file *file)
{
	struct hasher_kept *kept = &file->opening.task.kept;
	struct stat status;
	if (io_fstat(file->opening.fd, &status) != 0)
		return end_without_digest(hasher, file, HASHER_FAILED, errno);
	struct stamp now = stamp_of(&status);
	if (!stamp_same(&kept->stamp, &now))
		return start_again(hasher, file);
	kept->restarted = true;
	forget_state(kept);
	close(file->opening.fd);
	return open_and_begin(hasher, file);
}

/** Reply with the digest of a file, if the engine can compute it. */
static int end_hashed(struct hasher *hasher, struct file *file, const struct stamp *now,
	const unsigned char *digest)
{
	struct hasher_result result = {
		.state = HASHER_DONE,
		.size = file->size,
		.stamp = *now,
		.links = file->opening.status.st_nlink,
		.read = file->opening.task.kept.time.tv_sec,
		.skipped = file->opening.task.kept.skipped,
		.restarted = file->opening.task.kept.restarted,
	};
	if (file->size)
		result.refusal = file->opening.task.kept.refusal;
	judge_times(&result, &file->opening.task.kept.time);
	return end_file(hasher, file, &result, digest, hasher->digest_size);
}

/** Whether a digest is the one that the file should have. */
static bool is_expected(
	const struct hasher *hasher, const struct file *file, const unsigned char *digest)
{
	const struct hasher_task *task = &file->opening.task;
	return task->head.has_expected && memcmp(task->expected, digest, hasher->digest_size) == 0;
}

/** How much of a digest is kept of a first reading. */
static size_t kept_size(const struct hasher *hasher)
{
	return hasher->digest_size < DIGEST_MAX_SIZE ? hasher->digest_size : DIGEST_MAX_SIZE;
}

/** A stream's file is hashed to its end. @return 0, or -1 where the hasher has to end */
static int complete(struct hasher *hasher, size_t number)
{
	struct file *file = leave_stream(hasher, number);
	struct hasher_kept *kept = &file->opening.task.kept;
	const unsigned char *digest = engine_digest(hasher->engine, number);
	struct stat after;
	/* It ends before the state that was to be met. */
	if (kept->meet.bytes)
		return restart(hasher, file);
	/* It was empty when it was opened and when it was read, so it did not change. */
	if (file->size == 0 && file->opening.status.st_size == 0 && !kept->again) {
		struct stamp empty = stamp_of(&file->opening.status);
		return end_hashed(hasher, file, &empty, digest);
	}
	if (io_fstat(file->opening.fd, &after) != 0)
		return end_without_digest(hasher, file, HASHER_FAILED, errno);
	struct stamp before = kept->stamp, now = stamp_of(&after);
	bool moved = !stamp_same_time(&before.ctime, &now.ctime);
	before.ctime = now.ctime;
	if (!stamp_same(&before, &now))
		return start_again(hasher, file);
	if (!moved || is_expected(hasher, file, digest))
		return end_hashed(hasher, file, &now, digest);
	if (kept->compared && memcmp(kept->digest, digest, kept_size(hasher)) != 0)
		return end_without_digest(hasher, file, HASHER_CHANGED, 0);
	if (!kept->compared) {
		kept->compared = !kept->again;
		memcpy(kept->digest, digest, kept_size(hasher));
		return start_again(hasher, file);
	}
	return end_hashed(hasher, file, &now, digest);
}

/** Whether more was read than the size at opening, and the size has grown. */
static bool has_grown(const struct file *file)
{
	struct stat now;
	return file->size > (uint64_t)file->opening.status.st_size &&
		io_fstat(file->opening.fd, &now) == 0 && now.st_size > file->opening.status.st_size;
}

/** Whether the slice of a file with a grant is over, and the file can be put aside. */
static bool is_slice_over(struct hasher *hasher, size_t number)
{
	struct file *file = hasher->streams[number].file;
	return file->granted_at && clock_ns() - file->granted_at > SLICE_TIME &&
		engine_save(hasher->engine, number, &file->opening.task.kept.hash) == 0;
}

/** Whether a stream has come to the state that it is to meet. */
static bool has_met(const struct hasher *hasher, size_t number)
{
	const struct hasher_kept *kept = &hasher->streams[number].file->opening.task.kept;
	struct digest_state now;
	return engine_save(hasher->engine, number, &now) == 0 &&
		digest_same_state(&now, &kept->meet);
}

/** Report the progress of a stream's file. @return 0, or -1 if the worker has to end */
static int tell_progress(struct hasher *hasher, size_t number)
{
	const struct file *file = hasher->streams[number].file;
	struct {
		struct hasher_progress progress;
		struct hasher_kept kept;
	} message = {
		.progress =
			{
				.read = file->size,
				.size = (uint64_t)file->opening.status.st_size,
				.skipped = file->opening.task.kept.skipped,
			},
	};
	static_assert(sizeof(message) == sizeof(message.progress) + sizeof(message.kept),
		"one behind the other");
	static_assert(sizeof(message) <= FP_PROGRESS_MAX, "fits a progress message");
	size_t size = sizeof(message.progress);
	/* Most are dropped, but a copy of it is little beside the piece that was hashed. */
	if (message.progress.size >= hasher->huge) {
		message.kept = file->opening.task.kept;
		if (engine_save(hasher->engine, number, &message.kept.hash) == 0 &&
			hasher_is_checkpoint(&message.kept, hasher->huge))
			size = sizeof(message);
	}
	return fp_worker_progress(hasher->worker, file->id, &message, size);
}

/** The piece of a stream was hashed. @return 0, or -1 if the worker has to end */
static int advance(struct hasher *hasher, size_t number)
{
	struct stream *stream = &hasher->streams[number];
	if (stream->last)
		return complete(hasher, number);
	struct file *file = stream->file;
	if (has_grown(file))
		return start_again(hasher, leave_stream(hasher, number));
	struct digest_state *meet = &file->opening.task.kept.meet;
	if (meet->bytes && file->size >= meet->bytes) {
		if (!has_met(hasher, number))
			return restart(hasher, leave_stream(hasher, number));
		*meet = (struct digest_state){0};
	}
	if (is_slice_over(hasher, number))
		return put_aside(hasher, leave_stream(hasher, number));
	if (tell_progress(hasher, number) != 0)
		return -1;
	/* At the end of the file, EAGAIN and the end cannot be told apart. */
	bool cached = needs_grant(file) && file->size < (uint64_t)file->opening.status.st_size &&
		engine_save(hasher->engine, number, &file->opening.task.kept.hash) == 0;
	if (feed(hasher, number, cached) == 0)
		return 0;
	int error = errno;
	leave_stream(hasher, number);
	if (cached && error == EAGAIN)
		return put_aside(hasher, file);
	return end_without_digest(hasher, file, HASHER_FAILED, error);
}

/** Whether one more file can be opened. */
static bool has_room(const struct hasher *hasher)
{
	return hasher->busy < hasher->width &&
		hasher->ahead_count + hasher->leased_count < AHEAD_MAX;
}

/** Try again to open the file that is held. @return as open_and_begin() */
static int retry_held(struct hasher *hasher)
{
	struct file *file = hasher->held;
	if (!file || !has_room(hasher))
		return 0;
	hasher->held = NULL;
	return open_and_begin(hasher, file);
}

/** Try again to open the files that are leased, if it is time. @return as open_and_begin() */
static int retry_leased(struct hasher *hasher)
{
	if (!hasher->leased || clock_ms() < hasher->leased_until)
		return 0;
	struct file *file = hasher->leased;
	hasher->leased = NULL;
	hasher->leased_count = 0;
	while (file) {
		struct file *next = file->next;
		if (hasher->held || hasher->busy == hasher->width)
			put_leased(hasher, file);
		else if (open_and_begin(hasher, file) != 0)
			return -1;
		file = next;
	}
	return 0;
}

/** There is nothing to do: wait for a task. @return as fp_worker_next() */
static int wait_for_task(struct hasher *hasher, struct fp_task *task)
{
	int64_t start = clock_ns();
	int got = fp_worker_next(hasher->worker, FP_FOREVER, task);
	blocked_idle(hasher->blocked, clock_ns() - start);
	return got;
}

/**
 * Fill the idle streams with new tasks or, if there are none or AHEAD_MAX files wait, with the
 * files that have waited longest.
 *
 * @return 1, 0 where nothing is left to do, or -1 with errno where the hasher has to end
 */
static int fill(struct hasher *hasher)
{
	bool more = true;
	if (retry_held(hasher) != 0 || retry_leased(hasher) != 0)
		return -1;
	while (more && !hasher->held && has_room(hasher)) {
		struct fp_task task;
		bool idle = !hasher->busy && !hasher->ahead_count && !hasher->leased &&
			!hasher->listing.file;
		int got = idle ? wait_for_task(hasher, &task)
			       : fp_worker_next(hasher->worker, 0, &task);
		if (got < 0 && errno != EAGAIN)
			return -1;
		if (got == 0 && idle)
			return 0;
		more = got > 0;
		if (more && take(hasher, &task) != 0)
			return -1;
	}
	while (hasher->ahead_count && hasher->busy < hasher->width) {
		if (begin(hasher, take_ahead(hasher), false) != 0)
			return -1;
	}
	return 1;
}

/** The hasher's loop. @return 0 at its end, or -1 with errno */
static int run(struct hasher *hasher)
{
	for (;;) {
		int filled = fill(hasher);
		if (filled <= 0)
			return filled;
		if (hasher->listing.file && go_on_listing(hasher) != 0)
			return -1;
		if (!hasher->busy && !hasher->listing.file && hasher->leased)
			poll(NULL, 0, LEASE_INTERVAL);
		size_t done[ENGINE_MAX_WIDTH];
		int count = engine_run(hasher->engine, done);
		if (count < 0)
			return -1;
		/*
		 * Start with another stream each time: streams in step get here together, and only
		 * the progress of the first one is sent, as the others come too soon after it.
		 */
		hasher->rounds++;
		for (size_t i = 0; i < (size_t)count; i++) {
			if (advance(hasher, done[(i + hasher->rounds) % (size_t)count]) != 0)
				return -1;
		}
	}
}

static int prepare(struct hasher *hasher)
{
	hasher->width = engine_width(hasher->engine);
	hasher->buffers = aligned_alloc(4096, hasher->width * BUFFER_SIZE);
	if (!hasher->buffers)
		return -1;
	for (size_t i = 0; i < hasher->width; i++)
		hasher->streams[i].buffer = hasher->buffers + i * BUFFER_SIZE;
	hasher->ahead_end = &hasher->ahead;
	for (size_t i = 0; i < FILES_MAX; i++) {
		hasher->files[i].next = hasher->free;
		hasher->free = &hasher->files[i];
	}
	return 0;
}

int hasher_serve(struct fp_worker *worker, void *context)
{
	struct hasher_context *hashers = context;
	struct hasher *hasher = calloc(1, sizeof(*hasher));
	if (!hasher)
		return -1;
	hasher->worker = worker;
	hasher->engine = hashers->engine;
	hasher->digest_size = hashers->algorithms->size;
	hasher->huge = hashers->huge;
	hasher->blocked = &hashers->blocked;
	opener_begin(&hasher->opener, hashers->owned, hashers->owned_count);
	int status = prepare(hasher);
	if (status == 0)
		status = run(hasher);
	opener_free(&hasher->opener);
	blocked_end(&hashers->blocked);
	for (size_t i = 0; i < ENGINE_MAX_WIDTH; i++)
		direct_free(&hasher->streams[i].direct);
	free(hasher->buffers);
	free(hasher);
	return status;
}
