#include "compare.h"

#include "run.h"
#include "sys/signals.h"
#include "ui/quote.h"
#include "ui/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A word as it is printed, and what its count is called; NULL where it is not printed. */
static const struct {
	const char *line;
	const char *count;
} words[DIFFERENCE_WORDS] = {
	[DIFFERENCE_SAME] = {"OK", "the same"},
	[DIFFERENCE_CHANGED] = {"CHANGED", "changed"},
	[DIFFERENCE_CORRUPT] = {"CORRUPT", "corrupt"},
	[DIFFERENCE_NEW] = {"NEW", "new"},
	[DIFFERENCE_MISSING] = {"MISSING", "missing"},
	[DIFFERENCE_MOVED] = {"MOVED from", "moved"},
	[DIFFERENCE_COPIED] = {"COPIED from", "copied"},
	[DIFFERENCE_UNREADABLE] = {"UNREADABLE", "unreadable"},
	[DIFFERENCE_OUTSIDE] = {NULL, "not looked at"},
	[DIFFERENCE_LEFT] = {NULL, NULL},
};

/** Report why a manifest is refused, unless a signal ended the reading. */
static void refuse(const char *path, const struct catalog *catalog)
{
	char room[128];
	if (signals_caught())
		run_failed("cannot go on");
	else
		report_file_reason(path, catalog_reason(catalog, room));
	report_failure();
}

int compare_load(const struct options *options, const char *path, int interrupt_fd,
	const struct output *output, struct catalog *catalog, struct stamp *file)
{
	bool standard_input = strcmp(path, "-") == 0;
	const char *name = standard_input ? "standard input" : path;
	*catalog = (struct catalog){0};
	struct reader *reader = reader_open(standard_input ? NULL : path, '\n');
	if (!reader) {
		report_file(name, errno);
		report_failure();
		return -1;
	}
	*file = reader_file(reader);
	int status = -1;
	if (!run_replaces_manifest(output_writer(output), name, file)) {
		status = catalog_read(
			reader, options->algorithm, !options->no_seal, interrupt_fd, catalog);
		if (status != 0)
			refuse(name, catalog);
	}
	reader_free(reader);
	return status;
}

/** Whether a name has a line. */
static bool is_told(const struct options *options, enum difference_word word)
{
	if (options->check_output == CHECK_STATUS)
		return false;
	return words[word].line && (word != DIFFERENCE_SAME || options->verbose);
}

/** Print a name's line. @return 0, or -1 with errno */
static int print(struct output *output, const struct difference *difference)
{
	const struct record *record = difference->old ? difference->old : difference->new;
	const struct record *from = difference->from ? difference->from->old : NULL;
	return output_result(output, record->name, record->name_size, words[difference->word].line,
		from ? from->name : NULL, from ? from->name_size : 0);
}

int compare_print(const struct options *options, const struct differences *differences,
	struct output *output, struct compare_counts *counts)
{
	*counts = (struct compare_counts){0};
	for (size_t i = 0; i < differences->count; i++) {
		const struct difference *difference = &differences->list[i];
		counts->words[difference->word]++;
		if (is_told(options, difference->word) && print(output, difference) != 0)
			return run_write_failed(options);
	}
	return 0;
}

void compare_tell(const struct options *options, const struct compare_counts *counts)
{
	if (options->check_output == CHECK_STATUS || options->check_output == CHECK_QUIET)
		return;
	char text[512] = "";
	size_t used = 0;
	for (size_t word = 0; word < DIFFERENCE_WORDS; word++) {
		if (!words[word].count || (word != DIFFERENCE_SAME && !counts->words[word]))
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%" PRIu64 " %s",
			used ? ", " : "", counts->words[word], words[word].count);
	}
	report_message("%s", text);
}

bool compare_same(const struct compare_counts *counts)
{
	for (size_t word = 0; word < DIFFERENCE_WORDS; word++) {
		if (word != DIFFERENCE_SAME && word != DIFFERENCE_OUTSIDE && counts->words[word])
			return false;
	}
	return true;
}
