/*
 * A root's path is a frame of its own on the way to the walker. What comes back are messages, in
 * frames that hold a batch of whole ones, or, where one is longer than a frame (a path can be), its
 * parts one after the other.
 *
 *     parent ──► walker    a root's path
 *     walker ──► parent    an entry, the end of a root, that it is alive, or why the walk is given
 * up
 *
 * The walker has one root at a time and the parent knows their order, so no message names its root.
 * Each end of a root tells how many entries there were; the parent has counted. The walker reads
 * roots only between two walks, and waits where the parent does not read; the parent never waits:
 * roots that the channel does not take stay queued, and go out while entries and ends come in.
 *
 * A batch is sent when it is full, when a root ends, and with the first entry after the coarse
 * clock has moved on (some milliseconds), so that hashing starts at once, and goes on while a slow
 * disk is walked.
 *
 * While a directory is read and sorted, which takes seconds for one of millions, the walker tells
 * now and then that it is alive. The parent counts the ticks of a timer between which nothing came:
 * however many have passed while nobody asked, they count as one, so that Ctrl-Z and fg do no harm.
 *
 * The parent believes nothing that it can check: an entry's path is one string below the root that
 * is walked, no message follows the end of a root in its frame, counts agree.
 */
#include "walk/walker.h"

#include "forkpool/channel.h"
#include "forkpool/frame.h"
#include "forkpool/spawn.h"
#include "walk/filter.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/** The first byte of a frame. */
enum frame_kind {
	/** Whole messages. */
	FRAME_BATCH,
	/** A part of a message; more follow. */
	FRAME_PART,
	/** The last part. */
	FRAME_LAST,
};

/** The first byte of a message from the walker that is no entry; an entry has its nftw_type there.
 */
#define MESSAGE_END 0xff
/** The walker cannot go on, with errno. */
#define MESSAGE_FAILED 0xfe
/** Nothing new, but it is alive. */
#define MESSAGE_ALIVE 0xfd

/** Milliseconds between two of those at the least: a part of the shortest time-out, a second. */
#define ALIVE_INTERVAL 100

/** Ticks in a time-out. */
#define TICKS 8

/** A message is its fields, at most this many bytes, and a path with its NUL. */
#define FIELDS_MAX ((size_t)128)

/** A longer message is nonsense: no path has this many bytes. */
#define MESSAGE_MAX ((size_t)1 << 30)

/** A message that comes in parts. */
struct parts {
	unsigned char *bytes;
	size_t size;
	size_t room;
};

/** A root that the walker has not walked to its end. */
struct root {
	struct root *next;
	uint32_t number;
	/** Bytes of the path, without its NUL. */
	size_t size;
	char path[];
};

struct walker {
	struct spawn child;
	int fd;
	/** With a time-out: ticks, and an epoll set of both; otherwise -1. */
	int timer;
	int epoll;
	/** Ticks in a row in which nothing came. */
	unsigned silent;
	/** In the order of the walks; the first is walked now. */
	struct root *roots;
	struct root **roots_end;
	/** The first root that was not sent, or NULL. */
	struct root *unsent;
	/** Of the first root. */
	uint64_t entries;
	uint64_t errors;
	/** The frame at hand, and where its next message is. */
	unsigned char *frame;
	struct frame_reader reader;
	struct parts parts;
	/** EPIPE, ETIMEDOUT or EBADMSG, once it came. */
	int error;
	char reason[128];
};

/** Add a part. @return 0, or -1 with errno ENOMEM or EBADMSG */
static int add_part(struct parts *parts, struct frame_reader *reader)
{
	size_t size = frame_left(reader);
	if (size == 0 || size > MESSAGE_MAX - parts->size) {
		errno = EBADMSG;
		return -1;
	}
	if (parts->size + size > parts->room) {
		size_t room = 2 * (parts->size + size);
		unsigned char *bytes = realloc(parts->bytes, room);
		if (!bytes)
			return -1;
		parts->bytes = bytes;
		parts->room = room;
	}
	memcpy(parts->bytes + parts->size, frame_get_bytes(reader, size), size);
	parts->size += size;
	return 0;
}

/**
 * Take a frame that was received.
 *
 * @return 1 where `reader` stands before a whole message, 0 where that is still to come, or -1 with
 *         errno ENOMEM or EBADMSG
 */
static int take_frame(
	struct frame_reader *reader, struct parts *parts, const void *frame, size_t size)
{
	frame_read(reader, frame, size);
	uint8_t kind = frame_get_u8(reader);
	if (kind == FRAME_BATCH && parts->size == 0)
		return 1;
	if (kind != FRAME_PART && kind != FRAME_LAST) {
		errno = EBADMSG;
		return -1;
	}
	if (add_part(parts, reader) != 0)
		return -1;
	if (kind == FRAME_PART)
		return 0;
	frame_read(reader, parts->bytes, parts->size);
	parts->size = 0;
	return 1;
}

/*
 * The walker's side
 */

struct sender {
	int fd;
	const struct walker_options *options;
	/** Bytes of the root that is walked. */
	size_t root_size;
	/** The level of what comes first in what was sent last, if that is a directory. */
	size_t first_level;
	struct frame_writer frame;
	/** When the last frame was sent, by the coarse clock. */
	struct timespec sent;
	uint64_t entries;
	uint64_t errors;
	unsigned char bytes[CHANNEL_FRAME_MAX];
};

/** Send a frame, waiting until the channel takes it. @return 0, or -1 with errno */
static int send_frame(int fd, const void *frame, size_t size)
{
	while (channel_send(fd, frame, size) != 0) {
		if (errno != EAGAIN || channel_wait(fd, POLLOUT, -1) < 0)
			return -1;
	}
	return 0;
}

/** Start a batch. */
static void start_batch(struct sender *sender)
{
	frame_write(&sender->frame, sender->bytes, sizeof(sender->bytes));
	frame_put_u8(&sender->frame, FRAME_BATCH);
	clock_gettime(CLOCK_MONOTONIC_COARSE, &sender->sent);
}

/** Send the batch, where there is something in it. @return 0, or -1 with errno */
static int send_batch(struct sender *sender)
{
	size_t size = frame_size(&sender->frame);
	if (size > 1 && send_frame(sender->fd, sender->bytes, size) != 0)
		return -1;
	start_batch(sender);
	return 0;
}

/** Send a message that is longer than a frame in parts. @return 0, or -1 with errno */
static int send_parts(struct sender *sender, const unsigned char *message, size_t size)
{
	unsigned char frame[CHANNEL_FRAME_MAX];
	size_t room = sizeof(frame) - 1;
	for (size_t at = 0; at < size; at += room) {
		size_t part = size - at < room ? size - at : room;
		frame[0] = at + part == size ? FRAME_LAST : FRAME_PART;
		memcpy(frame + 1, message + at, part);
		if (send_frame(sender->fd, frame, part + 1) != 0)
			return -1;
	}
	return 0;
}

static void put_time(struct frame_writer *frame, const struct timespec *time)
{
	frame_put_u64(frame, (uint64_t)time->tv_sec);
	frame_put_u32(frame, (uint32_t)time->tv_nsec);
}

static void put_entry(struct frame_writer *frame, const struct nftw_entry *entry)
{
	frame_put_u8(frame, (uint8_t)entry->type);
	frame_put_u32(frame, (uint32_t)entry->error);
	frame_put_u32(frame, entry->stat->st_mode);
	frame_put_u64(frame, entry->stat->st_dev);
	frame_put_u64(frame, entry->stat->st_ino);
	frame_put_u64(frame, (uint64_t)entry->stat->st_size);
	frame_put_u64(frame, entry->stat->st_nlink);
	put_time(frame, &entry->stat->st_mtim);
	put_time(frame, &entry->stat->st_ctim);
	frame_put_u32(frame, (uint32_t)entry->length);
	frame_put_bytes(frame, entry->path, entry->length + 1);
}

/** Send an entry whose path is longer than a frame. @return 0, or -1 with errno */
static int send_long_entry(struct sender *sender, const struct nftw_entry *entry)
{
	size_t room = FIELDS_MAX + entry->length + 1;
	unsigned char *message = malloc(room);
	if (!message)
		return -1;
	struct frame_writer writer;
	frame_write(&writer, message, room);
	put_entry(&writer, entry);
	int status = send_parts(sender, message, frame_size(&writer));
	int error = errno;
	free(message);
	errno = error;
	return status;
}

/** Whether the coarse clock has moved on since the last frame. */
static bool is_due(const struct sender *sender)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_nsec != sender->sent.tv_nsec || now.tv_sec != sender->sent.tv_sec;
}

/** Whether the filter leaves an entry out. */
static bool is_excluded(const struct sender *sender, const struct nftw_entry *entry)
{
	if (entry->level == 0)
		return false;
	size_t before = sender->root_size + (entry->path[sender->root_size] == '/');
	const char *path = entry->path + before;
	size_t size = entry->length - before;
	const struct filter *filter = sender->options->filter;
	if (entry->type == NFTW_NS)
		return filter_excludes(filter, path, size, false) &&
			filter_excludes(filter, path, size, true);
	return filter_excludes(filter, path, size, S_ISDIR(entry->stat->st_mode));
}

/** Send an entry. @return 0, or -1 with errno */
static int send_entry(struct sender *sender, const struct nftw_entry *entry)
{
	sender->entries++;
	sender->errors += entry->error != 0;
	size_t bound = FIELDS_MAX + entry->length + 1;
	if (bound > frame_room(&sender->frame) && send_batch(sender) != 0)
		return -1;
	if (bound > frame_room(&sender->frame))
		return send_long_entry(sender, entry);
	put_entry(&sender->frame, entry);
	return is_due(sender) ? send_batch(sender) : 0;
}

/** Say, once, that a directory holds something that is left out. @return as send_entry() */
static int send_excluded(struct sender *sender, const struct nftw_entry *entry)
{
	if (entry->level != sender->first_level)
		return 0;
	sender->first_level = 0;
	struct nftw_entry excluded = *entry;
	excluded.type = NFTW_EXCLUDED;
	excluded.error = 0;
	return send_entry(sender, &excluded);
}

/** For nftw_walk(): send what there is, if nothing was sent for long. */
static void stay_alive(void *context)
{
	struct sender *sender = context;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if ((now.tv_sec - sender->sent.tv_sec) * 1000 +
			(now.tv_nsec - sender->sent.tv_nsec) / 1000000 <
		ALIVE_INTERVAL)
		return;
	if (frame_size(&sender->frame) == 1)
		frame_put_u8(&sender->frame, MESSAGE_ALIVE);
	/* If the parent has gone, the next entry will tell. */
	(void)send_batch(sender);
}

/** For nftw_walk(). */
static int visit(const struct nftw_entry *entry, void *context)
{
	struct sender *sender = context;
	if (is_excluded(sender, entry)) {
		int status = send_excluded(sender, entry);
		stay_alive(sender);
		return status == 0 && entry->type == NFTW_D ? NFTW_SKIP : status;
	}
	sender->first_level = entry->level + 1;
	return send_entry(sender, entry);
}

/** Walk one root. @return 0, or -1 with errno */
static int walk_root(struct sender *sender, const char *root)
{
	struct nftw_options options = {
		.sorted = sender->options->sorted,
		.follow = sender->options->follow,
		.one_file_system = sender->options->one_file_system,
		.alive = stay_alive,
	};
	sender->root_size = strlen(root);
	sender->entries = 0;
	sender->errors = 0;
	start_batch(sender);
	if (nftw_walk(root, &options, visit, sender) != 0)
		return -1;
	if (frame_room(&sender->frame) < FIELDS_MAX && send_batch(sender) != 0)
		return -1;
	frame_put_u8(&sender->frame, MESSAGE_END);
	frame_put_u64(&sender->frame, sender->entries);
	frame_put_u64(&sender->frame, sender->errors);
	return send_batch(sender);
}

/** Tell the parent why the walk is given up: errno. What was found until then comes before it. */
static void send_failure(struct sender *sender)
{
	uint32_t error = errno > 0 ? (uint32_t)errno : EIO;
	if (frame_room(&sender->frame) < FIELDS_MAX && send_batch(sender) != 0)
		return;
	frame_put_u8(&sender->frame, MESSAGE_FAILED);
	frame_put_u32(&sender->frame, error);
	/* If the parent has gone, there is nobody to tell. */
	(void)send_batch(sender);
}

/** Walk the roots that come, until the parent has no more. @return 0, or -1 with errno */
static int walk_roots(struct sender *sender)
{
	static char root[CHANNEL_FRAME_MAX];
	for (;;) {
		ssize_t size = channel_receive(sender->fd, root);
		if (size == 0)
			return 0;
		if (size < 0) {
			if (errno != EAGAIN || channel_wait(sender->fd, POLLIN, -1) < 0)
				return -1;
			continue;
		}
		if (root[size - 1]) {
			errno = EBADMSG;
			return -1;
		}
		if (walk_root(sender, root) != 0)
			return -1;
	}
}

/** The walker's life. @return its exit status */
static int serve(int fd, const struct walker_options *options)
{
	static struct sender sender;
	sender.fd = fd;
	sender.options = options;
	start_batch(&sender);
	if ((options->initializer && options->initializer(options->context) != 0) ||
		walk_roots(&sender) != 0) {
		send_failure(&sender);
		return 1;
	}
	return 0;
}

/*
 * The parent's side
 */

/** Open what tells that time passes. @return 0, or -1 with errno */
static int open_timer(struct walker *walker, unsigned timeout)
{
	long tick = timeout / TICKS + 1;
	struct timespec time = {.tv_sec = tick / 1000, .tv_nsec = tick % 1000 * 1000000};
	struct itimerspec timer = {.it_interval = time, .it_value = time};
	struct epoll_event event = {.events = EPOLLIN};
	walker->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (walker->timer < 0 || timerfd_settime(walker->timer, 0, &timer, NULL) != 0)
		return -1;
	walker->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (walker->epoll < 0 ||
		epoll_ctl(walker->epoll, EPOLL_CTL_ADD, walker->timer, &event) != 0)
		return -1;
	return epoll_ctl(walker->epoll, EPOLL_CTL_ADD, walker->fd, &event);
}

struct walker *walker_start(const struct walker_options *options)
{
	struct walker *walker = calloc(1, sizeof(*walker));
	int child_fd;
	if (!walker)
		return NULL;
	walker->fd = walker->timer = walker->epoll = -1;
	walker->child.pidfd = -1;
	walker->roots_end = &walker->roots;
	walker->frame = malloc(CHANNEL_FRAME_MAX);
	if (!walker->frame || channel_open(&walker->fd, &child_fd) != 0)
		goto fail;
	int forked = spawn_fork(&walker->child);
	if (forked == 0) {
		close(walker->fd);
		spawn_exit(serve(child_fd, options));
	}
	int error = errno;
	close(child_fd);
	errno = error;
	if (forked < 0 || (options->timeout && open_timer(walker, options->timeout) != 0))
		goto fail;
	frame_read(&walker->reader, walker->frame, 0);
	return walker;

fail:
	error = errno;
	walker_free(walker);
	errno = error;
	return NULL;
}

/**
 * Send what the channel takes of the roots. That the walker has gone is told by the next receive.
 *
 * @return 0, or -1 with errno
 */
static int send_roots(struct walker *walker)
{
	while (walker->unsent) {
		const struct root *root = walker->unsent;
		if (channel_send(walker->fd, root->path, root->size + 1) != 0)
			return errno == EAGAIN || errno == EPIPE || errno == ECONNRESET ? 0 : -1;
		walker->unsent = root->next;
	}
	return 0;
}

int walker_add(struct walker *walker, uint32_t number, const char *path)
{
	size_t size = strlen(path);
	if (size >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	struct root *root = malloc(sizeof(*root) + size + 1);
	if (!root)
		return -1;
	root->next = NULL;
	root->number = number;
	root->size = size;
	memcpy(root->path, path, size + 1);
	*walker->roots_end = root;
	walker->roots_end = &root->next;
	if (!walker->unsent)
		walker->unsent = root;
	return send_roots(walker);
}

int walker_fd(const struct walker *walker)
{
	return walker->epoll >= 0 ? walker->epoll : walker->fd;
}

pid_t walker_pid(const struct walker *walker)
{
	return walker->child.pid;
}

/** The walk is lost. @return -1 with errno */
static int lose(struct walker *walker, int error)
{
	walker->error = error;
	errno = error;
	return -1;
}

/** Nothing has come: count that, if a tick has passed. @return -1 with errno EAGAIN or ETIMEDOUT */
static int count_silence(struct walker *walker)
{
	uint64_t ticks;
	if (walker->timer >= 0 && read(walker->timer, &ticks, sizeof(ticks)) > 0 &&
		++walker->silent > TICKS)
		return lose(walker, ETIMEDOUT);
	errno = EAGAIN;
	return -1;
}

/** Receive frames until there is a message. @return 1, or -1 with errno */
static int receive(struct walker *walker)
{
	for (;;) {
		ssize_t size = channel_receive(walker->fd, walker->frame);
		if (size < 0 && errno == EAGAIN)
			return count_silence(walker);
		walker->silent = 0;
		if (size < 0)
			return lose(walker, errno == EMSGSIZE ? EBADMSG : errno);
		if (size == 0)
			return lose(walker, EPIPE);
		int whole =
			take_frame(&walker->reader, &walker->parts, walker->frame, (size_t)size);
		if (whole < 0)
			return lose(walker, errno);
		if (whole > 0)
			return 1;
	}
}

/** The walker has told that it gave up, and why. @return -1 with errno */
static int give_up(struct walker *walker)
{
	int error = (int)frame_get_u32(&walker->reader);
	if (walker->reader.failed)
		return lose(walker, EBADMSG);
	snprintf(walker->reason, sizeof(walker->reason), "gave up: %s", strerror(error));
	return lose(walker, EPIPE);
}

static struct timespec get_time(struct frame_reader *reader)
{
	struct timespec time;
	time.tv_sec = (time_t)frame_get_u64(reader);
	time.tv_nsec = (long)frame_get_u32(reader);
	return time;
}

static void get_entry(struct walker *walker, uint8_t type, struct walker_entry *entry)
{
	struct frame_reader *reader = &walker->reader;
	entry->kind = WALKER_ENTRY;
	entry->type = (enum nftw_type)type;
	entry->error = (int)frame_get_u32(reader);
	entry->mode = frame_get_u32(reader);
	entry->stamp.device = frame_get_u64(reader);
	entry->stamp.inode = frame_get_u64(reader);
	entry->stamp.size = frame_get_u64(reader);
	entry->links = frame_get_u64(reader);
	entry->stamp.mtime = get_time(reader);
	entry->stamp.ctime = get_time(reader);
	entry->length = frame_get_u32(reader);
	entry->path = frame_get_bytes(reader, entry->length + 1);
	entry->root_size = walker->roots->size;
	walker->entries++;
	walker->errors += entry->error != 0;
}

static bool is_time(const struct timespec *time)
{
	return time->tv_nsec < 1000000000;
}

/** Whether an entry makes sense: its type is known, its path is one string that begins like its
 * root, its times are times. */
static bool is_proper(const struct walker *walker, const struct walker_entry *entry)
{
	return entry->type <= NFTW_EXCLUDED && entry->path &&
		memchr(entry->path, '\0', entry->length + 1) == entry->path + entry->length &&
		entry->length >= entry->root_size &&
		memcmp(entry->path, walker->roots->path, entry->root_size) == 0 &&
		is_time(&entry->stamp.mtime) && is_time(&entry->stamp.ctime);
}

/** The first root has been walked to its end. */
static void end_root(struct walker *walker)
{
	struct root *root = walker->roots;
	walker->roots = root->next;
	if (!walker->roots)
		walker->roots_end = &walker->roots;
	walker->entries = 0;
	walker->errors = 0;
	free(root);
	if (send_roots(walker) != 0)
		walker->error = errno;
}

int walker_next(struct walker *walker, struct walker_entry *entry)
{
	if (walker->error)
		return lose(walker, walker->error);
	if (!walker->roots)
		return 0;
	uint8_t type;
	do {
		if (frame_left(&walker->reader) == 0 && receive(walker) < 0)
			return -1;
		type = frame_get_u8(&walker->reader);
	} while (type == MESSAGE_ALIVE);
	if (type == MESSAGE_FAILED)
		return give_up(walker);
	/* A root that was not sent has no entries. */
	if (walker->roots == walker->unsent)
		return lose(walker, EBADMSG);
	*entry = (struct walker_entry){.root = walker->roots->number};
	if (type != MESSAGE_END) {
		get_entry(walker, type, entry);
		return is_proper(walker, entry) ? 1 : lose(walker, EBADMSG);
	}
	entry->kind = WALKER_END;
	entry->entries = frame_get_u64(&walker->reader);
	entry->errors = frame_get_u64(&walker->reader);
	if (walker->reader.failed || frame_left(&walker->reader) != 0 ||
		entry->entries != walker->entries || entry->errors != walker->errors)
		return lose(walker, EBADMSG);
	end_root(walker);
	return 1;
}

const char *walker_reason(struct walker *walker)
{
	struct spawn_end end;
	if (walker->error == EBADMSG)
		return "sent nonsense";
	if (walker->error == ETIMEDOUT)
		return "did not answer in time";
	if (walker->reason[0])
		return walker->reason;
	if (walker->error != EPIPE) {
		snprintf(walker->reason, sizeof(walker->reason), "was lost: %s",
			strerror(walker->error));
		return walker->reason;
	}
	/* It has closed its end of the channel: it is ending. */
	if (channel_wait(walker->child.pidfd, POLLIN, 1000) <= 0 ||
		!spawn_reap(&walker->child, &end))
		return "has gone";
	if (end.signal)
		snprintf(walker->reason, sizeof(walker->reason), "was killed by signal %d",
			end.signal);
	else
		snprintf(walker->reason, sizeof(walker->reason), "ended with status %d",
			end.exit_code);
	return walker->reason;
}

void walker_free(struct walker *walker)
{
	if (!walker)
		return;
	if (walker->epoll >= 0)
		close(walker->epoll);
	if (walker->timer >= 0)
		close(walker->timer);
	/* Processes that were forked since have it, too: to close it here would not end it. */
	if (walker->fd >= 0) {
		shutdown(walker->fd, SHUT_RDWR);
		close(walker->fd);
	}
	/* One that has nothing to do ends by itself, now that the channel is closed. */
	if (walker->child.pidfd >= 0 && !walker->roots && !walker->error)
		channel_wait(walker->child.pidfd, POLLIN, 1000);
	if (walker->child.pidfd >= 0)
		spawn_finish(&walker->child, 100);
	while (walker->roots) {
		struct root *next = walker->roots->next;
		free(walker->roots);
		walker->roots = next;
	}
	free(walker->frame);
	free(walker->parts.bytes);
	free(walker);
}
