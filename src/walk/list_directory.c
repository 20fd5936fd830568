/*
 * getdents64(2) directly: readdir(3) has a buffer of its own, allocated for each directory.
 *
 * Names are looked at with stat(2) where that is cheap. It saves the second opening of a file with
 * several names, lets large files be read first, and tells how much there is to be read; it is
 * worth a microsecond and not a round trip. So the first call decides: where it took longer than
 * STAT_LIMIT, or the mean of all does, there are no more. The parent keeps for each device what a
 * listing has found, so that not each directory has to try again.
 */
/* For getdents64() in musl. NOLINTNEXTLINE(bugprone-reserved-identifier) */
#define _LARGEFILE64_SOURCE

#include "walk/list_directory.h"

#include "forkpool/clock.h"
#include "walk/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/** From this size on it is good to know a file before the others are read, in bytes. */
#define LARGE ((off_t)1 << 20)

/** The mean time of stat(2) that is worth it, in ns. */
#define STAT_LIMIT 20000

void list_directory_begin(struct list_directory *list, int fd, bool follow, enum hasher_stat stat)
{
	list->fd = fd;
	list->follow = follow;
	list->stat = stat;
	list->stats = 0;
	list->stats_useful = 0;
	list->stats_time = 0;
	list->size = 0;
	list->at = 0;
	list->ended = false;
	list->error = 0;
}

static bool is_dot(const char *name)
{
	return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

/** What getdents64(2) would have told of a mode. */
static uint8_t type_of_mode(mode_t mode)
{
	return (uint8_t)IFTODT(mode);
}

/** A call of stat(2) has ended: are more of them worth it? */
static void take_time(struct list_directory *list)
{
	/* From the end of the one before: a clock is read once for each. */
	int64_t now = clock_ns();
	list->stats++;
	list->stats_time += now - list->stats_end;
	list->stats_end = now;
	if (list->stats_time > (int64_t)list->stats * STAT_LIMIT)
		list->stat = HASHER_STAT_NEVER;
}

/** Look at a name, if that is to be done. What is wrong with it, its opening will tell. */
static void look(struct list_directory *list, struct listing_entry *entry, const char *name)
{
	bool link = entry->type == DT_LNK && list->follow;
	if (list->stat == HASHER_STAT_NEVER ||
		(entry->type != DT_REG && entry->type != DT_UNKNOWN && !link))
		return;
	struct stat status;
	int flags = AT_NO_AUTOMOUNT | (list->follow ? 0 : AT_SYMLINK_NOFOLLOW);
	int result = fstatat(list->fd, name, &status, flags);
	if (list->stat == HASHER_STAT_TRY)
		take_time(list);
	if (result != 0)
		return;
	entry->type = type_of_mode(status.st_mode);
	if (entry->type != DT_REG)
		return;
	entry->stamped = true;
	entry->stamp = stamp_of(&status);
	entry->links = status.st_nlink;
	list->stats_useful += status.st_nlink > 1 || status.st_size >= LARGE;
}

/** Read more names. @return whether there are any */
static bool fill(struct list_directory *list)
{
	ssize_t got;
	do {
		got = getdents64(list->fd, (void *)list->buffer, sizeof(list->buffer));
	} while (got < 0 && errno == EINTR);
	list->at = 0;
	list->size = got > 0 ? (size_t)got : 0;
	list->ended = got <= 0;
	list->error = got < 0 ? errno : 0;
	return got > 0;
}

int list_directory_step(struct list_directory *list, struct frame_writer *part)
{
	if (list->at == list->size && (list->ended || !fill(list)))
		return 0;
	if (list->stat == HASHER_STAT_TRY)
		list->stats_end = clock_ns();
	while (list->at < list->size) {
		const struct dirent64 *found =
			(const void *)((const unsigned char *)list->buffer + list->at);
		struct listing_entry entry = {
			.type = found->d_type,
			.name = found->d_name,
			.size = strlen(found->d_name),
		};
		if (!is_dot(found->d_name)) {
			/* With room for the longest entry nobody is looked at twice. */
			if (frame_room(part) < entry.size + 64)
				return 1;
			look(list, &entry, found->d_name);
			listing_put(part, &entry);
		}
		list->at += found->d_reclen;
	}
	return 1;
}
