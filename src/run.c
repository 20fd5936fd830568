#include "run.h"

#include "confine.h"
#include "forkpool/clock.h"
#include "manifest/attributes.h"
#include "sys/io.h"
#include "sys/signals.h"
#include "ui/progress.h"
#include "ui/quote.h"
#include "ui/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int run_failed(const char *what)
{
	if (!signals_caught())
		report_failed(errno, "%s: %s", what, strerror(errno));
	report_failure();
	return -1;
}

int run_refuse(const char *path, const char *reason)
{
	report_file_reason(path, reason);
	report_failure();
	return -1;
}

/** Why an output could not be opened. */
static const char *open_reason(int error)
{
	switch (error) {
	case EBUSY:
		return "in use by another run";
	case EEXIST:
		return "the name of its temporary, .NAME.treesum, is taken";
	default:
		return strerror(error);
	}
}

/** Report that the temporary could not be made: the file itself may be writable. */
static void report_beside(const char *path, int error)
{
	const char *slash = strrchr(path, '/');
	char *name = NULL, *reason = NULL;
	if (asprintf(&name, ".%s.treesum", slash ? slash + 1 : path) < 0)
		name = NULL;
	char *quoted = name ? quote_shell(name, false) : NULL;
	if (quoted &&
		asprintf(&reason, "cannot create %s beside it: %s", quoted, strerror(error)) < 0)
		reason = NULL;
	report_file_reason(path, reason ? reason : strerror(error));
	free(reason);
	free(quoted);
	free(name);
}

struct writer *run_open_output(const char *path)
{
	bool beside;
	struct writer *writer = writer_open(path, &beside);
	if (!writer && path && beside)
		report_beside(path, errno);
	else if (!writer)
		report_file_reason(path ? path : "standard output", open_reason(errno));
	return writer;
}

void run_tell_lost(const char *path, int lost)
{
	static const struct {
		enum attributes bit;
		const char *name;
	} words[] = {
		{ATTRIBUTES_OWNER, "owner"},
		{ATTRIBUTES_GROUP, "group"},
		{ATTRIBUTES_ACL, "access control list"},
		{ATTRIBUTES_EXTENDED, "extended attributes"},
	};
	char text[128] = "not kept of the old file: ";
	const char *separator = "";
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!(lost & (int)words[i].bit))
			continue;
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", separator,
			words[i].name);
		separator = ", ";
	}
	if (lost)
		report_remark(path, text);
}

bool run_replaces_manifest(
	const struct writer *output, const char *name, const struct stamp *manifest)
{
	if (!writer_replaces_file(output, manifest))
		return false;
	report_file_reason(name, "is the output as well");
	report_failure();
	return true;
}

void run_tell_recognised(
	const struct options *options, const char *name, const struct recogniser *seen)
{
	char room[128];
	const char *text = recognise_text(seen, room);
	if (text && options->check_output != CHECK_STATUS)
		report_remark(name, text);
}

void run_tell_where(const struct options *options, const char *path, int error)
{
	if (!options->directory || error != ENOENT || path[0] == '/')
		return;
	char *directory = getcwd(NULL, 0);
	char *where = directory ? quote_shell(directory, true) : NULL;
	char *name = quote_shell(path, true);
	if (where && name)
		report_message("%s was looked for in %s", name, where);
	free(name);
	free(where);
	free(directory);
}

int run_change_directory(const struct options *options)
{
	if (!options->directory || chdir(options->directory) == 0)
		return 0;
	report_file(options->directory, errno);
	report_failure();
	return -1;
}

void run_unread(const char *name, const struct hasher_result *result)
{
	char room[64];
	if (result->state == HASHER_FAILED)
		report_file(name, result->error);
	else
		report_file_reason(name, hasher_task_reason(result, room));
}

void run_cached(struct tally *tally, const char *name, const struct hasher_result *result)
{
	char room[128];
	const struct direct_refusal *refusal = &result->refusal;
	if (refusal->reason != DIRECT_BYPASSED && tally_cached(tally, result->stamp.device))
		report_file_reason(name, direct_reason(refusal, room));
}

int run_write_failed(const struct options *options)
{
	if (!options->output || signals_caught())
		return run_failed("write error");
	report_file(options->output, errno);
	return -1;
}

/** Report why scan_next() failed. @return -1 */
static int hashing_failed(void)
{
	if (errno == ECANCELED)
		return -1;
	if (errno != ECHILD)
		return run_failed("cannot hash");
	report_failed(0, "the workers died again and again: giving up");
	return -1;
}

void run_count(const struct scan *scan, struct tree *tree, const struct node_queue *waiting,
	double part, struct estimate_counts *counts)
{
	const struct scan_counts *known = scan_counts(scan);
	counts->files_done = known->files_done;
	counts->files = known->files;
	counts->bytes_done = known->bytes_done;
	counts->bytes = known->bytes;
	counts->unsized = known->unsized;
	if (waiting) {
		counts->files += waiting->count;
		counts->bytes += waiting->bytes;
		counts->unsized += waiting->unsized;
	}
	/* Nobody knows how long a stream is. */
	counts->part = known->streams ? 0 : part;
	counts->name = known->current ? tree_path(tree, known->current, NULL) : NULL;
}

void run_answer(void)
{
	if (signals_asked())
		progress_tell();
}

/** For the progress: which manifest is read. */
static void count_reading(void *context, struct estimate_counts *counts)
{
	const char **name = context;
	counts->name = *name;
}

void run_reading(const char **name)
{
	progress_begin(count_reading, name);
}

/** Before a wait: pass on what was printed, and write the journal. @return 0, or -1, reported */
static int flush(const struct run_waiting *waiting)
{
	if (waiting->job)
		long_job_flush(waiting->job);
	/* A check takes no more lines, and tells at its end, behind its warnings. */
	if (writer_flush(waiting->writer) == 0 || waiting->options->mode != MODE_GENERATE)
		return 0;
	return run_write_failed(waiting->options);
}

/** The shorter of two time-outs in ms, of which -1 is the longest. */
static int shorter(int one, int other)
{
	if (one < 0 || other < 0)
		return one < 0 ? other : one;
	return one < other ? one : other;
}

int run_next(const struct run_waiting *waiting, struct scan *scan, struct node **node,
	struct hasher_result *result)
{
	int64_t until = waiting->until ? *waiting->until : -1;
	int timeout = 0;
	for (;;) {
		run_answer();
		int got = scan_next(scan, timeout, node, result);
		if (got > 0)
			progress_update();
		if (got >= 0)
			return got;
		if (errno == EINTR && !signals_ended()) {
			/* The answer has erased the line: draw it again. */
			timeout = 0;
			continue;
		}
		if (errno != ETIMEDOUT)
			return hashing_failed();
		if (timeout)
			progress_update();
		else if (flush(waiting) != 0)
			return -1;
		int left = clock_left(until);
		if (left == 0)
			return RUN_LATE;
		timeout = shorter(progress_wait(), left);
	}
}

/** For --debug: how many workers and streams there are now. */
static void tell_limits(const struct workers_limits *limits)
{
	report_message("workers: %u, large files at a time: %u: %s", limits->workers,
		limits->streams, limits->reason);
}

/** Whether listings look at names with stat(2): for tests, both ways can be had. */
static enum hasher_stat stat_mode(void)
{
	const char *mode = getenv("TREESUM_STAT");
	if (mode && strcmp(mode, "always") == 0)
		return HASHER_STAT_ALWAYS;
	if (mode && strcmp(mode, "never") == 0)
		return HASHER_STAT_NEVER;
	return HASHER_STAT_TRY;
}

/** Say how files are read and hashed. */
static void tell_engine(const struct options *options, const struct engine *engine)
{
	report_message("%s by %s, %s", options->algorithm->name, engine_name(engine),
		options->engine == ENGINE_AUTO ? "the fastest here" : "as --engine says");
	if (options->jobs)
		report_message("up to %u workers, as --jobs says", options->jobs);
	else
		report_message(
			"%u workers at first, one for each processor to be had", fp_cpu_count());
	confine_debug(options);
}

struct scan *run_scan(const struct options *options, const struct run_scan *run, struct tree *tree,
	const struct scan_source *source)
{
	struct scan_options scanning = {
		.algorithm = options->algorithm,
		.engine = options->engine,
		.jobs = options->jobs,
		.timeout = options->timeout,
		.sandbox = run->sandbox,
		.follow = options->dereference,
		.streams = run->streams,
		/* The files of other shards are not touched. */
		.stat = options->shard.count ? HASHER_STAT_NEVER : stat_mode(),
		.look = options->dry_run,
		.uncached = options->uncached,
		.interrupt_fd = run->interrupt_fd,
		.decided = options->debug ? tell_limits : NULL,
	};
	for (size_t i = 0; i < 2 && run->outputs[i]; i++)
		scanning.owned_count +=
			writer_owned(run->outputs[i], scanning.owned + scanning.owned_count);
	const struct stamp others[] = {run->manifest, run->backup, run->journal};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (others[i].inode)
			scanning.owned[scanning.owned_count++] = others[i];
	}
	struct scan *scan = scan_open(&scanning, tree, source);
	if (!scan) {
		if (errno == ENOTSUP && options->engine == ENGINE_LANES)
			report_failed(
				0, "--engine=lanes: this processor or algorithm has no lanes");
		else if (errno == ENOTSUP)
			report_failed(0, "libcrypto has no %s here", options->algorithm->name);
		else
			run_failed("cannot start hashing");
		return NULL;
	}
	if (engine_lanes_failed(scan_engine(scan)))
		report_message("warning: the lanes failed their self-test; using libcrypto");
	if (options->debug)
		tell_engine(options, scan_engine(scan));
	return scan;
}
