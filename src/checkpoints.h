/*
 * States of large files that are being read. They come about ten times a second; the journal gets one
 * now and then, and the last two when the run ends.
 */
#ifndef TREESUM_CHECKPOINTS_H
#define TREESUM_CHECKPOINTS_H

#include <stddef.h>
#include <stdint.h>

#include "manifest/journal.h"

struct checkpoint;

/** All zeros at first. */
struct checkpoints {
	/** Files that are being read: as many as the workers have. */
	struct checkpoint *first;
};

/**
 * Add a state, and write it to the journal if it is time.
 *
 * @param now milliseconds of a clock that never goes back
 * @return 0, or -1 with errno: ENOMEM, or as journal_add_state()
 */
int checkpoints_add(struct checkpoints *checkpoints, struct journal *journal, const char *key,
	size_t key_size, const struct journal_state *state, int64_t now);

/** A file was read to its end. */
void checkpoints_drop(struct checkpoints *checkpoints, const char *key, size_t key_size);

/** Write the last two states of each file. @return as checkpoints_add() */
int checkpoints_flush(struct checkpoints *checkpoints, struct journal *journal);

/** How many bytes were read of all files. */
uint64_t checkpoints_bytes(const struct checkpoints *checkpoints);

/** Free what they hold. */
void checkpoints_free(struct checkpoints *checkpoints);

#endif
