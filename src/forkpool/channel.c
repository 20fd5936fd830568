/*
 * Frames over SOCK_SEQPACKET.
 *
 * The kernel keeps the borders of packets, so a frame arrives whole or not at all, whoever is
 * killed when. Two of its rules shape this file: a packet of no bytes reads as end-of-file, so
 * frames have at least one; and the first recv() after a peer died with frames unread says
 * ECONNRESET, *before* what that peer had sent, so that error is passed over and the frames are
 * read on until 0.
 */
#include "forkpool/channel.h"

#include "forkpool/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

int channel_lift(int *fd)
{
	int moved, error;

	if (*fd > 2)
		return 0;
	moved = fcntl(*fd, F_DUPFD_CLOEXEC, 3);
	if (moved < 0)
		return -1;
	error = errno;
	close(*fd);
	errno = error;
	*fd = moved;
	return 0;
}

int channel_open(int *parent, int *child)
{
	int ends[2], error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		return -1;
	if (channel_lift(&ends[0]) < 0 || channel_lift(&ends[1]) < 0)
		goto fail;
	*parent = ends[0];
	*child = ends[1];
	return 0;

fail:
	error = errno;
	close(ends[0]);
	close(ends[1]);
	errno = error;
	return -1;
}

int channel_send(int fd, const void *frame, size_t size)
{
	ssize_t sent;

	if (size == 0 || size > CHANNEL_FRAME_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	do {
		sent = send(fd, frame, size, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -1 : 0;
}

ssize_t channel_receive(int fd, void *frame)
{
	ssize_t size;

	do {
		/* With MSG_TRUNC the size is the packet's own, even where it was cut. */
		size = recv(fd, frame, CHANNEL_FRAME_MAX, MSG_TRUNC);
	} while (size < 0 && (errno == EINTR || errno == ECONNRESET));
	if (size > (ssize_t)CHANNEL_FRAME_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	return size;
}

/** As poll(2) on one descriptor, by select(2). */
static int select_one(struct pollfd *wanted, int timeout)
{
	struct timeval time = {.tv_sec = timeout / 1000, .tv_usec = timeout % 1000 * 1000};
	fd_set readable, writable;
	int ready;

	FD_ZERO(&readable);
	FD_ZERO(&writable);
	if (wanted->events & POLLIN)
		FD_SET(wanted->fd, &readable);
	if (wanted->events & POLLOUT)
		FD_SET(wanted->fd, &writable);
	ready = select(wanted->fd + 1, &readable, &writable, NULL, timeout < 0 ? NULL : &time);
	if (ready <= 0)
		return ready;
	wanted->revents = (short)((FD_ISSET(wanted->fd, &readable) ? POLLIN : 0) |
		(FD_ISSET(wanted->fd, &writable) ? POLLOUT : 0));
	return 1;
}

/** As poll(2) on one descriptor, which that refuses where RLIMIT_NOFILE is 0, as in some sandboxes. */
static int poll_one(struct pollfd *wanted, int timeout)
{
	int ready = poll(wanted, 1, timeout);

	if (ready < 0 && errno == EINVAL && wanted->fd >= 0 && wanted->fd < FD_SETSIZE)
		return select_one(wanted, timeout);
	return ready;
}

int channel_wait(int fd, short events, int timeout)
{
	struct pollfd poll_fd = {.fd = fd, .events = events};
	int64_t deadline = timeout == 0 ? 0 : clock_deadline(timeout);
	int ready;

	while ((ready = poll_one(&poll_fd, timeout)) < 0 && errno == EINTR)
		timeout = clock_left(deadline);
	if (ready <= 0)
		return ready;
	if (poll_fd.revents & POLLNVAL) {
		errno = EBADF;
		return -1;
	}
	if (poll_fd.revents & (POLLHUP | POLLERR))
		return events;
	return poll_fd.revents & events;
}
