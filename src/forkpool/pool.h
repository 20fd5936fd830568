/*
 * The inside of a pool: what its files share. The design is told at the head of pool.c.
 */
#ifndef FORKPOOL_POOL_H
#define FORKPOOL_POOL_H

#include "forkpool/crew.h"
#include "forkpool/forkpool.h"
#include "forkpool/protocol.h"
#include "forkpool/task.h"

/** The most items that are sent to a worker together, whatever chunk was asked for. */
#define POOL_CHUNK_MAX ((size_t)2048)

/** Argument bytes in the queue at which no more are taken from sources. */
#define POOL_QUEUE_BYTES ((size_t)16 << 20)

/** Bytes of outcomes that wait to be read at which an iterator takes no more items. */
#define POOL_HELD_BYTES ((size_t)16 << 20)

/** The largest window that short tasks lead to, where neither chunk nor options ask for more. */
#define POOL_WINDOW_MAX ((size_t)256)

/** The data of the events of `timer` and `wake` in the epoll set: no worker has these places. */
#define POOL_TIMER_DATA UINT64_MAX
#define POOL_WAKE_DATA (UINT64_MAX - 1)

/** Tasks in the queue at which fp_apply_async() and fp_map_async() wait. */
#define POOL_QUEUE_TASKS ((size_t)1024)

enum pool_state {
	POOL_OPEN,
	/** No more tasks are taken; workers end when nothing is pending. */
	POOL_CLOSED,
	/** All was cancelled; workers are told to end. */
	POOL_TERMINATED,
	/** The copy of a pool in a worker, which must not touch it. */
	POOL_FOREIGN,
};

/** Whoever wants the outcomes of tasks: the common part of iterators and results. */
struct job {
	/** Take over a task that is TASK_DONE. May not call back to the user. */
	void (*complete)(struct job *job, struct task *task);
	/** Tasks that travel together. */
	size_t chunk;
	/** Its tasks, in no order. */
	struct task *tasks;
};

struct fp_pool {
	struct fp_options options;
	enum pool_state state;
	/** POOL_TERMINATED: ECANCELED, or why the pool broke (errno). */
	int reason;
	/** The pool itself, and each iterator and result that was not freed yet. */
	unsigned references;
	/** Above 0 inside a callback, where nothing may wait. */
	unsigned in_callback;
	/** POOL_TERMINATED: when what is next to be done to the workers that are left is due
	 * (clock_ms), and whether they were sent SIGKILL. */
	int64_t ending_at;
	bool killed;

	/** Watches the workers' channels and pidfds, and the timer. */
	int epoll;
	/** Ticks for the watchdog, while there is something to watch. */
	int timer;
	bool timer_runs;
	/** Milliseconds between ticks. */
	unsigned tick;
	/** An eventfd that makes fp_fd() readable while a callback is due outside the loop. */
	int wake;
	/** loop_step() runs, and will call back. */
	bool in_step;

	/** Places for workers, as many as ever ran at once; they never move. */
	struct crew_member **crew;
	unsigned crew_places;
	unsigned crew_running;
	/** The most to run: options.processes, or fewer for a while once fork() failed ... */
	unsigned crew_limit;
	/** ... until then (clock_ms). */
	int64_t retry_at;
	uint32_t crew_serial;
	/** Deaths since the last reply or progress that do not count against a task, and tasks that
	 * were given up, in units of crew.h. */
	unsigned deaths_in_row;
	/** A worker did not die of SIGKILL. */
	bool abandoned;

	struct task_table tasks;
	struct task_list queue;
	size_t queue_bytes;
	/** The last task of the queue behind which an urgent one goes, or NULL. */
	struct task *last_urgent;
	/** To be retried alone, before the queue. */
	struct task_list suspects;
	/** Tasks of workers, sent or being sent. */
	size_t in_hand;

	/** Tasks that a worker has finished in a millisecond, lately; see loop.c. */
	size_t pace;
	/** Replies since the pace was taken, and the time that workers spent on them, in ns. */
	uint64_t replies;
	uint64_t spent;
	/** The same before that, ever less of it; replies in units of 1 / PACE_UNIT. */
	uint64_t past_replies;
	uint64_t past_spent;

	/** Counts what a caller of the loop may be waiting for: outcomes, and ends of sources. */
	uint64_t changes;

	struct fp_iterator *iterators;
	/** Results that are ready and whose callbacks did not run yet. */
	struct fp_result *ready;
	struct fp_result **ready_end;
	/** Of the last fp_apply(), whose reply the caller may still read. */
	struct fp_result *applied;

	/** One frame each. */
	unsigned char *out;
	unsigned char *in;

	/** All pools of this process, so that a child closes their descriptors. */
	struct fp_pool *next;
	struct fp_pool *previous;
};

/** Whether tasks are so short that a worker should hold more than one chunk. */
bool pool_is_fast(const struct fp_pool *pool, size_t chunk);

/** Tasks that one worker may have in hand now, when such chunks travel. */
size_t pool_window(const struct fp_pool *pool, size_t chunk);

/** The most that this can become. */
size_t pool_window_most(const struct fp_pool *pool, size_t chunk);

/** Tasks that the queue should hold, so that shares can be judged before a source ends. */
size_t pool_backlog(const struct fp_pool *pool, size_t chunk);

/** Whether nothing is queued, suspect or in hand. */
bool pool_idle(const struct fp_pool *pool);

/** A chunk as the caller gave it, made sane. */
size_t pool_chunk(size_t chunk);

/** Why nothing can be submitted (errno), the pool not being open. */
int pool_refusal(const struct fp_pool *pool);

/**
 * Queue a new task of a job. (Where the item is longer than FP_PAYLOAD_MAX, the task is completed
 * as failed.)
 *
 * @param index its number in the job
 * @return the task, or NULL with errno ENOMEM
 */
struct task *pool_submit(
	struct fp_pool *pool, struct job *job, const struct fp_item *item, uint64_t index);

/** Put a task that no worker has back into the queue, or among the suspects, before all others; free it
 * if nobody wants it any more. */
void pool_put_back(struct fp_pool *pool, struct task *task);

/** Take a task out of the queue. */
void pool_dequeue(struct fp_pool *pool, struct task *task);

/** A task's status and error are final: hand it to its job. It must be in no list. */
void pool_complete(struct fp_pool *pool, struct task *task, enum fp_status status, int error);

/** End a task that is not done as cancelled, wherever it is. */
void pool_cancel(struct fp_pool *pool, struct task *task);

/** Terminate, because the pool cannot go on: everything pending is cancelled with `error`. */
void pool_break(struct fp_pool *pool, int error);

/** Forget a job: its tasks run on, or leave the queue, and their outcomes are dropped. */
void pool_forget(struct fp_pool *pool, struct job *job);

/** Once the pool is closed and nothing can come any more, let the workers end. */
void pool_end_if_done(struct fp_pool *pool);

void pool_reference(struct fp_pool *pool);
void pool_release(struct fp_pool *pool);

/* loop.c */

/**
 * One round of the loop: wait until something happens, at most `timeout` ms (or without limit), and
 * do all that follows from it.
 *
 * @return 0, or -1 with errno: EINTR where options.interrupt_fd is readable, EDEADLK inside a
 *         callback
 */
int loop_step(struct fp_pool *pool, int timeout);

/** The watchdog has something to watch. */
void loop_start_timer(struct fp_pool *pool);

/** The watchdog has something to watch, at least every so many ms. */
void loop_tick_within(struct fp_pool *pool, unsigned milliseconds);

/** Something is due that no descriptor tells of: a round of the loop is needed. */
void loop_wake(struct fp_pool *pool);

/** Around every call of user code: waiting is refused in between. */
void loop_enter_callback(struct fp_pool *pool);
void loop_leave_callback(struct fp_pool *pool);

/* iterate.c */

/** Take items from the sources until the queue is long enough. */
void iterate_pull(struct fp_pool *pool);

/** Make room for the outcomes that so many workers lead to. @return 0, or -1 with errno ENOMEM */
int iterate_resize(struct fp_pool *pool, unsigned processes);

/** Whether any source may have more items. */
bool iterate_wants(const struct fp_pool *pool);

/** Whether any source may have more items although nobody calls fp_next(): its outcomes have room, and
 * it has a descriptor that will tell, if it has none now. */
bool iterate_goes_on(const struct fp_pool *pool);

/** No more items are taken: iterations whose source is not at its end, end with `error`. */
void iterate_end_all(struct fp_pool *pool, int error);

/** Sources that had nothing may have something now. */
void iterate_wake(struct fp_pool *pool);

struct pollfd;

/** How many descriptors iterate_watch() may fill in. */
size_t iterate_count(const struct fp_pool *pool);

/** Fill in the descriptors of sources that are to be watched. @return how many */
size_t iterate_watch(const struct fp_pool *pool, struct pollfd *fds);

/** After the poll: tell the sources which of them became readable. */
void iterate_notice(struct fp_pool *pool, const struct pollfd *fds);

/* result.c */

/** Run the callbacks of results that became ready. */
void result_call_back(struct fp_pool *pool);

#endif
