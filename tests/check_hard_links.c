#include "scan/hard_links.h"

#include "quickly.h"
#include "suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct tree tree;
static struct hard_links links;

static void setup(void)
{
	tree_begin(&tree, true, 64);
	links = (struct hard_links){0};
}

/** As where nodes may go when they are done. */
static void copy_digests(size_t limit)
{
	tree_free(&tree);
	tree_begin(&tree, false, 64);
	links.copied = true;
	links.digest_size = 64;
	links.limit = limit;
}

static void teardown(void)
{
	hard_links_free(&links);
	tree_free(&tree);
}

/** A name of a file, in some state of it. */
static struct node *add_state(uint64_t device, uint64_t inode, int state)
{
	struct stamp stamp = {
		.device = device, .inode = inode, .size = 5, .ctime = {.tv_sec = state}};
	struct node *node = tree_new(&tree, NULL, "name", 4);
	ck_assert_ptr_nonnull(node);
	node->type = NODE_FILE;
	ck_assert_int_eq(tree_set_stamp(&tree, node, &stamp), 0);
	return node;
}

static struct node *add(uint64_t inode)
{
	return add_state(1, inode, 1);
}

/** What is read of a file, in the state in which it was seen: a digest that tells which node read
 * it, valid until the next call. */
static struct hasher_result read_by(const struct node *node, unsigned char digest)
{
	struct hasher_result result = {
		.state = HASHER_DONE, .size = 5, .stamp = tree_stamp(&tree, node), .settled = true};
	static unsigned char room[64];
	result.digest = memset(room, digest, sizeof(room));
	return result;
}

static void assert_read(struct node *node)
{
	struct hasher_result result;
	ck_assert_int_eq(hard_links_ask(&links, &tree, node, &result), HARD_LINKS_READ);
}

static void assert_waits(struct node *node)
{
	struct hasher_result result;
	ck_assert_int_eq(hard_links_ask(&links, &tree, node, &result), HARD_LINKS_WAIT);
}

static void assert_known(struct node *node, unsigned char digest)
{
	struct hasher_result result, expected = read_by(node, digest);
	ck_assert_int_eq(hard_links_ask(&links, &tree, node, &result), HARD_LINKS_DONE);
	ck_assert_int_eq(result.state, HASHER_DONE);
	ck_assert_mem_eq(result.digest, expected.digest, 64);
	ck_assert_uint_eq(result.size, 5);
	ck_assert(result.settled);
	ck_assert(stamp_same(&result.stamp, &expected.stamp));
}

/** A node is read; its result becomes the tree's. @return who waited for it */
static struct node *done(struct node *node, const struct hasher_result *result)
{
	struct node *followers = hard_links_done(&links, &tree, node, result);
	ck_assert_int_eq(tree_set_result(&tree, node, result), 0);
	if (!tree.kept)
		tree_discard(&tree, node);
	return followers;
}

/** A node is read as it was seen. @return who waited for it */
static struct node *done_by(struct node *node, unsigned char digest)
{
	struct hasher_result result = read_by(node, digest);
	return done(node, &result);
}

/** Whether a node is in a list of followers. */
static bool is_among(const struct node *followers, const struct node *node)
{
	while (followers && followers != node)
		followers = followers->file.queued;
	return followers;
}

static size_t count_of(const struct node *followers)
{
	size_t count = 0;
	for (; followers; followers = followers->file.queued)
		count++;
	return count;
}

START_TEST(test_hard_links_read_once)
{
	if (_i)
		copy_digests(0);
	struct node *leader = add(1), *one = add(1), *two = add(1), *other = add(2);
	assert_read(leader);
	assert_waits(one);
	assert_read(other);
	assert_waits(two);
	ck_assert_ptr_null(done_by(other, 9));
	struct node *followers = done_by(leader, 7);
	ck_assert_uint_eq(count_of(followers), 2);
	ck_assert(is_among(followers, one) && is_among(followers, two));
	/* Later ones need not wait. */
	assert_known(add(1), 7);
	assert_known(add(2), 9);
	assert_known(add(1), 7);
	assert_read(add_state(2, 1, 1));
}
END_TEST

START_TEST(test_hard_links_serve_the_state_that_was_seen)
{
	struct node *node = add(1);
	struct hasher_result result = read_by(node, 7);
	ck_assert(hard_links_serves(&tree, node, &result));
	ck_assert(!hard_links_serves(&tree, add_state(1, 1, 2), &result));
	ck_assert(!hard_links_serves(&tree, add_state(1, 2, 1), &result));
	ck_assert(!hard_links_serves(&tree, add_state(2, 1, 1), &result));
	result.state = HASHER_FAILED;
	ck_assert(!hard_links_serves(&tree, node, &result));
	result = read_by(node, 7);
	result.stamp.size++;
	ck_assert(!hard_links_serves(&tree, node, &result));
	result = read_by(node, 7);
	result.stamp.mtime.tv_nsec++;
	ck_assert(!hard_links_serves(&tree, node, &result));
}
END_TEST

/** What failed under one name is read under the next one. */
START_TEST(test_hard_links_read_again_what_failed)
{
	static const enum hasher_state states[] = {
		HASHER_FAILED, HASHER_CHANGED, HASHER_DIED, HASHER_TIMED_OUT};
	if (_i)
		copy_digests(0);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct hasher_result failed = {.state = states[i], .error = 5};
		struct node *leader = add(10 + i), *follower = add(10 + i), *late = add(10 + i);
		assert_read(leader);
		assert_waits(follower);
		ck_assert_ptr_eq(done(leader, &failed), follower);
		ck_assert(!hard_links_serves(&tree, follower, &failed));
		assert_read(late);
		ck_assert_ptr_null(done_by(late, (unsigned char)i));
		assert_known(add(10 + i), (unsigned char)i);
	}
}
END_TEST

/** It was another file, or another state of it, when it was read. */
START_TEST(test_hard_links_read_again_what_was_exchanged)
{
	if (_i)
		copy_digests(0);
	struct node *leader = add(1), *follower = add(1);
	assert_read(leader);
	assert_waits(follower);
	struct hasher_result result = read_by(leader, 7);
	result.stamp.ctime.tv_sec = 2;
	ck_assert_ptr_eq(done(leader, &result), follower);
	ck_assert(!hard_links_serves(&tree, follower, &result));
	/* One that was seen later, in the new state. */
	assert_known(add_state(1, 1, 2), 7);
	struct node *other = add(1);
	assert_read(other);
	assert_waits(add(1));
	result = read_by(other, 8);
	result.stamp.inode = 99;
	ck_assert_uint_eq(count_of(done(other, &result)), 1);
	assert_read(add(1));
}
END_TEST

/** Nodes that had nothing to do with it may tell that they are done. */
START_TEST(test_hard_links_done_without_having_asked)
{
	struct node *node = add(1);
	struct hasher_result result = read_by(node, 7);
	ck_assert_ptr_null(hard_links_done(&links, &tree, node, &result));
	struct node *leader = add(1), *follower = add(1);
	assert_read(leader);
	assert_waits(follower);
	ck_assert_ptr_null(hard_links_done(&links, &tree, node, &result));
	ck_assert_ptr_null(hard_links_done(&links, &tree, follower, &result));
	struct node *other = add(2);
	ck_assert_ptr_null(hard_links_done(&links, &tree, other, &result));
	ck_assert_ptr_eq(hard_links_done(&links, &tree, leader, &result), follower);
	/* Once. */
	ck_assert_ptr_null(hard_links_done(&links, &tree, leader, &result));
}
END_TEST

START_TEST(test_hard_links_keep_any_number)
{
	enum {
		COUNT = 20000
	};
	if (_i)
		copy_digests(0);
	static struct node *leaders[COUNT], *followers[COUNT];
	for (size_t i = 0; i < COUNT; i++) {
		struct hasher_result result;
		leaders[i] = add_state(i % 7, 1 + i / 7, 1);
		check_quickly(
			hard_links_ask(&links, &tree, leaders[i], &result) == HARD_LINKS_READ);
	}
	for (size_t i = 0; i < COUNT; i++) {
		struct hasher_result result;
		followers[i] = add_state(i % 7, 1 + i / 7, 1);
		check_quickly(
			hard_links_ask(&links, &tree, followers[i], &result) == HARD_LINKS_WAIT);
	}
	for (size_t i = 0; i < COUNT; i++)
		check_quickly(done_by(leaders[i], (unsigned char)i) == followers[i]);
	for (size_t i = 0; i < COUNT; i++) {
		struct hasher_result result;
		check_quickly(
			hard_links_ask(&links, &tree, followers[i], &result) == HARD_LINKS_DONE);
		check_quickly(result.digest[0] == (unsigned char)i);
	}
}
END_TEST

/** What is done is forgotten, so that the table does not grow; what is being read never is. */
START_TEST(test_hard_links_forget_what_is_done)
{
	enum {
		LIMIT = 512,
		PENDING = 100
	};
	struct node *pending[PENDING], *followers[PENDING];
	copy_digests(LIMIT);
	for (size_t i = 0; i < PENDING; i++) {
		pending[i] = add(i);
		assert_read(pending[i]);
		followers[i] = add(i);
		assert_waits(followers[i]);
	}
	assert_read(add_state(2, 0, 1));
	size_t known = 0;
	for (uint64_t i = 1; i < 10000; i++) {
		struct node *node = add_state(3, i, 1);
		struct hasher_result result;
		check_quickly(hard_links_ask(&links, &tree, node, &result) == HARD_LINKS_READ);
		check_quickly(done_by(node, (unsigned char)i) == NULL);
		check_quickly(links.count <= LIMIT + 1);
		check_quickly(links.room <= 4 * LIMIT);
		/* The last one is there still. */
		node = add_state(3, i, 1);
		known += hard_links_ask(&links, &tree, node, &result) == HARD_LINKS_DONE;
		tree_discard(&tree, node);
	}
	ck_assert_uint_gt(known, 9900);
	/* An early one is not. */
	assert_read(add_state(3, 1, 1));
	for (size_t i = 0; i < PENDING; i++) {
		ck_assert_ptr_eq(done_by(pending[i], (unsigned char)i), followers[i]);
		assert_known(followers[i], (unsigned char)i);
	}
}
END_TEST

/** The limit is about what is done. */
START_TEST(test_hard_links_grow_for_what_is_being_read)
{
	enum {
		COUNT = 5000
	};
	static struct node *leaders[COUNT];
	copy_digests(512);
	for (size_t i = 0; i < COUNT; i++) {
		struct hasher_result result;
		leaders[i] = add(i);
		check_quickly(
			hard_links_ask(&links, &tree, leaders[i], &result) == HARD_LINKS_READ);
	}
	for (size_t i = 0; i < COUNT; i++) {
		struct node *follower = add(i);
		struct hasher_result result;
		check_quickly(hard_links_ask(&links, &tree, follower, &result) == HARD_LINKS_WAIT);
		check_quickly(done_by(leaders[i], 1) == follower);
	}
}
END_TEST

START_TEST(test_hard_links_may_be_empty)
{
	hard_links_free(&links);
	hard_links_free(&links);
	assert_read(add(1));
	hard_links_free(&links);
	ck_assert_uint_eq(links.count, 0);
	assert_read(add(1));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hard_links");
	TCase *tests = tcase_create("hard_links");
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, test_hard_links_read_once, 0, 2);
	tcase_add_test(tests, test_hard_links_serve_the_state_that_was_seen);
	tcase_add_loop_test(tests, test_hard_links_read_again_what_failed, 0, 2);
	tcase_add_loop_test(tests, test_hard_links_read_again_what_was_exchanged, 0, 2);
	tcase_add_test(tests, test_hard_links_done_without_having_asked);
	tcase_add_loop_test(tests, test_hard_links_keep_any_number, 0, 2);
	tcase_add_test(tests, test_hard_links_forget_what_is_done);
	tcase_add_test(tests, test_hard_links_grow_for_what_is_being_read);
	tcase_add_test(tests, test_hard_links_may_be_empty);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
