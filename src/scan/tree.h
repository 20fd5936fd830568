/*
 * The names of a run, as a tree: a node for each operand, and below it one for each directory and
 * file, which holds its last component and what is known of it. A million files are a million
 * nodes, so a node has 128 bytes besides the name.
 *
 * The order of the output is the pre-order of the tree, the names of a directory by their raw bytes
 * (a directory as if its name ended in a slash). A directory is sorted when it is visited.
 */
#ifndef TREESUM_SCAN_TREE_H
#define TREESUM_SCAN_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/hasher_task.h"
#include "sys/arena.h"

/** What nftw(3) would say of a name. */
enum nftw_type {
	/** A file: anything that is neither a directory nor a link. */
	NFTW_F,
	/** A directory, before what is in it. */
	NFTW_D,
	/** A directory that could not be read, or not to its end: error. */
	NFTW_DNR,
	/** It could not be found out what it is: error. */
	NFTW_NS,
	/** A symbolic link that is not followed. */
	NFTW_SL,
	/** Not nftw's: a directory on another file system, which is not entered. */
	NFTW_MOUNT,
};

enum node_type {
	/** An operand, or a name that was listed without its type. */
	NODE_UNKNOWN,
	/** A regular file. */
	NODE_FILE,
	NODE_DIRECTORY,
	NODE_LINK,
	/** Any other file. */
	NODE_SPECIAL,
	/** A directory on another file system. */
	NODE_MOUNT,
	/** A name that turned out to be left out: nothing is told of it. */
	NODE_LEFT_OUT,
};

/** Bits of node.flags. */
enum {
	/** Size, times, device and inode are known. */
	NODE_STAMPED = 1,
	/** As in struct hasher_result. */
	NODE_SETTLED = 2,
	/** It is read whether it has several names or not. */
	NODE_LINKED = 4,
	/** One of the run's own outputs. */
	NODE_OWN = 8,
	/** A directory: it has names, if only such as are left out. */
	NODE_NOT_EMPTY = 16,
	/** A directory: it was listed to its end, or will not be. */
	NODE_ENDED = 32,
	/** A directory: it is a loop, and was not entered. */
	NODE_LOOP = 64,
	/** A stream: read as it comes. */
	NODE_STREAM = 128,
	/** A listing has seen that it has several names. */
	NODE_LINKS = 256,
	/** It may be read though it is large and not in the page cache. */
	NODE_GRANTED = 512,
	/** It was known, and so not read. */
	NODE_REUSED = 1024,
	/** As in struct hasher_result. */
	NODE_YOUNG = 2048,
};

struct listing_state;

struct node {
	/** The next name in the same directory, or the next operand. */
	struct node *next;
	/** The directory that it is in; NULL for an operand. */
	struct node *parent;
	union {
		/** A file without a result. */
		struct {
			/** The next node of the queue that it is in. */
			struct node *queued;
			/** Bytes read so far. */
			uint64_t read;
			/** How far it was read when it was put aside, or NULL. Owned. */
			struct hasher_kept *kept;
			/** Other names of it, which wait for its digest, linked by `queued`. */
			struct node *followers;
			/** An operand: how many were before it. */
			uint64_t place;
			/** Why there is none: errno or a signal. */
			int error;
		} file;
		struct {
			struct node *queued;
			/** The first name in it. */
			struct node *first;
			/** While it is listed. Owned by walk/walk.h. */
			struct listing_state *listing;
			/** Without a map: names in it that are not done. */
			uint64_t live;
			/** Why it was not read (errno), or a signal. */
			int error;
		} directory;
		/** HASHER_DONE. */
		unsigned char digest[DIGEST_MAX_SIZE];
	};
	uint64_t size;
	uint64_t inode;
	int64_t mtime;
	int64_t ctime;
	uint32_t mtime_ns;
	uint32_t ctime_ns;
	/** Its place in the tree's devices. */
	uint32_t device;
	/** enum node_type. */
	uint8_t type;
	/** enum hasher_state; of a directory HASHER_LISTED, _FAILED, _DIED or _TIMED_OUT. */
	uint8_t state;
	uint16_t flags;
	/** The last component, or an operand as it was typed. */
	char name[];
};

struct loose;

struct tree {
	/** Nodes are kept to the end; otherwise they are allocated and freed one by one. */
	bool kept;
	struct arena arena;
	/** Otherwise: those that were not freed yet. */
	struct loose *loose;
	/** Files that were put aside, and own how far they were read. */
	size_t aside;
	/** The operands, in their order. */
	struct node *roots;
	struct node **roots_end;
	uint64_t *devices;
	size_t device_count;
	size_t device_room;
	/** The path that tree_path() wrote last. */
	char *path;
	size_t path_room;
};

/** What is told of a name. */
struct tree_entry {
	enum nftw_type type;
	/** NFTW_F: a regular file. */
	bool regular;
	/** An operand. */
	bool root;
	/** Below an operand, or an operand that is a directory. */
	bool below;
	bool own;
	/** Its digest was known, and it was not read. */
	bool reused;
	/** NFTW_D: there is no name in it; and when it was altered last. */
	bool empty;
	struct timespec mtime;
	/** As it is printed; NUL-terminated. */
	const char *path;
	size_t length;
	/** NFTW_DNR, NFTW_NS and regular files: what became of it; also HASHER_LOOKED_AT. */
	struct hasher_result result;
};

/** @param kept as in struct tree */
void tree_begin(struct tree *tree, bool kept);

/** @return a new node that is in no list yet, or NULL with errno ENOMEM */
struct node *tree_new(struct tree *tree, struct node *parent, const char *name, size_t size);

/** Put an operand behind those there are. */
void tree_add_root(struct tree *tree, struct node *root);

/** Free a node of a tree that does not keep them, and what it owns. */
void tree_discard(struct tree *tree, struct node *node);

/** Free all. */
void tree_free(struct tree *tree);

/** @return 0, or -1 with errno ENOMEM: the device has no place */
int tree_set_stamp(struct tree *tree, struct node *node, const struct stamp *stamp);

struct stamp tree_stamp(const struct tree *tree, const struct node *node);

/** Where a directory is, among the devices. @return SIZE_MAX with errno ENOMEM */
size_t tree_device(struct tree *tree, uint64_t device);

/** Keep how far a file was read. @return 0, or -1 with errno ENOMEM */
int tree_put_aside(struct tree *tree, struct node *node, const struct hasher_kept *kept);

/** Keep what became of a file. @return as tree_set_stamp() */
int tree_set_result(struct tree *tree, struct node *node, const struct hasher_result *result);

/** What became of a node. */
void tree_result(const struct tree *tree, const struct node *node, struct hasher_result *result);

/**
 * The path of a node, as it is printed.
 *
 * @param size filled; may be NULL
 * @return the tree's, until the next call; or NULL with errno ENOMEM
 */
const char *tree_path(struct tree *tree, const struct node *node, size_t *size);

/** The operand that a node is, or is below. */
const struct node *tree_root(const struct node *node);

/** Where a path goes on below an operand of this path: with the slash that comes in between. */
size_t tree_prefix(const char *root, size_t size);

/** The entries that are told of one node: at most two. */
size_t tree_entries(struct tree *tree, const struct node *node, struct tree_entry entries[2]);

/**
 * Tell of all nodes in the order of the output, each directory before what is in it.
 *
 * @param visit @return 0 to go on, anything else to end
 * @return 0, what `visit` returned, or -1 with errno ENOMEM
 */
int tree_visit(struct tree *tree, int (*visit)(void *context, const struct tree_entry *entry),
	void *context);

#endif
