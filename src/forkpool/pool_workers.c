/*
 * The workers' processes, channels and hands.
 *
 * Invariants:
 *
 *  - A worker's death is what its pidfd says. End-of-file alone may come too late (a grandchild
 *    holds the socket open) or too early (the worker closed it); one that closed it is killed.
 *  - A descriptor is taken out of the epoll set before it is closed: a copy of it that some fork
 *    keeps would go on to report events otherwise. Events name the worker by place and serial
 *    number, so those still in the batch for one that was reaped are dropped.
 */
#include "forkpool/pool_workers.h"

#include "forkpool/channel.h"
#include "forkpool/clock.h"
#include "forkpool/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/** How long to go on with the workers that run before another fork is tried, in ms. */
#define RETRY_INTERVAL 1000

/** Bits of an event's data for its kind, below place and serial number. */
#define EVENT_BITS 2

static uint64_t event_data(const struct pool_worker *worker, enum worker_event event)
{
	return (uint64_t)worker->serial << 32 | worker->place << EVENT_BITS | (unsigned)event;
}

struct pool_worker *pool_workers_place(struct pool_workers *workers)
{
	struct pool_worker **places, *worker;

	for (unsigned i = 0; i < workers->count; i++) {
		if (workers->places[i]->state == WORKER_NONE)
			return workers->places[i];
	}
	places = realloc(
		workers->places, (workers->count + (size_t)1) * sizeof(struct pool_worker *));
	if (!places)
		return NULL;
	workers->places = places;
	worker = calloc(1, sizeof(*worker));
	if (!worker)
		return NULL;
	worker->process.pidfd = worker->tasks = worker->tasks_end = worker->results = -1;
	worker->place = workers->count;
	places[workers->count++] = worker;
	return worker;
}

void pool_workers_free(struct pool_workers *workers)
{
	for (unsigned i = 0; i < workers->count; i++)
		free(workers->places[i]);
	free(workers->places);
}

/** Watch one descriptor of a worker's. */
static int watch(struct pool_workers *workers, const struct pool_worker *worker, int operation,
	int fd, enum worker_event event, uint32_t events)
{
	struct epoll_event watched = {.events = events, .data.u64 = event_data(worker, event)};

	return epoll_ctl(workers->epoll, operation, fd, &watched);
}

int pool_worker_block(struct pool_workers *workers, struct pool_worker *worker)
{
	if (watch(workers, worker, EPOLL_CTL_ADD, worker->tasks, WORKER_ROOM, EPOLLOUT) < 0)
		return -1;
	worker->blocked = true;
	return 0;
}

void pool_worker_unblock(struct pool_workers *workers, struct pool_worker *worker)
{
	if (worker->blocked)
		epoll_ctl(workers->epoll, EPOLL_CTL_DEL, worker->tasks, NULL);
	worker->blocked = false;
}

void pool_worker_close_results(struct pool_workers *workers, struct pool_worker *worker)
{
	if (worker->results < 0)
		return;
	epoll_ctl(workers->epoll, EPOLL_CTL_DEL, worker->results, NULL);
	close(worker->results);
	worker->results = -1;
}

/** Close what is open of a worker's channels. */
static void close_channels(struct pool_workers *workers, struct pool_worker *worker)
{
	pool_worker_close_results(workers, worker);
	pool_worker_unblock(workers, worker);
	if (worker->tasks >= 0)
		close(worker->tasks);
	if (worker->tasks_end >= 0)
		close(worker->tasks_end);
	worker->tasks = worker->tasks_end = -1;
}

/** Watch for a worker's death, or no longer. */
static int watch_process(
	struct pool_workers *workers, const struct pool_worker *worker, int operation)
{
	return watch(workers, worker, operation, worker->process.pidfd, WORKER_ENDED, EPOLLIN);
}

/** Add a worker's descriptors to the epoll set. */
static int watch_new(struct pool_workers *workers, const struct pool_worker *worker)
{
	if (watch(workers, worker, EPOLL_CTL_ADD, worker->results, WORKER_RESULTS, EPOLLIN) < 0)
		return -1;
	return watch_process(workers, worker, EPOLL_CTL_ADD);
}

/** Open both channels of a worker. @return 0 with its ends, or -1 with errno */
static int open_channels(struct pool_worker *worker, int *tasks_end, int *results_end)
{
	if (channel_open(&worker->tasks, tasks_end) < 0)
		return -1;
	if (channel_open(&worker->results, results_end) == 0)
		return 0;
	close(worker->tasks);
	close(*tasks_end);
	worker->tasks = -1;
	return -1;
}

struct pool_worker *pool_workers_start(struct pool_workers *workers)
{
	struct pool_worker *worker = pool_workers_place(workers);
	int tasks_end, results_end, error;

	if (!worker)
		return NULL;
	*worker = (struct pool_worker){
		.process.pidfd = -1,
		.tasks = -1,
		.tasks_end = -1,
		.results = -1,
		.place = worker->place,
		.serial = ++workers->serial,
	};
	if (open_channels(worker, &tasks_end, &results_end) < 0)
		return NULL;
	switch (spawn_fork(&worker->process)) {
	case 0:
		/* The fork handler has closed the other ends, with all that is the parent's. */
		worker_run(workers->options, worker->place, tasks_end, results_end);
	case -1:
		goto fail;
	}
	if (watch_new(workers, worker) < 0) {
		error = errno;
		spawn_finish(&worker->process, 0);
		errno = error;
		goto fail;
	}
	close(results_end);
	worker->tasks_end = tasks_end;
	if (!worker->process.has_pidfd || workers->options->initializer_timeout > 0)
		ticker_start(workers->ticker);
	worker->state = WORKER_STARTING;
	workers->running++;
	return worker;

fail:
	error = errno;
	close_channels(workers, worker);
	close(tasks_end);
	close(results_end);
	errno = error;
	return NULL;
}

void pool_workers_settle(struct pool_workers *workers)
{
	workers->limit = workers->running;
	workers->retry_at = clock_ms() + RETRY_INTERVAL;
	ticker_start(workers->ticker);
}

struct pool_worker *pool_workers_event(
	const struct pool_workers *workers, uint64_t data, enum worker_event *event)
{
	struct pool_worker *worker = workers->places[(uint32_t)data >> EVENT_BITS];

	*event = (enum worker_event)(data & ((1 << EVENT_BITS) - 1));
	if (worker->serial != data >> 32 || worker->state == WORKER_NONE)
		return NULL;
	if (worker->state == WORKER_KILLED && *event != WORKER_ENDED)
		return NULL;
	return worker;
}

void pool_workers_signal(struct pool_workers *workers, int signal)
{
	for (unsigned i = 0; i < workers->count; i++) {
		if (workers->places[i]->state != WORKER_NONE)
			spawn_signal(&workers->places[i]->process, signal);
	}
}

void pool_workers_end(struct pool_workers *workers)
{
	for (unsigned i = 0; i < workers->count; i++)
		pool_worker_end(workers->places[i]);
}

void pool_workers_disown(struct pool_workers *workers)
{
	for (unsigned i = 0; i < workers->count; i++) {
		const struct pool_worker *worker = workers->places[i];
		const int fds[] = {
			worker->tasks, worker->tasks_end, worker->results, worker->process.pidfd};

		for (size_t n = 0; n < sizeof(fds) / sizeof(fds[0]); n++) {
			if (fds[n] >= 0)
				close(fds[n]);
		}
	}
}

/** The shorter of two time-outs, where 0 is none. */
static unsigned shorter(unsigned a, unsigned b)
{
	return a == 0 || (b > 0 && b < a) ? b : a;
}

unsigned pool_worker_limit(const struct pool_workers *workers, const struct pool_worker *worker)
{
	const struct task *task = worker->hand.first ? worker->hand.first : worker->sending;
	const struct fp_options *options = workers->options;

	if (worker->state == WORKER_STARTING && options->initializer)
		return options->initializer_timeout;
	if (worker->state == WORKER_KILLED || worker->state == WORKER_NONE || !task)
		return 0;
	return task->timeout > 0 ? task->timeout : options->timeout;
}

unsigned pool_workers_tick(const struct pool_workers *workers)
{
	unsigned shortest = 0;

	for (unsigned i = 0; i < workers->count && workers->timed > 0; i++) {
		const struct pool_worker *worker = workers->places[i];
		const struct task *task = worker->hand.first;

		for (; task; task = task->next)
			shortest = shorter(shortest, task->timeout);
		if (worker->sending)
			shortest = shorter(shortest, worker->sending->timeout);
	}
	return shortest > 0 ? policy_tick(shortest) : workers->ticker->longest;
}

void pool_worker_end(struct pool_worker *worker)
{
	if (worker->state != WORKER_STARTING && worker->state != WORKER_READY)
		return;
	worker->state = WORKER_ENDING;
	shutdown(worker->tasks, SHUT_WR);
}

void pool_worker_kill(
	struct pool_workers *workers, struct pool_worker *worker, enum kill_reason reason)
{
	if (worker->state == WORKER_KILLED)
		return;
	worker->state = WORKER_KILLED;
	worker->killed_for = reason;
	worker->silent = 0;
	pool_worker_close_results(workers, worker);
	/* Its task channel stays, for what it has not received. */
	pool_worker_unblock(workers, worker);
	spawn_signal(&worker->process, SIGKILL);
	ticker_start(workers->ticker);
}

bool pool_worker_reap(
	struct pool_workers *workers, struct pool_worker *worker, struct spawn_end *end)
{
	watch_process(workers, worker, EPOLL_CTL_DEL);
	if (spawn_reap(&worker->process, end))
		return true;
	/* A stand-in for a pidfd is early, or the kernel has yet to finish. */
	watch_process(workers, worker, EPOLL_CTL_ADD);
	return false;
}

void pool_worker_abandon(struct pool_workers *workers, struct pool_worker *worker)
{
	watch_process(workers, worker, EPOLL_CTL_DEL);
	close(worker->process.pidfd);
	worker->process.pidfd = -1;
}

void pool_worker_clear(struct pool_workers *workers, struct pool_worker *worker)
{
	free(worker->reply);
	worker->reply = NULL;
	close_channels(workers, worker);
	worker->state = WORKER_NONE;
	workers->running--;
}
