#include "bag_list.h"

#include "bag_files.h"
#include "manifest/bag_text.h"
#include "run.h"
#include "sys/signals.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A bag that is being read. */
struct loading {
	struct bag_list *list;
	struct bag_report *report;
	struct bag_files files;
	struct bag_declaration declaration;
	/** bagit.txt is as it should be; otherwise the encoding is assumed. */
	bool declares;
	/** The text that its encoding points into. */
	char *declared;
};

/** Report why a tag file could not be read (errno). */
static void tell_unread(struct bag_report *report, const char *name)
{
	if (errno == ELOOP)
		bag_report_error(report, name, "is a symbolic link");
	else if (errno == EINVAL)
		bag_report_error(report, name, "is not a regular file");
	else
		bag_report_errno(report, name, errno);
}

/**
 * Read a tag file.
 *
 * @param name kept
 * @return 1; 0 where it could not be read, which was reported, or is optional and not there; or -1 with
 *         errno ENOMEM or EINTR
 */
static int read_file(
	struct loading *loading, const char *name, bool optional, char **text, size_t *size)
{
	struct bag_list *list = loading->list;
	struct stamp stamp;
	*text = NULL;
	if (signals_caught()) {
		errno = EINTR;
		return -1;
	}
	if (bag_files_read(&loading->files, name, text, size, &stamp) == 0) {
		list->reads[list->read_count++] = (struct bag_read){.name = name, .stamp = stamp};
		return 1;
	}
	if (errno == ENOMEM)
		return -1;
	if (!optional || errno != ENOENT) {
		tell_unread(loading->report, name);
		list->reads[list->read_count++] = (struct bag_read){.name = name, .failed = true};
	}
	return 0;
}

/**
 * Convert a tag file to UTF-8.
 *
 * @return 1, 0 where that is not possible, which was reported, or -1 with errno ENOMEM
 */
static int decode(struct loading *loading, const char *name, char **text, size_t *size)
{
	const struct bag_declaration *declaration = &loading->declaration;
	bool marked;
	char reason[96];
	if (bag_text_decode(
		    declaration->encoding, declaration->encoding_size, text, size, &marked) == 0) {
		if (marked)
			bag_report_warning(loading->report, name, "begins with a byte order mark");
		return 1;
	}
	if (errno == ENOMEM)
		return -1;
	snprintf(reason, sizeof(reason), "is not in the encoding that bagit.txt declares (%.*s)",
		(int)declaration->encoding_size, declaration->encoding);
	bag_report_error(loading->report, name,
		loading->declares ? reason
				  : "is not in UTF-8, which is assumed without a valid bagit.txt");
	/* Names in a file system are bytes: those of names that are no UTF-8 may well be right. */
	return bag_text_is_utf8(declaration->encoding, declaration->encoding_size);
}

/** Read bagit.txt. @return 0, or -1 with errno */
static int read_declaration(struct loading *loading)
{
	size_t size = 0;
	int got = read_file(loading, "bagit.txt", false, &loading->declared, &size);
	if (got < 0)
		return -1;
	/* Without it, it is read as one of version 1.0. */
	const char *wrong = bag_declaration_parse(&loading->declaration, loading->declared, size);
	loading->declares = got && !wrong;
	if (got && wrong)
		bag_report_error(loading->report, "bagit.txt", wrong);
	if (loading->declaration.oddity)
		bag_report_warning(loading->report, "bagit.txt", loading->declaration.oddity);
	loading->list->version = loading->declaration.version;
	return 0;
}

/** Read bag-info.txt. @return 0, or -1 with errno */
static int read_info(struct loading *loading)
{
	const char *name = bag_info_name(loading->list->version);
	struct bag_info info = {0};
	char *text, reason[96];
	size_t size;
	int got = read_file(loading, name, true, &text, &size);
	if (got > 0)
		got = decode(loading, name, &text, &size);
	const char *wrong = got > 0 ? bag_info_parse(&info, text, size) : NULL;
	if (wrong) {
		snprintf(reason, sizeof(reason), "line %" PRIu64 ": %s", info.line, wrong);
		bag_report_error(loading->report, name, reason);
	} else if (info.repeated) {
		bag_report_warning(loading->report, name, "Payload-Oxum is repeated");
	}
	loading->list->oxum = info.oxum;
	free(text);
	return got < 0 ? -1 : 0;
}

/** Find out the algorithm of a manifest, which is no fetch.txt. */
static void find_algorithm(struct loading *loading, struct bag_manifest *manifest)
{
	struct bag_list *list = loading->list;
	char reason[320];
	manifest->algorithm = bag_manifest_algorithm(manifest->file);
	if (!manifest->algorithm)
		bag_report_warning(loading->report, manifest->file,
			"the algorithm is not known here: only names are compared");
	else
		digest_set_add(&list->algorithms, manifest->algorithm);
	for (const struct bag_manifest *other = list->manifests;
		manifest->algorithm && other < manifest; other++) {
		if (other->kind != manifest->kind || other->algorithm != manifest->algorithm)
			continue;
		snprintf(reason, sizeof(reason), "is of the same algorithm as %s", other->file);
		bag_report_error(loading->report, manifest->file, reason);
	}
}

/** Make room for one more entry. @return 0, or -1 with errno ENOMEM */
static int reserve(struct bag_list *list)
{
	if (list->count < list->room)
		return 0;
	size_t room = list->room ? 2 * list->room : 256;
	struct bag_entry *entries = reallocarray(list->entries, room, sizeof(*entries));
	if (!entries)
		return -1;
	list->entries = entries;
	list->room = room;
	return 0;
}

/** Keep an entry. @return 0, or -1 with errno ENOMEM */
static int add_entry(struct bag_list *list, const struct bag_line *line, uint64_t number)
{
	const struct bag_manifest *manifest = &list->manifests[list->manifest_count];
	struct bag_entry entry = {
		.name = line->name,
		.manifest = (uint32_t)list->manifest_count,
		.line = (uint32_t)number,
	};
	if (reserve(list) != 0)
		return -1;
	if (manifest->algorithm) {
		unsigned char *digest = arena_allocate(&list->digests, manifest->algorithm->size);
		if (!digest)
			return -1;
		entry.digest = memcpy(digest, line->digest, manifest->algorithm->size);
	}
	list->entries[list->count++] = entry;
	return 0;
}

/** Take all lines of a manifest. @return 0, or -1 with errno ENOMEM */
static int take_lines(struct bag_list *list, struct bag_manifest *manifest, size_t size)
{
	const struct bag_line_format format = {
		.kind = manifest->kind,
		.version = list->version,
		.digest_size = manifest->algorithm ? manifest->algorithm->size : 0,
	};
	struct bag_text text = {.next = manifest->text, .left = size};
	char *line;
	size_t line_size;
	while (bag_text_next(&text, &line, &line_size)) {
		struct bag_line parsed;
		bool entry = bag_line_parse(&format, line, line_size, &parsed);
		parsed.notes |= text.unended ? 1U << BAG_UNENDED : 0;
		for (enum bag_note what = 0; what < BAG_NOTES; what++) {
			if (parsed.notes & 1U << what)
				bag_manifest_note(manifest, what, text.line);
			list->malformed += parsed.notes & 1U << what && bag_note_is_error(what);
		}
		if (entry && add_entry(list, &parsed, text.line) != 0)
			return -1;
	}
	return 0;
}

/**
 * Read a manifest, a tag manifest or fetch.txt.
 *
 * @param file kept
 * @return 0, or -1 with errno
 */
static int read_manifest(struct loading *loading, char *file)
{
	struct bag_list *list = loading->list;
	struct bag_manifest *manifest = &list->manifests[list->manifest_count];
	bag_manifest_begin(manifest, file);
	bool fetch = manifest->kind == BAG_LINE_FETCH;
	size_t size;
	int got = read_file(loading, file, fetch, &manifest->text, &size);
	if (got > 0)
		got = decode(loading, file, &manifest->text, &size);
	if (got > 0) {
		manifest->read = true;
		if (!fetch)
			find_algorithm(loading, manifest);
		got = take_lines(list, manifest, size);
	}
	list->manifest_count++;
	return got;
}

/** For qsort(3). */
static int compare_entries(const void *one, const void *other)
{
	const struct bag_entry *a = one, *b = other;
	int order = strcmp(a->name, b->name);
	if (order == 0)
		order = (a->manifest > b->manifest) - (a->manifest < b->manifest);
	return order ? order : (a->line > b->line) - (a->line < b->line);
}

/** Note what is to be said of an entry beside the one before it, of the same name and manifest. */
static void compare_with_last(struct bag_manifest *manifest, const struct bag_entry *entry)
{
	const unsigned char *last = entry[-1].digest;
	bool same = !last || memcmp(entry->digest, last, manifest->algorithm->size) == 0;
	bag_manifest_note(manifest, same ? BAG_REPEATED : BAG_CONTRADICTION, entry->line);
}

/** Sort the entries, and compare those of one name. */
static void sort(struct bag_list *list)
{
	if (list->count > 0)
		qsort(list->entries, list->count, sizeof(*list->entries), compare_entries);
	const struct bag_entry *first = list->entries, *end = list->entries + list->count;
	for (const struct bag_entry *entry = first; entry < end; entry++) {
		struct bag_manifest *manifest = &list->manifests[entry->manifest];
		if (strcmp(first->name, entry->name) != 0)
			first = entry;
		else if (entry > first && entry[-1].manifest == entry->manifest)
			compare_with_last(manifest, entry);
		/* What lists payload comes before fetch.txt. */
		bool listed = list->manifests[first->manifest].kind == BAG_LINE_PAYLOAD;
		if (manifest->kind == BAG_LINE_FETCH && !listed)
			bag_manifest_note(manifest, BAG_UNLISTED, entry->line);
	}
}

/** The first of the sorted entries whose name does not come before this one; `count` if all do. */
static size_t find_first(const struct bag_list *list, const char *name)
{
	size_t from = 0, to = list->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (strcmp(list->entries[middle].name, name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/** Whether a manifest lists a name. */
static bool lists(const struct bag_list *list, size_t manifest, const char *name)
{
	for (size_t i = find_first(list, name); i < list->count; i++) {
		const struct bag_entry *entry = &list->entries[i];
		if (strcmp(entry->name, name) != 0)
			return false;
		if (entry->manifest == manifest)
			return true;
	}
	return false;
}

/** Report the payload manifests that tag manifests do not list, as they must since 1.0. */
static void tell_unlisted(const struct bag_list *list, struct bag_report *report)
{
	char reason[320];
	for (size_t i = 0; i < list->manifest_count; i++) {
		const struct bag_manifest *tag = &list->manifests[i];
		for (size_t j = 0; j < list->manifest_count; j++) {
			const struct bag_manifest *other = &list->manifests[j];
			if (tag->kind != BAG_LINE_TAG || !tag->read ||
				other->kind != BAG_LINE_PAYLOAD || lists(list, i, other->file))
				continue;
			snprintf(reason, sizeof(reason), "does not list %s", other->file);
			bag_report_warning(report, tag->file, reason);
		}
	}
}

/** Report that there is no payload manifest, or none that is of use. */
static void tell_none(const struct bag_list *list, struct bag_report *report)
{
	size_t payload = 0, checked = 0;
	for (size_t i = 0; i < list->manifest_count; i++) {
		const struct bag_manifest *manifest = &list->manifests[i];
		payload += manifest->kind == BAG_LINE_PAYLOAD;
		checked += manifest->kind == BAG_LINE_PAYLOAD && manifest->algorithm;
	}
	if (payload == 0)
		bag_report_error(report, NULL, "no payload manifest (manifest-ALGORITHM.txt)");
	else if (checked == 0)
		bag_report_error(report, NULL, "no payload manifest that can be checked");
}

/** Read all tag files. @return 0, or -1 with errno */
static int load(struct loading *loading)
{
	struct bag_list *list = loading->list;
	struct bag_files *files = &loading->files;
	list->root = files->stamp;
	if (read_declaration(loading) != 0)
		return -1;
	/* The names are the manifests' from now on. */
	for (size_t i = 0; i < files->count; i++) {
		char *file = files->manifests[i];
		files->manifests[i] = NULL;
		if (read_manifest(loading, file) < 0)
			return -1;
	}
	char *fetch = strdup("fetch.txt");
	if (!fetch || read_manifest(loading, fetch) < 0 || read_info(loading) != 0)
		return -1;
	sort(list);
	for (size_t i = 0; i < list->manifest_count; i++)
		bag_manifest_tell(&list->manifests[i], loading->report);
	if (list->version >= BAG_1_0)
		tell_unlisted(list, loading->report);
	tell_none(list, loading->report);
	return 0;
}

int bag_list_load(struct bag_list *list, struct bag_report *report)
{
	struct loading loading = {.list = list, .report = report};
	*list = (struct bag_list){0};
	if (strcmp(report->path, "-") == 0) {
		bag_report_error(
			report, NULL, "is standard input, and no bag; for a directory write ./-");
		return 0;
	}
	int status = 0;
	if (bag_files_open(&loading.files, report->path) != 0) {
		int error = errno;
		bag_report_errno(report, NULL, error);
		run_tell_where(report->options, report->path, error);
	} else if (loading.files.count > BAG_LIST_MANIFESTS - 1) {
		bag_report_error(report, NULL, "has too many manifests");
	} else {
		status = load(&loading);
		status = status != 0 ? run_failed("cannot go on") : list->algorithms.count > 0;
	}
	free(loading.declared);
	bag_files_close(&loading.files);
	return status;
}

bool bag_list_has(const struct bag_list *list, const char *name, bool below)
{
	size_t size = strlen(name);
	for (size_t i = find_first(list, name); i < list->count; i++) {
		const char *entry = list->entries[i].name;
		if (strncmp(entry, name, size) != 0)
			return false;
		if (!below || entry[size] == '/')
			return below || entry[size] == '\0';
	}
	return false;
}

void bag_list_free(struct bag_list *list)
{
	for (size_t i = 0; i < list->manifest_count; i++)
		bag_manifest_free(&list->manifests[i]);
	free(list->entries);
	arena_free(&list->digests);
}
