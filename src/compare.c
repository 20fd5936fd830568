#include "compare.h"

#include "run.h"
#include "sys/signals.h"
#include "ui/progress.h"
#include "ui/quote.h"
#include "ui/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** What is said of a name; VERDICTS: nothing. */
static const enum verdict verdicts[DIFFERENCE_WORDS] = {
	[DIFFERENCE_SAME] = VERDICT_OK,
	[DIFFERENCE_CHANGED] = VERDICT_CHANGED,
	[DIFFERENCE_CORRUPT] = VERDICT_CORRUPT,
	[DIFFERENCE_NEW] = VERDICT_NEW,
	[DIFFERENCE_MISSING] = VERDICT_MISSING,
	[DIFFERENCE_MOVED] = VERDICT_MOVED,
	[DIFFERENCE_COPIED] = VERDICT_COPIED,
	[DIFFERENCE_UNREADABLE] = VERDICT_UNREADABLE,
	[DIFFERENCE_OUTSIDE] = VERDICTS,
	[DIFFERENCE_LEFT] = VERDICTS,
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
	const struct output *output, const struct stamp *other, struct catalog *catalog,
	struct stamp *file)
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
	if (other && stamp_same_file(file, other) && reader_rewind(reader) != 0) {
		report_file_reason(name, "was read already, as the other manifest");
		report_failure();
	} else if (!run_replaces_manifest(output_writer(output), name, file)) {
		run_reading(&name);
		status = catalog_read(reader, options->algorithm, !options->no_seal, interrupt_fd,
			run_answer, catalog);
		progress_end();
		if (status != 0)
			refuse(name, catalog);
	}
	reader_free(reader);
	return status;
}

/** Print a name's line. @return 0, or -1 with errno */
static int print(struct output *output, const struct difference *difference)
{
	const struct record *record = difference->old ? difference->old : difference->new;
	const struct record *from = difference->from ? difference->from->old : NULL;
	return output_result(output, verdicts[difference->word], record->name, record->name_size,
		from ? from->name : NULL, from ? from->name_size : 0);
}

int compare_print(const struct options *options, const struct differences *differences,
	struct output *output, struct tally *tally)
{
	for (size_t i = 0; i < differences->count; i++) {
		const struct difference *difference = &differences->list[i];
		if (difference->word == DIFFERENCE_OUTSIDE)
			tally->skipped[TALLY_OUTSIDE]++;
		if (verdicts[difference->word] != VERDICTS && print(output, difference) != 0)
			return run_write_failed(options);
	}
	return 0;
}

void compare_tell(const struct options *options, const struct tally *tally)
{
	/* The summary tells them, too. */
	if (options->check_output == CHECK_STATUS || options->check_output == CHECK_QUIET ||
		options->summary)
		return;
	char text[512];
	size_t used = (size_t)snprintf(
		text, sizeof(text), "%" PRIu64 " the same", tally->verdicts[VERDICT_OK]);
	for (enum verdict verdict = VERDICT_OK + 1; verdict < VERDICTS; verdict++) {
		if (tally->verdicts[verdict])
			used += (size_t)snprintf(text + used, sizeof(text) - used,
				", %" PRIu64 " %s", tally->verdicts[verdict],
				verdict_name(verdict));
	}
	if (tally->skipped[TALLY_OUTSIDE])
		snprintf(text + used, sizeof(text) - used, ", %" PRIu64 " not looked at",
			tally->skipped[TALLY_OUTSIDE]);
	report_message("%s", text);
}

bool compare_same(const struct tally *tally)
{
	for (enum verdict verdict = VERDICT_OK + 1; verdict < VERDICTS; verdict++) {
		if (tally->verdicts[verdict])
			return false;
	}
	return true;
}
