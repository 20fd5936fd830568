/*
 * A corrupt file keeps its line, although its contents are others now. They may be those of another
 * line (`cp -p b a; rm b`, where both have the same mtime). If that line were dropped or replaced,
 * its digest would be in no line, although the contents are in the tree. So it is kept, too. If its
 * own file has changed, the new contents of that file are in no line then, and may be those of a
 * third one. So the search is repeated until it finds nothing more. Each pass is a sort; in practice
 * there are one or two, and none if no file is corrupt.
 */
#include "renewal.h"

#include <stdlib.h>
#include <string.h>

/** Whether a word was given for the name of a difference. */
static bool is_accepted(
	const struct renewal *renewal, enum accept_word word, const struct difference *difference)
{
	const struct record *record = difference->old ? difference->old : difference->new;
	return accept_name(&renewal->options->accept, word, record->key);
}

/** Whether the line that a name has may go. */
static bool may_go(const struct renewal *renewal, const struct difference *difference)
{
	enum accept_word word = ACCEPT_CHANGED;
	if (difference->word == DIFFERENCE_MISSING)
		word = ACCEPT_MISSING;
	else if (difference->word == DIFFERENCE_CORRUPT)
		word = ACCEPT_CORRUPT;
	return is_accepted(renewal, word, difference);
}

/** Whether a file that may be the one of a line is corrupt, and that was not accepted. */
static bool has_corrupt_successor(
	const struct renewal *renewal, const struct difference *difference)
{
	for (const struct difference *file = difference->successor; file; file = file->twin) {
		if (file->word == DIFFERENCE_CORRUPT && file != difference &&
			!is_accepted(renewal, ACCEPT_CORRUPT, file))
			return true;
	}
	return false;
}

const struct record *renewal_record(
	const struct renewal *renewal, const struct difference *difference)
{
	const struct options *options = renewal->options;
	const struct record *old = difference->old, *new = difference->new;
	if (difference->kept)
		return old;
	switch (difference->word) {
	case DIFFERENCE_CORRUPT:
		return is_accepted(renewal, ACCEPT_CORRUPT, difference) ? new : old;
	case DIFFERENCE_UNREADABLE:
	case DIFFERENCE_UNREAD:
	case DIFFERENCE_OUTSIDE:
		return old;
	case DIFFERENCE_MISSING:
	case DIFFERENCE_LEFT:
		return options->append_only ? old : NULL;
	case DIFFERENCE_SAME:
		/* With --ignore-ctime nobody knows what a new ctime means: the old one stays until
		 * the file is read. */
		return new->reused ? old : new;
	default:
		return options->append_only && old ? old : new;
	}
}

bool renewal_drops(const struct renewal *renewal, const struct difference *difference)
{
	return difference->word == DIFFERENCE_MISSING && !renewal_record(renewal, difference) &&
		!is_accepted(renewal, ACCEPT_MISSING, difference);
}

bool renewal_changes(const struct renewal *renewal, const struct difference *difference)
{
	bool other = difference->word == DIFFERENCE_CHANGED ||
		(difference->word == DIFFERENCE_COPIED && difference->old);
	return other && renewal_record(renewal, difference) == difference->new &&
		!is_accepted(renewal, ACCEPT_CHANGED, difference);
}

/** Whether a line is dropped, or gets another digest. */
static bool is_replaced(const struct renewal *renewal, const struct difference *difference)
{
	return difference->word != DIFFERENCE_SAME &&
		renewal_record(renewal, difference) != difference->old;
}

bool renewal_loses(const struct renewal *renewal, const struct difference *difference)
{
	return difference->old && !difference->used && difference->word != DIFFERENCE_LEFT &&
		is_replaced(renewal, difference) && !may_go(renewal, difference);
}

bool renewal_drops_any(const struct renewal *renewal)
{
	for (size_t i = 0; i < renewal->differences->count; i++) {
		if (renewal_drops(renewal, &renewal->differences->list[i]))
			return true;
	}
	return false;
}

/** Keep a line, so that it does not go. */
static void keep_line(
	struct renewal *renewal, struct difference *difference, enum renewal_reason reason)
{
	difference->kept = true;
	renewal->kept[reason]++;
}

void renewal_keep_missing(struct renewal *renewal, enum renewal_reason reason)
{
	for (size_t i = 0; i < renewal->differences->count; i++) {
		struct difference *difference = &renewal->differences->list[i];
		if (!renewal_drops(renewal, difference))
			continue;
		keep_line(renewal, difference, reason);
	}
}

void renewal_keep_missed(struct renewal *renewal, const struct missed *missed)
{
	for (size_t i = 0; i < renewal->differences->count; i++) {
		struct difference *difference = &renewal->differences->list[i];
		if (renewal_loses(renewal, difference) && missed_may_be(missed, difference->old))
			keep_line(renewal, difference, RENEWAL_MOVING);
	}
}

/** Whether a file that may be the one of a line was not read. */
static bool has_unread_successor(const struct difference *difference)
{
	for (const struct difference *file = difference->successor; file; file = file->twin) {
		if (file != difference && file->new && !file->new->digest)
			return true;
	}
	return false;
}

void renewal_keep_renamed(struct renewal *renewal)
{
	for (size_t i = 0; i < renewal->differences->count; i++) {
		struct difference *difference = &renewal->differences->list[i];
		/* What was found elsewhere has a line there. */
		if (!difference->old || difference->used || !is_replaced(renewal, difference))
			continue;
		bool suspect = difference->word == DIFFERENCE_MISSING &&
			difference->old->annotation.suspect && !may_go(renewal, difference);
		if (difference->successor ? has_corrupt_successor(renewal, difference) : suspect)
			keep_line(renewal, difference, RENEWAL_RENAMED);
		else if (difference->word != DIFFERENCE_MISSING && !may_go(renewal, difference) &&
			has_unread_successor(difference))
			keep_line(renewal, difference, RENEWAL_ALTERED);
	}
}

/** Contents that a file has which keeps another line. */
struct contents {
	const unsigned char *digest;
	/** A line has this digest. */
	bool listed;
};

/** All of them, by digest. */
struct found {
	struct contents *list;
	size_t count;
	size_t digest_size;
};

/** For qsort_r(3). */
static int compare_contents(const void *one, const void *other, void *digest_size)
{
	const struct contents *a = one, *b = other;
	return memcmp(a->digest, b->digest, *(size_t *)digest_size);
}

/** @return the contents with this digest, of equal ones always the same; or NULL */
static struct contents *find(const struct found *found, const unsigned char *digest)
{
	size_t low = 0, high = found->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(digest, found->list[middle].digest, found->digest_size);
		if (order == 0)
			return &found->list[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/** Whether a file that is not empty keeps a line with another digest. */
static bool has_other(
	const struct renewal *renewal, const struct difference *difference, size_t digest_size)
{
	const struct record *old = difference->old, *new = difference->new;
	if (!old || !new || !new->digest || new->annotation.size == 0)
		return false;
	return renewal_record(renewal, difference) == old &&
		memcmp(old->digest, new->digest, digest_size) != 0;
}

/** Collect the contents of files that keep another line. @return 0, or -1 with errno ENOMEM */
static int collect(const struct renewal *renewal, struct found *found)
{
	const struct differences *differences = renewal->differences;
	found->count = 0;
	for (size_t i = 0; i < differences->count; i++)
		found->count += has_other(renewal, &differences->list[i], found->digest_size);
	if (found->count == 0)
		return 0;
	free(found->list);
	found->list = calloc(found->count, sizeof(*found->list));
	if (!found->list)
		return -1;
	size_t next = 0;
	for (size_t i = 0; i < differences->count; i++) {
		if (has_other(renewal, &differences->list[i], found->digest_size))
			found->list[next++].digest = differences->list[i].new->digest;
	}
	qsort_r(found->list, found->count, sizeof(*found->list), compare_contents,
		&found->digest_size);
	for (size_t i = 0; i < differences->count; i++) {
		const struct record *record = renewal_record(renewal, &differences->list[i]);
		struct contents *contents = record ? find(found, record->digest) : NULL;
		if (contents)
			contents->listed = true;
	}
	return 0;
}

/** Keep the lines whose digest would be in no line. @return how many */
static uint64_t keep(struct renewal *renewal, const struct found *found)
{
	uint64_t kept = 0;
	for (size_t i = 0; i < renewal->differences->count; i++) {
		struct difference *difference = &renewal->differences->list[i];
		const struct record *old = difference->old;
		if (!old || renewal_record(renewal, difference) == old)
			continue;
		const struct contents *contents = find(found, old->digest);
		if (!contents || contents->listed || may_go(renewal, difference))
			continue;
		difference->kept = true;
		kept++;
	}
	return kept;
}

int renewal_keep_last(struct renewal *renewal)
{
	struct found found = {.digest_size = renewal->options->algorithms.list[0]->size};
	int status = 0;
	uint64_t kept;
	do {
		kept = 0;
		status = collect(renewal, &found);
		if (status == 0 && found.count > 0)
			kept = keep(renewal, &found);
		renewal->kept[RENEWAL_LAST] += kept;
	} while (kept > 0);
	free(found.list);
	return status;
}
