/*
 * O_DIRECT alone proves nothing: a file system may accept it and read through the page cache. So it
 * is used where it is known to bypass, by the type of the file system, and there asked for each
 * file:
 *
 * - ext4 (ext2, ext3), XFS and f2fs report in statx(2), STATX_DIOALIGN, if they would silently read
 *   a file through the page cache: encrypted and verity files, inline data, journalled data, and
 *   what f2fs has compressed. Before Linux 6.1 this is not reported.
 * - Btrfs does not report it. It reads compressed and inline extents through the page cache, and
 *   FIEMAP lists the extents. Contents that are not on the medium yet have no extents, and whether
 *   they will be compressed is not decided yet, so they are written first.
 *
 * Some file systems take O_DIRECT in open(2) and refuse it in the first read(2), with EINVAL, as
 * tmpfs did before Linux 6.6. Then the file is read through the page cache from there on.
 *
 * No file is synced here but on Btrfs (FIEMAP_FLAG_SYNC). The kernel itself writes the dirty pages
 * of a range before it reads the range directly, and does nothing if there are none; seen on ext4,
 * XFS and Btrfs.
 *
 * Offset, length and memory of a direct read must be multiples of the device's logical block. All
 * are multiples of ALIGNMENT here; an offset that is not (the end of a file that grew, a state in
 * mid-file) is read from the multiple below it, and what comes before it is skipped.
 *
 * The pages of a buffer have to be in memory before it is used: Btrfs does not fault them in, and
 * reads through the page cache what it cannot read at once. Of a file of 3 MiB that was cached, it
 * read only 2 MiB from the disk into a new buffer of 1 MiB. So pages are touched before their first
 * use, and no more than a file needs: a small file costs the pages that it fills.
 *
 * Rejected: to read through the page cache after POSIX_FADV_DONTNEED. It is a hint, mapped pages
 * stay, and whether it had an effect cannot be found out: on overlay, cachestat(2) and mincore(2)
 * are wrong about it.
 */
#include "hash/direct.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/** A multiple of every usual logical block, and the size of a page. */
#define ALIGNMENT ((size_t)4096)

/** Extents that are asked for at once. */
#define EXTENTS 32

/** A type of file system. */
struct type {
	const char *name;
	uint32_t number;
	/** O_DIRECT is known to bypass the page cache. */
	bool bypasses;
};

/* In numbers, as older headers have names for a part of them only. */
static const struct type types[] = {
	{"btrfs", BTRFS_SUPER_MAGIC, true},
	{"ext4", 0xef53, true},
	{"f2fs", 0xf2f52010, true},
	{"xfs", 0x58465342, true},
	{"afs", 0x5346414f, false},
	{"ceph", 0x00c36400, false},
	{"cramfs", 0x28cd3d45, false},
	{"efivarfs", 0xde5e81e4, false},
	{"hugetlbfs", 0x958458f6, false},
	{"iso9660", 0x9660, false},
	{"vfat", 0x4d44, false},
	{"nfs", 0x6969, false},
	{"overlay", 0x794c7630, false},
	{"proc", 0x9fa0, false},
	{"ramfs", 0x858458f6, false},
	{"squashfs", 0x73717368, false},
	{"sysfs", 0x62656572, false},
	{"tmpfs", 0x01021994, false},
	{"cifs", 0xff534d42, false},
	{"exfat", 0x2011bab0, false},
	{"fuse", 0x65735546, false},
	{"ntfs3", 0x7366746e, false},
	{"smb3", 0xfe534d42, false},
	{"zfs", 0x2fc12fc1, false},
	{"9p", 0x01021997, false},
};

/** Find a type, or NULL. */
static const struct type *find_type(uint32_t number)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].number == number)
			return &types[i];
	}
	return NULL;
}

/** Whether the file system would read a file directly, as far as it says so. */
static bool is_direct(int fd)
{
#ifdef STATX_DIOALIGN
	struct statx found;
	if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &found) != 0 ||
		!(found.stx_mask & STATX_DIOALIGN))
		return true;
	return found.stx_dio_mem_align && found.stx_dio_mem_align <= ALIGNMENT &&
		found.stx_dio_offset_align && found.stx_dio_offset_align <= ALIGNMENT;
#else
	(void)fd;
	return true;
#endif
}

/**
 * Whether all extents of a file can be read directly; writes its dirty pages.
 *
 * @return false also if that cannot be found out
 */
static bool has_direct_extents(int fd)
{
	_Alignas(struct fiemap) unsigned char
		room[sizeof(struct fiemap) + EXTENTS * sizeof(struct fiemap_extent)];
	struct fiemap *asked = (struct fiemap *)(void *)room;
	/* Its fm_extents, which older headers give no elements. */
	const struct fiemap_extent *extents =
		(const struct fiemap_extent *)(void *)(room + sizeof(*asked));
	uint64_t start = 0;
	for (;;) {
		uint64_t next = start;
		memset(asked, 0, sizeof(*asked));
		asked->fm_start = start;
		asked->fm_length = FIEMAP_MAX_OFFSET - start;
		asked->fm_flags = FIEMAP_FLAG_SYNC;
		asked->fm_extent_count = EXTENTS;
		if (ioctl(fd, FS_IOC_FIEMAP, asked) != 0)
			return false;
		for (size_t i = 0; i < asked->fm_mapped_extents; i++) {
			const struct fiemap_extent *extent = &extents[i];
			if (extent->fe_flags & (FIEMAP_EXTENT_ENCODED | FIEMAP_EXTENT_DATA_INLINE))
				return false;
			if (extent->fe_flags & FIEMAP_EXTENT_LAST)
				return true;
			next = extent->fe_logical + extent->fe_length;
		}
		if (!asked->fm_mapped_extents)
			return true;
		if (next <= start)
			return false;
		start = next;
	}
}

static bool set_direct(int fd, bool direct)
{
	int flags = fcntl(fd, F_GETFL);
	return flags >= 0 && fcntl(fd, F_SETFL, direct ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
}

bool direct_begin(int fd, struct direct_refusal *refusal)
{
	struct statfs status;
	uint32_t number = fstatfs(fd, &status) == 0 ? (uint32_t)status.f_type : 0;
	const struct type *type = find_type(number);
	enum direct_reason reason = DIRECT_BYPASSED;
	if (!type || !type->bypasses)
		reason = DIRECT_NO_FILE;
	else if (!is_direct(fd) || (number == BTRFS_SUPER_MAGIC && !has_direct_extents(fd)) ||
		!set_direct(fd, true))
		reason = DIRECT_NOT_THIS_FILE;
	if (reason != DIRECT_BYPASSED)
		*refusal = (struct direct_refusal){reason, number};
	return reason == DIRECT_BYPASSED;
}

bool direct_begin_device(int fd)
{
	return set_direct(fd, true);
}

/** Bring the first bytes of a buffer into memory. @return 0, or -1 with errno ENOMEM */
static int touch(struct direct_buffer *buffer, size_t size)
{
	if (!buffer->bytes)
		buffer->bytes = aligned_alloc(ALIGNMENT, DIRECT_SIZE);
	if (!buffer->bytes)
		return -1;
	if (buffer->touched < size) {
		memset(buffer->bytes + buffer->touched, 0, size - buffer->touched);
		buffer->touched = size;
	}
	return 0;
}

ssize_t direct_read(int fd, struct direct_buffer *buffer, uint64_t offset, uint64_t left,
	unsigned char **data, bool *end)
{
	size_t skip = offset % ALIGNMENT;
	/* One byte more than is left, to see the end, in whole blocks. */
	size_t size = DIRECT_SIZE;
	if (left < DIRECT_SIZE - ALIGNMENT - skip)
		size = (skip + (size_t)left + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
	if (touch(buffer, size) != 0)
		return -1;
	ssize_t got;
	do {
		got = pread(fd, buffer->bytes, size, (off_t)(offset - skip));
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	*end = (size_t)got < size;
	*data = buffer->bytes + skip;
	return (size_t)got > skip ? got - (ssize_t)skip : 0;
}

int direct_give_up(int fd, uint64_t offset, struct direct_refusal *refusal)
{
	struct statfs status;
	uint32_t number = fstatfs(fd, &status) == 0 ? (uint32_t)status.f_type : 0;
	*refusal = (struct direct_refusal){DIRECT_NOT_THIS_FILE, number};
	if (!set_direct(fd, false))
		return -1;
	return lseek(fd, (off_t)offset, SEEK_SET) < 0 ? -1 : 0;
}

void direct_free(struct direct_buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct direct_buffer){0};
}

const char *direct_reason(const struct direct_refusal *refusal, char room[static 128])
{
	if (refusal->reason == DIRECT_NOT_INPUT)
		return "cannot bypass the page cache on standard input";
	char number[16];
	const struct type *type = find_type(refusal->type);
	snprintf(number, sizeof(number), "type %x", refusal->type);
	snprintf(room, 128, "cannot bypass the page cache %son this file system (%s)",
		refusal->reason == DIRECT_NOT_THIS_FILE ? "for files of this kind " : "",
		type ? type->name : number);
	return room;
}
