/*
 * direct: what is read from any offset, what of a buffer is used, and what is refused. Whether the
 * disk is read is for tests/cli/uncached.
 */
#include "hash/direct.h"

#include "leaks.h"
#include "suite.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/** A file in memory: its file system is tmpfs. */
static int file;
static struct direct_buffer buffer;

static unsigned char byte_at(uint64_t offset)
{
	return (unsigned char)(offset * 7 + offset / 4096);
}

/** Make the file `size` bytes long. */
static void fill(size_t size)
{
	unsigned char *bytes = malloc(size + 1);
	ck_assert_ptr_nonnull(bytes);
	for (size_t i = 0; i < size; i++)
		bytes[i] = byte_at(i);
	ck_assert_int_eq(ftruncate(file, 0), 0);
	ck_assert_int_eq(pwrite(file, bytes, size, 0), (ssize_t)size);
	free(bytes);
}

static void setup(void)
{
	leaks_setup();
	file = memfd_create("direct", MFD_CLOEXEC);
	ck_assert_int_ge(file, 0);
	buffer = (struct direct_buffer){0};
}

static void teardown(void)
{
	direct_free(&buffer);
	close(file);
	leaks_teardown();
}

/** Read from an offset, where so many bytes are thought to be left. */
static void check_read(uint64_t offset, uint64_t left, size_t got, bool end)
{
	unsigned char *data = NULL;
	bool ended = !end;
	ssize_t read = direct_read(file, &buffer, offset, left, &data, &ended);
	ck_assert_int_eq(read, (ssize_t)got);
	ck_assert_int_eq(ended, end);
	size_t same = 0;
	while (same < got && data[same] == byte_at(offset + same))
		same++;
	ck_assert_uint_eq(same, got);
}

START_TEST(test_direct_read_to_the_end)
{
	static const size_t sizes[] = {1, 511, 512, 4095, 4096, 4097, DIRECT_SIZE - 4097,
		DIRECT_SIZE - 4096, DIRECT_SIZE - 1};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fill(sizes[i]);
		check_read(0, sizes[i], sizes[i], true);
		check_read(sizes[i], 0, 0, true);
	}
	fill(DIRECT_SIZE + 17);
	check_read(0, DIRECT_SIZE + 17, DIRECT_SIZE, false);
	check_read(DIRECT_SIZE, 17, 17, true);
}
END_TEST

START_TEST(test_direct_read_from_any_offset)
{
	fill(10000);
	for (uint64_t offset = 0; offset <= 10000; offset += offset < 4000 ? 128 : 16)
		check_read(offset, 10000 - offset, 10000 - offset, true);
	check_read(10001, 0, 0, true);
	check_read(20000, 0, 0, true);
}
END_TEST

/** The size that was told is not trusted. */
START_TEST(test_direct_read_of_another_size)
{
	fill(10000);
	check_read(0, 100, 4096, false);
	check_read(100, 0, 3996, false);
	check_read(0, 4096, 8192, false);
	check_read(0, 20000, 10000, true);
	check_read(9990, UINT64_MAX, 10, true);
	check_read(0, UINT64_MAX, 10000, true);
}
END_TEST

/** A small file costs only the pages that it fills. */
START_TEST(test_direct_read_touches_what_it_needs)
{
	fill(4095);
	check_read(0, 4095, 4095, true);
	ck_assert_uint_eq(buffer.touched, 4096);
	fill(4096);
	check_read(0, 4096, 4096, true);
	ck_assert_uint_eq(buffer.touched, 8192);
	check_read(0, DIRECT_SIZE, 4096, true);
	ck_assert_uint_eq(buffer.touched, DIRECT_SIZE);
	ck_assert_uint_eq((uintptr_t)buffer.bytes % 4096, 0);
}
END_TEST

START_TEST(test_direct_read_fails)
{
	unsigned char *data;
	bool end;
	ck_assert_int_eq(direct_read(-1, &buffer, 0, 1, &data, &end), -1);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(test_direct_begin_refuses_memory)
{
	struct direct_refusal refusal = {0};
	char room[128];
	int flags = fcntl(file, F_GETFL);
	ck_assert(!direct_begin(file, &refusal));
	ck_assert_int_eq(refusal.reason, DIRECT_NO_FILE);
	ck_assert_str_eq(direct_reason(&refusal, room),
		"cannot bypass the page cache on this file system (tmpfs)");
	ck_assert_int_eq(fcntl(file, F_GETFL), flags);
}
END_TEST

START_TEST(test_direct_give_up_goes_on_behind)
{
	struct direct_refusal refusal = {0};
	char room[128];
	unsigned char next;
	fill(10000);
	ck_assert_int_eq(direct_give_up(file, 5000, &refusal), 0);
	ck_assert_int_eq(refusal.reason, DIRECT_NOT_THIS_FILE);
	ck_assert_str_eq(direct_reason(&refusal, room),
		"cannot bypass the page cache for files of this kind on this file system (tmpfs)");
	ck_assert_int_eq(fcntl(file, F_GETFL) & O_DIRECT, 0);
	ck_assert_int_eq(read(file, &next, 1), 1);
	ck_assert_uint_eq(next, byte_at(5000));
}
END_TEST

START_TEST(test_direct_reason_of_what_has_no_name)
{
	const struct direct_refusal unknown = {DIRECT_NO_FILE, 0xfedcba98};
	const struct direct_refusal input = {.reason = DIRECT_NOT_INPUT};
	char room[128];
	ck_assert_str_eq(direct_reason(&unknown, room),
		"cannot bypass the page cache on this file system (type fedcba98)");
	ck_assert_str_eq(
		direct_reason(&input, room), "cannot bypass the page cache on standard input");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("direct");
	TCase *tests = tcase_create("direct");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_direct_read_to_the_end);
	tcase_add_test(tests, test_direct_read_from_any_offset);
	tcase_add_test(tests, test_direct_read_of_another_size);
	tcase_add_test(tests, test_direct_read_touches_what_it_needs);
	tcase_add_test(tests, test_direct_read_fails);
	tcase_add_test(tests, test_direct_begin_refuses_memory);
	tcase_add_test(tests, test_direct_give_up_goes_on_behind);
	tcase_add_test(tests, test_direct_reason_of_what_has_no_name);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
