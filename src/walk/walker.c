/*
 * The walker has one root at a time and the parent knows their order, so no message names its root.
 * The parent never waits: roots that the channel does not take stay queued, and go out while
 * entries and ends come in.
 *
 * The parent counts the ticks of a timer between which nothing came: however many have passed while
 * nobody asked, they count as one, so that Ctrl-Z and fg do no harm.
 *
 * The parent believes nothing that it can check: an entry's path is one string below the root that
 * is walked, no message follows the end of a root in its frame, counts agree.
 */
#include "walk/walker.h"

#include "forkpool/channel.h"
#include "forkpool/frame.h"
#include "forkpool/spawn.h"
#include "walk/serve.h"
#include "walk/walk_frame.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

/** Ticks in a time-out. */
#define TICKS 8

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
	struct walk_parts parts;
	/** EPIPE, ETIMEDOUT or EBADMSG, once it came. */
	int error;
	char reason[128];
};

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
		spawn_exit(serve_roots(child_fd, options));
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
		int whole = walk_frame_take(
			&walker->reader, &walker->parts, walker->frame, (size_t)size);
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

/** Read an entry, and count it. */
static void get_entry(struct walker *walker, uint8_t type, struct walker_entry *entry)
{
	walk_frame_get_entry(&walker->reader, type, entry);
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
	} while (type == WALK_MESSAGE_ALIVE);
	if (type == WALK_MESSAGE_FAILED)
		return give_up(walker);
	/* A root that was not sent has no entries. */
	if (walker->roots == walker->unsent)
		return lose(walker, EBADMSG);
	*entry = (struct walker_entry){.root = walker->roots->number};
	if (type != WALK_MESSAGE_END) {
		get_entry(walker, type, entry);
		return is_proper(walker, entry) ? 1 : lose(walker, EBADMSG);
	}
	entry->kind = WALKER_END;
	entry->entries = frame_get_u64(&walker->reader);
	entry->errors = frame_get_u64(&walker->reader);
	entry->excluded = frame_get_u64(&walker->reader);
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
