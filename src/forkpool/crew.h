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
	/** Its channel is shut for writing: it ends when it has done what it has. */
	CREW_ENDING,
	/** Killed, its channel closed: it was malformed, silent, or left its channel. */
	CREW_DOOMED,
};

/**
 * What a death counts against its task and against the pool, in tenths. SIGKILL is nothing that a
 * program does to itself: it says little about the task, and nothing about the workers to come.
 */
#define CREW_DEATH 10
#define CREW_DEATH_FROM_OUTSIDE 1

/** One worker. */
struct crew_member {
	struct spawn process;
	/** The parent's end; -1 without a worker. */
	int channel;
	enum crew_state state;
	/** Its index in the pool's `crew`. */
	uint32_t place;
	/** Which of the workers that were ever in this place: events of earlier ones are dropped.
	 */
	uint32_t serial;
	/** Its initializer has succeeded. */
	bool ready;
	/** Its channel is full: waits for EPOLLOUT. */
	bool blocked;
	/** Has a suspect in hand, and gets nothing beside it. */
	bool alone;
	/** Gets nothing, until it is idle and can take a suspect. */
	bool draining;
	/** Was killed for its silence ... */
	bool timed_out;
	/** ... or for what it sent, or would not take. */
	bool lied;

	/** Sent and not replied to, and their weights. */
	struct task_list hand;
	uint64_t weight;
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
void crew_handle(struct fp_pool *pool, uint64_t data, uint32_t events);

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

/** Stop watching a worker's channel, and close it. */
void crew_close_channel(struct fp_pool *pool, struct crew_member *member);

/** Send a signal to every worker. */
void crew_signal_all(struct fp_pool *pool, int signal);

/** Let go of the workers that SIGKILL did not end. */
void crew_abandon_all(struct fp_pool *pool);

/** Take a task out of its worker's hand. */
void crew_take_back(struct fp_pool *pool, struct task *task);

/** Watch a worker's channel for input, and for room where it is blocked. */
void crew_watch(struct fp_pool *pool, struct crew_member *member);

/** In a new child: close the descriptors of this pool's workers. */
void crew_disown(struct fp_pool *pool);

/* feed.c: tasks to the workers */

/** Give tasks to the workers that want some; forks where that is right. */
void feed_all(struct fp_pool *pool);

/** Go on with a long task, once there is room in the worker's channel. */
void feed_continue(struct fp_pool *pool, struct crew_member *member);

/* listen.c: frames from the workers */

/** Handle the frames that a worker has sent, at most `limit` of them. */
void listen_to(struct fp_pool *pool, struct crew_member *member, size_t limit);

#endif
