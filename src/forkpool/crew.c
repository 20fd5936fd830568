/*
 * The workers' lives, seen from the parent.
 *
 * Invariants:
 *
 *  - A worker's death is what its pidfd says. End-of-file alone may come too late (a grandchild
 *    holds the socket open) or too early (the worker closed it); one that closed it is killed.
 *  - What is buried was listened to first: all that it had finished counts. Then what it had not
 *    received is taken back from its task channel, and only the rest may have ended it.
 *  - A descriptor is taken out of the epoll set before it is closed: a copy of it that some fork
 *    keeps would go on to report events otherwise. Events name the worker by place and serial
 *    number, so those still in the batch for a buried one are dropped.
 */
#include "forkpool/crew.h"

#include "forkpool/channel.h"
#include "forkpool/clock.h"
#include "forkpool/pool.h"
#include "forkpool/worker.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/** Frames taken from one worker before the others have their turn. */
#define FRAMES_AT_ONCE 16

/** How long a worker may take to die of SIGKILL, in ms of the watchdog. */
#define KILL_DEADLINE 1000

/** How long to go on with the workers that run before another fork is tried, in ms. */
#define RETRY_INTERVAL 1000

/** The respawn budget where the options give none. */
#define RESPAWN_BASE 16
#define RESPAWN_PER_PROCESS 4

/** What an epoll event is about: the lowest bits of its data, below place and serial number. */
enum {
	EVENT_RESULTS,
	EVENT_TASKS,
	EVENT_PROCESS,
	EVENT_BITS = 2
};

static uint64_t event_data(const struct crew_member *member, int event)
{
	return (uint64_t)member->serial << 32 | member->place << EVENT_BITS | (unsigned)event;
}

struct crew_member *crew_place(struct fp_pool *pool)
{
	struct crew_member **crew, *member;

	for (unsigned i = 0; i < pool->crew_places; i++) {
		if (pool->crew[i]->state == CREW_NONE)
			return pool->crew[i];
	}
	crew = realloc(pool->crew, (pool->crew_places + (size_t)1) * sizeof(struct crew_member *));
	if (!crew)
		return NULL;
	pool->crew = crew;
	member = calloc(1, sizeof(*member));
	if (!member)
		return NULL;
	member->process.pidfd = member->tasks = member->tasks_end = member->results = -1;
	member->place = pool->crew_places;
	crew[pool->crew_places++] = member;
	return member;
}

void crew_free(struct fp_pool *pool)
{
	for (unsigned i = 0; i < pool->crew_places; i++)
		free(pool->crew[i]);
	free(pool->crew);
}

/** Watch one descriptor of a worker's. */
static int watch(struct fp_pool *pool, const struct crew_member *member, int operation, int fd,
	int event, uint32_t events)
{
	struct epoll_event watched = {.events = events, .data.u64 = event_data(member, event)};

	return epoll_ctl(pool->epoll, operation, fd, &watched);
}

int crew_block(struct fp_pool *pool, struct crew_member *member)
{
	if (watch(pool, member, EPOLL_CTL_ADD, member->tasks, EVENT_TASKS, EPOLLOUT) < 0)
		return -1;
	member->blocked = true;
	return 0;
}

static void unblock(struct fp_pool *pool, struct crew_member *member)
{
	if (member->blocked)
		epoll_ctl(pool->epoll, EPOLL_CTL_DEL, member->tasks, NULL);
	member->blocked = false;
}

void crew_close_results(struct fp_pool *pool, struct crew_member *member)
{
	if (member->results < 0)
		return;
	epoll_ctl(pool->epoll, EPOLL_CTL_DEL, member->results, NULL);
	close(member->results);
	member->results = -1;
}

/** Close what is open of a worker's channels. */
static void close_channels(struct fp_pool *pool, struct crew_member *member)
{
	crew_close_results(pool, member);
	unblock(pool, member);
	if (member->tasks >= 0)
		close(member->tasks);
	if (member->tasks_end >= 0)
		close(member->tasks_end);
	member->tasks = member->tasks_end = -1;
}

/** Watch for a worker's death, or no longer. */
static int watch_process(struct fp_pool *pool, struct crew_member *member, int operation)
{
	return watch(pool, member, operation, member->process.pidfd, EVENT_PROCESS, EPOLLIN);
}

/** Add a worker's descriptors to the epoll set. */
static int watch_new(struct fp_pool *pool, struct crew_member *member)
{
	if (watch(pool, member, EPOLL_CTL_ADD, member->results, EVENT_RESULTS, EPOLLIN) < 0)
		return -1;
	return watch_process(pool, member, EPOLL_CTL_ADD);
}

/** Open both channels of a worker. @return 0 with its ends, or -1 with errno */
static int open_channels(struct crew_member *member, int *tasks_end, int *results_end)
{
	if (channel_open(&member->tasks, tasks_end) < 0)
		return -1;
	if (channel_open(&member->results, results_end) == 0)
		return 0;
	close(member->tasks);
	close(*tasks_end);
	member->tasks = -1;
	return -1;
}

struct crew_member *crew_start(struct fp_pool *pool)
{
	struct crew_member *member = crew_place(pool);
	int tasks_end, results_end, error;

	if (!member)
		return NULL;
	*member = (struct crew_member){
		.process.pidfd = -1,
		.tasks = -1,
		.tasks_end = -1,
		.results = -1,
		.place = member->place,
		.serial = ++pool->crew_serial,
	};
	if (open_channels(member, &tasks_end, &results_end) < 0)
		return NULL;
	switch (spawn_fork(&member->process)) {
	case 0:
		/* The fork handler has closed the other ends, with all that is the parent's. */
		worker_run(&pool->options, member->place, tasks_end, results_end);
	case -1:
		goto fail;
	}
	if (watch_new(pool, member) < 0) {
		error = errno;
		spawn_finish(&member->process, 0);
		errno = error;
		goto fail;
	}
	close(results_end);
	member->tasks_end = tasks_end;
	if (!member->process.has_pidfd || pool->options.initializer_timeout > 0)
		loop_start_timer(pool);
	member->state = CREW_STARTING;
	pool->crew_running++;
	return member;

fail:
	error = errno;
	close_channels(pool, member);
	close(tasks_end);
	close(results_end);
	errno = error;
	return NULL;
}

void crew_take_back(struct fp_pool *pool, struct task *task)
{
	struct crew_member *member = task->worker;

	assert(member);
	if (task->state == TASK_SENDING)
		member->sending = NULL;
	else
		task_remove(&member->hand, task);
	member->weight -= task->weight;
	member->split -= task->split;
	task->worker = NULL;
	pool->in_hand--;
	if (member->hand.count == 0)
		member->alone = false;
}

/** What the loss of a worker counts. */
static unsigned count_loss(const struct crew_member *member, const struct spawn_end *end)
{
	bool ours = member->timed_out || member->lied;
	bool sent = end->signal == SIGKILL || end->signal == SIGTERM || end->signal == SIGHUP;

	return sent && !ours ? CREW_DEATH_FROM_OUTSIDE : CREW_DEATH;
}

/** A task was in hand when its worker was lost, alone or with others. */
static void survive(struct fp_pool *pool, struct task *task, const struct crew_member *member,
	bool alone, const struct spawn_end *end)
{
	if (!task->job) {
		task_free(&pool->tasks, task);
		return;
	}
	if (alone)
		task->losses += count_loss(member, end);
	if (pool->options.once || task->losses / CREW_DEATH >= pool->options.attempts) {
		task->signal = end->signal;
		task->exit_code = end->exit_code;
		if (member->timed_out)
			pool_complete(pool, task, FP_TIMED_OUT, ETIMEDOUT);
		else
			pool_complete(pool, task, FP_DIED, ECHILD);
		pool->deaths_in_row += CREW_DEATH;
		return;
	}
	task->suspect = true;
	task->state = TASK_QUEUED;
	task_append(&pool->suspects, task);
}

/** A worker was killed for one of its tasks that was cancelled: the others may be run again. */
static void return_tasks(struct fp_pool *pool, struct crew_member *member)
{
	while (member->hand.last) {
		struct task *task = member->hand.last;

		crew_take_back(pool, task);
		pool_put_back(pool, task);
	}
}

/** Give out again what a lost worker had. @return whether only one task can have ended it */
static bool recover(struct fp_pool *pool, struct crew_member *member, const struct spawn_end *end)
{
	bool alone;

	reclaim_tasks(pool, member);
	if (member->recalled && !pool->options.once)
		return_tasks(pool, member);
	alone = member->hand.count == 1;
	while (member->hand.first) {
		struct task *task = member->hand.first;

		crew_take_back(pool, task);
		survive(pool, task, member, alone, end);
	}
	return alone;
}

/**
 * A worker is gone: let go of all that was its own, and give out again what it had.
 *
 * @return as recover()
 */
static bool dismiss(struct fp_pool *pool, struct crew_member *member, const struct spawn_end *end)
{
	bool alone;

	free(member->reply);
	member->reply = NULL;
	alone = recover(pool, member, end);
	close_channels(pool, member);
	member->state = CREW_NONE;
	pool->crew_running--;
	return alone;
}

/** Deaths in a row that the pool bears. */
static unsigned respawn_budget(const struct fp_pool *pool)
{
	if (pool->options.respawn_budget > 0)
		return pool->options.respawn_budget;
	return RESPAWN_BASE + RESPAWN_PER_PROCESS * pool->options.processes;
}

/** Break the pool if no task gets through. */
static void check_budget(struct fp_pool *pool)
{
	if (pool->state != POOL_TERMINATED &&
		pool->deaths_in_row / CREW_DEATH > respawn_budget(pool))
		pool_break(pool, ECHILD);
}

/** A worker's process seems to have ended. */
static void bury(struct fp_pool *pool, struct crew_member *member)
{
	struct spawn_end end;
	bool expected;

	watch_process(pool, member, EPOLL_CTL_DEL);
	if (!spawn_reap(&member->process, &end)) {
		/* Not quite: a stand-in for a pidfd is early, or the kernel has yet to finish. */
		watch_process(pool, member, EPOLL_CTL_ADD);
		return;
	}
	if (member->state != CREW_DOOMED)
		listen_to(pool, member, SIZE_MAX);
	/* An exit code of -1 is one that the host program's SIGCHLD handling hid. */
	expected = member->state == CREW_ENDING && member->hand.count == 0 && end.signal == 0 &&
		end.exit_code <= 0;
	if (!dismiss(pool, member, &end) && !expected && !member->recalled)
		pool->deaths_in_row += count_loss(member, &end);
	check_budget(pool);
}

/** A worker does not die: it sleeps in the kernel. Nothing may wait for it. */
static void abandon(struct fp_pool *pool, struct crew_member *member)
{
	const struct spawn_end end = {.signal = SIGKILL};

	watch_process(pool, member, EPOLL_CTL_DEL);
	close(member->process.pidfd);
	member->process.pidfd = -1;
	pool->abandoned = true;
	if (!dismiss(pool, member, &end))
		pool->deaths_in_row += count_loss(member, &end);
	check_budget(pool);
}

void crew_handle(struct fp_pool *pool, uint64_t data)
{
	struct crew_member *member = pool->crew[(uint32_t)data >> EVENT_BITS];

	int event = (int)(data & ((1 << EVENT_BITS) - 1));

	if (member->serial != data >> 32 || member->state == CREW_NONE)
		return;
	if (member->state == CREW_DOOMED && event != EVENT_PROCESS)
		return;
	switch (event) {
	case EVENT_PROCESS:
		bury(pool, member);
		break;
	case EVENT_TASKS:
		unblock(pool, member);
		feed_continue(pool, member);
		break;
	default:
		listen_to(pool, member, FRAMES_AT_ONCE);
	}
}

/** Milliseconds that a worker may be silent now, or 0: any time. */
static unsigned silence_limit(const struct fp_pool *pool, const struct crew_member *member)
{
	if (member->state == CREW_STARTING && pool->options.initializer)
		return pool->options.initializer_timeout;
	if (member->state != CREW_DOOMED && member->state != CREW_NONE)
		return member->hand.count > 0 || member->sending ? pool->options.timeout : 0;
	return 0;
}

/** A tick for a worker that may not be silent for ever. */
static void count_silence(struct fp_pool *pool, struct crew_member *member, unsigned limit)
{
	if (++member->silent <= limit / pool->tick)
		return;
	/* What it said while this program was not listening counts. */
	listen_to(pool, member, FRAMES_AT_ONCE);
	if (member->silent == 0 || silence_limit(pool, member) == 0)
		return;
	member->timed_out = true;
	crew_doom(pool, member);
}

/** The pool was terminated: SIGTERM was sent, then comes SIGKILL, and what does not die of that is
 * abandoned. */
static void end_terminated(struct fp_pool *pool)
{
	if (clock_ms() < pool->ending_at)
		return;
	if (pool->killed) {
		crew_abandon_all(pool);
		return;
	}
	crew_signal_all(pool, SIGKILL);
	pool->killed = true;
	pool->ending_at = clock_ms() + KILL_DEADLINE;
}

bool crew_tick(struct fp_pool *pool)
{
	bool again = false;

	if (pool->state == POOL_TERMINATED)
		end_terminated(pool);

	if (pool->crew_limit < pool->options.processes && clock_ms() >= pool->retry_at)
		pool->crew_limit = pool->options.processes;
	for (unsigned i = 0; i < pool->crew_places; i++) {
		struct crew_member *member = pool->crew[i];

		/* A stand-in tells nothing while a child of the worker's has it, too. */
		if (member->state != CREW_NONE && !member->process.has_pidfd)
			bury(pool, member);
		if (member->state == CREW_NONE)
			continue;
		if (member->state == CREW_DOOMED && ++member->silent > KILL_DEADLINE / pool->tick)
			abandon(pool, member);
		else if (silence_limit(pool, member) > 0)
			count_silence(pool, member, silence_limit(pool, member));
		again |= member->state == CREW_DOOMED || !member->process.has_pidfd ||
			silence_limit(pool, member) > 0;
	}
	return again || pool->crew_limit < pool->options.processes ||
		(pool->state == POOL_TERMINATED && pool->crew_running > 0);
}

void crew_settle(struct fp_pool *pool)
{
	pool->crew_limit = pool->crew_running;
	pool->retry_at = clock_ms() + RETRY_INTERVAL;
	loop_start_timer(pool);
}

/** The worker to end that has least to do; one that is being sent a task is left for later. */
static struct crew_member *find_surplus(const struct fp_pool *pool)
{
	struct crew_member *least = NULL;
	unsigned count = 0;

	for (unsigned i = 0; i < pool->crew_places; i++) {
		struct crew_member *member = pool->crew[i];

		if (member->state != CREW_STARTING && member->state != CREW_READY)
			continue;
		count++;
		if (!member->sending && (!least || member->hand.count < least->hand.count))
			least = member;
	}
	return count > pool->options.processes ? least : NULL;
}

void crew_shrink(struct fp_pool *pool)
{
	struct crew_member *member;

	while ((member = find_surplus(pool))) {
		if (reclaim_possible(member))
			reclaim_tasks(pool, member);
		crew_end(member);
	}
}

void crew_end(struct crew_member *member)
{
	if (member->state != CREW_STARTING && member->state != CREW_READY)
		return;
	member->state = CREW_ENDING;
	shutdown(member->tasks, SHUT_WR);
}

void crew_end_all(struct fp_pool *pool)
{
	for (unsigned i = 0; i < pool->crew_places; i++)
		crew_end(pool->crew[i]);
}

void crew_doom(struct fp_pool *pool, struct crew_member *member)
{
	member->state = CREW_DOOMED;
	member->silent = 0;
	crew_close_results(pool, member);
	/* Its task channel stays, for what it has not received. */
	unblock(pool, member);
	spawn_signal(&member->process, SIGKILL);
	loop_start_timer(pool);
}

void crew_recall(struct fp_pool *pool, struct crew_member *member)
{
	if (member->state == CREW_DOOMED)
		return;
	member->recalled = true;
	crew_doom(pool, member);
}

void crew_signal_all(struct fp_pool *pool, int signal)
{
	for (unsigned i = 0; i < pool->crew_places; i++) {
		if (pool->crew[i]->state != CREW_NONE)
			spawn_signal(&pool->crew[i]->process, signal);
	}
}

void crew_abandon_all(struct fp_pool *pool)
{
	for (unsigned i = 0; i < pool->crew_places; i++) {
		if (pool->crew[i]->state != CREW_NONE)
			abandon(pool, pool->crew[i]);
	}
}

void crew_disown(struct fp_pool *pool)
{
	for (unsigned i = 0; i < pool->crew_places; i++) {
		const struct crew_member *member = pool->crew[i];
		const int fds[] = {
			member->tasks, member->tasks_end, member->results, member->process.pidfd};

		for (size_t n = 0; n < sizeof(fds) / sizeof(fds[0]); n++) {
			if (fds[n] >= 0)
				close(fds[n]);
		}
	}
}
