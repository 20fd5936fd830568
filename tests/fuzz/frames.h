/*
 * An input of a fuzz target as frames: each is two bytes of length, the lower one first, and as
 * many bytes, or what is left.
 */
#ifndef TESTS_FUZZ_FRAMES_H
#define TESTS_FUZZ_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What is left of an input, and the frame that was taken last. */
struct frames {
	const uint8_t *rest;
	size_t rest_size;
	const uint8_t *frame;
	size_t size;
};

/** Take the next frame; it may be empty. @return whether there was one */
static inline bool frames_next(struct frames *frames)
{
	if (frames->rest_size < 2)
		return false;
	frames->size = frames->rest[0] | (size_t)frames->rest[1] << 8;
	frames->frame = frames->rest + 2;
	frames->rest_size -= 2;
	if (frames->size > frames->rest_size)
		frames->size = frames->rest_size;
	frames->rest = frames->frame + frames->size;
	frames->rest_size -= frames->size;
	return true;
}

#endif
