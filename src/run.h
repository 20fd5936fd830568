/*
 * What the modes have in common: starting a scan, and saying what ended a run.
 */
#ifndef TREESUM_RUN_H
#define TREESUM_RUN_H

#include "long_job.h"
#include "manifest/recognise.h"
#include "manifest/writer.h"
#include "options.h"
#include "scan/node_queue.h"
#include "scan/scan.h"
#include "tally.h"
#include "ui/estimate.h"

/** Report why the run cannot go on (errno), unless a signal ended it. @return -1 */
int run_failed(const char *what);

/** Report what is wrong with a file, so that the run cannot go on. @return -1 */
int run_refuse(const char *path, const char *reason);

/** Open an output; NULL is standard output. @return NULL where that failed, which was reported */
struct writer *run_open_output(const char *path);

/** Say what of the file that an output has replaced could not be kept. @param lost writer_lost() */
void run_tell_lost(const char *path, int lost);

/**
 * Whether a manifest that is to be read is the file that -o replaces; if so, that is reported: what
 * is said of a manifest is never put in its place.
 *
 * @param name of the manifest, for the message
 */
bool run_replaces_manifest(
	const struct writer *output, const char *name, const struct stamp *manifest);

/** Report what a list looks like that was not read, or not wholly; nothing with --status. */
void run_tell_recognised(
	const struct options *options, const char *name, const struct recogniser *seen);

/**
 * After a manifest could not be opened (errno): where -C was given, and it is not there, say where
 * it was looked for.
 */
void run_tell_where(const struct options *options, const char *path, int error);

/** Go to where operands are relative to. @return 0, or -1, which was reported */
int run_change_directory(const struct options *options);

/** What a scan of a run needs to know besides the options. */
struct run_scan {
	/** Of confine_readers(). */
	struct sandbox sandbox;
	int interrupt_fd;
	/** The files that they write are not taken; either may be NULL. */
	const struct writer *outputs[2];
	/** Nor are these; all zeros: none. */
	struct stamp manifest;
	struct stamp backup;
	struct stamp journal;
	/** Operands that are neither files nor directories are read. */
	bool streams;
};

/**
 * Open the scan that the command line asks for.
 *
 * @return NULL where that failed, which was reported
 */
struct scan *run_scan(const struct options *options, const struct run_scan *run, struct tree *tree,
	const struct scan_source *source);

/** The result of run_next() when the time is over. */
#define RUN_LATE 2

/** What is done before a wait, and how long that may be. */
struct run_waiting {
	const struct options *options;
	/** What was printed is passed on. */
	struct writer *writer;
	/** Its journal is written; may be NULL. */
	struct long_job *job;
	/** When the wait ends (clock_ms); NULL or -1: never. */
	const int64_t *until;
};

/**
 * Wait for the next node that is done.
 *
 * @return 1 with a node, 0 at the end, RUN_LATE when the time is over, or -1, which was reported
 *         (ECANCELED of a source counts as reported by the source)
 */
int run_next(const struct run_waiting *waiting, struct scan *scan, struct node **node,
	struct hasher_result *result);

/** Where SIGUSR1 asked: tell how far the run is. */
void run_answer(void);

/** A manifest is read from now on, until progress_end(). @param name stays where it is */
void run_reading(const char **name);

/** Report why a file has no digest. @param name as it was given or listed */
void run_unread(const char *name, const struct hasher_result *result);

/**
 * Where --uncached could not be had for a file: report it, once for each file system.
 *
 * @param name as it was given or listed
 */
void run_cached(struct tally *tally, const char *name, const struct hasher_result *result);

/**
 * Fill in what a scan and a queue in front of it tell of the progress.
 *
 * @param waiting NULL where there is no queue
 * @param part which part of all files these are, as in struct estimate_counts
 */
void run_count(const struct scan *scan, struct tree *tree, const struct node_queue *waiting,
	double part, struct estimate_counts *counts);

/** Report why the output failed (errno). @return -1 */
int run_write_failed(const struct options *options);

#endif
