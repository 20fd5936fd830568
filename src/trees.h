/*
 * The operands and all that is below them: walked and hashed.
 */
#ifndef TREESUM_TREES_H
#define TREESUM_TREES_H

#include <stdbool.h>

#include "manifest/writer.h"
#include "options.h"
#include "scan/tree.h"
#include "tally.h"

struct trees;

struct trees_hooks {
	/**
	 * What came of a name: in the order of the output once all is done, or, with --unsorted, as
	 * it comes.
	 *
	 * @return 0, or -1, which was reported
	 */
	int (*entry)(void *context, const struct tree_entry *entry);
	/**
	 * Whether the digest of a regular file is known as long as it has a certain stamp; may be
	 * NULL.
	 *
	 * @param stamp filled: size, mtime and ctime
	 * @param digest filled, but where it is NULL
	 */
	bool (*known)(void *context, const char *path, size_t size, struct stamp *stamp,
		unsigned char *digest);
	void *context;
};

struct trees_options {
	const struct options *options;
	int interrupt_fd;
	struct tally *tally;
	/** Where is printed; flushed before a wait. */
	struct writer *writer;
	/** Where is written besides; may be NULL. */
	const struct writer *replacement;
	/** Files that are not taken besides the outputs; all zeros: none. */
	struct stamp manifest;
	struct stamp backup;
	/** All operands are trees: nothing is read that no walk found, and the hook is told of
	 * links and special files, too. */
	bool only;
	struct trees_hooks hooks;
};

/**
 * Open what is needed, and go to where operands are relative to. No process is started yet.
 *
 * @param options copied
 * @return NULL where that failed, which was reported
 */
struct trees *trees_open(const struct trees_options *options);

/**
 * Walk and hash everything, and tell the hook.
 *
 * @return 0; or -1 where the run cannot go on, which was reported
 */
int trees_run(struct trees *trees);

/** End all processes and free. NULL is allowed. */
void trees_free(struct trees *trees);

#endif
