/*
 * The lock is one of fcntl(2), besides the lock of the target: two targets whose names are too long
 * may have the same journal. It belongs to the process: workers do not inherit it, and cannot hold
 * it when the parent is gone. It is lost if the parent opens and closes the file anywhere else.
 *
 * After the file is locked, its name is looked up again: the run before may have removed it.
 */
#include "manifest/journal_file.h"

#include "manifest/beside.h"
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/** How often the file may vanish while it is looked at before that counts as being in use. */
#define MAX_TRIES 100

/** Whether a file may be a journal: a regular one of ours, closed to others, with one name. */
static bool is_safe(const struct stat *status)
{
	return S_ISREG(status->st_mode) && (status->st_mode & 07777) == 0600 &&
		status->st_uid == geteuid() && status->st_nlink == 1;
}

/** Whether the file that is open is at its name. */
static bool is_at_name(const struct journal_file *file)
{
	struct stat named;
	if (fstatat(file->directory, file->name, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	struct stamp stamp = stamp_of(&named);
	return stamp_same_file(&stamp, &file->stamp);
}

/** Make the file. @return 1, 0 to try again, or -1 with errno and nothing left */
static int make(struct journal_file *file)
{
	struct stat status;
	file->fd = io_openat(file->directory, file->name,
		O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY, 0600);
	if (file->fd < 0)
		return errno == EEXIST ? 0 : -1;
	file->made = true;
	/* The umask may have taken more. */
	if (fchmod(file->fd, 0600) == 0 && fstat(file->fd, &status) == 0 && is_safe(&status))
		return 1;
	unlinkat(file->directory, file->name, 0);
	errno = ENOTSUP;
	return -1;
}

/** Open the file that is there. @return 1, 0 to try again, or -1 with errno */
static int open_found(struct journal_file *file)
{
	file->made = false;
	file->fd = io_openat(
		file->directory, file->name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (file->fd < 0)
		return errno == ENOENT || errno == ELOOP ? 0 : -1;
	return 1;
}

/** Lock the file, where the file system can. @return 0, or -1 with errno EBUSY */
static int lock(const struct journal_file *file)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	if (fcntl(file->fd, F_SETLK, &whole) == 0 || (errno != EACCES && errno != EAGAIN))
		return 0;
	errno = EBUSY;
	return -1;
}

/** What came of a try to take the file. */
enum taken {
	TAKEN_FAILED = -1,
	TAKEN_UNSAFE,
	TAKEN,
	/** It was made or removed by somebody meanwhile. */
	TAKEN_AGAIN,
};

static enum taken take(struct journal_file *file)
{
	struct stat status;
	int opened;
	/* Nothing is opened to find out what it is. */
	if (fstatat(file->directory, file->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		opened = errno == ENOENT ? make(file) : -1;
	else if (is_safe(&status))
		opened = open_found(file);
	else
		return TAKEN_UNSAFE;
	if (opened == 0)
		return TAKEN_AGAIN;
	if (opened < 0 || fstat(file->fd, &status) < 0)
		return TAKEN_FAILED;
	if (!is_safe(&status))
		return status.st_nlink == 0 ? TAKEN_AGAIN : TAKEN_UNSAFE;
	file->stamp = stamp_of(&status);
	if (lock(file) < 0)
		return TAKEN_FAILED;
	return is_at_name(file) ? TAKEN : TAKEN_AGAIN;
}

int journal_file_open(struct journal_file *file, const char *target)
{
	char name[NAME_MAX + 1];
	file->directory = beside_open(target, name);
	if (file->directory < 0)
		return -1;
	beside_name(name, BESIDE_JOURNAL, file->name);
	for (int tries = 0; tries < MAX_TRIES; tries++) {
		enum taken taken = take(file);
		if (taken != TAKEN_AGAIN)
			return (int)taken;
		if (file->fd >= 0)
			close(file->fd);
		file->fd = -1;
	}
	errno = EBUSY;
	return -1;
}

/** Write the name of what is to replace the journal, and remove what a killed run has left there. */
static void clear_other(const struct journal_file *file, char name[static NAME_MAX + 1])
{
	struct stat left;
	beside_name(file->name, BESIDE_TEMPORARY, name);
	if (fstatat(file->directory, name, &left, AT_SYMLINK_NOFOLLOW) == 0 && is_safe(&left))
		unlinkat(file->directory, name, 0);
}

int journal_file_remove(const struct journal_file *file)
{
	char other[NAME_MAX + 1];
	if (!is_at_name(file))
		return 0;
	/* Without the journal beside it, it would be listed as a file of the tree. */
	clear_other(file, other);
	return unlinkat(file->directory, file->name, 0);
}

int journal_file_open_other(const struct journal_file *file, struct journal_file *other)
{
	struct stat made;
	other->directory = fcntl(file->directory, F_DUPFD_CLOEXEC, 3);
	if (other->directory < 0)
		return -1;
	clear_other(file, other->name);
	if (make(other) < 1)
		return -1;
	if (fstat(other->fd, &made) < 0)
		return -1;
	other->stamp = stamp_of(&made);
	return 0;
}

int journal_file_exchange(const struct journal_file *file, const struct journal_file *other)
{
	if (!is_at_name(file)) {
		errno = EBUSY;
		return -1;
	}
	return renameat(file->directory, other->name, file->directory, file->name);
}

void journal_file_close(struct journal_file *file)
{
	int saved_errno = errno;
	if (file->fd >= 0)
		close(file->fd);
	if (file->directory >= 0)
		close(file->directory);
	file->fd = file->directory = -1;
	errno = saved_errno;
}
