/*
 * The worker's side: tasks out of frames, replies into frames.
 *
 * Invariants:
 *
 *  - Received tasks stay where they were received: in a block, which counts the tasks in hand that
 *    point into it, and one more while there are tasks in it that were not taken.
 *  - A frame of tasks is received when all tasks of the one before were taken, and not earlier;
 *    what was not received the parent may take back.
 *  - The ids that the user sees are our own: a place in `slots`, and how often it was used. So a
 *    task that was replied to is known as such here, and costs no table lookup.
 *  - Replies wait in `out` until the frame is full; the chunk ends (in the pool's own loop: what a
 *    serve function does next is take another task, but `function` may run for hours); the worker
 *    has nothing more to take; or the oldest is REPLY_AGE old at any call.
 *  - The parent takes the oldest task that was not replied to for the one that is worked on, and its
 *    limit for ours. So replies do not wait while a task with another time-out is worked on.
 *  - A worker blocks in two places only: waiting for tasks, with all its replies sent, and waiting
 *    for room in the channel of replies, while the parent does something else.
 *  - The end of the channel of tasks is the order to end: the parent shuts it for writing.
 */
#include "forkpool/worker.h"

#include "forkpool/channel.h"
#include "forkpool/clock.h"
#include "forkpool/protocol.h"
#include "forkpool/spawn.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** How long a reply may wait for others, and how far apart progress frames are, in ns; with a time-out,
 * not more than a quarter of it. */
#define REPLY_AGE ((int64_t)1000000)
#define PROGRESS_INTERVAL ((int64_t)100000000)

/** The longest message of a failure, in bytes. */
#define MESSAGE_MAX ((size_t)4096)

#define NO_SLOT UINT32_MAX

/** Received bytes that tasks point into. */
struct block {
	size_t references;
	_Alignas(FP_ALIGNMENT) unsigned char bytes[];
};

/** A task in hand. */
struct slot {
	/** The parent's id. */
	uint64_t id;
	struct block *block;
	uint32_t uses;
	uint32_t next_free;
	bool taken;
	/** Its own time-out in ms, or 0. */
	int timeout;
};

struct fp_worker {
	const struct fp_options *options;
	unsigned number;
	/** The channel of tasks, which the parent may receive from, too ... */
	int tasks;
	/** ... and that of replies. */
	int results;
	/** The parent has said that no more will come. */
	bool ended;

	/** The frame just received. */
	unsigned char *in;
	/** Tasks that were received and not taken. */
	struct block *block;
	struct frame_reader untaken;
	/** The parent is about to send more. */
	bool expecting;
	/** A long task that is being received. */
	struct record long_task;
	struct block *long_block;
	size_t long_size;
	/** There is no memory for it: its frames are dropped, and it fails. */
	bool long_dropped;

	struct slot *slots;
	uint32_t slot_count;
	uint32_t free_slot;

	/** The frame of replies that is being written, how many it has, and since when it has any.
	 */
	struct frame_writer out;
	uint32_t pending;
	int64_t oldest;
	/** Since when they have been worked on: the last frame, or waking up for a task. */
	int64_t since;
	int64_t last_progress;
	/** The time-out of the task that was taken last. */
	int timeout;
	/** The task whose reply could not be sent, and why. */
	uint64_t failed_id;
	int failed_error;
};

static void release_block(struct block *block)
{
	if (block && --block->references == 0)
		free(block);
}

static struct block *new_block(size_t size)
{
	struct block *block = malloc(sizeof(*block) + size);

	if (block)
		block->references = 1;
	return block;
}

/* Sending */

/** Send a frame, however long the parent does not read. @return 0, or -1 with errno */
static int send_frame(struct fp_worker *worker, const void *frame, size_t size)
{
	while (channel_send(worker->results, frame, size) < 0) {
		if (errno != EAGAIN || channel_wait(worker->results, POLLOUT, -1) < 0)
			return -1;
	}
	return 0;
}

/** Begin a frame of replies, whose time is put in when it is sent. */
static void start_replies(struct fp_worker *worker)
{
	frame_write(&worker->out, worker->out.start, CHANNEL_FRAME_MAX);
	frame_put_u8(&worker->out, FRAME_REPLIES);
	frame_put_u32(&worker->out, 0);
	worker->pending = 0;
}

/** @return the time spent on replies until now, in ns, as they are told */
static uint32_t take_time(struct fp_worker *worker, int64_t now)
{
	int64_t spent = now - worker->since;

	worker->since = now;
	return spent < UINT32_MAX ? (uint32_t)spent : UINT32_MAX;
}

static int flush(struct fp_worker *worker)
{
	struct frame_writer time;

	if (worker->pending == 0)
		return 0;
	frame_write(
		&time, worker->out.start + FRAME_OVERHEAD, FRAME_REPLIES_OVERHEAD - FRAME_OVERHEAD);
	/* One reply is as old as the frame; that saves asking for the time. */
	frame_put_u32(&time, take_time(worker, worker->pending == 1 ? worker->oldest : clock_ns()));
	if (send_frame(worker, worker->out.start, frame_size(&worker->out)) < 0)
		return -1;
	start_replies(worker);
	return 0;
}

static int flush_old(struct fp_worker *worker)
{
	if (worker->pending == 0 || clock_ns() - worker->oldest < REPLY_AGE)
		return 0;
	return flush(worker);
}

/** Send a reply that is longer than a frame. */
static int send_long(struct fp_worker *worker, const struct record *record)
{
	const unsigned char *data = record->data;
	struct record first = *record;
	size_t sent = RECORD_MAX;

	if (flush(worker) < 0)
		return -1;
	frame_write(&worker->out, worker->out.start, CHANNEL_FRAME_MAX);
	frame_put_u8(&worker->out, FRAME_LONG_REPLY);
	frame_put_u32(&worker->out, take_time(worker, clock_ns()));
	first.size = sent;
	protocol_put(&worker->out, &first);
	for (;;) {
		size_t part = record->total - sent;

		if (send_frame(worker, worker->out.start, frame_size(&worker->out)) < 0)
			return -1;
		if (part == 0)
			break;
		if (part > CHANNEL_FRAME_MAX - FRAME_OVERHEAD)
			part = CHANNEL_FRAME_MAX - FRAME_OVERHEAD;
		frame_write(&worker->out, worker->out.start, CHANNEL_FRAME_MAX);
		frame_put_u8(&worker->out, FRAME_MORE);
		frame_put_bytes(&worker->out, data + sent, part);
		sent += part;
	}
	start_replies(worker);
	return 0;
}

static int send_record(struct fp_worker *worker, const struct record *record)
{
	if (record->size > RECORD_MAX)
		return send_long(worker, record);
	if (!protocol_fits(&worker->out, record->size) && flush(worker) < 0)
		return -1;
	protocol_put(&worker->out, record);
	if (worker->pending++ == 0) {
		worker->oldest = clock_ns();
		return 0;
	}
	/* The pool's own loop comes by fp_worker_next(), which looks at the clock. */
	return worker->options->serve ? flush_old(worker) : 0;
}

/* Slots */

static struct slot *find_slot(struct fp_worker *worker, uint64_t id)
{
	uint32_t place = (uint32_t)id;
	struct slot *slot;

	if (place >= worker->slot_count)
		return NULL;
	slot = &worker->slots[place];
	return slot->taken && slot->uses == id >> 32 ? slot : NULL;
}

static int grow_slots(struct fp_worker *worker)
{
	uint32_t count = worker->slot_count ? worker->slot_count * 2 : 64;
	struct slot *slots = realloc(worker->slots, count * sizeof(*slots));

	if (!slots)
		return -1;
	for (uint32_t i = count; i-- > worker->slot_count;) {
		slots[i] = (struct slot){.next_free = worker->free_slot};
		worker->free_slot = i;
	}
	worker->slots = slots;
	worker->slot_count = count;
	return 0;
}

/** Put a record in hand. @return 0, or -1 with errno */
static int take(struct fp_worker *worker, const struct record *record, struct block *block,
	struct fp_task *task)
{
	struct slot *slot;

	if (record->timeout != worker->timeout && flush(worker) < 0)
		return -1;
	worker->timeout = record->timeout;
	if (worker->free_slot == NO_SLOT && grow_slots(worker) < 0)
		return -1;
	slot = &worker->slots[worker->free_slot];
	task->id = (uint64_t)slot->uses << 32 | worker->free_slot;
	task->data = record->data;
	task->size = record->total;
	worker->free_slot = slot->next_free;
	slot->id = record->id;
	slot->block = block;
	slot->timeout = record->timeout;
	slot->taken = true;
	block->references++;
	return 0;
}

static void drop_slot(struct fp_worker *worker, struct slot *slot)
{
	release_block(slot->block);
	slot->taken = false;
	slot->uses++;
	slot->next_free = worker->free_slot;
	worker->free_slot = (uint32_t)(slot - worker->slots);
}

/* Receiving */

static int malformed(void)
{
	errno = EBADMSG;
	return -1;
}

/** Keep a frame of tasks, to take them one by one. */
static int keep_tasks(struct fp_worker *worker, const void *data, size_t size)
{
	struct block *block = new_block(size);

	if (!block)
		return -1;
	memcpy(block->bytes, data, size);
	release_block(worker->block);
	worker->block = block;
	frame_read(&worker->untaken, block->bytes, size);
	return 0;
}

/** Begin to gather a long task. */
static int begin_long(struct fp_worker *worker, struct frame_reader *frame)
{
	struct record *record = &worker->long_task;

	if (worker->long_block || !protocol_get_long(frame, FP_PAYLOAD_MAX, record))
		return malformed();
	worker->long_block = new_block(record->total);
	worker->long_dropped = !worker->long_block;
	if (worker->long_dropped)
		worker->long_block = new_block(0);
	if (!worker->long_block)
		return -1;
	if (!worker->long_dropped)
		memcpy(worker->long_block->bytes, record->data, record->size);
	worker->long_size = record->size;
	record->data = worker->long_block->bytes;
	return 0;
}

static int continue_long(struct fp_worker *worker, struct frame_reader *frame)
{
	size_t size = frame_left(frame);

	if (!worker->long_block || size > worker->long_task.total - worker->long_size)
		return malformed();
	if (!worker->long_dropped)
		memcpy(worker->long_block->bytes + worker->long_size, frame_get_bytes(frame, size),
			size);
	worker->long_size += size;
	return 0;
}

/** Receive one frame. @return 0 (see `ended`), or -1 with errno: EAGAIN where there is none */
static int receive(struct fp_worker *worker)
{
	ssize_t size = channel_receive(worker->tasks, worker->in);
	struct frame_reader frame;

	if (size < 0)
		return -1;
	if (size == 0) {
		worker->ended = true;
		return 0;
	}
	frame_read(&frame, worker->in, (size_t)size);
	worker->expecting = worker->in[0] == FRAME_TASKS_OF_MANY;
	switch (frame_get_u8(&frame)) {
	case FRAME_TASKS:
	case FRAME_TASKS_OF_MANY:
		return keep_tasks(worker, frame.at, frame_left(&frame));
	case FRAME_LONG_TASK:
		return begin_long(worker, &frame);
	case FRAME_MORE:
		return continue_long(worker, &frame);
	default:
		return malformed();
	}
}

/** Take a task of those received. @return 1, 0 where there is none, or -1 with errno */
static int take_received(struct fp_worker *worker, struct fp_task *task)
{
	struct record record;

	if (protocol_get(&worker->untaken, &record)) {
		protocol_align(&record);
		return take(worker, &record, worker->block, task) < 0 ? -1 : 1;
	}
	if (worker->untaken.failed)
		return malformed();
	release_block(worker->block);
	worker->block = NULL;
	if (!worker->long_block || worker->long_size < worker->long_task.total)
		return 0;
	if (take(worker, &worker->long_task, worker->long_block, task) < 0)
		return -1;
	release_block(worker->long_block);
	worker->long_block = NULL;
	if (!worker->long_dropped)
		return 1;
	return fp_worker_fail(worker, task->id, ENOMEM, NULL);
}

int fp_worker_next(struct fp_worker *worker, int timeout, struct fp_task *task)
{
	int64_t deadline = 0;

	if (flush_old(worker) < 0)
		return -1;
	for (;;) {
		int taken = take_received(worker, task);

		if (taken != 0)
			return taken;
		if (worker->ended)
			return flush(worker);
		if (receive(worker) == 0)
			continue;
		if (errno != EAGAIN || flush(worker) < 0)
			return -1;
		if (worker->expecting) {
			/* Where it shares a processor with the parent, it would wake up for each
			 * frame otherwise, and keep the parent from sending the next: 4.4 µs for a
			 * task that does nothing, where this takes 3.9. */
			worker->expecting = false;
			sched_yield();
			continue;
		}
		/* More than once where the parent takes back what we were woken for. */
		if (deadline == 0)
			deadline = timeout == 0 ? 0 : clock_deadline(timeout);
		else
			timeout = clock_left(deadline);
		taken = timeout == 0 ? 0 : channel_wait(worker->tasks, POLLIN, timeout);
		if (taken == 0)
			errno = EAGAIN;
		if (taken <= 0)
			return -1;
		worker->since = clock_ns();
	}
}

/** Send what became of a task in hand, and let go of it. */
static int end_task(struct fp_worker *worker, uint64_t id, struct record *record)
{
	struct slot *slot = find_slot(worker, id);

	if (!slot) {
		errno = EINVAL;
		return -1;
	}
	record->id = slot->id;
	record->total = record->size;
	if (send_record(worker, record) < 0)
		return -1;
	if (worker->options->function && frame_left(&worker->untaken) == 0 && flush(worker) < 0)
		return -1;
	drop_slot(worker, slot);
	return 0;
}

int fp_worker_reply(struct fp_worker *worker, uint64_t id, const void *data, size_t size)
{
	struct record record = {.data = data, .size = size};

	if (size > FP_PAYLOAD_MAX) {
		worker->failed_id = id;
		worker->failed_error = errno = EMSGSIZE;
		return -1;
	}
	return end_task(worker, id, &record);
}

int fp_worker_fail(struct fp_worker *worker, uint64_t id, int error, const char *message)
{
	struct record record = {
		/* A failure without a reason is a failure still. */
		.error = error > 0 ? error : EIO,
		.data = message,
		.size = message ? strnlen(message, MESSAGE_MAX) : 0,
	};

	return end_task(worker, id, &record);
}

/** How far apart progress frames are, in ns. */
static int64_t progress_interval(const struct fp_worker *worker, const struct slot *slot)
{
	int64_t timeout = worker->options->timeout, quarter;

	if (slot->timeout > 0)
		timeout = slot->timeout;
	quarter = timeout * 1000000 / 4;
	return quarter > 0 && quarter < PROGRESS_INTERVAL ? quarter : PROGRESS_INTERVAL;
}

int fp_worker_progress(struct fp_worker *worker, uint64_t id, const void *data, size_t size)
{
	unsigned char bytes[FRAME_OVERHEAD + RECORD_OVERHEAD + FP_PROGRESS_MAX];
	struct slot *slot = find_slot(worker, id);
	struct frame_writer frame;
	int64_t now = clock_ns();

	if (!slot || size > FP_PROGRESS_MAX) {
		errno = slot ? EMSGSIZE : EINVAL;
		return -1;
	}
	if (worker->pending > 0 && now - worker->oldest >= REPLY_AGE && flush(worker) < 0)
		return -1;
	if (worker->last_progress && now - worker->last_progress < progress_interval(worker, slot))
		return 0;
	worker->last_progress = now;
	frame_write(&frame, bytes, sizeof(bytes));
	frame_put_u8(&frame, FRAME_PROGRESS);
	protocol_put(&frame,
		&(struct record){.id = slot->id, .data = data, .size = size, .total = size});
	if (channel_send(worker->results, bytes, frame_size(&frame)) < 0 && errno != EAGAIN)
		return -1;
	return 0;
}

int fp_worker_part(struct fp_worker *worker, uint64_t id, const void *data, size_t size)
{
	struct slot *slot = find_slot(worker, id);
	int result;

	if (!slot || size > FP_PART_MAX) {
		errno = slot ? EMSGSIZE : EINVAL;
		return -1;
	}
	/* Replies that wait go first. Then the frame of replies is free. */
	if (flush(worker) < 0)
		return -1;
	frame_write(&worker->out, worker->out.start, CHANNEL_FRAME_MAX);
	frame_put_u8(&worker->out, FRAME_PART);
	protocol_put(&worker->out,
		&(struct record){.id = slot->id, .data = data, .size = size, .total = size});
	result = send_frame(worker, worker->out.start, frame_size(&worker->out));
	start_replies(worker);
	return result;
}

/* The worker's life */

/** Run the function on one task; whatever it does, the task is replied to. */
static int run_function(struct fp_worker *worker, const struct fp_task *task)
{
	const struct fp_options *options = worker->options;
	int result;

	worker->failed_error = 0;
	errno = 0;
	result = options->function(worker, task, options->context);
	if (!find_slot(worker, task->id))
		return 0;
	if (worker->failed_error != 0 && worker->failed_id == task->id)
		return fp_worker_fail(worker, task->id, worker->failed_error, NULL);
	if (result < 0)
		return fp_worker_fail(worker, task->id, errno, NULL);
	return fp_worker_reply(worker, task->id, NULL, 0);
}

static int serve_function(struct fp_worker *worker)
{
	struct fp_task task;
	int got;

	while ((got = fp_worker_next(worker, FP_FOREVER, &task)) > 0) {
		if (run_function(worker, &task) < 0)
			return -1;
	}
	return got;
}

/** Run the initializer, and tell the parent. @return 0, or -1 */
static int initialize(struct fp_worker *worker)
{
	const struct fp_options *options = worker->options;
	unsigned char bytes[FRAME_OVERHEAD + 4];
	struct frame_writer frame;

	frame_write(&frame, bytes, sizeof(bytes));
	errno = 0;
	if (!options->initializer || options->initializer(options->context) == 0) {
		/* It may have given up its privileges. */
		spawn_follow_parent();
		frame_put_u8(&frame, FRAME_READY);
		return send_frame(worker, bytes, frame_size(&frame));
	}
	frame_put_u8(&frame, FRAME_NOT_READY);
	frame_put_u32(&frame, errno > 0 ? (uint32_t)errno : EIO);
	(void)send_frame(worker, bytes, frame_size(&frame));
	return -1;
}

static void worker_free(struct fp_worker *worker)
{
	for (uint32_t i = 0; i < worker->slot_count; i++) {
		if (worker->slots[i].taken)
			release_block(worker->slots[i].block);
	}
	free(worker->slots);
	release_block(worker->block);
	release_block(worker->long_block);
	free(worker->out.start);
	free(worker->in);
}

unsigned fp_worker_number(const struct fp_worker *worker)
{
	return worker->number;
}

noreturn void worker_run(const struct fp_options *options, unsigned number, int tasks, int results)
{
	struct fp_worker worker = {
		.options = options,
		.number = number,
		.tasks = tasks,
		.results = results,
		.free_slot = NO_SLOT,
		.in = malloc(CHANNEL_FRAME_MAX),
	};
	int result = -1;

	worker.out.start = malloc(CHANNEL_FRAME_MAX);
	if (worker.in && worker.out.start && initialize(&worker) == 0) {
		start_replies(&worker);
		worker.since = clock_ns();
		result = options->serve ? options->serve(&worker, options->context)
					: serve_function(&worker);
		if (flush(&worker) < 0)
			result = -1;
		if (result == 0 && options->finalizer)
			options->finalizer(options->context);
	}
	worker_free(&worker);
	spawn_exit(result == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
