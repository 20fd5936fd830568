/*
 * The map of a build becomes a list of records, by key. Where operands overlap a file comes twice:
 * one record is kept, one with a digest if there is one.
 *
 * Nothing is opened because the manifest names it: what is read is what the walk found.
 */
#include "survey.h"

#include "build_map.h"
#include "coverage.h"
#include "run.h"
#include "sys/arena.h"
#include "ui/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct survey {
	struct survey_options options;
	struct build *build;
	struct coverage *coverage;
	struct record *records;
	size_t count;
	/** Keys that are no part of their names. */
	struct arena keys;
	/** Room for a key. */
	char *key;
	size_t key_room;
	/** The directory that was doubted last. */
	const char *doubted;
};

/** Write a path's key to survey->key. @return its size, or SIZE_MAX with errno ENOMEM */
static size_t make_key(struct survey *survey, const char *path, size_t size)
{
	if (size >= survey->key_room) {
		char *key = realloc(survey->key, 2 * size + 1);
		if (!key)
			return SIZE_MAX;
		survey->key = key;
		survey->key_room = 2 * size + 1;
	}
	return catalog_key(path, size, survey->key);
}

static bool is_own(void *context, const struct stamp *stamp)
{
	const struct survey_options *options = &((const struct survey *)context)->options;
	return stamp_same_file(stamp, &options->manifest) || writer_owns(options->writer, stamp) ||
		(options->replacement && writer_owns(options->replacement, stamp));
}

/** A root that is neither file nor directory is no tree. @return 0, or -1 */
static int look_at_root(struct survey *survey, const struct walker_entry *found)
{
	if (found->type != NFTW_F || S_ISREG(found->mode))
		return 0;
	report_file_reason(found->path, "is neither a regular file nor a directory");
	report_failure();
	return coverage_skipped(
		survey->coverage, found->path, found->length, DIFFERENCE_UNREADABLE);
}

/** For the build. */
static int look_at(void *context, const struct walker_entry *found)
{
	struct survey *survey = context;
	bool own = found->type == NFTW_F && S_ISREG(found->mode) && is_own(survey, &found->stamp);
	bool root = found->length == found->root_size;
	struct tally *tally = survey->options.tally;
	/* What is below it nobody has seen: more is unknown than the line of a file. */
	if (found->type == NFTW_NS || found->type == NFTW_DNR)
		report_failure();
	if (own)
		tally->skipped[TALLY_OWN]++;
	else if (!root)
		tally_found(tally, found);
	if (coverage_found(survey->coverage, found) != 0 ||
		(root && look_at_root(survey, found) != 0) ||
		(own &&
			coverage_skipped(survey->coverage, found->path, found->length,
				DIFFERENCE_OUTSIDE) != 0))
		return run_failed("cannot go on");
	return 0;
}

/** For the build: whether the file is as it was when it was hashed. */
static bool is_known(void *context, struct digest_entry *entry)
{
	struct survey *survey = context;
	const struct survey_options *options = &survey->options;
	size_t size = make_key(survey, entry->path, entry->path_size);
	/* Without memory it is read. */
	const unsigned char *digest = size == SIZE_MAX
		? NULL
		: known_digest(options->known, survey->key, size, &entry->result.stamp);
	if (!digest)
		return false;
	survey->options.tally->reused++;
	survey->options.tally->reused_bytes += entry->result.size;
	entry->result.state = HASHER_DONE;
	entry->result.settled = true;
	memcpy(entry->result.digest, digest, options->options->algorithm->size);
	return true;
}

/** The key of a path, in its name or in memory of its own. @return 0, or -1 with errno ENOMEM */
static int set_key(struct survey *survey, struct record *record)
{
	size_t size = make_key(survey, record->name, record->name_size);
	if (size == SIZE_MAX)
		return -1;
	record->key_size = (uint32_t)size;
	record->key = record->name + record->name_size - size;
	if (size <= record->name_size && memcmp(record->key, survey->key, size) == 0)
		return 0;
	char *key = arena_allocate(&survey->keys, size + 1);
	if (!key)
		return -1;
	memcpy(key, survey->key, size + 1);
	record->key = key;
	return 0;
}

/** Make a record of an entry; where it has no digest, report why. @return as set_key() */
static int add_record(struct survey *survey, const struct digest_entry *entry)
{
	const struct hasher_result *result = &entry->result;
	struct record *record = &survey->records[survey->count++];
	*record = (struct record){
		.name = entry->path,
		.name_size = (uint32_t)entry->path_size,
	};
	tally_result(survey->options.tally, result);
	if (result->state == HASHER_DONE) {
		record->digest = result->digest;
		record->annotated = true;
		record->annotation = (struct annotation){
			.size = result->stamp.size,
			.mtime = result->stamp.mtime,
			.ctime = result->stamp.ctime,
			.settled = result->settled,
		};
	} else {
		run_unread(entry);
	}
	return set_key(survey, record);
}

/** By key; of one key those with a digest first. */
static int compare_records(const void *one, const void *other)
{
	const struct record *a = one, *b = other;
	int order = catalog_compare(a->key, a->key_size, b->key, b->key_size);
	return order ? order : (a->digest == NULL) - (b->digest == NULL);
}

/** Sort the records, and keep one of each key. */
static void sort_records(struct survey *survey)
{
	struct record *records = survey->records;
	size_t kept = 0;
	for (size_t i = 1; i < survey->count; i++) {
		if (compare_records(&records[i - 1], &records[i]) < 0)
			continue;
		qsort(records, survey->count, sizeof(*records), compare_records);
		break;
	}
	for (size_t i = 0; i < survey->count; i++) {
		const struct record *last = kept ? &records[kept - 1] : NULL;
		if (last && last->key_size == records[i].key_size &&
			memcmp(last->key, records[i].key, last->key_size) == 0)
			continue;
		records[kept++] = records[i];
	}
	survey->count = kept;
}

/** Make records of the map. @return 0, or -1, which was reported */
static int list(struct survey *survey, const struct digest_map *map)
{
	size_t count = 0;
	const struct digest_entry *entry;
	for (entry = digest_map_first(map); entry; entry = digest_map_next(map, entry))
		count++;
	survey->records = reallocarray(NULL, count ? count : 1, sizeof(*survey->records));
	if (!survey->records)
		return run_failed("cannot go on");
	for (entry = digest_map_first(map); entry; entry = digest_map_next(map, entry)) {
		if (add_record(survey, entry) != 0)
			return run_failed("cannot go on");
	}
	sort_records(survey);
	return 0;
}

struct survey *survey_new(const struct survey_options *options)
{
	struct survey *survey = calloc(1, sizeof(*survey));
	if (survey)
		survey->coverage = coverage_new(options->options->filter);
	if (!survey || !survey->coverage) {
		run_failed("cannot start");
		survey_free(survey);
		return NULL;
	}
	survey->options = *options;
	return survey;
}

int survey_run(struct survey *survey)
{
	const struct build_options options = {
		.options = survey->options.options,
		.interrupt_fd = survey->options.interrupt_fd,
		.writer = survey->options.writer,
		.replacement = survey->options.replacement,
		.trees = true,
		.hooks =
			{
				.owns = is_own,
				.found = look_at,
				.known = survey->options.known ? is_known : NULL,
				.context = survey,
			},
	};
	survey->build = build_open(&options);
	int status = survey->build ? build_run(survey->build) : -1;
	if (survey->build)
		survey->options.tally->skipped[TALLY_EXCLUDED] = build_excluded(survey->build);
	if (status != 0)
		return -1;
	if (coverage_end(survey->coverage) != 0)
		return run_failed("cannot go on");
	return list(survey, build_map(survey->build));
}

/** For the comparison. */
static enum difference_word explain(void *context, const struct record *old)
{
	struct survey *survey = context;
	struct coverage_doubt doubt;
	enum difference_word word = coverage_absent(survey->coverage, old, &doubt);
	if (!doubt.key)
		return word;
	if (survey->options.options->accept_missing)
		return DIFFERENCE_MISSING;
	/* What lies below one directory comes in one go. */
	if (doubt.key != survey->doubted) {
		report_file_reason(*doubt.key ? doubt.key : ".", doubt.reason);
		report_failure();
	}
	survey->doubted = doubt.key;
	return word;
}

int survey_compare(
	struct survey *survey, const struct catalog *catalog, struct differences *differences)
{
	const struct difference_side old = {catalog->records, catalog->count};
	const struct difference_side new = {survey->records, survey->count};
	if (differences_find(&old, &new, survey->options.options->algorithm, explain, survey,
		    differences) != 0)
		return run_failed("cannot compare");
	return 0;
}

void survey_free(struct survey *survey)
{
	if (!survey)
		return;
	build_free(survey->build);
	coverage_free(survey->coverage);
	arena_free(&survey->keys);
	free(survey->records);
	free(survey->key);
	free(survey);
}
