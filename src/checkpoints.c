/*
 * A run that reads on in a file starts from the last but one state in the journal, and has to come
 * to the last one. So a killed run loses what was read since the last but one: at most 20 s, or two
 * of PARTS parts of the file if these are read in less time. A run that ends in good order loses two
 * tenths of a second: it writes the last two states that came.
 *
 * Files are in a list, and found by their names: they are few, those that were begun and not read to
 * their ends.
 */
#include "checkpoints.h"

#include <stdlib.h>
#include <string.h>

/** A state is written when this part of the file was read since the last one, but at least this many
 * bytes, ... */
#define PARTS 32
#define PART_MIN ((uint64_t)32 << 20)

/** ... or after this time, in ms. */
#define INTERVAL 10000

/** A file that is being read. */
struct checkpoint {
	struct checkpoint *next;
	/** The last two states; without bytes where there was none. */
	struct journal_state earlier;
	struct journal_state later;
	/** The last state in the journal, in bytes, and when it was written, in ms. */
	uint64_t written;
	int64_t time;
	size_t key_size;
	char key[];
};

/** Find a file. @return it, or NULL */
static struct checkpoint *find(
	const struct checkpoints *checkpoints, const char *key, size_t key_size)
{
	struct checkpoint *file = checkpoints->first;
	while (file && (file->key_size != key_size || memcmp(file->key, key, key_size) != 0))
		file = file->next;
	return file;
}

/** Add a file. @return it, or NULL with errno ENOMEM */
static struct checkpoint *add_file(
	struct checkpoints *checkpoints, const char *key, size_t key_size)
{
	struct checkpoint *file = calloc(1, sizeof(*file) + key_size);
	if (!file)
		return NULL;
	memcpy(file->key, key, key_size);
	file->key_size = key_size;
	file->next = checkpoints->first;
	checkpoints->first = file;
	return file;
}

/** Whether a state continues the last one. */
static bool goes_on(const struct checkpoint *file, const struct journal_state *state)
{
	return stamp_same(&file->later.stamp, &state->stamp) && state->bytes > file->later.bytes;
}

static bool is_due(const struct checkpoint *file, const struct journal_state *state, int64_t now)
{
	uint64_t part = state->stamp.size / PARTS;
	return state->bytes - file->written >= (part > PART_MIN ? part : PART_MIN) ||
		now - file->time >= INTERVAL;
}

int checkpoints_add(struct checkpoints *checkpoints, struct journal *journal, const char *key,
	size_t key_size, const struct journal_state *state, int64_t now)
{
	struct checkpoint *file = find(checkpoints, key, key_size);
	if (!file && !(file = add_file(checkpoints, key, key_size)))
		return -1;
	if (!goes_on(file, state)) {
		/* The first one; or the file is read from its beginning again. */
		file->later = (struct journal_state){0};
		file->written = 0;
		file->time = now;
	}
	file->earlier = file->later;
	file->later = *state;
	if (!is_due(file, state, now))
		return 0;
	file->written = state->bytes;
	file->time = now;
	return journal_add_state(journal, key, key_size, state);
}

void checkpoints_drop(struct checkpoints *checkpoints, const char *key, size_t key_size)
{
	struct checkpoint *file = find(checkpoints, key, key_size);
	struct checkpoint **at = &checkpoints->first;
	while (file && *at != file)
		at = &(*at)->next;
	if (file)
		*at = file->next;
	free(file);
}

/** Write the states that are not in the journal yet. @return 0, or -1 with errno */
static int flush(struct checkpoint *file, struct journal *journal)
{
	const struct journal_state *states[] = {&file->earlier, &file->later};
	for (size_t i = 0; i < 2; i++) {
		if (states[i]->bytes <= file->written)
			continue;
		file->written = states[i]->bytes;
		if (journal_add_state(journal, file->key, file->key_size, states[i]) != 0)
			return -1;
	}
	return 0;
}

int checkpoints_flush(struct checkpoints *checkpoints, struct journal *journal)
{
	for (struct checkpoint *file = checkpoints->first; file; file = file->next) {
		if (flush(file, journal) != 0)
			return -1;
	}
	return 0;
}

uint64_t checkpoints_bytes(const struct checkpoints *checkpoints)
{
	uint64_t bytes = 0;
	for (const struct checkpoint *file = checkpoints->first; file; file = file->next)
		bytes += file->later.bytes;
	return bytes;
}

void checkpoints_free(struct checkpoints *checkpoints)
{
	while (checkpoints->first) {
		struct checkpoint *file = checkpoints->first;
		checkpoints->first = file->next;
		free(file);
	}
}
