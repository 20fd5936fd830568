/*
 * walk/walk.h on real directories, with the C library's nftw(3) as the oracle; what no directory
 * shows by itself is in check_walk_parts.c.
 *
 * File systems that tell no types, and errors, come from getdents64 and fstatat as defined here,
 * which the linker prefers to the C library's.
 */
/* For getdents64() in musl. NOLINTNEXTLINE(bugprone-reserved-identifier) */
#define _LARGEFILE64_SOURCE

#include "suite.h"
#include "walk/filter.h"
#include "walk_here.h"

#include <dirent.h>
#include <dlfcn.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

static struct {
	/** Every d_type is DT_UNKNOWN. */
	bool hide_types;
	/** getdents64 fails for the directory with this inode, after so many calls that work. */
	ino_t unreadable;
	int reads;
	/** fstatat fails for this name. */
	const char *unstatable;
} fault;

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's are reserved */

ssize_t getdents64(int fd, void *buffer, size_t size)
{
	struct stat directory;
	if (fault.unreadable && fstat(fd, &directory) == 0 &&
		directory.st_ino == fault.unreadable && fault.reads-- == 0) {
		errno = EIO;
		return -1;
	}
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
	if (fault.unstatable && strcmp(name, fault.unstatable) == 0) {
		memset(found, 0xff, sizeof(*found));
		errno = EIO;
		return -1;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "fstatat");
	return real(directory, name, found, flags);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

static const enum hasher_stat stats[] = {HASHER_STAT_NEVER, HASHER_STAT_ALWAYS, HASHER_STAT_TRY};

/** Walk, in each way in which the types of names are found out. @param number 0 to 5 */
static void walk_typed_by(struct here *here, const char *root, int number)
{
	fault.hide_types = number % 2;
	here->stat = stats[number / 2];
	here_walk(here, root);
	fault.hide_types = false;
}

/* Random trees */

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
	here_seed = (uint64_t)number;
	scratch_mkdir("t");
	int top = open("t", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(top, 0);
	random_tree(top, 0);
	close(top);
}

/* The oracle */

/** Whether the C library's links and special files are recorded. */
static bool libc_all;

static int visit_for_libc(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	static const enum nftw_type types[] = {
		[FTW_F] = NFTW_F,
		[FTW_D] = NFTW_D,
		[FTW_DNR] = NFTW_DNR,
		[FTW_NS] = NFTW_NS,
		[FTW_SL] = NFTW_SL,
		[FTW_SLN] = NFTW_NS,
	};
	bool regular = type == FTW_F && S_ISREG(stat->st_mode);
	if (!libc_all && !regular && type != FTW_D)
		return 0;
	struct found *found = record_add(path, types[type], (size_t)ftw->level);
	found->regular = regular;
	if (regular)
		found->stamp = stamp_of(stat);
	return 0;
}

static int compare_paths(const void *left, const void *right)
{
	const struct found *a = left, *b = right;
	return strcmp(a->path, b->path);
}

/** Whether nothing in a record is below a path. */
static bool has_none_below(const struct record *all, const char *path)
{
	size_t size = strlen(path);
	for (size_t i = 0; i < all->count; i++) {
		const char *other = all->found[i].path;
		if (strncmp(other, path, size) == 0 && other[size] == '/')
			return false;
	}
	return true;
}

/** What is counted is what the C library has met. */
static void assert_counts(const struct walk_counts *counts)
{
	struct walk_counts met = {0};
	for (size_t i = 0; i < record.count; i++) {
		const struct found *found = &record.found[i];
		met.directories += found->type == NFTW_D;
		met.links += found->type == NFTW_SL;
		met.special += found->type == NFTW_F && !found->regular;
	}
	ck_assert_uint_eq(counts->directories, met.directories);
	ck_assert_uint_eq(counts->links, met.links);
	ck_assert_uint_eq(counts->special, met.special);
	ck_assert_uint_eq(counts->mounts, 0);
	ck_assert_uint_eq(counts->excluded, 0);
}

/** The record is what the C library's nftw finds too, in whatever order. */
static void assert_as_libc(const struct here *here, const char *root, int flags)
{
	struct record ours = record;
	record = (struct record){0};
	libc_all = true;
	ck_assert_int_eq(nftw(root, visit_for_libc, 64, flags), 0);
	assert_counts(&here->counts);
	struct record all = record;
	record = (struct record){0};
	libc_all = here->options.all;
	ck_assert_int_eq(nftw(root, visit_for_libc, 64, flags), 0);
	ck_assert(ours.found && record.found);
	ck_assert_uint_eq(ours.count, record.count);
	qsort(ours.found, ours.count, sizeof(struct found), compare_paths);
	qsort(record.found, record.count, sizeof(struct found), compare_paths);
	for (size_t i = 0; i < ours.count; i++) {
		const struct found *a = &ours.found[i], *b = &record.found[i];
		check_quickly(strcmp(a->path, b->path) == 0);
		check_quickly(a->type == b->type);
		check_quickly(a->level == b->level);
		check_quickly(a->regular == b->regular);
		check_quickly((a->error != 0) == (a->type == NFTW_NS));
		check_quickly(stamp_same(&a->stamp, &b->stamp));
		check_quickly(a->empty == (a->type == NFTW_D && has_none_below(&all, a->path)));
	}
	record_clear(&ours);
	record_clear(&all);
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

START_TEST(test_walk_finds_what_libc_finds)
{
	make_random_tree(_i);
	for (int i = 0; i < 12; i++) {
		struct here here = {
			.options = {.all = i % 2}, .jobs = 1 + (unsigned)_i % HERE_JOBS};
		walk_typed_by(&here, "t", i / 2);
		assert_sorted();
		assert_as_libc(&here, "t", FTW_PHYS);
	}
}
END_TEST

START_TEST(test_walk_unsorted_finds_what_libc_finds)
{
	make_random_tree(_i);
	for (int i = 0; i < 6; i++) {
		struct here here = {.unsorted = true, .jobs = 1 + (unsigned)_i % HERE_JOBS};
		walk_typed_by(&here, "t", i);
		assert_as_libc(&here, "t", FTW_PHYS);
	}
}
END_TEST

/** Listers are lost, again and again: nothing is there twice, nothing is lost. */
START_TEST(test_walk_without_its_listers_finds_what_libc_finds)
{
	unsigned lost = 0;
	make_random_tree(_i);
	for (int i = 0; i < 12; i++) {
		struct here here = {.options = {.all = i % 2},
			.jobs = 1 + (unsigned)_i % HERE_JOBS,
			.part = 1,
			.losses = 30};
		walk_typed_by(&here, "t", i / 2);
		lost += here.lost;
		assert_sorted();
		assert_as_libc(&here, "t", FTW_PHYS);
		here.options.all = false;
		here.unsorted = true;
		walk_typed_by(&here, "t", i / 2);
		assert_as_libc(&here, "t", FTW_PHYS);
	}
	ck_assert_uint_gt(lost, 0);
}
END_TEST

START_TEST(test_walk_sorts_a_directory_by_its_slash)
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
	for (int i = 0; i < 6; i++) {
		struct here here = {0};
		walk_typed_by(&here, "t", i);
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

START_TEST(test_walk_reads_a_directory_of_any_size)
{
	scratch_mkdir("t");
	scratch_file("t/a-name-that-is-somewhat-long-for-a-name-0", "");
	for (int i = 1; i < 3000; i++) {
		char name[64];
		snprintf(name, sizeof(name), "t/a-name-that-is-somewhat-long-for-a-name-%d", i);
		ck_assert_int_eq(link("t/a-name-that-is-somewhat-long-for-a-name-0", name), 0);
	}
	for (int i = 0; i < 6; i++) {
		struct here here = {.losses = 20 * (unsigned)(i % 3)};
		walk_typed_by(&here, "t", i);
		ck_assert_uint_eq(record.count, 3001);
		assert_sorted();
		assert_as_libc(&here, "t", FTW_PHYS);
	}
}
END_TEST

/* Roots */

static void make_link(const char *target, const char *name)
{
	ck_assert_int_eq(symlink(target, name), 0);
}

START_TEST(test_walk_root_is_reported_as_what_it_is)
{
	scratch_mkdir("d");
	scratch_file("d/f", "12345");
	make_link("d", "to-directory");
	make_link("d/f", "to-file");
	make_link("nowhere", "to-nothing");
	make_link("d", "d/below");

	walk("d/f");
	assert_first("d/f", NFTW_F, 0);
	ck_assert(record.found->root && record.found->regular && !record.found->below);
	ck_assert_uint_eq(record.found->stamp.size, 5);
	assert_no_more();
	walk("to-file");
	assert_first("to-file", NFTW_F, 0);
	ck_assert_uint_eq(record.found->stamp.size, 5);
	assert_no_more();
	walk("to-directory");
	assert_first("to-directory", NFTW_D, 0);
	ck_assert(record.found->root && record.found->below && !record.found->empty);
	assert_next("to-directory/below", NFTW_SL, 0);
	assert_next("to-directory/f", NFTW_F, 0);
	assert_no_more();
	walk("to-nothing");
	assert_first("to-nothing", NFTW_NS, ENOENT);
	assert_no_more();
	walk("nothing");
	assert_first("nothing", NFTW_NS, ENOENT);
	ck_assert(record.found->root && !record.found->below);
	assert_no_more();
	walk("");
	assert_first("", NFTW_NS, ENOENT);
	assert_no_more();
	walk("d/f/");
	assert_first("d/f/", NFTW_NS, ENOTDIR);
	assert_no_more();
	walk("/dev/null");
	assert_first("/dev/null", NFTW_F, 0);
	ck_assert(!record.found->regular);
}
END_TEST

START_TEST(test_walk_root_stands_in_paths_as_given)
{
	static const struct {
		const char *root;
		const char *inner;
	} cases[] = {
		{"d", "d/e"},
		{"d/", "d/e"},
		{"d//", "d//e"},
		{"./d", "./d/e"},
		{".//d///", ".//d///e"},
		{"d/.", "d/./e"},
		{"d/e/..", "d/e/../e"},
	};
	scratch_mkdir("d");
	scratch_mkdir("d/e");
	scratch_file("d/e/f", "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char file[32];
		walk(cases[i].root);
		assert_first(cases[i].root, NFTW_D, 0);
		assert_next(cases[i].inner, NFTW_D, 0);
		ck_assert_uint_eq(record.found[1].level, 1);
		snprintf(file, sizeof(file), "%s/f", cases[i].inner);
		assert_next(file, NFTW_F, 0);
		ck_assert_uint_eq(record.found[2].level, 2);
		assert_no_more();
	}
	ck_assert_int_eq(chdir("d"), 0);
	walk(".");
	assert_first(".", NFTW_D, 0);
	assert_next("./e", NFTW_D, 0);
	assert_next("./e/f", NFTW_F, 0);
	assert_no_more();
}
END_TEST

/** A filter that leaves out a pattern. */
static struct filter *exclude(const char *pattern)
{
	struct filter *filter = filter_new();
	ck_assert_ptr_nonnull(filter);
	ck_assert_int_eq(filter_add(filter, pattern, false), 0);
	return filter;
}

START_TEST(test_walk_root_may_be_the_slash)
{
	struct filter *filter = exclude("+ /dev");
	ck_assert_int_eq(filter_add(filter, "+ /dev/null", false), 0);
	ck_assert_int_eq(filter_add(filter, "*", false), 0);
	here_walk(&(struct here){.options = {.all = true, .filter = filter}}, "/");
	assert_first("/", NFTW_D, 0);
	assert_next("/dev", NFTW_D, 0);
	assert_next("/dev/null", NFTW_F, 0);
	assert_no_more();
	ck_assert_uint_eq(record.found[2].level, 2);
	filter_free(filter);
}
END_TEST

START_TEST(test_walk_tells_special_files)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "t/socket"};
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	scratch_mkdir("t");
	ck_assert_int_eq(mkfifo("t/fifo", 0644), 0);
	ck_assert_int_eq(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	close(server);
	for (int i = 0; i < 6; i++) {
		struct here here = {.options = {.all = true}};
		walk_typed_by(&here, "t", i);
		assert_first("t", NFTW_D, 0);
		assert_next("t/fifo", NFTW_F, 0);
		ck_assert(!record.found[1].regular);
		assert_next("t/socket", NFTW_F, 0);
		ck_assert(!record.found[2].regular);
		assert_no_more();
		ck_assert_uint_eq(here.counts.special, 2);
	}
}
END_TEST

/* Depth */

START_TEST(test_walk_goes_down_long_names)
{
	char name[256];
	struct here here = {0};
	memset(name, 0xfe, 255);
	name[255] = '\0';
	int bottom = scratch_chain(name, 300);
	scratch_file_at(bottom, "f", "");
	close(bottom);
	here_walk(&here, ".");
	ck_assert_uint_eq(record.count, 302);
	for (size_t i = 0; i < 302; i++) {
		const struct found *found = &record.found[i];
		ck_assert_int_eq(found->type, i < 301 ? NFTW_D : NFTW_F);
		ck_assert_int_eq(found->error, 0);
		ck_assert_uint_eq(found->level, i);
		ck_assert_uint_eq(strlen(found->path), i < 301 ? 1 + 256 * i : 1 + 256 * 300 + 2);
	}
	ck_assert_uint_eq(here.counts.directories, 301);
}
END_TEST

/* Errors of the file system */

START_TEST(test_walk_reports_a_directory_that_cannot_be_opened)
{
	scratch_mkdir("t");
	scratch_mkdir("t/closed");
	scratch_file("t/closed/file", "");
	scratch_file("t/file", "");
	scratch_mkdir("t/list");
	scratch_file("t/list/file", "");
	scratch_mkdir("t/list/inner");
	ck_assert_int_eq(chmod("t/closed", 0), 0);
	ck_assert_int_eq(chmod("t/list", 0444), 0);
	scratch_become_nobody();
	/* Not with types hidden and a stat that is only tried: what is then known of a name that
	 * cannot be opened depends on how long the first stat took. */
	for (int i = 0; i < 5; i++) {
		struct here here = {0};
		walk_typed_by(&here, "t", i);
		assert_first("t", NFTW_D, 0);
		/* Where neither a listing nor a stat in it tells the type, only what can be opened
		 * is known to be a directory. */
		if (i == 1) {
			assert_next("t/closed", NFTW_NS, EACCES);
		} else {
			assert_next("t/closed", NFTW_D, 0);
			assert_next("t/closed", NFTW_DNR, EACCES);
		}
		assert_next("t/file", NFTW_F, 0);
		assert_next("t/list", NFTW_D, 0);
		assert_next("t/list/file", i % 2 ? NFTW_NS : NFTW_F, EACCES);
		if (i % 2) {
			assert_next("t/list/inner", NFTW_NS, EACCES);
		} else {
			assert_next("t/list/inner", NFTW_D, 0);
			assert_next("t/list/inner", NFTW_DNR, EACCES);
		}
		assert_no_more();
	}
	walk("t/closed");
	assert_first("t/closed", NFTW_NS, EACCES);
	assert_no_more();
	walk("t/list/file");
	assert_first("t/list/file", NFTW_NS, EACCES);
	assert_no_more();
}
END_TEST

/** The directory t/b, with one name, between two files; its reading fails after `reads` calls. */
static void walk_unreadable(int reads)
{
	struct stat directory;
	scratch_mkdir("t");
	scratch_file("t/a", "");
	scratch_mkdir("t/b");
	scratch_file("t/b/inner", "");
	scratch_file("t/c", "");
	ck_assert_int_eq(stat("t/b", &directory), 0);
	fault.unreadable = directory.st_ino;
	fault.reads = reads;
	walk("t");
}

START_TEST(test_walk_reports_a_directory_that_cannot_be_read)
{
	walk_unreadable(0);
	assert_first("t", NFTW_D, 0);
	assert_next("t/a", NFTW_F, 0);
	assert_next("t/b", NFTW_D, 0);
	ck_assert(!next_found[-1].empty);
	assert_next("t/b", NFTW_DNR, EIO);
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

START_TEST(test_walk_reports_a_directory_that_cannot_be_read_to_its_end)
{
	walk_unreadable(1);
	assert_first("t", NFTW_D, 0);
	assert_next("t/a", NFTW_F, 0);
	assert_next("t/b", NFTW_D, 0);
	assert_next("t/b", NFTW_DNR, EIO);
	assert_next("t/b/inner", NFTW_F, 0);
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

/** It is needed where nothing else tells the type. */
START_TEST(test_walk_reports_what_has_no_stat)
{
	scratch_mkdir("t");
	scratch_file("t/a", "");
	scratch_mkdir("t/b");
	scratch_file("t/b/inner", "");
	scratch_file("t/c", "");
	fault.unstatable = "b";
	for (int i = 0; i < 6; i++) {
		struct here here = {0};
		walk_typed_by(&here, "t", i);
		assert_first("t", NFTW_D, 0);
		assert_next("t/a", NFTW_F, 0);
		if (i % 2) {
			assert_next("t/b", NFTW_NS, EIO);
		} else {
			assert_next("t/b", NFTW_D, 0);
			assert_next("t/b/inner", NFTW_F, 0);
		}
		assert_next("t/c", NFTW_F, 0);
		assert_no_more();
	}
}
END_TEST

/* A tree that changes under the walk */

/** Walk t: a/x/file, b, c; something is done before a name in it is opened. */
static void walk_changed(const char *path, void (*act)(void), bool hide_types)
{
	struct here here = {
		.options = {.all = true}, .stat = HASHER_STAT_NEVER, .path = path, .act = act};
	scratch_mkdir("t");
	scratch_mkdir("t/a");
	scratch_mkdir("t/a/x");
	scratch_file("t/a/x/file", "");
	scratch_file("t/b", "");
	scratch_file("t/c", "");
	scratch_mkdir("outside");
	scratch_file("outside/secret", "");
	fault.hide_types = hide_types;
	here_walk(&here, "t");
	ck_assert_uint_eq(here.acted, 1);
	assert_first("t", NFTW_D, 0);
}

static void remove_a(void)
{
	ck_assert_int_eq(unlink("t/a/x/file") | rmdir("t/a/x") | rmdir("t/a"), 0);
}

START_TEST(test_walk_reports_a_directory_that_vanished)
{
	walk_changed("t/a", remove_a, _i);
	if (_i) {
		assert_next("t/a", NFTW_NS, ENOENT);
	} else {
		assert_next("t/a", NFTW_D, 0);
		assert_next("t/a", NFTW_DNR, ENOENT);
	}
	assert_next("t/b", NFTW_F, 0);
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

START_TEST(test_walk_reports_a_directory_that_vanished_with_the_one_above)
{
	walk_changed("t/a/x", remove_a, false);
	assert_next("t/a", NFTW_D, 0);
	assert_next("t/a/x", NFTW_D, 0);
	assert_next("t/a/x", NFTW_DNR, ENOENT);
	assert_next("t/b", NFTW_F, 0);
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

static void remove_b(void)
{
	ck_assert_int_eq(unlink("t/b"), 0);
}

START_TEST(test_walk_reports_a_file_that_vanished)
{
	walk_changed("t/b", remove_b, _i);
	assert_next("t/a", NFTW_D, 0);
	assert_next("t/a/x", NFTW_D, 0);
	assert_next("t/a/x/file", NFTW_F, 0);
	assert_next("t/b", _i ? NFTW_NS : NFTW_F, ENOENT);
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

static void swap_for_link(void)
{
	ck_assert_int_eq(rename("t/a", "away"), 0);
	make_link("../outside", "t/a");
}

static void swap_for_file(void)
{
	ck_assert_int_eq(rename("t/a", "away"), 0);
	scratch_file("t/a", "");
}

START_TEST(test_walk_does_not_enter_what_was_swapped)
{
	walk_changed("t/a", _i ? swap_for_file : swap_for_link, false);
	assert_next("t/a", NFTW_D, 0);
	assert_next("t/a", NFTW_DNR, _i ? ENOTDIR : ELOOP);
	assert_next("t/b", NFTW_F, 0);
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

/** Without its type, it is what it is when it is looked at. */
START_TEST(test_walk_takes_a_name_of_unknown_type_as_it_finds_it)
{
	walk_changed("t/a", _i ? swap_for_file : swap_for_link, true);
	assert_next("t/a", _i ? NFTW_F : NFTW_SL, 0);
	assert_next("t/b", NFTW_F, 0);
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

static void swap_for_directory(void)
{
	ck_assert_int_eq(rename("t/a/x", "away"), 0);
	ck_assert_int_eq(rename("outside", "t/a/x"), 0);
	scratch_file("t/a/x/file", "");
}

/** What is in a directory is looked for in the one that was listed. */
START_TEST(test_walk_takes_nothing_from_a_directory_that_was_not_listed)
{
	walk_changed("t/a/x/file", swap_for_directory, false);
	assert_next("t/a", NFTW_D, 0);
	assert_next("t/a/x", NFTW_D, 0);
	/* The opener has the old one open still, or notices. */
	ck_assert_str_eq(next_found->path, "t/a/x/file");
	ck_assert(next_found->error == 0 || next_found->error == ESTALE);
	next_found++;
	assert_next("t/b", NFTW_F, 0);
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

static void swap_file_for_directory(void)
{
	remove_b();
	scratch_mkdir("t/b");
	scratch_file("t/b/inner", "");
}

START_TEST(test_walk_does_not_list_what_was_a_file)
{
	walk_changed("t/b", swap_file_for_directory, _i);
	assert_next("t/a", NFTW_D, 0);
	assert_next("t/a/x", NFTW_D, 0);
	assert_next("t/a/x/file", NFTW_F, 0);
	if (_i) {
		assert_next("t/b", NFTW_D, 0);
		assert_next("t/b/inner", NFTW_F, 0);
	} else {
		assert_next("t/b", NFTW_F, 0);
		ck_assert_int_eq(next_found[-1].state, HASHER_DIRECTORY);
	}
	assert_next("t/c", NFTW_F, 0);
	assert_no_more();
}
END_TEST

/* Links */

/** Walk with links followed, in one of six ways. */
static void follow(const char *root, int number)
{
	struct here here = {.options = {.all = true, .follow = true}};
	walk_typed_by(&here, root, number);
}

START_TEST(test_walk_sorts_a_link_by_what_it_leads_to)
{
	scratch_mkdir("t");
	scratch_mkdir("d");
	scratch_file("d/z", "");
	make_link("../d", "t/a");
	make_link("../d/z", "t/b");
	scratch_file("t/a-", "");
	scratch_file("t/a0", "");
	scratch_file("t/b-", "");
	for (int i = 0; i < 6; i++) {
		follow("t", i);
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

START_TEST(test_walk_follows_links_in_and_out_of_the_tree)
{
	scratch_mkdir("t");
	scratch_mkdir("t/d");
	scratch_file("t/d/f", "12345");
	scratch_mkdir("out");
	scratch_file("out/x", "1");
	make_link("d", "t/to-d");
	make_link("d/f", "t/to-f");
	make_link("../out", "t/to-out");
	make_link("../out/x", "t/to-x");
	make_link("to-d", "t/twice");
	for (int i = 0; i < 6; i++) {
		follow("t", i);
		assert_first("t", NFTW_D, 0);
		assert_next("t/d", NFTW_D, 0);
		assert_next("t/d/f", NFTW_F, 0);
		assert_next("t/to-d", NFTW_D, 0);
		assert_next("t/to-d/f", NFTW_F, 0);
		assert_next("t/to-f", NFTW_F, 0);
		ck_assert_uint_eq(next_found[-1].stamp.size, 5);
		ck_assert(next_found[-1].regular);
		assert_next("t/to-out", NFTW_D, 0);
		assert_next("t/to-out/x", NFTW_F, 0);
		assert_next("t/to-x", NFTW_F, 0);
		assert_next("t/twice", NFTW_D, 0);
		assert_next("t/twice/f", NFTW_F, 0);
		assert_no_more();
	}
}
END_TEST

START_TEST(test_walk_reports_links_that_lead_nowhere)
{
	scratch_mkdir("t");
	scratch_file("t/file", "");
	make_link("nothing", "t/dangling");
	make_link("file/x", "t/not-a-directory");
	make_link("self", "t/self");
	for (int i = 0; i < 6; i++) {
		follow("t", i);
		assert_first("t", NFTW_D, 0);
		assert_next("t/dangling", NFTW_NS, ENOENT);
		assert_next("t/file", NFTW_F, 0);
		assert_next("t/not-a-directory", NFTW_NS, ENOTDIR);
		assert_next("t/self", NFTW_NS, ELOOP);
		assert_no_more();
	}
}
END_TEST

START_TEST(test_walk_reports_a_loop_once)
{
	char base[PATH_MAX];
	ck_assert_ptr_nonnull(getcwd(base, sizeof(base)));
	scratch_mkdir("t");
	scratch_mkdir("t/a");
	scratch_mkdir("t/a/b");
	scratch_file("t/a/b/f", "");
	make_link(".", "t/a/b/here");
	make_link("..", "t/a/b/up");
	make_link(strcat(base, "/t"), "t/a/b/root");
	make_link("..", "t/above");
	make_link("a", "t/b");
	for (int i = 0; i < 6; i++) {
		follow("t", i);
		assert_first("t", NFTW_D, 0);
		assert_next("t/a", NFTW_D, 0);
		assert_next("t/a/b", NFTW_D, 0);
		assert_next("t/a/b/f", NFTW_F, 0);
		assert_next("t/a/b/here", NFTW_DNR, ELOOP);
		assert_next("t/a/b/root", NFTW_DNR, ELOOP);
		assert_next("t/a/b/up", NFTW_DNR, ELOOP);
		assert_next("t/above", NFTW_D, 0);
		assert_next("t/above/t", NFTW_DNR, ELOOP);
		assert_next("t/b", NFTW_D, 0);
		assert_next("t/b/b", NFTW_D, 0);
		assert_next("t/b/b/f", NFTW_F, 0);
		assert_next("t/b/b/here", NFTW_DNR, ELOOP);
		assert_next("t/b/b/root", NFTW_DNR, ELOOP);
		assert_next("t/b/b/up", NFTW_DNR, ELOOP);
		assert_no_more();
	}
}
END_TEST

/** Two directories, each with a link to the other: no loop without one of them twice in the path.
 */
START_TEST(test_walk_follows_links_to_each_other)
{
	scratch_mkdir("t");
	scratch_mkdir("t/a");
	scratch_mkdir("t/b");
	make_link("../b", "t/a/b");
	make_link("../a", "t/b/a");
	follow("t", 0);
	assert_first("t", NFTW_D, 0);
	assert_next("t/a", NFTW_D, 0);
	assert_next("t/a/b", NFTW_D, 0);
	assert_next("t/a/b/a", NFTW_DNR, ELOOP);
	assert_next("t/b", NFTW_D, 0);
	assert_next("t/b/a", NFTW_D, 0);
	assert_next("t/b/a/b", NFTW_DNR, ELOOP);
	assert_no_more();
}
END_TEST

START_TEST(test_walk_tells_special_files_behind_links)
{
	struct here here = {.options = {.all = true, .follow = true}};
	scratch_mkdir("t");
	ck_assert_int_eq(mkfifo("fifo", 0644), 0);
	make_link("../fifo", "t/fifo");
	make_link("/dev/null", "t/null");
	for (int i = 0; i < 6; i++) {
		walk_typed_by(&here, "t", i);
		assert_first("t", NFTW_D, 0);
		assert_next("t/fifo", NFTW_F, 0);
		ck_assert(!next_found[-1].regular);
		assert_next("t/null", NFTW_F, 0);
		ck_assert(!next_found[-1].regular);
		assert_no_more();
		ck_assert_uint_eq(here.counts.special, 2);
		ck_assert_uint_eq(here.counts.links, 0);
	}
}
END_TEST

static void move_link(void)
{
	ck_assert_int_eq(unlink("t/l"), 0);
	make_link("../far", "t/l");
}

static void move_far_away(void)
{
	ck_assert_int_eq(rename("far/a", "far/b"), 0);
}

START_TEST(test_walk_follows_a_link_to_where_it_leads_when_it_is_opened)
{
	struct here here = {.options = {.follow = true},
		/* With a stat that is only tried, a busy machine decides what is known of the link. */
		.stat = HASHER_STAT_ALWAYS,
		.path = "t/l",
		.act = _i ? move_link : move_far_away};
	scratch_mkdir("t");
	make_link("../far/a", "t/l");
	scratch_file("t/z", "");
	scratch_mkdir("far");
	scratch_file("far/z", "");
	scratch_mkdir("far/a");
	scratch_file("far/a/f", "");
	here_walk(&here, "t");
	assert_first("t", NFTW_D, 0);
	if (_i) {
		assert_next("t/l", NFTW_D, 0);
		assert_next("t/l/a", NFTW_D, 0);
		assert_next("t/l/a/f", NFTW_F, 0);
		assert_next("t/l/z", NFTW_F, 0);
	} else {
		assert_next("t/l", NFTW_D, 0);
		assert_next("t/l", NFTW_DNR, ENOENT);
	}
	assert_next("t/z", NFTW_F, 0);
	assert_no_more();
}
END_TEST

/** Links to files only: the C library's nftw enters no directory a second time. */
START_TEST(test_walk_follows_as_libc_does)
{
	struct here here = {.options = {.all = true, .follow = true}, .jobs = HERE_JOBS};
	scratch_mkdir("t");
	for (int i = 0; i < 20; i++) {
		char name[32], target[32];
		snprintf(name, sizeof(name), "t/%d", i);
		scratch_mkdir(name);
		snprintf(name, sizeof(name), "t/%d/file", i);
		scratch_file(name, "12345");
		snprintf(name, sizeof(name), "t/%d/link", i);
		snprintf(target, sizeof(target), "../%d/%s", (i + 1) % 20, i % 2 ? "file" : "link");
		make_link(target, name);
		snprintf(name, sizeof(name), "t/%d/dangling", i);
		make_link("nothing", name);
	}
	for (int i = 0; i < 6; i++) {
		walk_typed_by(&here, "t", i);
		ck_assert_uint_eq(record.count, 81);
		assert_sorted();
		assert_as_libc(&here, "t", 0);
	}
}
END_TEST

/* Other file systems */

/** Mount an empty file system, in a namespace of this process. @return whether that is allowed */
static bool mount_on(const char *path)
{
	static bool apart;
	if (!apart &&
		((unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) ||
			mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)) {
		fprintf(stderr, "check_walk: mounts NOT TESTED: %s\n", strerror(errno));
		return false;
	}
	apart = true;
	ck_assert_int_eq(mount("none", path, "tmpfs", 0, NULL), 0);
	return true;
}

START_TEST(test_walk_stays_on_one_file_system)
{
	struct here here = {.options = {.all = true, .one_file_system = true}};
	scratch_mkdir("t");
	scratch_mkdir("t/m");
	scratch_mkdir("t/n");
	scratch_file("t/n/f", "");
	if (!mount_on("t/m"))
		return;
	scratch_mkdir("t/m/d");
	scratch_file("t/m/f", "12");
	make_link("m/d", "t/to-d");
	make_link("m/f", "t/to-f");
	here_walk(&here, "t");
	assert_first("t", NFTW_D, 0);
	assert_next("t/m", NFTW_MOUNT, 0);
	assert_next("t/n", NFTW_D, 0);
	assert_next("t/n/f", NFTW_F, 0);
	assert_next("t/to-d", NFTW_SL, 0);
	assert_next("t/to-f", NFTW_SL, 0);
	assert_no_more();
	ck_assert_uint_eq(here.counts.mounts, 1);
	ck_assert_uint_eq(here.counts.directories, 2);
	/* Directories only, as find -xdev and rsync -x have it. */
	here.options.follow = true;
	here_walk(&here, "t");
	assert_first("t", NFTW_D, 0);
	assert_next("t/m", NFTW_MOUNT, 0);
	assert_next("t/n", NFTW_D, 0);
	assert_next("t/n/f", NFTW_F, 0);
	assert_next("t/to-d", NFTW_MOUNT, 0);
	assert_next("t/to-f", NFTW_F, 0);
	assert_no_more();
	walk("t");
	assert_first("t", NFTW_D, 0);
	assert_next("t/m", NFTW_D, 0);
	assert_next("t/m/d", NFTW_D, 0);
	assert_next("t/m/f", NFTW_F, 0);
	/* The root's is the one to stay on. */
	here_walk(&here, "t/m");
	assert_first("t/m", NFTW_D, 0);
	assert_next("t/m/d", NFTW_D, 0);
	assert_next("t/m/f", NFTW_F, 0);
	assert_no_more();
}
END_TEST

static void mount_on_a(void)
{
	mount_on("t/a");
}

/** As an automounter does when the directory is opened. */
START_TEST(test_walk_does_not_enter_what_is_mounted_meanwhile)
{
	struct here here = {.options = {.one_file_system = true}, .path = "t/a", .act = mount_on_a};
	scratch_mkdir("t");
	scratch_mkdir("t/a");
	scratch_mkdir("t/b");
	if (!mount_on("t/b"))
		return;
	here_walk(&here, "t");
	assert_first("t", NFTW_D, 0);
	assert_next("t/a", NFTW_MOUNT, 0);
	assert_next("t/b", NFTW_MOUNT, 0);
	assert_no_more();
}
END_TEST

/* What the filter leaves out */

START_TEST(test_walk_leaves_out_what_the_filter_excludes)
{
	static const char *const roots[] = {"d", "d/", "./d//", "d/.", "link"};
	struct filter *filter = exclude("/d");
	ck_assert_int_eq(filter_add(filter, "x/", false), 0);
	ck_assert_int_eq(filter_add(filter, "link", false), 0);
	scratch_mkdir("d");
	scratch_mkdir("d/d");
	scratch_file("d/d/f", "");
	scratch_mkdir("d/e");
	scratch_file("d/e/d", "");
	scratch_file("d/e/x", "");
	scratch_mkdir("d/x");
	scratch_file("d/x/f", "");
	make_link("d", "link");
	make_link("d", "d/link");
	for (size_t i = 0; i < 6 * sizeof(roots) / sizeof(roots[0]); i++) {
		struct here here = {.options = {.all = true, .filter = filter}};
		const char *root = roots[i / 6];
		const char *slash = root[strlen(root) - 1] == '/' ? "" : "/";
		char path[32];
		walk_typed_by(&here, root, (int)i % 6);
		/* The root is never left out. */
		assert_first(root, NFTW_D, 0);
		snprintf(path, sizeof(path), "%s%se", root, slash);
		assert_next(path, NFTW_D, 0);
		snprintf(path, sizeof(path), "%s%se/d", root, slash);
		assert_next(path, NFTW_F, 0);
		snprintf(path, sizeof(path), "%s%se/x", root, slash);
		assert_next(path, NFTW_F, 0);
		assert_no_more();
		/* d/d, d/x and d/link, whatever is in them. */
		ck_assert_uint_eq(here.counts.excluded, 3);
		ck_assert_uint_eq(here.counts.directories, 2);
		ck_assert_uint_eq(here.counts.links, 0);
	}
	filter_free(filter);
}
END_TEST

START_TEST(test_walk_leaves_out_what_links_lead_to)
{
	struct filter *filter = exclude("out/");
	struct here here = {.options = {.follow = true, .filter = filter}};
	scratch_mkdir("t");
	scratch_mkdir("u");
	scratch_file("u/f", "");
	make_link("../u", "t/in");
	make_link("../u", "t/out");
	make_link("..", "u/up");
	for (int i = 0; i < 6; i++) {
		walk_typed_by(&here, "t", i);
		assert_first("t", NFTW_D, 0);
		assert_next("t/in", NFTW_D, 0);
		assert_next("t/in/f", NFTW_F, 0);
		assert_next("t/in/up", NFTW_D, 0);
		assert_next("t/in/up/t", NFTW_DNR, ELOOP);
		assert_next("t/in/up/u", NFTW_DNR, ELOOP);
		assert_no_more();
		ck_assert_uint_eq(here.counts.excluded, 1);
	}
	filter_free(filter);
}
END_TEST

/** Where a stat fails, nobody knows whether it is a directory. */
START_TEST(test_walk_leaves_out_no_error_that_may_not_be_excluded)
{
	static const struct {
		const char *pattern;
		uint64_t errors;
	} cases[] = {{"f", 0}, {"f/", 1}, {"g", 1}};
	scratch_mkdir("t");
	scratch_file("t/f", "");
	ck_assert_int_eq(chmod("t", 0444), 0);
	scratch_become_nobody();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filter *filter = exclude(cases[i].pattern);
		struct here here = {.options = {.filter = filter}};
		walk_typed_by(&here, "t", 1);
		assert_first("t", NFTW_D, 0);
		ck_assert(!record.found->empty);
		if (cases[i].errors)
			assert_next("t/f", NFTW_NS, EACCES);
		assert_no_more();
		ck_assert_uint_eq(here.counts.excluded, 1 - cases[i].errors);
		filter_free(filter);
	}
}
END_TEST

static Suite *walk_suite(void)
{
	Suite *suite = suite_create("walk");
	TCase *tests = record_case(suite, "oracle");
	tcase_add_loop_test(tests, test_walk_finds_what_libc_finds, 0, 20);
	tcase_add_loop_test(tests, test_walk_unsorted_finds_what_libc_finds, 0, 20);
	tcase_add_loop_test(tests, test_walk_without_its_listers_finds_what_libc_finds, 0, 20);
	tcase_add_test(tests, test_walk_sorts_a_directory_by_its_slash);
	tcase_add_test(tests, test_walk_reads_a_directory_of_any_size);

	tests = record_case(suite, "roots");
	tcase_add_test(tests, test_walk_root_is_reported_as_what_it_is);
	tcase_add_test(tests, test_walk_root_stands_in_paths_as_given);
	tcase_add_test(tests, test_walk_root_may_be_the_slash);
	tcase_add_test(tests, test_walk_tells_special_files);
	tcase_add_test(tests, test_walk_goes_down_long_names);

	tests = record_case(suite, "errors");
	tcase_add_test(tests, test_walk_reports_a_directory_that_cannot_be_opened);
	tcase_add_test(tests, test_walk_reports_a_directory_that_cannot_be_read);
	tcase_add_test(tests, test_walk_reports_a_directory_that_cannot_be_read_to_its_end);
	tcase_add_test(tests, test_walk_reports_what_has_no_stat);

	tests = record_case(suite, "changes");
	tcase_add_loop_test(tests, test_walk_reports_a_directory_that_vanished, 0, 2);
	tcase_add_test(tests, test_walk_reports_a_directory_that_vanished_with_the_one_above);
	tcase_add_loop_test(tests, test_walk_reports_a_file_that_vanished, 0, 2);
	tcase_add_loop_test(tests, test_walk_does_not_enter_what_was_swapped, 0, 2);
	tcase_add_loop_test(tests, test_walk_takes_a_name_of_unknown_type_as_it_finds_it, 0, 2);
	tcase_add_test(tests, test_walk_takes_nothing_from_a_directory_that_was_not_listed);
	tcase_add_loop_test(tests, test_walk_does_not_list_what_was_a_file, 0, 2);

	tests = record_case(suite, "links");
	tcase_add_test(tests, test_walk_sorts_a_link_by_what_it_leads_to);
	tcase_add_test(tests, test_walk_follows_links_in_and_out_of_the_tree);
	tcase_add_test(tests, test_walk_reports_links_that_lead_nowhere);
	tcase_add_test(tests, test_walk_reports_a_loop_once);
	tcase_add_test(tests, test_walk_follows_links_to_each_other);
	tcase_add_test(tests, test_walk_tells_special_files_behind_links);
	tcase_add_loop_test(
		tests, test_walk_follows_a_link_to_where_it_leads_when_it_is_opened, 0, 2);
	tcase_add_test(tests, test_walk_follows_as_libc_does);

	tests = record_case(suite, "file systems");
	tcase_add_test(tests, test_walk_stays_on_one_file_system);
	tcase_add_test(tests, test_walk_does_not_enter_what_is_mounted_meanwhile);

	tests = record_case(suite, "filter");
	tcase_add_test(tests, test_walk_leaves_out_what_the_filter_excludes);
	tcase_add_test(tests, test_walk_leaves_out_what_links_lead_to);
	tcase_add_test(tests, test_walk_leaves_out_no_error_that_may_not_be_excluded);
	return suite;
}

int main(void)
{
	return suite_run(walk_suite());
}
