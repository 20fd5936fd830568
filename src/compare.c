#include "compare.h"

#include "run.h"
#include "sys/signals.h"
#include "ui/progress.h"
#include "ui/quote.h"
#include "ui/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/** What is said of a name; VERDICTS: nothing. */
static const enum verdict verdicts[DIFFERENCE_WORDS] = {
	[DIFFERENCE_SAME] = VERDICT_OK,
	[DIFFERENCE_CHANGED] = VERDICT_CHANGED,
	[DIFFERENCE_CORRUPT] = VERDICT_CORRUPT,
	[DIFFERENCE_NEW] = VERDICT_NEW,
	[DIFFERENCE_MISSING] = VERDICT_MISSING,
	[DIFFERENCE_MOVED] = VERDICT_MOVED,
	[DIFFERENCE_COPIED] = VERDICT_COPIED,
	[DIFFERENCE_UNREADABLE] = VERDICT_UNREADABLE,
	[DIFFERENCE_UNREAD] = VERDICT_TO_READ,
	[DIFFERENCE_OUTSIDE] = VERDICTS,
	[DIFFERENCE_LEFT] = VERDICTS,
};

/** What else is said of it; NULL: nothing. */
static const char *const remarks[DIFFERENCE_REMARKS] = {
	[DIFFERENCE_CTIME_DIFFERS] = "ctime differs",
	[DIFFERENCE_SAME_MTIME] = "same mtime",
	[DIFFERENCE_OTHER_NORMAL_FORM] = "Unicode normalisation differs",
};

/** Report why a manifest is refused, unless a signal ended the reading. */
static void refuse(const struct options *options, const char *path, const struct catalog *catalog)
{
	char room[128];
	if (signals_caught()) {
		run_failed("cannot go on");
	} else {
		report_file_reason(path, catalog_reason(catalog, room));
		/* What algorithm it is was told already. */
		if (catalog->fault != CATALOG_ALGORITHM)
			run_tell_recognised(options, path, &catalog->seen);
	}
	report_failure();
}

/** Report what was passed over in a manifest: the comparison is incomplete. */
static void tell_improper(
	const struct options *options, const char *path, const struct catalog *catalog)
{
	uint64_t improper = catalog->improper;
	char *quoted = quote_shell(path, false);
	if (improper && options->check_output != CHECK_STATUS)
		report_message("%s: WARNING: %" PRIu64 " %s improperly formatted",
			quoted ? quoted : "(no memory for the name)", improper,
			improper == 1 ? "line is" : "lines are");
	free(quoted);
	run_tell_recognised(options, path, &catalog->seen);
	if (improper)
		report_failure();
}

int compare_load(const struct options *options, const char *path, int interrupt_fd,
	const struct output *output, const struct stamp *other, struct catalog *catalog,
	struct stamp *file)
{
	bool strict = options->mode == MODE_UPDATE;
	const struct catalog_options reading = {
		.algorithm =
			strict || options->algorithm_given ? options->algorithms.list[0] : NULL,
		.seal = !options->no_seal,
		.strict = strict,
		.interrupt_fd = interrupt_fd,
		.pause = run_answer,
	};
	bool standard_input = strcmp(path, "-") == 0;
	const char *name = standard_input ? "standard input" : path;
	*catalog = (struct catalog){0};
	struct reader *reader = reader_open(standard_input ? NULL : path, '\n');
	if (!reader) {
		int error = errno;
		report_file(name, error);
		run_tell_where(options, path, error);
		report_failure();
		return -1;
	}
	*file = reader_file(reader);
	int status = -1;
	if (other && stamp_same_file(file, other) && reader_rewind(reader) != 0) {
		report_file_reason(name, "was read already, as the other manifest");
		report_failure();
	} else if (!run_replaces_manifest(output_writer(output), name, file)) {
		run_reading(&name);
		status = catalog_read(reader, &reading, catalog);
		progress_end();
		if (status != 0)
			refuse(options, name, catalog);
		else
			tell_improper(options, name, catalog);
	}
	reader_free(reader);
	return status;
}

/** Give all records the keys that --prefix-map says. @return 0, or -1 with errno */
static int map_keys(const struct prefix_map *map, struct catalog *catalog)
{
	char *mapped = NULL;
	size_t room = 0;
	for (size_t i = 0; i < catalog->count; i++) {
		struct record *record = &catalog->records[i];
		size_t bound = prefix_map_bound(map, record->key_size);
		if (bound > room) {
			room = 2 * bound;
			free(mapped);
			mapped = malloc(room);
		}
		bool failed = !mapped ||
			(prefix_map_apply(map, record->key, record->key_size, mapped) &&
				catalog_set_key(catalog, record, mapped, strlen(mapped)) != 0);
		if (failed) {
			free(mapped);
			return -1;
		}
	}
	free(mapped);
	return 0;
}

int compare_map(const struct options *options, const char *path, struct catalog *catalog)
{
	if (!options->prefix_map.rules)
		return 0;
	if (map_keys(&options->prefix_map, catalog) != 0)
		return run_failed("cannot start");
	if (catalog_sort(catalog) == 0)
		return 0;
	refuse(options, strcmp(path, "-") == 0 ? "standard input" : path, catalog);
	return -1;
}

struct stamp compare_backup(const char *path)
{
	struct stamp stamp = {0};
	struct stat status;
	/* It is kept beside the file that a link leads to. */
	char *target = realpath(path, NULL), *backup = NULL;
	if (target && asprintf(&backup, "%s~", target) < 0)
		backup = NULL;
	if (backup && lstat(backup, &status) == 0 && S_ISREG(status.st_mode))
		stamp = stamp_of(&status);
	free(backup);
	free(target);
	return stamp;
}

/** What is said of a name; VERDICTS: nothing. */
static enum verdict verdict_of(const struct options *options, const struct difference *difference)
{
	/* Time ran out: the counts tell how many. */
	if (difference->word == DIFFERENCE_UNREAD && !options->dry_run)
		return VERDICTS;
	bool kept = difference->kept || options->append_only;
	bool planned = options->dry_run && difference->word == DIFFERENCE_MISSING && !kept;
	return planned ? VERDICT_TO_DROP : verdicts[difference->word];
}

/** Print a name's line. @return 0, or -1 with errno */
static int print(struct output *output, const struct difference *difference, enum verdict verdict)
{
	const struct record *record = difference->old ? difference->old : difference->new;
	const struct record *from = difference->from ? difference->from->old : NULL;
	const struct verdict_line result = {
		.verdict = verdict,
		.name = record->name,
		.name_size = record->name_size,
		.from = from ? from->name : NULL,
		.from_size = from ? from->name_size : 0,
		.remark = remarks[difference->remark],
	};
	return output_result(output, &result);
}

/** A difference, and what it is sorted by. */
struct line {
	const struct difference *difference;
	char *key;
	size_t key_size;
};

/** For qsort(3). */
static int compare_lines(const void *one, const void *other)
{
	const struct line *a = one, *b = other;
	return catalog_compare(a->key, a->key_size, b->key, b->key_size);
}

static void free_lines(struct line *lines, size_t count)
{
	for (size_t i = 0; lines && i < count; i++)
		free(lines[i].key);
	free(lines);
}

/** Sort the differences by the names that are printed. @return a list, or NULL with errno */
static struct line *sort_lines(const struct differences *differences)
{
	struct line *lines = calloc(differences->count + 1, sizeof(*lines));
	for (size_t i = 0; lines && i < differences->count; i++) {
		const struct difference *difference = &differences->list[i];
		const struct record *record = difference->old ? difference->old : difference->new;
		lines[i].difference = difference;
		lines[i].key = malloc(record->name_size + 1);
		if (!lines[i].key) {
			free_lines(lines, differences->count);
			return NULL;
		}
		lines[i].key_size = catalog_key(record->name, record->name_size, lines[i].key);
	}
	if (lines)
		qsort(lines, differences->count, sizeof(*lines), compare_lines);
	return lines;
}

int compare_print(const struct options *options, const struct differences *differences,
	struct output *output, struct tally *tally)
{
	/* Only where names were looked for as others is the order another one. */
	struct line *lines = NULL;
	if (options->prefix_map.rules && !(lines = sort_lines(differences)))
		return run_failed("cannot go on");
	int status = 0;
	for (size_t i = 0; status == 0 && i < differences->count; i++) {
		const struct difference *difference =
			lines ? lines[i].difference : &differences->list[i];
		if (difference->word == DIFFERENCE_OUTSIDE)
			tally->skipped[TALLY_OUTSIDE]++;
		enum verdict verdict = verdict_of(options, difference);
		if (verdict != VERDICTS && print(output, difference, verdict) != 0)
			status = run_write_failed(options);
	}
	free_lines(lines, differences->count);
	return status;
}

void compare_tell(const struct options *options, const struct tally *tally)
{
	/* The summary tells them, too. */
	if (options->check_output == CHECK_STATUS || options->check_output == CHECK_QUIET ||
		options->summary)
		return;
	char text[512];
	size_t used = (size_t)snprintf(
		text, sizeof(text), "%" PRIu64 " the same", tally->verdicts[VERDICT_OK]);
	for (enum verdict verdict = VERDICT_OK + 1; verdict < VERDICTS; verdict++) {
		if (tally->verdicts[verdict])
			used += (size_t)snprintf(text + used, sizeof(text) - used,
				", %" PRIu64 " %s", tally->verdicts[verdict],
				verdict_label(verdict));
	}
	if (tally->skipped[TALLY_OUTSIDE])
		snprintf(text + used, sizeof(text) - used, ", %" PRIu64 " not looked at",
			tally->skipped[TALLY_OUTSIDE]);
	report_message("%s", text);
}

/** Whether nothing differs of what --report is about, as far as could be seen. */
static bool is_same(const struct options *options, const struct tally *tally)
{
	for (enum verdict verdict = VERDICT_OK + 1; verdict < VERDICTS; verdict++) {
		bool counts = !options->report || options->report & 1U << verdict;
		if (counts && tally->verdicts[verdict])
			return false;
	}
	return true;
}

int compare_end(const struct options *options, struct output *output, struct tally *tally)
{
	if (tally->verdicts[VERDICT_UNREADABLE])
		report_failure();
	if (!is_same(options, tally))
		report_status(1);
	if (output_commit(output) != 0)
		return run_write_failed(options);
	compare_tell(options, tally);
	return 0;
}
