/*
 * The limit that treesum can be held against: the least work of each kind that hashing a tree
 * takes, done by itself, with nothing between it and the system calls.
 *
 *	floor walk TREE
 *		list and stat everything, as the walker must
 *	floor read LIST [JOBS]
 *		open, stat, read and close each file that LIST names, one a line
 *	floor kernel BYTES [JOBS]
 *		run the widest kernel over so many bytes that stay in the cache
 *	floor stream BYTES [JOBS]
 *		run libcrypto's over as many, one stream a process
 *
 * The work is shared by JOBS processes (1). Prints one line: what was done, and the seconds of
 * processor time (of all processes) and of the clock. The processor time of the three together is
 * the floor under that of treesum; with the page cache dropped, the wall time of `read` with many
 * jobs is the disk's.
 */
#include "hash/digest.h"
#include "hash/lanes.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/** What a process has done; shared with the one that forked it. */
struct work {
	uint64_t files;
	uint64_t bytes;
};

/** An entry as getdents64(2) returns it. */
struct entry {
	uint64_t inode;
	int64_t offset;
	unsigned short size;
	unsigned char type;
	char name[];
};

/** Walk a directory, and close it. */
static void walk(int directory, struct work *work)
{
	_Alignas(struct entry) char buffer[1 << 15];
	struct stat status;
	long size;

	while ((size = syscall(SYS_getdents64, directory, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < size;) {
			const struct entry *entry = (const struct entry *)(buffer + at);
			int child;

			at += entry->size;
			if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0)
				continue;
			if (fstatat(directory, entry->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
				err(1, "%s", entry->name);
			if (S_ISREG(status.st_mode)) {
				work->files++;
				work->bytes += (uint64_t)status.st_size;
			}
			if (!S_ISDIR(status.st_mode))
				continue;
			child = openat(directory, entry->name,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (child < 0)
				err(1, "%s", entry->name);
			walk(child, work);
		}
	}
	if (size < 0)
		err(1, "getdents64");
	close(directory);
}

static void walk_tree(const char *root, struct work *work)
{
	int directory = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0)
		err(1, "%s", root);
	walk(directory, work);
}

/** Read a file; one read(2) for a small one, for its size says that this was all. */
static void read_file(const char *name, struct work *work)
{
	static char buffer[1 << 17];
	int file = open(name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	off_t done = 0;
	ssize_t size;

	if (file < 0 || fstat(file, &status) < 0)
		err(1, "%s", name);
	while (done < status.st_size && (size = read(file, buffer, sizeof(buffer))) != 0) {
		if (size < 0)
			err(1, "%s", name);
		done += size;
	}
	close(file);
	work->files++;
	work->bytes += (uint64_t)done;
}

/** Read the files of every `jobs`-th line of the list. */
static void read_files(const char *list, long job, long jobs, struct work *work)
{
	FILE *names = fopen(list, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t size;

	if (!names)
		err(1, "%s", list);
	for (long i = 0; (size = getline(&line, &room, names)) > 0; i++) {
		if (i % jobs != job)
			continue;
		if (line[size - 1] == '\n')
			line[size - 1] = '\0';
		read_file(line, work);
	}
	free(line);
	fclose(names);
}

/** Hash in lanes, or by libcrypto where there are none. */
static void run_kernel(const struct lanes *lanes, uint64_t bytes, struct work *work)
{
	/* 8 KiB for each lane. */
	enum {
		PIECE = 1 << 13
	};
	static unsigned char data[LANES_MAX_WIDTH][PIECE];
	struct digest *digest = digest_new(digest_find("sha512"));
	size_t width = lanes ? lanes->kernels[0].width : 1;
	const unsigned char *pieces[LANES_MAX_WIDTH];
	uint64_t hash[LANES_MAX_WIDTH][8], *hashes[LANES_MAX_WIDTH];

	if (!digest)
		err(1, "libcrypto");
	memset(data, 0x5a, sizeof(data));
	memset(hash, 0, sizeof(hash));
	for (size_t i = 0; i < width; i++) {
		pieces[i] = data[i];
		hashes[i] = hash[i];
	}
	for (; work->bytes < bytes; work->bytes += width * PIECE) {
		if (lanes)
			lanes->kernels[0].compress(
				hashes, pieces, (size_t)PIECE / DIGEST_SHA512_BLOCK);
		else if (digest_update(digest, data[0], PIECE) < 0)
			err(1, "libcrypto");
	}
	digest_free(digest);
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/** Processor time of this process's children that have ended, in seconds. */
static double children_time(void)
{
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/** Do one job's share. @return false where there is no such mode */
static bool do_work(const char *mode, const char *what, long job, long jobs, struct work *work)
{
	if (strcmp(mode, "walk") == 0)
		walk_tree(what, work);
	else if (strcmp(mode, "read") == 0)
		read_files(what, job, jobs, work);
	else if (strcmp(mode, "kernel") == 0)
		run_kernel(lanes_best(), strtoull(what, NULL, 10) / (uint64_t)jobs, work);
	else if (strcmp(mode, "stream") == 0)
		run_kernel(NULL, strtoull(what, NULL, 10) / (uint64_t)jobs, work);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	long jobs = argc > 3 ? strtol(argv[3], NULL, 10) : 1;
	struct work *work, sum = {0};
	double start;
	int status;

	if (argc < 3 || argc > 4 || jobs < 1 || (jobs > 1 && strcmp(argv[1], "walk") == 0))
		errx(2, "usage: floor walk TREE | read LIST [JOBS] | kernel|stream BYTES [JOBS]");
	work = mmap(NULL, (size_t)jobs * sizeof(*work), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (work == MAP_FAILED)
		err(1, "mmap");
	start = now();
	for (long job = 0; job < jobs; job++) {
		pid_t child = fork();

		if (child < 0)
			err(1, "fork");
		if (child == 0)
			_exit(do_work(argv[1], argv[2], job, jobs, &work[job]) ? 0 : 2);
	}
	for (long job = 0; job < jobs; job++)
		if (wait(&status) < 0 || status != 0)
			errx(1, "%s failed", argv[1]);
	for (long job = 0; job < jobs; job++) {
		sum.files += work[job].files;
		sum.bytes += work[job].bytes;
	}
	printf("%s files=%" PRIu64 " bytes=%" PRIu64 " cpu=%.3f wall=%.3f\n", argv[1], sum.files,
		sum.bytes, children_time(), now() - start);
	return 0;
}
