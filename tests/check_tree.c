/*
 * scan/tree.h, with sorted lists of full paths as the model.
 */
#include "scan/tree.h"

#include "quickly.h"
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tree tree;
/** Some digest. */
static const unsigned char digest[64] = {200, 199, 198, [63] = 1};

static void setup(void)
{
	tree_begin(&tree, true, 64);
}

static void teardown(void)
{
	tree_free(&tree);
}

/** Add a name to a directory, or an operand. */
static struct node *add(struct node *directory, const char *name, enum node_type type)
{
	struct node *node = tree_new(&tree, directory, name, strlen(name));
	ck_assert_ptr_nonnull(node);
	node->type = (uint8_t)type;
	if (type == NODE_DIRECTORY)
		node->state = HASHER_LISTED;
	if (directory) {
		node->next = directory->directory.first;
		directory->directory.first = node;
		directory->flags |= NODE_NOT_EMPTY;
	} else {
		tree_add_root(&tree, node);
	}
	return node;
}

/* The model */

/** What a visit has to tell, in which order: paths, a directory's with a slash behind it. */
struct model {
	char **keys;
	size_t count;
	/** How many have come. */
	size_t at;
};

static int compare_with_model(void *context, const struct tree_entry *entry)
{
	struct model *model = context;
	char key[4096];
	snprintf(key, sizeof(key), "%s%s", entry->path, entry->type == NFTW_D ? "/" : "");
	check_quickly(strlen(entry->path) == entry->length);
	check_quickly(model->at < model->count);
	check_quickly(strcmp(key, model->keys[model->at]) == 0);
	model->at++;
	return 0;
}

static int compare_keys(const void *left, const void *right)
{
	const char *const *a = left, *const *b = right;
	return strcmp(*a, *b);
}

/** Add the keys of a node and all below it. */
static void add_keys(struct model *model, const struct node *node, const char *path)
{
	bool directory = node->type == NODE_DIRECTORY;
	if (node->type == NODE_LEFT_OUT)
		return;
	model->keys = reallocarray(model->keys, model->count + 1, sizeof(char *));
	ck_assert_ptr_nonnull(model->keys);
	ck_assert_int_ge(
		asprintf(&model->keys[model->count++], "%s%s", path, directory ? "/" : ""), 0);
	if (!directory)
		return;
	for (node = node->directory.first; node; node = node->next) {
		char *inner;
		bool slash =
			!node->parent->parent && strlen(path) == tree_prefix(path, strlen(path));
		ck_assert_int_ge(asprintf(&inner, "%s%s%s", path, slash ? "" : "/", node->name), 0);
		add_keys(model, node, inner);
		free(inner);
	}
}

/** Compare a visit with the model: roots as they came, all below them sorted by the full path. */
static void assert_visit(void)
{
	struct model model = {0};
	for (const struct node *root = tree.roots; root; root = root->next) {
		size_t before = model.count;
		add_keys(&model, root, root->name);
		ck_assert_uint_gt(model.count, before);
		qsort(model.keys + before + 1, model.count - before - 1, sizeof(char *),
			compare_keys);
	}
	/* The second time they are sorted already. */
	for (int i = 0; i < 2; i++) {
		model.at = 0;
		ck_assert_int_eq(tree_visit(&tree, compare_with_model, &model), 0);
		ck_assert_uint_eq(model.at, model.count);
	}
	while (model.count > 0)
		free(model.keys[--model.count]);
	free(model.keys);
}

/* Nodes */

START_TEST(test_tree_names_of_any_length)
{
	struct node *nodes[600];
	char name[601];
	memset(name, 'n', sizeof(name));
	for (size_t i = 0; i < 600; i++) {
		nodes[i] = tree_new(&tree, NULL, name, i);
		ck_assert_ptr_nonnull(nodes[i]);
		/* All of it can be written. */
		nodes[i]->size = nodes[i]->inode = UINT64_MAX;
		nodes[i]->flags = UINT16_MAX;
	}
	for (size_t i = 0; i < 600; i++) {
		check_quickly(strlen(nodes[i]->name) == i);
		check_quickly(strspn(nodes[i]->name, "n") == i);
	}
}
END_TEST

START_TEST(test_tree_begins_nodes_with_nothing)
{
	struct node *directory = add(NULL, "r", NODE_DIRECTORY);
	struct node *node = tree_new(&tree, directory, "name", 2);
	struct node nothing = {.parent = directory};
	ck_assert_mem_eq(node, &nothing, offsetof(struct node, name));
	ck_assert_str_eq(node->name, "na");
}
END_TEST

/** As the sanitizers see it: nothing is left, what nodes own included. */
START_TEST(test_tree_frees_what_is_not_kept)
{
	tree_free(&tree);
	tree_begin(&tree, false, 64);
	struct node *nodes[5];
	for (int i = 0; i < 5; i++) {
		nodes[i] = tree_new(&tree, NULL, "name", 4);
		ck_assert_ptr_nonnull(nodes[i]);
		nodes[i]->type = i == 3 ? NODE_DIRECTORY : NODE_FILE;
		if (i != 3)
			nodes[i]->file.kept = malloc(sizeof(struct hasher_kept));
	}
	struct hasher_result result = {.state = HASHER_DONE, .digest = digest};
	ck_assert_int_eq(tree_set_result(&tree, nodes[1], &result), 0);
	/* From the middle, from both ends; the rest goes with the tree. */
	tree_discard(&tree, nodes[2]);
	tree_discard(&tree, nodes[4]);
	tree_discard(&tree, nodes[0]);
	ck_assert_ptr_nonnull(tree.loose);
	tree_discard(&tree, nodes[1]);
	tree_discard(&tree, nodes[3]);
	ck_assert_ptr_null(tree.loose);
	nodes[0] = tree_new(&tree, NULL, "name", 4);
	nodes[0]->file.kept = malloc(sizeof(struct hasher_kept));
}
END_TEST

/** The same with a tree that is kept. */
START_TEST(test_tree_frees_what_its_nodes_own)
{
	struct node *r = add(NULL, "r", NODE_DIRECTORY), *d = add(r, "d", NODE_DIRECTORY);
	struct node *files[] = {add(NULL, "f", NODE_UNKNOWN), add(r, "f", NODE_FILE),
		add(d, "f", NODE_FILE), add(d, "done", NODE_FILE), add(r, "link", NODE_LINK)};
	for (size_t i = 0; i < 4; i++)
		files[i]->file.kept = malloc(sizeof(struct hasher_kept));
	struct hasher_result result = {.state = HASHER_DONE, .digest = digest};
	ck_assert_int_eq(tree_set_result(&tree, files[3], &result), 0);
}
END_TEST

/* Paths */

START_TEST(test_tree_paths)
{
	static const struct {
		const char *root;
		const char *below;
	} cases[] = {
		{"r", "r/"},
		{"r/", "r/"},
		{"r//", "r//"},
		{"/", "/"},
		{"//", "//"},
		{".", "./"},
		{"./a/b/", "./a/b/"},
		{"..", "../"},
		/* Nobody can list it, but a worker may say so. */
		{"", "/"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char expected[64];
		size_t size = 0, prefix = tree_prefix(cases[i].root, strlen(cases[i].root));
		struct node *root = add(NULL, cases[i].root, NODE_DIRECTORY);
		struct node *a = add(root, "a", NODE_DIRECTORY), *b = add(a, "bb", NODE_FILE);
		ck_assert_uint_eq(prefix, strlen(cases[i].below));
		ck_assert_str_eq(tree_path(&tree, root, &size), cases[i].root);
		ck_assert_uint_eq(size, strlen(cases[i].root));
		snprintf(expected, sizeof(expected), "%sa", cases[i].below);
		ck_assert_str_eq(tree_path(&tree, a, &size), expected);
		ck_assert_uint_eq(size, strlen(expected));
		snprintf(expected, sizeof(expected), "%sa/bb", cases[i].below);
		ck_assert_str_eq(tree_path(&tree, b, &size), expected);
		ck_assert_uint_eq(size, strlen(expected));
		ck_assert_str_eq(tree_path(&tree, b, NULL), expected);
		ck_assert_ptr_eq(tree_root(b), root);
		ck_assert_ptr_eq(tree_root(root), root);
	}
	assert_visit();
}
END_TEST

/* Stamps and results */

static const struct stamp stamp = {
	.device = 5, .inode = 6, .size = 7, .mtime = {-8, 999999999}, .ctime = {10, 11}};

START_TEST(test_tree_keeps_stamps)
{
	struct node *one = add(NULL, "one", NODE_FILE), *two = add(NULL, "two", NODE_FILE);
	struct stamp other = {.device = UINT64_MAX, .inode = UINT64_MAX, .size = UINT64_MAX};
	struct stamp none = {0}, got = tree_stamp(&tree, one);
	ck_assert(stamp_same(&got, &none));
	ck_assert_int_eq(tree_set_stamp(&tree, one, &other), 0);
	ck_assert_int_eq(tree_set_stamp(&tree, two, &stamp), 0);
	got = tree_stamp(&tree, one);
	ck_assert(stamp_same(&got, &other));
	got = tree_stamp(&tree, two);
	ck_assert(stamp_same(&got, &stamp));
	ck_assert_int_eq(tree_set_stamp(&tree, one, &stamp), 0);
	got = tree_stamp(&tree, one);
	ck_assert(stamp_same(&got, &stamp));
	ck_assert_uint_eq(tree.device_count, 2);
}
END_TEST

START_TEST(test_tree_numbers_devices)
{
	for (uint64_t round = 0; round < 2; round++) {
		for (uint64_t i = 0; i < 1000; i++)
			check_quickly(tree_device(&tree, i << 40 | 3) == i);
	}
	ck_assert_uint_eq(tree.device_count, 1000);
	ck_assert_uint_eq(tree.devices[999], (uint64_t)999 << 40 | 3);
}
END_TEST

START_TEST(test_tree_keeps_results)
{
	struct node *node = add(NULL, "f", NODE_FILE);
	struct hasher_result result = {.state = HASHER_DONE,
				     .size = 1000,
				     .stamp = stamp,
				     .links = 3,
				     .settled = true,
				     .read = UINT32_MAX,
				     .digest = digest},
			     got;
	node->file.kept = malloc(sizeof(struct hasher_kept));
	tree_result(&tree, node, &got);
	ck_assert_int_eq(got.state, HASHER_PENDING);
	ck_assert_int_eq(tree_set_result(&tree, node, &result), 0);
	tree_result(&tree, node, &got);
	ck_assert_int_eq(got.state, HASHER_DONE);
	ck_assert_int_eq(got.error, 0);
	/* Bytes that were hashed: a file in /proc has more than its size. */
	ck_assert_uint_eq(got.size, 1000);
	ck_assert(got.settled);
	ck_assert_int_eq(got.read, UINT32_MAX);
	ck_assert_mem_eq(got.digest, digest, 64);
	ck_assert_ptr_ne(got.digest, digest);
	got.stamp.size = stamp.size;
	ck_assert(stamp_same(&got.stamp, &stamp));
}
END_TEST

/** A digest that does not fit a node, in either kind of tree. */
START_TEST(test_tree_keeps_long_digests)
{
	unsigned char bytes[2][176];
	struct node *nodes[2];
	struct hasher_result got;
	tree_free(&tree);
	tree_begin(&tree, _i, sizeof(bytes[0]));
	for (int i = 0; i < 2; i++) {
		nodes[i] = tree_new(&tree, NULL, "name", 4);
		ck_assert_ptr_nonnull(nodes[i]);
		nodes[i]->type = NODE_FILE;
		nodes[i]->file.kept = malloc(sizeof(struct hasher_kept));
		memset(bytes[i], i + 1, sizeof(bytes[i]));
		bytes[i][175] = 0xff;
		struct hasher_result result = {.state = HASHER_DONE, .digest = bytes[i]};
		if (_i)
			tree_add_root(&tree, nodes[i]);
		ck_assert_int_eq(tree_set_result(&tree, nodes[i], &result), 0);
	}
	for (int i = 0; i < 2; i++) {
		tree_result(&tree, nodes[i], &got);
		ck_assert_int_eq(got.state, HASHER_DONE);
		ck_assert_ptr_ne(got.digest, bytes[i]);
		ck_assert_mem_eq(got.digest, bytes[i], sizeof(bytes[i]));
	}
	/* One is freed by itself, the other with the tree. */
	if (!_i)
		tree_discard(&tree, nodes[0]);
}
END_TEST

/** A time that the node has no room for is unknown. */
START_TEST(test_tree_forgets_times_of_reading_out_of_range)
{
	static const int64_t times[] = {-1, INT64_C(1) << 32, INT64_MAX, INT64_MIN};
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct node *node = add(NULL, "f", NODE_FILE);
		struct hasher_result result = {.state = HASHER_DONE,
					     .read = times[i],
					     .digest = digest},
				     got;
		ck_assert_int_eq(tree_set_result(&tree, node, &result), 0);
		tree_result(&tree, node, &got);
		ck_assert_int_eq(got.read, 0);
	}
}
END_TEST

/** With its stamp; of a stream without. */
START_TEST(test_tree_keeps_why_a_file_was_not_read_past_the_page_cache)
{
	static const struct direct_refusal refusals[] = {
		{DIRECT_BYPASSED, 0},
		{DIRECT_NO_FILE, 0x1021994},
		{DIRECT_NOT_THIS_FILE, 0xef53},
		{DIRECT_NOT_INPUT, 0},
	};
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct node *node = add(NULL, "f", NODE_FILE);
		struct hasher_result result = {.state = HASHER_DONE,
					     .refusal = refusals[i],
					     .digest = digest},
				     got;
		if (refusals[i].reason == DIRECT_NOT_INPUT)
			node->flags |= NODE_STREAM;
		else
			result.stamp = (struct stamp){.device = 100 + i, .inode = 5};
		ck_assert_int_eq(tree_set_result(&tree, node, &result), 0);
		tree_result(&tree, node, &got);
		ck_assert_int_eq(got.refusal.reason, refusals[i].reason);
		ck_assert_uint_eq(got.refusal.type, refusals[i].type);
	}
}
END_TEST

START_TEST(test_tree_keeps_what_a_stream_came_to)
{
	struct node *node = add(NULL, "-", NODE_FILE);
	struct hasher_result result = {.state = HASHER_DONE, .size = 1000, .digest = digest}, got;
	ck_assert_int_eq(tree_set_stamp(&tree, node, &stamp), 0);
	ck_assert_int_eq(tree_set_result(&tree, node, &result), 0);
	tree_result(&tree, node, &got);
	ck_assert_int_eq(got.state, HASHER_DONE);
	ck_assert_uint_eq(got.size, 1000);
	ck_assert(!got.settled);
	struct stamp none = {0};
	ck_assert(stamp_same(&got.stamp, &none));
}
END_TEST

START_TEST(test_tree_keeps_why_there_is_no_digest)
{
	static const enum hasher_state states[] = {HASHER_FAILED, HASHER_CHANGED, HASHER_DIRECTORY,
		HASHER_DIED, HASHER_TIMED_OUT, HASHER_LINK, HASHER_SPECIAL, HASHER_OWN};
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct hasher_result result = {.state = states[i], .error = (int)i}, got;
		struct node *node = add(NULL, "f", NODE_FILE);
		node->file.kept = malloc(sizeof(struct hasher_kept));
		ck_assert_int_eq(tree_set_stamp(&tree, node, &stamp), 0);
		ck_assert_int_eq(tree_set_result(&tree, node, &result), 0);
		ck_assert_ptr_null(node->file.kept);
		tree_result(&tree, node, &got);
		ck_assert_int_eq(got.state, states[i]);
		ck_assert_int_eq(got.error, (int)i);
		/* As a listing saw it. */
		ck_assert(stamp_same(&got.stamp, &stamp));
	}
}
END_TEST

/* Entries */

/** What is told of a node; its path and result apart. */
struct told {
	enum nftw_type type;
	bool regular, below, empty;
};

static void assert_entries(
	const struct node *node, const char *path, const struct told *told, size_t count)
{
	struct tree_entry entries[2];
	ck_assert_uint_eq(tree_entries(&tree, node, entries), count);
	for (size_t i = 0; i < count; i++) {
		ck_assert_str_eq(entries[i].path, path);
		ck_assert_uint_eq(entries[i].length, strlen(path));
		ck_assert_int_eq(entries[i].type, told[i].type);
		ck_assert_int_eq(entries[i].regular, told[i].regular);
		ck_assert_int_eq(entries[i].below, told[i].below);
		ck_assert_int_eq(entries[i].empty, told[i].empty);
		ck_assert_int_eq(entries[i].root, !node->parent);
		ck_assert(!entries[i].own && !entries[i].reused);
	}
}

START_TEST(test_tree_tells_types)
{
	static const struct {
		enum node_type type;
		struct told told;
	} cases[] = {
		{NODE_UNKNOWN, {.type = NFTW_NS}},
		{NODE_FILE, {.type = NFTW_F, .regular = true}},
		{NODE_LINK, {.type = NFTW_SL}},
		{NODE_SPECIAL, {.type = NFTW_F}},
		{NODE_MOUNT, {.type = NFTW_MOUNT}},
	};
	struct node *r = add(NULL, "r", NODE_DIRECTORY);
	struct told told = {.type = NFTW_D, .below = true, .empty = true};
	r->flags = 0;
	assert_entries(r, "r", &told, 1);
	told.empty = false;
	r->flags |= NODE_NOT_EMPTY;
	assert_entries(r, "r", &told, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		told = cases[i].told;
		assert_entries(add(NULL, "f", cases[i].type), "f", &told, 1);
		told.below = true;
		assert_entries(add(r, "f", cases[i].type), "r/f", &told, 1);
	}
	assert_entries(add(r, "f", NODE_LEFT_OUT), "r/f", NULL, 0);
}
END_TEST

START_TEST(test_tree_tells_flags)
{
	struct tree_entry entries[2];
	struct node *f = add(NULL, "f", NODE_FILE);
	f->flags = NODE_OWN;
	ck_assert_uint_eq(tree_entries(&tree, f, entries), 1);
	ck_assert(entries[0].own && !entries[0].reused);
	f->flags = NODE_REUSED;
	ck_assert_uint_eq(tree_entries(&tree, f, entries), 1);
	ck_assert(!entries[0].own && entries[0].reused);
}
END_TEST

START_TEST(test_tree_tells_errors_of_directories)
{
	static const struct {
		enum hasher_state state;
		int error;
		enum hasher_state told;
	} cases[] = {
		{HASHER_LISTED, EIO, HASHER_FAILED},
		{HASHER_FAILED, EACCES, HASHER_FAILED},
		{HASHER_DIED, 0, HASHER_DIED},
		{HASHER_TIMED_OUT, 0, HASHER_TIMED_OUT},
	};
	static const struct told two[] = {
		{.type = NFTW_D, .below = true}, {.type = NFTW_DNR, .below = true}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tree_entry entries[2];
		struct node *d = add(NULL, "d", NODE_DIRECTORY);
		d->state = (uint8_t)cases[i].state;
		d->directory.error = cases[i].error;
		assert_entries(d, "d", two, 2);
		tree_entries(&tree, d, entries);
		ck_assert_int_eq(entries[1].result.state, cases[i].told);
		ck_assert_int_eq(entries[1].result.error, cases[i].error);
		d->flags |= NODE_LOOP;
		assert_entries(d, "d", two + 1, 1);
	}
}
END_TEST

/* Visits */

static uint64_t seed;

static unsigned random_below(unsigned limit)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % limit;
}

static void add_random(struct node *directory, int depth)
{
	static const enum node_type types[] = {NODE_DIRECTORY, NODE_DIRECTORY, NODE_FILE, NODE_FILE,
		NODE_UNKNOWN, NODE_LINK, NODE_SPECIAL, NODE_LEFT_OUT};
	static const char bytes[] = "ab.-0!\x01\xff";
	unsigned count = random_below(12);
	for (unsigned i = 0; i < count; i++) {
		char name[16];
		size_t size = 1 + random_below(4);
		bool taken = false;
		for (size_t at = 0; at < size; at++)
			name[at] = bytes[random_below(8)];
		name[size] = '\0';
		for (struct node *other = directory->directory.first; other; other = other->next)
			taken |= strcmp(other->name, name) == 0;
		if (taken)
			continue;
		enum node_type type = types[random_below(8)];
		if (type != NODE_DIRECTORY)
			add(directory, name, type);
		else if (depth < 6)
			add_random(add(directory, name, type), depth + 1);
	}
}

START_TEST(test_tree_visits_random_trees_in_order)
{
	seed = (uint64_t)_i;
	for (int i = 0; i < 10; i++) {
		for (const char *name = "zab"; *name; name++)
			add_random(add(NULL, (char[]){*name, '\0'}, NODE_DIRECTORY), 0);
		add(NULL, "file", NODE_FILE);
		assert_visit();
		tree_free(&tree);
		tree_begin(&tree, true, 64);
	}
}
END_TEST

/** Names that begin with the name of a directory go on with a byte before or behind the slash. */
START_TEST(test_tree_sorts_by_every_byte)
{
	static const enum node_type types[] = {NODE_DIRECTORY, NODE_FILE};
	for (int kind = 0; kind < 4; kind++) {
		struct node *r = add(NULL, "r", NODE_DIRECTORY);
		struct node *a = add(r, "a", types[kind % 2]);
		if (a->type == NODE_DIRECTORY)
			add(a, "x", NODE_FILE);
		for (unsigned byte = 1; byte < 256; byte++) {
			if (byte == '/')
				continue;
			add(r, (char[]){'a', (char)byte, '\0'}, types[kind / 2]);
			add(r, (char[]){(char)byte, 'b', '\0'}, types[kind / 2]);
		}
	}
	assert_visit();
}
END_TEST

/** As a listing of a million names that is sorted by a table that has to grow. */
START_TEST(test_tree_sorts_many_names)
{
	struct node *r = add(NULL, "r", NODE_DIRECTORY);
	for (unsigned i = 0; i < 20000; i++) {
		char name[16];
		snprintf(name, sizeof(name), "%u", i * 7919 % 20000);
		add(r, name, i % 100 ? NODE_FILE : NODE_DIRECTORY);
	}
	assert_visit();
}
END_TEST

static int stop(void *context, const struct tree_entry *entry)
{
	int *left = context;
	(void)entry;
	return (*left)-- == 0 ? 77 : 0;
}

START_TEST(test_tree_visit_ends_where_the_visitor_says)
{
	struct node *r = add(NULL, "r", NODE_DIRECTORY), *d = add(r, "d", NODE_DIRECTORY);
	d->directory.error = EIO;
	add(d, "f", NODE_FILE);
	add(NULL, "s", NODE_FILE);
	for (int i = 0; i < 6; i++) {
		int left = i;
		/* The directory "d" has two entries. */
		ck_assert_int_eq(tree_visit(&tree, stop, &left), i < 5 ? 77 : 0);
		ck_assert_int_eq(left, i < 5 ? -1 : 0);
	}
}
END_TEST

START_TEST(test_tree_may_be_empty)
{
	int left = 0;
	ck_assert_int_eq(tree_visit(&tree, stop, &left), 0);
	ck_assert_int_eq(left, 0);
}
END_TEST

static Suite *tree_suite(void)
{
	Suite *suite = suite_create("tree");
	TCase *tests = tcase_create("tree");
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_tree_names_of_any_length);
	tcase_add_test(tests, test_tree_begins_nodes_with_nothing);
	tcase_add_test(tests, test_tree_frees_what_is_not_kept);
	tcase_add_test(tests, test_tree_frees_what_its_nodes_own);
	tcase_add_test(tests, test_tree_paths);
	tcase_add_test(tests, test_tree_keeps_stamps);
	tcase_add_test(tests, test_tree_numbers_devices);
	tcase_add_test(tests, test_tree_keeps_results);
	tcase_add_loop_test(tests, test_tree_keeps_long_digests, 0, 2);
	tcase_add_test(tests, test_tree_forgets_times_of_reading_out_of_range);
	tcase_add_test(tests, test_tree_keeps_why_a_file_was_not_read_past_the_page_cache);
	tcase_add_test(tests, test_tree_keeps_what_a_stream_came_to);
	tcase_add_test(tests, test_tree_keeps_why_there_is_no_digest);
	tcase_add_test(tests, test_tree_tells_types);
	tcase_add_test(tests, test_tree_tells_flags);
	tcase_add_test(tests, test_tree_tells_errors_of_directories);
	tcase_add_loop_test(tests, test_tree_visits_random_trees_in_order, 0, 10);
	tcase_add_test(tests, test_tree_sorts_by_every_byte);
	tcase_add_test(tests, test_tree_sorts_many_names);
	tcase_add_test(tests, test_tree_visit_ends_where_the_visitor_says);
	tcase_add_test(tests, test_tree_may_be_empty);
	suite_add_tcase(suite, tests);
	return suite;
}

int main(void)
{
	return suite_run(tree_suite());
}
