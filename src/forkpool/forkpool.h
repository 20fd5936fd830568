/*
 * forkpool: a process pool for C, with the vocabulary of Python's multiprocessing.Pool.
 *
 * The life of a pool:
 *
 *   1. Fill a struct fp_options: what a worker does (`function`, or `serve`), how many workers.
 *   2. fp_open(). No worker runs yet, unless `eager` is set: each is forked when a task waits for
 *      it.
 *   3. Submit tasks: fp_apply, fp_apply_async, fp_map, fp_map_async, fp_imap, fp_imap_unordered.
 *   4. Collect outcomes: fp_result_get and friends, fp_next, or callbacks.
 *   5. fp_close() when nothing more will be submitted, or fp_terminate() to give up what is
 *      pending.
 *   6. fp_join(): waits until every worker has ended.
 *   7. fp_free(). (Alone, it terminates, joins and frees.)
 *
 * Everything happens in the thread that called fp_open(): there are no helper threads, no signal
 * handlers, no shared memory and no locks. The library prints nothing and never exits. The pool
 * makes progress while one of its blocking calls waits, or when the caller pumps it (fp_fd,
 * fp_pump).
 *
 * Each task has exactly one outcome (enum fp_status). No task is lost with a worker that dies or
 * times out: replies that it sent count, tasks that it had not received go to other workers, and
 * each task that it may have begun is tried again, alone in a worker. A task that loses its worker
 * `attempts` times while that has no other one ends as FP_DIED or FP_TIMED_OUT. So a function may run
 * more than once for one task, unless `once` is set.
 *
 * Tasks are sent in chunks, and a worker receives a chunk when it has begun all tasks of the one
 * before. So no task waits behind a long task of another chunk while a worker is idle.
 *
 * What a host program must know:
 *
 *   - Workers are forked from it at any time while a pool is open, so it should have no other
 *     threads then; or open the pool with `eager` before it starts them, and take a lost worker
 *     for a risk. The thread that opened the pool must outlive it: workers die with it.
 *   - All output streams are flushed before each fork, so a fork waits for a thread that is inside of
 *     stdio (getchar(3) at a terminal): the way out is `eager`. Workers end with _exit(2), their
 *     own output flushed: handlers registered with atexit(3) do not run in them.
 *   - In a worker SIGINT, SIGQUIT and SIGPIPE are ignored, and SIGUSR1 and SIGUSR2 where the
 *     program handles them; its other handlers are reset, no signal is blocked. SIGTERM ends it.
 *     What is ignored stays so after exec(3), unless the function resets it before.
 *   - Workers are in the process group of the program, and a terminal that hangs up ends them by SIGHUP,
 *     unless the initializer ignores it or calls setpgid(2).
 *   - SIGCHLD may be handled or ignored at will. The pool waits for its own children only; where
 *     the program reaps them (wait(-1), SIG_IGN), exit codes are lost, and nothing else.
 *   - A child, a worker or one that the program forks itself, cannot use the pools of its parent:
 *     there every call on them fails with EINVAL, or does nothing. A worker may open its own.
 *   - Several pools may be open. Only the one that is waited for makes progress.
 *
 * Callbacks (results', progress, part, a source's functions) run in the parent inside of calls that
 * wait, pump or terminate. There a submission that would have to wait fails with EAGAIN, and
 * waiting fails with EDEADLK. They may close and terminate the pool, and free results; they may not
 * free iterators, and fp_free() does nothing there.
 */
#ifndef FORKPOOL_H
#define FORKPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct fp_pool;
struct fp_worker;
struct fp_result;
struct fp_iterator;

/** Wait without limit, where a time-out in milliseconds is asked for. */
#define FP_FOREVER (-1)

/** The longest argument and the longest reply, in bytes; the longest progress message; and the
 * longest part of a result. */
#define FP_PAYLOAD_MAX ((size_t)64 << 20)
#define FP_PROGRESS_MAX ((size_t)1024)
#define FP_PART_MAX ((size_t)32 << 10)

/** What data of tasks, outcomes, progress and parts are aligned to, in bytes: enough for any type. */
#define FP_ALIGNMENT ((size_t)16)

/** How a task ended. */
enum fp_status {
	/** The function replied. */
	FP_OK,
	/** The function failed: `error` and `message` tell why. */
	FP_FAILED,
	/** Its worker was lost, and again when the task was retried alone (unless `once` is set):
	 * `signal` or `exit_code`. */
	FP_DIED,
	/** The same where its worker fell silent longer than the time-out. */
	FP_TIMED_OUT,
	/** The pool was terminated, or broke, before it ended. */
	FP_CANCELLED,
};

/** What the parent submits: one argument of the pool's function. */
struct fp_item {
	/** The argument's bytes; copied by the pool before the submitting call returns. */
	const void *data;
	/** At most FP_PAYLOAD_MAX; a longer one ends as FP_FAILED with EMSGSIZE, and one that a worker
	 * has no memory for with ENOMEM. */
	size_t size;
	/** What it counts against fp_options.window_weight (bytes to be read, say); may be 0. */
	uint64_t weight;
	/** Handed back in the outcome. */
	uint64_t tag;
	/**
	 * Milliseconds that its worker may be silent while it works on this task, instead of
	 * fp_options.timeout; 0: that one. A worker with several tasks in hand is taken to work on the
	 * oldest of them: with `function` it does; a serve function that keeps several in flight has the
	 * limit of the oldest for all.
	 */
	unsigned timeout;
	/** It goes before other tasks in the queue, except tasks that are tried again and urgent
	 * tasks submitted earlier. fp_imap() still returns its outcome in the order of the source.
	 */
	bool urgent;
};

/** How a task ended, and with what. */
struct fp_outcome {
	enum fp_status status;
	/** The item's tag. */
	uint64_t tag;
	/**
	 * FP_OK: the reply's bytes, aligned to FP_ALIGNMENT, with a NUL behind them that `size` does
	 * not count; valid as long as the call that gave the outcome says.
	 */
	const void *data;
	size_t size;
	/**
	 * errno: of the function (FP_FAILED), ETIMEDOUT, ECHILD (FP_DIED), ECANCELED or why the
	 * pool broke (FP_CANCELLED); else 0.
	 */
	int error;
	/** FP_DIED: the signal that ended the last worker, or 0 ... */
	int signal;
	/** ... and its exit code, where it exited; -1 where the host program's SIGCHLD handling hid
	 * it. */
	int exit_code;
	/** FP_FAILED: the function's own words, or ""; never NULL. Valid as long as `data`. */
	const char *message;
};

/**
 * Say in a few words of English what became of a task: "its worker was killed by signal 11 (Segmentation
 * fault)".
 *
 * @param text filled, with a NUL at its end, as far as `size` bytes go; may be NULL if that is 0
 * @return the length of the whole text
 */
size_t fp_outcome_describe(const struct fp_outcome *outcome, char *text, size_t size);

/** What a worker gets: one task. */
struct fp_task {
	/** Names the task in the calls below, in this worker. */
	uint64_t id;
	/** The argument's bytes, aligned to FP_ALIGNMENT; the pool's, valid until this task is replied
	 * to or failed. */
	const void *data;
	size_t size;
};

/** How a pool works. Start from FP_OPTIONS_INIT; a field that is 0 has the default given here. */
struct fp_options {
	/** The most workers, up to 65,536; default fp_cpu_count(). If one cannot be forked, the
	 * pool goes on with those that run, and tries again after a second. */
	unsigned processes;

	/**
	 * What a worker does with one task. It may call fp_worker_reply() or fp_worker_fail() once;
	 * an empty reply is sent where it returns 0 without, a failure with errno where it returns
	 * -1 (or where its reply could not be sent, being too long).
	 *
	 * Several functions in one pool: begin each argument with a number or a function pointer, and
	 * let this one call what it names. Workers are copies of the program, so its pointers are
	 * theirs, too. Items have no field for that, as it would be sent with every task of those
	 * who have one function.
	 */
	int (*function)(struct fp_worker *worker, const struct fp_task *task, void *context);

	/**
	 * Instead of `function`: the worker's whole loop, which takes tasks with fp_worker_next()
	 * and replies to them in any order, with `width` of them in hand or more. It returns 0
	 * once fp_worker_next() said that there are no more and all were replied to.
	 */
	int (*serve)(struct fp_worker *worker, void *context);

	/** Runs in every worker, replacements too, before its first task; -1 with errno breaks the
	 * pool. The place for what holds for the whole process: limits (setrlimit(2): a task that
	 * exceeds RLIMIT_AS gets ENOMEM, or dies of it, and no other does), privileges, directories. */
	int (*initializer)(void *context);

	/** Optional: runs in a worker that ends as it was told to, after its last reply. */
	void (*finalizer)(void *context);

	/** Handed to function, serve, initializer, finalizer, progress and part. A worker sees its own
	 * copy of what it points to, as of its fork: state that the initializer puts there is this
	 * worker's, from task to task, until the finalizer frees it. */
	void *context;

	/** In the parent, for each fp_worker_progress() of the task with this tag. The data, aligned
	 * to FP_ALIGNMENT, are valid until this returns. */
	void (*progress)(void *context, uint64_t tag, const void *data, size_t size);

	/**
	 * In the parent, for each fp_worker_part() of the task with this tag, in the order in which
	 * they were sent and before the task's outcome. If the worker is lost and the task is tried
	 * again, the parts of the new attempt follow those of the lost one, from the first again;
	 * the data must show which is the first. Not called for tasks whose result or iterator was
	 * freed.
	 *
	 * @param data at most FP_PART_MAX bytes, aligned to FP_ALIGNMENT, valid until this returns
	 * @return 0, or -1 if the data is malformed: the worker is killed, as for a malformed
	 *         frame, and its tasks are tried again, alone
	 */
	int (*part)(void *context, uint64_t tag, const void *data, size_t size);

	/** Tasks after which a worker is replaced; default: never. */
	unsigned max_tasks_per_child;

	/**
	 * The most tasks that are sent to one worker and not replied to, received or not. Default:
	 * one chunk (or `width`) while tasks are long, and about a millisecond of work while they
	 * are short: up to 256 tasks, or two chunks. Tasks that it has not received can be given to
	 * an idle worker.
	 */
	unsigned window_tasks;

	/**
	 * How many tasks a serve function works on at once: a worker gets up to this many, however
	 * long they take. Default: 1, or window_tasks if that and `serve` are set.
	 */
	unsigned width;

	/** Sum of the weights that one worker may have in hand, or one task of any weight; default:
	 * no limit. */
	uint64_t window_weight;

	/**
	 * How often a task may lose its worker, by death or time-out, before it is given up; default
	 * 3. Only losses while the worker had no other task count, and after any other loss each of
	 * its tasks is tried again alone; so at chunk 1 a task is run at most this many times. A
	 * death by SIGKILL, SIGTERM or SIGHUP counts a tenth: they come from outside, from a person
	 * or a kernel that is out of memory, and so say little about the task.
	 */
	unsigned attempts;

	/**
	 * Never run a task twice, as its work cannot be repeated: tasks that a lost worker had
	 * received end as FP_DIED or FP_TIMED_OUT at once. At chunk 1, all of these had been begun.
	 */
	bool once;

	/**
	 * Milliseconds without a reply, part or progress after which a worker that has tasks is
	 * killed; default: never. A task may have its own (fp_item.timeout). While a long task is
	 * sent, each piece that the worker receives counts. The time of its initializer does not
	 * count, nor does time in which the program does not wait for the pool, or is stopped.
	 */
	unsigned timeout;

	/** Milliseconds that the initializer may take before the worker is killed, which counts as a
	 * death; default: any time. */
	unsigned initializer_timeout;

	/**
	 * Deaths in a row before the pool is declared broken, as no task gets through; default
	 * 16 + 4 × processes. A reply, part or progress ends the row. Deaths that count against a
	 * task (`attempts`) count as one here, when it is given up. SIGKILL, SIGTERM and SIGHUP
	 * count a tenth here, too. All that is pending is cancelled then, with ECHILD.
	 */
	unsigned respawn_budget;

	/** Milliseconds between SIGTERM and SIGKILL after fp_terminate(); default 1,000. */
	unsigned grace;

	/**
	 * Where > 0 (0 is none, so standard input needs a dup(2)): a descriptor that, once readable,
	 * makes every blocking call return -1 with EINTR at once, the pool unaltered (a signal
	 * handler's self-pipe). The pool never reads from it.
	 */
	int interrupt_fd;

	/** Fork all workers in fp_open(). */
	bool eager;
};

#ifdef __cplusplus
#	define FP_OPTIONS_INIT (fp_options{})
#else
#	define FP_OPTIONS_INIT ((struct fp_options){0})
#endif

/** Where fp_imap and fp_imap_unordered take their items from, a few at a time, as windows open. */
struct fp_source {
	/**
	 * Give the next item; its data must stay valid until the next call.
	 *
	 * @return 1 with an item, 0 at the end, or -1 with errno: EAGAIN where there is none yet
	 *         (asked again when `fd` is readable, when a part has come, or at the next
	 *         fp_next()); EINTR the same, but then fp_next() does not wait, and returns -1 with
	 *         EINTR; any other ends the iteration with that error after the items already given
	 */
	int (*next)(void *context, struct fp_item *item);

	/** Optional: called whenever `fd` is readable, also while no item is wanted. */
	void (*readable)(void *context);

	void *context;

	/** Where > 0 (0 is none, so standard input needs a dup(2)): readable when next() may have more;
	 * may change between calls of fp_next(). */
	int fd;
};

/** What runs in the parent when a result is ready: exactly one of the two. Either may be NULL. */
struct fp_callbacks {
	/** Every task ended as FP_OK. */
	void (*success)(void *context, struct fp_result *result);
	/** Some task did not. */
	void (*error)(void *context, struct fp_result *result);
	void *context;
};

/** The number of processors that this process may use: affinity mask and cgroup quota; at least 1.
 */
unsigned fp_cpu_count(void);

/**
 * Open a pool.
 *
 * @param options copied; what its pointers point to must outlive the pool
 * @return the pool, to be freed with fp_free(), or NULL with errno: EINVAL (not exactly one of
 *         function and serve, too many processes), ENOMEM, EMFILE, or with `eager` what fork(2)
 * says
 */
struct fp_pool *fp_open(const struct fp_options *options);

/**
 * Change the number of workers. More are forked when tasks wait for them. Surplus workers get no
 * more tasks, and end after those that they have begun. Never blocks; called in a callback, it
 * takes effect after that.
 *
 * @param processes the most workers, 1 to 65,536
 * @return 0, or -1 with errno and the pool unaltered: EINVAL (out of range; the pool is closed,
 *         terminated, or the parent's), ENOMEM
 */
int fp_resize(struct fp_pool *pool, unsigned processes);

/* One result */

/**
 * Run the function on one item, and wait for its outcome.
 *
 * @param outcome its data stay valid until the next fp_apply() on this pool, or fp_free()
 * @return 0 with an outcome of any status, or -1 with errno as fp_map()
 */
int fp_apply(struct fp_pool *pool, const struct fp_item *item, struct fp_outcome *outcome);

/** Submit one item. As fp_map_async() with a single one. */
struct fp_result *fp_apply_async(
	struct fp_pool *pool, const struct fp_item *item, const struct fp_callbacks *callbacks);

/**
 * Run the function on every item, and wait for all outcomes. One that fails stops no other.
 *
 * @param chunk items that are sent, and their replies returned, together; 0 is a quarter of each
 *        worker's part of them all
 * @return a result that is ready, to be freed with fp_result_free(), or NULL with errno: EINVAL
 *         (closed, terminated), EINTR (see interrupt_fd; the items are given up), EDEADLK (in a
 *         callback), ENOMEM, or why the pool is broken
 */
struct fp_result *fp_map(
	struct fp_pool *pool, const struct fp_item *items, size_t count, size_t chunk);

/**
 * The same without waiting for the outcomes. It does wait for room in the pool's queue, which is
 * bounded; in a callback that is EAGAIN instead.
 *
 * @param callbacks copied, or NULL. The one that applies runs once, when the result is ready
 * @return the result, to be freed with fp_result_free(), or NULL with errno as fp_map()
 */
struct fp_result *fp_map_async(struct fp_pool *pool, const struct fp_item *items, size_t count,
	size_t chunk, const struct fp_callbacks *callbacks);

/** Whether a submission would go into the queue at once, without waiting for room. It has room again some
 * time after fp_fd() has become readable. */
bool fp_has_room(const struct fp_pool *pool);

/**
 * Wait until a result is ready: every task has its outcome, and the callback has run.
 *
 * @param timeout milliseconds, or FP_FOREVER
 * @return 0, or -1 with errno: ETIMEDOUT, EINTR (both: nothing is cancelled, wait again), EDEADLK
 */
int fp_result_wait(struct fp_result *result, int timeout);

/**
 * Wait for a result, and say how it ended.
 *
 * @param outcome of fp_apply_async(): that of the task. Of fp_map_async(): that of the first task,
 * by index, which did not end as FP_OK; where all did, FP_OK without data. Valid until the result
 * is freed
 * @return 0, or -1 with errno as fp_result_wait()
 */
int fp_result_get(struct fp_result *result, int timeout, struct fp_outcome *outcome);

/** The outcome of item number `index` of a result that is ready. @return 0, or -1 with EINVAL */
int fp_result_at(const struct fp_result *result, size_t index, struct fp_outcome *outcome);

/**
 * Cancel what is not done of a result: tasks that no worker has received never run, and a worker that
 * has one of the others is killed and replaced. All of these end as FP_CANCELLED with ECANCELED, and
 * the error callback runs in the next round of the pool. What else such a worker had in hand is tried
 * again (or has DIED, where `once` is set). Never blocks.
 */
void fp_result_cancel(struct fp_result *result);

/** Whether every task has its outcome. */
bool fp_result_ready(const struct fp_result *result);

/** Whether all ended as FP_OK. @return 1, 0, or -1 with EINVAL where it is not ready */
int fp_result_successful(const struct fp_result *result);

/**
 * Free a result, before or after the pool. One that is not ready runs on without its owner: its
 * callback still runs, then it is gone. NULL is allowed.
 */
void fp_result_free(struct fp_result *result);

/* Many results, as they come */

/**
 * Iterate over the outcomes of the function applied to every item of a source.
 *
 * At most a few windows of items are taken ahead: memory does not grow with the source, nor with
 * outcomes that wait to be read. `chunk` items are sent, and their replies returned, together; 0 is
 * 1, more than 2,048 are 2,048. Towards the end of a source fewer are, so that all workers end
 * together.
 *
 * @param source the caller's; it must live as long as the iterator
 * @return an iterator, to be freed with fp_iterator_free(), or NULL with errno: EINVAL (closed,
 *         terminated), ENOMEM, or why the pool is broken
 */
struct fp_iterator *fp_imap_unordered(
	struct fp_pool *pool, const struct fp_source *source, size_t chunk);

/** The same, in the order of the source. */
struct fp_iterator *fp_imap(struct fp_pool *pool, const struct fp_source *source, size_t chunk);

/**
 * Let another number of items travel together from now on, because tasks are shorter or longer than
 * was thought.
 *
 * @param chunk as above; an iterator of fp_imap() takes no more than it was made with
 */
void fp_iterator_chunk(struct fp_iterator *iterator, size_t chunk);

/**
 * Wait for an iterator's next outcome; its data and message stay valid until the next call.
 *
 * @param timeout milliseconds, or FP_FOREVER
 * @return 1 with an outcome, 0 at the end, or -1 with errno: ETIMEDOUT and EINTR (try again),
 * EAGAIN (the source had nothing, there is no descriptor to wait for, and nothing is pending),
 *         EDEADLK inside a callback; and, after the outcomes of all items that were taken, the
 *         source's error, ECANCELED where fp_terminate() or fp_join() came before the source's end,
 *         or why the pool is broken
 */
int fp_next(struct fp_iterator *iterator, int timeout, struct fp_outcome *outcome);

/**
 * Free an iterator, before or after the pool; what it still has pending is dropped. Not in a
 * callback. NULL is allowed.
 */
void fp_iterator_free(struct fp_iterator *iterator);

/* The caller's own event loop */

/** A descriptor to poll: readable when fp_pump() has something to do. The pool's. */
int fp_fd(const struct fp_pool *pool);

/**
 * Run the pool once: send tasks, receive replies, run callbacks. It does not watch the descriptors
 * of sources and interrupt_fd; that is up to the caller's loop, which calls fp_next() with a
 * time-out of 0 where a source has more.
 *
 * @param timeout milliseconds to wait for something to happen; 0 never blocks. Where nothing can happen,
 *        as the pool is idle, it returns 0 at once
 * @return 1 while tasks are pending, or workers have yet to end after fp_close() or fp_terminate();
 * 0 where there is nothing to wait for; or -1 with errno (EINTR, EDEADLK)
 */
int fp_pump(struct fp_pool *pool, int timeout);

/* The end */

/** No more tasks will be submitted. Workers end when they have nothing left. May be repeated. */
void fp_close(struct fp_pool *pool);

/**
 * Complete every pending task as FP_CANCELLED (its callbacks run) and send SIGTERM to all workers.
 * Never blocks. May be repeated.
 */
void fp_terminate(struct fp_pool *pool);

/**
 * Wait until every worker has ended. After fp_close(), tasks pending are finished first; as nobody
 * reads the iterators meanwhile, they take items only as far as their windows reach. After
 * fp_terminate(), workers that live on after the grace time are killed.
 *
 * @return 0, or -1 with errno: EINVAL while open, EINTR, EDEADLK; EBUSY where workers did not even
 *         die of SIGKILL (they sleep in the kernel) and were left behind: the pool has ended then
 */
int fp_join(struct fp_pool *pool);

/** The same, for no longer than so many milliseconds. @return as fp_join(); ETIMEDOUT: join again */
int fp_timed_join(struct fp_pool *pool, int timeout);

/**
 * Terminate where still running, join, and free. Iterators and results may be freed before or
 * after. In a callback it does nothing. NULL is allowed.
 */
void fp_free(struct fp_pool *pool);

/** The process ids of the running workers, at most `limit` of them. @return how many run */
size_t fp_pids(const struct fp_pool *pool, pid_t *pids, size_t limit);

/* In a worker */

/** Which worker this is: 0 to `processes` - 1. One that replaces another has its number. */
unsigned fp_worker_number(const struct fp_worker *worker);

/**
 * Take the next task (serve functions only). What is taken is this worker's, and nobody else can do
 * it then: so take no more than are worked on. Replies that wait to be sent are sent before it
 * blocks, and when there is no task.
 *
 * @param timeout milliseconds, or FP_FOREVER; 0 never waits for a task
 * @return 1 with a task; 0 where no more will come; or -1 with errno: EAGAIN when time has passed,
 *         any other when the worker should end (the parent is gone, or no memory)
 */
int fp_worker_next(struct fp_worker *worker, int timeout, struct fp_task *task);

/**
 * End a task in hand with a reply; `data` is copied. Replies are sent at the end of a chunk, when
 * many have gathered, or the worker has no more to do, or the oldest is a millisecond old. May
 * block while the parent does not read.
 *
 * @return 0, or -1 with errno: EINVAL (no task in hand), EMSGSIZE (the task stays in hand), or the
 *         channel's error where the parent is gone
 */
int fp_worker_reply(struct fp_worker *worker, uint64_t id, const void *data, size_t size);

/**
 * End a task in hand as FP_FAILED.
 *
 * @param error an errno; EIO where it is none
 * @param message may be NULL; at most 4,096 bytes of it are sent
 * @return as fp_worker_reply()
 */
int fp_worker_fail(struct fp_worker *worker, uint64_t id, int error, const char *message);

/**
 * Tell the parent that a task is alive and how far it is. At most ten a second are sent, or four in the
 * time-out of the task if that is more; the rest are dropped, and so is what the parent's queue has no
 * room for. Never waits for that.
 *
 * @param data at most FP_PROGRESS_MAX bytes, copied
 * @return 0, or -1 with errno: EINVAL, EMSGSIZE, or the channel's error
 */
int fp_worker_progress(struct fp_worker *worker, uint64_t id, const void *data, size_t size);

/**
 * Send a part of a task's result before its reply, to fp_options.part. Parts and replies arrive in
 * the order in which they were sent. Blocks while the channel is full, as fp_worker_reply() does.
 * The task still has to be replied to.
 *
 * @param data at most FP_PART_MAX bytes, copied; may be none
 * @return 0, or -1 with errno: EINVAL (no task in hand), EMSGSIZE, or the channel's error where the
 *         parent is gone
 */
int fp_worker_part(struct fp_worker *worker, uint64_t id, const void *data, size_t size);

#ifdef __cplusplus
}
#endif

#endif
