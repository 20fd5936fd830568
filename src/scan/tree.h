/*
 * The names of a run, as a tree: a node for each operand, and below it one for each directory and
 * file, with its last component and its status. A million files need a million nodes, so a node
 * takes only 130 bytes besides the name.
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

/** The type of a name, as nftw(3) reports it. */
enum nftw_type {
	/** A file: anything that is neither a directory nor a link. */
	NFTW_F,
	/** A directory, before what is in it. */
	NFTW_D,
	/** A directory that could not be read to its end: error. */
	NFTW_DNR,
	/** Its type could not be found out: error. */
	NFTW_NS,
	/** A symbolic link that is not followed. */
	NFTW_SL,
	/** Not in nftw(3): a directory on another file system, which is not entered. */
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
	/** A name that turned out to be excluded: it has no entry. */
	NODE_LEFT_OUT,
};

/** Bits of node.flags. */
enum {
	/** Size, times, device and inode are known. */
	NODE_STAMPED = 1,
	/** As in struct hasher_result. */
	NODE_SETTLED = 2,
	/** It is to be read even if it has several names. */
	NODE_LINKED = 4,
	/** One of the run's own outputs. */
	NODE_OWN = 8,
	/** A directory: it has names, perhaps only excluded ones. */
	NODE_NOT_EMPTY = 16,
	/** A directory: its listing has ended, or failed. */
	NODE_ENDED = 32,
	/** A directory: it is a loop, and was not entered. */
	NODE_LOOP = 64,
	/** A stream: read as it comes. */
	NODE_STREAM = 128,
	/** A listing has seen that it has several names. */
	NODE_LINKS = 256,
	/** It may be read even if it is large and not in the page cache. */
	NODE_GRANTED = 512,
	/** Its digest was known, and it was not read. */
	NODE_REUSED = 1024,
	/** As in struct hasher_result. */
	NODE_YOUNG = 2048,
	/** Without a result: it is unaltered, and is to be read again. With one: the journal of an
	 * interrupted run had its digest. */
	NODE_DUE = 4096,
	/** The source was asked for states of an earlier run. */
	NODE_ASKED = 8192,
	/** It was read through the page cache, though it should not have been: as no file of its
	 * file system, or not this file, can be read past it. */
	NODE_CACHED = 16384,
	NODE_CACHED_ALONE = 32768,
};

struct listing_state;

struct node {
	union {
		/** The next name in the same directory, or the next operand. */
		struct node *next;
		/** An operand that is in no list: what its owner keeps of it. Not owned. */
		void *context;
	};
	/** The directory that it is in; NULL for an operand. */
	struct node *parent;
	union {
		/** A file without a result. */
		struct {
			/** The next node of the queue that it is in. */
			struct node *queued;
			/** Bytes read so far, and how many of these in an earlier run. */
			uint64_t read;
			uint64_t skipped;
			/** The state of its digest while it is put aside, or NULL. Owned. */
			struct hasher_kept *kept;
			/** Other names of the inode, waiting for its digest, linked by `queued`. */
			struct node *followers;
			/** An operand: how many were before it. */
			uint64_t place;
			/** Why there is no digest: errno or a signal. */
			int error;
		} file;
		struct {
			struct node *queued;
			/** The first name in it. */
			struct node *first;
			/** While it is listed. Owned by walk/walk.h. */
			struct listing_state *listing;
			/** If nodes are not kept: names in it that are not done. */
			uint64_t live;
			/** Why it was not read (errno), or a signal. */
			int error;
		} directory;
		/** HASHER_DONE. */
		unsigned char digest[DIGEST_MAX_SIZE];
		/** The same of several algorithms, where that is longer. Owned by the tree. */
		unsigned char *long_digest;
	};
	uint64_t size;
	uint64_t inode;
	int64_t mtime;
	int64_t ctime;
	uint32_t mtime_ns;
	uint32_t ctime_ns;
	/** As in struct hasher_result; 0 also for what comes after the year 2106. */
	uint32_t read;
	/** Index into the tree's devices. */
	uint16_t device;
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
	/** Bytes of a digest. */
	size_t digest_size;
	struct arena arena;
	/** If not kept: nodes that are not freed yet. */
	struct loose *loose;
	/** Number of files that are put aside (file.kept is not NULL). */
	size_t aside;
	/** The operands, in their order. */
	struct node *roots;
	struct node **roots_end;
	uint64_t *devices;
	/** The type of the file system on each, as far as it matters (struct direct_refusal). */
	uint32_t *types;
	size_t device_count;
	size_t device_room;
	/** The path that tree_path() wrote last. */
	char *path;
	size_t path_room;
};

/** What a visitor gets for a name. */
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
	/** An interrupted run has read it: the digest is that of its journal. */
	bool journaled;
	/** It is unaltered, and was to be read again, but was not. */
	bool due;
	/** Time ran out before it was read, or its type was found out, or it was listed. */
	bool not_reached;
	/** NFTW_D: there is no name in it; and its stamp as its listing began, without the size. */
	bool empty;
	struct stamp stamp;
	/** As it is printed; NUL-terminated. */
	const char *path;
	size_t length;
	/** NFTW_DNR, NFTW_NS and regular files: the result; also HASHER_LOOKED_AT. */
	struct hasher_result result;
};

/** @param kept, @param digest_size as in struct tree */
void tree_begin(struct tree *tree, bool kept, size_t digest_size);

/** @return a new node that is in no list yet, or NULL with errno ENOMEM */
struct node *tree_new(struct tree *tree, struct node *parent, const char *name, size_t size);

/** Append an operand. */
void tree_add_root(struct tree *tree, struct node *root);

/** Free a node, and what it owns, in a tree that does not keep its nodes. */
void tree_discard(struct tree *tree, struct node *node);

/** Free all. */
void tree_free(struct tree *tree);

/** Store size, times, device and inode. @return 0, or -1 with errno ENOMEM */
int tree_set_stamp(struct tree *tree, struct node *node, const struct stamp *stamp);

struct stamp tree_stamp(const struct tree *tree, const struct node *node);

/** Find or add a device. @return its index, or SIZE_MAX with errno ENOMEM */
size_t tree_device(struct tree *tree, uint64_t device);

/** Store the state of a file that was read in part. @return 0, or -1 with errno ENOMEM */
int tree_put_aside(struct tree *tree, struct node *node, const struct hasher_kept *kept);

/** Store the result of a file, with a copy of its digest. @return 0, or -1 with errno ENOMEM */
int tree_set_result(struct tree *tree, struct node *node, const struct hasher_result *result);

/** Get the result of a node, which has the digest. */
void tree_result(const struct tree *tree, const struct node *node, struct hasher_result *result);

/**
 * The path of a node, as it is printed.
 *
 * @param size set to its length in bytes; may be NULL
 * @return the path, owned by the tree, valid until the next call; or NULL with errno ENOMEM
 */
const char *tree_path(struct tree *tree, const struct node *node, size_t *size);

/** Bytes of a directory's path below its operand, with a slash behind each name; 0: the operand. */
size_t tree_below_size(const struct node *directory);

/** Write that path, without a NUL. @param path room for `size` bytes, of tree_below_size() */
void tree_put_below(const struct node *directory, char *path, size_t size);

/** The operand that a node is, or is below. */
const struct node *tree_root(const struct node *node);

/** The length of an operand's path and the slash that separates it from the names below. */
size_t tree_prefix(const char *root, size_t size);

/** Fill in the entries of one node. @return how many: at most two */
size_t tree_entries(struct tree *tree, const struct node *node, struct tree_entry entries[2]);

/**
 * Visit all nodes in the order of the output, each directory before its names.
 *
 * @param visit returns 0 to go on, anything else to end
 * @return 0, what `visit` returned, or -1 with errno ENOMEM
 */
int tree_visit(struct tree *tree, int (*visit)(void *context, const struct tree_entry *entry),
	void *context);

#endif
