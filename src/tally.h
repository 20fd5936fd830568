/*
 * What a run has come to, in numbers: for the summary, and for the last line of JSON.
 */
#ifndef TREESUM_TALLY_H
#define TREESUM_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "hash/hasher_task.h"
#include "verdict.h"

/** Why a file has no digest, or a directory could not be walked. */
enum tally_error {
	/** It is not there. */
	TALLY_MISSING,
	/** It may not be read. */
	TALLY_DENIED,
	/** Any other error. */
	TALLY_UNREADABLE,
	/** It changed while it was read. */
	TALLY_CHANGED,
	/** Its reader died. */
	TALLY_DIED,
	/** Its reader stayed silent. */
	TALLY_TIMED_OUT,
	/** How many there are. */
	TALLY_ERRORS,
};

/** What was left out on purpose. */
enum tally_skip {
	/** Symbolic links, and what is no regular file, found in a tree. */
	TALLY_LINK,
	TALLY_SPECIAL,
	/** Directories on other file systems, with --one-file-system. */
	TALLY_MOUNT,
	/** Names that a pattern leaves out; a directory and all below it is one. */
	TALLY_EXCLUDED,
	/** Files in a tree that this run itself writes. */
	TALLY_OWN,
	/** Files that are missing, with --ignore-missing. */
	TALLY_IGNORED,
	/** What a manifest lists, and the PATHs do not cover. */
	TALLY_OUTSIDE,
	/** Files, or lines of a manifest, of other shards. */
	TALLY_SHARD,
	/** How many there are. */
	TALLY_SKIPS,
};

struct tally {
	/** When the run began (CLOCK_MONOTONIC). */
	struct timespec start;
	/** Names that have a digest, and the bytes of these files, hard links each. */
	uint64_t files;
	uint64_t bytes;
	/** Those among them that were not read, as they were known. */
	uint64_t reused;
	uint64_t reused_bytes;
	/**
	 * And those that were not read as the journal of an interrupted run had them; none of them
	 * counts as reused. Of a file that was read on in its middle only the bytes count.
	 */
	uint64_t resumed_files;
	uint64_t resumed_bytes;
	/** Files that were to be read again by their READ, and those among them that were. */
	uint64_t due;
	uint64_t due_read;
	/** The earliest READ among all that were due: seconds since 1970; 0: one is unknown. */
	int64_t oldest_read;
	/**
	 * Files that were to be read, and that time did not allow; those that were only due do not
	 * count. Their bytes, as far as their sizes are known.
	 */
	uint64_t not_reached;
	uint64_t not_reached_bytes;
	/** What the journal keeps for the next run; bytes also of files in progress. */
	uint64_t kept_files;
	uint64_t kept_bytes;
	uint64_t errors[TALLY_ERRORS];
	uint64_t skipped[TALLY_SKIPS];
	/** With --shard: the files of all shards that were listed, and the sum of the hashes of their
	 * names. */
	uint64_t listed;
	uint64_t names;
	/** What was held against a manifest. */
	uint64_t verdicts[VERDICTS];
	/** Bags. */
	uint64_t bags[VERDICTS_OF_BAGS];
	/** Improper lines of manifests. */
	uint64_t malformed;
	/** The devices (stat.st_dev) of files that were read through the page cache though they
	 * should not have been. */
	uint64_t *cached;
	size_t cached_count;
	/** A directory was walked. */
	bool walked;
	/** The run came to its end: all that should have been printed was printed. */
	bool complete;
};

/** Begin with zeros, now. */
void tally_start(struct tally *tally);

/** Count what came of a file. */
void tally_result(struct tally *tally, const struct hasher_result *result);

/** Count a file that could not be read by its errno. */
void tally_failed(struct tally *tally, int error);

/**
 * Note that a file on a device was read through the page cache though it should not have been.
 *
 * @return whether it is the first one there; if memory runs out, each is
 */
bool tally_cached(struct tally *tally, uint64_t device);

/** Free what it holds. */
void tally_free(struct tally *tally);

/** The time since the start. */
struct timespec tally_elapsed(const struct tally *tally);

/** As JSON has it: "timed_out". */
const char *tally_error_name(enum tally_error error);
const char *tally_skip_name(enum tally_skip skip);

/** The files of the run, as far as it got: those with a digest, and those not reached. */
uint64_t tally_files(const struct tally *tally);

/** The bytes that were read. */
uint64_t tally_read(const struct tally *tally);

/** How many could not be read, and how many were left out, of all kinds. */
uint64_t tally_errors(const struct tally *tally);
uint64_t tally_skipped(const struct tally *tally);

#endif
