#include "bag_contents.h"

#include "run.h"

#include <stdlib.h>
#include <string.h>

bool bag_contents_is_payload(const char *name)
{
	return strncmp(name, "data", 4) == 0 && (name[4] == '/' || name[4] == '\0');
}

static enum bag_found_kind kind_of(const struct tree_entry *entry)
{
	switch (entry->type) {
	case NFTW_D:
		return BAG_FOUND_DIRECTORY;
	case NFTW_DNR:
		return BAG_FOUND_CLOSED;
	case NFTW_SL:
		return BAG_FOUND_LINK;
	case NFTW_F:
		break;
	default:
		return BAG_FOUND_UNREAD;
	}
	if (!entry->regular)
		return BAG_FOUND_SPECIAL;
	if (entry->own)
		return BAG_FOUND_OWN;
	return entry->result.state == HASHER_DONE ? BAG_FOUND_FILE : BAG_FOUND_UNREAD;
}

/** Compare the bag itself with what its list was read from. */
static void look_at_root(struct bag_contents *contents, const struct tree_entry *entry,
	const struct bag_list *list, struct bag_report *report)
{
	if (entry->type == NFTW_D) {
		if (!stamp_same_file(&entry->stamp, &list->root))
			bag_report_error(report, NULL, "was replaced meanwhile");
		return;
	}
	contents->closed = contents->uncertain = true;
	if (entry->type == NFTW_F)
		bag_report_error(report, NULL, "is not a directory any more");
	else
		run_unread(entry->path, &entry->result);
	bag_report_verdict(report, VERDICT_INVALID);
}

/** The tag file of this name that was to be read for the list, or NULL. */
static const struct bag_read *find_read(const struct bag_list *list, const char *name)
{
	for (size_t i = 0; i < list->read_count; i++) {
		if (strcmp(list->reads[i].name, name) == 0)
			return &list->reads[i];
	}
	return NULL;
}

/** Hold a file against what it was when it was read for the list, if it was. */
static void look_at_read(const char *name, const struct tree_entry *entry,
	const struct bag_read *read, struct bag_report *report)
{
	const struct stamp *now = &entry->result.stamp;
	if (read && !read->failed &&
		(!stamp_same_file(&read->stamp, now) || read->stamp.size != now->size ||
			!stamp_same_time(&read->stamp.mtime, &now->mtime)))
		bag_report_error(report, name, "changed while the bag was read");
}

/** Report and count what came of a file, or of a directory that could not be listed. */
static void tell(const char *name, enum bag_found_kind kind, const struct tree_entry *entry,
	const struct bag_list *list, struct bag_report *report, struct tally *tally)
{
	const struct hasher_result *result = &entry->result;
	const struct bag_read *read = find_read(list, name);
	if (kind == BAG_FOUND_FILE) {
		tally_result(tally, result);
		run_cached(tally, entry->path, result);
		look_at_read(name, entry, read, report);
	} else if (read && read->failed) {
		/* It was reported and counted. */
	} else if (bag_contents_is_payload(name) ||
		bag_list_has(list, name, kind == BAG_FOUND_CLOSED)) {
		tally_result(tally, result);
		run_unread(entry->path, result);
		bag_report_verdict(report, VERDICT_INVALID);
	}
}

/** Make room for one more. @return it, or NULL with errno ENOMEM */
static struct bag_found *add(struct bag_contents *contents)
{
	if (contents->count == contents->room) {
		size_t room = contents->room ? 2 * contents->room : 256;
		struct bag_found *found = reallocarray(contents->found, room, sizeof(*found));
		if (!found)
			return NULL;
		contents->found = found;
		contents->room = room;
	}
	return &contents->found[contents->count++];
}

/** Copy a name and digests. @return 0, or -1 with errno ENOMEM */
static int copy(struct bag_contents *contents, const char *name, const struct tree_entry *entry,
	const struct digest_set *algorithms, struct bag_found *found)
{
	bool directory = found->kind == BAG_FOUND_DIRECTORY || found->kind == BAG_FOUND_CLOSED;
	size_t size = strlen(name);
	size_t digests_size = found->kind == BAG_FOUND_FILE ? algorithms->size : 0;
	char *copied = arena_allocate(&contents->memory, size + 2 + digests_size);
	if (!copied)
		return -1;
	memcpy(copied, name, size);
	copied[size] = directory ? '/' : '\0';
	copied[size + 1] = '\0';
	found->name = copied;
	found->digests = NULL;
	if (digests_size)
		found->digests = memcpy(copied + size + 2, entry->result.digest, digests_size);
	return 0;
}

int bag_contents_add(struct bag_contents *contents, const struct tree_entry *entry,
	const struct bag_list *list, struct bag_report *report, struct tally *tally)
{
	if (entry->root) {
		look_at_root(contents, entry, list, report);
		return 0;
	}
	const char *name = entry->path + tree_prefix(report->path, strlen(report->path));
	enum bag_found_kind kind = kind_of(entry);
	if (kind == BAG_FOUND_FILE || kind == BAG_FOUND_UNREAD || kind == BAG_FOUND_CLOSED)
		tell(name, kind, entry, list, report, tally);
	if (entry->type == NFTW_F && entry->regular && bag_contents_is_payload(name)) {
		contents->files++;
		contents->bytes += entry->result.size;
	}
	contents->uncertain |= bag_contents_is_payload(name) && kind != BAG_FOUND_FILE &&
		kind != BAG_FOUND_DIRECTORY;
	struct bag_found *found = add(contents);
	if (!found)
		return -1;
	found->kind = kind;
	return copy(contents, name, entry, &list->algorithms, found);
}

/** For qsort(3); what is closed comes before the directory that it is. */
static int compare(const void *one, const void *other)
{
	const struct bag_found *a = one, *b = other;
	int order = strcmp(a->name, b->name);
	return order ? order : (b->kind > a->kind) - (b->kind < a->kind);
}

void bag_contents_end(struct bag_contents *contents)
{
	size_t kept = 0;
	if (contents->count > 0)
		qsort(contents->found, contents->count, sizeof(*contents->found), compare);
	for (size_t i = 0; i < contents->count; i++) {
		if (kept && strcmp(contents->found[kept - 1].name, contents->found[i].name) == 0)
			continue;
		contents->found[kept++] = contents->found[i];
	}
	contents->count = kept;
}

/** For bsearch(3). */
static int compare_name(const void *name, const void *found)
{
	return strcmp(name, ((const struct bag_found *)found)->name);
}

const struct bag_found *bag_contents_find(const struct bag_contents *contents, const char *name)
{
	if (contents->count == 0)
		return NULL;
	return bsearch(
		name, contents->found, contents->count, sizeof(*contents->found), compare_name);
}

void bag_contents_free(struct bag_contents *contents)
{
	free(contents->found);
	arena_free(&contents->memory);
}
