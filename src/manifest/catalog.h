/*
 * A whole manifest in memory: what audit, update and diff hold a tree, or another manifest,
 * against.
 */
#ifndef TREESUM_MANIFEST_CATALOG_H
#define TREESUM_MANIFEST_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/digest.h"
#include "manifest/annotation.h"
#include "manifest/reader.h"
#include "manifest/recognise.h"
#include "manifest/sealing.h"

/** One file, as a manifest or a walk knows it. */
struct record {
	/** As it stands in the manifest; NUL-terminated. */
	const char *name;
	/** What it is compared by: the name without "./" and doubled slashes; NUL-terminated. */
	const char *key;
	uint32_t name_size;
	uint32_t key_size;
	/** The algorithm's size in bytes; NULL where the file could not be read. */
	const unsigned char *digest;
	/** Whether `annotation` is known. */
	bool annotated;
	struct annotation annotation;
	/** Of a tree: the digest was known, and the file was not read. */
	bool reused;
};

/** How a manifest is read. */
struct catalog_options {
	/** NULL: that of its seal; otherwise that of its lines, if all agree, else SHA-512. */
	const struct digest_algorithm *algorithm;
	/** Annotations demand a valid seal; otherwise seals are comments (`--no-seal`). */
	bool seal;
	/**
	 * What is to be replaced has to be a manifest to the last line. Otherwise lines that are
	 * improperly formatted are counted, OpenPGP's armour and comments of other programs (";") are
	 * passed over.
	 */
	bool strict;
	/** Waiting for a reader ends where this is readable; or -1. */
	int interrupt_fd;
	/** Called now and then meanwhile, and after each wait; may be NULL. */
	void (*pause)(void);
};

/** What is wrong with a manifest. */
enum catalog_fault {
	CATALOG_SOUND,
	/** It could not be read to its end, or memory is used up: `error`. */
	CATALOG_UNREADABLE,
	/** Not a single entry. That is no fault where it is empty, or sealed. */
	CATALOG_EMPTY,
	/** `line` is no line of such a manifest (of another algorithm, perhaps): if none may be. */
	CATALOG_MALFORMED,
	/** `line` is one of OpenPGP's armour. */
	CATALOG_ARMOURED,
	/** `line` lists a file that `other_line` lists with another digest. */
	CATALOG_CONFLICT,
	/** It has annotations, and no seal at its end: it was cut off, or something was added. */
	CATALOG_UNSEALED,
	/** It is not what was sealed. */
	CATALOG_EDITED,
	/** Its digests are of another algorithm, as its seal says. */
	CATALOG_ALGORITHM,
	/** It is a part of a run, as its seal says: what others list would count as gone or new. */
	CATALOG_PART,
	/** `line` and `other_line` list names that have become one: catalog_sort(). */
	CATALOG_MERGED,
};

struct catalog {
	/** By the bytes of the keys; each key once. */
	struct record *records;
	size_t count;
	/** It may be any other of this size if no option, tag or seal says so. */
	const struct digest_algorithm *algorithm;
	bool algorithm_named;
	/** Lines that were improperly formatted, and what was recognised in these or in an armour. */
	uint64_t improper;
	struct recogniser seen;
	/** Comments, other than annotations, as they stand; each ends in a newline. */
	char *comments;
	size_t comments_size;
	enum sealing_verdict verdict;
	/** Whether it ended in a valid seal, and that. */
	bool sealed;
	struct seal seal;
	/** What is wrong, and where. */
	enum catalog_fault fault;
	int error;
	uint64_t line;
	uint64_t other_line;
	/** What the rest points into. */
	struct catalog_memory *memory;
};

/**
 * Read a manifest to its end.
 *
 * @param reader may be one that has to be waited for (a FIFO, a pipe): this waits
 * @param catalog filled, whatever the outcome; to be freed with catalog_free()
 * @return 0, or -1 where catalog->fault is not CATALOG_SOUND; errno is EINTR where it was
 * interrupted
 */
int catalog_read(
	struct reader *reader, const struct catalog_options *options, struct catalog *catalog);

/** @return the record with this key, or NULL */
const struct record *catalog_find(const struct catalog *catalog, const char *key, size_t key_size);

/**
 * Give a record another key. In the end catalog_sort() has to be called.
 *
 * @param key copied
 * @return 0, or -1 with errno ENOMEM
 */
int catalog_set_key(
	struct catalog *catalog, struct record *record, const char *key, size_t key_size);

/** Sort by keys that were given anew. @return 0, or -1 with CATALOG_MERGED as the fault */
int catalog_sort(struct catalog *catalog);

/** Why a manifest is refused, for a message after its name; in `room` where numbers are in it. */
const char *catalog_reason(const struct catalog *catalog, char room[static 128]);

/** A catalog of all zeros is allowed. */
void catalog_free(struct catalog *catalog);

/**
 * Write what a name is compared by: without "./" components and doubled slashes, and without a
 * slash at the end; "." alone becomes the empty string. ".." stays.
 *
 * @param key room for `size` + 1 bytes; may be `name` itself; a NUL is added
 * @return its bytes
 */
size_t catalog_key(const char *name, size_t size, char *key);

/** Compare two keys by their bytes. @return less than, equal to or greater than 0 */
int catalog_compare(const char *one, size_t one_size, const char *other, size_t other_size);

#endif
