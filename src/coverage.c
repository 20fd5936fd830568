/*
 * Only exceptional places are kept: roots, names that could not be listed or were excluded, empty
 * directories. They are sorted by key when the walk ends, and looked up for each directory on the
 * path of a record; the place nearest to the root decides.
 *
 * A name may be excluded, or on another file system, for one root, and still be covered by another
 * root further down. So each root is checked for whether its walk would reach the record; if none
 * would, nothing else matters.
 */
#include "coverage.h"

#include "sys/arena.h"
#include "sys/stamp.h"

#include <stdlib.h>
#include <string.h>

enum place_kind {
	/** A root: everything below it was walked. */
	PLACE_ROOT,
	/** It could not be listed or read. */
	PLACE_UNREADABLE,
	/** It was not to be walked. */
	PLACE_OUTSIDE,
	PLACE_EMPTY,
	/** It was not followed. */
	PLACE_LINK,
	/** The walk of a root above it did not enter it. */
	PLACE_MOUNT,
	/** It is no longer a file. */
	PLACE_OTHER,
};

/** A name with a special status. */
struct place {
	const char *key;
	size_t size;
	enum place_kind kind;
	union {
		/** PLACE_EMPTY: its mtime; whether the manifest lists files below it, and whether
		 * any of them was there later than that. */
		struct {
			struct timespec mtime;
			bool listed;
			bool seen_later;
		};
		/** PLACE_ROOT: the operand, and the numbers of lines below it. */
		struct {
			const char *path;
			uint64_t lines;
			uint64_t dropped;
			uint64_t changed;
		};
		/** PLACE_OTHER: a message that says what it is now. */
		const char *reason;
	};
};

struct coverage {
	const struct filter *filter;
	bool beside_tree;
	struct place *places;
	size_t count;
	size_t room;
	struct arena arena;
	/** There are empty directories; something could not be listed or read. */
	bool empty;
	bool incomplete;
};

struct coverage *coverage_new(const struct filter *filter, bool beside_tree)
{
	struct coverage *coverage = calloc(1, sizeof(*coverage));
	if (!coverage)
		return NULL;
	coverage->filter = filter;
	coverage->beside_tree = beside_tree;
	return coverage;
}

/** Make room for one more place. @return 0, or -1 with errno ENOMEM */
static int reserve(struct coverage *coverage)
{
	if (coverage->count < coverage->room)
		return 0;
	size_t room = coverage->room ? 2 * coverage->room : 64;
	struct place *places = reallocarray(coverage->places, room, sizeof(*places));
	if (!places)
		return -1;
	coverage->places = places;
	coverage->room = room;
	return 0;
}

/** Add a place for a path. @return it, or NULL with errno ENOMEM */
static struct place *add_place(
	struct coverage *coverage, const char *path, size_t size, enum place_kind kind)
{
	char *key = reserve(coverage) == 0 ? arena_allocate(&coverage->arena, size + 1) : NULL;
	if (!key)
		return NULL;
	struct place *place = &coverage->places[coverage->count++];
	*place = (struct place){
		.key = key,
		.size = catalog_key(path, size, key),
		.kind = kind,
	};
	return place;
}

/** Add a place without further data. @return 0, or -1 with errno ENOMEM */
static int add(struct coverage *coverage, const char *path, size_t size, enum place_kind kind)
{
	coverage->incomplete |= kind == PLACE_UNREADABLE;
	return add_place(coverage, path, size, kind) ? 0 : -1;
}

/** Add a root. @return as add() */
static int add_root(struct coverage *coverage, const char *path, size_t size)
{
	char *named = arena_allocate(&coverage->arena, size + 1);
	struct place *place = named ? add_place(coverage, path, size, PLACE_ROOT) : NULL;
	if (!place)
		return -1;
	memcpy(named, path, size);
	named[size] = '\0';
	place->path = named;
	return 0;
}

/** Add an empty directory. @return as add() */
static int add_empty(struct coverage *coverage, const struct tree_entry *found)
{
	struct place *place = add_place(coverage, found->path, found->length, PLACE_EMPTY);
	if (!place)
		return -1;
	place->mtime = found->stamp.mtime;
	coverage->empty = true;
	return 0;
}

int coverage_found(struct coverage *coverage, const struct tree_entry *found)
{
	if (found->root && found->type != NFTW_DNR &&
		add_root(coverage, found->path, found->length) != 0)
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
		return found->empty ? add_empty(coverage, found) : 0;
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

int coverage_became(
	struct coverage *coverage, const char *path, size_t size, enum coverage_kind kind)
{
	static const char *const reasons[][2] = {
		[COVERAGE_DIRECTORY] = {"is a directory now, not a file (--accept=missing)",
			"is a directory, and a file on the other side"},
		[COVERAGE_LINK] = {"is a symbolic link now, not a file (-L, --accept=missing)",
			"is a symbolic link, and a file on the other side"},
		[COVERAGE_SPECIAL] = {"is a special file now, not a regular one (--accept=missing)",
			"is a special file, and a regular one on the other side"},
	};
	struct place *place = add_place(coverage, path, size, PLACE_OTHER);
	if (!place)
		return -1;
	place->reason = reasons[kind][coverage->beside_tree];
	return 0;
}

/** Compare by key, then by kind. */
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
static struct place *find(
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

/** Whether a key lies below ".". */
static bool is_below_dot(const char *key)
{
	return key[0] != '/' && strcmp(key, "..") != 0 && strncmp(key, "../", 3) != 0;
}

/** Whether a path has a ".." in it, so that its text does not tell where it lies. */
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
 * Whether the walk of a root would reach a record.
 *
 * @param size length of the root's key, which is a prefix of the record's
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

bool coverage_includes(const struct coverage *coverage, const struct record *record)
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

bool coverage_is_incomplete(const struct coverage *coverage)
{
	return coverage->incomplete;
}

bool coverage_is_unreadable(const struct coverage *coverage, const char *key, size_t size)
{
	return find(coverage, key, size, PLACE_UNREADABLE);
}

bool coverage_is_below(const struct coverage *coverage, const struct record *record)
{
	const char *key = record->key;
	size_t size = SIZE_MAX;
	do {
		size = longer(key, record->key_size, size);
		if ((size > 0 || is_below_dot(key)) && find(coverage, key, size, PLACE_ROOT))
			return true;
	} while (size < record->key_size);
	return false;
}

/**
 * Whether all times at which a file is known to have been in its directory are earlier than the
 * directory's mtime. If its ctime was too young to be kept, the time when it was read is used, or that of
 * the manifest.
 */
static bool was_there_before(
	const struct record *record, const struct timespec *written, const struct timespec *altered)
{
	const struct annotation *annotation = &record->annotation;
	const struct timespec read = {.tv_sec = annotation->read};
	/* It was read, if that is known, within two seconds of a ctime that was too young to keep. */
	const struct timespec *seen = annotation->settled ? &annotation->ctime
		: annotation->read                        ? &read
							  : written;
	return record->annotated && stamp_is_later(altered, &annotation->mtime) &&
		(annotation->young || stamp_is_later(altered, seen)) &&
		(!annotation->read || stamp_is_later(altered, &read));
}

void coverage_listed(
	struct coverage *coverage, const struct record *record, const struct timespec *written)
{
	const char *key = record->key;
	size_t size = SIZE_MAX;
	if (!coverage->empty)
		return;
	do {
		size = longer(key, record->key_size, size);
		struct place *empty = find(coverage, key, size, PLACE_EMPTY);
		if (!empty)
			continue;
		empty->listed = true;
		empty->seen_later |= !was_there_before(record, written, &empty->mtime);
	} while (size < record->key_size);
}

void coverage_count(
	struct coverage *coverage, const struct record *record, bool dropped, bool changed)
{
	const char *key = record->key;
	size_t size = SIZE_MAX;
	do {
		size = longer(key, record->key_size, size);
		struct place *root = size > 0 || is_below_dot(key)
			? find(coverage, key, size, PLACE_ROOT)
			: NULL;
		if (!root || !leads_to(coverage, record, size))
			continue;
		root->lines++;
		root->dropped += dropped;
		root->changed += changed;
	} while (size < record->key_size);
}

bool coverage_loses(const struct coverage *coverage, struct coverage_losses *losses)
{
	for (size_t i = 0; i < coverage->count; i++) {
		const struct place *place = &coverage->places[i];
		if (place->kind != PLACE_ROOT || place->lines <= 50 ||
			place->dropped + place->changed <= place->lines / 2)
			continue;
		*losses = (struct coverage_losses){
			.path = place->path,
			.lines = place->lines,
			.dropped = place->dropped,
			.changed = place->changed,
		};
		return true;
	}
	return false;
}

/** Whether files that were not found below this place may still exist. */
static bool is_doubtful(
	const struct coverage *coverage, const char *key, size_t size, struct coverage_doubt *doubt)
{
	const struct place *empty = find(coverage, key, size, PLACE_EMPTY);
	const struct place *link = find(coverage, key, size, PLACE_LINK);
	if (empty && (!empty->listed || empty->seen_later))
		*doubt = (struct coverage_doubt){
			.key = empty->key,
			.reason = coverage->beside_tree
				? "is empty, and has files on the other side: is something not"
				  " mounted?"
				: "is empty, and the manifest lists files below it: is something"
				  " not mounted? (--accept=missing)",
		};
	else if (link)
		*doubt = (struct coverage_doubt){
			.key = link->key,
			.reason = coverage->beside_tree
				? "is a link, and a directory on the other side"
				: "is a link, and the manifest lists files below it"
				  " (-L, --accept=missing)",
		};
	return doubt->key;
}

enum difference_word coverage_absent(
	const struct coverage *coverage, const struct record *record, struct coverage_doubt *doubt)
{
	const char *key = record->key;
	size_t size = SIZE_MAX;
	const struct place *other = find(coverage, key, record->key_size, PLACE_OTHER);
	*doubt = (struct coverage_doubt){0};
	if (!coverage_includes(coverage, record))
		return DIFFERENCE_OUTSIDE;
	do {
		size = longer(key, record->key_size, size);
		if (size == 0 && !is_below_dot(key))
			continue;
		/* A directory that cannot be listed is known not to be a file. */
		bool known = other && size == record->key_size;
		if (!known && find(coverage, key, size, PLACE_UNREADABLE))
			return DIFFERENCE_UNREADABLE;
		if (find(coverage, key, size, PLACE_OUTSIDE))
			return DIFFERENCE_OUTSIDE;
		if (size < record->key_size && is_doubtful(coverage, key, size, doubt))
			return DIFFERENCE_UNREADABLE;
	} while (size < record->key_size);
	if (!other)
		return DIFFERENCE_MISSING;
	*doubt = (struct coverage_doubt){.key = other->key, .reason = other->reason, .one = true};
	return DIFFERENCE_UNREADABLE;
}

void coverage_free(struct coverage *coverage)
{
	if (!coverage)
		return;
	arena_free(&coverage->arena);
	free(coverage->places);
	free(coverage);
}
