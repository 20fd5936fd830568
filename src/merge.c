/*
 * Three steps, each of all parts:
 *
 *  1. The seals alone, from the ends of the files: are they all the parts of one run, each once?
 *  2. Each part, one after the other, is read to its end: is it what was sealed, in order, and does it
 *     hold names of its own shard only?
 *  3. All parts side by side: the least name is printed, again and again. They are verified once more,
 *     as they may be altered meanwhile; then what was printed has no seal.
 *
 * Nothing is printed before the third step, and nothing is kept of an entry that was printed: the
 * memory is that of a line and of the reader's buffer for each part. A heap has the least name on top.
 *
 * Measured, with 5,000,000 entries in 16 parts (1.1 GB): 3.8 times the processor time that sha512sum takes
 * for them, three fifths of it SHA-512; 8 MB of memory at the most, as with 200,000 entries.
 */
#include "merge.h"

#include "manifest/sealing.h"
#include "output.h"
#include "part.h"
#include "parts.h"
#include "run.h"
#include "ui/progress.h"
#include "ui/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct merge {
	/** The algorithm becomes that of the parts. */
	struct options options;
	struct tally *tally;
	struct output *output;
	struct parts parts;
	/** The parts that have an entry to print, as a heap: none has a name before its parent's, which
	 * is at half its place. From 1. */
	struct part **heap;
	size_t heap_count;
};

/** Whether one part's name comes before that of another one. */
static bool is_before(const struct part *one, const struct part *other)
{
	return strcmp(part_record(one)->name, part_record(other)->name) < 0;
}

/** Put a part into the heap, at a place or below it. */
static void sink(struct merge *merge, size_t place, struct part *part)
{
	struct part **heap = merge->heap;
	size_t child;
	while ((child = 2 * place) <= merge->heap_count) {
		if (child < merge->heap_count && is_before(heap[child + 1], heap[child]))
			child++;
		if (is_before(part, heap[child]))
			break;
		heap[place] = heap[child];
		place = child;
	}
	heap[place] = part;
}

/** Let as many files be open as this process may have. That fails, if it does, where they are opened. */
static void raise_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/** Open all parts and take the first entry of each. @return 0, or -1, which was reported */
static int begin(struct merge *merge)
{
	const struct parts *parts = &merge->parts;
	raise_limit();
	merge->heap = calloc(parts->count + 1, sizeof(*merge->heap));
	if (!merge->heap)
		return run_failed("cannot go on");
	for (size_t i = 0; i < parts->count; i++) {
		struct parts_member *member = &parts->members[i];
		if (parts_open(parts, member) != 0) {
			if (!member->part && errno == EMFILE)
				report_message("all %zu parts have to be open at once (ulimit -n)",
					parts->count);
			return -1;
		}
		int got = part_next(member->part, NULL);
		if (got < 0)
			return parts_failed(member->part);
		if (got > 0)
			merge->heap[++merge->heap_count] = member->part;
	}
	for (size_t place = merge->heap_count / 2; place > 0; place--)
		sink(merge, place, merge->heap[place]);
	return 0;
}

/** Print the entry of a part. @return 0, or -1 with errno */
static int print(struct merge *merge, const struct part *part)
{
	const struct record *record = part_record(part);
	size_t size;
	const char *lines = part_lines(part, &size);
	/* None of these files was read. */
	merge->tally->files++;
	merge->tally->reused++;
	merge->tally->bytes += record->annotation.size;
	merge->tally->reused_bytes += record->annotation.size;
	if (merge->options.json)
		return output_record(merge->output, record);
	return output_text(merge->output, lines, size);
}

/** Third step: print all entries in order. @return 0, or -1, which was reported */
static int join(struct merge *merge)
{
	if (begin(merge) != 0)
		return -1;
	while (merge->heap_count > 0) {
		struct part *part = merge->heap[1];
		merge->parts.reading = part_path(part);
		if (print(merge, part) != 0)
			return run_write_failed(&merge->options);
		if (parts_go_on(&merge->parts, part) != 0)
			return -1;
		int got = part_next(part, NULL);
		if (got < 0)
			return parts_failed(part);
		if (got == 0)
			part = merge->heap[merge->heap_count--];
		if (merge->heap_count > 0)
			sink(merge, 1, part);
	}
	return 0;
}

/** Say which runs have seen other names than that of the first part: they may be in no part, or in
 * two. */
static void tell_other_trees(const struct merge *merge)
{
	const struct parts_member *first = &merge->parts.members[0];
	const struct seal_shard *shard = &first->seal.shard;
	for (size_t i = 1; i < merge->parts.count; i++) {
		const struct parts_member *member = &merge->parts.members[i];
		const struct seal_shard *other = &member->seal.shard;
		if (other->listed == shard->listed && other->names == shard->names)
			continue;
		report_status(1);
		char text[128];
		if (other->listed == shard->listed)
			snprintf(text, sizeof(text),
				"its run has seen other names than that of shard %" PRIu32,
				shard->index);
		else
			snprintf(text, sizeof(text),
				"its run has seen %" PRIu64 " files, and that of shard %" PRIu32
				" %" PRIu64,
				other->listed, shard->index, shard->listed);
		if (merge->options.check_output != CHECK_STATUS)
			report_remark(member->path, text);
	}
}

/** Say which parts lack what could not be read. */
static void tell_errors(const struct merge *merge)
{
	bool told = merge->options.check_output != CHECK_STATUS;
	size_t incomplete = 0;
	for (size_t i = 0; i < merge->parts.count; i++) {
		const struct parts_member *member = &merge->parts.members[i];
		uint64_t errors = member->seal.shard.errors;
		char text[128];
		if (!errors)
			continue;
		incomplete++;
		report_status(1);
		snprintf(text, sizeof(text), "%" PRIu64 " %s could not be read when it was made",
			errors, errors == 1 ? "file or directory" : "files or directories");
		if (told)
			report_remark(member->path, text);
	}
	if (incomplete && told)
		report_message("WARNING: %zu of %zu parts lack what could not be read", incomplete,
			merge->parts.count);
}

/** Verify and merge all parts. @return 0, or -1, which was reported */
static int merge_all(struct merge *merge)
{
	progress_begin(parts_count, &merge->parts);
	int status = parts_look(&merge->parts);
	if (status == 0)
		status = parts_verify(&merge->parts);
	if (status == 0) {
		merge->options.algorithms =
			digest_set_of(sealing_algorithm(&merge->parts.members[0].seal));
		if (!merge->options.json && output_seal(merge->output) != 0)
			status = run_failed("cannot start");
	}
	if (status == 0)
		status = join(merge);
	progress_end();
	if (status != 0)
		return -1;
	tell_errors(merge);
	tell_other_trees(merge);
	return output_commit(merge->output) == 0 ? 0 : run_write_failed(&merge->options);
}

void merge(const struct options *options, struct tally *tally)
{
	struct merge merge = {.options = *options, .tally = tally};
	merge.output = output_open(&merge.options, tally);
	if (merge.output && parts_begin(&merge.parts, &merge.options, tally, merge.output) == 0 &&
		run_change_directory(options) == 0)
		merge_all(&merge);
	output_free(merge.output);
	parts_end(&merge.parts);
	free(merge.heap);
}
