/*
 * Results are kept until the walk is complete, so that an interrupted run prints nothing. With
 * --unsorted each is printed when it is there.
 */
#include "generate.h"

#include "long_job.h"
#include "output.h"
#include "run.h"
#include "share.h"
#include "sys/signals.h"
#include "trees.h"
#include "ui/report.h"

/** A run of this mode. */
struct generate {
	const struct options *options;
	struct tally *tally;
	struct output *output;
	struct long_job *job;
	/** NULL without --shard. */
	struct share *share;
};

/** Print what came of a name: its line, or why it has none. @return 0, or -1, which was reported */
static int print_entry(void *context, const struct tree_entry *entry)
{
	const struct generate *run = context;
	const struct hasher_result *result = &entry->result;
	bool failed = entry->type == NFTW_DNR || entry->type == NFTW_NS;
	if (entry->own)
		run->tally->skipped[TALLY_OWN]++;
	if (entry->not_reached)
		return 0;
	if (entry->own || (!failed && (entry->type != NFTW_F || !entry->regular)))
		return 0;
	tally_result(run->tally, result);
	if (result->state != HASHER_DONE) {
		run_unread(entry->path, result);
		return 0;
	}
	run_cached(run->tally, entry->path, result);
	return output_file(run->output, entry) == 0 ? 0 : run_write_failed(run->options);
}

/** Complete the output, unless time ran out. @return 0, or -1, which was reported */
static int commit(struct generate *run)
{
	if (run->tally->not_reached) {
		/* What is not complete does not take the target's place. */
		report_status(1);
		return -1;
	}
	if (output_commit(run->output) != 0)
		return run_write_failed(run->options);
	if (run->job)
		long_job_done(run->job, true);
	return 0;
}

/** Walk, hash, and print. @return 0, or -1, which was reported */
static int hash_and_print(struct generate *run, int interrupt_fd)
{
	struct trees_options options = {
		.options = run->options,
		.interrupt_fd = interrupt_fd,
		.tally = run->tally,
		.writer = output_writer(run->output),
		.job = run->job,
		.share = run->share,
		.hooks = {.entry = print_entry, .context = run},
	};
	struct trees *trees = trees_open(&options);
	int status = trees ? trees_run(trees) : -1;
	if (status == 0)
		status = commit(run);
	/* First what would be left behind: the temporary of an output that is not complete. */
	output_free(run->output);
	long_job_free(run->job);
	signals_release();
	trees_free(trees);
	return status;
}

/** With -o: keep a journal. @return 0, or -1, which was reported */
static int begin_journal(struct generate *run)
{
	const struct options *options = run->options;
	if (!options->output)
		return 0;
	if (writer_is_file(output_writer(run->output))) {
		run->job = long_job_new(options, run->tally);
		if (!run->job)
			return -1;
		long_job_open_journal(run->job, options->output);
		return 0;
	}
	if (!options->resume && !options->for_seconds)
		return 0;
	report_file_reason(options->output, "is not a regular file: --resume and --for need one");
	return -1;
}

void generate(const struct options *options, int interrupt_fd, struct tally *tally)
{
	struct generate run = {.options = options, .tally = tally};
	if (options->shard.count && !(run.share = share_new(options)))
		return;
	run.output = output_open(options, tally);
	if (run.output && begin_journal(&run) == 0)
		hash_and_print(&run, interrupt_fd);
	else
		output_free(run.output);
	share_free(run.share);
}
