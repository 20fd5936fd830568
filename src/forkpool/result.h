/*
 * Results: a known number of tasks, and what became of them. What waits for them is map.c.
 */
#ifndef FORKPOOL_RESULT_H
#define FORKPOOL_RESULT_H

#include "forkpool/job.h"

struct fp_result {
	struct job job;
	struct fp_pool *pool;
	/** In the list of those whose callbacks are due. */
	struct fp_result *next;
	/** Its tasks, by index. */
	struct task **tasks;
	size_t count;
	/** How many of them are not done. */
	size_t remaining;
	/** The first that did not end as FP_OK, or `count`. */
	size_t failed;
	struct fp_callbacks callbacks;
	/** It is in that list, or its callback runs. */
	bool due;
	/** fp_result_free() was called: it goes when it is ready and its callback has run. */
	bool unwanted;
};

/** Make a result of so many tasks, to be submitted. @return it, or NULL with errno ENOMEM */
struct fp_result *result_new(
	struct fp_pool *pool, size_t count, size_t chunk, const struct fp_callbacks *callbacks);

/** All its tasks were submitted: it is ready once they are done. */
void result_submitted(struct fp_result *result);

/** Free a result that nobody else has, whatever of it is done. Keeps errno. */
void result_revoke(struct fp_result *result);

/** Run the callbacks of results that became ready. */
void result_call_back(struct fp_pool *pool);

#endif
