#include "sys/blocked.h"

#include "forkpool/clock.h"
#include "sys/io.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/** Time on a processor until now; the one in schedstat is that of the last tick. */
static int64_t time_running(void)
{
	struct timespec time;
	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0)
		return 0;
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/** Time ready to run without a processor: schedstat's second number. */
static int64_t time_waiting(const struct blocked *blocked)
{
	char text[64];
	ssize_t size = blocked->fd < 0 ? -1 : pread(blocked->fd, text, sizeof(text) - 1, 0);
	if (size <= 0)
		return 0;
	text[size] = '\0';
	char *second;
	strtoull(text, &second, 10);
	return (int64_t)strtoull(second, NULL, 10);
}

static int64_t used(const struct blocked *blocked)
{
	return time_running() + time_waiting(blocked);
}

void blocked_begin(struct blocked *blocked)
{
	*blocked = (struct blocked){.asked = clock_ns()};
	blocked->fd = io_openat(AT_FDCWD, "/proc/thread-self/schedstat", O_RDONLY, 0);
	blocked->used = used(blocked);
}

int64_t blocked_take(struct blocked *blocked, int64_t *busy)
{
	int64_t now = clock_ns(), total = used(blocked);
	int64_t passed = now - blocked->asked - blocked->idle;
	int64_t time = passed - (total - blocked->used);
	*busy = passed > 0 ? passed : 0;
	blocked->asked = now;
	blocked->used = total;
	blocked->idle = 0;
	return time > 0 ? time : 0;
}

void blocked_end(struct blocked *blocked)
{
	if (blocked->fd >= 0)
		close(blocked->fd);
	blocked->fd = -1;
}
