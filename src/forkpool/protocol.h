/*
 * What the pool and its workers say to each other: the first byte of a frame is its kind, the rest
 * are records of that kind. Pure functions over bytes; nothing here allocates or sends.
 *
 * Records are many to a frame. A payload that is too long for one frame begins in a frame of its
 * own, which tells its whole size, and goes on in FRAME_MORE frames until that size is reached;
 * nothing else is sent in between.
 */
#ifndef FORKPOOL_PROTOCOL_H
#define FORKPOOL_PROTOCOL_H

#include "forkpool/channel.h"
#include "forkpool/forkpool.h"
#include "forkpool/frame.h"

#include <stdbool.h>
#include <stdint.h>

enum frame_kind {
	/** To a worker: task records. */
	FRAME_TASKS = 1,
	/** To a worker: the first part of a long task. */
	FRAME_LONG_TASK,
	/** Both ways: the next part of a long payload; bytes alone. */
	FRAME_MORE,
	/** From a worker: its initializer has succeeded. */
	FRAME_READY,
	/** From a worker: its initializer has failed; one u32, errno. */
	FRAME_NOT_READY,
	/** From a worker: one u32, the ns that were spent on all (or the most that it holds), then
	 * reply records. */
	FRAME_REPLIES,
	/** From a worker: the same u32, then the first part of a long reply. */
	FRAME_LONG_REPLY,
	/** From a worker: one progress record. */
	FRAME_PROGRESS,
	/** From a worker: one record, a part of a result. */
	FRAME_PART,
	/** To a worker: task records, and more frames are about to follow. */
	FRAME_TASKS_OF_MANY,
};

/** One record of any kind; fields that its kind has no use for are 0. */
struct record {
	uint64_t id;
	union {
		/** Reply: 0, or the errno of a failure, whose words the data are then. */
		int error;
		/** Task: its own time-out in ms, or 0. */
		int timeout;
	};
	/** The bytes in this frame; inside the frame. */
	const void *data;
	size_t size;
	/** The bytes in all frames: `size`, or more in a long record. */
	size_t total;
};

/** Bytes that a record takes beside its data, and a frame beside its records: of any kind, and of
 * replies. */
#define RECORD_OVERHEAD ((size_t)16)
#define FRAME_OVERHEAD ((size_t)1)
#define FRAME_REPLIES_OVERHEAD ((size_t)5)

/** The most data that a record in an ordinary frame can have. */
#define RECORD_MAX (CHANNEL_FRAME_MAX - FRAME_REPLIES_OVERHEAD - RECORD_OVERHEAD)

/** Whether a record of so much data still fits into the frame. */
static inline bool protocol_fits(const struct frame_writer *frame, size_t size)
{
	return size <= RECORD_MAX && frame_room(frame) >= RECORD_OVERHEAD + size;
}

/**
 * Move the data of a record that was read from a frame to where the user may expect them: aligned to
 * FP_ALIGNMENT. Its header before them is no longer needed, and as long. The frame has to be in writable
 * memory.
 */
static inline void protocol_align(struct record *record)
{
	unsigned char *data = (unsigned char *)record->data;
	unsigned char *aligned = data - (uintptr_t)data % FP_ALIGNMENT;

	if (aligned != data)
		memmove(aligned, data, record->size);
	record->data = aligned;
}

/** Append a record to a frame whose kind has been put. */
static inline void protocol_put(struct frame_writer *frame, const struct record *record)
{
	frame_put_u64(frame, record->id);
	frame_put_u32(frame, (uint32_t)record->error);
	frame_put_u32(frame, (uint32_t)record->total);
	frame_put_bytes(frame, record->data, record->size);
}

/**
 * Read the next record of an ordinary frame.
 *
 * @return true with a record, or false: at the end, or where the frame is malformed
 *         (frame->failed tells)
 */
static inline bool protocol_get(struct frame_reader *frame, struct record *record)
{
	if (frame_left(frame) == 0)
		return false;
	record->id = frame_get_u64(frame);
	record->error = (int)(frame_get_u32(frame) & INT32_MAX);
	record->total = record->size = frame_get_u32(frame);
	record->data = frame_get_bytes(frame, record->size);
	return !frame->failed;
}

/**
 * Read the record of a long frame: all the rest of the frame is its first part.
 *
 * @param limit the most bytes that it may have in all
 * @return whether it is well formed: 1 to `limit` bytes in all, and not more than that here
 */
bool protocol_get_long(struct frame_reader *frame, size_t limit, struct record *record);

#endif
