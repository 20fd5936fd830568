/*
 * How many processors this process may use: the smaller of its affinity mask and the CPU quotas of
 * its cgroup and all cgroups above it (version 2, and version 1 where its cpu controller is mounted
 * at the usual place). A quota of a part of a processor counts as one.
 */
#include "forkpool/forkpool.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Processors in the affinity mask, or 0 where it cannot be read. */
static unsigned affinity_count(void)
{
	/* The kernel refuses a mask that is shorter than its own. */
	for (size_t cpus = CPU_SETSIZE; cpus <= CPU_SETSIZE * 1024UL; cpus *= 2) {
		cpu_set_t *set = CPU_ALLOC(cpus);
		size_t size = CPU_ALLOC_SIZE(cpus);
		int count = 0;

		if (!set)
			return 0;
		if (sched_getaffinity(0, size, set) == 0)
			count = CPU_COUNT_S(size, set);
		else if (errno != EINVAL)
			count = -1;
		CPU_FREE(set);
		if (count != 0)
			return count > 0 ? (unsigned)count : 0;
	}
	return 0;
}

/** The first line of a file without its end; @return false where there is none. */
static bool read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool found;

	if (!file)
		return false;
	found = fgets(line, (int)size, file) != NULL;
	fclose(file);
	if (found)
		line[strcspn(line, "\n")] = '\0';
	return found;
}

/** Processors that `quota` µs in each `period` µs amount to, rounded up; 0 is no limit. */
static unsigned quota_count(long long quota, long long period)
{
	long long count;

	if (quota <= 0 || period <= 0)
		return 0;
	count = (quota - 1) / period + 1;
	return count > INT_MAX ? 0 : (unsigned)count;
}

/** The limit of one cgroup directory, of either version; 0 is none. */
static unsigned cgroup_limit(const char *directory)
{
	char path[PATH_MAX + 32], line[128], period[128];
	char *rest;

	snprintf(path, sizeof(path), "%s/cpu.max", directory);
	if (read_line(path, line, sizeof(line))) {
		long long quota_us = strtoll(line, &rest, 10);

		/* No number is "max". */
		return rest == line ? 0 : quota_count(quota_us, strtoll(rest, NULL, 10));
	}
	snprintf(path, sizeof(path), "%s/cpu.cfs_quota_us", directory);
	if (!read_line(path, line, sizeof(line)))
		return 0;
	snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", directory);
	if (!read_line(path, period, sizeof(period)))
		return 0;
	return quota_count(strtoll(line, NULL, 10), strtoll(period, NULL, 10));
}

/** The smallest limit of the cgroup at `mount` + `group` and those above it; 0 is none. */
static unsigned group_count(const char *mount, const char *group)
{
	char path[PATH_MAX];
	size_t base = strlen(mount);
	unsigned least = 0;
	int length = snprintf(path, sizeof(path), "%s%s", mount, group);

	if (length < 0 || (size_t)length >= sizeof(path))
		return 0;
	for (;;) {
		unsigned limit = cgroup_limit(path);
		char *slash = strrchr(path, '/');

		if (limit > 0 && (least == 0 || limit < least))
			least = limit;
		/* The mount itself is the last: inside a container it is our own group. */
		if (!slash || (size_t)(slash - path) < base)
			return least;
		*slash = '\0';
	}
}

/** Whether a comma-separated list of cgroup controllers names the one for processors. */
static bool names_cpu(const char *controllers)
{
	for (const char *at = controllers; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, "cpu", 3) == 0 && (at[3] == ',' || at[3] == '\0'))
			return true;
	}
	return false;
}

/** The smallest quota of the cgroups that this process is in; 0 is none. */
static unsigned cgroup_count(void)
{
	char line[PATH_MAX];
	unsigned least = 0;
	FILE *file = fopen("/proc/self/cgroup", "re");

	if (!file)
		return 0;
	/* Lines are NUMBER:CONTROLLERS:GROUP, version 2 with no controllers. */
	while (fgets(line, sizeof(line), file)) {
		char *controllers = strchr(line, ':'), *group;
		unsigned limit;

		line[strcspn(line, "\n")] = '\0';
		group = controllers ? strchr(++controllers, ':') : NULL;
		if (!group)
			continue;
		*group++ = '\0';
		if (*controllers == '\0')
			limit = group_count("/sys/fs/cgroup", group);
		else if (names_cpu(controllers))
			limit = group_count("/sys/fs/cgroup/cpu", group);
		else
			continue;
		if (limit > 0 && (least == 0 || limit < least))
			least = limit;
	}
	fclose(file);
	return least;
}

unsigned fp_cpu_count(void)
{
	unsigned allowed = affinity_count(), quota = cgroup_count();

	if (allowed == 0) {
		long online = sysconf(_SC_NPROCESSORS_ONLN);

		allowed = online > 0 ? (unsigned)online : 1;
	}
	return quota > 0 && quota < allowed ? quota : allowed;
}
