/*
 * A directory is opened beneath the nearest open directory above it, or beneath its root, with one
 * openat2(2) (hash/open_beneath.h). It has to be the directory that was listed, by device and
 * inode: if it was moved or exchanged meanwhile, the error is ESTALE, and nothing in it is read. So
 * where links are followed, they need not be checked again.
 *
 * A name in a directory is one component: O_NOFOLLOW is enough for it.
 *
 * Root opens files with O_NOATIME; otherwise every check would write to the disk that it checks. If
 * that is refused (EPERM, in a container for example), it is not tried again.
 */
#include "hash/opener.h"

#include "hash/open_beneath.h"
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** How a file is opened. If it is a FIFO by now, O_NONBLOCK does not wait for a writer. */
#define FILE_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY)
#define LIST_FLAGS (O_RDONLY | O_NONBLOCK | O_DIRECTORY)

/** A directory that is open. */
struct opener_directory {
	struct opener_directory *next;
	int fd;
	dev_t device;
	ino_t inode;
	/** Bytes of the root, and of the path below it. */
	size_t root_size;
	size_t size;
	/** The root, a NUL, and the path. */
	char path[];
};

void opener_begin(struct opener *opener, const struct stamp *owned, size_t owned_count)
{
	*opener = (struct opener){
		.no_atime = geteuid() == 0,
		.owned = owned,
		.owned_count = owned_count,
	};
}

static void close_quietly(int fd)
{
	int error = errno;
	close(fd);
	errno = error;
}

/** Close a directory. @param at the pointer to it in the list */
static void forget(struct opener_directory **at)
{
	struct opener_directory *directory = *at;
	*at = directory->next;
	close_quietly(directory->fd);
	free(directory);
}

bool opener_give_up(struct opener *opener)
{
	struct opener_directory **last = NULL;
	for (struct opener_directory **at = &opener->directories; *at; at = &(*at)->next) {
		if (*at != opener->in_use)
			last = at;
	}
	if (last)
		forget(last);
	return last;
}

/** openat(2), if need be with fewer directories kept open. */
static int open_at(struct opener *opener, int directory, const char *name, int flags)
{
	int fd;
	do {
		fd = io_openat(directory, name, flags, 0);
	} while (fd < 0 && (errno == EMFILE || errno == ENFILE) && opener_give_up(opener));
	return fd;
}

/** Insert a directory at the head of the list; it takes over the descriptor. @return it, or NULL
 * with errno ENOMEM */
static struct opener_directory *keep(struct opener *opener, int fd, const struct stat *status,
	const char *root, size_t root_size, const char *path, size_t size)
{
	struct opener_directory *directory = malloc(sizeof(*directory) + root_size + 1 + size);
	if (!directory) {
		close_quietly(fd);
		return NULL;
	}
	*directory = (struct opener_directory){
		.next = opener->directories,
		.fd = fd,
		.device = status->st_dev,
		.inode = status->st_ino,
		.root_size = root_size,
		.size = size,
	};
	memcpy(directory->path, root, root_size);
	directory->path[root_size] = '\0';
	memcpy(directory->path + root_size + 1, path, size);
	opener->directories = directory;
	size_t count = 0;
	for (struct opener_directory **at = &opener->directories; *at; at = &(*at)->next) {
		if (++count > OPENER_DIRECTORIES) {
			forget(at);
			break;
		}
	}
	return directory;
}

/** Whether a directory is the one of a task, or lies above it. */
static bool leads_to(const struct opener_directory *directory, const struct hasher_task *task)
{
	const char *path = directory->path + directory->root_size + 1;
	return directory->root_size == task->head.root_size &&
		directory->size <= task->head.directory_size &&
		(directory->size == 0 || directory->size == task->head.directory_size ||
			task->directory[directory->size] == '/') &&
		memcmp(path, task->directory, directory->size) == 0 &&
		memcmp(directory->path, task->root, directory->root_size) == 0;
}

static bool is_of_task(const struct opener_directory *directory, const struct hasher_task *task)
{
	return !task->head.inode ||
		(directory->device == task->head.device && directory->inode == task->head.inode);
}

/** Find the nearest open directory to that of a task. @return the pointer to it in the list, or
 * NULL */
static struct opener_directory **nearest(struct opener *opener, const struct hasher_task *task)
{
	struct opener_directory **found = NULL;
	for (struct opener_directory **at = &opener->directories; *at; at = &(*at)->next) {
		if (!leads_to(*at, task) || (found && (*at)->size <= (*found)->size))
			continue;
		found = at;
		if ((*at)->size == task->head.directory_size)
			break;
	}
	return found;
}

/** Open a task's directory beneath one above it, or beneath its root. @return it, or -1 */
static int open_directory(const struct opener_directory *above, const struct hasher_task *task)
{
	int root = -1;
	if (!above) {
		root = io_open_long(AT_FDCWD, task->root, O_PATH | O_DIRECTORY);
		if (root < 0 || task->head.directory_size == 0)
			return root;
	}
	int from = above ? above->fd : root;
	const char *path = task->directory + (above ? above->size : 0);
	path += *path == '/';
	int fd = open_beneath(from, path, O_PATH | O_DIRECTORY);
	if (fd < 0 && errno == ELOOP && task->head.follow)
		fd = io_open_long(from, path, O_PATH | O_DIRECTORY);
	if (root >= 0)
		close_quietly(root);
	return fd;
}

/** Open a task's directory anew. @return it, or NULL with errno */
static struct opener_directory *reach(
	struct opener *opener, const struct opener_directory *above, const struct hasher_task *task)
{
	int fd = open_directory(above, task);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		/* That may close the one above. */
		while (opener_give_up(opener))
			;
		fd = open_directory(NULL, task);
	}
	struct stat status;
	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) != 0) {
		close_quietly(fd);
		return NULL;
	}
	struct opener_directory opened = {.device = status.st_dev, .inode = status.st_ino};
	if (!is_of_task(&opened, task)) {
		close(fd);
		errno = ESTALE;
		return NULL;
	}
	return keep(opener, fd, &status, task->root, task->head.root_size, task->directory,
		task->head.directory_size);
}

/** Move a directory to the head of the list. @param at the pointer to it in the list */
static struct opener_directory *move_first(struct opener *opener, struct opener_directory **at)
{
	struct opener_directory *directory = *at;
	*at = directory->next;
	directory->next = opener->directories;
	opener->directories = directory;
	return directory;
}

/** Open the directory of a task, and mark it as in use. @return a descriptor, owned by the opener,
 * or -1 with errno */
static int find_directory(struct opener *opener, const struct hasher_task *task)
{
	struct opener_directory **at = nearest(opener, task), *directory = NULL;
	bool own = at && (*at)->size == task->head.directory_size;
	if (own && !is_of_task(*at, task)) {
		forget(at);
		at = nearest(opener, task);
		own = false;
	}
	if (own) {
		directory = move_first(opener, at);
	} else {
		directory = reach(opener, at ? *at : NULL, task);
		/* The one above may have been moved since it was opened: try from the root. */
		if (!directory && at && errno != ENOMEM)
			directory = reach(opener, NULL, task);
	}
	opener->in_use = directory;
	return directory ? directory->fd : -1;
}

/** The state of a file with this mode. */
static enum hasher_state state_of_mode(mode_t mode)
{
	if (S_ISREG(mode))
		return HASHER_DONE;
	if (S_ISLNK(mode))
		return HASHER_LINK;
	return S_ISDIR(mode) ? HASHER_DIRECTORY : HASHER_SPECIAL;
}

static bool is_owned(const struct opener *opener, const struct stat *status)
{
	for (size_t i = 0; i < opener->owned_count; i++) {
		if (opener->owned[i].device == status->st_dev &&
			opener->owned[i].inode == status->st_ino)
			return true;
	}
	return false;
}

/** Whether a file is unchanged since its known digest was computed. */
static bool is_known(const struct hasher_task *task, const struct stat *status)
{
	const struct stamp now = stamp_of(status);
	return task->head.has_known && S_ISREG(status->st_mode) &&
		stamp_is_known(&task->known, &now);
}

/** Open for reading, without changing the access time if that is allowed. */
static int open_file(struct opener *opener, int directory, const char *name, int flags)
{
	if (opener->no_atime) {
		int fd = open_at(opener, directory, name, flags | O_NOATIME);
		if (fd >= 0 || errno != EPERM)
			return fd;
		fd = open_at(opener, directory, name, flags);
		/* If that fails, too, O_NOATIME was not the reason. */
		opener->no_atime = fd < 0;
		return fd;
	}
	return open_at(opener, directory, name, flags);
}

/** Decide what to do with a file that has this status. */
static enum hasher_state judge(const struct opener *opener, const struct opening *opening)
{
	const struct hasher_head *head = &opening->task.head;
	enum hasher_state state = state_of_mode(opening->status.st_mode);
	if (state != HASHER_DONE)
		return state;
	if (head->kind != HASHER_NAMED && is_owned(opener, &opening->status))
		return HASHER_OWN;
	if (is_known(&opening->task, &opening->status))
		return HASHER_KNOWN;
	if (head->look)
		return HASHER_LOOKED_AT;
	if (opening->status.st_nlink > 1 && !head->linked)
		return HASHER_LINKED;
	return HASHER_DONE;
}

/**
 * Call stat(2) on a name, and open it if it is to be read.
 *
 * @param flags AT_SYMLINK_NOFOLLOW, or 0
 */
static enum hasher_state look_and_open(
	struct opener *opener, struct opening *opening, int directory, const char *name, int flags)
{
	if (fstatat(directory, name, &opening->status, flags) != 0)
		return HASHER_FAILED;
	enum hasher_state state = judge(opener, opening);
	if (state != HASHER_DONE)
		return state;
	opening->fd = open_file(opener, directory, name, FILE_FLAGS | (flags ? O_NOFOLLOW : 0));
	return opening->fd < 0 ? HASHER_FAILED : HASHER_DONE;
}

/** Open a file that was named. */
static enum hasher_state open_named(struct opener *opener, struct opening *opening)
{
	const char *path = opening->task.name;
	int led = io_lead(AT_FDCWD, &path);
	if (led == -1)
		return HASHER_FAILED;
	enum hasher_state state = look_and_open(opener, opening, led, path, 0);
	io_leave(AT_FDCWD, led);
	return state;
}

/** Open a file below a root. */
static enum hasher_state open_found(struct opener *opener, struct opening *opening)
{
	const struct hasher_task *task = &opening->task;
	int directory = find_directory(opener, task);
	if (directory < 0)
		return HASHER_FAILED;
	bool follow = task->head.follow;
	if (task->head.kind == HASHER_UNKNOWN || task->head.has_known || task->head.look)
		return look_and_open(
			opener, opening, directory, task->name, follow ? 0 : AT_SYMLINK_NOFOLLOW);
	opening->fd =
		open_file(opener, directory, task->name, FILE_FLAGS | (follow ? 0 : O_NOFOLLOW));
	return opening->fd < 0 ? HASHER_FAILED : HASHER_DONE;
}

enum hasher_state opener_open(struct opener *opener, struct opening *opening)
{
	opening->fd = -1;
	enum hasher_state state = opening->task.head.kind == HASHER_NAMED
		? open_named(opener, opening)
		: open_found(opener, opening);
	opener->in_use = NULL;
	if (state != HASHER_DONE)
		return state;
	clock_gettime(CLOCK_REALTIME, &opening->time);
	if (fstat(opening->fd, &opening->status) != 0)
		return HASHER_FAILED;
	return judge(opener, opening);
}

/** Open a directory for reading. For a link, O_DIRECTORY gives ENOTDIR; return ELOOP instead. */
static int open_directory_file(struct opener *opener, int directory, const char *name, bool follow)
{
	int fd = open_file(opener, directory, name, LIST_FLAGS | (follow ? 0 : O_NOFOLLOW));
	struct stat status;
	if (fd >= 0 || errno != ENOTDIR || follow)
		return fd;
	bool link = fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISLNK(status.st_mode);
	errno = link ? ELOOP : ENOTDIR;
	return -1;
}

/** Open a directory in another one. @return as opener_list() */
static enum hasher_state open_list(
	struct opener *opener, struct opening *opening, int directory, const char *name)
{
	const struct hasher_head *head = &opening->task.head;
	bool follow = head->follow || head->kind == HASHER_NAMED;
	int flags = AT_NO_AUTOMOUNT | (follow ? 0 : AT_SYMLINK_NOFOLLOW);
	/* Opening it could trigger an automount. */
	if (head->root_device && fstatat(directory, name, &opening->status, flags) == 0 &&
		S_ISDIR(opening->status.st_mode) && opening->status.st_dev != head->root_device)
		return HASHER_MOUNT;
	opening->fd = open_directory_file(opener, directory, name, follow);
	if (opening->fd < 0 || fstat(opening->fd, &opening->status) != 0)
		return HASHER_FAILED;
	if (head->root_device && opening->status.st_dev != head->root_device)
		return HASHER_MOUNT;
	return HASHER_LISTED;
}

enum hasher_state opener_list(struct opener *opener, struct opening *opening)
{
	const struct hasher_task *task = &opening->task;
	opening->fd = -1;
	if (task->head.kind != HASHER_NAMED) {
		int directory = find_directory(opener, task);
		enum hasher_state found = directory < 0
			? HASHER_FAILED
			: open_list(opener, opening, directory, task->name);
		opener->in_use = NULL;
		return found;
	}
	const char *path = task->name;
	int led = io_lead(AT_FDCWD, &path);
	if (led == -1)
		return HASHER_FAILED;
	enum hasher_state state = open_list(opener, opening, led, path);
	io_leave(AT_FDCWD, led);
	return state;
}

void opener_keep(struct opener *opener, struct opening *opening)
{
	const struct hasher_task *task = &opening->task;
	const struct hasher_head *head = &task->head;
	int fd = opening->fd;
	opening->fd = -1;
	if (head->kind == HASHER_NAMED) {
		keep(opener, fd, &opening->status, task->name, head->name_size, "", 0);
		return;
	}
	size_t size = head->directory_size + (head->directory_size > 0) + head->name_size;
	char *path = malloc(size + 1);
	if (!path) {
		close(fd);
		return;
	}
	memcpy(path, task->directory, head->directory_size);
	if (head->directory_size)
		path[head->directory_size] = '/';
	memcpy(path + size - head->name_size, task->name, head->name_size + 1);
	keep(opener, fd, &opening->status, task->root, head->root_size, path, size);
	free(path);
}

void opener_free(struct opener *opener)
{
	while (opener_give_up(opener))
		;
}
