/*
 * Input and output on descriptors, where EINTR and short transfers are handled once (the pool's
 * channel handles its own). Nothing here prints.
 */
#ifndef TREESUM_SYS_IO_H
#define TREESUM_SYS_IO_H

#include <stddef.h>
#include <sys/types.h>

struct stat;

/**
 * Read at most `size` bytes, going on after EINTR. May return fewer, as read(2).
 *
 * @return bytes read, 0 at the end of the file, or -1 with errno (EAGAIN where `fd` does not block)
 */
ssize_t io_read(int fd, void *buffer, size_t size);

/**
 * As fstat(2), but without the time of the last access, and what nobody here needs. After a read a
 * file system over a network has to ask its server for that time: 2 ms of some 10 for a file of 8
 * KiB, where a call takes so long.
 *
 * @param status its type, mode, links, size, mtime, ctime, device and inode are filled
 * @return 0, or -1 with errno
 */
int io_fstat(int fd, struct stat *status);

/**
 * As io_read(), but only what the page cache holds, without waiting for a disk.
 *
 * @return bytes read, at least 1, or -1 with errno; EAGAIN where the next bytes are not cached,
 * where the kernel or the file system cannot tell, and at the end of the file, which only io_read()
 * tells reliably
 */
ssize_t io_read_cached(int fd, void *buffer, size_t size);

/**
 * Write all of `size` bytes, going on after EINTR and short writes, and waiting with poll(2) where
 * `fd` does not block.
 *
 * @return 0, or -1 with errno, EINTR where a signal came that ends the program (sys/signals.h);
 * then an unknown part of the bytes was written
 */
int io_write_all(int fd, const void *buffer, size_t size);

/**
 * Wait until `fd` can be read, or is at its end.
 *
 * @param fd -1 to look at the other one only
 * @param interrupt_fd readable when the program is to end, or -1
 * @param timeout milliseconds, or -1 for none
 * @return 0, also where the time is over or poll(2) was interrupted; or -1 with errno, EINTR where
 *         `interrupt_fd` is readable
 */
int io_wait_readable(int fd, int interrupt_fd, int timeout);

/**
 * As io_write_all(), for what may get lost and must not end anything: it raises no SIGPIPE, and
 * also writes when a signal has come that ends the program.
 *
 * @return 0, or -1 with errno
 */
int io_write_quietly(int fd, const void *buffer, size_t size);

/** As openat(2), going on after EINTR; O_CLOEXEC is added. @return a descriptor, or -1 with errno
 */
int io_openat(int directory, const char *path, int flags, mode_t mode);

/** A duplicate above 2, with O_CLOEXEC. @return a descriptor, or -1 with errno */
int io_duplicate(int fd);

/**
 * Find out what close(2) would tell, which leaves `fd` open: file systems may tell only then that
 * bytes could not be kept. @return 0, or -1 with errno
 */
int io_try_close(int fd);

/**
 * Go along a path that is longer than a system call takes (PATH_MAX bytes), so far that the rest is
 * not. As anywhere in a path, links are followed, and only search permission is needed.
 *
 * @param directory what it is relative to, or AT_FDCWD
 * @param path becomes the rest; stays as it is where it is short enough
 * @return what the rest is relative to: `directory`, or a descriptor for io_leave(); or -1 with
 *         errno
 */
int io_lead(int directory, const char **path);

/** Close what io_lead() has opened, if anything; it may have failed. Keeps errno. */
void io_leave(int directory, int led);

/** As io_openat(), for a path of any length and without O_CREAT. */
int io_open_long(int directory, const char *path, int flags);

/** As stat(2), for a path of any length. */
int io_stat_long(const char *path, struct stat *status);

/** As fsync(2), going on after EINTR. @return 0, or -1 with errno */
int io_fsync(int fd);

/**
 * Make sure that descriptors 0, 1 and 2 are open, so that no file opened later becomes one of them
 * and is written to by mistake. A missing one is opened so that its intended use fails with EBADF
 * (standard input write-only, standard output and error read-only).
 *
 * @return 0, or -1 with errno
 */
int io_open_standard(void);

#endif
