/*
 * A channel between a parent and a process that it forked: whole frames over a pair of
 * SOCK_SEQPACKET sockets. A killed peer cannot leave half a frame. EINTR is handled here.
 *
 * Internal to forkpool's source tree.
 */
#ifndef FORKPOOL_CHANNEL_H
#define FORKPOOL_CHANNEL_H

#include <stddef.h>
#include <sys/types.h>

/** The longest frame in bytes: atomic, and well below the kernel's limit for one packet. */
#define CHANNEL_FRAME_MAX ((size_t)65536)

/**
 * Open a pair of connected ends: close-on-exec, non-blocking, with numbers above 2.
 *
 * @param parent the parent's end, to be closed with close(2)
 * @param child the child's end, likewise
 * @return 0, or -1 with errno and nothing open
 */
int channel_open(int *parent, int *child);

/**
 * Move a descriptor away from 0, 1 and 2, which belong to stdio even where they were closed.
 *
 * @return 0, or -1 with errno and `fd` as it was
 */
int channel_lift(int *fd);

/**
 * Send one frame. Never blocks, never raises SIGPIPE.
 *
 * @param size 1 to CHANNEL_FRAME_MAX
 * @return 0, or -1 with errno: EAGAIN where the peer's queue is full, EPIPE or ECONNRESET where the
 *         peer has gone, EMSGSIZE
 */
int channel_send(int fd, const void *frame, size_t size);

/**
 * Receive one frame. Never blocks. After the peer's death the frames that it had sent still come,
 * then 0 (the ECONNRESET that comes first where the peer left frames unread is swallowed here).
 *
 * @param frame room for CHANNEL_FRAME_MAX bytes
 * @return its size; 0 where the peer has gone and nothing is left; or -1 with errno: EAGAIN where
 *         there is none now, EMSGSIZE where the peer sent one that is too long, which is lost
 */
ssize_t channel_receive(int fd, void *frame);

/**
 * Wait until the channel is ready.
 *
 * @param events POLLIN, POLLOUT or both
 * @param timeout milliseconds, or -1
 * @return the events that came (POLLHUP and POLLERR count as both), 0 when time has passed, or -1
 *         with errno
 */
int channel_wait(int fd, short events, int timeout);

#endif
