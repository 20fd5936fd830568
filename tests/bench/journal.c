/*
 * What a journal costs: processor time to add a record, to open the journal again, and to find one;
 * and the memory of the index.
 *
 * Usage: journal TARGET [RECORDS]
 */
#include "manifest/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/** Bytes of a name. */
#define KEY_SIZE 100

static char key[KEY_SIZE + 1];

/** Set `key` to the name of a file by its number. */
static void set_key(uint64_t number)
{
	snprintf(key, sizeof(key), "%020" PRIu64 "%080d", number * 0x9e3779b97f4a7c15, 7);
}

/** Processor time of this process, in nanoseconds. */
static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/** Resident memory, at its most, in bytes. */
static double memory(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_maxrss * 1024;
}

static struct journal *open_journal(const char *target)
{
	enum journal_status status;
	struct journal_options options = {
		.target = target, .algorithms = digest_set_of(digest_list(0)), .believe = true};
	struct journal *journal = journal_open(&options, &status);
	if (!journal) {
		perror(target);
		exit(EXIT_FAILURE);
	}
	return journal;
}

static void add_all(struct journal *journal, uint64_t count)
{
	struct journal_entry entry = {.stamp = {.size = 4096, .mtime = {1000, 1}}, .read = 2000};
	for (uint64_t i = 0; i < count; i++) {
		set_key(i);
		entry.stamp.inode = i;
		if (journal_add(journal, key, KEY_SIZE, &entry) != 0)
			perror("journal_add");
	}
	if (journal_flush(journal) != 0)
		perror("journal_flush");
}

/** Find each once. @param step 1: in the order of the journal; a prime: anywhere */
static void find_all(struct journal *journal, uint64_t count, uint64_t step)
{
	uint64_t found = 0;
	for (uint64_t i = 0; i < count; i++) {
		struct journal_entry entry;
		uint64_t number = i * step % count;
		set_key(number);
		found += journal_find(journal, key, KEY_SIZE, &entry) > 0 &&
			entry.stamp.inode == number;
	}
	if (found != count)
		fprintf(stderr, "%" PRIu64 " of %" PRIu64 " found\n", found, count);
}

/** Print what a step took. */
static void tell(const char *what, double since, double other, uint64_t count)
{
	printf("%-24s %6.0f ns\n", what, (now() - since - other) / (double)count);
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
	if (argc < 2 || count == 0) {
		fprintf(stderr, "Usage: %s TARGET [RECORDS]\n", argv[0]);
		return EXIT_FAILURE;
	}
	double time = now();
	for (uint64_t i = 0; i < count; i++)
		set_key(i);
	double names = now() - time;

	struct journal *journal = open_journal(argv[1]);
	time = now();
	add_all(journal, count);
	tell("add", time, names, count);
	journal_free(journal);

	double before = memory();
	time = now();
	journal = open_journal(argv[1]);
	tell("open", time, 0, count);
	printf("%-24s %6.1f bytes\n", "memory", (memory() - before) / (double)count);
	time = now();
	find_all(journal, count, 1);
	tell("find in order", time, names, count);
	time = now();
	find_all(journal, count, 1000003);
	tell("find anywhere", time, names, count);
	journal_remove(journal);
	journal_free(journal);
	return EXIT_SUCCESS;
}
