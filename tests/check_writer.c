/*
 * manifest/writer: what stands under the target's name, and beside it, after each way to end.
 *
 * fsync, close and renameat of this program are the ones below: they write down in which order they
 * are called, and fail when told to.
 */
#include "leaks.h"
#include "manifest/writer.h"
#include "scratch.h"
#include "suite.h"
#include "sys/signals.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The calls so far, a letter each: f(sync of a file) d(irectory's fsync) c(lose) r(ename). */
static char calls[64];
static size_t call_count;
/* The call that fails with EIO, and whether calls are written down at all. */
static char failing;
static bool watching;

static int watched(char call)
{
	if (!watching)
		return 0;
	calls[call_count++ % (sizeof(calls) - 1)] = call;
	if (call != failing)
		return 0;
	errno = EIO;
	return -1;
}

int fsync(int fd)
{
	struct stat status;

	fstat(fd, &status);
	/* Nothing here is to outlast the machine. */
	return watched(S_ISDIR(status.st_mode) ? 'd' : 'f');
}

int close(int fd)
{
	int result = (int)syscall(SYS_close, fd);

	return watched('c') < 0 ? -1 : result;
}

int renameat(int old_directory, const char *old_name, int new_directory, const char *new_name)
{
	if (watched('r') < 0)
		return -1;
	return (int)syscall(SYS_renameat2, old_directory, old_name, new_directory, new_name, 0);
}

/* What happens, once, just before a lock is tried. */
static void (*before_lock)(void);

int flock(int fd, int operation)
{
	void (*happen)(void) = before_lock;

	before_lock = NULL;
	if (happen)
		happen();
	return (int)syscall(SYS_flock, fd, operation);
}

static char directory[PATH_MAX];

/** An empty directory, which is the working directory. */
static void setup(void)
{
	leaks_setup();
	scratch_enter();
	ck_assert_ptr_nonnull(getcwd(directory, sizeof(directory)));
}

/** The names in the working directory. */
static int count_names(void)
{
	DIR *stream = opendir(".");
	int count = -2;

	ck_assert_ptr_nonnull(stream);
	while (readdir(stream))
		count++;
	closedir(stream);
	return count;
}

static void teardown(void)
{
	watching = false;
	leaks_teardown();
}

static void put_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void expect_file(const char *name, const char *text)
{
	char data[256] = "";
	FILE *file = fopen(name, "re");

	ck_assert_ptr_nonnull(file);
	data[fread(data, 1, sizeof(data) - 1, file)] = '\0';
	fclose(file);
	ck_assert_str_eq(data, text);
}

static void expect_mode(const char *name, mode_t mode)
{
	struct stat status;

	ck_assert_int_eq(lstat(name, &status), 0);
	ck_assert_uint_eq(status.st_mode, S_IFREG | mode);
}

static bool owns(const struct writer *writer, const char *name)
{
	struct stat status;

	ck_assert_int_eq(stat(name, &status), 0);
	struct stamp stamp = stamp_of(&status);
	struct stamp owned[WRITER_OWNED_MAX];
	size_t count = writer_owned(writer, owned);

	for (size_t i = 0; i < count; i++) {
		if (stamp_same_file(&owned[i], &stamp))
			return true;
	}
	return false;
}

static struct writer *must_open(const char *path)
{
	struct writer *writer = writer_open(path, NULL);

	ck_assert_ptr_nonnull(writer);
	return writer;
}

static void write_all(const char *path, const char *text)
{
	struct writer *writer = must_open(path);

	ck_assert_int_eq(writer_put(writer, text, strlen(text)), 0);
	ck_assert_int_eq(writer_commit(writer), 0);
	writer_free(writer);
}

static void expect_refused(const char *path, int error)
{
	errno = 0;
	ck_assert_ptr_null(writer_open(path, NULL));
	ck_assert_int_eq(errno, error);
}

#define TEMPORARY ".sums.treesum"

START_TEST(test_writer_creates_a_file_with_the_umask)
{
	umask(027);
	write_all("sums", "new\n");
	expect_file("sums", "new\n");
	expect_mode("sums", 0640);
	ck_assert_int_eq(count_names(), 1);
}
END_TEST

START_TEST(test_writer_replaces_a_file_and_keeps_its_mode)
{
	struct writer *writer;

	put_file("sums", "old\n");
	ck_assert_int_eq(chmod("sums", 0604), 0);
	umask(022);
	writer = must_open("sums");
	ck_assert_int_eq(writer_put(writer, "new\n", 4), 0);
	ck_assert_int_eq(writer_flush(writer), 0);
	expect_file("sums", "old\n");
	/* Until it is complete, for its owner's eyes only. */
	expect_mode(TEMPORARY, 0600);
	ck_assert_int_eq(writer_commit(writer), 0);
	writer_free(writer);
	expect_file("sums", "new\n");
	expect_mode("sums", 0604);
	ck_assert_int_eq(count_names(), 1);
}
END_TEST

START_TEST(test_writer_keeps_the_owner_where_it_may)
{
	struct stat status;

	put_file("sums", "old\n");
	if (chown("sums", 12345, 54321) < 0) {
		/* Without the right to give files away: there is no other owner to keep. */
		ck_assert_int_eq(errno, EPERM);
		return;
	}
	write_all("sums", "new\n");
	ck_assert_int_eq(stat("sums", &status), 0);
	ck_assert_uint_eq(status.st_uid, 12345);
	ck_assert_uint_eq(status.st_gid, 54321);
}
END_TEST

START_TEST(test_writer_order_of_calls)
{
	struct writer *writer = must_open("sums");

	ck_assert_int_eq(writer_put(writer, "new\n", 4), 0);
	watching = true;
	ck_assert_int_eq(writer_commit(writer), 0);
	watching = false;
	writer_free(writer);
	ck_assert_str_eq(calls, "fcrd");
}
END_TEST

static const struct {
	char call;
	const char *calls;
	const char *left;
} failures[] = {
	/* The first call closes the old file, of which its attributes were read. */
	{'f', "cf", "old\n"},
	{'c', "cfc", "old\n"},
	{'r', "cfcr", "old\n"},
	/* The new file stands, but might not after a power failure. */
	{'d', "cfcrd", "new\n"},
};

START_TEST(test_writer_commit_fails_with_the_old_file_intact)
{
	struct writer *writer;

	put_file("sums", "old\n");
	writer = must_open("sums");
	ck_assert_int_eq(writer_put(writer, "new\n", 4), 0);
	watching = true;
	failing = failures[_i].call;
	ck_assert_int_eq(writer_commit(writer), -1);
	ck_assert_int_eq(errno, EIO);
	watching = false;
	ck_assert_str_eq(calls, failures[_i].calls);
	expect_file("sums", failures[_i].left);
	writer_free(writer);
	ck_assert_int_eq(count_names(), 1);
	expect_file("sums", failures[_i].left);
}
END_TEST

START_TEST(test_writer_put_failure_is_kept)
{
	struct rlimit limit = {1000, RLIM_INFINITY};
	struct writer *writer;
	char text[600] = "";

	put_file("sums", "old\n");
	writer = must_open("sums");
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(writer_put(writer, text, sizeof(text)), 0);
	ck_assert_int_eq(writer_flush(writer), 0);
	ck_assert_int_eq(writer_put(writer, text, sizeof(text)), 0);
	ck_assert_int_eq(writer_flush(writer), -1);
	ck_assert_int_eq(errno, EFBIG);
	limit.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	/* There is room again, but part of the bytes are missing. */
	ck_assert_int_eq(writer_put(writer, text, 1), -1);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_int_eq(writer_commit(writer), -1);
	ck_assert_int_eq(errno, EFBIG);
	writer_free(writer);
	ck_assert_int_eq(count_names(), 1);
	expect_file("sums", "old\n");
}
END_TEST

/** How often test_writer_before was called, and what had been written then. */
static int before_count;
static off_t before_size;

static void look_before(void)
{
	struct stat status;

	before_count++;
	ck_assert_int_eq(fstatat(AT_FDCWD, ".sums.treesum", &status, 0), 0);
	before_size = status.st_size;
}

START_TEST(test_writer_before)
{
	struct writer *writer = must_open("sums");
	static char large[1 << 20];

	writer_before(writer, look_before);
	ck_assert_int_eq(writer_flush(writer), 0);
	ck_assert_int_eq(writer_put(writer, "x", 1), 0);
	ck_assert_int_eq(before_count, 0);
	ck_assert_int_eq(writer_flush(writer), 0);
	ck_assert_int_eq(before_count, 1);
	ck_assert_int_eq(before_size, 0);
	ck_assert_int_eq(writer_put(writer, large, sizeof(large)), 0);
	ck_assert_int_eq(before_count, 2);
	ck_assert_int_eq(before_size, 1);
	writer_free(writer);
}
END_TEST

START_TEST(test_writer_free_without_commit_leaves_all_as_it_was)
{
	struct writer *writer;

	put_file("sums", "old\n");
	writer = must_open("sums");
	ck_assert_int_eq(writer_put(writer, "new\n", 4), 0);
	ck_assert_int_eq(count_names(), 2);
	writer_free(writer);
	ck_assert_int_eq(count_names(), 1);
	expect_file("sums", "old\n");
	writer_free(NULL);
}
END_TEST

START_TEST(test_writer_discard_removes_the_temporary)
{
	put_file("sums", "old\n");
	struct writer *writer = must_open("sums");
	ck_assert_int_eq(count_names(), 2);
	writer_discard(writer);
	ck_assert_int_eq(count_names(), 1);
	/* Another run may begin, whose temporary is not this one's. */
	struct writer *another = must_open("sums");
	writer_discard(writer);
	writer_free(writer);
	ck_assert_int_eq(count_names(), 2);
	writer_free(another);
	expect_file("sums", "old\n");
}
END_TEST

START_TEST(test_writer_commit_after_a_signal_leaves_the_old_file)
{
	put_file("sums", "old\n");
	struct writer *writer = must_open("sums");
	ck_assert_int_eq(writer_put(writer, "new\n", 4), 0);
	ck_assert_int_eq(writer_flush(writer), 0);
	int interrupt_fd = signals_catch();
	ck_assert_int_ge(interrupt_fd, 0);
	leaks_before += 2;
	raise(SIGTERM);
	ck_assert_int_eq(writer_commit(writer), -1);
	ck_assert_int_eq(errno, EINTR);
	expect_file("sums", "old\n");
	writer_free(writer);
	ck_assert_int_eq(count_names(), 1);
}
END_TEST

START_TEST(test_writer_put_of_every_size)
{
	/* Around the buffer's size, and many times it: compared byte by byte. */
	static const size_t sizes[] = {
		0, 1, 3, 100000, (128 << 10) - 1, 128 << 10, (128 << 10) + 1, 7, 1000000, 31072, 5};
	struct writer *writer = must_open("sums");
	size_t total = 0;
	unsigned char *data = malloc(1 << 21);
	unsigned char *read_back = malloc(1 << 21);
	FILE *file;

	for (size_t i = 0; i < 1 << 21; i++)
		data[i] = (unsigned char)(i * 31 + i / 251);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		ck_assert_int_eq(writer_put(writer, data + total, sizes[i]), 0);
		total += sizes[i];
	}
	ck_assert_int_eq(writer_commit(writer), 0);
	writer_free(writer);
	file = fopen("sums", "re");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fread(read_back, 1, 1 << 21, file), total);
	ck_assert_int_eq(memcmp(read_back, data, total), 0);
	fclose(file);
	free(data);
	free(read_back);
}
END_TEST

START_TEST(test_writer_follows_links)
{
	ck_assert_int_eq(mkdir("a", 0700), 0);
	ck_assert_int_eq(mkdir("b", 0700), 0);
	put_file("b/sums", "old\n");
	ck_assert_int_eq(symlink("../b/link2", "a/link1"), 0);
	ck_assert_int_eq(symlink("sums", "b/link2"), 0);
	write_all("a/link1", "new\n");
	expect_file("b/sums", "new\n");
	ck_assert_int_eq(readlink("a/link1", (char[64]){0}, 64), 10);
	ck_assert_int_eq(readlink("b/link2", (char[64]){0}, 64), 4);
}
END_TEST

START_TEST(test_writer_creates_what_a_dangling_link_points_to)
{
	char absolute[PATH_MAX + 16];

	ck_assert_int_eq(mkdir("a", 0700), 0);
	sprintf(absolute, "%s/a/target", directory);
	ck_assert_int_eq(symlink(absolute, "a/link"), 0);
	write_all("a/link", "new\n");
	expect_file("a/target", "new\n");
	ck_assert_int_eq(
		readlink("a/link", (char[PATH_MAX]){0}, PATH_MAX), (ssize_t)strlen(absolute));
	/* Not the way of a loop, nor into a directory that is not there. */
	ck_assert_int_eq(symlink("loop", "loop"), 0);
	expect_refused("loop", ELOOP);
	ck_assert_int_eq(symlink("nowhere/sums", "lost"), 0);
	expect_refused("lost", ENOENT);
}
END_TEST

START_TEST(test_writer_follows_its_directory_not_the_process)
{
	struct writer *writer;

	ck_assert_int_eq(mkdir("a", 0700), 0);
	put_file("a/sums", "old\n");
	writer = must_open("a/sums");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(writer_put(writer, "new\n", 4), 0);
	ck_assert_int_eq(writer_commit(writer), 0);
	writer_free(writer);
	ck_assert_int_eq(chdir(directory), 0);
	expect_file("a/sums", "new\n");
	ck_assert_int_eq(count_names(), 1);
}
END_TEST

START_TEST(test_writer_open_refuses_what_cannot_be)
{
	ck_assert_int_eq(mkdir("a", 0700), 0);
	expect_refused("a", EISDIR);
	expect_refused("a/", EISDIR);
	expect_refused("b/", EISDIR);
	expect_refused("", ENOENT);
	expect_refused("b/sums", ENOENT);
	put_file("file", "");
	expect_refused("file/sums", ENOTDIR);
	/* The current directory is gone. */
	ck_assert_int_eq(mkdir("b", 0700), 0);
	ck_assert_int_eq(chdir("b"), 0);
	ck_assert_int_eq(rmdir("../b"), 0);
	expect_refused("sums", ENOENT);
	ck_assert_int_eq(chdir(directory), 0);
	ck_assert_int_eq(count_names(), 2);
}
END_TEST

START_TEST(test_writer_open_refuses_an_unwritable_directory)
{
	int status;
	pid_t child;

	ck_assert_int_eq(mkdir("a", 0755), 0);
	put_file("a/sums", "old\n");
	ck_assert_int_eq(chmod("a", 0555), 0);
	ck_assert_int_eq(chmod(".", 0755), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
			_exit(2);
		errno = 0;
		_exit(!writer_open("a/sums", NULL) && errno == EACCES ? 0 : 3);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	expect_file("a/sums", "old\n");
}
END_TEST

START_TEST(test_writer_long_names)
{
	char name[NAME_MAX + 2];

	memset(name, 'x', sizeof(name));
	name[NAME_MAX] = '\0';
	write_all(name, "new\n");
	expect_file(name, "new\n");
	name[NAME_MAX] = 'x';
	name[NAME_MAX + 1] = '\0';
	expect_refused(name, ENAMETOOLONG);
}
END_TEST

/* Of one target. */
static struct writer *first;
static struct writer *third;

START_TEST(test_writer_second_is_refused_while_the_first_is_open)
{
	struct writer *other;

	/* A target that is there, and one that is not. */
	if (_i == 0)
		put_file("sums", "old\n");
	ck_assert_int_eq(symlink("sums", "link"), 0);
	first = must_open("sums");
	expect_refused("sums", EBUSY);
	expect_refused("./sums", EBUSY);
	expect_refused("link", EBUSY);
	/* Another target in the same directory is another matter. */
	other = must_open("other");
	writer_free(other);
	ck_assert_int_eq(writer_put(first, "first\n", 6), 0);
	expect_refused("sums", EBUSY);
	ck_assert_int_eq(writer_commit(first), 0);
	/* Complete, if not yet freed. */
	other = must_open("sums");
	writer_free(first);
	expect_refused("sums", EBUSY);
	ck_assert_int_eq(writer_commit(other), 0);
	writer_free(other);
	expect_file("sums", "");
	ck_assert_int_eq(count_names(), 2);
}
END_TEST

START_TEST(test_writer_second_is_refused_in_another_process)
{
	int status;
	pid_t child;

	first = must_open("sums");
	child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		errno = 0;
		_exit(!writer_open("sums", NULL) && errno == EBUSY ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	writer_free(first);
}
END_TEST

START_TEST(test_writer_takes_over_from_a_killed_run)
{
	int status;
	pid_t child;

	put_file("sums", "old\n");
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct writer *writer = writer_open("sums", NULL);

		if (!writer || writer_put(writer, "half", 4) < 0 || writer_flush(writer) < 0)
			_exit(1);
		raise(SIGKILL);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
	expect_file(TEMPORARY, "half");
	expect_file("sums", "old\n");
	write_all("sums", "new\n");
	expect_file("sums", "new\n");
	ck_assert_int_eq(count_names(), 1);
}
END_TEST

START_TEST(test_writer_leaves_alone_what_is_no_leftover)
{
	struct stat status;
	int fd;

	put_file("precious", "precious\n");
	/*
	 * A link to a file, a second name of one, a FIFO, a socket, a directory, another's file.
	 */
	ck_assert_int_eq(symlink("precious", TEMPORARY), 0);
	expect_refused("sums", EEXIST);
	ck_assert_int_eq(unlink(TEMPORARY), 0);
	ck_assert_int_eq(link("precious", TEMPORARY), 0);
	expect_refused("sums", EEXIST);
	ck_assert_int_eq(unlink(TEMPORARY), 0);
	ck_assert_int_eq(mkfifo(TEMPORARY, 0600), 0);
	expect_refused("sums", EEXIST);
	ck_assert_int_eq(unlink(TEMPORARY), 0);
	ck_assert_int_eq(mknod(TEMPORARY, S_IFSOCK | 0600, 0), 0);
	expect_refused("sums", EEXIST);
	ck_assert_int_eq(unlink(TEMPORARY), 0);
	ck_assert_int_eq(mkdir(TEMPORARY, 0700), 0);
	expect_refused("sums", EEXIST);
	ck_assert_int_eq(rmdir(TEMPORARY), 0);
	fd = open(TEMPORARY, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fchown(fd, 12345, 54321) == 0) {
		expect_refused("sums", EEXIST);
		ck_assert_int_eq(stat(TEMPORARY, &status), 0);
	}
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	expect_refused("sums", EBUSY);
	close(fd);
	expect_file("precious", "precious\n");
}
END_TEST

static void commit_first_and_open_third(void)
{
	ck_assert_int_eq(writer_commit(first), 0);
	writer_free(first);
	third = must_open("sums");
}

static void open_third(void)
{
	third = must_open("sums");
}

/** The third has the lock: it is left alone, and so is its temporary. */
static void expect_third_undisturbed(void)
{
	expect_refused("sums", EBUSY);
	ck_assert_int_eq(writer_put(third, "third\n", 6), 0);
	ck_assert_int_eq(writer_commit(third), 0);
	writer_free(third);
	expect_file("sums", "third\n");
	ck_assert_int_eq(count_names(), 1);
}

START_TEST(test_writer_lock_of_what_has_been_renamed_is_none)
{
	first = must_open("sums");
	before_lock = commit_first_and_open_third;
	expect_refused("sums", EBUSY);
	expect_third_undisturbed();
}
END_TEST

START_TEST(test_writer_lock_of_what_has_been_removed_is_none)
{
	/* Between making and locking, it looks like a leftover. */
	before_lock = open_third;
	expect_refused("sums", EBUSY);
	expect_third_undisturbed();
}
END_TEST

/* Several processes open, commit, discard and die on one target; at most one has it open. */
static void contend(atomic_int *holders, unsigned int seed)
{
	for (int round = 0; round < 400; round++) {
		struct writer *writer;
		pid_t victim = 0;

		seed = seed * 1103515245 + 12345;
		/* Now and then a process of its own that dies with the writer open. */
		if (seed >> 16 & 1)
			victim = fork();
		if (victim > 0) {
			int status;

			if (waitpid(victim, &status, 0) != victim || status != 0)
				_exit(2);
			continue;
		}
		writer = writer_open("sums", NULL);
		if (!writer) {
			if (errno != EBUSY)
				_exit(3);
			if (victim == 0 && seed >> 16 & 1)
				_exit(0);
			continue;
		}
		if (atomic_fetch_add(holders, 1) != 0)
			_exit(4);
		if (writer_put(writer, "complete\n", 9) < 0 || writer_flush(writer) < 0)
			_exit(5);
		if (atomic_fetch_sub(holders, 1) != 1)
			_exit(6);
		if (seed >> 16 & 1)
			_exit(0);
		if (seed >> 17 & 1 && writer_commit(writer) < 0)
			_exit(7);
		writer_free(writer);
	}
	_exit(0);
}

START_TEST(test_writer_has_one_holder_among_many)
{
	enum {
		PROCESSES = 4
	};
	atomic_int *holders = mmap(
		NULL, sizeof(*holders), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t children[PROCESSES];

	ck_assert_ptr_ne(holders, MAP_FAILED);
	put_file("sums", "complete\n");
	for (unsigned int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		ck_assert_int_ge(children[i], 0);
		if (children[i] == 0)
			contend(holders, i);
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status;

		ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
		ck_assert_int_eq(status, 0);
	}
	expect_file("sums", "complete\n");
	/* The last may have died with it open. */
	write_all("sums", "complete\n");
	ck_assert_int_eq(count_names(), 1);
	munmap(holders, sizeof(*holders));
}
END_TEST

START_TEST(test_writer_owns_target_and_temporary)
{
	struct writer *writer;

	put_file("sums", "old\n");
	put_file("other", "");
	writer = must_open("sums");
	ck_assert(owns(writer, "sums"));
	ck_assert(owns(writer, TEMPORARY));
	ck_assert(!owns(writer, "other"));
	ck_assert(!owns(writer, "."));
	ck_assert_int_eq(writer_commit(writer), 0);
	ck_assert(owns(writer, "sums"));
	writer_free(writer);
}
END_TEST

/** Standard output becomes a descriptor, which is closed. @return the old one */
static int replace_output(int fd)
{
	int old = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	ck_assert_int_eq(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	close(fd);
	return old;
}

START_TEST(test_writer_standard_output_as_it_stands)
{
	/* By no name, and by the one that would have the file replaced under the shell's feet. */
	const char *path = _i == 0 ? NULL : "/dev/stdout";
	int old = replace_output(open("sums", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	struct writer *writer;

	ck_assert_int_eq(write(STDOUT_FILENO, "before\n", 7), 7);
	writer = must_open(path);
	ck_assert(owns(writer, "sums"));
	ck_assert_int_eq(writer_put(writer, "new\n", 4), 0);
	ck_assert_int_eq(writer_commit(writer), 0);
	writer_free(writer);
	ck_assert_int_eq(write(STDOUT_FILENO, "after\n", 6), 6);
	close(replace_output(old));
	expect_file("sums", "before\nnew\nafter\n");
	ck_assert_int_eq(count_names(), 1);
}
END_TEST

START_TEST(test_writer_full_device)
{
	struct writer *writer = must_open("/dev/full");

	ck_assert_int_eq(writer_put(writer, "new\n", 4), 0);
	ck_assert_int_eq(writer_commit(writer), -1);
	ck_assert_int_eq(errno, ENOSPC);
	writer_free(writer);
	/* Where nothing is due, nothing is wrong. */
	writer = must_open("/dev/full");
	ck_assert_int_eq(writer_commit(writer), 0);
	writer_free(writer);
}
END_TEST

START_TEST(test_writer_null_device_though_standard_output_is_a_closed_one)
{
	int old = replace_output(open("/dev/null", O_RDONLY | O_CLOEXEC));

	write_all("/dev/null", "new\n");
	close(replace_output(old));
}
END_TEST

START_TEST(test_writer_close_of_standard_output_is_checked)
{
	int old = replace_output(open("sums", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	struct writer *writer = must_open(NULL);

	watching = true;
	failing = 'c';
	ck_assert_int_eq(writer_commit(writer), -1);
	ck_assert_int_eq(errno, EIO);
	watching = false;
	writer_free(writer);
	ck_assert_str_eq(calls, "c");
	close(replace_output(old));
}
END_TEST

START_TEST(test_writer_fifo_and_a_reader_that_left)
{
	struct writer *writer;
	char buffer[8];
	int reader;

	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	reader = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	writer = must_open("fifo");
	ck_assert_int_eq(writer_put(writer, "new\n", 4), 0);
	ck_assert_int_eq(writer_flush(writer), 0);
	ck_assert_int_eq(read(reader, buffer, sizeof(buffer)), 4);
	ck_assert_mem_eq(buffer, "new\n", 4);
	close(reader);
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(writer_put(writer, "more\n", 5), 0);
	ck_assert_int_eq(writer_flush(writer), -1);
	ck_assert_int_eq(errno, EPIPE);
	ck_assert_int_eq(writer_commit(writer), -1);
	ck_assert_int_eq(errno, EPIPE);
	writer_free(writer);
	ck_assert_int_eq(count_names(), 1);
}
END_TEST

START_TEST(test_writer_file_that_has_lost_its_name)
{
	int fd = open("sums", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	char path[64];

	/* Its link in /proc reads "... (deleted)": no file of that name may appear. */
	ck_assert_int_eq(unlink("sums"), 0);
	sprintf(path, "/proc/self/fd/%d", fd);
	expect_refused(path, ENOENT);
	ck_assert_int_eq(count_names(), 0);
	/* And one that is there is another. */
	put_file("sums (deleted)", "other\n");
	expect_refused(path, ENOENT);
	expect_file("sums (deleted)", "other\n");
	close(fd);
}
END_TEST

static Suite *writer_suite(void)
{
	Suite *suite = suite_create("writer");
	TCase *tests = tcase_create("writer");

	tcase_add_unchecked_fixture(tests, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, test_writer_creates_a_file_with_the_umask);
	tcase_add_test(tests, test_writer_replaces_a_file_and_keeps_its_mode);
	tcase_add_test(tests, test_writer_keeps_the_owner_where_it_may);
	tcase_add_test(tests, test_writer_order_of_calls);
	tcase_add_loop_test(tests, test_writer_commit_fails_with_the_old_file_intact, 0,
		(int)(sizeof(failures) / sizeof(*failures)));
	tcase_add_test(tests, test_writer_put_failure_is_kept);
	tcase_add_test(tests, test_writer_before);
	tcase_add_test(tests, test_writer_free_without_commit_leaves_all_as_it_was);
	tcase_add_test(tests, test_writer_discard_removes_the_temporary);
	tcase_add_test(tests, test_writer_commit_after_a_signal_leaves_the_old_file);
	tcase_add_test(tests, test_writer_put_of_every_size);
	tcase_add_test(tests, test_writer_follows_links);
	tcase_add_test(tests, test_writer_creates_what_a_dangling_link_points_to);
	tcase_add_test(tests, test_writer_follows_its_directory_not_the_process);
	tcase_add_test(tests, test_writer_open_refuses_what_cannot_be);
	tcase_add_test(tests, test_writer_open_refuses_an_unwritable_directory);
	tcase_add_test(tests, test_writer_long_names);
	tcase_add_loop_test(tests, test_writer_second_is_refused_while_the_first_is_open, 0, 2);
	tcase_add_test(tests, test_writer_second_is_refused_in_another_process);
	tcase_add_test(tests, test_writer_takes_over_from_a_killed_run);
	tcase_add_test(tests, test_writer_leaves_alone_what_is_no_leftover);
	tcase_add_test(tests, test_writer_lock_of_what_has_been_renamed_is_none);
	tcase_add_test(tests, test_writer_lock_of_what_has_been_removed_is_none);
	tcase_add_test(tests, test_writer_has_one_holder_among_many);
	tcase_add_test(tests, test_writer_owns_target_and_temporary);
	tcase_add_loop_test(tests, test_writer_standard_output_as_it_stands, 0, 2);
	tcase_add_test(tests, test_writer_full_device);
	tcase_add_test(tests, test_writer_null_device_though_standard_output_is_a_closed_one);
	tcase_add_test(tests, test_writer_close_of_standard_output_is_checked);
	tcase_add_test(tests, test_writer_fifo_and_a_reader_that_left);
	tcase_add_test(tests, test_writer_file_that_has_lost_its_name);
	suite_add_tcase(suite, tests);
	return suite;
}

int main(void)
{
	return suite_run(writer_suite());
}
