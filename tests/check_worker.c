/* forkpool/worker: what a worker does with frames that no pool sends. */
#include "forkpool/worker.h"

#include "forkpool/channel.h"
#include "forkpool/protocol.h"

#include "leaks.h"
#include "suite.h"

#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int reply(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)context;
	return fp_worker_reply(worker, task->id, task->data, task->size);
}

/** A worker, and our ends of its channels. */
struct started {
	pid_t pid;
	int tasks;
	int results;
};

static struct started start(void)
{
	struct fp_options options = {.function = reply};
	struct started worker;
	int tasks, results;
	unsigned char frame[CHANNEL_FRAME_MAX];

	ck_assert_int_eq(channel_open(&worker.tasks, &tasks), 0);
	ck_assert_int_eq(channel_open(&worker.results, &results), 0);
	worker.pid = fork();
	ck_assert_int_ge(worker.pid, 0);
	if (worker.pid == 0) {
		close(worker.tasks);
		close(worker.results);
		worker_run(&options, 0, tasks, results);
	}
	close(tasks);
	close(results);
	ck_assert_int_eq(channel_wait(worker.results, POLLIN, -1), POLLIN);
	ck_assert_int_eq(channel_receive(worker.results, frame), 1);
	ck_assert_uint_eq(frame[0], FRAME_READY);
	return worker;
}

static void put_record(struct frame_writer *frame, enum frame_kind kind, size_t total, size_t here)
{
	struct record record = {.id = 7, .total = total, .data = "0123456789", .size = here};

	frame_put_u8(frame, (uint8_t)kind);
	protocol_put(frame, &record);
}

/** Write the frame of a number, and send what has to come before it. */
static void put_nonsense(struct frame_writer *frame, int number, int channel)
{
	unsigned char bytes[64];
	struct frame_writer before;

	frame_write(&before, bytes, sizeof(bytes));
	switch (number) {
	case 0:
		/* No such kind. */
		frame_put_u8(frame, 99);
		break;
	case 1:
		/* A kind that only goes the other way. */
		put_record(frame, FRAME_REPLIES, 1, 1);
		break;
	case 2:
		/* Half a record. */
		frame_put_u8(frame, FRAME_TASKS);
		frame_put_u32(frame, 1);
		break;
	case 3:
		/* A record that claims more than it has. */
		put_record(frame, FRAME_TASKS, 11, 10);
		break;
	case 4:
		/* The rest of nothing. */
		frame_put_u8(frame, FRAME_MORE);
		frame_put_u32(frame, 0);
		break;
	case 5:
		/* A long task that is longer than any may be. */
		put_record(frame, FRAME_LONG_TASK, FP_PAYLOAD_MAX + (size_t)1, 10);
		break;
	case 6:
		/* One that has more than it claims. */
		put_record(frame, FRAME_LONG_TASK, 9, 10);
		break;
	case 7:
		/* One in another. */
		put_record(&before, FRAME_LONG_TASK, 20, 10);
		put_record(frame, FRAME_LONG_TASK, 20, 10);
		break;
	default:
		/* More than is missing of one. */
		put_record(&before, FRAME_LONG_TASK, 20, 10);
		frame_put_u8(frame, FRAME_MORE);
		frame_put_bytes(frame, "0123456789a", 11);
		break;
	}
	if (frame_size(&before) > 0)
		ck_assert_int_eq(channel_send(channel, bytes, frame_size(&before)), 0);
}

START_TEST(test_worker_ends_at_nonsense)
{
	unsigned char bytes[64], frame[CHANNEL_FRAME_MAX];
	struct frame_writer nonsense;
	struct started worker = start();
	int status;

	frame_write(&nonsense, bytes, sizeof(bytes));
	put_nonsense(&nonsense, _i, worker.tasks);
	ck_assert_int_eq(channel_send(worker.tasks, bytes, frame_size(&nonsense)), 0);
	/* It says nothing, and needs no signal to end; that it has failed is in its status. */
	ck_assert_int_eq(channel_wait(worker.results, POLLIN, -1), POLLIN);
	ck_assert_int_eq(channel_receive(worker.results, frame), 0);
	ck_assert_int_eq(waitpid(worker.pid, &status, 0), worker.pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), EXIT_FAILURE);
	close(worker.tasks);
	close(worker.results);
}
END_TEST

START_TEST(test_worker_takes_what_makes_sense)
{
	unsigned char bytes[64], frame[CHANNEL_FRAME_MAX];
	struct frame_writer writer;
	struct frame_reader reader;
	struct record record = {0};
	struct started worker = start();
	int status;

	frame_write(&writer, bytes, sizeof(bytes));
	if (_i == 0) {
		put_record(&writer, FRAME_TASKS, 10, 10);
	} else {
		put_record(&writer, FRAME_LONG_TASK, 20, 10);
		ck_assert_int_eq(channel_send(worker.tasks, bytes, frame_size(&writer)), 0);
		frame_write(&writer, bytes, sizeof(bytes));
		frame_put_u8(&writer, FRAME_MORE);
		frame_put_bytes(&writer, "0123456789", 10);
	}
	ck_assert_int_eq(channel_send(worker.tasks, bytes, frame_size(&writer)), 0);
	ck_assert_int_eq(channel_wait(worker.results, POLLIN, -1), POLLIN);
	ssize_t size = channel_receive(worker.results, frame);
	ck_assert_int_gt(size, 0);
	frame_read(&reader, frame, (size_t)size);
	ck_assert_uint_eq(frame_get_u8(&reader), FRAME_REPLIES);
	/* The time that it took. */
	(void)frame_get_u32(&reader);
	ck_assert(protocol_get(&reader, &record));
	ck_assert_uint_eq(record.id, 7);
	ck_assert_uint_eq(record.size, _i == 0 ? 10 : 20);
	ck_assert_mem_eq(record.data, "01234567890123456789", record.size);
	close(worker.tasks);
	ck_assert_int_eq(waitpid(worker.pid, &status, 0), worker.pid);
	ck_assert_int_eq(status, 0);
	close(worker.results);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("worker");
	TCase *test_case = tcase_create("frames");

	tcase_add_checked_fixture(test_case, leaks_setup, leaks_teardown);
	suite_add_tcase(suite, test_case);
	tcase_add_loop_test(test_case, test_worker_ends_at_nonsense, 0, 9);
	tcase_add_loop_test(test_case, test_worker_takes_what_makes_sense, 0, 2);
	return suite_run(suite);
}
