#include "options.h"

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
	OPTION_ENGINE = CHAR_MAX + 1,
	OPTION_DEBUG,
	OPTION_FILES0_FROM,
	OPTION_HELP,
	OPTION_IGNORE_MISSING,
	OPTION_QUIET,
	OPTION_STATUS,
	OPTION_STRICT,
	OPTION_TAG,
	OPTION_TIMEOUT,
	OPTION_UNSORTED,
	OPTION_VERSION,
};

static const char short_options[] = "a:bcj:o:twzC:";

/* GNU's own first: getopt_long lists candidates of an ambiguous abbreviation in this order. */
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
	{"algorithm", required_argument, NULL, 'a'},
	{"debug", no_argument, NULL, OPTION_DEBUG},
	{"directory", required_argument, NULL, 'C'},
	{"engine", required_argument, NULL, OPTION_ENGINE},
	{"files0-from", required_argument, NULL, OPTION_FILES0_FROM},
	{"jobs", required_argument, NULL, 'j'},
	{"output", required_argument, NULL, 'o'},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"unsorted", no_argument, NULL, OPTION_UNSORTED},
	{0},
};

/** What the line says besides the options that are kept. */
struct seen {
	/** --binary or --text, and the last of these and --tag was --text. */
	bool mode;
	bool text;
};

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

void options_print_help(const char *program)
{
	printf("Usage: %s [OPTION]... [PATH]...\n", program);
	fputs("Print or check SHA-512 checksums of files and of whole directory trees.\n"
	      "A directory stands for all regular files below it.\n"
	      "With no PATH, or when PATH is -, read standard input.\n"
	      "\n"
	      "  -c, --check            read checksums from the PATHs and check them\n"
	      "\n"
	      "Which files:\n"
	      "  -C, --directory=DIR    PATHs, and the names in manifests, are relative to DIR\n"
	      "      --files0-from=FILE take the PATHs from FILE, each ended by a NUL;\n"
	      "                           - is standard input\n"
	      "\n"
	      "Output:\n"
	      "  -o, --output=FILE      write to FILE, complete or not at all\n"
	      "  -b, --binary           mark names with *\n"
	      "  -t, --text             mark names with a space (the default)\n"
	      "      --tag              print lines in BSD style\n"
	      "  -z, --zero             end lines with a NUL, and do not escape names\n"
	      "      --unsorted         print as files are done, in constant memory\n"
	      "\n"
	      "How to hash:\n"
	      "  -a, --algorithm=NAME   use another digest than sha512\n"
	      "  -j, --jobs=N           hash in N processes (default: one a processor)\n"
	      "      --timeout=SECONDS  give up a file whose reader is silent that long\n"
	      "      --engine=ENGINE    auto (the default), lanes or libcrypto\n"
	      "      --debug            say which engine and how many processes are used\n"
	      "\n"
	      "Only with --check:\n"
	      "      --ignore-missing   no error for files that are missing\n"
	      "      --quiet            no OK for each file that is verified\n"
	      "      --status           no output, only the exit status\n"
	      "      --strict           exit non-zero for improperly formatted lines\n"
	      "  -w, --warn             warn of each improperly formatted line\n"
	      "\n"
	      "      --help             print this and exit\n"
	      "      --version          print the version and exit\n"
	      "\n"
	      "Algorithms:\n",
		stdout);
	print_algorithms();
	fputs("\n"
	      "The exit status is 0 if all is well, and 1 otherwise.\n",
		stdout);
}

/** Report an option's argument that is no good. @return -1 */
static int bad_argument(const char *what, const char *text)
{
	char *quoted = quote_shell(text, true);
	report_message("invalid %s: %s", what, quoted ? quoted : text);
	free(quoted);
	return -1;
}

/** Parse a whole number from 1 to `limit`. @return 0, or -1 where it is none, which is reported */
static int parse_number(const char *what, const char *text, unsigned limit, unsigned *number)
{
	char *end;
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || value < 1 || value > limit)
		return bad_argument(what, text);
	*number = (unsigned)value;
	return 0;
}

/** @return 0, or -1 where there is no such engine, which is reported */
static int parse_engine(const char *text, enum engine_kind *kind)
{
	static const char *const names[] = {
		[ENGINE_AUTO] = "auto",
		[ENGINE_LIBCRYPTO] = "libcrypto",
		[ENGINE_LANES] = "lanes",
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*kind = (enum engine_kind)i;
			return 0;
		}
	}
	return bad_argument("engine", text);
}

/** Take an option that has an argument. @return 0, or -1 where that is no good, which is reported
 */
static int take_argument(struct options *options, int option)
{
	switch (option) {
	case 'a':
		options->algorithm = digest_find(optarg);
		return options->algorithm ? 0 : bad_argument("algorithm", optarg);
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
	case OPTION_TIMEOUT:
		/* In milliseconds it has to fit an int. */
		return parse_number("time-out", optarg, INT_MAX / 1000, &options->timeout);
	default:
		/* getopt_long has said what is wrong. */
		return -1;
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
		options->mode = MODE_CHECK;
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
	case 'z':
		options->zero = true;
		return 0;
	case OPTION_UNSORTED:
		options->unsorted = true;
		return 0;
	case OPTION_DEBUG:
		options->debug = true;
		return 0;
	default:
		return take_argument(options, option);
	}
}

/** What contradicts what, in the order in which sha512sum looks. @return a message, or NULL */
static const char *contradiction(const struct options *options, const struct seen *seen)
{
	bool check = options->mode == MODE_CHECK;

	if (options->tag && seen->text)
		return "--tag does not support --text mode";
	if (check && options->zero)
		return "the --zero option is not supported when verifying checksums";
	if (check && options->tag)
		return "the --tag option is meaningless when verifying checksums";
	if (check && seen->mode)
		return "the --binary and --text options are meaningless when verifying checksums";
	if (check && options->unsorted)
		return "the --unsorted option is meaningless when verifying checksums";
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
	return NULL;
}

int options_parse(struct options *options, int argc, char **argv)
{
	*options = (struct options){.algorithm = digest_find("sha512")};
	struct seen seen = {0};

	int option;
	while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		if (option == OPTION_HELP || option == OPTION_VERSION) {
			options->mode = option == OPTION_HELP ? MODE_HELP : MODE_VERSION;
			return 0;
		}
		if (take_option(options, &seen, option) != 0)
			return -1;
	}
	const char *wrong = contradiction(options, &seen);
	if (wrong) {
		report_message("%s", wrong);
		return -1;
	}

	options->operands = argv + optind;
	options->operand_count = (size_t)(argc - optind);
	if (options->files0_from && options->operand_count) {
		char *quoted = quote_shell(options->operands[0], true);
		report_message("extra operand %s", quoted ? quoted : options->operands[0]);
		free(quoted);
		report_message("PATHs cannot be combined with --files0-from");
		return -1;
	}
	return 0;
}
