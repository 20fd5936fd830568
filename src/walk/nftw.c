/*
 * Why not glibc's nftw (2.36): where getdents64 fails it returns 0 with entries missing and calls
 * nobody; a directory that vanished ends its walk; it opens subdirectories through links put in
 * their place; a FIFO looks like a regular file; and paths of PATH_MAX bytes cannot be opened. Here
 * each of these concerns the one entry that it happens to, and is reported for it.
 *
 * The walk is a stack of levels, one for each directory between the root and where it is. A
 * directory is read at once, to its end or to its error, so that no stream of entries has to be
 * kept while its subdirectories are walked, then its entries are visited in order:
 *
 *     enter: openat, fstat, getdents64 ... ──► names ──► (sorted) ──► fstatat, visit, enter ...
 *
 * Invariants: the level on top has its descriptor, but where it was lost; the levels below have
 * theirs as long as there is room. One that was closed is opened again through "..", or step by
 * step from the root, and is taken only if it is the directory that it was (device and inode). So a
 * directory that is moved or replaced meanwhile leads nowhere else, and its rest is reported.
 *
 * Each level keeps its buffers for the next directory at its depth.
 */
#include "walk/nftw.h"

#include "sys/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

/** Descriptors to keep open where the caller does not say. */
#define DEFAULT_DESCRIPTORS 32

/** Bytes that are asked of getdents64 at once. */
#define READ_SIZE ((size_t)64 << 10)

/** What getdents64(2) writes. */
struct kernel_entry {
	uint64_t inode;
	int64_t offset;
	unsigned short size;
	unsigned char type;
	char name[];
};

/** A directory on the way to where the walk is. */
struct level {
	/** -1 where it is closed. */
	int fd;
	dev_t device;
	ino_t inode;
	/** Bytes of the path up to and with this directory and its slash. */
	size_t path_size;
	/** Its entries: a byte of type (as d_type), the name, a NUL; and where the names are, in
	 * order. */
	char *block;
	size_t block_size;
	size_t block_room;
	const char **names;
	size_t names_room;
	size_t count;
	/** The next one to be visited. */
	size_t next;
};

struct walk {
	const struct nftw_options *options;
	nftw_visit *visit;
	void *context;
	const char *root;
	/** The path of the entry that is visited. */
	char *path;
	size_t path_room;
	/** Levels 0 to depth - 1 are in use, those behind keep their buffers. */
	struct level *levels;
	size_t depth;
	size_t levels_room;
	/** How many levels have their descriptor, and may have. */
	size_t open;
	size_t open_max;
	char *read_buffer;
};

/**
 * Make sure that an array has room.
 *
 * @return the array, moved perhaps; or NULL with errno ENOMEM, and the array as it was
 */
static void *grow(void *array, size_t *room, size_t needed, size_t size)
{
	if (needed <= *room)
		return array;
	size_t more = *room ? *room : 32;
	while (more < needed)
		more *= 2;
	array = reallocarray(array, more, size);
	if (array)
		*room = more;
	return array;
}

/** Keep one entry of the directory that is read. @return 0, or -1 with errno ENOMEM */
static int keep_entry(struct level *level, const struct kernel_entry *entry)
{
	const char *name = entry->name;
	if (name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0')))
		return 0;
	size_t size = strlen(name) + 1;
	char *block = grow(level->block, &level->block_room, level->block_size + 1 + size, 1);
	if (!block)
		return -1;
	level->block = block;
	block += level->block_size;
	*block++ = (char)entry->type;
	memcpy(block, name, size);
	level->block_size += 1 + size;
	level->count++;
	return 0;
}

/**
 * Read a directory to its end, or to its error.
 *
 * @param error why it could not be read to its end, or 0; what was read before that is kept
 * @return 0, or -1 with errno ENOMEM
 */
static int read_directory(struct walk *walk, struct level *level, int *error)
{
	level->block_size = 0;
	level->count = 0;
	level->next = 0;
	for (;;) {
		long got = syscall(SYS_getdents64, level->fd, walk->read_buffer, READ_SIZE);
		if (got < 0 && errno == EINTR)
			continue;
		*error = got < 0 ? errno : 0;
		if (got <= 0)
			return 0;
		for (long at = 0; at < got;) {
			const struct kernel_entry *entry = (const void *)(walk->read_buffer + at);
			if (keep_entry(level, entry) != 0)
				return -1;
			at += entry->size;
		}
	}
}

/** Find where the names are, now that the block does not move any more. @return 0, or -1 */
static int find_names(struct level *level)
{
	const char **names = grow(level->names, &level->names_room, level->count, sizeof(*names));
	if (!names && level->count)
		return -1;
	level->names = names;
	const char *name = level->block + 1;
	for (size_t i = 0; i < level->count; i++) {
		names[i] = name;
		name += strlen(name) + 2;
	}
	return 0;
}

/** The type of an entry, as the directory told it. */
static unsigned char *type_of(const char *name)
{
	return (unsigned char *)name - 1;
}

/** Some file systems do not tell the type: ask for what the order needs to know. */
static void find_types(struct level *level)
{
	for (size_t i = 0; i < level->count; i++) {
		struct stat stat;
		unsigned char *type = type_of(level->names[i]);
		if (*type == DT_UNKNOWN &&
		        fstatat(level->fd, level->names[i], &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
		        S_ISDIR(stat.st_mode))
			*type = DT_DIR;
	}
}

/** The byte of a path after all bytes of this name that were compared. */
static int byte_after(const char *name, size_t size)
{
	if (name[size])
		return (unsigned char)name[size];
	return *type_of(name) == DT_DIR ? '/' : '\0';
}

/** Compare the paths that begin with these names. */
static int compare_names(const void *one, const void *other)
{
	const char *a = *(const char *const *)one;
	const char *b = *(const char *const *)other;
	size_t size = 0;
	while (a[size] && a[size] == b[size])
		size++;
	return byte_after(a, size) - byte_after(b, size);
}

/** The level that the walk is in. */
static struct level *top(const struct walk *walk)
{
	return &walk->levels[walk->depth - 1];
}

static void close_level(struct walk *walk, struct level *level)
{
	if (level->fd < 0)
		return;
	close(level->fd);
	level->fd = -1;
	walk->open--;
}

/** Close the descriptor nearest to the root, but that of the top. @return whether there was one */
static bool close_oldest(struct walk *walk)
{
	for (size_t i = 0; i + 1 < walk->depth; i++) {
		if (walk->levels[i].fd >= 0) {
			close_level(walk, &walk->levels[i]);
			return true;
		}
	}
	return false;
}

/** Open a directory; where there are no more descriptors, close others. @return as openat(2) */
static int open_directory(struct walk *walk, int parent, const char *name, int flags)
{
	if (walk->open >= walk->open_max)
		close_oldest(walk);
	for (;;) {
		int fd = io_openat(parent, name, flags, 0);
		if (fd >= 0 || (errno != EMFILE && errno != ENFILE))
			return fd;
		int error = errno;
		if (!close_oldest(walk)) {
			errno = error;
			return -1;
		}
		/* Leave one to others: this was one too many. */
		walk->open_max = walk->open > 2 ? walk->open : 2;
	}
}

/** Whether a descriptor is the directory of a level. */
static bool is_level(int fd, const struct level *level)
{
	struct stat stat;
	return fstat(fd, &stat) == 0 && stat.st_dev == level->device && stat.st_ino == level->inode;
}

/**
 * Open the directory of a level again, step by step from the root.
 *
 * @return a descriptor, or -1 with errno; ESTALE where another one is in its place
 */
static int reopen_from_root(struct walk *walk, size_t depth)
{
	int fd = open_directory(walk, AT_FDCWD, walk->root, DIRECTORY_FLAGS & ~O_NOFOLLOW);
	for (size_t i = 0; fd >= 0; i++) {
		if (!is_level(fd, &walk->levels[i])) {
			close(fd);
			errno = ESTALE;
			return -1;
		}
		if (i == depth)
			return fd;
		/* The name of the next level, without its slash. */
		size_t end = walk->levels[i + 1].path_size - 1;
		walk->path[end] = '\0';
		int next = open_directory(
		        walk, fd, walk->path + walk->levels[i].path_size, DIRECTORY_FLAGS);
		walk->path[end] = '/';
		int error = errno;
		close(fd);
		errno = error;
		fd = next;
	}
	return -1;
}

/** Make sure that the level below the top has its descriptor. @return 0, or -1 with errno */
static int reopen_parent(struct walk *walk)
{
	struct level *child = top(walk);
	struct level *parent = child - 1;
	if (parent->fd >= 0)
		return 0;
	if (child->fd >= 0) {
		parent->fd = open_directory(walk, child->fd, "..", DIRECTORY_FLAGS);
		if (parent->fd >= 0 && !is_level(parent->fd, parent)) {
			close(parent->fd);
			parent->fd = -1;
		}
	}
	if (parent->fd < 0)
		parent->fd = reopen_from_root(walk, walk->depth - 2);
	if (parent->fd < 0)
		return -1;
	walk->open++;
	return 0;
}

/** Call the visitor for walk->path. @return what it returns */
static int visit(struct walk *walk, size_t size, size_t base, size_t level, enum nftw_type type,
        int error, const struct stat *stat)
{
	struct nftw_entry entry = {
	        .path = walk->path,
	        .length = size,
	        .base = base,
	        .level = level,
	        .type = type,
	        .error = error,
	        .stat = stat,
	};
	return walk->visit(&entry, walk->context);
}

/** Use the next level for an open directory, whose path ends at `size`. @return 0, or -1 */
static int push(struct walk *walk, int fd, const struct stat *stat, size_t size)
{
	size_t old = walk->levels_room;
	struct level *levels =
	        grow(walk->levels, &walk->levels_room, walk->depth + 1, sizeof(*levels));
	if (!levels)
		return -1;
	for (size_t i = old; i < walk->levels_room; i++)
		levels[i] = (struct level){.fd = -1};
	walk->levels = levels;
	walk->depth++;
	walk->open++;
	struct level *level = top(walk);
	level->fd = fd;
	level->device = stat->st_dev;
	level->inode = stat->st_ino;
	level->path_size = size;
	if (walk->path[size - 1] != '/') {
		walk->path[size] = '/';
		level->path_size++;
	}
	return 0;
}

/**
 * Enter a directory that was visited: open and read it.
 *
 * @param name what to open relative to `parent`
 * @param stat what the visitor was told
 * @param size bytes of its path
 * @return 0, what the visitor returned, or -1 with errno
 */
static int enter(struct walk *walk, int parent, const char *name, int flags,
        const struct stat *stat, size_t size, size_t base)
{
	struct stat opened;
	int fd = open_directory(walk, parent, name, flags);
	int error = fd < 0 ? errno : 0;
	if (fd >= 0 && fstat(fd, &opened) != 0)
		error = errno;
	else if (fd >= 0 && (opened.st_dev != stat->st_dev || opened.st_ino != stat->st_ino))
		error = ESTALE;
	if (error) {
		if (fd >= 0)
			close(fd);
		return visit(walk, size, base, walk->depth, NFTW_DNR, error, stat);
	}
	if (push(walk, fd, stat, size) != 0) {
		close(fd);
		return -1;
	}
	struct level *level = top(walk);
	if (read_directory(walk, level, &error) != 0 || find_names(level) != 0)
		return -1;
	if (walk->options->sorted) {
		find_types(level);
		qsort(level->names, level->count, sizeof(*level->names), compare_names);
	}
	if (!error)
		return 0;
	walk->path[size] = '\0';
	int status = visit(walk, size, base, walk->depth - 1, NFTW_DNR, error, stat);
	walk->path[level->path_size - 1] = '/';
	return status;
}

/** Visit one entry of the top level, and enter it. @return as enter() */
static int visit_entry(struct walk *walk, const char *name)
{
	static const struct stat none;
	struct level *level = top(walk);
	size_t base = level->path_size;
	size_t name_size = strlen(name);
	size_t size = base + name_size;
	/* For a slash and a NUL. */
	char *path = grow(walk->path, &walk->path_room, size + 2, 1);
	if (!path)
		return -1;
	walk->path = path;
	memcpy(path + base, name, name_size + 1);

	struct stat stat;
	if (fstatat(level->fd, name, &stat, AT_SYMLINK_NOFOLLOW) != 0)
		return visit(walk, size, base, walk->depth, NFTW_NS, errno, &none);
	if (S_ISLNK(stat.st_mode))
		return visit(walk, size, base, walk->depth, NFTW_SL, 0, &stat);
	if (!S_ISDIR(stat.st_mode))
		return visit(walk, size, base, walk->depth, NFTW_F, 0, &stat);
	int status = visit(walk, size, base, walk->depth, NFTW_D, 0, &stat);
	if (status != 0)
		return status;
	return enter(walk, level->fd, name, DIRECTORY_FLAGS, &stat, size, base);
}

/** The last component of a root: what is after the last slash that is not at its end. */
static size_t root_base(const char *root)
{
	size_t size = strlen(root);
	while (size > 1 && root[size - 1] == '/')
		size--;
	while (size > 0 && root[size - 1] != '/')
		size--;
	return root[size] ? size : 0;
}

/** Visit the root, and enter it. @return as enter() */
static int visit_root(struct walk *walk)
{
	size_t size = strlen(walk->root);
	size_t base = root_base(walk->root);
	walk->path = grow(NULL, &walk->path_room, size + 2, 1);
	if (!walk->path)
		return -1;
	memcpy(walk->path, walk->root, size + 1);

	struct stat stat = {0};
	if (fstatat(AT_FDCWD, walk->root, &stat, 0) != 0) {
		stat = (struct stat){0};
		return visit(walk, size, base, 0, NFTW_NS, errno, &stat);
	}
	if (!S_ISDIR(stat.st_mode))
		return visit(walk, size, base, 0, NFTW_F, 0, &stat);
	int status = visit(walk, size, base, 0, NFTW_D, 0, &stat);
	if (status != 0)
		return status;
	return enter(walk, AT_FDCWD, walk->root, DIRECTORY_FLAGS & ~O_NOFOLLOW, &stat, size, base);
}

/** Leave the top level; its parent is needed again where it has entries left. @return as enter() */
static int leave(struct walk *walk)
{
	struct level *level = top(walk);
	struct level *parent = level - 1;
	int error = 0;
	if (walk->depth > 1 && parent->next < parent->count && reopen_parent(walk) != 0)
		error = errno;
	close_level(walk, level);
	walk->depth--;
	if (!error)
		return 0;
	/* What is left of the parent cannot be reached any more. */
	struct stat stat = {.st_dev = parent->device, .st_ino = parent->inode};
	parent->next = parent->count;
	/* Without its slash, but for the root directory. */
	size_t size = parent->path_size > 1 ? parent->path_size - 1 : 1;
	char *end = &walk->path[size];
	size_t base = size;
	while (base > 0 && walk->path[base - 1] != '/')
		base--;
	char kept = *end;
	*end = '\0';
	int status = visit(walk, size, base, walk->depth - 1, NFTW_DNR, error, &stat);
	*end = kept;
	return status;
}

static void free_walk(struct walk *walk)
{
	for (size_t i = 0; i < walk->levels_room; i++) {
		struct level *level = &walk->levels[i];
		close_level(walk, level);
		free(level->block);
		free(level->names);
	}
	free(walk->levels);
	free(walk->path);
	free(walk->read_buffer);
}

int nftw_walk(
        const char *root, const struct nftw_options *options, nftw_visit *visitor, void *context)
{
	struct walk walk = {
	        .options = options,
	        .visit = visitor,
	        .context = context,
	        .root = root,
	        .open_max = options->descriptors ? options->descriptors : DEFAULT_DESCRIPTORS,
	        .read_buffer = malloc(READ_SIZE),
	};
	int status = walk.read_buffer ? visit_root(&walk) : -1;
	while (status == 0 && walk.depth) {
		struct level *level = top(&walk);
		if (level->next < level->count)
			status = visit_entry(&walk, level->names[level->next++]);
		else
			status = leave(&walk);
	}
	int error = errno;
	free_walk(&walk);
	errno = error;
	return status;
}
