/* fp_imap and fp_imap_unordered: every item once, sources of all kinds, bounded look-ahead. */
#include "pool_orders.h"
#include "quickly.h"
#include "suite.h"

#include <fcntl.h>

/** Read an iterator of numbers to its end; each must come once, in order where `ordered`. */
static void expect_numbers(struct fp_iterator *iterator, size_t count, bool ordered)
{
	unsigned char *seen = calloc(count + 1, 1);
	struct fp_outcome outcome;

	ck_assert_ptr_nonnull(seen);
	for (size_t i = 0; i < count; i++) {
		outcome = next_outcome(iterator);
		ck_assert_int_eq(reply_value(&outcome), (int)outcome.tag);
		ck_assert_uint_lt(outcome.tag, count);
		ck_assert_uint_eq(seen[outcome.tag], 0);
		seen[outcome.tag] = 1;
		if (ordered)
			ck_assert_uint_eq(outcome.tag, i);
	}
	ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), 0);
	ck_assert_int_eq(fp_next(iterator, 0, &outcome), 0);
	free(seen);
}

static const size_t chunks[] = {0, 1, 2, 7, 64, 1000, 100000};

START_TEST(test_forkpool_imap)
{
	struct numbers numbers = {.count = 5000};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 3});
	struct fp_iterator *iterator = fp_imap(pool, &source, chunks[_i]);

	ck_assert_ptr_nonnull(iterator);
	expect_numbers(iterator, numbers.count, true);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_imap_unordered)
{
	struct numbers numbers = {.count = 5000};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 3});
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, chunks[_i]);

	ck_assert_ptr_nonnull(iterator);
	expect_numbers(iterator, numbers.count, false);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

/** Other chunks in mid-iteration lose nothing and keep the order, also where they are larger than
 * what an ordered iterator has room for. */
START_TEST(test_forkpool_chunk_changes)
{
	bool ordered = _i & 1;
	struct numbers numbers = {.count = 30000};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_iterator *iterator =
		ordered ? fp_imap(pool, &source, 4) : fp_imap_unordered(pool, &source, 4);
	unsigned char *seen = calloc(numbers.count, 1);
	struct fp_outcome outcome;

	ck_assert(iterator && seen);
	for (size_t i = 0; i < numbers.count; i++) {
		if (i % 1000 == 0)
			fp_iterator_chunk(iterator, chunks[i / 1000 % 7]);
		outcome = next_outcome(iterator);
		check_quickly(!seen[outcome.tag]);
		check_quickly(!ordered || outcome.tag == i);
		seen[outcome.tag] = 1;
	}
	ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), 0);
	free(seen);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_empty_source)
{
	struct numbers numbers = {.count = 0};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_iterator *ordered = fp_imap(pool, &source, 1);
	struct fp_iterator *unordered = fp_imap_unordered(pool, &source, 5);

	expect_numbers(ordered, 0, true);
	expect_numbers(unordered, 0, false);
	/* Nothing had to be done, so nobody was forked. */
	ck_assert_uint_eq(fp_pids(pool, NULL, 0), 0);
	fp_iterator_free(ordered);
	fp_iterator_free(unordered);
	close_pool(pool);
}
END_TEST

/** Items before the source's error come first, then the error, again and again. */
static void check_failing_source(bool ordered, size_t chunk)
{
	struct numbers numbers = {.count = 10, .error = EDOM};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct numbers more = {.count = 3};
	struct fp_source more_source = {.next = numbers_next, .context = &more};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_iterator *iterator =
		(ordered ? fp_imap : fp_imap_unordered)(pool, &source, chunk);
	bool seen[10] = {false};
	struct fp_outcome outcome;

	for (size_t i = 0; i < numbers.count; i++) {
		outcome = next_outcome(iterator);
		ck_assert_int_eq(reply_value(&outcome), (int)outcome.tag);
		ck_assert(!seen[outcome.tag]);
		seen[outcome.tag] = true;
		if (ordered)
			ck_assert_uint_eq(outcome.tag, i);
	}
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), -1);
		ck_assert_int_eq(errno, EDOM);
	}
	fp_iterator_free(iterator);

	/* The pool lives on. */
	iterator = fp_imap(pool, &more_source, 1);
	expect_numbers(iterator, 3, true);
	fp_iterator_free(iterator);
	close_pool(pool);
}

START_TEST(test_forkpool_imap_handles_source_failure)
{
	check_failing_source(true, 1);
	check_failing_source(true, 4);
}
END_TEST

START_TEST(test_forkpool_imap_unordered_handles_source_failure)
{
	check_failing_source(false, 1);
	check_failing_source(false, 4);
}
END_TEST

/** The numbers that come down a pipe, as ints. */
struct piped {
	int fd;
	struct order order;
	size_t given;
	int readable_calls;
};

static int piped_next(void *context, struct fp_item *item)
{
	struct piped *piped = context;
	ssize_t size = read(piped->fd, &piped->order.value, sizeof(int));

	if (size <= 0)
		return size < 0 ? -1 : 0;
	piped->order.action = ORDER_REPLY;
	item->data = &piped->order;
	item->size = sizeof(piped->order);
	item->tag = piped->given++;
	return 1;
}

START_TEST(test_forkpool_source_waits_for_its_descriptor)
{
	struct piped piped = {0};
	struct fp_source source = {.next = piped_next, .context = &piped};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_iterator *iterator;
	struct fp_outcome outcome;
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	source.fd = piped.fd = ends[0];
	iterator = fp_imap_unordered(pool, &source, 1);
	ck_assert_int_eq(fp_next(iterator, 0, &outcome), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	for (int i = 100; i < 103; i++) {
		/* A helper writes while we wait in fp_next(). */
		pid_t writer = fork();

		if (writer == 0)
			_exit(write(ends[1], &i, sizeof(i)) != sizeof(i));
		outcome = next_outcome(iterator);
		ck_assert_int_eq(reply_value(&outcome), i);
		ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
	}
	ck_assert_int_eq(fp_next(iterator, 1, &outcome), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	close(ends[1]);
	/* Workers hold copies of the pipe's end, so the pipe ends with them only; so free first. */
	fp_iterator_free(iterator);
	close_pool(pool);
	close(ends[0]);
}
END_TEST

/** One number that comes down a pipe, once it was asked for. */
struct asked {
	struct piped piped;
	int ask_fd;
};

static int asked_next(void *context, struct fp_item *item)
{
	struct asked *asked = context;
	int got;

	if (asked->piped.given == 1)
		return 0;
	got = piped_next(&asked->piped, item);
	if (got < 0 && errno == EAGAIN) {
		ck_assert_int_eq(write(asked->ask_fd, "?", 1), 1);
		errno = EAGAIN;
	}
	return got;
}

START_TEST(test_forkpool_join_waits_for_the_descriptor_of_a_source)
{
	struct asked asked = {0};
	struct fp_source source = {.next = asked_next, .context = &asked};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_iterator *iterator;
	struct fp_outcome outcome;
	int ends[2], ask[2], number = 100;
	pid_t writer;
	char byte;

	ck_assert_int_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(ask, O_CLOEXEC), 0);
	source.fd = asked.piped.fd = ends[0];
	asked.ask_fd = ask[1];
	writer = fork();
	if (writer == 0)
		_exit(read(ask[0], &byte, 1) != 1 ||
			write(ends[1], &number, sizeof(number)) != sizeof(number));
	iterator = fp_imap_unordered(pool, &source, 1);
	fp_close(pool);
	ck_assert_int_eq(fp_join(pool), 0);
	outcome = next_outcome(iterator);
	ck_assert_int_eq(reply_value(&outcome), number);
	ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), 0);
	ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
	fp_iterator_free(iterator);
	fp_free(pool);
	close(ends[0]);
	close(ends[1]);
	close(ask[0]);
	close(ask[1]);
}
END_TEST

static int never_next(void *context, struct fp_item *item)
{
	(void)context;
	(void)item;
	errno = EAGAIN;
	return -1;
}

START_TEST(test_forkpool_source_without_descriptor_never_blocks)
{
	struct fp_source source = {.next = never_next};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 1);
	struct fp_outcome outcome;

	ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), -1);
	ck_assert_int_eq(errno, EAGAIN);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

/** A source that ends the waiting once it has given its one item, and ends when it is asked again.
 */
struct ending {
	int number;
	int asked;
};

static int ending_next(void *context, struct fp_item *item)
{
	struct ending *ending = context;

	*item = (struct fp_item){.data = &ending->number, .size = sizeof(ending->number)};
	errno = EINTR;
	return ++ending->asked == 1 ? 1 : ending->asked == 2 ? -1 : 0;
}

/** A task that waits for a byte. */
static int wait_for_byte(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	const int *ends = context;
	char byte;

	if (read(ends[0], &byte, 1) != 1)
		return -1;
	return fp_worker_reply(worker, task->id, task->data, task->size);
}

START_TEST(test_forkpool_source_ends_the_waiting)
{
	struct ending ending = {0};
	struct fp_source source = {.next = ending_next, .context = &ending};
	struct fp_outcome outcome;
	struct fp_iterator *iterator;
	struct fp_pool *pool;
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pool = open_pool(
		(struct fp_options){.processes = 1, .function = wait_for_byte, .context = ends});
	iterator = fp_imap_unordered(pool, &source, 1);
	ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), -1);
	ck_assert_int_eq(errno, EINTR);
	ck_assert_int_eq(fp_next(iterator, 0, &outcome), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	ck_assert_int_eq(write(ends[1], "", 1), 1);
	ck_assert_int_eq(next_outcome(iterator).status, FP_OK);
	ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), 0);
	ck_assert_int_eq(ending.asked, 3);
	fp_iterator_free(iterator);
	close_pool(pool);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

static void count_readable(void *context)
{
	struct piped *piped = context;
	char byte;

	piped->readable_calls += read(piped->fd, &byte, 1) == 1;
}

/** Endless numbers. */
static int endless_next(void *context, struct fp_item *item)
{
	struct piped *piped = context;

	piped->order = (struct order){ORDER_REPLY, (int)piped->given, 0};
	item->data = &piped->order;
	item->size = sizeof(piped->order);
	item->tag = piped->given++;
	return 1;
}

START_TEST(test_forkpool_readable_is_called_while_no_item_is_wanted)
{
	struct piped piped = {0};
	struct fp_source source = {
		.next = endless_next, .readable = count_readable, .context = &piped};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 1);
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	source.fd = piped.fd = ends[0];
	ck_assert_int_eq(write(ends[1], "abc", 3), 3);
	while (piped.readable_calls < 3)
		next_outcome(iterator);
	fp_iterator_free(iterator);
	close_pool(pool);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(test_forkpool_interrupt_is_told_though_the_source_goes_on)
{
	/* More than are taken before it is noticed. */
	struct numbers numbers = {.count = 5000};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_outcome outcome;
	int ends[2];
	char byte;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(write(ends[1], "!", 1), 1);
	struct fp_pool *pool =
		open_pool((struct fp_options){.processes = 2, .interrupt_fd = ends[0]});
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 10);
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), -1);
		ck_assert_int_eq(errno, EINTR);
	}
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	expect_numbers(iterator, numbers.count, false);
	fp_iterator_free(iterator);
	close_pool(pool);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(test_forkpool_takes_a_window_ahead_and_no_more)
{
	struct piped piped = {0};
	struct fp_source source = {.next = endless_next, .context = &piped};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2, .window_tasks = 4});
	struct fp_iterator *iterator = (_i ? fp_imap : fp_imap_unordered)(pool, &source, 1);

	/* Three windows a worker: one in hand and two in the queue. */
	for (size_t given = 1; given <= 2000; given++) {
		next_outcome(iterator);
		ck_assert_uint_le(piped.given, given + 24U);
	}
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

static int oversize_next(void *context, struct fp_item *item)
{
	static struct order order = {ORDER_REPLY, 5, 0};
	int *given = context;

	if (*given == 3)
		return 0;
	item->tag = (uint64_t)*given;
	item->data = &order;
	/* The pool must not even look at the bytes of one that is too long. */
	item->size = (*given)++ == 1 ? FP_PAYLOAD_MAX + 1 : sizeof(order);
	return 1;
}

START_TEST(test_forkpool_unsendable_argument_fails_alone)
{
	int given = 0;
	struct fp_source source = {.next = oversize_next, .context = &given};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_iterator *iterator = fp_imap(pool, &source, 1);

	for (int i = 0; i < 3; i++) {
		struct fp_outcome outcome = next_outcome(iterator);

		ck_assert_uint_eq(outcome.tag, (uint64_t)i);
		ck_assert_int_eq(outcome.status, i == 1 ? FP_FAILED : FP_OK);
		ck_assert_int_eq(outcome.error, i == 1 ? EMSGSIZE : 0);
	}
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_iterator_freed_early_drops_its_tasks)
{
	struct numbers numbers = {.count = 100000}, more = {.count = 100};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_source more_source = {.next = numbers_next, .context = &more};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 10);

	next_outcome(iterator);
	fp_iterator_free(iterator);
	iterator = fp_imap_unordered(pool, &more_source, 10);
	expect_numbers(iterator, more.count, false);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_iterators_side_by_side)
{
	struct numbers numbers[3] = {{.count = 2000}, {.count = 700}, {.count = 1}};
	struct fp_source sources[3];
	struct fp_iterator *iterators[3];
	size_t got[3] = {0};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_outcome outcome;

	for (int i = 0; i < 3; i++) {
		sources[i] = (struct fp_source){.next = numbers_next, .context = &numbers[i]};
		iterators[i] = (i == 1 ? fp_imap : fp_imap_unordered)(pool, &sources[i], 3);
	}
	for (bool more = true; more;) {
		more = false;
		for (int i = 0; i < 3; i++) {
			int result = fp_next(iterators[i], FP_FOREVER, &outcome);

			ck_assert_int_ge(result, 0);
			got[i] += (size_t)result;
			more |= result > 0;
		}
	}
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(got[i], numbers[i].count);
		fp_iterator_free(iterators[i]);
	}
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_iterator_outlives_its_pool)
{
	struct numbers numbers = {.count = 100000};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 1);
	struct fp_outcome outcome = next_outcome(iterator);
	int result;

	fp_free(pool);
	while ((result = fp_next(iterator, FP_FOREVER, &outcome)) > 0)
		ck_assert(outcome.status == FP_OK || outcome.status == FP_CANCELLED);
	ck_assert_int_eq(result, -1);
	ck_assert_int_eq(errno, ECANCELED);
	fp_iterator_free(iterator);
}
END_TEST

START_TEST(test_forkpool_next_times_out_at_every_chunk_size)
{
	struct order orders[] = {{ORDER_HANG, 0, 0}};
	struct orders list = {.orders = orders, .count = 1};
	struct fp_source source = {.next = orders_next, .context = &list};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_iterator *iterator =
		(_i % 2 ? fp_imap : fp_imap_unordered)(pool, &source, _i < 2 ? 1 : 20);
	struct fp_outcome outcome;

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(fp_next(iterator, i * 5, &outcome), -1);
		ck_assert_int_eq(errno, ETIMEDOUT);
	}
	fp_terminate(pool);
	ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), 1);
	ck_assert_int_eq(outcome.status, FP_CANCELLED);
	fp_iterator_free(iterator);
	fp_free(pool);
}
END_TEST

/** How many items the long run has; more with FORKPOOL_ITEMS. */
static size_t long_run(void)
{
	const char *items = getenv("FORKPOOL_ITEMS");

	return items ? strtoul(items, NULL, 10) : 300000;
}

/** Gives texts of 1, 2, 3 ... bytes, then one that is longer than a frame. */
static int texts_next(void *context, struct fp_item *item)
{
	static char text[1 << 20];
	struct numbers *numbers = context;

	if (numbers->next == numbers->count)
		return 0;
	item->tag = ++numbers->next;
	item->size = numbers->next == numbers->count ? sizeof(text) : numbers->next;
	memset(text, 'a' + (int)(numbers->next % 26), item->size);
	item->data = text;
	return 1;
}

static bool is_aligned(const void *data)
{
	return (uintptr_t)data % FP_ALIGNMENT == 0;
}

/** Replies with its argument, and with nothing if that is not aligned. */
static int echo(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)context;
	fp_worker_progress(worker, task->id, "progress", 3);
	fp_worker_part(worker, task->id, "part", 3);
	return fp_worker_reply(
		worker, task->id, task->data, is_aligned(task->data) ? task->size : 0);
}

static void expect_progress(void *context, uint64_t tag, const void *data, size_t size)
{
	(void)context;
	(void)tag;
	ck_assert(is_aligned(data));
	ck_assert_uint_eq(size, 3);
	ck_assert_mem_eq(data, "pro", 3);
}

static int expect_part(void *context, uint64_t tag, const void *data, size_t size)
{
	(void)context;
	(void)tag;
	ck_assert(is_aligned(data));
	ck_assert_uint_eq(size, 3);
	ck_assert_mem_eq(data, "par", 3);
	return 0;
}

START_TEST(test_forkpool_data_are_aligned)
{
	struct numbers numbers = {.count = 100};
	struct fp_source source = {.next = texts_next, .context = &numbers};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2,
		.function = echo,
		.progress = expect_progress,
		.part = expect_part});
	struct fp_iterator *iterator = fp_imap(pool, &source, _i ? 16 : 1);
	struct fp_outcome outcome;

	for (size_t i = 1; i <= numbers.count; i++) {
		const char *text;

		ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), 1);
		ck_assert_uint_eq(outcome.tag, i);
		ck_assert_uint_eq(outcome.size, i == numbers.count ? 1 << 20 : i);
		ck_assert(is_aligned(outcome.data));
		text = outcome.data;
		for (size_t k = 0; k < outcome.size; k++)
			check_quickly(text[k] == 'a' + (char)(i % 26));
	}
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

/** Replies with a MiB; the first task only when the parent says so. */
static int reply_much(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	const struct order *order = task->data;

	(void)context;
	while (order->value == 0 && atomic_load(&counters->other) == 0)
		usleep(1000);
	atomic_fetch_add(&counters->begun, 1);
	return reply_long(worker, task->id, 1 << 20);
}

/** Behind a slow item, outcomes wait; no more of them than have room in 16 MiB, and those that
 * were taken already. */
START_TEST(test_forkpool_window_counts_the_bytes_of_replies)
{
	struct numbers numbers = {.count = 100};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool =
		open_pool((struct fp_options){.processes = 2, .function = reply_much});
	struct fp_iterator *iterator = fp_imap(pool, &source, 1);
	struct fp_outcome outcome;
	int begun;

	do {
		begun = atomic_load(&counters->begun);
		ck_assert_int_eq(fp_next(iterator, 100, &outcome), -1);
		ck_assert_int_eq(errno, ETIMEDOUT);
	} while (begun < 16 || atomic_load(&counters->begun) > begun);
	/* Taken before there were 16: four windows for the backlog and one in hand, of a millisecond, in which
	 * hardly six such replies are made. */
	ck_assert_int_le(begun, 16 + 5 * 6);
	atomic_store(&counters->other, 1);
	for (size_t i = 0; i < numbers.count; i++) {
		ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), 1);
		ck_assert_uint_eq(outcome.tag, i);
		ck_assert_uint_eq(outcome.size, 1 << 20);
	}
	ck_assert_int_eq(fp_next(iterator, FP_FOREVER, &outcome), 0);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

START_TEST(test_forkpool_many_items_in_constant_memory)
{
	struct numbers numbers = {.count = long_run()};
	struct fp_source source = {.next = numbers_next, .context = &numbers};
	struct fp_pool *pool = open_pool((struct fp_options){.processes = 2});
	struct fp_iterator *iterator = fp_imap_unordered(pool, &source, 64);
	struct fp_outcome outcome;
	uint64_t sum = 0, count = 0;
	long memory = 0;

	/* No assertions inside, which take memory themselves. */
	while (fp_next(iterator, FP_FOREVER, &outcome) == 1) {
		sum += outcome.tag;
		if (++count == numbers.count / 10)
			memory = resident();
	}
	memory = resident() - memory;
	ck_assert_uint_eq(count, numbers.count);
	ck_assert_uint_eq(sum, (uint64_t)numbers.count * (numbers.count - 1) / 2);
	if (memory_tells())
		ck_assert_int_le(memory, 256);
	fp_iterator_free(iterator);
	close_pool(pool);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forkpool_iterate");
	TCase *test_case = tcase_create("iterate");
	int kinds = sizeof(chunks) / sizeof(chunks[0]);

	tcase_set_timeout(test_case, 60);
	tcase_add_checked_fixture(test_case, orders_setup, orders_teardown);
	tcase_add_loop_test(test_case, test_forkpool_imap, 0, kinds);
	tcase_add_loop_test(test_case, test_forkpool_imap_unordered, 0, kinds);
	tcase_add_loop_test(test_case, test_forkpool_chunk_changes, 0, 2);
	tcase_add_test(test_case, test_forkpool_empty_source);
	tcase_add_test(test_case, test_forkpool_imap_handles_source_failure);
	tcase_add_test(test_case, test_forkpool_imap_unordered_handles_source_failure);
	tcase_add_test(test_case, test_forkpool_source_waits_for_its_descriptor);
	tcase_add_test(test_case, test_forkpool_join_waits_for_the_descriptor_of_a_source);
	tcase_add_test(test_case, test_forkpool_source_without_descriptor_never_blocks);
	tcase_add_test(test_case, test_forkpool_source_ends_the_waiting);
	tcase_add_test(test_case, test_forkpool_readable_is_called_while_no_item_is_wanted);
	tcase_add_test(test_case, test_forkpool_interrupt_is_told_though_the_source_goes_on);
	tcase_add_loop_test(test_case, test_forkpool_takes_a_window_ahead_and_no_more, 0, 2);
	tcase_add_test(test_case, test_forkpool_unsendable_argument_fails_alone);
	tcase_add_test(test_case, test_forkpool_iterator_freed_early_drops_its_tasks);
	tcase_add_test(test_case, test_forkpool_iterators_side_by_side);
	tcase_add_test(test_case, test_forkpool_iterator_outlives_its_pool);
	tcase_add_loop_test(test_case, test_forkpool_next_times_out_at_every_chunk_size, 0, 4);
	tcase_add_loop_test(test_case, test_forkpool_data_are_aligned, 0, 2);
	tcase_add_test(test_case, test_forkpool_window_counts_the_bytes_of_replies);
	tcase_add_test(test_case, test_forkpool_many_items_in_constant_memory);
	suite_add_tcase(suite, test_case);
	return suite_run(suite);
}
