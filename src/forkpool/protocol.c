/*
 * The rarer half of the codec; what runs once a task is inline in the header.
 */
#include "forkpool/protocol.h"

bool protocol_get_long(struct frame_reader *frame, size_t limit, struct record *record)
{
	record->id = frame_get_u64(frame);
	record->error = (int)(frame_get_u32(frame) & INT32_MAX);
	record->total = frame_get_u32(frame);
	record->size = frame_left(frame);
	record->data = frame_get_bytes(frame, record->size);
	if (frame->failed || record->size == 0 || record->size > record->total ||
		record->total > limit)
		frame->failed = true;
	return !frame->failed;
}
