/*
 * Tasks out, results in: nodes of a tree are taken from a source, given to the pool's workers, and
 * come back, in any order, with their result. As in
 * `for path, digest in pool.imap_unordered(mark, files)`.
 *
 * Several names of one file, large files that are read in turns, and operands that have to be read
 * as streams are dealt with in here: a node comes back once, when all is known.
 */
#ifndef TREESUM_SCAN_SCAN_H
#define TREESUM_SCAN_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "hash/hasher.h"
#include "hash/hasher_task.h"
#include "scan/tree.h"
#include "scan/workers.h"

/** Outputs of a run that its workers do not read. */
#define SCAN_OWNED_MAX 10

struct scan_options {
	const struct digest_algorithm *algorithm;
	enum engine_kind engine;
	/** Workers, or 0: as many as the storage keeps busy. */
	unsigned jobs;
	/** Seconds of silence after which a worker is given up, or 0. */
	unsigned timeout;
	/** What the workers may do, but for the one that reads streams. */
	struct sandbox sandbox;
	/** Links below a root are followed. */
	bool follow;
	/** Operands that are neither files nor directories are read. */
	bool streams;
	/** Whether listings look at names with stat(2). */
	enum hasher_stat stat;
	/** Regular files are not read, but looked at: HASHER_LOOKED_AT. */
	bool look;
	/** A descriptor that interrupts the waiting (fp_options.interrupt_fd). */
	int interrupt_fd;
	/** By device and inode. */
	struct stamp owned[SCAN_OWNED_MAX];
	size_t owned_count;
	/** Called when the number of workers or streams changes; may be NULL. */
	void (*decided)(const struct workers_limits *limits);
};

/** Where the nodes come from. */
struct scan_source {
	/**
	 * Give the next node, which must stay where it is until it comes back: an operand, or a
	 * name below one.
	 *
	 * @return 1 with a node; 0 where there is none, unless a node that is under way brings
	 * more; or -1 with errno: EAGAIN where `fd` may bring more, any other ends the run with
	 *         that error
	 */
	int (*next)(void *context, struct node **node);
	/**
	 * A part of a directory's listing (walk/walk.h); NULL: no node is a directory. A node of
	 * type NODE_UNKNOWN has to become NODE_DIRECTORY by its first part.
	 *
	 * @return 0, or -1 with errno: EBADMSG where it makes no sense, and the worker is to be
	 *         blamed; any other ends the run with that error
	 */
	int (*part)(void *context, struct node *node, const void *data, size_t size);
	/** The stamp for which a node's digest is known. @return whether there is one; may be NULL
	 */
	bool (*known)(void *context, struct node *node, struct stamp *stamp);
	/** The device that directories below a node have to be on, or 0; may be NULL. */
	uint64_t (*device)(void *context, const struct node *node);
	/** How many nodes next() could give now; may be NULL. */
	uint64_t (*waiting)(void *context);
	/** Called whenever `fd` is readable; may be NULL. */
	void (*readable)(void *context);
	void *context;
	/** Where > 0: readable when next() may have more. */
	int fd;
};

struct scan;

/**
 * @param tree the nodes' own
 * @return NULL with errno: as engine_new() and fp_open()
 */
struct scan *scan_open(
	const struct scan_options *options, struct tree *tree, const struct scan_source *source);

/** The engine that the workers use, for messages about it. */
const struct engine *scan_engine(const struct scan *scan);

/**
 * Wait for the next node that is done. A file's result is not in the tree yet.
 *
 * @param timeout milliseconds, or FP_FOREVER
 * @param result its state is HASHER_DONE, _FAILED, _CHANGED, _DIED or _TIMED_OUT; HASHER_KNOWN,
 *        _LOOKED_AT or _OWN with the stamp; HASHER_LISTED or _MOUNT of a directory; HASHER_LINK,
 * _SPECIAL or _DIRECTORY of what is no regular file. With `streams`, an operand that is neither
 * file nor directory was read as it came, after all others
 * @return 1 with a node, 0 at the end, or -1 with errno: ETIMEDOUT; EINTR when the interrupt
 *         descriptor is readable, ECHILD when workers died too often, or the source's error
 */
int scan_next(struct scan *scan, int timeout, struct node **node, struct hasher_result *result);

/** How many nodes are under way. */
uint64_t scan_pending(const struct scan *scan);

/** How far it is; directories do not count. */
struct scan_counts {
	/** Files that came back. */
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
	/** A node that a worker has, if possible the one last heard of; or NULL. */
	const struct node *current;
};

const struct scan_counts *scan_counts(const struct scan *scan);

/** End all workers and free. NULL is allowed. */
void scan_free(struct scan *scan);

#endif
