/*
 * Two steps before anything is printed, each of all parts: their seals, which are at the ends of the
 * files, then all lines. Whatever is wrong is told of all of them, as far as a step comes, so that one
 * run tells which shards have to be run again.
 */
#include "parts.h"

#include "run.h"
#include "shard.h"
#include "sys/signals.h"
#include "ui/progress.h"
#include "ui/quote.h"
#include "ui/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** How many missing shards are named. */
#define MISSING_MAX 10

int parts_begin(struct parts *parts, const struct options *options, struct tally *tally,
	const struct output *output)
{
	*parts = (struct parts){.options = options, .tally = tally, .output = output};
	parts->members = calloc(options->operand_count, sizeof(*parts->members));
	if (!parts->members)
		return run_failed("cannot start");
	parts->count = options->operand_count;
	for (size_t i = 0; i < parts->count; i++)
		parts->members[i] = (struct parts_member){.path = options->operands[i], .place = i};
	return 0;
}

/** Report why a part is refused. @return -1 */
static int refuse(const struct parts_member *member, const char *reason)
{
	return run_refuse(member->path, reason);
}

int parts_failed(const struct part *part)
{
	const char *path = part_path(part);
	if (errno == EBADMSG)
		return run_refuse(path, part_reason(part));
	report_file(path, errno);
	report_failure();
	return -1;
}

/** Open a part. @return 0, or -1, which was reported */
static int open_member(const struct parts *parts, struct parts_member *member)
{
	if (strcmp(member->path, "-") == 0)
		return run_refuse(
			"standard input", "cannot be merged: parts are read twice, from files");
	member->part = part_open(member->path);
	if (!member->part) {
		int error = errno;
		if (error == ESPIPE)
			return refuse(member, "is not a regular file: parts are read twice");
		report_file(member->path, error);
		run_tell_where(parts->options, member->path, error);
		report_failure();
		errno = error;
		return -1;
	}
	struct stamp file = part_file(member->part);
	if (writer_owns_file(output_writer(parts->output), &file))
		return refuse(member, "is the output as well");
	return 0;
}

static void close_member(struct parts_member *member)
{
	part_free(member->part);
	member->part = NULL;
}

void parts_count(void *context, struct estimate_counts *counts)
{
	const struct parts *parts = context;
	counts->files = parts->files;
	counts->files_done = parts->tally->files;
	counts->bytes = parts->bytes;
	counts->bytes_done = parts->bytes_read;
	counts->part = 1;
	counts->name = parts->reading;
}

int parts_go_on(struct parts *parts, const struct part *part)
{
	size_t size;
	part_lines(part, &size);
	parts->bytes_read += size;
	if (signals_caught())
		return run_failed("cannot go on");
	run_answer();
	progress_update();
	return 0;
}

/** Read a part to its end. @return 0, or -1, which was reported */
static int read_all(struct parts *parts, struct parts_member *member, struct shard_finder *finder)
{
	int got;
	parts->reading = member->path;
	while ((got = part_next(member->part, finder)) > 0) {
		if (parts_go_on(parts, member->part) != 0)
			return -1;
	}
	return got == 0 ? 0 : parts_failed(member->part);
}

/** Report that a part is not of the run that another one is of. @return -1 */
static int refuse_beside(
	const struct parts_member *member, const struct parts_member *other, const char *how)
{
	char *quoted = quote_shell(other->path, true), *reason = NULL;
	if (!quoted || asprintf(&reason, "%s %s", how, quoted) < 0)
		reason = NULL;
	refuse(member, reason ? reason : how);
	free(reason);
	free(quoted);
	return -1;
}

/** Whether two parts are of one run. @return 0, or -1, which was reported */
static int compare_runs(const struct parts_member *member, const struct parts_member *first)
{
	const struct seal *one = &member->seal, *other = &first->seal;
	char how[128];
	if (one->shard.count != other->shard.count) {
		snprintf(how, sizeof(how),
			"is shard %" PRIu32 "/%" PRIu32 ", not one of %" PRIu32 " as",
			one->shard.index, one->shard.count, other->shard.count);
		return refuse_beside(member, first, how);
	}
	if (strcmp(one->algorithm, other->algorithm) != 0)
		return refuse_beside(member, first, "has another algorithm than");
	if (memcmp(one->shard.options, other->shard.options, sizeof(one->shard.options)) != 0)
		return refuse_beside(
			member, first, "is of another run (PATH, patterns, -x, -L or format) than");
	return 0;
}

/** Read the seal of a part. @return 0, or -1 where it is refused, which was reported */
static int take_seal(
	struct parts *parts, struct parts_member *member, const struct parts_member *first)
{
	if (open_member(parts, member) != 0)
		return -1;
	const struct seal *seal = part_seal(member->part);
	/* Reading it says what is wrong with it. */
	int status = seal ? 0 : read_all(parts, member, NULL);
	if (seal)
		member->seal = *seal;
	parts->files += member->seal.files;
	parts->bytes += 2 * part_file(member->part).size;
	if (seal && first && compare_runs(member, first) != 0) {
		member->seal.shard.count = 0;
		status = -1;
	}
	return status;
}

/** For qsort(3): by shard, those that are refused first; of one shard as they were named. */
static int compare_shards(const void *left, const void *right)
{
	const struct parts_member *one = left, *other = right;
	uint32_t x = one->seal.shard.count ? one->seal.shard.index : 0;
	uint32_t y = other->seal.shard.count ? other->seal.shard.index : 0;
	if (x != y)
		return x < y ? -1 : 1;
	return one->place < other->place ? -1 : 1;
}

/** Report shards that no part is of. @param first, last the shards @param told how many were before */
static void tell_missing(uint32_t first, uint32_t last, uint32_t count, uint64_t *told)
{
	for (uint64_t index = first; index <= last; index++, ++*told) {
		if (*told == MISSING_MAX) {
			*told += last - index + 1;
			return;
		}
		report_failed(0, "shard %" PRIu64 "/%" PRIu32 " is missing", index, count);
	}
}

/** Whether each shard is there, once. @return 0, or -1, which was reported */
static int find_gaps(struct parts *parts)
{
	uint32_t next = 1, count = 0;
	uint64_t missing = 0;
	int status = 0;
	qsort(parts->members, parts->count, sizeof(*parts->members), compare_shards);
	for (size_t i = 0; i < parts->count; i++) {
		const struct parts_member *member = &parts->members[i];
		const struct seal_shard *shard = &member->seal.shard;
		if (!shard->count)
			continue;
		count = shard->count;
		if (shard->index < next) {
			status = refuse_beside(member, member - 1, "is of the same shard as");
			continue;
		}
		tell_missing(next, shard->index - 1, count, &missing);
		next = shard->index + 1;
	}
	if (count)
		tell_missing(next, count, count, &missing);
	if (missing > MISSING_MAX)
		report_message("%" PRIu64 " shards are missing", missing);
	return missing ? -1 : status;
}

int parts_look(struct parts *parts)
{
	const struct parts_member *first = NULL;
	int status = 0;
	for (size_t i = 0; i < parts->count; i++) {
		struct parts_member *member = &parts->members[i];
		if (take_seal(parts, member, first) != 0)
			status = -1;
		else if (!first)
			first = member;
		close_member(member);
		if (signals_caught())
			return -1;
	}
	return find_gaps(parts) == 0 ? status : -1;
}

int parts_open(const struct parts *parts, struct parts_member *member)
{
	if (open_member(parts, member) != 0)
		return -1;
	const struct seal *seal = part_seal(member->part);
	if (!seal || !part_same_seal(seal, &member->seal))
		return refuse(member, "was changed meanwhile");
	return 0;
}

int parts_verify(struct parts *parts)
{
	struct shard_finder *finder = shard_finder_new();
	if (!finder)
		return run_failed("cannot start");
	int status = 0;
	for (size_t i = 0; i < parts->count && !signals_caught(); i++) {
		struct parts_member *member = &parts->members[i];
		if (parts_open(parts, member) != 0 || read_all(parts, member, finder) != 0)
			status = -1;
		close_member(member);
	}
	shard_finder_free(finder);
	return status;
}

void parts_end(struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++)
		close_member(&parts->members[i]);
	free(parts->members);
	parts->members = NULL;
	parts->count = 0;
}
