/*
 * The workers, seen from the parent: forked, watched, killed, reaped; and what each has in hand.
 *
 * Nothing here knows the pool: what happens to a worker is told by pool_workers_event(), and what
 * follows from it is done by those who ask.
 */
#ifndef FORKPOOL_POOL_WORKERS_H
#define FORKPOOL_POOL_WORKERS_H

#include "forkpool/policy.h"
#include "forkpool/spawn.h"
#include "forkpool/task.h"
#include "forkpool/ticker.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pool_worker_state {
	/** No worker in this place. */
	WORKER_NONE,
	/** Forked; its initializer runs. Tasks may be sent already. */
	WORKER_STARTING,
	WORKER_READY,
	/** Its task channel is shut: it ends when it has done what it has. */
	WORKER_ENDING,
	/** Sent SIGKILL by the pool; nothing is received from it any more. */
	WORKER_KILLED,
};

/** Why the pool has killed a worker. */
enum kill_reason {
	/** It has not. */
	KILL_NONE,
	/** It was silent for too long. */
	KILL_TIMEOUT,
	/** It sent what is malformed, takes no tasks, or left its channel and lives on. */
	KILL_PROTOCOL_ERROR,
	/** One of its tasks was cancelled. */
	KILL_CANCELLED,
};

/** What is told of a worker. */
enum worker_event {
	/** It has sent something. */
	WORKER_RESULTS,
	/** Its task channel has room again. */
	WORKER_ROOM,
	/** Its process seems to have ended. */
	WORKER_ENDED,
};

/** One worker. */
struct pool_worker {
	struct spawn process;
	/** Where its tasks are sent to; -1 without a worker, as the following. */
	int tasks;
	/** The receiving end of that, which is the worker's: open here too, to take back from it.
	 */
	int tasks_end;
	/** Where its replies are received from; -1 also once that was closed. */
	int results;
	enum pool_worker_state state;
	/** WORKER_KILLED: why. */
	enum kill_reason killed_for;
	/** Its index in the pool's places. */
	uint32_t place;
	/** Which of the workers that were ever in this place: events of earlier ones are dropped.
	 */
	uint32_t serial;
	/** Its task channel is full: waits for EPOLLOUT. */
	bool blocked;

	/** Sent and not replied to, in the order in which they were sent; and their weights. */
	struct task_list hand;
	uint64_t weight;
	/** Those among them, sent or being sent, that are longer than a frame. */
	unsigned split;
	/** Frames of tasks that it was sent ever, and whether it may not have received all. */
	uint64_t frames;
	bool unreceived;
	/** Tasks ever sent, for max_tasks_per_child. */
	unsigned taken;
	/** Milliseconds since its last frame, by the ticker; WORKER_KILLED: since it was killed. */
	unsigned silent;

	/** A long task of which `sent` bytes were sent. */
	struct task *sending;
	size_t sent;
	/** A long reply that is being received: its task, room for `total` bytes, what has come. */
	uint64_t reply_id;
	unsigned char *reply;
	size_t reply_total;
	size_t reply_size;
};

/** All workers of a pool. */
struct pool_workers {
	/** The pool's, not to be altered here. */
	const struct fp_options *options;
	struct ticker *ticker;
	/** Watches the workers' channels and processes; the pool's. */
	int epoll;
	/** As many places as workers ever ran at once; they never move. */
	struct pool_worker **places;
	unsigned count;
	unsigned running;
	/** The most to run: options->processes, or fewer for a while once fork() failed ... */
	unsigned limit;
	/** ... until then (clock_ms). */
	int64_t retry_at;
	uint32_t serial;
	/** Tasks of all workers, sent or being sent, and those among them with a time-out of their
	 * own. */
	size_t in_hand;
	size_t timed;
};

/** Whether a worker has a suspect, beside which it gets no task. */
static inline bool pool_worker_has_suspect(const struct pool_worker *worker)
{
	const struct task *task = worker->sending ? worker->sending : worker->hand.first;

	return task && task->suspect;
}

/** Whether a worker may get tasks. */
static inline bool pool_worker_takes_tasks(const struct pool_worker *worker)
{
	return (worker->state == WORKER_STARTING || worker->state == WORKER_READY) &&
		!worker->blocked && !worker->sending && !pool_worker_has_suspect(worker);
}

static inline bool pool_worker_is_idle(const struct pool_worker *worker)
{
	return worker->hand.count == 0 && pool_worker_takes_tasks(worker);
}

/** A task that is in no list is on its way to a worker, as TASK_SENDING or TASK_IN_HAND. */
static inline void pool_worker_give(struct pool_workers *workers, struct pool_worker *worker,
	struct task *task, enum task_state state)
{
	task->worker = worker;
	task->state = state;
	worker->split += task->split;
	worker->weight += task->weight;
	worker->taken++;
	workers->in_hand++;
	if (task->timeout > 0) {
		workers->timed++;
		ticker_start_within(workers->ticker, policy_tick(task->timeout));
	}
}

/** A task was sent, in the last frame of the worker. */
static inline void pool_worker_sent(struct pool_worker *worker, struct task *task)
{
	task->state = TASK_IN_HAND;
	task->frame = worker->frames;
	task_append(&worker->hand, task);
}

/** Take a task out of its worker's hand. */
static inline void pool_worker_take_back(struct pool_workers *workers, struct task *task)
{
	struct pool_worker *worker = task->worker;

	assert(worker);
	if (task->state == TASK_SENDING)
		worker->sending = NULL;
	else
		task_remove(&worker->hand, task);
	worker->weight -= task->weight;
	worker->split -= task->split;
	task->worker = NULL;
	workers->in_hand--;
	workers->timed -= task->timeout > 0;
}

/** A place without a worker: a new one where there is none. @return it, or NULL with errno ENOMEM
 */
struct pool_worker *pool_workers_place(struct pool_workers *workers);

/** Free the places, in which no worker may be any more. */
void pool_workers_free(struct pool_workers *workers);

/** Fork one more worker. @return it, or NULL with errno */
struct pool_worker *pool_workers_start(struct pool_workers *workers);

/** No more workers can be had now: go on with those that run, and try again in a second. */
void pool_workers_settle(struct pool_workers *workers);

/**
 * What an epoll event is about.
 *
 * @param data what it was registered with
 * @return the worker with the event, or NULL where that worker is gone, or killed and not at its end
 */
struct pool_worker *pool_workers_event(
	const struct pool_workers *workers, uint64_t data, enum worker_event *event);

/** Send a signal to every worker. */
void pool_workers_signal(struct pool_workers *workers, int signal);

/** As pool_worker_end(), for all. */
void pool_workers_end(struct pool_workers *workers);

/** In a new child: close the descriptors of all workers. */
void pool_workers_disown(struct pool_workers *workers);

/** Milliseconds that a worker may be silent now, or 0: any time. It works on the oldest task that it has.
 */
unsigned pool_worker_limit(const struct pool_workers *workers, const struct pool_worker *worker);

/** Milliseconds between ticks by which the limits of all tasks in hand are kept. */
unsigned pool_workers_tick(const struct pool_workers *workers);

/** A worker's task channel is full: wait for room. @return 0, or -1 with errno */
int pool_worker_block(struct pool_workers *workers, struct pool_worker *worker);

/** Wait for room no longer. */
void pool_worker_unblock(struct pool_workers *workers, struct pool_worker *worker);

/** Receive nothing more from a worker. */
void pool_worker_close_results(struct pool_workers *workers, struct pool_worker *worker);

/** Let a worker end when it has done what it has. */
void pool_worker_end(struct pool_worker *worker);

/** Kill a worker; what it has in hand stays there until it is reaped. One that was killed before is left
 * as it is. */
void pool_worker_kill(
	struct pool_workers *workers, struct pool_worker *worker, enum kill_reason reason);

/**
 * Reap a worker whose process seems to have ended.
 *
 * @return true with `end` filled, or false where it has not ended quite yet, and is still watched
 */
bool pool_worker_reap(
	struct pool_workers *workers, struct pool_worker *worker, struct spawn_end *end);

/** Stop to watch a process that does not die. */
void pool_worker_abandon(struct pool_workers *workers, struct pool_worker *worker);

/** Free the place of a worker that was reaped or abandoned, and has nothing in hand. */
void pool_worker_clear(struct pool_workers *workers, struct pool_worker *worker);

#endif
