/*
 * sha512sum -c ends in warnings that count what was wrong, and a manifest of a tree ends in one,
 * too, that also says what to do next: it is what one looks for after thousands of messages. It is
 * for people: on a terminal, or with --summary. Everywhere else standard error has one line for
 * each error and nothing besides, as sha512sum's has, so that scripts can count lines, and logs of
 * both can be compared. Nor is it there after single files: the messages are in sight.
 */
#include "summary.h"

#include "sys/signals.h"
#include "tally_text.h"
#include "ui/quote.h"
#include "ui/report.h"
#include "ui/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void put_count(FILE *text, uint64_t count, const char *one, const char *many)
{
	fprintf(text, "%" PRIu64 " %s", count, count == 1 ? one : many);
}

/** What to do about files without a digest; the first kind that something can be done about. */
static const char *advice(const struct tally *tally)
{
	if (tally->errors[TALLY_DENIED])
		return "run again as a user who may read them";
	if (tally->errors[TALLY_CHANGED])
		return "run again while nothing writes to them";
	if (tally->errors[TALLY_TIMED_OUT])
		return "run again with a longer --timeout";
	return "see the reasons above, then run again";
}

/** Say what a manifest lacks. */
static void warn(const struct tally *tally)
{
	uint64_t errors = tally_errors(tally);
	report_message("WARNING: %" PRIu64 " %s could not be read and %s not listed: %s", errors,
		errors == 1 ? "path" : "paths", errors == 1 ? "is" : "are", advice(tally));
}

/** "78579 files, 1300234567 bytes (1.3 GB) in 0.67 s (1.9 GB/s)" */
static void put_work(FILE *text, const struct tally *tally)
{
	char room[UNITS_ROOM];
	struct timespec elapsed = tally_elapsed(tally);
	double seconds = (double)elapsed.tv_sec + 1e-9 * (double)elapsed.tv_nsec;
	uint64_t bytes = tally_read(tally);
	put_count(text, tally->files, "file", "files");
	if (tally->reused)
		fprintf(text, " (%" PRIu64 " as they were)", tally->reused);
	fputs(", ", text);
	put_count(text, bytes, "byte", "bytes");
	if (bytes >= 1000)
		fprintf(text, " (%s)", units_bytes(bytes, room));
	fprintf(text, " in %.2f s", seconds);
	if (seconds > 0)
		fprintf(text, " (%s/s)", units_bytes((uint64_t)((double)bytes / seconds), room));
}

/** "3 bags: 2 valid, 1 invalid; " */
static void put_bags(FILE *text, const struct tally *tally)
{
	uint64_t bags = 0;
	for (enum verdict_bag verdict = 0; verdict < VERDICTS_OF_BAGS; verdict++)
		bags += tally->bags[verdict];
	put_count(text, bags, "bag", "bags");
	const char *separator = ": ";
	for (enum verdict_bag verdict = 0; verdict < VERDICTS_OF_BAGS; verdict++) {
		if (!tally->bags[verdict])
			continue;
		fprintf(text, "%s%" PRIu64 " %s", separator, tally->bags[verdict],
			verdict_bag_word(verdict));
		separator = ", ";
	}
	fputs("; ", text);
}

/** "; 2 ok, 1 failed" */
static void put_verdicts(FILE *text, const struct tally *tally)
{
	const char *separator = "; ";
	for (enum verdict verdict = 0; verdict < VERDICTS; verdict++) {
		if (!tally->verdicts[verdict])
			continue;
		fprintf(text, "%s%" PRIu64 " %s", separator, tally->verdicts[verdict],
			verdict_label(verdict));
		separator = ", ";
	}
	if (tally->malformed) {
		fputs(separator, text);
		put_count(text, tally->malformed, "malformed line", "malformed lines");
	}
}

/** "; 3 errors (1 denied, 2 changed while read)" */
static void put_errors(FILE *text, const struct tally *tally)
{
	static const char *const words[] = {
		[TALLY_MISSING] = "missing",
		[TALLY_DENIED] = "denied",
		[TALLY_UNREADABLE] = "unreadable",
		[TALLY_CHANGED] = "changed while read",
		[TALLY_DIED] = "killed the reader",
		[TALLY_TIMED_OUT] = "timed out",
	};
	fputs("; ", text);
	put_count(text, report_errors(), "error", "errors");
	const char *separator = " (";
	for (enum tally_error kind = 0; kind < TALLY_ERRORS; kind++) {
		if (!tally->errors[kind])
			continue;
		fprintf(text, "%s%" PRIu64 " %s", separator, tally->errors[kind], words[kind]);
		separator = ", ";
	}
	if (tally_errors(tally))
		fputs(")", text);
}

/** "; skipped 5 links, 1 special file" */
static void put_skipped(FILE *text, const struct tally *tally)
{
	static const struct {
		const char *one;
		const char *many;
	} words[] = {
		[TALLY_LINK] = {"link", "links"},
		[TALLY_SPECIAL] = {"special file", "special files"},
		[TALLY_MOUNT] = {"file system", "file systems"},
		[TALLY_EXCLUDED] = {"excluded name", "excluded names"},
		[TALLY_OWN] = {"own output", "own outputs"},
		[TALLY_IGNORED] = {"missing file", "missing files"},
		[TALLY_OUTSIDE] = {"entry elsewhere", "entries elsewhere"},
		[TALLY_SHARD] = {"file of other shards", "files of other shards"},
	};
	const char *separator = "; skipped ";
	for (enum tally_skip kind = 0; kind < TALLY_SKIPS; kind++) {
		if (!tally->skipped[kind])
			continue;
		fputs(separator, text);
		put_count(text, tally->skipped[kind], words[kind].one, words[kind].many);
		separator = ", ";
	}
}

/** "; resumed: 61% known (12345 files, 1.2 TB); 1204 of 80000 files due" */
static void put_long_job(FILE *text, const struct options *options, const struct tally *tally)
{
	uint64_t files = tally_files(tally);
	tally_text_resumed(text, "; ", tally, files, tally->bytes + tally->not_reached_bytes);
	tally_text_due(text, "; ", tally, files, (int64_t)time(NULL), options->reread);
	tally_text_not_reached(text, "; ", tally, files);
}

/** Say all in numbers. */
static void summarize(const struct options *options, const struct tally *tally)
{
	char *line = NULL;
	size_t size;
	FILE *text = open_memstream(&line, &size);
	if (text) {
		fputs(tally->complete ? "" : "broken off: ", text);
		if (options->mode == MODE_BAG)
			put_bags(text, tally);
		put_work(text, tally);
		put_verdicts(text, tally);
		/* That nothing failed is worth a word where nothing else says so. */
		if (report_errors() || options->mode == MODE_GENERATE)
			put_errors(text, tally);
		put_skipped(text, tally);
		put_long_job(text, options, tally);
	}
	if (text && fclose(text) == 0)
		report_message("%s", line);
	else
		report_failed(errno, "no summary: %s", strerror(errno));
	free(line);
}

/** Say how much --for did not allow: without that, a short list of results looks like all. */
static void tell_not_reached(const struct tally *tally)
{
	char line[128];
	FILE *text = fmemopen(line, sizeof(line), "w");
	if (text) {
		tally_text_not_reached(text, "", tally, tally_files(tally));
		fclose(text);
	}
	report_message("%s", text ? line : "time ran out: not all files were reached");
}

void summary_kept(const struct options *options, const struct tally *tally, const char *journal)
{
	if (options->check_output == CHECK_STATUS || !(tally->kept_files || tally->kept_bytes))
		return;
	char *line = NULL;
	size_t size;
	char *quoted = quote_shell(journal, false);
	FILE *text = open_memstream(&line, &size);
	if (text)
		tally_text_kept(
			text, "", tally, quoted ? quoted : journal, options->mode == MODE_UPDATE);
	/* A signal may have ended the run. */
	if (text && fclose(text) == 0)
		report_note(line);
	free(quoted);
	free(line);
}

void summary_report(const struct options *options, const struct tally *tally)
{
	if (signals_caught())
		return;
	bool for_people = options->summary || (tally->walked && isatty(STDERR_FILENO));
	if (options->mode == MODE_GENERATE && tally->complete && tally_errors(tally) && for_people)
		warn(tally);
	bool silent = options->check_output == CHECK_STATUS || options->check_output == CHECK_QUIET;
	if (tally->not_reached && !options->summary && !silent)
		tell_not_reached(tally);
	if (options->summary)
		summarize(options, tally);
}
