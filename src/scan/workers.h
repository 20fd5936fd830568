/*
 * How many workers run, and how many large files are read at once: found while the tool runs. Pure:
 * no clock, no allocation, no system call; the time is the caller's. The head of workers.c says
 * how.
 */
#ifndef TREESUM_SCAN_WORKERS_H
#define TREESUM_SCAN_WORKERS_H

#include <stdbool.h>
#include <stdint.h>

struct workers_options {
	/** Processors of the quota. */
	unsigned processors;
	/** The number given by --jobs; 0: to be found. */
	unsigned jobs;
};

/**
 * What is known now. Counts are cumulative since the start, over all workers that ever ran.
 *
 * Large uncached files are read in slices of some 0.1 to 0.3 s, each a task. They are counted by
 * the large_* fields (and in bytes), not by tasks, busy, blocked and waiting.
 */
struct workers_report {
	/** ns, monotonic. */
	int64_t now;
	/** Done: files, listings. */
	uint64_t tasks;
	/** Read, those of large files among them. */
	uint64_t bytes;
	/** ns that workers spent on tasks: running, waiting for a processor, or blocked. */
	int64_t busy;
	/** ns of these that they were blocked in calls, and not waiting for a processor. */
	int64_t blocked;
	/** ns that the slowest of the first calls was blocked; 0: none has been reported. */
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

/** What was done in some time. */
struct workers_slot {
	double seconds;
	double tasks;
	double bytes;
};

/** The same, and how evenly: in slots of about the same length. */
struct workers_window {
	struct workers_slot sum;
	double busy;
	double blocked;
	struct workers_slot slot[WORKERS_SLOTS];
	unsigned slots;
	/** A slot is complete at this length. */
	double slot_seconds;
};

/** A direction that did not pay, and when it may be tried again. */
struct workers_memory {
	int64_t since;
	/** 0: try it any time. */
	int64_t wait;
	/** What things were like: seconds and bytes a task, or bytes a second of streams. */
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

/** Twice as many at once, where first calls are slow. */
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
	/** Workers, those that read large files not among them. */
	struct workers_search small;
	/** The window that is measured, the one of the base, the slot that is open. */
	struct workers_window window;
	struct workers_window before;
	struct workers_report slot;
	bool slot_open;
	/** The start by slow first calls: when it began, and its last step. */
	enum workers_ramp ramp;
	int64_t ramp_begun;
	struct workers_report ramp_step;
	/** Large files read at once. */
	struct workers_search large;
	/** Where the window of streams begins, and the last slice. */
	struct workers_report from;
	bool from_known;
	uint64_t slices;
	/** What the report before said, if there was one. */
	bool begun;
	int64_t beginning;
	unsigned was_reading;
	int64_t last;
	int64_t slice_time;
	/** Bytes a second at the base of a try, and those last seen at each level, which fade. */
	double rate;
	double known[WORKERS_LEVELS];
	/** Windows on end whose rate was another one. */
	unsigned odd;
	/** How many times as many streams are tried next. */
	unsigned factor;
	/** When tasks and large files were last waiting or read. */
	int64_t tasks_seen;
	int64_t large_seen;
	struct workers_limits limits;
};

/** Begin. @param first the limits to begin with */
void workers_begin(struct workers *workers, const struct workers_options *options,
	struct workers_limits *first);

/**
 * Decide again. To be called after results and, while there is work, every 10 to 100 ms: cheap.
 *
 * Workers above the limit end after their task; a large file goes on to its next slice only where
 * the limit lets it.
 *
 * @param limits written in any case
 * @return whether the limits have changed
 */
bool workers_decide(struct workers *workers, const struct workers_report *report,
	struct workers_limits *limits);

#endif
