/*
 *     MANIFEST ──► lock ──► catalog ──► known digests ──► survey ──► differences ──► MANIFEST
 *
 * The lock of the writer is taken before the manifest is read. Files that are unchanged since they
 * were hashed are not read. A line stays as it is if nothing better is known: outside of the PATHs,
 * or if a file could not be read, or is corrupt. Lines are sorted by name; comments come first. If
 * no line changes, the manifest is not rewritten: besides the walk, an update took 3.6 us a file,
 * and a quarter of that was writing and sealing.
 *
 * An update is the only mode that destroys data, so it refuses what an audit only reports:
 *
 *   - A line is dropped only if everything that the walk found could be read. A missing file may be
 *     under a name that could not be read; if its line were dropped now, a later update would list
 *     it as a new file, with the digest of whatever it contains then.
 *   - Nor is one dropped or replaced if a file of its size and mtime has come into a directory since
 *     that was listed (directories.c): it may have been renamed.
 *   - The line of a changed or missing file is kept if its contents were found, but only in a file
 *     that keeps another line (renewal.c), or if another file has its size and mtime, and contents
 *     that came from no line (renamed_corrupt.c).
 *   - What is corrupt is read again by each update until it is repaired or accepted, whether
 *     --reread asks for it or not: READ of its line is "-".
 *   - Nothing is written if the manifest belongs to another tree (none of its names lies below any
 *     PATH), or if more than half of its lines would be dropped or get new digests: perhaps a tree
 *     was moved, or a disk is not mounted, or another disk is in its place.
 *   - Nothing is written if another program has changed the manifest meanwhile.
 *
 * --accept allows each of these but the last. The report is printed after the manifest is written.
 */
#include "update.h"

#include "compare.h"
#include "doubt.h"
#include "long_job.h"
#include "renewal.h"
#include "run.h"
#include "survey.h"
#include "sys/signals.h"
#include "ui/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct update {
	const struct options *options;
	int interrupt_fd;
	struct tally *tally;
	/** NULL with --dry-run. */
	struct output *manifest;
	/** Whether there is a manifest already. */
	bool exists;
	struct output *lines;
	struct catalog old;
	struct long_job *job;
	struct survey *survey;
	struct survey_options looking;
	struct differences differences;
	struct renewal renewal;
};

/** Lock the manifest, which need not exist. @return 0, or -1, which was reported */
static int lock(struct update *run)
{
	const struct options *options = run->options;
	const char *path = options->manifest;
	struct stat status;
	run->exists = stat(path, &status) == 0;
	if (run->exists && !S_ISREG(status.st_mode))
		return run_refuse(path, "is not a regular file");
	if (options->dry_run)
		return 0;
	run->manifest = output_open_manifest(options, path);
	if (!run->manifest) {
		report_failure();
		return -1;
	}
	struct writer *writer = output_writer(run->manifest);
	if (run->exists && !writer_replaces(writer))
		return run_refuse(path, "is standard output or standard error as well");
	run->exists = writer_replaces(writer);
	writer_guard(writer);
	run->looking.replacement = writer;
	return 0;
}

/** Read the manifest, if there is one. @return 0, or -1, which was reported */
static int load(struct update *run)
{
	const struct options *options = run->options;
	if (!run->exists)
		return 0;
	if (compare_load(options, options->manifest, run->interrupt_fd, run->lines, NULL, &run->old,
		    &run->looking.manifest) != 0)
		return -1;
	if (run->looking.manifest.size == 0 && !accept_given(&options->accept, ACCEPT_NEW))
		return run_refuse(options->manifest,
			"is empty, without even a seal: was it cut off? (--accept=new)");
	for (size_t i = 0; i < run->old.count; i++) {
		if (long_job_add_known(run->job, &run->old.records[i]) != 0)
			return run_failed("cannot start");
	}
	return 0;
}

/** Whether a new line would equal the old one. */
static bool is_same_line(const struct record *old, const struct record *new)
{
	const struct annotation *before = &old->annotation, *now = &new->annotation;
	return old->annotated && !before->suspect && before->settled == now->settled &&
		before->young == now->young && before->size == now->size &&
		stamp_same_time(&before->mtime, &now->mtime) &&
		(!now->read || before->read == now->read) &&
		(!now->settled || stamp_same_time(&before->ctime, &now->ctime));
}

/** Whether a file that may be the one of a line is corrupt. */
static bool may_be_corrupt(const struct difference *difference)
{
	const struct difference *file = difference->successor;
	while (file && file->word != DIFFERENCE_CORRUPT)
		file = file->twin;
	return file;
}

/** Whether a line stays although its file was read and is corrupt, or may be a corrupt one of another
 * name. */
static bool is_suspect(const struct difference *difference, const struct record *record)
{
	if (!record || !difference->old)
		return false;
	if (difference->word == DIFFERENCE_SAME)
		return difference->successor && difference->successor->from == difference;
	return record == difference->old &&
		(difference->word == DIFFERENCE_CORRUPT || may_be_corrupt(difference));
}

/** Whether there is anything to write. */
static bool has_changed(const struct update *run)
{
	for (size_t i = 0; i < run->differences.count; i++) {
		const struct difference *difference = &run->differences.list[i];
		const struct record *record = renewal_record(&run->renewal, difference);
		bool same = record == difference->old ||
			(difference->word == DIFFERENCE_SAME &&
				is_same_line(difference->old, difference->new));
		if (is_suspect(difference, record))
			same = difference->old->annotation.suspect;
		if (!same)
			return true;
	}
	return !run->old.sealed;
}

/** Keep what an old annotation says of contents that are the same. */
static void keep_fields(struct annotation *now, const struct annotation *before)
{
	if (!now->read)
		now->read = before->read;
	now->more = before->more;
	now->more_size = before->more_size;
}

/** Whether a line is added, dropped, or gets another digest. */
static bool has_other_digests(const struct update *run)
{
	for (size_t i = 0; i < run->differences.count; i++) {
		const struct difference *difference = &run->differences.list[i];
		const struct record *record = renewal_record(&run->renewal, difference);
		if (record != difference->old && difference->word != DIFFERENCE_SAME)
			return true;
	}
	return false;
}

/** Write the new manifest, and replace the old one. @return 0, or -1 with errno */
static int write_manifest(struct update *run)
{
	/* An older backup is worth more than one that lists the same. */
	if (run->options->backup && has_other_digests(run))
		writer_backup(output_writer(run->manifest));
	if (output_text(run->manifest, run->old.comments, run->old.comments_size) != 0)
		return -1;
	for (size_t i = 0; i < run->differences.count; i++) {
		const struct difference *difference = &run->differences.list[i];
		const struct record *record = renewal_record(&run->renewal, difference);
		if (!record)
			continue;
		struct record line = *record;
		/* Keep the spelling of the name. */
		if (difference->old) {
			line.name = difference->old->name;
			line.name_size = difference->old->name_size;
		}
		if (difference->old && difference->word == DIFFERENCE_SAME)
			keep_fields(&line.annotation, &difference->old->annotation);
		if (is_suspect(difference, record)) {
			line.annotation.suspect = true;
			line.annotation.read = 0;
		}
		if (output_record(run->manifest, &line) != 0)
			return -1;
	}
	return output_commit(run->manifest);
}

/** Whether something that was found could not be read. */
static bool is_unread(const struct update *run)
{
	/* Also a PATH that does not exist, or a list of PATHs that could not be read to its end. */
	if (survey_is_incomplete(run->survey) || report_worst() > 1)
		return true;
	for (size_t i = 0; i < run->differences.count; i++) {
		if (run->differences.list[i].word == DIFFERENCE_UNREADABLE)
			return true;
	}
	return false;
}

/** Whether the file of a line that would go may have been renamed during the walk. */
static bool may_have_missed(const struct update *run)
{
	for (size_t i = 0; i < run->differences.count; i++) {
		const struct difference *difference = &run->differences.list[i];
		if (renewal_loses(&run->renewal, difference) &&
			(!difference->new ||
				survey_may_have_replaced(run->survey, difference->new)))
			return true;
	}
	return false;
}

/** Keep the lines of files that the walk may have missed. @return 0, or -1 with errno */
static int keep_missed(struct update *run)
{
	struct missed missed = {0};
	if (!may_have_missed(run))
		return 0;
	int result = survey_find_missed(run->survey, &missed);
	if (result == 0)
		renewal_keep_missed(&run->renewal, &missed);
	missed_free(&missed);
	return result;
}

/** Keep lines that would be dropped or replaced otherwise. @return 0, or -1, which was reported */
static int keep(struct update *run)
{
	struct renewal *renewal = &run->renewal;
	renewal_keep_renamed(renewal);
	if (renewal_drops_any(renewal) && is_unread(run))
		renewal_keep_missing(renewal, RENEWAL_UNREAD);
	if (renewal_drops_any(renewal) && run->tally->not_reached)
		renewal_keep_missing(renewal, RENEWAL_LATE);
	if (keep_missed(run) != 0)
		return run_failed("cannot go on");
	return renewal_keep_last(renewal) == 0 ? 0 : run_failed("cannot compare");
}

/** Report how many lines are kept, and why. */
static void tell_kept(const struct update *run)
{
	static const char *const reasons[RENEWAL_REASONS] = {
		[RENEWAL_UNREAD] = "of missing files, as not all could be read (--accept=missing)",
		[RENEWAL_LATE] = "of missing files, as time ran out (--accept=missing)",
		[RENEWAL_MOVING] = "of files that may have been renamed during the walk"
				   " (--accept=missing,changed)",
		[RENEWAL_RENAMED] =
			"of files that were corrupt and are gone, or may be corrupt ones"
			" of other names (--accept=missing,corrupt)",
		[RENEWAL_ALTERED] =
			"of altered files, as what they held may be in files that were not"
			" read (--accept=changed)",
		[RENEWAL_LAST] = "whose contents are in a file that keeps another line"
				 " (--accept=missing,changed,corrupt)",
	};
	for (size_t i = 0; i < RENEWAL_REASONS; i++) {
		uint64_t kept = run->renewal.kept[i];
		if (kept)
			report_message("%" PRIu64 " %s kept %s", kept,
				kept == 1 ? "line is" : "lines are", reasons[i]);
	}
}

/** Whether a file was corrupt when it was last read, and there was no time to read it again. */
static bool is_left_corrupt(const struct difference *difference)
{
	return difference->word == DIFFERENCE_UNREAD && difference->old &&
		difference->old->annotation.suspect;
}

/** Report how many files were corrupt, and were not read again. */
static void tell_left_corrupt(const struct update *run)
{
	uint64_t count = 0;
	for (size_t i = 0; i < run->differences.count; i++)
		count += is_left_corrupt(&run->differences.list[i]);
	if (count && !run->options->dry_run)
		report_message("%" PRIu64 " corrupt %s not read again, as time ran out", count,
			count == 1 ? "file was" : "files were");
}

/** Set the exit status by the differences. */
static void judge(const struct update *run)
{
	const struct options *options = run->options;
	for (size_t i = 0; i < run->differences.count; i++) {
		const struct difference *difference = &run->differences.list[i];
		bool corrupt = difference->word == DIFFERENCE_CORRUPT &&
			renewal_record(&run->renewal, difference) == difference->old;
		/* With --append-only, differences of old lines are only reported. */
		bool told = options->append_only && difference->old &&
			difference->word != DIFFERENCE_SAME &&
			difference->word != DIFFERENCE_OUTSIDE;
		if (corrupt || told || difference->word == DIFFERENCE_UNREADABLE ||
			is_left_corrupt(difference))
			report_status(1);
	}
	for (size_t i = 0; i < RENEWAL_REASONS; i++) {
		/* That time ran out is no trouble: the next run goes on. What could not be read is
		 * trouble already. */
		if (run->renewal.kept[i] && i != RENEWAL_LATE && i != RENEWAL_ALTERED)
			report_status(1);
	}
}

/** Print the report. @return 0, or -1, which was reported */
static int tell(struct update *run)
{
	const struct options *options = run->options;
	/* In the first update, every name is new. */
	if (!run->exists && !options->dry_run)
		output_hide(run->lines, VERDICT_NEW);
	if (compare_print(options, &run->differences, run->lines, run->tally) != 0)
		return -1;
	compare_tell_names(options, options->manifest, &run->old, run->tally);
	judge(run);
	if (output_commit(run->lines) != 0)
		return run_write_failed(options);
	if (options->check_output != CHECK_STATUS) {
		tell_kept(run);
		tell_left_corrupt(run);
	}
	compare_tell(options, run->tally);
	return 0;
}

/** Report why the manifest was not replaced. @return -1 */
static int write_failed(const struct update *run)
{
	int error = errno;
	if (signals_caught())
		return run_failed("cannot go on");
	if (error == ESTALE)
		return run_refuse(run->options->manifest,
			"was changed by another program during the run; not replaced");
	/* The manifest is a regular file: only its backup can be a directory. */
	char *backup = NULL;
	if (error == EISDIR && asprintf(&backup, "%s~", run->options->manifest) < 0)
		backup = NULL;
	report_file(backup ? backup : run->options->manifest, error);
	report_failure();
	free(backup);
	return -1;
}

/** Whether all that was to be read was read. */
static bool is_complete(const struct update *run)
{
	const struct tally *tally = run->tally;
	return !tally->not_reached && tally->due_read == tally->due;
}

/** Update the manifest. @return 0, or -1, which was reported */
static int renew(struct update *run)
{
	run->job = long_job_new(run->options, run->tally);
	if (!run->job || lock(run) != 0 || load(run) != 0)
		return -1;
	run->looking.job = run->job;
	if (!run->options->dry_run)
		long_job_open_journal(run->job, run->options->manifest);
	run->looking.backup = compare_backup(run->options->manifest);
	run->survey = survey_new(&run->looking);
	if (!run->survey || survey_run(run->survey) != 0 ||
		survey_compare(run->survey, &run->differences) != 0)
		return -1;
	run->renewal = (struct renewal){
		.options = run->options,
		.differences = &run->differences,
	};
	if (keep(run) != 0 ||
		doubt_update(&run->old, survey_coverage(run->survey), &run->renewal) != 0)
		return -1;
	if (!run->options->dry_run && has_changed(run) && write_manifest(run) != 0)
		return write_failed(run);
	long_job_done(run->job, is_complete(run));
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
			.catalog = &run.old,
		};
		renew(&run);
	}
	/* First, as it removes the temporary file. */
	output_free(run.manifest);
	output_free(run.lines);
	long_job_free(run.job);
	signals_release();
	differences_free(&run.differences);
	survey_free(run.survey);
	catalog_free(&run.old);
}
