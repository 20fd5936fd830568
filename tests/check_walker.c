/*
 * walk/walker.h, with nftw_walk() in this process as the oracle, and with walkers that die, stop
 * and send nonsense. A fake walker is an initializer that never returns: it has the walker's end of
 * the channel, and speaks for it.
 */
#include "walk/walker.h"

#include "forkpool/channel.h"
#include "forkpool/frame.h"
#include "leaks.h"
#include "scratch.h"
#include "suite.h"
#include "walk/filter.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

/** Start a walker with an initializer. */
static struct walker *start_with(int (*initializer)(void *), void *context)
{
	struct walker_options options = {
		.sorted = true, .initializer = initializer, .context = context};
	struct walker *walker = walker_start(&options);

	ck_assert_ptr_nonnull(walker);
	return walker;
}

static struct walker *start(void)
{
	return start_with(NULL, NULL);
}

/** walker_next(), waiting for what it has to say. */
static int next(struct walker *walker, struct walker_entry *entry)
{
	for (;;) {
		int got = walker_next(walker, entry);

		if (got >= 0 || errno != EAGAIN)
			return got;
		ck_assert_int_eq(channel_wait(walker_fd(walker), POLLIN, -1), POLLIN);
	}
}

static void assert_entry(struct walker *walker, const char *path, enum nftw_type type, int error)
{
	struct walker_entry entry;

	ck_assert_int_eq(next(walker, &entry), 1);
	ck_assert_int_eq(entry.kind, WALKER_ENTRY);
	ck_assert_str_eq(entry.path, path);
	ck_assert_int_eq(entry.type, type);
	ck_assert_int_eq(entry.error, error);
}

/** @return how many names were left out */
static uint64_t assert_end(struct walker *walker, uint32_t root, uint64_t entries, uint64_t errors)
{
	struct walker_entry entry;

	ck_assert_int_eq(next(walker, &entry), 1);
	ck_assert_int_eq(entry.kind, WALKER_END);
	ck_assert_uint_eq(entry.root, root);
	ck_assert_uint_eq(entry.entries, entries);
	ck_assert_uint_eq(entry.errors, errors);
	return entry.excluded;
}

static void assert_all_done(struct walker *walker)
{
	struct walker_entry entry;

	ck_assert_int_eq(walker_next(walker, &entry), 0);
}

/** The walk is lost, and stays so. */
static void assert_lost(struct walker *walker, int error, const char *reason)
{
	struct walker_entry entry;

	for (int i = 0; i < 2; i++) {
		errno = 0;
		ck_assert_int_eq(next(walker, &entry), -1);
		ck_assert_int_eq(errno, error);
		ck_assert_str_eq(walker_reason(walker), reason);
	}
}

/* What it finds */

/** What came until now of a walk that nftw_walk() walks, too. */
struct twin {
	struct walker *walker;
	size_t root_size;
	uint64_t entries;
	uint64_t errors;
	size_t longest;
};

static int compare_entry(const struct nftw_entry *expected, void *context)
{
	struct twin *twin = context;
	struct walker_entry entry;

	ck_assert_int_eq(next(twin->walker, &entry), 1);
	ck_assert_int_eq(entry.kind, WALKER_ENTRY);
	ck_assert_uint_eq(entry.root, 7);
	ck_assert_uint_eq(entry.root_size, twin->root_size);
	ck_assert_uint_eq(entry.length, expected->length);
	ck_assert_mem_eq(entry.path, expected->path, expected->length + 1);
	ck_assert_int_eq(entry.type, expected->type);
	ck_assert_int_eq(entry.error, expected->error);
	ck_assert_uint_eq(entry.mode, expected->stat->st_mode);
	ck_assert_uint_eq(entry.stamp.device, expected->stat->st_dev);
	ck_assert_uint_eq(entry.stamp.inode, expected->stat->st_ino);
	ck_assert_uint_eq(entry.stamp.size, (uint64_t)expected->stat->st_size);
	ck_assert_uint_eq(entry.links, expected->stat->st_nlink);
	ck_assert(stamp_same_time(&entry.stamp.mtime, &expected->stat->st_mtim));
	ck_assert(stamp_same_time(&entry.stamp.ctime, &expected->stat->st_ctim));
	twin->entries++;
	twin->errors += expected->error != 0;
	if (entry.length > twin->longest)
		twin->longest = entry.length;
	return 0;
}

/** Walk `root` by a walker and by nftw_walk(): it is the same. */
static struct twin walk_twice(const char *root, bool sorted)
{
	struct walker_options options = {.sorted = sorted};
	struct nftw_options same = {.sorted = sorted};
	struct twin twin = {.walker = walker_start(&options), .root_size = strlen(root)};

	ck_assert_ptr_nonnull(twin.walker);
	ck_assert_int_eq(walker_add(twin.walker, 7, root), 0);
	ck_assert_int_eq(nftw_walk(root, &same, compare_entry, &twin), 0);
	assert_end(twin.walker, 7, twin.entries, twin.errors);
	assert_all_done(twin.walker);
	walker_free(twin.walker);
	twin.walker = NULL;
	return twin;
}

/** A directory "many" with so many names of some length. */
static void make_many(int count)
{
	char name[128];

	scratch_mkdir("many");
	scratch_file("many/first", "12345");
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "many/a-name-to-fill-the-frames-with-%050d", i);
		ck_assert_int_eq(link("many/first", name), 0);
	}
}

START_TEST(test_walker_finds_what_nftw_finds)
{
	make_many(3000);
	scratch_mkdir("many/d");
	scratch_file("many/d/\n\x01\xff", "12");
	ck_assert_int_eq(symlink("d", "many/link"), 0);
	ck_assert_int_eq(mkfifo("many/fifo", 0600), 0);
	ck_assert_uint_eq(walk_twice("many", false).entries, 3006);
	ck_assert_uint_eq(walk_twice("many", true).entries, 3006);
	ck_assert_uint_eq(walk_twice("./many//", true).entries, 3006);
	ck_assert_uint_eq(walk_twice("many/first", true).entries, 1);
	ck_assert_uint_eq(walk_twice("many/link", true).entries, 2);
}
END_TEST

/** A walker with options and a root. */
static struct walker *start_walk(const struct walker_options *options, const char *root)
{
	struct walker *walker = walker_start(options);

	ck_assert_ptr_nonnull(walker);
	ck_assert_int_eq(walker_add(walker, 1, root), 0);
	return walker;
}

/** A filter that leaves out a pattern. */
static struct filter *exclude(const char *pattern)
{
	struct filter *filter = filter_new();

	ck_assert_ptr_nonnull(filter);
	ck_assert_int_eq(filter_add(filter, pattern, false), 0);
	return filter;
}

START_TEST(test_walker_leaves_out_what_the_filter_excludes)
{
	static const char *const roots[] = {"d", "d/", "./d//", "d/.", "link"};
	struct filter *filter = exclude("/d");
	struct walker_options options = {.sorted = true, .filter = filter};

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
	ck_assert_int_eq(symlink("d", "link"), 0);
	ck_assert_int_eq(symlink("d", "d/link"), 0);
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		struct walker *walker = start_walk(&options, roots[i]);
		const char *slash = roots[i][strlen(roots[i]) - 1] == '/' ? "" : "/";
		char path[32];

		/* The root is never left out. */
		assert_entry(walker, roots[i], NFTW_D, 0);
		snprintf(path, sizeof(path), "%s%sd", roots[i], slash);
		/* So it is not empty. */
		assert_entry(walker, path, NFTW_EXCLUDED, 0);
		snprintf(path, sizeof(path), "%s%se", roots[i], slash);
		assert_entry(walker, path, NFTW_D, 0);
		snprintf(path, sizeof(path), "%s%se/d", roots[i], slash);
		assert_entry(walker, path, NFTW_F, 0);
		snprintf(path, sizeof(path), "%s%se/x", roots[i], slash);
		assert_entry(walker, path, NFTW_F, 0);
		/* d/d, d/x and d/link, whatever is in them. */
		ck_assert_uint_eq(assert_end(walker, 1, 5, 0), 3);
		walker_free(walker);
	}
	filter_free(filter);
}
END_TEST

/** Where a stat fails, nobody knows whether it is a directory. */
START_TEST(test_walker_leaves_out_no_error_that_may_not_be_excluded)
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
		struct walker_options options = {.sorted = true, .filter = filter};
		struct walker *walker = start_walk(&options, "t");

		assert_entry(walker, "t", NFTW_D, 0);
		if (cases[i].errors)
			assert_entry(walker, "t/f", NFTW_NS, EACCES);
		else
			assert_entry(walker, "t/f", NFTW_EXCLUDED, 0);
		ck_assert_uint_eq(assert_end(walker, 1, 2, cases[i].errors), 1 - cases[i].errors);
		walker_free(walker);
		filter_free(filter);
	}
}
END_TEST

START_TEST(test_walker_follows_links_where_it_is_to)
{
	struct filter *filter = exclude("out/");
	struct walker_options options = {.sorted = true, .follow = true, .filter = filter};
	struct walker *walker;

	scratch_mkdir("t");
	scratch_mkdir("u");
	scratch_file("u/f", "");
	ck_assert_int_eq(symlink("../u", "t/in"), 0);
	ck_assert_int_eq(symlink("../u", "t/out"), 0);
	ck_assert_int_eq(symlink("..", "u/up"), 0);
	walker = start_walk(&options, "t");
	assert_entry(walker, "t", NFTW_D, 0);
	assert_entry(walker, "t/in", NFTW_D, 0);
	assert_entry(walker, "t/in/f", NFTW_F, 0);
	assert_entry(walker, "t/in/up", NFTW_D, 0);
	assert_entry(walker, "t/in/up/t", NFTW_DNR, ELOOP);
	assert_entry(walker, "t/in/up/u", NFTW_DNR, ELOOP);
	assert_end(walker, 1, 6, 2);
	walker_free(walker);
	filter_free(filter);
}
END_TEST

/** /proc is another file system than /; what is on /proc is one, too. */
START_TEST(test_walker_stays_on_one_file_system)
{
	struct walker_options options = {.sorted = true, .one_file_system = true};
	struct filter *filter = exclude("+ /proc");
	struct walker_entry entry;
	struct walker *walker;

	ck_assert_int_eq(filter_add(filter, "*", false), 0);
	options.filter = filter;
	walker = start_walk(&options, "/");
	assert_entry(walker, "/", NFTW_D, 0);
	ck_assert_int_eq(next(walker, &entry), 1);
	ck_assert_int_eq(entry.type, NFTW_EXCLUDED);
	assert_entry(walker, "/proc", NFTW_MOUNT, 0);
	assert_end(walker, 1, 3, 0);
	walker_free(walker);
	filter_free(filter);
}
END_TEST

START_TEST(test_walker_tells_errors)
{
	struct twin twin;

	scratch_mkdir("t");
	scratch_mkdir("t/closed");
	scratch_file("t/z", "");
	ck_assert_int_eq(chmod("t/closed", 0), 0);
	scratch_become_nobody();
	twin = walk_twice("t", true);
	ck_assert_uint_eq(twin.entries, 4);
	ck_assert_uint_eq(twin.errors, 1);
	twin = walk_twice("missing", true);
	ck_assert_uint_eq(twin.entries, 1);
	ck_assert_uint_eq(twin.errors, 1);
	ck_assert_uint_eq(walk_twice("", true).errors, 1);
}
END_TEST

/** The length of an entry's path whose message just fits a frame is among these, and 200 KB. */
START_TEST(test_walker_sends_paths_of_any_length)
{
	char name[256];
	int bottom;

	memset(name, 'n', 255);
	name[255] = '\0';
	bottom = scratch_chain(name, 255);
	ck_assert_int_eq(fchdir(bottom), 0);
	close(scratch_chain("d", 200));
	ck_assert_int_eq(mkdir("l", 0755), 0);
	ck_assert_int_eq(chdir("l"), 0);
	close(scratch_chain(name, 550));
	close(bottom);
	ck_assert_int_eq(chdir(scratch_base), 0);
	ck_assert_uint_ge(walk_twice(".", true).longest, 200000);
}
END_TEST

/* Roots */

START_TEST(test_walker_walks_many_roots_in_their_order)
{
	struct walker *walker = start();
	char path[PATH_MAX];

	scratch_mkdir("d");
	scratch_file("d/f", "");
	/* More than the channel takes. */
	memset(path, '/', sizeof(path));
	path[0] = 'd';
	path[PATH_MAX - 1] = '\0';
	for (uint32_t i = 0; i < 1000; i++)
		ck_assert_int_eq(walker_add(walker, i, i % 3 ? path : "missing"), 0);
	for (uint32_t i = 0; i < 1000; i++) {
		struct walker_entry entry;

		if (i % 3 == 0) {
			assert_entry(walker, "missing", NFTW_NS, ENOENT);
			assert_end(walker, i, 1, 1);
			continue;
		}
		assert_entry(walker, path, NFTW_D, 0);
		ck_assert_int_eq(next(walker, &entry), 1);
		ck_assert_int_eq(entry.type, NFTW_F);
		ck_assert_uint_eq(entry.root, i);
		ck_assert_uint_eq(entry.root_size, PATH_MAX - 1);
		ck_assert_str_eq(entry.path + entry.root_size, "f");
		assert_end(walker, i, 2, 0);
	}
	assert_all_done(walker);
	walker_free(walker);
}
END_TEST

START_TEST(test_walker_takes_roots_at_any_time)
{
	struct walker *walker = start();

	assert_all_done(walker);
	scratch_mkdir("a");
	scratch_mkdir("a/b");
	for (uint32_t i = 0; i < 3; i++) {
		ck_assert_int_eq(walker_add(walker, i, "a"), 0);
		assert_entry(walker, "a", NFTW_D, 0);
		ck_assert_int_eq(walker_add(walker, 10 + i, "a/b"), 0);
		assert_entry(walker, "a/b", NFTW_D, 0);
		assert_end(walker, i, 2, 0);
		assert_entry(walker, "a/b", NFTW_D, 0);
		assert_end(walker, 10 + i, 1, 0);
		assert_all_done(walker);
	}
	walker_free(walker);
}
END_TEST

START_TEST(test_walker_refuses_a_root_that_no_path_can_be)
{
	struct walker *walker = start();
	char path[PATH_MAX + 1];

	memset(path, 'p', sizeof(path));
	path[PATH_MAX] = '\0';
	ck_assert_int_eq(walker_add(walker, 0, path), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
	assert_all_done(walker);
	path[PATH_MAX - 1] = '\0';
	ck_assert_int_eq(walker_add(walker, 1, path), 0);
	assert_entry(walker, path, NFTW_NS, ENAMETOOLONG);
	assert_end(walker, 1, 1, 1);
	walker_free(walker);
}
END_TEST

/* Its life */

static int tell_pid(void *context)
{
	pid_t pid = getpid();
	const int *pipe_fd = context;

	return write(*pipe_fd, &pid, sizeof(pid)) == sizeof(pid) ? 0 : -1;
}

START_TEST(test_walker_runs_its_initializer_first)
{
	int ends[2];
	struct walker *walker;
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	walker = start_with(tell_pid, &ends[1]);
	ck_assert_int_eq(walker_add(walker, 1, "."), 0);
	assert_entry(walker, ".", NFTW_D, 0);
	ck_assert_int_eq(read(ends[0], &pid, sizeof(pid)), sizeof(pid));
	ck_assert_int_eq(pid, walker_pid(walker));
	ck_assert_int_ne(pid, getpid());
	walker_free(walker);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

static int refuse(void *context)
{
	const int *error = context;

	errno = *error;
	return -1;
}

START_TEST(test_walker_tells_why_its_initializer_failed)
{
	int error = EPERM;
	struct walker *walker = start_with(refuse, &error);

	ck_assert_int_eq(channel_wait(walker_fd(walker), POLLIN, -1), POLLIN);
	/* Sent to a walker that is ending, or has ended. */
	ck_assert_int_eq(walker_add(walker, 1, "."), 0);
	assert_lost(walker, EPIPE, "gave up: Operation not permitted");
	walker_free(walker);
}
END_TEST

START_TEST(test_walker_null_may_be_freed)
{
	walker_free(NULL);
}
END_TEST

START_TEST(test_walker_can_be_freed_in_mid_walk)
{
	struct walker *walker = start();

	make_many(4000);
	ck_assert_int_eq(walker_add(walker, 1, "many"), 0);
	ck_assert_int_eq(walker_add(walker, 2, "many"), 0);
	assert_entry(walker, "many", NFTW_D, 0);
	walker_free(walker);
}
END_TEST

static volatile sig_atomic_t child_code;

static void note_child(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	child_code = info->si_code;
}

/** As hashers that were started after it do, which have all that this process has. */
START_TEST(test_walker_ends_by_itself_though_others_have_its_channel)
{
	struct sigaction action = {.sa_sigaction = note_child, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct sigaction old;
	struct walker *walker = start();
	pid_t other = fork();

	if (other == 0) {
		for (;;)
			pause();
	}
	ck_assert_int_gt(other, 0);
	child_code = 0;
	ck_assert_int_eq(sigaction(SIGCHLD, &action, &old), 0);
	walker_free(walker);
	ck_assert_int_eq(sigaction(SIGCHLD, &old, NULL), 0);
	ck_assert_int_eq(child_code, CLD_EXITED);
	ck_assert_int_eq(kill(other, SIGKILL), 0);
	ck_assert_int_eq(waitpid(other, NULL, 0), other);
}
END_TEST

/** Without descriptors, then without processes: nothing is left of the attempt. */
START_TEST(test_walker_start_fails_cleanly)
{
	struct walker_options options = {.timeout = 1000};
	struct rlimit before, limit;
	int lowest = dup(0);

	close(lowest);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = (struct rlimit){(rlim_t)lowest + (rlim_t)_i, before.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_ptr_null(walker_start(&options));
	ck_assert_int_eq(errno, EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	scratch_become_nobody();
	ck_assert_int_eq(getrlimit(RLIMIT_NPROC, &before), 0);
	limit = (struct rlimit){0, before.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &limit), 0);
	ck_assert_ptr_null(walker_start(&options));
	ck_assert_int_eq(errno, EAGAIN);
	/* The leak sanitizer forks. */
	ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &before), 0);
}
END_TEST

START_TEST(test_walker_ignores_the_terminals_signals)
{
	struct walker *walker = start();

	ck_assert_int_eq(walker_add(walker, 1, "."), 0);
	assert_entry(walker, ".", NFTW_D, 0);
	ck_assert_int_eq(kill(walker_pid(walker), SIGINT), 0);
	ck_assert_int_eq(kill(walker_pid(walker), SIGQUIT), 0);
	assert_end(walker, 1, 1, 0);
	ck_assert_int_eq(walker_add(walker, 2, "."), 0);
	assert_entry(walker, ".", NFTW_D, 0);
	walker_free(walker);
}
END_TEST

/** In a process of its own: start a walker, tell its pid, be killed. */
static void be_killed_with_a_walker(int pid_fd)
{
	struct walker_options options = {0};
	struct walker *walker = walker_start(&options);
	pid_t pid = walker ? walker_pid(walker) : -1;

	if (write(pid_fd, &pid, sizeof(pid)) == sizeof(pid))
		raise(SIGKILL);
	_exit(1);
}

START_TEST(test_walker_dies_with_its_parent)
{
	int ends[2], status;
	pid_t parent, walker;

	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	parent = fork();
	ck_assert_int_ge(parent, 0);
	if (parent == 0)
		be_killed_with_a_walker(ends[1]);
	ck_assert_int_eq(read(ends[0], &walker, sizeof(walker)), sizeof(walker));
	ck_assert_int_gt(walker, 0);
	ck_assert_int_eq(waitpid(parent, &status, 0), parent);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	/* Ours now; it comes to an end by itself. */
	ck_assert_int_eq(waitpid(walker, &status, 0), walker);
	/* So is the child by which the leak sanitizer was looking at the walker when that was
	 * killed. */
	while (waitpid(-1, NULL, 0) > 0)
		;
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/* Its death */

/** Entries that come before each kill; the last ones are more than the channel holds at a time. */
static const int entries_before_kill[] = {0, 1, 2, 100, 1000, 3000};

START_TEST(test_walker_killed_in_mid_walk_is_an_incomplete_answer)
{
	struct walker *walker = start();
	struct walker_entry entry;
	int count = 0, got;

	make_many(6000);
	ck_assert_int_eq(walker_add(walker, 1, "many"), 0);
	for (; count < entries_before_kill[_i]; count++)
		ck_assert_int_eq(next(walker, &entry), 1);
	ck_assert_int_eq(kill(walker_pid(walker), SIGKILL), 0);
	/* What it had sent still comes. */
	while ((got = next(walker, &entry)) == 1) {
		ck_assert_int_eq(entry.kind, WALKER_ENTRY);
		count++;
	}
	ck_assert_int_eq(got, -1);
	ck_assert_int_lt(count, 6002);
	assert_lost(walker, EPIPE, "was killed by signal 9");
	walker_free(walker);
}
END_TEST

static int hang(void *context)
{
	(void)context;
	while (pause() < 0)
		;
	return 0;
}

static int crash(void *context)
{
	(void)context;
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
	return 0;
}

static int leave(void *context)
{
	(void)context;
	_exit(3);
}

START_TEST(test_walker_killed_before_its_walk_is_an_incomplete_answer)
{
	struct walker *walker = start_with(hang, NULL);
	struct walker_entry entry;

	ck_assert_int_eq(walker_add(walker, 1, "."), 0);
	ck_assert_int_eq(walker_next(walker, &entry), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(kill(walker_pid(walker), SIGKILL), 0);
	assert_lost(walker, EPIPE, "was killed by signal 9");
	walker_free(walker);
}
END_TEST

START_TEST(test_walker_tells_how_it_ended)
{
	struct walker *walker = start_with(crash, NULL);

	ck_assert_int_eq(walker_add(walker, 1, "."), 0);
	assert_lost(walker, EPIPE, "was killed by signal 11");
	walker_free(walker);
	walker = start_with(leave, NULL);
	ck_assert_int_eq(walker_add(walker, 1, "."), 0);
	assert_lost(walker, EPIPE, "ended with status 3");
	walker_free(walker);
}
END_TEST

START_TEST(test_walker_killed_between_roots_loses_only_what_comes)
{
	struct walker *walker = start();

	ck_assert_int_eq(walker_add(walker, 1, "."), 0);
	assert_entry(walker, ".", NFTW_D, 0);
	assert_end(walker, 1, 1, 0);
	ck_assert_int_eq(kill(walker_pid(walker), SIGKILL), 0);
	assert_all_done(walker);
	ck_assert_int_eq(walker_add(walker, 2, "."), 0);
	assert_lost(walker, EPIPE, "was killed by signal 9");
	walker_free(walker);
}
END_TEST

/** Stop the walker, and wait until it has stopped. */
static void stop(struct walker *walker)
{
	siginfo_t info;

	ck_assert_int_eq(kill(walker_pid(walker), SIGSTOP), 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)walker_pid(walker), &info, WSTOPPED), 0);
}

START_TEST(test_walker_stopped_blocks_nobody)
{
	struct walker *walker = start();
	struct walker_entry entry;
	char path[1000];

	stop(walker);
	memset(path, '/', sizeof(path));
	path[0] = '.';
	path[sizeof(path) - 1] = '\0';
	for (uint32_t i = 0; i < 2000; i++)
		ck_assert_int_eq(walker_add(walker, i, path), 0);
	ck_assert_int_eq(walker_next(walker, &entry), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(kill(walker_pid(walker), SIGCONT), 0);
	for (uint32_t i = 0; i < 2000; i++) {
		assert_entry(walker, path, NFTW_D, 0);
		assert_end(walker, i, 1, 0);
	}
	stop(walker);
	/* And it can be freed. */
	walker_free(walker);
}
END_TEST

/* Its silence */

/** Start a walker that may be silent for this many ms. */
static struct walker *start_with_timeout(
	unsigned timeout, int (*initializer)(void *), void *context)
{
	struct walker_options options = {
		.timeout = timeout, .initializer = initializer, .context = context};
	struct walker *walker = walker_start(&options);

	ck_assert_ptr_nonnull(walker);
	return walker;
}

START_TEST(test_walker_silent_too_long_is_an_incomplete_answer)
{
	struct walker *walker = start_with_timeout(1000, NULL, NULL);

	ck_assert_int_eq(walker_add(walker, 1, "."), 0);
	assert_entry(walker, ".", NFTW_D, 0);
	assert_end(walker, 1, 1, 0);
	stop(walker);
	ck_assert_int_eq(walker_add(walker, 2, "."), 0);
	assert_lost(walker, ETIMEDOUT, "did not answer in time");
	/* It stays lost. */
	ck_assert_int_eq(kill(walker_pid(walker), SIGCONT), 0);
	assert_lost(walker, ETIMEDOUT, "did not answer in time");
	walker_free(walker);
}
END_TEST

START_TEST(test_walker_silence_does_not_count_while_nobody_asks)
{
	struct walker *walker = start_with_timeout(1000, NULL, NULL);
	struct walker_entry entry;

	/* Nobody asks for longer than that; then it is asked once before it goes on. */
	stop(walker);
	ck_assert_int_eq(walker_add(walker, 1, "."), 0);
	poll(NULL, 0, 1500);
	ck_assert_int_eq(walker_next(walker, &entry), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(kill(walker_pid(walker), SIGCONT), 0);
	assert_entry(walker, ".", NFTW_D, 0);
	assert_end(walker, 1, 1, 0);
	walker_free(walker);
}
END_TEST

START_TEST(test_walker_silence_does_not_count_without_roots)
{
	struct walker *walker = start_with_timeout(1000, NULL, NULL);

	poll(NULL, 0, 1500);
	assert_all_done(walker);
	ck_assert_int_eq(walker_add(walker, 1, "."), 0);
	assert_entry(walker, ".", NFTW_D, 0);
	assert_end(walker, 1, 1, 0);
	assert_all_done(walker);
	walker_free(walker);
}
END_TEST

/* Nonsense */

/** The walker's side of the protocol, written once more. */
enum {
	BATCH,
	PART,
	LAST
};
enum {
	END = 0xff,
	FAILED = 0xfe,
	ALIVE = 0xfd
};

/** What a fake walker sends once it has got its root. */
struct fake {
	void (*send)(int fd);
	int error;
	const char *reason;
};

/** The walker's end of the channel: its only packet socket. */
static int find_channel(void)
{
	for (int fd = 3; fd < 1000; fd++) {
		int type;
		socklen_t size = sizeof(type);

		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
			type == SOCK_SEQPACKET)
			return fd;
	}
	return -1;
}

/** For walker_options.initializer. */
static int be_fake(void *context)
{
	static unsigned char root[CHANNEL_FRAME_MAX];
	const struct fake *fake = context;
	int fd = find_channel();

	if (channel_wait(fd, POLLIN, -1) != POLLIN || channel_receive(fd, root) != 3 ||
		memcmp(root, "t/", 3) != 0)
		_exit(99);
	fake->send(fd);
	_exit(0);
}

static void put_entry(struct frame_writer *frame, uint8_t type, const char *path, size_t length)
{
	frame_put_u8(frame, type);
	frame_put_u32(frame, 0);
	frame_put_u32(frame, S_IFREG);
	for (int i = 0; i < 4; i++)
		frame_put_u64(frame, 1);
	for (int i = 0; i < 2; i++) {
		frame_put_u64(frame, 1);
		frame_put_u32(frame, 999999999);
	}
	frame_put_u32(frame, (uint32_t)length);
	frame_put_bytes(frame, path, length + 1);
}

static void put_end(struct frame_writer *frame, uint64_t entries, uint64_t errors)
{
	frame_put_u8(frame, END);
	frame_put_u64(frame, entries);
	frame_put_u64(frame, errors);
	frame_put_u64(frame, 0);
}

static unsigned char fake_bytes[CHANNEL_FRAME_MAX];

static struct frame_writer new_frame(uint8_t kind)
{
	struct frame_writer frame;

	frame_write(&frame, fake_bytes, sizeof(fake_bytes));
	frame_put_u8(&frame, kind);
	return frame;
}

static void send_new(int fd, const struct frame_writer *frame)
{
	if (frame->failed || channel_send(fd, fake_bytes, frame_size(frame)) != 0)
		_exit(98);
}

/** One entry, of which `cut` bytes are missing, in a frame of the given kind. */
static void send_entry(
	int fd, uint8_t kind, uint8_t type, const char *path, size_t length, size_t cut)
{
	struct frame_writer frame = new_frame(kind);

	put_entry(&frame, type, path, length);
	frame.at -= cut;
	send_new(fd, &frame);
}

static void send_kind(int fd, uint8_t kind)
{
	struct frame_writer frame = new_frame(kind);

	send_new(fd, &frame);
}

static void fake_sense(int fd)
{
	struct frame_writer frame = new_frame(BATCH);

	put_entry(&frame, NFTW_F, "t/f", 3);
	send_new(fd, &frame);
	frame = new_frame(PART);
	put_entry(&frame, NFTW_F, "t/long", 6);
	frame.at -= 3;
	send_new(fd, &frame);
	frame = new_frame(LAST);
	frame_put_bytes(&frame, "ng", 3);
	send_new(fd, &frame);
	frame = new_frame(BATCH);
	put_end(&frame, 2, 0);
	send_new(fd, &frame);
}

START_TEST(test_walker_believes_a_fake_that_makes_sense)
{
	struct fake fake = {fake_sense, 0, NULL};
	struct walker *walker = start_with(be_fake, &fake);

	ck_assert_int_eq(walker_add(walker, 1, "t/"), 0);
	assert_entry(walker, "t/f", NFTW_F, 0);
	assert_entry(walker, "t/long", NFTW_F, 0);
	assert_end(walker, 1, 2, 0);
	assert_all_done(walker);
	walker_free(walker);
}
END_TEST

/** Alive for several time-outs, alone and in a batch. */
static void fake_life(int fd)
{
	struct frame_writer frame;

	for (int i = 0; i < 40; i++) {
		poll(NULL, 0, 40);
		frame = new_frame(BATCH);
		frame_put_u8(&frame, ALIVE);
		send_new(fd, &frame);
	}
	frame = new_frame(BATCH);
	frame_put_u8(&frame, ALIVE);
	put_entry(&frame, NFTW_F, "t/f", 3);
	frame_put_u8(&frame, ALIVE);
	put_end(&frame, 1, 0);
	send_new(fd, &frame);
}

START_TEST(test_walker_may_take_its_time_while_it_is_alive)
{
	struct fake fake = {fake_life, 0, NULL};
	struct walker *walker = start_with_timeout(1000, be_fake, &fake);

	ck_assert_int_eq(walker_add(walker, 1, "t/"), 0);
	assert_entry(walker, "t/f", NFTW_F, 0);
	assert_end(walker, 1, 1, 0);
	assert_all_done(walker);
	walker_free(walker);
}
END_TEST

static void fake_nothing(int fd)
{
	(void)fd;
}

static void fake_unknown_frame(int fd)
{
	send_kind(fd, 77);
}

static void fake_empty_batch(int fd)
{
	send_kind(fd, BATCH);
}

static void fake_empty_part(int fd)
{
	send_kind(fd, PART);
}

static void fake_empty_last(int fd)
{
	send_kind(fd, LAST);
}

static void fake_unknown_type(int fd)
{
	send_entry(fd, BATCH, NFTW_EXCLUDED + 1, "t/f", 3, 0);
}

static void fake_cut_path(int fd)
{
	send_entry(fd, BATCH, NFTW_F, "t/f", 3, 1);
}

static void fake_cut_fields(int fd)
{
	send_entry(fd, BATCH, NFTW_F, "t/f", 3, 20);
}

static void fake_no_nul(int fd)
{
	send_entry(fd, BATCH, NFTW_F, "t/fxx", 4, 0);
}

static void fake_inner_nul(int fd)
{
	send_entry(fd, BATCH, NFTW_F, "t/f\0f", 5, 0);
}

static void fake_outside(int fd)
{
	send_entry(fd, BATCH, NFTW_F, "u/f", 3, 0);
}

static void fake_above(int fd)
{
	send_entry(fd, BATCH, NFTW_F, "t", 1, 0);
}

static void fake_length(int fd)
{
	struct frame_writer frame = new_frame(BATCH);

	put_entry(&frame, NFTW_F, "t/f", 3);
	memset(frame.at - 8, 0xff, 4);
	send_new(fd, &frame);
}

static void fake_batch_between_parts(int fd)
{
	send_entry(fd, PART, NFTW_F, "t/f", 3, 2);
	send_entry(fd, BATCH, NFTW_F, "t/f", 3, 0);
}

static void fake_cut_parts(int fd)
{
	send_entry(fd, PART, NFTW_F, "t/f", 3, 2);
}

static void fake_too_few(int fd)
{
	struct frame_writer frame = new_frame(BATCH);

	put_end(&frame, 1, 0);
	send_new(fd, &frame);
}

static void fake_errors(int fd)
{
	struct frame_writer frame = new_frame(BATCH);

	put_end(&frame, 0, 1);
	send_new(fd, &frame);
}

static void fake_cut_end(int fd)
{
	struct frame_writer frame = new_frame(BATCH);

	put_end(&frame, 0, 0);
	frame.at--;
	send_new(fd, &frame);
}

static void fake_more_after_end(int fd)
{
	struct frame_writer frame = new_frame(BATCH);

	put_end(&frame, 0, 0);
	put_entry(&frame, NFTW_F, "t/f", 3);
	send_new(fd, &frame);
}

static void fake_cut_failure(int fd)
{
	struct frame_writer frame = new_frame(BATCH);

	frame_put_u8(&frame, FAILED);
	send_new(fd, &frame);
}

static void fake_failure(int fd)
{
	struct frame_writer frame = new_frame(BATCH);

	frame_put_u8(&frame, FAILED);
	frame_put_u32(&frame, ENOMEM);
	send_new(fd, &frame);
}

static void fake_long_frame(int fd)
{
	static unsigned char bytes[CHANNEL_FRAME_MAX + 1];

	if (send(fd, bytes, sizeof(bytes), 0) != sizeof(bytes))
		_exit(98);
}

static const struct fake fakes[] = {
	{fake_nothing, EPIPE, "ended with status 0"},
	{fake_unknown_frame, EBADMSG, "sent nonsense"},
	{fake_empty_batch, EBADMSG, "sent nonsense"},
	{fake_empty_part, EBADMSG, "sent nonsense"},
	{fake_empty_last, EBADMSG, "sent nonsense"},
	{fake_unknown_type, EBADMSG, "sent nonsense"},
	{fake_cut_path, EBADMSG, "sent nonsense"},
	{fake_cut_fields, EBADMSG, "sent nonsense"},
	{fake_no_nul, EBADMSG, "sent nonsense"},
	{fake_inner_nul, EBADMSG, "sent nonsense"},
	{fake_outside, EBADMSG, "sent nonsense"},
	{fake_above, EBADMSG, "sent nonsense"},
	{fake_length, EBADMSG, "sent nonsense"},
	{fake_batch_between_parts, EBADMSG, "sent nonsense"},
	{fake_cut_parts, EPIPE, "ended with status 0"},
	{fake_too_few, EBADMSG, "sent nonsense"},
	{fake_errors, EBADMSG, "sent nonsense"},
	{fake_cut_end, EBADMSG, "sent nonsense"},
	{fake_more_after_end, EBADMSG, "sent nonsense"},
	{fake_cut_failure, EBADMSG, "sent nonsense"},
	{fake_failure, EPIPE, "gave up: Cannot allocate memory"},
	{fake_long_frame, EBADMSG, "sent nonsense"},
};

#define FAKES ((int)(sizeof(fakes) / sizeof(fakes[0])))

START_TEST(test_walker_believes_no_nonsense)
{
	struct fake fake = fakes[_i];
	struct walker *walker = start_with(be_fake, &fake);

	ck_assert_int_eq(walker_add(walker, 1, "t/"), 0);
	assert_lost(walker, fake.error, fake.reason);
	walker_free(walker);
}
END_TEST

/** End more roots than were ever asked for, without reading any. */
static void fake_ends(int fd)
{
	struct frame_writer frame = new_frame(BATCH);

	put_end(&frame, 0, 0);
	while (channel_send(fd, fake_bytes, frame_size(&frame)) == 0 ||
		(errno == EAGAIN && channel_wait(fd, POLLOUT, -1) > 0))
		;
}

START_TEST(test_walker_believes_no_end_of_a_root_that_was_not_sent)
{
	struct fake fake = {fake_ends, EBADMSG, "sent nonsense"};
	struct walker *walker = start_with(be_fake, &fake);
	struct walker_entry entry;
	char path[PATH_MAX];
	uint32_t ended = 0;
	int got;

	ck_assert_int_eq(walker_add(walker, 0, "t/"), 0);
	memset(path, '/', sizeof(path));
	path[PATH_MAX - 1] = '\0';
	for (uint32_t i = 1; i < 1000; i++)
		ck_assert_int_eq(walker_add(walker, i, path), 0);
	while ((got = next(walker, &entry)) == 1)
		ck_assert_uint_eq(entry.root, ended++);
	ck_assert_int_eq(got, -1);
	ck_assert_uint_lt(ended, 1000);
	assert_lost(walker, fake.error, fake.reason);
	walker_free(walker);
}
END_TEST

static void enter(void)
{
	leaks_setup();
	scratch_enter();
}

static TCase *add_case(Suite *suite, const char *name)
{
	TCase *tests = tcase_create(name);

	tcase_set_timeout(tests, 60);
	tcase_add_unchecked_fixture(tests, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(tests, enter, leaks_teardown);
	suite_add_tcase(suite, tests);
	return tests;
}

static Suite *walker_suite(void)
{
	Suite *suite = suite_create("walker");
	TCase *tests;

	tests = add_case(suite, "entries");
	tcase_add_test(tests, test_walker_finds_what_nftw_finds);
	tcase_add_test(tests, test_walker_leaves_out_what_the_filter_excludes);
	tcase_add_test(tests, test_walker_leaves_out_no_error_that_may_not_be_excluded);
	tcase_add_test(tests, test_walker_follows_links_where_it_is_to);
	tcase_add_test(tests, test_walker_stays_on_one_file_system);
	tcase_add_test(tests, test_walker_tells_errors);
	tcase_add_test(tests, test_walker_sends_paths_of_any_length);

	tests = add_case(suite, "roots");
	tcase_add_test(tests, test_walker_walks_many_roots_in_their_order);
	tcase_add_test(tests, test_walker_takes_roots_at_any_time);
	tcase_add_test(tests, test_walker_refuses_a_root_that_no_path_can_be);

	tests = add_case(suite, "life");
	tcase_add_test(tests, test_walker_runs_its_initializer_first);
	tcase_add_test(tests, test_walker_tells_why_its_initializer_failed);
	tcase_add_test(tests, test_walker_null_may_be_freed);
	tcase_add_test(tests, test_walker_can_be_freed_in_mid_walk);
	tcase_add_test(tests, test_walker_ends_by_itself_though_others_have_its_channel);
	tcase_add_loop_test(tests, test_walker_start_fails_cleanly, 0, 4);
	tcase_add_test(tests, test_walker_ignores_the_terminals_signals);
	tcase_add_test(tests, test_walker_dies_with_its_parent);

	tests = add_case(suite, "death");
	tcase_add_loop_test(tests, test_walker_killed_in_mid_walk_is_an_incomplete_answer, 0,
		(int)(sizeof(entries_before_kill) / sizeof(entries_before_kill[0])));
	tcase_add_test(tests, test_walker_killed_before_its_walk_is_an_incomplete_answer);
	tcase_add_test(tests, test_walker_tells_how_it_ended);
	tcase_add_test(tests, test_walker_killed_between_roots_loses_only_what_comes);
	tcase_add_test(tests, test_walker_stopped_blocks_nobody);

	tests = add_case(suite, "silence");
	tcase_add_test(tests, test_walker_silent_too_long_is_an_incomplete_answer);
	tcase_add_test(tests, test_walker_silence_does_not_count_while_nobody_asks);
	tcase_add_test(tests, test_walker_silence_does_not_count_without_roots);
	tcase_add_test(tests, test_walker_may_take_its_time_while_it_is_alive);

	tests = add_case(suite, "nonsense");
	tcase_add_test(tests, test_walker_believes_a_fake_that_makes_sense);
	tcase_add_loop_test(tests, test_walker_believes_no_nonsense, 0, FAKES);
	tcase_add_test(tests, test_walker_believes_no_end_of_a_root_that_was_not_sent);
	return suite;
}

int main(void)
{
	return suite_run(walker_suite());
}
