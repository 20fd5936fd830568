#include "walk/listing.h"

#include "quickly.h"
#include "suite.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static unsigned char bytes[LISTING_PART_MAX];
static struct frame_writer part;
static struct frame_reader reader;

static void setup(void)
{
	frame_write(&part, bytes, sizeof(bytes));
}

/** What is read. */
static unsigned char *exact;

/** Read what was written, from memory of its exact size, so that the sanitizers see every byte too
 * far. */
static void read_part(size_t size)
{
	free(exact);
	exact = malloc(size);
	ck_assert(exact || size == 0);
	if (size > 0)
		memcpy(exact, bytes, size);
	frame_read(&reader, exact, size);
}

static void teardown(void)
{
	free(exact);
	exact = NULL;
}

static struct listing_entry entry_of(const char *name)
{
	return (struct listing_entry){.type = DT_REG, .name = name, .size = strlen(name)};
}

static struct listing_entry stamped(const char *name)
{
	return (struct listing_entry){
		.type = DT_REG,
		.stamped = true,
		.name = name,
		.size = strlen(name),
		.stamp = {.device = 1,
			.inode = UINT64_MAX,
			.size = (uint64_t)1 << 63,
			.mtime = {-5, 999999999},
			.ctime = {INT64_MAX, 0}},
		.links = 4294967297,
	};
}

static void assert_entry(const struct listing_entry *expected)
{
	struct listing_entry got;
	ck_assert_int_eq(listing_get(&reader, &got), 1);
	ck_assert_int_eq(got.type, expected->type);
	ck_assert_int_eq(got.stamped, expected->stamped);
	ck_assert_uint_eq(got.size, expected->size);
	ck_assert_mem_eq(got.name, expected->name, got.size);
	ck_assert(stamp_same(&got.stamp, &expected->stamp));
	ck_assert_uint_eq(got.links, expected->links);
}

static void assert_begin(bool is_first, uint64_t is_device, uint64_t is_inode)
{
	bool first;
	uint64_t device, inode;
	ck_assert_int_eq(listing_get_begin(&reader, &first, &device, &inode), 0);
	ck_assert_int_eq(first, is_first);
	ck_assert_uint_eq(device, is_device);
	ck_assert_uint_eq(inode, is_inode);
}

static void assert_end(void)
{
	struct listing_entry got;
	ck_assert_int_eq(listing_get(&reader, &got), 0);
	ck_assert_int_eq(listing_get(&reader, &got), 0);
}

START_TEST(test_listing_round_trip)
{
	char long_name[256];
	memset(long_name, 0xff, 255);
	long_name[255] = '\0';
	struct listing_entry entries[] = {entry_of("a"), entry_of("..."), entry_of(".a"),
		entry_of("\n\\ \x01"), stamped("f"), entry_of(long_name), stamped(long_name),
		entry_of("..a"), entry_of("a..")};
	enum {
		COUNT = sizeof(entries) / sizeof(entries[0])
	};
	entries[0].type = DT_DIR;
	entries[1].type = DT_UNKNOWN;
	entries[2].type = 255;
	if (_i)
		listing_put_directory(&part, UINT64_MAX, 3);
	else
		listing_put_more(&part);
	for (size_t i = 0; i < COUNT; i++)
		ck_assert(listing_put(&part, &entries[i]));
	ck_assert(!part.failed);
	read_part(frame_size(&part));
	assert_begin(_i, _i ? UINT64_MAX : 0, _i ? 3 : 0);
	for (size_t i = 0; i < COUNT; i++)
		assert_entry(&entries[i]);
	assert_end();
}
END_TEST

START_TEST(test_listing_may_be_empty)
{
	listing_put_directory(&part, 1, 2);
	read_part(frame_size(&part));
	assert_begin(true, 1, 2);
	assert_end();
	setup();
	listing_put_more(&part);
	read_part(frame_size(&part));
	assert_begin(false, 0, 0);
	assert_end();
}
END_TEST

/** A part with room for exactly one entry more, and with one byte less. */
START_TEST(test_listing_takes_what_fits)
{
	struct listing_entry entry = _i ? stamped("name") : entry_of("name");
	size_t size = _i ? 66 : 10;
	listing_put_more(&part);
	ck_assert(listing_put(&part, &entry));
	ck_assert_uint_eq(frame_size(&part), 1 + size);
	part.end = part.at + size - 1;
	ck_assert(!listing_put(&part, &entry));
	ck_assert_uint_eq(frame_size(&part), 1 + size);
	ck_assert(!part.failed);
	part.end++;
	ck_assert(listing_put(&part, &entry));
	ck_assert_uint_eq(frame_room(&part), 0);
	ck_assert(!listing_put(&part, &entry));
	read_part(frame_size(&part));
	assert_begin(false, 0, 0);
	assert_entry(&entry);
	assert_entry(&entry);
	assert_end();
}
END_TEST

START_TEST(test_listing_fills_a_part)
{
	struct listing_entry entry = entry_of("name");
	size_t count = 0;
	listing_put_directory(&part, 1, 2);
	while (listing_put(&part, &entry))
		count++;
	ck_assert_uint_eq(count, (LISTING_PART_MAX - 17) / 10);
	read_part(frame_size(&part));
	assert_begin(true, 1, 2);
	for (; count > 0; count--)
		assert_entry(&entry);
	assert_end();
}
END_TEST

/** Read all of a part. @return 0 at its end, or -1 */
static int read_all(size_t size)
{
	struct listing_entry entry;
	bool first;
	uint64_t device, inode;
	int got;
	read_part(size);
	errno = 0;
	got = listing_get_begin(&reader, &first, &device, &inode);
	if (got == 0) {
		while ((got = listing_get(&reader, &entry)) > 0)
			;
	}
	if (got < 0)
		check_quickly(errno == EBADMSG);
	return got;
}

/** Cut off anywhere but between entries, it is none. */
START_TEST(test_listing_cut_off)
{
	struct listing_entry one = entry_of("name"), other = stamped("name");
	size_t ends[4] = {0};
	if (_i)
		listing_put_directory(&part, 1, 2);
	else
		listing_put_more(&part);
	ends[1] = frame_size(&part);
	listing_put(&part, &one);
	ends[2] = frame_size(&part);
	listing_put(&part, &other);
	ends[3] = frame_size(&part);
	for (size_t size = 0, place = 1; size <= ends[3]; size++) {
		bool whole = size == ends[place];
		check_quickly(read_all(size) == (whole ? 0 : -1));
		place += whole;
	}
}
END_TEST

START_TEST(test_listing_begins_in_two_ways)
{
	for (unsigned kind = 0; kind < 256; kind++) {
		memset(bytes, 0, 17);
		bytes[0] = (unsigned char)kind;
		check_quickly(read_all(17) == (kind == 1 ? 0 : -1));
		check_quickly(read_all(1) == (kind == 0 ? 0 : -1));
	}
}
END_TEST

START_TEST(test_listing_refuses_what_is_no_name)
{
	static const struct {
		const char *name;
		size_t size;
	} cases[] = {
		{"", 0},
		{".", 1},
		{"..", 2},
		{"/", 1},
		{"a/", 2},
		{"/a", 2},
		{"a/b", 3},
		{"\0", 1},
		{"a\0", 2},
		{"\0a", 2},
		{"a\0b", 3},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int kind = 0; kind < 2; kind++) {
			struct listing_entry good = entry_of("name");
			struct listing_entry entry = kind ? stamped("") : entry_of("");
			entry.name = cases[i].name;
			entry.size = cases[i].size;
			setup();
			listing_put_more(&part);
			listing_put(&part, &good);
			ck_assert_int_eq(read_all(frame_size(&part)), 0);
			ck_assert(listing_put(&part, &entry));
			listing_put(&part, &good);
			ck_assert_int_eq(read_all(frame_size(&part)), -1);
		}
	}
}
END_TEST

START_TEST(test_listing_refuses_sizes_that_are_too_large)
{
	struct listing_entry entry = entry_of("name");
	listing_put_more(&part);
	listing_put(&part, &entry);
	for (unsigned byte = 0; byte < 4; byte++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			unsigned char *at = &bytes[3 + byte];
			unsigned char before = *at;
			*at |= (unsigned char)(1 << bit);
			check_quickly(read_all(frame_size(&part)) == (*at == before ? 0 : -1));
			*at = before;
		}
	}
}
END_TEST

START_TEST(test_listing_refuses_times_that_are_none)
{
	struct listing_entry entry = stamped("name");
	for (int kind = 0; kind < 2; kind++) {
		struct timespec *time = kind ? &entry.stamp.ctime : &entry.stamp.mtime;
		setup();
		listing_put_more(&part);
		time->tv_nsec = 999999999;
		listing_put(&part, &entry);
		ck_assert_int_eq(read_all(frame_size(&part)), 0);
		time->tv_nsec = _i ? UINT32_MAX : 1000000000;
		listing_put(&part, &entry);
		ck_assert_int_eq(read_all(frame_size(&part)), -1);
		time->tv_nsec = 0;
	}
}
END_TEST

START_TEST(test_listing_is_stamped_or_not)
{
	struct listing_entry entry = entry_of("name");
	listing_put_more(&part);
	listing_put(&part, &entry);
	for (unsigned value = 0; value < 256; value++) {
		bytes[2] = (unsigned char)value;
		check_quickly(read_all(frame_size(&part)) == (value == 0 ? 0 : -1));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("listing");
	TCase *tests = tcase_create("listing");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, test_listing_round_trip, 0, 2);
	tcase_add_test(tests, test_listing_may_be_empty);
	tcase_add_loop_test(tests, test_listing_takes_what_fits, 0, 2);
	tcase_add_test(tests, test_listing_fills_a_part);
	tcase_add_loop_test(tests, test_listing_cut_off, 0, 2);
	tcase_add_test(tests, test_listing_begins_in_two_ways);
	tcase_add_test(tests, test_listing_refuses_what_is_no_name);
	tcase_add_test(tests, test_listing_refuses_sizes_that_are_too_large);
	tcase_add_loop_test(tests, test_listing_refuses_times_that_are_none, 0, 2);
	tcase_add_test(tests, test_listing_is_stamped_or_not);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
