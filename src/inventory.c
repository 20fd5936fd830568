/*
 * Where operands overlap a file comes twice: one record is kept, one with a digest if there is one.
 *
 * Nothing is opened because a manifest names it: what is read is what the walk found.
 */
#include "inventory.h"

#include "run.h"
#include "sys/arena.h"
#include "ui/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct inventory {
	struct inventory_options in;
	struct coverage *coverage;
	struct record *records;
	size_t count;
	size_t room;
	/** Names and digests of the records. */
	struct arena names;
	/** Keys that are not the end of their names. */
	struct arena keys;
	/** Room for a key. */
	char *key;
	size_t key_room;
	/** What of a path is no part of the name: the root and a slash; or NULL and 0. */
	char *root;
	size_t prefix;
	/** Files in one directory that are not reported yet: it was exchanged (ESTALE). The path of
	 * the first, which begins with that of the directory, and how many there are. */
	char *stale;
	size_t stale_directory;
	uint64_t stale_count;
	/** The directory that was doubted last. */
	const char *doubted;
};

/** Write a path's key to inventory->key. @return its size, or SIZE_MAX with errno ENOMEM */
static size_t make_key(struct inventory *inventory, const char *path, size_t size)
{
	if (size >= inventory->key_room) {
		char *key = realloc(inventory->key, 2 * size + 1);
		if (!key)
			return SIZE_MAX;
		inventory->key = key;
		inventory->key_room = 2 * size + 1;
	}
	return catalog_key(path, size, inventory->key);
}

/** An entry as it is listed: by its path, or by the part of it below the root, which is "." itself. */
static struct tree_entry name_of(const struct inventory *inventory, const struct tree_entry *found)
{
	struct tree_entry name = *found;
	if (inventory->in.below_root && found->root) {
		name.path = ".";
		name.length = 1;
	} else {
		name.path += inventory->prefix;
		name.length -= inventory->prefix;
	}
	return name;
}

/** A root that is neither file nor directory is no tree. @return 0, or -1 with errno ENOMEM */
static int look_at_root(struct inventory *inventory, const struct tree_entry *found)
{
	if (found->type != NFTW_F || found->regular)
		return 0;
	report_file_reason(found->path, "is neither a regular file nor a directory");
	report_failure();
	const struct tree_entry name = name_of(inventory, found);
	return coverage_skipped(inventory->coverage, name.path, name.length, DIFFERENCE_UNREADABLE);
}

/** What the manifest lists as a file may be something else now. @return 0, or -1 with errno */
static int look_for_other(struct inventory *inventory, const struct tree_entry *found)
{
	enum coverage_kind kind = COVERAGE_SPECIAL;
	if (found->type == NFTW_D || found->type == NFTW_DNR || found->type == NFTW_MOUNT)
		kind = COVERAGE_DIRECTORY;
	else if (found->type == NFTW_SL)
		kind = COVERAGE_LINK;
	else if (found->type == NFTW_NS || found->regular)
		return 0;
	size_t size = make_key(inventory, found->path, found->length);
	if (size == SIZE_MAX)
		return -1;
	/* Beside another tree, nobody knows yet what that has. */
	bool listed = inventory->in.below_root ||
		(inventory->in.catalog &&
			catalog_find(inventory->in.catalog, inventory->key, size));
	if (!listed)
		return 0;
	return coverage_became(inventory->coverage, found->path, found->length, kind);
}

/** As --prefix-map says, if it does. @return the size of inventory->key, or SIZE_MAX with errno ENOMEM */
static size_t map_key(struct inventory *inventory, size_t size)
{
	const struct prefix_map *map = inventory->in.prefix_map;
	if (!map || !map->rules)
		return size;
	char *mapped = malloc(prefix_map_bound(map, size));
	if (!mapped)
		return SIZE_MAX;
	prefix_map_apply(map, inventory->key, size, mapped);
	free(inventory->key);
	inventory->key = mapped;
	inventory->key_room = strlen(mapped) + 1;
	return strlen(mapped);
}

/** The key of a path, in its name or in memory of its own. @return 0, or -1 with errno ENOMEM */
static int set_key(struct inventory *inventory, struct record *record)
{
	size_t size = make_key(inventory, record->name, record->name_size);
	if (size != SIZE_MAX)
		size = map_key(inventory, size);
	if (size == SIZE_MAX)
		return -1;
	record->key_size = (uint32_t)size;
	record->key = record->name + record->name_size - size;
	if (size <= record->name_size && memcmp(record->key, inventory->key, size) == 0)
		return 0;
	char *key = arena_allocate(&inventory->keys, size + 1);
	if (!key)
		return -1;
	memcpy(key, inventory->key, size + 1);
	record->key = key;
	return 0;
}

/** Make room for one more record. @return 0, or -1 with errno ENOMEM */
static int reserve_record(struct inventory *inventory)
{
	if (inventory->count < inventory->room)
		return 0;
	size_t room = inventory->room ? 2 * inventory->room : 256;
	struct record *records = reallocarray(inventory->records, room, sizeof(*records));
	if (!records)
		return -1;
	inventory->records = records;
	inventory->room = room;
	return 0;
}

/** Copy a name and a digest to memory that stays. @return 0, or -1 with errno ENOMEM */
static int copy_entry(
	struct inventory *inventory, const struct tree_entry *entry, struct record *record)
{
	size_t digest_size = inventory->in.options->algorithms.size;
	bool hashed = entry->result.state == HASHER_DONE;
	char *name =
		arena_allocate(&inventory->names, entry->length + 1 + (hashed ? digest_size : 0));
	if (!name)
		return -1;
	memcpy(name, entry->path, entry->length + 1);
	record->name = name;
	record->name_size = (uint32_t)entry->length;
	if (hashed) {
		memcpy(name + entry->length + 1, entry->result.digest, digest_size);
		record->digest = (unsigned char *)name + entry->length + 1;
	}
	return 0;
}

/** Report the files of a directory that was exchanged: one message, and not one for each. */
static void tell_stale(struct inventory *inventory)
{
	char reason[128];
	if (inventory->stale_count == 1) {
		report_file(inventory->stale, ESTALE);
	} else if (inventory->stale_count > 1) {
		snprintf(reason, sizeof(reason), "%s (%" PRIu64 " files in it)", strerror(ESTALE),
			inventory->stale_count);
		inventory->stale[inventory->stale_directory] = '\0';
		report_file_reason(*inventory->stale ? inventory->stale : "/", reason);
	}
	inventory->stale_count = 0;
}

/** Report why a file has no digest. @return 0, or -1 with errno ENOMEM */
static int tell_unread(struct inventory *inventory, const struct tree_entry *entry)
{
	const char *slash = strrchr(entry->path, '/');
	size_t size = slash ? (size_t)(slash - entry->path) : 0;
	bool stale = slash && entry->result.state == HASHER_FAILED && entry->result.error == ESTALE;
	bool more = stale && inventory->stale_count && size == inventory->stale_directory &&
		memcmp(entry->path, inventory->stale, size + 1) == 0;
	if (!more)
		tell_stale(inventory);
	if (!stale) {
		run_unread(entry->path, &entry->result);
		return 0;
	}
	if (!more) {
		inventory->stale = arena_allocate(&inventory->keys, entry->length + 1);
		if (!inventory->stale)
			return -1;
		memcpy(inventory->stale, entry->path, entry->length + 1);
		inventory->stale_directory = size;
	}
	inventory->stale_count++;
	return 0;
}

/** What can be seen of a file that cannot be read: it may be one that was renamed. */
static void note_stamp(const char *path, struct annotation *annotation)
{
	struct stat status;
	if (stat(path, &status) != 0)
		return;
	annotation->size = (uint64_t)status.st_size;
	annotation->mtime = status.st_mtim;
}

/** Make a record of a name; where it has no digest, report why. @return 0, or -1 with errno */
static int add_record(struct inventory *inventory, const struct tree_entry *entry)
{
	const struct hasher_result *result = &entry->result;
	struct tally *tally = inventory->in.tally;
	struct record record = {0};
	const struct tree_entry name = name_of(inventory, entry);
	if (reserve_record(inventory) != 0 || copy_entry(inventory, &name, &record) != 0)
		return -1;
	bool done = result->state == HASHER_DONE;
	bool looked = result->state == HASHER_LOOKED_AT || entry->not_reached;
	if (!looked)
		tally_result(tally, result);
	record.reused = entry->reused;
	if (entry->reused) {
		tally->reused++;
		tally->reused_bytes += result->size;
	}
	if (done || looked) {
		run_cached(tally, entry->path, result);
		record.annotated = true;
		record.annotation = (struct annotation){
			.size = result->stamp.size,
			.mtime = result->stamp.mtime,
			.ctime = result->stamp.ctime,
			.settled = result->settled,
			.young = result->young,
			.read = entry->reused ? 0 : result->read,
		};
	} else if (tell_unread(inventory, entry) != 0) {
		return -1;
	} else {
		note_stamp(entry->path, &record.annotation);
	}
	if (set_key(inventory, &record) != 0)
		return -1;
	inventory->records[inventory->count++] = record;
	return 0;
}

/** For bsearch(3). */
static int compare_keys(const void *one, const void *other)
{
	const struct record *a = one, *b = other;
	return catalog_compare(a->key, a->key_size, b->key, b->key_size);
}

/** By key; of one key those with a digest first. */
static int compare_records(const void *one, const void *other)
{
	const struct record *a = one, *b = other;
	int order = compare_keys(one, other);
	return order ? order : (a->digest == NULL) - (b->digest == NULL);
}

/** Sort the records, and keep one of each key. @return the number of others */
static size_t sort_records(struct inventory *inventory)
{
	struct record *records = inventory->records;
	size_t kept = 0;
	for (size_t i = 1; i < inventory->count; i++) {
		if (compare_records(&records[i - 1], &records[i]) < 0)
			continue;
		qsort(records, inventory->count, sizeof(*records), compare_records);
		break;
	}
	for (size_t i = 0; i < inventory->count; i++) {
		const struct record *last = kept ? &records[kept - 1] : NULL;
		if (last && compare_keys(last, &records[i]) == 0)
			continue;
		records[kept++] = records[i];
	}
	size_t others = inventory->count - kept;
	inventory->count = kept;
	return others;
}

/** Report why a name is not believed to be gone. */
static void tell_doubt(const struct inventory *inventory, const char *name, const char *reason)
{
	char *path = NULL;
	if (inventory->root && asprintf(&path, "%s%s", inventory->root, name) < 0)
		path = NULL;
	/* What is said of the root itself is said of ".". */
	if (path && strcmp(name, ".") == 0)
		path[inventory->prefix] = '\0';
	report_file_reason(path ? path : name, reason);
	free(path);
}

/** For the comparison. */
static enum difference_word explain(void *context, const struct record *record)
{
	struct inventory *inventory = context;
	struct coverage_doubt doubt;
	enum difference_word word = coverage_absent(inventory->coverage, record, &doubt);
	if (!doubt.key)
		return word;
	if (accept_name(&inventory->in.options->accept, ACCEPT_MISSING, record->key))
		return DIFFERENCE_MISSING;
	if (doubt.one) {
		tell_doubt(inventory, record->name, doubt.reason);
		return word;
	}
	/* What lies below one directory comes in one go. */
	if (doubt.key != inventory->doubted) {
		tell_doubt(inventory, *doubt.key ? doubt.key : ".", doubt.reason);
		report_failure();
	}
	inventory->doubted = doubt.key;
	return word;
}

struct inventory *inventory_new(const struct inventory_options *options)
{
	struct inventory *inventory = calloc(1, sizeof(*inventory));
	if (inventory)
		inventory->coverage = coverage_new(options->options->filter, options->below_root);
	if (!inventory || !inventory->coverage) {
		run_failed("cannot start");
		inventory_free(inventory);
		return NULL;
	}
	inventory->in = *options;
	return inventory;
}

/** Names are relative to this root. @return 0, or -1 with errno ENOMEM */
static int begin_root(struct inventory *inventory, const struct tree_entry *root)
{
	inventory->prefix = tree_prefix(root->path, root->length);
	inventory->root = arena_allocate(&inventory->keys, inventory->prefix + 1);
	if (!inventory->root)
		return -1;
	memcpy(inventory->root, root->path, root->length);
	inventory->root[inventory->prefix - 1] = '/';
	inventory->root[inventory->prefix] = '\0';
	return 0;
}

/** Note what is not a file that can be read. @return 0, or -1 with errno ENOMEM */
static int add_place(struct inventory *inventory, const struct tree_entry *found)
{
	const struct tree_entry name = name_of(inventory, found);
	if (coverage_found(inventory->coverage, &name) != 0 ||
		look_for_other(inventory, &name) != 0 ||
		(found->root && look_at_root(inventory, found) != 0))
		return -1;
	if (!found->own)
		return 0;
	inventory->in.tally->skipped[TALLY_OWN]++;
	return coverage_skipped(inventory->coverage, name.path, name.length, DIFFERENCE_OUTSIDE);
}

int inventory_add(struct inventory *inventory, const struct tree_entry *found)
{
	bool failed = found->type == NFTW_NS || found->type == NFTW_DNR;
	/* What is below it nobody has seen: more is unknown than the line of a file. */
	if (failed && !found->not_reached)
		report_failure();
	if (found->root && inventory->in.below_root && begin_root(inventory, found) != 0)
		return -1;
	if (add_place(inventory, found) != 0)
		return -1;
	/* What could not be looked at or listed is no file: what is listed there is unreadable. */
	if (failed && !found->not_reached) {
		tally_result(inventory->in.tally, &found->result);
		run_unread(found->path, &found->result);
	}
	bool file = found->type == NFTW_F && found->regular && !found->own;
	return file ? add_record(inventory, found) : 0;
}

size_t inventory_end(struct inventory *inventory)
{
	tell_stale(inventory);
	coverage_end(inventory->coverage);
	return sort_records(inventory);
}

struct difference_side inventory_side(struct inventory *inventory)
{
	return (struct difference_side){
		.records = inventory->records,
		.count = inventory->count,
		.absent = explain,
		.context = inventory,
	};
}

/** Whether a file was found in this state. */
static bool is_known(
	const struct inventory *inventory, const struct record *name, const struct stat *now)
{
	const struct record *found = NULL;
	if (inventory->count > 0)
		found = bsearch(
			name, inventory->records, inventory->count, sizeof(*name), compare_keys);
	return found && found->annotated && found->annotation.size == (uint64_t)now->st_size &&
		stamp_same_time(&found->annotation.mtime, &now->st_mtim) &&
		stamp_same_time(&found->annotation.ctime, &now->st_ctim);
}

int inventory_misses(
	struct inventory *inventory, const char *path, size_t size, const struct stat *status)
{
	if (!S_ISDIR(status->st_mode) && !S_ISREG(status->st_mode))
		return 0;
	size_t key_size = make_key(inventory, path, size);
	if (key_size == SIZE_MAX)
		return -1;
	const struct record name = {.key = inventory->key, .key_size = (uint32_t)key_size};
	if (!coverage_includes(inventory->coverage, &name))
		return 0;
	return S_ISDIR(status->st_mode)
		? !coverage_is_unreadable(inventory->coverage, name.key, key_size)
		: !is_known(inventory, &name, status);
}

void inventory_beside(struct inventory *inventory, const struct inventory *other)
{
	for (size_t i = 0; i < other->count; i++) {
		/* When a file was changed over there says when it was here, not when it was read. */
		struct record record = other->records[i];
		record.annotation.read = 0;
		coverage_listed(inventory->coverage, &record, &record.annotation.ctime);
	}
}

struct coverage *inventory_coverage(const struct inventory *inventory)
{
	return inventory->coverage;
}

void inventory_free(struct inventory *inventory)
{
	if (!inventory)
		return;
	coverage_free(inventory->coverage);
	arena_free(&inventory->names);
	arena_free(&inventory->keys);
	free(inventory->records);
	free(inventory->key);
	free(inventory);
}
