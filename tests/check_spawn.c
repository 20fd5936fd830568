/* forkpool/spawn.h: one child from fork to reaping. */
#include "forkpool/spawn.h"

#include "forkpool/channel.h"
#include "leaks.h"
#include "suite.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/** Wait for a child's end, and reap it. */
static struct spawn_end end_of(struct spawn *child)
{
	struct spawn_end end = {0};

	/* A stand-in for a pidfd may be a moment early. */
	do {
		ck_assert_int_eq(channel_wait(child->pidfd, POLLIN, -1), POLLIN);
	} while (!spawn_reap(child, &end));
	ck_assert_int_eq(child->pidfd, -1);
	return end;
}

START_TEST(test_spawn_tells_exit_code_and_signal)
{
	struct spawn child;
	struct spawn_end end;
	int forked = spawn_fork(&child);

	if (forked == 0)
		_exit(7);
	ck_assert_int_eq(forked, 1);
	end = end_of(&child);
	ck_assert_int_eq(end.signal, 0);
	ck_assert_int_eq(end.exit_code, 7);

	forked = spawn_fork(&child);
	if (forked == 0) {
		for (;;)
			pause();
	}
	ck_assert_int_eq(forked, 1);
	ck_assert(!spawn_reap(&child, &end));
	ck_assert_int_eq(spawn_signal(&child, SIGKILL), 0);
	end = end_of(&child);
	ck_assert_int_eq(end.signal, SIGKILL);
	ck_assert_int_eq(spawn_signal(&child, SIGKILL), -1);
	ck_assert_int_eq(errno, ESRCH);
}
END_TEST

static void handler(int number)
{
	(void)number;
	_exit(99);
}

static void *disposition(int number)
{
	struct sigaction action;

	sigaction(number, NULL, &action);
	return (void *)action.sa_handler;
}

START_TEST(test_spawn_resets_signals_in_the_child)
{
	struct spawn child;
	sigset_t mask;
	int forked, death = 0;

	signal(SIGUSR1, handler);
	signal(SIGALRM, handler);
	signal(SIGINT, handler);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	forked = spawn_fork(&child);
	if (forked == 0) {
		if (disposition(SIGALRM) != (void *)SIG_DFL)
			_exit(1);
		if (disposition(SIGINT) != (void *)SIG_IGN ||
			disposition(SIGQUIT) != (void *)SIG_IGN ||
			disposition(SIGPIPE) != (void *)SIG_IGN)
			_exit(2);
		if (disposition(SIGHUP) != (void *)SIG_IGN)
			_exit(3);
		if (disposition(SIGTERM) != (void *)SIG_DFL)
			_exit(4);
		sigprocmask(SIG_BLOCK, NULL, &mask);
		if (sigismember(&mask, SIGUSR2))
			_exit(5);
		if (prctl(PR_GET_PDEATHSIG, &death) < 0 || death != SIGKILL)
			_exit(6);
		/* One that the program handles, and one that it does not. */
		if (disposition(SIGUSR1) != (void *)SIG_IGN ||
			disposition(SIGUSR2) != (void *)SIG_DFL)
			_exit(7);
		_exit(0);
	}
	ck_assert_int_eq(forked, 1);
	ck_assert_int_eq(end_of(&child).exit_code, 0);
	ck_assert_ptr_eq(disposition(SIGUSR1), (void *)handler);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	ck_assert(sigismember(&mask, SIGUSR2));
	ck_assert(!sigismember(&mask, SIGUSR1));
}
END_TEST

START_TEST(test_spawn_knows_the_end_where_sigchld_is_ignored)
{
	struct spawn child;
	struct spawn_end end;
	int forked;

	signal(SIGCHLD, SIG_IGN);
	forked = spawn_fork(&child);
	if (forked == 0) {
		for (;;)
			pause();
	}
	ck_assert_int_eq(forked, 1);
	ck_assert(!spawn_reap(&child, &end));
	spawn_signal(&child, SIGKILL);
	end = end_of(&child);
	ck_assert_int_eq(end.signal, 0);
	ck_assert_int_eq(end.exit_code, -1);
	signal(SIGCHLD, SIG_DFL);
}
END_TEST

START_TEST(test_spawn_knows_the_end_of_a_child_that_others_reaped)
{
	struct spawn child;
	struct spawn_end end;
	int forked = spawn_fork(&child);

	if (forked == 0)
		_exit(3);
	ck_assert_int_eq(forked, 1);
	ck_assert_int_eq(waitpid(-1, NULL, 0), child.pid);
	end = end_of(&child);
	ck_assert_int_eq(end.exit_code, -1);
}
END_TEST

START_TEST(test_spawn_finish_ends_stubborn_and_stopped_children)
{
	struct spawn child;
	int parent_end, child_end, forked;
	unsigned char frame[CHANNEL_FRAME_MAX];

	ck_assert_int_eq(channel_open(&parent_end, &child_end), 0);
	forked = spawn_fork(&child);
	if (forked == 0) {
		signal(SIGTERM, SIG_IGN);
		channel_send(child_end, "x", 1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(forked, 1);
	ck_assert_int_eq(channel_wait(parent_end, POLLIN, -1), POLLIN);
	ck_assert_int_eq(channel_receive(parent_end, frame), 1);
	ck_assert(spawn_finish(&child, 1));
	ck_assert_int_eq(child.pidfd, -1);
	ck_assert(spawn_finish(&child, 1));

	forked = spawn_fork(&child);
	if (forked == 0) {
		for (;;)
			raise(SIGSTOP);
	}
	ck_assert_int_eq(forked, 1);
	ck_assert_int_eq(waitpid(child.pid, NULL, WUNTRACED), child.pid);
	ck_assert(spawn_finish(&child, 60000));
	close(parent_end);
	close(child_end);
}
END_TEST

START_TEST(test_spawn_child_dies_with_its_parent)
{
	int parent_end, child_end;
	unsigned char frame[CHANNEL_FRAME_MAX];
	pid_t middle;

	/* The middle process forks one that would wait for ever, and dies. */
	ck_assert_int_eq(channel_open(&parent_end, &child_end), 0);
	middle = fork();
	if (middle == 0) {
		struct spawn child;

		close(parent_end);
		if (spawn_fork(&child) == 0) {
			for (;;)
				pause();
		}
		raise(SIGKILL);
	}
	close(child_end);
	ck_assert_int_eq(waitpid(middle, NULL, 0), middle);
	/* End-of-file comes when the last holder of the other end is gone. */
	ck_assert_int_eq(channel_wait(parent_end, POLLIN, -1), POLLIN);
	ck_assert_int_eq(channel_receive(parent_end, frame), 0);
	close(parent_end);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spawn");
	TCase *test_case = tcase_create("spawn"), *parent = tcase_create("parent");

	tcase_add_checked_fixture(test_case, leaks_setup, leaks_teardown);
	tcase_add_checked_fixture(parent, leaks_setup, leaks_teardown);
	tcase_add_test(test_case, test_spawn_tells_exit_code_and_signal);
	tcase_add_test(test_case, test_spawn_resets_signals_in_the_child);
	tcase_add_test(test_case, test_spawn_knows_the_end_where_sigchld_is_ignored);
	tcase_add_test(test_case, test_spawn_knows_the_end_of_a_child_that_others_reaped);
	tcase_add_test(test_case, test_spawn_finish_ends_stubborn_and_stopped_children);
	tcase_add_test(parent, test_spawn_child_dies_with_its_parent);
	suite_add_tcase(suite, test_case);
	suite_add_tcase(suite, parent);
	return suite_run(suite);
}
