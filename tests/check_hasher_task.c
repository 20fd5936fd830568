/*
 * hash/hasher_task.h: tasks and results arrive as they were sent, and nonsense is none.
 */
#include "hash/hasher_task.h"

#include "suite.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/** Write a task to memory of exactly the size that was asked for, and read it from there. */
static void *travel(const struct hasher_task *task, struct hasher_task *read)
{
	size_t bound = hasher_task_bound(task);
	unsigned char *room = malloc(bound + 1);
	ck_assert_ptr_nonnull(room);
	room[bound] = 0xa5;
	size_t size = hasher_task_write(task, room);
	ck_assert_uint_le(size, bound);
	ck_assert_uint_eq(room[bound], 0xa5);
	/* A sanitizer sees what is read behind its end. */
	void *exact = malloc(size);
	ck_assert_ptr_nonnull(exact);
	memcpy(exact, room, size);
	free(room);
	struct fp_task from = {.id = 1, .data = exact, .size = size};
	memset(read, 0xee, sizeof(*read));
	hasher_task_read(&from, read);
	return exact;
}

static const char *const strings[][3] = {
	{"", "", "operand"},
	{"", "", "-"},
	{"", "", ""},
	{"root", "", "name"},
	{"root", "a/b/c", "name"},
	{"/", "a", "n"},
	{"with\nnewline", "\xff\xfe/ ", "\\"},
};

START_TEST(test_hasher_task_round_trip)
{
	bool known = _i & 1, kept = _i & 2, expected = _i & 4;
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		struct hasher_task read,
			task = {
				.head =
					{
						.kind = HASHER_UNKNOWN,
						.stat = HASHER_STAT_NEVER,
						.follow = true,
						.listed = i % 2,
						.linked = true,
						.granted = i % 2,
						.has_known = known,
						.has_kept = kept,
						.has_expected = expected,
						.root_size = (uint32_t)strlen(strings[i][0]),
						.directory_size = (uint32_t)strlen(strings[i][1]),
						.name_size = (uint32_t)strlen(strings[i][2]),
						.device = UINT64_MAX,
						.inode = UINT64_MAX - 1,
						.root_device = 7,
					},
				.root = strings[i][0],
				.directory = strings[i][1],
				.name = strings[i][2],
				.known = {.size = 1, .mtime = {-2, 3}, .ctime = {4, 999999999}},
			};
		memset(&task.kept, 0x5a, sizeof(task.kept));
		memset(task.expected, 0xc3, sizeof(task.expected));
		void *data = travel(&task, &read);
		ck_assert_mem_eq(&read.head, &task.head, sizeof(task.head));
		ck_assert_str_eq(read.root, task.root);
		ck_assert_str_eq(read.directory, task.directory);
		ck_assert_str_eq(read.name, task.name);
		if (known)
			ck_assert_mem_eq(&read.known, &task.known, sizeof(task.known));
		if (kept)
			ck_assert_mem_eq(&read.kept, &task.kept, sizeof(task.kept));
		if (expected)
			ck_assert_mem_eq(read.expected, task.expected, sizeof(task.expected));
		free(data);
	}
}
END_TEST

START_TEST(test_hasher_task_long_strings)
{
	/* More than a path that a call takes, and than a frame holds. */
	enum {
		SIZE = 100000
	};
	char *text = malloc(SIZE + 1);
	ck_assert_ptr_nonnull(text);
	memset(text, 'x', SIZE);
	text[SIZE] = '\0';
	struct hasher_task read,
		task = {
			.head = {.root_size = SIZE, .directory_size = SIZE, .name_size = SIZE},
			.root = text,
			.directory = text,
			.name = text,
		};
	void *data = travel(&task, &read);
	ck_assert_str_eq(read.root, text);
	ck_assert_str_eq(read.directory, text);
	ck_assert_str_eq(read.name, text);
	free(data);
	free(text);
}
END_TEST

/** Of what digests are. */
#define DIGEST_SIZE ((size_t)48)

/** A reply as it is sent, with what may follow it. */
static unsigned char sent[HASHER_REPLY_SIZE + 2 * sizeof(struct hasher_kept)];
/** What follows. */
static unsigned char *const following = sent + HASHER_REPLY_SIZE;

static void send(const struct hasher_reply *reply)
{
	ck_assert_uint_eq(hasher_reply_write(reply, NULL, 0, sent), HASHER_REPLY_SIZE);
}

/** The outcome of a task to which a worker has replied, or the pool. */
static int take(enum fp_status status, const void *data, size_t size, struct hasher_reply *reply,
	const unsigned char **rest, size_t *rest_size)
{
	struct fp_outcome outcome = {
		.status = status, .error = ENOMEM, .signal = SIGSEGV, .data = data, .size = size};
	errno = 0;
	return hasher_task_result(&outcome, DIGEST_SIZE, reply, rest, rest_size);
}

static struct hasher_reply got;
static const unsigned char *rest;
static size_t rest_size;

START_TEST(test_hasher_task_result)
{
	unsigned char digest[DIGEST_SIZE];
	struct hasher_reply reply = {
		.result = {.state = HASHER_DONE, .size = 5, .links = 3, .settled = true},
		.times = {.busy = 1, .blocked = 2, .first_call = 3},
	};
	memset(digest, 0x77, sizeof(digest));
	size_t size = hasher_reply_write(&reply, digest, sizeof(digest), sent);
	ck_assert_uint_eq(size, HASHER_REPLY_SIZE + DIGEST_SIZE);
	ck_assert_int_eq(take(FP_OK, sent, size, &got, &rest, &rest_size), 0);
	ck_assert_mem_eq(&got, &reply, HASHER_REPLY_SIZE);
	ck_assert_ptr_eq(got.result.digest, following);
	ck_assert_mem_eq(got.result.digest, digest, sizeof(digest));
	/* The last part of a listing comes with it, which is no digest, even if it is as long. */
	reply.result.state = HASHER_LISTED;
	send(&reply);
	ck_assert_int_eq(take(FP_OK, sent, size, &got, &rest, &rest_size), 0);
	ck_assert_uint_eq(rest_size, DIGEST_SIZE);
	ck_assert_ptr_eq(rest, following);
	ck_assert_ptr_null(got.result.digest);
}
END_TEST

/** Every state that a worker tells is believed, and no other one. */
START_TEST(test_hasher_task_states)
{
	struct hasher_reply reply = {0};
	for (int state = -2; state <= HASHER_TIMED_OUT + 2; state++) {
		bool proper = state >= HASHER_DONE && state <= HASHER_PARTIAL;
		size_t follows = state == HASHER_PARTIAL ? sizeof(struct hasher_kept)
			: state == HASHER_DONE           ? DIGEST_SIZE
							 : 0;
		reply.result.state = (enum hasher_state)state;
		send(&reply);
		ck_assert_int_eq(
			take(FP_OK, sent, HASHER_REPLY_SIZE + follows, &got, &rest, &rest_size),
			proper ? 0 : -1);
		ck_assert_int_eq(errno, proper ? 0 : EBADMSG);
	}
}
END_TEST

START_TEST(test_hasher_task_results_of_wrong_size)
{
	struct hasher_reply reply = {.result.state = HASHER_LISTED};
	send(&reply);
	for (size_t size = 0; size < HASHER_REPLY_SIZE; size++) {
		ck_assert_int_eq(take(FP_OK, sent, size, &got, &rest, &rest_size), -1);
		ck_assert_int_eq(errno, EBADMSG);
	}
	/* A result is followed by the digest or by the state of a partial reading, of exactly that size. */
	for (int i = 0; i < 2; i++) {
		size_t proper = i == 0 ? DIGEST_SIZE : sizeof(struct hasher_kept);
		reply.result.state = i == 0 ? HASHER_DONE : HASHER_PARTIAL;
		send(&reply);
		for (size_t size = 0; size <= sizeof(sent) - HASHER_REPLY_SIZE; size++)
			ck_assert_int_eq(take(FP_OK, sent, HASHER_REPLY_SIZE + size, &got, &rest,
						 &rest_size),
				size == proper ? 0 : -1);
	}
}
END_TEST

/** How a task ended to which no worker has replied. */
START_TEST(test_hasher_task_takes_what_the_pool_knows)
{
	char room[64];
	ck_assert_int_eq(take(FP_DIED, NULL, 0, &got, &rest, &rest_size), 0);
	ck_assert_int_eq(got.result.state, HASHER_DIED);
	ck_assert_str_eq(
		hasher_task_reason(&got.result, room), "its reader was killed by signal 11");
	ck_assert_uint_eq(got.times.busy, 0);
	ck_assert_int_eq(take(FP_TIMED_OUT, NULL, 0, &got, &rest, &rest_size), 0);
	ck_assert_int_eq(got.result.state, HASHER_TIMED_OUT);
	ck_assert_str_eq(
		hasher_task_reason(&got.result, room), "its reader did not answer in time");
	ck_assert_int_eq(take(FP_FAILED, NULL, 0, &got, &rest, &rest_size), 0);
	ck_assert_int_eq(got.result.state, HASHER_FAILED);
	ck_assert_str_eq(hasher_task_reason(&got.result, room), strerror(ENOMEM));
	ck_assert_int_eq(take(FP_CANCELLED, NULL, 0, &got, &rest, &rest_size), -1);
	ck_assert_int_eq(errno, ENOMEM);
}
END_TEST

START_TEST(test_hasher_task_reasons)
{
	static const struct {
		struct hasher_result result;
		const char *reason;
	} known[] = {
		{{.state = HASHER_CHANGED}, "changed while it was read"},
		{{.state = HASHER_DIRECTORY}, "Is a directory"},
		{{.state = HASHER_LINK}, "is no longer a regular file"},
		{{.state = HASHER_SPECIAL}, "is no longer a regular file"},
		{{.state = HASHER_FAILED, .error = ENOENT}, "No such file or directory"},
		{{.state = HASHER_DIED}, "its reader ended unexpectedly"},
	};
	char room[64];
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		ck_assert_str_eq(hasher_task_reason(&known[i].result, room), known[i].reason);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hasher_task");
	TCase *tests = tcase_create("hasher_task");
	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, test_hasher_task_round_trip, 0, 8);
	tcase_add_test(tests, test_hasher_task_long_strings);
	tcase_add_test(tests, test_hasher_task_result);
	tcase_add_test(tests, test_hasher_task_states);
	tcase_add_test(tests, test_hasher_task_results_of_wrong_size);
	tcase_add_test(tests, test_hasher_task_takes_what_the_pool_knows);
	tcase_add_test(tests, test_hasher_task_reasons);
	return suite_run(suite);
}
