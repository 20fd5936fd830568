/*
 * What runs over large archives need: digests that are known already, a journal of what was read,
 * files that are due to be read again, and a time limit (--resume, --reread, --for). For the parent
 * only.
 */
#ifndef TREESUM_LONG_JOB_H
#define TREESUM_LONG_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/hasher_task.h"
#include "manifest/catalog.h"
#include "manifest/digest_cache.h"
#include "options.h"
#include "tally.h"

struct long_job;

/** @return NULL where memory is used up, which was reported */
struct long_job *long_job_new(const struct options *options, struct tally *tally);

/** Add the digest of a manifest's record. @param record must outlive the job @return 0, or -1 with
 * errno ENOMEM */
int long_job_add_known(struct long_job *job, const struct record *record);

/**
 * Open the journal beside the file that a run writes. Why there is none, or why an old one is not
 * used, is reported; the run goes on without.
 *
 * @param target the path of a file that is replaced as a whole, and is locked by this run
 */
void long_job_open_journal(struct long_job *job, const char *target);

/** The journal's file, which a walk must not list; inode 0: there is none. */
struct stamp long_job_journal(const struct long_job *job);

/** The journal's descriptor, for workers to close; 0: there is none. */
int long_job_fd(const struct long_job *job);

/**
 * Find the known digest of a file. Whether it is that of the file now is for the caller to decide, by
 * its stamp.
 *
 * @param path as it is printed
 * @param size of the path, in bytes
 * @return whether there is one
 */
bool long_job_find(
	struct long_job *job, const char *path, size_t size, struct digest_cache_entry *entry);

/** Whether long_job_find() can find anything. */
bool long_job_finds_any(const struct long_job *job);

/** Whether an unaltered file with this known digest is due to be read again. */
bool long_job_is_due(const struct long_job *job, const struct digest_cache_entry *entry);

/** Count an unaltered file that is due. */
void long_job_count_due(struct long_job *job, const struct digest_cache_entry *entry);

/** A file was hashed: write it to the journal, if its stamp is settled. */
void long_job_hashed(
	struct long_job *job, const char *path, size_t size, const struct hasher_result *result);

/** A large file was hashed in part: write the state to the journal, now and then. */
void long_job_hashing(
	struct long_job *job, const char *path, size_t size, const struct hasher_kept *kept);

/**
 * Find the states of a large file that an earlier run has read in part.
 *
 * @param kept with the file's stamp; filled as scan_source.resume() fills it
 * @return whether there are two
 */
bool long_job_resume(struct long_job *job, const char *path, size_t size, struct hasher_kept *kept);

/** Write to the file what is buffered of the journal: before a wait. */
void long_job_flush(struct long_job *job);

/** What may be read now. */
enum long_job_phase {
	/** Files that are new or altered, then those that are due. */
	LONG_JOB_NEW_FIRST,
	/** Files that are due, then others. */
	LONG_JOB_DUE_FIRST,
	/** No more files. */
	LONG_JOB_OVER,
};

enum long_job_phase long_job_phase(const struct long_job *job);

/** When a phase ends (clock_ms in forkpool/clock.h); -1: never, as there is no time limit. */
int64_t long_job_end(const struct long_job *job, enum long_job_phase phase);

/**
 * The target was written: what it holds is no longer needed in the journal.
 *
 * @param complete all files were read to their ends, and the journal is removed; otherwise it keeps
 *        how far large files were read
 */
void long_job_done(struct long_job *job, bool complete);

/**
 * Close the journal and free. Unless long_job_done() was called or it holds nothing, it stays, and
 * how much it holds is reported. NULL is allowed.
 */
void long_job_free(struct long_job *job);

#endif
