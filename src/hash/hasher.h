/*
 * A hasher: what a worker of the pool does with files.
 */
#ifndef TREESUM_HASH_HASHER_H
#define TREESUM_HASH_HASHER_H

#include "forkpool/forkpool.h"
#include "hash/digest.h"
#include "hash/engine.h"
#include "sys/sandbox.h"

/** What hashers are given; each has its own copy of the engine, by fork. */
struct hasher_context {
	const struct digest_algorithm *algorithm;
	struct engine *engine;
	/** What hashers may do besides. */
	struct sandbox sandbox;
};

/** The serve function of the pool for regular files; `context` is a struct hasher_context. */
int hasher_serve(struct fp_worker *worker, void *context);

#endif
