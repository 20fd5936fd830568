/*
 * The states of a directory:
 *
 *     found ──► waits ──► listed: parts ──► END ──► its names are complete
 *                             ▲       │
 *                             └───────┘ worker lost: from the start, merged by name
 *
 * The names in a part become nodes, and the files among them tasks, as soon as the part arrives, so
 * that hashing does not wait for the end of the listing. The kernel may return a name twice while a
 * directory is modified, and a repeated listing returns all of them twice: so an index of the names
 * is kept until END. Names that are only counted (links, or files of other shards) are counted from 0
 * again.
 *
 * If the tree keeps its nodes, directories are listed in the order in which they were found.
 * Otherwise the last one found is listed first, so that few are pending at a time, and nodes are
 * freed when they are done: a file once its directory is listed, a directory once all in it is
 * done.
 *
 * The parent trusts nothing that it can check: a worker that sends a malformed part is killed; a
 * repeated listing has to be of the same directory (else ESTALE). A loop (a directory with the
 * device and inode of one above it) is looked for only where links are followed.
 */
#include "walk/walk.h"

#include "walk/filter.h"
#include "walk/listing.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** The names of a directory: open addressing with linear probing, at most half full. */
struct names {
	struct node **nodes;
	/** 0 or a power of two. */
	size_t room;
	size_t count;
};

/** The state of a directory while it is listed. */
struct listing_state {
	/** All listings are linked, so that they can be freed. */
	struct listing_state *next;
	struct listing_state *previous;
	struct names names;
	uint64_t inode;
	uint64_t device;
	uint64_t links;
	uint64_t special;
	uint64_t excluded;
	uint64_t other_shards;
	uint64_t outputs;
	/** The sums of the hashes of names of other shards, and of those that were taken. */
	uint64_t other_names;
	uint64_t taken_names;
	/** How many were taken. */
	uint64_t taken;
	/** Its names are ignored: it is excluded, a loop, on another file system, or not the one
	 * that was listed before. */
	bool refused;
	bool mount;
	bool excluded_itself;
	int error;
};

struct queue {
	struct node *first;
	struct node **end;
};

struct walk {
	struct walk_options options;
	struct tree *tree;
	struct walk_counts counts;
	/** Linked by directory.queued and file.queued. */
	struct queue directories;
	struct queue files;
	uint64_t pending;
	struct listing_state *listings;
	/** For the filter: the path below the root of a directory, and room for a name. */
	char *path;
	size_t path_size;
	size_t path_room;
	const struct node *path_of;
};

struct walk *walk_new(const struct walk_options *options, struct tree *tree)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	if (!walk)
		return NULL;
	walk->options = *options;
	walk->tree = tree;
	walk->directories.end = &walk->directories.first;
	walk->files.end = &walk->files.first;
	return walk;
}

static void push(struct queue *queue, struct node *node)
{
	node->file.queued = NULL;
	*queue->end = node;
	queue->end = &node->file.queued;
}

static void push_first(struct queue *queue, struct node *node)
{
	node->file.queued = queue->first;
	if (!queue->first)
		queue->end = &node->file.queued;
	queue->first = node;
}

static struct node *pop(struct queue *queue)
{
	struct node *node = queue->first;
	if (!node)
		return NULL;
	queue->first = node->file.queued;
	if (!queue->first)
		queue->end = &queue->first;
	node->file.queued = NULL;
	return node;
}

/* Names */

/** Eight bytes at a time: a million names take 15 ms. */
static size_t hash_of(const char *name, size_t size)
{
	uint64_t hash = size;
	for (; size >= 8; name += 8, size -= 8) {
		uint64_t piece;
		memcpy(&piece, name, 8);
		hash = (hash ^ piece) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	uint64_t rest = 0;
	memcpy(&rest, name, size);
	hash = (hash ^ rest) * UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(hash ^ hash >> 32);
}

/** @return the slot of a name, or the free one where it belongs */
static struct node **find_name(const struct names *names, const char *name, size_t size)
{
	assert(names->nodes);
	size_t place = hash_of(name, size) & (names->room - 1);
	struct node *node;
	while ((node = names->nodes[place])) {
		if (strncmp(node->name, name, size) == 0 && node->name[size] == '\0')
			break;
		place = (place + 1) & (names->room - 1);
	}
	return &names->nodes[place];
}

/** Make room for one more. @return 0, or -1 with errno ENOMEM */
static int grow(struct names *names)
{
	if (2 * (names->count + 1) <= names->room)
		return 0;
	struct names grown = {.room = names->room ? 2 * names->room : 64, .count = names->count};
	grown.nodes = calloc(grown.room, sizeof(*grown.nodes));
	if (!grown.nodes)
		return -1;
	for (size_t i = 0; names->nodes && i < names->room; i++) {
		struct node *node = names->nodes[i];
		if (node)
			*find_name(&grown, node->name, strlen(node->name)) = node;
	}
	free(names->nodes);
	*names = grown;
	return 0;
}

/* The filter */

/** Write the path of a directory below its root, with room for a name behind it. */
static int set_path(struct walk *walk, const struct node *directory, size_t name_size)
{
	if (walk->path_of == directory && walk->path_size + name_size < walk->path_room)
		return 0;
	size_t size = tree_below_size(directory);
	if (size + name_size >= walk->path_room) {
		size_t room = 2 * (size + name_size) + 256;
		char *path = realloc(walk->path, room);
		if (!path)
			return -1;
		walk->path = path;
		walk->path_room = room;
	}
	tree_put_below(directory, walk->path, size);
	walk->path_size = size;
	walk->path_of = directory;
	return 0;
}

/** Whether a name of this type is excluded. @return 1, 0, or -1 with errno ENOMEM */
static int is_excluded(struct walk *walk, const struct node *directory, const char *name,
	size_t size, enum node_type type)
{
	if (!walk->options.filter)
		return 0;
	if (set_path(walk, directory, size) != 0)
		return -1;
	memcpy(walk->path + walk->path_size, name, size);
	walk->path[walk->path_size + size] = '\0';
	bool as_file = false, as_directory = false;
	if (type != NODE_DIRECTORY)
		as_file = filter_excludes(
			walk->options.filter, walk->path, walk->path_size + size, false);
	if (type == NODE_DIRECTORY || type == NODE_UNKNOWN)
		as_directory = filter_excludes(
			walk->options.filter, walk->path, walk->path_size + size, true);
	return type == NODE_UNKNOWN ? as_file && as_directory : as_file || as_directory;
}

/* Shared work */

/** Whose a regular file is. @param path below the root @return as walk_options.choose() */
static int choose(struct walk *walk, const struct node *root, const struct node *directory,
	const char *path, uint64_t *hash)
{
	const struct walk_found found = {
		.root = root->name,
		.path = path,
		.device = directory ? walk->tree->devices[directory->device] : 0,
		.inode = directory ? directory->inode : 0,
	};
	return walk->options.choose(walk->options.context, &found, hash);
}

/** The same of a name in a directory. */
static int choose_name(struct walk *walk, const struct node *directory, const char *name,
	size_t size, uint64_t *hash)
{
	*hash = 0;
	if (!walk->options.choose)
		return WALK_TAKEN;
	if (set_path(walk, directory, size) != 0)
		return -1;
	memcpy(walk->path + walk->path_size, name, size);
	walk->path[walk->path_size + size] = '\0';
	return choose(walk, tree_root(directory), directory, walk->path, hash);
}

/** The same of a node. */
static int choose_node(struct walk *walk, const struct node *node, uint64_t *hash)
{
	*hash = 0;
	if (node->parent)
		return choose_name(walk, node->parent, node->name, strlen(node->name), hash);
	return walk->options.choose ? choose(walk, node, NULL, "", hash) : WALK_TAKEN;
}

/* Listings */

/** The type of a node by the type in a listing. */
static enum node_type type_of(const struct walk *walk, uint8_t type)
{
	switch (type) {
	case DT_REG:
		return NODE_FILE;
	case DT_DIR:
		return NODE_DIRECTORY;
	case DT_LNK:
		return walk->options.follow ? NODE_UNKNOWN : NODE_LINK;
	case DT_UNKNOWN:
		return NODE_UNKNOWN;
	default:
		return NODE_SPECIAL;
	}
}

/** Insert a new node into the tree, and queue it if it needs a task. */
static void enter(struct walk *walk, struct node *node)
{
	struct node *directory = node->parent;
	node->next = directory->directory.first;
	directory->directory.first = node;
	directory->directory.live++;
	if (node->type == NODE_DIRECTORY) {
		walk->pending++;
		if (walk->tree->kept)
			push(&walk->directories, node);
		else
			push_first(&walk->directories, node);
	} else if (node->type == NODE_FILE || node->type == NODE_UNKNOWN) {
		push(&walk->files, node);
	} else {
		/* It needs no task. */
		directory->directory.live--;
	}
}

/** Receive one name of a listing. @return 0, or -1 with errno ENOMEM */
static int take_entry(struct walk *walk, struct node *directory, const struct listing_entry *entry)
{
	struct listing_state *listing = directory->directory.listing;
	enum node_type type = type_of(walk, entry->type);
	directory->flags |= NODE_NOT_EMPTY;
	if (grow(&listing->names) != 0)
		return -1;
	struct node **place = find_name(&listing->names, entry->name, entry->size);
	if (*place)
		return 0;
	int excluded = is_excluded(walk, directory, entry->name, entry->size, type);
	if (excluded != 0) {
		listing->excluded++;
		return excluded < 0 ? -1 : 0;
	}
	uint64_t hash = 0;
	int choice = type == NODE_FILE
		? choose_name(walk, directory, entry->name, entry->size, &hash)
		: WALK_TAKEN;
	if (choice != WALK_TAKEN) {
		listing->other_shards += choice == WALK_OTHER_SHARD;
		listing->other_names += choice == WALK_OTHER_SHARD ? hash : 0;
		listing->outputs += choice == WALK_OUTPUT;
		return choice < 0 ? -1 : 0;
	}
	listing->taken += type == NODE_FILE;
	listing->taken_names += hash;
	listing->links += type == NODE_LINK;
	listing->special += type == NODE_SPECIAL;
	if ((type == NODE_LINK || type == NODE_SPECIAL) && !walk->options.all)
		return 0;
	struct node *node = tree_new(walk->tree, directory, entry->name, entry->size);
	if (!node)
		return -1;
	node->type = (uint8_t)type;
	if (entry->stamped && type == NODE_FILE &&
		tree_set_stamp(walk->tree, node, &entry->stamp) != 0)
		return -1;
	if (entry->stamped && entry->links > 1)
		node->flags |= NODE_LINKS;
	*place = node;
	listing->names.count++;
	enter(walk, node);
	return 0;
}

/** Whether a directory is one of those above it. */
static bool is_loop(const struct walk *walk, const struct node *directory, uint64_t inode)
{
	if (!walk->options.follow)
		return false;
	for (const struct node *node = directory->parent; node; node = node->parent) {
		if (node->inode == inode && node->device == directory->device)
			return true;
	}
	return false;
}

/** Allocate the state of a listing. @return it, or NULL with errno ENOMEM */
static struct listing_state *new_listing(struct walk *walk)
{
	struct listing_state *listing = calloc(1, sizeof(*listing));
	if (!listing)
		return NULL;
	listing->next = walk->listings;
	if (listing->next)
		listing->next->previous = listing;
	walk->listings = listing;
	return listing;
}

static void free_listing(struct walk *walk, struct listing_state *listing)
{
	if (listing->next)
		listing->next->previous = listing->previous;
	if (listing->previous)
		listing->previous->next = listing->next;
	else
		walk->listings = listing->next;
	free(listing->names.nodes);
	free(listing);
}

/** Turn a node into a directory that is being listed. @return 0, or -1 with errno ENOMEM */
static int become_directory(struct walk *walk, struct node *node)
{
	struct listing_state *listing = new_listing(walk);
	if (!listing)
		return -1;
	if (node->type != NODE_DIRECTORY) {
		int excluded = node->parent ? is_excluded(walk, node->parent, node->name,
						      strlen(node->name), NODE_DIRECTORY)
					    : 0;
		if (excluded < 0)
			return -1;
		listing->refused = listing->excluded_itself = excluded;
		free(node->file.kept);
		node->type = NODE_DIRECTORY;
		memset(&node->directory, 0, sizeof(node->directory));
		walk->pending++;
	}
	node->directory.listing = listing;
	return 0;
}

uint64_t walk_root_device(const struct walk *walk, const struct node *node)
{
	if (!walk->options.one_file_system || !node->parent)
		return 0;
	return walk->tree->devices[tree_root(node)->device];
}

/** Receive device and inode from the first part. @return 0, or -1 with errno ENOMEM */
static int begin(struct walk *walk, struct node *node, uint64_t device, uint64_t inode)
{
	struct listing_state *listing = node->directory.listing;
	size_t place = tree_device(walk->tree, device);
	if (place == SIZE_MAX)
		return -1;
	if (listing->inode) {
		/* A repeated listing. Names that became nodes are not counted again. */
		if (!walk->options.all)
			listing->links = listing->special = 0;
		listing->excluded = listing->other_shards = listing->outputs = 0;
		listing->other_names = 0;
		if (listing->inode != inode || listing->device != device) {
			listing->refused = true;
			listing->error = ESTALE;
		}
		return 0;
	}
	listing->inode = node->inode = inode;
	listing->device = device;
	node->device = (uint16_t)place;
	uint64_t root_device = walk_root_device(walk, node);
	if (root_device && root_device != device) {
		listing->refused = listing->mount = true;
	} else if (is_loop(walk, node, inode)) {
		listing->refused = true;
		listing->error = ELOOP;
		node->flags |= NODE_LOOP;
	}
	return 0;
}

/** Whether all of a part is well formed. */
static bool is_proper(struct frame_reader part)
{
	struct listing_entry entry;
	int got;
	while ((got = listing_get(&part, &entry)) > 0)
		;
	return got == 0;
}

int walk_part(struct walk *walk, struct node *node, const void *data, size_t size)
{
	struct frame_reader part;
	struct listing_entry entry;
	bool first;
	uint64_t device, inode;
	frame_read(&part, data, size);
	if (listing_get_begin(&part, &first, &device, &inode) != 0)
		return -1;
	bool begun = node->type == NODE_DIRECTORY && node->directory.listing;
	bool listable = node->type == NODE_UNKNOWN ||
		(node->type == NODE_DIRECTORY && !(node->flags & NODE_ENDED));
	if (!is_proper(part) || (first ? inode == 0 || !listable : !begun)) {
		errno = EBADMSG;
		return -1;
	}
	if (!begun && become_directory(walk, node) != 0)
		return -1;
	if (first && begin(walk, node, device, inode) != 0)
		return -1;
	if (node->directory.listing->refused)
		return 0;
	while (listing_get(&part, &entry) > 0) {
		if (take_entry(walk, node, &entry) != 0)
			return -1;
	}
	return 0;
}

/** If nodes are not kept: free the names that are done, as none can be listed again. */
static void sweep(struct walk *walk, struct node *directory)
{
	struct node *next;
	for (struct node *node = directory->directory.first; node; node = next) {
		next = node->next;
		node->next = NULL;
		if (node->type == NODE_LEFT_OUT)
			tree_discard(walk->tree, node);
	}
	directory->directory.first = NULL;
}

/** A directory has no entry: only one that has uses its fields. */
static void leave_out(struct node *node)
{
	node->type = NODE_LEFT_OUT;
	memset(&node->directory, 0, sizeof(node->directory));
}

/** If nodes are not kept: free a directory that is done, and those above it that are done then. */
static void forget_done(struct walk *walk, struct node *node)
{
	while (node && (node->flags & NODE_ENDED) && node->directory.live == 0) {
		struct node *parent = node->parent;
		bool linked = parent && !(parent->flags & NODE_ENDED);
		if (walk->path_of == node)
			walk->path_of = NULL;
		if (linked)
			leave_out(node);
		else
			tree_discard(walk->tree, node);
		if (parent)
			parent->directory.live--;
		node = parent;
	}
}

void walk_forget(struct walk *walk, struct node *node)
{
	struct node *parent = node->parent;
	if (node->type == NODE_DIRECTORY) {
		forget_done(walk, node);
		return;
	}
	if (parent && !(parent->flags & NODE_ENDED)) {
		/* Its name may be listed again: sweep() frees it. */
		node->type = NODE_LEFT_OUT;
		parent->directory.live--;
		return;
	}
	tree_discard(walk->tree, node);
	if (parent) {
		parent->directory.live--;
		forget_done(walk, parent);
	}
}

/** The error of a directory whose worker reported none, or 0. */
static int refusal(const struct listing_state *listing, const struct hasher_result *result)
{
	if (listing->refused)
		return listing->error;
	switch (result->state) {
	case HASHER_LISTED:
		/* A listing without its first part is malformed. */
		return listing->inode ? 0 : EBADMSG;
	case HASHER_FAILED:
	case HASHER_DIED:
	case HASHER_TIMED_OUT:
		return 0;
	case HASHER_MOUNT:
		/* It was listed in part before something was mounted on it. */
		return listing->inode ? ESTALE : 0;
	default:
		/* It was a directory before. */
		return ENOTDIR;
	}
}

/** Store the result of a directory. */
static void conclude(struct walk *walk, struct node *node, const struct hasher_result *result)
{
	struct listing_state *listing = node->directory.listing;
	int refused = refusal(listing, result);
	node->state = (uint8_t)(refused ? HASHER_FAILED : result->state);
	node->directory.error = refused ? refused : result->error;
	node->directory.listing = NULL;
	node->flags |= NODE_ENDED;
	node->mtime = result->stamp.mtime.tv_sec;
	node->mtime_ns = (uint32_t)result->stamp.mtime.tv_nsec;
	node->ctime = result->stamp.ctime.tv_sec;
	node->ctime_ns = (uint32_t)result->stamp.ctime.tv_nsec;
	if (listing->excluded_itself) {
		leave_out(node);
		walk->counts.excluded++;
	} else if (listing->mount || node->state == HASHER_MOUNT) {
		leave_out(node);
		node->type = NODE_MOUNT;
		walk->counts.mounts++;
	}
	walk->counts.directories += node->type == NODE_DIRECTORY;
	walk->counts.links += listing->links;
	walk->counts.special += listing->special;
	walk->counts.excluded += listing->excluded;
	walk->counts.other_shards += listing->other_shards;
	walk->counts.outputs += listing->outputs;
	walk->counts.listed += listing->other_shards + listing->taken;
	walk->counts.names += listing->other_names + listing->taken_names;
	free_listing(walk, listing);
}

int walk_listed(struct walk *walk, struct node *node, const struct hasher_result *result)
{
	bool begun = node->type == NODE_DIRECTORY && node->directory.listing;
	if (!begun && become_directory(walk, node) != 0)
		return -1;
	walk->pending--;
	conclude(walk, node, result);
	if (node->type == NODE_DIRECTORY && !walk->tree->kept)
		sweep(walk, node);
	return 0;
}

int walk_passes_over(struct walk *walk, const struct node *node)
{
	uint64_t hash;
	int choice = choose_node(walk, node, &hash);
	return choice < 0 ? -1 : choice != WALK_TAKEN;
}

int walk_typed(struct walk *walk, struct node *node, enum node_type type)
{
	int excluded = node->parent
		? is_excluded(walk, node->parent, node->name, strlen(node->name), type)
		: 0;
	uint64_t hash = 0;
	int choice =
		type == NODE_FILE && excluded == 0 ? choose_node(walk, node, &hash) : WALK_TAKEN;
	if (excluded < 0 || choice < 0)
		return -1;
	node->type = (uint8_t)type;
	if (type == NODE_FILE && !excluded && choice != WALK_OUTPUT) {
		walk->counts.listed++;
		walk->counts.names += hash;
	}
	if (excluded || choice != WALK_TAKEN) {
		walk->counts.excluded += (uint64_t)excluded;
		walk->counts.other_shards += choice == WALK_OTHER_SHARD;
		walk->counts.outputs += choice == WALK_OUTPUT;
		node->type = NODE_LEFT_OUT;
		return 0;
	}
	walk->counts.links += type == NODE_LINK;
	walk->counts.special += type == NODE_SPECIAL;
	bool kept = type == NODE_FILE || walk->options.all;
	if (!kept)
		node->type = NODE_LEFT_OUT;
	return kept;
}

void walk_begin_root(struct walk *walk, struct node *root)
{
	root->type = NODE_UNKNOWN;
	if (walk->tree->kept)
		tree_add_root(walk->tree, root);
}

struct node *walk_next_directory(struct walk *walk)
{
	return pop(&walk->directories);
}

struct node *walk_next_file(struct walk *walk)
{
	return pop(&walk->files);
}

uint64_t walk_pending(const struct walk *walk)
{
	return walk->pending;
}

const struct walk_counts *walk_counts(const struct walk *walk)
{
	return &walk->counts;
}

void walk_free(struct walk *walk)
{
	if (!walk)
		return;
	struct listing_state *next;
	for (struct listing_state *listing = walk->listings; listing; listing = next) {
		next = listing->next;
		free(listing->names.nodes);
		free(listing);
	}
	free(walk->path);
	free(walk);
}
