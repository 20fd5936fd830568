/*
 * The names in directories, for a walk: those of the directories on the current path lie one after
 * the other in one block of memory, which grows to the most that was ever needed at a time.
 */
#ifndef TREESUM_WALK_NAMES_H
#define TREESUM_WALK_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Where a list of names ends. */
#define NAMES_END ((size_t)-1)

/** One name; it lies as the kernel's struct linux_dirent64 does. */
struct name {
	uint64_t inode;
	/** Where the next one lies (the kernel's d_off, which is of no use here). */
	uint64_t next;
	uint16_t size;
	/** DT_DIR and the like, or DT_UNKNOWN. */
	uint8_t type;
	char text[];
};

/** The block. All zeros is an empty one. */
struct names {
	char *block;
	size_t used;
	size_t size;
	/** What is being sorted. */
	struct name **order;
	size_t order_size;
	/** Called again and again while a long directory is read and sorted; may be NULL. */
	void (*alive)(void *context);
	void *context;
	/** Steps since then. */
	unsigned steps;
};

/**
 * Read all names in a directory, but "." and "..", to the end of the block.
 *
 * @param first where the first one lies, or NAMES_END
 * @param error 0, or why the directory could not be read to its end (errno); the names until then
 *        are there
 * @return 0, or -1 with errno ENOMEM
 */
int names_read(struct names *names, int directory, size_t *first, int *error);

/**
 * Put the names of one directory into the order of the raw bytes of full paths, in which a
 * directory's name ends in a slash.
 *
 * @param directory to ask for what is a directory where the file system did not tell
 * @param follow whether a link to a directory is one, too
 * @param first the first name before, and after
 * @return 0, or -1 with errno ENOMEM
 */
int names_sort(struct names *names, int directory, bool follow, size_t *first);

/** The name at a place; valid until the next names_read(). */
static inline struct name *names_at(const struct names *names, size_t place)
{
	return (struct name *)(void *)(names->block + place);
}

/** Free what the block holds, not itself. */
void names_free(struct names *names);

#endif
