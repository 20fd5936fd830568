#include "audit.h"

#include "compare.h"
#include "run.h"
#include "survey.h"
#include "sys/signals.h"
#include "ui/report.h"

/**
 * Where nothing that a manifest lists was looked at, nothing was audited: the PATHs are others than
 * its own, or the manifest has lost what it held.
 */
static bool is_void(const struct catalog *catalog, const struct tally *tally)
{
	/* A tree that was empty from the start. */
	bool empty = catalog->count == 0 && (catalog->sealed || tally->verdicts[VERDICT_NEW] == 0);
	return !empty && catalog->count == tally->skipped[TALLY_OUTSIDE];
}

/** Compare and tell. @return 0, or -1, which was reported */
static int tell(const struct options *options, struct survey *survey, const struct catalog *catalog,
	struct output *output, struct tally *tally)
{
	struct differences differences;
	if (survey_compare(survey, &differences) != 0)
		return -1;
	int status = compare_print(options, &differences, output, tally);
	differences_free(&differences);
	if (status != 0)
		return -1;
	if (is_void(catalog, tally)) {
		report_file_reason(options->manifest,
			"lists nothing that was looked at: was it made elsewhere? (-C)");
		report_failure();
	}
	return compare_end(options, output, tally);
}

void audit(const struct options *given, int interrupt_fd, struct tally *tally)
{
	/* The algorithm becomes that of the manifest. */
	struct options own = *given;
	const struct options *options = &own;
	struct catalog catalog = {0};
	struct output *output = output_open(options, tally);
	struct survey_options looking = {
		.options = options,
		.interrupt_fd = interrupt_fd,
		.tally = tally,
		.writer = output ? output_writer(output) : NULL,
		.catalog = &catalog,
		.backup = compare_backup(options->manifest),
	};
	struct survey *survey = NULL;
	if (output &&
		compare_load(options, options->manifest, interrupt_fd, output, NULL, &catalog,
			&looking.manifest) == 0 &&
		compare_map(options, options->manifest, &catalog) == 0) {
		own.algorithms = digest_set_of(catalog.algorithm);
		survey = survey_new(&looking);
	}
	tally->malformed = catalog.improper;
	if (survey && survey_run(survey) == 0)
		tell(options, survey, &catalog, output, tally);
	/* First what would be left behind. */
	output_free(output);
	signals_release();
	survey_free(survey);
	catalog_free(&catalog);
}
