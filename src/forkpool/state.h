/*
 * What the files of a pool share: its state. The design is told at the head of pool.c.
 */
#ifndef FORKPOOL_STATE_H
#define FORKPOOL_STATE_H

#include "forkpool/forkpool.h"
#include "forkpool/policy.h"
#include "forkpool/pool_workers.h"
#include "forkpool/queue.h"
#include "forkpool/task.h"
#include "forkpool/ticker.h"

/** Argument bytes in the queue at which no more are taken from sources or submitted. */
#define STATE_QUEUE_BYTES ((size_t)16 << 20)

/** The data of the events of `ticker` and `wake` in the epoll set: no worker has these places. */
#define STATE_TICK_DATA UINT64_MAX
#define STATE_WAKE_DATA (UINT64_MAX - 1)

enum pool_state {
	POOL_OPEN,
	/** No more tasks are taken; workers end when nothing is pending. */
	POOL_CLOSED,
	/** All was cancelled; workers are told to end. */
	POOL_TERMINATED,
	/** The copy of a pool in a worker, which must not touch it. */
	POOL_FOREIGN,
};

struct fp_pool {
	struct fp_options options;
	enum pool_state state;
	/** Why the pool cannot go on (errno), or 0; the loop terminates it then. */
	int broken;
	/** POOL_TERMINATED: what everything pending was cancelled with (errno) ... */
	int reason;
	/** ... when what is next to be done to the workers that are left is due (clock_ms), and
	 * whether they were sent SIGKILL. */
	int64_t ending_at;
	bool killed;
	/** A worker did not die of SIGKILL. */
	bool abandoned;
	/** The pool itself, and each iterator and result that was not freed yet. */
	unsigned references;
	/** Above 0 inside a callback, where nothing may wait. */
	unsigned in_callback;

	/** Watches the workers' channels and pidfds, the ticker, and `wake`. */
	int epoll;
	/** Ticks for the watchdog, while there is something to watch. */
	struct ticker ticker;
	/** An eventfd that makes fp_fd() readable while a callback is due outside the loop. */
	int wake;
	/** loop_step() runs, and will call back. */
	bool in_step;

	struct pool_workers workers;
	/** A worker that gets no tasks until it is idle and can take a suspect, or NULL. */
	struct pool_worker *draining;
	/** Losses since the last reply or progress that do not count against a task, and tasks that
	 * were given up, as policy.h counts them. */
	unsigned deaths_in_row;

	struct task_table tasks;
	struct queue queue;
	struct policy_pace pace;

	/** Counts what a caller of the loop may be waiting for: outcomes, and ends of sources. */
	uint64_t changes;

	struct fp_iterator *iterators;
	/** A part has come: sources that had nothing may have something now. */
	bool part_came;
	/** Results that are ready and whose callbacks did not run yet. */
	struct fp_result *ready;
	struct fp_result **ready_end;
	/** Of the last fp_apply(), whose reply the caller may still read. */
	struct fp_result *applied;

	/** One frame each. */
	unsigned char *out;
	unsigned char *in;

	/** All pools of this process, so that a child closes their descriptors. */
	struct fp_pool *next;
	struct fp_pool *previous;
};

/** Make a pool without workers, with options that are complete, and known to state.c for the children
 * to disown. @return it, with one reference, or NULL with errno */
struct fp_pool *state_new(const struct fp_options *options, unsigned tick);

/** The pool has ended: close its descriptors, which what outlives it does not need. */
void state_close(struct fp_pool *pool);

void state_reference(struct fp_pool *pool);

/** Let go of a reference; with the last one, the pool is freed. */
void state_release(struct fp_pool *pool);

/** Something is due that no descriptor tells of: a round of the loop is needed. */
void state_wake(struct fp_pool *pool);

/** The pool cannot go on: the loop is to terminate it with this errno. */
void state_break(struct fp_pool *pool, int error);

/** Why nothing can be submitted (errno), the pool not being open. */
int state_refusal(const struct fp_pool *pool);

/** Whether nothing is queued, suspect or in hand. */
static inline bool state_is_idle(const struct fp_pool *pool)
{
	return queue_is_empty(&pool->queue) && pool->workers.in_hand == 0;
}

/** Around every call of user code: waiting is refused in between. */
static inline void state_enter_callback(struct fp_pool *pool)
{
	pool->in_callback++;
}

static inline void state_leave_callback(struct fp_pool *pool)
{
	pool->in_callback--;
}

#endif
