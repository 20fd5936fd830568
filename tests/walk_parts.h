/*
 * A walk of walk/walk.h without directories: listings are made up, and what the tree tells is
 * compared as one line of words.
 *
 * In both a character behind a name is its type: "/" a directory, "@" a link, "|" a FIFO, "?" not
 * known, none a regular file. In what is told, "!" and an error are a directory that could not be
 * read, "?" and an error a name of unknown type, "%" is a directory on another file system.
 */
#ifndef TESTS_WALK_PARTS_H
#define TESTS_WALK_PARTS_H

#include "scan/tree.h"
#include "sys/errno_name.h"
#include "walk/listing.h"
#include "walk/walk.h"

#include "quickly.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The device of all directories that are given no other one. */
#define DEVICE 77

static struct tree tree;
static struct walk *walk;
static struct node *root;

static unsigned char part_bytes[LISTING_PART_MAX];
static struct frame_writer part;

/** Begin a walk of a root. */
static inline void walk_begin(const struct walk_options *options, bool kept, const char *name)
{
	tree_begin(&tree, kept, 64);
	walk = walk_new(options, &tree);
	ck_assert_ptr_nonnull(walk);
	root = tree_new(&tree, NULL, name, strlen(name));
	ck_assert_ptr_nonnull(root);
	walk_begin_root(walk, root);
}

static inline void walk_end(void)
{
	walk_free(walk);
	tree_free(&tree);
	walk = NULL;
	root = NULL;
}

/** Begin a part: a directory's first one where it has an inode. */
static inline void part_begin(uint64_t device, uint64_t inode)
{
	frame_write(&part, part_bytes, sizeof(part_bytes));
	if (inode)
		listing_put_directory(&part, device, inode);
	else
		listing_put_more(&part);
}

static inline void part_put(const char *name, size_t size, uint8_t type)
{
	struct listing_entry entry = {.type = type, .name = name, .size = size};
	check_quickly(listing_put(&part, &entry));
}

/** Put names that are words, each with its type behind it. */
static inline void part_put_names(const char *names)
{
	static const char types[] = "/@|?";
	static const uint8_t found[] = {DT_DIR, DT_LNK, DT_FIFO, DT_UNKNOWN};
	while (*names) {
		size_t size = strcspn(names, " ");
		const char *type = strchr(types, names[size - 1]);
		part_put(names, size - (type != NULL), type ? found[type - types] : DT_REG);
		names += size + (names[size] == ' ');
	}
}

/** @return of walk_part() */
static inline int part_send(struct node *node)
{
	/* Of its exact size, so that the sanitizers see every byte too far. */
	size_t size = frame_size(&part);
	unsigned char *exact = malloc(size + (size == 0));
	ck_assert(exact && !part.failed);
	memcpy(exact, part_bytes, size);
	errno = 0;
	int status = walk_part(walk, node, exact, size);
	int error = errno;
	free(exact);
	errno = error;
	return status;
}

/** The first part of a directory's listing. */
static inline void give_first(struct node *node, uint64_t inode, const char *names)
{
	part_begin(DEVICE, inode);
	part_put_names(names);
	ck_assert_int_eq(part_send(node), 0);
}

/** Another one. */
static inline void give_more(struct node *node, const char *names)
{
	part_begin(0, 0);
	part_put_names(names);
	ck_assert_int_eq(part_send(node), 0);
}

static inline void end_with(struct node *node, enum hasher_state state, int error)
{
	struct hasher_result result = {.state = state, .error = error};
	ck_assert_int_eq(walk_listed(walk, node, &result), 0);
}

static inline void end(struct node *node)
{
	end_with(node, HASHER_LISTED, 0);
}

/** All of a directory. */
static inline void list(struct node *node, uint64_t inode, const char *names)
{
	give_first(node, inode, names);
	end(node);
}

/** A name in a directory; it is there once. */
static inline struct node *child(const struct node *directory, const char *name)
{
	struct node *found = NULL;
	for (struct node *node = directory->directory.first; node; node = node->next) {
		if (strcmp(node->name, name) == 0) {
			ck_assert_msg(!found, "%s is there twice", name);
			found = node;
		}
	}
	ck_assert_msg(found, "%s is not there", name);
	return found;
}

/** What was told. */
struct told {
	char *words;
	size_t size;
};

static inline int tell_word(void *context, const struct tree_entry *entry)
{
	struct told *told = context;
	static const char types[] = {[NFTW_D] = '/',
		[NFTW_DNR] = '!',
		[NFTW_NS] = '?',
		[NFTW_SL] = '@',
		[NFTW_MOUNT] = '%'};
	char type[2] = {types[entry->type]};
	bool failed = entry->type == NFTW_DNR || entry->type == NFTW_NS;
	if (entry->type == NFTW_F && !entry->regular)
		*type = '|';
	const char *error = !failed   ? ""
		: entry->result.error ? errno_name(entry->result.error)
				      : "0";
	size_t size = told->size + entry->length + strlen(error) + 3;
	told->words = realloc(told->words, size);
	ck_assert_ptr_nonnull(told->words);
	told->size += (size_t)sprintf(told->words + told->size, "%s%s%s%s", told->size ? " " : "",
		entry->path, type, error);
	return 0;
}

/** The tree tells this. */
static inline void assert_told(const char *words)
{
	struct told told = {0};
	ck_assert_int_eq(tree_visit(&tree, tell_word, &told), 0);
	ck_assert_str_eq(told.words ? told.words : "", words);
	free(told.words);
}

#endif
