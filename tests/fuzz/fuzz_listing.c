/*
 * Fuzz target: what the parent makes of the listings that workers send.
 *
 * The input is cut into frames, each of them two bytes of length and as many bytes: the first byte
 * says which of the names that have come so far a frame is about, the second one what is told of
 * it, and the rest is a part of its listing. Frames come in their order and in the reverse one, and
 * to a tree that is kept and to one that is not. Whatever they hold, the names in the tree must be
 * proper ones, and each once in its directory.
 */
#include "fuzz/must.h"
#include "walk/walk.h"

#include "frames.h"
#include "walk/filter.h"

#include <stdlib.h>
#include <string.h>

enum {
	/** Frames, and names, at the most. */
	FRAMES_MAX = 64,
	NODES_MAX = 512,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** What can be told of a name, beside a part of its listing. */
enum deed {
	LISTED = 8,
	FAILED,
	MOUNT,
	TYPED,
	DONE,
	DEEDS,
};

static struct tree tree;
static struct walk *walk;

/** Names that workers have, in the order in which they came; NULL: they are done. */
static struct node *nodes[NODES_MAX];
static size_t node_count;

/** Take what has been found. */
static void take_new(void)
{
	struct node *node;
	while ((node = walk_next_directory(walk)) || (node = walk_next_file(walk))) {
		must(node->parent && *node->name && !strchr(node->name, '/'));
		must(strcmp(node->name, ".") != 0 && strcmp(node->name, "..") != 0);
		must(node->type <= NODE_DIRECTORY);
		if (node_count < NODES_MAX)
			nodes[node_count++] = node;
	}
}

/** Whether no name in a directory is there twice. */
static bool is_unique(const struct node *directory)
{
	for (const struct node *node = directory->directory.first; node; node = node->next) {
		must(node->parent == directory);
		for (const struct node *other = node->next; other; other = other->next) {
			if (strcmp(node->name, other->name) == 0)
				return false;
		}
	}
	return true;
}

/** A part has come. */
static void give(struct node *node, const uint8_t *data, size_t size)
{
	enum node_type before = (enum node_type)node->type;
	uint64_t pending = walk_pending(walk);
	if (walk_part(walk, node, data, size) != 0) {
		must(node->type == before && walk_pending(walk) == pending);
		return;
	}
	must(node->type == NODE_DIRECTORY);
	must(is_unique(node));
	take_new();
}

/** A name is done: nobody hears of it again. */
static void end(size_t number, const struct hasher_result *result)
{
	struct node *node = nodes[number];
	nodes[number] = NULL;
	if (node->type == NODE_DIRECTORY || result->state == HASHER_LISTED ||
		result->state == HASHER_MOUNT)
		must(walk_listed(walk, node, result) == 0);
	else if (node->type != NODE_LEFT_OUT)
		must(tree_set_result(&tree, node, result) == 0);
	if (!tree.kept)
		walk_forget(walk, node);
}

/** Take a frame. */
static void take(const uint8_t *data, size_t size)
{
	static const enum hasher_state states[DEEDS] = {
		[LISTED] = HASHER_LISTED,
		[FAILED] = HASHER_FAILED,
		[MOUNT] = HASHER_MOUNT,
		[TYPED] = HASHER_DONE,
		[DONE] = HASHER_DONE,
	};
	if (size < 2)
		return;
	size_t number = data[0] % node_count;
	unsigned deed = data[1] % DEEDS;
	struct node *node = nodes[number];
	if (!node)
		return;
	give(node, data + 2, size - 2);
	if (deed < LISTED)
		return;
	if (deed == TYPED && node->type == NODE_UNKNOWN)
		walk_typed(walk, node, size % 2 ? NODE_FILE : NODE_LINK);
	static const uint8_t digest[64] = {0};
	struct hasher_result result = {.state = states[deed], .digest = digest};
	result.error = result.state == HASHER_FAILED ? 5 : 0;
	end(number, &result);
}

/** What is told makes sense. */
static int check_entry(void *context, const struct tree_entry *entry)
{
	(void)context;
	must(strlen(entry->path) == entry->length);
	must(strncmp(entry->path, "root", 4) == 0);
	must(entry->root == (entry->length == 4));
	must(entry->root || entry->path[4] == '/');
	return 0;
}

/** Walk by frames. @param reverse the last one first */
static void run(const struct frames *frames, size_t count, bool kept, bool reverse,
	const struct walk_options *options)
{
	tree_begin(&tree, kept, 64);
	walk = walk_new(options, &tree);
	nodes[0] = tree_new(&tree, NULL, "root", 4);
	node_count = 1;
	must(walk && nodes[0]);
	walk_begin_root(walk, nodes[0]);
	for (size_t i = 0; i < count; i++) {
		const struct frames *frame = &frames[reverse ? count - 1 - i : i];
		take(frame->frame, frame->size);
	}
	if (kept)
		must(tree_visit(&tree, check_entry, NULL) == 0);
	/* All that is left ends, and the walk with it. */
	for (size_t i = 0; i < node_count; i++) {
		struct hasher_result result = {.state = HASHER_FAILED, .error = 5};
		if (nodes[i])
			end(i, &result);
	}
	if (node_count < NODES_MAX) {
		must(walk_pending(walk) == 0);
		must(kept || !tree.loose);
	}
	walk_free(walk);
	tree_free(&tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frames frames[FRAMES_MAX], next = {.rest = data, .rest_size = size};
	size_t count = 0;
	struct filter *filter = filter_new();
	must(filter && filter_add(filter, "x/", false) == 0 &&
		filter_add(filter, "y*", false) == 0);
	while (count < FRAMES_MAX && frames_next(&next))
		frames[count++] = next;
	for (int i = 0; i < 4; i++) {
		struct walk_options options = {
			.follow = i % 2, .one_file_system = i / 2, .all = i == 0, .filter = filter};
		run(frames, count, i % 3 == 0, i / 2, &options);
	}
	filter_free(filter);
	return 0;
}
