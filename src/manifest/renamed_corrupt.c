/*
 * A file that is renamed, linked, or copied with its times keeps its size and mtime. If it is damaged,
 * its digest does not tell where it came from: its old line seems to be that of a file that was deleted,
 * and the damaged contents those of a new file. An update would drop the good digest, at once or when
 * the old name goes, and take the bad one.
 *
 * A size alone, or an mtime alone, says little: `gzip` and `xz` keep the mtime of what they compress.
 * Nor does an mtime that is that of more than SHARED_MAX lines, as a package manager or a build has set
 * it, or as many files were written in one tick of the clock; nor one in whole seconds if the line's own
 * file is still what it was: a camera writes several files of one size in a second. What remains can
 * still be unrelated files. Then an update asks once more than necessary, and --accept=corrupt answers.
 *
 * The files are sorted, few as they are, and each line looks for those with its size and mtime.
 */
#include "manifest/renamed_corrupt.h"

#include "sys/stamp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** Lines with one mtime, at the most, if it is to prove anything. */
#define SHARED_MAX 8

/** A size and an mtime, and the files that have them and contents that came from no line. */
struct group {
	uint64_t size;
	struct timespec mtime;
	/** Linked by `twin`, in the order of their names. */
	struct difference *files;
	/** Of the first group with this mtime: lines that have it, whatever their size. */
	size_t shared;
};

struct groups {
	struct group *list;
	size_t count;
	size_t digest_size;
};

/** Whether a name has contents that came from no line, or are not known. */
static bool is_file(const struct difference *difference)
{
	const struct record *new = difference->new;
	if (!new || new->annotation.size == 0)
		return false;
	bool other = difference->word == DIFFERENCE_NEW || difference->word == DIFFERENCE_CHANGED ||
		difference->word == DIFFERENCE_CORRUPT;
	return !new->digest || (other && !difference->from && new->annotated);
}

static int compare_stamps(const struct group *group, uint64_t size, const struct timespec *mtime)
{
	int order = stamp_is_later(&group->mtime, mtime) - stamp_is_later(mtime, &group->mtime);
	return order ? order : (group->size > size) - (group->size < size);
}

/** For qsort(3): by mtime, then by size, then by name. */
static int compare_groups(const void *one, const void *other)
{
	const struct group *a = one, *b = other;
	int order = compare_stamps(a, b->size, &b->mtime);
	return order ? order : (a->files > b->files) - (a->files < b->files);
}

/** Make a group of all that are of one size and mtime. */
static void join(struct groups *groups)
{
	size_t kept = 0;
	struct difference *last = NULL;
	for (size_t i = 0; i < groups->count; i++) {
		struct group *group = &groups->list[i];
		if (kept &&
			compare_stamps(&groups->list[kept - 1], group->size, &group->mtime) == 0)
			last->twin = group->files;
		else
			groups->list[kept++] = *group;
		last = group->files;
	}
	groups->count = kept;
}

/** Group the files. @return 0, or -1 with errno ENOMEM */
static int collect(const struct differences *differences, struct groups *groups)
{
	size_t count = 0;
	for (size_t i = 0; i < differences->count; i++)
		count += is_file(&differences->list[i]);
	if (count == 0)
		return 0;
	groups->list = reallocarray(NULL, count, sizeof(*groups->list));
	if (!groups->list)
		return -1;
	for (size_t i = 0; i < differences->count; i++) {
		struct difference *difference = &differences->list[i];
		if (!is_file(difference))
			continue;
		const struct annotation *annotation = &difference->new->annotation;
		groups->list[groups->count++] = (struct group){
			.size = annotation->size, .mtime = annotation->mtime, .files = difference};
	}
	qsort(groups->list, groups->count, sizeof(*groups->list), compare_groups);
	join(groups);
	return 0;
}

/** @return the first group that does not come before a size and an mtime, or the end */
static struct group *find(const struct groups *groups, uint64_t size, const struct timespec *mtime)
{
	size_t low = 0, high = groups->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_stamps(&groups->list[middle], size, mtime) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return groups->list + low;
}

/** @return how many lines have an mtime; NULL if no file has it */
static size_t *find_shared(const struct groups *groups, const struct timespec *mtime)
{
	struct group *first = find(groups, 0, mtime);
	bool found = first < groups->list + groups->count && stamp_same_time(&first->mtime, mtime);
	return found ? &first->shared : NULL;
}

/** Whether the file of a line is no longer what it was, or was not seen. */
static bool is_gone(const struct difference *line)
{
	return line->word != DIFFERENCE_SAME && line->word != DIFFERENCE_LEFT;
}

/** Whether a line is that of a file if these have one size and mtime. */
static bool proves(const struct groups *groups, const struct difference *line)
{
	const struct annotation *annotation = &line->old->annotation;
	bool constant = annotation->mtime.tv_sec == 0 || annotation->mtime.tv_sec == 1;
	if (annotation->young || constant)
		return false;
	const size_t *shared = find_shared(groups, &annotation->mtime);
	return shared && *shared <= SHARED_MAX && (annotation->mtime.tv_nsec != 0 || is_gone(line));
}

/** Whether a line would be replaced by one with other contents. */
static bool is_altered(const struct difference *line)
{
	bool other = line->word == DIFFERENCE_CHANGED || line->word == DIFFERENCE_COPIED ||
		line->word == DIFFERENCE_MOVED;
	return other && !line->used;
}

/**
 * Whether a file has another name than a line, and other contents. Where these are not known, only a line
 * that would be replaced is in danger; one that is missing stays in any case. If it is corrupt by its own name, only
 * that of a line that is missing can have been lost.
 */
static bool is_other(
	const struct difference *file, const struct difference *line, size_t digest_size)
{
	if (file->word == DIFFERENCE_CORRUPT && line->word != DIFFERENCE_MISSING)
		return false;
	if (!file->new->digest)
		return file != line && is_altered(line);
	return file != line && memcmp(file->new->digest, line->old->digest, digest_size) != 0;
}

/** Connect a line with the files that have its size and mtime. */
static void connect(const struct groups *groups, struct difference *line)
{
	const struct annotation *annotation = &line->old->annotation;
	struct group *group = find(groups, annotation->size, &annotation->mtime);
	if (group == groups->list + groups->count ||
		compare_stamps(group, annotation->size, &annotation->mtime) != 0 ||
		!proves(groups, line))
		return;
	for (struct difference *file = group->files; file; file = file->twin) {
		if (!is_other(file, line, groups->digest_size))
			continue;
		if (!line->successor)
			line->successor = file;
		/* The first line that is gone, or else the first one. */
		if (file->new->digest && (!file->from || (is_gone(line) && !is_gone(file->from))))
			file->from = line;
	}
}

int renamed_corrupt_find(struct differences *differences, size_t digest_size)
{
	struct groups groups = {.digest_size = digest_size};
	if (collect(differences, &groups) != 0)
		return -1;
	for (size_t i = 0; i < differences->count && groups.count > 0; i++) {
		const struct record *old = differences->list[i].old;
		size_t *shared =
			old && old->annotated ? find_shared(&groups, &old->annotation.mtime) : NULL;
		if (shared)
			++*shared;
	}
	for (size_t i = 0; i < differences->count && groups.count > 0; i++) {
		struct difference *line = &differences->list[i];
		if (line->old && line->old->annotated)
			connect(&groups, line);
	}
	/* Only now, as words of lines have counted. */
	for (size_t i = 0; i < groups.count; i++) {
		for (struct difference *file = groups.list[i].files; file; file = file->twin) {
			/* Of one that is corrupt by its own name that is all there is to say. */
			if (file->word == DIFFERENCE_CORRUPT)
				file->from = NULL;
			else if (file->from)
				file->word = DIFFERENCE_CORRUPT;
		}
	}
	free(groups.list);
	return 0;
}
