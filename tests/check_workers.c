/*
 * scan/workers: how many workers and streams are found, by a simulation of machines and storages.
 *
 * The simulation has events and a clock of its own: workers that do tasks of calls and of
 * computing, processors that serve one after the other, storage that serves calls by its model.
 * Noise is seeded: each run is the same.
 */
#include "scan/workers.h"
#include "suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define US INT64_C(1000)
#define MS (1000 * US)
#define SECOND (1000 * MS)
#define NEVER INT64_MAX
#define KB INT64_C(1024)
#define MB INT64_C(1000000)

/** Models of storage that follow each other in a scene, at most. */
enum {
	MODELS = 6
};

/** How storage serves calls. */
struct storage {
	/** ns that a call takes; NEVER: none ends before the next model. */
	int64_t latency;
	/**
	 * Calls served at a time; 0: any number. Or heads that can all read every file: one that
	 * reads it goes on, otherwise the one that is free first changes to it.
	 */
	unsigned servers;
	unsigned heads;
	/** ns that a head takes to change to another file. */
	int64_t seek;
	/** Bytes a second of a stream, or a head; and of all streams. 0: no limit. */
	double rate;
	double all;
	/** Until when this model holds; 0: to the end. */
	int64_t until;
};

struct machine {
	unsigned processors;
	/** Of each period, ns that each processor runs; 0: always. */
	int64_t burst;
	int64_t period;
	/** Does a neighbour take away from nothing to 70 % of the processors, from time to time? */
	bool neighbour;
	/** Part of the waiting for a processor that is taken for being blocked. */
	double mistaken;
};

struct work {
	unsigned files;
	/** Directories that they are in, which are listed first; 0: all are known. */
	unsigned directories;
	/** Of small files; with spread: up to 32 times that, rarely. */
	int64_t size;
	bool spread;
	/** Calls in series that a task makes, and ns of computing. */
	unsigned calls;
	int64_t computing;
	unsigned large;
	int64_t large_size;
	/** Bytes read at once of large files, and ns of a slice. */
	int64_t piece;
	int64_t slice;
};

struct scene {
	struct machine machine;
	/** The models of storage, one after the other. */
	struct storage storage[MODELS];
	struct work work;
	unsigned jobs;
	/** Fixed limits instead of the controller's; 0: the controller's. */
	unsigned workers;
	unsigned streams;
	/** ns between reports besides those after results; 0: none. */
	int64_t tick;
	/** End then, whatever there is to do; 0: not. */
	int64_t end;
	/** Of the noise. */
	uint64_t seed;
};

/** What a run came to. */
struct outcome {
	int64_t time;
	/** How often each limit has changed. */
	unsigned worker_changes;
	unsigned stream_changes;
	/** The levels held longest in the second half, and the highest ones. */
	unsigned workers;
	unsigned streams;
	unsigned most_workers;
	unsigned most_streams;
	/** When 32 workers, and 32 streams, were first allowed; NEVER. */
	int64_t time_to_32_workers;
	int64_t time_to_32_streams;
	/** The least time between a change up and one down, or down and up. */
	int64_t shortest_swing;
	uint64_t tasks;
	uint64_t bytes;
	/** Workers allowed at the end of each model of storage. */
	unsigned workers_at[MODELS];
};

enum {
	MOST_WORKERS = 130,
	MOST_PROCESSORS = 64,
	MOST_LARGE = 4096,
	MOST_CHANGES = 100000
};

struct change {
	int64_t time;
	unsigned workers;
	unsigned streams;
};

enum state {
	GONE,
	IDLE,
	CALLING,
	COMPUTING,
	READING,
	HASHING
};

struct worker {
	enum state state;
	int64_t event;
	int64_t begun;
	int64_t blocked;
	int64_t first_call;
	bool has_called;
	/** Of a small task. */
	bool listing;
	int64_t size;
	unsigned calls_left;
	/** Of a slice. */
	unsigned file;
	int64_t bytes;
	int64_t piece;
};

struct simulation {
	const struct scene *scene;
	int64_t now;
	uint64_t random;
	int64_t processor[MOST_PROCESSORS];
	int64_t server[MOST_WORKERS];
	int64_t stream_of_head[MOST_WORKERS];
	int64_t pipe;
	struct worker worker[MOST_WORKERS];
	/** Of these, so many have been used. */
	unsigned used;
	/** The queue: directories, files, and the large files, those that were begun first. */
	unsigned directories;
	unsigned files;
	unsigned listed;
	int64_t left[MOST_LARGE];
	unsigned queue[MOST_LARGE];
	unsigned queued;
	uint64_t next_id;
	struct workers workers;
	struct workers_limits limits;
	struct workers_report report;
	struct change changes[MOST_CHANGES];
	unsigned changed;
};

/** xorshift64*. @return 0 to 1 */
static double noise(struct simulation *s)
{
	s->random ^= s->random >> 12;
	s->random ^= s->random << 25;
	s->random ^= s->random >> 27;
	return (double)(s->random * UINT64_C(2685821657736338717) >> 11) / 9007199254740992.0;
}

/** The part of a processor that a neighbour leaves in the time that now is in. @return 0.3 to 1 */
static double left_by_neighbour(int64_t now)
{
	uint64_t mixed = (uint64_t)(now / (70 * MS)) * UINT64_C(0x9E3779B97F4A7C15);
	mixed ^= mixed >> 29;
	mixed *= UINT64_C(0xBF58476D1CE4E5B9);
	return 0.3 + 0.7 * (double)(mixed >> 40) / 16777216.0;
}

/** When so much computing ends that begins then. */
static int64_t computed(const struct machine *machine, int64_t begin, int64_t amount)
{
	int64_t now = begin;
	if (machine->burst) {
		while (amount > 0) {
			int64_t in = now % machine->period;
			int64_t runs = machine->burst - in;
			if (runs <= 0) {
				now += machine->period - in;
				continue;
			}
			int64_t part = amount < runs ? amount : runs;
			now += part;
			amount -= part;
		}
		return now;
	}
	if (machine->neighbour) {
		while (amount > 0) {
			int64_t end = (now / (70 * MS) + 1) * 70 * MS;
			double speed = left_by_neighbour(now);
			int64_t possible = (int64_t)((double)(end - now) * speed) + 1;
			if (possible >= amount)
				return now + (int64_t)((double)amount / speed);
			amount -= possible;
			now = end;
		}
		return now;
	}
	return now + amount;
}

/** Compute on the processor that is free first. @return when that ends */
static int64_t compute(struct simulation *s, struct worker *worker, int64_t amount)
{
	const struct machine *machine = &s->scene->machine;
	unsigned first = 0;
	for (unsigned i = 1; i < machine->processors; i++)
		if (s->processor[i] < s->processor[first])
			first = i;
	int64_t begin = s->processor[first] > s->now ? s->processor[first] : s->now;
	int64_t end = computed(machine, begin, amount);
	s->processor[first] = end;
	worker->blocked += (int64_t)((double)(end - s->now - amount) * machine->mistaken);
	return end;
}

/** Make a call that reads so much. @param id of the file @return when it ends */
static int64_t call(struct simulation *s, struct worker *worker, uint64_t id, int64_t bytes)
{
	const struct storage *storage = s->scene->storage;
	int64_t begin = s->now;
	while (storage->until && (storage->until <= begin || storage->latency == NEVER)) {
		if (storage->until > begin)
			begin = storage->until;
		storage++;
	}
	int64_t time = (int64_t)((double)storage->latency * (0.8 + 0.4 * noise(s)));
	if (storage->rate > 0)
		time += (int64_t)((double)bytes / storage->rate * 1e9);
	unsigned places = storage->heads ? storage->heads : storage->servers;
	int64_t end = begin + time;
	if (places) {
		unsigned place = 0;
		for (unsigned i = 1; i < places; i++)
			if (s->server[i] < s->server[place])
				place = i;
		for (unsigned i = 0; i < storage->heads; i++)
			if (s->stream_of_head[i] == (int64_t)id)
				place = i;
		if (storage->heads && s->stream_of_head[place] != (int64_t)id) {
			time += storage->seek;
			s->stream_of_head[place] = (int64_t)id;
		}
		begin = s->server[place] > begin ? s->server[place] : begin;
		end = s->server[place] = begin + time;
	}
	if (storage->all > 0) {
		int64_t from = s->pipe > s->now ? s->pipe : s->now;
		s->pipe = from + (int64_t)((double)bytes / storage->all * 1e9);
		end = end > s->pipe ? end : s->pipe;
	}
	worker->blocked += end - s->now;
	if (!worker->has_called)
		worker->first_call = end - s->now;
	worker->has_called = true;
	return end;
}

static unsigned running(const struct simulation *s)
{
	unsigned running = 0;
	for (unsigned i = 0; i < s->used; i++)
		running += s->worker[i].state != GONE;
	return running;
}

static bool is_reading(const struct worker *worker)
{
	return worker->state == READING || worker->state == HASHING;
}

static unsigned reading(const struct simulation *s)
{
	unsigned reading = 0;
	for (unsigned i = 0; i < s->used; i++)
		reading += is_reading(&s->worker[i]);
	return reading;
}

static uint64_t waiting(const struct simulation *s)
{
	return (uint64_t)s->directories + s->files;
}

static void small_step(struct simulation *s, struct worker *worker)
{
	const struct work *work = &s->scene->work;
	if (worker->calls_left) {
		worker->calls_left--;
		int64_t bytes = worker->listing ? 0 : worker->size / work->calls;
		worker->state = CALLING;
		worker->event = call(s, worker, worker->file, bytes);
	} else {
		worker->state = COMPUTING;
		int64_t computing =
			work->computing + (work->calls ? (int64_t)((double)worker->size) : 0);
		worker->event = compute(s, worker, computing);
	}
}

static void slice_step(struct simulation *s, struct worker *worker)
{
	const struct work *work = &s->scene->work;
	int64_t left = s->left[worker->file];
	worker->piece = left < work->piece ? left : work->piece;
	worker->state = READING;
	worker->event = call(s, worker, worker->file, worker->piece);
}

/** Give a worker something to do. @return whether there is something */
static bool dispatch(struct simulation *s, struct worker *worker)
{
	const struct work *work = &s->scene->work;
	worker->begun = s->now;
	worker->blocked = 0;
	worker->bytes = 0;
	if (s->queued && reading(s) < s->limits.streams) {
		worker->file = s->queue[0];
		s->queued--;
		memmove(s->queue, s->queue + 1, s->queued * sizeof *s->queue);
		slice_step(s, worker);
		return true;
	}
	if (!waiting(s))
		return false;
	worker->listing = s->directories > 0;
	if (worker->listing)
		s->directories--;
	else
		s->files--;
	worker->file = (unsigned)(MOST_LARGE + s->next_id++);
	worker->size = worker->listing ? 0 : work->size;
	if (work->spread && !worker->listing) {
		double r = noise(s);
		worker->size = (int64_t)((double)work->size / (r + 1.0 / 32));
	}
	worker->calls_left = work->calls;
	small_step(s, worker);
	return true;
}

/** Tell the controller, and obey it. */
static void decide(struct simulation *s)
{
	struct workers_report *report = &s->report;
	report->now = s->now;
	report->running = running(s);
	report->waiting = waiting(s);
	report->large_waiting = s->queued;
	report->large_reading = reading(s);
	if (s->scene->workers)
		return;
	if (!workers_decide(&s->workers, report, &s->limits))
		return;
	if (getenv("WORKERS_TRACE"))
		printf("%9.1f ms: %u workers, %u streams: %s\n", (double)s->now / 1e6,
			s->limits.workers, s->limits.streams, s->limits.reason);
	ck_assert_uint_lt(s->changed, MOST_CHANGES);
	s->changes[s->changed++] = (struct change){
		.time = s->now, .workers = s->limits.workers, .streams = s->limits.streams};
}

/** Fork workers that are missing, end those that are too many, and wake those that are idle. */
static void adjust(struct simulation *s)
{
	unsigned exist = running(s);
	for (unsigned i = 0; i < s->used; i++) {
		struct worker *worker = &s->worker[i];
		if (worker->state != IDLE)
			continue;
		if (exist > s->limits.workers) {
			worker->state = GONE;
			exist--;
		} else {
			dispatch(s, worker);
		}
	}
	int64_t forked = 0;
	for (unsigned i = 0; i < MOST_WORKERS && exist < s->limits.workers; i++) {
		struct worker *worker = &s->worker[i];
		s->used = i < s->used ? s->used : i + 1;
		if (worker->state != GONE)
			continue;
		*worker = (struct worker){.state = IDLE};
		if (!dispatch(s, worker)) {
			worker->state = GONE;
			break;
		}
		/* A fork takes time. */
		forked += 200 * US;
		worker->event += forked;
		exist++;
	}
}

static void end_small(struct simulation *s, struct worker *worker)
{
	const struct work *work = &s->scene->work;
	struct workers_report *report = &s->report;
	report->tasks++;
	report->bytes += (uint64_t)worker->size;
	report->busy += s->now - worker->begun;
	report->blocked += worker->blocked;
	if (worker->listing && s->listed++ == 0)
		s->directories += work->directories;
	else if (worker->listing)
		s->files += work->files / work->directories;
}

static void end_slice(struct simulation *s, struct worker *worker)
{
	struct workers_report *report = &s->report;
	report->bytes += (uint64_t)worker->bytes;
	report->large_bytes += (uint64_t)worker->bytes;
	report->large_slices++;
	if (!s->left[worker->file])
		return;
	/* What was begun first goes on first. */
	unsigned place = 0;
	while (place < s->queued && s->queue[place] < worker->file)
		place++;
	memmove(s->queue + place + 1, s->queue + place, (s->queued - place) * sizeof *s->queue);
	s->queue[place] = worker->file;
	s->queued++;
}

/** An event of a worker. @return whether a task has ended */
static bool step(struct simulation *s, struct worker *worker)
{
	const struct work *work = &s->scene->work;
	switch (worker->state) {
	case CALLING:
		small_step(s, worker);
		return false;
	case COMPUTING:
		end_small(s, worker);
		break;
	case READING:
		worker->state = HASHING;
		worker->event = compute(s, worker, worker->piece);
		return false;
	case HASHING:
		s->left[worker->file] -= worker->piece;
		worker->bytes += worker->piece;
		if (s->left[worker->file] && s->now - worker->begun < work->slice) {
			slice_step(s, worker);
			return false;
		}
		end_slice(s, worker);
		break;
	default:
		abort();
	}
	if (worker->first_call > s->report.first_call)
		s->report.first_call = worker->first_call;
	worker->state = IDLE;
	return true;
}

static struct worker *next_worker(struct simulation *s)
{
	struct worker *next = NULL;
	for (unsigned i = 0; i < s->used; i++) {
		struct worker *worker = &s->worker[i];
		if (worker->state > IDLE && (!next || worker->event < next->event))
			next = worker;
	}
	return next;
}

/** Which level was held longest in the second half? */
static unsigned level_held(const struct simulation *s, bool streams)
{
	int64_t held[MOST_WORKERS + 1] = {0};
	unsigned best = 0;
	for (unsigned i = 0; i < s->changed; i++) {
		int64_t from = s->changes[i].time;
		int64_t to = i + 1 < s->changed ? s->changes[i + 1].time : s->now;
		from = from > s->now / 2 ? from : s->now / 2;
		unsigned level = streams ? s->changes[i].streams : s->changes[i].workers;
		if (to > from)
			held[level] += to - from;
		if (held[level] > held[best])
			best = level;
	}
	return best;
}

static void describe(const struct simulation *s, struct outcome *outcome)
{
	*outcome = (struct outcome){
		.time = s->now,
		.time_to_32_workers = NEVER,
		.time_to_32_streams = NEVER,
		.shortest_swing = NEVER,
		.tasks = s->report.tasks,
		.bytes = s->report.bytes,
	};
	int64_t last_up[2] = {-NEVER / 2, -NEVER / 2};
	int64_t last_down[2] = {-NEVER / 2, -NEVER / 2};
	for (unsigned i = 0; i < s->changed; i++) {
		const struct change *c = &s->changes[i];
		if (c->workers > outcome->most_workers)
			outcome->most_workers = c->workers;
		if (c->streams > outcome->most_streams)
			outcome->most_streams = c->streams;
		if (c->workers >= 32 && outcome->time_to_32_workers == NEVER)
			outcome->time_to_32_workers = c->time;
		if (c->streams >= 32 && outcome->time_to_32_streams == NEVER)
			outcome->time_to_32_streams = c->time;
		for (int j = 0; j < MODELS; j++)
			if (!s->scene->storage[j].until || c->time <= s->scene->storage[j].until)
				outcome->workers_at[j] = c->workers;
		if (!i)
			continue;
		unsigned now[2] = {c->workers, c->streams};
		unsigned before[2] = {c[-1].workers, c[-1].streams};
		outcome->worker_changes += now[0] != before[0];
		outcome->stream_changes += now[1] != before[1];
		for (int j = 0; j < 2; j++) {
			int64_t *same = now[j] > before[j] ? last_up : last_down;
			int64_t other = (now[j] > before[j] ? last_down : last_up)[j];
			if (now[j] == before[j])
				continue;
			if (c->time - other < outcome->shortest_swing)
				outcome->shortest_swing = c->time - other;
			same[j] = c->time;
		}
	}
	outcome->workers = level_held(s, false);
	outcome->streams = level_held(s, true);
}

static struct outcome run(const struct scene *scene)
{
	struct simulation *s = calloc(1, sizeof *s);
	ck_assert_ptr_nonnull(s);
	s->scene = scene;
	s->random = 88172645463325252 + scene->seed * UINT64_C(0x9E3779B97F4A7C15);
	memset(s->stream_of_head, -1, sizeof s->stream_of_head);
	const struct work *work = &scene->work;
	if (work->directories)
		s->directories = 1;
	else
		s->files = work->files;
	for (unsigned i = 0; i < work->large; i++) {
		s->queue[s->queued++] = i;
		s->left[i] = work->large_size;
	}
	struct workers_options options = {
		.processors = scene->machine.processors, .jobs = scene->jobs};
	workers_begin(&s->workers, &options, &s->limits);
	if (scene->workers)
		s->limits = (struct workers_limits){
			.workers = scene->workers, .streams = scene->streams};
	s->changes[s->changed++] =
		(struct change){.workers = s->limits.workers, .streams = s->limits.streams};
	int64_t tick = scene->tick ? scene->tick : NEVER;
	adjust(s);
	struct worker *next;
	while ((next = next_worker(s)) && !(scene->end && s->now >= scene->end)) {
		if (tick <= next->event) {
			s->now = tick;
			tick += scene->tick;
		} else {
			s->now = next->event;
			if (!step(s, next))
				continue;
		}
		decide(s);
		adjust(s);
	}
	struct outcome outcome;
	describe(s, &outcome);
	free(s);
	return outcome;
}

/** The same with limits that do not change. */
static struct outcome run_fixed(const struct scene *scene, unsigned workers, unsigned streams)
{
	struct scene fixed = *scene;
	fixed.workers = workers;
	fixed.streams = streams;
	return run(&fixed);
}

/** Work done, in a number: large files by their size. */
static double done(const struct outcome *outcome)
{
	return (double)outcome->tasks + (double)outcome->bytes / 1e6;
}

/**
 * How a run compares with the best one whose limits do not change.
 *
 * @return its time against the best one's, or where both end early, the work of the best one
 *	against its
 */
static double against_best(const struct scene *scene, const struct outcome *outcome)
{
	static const unsigned workers[] = {1, 2, 8, 16, 32, 64};
	static const unsigned streams[] = {1, 2, 4, 8, 16, 32};
	double best = 0;
	for (unsigned i = 0; i < sizeof workers / sizeof *workers; i++)
		for (unsigned j = 0; j < (scene->work.large ? sizeof streams / sizeof *streams : 1);
			j++) {
			/* Of workers that only read large files, more do not hurt. */
			bool needless = !scene->work.files && workers[i] < 64;
			if (workers[i] < streams[j] || needless)
				continue;
			struct outcome fixed = run_fixed(scene, workers[i], streams[j]);
			double ratio = scene->end ? done(&fixed) / done(outcome)
						  : (double)outcome->time / (double)fixed.time;
			best = ratio > best ? ratio : best;
		}
	return best;
}

#define TREE .directories = 40, .size = 8 * KB, .calls = 4, .computing = 20 * US

START_TEST(test_workers_warm)
{
	struct scene scene = {.machine = {.processors = 2},
		.work = {.files = 200000, .size = 8 * KB, .computing = 5 * US}};
	struct outcome o = run(&scene);
	ck_assert_uint_eq(o.most_workers, 2);
	ck_assert_uint_eq(o.worker_changes + o.stream_changes, 0);
	ck_assert_double_le(against_best(&scene, &o), 1.01);
}
END_TEST

START_TEST(test_workers_warm_after_one_slow_call)
{
	struct scene scene = {.machine = {.processors = 2},
		.storage = {{.latency = 30 * MS, .until = 20 * MS}, {.latency = 1 * US}},
		.work = {.files = 200000,
			.directories = 40,
			.size = 8 * KB,
			.calls = 1,
			.computing = 20 * US}};
	struct outcome o = run(&scene);
	ck_assert_uint_eq(o.workers, 2);
	ck_assert_uint_le(o.most_workers, 4);
	ck_assert_uint_le(o.worker_changes, 4);
	ck_assert_double_le(against_best(&scene, &o), 1.1);
}
END_TEST

START_TEST(test_workers_latency)
{
	for (int tick = 0; tick < 2; tick++) {
		struct scene scene = {.machine = {.processors = 2},
			.tick = tick * 10 * MS,
			.storage = {{.latency = 2 * MS}},
			.work = {.files = 2000, TREE}};
		struct outcome o = run(&scene);
		ck_assert_int_le(o.time_to_32_workers, 45 * MS);
		ck_assert_uint_ge(o.workers, 32);
		ck_assert_uint_le(o.worker_changes, 8);
		ck_assert_double_le((double)o.time / (double)run_fixed(&scene, 32, 1).time, 1);
		ck_assert_double_le(against_best(&scene, &o), 1.2);
		scene.work.files = 20000;
		o = run(&scene);
		ck_assert_uint_eq(o.workers, 64);
		ck_assert_uint_le(o.worker_changes, 12);
		ck_assert_double_le(against_best(&scene, &o), 1.1);
	}
}
END_TEST

START_TEST(test_workers_latency_of_a_second)
{
	struct scene scene = {.machine = {.processors = 2},
		.tick = 10 * MS,
		.storage = {{.latency = SECOND}},
		.work = {.files = 2000, TREE}};
	struct outcome o = run(&scene);
	ck_assert_uint_eq(o.workers, 64);
	ck_assert_uint_le(o.worker_changes, 20);
	ck_assert_double_le(against_best(&scene, &o), 1.1);
}
END_TEST

START_TEST(test_workers_latency_that_begins_late)
{
	struct scene scene = {.machine = {.processors = 2},
		.tick = 10 * MS,
		.end = 60 * SECOND,
		.storage = {{.latency = 1 * US, .until = 5 * SECOND},
			{.latency = 5 * MS, .until = 30 * SECOND}, {.latency = 1 * US}},
		.work = {.files = 100000000, .size = 8 * KB, .calls = 4, .computing = 100 * US}};
	struct outcome o = run(&scene);
	ck_assert_uint_eq(o.workers_at[0], 2);
	ck_assert_uint_eq(o.workers_at[1], 64);
	ck_assert_uint_eq(o.workers_at[2], 2);
	ck_assert_uint_le(o.worker_changes, 14);
	ck_assert_double_le(against_best(&scene, &o), 1.1);
}
END_TEST

START_TEST(test_workers_four_at_a_time)
{
	struct scene scene = {.machine = {.processors = 2},
		.storage = {{.latency = 2 * MS, .servers = 4}},
		.work = {.files = 5000, TREE}};
	struct outcome o = run(&scene);
	ck_assert_uint_ge(o.workers, 4);
	ck_assert_uint_le(o.workers, 8);
	ck_assert_uint_le(o.worker_changes, 18);
	ck_assert_double_le(against_best(&scene, &o), 1.1);
	/* What does not pay is tried more and more rarely. */
	scene.work.files = 100000000;
	scene.end = 300 * SECOND;
	o = run(&scene);
	ck_assert_uint_ge(o.workers, 4);
	ck_assert_uint_le(o.workers, 8);
	ck_assert_uint_le(o.worker_changes, 36);
	ck_assert_double_le(against_best(&scene, &o), 1.02);
}
END_TEST

START_TEST(test_workers_small_files_of_nvme)
{
	for (uint64_t seed = 0; seed < 2; seed++) {
		struct scene scene = {.machine = {.processors = 2},
			.seed = seed,
			.storage = {{.latency = 100 * US, .rate = 1e9, .all = 5e9}},
			.work = {.files = 100000,
				.size = 8 * KB,
				.spread = true,
				.calls = 4,
				.computing = 10 * US}};
		struct outcome o = run(&scene);
		ck_assert_uint_ge(o.workers, 16);
		ck_assert_uint_le(o.worker_changes, 12);
		ck_assert_double_le(against_best(&scene, &o), 1.1);
	}
}
END_TEST

START_TEST(test_workers_throttled_quota)
{
	struct scene scene = {
		.machine = {.processors = 2, .burst = 10 * MS, .period = 100 * MS, .mistaken = 0.9},
		.tick = 10 * MS,
		.end = 120 * SECOND,
		.work = {.files = 100000000, .size = 8 * KB, .computing = 100 * US}};
	struct outcome o = run(&scene);
	ck_assert_uint_eq(o.workers, 2);
	ck_assert_uint_le(o.most_workers, 4);
	ck_assert_uint_le(o.worker_changes, 14);
	ck_assert_double_le(against_best(&scene, &o), 1.01);
}
END_TEST

START_TEST(test_workers_busy_neighbour)
{
	struct scene scene = {.machine = {.processors = 2, .neighbour = true, .mistaken = 0.9},
		.tick = 10 * MS,
		.end = 120 * SECOND,
		.work = {
			.files = 100000000, .size = 8 * KB, .spread = true, .computing = 100 * US}};
	struct outcome o = run(&scene);
	ck_assert_uint_le(o.workers, 4);
	ck_assert_uint_le(o.most_workers, 8);
	ck_assert_uint_le(o.worker_changes, 10);
	ck_assert_double_le(against_best(&scene, &o), 1.01);
	/* As it should be: waiting for a processor is not being blocked. */
	scene.machine.mistaken = 0.3;
	o = run(&scene);
	ck_assert_uint_eq(o.worker_changes, 0);
}
END_TEST

START_TEST(test_workers_storage_that_changes)
{
	struct scene scene = {.machine = {.processors = 2},
		.tick = 10 * MS,
		.end = 50 * SECOND,
		.storage = {{.latency = 1 * US, .until = 3 * SECOND},
			{.latency = 20 * MS, .until = 13 * SECOND},
			{.latency = 1 * US, .until = 20 * SECOND},
			{.latency = NEVER, .until = 26 * SECOND},
			{.latency = 2 * MS, .until = 40 * SECOND}, {.latency = 1 * US}},
		.work = {.files = 100000000, .size = 8 * KB, .calls = 4, .computing = 100 * US}};
	struct outcome o = run(&scene);
	ck_assert_uint_eq(o.workers_at[0], 2);
	ck_assert_uint_eq(o.workers_at[1], 64);
	ck_assert_uint_le(o.workers_at[2], 4);
	/* While nothing comes, nothing is learnt. */
	ck_assert_uint_le(o.workers_at[3], 4);
	ck_assert_uint_ge(o.workers_at[4], 32);
	ck_assert_uint_eq(o.workers_at[5], 2);
	ck_assert_uint_le(o.worker_changes, 30);
	ck_assert_double_le(against_best(&scene, &o), 1.1);
}
END_TEST

START_TEST(test_workers_storage_that_flaps)
{
	struct scene scene = {.machine = {.processors = 2},
		.tick = 10 * MS,
		.end = 18 * SECOND,
		.storage = {{.latency = 1 * US, .until = 3 * SECOND},
			{.latency = 5 * MS, .until = 6 * SECOND},
			{.latency = 1 * US, .until = 9 * SECOND},
			{.latency = 5 * MS, .until = 12 * SECOND},
			{.latency = 1 * US, .until = 15 * SECOND}, {.latency = 5 * MS}},
		.work = {.files = 100000000, .size = 8 * KB, .calls = 4, .computing = 100 * US}};
	struct outcome o = run(&scene);
	ck_assert_uint_le(o.worker_changes, 30);
	ck_assert_double_le(against_best(&scene, &o), 1.25);
}
END_TEST

#define ONE_HEAD \
	{ \
		{ \
			.heads = 1, .seek = 8 * MS, .rate = 150e6 \
		} \
	}

START_TEST(test_workers_one_head)
{
	static const int64_t pieces[] = {128 * KB, 512 * KB, 1024 * KB};
	for (int i = 0; i < 18; i++) {
		struct scene scene = {.machine = {.processors = 2},
			.tick = i % 2 * 10 * MS,
			.storage = ONE_HEAD,
			.work = {.large = 8,
				.large_size = 200 * MB,
				.piece = pieces[i / 2 % 3],
				.slice = (i / 6 + 1) * 100 * MS}};
		struct outcome o = run(&scene);
		ck_assert_uint_eq(o.streams, 1);
		ck_assert_uint_eq(o.most_streams, 2);
		ck_assert_uint_le(o.stream_changes, 6);
		ck_assert_double_le(against_best(&scene, &o), 1.1);
	}
}
END_TEST

START_TEST(test_workers_one_head_for_long)
{
	struct scene scene = {.machine = {.processors = 2},
		.tick = 50 * MS,
		.end = 3000 * SECOND,
		.storage = ONE_HEAD,
		.work = {.large = 1000, .large_size = 1000 * MB, .piece = MB, .slice = 200 * MS}};
	struct outcome o = run(&scene);
	struct outcome best = run_fixed(&scene, 2, 1);
	ck_assert_uint_eq(o.streams, 1);
	ck_assert_uint_eq(o.most_streams, 2);
	ck_assert_uint_le(o.stream_changes, 24);
	ck_assert_double_ge((double)o.bytes / (double)best.bytes, 0.999);
}
END_TEST

START_TEST(test_workers_one_head_small_files)
{
	struct scene scene = {.machine = {.processors = 2},
		.storage = ONE_HEAD,
		.work = {.files = 500, .size = 100 * KB, .calls = 1, .computing = 20 * US}};
	struct outcome o = run(&scene);
	ck_assert_double_le((double)o.time / (double)run_fixed(&scene, 1, 1).time, 1.05);
	ck_assert_uint_le(o.worker_changes, 12);
}
END_TEST

START_TEST(test_workers_four_heads)
{
	static const int64_t pieces[] = {128 * KB, 256 * KB, 1024 * KB};
	for (int i = 0; i < 3; i++) {
		struct scene scene = {.machine = {.processors = 2},
			.tick = 10 * MS,
			.storage = {{.heads = 4, .seek = 8 * MS, .rate = 150e6}},
			.work = {.large = 80,
				.large_size = 200 * MB,
				.piece = pieces[i],
				.slice = (i + 1) * 100 * MS}};
		struct outcome o = run(&scene);
		ck_assert_uint_eq(o.streams, 4);
		ck_assert_uint_ge(o.workers, 4);
		ck_assert_uint_le(o.stream_changes, 20);
		ck_assert_double_le(against_best(&scene, &o), 1.15);
	}
}
END_TEST

START_TEST(test_workers_streams_of_a_network)
{
	for (int64_t slice = 100; slice <= 300; slice += 100) {
		struct scene scene = {.machine = {.processors = 8},
			.tick = 10 * MS,
			.storage = {{.latency = 2 * MS, .rate = 50e6}},
			.work = {.large = 64,
				.large_size = 100 * MB,
				.piece = 1024 * KB,
				.slice = slice * MS}};
		struct outcome o = run(&scene);
		ck_assert_int_le(o.time_to_32_streams, slice < 300 ? SECOND : 1400 * MS);
		ck_assert_uint_ge(o.streams, 32);
		ck_assert_uint_ge(o.workers, 32);
		ck_assert_uint_le(o.stream_changes, 10);
		ck_assert_double_le(against_best(&scene, &o), 1.2);
	}
}
END_TEST

START_TEST(test_workers_streams_of_nvme)
{
	/* 500 MB/s a stream, ten of them fill it. */
	struct scene scene = {.machine = {.processors = 16},
		.tick = 10 * MS,
		.storage = {{.latency = 80 * US, .rate = 500e6, .all = 5e9}},
		.work = {.large = 100,
			.large_size = 400 * MB,
			.piece = 1024 * KB,
			.slice = 100 * MS}};
	struct outcome o = run(&scene);
	ck_assert_uint_ge(o.streams, 8);
	ck_assert_uint_le(o.stream_changes, 10);
	ck_assert_double_le(against_best(&scene, &o), 1.15);
}
END_TEST

START_TEST(test_workers_streams_of_four_processors)
{
	/* One stream keeps one processor busy, and there are more. */
	struct scene scene = {.machine = {.processors = 4},
		.tick = 10 * MS,
		.storage = {{.latency = 10 * US, .rate = 20e9}},
		.work = {.large = 100,
			.large_size = 400 * MB,
			.piece = 1024 * KB,
			.slice = 100 * MS}};
	struct outcome o = run(&scene);
	ck_assert_uint_ge(o.streams, 4);
	ck_assert_uint_le(o.streams, 8);
	ck_assert_uint_le(o.stream_changes, 12);
	ck_assert_double_le(against_best(&scene, &o), 1.1);
}
END_TEST

START_TEST(test_workers_streams_of_storage_that_stops)
{
	struct scene scene = {.machine = {.processors = 4},
		.tick = 10 * MS,
		.end = 60 * SECOND,
		.storage = {{.latency = 2 * MS, .rate = 50e6, .until = 10 * SECOND},
			{.latency = NEVER, .until = 25 * SECOND},
			{.heads = 1, .seek = 8 * MS, .rate = 150e6, .until = 45 * SECOND},
			{.latency = 2 * MS, .rate = 50e6}},
		.work = {.large = 1000, .large_size = 400 * MB, .piece = MB, .slice = 200 * MS}};
	struct outcome o = run(&scene);
	ck_assert_uint_le(o.stream_changes, 40);
	ck_assert_uint_ge(o.workers_at[0], 32);
	ck_assert_uint_ge(o.workers_at[1], 32);
	ck_assert_uint_eq(o.workers_at[2], 4);
	ck_assert_uint_ge(o.workers_at[3], 32);
	ck_assert_double_le(against_best(&scene, &o), 1.25);
}
END_TEST

START_TEST(test_workers_small_and_large)
{
	struct scene head = {.machine = {.processors = 2},
		.tick = 10 * MS,
		.storage = ONE_HEAD,
		.work = {.files = 1000,
			.size = 100 * KB,
			.calls = 1,
			.computing = 10 * US,
			.large = 8,
			.large_size = 100 * MB,
			.piece = 1024 * KB,
			.slice = 200 * MS}};
	struct outcome o = run(&head);
	ck_assert_uint_le(o.worker_changes + o.stream_changes, 36);
	ck_assert_double_le(against_best(&head, &o), 1.25);

	struct scene network = {.machine = {.processors = 4},
		.tick = 10 * MS,
		.storage = {{.latency = 2 * MS, .rate = 50e6}},
		.work = {.files = 20000,
			.size = 8 * KB,
			.spread = true,
			.calls = 4,
			.computing = 10 * US,
			.large = 64,
			.large_size = 50 * MB,
			.piece = 1024 * KB,
			.slice = 200 * MS}};
	o = run(&network);
	ck_assert_uint_ge(o.streams, 16);
	ck_assert_uint_eq(o.workers, 64);
	ck_assert_uint_le(o.worker_changes + o.stream_changes, 24);
	ck_assert_double_le(against_best(&network, &o), 1.1);
}
END_TEST

START_TEST(test_workers_large_beside_warm)
{
	/* A stream that waits for a slow disk must not keep a processor from other files. */
	struct scene scene = {.machine = {.processors = 1},
		.tick = 10 * MS,
		.storage = ONE_HEAD,
		.work = {.files = 100000,
			.size = 8 * KB,
			.computing = 50 * US,
			.large = 4,
			.large_size = 200 * MB,
			.piece = 1024 * KB,
			.slice = 200 * MS}};
	struct outcome o = run(&scene);
	ck_assert_uint_le(o.worker_changes + o.stream_changes, 12);
	ck_assert_double_le(against_best(&scene, &o), 1.15);
}
END_TEST

START_TEST(test_workers_jobs)
{
	struct scene scene = {.machine = {.processors = 2},
		.jobs = 5,
		.tick = 10 * MS,
		.storage = {{.latency = 2 * MS, .rate = 50e6}},
		.work = {.files = 2000,
			.directories = 40,
			.size = 8 * KB,
			.calls = 4,
			.computing = 20 * US,
			.large = 64,
			.large_size = 50 * MB,
			.piece = 1024 * KB,
			.slice = 200 * MS}};
	struct outcome o = run(&scene);
	ck_assert_uint_eq(o.worker_changes, 0);
	ck_assert_uint_eq(o.workers, 5);
	ck_assert_uint_eq(o.most_streams, 5);
	scene.jobs = 100;
	o = run(&scene);
	ck_assert_uint_eq(o.worker_changes, 0);
	ck_assert_uint_eq(o.workers, 100);
	ck_assert_uint_ge(o.most_streams, 32);
	scene.jobs = 1;
	o = run(&scene);
	ck_assert_uint_eq(o.worker_changes + o.stream_changes, 0);
	ck_assert_uint_eq(o.workers, 1);
}
END_TEST

START_TEST(test_workers_processors)
{
	struct scene scene = {.machine = {.processors = 1},
		.storage = {{.latency = 2 * MS}},
		.work = {.files = 20000, TREE}};
	struct outcome o = run(&scene);
	ck_assert_int_le(o.time_to_32_workers, 50 * MS);
	ck_assert_uint_eq(o.workers, 64);
	scene.machine.processors = 64;
	o = run(&scene);
	ck_assert_uint_eq(o.worker_changes, 0);
	ck_assert_uint_eq(o.workers, 64);
}
END_TEST

/** Begin, with so many processors and jobs. */
static struct workers_limits begin(struct workers *workers, unsigned processors, unsigned jobs)
{
	struct workers_limits limits;
	struct workers_options options = {.processors = processors, .jobs = jobs};
	workers_begin(workers, &options, &limits);
	return limits;
}

START_TEST(test_workers_begin)
{
	struct workers workers;
	ck_assert_uint_eq(begin(&workers, 0, 0).workers, 1);
	ck_assert_uint_eq(begin(&workers, 1, 0).workers, 1);
	ck_assert_uint_eq(begin(&workers, 6, 0).workers, 6);
	ck_assert_uint_eq(begin(&workers, 1000, 0).workers, 1000);
	ck_assert_uint_eq(begin(&workers, 6, 1).workers, 1);
	ck_assert_uint_eq(begin(&workers, 6, 4000).workers, 4000);
	ck_assert_uint_eq(begin(&workers, 6, 0).streams, 1);
	ck_assert_ptr_nonnull(begin(&workers, 6, 0).reason);
}
END_TEST

START_TEST(test_workers_slow_first_call)
{
	/* By the first calls alone, at once; and no more than tasks wait. */
	struct workers workers;
	struct workers_limits limits = begin(&workers, 2, 0);
	struct workers_report report = {
		.now = 5 * SECOND, .first_call = 2 * MS, .running = 2, .waiting = 20};
	ck_assert(workers_decide(&workers, &report, &limits));
	ck_assert_uint_eq(limits.workers, 4);
	ck_assert_ptr_nonnull(limits.reason);
	ck_assert(!workers_decide(&workers, &report, &limits));
	ck_assert_uint_eq(limits.workers, 4);
	for (int i = 0; i < 10; i++) {
		report.now += 4 * MS;
		report.running = limits.workers;
		workers_decide(&workers, &report, &limits);
	}
	ck_assert_uint_eq(limits.workers, 32);
	limits = begin(&workers, 2, 0);
	report.first_call = MS;
	for (int i = 0; i < 10; i++) {
		report.now += 4 * MS;
		ck_assert(!workers_decide(&workers, &report, &limits));
	}
	ck_assert_uint_eq(limits.workers, 2);
}
END_TEST

START_TEST(test_workers_nothing_moves)
{
	struct workers workers;
	struct workers_limits limits = begin(&workers, 2, 0);
	struct workers_report report = {
		.now = -5, .running = 2, .waiting = 100, .large_waiting = 5, .large_reading = 1};
	/* One more worker beside the one that reads. */
	ck_assert(workers_decide(&workers, &report, &limits));
	ck_assert_uint_eq(limits.workers, 3);
	/* Time that stands still, while tasks are done; then time without anything done. */
	for (int i = 0; i < 1000; i++) {
		report.tasks += 100;
		report.busy += 100 * MS;
		report.blocked += 99 * MS;
		report.large_slices++;
		report.large_bytes += 1000000;
		report.bytes += 2000000;
		ck_assert(!workers_decide(&workers, &report, &limits));
	}
	for (int i = 0; i < 1000; i++) {
		report.now += 3600 * SECOND;
		ck_assert(!workers_decide(&workers, &report, &limits));
	}
	ck_assert_uint_eq(limits.workers, 3);
	ck_assert_uint_eq(limits.streams, 1);
	/* Reports that are hours apart. */
	for (int i = 0; i < 1000; i++) {
		report.now += 3600 * SECOND;
		report.tasks += 100;
		report.busy += 7200 * SECOND;
		report.blocked += 7000 * SECOND;
		workers_decide(&workers, &report, &limits);
		ck_assert_uint_eq(limits.workers, 3);
	}
	/* And nothing to do any more. */
	report = (struct workers_report){.now = report.now + 3600 * SECOND};
	ck_assert(workers_decide(&workers, &report, &limits));
	ck_assert_uint_eq(limits.workers, 2);
}
END_TEST

/** Any number, mostly extreme or close to the one before. */
static uint64_t wild(struct simulation *s, uint64_t before)
{
	double r = noise(s);
	if (r < 0.02)
		return (uint64_t)(noise(s) * 1.8446744073709551e19);
	if (r < 0.03)
		return UINT64_MAX;
	if (r < 0.04)
		return (uint64_t)INT64_MAX;
	if (r < 0.05)
		return (uint64_t)INT64_MIN;
	if (r < 0.06)
		return 0;
	return before + (uint64_t)(noise(s) * 2e8);
}

START_TEST(test_workers_wild_reports)
{
	static const unsigned processors[] = {1, 2, 64, 4000};
	struct simulation *s = calloc(1, sizeof *s);
	ck_assert_ptr_nonnull(s);
	s->random = 1;
	for (int i = 0; i < 8; i++) {
		unsigned jobs = i < 4 ? 0 : (unsigned)i * 20;
		struct workers workers;
		struct workers_limits limits = begin(&workers, processors[i % 4], jobs);
		unsigned first = limits.workers;
		struct workers_report r = {0};
		for (int j = 0; j < 100000; j++) {
			r.now = (int64_t)wild(s, (uint64_t)r.now);
			r.tasks = wild(s, r.tasks);
			r.bytes = wild(s, r.bytes);
			r.busy = (int64_t)wild(s, (uint64_t)r.busy);
			r.blocked = (int64_t)wild(s, (uint64_t)r.blocked);
			r.first_call = (int64_t)wild(s, 0);
			r.running = (unsigned)wild(s, limits.workers);
			r.waiting = wild(s, 0);
			r.large_waiting = wild(s, 0);
			r.large_reading = (unsigned)wild(s, 0) % 70;
			r.large_bytes = wild(s, r.large_bytes);
			r.large_slices = wild(s, r.large_slices);
			struct workers_limits before = limits;
			bool changed = workers_decide(&workers, &r, &limits);
			bool fine = changed ==
					(before.workers != limits.workers ||
						before.streams != limits.streams) &&
				limits.reason && limits.streams >= 1 && limits.streams <= 64 &&
				(!jobs || limits.workers == jobs) && limits.workers >= first &&
				limits.workers <= (first > 64 ? first : 64) &&
				(!r.large_waiting || limits.streams <= limits.workers);
			/* An assertion a report would take longer than the rest. */
			if (!fine)
				ck_abort_msg("report %d: %u workers, %u streams", j, limits.workers,
					limits.streams);
		}
	}
	free(s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workers");
	TCase *tcase = tcase_create("workers");
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, test_workers_warm);
	tcase_add_test(tcase, test_workers_warm_after_one_slow_call);
	tcase_add_test(tcase, test_workers_latency);
	tcase_add_test(tcase, test_workers_latency_of_a_second);
	tcase_add_test(tcase, test_workers_latency_that_begins_late);
	tcase_add_test(tcase, test_workers_four_at_a_time);
	tcase_add_test(tcase, test_workers_small_files_of_nvme);
	tcase_add_test(tcase, test_workers_throttled_quota);
	tcase_add_test(tcase, test_workers_busy_neighbour);
	tcase_add_test(tcase, test_workers_storage_that_changes);
	tcase_add_test(tcase, test_workers_storage_that_flaps);
	tcase_add_test(tcase, test_workers_one_head);
	tcase_add_test(tcase, test_workers_one_head_for_long);
	tcase_add_test(tcase, test_workers_one_head_small_files);
	tcase_add_test(tcase, test_workers_four_heads);
	tcase_add_test(tcase, test_workers_streams_of_a_network);
	tcase_add_test(tcase, test_workers_streams_of_nvme);
	tcase_add_test(tcase, test_workers_streams_of_four_processors);
	tcase_add_test(tcase, test_workers_streams_of_storage_that_stops);
	tcase_add_test(tcase, test_workers_small_and_large);
	tcase_add_test(tcase, test_workers_large_beside_warm);
	tcase_add_test(tcase, test_workers_jobs);
	tcase_add_test(tcase, test_workers_processors);
	tcase_add_test(tcase, test_workers_begin);
	tcase_add_test(tcase, test_workers_slow_first_call);
	tcase_add_test(tcase, test_workers_nothing_moves);
	tcase_add_test(tcase, test_workers_wild_reports);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
