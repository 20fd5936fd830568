/*
 * A part of a run that was shared (--shard), entry by entry, in memory that does not grow with it. The
 * part is verified while it is read.
 */
#ifndef TREESUM_PART_H
#define TREESUM_PART_H

#include <stddef.h>

#include "manifest/catalog.h"
#include "shard.h"

struct part;

/**
 * Open a part.
 *
 * @param path kept, not copied
 * @return NULL with errno; ESPIPE where it is no regular file: parts are read more than once
 */
struct part *part_open(const char *path);

/** The seal that it ends in, before anything is verified: NULL if there is none of a part. */
const struct seal *part_seal(const struct part *part);

/** Whether two seals are the same. */
bool part_same_seal(const struct seal *one, const struct seal *other);

/**
 * Take the next entry. If anything is wrong with the part no more entries come, but it is read to its
 * end, so that part_reason() can say whether it was cut off or edited.
 *
 * @param finder NULL: which shard names belong to is not looked at
 * @return 1; 0 at the end, if the part is what was sealed; or -1 with errno: EBADMSG where it is not,
 *         or is no part
 */
int part_next(struct part *part, struct shard_finder *finder);

/** Why part_next() failed with EBADMSG, for a message after the part's name. */
const char *part_reason(const struct part *part);

/** The entry taken last, until the next is: `more` of its annotation is not valid. */
const struct record *part_record(const struct part *part);

/** Its two lines, as they are. @param size set to their bytes */
const char *part_lines(const struct part *part, size_t *size);

/** As it was given to part_open(). */
const char *part_path(const struct part *part);

/** The file that is read. */
struct stamp part_file(const struct part *part);

/** NULL is allowed. */
void part_free(struct part *part);

#endif
