/*
 * Files that were renamed and are corrupt: neither the name nor the contents are those of a line, but
 * size and mtime are.
 */
#ifndef TREESUM_MANIFEST_RENAMED_CORRUPT_H
#define TREESUM_MANIFEST_RENAMED_CORRUPT_H

#include <stddef.h>

#include "manifest/difference.h"

/**
 * Look for contents that came from no line (NEW, CHANGED), in files with the size and the mtime, to the
 * nanosecond, of a line whose own file is missing or has other contents with other times. They become
 * CORRUPT, `from` that line. Of each such line `successor` is set.
 *
 * Not looked at are empty files, and lines whose mtime proves nothing (see differences_find()).
 *
 * @param differences in which all that was moved or copied was found
 * @param digest_size bytes of a digest
 * @return 0, or -1 with errno ENOMEM
 */
int renamed_corrupt_find(struct differences *differences, size_t digest_size);

#endif
