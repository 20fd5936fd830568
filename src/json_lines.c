#include "json_lines.h"

#include "sys/errno_name.h"

#include <string.h>

static void begin(struct json *json, const char *type)
{
	json_begin(json);
	json_text(json, "type", type);
}

void json_lines_file(struct json *json, const struct digest_algorithm *algorithm,
	const struct record *record, uint64_t size)
{
	begin(json, "file");
	json_bytes(json, "path", record->name, record->name_size);
	json_hex(json, algorithm->name, record->digest, algorithm->size);
	json_integer(json, "size", size);
	if (record->annotated)
		json_time(json, "mtime", &record->annotation.mtime);
}

void json_lines_result(struct json *json, const struct verdict_line *result)
{
	begin(json, "result");
	json_bytes(json, "path", result->name, result->name_size);
	json_text(json, "status", verdict_name(result->verdict));
	if (result->from)
		json_bytes(json, "from", result->from, result->from_size);
	if (result->remark)
		json_text(json, "remark", result->remark);
}

void json_lines_error(struct json *json, const char *file, int error, const char *reason)
{
	begin(json, "error");
	if (file)
		json_bytes(json, "path", file, strlen(file));
	const char *name = errno_name(error);
	if (name)
		json_text(json, "errno", name);
	json_text(json, "message", reason);
}

/** Add the numbers of long jobs. */
static void put_long_job(
	struct json *json, const struct options *options, const struct tally *tally)
{
	if (options->resume || tally->resumed_files || tally->resumed_bytes) {
		json_integer(json, "resumed_files", tally->resumed_files);
		json_integer(json, "resumed_bytes", tally->resumed_bytes);
	}
	if (options->reread || tally->due) {
		json_integer(json, "due", tally->due);
		json_integer(json, "due_read", tally->due_read);
	}
	if (tally->due && tally->oldest_read > 0)
		json_integer(json, "oldest_read", (uint64_t)tally->oldest_read);
	if (options->for_seconds || tally->not_reached) {
		json_integer(json, "not_reached", tally->not_reached);
		json_integer(json, "not_reached_bytes", tally->not_reached_bytes);
	}
	if (tally->kept_files || tally->kept_bytes) {
		json_integer(json, "kept_files", tally->kept_files);
		json_integer(json, "kept_bytes", tally->kept_bytes);
	}
}

void json_lines_summary(struct json *json, const struct options *options, const struct tally *tally,
	uint64_t errors, int status)
{
	begin(json, "summary");
	json_integer(json, "files", tally->files);
	json_integer(json, "bytes", tally_read(tally));
	if (options->mode != MODE_GENERATE) {
		json_integer(json, "reused", tally->reused);
		json_open(json, "results");
		for (enum verdict verdict = 0; verdict < VERDICTS; verdict++) {
			/* What --dry-run says stands where it is said. */
			if (verdict <= VERDICT_UNREADABLE || tally->verdicts[verdict])
				json_integer(json, verdict_name(verdict), tally->verdicts[verdict]);
		}
		json_close(json);
		json_integer(json, "malformed", tally->malformed);
	}
	json_integer(json, "errors", errors);
	json_open(json, "error_kinds");
	for (enum tally_error kind = 0; kind < TALLY_ERRORS; kind++)
		json_integer(json, tally_error_name(kind), tally->errors[kind]);
	/* A manifest that cannot be opened, a write that failed. */
	uint64_t counted = tally_errors(tally);
	json_integer(json, "other", errors > counted ? errors - counted : 0);
	json_close(json);
	json_integer(json, "skipped", tally_skipped(tally));
	json_open(json, "skipped_kinds");
	for (enum tally_skip kind = 0; kind < TALLY_SKIPS; kind++)
		json_integer(json, tally_skip_name(kind), tally->skipped[kind]);
	json_close(json);
	put_long_job(json, options, tally);
	json_flag(json, "complete", tally->complete);
	struct timespec elapsed = tally_elapsed(tally);
	json_time(json, "seconds", &elapsed);
	json_integer(json, "status", (uint64_t)status);
}
