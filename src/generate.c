/*
 * As in the tutorial: build the map, print the map in order. The manifest is printed when all is
 * done, so that a run that was broken off leaves none that looks complete. With --unsorted there is
 * no map, and each entry is printed when it is done.
 */
#include "generate.h"

#include "build_map.h"
#include "output.h"
#include "run.h"
#include "sys/signals.h"

/** A run of this mode. */
struct generate {
	const struct options *options;
	struct tally *tally;
	struct output *output;
};

/** Print what came of an entry: its line, or why it has none. @return 0, or -1, which was reported
 */
static int print_entry(void *context, struct digest_entry *entry)
{
	const struct generate *run = context;
	/* An operand that was walked. */
	if (entry->result.state == HASHER_DIRECTORY && !entry->root_size)
		return 0;
	tally_result(run->tally, &entry->result);
	if (entry->result.state == HASHER_DONE)
		return output_file(run->output, entry) == 0 ? 0 : run_write_failed(run->options);
	run_unread(entry);
	return 0;
}

/** Print the manifest. @return as print_entry() */
static int print_map(struct generate *run, const struct digest_map *map)
{
	struct digest_entry *entry = map ? digest_map_first(map) : NULL;
	for (; entry; entry = digest_map_next(map, entry)) {
		if (print_entry(run, entry) != 0)
			return -1;
	}
	return 0;
}

static bool is_own(void *context, const struct stamp *stamp)
{
	const struct generate *run = context;
	bool own = writer_owns(output_writer(run->output), stamp);
	if (own)
		run->tally->skipped[TALLY_OWN]++;
	return own;
}

static int count_found(void *context, const struct walker_entry *found)
{
	const struct generate *run = context;
	tally_found(run->tally, found);
	return 0;
}

/** Build the map and print it. @return 0, or -1, which was reported */
static int build_and_print(struct generate *run, int interrupt_fd)
{
	struct build_options options = {
		.options = run->options,
		.interrupt_fd = interrupt_fd,
		.writer = output_writer(run->output),
		.hooks = {.owns = is_own,
			.found = count_found,
			.done = print_entry,
			.context = run},
	};
	struct build *build = build_open(&options);
	int status = build ? build_run(build) : -1;
	if (build)
		run->tally->skipped[TALLY_EXCLUDED] = build_excluded(build);
	if (status == 0)
		status = print_map(run, build_map(build));
	if (status == 0 && output_commit(run->output) != 0)
		status = run_write_failed(run->options);
	/* First what would be left behind: the temporary of an output that is not complete. */
	output_free(run->output);
	signals_release();
	build_free(build);
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
		build_and_print(&run, interrupt_fd);
}
