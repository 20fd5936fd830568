/* Functions that do to their worker what no worker should suffer, and hosts in unusual states: every
 * other task ends well. */
#include "pool_orders.h"

#include "suite.h"

#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <setjmp.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum {
	MANY = 40,
	/** The task that is abused. */
	BAD = 7
};

typedef int (*abuse_function)(struct fp_worker *worker, const struct fp_task *task);

/** Do what the context says with one task, obey with the others. */
static int abuse(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	struct order order;

	memcpy(&order, task->data, sizeof(order));
	if (order.value != BAD)
		return obey(worker, task, NULL);
	return (*(abuse_function *)context)(worker, task);
}

static struct fp_result *map_numbers(struct fp_pool *pool, size_t chunk)
{
	struct order orders[MANY];
	struct fp_item items[MANY];

	for (int i = 0; i < MANY; i++) {
		orders[i] = (struct order){ORDER_REPLY, i, 0};
		items[i] = (struct fp_item){.data = &orders[i], .size = sizeof(orders[i])};
	}
	return fp_map(pool, items, MANY, chunk);
}

/**
 * Map numbers, and expect each back but BAD.
 *
 * @param bad filled in with the outcome of that one, but its data
 * @param value set to its reply, if there is one
 * @return its status
 */
static enum fp_status expect_numbers(
	struct fp_pool *pool, size_t chunk, struct fp_outcome *bad, int *value)
{
	struct fp_result *result = map_numbers(pool, chunk);

	ck_assert_ptr_nonnull(result);
	for (size_t i = 0; i < MANY; i++) {
		struct fp_outcome outcome;

		ck_assert_int_eq(fp_result_at(result, i, &outcome), 0);
		if (i != BAD)
			ck_assert_int_eq(reply_value(&outcome), (int)i);
		else
			*bad = outcome;
	}
	if (bad->status == FP_OK)
		*value = reply_value(bad);
	/* Not valid any longer. */
	bad->data = NULL;
	bad->message = NULL;
	fp_result_free(result);
	return bad->status;
}

/* What a task ends well after */

static int done(struct fp_worker *worker, const struct fp_task *task)
{
	return obey(worker, task, NULL);
}

/** Has a child that ends at once, flushing and calling handlers as others do. */
static int fork_and_wait(struct fp_worker *worker, const struct fp_task *task)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		exit(9);
	if (child < 0 || waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 9)
		return -1;
	return done(worker, task);
}

/** Has a child that it does not wait for. */
static int fork_and_forget(struct fp_worker *worker, const struct fp_task *task)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return child < 0 ? -1 : done(worker, task);
}

static int jump(struct fp_worker *worker, const struct fp_task *task)
{
	static jmp_buf back;
	volatile int jumps = 0;

	if (setjmp(back) < 100) {
		jumps++;
		longjmp(back, jumps);
	}
	return jumps == 100 ? done(worker, task) : -1;
}

static int leave_directory(struct fp_worker *worker, const struct fp_task *task)
{
	umask(0777);
	return chdir("/proc") < 0 ? -1 : done(worker, task);
}

static int block_signals(struct fp_worker *worker, const struct fp_task *task)
{
	sigset_t all;

	sigfillset(&all);
	return sigprocmask(SIG_SETMASK, &all, NULL) < 0 ? -1 : done(worker, task);
}

/** Uses up its memory, and frees it again. */
static int use_up_memory(struct fp_worker *worker, const struct fp_task *task)
{
	struct rlimit limit = {256 << 20, 256 << 20};
	void *blocks[512];
	int count = 0;

	if (!memory_tells())
		return done(worker, task);
	if (setrlimit(RLIMIT_AS, &limit) < 0)
		return -1;
	while (count < 512 && (blocks[count] = malloc(1 << 20)))
		count++;
	for (int i = 0; i < count; i++)
		free(blocks[i]);
	return count < 512 ? done(worker, task) : -1;
}

static const abuse_function harmless[] = {
	fork_and_wait, fork_and_forget, jump, leave_directory, block_signals, use_up_memory};

START_TEST(test_forkpool_harmless_abuse)
{
	abuse_function function = harmless[_i / 2];
	struct fp_pool *pool = open_pool(
		(struct fp_options){.function = abuse, .processes = 2, .context = &function});
	char directory[4096], later[4096];
	struct fp_outcome outcome;
	mode_t mask = umask(022);
	int value = 0;

	ck_assert_ptr_nonnull(getcwd(directory, sizeof(directory)));
	/* Again in the same workers. */
	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(expect_numbers(pool, _i % 2 ? 5 : 1, &outcome, &value), FP_OK);
		ck_assert_int_eq(value, BAD);
	}
	ck_assert_str_eq(getcwd(later, sizeof(later)), directory);
	ck_assert_int_eq(umask(mask), 022);
	close_pool(pool);
}
END_TEST

/* What costs the task its worker */

static int exit_with_3(struct fp_worker *worker, const struct fp_task *task)
{
	(void)worker;
	(void)task;
	exit(3);
}

static int exit_with_0(struct fp_worker *worker, const struct fp_task *task)
{
	(void)worker;
	(void)task;
	exit(0);
}

static int abort_it(struct fp_worker *worker, const struct fp_task *task)
{
	(void)worker;
	(void)task;
	abort();
}

/** Closes all that it has, the standard streams included, and goes on. */
static int close_everything(struct fp_worker *worker, const struct fp_task *task)
{
	if (syscall(SYS_close_range, 0U, ~0U, 0U) < 0) {
		for (int fd = 0; fd < 4096; fd++)
			close(fd);
	}
	return done(worker, task);
}

/** Becomes a program that ends at once. */
static int execute(struct fp_worker *worker, const struct fp_task *task)
{
	(void)worker;
	(void)task;
	execl("/bin/true", "true", (char *)NULL);
	return -1;
}

/** Is told that it replied, and then that it did not. */
static int reply_and_exit(struct fp_worker *worker, const struct fp_task *task)
{
	(void)task;
	/* Nothing of this task is sent. */
	if (fp_worker_reply(worker, UINT64_MAX, NULL, 0) == 0)
		return 0;
	exit(5);
}

static const struct {
	abuse_function function;
	/** What the outcome tells; -1 where it depends on who is first: the worker's own end, or the
	 * pool, which kills a worker that has left its channel. */
	int exit_code, signal;
} deadly[] = {
	{exit_with_3, 3, 0},
	{exit_with_0, 0, 0},
	{reply_and_exit, 5, 0},
	{abort_it, -1, SIGABRT},
	{close_everything, -1, -1},
	{execute, -1, -1},
};

static void no_core_files(void)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
}

START_TEST(test_forkpool_deadly_abuse)
{
	abuse_function function = deadly[_i / 2].function;
	struct fp_pool *pool;
	struct fp_outcome outcome;
	int value;

	no_core_files();
	pool = open_pool(
		(struct fp_options){.function = abuse, .processes = 2, .context = &function});
	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(expect_numbers(pool, _i % 2 ? 5 : 1, &outcome, &value), FP_DIED);
		ck_assert_int_eq(outcome.error, ECHILD);
		if (deadly[_i / 2].exit_code >= 0)
			ck_assert_int_eq(outcome.exit_code, deadly[_i / 2].exit_code);
		if (deadly[_i / 2].signal >= 0)
			ck_assert_int_eq(outcome.signal, deadly[_i / 2].signal);
	}
	close_pool(pool);
}
END_TEST

static int raised;

static int raise_it(struct fp_worker *worker, const struct fp_task *task)
{
	raise(raised);
	return done(worker, task);
}

START_TEST(test_forkpool_every_signal)
{
	abuse_function function = raise_it;
	struct fp_pool *pool;
	struct fp_outcome outcome;
	int value = 0;

	raised = _i;
	switch (raised) {
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		/* They stop it, which only a time-out ends. */
		return;
	default:
		break;
	}
	no_core_files();
	/* Whoever runs the tests may have it ignored. */
	signal(raised, SIG_DFL);
	pool = open_pool((struct fp_options){
		.function = abuse, .processes = 2, .attempts = 1, .context = &function});
	expect_numbers(pool, 1, &outcome, &value);
	switch (raised) {
	case SIGINT:
	case SIGQUIT:
	case SIGPIPE:
		/* Ignored in workers. */
	case SIGCHLD:
	case SIGCONT:
	case SIGURG:
	case SIGWINCH:
		/* By default ignored. */
		ck_assert_int_eq(outcome.status, FP_OK);
		ck_assert_int_eq(value, BAD);
		break;
	default:
		ck_assert_int_eq(outcome.status, FP_DIED);
		ck_assert_int_eq(outcome.signal, raised);
	}
	close_pool(pool);
}
END_TEST

static int block_and_hang(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	sigset_t all;

	(void)worker;
	(void)task;
	(void)context;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	atomic_fetch_add(&counters->hung, 1);
	hang();
	return 0;
}

START_TEST(test_forkpool_terminate_ends_those_that_block_all_signals)
{
	struct fp_pool *pool = open_pool(
		(struct fp_options){.function = block_and_hang, .processes = 2, .grace = 10});
	struct fp_item items[2] = {{.size = 0}, {.size = 0}};
	struct fp_result *result = fp_map_async(pool, items, 2, 1, NULL);

	while (atomic_load(&counters->hung) < 2)
		sched_yield();
	fp_terminate(pool);
	ck_assert_int_eq(fp_join(pool), 0);
	fp_result_free(result);
	fp_free(pool);
}
END_TEST

/* Handlers registered with atexit() */

static void count_exit(void)
{
	atomic_fetch_add(&counters->other, 1);
}

static int register_handler(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	if (atexit(count_exit) != 0)
		return -1;
	if (*(int *)context)
		exit(6);
	return fp_worker_reply(worker, task->id, NULL, 0);
}

START_TEST(test_forkpool_exit_handlers_run_only_where_the_function_exits)
{
	int exits = _i;
	struct fp_pool *pool = open_pool((struct fp_options){
		.function = register_handler, .processes = 1, .attempts = 1, .context = &exits});
	struct fp_item item = {.size = 0};
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
	ck_assert_int_eq(outcome.status, exits ? FP_DIED : FP_OK);
	ck_assert_int_eq(outcome.exit_code, exits ? 6 : 0);
	close_pool(pool);
	ck_assert_int_eq(atomic_load(&counters->other), exits);
}
END_TEST

/* A child of a worker that outlives it */

struct ends {
	/** The grandchild waits for the end of this one ... */
	int go[2];
	/** ... and the test for the end of this one. */
	int gone[2];
};

static int leave_child(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	struct ends *ends = context;
	char byte;

	switch (fork()) {
	case -1:
		return -1;
	case 0:
		close(ends->go[1]);
		_exit(read(ends->go[0], &byte, 1) == 0 ? 0 : 1);
	default:
		return fp_worker_reply(worker, task->id, NULL, 0);
	}
}

START_TEST(test_forkpool_child_of_a_worker_may_live_on)
{
	struct ends ends;
	struct fp_item item = {.size = 0};
	struct fp_outcome outcome;
	struct fp_pool *pool;
	char byte;

	ck_assert_int_eq(pipe2(ends.go, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(ends.gone, O_CLOEXEC), 0);
	pool = open_pool(
		(struct fp_options){.function = leave_child, .processes = 1, .context = &ends});
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(fp_apply(pool, &item, &outcome), 0);
		ck_assert_int_eq(outcome.status, FP_OK);
	}
	/* They have the worker's ends of its channels, which keeps nobody from ending. */
	close_pool(pool);
	close(ends.gone[1]);
	ck_assert_int_eq(close(ends.go[1]), 0);
	ck_assert_int_eq(read(ends.gone[0], &byte, 1), 0);
	close(ends.go[0]);
	close(ends.gone[0]);
}
END_TEST

/* Limits */

/** @param context where to write a byte */
static int no_descriptors(void *context)
{
	struct rlimit none = {0, 0};

	return write(*(int *)context, "", 1) == 1 ? setrlimit(RLIMIT_NOFILE, &none) : -1;
}

START_TEST(test_forkpool_worker_without_new_descriptors)
{
	struct fp_pool *pool;
	struct fp_outcome outcome;
	int value = 0, ends[2], count;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pool = open_pool((struct fp_options){
		.processes = 2, .initializer = no_descriptors, .context = &ends[1]});
	for (int round = 0; round < 3; round++) {
		ck_assert_int_eq(expect_numbers(pool, 1, &outcome, &value), FP_OK);
		ck_assert_int_eq(value, BAD);
	}
	close_pool(pool);
	/* None was lost and replaced. */
	ck_assert_int_eq(ioctl(ends[0], FIONREAD, &count), 0);
	ck_assert_int_ge(count, 1);
	ck_assert_int_le(count, 2);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/** 32 MiB more than there are now. */
static int little_memory(void *context)
{
	struct rlimit limit;
	char text[128] = "";
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

	(void)context;
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return -1;
	close(fd);
	limit.rlim_cur = limit.rlim_max =
		strtoul(text, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE) + (32 << 20);
	return setrlimit(RLIMIT_AS, &limit);
}

static int return_size(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	int size = (int)task->size;

	(void)context;
	return fp_worker_reply(worker, task->id, &size, sizeof(size));
}

/** The task fails, and its worker goes on. */
START_TEST(test_forkpool_argument_that_a_worker_has_no_memory_for)
{
	enum {
		LONG = 48 << 20
	};
	struct fp_pool *pool;
	struct fp_item items[MANY];
	struct fp_result *result;
	char *data;

	if (!memory_tells())
		return;
	data = calloc(1, LONG);
	ck_assert_ptr_nonnull(data);
	for (int i = 0; i < MANY; i++)
		items[i] = (struct fp_item){.data = data, .size = i == BAD ? LONG : 1000};
	pool = open_pool((struct fp_options){.function = return_size,
		.processes = 2,
		.attempts = 1,
		.initializer = little_memory});
	result = fp_map(pool, items, MANY, 1);
	ck_assert_ptr_nonnull(result);
	for (size_t i = 0; i < MANY; i++) {
		struct fp_outcome outcome;

		ck_assert_int_eq(fp_result_at(result, i, &outcome), 0);
		if (i == BAD) {
			ck_assert_int_eq(outcome.status, FP_FAILED);
			ck_assert_int_eq(outcome.error, ENOMEM);
		} else {
			ck_assert_int_eq(reply_value(&outcome), 1000);
		}
	}
	fp_result_free(result);
	close_pool(pool);
	free(data);
}
END_TEST

/* Many, and inside of each other */

START_TEST(test_forkpool_fifty_pools)
{
	enum {
		POOLS = 50
	};
	struct fp_pool *pools[POOLS];
	struct fp_result *results[POOLS];
	struct order order = {ORDER_REPLY, 0, 0};
	struct fp_item item = {.data = &order, .size = sizeof(order)};

	for (int i = 0; i < POOLS; i++) {
		pools[i] = open_pool((struct fp_options){.processes = 2});
		order.value = i;
		results[i] = fp_apply_async(pools[i], &item, NULL);
		ck_assert_ptr_nonnull(results[i]);
	}
	for (int i = POOLS; i-- > 0;) {
		struct fp_outcome outcome;

		ck_assert_int_eq(fp_result_get(results[i], FP_FOREVER, &outcome), 0);
		ck_assert_int_eq(reply_value(&outcome), i);
		fp_result_free(results[i]);
	}
	for (int i = 0; i < POOLS; i++)
		close_pool(pools[i * 7 % POOLS]);
}
END_TEST

START_TEST(test_forkpool_five_hundred_workers)
{
	enum {
		WORKERS = 500,
		COUNT = 2000
	};
	struct numbers numbers = {.count = COUNT};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_iterator *iterator;
	struct fp_pool *pool;
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < 5 * WORKERS + 100) {
		puts("skipped: too few descriptors may be open");
		return;
	}
	pool = open_pool((struct fp_options){.processes = WORKERS, .eager = true});
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), WORKERS);
	iterator = fp_imap(pool, &source, 1);
	for (int i = 0; i < COUNT; i++) {
		struct fp_outcome outcome = next_outcome(iterator);

		ck_assert_int_eq(reply_value(&outcome), i);
	}
	fp_iterator_free(iterator);
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), WORKERS);
	close_pool(pool);
}
END_TEST

/** Count the leaves of a tree of pools with three tasks each. @return how many, or -1 */
static int count_leaves(int height);

static int grow(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	int height, leaves;

	(void)context;
	memcpy(&height, task->data, sizeof(height));
	leaves = count_leaves(height);
	return leaves < 0 ? -1 : fp_worker_reply(worker, task->id, &leaves, sizeof(leaves));
}

static int count_leaves(int height)
{
	struct fp_options options = {.function = grow, .processes = 2};
	int below = height - 1, sum = 0;
	struct fp_item items[3];
	struct fp_result *result;
	struct fp_pool *pool;

	if (height == 0)
		return 1;
	for (int i = 0; i < 3; i++)
		items[i] = (struct fp_item){.data = &below, .size = sizeof(below)};
	pool = fp_open(&options);
	result = pool ? fp_map(pool, items, 3, 1) : NULL;
	for (size_t i = 0; i < 3 && sum >= 0; i++) {
		struct fp_outcome outcome;
		int leaves;

		if (!result || fp_result_at(result, i, &outcome) < 0 || outcome.status != FP_OK) {
			sum = -1;
			break;
		}
		memcpy(&leaves, outcome.data, sizeof(leaves));
		sum += leaves;
	}
	fp_result_free(result);
	fp_free(pool);
	return sum;
}

START_TEST(test_forkpool_pools_in_workers_of_pools)
{
	ck_assert_int_eq(count_leaves(3), 27);
}
END_TEST

/* Hosts */

enum {
	NO_NAMESPACE = 77
};

/** As process 1, map numbers, of which one is abused. @return whether the result is as good as expected */
static bool map_as_init(abuse_function function, int successful)
{
	struct fp_options options = {.function = abuse, .processes = 2, .context = &function};
	struct fp_pool *pool = fp_open(&options);
	struct fp_result *result = pool ? map_numbers(pool, 1) : NULL;
	bool right = result && fp_result_successful(result) == successful;

	if (!pool)
		return false;
	fp_result_free(result);
	fp_close(pool);
	right &= fp_join(pool) == 0;
	fp_free(pool);
	return right;
}

/** As process 1. @return the exit status */
static int be_init(void)
{
	if (getpid() != 1 || !map_as_init(fork_and_forget, 1) || !map_as_init(exit_with_3, 0))
		return 1;
	/* Left are none but the forgotten children of workers. */
	while (waitpid(-1, NULL, 0) > 0)
		;
	return errno == ECHILD ? 0 : 2;
}

START_TEST(test_forkpool_in_process_1)
{
	int status;
	pid_t host;

	/* Which looks for its process in /proc, and that is another namespace's. */
	if (UNDER_SANITIZER)
		return;
	host = fork();
	if (host == 0) {
		pid_t init;

		if (unshare(CLONE_NEWPID | (geteuid() ? CLONE_NEWUSER : 0)) < 0)
			_exit(NO_NAMESPACE);
		init = fork();
		if (init == 0)
			_exit(be_init());
		if (init < 0 || waitpid(init, &status, 0) != init)
			_exit(NO_NAMESPACE);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 3);
	}
	ck_assert_int_eq(waitpid(host, &status, 0), host);
	ck_assert(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_NAMESPACE)
		puts("skipped: needs a namespace for process ids");
	else
		ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

struct of_parent {
	struct fp_pool *pool;
	struct fp_result *ready;
	struct fp_result *pending;
	struct fp_iterator *iterator;
	struct fp_source *source;
};

/** In a child of the host, use what is the parent's. @return the first call that does, or 0 */
static int use_in_child(struct of_parent *of)
{
	struct fp_item item = {.size = 0};
	struct fp_outcome outcome;

#define refused(call) ((call) && errno == EINVAL)
	if (!refused(!fp_apply_async(of->pool, &item, NULL)) ||
		!refused(!fp_map(of->pool, &item, 1, 1)) ||
		!refused(!fp_map_async(of->pool, &item, 1, 1, NULL)))
		return 1;
	if (!refused(!fp_imap(of->pool, of->source, 1)) ||
		!refused(!fp_imap_unordered(of->pool, of->source, 1)))
		return 2;
	if (!refused(fp_apply(of->pool, &item, &outcome) < 0) ||
		!refused(fp_result_wait(of->pending, FP_FOREVER) < 0) ||
		!refused(fp_result_get(of->pending, 0, &outcome) < 0) ||
		!refused(fp_next(of->iterator, FP_FOREVER, &outcome) < 0))
		return 3;
	if (!refused(fp_resize(of->pool, 5) < 0) || !refused(fp_pump(of->pool, 0) < 0) ||
		!refused(fp_join(of->pool) < 0) || !refused(fp_timed_join(of->pool, 0) < 0))
		return 4;
	if (fp_has_room(of->pool) || fp_pids(of->pool, NULL, 0) != 0)
		return 5;
	/* What was there before the fork may be read. */
	if (fp_result_at(of->ready, 0, &outcome) < 0 || outcome.status != FP_OK)
		return 6;
	fp_result_cancel(of->pending);
	fp_close(of->pool);
	fp_terminate(of->pool);
	fp_iterator_free(of->iterator);
	fp_result_free(of->ready);
	fp_result_free(of->pending);
	fp_free(of->pool);
	return 0;
}

START_TEST(test_forkpool_host_forks_while_tasks_run)
{
	struct numbers numbers = {.count = 1000};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct of_parent of = {.source = &source};
	struct order order = {ORDER_REPLY, 4, 0};
	struct fp_item item = {.data = &order, .size = sizeof(order)};
	struct fp_outcome outcome;

	of.pool = open_pool((struct fp_options){.processes = 2});
	of.ready = fp_map(of.pool, &item, 1, 1);
	ck_assert_ptr_nonnull(of.ready);
	of.pending = fp_apply_async(of.pool, &item, NULL);
	of.iterator = fp_imap(of.pool, &source, 3);
	for (int i = 0; i < 1000; i++) {
		outcome = next_outcome(of.iterator);
		ck_assert_int_eq(reply_value(&outcome), i);
		if (i % 300 == 10) {
			int status;
			/* Pending in the child, at least: nobody has looked. */
			struct fp_result *before = of.pending;
			pid_t child;

			of.pending = fp_apply_async(of.pool, &item, NULL);
			ck_assert_ptr_nonnull(of.pending);
			child = fork();
			if (child == 0)
				_exit(use_in_child(&of));
			ck_assert_int_eq(waitpid(child, &status, 0), child);
			ck_assert_int_eq(status, 0);
			fp_result_free(before);
		}
	}
	ck_assert_int_eq(fp_next(of.iterator, FP_FOREVER, &outcome), 0);
	ck_assert_int_eq(fp_result_get(of.pending, FP_FOREVER, &outcome), 0);
	ck_assert_int_eq(reply_value(&outcome), 4);
	fp_result_free(of.pending);
	fp_result_free(of.ready);
	fp_iterator_free(of.iterator);
	close_pool(of.pool);
}
END_TEST

/* Memory */

/** A source of the same long argument again and again. */
struct repeated {
	const void *data;
	size_t size;
	int count;
};

static int repeated_next(void *context, struct fp_item *item)
{
	struct repeated *repeated = context;

	if (repeated->count-- == 0)
		return 0;
	item->data = repeated->data;
	item->size = repeated->size;
	return 1;
}

static size_t allocated(void)
{
	return mallinfo2().uordblks + mallinfo2().hblkhd;
}

/** As test_forkpool_release_task_refs, for arguments of 200 MiB in all, by each way that they may go. */
START_TEST(test_forkpool_keeps_no_argument)
{
	enum {
		SIZE = 1 << 20,
		COUNT = 100
	};
	static char data[SIZE];
	struct fp_pool *pool =
		open_pool((struct fp_options){.function = return_size, .processes = 2});
	struct repeated repeated = {data, SIZE, COUNT};
	struct fp_source source = {.next = repeated_next, .context = &repeated};
	struct fp_item item = {.data = data, .size = SIZE}, short_item = {.data = data, .size = 1};
	struct fp_iterator *iterator;
	struct fp_outcome outcome;
	size_t before;

	if (!memory_tells()) {
		close_pool(pool);
		return;
	}
	ck_assert_int_eq(fp_apply(pool, &short_item, &outcome), 0);
	before = allocated();
	iterator = fp_imap_unordered(pool, &source, 1);
	for (int i = 0; i < COUNT; i++) {
		outcome = next_outcome(iterator);
		ck_assert_int_eq(outcome.status, FP_OK);
	}
	fp_iterator_free(iterator);
	ck_assert_uint_lt(allocated(), before + SIZE / 2);
	for (int i = 0; i < COUNT; i++) {
		struct fp_result *result = fp_apply_async(pool, &item, NULL);

		ck_assert_int_eq(fp_result_get(result, FP_FOREVER, &outcome), 0);
		fp_result_free(result);
		/* With less than one argument, there is none. */
		ck_assert_uint_lt(allocated(), before + SIZE / 2);
	}
	close_pool(pool);
}
END_TEST

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void)
{
	Suite *suite = suite_create("forkpool_abuse");
	TCase *test_case;

	test_case = orders_case(suite, "function");
	tcase_add_loop_test(test_case, test_forkpool_harmless_abuse, 0, 2 * COUNT_OF(harmless));
	tcase_add_loop_test(test_case, test_forkpool_deadly_abuse, 0, 2 * COUNT_OF(deadly));
	tcase_add_loop_test(
		test_case, test_forkpool_exit_handlers_run_only_where_the_function_exits, 0, 2);
	tcase_add_test(test_case, test_forkpool_child_of_a_worker_may_live_on);

	test_case = orders_case(suite, "signals");
	tcase_add_loop_test(test_case, test_forkpool_every_signal, 1, 32);
	tcase_add_test(test_case, test_forkpool_terminate_ends_those_that_block_all_signals);

	test_case = orders_case(suite, "limits");
	tcase_add_test(test_case, test_forkpool_worker_without_new_descriptors);
	tcase_add_test(test_case, test_forkpool_argument_that_a_worker_has_no_memory_for);
	tcase_add_test(test_case, test_forkpool_keeps_no_argument);

	test_case = orders_case(suite, "many");
	tcase_set_timeout(test_case, 200);
	tcase_add_test(test_case, test_forkpool_fifty_pools);
	tcase_add_test(test_case, test_forkpool_five_hundred_workers);
	tcase_add_test(test_case, test_forkpool_pools_in_workers_of_pools);

	test_case = orders_case(suite, "host");
	tcase_add_test(test_case, test_forkpool_in_process_1);
	tcase_add_test(test_case, test_forkpool_host_forks_while_tasks_run);

	return suite_run(suite);
}
