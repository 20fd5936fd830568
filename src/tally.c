#include "tally.h"

#include <errno.h>
#include <stdlib.h>

void tally_start(struct tally *tally)
{
	*tally = (struct tally){0};
	clock_gettime(CLOCK_MONOTONIC, &tally->start);
}

static enum tally_error error_of_errno(int error)
{
	if (error == ENOENT)
		return TALLY_MISSING;
	return error == EACCES || error == EPERM ? TALLY_DENIED : TALLY_UNREADABLE;
}

static enum tally_error error_of(const struct hasher_result *result)
{
	switch (result->state) {
	case HASHER_CHANGED:
		return TALLY_CHANGED;
	case HASHER_DIED:
		return TALLY_DIED;
	case HASHER_TIMED_OUT:
		return TALLY_TIMED_OUT;
	case HASHER_FAILED:
		return error_of_errno(result->error);
	default:
		return TALLY_UNREADABLE;
	}
}

void tally_result(struct tally *tally, const struct hasher_result *result)
{
	if (result->state == HASHER_DONE) {
		tally->files++;
		tally->bytes += result->size;
	} else {
		tally->errors[error_of(result)]++;
	}
}

void tally_failed(struct tally *tally, int error)
{
	tally->errors[error_of_errno(error)]++;
}

bool tally_cached(struct tally *tally, uint64_t device)
{
	for (size_t i = 0; i < tally->cached_count; i++) {
		if (tally->cached[i] == device)
			return false;
	}
	uint64_t *cached = reallocarray(tally->cached, tally->cached_count + 1, sizeof(*cached));
	if (cached) {
		tally->cached = cached;
		tally->cached[tally->cached_count++] = device;
	}
	return true;
}

void tally_free(struct tally *tally)
{
	free(tally->cached);
	tally->cached = NULL;
	tally->cached_count = 0;
}

struct timespec tally_elapsed(const struct tally *tally)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	now.tv_sec -= tally->start.tv_sec;
	now.tv_nsec -= tally->start.tv_nsec;
	if (now.tv_nsec < 0) {
		now.tv_sec--;
		now.tv_nsec += 1000000000;
	}
	return now;
}

const char *tally_error_name(enum tally_error error)
{
	static const char *const names[] = {
		[TALLY_MISSING] = "missing",
		[TALLY_DENIED] = "denied",
		[TALLY_UNREADABLE] = "unreadable",
		[TALLY_CHANGED] = "changed",
		[TALLY_DIED] = "died",
		[TALLY_TIMED_OUT] = "timed_out",
	};
	return names[error];
}

const char *tally_skip_name(enum tally_skip skip)
{
	static const char *const names[] = {
		[TALLY_LINK] = "links",
		[TALLY_SPECIAL] = "special",
		[TALLY_MOUNT] = "mounts",
		[TALLY_EXCLUDED] = "excluded",
		[TALLY_OWN] = "own",
		[TALLY_IGNORED] = "ignored",
		[TALLY_OUTSIDE] = "outside",
		[TALLY_SHARD] = "other_shards",
	};
	return names[skip];
}

uint64_t tally_files(const struct tally *tally)
{
	return tally->files + tally->not_reached;
}

uint64_t tally_read(const struct tally *tally)
{
	uint64_t known = tally->reused_bytes + tally->resumed_bytes;
	/* Of a run that broke off only what need not be read was counted. */
	return tally->bytes > known ? tally->bytes - known : 0;
}

/** Add up. */
static uint64_t sum(const uint64_t *counts, size_t count)
{
	uint64_t total = 0;
	for (size_t i = 0; i < count; i++)
		total += counts[i];
	return total;
}

uint64_t tally_errors(const struct tally *tally)
{
	return sum(tally->errors, TALLY_ERRORS);
}

uint64_t tally_skipped(const struct tally *tally)
{
	return sum(tally->skipped, TALLY_SKIPS);
}
