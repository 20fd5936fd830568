/*
 * A file is replaced in this order: write .NAME.treesum beside it, give it owner, mode and
 * attributes (manifest/attributes.h), fsync, rename, fsync of the directory. Killed at any point,
 * the old file or the new one is there. All names are relative to a descriptor of the directory, so
 * that it does not matter where the process has gone since.
 *
 * The temporary is the lock, too. It has one name for each target, and its maker holds a flock(2)
 * on it. Who finds the name taken tries that flock: refused, another run is at work (EBUSY);
 * granted, its maker was killed, and the leftover is removed. So the lock needs no file of its own,
 * nothing piles up after kills, and a target that does not exist yet is locked like any other. Why
 * it holds:
 *
 *   1. Only who has the flock of the file at the name renames or removes it.
 *   2. The flock is given up only after the name is gone.
 *   3. Who was granted a flock looks again whether the file still is at the name: its maker may
 * have renamed it meanwhile, or another run may have taken a file, made but not yet locked, for a
 *      leftover. If not, all begins again.
 *
 * Rejected: a flock on the target (no file yet, and a rename leaves the next run locking the old
 * one), on the directory (two targets in one directory would exclude each other), a lock file
 * beside (needs the same care, and stays behind). A name that cannot be guessed would need one of
 * these besides; what a stranger can do with a known name is to occupy it, and have the run refused
 * (EEXIST): it is made with O_EXCL, never followed, and a leftover is removed, not written to, and
 * only if it is a regular file of ours with one link.
 */
#include "manifest/replacement.h"

#include "manifest/attributes.h"
#include "manifest/beside.h"
#include "sys/io.h"
#include "sys/linux_calls.h"
#include "sys/signals.h"
#include "sys/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/** How often a temporary may vanish while it is looked at before that counts as being in use. */
#define MAX_TRIES 100

/** Whether a file may be a leftover: a regular file of ours, known by no other name. */
static bool is_ours(const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_uid == geteuid() && status->st_nlink == 1;
}

/**
 * Open the temporary, made new or, where there is one, as it is.
 *
 * @return a descriptor, or -1 with errno (EAGAIN: it has just gone)
 */
static int open_temporary(struct replacement *file, mode_t mode, bool *made)
{
	int fd = io_openat(
		file->directory, file->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode);

	*made = fd >= 0;
	if (fd >= 0 || errno != EEXIST)
		return fd;
	fd = io_openat(
		file->directory, file->temporary, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		errno = EAGAIN;
	else if (errno == EACCES)
		/* Another user's. */
		errno = EBUSY;
	else if (errno == ELOOP || errno == ENXIO)
		/* A link, a socket. */
		errno = EEXIST;
	return -1;
}

/**
 * Lock the temporary that is open, and remove it if it is a leftover.
 *
 * @return 1 with a new one locked, 0 to try again, or -1 with errno
 */
static int lock_temporary(struct replacement *file, bool made)
{
	struct stat opened;
	struct stat named;

	/* Where nothing can be locked, that the name was free has to do for the maker. */
	if (flock(file->fd, LOCK_EX | LOCK_NB) < 0 && (errno == EWOULDBLOCK || !made)) {
		errno = EBUSY;
		return -1;
	}
	if (fstat(file->fd, &opened) < 0)
		goto fail;
	if (fstatat(file->directory, file->temporary, &named, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		goto fail;
	}
	if (!stamp_same_stat(&opened, &named))
		return 0;
	if (made) {
		file->pending = true;
		file->made = opened;
		return 1;
	}
	if (!is_ours(&named)) {
		errno = EEXIST;
		return -1;
	}
	return unlinkat(file->directory, file->temporary, 0);

fail:
	/* Not looked at, the name still is ours, but for a race that rule 3 is about. */
	file->pending = made;
	return -1;
}

static int make_temporary(struct replacement *file, mode_t mode)
{
	for (int tries = 0; tries < MAX_TRIES; tries++) {
		bool made;
		int locked;

		file->fd = open_temporary(file, mode, &made);
		if (file->fd < 0 && errno != EAGAIN)
			return -1;
		if (file->fd < 0)
			continue;
		locked = lock_temporary(file, made);
		if (locked != 0)
			return locked < 0 ? -1 : 0;
		close(file->fd);
		file->fd = -1;
	}
	errno = EBUSY;
	return -1;
}

/** Under the lock: take note of the file that is replaced, if there is one. */
static int look_at_target(struct replacement *file, const char *path)
{
	struct stat followed;

	if (stat(path, &followed) < 0)
		return errno == ENOENT ? 0 : -1;
	if (fstatat(file->directory, file->target, &file->old, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	/* A link of /proc to a file that is gone, or has another name now. */
	if (!stamp_same_stat(&followed, &file->old)) {
		errno = ENOENT;
		return -1;
	}
	file->replaces = true;
	return 0;
}

/**
 * Open the target as `>` would, but without cutting it off.
 *
 * @return a descriptor, or -1 with errno
 */
static int open_target(const struct replacement *file)
{
	return io_openat(
		file->directory, file->target, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
}

/** Whether this user may write to the file that is replaced. @return 0, or -1 with errno */
static int try_target(const struct replacement *file)
{
	int target = file->replaces ? open_target(file) : -1;
	if (target >= 0)
		close(target);
	return file->replaces && target < 0 ? -1 : 0;
}

int replacement_open(struct replacement *file, const char *path, bool exists)
{
	/*
	 * What replaces a file is nobody else's to read until it has that one's mode. For a new one
	 * the kernel applies the umask, or what the directory says.
	 */
	mode_t mode = exists ? 0600 : 0666;

	file->directory = beside_open(path, file->target);
	if (file->directory < 0)
		return -1;
	beside_name(file->target, BESIDE_TEMPORARY, file->temporary);
	if (make_temporary(file, mode) < 0) {
		file->beside = errno != EBUSY && errno != EEXIST;
		return -1;
	}
	if (look_at_target(file, path) < 0 || try_target(file) < 0)
		return -1;
	if (exists && !file->replaces) {
		errno = ENOENT;
		return -1;
	}
	return 0;
}

/** Give the temporary what the old file has. @return 0, or -1 with errno */
static int keep_attributes(struct replacement *file)
{
	struct stat status;
	if (!file->replaces)
		return 0;
	int old = open_target(file);
	if (old < 0 || fstat(old, &status) < 0)
		status = file->old;
	file->lost = attributes_copy(file->fd, old, &status);
	if (old >= 0)
		close(old);
	return file->lost < 0 ? -1 : 0;
}

/** Whether the target is as it was. @return 0, or -1 with errno ESTALE where not */
static int guard(const struct replacement *file)
{
	struct stat now;
	bool exists = fstatat(file->directory, file->target, &now, AT_SYMLINK_NOFOLLOW) == 0;
	if (!exists && errno != ENOENT)
		return -1;
	if (exists && file->replaces) {
		struct stamp before = stamp_of(&file->old), after = stamp_of(&now);
		if (stamp_same(&before, &after))
			return 0;
	} else if (exists == file->replaces) {
		return 0;
	}
	errno = ESTALE;
	return -1;
}

/** Rename in the directory. */
static int rename_here(const struct replacement *file, const char *from, const char *to)
{
	return renameat(file->directory, from, file->directory, to);
}

/** Put the temporary in the target's place, which is kept under its other name. */
static int replace_keeping(struct replacement *file)
{
	char kept[NAME_MAX + 2];
	if (strlen(file->target) >= NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	sprintf(kept, "%s~", file->target);
	if (unlinkat(file->directory, kept, 0) < 0 && errno != ENOENT)
		return -1;
	if (linkat(file->directory, file->target, file->directory, kept, 0) == 0)
		return rename_here(file, file->temporary, file->target);
	/* Where there are no hard links, or not of this file. */
	if (renameat2(file->directory, file->temporary, file->directory, file->target,
		    RENAME_EXCHANGE) < 0)
		return -1;
	file->pending = false;
	return rename_here(file, file->temporary, kept);
}

/** Put the temporary in the target's place. */
static int replace_target(struct replacement *file)
{
	/* Who ended the run is told that it ended: then the old file has to stand. */
	if (signals_caught()) {
		errno = EINTR;
		return -1;
	}
	if (file->guarded && guard(file) < 0)
		return -1;
	return file->backup && file->replaces ? replace_keeping(file)
					      : rename_here(file, file->temporary, file->target);
}

int replacement_commit(struct replacement *file)
{
	if (keep_attributes(file) < 0 || io_fsync(file->fd) < 0 || io_try_close(file->fd) < 0 ||
		replace_target(file) < 0)
		return -1;
	file->pending = false;
	/* EINVAL: the file system has no such thing as synchronizing a directory. */
	return io_fsync(file->directory) < 0 && errno != EINVAL ? -1 : 0;
}

void replacement_discard(struct replacement *file)
{
	int saved_errno = errno;
	if (file->pending)
		unlinkat(file->directory, file->temporary, 0);
	file->pending = false;
	errno = saved_errno;
}

void replacement_close(struct replacement *file)
{
	int saved_errno = errno;
	/* Before the lock is given up with `fd`. */
	replacement_discard(file);
	if (file->fd >= 0)
		close(file->fd);
	if (file->directory >= 0)
		close(file->directory);
	file->fd = file->directory = -1;
	errno = saved_errno;
}
