/*
 * Calls getdents64(2), as readdir(3) allocates a buffer for each directory.
 *
 * stat(2) is called on the names if that is cheap. It avoids opening a file with several names more
 * than once, lets large files be read first, and gives the total size for the progress; that is
 * worth a microsecond, but not a round trip. So if the first call takes longer than STAT_LIMIT, or
 * the mean of all calls does, there are no more. The parent remembers the times for each device, so
 * that not every directory has to try.
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

/** Files of at least this size, in bytes, are better read first: the stamp was useful. */
#define LARGE ((off_t)1 << 20)

/** The longest mean time of stat(2) for which it is called, in ns. */
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

/** The type that getdents64(2) returns for a mode. */
static uint8_t type_of_mode(mode_t mode)
{
	return (uint8_t)IFTODT(mode);
}

/** A call of stat(2) has ended: add its time, and decide whether to make more. */
static void take_time(struct list_directory *list)
{
	/* Measured from the end of the call before, so the clock is read once for each. */
	int64_t now = clock_ns();
	list->stats++;
	list->stats_time += now - list->stats_end;
	list->stats_end = now;
	if (list->stats_time > (int64_t)list->stats * STAT_LIMIT)
		list->stat = HASHER_STAT_NEVER;
}

/** Call stat(2) on a name, if it is to be called. Errors are ignored: opening it will fail, too. */
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
			/* Leave room for a stamp, so that stat(2) is called only once. */
			if (frame_room(part) < entry.size + 64)
				return 1;
			look(list, &entry, found->d_name);
			listing_put(part, &entry);
		}
		list->at += found->d_reclen;
	}
	return 1;
}
