/*
 * sys/blocked.h: what was blocked is told as such, and nothing else. However busy the machine is:
 * a process is compared with what it measured itself.
 */
#include "sys/blocked.h"

#include "forkpool/clock.h"
#include "leaks.h"
#include "suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MS INT64_C(1000000)

static struct blocked blocked;

static void setup(void)
{
	leaks_setup();
	blocked_begin(&blocked);
}

static void teardown(void)
{
	blocked_end(&blocked);
	leaks_teardown();
}

/** Time that this process has spent on a processor. */
static int64_t processor_time(void)
{
	struct timespec time;
	ck_assert_int_eq(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time), 0);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/** The same, and what it has waited for one. */
static int64_t run_time(void)
{
	unsigned long long ran, waited = 0;
	FILE *file = fopen("/proc/thread-self/schedstat", "r");
	if (file) {
		ck_assert_int_eq(fscanf(file, "%llu %llu", &ran, &waited), 2);
		fclose(file);
	}
	return processor_time() + (int64_t)waited;
}

/** Wait for another process, which writes after some time. @return how long that was, at least */
static int64_t wait_for_pipe(int64_t time)
{
	int ends[2];
	char byte;
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	int64_t start = clock_ns();
	pid_t writer = fork();
	if (writer == 0) {
		while (clock_ns() - start < time)
			usleep(1000);
		_exit(write(ends[1], "", 1) != 1);
	}
	int64_t begun = clock_ns();
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	int64_t passed = clock_ns() - begun;
	ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
	close(ends[0]);
	close(ends[1]);
	return passed;
}

/** Compute, until so much time was spent on a processor. */
static void compute(int64_t time)
{
	volatile unsigned sum = 0;
	int64_t start = processor_time();
	while (processor_time() - start < time) {
		for (unsigned i = 0; i < 100000; i++)
			sum += i;
	}
}

/** What was waited is blocked, but for what of it was spent on a processor, or waiting for one. */
START_TEST(test_blocked_while_a_pipe_is_read)
{
	int64_t busy;
	int64_t most = run_time();
	blocked_take(&blocked, &busy);
	int64_t begun = clock_ns(), least = run_time();
	int64_t waited = wait_for_pipe(30 * MS);
	int64_t passed = clock_ns() - begun;
	least = run_time() - least;
	int64_t time = blocked_take(&blocked, &busy);
	most = run_time() - most;
	ck_assert_int_ge(busy, passed);
	ck_assert_int_le(time, busy - least);
	ck_assert_int_ge(time, waited - most);
}
END_TEST

/** What is spent on a processor, or waiting for one, is not blocked. */
START_TEST(test_blocked_is_not_what_computes)
{
	int64_t busy;
	blocked_take(&blocked, &busy);
	int64_t least = run_time();
	compute(50 * MS);
	least = run_time() - least;
	int64_t time = blocked_take(&blocked, &busy);
	ck_assert_int_ge(least, 50 * MS);
	ck_assert_int_ge(time, 0);
	ck_assert_int_le(time, busy - least);
}
END_TEST

/** Nor what is declared idle, which is not busy, either. */
START_TEST(test_blocked_is_not_what_is_idle)
{
	int64_t busy;
	int64_t begun = clock_ns();
	blocked_take(&blocked, &busy);
	int64_t least = run_time();
	int64_t idle = wait_for_pipe(30 * MS);
	blocked_idle(&blocked, idle / 2);
	blocked_idle(&blocked, idle - idle / 2);
	least = run_time() - least;
	int64_t time = blocked_take(&blocked, &busy);
	int64_t passed = clock_ns() - begun;
	ck_assert_int_le(busy, passed - idle);
	ck_assert(time == 0 || time <= busy - least);
	/* Only once: what comes after is counted anew. */
	int64_t waited = wait_for_pipe(30 * MS);
	blocked_take(&blocked, &busy);
	ck_assert_int_ge(busy, waited);
}
END_TEST

/** More than has passed cannot have been idle. */
START_TEST(test_blocked_is_never_less_than_nothing)
{
	int64_t busy;
	blocked_idle(&blocked, INT64_C(1000000) * MS);
	ck_assert_int_eq(blocked_take(&blocked, &busy), 0);
	ck_assert_int_eq(busy, 0);
}
END_TEST

/** Where the kernel does not tell what waited for a processor, that counts, and the rest as ever.
 */
START_TEST(test_blocked_without_schedstat)
{
	int64_t busy;
	if (blocked.fd >= 0)
		close(blocked.fd);
	blocked.fd = -1;
	int64_t most = processor_time();
	blocked_take(&blocked, &busy);
	int64_t least = processor_time();
	int64_t waited = wait_for_pipe(30 * MS);
	least = processor_time() - least;
	int64_t time = blocked_take(&blocked, &busy);
	most = processor_time() - most;
	ck_assert_int_le(time, busy - least);
	ck_assert_int_ge(time, waited - most);
	blocked_end(&blocked);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("blocked");
	TCase *tests = tcase_create("blocked");
	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_blocked_while_a_pipe_is_read);
	tcase_add_test(tests, test_blocked_is_not_what_computes);
	tcase_add_test(tests, test_blocked_is_not_what_is_idle);
	tcase_add_test(tests, test_blocked_is_never_less_than_nothing);
	tcase_add_test(tests, test_blocked_without_schedstat);
	return suite_run(suite);
}
