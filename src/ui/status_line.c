/*
 *      42% [####------] 1.23/2.93 GB 850 MB/s 0:02 left 1234/5678 files photos/…/sea.jpg
 *      42% [####------] 1.23/2.93 GB 850 MB/s 0:02 left 1234/5678 files 61% known sea.jpg
 *     scanning 0.12/2.93 GB 850 MB/s 300/5678 files photos/2019/cat.jpg
 *
 * What is not known is not there: no percent, totals and time left while a walk is under way, with
 * --unsorted, or when a stream is read. On a narrow terminal the least important parts are left out
 * first.
 */
#include "ui/status_line.h"

#include "ui/quote.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The parts, as they stand on the line. */
enum {
	PART_PERCENT,
	PART_BAR,
	PART_BYTES,
	PART_RATE,
	PART_LEFT,
	PART_FILES,
	PART_KNOWN,
	PARTS
};

/** The most important first; the last ones only where they leave room for a name. */
static const int by_importance[PARTS] = {
	PART_PERCENT, PART_BYTES, PART_RATE, PART_LEFT, PART_FILES, PART_KNOWN, PART_BAR};
#define IMPORTANT 4

/** Columns below which a name says nothing. */
#define NAME_MIN 8

/** Columns of the bar, and on a line from WIDE columns on. */
#define BAR 10
#define BAR_WIDE 24
#define WIDE 110

/** Room for one part, all of ASCII but for the locale's decimal point. */
#define PART_MAX 64

struct part {
	char text[PART_MAX];
	bool shown;
};

/** A number of bytes in a unit in which it has one to three digits before the point. */
struct scale {
	double unit;
	const char *name;
	int decimals;
};

static struct scale scale_of(double bytes)
{
	static const char *const names[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	struct scale scale = {.unit = 1};
	size_t i = 0;
	/* What is rounded to 1,000 is 1 of the next. */
	for (; bytes / scale.unit >= 999.5 && i < sizeof(names) / sizeof(names[0]) - 1; i++)
		scale.unit *= 1000;
	scale.name = names[i];
	if (i > 0 && bytes / scale.unit < 99.95)
		scale.decimals = bytes / scale.unit < 9.995 ? 2 : 1;
	return scale;
}

static void put_bytes(char *text, double bytes, const char *behind)
{
	struct scale scale = scale_of(bytes);
	snprintf(text, PART_MAX, "%.*f %s%s", scale.decimals, bytes / scale.unit, scale.name,
		behind);
}

static void put_bytes_of(char *text, double bytes, double all)
{
	struct scale scale = scale_of(all);
	snprintf(text, PART_MAX, "%.*f/%.*f %s", scale.decimals, bytes / scale.unit, scale.decimals,
		all / scale.unit, scale.name);
}

static void put_left(char *text, double seconds)
{
	/* Of what would take months nobody can tell. */
	if (seconds < 0 || seconds >= 100 * 86400)
		return;
	int left = (int)(seconds + 0.5);
	if (left < 3600)
		snprintf(text, PART_MAX, "%d:%02d left", left / 60, left % 60);
	else if (left < 86400)
		snprintf(text, PART_MAX, "%d:%02d:%02d left", left / 3600, left / 60 % 60,
			left % 60);
	else
		snprintf(text, PART_MAX, "%d d %d h left", left / 86400, left / 3600 % 24);
}

static void put_bar(char *text, int percent, int columns)
{
	static const char full[] = "########################";
	static const char empty[] = "------------------------";
	int size = columns >= WIDE ? BAR_WIDE : BAR;
	int done = percent * size / 100;
	snprintf(text, PART_MAX, "[%.*s%.*s]", done, full, size - done, empty);
}

/** Whether the number of files that are known is worth telling: all of them, or so far. */
static bool tells_files(const struct estimate_counts *counts)
{
	return counts->part >= 1 || counts->scanning;
}

static bool tells_bytes(const struct estimate_counts *counts)
{
	return tells_files(counts) && !counts->unsized;
}

/** How much of all bytes an interrupted run had read. */
static void put_known(char *text, const struct estimate_counts *counts, const char *behind)
{
	double all = (double)counts->resumed + (double)counts->bytes;
	if (counts->resumed)
		snprintf(text, PART_MAX, "%d%% known%s", (int)(100 * (double)counts->resumed / all),
			behind);
}

/** Put into words what is known; the other parts stay empty. */
static void fill_parts(struct part parts[static PARTS], const struct estimate_counts *counts,
	const struct estimate *estimate, int columns)
{
	int percent = estimate_percent(counts);
	double rate = estimate_rate(estimate);
	if (percent >= 0) {
		snprintf(parts[PART_PERCENT].text, PART_MAX, "%3d%%", percent);
		put_bar(parts[PART_BAR].text, percent, columns);
	} else if (counts->scanning) {
		strcpy(parts[PART_PERCENT].text, "scanning");
	}
	if (tells_bytes(counts))
		put_bytes_of(
			parts[PART_BYTES].text, (double)counts->bytes_done, (double)counts->bytes);
	else
		put_bytes(parts[PART_BYTES].text, (double)counts->bytes_done, "");
	if (rate >= 0)
		put_bytes(parts[PART_RATE].text, rate, "/s");
	put_left(parts[PART_LEFT].text, estimate_left(estimate, counts));
	if (tells_files(counts))
		snprintf(parts[PART_FILES].text, PART_MAX, "%" PRIu64 "/%" PRIu64 " files",
			counts->files_done, counts->files);
	else
		snprintf(parts[PART_FILES].text, PART_MAX, "%" PRIu64 " files", counts->files_done);
	put_known(parts[PART_KNOWN].text, counts, "");
}

/** Choose the parts for which there is room. @return the columns they take, a space behind each */
static size_t choose_parts(struct part parts[static PARTS], size_t room)
{
	size_t used = 0;
	for (size_t i = 0; i < PARTS; i++) {
		struct part *part = &parts[by_importance[i]];
		size_t size = strlen(part->text);
		size_t spare = i < IMPORTANT ? 0 : NAME_MIN + 1;
		part->shown = size && used + size + spare <= room;
		if (part->shown)
			used += size + 1;
	}
	return used;
}

size_t status_line_print(const struct estimate_counts *counts, const struct estimate *estimate,
	int columns, char line[static STATUS_LINE_MAX])
{
	if (columns <= 1)
		return 0;
	struct part parts[PARTS] = {0};
	size_t room = (size_t)(columns < STATUS_LINE_COLUMNS ? columns : STATUS_LINE_COLUMNS) - 1;
	fill_parts(parts, counts, estimate, columns);
	size_t used = choose_parts(parts, room);
	char *end = line;
	for (size_t i = 0; i < PARTS; i++) {
		if (!parts[i].shown)
			continue;
		end = stpcpy(end, parts[i].text);
		*end++ = ' ';
	}
	if (counts->name && used + NAME_MIN <= room)
		return (size_t)(end - line) + shorten(counts->name, room - used, end);
	return end > line ? (size_t)(end - line) - 1 : 0;
}

/** Write a number, and of how many where that is known. @return the end */
static char *put_count(char *text, uint64_t done, uint64_t all, bool tell)
{
	text += sprintf(text, "%" PRIu64, done);
	return tell ? text + sprintf(text, " of %" PRIu64, all) : text;
}

char *status_line_tell(const struct estimate_counts *counts, double seconds)
{
	char *name = counts->name ? quote_shell(counts->name, false) : NULL;
	if (counts->name && !name)
		return NULL;
	char files[PART_MAX];
	char bytes[PART_MAX];
	char percent[PART_MAX] = "";
	char rate[PART_MAX] = "";
	char known[PART_MAX] = "";
	put_known(known, counts, ", ");
	put_count(files, counts->files_done, counts->files, tells_files(counts));
	put_count(bytes, counts->bytes_done, counts->bytes, tells_bytes(counts));
	if (estimate_percent(counts) >= 0)
		snprintf(percent, sizeof(percent), " (%d%%)", estimate_percent(counts));
	if (seconds > 0)
		put_bytes(rate, (double)counts->bytes_done / seconds, "/s");
	char *text;
	int size = asprintf(&text, "%s%s%s files, %s bytes%s, %.1f s%s%s%s%s",
		counts->scanning ? "scanning: " : "", known, files, bytes, percent, seconds,
		*rate ? ", " : "", rate, name ? ", " : "", name ? name : "");
	free(name);
	return size < 0 ? NULL : text;
}
