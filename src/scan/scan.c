/*
 *     source ──► tasks ──► workers ──► results ──► caller
 *                  ▲                      │
 *                  ├── large ◄────────────┤ PARTIAL: large, and not in the page cache
 *                  ├── again ◄────────────┤ HUGE: perhaps with states of an earlier run
 *                  └── again ◄────────────┤ LINKED: one of several names, the first
 *                          follower ◄─────┘ LINKED: another name, until the first is done
 *
 * Two passes: first the workers read regular files and list directories; then a process of its own
 * reads, one after the other, the operands that are neither (a FIFO, a terminal, a device, standard
 * input). So a pipe whose writer is slow blocks no worker. Streams are read in the order in which
 * the source gave them, not in the order in which workers found out their type: they may share a
 * descriptor, or be written one after the other by one process. If there are very many, or a list of
 * them that has no end, the source waits while those that are there are read, and both passes begin
 * anew.
 *
 * The number of workers, and the number of large files that are read at once, are adjusted during
 * the run (scan/workers.h). A large file that was begun is continued before another one is begun.
 *
 * In a worker's window, a name of unknown size has the average weight of the files so far. A wrong
 * guess does little harm: the pool takes back tasks that a worker has not received when other
 * workers are idle.
 */
#include "scan/scan.h"

#include "forkpool/clock.h"
#include "hash/hash_stream.h"
#include "scan/hard_links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * What one worker may hold: enough small files that it never waits for the parent; as many large
 * files as the widest engine has lanes, with no queue behind them while other workers are idle.
 */
#define WINDOW_TASKS 256
#define WINDOW_BYTES ((uint64_t)64 << 20)
#define WEIGHT_MAX (WINDOW_BYTES / ENGINE_MAX_WIDTH)

/** Tasks that a worker may hold however long they take: files in lanes, and files that wait for the
 * disk. */
#define WIDTH 64

/** Tasks in a chunk: at first, and at most, where they are so short that all of them take a
 * millisecond. */
#define CHUNK 4
#define CHUNK_MAX 32

/** Tasks to measure before the chunk is changed. */
#define CHUNK_SAMPLE 64

/** Streams that may wait before they are read, though the source has more nodes. */
#define STREAMS_MAX 1024

/** Inodes with several names that are remembered, where the tree does not keep its nodes. */
#define LINKS_MAX 65536

/** The mean time of stat(2), in us, that a listing may take for each name. */
#define STAT_LIMIT 20

/** How many listings go without stat(2) after one was too slow: at first, and at most. */
#define STAT_PAUSE 16
#define STAT_PAUSE_MAX 1024

/** Time between two decisions about workers: at least (ns), and at most (ms). */
#define DECIDE_INTERVAL ((int64_t)1000000)
#define DECIDE_TICK 50

/** After this many useless calls of stat(2), this many listings go without. */
#define STAT_USELESS 1024
#define STAT_REST 15

/** For each device: whether listings should call stat(2). */
struct device {
	/** How many listings go without stat(2) after a slow one, and how many of them are left. */
	unsigned pause;
	unsigned left;
	/** Calls of stat(2) since the last useful one. */
	unsigned useless;
};

struct list {
	struct node *first;
	struct node **end;
};

struct scan {
	/** The context of the workers. */
	struct hasher_context hashers;
	struct scan_options options;
	struct scan_source source;
	struct tree *tree;
	/** Nodes that workers have; and pending nodes without a task: they wait for another name of
	 * their inode, to be dispatched again, or to be returned. */
	uint64_t out;
	uint64_t held;
	/** Operands so far. */
	uint64_t named;
	/** Operands to be read as streams, by their place; linked by file.queued. */
	struct node *streams;
	struct node *last_stream;
	/** Whether the second pass runs; whether the source has more nodes for another first one. */
	bool streaming;
	bool source_waits;
	/** No more files are to be read. */
	bool stopped;
	/** All nodes were returned. */
	bool done;
	/** The pool was interrupted, as a node got its result from another one. */
	bool woken;
	/** The error that ends the run (errno), or 0. */
	int error;
	struct hard_links links;
	/** To be dispatched before others. */
	struct list again;
	/** Large files that wait for a grant, those already begun first; and how many. */
	struct list large;
	uint64_t large_count;
	/** The same of files with NODE_DUE, and whether they go before the others. */
	struct list large_due;
	bool due_first;
	/** Nodes that are done with the result of another one. */
	struct ready *ready;
	struct ready *last_ready;
	struct device *devices;
	size_t device_count;
	/** At the last measurement of task lengths: tasks done, and time worked. */
	uint64_t sampled_tasks;
	int64_t sampled_busy;
	struct workers workers;
	struct workers_report report;
	struct workers_limits limits;
	struct scan_counts counts;
	/** The node that was dispatched last, or NULL if it has come back. */
	const struct node *latest;
	struct fp_pool *pool;
	struct fp_source items;
	struct fp_iterator *iterator;
	/** Room for one task, and for the path of its directory. */
	void *task;
	size_t task_room;
	char *path;
	size_t path_room;
	size_t path_size;
	const struct node *path_of;
};

/** A node that got its result from another one. */
struct ready {
	struct ready *next;
	struct node *node;
	struct hasher_result result;
};

static void push(struct list *list, struct node *node)
{
	node->file.queued = NULL;
	*list->end = node;
	list->end = &node->file.queued;
}

static void push_first(struct list *list, struct node *node)
{
	node->file.queued = list->first;
	if (!list->first)
		list->end = &node->file.queued;
	list->first = node;
}

static struct node *pop(struct list *list)
{
	struct node *node = list->first;
	if (!node)
		return NULL;
	list->first = node->file.queued;
	if (!list->first)
		list->end = &list->first;
	node->file.queued = NULL;
	return node;
}

static bool is_standard_input(const struct node *node)
{
	return !node->parent && strcmp(node->name, "-") == 0;
}

static bool is_sized(const struct node *node)
{
	return (node->flags & NODE_STAMPED) || node->size;
}

/* Counts */

/** Count a node as pending. */
static void count_in(struct scan *scan, struct node *node)
{
	struct scan_counts *counts = &scan->counts;
	if (node->type == NODE_DIRECTORY)
		return;
	node->file.read = node->file.kept ? node->file.kept->hash.bytes : 0;
	node->file.skipped = node->file.kept ? node->file.kept->skipped : 0;
	counts->files++;
	counts->bytes += node->size - node->file.skipped;
	counts->bytes_done += node->file.read - node->file.skipped;
	counts->unsized += !is_sized(node);
}

/** Undo count_in(). */
static void count_off(struct scan *scan, const struct node *node)
{
	struct scan_counts *counts = &scan->counts;
	if (node->type == NODE_DIRECTORY)
		return;
	counts->files--;
	counts->bytes -= node->size - node->file.skipped;
	counts->bytes_done -= node->file.read - node->file.skipped;
	counts->unsized -= !is_sized(node);
}

/** A worker gets a node. */
static void count_out(struct scan *scan, struct node *node)
{
	scan->out++;
	count_in(scan, node);
	if (node->type == NODE_DIRECTORY)
		return;
	scan->latest = node;
	if (!scan->counts.current)
		scan->counts.current = node;
}

/** A node comes back from a worker. */
static void count_back(struct scan *scan, const struct node *node)
{
	struct scan_counts *counts = &scan->counts;
	scan->out--;
	count_off(scan, node);
	if (scan->latest == node)
		scan->latest = NULL;
	if (counts->current == node)
		counts->current = scan->latest;
}

/** A node waits. */
static void hold(struct scan *scan, struct node *node)
{
	scan->held++;
	count_in(scan, node);
}

static void unhold(struct scan *scan, const struct node *node)
{
	scan->held--;
	count_off(scan, node);
}

/** Count a node that is done. */
static void count_done(
	struct scan *scan, const struct node *node, const struct hasher_result *result)
{
	struct scan_counts *counts = &scan->counts;
	if (node->type == NODE_DIRECTORY || result->state == HASHER_LISTED ||
		result->state == HASHER_MOUNT || result->state == HASHER_LINK ||
		(result->state == HASHER_SPECIAL && node->type == NODE_UNKNOWN) ||
		result->state == HASHER_OWN || result->state == HASHER_KNOWN ||
		result->state == HASHER_LOOKED_AT)
		return;
	counts->files_done++;
	counts->files++;
	counts->bytes += result->size - result->skipped;
	counts->bytes_done += result->size - result->skipped;
}

/** A node that turned out to be a directory no longer counts as a file. */
static void count_directory(struct scan *scan, struct node *node)
{
	count_back(scan, node);
	scan->out++;
}

static int release_followers(
	struct scan *scan, struct node *node, const struct hasher_result *result);

/* Tasks */

/** Whether the listing of a node calls stat(2). */
static enum hasher_stat stat_of(struct scan *scan, const struct node *node)
{
	if (scan->options.stat != HASHER_STAT_TRY || !node->parent)
		return scan->options.stat;
	size_t place = node->parent->device;
	if (place >= scan->device_count || scan->devices[place].left == 0)
		return HASHER_STAT_TRY;
	scan->devices[place].left--;
	return HASHER_STAT_NEVER;
}

/** Find or add a device. @return it, or NULL with errno ENOMEM */
static struct device *device_at(struct scan *scan, size_t place)
{
	if (place >= scan->device_count) {
		size_t count = place + 1;
		struct device *devices = reallocarray(scan->devices, count, sizeof(*devices));
		if (!devices)
			return NULL;
		memset(devices + scan->device_count, 0,
			(count - scan->device_count) * sizeof(*devices));
		scan->devices = devices;
		scan->device_count = count;
	}
	return &scan->devices[place];
}

/** Learn from a listing. If memory runs out, each listing tries. */
static void learn_stat(struct scan *scan, const struct node *node, const struct hasher_times *times)
{
	struct device *device = times->stats ? device_at(scan, node->device) : NULL;
	if (!device)
		return;
	if (times->stats_time > (uint64_t)times->stats * STAT_LIMIT) {
		device->pause = device->pause ? 2 * device->pause : STAT_PAUSE;
		if (device->pause > STAT_PAUSE_MAX)
			device->pause = STAT_PAUSE_MAX;
		device->left = device->pause;
		return;
	}
	device->pause = 0;
	/* The storage answers at once, so tasks will be short. */
	if (scan->sampled_tasks == 0)
		fp_iterator_chunk(scan->iterator, CHUNK_MAX);
	/* A stamp that can be compared with a known one saves a task. */
	device->useless += times->stats;
	if (times->stats_useful || scan->source.known)
		device->useless = 0;
	if (device->useless >= STAT_USELESS)
		device->left = STAT_REST;
}

/** Write the path of a directory below its root. @return 0, or -1 with errno ENOMEM */
static int set_path(struct scan *scan, const struct node *directory)
{
	/* If nodes are freed, another one may have the same address. */
	if (scan->tree->kept && scan->path_of == directory)
		return 0;
	size_t size = tree_below_size(directory);
	if (size >= scan->path_room) {
		char *path = realloc(scan->path, 2 * size + 256);
		if (!path)
			return -1;
		scan->path = path;
		scan->path_room = 2 * size + 256;
	}
	tree_put_below(directory, scan->path, size);
	scan->path_size = size ? size - 1 : 0;
	scan->path_of = directory;
	return 0;
}

static enum hasher_kind kind_of(const struct node *node)
{
	if (node->flags & NODE_STREAM)
		return HASHER_STREAM;
	if (!node->parent)
		return HASHER_NAMED;
	if (node->type == NODE_DIRECTORY)
		return HASHER_LIST;
	return node->type == NODE_FILE ? HASHER_FILE : HASHER_UNKNOWN;
}

/** Tell a worker the digest that a file should have, if the source knows one. */
static void set_expected(const struct scan *scan, const struct node *node, struct hasher_task *task)
{
	const struct scan_source *source = &scan->source;
	const unsigned char *digest =
		source->expected ? source->expected(source->context, node) : NULL;
	if (!digest)
		return;
	task->head.has_expected = true;
	memset(task->expected, 0, sizeof(task->expected));
	memcpy(task->expected, digest, scan->options.algorithm->size);
}

/** Describe a node to a worker. @return 0, or -1 with errno */
static int describe(struct scan *scan, struct node *node, struct hasher_task *task)
{
	const struct scan_source *source = &scan->source;
	struct hasher_head *head = &task->head;
	const struct node *directory = node->parent;
	bool file = node->type != NODE_DIRECTORY;
	int look = source->look && node->type == NODE_UNKNOWN ? source->look(source->context, node)
							      : 0;
	if (look < 0)
		return -1;
	*head = (struct hasher_head){
		.kind = kind_of(node),
		.stat = stat_of(scan, node),
		.follow = scan->options.follow,
		.listed = source->part,
		.linked = node->flags & NODE_LINKED,
		.granted = node->flags & NODE_GRANTED,
		.ask = file && source->resume && scan->options.algorithm->block &&
			!node->file.kept && !(node->flags & NODE_ASKED),
		.name_size = (uint32_t)strlen(node->name),
		.root_device = source->device ? source->device(source->context, node) : 0,
		.look = look || scan->options.look || scan->stopped,
		.uncached = scan->options.uncached,
		.has_kept = file && node->file.kept,
	};
	task->root = task->directory = "";
	task->name = node->name;
	if (head->has_kept)
		task->kept = *node->file.kept;
	if (directory) {
		const struct node *root = tree_root(directory);
		if (set_path(scan, directory) != 0)
			return -1;
		task->root = root->name;
		task->directory = scan->path;
		head->root_size = (uint32_t)strlen(root->name);
		head->directory_size = (uint32_t)scan->path_size;
		head->device = scan->tree->devices[directory->device];
		head->inode = directory->inode;
	}
	if (file)
		set_expected(scan, node, task);
	if (file && source->known && !head->has_kept && !(node->flags & (NODE_LINKED | NODE_ASKED)))
		head->has_known = source->known(source->context, node, &task->known);
	return 0;
}

/** The weight of a node in a worker's window. */
static uint64_t weight_of(const struct scan *scan, const struct node *node)
{
	const struct scan_counts *counts = &scan->counts;
	if (node->type == NODE_DIRECTORY)
		return 0;
	uint64_t size = node->size;
	if (!is_sized(node) && counts->files_done)
		size = counts->bytes_done / counts->files_done;
	return size < WEIGHT_MAX ? size : WEIGHT_MAX;
}

/** Write a node's task. @return 1, or -1 with errno */
static int set_item(struct scan *scan, struct node *node, struct fp_item *item)
{
	struct hasher_task task;
	if (describe(scan, node, &task) != 0)
		return -1;
	size_t bound = hasher_task_bound(&task);
	if (bound > scan->task_room) {
		void *room = realloc(scan->task, 2 * bound);
		if (!room)
			return -1;
		scan->task = room;
		scan->task_room = 2 * bound;
	}
	*item = (struct fp_item){
		.data = scan->task,
		.size = hasher_task_write(&task, scan->task),
		.weight = weight_of(scan, node),
		.tag = (uint64_t)(uintptr_t)node,
		.urgent = node->type == NODE_DIRECTORY,
	};
	count_out(scan, node);
	return 1;
}

/** Keep an operand for the second pass, at its place. */
static void add_stream(struct scan *scan, struct node *node)
{
	struct node **at = &scan->streams;
	/* Most come in order. */
	if (scan->last_stream && scan->last_stream->file.place < node->file.place)
		at = &scan->last_stream->file.queued;
	while (*at && (*at)->file.place < node->file.place)
		at = &(*at)->file.queued;
	node->file.queued = *at;
	*at = node;
	if (!node->file.queued)
		scan->last_stream = node;
	node->flags |= NODE_STREAM;
	scan->counts.streams++;
	scan->counts.files++;
}

/** A node is done with the result of another one. @return 0, or -1 with errno ENOMEM */
static int add_ready(struct scan *scan, struct node *node, const struct hasher_result *result)
{
	struct ready *ready = malloc(sizeof(*ready));
	if (!ready)
		return -1;
	*ready = (struct ready){.node = node, .result = *result};
	if (scan->ready)
		scan->last_ready->next = ready;
	else
		scan->ready = ready;
	scan->last_ready = ready;
	return 0;
}

/** A node is one of several names of an inode. @return 1 to read it, 0 not to, -1 with errno */
static int ask_links(struct scan *scan, struct node *node)
{
	struct hasher_result result;
	switch (hard_links_ask(&scan->links, scan->tree, node, &result)) {
	case HARD_LINKS_WAIT:
		hold(scan, node);
		return 0;
	case HARD_LINKS_DONE:
		hold(scan, node);
		return add_ready(scan, node, &result);
	case HARD_LINKS_READ:
		break;
	}
	node->flags |= NODE_LINKED;
	return 1;
}

/** A large file that may be read now, or NULL. */
static struct node *next_large(struct scan *scan)
{
	if (scan->stopped || scan->report.large_reading >= scan->limits.streams)
		return NULL;
	struct node *node = pop(scan->due_first ? &scan->large_due : &scan->large);
	if (!node)
		node = pop(scan->due_first ? &scan->large : &scan->large_due);
	if (!node)
		return NULL;
	scan->large_count--;
	scan->report.large_reading++;
	node->flags |= NODE_GRANTED;
	return node;
}

/** The next node to dispatch. @return as scan_source.next() */
static int next_node(struct scan *scan, struct node **node)
{
	for (;;) {
		*node = next_large(scan);
		if (!*node)
			*node = pop(&scan->again);
		if (*node) {
			unhold(scan, *node);
			return 1;
		}
		if (scan->counts.streams >= STREAMS_MAX) {
			scan->source_waits = true;
			return 0;
		}
		int got = scan->source.next(scan->source.context, node);
		if (got <= 0)
			return got;
		if (!(*node)->parent && (*node)->type != NODE_DIRECTORY)
			(*node)->file.place = scan->named++;
		if (is_standard_input(*node)) {
			add_stream(scan, *node);
			continue;
		}
		if (!((*node)->flags & NODE_LINKS) || !((*node)->flags & NODE_STAMPED))
			return 1;
		got = ask_links(scan, *node);
		if (got != 0)
			return got;
		/* Its result is known: return it before waiting for others. */
		if (scan->ready) {
			scan->woken = true;
			errno = EINTR;
			return -1;
		}
	}
}

/** Whether a node without a task will get a task or a result. */
static bool is_more_to_come(const struct scan *scan)
{
	return scan->out || (scan->held && !scan->stopped);
}

static int next_item(void *context, struct fp_item *item)
{
	struct scan *scan = context;
	struct node *node;
	if (scan->error) {
		errno = scan->error;
		return -1;
	}
	int got = next_node(scan, &node);
	if (got > 0)
		return set_item(scan, node, item);
	/* At the end of the source, its descriptor may stay readable. */
	scan->items.fd = got < 0 ? scan->source.fd : 0;
	if (got == 0 && is_more_to_come(scan)) {
		errno = EAGAIN;
		return -1;
	}
	return got;
}

static int next_stream(void *context, struct fp_item *item)
{
	struct scan *scan = context;
	struct node *node = scan->streams;
	if (!node || scan->stopped)
		return 0;
	scan->streams = node->file.queued;
	if (!scan->streams)
		scan->last_stream = NULL;
	scan->counts.files--;
	return set_item(scan, node, item);
}

static void source_readable(void *context)
{
	struct scan *scan = context;
	scan->source.readable(scan->source.context);
}

/* Workers */

/** Set the size of chunks by how long tasks take. */
static void set_chunk(struct scan *scan)
{
	const struct workers_report *report = &scan->report;
	uint64_t tasks = report->tasks - scan->sampled_tasks;
	int64_t busy = report->busy - scan->sampled_busy;
	if (tasks < CHUNK_SAMPLE)
		return;
	uint64_t chunk = busy > 0 ? tasks * 1000000 / (uint64_t)busy : CHUNK_MAX;
	if (chunk > CHUNK_MAX)
		chunk = CHUNK_MAX;
	fp_iterator_chunk(scan->iterator, chunk ? chunk : 1);
	scan->sampled_tasks = report->tasks;
	scan->sampled_busy = report->busy;
}

/** Adjust the number of workers and of large files read at once. */
static void govern(struct scan *scan)
{
	struct workers_report *report = &scan->report;
	int64_t now = clock_ns();
	if (scan->streaming || now - report->now < DECIDE_INTERVAL)
		return;
	set_chunk(scan);
	report->now = now;
	report->bytes = scan->counts.bytes_done;
	report->running = (unsigned)fp_pids(scan->pool, NULL, 0);
	report->large_waiting = scan->large_count;
	report->waiting = scan->source.waiting ? scan->source.waiting(scan->source.context) : 0;
	/* Tasks in the pool that no worker works on. A worker with a large file has no other. */
	uint64_t held = scan->out - report->large_reading;
	report->waiting += held > report->running ? held - report->running : 0;
	struct workers_limits before = scan->limits;
	if (!workers_decide(&scan->workers, report, &scan->limits))
		return;
	if (scan->limits.workers != before.workers)
		fp_resize(scan->pool, scan->limits.workers);
	if (scan->options.decided)
		scan->options.decided(&scan->limits);
}

/** Pass on a state from which a later run can go on. */
static void tell_state(struct scan *scan, struct node *node, const struct hasher_kept *kept)
{
	if (scan->source.state && hasher_is_checkpoint(kept, scan->hashers.huge))
		scan->source.state(scan->source.context, node, kept);
}

/** A worker reports the progress of a node. */
static void on_progress(void *context, uint64_t tag, const void *data, size_t size)
{
	struct scan *scan = (struct scan *)((char *)context - offsetof(struct scan, hashers));
	struct scan_counts *counts = &scan->counts;
	struct node *node = (struct node *)(uintptr_t)tag;
	struct hasher_progress progress;
	struct hasher_kept kept;
	bool has_kept = size == sizeof(progress) + sizeof(kept);
	if ((size != sizeof(progress) && !has_kept) || node->type == NODE_DIRECTORY)
		return;
	memcpy(&progress, data, sizeof(progress));
	counts->current = node;
	counts->bytes += node->file.skipped - progress.skipped;
	counts->bytes_done += node->file.skipped - progress.skipped;
	counts->bytes_done += progress.read - node->file.read;
	if ((node->flags & NODE_GRANTED) && progress.read > node->file.read)
		scan->report.large_bytes += progress.read - node->file.read;
	node->file.read = progress.read;
	node->file.skipped = progress.skipped;
	if (progress.size && !(node->flags & NODE_STAMPED)) {
		counts->unsized -= !is_sized(node);
		counts->bytes += progress.size - node->size;
		node->size = progress.size;
	}
	if (has_kept) {
		memcpy(&kept, (const char *)data + sizeof(progress), sizeof(kept));
		tell_state(scan, node, &kept);
	}
}

/** A worker has listed a part of a directory. */
static int on_part(void *context, uint64_t tag, const void *data, size_t size)
{
	struct scan *scan = (struct scan *)((char *)context - offsetof(struct scan, hashers));
	struct node *node = (struct node *)(uintptr_t)tag;
	bool file = node->type != NODE_DIRECTORY;
	if (!scan->source.part) {
		errno = EBADMSG;
		return -1;
	}
	/* The run ends already. */
	if (scan->error)
		return 0;
	/* Names that waited for it while it was a file are now read. */
	const struct hasher_result none = {.state = HASHER_DIRECTORY};
	if (file && (node->flags & NODE_LINKED))
		(void)release_followers(scan, node, &none);
	if (file)
		count_directory(scan, node);
	if (scan->source.part(scan->source.context, node, data, size) == 0)
		return 0;
	if (file && node->type != NODE_DIRECTORY) {
		scan->out--;
		count_out(scan, node);
	}
	if (errno == EBADMSG)
		return -1;
	/* Not the worker's fault: the run ends. */
	scan->error = errno;
	return 0;
}

static int enter_sandbox(void *context)
{
	struct hasher_context *hashers = context;
	blocked_begin(&hashers->blocked);
	return sandbox_initialize(&hashers->sandbox);
}

static int close_outputs(void *context)
{
	const struct hasher_context *hashers = context;
	sandbox_close_outputs(&hashers->sandbox);
	return 0;
}

/** Open the pool for files and directories. */
static struct fp_pool *open_workers(struct scan *scan)
{
	struct fp_options options = FP_OPTIONS_INIT;
	options.processes = scan->limits.workers;
	options.initializer = enter_sandbox;
	options.serve = hasher_serve;
	options.context = &scan->hashers;
	options.width = WIDTH;
	options.window_tasks = WINDOW_TASKS;
	options.window_weight = WINDOW_BYTES;
	options.progress = on_progress;
	options.part = on_part;
	options.timeout = scan->options.timeout * 1000;
	options.interrupt_fd = scan->options.interrupt_fd;
	return fp_open(&options);
}

/**
 * Open the pool for streams, which cannot be read twice and have no time-out. It has no sandbox: a
 * stream may be anything that can be opened, even standard output (/dev/stdout).
 */
static struct fp_pool *open_streams(struct scan *scan)
{
	struct fp_options options = FP_OPTIONS_INIT;
	options.processes = 1;
	options.initializer = close_outputs;
	options.function = hash_stream;
	options.context = &scan->hashers;
	options.window_tasks = 1;
	options.once = true;
	options.progress = on_progress;
	options.interrupt_fd = scan->options.interrupt_fd;
	return fp_open(&options);
}

static void begin(struct scan *scan)
{
	struct workers_options options = {
		.processors = fp_cpu_count(),
		.jobs = scan->options.jobs,
	};
	scan->again.end = &scan->again.first;
	scan->large.end = &scan->large.first;
	scan->large_due.end = &scan->large_due.first;
	if (!scan->tree->kept) {
		scan->links.copied = true;
		scan->links.limit = LINKS_MAX;
	}
	scan->hashers.algorithm = scan->options.algorithm;
	scan->hashers.sandbox = scan->options.sandbox;
	scan->hashers.owned = scan->options.owned;
	scan->hashers.owned_count = scan->options.owned_count;
	scan->hashers.huge = UINT64_MAX;
	if (scan->source.state || scan->source.resume)
		scan->hashers.huge = scan->options.huge ? scan->options.huge : HASHER_HUGE_SIZE;
	workers_begin(&scan->workers, &options, &scan->limits);
}

/** Begin the first pass. @return 0, or -1 with errno */
static int start_files(struct scan *scan)
{
	scan->streaming = false;
	scan->source_waits = false;
	scan->pool = open_workers(scan);
	if (!scan->pool)
		return -1;
	scan->items = (struct fp_source){
		.next = next_item,
		.readable = scan->source.readable ? source_readable : NULL,
		.context = scan,
		.fd = scan->source.fd,
	};
	scan->iterator = fp_imap_unordered(scan->pool, &scan->items, CHUNK);
	return scan->iterator ? 0 : -1;
}

struct scan *scan_open(
	const struct scan_options *options, struct tree *tree, const struct scan_source *source)
{
	struct scan *scan = calloc(1, sizeof(*scan));
	if (!scan)
		return NULL;
	scan->options = *options;
	scan->source = *source;
	scan->tree = tree;
	begin(scan);
	scan->hashers.engine = engine_new(options->algorithm, options->engine);
	if (!scan->hashers.engine)
		goto fail;
	if (start_files(scan) != 0)
		goto fail;
	return scan;

fail:;
	int saved = errno;
	scan_free(scan);
	errno = saved;
	return NULL;
}

const struct engine *scan_engine(const struct scan *scan)
{
	return scan->hashers.engine;
}

/** Free a pool. Idle workers end by themselves, but none is waited for long. */
static void end_pool(struct fp_pool *pool, bool done)
{
	int64_t deadline = clock_deadline(1000);
	int left;
	if (done)
		fp_close(pool);
	while (done && (left = clock_left(deadline)) > 0 && fp_pump(pool, left) > 0)
		;
	fp_free(pool);
}

/** Begin the second pass. @return 0, or -1 with errno */
static int start_streams(struct scan *scan)
{
	scan->streaming = true;
	scan->pool = open_streams(scan);
	if (!scan->pool)
		return -1;
	scan->items = (struct fp_source){.next = next_stream, .context = scan};
	scan->iterator = fp_imap_unordered(scan->pool, &scan->items, 1);
	return scan->iterator ? 0 : -1;
}

/** A pass has come to its end: begin the next one. @return 1, 0 where that was the last, or -1 with errno */
static int next_pass(struct scan *scan)
{
	scan->done = scan->stopped || (scan->streaming ? !scan->source_waits : !scan->streams);
	if (scan->done)
		return 0;
	fp_iterator_free(scan->iterator);
	scan->iterator = NULL;
	end_pool(scan->pool, true);
	scan->pool = NULL;
	return (scan->streaming ? start_files(scan) : start_streams(scan)) == 0 ? 1 : -1;
}

/* Results */

/** Take a node that is done with the result of another one. @return whether there is one */
static bool take_ready(struct scan *scan, struct node **node, struct hasher_result *result)
{
	struct ready *ready = scan->ready;
	if (!ready)
		return false;
	scan->ready = ready->next;
	*node = ready->node;
	*result = ready->result;
	unhold(scan, *node);
	count_done(scan, *node, result);
	free(ready);
	return true;
}

/** Give other names of an inode the result, or have them read. @return 0, or -1 with errno */
static int release_followers(
	struct scan *scan, struct node *node, const struct hasher_result *result)
{
	struct node *next;
	struct node *follower = hard_links_done(&scan->links, scan->tree, node, result);
	for (; follower; follower = next) {
		next = follower->file.queued;
		if (hard_links_serves(scan->tree, follower, result)) {
			if (add_ready(scan, follower, result) != 0)
				return -1;
			continue;
		}
		follower->flags |= NODE_LINKED;
		push(&scan->again, follower);
	}
	return 0;
}

/** Keep how far a file was read. @return 0, or -1 with errno ENOMEM */
static int put_aside(struct scan *scan, struct node *node, const struct hasher_result *result,
	const struct hasher_kept *kept)
{
	if (tree_put_aside(scan->tree, node, kept) != 0)
		return -1;
	if (!(node->flags & NODE_STAMPED))
		node->size = result->size;
	/* A file that was begun goes before files that were not. */
	struct list *large = node->flags & NODE_DUE ? &scan->large_due : &scan->large;
	if (node->file.kept->hash.bytes)
		push_first(large, node);
	else
		push(large, node);
	scan->large_count++;
	hold(scan, node);
	tell_state(scan, node, kept);
	return 0;
}

/** Whether reading may go on from states; the worker compares them with the file. */
static bool is_usable(const struct hasher_kept *kept, uint64_t size)
{
	return kept->hash.bytes && kept->hash.bytes < kept->meet.bytes &&
		kept->meet.bytes <= size && kept->stamp.size == size;
}

/** A huge file is to be read, from its start or from a state. @return 0, or -1 with errno ENOMEM */
static int ask_states(struct scan *scan, struct node *node, const struct hasher_result *result)
{
	const struct scan_source *source = &scan->source;
	struct hasher_kept found = {.stamp = result->stamp};
	node->flags |= NODE_ASKED;
	if (!(node->flags & NODE_STAMPED))
		node->size = result->size;
	if (source->resume(source->context, node, &found) && is_usable(&found, node->size)) {
		struct hasher_kept kept = {
			.hash = found.hash,
			.stamp = found.stamp,
			.time = found.time,
			.meet = found.meet,
			.resumed = true,
			.skipped = found.hash.bytes,
		};
		if (tree_put_aside(scan->tree, node, &kept) != 0)
			return -1;
	}
	push(&scan->again, node);
	hold(scan, node);
	return 0;
}

/** Add the times that a worker reports. */
static void take_times(struct scan *scan, const struct hasher_times *times)
{
	scan->report.busy += (int64_t)times->busy * 1000;
	scan->report.blocked += (int64_t)times->blocked * 1000;
	if ((int64_t)times->first_call * 1000 > scan->report.first_call)
		scan->report.first_call = (int64_t)times->first_call * 1000;
}

/**
 * A directory that a lost worker had listed in part may no longer be a directory. Its node stays
 * one, so what the next worker found becomes an error.
 */
static void correct_result(const struct node *node, struct hasher_result *result)
{
	switch (result->state) {
	case HASHER_LISTED:
	case HASHER_MOUNT:
	case HASHER_FAILED:
	case HASHER_DIED:
	case HASHER_TIMED_OUT:
		break;
	default:
		if (node->type == NODE_DIRECTORY)
			*result = (struct hasher_result){.state = HASHER_FAILED, .error = ENOTDIR};
	}
}

/** A node has come back. @return whether it is done; -1 with errno */
static int take_result(struct scan *scan, struct node *node, struct hasher_reply *reply,
	const unsigned char *rest, size_t rest_size)
{
	struct hasher_result *result = &reply->result;
	correct_result(node, result);
	take_times(scan, &reply->times);
	struct hasher_kept kept;
	if (result->state == HASHER_PARTIAL)
		memcpy(&kept, rest, sizeof(kept));
	if (node->flags & NODE_GRANTED) {
		uint64_t read = result->state == HASHER_PARTIAL ? kept.hash.bytes : result->size;
		node->flags &= (uint16_t)~NODE_GRANTED;
		scan->report.large_reading--;
		scan->report.large_slices++;
		scan->report.large_bytes += read > node->file.read ? read - node->file.read : 0;
	} else {
		scan->report.tasks++;
	}
	if (result->state == HASHER_LISTED) {
		/* The last part comes with the result. */
		if (on_part(&scan->hashers, (uint64_t)(uintptr_t)node, rest, rest_size) != 0)
			return -1;
		learn_stat(scan, node, &reply->times);
	}
	count_back(scan, node);
	if (result->state == HASHER_PARTIAL)
		return put_aside(scan, node, result, &kept);
	if (result->state == HASHER_HUGE)
		return ask_states(scan, node, result);
	if (result->state == HASHER_LINKED) {
		struct device *device = node->parent ? device_at(scan, node->parent->device) : NULL;
		/* With stat(2) in the listing, the file would have been opened once, not twice. */
		if (device && !device->pause)
			*device = (struct device){0};
		if (tree_set_stamp(scan->tree, node, &result->stamp) != 0)
			return -1;
		int read = ask_links(scan, node);
		if (read > 0) {
			push(&scan->again, node);
			hold(scan, node);
		}
		return read < 0 ? -1 : 0;
	}
	if (result->state == HASHER_SPECIAL && !node->parent && scan->options.streams &&
		!(node->flags & NODE_STREAM)) {
		add_stream(scan, node);
		return 0;
	}
	if ((node->flags & NODE_LINKED) && release_followers(scan, node, result) != 0)
		return -1;
	scan->counts.streams -= scan->streaming;
	count_done(scan, node, result);
	return 1;
}

/**
 * Wait for an outcome, and decide about workers meanwhile.
 *
 * @param deadline of clock_deadline(); 0: do not wait
 * @return as fp_next()
 */
static int next_outcome(struct scan *scan, int64_t deadline, struct fp_outcome *outcome)
{
	for (;;) {
		int left = deadline == 0 ? 0 : clock_left(deadline);
		int tick = left < 0 || left > DECIDE_TICK ? DECIDE_TICK : left;
		int got = fp_next(scan->iterator, tick, outcome);
		int error = errno;
		govern(scan);
		errno = error;
		if (got >= 0 || error != ETIMEDOUT || tick == left)
			return got;
	}
}

int scan_next(struct scan *scan, int timeout, struct node **node, struct hasher_result *result)
{
	int64_t deadline = timeout == 0 ? 0 : clock_deadline(timeout);
	for (;;) {
		struct fp_outcome outcome;
		struct hasher_reply reply;
		const unsigned char *rest;
		size_t rest_size;
		if (take_ready(scan, node, result))
			return 1;
		int got = next_outcome(scan, deadline, &outcome);
		if (got < 0 && errno == EAGAIN && scan->ready)
			continue;
		if (got < 0 && errno == EINTR && scan->woken) {
			scan->woken = false;
			continue;
		}
		if (got < 0)
			return -1;
		if (got == 0) {
			got = next_pass(scan);
			if (got <= 0)
				return got;
			continue;
		}
		*node = (struct node *)(uintptr_t)outcome.tag;
		if (hasher_task_result(&outcome, &reply, &rest, &rest_size) != 0)
			return -1;
		int done = take_result(scan, *node, &reply, rest, rest_size);
		*result = reply.result;
		if (done != 0)
			return done;
	}
}

void scan_due_first(struct scan *scan)
{
	scan->due_first = true;
}

void scan_stop(struct scan *scan)
{
	scan->stopped = true;
}

uint64_t scan_pending(const struct scan *scan)
{
	return scan->out + scan->held;
}

const struct scan_counts *scan_counts(const struct scan *scan)
{
	return &scan->counts;
}

void scan_free(struct scan *scan)
{
	struct node *node;
	struct hasher_result result;
	if (!scan)
		return;
	fp_iterator_free(scan->iterator);
	end_pool(scan->pool, scan->done);
	engine_free(scan->hashers.engine);
	while (take_ready(scan, &node, &result))
		;
	hard_links_free(&scan->links);
	free(scan->devices);
	free(scan->task);
	free(scan->path);
	free(scan);
}
