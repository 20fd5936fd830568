/*
 * Which option goes with which mode is one table. In the modes that sha512sum has, its own options
 * are judged by its rules and in its words; all others, and all options in the other modes, by the
 * table.
 */
#include "contradiction.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	PRINT = 1 << MODE_GENERATE,
	CHECK = 1 << MODE_CHECK,
	AUDIT = 1 << MODE_AUDIT,
	UPDATE = 1 << MODE_UPDATE,
	DIFF = 1 << MODE_DIFF,
	MERGE = 1 << MODE_MERGE,
	/** All that can read files. */
	READ = PRINT | CHECK | AUDIT | UPDATE | DIFF,
	ALL = READ | MERGE,
};

/** An option, and the modes that it goes with. */
struct rule {
	const char *name;
	unsigned modes;
	/** In the modes that sha512sum has, its rules hold. */
	bool gnu;
};

static const struct rule rules[] = {
	{"accept", AUDIT | UPDATE, false},
	{"algorithm", READ, false},
	{"annotate", PRINT | UPDATE, false},
	{"append-only", UPDATE, false},
	{"audit", AUDIT, false},
	{"backup", UPDATE, false},
	{"binary", PRINT, true},
	{"check", CHECK, false},
	{"debug", ALL, false},
	{"dereference", PRINT | AUDIT | UPDATE, false},
	{"diff", DIFF, false},
	{"directory", ALL, false},
	{"dry-run", UPDATE, false},
	{"engine", ALL, false},
	{"exclude", READ, false},
	{"exclude-from", READ, false},
	{"files0-from", PRINT | AUDIT | UPDATE, false},
	{"for", PRINT | UPDATE, false},
	{"ignore-ctime", UPDATE, false},
	{"ignore-missing", CHECK, true},
	{"include", READ, false},
	{"jobs", ALL, false},
	{"json", ALL, false},
	{"merge", MERGE, false},
	{"no-seal", CHECK | AUDIT | UPDATE | DIFF, false},
	{"one-file-system", PRINT | AUDIT | UPDATE, false},
	{"output", PRINT | CHECK | AUDIT | DIFF | MERGE, false},
	{"P", PRINT | AUDIT | UPDATE, false},
	{"prefix-map", CHECK | AUDIT | DIFF, false},
	{"progress", ALL, false},
	{"quiet", CHECK | AUDIT | UPDATE | DIFF | MERGE, true},
	{"report", AUDIT | DIFF, false},
	{"reread", UPDATE, false},
	{"resume", PRINT | UPDATE, false},
	{"shard", PRINT | CHECK, false},
	{"status", CHECK | AUDIT | UPDATE | DIFF | MERGE, true},
	{"strict", CHECK, true},
	{"summary", ALL, false},
	{"tag", PRINT, true},
	{"text", PRINT, true},
	{"timeout", ALL, false},
	{"uncached", READ, false},
	{"unsorted", PRINT, false},
	{"update", UPDATE, false},
	{"verbose", AUDIT | UPDATE | DIFF, false},
	{"warn", CHECK, true},
	{"zero", PRINT, true},
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

_Static_assert(RULES <= 64, "a bit for each option");

void contradiction_note(struct contradiction_seen *seen, const char *name)
{
	size_t i = 0;
	while (i < RULES && strcmp(rules[i].name, name) != 0)
		i++;
	assert(i < RULES);
	seen->options |= UINT64_C(1) << i;
}

/** "printing", "--check and --diff", "--audit, --update and --diff" */
static void put_modes(FILE *text, unsigned modes)
{
	static const char *const names[] = {
		[MODE_GENERATE] = "printing",
		[MODE_CHECK] = "--check",
		[MODE_AUDIT] = "--audit",
		[MODE_UPDATE] = "--update",
		[MODE_DIFF] = "--diff",
		[MODE_MERGE] = "--merge",
	};
	const char *separator = "";
	for (unsigned mode = MODE_GENERATE; mode <= MODE_MERGE; mode++) {
		if (!(modes & 1U << mode))
			continue;
		modes &= ~(1U << mode);
		fprintf(text, "%s%s", separator, names[mode]);
		separator = modes & (modes - 1) ? ", " : " and ";
	}
}

/** Look for an option that does not go with the mode. @return as contradiction_find() */
static const char *find_out_of_place(
	const struct options *options, const struct contradiction_seen *seen)
{
	static char message[128];
	bool gnu_mode = options->mode == MODE_GENERATE || options->mode == MODE_CHECK;
	for (size_t i = 0; i < RULES; i++) {
		const struct rule *rule = &rules[i];
		bool given = seen->options >> i & 1;
		if (!given || (rule->gnu && gnu_mode) || rule->modes & 1U << options->mode)
			continue;
		FILE *text = fmemopen(message, sizeof(message), "w");
		if (!text)
			return "an option does not go with the mode";
		fprintf(text, "%s%s goes only with ", rule->name[1] ? "--" : "-", rule->name);
		put_modes(text, rule->modes);
		fclose(text);
		return message;
	}
	return NULL;
}

/** Whether a list is to be read from standard input. */
static bool is_input(const char *name)
{
	return name && strcmp(name, "-") == 0;
}

/** What else is wrong with an audit, an update or a diff. @return a message, or NULL */
static const char *find_in_comparison(const struct options *options)
{
	const struct accept *accept = &options->accept;
	bool diff = options->mode == MODE_DIFF;
	if (options->mode == MODE_AUDIT &&
		(accept_given(accept, ACCEPT_NEW) || accept_given(accept, ACCEPT_CHANGED) ||
			accept_given(accept, ACCEPT_CORRUPT)))
		return "with --audit, only --accept=missing has a meaning";
	if (options->append_only &&
		(accept_given(accept, ACCEPT_MISSING) || accept_given(accept, ACCEPT_CHANGED) ||
			accept_given(accept, ACCEPT_CORRUPT)))
		return "with --append-only, only --accept=new has a meaning";
	if (diff && options->operand_count != 2)
		return "--diff needs two PATHs: two manifests, or two directories";
	if (diff && is_input(options->operands[0]) && is_input(options->operands[1]))
		return "standard input can be only one of the two manifests";
	if (!options->files0_from && !options->operand_count)
		return "which PATHs are to be compared with the manifest?";
	if (options->mode == MODE_UPDATE && is_input(options->manifest))
		return "--update needs a MANIFEST that can be replaced";
	if (options->dry_run && options->for_seconds)
		return "--dry-run reads no file: --for has no meaning";
	return NULL;
}

/** What else is wrong with the printing of a manifest. @return a message, or NULL */
static const char *find_in_printing(const struct options *options)
{
	bool shard = options->shard.count;
	if (shard && (options->operand_count != 1 || is_input(options->operands[0])))
		return "--shard needs one PATH when printing, and not standard input";
	if (shard && (options->json || options->zero))
		return "--shard implies --annotate, which does not go with --json or --zero";
	if (shard && options->unsorted)
		return "--shard does not go with --unsorted: --merge needs sorted parts";
	if (options->annotate && options->zero)
		return "--annotate does not support --zero: lines have to end in newlines";
	/* The journal lies beside the output. */
	if (options->resume && !options->output)
		return "--resume needs --output when printing";
	if (options->for_seconds && !options->output)
		return "--for needs --output when printing";
	return NULL;
}

/** What sha512sum would say of its own options. @return a message, or NULL */
static const char *find_as_gnu(const struct options *options, const struct contradiction_seen *seen)
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
	return find_in_printing(options);
}

const char *contradiction_find(const struct options *options, const struct contradiction_seen *seen)
{
	if (is_input(options->files0_from) + is_input(options->manifest) + seen->input_patterns > 1)
		return "standard input can be only one of the PATHs, the MANIFEST and the patterns";
	if (seen->modes)
		return "only one of --check, --audit, --update, --diff and --merge can be given, and"
		       " once";
	const char *wrong = find_out_of_place(options, seen);
	if (wrong)
		return wrong;
	/* The manifest that --update writes is never JSON. */
	if (options->json && options->mode != MODE_UPDATE &&
		(options->annotate || options->tag || options->zero || seen->mode))
		return "--json does not go with --annotate, --binary, --tag, --text or --zero";
	if (options->mode == MODE_GENERATE || options->mode == MODE_CHECK)
		return find_as_gnu(options, seen);
	if (options->mode == MODE_MERGE)
		return options->operand_count ? NULL : "--merge needs PATHs: the parts of a run";
	return find_in_comparison(options);
}
