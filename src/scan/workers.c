/*
 * Two searches, for workers and for streams, each on a scale of levels that double. Both work by
 * trial: measure the level that is kept, try another one, compare, keep or undo. What blocks does
 * not say whether more would pay (a disk with one head and a server far away look alike); what is
 * done in a second does.
 *
 *            window is even, a reason to try             in effect
 *     KEEP ─────────────────────────────────► SETTLE ──────────────► TRY
 *      ▲  ◄── undo: base level, wait twice as long ───────────────────┤
 *      └───── accept: the new level; at once on to the next one ──────┘
 *
 * Workers
 * - Ramp: a first call of more than 1 ms is evidence enough. Twice as many every 4 ms, as long as
 *   tasks wait and what was done since the last step was blocked for more than half of its time
 *   (one slow call of an automounter is not). By comparing, 64 workers took 0.34 s, not 0.04: that
 *   is nearly half of a run of 0.8 s. Whether so many are needed is found out afterwards.
 * - More are tried where more than half of the busy time was blocked, and as many tasks wait as
 *   there are workers. So a warm cache never gets more than processors.
 * - Fewer are tried, down to the processors, at first at once and then rarely: half of the workers
 *   that does as well is better. A series of halvings is held against its best window, not against
 *   the last one: five losses of 8 % would be a third.
 * - A gain must be 12 %, a loss may be 8 %; in between nothing is altered, so there is no level
 *   from which both ways look good.
 *
 * Windows of tasks are cut into slots, from 5 ms on; 16 slots are merged into 8 of twice the
 * length, so that the standard error is that of noise as slow as the window is long. (With slots of
 * a fixed 5 ms, a neighbour that comes and goes every 70 ms was taken for a gain, up to 64 workers;
 * now up to 8, for seconds.) A window is complete when tasks or bytes are even to 5 %, or after a
 * second. The one of both that is more even decides: tasks where latency rules, bytes where
 * bandwidth does; where the other one clearly contradicts, the mix has changed, and nothing is
 * believed. A window after must be half as long as the one before, so that a quota's burst is not
 * held against its mean. Times without waiting tasks do not count, nor does a gap of more than a
 * second: a server that does not answer says nothing of workers.
 *
 * Streams
 * - The first window is one slice of at least 150 ms, then two streams are tried, then four, or, if
 *   the gain was 1.7 or more, four times as many: 32 streams of 50 MB/s each are there after 0.9 s.
 *   Four times as many that do not pay say nothing of twice as many, which are tried next.
 * - A window holds whole rounds of slices, and begins when each stream has ended what it had begun
 *   before the change. For one stream that is the moment of the change: so a try on one head costs
 *   0.2 s of 150 MB/s, and 8 files of 200 MB 5 % more than one after the other.
 * - A window when one file ends and another begins is odd. The rate of a level is smoothed over
 *   windows, unless three on end differ: then storage has changed. (Without it, four heads ended at
 *   two streams: 28.3 s instead of 18.2 of 15.4.)
 * - More must also be better than all that is known of fewer; known rates fade. Where fewer were
 *   known to be faster, they are tried.
 *
 * What did not pay is left alone for 4 s (streams 5 s), then for twice as long with every failure,
 * up to minutes (half an hour). Where a task takes another time, or streams another rate, by a
 * factor of 2, an eighth of that is enough, but 2 s at least. Waiting times outlive a success, or
 * noise would reset them.
 *
 * One search begins a try only while the other keeps its level, as each would see the other's gain.
 * Workers that read large files come on top of those for other tasks: a stream that waits for a
 * disk must not keep a processor from files in the cache.
 *
 * Figures of the models of tests/check_workers.c (time against the best limits that do not change):
 * warm 1.00; 2 ms a call, 2,000 files 1.07, 20,000 files 1.04; a server of four at a time 1.05; one
 * head 1.02 to 1.05, in 3,000 s 1.000; four heads 1.08 to 1.19; network, 32 streams 0.78 to 1.14;
 * NVMe small files 1.02, large 1.05; quota and neighbour 1.00; small and large files on one head
 * 1.13.
 *
 * Rejected: Little's law (blocked time a task that grows with workers) in place of throughput: the
 * same figure, but wrong by whatever a worker takes for being blocked.
 */
#include "scan/workers.h"

#include <assert.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

/** What latency and parallel storage want at most. */
#define MOST 64

/** A first call slower than this is one of slow storage. */
#define SLOW_CALL (1 * MS)
/** Between two steps of the ramp; how long there may be any, and how many slowest calls at least.
 */
#define RAMP_STEP (4 * MS)
#define RAMP_TIME (500 * MS)
#define RAMP_CALLS 16

/** Progress is cut into slots of at least this length. */
#define SLOT (5 * MS)
/** What moves nothing for this long does not answer, and tells nothing. */
#define STALL SECOND
#define STREAM_STALL (3 * SECOND)

/** Lengths of a window, in seconds: at least, at least before fewer are tried, at most. */
#define WINDOW_LEAST 0.02
#define WINDOW_FEWER 0.25
#define WINDOW_MOST 1.0
/** And at least this part of the run so far, until that is WINDOW_FEWER. */
#define WINDOW_PART 20
#define STREAM_WINDOW (150 * MS)
/** A window is even when the square of its standard error is below this: 5 %. */
#define EVEN (0.05 * 0.05)
/** A try that has come to nothing by then is undone; of workers also where no task waits so long.
 */
#define TRY_MOST (5 * SECOND)
#define IDLE_MOST (SECOND / 4)

/** Blocked for this part of the time: more may pay. */
#define BLOCKED 0.5
/** More must gain this; fewer must keep that. Between both nothing is altered. */
#define GAIN 1.12
#define KEEP 0.92
/** A gain of doubling after which four times as many are tried. */
#define GREAT 1.7

/** How much a window of streams weighs against those before. */
#define NEW 0.3
#define ODD_MOST 3
/** What is left of the rate known of another level, with each window. */
#define FADE 0.99

/** How long what did not pay is left alone: at first, and at most. */
#define WAIT_FIRST (4 * SECOND)
#define WAIT_MOST (512 * SECOND)
#define STREAM_WAIT_FIRST (5 * SECOND)
#define STREAM_WAIT_MOST (1800 * SECOND)
/** How long at least, where things are no longer what they were. */
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

/** Leave a direction alone, for twice as long as the last time. */
static void remember(struct workers_memory *memory, int64_t now, double cost, double mix,
	int64_t first, int64_t most)
{
	int64_t wait = memory->wait ? 2 * memory->wait : first;
	*memory = (struct workers_memory){
		.since = now, .wait = wait < most ? wait : most, .cost = cost, .mix = mix};
}

/** Let a direction that pays be tried at once; how long it had to wait before is kept. */
static void allow(struct workers_memory *memory, int64_t now)
{
	if (__builtin_sub_overflow(now, memory->wait, &memory->since))
		memory->since = INT64_MIN;
}

/** Leave a direction alone for a time, since the other one has paid. */
static void leave(
	struct workers_memory *memory, int64_t now, double cost, double mix, int64_t first)
{
	*memory = (struct workers_memory){.since = now,
		.wait = memory->wait > first ? memory->wait : first,
		.cost = cost,
		.mix = mix};
}

/** May a direction be tried? Earlier than it was to be, where things have changed. */
static bool may_try(const struct workers_memory *memory, int64_t now, double cost, double mix)
{
	int64_t passed = between(memory->since, now);
	if (passed >= memory->wait)
		return true;
	int64_t least = memory->wait / 8 > WAIT_LEAST ? memory->wait / 8 : WAIT_LEAST;
	return passed >= least && (differs(cost, memory->cost, 2) || differs(mix, memory->mix, 4));
}

/** Set another level, until it is known whether it pays. */
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

/** Bytes read of what is no large file. */
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

/** Does it tell anything? */
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

/** Tasks or bytes are done at an even pace, or there was time enough. */
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

/** What a measure says of a try. */
struct opinion {
	/** Above 0: it reaches the gain that is asked for, below 0: it does not. */
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
 * Compare a window with the one before, by the measure that is more even, if the other does not
 * contradict.
 *
 * @return 1: it gains that much, -1: it does not, 0: it is too short to tell
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
	/* More workers have to prove that they pay. */
	return !contradicted && above && (gain < 1 || is_clear(&first, 1)) ? 1 : -1;
}

/* --- Workers --- */

static void measure_anew(struct workers *workers)
{
	workers->window = (struct workers_window){.slot_seconds = seconds(SLOT)};
	workers->slot_open = false;
}

/** Give a reason for a level that has changed; what was measured holds no longer. */
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
 * Twice as many at once, as long as first calls are slow and what has been done since says nothing
 * else.
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
 * Close the slot if something was done in it, and add it to the window if there were tasks enough
 * all the time.
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

/** Keep the level, and see whether another one is to be tried. */
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

/** Return to the level before, and leave the direction alone for a time. */
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

/** Return where nothing can be told: tasks have run out, or nothing comes. */
static void small_give_up(struct workers *workers, const struct workers_report *report)
{
	struct workers_search *small = &workers->small;
	leave(small->level > small->base ? &small->more : &small->fewer, report->now,
		task_seconds(&workers->before), task_bytes(&workers->before), WAIT_FIRST);
	small->level = small->base;
	small->phase = WORKERS_KEEP;
	changed(workers, "too few tasks, or too slow ones, to tell how many workers pay");
}

/** Keep what was tried, remember that the way back does not pay, and go on. */
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
	/* Many small losses are a large one: each is held against the best. */
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

/** Does the window of streams tell anything? Whole rounds of slices do. */
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
	/* The one stream has just ended a slice: nothing is under way. */
	if (workers->large.base == 1)
		workers->large.phase = WORKERS_TRY;
}

static void streams_undo(struct workers *workers, const struct workers_report *report)
{
	struct workers_search *large = &workers->large;
	bool more = large->level > large->base;
	if (more && large->level / 2 > large->base)
		/* Four times as many was too much; it is not known of twice as many. */
		allow(&large->more, report->now);
	else
		remember(more ? &large->more : &large->fewer, report->now, workers->rate, 0,
			STREAM_WAIT_FIRST, STREAM_WAIT_MOST);
	workers->factor = 2;
	large->level = large->base;
	large->phase = WORKERS_KEEP;
	changed(workers, more ? "more streams do not pay" : "fewer streams cost speed");
}

/** Return where nothing can be told: files are too few now, or nothing comes. */
static void streams_give_up(struct workers *workers, const struct workers_report *report)
{
	struct workers_search *large = &workers->large;
	bool more = large->level > large->base;
	leave(more ? &large->more : &large->fewer, report->now, workers->rate, 0, SECOND);
	large->level = large->base;
	large->phase = WORKERS_KEEP;
	changed(workers, "too few large files, or too slow ones, to tell how many streams pay");
}

/** How many more are tried: no more than there are files for. */
static unsigned more_streams(const struct workers *workers, const struct workers_report *report)
{
	unsigned level = workers->large.level;
	uint64_t files = report->large_waiting + report->large_reading;
	unsigned wanted = at_most((uint64_t)level * workers->factor, workers->large.maximum);
	return files > level ? at_most(files, wanted) : level;
}

/** Which of the levels of streams is the next one up to a number? */
static unsigned level_index(unsigned level)
{
	unsigned index = 0;
	while (index + 1 < WORKERS_LEVELS && 2U << index <= level)
		index++;
	return index;
}

/** Remember the rate of a level; those of others fade. */
static void know(struct workers *workers, double rate)
{
	for (unsigned i = 0; i < WORKERS_LEVELS; i++)
		workers->known[i] *= FADE;
	workers->known[level_index(workers->large.level)] = rate;
}

/** The level below one that is known to be the best. */
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
 * The rate of the level, by this window and those before: a file that ends while another one
 * begins makes a window odd, and must not decide. Several odd ones are how things are now.
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

/** Does a slice of the one stream begin now? One ends, or the first has begun just before. */
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
		/* Each stream has ended what it had begun before. */
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

/** Streams that are blocked must not keep tasks from processors, nor the other way round. */
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
