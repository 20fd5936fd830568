/*
 * The journal is beside the target of `-o` or `--update`. It is removed when the target was written.
 * If the time of --for ended an update, it keeps only the states of large files, as all digests are
 * in the manifest. If the target was not written, all of it stays, unless it holds nothing. An
 * update always takes digests from it; `-o` does so only with --resume, as a run without options has
 * to read what it lists. It keeps an old journal all the same, in case the option was forgotten.
 *
 * A digest is written to the journal only if the file's stamp is settled: a file that was written
 * just before it was read could be written again without a new stamp. A digest that was read in the
 * future is not taken: the clock was set back, so stamps do not tell which write was the last.
 *
 * With --for and --reread, files that are new or altered are read first for three quarters of the
 * time, then those that are due: otherwise an archive that grows faster than it can be read would
 * never be reread. If there are none of the one kind, the other gets its time, too.
 */
#include "long_job.h"

#include "checkpoints.h"
#include "forkpool/clock.h"
#include "run.h"
#include "summary.h"
#include "sys/signals.h"
#include "ui/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct long_job {
	const struct options *options;
	struct tally *tally;
	struct digest_cache *cache;
	struct journal *journal;
	/** The name of the target, for messages. */
	const char *name;
	/** A buffer for a key, and its size in bytes. */
	char *key;
	size_t key_room;
	/** Seconds since the epoch when the run began. */
	int64_t begun;
	/** With --for: when due files come first, and when no more files are read (clock_ms). */
	int64_t due_first;
	int64_t over;
	struct checkpoints checkpoints;
	bool done;
};

/** Compute the times from --for. */
static void limit_time(struct long_job *job)
{
	uint64_t seconds = job->options->for_seconds;
	/* A hundred years are no limit. */
	int64_t limit = (int64_t)(seconds < 3155760000 ? seconds : 3155760000) * 1000;
	job->over = clock_ms() + limit;
	job->due_first = job->options->reread ? job->over - limit / 4 : job->over;
}

struct long_job *long_job_new(const struct options *options, struct tally *tally)
{
	struct long_job *job = calloc(1, sizeof(*job));
	if (job)
		job->cache = digest_cache_new(options->algorithms.size, options->ignore_ctime);
	if (!job || !job->cache) {
		run_failed("cannot start");
		long_job_free(job);
		return NULL;
	}
	job->options = options;
	job->tally = tally;
	job->begun = time(NULL);
	job->due_first = job->over = -1;
	if (options->for_seconds)
		limit_time(job);
	return job;
}

int long_job_add_known(struct long_job *job, const struct record *record)
{
	return digest_cache_add(job->cache, record);
}

/* The journal */

/** Whether what an earlier run has left is used. */
static bool is_believing(const struct options *options)
{
	return options->resume || options->mode == MODE_UPDATE;
}

/** Report why there is no journal, or an old one is not used. */
static void tell_journal(const struct long_job *job, enum journal_status status, int error)
{
	const char *reason = NULL;
	char failure[128];
	snprintf(failure, sizeof(failure), "no journal can be kept: %s", strerror(error));
	if (status == JOURNAL_OTHER)
		reason = "its journal is of another version of treesum, and is not used";
	else if (status == JOURNAL_UNSAFE)
		reason = "its journal is not a private file of this user, and is not used";
	else if (status == JOURNAL_FAILED)
		reason = failure;
	else if (status == JOURNAL_CONTINUED && !is_believing(job->options) &&
		!journal_is_empty(job->journal))
		reason = "the journal of an interrupted run is there: --resume would use it";
	if (!reason || signals_caught())
		return;
	report_remark(job->name, reason);
}

/**
 * Report that the end of an old journal was not sound. An update may know an older digest of what it
 * held, so this does not promise that it is read again.
 */
static void tell_dropped(const struct long_job *job)
{
	char reason[128];
	uint64_t bytes = journal_counts(job->journal).dropped_bytes;
	if (bytes == 0 || signals_caught())
		return;
	snprintf(reason, sizeof(reason),
		"its journal is incomplete or damaged: its last %" PRIu64 " bytes are not used",
		bytes);
	report_remark(job->name, reason);
}

void long_job_open_journal(struct long_job *job, const char *target)
{
	const struct options *options = job->options;
	const struct journal_options opening = {
		.target = target,
		.algorithms = options->algorithms,
		.uncached = options->uncached,
		.believe = is_believing(options),
	};
	enum journal_status status;
	job->name = target;
	job->journal = journal_open(&opening, &status);
	tell_journal(job, status, errno);
	tell_dropped(job);
	digest_cache_use(job->cache, job->journal);
}

struct stamp long_job_journal(const struct long_job *job)
{
	return journal_stamp(job->journal);
}

int long_job_fd(const struct long_job *job)
{
	int fd = journal_fd(job->journal);
	return fd < 0 ? 0 : fd;
}

/** The journal could not be written: go on without. */
static void tell_lost(const struct long_job *job, int error)
{
	char reason[256];
	snprintf(reason, sizeof(reason),
		"its journal cannot be written: %s: what is read from now on is not kept if the"
		" run is interrupted",
		strerror(error));
	report_remark(job->name, reason);
}

/** Write a path's key. @return its size, or SIZE_MAX if memory is used up */
static size_t make_key(struct long_job *job, const char *path, size_t size)
{
	if (size >= job->key_room) {
		char *key = realloc(job->key, 2 * size + 1);
		if (!key)
			return SIZE_MAX;
		job->key = key;
		job->key_room = 2 * size + 1;
	}
	return catalog_key(path, size, job->key);
}

/** A large file was read on, and its contents before that place are not what they were. */
static void tell_restarted(const char *path)
{
	report_remark(path,
		"differs from what an interrupted run had read of it; read from its beginning");
}

void long_job_hashed(
	struct long_job *job, const char *path, size_t size, const struct hasher_result *result)
{
	if (result->restarted)
		tell_restarted(path);
	job->tally->resumed_bytes += result->skipped;
	size_t key_size = job->journal ? make_key(job, path, size) : SIZE_MAX;
	if (key_size == SIZE_MAX)
		return;
	checkpoints_drop(&job->checkpoints, job->key, key_size);
	/* What could not be read from the medium is an error of each run. */
	if (!result->settled || result->refusal.reason != DIRECT_BYPASSED)
		return;
	struct journal_entry entry = {.stamp = result->stamp, .read = result->read};
	memcpy(entry.digest, result->digest, job->options->algorithms.size);
	if (journal_add(job->journal, job->key, key_size, &entry) != 0)
		tell_lost(job, errno);
}

void long_job_hashing(
	struct long_job *job, const char *path, size_t size, const struct hasher_kept *kept)
{
	struct journal_state state = {
		.stamp = kept->stamp, .begun = kept->time, .bytes = kept->hash.bytes};
	memcpy(state.hash, kept->hash.hash, sizeof(state.hash));
	bool useful = job->journal && kept->refusal.reason == DIRECT_BYPASSED;
	size_t key_size = useful ? make_key(job, path, size) : SIZE_MAX;
	if (key_size != SIZE_MAX &&
		checkpoints_add(&job->checkpoints, job->journal, job->key, key_size, &state,
			clock_ms()) != 0)
		tell_lost(job, errno);
}

/** A state of a journal as the hashers have it. */
static struct digest_state hash_state(const struct journal_state *state)
{
	struct digest_state hash = {.bytes = state->bytes};
	memcpy(hash.hash, state->hash, sizeof(hash.hash));
	return hash;
}

bool long_job_resume(struct long_job *job, const char *path, size_t size, struct hasher_kept *kept)
{
	struct journal_state states[2];
	size_t key_size = job->journal ? make_key(job, path, size) : SIZE_MAX;
	if (key_size == SIZE_MAX ||
		journal_find_states(job->journal, job->key, key_size, states) < 2 ||
		!journal_state_holds(&states[0], &kept->stamp, job->begun))
		return false;
	kept->hash = hash_state(&states[0]);
	kept->meet = hash_state(&states[1]);
	kept->stamp = states[0].stamp;
	kept->time = states[0].begun;
	return true;
}

void long_job_flush(struct long_job *job)
{
	if (journal_flush(job->journal) != 0)
		tell_lost(job, errno);
}

/* What is known */

bool long_job_find(
	struct long_job *job, const char *path, size_t size, struct digest_cache_entry *entry)
{
	size_t key_size = make_key(job, path, size);
	/* Without memory it is read. */
	if (key_size == SIZE_MAX || !digest_cache_find(job->cache, job->key, key_size, entry))
		return false;
	bool future = entry->read > job->begun;
	if (entry->journaled)
		return !future;
	/* Nobody knows when that was. */
	if (future)
		entry->read = 0;
	return true;
}

bool long_job_finds_any(const struct long_job *job)
{
	return digest_cache_finds_any(job->cache);
}

bool long_job_is_due(const struct long_job *job, const struct digest_cache_entry *entry)
{
	const struct options *options = job->options;
	/* What the journal has was read by this update, before it was interrupted. */
	if (!options->reread || entry->journaled)
		return false;
	return entry->read <= 0 || (uint64_t)(job->begun - entry->read) >= options->reread_age;
}

void long_job_count_due(struct long_job *job, const struct digest_cache_entry *entry)
{
	struct tally *tally = job->tally;
	tally->due++;
	if (tally->due == 1 || entry->read < tally->oldest_read)
		tally->oldest_read = entry->read > 0 ? entry->read : 0;
}

/* Time */

enum long_job_phase long_job_phase(const struct long_job *job)
{
	if (job->over < 0)
		return LONG_JOB_NEW_FIRST;
	int64_t now = clock_ms();
	if (now >= job->over)
		return LONG_JOB_OVER;
	return now >= job->due_first ? LONG_JOB_DUE_FIRST : LONG_JOB_NEW_FIRST;
}

int64_t long_job_end(const struct long_job *job, enum long_job_phase phase)
{
	return phase == LONG_JOB_NEW_FIRST ? job->due_first : job->over;
}

/* The end */

/** Keep only how far large files were read. @return 0, or -1 with errno */
static int prune(struct long_job *job)
{
	if (job->journal && checkpoints_flush(&job->checkpoints, job->journal) != 0)
		return -1;
	return journal_prune(job->journal);
}

/** The journal could not be removed. */
static void tell_left(const struct long_job *job)
{
	char reason[128];
	snprintf(reason, sizeof(reason), "its journal cannot be removed: %s", strerror(errno));
	report_remark(job->name, reason);
}

void long_job_done(struct long_job *job, bool complete)
{
	job->done = true;
	int status = complete ? journal_remove(job->journal) : prune(job);
	if (status != 0)
		tell_left(job);
}

/** Report what the journal keeps. */
static void tell_kept(const struct long_job *job)
{
	const struct journal_counts counts = journal_counts(job->journal);
	struct tally *tally = job->tally;
	tally->kept_files = counts.added_files;
	tally->kept_bytes = counts.added_bytes + checkpoints_bytes(&job->checkpoints);
	if (is_believing(job->options)) {
		tally->kept_files += counts.files;
		tally->kept_bytes += counts.bytes;
	}
	summary_kept(job->options, tally, journal_name(job->journal));
}

void long_job_free(struct long_job *job)
{
	if (!job)
		return;
	if (job->journal && !job->done) {
		if (checkpoints_flush(&job->checkpoints, job->journal) != 0)
			tell_lost(job, errno);
		long_job_flush(job);
		tell_kept(job);
		if (journal_is_empty(job->journal) && journal_remove(job->journal) != 0)
			tell_left(job);
	}
	checkpoints_free(&job->checkpoints);
	journal_free(job->journal);
	digest_cache_free(job->cache);
	free(job->key);
	free(job);
}
