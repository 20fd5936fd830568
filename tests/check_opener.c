/*
 * hash/opener.h: which file a task comes to, by which way, and what is not opened at all.
 *
 * openat(2) and fstatat(2) of the program go through here: they are noted, and may be refused.
 */
#include "hash/opener.h"

#include "leaks.h"
#include "scratch.h"
#include "suite.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/resource.h>

static struct opener opener;

/* Calls. */

/** Names that were opened or looked at, one after the other: "o:name " and "s:name ". */
static char calls[4096];
/** Flags of the last one of each kind. */
static int open_flags, look_flags;
/** Opening with O_NOATIME, or at all, is refused with EPERM. */
static bool refuse_no_atime, refuse_all;
/** What fstatat(2) tells the device to be; 0: the truth. */
static dev_t device_told;
/** Both are the test's own now. */
static bool quiet = true;

static void note(char kind, const char *name)
{
	size_t size = strlen(calls);
	if (!quiet)
		snprintf(calls + size, sizeof(calls) - size, "%c:%s ", kind, name);
}

int openat(int directory, const char *name, int flags, ...)
{
	static int (*real)(int directory, const char *name, int flags, ...);
	mode_t mode = 0;
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "openat");
	if (flags & O_CREAT) {
		va_list list;
		va_start(list, flags);
		mode = va_arg(list, mode_t);
		va_end(list);
	}
	note('o', name);
	if (!quiet) {
		open_flags = flags;
		if (refuse_all || (refuse_no_atime && (flags & O_NOATIME) == O_NOATIME)) {
			errno = EPERM;
			return -1;
		}
	}
	return real(directory, name, flags, mode);
}

int fstatat(int directory, const char *name, struct stat *status, int flags)
{
	static int (*real)(int directory, const char *name, struct stat *status, int flags);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fstatat");
	note('s', name);
	if (!quiet)
		look_flags = flags;
	int result = real(directory, name, status, flags);
	if (!quiet && device_told)
		status->st_dev = device_told;
	return result;
}

static void setup(void)
{
	leaks_setup();
	scratch_enter();
	quiet = true;
	refuse_no_atime = refuse_all = false;
	device_told = 0;
	opener_begin(&opener, NULL, 0);
}

static void teardown(void)
{
	opener_free(&opener);
	leaks_teardown();
}

/* Tasks. */

static struct hasher_task task_of(
	enum hasher_kind kind, const char *root, const char *directory, const char *name)
{
	return (struct hasher_task){
		.head =
			{
				.kind = kind,
				.listed = true,
				.root_size = (uint32_t)strlen(root),
				.directory_size = (uint32_t)strlen(directory),
				.name_size = (uint32_t)strlen(name),
			},
		.root = root,
		.directory = directory,
		.name = name,
	};
}

/** A task in a directory that is to be the one which has this path now. */
static struct hasher_task task_in(
	const char *path, const char *root, const char *directory, const char *name)
{
	struct hasher_task task = task_of(HASHER_FILE, root, directory, name);
	struct stat status;
	ck_assert_int_eq(stat(path, &status), 0);
	task.head.device = status.st_dev;
	task.head.inode = status.st_ino;
	return task;
}

static struct opening opening;

static enum hasher_state try_open(const struct hasher_task *task)
{
	opening = (struct opening){.task = *task};
	calls[0] = '\0';
	errno = 0;
	quiet = false;
	enum hasher_state state = opener_open(&opener, &opening);
	quiet = true;
	return state;
}

static enum hasher_state try_list(const struct hasher_task *task)
{
	opening = (struct opening){.task = *task};
	calls[0] = '\0';
	errno = 0;
	quiet = false;
	enum hasher_state state = opener_list(&opener, &opening);
	quiet = true;
	return state;
}

static void assert_opens(const struct hasher_task *task, const char *text)
{
	char found[64] = "";
	enum hasher_state state = try_open(task);
	ck_assert_msg(
		state == HASHER_DONE, "%.100s: state %d: %s", task->name, state, strerror(errno));
	ck_assert_int_eq(fcntl(opening.fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_PATH),
		O_RDONLY | O_NONBLOCK);
	ck_assert_int_eq(fcntl(opening.fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(read(opening.fd, found, sizeof(found) - 1), (ssize_t)strlen(text));
	ck_assert_str_eq(found, text);
	ck_assert_uint_eq((uint64_t)opening.status.st_size, strlen(text));
	close(opening.fd);
}

static void assert_fails(const struct hasher_task *task, int error)
{
	enum hasher_state state = try_open(task);
	ck_assert_msg(state == HASHER_FAILED, "%.100s: state %d", task->name, state);
	ck_assert_msg(errno == error, "%.100s: %s", task->name, strerror(errno));
	ck_assert_int_eq(opening.fd, -1);
}

/** Nothing of what was found is opened. */
static void assert_told(const struct hasher_task *task, enum hasher_state state)
{
	ck_assert_int_eq(try_open(task), state);
	ck_assert_int_eq(opening.fd, -1);
}

static void make_tree(const char *root, const char *text)
{
	char path[64];
	static const char *const directories[] = {"", "/a", "/a/b", "/a/b/c", "/ab"};
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", root, directories[i]);
		scratch_mkdir(path);
		snprintf(path, sizeof(path), "%s%s/file", root, directories[i]);
		scratch_file(path, text);
	}
}

/* Ways. */

START_TEST(test_opener_opens_files_in_directories)
{
	make_tree("root", "1");
	scratch_file("root/a/b/other", "2");
	struct hasher_task task = task_in("root/a/b", "root", "a/b", "file");
	assert_opens(&task, "1");
	task = task_in("root/a/b", "root", "a/b", "other");
	assert_opens(&task, "2");
	task = task_in("root", "root", "", "file");
	assert_opens(&task, "1");
	task = task_in("root", "root/", "", "file");
	assert_opens(&task, "1");
	task = task_in("root", "root", "", "missing");
	assert_fails(&task, ENOENT);
	task = task_of(HASHER_FILE, "missing", "", "file");
	assert_fails(&task, ENOENT);
	task = task_of(HASHER_FILE, "root", "missing", "file");
	assert_fails(&task, ENOENT);
	task = task_of(HASHER_FILE, "root", "file", "file");
	assert_fails(&task, ENOTDIR);
	task = task_of(HASHER_FILE, "root/file", "", "file");
	assert_fails(&task, ENOTDIR);
}
END_TEST

START_TEST(test_opener_keeps_directories_open)
{
	make_tree("root", "1");
	struct hasher_task task = task_in("root/a", "root", "a", "file");
	assert_opens(&task, "1");
	ck_assert_ptr_nonnull(strstr(calls, "o:root "));
	/* The same one, and what lies below it. */
	assert_opens(&task, "1");
	ck_assert_str_eq(calls, "o:file ");
	struct hasher_task below = task_in("root/a/b/c", "root", "a/b/c", "file");
	ck_assert_int_eq(rename("root", "elsewhere"), 0);
	assert_opens(&task, "1");
	assert_opens(&below, "1");
	ck_assert_str_eq(calls, "o:file ");
}
END_TEST

/** A name that begins like that of an open one is not below it. */
START_TEST(test_opener_takes_no_directory_for_another)
{
	make_tree("root", "1");
	make_tree("roota", "2");
	scratch_mkdir("root/a/b2");
	scratch_file("root/a/b2/file", "3");
	ck_assert_int_eq(unlink("root/ab/file"), 0);
	scratch_file("root/ab/file", "4");
	static const char *const ways[][3] = {
		{"root", "a", "1"},
		{"root", "ab", "4"},
		{"roota", "", "2"},
		{"root", "", "1"},
		{"roota", "a/b", "2"},
		{"root", "a/b", "1"},
		{"root", "a/b2", "3"},
		{"root/a", "", "1"},
		{"root/a", "b2", "3"},
	};
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
			struct hasher_task task =
				task_of(HASHER_FILE, ways[i][0], ways[i][1], "file");
			assert_opens(&task, ways[i][2]);
		}
	}
}
END_TEST

/** The directory that was listed is not at its place. */
START_TEST(test_opener_exchanged_directory_is_stale)
{
	make_tree("root", "1");
	make_tree("other", "2");
	struct hasher_task task = task_in("other/a", "root", "a", "file");
	assert_fails(&task, ESTALE);
	task = task_in("other", "root", "", "file");
	assert_fails(&task, ESTALE);
	task = task_in("root/a", "root", "a", "file");
	task.head.device++;
	assert_fails(&task, ESTALE);
	task.head.kind = HASHER_LIST;
	ck_assert_int_eq(try_list(&task), HASHER_FAILED);
	ck_assert_int_eq(errno, ESTALE);
	/* Nobody knows which one it was. */
	task.head.inode = 0;
	task.head.kind = HASHER_FILE;
	assert_opens(&task, "1");
}
END_TEST

/** One that is kept open is looked for again where it is not the one that is meant. */
START_TEST(test_opener_finds_what_was_moved_to_where_another_is_open)
{
	make_tree("root", "1");
	make_tree("other", "2");
	struct hasher_task task = task_in("root/a", "root", "a", "file");
	assert_opens(&task, "1");
	ck_assert_int_eq(rename("root/a", "old"), 0);
	ck_assert_int_eq(rename("other/a", "root/a"), 0);
	/* Through the one above it, which has moved away. */
	struct hasher_task below = task_in("root/a/b", "root", "a/b", "file");
	assert_opens(&below, "2");
	/* And itself. */
	task = task_in("root/a", "root", "a", "file");
	assert_opens(&task, "2");
	task = task_in("old", "root", "a", "file");
	assert_fails(&task, ESTALE);
	/* One that has not moved alone, but with what is below it gone. */
	below = task_in("root/a/b/c", "root", "a/b/c", "file");
	ck_assert_int_eq(rename("root/a/b/c", "c"), 0);
	assert_fails(&below, ENOENT);
}
END_TEST

START_TEST(test_opener_links)
{
	make_tree("root", "1");
	scratch_file("outside", "2");
	ck_assert_int_eq(symlink("../outside", "root/link"), 0);
	ck_assert_int_eq(symlink("a", "root/folder"), 0);
	ck_assert_int_eq(symlink("root", "way"), 0);
	ck_assert_int_eq(symlink("self", "root/self"), 0);
	struct hasher_task link = task_of(HASHER_FILE, "root", "", "link");
	struct hasher_task through = task_in("root/a", "root", "folder", "file");
	struct hasher_task deeper = task_in("root/a/b", "root", "folder/b", "file");
	struct hasher_task self = task_of(HASHER_UNKNOWN, "root", "", "self");
	struct hasher_task unknown = task_of(HASHER_UNKNOWN, "root", "", "link");
	struct hasher_task folder = task_of(HASHER_UNKNOWN, "root", "", "folder");
	struct hasher_task root = task_of(HASHER_FILE, "way", "", "file");
	assert_fails(&link, ELOOP);
	assert_fails(&through, ELOOP);
	assert_fails(&deeper, ELOOP);
	assert_told(&unknown, HASHER_LINK);
	assert_told(&folder, HASHER_LINK);
	assert_told(&self, HASHER_LINK);
	assert_opens(&root, "1");
	link.head.follow = through.head.follow = deeper.head.follow = self.head.follow =
		unknown.head.follow = folder.head.follow = true;
	assert_opens(&link, "2");
	assert_opens(&through, "1");
	assert_opens(&deeper, "1");
	assert_opens(&unknown, "2");
	assert_told(&folder, HASHER_DIRECTORY);
	assert_fails(&self, ELOOP);
	/* The directory of that name is open by now; without -L nobody asks for it again. */
	struct hasher_task moved = task_in("root/a/b", "root", "folder", "file");
	moved.head.follow = true;
	assert_fails(&moved, ESTALE);
}
END_TEST

START_TEST(test_opener_lists_directories)
{
	make_tree("root", "1");
	ck_assert_int_eq(symlink("a", "root/folder"), 0);
	ck_assert_int_eq(mkfifo("root/fifo", 0600), 0);
	static const struct {
		const char *name;
		bool follow;
		int error;
	} names[] = {
		{"a", false, 0},
		{"folder", true, 0},
		{"folder", false, ELOOP},
		{"file", false, ENOTDIR},
		{"file", true, ENOTDIR},
		{"fifo", false, ENOTDIR},
		{"missing", false, ENOENT},
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct hasher_task task = task_of(HASHER_LIST, "root", "", names[i].name);
		task.head.follow = names[i].follow;
		enum hasher_state state = try_list(&task);
		ck_assert_msg(state == (names[i].error ? HASHER_FAILED : HASHER_LISTED), "%s: %d",
			names[i].name, state);
		if (names[i].error) {
			ck_assert_msg(
				errno == names[i].error, "%s: %s", names[i].name, strerror(errno));
			ck_assert_int_eq(opening.fd, -1);
			continue;
		}
		struct stat status;
		ck_assert_int_eq(stat("root/a", &status), 0);
		ck_assert_uint_eq(opening.status.st_ino, status.st_ino);
		close(opening.fd);
	}
}
END_TEST

/** What was listed stays open for the files in it. */
START_TEST(test_opener_keeps_what_was_listed)
{
	make_tree("root", "1");
	ck_assert_int_eq(symlink("root", "link"), 0);
	struct hasher_task in_root = task_in("root", "link", "", "file");
	struct hasher_task in_a = task_in("root/a", "link", "a", "file");
	struct hasher_task in_b = task_in("root/a/b", "link", "a/b", "file");
	struct hasher_task operand = task_of(HASHER_NAMED, "", "", "link");
	struct hasher_task a = task_in("root", "link", "", "a");
	struct hasher_task b = task_in("root/a", "link", "a", "b");
	a.head.kind = b.head.kind = HASHER_LIST;
	ck_assert_int_eq(try_list(&operand), HASHER_LISTED);
	opener_keep(&opener, &opening);
	ck_assert_int_eq(opening.fd, -1);
	ck_assert_int_eq(rename("root", "elsewhere"), 0);
	ck_assert_int_eq(try_list(&a), HASHER_LISTED);
	ck_assert_str_eq(calls, "o:a ");
	opener_keep(&opener, &opening);
	ck_assert_int_eq(try_list(&b), HASHER_LISTED);
	ck_assert_str_eq(calls, "o:b ");
	opener_keep(&opener, &opening);
	assert_opens(&in_root, "1");
	ck_assert_str_eq(calls, "o:file ");
	assert_opens(&in_a, "1");
	ck_assert_str_eq(calls, "o:file ");
	assert_opens(&in_b, "1");
	ck_assert_str_eq(calls, "o:file ");
}
END_TEST

/** Those stay that were used last. */
START_TEST(test_opener_keeps_a_few)
{
	char path[32];
	int before = leaks_descriptors();
	scratch_mkdir("root");
	for (int i = 0; i < 3 * OPENER_DIRECTORIES; i++) {
		snprintf(path, sizeof(path), "root/%d", i);
		scratch_mkdir(path);
		scratch_file_at(AT_FDCWD, strcat(path, "/file"), "1");
	}
	for (int i = 0; i < 3 * OPENER_DIRECTORIES; i++) {
		snprintf(path, sizeof(path), "%d", i);
		struct hasher_task task = task_of(HASHER_FILE, "root", path, "file");
		assert_opens(&task, "1");
		ck_assert_int_le(leaks_descriptors(), before + OPENER_DIRECTORIES);
		struct hasher_task first = task_of(HASHER_FILE, "root", "0", "file");
		assert_opens(&first, "1");
		ck_assert_str_eq(calls, "o:file ");
	}
	/* The last ones are open, and none before them. */
	ck_assert_int_eq(rename("root", "elsewhere"), 0);
	int open = 0;
	for (int i = 0; i < 3 * OPENER_DIRECTORIES; i++) {
		snprintf(path, sizeof(path), "%d", i);
		struct hasher_task task = task_of(HASHER_FILE, "root", path, "file");
		if (try_open(&task) != HASHER_DONE)
			continue;
		close(opening.fd);
		ck_assert(i == 0 || i > 2 * OPENER_DIRECTORIES);
		open++;
	}
	ck_assert_int_eq(open, OPENER_DIRECTORIES);
	for (int i = 0; i < OPENER_DIRECTORIES; i++)
		ck_assert(opener_give_up(&opener));
	ck_assert(!opener_give_up(&opener));
	ck_assert_int_eq(leaks_descriptors(), before);
}
END_TEST

/** Let so many descriptors more be open than there are. */
static void limit_descriptors(int more)
{
	int next = fcntl(0, F_DUPFD_CLOEXEC, 3);
	ck_assert_int_ge(next, 0);
	close(next);
	struct rlimit limit;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = (rlim_t)next + (rlim_t)more;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/** The directories that are kept give way. */
START_TEST(test_opener_with_few_descriptors)
{
	static const char *const directories[] = {"", "a", "a/b", "a/b/c", "ab"};
	make_tree("root", "1");
	limit_descriptors(2);
	for (size_t i = 0; i < 5; i++) {
		struct hasher_task task = task_of(HASHER_FILE, "root", directories[i], "file");
		assert_opens(&task, "1");
		task.head.kind = HASHER_LIST;
		task.name = "b";
		task.head.name_size = 1;
		if (i != 1)
			continue;
		ck_assert_int_eq(try_list(&task), HASHER_LISTED);
		opener_keep(&opener, &opening);
	}
	/* With one only its directory can be open, or the file. */
	while (opener_give_up(&opener))
		;
	limit_descriptors(1);
	struct hasher_task task = task_of(HASHER_FILE, "root", "a", "file");
	assert_fails(&task, EMFILE);
	limit_descriptors(2);
	assert_opens(&task, "1");
}
END_TEST

/** Directories that may be gone through, and not listed. */
START_TEST(test_opener_needs_no_more_than_search_permission)
{
	make_tree("root", "1");
	ck_assert_int_eq(chmod("root/a/b", 0711), 0);
	ck_assert_int_eq(chmod("root/a", 0711), 0);
	ck_assert_int_eq(chmod("root/ab", 0744), 0);
	ck_assert_int_eq(chmod("root", 0711), 0);
	scratch_become_nobody();
	struct hasher_task task = task_of(HASHER_FILE, "root", "a/b", "file");
	if (geteuid() != SCRATCH_NOBODY)
		return;
	opener_free(&opener);
	opener_begin(&opener, NULL, 0);
	assert_opens(&task, "1");
	ck_assert_int_eq(open_flags & O_NOATIME, 0);
	task = task_of(HASHER_FILE, "root", "ab", "file");
	assert_fails(&task, EACCES);
	task = task_of(HASHER_LIST, "root", "a", "b");
	ck_assert_int_eq(try_list(&task), HASHER_FAILED);
	ck_assert_int_eq(errno, EACCES);
}
END_TEST

/* What is looked at first. */

START_TEST(test_opener_looks_before_it_opens_what_is_not_known)
{
	make_tree("root", "1");
	ck_assert_int_eq(mkfifo("root/fifo", 0600), 0);
	struct hasher_task fifo = task_of(HASHER_UNKNOWN, "root", "", "fifo");
	struct hasher_task directory = task_of(HASHER_UNKNOWN, "root", "", "a");
	struct hasher_task file = task_of(HASHER_UNKNOWN, "root", "", "file");
	struct hasher_task named = task_of(HASHER_NAMED, "", "", "root/fifo");
	struct hasher_task named_directory = task_of(HASHER_NAMED, "", "", "root");
	struct hasher_task named_file = task_of(HASHER_NAMED, "", "", "root/file");
	struct hasher_task null = task_of(HASHER_NAMED, "", "", "/dev/null");
	assert_told(&fifo, HASHER_SPECIAL);
	ck_assert_ptr_null(strstr(calls, "o:fifo"));
	assert_told(&directory, HASHER_DIRECTORY);
	assert_opens(&file, "1");
	assert_told(&named, HASHER_SPECIAL);
	ck_assert_str_eq(calls, "s:root/fifo ");
	assert_told(&named_directory, HASHER_DIRECTORY);
	assert_opens(&named_file, "1");
	assert_told(&null, HASHER_SPECIAL);
	/* Listed as a file, it is opened at once, without waiting. */
	fifo.head.kind = HASHER_FILE;
	ck_assert_int_eq(try_open(&fifo), HASHER_SPECIAL);
	ck_assert_int_ge(opening.fd, 0);
	close(opening.fd);
}
END_TEST

START_TEST(test_opener_does_not_enter_other_file_systems)
{
	struct stat status;
	make_tree("root", "1");
	ck_assert_int_eq(stat("root/a", &status), 0);
	struct hasher_task task = task_of(HASHER_LIST, "root", "", "a");
	task.head.root_device = status.st_dev;
	ck_assert_int_eq(try_list(&task), HASHER_LISTED);
	close(opening.fd);
	/* It is looked at, and what an automounter has there is not mounted by that, nor by more.
	 */
	task.head.root_device++;
	ck_assert_int_eq(try_list(&task), HASHER_MOUNT);
	ck_assert_int_eq(opening.fd, -1);
	ck_assert_int_eq(look_flags, AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW);
	ck_assert_str_eq(calls, "s:a ");
	/* Mounted between both calls. */
	device_told = task.head.root_device;
	ck_assert_int_eq(try_list(&task), HASHER_MOUNT);
	ck_assert_int_ge(opening.fd, 0);
	close(opening.fd);
	device_told = 0;
	/* What is no directory is told as such. */
	task = task_of(HASHER_LIST, "root", "", "file");
	task.head.root_device = status.st_dev + 1;
	ck_assert_int_eq(try_list(&task), HASHER_FAILED);
	ck_assert_int_eq(errno, ENOTDIR);
}
END_TEST

START_TEST(test_opener_owned_files)
{
	struct stat status;
	make_tree("root", "1");
	ck_assert_int_eq(stat("root/file", &status), 0);
	struct stamp owned[2] = {{.device = 1}, stamp_of(&status)};
	opener_free(&opener);
	opener_begin(&opener, owned, 2);
	struct hasher_task file = task_of(HASHER_FILE, "root", "", "file");
	struct hasher_task unknown = task_of(HASHER_UNKNOWN, "root", "", "file");
	struct hasher_task other = task_of(HASHER_FILE, "root", "a", "file");
	struct hasher_task named = task_of(HASHER_NAMED, "", "", "root/file");
	ck_assert_int_eq(try_open(&file), HASHER_OWN);
	close(opening.fd);
	assert_told(&unknown, HASHER_OWN);
	assert_opens(&other, "1");
	assert_opens(&named, "1");
	/* As long as one of both numbers is another one it is none. */
	owned[1].device++;
	assert_opens(&file, "1");
	owned[1].device--;
	owned[1].inode++;
	assert_opens(&file, "1");
}
END_TEST

START_TEST(test_opener_known_files_are_not_opened)
{
	struct stat status;
	make_tree("root", "1");
	struct hasher_task task = task_of(_i ? HASHER_UNKNOWN : HASHER_FILE, "root", "a", "file");
	if (_i == 2)
		task = task_of(HASHER_NAMED, "", "", "root/a/file");
	ck_assert_int_eq(stat("root/a/file", &status), 0);
	task.head.has_known = true;
	task.known = stamp_of(&status);
	task.known.device = task.known.inode = 0;
	assert_told(&task, HASHER_KNOWN);
	ck_assert_uint_eq(opening.status.st_ino, status.st_ino);
	struct hasher_task other = task;
	other.known.size++;
	assert_opens(&other, "1");
	other = task;
	other.known.mtime.tv_nsec ^= 1;
	assert_opens(&other, "1");
	other = task;
	other.known.ctime.tv_sec ^= 1;
	assert_opens(&other, "1");
	other = task;
	other.head.has_known = false;
	assert_opens(&other, "1");
	/* What is no file is not known, whatever its stamp. */
	ck_assert_int_eq(stat("root/a", &status), 0);
	other = task_of(HASHER_UNKNOWN, "root", "", "a");
	other.head.has_known = true;
	other.known = stamp_of(&status);
	assert_told(&other, HASHER_DIRECTORY);
}
END_TEST

START_TEST(test_opener_several_names)
{
	make_tree("root", "1");
	ck_assert_int_eq(link("root/file", "root/name"), 0);
	struct hasher_task file = task_of(HASHER_FILE, "root", "", "name");
	struct hasher_task unknown = task_of(HASHER_UNKNOWN, "root", "", "name");
	struct hasher_task named = task_of(HASHER_NAMED, "", "", "root/name");
	ck_assert_int_eq(try_open(&file), HASHER_LINKED);
	ck_assert_uint_eq(opening.status.st_nlink, 2);
	close(opening.fd);
	assert_told(&unknown, HASHER_LINKED);
	assert_told(&named, HASHER_LINKED);
	file.head.linked = unknown.head.linked = named.head.linked = true;
	assert_opens(&file, "1");
	assert_opens(&unknown, "1");
	assert_opens(&named, "1");
}
END_TEST

/* Access times. */

START_TEST(test_opener_leaves_access_times_alone)
{
	make_tree("root", "1");
	struct hasher_task task = task_of(HASHER_FILE, "root", "", "file");
	struct hasher_task list = task_of(HASHER_LIST, "root", "", "a");
	if (geteuid() != 0)
		return;
	assert_opens(&task, "1");
	ck_assert_int_ne(open_flags & O_NOATIME, 0);
	ck_assert_int_eq(try_list(&list), HASHER_LISTED);
	ck_assert_int_ne(open_flags & O_NOATIME, 0);
	close(opening.fd);
	/* A file that is closed to root altogether says nothing of all others. */
	refuse_all = true;
	ck_assert_int_eq(try_open(&task), HASHER_FAILED);
	ck_assert_int_eq(errno, EPERM);
	refuse_all = false;
	assert_opens(&task, "1");
	ck_assert_int_ne(open_flags & O_NOATIME, 0);
	/* Where it is refused, it is not asked for again. */
	refuse_no_atime = true;
	assert_opens(&task, "1");
	ck_assert_str_eq(calls, "o:file o:file ");
	assert_opens(&task, "1");
	ck_assert_str_eq(calls, "o:file ");
	ck_assert_int_eq(open_flags & O_NOATIME, 0);
}
END_TEST

/* Long paths. */

START_TEST(test_opener_paths_longer_than_a_call_takes)
{
	enum {
		SIZE = 200,
		LEVELS = 2 * PATH_MAX / SIZE
	};
	char name[SIZE + 1];
	static char path[LEVELS * (SIZE + 1)], operand[sizeof(path) + 32];
	memset(name, 'x', SIZE);
	name[SIZE] = '\0';
	scratch_mkdir("root");
	ck_assert_int_eq(chdir("root"), 0);
	int bottom = scratch_chain(name, LEVELS);
	ck_assert_int_eq(chdir(".."), 0);
	scratch_file_at(bottom, "file", "1");
	scratch_mkdir_at(bottom, "deeper");
	ck_assert_int_eq(symlinkat("file", bottom, "link"), 0);
	close(bottom);
	for (int i = 0; i < LEVELS; i++) {
		strcat(path, i ? "/" : "");
		strcat(path, name);
	}
	ck_assert_uint_gt(strlen(path), PATH_MAX);
	struct hasher_task task = task_of(HASHER_FILE, "root", path, "file");
	assert_opens(&task, "1");
	task = task_of(HASHER_LIST, "root", path, "deeper");
	ck_assert_int_eq(try_list(&task), HASHER_LISTED);
	opener_keep(&opener, &opening);
	/* A link above it makes it go on name by name, too. */
	ck_assert_int_eq(symlink("root", "way"), 0);
	task = task_of(HASHER_FILE, ".", "", "file");
	snprintf(operand, sizeof(operand), "way/%s", path);
	task.directory = operand;
	task.head.directory_size = (uint32_t)strlen(operand);
	assert_fails(&task, ELOOP);
	task.head.follow = true;
	assert_opens(&task, "1");
	snprintf(operand, sizeof(operand), "way/%s/link", path);
	task = task_of(HASHER_NAMED, "", "", operand);
	assert_opens(&task, "1");
	*strrchr(operand, '/') = '\0';
	task = task_of(HASHER_NAMED, "", "", operand);
	assert_told(&task, HASHER_DIRECTORY);
	ck_assert_int_eq(try_list(&task), HASHER_LISTED);
	opener_keep(&opener, &opening);
	task = task_of(HASHER_FILE, operand, "", "file");
	assert_opens(&task, "1");
	ck_assert_str_eq(calls, "o:file ");
	/* As the root of another one, which is not open. */
	while (opener_give_up(&opener))
		;
	assert_opens(&task, "1");
	while (opener_give_up(&opener))
		;
	task = task_of(HASHER_NAMED, "", "", strcat(operand, "/missing"));
	assert_fails(&task, ENOENT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("opener");
	TCase *tests = tcase_create("opener");
	suite_add_tcase(suite, tests);
	tcase_add_unchecked_fixture(tests, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_opener_opens_files_in_directories);
	tcase_add_test(tests, test_opener_keeps_directories_open);
	tcase_add_test(tests, test_opener_takes_no_directory_for_another);
	tcase_add_test(tests, test_opener_exchanged_directory_is_stale);
	tcase_add_test(tests, test_opener_finds_what_was_moved_to_where_another_is_open);
	tcase_add_test(tests, test_opener_links);
	tcase_add_test(tests, test_opener_lists_directories);
	tcase_add_test(tests, test_opener_keeps_what_was_listed);
	tcase_add_test(tests, test_opener_keeps_a_few);
	tcase_add_test(tests, test_opener_with_few_descriptors);
	tcase_add_test(tests, test_opener_needs_no_more_than_search_permission);
	tcase_add_test(tests, test_opener_looks_before_it_opens_what_is_not_known);
	tcase_add_test(tests, test_opener_does_not_enter_other_file_systems);
	tcase_add_test(tests, test_opener_owned_files);
	tcase_add_loop_test(tests, test_opener_known_files_are_not_opened, 0, 3);
	tcase_add_test(tests, test_opener_several_names);
	tcase_add_test(tests, test_opener_leaves_access_times_alone);
	tcase_add_test(tests, test_opener_paths_longer_than_a_call_takes);
	return suite_run(suite);
}
