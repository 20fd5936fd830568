/*
 * The hashers as their parent sees them: what comes back for each kind of file, with every engine.
 */
#include "hash/parallel.h"

#include "leaks.h"
#include "suite.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/check_parallel.XXXXXX";
static struct digest_map *map;
static struct digest_queue queue;

/** How often fstat(2) is to report that a file has grown by a byte more, in each hasher. */
static int changes;
/** By how many seconds it is to report times that are earlier. */
static int older_mtime, older_ctime;

/** What a walk found may be behind links. */
static bool follow;

/** Stands before the C library's: lets a file change at will while it is read, and be of any age.
 */
int fstat(int fd, struct stat *stat)
{
	int status = fstatat(fd, "", stat, AT_EMPTY_PATH);
	if (changes > 0 && S_ISREG(stat->st_mode)) {
		changes--;
		stat->st_mtim.tv_sec += changes;
	}
	stat->st_mtim.tv_sec -= older_mtime;
	stat->st_ctim.tv_sec -= older_ctime;
	return status;
}

static void setup(void)
{
	leaks_setup();
	strcpy(strrchr(directory, '.'), ".XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	map = digest_map_new();
	ck_assert_ptr_nonnull(map);
	queue = (struct digest_queue){0};
	follow = false;
	changes = older_mtime = older_ctime = 0;
}

static void teardown(void)
{
	digest_map_free(map);
	ck_assert_int_eq(chdir("/"), 0);
	char command[128];
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	ck_assert_int_eq(system(command), 0);
	leaks_teardown();
}

static void write_file(const char *path, size_t size)
{
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	for (size_t i = 0; i < size; i++)
		putc((int)((i * 31 + size) & 0xff), file);
	ck_assert_int_eq(fclose(file), 0);
}

static struct digest_entry *add(const char *path, size_t root_size)
{
	struct digest_entry *entry =
		digest_map_add(map, 0, path, strlen(path), (uint32_t)root_size);
	ck_assert_ptr_nonnull(entry);
	digest_queue_push(&queue, entry);
	return entry;
}

static int next(void *context, struct digest_entry **entry)
{
	(void)context;
	*entry = digest_queue_pop(&queue);
	return *entry != NULL;
}

static const struct parallel_source source = {.next = next};

/** Start to hash all that was added. @return NULL where there is no such engine */
static struct parallel *start(const char *algorithm, enum engine_kind engine, unsigned jobs)
{
	struct parallel_options options = {
		.algorithm = digest_find(algorithm),
		.engine = engine,
		.jobs = jobs,
		.follow = follow,
	};
	struct parallel *parallel = parallel_open(&options, &source);
	ck_assert(parallel || engine == ENGINE_LANES);
	return parallel;
}

/** What is told of a run that has come to its end, all files of which have this many bytes. */
static void assert_counts_at_end(const struct parallel *parallel, uint64_t files, uint64_t bytes)
{
	const struct parallel_counts *counts = parallel_counts(parallel);
	ck_assert_uint_eq(queue.count, 0);
	ck_assert_uint_eq(queue.bytes, 0);
	ck_assert_uint_eq(queue.unsized, 0);
	ck_assert_uint_eq(counts->files_done, files);
	ck_assert_uint_eq(counts->files, files);
	ck_assert_uint_eq(counts->bytes_done, bytes);
	ck_assert_uint_eq(counts->bytes, bytes);
	ck_assert_uint_eq(counts->unsized, 0);
	ck_assert_uint_eq(counts->streams, 0);
	ck_assert_ptr_null(counts->current);
}

/** Hash all that was added. @return how many entries came back */
static size_t run(const char *algorithm, enum engine_kind engine)
{
	struct parallel *parallel = start(algorithm, engine, 2);
	if (!parallel)
		return 0;
	size_t count = 0;
	uint64_t files = 0;
	uint64_t bytes = 0;
	struct digest_entry *entry;
	int got;
	while ((got = parallel_next(parallel, FP_FOREVER, &entry)) > 0) {
		const struct parallel_counts *counts = parallel_counts(parallel);
		ck_assert_int_ne(entry->result.state, HASHER_PENDING);
		count++;
		files += entry->result.state != HASHER_DIRECTORY || entry->root_size;
		bytes += entry->result.size;
		ck_assert_uint_eq(counts->files_done, files);
		ck_assert_uint_ge(counts->files, files);
		ck_assert_uint_ge(counts->bytes_done, bytes);
		ck_assert_uint_le(counts->unsized, counts->files - files);
		ck_assert_ptr_ne(counts->current, entry);
	}
	ck_assert_int_eq(got, 0);
	assert_counts_at_end(parallel, files, bytes);
	parallel_free(parallel);
	return count;
}

/** Hold an entry's digest against libcrypto's. */
static void assert_digest(const struct digest_entry *entry, const char *algorithm_name)
{
	const struct digest_algorithm *algorithm = digest_find(algorithm_name);
	struct digest *digest = digest_new(algorithm);
	ck_assert_ptr_nonnull(digest);
	ck_assert_int_eq(digest_start(digest), 0);
	FILE *file = fopen(entry->path, "r");
	ck_assert_ptr_nonnull(file);
	char buffer[4096];
	size_t got;
	uint64_t size = 0;
	while ((got = fread(buffer, 1, sizeof(buffer), file)) > 0) {
		ck_assert_int_eq(digest_update(digest, buffer, got), 0);
		size += got;
	}
	fclose(file);
	unsigned char expected[DIGEST_MAX_SIZE];
	ck_assert_int_eq(digest_finish(digest, expected), 0);
	digest_free(digest);
	ck_assert_int_eq(entry->result.state, HASHER_DONE);
	ck_assert_uint_eq(entry->result.size, size);
	ck_assert_mem_eq(entry->result.digest, expected, algorithm->size);
}

static const enum engine_kind engines[] = {ENGINE_AUTO, ENGINE_LIBCRYPTO, ENGINE_LANES};

START_TEST(test_parallel_digests_of_all_sizes)
{
	/* Around blocks, around buffers, and many small ones. */
	static const size_t sizes[] = {0, 1, 111, 112, 119, 120, 127, 128, 129, 4096, 131071,
		131072, 131073, 262144, 400000};
	enum {
		SIZES = sizeof(sizes) / sizeof(sizes[0]),
		COUNT = 300
	};
	const char *algorithm = _i < 3 ? "sha512" : "sha256";
	char path[64];
	for (int i = 0; i < COUNT; i++) {
		snprintf(path, sizeof(path), "%d", i);
		write_file(path, i < SIZES ? sizes[i] : (size_t)i * 7);
		snprintf(path, sizeof(path), "./%d", i);
		add(path, i % 2 ? 1 : 0);
	}
	size_t count = run(algorithm, _i < 3 ? engines[_i] : ENGINE_AUTO);
	if (count == 0 && _i == 2)
		return; /* No lanes on this processor. */
	ck_assert_uint_eq(count, COUNT);
	const struct digest_entry *entry = digest_map_first(map);
	for (; entry; entry = digest_map_next(map, entry))
		assert_digest(entry, algorithm);
}
END_TEST

START_TEST(test_parallel_named_files)
{
	write_file("file", 10);
	ck_assert_int_eq(symlink("file", "link"), 0);
	ck_assert_int_eq(mkdir("directory", 0755), 0);
	struct digest_entry *link = add("link", 0);
	struct digest_entry *missing = add("missing", 0);
	struct digest_entry *folder = add("directory", 0);
	struct digest_entry *null = add("/dev/null", 0);
	ck_assert_uint_eq(run("sha512", ENGINE_AUTO), 4);
	assert_digest(link, "sha512");
	assert_digest(null, "sha512");
	ck_assert_int_eq(missing->result.state, HASHER_FAILED);
	ck_assert_int_eq(missing->result.error, ENOENT);
	ck_assert_int_eq(folder->result.state, HASHER_DIRECTORY);
}
END_TEST

START_TEST(test_parallel_found_files)
{
	ck_assert_int_eq(mkdir("root", 0755), 0);
	ck_assert_int_eq(mkdir("root/below", 0755), 0);
	write_file("outside", 10);
	write_file("root/below/file", 20);
	ck_assert_int_eq(symlink("../outside", "root/link"), 0);
	ck_assert_int_eq(symlink("below", "root/folder"), 0);
	ck_assert_int_eq(mkfifo("root/fifo", 0600), 0);
	struct digest_entry *file = add("root/below/file", 4);
	struct digest_entry *link = add("root/link", 4);
	struct digest_entry *through = add("root/folder/file", 4);
	struct digest_entry *fifo = add("root/fifo", 4);
	struct digest_entry *folder = add("root/below", 4);
	struct digest_entry *rootless = add("nothing/file", 7);
	ck_assert_uint_eq(run("sha512", ENGINE_AUTO), 6);
	assert_digest(file, "sha512");
	ck_assert_int_eq(link->result.state, HASHER_FAILED);
	ck_assert_int_eq(link->result.error, ELOOP);
	ck_assert_int_eq(through->result.state, HASHER_FAILED);
	ck_assert_int_eq(through->result.error, ELOOP);
	ck_assert_int_eq(fifo->result.state, HASHER_SPECIAL);
	ck_assert_int_eq(folder->result.state, HASHER_DIRECTORY);
	ck_assert_int_eq(rootless->result.state, HASHER_FAILED);
	ck_assert_int_eq(rootless->result.error, ENOENT);
}
END_TEST

START_TEST(test_parallel_followed_files)
{
	follow = true;
	ck_assert_int_eq(mkdir("root", 0755), 0);
	ck_assert_int_eq(mkdir("root/below", 0755), 0);
	write_file("outside", 10);
	write_file("root/below/file", 20);
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	ck_assert_int_eq(symlink("../outside", "root/link"), 0);
	ck_assert_int_eq(symlink("below", "root/folder"), 0);
	ck_assert_int_eq(symlink("../fifo", "root/fifo"), 0);
	ck_assert_int_eq(symlink("self", "root/self"), 0);
	ck_assert_int_eq(symlink("nothing", "root/dangling"), 0);
	struct digest_entry *file = add("root/below/file", 4);
	struct digest_entry *link = add("root/link", 4);
	/* What is below the root is no absolute path. */
	struct digest_entry *slashes = add("root//link", 4);
	struct digest_entry *through = add("root/folder/file", 4);
	struct digest_entry *fifo = add("root/fifo", 4);
	struct digest_entry *folder = add("root/folder", 4);
	struct digest_entry *self = add("root/self", 4);
	struct digest_entry *dangling = add("root/dangling", 4);
	ck_assert_uint_eq(run("sha512", ENGINE_AUTO), 8);
	assert_digest(file, "sha512");
	assert_digest(link, "sha512");
	assert_digest(slashes, "sha512");
	assert_digest(through, "sha512");
	ck_assert_int_eq(fifo->result.state, HASHER_SPECIAL);
	ck_assert_int_eq(folder->result.state, HASHER_DIRECTORY);
	ck_assert_int_eq(self->result.state, HASHER_FAILED);
	ck_assert_int_eq(self->result.error, ELOOP);
	ck_assert_int_eq(dangling->result.state, HASHER_FAILED);
	ck_assert_int_eq(dangling->result.error, ENOENT);
}
END_TEST

/** Take a lease on a file, tell so, and let go when both the kernel and the parent ask for it. */
static void hold_lease(const char *path, int ready, int release)
{
	sigset_t asked;
	int signal;
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	sigemptyset(&asked);
	sigaddset(&asked, SIGIO);
	sigprocmask(SIG_BLOCK, &asked, NULL);
	byte = fcntl(fd, F_SETLEASE, F_WRLCK) == 0 ? 'y' : 'n';
	if (write(ready, &byte, 1) == 1 && byte == 'y' && sigwait(&asked, &signal) == 0 &&
		read(release, &byte, 1) == 1)
		fcntl(fd, F_SETLEASE, F_UNLCK);
	_exit(0);
}

START_TEST(test_parallel_leased_file_is_waited_for)
{
	char path[64], byte;
	int ready[2], release[2];
	write_file("leased", 300000);
	ck_assert_int_eq(pipe(ready), 0);
	ck_assert_int_eq(pipe(release), 0);
	pid_t holder = fork();
	if (holder == 0)
		hold_lease("leased", ready[1], release[0]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	if (byte == 'y') {
		struct digest_entry *leased = add(_i ? "./leased" : "leased", _i ? 1 : 0);
		/* More than a window. */
		enum {
			OTHERS = 600
		};
		for (int i = 0; i < OTHERS; i++) {
			snprintf(path, sizeof(path), "%d", i);
			write_file(path, 10);
			add(path, 0);
		}
		struct parallel_options options = {.algorithm = digest_find("sha512"), .jobs = 1};
		struct parallel *parallel = parallel_open(&options, &source);
		struct digest_entry *entry;
		/* It holds up no other. */
		for (int i = 0; i < OTHERS; i++) {
			ck_assert_int_eq(parallel_next(parallel, FP_FOREVER, &entry), 1);
			ck_assert_ptr_ne(entry, leased);
			assert_digest(entry, "sha512");
		}
		ck_assert_int_eq(write(release[1], "", 1), 1);
		ck_assert_int_eq(parallel_next(parallel, FP_FOREVER, &entry), 1);
		ck_assert_ptr_eq(entry, leased);
		assert_digest(leased, "sha512");
		ck_assert_int_eq(parallel_next(parallel, FP_FOREVER, &entry), 0);
		parallel_free(parallel);
	} else {
		puts("skipped: no leases on the file system of /tmp");
	}
	ck_assert_int_eq(waitpid(holder, NULL, 0), holder);
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(release[i]);
	}
}
END_TEST

START_TEST(test_parallel_changed_once_is_read_again)
{
	write_file("file", 100);
	/* Open, and the end of the first reading. */
	changes = 2;
	struct digest_entry *entry = add("file", 0);
	ck_assert_uint_eq(run("sha512", ENGINE_AUTO), 1);
	assert_digest(entry, "sha512");
}
END_TEST

START_TEST(test_parallel_changed_twice_has_no_digest)
{
	write_file("file", 100);
	write_file("other", 100);
	changes = 4;
	struct digest_entry *entry = add("file", 0);
	ck_assert_uint_eq(run("sha512", ENGINE_AUTO), 1);
	ck_assert_int_eq(entry->result.state, HASHER_CHANGED);
}
END_TEST

START_TEST(test_parallel_stamp)
{
	write_file("file", 100);
	static const struct timespec times[2] = {{1, 2}, {-1, 500000000}};
	ck_assert_int_eq(utimensat(AT_FDCWD, "file", times, 0), 0);
	struct digest_entry *named = add("file", 0);
	struct digest_entry *found = add("./file", 1);
	struct digest_entry *stream = add("/dev/null", 0);
	struct digest_entry *missing = add("missing", 0);
	ck_assert_uint_eq(run("sha512", ENGINE_AUTO), 4);
	struct stat status;
	ck_assert_int_eq(stat("file", &status), 0);
	struct stamp expected = stamp_of(&status);
	ck_assert_int_eq(expected.mtime.tv_sec, -1);
	ck_assert(stamp_same(&named->result.stamp, &expected));
	ck_assert(stamp_same(&found->result.stamp, &expected));
	ck_assert_uint_eq(stream->result.stamp.inode, 0);
	ck_assert(!stream->result.settled);
	ck_assert(!missing->result.settled);
}
END_TEST

/** Both times have to be two seconds old; of mtime alone anybody can say so. */
START_TEST(test_parallel_settled)
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
	struct digest_entry *entry = add("file", 0);
	ck_assert_uint_eq(run("sha512", ENGINE_AUTO), 1);
	ck_assert_int_eq(entry->result.state, HASHER_DONE);
	ck_assert_int_eq(entry->result.settled, ages[_i].settled);
}
END_TEST

/** What the kernel makes up when it is read has a size, and times, that say nothing. */
START_TEST(test_parallel_made_up_file_is_never_settled)
{
	older_mtime = older_ctime = 60;
	struct digest_entry *entry = add("/proc/version", 0);
	ck_assert_uint_eq(run("sha512", ENGINE_AUTO), 1);
	assert_digest(entry, "sha512");
	ck_assert_uint_eq(entry->result.stamp.size, 0);
	ck_assert(!entry->result.settled);
}
END_TEST

START_TEST(test_parallel_counts_in_mid_file)
{
	/* Who reads it is not done before it has been seen. */
	static const uint64_t size = (uint64_t)1 << 40;
	int fd = open("sparse", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	close(fd);
	add("sparse", 0);
	struct parallel *parallel = start("sha512", ENGINE_AUTO, 1);
	const struct parallel_counts *counts = parallel_counts(parallel);
	ck_assert_uint_eq(queue.unsized, 1);
	struct digest_entry *entry;
	do {
		ck_assert_int_eq(parallel_next(parallel, 10, &entry), -1);
		ck_assert_int_eq(errno, ETIMEDOUT);
		ck_assert_uint_eq(counts->files, 1);
		ck_assert_uint_eq(counts->files_done, 0);
		ck_assert_str_eq(counts->current->path, "sparse");
	} while (!counts->bytes_done);
	ck_assert_uint_eq(counts->unsized, 0);
	ck_assert_uint_eq(counts->bytes, size);
	ck_assert_uint_lt(counts->bytes_done, size);
	parallel_free(parallel);
}
END_TEST

START_TEST(test_parallel_counts_streams)
{
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	write_file("file", 10);
	add("file", 0);
	struct digest_entry *fifo = add("fifo", 0);
	struct parallel *parallel = start("sha512", ENGINE_AUTO, 1);
	const struct parallel_counts *counts = parallel_counts(parallel);
	struct digest_entry *entry;
	ck_assert_int_eq(parallel_next(parallel, FP_FOREVER, &entry), 1);
	ck_assert_str_eq(entry->path, "file");
	/* Not before its reader is there, which would inherit the descriptor. */
	int fd;
	do {
		ck_assert_int_eq(parallel_next(parallel, 10, &entry), -1);
		ck_assert_int_eq(errno, ETIMEDOUT);
		fd = open("fifo", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	} while (fd < 0);
	ck_assert_int_eq(write(fd, "12345", 5), 5);
	while (counts->bytes_done < 15) {
		ck_assert_int_eq(parallel_next(parallel, 10, &entry), -1);
		ck_assert_int_eq(errno, ETIMEDOUT);
	}
	ck_assert_uint_eq(counts->files_done, 1);
	ck_assert_uint_eq(counts->files, 2);
	ck_assert_uint_eq(counts->streams, 1);
	ck_assert_ptr_eq(counts->current, fifo);
	close(fd);
	ck_assert_int_eq(parallel_next(parallel, FP_FOREVER, &entry), 1);
	ck_assert_int_eq(parallel_next(parallel, FP_FOREVER, &entry), 0);
	assert_counts_at_end(parallel, 2, 15);
	parallel_free(parallel);
}
END_TEST

/** The outcome of a task to which a hasher has replied, or the pool. */
static int take(enum fp_status status, const void *data, size_t size, struct hasher_result *result)
{
	struct fp_outcome outcome = {
		.status = status, .error = ENOMEM, .signal = SIGSEGV, .data = data, .size = size};
	return hasher_task_result(&outcome, result);
}

START_TEST(test_parallel_believes_no_nonsense)
{
	struct hasher_result sent = {.state = HASHER_DONE, .size = 5}, result;
	ck_assert_int_eq(take(FP_OK, &sent, sizeof(sent), &result), 0);
	ck_assert_int_eq(result.state, HASHER_DONE);
	ck_assert_uint_eq(result.size, 5);
	for (size_t size = 0; size < 2 * sizeof(sent); size++) {
		struct hasher_result twice[2] = {sent, sent};
		if (size == sizeof(sent))
			continue;
		ck_assert_int_eq(take(FP_OK, twice, size, &result), -1);
		ck_assert_int_eq(errno, EBADMSG);
	}
	/* Neither that nothing is known yet, nor what only the pool knows, nor what nobody does. */
	static const int states[] = {
		HASHER_PENDING, HASHER_DIED, HASHER_TIMED_OUT, HASHER_TIMED_OUT + 1, -1};
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		sent.state = (enum hasher_state)states[i];
		ck_assert_int_eq(take(FP_OK, &sent, sizeof(sent), &result), -1);
		ck_assert_int_eq(errno, EBADMSG);
	}
}
END_TEST

START_TEST(test_parallel_takes_what_the_pool_knows)
{
	struct hasher_result result;
	char room[64];
	ck_assert_int_eq(take(FP_DIED, NULL, 0, &result), 0);
	ck_assert_str_eq(hasher_task_reason(&result, room), "its reader was killed by signal 11");
	ck_assert_int_eq(take(FP_TIMED_OUT, NULL, 0, &result), 0);
	ck_assert_str_eq(hasher_task_reason(&result, room), "its reader did not answer in time");
	ck_assert_int_eq(take(FP_FAILED, NULL, 0, &result), 0);
	ck_assert_str_eq(hasher_task_reason(&result, room), strerror(ENOMEM));
	ck_assert_int_eq(take(FP_CANCELLED, NULL, 0, &result), -1);
	ck_assert_int_eq(errno, ENOMEM);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("parallel");
	TCase *tcase = tcase_create("parallel");
	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_parallel_digests_of_all_sizes, 0, 4);
	tcase_add_test(tcase, test_parallel_named_files);
	tcase_add_test(tcase, test_parallel_found_files);
	tcase_add_test(tcase, test_parallel_followed_files);
	tcase_add_loop_test(tcase, test_parallel_leased_file_is_waited_for, 0, 2);
	tcase_add_test(tcase, test_parallel_changed_once_is_read_again);
	tcase_add_test(tcase, test_parallel_changed_twice_has_no_digest);
	tcase_add_test(tcase, test_parallel_stamp);
	tcase_add_loop_test(tcase, test_parallel_settled, 0, 5);
	tcase_add_test(tcase, test_parallel_made_up_file_is_never_settled);
	tcase_add_test(tcase, test_parallel_counts_in_mid_file);
	tcase_add_test(tcase, test_parallel_counts_streams);
	tcase_add_test(tcase, test_parallel_believes_no_nonsense);
	tcase_add_test(tcase, test_parallel_takes_what_the_pool_knows);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
