/*
 * How much a worker gets, and when a task or the pool is given up. Pure: numbers in, numbers out.
 *
 * The window is the most tasks that one worker has in hand; the share is how many of the queue it
 * should have now. Losses are counted in tenths (POLICY_DEATH).
 */
#ifndef FORKPOOL_POLICY_H
#define FORKPOOL_POLICY_H

#include "forkpool/forkpool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The most items that are sent to a worker together, whatever chunk was asked for. */
#define POLICY_CHUNK_MAX ((size_t)2048)

/** The largest window that short tasks lead to, where neither chunk nor options ask for more. */
#define POLICY_WINDOW_MAX ((size_t)256)

/**
 * What the loss of a worker counts against its task and against the pool. SIGKILL, SIGTERM and SIGHUP are
 * nothing that a program does to itself: they say little about the task, and nothing about the
 * workers to come.
 */
#define POLICY_DEATH 10
#define POLICY_DEATH_FROM_OUTSIDE 1

/** How fast the workers are. */
struct policy_pace {
	/** Tasks that a worker finishes in a millisecond, lately; 0 if unknown. */
	size_t tasks;
	/** Replies since policy_take_pace(), and the time that workers spent on them, in ns. */
	uint64_t replies;
	uint64_t spent;
	/** The same before that, ever less of it; replies in units of 1 / PACE_UNIT. */
	uint64_t past_replies;
	uint64_t past_spent;
};

/** What a worker has, and what there is for it. */
struct policy_load {
	/** Tasks in the queue, and the workers that share them. */
	size_t queued;
	unsigned workers;
	/** Tasks that are sent together. */
	size_t chunk;
	/** Tasks in the worker's hand. */
	size_t hand;
	/** One of these is longer than a frame. */
	bool split;
	/** Tasks that the worker ever got, for max_tasks_per_child. */
	unsigned taken;
};

/** Take the replies since the last call into the pace. */
void policy_take_pace(struct policy_pace *pace);

/** A chunk as the caller gave it, brought into its range. */
size_t policy_chunk(size_t chunk);

/** Whether tasks are so short that a worker should have more than one chunk. */
bool policy_is_fast(const struct policy_pace *pace, size_t chunk);

/** Tasks that one worker may have in hand now, when such chunks are sent. */
size_t policy_window(
	const struct fp_options *options, const struct policy_pace *pace, size_t chunk);

/** The most that this can become. */
size_t policy_window_most(const struct fp_options *options, size_t chunk);

/** Tasks that the queue should hold for so many workers, so that shares can be judged before a source
 * ends. */
size_t policy_backlog(const struct fp_options *options, const struct policy_pace *pace,
	unsigned workers, size_t chunk);

/** Outcomes that may lie between a source and its reader: what so many workers may have in hand, and
 * twice as much in the queue. */
size_t policy_ahead(const struct fp_options *options, unsigned workers, size_t chunk);

/** How many more tasks of the queue a worker should have now. */
size_t policy_room(const struct fp_options *options, const struct policy_pace *pace,
	const struct policy_load *load);

/** Whether a task of this weight may join others of `weight` in a worker's hand; `others`: whether
 * there are any. */
bool policy_weight_fits(
	const struct fp_options *options, uint64_t weight, bool others, uint64_t task_weight);

/** What the loss of a worker counts that ended by this signal (0: by none); `killed`: it was killed by
 * the pool. */
unsigned policy_count_loss(int signal, bool killed);

/** Whether a task with such losses is given up. */
bool policy_gives_up(const struct fp_options *options, unsigned losses);

/** Whether so many losses in a row break the pool. */
bool policy_is_broken(const struct fp_options *options, unsigned losses);

/** Milliseconds between the ticks by which a limit of so many milliseconds (0: none) is kept. */
unsigned policy_tick(unsigned limit);

#endif
