/*
 * shard: which shard a name belongs to, and what --shard may be.
 */
#include "shard.h"
#include "suite.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNCHANGED UINT32_C(12345)

static const struct {
	const char *text;
	uint32_t index;
	uint32_t count;
} shards[] = {
	{"1/1", 1, 1},
	{"1/4", 1, 4},
	{"4/4", 4, 4},
	{"04/016", 4, 16},
	{"4294967295/4294967295", UINT32_MAX, UINT32_MAX},
};

START_TEST(test_shard_parse)
{
	struct shard shard = {0};
	ck_assert_int_eq(shard_parse(&shard, shards[_i].text), 0);
	ck_assert_uint_eq(shard.index, shards[_i].index);
	ck_assert_uint_eq(shard.count, shards[_i].count);
}
END_TEST

static const char *const no_shards[] = {
	"",
	"/",
	"1",
	"1/",
	"/4",
	"4/",
	"0/4",
	"5/4",
	"0/0",
	"1/0",
	"a/b",
	"1/b",
	"a/4",
	"1/4/",
	"1/4/4",
	"1//4",
	" 1/4",
	"1 /4",
	"1/ 4",
	"1/4 ",
	"1/4\n",
	"+1/4",
	"1/+4",
	"-1/4",
	"1/-4",
	"1.0/4",
	"0x1/4",
	"1/4294967296",
	"4294967297/4294967297",
	"18446744073709551617/18446744073709551617",
	"Auto",
	"auto ",
	"auto/4",
};

START_TEST(test_shard_parse_refuses)
{
	struct shard shard = {UNCHANGED, UNCHANGED};
	close(STDERR_FILENO);
	ck_assert_int_eq(shard_parse(&shard, no_shards[_i]), -1);
	ck_assert_uint_eq(shard.index, UNCHANGED);
	ck_assert_uint_eq(shard.count, UNCHANGED);
}
END_TEST

/** What launchers tell: NAME=VALUE, separated by spaces. K is 0 where that is refused. */
static const struct {
	const char *environment;
	uint32_t index;
	uint32_t count;
} environments[] = {
	{"OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=4", 1, 4},
	{"PMI_RANK=3 PMI_SIZE=4", 4, 4},
	{"SLURM_PROCID=1 SLURM_NTASKS=2", 2, 2},
	{"SLURM_PROCID=0 SLURM_NTASKS=1", 1, 1},
	/* The first pair holds. */
	{"OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 PMI_RANK=3 PMI_SIZE=4 SLURM_PROCID=0 "
	 "SLURM_NTASKS=1",
		2, 2},
	{"PMI_RANK=3 PMI_SIZE=4 SLURM_PROCID=0 SLURM_NTASKS=1", 4, 4},
	/* Of an array, with several tasks in each job. */
	{"SLURM_PROCID=1 SLURM_NTASKS=2 SLURM_ARRAY_TASK_ID=7", 2, 2},
	{"", 0, 0},
	{"SLURM_ARRAY_TASK_ID=7", 0, 0},
	{"SLURM_PROCID=0 SLURM_NTASKS=1 SLURM_ARRAY_TASK_ID=7", 0, 0},
	{"PMI_RANK=0 PMI_SIZE=1 SLURM_ARRAY_TASK_ID=7", 0, 0},
	{"OMPI_COMM_WORLD_RANK=0", 0, 0},
	{"OMPI_COMM_WORLD_SIZE=4", 0, 0},
	{"PMI_RANK=0", 0, 0},
	{"PMI_SIZE=4", 0, 0},
	{"SLURM_PROCID=0", 0, 0},
	{"SLURM_NTASKS=4", 0, 0},
	/* Half a pair is no reason to look at the next one. */
	{"OMPI_COMM_WORLD_RANK=0 SLURM_PROCID=1 SLURM_NTASKS=2", 0, 0},
	{"PMI_RANK=4 PMI_SIZE=4", 0, 0},
	{"PMI_RANK=5 PMI_SIZE=4", 0, 0},
	{"PMI_RANK=0 PMI_SIZE=0", 0, 0},
	{"PMI_RANK= PMI_SIZE=4", 0, 0},
	{"PMI_RANK=0 PMI_SIZE=", 0, 0},
	{"PMI_RANK=-1 PMI_SIZE=4", 0, 0},
	{"PMI_RANK=one PMI_SIZE=4", 0, 0},
	{"PMI_RANK=0 PMI_SIZE=4x", 0, 0},
	{"PMI_RANK=0 PMI_SIZE=4294967296", 0, 0},
};

START_TEST(test_shard_parse_auto)
{
	struct shard shard = {UNCHANGED, UNCHANGED};
	char *environment = strdup(environments[_i].environment);
	clearenv();
	for (char *word = strtok(environment, " "); word; word = strtok(NULL, " "))
		ck_assert_int_eq(putenv(word), 0);
	bool refused = environments[_i].index == 0;
	close(STDERR_FILENO);
	ck_assert_int_eq(shard_parse(&shard, "auto"), refused ? -1 : 0);
	ck_assert_uint_eq(shard.index, refused ? UNCHANGED : environments[_i].index);
	ck_assert_uint_eq(shard.count, refused ? UNCHANGED : environments[_i].count);
	clearenv();
	free(environment);
}
END_TEST

/** SHA-512 of "a" begins with 1f40fc92da241694, of "abc" with ddaf35a193617aba (FIPS 180-4's example). */
static const struct {
	const char *name;
	uint64_t hash;
} names[] = {
	{"a", UINT64_C(0x1f40fc92da241694)},
	{"./a", UINT64_C(0x1f40fc92da241694)},
	{".//./a", UINT64_C(0x1f40fc92da241694)},
	{"abc", UINT64_C(0xddaf35a193617aba)},
	{".", UINT64_C(0xcf83e1357eefb8bd)},
};

START_TEST(test_shard_find)
{
	static const uint32_t counts[] = {1, 2, 3, 16, 1000, UINT32_MAX};
	struct shard_finder *finder = shard_finder_new();
	ck_assert_ptr_nonnull(finder);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		uint32_t index =
			shard_find(finder, names[_i].name, strlen(names[_i].name), counts[i]);
		ck_assert_uint_eq(index, names[_i].hash % counts[i] + 1);
	}
	shard_finder_free(finder);
}
END_TEST

/** Doubled slashes and "./" anywhere, but no other part of a name. */
START_TEST(test_shard_find_by_key)
{
	struct shard_finder *finder = shard_finder_new();
	uint32_t index = shard_find(finder, "a/b", 3, UINT32_MAX);
	ck_assert_uint_eq(shard_find(finder, "./a/./b", 7, UINT32_MAX), index);
	ck_assert_uint_eq(shard_find(finder, "a//b", 4, UINT32_MAX), index);
	ck_assert_uint_ne(shard_find(finder, "/a/b", 4, UINT32_MAX), index);
	ck_assert_uint_ne(shard_find(finder, "../a/b", 6, UINT32_MAX), index);
	/* Names longer than the room for the one before. */
	static char name[100000];
	memset(name, 'x', sizeof(name));
	ck_assert_uint_eq(shard_find(finder, name, sizeof(name), 1), 1);
	shard_finder_free(finder);
	shard_finder_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shard");
	TCase *tcase = tcase_create("shard");
	tcase_add_loop_test(tcase, test_shard_parse, 0, (int)(sizeof(shards) / sizeof(shards[0])));
	tcase_add_loop_test(tcase, test_shard_parse_refuses, 0,
		(int)(sizeof(no_shards) / sizeof(no_shards[0])));
	tcase_add_loop_test(tcase, test_shard_parse_auto, 0,
		(int)(sizeof(environments) / sizeof(environments[0])));
	tcase_add_loop_test(tcase, test_shard_find, 0, (int)(sizeof(names) / sizeof(names[0])));
	tcase_add_test(tcase, test_shard_find_by_key);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
