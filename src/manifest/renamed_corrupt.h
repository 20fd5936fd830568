/*
 * Files that are corrupt under another name: neither the name nor the contents are those of a line, but
 * size and mtime are.
 */
#ifndef TREESUM_MANIFEST_RENAMED_CORRUPT_H
#define TREESUM_MANIFEST_RENAMED_CORRUPT_H

#include <stddef.h>

#include "manifest/difference.h"

/**
 * Look for contents that came from no line (NEW, CHANGED), in files with the size and the mtime, to the
 * nanosecond, of a line of another name. They become CORRUPT, `from` that line. Of each line with such a
 * file `successor` is set, and `twin` of the files. So it is of a line that would be replaced, if a file
 * that was not read has its size and mtime.
 *
 * Not looked at are empty files, and lines whose mtime proves nothing: see differences_find(), and the
 * head of the implementation.
 *
 * @param differences in which all that was moved or copied was found
 * @param digest_size bytes of a digest
 * @return 0, or -1 with errno ENOMEM
 */
int renamed_corrupt_find(struct differences *differences, size_t digest_size);

#endif
