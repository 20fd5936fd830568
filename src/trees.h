/*
 * Walk and hash the operands and all files below them.
 */
#ifndef TREESUM_TREES_H
#define TREESUM_TREES_H

#include <stdbool.h>

#include "manifest/writer.h"
#include "options.h"
#include "scan/tree.h"
#include "tally.h"

struct share;
struct trees;

struct trees_hooks {
	/**
	 * Receives each entry: in the order of the output when all is done, or, with --unsorted, as
	 * soon as it is done.
	 *
	 * @return 0, or -1, which was reported
	 */
	int (*entry)(void *context, const struct tree_entry *entry);
	void *context;
};

struct trees_options {
	const struct options *options;
	int interrupt_fd;
	struct tally *tally;
	/** Standard output; flushed before a wait. */
	struct writer *writer;
	/** The output file; may be NULL. */
	const struct writer *replacement;
	/** Files to skip besides the outputs; all zeros: none. */
	struct stamp manifest;
	struct stamp backup;
	/** Known digests, the journal, the time limit; may be NULL. */
	struct long_job *job;
	/** With --shard: the files of this run; may be NULL. */
	struct share *share;
	/** All operands are trees: streams are not read, and the hook gets links and special files,
	 * too. */
	bool only;
	struct trees_hooks hooks;
};

/**
 * Open what is needed, and change to the directory of relative operands. No process is started yet.
 *
 * @param options copied
 * @return NULL where that failed, which was reported
 */
struct trees *trees_open(const struct trees_options *options);

/**
 * Walk and hash everything, and pass the entries to the hook.
 *
 * @return 0; or -1 where the run cannot go on, which was reported
 */
int trees_run(struct trees *trees);

/** End all processes and free. NULL is allowed. */
void trees_free(struct trees *trees);

#endif
