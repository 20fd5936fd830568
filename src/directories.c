/*
 * Directories are listed one after the other. A file that is renamed meanwhile, from a directory
 * that is not listed yet into one that is, is found in neither. Each rename changes mtime and ctime
 * of both directories; so if no directory has changed since it was listed, nothing was missed.
 *
 * Two changes within one tick of the clock give the same times. Therefore a directory whose ctime
 * is not earlier than the start of the walk has changed, too, even if that was before it was listed.
 * (The clock may be that of a server: a ctime in the future proves nothing.) The start is taken from the
 * clock that file systems read, which is up to a tick behind the other: with that one, changes in the
 * tick of the start went unseen on file systems without finer stamps (ramfs: 55 of 687 walks beside a
 * file that was renamed all the time).
 *
 * Where something has changed, the changed directories are listed once more, so that only the lines of
 * files are in doubt of which one may have been renamed: a rename keeps size and mtime. (At first all
 * lines were kept that would be lost otherwise. But in a tree that is in use, some directory changes
 * during each long walk, and no line of a deleted file was ever dropped.) While that goes on, a file may
 * be renamed again, into a directory that was listed again already. So it is repeated until no directory
 * has changed meanwhile. Each round takes a stat(2) of each directory, and is far shorter than the
 * walk.
 *
 * One directory alone may go on changing, as that of a mail queue does: what is renamed between two
 * changes both. So where a round has listed that one only, wholly between two of its changes, and
 * nothing else has changed afterwards, nothing was missed.
 */
#include "directories.h"

#include "hash/open_beneath.h"
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
	/** Bytes of the path that are the root and a slash. */
	size_t prefix;
	/** Times of 0: it is new, and was not listed yet. */
	struct stamp stamp;
	/** It is not there any more. */
	bool gone;
};

/** Milliseconds that a tick of the clock takes at the most. */
#define TICK 10

/** Seconds that clocks of servers may differ from ours. */
#define CLOCKS_DIFFER 60

void directories_begin(struct directories *directories)
{
	clock_gettime(CLOCK_REALTIME_COARSE, &directories->begun);
}

/** Whether something may have changed since the walk began. */
static bool is_recent(const struct directories *directories, const struct timespec *ctime)
{
	return ctime->tv_sec >= directories->begun.tv_sec - CLOCKS_DIFFER;
}

int directories_add(struct directories *directories, const char *path, size_t size, size_t prefix,
	const struct stamp *stamp)
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
		(struct listed_directory){.path = copy, .prefix = prefix, .stamp = *stamp};
	directories->recent |= is_recent(directories, &stamp->ctime);
	return 0;
}

bool directories_may_have_replaced(
	const struct directories *directories, const struct timespec *ctime)
{
	return directories->recent || is_recent(directories, ctime);
}

/** @param now the time now */
static bool has_changed(const struct directories *directories,
	const struct listed_directory *listed, const struct timespec *now)
{
	struct stat status;
	if (listed->gone)
		return false;
	if (io_stat_long(listed->path, &status) != 0)
		return true;
	const struct stamp *before = &listed->stamp, after = stamp_of(&status);
	if (!stamp_same_file(before, &after) || !stamp_same_time(&before->mtime, &after.mtime) ||
		!stamp_same_time(&before->ctime, &after.ctime))
		return true;
	return !stamp_is_later(&directories->begun, &after.ctime) &&
		!stamp_is_later(&after.ctime, now);
}

int directories_changed(const struct directories *directories, size_t but)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	for (size_t i = 0; i < directories->count; i++) {
		if (signals_caught()) {
			errno = EINTR;
			return -1;
		}
		if (i != but && has_changed(directories, &directories->list[i], &now))
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

/** @return the directory that was listed under a path by the walk, or by a round before this one, or NULL
 */
static struct listed_directory *find(const struct directories *directories, const char *path)
{
	const struct listed_directory wanted = {.path = path};
	struct listed_directory *found = NULL;
	if (directories->sorted > 0)
		found = bsearch(&wanted, directories->list, directories->sorted, sizeof(wanted),
			compare_paths);
	return found && !found->gone ? found : NULL;
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
	/** The only directory that this round has listed, or DIRECTORIES_NONE; and how many it has. */
	size_t only;
	size_t listed;
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
static int visit(struct round *round, size_t number, int directory, size_t size, const char *name)
{
	struct stat status, link;
	bool follow = round->visitor->follow;
	struct directories *directories = round->directories;
	const struct listed_directory *parent = &directories->list[number];
	if (fstatat(directory, name, &status, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
		round->incomplete |= errno != ENOENT && errno != ELOOP;
		return 0;
	}
	size = append(round, size, name);
	if (!size)
		return -1;
	int enter = round->visitor->found(round->visitor->context, round->path, size, &status);
	if (enter <= 0 || !S_ISDIR(status.st_mode))
		return enter < 0 ? -1 : 0;
	const struct stamp new = {.device = status.st_dev, .inode = status.st_ino};
	struct listed_directory *listed = find(directories, round->path);
	if (listed && stamp_same_file(&listed->stamp, &new))
		return 0;
	if (listed)
		listed->gone = true;
	/* A link may lead back to where it is. */
	if (follow &&
		(fstatat(directory, name, &link, AT_SYMLINK_NOFOLLOW) != 0 ||
			S_ISLNK(link.st_mode))) {
		round->incomplete = true;
		return 0;
	}
	return directories_add(directories, round->path, size, parent->prefix, &new);
}

/** Pass all that is in a directory to the visitor. @return 0, or -1 with errno */
static int visit_all(struct round *round, size_t number, DIR *stream, size_t size)
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
			visit(round, number, dirfd(stream), size, name) != 0)
			return -1;
	}
}

static bool is_root(const struct listed_directory *listed)
{
	return strlen(listed->path) <= listed->prefix;
}

/** Open what has the path of a directory now. @return a descriptor, or -1 with errno */
static int open_again(const struct listed_directory *listed, bool follow)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NONBLOCK;
	if (follow || is_root(listed))
		return io_open_long(AT_FDCWD, listed->path, flags);
	char *path = listed->prefix ? strndup(listed->path, listed->prefix) : strdup(".");
	if (!path)
		return -1;
	int root = open_beneath_root(path);
	int fd = root >= 0 ? open_beneath(root, listed->path + listed->prefix, flags) : -1;
	int error = errno;
	if (root >= 0)
		close(root);
	free(path);
	errno = error;
	return fd;
}

/** Open a directory, if it is still the one that it was. @return as open_again() */
static int open_same(const struct listed_directory *listed, bool follow, struct stat *status)
{
	int fd = open_again(listed, follow);
	if (fd < 0)
		return -1;
	int error = fstat(fd, status) == 0 ? ENOENT : errno;
	const struct stamp now = stamp_of(status);
	if (error == ENOENT && stamp_same_file(&listed->stamp, &now))
		return fd;
	close(fd);
	errno = error;
	return -1;
}

/** Whether all that was found in a directory was there at one time: it has not changed since. */
static bool stood_still(int fd, const struct stat *before, const struct timespec *begun)
{
	struct stat after;
	return fstat(fd, &after) == 0 && stamp_same_time(&before->st_mtim, &after.st_mtim) &&
		stamp_same_time(&before->st_ctim, &after.st_ctim) &&
		stamp_is_later(begun, &before->st_ctim);
}

/** List a directory once more. @return 0, or -1 with errno */
static int list_again(struct round *round, size_t number)
{
	struct listed_directory *listed = &round->directories->list[number];
	struct timespec begun;
	struct stat status;
	size_t size = append(round, 0, listed->path);
	if (!size)
		return -1;
	round->listed++;
	clock_gettime(CLOCK_REALTIME_COARSE, &begun);
	int fd = open_same(listed, round->visitor->follow, &status);
	if (fd < 0 && !is_root(listed) && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) {
		/* If something else has its name now, the directory that it is in has changed. */
		listed->gone = true;
		return 0;
	}
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	if (!stream) {
		round->incomplete = true;
		if (fd >= 0)
			close(fd);
		return 0;
	}
	listed->stamp = stamp_of(&status);
	int result = visit_all(round, number, stream, size);
	int error = errno;
	round->only = stood_still(fd, &status, &begun) ? number : DIRECTORIES_NONE;
	closedir(stream);
	errno = error;
	return result;
}

/** List all that have changed, new ones too. @return 0, or -1 with errno */
static int run_round(struct round *round)
{
	struct directories *directories = round->directories;
	struct timespec begun, now;
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_REALTIME_COARSE, &begun);
	if (directories->count > directories->sorted)
		qsort(directories->list, directories->count, sizeof(*directories->list),
			compare_paths);
	directories->sorted = directories->count;
	round->listed = 0;
	/* New ones are added behind the others. */
	for (size_t i = 0; i < directories->count; i++) {
		if (signals_caught()) {
			errno = EINTR;
			return -1;
		}
		if (has_changed(directories, &directories->list[i], &now) &&
			list_again(round, i) != 0)
			return -1;
	}
	if (round->listed != 1)
		round->only = DIRECTORIES_NONE;
	directories->begun = begun;
	return 0;
}

/** Wait until the clock of the file systems has gone on, so that what changes from now on has another
 * time than what has changed. */
static void wait_for_tick(const struct directories *directories)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	struct timespec now;
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	for (int i = 0; i < TICK && !stamp_is_later(&now, &directories->begun); i++) {
		nanosleep(&pause, NULL);
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
	}
}

int directories_list_again(
	struct directories *directories, const struct directories_visitor *visitor)
{
	struct round round = {
		.directories = directories, .visitor = visitor, .only = DIRECTORIES_NONE};
	int changed = 1;
	for (int i = 0; i < ROUNDS; i++) {
		wait_for_tick(directories);
		changed = directories_changed(directories, round.only);
		if (changed <= 0 || round.incomplete)
			break;
		if (run_round(&round) != 0) {
			changed = -1;
			break;
		}
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
