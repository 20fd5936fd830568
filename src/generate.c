/*
 * Results are kept until the walk is complete, so that an interrupted run prints nothing. With
 * --unsorted each is printed when it is there.
 */
#include "generate.h"

#include "output.h"
#include "run.h"
#include "sys/signals.h"
#include "trees.h"

/** A run of this mode. */
struct generate {
	const struct options *options;
	struct tally *tally;
	struct output *output;
};

/** Print what came of a name: its line, or why it has none. @return 0, or -1, which was reported */
static int print_entry(void *context, const struct tree_entry *entry)
{
	const struct generate *run = context;
	const struct hasher_result *result = &entry->result;
	bool failed = entry->type == NFTW_DNR || entry->type == NFTW_NS;
	if (entry->own)
		run->tally->skipped[TALLY_OWN]++;
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

/** Walk, hash, and print. @return 0, or -1, which was reported */
static int hash_and_print(struct generate *run, int interrupt_fd)
{
	struct trees_options options = {
		.options = run->options,
		.interrupt_fd = interrupt_fd,
		.tally = run->tally,
		.writer = output_writer(run->output),
		.hooks = {.entry = print_entry, .context = run},
	};
	struct trees *trees = trees_open(&options);
	int status = trees ? trees_run(trees) : -1;
	if (status == 0 && output_commit(run->output) != 0)
		status = run_write_failed(run->options);
	/* First what would be left behind: the temporary of an output that is not complete. */
	output_free(run->output);
	signals_release();
	trees_free(trees);
	return status;
}

void generate(const struct options *options, int interrupt_fd, struct tally *tally)
{
	struct generate run = {
		.options = options,
		.tally = tally,
		.output = output_open(options, tally),
	};
	if (run.output)
		hash_and_print(&run, interrupt_fd);
}
