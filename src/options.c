#include "options.h"

#include "contradiction.h"
#include "patterns.h"
#include "ui/quote.h"
#include "ui/report.h"
#include "values.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Long options without a letter. */
enum {
	OPTION_ACCEPT = CHAR_MAX + 1,
	OPTION_ANNOTATE,
	OPTION_APPEND_ONLY,
	OPTION_AUDIT,
	OPTION_BACKUP,
	OPTION_DIFF,
	OPTION_ENGINE,
	OPTION_DEBUG,
	OPTION_EXCLUDE,
	OPTION_EXCLUDE_FROM,
	OPTION_FILES0_FROM,
	OPTION_FOR,
	OPTION_HELP,
	OPTION_IGNORE_CTIME,
	OPTION_IGNORE_MISSING,
	OPTION_INCLUDE,
	OPTION_JSON,
	OPTION_MERGE,
	OPTION_NO_SEAL,
	OPTION_PREFIX_MAP,
	OPTION_PROGRESS,
	OPTION_QUIET,
	OPTION_REPORT,
	OPTION_REREAD,
	OPTION_RESUME,
	OPTION_SHARD,
	OPTION_STATUS,
	OPTION_STRICT,
	OPTION_SUMMARY,
	OPTION_TAG,
	OPTION_TIMEOUT,
	OPTION_UNCACHED,
	OPTION_UNSORTED,
	OPTION_UPDATE,
	OPTION_VERSION,
};

static const char short_options[] = "a:bcj:no:tvwxzC:LP";

/** GNU's own come first: abbreviations are looked for among them before all others. */
#define GNU_OPTIONS 12

static const struct option long_options[] = {
	{"check", no_argument, NULL, 'c'},
	{"ignore-missing", no_argument, NULL, OPTION_IGNORE_MISSING},
	{"quiet", no_argument, NULL, OPTION_QUIET},
	{"status", no_argument, NULL, OPTION_STATUS},
	{"warn", no_argument, NULL, 'w'},
	{"strict", no_argument, NULL, OPTION_STRICT},
	{"binary", no_argument, NULL, 'b'},
	{"tag", no_argument, NULL, OPTION_TAG},
	{"text", no_argument, NULL, 't'},
	{"zero", no_argument, NULL, 'z'},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"accept", required_argument, NULL, OPTION_ACCEPT},
	{"algorithm", required_argument, NULL, 'a'},
	{"annotate", no_argument, NULL, OPTION_ANNOTATE},
	{"append-only", no_argument, NULL, OPTION_APPEND_ONLY},
	{"audit", required_argument, NULL, OPTION_AUDIT},
	{"backup", no_argument, NULL, OPTION_BACKUP},
	{"debug", no_argument, NULL, OPTION_DEBUG},
	{"dereference", no_argument, NULL, 'L'},
	{"diff", no_argument, NULL, OPTION_DIFF},
	{"directory", required_argument, NULL, 'C'},
	{"dry-run", no_argument, NULL, 'n'},
	{"engine", required_argument, NULL, OPTION_ENGINE},
	{"exclude", required_argument, NULL, OPTION_EXCLUDE},
	{"exclude-from", required_argument, NULL, OPTION_EXCLUDE_FROM},
	{"files0-from", required_argument, NULL, OPTION_FILES0_FROM},
	{"for", required_argument, NULL, OPTION_FOR},
	{"ignore-ctime", no_argument, NULL, OPTION_IGNORE_CTIME},
	{"include", required_argument, NULL, OPTION_INCLUDE},
	{"jobs", required_argument, NULL, 'j'},
	{"json", no_argument, NULL, OPTION_JSON},
	{"merge", no_argument, NULL, OPTION_MERGE},
	{"no-seal", no_argument, NULL, OPTION_NO_SEAL},
	{"one-file-system", no_argument, NULL, 'x'},
	{"output", required_argument, NULL, 'o'},
	{"prefix-map", required_argument, NULL, OPTION_PREFIX_MAP},
	{"progress", optional_argument, NULL, OPTION_PROGRESS},
	{"report", required_argument, NULL, OPTION_REPORT},
	{"reread", required_argument, NULL, OPTION_REREAD},
	{"resume", no_argument, NULL, OPTION_RESUME},
	{"shard", required_argument, NULL, OPTION_SHARD},
	{"summary", no_argument, NULL, OPTION_SUMMARY},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"uncached", no_argument, NULL, OPTION_UNCACHED},
	{"unsorted", no_argument, NULL, OPTION_UNSORTED},
	{"update", required_argument, NULL, OPTION_UPDATE},
	{"verbose", no_argument, NULL, 'v'},
	{0},
};

/** GNU's options as they are written out; getopt_long takes no constants. */
static char gnu_names[GNU_OPTIONS][sizeof("--ignore-missing")] = {
	"--check",
	"--ignore-missing",
	"--quiet",
	"--status",
	"--warn",
	"--strict",
	"--binary",
	"--tag",
	"--text",
	"--zero",
	"--help",
	"--version",
};

/** Take an option that says what to do. @return 0 */
static int take_mode(
	struct options *options, struct contradiction_seen *seen, enum options_mode mode)
{
	seen->modes = seen->modes || (options->mode != MODE_GENERATE && options->mode != mode) ||
		(options->manifest && mode != MODE_CHECK && options->manifest != optarg);
	/* Of several the exit status is that of a comparison. */
	if (!seen->modes || mode != MODE_CHECK)
		options->mode = mode;
	if (mode == MODE_AUDIT || mode == MODE_UPDATE)
		options->manifest = optarg;
	return 0;
}

/** Take an option that has an argument. @return 0, or -1 where that is no good, which is reported
 */
static int take_argument(struct options *options, int option)
{
	switch (option) {
	case 'a':
		options->algorithm_given = true;
		return value_algorithm(optarg, &options->algorithm);
	case 'C':
		options->directory = optarg;
		return 0;
	case 'j':
		return value_number("number of jobs", optarg, 4096, &options->jobs);
	case 'o':
		options->output = optarg;
		return 0;
	case OPTION_ENGINE:
		return value_engine(optarg, &options->engine);
	case OPTION_FILES0_FROM:
		options->files0_from = optarg;
		return 0;
	case OPTION_FOR:
		return value_duration("duration", optarg, 1, &options->for_seconds);
	case OPTION_REREAD:
		options->reread = true;
		return value_duration("age", optarg, 0, &options->reread_age);
	case OPTION_ACCEPT:
		return accept_parse(&options->accept, optarg);
	case OPTION_PREFIX_MAP:
		return prefix_map_add(&options->prefix_map, optarg);
	case OPTION_REPORT:
		return value_report(optarg, &options->report);
	case OPTION_SHARD:
		return shard_parse(&options->shard, optarg);
	case OPTION_PROGRESS:
		return value_progress(optarg, &options->progress);
	case OPTION_TIMEOUT:
		/* In milliseconds it has to fit an int. */
		return value_number("time-out", optarg, INT_MAX / 1000, &options->timeout);
	default:
		/* It was said what is wrong. */
		return -1;
	}
}

/** Take an option about what is below a directory. @return as take_argument() */
static int take_selection(struct options *options, struct contradiction_seen *seen, int option)
{
	switch (option) {
	case 'x':
		options->one_file_system = true;
		return 0;
	case OPTION_EXCLUDE_FROM:
		seen->input_patterns |= strcmp(optarg, "-") == 0;
		seen->bad_patterns = patterns_read(&options->filter, optarg) != 0;
		return seen->bad_patterns ? -1 : 0;
	case OPTION_EXCLUDE:
	case OPTION_INCLUDE:
		return patterns_add(&options->filter, optarg, option == OPTION_INCLUDE);
	default:
		options->dereference = option == 'L';
		return 0;
	}
}

/** Take an option of updates and long jobs, or one that has an argument. @return as take_argument()
 */
static int take_update(struct options *options, int option)
{
	switch (option) {
	case OPTION_RESUME:
		options->resume = true;
		return 0;
	case OPTION_UNCACHED:
		options->uncached = true;
		return 0;
	case OPTION_APPEND_ONLY:
		options->append_only = true;
		return 0;
	case OPTION_BACKUP:
		options->backup = true;
		return 0;
	case OPTION_IGNORE_CTIME:
		options->ignore_ctime = true;
		return 0;
	case 'n':
		options->dry_run = true;
		return 0;
	default:
		return take_argument(options, option);
	}
}

/** Note that an option was given. */
static void note_option(struct contradiction_seen *seen, int option)
{
	const struct option *at = long_options;
	while (at->name && at->val != option)
		at++;
	/* -P has no other name. */
	contradiction_note(seen, at->name ? at->name : "P");
}

/** Take one option. @return 0, or -1 where it is wrong, which was reported */
static int take_option(struct options *options, struct contradiction_seen *seen, int option)
{
	if (option != '?')
		note_option(seen, option);
	switch (option) {
	case 'b':
		seen->mode = true;
		seen->text = false;
		options->binary = true;
		return 0;
	case 't':
		seen->mode = true;
		seen->text = true;
		options->binary = false;
		return 0;
	case OPTION_TAG:
		seen->text = false;
		options->tag = true;
		return 0;
	case 'c':
		return take_mode(options, seen, MODE_CHECK);
	case OPTION_AUDIT:
		return take_mode(options, seen, MODE_AUDIT);
	case OPTION_UPDATE:
		return take_mode(options, seen, MODE_UPDATE);
	case OPTION_DIFF:
		return take_mode(options, seen, MODE_DIFF);
	case OPTION_MERGE:
		return take_mode(options, seen, MODE_MERGE);
	case OPTION_ANNOTATE:
		options->annotate = true;
		return 0;
	case 'v':
		options->verbose = true;
		return 0;
	case 'w':
		options->check_output = CHECK_WARN;
		return 0;
	case OPTION_QUIET:
		options->check_output = CHECK_QUIET;
		return 0;
	case OPTION_STATUS:
		options->check_output = CHECK_STATUS;
		return 0;
	case OPTION_IGNORE_MISSING:
		options->ignore_missing = true;
		return 0;
	case OPTION_STRICT:
		options->strict = true;
		return 0;
	case OPTION_NO_SEAL:
		options->no_seal = true;
		return 0;
	case 'z':
		options->zero = true;
		return 0;
	case OPTION_UNSORTED:
		options->unsorted = true;
		return 0;
	case OPTION_JSON:
		options->json = true;
		return 0;
	case OPTION_SUMMARY:
		options->summary = true;
		return 0;
	case OPTION_DEBUG:
		options->debug = true;
		return 0;
	case 'x':
	case 'L':
	case 'P':
	case OPTION_EXCLUDE:
	case OPTION_EXCLUDE_FROM:
	case OPTION_INCLUDE:
		return take_selection(options, seen, option);
	default:
		return take_update(options, option);
	}
}

/**
 * Write out an abbreviation of one of GNU's options, where no other of those begins alike: it keeps
 * GNU's meaning whatever other options there are.
 */
static void expand_abbreviation(int argc, char **argv)
{
	int at = optind;
	while (at < argc && (argv[at][0] != '-' || !argv[at][1]))
		at++;
	if (at == argc || argv[at][1] != '-' || !argv[at][2])
		return;
	const char *name = argv[at] + 2;
	const struct option *found = NULL;
	for (size_t i = 0; long_options[i].name; i++) {
		bool begins = strncmp(long_options[i].name, name, strlen(name)) == 0;
		if (strcmp(long_options[i].name, name) == 0 || (begins && i < GNU_OPTIONS && found))
			return;
		if (begins && i < GNU_OPTIONS)
			found = &long_options[i];
	}
	if (found)
		argv[at] = gnu_names[found - long_options];
}

/**
 * Report an option that is a byte which is not printable ASCII, as getopt_long does, but by its number if a
 * terminal would obey it.
 *
 * @return whether that is what is wrong
 */
static bool report_wrong_byte(void)
{
	/* It was a char, signed or not; those of long options are greater. */
	unsigned char byte = (unsigned char)optopt;
	if (optopt == 0 || optopt > CHAR_MAX || (byte >= ' ' && byte <= '~'))
		return false;
	bool is_control = byte < ' ' || (byte >= 0x7f && byte < 0xa0);
	report_message(is_control ? "invalid option -- '\\%03o'" : "invalid option -- '%c'", byte);
	return true;
}

/**
 * Let getopt_long say what is wrong with the command line, in its words, but not with what a
 * terminal would obey, or with lines of the user's own: it prints options as they stand. So it is
 * given others.
 */
static void report_wrong(int argc, char **argv)
{
	char **shown = calloc((size_t)argc + 1, sizeof(*shown));
	for (int i = 0; shown && i < argc; i++) {
		size_t size;
		shown[i] = quote_controls(argv[i], strlen(argv[i]), &size);
		if (!shown[i])
			break;
	}
	if (shown && shown[argc - 1]) {
		int option;
		/* From the start. */
		optind = 0;
		opterr = 1;
		do {
			option = getopt_long(argc, shown, short_options, long_options, NULL);
		} while (option != '?' && option != -1);
	} else {
		report_message("invalid option");
	}
	for (int i = 0; shown && i < argc; i++)
		free(shown[i]);
	free(shown);
}

/**
 * Look for a mode among all options, also those behind one that is wrong: the exit status of bad
 * usage depends on it. Of several it is that of a comparison.
 */
static void find_mode(struct options *options, int argc, char **argv)
{
	int option;
	/* From the start. */
	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		/* It may lack its argument. */
		if (option == '?')
			option = optopt;
		if (option == OPTION_AUDIT)
			options->mode = MODE_AUDIT;
		else if (option == OPTION_UPDATE)
			options->mode = MODE_UPDATE;
		else if (option == OPTION_DIFF)
			options->mode = MODE_DIFF;
	}
}

/** Parse the options and look at the operands. @return as options_parse() */
static int parse(struct options *options, struct contradiction_seen *seen, int argc, char **argv)
{
	opterr = 0;
	for (;;) {
		expand_abbreviation(argc, argv);
		int option = getopt_long(argc, argv, short_options, long_options, NULL);
		if (option == -1)
			break;
		if (option == OPTION_HELP || option == OPTION_VERSION) {
			options->mode = option == OPTION_HELP ? MODE_HELP : MODE_VERSION;
			return 0;
		}
		if (option == '?' && !report_wrong_byte())
			report_wrong(argc, argv);
		if (take_option(options, seen, option) != 0)
			return -1;
	}
	options->operands = argv + optind;
	options->operand_count = (size_t)(argc - optind);
	const char *wrong = contradiction_find(options, seen);
	if (wrong) {
		report_message("%s", wrong);
		return -1;
	}
	if (options->files0_from && options->operand_count) {
		char *quoted = quote_shell(options->operands[0], true);
		report_message("extra operand %s", quoted ? quoted : options->operands[0]);
		free(quoted);
		report_message("PATHs cannot be combined with --files0-from");
		return -1;
	}
	return 0;
}

/** What --shard implies when printing. @return 0, or -1, which was reported */
static int imply(struct options *options)
{
	if (!options->shard.count || options->mode != MODE_GENERATE)
		return 0;
	options->annotate = true;
	/* That an empty name is none is for the output to say. */
	if (!options->output || !*options->output)
		return 0;
	options->target = options->output;
	if (asprintf(&options->part, "%s.%" PRIu32 "-of-%" PRIu32, options->target,
		    options->shard.index, options->shard.count) < 0) {
		options->part = NULL;
		report_message("cannot start: %s", strerror(errno));
		return -1;
	}
	options->output = options->part;
	return 0;
}

int options_parse(struct options *options, int argc, char **argv)
{
	*options = (struct options){.algorithm = digest_find("sha512")};
	struct contradiction_seen seen = {0};
	if (parse(options, &seen, argc, argv) == 0)
		return imply(options);
	find_mode(options, argc, argv);
	if (!seen.bad_patterns)
		fprintf(stderr, "Try '%s --help' for more information.\n", argv[0]);
	return -1;
}

void options_free(struct options *options)
{
	filter_free(options->filter);
	accept_free(&options->accept);
	prefix_map_free(&options->prefix_map);
	free(options->part);
}
