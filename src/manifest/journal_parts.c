#include "manifest/journal_parts.h"

#include <stdlib.h>
#include <string.h>

/** Find a file of a run's algorithm. @return where it is, or where its place would be */
static struct journal_part **find(struct journal_parts *parts, const struct journal_run *run,
	const struct journal_record *record)
{
	struct journal_part **at = &parts->first;
	while (*at &&
		((*at)->key_size != record->key_size ||
			memcmp((*at)->key, record->key, record->key_size) != 0 ||
			!journal_run_same_algorithm(&(*at)->run, run)))
		at = &(*at)->next;
	return at;
}

/** Forget a file, if it is there. */
static void drop(struct journal_part **at)
{
	struct journal_part *part = *at;
	if (!part)
		return;
	*at = part->next;
	free(part);
}

/** Add a file without states. @return it, or NULL with errno ENOMEM */
static struct journal_part *add(struct journal_part **at, const struct journal_record *record)
{
	struct journal_part *part = calloc(1, sizeof(*part) + record->key_size);
	if (!part)
		return NULL;
	memcpy(part->key, record->key, record->key_size);
	part->key_size = record->key_size;
	*at = part;
	return part;
}

int journal_parts_note(struct journal_parts *parts, const struct journal_run *run,
	const struct journal_record *record)
{
	struct journal_part **at = find(parts, run, record);
	if (record->type == JOURNAL_FILE) {
		drop(at);
		return 0;
	}
	struct journal_part *part = *at ? *at : add(at, record);
	if (!part)
		return -1;
	if (part->run.uncached != run->uncached)
		part->count = 0;
	if (part->count == 2)
		part->states[0] = part->states[--part->count];
	part->states[part->count++] = record->state;
	part->run = *run;
	return 0;
}

void journal_parts_free(struct journal_parts *parts)
{
	while (parts->first)
		drop(&parts->first);
}
