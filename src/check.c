/*
 * Manifests are checked one after the other, the files of each all at once:
 *
 *     manifest ──► lines ──► workers
 *                    └──► results, in the manifest's order
 *
 * Every line that has something to say stands in a table until it is its turn, with its result in
 * its node, and is forgotten then. A huge file at the head of a manifest keeps the lines behind it
 * waiting, and nothing else: the table grows to the size of the manifest at the most.
 *
 * A manifest that is annotated or sealed (manifest/sealing.h) is verified first: a regular file
 * before any file that it lists is read, by reading it twice. What comes through a pipe can only be
 * verified while it is read, and what is wrong with it is told at its end.
 *
 * With several algorithms, a file is read once for all of its lines: these share its node, which the
 * table of listed files keeps.
 *
 * If such a manifest is clearsigned, its seal is that of the text that is signed, and no line counts
 * that is not in there. In any other, armour is what it is to sha512sum: improperly formatted lines.
 */
#include "check.h"

#include "confine.h"
#include "listed_files.h"
#include "manifest/armour.h"
#include "manifest/catalog.h"
#include "manifest/line.h"
#include "manifest/reader.h"
#include "manifest/recognise.h"
#include "manifest/sealing.h"
#include "manifest/tag.h"
#include "mapped_names.h"
#include "operands.h"
#include "output.h"
#include "run.h"
#include "scan/scan.h"
#include "sys/io.h"
#include "sys/signals.h"
#include "ui/progress.h"
#include "ui/quote.h"
#include "ui/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** A line that has something to say. */
struct line {
	struct line *next;
	uint64_t number;
	/** Its file, until it is told, or NULL where it is improperly formatted. */
	struct node *node;
	/** As it is listed, owned, where --prefix-map has it looked for as another one; or NULL. */
	char *name;
	/** Whose digest it has. */
	const struct digest_algorithm *algorithm;
	unsigned char digest[];
};

/** A line as it is read. */
struct listed_entry {
	struct line_entry line;
	const struct digest_algorithm *algorithm;
};

/** A manifest that is checked. */
struct check {
	/** Common to all manifests. The style first seen in any of them holds, as in sha512sum. */
	const struct options *options;
	int interrupt_fd;
	struct tally *tally;
	struct output *output;
	/** One for each algorithm. */
	struct line_reader *formats;
	/** As it is named in messages, and that quoted. */
	const char *name;
	const char *quoted;
	bool standard_input;
	struct reader *reader;
	/** What it is verified by while it is read, or NULL; what stands around the text that is. */
	struct sealing *sealing;
	struct armour armour;
	/** It was verified already. */
	bool sound;
	/** What improper lines look like. */
	struct recogniser seen;
	/** The lines that have not been told yet. */
	struct line *lines;
	struct line **lines_end;
	struct tree tree;
	/** With several algorithms: its files; otherwise NULL. */
	struct listed_files *files;
	struct scan *scan;
	/** Why the manifest could not be read to its end, or 0. */
	int read_error;
	/** It was not, since nothing can be told any more. */
	bool given_up;
	/** With --shard: which one has a file; or NULL. */
	struct shard_finder *finder;
	/** With --prefix-map: what the listed names were mapped to. */
	struct mapped_names mapped;
	uint64_t proper;
	uint64_t improper;
	/** Proper lines that --exclude leaves out. */
	uint64_t excluded;
	/** Those of other shards. */
	uint64_t other_shards;
	uint64_t matched;
	uint64_t mismatched;
	uint64_t unreadable;
};

/** As it is listed. */
static const char *name_of(const struct line *line)
{
	return line->name ? line->name : line->node->name;
}

/** Print what came of a file. */
static void print_result(struct check *check, const struct line *line, enum verdict verdict)
{
	const char *name = name_of(line);
	/* Where this fails no line is taken any more, and it is told at the end, behind the warnings. */
	const struct verdict_line result = {
		.verdict = verdict,
		.name = name,
		.name_size = strlen(name),
		.algorithm = check->files ? line->algorithm->name : NULL,
	};
	output_result(check->output, &result);
}

/** Whether no result was printed for this file yet: a file is counted once, whatever lines list it. */
static bool is_first(const struct check *check, const struct line *line)
{
	return !check->files || listed_files_tell(line->node);
}

/** Tell that a file could not be read. */
static void tell_unreadable(
	struct check *check, const struct line *line, const struct hasher_result *result)
{
	if (check->options->ignore_missing && result->state == HASHER_FAILED &&
		result->error == ENOENT) {
		check->tally->skipped[TALLY_IGNORED] += is_first(check, line);
		return;
	}
	if (is_first(check, line)) {
		tally_result(check->tally, result);
		run_unread(name_of(line), result);
	}
	check->unreadable++;
	print_result(check, line, VERDICT_UNREADABLE);
}

/** Tell what came of a file that was hashed. */
static void tell_hashed(
	struct check *check, const struct line *line, const struct hasher_result *result)
{
	size_t offset = digest_set_offset(&check->options->algorithms, line->algorithm);
	bool same = memcmp(line->digest, result->digest + offset, line->algorithm->size) == 0;
	if (is_first(check, line)) {
		tally_result(check->tally, result);
		run_cached(check->tally, name_of(line), result);
	}
	if (same)
		check->matched++;
	else
		check->mismatched++;
	print_result(check, line, same ? VERDICT_OK : VERDICT_FAILED);
}

/** Tell what came of a line. */
static void tell(struct check *check, const struct line *line)
{
	struct hasher_result result;
	if (!line->node) {
		char tags[TAG_LIST];
		report_message("%s: %" PRIu64 ": improperly formatted %s checksum line",
			check->quoted, line->number, tag_list(&check->options->algorithms, tags));
		return;
	}
	tree_result(&check->tree, line->node, &result);
	if (result.state == HASHER_DONE)
		tell_hashed(check, line, &result);
	else
		tell_unreadable(check, line, &result);
}

/** Take the first line out of the table. */
static void forget_line(struct check *check)
{
	struct line *line = check->lines;
	check->lines = line->next;
	if (!check->lines)
		check->lines_end = &check->lines;
	if (line->node && check->files)
		listed_files_release(check->files, line->node);
	else if (line->node)
		tree_discard(&check->tree, line->node);
	free(line->name);
	free(line);
}

/** Tell of all lines whose turn it is: they are forgotten, for a list may have no end. */
static void tell_ready(struct check *check)
{
	while (check->lines) {
		const struct line *line = check->lines;
		if (line->node && line->node->state == HASHER_PENDING)
			return;
		tell(check, line);
		forget_line(check);
	}
}

/** Put a line into the table; the name becomes its own. @return 0, or -1 with errno ENOMEM */
static int add_line(struct check *check, uint64_t number, struct node *node, char *name,
	const struct listed_entry *entry)
{
	size_t digest_size = node ? entry->algorithm->size : 0;
	struct line *line = malloc(sizeof(*line) + digest_size);
	if (!line) {
		free(name);
		return -1;
	}
	line->next = NULL;
	line->number = number;
	line->node = node;
	line->name = name;
	if (node) {
		line->algorithm = entry->algorithm;
		memcpy(line->digest, entry->line.digest, digest_size);
	}
	/* For expected_digest(). */
	if (node && !check->files)
		node->context = line;
	*check->lines_end = line;
	check->lines_end = &line->next;
	return 0;
}

/** An improperly formatted line. @return 0, or -1 with errno ENOMEM */
static int take_improper(struct check *check, uint64_t number)
{
	check->improper++;
	check->tally->malformed++;
	if (check->options->check_output != CHECK_WARN)
		return 0;
	/* Usually it is its turn already: a file full of such lines takes no memory. */
	if (check->lines)
		return add_line(check, number, NULL, NULL, NULL);
	const struct line line = {.number = number};
	tell(check, &line);
	return 0;
}

/** Whether an entry belongs to another shard, which is counted. @return 1, 0, or -1 with errno */
static int is_of_other_shard(struct check *check, const struct line_entry *entry)
{
	const struct shard *shard = &check->options->shard;
	if (!shard->count)
		return 0;
	uint32_t index = shard_find(check->finder, entry->name, entry->name_size, shard->count);
	if (index == 0)
		return -1;
	check->tally->skipped[TALLY_SHARD] += index != shard->index;
	check->other_shards += index != shard->index;
	return index != shard->index;
}

/** Make a node to be read. @return NULL with errno ENOMEM */
static struct node *new_node(struct check *check, const char *path)
{
	struct node *node = tree_new(&check->tree, NULL, path, strlen(path));
	if (!node || !check->files || listed_files_add(check->files, node) == 0)
		return node;
	tree_discard(&check->tree, node);
	return NULL;
}

/**
 * Take an entry.
 *
 * @param node set to its file, or to NULL where that is read for another line, or was, or is another
 * shard's
 * @return 0, or -1 with errno
 */
static int take_entry(
	struct check *check, uint64_t number, const struct listed_entry *entry, struct node **node)
{
	char *mapped, *name = NULL;
	/* Two names that become one are told by each shard. */
	int other = mapped_names_add(&check->mapped, &entry->line, &mapped) == 0
		? is_of_other_shard(check, &entry->line)
		: -1;
	if (other != 0 || (mapped && !(name = strdup(entry->line.name)))) {
		free(mapped);
		return other > 0 ? 0 : -1;
	}
	const char *path = mapped ? mapped : entry->line.name;
	struct node *shared = check->files ? listed_files_find(check->files, path) : NULL;
	*node = shared ? NULL : new_node(check, path);
	free(mapped);
	if (!shared && !*node) {
		free(name);
		return -1;
	}
	if (add_line(check, number, shared ? shared : *node, name, entry) != 0)
		return -1;
	/* No result will come for it. */
	if (shared)
		tell_ready(check);
	return 0;
}

/**
 * Have the next line verified.
 *
 * @param line the escape is taken off that it has in a signed text
 * @param counts set to whether it can be an entry
 * @return 0, or -1 with errno
 */
static int take_sealed(struct check *check, char **line, size_t *size, bool *counts)
{
	struct annotation annotation;
	char *text = *line;
	size_t text_size = *size;
	enum armour_part part = armour_take(&check->armour, &text, &text_size);
	*counts = part == ARMOUR_TEXT || !check->armour.whole;
	if (*counts && sealing_take(check->sealing, text, text_size, &annotation) < 0)
		return -1;
	if (check->sound || sealing_is_expected(check->sealing)) {
		*line = text;
		*size = text_size;
	} else {
		*counts = true;
	}
	return 0;
}

/** Parse a line as one of any of the algorithms. */
static enum line_kind parse_any(
	struct check *check, char *line, size_t size, bool counts, struct listed_entry *entry)
{
	const struct digest_set *algorithms = &check->options->algorithms;
	enum line_kind kind = LINE_MALFORMED;
	for (size_t i = 0; i < algorithms->count && kind == LINE_MALFORMED; i++) {
		/* What does not count must not set the style of what does. */
		struct line_reader other = check->formats[i];
		entry->algorithm = algorithms->list[i];
		kind = line_parse(counts ? &check->formats[i] : &other, line, size, &entry->line);
	}
	return kind;
}

/** Parse a line. */
static enum line_kind parse_line(
	struct check *check, char *line, size_t size, bool counts, struct listed_entry *entry)
{
	if (!line)
		return LINE_MALFORMED;
	enum line_kind kind = parse_any(check, line, size, counts, entry);
	const struct line_entry *parsed = &entry->line;
	/* Standard input cannot be both the manifest and one of its files. */
	bool is_manifest =
		kind == LINE_ENTRY && check->standard_input && strcmp(parsed->name, "-") == 0;
	if (kind == LINE_ENTRY && counts && !is_manifest)
		recognise_entry(&check->seen, line, parsed->name);
	else if (kind == LINE_ENTRY)
		return LINE_MALFORMED;
	else if (kind == LINE_MALFORMED)
		recognise_improper(&check->seen, line, size);
	return kind;
}

/** Whether --exclude leaves out an entry, which is counted. @return 1, 0, or -1 with errno ENOMEM */
static int is_excluded(struct check *check, const struct line_entry *entry)
{
	if (!check->options->filter)
		return 0;
	char *key = malloc(entry->name_size + 1);
	if (!key)
		return -1;
	catalog_key(entry->name, entry->name_size, key);
	bool excluded = filter_excludes_listed(check->options->filter, key);
	free(key);
	check->tally->skipped[TALLY_EXCLUDED] += excluded;
	check->excluded += excluded;
	return excluded;
}

/**
 * Take one line of the manifest.
 *
 * @return 1 with a node, or with NULL where there is none to read; 0 at the end, or -1 with errno
 */
static int take_line(struct check *check, struct node **node)
{
	char *text;
	size_t size;
	uint64_t number;
	int got = reader_next(check->reader, &text, &size, &number);
	if (got <= 0)
		return got;
	bool counts = true;
	if (check->sealing && take_sealed(check, &text, &size, &counts) != 0)
		return -1;
	*node = NULL;
	struct listed_entry entry;
	switch (parse_line(check, text, size, counts, &entry)) {
	case LINE_IGNORED:
		return 1;
	case LINE_MALFORMED:
		return take_improper(check, number) == 0 ? 1 : -1;
	case LINE_ENTRY:
		break;
	}
	check->proper++;
	int excluded = is_excluded(check, &entry.line);
	if (excluded != 0)
		return excluded;
	return take_entry(check, number, &entry, node) == 0 ? 1 : -1;
}

/** For the scan: the next listed file. */
static int next_node(void *context, struct node **node)
{
	struct check *check = context;
	int got;
	check->given_up |= writer_failed(output_writer(check->output));
	if (check->read_error || check->given_up)
		return 0;
	do {
		got = take_line(check, node);
	} while (got > 0 && !*node);
	/* Results of files that were read before, and the list has no more now. */
	if (got < 0 && errno == EAGAIN && check->files) {
		writer_flush(output_writer(check->output));
		errno = EAGAIN;
	}
	if (got < 0 && errno != EAGAIN && errno != ENOMEM) {
		check->read_error = errno;
		return 0;
	}
	return got;
}

/** For the scan: the digest that is listed for a file. */
static const unsigned char *expected_digest(void *context, const struct node *node)
{
	const struct line *line = node->context;
	(void)context;
	return line->digest;
}

/** For the progress: how far it is. Of files that were not read in a list nothing is known. */
static void count(void *context, struct estimate_counts *counts)
{
	struct check *check = context;
	run_count(check->scan, &check->tree, NULL, reader_part(check->reader), counts);
}

/** Hash all files that are listed, and tell. @return 0, or -1, which was reported */
static int compare(struct check *check)
{
	const struct run_waiting waiting = {
		.options = check->options, .writer = output_writer(check->output)};
	struct node *node;
	struct hasher_result result;
	int got;
	while ((got = run_next(&waiting, check->scan, &node, &result)) > 0) {
		if (tree_set_result(&check->tree, node, &result) != 0)
			return run_failed("cannot go on");
		tell_ready(check);
	}
	if (got == 0)
		tell_ready(check);
	return got;
}

/** One of the closing warnings, in GNU's words. */
static void warn(uint64_t count, const char *one, const char *many)
{
	if (count)
		report_message("WARNING: %" PRIu64 " %s", count, count == 1 ? one : many);
}

/** Whether a seal is that of a manifest of any of the algorithms. */
static bool is_asked(const struct check *check, const struct seal *seal)
{
	const struct digest_set *algorithms = &check->options->algorithms;
	for (size_t i = 0; i < algorithms->count; i++) {
		if (sealing_is_of(seal, algorithms->list[i]))
			return true;
	}
	return false;
}

/** Whether a manifest is as it was when it was sealed; where not, that is reported. */
static bool is_sound(const struct check *check)
{
	struct seal seal;
	char room[64];
	enum sealing_verdict verdict = sealing_verdict(check->sealing, &seal);
	const char *reason = sealing_reason(verdict);
	if (verdict == SEALING_SOUND && !is_asked(check, &seal))
		reason = sealing_algorithm_reason(&seal, room);
	if (reason)
		report_file_reason(check->name, reason);
	return !reason;
}

/** What is to be said of the whole manifest. @return whether all is well */
static bool conclude(const struct check *check)
{
	const struct options *options = check->options;
	if (check->read_error) {
		char reason[128];
		snprintf(reason, sizeof(reason), "read error: %s", strerror(check->read_error));
		report_file_reason(check->name, reason);
		return false;
	}
	/* That another shard has all that it lists is no failure. */
	bool nothing =
		check->other_shards && check->proper == check->other_shards + check->excluded;
	bool verified = check->matched || nothing;
	bool sound = !check->sealing || check->given_up || is_sound(check);
	if (!check->proper && sound)
		report_file_reason(check->name, "no properly formatted checksum lines found");
	if (check->proper && options->check_output != CHECK_STATUS) {
		warn(check->improper, "line is improperly formatted",
			"lines are improperly formatted");
		warn(check->unreadable, "listed file could not be read",
			"listed files could not be read");
		warn(check->mismatched, "computed checksum did NOT match",
			"computed checksums did NOT match");
		if (options->ignore_missing && !verified)
			report_file_reason(check->name, "no file was verified");
	}
	if (check->proper && check->proper == check->excluded)
		report_file_reason(check->name, "the patterns leave out all that it lists");
	/* Of a seal's algorithm it was told. */
	bool told = !sound && sealing_verdict(check->sealing, NULL) == SEALING_SOUND;
	if (!told && (!sound || check->improper || check->unreadable || !verified))
		run_tell_recognised(options, check->name, &check->seen);
	return sound && verified && !check->mismatched && !check->unreadable &&
		!(options->strict && check->improper);
}

/** Before the first line. */
static void start_lines(struct check *check)
{
	check->armour = (struct armour){0};
	check->seen = (struct recogniser){
		.asked = check->options->algorithms.list[0],
		.set = &check->options->algorithms,
		.other_tags = check->formats[0].other_tags,
	};
}

/** Take all lines for the seal alone. @return 0, or -1 with errno */
static int read_ahead(struct check *check)
{
	char *line;
	size_t size;
	uint64_t number;
	int got;
	while ((got = reader_next(check->reader, &line, &size, &number)) > 0) {
		bool counts;
		/* Armour, which may be why there is no sound seal. */
		if (line && line[0] == '-')
			recognise_improper(&check->seen, line, size);
		if (take_sealed(check, &line, &size, &counts) != 0)
			return -1;
		if (signals_caught()) {
			errno = EINTR;
			return -1;
		}
		run_answer();
	}
	return got;
}

/**
 * Verify a manifest before its files are read, if it can be read twice.
 *
 * @return 1 where its files are to be checked, 0 where it is refused, or -1 where the run cannot go
 *         on; both were reported
 */
static int verify(struct check *check)
{
	if (check->options->no_seal)
		return 1;
	check->sealing = sealing_new(NULL);
	if (!check->sealing)
		return run_failed("cannot start");
	if (reader_rewind(check->reader) != 0)
		return 1;
	run_reading(&check->name);
	bool failed = read_ahead(check) != 0;
	progress_end();
	if (failed && signals_caught())
		return run_failed("cannot go on");
	enum sealing_verdict verdict = sealing_verdict(check->sealing, NULL);
	if (failed && verdict != SEALING_PLAIN) {
		check->read_error = errno;
		return 1;
	}
	if (!is_sound(check)) {
		run_tell_recognised(check->options, check->name, &check->seen);
		return 0;
	}
	sealing_free(check->sealing);
	start_lines(check);
	check->sound = verdict == SEALING_SOUND;
	/* Once more: it may be altered between the two readings. */
	check->sealing = verdict == SEALING_SOUND ? sealing_new(NULL) : NULL;
	if (reader_rewind(check->reader) != 0 || (verdict == SEALING_SOUND && !check->sealing))
		return run_failed("cannot start");
	return 1;
}

/** Check one manifest that is open. @return 0, or -1 where the run cannot go on, which was reported
 */
static int check_open(struct check *check)
{
	struct scan_source source = {
		.next = next_node,
		.expected = expected_digest,
		.context = check,
		.fd = reader_fd(check->reader),
	};
	int verified = verify(check);
	if (verified <= 0)
		return verified;
	struct run_scan scan = {
		.sandbox = confine_readers(check->options, output_writer(check->output), NULL),
		.interrupt_fd = check->interrupt_fd,
		.streams = true,
	};
	check->scan = run_scan(check->options, &scan, &check->tree, &source);
	if (!check->scan)
		return -1;
	progress_begin(count, check);
	int status = compare(check);
	progress_end();
	if (status != 0)
		return -1;
	if (!conclude(check))
		report_failure();
	return 0;
}

/** With several algorithms: have lines share their files. @return 0, or -1, which was reported */
static int prepare_files(struct check *check)
{
	if (check->options->algorithms.count == 1)
		return 0;
	check->files = listed_files_new(&check->tree);
	return check->files ? 0 : run_failed("cannot start");
}

/**
 * Check one manifest.
 *
 * @param common what all manifests have in common
 * @return as check_open()
 */
static int check_manifest(const struct check *common, const char *path)
{
	struct check check = *common;
	check.standard_input = strcmp(path, "-") == 0;
	check.name = check.standard_input ? "standard input" : path;
	check.reader = reader_open(check.standard_input ? NULL : path, '\n');
	if (!check.reader) {
		int error = errno;
		report_file(path, error);
		run_tell_where(check.options, path, error);
		return 0;
	}
	struct stamp file = reader_file(check.reader);
	if (run_replaces_manifest(output_writer(check.output), check.name, &file)) {
		reader_free(check.reader);
		writer_discard(output_writer(check.output));
		return -1;
	}
	char *quoted = quote_shell(check.name, false);
	check.quoted = quoted ? quoted : "(no memory for the name)";
	check.lines_end = &check.lines;
	start_lines(&check);
	tree_begin(&check.tree, false, check.options->algorithms.size);
	int status = prepare_files(&check) == 0 ? check_open(&check) : -1;
	if (status != 0) {
		/* First what would be left behind: workers may take their time. */
		writer_discard(output_writer(check.output));
		signals_release();
	}
	scan_free(check.scan);
	while (check.lines)
		forget_line(&check);
	listed_files_free(check.files);
	tree_free(&check.tree);
	mapped_names_free(&check.mapped);
	sealing_free(check.sealing);
	reader_free(check.reader);
	free(quoted);
	return status;
}

/** Check all manifests. @return 0, or -1 where the run cannot go on, which was reported */
static int check_all(const struct check *common, struct operands *operands)
{
	const char *path;
	int got;
	while ((got = operands_next(operands, &path)) != 0) {
		if (got > 0 && check_manifest(common, path) != 0)
			return -1;
		/* The caller tells it. */
		if (writer_failed(output_writer(common->output)))
			return 0;
		if (got < 0 && errno != EAGAIN)
			return -1;
		if (got < 0 &&
			io_wait_readable(operands_fd(operands), common->interrupt_fd, -1) != 0)
			return run_failed("cannot go on");
		run_answer();
	}
	return 0;
}

void check(const struct options *options, int interrupt_fd, struct tally *tally)
{
	struct line_reader formats[DIGEST_SET_COUNT];
	for (size_t i = 0; i < options->algorithms.count; i++) {
		const struct digest_algorithm *algorithm = options->algorithms.list[i];
		formats[i] = (struct line_reader){
			.tag = algorithm->tag,
			.digest_size = algorithm->size,
			/* sha512sum knows no other. */
			.other_tags = options->algorithm_given ? tag_others(algorithm) : NULL,
			.only_tagged = options->algorithms.count > 1,
		};
	}
	struct check common = {
		.options = options,
		.interrupt_fd = interrupt_fd,
		.tally = tally,
		.formats = formats,
		.mapped = {.map = &options->prefix_map},
		.output = output_open(options, tally),
	};
	if (common.output && options->shard.count && !(common.finder = shard_finder_new())) {
		run_failed("cannot start");
		output_free(common.output);
		return;
	}
	struct operands *operands = common.output ? operands_open(options) : NULL;
	if (operands && run_change_directory(options) == 0 && check_all(&common, operands) == 0 &&
		output_commit(common.output) != 0)
		run_write_failed(options);
	output_free(common.output);
	operands_free(operands);
	shard_finder_free(common.finder);
}
