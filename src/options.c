#include "options.h"

#include "patterns.h"
#include "ui/quote.h"
#include "ui/report.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Long options without a letter. */
enum {
	OPTION_ACCEPT_CORRUPT = CHAR_MAX + 1,
	OPTION_ACCEPT_MISSING,
	OPTION_ANNOTATE,
	OPTION_AUDIT,
	OPTION_DIFF,
	OPTION_ENGINE,
	OPTION_DEBUG,
	OPTION_EXCLUDE,
	OPTION_EXCLUDE_FROM,
	OPTION_FILES0_FROM,
	OPTION_HELP,
	OPTION_IGNORE_MISSING,
	OPTION_INCLUDE,
	OPTION_JSON,
	OPTION_NO_SEAL,
	OPTION_PROGRESS,
	OPTION_QUIET,
	OPTION_STATUS,
	OPTION_STRICT,
	OPTION_SUMMARY,
	OPTION_TAG,
	OPTION_TIMEOUT,
	OPTION_UNSORTED,
	OPTION_UPDATE,
	OPTION_VERSION,
};

static const char short_options[] = "a:bcj:o:tvwxzC:LP";

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
	{"accept-corrupt", no_argument, NULL, OPTION_ACCEPT_CORRUPT},
	{"accept-missing", no_argument, NULL, OPTION_ACCEPT_MISSING},
	{"algorithm", required_argument, NULL, 'a'},
	{"annotate", no_argument, NULL, OPTION_ANNOTATE},
	{"audit", required_argument, NULL, OPTION_AUDIT},
	{"debug", no_argument, NULL, OPTION_DEBUG},
	{"dereference", no_argument, NULL, 'L'},
	{"diff", no_argument, NULL, OPTION_DIFF},
	{"directory", required_argument, NULL, 'C'},
	{"engine", required_argument, NULL, OPTION_ENGINE},
	{"exclude", required_argument, NULL, OPTION_EXCLUDE},
	{"exclude-from", required_argument, NULL, OPTION_EXCLUDE_FROM},
	{"files0-from", required_argument, NULL, OPTION_FILES0_FROM},
	{"include", required_argument, NULL, OPTION_INCLUDE},
	{"jobs", required_argument, NULL, 'j'},
	{"json", no_argument, NULL, OPTION_JSON},
	{"no-seal", no_argument, NULL, OPTION_NO_SEAL},
	{"one-file-system", no_argument, NULL, 'x'},
	{"output", required_argument, NULL, 'o'},
	{"progress", optional_argument, NULL, OPTION_PROGRESS},
	{"summary", no_argument, NULL, OPTION_SUMMARY},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
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

/** What the line says besides the options that are kept. */
struct seen {
	/** More than one mode. */
	bool modes;
	/** --binary or --text, and the last of these and --tag was --text. */
	bool mode;
	bool text;
	/** What is about the files below a directory. */
	bool selection;
	/** Patterns were read from standard input. */
	bool input_patterns;
	/** A list of patterns could not be read: then the line itself is right. */
	bool bad_patterns;
};

/** Algorithms that a message names at the most. */
#define ALGORITHMS_MAX 64

/** List what --algorithm takes, in lines of at most 78 columns. */
static void print_algorithms(void)
{
	size_t column = 0;
	const struct digest_algorithm *algorithm;
	for (size_t i = 0; (algorithm = digest_list(i)); i++) {
		size_t width = strlen(algorithm->name) + 1;
		if (column + width > 78)
			column = 0;
		if (column == 0)
			column = (size_t)printf("%s ", i ? "\n " : "");
		column += (size_t)printf(" %s", algorithm->name);
	}
	putchar('\n');
}

/** What --help says between the first line and the list of algorithms. */
static const char help_text[] =
	"Print or check SHA-512 checksums of files and of whole directory trees.\n"
	"A directory stands for all regular files below it.\n"
	"With no PATH, or when PATH is -, read standard input.\n"
	"\n"
	"  -c, --check            read checksums from the PATHs and check them\n"
	"      --audit=MANIFEST   compare the trees PATH... with MANIFEST: what has changed,\n"
	"                           is corrupt, new, missing, moved, copied, unreadable\n"
	"      --update=MANIFEST  bring MANIFEST up to date with the trees PATH..., reading\n"
	"                           only what is new or altered; made if there is none\n"
	"      --diff             compare two manifests; no data file is read\n"
	"\n"
	"Which files:\n"
	"  -C, --directory=DIR    PATHs, and the names in manifests, are relative to DIR\n"
	"      --files0-from=FILE take the PATHs from FILE, each ended by a NUL;\n"
	"                           - is standard input\n"
	"  -x, --one-file-system  do not enter what is mounted below a PATH\n"
	"  -L, --dereference      follow all links, wherever they lead, also those that\n"
	"                           are put there meanwhile; a loop is an error\n"
	"  -P                     follow only links that are PATHs (the default)\n"
	"      --exclude=PATTERN  leave out what matches, below a PATH\n"
	"      --include=PATTERN  take what matches, whatever patterns follow\n"
	"      --exclude-from=FILE  leave out by the patterns in FILE, one a line;\n"
	"                           - is standard input\n"
	"\n"
	"The first pattern that matches decides, by rsync's rules: * and ? match no\n"
	"slash, ** does; a slash at the start is the PATH, one at the end is for\n"
	"directories only. An excluded directory is not entered, a PATH is never\n"
	"excluded. In a FILE, lines that start with # or ; are comments.\n"
	"\n"
	"Output:\n"
	"  -o, --output=FILE      write to FILE, complete or not at all\n"
	"  -b, --binary           mark names with *\n"
	"  -t, --text             mark names with a space (the default)\n"
	"      --tag              print lines in BSD style\n"
	"  -z, --zero             end lines with a NUL, and do not escape names\n"
	"      --annotate         add the size, mtime and ctime of each file, in comments,\n"
	"                           and seal the whole; with --update always\n"
	"      --json             print JSON, one object a line\n"
	"      --summary          say at the end, on standard error, what was done\n"
	"      --unsorted         print as files are done, in constant memory\n"
	"      --progress[=WHEN]  a line on standard error says how far it is: always, never\n"
	"                           or auto, on a terminal (the default)\n"
	"\n"
	"How to hash:\n"
	"  -a, --algorithm=NAME   use another digest than sha512\n"
	"  -j, --jobs=N           hash in N processes (default: one a processor)\n"
	"      --timeout=SECONDS  give up a file whose reader is silent that long\n"
	"      --engine=ENGINE    auto (the default), lanes or libcrypto\n"
	"      --debug            say which engine, how many processes, which sandbox\n"
	"\n"
	"With --check, --audit, --update and --diff:\n"
	"      --no-seal          take a manifest, too, that was annotated, and has been cut\n"
	"                           off or edited since\n"
	"      --quiet            no OK for each file that is verified; no counts\n"
	"      --status           no output, only the exit status\n"
	"\n"
	"With --audit and --update:\n"
	"      --accept-missing   believe that files are gone from a directory that is\n"
	"                           empty now, or a link (is a disk not mounted there?)\n"
	"      --accept-corrupt   update: take the new digest of a file that is corrupt\n"
	"  -v, --verbose          audit, diff: list also what is the same\n"
	"\n"
	"With --check:\n"
	"      --ignore-missing   no error for files that are missing\n"
	"      --strict           exit non-zero for improperly formatted lines\n"
	"  -w, --warn             warn of each improperly formatted line\n"
	"\n"
	"      --help             print this and exit\n"
	"      --version          print the version and exit\n"
	"\n"
	"Algorithms:\n";

void options_print_help(const char *program)
{
	printf("Usage: %s [OPTION]... [PATH]...\n", program);
	fputs(help_text, stdout);
	print_algorithms();
	fputs("\n"
	      "SIGUSR1 has it say how far it is.\n"
	      "\n"
	      "The exit status is 0 if all is well, and 1 otherwise. Of --audit and --diff it is\n"
	      "0 if nothing differs, 1 if something does, of --update 0, or 1 if some lines could\n"
	      "not be renewed; of all three 2 if the answer is not complete.\n",
		stdout);
}

/** Report an option's argument that is no good, and what is. @return -1 */
static int bad_argument(const char *what, const char *text, const char *valid)
{
	char *quoted = quote_shell(text, true);
	report_message("invalid %s: %s (%s)", what, quoted ? quoted : text, valid);
	free(quoted);
	return -1;
}

/** The same of a word that is none of a list. @return -1 */
static int bad_word(const char *what, const char *text, const char *const *words, size_t count)
{
	char *valid = NULL;
	size_t size;
	FILE *list = open_memstream(&valid, &size);
	for (size_t i = 0; list && i < count; i++)
		fprintf(list, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", words[i]);
	if (list && fclose(list) == 0)
		bad_argument(what, text, valid);
	else
		report_message("invalid %s", what);
	free(valid);
	return -1;
}

/** Parse a whole number from 1 to `limit`. @return 0, or -1 where it is none, which is reported */
static int parse_number(const char *what, const char *text, unsigned limit, unsigned *number)
{
	char *end;
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || value < 1 || value > limit) {
		char valid[32];
		snprintf(valid, sizeof(valid), "1 to %u", limit);
		return bad_argument(what, text, valid);
	}
	*number = (unsigned)value;
	return 0;
}

/**
 * Look a word up in a list of them.
 *
 * @return its place, or -1 where it is not there, which is reported
 */
static int parse_word(const char *what, const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(text, words[i]) == 0)
			return (int)i;
	}
	return bad_word(what, text, words, count);
}

/** @return 0, or -1 where there is no such algorithm, which is reported */
static int parse_algorithm(const char *text, const struct digest_algorithm **found)
{
	const char *names[ALGORITHMS_MAX];
	size_t count = 0;
	const struct digest_algorithm *algorithm;
	*found = digest_find(text);
	if (*found)
		return 0;
	while (count < ALGORITHMS_MAX && (algorithm = digest_list(count)))
		names[count++] = algorithm->name;
	return bad_word("algorithm", text, names, count);
}

/** @return 0, or -1 where there is no such engine, which is reported */
static int parse_engine(const char *text, enum engine_kind *kind)
{
	static const char *const names[] = {
		[ENGINE_AUTO] = "auto",
		[ENGINE_LIBCRYPTO] = "libcrypto",
		[ENGINE_LANES] = "lanes",
	};
	int found = parse_word("engine", text, names, sizeof(names) / sizeof(names[0]));
	if (found >= 0)
		*kind = (enum engine_kind)found;
	return found < 0 ? -1 : 0;
}

/** @param text NULL where there is no word @return 0, or -1, which is reported */
static int parse_progress(const char *text, enum progress_when *when)
{
	static const char *const names[] = {
		[PROGRESS_AUTO] = "auto",
		[PROGRESS_ALWAYS] = "always",
		[PROGRESS_NEVER] = "never",
	};
	int found = text ? parse_word("progress", text, names, sizeof(names) / sizeof(names[0]))
			 : PROGRESS_ALWAYS;
	if (found >= 0)
		*when = (enum progress_when)found;
	return found < 0 ? -1 : 0;
}

/** Take an option that says what to do. @return 0 */
static int take_mode(struct options *options, struct seen *seen, enum options_mode mode)
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
		return parse_algorithm(optarg, &options->algorithm);
	case 'C':
		options->directory = optarg;
		return 0;
	case 'j':
		return parse_number("number of jobs", optarg, 4096, &options->jobs);
	case 'o':
		options->output = optarg;
		return 0;
	case OPTION_ENGINE:
		return parse_engine(optarg, &options->engine);
	case OPTION_FILES0_FROM:
		options->files0_from = optarg;
		return 0;
	case OPTION_PROGRESS:
		return parse_progress(optarg, &options->progress);
	case OPTION_TIMEOUT:
		/* In milliseconds it has to fit an int. */
		return parse_number("time-out", optarg, INT_MAX / 1000, &options->timeout);
	default:
		/* It was said what is wrong. */
		return -1;
	}
}

/** Whether a list is to be read from standard input. */
static bool is_input(const char *name)
{
	return name && strcmp(name, "-") == 0;
}

/** Take an option about what is below a directory. @return as take_argument() */
static int take_selection(struct options *options, struct seen *seen, int option)
{
	seen->selection = true;
	switch (option) {
	case 'x':
		options->one_file_system = true;
		return 0;
	case OPTION_EXCLUDE_FROM:
		seen->input_patterns |= is_input(optarg);
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

/** Take one option. @return 0, or -1 where it is wrong, which was reported */
static int take_option(struct options *options, struct seen *seen, int option)
{
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
	case OPTION_ANNOTATE:
		options->annotate = true;
		return 0;
	case OPTION_ACCEPT_CORRUPT:
		options->accept_corrupt = true;
		return 0;
	case OPTION_ACCEPT_MISSING:
		options->accept_missing = true;
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
		return take_argument(options, option);
	}
}

/** What contradicts an audit, an update or a diff. @return a message, or NULL */
static const char *comparison_contradiction(const struct options *options, const struct seen *seen)
{
	bool update = options->mode == MODE_UPDATE;
	bool diff = options->mode == MODE_DIFF;

	if (options->zero || options->unsorted)
		return "the --zero and --unsorted options are meaningful only when printing checksums";
	if (!update && (options->tag || seen->mode))
		return "the --tag, --binary and --text options are meaningless when comparing";
	if (options->ignore_missing || options->strict || options->check_output == CHECK_WARN)
		return "the --ignore-missing, --strict and --warn options are meaningful only with "
		       "--check";
	if (!update && options->annotate)
		return "the --annotate option is meaningless when comparing";
	if (diff && seen->selection)
		return "--diff compares all that the manifests list";
	if (diff && (options->files0_from || options->operand_count != 2))
		return "--diff needs two PATHs, both manifests";
	if (diff && is_input(options->operands[0]) && is_input(options->operands[1]))
		return "standard input can be only one of the two manifests";
	if (!options->files0_from && !options->operand_count)
		return "which PATHs are to be compared with the manifest?";
	if (update && is_input(options->manifest))
		return "--update needs a MANIFEST that can be replaced";
	return NULL;
}

/** What contradicts what, in the order in which sha512sum looks. @return a message, or NULL */
static const char *contradiction(const struct options *options, const struct seen *seen)
{
	if (is_input(options->files0_from) + is_input(options->manifest) + seen->input_patterns > 1)
		return "standard input can be only one of the PATHs, the MANIFEST and the patterns";
	if (seen->modes)
		return "only one of --check, --audit, --update and --diff can be given, and once";
	/* The manifest that --update writes is never JSON. */
	if (options->json && options->mode != MODE_UPDATE &&
		(options->annotate || options->tag || options->zero || seen->mode))
		return "--json does not go with --annotate, --binary, --tag, --text or --zero";
	bool audit = options->mode == MODE_AUDIT;
	bool update = options->mode == MODE_UPDATE;
	bool diff = options->mode == MODE_DIFF;
	if (options->verbose && !audit && !diff)
		return "the --verbose option is meaningful only with --audit and --diff";
	if (options->accept_missing && !audit && !update)
		return "the --accept-missing option is meaningful only with --audit and --update";
	if (options->accept_corrupt && !update)
		return "the --accept-corrupt option is meaningful only with --update";
	if (audit || update || diff)
		return comparison_contradiction(options, seen);
	bool check = options->mode == MODE_CHECK;

	if (options->tag && seen->text)
		return "--tag does not support --text mode";
	if (check && options->zero)
		return "the --zero option is not supported when verifying checksums";
	if (check && options->tag)
		return "the --tag option is meaningless when verifying checksums";
	if (check && seen->mode)
		return "the --binary and --text options are meaningless when verifying checksums";
	if (check && options->annotate)
		return "the --annotate option is meaningless when verifying checksums";
	if (options->annotate && options->zero)
		return "--annotate does not support --zero: lines have to end in newlines";
	if (check && options->unsorted)
		return "the --unsorted option is meaningless when verifying checksums";
	if (check && seen->selection)
		return "the -x, -L, -P, --exclude, --include and --exclude-from options are "
		       "meaningless when verifying checksums";
	if (check)
		return NULL;
	if (options->ignore_missing)
		return "the --ignore-missing option is meaningful only when verifying checksums";
	if (options->check_output == CHECK_STATUS)
		return "the --status option is meaningful only when verifying checksums";
	if (options->check_output == CHECK_WARN)
		return "the --warn option is meaningful only when verifying checksums";
	if (options->check_output == CHECK_QUIET)
		return "the --quiet option is meaningful only when verifying checksums";
	if (options->strict)
		return "the --strict option is meaningful only when verifying checksums";
	if (options->no_seal)
		return "the --no-seal option is meaningful only with --check, --audit, --update "
		       "and --diff";
	return NULL;
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
static int parse(struct options *options, struct seen *seen, int argc, char **argv)
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
		if (option == '?')
			report_wrong(argc, argv);
		if (take_option(options, seen, option) != 0)
			return -1;
	}
	options->operands = argv + optind;
	options->operand_count = (size_t)(argc - optind);
	const char *wrong = contradiction(options, seen);
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

int options_parse(struct options *options, int argc, char **argv)
{
	*options = (struct options){.algorithm = digest_find("sha512")};
	struct seen seen = {0};
	if (parse(options, &seen, argc, argv) == 0)
		return 0;
	find_mode(options, argc, argv);
	if (!seen.bad_patterns)
		fprintf(stderr, "Try '%s --help' for more information.\n", argv[0]);
	return -1;
}

void options_free(struct options *options)
{
	filter_free(options->filter);
}
