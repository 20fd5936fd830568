#include "audit.h"

#include "compare.h"
#include "run.h"
#include "survey.h"
#include "sys/signals.h"
#include "ui/report.h"

/** Compare and tell. @return 0, or -1, which was reported */
static int tell(const struct options *options, struct survey *survey, const struct catalog *catalog,
	struct output *output)
{
	struct differences differences;
	struct compare_counts counts;
	if (survey_compare(survey, catalog, &differences) != 0)
		return -1;
	int status = compare_print(options, &differences, output, &counts);
	differences_free(&differences);
	if (status != 0)
		return -1;
	if (output_commit(output) != 0)
		return run_write_failed(options);
	compare_tell(options, &counts);
	if (counts.words[DIFFERENCE_UNREADABLE])
		report_failure();
	if (!compare_same(&counts))
		report_status(1);
	return 0;
}

void audit(const struct options *options, int interrupt_fd)
{
	struct catalog catalog = {0};
	struct output *output = output_open(options, options->output, false);
	struct survey_options looking = {
		.options = options,
		.interrupt_fd = interrupt_fd,
		.writer = output ? output_writer(output) : NULL,
	};
	struct survey *survey = NULL;
	if (output &&
		compare_load(options, options->manifest, interrupt_fd, output, &catalog,
			&looking.manifest) == 0)
		survey = survey_new(&looking);
	if (survey && survey_run(survey) == 0)
		tell(options, survey, &catalog, output);
	/* First what would be left behind. */
	output_free(output);
	signals_release();
	survey_free(survey);
	catalog_free(&catalog);
}
