/*
 * The scan as the modes see it: what comes back for each kind of name, with every engine, whatever
 * happens to files and workers meanwhile.
 *
 * Functions that stand before the C library's make things happen at a certain call in a worker: a
 * file changes, is not in the page cache, takes long, cannot be read; the worker dies.
 */
#include "scan/scan.h"

#include "leaks.h"
#include "quickly.h"
#include "scratch.h"
#include "suite.h"
#include "values.h"
#include "walk/listing.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>

/** A file that needs a grant where it is not in the page cache; of no whole number of blocks. */
#define LARGE (((size_t)8 << 20) + 12345)

#define MS INT64_C(1000000)

enum {
	NODES = 1024,
	READS = 8192,
	NAMES = 2048,
};

/* What is to happen. */

/** What the test and all workers see. */
static struct {
	/** Calls of workers that are counted; at which one the worker dies, and how often one does.
	 */
	atomic_int calls;
	int die_at;
	atomic_int deaths;
	/** Files are in the page cache up to here. */
	uint64_t cached;
	/** How long reading a piece of a large file takes, in ns. */
	int64_t slowness;
	/** The inode of each file of which a piece was read, in the order of reading, and its
	 * bytes. */
	atomic_int reads;
	uint64_t read_inodes[READS];
	size_t read_sizes[READS];
	/** Reading this file ends with this error, or with this signal (below 0), so often. */
	uint64_t bad_inode;
	int bad_error;
	atomic_int bad_times;
	/** Before the status of this file is told for the time of this number, counted from 1, it
	 * is written to. */
	uint64_t altered_inode;
	int altered_at[2];
	/** Its times are then as they were. */
	bool altered_secretly;
	atomic_int altered_looks;
	/** At this number of the calls that list a directory the worker dies; before that this name
	 * becomes that of the directory. */
	int die_listing;
	char replacement[16];
	atomic_int listing_calls;
} * shared;

static pid_t parent;

/** The C library's syscall(2). Others call it before anything here runs. */
static long (*real_syscall(void))(long number, ...)
{
	static long (*found)(long number, ...);
	if (!found)
		*(void **)&found = dlsym(RTLD_NEXT, "syscall");
	return found;
}

/** How often fstat(2) is to report a later mtime or ctime than the time before, in each worker. */
static int mtime_moves, ctime_moves;
/** By how many seconds it is to report times that are earlier. */
static int older_mtime, older_ctime;
/** How much time has passed in this worker that nobody waited for. */
static int64_t skew;

static bool is_worker(void)
{
	return parent && getpid() != parent;
}

/** A worker makes a call, and dies of it, perhaps. */
static void count_call(void)
{
	if (!is_worker())
		return;
	int call = atomic_fetch_add(&shared->calls, 1) + 1;
	if (shared->die_at && call % shared->die_at == 0 &&
		atomic_fetch_sub(&shared->deaths, 1) > 0)
		kill(getpid(), SIGKILL);
}

/** Write to a file, which stays as long as it is. */
static void alter(int fd, const struct stat *status)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int writing = open(path, O_WRONLY | O_CLOEXEC);
	struct timespec times[2] = {status->st_atim, status->st_mtim};
	times[1].tv_sec += shared->altered_secretly ? 0 : 1;
	if (writing < 0 || pwrite(writing, &shared->altered_looks, 1, 0) != 1 ||
		futimens(writing, times) != 0)
		_exit(99);
	close(writing);
}

int fstat(int fd, struct stat *status)
{
	count_call();
	int result = fstatat(fd, "", status, AT_EMPTY_PATH);
	if (result != 0 || !is_worker() || !S_ISREG(status->st_mode))
		return result;
	if (status->st_ino == shared->altered_inode) {
		int look = atomic_fetch_add(&shared->altered_looks, 1) + 1;
		if (look == shared->altered_at[0] || look == shared->altered_at[1]) {
			alter(fd, status);
			fstatat(fd, "", status, AT_EMPTY_PATH);
		}
	}
	status->st_mtim.tv_sec += mtime_moves > 0 ? --mtime_moves : 0;
	status->st_ctim.tv_sec += ctime_moves > 0 ? --ctime_moves : 0;
	status->st_mtim.tv_sec -= older_mtime;
	status->st_ctim.tv_sec -= older_ctime;
	return result;
}

/** What io_fstat() asks. */
int statx(int fd, const char *path, int flags, unsigned mask, struct statx *found)
{
	struct stat status;
	(void)path;
	(void)flags;
	(void)mask;
	if (fstat(fd, &status) != 0)
		return -1;
	*found = (struct statx){
		.stx_dev_major = major(status.st_dev),
		.stx_dev_minor = minor(status.st_dev),
		.stx_ino = status.st_ino,
		.stx_mode = (uint16_t)status.st_mode,
		.stx_nlink = (uint32_t)status.st_nlink,
		.stx_size = (uint64_t)status.st_size,
		.stx_mtime = {.tv_sec = status.st_mtim.tv_sec,
			.tv_nsec = (uint32_t)status.st_mtim.tv_nsec},
		.stx_ctime = {.tv_sec = status.st_ctim.tv_sec,
			.tv_nsec = (uint32_t)status.st_ctim.tv_nsec},
	};
	return 0;
}

/** A piece of a file is read in a worker. @return -1 with errno where it cannot be, 0 */
static int note_read(int fd, size_t size)
{
	struct stat status;
	if (!is_worker() || fstatat(fd, "", &status, AT_EMPTY_PATH) != 0 ||
		!S_ISREG(status.st_mode))
		return 0;
	if (status.st_ino == shared->bad_inode && atomic_fetch_sub(&shared->bad_times, 1) > 0) {
		if (shared->bad_error < 0) {
			signal(-shared->bad_error, SIG_DFL);
			raise(-shared->bad_error);
		}
		errno = shared->bad_error;
		return -1;
	}
	int number = atomic_fetch_add(&shared->reads, 1);
	if (number < READS) {
		shared->read_inodes[number] = status.st_ino;
		shared->read_sizes[number] = size;
	}
	if ((size_t)status.st_size >= LARGE)
		skew += shared->slowness;
	return 0;
}

ssize_t read(int fd, void *buffer, size_t size)
{
	count_call();
	ssize_t got = real_syscall()(SYS_read, fd, buffer, size);
	return got > 0 && note_read(fd, (size_t)got) != 0 ? -1 : got;
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
	count_call();
	if (number == SYS_preadv2)
		return read_cached((int)a[0], (const struct iovec *)a[1]);
	return real_syscall()(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

ssize_t getdents64(int fd, void *buffer, size_t size)
{
	count_call();
	if (is_worker() && atomic_fetch_add(&shared->listing_calls, 1) + 1 == shared->die_listing) {
		if (*shared->replacement)
			renameat2(AT_FDCWD, shared->replacement, AT_FDCWD, "many", RENAME_EXCHANGE);
		kill(getpid(), SIGKILL);
	}
	return real_syscall()(SYS_getdents64, fd, buffer, size);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	int result = (int)real_syscall()(SYS_clock_gettime, clock, time);
	int64_t ns = time->tv_nsec + skew;
	time->tv_sec += ns / 1000000000;
	time->tv_nsec = ns % 1000000000;
	return result;
}

/* The nodes. */

/** A node, and what became of it. */
struct record {
	struct node *node;
	char *path;
	/** What has this name when it is added, links followed; 0: nothing. */
	uint64_t inode;
	struct hasher_result result;
	/** What the result's digest points to. */
	unsigned char digest[DIGEST_SET_SIZE];
	bool back;
	/** It is given out when so many are back. */
	size_t after;
	/** The names that a listing told, and how often it began. */
	char *names[NAMES];
	size_t name_count;
	int listings;
	/** The stamp for which a digest is known. */
	bool known;
	struct stamp stamp;
	/** The digest that it should have. */
	bool has_expected;
	unsigned char expected[DIGEST_MAX_SIZE];
	/** Of the parts of its listing this one is refused, counted from 1, with this error. */
	int refused_part;
	int refused_error;
	int parts;
};

static struct tree tree;
static struct record *records[NODES];
static size_t record_count, given, back;
/** Of those that are back: files, and their bytes. */
static uint64_t files_back, bytes_back;
static struct scan_options options;
static struct scan_source source;
/** Where > 0: the source fails with this error at its end. */
static int source_error;
/** The most large files that were to be read at a time. */
static unsigned streams;

static struct record *record_of(const struct node *node)
{
	for (size_t i = 0; i < record_count; i++) {
		if (records[i]->node == node)
			return records[i];
	}
	ck_abort_msg("an unknown node");
}

static struct record *new_record(struct node *parent_node, const char *name, enum node_type type)
{
	struct record *record = calloc(1, sizeof(*record));
	struct node *node = tree_new(&tree, parent_node, name, strlen(name));
	ck_assert(record && node);
	ck_assert_uint_lt(record_count, NODES);
	node->type = (uint8_t)type;
	record->node = node;
	record->path = strdup(tree_path(&tree, node, NULL));
	struct stat status;
	if (stat(record->path, &status) == 0)
		record->inode = status.st_ino;
	if (!parent_node && tree.kept)
		tree_add_root(&tree, node);
	if (parent_node && tree.kept) {
		node->next = parent_node->directory.first;
		parent_node->directory.first = node;
	}
	return record;
}

/** Give out a node after those there are. */
static struct record *add(struct node *parent_node, const char *name, enum node_type type)
{
	return records[record_count++] = new_record(parent_node, name, type);
}

static struct record *add_operand(const char *name)
{
	return add(NULL, name, NODE_UNKNOWN);
}

/** A directory that was listed. */
static struct node *listed(struct node *parent_node, const char *name)
{
	struct record *record = new_record(parent_node, name, NODE_DIRECTORY);
	struct node *node = record->node;
	struct stat status;
	ck_assert_int_eq(stat(record->path, &status), 0);
	node->inode = status.st_ino;
	node->device = (uint16_t)tree_device(&tree, status.st_dev);
	node->flags |= NODE_ENDED;
	free(record->path);
	free(record);
	return node;
}

/** What a listing says of a file that it has looked at. */
static void set_stamp(const struct record *record)
{
	struct stat status;
	ck_assert_int_eq(stat(record->path, &status), 0);
	struct stamp stamp = stamp_of(&status);
	ck_assert_int_eq(tree_set_stamp(&tree, record->node, &stamp), 0);
	if (status.st_nlink > 1)
		record->node->flags |= NODE_LINKS;
}

static uint64_t inode_of(const char *path)
{
	struct stat status;
	ck_assert_int_eq(stat(path, &status), 0);
	return status.st_ino;
}

static int next(void *context, struct node **node)
{
	(void)context;
	if (given == record_count) {
		errno = source_error;
		return source_error ? -1 : 0;
	}
	if (records[given]->after > back) {
		errno = EAGAIN;
		return -1;
	}
	*node = records[given++]->node;
	return 1;
}

static void forget_names(struct record *record)
{
	while (record->name_count > 0)
		free(record->names[--record->name_count]);
}

/** Keep the names of a part; a first part begins anew. */
static int take_part(void *context, struct node *node, const void *data, size_t size)
{
	struct record *record = record_of(node);
	struct frame_reader part;
	struct listing_entry entry;
	bool first;
	uint64_t device, inode;
	int got;
	(void)context;
	if (++record->parts == record->refused_part) {
		errno = record->refused_error;
		return -1;
	}
	if (node->type != NODE_DIRECTORY) {
		check_quickly(node->type == NODE_UNKNOWN);
		node->type = NODE_DIRECTORY;
		memset(&node->directory, 0, sizeof(node->directory));
	}
	frame_read(&part, data, size);
	check_quickly(listing_get_begin(&part, &first, &device, &inode) == 0);
	if (first) {
		record->listings++;
		forget_names(record);
		check_quickly(inode == record->inode);
	}
	check_quickly(record->listings > 0);
	while ((got = listing_get(&part, &entry)) > 0) {
		check_quickly(record->name_count < NAMES);
		record->names[record->name_count++] = strndup(entry.name, entry.size);
	}
	check_quickly(got == 0);
	return 0;
}

static bool known(void *context, struct node *node, struct stamp *stamp)
{
	const struct record *record = record_of(node);
	(void)context;
	*stamp = record->stamp;
	return record->known;
}

static const unsigned char *expected_digest(void *context, const struct node *node)
{
	const struct record *record = record_of(node);
	(void)context;
	return record->has_expected ? record->expected : NULL;
}

static void note_limits(const struct workers_limits *limits)
{
	if (limits->streams > streams)
		streams = limits->streams;
}

static void begin_tree(bool kept)
{
	tree_free(&tree);
	tree_begin(&tree, kept, 64);
}

static void setup(void)
{
	leaks_setup();
	scratch_enter();
	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(shared, MAP_FAILED);
	shared->cached = UINT64_MAX;
	parent = getpid();
	options = (struct scan_options){
		.algorithms = digest_set_of(digest_find("sha512")),
		.jobs = 2,
		.streams = true,
		.decided = note_limits,
	};
	source = (struct scan_source){
		.next = next,
		.part = take_part,
		.known = known,
		.expected = expected_digest,
	};
	record_count = given = back = 0;
	files_back = bytes_back = 0;
	source_error = 0;
	/* Where nobody has said anything yet. */
	streams = 1;
	mtime_moves = ctime_moves = older_mtime = older_ctime = 0;
	skew = 0;
	tree_begin(&tree, true, 64);
}

static void teardown(void)
{
	tree_free(&tree);
	for (size_t i = 0; i < record_count; i++) {
		forget_names(records[i]);
		free(records[i]->path);
		free(records[i]);
	}
	munmap(shared, sizeof(*shared));
	leaks_teardown();
}

/* Files. */

static void write_file(const char *path, size_t size)
{
	static unsigned char bytes[65536];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ck_assert_int_ge(fd, 0);
	for (size_t at = 0; at < size; at += sizeof(bytes)) {
		size_t part = size - at < sizeof(bytes) ? size - at : sizeof(bytes);
		for (size_t i = 0; i < part; i++)
			bytes[i] = (unsigned char)((at + i) * 31 + (at >> 16) + size);
		check_quickly(write(fd, bytes, part) == (ssize_t)part);
	}
	ck_assert_int_eq(close(fd), 0);
}

/** A file's digest of one algorithm, by libcrypto. @return its size */
static uint64_t digest_by(
	const struct digest_algorithm *algorithm, const char *path, unsigned char *result)
{
	static unsigned char buffer[65536];
	struct digest *digest = digest_new(algorithm);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;
	uint64_t size = 0;
	check_quickly(digest && fd >= 0);
	while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
		check_quickly(digest_update(digest, buffer, (size_t)got) == 0);
		size += (uint64_t)got;
	}
	close(fd);
	check_quickly(digest_finish(digest, result) == 0);
	digest_free(digest);
	return size;
}

/** The same of all algorithms. */
static uint64_t digest_of(const char *path, unsigned char *result)
{
	uint64_t size = 0;
	for (size_t i = 0; i < options.algorithms.count; i++) {
		size = digest_by(options.algorithms.list[i], path, result);
		result += options.algorithms.list[i]->size;
	}
	return size;
}

/** Let a file be expected to have the digest that it has, or one that differs from it in its last
 * byte. */
static void expect_digest(struct record *record, bool right)
{
	digest_of(record->path, record->expected);
	record->has_expected = true;
	record->expected[options.algorithms.size - 1] ^= !right;
}

/** Hold a digest against libcrypto's. */
static void assert_digest(const struct record *record)
{
	unsigned char digest[DIGEST_SET_SIZE];
	uint64_t size = digest_of(record->path, digest);
	ck_assert_msg(record->result.state == HASHER_DONE, "%s: state %d, error %d", record->path,
		record->result.state, record->result.error);
	check_quickly(record->result.size == size);
	ck_assert_msg(memcmp(record->result.digest, digest, options.algorithms.size) == 0,
		"%s: another digest", record->path);
}

static void assert_failed(const struct record *record, int error)
{
	ck_assert_msg(record->result.state == HASHER_FAILED, "%s: state %d", record->path,
		record->result.state);
	ck_assert_msg(record->result.error == error, "%s: %s", record->path,
		strerror(record->result.error));
}

static void assert_state(const struct record *record, enum hasher_state state)
{
	ck_assert_msg(record->result.state == state, "%s: state %d, error %d", record->path,
		record->result.state, record->result.error);
}

/** The bytes that workers have read of a file. */
static uint64_t bytes_read(const char *path)
{
	uint64_t inode = inode_of(path), bytes = 0;
	int reads = shared->reads;
	ck_assert_int_le(reads, READS);
	for (int i = 0; i < reads; i++)
		bytes += shared->read_inodes[i] == inode ? shared->read_sizes[i] : 0;
	return bytes;
}

/* The run. */

static struct scan *start(void)
{
	tree.digest_size = options.algorithms.size;
	struct scan *scan = scan_open(&options, &tree, &source);
	ck_assert(scan || options.engine == ENGINE_LANES);
	return scan;
}

/** Whether a result is one of a file, which counts. */
static bool counts_as_file(const struct node *node, const struct hasher_result *result)
{
	switch (result->state) {
	case HASHER_LISTED:
	case HASHER_MOUNT:
	case HASHER_LINK:
	case HASHER_OWN:
	case HASHER_KNOWN:
		return false;
	case HASHER_SPECIAL:
		return node->type != NODE_UNKNOWN;
	default:
		return node->type != NODE_DIRECTORY;
	}
}

/** Keep what a node came to, as the modes do. */
static void take_result(struct node *node, const struct hasher_result *result)
{
	struct record *record = record_of(node);
	ck_assert_msg(!record->back, "%s: twice", record->path);
	record->back = true;
	record->result = *result;
	if (result->digest) {
		memcpy(record->digest, result->digest, options.algorithms.size);
		record->result.digest = record->digest;
	}
	back++;
	if (counts_as_file(node, result)) {
		files_back++;
		bytes_back += result->size;
	}
	if (!tree.kept)
		tree_discard(&tree, node);
	else if (node->type != NODE_DIRECTORY && result->state != HASHER_KNOWN)
		ck_assert_int_eq(tree_set_result(&tree, node, result), 0);
}

/** Take nodes until the end or an error. @return as scan_next() */
static int take_all(struct scan *scan)
{
	const struct scan_counts *counts = scan_counts(scan);
	for (;;) {
		struct node *node;
		struct hasher_result result;
		int got = scan_next(scan, FP_FOREVER, &node, &result);
		/* Nodes that come after others. */
		if (got < 0 && errno == EAGAIN)
			continue;
		if (got <= 0)
			return got;
		take_result(node, &result);
		check_quickly(counts->files_done == files_back);
		check_quickly(counts->files >= files_back);
		check_quickly(counts->bytes_done >= bytes_back);
		check_quickly(counts->bytes >= counts->bytes_done);
		check_quickly(counts->unsized <= counts->files - files_back);
		check_quickly(counts->current != node);
	}
}

/** What is told of a run that has come to its end. */
static void assert_counts_at_end(const struct scan *scan)
{
	const struct scan_counts *counts = scan_counts(scan);
	ck_assert_uint_eq(scan_pending(scan), 0);
	ck_assert_uint_eq(counts->files, counts->files_done);
	ck_assert_uint_eq(counts->bytes, counts->bytes_done);
	ck_assert_uint_eq(counts->unsized, 0);
	ck_assert_uint_eq(counts->streams, 0);
	ck_assert_ptr_null(counts->current);
}

/** Scan all that was added. @return whether there is such an engine */
static bool run(void)
{
	struct scan *scan = start();
	if (!scan)
		return false;
	ck_assert_int_eq(take_all(scan), 0);
	ck_assert_uint_eq(back, record_count);
	assert_counts_at_end(scan);
	scan_free(scan);
	return true;
}

/** From now on it is several algorithms, whose digests do not fit a node. */
static void take_several(void)
{
	ck_assert_int_eq(value_algorithms("sha256,sha512,md5", &options.algorithms), 0);
}

/* Kinds of names. */

static const enum engine_kind engines[] = {ENGINE_AUTO, ENGINE_LIBCRYPTO, ENGINE_LANES};

START_TEST(test_scan_digests_of_all_sizes)
{
	/* Around blocks, around buffers, and many small ones. */
	static const size_t sizes[] = {0, 1, 111, 112, 119, 120, 127, 128, 129, 4096, 131071,
		131072, 131073, 262144, 400000};
	enum {
		SIZES = sizeof(sizes) / sizeof(sizes[0]),
		COUNT = 300
	};
	char path[64];
	static const char *const algorithms[] = {"sha512", "sha512", "sha512", "sha256",
		"sha512,md5,sha256", "sha512,md5,sha256", "sha512,md5,sha256", "sha1,md5"};
	ck_assert_int_eq(value_algorithms(algorithms[_i], &options.algorithms), 0);
	options.engine = _i < 7 ? engines[_i % 4 % 3] : ENGINE_AUTO;
	struct node *root = listed(NULL, ".");
	for (int i = 0; i < COUNT; i++) {
		snprintf(path, sizeof(path), "%d", i);
		write_file(path, i < SIZES ? sizes[i] : (size_t)i * 7);
		if (i % 2)
			add(root, path, NODE_FILE);
		else
			add_operand(path);
	}
	if (!run())
		return; /* No lanes on this processor. */
	for (int i = 0; i < COUNT; i++)
		assert_digest(records[i]);
}
END_TEST

START_TEST(test_scan_named_files)
{
	write_file("file", 10);
	ck_assert_int_eq(symlink("file", "link"), 0);
	ck_assert_int_eq(symlink("nothing", "dangling"), 0);
	struct record *link = add_operand("link");
	struct record *missing = add_operand("missing");
	struct record *dangling = add_operand("dangling");
	struct record *below = add_operand("file/below");
	struct record *null = add_operand("/dev/null");
	struct record *empty = add_operand("");
	run();
	assert_digest(link);
	assert_digest(null);
	assert_failed(missing, ENOENT);
	assert_failed(dangling, ENOENT);
	assert_failed(below, ENOTDIR);
	assert_failed(empty, ENOENT);
}
END_TEST

/** Without a hook for parts, as in a check. */
START_TEST(test_scan_directory_that_nobody_lists)
{
	scratch_mkdir("directory");
	ck_assert_int_eq(symlink("directory", "link"), 0);
	source.part = NULL;
	struct record *directory = add_operand("directory");
	struct record *link = add_operand("link");
	run();
	assert_state(directory, HASHER_DIRECTORY);
	assert_state(link, HASHER_DIRECTORY);
}
END_TEST

/** Where all operands are trees nothing is read as a stream. */
START_TEST(test_scan_without_streams)
{
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	options.streams = false;
	struct record *fifo = add_operand("fifo");
	run();
	assert_state(fifo, HASHER_SPECIAL);
}
END_TEST

static void make_tree(void)
{
	scratch_mkdir("root");
	scratch_mkdir("root/below");
	write_file("outside", 10);
	write_file("root/below/file", 20);
	ck_assert_int_eq(mkfifo("root/fifo", 0600), 0);
	ck_assert_int_eq(symlink("../outside", "root/link"), 0);
	ck_assert_int_eq(symlink("below", "root/folder"), 0);
	ck_assert_int_eq(symlink("fifo", "root/to_fifo"), 0);
	ck_assert_int_eq(symlink("self", "root/self"), 0);
	ck_assert_int_eq(symlink("nothing", "root/dangling"), 0);
}

/** Whether a listing has told of a name. */
static bool has_name(const struct record *record, const char *name)
{
	for (size_t i = 0; i < record->name_count; i++) {
		if (strcmp(record->names[i], name) == 0)
			return true;
	}
	return false;
}

static void assert_listed_below(const struct record *record)
{
	assert_state(record, HASHER_LISTED);
	ck_assert_int_eq(record->result.error, 0);
	ck_assert_int_eq(record->listings, 1);
	ck_assert_uint_eq(record->name_count, 1);
	ck_assert_str_eq(record->names[0], "file");
}

START_TEST(test_scan_found_names_of_unknown_type)
{
	make_tree();
	options.follow = _i;
	struct node *root = listed(NULL, "root");
	struct node *below = listed(root, "below");
	struct record *file = add(below, "file", NODE_UNKNOWN);
	struct record *directory = add(root, "below", NODE_UNKNOWN);
	struct record *fifo = add(root, "fifo", NODE_UNKNOWN);
	struct record *link = add(root, "link", NODE_UNKNOWN);
	struct record *folder = add(root, "folder", NODE_UNKNOWN);
	struct record *to_fifo = add(root, "to_fifo", NODE_UNKNOWN);
	struct record *self = add(root, "self", NODE_UNKNOWN);
	struct record *dangling = add(root, "dangling", NODE_UNKNOWN);
	struct record *missing = add(root, "missing", NODE_UNKNOWN);
	run();
	assert_digest(file);
	assert_listed_below(directory);
	assert_state(fifo, HASHER_SPECIAL);
	assert_failed(missing, ENOENT);
	if (!options.follow) {
		assert_state(link, HASHER_LINK);
		assert_state(folder, HASHER_LINK);
		assert_state(to_fifo, HASHER_LINK);
		assert_state(self, HASHER_LINK);
		assert_state(dangling, HASHER_LINK);
		return;
	}
	assert_digest(link);
	assert_listed_below(folder);
	assert_state(to_fifo, HASHER_SPECIAL);
	assert_failed(self, ELOOP);
	assert_failed(dangling, ENOENT);
}
END_TEST

/** What was listed as a file or a directory is another thing by now. */
START_TEST(test_scan_names_that_changed_type)
{
	make_tree();
	struct node *root = listed(NULL, "root");
	struct record *directory = add(root, "below", NODE_FILE);
	struct record *fifo = add(root, "fifo", NODE_FILE);
	struct record *link = add(root, "link", NODE_FILE);
	struct record *missing = add(root, "missing", NODE_FILE);
	struct record *list_file = add(listed(root, "below"), "file", NODE_DIRECTORY);
	struct record *list_fifo = add(root, "fifo", NODE_DIRECTORY);
	struct record *list_link = add(root, "folder", NODE_DIRECTORY);
	struct record *list_missing = add(root, "missing", NODE_DIRECTORY);
	run();
	assert_state(directory, HASHER_DIRECTORY);
	assert_state(fifo, HASHER_SPECIAL);
	assert_failed(link, ELOOP);
	assert_failed(missing, ENOENT);
	assert_failed(list_file, ENOTDIR);
	assert_failed(list_fifo, ENOTDIR);
	assert_failed(list_link, ELOOP);
	assert_failed(list_missing, ENOENT);
}
END_TEST

/** A directory on the way is not the one that was listed, or not there. */
START_TEST(test_scan_exchanged_directories)
{
	make_tree();
	scratch_mkdir("root/other");
	write_file("root/other/file", 30);
	struct node *root = listed(NULL, "root");
	struct node *below = listed(root, "below");
	struct node *other = listed(root, "other");
	struct node *gone = listed(root, "other");
	struct node *linked = listed(root, "folder");
	struct node *rootless = listed(NULL, "root/other");
	ck_assert_int_eq(rename("root/other", "root/moved"), 0);
	ck_assert_int_eq(rename("root/below", "root/other"), 0);
	ck_assert_int_eq(symlink("other", "root/below"), 0);
	(void)gone;
	struct record *file = add(other, "file", NODE_FILE);
	struct record *list = add(other, "file", NODE_DIRECTORY);
	struct record *unknown = add(other, "file", NODE_UNKNOWN);
	struct record *through = add(below, "file", NODE_FILE);
	struct record *twice = add(linked, "file", NODE_FILE);
	struct record *exchanged_root = add(rootless, "file", NODE_FILE);
	run();
	assert_failed(file, ESTALE);
	assert_failed(list, ESTALE);
	assert_failed(unknown, ESTALE);
	assert_failed(through, ELOOP);
	assert_failed(twice, ELOOP);
	assert_failed(exchanged_root, ESTALE);
}
END_TEST

START_TEST(test_scan_directories_are_listed)
{
	make_tree();
	struct node *root = listed(NULL, "root");
	struct record *operand = add_operand("root");
	struct record *below = add(root, "below", NODE_DIRECTORY);
	struct record *slash = add_operand("root/folder/");
	options.stat = (enum hasher_stat)_i;
	run();
	assert_listed_below(below);
	assert_listed_below(slash);
	assert_state(operand, HASHER_LISTED);
	static const char *const names[] = {
		"below", "fifo", "link", "folder", "to_fifo", "self", "dangling"};
	ck_assert_uint_eq(operand->name_count, sizeof(names) / sizeof(names[0]));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert(has_name(operand, names[i]));
}
END_TEST

static uint64_t another_device(void *context, const struct node *node)
{
	(void)context;
	return node->parent ? 1 : 0;
}

START_TEST(test_scan_other_file_systems_are_not_entered)
{
	make_tree();
	struct node *root = listed(NULL, "root");
	struct record *operand = add_operand("root");
	struct record *below = add(root, "below", NODE_DIRECTORY);
	struct record *unknown = add(root, "below", NODE_UNKNOWN);
	struct record *file = add(listed(root, "below"), "file", NODE_FILE);
	source.device = another_device;
	run();
	assert_state(operand, HASHER_LISTED);
	assert_state(below, HASHER_MOUNT);
	assert_state(unknown, HASHER_MOUNT);
	ck_assert_int_eq(below->parts + unknown->parts, 0);
	assert_digest(file);
}
END_TEST

START_TEST(test_scan_known_files_are_not_read)
{
	scratch_mkdir("root");
	struct node *root = listed(NULL, "root");
	static const char *const names[] = {"a", "b", "c", "d", "e"};
	struct record *files[5];
	for (size_t i = 0; i < 5; i++) {
		char path[16];
		struct stat status;
		snprintf(path, sizeof(path), "root/%s", names[i]);
		write_file(path, 100 + i);
		ck_assert_int_eq(stat(path, &status), 0);
		files[i] = i == 4 ? add_operand(path)
				  : add(root, names[i], i ? NODE_FILE : NODE_UNKNOWN);
		files[i]->known = true;
		files[i]->stamp = stamp_of(&status);
		/* Disks are numbered anew at each start. */
		files[i]->stamp.device = files[i]->stamp.inode = 0;
	}
	files[1]->stamp.size++;
	files[2]->stamp.mtime.tv_nsec ^= 1;
	files[3]->stamp.ctime.tv_sec--;
	run();
	for (size_t i = 0; i < 5; i++) {
		if (i > 0 && i < 4) {
			assert_digest(files[i]);
			continue;
		}
		assert_state(files[i], HASHER_KNOWN);
		ck_assert_uint_eq(files[i]->result.size, 100 + i);
		ck_assert_uint_eq(files[i]->result.stamp.inode, inode_of(files[i]->path));
		ck_assert(files[i]->result.settled);
		ck_assert_uint_eq(bytes_read(files[i]->path), 0);
	}
}
END_TEST

/** A listing that follows links calls one to a file a file. */
START_TEST(test_scan_known_files_behind_links)
{
	struct stat status;
	scratch_mkdir("root");
	write_file("file", 100);
	ck_assert_int_eq(symlink("../file", "root/link"), 0);
	ck_assert_int_eq(stat("file", &status), 0);
	options.follow = true;
	struct node *root = listed(NULL, "root");
	struct record *same = add(root, "link", NODE_FILE);
	struct record *other = add(root, "link", NODE_FILE);
	same->known = other->known = true;
	same->stamp = other->stamp = stamp_of(&status);
	other->stamp.size++;
	run();
	assert_state(same, HASHER_KNOWN);
	assert_digest(other);
}
END_TEST

START_TEST(test_scan_own_files_are_read_only_where_they_are_named)
{
	struct stat status;
	scratch_mkdir("root");
	write_file("root/own", 100);
	write_file("root/other", 200);
	ck_assert_int_eq(stat("root/own", &status), 0);
	options.owned[0] = (struct stamp){.device = 1, .inode = 2};
	options.owned[1] = stamp_of(&status);
	options.owned_count = 2;
	struct node *root = listed(NULL, "root");
	struct record *found = add(root, "own", NODE_FILE);
	struct record *unknown = add(root, "own", NODE_UNKNOWN);
	struct record *other = add(root, "other", NODE_FILE);
	struct record *named = add_operand("root/own");
	run();
	assert_state(found, HASHER_OWN);
	assert_state(unknown, HASHER_OWN);
	assert_digest(other);
	assert_digest(named);
}
END_TEST

/* Several names of one file. */

/** Names of one file below a root, for a test to add. */
static void make_links(size_t count, size_t size)
{
	char path[32];
	scratch_mkdir("root");
	write_file("root/0", size);
	for (size_t i = 1; i < count; i++) {
		snprintf(path, sizeof(path), "root/%zu", i);
		ck_assert_int_eq(link("root/0", path), 0);
	}
}

/** Add these names, of which some may have been looked at by a listing. */
static void add_links(struct node *root, size_t count, bool stamped)
{
	char name[16];
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%zu", i);
		struct record *record = add(root, name, NODE_FILE);
		if (stamped)
			set_stamp(record);
	}
}

/** What a listing has not looked at, a worker tells before it reads. */
START_TEST(test_scan_links_are_read_once)
{
	enum {
		COUNT = 40
	};
	begin_tree(_i & 1);
	if (_i & 4)
		take_several();
	make_links(COUNT, 300000);
	struct node *root = listed(NULL, "root");
	add_links(root, COUNT, _i & 2);
	add_operand("root/0");
	add(root, "1", NODE_UNKNOWN);
	/* When the others have come back. */
	add_links(root, 3, _i & 2);
	for (size_t i = 0; i < 3; i++)
		records[COUNT + 2 + i]->after = COUNT;
	time_t before = time(NULL);
	run();
	for (size_t i = 0; i < record_count; i++) {
		assert_digest(records[i]);
		ck_assert_int_ge(records[i]->result.read, before);
		ck_assert_int_eq(records[i]->result.read, records[0]->result.read);
		ck_assert_uint_eq(records[i]->result.stamp.inode, inode_of("root/0"));
	}
	ck_assert_uint_eq(bytes_read("root/0"), 300000);
}
END_TEST

/** More files than are kept where nodes do not stay would forget some; those that are read, never.
 */
START_TEST(test_scan_links_of_many_files)
{
	enum {
		COUNT = 100
	};
	char path[32];
	begin_tree(_i);
	scratch_mkdir("root");
	struct node *root = listed(NULL, "root");
	for (int i = 0; i < 2 * COUNT; i++) {
		snprintf(path, sizeof(path), "root/%d", i);
		if (i < COUNT)
			write_file(path, 1000 + (size_t)i);
		else {
			char first[32];
			snprintf(first, sizeof(first), "root/%d", i - COUNT);
			ck_assert_int_eq(link(first, path), 0);
		}
	}
	for (int i = 0; i < 2 * COUNT; i++) {
		snprintf(path, sizeof(path), "%d", i);
		add(root, path, NODE_FILE);
	}
	run();
	for (int i = 0; i < 2 * COUNT; i++)
		assert_digest(records[i]);
	for (int i = 0; i < COUNT; i++) {
		snprintf(path, sizeof(path), "root/%d", i);
		ck_assert_uint_eq(bytes_read(path), 1000 + (size_t)i);
	}
}
END_TEST

/** The name that is read cannot be: each of the others tries itself. */
START_TEST(test_scan_link_that_fails)
{
	begin_tree(_i & 1);
	make_links(4, 1000);
	shared->bad_inode = inode_of("root/0");
	shared->bad_error = EIO;
	shared->bad_times = 1;
	add_links(listed(NULL, "root"), 4, _i & 2);
	run();
	int failed = 0;
	for (size_t i = 0; i < 4; i++) {
		if (records[i]->result.state == HASHER_FAILED) {
			ck_assert_int_eq(records[i]->result.error, EIO);
			failed++;
		} else {
			assert_digest(records[i]);
		}
	}
	ck_assert_int_eq(failed, 1);
}
END_TEST

/** It changes before it is read: the digest is not that of what the others have seen. */
START_TEST(test_scan_link_that_changes)
{
	begin_tree(_i);
	make_links(4, 1000);
	add_links(listed(NULL, "root"), 4, true);
	/* At the first opening, after the listing. */
	shared->altered_inode = inode_of("root/0");
	shared->altered_at[0] = 1;
	run();
	for (size_t i = 0; i < 4; i++)
		assert_digest(records[i]);
	ck_assert_uint_eq(bytes_read("root/0"), 4000);
}
END_TEST

/* Files that change. */

START_TEST(test_scan_changed_once_is_read_again)
{
	write_file("file", 100);
	/* Open, and the end of the first reading. */
	mtime_moves = 2;
	struct record *file = add_operand("file");
	run();
	assert_digest(file);
	ck_assert_uint_eq(bytes_read("file"), 200);
}
END_TEST

START_TEST(test_scan_changed_twice_has_no_digest)
{
	write_file("file", 100);
	mtime_moves = 4;
	struct record *file = add_operand("file");
	run();
	assert_state(file, HASHER_CHANGED);
	ck_assert_uint_eq(bytes_read("file"), 200);
}
END_TEST

/** Of a file of which only ctime moves, two equal digests are its own. */
START_TEST(test_scan_ctime_moves)
{
	write_file("file", 100);
	ctime_moves = _i ? 4 : 2;
	struct record *file = add_operand("file");
	run();
	assert_digest(file);
	ck_assert_uint_eq(bytes_read("file"), 200);
}
END_TEST

/** Two that are not equal are nobody's, as long as ctime moves. */
START_TEST(test_scan_ctime_moves_and_contents_too)
{
	static const char *const algorithms[] = {"sha512", "sha512,md5,sha256", "md5,sha1"};
	bool twice = _i % 2;
	ck_assert_int_eq(value_algorithms(algorithms[_i / 2], &options.algorithms), 0);
	write_file("file", 100);
	shared->altered_inode = inode_of("file");
	shared->altered_secretly = true;
	/* At the end of the first reading, and of the second one. */
	shared->altered_at[0] = 2;
	shared->altered_at[1] = twice ? 4 : 0;
	struct record *file = add_operand("file");
	run();
	if (twice)
		assert_state(file, HASHER_CHANGED);
	else
		assert_digest(file);
	ck_assert_uint_eq(bytes_read("file"), 200);
}
END_TEST

/** A digest that is the expected one needs no second reading; any other one does. */
START_TEST(test_scan_ctime_moves_under_an_expected_digest)
{
	bool right = _i < 2;
	options.algorithms = digest_set_of(digest_find(_i % 2 ? "sha256" : "sha512"));
	write_file("file", 100);
	ctime_moves = 100;
	struct record *file = add_operand("file");
	expect_digest(file, right);
	run();
	assert_digest(file);
	ck_assert_uint_eq(bytes_read("file"), right ? 100 : 200);
}
END_TEST

/** Each name of an inode, where what was seen of one holds for no other one. */
START_TEST(test_scan_ctime_moves_under_expected_digests_of_links)
{
	options.jobs = 1;
	write_file("one", 100);
	ck_assert_int_eq(link("one", "other"), 0);
	ctime_moves = 100;
	expect_digest(add_operand("one"), !_i);
	expect_digest(add_operand("other"), !_i);
	run();
	assert_digest(records[0]);
	assert_digest(records[1]);
	ck_assert_uint_eq(bytes_read("one"), _i ? 400 : 200);
}
END_TEST

/** Only the second reading gives the expected digest, and ctime does not stay. */
START_TEST(test_scan_expected_digest_at_second_reading)
{
	write_file("file", 100);
	struct record *file = add_operand("file");
	shared->altered_inode = inode_of("file");
	shared->altered_secretly = true;
	shared->altered_at[0] = 2;
	shared->altered_at[1] = 4;
	/* What is written at the second look. */
	int fd = open("file", O_RDWR | O_CLOEXEC);
	char first, second = 2;
	ck_assert(fd >= 0 && pread(fd, &first, 1, 0) == 1 && pwrite(fd, &second, 1, 0) == 1);
	expect_digest(file, true);
	ck_assert(first != second && pwrite(fd, &first, 1, 0) == 1 && close(fd) == 0);
	run();
	assert_state(file, HASHER_DONE);
	ck_assert_mem_eq(file->result.digest, file->expected, options.algorithms.size);
	ck_assert_uint_eq(bytes_read("file"), 200);
}
END_TEST

/** Size and mtime have to stay all the same. */
START_TEST(test_scan_mtime_moves_under_an_expected_digest)
{
	write_file("file", 100);
	mtime_moves = _i ? 4 : 2;
	struct record *file = add_operand("file");
	expect_digest(file, true);
	run();
	if (_i)
		assert_state(file, HASHER_CHANGED);
	else
		assert_digest(file);
	ck_assert_uint_eq(bytes_read("file"), 200);
}
END_TEST

/** First mtime, then ctime: twice is twice. */
START_TEST(test_scan_mtime_moves_then_ctime)
{
	write_file("file", 100);
	mtime_moves = 2;
	ctime_moves = 4;
	struct record *file = add_operand("file");
	run();
	assert_state(file, HASHER_CHANGED);
}
END_TEST

START_TEST(test_scan_stamp)
{
	write_file("file", 100);
	static const struct timespec times[2] = {{1, 2}, {-1, 500000000}};
	ck_assert_int_eq(utimensat(AT_FDCWD, "file", times, 0), 0);
	struct record *named = add_operand("file");
	struct record *found = add(listed(NULL, "."), "file", NODE_FILE);
	struct record *stream = add_operand("/dev/null");
	struct record *missing = add_operand("missing");
	time_t before = time(NULL);
	run();
	struct stat status;
	ck_assert_int_eq(stat("file", &status), 0);
	ck_assert_int_ge(named->result.read, before);
	ck_assert_int_ge(stream->result.read, before);
	ck_assert_int_le(stream->result.read, time(NULL));
	ck_assert_int_eq(missing->result.read, 0);
	struct stamp expected = stamp_of(&status);
	ck_assert_int_eq(expected.mtime.tv_sec, -1);
	ck_assert(stamp_same(&named->result.stamp, &expected));
	ck_assert(stamp_same(&found->result.stamp, &expected));
	ck_assert_uint_eq(named->result.links, 1);
	ck_assert_uint_eq(stream->result.stamp.inode, 0);
	ck_assert(!stream->result.settled);
	ck_assert(!missing->result.settled);
}
END_TEST

/** Both times have to be two seconds old; of mtime alone anybody can say so. */
START_TEST(test_scan_settled)
{
	static const struct {
		int older_mtime;
		int older_ctime;
		bool settled;
	} ages[] = {
		{-60, -60, false},
		{60, -60, false},
		{-60, 60, false},
		{3, 3, true},
		{60, 60, true},
	};
	write_file("file", 100);
	older_mtime = ages[_i].older_mtime;
	older_ctime = ages[_i].older_ctime;
	struct record *file = add_operand("file");
	run();
	assert_state(file, HASHER_DONE);
	ck_assert_int_eq(file->result.settled, ages[_i].settled);
}
END_TEST

/** What the kernel makes up when it is read has a size, and times, that say nothing. */
START_TEST(test_scan_made_up_file_is_never_settled)
{
	older_mtime = older_ctime = 60;
	struct record *version = add_operand("/proc/version");
	run();
	assert_digest(version);
	ck_assert_uint_eq(version->result.stamp.size, 0);
	ck_assert(!version->result.settled);
}
END_TEST

/* Large files. */

/** Add large files, none of which is in the page cache, which take some slices. */
static void add_large(size_t count)
{
	char path[32];
	for (size_t i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "large%zu", i);
		write_file(path, LARGE + 100 * i);
		add_operand(path);
	}
	shared->cached = 0;
	shared->slowness = 30 * MS;
}

/** What was read of each file, by when it was begun and ended; how many were so at a time? */
static unsigned most_at_a_time(void)
{
	unsigned most = 0;
	int reads = shared->reads;
	for (int i = 0; i < reads; i++) {
		unsigned open = 0;
		for (size_t j = 0; j < record_count; j++) {
			uint64_t inode = inode_of(records[j]->path);
			bool before = false, after = false;
			for (int k = 0; k <= i; k++)
				before |= shared->read_inodes[k] == inode;
			for (int k = i; k < reads; k++)
				after |= shared->read_inodes[k] == inode;
			open += before && after;
		}
		most = open > most ? open : most;
	}
	return most;
}

/** One that was begun goes on before another one is, so no more are under way than are read. */
START_TEST(test_scan_large_files_are_read_in_slices)
{
	static const char *const algorithms[] = {
		"sha512", "sha512", "sha512", "sha256", "sha1", "sha512,sha256"};
	options.engine = _i < 3 ? engines[_i] : ENGINE_AUTO;
	ck_assert_int_eq(value_algorithms(algorithms[_i], &options.algorithms), 0);
	add_large(4);
	shared->altered_inode = inode_of("large1");
	if (!run())
		return;
	/* Of other algorithms, and of several, there is no state that could be put aside: opened in
	 * vain, opened and read, looked at in the end. */
	if (_i < 4)
		ck_assert_int_gt(shared->altered_looks, 8);
	else
		ck_assert_int_eq(shared->altered_looks, 3);
	for (size_t i = 0; i < 4; i++) {
		assert_digest(records[i]);
		ck_assert_uint_eq(bytes_read(records[i]->path), LARGE + 100 * i);
	}
	ck_assert_uint_le(most_at_a_time(), streams);
}
END_TEST

/** The beginning is in the page cache, and need not be read twice. */
START_TEST(test_scan_large_file_half_in_the_page_cache)
{
	add_large(2);
	/* Also where it does not end with a block. */
	shared->cached = _i ? (4 << 20) + 77 : 4 << 20;
	run();
	for (size_t i = 0; i < 2; i++) {
		assert_digest(records[i]);
		ck_assert_uint_eq(bytes_read(records[i]->path), LARGE + 100 * i);
	}
}
END_TEST

/** In the page cache it needs no grant. */
START_TEST(test_scan_large_file_in_the_page_cache)
{
	options.jobs = 1;
	add_large(2);
	shared->cached = UINT64_MAX;
	run();
	for (size_t i = 0; i < 2; i++)
		assert_digest(records[i]);
}
END_TEST

/** The expected digest comes with each slice. */
START_TEST(test_scan_large_file_with_an_expected_digest)
{
	options.jobs = 1;
	add_large(1);
	ctime_moves = 1000;
	expect_digest(records[0], !_i);
	run();
	assert_digest(records[0]);
	ck_assert_uint_eq(bytes_read("large0"), _i ? 2 * LARGE : LARGE);
}
END_TEST

START_TEST(test_scan_large_file_altered_between_slices)
{
	options.jobs = 1;
	add_large(1);
	shared->altered_inode = inode_of("large0");
	/* 1 is the first opening, which finds nothing in the page cache; 2 begins; 3 goes on. Then
	 * it is begun anew at once, and 5 goes on with that. */
	shared->altered_at[0] = 3;
	shared->altered_at[1] = _i ? 5 : 0;
	run();
	if (_i)
		assert_state(records[0], HASHER_CHANGED);
	else
		assert_digest(records[0]);
}
END_TEST

/** What was written after the first slice may have left the times as they were. */
START_TEST(test_scan_large_file_is_never_settled_by_a_later_slice)
{
	options.jobs = 1;
	add_large(1);
	/* Minutes, while it was written just before. */
	shared->slowness = 10000 * MS;
	run();
	assert_digest(records[0]);
	ck_assert(!records[0]->result.settled);
}
END_TEST

/** When reading began: the first slice; of a file that changed, the second time. */
START_TEST(test_scan_time_of_reading)
{
	static const struct {
		bool cached;
		/** At the end of reading; without the page cache, when the second slice begins. */
		int altered_at;
		/** Seconds that have passed when reading begins. */
		int64_t passed;
	} cases[] = {{false, 0, 0}, {true, 0, 0}, {false, 3, 10}, {true, 2, 600}};
	time_t before = time(NULL);
	options.jobs = 1;
	add_large(1);
	/* Ten minutes in all. */
	shared->slowness = 10000 * MS;
	shared->cached = cases[_i].cached ? UINT64_MAX : 0;
	shared->altered_inode = inode_of("large0");
	shared->altered_at[0] = cases[_i].altered_at;
	run();
	assert_digest(records[0]);
	ck_assert_int_ge(records[0]->result.read, before + cases[_i].passed);
	if (!cases[_i].passed)
		ck_assert_int_le(records[0]->result.read, time(NULL));
}
END_TEST

/** The worker that reads one dies, always: others get their turn. */
START_TEST(test_scan_large_file_kills)
{
	options.jobs = 1;
	add_large(3);
	shared->bad_inode = inode_of("large1");
	shared->bad_error = -SIGSEGV;
	shared->bad_times = INT32_MAX;
	run();
	assert_digest(records[0]);
	assert_state(records[1], HASHER_DIED);
	ck_assert_int_eq(records[1]->result.error, SIGSEGV);
	assert_digest(records[2]);
}
END_TEST

/** Two names of a large file, and one of a small one among them. */
START_TEST(test_scan_large_links)
{
	begin_tree(_i);
	make_links(3, LARGE);
	shared->cached = 0;
	shared->slowness = 30 * MS;
	add_links(listed(NULL, "root"), 3, false);
	run();
	for (size_t i = 0; i < 3; i++)
		assert_digest(records[i]);
	ck_assert_uint_eq(bytes_read("root/0"), LARGE);
}
END_TEST

/** What is put aside is under way, and not forgotten by the counts. */
START_TEST(test_scan_counts_large_files_that_wait)
{
	struct node *node;
	struct hasher_result result;
	options.jobs = 1;
	add_large(3);
	write_file("small", 10);
	struct record *small = add_operand("small");
	small->after = 1;
	struct scan *scan = start();
	const struct scan_counts *counts = scan_counts(scan);
	ck_assert_int_eq(scan_next(scan, FP_FOREVER, &node, &result), 1);
	ck_assert_uint_eq(scan_pending(scan), 2);
	ck_assert_uint_eq(counts->files, 3);
	ck_assert_uint_eq(counts->files_done, 1);
	ck_assert_uint_eq(counts->bytes, 3 * LARGE + 300);
	ck_assert_uint_eq(counts->unsized, 0);
	take_result(node, &result);
	ck_assert_int_eq(take_all(scan), 0);
	scan_free(scan);
}
END_TEST

/* Files that others hold. */

/** Take a lease on a file, tell so, and let go when both the kernel and the parent ask for it. */
static void hold_lease(const char *path, int ready, int release)
{
	sigset_t asked;
	int signal_number;
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	sigemptyset(&asked);
	sigaddset(&asked, SIGIO);
	sigprocmask(SIG_BLOCK, &asked, NULL);
	byte = fcntl(fd, F_SETLEASE, F_WRLCK) == 0 ? 'y' : 'n';
	if (write(ready, &byte, 1) == 1 && byte == 'y' && sigwait(&asked, &signal_number) == 0 &&
		read(release, &byte, 1) == 1)
		fcntl(fd, F_SETLEASE, F_UNLCK);
	_exit(0);
}

struct holder {
	pid_t pid;
	int ready[2];
	int release[2];
};

/** Let another process hold a lease. @return false where the file system has none */
static bool hold(struct holder *holder, const char *path)
{
	char byte;
	ck_assert_int_eq(pipe2(holder->ready, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(holder->release, O_CLOEXEC), 0);
	holder->pid = fork();
	if (holder->pid == 0)
		hold_lease(path, holder->ready[1], holder->release[0]);
	ck_assert_int_eq(read(holder->ready[0], &byte, 1), 1);
	if (byte != 'y')
		puts("check_scan: skipped: no leases on this file system");
	return byte == 'y';
}

static void let_go(const struct holder *holder)
{
	ck_assert_int_eq(write(holder->release[1], "", 1), 1);
}

static void end_holder(const struct holder *holder)
{
	ck_assert_int_eq(waitpid(holder->pid, NULL, 0), holder->pid);
	for (int i = 0; i < 2; i++) {
		close(holder->ready[i]);
		close(holder->release[i]);
	}
}

START_TEST(test_scan_leased_file_is_waited_for)
{
	/* More than a window. */
	enum {
		OTHERS = 600
	};
	char path[64];
	struct holder holder;
	struct node *node;
	struct hasher_result result;
	write_file("leased", 300000);
	struct record *leased =
		_i ? add(listed(NULL, "."), "leased", NODE_FILE) : add_operand("leased");
	for (int i = 0; i < OTHERS; i++) {
		snprintf(path, sizeof(path), "%d", i);
		write_file(path, 10);
		add_operand(path);
	}
	options.jobs = 1;
	if (hold(&holder, "leased")) {
		struct scan *scan = start();
		/* It holds up no other. */
		for (int i = 0; i < OTHERS; i++) {
			ck_assert_int_eq(scan_next(scan, FP_FOREVER, &node, &result), 1);
			ck_assert_ptr_ne(node, leased->node);
			take_result(node, &result);
		}
		let_go(&holder);
		ck_assert_int_eq(take_all(scan), 0);
		assert_counts_at_end(scan);
		for (size_t i = 0; i < record_count; i++)
			assert_digest(records[i]);
		scan_free(scan);
	}
	end_holder(&holder);
}
END_TEST

/** Names that are done by another one hold up no other, either. */
START_TEST(test_scan_links_that_are_done_come_while_others_are_read)
{
	enum {
		LINKS = 3
	};
	struct holder holder;
	struct node *node;
	struct hasher_result result;
	make_links(LINKS, 100);
	write_file("leased", 100);
	write_file("last", 100);
	struct record *leased = add_operand("leased");
	add_links(listed(NULL, "root"), LINKS, true);
	records[2]->after = records[3]->after = 1;
	struct record *last = add_operand("last");
	last->after = 3;
	options.jobs = 1;
	if (hold(&holder, "leased")) {
		struct scan *scan = start();
		for (int i = 0; i <= LINKS; i++) {
			ck_assert_int_eq(scan_next(scan, FP_FOREVER, &node, &result), 1);
			ck_assert_ptr_ne(node, leased->node);
			take_result(node, &result);
		}
		let_go(&holder);
		ck_assert_int_eq(take_all(scan), 0);
		for (size_t i = 0; i < record_count; i++)
			assert_digest(records[i]);
		scan_free(scan);
	}
	end_holder(&holder);
}
END_TEST

/* Streams. */

/** Writes to FIFOs, one after the other, each of which has to be read for the next to be opened. */
static void write_fifos(int count)
{
	char path[16];
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "fifo%d", i);
		int fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, path, strlen(path)) != (ssize_t)strlen(path))
			_exit(1);
		close(fd);
	}
	_exit(0);
}

static void assert_stream(const struct record *record, const char *text)
{
	unsigned char expected[DIGEST_MAX_SIZE];
	struct digest *digest = digest_new(options.algorithms.list[0]);
	ck_assert_int_eq(digest_update(digest, text, strlen(text)), 0);
	ck_assert_int_eq(digest_finish(digest, expected), 0);
	digest_free(digest);
	assert_state(record, HASHER_DONE);
	ck_assert_uint_eq(record->result.size, strlen(text));
	ck_assert_mem_eq(record->result.digest, expected, options.algorithms.size);
	ck_assert_uint_eq(record->result.stamp.inode, 0);
}

/** As they came from the source, and standard input among them. */
START_TEST(test_scan_streams_are_read_in_their_order)
{
	enum {
		FIFOS = 8
	};
	char path[16];
	int input[2], saved = fcntl(0, F_DUPFD_CLOEXEC, 3);
	struct node *node;
	struct hasher_result result;
	write_file("file", 100);
	for (int i = 0; i < FIFOS; i++) {
		snprintf(path, sizeof(path), "fifo%d", i);
		ck_assert_int_eq(mkfifo(path, 0600), 0);
		add_operand(path);
		if (i == 2)
			add_operand("-");
	}
	struct record *file = add_operand("file");
	ck_assert_int_eq(pipe2(input, O_CLOEXEC), 0);
	ck_assert_int_eq(write(input[1], "input", 5), 5);
	ck_assert_int_eq(dup2(input[0], 0), 0);
	close(input[0]);
	close(input[1]);
	pid_t writer = fork();
	if (writer == 0)
		write_fifos(FIFOS);
	struct scan *scan = start();
	ck_assert_int_eq(scan_next(scan, FP_FOREVER, &node, &result), 1);
	ck_assert_ptr_eq(node, file->node);
	take_result(node, &result);
	for (int i = 0; i <= FIFOS; i++) {
		ck_assert_int_eq(scan_next(scan, FP_FOREVER, &node, &result), 1);
		ck_assert_ptr_eq(node, records[i]->node);
		take_result(node, &result);
		assert_stream(records[i], i == 3 ? "input" : records[i]->path);
	}
	ck_assert_int_eq(take_all(scan), 0);
	assert_counts_at_end(scan);
	scan_free(scan);
	ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
	ck_assert_int_eq(dup2(saved, 0), 0);
	close(saved);
}
END_TEST

START_TEST(test_scan_counts_streams)
{
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	write_file("file", 10);
	struct record *file = add_operand("file");
	struct record *fifo = add_operand("fifo");
	struct node *node;
	struct hasher_result result;
	options.jobs = 1;
	struct scan *scan = start();
	const struct scan_counts *counts = scan_counts(scan);
	ck_assert_int_eq(scan_next(scan, FP_FOREVER, &node, &result), 1);
	ck_assert_ptr_eq(node, file->node);
	take_result(node, &result);
	/* Not before its reader is there, which would inherit the descriptor. */
	int fd;
	do {
		ck_assert_int_eq(scan_next(scan, 10, &node, &result), -1);
		ck_assert_int_eq(errno, ETIMEDOUT);
		fd = open("fifo", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	} while (fd < 0);
	ck_assert_int_eq(write(fd, "12345", 5), 5);
	while (counts->bytes_done < 15) {
		ck_assert_int_eq(scan_next(scan, 10, &node, &result), -1);
		ck_assert_int_eq(errno, ETIMEDOUT);
	}
	ck_assert_uint_eq(counts->files_done, 1);
	ck_assert_uint_eq(counts->files, 2);
	ck_assert_uint_eq(counts->streams, 1);
	ck_assert_ptr_eq(counts->current, fifo->node);
	close(fd);
	ck_assert_int_eq(take_all(scan), 0);
	assert_counts_at_end(scan);
	ck_assert_uint_eq(counts->files, 2);
	ck_assert_uint_eq(counts->bytes, 15);
	scan_free(scan);
}
END_TEST

START_TEST(test_scan_counts_in_mid_file)
{
	/* Who reads it is not done before it has been seen. */
	static const uint64_t size = (uint64_t)1 << 40;
	struct node *node;
	struct hasher_result result;
	int fd = open("sparse", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	close(fd);
	struct record *sparse = add_operand("sparse");
	options.jobs = 1;
	struct scan *scan = start();
	const struct scan_counts *counts = scan_counts(scan);
	do {
		ck_assert_int_eq(scan_next(scan, 10, &node, &result), -1);
		ck_assert_int_eq(errno, ETIMEDOUT);
		ck_assert_uint_eq(counts->files, 1);
		ck_assert_uint_eq(counts->files_done, 0);
		ck_assert_ptr_eq(counts->current, sparse->node);
	} while (!counts->bytes_done);
	ck_assert_uint_eq(scan_pending(scan), 1);
	ck_assert_uint_eq(counts->unsized, 0);
	ck_assert_uint_eq(counts->bytes, size);
	ck_assert_uint_lt(counts->bytes_done, size);
	scan_free(scan);
}
END_TEST

/* Workers that die, and nonsense. */

/** Whatever a worker was doing when it was killed, all comes back, as it would have. */
START_TEST(test_scan_workers_killed_at_any_time)
{
	enum {
		FILES = 40
	};
	char path[32];
	if (_i % 2)
		take_several();
	make_links(3, 5000);
	struct node *root = listed(NULL, "root");
	for (int i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "root/file%d", i);
		write_file(path, (size_t)i * 1000);
		add(root, path + 5, NODE_FILE);
	}
	add_links(root, 3, false);
	write_file("large0", LARGE);
	write_file("large1", LARGE + 1);
	add_operand("large0");
	add_operand("large1");
	shared->cached = 100000;
	shared->slowness = 30 * MS;
	struct record *operand = add_operand("root");
	struct record *directory = add_operand("./root");
	struct record *missing = add_operand("missing");
	shared->die_at = 1 + 7 * _i;
	shared->deaths = 6;
	run();
	for (size_t i = 0; i < FILES + 5; i++)
		assert_digest(records[i]);
	assert_state(operand, HASHER_LISTED);
	assert_state(directory, HASHER_LISTED);
	ck_assert_uint_eq(operand->name_count, FILES + 3);
	ck_assert_uint_eq(directory->name_count, FILES + 3);
	assert_failed(missing, ENOENT);
	ck_assert_int_lt(shared->deaths, 6);
}
END_TEST

static void make_many(int count)
{
	char path[300];
	scratch_mkdir("many");
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "many/%0200d", i);
		scratch_file(path, "");
	}
}

static void assert_many(const struct record *record, int count)
{
	char name[300];
	assert_state(record, HASHER_LISTED);
	ck_assert_int_eq(record->result.error, 0);
	ck_assert_uint_eq(record->name_count, (size_t)count);
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%0200d", i);
		check_quickly(has_name(record, name));
	}
}

/** A directory of several parts, whose lister is lost in between: they come anew. */
START_TEST(test_scan_listing_whose_worker_dies)
{
	enum {
		COUNT = 600
	};
	make_many(COUNT);
	struct node *root = listed(NULL, ".");
	struct record *many = _i ? add(root, "many", NODE_DIRECTORY) : add_operand("many");
	shared->die_listing = 3;
	run();
	assert_many(many, COUNT);
	ck_assert_int_eq(many->listings, 2);
}
END_TEST

/** Whatever it is when it is listed anew, its node is that of a directory. */
START_TEST(test_scan_listed_directory_that_is_none_any_more)
{
	static const char *const names[] = {"file", "linked", "large", "known", "fifo", "nothing"};
	struct stat status;
	make_many(600);
	write_file("file", 10);
	write_file("known", 10);
	write_file("linked", 10);
	ck_assert_int_eq(link("linked", "other"), 0);
	write_file("large", LARGE);
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	ck_assert_int_eq(symlink("missing", "nothing"), 0);
	shared->cached = 0;
	shared->die_listing = 3;
	strcpy(shared->replacement, names[_i]);
	struct record *many = add_operand("many");
	ck_assert_int_eq(stat("known", &status), 0);
	many->known = true;
	many->stamp = stamp_of(&status);
	run();
	ck_assert_int_gt(many->parts, 0);
	assert_failed(many, _i == 5 ? ENOENT : ENOTDIR);
}
END_TEST

/** Its worker is taken for one that sends nonsense, and the directory is listed anew. */
START_TEST(test_scan_part_that_is_refused)
{
	enum {
		COUNT = 600
	};
	make_many(COUNT);
	struct record *many = add_operand("many");
	many->refused_part = _i + 1;
	many->refused_error = EBADMSG;
	run();
	assert_many(many, COUNT);
	/* A refused first one was not begun. */
	ck_assert_int_eq(many->listings, _i ? 2 : 1);
}
END_TEST

/** The part that comes with the result is nonsense: there is no worker any more to be blamed. */
START_TEST(test_scan_last_part_that_is_refused)
{
	scratch_mkdir("directory");
	struct record *directory = add_operand("directory");
	directory->refused_part = 1;
	directory->refused_error = EBADMSG;
	struct scan *scan = start();
	ck_assert_int_eq(take_all(scan), -1);
	ck_assert_int_eq(errno, EBADMSG);
	scan_free(scan);
}
END_TEST

/** An error of the one who takes parts is none of the worker's. */
START_TEST(test_scan_parts_cannot_be_taken)
{
	make_many(_i ? 600 : 1);
	struct record *many = add_operand("many");
	many->refused_part = 1;
	many->refused_error = ENOMEM;
	struct scan *scan = start();
	ck_assert_int_eq(take_all(scan), -1);
	ck_assert_int_eq(errno, ENOMEM);
	scan_free(scan);
}
END_TEST

START_TEST(test_scan_source_fails)
{
	write_file("file", 100);
	for (int i = 0; i < 5; i++)
		add_operand("file");
	source_error = EIO;
	struct scan *scan = start();
	ck_assert_int_eq(take_all(scan), -1);
	ck_assert_int_eq(errno, EIO);
	/* After all that it gave. */
	ck_assert_uint_eq(back, 5);
	scan_free(scan);
}
END_TEST

/** A file that kills whoever reads it takes no other along. */
START_TEST(test_scan_file_kills)
{
	char path[16];
	for (int i = 0; i < 30; i++) {
		snprintf(path, sizeof(path), "%d", i);
		write_file(path, 100);
		add_operand(path);
	}
	shared->bad_inode = inode_of("7");
	shared->bad_error = -SIGSEGV;
	shared->bad_times = INT32_MAX;
	run();
	for (size_t i = 0; i < 30; i++) {
		if (i != 7)
			assert_digest(records[i]);
	}
	assert_state(records[7], HASHER_DIED);
	ck_assert_int_eq(records[7]->result.error, SIGSEGV);
}
END_TEST

START_TEST(test_scan_file_that_cannot_be_read)
{
	write_file("file", 300000);
	shared->bad_inode = inode_of("file");
	shared->bad_error = EIO;
	shared->bad_times = 1;
	struct record *file = add_operand("file");
	run();
	assert_failed(file, EIO);
}
END_TEST

START_TEST(test_scan_interrupt)
{
	int pipes[2];
	struct node *node;
	struct hasher_result result;
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
	ck_assert_int_eq(write(pipes[1], "", 1), 1);
	options.interrupt_fd = pipes[0];
	add_operand("fifo");
	struct scan *scan = start();
	ck_assert_int_eq(scan_next(scan, FP_FOREVER, &node, &result), -1);
	ck_assert_int_eq(errno, EINTR);
	scan_free(scan);
	close(pipes[0]);
	close(pipes[1]);
}
END_TEST

START_TEST(test_scan_free_null)
{
	scan_free(NULL);
}
END_TEST

static TCase *new_case(Suite *suite, const char *name)
{
	TCase *tests = tcase_create(name);
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_unchecked_fixture(tests, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(tests, setup, teardown);
	return tests;
}

static void add_kinds(TCase *tests)
{
	tcase_add_loop_test(tests, test_scan_digests_of_all_sizes, 0, 8);
	tcase_add_test(tests, test_scan_named_files);
	tcase_add_test(tests, test_scan_directory_that_nobody_lists);
	tcase_add_test(tests, test_scan_without_streams);
	tcase_add_loop_test(tests, test_scan_found_names_of_unknown_type, 0, 2);
	tcase_add_test(tests, test_scan_names_that_changed_type);
	tcase_add_test(tests, test_scan_exchanged_directories);
	tcase_add_loop_test(
		tests, test_scan_directories_are_listed, HASHER_STAT_TRY, HASHER_STAT_NEVER + 1);
	tcase_add_test(tests, test_scan_other_file_systems_are_not_entered);
	tcase_add_test(tests, test_scan_known_files_are_not_read);
	tcase_add_test(tests, test_scan_known_files_behind_links);
	tcase_add_test(tests, test_scan_own_files_are_read_only_where_they_are_named);
}

static void add_links_and_changes(TCase *tests)
{
	tcase_add_loop_test(tests, test_scan_links_are_read_once, 0, 8);
	tcase_add_loop_test(tests, test_scan_links_of_many_files, 0, 2);
	tcase_add_loop_test(tests, test_scan_link_that_fails, 0, 4);
	tcase_add_loop_test(tests, test_scan_link_that_changes, 0, 2);
	tcase_add_test(tests, test_scan_changed_once_is_read_again);
	tcase_add_test(tests, test_scan_changed_twice_has_no_digest);
	tcase_add_loop_test(tests, test_scan_ctime_moves, 0, 2);
	tcase_add_loop_test(tests, test_scan_ctime_moves_and_contents_too, 0, 6);
	tcase_add_loop_test(tests, test_scan_ctime_moves_under_an_expected_digest, 0, 4);
	tcase_add_loop_test(tests, test_scan_ctime_moves_under_expected_digests_of_links, 0, 2);
	tcase_add_test(tests, test_scan_expected_digest_at_second_reading);
	tcase_add_loop_test(tests, test_scan_mtime_moves_under_an_expected_digest, 0, 2);
	tcase_add_test(tests, test_scan_mtime_moves_then_ctime);
	tcase_add_test(tests, test_scan_stamp);
	tcase_add_loop_test(tests, test_scan_settled, 0, 5);
	tcase_add_test(tests, test_scan_made_up_file_is_never_settled);
	tcase_add_loop_test(tests, test_scan_leased_file_is_waited_for, 0, 2);
	tcase_add_test(tests, test_scan_links_that_are_done_come_while_others_are_read);
}

static void add_large_files(TCase *tests)
{
	tcase_add_loop_test(tests, test_scan_large_files_are_read_in_slices, 0, 6);
	tcase_add_loop_test(tests, test_scan_large_file_half_in_the_page_cache, 0, 2);
	tcase_add_test(tests, test_scan_large_file_in_the_page_cache);
	tcase_add_loop_test(tests, test_scan_large_file_with_an_expected_digest, 0, 2);
	tcase_add_loop_test(tests, test_scan_large_file_altered_between_slices, 0, 2);
	tcase_add_test(tests, test_scan_large_file_is_never_settled_by_a_later_slice);
	tcase_add_loop_test(tests, test_scan_time_of_reading, 0, 4);
	tcase_add_test(tests, test_scan_large_file_kills);
	tcase_add_loop_test(tests, test_scan_large_links, 0, 2);
	tcase_add_test(tests, test_scan_counts_large_files_that_wait);
	tcase_add_test(tests, test_scan_streams_are_read_in_their_order);
	tcase_add_test(tests, test_scan_counts_streams);
	tcase_add_test(tests, test_scan_counts_in_mid_file);
}

static void add_deaths(TCase *tests)
{
	tcase_add_loop_test(tests, test_scan_workers_killed_at_any_time, 0, 24);
	tcase_add_loop_test(tests, test_scan_listing_whose_worker_dies, 0, 2);
	tcase_add_loop_test(tests, test_scan_listed_directory_that_is_none_any_more, 0, 6);
	tcase_add_loop_test(tests, test_scan_part_that_is_refused, 0, 2);
	tcase_add_test(tests, test_scan_last_part_that_is_refused);
	tcase_add_loop_test(tests, test_scan_parts_cannot_be_taken, 0, 2);
	tcase_add_test(tests, test_scan_source_fails);
	tcase_add_test(tests, test_scan_file_kills);
	tcase_add_test(tests, test_scan_file_that_cannot_be_read);
	tcase_add_test(tests, test_scan_interrupt);
	tcase_add_test(tests, test_scan_free_null);
}

int main(void)
{
	Suite *suite = suite_create("scan");
	add_kinds(new_case(suite, "kinds of names"));
	add_links_and_changes(new_case(suite, "links and changes"));
	add_large_files(new_case(suite, "large files and streams"));
	add_deaths(new_case(suite, "deaths"));
	return suite_run(suite);
}
