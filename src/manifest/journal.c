/*
 * Invariants:
 *
 *   - The file is a header and sound records up to `end`, then perhaps a part of the last write. A
 *     run that opens it cuts off what is not sound, and appends at `end`.
 *   - The records of a run follow a record of its algorithm. So runs with several algorithms share
 *     a journal, and an option that was forgotten does not destroy what was read. That record is
 *     written with the first file: a run that reads nothing adds nothing.
 *
 * A record is checked when the journal is opened, and again when it is found. Its digest was computed
 * over the file of that name in that state (sys/stamp.h): it does not matter how old it is, nor in
 * what order blocks of the journal reached the medium.
 *
 * No fsync(2): what a power failure takes is read again. Only a pruned journal is synced before it
 * replaces the old one.
 *
 * The newest record wins even if it is of less use. A file that was read from the medium first, and
 * then from the page cache with another digest, must be read from the medium once more.
 *
 * Measured on one core of an EPYC with 0.87 GB/s of SHA-512 (tests/bench/journal.c), processor time
 * for a name of 100 bytes, of a million records and of ten million: add 0.45 us and 0.9 us, open 0.6
 * us and 0.8 us, find in the journal's order 1.3 us and 2.1 us, in any order 1.6 us and 5.7 us. The
 * index takes 16 bytes a record, and at most 24 while it grows. The check of a record is two blocks
 * of SHA-512 for names of up to 100 bytes, and one more for each 128 bytes.
 */
#include "manifest/journal.h"

#include "manifest/journal_file.h"
#include "manifest/journal_index.h"
#include "manifest/journal_parts.h"
#include "manifest/key_hash.h"
#include "sys/io.h"
#include "sys/signals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BUFFER_SIZE = 64 << 10,
	WINDOW_SIZE = 128 << 10,
	/** Bytes read at once where one record is looked at. */
	LOOK_SIZE = 4096,
	/** How long a record may be buffered, in milliseconds. */
	DELAY = 100,
};

/** What a slot's `where` holds below the offset. */
enum {
	WHERE_STATE = 1,
	WHERE_UNCACHED = 2,
	WHERE_BITS = 2,
};

struct journal {
	struct journal_file file;
	/** It takes no records: it is left alone, was removed, or could not be written. */
	bool closed;
	/** It is of another version. */
	bool foreign;

	/** What this run's records have in common, and what those at the end of the file have. */
	struct journal_run run;
	struct journal_run last_run;
	struct journal_check check;
	struct journal_counts counts;
	struct key_hash hash;
	struct journal_index index;

	/** Where in the file the first byte of the buffer belongs. */
	uint64_t end;
	size_t used;
	/** When its first byte came. */
	struct timespec since;
	/** Files in it, and their bytes. */
	uint64_t buffered_files;
	uint64_t buffered_bytes;
	unsigned char buffer[BUFFER_SIZE];

	/** A part of the file. */
	uint64_t window_offset;
	size_t window_size;
	unsigned char window[WINDOW_SIZE];
};

/* Reading */

/**
 * Get some bytes of the file, from the window if they are in it.
 *
 * @param size at most JOURNAL_RECORD_MAX
 * @param ahead how many bytes to read where they are not there; not less than `size`
 * @param bytes set to them
 * @return 1, 0 where the file ends before, or -1 with errno
 */
static int look(struct journal *journal, uint64_t offset, size_t size, size_t ahead,
	const unsigned char **bytes)
{
	uint64_t skipped = offset - journal->window_offset;
	if (offset < journal->window_offset || skipped > journal->window_size ||
		journal->window_size - skipped < size) {
		journal->window_offset = offset;
		journal->window_size = 0;
		skipped = 0;
		while (journal->window_size < size) {
			ssize_t got =
				pread(journal->file.fd, journal->window + journal->window_size,
					ahead - journal->window_size,
					(off_t)(offset + journal->window_size));
			if (got <= 0)
				return got < 0 ? -1 : 0;
			journal->window_size += (size_t)got;
		}
	}
	*bytes = journal->window + skipped;
	return 1;
}

/**
 * Read and check the record at an offset.
 *
 * @param ahead as in look(), for its beginning
 * @param size set to its size
 * @return 1, 0 where there is none, or -1 with errno
 */
static int read_record(struct journal *journal, uint64_t offset, size_t ahead, size_t digest_size,
	struct journal_record *record, size_t *size)
{
	const unsigned char *bytes;
	int status = look(journal, offset, JOURNAL_LENGTH_SIZE, ahead, &bytes);
	if (status <= 0)
		return status;
	*size = journal_record_size(bytes);
	if (*size == 0)
		return 0;
	status = look(journal, offset, *size, *size > ahead ? *size : ahead, &bytes);
	if (status <= 0)
		return status;
	status = journal_record_verify(&journal->check, offset, bytes, *size);
	if (status <= 0)
		return status;
	return journal_record_parse(bytes, *size, digest_size, record);
}

/** Whether a run's records are of use for this one. */
static bool is_of_use(const struct journal *journal, const struct journal_run *run)
{
	return run->uncached || !journal->run.uncached;
}

/** Take note of a file or a state. @return 0, or -1 with errno ENOMEM */
static int note(
	struct journal *journal, uint64_t offset, const struct journal_record *record, bool believe)
{
	const struct journal_run *run = &journal->last_run;
	bool same = journal_run_same_algorithm(run, &journal->run);
	if (record->type == JOURNAL_FILE && same && is_of_use(journal, run)) {
		journal->counts.files++;
		journal->counts.bytes += record->entry.stamp.size;
	} else if (record->type == JOURNAL_FILE) {
		journal->counts.others++;
	}
	if (!same || !believe)
		return 0;
	uint64_t where = offset << WHERE_BITS;
	if (record->type == JOURNAL_STATE)
		where |= WHERE_STATE;
	if (run->uncached)
		where |= WHERE_UNCACHED;
	uint64_t hash = key_hash(&journal->hash, record->key, record->key_size);
	return journal_index_add(&journal->index, hash, where);
}

/** Read all records; `end` is set to the end of the last sound one. @return 0, or -1 with errno */
static int read_records(struct journal *journal, bool believe)
{
	struct journal_record record;
	size_t size;
	int status;
	journal->end = JOURNAL_HEADER_SIZE;
	while ((status = read_record(journal, journal->end, WINDOW_SIZE,
			journal->last_run.digest_size, &record, &size)) > 0) {
		if (record.type == JOURNAL_RUN)
			journal->last_run = record.run;
		else if (note(journal, journal->end, &record, believe) != 0)
			return -1;
		journal->counts.records++;
		journal->end += size;
		if (signals_caught()) {
			errno = EINTR;
			return -1;
		}
	}
	journal_index_sort(&journal->index);
	return status;
}

/** Cut off what is behind `end`. @return 0, or -1 with errno */
static int cut(struct journal *journal)
{
	struct stat status;
	if (fstat(journal->file.fd, &status) < 0)
		return -1;
	if ((uint64_t)status.st_size > journal->end) {
		if (ftruncate(journal->file.fd, (off_t)journal->end) < 0)
			return -1;
		journal->counts.dropped_bytes = (uint64_t)status.st_size - journal->end;
	}
	return lseek(journal->file.fd, (off_t)journal->end, SEEK_SET) < 0 ? -1 : 0;
}

/** Write a new header, in place of all that is there. @return 0, or -1 with errno */
static int begin_anew(struct journal *journal)
{
	unsigned char header[JOURNAL_HEADER_SIZE];
	if (getrandom(journal->check.nonce, JOURNAL_NONCE_SIZE, 0) != JOURNAL_NONCE_SIZE ||
		journal_record_put_header(&journal->check, header) != 0 || cut(journal) < 0 ||
		io_write_quietly(journal->file.fd, header, sizeof(header)) < 0)
		return -1;
	journal->end = sizeof(header);
	return 0;
}

/** Read what the file holds. @return 0, or -1 with errno */
static int read_file(struct journal *journal, bool believe, enum journal_status *status)
{
	unsigned char header[JOURNAL_HEADER_SIZE];
	ssize_t size = pread(journal->file.fd, header, sizeof(header), 0);
	if (size < 0)
		return -1;
	int kind = journal_record_read_header(&journal->check, header, (size_t)size);
	switch (kind) {
	case JOURNAL_HEADER_SOUND:
		return read_records(journal, believe) != 0 || cut(journal) != 0 ? -1 : 0;
	case JOURNAL_HEADER_DAMAGED:
		*status = JOURNAL_NEW;
		return begin_anew(journal);
	case JOURNAL_HEADER_OTHER:
		*status = JOURNAL_OTHER;
		journal->foreign = journal->closed = true;
		return 0;
	}
	return -1;
}

static struct journal *make(const struct journal_options *options)
{
	struct journal *journal = calloc(1, sizeof(*journal));
	if (!journal)
		return NULL;
	journal->file = JOURNAL_FILE_NONE;
	journal->hash = key_hash_new();
	journal->run = (struct journal_run){
		.digest_size = options->algorithms.size,
		.uncached = options->uncached,
	};
	digest_set_names(&options->algorithms, journal->run.algorithm);
	journal->check.digest = digest_new(digest_find("sha512"));
	if (journal->check.digest)
		return journal;
	journal_free(journal);
	return NULL;
}

/** As journal_open(), for a journal that is freed where it fails. @return whether it is of use */
static bool open_journal(
	struct journal *journal, const struct journal_options *options, enum journal_status *status)
{
	int opened = journal_file_open(&journal->file, options->target);
	if (opened <= 0) {
		*status = opened < 0 ? JOURNAL_FAILED : JOURNAL_UNSAFE;
		return false;
	}
	*status = JOURNAL_CONTINUED;
	if (read_file(journal, options->believe, status) == 0)
		return true;
	*status = JOURNAL_FAILED;
	if (journal->file.made) {
		int error = errno;
		journal_file_remove(&journal->file);
		errno = error;
	}
	return false;
}

struct journal *journal_open(const struct journal_options *options, enum journal_status *status)
{
	struct journal *journal = make(options);
	*status = JOURNAL_FAILED;
	if (!journal || open_journal(journal, options, status))
		return journal;
	journal_free(journal);
	return NULL;
}

/* Writing */

/** Take nothing more. @return -1 */
static int fail(struct journal *journal)
{
	journal->closed = true;
	journal->used = 0;
	journal->buffered_files = journal->buffered_bytes = 0;
	return -1;
}

int journal_flush(struct journal *journal)
{
	if (!journal || journal->closed || journal->used == 0)
		return 0;
	if (io_write_quietly(journal->file.fd, journal->buffer, journal->used) < 0)
		return fail(journal);
	journal->end += journal->used;
	journal->used = 0;
	journal->counts.added_files += journal->buffered_files;
	journal->counts.added_bytes += journal->buffered_bytes;
	journal->buffered_files = journal->buffered_bytes = 0;
	return 0;
}

/** Whether the buffer's first byte has waited long enough. */
static bool is_due(const struct journal *journal, const struct timespec *now)
{
	int64_t seconds = now->tv_sec - journal->since.tv_sec;
	return seconds * 1000 + (now->tv_nsec - journal->since.tv_nsec) / 1000000 >= DELAY;
}

/** Add the record that was put behind what is in the buffer. @return as journal_add() */
static int append(struct journal *journal, size_t size)
{
	struct timespec now;
	unsigned char *record = journal->buffer + journal->used;
	if (journal_record_seal(&journal->check, journal->end + journal->used, record, size) != 0)
		return fail(journal);
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (journal->used == 0)
		journal->since = now;
	journal->used += size;
	return is_due(journal, &now) ? journal_flush(journal) : 0;
}

/** Make room for a record. @return 0, or -1 with errno */
static int make_room(struct journal *journal, size_t key_size)
{
	size_t size = JOURNAL_FIXED_MAX + key_size;
	return journal->used + size > BUFFER_SIZE ? journal_flush(journal) : 0;
}

/** Write this run's record where the last one is another's. @return 0, or -1 with errno */
static int begin_run(struct journal *journal)
{
	const struct journal_run *run = &journal->run, *last = &journal->last_run;
	if (journal_run_same_algorithm(run, last) && run->uncached == last->uncached)
		return 0;
	if (make_room(journal, 0) != 0)
		return -1;
	size_t size = journal_record_put_run(journal->buffer + journal->used, run);
	journal->last_run = *run;
	return append(journal, size);
}

/** Whether a record is taken: @return 1 with room for it, 0 where not, or -1 with errno */
static int begin_record(struct journal *journal, size_t key_size, const struct stamp *stamp)
{
	if (!journal || journal->closed || key_size == 0 || key_size > JOURNAL_KEY_MAX ||
		!journal_record_can_keep(&stamp->mtime) || !journal_record_can_keep(&stamp->ctime))
		return 0;
	return begin_run(journal) != 0 || make_room(journal, key_size) != 0 ? -1 : 1;
}

int journal_add(
	struct journal *journal, const char *key, size_t size, const struct journal_entry *entry)
{
	int status = begin_record(journal, size, &entry->stamp);
	if (status <= 0)
		return status;
	journal->buffered_files++;
	journal->buffered_bytes += entry->stamp.size;
	return append(journal,
		journal_record_put_file(journal->buffer + journal->used, journal->run.digest_size,
			key, size, entry));
}

int journal_add_state(
	struct journal *journal, const char *key, size_t size, const struct journal_state *state)
{
	int status = journal_record_can_keep(&state->begun)
		? begin_record(journal, size, &state->stamp)
		: 0;
	if (status <= 0)
		return status;
	return append(journal,
		journal_record_put_state(journal->buffer + journal->used, key, size, state));
}

/* Finding */

/**
 * Read the record of a slot, if it is of that name.
 *
 * @return 1, 0 where it is of another name, or -1 where it cannot be had any more
 */
static int read_slot(struct journal *journal, const struct journal_slot *slot, const char *key,
	size_t size, struct journal_record *record)
{
	size_t record_size;
	enum journal_type type = slot->where & WHERE_STATE ? JOURNAL_STATE : JOURNAL_FILE;
	if (read_record(journal, slot->where >> WHERE_BITS, LOOK_SIZE, journal->run.digest_size,
		    record, &record_size) <= 0 ||
		record->type != type)
		return -1;
	return record->key_size == size && memcmp(record->key, key, size) == 0;
}

/** Whether what a slot is of was read as this run reads. */
static bool is_useful(const struct journal *journal, const struct journal_slot *slot)
{
	return slot->where & WHERE_UNCACHED || !journal->run.uncached;
}

int journal_find(struct journal *journal, const char *key, size_t size, struct journal_entry *entry)
{
	if (!journal_finds_any(journal))
		return 0;
	const struct journal_slot *slot;
	const struct journal_slot *first =
		journal_index_find(&journal->index, key_hash(&journal->hash, key, size), &slot);
	while (slot-- > first) {
		struct journal_record record;
		if (slot->where & WHERE_STATE)
			continue;
		int status = read_slot(journal, slot, key, size, &record);
		if (status == 0)
			continue;
		if (status < 0 || !is_useful(journal, slot))
			return -1;
		*entry = record.entry;
		return 1;
	}
	return 0;
}

bool journal_finds_any(const struct journal *journal)
{
	return journal && journal->index.count > 0;
}

/** Whether two states are of one file in one state. */
static bool is_same_state(const struct stamp *one, const struct stamp *other)
{
	return one->inode == other->inode && stamp_is_known(one, other);
}

/**
 * Add a state that is older than those found.
 *
 * @return whether the search goes on
 */
static bool add_state(
	struct journal_state states[static 2], size_t *count, const struct journal_state *state)
{
	if (*count > 0 && !is_same_state(&states[0].stamp, &state->stamp))
		return false;
	if (*count > 0 && states[0].bytes == state->bytes) {
		bool same = memcmp(states[0].hash, state->hash, sizeof(state->hash)) == 0;
		if (!same)
			*count = 0;
		return same;
	}
	states[(*count)++] = *state;
	return *count < 2;
}

size_t journal_find_states(struct journal *journal, const char *key, size_t size,
	struct journal_state states[static 2])
{
	if (!journal_finds_any(journal))
		return 0;
	size_t count = 0;
	const struct journal_slot *slot;
	const struct journal_slot *first =
		journal_index_find(&journal->index, key_hash(&journal->hash, key, size), &slot);
	while (slot-- > first) {
		struct journal_record record;
		int status = read_slot(journal, slot, key, size, &record);
		if (status == 0)
			continue;
		if (status < 0 || record.type == JOURNAL_FILE || !is_useful(journal, slot) ||
			!add_state(states, &count, &record.state))
			break;
	}
	if (count == 2 && states[0].bytes > states[1].bytes) {
		struct journal_state state = states[0];
		states[0] = states[1];
		states[1] = state;
	}
	return count;
}

/** How old a time has to be when reading begins, in seconds (hash/hasher.c says the same). */
#define SETTLED 2

/** How far in the future an mtime is no time of a clock, but set by somebody. */
#define FUTURE 60

bool journal_state_holds(const struct journal_state *state, const struct stamp *stamp, int64_t now)
{
	const struct stamp *kept = &state->stamp;
	int64_t read = state->begun.tv_sec;
	if (read < 0 || read > now || !is_same_state(kept, stamp))
		return false;
	bool young = kept->mtime.tv_sec >= read - SETTLED && kept->mtime.tv_sec <= read + FUTURE;
	return !young && kept->ctime.tv_sec < read - SETTLED;
}

/* The rest */

struct journal_counts journal_counts(const struct journal *journal)
{
	if (!journal)
		return (struct journal_counts){0};
	struct journal_counts counts = journal->counts;
	counts.added_files += journal->buffered_files;
	counts.added_bytes += journal->buffered_bytes;
	return counts;
}

bool journal_is_empty(const struct journal *journal)
{
	return !journal ||
		(!journal->foreign && journal->used == 0 && journal->end <= JOURNAL_HEADER_SIZE);
}

const char *journal_name(const struct journal *journal)
{
	return journal ? journal->file.name : "";
}

struct stamp journal_stamp(const struct journal *journal)
{
	return journal ? journal->file.stamp : (struct stamp){0};
}

int journal_fd(const struct journal *journal)
{
	return journal ? journal->file.fd : -1;
}

/* Pruning */

/** Find the files that were read in part. @return 0, or -1 with errno */
static int find_parts(struct journal *journal, struct journal_parts *parts)
{
	struct journal_run run = {0};
	struct journal_record record;
	uint64_t offset = JOURNAL_HEADER_SIZE;
	size_t size;
	int status;
	journal->window_size = 0;
	while ((status = read_record(
			journal, offset, WINDOW_SIZE, run.digest_size, &record, &size)) > 0) {
		if (record.type == JOURNAL_RUN)
			run = record.run;
		else if (journal_parts_note(parts, &run, &record) != 0)
			return -1;
		offset += size;
	}
	return status;
}

/** Write the states of files to another journal. @return 0, or -1 with errno */
static int write_parts(struct journal *journal, const struct journal_parts *parts)
{
	for (const struct journal_part *part = parts->first; part; part = part->next) {
		journal->run = part->run;
		for (size_t i = 0; i < part->count; i++) {
			if (journal_add_state(
				    journal, part->key, part->key_size, &part->states[i]) != 0)
				return -1;
		}
	}
	return journal_flush(journal) == 0 && fsync(journal->file.fd) == 0 ? 0 : -1;
}

/** Make a journal of some states, and put it in the place of another one. @return 0, or -1 with
 * errno */
static int replace(struct journal *journal, const struct journal_parts *parts)
{
	struct journal *made = calloc(1, sizeof(*made));
	if (!made)
		return -1;
	made->file = JOURNAL_FILE_NONE;
	made->check.digest = journal->check.digest;
	bool written = journal_file_open_other(&journal->file, &made->file) == 0 &&
		begin_anew(made) == 0 && write_parts(made, parts) == 0;
	int status = written ? journal_file_exchange(&journal->file, &made->file) : -1;
	int error = errno;
	if (status != 0 && made->file.fd >= 0)
		journal_file_remove(&made->file);
	made->check.digest = NULL;
	journal_free(made);
	errno = error;
	return status;
}

int journal_prune(struct journal *journal)
{
	struct journal_parts parts = {0};
	if (!journal || journal->foreign)
		return 0;
	int status = journal_flush(journal) == 0 ? find_parts(journal, &parts) : -1;
	if (status == 0)
		status = parts.first ? replace(journal, &parts) : journal_remove(journal);
	int error = errno;
	fail(journal);
	journal_parts_free(&parts);
	errno = error;
	return status;
}

int journal_remove(struct journal *journal)
{
	if (!journal || journal->foreign)
		return 0;
	fail(journal);
	return journal_file_remove(&journal->file);
}

void journal_free(struct journal *journal)
{
	int saved_errno = errno;
	if (!journal)
		return;
	journal_file_close(&journal->file);
	digest_free(journal->check.digest);
	journal_index_free(&journal->index);
	free(journal);
	errno = saved_errno;
}
