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
#include "forkpool/clock.h"
#include "long_job.h"
#include "manifest/beside.h"
#include "operands.h"
#include "run.h"
#include "scan/due.h"
#include "scan/node_queue.h"
#include "scan/scan.h"
#include "share.h"
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

/** After the time of --for, files that workers hold are completed within this time, in ms ... */
#define GRACE_TIME 5000

/** ... and so are listings, however long they take. If no result comes for this time, in ms, what is
 * left is given up, so that a worker that hangs is not waited for. */
#define QUIET_TIME 3000

struct trees {
	struct trees_options options;
	struct operands *operands;
	/** There are no more operands. */
	bool operands_ended;
	struct tree tree;
	struct walk *walk;
	/** Files, and names of unknown type. */
	struct node_queue waiting;
	/** Unaltered files that are to be read again. */
	struct due due;
	/** Whether digests are known at all: without, names are neither compared nor stat'ed. */
	bool knows;
	/** Bytes of files that an interrupted run had read. */
	uint64_t resumed;
	/** Time has run out: no more files are read. */
	bool stopped;
	/** When waiting ends (clock_ms); -1: never. */
	int64_t until;
	struct scan *scan;
	/** What is known of the entry that fall_back() was called for last. */
	struct digest_cache_entry fallen_back;
};

/** Queue the names that were found. */
static void queue_names(struct trees *trees)
{
	struct node *node;
	while ((node = walk_next_file(trees->walk)))
		node_queue_push(&trees->waiting, node);
}

/** Give a file that was not read again its known digest. */
static void fall_back(struct trees *trees, struct tree_entry *entry)
{
	struct digest_cache_entry *known = &trees->fallen_back;
	if (!long_job_find(trees->options.job, entry->path, entry->length, known) ||
		!stamp_is_known(&known->stamp, &entry->result.stamp))
		return;
	entry->result.state = HASHER_DONE;
	entry->result.settled = true;
	entry->result.digest = known->digest;
	entry->reused = true;
}

/** Whether time ran out before an entry had its result. */
static bool is_not_reached(const struct trees *trees, const struct tree_entry *entry)
{
	enum hasher_state state = entry->result.state;
	bool directory = entry->type == NFTW_DNR && state == HASHER_PENDING;
	bool file = (entry->type == NFTW_F && entry->regular) || entry->type == NFTW_NS;
	bool looked = state == HASHER_LOOKED_AT && !trees->options.options->dry_run;
	return trees->stopped && (directory || (file && (state == HASHER_PENDING || looked)));
}

/** Count an entry that was not reached, or whose digest an interrupted run had computed. */
static void count_long_job(struct tally *tally, const struct tree_entry *entry)
{
	if (entry->not_reached) {
		tally->not_reached++;
		tally->not_reached_bytes += entry->result.size;
	} else if (entry->journaled && !entry->own) {
		tally->resumed_files++;
		tally->resumed_bytes += entry->result.size;
	}
}

/** Pass an entry to the hook, unless a killed run left the file. @return 0, or -1, which was
 * reported */
static int tell_entry(void *context, const struct tree_entry *entry)
{
	struct trees *trees = context;
	const struct trees_hooks *hooks = &trees->options.hooks;
	struct tree_entry told = *entry;
	bool file = entry->type == NFTW_F && entry->regular && entry->below;
	bool left = file && !trees->options.leftovers && beside_is_leftover(entry->path);
	told.own = entry->own || left;
	if (told.due)
		fall_back(trees, &told);
	told.not_reached = is_not_reached(trees, &told);
	count_long_job(trees->options.tally, &told);
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

/** Find the known digest of a node. */
static bool find_known(
	struct trees *trees, const struct node *node, struct digest_cache_entry *entry)
{
	size_t size;
	if (!trees->knows || node->flags & NODE_DUE)
		return false;
	const char *path = tree_path(&trees->tree, node, &size);
	/* If memory runs out, it is read. */
	return path && long_job_find(trees->options.job, path, size, entry);
}

/** Give an unaltered file its known digest. @return 0, or -1 with errno ENOMEM */
static int set_known(struct trees *trees, struct node *node, const struct stamp *now,
	const struct digest_cache_entry *entry)
{
	struct hasher_result result = {
		.state = HASHER_DONE,
		.size = now->size,
		.stamp = *now,
		.settled = true,
		.read = entry->read,
		.digest = entry->digest,
	};
	if (tree_set_result(&trees->tree, node, &result) != 0)
		return -1;
	node->flags |= entry->journaled ? NODE_DUE : NODE_REUSED;
	trees->resumed += entry->journaled ? now->size : 0;
	return 0;
}

/** An unaltered file is done, or is due. @return whether it is done; -1 with errno ENOMEM */
static int take_known(struct trees *trees, struct node *node, const struct stamp *now,
	const struct digest_cache_entry *entry)
{
	if (!long_job_is_due(trees->options.job, entry))
		return set_known(trees, node, now, entry) == 0 ? 1 : -1;
	if (tree_set_stamp(&trees->tree, node, now) != 0 ||
		due_push(&trees->due, node, entry->read) != 0)
		return -1;
	long_job_count_due(trees->options.job, entry);
	node->flags |= NODE_DUE;
	return 0;
}

/** Whether a file below a directory was left by a killed run. */
static bool is_leftover(struct trees *trees, const struct node *node)
{
	size_t size;
	if (trees->options.leftovers || node->type != NODE_FILE || !node->parent ||
		!beside_is_name(node->name))
		return false;
	const char *path = tree_path(&trees->tree, node, &size);
	return path && beside_is_leftover(path);
}

/** What becomes of a file that was listed. */
enum outlook {
	OUTLOOK_READ,
	/** It need not be read: it is unaltered, or no part of the tree. */
	OUTLOOK_KNOWN,
	OUTLOOK_DUE,
};

/** Whether a file is unaltered by its stamp in the listing. @return -1 with errno ENOMEM */
static int look(struct trees *trees, struct node *node)
{
	static const struct hasher_result own = {.state = HASHER_OWN};
	if (is_leftover(trees, node)) {
		node->flags |= NODE_OWN;
		return tree_set_result(&trees->tree, node, &own) == 0 ? OUTLOOK_KNOWN : -1;
	}
	struct digest_cache_entry entry;
	if (node->type != NODE_FILE || !(node->flags & NODE_STAMPED) ||
		!find_known(trees, node, &entry))
		return OUTLOOK_READ;
	struct stamp now = tree_stamp(&trees->tree, node);
	if (!stamp_is_known(&entry.stamp, &now))
		return OUTLOOK_READ;
	int done = take_known(trees, node, &now, &entry);
	return done < 0 ? -1 : done ? OUTLOOK_KNOWN : OUTLOOK_DUE;
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

/** The next file to read of those that are new, altered, or not compared yet. @return 1 with a node,
 * 0 if there is none, or -1 with errno */
static int next_new(struct trees *trees, struct node **node)
{
	while ((*node = node_queue_pop(&trees->waiting))) {
		int outlook = look(trees, *node);
		if (outlook == OUTLOOK_READ)
			return 1;
		if (outlook < 0)
			return -1;
		if (outlook == OUTLOOK_KNOWN && settle(trees, *node) != 0) {
			errno = ECANCELED;
			return -1;
		}
	}
	return 0;
}

/** Whether the stamp of a file has to be compared, by a worker, with that of its known digest. */
static bool is_to_compare(struct trees *trees, const struct node *node)
{
	struct digest_cache_entry entry;
	return !(node->flags & NODE_STAMPED) && find_known(trees, node, &entry);
}

/**
 * After the time: only names that are looked at, but not read. What is unaltered is known, however
 * long the walk has taken.
 *
 * @return as next_new()
 */
static int next_to_look_at(struct trees *trees, struct node **node)
{
	int got;
	while ((got = next_new(trees, node)) > 0) {
		if ((*node)->type == NODE_UNKNOWN || is_to_compare(trees, *node))
			return 1;
		/* It stays without a result. */
		if (settle(trees, *node) != 0) {
			errno = ECANCELED;
			return -1;
		}
	}
	return got;
}

/** The next file, in the order that the time asks for. @return as next_new() */
static int next_file(struct trees *trees, struct node **node)
{
	enum long_job_phase phase =
		trees->options.job ? long_job_phase(trees->options.job) : LONG_JOB_NEW_FIRST;
	if (phase == LONG_JOB_OVER)
		return next_to_look_at(trees, node);
	if (phase == LONG_JOB_DUE_FIRST && (*node = due_pop(&trees->due)))
		return 1;
	int got = next_new(trees, node);
	if (got != 0)
		return got;
	/* Only when all is known is it known what is oldest. */
	if (phase == LONG_JOB_NEW_FIRST && (walk_pending(trees->walk) || !trees->operands_ended))
		return 0;
	*node = due_pop(&trees->due);
	return *node != NULL;
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
	int got = next_file(trees, node);
	if (got != 0)
		return got;
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
	struct digest_cache_entry entry;
	if (!find_known(context, node, &entry))
		return false;
	*stamp = entry.stamp;
	return true;
}

/** For the scan: a huge file was read in part. */
static void keep_state(void *context, struct node *node, const struct hasher_kept *kept)
{
	struct trees *trees = context;
	size_t size;
	const char *path = tree_path(&trees->tree, node, &size);
	if (path)
		long_job_hashing(trees->options.job, path, size, kept);
}

/** For the scan: how far an earlier run has read a huge file. */
static bool find_states(void *context, struct node *node, struct hasher_kept *kept)
{
	struct trees *trees = context;
	size_t size;
	const char *path = tree_path(&trees->tree, node, &size);
	return path && long_job_resume(trees->options.job, path, size, kept);
}

/** For the scan: whether a name would be another run's if it were a file. */
static int look_only(void *context, const struct node *node)
{
	struct trees *trees = context;
	return walk_passes_over(trees->walk, node);
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
	counts->files += trees->due.count;
	counts->bytes += trees->due.bytes;
	counts->resumed = trees->resumed;
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

/** A worker has found a file unaltered. @return whether it is done; -1 with errno ENOMEM */
static int found_known(struct trees *trees, struct node *node, const struct stamp *now)
{
	struct digest_cache_entry entry;
	if (find_known(trees, node, &entry) && stamp_is_known(&entry.stamp, now))
		return take_known(trees, node, now, &entry);
	/* The journal has become unreadable since: the file is read. */
	trees->options.tally->due++;
	node->flags |= NODE_DUE;
	return due_push(&trees->due, node, 0);
}

/** Write to the journal what was hashed. */
static void keep(struct trees *trees, const struct node *node, const struct hasher_result *result)
{
	size_t size;
	const char *path = trees->options.job && result->state == HASHER_DONE
		? tree_path(&trees->tree, node, &size)
		: NULL;
	if (path)
		long_job_hashed(trees->options.job, path, size, result);
}

/** Keep a file's result. @return whether it is done; -1 with errno ENOMEM */
static int set_result(struct trees *trees, struct node *node, const struct hasher_result *result)
{
	if (result->state == HASHER_KNOWN)
		return found_known(trees, node, &result->stamp);
	if (result->state == HASHER_OWN)
		node->flags |= NODE_OWN;
	if (node->flags & NODE_DUE && result->state == HASHER_DONE)
		trees->options.tally->due_read++;
	keep(trees, node, result);
	return tree_set_result(&trees->tree, node, result) == 0 ? 1 : -1;
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
	if (type == NODE_SPECIAL && !node->parent && trees->options.share)
		return run_refuse(node->name,
			"is neither a directory nor a regular file: --shard has no part of it");
	if (node->type == NODE_UNKNOWN && type != NODE_UNKNOWN &&
		walk_typed(trees->walk, node, type) < 0)
		return run_failed("cannot go on");
	int done = node->type == NODE_LEFT_OUT ? 1 : set_result(trees, node, result);
	if (done < 0)
		return run_failed("cannot go on");
	return done ? settle(trees, node) : 0;
}

/** With --for: read due files first when it is their time, no more files when it is over, and then
 * wait only while results come. */
static void watch_time(struct trees *trees)
{
	struct long_job *job = trees->options.job;
	if (trees->until < 0)
		return;
	enum long_job_phase phase = long_job_phase(job);
	if (phase == LONG_JOB_OVER) {
		if (!trees->stopped)
			scan_stop(trees->scan);
		trees->stopped = true;
		trees->until = clock_ms() + QUIET_TIME;
		int64_t end = long_job_end(job, phase) + GRACE_TIME;
		if (trees->until > end && !walk_pending(trees->walk))
			trees->until = end;
	} else if (phase == LONG_JOB_DUE_FIRST) {
		scan_due_first(trees->scan);
		trees->until = long_job_end(job, phase);
	}
}

/** Receive all results. @return as trees_run() */
static int scan_all(struct trees *trees)
{
	const struct trees_options *options = &trees->options;
	const struct run_waiting waiting = {
		.options = options->options,
		.writer = options->writer,
		.job = options->job,
		.until = &trees->until,
	};
	trees->until = options->job ? long_job_end(options->job, LONG_JOB_NEW_FIRST) : -1;
	for (;;) {
		struct node *node;
		struct hasher_result result;
		int got = run_next(&waiting, trees->scan, &node, &result);
		if (got <= 0)
			return got;
		if (got == RUN_LATE && trees->stopped)
			return 0;
		watch_time(trees);
		if (got != RUN_LATE && take_result(trees, node, &result) != 0)
			return -1;
	}
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
	tally->skipped[TALLY_SHARD] = counts->other_shards;
	tally->skipped[TALLY_OWN] += counts->outputs;
	tally->listed = counts->listed;
	tally->names = counts->names;
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
	trees->knows = options->job && long_job_finds_any(options->job);
	struct scan_source source = {
		.next = next_node,
		.part = take_part,
		.known = trees->knows ? known : NULL,
		.state = options->job ? keep_state : NULL,
		.resume = options->job ? find_states : NULL,
		.look = options->share ? look_only : NULL,
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
		.journal = options->job ? long_job_journal(options->job) : (struct stamp){0},
		.streams = !options->only && !options->share,
	};
	if (options->job)
		scan.sandbox.outputs[2] = long_job_fd(options->job);
	trees->scan = run_scan(options->options, &scan, &trees->tree, &source);
	if (!trees->scan)
		return -1;
	progress_begin(count, trees);
	int status = scan_all(trees);
	/* What comes next may be interrupted, too. */
	if (options->job)
		long_job_flush(options->job);
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
		.choose = options->share ? share_choose : NULL,
		.context = options->share,
	};
	trees->options = *options;
	tree_begin(&trees->tree, !options->options->unsorted, options->options->algorithms.size);
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
	due_free(&trees->due);
	tree_free(&trees->tree);
	free(trees);
}
