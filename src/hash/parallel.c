/*
 * Two passes: first the hashers, over all that is a regular file; then, one after the other in a
 * process of its own, what was found to be none (a FIFO, a terminal, a device, standard input). So
 * a pipe whose writer is slow holds up no hasher. Streams are read in the order in which they came
 * from the source, not in that in which hashers happened to look at them: they may share a
 * descriptor, or be written by one process that fills one after the other.
 */
#include "hash/parallel.h"

#include "forkpool/clock.h"
#include "hash/hash_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * What one hasher may have in hand: so many small files that it never waits for the parent; of
 * large ones as many as the widest engine has lanes, and no queue behind them while others have
 * nothing to do.
 */
#define WINDOW_TASKS 256
#define WINDOW_BYTES ((uint64_t)64 << 20)
#define WEIGHT_MAX (WINDOW_BYTES / ENGINE_MAX_WIDTH)

/** Tasks that travel together. */
#define CHUNK 32

struct parallel {
	/** What the workers know; first, since it is what the pool hands to on_progress(). */
	struct hasher_context hashers;
	struct parallel_options options;
	struct parallel_source source;
	/** Entries under way that no walk found. */
	size_t undecided;
	/** How many entries came that no walk found. */
	uint64_t named;
	/** Entries to be read as streams, by their place; linked by `queued`. */
	struct digest_entry *streams;
	struct digest_entry *last_stream;
	/** Whether the second pass runs. */
	bool streaming;
	/** All entries came back. */
	bool done;
	struct parallel_counts counts;
	/** The entry that was given out last, or NULL where it has come back. */
	const struct digest_entry *latest;
	struct fp_pool *pool;
	struct fp_source items;
	struct fp_iterator *iterator;
	/** Room for one task. */
	void *task;
	size_t task_room;
};

static bool is_standard_input(const struct digest_entry *entry)
{
	return entry->path_size == 1 && entry->path[0] == '-' && !entry->root_size;
}

/** How an entry's file is opened, unless as a stream. */
static enum hasher_kind kind_of(const struct parallel *parallel, const struct digest_entry *entry)
{
	if (!entry->root_size)
		return HASHER_NAMED;
	return parallel->options.follow ? HASHER_FOLLOWED : HASHER_FOUND;
}

/** A hasher gets an entry. */
static void count_out(struct parallel *parallel, struct digest_entry *entry)
{
	struct parallel_counts *counts = &parallel->counts;
	entry->read = 0;
	counts->files++;
	counts->bytes += entry->result.size;
	counts->unsized += !digest_entry_is_sized(entry);
	parallel->latest = entry;
	if (!counts->current)
		counts->current = entry;
}

/** An entry comes back: as if it had never been given out. */
static void count_back(struct parallel *parallel, const struct digest_entry *entry)
{
	struct parallel_counts *counts = &parallel->counts;
	counts->files--;
	counts->bytes -= entry->result.size;
	counts->bytes_done -= entry->read;
	counts->unsized -= !digest_entry_is_sized(entry);
	if (parallel->latest == entry)
		parallel->latest = NULL;
	if (counts->current == entry)
		counts->current = parallel->latest;
}

/** And this is what has become of it. */
static void count_done(struct parallel *parallel, const struct digest_entry *entry)
{
	struct parallel_counts *counts = &parallel->counts;
	if (entry->result.state == HASHER_DIRECTORY && !entry->root_size)
		return;
	counts->files_done++;
	counts->files++;
	counts->bytes += entry->result.size;
	counts->bytes_done += entry->result.size;
}

/** A hasher tells how far it is with an entry that it has. */
static void on_progress(void *context, uint64_t tag, const void *data, size_t size)
{
	struct parallel_counts *counts = &((struct parallel *)context)->counts;
	struct digest_entry *entry = (struct digest_entry *)(uintptr_t)tag;
	struct hasher_progress progress;
	if (size != sizeof(progress))
		return;
	memcpy(&progress, data, sizeof(progress));
	counts->current = entry;
	counts->bytes_done += progress.read - entry->read;
	entry->read = progress.read;
	if (!progress.size)
		return;
	counts->unsized -= !digest_entry_is_sized(entry);
	counts->bytes += progress.size - entry->result.size;
	entry->result.size = progress.size;
}

/** Write an entry's task. @return 1, or -1 with errno */
static int set_item(struct parallel *parallel, enum hasher_kind kind, struct digest_entry *entry,
	struct fp_item *item)
{
	size_t bound = hasher_task_bound(entry->path_size);
	if (bound > parallel->task_room) {
		void *task = realloc(parallel->task, 2 * bound);
		if (!task)
			return -1;
		parallel->task = task;
		parallel->task_room = 2 * bound;
	}
	*item = (struct fp_item){
		.data = parallel->task,
		.size = hasher_task_write(
			kind, entry->path, entry->path_size, entry->root_size, parallel->task),
		.weight = entry->result.size < WEIGHT_MAX ? entry->result.size : WEIGHT_MAX,
		.tag = (uint64_t)(uintptr_t)entry,
	};
	count_out(parallel, entry);
	return 1;
}

/** Keep an entry for the second pass, at its place. */
static void add_stream(struct parallel *parallel, struct digest_entry *entry)
{
	struct digest_entry **at = &parallel->streams;
	/* Most come in their order. */
	if (parallel->last_stream && parallel->last_stream->place < entry->place)
		at = &parallel->last_stream->queued;
	while (*at && (*at)->place < entry->place)
		at = &(*at)->queued;
	entry->queued = *at;
	*at = entry;
	if (!entry->queued)
		parallel->last_stream = entry;
	parallel->counts.streams++;
	parallel->counts.files++;
}

static int next_file(void *context, struct fp_item *item)
{
	struct parallel *parallel = context;
	for (;;) {
		struct digest_entry *entry;
		int got = parallel->source.next(parallel->source.context, &entry);
		if (got <= 0)
			return got;
		if (!entry->root_size)
			entry->place = parallel->named++;
		if (!is_standard_input(entry)) {
			enum hasher_kind kind = kind_of(parallel, entry);
			parallel->undecided += kind == HASHER_NAMED;
			return set_item(parallel, kind, entry, item);
		}
		add_stream(parallel, entry);
	}
}

static int next_stream(void *context, struct fp_item *item)
{
	struct parallel *parallel = context;
	struct digest_entry *entry = parallel->streams;
	if (!entry)
		return 0;
	parallel->streams = entry->queued;
	parallel->counts.files--;
	return set_item(parallel, HASHER_STREAM, entry, item);
}

static void source_readable(void *context)
{
	struct parallel *parallel = context;
	parallel->source.readable(parallel->source.context);
}

static int enter_sandbox(void *context)
{
	struct hasher_context *hashers = context;
	return sandbox_initialize(&hashers->sandbox);
}

static int close_outputs(void *context)
{
	const struct hasher_context *hashers = context;
	sandbox_close_outputs(&hashers->sandbox);
	return 0;
}

/** Open the pool for regular files. */
static struct fp_pool *open_hashers(struct parallel *parallel)
{
	struct fp_options options = FP_OPTIONS_INIT;
	options.processes = parallel->options.jobs;
	options.initializer = enter_sandbox;
	options.serve = hasher_serve;
	options.context = &parallel->hashers;
	options.window_tasks = WINDOW_TASKS;
	options.window_weight = WINDOW_BYTES;
	options.progress = on_progress;
	options.timeout = parallel->options.timeout * 1000;
	options.interrupt_fd = parallel->options.interrupt_fd;
	return fp_open(&options);
}

/**
 * Open the pool for streams, which cannot be read twice, and may be silent as long as they like. It
 * has no sandbox: a stream may be anything that can be opened, standard output (/dev/stdout)
 * included.
 */
static struct fp_pool *open_streams(struct parallel *parallel)
{
	struct fp_options options = FP_OPTIONS_INIT;
	options.processes = 1;
	options.initializer = close_outputs;
	options.function = hash_stream;
	options.context = &parallel->hashers;
	options.window_tasks = 1;
	options.once = true;
	options.progress = on_progress;
	options.interrupt_fd = parallel->options.interrupt_fd;
	return fp_open(&options);
}

struct parallel *parallel_open(
	const struct parallel_options *options, const struct parallel_source *source)
{
	struct parallel *parallel = calloc(1, sizeof(*parallel));
	if (!parallel)
		return NULL;
	parallel->options = *options;
	parallel->source = *source;
	parallel->hashers.algorithm = options->algorithm;
	parallel->hashers.sandbox = options->sandbox;
	parallel->hashers.engine = engine_new(options->algorithm, options->engine);
	if (!parallel->hashers.engine)
		goto fail;
	parallel->pool = open_hashers(parallel);
	if (!parallel->pool)
		goto fail;
	parallel->items = (struct fp_source){
		.next = next_file,
		.readable = source->readable ? source_readable : NULL,
		.context = parallel,
		.fd = source->fd,
	};
	parallel->iterator = fp_imap_unordered(parallel->pool, &parallel->items, CHUNK);
	if (!parallel->iterator)
		goto fail;
	return parallel;

fail:;
	int saved = errno;
	parallel_free(parallel);
	errno = saved;
	return NULL;
}

const struct engine *parallel_engine(const struct parallel *parallel)
{
	return parallel->hashers.engine;
}

/** Free a pool. Workers that have nothing to do end by themselves, but nobody waits long for one.
 */
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

/** Go over to the streams. @return 0, or -1 with errno */
static int start_streams(struct parallel *parallel)
{
	fp_iterator_free(parallel->iterator);
	parallel->iterator = NULL;
	end_pool(parallel->pool, true);
	parallel->streaming = true;
	parallel->pool = open_streams(parallel);
	if (!parallel->pool)
		return -1;
	parallel->items = (struct fp_source){.next = next_stream, .context = parallel};
	parallel->iterator = fp_imap_unordered(parallel->pool, &parallel->items, 1);
	return parallel->iterator ? 0 : -1;
}

int parallel_next(struct parallel *parallel, int timeout, struct digest_entry **entry)
{
	for (;;) {
		struct fp_outcome outcome;
		int got = fp_next(parallel->iterator, timeout, &outcome);
		if (got < 0)
			return -1;
		if (got == 0) {
			parallel->done = parallel->streaming || !parallel->streams;
			if (parallel->done)
				return 0;
			if (start_streams(parallel) != 0)
				return -1;
			continue;
		}
		struct digest_entry *done = (struct digest_entry *)(uintptr_t)outcome.tag;
		count_back(parallel, done);
		if (hasher_task_result(&outcome, &done->result) != 0)
			return -1;
		if (!parallel->streaming && !done->root_size)
			parallel->undecided--;
		if (done->result.state == HASHER_SPECIAL && !done->root_size &&
			!parallel->streaming) {
			done->result.state = HASHER_PENDING;
			add_stream(parallel, done);
			continue;
		}
		parallel->counts.streams -= parallel->streaming;
		count_done(parallel, done);
		*entry = done;
		return 1;
	}
}

size_t parallel_undecided(const struct parallel *parallel)
{
	return parallel->undecided;
}

const struct parallel_counts *parallel_counts(const struct parallel *parallel)
{
	return &parallel->counts;
}

void parallel_free(struct parallel *parallel)
{
	if (!parallel)
		return;
	fp_iterator_free(parallel->iterator);
	end_pool(parallel->pool, parallel->done);
	engine_free(parallel->hashers.engine);
	free(parallel->task);
	free(parallel);
}
