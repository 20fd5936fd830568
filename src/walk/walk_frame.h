/*
 * What the walker's process and its parent send each other.
 *
 *     parent ──► walker    a root's path
 *     walker ──► parent    an entry, the end of a root, that it is alive, or why the walk is given
 * up
 *
 * A root's path is a frame of its own. What comes back are messages, in frames that hold a batch of
 * whole ones, or, where one is longer than a frame (a path can be), its parts one after the other.
 *
 * A message is its kind, its fields and, of an entry, the path with its NUL (forkpool/frame.h).
 */
#ifndef TREESUM_WALK_WALK_FRAME_H
#define TREESUM_WALK_WALK_FRAME_H

#include "forkpool/frame.h"

#include <stddef.h>

struct nftw_entry;
struct walker_entry;

/** The first byte of a frame. */
enum walk_frame_kind {
	/** Whole messages. */
	WALK_FRAME_BATCH,
	/** A part of a message; more follow. */
	WALK_FRAME_PART,
	/** The last part. */
	WALK_FRAME_LAST,
};

/** The first byte of a message; that of an entry is its nftw_type. */
enum walk_message {
	/** Nothing new, but the walker is alive. */
	WALK_MESSAGE_ALIVE = 0xfd,
	/** The walker cannot go on: errno. */
	WALK_MESSAGE_FAILED = 0xfe,
	/** The end of a root: how many entries there were, how many of them with an error, and how
	 * many names were left out. */
	WALK_MESSAGE_END = 0xff,
};

/** A message is its kind and fields, at most this many bytes, and a path with its NUL. */
#define WALK_FIELDS_MAX ((size_t)128)

/** A message that comes in parts. All 0 at first; `bytes` is to be freed. */
struct walk_parts {
	unsigned char *bytes;
	size_t size;
	size_t room;
};

/** Send a frame, waiting until the channel takes it. @return 0, or -1 with errno */
int walk_frame_send(int fd, const void *frame, size_t size);

/** Send a message that is longer than a frame, in parts. @return as walk_frame_send() */
int walk_frame_send_parts(int fd, const unsigned char *message, size_t size);

/**
 * Take a frame that was received.
 *
 * @param reader set before a message; valid until `frame` or `parts` is altered
 * @return 1 where there is a whole message, 0 where that is still to come, or -1 with errno ENOMEM
 *         or EBADMSG
 */
int walk_frame_take(
	struct frame_reader *reader, struct walk_parts *parts, const void *frame, size_t size);

/** Write an entry as a message. Where there is no room, the writer has failed. */
void walk_frame_put_entry(struct frame_writer *frame, const struct nftw_entry *entry);

/**
 * Read the rest of an entry's message, after its kind. Where that is too short, the path is NULL.
 *
 * @param type its kind
 * @param entry all fields of it that a message has; the path stays in the frame
 */
void walk_frame_get_entry(struct frame_reader *frame, uint8_t type, struct walker_entry *entry);

#endif
