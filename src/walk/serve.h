/*
 * The life of the walker's process: it walks the roots that come, one after the other, and sends
 * what it finds (walk/walk_frame.h).
 */
#ifndef TREESUM_WALK_SERVE_H
#define TREESUM_WALK_SERVE_H

struct walker_options;

/**
 * Walk the roots that come through a channel, until its other end is closed.
 *
 * @return the exit status: 0, or 1 where the walk was given up; the parent was told why
 */
int serve_roots(int fd, const struct walker_options *options);

#endif
