/*
 * Only what is out of the ordinary is kept: the roots, what could not be listed or was left out,
 * the empty directories. Sorted by key when the walk has ended, and looked up for each directory on
 * the way to a record: of all that is known about a name what is nearest to the root decides.
 *
 * What a filter leaves out, and what is on another file system, is so for one root: a root further
 * down may lead there all the same. So each root is asked whether its walk would have come to the
 * record, and where none would, nothing else matters.
 */
#include "coverage.h"

#include "sys/arena.h"

#include <stdlib.h>
#include <string.h>

enum place_kind {
	/** A root: what is below it was looked at. */
	PLACE_ROOT,
	/** It could not be listed, or not be looked at. */
	PLACE_UNREADABLE,
	/** It was not to be looked at. */
	PLACE_OUTSIDE,
	PLACE_EMPTY,
	/** It was not followed. */
	PLACE_LINK,
	/** The walk of a root above it did not enter it. */
	PLACE_MOUNT,
};

/** A name about which there is something to know. */
struct place {
	const char *key;
	size_t size;
	enum place_kind kind;
};

struct coverage {
	const struct filter *filter;
	struct place *places;
	size_t count;
	size_t room;
	struct arena arena;
};

struct coverage *coverage_new(const struct filter *filter)
{
	struct coverage *coverage = calloc(1, sizeof(*coverage));
	if (coverage)
		coverage->filter = filter;
	return coverage;
}

/** Keep what is known of a path. @return 0, or -1 with errno ENOMEM */
static int add(struct coverage *coverage, const char *path, size_t size, enum place_kind kind)
{
	if (coverage->count == coverage->room) {
		size_t room = coverage->room ? 2 * coverage->room : 64;
		struct place *places = reallocarray(coverage->places, room, sizeof(*places));
		if (!places)
			return -1;
		coverage->places = places;
		coverage->room = room;
	}
	char *key = arena_allocate(&coverage->arena, size + 1);
	if (!key)
		return -1;
	coverage->places[coverage->count++] = (struct place){
		.key = key,
		.size = catalog_key(path, size, key),
		.kind = kind,
	};
	return 0;
}

int coverage_found(struct coverage *coverage, const struct tree_entry *found)
{
	if (found->root && found->type != NFTW_DNR &&
		add(coverage, found->path, found->length, PLACE_ROOT) != 0)
		return -1;
	switch (found->type) {
	case NFTW_DNR:
	case NFTW_NS:
		return add(coverage, found->path, found->length, PLACE_UNREADABLE);
	case NFTW_MOUNT:
		return add(coverage, found->path, found->length, PLACE_MOUNT);
	case NFTW_SL:
		return add(coverage, found->path, found->length, PLACE_LINK);
	case NFTW_D:
		return found->empty ? add(coverage, found->path, found->length, PLACE_EMPTY) : 0;
	case NFTW_F:
		break;
	}
	return 0;
}

int coverage_skipped(
	struct coverage *coverage, const char *path, size_t size, enum difference_word word)
{
	return add(coverage, path, size,
		word == DIFFERENCE_OUTSIDE ? PLACE_OUTSIDE : PLACE_UNREADABLE);
}

/** By key; of one key the kinds in their order. */
static int compare_places(const void *one, const void *other)
{
	const struct place *a = one, *b = other;
	int order = catalog_compare(a->key, a->size, b->key, b->size);
	return order ? order : (a->kind > b->kind) - (a->kind < b->kind);
}

void coverage_end(struct coverage *coverage)
{
	if (coverage->count)
		qsort(coverage->places, coverage->count, sizeof(*coverage->places), compare_places);
}

/** @return the first place of this key and kind, or NULL */
static const struct place *find(
	const struct coverage *coverage, const char *key, size_t size, enum place_kind kind)
{
	const struct place wanted = {.key = key, .size = size, .kind = kind};
	if (!coverage->count)
		return NULL;
	return bsearch(&wanted, coverage->places, coverage->count, sizeof(wanted), compare_places);
}

/**
 * The next longer directory on the way to a key, and the key itself as the last.
 *
 * @param size of the one before, or SIZE_MAX to start with the shortest
 * @return its size
 */
static size_t longer(const char *key, size_t key_size, size_t size)
{
	if (size == SIZE_MAX)
		return key[0] == '/' ? 1 : 0;
	const char *slash = memchr(key + size + (size > 0), '/', key_size - size - (size > 0));
	return slash ? (size_t)(slash - key) : key_size;
}

/** Whether a relative key is one that "." stands above. */
static bool is_below_dot(const char *key)
{
	return key[0] != '/' && strcmp(key, "..") != 0 && strncmp(key, "../", 3) != 0;
}

/** Whether a path has a ".." in it: what it names lies where it leads. */
static bool leads_back(const char *path, size_t size)
{
	while (size > 0) {
		const char *slash = memchr(path, '/', size);
		size_t part = slash ? (size_t)(slash - path) : size;
		if (part == 2 && path[0] == '.' && path[1] == '.')
			return true;
		path += part + (slash != NULL);
		size -= part + (slash != NULL);
	}
	return false;
}

/**
 * Whether the walk of a root would come to a record.
 *
 * @param size of the root's key, with which that of the record begins
 */
static bool leads_to(const struct coverage *coverage, const struct record *record, size_t size)
{
	const char *key = record->key, *below = key + size + (key[size] == '/');
	if (leads_back(below, record->key_size - (size_t)(below - key)))
		return false;
	if (*below && filter_excludes_path(coverage->filter, below))
		return false;
	while (size < record->key_size) {
		size = longer(key, record->key_size, size);
		if (find(coverage, key, size, PLACE_MOUNT))
			return false;
	}
	return true;
}

/** Whether that of any root would. */
static bool is_covered(const struct coverage *coverage, const struct record *record)
{
	const char *key = record->key;
	size_t size = SIZE_MAX;
	do {
		size = longer(key, record->key_size, size);
		if ((size > 0 || is_below_dot(key)) && find(coverage, key, size, PLACE_ROOT) &&
			leads_to(coverage, record, size))
			return true;
	} while (size < record->key_size);
	return false;
}

/** Whether it has to be doubted that something is gone from below this place. */
static bool is_doubtful(
	const struct coverage *coverage, const char *key, size_t size, struct coverage_doubt *doubt)
{
	const struct place *empty = find(coverage, key, size, PLACE_EMPTY);
	const struct place *link = find(coverage, key, size, PLACE_LINK);
	if (empty)
		*doubt = (struct coverage_doubt){empty->key,
			"is empty, and the manifest lists files below it: is something not mounted?"
			" (--accept-missing)"};
	else if (link)
		*doubt = (struct coverage_doubt){link->key,
			"is a link, and the manifest lists files below it (-L, --accept-missing)"};
	return empty || link;
}

enum difference_word coverage_absent(
	const struct coverage *coverage, const struct record *record, struct coverage_doubt *doubt)
{
	const char *key = record->key;
	size_t size = SIZE_MAX;
	*doubt = (struct coverage_doubt){0};
	if (!is_covered(coverage, record))
		return DIFFERENCE_OUTSIDE;
	do {
		size = longer(key, record->key_size, size);
		if (size == 0 && !is_below_dot(key))
			continue;
		if (find(coverage, key, size, PLACE_UNREADABLE))
			return DIFFERENCE_UNREADABLE;
		if (find(coverage, key, size, PLACE_OUTSIDE))
			return DIFFERENCE_OUTSIDE;
		if (size < record->key_size && is_doubtful(coverage, key, size, doubt))
			return DIFFERENCE_UNREADABLE;
	} while (size < record->key_size);
	return DIFFERENCE_MISSING;
}

void coverage_free(struct coverage *coverage)
{
	if (!coverage)
		return;
	arena_free(&coverage->arena);
	free(coverage->places);
	free(coverage);
}
