/*
 * A worker: what a process of the pool does with files and directories.
 */
#ifndef TREESUM_HASH_HASHER_H
#define TREESUM_HASH_HASHER_H

#include "forkpool/forkpool.h"
#include "hash/digest_set.h"
#include "hash/engine.h"
#include "sys/blocked.h"
#include "sys/sandbox.h"
#include "sys/stamp.h"

/** The context of the workers; fork gives each its own copy of the engine. */
struct hasher_context {
	const struct digest_set *algorithms;
	struct engine *engine;
	/** The sandbox that the worker enters. */
	struct sandbox sandbox;
	/** The run's own outputs, which are not read below a root. */
	const struct stamp *owned;
	size_t owned_count;
	/** The size of a huge file, in bytes. */
	uint64_t huge;
	/** Begun in the worker, before it enters the sandbox. */
	struct blocked blocked;
};

/** The serve function of the pool for files and directories; `context` is a struct hasher_context.
 */
int hasher_serve(struct fp_worker *worker, void *context);

#endif
