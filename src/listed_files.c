/*
 * A hash table with chains, and a queue of the files in the order in which they were listed. Results
 * are printed in the order of the lines, so the file that was listed first is the first that can be
 * freed. While a line of it waits for its result, no file is freed: so the table may grow beyond KEPT
 * by as many files as there are lines that wait.
 */
#include "listed_files.h"

#include "manifest/key_hash.h"

#include <stdlib.h>
#include <string.h>

/** Files that are remembered, and the slots of the table: a power of two. */
#define KEPT ((size_t)65536)

/** A file; its node's context. */
struct listed_file {
	/** The next one in its slot, and the one that was listed after it. */
	struct listed_file *chained;
	struct listed_file *next;
	/** Owned. */
	struct node *node;
	/** Lines that are not forgotten. */
	uint64_t lines;
	/** A line was told. */
	bool told;
};

struct listed_files {
	struct tree *tree;
	struct key_hash hash;
	/** The oldest, and where the next one goes. */
	struct listed_file *first;
	struct listed_file **end;
	size_t count;
	struct listed_file *slots[KEPT];
};

struct listed_files *listed_files_new(struct tree *tree)
{
	struct listed_files *files = calloc(1, sizeof(*files));
	if (!files)
		return NULL;
	files->tree = tree;
	files->hash = key_hash_new();
	files->end = &files->first;
	return files;
}

static struct listed_file **slot_of(struct listed_files *files, const char *name)
{
	return &files->slots[key_hash(&files->hash, name, strlen(name)) & (KEPT - 1)];
}

struct node *listed_files_find(struct listed_files *files, const char *name)
{
	struct listed_file *file = *slot_of(files, name);
	while (file && strcmp(file->node->name, name) != 0)
		file = file->chained;
	if (!file)
		return NULL;
	file->lines++;
	return file->node;
}

int listed_files_add(struct listed_files *files, struct node *node)
{
	struct listed_file **slot = slot_of(files, node->name);
	struct listed_file *file = malloc(sizeof(*file));
	if (!file)
		return -1;
	*file = (struct listed_file){.chained = *slot, .node = node, .lines = 1};
	node->context = *slot = file;
	*files->end = file;
	files->end = &file->next;
	files->count++;
	return 0;
}

bool listed_files_tell(struct node *node)
{
	struct listed_file *file = node->context;
	bool first = !file->told;
	file->told = true;
	return first;
}

/** Forget the oldest file. */
static void forget(struct listed_files *files)
{
	struct listed_file *file = files->first, **at = slot_of(files, file->node->name);
	while (*at != file)
		at = &(*at)->chained;
	*at = file->chained;
	files->first = file->next;
	if (!files->first)
		files->end = &files->first;
	files->count--;
	tree_discard(files->tree, file->node);
	free(file);
}

void listed_files_release(struct listed_files *files, struct node *node)
{
	struct listed_file *file = node->context;
	file->lines--;
	while (files->count > KEPT && files->first->lines == 0)
		forget(files);
}

void listed_files_free(struct listed_files *files)
{
	while (files && files->first)
		forget(files);
	free(files);
}
