/*
 * Going on in the middle of a huge file: the states that a scan reports, and what becomes of those
 * that it is given. Whatever they are, the digest is that of the whole file.
 *
 * Functions that stand before the C library's count what workers read, and let things happen
 * meanwhile: the worker dies, the file changes, it is not in the page cache.
 */
#include "scan/scan.h"

#include "leaks.h"
#include "quickly.h"
#include "scratch.h"
#include "suite.h"

#include <dlfcn.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define MIB ((uint64_t)1 << 20)
#define MS INT64_C(1000000)

/** What is huge here, and a file of it that needs a grant where it is not in the page cache. */
#define HUGE_HERE MIB
#define SIZE (9 * MIB + 12345)

/** Where an earlier run has kept states: not where a piece would end. */
#define EARLIER (3 * MIB + 128)
#define LATER (5 * MIB + 384)

enum {
	NODES = 256,
	STATES = 1024,
};

/** What the test and all workers see. */
static struct {
	/** Bytes that workers have read of files. */
	atomic_ullong bytes;
	/** When so many were read, this happens to the file "file", once; 0: never. */
	uint64_t event_at;
	enum {
		NOTHING,
		KILL_WORKER,
		TRUNCATE,
		ALTER,
		/** The next call that reads finds the end. */
		END,
	} event;
	atomic_int events;
	/** Where it is altered. */
	uint64_t altered;
	/** Files are in the page cache up to here. */
	uint64_t cached;
	/** How long reading a piece takes, in ns. */
	int64_t slowness;
} * shared;

static pid_t parent;

/** How far the clocks are ahead, in ns: that of the day, and all in this worker. */
static int64_t day_skew, skew;

/** This worker finds the end of the file, once. */
static bool at_end;

static long (*real_syscall(void))(long number, ...)
{
	static long (*found)(long number, ...);
	if (!found)
		*(void **)&found = dlsym(RTLD_NEXT, "syscall");
	return found;
}

/** Write to the file, which has other times then. */
static void alter(const char *path, off_t at, bool keep_mtime)
{
	struct stat status;
	unsigned char byte;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) != 0 || pread(fd, &byte, 1, at) != 1)
		_exit(99);
	byte ^= 1;
	struct timespec times[2] = {status.st_atim, status.st_mtim};
	times[1].tv_sec += !keep_mtime;
	if (pwrite(fd, &byte, 1, at) != 1 || futimens(fd, times) != 0)
		_exit(99);
	close(fd);
}

/** A worker has read a piece. */
static void count_read(size_t size)
{
	uint64_t before = atomic_fetch_add(&shared->bytes, size), after = before + size;
	skew += shared->slowness;
	if (before >= shared->event_at || after < shared->event_at)
		return;
	shared->events++;
	if (shared->event == KILL_WORKER)
		kill(getpid(), SIGKILL);
	else if (shared->event == TRUNCATE && truncate("file", EARLIER + 1000) != 0)
		_exit(99);
	else if (shared->event == ALTER)
		alter("file", (off_t)shared->altered, false);
	else if (shared->event == END)
		at_end = true;
}

ssize_t read(int fd, void *buffer, size_t size)
{
	struct stat status;
	if (at_end) {
		at_end = false;
		return 0;
	}
	ssize_t got = real_syscall()(SYS_read, fd, buffer, size);
	if (got > 0 && parent && getpid() != parent &&
		fstatat(fd, "", &status, AT_EMPTY_PATH) == 0 && S_ISREG(status.st_mode))
		count_read((size_t)got);
	return got;
}

/** preadv2(2) at the current position. */
static long read_cached(int fd, const struct iovec *vector)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	size_t size = vector->iov_len;
	if (at < 0 || (uint64_t)at >= shared->cached) {
		errno = EAGAIN;
		return -1;
	}
	if (size > shared->cached - (uint64_t)at)
		size = (size_t)(shared->cached - (uint64_t)at);
	return read(fd, vector->iov_base, size);
}

long syscall(long number, ...)
{
	long a[6];
	va_list list;
	va_start(list, number);
	for (size_t i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_preadv2)
		return read_cached((int)a[0], (const struct iovec *)a[1]);
	return real_syscall()(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	int result = (int)real_syscall()(SYS_clock_gettime, clock, time);
	int64_t ns = time->tv_nsec + skew + (clock == CLOCK_REALTIME ? day_skew : 0);
	time->tv_sec += ns / 1000000000;
	time->tv_nsec = ns % 1000000000;
	return result;
}

/* The scan. */

static struct tree tree;
static struct node *nodes[NODES];
static struct hasher_result results[NODES];
/** What these have as their digests. */
static unsigned char digests[NODES][DIGEST_MAX_SIZE];
static size_t node_count, given;
static struct scan_options options;
static struct scan_source source;

/** The states that are given for each node; `usable` whether there are any; and how often the scan
 * has asked. */
static struct hasher_kept offers[NODES];
static bool usable[NODES];
static int asked[NODES];

/** The states that the scan has reported. */
static struct hasher_kept states[STATES];
static size_t state_count;

static size_t place_of(const struct node *node)
{
	for (size_t i = 0; i < node_count; i++) {
		if (nodes[i] == node)
			return i;
	}
	ck_abort_msg("an unknown node");
}

static int next(void *context, struct node **node)
{
	(void)context;
	if (given == node_count)
		return 0;
	*node = nodes[given++];
	return 1;
}

static void take_state(void *context, struct node *node, const struct hasher_kept *kept)
{
	(void)context;
	check_quickly(place_of(node) < node_count);
	check_quickly(state_count < STATES);
	states[state_count++] = *kept;
}

static bool offer(void *context, struct node *node, struct hasher_kept *kept)
{
	size_t place = place_of(node);
	(void)context;
	asked[place]++;
	/* What is in it says which file it is. */
	struct stat status;
	check_quickly(stat(tree_path(&tree, node, NULL), &status) == 0);
	struct stamp now = stamp_of(&status);
	check_quickly(stamp_same(&kept->stamp, &now));
	check_quickly(!kept->hash.bytes && !kept->meet.bytes);
	*kept = offers[place];
	return usable[place];
}

static void begin(void)
{
	tree_free(&tree);
	tree_begin(&tree, true, 64);
	node_count = given = state_count = 0;
	memset(usable, 0, sizeof(usable));
	memset(asked, 0, sizeof(asked));
	shared->bytes = 0;
	shared->events = 0;
}

static void setup(void)
{
	leaks_setup();
	scratch_enter();
	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(shared, MAP_FAILED);
	shared->cached = UINT64_MAX;
	/* Files that were just written are settled. */
	day_skew = 1000 * 1000 * MS;
	parent = getpid();
	options = (struct scan_options){
		.algorithms = digest_set_of(digest_find("sha512")), .jobs = 1, .huge = HUGE_HERE};
	source = (struct scan_source){.next = next, .state = take_state, .resume = offer};
	begin();
}

static void teardown(void)
{
	tree_free(&tree);
	munmap(shared, sizeof(*shared));
	leaks_teardown();
}

static const struct {
	const char *algorithm;
	enum engine_kind engine;
} ways[] = {
	{"sha512", ENGINE_AUTO},
	{"sha512", ENGINE_LIBCRYPTO},
	{"sha512", ENGINE_LANES},
	{"sha256", ENGINE_AUTO},
};

enum {
	WAYS = sizeof(ways) / sizeof(ways[0])
};

static void set_way(int way)
{
	options.algorithms = digest_set_of(digest_find(ways[way].algorithm));
	options.engine = ways[way].engine;
}

static size_t add(struct node *directory, const char *name, enum node_type type)
{
	struct node *node = tree_new(&tree, directory, name, strlen(name));
	ck_assert_ptr_nonnull(node);
	ck_assert_uint_lt(node_count, NODES);
	node->type = (uint8_t)type;
	if (!directory)
		tree_add_root(&tree, node);
	nodes[node_count] = node;
	return node_count++;
}

/** The current directory, as if it had been listed. */
static struct node *listed(void)
{
	struct stat status;
	struct node *node = tree_new(&tree, NULL, ".", 1);
	ck_assert_ptr_nonnull(node);
	ck_assert_int_eq(stat(".", &status), 0);
	node->type = NODE_DIRECTORY;
	node->inode = status.st_ino;
	node->device = (uint16_t)tree_device(&tree, status.st_dev);
	node->flags |= NODE_ENDED;
	tree_add_root(&tree, node);
	return node;
}

static struct stamp stamp_at(const char *path)
{
	struct stat status;
	ck_assert_int_eq(stat(path, &status), 0);
	return stamp_of(&status);
}

/** Scan all. @return whether there is such an engine */
static bool run(void)
{
	struct node *node;
	struct hasher_result result;
	size_t back = 0;
	int got;
	struct scan *scan = scan_open(&options, &tree, &source);
	ck_assert(scan || options.engine == ENGINE_LANES);
	if (!scan)
		return false;
	const struct scan_counts *counts = scan_counts(scan);
	uint64_t size = 0;
	while ((got = scan_next(scan, FP_FOREVER, &node, &result)) > 0) {
		size_t place = place_of(node);
		results[place] = result;
		if (result.digest)
			results[place].digest =
				memcpy(digests[place], result.digest, options.algorithms.size);
		check_quickly(tree_set_result(&tree, node, &result) == 0);
		size += result.size - result.skipped;
		back++;
		check_quickly(counts->bytes >= counts->bytes_done);
		check_quickly(counts->bytes_done >= size);
	}
	ck_assert_int_eq(got, 0);
	ck_assert_uint_eq(back, node_count);
	ck_assert_uint_eq(counts->bytes, size);
	ck_assert_uint_eq(counts->bytes_done, size);
	ck_assert_uint_eq(counts->unsized, 0);
	scan_free(scan);
	return true;
}

/* Files and their digests. */

/** Write a file, of which no two blocks are alike. */
static void write_file(const char *path, uint64_t size, unsigned seed)
{
	static uint32_t words[16384];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ck_assert_int_ge(fd, 0);
	for (uint64_t at = 0; at < size; at += sizeof(words)) {
		size_t part = size - at < sizeof(words) ? (size_t)(size - at) : sizeof(words);
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			words[i] = (uint32_t)(at / 4 + i) * 2654435761U + seed;
		check_quickly(write(fd, words, part) == (ssize_t)part);
	}
	ck_assert_int_eq(close(fd), 0);
}

/** The digest of a file, by EVP. @return its size */
static uint64_t oracle(const char *path, unsigned char digest[static DIGEST_MAX_SIZE])
{
	static unsigned char buffer[65536];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;
	uint64_t size = 0;
	check_quickly(context && fd >= 0);
	check_quickly(EVP_DigestInit_ex(context,
			      EVP_get_digestbyname(options.algorithms.list[0]->provider_name),
			      NULL) == 1);
	while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
		check_quickly(EVP_DigestUpdate(context, buffer, (size_t)got) == 1);
		size += (uint64_t)got;
	}
	close(fd);
	check_quickly(EVP_DigestFinal_ex(context, digest, NULL) == 1);
	EVP_MD_CTX_free(context);
	return size;
}

static void assert_digest(size_t place, const char *path)
{
	const struct hasher_result *result = &results[place];
	unsigned char expected[DIGEST_MAX_SIZE];
	uint64_t size = oracle(path, expected);
	ck_assert_msg(result->state == HASHER_DONE, "%s: state %d, error %d", path, result->state,
		result->error);
	ck_assert_uint_eq(result->size, size);
	ck_assert_msg(memcmp(result->digest, expected, options.algorithms.size) == 0,
		"%s, %zu: another digest", path, place);
}

/** The state of a file's first bytes. */
static struct digest_state state_at(const char *path, uint64_t bytes)
{
	static unsigned char buffer[65536];
	struct digest *digest = digest_new(options.algorithms.list[0]);
	struct digest_state state;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	check_quickly(digest && fd >= 0);
	while (bytes > 0) {
		size_t part = bytes < sizeof(buffer) ? (size_t)bytes : sizeof(buffer);
		check_quickly(read(fd, buffer, part) == (ssize_t)part);
		check_quickly(digest_update(digest, buffer, part) == 0);
		bytes -= part;
	}
	close(fd);
	check_quickly(digest_export(digest, &state) == 0);
	digest_free(digest);
	return state;
}

/** What an earlier run has kept of a file, which was read just now. */
static struct hasher_kept states_of(const char *path, uint64_t earlier, uint64_t later)
{
	struct hasher_kept kept = {
		.hash = state_at(path, earlier),
		.meet = state_at(path, later),
		.stamp = stamp_at(path),
	};
	clock_gettime(CLOCK_REALTIME, &kept.time);
	return kept;
}

static void set_offer(size_t place, struct hasher_kept kept)
{
	offers[place] = kept;
	usable[place] = true;
}

static void assert_resumed(size_t place, uint64_t size, uint64_t from)
{
	ck_assert_int_eq(asked[place], 1);
	ck_assert_uint_eq(results[place].skipped, from);
	ck_assert(!results[place].restarted);
	ck_assert_uint_eq(shared->bytes, size - from);
	ck_assert_int_eq(results[place].read, offers[place].time.tv_sec);
	ck_assert(results[place].settled);
}

static void assert_from_the_start(size_t place, bool restarted)
{
	ck_assert_uint_eq(results[place].skipped, 0);
	ck_assert_int_eq(results[place].restarted, restarted);
	if (restarted)
		ck_assert_uint_gt(shared->bytes, results[place].size);
	else
		ck_assert_uint_eq(shared->bytes, results[place].size);
}

/* Going on. */

enum {
	OPERAND,
	LISTED,
	STAMPED,
	UNKNOWN,
	KINDS,
};

/** Add "file", as it may be found. */
static size_t add_kind(int kind)
{
	if (kind == OPERAND)
		return add(NULL, "file", NODE_UNKNOWN);
	size_t place = add(listed(), "file", kind == UNKNOWN ? NODE_UNKNOWN : NODE_FILE);
	struct stamp stamp = stamp_at("file");
	if (kind == STAMPED)
		ck_assert_int_eq(tree_set_stamp(&tree, nodes[place], &stamp), 0);
	return place;
}

/** Only the rest is read, in the page cache or not; slices end before the states meet, too. */
START_TEST(test_resume_reads_the_rest)
{
	set_way(_i % WAYS);
	write_file("file", SIZE, 1);
	for (int kind = 0; kind < KINDS; kind++) {
		begin();
		size_t place = add_kind(kind);
		set_offer(place, states_of("file", EARLIER, LATER));
		shared->cached = _i < WAYS ? UINT64_MAX : 0;
		shared->slowness = 60 * MS;
		if (!run())
			return;
		assert_digest(place, "file");
		assert_resumed(place, SIZE, EARLIER);
	}
}
END_TEST

/** Wherever the states are, also at the end of a file of whole blocks or pieces. */
START_TEST(test_resume_anywhere)
{
	static const struct {
		uint64_t size, earlier, later;
	} cases[] = {
		{2 * MIB, 128, 256},
		{2 * MIB, 128, 2 * MIB},
		{2 * MIB, 2 * MIB - 128, 2 * MIB},
		{2 * MIB, MIB, MIB + 128 * 1024},
		{2 * MIB, MIB, 2 * MIB - 128},
		{2 * MIB + 1, MIB, 2 * MIB},
		{MIB, 128 * 1024, MIB},
		{MIB + 256, 512 * 1024, MIB + 256},
		{MIB + 255, 512 * 1024, MIB + 128},
	};
	set_way(_i % WAYS);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin();
		write_file("file", cases[i].size, 1);
		size_t place = add_kind(OPERAND);
		set_offer(place, states_of("file", cases[i].earlier, cases[i].later));
		if (!run())
			return;
		assert_digest(place, "file");
		assert_resumed(place, cases[i].size, cases[i].earlier);
	}
}
END_TEST

/** The device may have another number after the machine was started anew. */
START_TEST(test_resume_on_another_device)
{
	write_file("file", SIZE, 1);
	size_t place = add_kind(OPERAND);
	set_offer(place, states_of("file", EARLIER, LATER));
	offers[place].stamp.device += 100;
	run();
	assert_digest(place, "file");
	assert_resumed(place, SIZE, EARLIER);
	struct stamp now = stamp_at("file");
	ck_assert(stamp_same(&results[place].stamp, &now));
}
END_TEST

/** Two names of a file are one. */
START_TEST(test_resume_hard_links)
{
	write_file("file", SIZE, 1);
	ck_assert_int_eq(link("file", "other"), 0);
	struct node *directory = listed();
	size_t file = add(directory, "file", NODE_FILE), other = add(directory, "other", NODE_FILE);
	set_offer(file, states_of("file", EARLIER, LATER));
	set_offer(other, offers[file]);
	run();
	assert_digest(file, "file");
	assert_digest(other, "other");
	ck_assert_uint_eq(shared->bytes, SIZE - EARLIER);
	ck_assert_int_eq(asked[file] + asked[other], 1);
	ck_assert_int_eq(results[file].read, results[other].read);
}
END_TEST

/** A file of the size that is huge by itself, and one below it. */
START_TEST(test_resume_default_size)
{
	options.huge = 0;
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "below" : "file";
		int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(ftruncate(fd, i ? 64 * MIB - 1 : 300 * MIB), 0);
		close(fd);
	}
	size_t file = add_kind(OPERAND), below = add(NULL, "below", NODE_UNKNOWN);
	set_offer(file, states_of("file", 200 * MIB, 299 * MIB));
	set_offer(below, states_of("below", 20 * MIB, 21 * MIB));
	run();
	assert_digest(file, "file");
	assert_digest(below, "below");
	ck_assert_int_eq(asked[file], 1);
	ck_assert_int_eq(asked[below], 0);
	ck_assert_uint_eq(shared->bytes, 100 * MIB + 64 * MIB - 1);
}
END_TEST

/** Nothing is asked or told of files that are not huge, or have no state that could be moved. */
START_TEST(test_resume_is_not_asked)
{
	static const char *const algorithms[] = {"sha512", "sha1", "sha384", "sha3-512"};
	write_file("file", _i ? SIZE : HUGE_HERE - 1, 1);
	size_t place = add_kind(OPERAND);
	set_offer(place, states_of("file", 128, 256));
	options.algorithms = digest_set_of(digest_find(algorithms[_i]));
	shared->slowness = 150 * MS;
	run();
	assert_digest(place, "file");
	assert_from_the_start(place, false);
	ck_assert_int_eq(asked[place], 0);
	ck_assert_uint_eq(state_count, 0);
}
END_TEST

/* States that are wrong. */

/** What becomes of a state. */
enum fate {
	/** It is not begun with: whole file is read, once. */
	IGNORED,
	/** The file reads otherwise. */
	RESTARTED,
};

static void spoil_earlier(struct hasher_kept *kept)
{
	kept->hash.hash[7] ^= 1;
}

static void spoil_later(struct hasher_kept *kept)
{
	kept->meet.hash[0] ^= (uint64_t)1 << 31;
}

static void spoil_each_word(struct hasher_kept *kept)
{
	for (size_t i = 0; i < 8; i++)
		kept->meet.hash[i] = kept->hash.hash[i];
}

static void move_earlier(struct hasher_kept *kept)
{
	kept->hash.bytes += 128;
}

static void move_later(struct hasher_kept *kept)
{
	kept->meet.bytes -= 128;
}

static void tear_earlier(struct hasher_kept *kept)
{
	kept->hash.bytes += 1;
}

static void tear_later(struct hasher_kept *kept)
{
	kept->meet.bytes += 1;
}

static void spoil_last_word(struct hasher_kept *kept)
{
	kept->meet.hash[7] ^= 1;
}

static void take_other_file(struct hasher_kept *kept)
{
	kept->hash = state_at("other", EARLIER);
	kept->meet = state_at("other", LATER);
}

static void take_other_earlier(struct hasher_kept *kept)
{
	kept->hash = state_at("other", EARLIER);
}

static void take_other_later(struct hasher_kept *kept)
{
	kept->meet = state_at("other", LATER);
}

static void swap(struct hasher_kept *kept)
{
	struct digest_state hash = kept->hash;
	kept->hash = kept->meet;
	kept->meet = hash;
}

static void make_equal(struct hasher_kept *kept)
{
	kept->meet = kept->hash;
}

static void leave_one(struct hasher_kept *kept)
{
	kept->meet = (struct digest_state){0};
}

static void leave_later(struct hasher_kept *kept)
{
	kept->hash = (struct digest_state){0};
}

static void move_past_the_end(struct hasher_kept *kept)
{
	kept->meet.bytes = (SIZE + 128) / 128 * 128;
}

static void change_inode(struct hasher_kept *kept)
{
	kept->stamp.inode++;
}

static void change_size(struct hasher_kept *kept)
{
	kept->stamp.size++;
}

static void change_mtime(struct hasher_kept *kept)
{
	kept->stamp.mtime.tv_sec--;
}

static void change_mtime_ns(struct hasher_kept *kept)
{
	kept->stamp.mtime.tv_nsec ^= 1;
}

static void change_ctime(struct hasher_kept *kept)
{
	kept->stamp.ctime.tv_sec--;
}

static void change_ctime_ns(struct hasher_kept *kept)
{
	kept->stamp.ctime.tv_nsec ^= 1;
}

/** Reading began when the file was written. */
static void change_time(struct hasher_kept *kept)
{
	kept->time = kept->stamp.ctime;
	kept->time.tv_sec++;
}

static void change_time_to_the_future(struct hasher_kept *kept)
{
	kept->time.tv_sec += 3600;
}

static const struct {
	void (*spoil)(struct hasher_kept *kept);
	enum fate fate;
} wrongs[] = {
	{spoil_earlier, RESTARTED},
	{spoil_later, RESTARTED},
	{spoil_each_word, RESTARTED},
	{spoil_last_word, RESTARTED},
	{move_earlier, RESTARTED},
	{move_later, RESTARTED},
	{tear_earlier, RESTARTED},
	{tear_later, RESTARTED},
	{take_other_file, RESTARTED},
	{take_other_earlier, RESTARTED},
	{take_other_later, RESTARTED},
	{swap, IGNORED},
	{make_equal, IGNORED},
	{leave_one, IGNORED},
	{leave_later, IGNORED},
	{move_past_the_end, IGNORED},
	{change_inode, IGNORED},
	{change_size, IGNORED},
	{change_mtime, IGNORED},
	{change_mtime_ns, IGNORED},
	{change_ctime, IGNORED},
	{change_ctime_ns, IGNORED},
	{change_time, IGNORED},
	{change_time_to_the_future, IGNORED},
};

enum {
	WRONGS = sizeof(wrongs) / sizeof(wrongs[0])
};

START_TEST(test_resume_from_wrong_states)
{
	write_file("file", SIZE, 1);
	write_file("other", SIZE, 2);
	for (int way = 0; way < WAYS; way += WAYS - 1) {
		begin();
		set_way(way);
		size_t place = add_kind(_i & 1 ? LISTED : OPERAND);
		set_offer(place, states_of("file", EARLIER, LATER));
		wrongs[_i].spoil(&offers[place]);
		shared->cached = way & 1 ? 0 : UINT64_MAX;
		shared->slowness = 60 * MS;
		if (!run())
			continue;
		assert_digest(place, "file");
		/* A torn one is seen before anything is read. */
		if (wrongs[_i].spoil == tear_earlier) {
			ck_assert(results[place].restarted);
			ck_assert_uint_eq(results[place].skipped, 0);
		} else {
			assert_from_the_start(place, wrongs[_i].fate == RESTARTED);
		}
	}
}
END_TEST

/** A listing has seen another size than the states have, which are of the file as it is now. */
START_TEST(test_resume_of_another_size_than_listed)
{
	write_file("file", MIB, 1);
	size_t place = add_kind(STAMPED);
	write_file("file", SIZE, 1);
	set_offer(place, states_of("file", EARLIER, LATER));
	run();
	assert_digest(place, "file");
	assert_from_the_start(place, false);
}
END_TEST

/** Whatever happened to the file since, it is read anew. */
START_TEST(test_resume_of_a_file_that_changed)
{
	write_file("file", SIZE, 1);
	struct hasher_kept kept = states_of("file", EARLIER, LATER);
	switch (_i) {
	case 0:
		alter("file", 5, false);
		break;
	case 1:
		/* Only ctime tells. */
		alter("file", 5, true);
		break;
	case 2:
		ck_assert_int_eq(truncate("file", LATER + 1), 0);
		break;
	case 3:
		ck_assert_int_eq(truncate("file", LATER - 1), 0);
		break;
	case 4:
		ck_assert_int_eq(truncate("file", 2 * SIZE), 0);
		break;
	case 5:
		write_file("new", SIZE, 2);
		ck_assert_int_eq(rename("new", "file"), 0);
		break;
	}
	size_t place = add_kind(OPERAND);
	set_offer(place, kept);
	run();
	assert_digest(place, "file");
	assert_from_the_start(place, false);
}
END_TEST

/** Between the states it reads otherwise than before, and all its times are the same. */
START_TEST(test_resume_of_a_file_that_rotted)
{
	write_file("file", SIZE, 1);
	struct hasher_kept kept = states_of("file", EARLIER, LATER);
	alter("file", _i ? LATER - 1 : EARLIER, true);
	kept.stamp = stamp_at("file");
	size_t place = add_kind(OPERAND);
	set_offer(place, kept);
	run();
	assert_digest(place, "file");
	assert_from_the_start(place, true);
}
END_TEST

/** It changes meanwhile, and ends before the state that is to be met, or reads otherwise. */
START_TEST(test_resume_of_a_file_that_changes)
{
	write_file("file", SIZE, 1);
	size_t place = add_kind(OPERAND);
	set_offer(place, states_of("file", EARLIER, LATER));
	shared->event = _i & 2 ? TRUNCATE : ALTER;
	shared->event_at = 100000;
	shared->altered = LATER - 1;
	shared->cached = _i & 1 ? 0 : UINT64_MAX;
	run();
	ck_assert_int_eq(shared->events, 1);
	assert_digest(place, "file");
	ck_assert_uint_eq(results[place].skipped, 0);
	ck_assert(!results[place].restarted);
}
END_TEST

/** A file system says that it ends, and its size says otherwise. */
START_TEST(test_resume_of_a_file_that_ends_early)
{
	write_file("file", SIZE, 1);
	size_t place = add_kind(OPERAND);
	set_offer(place, states_of("file", EARLIER, LATER));
	shared->event = END;
	shared->event_at = 100000;
	shared->cached = 0;
	run();
	ck_assert_int_eq(shared->events, 1);
	assert_digest(place, "file");
	assert_from_the_start(place, true);
}
END_TEST

/** Before and after the states met, and while it is read from its start. */
START_TEST(test_resume_and_the_worker_dies)
{
	static const uint64_t at[] = {
		1, MIB, LATER - EARLIER, LATER - EARLIER + 1, 4 * MIB, SIZE - EARLIER};
	set_way(_i % WAYS);
	write_file("file", SIZE, 1);
	for (int wrong = 0; wrong < 2; wrong++) {
		for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
			begin();
			size_t place = add_kind(OPERAND);
			set_offer(place, states_of("file", EARLIER, LATER));
			if (wrong)
				spoil_earlier(&offers[place]);
			shared->event = KILL_WORKER;
			shared->event_at = at[i];
			shared->cached = i & 1 ? 0 : UINT64_MAX;
			shared->slowness = 60 * MS;
			if (!run())
				return;
			ck_assert_int_eq(shared->events, 1);
			assert_digest(place, "file");
			ck_assert_int_eq(results[place].restarted, wrong);
			ck_assert_uint_eq(results[place].skipped, wrong ? 0 : EARLIER);
		}
	}
}
END_TEST

static uint32_t random_below(uint32_t end)
{
	static uint64_t state = 88172645463325252;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % end;
}

/** Bits of them are flipped, anywhere. */
START_TEST(test_resume_from_random_states)
{
	enum {
		ROUNDS = 250,
		BLOCKS = 3000,
	};
	set_way(_i);
	options.huge = 1000;
	options.jobs = 2;
	write_file("file", BLOCKS * 128 + 77, 1);
	for (size_t i = 0; i < ROUNDS; i++) {
		uint64_t earlier = 1 + random_below(BLOCKS - 1);
		uint64_t later = earlier + 1 + random_below((uint32_t)(BLOCKS - earlier));
		size_t place = add_kind(OPERAND);
		set_offer(place, states_of("file", earlier * 128, later * 128));
		unsigned char *bytes = (unsigned char *)&offers[place];
		for (uint32_t flips = random_below(4); flips > 0; flips--)
			bytes[random_below(sizeof(offers[place]))] ^=
				(unsigned char)(1 << random_below(8));
	}
	if (!run())
		return;
	size_t resumed = 0, restarted = 0;
	for (size_t i = 0; i < ROUNDS; i++) {
		assert_digest(i, "file");
		resumed += results[i].skipped > 0;
		restarted += results[i].restarted;
	}
	/* Some were not spoilt, and some not so that it was seen at once. */
	ck_assert_uint_gt(resumed, 20);
	ck_assert_uint_gt(restarted, 20);
}
END_TEST

/* States that are reported. */

/** Each is that of the file's beginning, and any two of them can be gone on from. */
START_TEST(test_resume_states_are_right)
{
	set_way(_i % WAYS);
	write_file("file", SIZE, 1);
	shared->cached = _i < WAYS ? UINT64_MAX : 0;
	shared->slowness = 150 * MS;
	add_kind(OPERAND);
	source.resume = NULL;
	if (!run())
		return;
	assert_digest(0, "file");
	ck_assert_uint_ge(state_count, 8);
	struct stamp now = stamp_at("file");
	for (size_t i = 0; i < state_count; i++) {
		struct digest_state expected = state_at("file", states[i].hash.bytes);
		ck_assert(digest_same_state(&states[i].hash, &expected));
		ck_assert(stamp_same(&states[i].stamp, &now));
		ck_assert_int_eq(states[i].time.tv_sec, results[0].read);
		ck_assert(!states[i].meet.bytes);
	}
	struct hasher_kept kept = states[state_count / 2];
	kept.meet = states[state_count - 1].hash;
	begin();
	source.resume = offer;
	add_kind(OPERAND);
	set_offer(0, kept);
	run();
	assert_digest(0, "file");
	assert_resumed(0, SIZE, kept.hash.bytes);
}
END_TEST

/** There are none before they met; afterwards they say when reading began. */
START_TEST(test_resume_states_after_going_on)
{
	write_file("file", SIZE, 1);
	shared->cached = _i ? UINT64_MAX : 0;
	shared->slowness = 150 * MS;
	add_kind(OPERAND);
	set_offer(0, states_of("file", EARLIER, LATER));
	offers[0].time.tv_sec -= 300;
	run();
	assert_digest(0, "file");
	ck_assert_uint_gt(state_count, 5);
	for (size_t i = 0; i < state_count; i++) {
		ck_assert_uint_ge(states[i].hash.bytes, LATER);
		struct digest_state expected = state_at("file", states[i].hash.bytes);
		ck_assert(digest_same_state(&states[i].hash, &expected));
		ck_assert_int_eq(states[i].time.tv_sec, offers[0].time.tv_sec);
	}
}
END_TEST

/** A state that was not met is not passed on. */
START_TEST(test_resume_states_after_restart)
{
	write_file("file", SIZE, 1);
	shared->cached = _i ? UINT64_MAX : 0;
	shared->slowness = 150 * MS;
	add_kind(OPERAND);
	set_offer(0, states_of("file", EARLIER, LATER));
	spoil_earlier(&offers[0]);
	run();
	assert_digest(0, "file");
	ck_assert_uint_gt(state_count, 10);
	for (size_t i = 0; i < state_count; i++) {
		struct digest_state expected = state_at("file", states[i].hash.bytes);
		ck_assert(digest_same_state(&states[i].hash, &expected));
	}
}
END_TEST

/** A write may not change the times of a file that was written just before. */
START_TEST(test_resume_no_states_of_young_files)
{
	day_skew = 0;
	write_file("file", SIZE, 1);
	shared->cached = _i ? UINT64_MAX : 0;
	shared->slowness = 150 * MS;
	add_kind(OPERAND);
	run();
	assert_digest(0, "file");
	ck_assert_uint_eq(state_count, 0);
}
END_TEST

/** Only of the first reading. */
START_TEST(test_resume_no_states_of_a_second_reading)
{
	write_file("file", SIZE, 1);
	struct stamp before = stamp_at("file");
	shared->cached = _i ? UINT64_MAX : 0;
	shared->slowness = 150 * MS;
	shared->event = ALTER;
	shared->event_at = 6 * MIB;
	add_kind(OPERAND);
	run();
	assert_digest(0, "file");
	ck_assert_int_eq(shared->events, 1);
	ck_assert_uint_gt(shared->bytes, SIZE);
	ck_assert_uint_gt(state_count, 5);
	for (size_t i = 0; i < state_count; i++)
		ck_assert(stamp_same(&states[i].stamp, &before));
}
END_TEST

/** What was not read does not count, also in mid-file. */
START_TEST(test_resume_counts)
{
	struct node *node;
	struct hasher_result result;
	write_file("file", SIZE, 1);
	shared->slowness = 150 * MS;
	size_t place = add_kind(_i);
	set_offer(place, states_of("file", EARLIER, LATER));
	struct scan *scan = scan_open(&options, &tree, &source);
	const struct scan_counts *counts = scan_counts(scan);
	int got;
	while ((got = scan_next(scan, 0, &node, &result)) < 0) {
		ck_assert_int_eq(errno, ETIMEDOUT);
		check_quickly(counts->bytes_done <= SIZE - EARLIER);
		check_quickly(!asked[place] || counts->bytes == SIZE - EARLIER);
	}
	ck_assert_int_eq(got, 1);
	ck_assert_uint_eq(counts->bytes_done, SIZE - EARLIER);
	ck_assert_int_eq(tree_set_result(&tree, node, &result), 0);
	scan_free(scan);
}
END_TEST

static TCase *new_case(Suite *suite, const char *name)
{
	TCase *tests = tcase_create(name);
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 120);
	tcase_add_unchecked_fixture(tests, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(tests, setup, teardown);
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("scan_resume");
	TCase *tests = new_case(suite, "going on");
	tcase_add_loop_test(tests, test_resume_reads_the_rest, 0, 2 * WAYS);
	tcase_add_loop_test(tests, test_resume_anywhere, 0, WAYS);
	tcase_add_test(tests, test_resume_on_another_device);
	tcase_add_test(tests, test_resume_hard_links);
	tcase_add_test(tests, test_resume_default_size);
	tcase_add_loop_test(tests, test_resume_is_not_asked, 0, 4);
	tcase_add_loop_test(tests, test_resume_counts, 0, KINDS);
	tests = new_case(suite, "wrong states");
	tcase_add_loop_test(tests, test_resume_from_wrong_states, 0, WRONGS);
	tcase_add_test(tests, test_resume_of_another_size_than_listed);
	tcase_add_loop_test(tests, test_resume_of_a_file_that_changed, 0, 6);
	tcase_add_loop_test(tests, test_resume_of_a_file_that_rotted, 0, 2);
	tcase_add_loop_test(tests, test_resume_of_a_file_that_changes, 0, 4);
	tcase_add_test(tests, test_resume_of_a_file_that_ends_early);
	tcase_add_loop_test(tests, test_resume_and_the_worker_dies, 0, WAYS);
	tcase_add_loop_test(tests, test_resume_from_random_states, 0, WAYS);
	tests = new_case(suite, "reported states");
	tcase_add_loop_test(tests, test_resume_states_are_right, 0, 2 * WAYS);
	tcase_add_loop_test(tests, test_resume_states_after_going_on, 0, 2);
	tcase_add_loop_test(tests, test_resume_states_after_restart, 0, 2);
	tcase_add_loop_test(tests, test_resume_no_states_of_young_files, 0, 2);
	tcase_add_loop_test(tests, test_resume_no_states_of_a_second_reading, 0, 2);
	return suite_run(suite);
}
