/*
 * A dry run reads no file, and so does not know what was moved. It counts a line as lost only if
 * that is certain: the file is missing, or its size and mtime show that it has changed, and no file
 * that is new or altered has the size that it had, so that none can have its contents. A file that
 * cannot be read may still change the answer of the run itself.
 *
 * A manifest without annotations says nothing of its algorithm but the length of its digests: with
 * SHA3-512 digests in it, every file seems to have changed. If no file has the digest of its line,
 * or of any other one, and there are at least LISTED_MIN, another algorithm is more likely than that
 * all of them were edited.
 */
#include "doubt.h"

#include "run.h"
#include "sys/stamp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/** If there are fewer files, all of them may have been edited. */
#define LISTED_MIN 3

struct doubt {
	const struct catalog *old;
	struct coverage *coverage;
	const struct renewal *renewal;
	/** With --dry-run: sizes of the files whose contents may have changed; sorted. */
	uint64_t *sizes;
	size_t count;
};

/** Whether the manifest lists something, but nothing below any PATH. */
static bool is_elsewhere(const struct doubt *doubt)
{
	for (size_t i = 0; i < doubt->old->count; i++) {
		if (coverage_is_below(doubt->coverage, &doubt->old->records[i]))
			return false;
	}
	return doubt->old->count > 0;
}

/** Whether all new names were accepted. */
static bool accepts_new(const struct doubt *doubt)
{
	const struct accept *accept = &doubt->renewal->options->accept;
	const struct differences *differences = doubt->renewal->differences;
	for (size_t i = 0; i < differences->count; i++) {
		const struct difference *difference = &differences->list[i];
		if (!difference->old && !accept_name(accept, ACCEPT_NEW, difference->new->key))
			return false;
	}
	return accept_given(accept, ACCEPT_NEW);
}

/** For qsort(3) and bsearch(3). */
static int compare_sizes(const void *one, const void *other)
{
	const uint64_t *a = one, *b = other;
	return (*a > *b) - (*a < *b);
}

/** Whether the contents of a file that would be read may have changed, or be new. */
static bool may_be_moved(const struct difference *difference)
{
	const struct record *old = difference->old, *new = difference->new;
	return difference->word == DIFFERENCE_UNREAD && new->annotation.size > 0 &&
		!(old && old->annotated &&
			old->annotation.size ==
				new->annotation.size &&stamp_same_time(
					&old->annotation.mtime, &new->annotation.mtime));
}

/** With --dry-run: collect the sizes of such files. @return 0, or -1 with errno */
static int collect_sizes(struct doubt *doubt)
{
	const struct differences *differences = doubt->renewal->differences;
	if (!doubt->renewal->options->dry_run)
		return 0;
	doubt->sizes = reallocarray(NULL, differences->count + 1, sizeof(*doubt->sizes));
	if (!doubt->sizes)
		return -1;
	for (size_t i = 0; i < differences->count; i++) {
		const struct difference *difference = &differences->list[i];
		if (may_be_moved(difference))
			doubt->sizes[doubt->count++] = difference->new->annotation.size;
	}
	qsort(doubt->sizes, doubt->count, sizeof(*doubt->sizes), compare_sizes);
	return 0;
}

/** With --dry-run: whether a file that would be read may have the contents of a line. */
static bool may_be_found(const struct doubt *doubt, const struct record *old)
{
	if (doubt->count == 0)
		return false;
	return !old->annotated ||
		bsearch(&old->annotation.size, doubt->sizes, doubt->count, sizeof(*doubt->sizes),
			compare_sizes);
}

/** Whether a line is dropped without --accept. */
static bool is_dropped(const struct doubt *doubt, const struct difference *difference)
{
	return renewal_drops(doubt->renewal, difference) && !may_be_found(doubt, difference->old);
}

/** Whether a line gets a new digest without --accept. */
static bool is_changed(const struct doubt *doubt, const struct difference *difference)
{
	const struct options *options = doubt->renewal->options;
	if (difference->word != DIFFERENCE_UNREAD)
		return renewal_changes(doubt->renewal, difference);
	/* What time did not allow to read keeps its line. */
	return options->dry_run && difference->altered && !options->append_only &&
		!accept_name(&options->accept, ACCEPT_CHANGED, difference->old->key) &&
		!may_be_found(doubt, difference->old);
}

/** Count the lines that are dropped or changed below each PATH. @return whether there are any */
static bool count_losses(const struct doubt *doubt)
{
	const struct differences *differences = doubt->renewal->differences;
	bool any = false;
	for (size_t i = 0; i < differences->count && !any; i++) {
		const struct difference *difference = &differences->list[i];
		any = is_dropped(doubt, difference) || is_changed(doubt, difference);
	}
	for (size_t i = 0; i < differences->count && any; i++) {
		const struct difference *difference = &differences->list[i];
		if (difference->old)
			coverage_count(doubt->coverage, difference->old,
				is_dropped(doubt, difference), is_changed(doubt, difference));
	}
	return any;
}

/** Report that most of the lines below a PATH would be lost. @return -1 */
static int refuse_losses(const struct coverage_losses *losses)
{
	char reason[256];
	if (!losses->changed)
		snprintf(reason, sizeof(reason),
			"of %" PRIu64 " lines, %" PRIu64
			" would be dropped: is this the tree, and all of it mounted?"
			" (--accept=missing)",
			losses->lines, losses->dropped);
	else if (!losses->dropped)
		snprintf(reason, sizeof(reason),
			"of %" PRIu64 " lines, %" PRIu64
			" would get new digests: is this the tree? (--accept=changed)",
			losses->lines, losses->changed);
	else
		snprintf(reason, sizeof(reason),
			"of %" PRIu64 " lines, %" PRIu64 " would be dropped and %" PRIu64
			" get new digests: is this the tree, and all of it mounted?"
			" (--accept=missing,changed)",
			losses->lines, losses->dropped, losses->changed);
	return run_refuse(losses->path, reason);
}

/** How many lines would get a new digest, if nothing shows that these are of the algorithm; or 0. */
static uint64_t count_unproven(const struct doubt *doubt)
{
	const struct differences *differences = doubt->renewal->differences;
	uint64_t changed = 0;
	bool unaccepted = false;
	for (size_t i = 0; i < differences->count; i++) {
		const struct difference *difference = &differences->list[i];
		const struct record *old = difference->old, *new = difference->new;
		if (difference->from || (old && old->annotated))
			return 0;
		if (!old || !new || !new->digest)
			continue;
		if (difference->word != DIFFERENCE_CHANGED)
			return 0;
		changed++;
		unaccepted |= renewal_changes(doubt->renewal, difference);
	}
	return unaccepted ? changed : 0;
}

/** Report that the digests may be of another algorithm. @return -1 */
static int refuse_algorithm(const struct doubt *doubt, uint64_t changed)
{
	char reason[256];
	snprintf(reason, sizeof(reason),
		"none of %" PRIu64 " files has the %s digest of its line: is it of another"
		" algorithm? (-a, --accept=changed)",
		changed, doubt->renewal->options->algorithms.list[0]->name);
	return run_refuse(doubt->renewal->options->manifest, reason);
}

int doubt_update(
	const struct catalog *old, struct coverage *coverage, const struct renewal *renewal)
{
	struct doubt doubt = {.old = old, .coverage = coverage, .renewal = renewal};
	struct coverage_losses losses;
	if (is_elsewhere(&doubt) && !accepts_new(&doubt))
		return run_refuse(renewal->options->manifest,
			"lists nothing below any PATH: was the tree moved? (-C, --accept=new)");
	uint64_t unproven = count_unproven(&doubt);
	if (unproven >= LISTED_MIN)
		return refuse_algorithm(&doubt, unproven);
	if (collect_sizes(&doubt) != 0)
		return run_failed("cannot compare");
	bool refused = count_losses(&doubt) && coverage_loses(coverage, &losses);
	free(doubt.sizes);
	return refused ? refuse_losses(&losses) : 0;
}
