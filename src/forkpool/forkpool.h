/*
 * forkpool: a process pool for C, with the vocabulary of Python's multiprocessing.Pool.
 *
 * The life of a pool:
 *
 *   1. Fill a struct fp_options: what a worker does (`function`, or `serve`), how many workers.
 *   2. fp_open(). No worker runs yet, unless `eager` is set: each is forked when a task waits for
 * it.
 *   3. Submit tasks: fp_apply, fp_apply_async, fp_map, fp_map_async, fp_imap, fp_imap_unordered.
 *   4. Collect outcomes: fp_result_get and friends, fp_next, or callbacks.
 *   5. fp_close() when nothing more will be submitted, or fp_terminate() to give up what is
 * pending.
 *   6. fp_join(): waits until every worker has ended.
 *   7. fp_free(). (Alone, it terminates, joins and frees.)
 *
 * Everything happens in the thread that called fp_open(): there are no helper threads, no signal
 * handlers, no shared memory and no locks. The pool makes progress while one of its blocking calls
 * waits, or when the caller pumps it (fp_fd, fp_pump).
 */
#ifndef FORKPOOL_H
#define FORKPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct fp_pool;
struct fp_worker;
struct fp_result;
struct fp_iterator;

/** Wait without limit, where a time-out in milliseconds is asked for. */
#define FP_FOREVER (-1)

/** The longest argument and the longest reply, in bytes; and the longest progress message. */
#define FP_PAYLOAD_MAX ((size_t)64 << 20)
#define FP_PROGRESS_MAX ((size_t)1024)

/** How a task ended. */
enum fp_status {
	/** The function replied. */
	FP_OK,
	/** The function failed: `error` and `message` tell why. */
	FP_FAILED,
	/** Its worker was lost, and again when the task was retried alone: `signal` or `exit_code`.
	 */
	FP_DIED,
	/** Its worker fell silent longer than the time-out, and again when retried alone. */
	FP_TIMED_OUT,
	/** The pool was terminated, or broke, before it ended. */
	FP_CANCELLED,
};

/** What the parent submits: one argument of the pool's function. */
struct fp_item {
	/** The argument's bytes; copied by the pool before the submitting call returns. */
	const void *data;
	size_t size;
	/** What it counts against fp_options.window_weight (bytes to be read, say); may be 0. */
	uint64_t weight;
	/** Handed back in the outcome. */
	uint64_t tag;
};

/** How a task ended, and with what. */
struct fp_outcome {
	enum fp_status status;
	/** The item's tag. */
	uint64_t tag;
	/** FP_OK: the reply's bytes, valid as long as the call that gave the outcome says. */
	const void *data;
	size_t size;
	/** errno: of the function (FP_FAILED), ETIMEDOUT, ECANCELED, or ECHILD (FP_DIED); else 0.
	 */
	int error;
	/** FP_DIED: the signal that ended the last worker, or 0 ... */
	int signal;
	/** ... and its exit code, where it exited. */
	int exit_code;
	/** FP_FAILED: the function's own words, or ""; never NULL. */
	const char *message;
};

/** What a worker gets: one task. */
struct fp_task {
	uint64_t id;
	/** The argument's bytes; the pool's, valid until this task is replied to or failed. */
	const void *data;
	size_t size;
};

/** How a pool works. Start from FP_OPTIONS_INIT; a field that is 0 has the default given here. */
struct fp_options {
	/** Workers at the most; default fp_cpu_count(). */
	unsigned processes;

	/**
	 * What a worker does with one task. It may call fp_worker_reply() or fp_worker_fail() once;
	 * an empty reply is sent where it returns 0 without, a failure with errno where it returns
	 * -1.
	 */
	int (*function)(struct fp_worker *worker, const struct fp_task *task, void *context);

	/**
	 * Instead of `function`: the worker's whole loop, which takes tasks with fp_worker_next()
	 * and replies to them in any order, with as many in hand as the window allows. It returns 0
	 * once fp_worker_next() said that there are no more and all were replied to.
	 */
	int (*serve)(struct fp_worker *worker, void *context);

	/** Runs in every worker, replacements too, before its first task; -1 ends the pool. */
	int (*initializer)(void *context);

	/** Handed to function, serve, initializer and progress. */
	void *context;

	/** In the parent, for each fp_worker_progress() of the task with this tag. */
	void (*progress)(void *context, uint64_t tag, const void *data, size_t size);

	/** Tasks after which a worker is replaced; default: never. */
	unsigned max_tasks_per_child;

	/** Tasks that one worker may have in hand; default: enough for two chunks. */
	unsigned window_tasks;

	/** Sum of the weights that one worker may have in hand, or one task of any weight; default:
	 * no limit. */
	uint64_t window_weight;

	/** Deaths or time-outs of a task alone in a worker before it is given up; default 3. */
	unsigned attempts;

	/** Milliseconds of silence after which a worker with tasks in hand is ended; default:
	 * never. */
	unsigned timeout;

	/** Deaths in a row without any finished task before the pool is declared broken; default 16
	 * + 4 × processes. */
	unsigned respawn_budget;

	/** Milliseconds between SIGTERM and SIGKILL in fp_terminate(); default 1,000. */
	unsigned grace;

	/**
	 * Where > 0: a descriptor that, once readable, makes every blocking call return -1 with
	 * EINTR at once, the pool unaltered (a signal handler's self-pipe). The pool never reads
	 * from it.
	 */
	int interrupt_fd;

	/** Fork all workers in fp_open(). */
	bool eager;
};

#define FP_OPTIONS_INIT ((struct fp_options){0})

/** Where fp_imap and fp_imap_unordered take their items from, a few at a time, as windows open. */
struct fp_source {
	/**
	 * Give the next item; its data must stay valid until the next call.
	 *
	 * @return 1 with an item, 0 at the end, or -1 with errno: EAGAIN where there is none yet
	 * (asked again when `fd` is readable, or at the next fp_next()), any other ends the
	 * iteration with that error after the items already given
	 */
	int (*next)(void *context, struct fp_item *item);

	/** Optional: called whenever `fd` is readable, also while no item is wanted. */
	void (*readable)(void *context);

	void *context;

	/** Where > 0: readable when next() may have more; may change between calls of fp_next(). */
	int fd;
};

/** The number of processors that this process may use: affinity mask and cgroup quota; at least 1.
 */
unsigned fp_cpu_count(void);

/**
 * Open a pool.
 *
 * Preconditions: the program has no other threads (or `eager` is set and no worker dies), SIGCHLD
 * may be ignored or handled at will.
 *
 * @return the pool, to be freed with fp_free(), or NULL with errno (EINVAL, ENOMEM, EMFILE, EAGAIN)
 */
struct fp_pool *fp_open(const struct fp_options *options);

/**
 * Iterate over the outcomes of the function applied to every item of a source.
 *
 * At most a window of items is taken ahead: memory does not grow with the source. `chunk` items are
 * sent, and their replies returned, together; 0 is 1.
 *
 * @return an iterator, to be freed with fp_iterator_free(), or NULL with errno (EINVAL after close)
 */
struct fp_iterator *fp_imap_unordered(
        struct fp_pool *pool, const struct fp_source *source, size_t chunk);

/** The same, in the order of the source. */
struct fp_iterator *fp_imap(struct fp_pool *pool, const struct fp_source *source, size_t chunk);

/**
 * Wait for an iterator's next outcome; its data and message stay valid until the next call.
 *
 * @param timeout milliseconds, or FP_FOREVER
 * @return 1 with an outcome, 0 at the end, or -1 with errno: ETIMEDOUT and EINTR (try again), the
 *         source's error, EDEADLK inside a callback, ECHILD where the pool is broken
 */
int fp_next(struct fp_iterator *iterator, int timeout, struct fp_outcome *outcome);

/** Free an iterator; what it still has pending is cancelled. NULL is allowed. */
void fp_iterator_free(struct fp_iterator *iterator);

/** What runs in the parent when a result is ready: exactly one of the two. Either may be NULL. */
struct fp_callbacks {
	/** Every task ended as FP_OK. */
	void (*success)(void *context, struct fp_result *result);
	/** Some task did not. */
	void (*error)(void *context, struct fp_result *result);
	void *context;
};

int fp_apply(struct fp_pool *pool, const struct fp_item *item, struct fp_outcome *outcome);
struct fp_result *fp_apply_async(
        struct fp_pool *pool, const struct fp_item *item, const struct fp_callbacks *callbacks);
struct fp_result *fp_map(
        struct fp_pool *pool, const struct fp_item *items, size_t count, size_t chunk);
struct fp_result *fp_map_async(struct fp_pool *pool, const struct fp_item *items, size_t count,
        size_t chunk, const struct fp_callbacks *callbacks);
int fp_result_wait(struct fp_result *result, int timeout);
int fp_result_get(struct fp_result *result, int timeout, struct fp_outcome *outcome);
int fp_result_at(const struct fp_result *result, size_t index, struct fp_outcome *outcome);
bool fp_result_ready(const struct fp_result *result);
int fp_result_successful(const struct fp_result *result);
void fp_result_free(struct fp_result *result);

/** No more tasks will be submitted. Workers end when they have nothing left. May be repeated. */
void fp_close(struct fp_pool *pool);

/** Complete every pending task as FP_CANCELLED and end all workers. May be repeated. */
void fp_terminate(struct fp_pool *pool);

/** Wait until every worker has ended. @return 0, or -1 with errno (EINVAL while open, EINTR) */
int fp_join(struct fp_pool *pool);

/** Terminate where still running, join, and free. NULL is allowed. */
void fp_free(struct fp_pool *pool);

/** The process ids of the running workers, at most `limit` of them. @return how many run */
size_t fp_pids(const struct fp_pool *pool, pid_t *pids, size_t limit);

/* In a worker */

/**
 * Take the next task (serve functions only). Replies that wait to be sent are sent before it
 * blocks.
 *
 * @param timeout milliseconds, or FP_FOREVER; 0 never blocks
 * @return 1 with a task, 0 where no more will come, or -1 with errno (EAGAIN when time has passed)
 */
int fp_worker_next(struct fp_worker *worker, int timeout, struct fp_task *task);

/** End a task in hand with a reply; `data` is copied. @return 0, or -1 with errno (EINVAL,
 * EMSGSIZE) */
int fp_worker_reply(struct fp_worker *worker, uint64_t id, const void *data, size_t size);

/** End a task in hand as FP_FAILED. @return 0, or -1 with errno */
int fp_worker_fail(struct fp_worker *worker, uint64_t id, int error, const char *message);

/**
 * Tell the parent that a task is alive and how far it is; at most ten a second are sent, the rest
 * are dropped. @return 0, or -1 with errno
 */
int fp_worker_progress(struct fp_worker *worker, uint64_t id, const void *data, size_t size);

#endif
