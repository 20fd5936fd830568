/*
 * The tutorial's build_map(): walk the trees, let the hashers mark each file, put path and digest
 * into a map.
 */
#ifndef TREESUM_BUILD_MAP_H
#define TREESUM_BUILD_MAP_H

#include <stdbool.h>

#include "manifest/digest_map.h"
#include "manifest/writer.h"
#include "options.h"
#include "walk/walker.h"

struct build;

/** What a mode has to say while a map is built. Each may be NULL, but `owns`. */
struct build_hooks {
	/** Whether a file is one that this run itself writes or reads: it is not taken. */
	bool (*owns)(void *context, const struct stamp *stamp);
	/** For everything that a walk finds, files or not. @return 0, or -1, which was reported */
	int (*found)(void *context, const struct walker_entry *found);
	/** Fill in the result of a file that was found, if it is known. @return whether it is */
	bool (*known)(void *context, struct digest_entry *entry);
	/** Without a map: what came of an entry, which is gone afterwards. @return as found() */
	int (*done)(void *context, struct digest_entry *entry);
	void *context;
};

struct build_options {
	const struct options *options;
	int interrupt_fd;
	/** Where is printed; flushed before a wait. */
	struct writer *writer;
	/** Where is written besides; may be NULL. */
	const struct writer *replacement;
	/** All operands are trees: they are walked, and nothing is read that no walk found. */
	bool trees;
	struct build_hooks hooks;
};

/**
 * Open what is needed, and go to where operands are relative to. No process is started yet.
 *
 * @param options copied
 * @return NULL where that failed, which was reported
 */
struct build *build_open(const struct build_options *options);

/**
 * Walk and hash everything.
 *
 * @return 0; or -1 where the run cannot go on, which was reported: the map is incomplete
 */
int build_run(struct build *build);

/** How many names the filter has left out so far. */
uint64_t build_excluded(const struct build *build);

/** The map; NULL with --unsorted. Freed with the build. */
const struct digest_map *build_map(const struct build *build);

/** End all processes and free. NULL is allowed. */
void build_free(struct build *build);

#endif
