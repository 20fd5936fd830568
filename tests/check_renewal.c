/*
 * renewal: which lines an update keeps, renews and drops. changes.h says how differences are written.
 */
#include "changes.h"
#include "renewal.h"
#include "suite.h"

#include <check.h>
#include <inttypes.h>
#include <string.h>

static struct changes changes;
static struct options options;
static struct renewal renewal;

static void setup(void)
{
	options.algorithms = digest_set_of(digest_find("sha512"));
	renewal.options = &options;
	renewal.differences = &changes.differences;
}

static void teardown(void)
{
	accept_free(&options.accept);
}

static void use(const char *words)
{
	changes_parse(&changes, words);
	memset(renewal.kept, 0, sizeof(renewal.kept));
}

static void accept_also(const char *words)
{
	ck_assert_int_eq(accept_parse(&options.accept, words), 0);
}

static void accept_nothing(void)
{
	accept_free(&options.accept);
	options.accept = (struct accept){0};
}

/** What becomes of each line: "old", "new", or "-" if it is dropped; "dropped" or "changed" behind it
 * is what --accept was not given for. */
static void expect(const char *expected)
{
	char found[1024] = "";
	for (size_t i = 0; i < changes.differences.count; i++) {
		const struct difference *difference = &changes.list[i];
		const struct record *record = renewal_record(&renewal, difference);
		ck_assert(!record || record == difference->old || record == difference->new);
		strcat(found, i ? " " : "");
		strcat(found, !record ? "-" : record == difference->old ? "old" : "new");
		strcat(found, renewal_drops(&renewal, difference) ? ",dropped" : "");
		strcat(found, renewal_changes(&renewal, difference) ? ",changed" : "");
	}
	ck_assert_str_eq(found, expected);
	ck_assert_int_eq(renewal_drops_any(&renewal), strstr(expected, "dropped") != NULL);
}

/** The same after the last lines with their digests were kept, so many. */
static void expect_last(const char *words, const char *expected, uint64_t kept)
{
	use(words);
	ck_assert_int_eq(renewal_keep_last(&renewal), 0);
	expect(expected);
	ck_assert_uint_eq(renewal.kept[RENEWAL_LAST], kept);
	ck_assert_uint_eq(renewal.kept[RENEWAL_UNREAD] + renewal.kept[RENEWAL_MOVING], 0);
}

static const char every_word[] =
	"a:same=1>1 b:same*=1>1 c:changed=1>2 d:corrupt=1>2 e:new=->2 f:missing=1>- g:moved=->1 "
	"h:moved=2>1 i:copied=->1 j:copied=2>1 k:unreadable=1>! l:unread=1>! m:outside=1>- "
	"n:left=1>-";

START_TEST(test_renewal_of_each_word)
{
	use("");
	expect("");
	use(every_word);
	expect("new old new,changed old new -,dropped new "
	       "new new new,changed old old old "
	       "-");
}
END_TEST

START_TEST(test_renewal_append_only)
{
	options.append_only = true;
	use(every_word);
	expect("new old old old new old new "
	       "old new old old old old "
	       "old");
}
END_TEST

START_TEST(test_renewal_kept)
{
	use("a:changed=1>2 b:missing=1>- c:corrupt=1>2 d:copied=1>2 e:left=1>-");
	accept_also("corrupt,missing");
	for (size_t i = 0; i < 5; i++)
		changes.list[i].kept = true;
	expect("old old old old old");
}
END_TEST

/** Each word is for its own kind of loss, and for the names that were given. */
START_TEST(test_renewal_accept)
{
	const char *words = "a:missing=1>- b:missing=1>- c:changed=1>2 d:changed=1>2 "
			    "e:corrupt=1>2 f:corrupt=1>2 g:copied=1>2 h:copied=1>2";
	const struct {
		const char *accept;
		const char *expected;
	} cases[] = {
		{"new", "-,dropped -,dropped new,changed new,changed old old new,changed new,changed"},
		{"missing", "- - new,changed new,changed old old new,changed new,changed"},
		{"changed", "-,dropped -,dropped new new old old new new"},
		{"corrupt",
			"-,dropped -,dropped new,changed new,changed new new new,changed "
			"new,changed"},
		{"missing:b",
			"-,dropped - new,changed new,changed old old new,changed new,changed"},
		{"changed:d,changed:h",
			"-,dropped -,dropped new,changed new old old new,changed new"},
		{"corrupt:f",
			"-,dropped -,dropped new,changed new,changed old new new,changed "
			"new,changed"},
		{"missing,changed,corrupt", "- - new new new new new new"},
	};
	use(words);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		accept_also(cases[i].accept);
		expect(cases[i].expected);
		accept_nothing();
	}
}
END_TEST

/** Only what would be dropped is kept, each for the reason that came first. */
START_TEST(test_renewal_keep_missing)
{
	use("a:missing=1>- b:missing=1>- c:left=1>- d:changed=1>2 e:corrupt=1>2 f:moved=->1");
	accept_also("missing:b");
	renewal_keep_missing(&renewal, RENEWAL_LATE);
	expect("old - - new,changed old new");
	renewal_keep_missing(&renewal, RENEWAL_UNREAD);
	ck_assert_uint_eq(renewal.kept[RENEWAL_LATE], 1);
	ck_assert_uint_eq(renewal.kept[RENEWAL_UNREAD], 0);
	ck_assert_uint_eq(renewal.kept[RENEWAL_LAST], 0);

	accept_nothing();
	renewal_keep_missing(&renewal, RENEWAL_UNREAD);
	expect("old old - new,changed old new");
	ck_assert_uint_eq(renewal.kept[RENEWAL_LATE], 1);
	ck_assert_uint_eq(renewal.kept[RENEWAL_UNREAD], 1);
}
END_TEST

/** Lines that would go are kept, if their contents are nowhere else: all of them, as it is not known what
 * was missed. */
START_TEST(test_renewal_keep_missed)
{
	struct missed missed = {0};
	use(every_word);
	renewal_keep_missed(&renewal, &missed);
	ck_assert_uint_eq(renewal.kept[RENEWAL_MOVING], 0);
	missed.incomplete = true;
	accept_also("missing:f");
	renewal_keep_missed(&renewal, &missed);
	ck_assert_uint_eq(renewal.kept[RENEWAL_MOVING], 3);
	expect("new old old old new - new "
	       "old new old old old old "
	       "-");
	accept_nothing();
	use("a:missing=1>- b:moved=2>1 c:changed=2>3");
	/* What a listed was found as b; what b and c listed was not. */
	changes.list[0].used = true;
	accept_also("changed:c");
	renewal_keep_missed(&renewal, &missed);
	ck_assert_uint_eq(renewal.kept[RENEWAL_MOVING], 1);
	expect("-,dropped old new");
}
END_TEST

/** The second name is a corrupt file that may be the first one, renamed. */
static void expect_renamed(const char *words, const char *expected, uint64_t kept)
{
	use(words);
	changes.list[0].successor = &changes.list[1];
	changes.list[1].from = &changes.list[0];
	renewal_keep_renamed(&renewal);
	ck_assert_int_eq(renewal_keep_last(&renewal), 0);
	expect(expected);
	ck_assert_uint_eq(renewal.kept[RENEWAL_RENAMED], kept);
	ck_assert_uint_eq(renewal.kept[RENEWAL_LAST], 0);
}

/** Its line is kept, and it is not listed, until one of the two was meant. */
START_TEST(test_renewal_renamed_and_corrupt)
{
	const char *gone = "a:missing=1>- b:corrupt=->2", *over = "a:missing=1>- b:corrupt=3>2";
	const char *swapped = "a:changed=1>3 b:corrupt=3>2";
	expect_renamed(gone, "old -", 1);
	expect_renamed(over, "old old", 1);
	expect_renamed(swapped, "old old", 1);
	accept_also("missing:b,corrupt:a,changed:b,new");
	expect_renamed(gone, "old -", 1);
	accept_also("corrupt:b");
	expect_renamed(gone, "-,dropped new", 0);
	expect_renamed(over, "-,dropped new", 0);
	expect_renamed(swapped, "new,changed new", 0);
	/* Other words were about other things. */
	accept_nothing();
	accept_also("missing,changed,new");
	expect_renamed(gone, "old -", 1);
	expect_renamed(over, "old old", 1);
	expect_renamed(swapped, "old old", 1);
	options.append_only = true;
	expect_renamed(gone, "old -", 0);
}
END_TEST

/** As long as one of several files of one size and mtime was not accepted, no line goes. */
START_TEST(test_renewal_renamed_and_corrupt_twins)
{
	use("a:missing=1>- b:missing=2>- c:corrupt=->3 d:corrupt=->4");
	for (size_t i = 0; i < 2; i++) {
		changes.list[i].successor = &changes.list[2];
		changes.list[2 + i].from = &changes.list[i];
	}
	changes.list[2].twin = &changes.list[3];
	accept_also("corrupt:c");
	renewal_keep_renamed(&renewal);
	expect("old old new -");
	accept_also("corrupt:d");
	changes.list[0].kept = changes.list[1].kept = false;
	renewal_keep_renamed(&renewal);
	expect("-,dropped -,dropped new new");
}
END_TEST

/** The line of a file that was corrupt and is gone stays, unless that was meant, or it was found. */
START_TEST(test_renewal_corrupt_and_gone)
{
	use("a:missing=1>- b:missing=2>- c:left=3>-");
	for (size_t i = 0; i < 3; i++)
		changes.old[i].annotation.suspect = true;
	accept_also("missing:b");
	renewal_keep_renamed(&renewal);
	expect("old - -");
	ck_assert_uint_eq(renewal.kept[RENEWAL_RENAMED], 1);
}
END_TEST

/** The contents of b are in a, which keeps the line that it had. */
START_TEST(test_renewal_last_line_with_a_digest)
{
	expect_last("a:corrupt=1>2 b:missing=2>-", "old old", 1);
	expect_last("a:corrupt=1>2 b:left=2>-", "old old", 1);
	expect_last("a:corrupt=1>2 b:changed=2>3", "old old", 1);
	expect_last("a:corrupt=1>2 b:copied=2>3", "old old", 1);
	expect_last("a:missing=2>- b:corrupt=1>2 c:missing=2>-", "old old old", 2);
	expect_last("", "", 0);
}
END_TEST

/** Their contents are in no file, or in one whose line says so. */
START_TEST(test_renewal_not_the_last)
{
	expect_last("a:changed=1>2 b:missing=2>-", "new,changed -,dropped", 0);
	expect_last("a:corrupt=1>3 b:missing=2>-", "old -,dropped", 0);
	expect_last("a:unreadable=1>! b:missing=2>-", "old -,dropped", 0);
	expect_last("a:outside=1>- b:missing=1>-", "old -,dropped", 0);
	expect_last("a:corrupt=1>2 b:missing=2>- c:moved=->2", "old -,dropped new", 0);
	expect_last("a:corrupt=1>2 b:missing=2>- c:outside=2>-", "old -,dropped old", 0);
	expect_last("a:corrupt=1>2 b:missing=2>- c:same=2>2", "old -,dropped new", 0);
	/* Of two files with these contents, one keeps its line. */
	expect_last("a:corrupt=1>2 b:corrupt=3>2 c:missing=2>- d:same*=2>2",
		"old old -,dropped old", 0);
}
END_TEST

/** No contents are none that could be lost. */
START_TEST(test_renewal_empty_file)
{
	expect_last("a:corrupt=1>0 b:missing=0>-", "old -,dropped", 0);
}
END_TEST

/** A line that is kept may have been the only one whose file had the contents of a third one. */
START_TEST(test_renewal_last_lines_in_a_chain)
{
	expect_last("a:corrupt=1>2 b:changed=2>3 c:missing=3>-", "old old old", 2);
	expect_last("a:missing=5>- b:changed=4>5 c:changed=3>4 d:changed=2>3 e:corrupt=1>2",
		"old old old old old", 4);
	expect_last("a:corrupt=1>2 b:changed=2>3 c:missing=3>- d:copied=->3",
		"old old -,dropped new", 1);
}
END_TEST

START_TEST(test_renewal_last_line_was_meant)
{
	accept_also("missing:b,changed:c,corrupt:d");
	expect_last("a:corrupt=1>2 b:missing=2>-", "old -", 0);
	expect_last("a:corrupt=1>2 c:missing=2>-", "old old", 1);
	expect_last("a:corrupt=1>2 c:changed=2>3", "old new", 0);
	expect_last("a:corrupt=1>2 b:changed=2>3", "old old", 1);
	expect_last("a:corrupt=1>2 c:left=2>-", "old -", 0);
	expect_last("a:corrupt=1>2 c:copied=2>3", "old new", 0);
	/* It takes the new line of d, whose digest is lost then. */
	expect_last("a:corrupt=1>2 d:corrupt=2>3", "old new", 0);
	/* The file itself gets the new line. */
	expect_last("d:corrupt=1>2 a:missing=2>-", "new -,dropped", 0);
}
END_TEST

START_TEST(test_renewal_last_after_missing_were_kept)
{
	use("a:corrupt=1>2 b:missing=2>- c:changed=2>3");
	renewal_keep_missing(&renewal, RENEWAL_UNREAD);
	ck_assert_int_eq(renewal_keep_last(&renewal), 0);
	expect("old old new,changed");
	ck_assert_uint_eq(renewal.kept[RENEWAL_LAST], 0);
	ck_assert_uint_eq(renewal.kept[RENEWAL_UNREAD], 1);
}
END_TEST

START_TEST(test_renewal_append_only_keeps_all)
{
	options.append_only = true;
	expect_last("a:changed=1>2 b:missing=2>- c:left=2>- d:copied=3>2", "old old old old", 0);
}
END_TEST

/** Digests are as long as the algorithm says. */
START_TEST(test_renewal_short_digests)
{
	options.algorithms = digest_set_of(digest_find("sha256"));
	changes.digest_size = 32;
	expect_last("a:corrupt=1>2 b:missing=2>-", "old old", 1);
	expect_last("a:corrupt=1>2 b:missing=2>- c:new=->2", "old -,dropped new", 0);
	expect_last("a:same*=2>2 b:changed=2>3", "old new,changed", 0);
}
END_TEST

/** Each is found among many, whatever the order. */
START_TEST(test_renewal_last_of_many)
{
	for (unsigned count = 1; count <= 40; count++) {
		use("");
		for (unsigned i = 0; i < count; i++)
			changes_add(&changes, "a%u:corrupt=z>%c", i, (char)('A' + i * 7 % 41));
		for (unsigned i = 0; i < count; i++)
			changes_add(&changes, "b%u:missing=%c>-", i, (char)('A' + i * 7 % 41));
		ck_assert_int_eq(renewal_keep_last(&renewal), 0);
		ck_assert_uint_eq(renewal.kept[RENEWAL_LAST], count);
		ck_assert(!renewal_drops_any(&renewal));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("renewal");
	TCase *tests = tcase_create("renewal");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_renewal_of_each_word);
	tcase_add_test(tests, test_renewal_append_only);
	tcase_add_test(tests, test_renewal_kept);
	tcase_add_test(tests, test_renewal_accept);
	tcase_add_test(tests, test_renewal_keep_missing);
	tcase_add_test(tests, test_renewal_keep_missed);
	tcase_add_test(tests, test_renewal_renamed_and_corrupt);
	tcase_add_test(tests, test_renewal_renamed_and_corrupt_twins);
	tcase_add_test(tests, test_renewal_corrupt_and_gone);
	tcase_add_test(tests, test_renewal_last_line_with_a_digest);
	tcase_add_test(tests, test_renewal_not_the_last);
	tcase_add_test(tests, test_renewal_empty_file);
	tcase_add_test(tests, test_renewal_last_lines_in_a_chain);
	tcase_add_test(tests, test_renewal_last_line_was_meant);
	tcase_add_test(tests, test_renewal_last_after_missing_were_kept);
	tcase_add_test(tests, test_renewal_append_only_keeps_all);
	tcase_add_test(tests, test_renewal_short_digests);
	tcase_add_test(tests, test_renewal_last_of_many);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
