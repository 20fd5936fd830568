#include "bag_files.h"

#include "hash/open_beneath.h"
#include "sys/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** Whether a name is manifest-ALGORITHM.txt or tagmanifest-ALGORITHM.txt. */
static bool is_manifest(const char *name)
{
	if (strncmp(name, "tag", 3) == 0)
		name += 3;
	size_t size = strlen(name), around = strlen("manifest-") + strlen(".txt");
	return size > around && strncmp(name, "manifest-", strlen("manifest-")) == 0 &&
		strcmp(name + size - strlen(".txt"), ".txt") == 0;
}

/** For qsort(3). */
static int compare_names(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

/* gcc 12's analyzer loses what is stored in an array. */
#if defined(__GNUC__) && !defined(__clang__)
#	pragma GCC diagnostic push
#	pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

/** Keep a name. @return 0, or -1 with errno ENOMEM */
static int add_name(struct bag_files *files, const char *name)
{
	char *copy = strdup(name);
	char **names = reallocarray(files->manifests, files->count + 1, sizeof(*names));
	if (names)
		files->manifests = names;
	if (!copy || !names) {
		free(copy);
		return -1;
	}
	names[files->count++] = copy;
	return 0;
}

#if defined(__GNUC__) && !defined(__clang__)
#	pragma GCC diagnostic pop
#endif

/** List the manifests. @return 0, or -1 with errno */
static int list_names(struct bag_files *files)
{
	int fd = io_openat(files->root, ".", O_RDONLY | O_DIRECTORY, 0);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory) {
		int error = errno;
		if (fd >= 0)
			close(fd);
		errno = error;
		return -1;
	}
	const struct dirent *entry;
	int status = 0;
	while (errno = 0, status == 0 && (entry = readdir(directory))) {
		if (is_manifest(entry->d_name))
			status = add_name(files, entry->d_name);
	}
	int error = errno;
	closedir(directory);
	if (status != 0 || error) {
		errno = error;
		return -1;
	}
	if (files->count > 0)
		qsort(files->manifests, files->count, sizeof(*files->manifests), compare_names);
	return 0;
}

int bag_files_open(struct bag_files *files, const char *path)
{
	struct stat status;
	*files = (struct bag_files){.root = io_open_long(AT_FDCWD, path, O_PATH | O_DIRECTORY)};
	if (files->root < 0 || fstat(files->root, &status) != 0)
		return -1;
	files->stamp = stamp_of(&status);
	return list_names(files);
}

/** Read from a file to its end. @return 0, or -1 with errno */
static int read_all(int fd, size_t expected, char **text, size_t *size)
{
	/* One more than is there shows the end. */
	size_t room = expected + 1, used = 0;
	char *bytes = malloc(room + 1);
	while (bytes) {
		ssize_t got = io_read(fd, bytes + used, room - used);
		if (got < 0) {
			free(bytes);
			return -1;
		}
		if (got == 0) {
			*text = bytes;
			*size = used;
			return 0;
		}
		used += (size_t)got;
		if (used < room)
			continue;
		if (room > BAG_FILE_MAX) {
			free(bytes);
			errno = EFBIG;
			return -1;
		}
		char *grown = realloc(bytes, 2 * room + 1);
		if (!grown)
			free(bytes);
		bytes = grown;
		room *= 2;
	}
	return -1;
}

int bag_files_read(const struct bag_files *files, const char *name, char **text, size_t *size,
	struct stamp *stamp)
{
	struct stat status;
	if (fstatat(files->root, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return -1;
	if (!S_ISREG(status.st_mode)) {
		errno = S_ISLNK(status.st_mode) ? ELOOP : EINVAL;
		return -1;
	}
	/* What it has become meanwhile is not waited for. */
	int fd = open_beneath(files->root, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -1;
	int result = -1;
	if (io_fstat(fd, &status) != 0) {
		/* errno says why. */
	} else if (!S_ISREG(status.st_mode)) {
		errno = EINVAL;
	} else if ((uint64_t)status.st_size > BAG_FILE_MAX) {
		errno = EFBIG;
	} else {
		*stamp = stamp_of(&status);
		result = read_all(fd, (size_t)status.st_size, text, size);
	}
	int error = errno;
	close(fd);
	errno = error;
	return result;
}

void bag_files_close(struct bag_files *files)
{
	if (files->root >= 0)
		close(files->root);
	for (size_t i = 0; i < files->count; i++)
		free(files->manifests[i]);
	free(files->manifests);
	*files = (struct bag_files){.root = -1};
}
