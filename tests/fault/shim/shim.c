/*
 * A library to be preloaded into treesum, for faults that strace cannot inject: allocations that
 * fail, reads of one byte, processes that may not grow, clocks that are wrong.
 *
 * Each process counts for itself. The environment says what happens:
 *
 *     SHIM_PROCESS=N     it happens in the N-th child only, 0 being the first process;
 *                        "children": in every child; unset: everywhere
 *     SHIM_ALLOCATION=N  the N-th allocation fails
 *     SHIM_FOR_GOOD      and all that come after it
 *     SHIM_READ          read and preadv2 are interrupted (EINTR), give one byte, and so on in turn
 *     SHIM_GROWTH=BYTES  how much the address space may grow after the fork (RLIMIT_AS)
 *     SHIM_TIME=SECONDS  the clock is wrong by so much: it is ahead, or behind if they are negative
 *     SHIM_LOG=FILE      where a byte is appended in each process in which something happened
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* The functions below, as they are without us. */
static struct {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void *(*aligned_alloc)(size_t, size_t);
	int (*posix_memalign)(void **, size_t, size_t);
	pid_t (*fork)(void);
	ssize_t (*read)(int, void *, size_t);
	long (*syscall)(long, ...);
	int (*clock_gettime)(clockid_t, struct timespec *);
} real;

/** Every process that it can happen in, in place of a number. */
#define EVERYBODY (-1)
#define CHILDREN (-2)

/* What is to happen. */
static bool ready;
static long aim;
static long allocation;
static bool for_good;
static bool short_reads;
static long growth;
static long clock_error;
static int log_fd = -1;

/* What this process has done. */
static long number;
static long forks;
static long allocations;
static unsigned reads;
static bool logged;

/** Find one of the functions. */
static void *find(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static long number_of(const char *name)
{
	const char *value = getenv(name);
	return value ? strtol(value, NULL, 10) : 0;
}

/** Open the log, out of the way of the program's descriptors. */
static void open_log(void)
{
	const char *path = getenv("SHIM_LOG");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 500);
	close(fd);
}

/** Read the environment; the first allocation comes before any constructor of ours. */
static void prepare(void)
{
	if (ready)
		return;
	ready = true;
	real.malloc = find("malloc");
	real.calloc = find("calloc");
	real.realloc = find("realloc");
	real.aligned_alloc = find("aligned_alloc");
	real.posix_memalign = find("posix_memalign");
	real.fork = find("fork");
	real.read = find("read");
	real.syscall = find("syscall");
	real.clock_gettime = find("clock_gettime");
	const char *process = getenv("SHIM_PROCESS");
	if (!process)
		aim = EVERYBODY;
	else if (strcmp(process, "children") == 0)
		aim = CHILDREN;
	else
		aim = number_of("SHIM_PROCESS");
	allocation = number_of("SHIM_ALLOCATION");
	for_good = getenv("SHIM_FOR_GOOD");
	short_reads = getenv("SHIM_READ");
	growth = number_of("SHIM_GROWTH");
	clock_error = number_of("SHIM_TIME");
	open_log();
}

/** Whether this is a process in which it happens. */
static bool is_aimed_at(void)
{
	return aim == EVERYBODY || aim == number || (aim == CHILDREN && number > 0);
}

/** It happens; say so once. */
static void note(void)
{
	if (!logged && log_fd >= 0 && write(log_fd, "x", 1) == 1)
		logged = true;
}

/** Whether the allocation that is asked for now fails, which is ENOMEM then. */
static bool fails(void)
{
	prepare();
	if (!is_aimed_at() || !allocation || ++allocations < allocation ||
		(allocations > allocation && !for_good))
		return false;
	note();
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : real.malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : real.calloc(count, size);
}

/* reallocarray(), strdup(), asprintf() and others come by these. */
void *realloc(void *memory, size_t size)
{
	return fails() ? NULL : real.realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : real.aligned_alloc(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
	return fails() ? ENOMEM : real.posix_memalign(memory, alignment, size);
}

/** Let the address space grow by no more than this. */
static void limit_growth(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	if (!file || fscanf(file, "%lu", &pages) != 1)
		_exit(99);
	fclose(file);
	rlim_t limit = pages * (rlim_t)sysconf(_SC_PAGESIZE) + (rlim_t)growth;
	if (setrlimit(RLIMIT_AS, &(struct rlimit){limit, limit}) != 0)
		_exit(99);
	note();
}

pid_t fork(void)
{
	prepare();
	pid_t child = real.fork();
	if (child > 0)
		forks++;
	if (child != 0)
		return child;
	number = forks + 1;
	logged = false;
	if (growth && is_aimed_at())
		limit_growth();
	allocations = 0;
	return 0;
}

/** Whether a read of this descriptor is to be cut short: the data of files, not the events of
 * timers. */
static bool is_data(int fd)
{
	struct stat status;
	prepare();
	return short_reads && is_aimed_at() && fstat(fd, &status) == 0 &&
		(S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode));
}

/** Whether this one is interrupted. */
static bool is_interrupted(void)
{
	note();
	errno = EINTR;
	return reads++ % 2 == 0;
}

ssize_t read(int fd, void *buffer, size_t size)
{
	if (!is_data(fd))
		return real.read(fd, buffer, size);
	return is_interrupted() ? -1 : real.read(fd, buffer, size > 0);
}

/* preadv2 is called by its number. */
long syscall(long call, ...)
{
	long arguments[6];
	va_list list;
	va_start(list, call);
	for (int i = 0; i < 6; i++)
		arguments[i] = va_arg(list, long);
	va_end(list);
	struct iovec one;
	if (call == SYS_preadv2 && is_data((int)arguments[0])) {
		if (is_interrupted())
			return -1;
		one = *(const struct iovec *)arguments[1];
		one.iov_len = one.iov_len > 0;
		arguments[1] = (long)&one;
	}
	prepare();
	return real.syscall(call, arguments[0], arguments[1], arguments[2], arguments[3],
		arguments[4], arguments[5]);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	prepare();
	int status = real.clock_gettime(clock, now);
	if (status == 0 && clock == CLOCK_REALTIME && clock_error && is_aimed_at()) {
		now->tv_sec += clock_error;
		note();
	}
	return status;
}

time_t time(time_t *seconds)
{
	struct timespec now = {0};
	clock_gettime(CLOCK_REALTIME, &now);
	if (seconds)
		*seconds = now.tv_sec;
	return now.tv_sec;
}
