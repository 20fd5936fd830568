#include "contradiction.h"

#include <string.h>

/** Whether a list is to be read from standard input. */
static bool is_input(const char *name)
{
	return name && strcmp(name, "-") == 0;
}

/** What contradicts an audit, an update or a diff. @return a message, or NULL */
static const char *find_in_comparison(
	const struct options *options, const struct contradiction_seen *seen)
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

const char *contradiction_find(const struct options *options, const struct contradiction_seen *seen)
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
		return find_in_comparison(options, seen);
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
