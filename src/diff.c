#include "diff.h"

#include "compare.h"
#include "manifest/normal_form.h"
#include "run.h"
#include "sys/signals.h"
#include "ui/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/** Whether two manifests can be compared; where not, that is reported. */
static bool are_comparable(
	const struct options *options, const struct catalog *old, const struct catalog *new)
{
	bool by_size = !old->algorithm_named || !new->algorithm_named;
	bool same = old->algorithm == new->algorithm ||
		(by_size && old->algorithm->size == new->algorithm->size);
	if (same || old->count == 0 || new->count == 0)
		return true;
	char reason[64];
	snprintf(reason, sizeof(reason), "its digests are of %s, those of the other of %s",
		new->algorithm->name, old->algorithm->name);
	run_refuse(strcmp(options->operands[1], "-") == 0 ? "standard input" : options->operands[1],
		reason);
	return false;
}

/** Hold one against the other. @return 0, or -1, which was reported */
static int compare(const struct options *options, const struct catalog *old,
	const struct catalog *new, struct output *output, struct tally *tally)
{
	const struct difference_search search = {
		.old = {old->records, old->count},
		.new = {new->records, new->count},
		.algorithm = new->algorithm_named ? new->algorithm : old->algorithm,
		.manifests = true,
	};
	struct differences differences;
	if (differences_find(&search, &differences) != 0)
		return run_failed("cannot compare");
	int status = normal_form_remark(&differences);
	if (status != 0)
		run_failed("cannot compare");
	else
		status = compare_print(options, &differences, output, tally);
	differences_free(&differences);
	if (status != 0)
		return -1;
	if (!compare_same(options, tally))
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
	bool loaded = output && run_change_directory(options) == 0 &&
		compare_load(options, options->operands[0], interrupt_fd, output, NULL, &old,
			&other) == 0 &&
		compare_map(options, options->operands[0], &old) == 0 &&
		compare_load(options, options->operands[1], interrupt_fd, output, &other, &new,
			&file) == 0;
	tally->malformed = old.improper + new.improper;
	if (loaded && are_comparable(options, &old, &new))
		compare(options, &old, &new, output, tally);
	output_free(output);
	signals_release();
	catalog_free(&old);
	catalog_free(&new);
}
