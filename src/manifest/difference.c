/*
 * Both sides are sorted, so that one pass finds the names that are on both, and those on one only.
 * Then contents are followed from name to name. Names that have contents which they had not (new
 * ones, altered ones) are targets. By digest each finds its sources, names that had these contents:
 *
 *     the source ...                       the target is ...
 *     is missing                           MOVED; the source has no line of its own
 *     is a target that has a source        MOVED: it had to make room
 *     is altered otherwise                 COPIED
 *     still is what it was                 COPIED, where the target is a new name
 *
 * A source is taken by one target only, in the order of the names; but of one that still is what it
 * was any number of copies may be made. (Files that were written within one tick of the clock have
 * the same mtime, and often the same size: having changed places they look corrupt. What is known
 * to be elsewhere is not.)
 *
 * A name that had contents before is MOVED only if these, too, were taken by a name: in a swap, in
 * a chain a → b → c. Where `mv a b` has overwritten b, b has CHANGED and a is MISSING, for a line
 * "b: MOVED from a" would hide that what b had is lost. So when all targets have their sources,
 * those that were taken wrongly are given back; that may take the right from another one, and so
 * on.
 */
#include "manifest/difference.h"

#include "sys/stamp.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

/** A queue of names, linked by `next`. */
struct queue {
	struct difference *first;
	struct difference *last;
};

/** All that has to do with one digest. */
struct group {
	/** NULL: a free slot. */
	const unsigned char *digest;
	/** Names that have gone with these contents, that now hold others, that hold them still. */
	struct queue missing;
	struct queue altered;
	struct queue standing;
};

struct search {
	const struct difference_search *in;
	struct differences *found;
	size_t digest_size;
	unsigned char empty[DIGEST_MAX_SIZE];
	/** By the first bytes of the digest; room is a power of two, more than twice the targets.
	 */
	struct group *groups;
	size_t room;
};

static void push(struct queue *queue, struct difference *difference)
{
	difference->next = NULL;
	if (queue->first)
		queue->last->next = difference;
	else
		queue->first = difference;
	queue->last = difference;
}

static struct difference *pop(struct queue *queue)
{
	struct difference *difference = queue->first;
	if (difference)
		queue->first = difference->next;
	return difference;
}

/**
 * Whether one time is the other as file systems keep it whose times are coarser: in units of 100 ns
 * (NTFS), 1 us, 1 ms, 10 ms (exFAT), 1 s (ext3), 2 s (FAT).
 */
static bool is_cut(const struct timespec *cut, const struct timespec *time)
{
	static const long units[] = {100, 1000, 1000000, 10000000, 1000000000};
	bool even = cut->tv_nsec == 0 && cut->tv_sec % 2 == 0;
	if (cut->tv_sec != time->tv_sec)
		return even && cut->tv_sec == time->tv_sec - 1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (cut->tv_nsec == time->tv_nsec - time->tv_nsec % units[i])
			return true;
	}
	return false;
}

/** Whether mtime is as it was, as far as that is kept. */
static bool is_same_mtime(const struct annotation *old, const struct annotation *new)
{
	return stamp_same_time(&old->mtime, &new->mtime) || is_cut(&old->mtime, &new->mtime) ||
		is_cut(&new->mtime, &old->mtime);
}

/** Whether the contents may be others although mtime is the same, and nothing is wrong. */
static bool proves_nothing(const struct annotation *old, const struct annotation *new)
{
	bool constant = old->mtime.tv_sec == 0 || old->mtime.tv_sec == 1;
	bool same_ctime = old->settled && stamp_same_time(&old->ctime, &new->ctime);
	return old->young || (constant && !same_ctime);
}

/** Say what a name is whose contents are not what they were. */
static void judge_altered(const struct search *search, struct difference *difference)
{
	const struct annotation *old = &difference->old->annotation;
	const struct annotation *new = &difference->new->annotation;
	bool same =
		difference->old->annotated && difference->new->annotated &&is_same_mtime(old, new);
	difference->word = DIFFERENCE_CHANGED;
	if (search->in->alike) {
		difference->remark = same ? DIFFERENCE_SAME_MTIME : DIFFERENCE_NO_REMARK;
		return;
	}
	/* What was found to be corrupt stays so, whatever its times have become. */
	bool suspect = difference->old->annotated && old->suspect;
	if (!suspect && (!same || proves_nothing(old, new)))
		return;
	difference->word = DIFFERENCE_CORRUPT;
	if (old->settled && stamp_same_time(&old->mtime, &new->mtime) &&
		!stamp_same_time(&old->ctime, &new->ctime))
		difference->remark = DIFFERENCE_CTIME_DIFFERS;
}

/** Whether a file that was not read has CHANGED, by its size and mtime. */
static bool is_resized(const struct difference *difference)
{
	const struct record *old = difference->old, *new = difference->new;
	if (!old || !old->annotated || !new || !new->annotated)
		return false;
	const struct annotation *before = &old->annotation, *now = &new->annotation;
	return before->size != now->size &&
		(!is_same_mtime(before, now) || proves_nothing(before, now));
}

/** Why a record of the other side is not on this one. */
static enum difference_word explain(const struct difference_side *side, const struct record *other)
{
	return side->absent ? side->absent(side->context, other) : DIFFERENCE_MISSING;
}

/** Say what a name is, as far as it alone tells. */
static void judge(const struct search *search, struct difference *difference)
{
	const struct difference_search *in = search->in;
	const struct record *old = difference->old, *new = difference->new;
	if (old && !old->digest)
		difference->word = DIFFERENCE_UNREADABLE;
	else if (!new)
		difference->word = explain(&in->new, old);
	else if (!new->digest)
		difference->word = new->annotated ? DIFFERENCE_UNREAD : DIFFERENCE_UNREADABLE;
	else if (!old && explain(&in->old, new) == DIFFERENCE_MISSING)
		difference->word = DIFFERENCE_NEW;
	else if (!old)
		difference->word = DIFFERENCE_UNREADABLE;
	else if (memcmp(old->digest, new->digest, search->digest_size) == 0)
		difference->word = DIFFERENCE_SAME;
	else
		judge_altered(search, difference);
	difference->altered = difference->word == DIFFERENCE_UNREAD && is_resized(difference);
}

/** Put both sides together. */
static void merge(struct search *search)
{
	const struct record *old = search->in->old.records, *old_end = old + search->in->old.count;
	const struct record *new = search->in->new.records, *new_end = new + search->in->new.count;
	struct difference *next = search->found->list;
	while (old < old_end || new < new_end) {
		int order = old == old_end ? 1
			: new == new_end
			? -1
			: catalog_compare(old->key, old->key_size, new->key, new->key_size);
		*next = (struct difference){
			.old = order <= 0 ? old : NULL,
			.new = order >= 0 ? new : NULL,
		};
		judge(search, next++);
		old += order <= 0;
		new += order >= 0;
	}
	search->found->count = (size_t)(next - search->found->list);
}

/** Whether a name has other contents than it had. */
static bool is_altered(const struct difference *difference)
{
	return difference->word == DIFFERENCE_CHANGED || difference->word == DIFFERENCE_CORRUPT;
}

/** Whether a name has contents that it had not. */
static bool is_target(const struct search *search, const struct difference *difference)
{
	return (difference->word == DIFFERENCE_NEW || is_altered(difference)) &&
		difference->new &&memcmp(
			difference->new->digest, search->empty, search->digest_size) != 0;
}

/** @return the digest's slot, or the free one where it belongs */
static struct group *find_group(const struct search *search, const unsigned char *digest)
{
	uint64_t start;
	memcpy(&start, digest, sizeof(start));
	size_t place = (size_t)start & (search->room - 1);
	while (search->groups[place].digest &&
		memcmp(search->groups[place].digest, digest, search->digest_size) != 0)
		place = (place + 1) & (search->room - 1);
	return &search->groups[place];
}

/** Make a group for each digest that a target has. @return how many targets, or -1 with errno */
static ssize_t group_targets(struct search *search)
{
	size_t targets = 0;
	for (size_t i = 0; i < search->found->count; i++)
		targets += is_target(search, &search->found->list[i]);
	if (targets == 0)
		return 0;
	search->room = 16;
	while (search->room < 2 * targets)
		search->room *= 2;
	search->groups = calloc(search->room, sizeof(*search->groups));
	if (!search->groups)
		return -1;
	for (size_t i = 0; i < search->found->count; i++) {
		const struct difference *target = &search->found->list[i];
		if (is_target(search, target))
			find_group(search, target->new->digest)->digest = target->new->digest;
	}
	return (ssize_t)targets;
}

/** Put each name that had the contents of a target into that group. */
static void group_sources(struct search *search)
{
	for (size_t i = 0; i < search->found->count; i++) {
		struct difference *source = &search->found->list[i];
		bool known = source->old && source->word != DIFFERENCE_UNREADABLE &&
			source->word != DIFFERENCE_UNREAD && source->word != DIFFERENCE_OUTSIDE;
		struct group *group = known ? find_group(search, source->old->digest) : NULL;
		if (!group || !group->digest)
			continue;
		if (source->word == DIFFERENCE_MISSING)
			push(&group->missing, source);
		else if (is_altered(source))
			push(&group->altered, source);
		else
			push(&group->standing, source);
	}
}

/** Of those that still are what they were, take one that was not, as long as there is such a one.
 */
static struct difference *take_standing(struct group *group)
{
	struct difference *source = group->standing.first;
	if (source && source->next)
		pop(&group->standing);
	return source;
}

/** Give a target its source, where there is one. */
static void take_source(struct search *search, struct difference *target)
{
	struct group *group = find_group(search, target->new->digest);
	struct difference *source = pop(&group->missing);
	if (!source)
		source = pop(&group->altered);
	if (!source && target->word == DIFFERENCE_NEW)
		source = take_standing(group);
	if (!source)
		return;
	source->used = true;
	target->from = source;
}

/** All targets take their sources, the new names or the altered ones. */
static void take_sources(struct search *search, bool altered)
{
	for (size_t i = 0; i < search->found->count; i++) {
		struct difference *target = &search->found->list[i];
		if (is_altered(target) == altered && is_target(search, target))
			take_source(search, target);
	}
}

/** A name whose old contents no name has taken gives its source back, and so on along the chain. */
static void give_back(struct search *search, struct difference *target)
{
	while (is_altered(target) && target->from && !target->used) {
		struct difference *source =
			&search->found->list[target->from - search->found->list];
		target->from = NULL;
		source->used = false;
		target = source;
	}
}

/** Whether a source has made room for its target: it is missing, or has a source itself. */
static bool has_gone(const struct difference *source)
{
	return source->word == DIFFERENCE_MISSING || source->from;
}

/** Say what each target is that has a source. */
static void name_targets(struct search *search)
{
	struct difference *list = search->found->list;
	for (size_t i = 0; i < search->found->count; i++) {
		if (!list[i].from)
			continue;
		list[i].word = has_gone(list[i].from) ? DIFFERENCE_MOVED : DIFFERENCE_COPIED;
		list[i].remark = DIFFERENCE_NO_REMARK;
	}
	for (size_t i = 0; i < search->found->count; i++) {
		if (list[i].word == DIFFERENCE_MISSING && list[i].used)
			list[i].word = DIFFERENCE_LEFT;
	}
}

/** Follow contents from name to name. @return 0, or -1 with errno */
static int follow(struct search *search)
{
	ssize_t targets = group_targets(search);
	if (targets <= 0)
		return (int)targets;
	group_sources(search);
	/* New names first: what an altered name takes may have to be given back. */
	take_sources(search, false);
	take_sources(search, true);
	for (size_t i = 0; i < search->found->count; i++)
		give_back(search, &search->found->list[i]);
	name_targets(search);
	return 0;
}

/** The digest of nothing. @return 0, or -1 with errno */
static int hash_nothing(const struct digest_algorithm *algorithm, unsigned char *result)
{
	struct digest *digest = digest_new(algorithm);
	int status = digest && digest_start(digest) == 0 ? digest_finish(digest, result) : -1;
	int error = errno;
	digest_free(digest);
	errno = error;
	return status;
}

int differences_find(const struct difference_search *in, struct differences *differences)
{
	struct search search = {
		.in = in,
		.found = differences,
		.digest_size = in->algorithm->size,
	};
	*differences = (struct differences){0};
	size_t most = in->old.count + in->new.count;
	if (most == 0)
		return 0;
	differences->list = reallocarray(NULL, most, sizeof(*differences->list));
	if (!differences->list || hash_nothing(in->algorithm, search.empty) != 0)
		goto fail;
	merge(&search);
	if (follow(&search) != 0)
		goto fail;
	free(search.groups);
	return 0;

fail:;
	int error = errno;
	free(search.groups);
	differences_free(differences);
	errno = error;
	return -1;
}

void differences_free(struct differences *differences)
{
	free(differences->list);
	*differences = (struct differences){0};
}
