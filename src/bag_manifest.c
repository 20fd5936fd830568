#include "bag_manifest.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bag_manifest_begin(struct bag_manifest *manifest, char *file)
{
	*manifest = (struct bag_manifest){.file = file, .kind = BAG_LINE_PAYLOAD};
	if (strcmp(file, "fetch.txt") == 0)
		manifest->kind = BAG_LINE_FETCH;
	else if (strncmp(file, "tag", 3) == 0)
		manifest->kind = BAG_LINE_TAG;
}

/** Whether two names of algorithms are the same but for case, and for what is no letter or digit. */
static bool is_alike(const char *name, size_t size, const char *other)
{
	size_t at = 0;
	for (;;) {
		while (at < size && !isalnum((unsigned char)name[at]))
			at++;
		while (*other && !isalnum((unsigned char)*other))
			other++;
		if (at == size || !*other)
			return at == size && !*other;
		if (tolower((unsigned char)name[at++]) != tolower((unsigned char)*other++))
			return false;
	}
}

const struct digest_algorithm *bag_manifest_algorithm(const char *file)
{
	const char *name = strchr(file, '-') + 1;
	size_t size = strlen(name) - strlen(".txt");
	const struct digest_algorithm *algorithm;
	for (size_t i = 0; (algorithm = digest_list(i)); i++) {
		if (!is_alike(name, size, algorithm->name) && !is_alike(name, size, algorithm->tag))
			continue;
		/* libcrypto may lack it. */
		struct digest *digest = digest_new(algorithm);
		digest_free(digest);
		return digest ? algorithm : NULL;
	}
	return NULL;
}

void bag_manifest_note(struct bag_manifest *manifest, enum bag_note what, uint64_t line)
{
	struct bag_noted *noted = &manifest->notes[what];
	if (noted->count == 0 || line < noted->line)
		noted->line = line;
	noted->count++;
}

void bag_manifest_tell(const struct bag_manifest *manifest, struct bag_report *report)
{
	for (enum bag_note what = 0; what < BAG_NOTES; what++) {
		const struct bag_noted *noted = &manifest->notes[what];
		char reason[160], more[48] = "";
		if (noted->count == 0)
			continue;
		if (noted->count > 1)
			snprintf(more, sizeof(more), " and %" PRIu64 " more", noted->count - 1);
		snprintf(reason, sizeof(reason), "line %" PRIu64 "%s: %s", noted->line, more,
			bag_note_text(what));
		if (bag_note_is_error(what))
			bag_report_error(report, manifest->file, reason);
		else
			bag_report_warning(report, manifest->file, reason);
	}
}

void bag_manifest_free(struct bag_manifest *manifest)
{
	free(manifest->file);
	free(manifest->text);
}
