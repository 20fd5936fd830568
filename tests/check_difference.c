/*
 * Both sides are written as words such as "a=1" (the file a with the contents 1, 0 for empty),
 * a@2.5=1 (annotated, with mtime 2.5 s), a@2/3=1 (and ctime 3 s), a@2/-=1 and a@2/--=1 (as these
 * stand in annotations), "a=!" (it cannot be read), in the order of their names.
 */
#include "manifest/difference.h"
#include "manifest/renamed_corrupt.h"
#include "suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 16

struct side {
	char text[256];
	unsigned char digests[MOST][64];
	struct record records[MOST];
	size_t count;
};

static const struct digest_algorithm *algorithm;
static unsigned char empty[64];

static void setup(void)
{
	algorithm = digest_find("sha512");
	struct digest *digest = digest_new(algorithm);
	ck_assert_int_eq(digest_start(digest), 0);
	ck_assert_int_eq(digest_finish(digest, empty), 0);
	digest_free(digest);
}

/** Parse seconds. */
static struct timespec parse_time(const char *text)
{
	char *fraction;
	struct timespec time = {.tv_sec = strtol(text, &fraction, 10)};
	for (long unit = 100000000; *fraction == '.' && fraction[1] >= '0' && fraction[1] <= '9';
		unit /= 10) {
		time.tv_nsec += unit * (fraction[1] - '0');
		*++fraction = '.';
	}
	return time;
}

static void parse_file(struct side *side, char *file)
{
	struct record *record = &side->records[side->count];
	char *contents = strchr(file, '=');
	char *mtime = strchr(file, '@');
	*contents++ = '\0';
	if (mtime) {
		*mtime++ = '\0';
		char *ctime = strchr(mtime, '/');
		record->annotated = true;
		record->annotation.settled = !ctime || ctime[1] != '-';
		record->annotation.young = ctime && ctime[1] == '-' && ctime[2] == '-';
		if (ctime && record->annotation.settled)
			record->annotation.ctime = parse_time(ctime + 1);
		record->annotation.mtime = parse_time(mtime);
		record->annotation.size = strlen(contents);
	}
	unsigned char *digest = side->digests[side->count++];
	if (*contents == '0')
		memcpy(digest, empty, 64);
	else
		memset(digest, *contents, 64);
	record->name = record->key = file;
	record->name_size = record->key_size = (uint32_t)strlen(file);
	record->digest = *contents == '!' ? NULL : digest;
}

static void parse(struct side *side, const char *text)
{
	*side = (struct side){0};
	strcpy(side->text, text);
	char *rest = side->text, *file;
	while ((file = strsep(&rest, " "))) {
		if (*file)
			parse_file(side, file);
	}
}

/** Of what begins with u nothing is known, what begins with x lies outside. */
static enum difference_word explain(void *context, const struct record *old)
{
	(void)context;
	return old->key[0] == 'u'    ? DIFFERENCE_UNREADABLE
		: old->key[0] == 'x' ? DIFFERENCE_OUTSIDE
				     : DIFFERENCE_MISSING;
}

/** Whether both sides are manifests. */
static bool manifests;

/** Whether to look for files that were renamed and are corrupt. */
static bool renamed;

/** Whether old lines are those of files that were corrupt before. */
static bool suspect;

static void expect(const char *before, const char *now, const char *expected)
{
	static const char *const remarks[DIFFERENCE_REMARKS] = {"", "(ctime)", "(mtime)", "(form)"};
	static const char *const words[DIFFERENCE_WORDS] = {"same", "changed", "corrupt", "new",
		"missing", "moved", "copied", "unreadable", "unread", "outside", "left"};
	static struct side old, new;
	struct differences differences;
	char found[512] = "";
	parse(&old, before);
	parse(&new, now);
	for (size_t i = 0; i < old.count; i++)
		old.records[i].annotation.suspect = suspect;
	const struct difference_search search = {
		.old = {.records = old.records, .count = old.count},
		.new = {.records = new.records, .count = new.count, .absent = explain},
		.algorithm = algorithm,
		.alike = manifests,
	};
	ck_assert_int_eq(differences_find(&search, &differences), 0);
	if (renamed)
		ck_assert_int_eq(renamed_corrupt_find(&differences, algorithm->size), 0);
	for (size_t i = 0; i < differences.count; i++) {
		const struct difference *difference = &differences.list[i];
		const struct record *record = difference->new ? difference->new : difference->old;
		sprintf(found + strlen(found), "%s%s:%s%s", i ? " " : "", record->name,
			words[difference->word], difference->from ? ":" : "");
		if (difference->from)
			strcat(found, difference->from->old->name);
		if (difference->successor)
			strcat(strcat(found, ">"), difference->successor->new->name);
		strcat(found, remarks[difference->remark]);
	}
	ck_assert_str_eq(found, expected);
	differences_free(&differences);
}

START_TEST(test_difference_words)
{
	expect("", "", "");
	expect("a=1", "a=1", "a:same");
	expect("", "a=1", "a:new");
	expect("a=1", "", "a:missing");
	expect("a=1", "a=2", "a:changed");
	expect("a=1 c=1", "a=1 b=2 c=1", "a:same b:new c:same");
	expect("a=1", "a=!", "a:unreadable");
	expect("", "a=!", "a:unreadable");
	expect("a=1 b=1", "a@5=! b=!", "a:unread b:unreadable");
	expect("u=1 x=1", "", "u:unreadable x:outside");
	expect("a=1 a/b=2", "a/b=2 a0=1", "a:left a/b:same a0:moved:a");
}
END_TEST

START_TEST(test_difference_corrupt_needs_the_same_mtime_on_both_sides)
{
	expect("a@5=1", "a@5=2", "a:corrupt");
	expect("a@5=1", "a@5=22", "a:corrupt");
	expect("a@5=1", "a@5=0", "a:corrupt");
	expect("a@5=1", "a@6=2", "a:changed");
	expect("a=1", "a@5=2", "a:changed");
	expect("a@5=1", "a=2", "a:changed");
	expect("a@5=1", "a@6=1", "a:same");
}
END_TEST

/** In either direction one mtime may be the other cut to what a coarser file system keeps. */
START_TEST(test_difference_corrupt_on_coarser_file_systems)
{
	static const struct {
		const char *fine;
		const char *coarse;
		bool same;
	} times[] = {
		{"5.123456789", "5.1234567", true},
		{"5.123456789", "5.123456", true},
		{"5.123456789", "5.123", true},
		{"5.123456789", "5.12", true},
		{"5.123456789", "5", true},
		{"5.123456789", "4", true},
		{"4.123456789", "4", true},
		{"-1.5", "-2", true},
		{"5", "4", true},
		{"5.123456789", "5.12345678", false},
		{"5.123456789", "5.1234568", false},
		{"5.123456789", "5.12345", false},
		{"5.123456789", "5.1234", false},
		{"5.123456789", "5.1", false},
		{"5.123456789", "5.13", false},
		{"5.123456789", "6", false},
		{"5.123456789", "3", false},
		{"6.123456789", "5", false},
		{"6.123456789", "4", false},
		{"5.123456789", "4.1", false},
		{"5.123456789", "4.123456789", false},
	};
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		const char *word = times[i].same ? "a:corrupt" : "a:changed";
		char fine[64], coarse[64];
		snprintf(fine, sizeof(fine), "a@%s=1", times[i].fine);
		snprintf(coarse, sizeof(coarse), "a@%s=2", times[i].coarse);
		expect(fine, coarse, word);
		expect(coarse, fine, word);
	}
}
END_TEST

/** What may have been written within the clock's grain, or has a constant mtime, proves nothing. */
START_TEST(test_difference_mtime_proves_nothing)
{
	expect("a@5/--=1", "a@5/7=2", "a:changed");
	expect("a@5/-=1", "a@5/7=2", "a:corrupt");
	for (int mtime = 0; mtime < 2; mtime++) {
		char before[32], same[32], other[32];
		snprintf(before, sizeof(before), "a@%d/5=1", mtime);
		snprintf(same, sizeof(same), "a@%d/5=2", mtime);
		snprintf(other, sizeof(other), "a@%d/6=2", mtime);
		expect(before, same, "a:corrupt");
		expect(before, other, "a:changed");
		snprintf(before, sizeof(before), "a@%d/-=1", mtime);
		expect(before, same, "a:changed");
	}
	expect("a@2/5=1", "a@2/6=2", "a:corrupt(ctime)");
	expect("a@-1/5=1", "a@-1/6=2", "a:corrupt(ctime)");
}
END_TEST

START_TEST(test_difference_ctime_differs)
{
	expect("a@5/7=1", "a@5/7=2", "a:corrupt");
	expect("a@5/7=1", "a@5/7.1=2", "a:corrupt(ctime)");
	/* Of a ctime that was not kept nothing can be said, nor of a copy. */
	expect("a@5/-=1", "a@5/8=2", "a:corrupt");
	expect("a@5.5/7=1", "a@5/8=2", "a:corrupt");
	expect("a@5/7=1 b@5/7=2", "a@5/8=2 b@5/8=1", "a:moved:b b:moved:a");
}
END_TEST

/** Of two manifests neither is the one that was just read. */
START_TEST(test_difference_of_manifests)
{
	manifests = true;
	expect("a@5/7=1 b=1", "a@5/7=2 b=2", "a:changed(mtime) b:changed");
	expect("a@5.5/7=1", "a@5/-=2", "a:changed(mtime)");
	expect("a@5/7=1", "a@6/7=2", "a:changed");
	manifests = false;
}
END_TEST

START_TEST(test_difference_moved_and_copied)
{
	expect("a=1", "b=1", "a:left b:moved:a");
	expect("b=1", "a=1", "a:moved:b b:left");
	expect("a=1", "a=1 b=1", "a:same b:copied:a");
	expect("a=1", "a=1 b=1 c=1", "a:same b:copied:a c:copied:a");
	/* Once gone, it can be taken once. */
	expect("a=1", "b=1 c=1", "a:left b:moved:a c:new");
	expect("u=1", "b=1", "b:new u:unreadable");
	expect("x=1", "b=1", "b:new x:outside");
}
END_TEST

START_TEST(test_difference_of_equal_files)
{
	/* One of two equal files was moved. */
	expect("a=1 b=1", "a=1 c=1", "a:same b:left c:moved:b");
	expect("a=1 b=1", "b=1 c=1", "a:left b:same c:moved:a");
	expect("a=1 b=1", "c=1 d=1", "a:left b:left c:moved:a d:moved:b");
	expect("a=1 b=1", "a=1 b=1 c=1 d=1 e=1", "a:same b:same c:copied:a d:copied:b e:copied:b");
	/* Gone before those still there. */
	expect("a=1 b=1", "a=1 c=1 d=1", "a:same b:left c:moved:b d:copied:a");
}
END_TEST

START_TEST(test_difference_empty_files_are_never_moved)
{
	expect("a=0", "b=0", "a:missing b:new");
	expect("a=0", "a=0 b=0", "a:same b:new");
	expect("a=0", "a=1", "a:changed");
	expect("a=1", "a=0", "a:changed");
}
END_TEST

START_TEST(test_difference_swap_and_chain)
{
	expect("a=1 b=2", "a=2 b=1", "a:moved:b b:moved:a");
	expect("a=1 b=2 c=3", "a=3 b=1 c=2", "a:moved:c b:moved:a c:moved:b");
	/* mv b c; mv a b */
	expect("a=1 b=2", "b=1 c=2", "a:left b:moved:a c:moved:b");
	/* The same, and a new a. */
	expect("a=1 b=2", "a=3 b=1 c=2", "a:changed b:copied:a c:moved:b");
}
END_TEST

START_TEST(test_difference_a_loss_is_not_hidden_by_a_move)
{
	/* mv a b */
	expect("a=1 b=2", "b=1", "a:missing b:changed");
	/* mv b c; mv a b, over a c that was there */
	expect("a=1 b=2 c=3", "b=1 c=2", "a:missing b:changed c:changed");
	/* But new names have taken theirs before. */
	expect("a=1 b=2", "b=1 c=1", "a:left b:changed c:moved:a");
}
END_TEST

START_TEST(test_difference_old_contents_under_a_new_name)
{
	/* cp a b; edit a */
	expect("a=1", "a=2 b=1", "a:changed b:copied:a");
	expect("a@5=1", "a@5=2 b=1", "a:corrupt b:copied:a");
	/* cp a b, over a b that was there */
	expect("a=1 b=2", "a=1 b=1", "a:same b:changed");
	/* They look corrupt, and have changed places. */
	expect("a@5=1 b@5=2", "a@5=2 b@5=1", "a:moved:b b:moved:a");
	expect("a@5=1 b@5=2", "b@5=1", "a:missing b:corrupt");
	expect("a@5=1 b@5=2", "b@5=1 c@5=2", "a:left b:moved:a c:moved:b");
}
END_TEST

static void look_for_renamed(void)
{
	renamed = true;
}

/** Behind ">" is the successor of a line. */
START_TEST(test_renamed_corrupt)
{
	expect("a@5.123456789=11", "b@5.123456789=22", "a:missing>b b:corrupt:a");
	expect("b@5=11", "a@5=22", "a:corrupt:b b:missing>a");
	/* Renamed over another file. */
	expect("a@5=11 b@6=22", "b@5=33", "a:missing>b b:corrupt:a");
	/* Exchanged, and one of the two is damaged. */
	expect("a@5=11 b@6=22", "a@6=22 b@5=33", "a:changed>b b:corrupt:a");
	/* In a chain the others have moved. */
	expect("a@5=11 b@6=22", "b@5=33 c@6=22", "a:missing>b b:corrupt:a c:copied:b");
	/* Of what was moved as a whole, one file is damaged. */
	expect("a/1@5=11 a/2@5=22 a/3@5=33", "b/1@5=11 b/2@5=44 b/3@5=33",
		"a/1:left a/2:missing>b/2 a/3:left b/1:moved:a/1 b/2:corrupt:a/2 b/3:moved:a/3");
	/* Not seen, as it lies elsewhere or cannot be read. */
	expect("ua@5=11 xb@6=22", "c@5=33 d@6=44",
		"c:corrupt:ua d:corrupt:xb ua:unreadable>c xb:outside>d");
}
END_TEST

START_TEST(test_renamed_corrupt_needs_size_and_mtime)
{
	expect("a@5=11", "b@5=222", "a:missing b:new");
	expect("a@5=11", "b@5.000000001=22", "a:missing b:new");
	/* Copied to a coarser file system: too many files have one second. */
	expect("a@5.5=11", "b@5=22", "a:missing b:new");
	expect("a=11", "b@5=22", "a:missing b:new");
	expect("a@5=11", "b=22", "a:missing b:new");
}
END_TEST

/** Empty files, times that build systems set, and what could be written without a new mtime. */
START_TEST(test_renamed_corrupt_where_mtime_proves_nothing)
{
	expect("a@0=11 b@1.5=22", "c@0=33 d@1.5=44", "a:missing b:missing c:new d:new");
	expect("a@5/--=11", "b@5=22", "a:missing b:new");
	expect("a@5/-=11", "b@5=22", "a:missing>b b:corrupt:a");
	/* Nine lines of one mtime. */
	expect("a@5=11 b@5=2 c@5=3 d@5=4 e@5=5 f@5=6 g@5=7 h@5=8",
		"b@5=2 c@5=3 d@5=4 e@5=5 f@5=6 "
		"g@5=7 h@5=8 z@5=xx",
		"a:missing>z b:same c:same d:same e:same f:same g:same h:same z:corrupt:a");
	expect("a@5=11 b@5=2 c@5=3 d@5=4 e@5=5 f@5=6 g@5=7 h@5=8 i@5=9",
		"b@5=2 c@5=3 d@5=4 e@5=5 f@5=6 g@5=7 h@5=8 i@5=9 z@5=xx",
		"a:missing b:same c:same d:same e:same f:same g:same h:same i:same z:new");
}
END_TEST

/** A line whose file is still what it was: another one of the same nanosecond is a copy of it, or a link. */
START_TEST(test_renamed_corrupt_beside_the_line)
{
	expect("a@5.5=11", "a@5.5=11 b@5.5=22", "a:same>b b:corrupt:a");
	expect("a@5=11", "a@5=11 b@5=22", "a:same b:new");
	expect("a@5.5=11", "a@5.5=22 b@5.5=33", "a:corrupt>b b:corrupt:a");
	expect("a@5=11", "a@5=22 b@5=33", "a:corrupt>b b:corrupt:a");
	expect("a@5=11 b@5=22", "a@6=33 b@5=44", "a:changed b:corrupt");
	/* The good one was moved, or copied and removed. */
	expect("a@5.5=11", "b@6=11 c@5.5=22", "a:left>c b:moved:a c:corrupt:a");
	expect("a@5.5=11 b@6.6=11", "c@5.5=22 d@6.6=11",
		"a:left>c b:missing c:corrupt:a d:moved:a");
	/* Over a file of the same mtime: its own name says already that it is corrupt. */
	expect("a@5.5=11 b@5.5=222", "b@5.5=33", "a:missing>b b:corrupt");
	/* The line of a file that is gone goes before one that stands. */
	expect("a@5.5=11 b@5.5=22", "a@5.5=11 c@5.5=33", "a:same>c b:missing>c c:corrupt:b");
}
END_TEST

/** Contents that came from a line are not looked at, nor is what was not read. */
START_TEST(test_renamed_corrupt_only_what_is_unknown)
{
	expect("a@5=11", "b@5=11", "a:left b:moved:a");
	expect("a@5.5=11 b@6=22", "b@5.5=11", "a:missing b:changed");
	expect("a@5.5=11", "b@5.5=!!", "a:missing b:unread");
}
END_TEST

/** Several of one size and mtime: no line is left without a successor. */
START_TEST(test_renamed_corrupt_several)
{
	expect("a@5=11 b@5=22", "c@5=33 d@5=44", "a:missing>c b:missing>c c:corrupt:a d:corrupt:a");
	expect("a@5=11 b@5=22", "c@5=33", "a:missing>c b:missing>c c:corrupt:a");
	expect("a@5=11", "c@5=33 d@5=44", "a:missing>c c:corrupt:a d:corrupt:a");
	expect("a@5=11 b@6=22 c@5=555", "d@6=33 e@5=666 f@5=44",
		"a:missing>f b:missing>d c:missing>e d:corrupt:b e:corrupt:c f:corrupt:a");
}
END_TEST

/** What was corrupt before stays so, whatever its times are now. */
START_TEST(test_difference_suspect)
{
	suspect = true;
	expect("a@5=11", "a@6=22", "a:corrupt");
	expect("a@0=11", "a@0/7=22", "a:corrupt(ctime)");
	expect("a@5/--=11", "a@5=22", "a:corrupt");
	expect("a@5=11", "a@6=11", "a:same");
	expect("a@5=11", "b@6=11", "a:left b:moved:a");
	manifests = true;
	expect("a@5=11", "a@6=22", "a:changed");
	manifests = suspect = false;
}
END_TEST

/** Many targets and sources: against the rule, said in the simplest way. */
START_TEST(test_difference_many)
{
	enum {
		COUNT = 50000
	};
	struct record *old = calloc(COUNT, sizeof(*old)), *new = calloc(COUNT, sizeof(*new));
	unsigned char(*digests)[64] = calloc(COUNT, sizeof(*digests));
	char(*names)[16] = calloc(2 * COUNT, sizeof(*names));
	for (int i = 0; i < COUNT; i++) {
		sprintf(names[i], "a%08d", i);
		sprintf(names[COUNT + i], "b%08d", i);
		memcpy(digests[i] + 8, &i, sizeof(i));
		old[i] = (struct record){names[i], names[i], 9, 9, digests[i], false, {0}, false};
		new[i] = (struct record){
			names[COUNT + i], names[COUNT + i], 9, 9, digests[i], false, {0}, false};
		memset(digests[i], i & 0xff, 2);
		memset(digests[i] + 2, i >> 8, 2);
	}
	const struct difference_search search = {
		.old = {old, COUNT}, .new = {new, COUNT}, .algorithm = algorithm};
	struct differences differences;
	ck_assert_int_eq(differences_find(&search, &differences), 0);
	ck_assert_uint_eq(differences.count, 2 * COUNT);
	for (int i = 0; i < COUNT; i++) {
		ck_assert_int_eq(differences.list[i].word, DIFFERENCE_LEFT);
		ck_assert_int_eq(differences.list[COUNT + i].word, DIFFERENCE_MOVED);
		ck_assert_ptr_eq(differences.list[COUNT + i].from, &differences.list[i]);
	}
	differences_free(&differences);
	free(old);
	free(new);
	free(digests);
	free(names);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("difference");
	TCase *tests = tcase_create("difference");
	tcase_add_unchecked_fixture(tests, setup, NULL);
	tcase_add_test(tests, test_difference_words);
	tcase_add_test(tests, test_difference_corrupt_needs_the_same_mtime_on_both_sides);
	tcase_add_test(tests, test_difference_corrupt_on_coarser_file_systems);
	tcase_add_test(tests, test_difference_mtime_proves_nothing);
	tcase_add_test(tests, test_difference_ctime_differs);
	tcase_add_test(tests, test_difference_suspect);
	tcase_add_test(tests, test_difference_of_manifests);
	tcase_add_test(tests, test_difference_moved_and_copied);
	tcase_add_test(tests, test_difference_of_equal_files);
	tcase_add_test(tests, test_difference_empty_files_are_never_moved);
	tcase_add_test(tests, test_difference_swap_and_chain);
	tcase_add_test(tests, test_difference_a_loss_is_not_hidden_by_a_move);
	tcase_add_test(tests, test_difference_old_contents_under_a_new_name);
	tcase_add_test(tests, test_difference_many);
	suite_add_tcase(suite, tests);
	TCase *renaming = tcase_create("renamed_corrupt");
	tcase_add_unchecked_fixture(renaming, setup, NULL);
	tcase_add_checked_fixture(renaming, look_for_renamed, NULL);
	tcase_add_test(renaming, test_renamed_corrupt);
	tcase_add_test(renaming, test_renamed_corrupt_needs_size_and_mtime);
	tcase_add_test(renaming, test_renamed_corrupt_where_mtime_proves_nothing);
	tcase_add_test(renaming, test_renamed_corrupt_beside_the_line);
	tcase_add_test(renaming, test_renamed_corrupt_only_what_is_unknown);
	tcase_add_test(renaming, test_renamed_corrupt_several);
	suite_add_tcase(suite, renaming);
	return suite_run(suite);
}
