/*
 * The journal of a run: what it has read, so that the next one need not read it again if this one
 * is interrupted. It is beside the file that the run writes, as ".NAME.treesum-journal".
 *
 *	journal = journal_open(&options, &status);
 *	for each file: journal_find(), and unless it is of the file as it is now: read the file and
 *		journal_add()
 *	before each wait, and where a signal ends the run: journal_flush()
 *	once that file is written: journal_remove(), or journal_prune() if time ran out
 *	journal_free(journal)
 *
 * For the parent only, and for one run at a time. All functions take NULL for a journal, which
 * holds nothing and keeps nothing.
 */
#ifndef TREESUM_MANIFEST_JOURNAL_H
#define TREESUM_MANIFEST_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/digest_set.h"
#include "manifest/journal_record.h"
#include "sys/stamp.h"

struct journal;

struct journal_options {
	/** The path of what the run writes: a regular file, or none yet. Links are followed. */
	const char *target;
	struct digest_set algorithms;
	/** Files are read from the medium (--uncached). */
	bool uncached;
	/** What is there is used (--resume, --update); otherwise it is kept, but not found. */
	bool believe;
};

/** What was there. */
enum journal_status {
	/** None, or one whose header was damaged: its bytes are dropped. A new one was made. */
	JOURNAL_NEW,
	/** One of an earlier run, of whatever algorithm: records are appended to it. */
	JOURNAL_CONTINUED,
	/**
	 * One of another version of treesum, or no journal. It is left alone: nothing is found in
	 * it, kept in it, or removed.
	 */
	JOURNAL_OTHER,
	/**
	 * No regular file (a link, a FIFO, a directory), or one of another user, of another mode
	 * than 0600, or with several links. It was not read, and is left alone.
	 */
	JOURNAL_UNSAFE,
	/**
	 * It could not be made or read: errno. EBUSY: another run has it. ENOTSUP: the file system
	 * cannot keep a file to its owner. EINTR: a signal came that ends the program. Sound records
	 * stay where they are.
	 */
	JOURNAL_FAILED,
};

/** What a journal holds. */
struct journal_counts {
	/** Records that were there and are sound. */
	uint64_t records;
	/** Of them files that journal_find() would find if it were to believe, and their bytes. */
	uint64_t files;
	uint64_t bytes;
	/** Of them files that are of no use for this run: of other algorithms, or not uncached. */
	uint64_t others;
	/** Bytes that were cut off, as a record or the header was wrong. */
	uint64_t dropped_bytes;
	/** Files added by this run, but for those that could not be written, and their bytes. */
	uint64_t added_files;
	uint64_t added_bytes;
};

/**
 * Open the journal beside a target, or make one. All its records are read and checked once, which
 * takes less than 1 us each. A damaged end is cut off.
 *
 * SIGXFSZ has to be ignored (sys/signals.h), or a journal that may not grow ends the process.
 *
 * @param status set to what was there
 * @return NULL where that is JOURNAL_UNSAFE or JOURNAL_FAILED, with errno
 */
struct journal *journal_open(const struct journal_options *options, enum journal_status *status);

/**
 * Add a file that was read to its end. Buffered, but no longer than 100 ms while others are added.
 * A name longer than JOURNAL_KEY_MAX, or a time that is none, is passed over: the file will be read
 * again.
 *
 * @param key as catalog_key() writes it
 * @return 0, or -1 with errno if it could not be written. That is returned once: from then on the
 *         journal takes nothing more, and this returns 0. What was written before stays of use.
 */
int journal_add(
	struct journal *journal, const char *key, size_t size, const struct journal_entry *entry);

/** Add the state of a file that is being read, as journal_add(). */
int journal_add_state(
	struct journal *journal, const char *key, size_t size, const struct journal_state *state);

/** Write what is buffered. @return as journal_add() */
int journal_flush(struct journal *journal);

/**
 * Find the newest record of a file among those that were there when the journal was opened.
 *
 * @param entry filled where there is one
 * @return 1; 0 if there is none; -1 if there is one that cannot be used: it can no longer be read, or
 *         this run reads uncached and that one did not. Then no older digest may be used either, as
 *         this one may be another.
 */
int journal_find(
	struct journal *journal, const char *key, size_t size, struct journal_entry *entry);

/**
 * Find how far a file was read: the two newest states that follow its last journal_entry, if any,
 * and are of one stamp and of different bytes. Two that contradict each other are not found.
 *
 * @param states filled, the one with fewer bytes first
 * @return how many there are: 0, 1 or 2
 */
size_t journal_find_states(struct journal *journal, const char *key, size_t size,
	struct journal_state states[static 2]);

/** Whether journal_find() or journal_find_states() can find anything. */
bool journal_finds_any(const struct journal *journal);

/**
 * Whether a file is as it was when a state of it was kept: its stamp is the same, it had been left
 * alone for two seconds when reading began, and that was not in the future.
 *
 * @param stamp of the file now; its device is not compared
 * @param now in seconds since 1970
 */
bool journal_state_holds(const struct journal_state *state, const struct stamp *stamp, int64_t now);

struct journal_counts journal_counts(const struct journal *journal);

/** Whether it holds no record, of whatever algorithm, and was not left alone. */
bool journal_is_empty(const struct journal *journal);

/** The journal's own name in its directory; "" of NULL. */
const char *journal_name(const struct journal *journal);

/** Which file the journal is: only device and inode count. A walk must not list it. */
struct stamp journal_stamp(const struct journal *journal);

/** Its descriptor, for children to close; above 2, or -1. */
int journal_fd(const struct journal *journal);

/**
 * Once the file that the run writes is written: keep only the states of files that were not read to
 * their end, so that the next run goes on with them; if there are none, remove the journal. It takes
 * nothing more. If the process is killed meanwhile, the journal is either the old or the new one.
 *
 * @return 0, or -1 with errno and the journal as it was
 */
int journal_prune(struct journal *journal);

/**
 * Remove the journal, unless it is one that is left alone or another file has taken its name. It
 * takes nothing more.
 *
 * @return 0, or -1 with errno
 */
int journal_remove(struct journal *journal);

/** Free. What is buffered is lost unless journal_flush() was called. Keeps errno. */
void journal_free(struct journal *journal);

#endif
