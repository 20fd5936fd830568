/*
 * walk/walk.h by listings that no directory gives when it is wanted: in many parts, done anew,
 * malformed, of other devices, 10,000 levels deep.
 */
#include "suite.h"
#include "walk/filter.h"
#include "walk_parts.h"

#include <sys/resource.h>

static const struct walk_options plain;
static const struct walk_options with_all = {.all = true};

static void assert_counts(
	uint64_t directories, uint64_t links, uint64_t special, uint64_t mounts, uint64_t excluded)
{
	const struct walk_counts *counts = walk_counts(walk);
	ck_assert_uint_eq(counts->directories, directories);
	ck_assert_uint_eq(counts->links, links);
	ck_assert_uint_eq(counts->special, special);
	ck_assert_uint_eq(counts->mounts, mounts);
	ck_assert_uint_eq(counts->excluded, excluded);
}

static void assert_next_directory(const char *name)
{
	const struct node *node = walk_next_directory(walk);
	ck_assert_str_eq(node ? node->name : "none", name);
}

static void assert_next_file(const char *name)
{
	const struct node *node = walk_next_file(walk);
	ck_assert_str_eq(node ? node->name : "none", name);
}

/* Parts */

START_TEST(test_walk_takes_names_from_many_parts)
{
	walk_begin(&plain, true, "r");
	ck_assert_uint_eq(walk_pending(walk), 0);
	give_first(root, 1, "b a/");
	ck_assert_uint_eq(walk_pending(walk), 2);
	give_more(root, "");
	give_more(root, "d c/");
	ck_assert_uint_eq(walk_pending(walk), 3);
	/* Before the listing has ended. */
	assert_next_file("b");
	assert_next_file("d");
	assert_next_file("none");
	assert_next_directory("a");
	list(child(root, "a"), 2, "");
	assert_counts(1, 0, 0, 0, 0);
	end(root);
	assert_next_directory("c");
	assert_next_directory("none");
	ck_assert_uint_eq(walk_pending(walk), 1);
	list(child(root, "c"), 3, "x");
	ck_assert_uint_eq(walk_pending(walk), 0);
	assert_told("r/ r/a/ r/b r/c/ r/c/x r/d");
	assert_counts(3, 0, 0, 0, 0);
}
END_TEST

START_TEST(test_walk_knows_what_is_neither_file_nor_directory)
{
	static const uint8_t special[] = {DT_FIFO, DT_SOCK, DT_CHR, DT_BLK, 14, 255};
	walk_begin(_i ? &with_all : &plain, true, "r");
	part_begin(DEVICE, 1);
	for (size_t i = 0; i < sizeof(special); i++)
		part_put(&"abcdef"[i], 1, special[i]);
	part_put("g", 1, DT_LNK);
	part_put("h", 1, DT_REG);
	ck_assert_int_eq(part_send(root), 0);
	end(root);
	assert_counts(1, 1, 6, 0, 0);
	assert_next_file("h");
	assert_next_file("none");
	assert_told(_i ? "r/ r/a| r/b| r/c| r/d| r/e| r/f| r/g@ r/h" : "r/ r/h");
}
END_TEST

START_TEST(test_walk_takes_a_name_once)
{
	walk_begin(&with_all, true, "r");
	/* In one part, in another one, as another type, and as the start of another name. */
	give_first(root, 1, "a b/ a l@");
	give_more(root, "b/ c c b aa");
	give_more(root, "a/ d l@ b/ aaa l");
	end(root);
	list(child(root, "b"), 2, "");
	assert_told("r/ r/a r/aa r/aaa r/b/ r/c r/d r/l@");
}
END_TEST

/** As many as make the index of the names grow several times. */
START_TEST(test_walk_takes_any_number_of_names_once)
{
	enum {
		COUNT = 20000
	};
	char name[16];
	size_t count = 0;
	walk_begin(&plain, true, "r");
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < COUNT; i++) {
			if (i % 1000 == 0)
				part_begin(DEVICE, round == 0 && i == 0);
			snprintf(name, sizeof(name), "%u", i * 7919 % COUNT);
			part_put(name, strlen(name), DT_REG);
			if (i % 1000 == 999)
				ck_assert_int_eq(part_send(root), 0);
		}
	}
	end(root);
	while (walk_next_file(walk))
		count++;
	ck_assert_uint_eq(count, COUNT);
	for (const struct node *node = root->directory.first; node; node = node->next)
		count--;
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(test_walk_keeps_what_a_listing_has_seen)
{
	struct stamp stamp = {
		.device = 5, .inode = 6, .size = 7, .mtime = {8, 9}, .ctime = {10, 11}};
	struct listing_entry entry = {.type = DT_REG,
		.stamped = true,
		.name = "one",
		.size = 3,
		.stamp = stamp,
		.links = 1};
	walk_begin(&plain, true, "r");
	part_begin(DEVICE, 1);
	ck_assert(listing_put(&part, &entry));
	entry.name = "two";
	entry.links = 2;
	ck_assert(listing_put(&part, &entry));
	part_put("not", 3, DT_REG);
	ck_assert_int_eq(part_send(root), 0);
	end(root);
	struct stamp got = tree_stamp(&tree, child(root, "one"));
	ck_assert(stamp_same(&got, &stamp));
	ck_assert_int_eq(child(root, "one")->flags, NODE_STAMPED);
	got = tree_stamp(&tree, child(root, "two"));
	ck_assert(stamp_same(&got, &stamp));
	ck_assert_int_eq(child(root, "two")->flags, NODE_STAMPED | NODE_LINKS);
	ck_assert_int_eq(child(root, "not")->flags, 0);
}
END_TEST

/* A listing that is done anew */

START_TEST(test_walk_merges_listings)
{
	walk_begin(_i ? &with_all : &plain, true, "r");
	give_first(root, 1, "a b/ l@ f| gone");
	give_more(root, "c");
	/* Lost, and the next one, too. */
	give_first(root, 1, "new a b/ l@");
	give_first(root, 1, "c l@ b/ f| a new");
	give_more(root, "a l2@ d e/");
	end(root);
	assert_counts(1, 2, 1, 0, 0);
	assert_next_directory("b");
	assert_next_directory("e");
	assert_next_directory("none");
	list(child(root, "b"), 2, "");
	list(child(root, "e"), 3, "");
	ck_assert_uint_eq(walk_pending(walk), 0);
	if (_i)
		assert_told("r/ r/a r/b/ r/c r/d r/e/ r/f| r/gone r/l@ r/l2@ r/new");
	else
		assert_told("r/ r/a r/b/ r/c r/d r/e/ r/gone r/new");
}
END_TEST

START_TEST(test_walk_lists_below_before_and_after_a_lister_is_lost)
{
	walk_begin(&plain, true, "r");
	give_first(root, 1, "a/ b/");
	list(child(root, "a"), 2, "x");
	give_first(child(root, "b"), 3, "y");
	give_first(root, 1, "b/ a/ c/");
	give_more(child(root, "b"), "z");
	end(child(root, "b"));
	end(root);
	list(child(root, "c"), 4, "");
	ck_assert_uint_eq(walk_pending(walk), 0);
	assert_told("r/ r/a/ r/a/x r/b/ r/b/y r/b/z r/c/");
}
END_TEST

START_TEST(test_walk_believes_no_second_listing_of_another_directory)
{
	walk_begin(&plain, true, "r");
	give_first(root, 1, "d/");
	end(root);
	struct node *d = child(root, "d");
	give_first(d, 2, "a b/");
	part_begin(_i ? DEVICE + 1 : DEVICE, _i ? 2 : 9);
	part_put_names("secret");
	ck_assert_int_eq(part_send(d), 0);
	give_more(d, "other/");
	end(d);
	list(child(d, "b"), 3, "");
	ck_assert_uint_eq(walk_pending(walk), 0);
	assert_told("r/ r/d/ r/d!ESTALE r/d/a r/d/b/");
	ck_assert_int_eq(d->state, HASHER_FAILED);
}
END_TEST

/** A name of unknown type, or an operand, may be a file when it is opened once more. */
START_TEST(test_walk_ends_a_directory_that_is_none_any_more)
{
	static const enum hasher_state states[] = {HASHER_DONE, HASHER_LINK, HASHER_SPECIAL,
		HASHER_KNOWN, HASHER_OWN, HASHER_CHANGED, HASHER_DIRECTORY, HASHER_LINKED};
	walk_begin(&plain, true, "r");
	give_first(root, 1, "u?");
	end(root);
	struct node *u = child(root, "u");
	give_first(u, 2, "a");
	end_with(u, states[_i], 0);
	assert_told("r/ r/u/ r/u!ENOTDIR r/u/a");
	ck_assert_int_eq(u->state, HASHER_FAILED);
	assert_counts(2, 0, 0, 0, 0);
}
END_TEST

/** What was mounted on it since is another directory, and what is in this one is kept. */
START_TEST(test_walk_ends_a_directory_that_is_covered_by_a_mount)
{
	static const struct walk_options staying = {.one_file_system = true};
	walk_begin(&staying, true, "r");
	give_first(root, 1, "d/");
	end(root);
	struct node *d = child(root, "d");
	give_first(d, 2, "a b/");
	if (_i == 0) {
		end_with(d, HASHER_MOUNT, 0);
	} else {
		part_begin(DEVICE + 1, 5);
		part_put_names("c");
		ck_assert_int_eq(part_send(d), 0);
		end(d);
	}
	list(child(d, "b"), 3, "");
	ck_assert_uint_eq(walk_pending(walk), 0);
	assert_told("r/ r/d/ r/d!ESTALE r/d/a r/d/b/");
	assert_counts(3, 0, 0, 0, 0);
}
END_TEST

/* Errors */

START_TEST(test_walk_keeps_what_came_before_an_error)
{
	static const enum hasher_state states[] = {
		HASHER_LISTED, HASHER_FAILED, HASHER_DIED, HASHER_TIMED_OUT};
	struct hasher_result result;
	walk_begin(&plain, true, "r");
	give_first(root, 1, "a b/");
	end_with(root, states[_i], EIO);
	list(child(root, "b"), 2, "");
	ck_assert_uint_eq(walk_pending(walk), 0);
	assert_told("r/ r!EIO r/a r/b/");
	struct tree_entry entries[2];
	ck_assert_uint_eq(tree_entries(&tree, root, entries), 2);
	ck_assert(!entries[0].empty);
	result = entries[1].result;
	ck_assert_int_eq(result.state, _i == 0 ? HASHER_FAILED : states[_i]);
}
END_TEST

START_TEST(test_walk_reports_a_directory_of_which_nothing_came)
{
	walk_begin(&plain, true, "r");
	give_first(root, 1, "a/ b/ c/");
	end(root);
	end_with(child(root, "a"), HASHER_FAILED, EACCES);
	end_with(child(root, "b"), HASHER_DIED, 9);
	/* Nonsense. */
	end_with(child(root, "c"), HASHER_LISTED, 0);
	ck_assert_uint_eq(walk_pending(walk), 0);
	assert_told("r/ r/a/ r/a!EACCES r/b/ r/b!EBADF r/c/ r/c!EBADMSG");
}
END_TEST

START_TEST(test_walk_root_may_be_no_directory)
{
	walk_begin(&plain, true, "r");
	if (_i == 0)
		ck_assert(walk_typed(walk, root, NODE_FILE));
	else if (_i == 1)
		ck_assert(!walk_typed(walk, root, NODE_SPECIAL));
	else if (_i == 2)
		ck_assert_int_eq(
			tree_set_result(&tree, root,
				&(struct hasher_result){.state = HASHER_FAILED, .error = ENOENT}),
			0);
	static const char *const told[] = {"r", "", "r?ENOENT"};
	assert_told(told[_i]);
	assert_counts(0, 0, _i == 1, 0, 0);
	ck_assert_uint_eq(walk_pending(walk), 0);
}
END_TEST

/** What is read of it is not lost with what it turns out to be. */
START_TEST(test_walk_frees_what_was_kept_of_a_file_that_became_a_directory)
{
	walk_begin(&plain, true, "r");
	root->file.kept = malloc(sizeof(*root->file.kept));
	ck_assert_ptr_nonnull(root->file.kept);
	list(root, 1, "u?");
	struct node *u = child(root, "u");
	u->file.kept = malloc(sizeof(*u->file.kept));
	ck_assert_ptr_nonnull(u->file.kept);
	end_with(u, HASHER_LISTED, 0);
	assert_told("r/ r/u/ r/u!EBADMSG");
}
END_TEST

/* Malformed parts */

/** What is not to be believed: bytes, and how many. */
static const struct {
	const char *bytes;
	size_t size;
} malformed[] = {
	/* No beginning, an unknown one, one cut short, the inode that none has. */
	{"", 0},
	{"\2", 1},
	{"\1\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0", 16},
	{"\1\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 17},
	/* An entry cut short, everywhere. */
	{"\0\10", 2},
	{"\0\10\0", 3},
	{"\0\10\0\1\0\0", 6},
	{"\0\10\0\1\0\0\0", 7},
	{"\0\10\0\2\0\0\0a", 8},
	{"\0\10\0\xff\xff\xff\xff"
	 "a",
		8},
	{"\0\10\1\1\0\0\0a", 8},
	{"\0\10\1\1\0\0\0a.......~.......~.......~.......~...~.......~...~.......", 63},
	/* A stamp that is neither there nor not; times that are none. */
	{"\0\10\2\1\0\0\0a", 8},
	{"\0\10\1\1\0\0\0a.......~.......~.......~.......~\0\312\232\073.......~\0\0\0\0.......~",
		64},
	{"\0\10\1\1\0\0\0a.......~.......~.......~.......~\0\0\0\0.......~\0\312\232\073.......~",
		64},
	/* What is no name. */
	{"\0\10\0\0\0\0\0", 7},
	{"\0\10\0\1\0\0\0.", 8},
	{"\0\10\0\2\0\0\0..", 9},
	{"\0\10\0\1\0\0\0/", 8},
	{"\0\10\0\3\0\0\0a/b", 10},
	{"\0\10\0\2\0\0\0a/", 9},
	{"\0\10\0\1\0\0\0\0", 8},
	{"\0\10\0\2\0\0\0a\0", 9},
};

#define MALFORMED ((int)(sizeof(malformed) / sizeof(malformed[0])))

/** Behind a right name, as a directory's first part or a later one; and with nothing in front. */
static void send_malformed(int number, bool first)
{
	const unsigned char *bytes = (const unsigned char *)malformed[number].bytes;
	size_t size = malformed[number].size;
	bool later = size > 1 && bytes[0] == 0;
	for (int named = 0; named <= later; named++) {
		frame_write(&part, part_bytes, sizeof(part_bytes));
		if (later) {
			part_begin(DEVICE, first);
			if (named)
				part_put_names("believed");
			bytes += !named;
			size -= !named;
		}
		frame_put_bytes(&part, bytes, size);
		ck_assert_int_eq(part_send(root), -1);
		ck_assert_int_eq(errno, EBADMSG);
	}
}

START_TEST(test_walk_believes_no_malformed_part)
{
	walk_begin(&plain, true, "r");
	send_malformed(_i, true);
	ck_assert_uint_eq(walk_pending(walk), 0);
	ck_assert_int_eq(root->type, NODE_UNKNOWN);
	give_first(root, 1, "a");
	send_malformed(_i, true);
	send_malformed(_i, false);
	give_more(root, "b/");
	/* The worker is ended: its task is done by another one. */
	give_first(root, 1, "a b/");
	end(root);
	list(child(root, "b"), 2, "");
	assert_next_file("a");
	assert_next_file("none");
	assert_told("r/ r/a r/b/");
	ck_assert_uint_eq(walk_pending(walk), 0);
}
END_TEST

START_TEST(test_walk_believes_no_part_out_of_place)
{
	walk_begin(&with_all, true, "r");
	/* Without a first one. */
	part_begin(0, 0);
	part_put_names("a");
	ck_assert_int_eq(part_send(root), -1);
	ck_assert_int_eq(errno, EBADMSG);
	list(root, 1, "d/ f l@ s|");
	/* When it has ended; of what is no directory; without a first one. */
	static const char *const names[] = {"d", "f", "l", "s"};
	for (size_t i = 0; i < 4; i++) {
		part_begin(0, 0);
		part_put_names("a");
		ck_assert_int_eq(part_send(child(root, names[i])), -1);
		ck_assert_int_eq(errno, EBADMSG);
		if (i == 0)
			continue;
		part_begin(DEVICE, 2);
		part_put_names("a");
		ck_assert_int_eq(part_send(child(root, names[i])), -1);
		ck_assert_int_eq(errno, EBADMSG);
	}
	for (int i = 0; i < 2; i++) {
		part_begin(DEVICE, i ? 1 : 0);
		part_put_names("a");
		ck_assert_int_eq(part_send(root), -1);
		ck_assert_int_eq(errno, EBADMSG);
	}
	ck_assert_uint_eq(walk_pending(walk), 1);
	list(child(root, "d"), 3, "b");
	assert_told("r/ r/d/ r/d/b r/f r/l@ r/s|");
	ck_assert_uint_eq(walk_pending(walk), 0);
}
END_TEST

/* Depth */

struct depth {
	size_t directories;
	size_t files;
	size_t loops;
};

/** Names come level by level: "a" and the directory on the way down, "z" on the way up. */
static int count_depth(void *context, const struct tree_entry *entry)
{
	struct depth *depth = context;
	size_t level = depth->directories;
	const char *name = entry->path + entry->length - 1;
	if (entry->type == NFTW_D) {
		check_quickly(entry->length == (level ? 1 + 3 * level : 2));
		depth->directories++;
	} else if (entry->type == NFTW_DNR) {
		check_quickly(entry->length == 1 + 3 * level && entry->result.error == ELOOP);
		depth->loops++;
	} else {
		if (depth->loops > 0)
			level -= depth->files - level;
		check_quickly(*name == (depth->loops ? 'z' : 'a'));
		check_quickly(entry->length == 3 * level);
		depth->files++;
	}
	return 0;
}

START_TEST(test_walk_goes_down_10000_levels_on_a_small_stack)
{
	enum {
		LEVELS = 10000
	};
	struct rlimit stack = {256 << 10, 256 << 10};
	static const struct walk_options following = {.follow = true};
	size_t length;
	ck_assert_int_eq(setrlimit(RLIMIT_STACK, &stack), 0);
	walk_begin(&following, true, "r/");
	struct node *node = root;
	for (uint64_t i = 1; i <= LEVELS; i++) {
		list(node, i, "dd/ a z");
		node = child(node, "dd");
		ck_assert_ptr_eq(walk_next_directory(walk), node);
	}
	/* It is the first one again. */
	list(node, 1, "x");
	const char *path = tree_path(&tree, node, &length);
	ck_assert_uint_eq(length, 2 + 3 * LEVELS - 1);
	ck_assert_uint_eq(strlen(path), length);
	struct depth depth = {0};
	ck_assert_int_eq(tree_visit(&tree, count_depth, &depth), 0);
	ck_assert_uint_eq(depth.files, 2 * LEVELS);
	/* The last one has no entry as a directory. */
	ck_assert_uint_eq(depth.directories, LEVELS);
	ck_assert_uint_eq(depth.loops, 1);
}
END_TEST

/* Loops and other file systems */

START_TEST(test_walk_finds_loops_by_device_and_inode)
{
	static const struct walk_options following = {.follow = true};
	walk_begin(_i ? &plain : &following, true, "r");
	give_first(root, 1, "a/ b/");
	list(child(root, "a"), 2, "c/ d/");
	struct node *a = child(root, "a");
	/* The same inode elsewhere is another directory, and beside it, it is none of the path. */
	part_begin(DEVICE + 1, 1);
	part_put_names("x");
	ck_assert_int_eq(part_send(child(a, "c")), 0);
	end(child(a, "c"));
	part_begin(DEVICE, 1);
	part_put_names("y");
	ck_assert_int_eq(part_send(child(a, "d")), 0);
	give_more(child(a, "d"), "z");
	end(child(a, "d"));
	list(child(root, "b"), 2, "");
	end(root);
	/* Without links there are none. */
	assert_told(_i ? "r/ r/a/ r/a/c/ r/a/c/x r/a/d/ r/a/d/y r/a/d/z r/b/"
		       : "r/ r/a/ r/a/c/ r/a/c/x r/a/d!ELOOP r/b/");
	ck_assert_uint_eq(walk_pending(walk), 0);
}
END_TEST

START_TEST(test_walk_stays_on_the_device_of_its_root)
{
	static const struct walk_options staying = {.one_file_system = true};
	walk_begin(_i ? &plain : &staying, true, "r");
	/* Any: nobody knows it yet. */
	ck_assert_uint_eq(walk_root_device(walk, root), 0);
	give_first(root, 1, "a/ b/ c/ u?");
	end(root);
	ck_assert_uint_eq(walk_root_device(walk, child(root, "a")), _i ? 0 : DEVICE);
	ck_assert_uint_eq(walk_root_device(walk, root), 0);
	for (int i = 0; i < 2; i++) {
		part_begin(DEVICE + 1, 1);
		part_put_names("x y/");
		ck_assert_int_eq(part_send(child(root, i ? "u" : "a")), 0);
		give_more(child(root, i ? "u" : "a"), "z/");
		end(child(root, i ? "u" : "a"));
	}
	/* A worker saw it before it opened it. */
	end_with(child(root, "b"), HASHER_MOUNT, 0);
	list(child(root, "c"), 2, "d/");
	list(child(child(root, "c"), "d"), 3, "");
	if (_i) {
		ck_assert_int_eq(child(root, "a")->type, NODE_DIRECTORY);
		ck_assert_int_eq(child(child(root, "u"), "y")->type, NODE_DIRECTORY);
		ck_assert_uint_eq(walk_pending(walk), 4);
		return;
	}
	assert_told("r/ r/a% r/b% r/c/ r/c/d/ r/u%");
	assert_counts(3, 0, 0, 3, 0);
	ck_assert_uint_eq(walk_pending(walk), 0);
}
END_TEST

/* The filter */

static struct filter *filter;
static struct walk_options filtering;

/** Leave out these patterns, in words. */
static const struct walk_options *exclude(const char *patterns)
{
	filter = filter_new();
	ck_assert_ptr_nonnull(filter);
	while (*patterns) {
		char pattern[64];
		size_t size = strcspn(patterns, " ");
		snprintf(pattern, sizeof(pattern), "%.*s", (int)size, patterns);
		ck_assert_int_eq(filter_add(filter, pattern, false), 0);
		patterns += size + (patterns[size] == ' ');
	}
	filtering = (struct walk_options){.filter = filter, .all = true};
	return &filtering;
}

START_TEST(test_walk_leaves_out_names_by_their_type)
{
	walk_begin(exclude("x/ y /a/b"), true, "r");
	give_first(root, 1, "a/ x/ y l@ b");
	give_more(root, "y/ x@ z?");
	end(root);
	assert_counts(1, 2, 0, 0, 3);
	assert_next_directory("a");
	assert_next_directory("none");
	assert_next_file("b");
	assert_next_file("z");
	assert_next_file("none");
	list(child(root, "a"), 2, "b c y x?");
	struct node *a = child(root, "a");
	list(child(a, "x"), 3, "inner/");
	ck_assert(walk_typed(walk, child(root, "z"), NODE_FILE));
	assert_told("r/ r/a/ r/a/c r/b r/l@ r/x@ r/z");
	assert_counts(2, 2, 0, 0, 6);
	ck_assert_uint_eq(walk_pending(walk), 0);
}
END_TEST

START_TEST(test_walk_leaves_out_names_by_the_type_that_is_found_out)
{
	walk_begin(exclude("d/ f? g"), true, "r");
	/* "g" as whatever it is; "d" as a directory. */
	list(root, 1, "d? d1? g? f1?");
	assert_counts(1, 0, 0, 0, 2);
	ck_assert(walk_typed(walk, child(root, "d1"), NODE_LINK));
	/* Its lister does not know what is left out. */
	give_first(child(root, "d"), 2, "x y/");
	ck_assert_uint_eq(walk_pending(walk), 1);
	give_more(child(root, "d"), "z");
	end(child(root, "d"));
	ck_assert_uint_eq(walk_pending(walk), 0);
	assert_told("r/ r/d1@");
	assert_counts(1, 1, 0, 0, 3);
}
END_TEST

START_TEST(test_walk_takes_a_name_of_unknown_type_that_is_left_out_as_another_one)
{
	static const struct {
		enum node_type type;
		const char *told;
	} cases[] = {
		{NODE_FILE, "r/ r/d"},
		{NODE_LINK, "r/ r/d@"},
		{NODE_SPECIAL, "r/ r/d|"},
		{NODE_DIRECTORY, "r/"},
	};
	walk_begin(exclude("d/"), true, "r");
	list(root, 1, "d?");
	struct node *d = child(root, "d");
	if (cases[_i].type == NODE_DIRECTORY)
		list(d, 2, "");
	else
		ck_assert(walk_typed(walk, d, cases[_i].type));
	assert_told(cases[_i].told);
	assert_counts(1, _i == 1, _i == 2, 0, _i == 3);
}
END_TEST

/* Shared work */

/** What choose() was asked, a word each. */
static char asked[1000];

/** Names that begin with "o" are another shard's, those that begin with "w" are outputs. The sum of hashes is
 * 100 for each of the former, and 1 for each that is taken. */
static int choose(void *context, const struct walk_found *found, uint64_t *hash)
{
	const char *name = strrchr(found->path, '/');
	name = name ? name + 1 : *found->path ? found->path : found->root;
	ck_assert_ptr_eq(context, asked);
	ck_assert_uint_eq(found->device, *found->path ? DEVICE : 0);
	sprintf(asked + strlen(asked), "%s:%s:%d ", found->root, found->path, (int)found->inode);
	*hash = *name == 'w' ? 1000000 : *name == 'o' ? 100 : 1;
	return *name == 'o' ? WALK_OTHER_SHARD : *name == 'w' ? WALK_OUTPUT : WALK_TAKEN;
}

static const struct walk_options shared = {.choose = choose, .context = asked};

static void assert_asked(const char *expected)
{
	ck_assert_str_eq(asked, expected);
	asked[0] = '\0';
}

START_TEST(test_walk_passes_over_files_of_others)
{
	walk_begin(&shared, true, "r");
	/* Only files are, whatever the names of directories, links and special files. */
	list(root, 1, "a o1 w1 o/ w/ o2@ o3|");
	assert_asked("r:a:1 r:o1:1 r:w1:1 ");
	assert_next_file("a");
	assert_next_file("none");
	list(child(root, "o"), 2, "b o4");
	list(child(root, "w"), 3, "");
	assert_asked("r:o/b:2 r:o/o4:2 ");
	assert_told("r/ r/a r/o/ r/o/b r/w/");
	assert_counts(3, 1, 1, 0, 0);
	ck_assert_uint_eq(walk_counts(walk)->other_shards, 2);
	ck_assert_uint_eq(walk_counts(walk)->outputs, 1);
	ck_assert_uint_eq(walk_counts(walk)->listed, 4);
	ck_assert_uint_eq(walk_counts(walk)->names, 202);
}
END_TEST

START_TEST(test_walk_counts_files_of_others_anew)
{
	walk_begin(&shared, true, "r");
	give_first(root, 1, "a o1 w1");
	give_first(root, 1, "a o1 w1 o2");
	end(root);
	assert_told("r/ r/a");
	ck_assert_uint_eq(walk_counts(walk)->other_shards, 2);
	ck_assert_uint_eq(walk_counts(walk)->outputs, 1);
	ck_assert_uint_eq(walk_counts(walk)->listed, 3);
	ck_assert_uint_eq(walk_counts(walk)->names, 201);
}
END_TEST

START_TEST(test_walk_passes_over_files_of_others_when_their_types_are_known)
{
	walk_begin(&shared, true, "r");
	list(root, 1, "a? o1? o2? o3? w1?");
	assert_asked("");
	ck_assert_int_eq(walk_passes_over(walk, child(root, "a")), 0);
	ck_assert_int_eq(walk_passes_over(walk, child(root, "o1")), 1);
	ck_assert_int_eq(walk_passes_over(walk, child(root, "w1")), 1);
	ck_assert_int_eq(walk_typed(walk, child(root, "a"), NODE_FILE), 1);
	ck_assert_int_eq(walk_typed(walk, child(root, "o1"), NODE_FILE), 0);
	ck_assert_int_eq(walk_typed(walk, child(root, "o2"), NODE_LINK), 0);
	ck_assert_int_eq(walk_typed(walk, child(root, "w1"), NODE_FILE), 0);
	list(child(root, "o3"), 2, "b");
	assert_told("r/ r/a r/o3/ r/o3/b");
	ck_assert_uint_eq(walk_counts(walk)->other_shards, 1);
	ck_assert_uint_eq(walk_counts(walk)->outputs, 1);
	ck_assert_uint_eq(walk_counts(walk)->links, 1);
	ck_assert_uint_eq(walk_counts(walk)->listed, 3);
	ck_assert_uint_eq(walk_counts(walk)->names, 102);
}
END_TEST

/** The operand itself, too, if it is a file. */
START_TEST(test_walk_may_pass_over_its_root)
{
	walk_begin(&shared, true, _i ? "or" : "r");
	ck_assert_int_eq(walk_passes_over(walk, root), _i);
	ck_assert_int_eq(walk_typed(walk, root, NODE_FILE), !_i);
	assert_told(_i ? "" : "r");
	ck_assert_uint_eq(walk_counts(walk)->other_shards, (unsigned)_i);
}
END_TEST

static int fail_to_choose(void *context, const struct walk_found *found, uint64_t *hash)
{
	(void)context;
	(void)hash;
	(void)found;
	errno = EIO;
	return -1;
}

START_TEST(test_walk_ends_where_it_cannot_choose)
{
	const struct walk_options failing = {.choose = fail_to_choose};
	walk_begin(&failing, true, "r");
	ck_assert_int_eq(walk_passes_over(walk, root), -1);
	ck_assert_int_eq(walk_typed(walk, root, NODE_FILE), -1);
	ck_assert_int_eq(errno, EIO);
	part_begin(DEVICE, 1);
	part_put_names("d/ a");
	ck_assert_int_eq(part_send(root), -1);
	ck_assert_int_eq(errno, EIO);
}
END_TEST

/** Nothing is told of it, but its directory is not empty. */
START_TEST(test_walk_calls_no_directory_empty_where_all_is_left_out)
{
	struct tree_entry entries[2];
	walk_begin(exclude("x"), true, "r");
	list(root, 1, "a/ b/");
	list(child(root, "a"), 2, "x");
	list(child(root, "b"), 3, "");
	ck_assert_uint_eq(tree_entries(&tree, child(root, "a"), entries), 1);
	ck_assert(!entries[0].empty);
	ck_assert_uint_eq(tree_entries(&tree, child(root, "b"), entries), 1);
	ck_assert(entries[0].empty);
}
END_TEST

/** Parts of directories of any depth, in turns. */
START_TEST(test_walk_filters_by_the_path_below_the_root)
{
	walk_begin(exclude("/a/b/x /a/x b/b/y /long-long-name/c"), true, "a/");
	give_first(root, 1, "a/ x long-long-name/");
	struct node *a = child(root, "a"), *name = child(root, "long-long-name");
	give_first(a, 2, "b/ x");
	give_first(name, 3, "c");
	struct node *b = child(a, "b");
	give_first(b, 4, "x b/");
	give_more(a, "y c");
	struct node *bb = child(b, "b");
	give_first(bb, 5, "x y");
	give_more(b, "y");
	give_more(name, "x");
	end(bb);
	end(b);
	end(a);
	end(name);
	end(root);
	assert_told("a// a/a/ a/a/b/ a/a/b/b/ a/a/b/b/x a/a/b/y a/a/c a/a/y a/long-long-name/ "
		    "a/long-long-name/x a/x");
	assert_counts(5, 0, 0, 0, 4);
}
END_TEST

/** Directories that are gone: a node may come to where another one was. */
START_TEST(test_walk_filters_by_the_path_where_nodes_come_and_go)
{
	struct node *roots[2];
	exclude("/x");
	filtering.all = false;
	walk_begin(&filtering, false, "r");
	list(root, 1, "p/");
	struct node *p = walk_next_directory(walk);
	walk_forget(walk, root);
	list(p, 2, "x/");
	p = walk_next_directory(walk);
	list(p, 3, "");
	walk_forget(walk, p);
	ck_assert_ptr_null(tree.loose);
	for (int i = 0; i < 2; i++) {
		roots[i] = tree_new(&tree, NULL, "s", 1);
		walk_begin_root(walk, roots[i]);
	}
	for (int i = 1; i >= 0; i--) {
		list(roots[i], 4, "x");
		walk_forget(walk, roots[i]);
	}
	assert_counts(5, 0, 0, 0, 2);
	ck_assert_ptr_null(tree.loose);
}
END_TEST

/** What is excluded is counted once. */
START_TEST(test_walk_counts_anew_what_is_left_out_of_a_listing_done_anew)
{
	walk_begin(exclude("x*"), true, "r");
	give_first(root, 1, "x1 x2/ a");
	give_first(root, 1, "x2/ a x1 x3");
	end(root);
	assert_counts(1, 0, 0, 0, 3);
	assert_told("r/ r/a");
}
END_TEST

/* The order of work */

START_TEST(test_walk_gives_out_directories_as_they_were_found)
{
	walk_begin(&plain, true, "r");
	list(root, 1, "a/ f b/ g?");
	assert_next_directory("a");
	list(child(root, "a"), 2, "c/ h d/");
	assert_next_directory("b");
	assert_next_directory("c");
	assert_next_directory("d");
	assert_next_directory("none");
	list(child(child(root, "a"), "d"), 3, "e/");
	assert_next_directory("e");
	assert_next_file("f");
	assert_next_file("g");
	assert_next_file("h");
	assert_next_file("none");
}
END_TEST

/** So few are pending at a time. */
START_TEST(test_walk_goes_down_first_where_nodes_are_not_kept)
{
	walk_begin(&plain, false, "r");
	give_first(root, 1, "a/ f b/ g?");
	struct node *b = walk_next_directory(walk);
	ck_assert_str_eq(b->name, "b");
	give_first(b, 2, "c/ h d/");
	assert_next_directory("d");
	assert_next_directory("c");
	assert_next_directory("a");
	assert_next_directory("none");
	give_more(root, "e/");
	assert_next_directory("e");
	assert_next_file("f");
	assert_next_file("g");
	assert_next_file("h");
	assert_next_file("none");
}
END_TEST

/* The trivial */

START_TEST(test_walk_without_anything)
{
	walk_free(NULL);
	tree_begin(&tree, true, 64);
	walk = walk_new(&plain, &tree);
	ck_assert_ptr_nonnull(walk);
	ck_assert_ptr_null(walk_next_directory(walk));
	ck_assert_ptr_null(walk_next_file(walk));
	ck_assert_uint_eq(walk_pending(walk), 0);
	assert_counts(0, 0, 0, 0, 0);
	assert_told("");
}
END_TEST

/** Freed with listings that have not ended. */
START_TEST(test_walk_can_be_freed_at_any_time)
{
	walk_begin(&with_all, _i, "r");
	give_first(root, 1, "a/ b/ f u? l@");
	give_first(child(root, "a"), 2, "x");
	give_more(root, "c/");
	give_first(child(root, "c"), 3, "y");
	end(child(root, "c"));
}
END_TEST

static void teardown(void)
{
	walk_end();
	filter_free(filter);
	filter = NULL;
}

static TCase *add_case(Suite *suite, const char *name)
{
	TCase *tests = tcase_create(name);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, NULL, teardown);
	suite_add_tcase(suite, tests);
	return tests;
}

static Suite *walk_parts_suite(void)
{
	Suite *suite = suite_create("walk_parts");
	TCase *tests = add_case(suite, "parts");
	tcase_add_test(tests, test_walk_takes_names_from_many_parts);
	tcase_add_loop_test(tests, test_walk_knows_what_is_neither_file_nor_directory, 0, 2);
	tcase_add_test(tests, test_walk_takes_a_name_once);
	tcase_add_test(tests, test_walk_takes_any_number_of_names_once);
	tcase_add_test(tests, test_walk_keeps_what_a_listing_has_seen);

	tests = add_case(suite, "anew");
	tcase_add_loop_test(tests, test_walk_merges_listings, 0, 2);
	tcase_add_test(tests, test_walk_lists_below_before_and_after_a_lister_is_lost);
	tcase_add_loop_test(tests, test_walk_believes_no_second_listing_of_another_directory, 0, 2);
	tcase_add_loop_test(tests, test_walk_ends_a_directory_that_is_none_any_more, 0, 8);
	tcase_add_loop_test(tests, test_walk_ends_a_directory_that_is_covered_by_a_mount, 0, 2);

	tests = add_case(suite, "errors");
	tcase_add_loop_test(tests, test_walk_keeps_what_came_before_an_error, 0, 4);
	tcase_add_test(tests, test_walk_reports_a_directory_of_which_nothing_came);
	tcase_add_loop_test(tests, test_walk_root_may_be_no_directory, 0, 3);
	tcase_add_test(tests, test_walk_frees_what_was_kept_of_a_file_that_became_a_directory);

	tests = add_case(suite, "malformed");
	tcase_add_loop_test(tests, test_walk_believes_no_malformed_part, 0, MALFORMED);
	tcase_add_test(tests, test_walk_believes_no_part_out_of_place);

	tests = add_case(suite, "depth");
	tcase_add_test(tests, test_walk_goes_down_10000_levels_on_a_small_stack);

	tests = add_case(suite, "identity");
	tcase_add_loop_test(tests, test_walk_finds_loops_by_device_and_inode, 0, 2);
	tcase_add_loop_test(tests, test_walk_stays_on_the_device_of_its_root, 0, 2);

	tests = add_case(suite, "filter");
	tcase_add_test(tests, test_walk_leaves_out_names_by_their_type);
	tcase_add_test(tests, test_walk_leaves_out_names_by_the_type_that_is_found_out);
	tcase_add_loop_test(tests,
		test_walk_takes_a_name_of_unknown_type_that_is_left_out_as_another_one, 0, 4);
	tcase_add_test(tests, test_walk_calls_no_directory_empty_where_all_is_left_out);
	tcase_add_test(tests, test_walk_filters_by_the_path_below_the_root);
	tcase_add_test(tests, test_walk_filters_by_the_path_where_nodes_come_and_go);
	tcase_add_test(tests, test_walk_counts_anew_what_is_left_out_of_a_listing_done_anew);

	tests = add_case(suite, "shared");
	tcase_add_test(tests, test_walk_passes_over_files_of_others);
	tcase_add_test(tests, test_walk_counts_files_of_others_anew);
	tcase_add_test(tests, test_walk_passes_over_files_of_others_when_their_types_are_known);
	tcase_add_loop_test(tests, test_walk_may_pass_over_its_root, 0, 2);
	tcase_add_test(tests, test_walk_ends_where_it_cannot_choose);

	tests = add_case(suite, "order");
	tcase_add_test(tests, test_walk_gives_out_directories_as_they_were_found);
	tcase_add_test(tests, test_walk_goes_down_first_where_nodes_are_not_kept);

	tests = add_case(suite, "life");
	tcase_add_test(tests, test_walk_without_anything);
	tcase_add_loop_test(tests, test_walk_can_be_freed_at_any_time, 0, 2);
	return suite;
}

int main(void)
{
	return suite_run(walk_parts_suite());
}
