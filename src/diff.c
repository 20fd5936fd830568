/*
 * Two directories are walked and hashed by one pool, at the same time. Names are relative to each of
 * them. Neither side is believed: that contents differ under the same mtime shows that one of them is
 * damaged, but not which one.
 */
#include "diff.h"

#include "compare.h"
#include "inventory.h"
#include "manifest/normal_form.h"
#include "run.h"
#include "sys/io.h"
#include "sys/signals.h"
#include "trees.h"
#include "ui/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/** Whether two manifests can be compared; where not, that is reported. */
static bool are_comparable(
	const struct options *options, const struct catalog *old, const struct catalog *new)
{
	bool by_size = !old->algorithm_named || !new->algorithm_named;
	bool same = old->algorithm == new->algorithm ||
		(by_size && old->algorithm->size == new->algorithm->size);
	if (same || old->count == 0 || new->count == 0)
		return true;
	char reason[64];
	snprintf(reason, sizeof(reason), "its digests are of %s, those of the other of %s",
		new->algorithm->name, old->algorithm->name);
	run_refuse(strcmp(options->operands[1], "-") == 0 ? "standard input" : options->operands[1],
		reason);
	return false;
}

/** Hold one side against the other. @return 0, or -1, which was reported */
static int compare(const struct options *options, const struct digest_algorithm *algorithm,
	const struct difference_side *old, const struct difference_side *new, struct output *output,
	struct tally *tally)
{
	const struct difference_search search = {
		.old = *old,
		.new = *new,
		.algorithm = algorithm,
		.alike = true,
	};
	struct differences differences;
	if (differences_find(&search, &differences) != 0)
		return run_failed("cannot compare");
	int status = normal_form_remark(&differences);
	if (status != 0)
		run_failed("cannot compare");
	else
		status = compare_print(options, &differences, output, tally);
	differences_free(&differences);
	if (status != 0)
		return -1;
	return compare_end(options, output, tally);
}

/** Leave out what --exclude says. */
static void leave_out(const struct options *options, struct catalog *catalog, struct tally *tally)
{
	size_t kept = 0;
	if (!options->filter)
		return;
	for (size_t i = 0; i < catalog->count; i++) {
		if (filter_excludes_listed(options->filter, catalog->records[i].key))
			tally->skipped[TALLY_EXCLUDED]++;
		else
			catalog->records[kept++] = catalog->records[i];
	}
	catalog->count = kept;
}

static void diff_manifests(
	const struct options *options, int interrupt_fd, struct output *output, struct tally *tally)
{
	struct catalog old = {0}, new = {0};
	struct stamp file, other;
	bool loaded = compare_load(options, options->operands[0], interrupt_fd, output, NULL, &old,
			      &other) == 0 &&
		compare_map(options, options->operands[0], &old) == 0 &&
		compare_load(options, options->operands[1], interrupt_fd, output, &other, &new,
			&file) == 0;
	tally->malformed = old.improper + new.improper;
	if (loaded && are_comparable(options, &old, &new)) {
		leave_out(options, &old, tally);
		leave_out(options, &new, tally);
		const struct difference_side sides[] = {
			{.records = old.records, .count = old.count},
			{.records = new.records, .count = new.count},
		};
		compare(options, new.algorithm_named ? new.algorithm : old.algorithm, &sides[0],
			&sides[1], output, tally);
	}
	catalog_free(&old);
	catalog_free(&new);
}

/** What was found below each of two directories. */
struct pair {
	struct inventory *sides[2];
	/** How many of them were begun. */
	size_t begun;
};

/** For the trees, which come one after the other. */
static int take(void *context, const struct tree_entry *entry)
{
	struct pair *pair = context;
	/* A root that cannot be read to its end comes twice. */
	pair->begun += entry->root && entry->type != NFTW_DNR;
	if (inventory_add(pair->sides[pair->begun - 1], entry) != 0)
		return run_failed("cannot go on");
	return 0;
}

/** End both walks. @return 0, or -1, which was reported */
static int end(const struct options *options, struct pair *pair)
{
	for (size_t i = 0; i < 2; i++) {
		/* No name comes twice below a directory. */
		if (inventory_end(pair->sides[i]) == 0)
			continue;
		report_file_reason(
			options->operands[i], "has names of which --prefix-map makes one");
		report_failure();
		return -1;
	}
	return 0;
}

static void diff_directories(
	const struct options *options, int interrupt_fd, struct output *output, struct tally *tally)
{
	struct pair pair = {0};
	const struct trees_options walking = {
		.options = options,
		.interrupt_fd = interrupt_fd,
		.tally = tally,
		.writer = output_writer(output),
		.only = true,
		.hooks = {.entry = take, .context = &pair},
	};
	for (size_t i = 0; i < 2; i++) {
		const struct inventory_options found = {
			.options = options,
			.tally = tally,
			.below_root = true,
			.prefix_map = i == 0 ? &options->prefix_map : NULL,
		};
		pair.sides[i] = inventory_new(&found);
	}
	struct trees *trees = pair.sides[0] && pair.sides[1] ? trees_open(&walking) : NULL;
	if (trees && trees_run(trees) == 0 && end(options, &pair) == 0) {
		inventory_beside(pair.sides[0], pair.sides[1]);
		inventory_beside(pair.sides[1], pair.sides[0]);
		const struct difference_side old = inventory_side(pair.sides[0]);
		const struct difference_side new = inventory_side(pair.sides[1]);
		compare(options, options->algorithms.list[0], &old, &new, output, tally);
	}
	trees_free(trees);
	inventory_free(pair.sides[0]);
	inventory_free(pair.sides[1]);
}

static bool is_directory(const char *path)
{
	struct stat status;
	return strcmp(path, "-") != 0 && io_stat_long(path, &status) == 0 &&
		S_ISDIR(status.st_mode);
}

/** Report that one PATH is a directory, and that the other is none, or does not exist. */
static void refuse(const char *directory, const char *other)
{
	struct stat status;
	if (strcmp(other, "-") != 0 && io_stat_long(other, &status) != 0)
		report_file(other, errno);
	else
		report_file_reason(directory,
			"is a directory, and the other PATH is none:"
			" --audit=MANIFEST compares a directory with a manifest");
	report_failure();
}

void diff(const struct options *options, int interrupt_fd, struct tally *tally)
{
	/* For what comes after the change to it. */
	struct options here = *options;
	here.directory = NULL;
	struct output *output = output_open(options, tally);
	if (output && run_change_directory(options) == 0) {
		const char *const *paths = (const char *const *)options->operands;
		bool first = is_directory(paths[0]), second = is_directory(paths[1]);
		if (first && second)
			diff_directories(&here, interrupt_fd, output, tally);
		else if (first || second)
			refuse(paths[second], paths[first]);
		else
			diff_manifests(options, interrupt_fd, output, tally);
	}
	output_free(output);
	signals_release();
}
