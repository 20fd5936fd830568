/*
 * Hashing many files at once: the parent's side of the hashers.
 *
 * As in `for path, digest in pool.imap_unordered(mark, files)`: entries are taken from a source and
 * come back, in any order, with their result.
 */
#ifndef TREESUM_HASH_PARALLEL_H
#define TREESUM_HASH_PARALLEL_H

#include <stdbool.h>

#include "hash/hasher.h"
#include "manifest/digest_map.h"

struct parallel_options {
	const struct digest_algorithm *algorithm;
	enum engine_kind engine;
	/** Hashers at the most; 0 is one for each processor. */
	unsigned jobs;
	/** Seconds of silence after which a reader is given up, or 0. */
	unsigned timeout;
	/** What the hashers may do, but for the one that reads streams. */
	struct sandbox sandbox;
	/** What a walk found may be reached through links (HASHER_FOLLOWED). */
	bool follow;
	/** A descriptor that interrupts the waiting (fp_options.interrupt_fd). */
	int interrupt_fd;
};

/** Where the entries come from. */
struct parallel_source {
	/**
	 * Give the next entry, which must stay where it is until it comes back.
	 *
	 * @return 1 with an entry, 0 at the end, or -1 with errno: EAGAIN where there is none now,
	 * any other ends the run with that error
	 */
	int (*next)(void *context, struct digest_entry **entry);
	/** Called whenever `fd` is readable; may be NULL. */
	void (*readable)(void *context);
	void *context;
	/** Where > 0: readable when next() may have more. */
	int fd;
};

struct parallel;

/** @return NULL with errno: as engine_new() and fp_open() */
struct parallel *parallel_open(
	const struct parallel_options *options, const struct parallel_source *source);

/** The engine that the hashers use, for messages about it. */
const struct engine *parallel_engine(const struct parallel *parallel);

/**
 * Wait for the next entry that is done: its result says what became of it. One that no walk found
 * and that is no regular file is read as a stream, after all others.
 *
 * @param timeout milliseconds, or FP_FOREVER
 * @return 1 with an entry, 0 at the end, or -1 with errno: ETIMEDOUT; EINTR when the interrupt
 * descriptor is readable, ECHILD when hashers died too often, or the source's error
 */
int parallel_next(struct parallel *parallel, int timeout, struct digest_entry **entry);

/** How many entries are under way of which it is not known yet whether they are directories. */
size_t parallel_undecided(const struct parallel *parallel);

/** How far it is. */
struct parallel_counts {
	/** Entries that came back; directories that were named do not count. */
	uint64_t files_done;
	/** These, and all that are under way. */
	uint64_t files;
	/** Bytes read. */
	uint64_t bytes_done;
	/** The same, and what is left of the files under way. */
	uint64_t bytes;
	/** Files under way of a size that is not known yet. */
	uint64_t unsized;
	/** Files that are read as streams, of which nobody knows how long they are. */
	uint64_t streams;
	/** An entry that a hasher has, if possible the one last heard of; or NULL. */
	const struct digest_entry *current;
};

const struct parallel_counts *parallel_counts(const struct parallel *parallel);

/** End all hashers and free. NULL is allowed. */
void parallel_free(struct parallel *parallel);

#endif
