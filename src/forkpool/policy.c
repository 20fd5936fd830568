/*
 * The pool's policies.
 *
 * One chunk in hand keeps a worker busy but for the time that the parent takes to answer, some 30
 * µs. Where tasks are short and chunks are small, that is most of the time, and each round trip
 * costs two switches between processes; so a worker gets about a millisecond of work. The workers
 * tell how long they worked: what the parent sees of that depends on how much it gives them, and on
 * who else uses the processors. What was long ago counts ever less, by an eighth in each round.
 * Measured with tasks that do nothing, in processor time a task: 7.5 µs without this and 3.1 with
 * it at chunk 1, 0.36 and 0.33 at chunk 64.
 *
 * A share is a fraction of the queue, between one chunk and the window: towards the end of a source the
 * shares shrink, so that all workers end together.
 */
#include "forkpool/policy.h"

#include <signal.h>

/** Parts of a reply that are counted for the pace. */
#define PACE_UNIT 64

/** The respawn budget where the options give none. */
#define RESPAWN_BASE 16
#define RESPAWN_PER_PROCESS 4

/** Milliseconds between ticks where there is no time-out to be counted. */
#define TICK 100
/** And at the most: other things are counted in ticks, too. */
#define TICK_MOST 500
/** Ticks in a time-out. */
#define TICKS 8

void policy_take_pace(struct policy_pace *pace)
{
	if (pace->replies == 0)
		return;
	pace->past_replies -= pace->past_replies / 8;
	pace->past_replies += pace->replies * PACE_UNIT;
	pace->past_spent -= pace->past_spent / 8;
	pace->past_spent += pace->spent;
	pace->replies = pace->spent = 0;
	pace->tasks = (size_t)(pace->past_replies * (1000000 / PACE_UNIT) / (pace->past_spent + 1));
}

size_t policy_chunk(size_t chunk)
{
	if (chunk == 0)
		return 1;
	return chunk < POLICY_CHUNK_MAX ? chunk : POLICY_CHUNK_MAX;
}

bool policy_is_fast(const struct policy_pace *pace, size_t chunk)
{
	return pace->tasks > chunk;
}

/** What the options make of a window. */
static size_t bound_window(const struct fp_options *options, size_t window)
{
	size_t most = options->window_tasks;

	if (window < options->width)
		window = options->width;
	return most > 0 && window > most ? most : window;
}

/** The largest window that short tasks lead to, whatever the options say. */
static size_t fast_window(size_t chunk)
{
	return POLICY_WINDOW_MAX > 2 * chunk ? POLICY_WINDOW_MAX : 2 * chunk;
}

size_t policy_window(const struct fp_options *options, const struct policy_pace *pace, size_t chunk)
{
	size_t window = chunk;

	if (policy_is_fast(pace, chunk))
		window = pace->tasks < fast_window(chunk) ? pace->tasks : fast_window(chunk);
	return bound_window(options, window);
}

size_t policy_window_most(const struct fp_options *options, size_t chunk)
{
	return bound_window(options, fast_window(chunk));
}

size_t policy_backlog(const struct fp_options *options, const struct policy_pace *pace,
	unsigned workers, size_t chunk)
{
	return 2 * (size_t)workers * policy_window(options, pace, chunk);
}

size_t policy_ahead(const struct fp_options *options, unsigned workers, size_t chunk)
{
	return 3 * (size_t)workers * policy_window_most(options, chunk);
}

size_t policy_room(const struct fp_options *options, const struct policy_pace *pace,
	const struct policy_load *load)
{
	size_t chunk = load->chunk, hand = load->hand, room = 0;
	size_t share = load->queued / (2 * (size_t)load->workers);
	size_t window = policy_window(options, pace, chunk), width = options->width;
	unsigned most = options->max_tasks_per_child;

	if (share < chunk)
		share = chunk;
	if (share > window)
		share = window;
	if (hand == 0 || (hand <= share / 2 && policy_is_fast(pace, chunk)))
		room = share - hand;
	else if (hand < width && hand < window)
		room = chunk < window - hand ? chunk : window - hand;
	/* Tasks behind a long argument cannot be taken back. */
	if (load->split && hand >= width)
		return 0;
	if (most > 0 && room > most - load->taken)
		room = most - load->taken;
	return room;
}

bool policy_weight_fits(
	const struct fp_options *options, uint64_t weight, bool others, uint64_t task_weight)
{
	uint64_t window = options->window_weight;

	return window == 0 || !others || (weight <= window && task_weight <= window - weight);
}

unsigned policy_count_loss(int signal, bool killed)
{
	bool sent = signal == SIGKILL || signal == SIGTERM || signal == SIGHUP;

	return sent && !killed ? POLICY_DEATH_FROM_OUTSIDE : POLICY_DEATH;
}

bool policy_gives_up(const struct fp_options *options, unsigned losses)
{
	return options->once || losses / POLICY_DEATH >= options->attempts;
}

bool policy_is_broken(const struct fp_options *options, unsigned losses)
{
	unsigned budget = options->respawn_budget;

	if (budget == 0)
		budget = RESPAWN_BASE + RESPAWN_PER_PROCESS * options->processes;
	return losses / POLICY_DEATH > budget;
}

unsigned policy_tick(unsigned limit)
{
	unsigned tick = limit > 0 ? limit / TICKS + 1 : TICK;

	return tick < TICK_MOST ? tick : TICK_MOST;
}
