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
 *   - Nothing is written if the manifest belongs to another tree (none of its names lies below any
 *     PATH), or if more than half of its lines would be dropped or get new digests: perhaps a tree
 *     was moved, or a disk is not mounted, or another disk is in its place.
 *   - Nothing is written if another program has changed the manifest meanwhile.
 *
 * --accept allows each of these but the last. The report is printed after the manifest is written.
 */
#include "update.h"

#include "compare.h"
#include "manifest/known.h"
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
	struct known *known;
	struct survey *survey;
	struct survey_options looking;
	struct differences differences;
	/** Something that was found could not be read: missing files may be there. */
	bool unread;
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
	const struct options *options = run->options;
	const char *path = options->manifest;
	struct stat status;
	run->exists = stat(path, &status) == 0;
	if (run->exists && !S_ISREG(status.st_mode))
		return refuse(path, "is not a regular file");
	if (options->dry_run)
		return 0;
	run->manifest = output_open_manifest(options, path);
	if (!run->manifest) {
		report_failure();
		return -1;
	}
	struct writer *writer = output_writer(run->manifest);
	if (run->exists && !writer_replaces(writer))
		return refuse(path, "is standard output or standard error as well");
	run->exists = writer_replaces(writer);
	writer_guard(writer);
	if (options->backup)
		writer_backup(writer);
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
		return refuse(options->manifest,
			"is empty, without even a seal: was it cut off? (--accept=new)");
	run->known = known_new(options->ignore_ctime);
	for (size_t i = 0; run->known && i < run->old.count; i++) {
		if (known_add(run->known, &run->old.records[i]) != 0)
			return run_failed("cannot start");
	}
	if (!run->known)
		return run_failed("cannot start");
	run->looking.known = run->known;
	return 0;
}

/** Whether the line of a missing file is kept. */
static bool is_kept(const struct update *run, const struct record *old)
{
	return run->options->append_only ||
		(run->unread && !accept_name(&run->options->accept, ACCEPT_MISSING, old->key));
}

/** The new record of a name, or NULL if its line is dropped. */
static const struct record *renewed(const struct update *run, const struct difference *difference)
{
	const struct record *old = difference->old, *new = difference->new;
	switch (difference->word) {
	case DIFFERENCE_CORRUPT:
		return accept_name(&run->options->accept, ACCEPT_CORRUPT, old->key) ? new : old;
	case DIFFERENCE_UNREADABLE:
	case DIFFERENCE_UNREAD:
	case DIFFERENCE_OUTSIDE:
		return old;
	case DIFFERENCE_MISSING:
	case DIFFERENCE_LEFT:
		return is_kept(run, old) ? old : NULL;
	case DIFFERENCE_SAME:
		/* With --ignore-ctime nobody knows what a new ctime means: the old one stays until
		 * the file is read. */
		return new->reused ? old : new;
	default:
		return run->options->append_only && old ? old : new;
	}
}

/** Whether a new line would equal the old one. */
static bool is_same_line(const struct record *old, const struct record *new)
{
	const struct annotation *before = &old->annotation, *now = &new->annotation;
	return old->annotated && before->settled == now->settled && before->young == now->young &&
		before->size == now->size && stamp_same_time(&before->mtime, &now->mtime) &&
		(!now->settled || stamp_same_time(&before->ctime, &now->ctime));
}

/** Whether there is anything to write. */
static bool has_changed(const struct update *run)
{
	for (size_t i = 0; i < run->differences.count; i++) {
		const struct difference *difference = &run->differences.list[i];
		const struct record *record = renewed(run, difference);
		bool same = record == difference->old ||
			(difference->word == DIFFERENCE_SAME &&
				is_same_line(difference->old, difference->new));
		if (!same)
			return true;
	}
	return !run->old.sealed;
}

/** Write the new manifest, and replace the old one. @return 0, or -1 with errno */
static int write_manifest(struct update *run)
{
	if (output_text(run->manifest, run->old.comments, run->old.comments_size) != 0)
		return -1;
	for (size_t i = 0; i < run->differences.count; i++) {
		const struct difference *difference = &run->differences.list[i];
		const struct record *record = renewed(run, difference);
		if (!record)
			continue;
		struct record line = *record;
		/* Keep the spelling of the name. */
		if (difference->old) {
			line.name = difference->old->name;
			line.name_size = difference->old->name_size;
		}
		/* The contents are the same, so further fields still hold. */
		if (difference->word == DIFFERENCE_SAME && difference->old) {
			line.annotation.more = difference->old->annotation.more;
			line.annotation.more_size = difference->old->annotation.more_size;
		}
		if (output_record(run->manifest, &line) != 0)
			return -1;
	}
	return output_commit(run->manifest);
}

/** Whether the manifest lists something, but nothing below any PATH. */
static bool is_elsewhere(const struct update *run)
{
	const struct coverage *coverage = survey_coverage(run->survey);
	for (size_t i = 0; i < run->old.count; i++) {
		if (coverage_is_below(coverage, &run->old.records[i]))
			return false;
	}
	return run->old.count > 0;
}

/** Whether all new names were accepted. */
static bool accepts_new(const struct update *run)
{
	const struct accept *accept = &run->options->accept;
	for (size_t i = 0; i < run->differences.count; i++) {
		const struct difference *difference = &run->differences.list[i];
		if (!difference->old && !accept_name(accept, ACCEPT_NEW, difference->new->key))
			return false;
	}
	return accept_given(accept, ACCEPT_NEW);
}

/** Whether a line is dropped without --accept. */
static bool is_dropped(const struct update *run, const struct difference *difference)
{
	return difference->word == DIFFERENCE_MISSING && !renewed(run, difference) &&
		!accept_name(&run->options->accept, ACCEPT_MISSING, difference->old->key);
}

/**
 * Whether a line gets a new digest without --accept. A digest that was moved to another name is not
 * lost; that of a corrupt file changes only with --accept.
 */
static bool is_changed(const struct update *run, const struct difference *difference)
{
	bool other = difference->word == DIFFERENCE_CHANGED ||
		(difference->word == DIFFERENCE_COPIED && difference->old);
	return other && renewed(run, difference) == difference->new &&
		!accept_name(&run->options->accept, ACCEPT_CHANGED, difference->old->key);
}

/** Whether any line is dropped or gets a new digest; usually none does. */
static bool has_losses(const struct update *run)
{
	for (size_t i = 0; i < run->differences.count; i++) {
		const struct difference *difference = &run->differences.list[i];
		if (is_dropped(run, difference) || is_changed(run, difference))
			return true;
	}
	return false;
}

/** Count the lines that are dropped or changed below each PATH. */
static void count_losses(struct update *run)
{
	struct coverage *coverage = survey_coverage(run->survey);
	for (size_t i = 0; i < run->differences.count; i++) {
		const struct difference *difference = &run->differences.list[i];
		if (difference->old)
			coverage_count(coverage, difference->old, is_dropped(run, difference),
				is_changed(run, difference));
	}
}

/** Report that most of the lines below a PATH would be lost. @return -1 */
static int refuse_losses(const struct coverage_losses *losses)
{
	char reason[256];
	const char *words = !losses->changed ? "missing"
		: !losses->dropped           ? "changed"
					     : "missing,changed";
	snprintf(reason, sizeof(reason),
		"of %" PRIu64 " lines, %" PRIu64 " would be dropped and %" PRIu64
		" get new digests: is this the tree, and all of it mounted? (--accept=%s)",
		losses->lines, losses->dropped, losses->changed, words);
	return refuse(losses->path, reason);
}

/** Check whether the update is plausible. @return 0, or -1 if it is refused, which was reported */
static int doubt(struct update *run)
{
	struct coverage_losses losses;
	if (is_elsewhere(run) && !accepts_new(run))
		return refuse(run->options->manifest,
			"lists nothing below any PATH: was the tree moved? (-C, --accept=new)");
	if (!has_losses(run))
		return 0;
	count_losses(run);
	if (coverage_loses(survey_coverage(run->survey), &losses))
		return refuse_losses(&losses);
	return 0;
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

/** Mark the lines that stay of files that are missing. */
static void mark_kept(struct update *run)
{
	for (size_t i = 0; i < run->differences.count; i++) {
		struct difference *difference = &run->differences.list[i];
		difference->kept = difference->old && is_kept(run, difference->old);
	}
}

/** Report how many lines of missing files are kept. */
static void tell_kept(const struct update *run)
{
	uint64_t kept = 0;
	for (size_t i = 0; i < run->differences.count; i++) {
		const struct difference *difference = &run->differences.list[i];
		bool gone = difference->word == DIFFERENCE_MISSING ||
			difference->word == DIFFERENCE_LEFT;
		kept += gone && renewed(run, difference);
	}
	if (!kept || run->options->append_only)
		return;
	report_message("%" PRIu64 " %s kept of missing files, as not all could be read"
		       " (--accept=missing)",
		kept, kept == 1 ? "line is" : "lines are");
}

/** Set the exit status by the differences. */
static void judge(const struct update *run)
{
	const struct options *options = run->options;
	for (size_t i = 0; i < run->differences.count; i++) {
		const struct difference *difference = &run->differences.list[i];
		bool corrupt = difference->word == DIFFERENCE_CORRUPT &&
			renewed(run, difference) == difference->old;
		/* With --append-only, differences of old lines are only reported. */
		bool told = options->append_only && difference->old &&
			difference->word != DIFFERENCE_SAME &&
			difference->word != DIFFERENCE_OUTSIDE;
		if (corrupt || told || difference->word == DIFFERENCE_UNREADABLE) {
			report_status(1);
			return;
		}
	}
}

/** Print the report. @return 0, or -1, which was reported */
static int tell(struct update *run)
{
	const struct options *options = run->options;
	/* In the first update, every name is new. */
	if (!run->exists && !options->dry_run)
		output_hide(run->lines, VERDICT_NEW);
	mark_kept(run);
	if (compare_print(options, &run->differences, run->lines, run->tally) != 0)
		return -1;
	judge(run);
	if (output_commit(run->lines) != 0)
		return run_write_failed(options);
	if (options->check_output != CHECK_STATUS)
		tell_kept(run);
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
		return refuse(run->options->manifest,
			"was changed by another program meanwhile, and is left as that has it");
	/* The manifest is a regular file: only its backup can be a directory. */
	char *backup = NULL;
	if (error == EISDIR && asprintf(&backup, "%s~", run->options->manifest) < 0)
		backup = NULL;
	report_file(backup ? backup : run->options->manifest, error);
	report_failure();
	free(backup);
	return -1;
}

/** Update the manifest. @return 0, or -1, which was reported */
static int renew(struct update *run)
{
	if (lock(run) != 0 || load(run) != 0)
		return -1;
	run->looking.backup = compare_backup(run->options->manifest);
	run->survey = survey_new(&run->looking);
	if (!run->survey || survey_run(run->survey) != 0 ||
		survey_compare(run->survey, &run->differences) != 0)
		return -1;
	run->unread = is_unread(run);
	if (doubt(run) != 0)
		return -1;
	if (!run->options->dry_run && has_changed(run) && write_manifest(run) != 0)
		return write_failed(run);
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
	signals_release();
	differences_free(&run.differences);
	survey_free(run.survey);
	known_free(run.known);
	catalog_free(&run.old);
}
