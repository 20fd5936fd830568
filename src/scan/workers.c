/*
 * Two searches, one for the number of workers and one for streams (large files read at once). Each
 * level is twice the one below. Both measure the current level, try another one, compare, and
 * accept or undo. That workers are blocked does not tell whether more of them would help (a disk
 * with one head and a distant server look alike); throughput does.
 *
 *            window is even, a reason to try             in effect
 *     KEEP ─────────────────────────────────► SETTLE ──────────────► TRY
 *      ▲  ◄── undo: base level, wait twice as long ───────────────────┤
 *      └───── accept: the new level; at once on to the next one ──────┘
 *
 * Workers
 * - Ramp: if a first call takes more than 1 ms, the number doubles every 4 ms, as long as tasks
 *   wait and workers were blocked for more than half of their time since the last step (after one
 *   slow call of an automounter they are not). By comparing windows, 64 workers took 0.34 s instead
 *   of 0.04, nearly half of a run of 0.8 s. Whether so many are needed is tested afterwards.
 * - More are tried if more than half of the busy time was blocked, and as many tasks wait as there
 *   are workers. So with a warm cache there are never more workers than processors.
 * - Fewer are tried, down to the number of processors, first at once and then rarely: if half of
 *   the workers are as fast, half are kept. A series of halvings is compared with its best window,
 *   not with the last one, as five losses of 8 % add up to a third.
 * - More workers must gain 12 %; fewer may lose 8 %. With this gap, no level looks worse than both
 *   of its neighbours because of noise.
 *
 * Windows of tasks are divided into slots of 5 ms and more. When there are 16 slots, they are
 * merged into 8 of twice the length, so that the standard error includes noise as slow as the
 * window is long. (With fixed slots of 5 ms, another program that ran every 70 ms was mistaken for
 * a gain, up to 64 workers; now up to 8, for seconds.) A window is complete when the standard error
 * of tasks or of bytes is below 5 %, or after a second. The measure with the smaller error decides:
 * tasks if latency is the limit, bytes if bandwidth is. If the other one clearly contradicts it,
 * the mix of files has changed, and the gain does not count. The window of a try must be at least
 * half as long as the one before, so that the burst of a quota is not compared with its mean.
 * Periods without waiting tasks do not count, nor does a gap of more than a second: a server that
 * does not answer says nothing about the number of workers.
 *
 * Streams
 * - The first window is one slice of at least 150 ms. Then the number is doubled, or, after a gain
 *   of a factor of 1.7 or more, multiplied by four: 32 streams of 50 MB/s each are reached after
 *   0.9 s. If four times as many do not pay, twice as many are tried next.
 * - A window covers whole rounds of slices, and begins when each stream has ended the slice that it
 *   had begun before the change. For one stream that is the moment of the change: so a try on a
 *   disk with one head costs 0.2 s, and 8 files of 200 MB take 5 % longer than one after the other.
 * - A window in which one file ends and another begins has a deviating rate. The rate of a level is
 *   smoothed over windows, unless three in a row deviate: then the storage has changed. (Without
 *   smoothing, a disk with four heads ended at two streams: 28.3 s, with it 18.2 s; the best is
 *   15.4 s.)
 * - More streams must also be faster than all known rates of fewer; known rates fade. If fewer
 *   streams were faster, they are tried.
 *
 * A direction that did not pay is not tried for 4 s (streams: 5 s), then for twice as long with
 * each failure, up to minutes (half an hour). If the time of a task, or the rate of the streams,
 * changes by a factor of 2, an eighth of that wait is enough, but at least 2 s. A success does not
 * reset the wait, as noise would do so, too.
 *
 * One search begins a try only while the other one keeps its level; otherwise each would see the
 * other's gain. Workers that read large files are added to those for other tasks: a stream that
 * waits for a disk must not keep a processor from files in the cache.
 *
 * Results of the models in tests/check_workers.c (time relative to the best fixed limits):
 * warm 1.00; 2 ms a call, 2,000 files 1.07, 20,000 files 1.04; a server of four at a time 1.05; one
 * head 1.02 to 1.05, in 3,000 s 1.000; four heads 1.08 to 1.19; network, 32 streams 0.78 to 1.14;
 * NVMe small files 1.02, large 1.05; quota and neighbour 1.00; small and large files on one head
 * 1.13.
 *
 * Rejected: Little's law (blocked time per task, which grows with the number of workers) in place
 * of throughput: it says the same, but with the error of the blocked time.
 */
#include "scan/workers.h"

#include <assert.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

/** Most workers, and most streams. */
#define MOST 64

/** If a first call takes longer than this, the storage is slow. */
#define SLOW_CALL (1 * MS)
/** Time between two steps of the ramp; its duration at most, unless that is less than this many
 * times the slowest first call. */
#define RAMP_STEP (4 * MS)
#define RAMP_TIME (500 * MS)
#define RAMP_CALLS 16

/** Windows are divided into slots of at least this length. */
#define SLOT (5 * MS)
/** Storage without progress for this long does not answer; the period does not count. */
#define STALL SECOND
#define STREAM_STALL (3 * SECOND)

/** Length of a window, in seconds: at least; at least before fewer are tried; at most. */
#define WINDOW_LEAST 0.02
#define WINDOW_FEWER 0.25
#define WINDOW_MOST 1.0
/** Before fewer are tried, a window is at least this fraction of the run, up to WINDOW_FEWER. */
#define WINDOW_PART 20
#define STREAM_WINDOW (150 * MS)
/** A window is even when the square of its standard error is below this: 5 %. */
#define EVEN (0.05 * 0.05)
/** A try without a decision is undone after this time; a try of workers also if no task has waited
 * for IDLE_MOST. */
#define TRY_MOST (5 * SECOND)
#define IDLE_MOST (SECOND / 4)

/** If workers are blocked for this fraction of the time, more may pay. */
#define BLOCKED 0.5
/** More must reach this factor, fewer must keep this fraction. */
#define GAIN 1.12
#define KEEP 0.92
/** A gain of doubling after which four times as many are tried. */
#define GREAT 1.7

/** The weight of a new window of streams in the smoothed rate. */
#define NEW 0.3
#define ODD_MOST 3
/** With each window, the known rates of other levels are multiplied by this. */
#define FADE 0.99

/** How long a direction that did not pay is not tried: at first, and at most. */
#define WAIT_FIRST (4 * SECOND)
#define WAIT_MOST (512 * SECOND)
#define STREAM_WAIT_FIRST (5 * SECOND)
#define STREAM_WAIT_MOST (1800 * SECOND)
/** The same, at least, if conditions have changed. */
#define WAIT_LEAST (2 * SECOND)

static unsigned at_most(uint64_t value, unsigned most)
{
	return value < most ? (unsigned)value : most;
}

/** ns from one time to another; 0 where the clock went back. */
static int64_t between(int64_t from, int64_t to)
{
	int64_t passed;
	if (to <= from)
		return 0;
	return __builtin_sub_overflow(to, from, &passed) ? INT64_MAX : passed;
}

static double seconds(int64_t ns)
{
	return (double)ns / (double)SECOND;
}

static double grown(uint64_t from, uint64_t to)
{
	return to > from ? (double)(to - from) : 0;
}

static double ratio(double a, double b)
{
	return b > 0 ? a / b : 0;
}

static bool differs(double a, double b, double times)
{
	return a > b * times || b > a * times;
}

/* --- What did not pay --- */

/** Do not try a direction for twice as long as the last time. */
static void remember(struct workers_memory *memory, int64_t now, double cost, double mix,
	int64_t first, int64_t most)
{
	int64_t wait = memory->wait ? 2 * memory->wait : first;
	*memory = (struct workers_memory){
		.since = now, .wait = wait < most ? wait : most, .cost = cost, .mix = mix};
}

/** Allow a direction at once; its waiting time is kept. */
static void allow(struct workers_memory *memory, int64_t now)
{
	if (__builtin_sub_overflow(now, memory->wait, &memory->since))
		memory->since = INT64_MIN;
}

/** Do not try a direction for a time, as the other one has paid. */
static void leave(
	struct workers_memory *memory, int64_t now, double cost, double mix, int64_t first)
{
	*memory = (struct workers_memory){.since = now,
		.wait = memory->wait > first ? memory->wait : first,
		.cost = cost,
		.mix = mix};
}

/** May a direction be tried? If conditions have changed, earlier than planned. */
static bool may_try(const struct workers_memory *memory, int64_t now, double cost, double mix)
{
	int64_t passed = between(memory->since, now);
	if (passed >= memory->wait)
		return true;
	int64_t least = memory->wait / 8 > WAIT_LEAST ? memory->wait / 8 : WAIT_LEAST;
	return passed >= least && (differs(cost, memory->cost, 2) || differs(mix, memory->mix, 4));
}

/** Begin to try another level. */
static void search_try(struct workers_search *search, unsigned level, int64_t now)
{
	search->base = search->level;
	search->level = level;
	search->phase = WORKERS_SETTLE;
	search->begun = now;
}

/* --- Windows --- */

static void slot_add(struct workers_slot *slot, const struct workers_slot *added)
{
	slot->seconds += added->seconds;
	slot->tasks += added->tasks;
	slot->bytes += added->bytes;
}

/** Make slots twice as long. */
static void window_merge_slots(struct workers_window *window)
{
	for (unsigned i = 0; i < WORKERS_SLOTS / 2; i++) {
		window->slot[i] = window->slot[2 * i];
		slot_add(&window->slot[i], &window->slot[2 * i + 1]);
	}
	window->slots = WORKERS_SLOTS / 2;
	window->slot_seconds *= 2;
}

/** Bytes read, without those of large files. */
static uint64_t small_bytes(const struct workers_report *report)
{
	return report->bytes > report->large_bytes ? report->bytes - report->large_bytes : 0;
}

static void window_add(struct workers_window *window, const struct workers_report *from,
	const struct workers_report *to)
{
	struct workers_slot added = {
		.seconds = seconds(between(from->now, to->now)),
		.tasks = grown(from->tasks, to->tasks),
		.bytes = grown(small_bytes(from), small_bytes(to)),
	};
	slot_add(&window->sum, &added);
	window->busy += seconds(between(from->busy, to->busy));
	window->blocked += seconds(between(from->blocked, to->blocked));
	if (window->slots && window->slot[window->slots - 1].seconds < window->slot_seconds) {
		slot_add(&window->slot[window->slots - 1], &added);
		return;
	}
	if (window->slots == WORKERS_SLOTS)
		window_merge_slots(window);
	window->slot[window->slots++] = added;
}

/** The squares of the relative standard errors of tasks and bytes a second. */
struct error {
	double tasks;
	double bytes;
};

static struct error window_error(const struct workers_window *window)
{
	double mean_tasks = window->sum.tasks / window->sum.seconds;
	double mean_bytes = window->sum.bytes / window->sum.seconds;
	struct error sum = {0};
	for (unsigned i = 0; i < window->slots; i++) {
		const struct workers_slot *slot = &window->slot[i];
		double tasks = ratio(slot->tasks / slot->seconds, mean_tasks) - 1;
		double bytes = ratio(slot->bytes / slot->seconds, mean_bytes) - 1;
		sum.tasks += slot->seconds * tasks * tasks;
		sum.bytes += slot->seconds * bytes * bytes;
	}
	double all = window->sum.seconds * (window->slots - 1);
	return (struct error){.tasks = sum.tasks / all, .bytes = sum.bytes / all};
}

/** Is the window long enough to decide? */
static bool window_tells(const struct workers *workers, const struct workers_report *report)
{
	const struct workers_window *window = &workers->window;
	double least = seconds(between(workers->beginning, report->now)) / WINDOW_PART;
	least = least < WINDOW_FEWER ? least : WINDOW_FEWER;
	return window->slots >= 4 && window->sum.seconds >= WINDOW_LEAST &&
		window->sum.seconds >= least && window->sum.tasks > 0 &&
		(window->sum.tasks >= 2 * workers->small.level ||
			window->sum.seconds >= WINDOW_MOST);
}

/** Is the pace of tasks or bytes even, or the window as long as it may be? */
static bool window_is_even(const struct workers_window *window)
{
	struct error error = window_error(window);
	return error.tasks <= EVEN || (window->sum.bytes > 0 && error.bytes <= EVEN) ||
		window->sum.seconds >= WINDOW_MOST;
}

static double task_seconds(const struct workers_window *window)
{
	return ratio(window->busy, window->sum.tasks);
}

static double task_bytes(const struct workers_window *window)
{
	return ratio(window->sum.bytes, window->sum.tasks);
}

static double blocked_part(const struct workers_window *window)
{
	return ratio(window->blocked, window->busy);
}

static double tasks_rate(const struct workers_window *window)
{
	return window->sum.tasks / window->sum.seconds;
}

static double bytes_rate(const struct workers_window *window)
{
	return window->sum.bytes / window->sum.seconds;
}

/** What one measure (tasks or bytes) says about a try. */
struct opinion {
	/** Above 0: it reaches the required gain; below 0: it does not. */
	double distance;
	/** The square of its error. */
	double error;
};

static struct opinion opinion_of(double before, double after, double gain, double error)
{
	/* Half as much as before is as far off as twice as much. */
	double times = after / before;
	double distance = times >= gain ? 1 - gain / times : times / gain - 1;
	return (struct opinion){.distance = distance, .error = error};
}

/** Is it beyond so many standard errors? */
static bool is_clear(const struct opinion *opinion, double errors)
{
	return opinion->distance * opinion->distance > errors * errors * opinion->error;
}

/**
 * Compare a window with the one before, by the measure with the smaller error, unless the other one
 * contradicts it.
 *
 * @return 1: it reaches the gain, -1: it does not, 0: it is too short to tell
 */
static int compare(
	const struct workers_window *before, const struct workers_window *after, double gain)
{
	struct error error_before = window_error(before);
	struct error error_after = window_error(after);
	struct opinion first = opinion_of(tasks_rate(before), tasks_rate(after), gain,
		error_before.tasks + error_after.tasks);
	struct opinion second = first;
	if (before->sum.bytes > 0 && after->sum.bytes > 0) {
		struct opinion bytes = opinion_of(bytes_rate(before), bytes_rate(after), gain,
			error_before.bytes + error_after.bytes);
		if (bytes.error < first.error)
			first = bytes;
		else
			second = bytes;
	}
	bool above = first.distance >= 0;
	bool contradicted = above != (second.distance >= 0) && is_clear(&second, 2);
	if (!contradicted && is_clear(&first, 2))
		return above ? 1 : -1;
	if (after->sum.seconds < WINDOW_MOST)
		return 0;
	/* More workers must gain clearly, fewer need not. */
	return !contradicted && above && (gain < 1 || is_clear(&first, 1)) ? 1 : -1;
}

/* --- Workers --- */

static void measure_anew(struct workers *workers)
{
	workers->window = (struct workers_window){.slot_seconds = seconds(SLOT)};
	workers->slot_open = false;
}

/** Note the reason for a new level, and begin a new window. */
static void changed(struct workers *workers, const char *reason)
{
	workers->limits.reason = reason;
	workers->from_known = false;
	measure_anew(workers);
}

static void small_try(struct workers *workers, unsigned level, int64_t now, const char *reason)
{
	search_try(&workers->small, level, now);
	changed(workers, reason);
}

/**
 * Double the number, as long as first calls are slow and the work since the last step was mostly
 * blocked.
 */
static void ramp(struct workers *workers, const struct workers_report *report)
{
	struct workers_search *small = &workers->small;
	if (report->first_call <= SLOW_CALL)
		return;
	struct workers_report *step = &workers->ramp_step;
	bool begins = workers->ramp == WORKERS_RAMP_POSSIBLE;
	if (begins) {
		workers->ramp = WORKERS_RAMP_RUNS;
		workers->ramp_begun = report->now;
		small->phase = WORKERS_KEEP;
	}
	int64_t passed = between(workers->ramp_begun, report->now);
	double busy = seconds(between(step->busy, report->busy));
	double blocked = seconds(between(step->blocked, report->blocked));
	if (small->level >= small->maximum || (busy > 0 && blocked / busy < BLOCKED) ||
		(passed > RAMP_TIME && passed / RAMP_CALLS > report->first_call)) {
		workers->ramp = WORKERS_RAMP_OVER;
		measure_anew(workers);
		return;
	}
	if ((begins || between(step->now, report->now) >= RAMP_STEP) &&
		report->waiting >= small->level) {
		small->level = at_most(2 * (uint64_t)small->level, small->maximum);
		*step = *report;
		changed(workers, "first calls are slow: more workers at once");
	}
}

/** Has a level that was set come into effect? Workers have begun or ended, and done a task. */
static bool small_has_settled(struct workers *workers, const struct workers_report *report)
{
	struct workers_search *small = &workers->small;
	int64_t passed = between(small->begun, report->now);
	if (passed >= SECOND)
		return true;
	bool there = small->level > small->base ? report->running >= workers->limits.workers
						: report->running <= workers->limits.workers;
	return there && seconds(passed) >= task_seconds(&workers->before);
}

/**
 * Close the slot if something was done in it, and add it to the window if enough tasks waited
 * throughout.
 *
 * @return whether the window has grown
 */
static bool measure(struct workers *workers, const struct workers_report *report)
{
	struct workers_report *slot = &workers->slot;
	if (!workers->slot_open) {
		*slot = *report;
		workers->slot_open = true;
		return false;
	}
	int64_t passed = between(slot->now, report->now);
	bool moved = report->tasks > slot->tasks || small_bytes(report) > small_bytes(slot);
	if (passed < SLOT || !moved)
		return false;
	bool tells = passed <= STALL && slot->waiting && report->waiting;
	if (passed > STALL)
		measure_anew(workers);
	if (tells)
		window_add(&workers->window, slot, report);
	*slot = *report;
	workers->slot_open = true;
	return tells;
}

/** Half as many, or twice as many. */
static unsigned lower(const struct workers_search *search)
{
	return search->level / 2 > search->minimum ? search->level / 2 : search->minimum;
}

static unsigned higher(const struct workers_search *search)
{
	return at_most(2 * (uint64_t)search->level, search->maximum);
}

static bool more_are_wanted(const struct workers *workers, const struct workers_report *report)
{
	const struct workers_search *small = &workers->small;
	return small->level < small->maximum && report->waiting >= small->level &&
		blocked_part(&workers->window) >= BLOCKED;
}

/** Keep the level, or begin to try another one. */
static void small_keep(struct workers *workers, const struct workers_report *report)
{
	struct workers_search *small = &workers->small;
	struct workers_window *window = &workers->window;
	if (workers->large.phase != WORKERS_KEEP || !window_tells(workers, report) ||
		!window_is_even(window))
		return;
	double cost = task_seconds(window);
	double mix = task_bytes(window);
	if (more_are_wanted(workers, report) && may_try(&small->more, report->now, cost, mix)) {
		workers->before = *window;
		small_try(
			workers, higher(small), report->now, "workers are blocked: more are tried");
	} else if (small->level > small->minimum && window->sum.seconds >= WINDOW_FEWER &&
		may_try(&small->fewer, report->now, cost, mix)) {
		workers->before = *window;
		small_try(workers, lower(small), report->now, "fewer workers are tried");
	} else if (window->sum.seconds >= WINDOW_MOST) {
		measure_anew(workers);
	}
}

/** Return to the base level, and do not try the direction for a time. */
static void small_undo(struct workers *workers, const struct workers_report *report)
{
	struct workers_search *small = &workers->small;
	bool more = small->level > small->base;
	remember(more ? &small->more : &small->fewer, report->now, task_seconds(&workers->before),
		task_bytes(&workers->before), WAIT_FIRST, WAIT_MOST);
	small->level = small->base;
	small->phase = WORKERS_KEEP;
	changed(workers, more ? "more workers do not pay" : "fewer workers cost speed");
}

/** Return to the base level without a decision: tasks have run out, or there is no progress. */
static void small_give_up(struct workers *workers, const struct workers_report *report)
{
	struct workers_search *small = &workers->small;
	leave(small->level > small->base ? &small->more : &small->fewer, report->now,
		task_seconds(&workers->before), task_bytes(&workers->before), WAIT_FIRST);
	small->level = small->base;
	small->phase = WORKERS_KEEP;
	changed(workers, "too few tasks, or too slow ones, to tell how many workers pay");
}

/** Keep the new level, remember that the way back does not pay, and go on. */
static void small_accept(struct workers *workers, const struct workers_report *report)
{
	struct workers_search *small = &workers->small;
	struct workers_window window = workers->window;
	bool more = small->level > small->base;
	struct workers_memory *back = more ? &small->fewer : &small->more;
	allow(more ? &small->more : &small->fewer, report->now);
	leave(back, report->now, task_seconds(&window), task_bytes(&window), WAIT_FIRST);
	small->phase = WORKERS_KEEP;
	if (more) {
		bool again = more_are_wanted(workers, report);
		workers->before = window;
		if (again)
			small_try(workers, higher(small), report->now,
				"more workers pay: still more are tried");
		return;
	}
	/* Many small losses add up: compare each with the best window. */
	if (tasks_rate(&window) > tasks_rate(&workers->before))
		workers->before = window;
	if (small->level > small->minimum)
		small_try(workers, lower(small), report->now,
			"fewer workers do as well: still fewer are tried");
}

static void small_judge(struct workers *workers, const struct workers_report *report)
{
	struct workers_search *small = &workers->small;
	struct workers_window *window = &workers->window;
	const struct workers_window *before = &workers->before;
	int said = 0;
	if (window_tells(workers, report) && window->sum.seconds >= before->sum.seconds / 2)
		said = compare(before, window, small->level > small->base ? GAIN : KEEP);
	if (said > 0)
		small_accept(workers, report);
	else if (said < 0)
		small_undo(workers, report);
}

static void govern_small(struct workers *workers, const struct workers_report *report)
{
	struct workers_search *small = &workers->small;
	if (workers->ramp != WORKERS_RAMP_OVER)
		ramp(workers, report);
	if (workers->ramp == WORKERS_RAMP_RUNS)
		return;
	if (small->phase != WORKERS_KEEP &&
		(between(small->begun, report->now) > TRY_MOST ||
			(!report->waiting &&
				between(workers->tasks_seen, report->now) > IDLE_MOST))) {
		small_give_up(workers, report);
		return;
	}
	if (small->phase == WORKERS_SETTLE) {
		if (!small_has_settled(workers, report))
			return;
		small->phase = WORKERS_TRY;
	}
	if (!measure(workers, report))
		return;
	if (small->phase == WORKERS_KEEP)
		small_keep(workers, report);
	else
		small_judge(workers, report);
}

/* --- Streams --- */

static void stream_window_begin(struct workers *workers, const struct workers_report *report)
{
	workers->from = *report;
	workers->from_known = true;
}

/** Slices done since the window of streams began. */
static uint64_t slices_done(const struct workers *workers, const struct workers_report *report)
{
	return report->large_slices > workers->from.large_slices
		? report->large_slices - workers->from.large_slices
		: 0;
}

/** Is the window of streams long enough to decide? It must cover whole rounds of slices. */
static bool stream_window_tells(const struct workers *workers, const struct workers_report *report)
{
	uint64_t done = slices_done(workers, report);
	unsigned level = workers->large.level;
	assert(level > 0);
	return between(workers->from.now, report->now) >= STREAM_WINDOW && done >= level &&
		(done % level == 0 || done / 4 >= level);
}

static void streams_try(struct workers *workers, const struct workers_report *report,
	unsigned level, const char *reason)
{
	search_try(&workers->large, level, report->now);
	changed(workers, reason);
	stream_window_begin(workers, report);
	/* The only stream has just ended a slice: no read is pending. */
	if (workers->large.base == 1)
		workers->large.phase = WORKERS_TRY;
}

static void streams_undo(struct workers *workers, const struct workers_report *report)
{
	struct workers_search *large = &workers->large;
	bool more = large->level > large->base;
	if (more && large->level / 2 > large->base)
		/* Four times as many were too many; twice as many may still pay. */
		allow(&large->more, report->now);
	else
		remember(more ? &large->more : &large->fewer, report->now, workers->rate, 0,
			STREAM_WAIT_FIRST, STREAM_WAIT_MOST);
	workers->factor = 2;
	large->level = large->base;
	large->phase = WORKERS_KEEP;
	changed(workers, more ? "more streams do not pay" : "fewer streams cost speed");
}

/** Return to the base level without a decision: too few files, or no progress. */
static void streams_give_up(struct workers *workers, const struct workers_report *report)
{
	struct workers_search *large = &workers->large;
	bool more = large->level > large->base;
	leave(more ? &large->more : &large->fewer, report->now, workers->rate, 0, SECOND);
	large->level = large->base;
	large->phase = WORKERS_KEEP;
	changed(workers, "too few large files, or too slow ones, to tell how many streams pay");
}

/** The next higher number of streams to try: no more than there are large files. */
static unsigned more_streams(const struct workers *workers, const struct workers_report *report)
{
	unsigned level = workers->large.level;
	uint64_t files = report->large_waiting + report->large_reading;
	unsigned wanted = at_most((uint64_t)level * workers->factor, workers->large.maximum);
	return files > level ? at_most(files, wanted) : level;
}

/** The index of the highest level that is not above a number of streams. */
static unsigned level_index(unsigned level)
{
	unsigned index = 0;
	while (index + 1 < WORKERS_LEVELS && 2U << index <= level)
		index++;
	return index;
}

/** Store the rate of the current level; the rates of the others fade. */
static void know(struct workers *workers, double rate)
{
	for (unsigned i = 0; i < WORKERS_LEVELS; i++)
		workers->known[i] *= FADE;
	workers->known[level_index(workers->large.level)] = rate;
}

/** The index of the level with the best known rate below a level. */
static unsigned best_below(const struct workers *workers, unsigned level)
{
	unsigned best = 0;
	for (unsigned i = 0; i < level_index(level); i++)
		if (workers->known[i] >= workers->known[best])
			best = i;
	return best;
}

static void streams_keep(struct workers *workers, const struct workers_report *report, double rate)
{
	struct workers_search *large = &workers->large;
	if (workers->small.phase != WORKERS_KEEP)
		return;
	unsigned more = more_streams(workers, report);
	unsigned best = best_below(workers, large->level);
	workers->rate = rate;
	if (rate < KEEP * workers->known[best] && large->level > 1U << best &&
		between(large->fewer.since, report->now) >= WAIT_LEAST)
		streams_try(workers, report, 1U << best, "fewer streams were faster: tried again");
	else if (more > large->level && may_try(&large->more, report->now, rate, 0))
		streams_try(workers, report, more, "large files wait: more streams are tried");
	else if (large->level > large->minimum && may_try(&large->fewer, report->now, rate, 0))
		streams_try(workers, report, lower(large), "fewer streams are tried");
}

static void streams_judge(struct workers *workers, const struct workers_report *report, double rate)
{
	struct workers_search *large = &workers->large;
	bool more = large->level > large->base;
	double best = workers->known[best_below(workers, large->level)];
	if (!more || best < workers->rate)
		best = workers->rate;
	know(workers, rate);
	if (rate < best * (more ? GAIN : KEEP)) {
		streams_undo(workers, report);
		return;
	}
	bool great = more && rate >= workers->rate * GREAT;
	workers->factor = great ? 4 : 2;
	allow(more ? &large->more : &large->fewer, report->now);
	leave(more ? &large->fewer : &large->more, report->now, rate, 0, STREAM_WAIT_FIRST);
	large->phase = WORKERS_KEEP;
	workers->rate = more || rate > workers->rate ? rate : workers->rate;
	streams_keep(workers, report, workers->rate);
}

/**
 * The smoothed rate of the level: a window in which a file ends and another begins deviates, and
 * must not decide. If several in a row deviate, the last one is the new rate.
 */
static double steady_rate(struct workers *workers, double rate)
{
	workers->odd = differs(rate, workers->rate, 2) ? workers->odd + 1 : 0;
	if (workers->rate <= 0 || workers->odd >= ODD_MOST) {
		workers->odd = 0;
		return rate;
	}
	return workers->rate + (rate - workers->rate) * NEW;
}

/** Does a slice of the only stream begin now? One has ended, or the first has just begun. */
static bool slice_begins(struct workers *workers, const struct workers_report *report, bool moved)
{
	bool first = workers->large.level == 1 && !workers->was_reading &&
		report->large_reading == 1 && between(workers->last, report->now) <= SLOT;
	return moved || first;
}

static void govern_large(struct workers *workers, const struct workers_report *report)
{
	struct workers_search *large = &workers->large;
	uint64_t files = report->large_waiting + report->large_reading;
	bool moved = report->large_slices > workers->slices;
	workers->slices = report->large_slices;
	if (moved || !files)
		workers->slice_time = report->now;
	bool stalled = between(workers->slice_time, report->now) > STREAM_STALL;
	bool late = between(large->begun, report->now) > TRY_MOST;
	if (large->phase != WORKERS_KEEP && (files < large->level || stalled || late)) {
		streams_give_up(workers, report);
		return;
	}
	if (files < large->level || stalled) {
		workers->from_known = false;
		return;
	}
	if (!workers->from_known && slice_begins(workers, report, moved)) {
		stream_window_begin(workers, report);
		return;
	}
	if (!moved || !workers->from_known)
		return;
	if (large->phase == WORKERS_SETTLE) {
		/* Each stream has ended the slice that it had begun before. */
		unsigned most = large->level > large->base ? large->level : large->base;
		if (slices_done(workers, report) >= most) {
			large->phase = WORKERS_TRY;
			stream_window_begin(workers, report);
		}
		return;
	}
	if (!stream_window_tells(workers, report))
		return;
	double rate = grown(workers->from.large_bytes, report->large_bytes) /
		seconds(between(workers->from.now, report->now));
	stream_window_begin(workers, report);
	if (large->phase == WORKERS_KEEP) {
		rate = steady_rate(workers, rate);
		know(workers, rate);
		streams_keep(workers, report, rate);
	} else {
		streams_judge(workers, report, rate);
	}
}

/* --- Both --- */

/** The sum for tasks and streams: neither may keep processors from the other. */
static unsigned workers_wanted(struct workers *workers, const struct workers_report *report)
{
	if (workers->jobs)
		return workers->jobs;
	if (report->waiting)
		workers->tasks_seen = report->now;
	if (report->large_waiting || report->large_reading)
		workers->large_seen = report->now;
	unsigned small = workers->small.level;
	unsigned large = workers->large.level;
	if (between(workers->large_seen, report->now) > SECOND)
		return small;
	bool both = between(workers->tasks_seen, report->now) <= SECOND;
	unsigned wanted = both ? small + large : small > large ? small : large;
	return at_most(wanted, workers->small.maximum);
}

void workers_begin(struct workers *workers, const struct workers_options *options,
	struct workers_limits *first)
{
	unsigned processors = options->processors ? options->processors : 1;
	unsigned maximum = processors > MOST ? processors : MOST;
	*workers = (struct workers){
		.jobs = options->jobs,
		.small = {.level = processors, .minimum = processors, .maximum = maximum},
		.large = {.level = 1, .minimum = 1, .maximum = MOST},
		.factor = 2,
		.tasks_seen = INT64_MIN,
		.large_seen = INT64_MIN,
	};
	if (options->jobs)
		workers->large.maximum = at_most(options->jobs, MOST);
	workers->limits = (struct workers_limits){
		.workers = options->jobs ? options->jobs : processors,
		.streams = 1,
		.reason = options->jobs ? "as --jobs says" : "as many workers as processors",
	};
	*first = workers->limits;
}

bool workers_decide(
	struct workers *workers, const struct workers_report *report, struct workers_limits *limits)
{
	unsigned small = workers->small.level;
	if (!workers->begun) {
		workers->begun = true;
		workers->beginning = workers->last = workers->slice_time = report->now;
		measure_anew(workers);
	}
	if (!workers->jobs)
		govern_small(workers, report);
	govern_large(workers, report);
	workers->was_reading = report->large_reading;
	workers->last = report->now;
	unsigned wanted = workers_wanted(workers, report);
	bool differs_now = wanted != workers->limits.workers ||
		workers->large.level != workers->limits.streams;
	if (wanted != workers->limits.workers && small == workers->small.level &&
		workers->large.level == workers->limits.streams)
		workers->limits.reason = wanted > workers->limits.workers
			? "large files are read beside other tasks"
			: "there are large files, or other tasks, no more";
	workers->limits.workers = wanted;
	workers->limits.streams = workers->large.level;
	*limits = workers->limits;
	return differs_now;
}
