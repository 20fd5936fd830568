#include "hash/opener.h"

#include "hash/open_beneath.h"
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** How a file is opened; should it be a FIFO by now, without waiting for its writer. */
#define OPEN_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY)

/** Open the root of a file, unless it is open already. @return 0, or -1 with errno */
static int open_root(struct opener *opener, const struct opening *opening)
{
	if (opener->root >= 0 && opener->root_size == opening->root_size &&
		memcmp(opener->root_path, opening->path, opening->root_size) == 0)
		return 0;
	char *path = strndup(opening->path, opening->root_size);
	if (!path)
		return -1;
	int root = open_beneath_root(path);
	if (root < 0) {
		free(path);
		return -1;
	}
	opener_free(opener);
	*opener = (struct opener){.root = root, .root_path = path, .root_size = opening->root_size};
	return 0;
}

/** Open a file that a walk found. @return a descriptor, or -1 with errno */
static int open_found(struct opener *opener, const struct opening *opening)
{
	if (open_root(opener, opening) != 0)
		return -1;
	/* Where the path is below the root; without a slash at its start. */
	const char *path = opening->path + opening->root_size;
	path += strspn(path, "/");
	int fd = open_beneath(opener->root, path);
	if (fd < 0 && errno == ELOOP && opening->kind == HASHER_FOLLOWED)
		fd = io_open_long(opener->root, path, OPEN_FLAGS);
	return fd;
}

/** What a file's mode means. */
static enum hasher_state state_of_mode(mode_t mode)
{
	if (S_ISREG(mode))
		return HASHER_DONE;
	return S_ISDIR(mode) ? HASHER_DIRECTORY : HASHER_SPECIAL;
}

/** Open a file that was named, if it is a regular one. @return as opener_open() */
static enum hasher_state open_named(struct opening *opening)
{
	const char *path = opening->path;
	enum hasher_state state = HASHER_FAILED;
	int led = io_lead(AT_FDCWD, &path);
	if (led == -1)
		return HASHER_FAILED;
	if (fstatat(led, path, &opening->status, 0) == 0)
		state = state_of_mode(opening->status.st_mode);
	if (state == HASHER_DONE) {
		opening->fd = io_openat(led, path, OPEN_FLAGS, 0);
		state = opening->fd < 0 ? HASHER_FAILED : HASHER_DONE;
	}
	io_leave(AT_FDCWD, led);
	return state;
}

enum hasher_state opener_open(struct opener *opener, struct opening *opening)
{
	opening->fd = -1;
	if (opening->kind == HASHER_NAMED) {
		enum hasher_state state = open_named(opening);
		if (state != HASHER_DONE)
			return state;
	} else {
		opening->fd = open_found(opener, opening);
		if (opening->fd < 0)
			return HASHER_FAILED;
	}
	clock_gettime(CLOCK_REALTIME, &opening->time);
	if (fstat(opening->fd, &opening->status) != 0)
		return HASHER_FAILED;
	return state_of_mode(opening->status.st_mode);
}

void opener_free(struct opener *opener)
{
	if (opener->root >= 0)
		close(opener->root);
	free(opener->root_path);
	*opener = OPENER_NONE;
}
