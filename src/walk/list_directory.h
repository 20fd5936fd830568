/*
 * The names in one directory, read by a worker a piece at a time, as parts for the parent
 * (walk/listing.h).
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
	/** The directory, the caller's. */
	int fd;
	/** Links are followed, when types are found out. */
	bool follow;
	enum hasher_stat stat;
	/** Calls of stat(2), those that told something of use, how long they took, in ns, and when
	 * the last one of a row ended. */
	uint32_t stats;
	uint32_t stats_useful;
	int64_t stats_time;
	int64_t stats_end;
	/** Bytes in the buffer, and where the next name lies. */
	size_t size;
	size_t at;
	/** It was read to its end, or there is an error (errno). */
	bool ended;
	int error;
	/** Aligned as the kernel's records are. */
	uint64_t buffer[LIST_DIRECTORY_BUFFER / sizeof(uint64_t)];
};

/** Begin with an open directory. */
void list_directory_begin(struct list_directory *list, int fd, bool follow, enum hasher_stat stat);

/**
 * Add names to a part: those of one call of getdents64(2), or as many as it has room for.
 *
 * @param part a part that has begun, with room for one entry at least (320 bytes)
 * @return 1 where there may be more, 0 at the end: list->error says whether it was reached
 */
int list_directory_step(struct list_directory *list, struct frame_writer *part);

#endif
