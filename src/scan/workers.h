/*
 * The controller that adjusts, during a run, the number of workers and the number of large files
 * that are read at once. No clock, no allocation, no system call: the caller passes the time. The
 * head of workers.c describes the algorithm.
 */
#ifndef TREESUM_SCAN_WORKERS_H
#define TREESUM_SCAN_WORKERS_H

#include <stdbool.h>
#include <stdint.h>

struct workers_options {
	/** Processors that the program may use. */
	unsigned processors;
	/** The number given by --jobs; 0: adjusted. */
	unsigned jobs;
};

/**
 * Measurements. Counts are cumulative since the start, over all workers that ever ran.
 *
 * Large uncached files are read in slices of 0.1 to 0.3 s, each a task. They are counted in the
 * large_* fields and in bytes, not in tasks, busy, blocked and waiting.
 */
struct workers_report {
	/** ns, monotonic. */
	int64_t now;
	/** Files and listings done. */
	uint64_t tasks;
	/** Bytes read, including those of large files. */
	uint64_t bytes;
	/** ns that workers spent on tasks: running, waiting for a processor, or blocked. */
	int64_t busy;
	/** ns of `busy` in which they were blocked in calls; waits for a processor do not count. */
	int64_t blocked;
	/** ns that the slowest first call of a worker took; 0: none was reported yet. */
	int64_t first_call;
	/** Workers that exist. */
	unsigned running;
	/** Tasks that no worker works on. */
	uint64_t waiting;
	/** Large files that wait for a stream, or for their next slice. */
	uint64_t large_waiting;
	/** Large files that are being read. */
	unsigned large_reading;
	/** Bytes read of large files. */
	uint64_t large_bytes;
	/** Slices of large files done. */
	uint64_t large_slices;
};

struct workers_limits {
	unsigned workers;
	/** Large uncached files that are read at once, over all workers. */
	unsigned streams;
	/** Why one of them has changed: static text for --debug. */
	const char *reason;
};

enum {
	/** Slots of a window; levels of streams: 1, 2, 4 to 64. */
	WORKERS_SLOTS = 16,
	WORKERS_LEVELS = 7,
};

/** What was done in a period. */
struct workers_slot {
	double seconds;
	double tasks;
	double bytes;
};

/** The sum of several slots of about the same length, which show how even the pace is. */
struct workers_window {
	struct workers_slot sum;
	double busy;
	double blocked;
	struct workers_slot slot[WORKERS_SLOTS];
	unsigned slots;
	/** A slot is complete at this length. */
	double slot_seconds;
};

/** A direction (more or fewer) that did not pay, and when it may be tried again. */
struct workers_memory {
	int64_t since;
	/** How long to wait, in ns; 0: it may be tried at any time. */
	int64_t wait;
	/** Conditions at that time: seconds and bytes a task, or bytes a second of streams. */
	double cost;
	double mix;
};

enum workers_phase {
	/** The level is kept, and measured. */
	WORKERS_KEEP,
	/** Another level was set and is not in effect yet. */
	WORKERS_SETTLE,
	/** Another level is measured. */
	WORKERS_TRY,
};

/** The ramp: repeated doubling at the start, if first calls are slow. */
enum workers_ramp {
	WORKERS_RAMP_POSSIBLE,
	WORKERS_RAMP_RUNS,
	WORKERS_RAMP_OVER,
};

/** A level, and the attempt to find a better one. */
struct workers_search {
	enum workers_phase phase;
	unsigned level;
	unsigned minimum;
	unsigned maximum;
	/** Of a try: the level that it returns to, and when it began. */
	unsigned base;
	int64_t begun;
	struct workers_memory more;
	struct workers_memory fewer;
};

/** The state of the controller; private to workers.c. */
struct workers {
	unsigned jobs;
	/** Workers, without those that read large files. */
	struct workers_search small;
	/** The current window, the window of the base level, and the current slot. */
	struct workers_window window;
	struct workers_window before;
	struct workers_report slot;
	bool slot_open;
	/** The ramp: when it began, and its last step. */
	enum workers_ramp ramp;
	int64_t ramp_begun;
	struct workers_report ramp_step;
	/** Large files read at once. */
	struct workers_search large;
	/** Where the window of streams begins, and the last slice. */
	struct workers_report from;
	bool from_known;
	uint64_t slices;
	/** From the previous report, if there was one. */
	bool begun;
	int64_t beginning;
	unsigned was_reading;
	int64_t last;
	int64_t slice_time;
	/** Bytes a second at the base of a try, and the last rate at each level, which fades. */
	double rate;
	double known[WORKERS_LEVELS];
	/** Consecutive windows with a deviating rate. */
	unsigned odd;
	/** The factor by which streams are increased in the next try. */
	unsigned factor;
	/** When tasks last waited, and when large files last waited or were read. */
	int64_t tasks_seen;
	int64_t large_seen;
	struct workers_limits limits;
};

/** Initialize. @param first set to the initial limits */
void workers_begin(struct workers *workers, const struct workers_options *options,
	struct workers_limits *first);

/**
 * Update the limits. Call it after results and, while there is work, every 10 to 100 ms; it is
 * cheap.
 *
 * Workers above the limit end after their task; a large file gets its next slice only if the limit
 * allows.
 *
 * @param limits written in any case
 * @return whether the limits have changed
 */
bool workers_decide(struct workers *workers, const struct workers_report *report,
	struct workers_limits *limits);

#endif
