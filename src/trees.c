/*
 *     operands ──────────┬──► waiting ──► workers ──► tree ──► hook
 *     walk ──► names ────┘                   │
 *      ▲                                     │ listings
 *      └─────────────────────────────────────┘
 *
 * The parent opens no data file: it sends an operand as it was typed to a worker, which hashes it,
 * or lists it if it is a directory. So a single regular file costs one fork.
 *
 * Results are kept until the walk is complete, so that an interrupted run prints nothing, and the
 * total is known early: directories are listed before files are read. With --unsorted nodes are not
 * kept: an entry is printed and freed when it is done, directories are listed depth first, and none
 * is begun while WAITING_MAX names wait.
 */
#include "trees.h"

#include "confine.h"
#include "operands.h"
#include "run.h"
#include "scan/node_queue.h"
#include "scan/scan.h"
#include "ui/progress.h"
#include "ui/report.h"
#include "walk/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/** While this many names wait, no operands are taken from a list, and with --unsorted no
 * directories are begun. */
#define WAITING_MAX 65536

struct trees {
	struct trees_options options;
	struct operands *operands;
	/** There are no more operands. */
	bool operands_ended;
	struct tree tree;
	struct walk *walk;
	/** Files, and names of unknown type. */
	struct node_queue waiting;
	struct scan *scan;
};

/** Queue the names that were found. */
static void queue_names(struct trees *trees)
{
	struct node *node;
	while ((node = walk_next_file(trees->walk)))
		node_queue_push(&trees->waiting, node);
}

/** Pass an entry to the hook, unless a killed run left the file. @return 0, or -1, which was
 * reported */
static int tell_entry(void *context, const struct tree_entry *entry)
{
	const struct trees_hooks *hooks = &((const struct trees *)context)->options.hooks;
	struct tree_entry told = *entry;
	bool file = entry->type == NFTW_F && entry->regular && entry->below;
	told.own = entry->own || (file && run_is_leftover(entry->path));
	return hooks->entry(hooks->context, &told);
}

/** Pass the entries of a node to the hook. @return 0, or -1, which was reported */
static int tell(struct trees *trees, const struct node *node)
{
	struct tree_entry entries[2];
	size_t count = tree_entries(&trees->tree, node, entries);
	for (size_t i = 0; i < count; i++) {
		if (tell_entry(trees, &entries[i]) != 0)
			return -1;
	}
	return 0;
}

/** A node is done. @return as tell() */
static int settle(struct trees *trees, struct node *node)
{
	if (trees->tree.kept)
		return 0;
	int status = tell(trees, node);
	walk_forget(trees->walk, node);
	return status;
}

/** Whether a node's digest is known, and if so, for which stamp. */
static bool ask_known(
	struct trees *trees, struct node *node, struct stamp *stamp, unsigned char *digest)
{
	const struct trees_hooks *hooks = &trees->options.hooks;
	size_t size;
	if (!hooks->known)
		return false;
	const char *path = tree_path(&trees->tree, node, &size);
	/* If memory runs out, it is read. */
	return path && hooks->known(hooks->context, path, size, stamp, digest);
}

/** Give an unchanged file its known digest. @return 0, or -1 with errno ENOMEM */
static int set_known(struct trees *trees, struct node *node, const struct stamp *now)
{
	struct hasher_result result = {
		.state = HASHER_DONE, .size = now->size, .stamp = *now, .settled = true};
	struct stamp stamp;
	if (!ask_known(trees, node, &stamp, result.digest))
		return -1;
	node->flags |= NODE_REUSED;
	return tree_set_result(&trees->tree, node, &result);
}

/** Whether a file is unchanged by its stamp in the listing; then it is done. */
static bool is_known(struct trees *trees, struct node *node)
{
	struct stamp known;
	if (!trees->options.hooks.known || node->type != NODE_FILE ||
		!(node->flags & NODE_STAMPED) || !ask_known(trees, node, &known, NULL))
		return false;
	struct stamp now = tree_stamp(&trees->tree, node);
	return stamp_is_known(&known, &now) && set_known(trees, node, &now) == 0;
}

/** Take the next operand. @return 1 with a node, 0 where there is none now, -1 where the run ends
 */
static int take_operand(struct trees *trees, struct node **node)
{
	const char *name;
	int got = operands_next(trees->operands, &name);
	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got <= 0) {
		trees->operands_ended = true;
		return 0;
	}
	if (trees->options.only && strcmp(name, "-") == 0) {
		/* The line of a file "-" would be mistaken for that of standard input. */
		report_file_reason(name, "is standard input, and no tree; for a file write ./-");
		report_failure();
		return take_operand(trees, node);
	}
	*node = tree_new(&trees->tree, NULL, name, strlen(name));
	if (!*node)
		return -1;
	walk_begin_root(trees->walk, *node);
	return 1;
}

/** For the scan: the next node. */
static int next_node(void *context, struct node **node)
{
	struct trees *trees = context;
	bool full = trees->waiting.count >= WAITING_MAX;
	if (trees->tree.kept || !full) {
		*node = walk_next_directory(trees->walk);
		if (*node)
			return 1;
	}
	if (!trees->operands_ended && !full) {
		int got = take_operand(trees, node);
		if (got != 0)
			return got;
	}
	while ((*node = node_queue_pop(&trees->waiting))) {
		if (!is_known(trees, *node))
			return 1;
		if (settle(trees, *node) != 0) {
			errno = ECANCELED;
			return -1;
		}
	}
	/* Directories that waited as the queue was full. */
	*node = walk_next_directory(trees->walk);
	if (*node)
		return 1;
	if (trees->operands_ended)
		return 0;
	errno = EAGAIN;
	return -1;
}

/** For the scan: a part of a listing. */
static int take_part(void *context, struct node *node, const void *data, size_t size)
{
	struct trees *trees = context;
	int status = walk_part(trees->walk, node, data, size);
	queue_names(trees);
	return status;
}

static bool known(void *context, struct node *node, struct stamp *stamp)
{
	return ask_known(context, node, stamp, NULL);
}

static uint64_t device_of_root(void *context, const struct node *node)
{
	const struct trees *trees = context;
	return walk_root_device(trees->walk, node);
}

static uint64_t count_waiting(void *context)
{
	const struct trees *trees = context;
	return trees->waiting.count + walk_pending(trees->walk);
}

/** For the progress: counts of files and bytes. */
static void count(void *context, struct estimate_counts *counts)
{
	struct trees *trees = context;
	counts->scanning = trees->tree.kept && walk_pending(trees->walk);
	double part = trees->tree.kept && !counts->scanning ? operands_part(trees->operands) : 0;
	run_count(trees->scan, &trees->tree, &trees->waiting, part, counts);
}

/** Whether a result is that of a directory. */
static bool is_listing(const struct node *node, const struct hasher_result *result)
{
	return node->type == NODE_DIRECTORY || result->state == HASHER_LISTED ||
		result->state == HASHER_MOUNT;
}

/** The type found for a name of unknown type; NODE_UNKNOWN if it could not be found out. */
static enum node_type type_of(const struct hasher_result *result)
{
	switch (result->state) {
	case HASHER_LINK:
		return NODE_LINK;
	case HASHER_SPECIAL:
		return NODE_SPECIAL;
	case HASHER_DONE:
	case HASHER_CHANGED:
	case HASHER_KNOWN:
	case HASHER_LOOKED_AT:
	case HASHER_OWN:
		return NODE_FILE;
	default:
		return NODE_UNKNOWN;
	}
}

/** Keep a file's result. @return 0, or -1 with errno ENOMEM */
static int set_result(struct trees *trees, struct node *node, const struct hasher_result *result)
{
	if (result->state == HASHER_KNOWN)
		return set_known(trees, node, &result->stamp);
	if (result->state == HASHER_OWN)
		node->flags |= NODE_OWN;
	return tree_set_result(&trees->tree, node, result);
}

/** A node has come back. @return 0, or -1, which was reported */
static int take_result(struct trees *trees, struct node *node, const struct hasher_result *result)
{
	if (is_listing(node, result)) {
		if (walk_listed(trees->walk, node, result) != 0)
			return run_failed("cannot go on");
		queue_names(trees);
		return settle(trees, node);
	}
	enum node_type type = node->type == NODE_UNKNOWN ? type_of(result) : NODE_FILE;
	if (node->type == NODE_UNKNOWN && type != NODE_UNKNOWN)
		walk_typed(trees->walk, node, type);
	if (node->type != NODE_LEFT_OUT && set_result(trees, node, result) != 0)
		return run_failed("cannot go on");
	return settle(trees, node);
}

/** Receive all results. @return as trees_run() */
static int scan_all(struct trees *trees)
{
	const struct trees_options *options = &trees->options;
	struct node *node;
	struct hasher_result result;
	int got;
	while ((got = run_next(options->options, trees->scan, options->writer, &node, &result)) >
		0) {
		if (take_result(trees, node, &result) != 0)
			return -1;
	}
	return got;
}

/** Count what was skipped. */
static void count_skipped(const struct trees *trees)
{
	const struct walk_counts *counts = walk_counts(trees->walk);
	struct tally *tally = trees->options.tally;
	tally->walked = counts->directories > 0;
	tally->skipped[TALLY_LINK] = counts->links;
	tally->skipped[TALLY_SPECIAL] = counts->special;
	tally->skipped[TALLY_MOUNT] = counts->mounts;
	tally->skipped[TALLY_EXCLUDED] = counts->excluded;
}

/** Pass all entries to the hook, in order. @return as trees_run() */
static int tell_all(struct trees *trees)
{
	if (!trees->tree.kept)
		return 0;
	errno = 0;
	int status = tree_visit(&trees->tree, tell_entry, trees);
	if (status != 0 && errno == ENOMEM)
		run_failed("cannot go on");
	return status;
}

int trees_run(struct trees *trees)
{
	const struct trees_options *options = &trees->options;
	struct scan_source source = {
		.next = next_node,
		.part = take_part,
		.known = options->hooks.known ? known : NULL,
		.device = options->options->one_file_system ? device_of_root : NULL,
		.waiting = count_waiting,
		.context = trees,
		.fd = operands_fd(trees->operands),
	};
	struct run_scan scan = {
		.sandbox = confine_readers(options->options, options->writer, options->replacement),
		.interrupt_fd = options->interrupt_fd,
		.outputs = {options->writer, options->replacement},
		.manifest = options->manifest,
		.backup = options->backup,
		.streams = !options->only,
	};
	trees->scan = run_scan(options->options, &scan, &trees->tree, &source);
	if (!trees->scan)
		return -1;
	progress_begin(count, trees);
	int status = scan_all(trees);
	progress_end();
	count_skipped(trees);
	return status == 0 ? tell_all(trees) : status;
}

struct trees *trees_open(const struct trees_options *options)
{
	struct trees *trees = calloc(1, sizeof(*trees));
	if (!trees) {
		run_failed("cannot start");
		return NULL;
	}
	const struct walk_options walking = {
		.follow = options->options->dereference,
		.one_file_system = options->options->one_file_system,
		.filter = options->options->filter,
		.all = options->only,
	};
	trees->options = *options;
	tree_begin(&trees->tree, !options->options->unsorted);
	trees->operands = operands_open(options->options);
	if (!trees->operands || run_change_directory(options->options) != 0) {
		trees_free(trees);
		return NULL;
	}
	trees->walk = walk_new(&walking, &trees->tree);
	if (!trees->walk) {
		run_failed("cannot start");
		trees_free(trees);
		return NULL;
	}
	return trees;
}

void trees_free(struct trees *trees)
{
	if (!trees)
		return;
	scan_free(trees->scan);
	operands_free(trees->operands);
	walk_free(trees->walk);
	tree_free(&trees->tree);
	free(trees);
}
