/*
 * Fuzz target: what a pool's parent makes of the frames that a worker sends.
 *
 * The input is cut into frames, each of them two bytes of length and as many bytes; the pool holds
 * a few tasks in a worker's hand, whose ids are such that an input can name them. Whatever comes, a
 * task must not be lost nor ended twice, and the pool must go on.
 */
#include "forkpool/channel.h"
#include "forkpool/job.h"
#include "forkpool/receive.h"
#include "frames.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	TASKS = 4,
	TAG = 77
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int never_run(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)worker;
	(void)task;
	(void)context;
	return -1;
}

/** Refuses parts that begin with '!'. */
static int judge(void *context, uint64_t tag, const void *data, size_t size)
{
	(void)context;
	assert(tag == TAG && size <= FP_PART_MAX);
	return size > 0 && *(const char *)data == '!' ? -1 : 0;
}

static size_t completed;

static void complete(struct job *job, struct task *task)
{
	(void)job;
	assert(task->state == TASK_DONE);
	assert(task->status == FP_OK || task->status == FP_FAILED || task->status == FP_CANCELLED);
	assert(task->status == FP_CANCELLED || task->data[task->size] == '\0');
	completed++;
}

static struct job job = {.complete = complete, .chunk = 1};

/** Make a worker that is no process: the other end of its channel is ours. */
static int enlist(struct fp_pool *pool, struct pool_worker **enlisted)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct pool_worker *worker = *enlisted = pool_workers_place(&pool->workers);
	int end;

	if (!worker || channel_open(&worker->results, &end) < 0)
		abort();
	epoll_ctl(pool->epoll, EPOLL_CTL_ADD, worker->results, &event);
	worker->state = WORKER_STARTING;
	pool->workers.running++;
	return end;
}

static void give_task(struct fp_pool *pool, struct pool_worker *worker)
{
	struct fp_item item = {.data = "x", .size = 1, .tag = TAG};
	struct task *task = job_submit(pool, &job, &item, 0);

	queue_remove(&pool->queue, task);
	pool_worker_give(&pool->workers, worker, task, TASK_IN_HAND);
	pool_worker_sent(worker, task);
}

static void send_frames(
	struct fp_pool *pool, struct pool_worker *worker, int end, const uint8_t *data, size_t size)
{
	struct frames frames = {.rest = data, .rest_size = size};

	while (worker->results >= 0 && frames_next(&frames)) {
		if (frames.size > 0 && channel_send(end, frames.frame, frames.size) == 0)
			receive_frames(pool, worker, SIZE_MAX);
	}
}

static void dismiss(struct fp_pool *pool, struct pool_worker *worker, int end)
{
	pool_worker_close_results(&pool->workers, worker);
	free(worker->reply);
	worker->reply = NULL;
	worker->state = WORKER_NONE;
	pool->workers.running--;
	close(end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fp_options options = {.function = never_run, .part = judge, .processes = 2};
	struct fp_pool *pool = fp_open(&options);
	struct pool_worker *worker, *other;
	int end, other_end;

	if (!pool)
		abort();
	completed = 0;
	end = enlist(pool, &worker);
	other_end = enlist(pool, &other);
	for (int i = 0; i < TASKS; i++)
		give_task(pool, worker);
	for (int i = 0; i < TASKS; i++)
		give_task(pool, other);

	send_frames(pool, worker, end, data, size);

	/* What is not completed is in its hand still, and the other's hand was not touched. */
	if (pool->state != POOL_TERMINATED) {
		assert(completed + worker->hand.count == TASKS);
		assert(other->hand.count == TASKS);
	}
	fp_terminate(pool);
	assert(completed == 2 * TASKS);
	dismiss(pool, worker, end);
	dismiss(pool, other, other_end);
	fp_free(pool);
	/* Its tasks are gone with the pool. */
	job.tasks = NULL;
	return 0;
}
