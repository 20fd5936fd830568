/*
 * Work is counted in bytes, of which each file has some more than its own: opening and closing it
 * takes as long as hashing them. So a tree of small files, or of empty ones, moves as evenly as one
 * of large ones.
 *
 * A file whose size is not known yet counts as the average of those whose size is, and files that
 * are not known yet (a manifest that is being read) as many as the part of it that was read leads
 * one to expect.
 */
#include "ui/estimate.h"

/** What a file costs besides its bytes, in bytes: about 6 microseconds at 1 to 4 GB/s. */
#define FILE_WORK 16384.0

/** What lies this many seconds back weighs a third of what is done now. */
#define MEMORY 5.0

/** A longer time than this between two looks was none of work, in seconds. */
#define GAP 2.0

static double work_done(const struct estimate_counts *counts)
{
	return (double)counts->bytes_done + FILE_WORK * (double)counts->files_done;
}

/** All the work that there is; 0 where nobody can tell. */
static double work_expected(const struct estimate_counts *counts)
{
	uint64_t sized = counts->files - counts->unsized;
	if (counts->part <= 0 || !sized)
		return 0;
	double average = (double)counts->bytes / (double)sized;
	return (double)counts->files / counts->part * (average + FILE_WORK);
}

void estimate_begin(struct estimate *estimate, int64_t now)
{
	*estimate = (struct estimate){.time = now};
}

void estimate_add(struct estimate *estimate, const struct estimate_counts *counts, int64_t now)
{
	double seconds = (double)(now - estimate->time) / 1000;
	double bytes = (double)counts->bytes_done - (double)estimate->bytes;
	double work = work_done(counts) - estimate->work;
	/* Less is done than before where a file is read again. */
	if (seconds <= GAP && bytes >= 0 && work >= 0) {
		double weight = 1 - seconds / MEMORY;
		estimate->past_bytes = estimate->past_bytes * weight + bytes;
		estimate->past_work = estimate->past_work * weight + work;
		estimate->past_seconds = estimate->past_seconds * weight + seconds;
	}
	estimate->time = now;
	estimate->bytes = counts->bytes_done;
	estimate->work = work_done(counts);
}

int estimate_percent(const struct estimate_counts *counts)
{
	double all = work_expected(counts);
	if (all <= 0)
		return -1;
	double percent = 100 * work_done(counts) / all;
	return percent < 99 ? (int)percent : 99;
}

double estimate_rate(const struct estimate *estimate)
{
	return estimate->past_seconds > 0 ? estimate->past_bytes / estimate->past_seconds : -1;
}

double estimate_left(const struct estimate *estimate, const struct estimate_counts *counts)
{
	double all = work_expected(counts);
	if (all <= 0 || estimate->past_work <= 0)
		return -1;
	double left = all - work_done(counts);
	return left > 0 ? left * estimate->past_seconds / estimate->past_work : 0;
}
