/*
 * manifest/digest_cache: a digest is kept together with the state in which it was taken.
 */
#include "manifest/digest_cache.h"
#include "quickly.h"
#include "scratch.h"
#include "suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct digest_cache *cache;

static void setup(void)
{
	cache = digest_cache_new(8, false);
	ck_assert_ptr_nonnull(cache);
}

static void teardown(void)
{
	digest_cache_free(cache);
	digest_cache_free(NULL);
}

static const unsigned char digest[64] = {1, 2, 3};
static const unsigned char other_digest[64] = {4, 5, 6};

static const struct stamp state = {
	.device = 1,
	.inode = 2,
	.size = 10,
	.mtime = {100, 1},
	.ctime = {200, 2},
};

/** A record of that state. */
static struct record record_of(const char *key)
{
	return (struct record){
		.name = key,
		.key = key,
		.name_size = (uint32_t)strlen(key),
		.key_size = (uint32_t)strlen(key),
		.digest = digest,
		.annotated = true,
		.annotation = {.size = state.size,
			.mtime = state.mtime,
			.ctime = state.ctime,
			.settled = true},
	};
}

/** The digest of a key, which must hold for the stamp `expected`, or NULL. Valid until the next
 * call. */
static const unsigned char *digest_of(const char *key, size_t size, const struct stamp *expected)
{
	static struct digest_cache_entry entry;
	if (!digest_cache_find(cache, key, size, &entry))
		return NULL;
	check_quickly(entry.stamp.size == expected->size);
	check_quickly(stamp_same_time(&entry.stamp.mtime, &expected->mtime));
	check_quickly(stamp_same_time(&entry.stamp.ctime, &expected->ctime));
	check_quickly(!entry.journaled);
	return entry.digest;
}

START_TEST(test_digest_cache_digest_and_stamp)
{
	struct record record = record_of("a/b");
	ck_assert_ptr_null(digest_of("a/b", 3, &state));
	ck_assert_int_eq(digest_cache_add(cache, &record), 0);
	ck_assert_mem_eq(digest_of("a/b", 3, &state), digest, 8);
	ck_assert_mem_eq(digest_of("a/bc", 3, &state), digest, 8);
	ck_assert_ptr_null(digest_of("a/bc", 4, &state));
	ck_assert_ptr_null(digest_of("a/", 2, &state));
	ck_assert_ptr_null(digest_of("a/c", 3, &state));
	ck_assert_ptr_null(digest_of("", 0, &state));
}
END_TEST

START_TEST(test_digest_cache_takes_what_is_of_use)
{
	struct record bare = record_of("bare");
	bare.annotated = false;
	struct record unsettled = record_of("unsettled");
	unsettled.annotation.settled = false;
	struct record unread = record_of("unread");
	unread.digest = NULL;
	struct record corrupt = record_of("corrupt");
	corrupt.annotation.suspect = true;
	ck_assert_int_eq(digest_cache_add(cache, &bare), 0);
	ck_assert_int_eq(digest_cache_add(cache, &unsettled), 0);
	ck_assert_int_eq(digest_cache_add(cache, &unread), 0);
	ck_assert_int_eq(digest_cache_add(cache, &corrupt), 0);
	ck_assert_ptr_null(digest_of("bare", 4, &state));
	ck_assert_ptr_null(digest_of("unsettled", 9, &state));
	ck_assert_ptr_null(digest_of("unread", 6, &state));
	ck_assert_ptr_null(digest_of("corrupt", 7, &state));
}
END_TEST

/** Then size and mtime decide, unless mtime was young. */
START_TEST(test_digest_cache_without_ctime)
{
	struct digest_cache *table = digest_cache_new(8, true);
	ck_assert_ptr_nonnull(table);
	struct record settled = record_of("settled"), copied = record_of("copied");
	struct record young = record_of("young"), bare = record_of("bare");
	bare.annotated = false;
	copied.annotation.settled = young.annotation.settled = false;
	young.annotation.young = true;
	const struct record *records[] = {&settled, &copied, &young, &bare};
	for (size_t i = 0; i < 4; i++) {
		struct digest_cache_entry entry;
		ck_assert_int_eq(digest_cache_add(table, records[i]), 0);
		bool found =
			digest_cache_find(table, records[i]->key, records[i]->key_size, &entry);
		ck_assert_int_eq(found, i < 2);
		if (!found)
			continue;
		ck_assert_mem_eq(entry.digest, digest, 8);
		struct stamp now = state;
		now.ctime.tv_sec++;
		ck_assert(stamp_is_known(&entry.stamp, &now));
		now.mtime.tv_nsec++;
		ck_assert(!stamp_is_known(&entry.stamp, &now));
	}
	digest_cache_free(table);
}
END_TEST

START_TEST(test_digest_cache_later_record_replaces)
{
	struct record first = record_of("a"), second = record_of("a"), third = record_of("a");
	second.digest = other_digest;
	second.annotation.size++;
	third.annotation.settled = false;
	ck_assert_int_eq(digest_cache_add(cache, &first), 0);
	ck_assert_int_eq(digest_cache_add(cache, &second), 0);
	struct stamp stamp = state;
	stamp.size++;
	ck_assert_mem_eq(digest_of("a", 1, &stamp), other_digest, 8);
	ck_assert_int_eq(digest_cache_add(cache, &third), 0);
	ck_assert_ptr_null(digest_of("a", 1, &stamp));
}
END_TEST

/** All lengths, prefixes of each other, and those that differ by one NUL at the end. */
START_TEST(test_digest_cache_keys_of_all_lengths)
{
	enum {
		COUNT = 300
	};
	static const char zeros[COUNT];
	struct record *records = calloc(COUNT, sizeof(*records));
	ck_assert_ptr_nonnull(records);
	for (uint32_t i = 0; i < COUNT; i++) {
		records[i] = record_of("");
		records[i].key = zeros;
		records[i].key_size = i;
		records[i].annotation.size = i;
		ck_assert_int_eq(digest_cache_add(cache, &records[i]), 0);
	}
	struct stamp stamp = state;
	for (stamp.size = 0; stamp.size < COUNT; stamp.size++)
		ck_assert_mem_eq(digest_of(zeros, stamp.size, &stamp), digest, 8);
	free(records);
}
END_TEST

/** Many, through every growth of the table. */
START_TEST(test_digest_cache_many)
{
	enum {
		COUNT = 200000,
		NAME = 32
	};
	struct record *records = calloc(COUNT, sizeof(*records));
	char(*names)[NAME] = calloc(COUNT, NAME);
	unsigned char(*digests)[8] = calloc(COUNT, 8);
	ck_assert(records && names && digests);
	for (int i = 0; i < COUNT; i++) {
		snprintf(names[i], NAME, "tree/%d/file-%d", i % 100, i);
		records[i] = record_of(names[i]);
		memcpy(digests[i], &i, sizeof(i));
		records[i].digest = digests[i];
		ck_assert_int_eq(digest_cache_add(cache, &records[i]), 0);
	}
	for (int i = 0; i < COUNT; i++) {
		const unsigned char *found = digest_of(names[i], strlen(names[i]), &state);
		if (!found || memcmp(found, digests[i], 8) != 0)
			ck_abort_msg("%s has another digest", names[i]);
		char other[NAME];
		snprintf(other, NAME, "Tree%s", names[i] + 4);
		if (digest_of(other, strlen(other), &state))
			ck_abort_msg("%s is known", other);
	}
	free(records);
	free(names);
	free(digests);
}
END_TEST

static const struct journal_options opening = {.target = "sums", .believe = true};

static struct journal *open_journal(void)
{
	struct journal_options options = opening;
	enum journal_status status;
	options.algorithms = digest_set_of(digest_find("sha512"));
	struct journal *journal = journal_open(&options, &status);
	ck_assert_ptr_nonnull(journal);
	return journal;
}

/** The journal of an earlier run, which has read a file of that name and found that digest. */
static struct journal *journal_of(const char *key, const unsigned char *found)
{
	struct journal *journal = open_journal();
	struct journal_entry entry = {.stamp = state, .read = 1000};
	memcpy(entry.digest, found, sizeof(digest));
	ck_assert_int_eq(journal_add(journal, key, strlen(key), &entry), 0);
	ck_assert_int_eq(journal_flush(journal), 0);
	journal_free(journal);
	return open_journal();
}

/** The journal wins; what both have with one mtime and two digests is read. */
START_TEST(test_digest_cache_journal)
{
	struct record a = record_of("a"), b = record_of("b"), c = record_of("c");
	struct record corrupt = record_of("corrupt"), unsettled = record_of("unsettled");
	a.annotation.mtime.tv_sec--;
	corrupt.annotation.suspect = true;
	unsettled.annotation.settled = false;
	ck_assert_int_eq(digest_cache_add(cache, &a), 0);
	ck_assert_int_eq(digest_cache_add(cache, &b), 0);
	ck_assert_int_eq(digest_cache_add(cache, &c), 0);
	ck_assert_int_eq(digest_cache_add(cache, &corrupt), 0);
	ck_assert_int_eq(digest_cache_add(cache, &unsettled), 0);
	journal_free(journal_of("corrupt", digest));
	journal_free(journal_of("unsettled", other_digest));
	journal_free(journal_of("a", other_digest));
	journal_free(journal_of("b", other_digest));
	struct journal *journal = journal_of("d", other_digest);
	digest_cache_use(cache, journal);
	ck_assert(digest_cache_finds_any(cache));
	struct digest_cache_entry entry;
	ck_assert(digest_cache_find(cache, "a", 1, &entry));
	ck_assert(entry.journaled && entry.read == 1000 && entry.stamp.inode == 2);
	ck_assert_mem_eq(entry.digest, other_digest, 8);
	ck_assert(!digest_cache_find(cache, "b", 1, &entry));
	ck_assert(digest_cache_find(cache, "c", 1, &entry));
	ck_assert(!entry.journaled);
	ck_assert(digest_cache_find(cache, "d", 1, &entry));
	ck_assert(entry.journaled);
	/* Whatever the journal says, and though the manifest's digest is no known one either. */
	ck_assert(!digest_cache_find(cache, "corrupt", 7, &entry));
	ck_assert(!digest_cache_find(cache, "unsettled", 9, &entry));
	journal_free(journal);
}
END_TEST

/** Nor is the digest of a manifest used if the journal's cannot be read any more. */
START_TEST(test_digest_cache_journal_becomes_unreadable)
{
	struct record a = record_of("a"), b = record_of("b");
	struct digest_cache_entry entry;
	ck_assert_int_eq(digest_cache_add(cache, &a), 0);
	ck_assert_int_eq(digest_cache_add(cache, &b), 0);
	struct journal *journal = journal_of("a", digest);
	digest_cache_use(cache, journal);
	ck_assert_int_eq(truncate(journal_name(journal), JOURNAL_HEADER_SIZE), 0);
	ck_assert(digest_cache_find(cache, "b", 1, &entry));
	ck_assert(!digest_cache_find(cache, "a", 1, &entry));
	journal_free(journal);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("digest_cache");
	TCase *tcase = tcase_create("digest_cache");
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_digest_cache_digest_and_stamp);
	tcase_add_test(tcase, test_digest_cache_takes_what_is_of_use);
	tcase_add_test(tcase, test_digest_cache_without_ctime);
	tcase_add_test(tcase, test_digest_cache_later_record_replaces);
	tcase_add_test(tcase, test_digest_cache_keys_of_all_lengths);
	tcase_add_test(tcase, test_digest_cache_many);
	suite_add_tcase(suite, tcase);
	TCase *journal = tcase_create("journal");
	tcase_add_unchecked_fixture(journal, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(journal, scratch_enter, NULL);
	tcase_add_checked_fixture(journal, setup, teardown);
	tcase_add_test(journal, test_digest_cache_journal);
	tcase_add_test(journal, test_digest_cache_journal_becomes_unreadable);
	suite_add_tcase(suite, journal);
	return suite_run(suite);
}
