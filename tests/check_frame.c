/* forkpool/frame.h: what is written is read back, and no cursor passes its end. */
#include "forkpool/frame.h"
#include "suite.h"

#include <check.h>

START_TEST(test_frame_round_trip)
{
	unsigned char room[64];
	struct frame_writer writer;
	struct frame_reader reader;

	frame_write(&writer, room, sizeof(room));
	frame_put_u8(&writer, 0xfe);
	frame_put_u32(&writer, 0x89abcdef);
	frame_put_u64(&writer, 0x0123456789abcdef);
	frame_put_bytes(&writer, "abc", 3);
	frame_put_bytes(&writer, NULL, 0);
	ck_assert(!writer.failed);
	ck_assert_uint_eq(frame_size(&writer), 16);
	ck_assert_uint_eq(frame_room(&writer), sizeof(room) - 16);

	frame_read(&reader, room, frame_size(&writer));
	ck_assert_uint_eq(frame_get_u8(&reader), 0xfe);
	ck_assert_uint_eq(frame_get_u32(&reader), 0x89abcdef);
	ck_assert_uint_eq(frame_get_u64(&reader), 0x0123456789abcdef);
	ck_assert_uint_eq(frame_left(&reader), 3);
	ck_assert_mem_eq(frame_get_bytes(&reader, 3), "abc", 3);
	ck_assert_ptr_nonnull(frame_get_bytes(&reader, 0));
	ck_assert(!reader.failed);
	ck_assert_uint_eq(frame_left(&reader), 0);
}
END_TEST

START_TEST(test_frame_is_little_endian)
{
	unsigned char room[12];
	struct frame_writer writer;

	frame_write(&writer, room, sizeof(room));
	frame_put_u32(&writer, 0x01020304);
	frame_put_u64(&writer, 0x1112131415161718);
	ck_assert_mem_eq(room, "\x04\x03\x02\x01\x18\x17\x16\x15\x14\x13\x12\x11", sizeof(room));
}
END_TEST

START_TEST(test_frame_writes_no_further_than_its_room)
{
	unsigned char room[8] = {0};
	struct frame_writer writer;

	frame_write(&writer, room, 7);
	frame_put_u64(&writer, UINT64_MAX);
	ck_assert(writer.failed);
	frame_put_u8(&writer, 1);
	ck_assert_uint_eq(frame_size(&writer), 0);
	for (size_t i = 0; i < sizeof(room); i++)
		ck_assert_uint_eq(room[i], 0);
}
END_TEST

START_TEST(test_frame_reads_no_further_than_its_end)
{
	struct frame_reader reader;

	frame_read(&reader, "\1\2\3", 3);
	ck_assert_uint_eq(frame_get_u32(&reader), 0);
	ck_assert(reader.failed);
	ck_assert_uint_eq(frame_get_u8(&reader), 0);
	ck_assert_ptr_null(frame_get_bytes(&reader, 0));

	frame_read(&reader, "\1\2\3", 3);
	ck_assert_ptr_null(frame_get_bytes(&reader, SIZE_MAX));
	ck_assert(reader.failed);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("frame");
	TCase *test_case = tcase_create("frame");

	tcase_add_test(test_case, test_frame_round_trip);
	tcase_add_test(test_case, test_frame_is_little_endian);
	tcase_add_test(test_case, test_frame_writes_no_further_than_its_room);
	tcase_add_test(test_case, test_frame_reads_no_further_than_its_end);
	suite_add_tcase(suite, test_case);
	return suite_run(suite);
}
