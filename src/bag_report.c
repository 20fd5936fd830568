#include "bag_report.h"

#include "run.h"
#include "scan/tree.h"
#include "ui/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The path of a file of the bag, to be freed; of the bag itself where there is no name; or NULL. */
static char *path_of(const struct bag_report *report, const char *name)
{
	char *path;
	size_t size = strlen(report->path);
	/* As a walk has it. */
	const char *slash = tree_prefix(report->path, size) > size ? "/" : "";
	if (!name)
		return strdup(report->path);
	return asprintf(&path, "%s%s%s", report->path, slash, name) < 0 ? NULL : path;
}

void bag_report_verdict(struct bag_report *report, enum verdict_bag verdict)
{
	if (verdict > report->verdict)
		report->verdict = verdict;
}

void bag_report_error(struct bag_report *report, const char *file, const char *reason)
{
	char *path = path_of(report, file);
	report_file_reason(path ? path : report->path, reason);
	bag_report_verdict(report, VERDICT_INVALID);
	free(path);
}

void bag_report_errno(struct bag_report *report, const char *file, int error)
{
	char *path = path_of(report, file);
	report_file(path ? path : report->path, error);
	tally_failed(report->tally, error);
	bag_report_verdict(report, VERDICT_INVALID);
	free(path);
}

/** Keep a warning for JSON. @return 0, or -1 with errno ENOMEM */
static int keep(struct bag_report *report, const char *file, const char *reason)
{
	char **warnings =
		reallocarray(report->warnings, report->warning_count + 1, sizeof(*warnings));
	if (!warnings)
		return -1;
	report->warnings = warnings;
	char *text;
	if (asprintf(&text, "%s%s%s", file ? file : "", file ? ": " : "", reason) < 0)
		return -1;
	warnings[report->warning_count++] = text;
	return 0;
}

void bag_report_warning(struct bag_report *report, const char *file, const char *reason)
{
	if (keep(report, file, reason) != 0)
		report_failed(errno, "%s: %s", report->path, strerror(errno));
	char *path = path_of(report, file), *text;
	if (asprintf(&text, "warning: %s", reason) < 0)
		text = NULL;
	if (report->options->check_output != CHECK_STATUS)
		report_remark(path ? path : report->path, text ? text : reason);
	free(text);
	free(path);
}

int bag_report_file(
	struct bag_report *report, enum verdict verdict, const char *name, const char *remark)
{
	static const enum verdict_bag verdicts[VERDICTS] = {
		[VERDICT_OK] = VERDICT_VALID,
		[VERDICT_FAILED] = VERDICT_INVALID,
		[VERDICT_UNREADABLE] = VERDICT_INVALID,
		[VERDICT_NEW] = VERDICT_INCOMPLETE,
		[VERDICT_MISSING] = VERDICT_INCOMPLETE,
	};
	char *path = path_of(report, name);
	if (!path)
		return run_failed("cannot go on");
	const struct verdict_line line = {
		.verdict = verdict,
		.name = path,
		.name_size = strlen(path),
		.remark = remark,
	};
	bag_report_verdict(report, verdicts[verdict]);
	int status = output_result(report->output, &line);
	free(path);
	return status == 0 ? 0 : run_write_failed(report->options);
}

int bag_report_end(struct bag_report *report)
{
	const struct verdict_bag_line line = {
		.verdict = report->verdict,
		.name = report->path,
		.warnings = report->warnings,
		.warning_count = report->warning_count,
	};
	report->tally->bags[report->verdict]++;
	if (report->verdict != VERDICT_VALID)
		report_status(1);
	return output_bag(report->output, &line) == 0 ? 0 : run_write_failed(report->options);
}

void bag_report_free(struct bag_report *report)
{
	for (size_t i = 0; i < report->warning_count; i++)
		free(report->warnings[i]);
	free(report->warnings);
}
