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
 * Where something has changed, the changed directories are listed once more, so that only the lines of
 * files are in doubt of which one may have been renamed: a rename keeps size and mtime. (At first all
 * lines were kept that would be lost otherwise. But in a tree that is in use, some directory changes
 * during each long walk, and no line of a deleted file was ever dropped.) While that goes on, a file may
 * be renamed again, into a directory that was listed again already. So it is repeated until no directory
 * has changed meanwhile. Each round takes a stat(2) of each directory, and is far shorter than the
 * walk.
 */
#include "directories.h"

#include "sys/io.h"
#include "sys/signals.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** Rounds after which a tree is given up that does not stand still. */
#define ROUNDS 8

struct listed_directory {
	const char *path;
	/** All zeros: it is new, and was not listed yet. */
	struct stamp stamp;
	/** It is not there any more. */
	bool gone;
};

/** Seconds that clocks of servers may differ from ours. */
#define CLOCKS_DIFFER 60

void directories_begin(struct directories *directories)
{
	clock_gettime(CLOCK_REALTIME, &directories->begun);
}

/** Whether something may have changed since the walk began. */
static bool is_recent(const struct directories *directories, const struct timespec *ctime)
{
	return ctime->tv_sec >= directories->begun.tv_sec - CLOCKS_DIFFER;
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
	directories->recent |= is_recent(directories, &stamp->ctime);
	return 0;
}

bool directories_may_have_replaced(
	const struct directories *directories, const struct timespec *ctime)
{
	return directories->recent || is_recent(directories, ctime);
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
	if (listed->gone)
		return false;
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

/** For qsort(3) and bsearch(3). */
static int compare_paths(const void *one, const void *other)
{
	const struct listed_directory *a = one, *b = other;
	return strcmp(a->path, b->path);
}

/** Whether the walk, or a round before this one, has listed a directory. */
static bool is_listed(const struct directories *directories, const char *path)
{
	const struct listed_directory wanted = {.path = path}, *found;
	if (directories->sorted == 0)
		return false;
	found = bsearch(
		&wanted, directories->list, directories->sorted, sizeof(wanted), compare_paths);
	return found && !found->gone;
}

/** What one round needs to know. */
struct round {
	struct directories *directories;
	const struct directories_visitor *visitor;
	/** Room for a path. */
	char *path;
	size_t room;
	/** Something could not be looked at. */
	bool incomplete;
};

/** Append a name to the first `size` bytes of the path. @return the whole size, or 0 with errno ENOMEM */
static size_t append(struct round *round, size_t size, const char *name)
{
	size_t name_size = strlen(name);
	if (size + name_size + 2 > round->room) {
		size_t room = 2 * (size + name_size + 2);
		char *path = realloc(round->path, room);
		if (!path)
			return 0;
		round->path = path;
		round->room = room;
	}
	if (size > 0 && name_size > 0 && round->path[size - 1] != '/')
		round->path[size++] = '/';
	memcpy(round->path + size, name, name_size + 1);
	return size + name_size;
}

/** Pass one name to the visitor. @return 0, or -1 with errno */
static int visit(struct round *round, int directory, size_t size, const char *name)
{
	struct stat status, link;
	bool follow = round->visitor->follow;
	if (fstatat(directory, name, &status, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
		round->incomplete |= errno != ENOENT && errno != ELOOP;
		return 0;
	}
	size = append(round, size, name);
	if (!size)
		return -1;
	int enter = round->visitor->found(round->visitor->context, round->path, size, &status);
	if (enter <= 0 || !S_ISDIR(status.st_mode) || is_listed(round->directories, round->path))
		return enter < 0 ? -1 : 0;
	/* A link may lead back to where it is. */
	if (follow &&
		(fstatat(directory, name, &link, AT_SYMLINK_NOFOLLOW) != 0 ||
			S_ISLNK(link.st_mode))) {
		round->incomplete = true;
		return 0;
	}
	return directories_add(round->directories, round->path, size, &(struct stamp){0});
}

/** Pass all that is in a directory to the visitor. @return 0, or -1 with errno */
static int visit_all(struct round *round, DIR *stream, size_t size)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(stream);
		if (!entry) {
			round->incomplete |= errno != 0;
			return 0;
		}
		const char *name = entry->d_name;
		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
			visit(round, dirfd(stream), size, name) != 0)
			return -1;
	}
}

/** List a directory once more. @return 0, or -1 with errno */
static int list_again(struct round *round, size_t number)
{
	struct listed_directory *listed = &round->directories->list[number];
	struct stat status;
	size_t size = append(round, 0, listed->path);
	if (!size)
		return -1;
	int fd = io_open_long(AT_FDCWD, listed->path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		listed->gone = true;
		return 0;
	}
	DIR *stream = fd >= 0 && fstat(fd, &status) == 0 ? fdopendir(fd) : NULL;
	if (!stream) {
		round->incomplete = true;
		if (fd >= 0)
			close(fd);
		return 0;
	}
	listed->stamp = stamp_of(&status);
	int result = visit_all(round, stream, size);
	int error = errno;
	closedir(stream);
	errno = error;
	return result;
}

/** List all that have changed, new ones too. @return 0, or -1 with errno */
static int run_round(struct round *round)
{
	struct directories *directories = round->directories;
	struct timespec begun;
	clock_gettime(CLOCK_REALTIME, &begun);
	if (directories->count > 0)
		qsort(directories->list, directories->count, sizeof(*directories->list),
			compare_paths);
	directories->sorted = directories->count;
	/* New ones are added behind the others. */
	for (size_t i = 0; i < directories->count; i++) {
		if (signals_caught()) {
			errno = EINTR;
			return -1;
		}
		if (has_changed(directories, &directories->list[i], &begun) &&
			list_again(round, i) != 0)
			return -1;
	}
	directories->begun = begun;
	return 0;
}

int directories_list_again(
	struct directories *directories, const struct directories_visitor *visitor)
{
	struct round round = {.directories = directories, .visitor = visitor};
	int changed = 1;
	for (int i = 0; i < ROUNDS; i++) {
		changed = directories_changed(directories);
		if (changed <= 0 || round.incomplete)
			break;
		changed = run_round(&round);
		if (changed < 0)
			break;
		changed = 1;
	}
	free(round.path);
	return changed < 0 ? -1 : changed || round.incomplete;
}

void directories_free(struct directories *directories)
{
	arena_free(&directories->arena);
	free(directories->list);
	*directories = (struct directories){0};
}
