/*
 * walk/list_directory.h beside readdir(3). What the kernel does, and how long it takes, comes from
 * getdents64, fstatat and clock_gettime as defined here, which the linker prefers to the C
 * library's.
 */
/* For getdents64() in musl. NOLINTNEXTLINE(bugprone-reserved-identifier) */
#define _LARGEFILE64_SOURCE

#include "walk/list_directory.h"

#include "leaks.h"
#include "quickly.h"
#include "scratch.h"
#include "suite.h"
#include "walk/listing.h"

#include <dirent.h>
#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>

static struct {
	/** Every d_type is DT_UNKNOWN. */
	bool hide_types;
	/** getdents64 gives at most so many bytes at a time. */
	size_t piece;
	/** It fails with this error, after so many calls that work. */
	int error;
	int reads;
	/** fstatat fails for this name. */
	const char *unstatable;
	/** The clock stands still, but for fstatat, which takes so long, in ns; later, for the
	 * calls behind the first, so long. */
	bool clock;
	int64_t first_cost;
	int64_t cost;
} fault;

/** What the clock says, in ns. */
static int64_t now = 1;

static unsigned looks, reads;

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's are reserved */

ssize_t getdents64(int fd, void *buffer, size_t size)
{
	reads++;
	if (fault.error && fault.reads-- == 0) {
		errno = fault.error;
		return -1;
	}
	if (fault.piece && fault.piece < size)
		size = fault.piece;
	ssize_t got = syscall(SYS_getdents64, fd, buffer, size);
	for (ssize_t at = 0; fault.hide_types && at < got;) {
		struct dirent *name = (struct dirent *)(void *)((char *)buffer + at);
		name->d_type = DT_UNKNOWN;
		at += name->d_reclen;
	}
	return got;
}

int fstatat(int directory, const char *restrict name, struct stat *restrict found, int flags)
{
	int (*real)(int, const char *, struct stat *, int);
	now += looks++ ? fault.cost : fault.first_cost;
	if (fault.unstatable && strcmp(name, fault.unstatable) == 0) {
		memset(found, 0xff, sizeof(*found));
		errno = EIO;
		return -1;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "fstatat");
	return real(directory, name, found, flags);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	if (!fault.clock)
		return (int)syscall(SYS_clock_gettime, clock, time);
	*time = (struct timespec){.tv_sec = now / 1000000000, .tv_nsec = now % 1000000000};
	return 0;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

static struct list_directory list;
static int directory;

/** What was listed. */
static struct {
	struct listing_entry entries[6000];
	char names[6000][256];
	size_t count;
	size_t parts;
} listed;

static int compare_names(const void *left, const void *right)
{
	const struct listing_entry *a = left, *b = right;
	return strcmp(a->name, b->name);
}

/** Keep the entries of a part. */
static void keep_part(const unsigned char *bytes, size_t size)
{
	struct frame_reader part;
	struct listing_entry entry;
	bool first;
	uint64_t device, inode;
	frame_read(&part, bytes, size);
	ck_assert_int_eq(listing_get_begin(&part, &first, &device, &inode), 0);
	int got;
	while ((got = listing_get(&part, &entry)) > 0) {
		check_quickly(listed.count < 6000 && entry.size < 256);
		char *name = listed.names[listed.count];
		memcpy(name, entry.name, entry.size);
		name[entry.size] = '\0';
		entry.name = name;
		listed.entries[listed.count++] = entry;
	}
	ck_assert_int_eq(got, 0);
	listed.parts++;
}

/** List the directory "t", in parts of `room` bytes and no more, and sort what came. */
static void list_all(bool follow, enum hasher_stat stat, size_t room)
{
	unsigned char *bytes = malloc(room);
	struct frame_writer part;
	bool more = true;
	ck_assert_ptr_nonnull(bytes);
	listed.count = listed.parts = 0;
	looks = reads = 0;
	directory = open("t", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(directory, 0);
	list_directory_begin(&list, directory, follow, stat);
	while (more) {
		frame_write(&part, bytes, room);
		listing_put_more(&part);
		size_t before;
		/* As much as goes in. */
		do {
			before = frame_size(&part);
			more = list_directory_step(&list, &part);
			check_quickly(more || frame_size(&part) == before);
		} while (more && frame_room(&part) >= 320);
		check_quickly(!part.failed);
		keep_part(bytes, frame_size(&part));
	}
	/* It stays so. */
	ck_assert_int_eq(list_directory_step(&list, &part), 0);
	ck_assert_int_eq(list.fd, directory);
	close(directory);
	free(bytes);
	qsort(listed.entries, listed.count, sizeof(listed.entries[0]), compare_names);
}

/** The names are those of readdir(3), with their types. */
static void assert_as_readdir(void)
{
	static struct listing_entry expected[6000];
	static char names[6000][256];
	size_t count = 0;
	DIR *stream = opendir("t");
	struct dirent *found;
	ck_assert_ptr_nonnull(stream);
	while ((found = readdir(stream))) {
		if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
			continue;
		strcpy(names[count], found->d_name);
		expected[count] = (struct listing_entry){
			.name = names[count], .size = strlen(found->d_name), .type = found->d_type};
		count++;
	}
	closedir(stream);
	qsort(expected, count, sizeof(expected[0]), compare_names);
	ck_assert_uint_eq(listed.count, count);
	for (size_t i = 0; i < count; i++) {
		check_quickly(listed.entries[i].size == expected[i].size);
		check_quickly(strcmp(listed.entries[i].name, expected[i].name) == 0);
		check_quickly(listed.entries[i].type == expected[i].type);
	}
}

/** What was listed under a name. */
static const struct listing_entry *entry_of(const char *name)
{
	for (size_t i = 0; i < listed.count; i++) {
		if (strcmp(listed.entries[i].name, name) == 0)
			return &listed.entries[i];
	}
	ck_abort_msg("%s is not there", name);
}

/** t: a file with two names, a directory, a FIFO, a socket, links to all kinds of things. */
static void make_types(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "t/socket"};
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	scratch_mkdir("t");
	scratch_file("t/file", "12345");
	ck_assert_int_eq(link("t/file", "t/second"), 0);
	scratch_mkdir("t/directory");
	ck_assert_int_eq(mkfifo("t/fifo", 0644), 0);
	ck_assert_int_eq(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	close(server);
	ck_assert_int_eq(symlink("file", "t/to-file"), 0);
	ck_assert_int_eq(symlink("directory", "t/to-directory"), 0);
	ck_assert_int_eq(symlink("nothing", "t/to-nothing"), 0);
}

/** Make so many files in t. @param size of their names */
static void make_many(int count, int size)
{
	char name[300];
	scratch_mkdir("t");
	scratch_file("first", "");
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "t/%0*d", size, i);
		ck_assert_int_eq(link("first", name), 0);
	}
}

START_TEST(test_list_directory_names)
{
	static const size_t rooms[] = {321, 400, 1000, 5000, LISTING_PART_MAX, 1 << 20};
	static const int sizes[] = {5, 50, 255};
	make_many(_i == 0 ? 5000 : 1500, sizes[_i]);
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		for (size_t piece = 0; piece < 2; piece++) {
			fault.piece = piece * 600;
			list_all(false, HASHER_STAT_NEVER, rooms[i]);
			assert_as_readdir();
			list_all(false, HASHER_STAT_ALWAYS, rooms[i]);
			assert_as_readdir();
			ck_assert_int_eq(list.error, 0);
			/* Each name once. */
			ck_assert_uint_eq(looks, listed.count);
		}
	}
}
END_TEST

/** Names of any length, and strange ones. */
START_TEST(test_list_directory_names_of_any_length)
{
	char name[256];
	scratch_mkdir("t");
	int top = open("t", O_PATH | O_CLOEXEC);
	for (int size = 1; size < 256; size++) {
		memset(name, size == '/' ? 'x' : size, (size_t)size);
		name[size] = '\0';
		scratch_file_at(top, name, "");
	}
	scratch_file_at(top, "...", "");
	scratch_file_at(top, ".a", "");
	scratch_mkdir_at(top, "..a");
	close(top);
	list_all(false, HASHER_STAT_NEVER, 400);
	assert_as_readdir();
	ck_assert_uint_eq(listed.count, 258);
	list_all(false, HASHER_STAT_ALWAYS, 400);
	assert_as_readdir();
}
END_TEST

START_TEST(test_list_directory_without_names)
{
	scratch_mkdir("t");
	list_all(false, HASHER_STAT_ALWAYS, 400);
	ck_assert_uint_eq(listed.count, 0);
	ck_assert_uint_eq(listed.parts, 1);
	ck_assert_int_eq(list.error, 0);
	ck_assert(list.ended);
}
END_TEST

/** One step is one call: a directory of 5,000 names holds up nobody. */
START_TEST(test_list_directory_reads_once_a_step)
{
	static unsigned char bytes[1 << 20];
	struct frame_writer part;
	make_many(5000, 5);
	fault.piece = 1000;
	directory = open("t", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	list_directory_begin(&list, directory, false, HASHER_STAT_NEVER);
	frame_write(&part, bytes, sizeof(bytes));
	for (unsigned i = 1; list_directory_step(&list, &part); i++)
		check_quickly(reads == i);
	ck_assert_uint_gt(reads, 50);
	close(directory);
}
END_TEST

/* Types and stamps */

static void assert_stamp(const char *name, const char *path)
{
	const struct listing_entry *entry = entry_of(name);
	struct stat status;
	ck_assert_int_eq(stat(path, &status), 0);
	struct stamp stamp = stamp_of(&status);
	ck_assert_int_eq(entry->type, DT_REG);
	ck_assert(entry->stamped);
	ck_assert(stamp_same(&entry->stamp, &stamp));
	ck_assert_uint_eq(entry->links, status.st_nlink);
}

static void assert_bare(const char *name, uint8_t type)
{
	const struct listing_entry *entry = entry_of(name);
	ck_assert_int_eq(entry->type, type);
	ck_assert(!entry->stamped);
}

START_TEST(test_list_directory_types_as_the_kernel_tells_them)
{
	make_types();
	list_all(_i, HASHER_STAT_NEVER, 4000);
	assert_as_readdir();
	ck_assert_uint_eq(looks, 0);
	assert_bare("file", DT_REG);
	assert_bare("to-file", DT_LNK);
	fault.hide_types = true;
	list_all(_i, HASHER_STAT_NEVER, 4000);
	ck_assert_uint_eq(looks, 0);
	ck_assert_uint_eq(listed.count, 8);
	for (size_t i = 0; i < 8; i++)
		assert_bare(listed.entries[i].name, DT_UNKNOWN);
}
END_TEST

START_TEST(test_list_directory_types_and_stamps_by_stat)
{
	make_types();
	for (int i = 0; i < 4; i++) {
		bool follow = i % 2;
		fault.hide_types = i / 2;
		list_all(follow, HASHER_STAT_ALWAYS, 4000);
		ck_assert_uint_eq(listed.count, 8);
		assert_stamp("file", "t/file");
		assert_stamp("second", "t/file");
		ck_assert_uint_eq(entry_of("second")->links, 2);
		ck_assert_uint_eq(entry_of("second")->stamp.size, 5);
		assert_bare("directory", DT_DIR);
		assert_bare("fifo", DT_FIFO);
		assert_bare("socket", DT_SOCK);
		/* What has several names is worth a look. */
		ck_assert_uint_eq(list.stats_useful, follow ? 3 : 2);
		if (follow) {
			assert_stamp("to-file", "t/file");
			assert_bare("to-directory", DT_DIR);
			/* That it leads nowhere tells who opens it. */
			assert_bare("to-nothing", fault.hide_types ? DT_UNKNOWN : DT_LNK);
		} else {
			assert_bare("to-file", DT_LNK);
			assert_bare("to-directory", DT_LNK);
			assert_bare("to-nothing", DT_LNK);
		}
		/* Nothing else is worth a look where the kernel tells the types. */
		ck_assert_uint_eq(looks, fault.hide_types ? 8 : follow ? 5 : 2);
	}
}
END_TEST

START_TEST(test_list_directory_of_a_name_without_stat)
{
	make_types();
	fault.unstatable = "file";
	for (int i = 0; i < 2; i++) {
		fault.hide_types = i;
		list_all(false, HASHER_STAT_ALWAYS, 4000);
		ck_assert_uint_eq(listed.count, 8);
		assert_bare("file", i ? DT_UNKNOWN : DT_REG);
		assert_stamp("second", "t/second");
		ck_assert_int_eq(list.error, 0);
	}
}
END_TEST

/* Whether a stat is worth it */

/** List 100 names, with stat(2) tried. @return how many were looked at */
static size_t count_stamped(int64_t first_cost, int64_t cost)
{
	size_t count = 0;
	fault.clock = true;
	fault.first_cost = first_cost;
	fault.cost = cost;
	list_all(false, HASHER_STAT_TRY, 4000);
	fault.clock = false;
	ck_assert_uint_eq(listed.count, 100);
	for (size_t i = 0; i < 100; i++)
		count += listed.entries[i].stamped;
	ck_assert_uint_eq(looks, count);
	ck_assert_uint_eq(list.stats, count);
	ck_assert_int_eq(list.stats_time, first_cost + (int64_t)(count - 1) * cost);
	return count;
}

/** Large files, and such with several names, are what it is done for. */
START_TEST(test_list_directory_counts_what_a_stat_is_useful_for)
{
	scratch_mkdir("t");
	scratch_file("t/small", "");
	scratch_file("t/large", "");
	ck_assert_int_eq(truncate("t/small", (1 << 20) - 1), 0);
	list_all(false, HASHER_STAT_ALWAYS, 4000);
	ck_assert_uint_eq(list.stats_useful, 0);
	ck_assert_int_eq(truncate("t/large", 1 << 20), 0);
	list_all(false, HASHER_STAT_ALWAYS, 4000);
	ck_assert_uint_eq(list.stats_useful, 1);
	ck_assert_int_eq(link("t/small", "t/other"), 0);
	list_all(false, HASHER_STAT_ALWAYS, 4000);
	ck_assert_uint_eq(list.stats_useful, 3);
}
END_TEST

START_TEST(test_list_directory_tries_stat_while_it_is_cheap)
{
	make_many(100, 5);
	ck_assert_uint_eq(count_stamped(0, 0), 100);
	ck_assert_uint_eq(count_stamped(20000, 20000), 100);
	/* The first one decides alone, and then the mean of all. */
	ck_assert_uint_eq(count_stamped(20001, 0), 1);
	ck_assert_uint_eq(count_stamped(2000000, 0), 1);
	ck_assert_uint_eq(count_stamped(0, 20001), 100);
	ck_assert_uint_eq(count_stamped(0, 21000), 22);
	ck_assert_uint_eq(count_stamped(0, 2000000), 2);
	ck_assert_uint_eq(count_stamped(10000, 30001), 2);
}
END_TEST

/** However long it takes, where nobody asks. */
START_TEST(test_list_directory_does_not_measure_what_is_settled)
{
	make_many(100, 5);
	fault.clock = true;
	fault.first_cost = fault.cost = 1000000000;
	list_all(false, HASHER_STAT_ALWAYS, 4000);
	fault.clock = false;
	ck_assert_uint_eq(looks, 100);
	ck_assert_uint_eq(list.stats, 0);
}
END_TEST

/* Errors */

START_TEST(test_list_directory_keeps_names_before_an_error)
{
	make_many(1000, 5);
	fault.piece = 1000;
	list_all(false, HASHER_STAT_NEVER, 4000);
	unsigned all = reads;
	for (int i = 0; i < (int)all; i += 7) {
		fault.error = EIO;
		fault.reads = i;
		list_all(false, HASHER_STAT_NEVER, 4000);
		ck_assert_int_eq(list.error, EIO);
		ck_assert(list.ended);
		ck_assert_uint_eq(reads, (unsigned)i + 1);
		if (i == 0)
			ck_assert_uint_eq(listed.count, 0);
		else
			ck_assert_uint_gt(listed.count, (size_t)i * 20);
		ck_assert_uint_le(listed.count, (size_t)i * 1000 / 24);
	}
}
END_TEST

START_TEST(test_list_directory_goes_on_when_it_is_interrupted)
{
	make_many(100, 5);
	fault.error = EINTR;
	fault.piece = 1000;
	fault.reads = _i;
	list_all(false, HASHER_STAT_NEVER, 4000);
	ck_assert_int_eq(list.error, 0);
	assert_as_readdir();
}
END_TEST

START_TEST(test_list_directory_that_was_removed)
{
	static unsigned char bytes[4000];
	struct frame_writer part;
	scratch_mkdir("t");
	directory = open("t", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(rmdir("t"), 0);
	list_directory_begin(&list, directory, false, HASHER_STAT_NEVER);
	frame_write(&part, bytes, sizeof(bytes));
	ck_assert_int_eq(list_directory_step(&list, &part), 0);
	ck_assert_int_eq(list.error, ENOENT);
	ck_assert_uint_eq(frame_size(&part), 0);
	close(directory);
}
END_TEST

START_TEST(test_list_directory_that_is_none)
{
	static unsigned char bytes[4000];
	struct frame_writer part;
	scratch_file("f", "");
	directory = open("f", O_RDONLY | O_CLOEXEC);
	list_directory_begin(&list, directory, false, HASHER_STAT_NEVER);
	frame_write(&part, bytes, sizeof(bytes));
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(list_directory_step(&list, &part), 0);
		ck_assert_int_eq(list.error, ENOTDIR);
	}
	close(directory);
}
END_TEST

static void enter(void)
{
	leaks_setup();
	scratch_enter();
}

int main(void)
{
	Suite *suite = suite_create("list_directory");
	TCase *tests = tcase_create("list_directory");
	tcase_set_timeout(tests, 60);
	tcase_add_unchecked_fixture(tests, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(tests, enter, leaks_teardown);
	tcase_add_loop_test(tests, test_list_directory_names, 0, 3);
	tcase_add_test(tests, test_list_directory_names_of_any_length);
	tcase_add_test(tests, test_list_directory_without_names);
	tcase_add_test(tests, test_list_directory_reads_once_a_step);
	tcase_add_loop_test(tests, test_list_directory_types_as_the_kernel_tells_them, 0, 2);
	tcase_add_test(tests, test_list_directory_types_and_stamps_by_stat);
	tcase_add_test(tests, test_list_directory_of_a_name_without_stat);
	tcase_add_test(tests, test_list_directory_counts_what_a_stat_is_useful_for);
	tcase_add_test(tests, test_list_directory_tries_stat_while_it_is_cheap);
	tcase_add_test(tests, test_list_directory_does_not_measure_what_is_settled);
	tcase_add_test(tests, test_list_directory_keeps_names_before_an_error);
	tcase_add_loop_test(tests, test_list_directory_goes_on_when_it_is_interrupted, 0, 3);
	tcase_add_test(tests, test_list_directory_that_was_removed);
	tcase_add_test(tests, test_list_directory_that_is_none);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
