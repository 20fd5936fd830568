/*
 * Lists one directory in a worker, in steps, into parts for the parent (walk/listing.h).
 */
#ifndef TREESUM_WALK_LIST_DIRECTORY_H
#define TREESUM_WALK_LIST_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forkpool/frame.h"
#include "hash/hasher_task.h"

/** Bytes of names that one call of getdents64(2) may give. */
#define LIST_DIRECTORY_BUFFER ((size_t)32 << 10)

struct list_directory {
	/** The directory; owned by the caller. */
	int fd;
	/** stat(2) follows links. */
	bool follow;
	enum hasher_stat stat;
	/** Calls of stat(2), how many of them were useful, how long they took, in ns, and when the
	 * last one of a series ended. */
	uint32_t stats;
	uint32_t stats_useful;
	int64_t stats_time;
	int64_t stats_end;
	/** Bytes in the buffer, and where the next name lies. */
	size_t size;
	size_t at;
	/** The listing has ended, and with which error (errno), or 0. */
	bool ended;
	int error;
	/** Aligned as the kernel's records are. */
	uint64_t buffer[LIST_DIRECTORY_BUFFER / sizeof(uint64_t)];
};

/** Begin with an open directory. */
void list_directory_begin(struct list_directory *list, int fd, bool follow, enum hasher_stat stat);

/**
 * Add names to a part: those of one call of getdents64(2), or as many as fit.
 *
 * @param part a part that has begun, with room for one entry at least (320 bytes)
 * @return 1 if there may be more, 0 at the end, or at an error: list->error
 */
int list_directory_step(struct list_directory *list, struct frame_writer *part);

#endif
