/*
 * Who may do what with a file, and what is noted about it: given to the one that takes its place.
 */
#ifndef TREESUM_MANIFEST_ATTRIBUTES_H
#define TREESUM_MANIFEST_ATTRIBUTES_H

#include <sys/stat.h>

/** What could not be given to the new file; a bit each. */
enum attributes {
	ATTRIBUTES_OWNER = 1,
	ATTRIBUTES_GROUP = 2,
	ATTRIBUTES_ACL = 4,
	ATTRIBUTES_EXTENDED = 8,
};

/**
 * Give a file the owner, group, mode, access control list and extended attributes of another one.
 * At no moment is there anyone who may do more with it than with the other, but its owner. What
 * this user, or the file system, cannot set is left out; a group that is not kept has no more
 * rights than all others have.
 *
 * @param file a descriptor of a new file that nobody but its owner may open
 * @param old a descriptor of the other; -1 where it cannot be opened: then it has neither list nor
 *            attributes
 * @param status of the other
 * @return what could not be kept, as bits of enum attributes; or -1 with errno
 */
int attributes_copy(int file, int old, const struct stat *status);

#endif
