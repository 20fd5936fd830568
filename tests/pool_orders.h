/*
 * What the tests of the pool let its workers do: orders, sent as task arguments, and a function
 * that obeys them. The workers report only by replies, exit codes, signals, and a page of counters
 * that parent and workers share.
 */
#ifndef TESTS_POOL_ORDERS_H
#define TESTS_POOL_ORDERS_H

#include "forkpool/forkpool.h"

#include "leaks.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum action {
	/** Reply with the value. */
	ORDER_REPLY,
	/** Return 0 without a reply. */
	ORDER_RETURN,
	/** Fail with errno `value`, in words. */
	ORDER_FAIL,
	/** Return -1 with errno `value`. */
	ORDER_RETURN_ERROR,
	/** raise(value), and wait for ever where that returns. */
	ORDER_RAISE,
	/** raise(value) the first `times` times that this is tried, then reply. */
	ORDER_RAISE_AT_FIRST,
	/** Reply, then raise(value). */
	ORDER_REPLY_AND_RAISE,
	/** _exit(value). */
	ORDER_EXIT,
	/** Wait for ever. */
	ORDER_HANG,
	/** Reply with `value` bytes. */
	ORDER_LONG_REPLY,
	/** Reply with the worker's pid. */
	ORDER_PID,
	/** Send `value` progress messages "0", "1", ..., then reply. */
	ORDER_PROGRESS,
};

struct order {
	enum action action;
	int value;
	int times;
};

struct counters {
	/** Orders begun. */
	atomic_int begun;
	/** Times that ORDER_RAISE_AT_FIRST was tried. */
	atomic_int tried;
	/** Times that ORDER_HANG was begun. */
	atomic_int hung;
	/** Calls of the initializer. */
	atomic_int initialized;
	/** For the tests' own use. */
	atomic_int other;
};

static struct counters *counters;

static inline void orders_setup(void)
{
	leaks_setup();
	counters = mmap(
		NULL, sizeof(*counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(counters, MAP_FAILED);
}

static inline void orders_teardown(void)
{
	munmap(counters, sizeof(*counters));
	leaks_teardown();
}

/** Add a case to a suite: a few tests that can be run alone, by CK_RUN_CASE. */
static inline TCase *orders_case(Suite *suite, const char *name)
{
	TCase *test_case = tcase_create(name);

	tcase_set_timeout(test_case, 60);
	tcase_add_checked_fixture(test_case, orders_setup, orders_teardown);
	suite_add_tcase(suite, test_case);
	return test_case;
}

/* Sanitizers and valgrind keep what was freed for a while, so memory in use tells nothing. */
#ifdef __has_feature
#	if __has_feature(address_sanitizer)
#		define __SANITIZE_ADDRESS__ 1
#	endif
#endif
#ifdef __SANITIZE_ADDRESS__
#	define UNDER_SANITIZER true
#else
#	define UNDER_SANITIZER false
#endif

static inline bool under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload && strstr(preload, "vgpreload");
}

static inline bool memory_tells(void)
{
	return !UNDER_SANITIZER && !under_valgrind();
}

/** How many KiB this process has in memory now. */
static inline long resident(void)
{
	char text[128] = "";
	FILE *file = fopen("/proc/self/statm", "re");

	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	fclose(file);
	/* The second number is in pages. */
	return strtol(strchr(text, ' '), NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024);
}

static inline void hang(void)
{
	for (;;)
		pause();
}

static inline unsigned char pattern(size_t i)
{
	return (unsigned char)(i * 31 + i / 251);
}

static inline int reply_long(struct fp_worker *worker, uint64_t id, size_t size)
{
	unsigned char *data = malloc(size);
	int result;

	if (!data)
		return -1;
	for (size_t i = 0; i < size; i++)
		data[i] = pattern(i);
	result = fp_worker_reply(worker, id, data, size);
	free(data);
	return result;
}

/** The function of most tests' pools. */
static inline int obey(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	struct order order;
	pid_t pid = getpid();

	(void)context;
	if (task->size != sizeof(order))
		return fp_worker_fail(worker, task->id, EINVAL, "no order");
	memcpy(&order, task->data, sizeof(order));
	atomic_fetch_add(&counters->begun, 1);
	switch (order.action) {
	case ORDER_REPLY:
		break;
	case ORDER_RETURN:
		return 0;
	case ORDER_FAIL:
		return fp_worker_fail(worker, task->id, order.value, "as ordered");
	case ORDER_RETURN_ERROR:
		errno = order.value;
		return -1;
	case ORDER_RAISE:
		raise(order.value);
		hang();
		break;
	case ORDER_RAISE_AT_FIRST:
		if (atomic_fetch_add(&counters->tried, 1) < order.times) {
			raise(order.value);
			hang();
		}
		break;
	case ORDER_REPLY_AND_RAISE:
		fp_worker_reply(worker, task->id, &order.value, sizeof(order.value));
		raise(order.value);
		hang();
		break;
	case ORDER_EXIT:
		_exit(order.value);
	case ORDER_HANG:
		atomic_fetch_add(&counters->hung, 1);
		hang();
		break;
	case ORDER_LONG_REPLY:
		return reply_long(worker, task->id, (size_t)order.value);
	case ORDER_PID:
		return fp_worker_reply(worker, task->id, &pid, sizeof(pid));
	case ORDER_PROGRESS:
		for (int i = 0; i < order.value; i++) {
			char text[16];
			int length = snprintf(text, sizeof(text), "%d", i);

			fp_worker_progress(worker, task->id, text, (size_t)length);
		}
		break;
	}
	return fp_worker_reply(worker, task->id, &order.value, sizeof(order.value));
}

/** A source of orders from an array. */
struct orders {
	const struct order *orders;
	size_t count;
	size_t next;
	/** The errno to fail with after the last, or 0. */
	int error;
};

static inline int orders_next(void *context, struct fp_item *item)
{
	struct orders *orders = context;

	if (orders->next == orders->count) {
		errno = orders->error;
		return orders->error ? -1 : 0;
	}
	item->data = &orders->orders[orders->next];
	item->size = sizeof(struct order);
	item->tag = orders->next++;
	return 1;
}

/** A source of the numbers below `count`: ORDER_REPLY with each. */
struct numbers {
	size_t count;
	size_t next;
	struct order order;
	/** The errno to fail with after the last, or 0. */
	int error;
};

static inline int numbers_next(void *context, struct fp_item *item)
{
	struct numbers *numbers = context;

	if (numbers->next == numbers->count) {
		errno = numbers->error;
		return numbers->error ? -1 : 0;
	}
	numbers->order = (struct order){ORDER_REPLY, (int)numbers->next, 0};
	item->data = &numbers->order;
	item->size = sizeof(numbers->order);
	item->tag = numbers->next++;
	return 1;
}

/** Open a pool that obeys orders; asserts that this works. */
static inline struct fp_pool *open_pool(struct fp_options options)
{
	struct fp_pool *pool;

	if (!options.serve && !options.function)
		options.function = obey;
	pool = fp_open(&options);
	ck_assert_ptr_nonnull(pool);
	return pool;
}

/** Close, join and free; asserts that this works. */
static inline void close_pool(struct fp_pool *pool)
{
	fp_close(pool);
	ck_assert_int_eq(fp_join(pool), 0);
	fp_free(pool);
}

/** The next outcome of an iterator, which must have one. */
static inline struct fp_outcome next_outcome(struct fp_iterator *iterator)
{
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), 1);
	return outcome;
}

static inline int reply_value(const struct fp_outcome *outcome)
{
	int value;

	ck_assert_int_eq(outcome->status, FP_OK);
	ck_assert_uint_eq(outcome->size, sizeof(value));
	memcpy(&value, outcome->data, sizeof(value));
	return value;
}

#endif
