/*
 * A line is put together in one piece of memory that grows with the longest name. To a terminal no
 * byte of a name gets as it is but what the locale can print: a name may hold what would clear the
 * screen or paint another line. Into a file or a pipe the bytes are exact. JSON is put together
 * likewise, and escapes names itself.
 *
 * What was printed goes out before each message: where standard output and standard error are the
 * same, lines and messages stand in the same order in each run, that of sha512sum.
 *
 * JSON's last line is always there, also of a run that failed, as long as the output takes it:
 * where it is missing the output was cut off. Errors come as they are reported (ui/report.h).
 */
#include "output.h"

#include "json_lines.h"
#include "manifest/line.h"
#include "manifest/sealing.h"
#include "run.h"
#include "share.h"
#include "sys/signals.h"
#include "ui/progress.h"
#include "ui/quote.h"
#include "ui/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct output {
	const struct options *options;
	/** NULL where no results are printed. */
	struct tally *tally;
	/** What it writes to; NULL: standard output. */
	const char *path;
	struct writer *writer;
	bool terminal;
	/** What is printed with --verbose only; VERDICT_OK always is. */
	enum verdict hidden;
	/** Of lines, but for the tag. */
	struct line_format format;
	/** Room for a line. */
	char *line;
	size_t room;
	/** With --json: a line of that. */
	bool as_json;
	struct json json;
	/** For ui/report: what is done with messages until the last line is printed. */
	struct report_listener listener;
	/** Why a line is missing, or 0. */
	int error;
	/** NULL without annotations. */
	struct sealing *sealing;
};

/** Keep the error for the end. @return -1 with errno */
static int fail(struct output *output)
{
	output->error = errno;
	return -1;
}

/** End and write the line of JSON. @return 0, or -1 with errno */
static int put_json(struct output *output)
{
	if (json_end(&output->json) != 0)
		return fail(output);
	return writer_put(output->writer, output->json.text, output->json.size);
}

/** For ui/report: a message comes. That it could not be written is told at the end. */
static void pass_on(void *context)
{
	const struct output *output = context;
	if (!writer_is_file(output->writer))
		writer_flush(output->writer);
}

/** For ui/report: an error. That it could not be written is told at the end. */
static void put_error(void *context, const char *file, int error, const char *reason)
{
	struct output *output = context;
	json_lines_error(&output->json, file, error, reason);
	put_json(output);
}

/** Write JSON's last line. @return 0, or -1 with errno */
static int put_summary(struct output *output)
{
	report_listen(NULL);
	json_lines_summary(
		&output->json, output->options, output->tally, report_errors(), report_worst());
	return put_json(output);
}

int output_seal(struct output *output)
{
	output->sealing = sealing_new(output->options->algorithms.list[0]);
	return output->sealing ? 0 : -1;
}

/** Open an output. @return as output_open() */
static struct output *open_output(const struct options *options, const char *path, bool annotate)
{
	struct output *output = calloc(1, sizeof(*output));
	if (!output) {
		run_failed("cannot start");
		return NULL;
	}
	output->options = options;
	output->path = path;
	output->format = (struct line_format){
		.mode = options->binary ? '*' : ' ',
		.end = options->zero ? '\0' : '\n',
	};
	if (annotate && output_seal(output) != 0) {
		run_failed("cannot start");
		output_free(output);
		return NULL;
	}
	output->writer = run_open_output(path);
	if (!output->writer) {
		output_free(output);
		return NULL;
	}
	output->terminal = writer_is_terminal(output->writer);
	if (output->terminal)
		writer_before(output->writer, progress_hide);
	return output;
}

struct output *output_open(const struct options *options, struct tally *tally)
{
	bool annotate = options->annotate && options->mode == MODE_GENERATE;
	struct output *output = open_output(options, options->output, annotate);
	if (!output)
		return NULL;
	output->tally = tally;
	output->as_json = options->json;
	output->json.terminal = output->terminal;
	output->listener = (struct report_listener){
		.before = pass_on,
		.hear = options->json ? put_error : NULL,
		.context = output,
	};
	report_listen(&output->listener);
	return output;
}

struct output *output_open_manifest(const struct options *options, const char *path)
{
	return open_output(options, path, true);
}

struct writer *output_writer(const struct output *output)
{
	return output->writer;
}

/** Make room for a line of this many bytes. @return 0, or -1 with errno ENOMEM */
static int reserve(struct output *output, size_t bound)
{
	if (bound <= output->room)
		return 0;
	char *line = realloc(output->line, 2 * bound);
	if (!line)
		return fail(output);
	output->line = line;
	output->room = 2 * bound;
	return 0;
}

/** Write the line, its end included. @return 0, or -1 with errno */
static int put_line(struct output *output, size_t size)
{
	struct annotation annotation;
	if (output->sealing && sealing_take(output->sealing, output->line, size, &annotation) < 0)
		return fail(output);
	if (!output->terminal)
		return writer_put(output->writer, output->line, size);
	size_t shown_size;
	char *shown = quote_controls(output->line, size - 1, &shown_size);
	if (!shown)
		return fail(output);
	int status = writer_put(output->writer, shown, shown_size);
	free(shown);
	if (status != 0 || writer_put(output->writer, output->line + size - 1, 1) != 0)
		return -1;
	return writer_flush(output->writer);
}

/** Print the annotation of the line that follows. @return as output_file() */
static int put_annotation(struct output *output, const struct annotation *annotation)
{
	if (reserve(output, ANNOTATION_BOUND + annotation->more_size) != 0)
		return -1;
	return put_line(output, annotation_print(annotation, output->line));
}

/** Print the line of one algorithm. @return as output_file() */
static int put_entry(struct output *output, const struct digest_algorithm *algorithm,
	const unsigned char *digest, const struct record *record)
{
	const struct options *options = output->options;
	struct line_format format = output->format;
	if (options->tag || options->algorithms.count > 1)
		format.tag = algorithm->tag;
	if (reserve(output, line_bound(&format, algorithm->size, record->name_size)) != 0)
		return -1;
	return put_line(output,
		line_print(&format, digest, algorithm->size, record->name, record->name_size,
			output->line));
}

/** Print a record as JSON. @return as output_file() */
static int put_file(struct output *output, const struct record *record, uint64_t size)
{
	json_lines_file(&output->json, &output->options->algorithms, record, size);
	return put_json(output);
}

int output_record(struct output *output, const struct record *record)
{
	if (output->as_json)
		return put_file(output, record, record->annotation.size);
	const struct digest_set *algorithms = &output->options->algorithms;
	const unsigned char *digest = record->digest;
	if (output->sealing && record->annotated &&
		put_annotation(output, &record->annotation) != 0)
		return -1;
	for (size_t i = 0; i < algorithms->count; i++) {
		if (put_entry(output, algorithms->list[i], digest, record) != 0)
			return -1;
		digest += algorithms->list[i]->size;
	}
	return 0;
}

int output_file(struct output *output, const struct tree_entry *entry)
{
	const struct hasher_result *result = &entry->result;
	const struct record record = {
		.name = entry->path,
		.name_size = (uint32_t)entry->length,
		.digest = result->digest,
		/* A stream has no state. */
		.annotated = result->stamp.inode != 0,
		.annotation =
			{
				.size = result->stamp.size,
				.mtime = result->stamp.mtime,
				.ctime = result->stamp.ctime,
				.settled = result->settled,
				.young = result->young,
			},
	};
	if (output->as_json)
		return put_file(output, &record, result->size);
	return output_record(output, &record);
}

int output_text(struct output *output, const char *text, size_t size)
{
	for (const char *end; size > 0; size -= (size_t)(end - text), text = end) {
		end = memchr(text, '\n', size);
		end = end ? end + 1 : text + size;
		if (reserve(output, (size_t)(end - text)) != 0)
			return -1;
		memcpy(output->line, text, (size_t)(end - text));
		if (put_line(output, (size_t)(end - text)) != 0)
			return -1;
	}
	return 0;
}

void output_hide(struct output *output, enum verdict verdict)
{
	output->hidden = verdict;
}

/** Whether the options let a verdict be printed. */
static bool is_shown(const struct output *output, enum verdict verdict)
{
	const struct options *options = output->options;
	if (options->check_output == CHECK_STATUS)
		return false;
	if (options->mode == MODE_CHECK)
		return verdict != VERDICT_OK || options->check_output != CHECK_QUIET;
	if (verdict == VERDICT_OK || verdict == output->hidden)
		return options->verbose;
	return !options->report || options->report & 1U << verdict;
}

/** Print a result as a line. @param word what stands behind the name @return as output_file() */
static int put_result(struct output *output, const struct verdict_line *result, const char *word)
{
	const char *remark = result->remark ? result->remark : "";
	/* Around names, word and remark: a backslash, ": ", " from ", " (", ")" and a newline. */
	if (reserve(output,
		    2 * result->name_size + strlen(word) + 2 * result->from_size + strlen(remark) +
			    13) != 0)
		return -1;
	bool escape = line_name_is_special(result->name, result->name_size) ||
		(result->from && line_name_is_special(result->from, result->from_size));
	char *next = output->line;
	if (escape)
		*next++ = '\\';
	next += line_print_name(result->name, result->name_size, escape, next);
	next = stpcpy(stpcpy(next, ": "), word);
	if (result->from) {
		next = stpcpy(next, " from ");
		next += line_print_name(result->from, result->from_size, escape, next);
	}
	if (result->remark)
		next = stpcpy(stpcpy(stpcpy(next, " ("), remark), ")");
	*next++ = '\n';
	return put_line(output, (size_t)(next - output->line));
}

int output_result(struct output *output, const struct verdict_line *result)
{
	output->tally->verdicts[result->verdict]++;
	if (!is_shown(output, result->verdict))
		return 0;
	bool check = output->options->mode == MODE_CHECK;
	if (!output->as_json)
		return put_result(output, result, verdict_word(result->verdict, check));
	json_lines_result(&output->json, result);
	return put_json(output);
}

int output_bag(struct output *output, const struct verdict_bag_line *bag)
{
	enum options_check_output level = output->options->check_output;
	if (level == CHECK_STATUS || (level == CHECK_QUIET && bag->verdict == VERDICT_VALID))
		return 0;
	if (output->as_json) {
		json_lines_bag(&output->json, bag);
		return put_json(output);
	}
	const struct verdict_line line = {.name = bag->name, .name_size = strlen(bag->name)};
	return put_result(output, &line, verdict_bag_word(bag->verdict));
}

/** Print the seal. @return as output_file() */
static int put_seal(struct output *output)
{
	struct seal_shard shard = {0};
	if (output->options->shard.count &&
		share_describe(output->options, output->tally, &shard) != 0)
		return fail(output);
	sealing_shard(output->sealing, &shard);
	struct seal seal;
	if (sealing_seal(output->sealing, &seal) != 0 || reserve(output, ANNOTATION_BOUND) != 0)
		return fail(output);
	/* No line that is sealed: it goes past the sealing. */
	return writer_put(output->writer, output->line, annotation_print_seal(&seal, output->line));
}

int output_commit(struct output *output)
{
	if (output->error) {
		errno = output->error;
		return -1;
	}
	if (output->sealing && put_seal(output) != 0)
		return -1;
	if (output->tally)
		output->tally->complete = true;
	if ((!output->as_json || put_summary(output) == 0) && writer_commit(output->writer) == 0) {
		if (output->path)
			run_tell_lost(output->path, writer_lost(output->writer));
		return 0;
	}
	if (output->tally)
		output->tally->complete = false;
	return -1;
}

void output_free(struct output *output)
{
	if (!output)
		return;
	/* After a failed write this one fails, too. */
	if (output->as_json && !output->tally->complete && !signals_caught() &&
		put_summary(output) == 0)
		writer_flush(output->writer);
	if (output->tally)
		report_listen(NULL);
	writer_free(output->writer);
	sealing_free(output->sealing);
	json_free(&output->json);
	free(output->line);
	free(output);
}
