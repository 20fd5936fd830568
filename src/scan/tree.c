/*
 * Invariants: all names of a directory are linked from directory.first, in any order until it is
 * sorted. The path of a node is the operand as it was typed, a slash unless the operand ends in
 * one, and the names on the way, separated by slashes.
 *
 * A directory is sorted when it is visited, not when its listing ends: it is visited once, and by
 * then all types are known. Sorting 84,000 names takes 5 ms.
 */
#include "scan/tree.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static_assert(sizeof(void *) != 8 || offsetof(struct node, name) <= 130, "as the header says");

/** In front of a node that is not in the arena. */
struct loose {
	struct loose *next;
	struct loose *previous;
	max_align_t node[];
};

static struct loose *loose_of(struct node *node)
{
	return (struct loose *)(void *)((char *)node - offsetof(struct loose, node));
}

/** Allocate a node that can be freed by itself. */
static void *new_loose(struct tree *tree, size_t room)
{
	struct loose *loose = malloc(sizeof(*loose) + room);
	if (!loose)
		return NULL;
	loose->previous = NULL;
	loose->next = tree->loose;
	if (loose->next)
		loose->next->previous = loose;
	tree->loose = loose;
	return loose->node;
}

static void free_loose(struct tree *tree, struct loose *loose)
{
	if (loose->next)
		loose->next->previous = loose->previous;
	if (loose->previous)
		loose->previous->next = loose->next;
	else
		tree->loose = loose->next;
	free(loose);
}

void tree_begin(struct tree *tree, bool kept, size_t digest_size)
{
	*tree = (struct tree){.kept = kept, .digest_size = digest_size};
	tree->roots_end = &tree->roots;
}

struct node *tree_new(struct tree *tree, struct node *parent, const char *name, size_t size)
{
	size_t room = offsetof(struct node, name) + size + 1;
	/* A name may be shorter than the struct's padding. */
	room = room < sizeof(struct node) ? sizeof(struct node) : room;
	struct node *node = tree->kept ? arena_allocate(&tree->arena, room) : new_loose(tree, room);
	if (!node)
		return NULL;
	*node = (struct node){.parent = parent};
	memcpy(node->name, name, size);
	node->name[size] = '\0';
	return node;
}

void tree_add_root(struct tree *tree, struct node *root)
{
	*tree->roots_end = root;
	tree->roots_end = &root->next;
}

int tree_put_aside(struct tree *tree, struct node *node, const struct hasher_kept *kept)
{
	if (!node->file.kept) {
		node->file.kept = malloc(sizeof(*kept));
		if (!node->file.kept)
			return -1;
		tree->aside++;
	}
	*node->file.kept = *kept;
	return 0;
}

/** Whether a digest does not fit a node. */
static bool has_long_digests(const struct tree *tree)
{
	return tree->digest_size > DIGEST_MAX_SIZE;
}

/** Free the state of a file that was put aside, or its digest where that is not in the arena. */
static void release(struct tree *tree, struct node *node)
{
	bool file = node->type != NODE_DIRECTORY;
	bool done = node->state == HASHER_DONE;
	if (file && done && has_long_digests(tree) && !tree->kept)
		free(node->long_digest);
	if (!file || done || !node->file.kept)
		return;
	free(node->file.kept);
	node->file.kept = NULL;
	tree->aside--;
}

void tree_discard(struct tree *tree, struct node *node)
{
	release(tree, node);
	free_loose(tree, loose_of(node));
}

/** The next node in pre-order that is not below this one, or NULL. */
static struct node *after(const struct node *node)
{
	while (node && !node->next)
		node = node->parent;
	return node ? node->next : NULL;
}

/** The next node in pre-order, or NULL. */
static struct node *following(const struct node *node)
{
	if (node->type == NODE_DIRECTORY && node->directory.first)
		return node->directory.first;
	return after(node);
}

void tree_free(struct tree *tree)
{
	for (struct node *node = tree->roots; node && tree->aside; node = following(node))
		release(tree, node);
	struct loose *next;
	for (struct loose *loose = tree->loose; loose; loose = next) {
		next = loose->next;
		release(tree, (struct node *)(void *)loose->node);
		free(loose);
	}
	arena_free(&tree->arena);
	free(tree->devices);
	free(tree->types);
	free(tree->path);
	*tree = (struct tree){0};
}

size_t tree_device(struct tree *tree, uint64_t device)
{
	for (size_t i = tree->device_count; i-- > 0;) {
		if (tree->devices[i] == device)
			return i;
	}
	/* A node has 16 bits for it. */
	if (tree->device_count > UINT16_MAX) {
		errno = ENOMEM;
		return SIZE_MAX;
	}
	if (tree->device_count == tree->device_room) {
		size_t room = tree->device_room ? 2 * tree->device_room : 8;
		uint64_t *devices = reallocarray(tree->devices, room, sizeof(*devices));
		if (!devices)
			return SIZE_MAX;
		tree->devices = devices;
		uint32_t *types = reallocarray(tree->types, room, sizeof(*types));
		if (!types)
			return SIZE_MAX;
		tree->types = types;
		tree->device_room = room;
	}
	tree->types[tree->device_count] = 0;
	tree->devices[tree->device_count] = device;
	return tree->device_count++;
}

int tree_set_stamp(struct tree *tree, struct node *node, const struct stamp *stamp)
{
	size_t device = tree_device(tree, stamp->device);
	if (device == SIZE_MAX)
		return -1;
	node->size = stamp->size;
	node->inode = stamp->inode;
	node->mtime = stamp->mtime.tv_sec;
	node->ctime = stamp->ctime.tv_sec;
	node->mtime_ns = (uint32_t)stamp->mtime.tv_nsec;
	node->ctime_ns = (uint32_t)stamp->ctime.tv_nsec;
	node->device = (uint16_t)device;
	node->flags |= NODE_STAMPED;
	return 0;
}

struct stamp tree_stamp(const struct tree *tree, const struct node *node)
{
	if (!(node->flags & NODE_STAMPED))
		return (struct stamp){0};
	return (struct stamp){
		.device = tree->devices[node->device],
		.inode = node->inode,
		.size = node->size,
		.mtime = {.tv_sec = node->mtime, .tv_nsec = node->mtime_ns},
		.ctime = {.tv_sec = node->ctime, .tv_nsec = node->ctime_ns},
	};
}

/** Store why a file was read through the page cache, if it was; its stamp is set. */
static void set_refusal(struct tree *tree, struct node *node, const struct direct_refusal *refusal)
{
	if (refusal->reason == DIRECT_BYPASSED)
		return;
	node->flags |= refusal->reason == DIRECT_NOT_THIS_FILE ? NODE_CACHED_ALONE : NODE_CACHED;
	if (node->flags & NODE_STAMPED)
		tree->types[node->device] = refusal->type;
}

/** Get what set_refusal() stored. */
static struct direct_refusal refusal_of(const struct tree *tree, const struct node *node)
{
	if (node->flags & NODE_CACHED_ALONE)
		return (struct direct_refusal){DIRECT_NOT_THIS_FILE, tree->types[node->device]};
	if (!(node->flags & NODE_CACHED))
		return (struct direct_refusal){0};
	if (node->flags & NODE_STREAM)
		return (struct direct_refusal){.reason = DIRECT_NOT_INPUT};
	return (struct direct_refusal){DIRECT_NO_FILE, tree->types[node->device]};
}

/** Copy a digest into a node. @return 0, or -1 with errno ENOMEM */
static int set_digest(struct tree *tree, struct node *node, const unsigned char *digest)
{
	if (!has_long_digests(tree)) {
		memcpy(node->digest, digest, tree->digest_size);
		return 0;
	}
	node->long_digest = tree->kept ? arena_allocate(&tree->arena, tree->digest_size)
				       : malloc(tree->digest_size);
	if (!node->long_digest)
		return -1;
	memcpy(node->long_digest, digest, tree->digest_size);
	return 0;
}

int tree_set_result(struct tree *tree, struct node *node, const struct hasher_result *result)
{
	release(tree, node);
	if (result->state == HASHER_DONE && set_digest(tree, node, result->digest) != 0)
		return -1;
	node->state = (uint8_t)result->state;
	if (result->state == HASHER_LOOKED_AT)
		return tree_set_stamp(tree, node, &result->stamp);
	if (result->state != HASHER_DONE) {
		node->file.error = result->error;
		return 0;
	}
	if (result->stamp.inode || result->stamp.device) {
		if (tree_set_stamp(tree, node, &result->stamp) != 0)
			return -1;
	} else {
		node->flags &= (uint16_t)~NODE_STAMPED;
	}
	node->size = result->size;
	bool fits = result->read >= 0 && result->read <= UINT32_MAX;
	node->read = fits ? (uint32_t)result->read : 0;
	node->flags &= (uint16_t)~NODE_DUE;
	if (result->settled)
		node->flags |= NODE_SETTLED;
	if (result->young)
		node->flags |= NODE_YOUNG;
	set_refusal(tree, node, &result->refusal);
	return 0;
}

void tree_result(const struct tree *tree, const struct node *node, struct hasher_result *result)
{
	*result = (struct hasher_result){
		.state = (enum hasher_state)node->state,
		.size = node->size,
		.stamp = tree_stamp(tree, node),
		.settled = node->flags & NODE_SETTLED,
		.young = node->flags & NODE_YOUNG,
		.read = node->read,
	};
	if (node->type == NODE_DIRECTORY)
		result->error = node->directory.error;
	else if (result->state != HASHER_DONE)
		result->error = node->file.error;
	if (node->type == NODE_DIRECTORY || result->state != HASHER_DONE)
		return;
	result->digest = has_long_digests(tree) ? node->long_digest : node->digest;
	result->refusal = refusal_of(tree, node);
}

size_t tree_below_size(const struct node *directory)
{
	size_t size = 0;
	for (const struct node *node = directory; node->parent; node = node->parent)
		size += strlen(node->name) + 1;
	return size;
}

void tree_put_below(const struct node *directory, char *path, size_t size)
{
	char *end = path + size;
	for (const struct node *node = directory; node->parent; node = node->parent) {
		size_t part = strlen(node->name);
		*--end = '/';
		end -= part;
		memcpy(end, node->name, part);
	}
}

const struct node *tree_root(const struct node *node)
{
	while (node->parent)
		node = node->parent;
	return node;
}

size_t tree_prefix(const char *root, size_t size)
{
	return size + (size == 0 || root[size - 1] != '/');
}

/** The offset of a name in the path of an entry of this directory. */
static size_t prefix_of(const struct node *directory, size_t path_size)
{
	return directory->parent ? path_size + 1 : tree_prefix(directory->name, path_size);
}

/** The size of a node's path. */
static size_t path_size(const struct node *node)
{
	size_t size = 0;
	for (; node->parent; node = node->parent)
		size += strlen(node->name) + 1;
	/* The slash of an operand that has one was counted. */
	size_t root = strlen(node->name);
	return size ? size - 1 + tree_prefix(node->name, root) : root;
}

static int reserve_path(struct tree *tree, size_t size)
{
	if (size < tree->path_room)
		return 0;
	char *path = realloc(tree->path, 2 * size + 1);
	if (!path)
		return -1;
	tree->path = path;
	tree->path_room = 2 * size + 1;
	return 0;
}

const char *tree_path(struct tree *tree, const struct node *node, size_t *size)
{
	size_t length = path_size(node);
	if (reserve_path(tree, length) != 0)
		return NULL;
	char *end = tree->path + length;
	*end = '\0';
	for (; node->parent; node = node->parent) {
		size_t part = strlen(node->name);
		end -= part;
		memcpy(end, node->name, part);
		*--end = '/';
	}
	memcpy(tree->path, node->name, strlen(node->name));
	if (size)
		*size = length;
	return tree->path;
}

/** Fill in the entry of a file. */
static void set_file(const struct node *node, struct tree_entry *entry)
{
	entry->type = NFTW_F;
	entry->regular = node->type == NODE_FILE;
	/* Its type could not be found out. */
	if (node->type == NODE_UNKNOWN)
		entry->type = NFTW_NS;
	else if (node->type == NODE_LINK)
		entry->type = NFTW_SL;
	else if (node->type == NODE_MOUNT)
		entry->type = NFTW_MOUNT;
}

/** The stamp of a directory that was listed, without its size. */
static struct stamp stamp_of_directory(const struct tree *tree, const struct node *node)
{
	return (struct stamp){
		.device = tree->device_count ? tree->devices[node->device] : 0,
		.inode = node->inode,
		.mtime = {.tv_sec = node->mtime, .tv_nsec = node->mtime_ns},
		.ctime = {.tv_sec = node->ctime, .tv_nsec = node->ctime_ns},
	};
}

/** Fill in the entries of a node whose path is given. @return how many */
static size_t describe(const struct tree *tree, const struct node *node, const char *path,
	size_t length, struct tree_entry entries[2])
{
	struct tree_entry entry = {
		.root = !node->parent,
		.below = node->parent || node->type == NODE_DIRECTORY,
		.own = node->flags & NODE_OWN,
		.reused = node->flags & NODE_REUSED,
		.journaled = node->flags & NODE_DUE && node->state == HASHER_DONE,
		.path = path,
		.length = length,
	};
	size_t count = 0;
	if (node->type == NODE_LEFT_OUT)
		return 0;
	tree_result(tree, node, &entry.result);
	entry.due = node->flags & NODE_DUE && node->state == HASHER_PENDING;
	if (node->type != NODE_DIRECTORY) {
		set_file(node, &entry);
		entries[count++] = entry;
		return count;
	}
	bool failed = node->directory.error != 0 || entry.result.state != HASHER_LISTED;
	entry.type = NFTW_D;
	entry.stamp = stamp_of_directory(tree, node);
	entry.empty = !failed && !(node->flags & NODE_NOT_EMPTY);
	if (!(node->flags & NODE_LOOP))
		entries[count++] = entry;
	if (failed) {
		entry.type = NFTW_DNR;
		/* Its listing ended with an error. */
		if (entry.result.state == HASHER_LISTED)
			entry.result.state = HASHER_FAILED;
		entries[count++] = entry;
	}
	return count;
}

size_t tree_entries(struct tree *tree, const struct node *node, struct tree_entry entries[2])
{
	size_t length;
	const char *path = tree_path(tree, node, &length);
	return path ? describe(tree, node, path, length, entries) : 0;
}

/** The byte at `at` in a name; after its end, the byte that follows it in a full path. */
static int byte_at(const struct node *node, const unsigned char *at)
{
	if (*at == '\0' && node->type == NODE_DIRECTORY)
		return '/';
	return *at;
}

static int compare(const void *left, const void *right)
{
	const struct node *const *a = left, *const *b = right;
	const unsigned char *x = (const unsigned char *)(*a)->name;
	const unsigned char *y = (const unsigned char *)(*b)->name;
	while (*x && *x == *y) {
		x++;
		y++;
	}
	return byte_at(*a, x) - byte_at(*b, y);
}

/** Memory for sorting. */
struct order {
	struct node **nodes;
	size_t room;
};

/** Sort the names of a directory. @return 0, or -1 with errno ENOMEM */
static int sort(struct order *order, struct node *directory)
{
	size_t count = 0;
	for (struct node *node = directory->directory.first; node; node = node->next) {
		if (count == order->room) {
			size_t room = order->room ? 2 * order->room : 1024;
			struct node **nodes = reallocarray(order->nodes, room, sizeof(*nodes));
			if (!nodes)
				return -1;
			order->nodes = nodes;
			order->room = room;
		}
		order->nodes[count++] = node;
	}
	if (count > 1)
		qsort(order->nodes, count, sizeof(*order->nodes), compare);
	struct node *next = NULL;
	while (count > 0) {
		struct node *node = order->nodes[--count];
		node->next = next;
		next = node;
	}
	directory->directory.first = next;
	return 0;
}

/** Write a node's name behind the prefix of its directory. @return the length of the path, or
 * SIZE_MAX with errno ENOMEM */
static size_t put_name(struct tree *tree, const struct node *node, size_t prefix)
{
	size_t size = strlen(node->name);
	if (reserve_path(tree, prefix + size) != 0)
		return SIZE_MAX;
	if (node->parent)
		tree->path[prefix - 1] = '/';
	memcpy(tree->path + prefix, node->name, size + 1);
	return prefix + size;
}

/** Visit the nodes; the caller frees `order`. */
static int visit_all(struct tree *tree, struct order *order,
	int (*visit)(void *context, const struct tree_entry *entry), void *context)
{
	size_t prefix = 0;
	for (struct node *node = tree->roots; node;) {
		struct tree_entry entries[2];
		size_t length = put_name(tree, node, prefix);
		if (length == SIZE_MAX)
			return -1;
		size_t count = describe(tree, node, tree->path, length, entries);
		for (size_t i = 0; i < count; i++) {
			int status = visit(context, &entries[i]);
			if (status != 0)
				return status;
		}
		if (node->type == NODE_DIRECTORY && node->directory.first) {
			if (sort(order, node) != 0)
				return -1;
			prefix = prefix_of(node, length);
			node = node->directory.first;
			continue;
		}
		/* Go up to a directory that has a next name. */
		while (node && !node->next) {
			node = node->parent;
			if (node)
				prefix = node->parent ? prefix - 1 - strlen(node->name) : 0;
		}
		node = node ? node->next : NULL;
	}
	return 0;
}

int tree_visit(struct tree *tree, int (*visit)(void *context, const struct tree_entry *entry),
	void *context)
{
	struct order order = {0};
	int status = visit_all(tree, &order, visit, context);
	free(order.nodes);
	return status;
}
