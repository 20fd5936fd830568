/*
 * A pool inside an epoll loop, beside a timer: what is not done at a deadline is cancelled.
 *
 * Usage: deadline MILLISECONDS TASK...   each task sleeps for so many milliseconds
 */
#include <forkpool.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int failed(const char *call)
{
	perror(call);
	return 1;
}

static struct timespec milliseconds(const char *text)
{
	long number = strtol(text, NULL, 10);

	return (struct timespec){.tv_sec = number / 1000, .tv_nsec = number % 1000 * 1000000};
}

static int take_a_nap(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	struct timespec left = milliseconds(task->data);

	(void)context;
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
	return fp_worker_reply(worker, task->id, NULL, 0);
}

/** Wait for the descriptors until the result is ready. @return 0, or -1 */
static int loop(int epoll, int timer, struct fp_pool *pool, struct fp_result *result)
{
	struct epoll_event event;

	while (!fp_result_ready(result)) {
		if (epoll_wait(epoll, &event, 1, -1) < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (event.data.fd != timer) {
			if (fp_pump(pool, 0) < 0)
				return -1;
			continue;
		}
		fp_result_cancel(result);
	}
	return 0;
}

/** Watch both. @return an epoll descriptor, or -1 */
static int watch(int timer, int pool)
{
	struct epoll_event of_timer = {.events = EPOLLIN, .data.fd = timer};
	struct epoll_event of_pool = {.events = EPOLLIN, .data.fd = pool};
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &of_timer) < 0 ||
		epoll_ctl(epoll, EPOLL_CTL_ADD, pool, &of_pool) < 0)
		return -1;
	return epoll;
}

int main(int argc, char **argv)
{
	struct fp_options options = {.function = take_a_nap, .processes = 2};
	struct itimerspec deadline = {.it_value = milliseconds(argc > 1 ? argv[1] : "1000")};
	size_t count = argc > 2 ? (size_t)argc - 2 : 0;
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), epoll;
	struct fp_pool *pool = fp_open(&options);
	struct fp_result *result;
	struct fp_outcome outcome;
	struct fp_item *items;
	char text[256];

	if (timer < 0 || !pool)
		return failed("deadline");
	items = calloc(count + 1, sizeof(*items));
	if (!items)
		return failed("calloc");
	for (size_t i = 0; i < count; i++)
		items[i] = (struct fp_item){.data = argv[i + 2], .size = strlen(argv[i + 2]) + 1};
	epoll = watch(timer, fp_fd(pool));
	if (epoll < 0 || timerfd_settime(timer, 0, &deadline, NULL) < 0)
		exit(failed("timer"));
	result = fp_map_async(pool, items, count, 1, NULL);
	/* The pool has copies. */
	free(items);
	if (!result)
		return failed("fp_map_async");
	if (loop(epoll, timer, pool, result) < 0)
		return failed("loop");
	for (size_t i = 0; i < count; i++) {
		fp_result_at(result, i, &outcome);
		fp_outcome_describe(&outcome, text, sizeof(text));
		printf("%s: %s\n", argv[i + 2], text);
	}
	fp_result_free(result);
	fp_free(pool);
	close(epoll);
	close(timer);
	return 0;
}
