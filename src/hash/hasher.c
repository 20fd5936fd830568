/*
 * A hasher keeps a file in every stream of its engine, so that all lanes are busy while files wait:
 *
 *     fp_worker_next ──► open ──► in cache ──────────────► stream ──► reply
 *                              └► not in cache ──► ahead ──┘
 *
 * A file goes straight into a stream where its first bytes are in the page cache (preadv2 with
 * RWF_NOWAIT says so, in the read that is needed anyway). Otherwise its data is asked for
 * (POSIX_FADV_WILLNEED), and up to AHEAD_MAX such files wait, the oldest being read when no stream
 * has anything better to do. So a warm file costs five system calls, open, fstat, read, fstat and
 * close, and a cold disk has many requests in flight.
 *
 * The opened file is the truth. It is read to its end, and it has a digest only if its size, mtime
 * and ctime are the same before and after; otherwise it is opened and read once more from the
 * start, then given up as changed.
 *
 * Its end is where read(2) says so: with 0, or with fewer bytes than were asked for, exactly at the
 * size that fstat(2) reported. A size alone is not believed, for those in /proc and /sys are
 * fiction. Where more comes than that size, and fstat(2) now reports a larger one, the file has
 * changed and its end is not looked for: a writer may be as fast as we are.
 *
 * A file on which somebody holds a lease (fcntl(2): file servers do) cannot be opened before its
 * holder has let go, for which opening it asks. O_NONBLOCK makes that EAGAIN. Such a file is set
 * aside, and tried again and again while the others are hashed.
 *
 * Tried without gain: keeping the directory of the last file open, and opening the next ones
 * relative to it (the same CPU time on a source tree, within 2 %).
 */
#include "hash/hasher.h"

#include "forkpool/clock.h"
#include "hash/hasher_task.h"
#include "hash/opener.h"
#include "sys/io.h"

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

/** Bytes that are read at once; all streams' buffers together fit in a second-level cache. */
#define BUFFER_SIZE ((size_t)128 << 10)

/** Files that wait for the disk at the most. */
#define AHEAD_MAX 64

/** How often a leased file is tried again, and for how long, in ms. The kernel itself takes a lease
 * away when its holder was asked for so long (/proc/sys/fs/lease-break-time: 45 s by default). */
#define LEASE_INTERVAL 20
#define LEASE_MAX 60000

/** Files in hand at the most: waiting, in streams, and one that was just opened. */
#define FILES_MAX (AHEAD_MAX + ENGINE_MAX_WIDTH + 1)

/** A file in hand. */
struct file {
	/** The next free file, or the next one ahead. */
	struct file *next;
	uint64_t id;
	/** What is opened, its path in the task, the pool's until the reply. */
	struct opening opening;
	/** Bytes read so far. */
	uint64_t size;
	/** It changed once. */
	bool again;
	/** When waiting for its lease began (clock_ms), or 0. */
	int64_t leased;
};

/** One stream of the engine. */
struct stream {
	/** The file in it, or NULL. */
	struct file *file;
	/** Its buffer: BUFFER_SIZE bytes. */
	unsigned char *buffer;
	/** The piece in hand is the file's last. */
	bool last;
};

struct hasher {
	struct fp_worker *worker;
	struct engine *engine;
	size_t digest_size;
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
	/** Files that others hold leases on, and when they are to be tried again (clock_ms). */
	struct file *leased;
	size_t leased_count;
	int64_t leased_until;
	/** Files that are not used. */
	struct file *free;
	struct file files[FILES_MAX];
	unsigned char *buffers;
};

/** Reply, close, and free the file. @return 0, or -1 with errno where the parent has gone */
static int end_file(struct hasher *hasher, struct file *file, const struct hasher_result *result)
{
	if (file->opening.fd >= 0)
		close(file->opening.fd);
	file->next = hasher->free;
	hasher->free = file;
	return fp_worker_reply(hasher->worker, file->id, result, sizeof(*result));
}

static int end_without_digest(
	struct hasher *hasher, struct file *file, enum hasher_state state, int error)
{
	struct hasher_result result = {.state = state, .error = error};
	return end_file(hasher, file, &result);
}

static void put_ahead(struct hasher *hasher, struct file *file)
{
	/* A hint; where it is not taken, the read below waits longer. */
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

/** A stream without a file; there is one. */
static size_t idle_stream(const struct hasher *hasher)
{
	size_t number = 0;
	while (hasher->streams[number].file)
		number++;
	return number;
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
	ssize_t got = cached ? io_read_cached(file->opening.fd, stream->buffer, BUFFER_SIZE)
			     : io_read(file->opening.fd, stream->buffer, BUFFER_SIZE);
	if (got < 0)
		return -1;
	file->size += (uint64_t)got;
	stream->last = got == 0 ||
		((size_t)got < BUFFER_SIZE && file->size == (uint64_t)file->opening.status.st_size);
	engine_feed(hasher->engine, number, stream->buffer, (size_t)got, stream->last);
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

/**
 * Put an open file into an idle stream, or, where its data would have to be waited for and that is
 * not wanted, among those ahead.
 *
 * @return 0, or -1 with errno where the hasher has to end
 */
static int begin(struct hasher *hasher, struct file *file, bool cached)
{
	size_t number = idle_stream(hasher);
	if (engine_start(hasher->engine, number) != 0)
		return -1;
	hasher->streams[number].file = file;
	hasher->busy++;
	if (feed(hasher, number, cached) == 0)
		return 0;
	int error = errno;
	leave_stream(hasher, number);
	if (cached && error == EAGAIN) {
		put_ahead(hasher, file);
		return 0;
	}
	return end_without_digest(hasher, file, HASHER_FAILED, error);
}

/** Whether an open failed for want of descriptors, of which files in hand will give some back. */
static bool can_wait(const struct hasher *hasher, enum hasher_state state)
{
	return state == HASHER_FAILED && (errno == EMFILE || errno == ENFILE) && !hasher->held &&
		(hasher->busy || hasher->ahead_count);
}

/** Whether an open failed because of a lease that will end yet. */
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

/** Open a file, and begin it, or hold it, or set it aside. @return 0, or -1 where the hasher has to
 * end */
static int open_and_begin(struct hasher *hasher, struct file *file)
{
	file->size = 0;
	enum hasher_state state = opener_open(&hasher->opener, &file->opening);
	if (is_leased(file, state)) {
		put_leased(hasher, file);
		return 0;
	}
	if (can_wait(hasher, state)) {
		hasher->held = file;
		return 0;
	}
	if (state != HASHER_DONE)
		return end_without_digest(hasher, file, state, errno);
	/* An empty file, or one in /proc, has nothing to wait for. */
	return begin(hasher, file, !file->again && file->opening.status.st_size > 0);
}

/** Take a task. @return as open_and_begin() */
static int take(struct hasher *hasher, const struct fp_task *task)
{
	struct file *file = hasher->free;
	hasher->free = file->next;
	file->id = task->id;
	file->opening.path = hasher_task_read(task, &file->opening.kind, &file->opening.root_size);
	file->again = false;
	file->leased = 0;
	return open_and_begin(hasher, file);
}

/** Whether a time was two seconds or more before another one. */
static bool is_long_before(const struct timespec *time, const struct timespec *other)
{
	return time->tv_sec < other->tv_sec - 2 ||
		(time->tv_sec == other->tv_sec - 2 && time->tv_nsec <= other->tv_nsec);
}

/** A file changed: open and read it once more, or give it up. */
static int start_again(struct hasher *hasher, struct file *file)
{
	if (file->again)
		return end_without_digest(hasher, file, HASHER_CHANGED, 0);
	file->again = true;
	close(file->opening.fd);
	return open_and_begin(hasher, file);
}

/** A stream's file is hashed to its end. @return 0, or -1 where the hasher has to end */
static int complete(struct hasher *hasher, size_t number)
{
	struct file *file = leave_stream(hasher, number);
	struct stat after;
	if (fstat(file->opening.fd, &after) != 0)
		return end_without_digest(hasher, file, HASHER_FAILED, errno);
	struct stamp before = stamp_of(&file->opening.status), now = stamp_of(&after);
	if (!stamp_same(&before, &now))
		return start_again(hasher, file);
	struct hasher_result result = {
		.state = HASHER_DONE,
		.size = file->size,
		.stamp = now,
		/* Of a file that the kernel makes up when it is read, no stamp says anything. */
		.settled = file->size == now.size &&
			is_long_before(&now.mtime, &file->opening.time) &&
			is_long_before(&now.ctime, &file->opening.time),
	};
	memcpy(result.digest, engine_digest(hasher->engine, number), hasher->digest_size);
	return end_file(hasher, file, &result);
}

/** Whether more was read of a file than it had when it was opened, and it does have more now. */
static bool has_grown(const struct file *file)
{
	struct stat now;
	return file->size > (uint64_t)file->opening.status.st_size &&
		fstat(file->opening.fd, &now) == 0 && now.st_size > file->opening.status.st_size;
}

/** A stream's piece is used up. @return 0, or -1 where the hasher has to end */
static int advance(struct hasher *hasher, size_t number)
{
	struct stream *stream = &hasher->streams[number];
	if (stream->last)
		return complete(hasher, number);
	struct file *file = stream->file;
	if (has_grown(file))
		return start_again(hasher, leave_stream(hasher, number));
	struct hasher_progress progress = {file->size, (uint64_t)file->opening.status.st_size};
	if (fp_worker_progress(hasher->worker, file->id, &progress, sizeof(progress)) != 0)
		return -1;
	if (feed(hasher, number, false) == 0)
		return 0;
	int error = errno;
	return end_without_digest(hasher, leave_stream(hasher, number), HASHER_FAILED, error);
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

/**
 * Fill the idle streams: with new tasks, and where those are used up or the window ahead is full,
 * with the files that have waited longest.
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
		bool idle = !hasher->busy && !hasher->ahead_count && !hasher->leased;
		int got = fp_worker_next(hasher->worker, idle ? FP_FOREVER : 0, &task);
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
		if (!hasher->busy && hasher->leased)
			poll(NULL, 0, LEASE_INTERVAL);
		size_t done[ENGINE_MAX_WIDTH];
		int count = engine_run(hasher->engine, done);
		if (count < 0)
			return -1;
		/*
		 * Another one first each time: streams that go in step come here together, and of
		 * what they tell the first is heard, the others come too soon after it.
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
	const struct hasher_context *hashers = context;
	struct hasher *hasher = calloc(1, sizeof(*hasher));
	if (!hasher)
		return -1;
	hasher->worker = worker;
	hasher->engine = hashers->engine;
	hasher->digest_size = hashers->algorithm->size;
	hasher->opener = OPENER_NONE;
	int status = prepare(hasher);
	if (status == 0)
		status = run(hasher);
	opener_free(&hasher->opener);
	free(hasher->buffers);
	free(hasher);
	return status;
}
