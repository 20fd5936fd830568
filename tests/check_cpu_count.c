/*
 * forkpool/cpu_count: affinity and quotas, of a machine that is made up: what tells of them is
 * asked for by functions that stand before the C library's here.
 */
#include "forkpool/forkpool.h"
#include "suite.h"

#include <check.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct machine {
	/** Processors in the affinity mask, or the negative errno. */
	int affinity;
	/** Bits of the kernel's own mask. */
	size_t mask_bits;
	struct {
		const char *path;
		const char *text;
	} files[5];
};

static const struct machine *machine;

FILE *fopen(const char *path, const char *mode)
{
	ck_assert_str_eq(mode, "re");
	for (size_t i = 0; machine->files[i].path; i++) {
		const char *text = machine->files[i].text;
		/* It is only read. */
		if (strcmp(machine->files[i].path, path) == 0)
			return fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	}
	errno = ENOENT;
	return NULL;
}

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
	ck_assert_int_eq(pid, 0);
	if (machine->affinity < 0 || size * 8 < machine->mask_bits) {
		errno = machine->affinity < 0 ? -machine->affinity : EINVAL;
		return -1;
	}
	CPU_ZERO_S(size, set);
	/* Not the first ones. */
	for (int i = 0; i < machine->affinity; i++)
		CPU_SET_S(machine->mask_bits - 1 - 2 * (size_t)i, size, set);
	return 0;
}

#define SIX_PROCESSORS .affinity = 6, .mask_bits = 64

static void assert_count(const struct machine *made_up, unsigned expected)
{
	machine = made_up;
	ck_assert_uint_eq(fp_cpu_count(), expected);
}

START_TEST(test_cpu_count_is_that_of_the_affinity_mask)
{
	assert_count(&(struct machine){SIX_PROCESSORS}, 6);
	/* The kernel refuses a mask that is shorter than its own. */
	assert_count(&(struct machine){.affinity = 6, .mask_bits = 8192}, 6);
	assert_count(
		&(struct machine){.affinity = -EPERM}, (unsigned)sysconf(_SC_NPROCESSORS_ONLN));
}
END_TEST

/** Contents of cpu.max, and how many of six processors they leave. */
static const struct {
	const char *text;
	unsigned count;
} quotas[] = {
	{"200000 100000\n", 2},
	{"max 100000\n", 6},
	/* A part of one counts as one. */
	{"200001 100000\n", 3},
	{"1000 100000\n", 1},
	{"599999 100000\n", 6},
	{"1200000 100000\n", 6},
	/* Nonsense is no limit. */
	{"4294967298 1\n", 6},
	{"0 100000\n", 6},
	{"-1 100000\n", 6},
	{"100000\n", 6},
	{"\n", 6},
};

START_TEST(test_cpu_count_by_the_quota_of_the_cgroup)
{
	const struct machine made_up = {SIX_PROCESSORS,
		.files = {{"/proc/self/cgroup", "0::/user/shell\n"},
			{"/sys/fs/cgroup/user/shell/cpu.max", quotas[_i].text}}};
	assert_count(&made_up, quotas[_i].count);
}
END_TEST

START_TEST(test_cpu_count_by_the_smallest_quota_of_those_above)
{
	assert_count(&(struct machine){SIX_PROCESSORS,
			     .files = {{"/proc/self/cgroup", "0::/user/shell\n"},
				     {"/sys/fs/cgroup/user/shell/cpu.max", "max 100000\n"},
				     {"/sys/fs/cgroup/user/cpu.max", "300000 100000\n"},
				     {"/sys/fs/cgroup/cpu.max", "400000 100000\n"}}},
		3);
	/* Inside a container its own group is where the others are mounted. */
	assert_count(&(struct machine){SIX_PROCESSORS,
			     .files = {{"/proc/self/cgroup", "0::/\n"},
				     {"/sys/fs/cgroup/cpu.max", "400000 100000\n"}}},
		4);
}
END_TEST

START_TEST(test_cpu_count_by_the_quota_of_version_1)
{
	assert_count(&(struct machine){SIX_PROCESSORS,
			     .files = {{"/proc/self/cgroup",
					       "7:cpuset:/set\n4:cpu,cpuacct:/box\n0::/\n"},
				     {"/sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "150000\n"},
				     {"/sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "50000\n"}}},
		3);
	assert_count(&(struct machine){SIX_PROCESSORS,
			     .files = {{"/proc/self/cgroup", "4:cpuacct,cpu:/box\n"},
				     {"/sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "-1\n"},
				     {"/sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n"}}},
		6);
	/* Without its period a quota says nothing. */
	assert_count(&(struct machine){SIX_PROCESSORS,
			     .files = {{"/proc/self/cgroup", "4:cpu:/box\n"},
				     {"/sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "100000\n"}}},
		6);
	/* The smaller one, where there are both. */
	assert_count(&(struct machine){SIX_PROCESSORS,
			     .files = {{"/proc/self/cgroup", "4:cpu:/box\n0::/box\n"},
				     {"/sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "500000\n"},
				     {"/sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n"},
				     {"/sys/fs/cgroup/box/cpu.max", "200000 100000\n"}}},
		2);
}
END_TEST

/** Lines of /proc/self/cgroup that tell of no group with a quota for processors. */
static const char *const no_groups[] = {
	"4:cpuset,cpuacct:/box\n", "4:xcpu:/box\n", "nonsense\n", "4:cpu\n", "\n", ""};

START_TEST(test_cpu_count_by_no_other_quota)
{
	const struct machine made_up = {SIX_PROCESSORS,
		.files = {{"/proc/self/cgroup", no_groups[_i]},
			{"/sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "100000\n"},
			{"/sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n"},
			{"/sys/fs/cgroup/box/cpu.max", "100000 100000\n"}}};
	assert_count(&made_up, 6);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cpu_count");
	TCase *test_case = tcase_create("cpu_count");

	suite_add_tcase(suite, test_case);
	tcase_add_test(test_case, test_cpu_count_is_that_of_the_affinity_mask);
	tcase_add_loop_test(test_case, test_cpu_count_by_the_quota_of_the_cgroup, 0,
		sizeof(quotas) / sizeof(quotas[0]));
	tcase_add_test(test_case, test_cpu_count_by_the_smallest_quota_of_those_above);
	tcase_add_test(test_case, test_cpu_count_by_the_quota_of_version_1);
	tcase_add_loop_test(test_case, test_cpu_count_by_no_other_quota, 0,
		sizeof(no_groups) / sizeof(no_groups[0]));
	return suite_run(suite);
}
