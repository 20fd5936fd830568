/*
 * Which file, and which state of it. While all of a stamp stays the same, so does what the file
 * holds: every write alters ctime, which no program can set.
 */
#ifndef TREESUM_SYS_STAMP_H
#define TREESUM_SYS_STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

struct stamp {
	uint64_t device;
	uint64_t inode;
	/** Bytes. */
	uint64_t size;
	struct timespec mtime;
	struct timespec ctime;
};

static inline struct stamp stamp_of(const struct stat *status)
{
	return (struct stamp){
		.device = status->st_dev,
		.inode = status->st_ino,
		.size = (uint64_t)status->st_size,
		.mtime = status->st_mtim,
		.ctime = status->st_ctim,
	};
}

/** Whether two stamps are of one file. */
static inline bool stamp_same_file(const struct stamp *one, const struct stamp *other)
{
	return one->device == other->device && one->inode == other->inode;
}

/** The same of two struct stat. */
static inline bool stamp_same_stat(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

static inline bool stamp_same_time(const struct timespec *one, const struct timespec *other)
{
	return one->tv_sec == other->tv_sec && one->tv_nsec == other->tv_nsec;
}

static inline bool stamp_is_later(const struct timespec *time, const struct timespec *other)
{
	return time->tv_sec > other->tv_sec ||
		(time->tv_sec == other->tv_sec && time->tv_nsec > other->tv_nsec);
}

/** In place of a ctime's nanoseconds: any ctime will do. */
#define STAMP_ANY_TIME (-1)

/** Whether a file is in the state that is known, whatever its device, and, if the known one is 0,
 * its inode. */
static inline bool stamp_is_known(const struct stamp *known, const struct stamp *now)
{
	return (known->inode == 0 || known->inode == now->inode) && known->size == now->size &&
		stamp_same_time(&known->mtime, &now->mtime) &&
		(known->ctime.tv_nsec == STAMP_ANY_TIME ||
			stamp_same_time(&known->ctime, &now->ctime));
}

/** Whether two stamps are of one state of one file. */
static inline bool stamp_same(const struct stamp *one, const struct stamp *other)
{
	return stamp_same_file(one, other) && one->size == other->size &&
		stamp_same_time(&one->mtime, &other->mtime) &&
		stamp_same_time(&one->ctime, &other->ctime);
}

#endif
