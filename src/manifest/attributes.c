/*
 * The order matters, for each step may only add to what is allowed already:
 *
 *   1. The owner and the group, while nobody but the owner may do anything.
 *   2. A list that the folder's default has given to the new file goes; a mode would open it.
 *   3. The old file's list, which sets the mode with it; or, without one, the mode.
 *   4. All other attributes: no rights are among them.
 *
 * Of a file with a list, the group bits of the mode are the mask of the list, and more than the
 * group itself may have: where the list cannot be set, the group has what the list gave to it.
 */
#include "manifest/attributes.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ACL "system.posix_acl_access"

/** As the kernel keeps a list: linux/posix_acl_xattr.h. All numbers are little-endian. */
struct acl_entry {
	uint16_t tag;
	uint16_t permissions;
	uint32_t id;
};

/** What stands before the entries. */
#define ACL_HEADER sizeof(uint32_t)

/** Tags of the entries for the group that owns the file, and for the mask. */
#define ACL_GROUP_OBJ 0x04
#define ACL_MASK 0x10

/** An attribute's value; freed with free(). */
struct value {
	void *bytes;
	size_t size;
};

/** Whether an attribute is not there, or there are none of its kind. */
static bool is_absent(int error)
{
	return error == ENODATA || error == EOPNOTSUPP || error == ENOSYS;
}

/** Read an attribute. @return 0, or -1 with errno */
static int get(int file, const char *name, struct value *value)
{
	ssize_t size;
	*value = (struct value){0};
	for (;;) {
		size = fgetxattr(file, name, NULL, 0);
		if (size < 0)
			break;
		void *bytes = realloc(value->bytes, (size_t)size + 1);
		if (!bytes)
			break;
		value->bytes = bytes;
		size = fgetxattr(file, name, value->bytes, (size_t)size);
		value->size = (size_t)size;
		if (size >= 0)
			return 0;
		/* It has grown. */
		if (errno != ERANGE)
			break;
	}
	free(value->bytes);
	*value = (struct value){0};
	return -1;
}

/** What a list gives to the group that owns the file, as the group bits of a mode. */
static mode_t group_of(const struct value *list)
{
	unsigned group = 0, mask = 7;
	for (size_t at = ACL_HEADER; at + sizeof(struct acl_entry) <= list->size;
		at += sizeof(struct acl_entry)) {
		struct acl_entry entry;
		memcpy(&entry, (const char *)list->bytes + at, sizeof(entry));
		if (le16toh(entry.tag) == ACL_GROUP_OBJ)
			group = le16toh(entry.permissions);
		else if (le16toh(entry.tag) == ACL_MASK)
			mask = le16toh(entry.permissions);
	}
	return (mode_t)(group & mask & 7) << 3;
}

/** Give away a file. @return what was not kept, or -1 with errno */
static int give(int file, const struct stat *status)
{
	struct stat now;
	if (fstat(file, &now) < 0)
		return -1;
	int lost = 0;
	/* Not everyone may give files away (EPERM), nor are all owners known here (EINVAL). */
	if (now.st_gid != status->st_gid && fchown(file, (uid_t)-1, status->st_gid) < 0) {
		if (errno != EPERM && errno != EINVAL)
			return -1;
		lost |= ATTRIBUTES_GROUP;
	}
	if (now.st_uid != status->st_uid && fchown(file, status->st_uid, (gid_t)-1) < 0) {
		if (errno != EPERM && errno != EINVAL)
			return -1;
		lost |= ATTRIBUTES_OWNER;
	}
	return lost;
}

/** Set mode and list. @return as give() */
static int allow(int file, int old, const struct stat *status, int lost)
{
	mode_t mode = status->st_mode & 07777;
	struct value list = {0};
	bool listed = old >= 0 && get(old, ACL, &list) == 0;
	if (fremovexattr(file, ACL) < 0 && !is_absent(errno) && errno != EPERM) {
		free(list.bytes);
		return -1;
	}
	/* Of another group the list says nothing. */
	if (listed &&
		(lost & ATTRIBUTES_GROUP || fsetxattr(file, ACL, list.bytes, list.size, 0) < 0)) {
		mode = (mode & ~(mode_t)S_IRWXG) | group_of(&list);
		lost |= ATTRIBUTES_ACL;
	}
	free(list.bytes);
	if (lost & ATTRIBUTES_GROUP)
		mode &= ~(mode_t)S_ISGID & (~(mode_t)S_IRWXG | (mode & S_IRWXO) << 3);
	if (lost & ATTRIBUTES_OWNER)
		mode &= ~(mode_t)S_ISUID;
	return fchmod(file, mode) < 0 ? -1 : lost;
}

/** Whether to skip an attribute: the ACL was copied already, the others describe the contents. */
static bool is_left_out(const char *name)
{
	return strcmp(name, ACL) == 0 || strcmp(name, "security.ima") == 0 ||
		strcmp(name, "security.evm") == 0 || strcmp(name, "security.capability") == 0;
}

/** Copy one attribute. @return whether it is there now */
static bool copy_one(int file, int old, const char *name)
{
	struct value value;
	if (get(old, name, &value) < 0)
		return errno == ENODATA;
	bool copied = fsetxattr(file, name, value.bytes, value.size, 0) == 0;
	if (!copied) {
		/* A label that the new file has been given is the same most often. */
		struct value now;
		copied = get(file, name, &now) == 0 && now.size == value.size &&
			memcmp(now.bytes, value.bytes, value.size) == 0;
		free(now.bytes);
	}
	free(value.bytes);
	return copied;
}

/** Copy all that is noted about the old file. @return what was not kept, or -1 with errno ENOMEM */
static int note(int file, int old)
{
	ssize_t size = flistxattr(old, NULL, 0);
	if (size <= 0)
		return size == 0 || is_absent(errno) ? 0 : ATTRIBUTES_EXTENDED;
	char *names = malloc((size_t)size);
	if (!names)
		return -1;
	int lost = 0;
	size = flistxattr(old, names, (size_t)size);
	if (size < 0)
		lost = ATTRIBUTES_EXTENDED;
	for (const char *name = names; size > 0 && name < names + size; name += strlen(name) + 1) {
		if (!is_left_out(name) && !copy_one(file, old, name))
			lost = ATTRIBUTES_EXTENDED;
	}
	free(names);
	return lost;
}

int attributes_copy(int file, int old, const struct stat *status)
{
	int lost = give(file, status);
	if (lost < 0)
		return -1;
	lost = allow(file, old, status, lost);
	if (lost < 0 || old < 0)
		return lost;
	int noted = note(file, old);
	return noted < 0 ? -1 : lost | noted;
}
