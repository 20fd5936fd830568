/*
 * What a walk of walk/nftw.h found, and assertions on it.
 */
#ifndef TESTS_NFTW_RECORD_H
#define TESTS_NFTW_RECORD_H

#include "walk/nftw.h"

#include "leaks.h"
#include "quickly.h"
#include "scratch.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

struct found {
	char *path;
	enum nftw_type type;
	int error;
	size_t level;
	size_t base;
	struct stat stat;
};

/** All that was found; only one walk is recorded at a time, as the C library's gives no context. */
static struct record {
	struct found *found;
	size_t count;
	size_t size;
} record;

static inline void record_add(const char *path, enum nftw_type type, int error, size_t level,
	size_t base, const struct stat *stat)
{
	if (record.count == record.size) {
		record.size = record.size ? 2 * record.size : 256;
		record.found = reallocarray(record.found, record.size, sizeof(struct found));
		check_quickly(record.found);
	}
	record.found[record.count] = (struct found){
		.type = type, .error = error, .level = level, .base = base, .stat = *stat};
	record.found[record.count].path = strdup(path);
	check_quickly(record.found[record.count++].path);
}

static inline void record_clear(struct record *old)
{
	for (size_t i = 0; i < old->count; i++)
		free(old->found[i].path);
	free(old->found);
	*old = (struct record){0};
}

static inline void assert_contract(const struct nftw_entry *entry)
{
	check_quickly(strlen(entry->path) == entry->length);
	check_quickly(entry->base <= entry->length);
	if (entry->level > 0) {
		check_quickly(entry->path[entry->base - 1] == '/');
		check_quickly(!strchr(entry->path + entry->base, '/'));
	}
	check_quickly((entry->error != 0) == (entry->type == NFTW_DNR || entry->type == NFTW_NS));
	switch (entry->type) {
	case NFTW_D:
	case NFTW_DNR:
	case NFTW_MOUNT:
		check_quickly(S_ISDIR(entry->stat->st_mode));
		break;
	case NFTW_SL:
		check_quickly(S_ISLNK(entry->stat->st_mode));
		break;
	case NFTW_F:
		check_quickly(!S_ISDIR(entry->stat->st_mode) && !S_ISLNK(entry->stat->st_mode));
		break;
	case NFTW_NS:
		ck_assert_uint_eq(entry->stat->st_mode, 0);
		ck_assert_uint_eq(entry->stat->st_ino, 0);
		break;
	case NFTW_EXCLUDED:
		ck_abort_msg("the walk excludes nothing");
	}
}

/** What is done to the tree when a path is visited. */
struct deed {
	const char *path;
	enum nftw_type type;
	void (*act)(void);
	bool done;
};

static inline int visit(const struct nftw_entry *entry, void *context)
{
	struct deed *deed = context;

	assert_contract(entry);
	record_add(entry->path, entry->type, entry->error, entry->level, entry->base, entry->stat);
	if (deed && deed->type == entry->type && strcmp(deed->path, entry->path) == 0) {
		ck_assert_msg(!deed->done, "%s came twice", deed->path);
		deed->done = true;
		deed->act();
	}
	return 0;
}

static inline void walk_by(const char *root, struct nftw_options options, struct deed *deed)
{
	options.sorted = true;
	record_clear(&record);
	ck_assert_int_eq(nftw_walk(root, &options, visit, deed), 0);
	ck_assert(!deed || deed->done);
}

static inline void walk_with(const char *root, unsigned descriptors, struct deed *deed)
{
	walk_by(root, (struct nftw_options){.descriptors = descriptors}, deed);
}

static inline void walk(const char *root)
{
	walk_with(root, 0, NULL);
}

static const struct found *next_found;

/** The next thing that was found is this. */
static inline void assert_next(const char *path, enum nftw_type type, int error)
{
	ck_assert_msg(next_found < record.found + record.count, "nothing came for %s", path);
	ck_assert_str_eq(next_found->path, path);
	ck_assert_msg(next_found->type == type && next_found->error == error, "%s: %d, %s", path,
		(int)next_found->type, strerror(next_found->error));
	next_found++;
}

static inline void assert_first(const char *path, enum nftw_type type, int error)
{
	next_found = record.found;
	assert_next(path, type, error);
}

static inline void assert_no_more(void)
{
	ck_assert_msg(next_found == record.found + record.count, "%s came too", next_found->path);
}

/** Leave so many descriptors to the process. */
static inline void limit_descriptors(rlim_t left)
{
	int lowest = dup(0);
	struct rlimit limit = {(rlim_t)lowest + left, (rlim_t)lowest + left};

	ck_assert_int_ge(lowest, 0);
	close(lowest);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static inline void record_enter(void)
{
	leaks_setup();
	scratch_enter();
}

static inline void record_leave(void)
{
	record_clear(&record);
	leaks_teardown();
}

static inline TCase *record_case(Suite *suite, const char *name)
{
	TCase *tests = tcase_create(name);

	tcase_set_timeout(tests, 120);
	tcase_add_unchecked_fixture(tests, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(tests, record_enter, record_leave);
	suite_add_tcase(suite, tests);
	return tests;
}

#endif
