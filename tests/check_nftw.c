/*
 * walk/nftw.h on trees that stand still, with the C library's nftw(3) as the oracle.
 *
 * File systems that tell no types, and memory that ends, come from getdents64 and realloc as
 * defined here, which the linker prefers to the C library's.
 */
/* For getdents64() in musl. NOLINTNEXTLINE(bugprone-reserved-identifier) */
#define _LARGEFILE64_SOURCE

#include "nftw_record.h"
#include "suite.h"

#include <dirent.h>
#include <dlfcn.h>
#include <ftw.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

static struct {
	/** Every d_type is DT_UNKNOWN. */
	bool hide_types;
	/** realloc fails after so many calls that work, where it is not negative. */
	int reallocs;
} fault = {.reallocs = -1};

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's are reserved */

ssize_t getdents64(int fd, void *buffer, size_t size)
{
	ssize_t got = syscall(SYS_getdents64, fd, buffer, size);

	for (ssize_t at = 0; fault.hide_types && at < got;) {
		struct dirent *name = (struct dirent *)(void *)((char *)buffer + at);

		name->d_type = DT_UNKNOWN;
		at += name->d_reclen;
	}
	return got;
}

void *realloc(void *block, size_t size)
{
	void *(*real)(void *, size_t);

	if (fault.reallocs >= 0 && fault.reallocs-- == 0) {
		errno = ENOMEM;
		return NULL;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "realloc");
	return real(block, size);
}

void *reallocarray(void *block, size_t count, size_t size)
{
	return realloc(block, count * size);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

/* Random trees */

static uint64_t seed;

static unsigned random_below(unsigned limit)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % limit;
}

/** Few different bytes, around the slash, make names that are prefixes of each other. */
static void random_name(char *name)
{
	static const char close[] = "ab.-0!\x01\xff";
	size_t length = random_below(40) == 0 ? 255 : 1 + random_below(random_below(2) ? 3 : 20);
	bool any = random_below(4) == 0;

	for (size_t i = 0; i < length; i++) {
		do {
			name[i] = (char)(any ? 1 + random_below(255)
					     : (unsigned char)close[random_below(8)]);
		} while (name[i] == '/');
	}
	name[length] = '\0';
}

static void random_tree(int directory, int depth)
{
	unsigned count = random_below(depth == 0 ? 30 : 10);

	for (unsigned i = 0; i < count; i++) {
		char name[256];
		unsigned kind = random_below(10);
		int fd;

		random_name(name);
		if (kind < 3 && depth < 7) {
			if (mkdirat(directory, name, 0755) < 0)
				continue;
			fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			ck_assert_int_ge(fd, 0);
			random_tree(fd, depth + 1);
			close(fd);
		} else if (kind == 8) {
			(void)!symlinkat(random_below(2) ? "." : "nowhere", directory, name);
		} else if (kind == 9) {
			(void)!mkfifoat(directory, name, 0644);
		} else {
			fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
			if (fd < 0)
				continue;
			ck_assert_int_eq(ftruncate(fd, random_below(100000)), 0);
			close(fd);
		}
	}
}

/** Make the tree "t" with `number` as the seed. */
static void make_random_tree(int number)
{
	int top;

	seed = (uint64_t)number;
	scratch_mkdir("t");
	top = open("t", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(top, 0);
	random_tree(top, 0);
	close(top);
}

static int visit_for_libc(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	static const enum nftw_type types[] = {
		[FTW_F] = NFTW_F,
		[FTW_D] = NFTW_D,
		[FTW_DNR] = NFTW_DNR,
		[FTW_NS] = NFTW_NS,
		[FTW_SL] = NFTW_SL,
	};

	record_add(path, types[type], 0, (size_t)ftw->level, (size_t)ftw->base, stat);
	return 0;
}

static int compare_paths(const void *left, const void *right)
{
	const struct found *a = left, *b = right;

	return strcmp(a->path, b->path);
}

/** The record is what the C library's nftw finds too, in whatever order. */
static void assert_as_libc(const char *root)
{
	struct record ours = record;

	record = (struct record){0};
	ck_assert_int_eq(nftw(root, visit_for_libc, 64, FTW_PHYS), 0);
	ck_assert(ours.found && record.found);
	ck_assert_uint_eq(ours.count, record.count);
	qsort(ours.found, ours.count, sizeof(struct found), compare_paths);
	qsort(record.found, record.count, sizeof(struct found), compare_paths);
	for (size_t i = 0; i < ours.count; i++) {
		const struct found *a = &ours.found[i], *b = &record.found[i];

		check_quickly(strcmp(a->path, b->path) == 0);
		check_quickly(a->type == b->type);
		check_quickly(a->level == b->level);
		check_quickly(a->base == b->base);
		check_quickly(a->error == 0);
		check_quickly(a->stat.st_size == b->stat.st_size);
		check_quickly(a->stat.st_ino == b->stat.st_ino);
		check_quickly(a->stat.st_dev == b->stat.st_dev);
		check_quickly(a->stat.st_mode == b->stat.st_mode);
	}
	record_clear(&ours);
}

static int compare_keys(const void *left, const void *right)
{
	const char *const *a = left, *const *b = right;

	return strcmp(*a, *b);
}

/** The record is in the order of the full paths, where those of directories end in a slash. */
static void assert_sorted(void)
{
	char **visited = calloc(record.count, sizeof(char *));
	char **sorted = calloc(record.count, sizeof(char *));

	ck_assert(visited && sorted);
	for (size_t i = 0; i < record.count; i++) {
		const struct found *found = &record.found[i];

		check_quickly(asprintf(&visited[i], "%s%s", found->path,
				      found->type == NFTW_D ? "/" : "") >= 0);
		sorted[i] = visited[i];
	}
	qsort(sorted, record.count, sizeof(char *), compare_keys);
	for (size_t i = 0; i < record.count; i++)
		check_quickly(strcmp(visited[i], sorted[i]) == 0);
	for (size_t i = 0; i < record.count; i++)
		free(visited[i]);
	free(visited);
	free(sorted);
}

START_TEST(test_nftw_finds_what_libc_finds)
{
	static const unsigned descriptors[] = {1, 2, 3, 32};

	make_random_tree(_i);
	for (int i = 0; i < 8; i++) {
		struct nftw_options options = {.sorted = i % 2, .descriptors = descriptors[i / 2]};

		record_clear(&record);
		ck_assert_int_eq(nftw_walk("t", &options, visit, NULL), 0);
		assert_as_libc("t");
	}
}
END_TEST

START_TEST(test_nftw_sorts_by_full_path)
{
	make_random_tree(_i);
	walk("t");
	assert_sorted();
	fault.hide_types = true;
	walk("t");
	assert_sorted();
}
END_TEST

START_TEST(test_nftw_sorts_a_directory_by_its_slash)
{
	scratch_mkdir("t");
	scratch_mkdir("t/a");
	scratch_file("t/a/z", "");
	scratch_file("t/a.b", "");
	scratch_file("t/a0", "");
	scratch_file("t/a\x01", "");
	scratch_file("t/a-", "");
	scratch_file("t/A", "");
	scratch_file("t/\xff", "");
	for (int i = 0; i < 2; i++) {
		fault.hide_types = i;
		walk("t");
		assert_first("t", NFTW_D, 0);
		assert_next("t/A", NFTW_F, 0);
		assert_next("t/a\x01", NFTW_F, 0);
		assert_next("t/a-", NFTW_F, 0);
		assert_next("t/a.b", NFTW_F, 0);
		assert_next("t/a", NFTW_D, 0);
		assert_next("t/a/z", NFTW_F, 0);
		assert_next("t/a0", NFTW_F, 0);
		assert_next("t/\xff", NFTW_F, 0);
		assert_no_more();
	}
}
END_TEST

START_TEST(test_nftw_sorts_a_link_by_what_it_leads_to)
{
	static const struct nftw_options options = {.follow = true};

	scratch_mkdir("t");
	scratch_mkdir("d");
	scratch_file("d/z", "");
	ck_assert_int_eq(symlink("../d", "t/a"), 0);
	ck_assert_int_eq(symlink("../d/z", "t/b"), 0);
	scratch_file("t/a-", "");
	scratch_file("t/a0", "");
	scratch_file("t/b-", "");
	for (int i = 0; i < 2; i++) {
		fault.hide_types = i;
		walk_by("t", options, NULL);
		assert_first("t", NFTW_D, 0);
		assert_next("t/a-", NFTW_F, 0);
		assert_next("t/a", NFTW_D, 0);
		assert_next("t/a/z", NFTW_F, 0);
		assert_next("t/a0", NFTW_F, 0);
		assert_next("t/b", NFTW_F, 0);
		assert_next("t/b-", NFTW_F, 0);
		assert_no_more();
		walk("t");
		assert_first("t", NFTW_D, 0);
		assert_next("t/a", NFTW_SL, 0);
		assert_next("t/a-", NFTW_F, 0);
	}
}
END_TEST

START_TEST(test_nftw_reads_a_directory_of_any_size)
{
	scratch_mkdir("t");
	for (int i = 0; i < 3000; i++) {
		char name[64];

		snprintf(name, sizeof(name), "t/a-name-that-is-somewhat-long-for-a-name-%d", i);
		ck_assert_int_eq(
			link("t/a-name-that-is-somewhat-long-for-a-name-0", name), i ? 0 : -1);
		if (i == 0)
			scratch_file(name, "");
	}
	walk("t");
	ck_assert_uint_eq(record.count, 3001);
	assert_sorted();
	assert_as_libc("t");
}
END_TEST

/** For nftw_walk(): `context` counts the calls of the second. */
static int ignore_entry(const struct nftw_entry *entry, void *context)
{
	(void)entry;
	(void)context;
	return 0;
}

static void count_alive(void *context)
{
	++*(int *)context;
}

START_TEST(test_nftw_tells_that_it_is_alive_in_a_long_directory)
{
	struct nftw_options options = {.alive = count_alive};
	char name[32];
	int unsorted = 0, sorted = 0;

	scratch_mkdir("t");
	scratch_file("t/0", "");
	for (int i = 1; i < 5000; i++) {
		snprintf(name, sizeof(name), "t/%d", i);
		ck_assert_int_eq(link("t/0", name), 0);
	}
	ck_assert_int_eq(nftw_walk("t", &options, ignore_entry, &unsorted), 0);
	ck_assert_int_gt(unsorted, 1);
	/* Sorting takes its time, too. */
	options.sorted = true;
	ck_assert_int_eq(nftw_walk("t", &options, ignore_entry, &sorted), 0);
	ck_assert_int_gt(sorted, unsorted);
}
END_TEST

/* Roots */

START_TEST(test_nftw_root_is_reported_as_what_it_is)
{
	scratch_mkdir("d");
	scratch_file("d/f", "12345");
	ck_assert_int_eq(symlink("d", "to-directory"), 0);
	ck_assert_int_eq(symlink("d/f", "to-file"), 0);
	ck_assert_int_eq(symlink("nowhere", "to-nothing"), 0);
	ck_assert_int_eq(symlink("d", "d/below"), 0);

	walk("d/f");
	assert_first("d/f", NFTW_F, 0);
	ck_assert_int_eq(record.found->stat.st_size, 5);
	ck_assert_uint_eq(record.found->base, 2);
	assert_no_more();
	walk("to-file");
	assert_first("to-file", NFTW_F, 0);
	ck_assert_int_eq(record.found->stat.st_size, 5);
	assert_no_more();
	walk("to-directory");
	assert_first("to-directory", NFTW_D, 0);
	assert_next("to-directory/below", NFTW_SL, 0);
	assert_next("to-directory/f", NFTW_F, 0);
	assert_no_more();
	walk("to-nothing");
	assert_first("to-nothing", NFTW_NS, ENOENT);
	assert_no_more();
	walk("nothing");
	assert_first("nothing", NFTW_NS, ENOENT);
	assert_no_more();
	walk("");
	assert_first("", NFTW_NS, ENOENT);
	assert_no_more();
	walk("d/f/");
	assert_first("d/f/", NFTW_NS, ENOTDIR);
	assert_no_more();
}
END_TEST

START_TEST(test_nftw_root_stands_in_paths_as_given)
{
	static const struct {
		const char *root;
		size_t base;
		const char *inner;
	} cases[] = {
		{"d", 0, "d/e"},
		{"d/", 0, "d/e"},
		{"./d", 2, "./d/e"},
		{".//d///", 3, ".//d///e"},
		{"d/.", 2, "d/./e"},
		{"d/e/..", 4, "d/e/../e"},
	};

	scratch_mkdir("d");
	scratch_mkdir("d/e");
	scratch_file("d/e/f", "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char file[32];

		/* With 2 descriptors the root is closed, and opened again. */
		for (unsigned descriptors = 0; descriptors <= 2; descriptors += 2) {
			walk_with(cases[i].root, descriptors, NULL);
			assert_first(cases[i].root, NFTW_D, 0);
			ck_assert_uint_eq(record.found[0].base, cases[i].base);
			ck_assert_uint_eq(record.found[0].level, 0);
			assert_next(cases[i].inner, NFTW_D, 0);
			ck_assert_uint_eq(record.found[1].base, strlen(cases[i].inner) - 1);
			ck_assert_uint_eq(record.found[1].level, 1);
			snprintf(file, sizeof(file), "%s/f", cases[i].inner);
			assert_next(file, NFTW_F, 0);
			ck_assert_uint_eq(record.found[2].level, 2);
			assert_no_more();
		}
	}
}
END_TEST

/** The file system's own root: stop after the first name below it. */
static int visit_two(const struct nftw_entry *entry, void *context)
{
	size_t *count = context;

	assert_contract(entry);
	if (entry->level == 0) {
		ck_assert_str_eq(entry->path, "/");
		ck_assert_uint_eq(entry->base, 0);
	} else {
		ck_assert_int_eq(entry->path[0], '/');
		ck_assert_uint_eq(entry->base, 1);
	}
	return ++*count == 2 ? 77 : 0;
}

START_TEST(test_nftw_root_may_be_the_slash)
{
	struct nftw_options options = {0};
	size_t count = 0;

	ck_assert_int_eq(nftw_walk("/", &options, visit_two, &count), 77);
	ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(test_nftw_tells_special_files)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "t/socket"};
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	scratch_mkdir("t");
	ck_assert_int_eq(mkfifo("t/fifo", 0644), 0);
	ck_assert_int_eq(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	close(server);
	walk("t");
	assert_first("t", NFTW_D, 0);
	assert_next("t/fifo", NFTW_F, 0);
	ck_assert(S_ISFIFO(record.found[1].stat.st_mode));
	assert_next("t/socket", NFTW_F, 0);
	ck_assert(S_ISSOCK(record.found[2].stat.st_mode));
	assert_no_more();
	walk("/dev/null");
	assert_first("/dev/null", NFTW_F, 0);
	ck_assert(S_ISCHR(record.found->stat.st_mode));
}
END_TEST

/* The visitor's word */

static int stop_at(const struct nftw_entry *entry, void *context)
{
	int *left = context;

	(void)entry;
	errno = EXDEV;
	return (*left)-- == 0 ? -1 : 0;
}

START_TEST(test_nftw_ends_where_the_visitor_says)
{
	struct nftw_options options = {.descriptors = 3};
	int result;

	make_random_tree(3);
	walk("t");
	for (int i = 0; i <= (int)record.count; i++) {
		int left = i;

		result = nftw_walk("t", &options, stop_at, &left);
		if (i == (int)record.count) {
			ck_assert_int_eq(result, 0);
			break;
		}
		ck_assert_int_eq(result, -1);
		ck_assert_int_eq(errno, EXDEV);
		ck_assert_int_eq(left, -1);
	}
}
END_TEST

static int count_visits(const struct nftw_entry *entry, void *context)
{
	size_t *count = context;

	(void)entry;
	++*count;
	return 0;
}

/** Every allocation fails once: the walk says so, or is complete. */
START_TEST(test_nftw_gives_up_without_memory)
{
	struct nftw_options options = {.sorted = true};
	size_t complete = 0, failures = 0;

	make_random_tree(5);
	close(scratch_chain("a-chain-of-directories", 300));
	ck_assert_int_eq(nftw_walk(".", &options, count_visits, &complete), 0);
	for (int i = 0;; i++) {
		size_t count = 0;
		int result;

		fault.reallocs = i;
		result = nftw_walk(".", &options, count_visits, &count);
		if (fault.reallocs >= 0) {
			ck_assert_int_eq(result, 0);
			ck_assert_uint_eq(count, complete);
			break;
		}
		ck_assert_int_eq(result, -1);
		ck_assert_int_eq(errno, ENOMEM);
		failures++;
	}
	/* The path, its growth; the block; the levels, their growth; the order. */
	ck_assert_uint_ge(failures, 6);
}
END_TEST

START_TEST(test_nftw_needs_memory_for_one_directory_a_level)
{
	struct nftw_options options = {.sorted = true};
	size_t count = 0;
	char path[300];

	scratch_mkdir("t");
	for (int i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "t/%d", i);
		scratch_mkdir(path);
		snprintf(path, sizeof(path), "t/%d/%0250d", i, 0);
		scratch_file(path, "");
	}
	/* The path, the names, the levels, the order: once each. */
	fault.reallocs = 4;
	ck_assert_int_eq(nftw_walk("t", &options, count_visits, &count), 0);
	ck_assert_uint_eq(count, 601);
}
END_TEST

/* Depth and descriptors */

struct depth {
	size_t count;
	size_t deepest;
	size_t longest;
	size_t errors;
	int most_descriptors;
	/** Count descriptors at every entry whose level is a multiple of this. */
	size_t interval;
};

static int visit_depth(const struct nftw_entry *entry, void *context)
{
	struct depth *depth = context;

	depth->count++;
	depth->errors += entry->error != 0;
	if (entry->level > depth->deepest)
		depth->deepest = entry->level;
	if (entry->length > depth->longest)
		depth->longest = entry->length;
	if (entry->level % depth->interval == 0) {
		int open = leaks_descriptors();

		if (open > depth->most_descriptors)
			depth->most_descriptors = open;
	}
	return 0;
}

/** Directories `levels` deep, each `step`th with a file that comes before and one that comes after.
 */
static void make_ladder(size_t levels, size_t step)
{
	int directory = open(".", O_PATH | O_CLOEXEC), inner;

	for (size_t i = 0; i < levels; i++) {
		scratch_mkdir_at(directory, "d");
		inner = openat(directory, "d", O_PATH | O_CLOEXEC);
		ck_assert_int_ge(inner, 0);
		close(directory);
		directory = inner;
		if ((i + 1) % step)
			continue;
		scratch_file_at(directory, "a", "");
		scratch_file_at(directory, "z", "");
	}
	close(directory);
}

START_TEST(test_nftw_walks_10000_levels_on_a_small_stack)
{
	static const unsigned descriptors[] = {2, 32};
	struct rlimit stack = {256 << 10, 256 << 10};

	make_ladder(10000, 100);
	/* So that paths have even lengths, also those of the room that grows for them. */
	ck_assert_int_eq(rename("d", "dd"), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_STACK, &stack), 0);
	for (int i = 0; i < 2; i++) {
		struct nftw_options options = {.sorted = true, .descriptors = descriptors[i]};
		struct depth depth = {.interval = 1000};

		ck_assert_int_eq(nftw_walk("dd", &options, visit_depth, &depth), 0);
		ck_assert_uint_eq(depth.errors, 0);
		ck_assert_uint_eq(depth.count, 10200);
		ck_assert_uint_eq(depth.deepest, 10000);
		ck_assert_uint_eq(depth.longest, 20002);
		ck_assert_int_eq(depth.most_descriptors, leaks_before + (int)descriptors[i]);
	}
}
END_TEST

START_TEST(test_nftw_walks_long_names_to_any_depth)
{
	struct nftw_options options = {.descriptors = 2};
	struct depth depth = {.interval = SIZE_MAX};
	char name[256];

	memset(name, 0xfe, 255);
	name[255] = '\0';
	close(scratch_chain(name, 1000));
	ck_assert_int_eq(nftw_walk(".", &options, visit_depth, &depth), 0);
	ck_assert_uint_eq(depth.errors, 0);
	ck_assert_uint_eq(depth.count, 1001);
	ck_assert_uint_eq(depth.longest, 1 + 1000 * 256);
}
END_TEST

START_TEST(test_nftw_keeps_to_its_descriptors)
{
	make_ladder(50, 1);
	for (unsigned limit = 1; limit < 60; limit += limit < 8 ? 1 : 17) {
		struct nftw_options options = {.sorted = true, .descriptors = limit};
		struct depth depth = {.interval = 1};
		int most = limit < 2 ? 2 : limit > 50 ? 50 : (int)limit;

		ck_assert_int_eq(nftw_walk("d", &options, visit_depth, &depth), 0);
		ck_assert_uint_eq(depth.errors, 0);
		ck_assert_uint_eq(depth.count, 150);
		ck_assert_int_eq(depth.most_descriptors, leaks_before + most);
	}
}
END_TEST

START_TEST(test_nftw_makes_do_with_the_descriptors_there_are)
{
	struct depth depth = {.interval = SIZE_MAX};
	struct nftw_options options = {.sorted = true};

	make_ladder(50, 1);
	limit_descriptors((rlim_t)_i);
	ck_assert_int_eq(nftw_walk("d", &options, visit_depth, &depth), 0);
	ck_assert_uint_eq(depth.errors, 0);
	ck_assert_uint_eq(depth.count, 150);
}
END_TEST

START_TEST(test_nftw_reports_want_of_descriptors)
{
	scratch_mkdir("t");
	scratch_file("t/a", "");
	scratch_mkdir("t/b");
	scratch_file("t/b/lost", "");
	scratch_file("t/c", "");
	limit_descriptors(1);
	walk("t");
	assert_first("t", NFTW_D, 0);
	assert_next("t/a", NFTW_F, 0);
	assert_next("t/b", NFTW_D, 0);
	assert_next("t/b", NFTW_DNR, EMFILE);
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

static Suite *nftw_suite(void)
{
	Suite *suite = suite_create("nftw");
	TCase *tests;

	tests = record_case(suite, "oracle");
	tcase_add_loop_test(tests, test_nftw_finds_what_libc_finds, 0, 20);
	tcase_add_loop_test(tests, test_nftw_sorts_by_full_path, 0, 20);
	tcase_add_test(tests, test_nftw_sorts_a_directory_by_its_slash);
	tcase_add_test(tests, test_nftw_sorts_a_link_by_what_it_leads_to);
	tcase_add_test(tests, test_nftw_reads_a_directory_of_any_size);
	tcase_add_test(tests, test_nftw_tells_that_it_is_alive_in_a_long_directory);

	tests = record_case(suite, "contract");
	tcase_add_test(tests, test_nftw_root_is_reported_as_what_it_is);
	tcase_add_test(tests, test_nftw_root_stands_in_paths_as_given);
	tcase_add_test(tests, test_nftw_root_may_be_the_slash);
	tcase_add_test(tests, test_nftw_tells_special_files);
	tcase_add_test(tests, test_nftw_ends_where_the_visitor_says);
	tcase_add_test(tests, test_nftw_gives_up_without_memory);
	tcase_add_test(tests, test_nftw_needs_memory_for_one_directory_a_level);

	tests = record_case(suite, "depth");
	tcase_add_test(tests, test_nftw_walks_10000_levels_on_a_small_stack);
	tcase_add_test(tests, test_nftw_walks_long_names_to_any_depth);
	tcase_add_test(tests, test_nftw_keeps_to_its_descriptors);
	tcase_add_loop_test(tests, test_nftw_makes_do_with_the_descriptors_there_are, 2, 10);
	tcase_add_test(tests, test_nftw_reports_want_of_descriptors);

	return suite;
}

int main(void)
{
	return suite_run(nftw_suite());
}
