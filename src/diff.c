#include "diff.h"

#include "compare.h"
#include "run.h"
#include "sys/signals.h"
#include "ui/report.h"

#include <errno.h>

static struct difference_side side_of(const struct catalog *catalog)
{
	return (struct difference_side){.records = catalog->records, .count = catalog->count};
}

/** Hold one against the other. @return 0, or -1, which was reported */
static int compare(const struct options *options, const struct catalog *old,
	const struct catalog *new, struct output *output, struct tally *tally)
{
	struct difference_side before = side_of(old), now = side_of(new);
	struct differences differences;
	if (differences_find(&before, &now, options->algorithm, NULL, NULL, &differences) != 0)
		return run_failed("cannot compare");
	int status = compare_print(options, &differences, output, tally);
	differences_free(&differences);
	if (status != 0)
		return -1;
	if (!compare_same(tally))
		report_status(1);
	if (output_commit(output) != 0)
		return run_write_failed(options);
	compare_tell(options, tally);
	return 0;
}

void diff(const struct options *options, int interrupt_fd, struct tally *tally)
{
	struct catalog old = {0}, new = {0};
	struct stamp file, other;
	struct output *output = output_open(options, tally);
	if (output && run_change_directory(options) == 0 &&
		compare_load(options, options->operands[0], interrupt_fd, output, NULL, &old,
			&other) == 0 &&
		compare_load(options, options->operands[1], interrupt_fd, output, &other, &new,
			&file) == 0)
		compare(options, &old, &new, output, tally);
	output_free(output);
	signals_release();
	catalog_free(&old);
	catalog_free(&new);
}
