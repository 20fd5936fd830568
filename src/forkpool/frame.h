/*
 * How numbers and bytes lie in a frame: little-endian, field by field, nothing aligned or padded.
 *
 * Writing past the room, or reading past the end, marks the cursor as failed; later calls do
 * nothing and give 0 or NULL, so that a codec checks once, at its end.
 */
#ifndef FORKPOOL_FRAME_H
#define FORKPOOL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

void frame_write(struct frame_writer *frame, void *room, size_t size);
void frame_put_u8(struct frame_writer *frame, uint8_t value);
void frame_put_u32(struct frame_writer *frame, uint32_t value);
void frame_put_u64(struct frame_writer *frame, uint64_t value);
void frame_put_bytes(struct frame_writer *frame, const void *data, size_t size);

/** Bytes written so far. */
size_t frame_size(const struct frame_writer *frame);

/** Bytes of room left. */
size_t frame_room(const struct frame_writer *frame);

void frame_read(struct frame_reader *frame, const void *data, size_t size);
uint8_t frame_get_u8(struct frame_reader *frame);
uint32_t frame_get_u32(struct frame_reader *frame);
uint64_t frame_get_u64(struct frame_reader *frame);

/** @return `size` bytes inside the frame, or NULL where there are not that many */
const void *frame_get_bytes(struct frame_reader *frame, size_t size);

/** Bytes not read yet. */
size_t frame_left(const struct frame_reader *frame);

#endif
