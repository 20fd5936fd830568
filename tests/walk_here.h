/*
 * A walk of walk/walk.h in this process: what it wants opened is opened and listed here, by what
 * the workers use, and what the tree tells in the end is recorded.
 */
#ifndef TESTS_WALK_HERE_H
#define TESTS_WALK_HERE_H

#include "hash/opener.h"
#include "scan/tree.h"
#include "walk/list_directory.h"
#include "walk/listing.h"
#include "walk/walk.h"

#include "leaks.h"
#include "quickly.h"
#include "scratch.h"

#include <stdbool.h>
#include <stdint.h>

/** How many names may be in hand at a time. */
#define HERE_JOBS 8

/* What was told */

struct found {
	char *path;
	enum nftw_type type;
	/** What a result says that is no digest. */
	int error;
	enum hasher_state state;
	/** Names between it and its root. */
	size_t level;
	bool root;
	bool below;
	bool regular;
	bool empty;
	struct stamp stamp;
};

/** All that was told; one walk at a time, as the C library's nftw gives no context. */
static struct record {
	struct found *found;
	size_t count;
	size_t size;
	/** The root of the walk. */
	const char *root;
} record;

/** Add a name. @return it, for the rest to be filled in */
static inline struct found *record_add(const char *path, enum nftw_type type, size_t level)
{
	if (record.count == record.size) {
		record.size = record.size ? 2 * record.size : 256;
		record.found = reallocarray(record.found, record.size, sizeof(struct found));
		check_quickly(record.found);
	}
	struct found *found = &record.found[record.count++];
	*found = (struct found){.path = strdup(path), .type = type, .level = level};
	check_quickly(found->path);
	return found;
}

static inline void record_clear(struct record *old)
{
	for (size_t i = 0; i < old->count; i++)
		free(old->found[i].path);
	free(old->found);
	*old = (struct record){0};
}

/** What holds of every entry. */
static inline void assert_contract(const struct tree_entry *entry)
{
	const struct hasher_result *result = &entry->result;
	size_t root = strlen(record.root);
	check_quickly(strlen(entry->path) == entry->length);
	check_quickly(strncmp(entry->path, record.root, root) == 0);
	check_quickly(entry->root == (entry->length == root));
	check_quickly(
		entry->below == (!entry->root || entry->type == NFTW_D || entry->type == NFTW_DNR));
	check_quickly(!entry->regular || entry->type == NFTW_F);
	check_quickly(!entry->empty || (entry->type == NFTW_D && !result->error));
	if (!entry->root) {
		const char *name = strrchr(entry->path, '/') + 1;
		check_quickly(*name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0);
		check_quickly(entry->length > tree_prefix(record.root, root));
		check_quickly(entry->path[tree_prefix(record.root, root) - 1] == '/');
	}
	if (entry->type == NFTW_DNR || entry->type == NFTW_NS)
		check_quickly(result->state == HASHER_FAILED && result->error);
	if (entry->type == NFTW_SL || entry->type == NFTW_MOUNT)
		check_quickly(!result->error);
}

/** For tree_visit(). */
static inline int record_entry(void *context, const struct tree_entry *entry)
{
	(void)context;
	assert_contract(entry);
	size_t level = !entry->root;
	if (!entry->root) {
		const char *below = entry->path + tree_prefix(record.root, strlen(record.root));
		while ((below = strchr(below, '/'))) {
			below++;
			level++;
		}
	}
	struct found *found = record_add(entry->path, entry->type, level);
	/* A directory's error is told by an entry of its own. */
	found->error = entry->type == NFTW_D ? 0 : entry->result.error;
	found->state = entry->result.state;
	found->root = entry->root;
	found->below = entry->below;
	found->regular = entry->regular;
	found->empty = entry->empty;
	found->stamp = entry->result.stamp;
	return 0;
}

/* The walk */

/** A name that is being opened or listed. */
struct here_job {
	struct node *node;
	/** The directory's path; owned. */
	char *directory;
	struct opening opening;
	bool listing;
	struct frame_writer part;
	struct list_directory names;
	unsigned char bytes[LISTING_PART_MAX];
};

struct here {
	struct walk_options options;
	/** Nodes are freed when they are done. */
	bool unsorted;
	enum hasher_stat stat;
	/** Names in hand at a time, of which a random one goes on; 0: one. */
	unsigned jobs;
	/** Of a hundred steps of a listing: how many its lister does not survive. */
	unsigned losses;
	/** Bytes at which a part is sent; 0: as workers do. */
	size_t part;
	/** What is done before the name of this path is opened, or NULL. */
	const char *path;
	void (*act)(void);
	/** How often it was done, and listers were lost. */
	unsigned acted;
	unsigned lost;
	struct walk_counts counts;

	struct tree tree;
	struct walk *walk;
	struct opener opener;
	struct here_job *in_hand[HERE_JOBS];
};

static uint64_t here_seed = 1;

static inline unsigned random_below(unsigned limit)
{
	here_seed = here_seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(here_seed >> 33) % limit;
}

/** Write what a worker is told of a node. */
static inline void here_describe(struct here *here, struct here_job *job)
{
	struct hasher_task *task = &job->opening.task;
	const struct node *node = job->node, *root = tree_root(node), *directory = node->parent;
	static const enum hasher_kind kinds[] = {
		[NODE_UNKNOWN] = HASHER_UNKNOWN,
		[NODE_FILE] = HASHER_FILE,
		[NODE_DIRECTORY] = HASHER_LIST,
	};
	check_quickly(node->type <= NODE_DIRECTORY);
	*task = (struct hasher_task){.root = "", .directory = "", .name = node->name};
	task->head = (struct hasher_head){
		.kind = directory ? kinds[node->type] : HASHER_NAMED,
		.stat = here->stat,
		.follow = here->options.follow,
		.listed = true,
		.linked = true,
		.name_size = (uint32_t)strlen(node->name),
		.root_device = walk_root_device(here->walk, node),
	};
	if (!directory)
		return;
	const char *path = tree_path(&here->tree, directory, NULL);
	check_quickly(path);
	size_t below = strlen(root->name);
	free(job->directory);
	job->directory = strdup(directory->parent ? path + tree_prefix(path, below) : "");
	check_quickly(job->directory);
	task->root = root->name;
	task->directory = job->directory;
	task->head.root_size = (uint32_t)below;
	task->head.directory_size = (uint32_t)strlen(job->directory);
	task->head.device = here->tree.devices[directory->device];
	task->head.inode = directory->inode;
}

/** Open what a job is about. */
static inline enum hasher_state here_open(struct here *here, struct here_job *job)
{
	struct opening *opening = &job->opening;
	enum hasher_kind kind;
	here_describe(here, job);
	kind = opening->task.head.kind;
	enum hasher_state state = HASHER_DIRECTORY;
	if (kind != HASHER_LIST)
		state = opener_open(&here->opener, opening);
	if (state != HASHER_DIRECTORY || kind == HASHER_FILE)
		return state;
	if (kind != HASHER_LIST && opening->fd >= 0)
		close(opening->fd);
	return opener_list(&here->opener, opening);
}

/** What is done with a result, as in trees.c. */
static inline void here_settle(
	struct here *here, struct node *node, const struct hasher_result *result)
{
	bool unknown = node->type == NODE_UNKNOWN;
	if (node->type == NODE_DIRECTORY || result->state == HASHER_LISTED ||
		result->state == HASHER_MOUNT) {
		check_quickly(walk_listed(here->walk, node, result) == 0);
	} else {
		if (unknown && result->state == HASHER_DONE)
			walk_typed(here->walk, node, NODE_FILE);
		else if (unknown && result->state == HASHER_LINK)
			walk_typed(here->walk, node, NODE_LINK);
		else if (unknown && result->state == HASHER_SPECIAL)
			walk_typed(here->walk, node, NODE_SPECIAL);
		if (node->type != NODE_LEFT_OUT)
			check_quickly(tree_set_result(&here->tree, node, result) == 0);
	}
	if (!here->unsorted)
		return;
	struct tree_entry entries[2];
	size_t count = tree_entries(&here->tree, node, entries);
	for (size_t i = 0; i < count; i++)
		record_entry(NULL, &entries[i]);
	walk_forget(here->walk, node);
}

static inline void here_end(struct here *here, struct here_job *job, enum hasher_state state)
{
	static const unsigned char digest[64] = {0};
	struct opening *opening = &job->opening;
	struct hasher_result result = {.state = state, .error = state == HASHER_FAILED ? errno : 0};
	if (state == HASHER_DONE) {
		result.stamp = stamp_of(&opening->status);
		result.size = result.stamp.size;
		result.links = opening->status.st_nlink;
		result.digest = digest;
	}
	if (opening->fd >= 0)
		close(opening->fd);
	here_settle(here, job->node, &result);
	job->node = NULL;
}

static inline void here_send(struct here *here, struct here_job *job)
{
	check_quickly(walk_part(here->walk, job->node, job->bytes, frame_size(&job->part)) == 0);
	frame_write(&job->part, job->bytes, sizeof(job->bytes));
	listing_put_more(&job->part);
}

static inline void here_list(struct here *here, struct here_job *job)
{
	struct opening *opening = &job->opening;
	if (here->losses && random_below(100) < here->losses) {
		close(opening->fd);
		job->listing = false;
		here->lost++;
		return;
	}
	if (list_directory_step(&job->names, &job->part)) {
		if (frame_size(&job->part) >= (here->part ? here->part : LISTING_PART_MAX / 2))
			here_send(here, job);
		return;
	}
	struct hasher_result result = {.state = HASHER_LISTED, .error = job->names.error};
	here_send(here, job);
	opener_keep(&here->opener, opening);
	here_settle(here, job->node, &result);
	job->node = NULL;
}

/** Go on with a job by one step; its node is NULL when it is done. */
static inline void here_step(struct here *here, struct here_job *job)
{
	if (job->listing) {
		here_list(here, job);
		return;
	}
	const char *path = tree_path(&here->tree, job->node, NULL);
	if (here->path && strcmp(path, here->path) == 0) {
		here->acted++;
		here->act();
	}
	enum hasher_state state = here_open(here, job);
	if (state != HASHER_LISTED) {
		here_end(here, job, state);
		return;
	}
	const struct stat *status = &job->opening.status;
	list_directory_begin(&job->names, job->opening.fd, here->options.follow, here->stat);
	frame_write(&job->part, job->bytes, sizeof(job->bytes));
	listing_put_directory(&job->part, status->st_dev, status->st_ino);
	job->listing = true;
}

/** Take a node from the walk, if there is one. */
static inline struct node *here_next(struct here *here)
{
	bool file_first = here->jobs > 1 && random_below(2);
	struct node *node =
		file_first ? walk_next_file(here->walk) : walk_next_directory(here->walk);
	if (node)
		return node;
	return file_first ? walk_next_directory(here->walk) : walk_next_file(here->walk);
}

/** Give a job a node, if there is one. */
static inline void here_take(struct here *here, struct here_job **job)
{
	struct node *node = *job && (*job)->node ? NULL : here_next(here);
	if (!node)
		return;
	if (!*job)
		*job = calloc(1, sizeof(**job));
	check_quickly(*job);
	(*job)->node = node;
	(*job)->listing = false;
}

/** Work until nothing is left. */
static inline void here_run(struct here *here, struct node *root)
{
	unsigned jobs = here->jobs ? here->jobs : 1, busy;
	here->in_hand[0] = calloc(1, sizeof(struct here_job));
	check_quickly(here->in_hand[0]);
	here->in_hand[0]->node = root;
	do {
		struct here_job *working[HERE_JOBS];
		busy = 0;
		for (unsigned i = 0; i < jobs; i++) {
			here_take(here, &here->in_hand[i]);
			if (here->in_hand[i] && here->in_hand[i]->node)
				working[busy++] = here->in_hand[i];
		}
		if (busy)
			here_step(here, working[random_below(busy)]);
	} while (busy);
	check_quickly(walk_pending(here->walk) == 0);
	for (unsigned i = 0; i < jobs; i++) {
		if (here->in_hand[i])
			free(here->in_hand[i]->directory);
		free(here->in_hand[i]);
		here->in_hand[i] = NULL;
	}
}

/** Walk a root and record it. */
static inline void here_walk(struct here *here, const char *root)
{
	record_clear(&record);
	record.root = root;
	here->acted = here->lost = 0;
	tree_begin(&here->tree, !here->unsorted, 64);
	here->walk = walk_new(&here->options, &here->tree);
	ck_assert_ptr_nonnull(here->walk);
	opener_begin(&here->opener, NULL, 0);
	struct node *node = tree_new(&here->tree, NULL, root, strlen(root));
	ck_assert_ptr_nonnull(node);
	walk_begin_root(here->walk, node);
	here_run(here, node);
	if (here->unsorted)
		ck_assert_ptr_null(here->tree.loose);
	else
		ck_assert_int_eq(tree_visit(&here->tree, record_entry, NULL), 0);
	here->counts = *walk_counts(here->walk);
	opener_free(&here->opener);
	walk_free(here->walk);
	tree_free(&here->tree);
	ck_assert(!here->path || here->acted);
}

/** Walk with all that is met, links and special files included. */
static inline void walk(const char *root)
{
	here_walk(&(struct here){.options = {.all = true}}, root);
}

/* Assertions */

static const struct found *next_found;

/** The next thing that was told is this. */
static inline void assert_next(const char *path, enum nftw_type type, int error)
{
	ck_assert_msg(next_found < record.found + record.count, "nothing came for %s", path);
	ck_assert_str_eq(next_found->path, path);
	ck_assert_msg(next_found->type == type && next_found->error == error, "%s: %d, %s", path,
		(int)next_found->type, strerror(next_found->error));
	next_found++;
}

static inline void assert_first(const char *path, enum nftw_type type, int error)
{
	next_found = record.found;
	assert_next(path, type, error);
}

static inline void assert_no_more(void)
{
	ck_assert_msg(next_found == record.found + record.count, "%s came too", next_found->path);
}

static inline void record_enter(void)
{
	leaks_setup();
	scratch_enter();
}

static inline void record_leave(void)
{
	record_clear(&record);
	leaks_teardown();
}

static inline TCase *record_case(Suite *suite, const char *name)
{
	TCase *tests = tcase_create(name);
	tcase_set_timeout(tests, 120);
	tcase_add_unchecked_fixture(tests, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(tests, record_enter, record_leave);
	suite_add_tcase(suite, tests);
	return tests;
}

#endif
