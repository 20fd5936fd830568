#include "walk/walk_frame.h"

#include "forkpool/channel.h"
#include "walk/walker.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/** A longer message is nonsense: no path has this many bytes. */
#define MESSAGE_MAX ((size_t)1 << 30)

int walk_frame_send(int fd, const void *frame, size_t size)
{
	while (channel_send(fd, frame, size) != 0) {
		if (errno != EAGAIN || channel_wait(fd, POLLOUT, -1) < 0)
			return -1;
	}
	return 0;
}

int walk_frame_send_parts(int fd, const unsigned char *message, size_t size)
{
	unsigned char frame[CHANNEL_FRAME_MAX];
	size_t room = sizeof(frame) - 1;
	for (size_t at = 0; at < size; at += room) {
		size_t part = size - at < room ? size - at : room;
		frame[0] = at + part == size ? WALK_FRAME_LAST : WALK_FRAME_PART;
		memcpy(frame + 1, message + at, part);
		if (walk_frame_send(fd, frame, part + 1) != 0)
			return -1;
	}
	return 0;
}

/** Add a part. @return 0, or -1 with errno ENOMEM or EBADMSG */
static int add_part(struct walk_parts *parts, struct frame_reader *reader)
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

int walk_frame_take(
	struct frame_reader *reader, struct walk_parts *parts, const void *frame, size_t size)
{
	frame_read(reader, frame, size);
	uint8_t kind = frame_get_u8(reader);
	if (kind == WALK_FRAME_BATCH && parts->size == 0)
		return 1;
	if (kind != WALK_FRAME_PART && kind != WALK_FRAME_LAST) {
		errno = EBADMSG;
		return -1;
	}
	if (add_part(parts, reader) != 0)
		return -1;
	if (kind == WALK_FRAME_PART)
		return 0;
	frame_read(reader, parts->bytes, parts->size);
	parts->size = 0;
	return 1;
}

static void put_time(struct frame_writer *frame, const struct timespec *time)
{
	frame_put_u64(frame, (uint64_t)time->tv_sec);
	frame_put_u32(frame, (uint32_t)time->tv_nsec);
}

void walk_frame_put_entry(struct frame_writer *frame, const struct nftw_entry *entry)
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

static struct timespec get_time(struct frame_reader *reader)
{
	struct timespec time;
	time.tv_sec = (time_t)frame_get_u64(reader);
	time.tv_nsec = (long)frame_get_u32(reader);
	return time;
}

void walk_frame_get_entry(struct frame_reader *reader, uint8_t type, struct walker_entry *entry)
{
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
}
