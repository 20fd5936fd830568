/*
 * doubt: which updates are refused, and what is said then. changes.h says how differences are
 * written.
 */
#include "changes.h"
#include "doubt.h"
#include "suite.h"
#include "ui/report.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct changes changes;
static struct options options;
static struct coverage *coverage;

/** What was reported: "FILE: REASON". */
static char heard[512];

static void hear(void *context, const char *file, int error, const char *reason)
{
	(void)context;
	ck_assert_int_eq(error, 0);
	ck_assert_str_eq(heard, "");
	snprintf(heard, sizeof(heard), "%s: %s", file, reason);
}

static const struct report_listener listener = {.hear = hear};

static void setup(void)
{
	options = (struct options){
		.algorithms = digest_set_of(digest_find("sha512")), .manifest = "sums"};
	report_listen(&listener);
	report_statuses(1, 2);
	/* Messages are not for the terminal. */
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(dup2(null, STDERR_FILENO), STDERR_FILENO);
	close(null);
}

static void teardown(void)
{
	coverage_free(coverage);
	accept_free(&options.accept);
}

/** A walk of "tree" and "tree2". */
static void walk(void)
{
	static const char *const roots[] = {"tree", "./tree2/"};
	coverage_free(coverage);
	coverage = coverage_new(NULL, false);
	ck_assert_ptr_nonnull(coverage);
	for (size_t i = 0; i < 2; i++) {
		const struct tree_entry root = {
			.type = NFTW_D,
			.root = true,
			.below = true,
			.path = roots[i],
			.length = strlen(roots[i]),
		};
		ck_assert_int_eq(coverage_found(coverage, &root), 0);
	}
	coverage_end(coverage);
}

/** Do what is done of the differences. @param accept NULL: nothing */
static void expect_of(const char *accept, const char *expected)
{
	struct renewal renewal = {.options = &options, .differences = &changes.differences};
	struct catalog old = {.records = changes.listed, .count = changes.listed_count};
	int worst = report_worst();
	walk();
	if (accept)
		ck_assert_int_eq(accept_parse(&options.accept, accept), 0);
	int result = doubt_update(&old, coverage, &renewal);
	ck_assert_str_eq(heard, expected);
	ck_assert_int_eq(result, *expected ? -1 : 0);
	ck_assert_int_eq(report_worst(), *expected ? 2 : worst);
	heard[0] = '\0';
	accept_free(&options.accept);
	options.accept = (struct accept){0};
}

static void expect(const char *words, const char *accept, const char *expected)
{
	changes_parse(&changes, words);
	expect_of(accept, expected);
}

/** Add files below a folder, with numbers from `first` on. @param rest as in changes.h, without the
 * name */
static void add(const char *folder, unsigned first, unsigned count, const char *rest)
{
	for (unsigned i = first; i < first + count; i++)
		changes_add(&changes, "%s/%u:%s", folder, i, rest);
}

/** 100 files or less below "tree": some of a kind, and the others unaltered. */
static void use(unsigned count, unsigned some, const char *rest)
{
	changes_parse(&changes, "");
	add("tree", 0, some, rest);
	add("tree", some, count - some, "same*=1@1.1>1@1.1");
}

#define ELSEWHERE "sums: lists nothing below any PATH: was the tree moved? (-C, --accept=new)"
#define DROPPED(path, lines, dropped) \
	path ": of " lines " lines, " dropped \
	     " would be dropped: is this the tree, and all of it mounted? (--accept=missing)"
#define CHANGED(path, lines, changed) \
	path ": of " lines " lines, " changed \
	     " would get new digests: is this the tree? (--accept=changed)"
#define ALGORITHM(files, name) \
	"sums: none of " files " files has the " name " digest of its line: is it of another" \
	" algorithm? (-a, --accept=changed)"

START_TEST(test_doubt_none)
{
	expect("", NULL, "");
	expect("tree/a:new=->1", NULL, "");
	expect("tree/a:same=1>1 tree/b:missing=1>- tree/c:changed=1>2", NULL, "");
	ck_assert_int_eq(report_worst(), 0);
}
END_TEST

START_TEST(test_doubt_tree_is_elsewhere)
{
	expect("old/a:outside=1>- tree/b:new=->1", NULL, ELSEWHERE);
	expect("old/a:outside=1>-", NULL, ELSEWHERE);
	expect("tre/a:outside=1>- tree3:outside=1>-", NULL, ELSEWHERE);
	expect("old/a:outside=1>- tree/b:missing=1>-", NULL, "");
	expect("old/a:outside=1>- tree2/b:missing=1>-", NULL, "");
	expect("old/a:outside=1>- tree:unreadable=1>-", NULL, "");
}
END_TEST

/** All new names have to be accepted. */
START_TEST(test_doubt_elsewhere_accepted)
{
	expect("old/a:outside=1>- tree/b:new=->1", "new", "");
	expect("old/a:outside=1>-", "new", "");
	expect("old/a:outside=1>- tree/b:new=->1 tree/c:new=->1", "new:/tree/b", ELSEWHERE);
	expect("old/a:outside=1>- tree/b:new=->1 tree/c:new=->1", "new:/tree/c", ELSEWHERE);
	expect("old/a:outside=1>- tree/b:new=->1 tree/c:new=->1", "new:/tree/*", "");
	expect("old/a:outside=1>- tree/b:new=->1", "missing,changed,corrupt", ELSEWHERE);
}
END_TEST

/** More than half of more than 50 lines. */
START_TEST(test_doubt_dropped)
{
	use(51, 25, "missing=2@1.1>-");
	expect_of(NULL, "");
	use(51, 26, "missing=2@1.1>-");
	expect_of(NULL, DROPPED("tree", "51", "26"));
	use(52, 26, "missing=2@1.1>-");
	expect_of(NULL, "");
	use(50, 50, "missing=2@1.1>-");
	expect_of(NULL, "");
	use(51, 51, "missing=2@1.1>-");
	expect_of(NULL, DROPPED("tree", "51", "51"));
}
END_TEST

START_TEST(test_doubt_changed)
{
	use(60, 30, "changed=2@1.1>3@1.2");
	expect_of(NULL, "");
	use(60, 31, "changed=2@1.1>3@1.2");
	expect_of(NULL, CHANGED("tree", "60", "31"));
	/* Files that others were copied over. */
	use(60, 31, "copied=2@1.1>3@1.2");
	expect_of(NULL, CHANGED("tree", "60", "31"));
}
END_TEST

START_TEST(test_doubt_dropped_and_changed)
{
	use(60, 15, "missing=2@1.1>-");
	add("tree", 60, 16, "changed=2@1.1>3@1.2");
	expect_of(NULL, "");
	use(60, 29, "missing=2@1.1>-");
	add("tree", 60, 16, "changed=2@1.1>3@1.2");
	expect_of(NULL,
		"tree: of 76 lines, 29 would be dropped and 16 get new digests: is this the tree,"
		" and all of it mounted? (--accept=missing,changed)");
}
END_TEST

/** Nothing is lost with what was moved, is kept, is outside or was accepted. */
START_TEST(test_doubt_no_losses)
{
	static const char *const harmless[] = {"left=2@1.1>-", "corrupt=2@1.1>3@1.1",
		"unreadable=2@1.1>!", "moved=2@1.1>3@1.2", "outside=2@1.1>-", "new=->1@1.1",
		"copied=->1@1.1", "same=2@1.1>2@1.1"};
	for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++) {
		use(100, 90, harmless[i]);
		expect_of(NULL, "");
	}
	use(60, 60, "missing=2@1.1>-");
	for (size_t i = 0; i < 60; i++)
		changes.list[i].kept = true;
	expect_of(NULL, "");
	use(60, 60, "missing=2@1.1>-");
	options.append_only = true;
	expect_of(NULL, "");
}
END_TEST

START_TEST(test_doubt_losses_accepted)
{
	use(60, 40, "missing=2@1.1>-");
	expect_of("missing", "");
	expect_of("new,changed,corrupt", DROPPED("tree", "60", "40"));
	expect_of("missing:/tree/1*,missing:/tree/2*", "");
	expect_of("missing:/tree/1?", "");
	expect_of("missing:/tree/1", DROPPED("tree", "60", "39"));
	use(60, 40, "changed=2@1.1>3@1.2");
	expect_of("changed", "");
	expect_of("new,missing,corrupt", CHANGED("tree", "60", "40"));
	expect_of("changed:/tree/1", CHANGED("tree", "60", "39"));
}
END_TEST

/** Each PATH counts by itself; what lies below none does not. */
START_TEST(test_doubt_of_each_path)
{
	use(90, 0, "");
	add("tree2", 0, 51, "missing=2@1.1>-");
	expect_of(NULL, DROPPED("./tree2/", "51", "51"));
	use(50, 26, "missing=2@1.1>-");
	add("tree2", 0, 50, "missing=2@1.1>-");
	add("tree3", 0, 60, "outside=2@1.1>-");
	expect_of(NULL, "");
}
END_TEST

START_TEST(test_doubt_another_algorithm)
{
	expect("tree/a:changed=1>2 tree/b:changed=1>2", NULL, "");
	expect("tree/a:changed=1>2 tree/b:changed=1>2 tree/c:changed=1>2", NULL,
		ALGORITHM("3", "sha512"));
	options.algorithms = digest_set_of(digest_find("blake2b512"));
	expect("tree/a:changed=1>2 tree/b:changed=1>2 tree/c:changed=1>2 tree/d:changed=1>2", NULL,
		ALGORITHM("4", "blake2b512"));
	/* What is missing, new or unreadable proves nothing. */
	expect("tree/a:changed=1>2 tree/b:changed=1>2 tree/c:changed=1>2 tree/d:missing=1>- "
	       "tree/e:new=->1 tree/f:unreadable=1>! tree/g:outside=1>-",
		NULL, ALGORITHM("3", "blake2b512"));
	expect("tree/a:changed=1>2 tree/b:changed=1>2 tree/c:missing=1>- tree/d:new=->1", NULL, "");
	/* It comes before the losses. */
	changes_parse(&changes, "");
	add("tree", 0, 60, "changed=1>2");
	expect_of(NULL, ALGORITHM("60", "blake2b512"));
}
END_TEST

/** One digest that was found, or an annotation, shows the algorithm. */
START_TEST(test_doubt_algorithm_is_proven)
{
	const char *changed = "tree/a:changed=1>2 tree/b:changed=1>2 tree/c:changed=1>2";
	static const char *const proofs[] = {"same=1>1", "moved=->1", "copied=->1", "corrupt=1>2",
		"missing=1@1.1>-", "changed=1@1.1>2", "unreadable=1@1.1>!"};
	for (size_t i = 0; i < sizeof(proofs) / sizeof(*proofs); i++) {
		changes_parse(&changes, changed);
		changes_add(&changes, "tree/d:%s", proofs[i]);
		expect_of(NULL, "");
		changes_parse(&changes, "");
		changes_add(&changes, "tree/0:%s", proofs[i]);
		add("tree", 1, 3, "changed=1>2");
		expect_of(NULL, "");
	}
}
END_TEST

START_TEST(test_doubt_algorithm_accepted)
{
	const char *changed = "tree/a:changed=1>2 tree/b:changed=1>2 tree/c:changed=1>2";
	expect(changed, "changed", "");
	expect(changed, "changed:/tree/*", "");
	expect(changed, "changed:/tree/a", ALGORITHM("3", "sha512"));
	expect(changed, "changed:/tree/c", ALGORITHM("3", "sha512"));
	expect(changed, "new,missing,corrupt", ALGORITHM("3", "sha512"));
	options.append_only = true;
	expect(changed, NULL, "");
}
END_TEST

/* --dry-run: what would be read is UNREAD, and its digest unknown. */

/** Size or mtime shows that it has changed. */
#define ALTERED "unread*=2@7.1>!@8.2"

START_TEST(test_doubt_dry_run)
{
	options.dry_run = true;
	use(60, 31, "missing=2@7.1>-");
	expect_of(NULL, DROPPED("tree", "60", "31"));
	expect_of("missing", "");
	use(60, 31, ALTERED);
	expect_of(NULL, CHANGED("tree", "60", "31"));
	expect_of("changed", "");
	expect_of("missing", CHANGED("tree", "60", "31"));
	use(60, 30, ALTERED);
	expect_of(NULL, "");
	use(60, 31, "unread=2@7.1>!@7.1");
	expect_of(NULL, "");
	use(60, 31, ALTERED);
	options.append_only = true;
	expect_of(NULL, "");
}
END_TEST

/** What is missing may be what a file of its size has now. */
START_TEST(test_doubt_dry_run_may_be_moved)
{
	options.dry_run = true;
	use(60, 40, "missing=2@7.1>-");
	add("tree", 60, 1, "unread=->!@6.1");
	add("tree", 61, 1, "unread=->!@8.1");
	expect_of(NULL, DROPPED("tree", "60", "40"));
	add("tree", 62, 1, "unread=->!@7.1");
	expect_of(NULL, "");
	/* Also in a file that has changed, or has had no annotation. */
	use(60, 40, "missing=2@7.1>-");
	add("tree", 60, 1, "unread*=2@6.1>!@7.2");
	expect_of(NULL, "");
	use(60, 40, "missing=2@7.1>-");
	add("tree", 60, 1, "unread*=2@7.1>!@7.2");
	expect_of(NULL, "");
	use(60, 40, "missing=2@7.1>-");
	add("tree", 60, 1, "unread=2>!@7.2");
	expect_of(NULL, "");
	use(60, 40, "missing=2@7.1>-");
	add("tree", 60, 1, "unread*=2@6.1>!@7.1");
	expect_of(NULL, "");
	use(60, 40, "missing=2@1.1>-");
	add("tree", 60, 1, "unread=2>!@1.0");
	expect_of(NULL, "");
	/* Not in one that is as it was, or whose contents are known. */
	use(60, 40, "missing=2@7.1>-");
	add("tree", 60, 1, "unread=2@7.1>!@7.1");
	add("tree", 61, 1, "same*=1@7.1>1@7.1");
	add("tree", 62, 1, "new=->1@7.1");
	expect_of(NULL, DROPPED("tree", "62", "40"));
	/* The same of what would be changed. */
	use(60, 40, ALTERED);
	add("tree", 60, 1, "unread=->!@7.1");
	expect_of(NULL, "");
}
END_TEST

/** Any of many sizes is found, in whatever order they come. */
START_TEST(test_doubt_dry_run_sizes)
{
	options.dry_run = true;
	for (unsigned size = 5; size <= 24; size++) {
		use(60, 0, "");
		for (unsigned i = 60; i < 111; i++)
			changes_add(&changes, "tree/%u:missing=2@%u.1>-", i, size);
		for (unsigned i = 0; i < 9; i++)
			changes_add(&changes, "tree/n%u:unread=->!@%u.1", i, 6 + 2 * (i * 4 % 9));
		for (unsigned i = 0; i < 11; i++)
			changes_add(&changes, "tree/o%u:missing=3@99.1>-", i);
		bool found = size % 2 == 0 && size >= 6 && size <= 22;
		expect_of(NULL, found ? "" : DROPPED("tree", "122", "62"));
	}
}
END_TEST

/** The size of what has no annotation is not known; what is empty was never moved. */
START_TEST(test_doubt_dry_run_without_sizes)
{
	options.dry_run = true;
	changes_parse(&changes, "");
	add("tree", 0, 60, "missing=2>-");
	expect_of(NULL, DROPPED("tree", "60", "60"));
	add("tree", 60, 1, "unread=->!@9.1");
	expect_of(NULL, "");
	use(60, 40, "missing=0@0.1>-");
	add("tree", 60, 1, "unread=->!@0.1");
	expect_of(NULL, DROPPED("tree", "60", "40"));
}
END_TEST

/** A run that reads knows what was moved. */
START_TEST(test_doubt_sizes_are_for_dry_runs)
{
	use(60, 40, "missing=2@7.1>-");
	add("tree", 60, 1, "unread=->!@7.1");
	expect_of(NULL, DROPPED("tree", "60", "40"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("doubt");
	TCase *tests = tcase_create("doubt");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_doubt_none);
	tcase_add_test(tests, test_doubt_tree_is_elsewhere);
	tcase_add_test(tests, test_doubt_elsewhere_accepted);
	tcase_add_test(tests, test_doubt_dropped);
	tcase_add_test(tests, test_doubt_changed);
	tcase_add_test(tests, test_doubt_dropped_and_changed);
	tcase_add_test(tests, test_doubt_no_losses);
	tcase_add_test(tests, test_doubt_losses_accepted);
	tcase_add_test(tests, test_doubt_of_each_path);
	tcase_add_test(tests, test_doubt_another_algorithm);
	tcase_add_test(tests, test_doubt_algorithm_is_proven);
	tcase_add_test(tests, test_doubt_algorithm_accepted);
	tcase_add_test(tests, test_doubt_dry_run);
	tcase_add_test(tests, test_doubt_dry_run_may_be_moved);
	tcase_add_test(tests, test_doubt_dry_run_sizes);
	tcase_add_test(tests, test_doubt_dry_run_without_sizes);
	tcase_add_test(tests, test_doubt_sizes_are_for_dry_runs);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
