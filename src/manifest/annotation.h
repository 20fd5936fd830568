/*
 * What `--annotate` adds to a manifest: a line before each entry that says in which state the file
 * was, and a last line that seals the whole. Pure functions of bytes.
 *
 *     #= 1048576 1700000000.123456789 1700000000.123456789 1763700000
 *     cf83e1…  photos/a.jpg
 *     #end files=1 bytes=1048576 sha512=9b71d2…
 *
 * The fourth field, READ, is the time when the contents were last read, in whole seconds, or "-" if
 * they were found to be others then; it may be missing. Fields that follow, whatever later versions
 * add, are kept as they are.
 *
 * Where the digests are not SHA-512 the seal says what they are, before its own:
 * "algorithm=sha3-512". Every `sha512sum -c` takes both for comments.
 *
 * A manifest of some of a run's files, its K-th part of N, says so in the seal, behind the bytes:
 *
 *     #end files=1 bytes=1048576 shard=3/16 errors=0 listed=9:37d2… options=5be0… sha512=9b71d2…
 */
#ifndef TREESUM_MANIFEST_ANNOTATION_H
#define TREESUM_MANIFEST_ANNOTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/**
 * The most bytes that a printed line has, its newline included: a seal, or an annotation without
 * further fields.
 */
#define ANNOTATION_BOUND ((size_t)384)

/** Room for the name of an algorithm. */
#define ANNOTATION_ALGORITHM 16

/** The state of a file when it was hashed. */
struct annotation {
	/** Bytes. */
	uint64_t size;
	struct timespec mtime;
	/** Not kept where the file was not settled. */
	struct timespec ctime;
	/**
	 * ctime is known, and the file had been left alone for two seconds when it was read;
	 * otherwise a later write may have left both times as they are ("racily clean", git says).
	 */
	bool settled;
	/**
	 * mtime was less than two seconds old: a later write may have left it as it is. Where only
	 * ctime was (a fresh copy with its old mtime), a write would have altered mtime. Never
	 * together with `settled`.
	 */
	bool young;
	/**
	 * READ is "-": when the file was last read it had other contents, and was CORRUPT. Only with a
	 * `read` of 0.
	 */
	bool suspect;
	/** Bytes of `more`. */
	uint32_t more_size;
	/** When the contents were last read and found to be these: seconds since 1970; 0: unknown. */
	int64_t read;
	/**
	 * The fields that follow, from the space before them to the last byte; in the line that was
	 * parsed. NULL where there are none. Where there is no READ they do not begin with a field
	 * that would be taken for it.
	 */
	const char *more;
};

/** Bytes of the digest of a run's options. */
#define ANNOTATION_OPTIONS 16

/** Which part of a run a manifest is. */
struct seal_shard {
	/** K of N: from 1 to `count`. */
	uint32_t index;
	/** N; 0: the manifest is no part, and the rest is 0, too. */
	uint32_t count;
	/** Files and directories that could not be read. */
	uint64_t errors;
	/** How many files the run has listed, those of all shards, and the sum of the hashes of their
	 * names: the same in all parts if all runs have seen the same tree. */
	uint64_t listed;
	uint64_t names;
	/** A digest of what decides which files the run lists: the same in all parts. */
	unsigned char options[ANNOTATION_OPTIONS];
};

/** What the last line of a manifest says of all before it. */
struct seal {
	uint64_t files;
	uint64_t bytes;
	struct seal_shard shard;
	/**
	 * Of the digests before it, as `--algorithm` takes it: without that an update with another
	 * algorithm of the same length would take these for its own. Empty: sha512.
	 */
	char algorithm[ANNOTATION_ALGORITHM];
	/** SHA-512, whatever the manifest's algorithm is. */
	unsigned char digest[64];
};

/** What a line is. */
enum annotation_kind {
	/** None of the others. */
	ANNOTATION_NONE,
	/** `#= …`, and well formed. */
	ANNOTATION_STATE,
	/** `#end …`, and well formed. */
	ANNOTATION_SEAL,
	/** A comment that begins like a seal, and is none. */
	ANNOTATION_MALFORMED,
	/** It would be one of the first two without the CR at its end: line ends were converted. */
	ANNOTATION_CONVERTED,
};

/**
 * Write `#= SIZE MTIME CTIME [READ]`, the further fields and a newline.
 *
 * @param out room for ANNOTATION_BOUND + annotation->more_size bytes
 * @return bytes written
 */
size_t annotation_print(const struct annotation *annotation, char *out);

/** Write the sealing line and a newline. @return bytes written, at most ANNOTATION_BOUND */
size_t annotation_print_seal(const struct seal *seal, char out[static ANNOTATION_BOUND]);

/**
 * Parse a line.
 *
 * @param line need not end in a newline or a NUL
 * @param annotation `more` points into `line`; filled for ANNOTATION_STATE
 * @param seal filled for ANNOTATION_SEAL
 */
enum annotation_kind annotation_parse(
	const char *line, size_t size, struct annotation *annotation, struct seal *seal);

#endif
