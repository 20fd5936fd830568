/*
 *     MANIFEST ──► lock ──► catalog ──► known digests ──► survey ──► differences ──► MANIFEST
 *
 * The lock is that of the writer, taken before the manifest is read. What is as it was when it was
 * hashed is not read. What was listed stays as it stands wherever nothing better is known: outside
 * of what was looked at, where a file could not be read, or is corrupt. The lines are sorted by
 * name; comments come first. Where no line has to be renewed the manifest is left alone: of 3.6 us
 * a file beside the walk, writing and sealing it again took a quarter.
 *
 * What was done is printed when it is done.
 */
#include "update.h"

#include "compare.h"
#include "manifest/known.h"
#include "run.h"
#include "survey.h"
#include "sys/signals.h"
#include "ui/report.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct update {
	const struct options *options;
	int interrupt_fd;
	struct tally *tally;
	struct output *manifest;
	struct output *lines;
	struct catalog old;
	struct known *known;
	struct survey *survey;
	struct survey_options looking;
	struct differences differences;
};

/** Report why the manifest cannot be updated. @return -1 */
static int refuse(const char *path, const char *reason)
{
	report_file_reason(path, reason);
	report_failure();
	return -1;
}

/** Lock the manifest, which need not exist. @return 0, or -1, which was reported */
static int lock(struct update *run)
{
	const char *path = run->options->manifest;
	struct stat status;
	bool exists = stat(path, &status) == 0;
	if (exists && !S_ISREG(status.st_mode))
		return refuse(path, "is not a regular file");
	run->manifest = output_open_manifest(run->options, path);
	if (!run->manifest) {
		report_failure();
		return -1;
	}
	if (exists && !writer_replaces(output_writer(run->manifest)))
		return refuse(path, "is standard output or standard error as well");
	run->looking.replacement = output_writer(run->manifest);
	return 0;
}

/** Read the manifest, if there is one. @return 0, or -1, which was reported */
static int load(struct update *run)
{
	const struct options *options = run->options;
	if (!writer_replaces(output_writer(run->manifest)))
		return 0;
	if (compare_load(options, options->manifest, run->interrupt_fd, run->lines, NULL, &run->old,
		    &run->looking.manifest) != 0)
		return -1;
	run->known = known_new();
	for (size_t i = 0; run->known && i < run->old.count; i++) {
		if (known_add(run->known, &run->old.records[i]) != 0)
			return run_failed("cannot start");
	}
	if (!run->known)
		return run_failed("cannot start");
	run->looking.known = run->known;
	return 0;
}

/** What a name's line says from now on; NULL: it has none. */
static const struct record *renewed(
	const struct options *options, const struct difference *difference)
{
	switch (difference->word) {
	case DIFFERENCE_CORRUPT:
		return options->accept_corrupt ? difference->new : difference->old;
	case DIFFERENCE_UNREADABLE:
	case DIFFERENCE_OUTSIDE:
		return difference->old;
	case DIFFERENCE_MISSING:
	case DIFFERENCE_LEFT:
		return NULL;
	default:
		return difference->new;
	}
}

/** Whether a file's line would be the same as it is. */
static bool is_same_line(const struct record *old, const struct record *new)
{
	const struct annotation *before = &old->annotation, *now = &new->annotation;
	return old->annotated && before->settled == now->settled && before->size == now->size &&
		stamp_same_time(&before->mtime, &now->mtime) &&
		(!now->settled || stamp_same_time(&before->ctime, &now->ctime));
}

/** Whether there is anything to write. */
static bool has_changed(const struct update *run)
{
	for (size_t i = 0; i < run->differences.count; i++) {
		const struct difference *difference = &run->differences.list[i];
		const struct record *record = renewed(run->options, difference);
		bool same = difference->word == DIFFERENCE_SAME
			? is_same_line(difference->old, difference->new)
			: record == difference->old;
		if (!same)
			return true;
	}
	return !run->old.sealed;
}

/** Write the new manifest, and put it in the place of the old one. @return 0, or -1 with errno */
static int write_manifest(struct update *run)
{
	if (output_text(run->manifest, run->old.comments, run->old.comments_size) != 0)
		return -1;
	for (size_t i = 0; i < run->differences.count; i++) {
		const struct difference *difference = &run->differences.list[i];
		const struct record *record = renewed(run->options, difference);
		if (!record)
			continue;
		struct record line = *record;
		/* A name stays as it was written. */
		if (difference->old) {
			line.name = difference->old->name;
			line.name_size = difference->old->name_size;
		}
		if (output_record(run->manifest, &line) != 0)
			return -1;
	}
	return output_commit(run->manifest);
}

/** Say what was done. @return 0, or -1, which was reported */
static int tell(struct update *run)
{
	const struct options *options = run->options;
	const uint64_t *verdicts = run->tally->verdicts;
	if (compare_print(options, &run->differences, run->lines, run->tally) != 0)
		return -1;
	if (verdicts[VERDICT_UNREADABLE] || (verdicts[VERDICT_CORRUPT] && !options->accept_corrupt))
		report_status(1);
	if (output_commit(run->lines) != 0)
		return run_write_failed(options);
	compare_tell(options, run->tally);
	return 0;
}

/** Renew the manifest. @return 0, or -1, which was reported */
static int renew(struct update *run)
{
	if (lock(run) != 0 || load(run) != 0)
		return -1;
	run->survey = survey_new(&run->looking);
	if (!run->survey || survey_run(run->survey) != 0 ||
		survey_compare(run->survey, &run->old, &run->differences) != 0)
		return -1;
	if (has_changed(run) && write_manifest(run) != 0) {
		if (signals_caught())
			return run_failed("cannot go on");
		report_file(run->options->manifest, errno);
		report_failure();
		return -1;
	}
	return tell(run);
}

void update(const struct options *options, int interrupt_fd, struct tally *tally)
{
	struct update run = {.options = options, .interrupt_fd = interrupt_fd, .tally = tally};
	run.lines = output_open(options, tally);
	if (run.lines) {
		run.looking = (struct survey_options){
			.options = options,
			.interrupt_fd = interrupt_fd,
			.tally = tally,
			.writer = output_writer(run.lines),
		};
		renew(&run);
	}
	/* First what would be left behind. */
	output_free(run.manifest);
	output_free(run.lines);
	signals_release();
	differences_free(&run.differences);
	survey_free(run.survey);
	known_free(run.known);
	catalog_free(&run.old);
}
