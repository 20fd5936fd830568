/*
 * The format in which a worker sends the names of a directory to the parent: parts, each a sequence
 * of entries. The first part begins with device and inode of the directory. The functions do no
 * I/O.
 */
#ifndef TREESUM_WALK_LISTING_H
#define TREESUM_WALK_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forkpool/frame.h"
#include "sys/stamp.h"

/** The longest part, in bytes. */
#define LISTING_PART_MAX ((size_t)32 << 10)

/** Bytes of a first part without names. */
#define LISTING_BEGIN_SIZE ((size_t)17)

/** One name. */
struct listing_entry {
	/** DT_REG and the like, or DT_UNKNOWN. */
	uint8_t type;
	/** stat(2) was called: `stamp` and `links` are known. */
	bool stamped;
	/** One component, without a NUL behind it. */
	const char *name;
	size_t size;
	struct stamp stamp;
	uint64_t links;
};

/** Begin the first part. */
static inline void listing_put_directory(struct frame_writer *part, uint64_t device, uint64_t inode)
{
	frame_put_u8(part, 1);
	frame_put_u64(part, device);
	frame_put_u64(part, inode);
}

/** Begin any other part. */
static inline void listing_put_more(struct frame_writer *part)
{
	frame_put_u8(part, 0);
}

/** Add an entry. @return false if the part has no room for it, and is unchanged */
bool listing_put(struct frame_writer *part, const struct listing_entry *entry);

/**
 * Begin to read a part.
 *
 * @param first set to whether it is the first part of a directory; if so, device and inode are set
 * @return 0, or -1 with errno EBADMSG
 */
int listing_get_begin(struct frame_reader *part, bool *first, uint64_t *device, uint64_t *inode);

/**
 * Read the next entry. Its name is never empty, "." or "..", and holds neither a slash nor a NUL.
 *
 * @return 1 with an entry, 0 at the end, or -1 with errno EBADMSG
 */
int listing_get(struct frame_reader *part, struct listing_entry *entry);

#endif
