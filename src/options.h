/*
 * The command line.
 */
#ifndef TREESUM_OPTIONS_H
#define TREESUM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "accept.h"
#include "hash/digest.h"
#include "hash/engine.h"
#include "prefix_map.h"
#include "shard.h"
#include "ui/progress.h"
#include "walk/filter.h"

/** What the program is to do. */
enum options_mode {
	MODE_GENERATE,
	MODE_CHECK,
	MODE_AUDIT,
	MODE_UPDATE,
	MODE_DIFF,
	MODE_MERGE,
	MODE_HELP,
	MODE_VERSION,
};

/** How much a check, or another comparison, says; the last one given holds, as in sha512sum. */
enum options_check_output {
	CHECK_NORMAL,
	/** --warn: also name each improper line. */
	CHECK_WARN,
	/** --quiet: no OK lines; no counts. */
	CHECK_QUIET,
	/** --status: nothing but the exit status, and files that cannot be opened. */
	CHECK_STATUS,
};

struct options {
	enum options_mode mode;

	/** What to read: the operands, or the names in `files0_from`; no operand is standard input.
	 */
	char *const *operands;
	size_t operand_count;
	/** A file of NUL-terminated names, "-" is standard input; or NULL. */
	const char *files0_from;
	/** Where the operands are relative to, or NULL. */
	const char *directory;
	/** MODE_AUDIT, MODE_UPDATE: what they are held against. */
	const char *manifest;
	/** Follow links that a walk finds. */
	bool dereference;
	bool one_file_system;
	/** What a walk leaves out, or NULL. */
	struct filter *filter;

	/** How to hash. */
	const struct digest_algorithm *algorithm;
	/** It was given, and is not just the default. */
	bool algorithm_given;
	enum engine_kind engine;
	/** Workers; 0 is as many as the storage keeps busy. */
	unsigned jobs;
	/** Seconds, or 0 for no limit. */
	unsigned timeout;
	/** Seconds after which no more files are begun; 0: no limit. */
	uint64_t for_seconds;

	/** Read files past the page cache, if possible. */
	bool uncached;

	/** The share of the files that is hashed or checked; all zeros: all. */
	struct shard shard;

	/** What to print. */
	const char *output;
	/** With --shard: what --output names; `output` is the part's name then, owned here. */
	const char *target;
	char *part;
	/** Use the journal of an interrupted run; --update does so in any case. */
	bool resume;
	bool binary;
	bool tag;
	bool zero;
	bool annotate;
	bool unsorted;
	bool json;
	bool summary;
	bool debug;
	enum progress_when progress;

	/** How to check. */
	enum options_check_output check_output;
	bool ignore_missing;
	bool strict;

	/** How to compare. */
	bool verbose;
	/** What is taken as meant. */
	struct accept accept;
	/** Where listed names are looked for. */
	struct prefix_map prefix_map;
	/** The verdicts that are told, a bit each; 0: all. */
	unsigned report;

	/** How to update. */
	uint64_t reread_age;
	bool ignore_ctime;
	/** Lines are added only. */
	bool append_only;
	/** Nothing is read but stamps, and nothing is written. */
	bool dry_run;
	/** The old manifest stays as MANIFEST~. */
	bool backup;
	/** Also read files whose last reading is older than `reread_age` (seconds) or unknown. */
	bool reread;

	/** How to read manifests: annotations demand no seal. */
	bool no_seal;
};

/**
 * Parse the command line, and read the lists of patterns that it names. Messages about errors in
 * these go to standard error, and where to look for help.
 *
 * @param options operands point into argv, which is permuted; to be freed in any case
 * @return 0, or -1 where something is wrong; then of the options only the mode is to be relied on
 */
int options_parse(struct options *options, int argc, char **argv);

/** Free what the options hold, not themselves. */
void options_free(struct options *options);

#endif
