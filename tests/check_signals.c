/*
 * sys/signals: what the descriptor tells of the signals that come.
 */
#include "suite.h"
#include "sys/signals.h"

#include <check.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fd;

/** A signal that is to come just before the next read(2), or 0. */
static int signal_at_read;

/** Stands before the C library's. */
ssize_t read(int from, void *buffer, size_t size)
{
	int number = signal_at_read;
	signal_at_read = 0;
	if (number)
		raise(number);
	return syscall(SYS_read, from, buffer, size);
}

static bool is_readable(void)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	return poll(&poll_fd, 1, 0) == 1;
}

static void setup(void)
{
	fd = signals_catch();
	ck_assert_int_ge(fd, 0);
	ck_assert(!is_readable());
	ck_assert(!signals_asked());
}

START_TEST(test_signals_asked)
{
	for (int i = 0; i < 3; i++) {
		raise(SIGUSR1);
		raise(SIGUSR1);
		ck_assert(is_readable());
		ck_assert_int_eq(signals_caught(), 0);
		ck_assert(signals_asked());
		ck_assert(!is_readable());
		ck_assert(!signals_asked());
	}
}
END_TEST

START_TEST(test_signals_ended_not_by_being_asked)
{
	raise(SIGUSR1);
	ck_assert(!signals_ended());
	ck_assert(!is_readable());
	ck_assert(!signals_ended());
	ck_assert(signals_asked());
}
END_TEST

START_TEST(test_signals_ended_by_another)
{
	if (_i == 0) {
		raise(SIGUSR1);
		raise(SIGTERM);
	} else {
		raise(SIGTERM);
		raise(SIGUSR1);
	}
	ck_assert_int_eq(signals_caught(), SIGTERM);
	ck_assert(signals_ended());
	ck_assert(is_readable());
	ck_assert(signals_asked());
	ck_assert(is_readable());
	ck_assert(signals_ended());
}
END_TEST

START_TEST(test_signals_asked_is_ignored_where_it_was)
{
	signal(SIGUSR1, SIG_IGN);
	ck_assert_int_ge(signals_catch(), 0);
	raise(SIGUSR1);
	ck_assert(!signals_asked());
}
END_TEST

START_TEST(test_signals_asked_again_meanwhile)
{
	raise(SIGUSR1);
	signal_at_read = SIGUSR1;
	ck_assert(signals_asked());
	/* Never a request of which the descriptor tells nothing: nobody would look for it. */
	bool readable = is_readable();
	ck_assert_int_eq(signals_asked(), readable);

	raise(SIGUSR1);
	signal_at_read = SIGTERM;
	ck_assert(signals_asked());
	ck_assert(is_readable());
	ck_assert(signals_ended());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("signals");
	TCase *tcase = tcase_create("signals");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, test_signals_asked);
	tcase_add_test(tcase, test_signals_ended_not_by_being_asked);
	tcase_add_loop_test(tcase, test_signals_ended_by_another, 0, 2);
	tcase_add_test(tcase, test_signals_asked_is_ignored_where_it_was);
	tcase_add_test(tcase, test_signals_asked_again_meanwhile);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
