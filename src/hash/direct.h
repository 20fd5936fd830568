/*
 * Reading past the page cache (O_DIRECT), for --uncached: what is read comes from the medium, even
 * if the kernel has it in memory.
 */
#ifndef TREESUM_HASH_DIRECT_H
#define TREESUM_HASH_DIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** Bytes that are read at once, at most. */
#define DIRECT_SIZE ((size_t)1 << 20)

/** Why a file is read through the page cache all the same. */
enum direct_reason {
	/** It is not: it is read past the page cache. */
	DIRECT_BYPASSED,
	/** No file of its file system can be read past it. */
	DIRECT_NO_FILE,
	/** This file cannot, though others of its file system can. */
	DIRECT_NOT_THIS_FILE,
	/** It is standard input, and a file or a device. */
	DIRECT_NOT_INPUT,
};

struct direct_refusal {
	enum direct_reason reason;
	/** The type of its file system, as statfs(2) has it. */
	uint32_t type;
};

/** A buffer that direct_read() reads into. All zeros: none yet. */
struct direct_buffer {
	/** DIRECT_SIZE bytes, aligned. Owned. */
	unsigned char *bytes;
	/** How many of them are in memory. */
	size_t touched;
};

/**
 * Prepare an open regular file to be read past the page cache, if that is possible.
 *
 * @param refusal set if it is not, otherwise as it was
 * @return whether direct_read() is to be used; otherwise the descriptor is as it was
 */
bool direct_begin(int fd, struct direct_refusal *refusal);

/** The same for a block device, which has a page cache of its own. */
bool direct_begin_device(int fd);

/**
 * Read from an offset on. The kernel first writes the dirty pages of that range to the medium.
 *
 * @param left how many bytes the file is thought to have from there on; not trusted
 * @param data set to what was read, in the buffer
 * @param end set to whether fewer bytes came than were asked for
 * @return bytes read, 0 at the end of the file, or -1 with errno: EINVAL if the file system refuses
 *         it all the same, ENOMEM
 */
ssize_t direct_read(int fd, struct direct_buffer *buffer, uint64_t offset, uint64_t left,
	unsigned char **data, bool *end);

/**
 * After direct_read() was refused: go on with read(2), through the page cache.
 *
 * @return 0, or -1 with errno
 */
int direct_give_up(int fd, uint64_t offset, struct direct_refusal *refusal);

/** Free a buffer. */
void direct_free(struct direct_buffer *buffer);

/**
 * The text of a message about a refusal, to follow the file's name.
 *
 * @param room buffer for it
 * @return the text, which may be in `room`
 */
const char *direct_reason(const struct direct_refusal *refusal, char room[static 128]);

#endif
