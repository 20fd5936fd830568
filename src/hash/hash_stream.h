/*
 * What a worker does with what is no regular file: standard input, pipes, devices. It is read as it
 * comes, to its end, once.
 */
#ifndef TREESUM_HASH_HASH_STREAM_H
#define TREESUM_HASH_HASH_STREAM_H

#include "forkpool/forkpool.h"

/** The function of the pool for streams; `context` is a struct hasher_context. */
int hash_stream(struct fp_worker *worker, const struct fp_task *from, void *context);

#endif
