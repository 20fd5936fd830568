/*
 * Roots are read only between two walks. Each end of a root tells how many entries there were; the
 * parent has counted.
 *
 * A batch is sent when it is full, when a root ends, and with the first entry after the coarse
 * clock has moved on (some milliseconds), so that hashing starts at once, and goes on while a slow
 * disk is walked. The walker waits where the parent does not read.
 *
 * While a directory is read and sorted, which takes seconds for one of millions, the walker tells
 * now and then that it is alive.
 */
#include "walk/serve.h"

#include "forkpool/channel.h"
#include "walk/filter.h"
#include "walk/walk_frame.h"
#include "walk/walker.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/** Milliseconds between two signs of life at the least: a part of the shortest time-out, a second.
 */
#define ALIVE_INTERVAL 100

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
	/** Names that the filter has left out. */
	uint64_t excluded;
	unsigned char bytes[CHANNEL_FRAME_MAX];
};

/** Start a batch. */
static void start_batch(struct sender *sender)
{
	frame_write(&sender->frame, sender->bytes, sizeof(sender->bytes));
	frame_put_u8(&sender->frame, WALK_FRAME_BATCH);
	clock_gettime(CLOCK_MONOTONIC_COARSE, &sender->sent);
}

/** Send the batch, where there is something in it. @return 0, or -1 with errno */
static int send_batch(struct sender *sender)
{
	size_t size = frame_size(&sender->frame);
	if (size > 1 && walk_frame_send(sender->fd, sender->bytes, size) != 0)
		return -1;
	start_batch(sender);
	return 0;
}

/** Send an entry whose path is longer than a frame. @return 0, or -1 with errno */
static int send_long_entry(struct sender *sender, const struct nftw_entry *entry)
{
	size_t room = WALK_FIELDS_MAX + entry->length + 1;
	unsigned char *message = malloc(room);
	if (!message)
		return -1;
	struct frame_writer writer;
	frame_write(&writer, message, room);
	walk_frame_put_entry(&writer, entry);
	int status = walk_frame_send_parts(sender->fd, message, frame_size(&writer));
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
	size_t bound = WALK_FIELDS_MAX + entry->length + 1;
	if (bound > frame_room(&sender->frame) && send_batch(sender) != 0)
		return -1;
	if (bound > frame_room(&sender->frame))
		return send_long_entry(sender, entry);
	walk_frame_put_entry(&sender->frame, entry);
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
		frame_put_u8(&sender->frame, WALK_MESSAGE_ALIVE);
	/* If the parent has gone, the next entry will tell. */
	(void)send_batch(sender);
}

/** For nftw_walk(). */
static int visit(const struct nftw_entry *entry, void *context)
{
	struct sender *sender = context;
	if (is_excluded(sender, entry)) {
		int status = send_excluded(sender, entry);
		sender->excluded++;
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
	sender->excluded = 0;
	start_batch(sender);
	if (nftw_walk(root, &options, visit, sender) != 0)
		return -1;
	if (frame_room(&sender->frame) < WALK_FIELDS_MAX && send_batch(sender) != 0)
		return -1;
	frame_put_u8(&sender->frame, WALK_MESSAGE_END);
	frame_put_u64(&sender->frame, sender->entries);
	frame_put_u64(&sender->frame, sender->errors);
	frame_put_u64(&sender->frame, sender->excluded);
	return send_batch(sender);
}

/** Tell the parent why the walk is given up: errno. What was found until then comes before it. */
static void send_failure(struct sender *sender)
{
	uint32_t error = errno > 0 ? (uint32_t)errno : EIO;
	if (frame_room(&sender->frame) < WALK_FIELDS_MAX && send_batch(sender) != 0)
		return;
	frame_put_u8(&sender->frame, WALK_MESSAGE_FAILED);
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

int serve_roots(int fd, const struct walker_options *options)
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
