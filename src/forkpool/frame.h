/*
 * How numbers and bytes lie in a frame: little-endian, field by field, nothing aligned or padded.
 *
 * Writing past the room, or reading past the end, marks the cursor as failed; later calls do
 * nothing and give 0 or NULL, so that a codec checks once, at its end.
 *
 * Everything is inline: a pool handles millions of tasks a second, each with a handful of fields.
 */
#ifndef FORKPOOL_FRAME_H
#define FORKPOOL_FRAME_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** A place in a frame that is being written. */
struct frame_writer {
	unsigned char *start;
	unsigned char *at;
	unsigned char *end;
	bool failed;
};

/** A place in a frame that is being read; the bytes stay the caller's. */
struct frame_reader {
	const unsigned char *at;
	const unsigned char *end;
	bool failed;
};

/** Start to write into `size` bytes of room. */
static inline void frame_write(struct frame_writer *frame, void *room, size_t size)
{
	frame->start = room;
	frame->at = frame->start;
	frame->end = frame->start + size;
	frame->failed = false;
}

/** Bytes written so far. */
static inline size_t frame_size(const struct frame_writer *frame)
{
	return (size_t)(frame->at - frame->start);
}

/** Bytes of room left. */
static inline size_t frame_room(const struct frame_writer *frame)
{
	return (size_t)(frame->end - frame->at);
}

/** @return room for `size` more bytes, or NULL */
static inline unsigned char *frame_claim(struct frame_writer *frame, size_t size)
{
	unsigned char *at = frame->at;

	if (frame->failed || frame_room(frame) < size) {
		frame->failed = true;
		return NULL;
	}
	frame->at += size;
	return at;
}

static inline void frame_put_u8(struct frame_writer *frame, uint8_t value)
{
	unsigned char *at = frame_claim(frame, 1);

	if (at)
		at[0] = value;
}

static inline void frame_put_u32(struct frame_writer *frame, uint32_t value)
{
	unsigned char *at = frame_claim(frame, 4);

	if (!at)
		return;
	value = htole32(value);
	memcpy(at, &value, sizeof(value));
}

static inline void frame_put_u64(struct frame_writer *frame, uint64_t value)
{
	unsigned char *at = frame_claim(frame, 8);

	if (!at)
		return;
	value = htole64(value);
	memcpy(at, &value, sizeof(value));
}

/** `data` may be NULL where `size` is 0. */
static inline void frame_put_bytes(struct frame_writer *frame, const void *data, size_t size)
{
	unsigned char *at = frame_claim(frame, size);

	if (at && size > 0)
		memcpy(at, data, size);
}

/** Start to read `size` bytes. */
static inline void frame_read(struct frame_reader *frame, const void *data, size_t size)
{
	frame->at = data;
	frame->end = frame->at + size;
	frame->failed = false;
}

/** Bytes not read yet. */
static inline size_t frame_left(const struct frame_reader *frame)
{
	return (size_t)(frame->end - frame->at);
}

/** @return `size` bytes inside the frame, or NULL where there are not that many */
static inline const void *frame_get_bytes(struct frame_reader *frame, size_t size)
{
	const unsigned char *at = frame->at;

	if (frame->failed || frame_left(frame) < size) {
		frame->failed = true;
		return NULL;
	}
	frame->at += size;
	return at;
}

static inline uint8_t frame_get_u8(struct frame_reader *frame)
{
	const unsigned char *at = frame_get_bytes(frame, 1);

	return at ? at[0] : 0;
}

static inline uint32_t frame_get_u32(struct frame_reader *frame)
{
	const unsigned char *at = frame_get_bytes(frame, 4);
	uint32_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

static inline uint64_t frame_get_u64(struct frame_reader *frame)
{
	const unsigned char *at = frame_get_bytes(frame, 8);
	uint64_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return le64toh(value);
}

#endif
