/*
 * The tag files of a bag that the parent reads itself: opened beneath the bag's directory, and only where
 * they are regular files.
 */
#ifndef TREESUM_BAG_FILES_H
#define TREESUM_BAG_FILES_H

#include <stddef.h>

#include "sys/stamp.h"

/** A larger tag file is refused (EFBIG): a manifest of some eight million names. */
#define BAG_FILE_MAX ((size_t)1 << 30)

/** A bag's directory that is open. */
struct bag_files {
	/** As of open_beneath_root(). */
	int root;
	struct stamp stamp;
	/** The names of the files in it that may be manifests or tag manifests, sorted. Owned. */
	char **manifests;
	size_t count;
};

/** @param path of any length @return 0, or -1 with errno; to be closed in either case */
int bag_files_open(struct bag_files *files, const char *path);

/**
 * Read a file.
 *
 * @param name a file of the bag's directory
 * @param text set to memory to be freed, with room for one byte more
 * @param stamp set to what the file was when it was opened
 * @return 0, or -1 with errno: ENOENT; ELOOP where it is a symbolic link; EINVAL where it is anything else that
 *         is no regular file, which is not opened; EFBIG
 */
int bag_files_read(const struct bag_files *files, const char *name, char **text, size_t *size,
	struct stamp *stamp);

/** Close and free. */
void bag_files_close(struct bag_files *files);

#endif
