/*
 * The parts of a shared run that are to be merged: are they all there, each once, and as they were
 * sealed?
 */
#ifndef TREESUM_PARTS_H
#define TREESUM_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "manifest/annotation.h"
#include "options.h"
#include "output.h"
#include "part.h"
#include "tally.h"
#include "ui/estimate.h"

/** A part that was named. */
struct parts_member {
	const char *path;
	/** How many were named before. */
	size_t place;
	/** NULL while it is not open. */
	struct part *part;
	/** Its seal; `shard.count` is 0 where it is refused. */
	struct seal seal;
};

struct parts {
	const struct options *options;
	struct tally *tally;
	/** Where they are merged to, which must be none of them. */
	const struct output *output;
	/** As they were named; after parts_look() by their shards. */
	struct parts_member *members;
	size_t count;
	/** For the progress: the part that is read, all entries, and the bytes of all lines, each read
	 * twice. */
	const char *reading;
	uint64_t files;
	uint64_t bytes;
	uint64_t bytes_read;
};

/**
 * Take the parts that the operands name; nothing is opened yet.
 *
 * @param options, tally, output must outlive the parts
 * @return 0, or -1 where memory is used up, which was reported
 */
int parts_begin(struct parts *parts, const struct options *options, struct tally *tally,
	const struct output *output);

/** Look at the seals alone: are they all parts of one run, each once? @return 0, or -1, which was
 * reported */
int parts_look(struct parts *parts);

/** Read each part to its end: is it what was sealed? @return 0, or -1, which was reported */
int parts_verify(struct parts *parts);

/**
 * Open a part that was looked at before.
 *
 * @return 0; or -1 where it cannot be opened, or is not the same any more, which was reported; errno is
 *         EMFILE where too many files are open
 */
int parts_open(const struct parts *parts, struct parts_member *member);

/** Report why a part could not be read on: part_next() failed. @return -1 */
int parts_failed(const struct part *part);

/** After each entry that was read. @return 0, or -1 if a signal ends the run, which was reported */
int parts_go_on(struct parts *parts, const struct part *part);

/** For the progress. @param context the parts */
void parts_count(void *context, struct estimate_counts *counts);

/** Close and free what they hold. */
void parts_end(struct parts *parts);

#endif
