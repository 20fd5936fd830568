/*
 * What the modes have in common: starting the hashers, and saying what ended a run.
 */
#ifndef TREESUM_RUN_H
#define TREESUM_RUN_H

#include "hash/parallel.h"
#include "manifest/writer.h"
#include "options.h"
#include "ui/estimate.h"

/** Report why the run cannot go on (errno), unless a signal ended it. @return -1 */
int run_failed(const char *what);

/** Open an output; NULL is standard output. @return NULL where that failed, which was reported */
struct writer *run_open_output(const char *path);

/**
 * Whether a manifest that is to be read is the file that -o replaces; if so, that is reported: what
 * is said of a manifest is never put in its place.
 *
 * @param name of the manifest, for the message
 */
bool run_replaces_manifest(
	const struct writer *output, const char *name, const struct stamp *manifest);

/** Go to where operands are relative to. @return 0, or -1, which was reported */
int run_change_directory(const struct options *options);

/**
 * Open the hashers as the command line says.
 *
 * @param sandbox of confine_readers()
 * @return NULL where that failed, which was reported
 */
struct parallel *run_hashers(const struct options *options, const struct sandbox *sandbox,
	int interrupt_fd, const struct parallel_source *source);

/**
 * Wait for the next entry that is done. Before it waits, what was printed is passed on.
 *
 * @return 1 with an entry, 0 at the end, or -1, which was reported (ECANCELED of a source counts as
 *         reported by the source)
 */
int run_next(const struct options *options, struct parallel *parallel, struct writer *writer,
	struct digest_entry **entry);

/** Where SIGUSR1 asked: tell how far the run is. */
void run_answer(void);

/** A manifest is read from now on, until progress_end(). @param name stays where it is */
void run_reading(const char **name);

/** Report why an entry has no digest. */
void run_unread(const struct digest_entry *entry);

/**
 * Fill in what the hashers and a queue in front of them tell of the progress.
 *
 * @param waiting NULL where there is no queue
 * @param part which part of all files these are, as in struct estimate_counts
 */
void run_count(const struct parallel *parallel, const struct digest_queue *waiting, double part,
	struct estimate_counts *counts);

/** Report why the output failed (errno). @return -1 */
int run_write_failed(const struct options *options);

#endif
