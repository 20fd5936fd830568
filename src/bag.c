/*
 * The parent reads what a bag lists, then the bag is walked and hashed as any tree is: what is read is what
 * the walk found, and nothing is opened because a manifest names it.
 *
 * Bags are taken in batches, each read by one pool: bags in a row with the same algorithms. A file is read
 * once for all of them. A bag that cannot be walked ends a batch, so that results come in the order of
 * the operands.
 */
#include "bag.h"

#include "bag_compare.h"
#include "bag_contents.h"
#include "bag_list.h"
#include "bag_report.h"
#include "output.h"
#include "run.h"
#include "sys/signals.h"
#include "trees.h"

#include <stdlib.h>
#include <string.h>

/** A batch that lists this many names takes no more bags, which bounds memory. */
#define BATCH_NAMES ((size_t)1 << 20)

/** A bag of a batch. */
struct bag {
	struct bag_report report;
	struct bag_list list;
	struct bag_contents contents;
};

/** Bags in a row that are walked at the same time. */
struct batch {
	const struct options *options;
	int interrupt_fd;
	struct tally *tally;
	struct output *output;
	/** One for each operand, NULL where it is not loaded, or is done. */
	struct bag **bags;
	/** The first of the batch, and how many there are. */
	size_t first;
	size_t count;
	/** The walk of how many of them has begun. */
	size_t begun;
	/** How many names they list. */
	size_t names;
};

/** NULL is allowed. */
static void free_bag(struct bag *bag)
{
	if (!bag)
		return;
	bag_report_free(&bag->report);
	bag_list_free(&bag->list);
	bag_contents_free(&bag->contents);
	free(bag);
}

/** Tell what a bag is, which was all that is to be said of it. @return 0, or -1, which was reported */
static int end(struct batch *batch, size_t index)
{
	int status = bag_report_end(&batch->bags[index]->report);
	free_bag(batch->bags[index]);
	batch->bags[index] = NULL;
	if (status != 0)
		return -1;
	/* What is said of the next one comes after it. */
	if (writer_flush(output_writer(batch->output)) != 0)
		return run_write_failed(batch->options);
	return 0;
}

/** All of the bag was found whose walk has begun last. @return as end() */
static int conclude(struct batch *batch)
{
	size_t index = batch->first + batch->begun - 1;
	struct bag *bag = batch->bags[index];
	bag_contents_end(&bag->contents);
	if (bag_compare(&bag->list, &bag->contents, &bag->report) != 0)
		return -1;
	return end(batch, index);
}

/** For the trees, which come one after the other. */
static int take(void *context, const struct tree_entry *entry)
{
	struct batch *batch = context;
	/* A root that cannot be read to its end comes twice. */
	if (entry->root && entry->type != NFTW_DNR) {
		if (batch->begun && conclude(batch) != 0)
			return -1;
		batch->begun++;
	}
	struct bag *bag = batch->bags[batch->first + batch->begun - 1];
	if (bag_contents_add(&bag->contents, entry, &bag->list, &bag->report, batch->tally) != 0)
		return run_failed("cannot go on");
	return 0;
}

/** Walk the bags of a batch, tell what they are, and begin the next. @return as end() */
static int run_batch(struct batch *batch)
{
	struct options here = *batch->options;
	if (batch->count == 0)
		return 0;
	/* It was changed to. */
	here.directory = NULL;
	here.operands += batch->first;
	here.operand_count = batch->count;
	here.algorithms = batch->bags[batch->first]->list.algorithms;
	const struct trees_options walking = {
		.options = &here,
		.interrupt_fd = batch->interrupt_fd,
		.tally = batch->tally,
		.writer = output_writer(batch->output),
		.only = true,
		.leftovers = true,
		.hooks = {.entry = take, .context = batch},
	};
	struct trees *trees = trees_open(&walking);
	int status = trees ? trees_run(trees) : -1;
	if (status == 0)
		status = conclude(batch);
	if (status != 0) {
		/* First what would be left behind: workers may take their time. */
		writer_discard(output_writer(batch->output));
		signals_release();
	}
	trees_free(trees);
	batch->first += batch->count;
	batch->count = batch->begun = batch->names = 0;
	return status;
}

/** Whether a bag can be read by the pool of a batch. */
static bool fits(const struct batch *batch, const struct bag *bag)
{
	if (batch->count == 0)
		return true;
	const struct digest_set *set = &batch->bags[batch->first]->list.algorithms;
	const struct digest_set *own = &bag->list.algorithms;
	return batch->names < BATCH_NAMES && set->count == own->count &&
		memcmp(set->list, own->list, set->count * sizeof(*set->list)) == 0;
}

/** Take the next bag. @return as end() */
static int take_bag(struct batch *batch, size_t index)
{
	struct bag *bag = calloc(1, sizeof(*bag));
	if (!bag) {
		run_failed("cannot go on");
		return -1;
	}
	batch->bags[index] = bag;
	bag->report = (struct bag_report){
		.options = batch->options,
		.output = batch->output,
		.tally = batch->tally,
		.path = batch->options->operands[index],
	};
	int loaded = bag_list_load(&bag->list, &bag->report);
	batch->tally->malformed += bag->list.malformed;
	if (loaded < 0 || ((loaded == 0 || !fits(batch, bag)) && run_batch(batch) != 0))
		return -1;
	if (loaded == 0) {
		batch->first = index + 1;
		return end(batch, index);
	}
	batch->count++;
	batch->names += bag->list.count;
	return 0;
}

void bag(const struct options *options, int interrupt_fd, struct tally *tally)
{
	struct batch batch = {
		.options = options,
		.interrupt_fd = interrupt_fd,
		.tally = tally,
		.output = output_open(options, tally),
		.bags = calloc(options->operand_count, sizeof(*batch.bags)),
	};
	int status = -1;
	if (!batch.bags)
		run_failed("cannot start");
	else if (batch.output && run_change_directory(options) == 0)
		status = 0;
	for (size_t i = 0; status == 0 && i < options->operand_count; i++)
		status = take_bag(&batch, i);
	if (status == 0)
		status = run_batch(&batch);
	if (status == 0 && output_commit(batch.output) != 0)
		run_write_failed(options);
	output_free(batch.output);
	for (size_t i = 0; batch.bags && i < options->operand_count; i++)
		free_bag(batch.bags[i]);
	free(batch.bags);
}
