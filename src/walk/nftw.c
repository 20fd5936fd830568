/*
 * The walk keeps one level for each directory from the root to where it is: the names not visited
 * yet, the directory's descriptor, and which directory it is. No recursion: depth costs 64 bytes of
 * heap a level, and no stack.
 *
 *   levels   0 (root) ... first_open ... depth - 1 (where the walk is)
 *            `- closed -'`---- open ----'
 *
 * Invariants:
 *  - the levels from first_open on have their descriptors open, at most `limit` of them;
 *  - the last level is open, or has no names left;
 *  - path[0, levels[i].length) is the path of level i, for each i < depth;
 *  - the names of level i lie in the block between levels[i].start and levels[i + 1].start.
 *
 * A directory is read to its end when it is entered, so that its descriptor can be closed while the
 * walk is far below it, and be opened again by ".." when the walk comes back. Both that and the
 * descent check device and inode: a directory that was moved or replaced is not taken for another.
 *
 * Where ".." leads elsewhere (the directory was moved meanwhile, or a link led into it), the walk
 * goes from the root again. Where that fails too,
 * the names left are lost, and the directory is reported.
 *
 * Descent opens with O_NOFOLLOW, unless links are followed. A mismatch there has one innocent
 * cause: the directory was a mount point of an automounter, and opening it mounted something. Then
 * the device has changed, and a second look finds what was opened; the walk goes on in it.
 *
 * A Linux source tree of 78,579 files takes 0.111 s of CPU, warm, most of it in fstatat(2); glibc's
 * nftw takes 0.116 s, find -type f -printf '%s' 0.145 s. statx(2) with a mask of what is needed is
 * no faster (0.113 s).
 */
#include "walk/nftw.h"

#include "sys/io.h"
#include "walk/names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_DESCRIPTORS 32
/** A directory and the one in it, on the way down as on the way up. */
#define LEAST_DESCRIPTORS 2

/** A directory on the current path. */
struct level {
	/** Length of its path ... */
	size_t length;
	/** ... with the slash that what it holds comes after. */
	size_t prefix;
	/** Offset of its last component. */
	size_t base;
	/** Where its names start in the block ... */
	size_t start;
	/** ... and the next one to visit, or NAMES_END. */
	size_t next;
	/** -1 while it is closed. Owned. */
	int fd;
	dev_t device;
	ino_t inode;
};

struct walk {
	nftw_visit *visit;
	void *context;
	bool sorted;
	bool follow;
	bool one_file_system;
	/** The path that is being visited, and the room for it. */
	char *path;
	size_t path_size;
	struct level *levels;
	size_t levels_size;
	size_t depth;
	size_t first_open;
	/** How many levels may be open. */
	size_t limit;
	struct names names;
	/** What is being visited: path, length, base and level are right, also in between. */
	struct nftw_entry entry;
	/** What entry.stat points to. */
	struct stat stat;
};

static bool same_directory(const struct stat *found, dev_t device, ino_t inode)
{
	return found->st_dev == device && found->st_ino == inode;
}

/** A flag that forbids to follow links, where that is not wanted of what `depth` levels lead to. */
static int unless_followed(const struct walk *walk, size_t depth, int flag)
{
	return depth > 0 && !walk->follow ? flag : 0;
}

static void close_quietly(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
}

/** Make room for a path of `length` bytes and its NUL. */
static int reserve_path(struct walk *walk, size_t length)
{
	size_t size = walk->path_size ? walk->path_size : 4096;
	char *path;

	if (walk->path && length < walk->path_size)
		return 0;
	while (size <= length)
		size *= 2;
	path = realloc(walk->path, size);
	if (!path)
		return -1;
	walk->path = path;
	walk->path_size = size;
	return 0;
}

static int visit(struct walk *walk, enum nftw_type type, int error)
{
	walk->entry.path = walk->path;
	walk->entry.type = type;
	walk->entry.error = error;
	return walk->visit(&walk->entry, walk->context);
}

/** Close the open level that is nearest to the root. */
static void close_first(struct walk *walk)
{
	struct level *level = &walk->levels[walk->first_open++];

	close_quietly(level->fd);
	level->fd = -1;
}

/**
 * Open a directory below the last level, with fewer levels open where the process or the system has
 * no descriptors left.
 */
static int open_below(struct walk *walk, const char *name)
{
	int parent = walk->depth ? walk->levels[walk->depth - 1].fd : AT_FDCWD;
	int flags = O_RDONLY | O_DIRECTORY | unless_followed(walk, walk->depth, O_NOFOLLOW);

	if (walk->depth - walk->first_open == walk->limit)
		close_first(walk);
	for (;;) {
		int fd = io_openat(parent, name, flags, 0);

		if (fd >= 0 || (errno != EMFILE && errno != ENFILE) ||
			walk->depth - walk->first_open < LEAST_DESCRIPTORS)
			return fd;
		close_first(walk);
	}
}

/** Whether a directory that was opened is the one that was visited, or is mounted on it by now. */
static bool is_expected(struct walk *walk, int fd, const char *name, struct stat *opened)
{
	struct stat again;
	int parent = walk->depth ? walk->levels[walk->depth - 1].fd : AT_FDCWD;
	int flags = unless_followed(walk, walk->depth, AT_SYMLINK_NOFOLLOW);

	if (fstat(fd, opened) < 0)
		return false;
	if (same_directory(opened, walk->stat.st_dev, walk->stat.st_ino))
		return true;
	if (opened->st_dev != walk->stat.st_dev && fstatat(parent, name, &again, flags) == 0 &&
		same_directory(&again, opened->st_dev, opened->st_ino))
		return true;
	errno = ESTALE;
	return false;
}

/** Add a level for the directory that is being visited. Takes `fd`, also where it fails. */
static struct level *push(struct walk *walk, int fd, const struct stat *opened)
{
	struct level *level;

	if (walk->depth == walk->levels_size) {
		size_t size = walk->levels_size ? 2 * walk->levels_size : 64;
		struct level *levels = reallocarray(walk->levels, size, sizeof(*levels));

		if (!levels) {
			close_quietly(fd);
			return NULL;
		}
		walk->levels = levels;
		walk->levels_size = size;
	}
	level = &walk->levels[walk->depth++];
	level->length = walk->entry.length;
	level->prefix = level->length + (walk->path[level->length - 1] != '/');
	level->base = walk->entry.base;
	level->start = walk->names.used;
	level->next = NAMES_END;
	level->fd = fd;
	level->device = opened->st_dev;
	level->inode = opened->st_ino;
	return level;
}

/** Whether a directory that the walk comes to is on another file system than the root. */
static bool is_elsewhere(const struct walk *walk, const struct stat *found)
{
	return walk->one_file_system && walk->depth > 0 && found->st_dev != walk->levels[0].device;
}

/** Whether the path to the directory that is being visited leads through it already. */
static bool is_loop(const struct walk *walk)
{
	for (size_t i = 0; walk->follow && i < walk->depth; i++) {
		const struct level *level = &walk->levels[i];

		if (same_directory(&walk->stat, level->device, level->inode))
			return true;
	}
	return false;
}

/** Go into the directory that was visited just now, and read its names. */
static int enter(struct walk *walk)
{
	const char *name = walk->depth ? walk->path + walk->entry.base : walk->path;
	int fd = open_below(walk, name), error;
	struct stat opened;
	struct level *level;

	if (fd < 0)
		return visit(walk, NFTW_DNR, errno);
	if (!is_expected(walk, fd, name, &opened)) {
		close_quietly(fd);
		return visit(walk, NFTW_DNR, errno);
	}
	if (is_elsewhere(walk, &opened)) {
		close(fd);
		walk->stat = opened;
		return visit(walk, NFTW_MOUNT, 0);
	}
	level = push(walk, fd, &opened);
	if (!level || names_read(&walk->names, fd, &level->next, &error) < 0)
		return -1;
	if (walk->sorted && names_sort(&walk->names, fd, walk->follow, &level->next) < 0)
		return -1;
	return error ? visit(walk, NFTW_DNR, error) : 0;
}

/** Visit what `path` names, whose stat gave `error`, and go in where it is a directory. */
static int visit_found(struct walk *walk, int error)
{
	int result;

	if (error) {
		memset(&walk->stat, 0, sizeof(walk->stat));
		return visit(walk, NFTW_NS, error);
	}
	if (S_ISLNK(walk->stat.st_mode))
		return visit(walk, NFTW_SL, 0);
	if (!S_ISDIR(walk->stat.st_mode))
		return visit(walk, NFTW_F, 0);
	if (is_elsewhere(walk, &walk->stat))
		return visit(walk, NFTW_MOUNT, 0);
	if (is_loop(walk))
		return visit(walk, NFTW_DNR, ELOOP);
	result = visit(walk, NFTW_D, 0);
	if (result == NFTW_SKIP)
		return 0;
	return result ? result : enter(walk);
}

/** Visit the next name of the last level. */
static int visit_next(struct walk *walk)
{
	struct level *level = &walk->levels[walk->depth - 1];
	const struct name *name = names_at(&walk->names, level->next);
	size_t size = strlen(name->text);
	int flags = unless_followed(walk, walk->depth, AT_SYMLINK_NOFOLLOW), error = 0;

	if (reserve_path(walk, level->prefix + size) < 0)
		return -1;
	walk->path[level->prefix - 1] = '/';
	memcpy(walk->path + level->prefix, name->text, size + 1);
	walk->entry.length = level->prefix + size;
	walk->entry.base = level->prefix;
	walk->entry.level = walk->depth;
	level->next = name->next;
	if (fstatat(level->fd, name->text, &walk->stat, flags) < 0)
		error = errno;
	return visit_found(walk, error);
}

static int visit_root(struct walk *walk, const char *root)
{
	size_t length = strlen(root), base = length;
	int error = 0;

	if (reserve_path(walk, length) < 0)
		return -1;
	memcpy(walk->path, root, length + 1);
	while (base > 0 && root[base - 1] == '/')
		base--;
	while (base > 0 && root[base - 1] != '/')
		base--;
	walk->entry.length = length;
	walk->entry.base = base;
	walk->entry.level = 0;
	if (stat(root, &walk->stat) < 0)
		error = errno;
	return visit_found(walk, error);
}

/** Open a directory again that was a level's. @return a descriptor for lookups only, or -1 */
static int open_again(int parent, const char *name, int flags, const struct level *level)
{
	int fd = io_openat(parent, name, O_PATH | O_DIRECTORY | flags, 0);
	struct stat opened;

	if (fd < 0)
		return -1;
	if (fstat(fd, &opened) == 0 && same_directory(&opened, level->device, level->inode))
		return fd;
	close(fd);
	errno = ESTALE;
	return -1;
}

/** Open the last level again, step by step from the root. */
static int open_from_root(struct walk *walk)
{
	int fd = AT_FDCWD;

	for (size_t i = 0; i < walk->depth; i++) {
		const struct level *level = &walk->levels[i];
		const char *name = walk->path + (i ? walk->levels[i - 1].prefix : 0);
		char *end = walk->path + level->length, after = *end;
		int next;

		*end = '\0';
		next = open_again(fd, name, unless_followed(walk, i, O_NOFOLLOW), level);
		*end = after;
		if (i)
			close_quietly(fd);
		if (next < 0)
			return -1;
		fd = next;
	}
	return fd;
}

/** The last level cannot be reached any more: report it, in place of the names left. */
static int lose(struct walk *walk, int error)
{
	struct level *level = &walk->levels[walk->depth - 1];

	level->next = NAMES_END;
	walk->path[level->length] = '\0';
	walk->entry.length = level->length;
	walk->entry.base = level->base;
	walk->entry.level = walk->depth - 1;
	memset(&walk->stat, 0, sizeof(walk->stat));
	walk->stat.st_mode = S_IFDIR;
	walk->stat.st_dev = level->device;
	walk->stat.st_ino = level->inode;
	return visit(walk, NFTW_DNR, error);
}

/** Open the last level again where it is closed. @param below what was open below it, or -1 */
static int reopen(struct walk *walk, int below)
{
	struct level *level = &walk->levels[walk->depth - 1];

	if (walk->depth > walk->first_open)
		return 0;
	level->fd = below < 0 ? -1 : open_again(below, "..", 0, level);
	if (level->fd < 0 && level->next != NAMES_END) {
		level->fd = open_from_root(walk);
		if (level->fd < 0)
			return lose(walk, errno);
	}
	if (level->fd >= 0)
		walk->first_open = walk->depth - 1;
	return 0;
}

/** Go back to the directory that holds the last level. */
static int leave(struct walk *walk)
{
	struct level *level = &walk->levels[--walk->depth];
	int below = level->fd, result = 0;

	walk->names.used = level->start;
	if (walk->first_open > walk->depth)
		walk->first_open = walk->depth;
	if (walk->depth > 0)
		result = reopen(walk, below);
	if (below >= 0)
		close_quietly(below);
	return result;
}

int nftw_walk(
	const char *root, const struct nftw_options *options, nftw_visit *visitor, void *context)
{
	struct walk walk = {
		.visit = visitor,
		.context = context,
		.sorted = options->sorted,
		.follow = options->follow,
		.one_file_system = options->one_file_system,
		.limit = options->descriptors ? options->descriptors : DEFAULT_DESCRIPTORS,
		.names = {.alive = options->alive, .context = context},
		.entry = {.stat = &walk.stat},
	};
	int result;

	if (walk.limit < LEAST_DESCRIPTORS)
		walk.limit = LEAST_DESCRIPTORS;
	result = visit_root(&walk, root);
	while (result == 0 && walk.depth > 0) {
		if (walk.levels[walk.depth - 1].next == NAMES_END)
			result = leave(&walk);
		else
			result = visit_next(&walk);
	}
	while (walk.first_open < walk.depth)
		close_first(&walk);
	names_free(&walk.names);
	free(walk.levels);
	free(walk.path);
	return result;
}
