/*
 * A file that was renamed keeps its size and mtime. If it was damaged too, its digest does not tell
 * where it came from: its old line seems to be that of a file that was deleted, and the damaged
 * contents those of a new file. An update would drop the good digest and take the bad one.
 *
 * A size alone, or an mtime alone, says little: `gzip` and `xz` keep the mtime of what they compress,
 * and a camera writes several files in one second. Both together can still be those of unrelated
 * files, such as small ones that were unpacked in the same tick of the clock. Then an update asks
 * once more than necessary, and --accept=corrupt answers.
 *
 * Lines and files are sorted together by size and mtime. Of one size and mtime, the files take the
 * lines in turn, both in the order of their names.
 */
#include "manifest/renamed_corrupt.h"

#include "sys/stamp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** A line whose contents were not found, or a file whose contents are in no line. */
struct candidate {
	struct difference *difference;
	/** Of the line, or of the file. */
	const struct annotation *annotation;
	bool is_file;
};

struct candidates {
	struct candidate *list;
	size_t count;
};

/** Whether a name has contents that came from no line. */
static bool is_file(const struct difference *difference)
{
	const struct record *new = difference->new;
	bool other = difference->word == DIFFERENCE_NEW || difference->word == DIFFERENCE_CHANGED;
	return other && !difference->from && new->annotated &&new->annotation.size > 0;
}

/** Whether the contents that a name had were not found under any name. */
static bool is_line(const struct difference *difference)
{
	const struct record *old = difference->old;
	bool gone =
		difference->word == DIFFERENCE_MISSING || difference->word == DIFFERENCE_CHANGED;
	if (!gone || difference->used || !old->annotated || old->annotation.size == 0)
		return false;
	bool constant = old->annotation.mtime.tv_sec == 0 || old->annotation.mtime.tv_sec == 1;
	return !old->annotation.young && !constant;
}

static void add(struct candidates *candidates, struct difference *difference, bool is_file)
{
	const struct record *record = is_file ? difference->new : difference->old;
	candidates->list[candidates->count++] = (struct candidate){
		.difference = difference,
		.annotation = &record->annotation,
		.is_file = is_file,
	};
}

/** Collect them. @return 0, or -1 with errno ENOMEM */
static int collect(const struct differences *differences, struct candidates *candidates)
{
	size_t files = 0, lines = 0;
	for (size_t i = 0; i < differences->count; i++) {
		files += is_file(&differences->list[i]);
		lines += is_line(&differences->list[i]);
	}
	if (files == 0 || lines == 0)
		return 0;
	candidates->list = reallocarray(NULL, files + lines, sizeof(*candidates->list));
	if (!candidates->list)
		return -1;
	for (size_t i = 0; i < differences->count; i++) {
		struct difference *difference = &differences->list[i];
		if (is_line(difference))
			add(candidates, difference, false);
		if (is_file(difference))
			add(candidates, difference, true);
	}
	return 0;
}

static int compare_times(const struct timespec *one, const struct timespec *other)
{
	return stamp_is_later(one, other) - stamp_is_later(other, one);
}

/** By size and mtime. */
static int compare_stamps(const struct annotation *one, const struct annotation *other)
{
	if (one->size != other->size)
		return one->size < other->size ? -1 : 1;
	return compare_times(&one->mtime, &other->mtime);
}

/** For qsort(3): of one size and mtime lines come first, both kinds in the order of their names. */
static int compare_candidates(const void *one, const void *other)
{
	const struct candidate *a = one, *b = other;
	int order = compare_stamps(a->annotation, b->annotation);
	if (order != 0)
		return order;
	if (a->is_file != b->is_file)
		return a->is_file - b->is_file;
	return (a->difference > b->difference) - (a->difference < b->difference);
}

static const unsigned char *digest_of(const struct candidate *candidate)
{
	const struct difference *difference = candidate->difference;
	return candidate->is_file ? difference->new->digest : difference->old->digest;
}

/** Candidates of one kind, size and mtime. */
struct twins {
	const struct candidate *list;
	size_t count;
	/** The first whose digest is not that of the first of all; if there is none, that. */
	size_t other;
	size_t digest_size;
};

static bool differ(const struct candidate *one, const struct candidate *other, size_t digest_size)
{
	return memcmp(digest_of(one), digest_of(other), digest_size) != 0;
}

/** Of the candidates left, those that are of the same kind, size and mtime as the first. */
static struct twins find_twins(const struct candidate *list, size_t left, size_t digest_size)
{
	struct twins twins = {.list = list, .digest_size = digest_size};
	while (twins.count < left && list[twins.count].is_file == list->is_file &&
		compare_stamps(list->annotation, list[twins.count].annotation) == 0) {
		if (!twins.other && differ(list, &list[twins.count], digest_size))
			twins.other = twins.count;
		twins.count++;
	}
	return twins;
}

/** The partner of the candidate at a place: the one at the same place, or else one with another digest.
 * @return NULL if none has */
static struct difference *partner(
	const struct twins *twins, const struct candidate *candidate, size_t place)
{
	const size_t places[] = {place % twins->count, 0, twins->other};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct candidate *found = &twins->list[places[i]];
		if (differ(candidate, found, twins->digest_size))
			return found->difference;
	}
	return NULL;
}

/** Give each line its successor, and each file its line. */
static void pair(const struct twins *lines, const struct twins *files)
{
	for (size_t i = 0; i < lines->count; i++)
		lines->list[i].difference->successor = partner(files, &lines->list[i], i);
	for (size_t i = 0; i < files->count; i++) {
		struct difference *file = files->list[i].difference;
		file->from = partner(lines, &files->list[i], i);
		if (file->from)
			file->word = DIFFERENCE_CORRUPT;
	}
}

int renamed_corrupt_find(struct differences *differences, size_t digest_size)
{
	struct candidates candidates = {0};
	if (collect(differences, &candidates) != 0)
		return -1;
	if (candidates.count > 0)
		qsort(candidates.list, candidates.count, sizeof(*candidates.list),
			compare_candidates);
	struct twins last = {0};
	for (size_t i = 0; i < candidates.count; i += last.count) {
		const struct candidate *first = &candidates.list[i];
		struct twins twins = find_twins(first, candidates.count - i, digest_size);
		if (first->is_file && i > 0 && !last.list->is_file &&
			compare_stamps(last.list->annotation, first->annotation) == 0)
			pair(&last, &twins);
		last = twins;
	}
	free(candidates.list);
	return 0;
}
