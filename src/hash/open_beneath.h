/*
 * Opening what a walk has found, beneath a directory, without following any symbolic link:
 * openat2(2) with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS, or component by component with
 * O_NOFOLLOW where the kernel has no openat2 or forbids it, and for paths longer than PATH_MAX.
 */
#ifndef TREESUM_HASH_OPEN_BENEATH_H
#define TREESUM_HASH_OPEN_BENEATH_H

#include <stddef.h>

/**
 * Open the root itself, following symbolic links, for open_beneath(). Close it with close(2).
 *
 * It asks for search permission alone, and the descriptor is good for nothing else (O_PATH).
 *
 * @return a descriptor, or -1 with errno (ENOTDIR where it is no directory)
 */
int open_beneath_root(const char *root);

/**
 * Open what lies beneath a directory, without following a link.
 *
 * @param root a descriptor of open_beneath_root()
 * @param flags as open(2) takes them; O_NOFOLLOW and O_CLOEXEC are added
 * @param path relative to the root, of any length, without "..", NUL-terminated; leading and
 * doubled slashes are allowed
 * @return a descriptor, or -1 with errno: ELOOP where a component is a symbolic link, EINVAL where
 *         one is "..", or where there is none
 */
int open_beneath(int root, const char *path, int flags);

#endif
