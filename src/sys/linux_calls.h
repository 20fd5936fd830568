/*
 * Calls of Linux that have a function in glibc, and in musl since 1.2.4 (statx) and 1.2.5 (renameat2).
 */
#ifndef TREESUM_SYS_LINUX_CALLS_H
#define TREESUM_SYS_LINUX_CALLS_H

#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef STATX_TYPE
#	include <linux/stat.h>
static inline int statx(
	int directory, const char *path, int flags, unsigned mask, struct statx *found)
{
	return (int)syscall(SYS_statx, directory, path, flags, mask, found);
}
#endif

#ifndef RENAME_EXCHANGE
#	define RENAME_EXCHANGE (1 << 1)
static inline int renameat2(int old_directory, const char *old_path, int new_directory,
	const char *new_path, unsigned flags)
{
	return (int)syscall(SYS_renameat2, old_directory, old_path, new_directory, new_path, flags);
}
#endif

#endif
