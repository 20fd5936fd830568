/*
 * getdents64(2) writes into the block directly, and what it wrote stays as it is: no allocation and
 * no copy for a name or a directory. Its field d_off links the names, in the order of the
 * directory first, in that of names_sort() later.
 *
 * readdir(3) reads into a buffer of its own, allocated for each directory, from which each name has
 * to be copied: 0.117 s of CPU in place of 0.111 for a whole walk of 78,579 files in 5,152
 * directories. The size of the buffer makes no difference from 16 to 256 KiB.
 */
/* For getdents64() in musl. NOLINTNEXTLINE(bugprone-reserved-identifier) */
#define _LARGEFILE64_SOURCE

#include "walk/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>

/** Room for one call of getdents64 at the least, and the most that is read by one: it cannot tell
 * that it is alive. */
#define READ_SIZE ((size_t)32768)
#define READ_MAX ((size_t)1 << 20)

/** Steps in sorting, some dozens of ns each, after which it is told that we are alive. */
#define STEPS_MAX 65536

/** Make room for one more call, at the end of the block. */
static int make_room(struct names *names)
{
	size_t size = names->size ? names->size : 2 * READ_SIZE;
	char *block;

	while (size - names->used < READ_SIZE)
		size *= 2;
	if (size == names->size)
		return 0;
	block = realloc(names->block, size);
	if (!block)
		return -1;
	names->block = block;
	names->size = size;
	return 0;
}

/** Tell that we are alive, if enough steps have been taken. */
static void tell_alive(struct names *names, unsigned steps)
{
	names->steps += steps;
	if (names->steps < STEPS_MAX)
		return;
	names->steps = 0;
	if (names->alive)
		names->alive(names->context);
}

static bool is_dot(const char *name)
{
	return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

/** Link the names that lie from `at` to the end of what is used, after the one at `last`. */
static size_t link_names(struct names *names, size_t at, size_t last, size_t *first)
{
	while (at < names->used) {
		struct name *name = names_at(names, at);

		if (!is_dot(name->text)) {
			if (last == NAMES_END)
				*first = at;
			else
				names_at(names, last)->next = at;
			name->next = NAMES_END;
			last = at;
		}
		at += name->size;
	}
	return last;
}

int names_read(struct names *names, int directory, size_t *first, int *error)
{
	size_t last = NAMES_END;

	*first = NAMES_END;
	for (;;) {
		size_t room, at = names->used;
		ssize_t got;

		if (make_room(names) < 0)
			return -1;
		room = names->size - at;
		got = getdents64(directory, names->block + at, room < READ_MAX ? room : READ_MAX);
		tell_alive(names, STEPS_MAX);
		if (got <= 0) {
			*error = got < 0 ? errno : 0;
			return 0;
		}
		names->used += (size_t)got;
		last = link_names(names, at, last, first);
	}
}

/** The byte in a full path where a name has `*at`. */
static int byte_at(const struct name *name, const unsigned char *at)
{
	if (*at == '\0' && name->type == DT_DIR)
		return '/';
	return *at;
}

/** For qsort_r(); `context` are the names. */
static int compare(const void *left, const void *right, void *context)
{
	const struct name *const *a = left, *const *b = right;
	const unsigned char *x = (const unsigned char *)(*a)->text;
	const unsigned char *y = (const unsigned char *)(*b)->text;

	tell_alive(context, 1);
	while (*x && *x == *y) {
		x++;
		y++;
	}
	return byte_at(*a, x) - byte_at(*b, y);
}

/** A name whose type cannot be found out sorts as a file; visiting it will tell what is wrong. */
static void find_type(struct name *name, int directory, bool follow)
{
	struct stat found;

	if (fstatat(directory, name->text, &found, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISDIR(found.st_mode))
		name->type = DT_DIR;
}

/** Make room in `order` for one more after `count`. */
static int make_order(struct names *names, size_t count)
{
	size_t size = names->order_size ? 2 * names->order_size : 1024;
	struct name **order;

	if (count < names->order_size)
		return 0;
	order = reallocarray(names->order, size, sizeof(struct name *));
	if (!order)
		return -1;
	names->order = order;
	names->order_size = size;
	return 0;
}

int names_sort(struct names *names, int directory, bool follow, size_t *first)
{
	size_t count = 0, next = NAMES_END;

	for (size_t at = *first; at != NAMES_END; at = names_at(names, at)->next) {
		tell_alive(names, STEPS_MAX / 1024);
		struct name *name = names_at(names, at);

		if (make_order(names, count) < 0)
			return -1;
		names->order[count++] = name;
		if (name->type == DT_UNKNOWN || (follow && name->type == DT_LNK))
			find_type(name, directory, follow);
	}
	if (count > 1)
		qsort_r(names->order, count, sizeof(struct name *), compare, names);
	while (count > 0) {
		struct name *name = names->order[--count];

		name->next = next;
		next = (size_t)((char *)name - names->block);
	}
	*first = next;
	return 0;
}

void names_free(struct names *names)
{
	free(names->block);
	free(names->order);
}
