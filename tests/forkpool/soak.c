/*
 * Runs a pool of every kind of call while its workers are killed at random moments, by a process
 * that knows nothing of the pool. Every task must end, with the right reply: tasks are so short
 * that none is killed three times while it is alone.
 *
 * Usage: soak SECONDS
 */
#include "forkpool/forkpool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	WORKERS = 4,
	ITEMS = 3000,
	KILLS_A_SECOND = 20,
	CHILDREN = 64
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/** Replies with what any argument is answered with. */
static uint64_t answer(uint64_t number)
{
	return number * 0x9e3779b97f4a7c15;
}

static int work(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	uint64_t number, reply;
	volatile unsigned spin = 0;

	(void)context;
	memcpy(&number, task->data, sizeof(number));
	/* Up to some 50 µs. */
	for (unsigned i = 0; i < number % 97 * 1000; i++)
		spin += i;
	(void)spin;
	reply = answer(number);
	return fp_worker_reply(worker, task->id, &reply, sizeof(reply));
}

/** The children of the process `host`, as many as there is room for. @return how many */
static size_t children_of(pid_t host, pid_t *children)
{
	char path[64], text[CHILDREN * 12] = "";
	size_t count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)host, (int)host);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	for (char *at = strtok(text, " "); at && count < CHILDREN; at = strtok(NULL, " "))
		children[count++] = (pid_t)strtol(at, NULL, 10);
	return count;
}

/** Kill a random child of the parent again and again, but not ourselves, and count it. */
static void kill_forever(pid_t host, atomic_uint *kills)
{
	unsigned seed = (unsigned)getpid();
	pid_t children[CHILDREN];

	for (;;) {
		size_t count = children_of(host, children);
		pid_t victim = count > 0 ? children[(unsigned)rand_r(&seed) % count] : 0;

		if (victim > 0 && victim != getpid() && kill(victim, SIGKILL) == 0)
			atomic_fetch_add(kills, 1);
		poll(NULL, 0, (int)((unsigned)rand_r(&seed) % (2000 / KILLS_A_SECOND)));
	}
}

static void fail(const char *what, const struct fp_outcome *outcome)
{
	fprintf(stderr, "%s: %s", what, strerror(errno));
	if (outcome)
		fprintf(stderr, " (task %llu: status %d, error %d, signal %d, %zu bytes)",
			(unsigned long long)outcome->tag, (int)outcome->status, outcome->error,
			outcome->signal, outcome->size);
	fprintf(stderr, "\n");
	exit(EXIT_FAILURE);
}

static void check(const char *what, const struct fp_outcome *outcome)
{
	uint64_t reply;

	if (outcome->status != FP_OK || outcome->size != sizeof(reply))
		fail(what, outcome);
	memcpy(&reply, outcome->data, sizeof(reply));
	if (reply != answer(outcome->tag))
		fail(what, outcome);
}

struct numbers {
	uint64_t next;
	uint64_t current;
};

static int next_number(void *context, struct fp_item *item)
{
	struct numbers *numbers = context;

	if (numbers->next == ITEMS)
		return 0;
	numbers->current = numbers->next++;
	*item = (struct fp_item){.data = &numbers->current,
		.size = sizeof(numbers->current),
		.tag = numbers->current};
	return 1;
}

/** One run of an iterator; each number must come once. */
static void iterate(struct fp_pool *pool, bool ordered, size_t chunk)
{
	struct numbers numbers = {0};
	struct fp_source source = {.next = next_number, .context = &numbers};
	struct fp_iterator *iterator =
		(ordered ? fp_imap : fp_imap_unordered)(pool, &source, chunk);
	const char *what = ordered ? "imap" : "imap_unordered";
	bool seen[ITEMS] = {false};
	struct fp_outcome outcome;
	uint64_t count = 0;
	int result = -1;

	while (iterator && (result = fp_next(iterator, FP_FOREVER, &outcome)) > 0) {
		check(what, &outcome);
		if (seen[outcome.tag] || (ordered && outcome.tag != count))
			fail("order", &outcome);
		seen[outcome.tag] = true;
		count++;
	}
	if (result < 0 || count != ITEMS)
		fail(what, NULL);
	fp_iterator_free(iterator);
}

static void map(struct fp_pool *pool)
{
	static uint64_t numbers[ITEMS];
	static struct fp_item items[ITEMS];
	struct fp_result *result;
	struct fp_outcome outcome;

	for (uint64_t i = 0; i < ITEMS; i++) {
		numbers[i] = i;
		items[i] = (struct fp_item){.data = &numbers[i], .size = sizeof(i), .tag = i};
	}
	result = fp_map(pool, items, ITEMS, 0);
	if (!result)
		fail("map", NULL);
	for (size_t i = 0; i < ITEMS; i++) {
		fp_result_at(result, i, &outcome);
		check("map", &outcome);
	}
	fp_result_free(result);
}

static void apply(struct fp_pool *pool)
{
	struct fp_outcome outcome;

	for (uint64_t i = 0; i < ITEMS / 10; i++) {
		struct fp_item item = {.data = &i, .size = sizeof(i), .tag = i};

		if (fp_apply(pool, &item, &outcome) < 0)
			fail("apply", NULL);
		check("apply", &outcome);
	}
}

static size_t descriptors(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += dup2(fd, fd) == fd;
	return count;
}

int main(int argc, char **argv)
{
	struct fp_options options = {.function = work, .processes = WORKERS};
	double end = now() + (argc > 1 ? strtod(argv[1], NULL) : 60);
	size_t before = descriptors(), rounds = 0;
	atomic_uint *kills = mmap(
		NULL, sizeof(*kills), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t host = getpid(), killer = kills == MAP_FAILED ? -1 : fork();
	struct fp_pool *pool;

	if (killer == 0)
		kill_forever(host, kills);
	if (killer < 0 || !(pool = fp_open(&options)))
		fail("start", NULL);
	for (; now() < end; rounds++) {
		iterate(pool, false, 1);
		iterate(pool, false, 16);
		iterate(pool, true, 5);
		map(pool);
		apply(pool);
	}
	kill(killer, SIGKILL);
	waitpid(killer, NULL, 0);
	fp_close(pool);
	if (fp_join(pool) < 0)
		fail("join", NULL);
	fp_free(pool);
	if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
		fail("a child is left", NULL);
	if (descriptors() != before)
		fail("a descriptor is left", NULL);
	printf("%zu rounds, %u kills\n", rounds, atomic_load(kills));
	if (atomic_load(kills) == 0)
		fail("nobody was killed", NULL);
	return EXIT_SUCCESS;
}
