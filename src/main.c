/*
 * treesum: SHA-512 manifests of directory trees.
 *
 * - main(): parses the command line and runs a mode
 *     - main.c                (this file)
 *     - options.[ch]          (the command line)
 *     - values.[ch]           (the values that options can have)
 *     - contradiction.[ch]    (options that do not go together)
 *     - help.[ch]             (what --help prints)
 *     - patterns.[ch]         (the patterns that it gives)
 *     - accept.[ch]           (what an update is told to take as meant)
 *     - prefix_map.[ch]       (where listed names are looked for)
 *     - mapped_names.[ch]     (whether two of a manifest's become one)
 *     - operands.[ch]         (the names that it gives)
 *
 * - the modes, and what they have in common
 *     - generate.[ch]         (print a manifest)
 *     - check.[ch]            (check one)
 *     - listed_files.[ch]     (the files of its lines, where several lines may list one)
 *     - audit.[ch]            (hold trees against one)
 *     - merge.[ch]            (join the parts of a run that was shared)
 *     - parts.[ch]            (are all parts there, each once?)
 *     - part.[ch]             (one of them, verified while it is read)
 *     - update.[ch]           (bring one up to date with trees)
 *     - renewal.[ch]          (which of its lines are kept, renewed or lost)
 *     - doubt.[ch]            (is an update plausible?)
 *     - diff.[ch]             (compare two manifests, or two directories)
 *     - bag.[ch]              (validate BagIt bags)
 *     - bag_list.[ch]         (what a bag lists)
 *     - bag_manifest.[ch]     (one of its manifests)
 *     - bag_files.[ch]        (its tag files, opened beneath it)
 *     - bag_contents.[ch]     (what a walk has found in it)
 *     - bag_compare.[ch]      (compare what a bag lists with what is in it)
 *     - bag_report.[ch]       (what is said of a bag)
 *     - compare.[ch]          (a manifest to compare with, a line for each difference)
 *     - survey.[ch]           (walk trees for an audit or an update)
 *     - inventory.[ch]        (what a walk has found: a record of each file)
 *     - directories.[ch]      (did any change during the walk, and what came into those?)
 *     - missed.[ch]           (files that were renamed during the walk)
 *     - coverage.[ch]         (is a file missing, or was it not seen?)
 *     - trees.[ch]            (the operands and all below them, walked and hashed)
 *     - long_job.[ch]         (what need not be read again, and what time allows)
 *     - checkpoints.[ch]      (how far large files in progress were read)
 *     - shard.[ch]            (which share of the files is whose)
 *     - share.[ch]            (what a run with --shard takes of a walk, and says in its seal)
 *     - output.[ch]           (what is printed)
 *     - confine.[ch]          (what workers may do)
 *     - json_lines.[ch]       (the same as JSON)
 *     - verdict.[ch]          (what can be said of a file)
 *     - tally.[ch]            (all that in numbers)
 *     - tally_text.[ch]       (those of long jobs in words)
 *     - summary.[ch]          (and those on standard error)
 *     - run.[ch]              (a scan as the options say, and what ends a run)
 *
 * - scan/: the parent's side of the workers
 *     - scan.[ch]             (tasks out, results in)
 *     - tree.[ch]             (the names of a run, and what came of each)
 *     - node_queue.[ch]       (files that wait to be read, large ones first)
 *     - due.[ch]              (unaltered files to read again, the oldest reading first)
 *     - hard_links.[ch]       (several names of one file, read once)
 *     - workers.[ch]          (how many workers, how many large files at a time)
 *
 * - walk/: what is in a tree
 *     - walk.[ch]             (the parent's walk: listed names become tasks)
 *     - listing.[ch]          (how the names of a directory travel)
 *     - list_directory.[ch]   (the names of a directory, read by a worker)
 *     - filter.[ch]           (which names are left out)
 *     - glob.[ch]             (wildcards)
 *
 * - hash/: the workers' side
 *     - hasher.[ch]           (a worker: a loop that keeps all lanes full)
 *     - hasher_task.[ch]      (how tasks and results travel)
 *     - opener.[ch]           (the files and directories of tasks, opened)
 *     - open_beneath.[ch]     (race-free opening)
 *     - direct.[ch]           (reading past the page cache)
 *     - hash_stream.[ch]      (what is no regular file, read as it comes)
 *     - engine.[ch]           (several messages at a time, by lanes or by libcrypto)
 *     - lanes.[ch]            (SHA-512's compression in vector lanes; lanes_*.c, lanes_kernel.*)
 *     - message.[ch]          (a SHA-512 message as runs of whole blocks)
 *     - digest.[ch]           (one message, by libcrypto)
 *     - digest_set.[ch]       (the algorithms of a run, in order)
 *
 * - manifest/: what is written and read
 *     - bag_line.[ch]         (one line of a bag's manifest, or of its fetch.txt)
 *     - bag_tags.[ch]         (bagit.txt and bag-info.txt)
 *     - bag_text.[ch]         (encodings and line ends of a bag's tag files)
 *     - difference.[ch]       (what has become of each file)
 *     - renamed_corrupt.[ch]  (damaged files under other names)
 *     - normal_form.[ch]      (names that differ only in Unicode normalisation; normal_form.inc)
 *     - line.[ch] hex.[ch]    (one line: parse and print)
 *     - annotation.[ch]       (what else may stand in a manifest: parse and print)
 *     - sealing.[ch]          (the seal over a manifest that is written or read)
 *     - reader.[ch]           (a manifest, line by line)
 *     - armour.[ch]           (what OpenPGP puts around one that is signed)
 *     - tag.[ch]              (the tags that programs put before names)
 *     - recognise.[ch]        (what other lists look like)
 *     - catalog.[ch]          (a manifest as a whole)
 *     - digest_cache.[ch]     (digests of files that are as they were)
 *     - journal.[ch]          (what a run has read, for the next one if it is interrupted)
 *     - journal_file.[ch]     (its file: found, checked, locked)
 *     - journal_record.[ch]   (its format)
 *     - journal_index.[ch]    (where in it each name is)
 *     - journal_parts.[ch]    (files in it that were read in part)
 *     - key_hash.[ch]         (a hash of names)
 *     - writer.[ch]           (an output, buffered)
 *     - replacement.[ch]      (a file that is complete or not there)
 *     - attributes.[ch]       (owner, mode and attributes of the one that it replaces)
 *     - beside.[ch]           (the names of files beside it)
 *
 * - forkpool/: the process pool, a library of its own; its public header is forkpool.h
 *
 * - ui/: what people see
 *     - report.[ch]           (messages, exit status)
 *     - quote.[ch]            (names in messages)
 *     - json.[ch]             (lines for programs)
 *     - units.[ch]            (numbers for people)
 *     - progress.[ch]         (how far a run is: the line on the terminal)
 *     - status_line.[ch]      (the same in words)
 *     - estimate.[ch]         (percent, rate and time left)
 *     - shorten.[ch]          (names that fit on a line)
 *
 * - sys/: the operating system
 *     - sandbox.[ch]          (Landlock)
 *     - blocked.[ch]          (how long a process was blocked)
 *     - io.[ch] signals.[ch] arena.[ch] errno_name.[ch] stamp.h
 */
#include "audit.h"
#include "bag.h"
#include "check.h"
#include "diff.h"
#include "generate.h"
#include "help.h"
#include "merge.h"
#include "options.h"
#include "run.h"
#include "summary.h"
#include "sys/io.h"
#include "sys/signals.h"
#include "tally.h"
#include "ui/progress.h"
#include "ui/report.h"
#include "update.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

/** Print a text to standard output, to its last byte. */
static void print_text(const struct options *options, const char *program)
{
	if (options->mode == MODE_HELP)
		help_print(program);
	else
		puts("treesum " TREESUM_VERSION);
	if (fflush(stdout) != 0 || ferror(stdout))
		report_failed(errno, "write error: %s", strerror(errno));
}

/** Whether the exit status tells differences from trouble. */
static bool is_comparison(const struct options *options)
{
	return options->mode == MODE_AUDIT || options->mode == MODE_UPDATE ||
		options->mode == MODE_DIFF;
}

/** Run a mode that hashes or compares. */
static void run(const struct options *options)
{
	int interrupt_fd = signals_catch();
	if (interrupt_fd < 0) {
		report_failed(errno, "cannot start: %s", strerror(errno));
		return;
	}
	struct tally tally;
	tally_start(&tally);
	/* --status wants nothing to be seen. */
	bool silent = options->progress == PROGRESS_AUTO && options->check_output == CHECK_STATUS;
	progress_open(silent ? PROGRESS_NEVER : options->progress);
	switch (options->mode) {
	case MODE_CHECK:
		check(options, interrupt_fd, &tally);
		break;
	case MODE_AUDIT:
		audit(options, interrupt_fd, &tally);
		break;
	case MODE_UPDATE:
		update(options, interrupt_fd, &tally);
		break;
	case MODE_DIFF:
		diff(options, interrupt_fd, &tally);
		break;
	case MODE_MERGE:
		merge(options, &tally);
		break;
	case MODE_BAG:
		bag(options, interrupt_fd, &tally);
		break;
	default:
		generate(options, interrupt_fd, &tally);
	}
	/* A signal that asked at the very end has its answer, too. */
	run_answer();
	summary_report(options, &tally);
	tally_free(&tally);
	signals_raise();
}

int main(int argc, char **argv)
{
	report_name(argv[0]);
	signals_hold();
	/* Before anything is opened. What a failure means for the status depends on the mode. */
	int error = io_open_standard() == 0 ? 0 : errno;
	/* Messages are not translated, nor are the C library's parts of them, and numbers have a
	 * point: the locale only says which characters a terminal can show. */
	setlocale(LC_CTYPE, "");

	struct options options;
	int parsed = options_parse(&options, argc, argv);
	if (is_comparison(&options))
		report_statuses(options.mode == MODE_UPDATE ? 1 : 2, 2);
	if (parsed != 0) {
		report_failure();
	} else if (error) {
		report_failed(error, "cannot start: %s", strerror(error));
	} else if (options.mode == MODE_HELP || options.mode == MODE_VERSION) {
		print_text(&options, argv[0]);
	} else {
		run(&options);
	}
	options_free(&options);
	return report_worst();
}
