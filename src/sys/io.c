/*
 * The calls here are the only ones of the tool that go on after EINTR by themselves. A program
 * that wants a signal to end a wait must take the signal in its poll loop, before it calls one of
 * these on a descriptor that can block.
 */
#include "sys/io.h"

#include "sys/linux_calls.h"
#include "sys/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* Linux 4.14; musl has it since 1.2.5. */
#ifndef RWF_NOWAIT
#	define RWF_NOWAIT 8
#endif

ssize_t io_read(int fd, void *buffer, size_t size)
{
	ssize_t got;

	do {
		got = read(fd, buffer, size);
	} while (got < 0 && errno == EINTR);
	return got;
}

int io_fstat(int fd, struct stat *status)
{
	struct statx found;

	if (statx(fd, "", AT_EMPTY_PATH,
		    STATX_TYPE | STATX_MODE | STATX_NLINK | STATX_INO | STATX_SIZE | STATX_MTIME |
			    STATX_CTIME,
		    &found) < 0) {
		/* A sandbox that does not know the call. */
		if (errno == ENOSYS || errno == EPERM)
			return fstat(fd, status);
		return -1;
	}
	*status = (struct stat){
		.st_dev = makedev(found.stx_dev_major, found.stx_dev_minor),
		.st_ino = found.stx_ino,
		.st_mode = found.stx_mode,
		.st_nlink = found.stx_nlink,
		.st_size = (off_t)found.stx_size,
		.st_mtim = {.tv_sec = found.stx_mtime.tv_sec,
			.tv_nsec = (long)found.stx_mtime.tv_nsec},
		.st_ctim = {.tv_sec = found.stx_ctime.tv_sec,
			.tv_nsec = (long)found.stx_ctime.tv_nsec},
	};
	return 0;
}

ssize_t io_read_cached(int fd, void *buffer, size_t size)
{
	struct iovec vector = {buffer, size};
	ssize_t got;

	do {
		/* The offset in two halves: -1 is the current position. Not in older musl. */
		got = syscall(SYS_preadv2, fd, &vector, 1, -1L, -1L, RWF_NOWAIT);
	} while (got < 0 && errno == EINTR);
	/*
	 * Linux 5.9 and 5.10 may return 0 in the middle of a file: preadv2(2), BUGS. EPERM is what
	 * some sandboxes say of calls that they do not know; read(2) tells whether it is the
	 * file's.
	 */
	if (got == 0 ||
		(got < 0 &&
			(errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL ||
				errno == EPERM)))
		errno = EAGAIN;
	return got > 0 ? got : -1;
}

/** Whether a signal has come by which the program ends, and that is heeded. */
static bool is_ended(bool heed)
{
	return heed && signals_caught();
}

/** Wait until `fd` takes bytes, or an error that the next write will tell. */
static int wait_writable(int fd, bool heed)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
	int ready;

	do {
		ready = poll(&poll_fd, 1, -1);
	} while (ready < 0 && errno == EINTR && !is_ended(heed));
	return ready < 0 ? -1 : 0;
}

static int write_all(int fd, const char *next, size_t size, bool heed)
{
	while (size > 0) {
		ssize_t written;

		/* A write that a signal ends when it has written something does not say EINTR. */
		if (is_ended(heed)) {
			errno = EINTR;
			return -1;
		}
		written = write(fd, next, size);
		if (written >= 0) {
			next += written;
			size -= (size_t)written;
		} else if (errno == EAGAIN) {
			if (wait_writable(fd, heed) < 0)
				return -1;
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

int io_wait_readable(int fd, int interrupt_fd, int timeout)
{
	struct pollfd poll_fds[] = {
		{.fd = fd, .events = POLLIN},
		{.fd = interrupt_fd, .events = POLLIN},
	};
	if (poll(poll_fds, 2, timeout) < 0 && errno != EINTR)
		return -1;
	if (poll_fds[1].revents && signals_ended()) {
		errno = EINTR;
		return -1;
	}
	return 0;
}

int io_write_all(int fd, const void *buffer, size_t size)
{
	return write_all(fd, buffer, size, true);
}

int io_write_quietly(int fd, const void *buffer, size_t size)
{
	static const struct timespec at_once = {0};
	sigset_t broken_pipe, before;
	int result, error;

	sigemptyset(&broken_pipe);
	sigaddset(&broken_pipe, SIGPIPE);
	sigprocmask(SIG_BLOCK, &broken_pipe, &before);
	result = write_all(fd, buffer, size, false);
	error = errno;
	/* Take it back before it is delivered; where it is ignored there is none. */
	if (result < 0 && error == EPIPE) {
		while (sigtimedwait(&broken_pipe, NULL, &at_once) < 0 && errno == EINTR)
			;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return result;
}

int io_openat(int directory, const char *path, int flags, mode_t mode)
{
	int fd;

	do {
		fd = openat(directory, path, flags | O_CLOEXEC, mode);
	} while (fd < 0 && errno == EINTR);
	return fd;
}

int io_duplicate(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

int io_try_close(int fd)
{
	int copy = io_duplicate(fd);
	if (copy < 0)
		return -1;
	/* Interrupted, it is closed all the same. */
	return close(copy) < 0 && errno != EINTR ? -1 : 0;
}

void io_leave(int directory, int led)
{
	int error = errno;

	if (led != directory && led >= 0)
		close(led);
	errno = error;
}

int io_lead(int directory, const char **path)
{
	int led = directory;

	while (strlen(*path) >= PATH_MAX) {
		char part[PATH_MAX];
		const char *slash = memrchr(*path, '/', sizeof(part) - 1);
		size_t size = slash ? (size_t)(slash - *path) : 0;
		int next = -1;

		if (size > 0) {
			memcpy(part, *path, size);
			part[size] = '\0';
			next = io_openat(led, part, O_PATH | O_DIRECTORY, 0);
			*path = slash + strspn(slash, "/");
		} else {
			errno = ENAMETOOLONG;
		}
		io_leave(directory, led);
		if (next < 0)
			return -1;
		led = next;
	}
	/* The path may end in slashes. */
	if (!**path && led != directory)
		*path = ".";
	return led;
}

int io_open_long(int directory, const char *path, int flags)
{
	int led = io_lead(directory, &path);
	int fd = led == -1 ? -1 : io_openat(led, path, flags, 0);

	io_leave(directory, led);
	return fd;
}

int io_stat_long(const char *path, struct stat *status)
{
	int directory = io_lead(AT_FDCWD, &path);
	int result = -1;
	if (directory >= 0 || directory == AT_FDCWD)
		result = fstatat(directory, path, status, 0);
	io_leave(AT_FDCWD, directory);
	return result;
}

int io_fsync(int fd)
{
	int result;

	do {
		result = fsync(fd);
	} while (result < 0 && errno == EINTR);
	return result;
}

int io_open_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (errno != EBADF)
			return -1;
		/*
		 * The lowest free descriptor is `fd`, since those below it are open. Not
		 * close-on-exec: a program started from here needs all three as much.
		 */
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			return -1;
	}
	return 0;
}
