#include "walk/listing.h"

#include <errno.h>
#include <string.h>

/** Bytes of an entry besides its name, without and with a stamp. */
#define ENTRY_SIZE ((size_t)6)
#define STAMP_SIZE ((size_t)56)

static void put_time(struct frame_writer *part, const struct timespec *time)
{
	frame_put_u64(part, (uint64_t)time->tv_sec);
	frame_put_u32(part, (uint32_t)time->tv_nsec);
}

bool listing_put(struct frame_writer *part, const struct listing_entry *entry)
{
	if (frame_room(part) < ENTRY_SIZE + (entry->stamped ? STAMP_SIZE : 0) + entry->size)
		return false;
	frame_put_u8(part, entry->type);
	frame_put_u8(part, entry->stamped);
	frame_put_u32(part, (uint32_t)entry->size);
	frame_put_bytes(part, entry->name, entry->size);
	if (!entry->stamped)
		return true;
	frame_put_u64(part, entry->stamp.device);
	frame_put_u64(part, entry->stamp.inode);
	frame_put_u64(part, entry->stamp.size);
	put_time(part, &entry->stamp.mtime);
	put_time(part, &entry->stamp.ctime);
	frame_put_u64(part, entry->links);
	return true;
}

static int malformed(void)
{
	errno = EBADMSG;
	return -1;
}

int listing_get_begin(struct frame_reader *part, bool *first, uint64_t *device, uint64_t *inode)
{
	uint8_t kind = frame_get_u8(part);
	*first = kind == 1;
	*device = *first ? frame_get_u64(part) : 0;
	*inode = *first ? frame_get_u64(part) : 0;
	return part->failed || kind > 1 ? malformed() : 0;
}

/** Read a time. @return whether it is valid */
static bool get_time(struct frame_reader *part, struct timespec *time)
{
	uint64_t seconds = frame_get_u64(part);
	uint32_t nanoseconds = frame_get_u32(part);
	*time = (struct timespec){.tv_sec = (time_t)seconds, .tv_nsec = (long)nanoseconds};
	return nanoseconds < 1000000000;
}

/** Whether these bytes are a valid name in a directory. */
static bool is_name(const char *name, size_t size)
{
	if (!name || size == 0 || (size <= 2 && memcmp(name, "..", size) == 0))
		return false;
	return !memchr(name, '/', size) && !memchr(name, '\0', size);
}

int listing_get(struct frame_reader *part, struct listing_entry *entry)
{
	if (frame_left(part) == 0)
		return part->failed ? malformed() : 0;
	*entry = (struct listing_entry){.type = frame_get_u8(part)};
	uint8_t stamped = frame_get_u8(part);
	entry->stamped = stamped == 1;
	entry->size = frame_get_u32(part);
	entry->name = frame_get_bytes(part, entry->size);
	bool timely = true;
	if (entry->stamped) {
		entry->stamp.device = frame_get_u64(part);
		entry->stamp.inode = frame_get_u64(part);
		entry->stamp.size = frame_get_u64(part);
		timely = get_time(part, &entry->stamp.mtime);
		timely &= get_time(part, &entry->stamp.ctime);
		entry->links = frame_get_u64(part);
	}
	if (part->failed || stamped > 1 || !timely || !is_name(entry->name, entry->size))
		return malformed();
	return 1;
}
