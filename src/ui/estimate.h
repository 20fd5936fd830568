/*
 * How far a run is, how fast it goes, and how long it will take. Pure: the time is the caller's.
 */
#ifndef TREESUM_UI_ESTIMATE_H
#define TREESUM_UI_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

/** What is known of a run. */
struct estimate_counts {
	uint64_t files_done;
	/** Files that are known, the done ones among them. */
	uint64_t files;
	/** Bytes read. */
	uint64_t bytes_done;
	/** The sizes of the files that are known, as far as they are. */
	uint64_t bytes;
	/** Files that are known, but not their size. */
	uint64_t unsized;
	/** Bytes of files that an interrupted run had read, which are in none of the counts above. */
	uint64_t resumed;
	/** Which part of all files is known: 1 is all, 0 that nobody can tell. */
	double part;
	/** More are being found by a walk. */
	bool scanning;
	/** A file that is being read, or NULL. */
	const char *name;
};

/** How fast a run goes, as the last seconds tell. */
struct estimate {
	/** When it was added to, in ms, and what was done then. */
	int64_t time;
	uint64_t bytes;
	double work;
	/** What was done in how many seconds; what lies further back weighs less. */
	double past_bytes;
	double past_work;
	double past_seconds;
};

/** Begin now, with nothing done. @param now milliseconds of a clock that never goes back */
void estimate_begin(struct estimate *estimate, int64_t now);

/**
 * Add what has been done until now. Where more than two seconds have passed since the last time,
 * that time does not count: the program was stopped.
 */
void estimate_add(struct estimate *estimate, const struct estimate_counts *counts, int64_t now);

/** How much is done, from 0 to 99; -1 where nobody can tell. */
int estimate_percent(const struct estimate_counts *counts);

/** Bytes a second; negative where that is not known yet. */
double estimate_rate(const struct estimate *estimate);

/** The seconds that are left; negative where nobody can tell. */
double estimate_left(const struct estimate *estimate, const struct estimate_counts *counts);

#endif
