/*
 * Directories are listed one after the other. A file that is renamed meanwhile, from a directory
 * that is not listed yet into one that is, is found in neither. Each rename changes mtime and ctime
 * of both directories; so if no directory has changed since it was listed, nothing was missed.
 *
 * Two changes within one tick of the clock give the same times. Therefore a directory whose ctime
 * is later than the start of the walk has changed, too, even if that was before it was listed. (The
 * clock may be that of a server: a ctime in the future proves nothing.) One case is not detected: a
 * directory is changed, listed and changed again within the tick of the clock in which the walk
 * began.
 *
 * Rejected: to list the changed directories again, and to keep only the lines of files that may
 * have one of the names found then (a rename keeps size and mtime). It would drop more lines if a
 * tree changes all the time, but it is a second walk, with errors of its own.
 */
#include "directories.h"

#include "sys/io.h"
#include "sys/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct listed_directory {
	const char *path;
	struct stamp stamp;
};

void directories_begin(struct directories *directories)
{
	clock_gettime(CLOCK_REALTIME, &directories->begun);
}

int directories_add(
	struct directories *directories, const char *path, size_t size, const struct stamp *stamp)
{
	if (directories->count == directories->room) {
		size_t room = directories->room ? 2 * directories->room : 64;
		struct listed_directory *list =
			reallocarray(directories->list, room, sizeof(*list));
		if (!list)
			return -1;
		directories->list = list;
		directories->room = room;
	}
	char *copy = arena_allocate(&directories->arena, size + 1);
	if (!copy)
		return -1;
	memcpy(copy, path, size);
	copy[size] = '\0';
	directories->list[directories->count++] =
		(struct listed_directory){.path = copy, .stamp = *stamp};
	return 0;
}

/** As stat(2), for a path of any length. */
static int stat_long(const char *path, struct stat *status)
{
	int directory = io_lead(AT_FDCWD, &path);
	int result = -1;
	if (directory >= 0 || directory == AT_FDCWD)
		result = fstatat(directory, path, status, 0);
	io_leave(AT_FDCWD, directory);
	return result;
}

/** @param now the time now */
static bool has_changed(const struct directories *directories,
	const struct listed_directory *listed, const struct timespec *now)
{
	struct stat status;
	if (stat_long(listed->path, &status) != 0)
		return true;
	const struct stamp *before = &listed->stamp, after = stamp_of(&status);
	if (!stamp_same_file(before, &after) || !stamp_same_time(&before->mtime, &after.mtime) ||
		!stamp_same_time(&before->ctime, &after.ctime))
		return true;
	return stamp_is_later(&after.ctime, &directories->begun) &&
		!stamp_is_later(&after.ctime, now);
}

int directories_changed(const struct directories *directories)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	for (size_t i = 0; i < directories->count; i++) {
		if (signals_caught()) {
			errno = EINTR;
			return -1;
		}
		if (has_changed(directories, &directories->list[i], &now))
			return 1;
	}
	return 0;
}

void directories_free(struct directories *directories)
{
	arena_free(&directories->arena);
	free(directories->list);
	*directories = (struct directories){0};
}
