/*
 * Tasks out, results in: takes nodes of a tree from a source, dispatches them to the pool's
 * workers, and returns them, in any order, with their results, as
 * `pool.imap_unordered(digest, files)` does in Python.
 *
 * Hard links, large files that are read in slices, and operands that are read as streams are
 * handled here: each node comes back once, with its final result.
 */
#ifndef TREESUM_SCAN_SCAN_H
#define TREESUM_SCAN_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "hash/hasher.h"
#include "hash/hasher_task.h"
#include "scan/tree.h"
#include "scan/workers.h"

/** How many outputs of the run can be excluded from reading. */
#define SCAN_OWNED_MAX 11

struct scan_options {
	const struct digest_algorithm *algorithm;
	enum engine_kind engine;
	/** Workers, or 0: as many as pay (scan/workers.h). */
	unsigned jobs;
	/** Seconds without progress after which a worker is killed, or 0: never. */
	unsigned timeout;
	/** The sandbox of the workers; the one that reads streams has none. */
	struct sandbox sandbox;
	/** Links below a root are followed. */
	bool follow;
	/** Operands that are neither files nor directories are read. */
	bool streams;
	/** Whether listings call stat(2) on the names. */
	enum hasher_stat stat;
	/** Regular files are not read; their result is HASHER_LOOKED_AT with the stamp. */
	bool look;
	/** Files are read past the page cache, if possible (hash/direct.h). */
	bool uncached;
	/** The size of a huge file, in bytes, or 0: HASHER_HUGE_SIZE. */
	uint64_t huge;
	/** A descriptor that interrupts the waiting (fp_options.interrupt_fd). */
	int interrupt_fd;
	/** Outputs of the run, by device and inode; below a root they are not read. */
	struct stamp owned[SCAN_OWNED_MAX];
	size_t owned_count;
	/** Called when the number of workers or streams changes; may be NULL. */
	void (*decided)(const struct workers_limits *limits);
};

/** Where the nodes come from. */
struct scan_source {
	/**
	 * Give the next node, an operand or a name below one. It must keep its address until it
	 * comes back.
	 *
	 * @return 1 with a node; 0 if there is none, unless a pending node leads to more; or -1
	 *         with errno: EAGAIN if `fd` may bring more, any other error ends the run
	 */
	int (*next)(void *context, struct node **node);
	/**
	 * Receive a part of a directory's listing (walk/walk.h); NULL: no node is a directory. The
	 * first part turns a node of type NODE_UNKNOWN into NODE_DIRECTORY.
	 *
	 * @return 0, or -1 with errno: EBADMSG if the part is malformed (its worker is killed), any
	 *         other error ends the run
	 */
	int (*part)(void *context, struct node *node, const void *data, size_t size);
	/** Find the stamp for which a node's digest is known. @return whether there is one; the
	 * function may be NULL */
	bool (*known)(void *context, struct node *node, struct stamp *stamp);
	/** Find the digest that a node should have: a file that has it is not read once more because
	 * its ctime changed. @return it, of the algorithm's size, or NULL; the function may be NULL */
	const unsigned char *(*expected)(void *context, const struct node *node);
	/**
	 * Receive the state of a huge file that is being read, from which a later run can go on.
	 * Called about ten times a second; may be NULL. Never called if the algorithm's state cannot
	 * be moved.
	 *
	 * @param kept `hash`, and `stamp` and `time` of when reading began; valid during the call
	 */
	void (*state)(void *context, struct node *node, const struct hasher_kept *kept);
	/**
	 * Find states of a huge file from an earlier run, from which reading can go on. Called once
	 * for each, before it is read; may be NULL. Never called if the algorithm's state cannot be
	 * moved. Wrong states do no harm but to cost the time to read a part of the file.
	 *
	 * @param kept `stamp` is that of the file now, the rest is 0. To be set: `hash`, the earlier
	 *        of two states; `meet`, the later one; and `stamp` (the device is not compared) and
	 *        `time` of when reading began. Only one state is ignored.
	 * @return whether there are states
	 */
	bool (*resume)(void *context, struct node *node, struct hasher_kept *kept);
	/**
	 * Whether a node of unknown type is only to be looked at if it is a regular file, as with
	 * scan_options.look. May be NULL.
	 *
	 * @return 1, 0, or -1 with errno: the run ends
	 */
	int (*look)(void *context, const struct node *node);
	/** The only device whose directories below a node are entered, or 0: any; may be NULL. */
	uint64_t (*device)(void *context, const struct node *node);
	/** How many nodes next() can give now; may be NULL. */
	uint64_t (*waiting)(void *context);
	/** Called whenever `fd` is readable; may be NULL. */
	void (*readable)(void *context);
	void *context;
	/** If > 0: a descriptor that is readable when next() may have more. */
	int fd;
};

struct scan;

/**
 * @param tree the tree of the nodes
 * @return NULL with errno: as engine_new() and fp_open()
 */
struct scan *scan_open(
	const struct scan_options *options, struct tree *tree, const struct scan_source *source);

/** The engine that the workers use, for messages about it. */
const struct engine *scan_engine(const struct scan *scan);

/**
 * Wait for the next node that is done. The caller stores a file's result in the tree.
 *
 * @param timeout milliseconds, or FP_FOREVER
 * @param result its state is HASHER_DONE, _FAILED, _CHANGED, _DIED or _TIMED_OUT; HASHER_KNOWN,
 *        _LOOKED_AT or _OWN with the stamp; HASHER_LISTED or _MOUNT for a directory; HASHER_LINK,
 *        _SPECIAL or _DIRECTORY for what is not a regular file. With `streams`, operands that are
 *        neither regular files nor directories are read as streams, after all others
 * @return 1 with a node, 0 at the end, or -1 with errno: ETIMEDOUT; EINTR when the interrupt
 *         descriptor is readable, ECHILD when workers died too often, or the source's error
 */
int scan_next(struct scan *scan, int timeout, struct node **node, struct hasher_result *result);

/** From now on, large files with NODE_DUE are read before others, also before those begun already. */
void scan_due_first(struct scan *scan);

/**
 * Begin no more files. Those that workers hold are completed, but for a large one, which is put
 * aside after its current slice and gets no result. The source is still asked: it is to give only
 * directories and names of unknown type; of these, regular files are not read.
 */
void scan_stop(struct scan *scan);

/** How many nodes are pending: taken from the source and not returned yet. */
uint64_t scan_pending(const struct scan *scan);

/** Progress; directories do not count. */
struct scan_counts {
	/** Files returned. */
	uint64_t files_done;
	/** Files returned or pending. */
	uint64_t files;
	/** Bytes read, without those that an earlier run has read. */
	uint64_t bytes_done;
	/** These, and bytes left to read of pending files. */
	uint64_t bytes;
	/** Pending files whose size is not known yet. */
	uint64_t unsized;
	/** Operands that are read as streams, whose length is unknown. */
	uint64_t streams;
	/** A node that a worker has, preferably the one with the latest progress; or NULL. */
	const struct node *current;
};

const struct scan_counts *scan_counts(const struct scan *scan);

/** End all workers and free. NULL is allowed. */
void scan_free(struct scan *scan);

#endif
