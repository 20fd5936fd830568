/*
 * The pool's speed: tasks that do nothing, through imap_unordered or one by one, long arguments and
 * replies, and pools opened and joined.
 *
 * Usage: forkpool WORKERS ITEMS CHUNK...   prints tasks a second, for each chunk size
 *        forkpool WORKERS ITEMS apply      prints tasks a second, each waited for
 *        forkpool WORKERS ITEMS mebibytes  prints tasks a second whose argument and reply are 1 MiB
 *        forkpool WORKERS CYCLES cycles    prints pools a second, opened with all workers and joined
 */
#include "forkpool/forkpool.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum {
	MEBIBYTE = 1 << 20
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int echo(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)context;
	return fp_worker_reply(worker, task->id, task->data, task->size);
}

struct numbers {
	uint64_t count;
	uint64_t next;
	uint64_t current;
	/** Where it is not NULL, what each item is, instead of its number. */
	const void *data;
};

static int next_number(void *context, struct fp_item *item)
{
	struct numbers *numbers = context;

	if (numbers->next == numbers->count)
		return 0;
	numbers->current = numbers->next++;
	item->data = numbers->data ? numbers->data : &numbers->current;
	item->size = numbers->data ? MEBIBYTE : sizeof(numbers->current);
	return 1;
}

/** @return tasks a second, or 0 where something is wrong */
static double run(unsigned workers, uint64_t count, size_t chunk)
{
	struct numbers numbers = {.count = count};
	struct fp_source source = {.next = next_number, .context = &numbers};
	struct fp_options options = {.function = echo, .processes = workers};
	uint64_t number, sum = 0, replies = 0;
	struct fp_outcome outcome;
	struct fp_pool *pool;
	struct fp_iterator *iterator;
	double start = now(), end;

	pool = fp_open(&options);
	iterator = pool ? fp_imap_unordered(pool, &source, chunk) : NULL;
	while (iterator && fp_next(iterator, FP_FOREVER, &outcome) > 0 && outcome.status == FP_OK) {
		memcpy(&number, outcome.data, sizeof(number));
		sum += number;
		replies++;
	}
	end = now();
	fp_iterator_free(iterator);
	fp_free(pool);
	if (replies != count || sum != count * (count - 1) / 2)
		return 0;
	return (double)count / (end - start);
}

/** @return tasks a second, each waited for, or 0 where something is wrong */
static double apply(unsigned workers, uint64_t count)
{
	struct fp_options options = {.function = echo, .processes = workers};
	struct fp_pool *pool = fp_open(&options);
	struct fp_outcome outcome;
	double start = now();
	uint64_t right = 0;

	for (uint64_t i = 0; pool && i < count; i++) {
		struct fp_item item = {.data = &i, .size = sizeof(i)};

		right += fp_apply(pool, &item, &outcome) == 0 && outcome.size == sizeof(i) &&
			memcmp(outcome.data, &i, sizeof(i)) == 0;
	}
	start = now() - start;
	fp_free(pool);
	return right == count ? (double)count / start : 0;
}

/** @return tasks a second of 1 MiB both ways, or 0 where something is wrong */
static double mebibytes(unsigned workers, uint64_t count)
{
	static unsigned char data[MEBIBYTE];
	struct numbers numbers = {.count = count, .data = data};
	struct fp_source source = {.next = next_number, .context = &numbers};
	struct fp_options options = {.function = echo, .processes = workers};
	struct fp_pool *pool = fp_open(&options);
	struct fp_iterator *iterator = pool ? fp_imap_unordered(pool, &source, 1) : NULL;
	struct fp_outcome outcome;
	double start = now();
	uint64_t right = 0;

	while (iterator && fp_next(iterator, FP_FOREVER, &outcome) > 0)
		right += outcome.status == FP_OK && outcome.size == sizeof(data);
	start = now() - start;
	fp_iterator_free(iterator);
	fp_free(pool);
	return right == count ? (double)count / start : 0;
}

/** @return pools a second, or 0 where something is wrong */
static double cycles(unsigned workers, uint64_t count)
{
	struct fp_options options = {.function = echo, .processes = workers, .eager = true};
	double start = now();

	for (uint64_t i = 0; i < count; i++) {
		struct fp_pool *pool = fp_open(&options);

		if (!pool)
			return 0;
		fp_close(pool);
		if (fp_join(pool) < 0)
			return 0;
		fp_free(pool);
	}
	return (double)count / (now() - start);
}

int main(int argc, char **argv)
{
	unsigned workers = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	struct rusage usage;

	for (int i = 3; i < argc; i++) {
		uint64_t count = strtoull(argv[2], NULL, 10);
		double speed;

		if (strcmp(argv[i], "apply") == 0)
			speed = apply(workers, count);
		else if (strcmp(argv[i], "mebibytes") == 0)
			speed = mebibytes(workers, count);
		else if (strcmp(argv[i], "cycles") == 0)
			speed = cycles(workers, count);
		else
			speed = run(workers, count, strtoul(argv[i], NULL, 10));
		if (speed <= 0)
			return EXIT_FAILURE;
		printf("%.0f\n", speed);
	}
	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr, "%ld KiB\n", usage.ru_maxrss);
	return argc > 3 ? EXIT_SUCCESS : EXIT_FAILURE;
}
