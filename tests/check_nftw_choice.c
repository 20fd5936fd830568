/*
 * walk/nftw.h where it is told what to go into: links, other file systems, what the visitor skips.
 */
#include "nftw_record.h"
#include "suite.h"

#include <ftw.h>
#include <sched.h>
#include <sys/mount.h>

static const struct nftw_options following = {.follow = true};
static const struct nftw_options staying = {.one_file_system = true};

static void make_link(const char *target, const char *name)
{
	ck_assert_int_eq(symlink(target, name), 0);
}

/* Links */

START_TEST(test_nftw_follows_links_in_and_out_of_the_tree)
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
	walk_by("t", following, NULL);
	assert_first("t", NFTW_D, 0);
	assert_next("t/d", NFTW_D, 0);
	assert_next("t/d/f", NFTW_F, 0);
	assert_next("t/to-d", NFTW_D, 0);
	assert_next("t/to-d/f", NFTW_F, 0);
	assert_next("t/to-f", NFTW_F, 0);
	ck_assert_int_eq(next_found[-1].stat.st_size, 5);
	ck_assert(S_ISREG(next_found[-1].stat.st_mode));
	assert_next("t/to-out", NFTW_D, 0);
	assert_next("t/to-out/x", NFTW_F, 0);
	assert_next("t/to-x", NFTW_F, 0);
	assert_next("t/twice", NFTW_D, 0);
	assert_next("t/twice/f", NFTW_F, 0);
	assert_no_more();
}
END_TEST

START_TEST(test_nftw_reports_links_that_lead_nowhere)
{
	scratch_mkdir("t");
	scratch_file("t/file", "");
	make_link("nothing", "t/dangling");
	make_link("file/x", "t/not-a-directory");
	make_link("self", "t/self");
	walk_by("t", following, NULL);
	assert_first("t", NFTW_D, 0);
	assert_next("t/dangling", NFTW_NS, ENOENT);
	assert_next("t/file", NFTW_F, 0);
	assert_next("t/not-a-directory", NFTW_NS, ENOTDIR);
	assert_next("t/self", NFTW_NS, ELOOP);
	assert_no_more();
}
END_TEST

/** Each descriptor limit finds the same, though ".." leads elsewhere than the path. */
START_TEST(test_nftw_reports_a_loop_once)
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
	for (unsigned descriptors = 2; descriptors < 6; descriptors++) {
		walk_by("t", (struct nftw_options){.follow = true, .descriptors = descriptors},
			NULL);
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
START_TEST(test_nftw_follows_links_to_each_other)
{
	scratch_mkdir("t");
	scratch_mkdir("t/a");
	scratch_mkdir("t/b");
	make_link("../b", "t/a/b");
	make_link("../a", "t/b/a");
	walk_by("t", following, NULL);
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

START_TEST(test_nftw_tells_special_files_behind_links)
{
	scratch_mkdir("t");
	ck_assert_int_eq(mkfifo("fifo", 0644), 0);
	make_link("../fifo", "t/fifo");
	make_link("/dev/null", "t/null");
	walk_by("t", following, NULL);
	assert_first("t", NFTW_D, 0);
	assert_next("t/fifo", NFTW_F, 0);
	ck_assert(S_ISFIFO(next_found[-1].stat.st_mode));
	assert_next("t/null", NFTW_F, 0);
	ck_assert(S_ISCHR(next_found[-1].stat.st_mode));
	assert_no_more();
}
END_TEST

/** t/l is a link to far/a, with t/z behind it; below far/a are three more levels. */
static void make_far_tree(void)
{
	scratch_mkdir("t");
	make_link("../far/a", "t/l");
	scratch_file("t/z", "");
	scratch_mkdir("far");
	scratch_file("far/z", "");
	scratch_mkdir("far/a");
	scratch_mkdir("far/a/1");
	scratch_mkdir("far/a/1/2");
	scratch_mkdir("far/a/1/2/3");
	scratch_file("far/a/1/2/3/f", "");
	scratch_file("far/a/z", "");
}

/** What comes first of make_far_tree(). */
static void assert_way_far(void)
{
	assert_first("t", NFTW_D, 0);
	assert_next("t/l", NFTW_D, 0);
	assert_next("t/l/1", NFTW_D, 0);
	assert_next("t/l/1/2", NFTW_D, 0);
	assert_next("t/l/1/2/3", NFTW_D, 0);
	assert_next("t/l/1/2/3/f", NFTW_F, 0);
}

START_TEST(test_nftw_finds_back_through_a_link)
{
	make_far_tree();
	for (unsigned descriptors = 2; descriptors < 7; descriptors++) {
		walk_by("t", (struct nftw_options){.follow = true, .descriptors = descriptors},
			NULL);
		assert_way_far();
		assert_next("t/l/z", NFTW_F, 0);
		assert_next("t/z", NFTW_F, 0);
		assert_no_more();
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

/** What the way back passes by is known by what it is: another link does no harm, a lost one does.
 */
START_TEST(test_nftw_finds_back_where_a_link_was_altered)
{
	struct deed deed = {"t/l/1/2/3/f", NFTW_F, move_link, false};

	make_far_tree();
	walk_by("t", (struct nftw_options){.follow = true, .descriptors = 2}, &deed);
	assert_way_far();
	assert_next("t/l/z", NFTW_F, 0);
	assert_next("t/z", NFTW_F, 0);
	assert_no_more();
}
END_TEST

START_TEST(test_nftw_reports_a_link_that_was_altered_before_it_was_entered)
{
	struct deed deed = {"t/l", NFTW_D, _i ? move_link : move_far_away, false};

	make_far_tree();
	walk_by("t", following, &deed);
	assert_first("t", NFTW_D, 0);
	assert_next("t/l", NFTW_D, 0);
	assert_next("t/l", NFTW_DNR, _i ? ESTALE : ENOENT);
	assert_next("t/z", NFTW_F, 0);
	assert_no_more();
}
END_TEST

static int visit_for_libc(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	record_add(path,
		type == FTW_D           ? NFTW_D
			: type == FTW_F ? NFTW_F
					: NFTW_NS,
		0, (size_t)ftw->level, (size_t)ftw->base, stat);
	return 0;
}

static int compare_paths(const void *left, const void *right)
{
	const struct found *a = left, *b = right;

	return strcmp(a->path, b->path);
}

/** Links to files only: the C library's nftw enters no directory a second time. */
START_TEST(test_nftw_follows_as_libc_does)
{
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
	walk_by("t", following, NULL);
	struct record ours = record;
	record = (struct record){0};
	ck_assert_int_eq(nftw("t", visit_for_libc, 64, 0), 0);
	ck_assert_uint_eq(ours.count, 81);
	ck_assert_uint_eq(record.count, 81);
	qsort(ours.found, ours.count, sizeof(struct found), compare_paths);
	qsort(record.found, record.count, sizeof(struct found), compare_paths);
	for (size_t i = 0; i < ours.count; i++) {
		ck_assert_str_eq(ours.found[i].path, record.found[i].path);
		ck_assert_int_eq(ours.found[i].type, record.found[i].type);
		ck_assert_uint_eq(ours.found[i].level, record.found[i].level);
		if (ours.found[i].type != NFTW_NS)
			ck_assert_uint_eq(ours.found[i].stat.st_ino, record.found[i].stat.st_ino);
	}
	record_clear(&ours);
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
		fprintf(stderr, "check_nftw_choice: mounts NOT TESTED: %s\n", strerror(errno));
		return false;
	}
	apart = true;
	ck_assert_int_eq(mount("none", path, "tmpfs", 0, NULL), 0);
	return true;
}

START_TEST(test_nftw_stays_on_one_file_system)
{
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
	walk_by("t", staying, NULL);
	assert_first("t", NFTW_D, 0);
	assert_next("t/m", NFTW_MOUNT, 0);
	ck_assert_uint_ne(next_found[-1].stat.st_dev, record.found[0].stat.st_dev);
	assert_next("t/n", NFTW_D, 0);
	assert_next("t/n/f", NFTW_F, 0);
	assert_next("t/to-d", NFTW_SL, 0);
	assert_next("t/to-f", NFTW_SL, 0);
	assert_no_more();
	/* Directories only, as find -xdev and rsync -x have it. */
	walk_by("t", (struct nftw_options){.follow = true, .one_file_system = true}, NULL);
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
	walk_by("t/m", staying, NULL);
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
START_TEST(test_nftw_does_not_enter_what_is_mounted_meanwhile)
{
	struct deed deed = {"t/a", NFTW_D, mount_on_a, false};

	scratch_mkdir("t");
	scratch_mkdir("t/a");
	scratch_mkdir("t/b");
	if (!mount_on("t/b"))
		return;
	walk_by("t", staying, &deed);
	assert_first("t", NFTW_D, 0);
	assert_next("t/a", NFTW_D, 0);
	assert_next("t/a", NFTW_MOUNT, 0);
	ck_assert_uint_ne(next_found[-1].stat.st_dev, record.found[0].stat.st_dev);
	assert_next("t/b", NFTW_MOUNT, 0);
	assert_no_more();
}
END_TEST

static void mount_on_u(void)
{
	mount_on("u");
	scratch_file("u/mounted", "");
}

START_TEST(test_nftw_enters_what_is_mounted_behind_a_link)
{
	struct deed deed = {"t/l", NFTW_D, mount_on_u, false};

	scratch_mkdir("t");
	scratch_mkdir("t/m");
	scratch_mkdir("u");
	scratch_file("u/hidden", "");
	make_link("../u", "t/l");
	if (!mount_on("t/m"))
		return;
	walk_by("t", following, &deed);
	assert_first("t", NFTW_D, 0);
	assert_next("t/l", NFTW_D, 0);
	assert_next("t/l/mounted", NFTW_F, 0);
	assert_next("t/m", NFTW_D, 0);
	assert_no_more();
}
END_TEST

/* What the visitor skips */

static int skip_d(const struct nftw_entry *entry, void *context)
{
	visit(entry, context);
	return entry->type == NFTW_D && entry->path[entry->base] == 'd' ? NFTW_SKIP : 0;
}

START_TEST(test_nftw_skips_what_the_visitor_says)
{
	static const struct nftw_options options = {.sorted = true};

	scratch_mkdir("t");
	scratch_mkdir("t/c");
	scratch_file("t/c/f", "");
	scratch_mkdir("t/d");
	scratch_file("t/d/f", "");
	scratch_file("t/e", "");
	ck_assert_int_eq(nftw_walk("t", &options, skip_d, NULL), 0);
	assert_first("t", NFTW_D, 0);
	assert_next("t/c", NFTW_D, 0);
	assert_next("t/c/f", NFTW_F, 0);
	assert_next("t/d", NFTW_D, 0);
	assert_next("t/e", NFTW_F, 0);
	assert_no_more();
	record_clear(&record);
	ck_assert_int_eq(nftw_walk("t/d", &options, skip_d, NULL), 0);
	assert_first("t/d", NFTW_D, 0);
	assert_no_more();
}
END_TEST

static Suite *nftw_choice_suite(void)
{
	Suite *suite = suite_create("nftw_choice");
	TCase *tests = record_case(suite, "links");

	tcase_add_test(tests, test_nftw_follows_links_in_and_out_of_the_tree);
	tcase_add_test(tests, test_nftw_reports_links_that_lead_nowhere);
	tcase_add_test(tests, test_nftw_reports_a_loop_once);
	tcase_add_test(tests, test_nftw_follows_links_to_each_other);
	tcase_add_test(tests, test_nftw_tells_special_files_behind_links);
	tcase_add_test(tests, test_nftw_finds_back_through_a_link);
	tcase_add_test(tests, test_nftw_finds_back_where_a_link_was_altered);
	tcase_add_loop_test(
		tests, test_nftw_reports_a_link_that_was_altered_before_it_was_entered, 0, 2);
	tcase_add_test(tests, test_nftw_follows_as_libc_does);

	tests = record_case(suite, "file systems");
	tcase_add_test(tests, test_nftw_stays_on_one_file_system);
	tcase_add_test(tests, test_nftw_does_not_enter_what_is_mounted_meanwhile);
	tcase_add_test(tests, test_nftw_enters_what_is_mounted_behind_a_link);

	tests = record_case(suite, "skip");
	tcase_add_test(tests, test_nftw_skips_what_the_visitor_says);
	return suite;
}

int main(void)
{
	return suite_run(nftw_choice_suite());
}
