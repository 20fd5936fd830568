/*
 * Names are compared as bytes. What is listed and what was found are both sorted, and gone through side by
 * side. A name that is listed and was not found is missing, unless it could not be seen: below a link, or
 * below a directory that could not be listed.
 *
 * The differences are kept to the end, as names that differ only in Unicode normalisation come in pairs.
 */
#include "bag_compare.h"

#include "manifest/normal_form.h"
#include "run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** What is said of a name. */
struct told {
	enum verdict verdict;
	const char *name;
	/** Or NULL. */
	const char *remark;
};

struct comparison {
	const struct bag_list *list;
	const struct bag_contents *contents;
	struct bag_report *report;
	/** Where in the digests of a file those of each manifest are. */
	size_t offsets[BAG_LIST_MANIFESTS];
	/** The payload manifests that were read, a bit each. */
	uint64_t payload;
	/** One could not be read: nobody knows what it lists. */
	bool unread;
	/** The differences. */
	struct told *told;
	size_t count;
	size_t room;
	/** How many names below data/ are missing or are not listed at all. */
	uint64_t uneven;
	/** Remarks. */
	struct arena remarks;
};

/** The entries of one name. */
struct group {
	const struct bag_entry *first;
	const struct bag_entry *end;
	/** The manifests that list it, a bit each; none where only fetch.txt does. */
	uint64_t manifests;
	/** fetch.txt lists it. */
	bool fetch;
};

static bool is_below_data(const char *name)
{
	return strncmp(name, "data/", 5) == 0;
}

/** Keep a difference. @return 0, or -1 with errno ENOMEM */
static int keep(
	struct comparison *comparison, enum verdict verdict, const char *name, const char *remark)
{
	if (comparison->count == comparison->room) {
		size_t room = comparison->room ? 2 * comparison->room : 64;
		struct told *told = reallocarray(comparison->told, room, sizeof(*told));
		if (!told)
			return -1;
		comparison->told = told;
		comparison->room = room;
	}
	comparison->told[comparison->count++] =
		(struct told){.verdict = verdict, .name = name, .remark = remark};
	return 0;
}

/** Take the entries of one name off the list. */
static struct group next_group(const struct comparison *comparison, const struct bag_entry *first)
{
	const struct bag_list *list = comparison->list;
	struct group group = {.first = first, .end = first};
	const struct bag_entry *end = list->entries + list->count;
	while (group.end < end && strcmp(group.end->name, first->name) == 0) {
		bool fetch = list->manifests[group.end->manifest].kind == BAG_LINE_FETCH;
		group.manifests |= fetch ? 0 : UINT64_C(1) << group.end->manifest;
		group.fetch |= fetch;
		group.end++;
	}
	return group;
}

/** Why a name that was not found could not be seen. @return NULL: it is missing */
static const char *why_unseen(const struct comparison *comparison, const char *name)
{
	const struct bag_contents *contents = comparison->contents;
	const char *reason = contents->closed ? "the bag could not be listed" : NULL;
	size_t size = strlen(name);
	char *path = malloc(size + 2);
	if (!path)
		return "no memory to look for it";
	memcpy(path, name, size);
	path[size] = '/';
	path[size + 1] = '\0';
	for (char *end = path; !reason && (end = strchr(end, '/')); end++) {
		/* "a/" is a directory, and "a" is none. */
		char next = end[1];
		end[1] = '\0';
		const struct bag_found *directory = bag_contents_find(contents, path);
		end[0] = '\0';
		const struct bag_found *other = bag_contents_find(contents, path);
		end[0] = '/';
		end[1] = next;
		if (directory && !next)
			reason = "is a directory";
		else if (directory && directory->kind == BAG_FOUND_CLOSED)
			reason = "its directory could not be listed";
		else if (other && other->kind == BAG_FOUND_LINK)
			reason = "below a symbolic link";
	}
	free(path);
	return reason;
}

/** A name is listed and was not found. @return 0, or -1 with errno ENOMEM */
static int take_absent(struct comparison *comparison, const char *name, bool fetch)
{
	const char *unseen = why_unseen(comparison, name);
	if (unseen)
		return keep(comparison, VERDICT_UNREADABLE, name, unseen);
	comparison->uneven += is_below_data(name);
	return keep(comparison, VERDICT_MISSING, name, fetch ? "fetch.txt lists it" : NULL);
}

/** What is found where a file should be, and is none. @return NULL: an error told why */
static const char *other_kind(enum bag_found_kind kind)
{
	switch (kind) {
	case BAG_FOUND_LINK:
		return "symbolic link";
	case BAG_FOUND_SPECIAL:
		return "special file";
	case BAG_FOUND_OWN:
		return "an output of this run";
	default:
		return NULL;
	}
}

/** A name was found and is not listed. @return 0, or -1 with errno ENOMEM */
static int take_unlisted(struct comparison *comparison, const struct bag_found *found)
{
	if (!bag_contents_is_payload(found->name) || found->kind == BAG_FOUND_DIRECTORY ||
		found->kind == BAG_FOUND_CLOSED)
		return 0;
	if (found->kind == BAG_FOUND_FILE && !is_below_data(found->name))
		return keep(comparison, VERDICT_UNREADABLE, found->name, "is not a directory");
	if (found->kind != BAG_FOUND_FILE && found->kind != BAG_FOUND_OWN)
		return keep(comparison, VERDICT_UNREADABLE, found->name, other_kind(found->kind));
	comparison->uneven++;
	return comparison->unread ? 0 : keep(comparison, VERDICT_NEW, found->name, NULL);
}

/**
 * Keep a difference with a remark that names manifests.
 *
 * @param manifests a bit each
 * @param before how the remark begins
 * @param by_algorithm their algorithms are named, and not their files
 * @return 0, or -1 with errno ENOMEM
 */
static int keep_named(struct comparison *comparison, enum verdict verdict, const char *name,
	uint64_t manifests, const char *before, bool by_algorithm)
{
	char *text = NULL, *remark = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		return -1;
	for (size_t i = 0; i < comparison->list->manifest_count; i++) {
		const struct bag_manifest *manifest = &comparison->list->manifests[i];
		if (!(manifests >> i & 1))
			continue;
		fprintf(stream, "%s%s", before,
			by_algorithm ? manifest->algorithm->name : manifest->file);
		before = ", ";
	}
	if (fclose(stream) == 0)
		remark = arena_allocate(&comparison->remarks, size + 1);
	if (remark)
		memcpy(remark, text, size + 1);
	free(text);
	return remark ? keep(comparison, verdict, name, remark) : -1;
}

/** A digest is another one. @param wrong, @param checked manifests @return 0, or -1 with errno ENOMEM */
static int take_failed(
	struct comparison *comparison, const char *name, uint64_t wrong, uint64_t checked)
{
	if (wrong == checked)
		return keep(comparison, VERDICT_FAILED, name, NULL);
	return keep_named(comparison, VERDICT_FAILED, name, wrong, "", true);
}

/** A listed file was hashed. @return 0, or -1, which was reported, or with errno ENOMEM */
static int take_file(
	struct comparison *comparison, const struct group *group, const struct bag_found *found)
{
	const struct bag_list *list = comparison->list;
	uint64_t checked = 0, wrong = 0;
	for (const struct bag_entry *entry = group->first; entry < group->end; entry++) {
		uint64_t bit = UINT64_C(1) << entry->manifest;
		if (!entry->digest)
			continue;
		checked |= bit;
		if (memcmp(entry->digest, found->digests + comparison->offsets[entry->manifest],
			    list->manifests[entry->manifest].algorithm->size) != 0)
			wrong |= bit;
	}
	uint64_t missing = comparison->payload & ~group->manifests;
	bool everywhere = !missing || list->version < BAG_1_0 || !is_below_data(found->name);
	if (!checked)
		return keep(comparison, VERDICT_UNREADABLE, found->name,
			"no digest that can be checked");
	if (wrong && take_failed(comparison, found->name, wrong, checked) != 0)
		return -1;
	if (!everywhere)
		return keep_named(comparison, VERDICT_NEW, found->name, missing, "not in ", false);
	return wrong ? 0 : bag_report_file(comparison->report, VERDICT_OK, found->name, NULL);
}

/** Go through what is listed and what was found. @return 0, or -1 with errno */
static int compare(struct comparison *comparison)
{
	const struct bag_entry *entry = comparison->list->entries;
	const struct bag_entry *end = entry + comparison->list->count;
	const struct bag_found *found = comparison->contents->found;
	const struct bag_found *found_end = found + comparison->contents->count;
	int status = 0;
	while (status == 0 && (entry < end || found < found_end)) {
		int order = entry == end     ? 1
			: found == found_end ? -1
					     : strcmp(entry->name, found->name);
		if (order > 0) {
			status = take_unlisted(comparison, found++);
			continue;
		}
		struct group group = next_group(comparison, entry);
		if (order == 0 && !group.manifests)
			status = take_unlisted(comparison, found);
		else if (order < 0)
			status = take_absent(comparison, entry->name, group.fetch);
		else if (found->kind == BAG_FOUND_FILE)
			status = take_file(comparison, &group, found);
		else
			status = keep(comparison, VERDICT_UNREADABLE, found->name,
				other_kind(found->kind));
		found += order == 0;
		entry = group.end;
	}
	return status;
}

/** For qsort(3). Of one name, FAILED comes before NEW. */
static int compare_told(const void *one, const void *other)
{
	const struct told *a = one, *b = other;
	int order = strcmp(a->name, b->name);
	return order ? order : (a->verdict > b->verdict) - (a->verdict < b->verdict);
}

/** Remark of each pair of names, one missing and one not listed, that Unicode takes for the same.
 * @return 0, or -1 with errno ENOMEM */
static int remark_pairs(struct comparison *comparison)
{
	size_t count = comparison->count, used = 0;
	struct record *records = calloc(count + 1, sizeof(*records));
	struct difference *list = calloc(count + 1, sizeof(*list));
	for (size_t i = 0; records && list && i < count; i++) {
		const struct told *told = &comparison->told[i];
		bool missing = told->verdict == VERDICT_MISSING;
		if (!missing && (told->verdict != VERDICT_NEW || told->remark))
			continue;
		struct record *record = &records[used];
		record->key = told->name;
		record->key_size = (uint32_t)strlen(told->name);
		list[used].word = missing ? DIFFERENCE_MISSING : DIFFERENCE_NEW;
		list[used].old = missing ? record : NULL;
		list[used++].new = missing ? NULL : record;
	}
	struct differences differences = {.list = list, .count = used};
	int status = records && list ? normal_form_remark(&differences) : -1;
	for (size_t i = 0, at = 0; status == 0 && at < used; i++) {
		const struct difference *difference = &list[at];
		const struct record *record = difference->old ? difference->old : difference->new;
		if (comparison->told[i].name != record->key)
			continue;
		if (difference->remark == DIFFERENCE_OTHER_NORMAL_FORM)
			comparison->told[i].remark = "Unicode normalisation differs";
		at++;
	}
	free(records);
	free(list);
	return status;
}

/** Compare Payload-Oxum with what is there, where that is known. */
static void compare_oxum(const struct comparison *comparison)
{
	const struct bag_list *list = comparison->list;
	const struct bag_contents *contents = comparison->contents;
	const char *name = bag_info_name(list->version);
	char reason[192];
	if (!list->oxum.given || contents->uncertain ||
		(list->oxum.bytes == contents->bytes && list->oxum.files == contents->files))
		return;
	snprintf(reason, sizeof(reason),
		"Payload-Oxum is %" PRIu64 ".%" PRIu64 ", and that of the payload is %" PRIu64
		".%" PRIu64,
		list->oxum.bytes, list->oxum.files, contents->bytes, contents->files);
	/* Names that are missing or not listed explain it. */
	if (comparison->uneven)
		bag_report_warning(comparison->report, name, reason);
	else
		bag_report_error(comparison->report, name, reason);
}

/** Look for tag files that were read for the list, and are no files any more. */
static void look_for_reads(const struct comparison *comparison)
{
	const struct bag_list *list = comparison->list;
	for (size_t i = 0; i < list->read_count && !comparison->contents->closed; i++) {
		const char *name = list->reads[i].name;
		const struct bag_found *found = bag_contents_find(comparison->contents, name);
		bool is_file = found && found->kind == BAG_FOUND_FILE;
		if (!list->reads[i].failed && !is_file)
			bag_report_error(
				comparison->report, name, "changed while the bag was read");
	}
}

/** Compare all. @return 0, or -1 with errno */
static int compare_all(struct comparison *comparison)
{
	const struct bag_list *list = comparison->list;
	const struct bag_contents *contents = comparison->contents;
	for (size_t i = 0; i < list->manifest_count; i++) {
		const struct bag_manifest *manifest = &list->manifests[i];
		if (manifest->kind == BAG_LINE_PAYLOAD && manifest->read)
			comparison->payload |= UINT64_C(1) << i;
		comparison->unread |= manifest->kind == BAG_LINE_PAYLOAD && !manifest->read;
		if (manifest->algorithm)
			comparison->offsets[i] =
				digest_set_offset(&list->algorithms, manifest->algorithm);
	}
	look_for_reads(comparison);
	bool data = bag_contents_find(contents, "data/") || bag_contents_find(contents, "data");
	if ((!data && take_absent(comparison, "data", false) != 0) || compare(comparison) != 0 ||
		remark_pairs(comparison) != 0)
		return -1;
	if (comparison->count > 0)
		qsort(comparison->told, comparison->count, sizeof(*comparison->told), compare_told);
	return 0;
}

int bag_compare(
	const struct bag_list *list, const struct bag_contents *contents, struct bag_report *report)
{
	struct comparison comparison = {.list = list, .contents = contents, .report = report};
	int status = compare_all(&comparison);
	if (status != 0)
		run_failed("cannot go on");
	for (size_t i = 0; status == 0 && i < comparison.count; i++) {
		const struct told *told = &comparison.told[i];
		status = bag_report_file(report, told->verdict, told->name, told->remark);
	}
	if (status == 0)
		compare_oxum(&comparison);
	bool empty = contents->files == 0 && !contents->uncertain;
	if (status == 0 && empty && !bag_list_has(list, "data", true))
		bag_report_warning(report, NULL, "has no payload");
	free(comparison.told);
	arena_free(&comparison.remarks);
	return status;
}
