/*
 * What became of a task, in words.
 */
#include "forkpool/forkpool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/** How a worker died. */
static int describe_death(const struct fp_outcome *outcome, char *text, size_t size)
{
	if (outcome->signal > 0)
		return snprintf(text, size, "its worker was killed by signal %d (%s)",
			outcome->signal, strsignal(outcome->signal));
	if (outcome->exit_code >= 0)
		return snprintf(text, size, "its worker exited with status %d", outcome->exit_code);
	return snprintf(text, size, "its worker ended");
}

/** Why a task was cancelled. */
static int describe_end(const struct fp_outcome *outcome, char *text, size_t size)
{
	if (outcome->error == ECANCELED)
		return snprintf(text, size, "cancelled");
	if (outcome->error == ECHILD)
		return snprintf(text, size, "cancelled, as workers died again and again");
	return snprintf(
		text, size, "cancelled, as the pool cannot go on: %s", strerror(outcome->error));
}

static int describe(const struct fp_outcome *outcome, char *text, size_t size)
{
	const char *error = strerror(outcome->error);

	switch (outcome->status) {
	case FP_OK:
		return snprintf(text, size, "succeeded");
	case FP_FAILED:
		return *outcome->message
			? snprintf(text, size, "failed: %s (%s)", outcome->message, error)
			: snprintf(text, size, "failed: %s", error);
	case FP_DIED:
		return describe_death(outcome, text, size);
	case FP_TIMED_OUT:
		return snprintf(text, size, "timed out");
	case FP_CANCELLED:
		return describe_end(outcome, text, size);
	}
	return snprintf(text, size, "unknown");
}

size_t fp_outcome_describe(const struct fp_outcome *outcome, char *text, size_t size)
{
	int length = describe(outcome, text, size);

	return length < 0 ? 0 : (size_t)length;
}
