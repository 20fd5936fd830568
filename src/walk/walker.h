/*
 * The walker: a process that walks trees and streams what it finds to its parent.
 *
 * One channel (forkpool/channel.h), both ways: roots go to the walker, batches of entries come
 * back, and an END message closes each root. End-of-file without END is a dead walker, and an
 * incomplete answer, and so is a walker that is silent longer than its time-out. The parent holds
 * one frame at a time; where it does not read, the walker waits.
 *
 * Nothing here blocks but walker_free(), for little more than a second where the walker hangs in
 * the kernel, and walker_reason(), until a walker that has closed its channel is dead.
 */
#ifndef TREESUM_WALK_WALKER_H
#define TREESUM_WALK_WALKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sys/stamp.h"
#include "walk/nftw.h"

struct filter;
struct walker;

enum walker_kind {
	/** Something that the walk found. */
	WALKER_ENTRY,
	/** One root was walked to its end. */
	WALKER_END,
};

struct walker_entry {
	enum walker_kind kind;
	/** The number that walker_add() was given. */
	uint32_t root;
	/** WALKER_ENTRY: as in struct nftw_entry; NUL-terminated, valid until the next
	 * walker_next(). */
	enum nftw_type type;
	const char *path;
	size_t length;
	/** WALKER_ENTRY: how many bytes of `path` are the root, as it was given. */
	size_t root_size;
	int error;
	/** WALKER_ENTRY: from the struct stat; all 0 for NFTW_NS. */
	mode_t mode;
	uint64_t links;
	struct stamp stamp;
	/** WALKER_END: how many entries came, and how many of them with an error. */
	uint64_t entries;
	uint64_t errors;
	/** WALKER_END: how many names the filter left out; a directory is one. */
	uint64_t excluded;
};

struct walker_options {
	/** As struct nftw_options. */
	bool sorted;
	bool follow;
	bool one_file_system;
	/**
	 * What it does not send, and where that is a directory, not enter; NULL: nothing. Something
	 * whose stat failed is left out if it would be as a directory and as a file. What comes
	 * first in a directory is sent as NFTW_EXCLUDED: the directory is not empty.
	 */
	const struct filter *filter;
	/** Runs in the walker before anything else (close what it must not keep, enter a sandbox);
	 * may be NULL. -1 with errno ends the walker. */
	int (*initializer)(void *context);
	void *context;
	/**
	 * Milliseconds of silence, with roots to be walked, after which the walk is lost; 0 is
	 * never. Only silence that walker_next() has met counts, so none while the program is
	 * stopped or does not ask.
	 */
	unsigned timeout;
};

/** Fork the walker. @return NULL with errno where that failed */
struct walker *walker_start(const struct walker_options *options);

/**
 * Give it one more root to walk, after those it has. Never blocks.
 *
 * @param root copied; what it is, and whether it is there, the walk will tell
 * @return 0, or -1 with errno: ENOMEM, ENAMETOOLONG where it has PATH_MAX bytes or more, or why it
 *         cannot be sent (the walk is lost then)
 */
int walker_add(struct walker *walker, uint32_t number, const char *root);

/** The descriptor to poll: readable when walker_next() has something, or the walker has died, or
 * its silence has to be counted. */
int walker_fd(const struct walker *walker);

/**
 * Take the next entry, in the order of the walk.
 *
 * @return 1 with an entry; 0 where every root was walked to its end; or -1 with errno: EAGAIN where
 *         there is none now; EPIPE where the walker has died with roots not walked to their end,
 *         ETIMEDOUT where it was silent too long, EBADMSG where it sent nonsense; ENOMEM and the
 *         like where it cannot be heard, or be sent the next root (these are final,
 *         walker_reason() says more)
 */
int walker_next(struct walker *walker, struct walker_entry *entry);

/** After an error: how it ended, to follow "the walker" in a message ("was killed by signal 9"). */
const char *walker_reason(struct walker *walker);

pid_t walker_pid(const struct walker *walker);

/** End the walker and free all. NULL is allowed. */
void walker_free(struct walker *walker);

#endif
