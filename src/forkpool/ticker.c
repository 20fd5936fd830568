/*
 * The timer, a timerfd.
 */
#include "forkpool/ticker.h"

#include "forkpool/channel.h"

#include <stdint.h>
#include <sys/timerfd.h>
#include <unistd.h>

int ticker_open(struct ticker *ticker, unsigned longest)
{
	ticker->runs = false;
	ticker->tick = ticker->longest = longest;
	ticker->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return ticker->fd < 0 ? -1 : channel_lift(&ticker->fd);
}

void ticker_close(struct ticker *ticker)
{
	if (ticker->fd >= 0)
		close(ticker->fd);
	ticker->fd = -1;
}

static void set_timer(struct ticker *ticker, unsigned interval)
{
	struct timespec time = {
		.tv_sec = interval / 1000,
		.tv_nsec = (long)(interval % 1000) * 1000000,
	};
	struct itimerspec timer = {.it_interval = time, .it_value = time};

	timerfd_settime(ticker->fd, 0, &timer, NULL);
	ticker->runs = interval > 0;
}

void ticker_start(struct ticker *ticker)
{
	if (!ticker->runs)
		set_timer(ticker, ticker->tick);
}

void ticker_stop(struct ticker *ticker)
{
	set_timer(ticker, 0);
	ticker->tick = ticker->longest;
}

void ticker_start_within(struct ticker *ticker, unsigned milliseconds)
{
	if (milliseconds < ticker->tick) {
		ticker->tick = milliseconds > 0 ? milliseconds : 1;
		ticker->runs = false;
	}
	ticker_start(ticker);
}

void ticker_set(struct ticker *ticker, unsigned milliseconds)
{
	if (milliseconds > ticker->longest)
		milliseconds = ticker->longest;
	if (milliseconds == ticker->tick)
		return;
	ticker->tick = milliseconds;
	set_timer(ticker, milliseconds);
}

bool ticker_read(const struct ticker *ticker)
{
	uint64_t ticks;

	return read(ticker->fd, &ticks, sizeof(ticks)) > 0;
}
