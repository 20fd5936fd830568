#include "run.h"

#include "confine.h"
#include "sys/signals.h"
#include "ui/progress.h"
#include "ui/report.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int run_failed(const char *what)
{
	if (!signals_caught())
		report_failed(errno, "%s: %s", what, strerror(errno));
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

struct writer *run_open_output(const char *path)
{
	struct writer *writer = writer_open(path);
	if (!writer)
		report_file_reason(path ? path : "standard output", open_reason(errno));
	return writer;
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

int run_change_directory(const struct options *options)
{
	if (!options->directory || chdir(options->directory) == 0)
		return 0;
	report_file(options->directory, errno);
	report_failure();
	return -1;
}

void run_unread(const struct digest_entry *entry)
{
	const struct hasher_result *result = &entry->result;
	char room[64];
	if (result->state == HASHER_FAILED)
		report_file(entry->path, result->error);
	else
		report_file_reason(entry->path, hasher_task_reason(result, room));
}

int run_write_failed(const struct options *options)
{
	if (!options->output || signals_caught())
		return run_failed("write error");
	report_file(options->output, errno);
	return -1;
}

/** Report why parallel_next() failed. @return -1 */
static int hashing_failed(void)
{
	if (errno == ECANCELED)
		return -1;
	if (errno != ECHILD)
		return run_failed("cannot hash");
	report_failed(0, "the hashers died again and again: giving up");
	return -1;
}

void run_count(const struct parallel *parallel, const struct digest_queue *waiting, double part,
	struct estimate_counts *counts)
{
	const struct parallel_counts *hashers = parallel_counts(parallel);
	counts->files_done = hashers->files_done;
	counts->files = hashers->files;
	counts->bytes_done = hashers->bytes_done;
	counts->bytes = hashers->bytes;
	counts->unsized = hashers->unsized;
	if (waiting) {
		counts->files += waiting->count;
		counts->bytes += waiting->bytes;
		counts->unsized += waiting->unsized;
	}
	/* Nobody knows how long a stream is. */
	counts->part = hashers->streams ? 0 : part;
	counts->name = hashers->current ? hashers->current->path : NULL;
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

int run_next(const struct options *options, struct parallel *parallel, struct writer *writer,
	struct digest_entry **entry)
{
	int timeout = 0;
	for (;;) {
		run_answer();
		int got = parallel_next(parallel, timeout, entry);
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
		/* A check goes on, for its warnings, and tells at its end. */
		if (timeout)
			progress_update();
		else if (writer_flush(writer) != 0 && options->mode == MODE_GENERATE)
			return run_write_failed(options);
		timeout = progress_wait();
	}
}

struct parallel *run_hashers(const struct options *options, const struct sandbox *sandbox,
	int interrupt_fd, const struct parallel_source *source)
{
	struct parallel_options hashing = {
		.algorithm = options->algorithm,
		.engine = options->engine,
		.jobs = options->jobs ? options->jobs : fp_cpu_count(),
		.timeout = options->timeout,
		.sandbox = *sandbox,
		.follow = options->dereference,
		.interrupt_fd = interrupt_fd,
	};
	struct parallel *parallel = parallel_open(&hashing, source);
	if (!parallel) {
		if (errno == ENOTSUP && options->engine == ENGINE_LANES)
			report_failed(
				0, "--engine=lanes: this processor or algorithm has no lanes");
		else if (errno == ENOTSUP)
			report_failed(0, "libcrypto has no %s here", options->algorithm->name);
		else
			run_failed("cannot start hashing");
		return NULL;
	}
	const struct engine *engine = parallel_engine(parallel);
	if (engine_lanes_failed(engine))
		report_message("warning: the lanes failed their self-test; using libcrypto");
	if (options->debug) {
		report_message("%s by %s, %s", options->algorithm->name, engine_name(engine),
			options->engine == ENGINE_AUTO ? "the fastest here" : "as --engine says");
		report_message("up to %u hashers, %s", hashing.jobs,
			options->jobs ? "as --jobs says" : "one for each processor to be had");
		confine_debug(options);
	}
	return parallel;
}
