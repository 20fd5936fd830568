#include "tally_text.h"

#include "ui/units.h"

#include <inttypes.h>

/** "12345 files", "1 file" */
static void put_files(FILE *text, uint64_t files)
{
	fprintf(text, "%" PRIu64 " %s", files, files == 1 ? "file" : "files");
}

/** "3000 of 80000 files" */
static void put_files_of(FILE *text, uint64_t some, uint64_t files)
{
	fprintf(text, "%" PRIu64 " of ", some);
	/* What was counted may be more than what was known before. */
	put_files(text, some > files ? some : files);
}

/** Per cent, rounded down: 100 is all. @param all not 0 */
static int percent_of(uint64_t some, uint64_t all)
{
	if (some >= all)
		return 100;
	int percent = (int)(100 * ((double)some / (double)all));
	return percent > 99 ? 99 : percent;
}

void tally_text_resumed(
	FILE *text, const char *before, const struct tally *tally, uint64_t files, uint64_t bytes)
{
	char room[UNITS_ROOM];
	if (!tally->resumed_files && !tally->resumed_bytes)
		return;
	fprintf(text, "%sresumed: ", before);
	if (bytes)
		fprintf(text, "%d%% known (", percent_of(tally->resumed_bytes, bytes));
	else if (files)
		fprintf(text, "%d%% known (", percent_of(tally->resumed_files, files));
	put_files(text, tally->resumed_files);
	fprintf(text, ", %s", units_bytes(tally->resumed_bytes, room));
	fputs(bytes || files ? ")" : " known", text);
}

void tally_text_due(FILE *text, const char *before, const struct tally *tally, uint64_t files,
	int64_t now, bool asked)
{
	char room[UNITS_ROOM];
	if (!tally->due && !asked)
		return;
	fputs(before, text);
	put_files_of(text, tally->due, files);
	fputs(" due", text);
	if (!tally->due)
		return;
	if (tally->due_read)
		fprintf(text, ", %" PRIu64 " of them read", tally->due_read);
	/* A time in the future is none. */
	if (tally->oldest_read > 0 && tally->oldest_read <= now)
		fprintf(text, ", oldest reading %s ago",
			units_age((uint64_t)(now - tally->oldest_read), room));
	else
		fputs(", oldest reading unknown", text);
}

void tally_text_not_reached(
	FILE *text, const char *before, const struct tally *tally, uint64_t files)
{
	char room[UNITS_ROOM];
	if (!tally->not_reached)
		return;
	fprintf(text, "%stime ran out: ", before);
	put_files_of(text, tally->not_reached, files);
	/* Without a stamp the size of a file is not known. */
	if (tally->not_reached_bytes)
		fprintf(text, " (%s)", units_bytes(tally->not_reached_bytes, room));
	fputs(" not reached", text);
}

void tally_text_kept(
	FILE *text, const char *before, const struct tally *tally, const char *journal, bool update)
{
	char room[UNITS_ROOM];
	/* Of a large file in progress there are only bytes. */
	if (!tally->kept_files && !tally->kept_bytes)
		return;
	fputs(before, text);
	put_files(text, tally->kept_files);
	fprintf(text, " (%s) %s kept in %s: %s goes on", units_bytes(tally->kept_bytes, room),
		tally->kept_files == 1 ? "is" : "are", journal,
		update ? "the next --update" : "--resume");
}
