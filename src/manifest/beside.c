#include "manifest/beside.h"

#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** As the kernel's limit on links in a path. */
#define MAX_LINKS 40

/**
 * Follow the links that a path ends in. The directories on its way stay as they are.
 *
 * @param resolved holds PATH_MAX bytes: the path, then the result, which need not exist
 */
static int follow_links(char *resolved)
{
	for (int links = 0; links < MAX_LINKS; links++) {
		char link[PATH_MAX];
		ssize_t size = readlink(resolved, link, sizeof(link));
		char *slash = strrchr(resolved, '/');
		size_t prefix = slash ? (size_t)(slash + 1 - resolved) : 0;

		/* No link, or nothing there. */
		if (size < 0)
			return errno == EINVAL || errno == ENOENT ? 0 : -1;
		if (link[0] == '/')
			prefix = 0;
		if (prefix + (size_t)size >= PATH_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(resolved + prefix, link, (size_t)size);
		resolved[prefix + (size_t)size] = '\0';
	}
	errno = ELOOP;
	return -1;
}

int beside_open(const char *path, char name[static NAME_MAX + 1])
{
	char resolved[PATH_MAX];
	if (strlen(path) >= sizeof(resolved)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(resolved, path);
	if (follow_links(resolved) < 0)
		return -1;
	char *slash = strrchr(resolved, '/');
	char *last = slash ? slash + 1 : resolved;
	if (*last == '\0') {
		errno = slash ? EISDIR : ENOENT;
		return -1;
	}
	if (strlen(last) > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(name, last);
	*last = '\0';
	return io_openat(AT_FDCWD, *resolved ? resolved : ".", O_RDONLY | O_DIRECTORY, 0);
}

void beside_name(const char *name, const char *suffix, char beside[static NAME_MAX + 1])
{
	snprintf(beside, NAME_MAX + 1, ".%.*s%s", NAME_MAX - 1 - (int)strlen(suffix), name, suffix);
}

size_t beside_without_suffix(const char *name)
{
	static const char *const suffixes[] = {BESIDE_TEMPORARY, BESIDE_JOURNAL};
	/* This is asked of each file that a walk finds. */
	if (name[0] != '.')
		return 0;
	size_t size = strlen(name);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t end = strlen(suffixes[i]);
		if (size > end + 1 && strcmp(name + size - end, suffixes[i]) == 0)
			return size - end;
	}
	return 0;
}

bool beside_is_name(const char *name)
{
	return beside_without_suffix(name) > 0;
}

bool beside_is_leftover(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t directory = (size_t)(name - path), size = beside_without_suffix(name);
	if (size == 0 || strlen(name) >= NAME_MAX)
		return size > 0;
	char *target = malloc(directory + size);
	if (!target)
		return false;
	memcpy(target, path, directory);
	memcpy(target + directory, name + 1, size - 1);
	target[directory + size - 1] = '\0';
	struct stat status;
	bool found = fstatat(AT_FDCWD, target, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISREG(status.st_mode);
	free(target);
	return found;
}
