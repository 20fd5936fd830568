/*
 * What walk/walk.h and scan/tree.h do with memory: nodes that are not kept are freed as they are
 * done, in whatever order; and memory may end at any call.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/** Some digest. */
static const unsigned char some_digest[64] = {1};

static struct {
	/** Allocations until one fails; negative: none does. */
	int left;
	/** All that come after it fail, too. */
	bool forever;
	/** How many have failed. */
	unsigned failures;
} fault = {.left = -1};

static bool is_failing(void)
{
	if (fault.left < 0)
		return false;
	if (fault.left > 0) {
		fault.left--;
		return false;
	}
	if (!fault.forever)
		fault.left = -1;
	fault.failures++;
	errno = ENOMEM;
	return true;
}

static void *failing_malloc(size_t size)
{
	return is_failing() ? NULL : malloc(size);
}

static void *failing_calloc(size_t count, size_t size)
{
	return is_failing() ? NULL : calloc(count, size);
}

static void *failing_realloc(void *block, size_t size)
{
	return is_failing() ? NULL : realloc(block, size);
}

static void *failing_reallocarray(void *block, size_t count, size_t size)
{
	return is_failing() ? NULL : reallocarray(block, count, size);
}

/* Their inside: what they allocate is nothing that their headers offer. */
#define malloc failing_malloc
#define calloc failing_calloc
#define realloc failing_realloc
#define reallocarray failing_reallocarray
/* NOLINTBEGIN(bugprone-suspicious-include) */
#include "scan/tree.c"
#include "sys/arena.c"
#include "walk/walk.c"
/* NOLINTEND(bugprone-suspicious-include) */
#undef malloc
#undef calloc
#undef realloc
#undef reallocarray

#include "suite.h"
#include "walk_parts.h"

/* Nodes that are not kept */

/** What a test knows of a node, which may be gone. */
struct known {
	struct node *node;
	struct known *parent;
	char name[8];
	bool directory;
	/** A directory's first part has come; it has ended. */
	bool begun;
	bool ended;
	/** A file that is done. */
	bool done;
};

enum {
	KNOWN_MAX = 3000
};

static struct known all[KNOWN_MAX];
static size_t known_count;

static uint64_t seed;

static unsigned random_below(unsigned limit)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % limit;
}

/** Whether a node and all below it is done. */
static bool is_done(const struct known *known)
{
	if (!known->directory)
		return known->done;
	if (!known->ended)
		return false;
	for (size_t i = 0; i < known_count; i++) {
		if (all[i].parent == known && !is_done(&all[i]))
			return false;
	}
	return true;
}

/** Nobody needs a node that is done, but for its name, until the listing that it is in has ended.
 */
static bool is_gone(const struct known *known)
{
	return (!known->parent || known->parent->ended) && is_done(known);
}

static void assert_nodes(void)
{
	size_t expected = 0, count = 0;
	for (size_t i = 0; i < known_count; i++)
		expected += !is_gone(&all[i]);
	for (const struct loose *loose = tree.loose; loose; loose = loose->next)
		count++;
	check_quickly(count == expected);
}

/** Take what the walk has found. */
static void take_new(void)
{
	struct node *node;
	while ((node = walk_next_directory(walk)) || (node = walk_next_file(walk))) {
		struct known *known = &all[known_count++];
		check_quickly(known_count <= KNOWN_MAX);
		*known = (struct known){.node = node, .directory = node->type == NODE_DIRECTORY};
		strcpy(known->name, node->name);
		/* Its address may have been another one's. */
		for (size_t i = 0; i < known_count - 1; i++) {
			if (all[i].node == node->parent && all[i].directory && !all[i].ended)
				known->parent = &all[i];
		}
		check_quickly(known->parent);
		for (size_t i = 0; i < known_count - 1; i++)
			check_quickly(all[i].parent != known->parent ||
				strcmp(all[i].name, known->name) != 0);
	}
}

/** Send a part of random names, some of which came before. */
static void send_names(struct known *known)
{
	static const uint8_t types[] = {
		DT_REG, DT_REG, DT_REG, DT_DIR, DT_UNKNOWN, DT_LNK, DT_FIFO};
	unsigned count = random_below(7);
	bool first = !known->begun || random_below(8) == 0;
	part_begin(DEVICE, first ? 1 + (uint64_t)(known - all) : 0);
	for (unsigned i = 0; i < count; i++) {
		char name[8];
		snprintf(name, sizeof(name), "%u", random_below(20));
		/* Each name has one type. */
		unsigned type = (unsigned)(strtoul(name, NULL, 10) + (size_t)(known - all)) % 7;
		part_put(name, strlen(name), types[type]);
	}
	known->begun = true;
	known->directory = true;
	ck_assert_int_eq(part_send(known->node), 0);
	take_new();
}

/** A name has its result. */
static void settle_file(struct known *known)
{
	static const enum node_type types[] = {NODE_FILE, NODE_LINK, NODE_SPECIAL};
	struct hasher_result result = {
		.state = random_below(3) ? HASHER_DONE : HASHER_FAILED, .digest = some_digest};
	struct node *node = known->node;
	if (node->type == NODE_UNKNOWN && random_below(4))
		walk_typed(walk, node, types[random_below(3)]);
	if (node->type != NODE_LEFT_OUT)
		ck_assert_int_eq(tree_set_result(&tree, node, &result), 0);
	walk_forget(walk, node);
	known->done = true;
}

static void settle_directory(struct known *known)
{
	enum hasher_state state = random_below(4) ? HASHER_LISTED
		: random_below(2)                 ? HASHER_FAILED
						  : HASHER_MOUNT;
	known->directory = known->ended = true;
	end_with(known->node, state, state == HASHER_FAILED);
	walk_forget(walk, known->node);
}

/** Let something happen to a random node. */
static void go_on(void)
{
	struct known *known;
	do {
		known = &all[random_below((unsigned)known_count)];
	} while (known->ended || known->done);
	bool unknown = !known->begun && known->node->type == NODE_UNKNOWN;
	if (known->directory || (unknown && random_below(2))) {
		if (random_below(5) && known_count < KNOWN_MAX / 10)
			send_names(known);
		else
			settle_directory(known);
	} else {
		settle_file(known);
	}
}

/** Whether all is done. */
static bool is_complete(void)
{
	for (size_t i = 0; i < known_count; i++) {
		if (!all[i].ended && !all[i].done)
			return false;
	}
	return true;
}

START_TEST(test_walk_frees_nodes_as_they_are_done)
{
	static const struct walk_options following = {.follow = true};
	static const struct walk_options plain;
	size_t most = 0;
	for (int round = 0; round < 30; round++) {
		seed = 100 * (uint64_t)_i + (uint64_t)round;
		known_count = 0;
		walk_begin(_i % 2 ? &following : &plain, false, "r");
		all[known_count++] = (struct known){.node = root};
		while (!is_complete()) {
			assert_nodes();
			go_on();
		}
		ck_assert_ptr_null(tree.loose);
		ck_assert_uint_eq(walk_pending(walk), 0);
		walk_end();
		most = known_count > most ? known_count : most;
	}
	ck_assert_uint_gt(most, 100);
}
END_TEST

/** A name that came and is done comes again: it is the same one. */
START_TEST(test_walk_knows_names_that_are_done)
{
	static const struct walk_options plain;
	struct hasher_result done = {.state = HASHER_DONE, .digest = some_digest};
	walk_begin(&plain, false, "r");
	give_first(root, 1, "a b d/");
	struct node *a = child(root, "a"), *d = child(root, "d");
	ck_assert_ptr_eq(walk_next_directory(walk), d);
	list(d, 2, "");
	walk_forget(walk, d);
	while (walk_next_file(walk))
		;
	ck_assert_int_eq(tree_set_result(&tree, a, &done), 0);
	walk_forget(walk, a);
	give_first(root, 1, "d/ b a c");
	ck_assert_ptr_null(walk_next_directory(walk));
	ck_assert_str_eq(walk_next_file(walk)->name, "c");
	ck_assert_ptr_null(walk_next_file(walk));
	struct node *b = child(root, "b"), *c = child(root, "c");
	end(root);
	walk_forget(walk, root);
	walk_forget(walk, c);
	walk_forget(walk, b);
	ck_assert_ptr_null(tree.loose);
	walk_end();
}
END_TEST

/* Memory that ends */

static int count_entry(void *context, const struct tree_entry *entry)
{
	size_t *count = context;
	(void)entry;
	++*count;
	return 0;
}

/** Made up for the filter of walk/filter.h: what is left out is of no interest here. */
static struct filter *filter;

/** A part for a node of some path, which may be too much. @return as walk_part() */
static int give_all(struct node *node, uint64_t device, uint64_t inode, const char *names)
{
	part_begin(device, inode);
	part_put_names(names);
	return part_send(node);
}

/** Find a name that came. */
static struct node *name_of(const struct node *directory, const char *name)
{
	struct node *node = directory->directory.first;
	while (node && strcmp(node->name, name) != 0)
		node = node->next;
	ck_assert_ptr_nonnull(node);
	return node;
}

/** Walk a tree, as far as memory goes. @return 0 at its end, or -1 with errno */
static int walk_all(size_t *told)
{
	static const struct hasher_result listed = {.state = HASHER_LISTED};
	char name[300];
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	if (give_all(root, 1, 1, "a/ b u? v? x") != 0 || give_all(root, 0, 0, "a/ c d") != 0)
		return -1;
	struct node *node = name_of(root, "a"), *b = name_of(root, "b");
	struct node *u = name_of(root, "u"), *v = name_of(root, "v");
	/* More devices, and more names, than there is room for at first. */
	for (uint64_t i = 0; i < 12; i++) {
		if (give_all(node, 2 + i, 2, "d/") != 0)
			return -1;
		struct node *inner = name_of(node, "d");
		if (walk_listed(walk, node, &listed) != 0)
			return -1;
		node = inner;
	}
	part_begin(20, 3);
	for (size_t i = 0; i < 100; i++) {
		name[0] = (char)('A' + i % 32);
		name[1] = (char)('A' + i / 32);
		part_put(name, 150 + i, DT_REG);
	}
	if (part_send(node) != 0 || walk_listed(walk, node, &listed) != 0)
		return -1;
	/* Of "v" nothing came. */
	if (give_all(u, 1, 4, "y") != 0 || walk_listed(walk, u, &listed) != 0 ||
		walk_listed(walk, v, &listed) != 0 || walk_listed(walk, root, &listed) != 0)
		return -1;
	ck_assert_uint_eq(walk_pending(walk), 0);
	struct hasher_result done = {
		.state = HASHER_DONE, .stamp = {.device = 99, .inode = 1}, .digest = some_digest};
	if (tree_set_result(&tree, b, &done) != 0)
		return -1;
	for (const struct node *deep = node; tree.kept && deep; deep = deep->parent) {
		if (!tree_path(&tree, deep, NULL))
			return -1;
	}
	*told = 0;
	return tree_visit(&tree, count_entry, told);
}

/** Begin, walk, and end. @return as walk_all() */
static int try_all(bool kept, size_t *told)
{
	struct walk_options options = {.filter = filter, .all = true};
	tree_begin(&tree, kept, 64);
	int status = -1;
	walk = walk_new(&options, &tree);
	root = walk ? tree_new(&tree, NULL, "r", 1) : NULL;
	if (root) {
		walk_begin_root(walk, root);
		status = walk_all(told);
	}
	/* What comes later allocates nothing. */
	int error = errno;
	walk_end();
	errno = error;
	return status;
}

START_TEST(test_walk_gives_up_without_memory)
{
	bool kept = _i % 2;
	size_t complete = 0, failures = 0, told = 0;
	filter = filter_new();
	ck_assert_ptr_nonnull(filter);
	ck_assert_int_eq(filter_add(filter, "x", false), 0);
	ck_assert_int_eq(try_all(kept, &complete), 0);
	ck_assert_uint_eq(complete, kept ? 1 + 13 + 100 + 2 + 2 + 3 : 0);
	for (int i = 0;; i++) {
		fault.left = i;
		fault.forever = _i / 2;
		fault.failures = 0;
		int status = try_all(kept, &told);
		fault.left = -1;
		if (fault.failures == 0) {
			ck_assert_int_eq(status, 0);
			ck_assert_uint_eq(told, complete);
			break;
		}
		ck_assert_int_eq(status, -1);
		ck_assert_int_eq(errno, ENOMEM);
		failures++;
	}
	/* Walk, listings, names, devices, nodes or their chunk, paths and their growth, the order.
	 */
	ck_assert_uint_ge(failures, kept ? 40 : 130);
	filter_free(filter);
}
END_TEST

/** The tree is as it was: it can be told of later. */
START_TEST(test_walk_tells_of_a_tree_once_there_is_memory)
{
	static const struct walk_options plain;
	size_t told = 0;
	walk_begin(&plain, true, "r");
	list(root, 1, "b a/");
	list(child(root, "a"), 2, "d c");
	fault.left = 0;
	ck_assert_int_eq(tree_visit(&tree, count_entry, &told), -1);
	ck_assert_int_eq(errno, ENOMEM);
	ck_assert_int_eq(fault.left, -1);
	fault.left = 1;
	ck_assert_int_eq(tree_visit(&tree, count_entry, &told), -1);
	ck_assert_int_eq(fault.left, -1);
	assert_told("r/ r/a/ r/a/c r/a/d r/b");
	walk_end();
}
END_TEST

static Suite *walk_memory_suite(void)
{
	Suite *suite = suite_create("walk_memory");
	TCase *tests = tcase_create("unsorted");
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, test_walk_frees_nodes_as_they_are_done, 0, 10);
	tcase_add_test(tests, test_walk_knows_names_that_are_done);
	suite_add_tcase(suite, tests);

	tests = tcase_create("end");
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, test_walk_gives_up_without_memory, 0, 4);
	tcase_add_test(tests, test_walk_tells_of_a_tree_once_there_is_memory);
	suite_add_tcase(suite, tests);
	return suite;
}

int main(void)
{
	return suite_run(walk_memory_suite());
}
