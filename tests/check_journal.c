/*
 * manifest/journal: what is found in a journal after each thing that can happen to it, and that it
 * is never anything else than what was added.
 */
#include "leaks.h"
#include "manifest/journal.h"
#include "quickly.h"
#include "scratch.h"
#include "suite.h"

#include <fcntl.h>
#include <limits.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NAME ".sums.treesum-journal"

/** Added to the coarse clock, in milliseconds. */
static long later;

int clock_gettime(clockid_t clock, struct timespec *time)
{
	int result = (int)syscall(SYS_clock_gettime, clock, time);
	if (clock == CLOCK_MONOTONIC_COARSE) {
		/* At rest, but for what a test says. */
		time->tv_sec = 1000 + later / 1000;
		time->tv_nsec = later % 1000 * 1000000;
	}
	return result;
}

/** What happens, once, just before a lock is tried. */
static void (*before_lock)(void);

int fcntl(int fd, int command, ...)
{
	void (*happen)(void) = before_lock;
	va_list rest;
	va_start(rest, command);
	long argument = va_arg(rest, long);
	va_end(rest);
	if (command == F_SETLK) {
		before_lock = NULL;
		if (happen)
			happen();
	}
	return (int)syscall(SYS_fcntl, fd, command, argument);
}

/** After how many steps of what makes a file durable and visible the process is killed; 0: never. */
static int steps;

static void step(void)
{
	if (steps > 0 && --steps == 0)
		_exit(0);
}

int fsync(int fd)
{
	step();
	return (int)syscall(SYS_fsync, fd);
}

int renameat(int from, const char *old, int to, const char *new)
{
	step();
	int result = (int)syscall(SYS_renameat2, from, old, to, new, 0);
	step();
	return result;
}

static struct journal *journal;
static enum journal_status status;
static struct journal_options options;

static void setup(void)
{
	leaks_setup();
	scratch_enter();
	options = (struct journal_options){.target = "sums",
		.algorithms = digest_set_of(digest_find("sha512")),
		.believe = true};
}

/** Close it, as a run that is killed does. */
static void close_journal(void)
{
	journal_free(journal);
	journal = NULL;
}

static void teardown(void)
{
	close_journal();
	leaks_teardown();
}

static void open_as(enum journal_status expected)
{
	close_journal();
	journal = journal_open(&options, &status);
	ck_assert_int_eq(status, expected);
	ck_assert_int_eq(!journal, expected == JOURNAL_UNSAFE || expected == JOURNAL_FAILED);
}

static void flush(void)
{
	ck_assert_int_eq(journal_flush(journal), 0);
}

/** The name of a file by its number, in static memory. */
static const char *key_of(unsigned number)
{
	static char key[32];
	snprintf(key, sizeof(key), "directory/file %u", number);
	return key;
}

/** What is known of a file: all of it differs by its number. */
static struct journal_entry entry_of(unsigned number)
{
	struct journal_entry entry = {
		.stamp = {.inode = 1000 + number,
			.size = UINT64_C(0x123456789) * number,
			.mtime = {-5 - (int)number, 999999999},
			.ctime = {1700000000 + (int)number, (int)number}},
		.read = 1700000100 + (int)number,
	};
	memset(entry.digest, (int)(number + 1), options.algorithms.size);
	return entry;
}

static struct journal_state state_of(unsigned number, uint64_t bytes)
{
	struct journal_state state = {
		.stamp = entry_of(number).stamp,
		.begun = {1700000100 + (int)number, 123456789},
		.bytes = bytes,
	};
	for (unsigned i = 0; i < 8; i++)
		state.hash[i] = UINT64_C(0xfedcba9876543210) * (bytes + i);
	return state;
}

static void add_named(const char *key, unsigned number)
{
	struct journal_entry entry = entry_of(number);
	check_quickly(journal_add(journal, key, strlen(key), &entry) == 0);
}

static void add(unsigned number)
{
	add_named(key_of(number), number);
}

static void add_state(const char *key, unsigned number, uint64_t bytes)
{
	struct journal_state state = state_of(number, bytes);
	ck_assert_int_eq(journal_add_state(journal, key, strlen(key), &state), 0);
}

static bool same_entry(const struct journal_entry *one, const struct journal_entry *other)
{
	return stamp_same(&one->stamp, &other->stamp) && one->read == other->read &&
		memcmp(one->digest, other->digest, sizeof(one->digest)) == 0;
}

/** @return whether a name is found; then with what is known of that number */
static bool finds_named(const char *key, unsigned number)
{
	struct journal_entry entry, expected = entry_of(number);
	memset(&entry, 0xee, sizeof(entry));
	if (journal_find(journal, key, strlen(key), &entry) <= 0)
		return false;
	check_quickly(same_entry(&entry, &expected));
	return true;
}

static bool finds(unsigned number)
{
	return finds_named(key_of(number), number);
}

/** The states that are found, of a file by its number, are those of so many bytes; 0: none. */
static void expect_states(const char *key, unsigned number, uint64_t first, uint64_t second)
{
	struct journal_state states[2];
	uint64_t expected[2] = {first, second};
	size_t count = journal_find_states(journal, key, strlen(key), states);
	ck_assert_int_eq((int)count, (first != 0) + (second != 0));
	for (size_t i = 0; i < count; i++) {
		struct journal_state state = state_of(number, expected[i]);
		ck_assert(stamp_same(&states[i].stamp, &state.stamp));
		ck_assert(stamp_same_time(&states[i].begun, &state.begun));
		ck_assert_uint_eq(states[i].bytes, state.bytes);
		ck_assert_mem_eq(states[i].hash, state.hash, sizeof(state.hash));
	}
}

/* The bytes of a journal */

struct bytes {
	unsigned char *data;
	size_t size;
};

static struct bytes take_bytes(void)
{
	struct stat found;
	int fd = open(NAME, O_RDONLY | O_CLOEXEC);
	check_quickly(fd >= 0 && fstat(fd, &found) == 0);
	struct bytes bytes = {malloc((size_t)found.st_size + 1), (size_t)found.st_size};
	check_quickly(bytes.data);
	check_quickly(read(fd, bytes.data, bytes.size) == (ssize_t)bytes.size);
	close(fd);
	return bytes;
}

static void put_bytes(const unsigned char *data, size_t size)
{
	int fd = open(NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	check_quickly(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static size_t size_of_journal(void)
{
	struct stat found;
	check_quickly(stat(NAME, &found) == 0);
	return (size_t)found.st_size;
}

/** Of record `number`, the run's being the first. @return where it begins */
static size_t offset_of(const struct bytes *bytes, unsigned number)
{
	size_t offset = JOURNAL_HEADER_SIZE;
	while (number--)
		offset += bytes->data[offset] | (size_t)bytes->data[offset + 1] << 8;
	ck_assert_uint_le(offset, bytes->size);
	return offset;
}

/** A journal of some files, by their numbers from 0, closed. */
static struct bytes journal_of(unsigned files)
{
	unlink(NAME);
	open_as(JOURNAL_NEW);
	for (unsigned i = 0; i < files; i++)
		add(i);
	flush();
	close_journal();
	return take_bytes();
}

/** Those below `count` are found of `files`, and no others. */
static void expect_found(unsigned count, unsigned files)
{
	for (unsigned i = 0; i < files; i++)
		check_quickly(finds(i) == (i < count));
	check_quickly(journal_counts(journal).files == count);
}

/* Tests */

START_TEST(test_journal_round_trip)
{
	char *longest = malloc(JOURNAL_KEY_MAX + 2);
	ck_assert_ptr_nonnull(longest);
	memset(longest, 'x', JOURNAL_KEY_MAX + 1);
	longest[JOURNAL_KEY_MAX] = '\0';

	open_as(JOURNAL_NEW);
	add(1);
	add_named("a", 2);
	add_named(longest, 3);
	add_named("\xff\n\x01\\", 4);
	add(5);
	ck_assert(!finds(1));
	ck_assert_uint_eq(journal_counts(journal).added_files, 5);
	flush();
	ck_assert(!finds(1));

	open_as(JOURNAL_CONTINUED);
	ck_assert(finds(1));
	ck_assert(finds_named("a", 2));
	ck_assert(finds_named(longest, 3));
	ck_assert(finds_named("\xff\n\x01\\", 4));
	ck_assert(finds(5));
	ck_assert(!finds(6));
	ck_assert(!finds_named("b", 2));
	ck_assert(!finds_named("", 2));
	expect_states("a", 2, 0, 0);
	struct journal_counts counts = journal_counts(journal);
	ck_assert_uint_eq(counts.records, 6);
	ck_assert_uint_eq(counts.files, 5);
	ck_assert_uint_eq(counts.bytes, UINT64_C(0x123456789) * (1 + 2 + 3 + 4 + 5));
	ck_assert_uint_eq(counts.others + counts.dropped_bytes + counts.added_files, 0);
	free(longest);
}
END_TEST

/** The bytes are those that are described, with the check of OpenSSL's SHA-512. */
START_TEST(test_journal_format)
{
	struct bytes bytes = journal_of(1);
	unsigned char place[24 + 256], digest[64];
	ck_assert_mem_eq(bytes.data, "treesum journal 2\n", 18);
	memcpy(place, bytes.data + 18, 16);
	for (unsigned record = 0; record < 3; record++) {
		size_t offset = record ? offset_of(&bytes, record - 1) : 0;
		size_t size = record ? bytes.data[offset] : JOURNAL_HEADER_SIZE;
		memset(place + 16, 0, 8);
		place[16] = (unsigned char)offset;
		memcpy(place + 24, bytes.data + offset, size - 8);
		SHA512(place, 24 + size - 8, digest);
		ck_assert_mem_eq(bytes.data + offset + size - 8, digest, 8);
	}
	const unsigned char *run = bytes.data + 42;
	ck_assert_mem_eq(run, "\x17\0\1\0\0\0\0\x40\0sha512", 15);
	const unsigned char *file = run + 23;
	ck_assert_mem_eq(file, "\x8b\0\2", 3);
	ck_assert_mem_eq(file + 3, "\0\0\0\0\0\0\0\0\xe8\3\0\0\0\0\0\0", 16);
	ck_assert_mem_eq(file + 19, "\xfb\xff\xff\xff\xff\xff\xff\xff\xff\xc9\x9a\x3b", 12);
	ck_assert_mem_eq(file + 31, "\0\xf1\x53\x65\0\0\0\0\0\0\0\0", 12);
	ck_assert_mem_eq(file + 43, "\x64\xf1\x53\x65\0\0\0\0", 8);
	ck_assert_int_eq(file[51], 1);
	ck_assert_int_eq(file[51 + 63], 1);
	ck_assert_mem_eq(file + 51 + 64, "directory/file 0", 16);
	ck_assert_uint_eq(bytes.size, 42 + 23 + 0x8b);
	free(bytes.data);
}
END_TEST

/** Cut off after any byte: what stands in full is found, and records are added behind it. */
START_TEST(test_journal_torn)
{
	enum {
		FILES = 4
	};
	struct bytes bytes = journal_of(FILES);
	for (size_t size = 0; size < bytes.size; size++) {
		unsigned whole = 0;
		size_t sound = size < JOURNAL_HEADER_SIZE ? 0 : JOURNAL_HEADER_SIZE;
		while (whole <= FILES && offset_of(&bytes, whole + 1) <= size)
			sound = offset_of(&bytes, ++whole);
		put_bytes(bytes.data, size);
		open_as(sound ? JOURNAL_CONTINUED : JOURNAL_NEW);
		check_quickly(journal_counts(journal).dropped_bytes == size - sound);
		check_quickly(size_of_journal() == (sound ? sound : JOURNAL_HEADER_SIZE));
		expect_found(whole ? whole - 1 : 0, FILES + 1);
		add(whole ? whole - 1 : 0);
		flush();
		open_as(JOURNAL_CONTINUED);
		check_quickly(journal_counts(journal).dropped_bytes == 0);
		expect_found(whole ? whole : 1, FILES + 1);
	}
	free(bytes.data);
}
END_TEST

/** Any byte altered: what stands before it is found, and nothing else. */
START_TEST(test_journal_altered_byte)
{
	enum {
		FILES = 4
	};
	struct bytes bytes = journal_of(FILES);
	for (size_t at = 0; at < bytes.size; at++) {
		unsigned whole = 0;
		while (whole <= FILES && offset_of(&bytes, whole + 1) <= at)
			whole++;
		bytes.data[at] ^= (unsigned char)(1 << at % 8);
		put_bytes(bytes.data, bytes.size);
		open_as(at < 18                            ? JOURNAL_OTHER
				: at < JOURNAL_HEADER_SIZE ? JOURNAL_NEW
							   : JOURNAL_CONTINUED);
		expect_found(whole ? whole - 1 : 0, FILES);
		bytes.data[at] ^= (unsigned char)(1 << at % 8);
	}
	free(bytes.data);
}
END_TEST

/** Records that are sound where they come from. */
START_TEST(test_journal_moved_records)
{
	struct bytes bytes = journal_of(3), other = journal_of(3);
	size_t first = offset_of(&bytes, 1), second = offset_of(&bytes, 2);
	size_t size = second - first;
	ck_assert_uint_eq(offset_of(&bytes, 4), bytes.size);
	unsigned char *data = malloc(2 * bytes.size);
	ck_assert_ptr_nonnull(data);

	/* Swapped. */
	memcpy(data, bytes.data, bytes.size);
	memcpy(data + first, bytes.data + second, size);
	memcpy(data + second, bytes.data + first, size);
	put_bytes(data, bytes.size);
	open_as(JOURNAL_CONTINUED);
	expect_found(0, 3);

	/* One of another journal, at the same place. */
	memcpy(data, bytes.data, bytes.size);
	memcpy(data + second, other.data + second, size);
	put_bytes(data, bytes.size);
	open_as(JOURNAL_CONTINUED);
	expect_found(1, 3);

	/* All of another journal behind it, and the last one twice. */
	memcpy(data, bytes.data, bytes.size);
	memcpy(data + bytes.size, other.data, bytes.size);
	put_bytes(data, 2 * bytes.size);
	open_as(JOURNAL_CONTINUED);
	expect_found(3, 3);
	ck_assert_uint_eq(journal_counts(journal).dropped_bytes, bytes.size);
	memcpy(data + bytes.size, bytes.data + bytes.size - size, size);
	put_bytes(data, bytes.size + size);
	open_as(JOURNAL_CONTINUED);
	expect_found(3, 3);
	ck_assert_uint_eq(journal_counts(journal).dropped_bytes, size);

	/* Its header before other records. */
	memcpy(data, other.data, bytes.size);
	memcpy(data, bytes.data, JOURNAL_HEADER_SIZE);
	put_bytes(data, bytes.size);
	open_as(JOURNAL_CONTINUED);
	ck_assert_uint_eq(journal_counts(journal).records, 0);
	free(data);
	free(bytes.data);
	free(other.data);
}
END_TEST

START_TEST(test_journal_damaged_header)
{
	unsigned char data[5000] = {0};
	put_bytes(data, sizeof(data));
	open_as(JOURNAL_NEW);
	ck_assert_uint_eq(journal_counts(journal).dropped_bytes, sizeof(data));
	ck_assert_uint_eq(size_of_journal(), JOURNAL_HEADER_SIZE);
	add(1);
	flush();
	open_as(JOURNAL_CONTINUED);
	ck_assert(finds(1));
}
END_TEST

/** A terabyte of nothing, as a header and behind one. */
START_TEST(test_journal_sparse)
{
	put_bytes(NULL, 0);
	ck_assert_int_eq(truncate(NAME, (off_t)1 << 40), 0);
	open_as(JOURNAL_NEW);
	ck_assert_uint_eq(journal_counts(journal).dropped_bytes, UINT64_C(1) << 40);
	add(0);
	flush();
	size_t size = size_of_journal();
	ck_assert_int_eq(truncate(NAME, (off_t)1 << 40), 0);
	open_as(JOURNAL_CONTINUED);
	ck_assert_uint_eq(size_of_journal(), size);
	ck_assert(finds(0));
}
END_TEST

START_TEST(test_journal_of_another_version)
{
	static const char *const others[] = {"treesum journal 1\n", "treesum journal 20\n and more",
		"x", "something else that is longer than a header of ours", "\n"};
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		put_bytes((const unsigned char *)others[i], strlen(others[i]));
		open_as(JOURNAL_OTHER);
		ck_assert_int_ne((int)journal_stamp(journal).inode, 0);
		add(1);
		flush();
		ck_assert(!finds(1));
		ck_assert_int_eq(journal_remove(journal), 0);
		struct bytes bytes = take_bytes();
		ck_assert_uint_eq(bytes.size, strlen(others[i]));
		ck_assert_mem_eq(bytes.data, others[i], bytes.size);
		free(bytes.data);
	}
}
END_TEST

START_TEST(test_journal_unsafe_mode)
{
	static const mode_t modes[] = {0640, 0604, 0400, 0700, 0622, 04600, 01600, 0};
	struct bytes bytes = journal_of(1);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		ck_assert_int_eq(chmod(NAME, modes[i]), 0);
		open_as(JOURNAL_UNSAFE);
	}
	ck_assert_int_eq(chmod(NAME, 0600), 0);
	ck_assert_uint_eq(size_of_journal(), bytes.size);
	open_as(JOURNAL_CONTINUED);
	ck_assert(finds(0));
	free(bytes.data);
}
END_TEST

START_TEST(test_journal_unsafe_links)
{
	struct bytes bytes = journal_of(1);
	ck_assert_int_eq(link(NAME, "other"), 0);
	open_as(JOURNAL_UNSAFE);
	ck_assert_int_eq(unlink(NAME), 0);
	ck_assert_int_eq(symlink("other", NAME), 0);
	open_as(JOURNAL_UNSAFE);
	ck_assert_int_eq(unlink("other"), 0);
	open_as(JOURNAL_UNSAFE);
	ck_assert_int_eq(access("other", F_OK), -1);
	free(bytes.data);
}
END_TEST

START_TEST(test_journal_unsafe_types)
{
	ck_assert_int_eq(mkdir(NAME, 0600), 0);
	open_as(JOURNAL_UNSAFE);
	ck_assert_int_eq(rmdir(NAME), 0);
	ck_assert_int_eq(mkfifo(NAME, 0600), 0);
	open_as(JOURNAL_UNSAFE);
	ck_assert_int_eq(unlink(NAME), 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = NAME};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	ck_assert_int_eq(chmod(NAME, 0600), 0);
	open_as(JOURNAL_UNSAFE);
}
END_TEST

START_TEST(test_journal_unsafe_owner)
{
	/* Who cannot give a file away cannot be given one here. */
	if (geteuid() != 0)
		return;
	struct bytes bytes = journal_of(1);
	ck_assert_int_eq(chown(NAME, SCRATCH_NOBODY, SCRATCH_NOBODY), 0);
	open_as(JOURNAL_UNSAFE);
	scratch_become_nobody();
	open_as(JOURNAL_CONTINUED);
	ck_assert(finds(0));
	free(bytes.data);
}
END_TEST

START_TEST(test_journal_closed_to_others)
{
	struct stat found;
	for (mode_t mask = 0; mask <= 0777; mask += 0111) {
		umask(mask);
		open_as(JOURNAL_NEW);
		umask(022);
		ck_assert_int_eq(stat(NAME, &found), 0);
		ck_assert_uint_eq(found.st_mode, S_IFREG | 0600);
		ck_assert_int_eq(journal_remove(journal), 0);
	}
}
END_TEST

START_TEST(test_journal_cannot_be_made)
{
	options.target = "nowhere/sums";
	open_as(JOURNAL_FAILED);
	options.target = "directory/";
	open_as(JOURNAL_FAILED);
	scratch_become_nobody();
	ck_assert(chmod(".", 0555) == 0 || errno == EPERM);
	if (access(".", W_OK) == 0)
		ck_assert_int_eq(chdir("/"), 0);
	options.target = "sums";
	errno = 0;
	journal = journal_open(&options, &status);
	int error = errno;
	ck_assert_ptr_null(journal);
	ck_assert_int_eq(status, JOURNAL_FAILED);
	ck_assert_int_eq(error, EACCES);
}
END_TEST

/** Where no byte can be written nothing is left. */
START_TEST(test_journal_no_room_for_header)
{
	struct rlimit limit = {.rlim_cur = 10, .rlim_max = RLIM_INFINITY};
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	journal = journal_open(&options, &status);
	int error = errno;
	limit.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_ptr_null(journal);
	ck_assert_int_eq(status, JOURNAL_FAILED);
	ck_assert_int_eq(error, EFBIG);
	ck_assert_int_eq(access(NAME, F_OK), -1);
}
END_TEST

/** A journal that cannot grow says so once; what it holds stays. */
START_TEST(test_journal_no_room)
{
	struct rlimit limit = {.rlim_cur = 100000, .rlim_max = RLIM_INFINITY};
	unsigned failures = 0, failed_at = 0;
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	open_as(JOURNAL_NEW);
	for (unsigned i = 0; i < 2000; i++) {
		struct journal_entry entry = entry_of(i);
		const char *key = key_of(i);
		if (journal_add(journal, key, strlen(key), &entry) == 0)
			continue;
		ck_assert_int_eq(errno, EFBIG);
		failures++;
		failed_at = i;
	}
	flush();
	ck_assert_uint_eq(failures, 1);
	uint64_t added = journal_counts(journal).added_files;
	limit.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	add(3000);
	flush();
	ck_assert_uint_eq(size_of_journal(), 100000);

	open_as(JOURNAL_CONTINUED);
	uint64_t files = journal_counts(journal).files;
	ck_assert_uint_ge(files, added);
	ck_assert_uint_gt(added, 0);
	ck_assert_uint_lt(files, failed_at);
	ck_assert_uint_gt(journal_counts(journal).dropped_bytes, 0);
	expect_found((unsigned)files, 3001);
	add(3000);
	flush();
	open_as(JOURNAL_CONTINUED);
	ck_assert(finds(3000));
}
END_TEST

START_TEST(test_journal_newest_wins)
{
	open_as(JOURNAL_NEW);
	for (unsigned i = 0; i < 50; i++) {
		add_named("same", i);
		add_named("other", 2 * i);
	}
	flush();
	open_as(JOURNAL_CONTINUED);
	ck_assert(finds_named("same", 49));
	ck_assert(finds_named("other", 98));
	add_named("same", 7);
	flush();
	ck_assert(finds_named("same", 49));
	open_as(JOURNAL_CONTINUED);
	ck_assert(finds_named("same", 7));
	ck_assert_uint_eq(journal_counts(journal).files, 101);
}
END_TEST

START_TEST(test_journal_states)
{
	open_as(JOURNAL_NEW);
	add_state("one", 1, 1024);
	add_state("three", 3, 1024);
	add_state("three", 3, 2048);
	add_state("three", 3, 4096);
	add_state("done", 4, 1024);
	add_state("done", 4, 2048);
	add_named("done", 4);
	add_named("anew", 5);
	add_state("anew", 6, 1024);
	/* Another state of the file. */
	add_state("altered", 7, 1024);
	add_state("altered", 8, 2048);
	/* A run that forgot to go on. */
	add_state("again", 9, 1024);
	add_state("again", 9, 2048);
	add_state("again", 9, 1024);
	flush();
	expect_states("one", 1, 0, 0);
	open_as(JOURNAL_CONTINUED);
	expect_states("one", 1, 1024, 0);
	expect_states("three", 3, 2048, 4096);
	expect_states("done", 4, 0, 0);
	expect_states("anew", 6, 1024, 0);
	expect_states("altered", 8, 2048, 0);
	expect_states("again", 9, 1024, 2048);
	expect_states("none", 9, 0, 0);
	ck_assert(finds_named("done", 4));
	ck_assert(finds_named("anew", 5));
	ck_assert(!finds_named("one", 1));
	ck_assert_uint_eq(journal_counts(journal).files, 2);
}
END_TEST

/** Two readings of the same bytes that differ: none of them is to be gone on with. */
START_TEST(test_journal_states_contradict)
{
	open_as(JOURNAL_NEW);
	struct journal_state state = state_of(1, 1024);
	add_state("file", 1, 512);
	add_state("file", 1, 1024);
	state.hash[7]++;
	ck_assert_int_eq(journal_add_state(journal, "file", 4, &state), 0);
	flush();
	open_as(JOURNAL_CONTINUED);
	expect_states("file", 1, 0, 0);
	add_state("file", 1, 2048);
	flush();
	open_as(JOURNAL_CONTINUED);
	struct journal_state states[2];
	ck_assert_uint_eq(journal_find_states(journal, "file", 4, states), 2);
	ck_assert_uint_eq(states[0].hash[7], state.hash[7]);
}
END_TEST

/** What was there before is kept and not found; it is found by the next run that believes. */
START_TEST(test_journal_without_belief)
{
	struct bytes bytes = journal_of(3);
	options.believe = false;
	open_as(JOURNAL_CONTINUED);
	ck_assert_uint_eq(journal_counts(journal).files, 3);
	for (unsigned i = 0; i < 3; i++)
		ck_assert(!finds(i));
	add_state("state", 1, 1024);
	add(3);
	flush();
	open_as(JOURNAL_CONTINUED);
	expect_states("state", 1, 0, 0);
	options.believe = true;
	open_as(JOURNAL_CONTINUED);
	expect_found(4, 4);
	expect_states("state", 1, 1024, 0);
	struct bytes now = take_bytes();
	ck_assert_mem_eq(now.data, bytes.data, bytes.size);
	free(bytes.data);
	free(now.data);
}
END_TEST

/** Runs of several algorithms share a journal. */
START_TEST(test_journal_algorithms)
{
	struct bytes bytes = journal_of(2);
	options.algorithms = digest_set_of(digest_find("sha256"));
	open_as(JOURNAL_CONTINUED);
	ck_assert(!finds(0));
	ck_assert_uint_eq(journal_counts(journal).files, 0);
	ck_assert_uint_eq(journal_counts(journal).others, 2);
	add(0);
	add_state("state", 1, 1024);
	flush();
	open_as(JOURNAL_CONTINUED);
	ck_assert(finds(0));
	ck_assert(!finds(1));
	expect_states("state", 1, 1024, 0);
	/* Of the same size. */
	options.algorithms = digest_set_of(digest_find("sha3-256"));
	open_as(JOURNAL_CONTINUED);
	ck_assert(!finds(0));
	options.algorithms = digest_set_of(digest_find("sha512"));
	open_as(JOURNAL_CONTINUED);
	ck_assert(finds(0));
	ck_assert(finds(1));
	expect_states("state", 1, 0, 0);
	ck_assert_uint_eq(journal_counts(journal).others, 1);
	add(2);
	flush();
	open_as(JOURNAL_CONTINUED);
	expect_found(3, 3);
	ck_assert_uint_eq(journal_counts(journal).dropped_bytes, 0);
	free(bytes.data);
}
END_TEST

/** What the page cache held says nothing of the medium; not the other way round. */
START_TEST(test_journal_uncached)
{
	struct bytes bytes = journal_of(2);
	options.uncached = true;
	open_as(JOURNAL_CONTINUED);
	ck_assert(!finds(0));
	ck_assert_uint_eq(journal_counts(journal).others, 2);
	add(0);
	add_state("state", 1, 1024);
	add_named("both", 3);
	flush();
	open_as(JOURNAL_CONTINUED);
	ck_assert(finds(0));
	ck_assert(!finds(1));
	expect_states("state", 1, 1024, 0);
	options.uncached = false;
	open_as(JOURNAL_CONTINUED);
	ck_assert(finds(0));
	ck_assert(finds(1));
	expect_states("state", 1, 1024, 0);
	add_named("both", 4);
	add_state("state", 1, 2048);
	flush();
	open_as(JOURNAL_CONTINUED);
	ck_assert(finds_named("both", 4));
	/* The newest has to be of use, or the file is read. */
	options.uncached = true;
	open_as(JOURNAL_CONTINUED);
	ck_assert(!finds_named("both", 3));
	expect_states("state", 1, 0, 0);
	free(bytes.data);
}
END_TEST

/** A run that adds nothing writes nothing; one that goes on needs no record of its own. */
START_TEST(test_journal_writes_no_more_than_it_must)
{
	struct bytes bytes = journal_of(2);
	options.uncached = true;
	open_as(JOURNAL_CONTINUED);
	flush();
	ck_assert_uint_eq(size_of_journal(), bytes.size);
	options.uncached = false;
	open_as(JOURNAL_CONTINUED);
	add(0);
	flush();
	ck_assert_uint_eq(size_of_journal(), 2 * bytes.size - offset_of(&bytes, 2));
	free(bytes.data);
}
END_TEST

/** A record is written when another one comes 100 ms later. */
START_TEST(test_journal_delay)
{
	open_as(JOURNAL_NEW);
	size_t size = size_of_journal();
	add(0);
	later += 99;
	add(1);
	ck_assert_uint_eq(size_of_journal(), size);
	later += 1;
	add(2);
	ck_assert_uint_gt(size_of_journal(), size);
	size = size_of_journal();
	later += 99;
	add(3);
	later += 99;
	add(4);
	ck_assert_uint_eq(size_of_journal(), size);
	open_as(JOURNAL_CONTINUED);
	expect_found(3, 5);
}
END_TEST

START_TEST(test_journal_passes_over)
{
	open_as(JOURNAL_NEW);
	struct journal_entry entry = entry_of(1);
	struct journal_state state = state_of(1, 1024);
	char *key = malloc(JOURNAL_KEY_MAX + 1);
	ck_assert_ptr_nonnull(key);
	memset(key, 'x', JOURNAL_KEY_MAX + 1);
	ck_assert_int_eq(journal_add(journal, key, JOURNAL_KEY_MAX + 1, &entry), 0);
	ck_assert_int_eq(journal_add(journal, "", 0, &entry), 0);
	entry.stamp.mtime.tv_nsec = 1000000000;
	ck_assert_int_eq(journal_add(journal, "mtime", 5, &entry), 0);
	entry = entry_of(1);
	entry.stamp.ctime.tv_nsec = -1;
	ck_assert_int_eq(journal_add(journal, "ctime", 5, &entry), 0);
	state.begun.tv_nsec = -1;
	ck_assert_int_eq(journal_add_state(journal, "begun", 5, &state), 0);
	flush();
	ck_assert_uint_eq(size_of_journal(), JOURNAL_HEADER_SIZE);
	add(1);
	flush();
	open_as(JOURNAL_CONTINUED);
	ck_assert(finds(1));
	free(key);
}
END_TEST

/** Records that are altered, or cut off, while the journal is open are not found. */
START_TEST(test_journal_altered_while_open)
{
	enum {
		FILES = 2000
	};
	struct bytes bytes = journal_of(FILES);
	open_as(JOURNAL_CONTINUED);
	bytes.data[offset_of(&bytes, 1) + 60] ^= 1;
	int fd = open(NAME, O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(write(fd, bytes.data, bytes.size), (ssize_t)bytes.size);
	ck_assert(!finds(0));
	ck_assert(finds(1));
	ck_assert_int_eq(ftruncate(fd, (off_t)offset_of(&bytes, 1500)), 0);
	close(fd);
	ck_assert(finds(700));
	for (unsigned i = 1; i < FILES; i++)
		finds(i);
	ck_assert(!finds(1499));
	free(bytes.data);
}
END_TEST

/** Some hundred thousand records, of names of all lengths. */
START_TEST(test_journal_many)
{
	enum {
		FILES = 100000
	};
	open_as(JOURNAL_NEW);
	for (unsigned i = 0; i < FILES; i++)
		add(i * 791);
	flush();
	open_as(JOURNAL_CONTINUED);
	for (unsigned i = 0; i < FILES; i++) {
		check_quickly(finds(i * 791));
		check_quickly(!finds(i * 791 + 1));
	}
}
END_TEST

START_TEST(test_journal_remove)
{
	open_as(JOURNAL_NEW);
	add(1);
	ck_assert_int_eq(journal_remove(journal), 0);
	ck_assert_int_eq(access(NAME, F_OK), -1);
	add(2);
	flush();
	ck_assert_int_eq(journal_remove(journal), 0);

	/* Another file has taken the name. */
	open_as(JOURNAL_NEW);
	ck_assert_int_eq(rename(NAME, "other"), 0);
	scratch_file(NAME, "text");
	ck_assert_int_eq(journal_remove(journal), 0);
	ck_assert_int_eq(access(NAME, F_OK), 0);
	ck_assert_int_eq(access("other", F_OK), 0);
}
END_TEST

#define OTHER "..sums.treesum-journal.treesum"

/** A journal of files, and of large ones in all stages. */
static void fill_for_prune(void)
{
	options.algorithms = digest_set_of(digest_find("sha256"));
	open_as(JOURNAL_NEW);
	add_state("short", 3, 10);
	add_state("short", 3, 20);
	flush();
	options.algorithms = digest_set_of(digest_find("sha512"));
	open_as(JOURNAL_CONTINUED);
	add(1);
	add_state("huge", 5, 100);
	add_state("done", 6, 100);
	add_state("huge", 5, 200);
	add_state("done", 6, 200);
	add(2);
	add_state("huge", 5, 300);
	add_named("done", 6);
	add_state("once", 7, 100);
}

static void expect_pruned(void)
{
	struct stat found;
	open_as(JOURNAL_CONTINUED);
	ck_assert(!finds(1) && !finds(2) && !finds_named("done", 6));
	expect_states("huge", 5, 200, 300);
	expect_states("done", 6, 0, 0);
	expect_states("once", 7, 100, 0);
	expect_states("short", 3, 0, 0);
	ck_assert_uint_eq(journal_counts(journal).dropped_bytes, 0);
	ck_assert_int_eq(stat(NAME, &found), 0);
	ck_assert_int_eq(found.st_mode, S_IFREG | 0600);
	ck_assert_int_eq(access(OTHER, F_OK), -1);
	options.algorithms = digest_set_of(digest_find("sha256"));
	open_as(JOURNAL_CONTINUED);
	expect_states("short", 3, 10, 20);
	expect_states("huge", 5, 0, 0);
}

START_TEST(test_journal_prune)
{
	fill_for_prune();
	ck_assert_int_eq(journal_prune(journal), 0);
	/* It takes nothing more. */
	add(9);
	flush();
	expect_pruned();
}
END_TEST

START_TEST(test_journal_prune_without_states)
{
	open_as(JOURNAL_NEW);
	add_state("done", 6, 100);
	add(1);
	add_named("done", 6);
	ck_assert_int_eq(journal_prune(journal), 0);
	ck_assert_int_eq(access(NAME, F_OK), -1);
	ck_assert_int_eq(access(OTHER, F_OK), -1);
	ck_assert_int_eq(journal_prune(NULL), 0);
}
END_TEST

/** What a run with another algorithm has read of a file says nothing of the states of this one. */
START_TEST(test_journal_prune_two_algorithms)
{
	open_as(JOURNAL_NEW);
	add_state("huge", 5, 100);
	add_state("huge", 5, 200);
	add_state("large", 6, 100);
	add_state("large", 6, 200);
	flush();
	options.algorithms = digest_set_of(digest_find("sha256"));
	open_as(JOURNAL_CONTINUED);
	add_named("huge", 5);
	add_state("large", 6, 300);
	add_state("large", 6, 400);
	ck_assert_int_eq(journal_prune(journal), 0);
	open_as(JOURNAL_CONTINUED);
	expect_states("huge", 5, 0, 0);
	expect_states("large", 6, 300, 400);
	options.algorithms = digest_set_of(digest_find("sha512"));
	open_as(JOURNAL_CONTINUED);
	expect_states("huge", 5, 100, 200);
	expect_states("large", 6, 100, 200);
}
END_TEST

/** States of a file that was read from the page cache are not kept as ones that were not. */
START_TEST(test_journal_prune_uncached)
{
	open_as(JOURNAL_NEW);
	add_state("huge", 5, 100);
	add_state("huge", 5, 200);
	flush();
	options.uncached = true;
	open_as(JOURNAL_CONTINUED);
	add_state("huge", 5, 300);
	ck_assert_int_eq(journal_prune(journal), 0);
	open_as(JOURNAL_CONTINUED);
	expect_states("huge", 5, 300, 0);
}
END_TEST

/** Prune in a process that ends at one of its steps. */
static void prune_killed_at(int step)
{
	fill_for_prune();
	flush();
	int ended;
	pid_t child = fork();
	if (child == 0) {
		steps = step;
		_exit(journal_prune(journal) != 0);
	}
	ck_assert_int_eq(waitpid(child, &ended, 0), child);
	ck_assert_int_eq(ended, 0);
}

/** The journal is as it was, or pruned; what is left is in nobody's way. */
START_TEST(test_journal_prune_killed)
{
	prune_killed_at(_i);
	if (_i == 3) {
		expect_pruned();
		return;
	}
	open_as(JOURNAL_CONTINUED);
	ck_assert(finds(1) && finds(2) && finds_named("done", 6));
	expect_states("huge", 5, 200, 300);
	ck_assert_int_eq(access(OTHER, F_OK), 0);
	ck_assert_int_eq(journal_prune(journal), 0);
	expect_pruned();
}
END_TEST

/** The next run is complete: with the journal it removes what would be taken for a file of the tree. */
START_TEST(test_journal_remove_after_prune_killed)
{
	prune_killed_at(1);
	open_as(JOURNAL_CONTINUED);
	ck_assert_int_eq(access(OTHER, F_OK), 0);
	ck_assert_int_eq(journal_remove(journal), 0);
	ck_assert_int_eq(access(NAME, F_OK), -1);
	ck_assert_int_eq(access(OTHER, F_OK), -1);
}
END_TEST

START_TEST(test_journal_prune_fails)
{
	fill_for_prune();
	ck_assert_int_eq(mkdir(OTHER, 0700), 0);
	errno = 0;
	ck_assert_int_eq(journal_prune(journal), -1);
	ck_assert_int_ne(errno, 0);
	open_as(JOURNAL_CONTINUED);
	ck_assert(finds(1) && finds(2) && finds_named("done", 6));
	expect_states("huge", 5, 200, 300);
	ck_assert_int_eq(rmdir(OTHER), 0);

	/* Another file has taken the journal's name. */
	ck_assert_int_eq(rename(NAME, "other"), 0);
	scratch_file(NAME, "text");
	ck_assert_int_eq(journal_prune(journal), -1);
	ck_assert_int_eq(access(OTHER, F_OK), -1);
	ck_assert_uint_eq(size_of_journal(), 4);
}
END_TEST

/** Beside the real target, wherever the process is. */
START_TEST(test_journal_place)
{
	struct stat found;
	char *directory = get_current_dir_name();
	scratch_mkdir("real");
	scratch_mkdir("here");
	ck_assert_int_eq(symlink("../real/sums", "here/link"), 0);
	options.target = "here/link";
	open_as(JOURNAL_NEW);
	ck_assert_str_eq(journal_name(journal), NAME);
	ck_assert_int_eq(stat("real/" NAME, &found), 0);
	ck_assert_uint_eq(journal_stamp(journal).inode, found.st_ino);
	ck_assert_uint_eq(journal_stamp(journal).device, found.st_dev);
	ck_assert_int_gt(journal_fd(journal), 2);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(journal_remove(journal), 0);
	ck_assert_int_eq(chdir(directory), 0);
	ck_assert_int_eq(access("real/" NAME, F_OK), -1);
	free(directory);

	/* Of a name that leaves no room. */
	char name[NAME_MAX + 1];
	memset(name, 'n', NAME_MAX);
	name[NAME_MAX] = '\0';
	options.target = name;
	open_as(JOURNAL_NEW);
	ck_assert_uint_eq(strlen(journal_name(journal)), NAME_MAX);
	ck_assert_int_eq(journal_remove(journal), 0);
}
END_TEST

static void remove_name(void)
{
	ck_assert_int_eq(unlink(NAME), 0);
}

/** The run before has ended well, and removes its journal, while it is opened. */
START_TEST(test_journal_removed_meanwhile)
{
	struct bytes bytes = journal_of(1);
	before_lock = remove_name;
	open_as(JOURNAL_NEW);
	ck_assert(!finds(0));
	add(1);
	flush();
	open_as(JOURNAL_CONTINUED);
	ck_assert(finds(1));
	free(bytes.data);
}
END_TEST

/** Hold the journal until a byte comes; a child lives on until `last` is closed. */
static void hold_journal(int ready, int done, const int last[2])
{
	char byte = 0;
	struct journal *held = journal_open(&options, &status);
	if (fork() == 0) {
		close(last[1]);
		_exit(read(last[0], &byte, 1) != 0);
	}
	_exit(!held || write(ready, &byte, 1) != 1 || read(done, &byte, 1) != 1);
}

/** One run at a time; not for longer than it lives, whatever it has forked. */
START_TEST(test_journal_lock)
{
	int ready[2], done[2], last[2], ended;
	char byte = 0;
	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(done, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(last, O_CLOEXEC), 0);
	pid_t holder = fork();
	if (holder == 0)
		hold_journal(ready[1], done[0], last);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	errno = 0;
	journal = journal_open(&options, &status);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_ptr_null(journal);
	ck_assert_int_eq(status, JOURNAL_FAILED);
	ck_assert_int_eq(write(done[1], &byte, 1), 1);
	ck_assert_int_eq(waitpid(holder, &ended, 0), holder);
	ck_assert_int_eq(ended, 0);
	open_as(JOURNAL_CONTINUED);
	int *const pipes[] = {ready, done, last};
	for (size_t i = 0; i < 3; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
}
END_TEST

START_TEST(test_journal_state_holds)
{
	const int64_t begun = 1700000100;
	const struct journal_state settled = {
		.stamp = {.inode = 5, .size = 7, .mtime = {1000, 1}, .ctime = {1700000000, 2}},
		.begun = {begun, 5}};
	struct journal_state state = settled;
	struct stamp stamp = state.stamp;
	stamp.device = 77;
	ck_assert(journal_state_holds(&state, &stamp, begun));
	ck_assert(journal_state_holds(&state, &stamp, begun + 1000));
	/* The clock was set back. */
	ck_assert(!journal_state_holds(&state, &stamp, begun - 1));

	struct stamp altered[] = {stamp, stamp, stamp, stamp, stamp, stamp};
	altered[0].inode++;
	altered[1].size++;
	altered[2].mtime.tv_sec++;
	altered[3].mtime.tv_nsec++;
	altered[4].ctime.tv_sec++;
	altered[5].ctime.tv_nsec++;
	for (size_t i = 0; i < sizeof(altered) / sizeof(*altered); i++)
		ck_assert(!journal_state_holds(&state, &altered[i], begun));

	/* Times of just before, and later ones. */
	static const struct {
		int mtime, ctime;
		bool holds;
	} times[] = {{-3, -3, true}, {-3, -2, false}, {-2, -3, false}, {-3, 0, false},
		{0, -3, false}, {60, -3, false}, {61, -3, true}, {61, 61, false}};
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		state.stamp.mtime.tv_sec = begun + times[i].mtime;
		state.stamp.ctime.tv_sec = begun + times[i].ctime;
		stamp = state.stamp;
		ck_assert_int_eq(journal_state_holds(&state, &stamp, begun), times[i].holds);
	}
	state = settled;
	state.begun.tv_sec = INT64_MIN;
	ck_assert(!journal_state_holds(&state, &state.stamp, begun));
	state.begun.tv_sec = INT64_MAX;
	ck_assert(!journal_state_holds(&state, &state.stamp, begun));
}
END_TEST

START_TEST(test_journal_empty)
{
	ck_assert(journal_is_empty(NULL));
	open_as(JOURNAL_NEW);
	ck_assert(journal_is_empty(journal));
	open_as(JOURNAL_CONTINUED);
	ck_assert(journal_is_empty(journal));
	/* What is buffered counts as well. */
	add(1);
	ck_assert(!journal_is_empty(journal));
	flush();
	ck_assert(!journal_is_empty(journal));
	/* Nor does it matter of which algorithm it is, or whether it is believed. */
	options.algorithms = digest_set_of(digest_find("sha256"));
	options.believe = false;
	open_as(JOURNAL_CONTINUED);
	ck_assert(!journal_is_empty(journal));
	close_journal();
	put_bytes((const unsigned char *)"treesum journal 1\n", 18);
	open_as(JOURNAL_OTHER);
	ck_assert(!journal_is_empty(journal));
}
END_TEST

START_TEST(test_journal_null)
{
	struct journal_entry entry = entry_of(1);
	struct journal_state states[2] = {state_of(1, 1024)};
	ck_assert_int_eq(journal_add(NULL, "a", 1, &entry), 0);
	ck_assert_int_eq(journal_add_state(NULL, "a", 1, states), 0);
	ck_assert_int_eq(journal_flush(NULL), 0);
	ck_assert_int_eq(journal_find(NULL, "a", 1, &entry), 0);
	ck_assert_uint_eq(journal_find_states(NULL, "a", 1, states), 0);
	ck_assert_uint_eq(journal_counts(NULL).records, 0);
	ck_assert_str_eq(journal_name(NULL), "");
	ck_assert_uint_eq(journal_stamp(NULL).inode, 0);
	ck_assert_int_eq(journal_fd(NULL), -1);
	ck_assert_int_eq(journal_remove(NULL), 0);
	journal_free(NULL);
}
END_TEST

static void add_format_tests(TCase *tcase)
{
	tcase_add_test(tcase, test_journal_round_trip);
	tcase_add_test(tcase, test_journal_format);
	tcase_add_test(tcase, test_journal_torn);
	tcase_add_test(tcase, test_journal_altered_byte);
	tcase_add_test(tcase, test_journal_moved_records);
	tcase_add_test(tcase, test_journal_damaged_header);
	tcase_add_test(tcase, test_journal_sparse);
	tcase_add_test(tcase, test_journal_of_another_version);
}

static void add_file_tests(TCase *tcase)
{
	tcase_add_test(tcase, test_journal_unsafe_mode);
	tcase_add_test(tcase, test_journal_unsafe_links);
	tcase_add_test(tcase, test_journal_unsafe_types);
	tcase_add_test(tcase, test_journal_unsafe_owner);
	tcase_add_test(tcase, test_journal_closed_to_others);
	tcase_add_test(tcase, test_journal_cannot_be_made);
	tcase_add_test(tcase, test_journal_no_room_for_header);
	tcase_add_test(tcase, test_journal_no_room);
	tcase_add_test(tcase, test_journal_delay);
	tcase_add_test(tcase, test_journal_altered_while_open);
	tcase_add_test(tcase, test_journal_remove);
	tcase_add_test(tcase, test_journal_prune);
	tcase_add_test(tcase, test_journal_prune_without_states);
	tcase_add_test(tcase, test_journal_prune_two_algorithms);
	tcase_add_test(tcase, test_journal_prune_uncached);
	tcase_add_loop_test(tcase, test_journal_prune_killed, 1, 4);
	tcase_add_test(tcase, test_journal_remove_after_prune_killed);
	tcase_add_test(tcase, test_journal_prune_fails);
	tcase_add_test(tcase, test_journal_place);
	tcase_add_test(tcase, test_journal_removed_meanwhile);
	tcase_add_test(tcase, test_journal_lock);
}

static void add_finding_tests(TCase *tcase)
{
	tcase_add_test(tcase, test_journal_newest_wins);
	tcase_add_test(tcase, test_journal_states);
	tcase_add_test(tcase, test_journal_states_contradict);
	tcase_add_test(tcase, test_journal_without_belief);
	tcase_add_test(tcase, test_journal_algorithms);
	tcase_add_test(tcase, test_journal_uncached);
	tcase_add_test(tcase, test_journal_writes_no_more_than_it_must);
	tcase_add_test(tcase, test_journal_passes_over);
	tcase_add_test(tcase, test_journal_many);
	tcase_add_test(tcase, test_journal_state_holds);
	tcase_add_test(tcase, test_journal_empty);
	tcase_add_test(tcase, test_journal_null);
}

int main(void)
{
	Suite *suite = suite_create("journal");
	TCase *tcase = tcase_create("journal");
	tcase_set_timeout(tcase, 120);
	tcase_add_unchecked_fixture(tcase, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(tcase, setup, teardown);
	add_format_tests(tcase);
	add_file_tests(tcase);
	add_finding_tests(tcase);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
