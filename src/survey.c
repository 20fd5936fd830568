/*
 * The tree of a run becomes a list of records, by key. Where operands overlap a file comes twice:
 * one record is kept, one with a digest if there is one.
 *
 * Nothing is opened because the manifest names it: what is read is what the walk found.
 */
#include "survey.h"

#include "coverage.h"
#include "directories.h"
#include "manifest/beside.h"
#include "manifest/normal_form.h"
#include "manifest/renamed_corrupt.h"
#include "run.h"
#include "sys/arena.h"
#include "trees.h"
#include "ui/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct survey {
	struct survey_options options;
	/** Only after a run that broke off: to end its workers takes time, which others may not
	 * have before what they would leave behind is removed. */
	struct trees *trees;
	struct coverage *coverage;
	struct record *records;
	size_t count;
	size_t room;
	/** Names and digests of the records. */
	struct arena names;
	/** Keys that are no part of their names. */
	struct arena keys;
	/** Room for a key. */
	char *key;
	size_t key_room;
	struct directories directories;
	/** Files in one directory that are not reported yet: it was exchanged (ESTALE). The path of
	 * the first, which begins with that of the directory, and how many there are. */
	char *stale;
	size_t stale_directory;
	uint64_t stale_count;
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

/** A root that is neither file nor directory is no tree. @return 0, or -1 with errno ENOMEM */
static int look_at_root(struct survey *survey, const struct tree_entry *found)
{
	if (found->type != NFTW_F || found->regular)
		return 0;
	report_file_reason(found->path, "is neither a regular file nor a directory");
	report_failure();
	return coverage_skipped(
		survey->coverage, found->path, found->length, DIFFERENCE_UNREADABLE);
}

/** What the manifest lists as a file may be something else now. @return 0, or -1 with errno */
static int look_for_other(struct survey *survey, const struct tree_entry *found)
{
	enum coverage_kind kind = COVERAGE_SPECIAL;
	if (found->type == NFTW_D || found->type == NFTW_DNR || found->type == NFTW_MOUNT)
		kind = COVERAGE_DIRECTORY;
	else if (found->type == NFTW_SL)
		kind = COVERAGE_LINK;
	else if (found->type == NFTW_NS || found->regular)
		return 0;
	size_t size = make_key(survey, found->path, found->length);
	if (size == SIZE_MAX)
		return -1;
	if (!catalog_find(survey->options.catalog, survey->key, size))
		return 0;
	return coverage_became(survey->coverage, found->path, found->length, kind);
}

static int add_record(struct survey *survey, const struct tree_entry *entry);

/** For the trees. */
static int look_at(void *context, const struct tree_entry *found)
{
	struct survey *survey = context;
	bool failed = found->type == NFTW_NS || found->type == NFTW_DNR;
	/* What is below it nobody has seen: more is unknown than the line of a file. */
	if (failed && !found->not_reached)
		report_failure();
	if (found->own)
		survey->options.tally->skipped[TALLY_OWN]++;
	/* One that cannot be listed has no stamp. */
	bool listed = found->type == NFTW_D && found->stamp.inode;
	if (coverage_found(survey->coverage, found) != 0 || look_for_other(survey, found) != 0 ||
		(listed &&
			directories_add(&survey->directories, found->path, found->length,
				&found->stamp) != 0) ||
		(found->root && look_at_root(survey, found) != 0) ||
		(found->own &&
			coverage_skipped(survey->coverage, found->path, found->length,
				DIFFERENCE_OUTSIDE) != 0))
		return run_failed("cannot go on");
	/* What could not be looked at or listed is no file: what is listed there is unreadable. */
	if (failed && !found->not_reached) {
		tally_result(survey->options.tally, &found->result);
		run_unread(found->path, &found->result);
	}
	bool file = found->type == NFTW_F && found->regular && !found->own;
	return file && add_record(survey, found) != 0 ? run_failed("cannot go on") : 0;
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

/** Make room for one more record. @return 0, or -1 with errno ENOMEM */
static int reserve_record(struct survey *survey)
{
	if (survey->count < survey->room)
		return 0;
	size_t room = survey->room ? 2 * survey->room : 256;
	struct record *records = reallocarray(survey->records, room, sizeof(*records));
	if (!records)
		return -1;
	survey->records = records;
	survey->room = room;
	return 0;
}

/** Copy a name and a digest to memory that stays. @return 0, or -1 with errno ENOMEM */
static int copy_entry(struct survey *survey, const struct tree_entry *entry, struct record *record)
{
	size_t digest_size = survey->options.options->algorithm->size;
	bool hashed = entry->result.state == HASHER_DONE;
	char *name = arena_allocate(&survey->names, entry->length + 1 + (hashed ? digest_size : 0));
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
static void tell_stale(struct survey *survey)
{
	char reason[128];
	if (survey->stale_count == 1) {
		report_file(survey->stale, ESTALE);
	} else if (survey->stale_count > 1) {
		snprintf(reason, sizeof(reason), "%s (%" PRIu64 " files in it)", strerror(ESTALE),
			survey->stale_count);
		survey->stale[survey->stale_directory] = '\0';
		report_file_reason(*survey->stale ? survey->stale : "/", reason);
	}
	survey->stale_count = 0;
}

/** Report why a file has no digest. @return 0, or -1 with errno ENOMEM */
static int tell_unread(struct survey *survey, const struct tree_entry *entry)
{
	const char *slash = strrchr(entry->path, '/');
	size_t size = slash ? (size_t)(slash - entry->path) : 0;
	bool stale = slash && entry->result.state == HASHER_FAILED && entry->result.error == ESTALE;
	bool more = stale && survey->stale_count && size == survey->stale_directory &&
		memcmp(entry->path, survey->stale, size + 1) == 0;
	if (!more)
		tell_stale(survey);
	if (!stale) {
		run_unread(entry->path, &entry->result);
		return 0;
	}
	if (!more) {
		survey->stale = arena_allocate(&survey->keys, entry->length + 1);
		if (!survey->stale)
			return -1;
		memcpy(survey->stale, entry->path, entry->length + 1);
		survey->stale_directory = size;
	}
	survey->stale_count++;
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
static int add_record(struct survey *survey, const struct tree_entry *entry)
{
	const struct hasher_result *result = &entry->result;
	struct tally *tally = survey->options.tally;
	struct record record = {0};
	if (reserve_record(survey) != 0 || copy_entry(survey, entry, &record) != 0)
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
	} else if (tell_unread(survey, entry) != 0) {
		return -1;
	} else {
		note_stamp(entry->path, &record.annotation);
	}
	if (set_key(survey, &record) != 0)
		return -1;
	survey->records[survey->count++] = record;
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
	const struct trees_options options = {
		.options = survey->options.options,
		.interrupt_fd = survey->options.interrupt_fd,
		.tally = survey->options.tally,
		.writer = survey->options.writer,
		.replacement = survey->options.replacement,
		.manifest = survey->options.manifest,
		.backup = survey->options.backup,
		.job = survey->options.job,
		.only = true,
		.hooks = {.entry = look_at, .context = survey},
	};
	directories_begin(&survey->directories);
	survey->trees = trees_open(&options);
	if (!survey->trees || trees_run(survey->trees) != 0)
		return -1;
	trees_free(survey->trees);
	survey->trees = NULL;
	tell_stale(survey);
	coverage_end(survey->coverage);
	sort_records(survey);
	return 0;
}

/** For the comparison. */
static enum difference_word explain(void *context, const struct record *old)
{
	struct survey *survey = context;
	struct coverage_doubt doubt;
	enum difference_word word = coverage_absent(survey->coverage, old, &doubt);
	if (!doubt.key)
		return word;
	if (accept_name(&survey->options.options->accept, ACCEPT_MISSING, old->key))
		return DIFFERENCE_MISSING;
	if (doubt.one) {
		report_file_reason(old->name, doubt.reason);
		return word;
	}
	/* What lies below one directory comes in one go. */
	if (doubt.key != survey->doubted) {
		report_file_reason(*doubt.key ? doubt.key : ".", doubt.reason);
		report_failure();
	}
	survey->doubted = doubt.key;
	return word;
}

int survey_compare(struct survey *survey, struct differences *differences)
{
	const struct survey_options *options = &survey->options;
	const struct catalog *catalog = options->catalog;
	const struct difference_search search = {
		.old = {catalog->records, catalog->count},
		.new = {survey->records, survey->count},
		.algorithm = options->options->algorithm,
		.absent = explain,
		.context = survey,
	};
	for (size_t i = 0; i < catalog->count; i++)
		coverage_listed(survey->coverage, &catalog->records[i], &options->manifest.mtime);
	if (differences_find(&search, differences) != 0 ||
		renamed_corrupt_find(differences, search.algorithm->size) != 0 ||
		normal_form_remark(differences) != 0)
		return run_failed("cannot compare");
	return 0;
}

bool survey_is_incomplete(const struct survey *survey)
{
	return coverage_is_incomplete(survey->coverage);
}

bool survey_may_have_replaced(const struct survey *survey, const struct record *new)
{
	return directories_may_have_replaced(&survey->directories, &new->annotation.ctime);
}

/** For survey_find_missed(). */
struct second_look {
	struct survey *survey;
	struct missed *missed;
};

/** Whether a file is one of the run's own, which are made and renamed while it goes on. */
static bool is_own(
	const struct survey_options *options, const char *path, const struct stamp *stamp)
{
	return beside_is_name(strrchr(path, '/') ? strrchr(path, '/') + 1 : path) ||
		stamp_same_file(stamp, &options->manifest) ||
		stamp_same_file(stamp, &options->backup);
}

/** Whether the walk has found a file as it is now. */
static bool is_known(
	const struct survey *survey, const struct record *name, const struct stamp *now)
{
	const struct record *found = NULL;
	if (survey->count > 0)
		found = bsearch(name, survey->records, survey->count, sizeof(*name), compare_keys);
	return found && found->annotated && found->annotation.size == now->size &&
		stamp_same_time(&found->annotation.mtime, &now->mtime) &&
		stamp_same_time(&found->annotation.ctime, &now->ctime);
}

/** For directories_list_again(). */
static int look_again(void *context, const char *path, size_t size, const struct stat *status)
{
	const struct second_look *look = context;
	struct survey *survey = look->survey;
	const struct stamp now = stamp_of(status);
	if (!S_ISDIR(status->st_mode) && !S_ISREG(status->st_mode))
		return 0;
	size_t key_size = make_key(survey, path, size);
	if (key_size == SIZE_MAX)
		return -1;
	const struct record name = {.key = survey->key, .key_size = (uint32_t)key_size};
	if (!coverage_includes(survey->coverage, &name))
		return 0;
	/* What the walk could not list is reported already. */
	if (S_ISDIR(status->st_mode))
		return !coverage_is_unreadable(survey->coverage, survey->key, key_size);
	if (is_own(&survey->options, path, &now) || is_known(survey, &name, &now))
		return 0;
	return missed_add(look->missed, status);
}

int survey_find_missed(struct survey *survey, struct missed *missed)
{
	struct second_look look = {.survey = survey, .missed = missed};
	const struct directories_visitor visitor = {
		.found = look_again,
		.context = &look,
		.follow = survey->options.options->dereference,
	};
	int more = directories_list_again(&survey->directories, &visitor);
	if (more < 0)
		return -1;
	missed->incomplete = more;
	missed_end(missed);
	return 0;
}

struct coverage *survey_coverage(const struct survey *survey)
{
	return survey->coverage;
}

void survey_free(struct survey *survey)
{
	if (!survey)
		return;
	trees_free(survey->trees);
	coverage_free(survey->coverage);
	directories_free(&survey->directories);
	arena_free(&survey->names);
	arena_free(&survey->keys);
	free(survey->records);
	free(survey->key);
	free(survey);
}
