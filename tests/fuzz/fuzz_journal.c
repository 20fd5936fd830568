/*
 * Fuzz target: what is found in a journal, and what it is when a record has been added.
 *
 * The first byte of the input says what follows (bit 0), with which options the journal is opened
 * (bits 1 to 4: uncached, SHA-256, without belief, SHA-256 and MD5). Either the bytes of a whole file follow, or
 * records: frames, each of them the type and the rest of a record, to which the length and the
 * right check are added. So records are read that no run would write. What is found must be what a
 * second reader finds, which is below and looks at all records one after the other.
 */
#include "fuzz/must.h"
#include "manifest/journal.h"

#include "frames.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	RECORDS_MAX = 256,
	HEADER = 42,
	/** Before the digest of a file, before the name of a state; in what follows the type. */
	FILE_FIXED = 48,
	STATE_FIXED = 124,
};

/** A record as the second reader sees it. */
struct seen {
	uint8_t type;
	bool uncached;
	const uint8_t *rest;
	size_t size;
	const uint8_t *key;
	size_t key_size;
};

static struct seen seen[RECORDS_MAX];
static size_t seen_count;

static char directory[32], target[64], path[64];

static void clean_up(void)
{
	unlink(path);
	rmdir(directory);
}

static void begin(void)
{
	if (*target)
		return;
	/* In memory, where there is such a place. */
	const char *parent = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
	sprintf(directory, "%s/treesum-fuzz-XXXXXX", parent);
	must(mkdtemp(directory) != NULL);
	sprintf(target, "%s/sums", directory);
	sprintf(path, "%s/.sums.treesum-journal", directory);
	must(atexit(clean_up) == 0);
}

/* The second reader */

static uint64_t number_at(const uint8_t *bytes, unsigned size)
{
	uint64_t number = 0;
	while (size--)
		number = number << 8 | bytes[size];
	return number;
}

/** Whether the nanoseconds at a place are less than a second. */
static bool is_time(const uint8_t *bytes)
{
	return number_at(bytes + 8, 4) < 1000000000;
}

/** What the last run record says. */
struct run {
	size_t digest_size;
	bool uncached;
	char algorithm[160];
};

static bool see_run(const uint8_t *rest, size_t size, struct run *run)
{
	if (size < 7 || size > 165 || number_at(rest, 4) > 1 || memchr(rest + 6, 0, size - 6))
		return false;
	*run = (struct run){.digest_size = (size_t)number_at(rest + 4, 2), .uncached = rest[0]};
	if (run->digest_size < 1 || run->digest_size > 588)
		return false;
	memcpy(run->algorithm, rest + 6, size - 6);
	return true;
}

/** Take a file or a state. @return whether it is one */
static bool see_named(const struct run *run, const struct run *ours, struct seen *record)
{
	size_t fixed = record->type == 2 ? FILE_FIXED + run->digest_size : STATE_FIXED;
	if (run->digest_size == 0 || record->size <= fixed)
		return false;
	record->key = record->rest + fixed;
	record->key_size = record->size - fixed;
	record->uncached = run->uncached;
	if (!is_time(record->rest + 16) || !is_time(record->rest + 28) ||
		(record->type == 3 && !is_time(record->rest + 40)) ||
		memchr(record->key, 0, record->key_size) || record->key_size > JOURNAL_KEY_MAX)
		return false;
	if (strcmp(run->algorithm, ours->algorithm) == 0 && run->digest_size == ours->digest_size)
		seen[seen_count++] = *record;
	return true;
}

/* Writing a file */

/** Append a record with its length and its check. @return the new end of the file */
static size_t put_record(uint8_t *file, size_t end, const uint8_t *body, size_t size)
{
	static uint8_t checked[24 + JOURNAL_RECORD_MAX];
	uint8_t digest[64], *record = file + end;
	size_t whole = 2 + size + 8;
	record[0] = (uint8_t)whole;
	record[1] = (uint8_t)(whole >> 8);
	memcpy(record + 2, body, size);
	memcpy(checked, file + 18, 16);
	for (unsigned i = 0; i < 8; i++)
		checked[16 + i] = (uint8_t)((uint64_t)end >> 8 * i);
	memcpy(checked + 24, record, 2 + size);
	SHA512(checked, 24 + 2 + size, digest);
	memcpy(record + 2 + size, digest, 8);
	return end + whole;
}

static size_t put_header(uint8_t *file)
{
	uint8_t digest[64], bytes[24 + 34] = {0};
	strcpy((char *)file, "treesum journal 2\nnonce of 16 byte");
	memcpy(bytes, file + 18, 16);
	memcpy(bytes + 24, file, 34);
	SHA512(bytes, sizeof(bytes), digest);
	memcpy(file + 34, digest, 8);
	return HEADER;
}

/**
 * Make a file of frames, and see what is in it.
 *
 * @param sound set to the end of the last sound record
 * @return the file's size
 */
static size_t make_file(
	uint8_t *file, const uint8_t *data, size_t size, const struct run *ours, size_t *sound)
{
	struct frames frames = {.rest = data, .rest_size = size};
	struct run run = {0};
	size_t end = put_header(file);
	bool good = true;
	*sound = end;
	for (size_t i = 0; i < RECORDS_MAX && frames_next(&frames); i++) {
		if (frames.size > JOURNAL_RECORD_MAX - 10)
			continue;
		struct seen record = {.rest = frames.frame + 1, .size = frames.size - 1};
		if (frames.size == 0)
			good = false;
		else
			record.type = frames.frame[0];
		end = put_record(file, end, frames.frame, frames.size);
		good = good &&
			(record.type == 1 ? see_run(record.rest, record.size, &run)
					  : (record.type == 2 || record.type == 3) &&
						see_named(&run, ours, &record));
		if (good)
			*sound = end;
	}
	return end;
}

static void write_file(const uint8_t *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	close(fd);
}

/* Comparing */

static bool same_key(const struct seen *one, const struct seen *other)
{
	return one->key_size == other->key_size && memcmp(one->key, other->key, one->key_size) == 0;
}

static void must_be_stamp(const struct stamp *stamp, const uint8_t *bytes)
{
	must(stamp->size == number_at(bytes, 8) && stamp->inode == number_at(bytes + 8, 8));
	must((uint64_t)stamp->mtime.tv_sec == number_at(bytes + 16, 8));
	must((uint64_t)stamp->mtime.tv_nsec == number_at(bytes + 24, 4));
	must((uint64_t)stamp->ctime.tv_sec == number_at(bytes + 28, 8));
	must((uint64_t)stamp->ctime.tv_nsec == number_at(bytes + 36, 4));
}

/** The file of a name is found as the last one of it that was seen. */
static void find_file(struct journal *journal, const struct seen *name, const struct run *ours)
{
	struct journal_entry entry;
	const struct seen *expected = NULL;
	for (size_t i = 0; i < seen_count; i++) {
		if (seen[i].type == 2 && same_key(&seen[i], name))
			expected = &seen[i];
	}
	int found = journal_find(journal, (const char *)name->key, name->key_size, &entry);
	must(found == (!expected ? 0 : expected->uncached || !ours->uncached ? 1 : -1));
	if (found <= 0)
		return;
	must_be_stamp(&entry.stamp, expected->rest);
	must((uint64_t)entry.read == number_at(expected->rest + 40, 8));
	must(memcmp(entry.digest, expected->rest + FILE_FIXED, ours->digest_size) == 0);
}

/** What is found of states was seen, behind the last file of that name. */
static void find_states(struct journal *journal, const struct seen *name)
{
	struct journal_state states[2];
	size_t count =
		journal_find_states(journal, (const char *)name->key, name->key_size, states);
	must(count <= 2 && (count < 2 || states[0].bytes < states[1].bytes));
	for (size_t i = 0; i < count; i++) {
		const struct seen *expected = NULL;
		for (size_t j = 0; j < seen_count; j++) {
			if (!same_key(&seen[j], name))
				continue;
			if (seen[j].type == 2)
				expected = NULL;
			else if (number_at(seen[j].rest + 52, 8) == states[i].bytes)
				expected = &seen[j];
		}
		must(expected != NULL);
		must_be_stamp(&states[i].stamp, expected->rest);
		for (unsigned word = 0; word < 8; word++)
			must(states[i].hash[word] == number_at(expected->rest + 60 + 8 * word, 8));
	}
}

/** Add a record: then the file is sound, and that is found. */
static void add(struct journal *journal, struct journal_options *options)
{
	enum journal_status status;
	struct journal_entry entry = {.stamp = {.size = 12345}}, found;
	must(journal_add(journal, "\xff added", 7, &entry) == 0 && journal_flush(journal) == 0);
	journal_free(journal);
	options->believe = true;
	journal = journal_open(options, &status);
	must(journal && (status == JOURNAL_CONTINUED || status == JOURNAL_OTHER));
	must(journal_counts(journal).dropped_bytes == 0);
	must(status == JOURNAL_OTHER || journal_find(journal, "\xff added", 7, &found) > 0);
	must(status == JOURNAL_OTHER || found.stamp.size == 12345);
	journal_free(journal);
}

/** @param sound where the file must have been cut, or 0 */
static void read_file(struct journal_options *options, const struct run *ours, size_t sound)
{
	enum journal_status status;
	struct journal *journal = journal_open(options, &status);
	struct stat now;
	must(journal && stat(path, &now) == 0);
	must(!sound || (status == JOURNAL_CONTINUED && (size_t)now.st_size == sound));
	if (!options->believe)
		seen_count = 0;
	for (size_t i = 0; i < seen_count; i++) {
		find_file(journal, &seen[i], ours);
		find_states(journal, &seen[i]);
	}
	add(journal, options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	begin();
	if (size == 0)
		return 0;
	struct journal_options options = {
		.target = target,
		.algorithms = digest_set_of(digest_find(*data & (4 | 16) ? "sha256" : "sha512")),
		.uncached = *data & 2,
		.believe = !(*data & 8),
	};
	if (*data & 16)
		digest_set_add(&options.algorithms, digest_find("md5"));
	struct run ours = {.digest_size = options.algorithms.size, .uncached = options.uncached};
	digest_set_names(&options.algorithms, ours.algorithm);
	seen_count = 0;
	if (*data & 1) {
		uint8_t *file = malloc(HEADER + size + 10 * RECORDS_MAX);
		size_t sound;
		must(file != NULL);
		write_file(file, make_file(file, data + 1, size - 1, &ours, &sound));
		read_file(&options, &ours, sound);
		free(file);
	} else {
		write_file(data + 1, size - 1);
		read_file(&options, &ours, 0);
	}
	return 0;
}
