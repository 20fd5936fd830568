/*
 * The header and the records of a journal: bytes to values and back. Nothing here reads or writes
 * a file. The head of journal_record.c describes the format.
 */
#ifndef TREESUM_MANIFEST_JOURNAL_RECORD_H
#define TREESUM_MANIFEST_JOURNAL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "hash/digest_set.h"
#include "sys/stamp.h"

enum {
	/** Bytes of the header. */
	JOURNAL_HEADER_SIZE = 42,
	/** The most bytes of a record. */
	JOURNAL_RECORD_MAX = 65535,
	/** The most bytes of a record besides its key. */
	JOURNAL_FIXED_MAX = 704,
	/** The most bytes of a key. */
	JOURNAL_KEY_MAX = JOURNAL_RECORD_MAX - JOURNAL_FIXED_MAX,
	JOURNAL_NONCE_SIZE = 16,
	/** Room for the names of algorithms. */
	JOURNAL_ALGORITHM = DIGEST_SET_NAMES,
};

/** What is common to all records that a run writes. */
struct journal_run {
	/** As `--algorithm` takes it: a name, or several with commas between them. */
	char algorithm[JOURNAL_ALGORITHM];
	/** Bytes of a digest, 1 to DIGEST_SET_SIZE. */
	size_t digest_size;
	/** Files were read from the medium, not from the page cache. */
	bool uncached;
};

/** Whether the digests of two runs are of the same algorithms, in the same order. */
bool journal_run_same_algorithm(const struct journal_run *one, const struct journal_run *other);

/** A file that was read to its end. */
struct journal_entry {
	/** Its state while it was read. The device is not kept, and 0 in what is found. */
	struct stamp stamp;
	/** When reading began, in seconds since 1970, rounded down. */
	int64_t read;
	/** The first digest_size bytes count; the others are 0 in what is found. */
	unsigned char digest[DIGEST_SET_SIZE];
};

/** A file that was read in part. */
struct journal_state {
	/** As in struct journal_entry. */
	struct stamp stamp;
	/** When reading began. */
	struct timespec begun;
	/** How many bytes of the file are in `hash`. */
	uint64_t bytes;
	/** What the algorithm goes on with. */
	uint64_t hash[8];
};

enum journal_type {
	JOURNAL_RUN = 1,
	JOURNAL_FILE = 2,
	JOURNAL_STATE = 3,
};

struct journal_record {
	enum journal_type type;
	/** Not of JOURNAL_RUN. It points into the record's bytes, and is not NUL-terminated. */
	const char *key;
	size_t key_size;
	/** By type. */
	union {
		struct journal_run run;
		struct journal_entry entry;
		struct journal_state state;
	};
};

/** What checks are computed with. */
struct journal_check {
	/** A digest of SHA-512, for all checks; not owned. */
	struct digest *digest;
	unsigned char nonce[JOURNAL_NONCE_SIZE];
};

/** What the first bytes of a file are. */
enum journal_header {
	/** A sound header. */
	JOURNAL_HEADER_SOUND,
	/** A part of one, an altered one, zeros, or nothing at all. */
	JOURNAL_HEADER_DAMAGED,
	/** The header of another version of treesum, or no journal at all. */
	JOURNAL_HEADER_OTHER,
};

/** Write the header with check->nonce. @return 0, or -1 with errno EIO */
int journal_record_put_header(
	const struct journal_check *check, unsigned char out[static JOURNAL_HEADER_SIZE]);

/**
 * Read a header.
 *
 * @param check its nonce is set where the header is sound
 * @param size of what there is, up to JOURNAL_HEADER_SIZE
 * @return an enum journal_header, or -1 with errno EIO where libcrypto failed
 */
int journal_record_read_header(
	struct journal_check *check, const unsigned char *bytes, size_t size);

/**
 * Write a record, but for its check.
 *
 * @param out room for JOURNAL_FIXED_MAX bytes and the key
 * @param size of the key, 1 to JOURNAL_KEY_MAX
 * @return the record's size, to be given to journal_record_seal()
 */
size_t journal_record_put_run(unsigned char *out, const struct journal_run *run);
size_t journal_record_put_file(unsigned char *out, size_t digest_size, const char *key, size_t size,
	const struct journal_entry *entry);
size_t journal_record_put_state(
	unsigned char *out, const char *key, size_t size, const struct journal_state *state);

/**
 * Complete a record with its check.
 *
 * @param offset where in the file the record will stand
 * @return 0, or -1 with errno EIO where libcrypto failed
 */
int journal_record_seal(const struct journal_check *check, uint64_t offset, unsigned char *record,
	size_t record_size);

/** Bytes of the length at the beginning of a record. */
#define JOURNAL_LENGTH_SIZE 2

/** @return the size that a record claims, in bytes, or 0 if it is too small for any record */
size_t journal_record_size(const unsigned char length[static JOURNAL_LENGTH_SIZE]);

/** @return 1 where a record's check is right, 0 where not, or -1 with errno EIO */
int journal_record_verify(const struct journal_check *check, uint64_t offset,
	const unsigned char *record, size_t record_size);

/**
 * Parse a record whose check is right.
 *
 * @param digest_size of the run that it belongs to; 0 before the first one
 * @return whether it is well formed
 */
bool journal_record_parse(const unsigned char *bytes, size_t record_size, size_t digest_size,
	struct journal_record *record);

/** Whether a time can be kept: its nanoseconds are less than a second. */
bool journal_record_can_keep(const struct timespec *time);

#endif
