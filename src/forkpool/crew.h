/*
 * The workers, seen from the parent: forked when needed, fed, listened to, watched, buried.
 */
#ifndef FORKPOOL_CREW_H
#define FORKPOOL_CREW_H

#include "forkpool/spawn.h"
#include "forkpool/task.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fp_pool;

enum crew_state {
	/** No worker in this place. */
	CREW_NONE,
	/** Forked; its initializer runs. Tasks may be sent already. */
	CREW_STARTING,
	CREW_READY,
	/** Its task channel is shut: it ends when it has done what it has. */
	CREW_ENDING,
	/** Killed, not listened to: it was malformed, silent, or left its channel. */
	CREW_DOOMED,
};

/**
 * What a death counts against its task and against the pool, in tenths. SIGKILL, SIGTERM and SIGHUP are
 * nothing that a program does to itself: they say little about the task, and nothing about the workers
 * to come.
 */
#define CREW_DEATH 10
#define CREW_DEATH_FROM_OUTSIDE 1

/** One worker. */
struct crew_member {
	struct spawn process;
	/** Where its tasks are sent to; -1 without a worker, as the following. */
	int tasks;
	/** The receiving end of that, which is the worker's: open here too, to take back from it.
	 */
	int tasks_end;
	/** Where its replies are received from; -1 once nobody listens to it any more, too. */
	int results;
	enum crew_state state;
	/** Its index in the pool's `crew`. */
	uint32_t place;
	/** Which of the workers that were ever in this place: events of earlier ones are dropped.
	 */
	uint32_t serial;
	/** Its task channel is full: waits for EPOLLOUT. */
	bool blocked;
	/** Has a suspect in hand, and gets nothing beside it. */
	bool alone;
	/** Gets nothing, until it is idle and can take a suspect. */
	bool draining;
	/** Was killed for its silence ... */
	bool timed_out;
	/** ... or for what it sent, or would not take, or as it left its channel and lived on. */
	bool lied;

	/** Was killed for a task that was cancelled. */
	bool recalled;

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
	/** Ticks since its last frame. */
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

/* crew.c: from fork to burial */

/** A place without a worker: a new one where there is none. @return it, or NULL with errno ENOMEM
 */
struct crew_member *crew_place(struct fp_pool *pool);

/** Free the places, in which no worker may be any more. */
void crew_free(struct fp_pool *pool);

/** Fork one more worker. @return it, or NULL with errno */
struct crew_member *crew_start(struct fp_pool *pool);

/** Handle one epoll event: `data` is what the pool registered it with. */
void crew_handle(struct fp_pool *pool, uint64_t data);

/** One tick of the watchdog. @return whether it needs another */
bool crew_tick(struct fp_pool *pool);

/** No more workers can be had now: go on with those that run, and try again in a second. */
void crew_settle(struct fp_pool *pool);

/** End as many workers as are more than the options want now. */
void crew_shrink(struct fp_pool *pool);

/** Let a worker end when it has done what it has. */
void crew_end(struct crew_member *member);
void crew_end_all(struct fp_pool *pool);

/** Kill a worker and stop listening to it; what it has in hand is given out when it is buried. */
void crew_doom(struct fp_pool *pool, struct crew_member *member);

/** Stop to listen to a worker. */
void crew_close_results(struct fp_pool *pool, struct crew_member *member);

/** Kill a worker that has a cancelled task; what else it has in hand is given out again. */
void crew_recall(struct fp_pool *pool, struct crew_member *member);

/** Send a signal to every worker. */
void crew_signal_all(struct fp_pool *pool, int signal);

/** Let go of the workers that SIGKILL did not end. */
void crew_abandon_all(struct fp_pool *pool);

/** Take a task out of its worker's hand. */
void crew_take_back(struct fp_pool *pool, struct task *task);

/** A worker's task channel is full: wait for room. @return 0, or -1 with errno */
int crew_block(struct fp_pool *pool, struct crew_member *member);

/** In a new child: close the descriptors of this pool's workers. */
void crew_disown(struct fp_pool *pool);

/* feed.c: tasks to the workers */

/** Give tasks to the workers that want some; forks where that is right. */
void feed_all(struct fp_pool *pool);

/** Go on with a long task, once there is room in the worker's channel. */
void feed_continue(struct fp_pool *pool, struct crew_member *member);

/* reclaim.c: tasks from the workers' channels */

/**
 * Take back what a worker has not received, and put it before all else that waits; no suspicion
 * falls on it. A worker that lives must not have any task in hand that is longer than a frame.
 */
void reclaim_tasks(struct fp_pool *pool, struct crew_member *member);

/** Whether a worker that lives may have something to be taken back. */
bool reclaim_possible(const struct crew_member *member);

/* listen.c: frames from the workers */

/** Handle the frames that a worker has sent, at most `limit` of them. */
void listen_to(struct fp_pool *pool, struct crew_member *member, size_t limit);

#endif
