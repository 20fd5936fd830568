/* forkpool/channel.h: whole frames, no blocking, and what a dead peer leaves. */
#include "forkpool/channel.h"

#include "leaks.h"
#include "suite.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int parent, child;
static unsigned char frame[CHANNEL_FRAME_MAX];

static void setup(void)
{
	leaks_setup();
	ck_assert_int_eq(channel_open(&parent, &child), 0);
}

static void teardown(void)
{
	close(parent);
	close(child);
	leaks_teardown();
}

START_TEST(test_channel_keeps_frames_apart)
{
	ck_assert_int_eq(channel_send(parent, "a", 1), 0);
	ck_assert_int_eq(channel_send(parent, "bcd", 3), 0);
	ck_assert_int_eq(channel_receive(child, frame), 1);
	ck_assert_mem_eq(frame, "a", 1);
	ck_assert_int_eq(channel_receive(child, frame), 3);
	ck_assert_mem_eq(frame, "bcd", 3);
	ck_assert_int_eq(channel_receive(child, frame), -1);
	ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

START_TEST(test_channel_carries_the_longest_frame)
{
	static unsigned char longest[CHANNEL_FRAME_MAX];

	memset(longest, 0x5a, sizeof(longest));
	ck_assert_int_eq(channel_send(child, longest, sizeof(longest)), 0);
	ck_assert_int_eq(channel_receive(parent, frame), (int)sizeof(longest));
	ck_assert_mem_eq(frame, longest, sizeof(longest));
}
END_TEST

START_TEST(test_channel_refuses_frames_of_no_and_too_many_bytes)
{
	static unsigned char long_frame[CHANNEL_FRAME_MAX + 1];

	ck_assert_int_eq(channel_send(parent, "", 0), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	ck_assert_int_eq(channel_send(parent, long_frame, sizeof(long_frame)), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
}
END_TEST

START_TEST(test_channel_refuses_a_frame_that_the_peer_made_too_long)
{
	static unsigned char long_frame[CHANNEL_FRAME_MAX + 1];

	ck_assert_int_eq(send(child, long_frame, sizeof(long_frame), 0), (int)sizeof(long_frame));
	ck_assert_int_eq(channel_send(child, "x", 1), 0);
	ck_assert_int_eq(channel_receive(parent, frame), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	ck_assert_int_eq(channel_receive(parent, frame), 1);
}
END_TEST

START_TEST(test_channel_says_when_the_queue_is_full)
{
	int sent = 0;

	while (channel_send(parent, frame, sizeof(frame)) == 0)
		sent++;
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_gt(sent, 0);
	ck_assert_int_eq(channel_wait(parent, POLLOUT, 0), 0);
	while (sent-- > 0)
		ck_assert_int_eq(channel_receive(child, frame), (int)sizeof(frame));
	ck_assert_int_eq(channel_wait(parent, POLLIN | POLLOUT, 0), POLLOUT);
}
END_TEST

START_TEST(test_channel_gives_what_a_dead_peer_sent)
{
	int other_parent, other_child;

	ck_assert_int_eq(channel_open(&other_parent, &other_child), 0);
	ck_assert_int_eq(channel_send(other_parent, "unread", 6), 0);
	ck_assert_int_eq(channel_send(other_child, "one", 3), 0);
	ck_assert_int_eq(channel_send(other_child, "two", 3), 0);
	close(other_child);
	ck_assert_int_eq(channel_wait(other_parent, POLLIN, -1), POLLIN);
	ck_assert_int_eq(channel_receive(other_parent, frame), 3);
	ck_assert_mem_eq(frame, "one", 3);
	ck_assert_int_eq(channel_receive(other_parent, frame), 3);
	ck_assert_mem_eq(frame, "two", 3);
	ck_assert_int_eq(channel_receive(other_parent, frame), 0);
	ck_assert_int_eq(channel_receive(other_parent, frame), 0);
	ck_assert_int_eq(channel_send(other_parent, "x", 1), -1);
	ck_assert_int_eq(errno, EPIPE);
	close(other_parent);
}
END_TEST

START_TEST(test_channel_stays_clear_of_standard_descriptors)
{
	int saved[3], other_parent, other_child;

	for (int i = 0; i < 3; i++) {
		saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
		close(i);
	}
	int result = channel_open(&other_parent, &other_child);
	for (int i = 0; i < 3; i++) {
		if (saved[i] < 0)
			continue;
		dup2(saved[i], i);
		close(saved[i]);
	}
	ck_assert_int_eq(result, 0);
	ck_assert_int_gt(other_parent, 2);
	ck_assert_int_gt(other_child, 2);
	ck_assert_int_eq(fcntl(other_parent, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fcntl(other_child, F_GETFD), FD_CLOEXEC);
	ck_assert(fcntl(other_parent, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(other_child, F_GETFL) & O_NONBLOCK);
	close(other_parent);
	close(other_child);
}
END_TEST

static void on_signal(int number)
{
	(void)number;
	/* Only now: so the wait below ends by the frame, after it was interrupted. */
	channel_send(parent, "x", 1);
}

START_TEST(test_channel_waits_on_after_a_signal)
{
	struct sigaction action = {.sa_handler = on_signal};
	pid_t sender, self = getpid();

	sigaction(SIGUSR1, &action, NULL);
	sender = fork();
	if (sender == 0) {
		kill(self, SIGUSR1);
		_exit(0);
	}
	ck_assert_int_eq(channel_wait(child, POLLIN, -1), POLLIN);
	ck_assert_int_eq(waitpid(sender, NULL, 0), sender);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("channel");
	TCase *test_case = tcase_create("channel");

	tcase_add_checked_fixture(test_case, setup, teardown);
	tcase_add_test(test_case, test_channel_keeps_frames_apart);
	tcase_add_test(test_case, test_channel_carries_the_longest_frame);
	tcase_add_test(test_case, test_channel_refuses_frames_of_no_and_too_many_bytes);
	tcase_add_test(test_case, test_channel_refuses_a_frame_that_the_peer_made_too_long);
	tcase_add_test(test_case, test_channel_says_when_the_queue_is_full);
	tcase_add_test(test_case, test_channel_gives_what_a_dead_peer_sent);
	tcase_add_test(test_case, test_channel_stays_clear_of_standard_descriptors);
	tcase_add_test(test_case, test_channel_waits_on_after_a_signal);
	suite_add_tcase(suite, test_case);
	return suite_run(suite);
}
