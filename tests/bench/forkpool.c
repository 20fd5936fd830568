/*
 * The pool's speed: tasks that do nothing, through imap_unordered, and pools opened and terminated.
 *
 * Usage: forkpool WORKERS ITEMS CHUNK...   prints tasks a second, for each chunk size
 *        forkpool WORKERS cycles           prints milliseconds for one pool, opened and terminated
 */
#include "forkpool/forkpool.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum {
	CYCLES = 200
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
};

static int next_number(void *context, struct fp_item *item)
{
	struct numbers *numbers = context;

	if (numbers->next == numbers->count)
		return 0;
	numbers->current = numbers->next++;
	item->data = &numbers->current;
	item->size = sizeof(numbers->current);
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

/** @return ms for one cycle, or 0 where something is wrong */
static double cycle(unsigned workers)
{
	struct fp_options options = {.function = echo, .processes = workers, .eager = true};
	double start = now();

	for (int i = 0; i < CYCLES; i++) {
		struct fp_pool *pool = fp_open(&options);

		if (!pool)
			return 0;
		fp_free(pool);
	}
	return (now() - start) * 1000 / CYCLES;
}

int main(int argc, char **argv)
{
	unsigned workers = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	struct rusage usage;

	if (argc == 3 && strcmp(argv[2], "cycles") == 0) {
		double time = cycle(workers);

		printf("%.3f\n", time);
		return time > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	for (int i = 3; i < argc; i++) {
		double speed =
			run(workers, strtoull(argv[2], NULL, 10), strtoul(argv[i], NULL, 10));

		if (speed <= 0)
			return EXIT_FAILURE;
		printf("%.0f\n", speed);
	}
	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr, "%ld KiB\n", usage.ru_maxrss);
	return argc > 3 ? EXIT_SUCCESS : EXIT_FAILURE;
}
