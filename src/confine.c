/*
 * Workers may read what the command line names. Where that is not known when they start,
 * they may read anything; write they may not in any case.
 *
 * No sandbox where the run is about /proc: what is there of other processes would be closed to it,
 * also to root (`treesum /proc/1/exe`, `treesum -C /proc/1/root etc`). Names that come from
 * a manifest or a list are not looked at for this.
 *
 * A root costs each process 4 us: 64 of them a tenth of the time that the smallest run takes.
 */
#include "confine.h"

#include "ui/report.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define ROOTS_MAX 64

/** Whether an absolute path leads into /proc. */
static bool is_in_proc(const char *path)
{
	return strncmp(path, "/proc", 5) == 0 && (path[5] == '/' || path[5] == '\0');
}

/** Whether the operands, or the directory that they are relative to, lie in /proc. */
static bool is_about_proc(const struct options *options)
{
	char directory[PATH_MAX];
	if (getcwd(directory, sizeof(directory)) && is_in_proc(directory))
		return true;
	for (size_t i = 0; i < options->operand_count; i++) {
		if (is_in_proc(options->operands[i]))
			return true;
	}
	return false;
}

/** Decide. @param reason filled with what follows "sandbox: " in a message */
static enum sandbox_kind decide(const struct options *options, const char **reason)
{
	if (is_about_proc(options)) {
		*reason = "none: other processes' part of /proc would be closed";
		return SANDBOX_NONE;
	}
	if (options->mode == MODE_CHECK) {
		*reason = "reading only, anywhere: the manifest says what";
		return SANDBOX_ANYWHERE;
	}
	if (options->files0_from) {
		*reason = "reading only, anywhere: --files0-from says what";
		return SANDBOX_ANYWHERE;
	}
	if (options->dereference) {
		*reason = "reading only, anywhere: links lead everywhere";
		return SANDBOX_ANYWHERE;
	}
	if (options->operand_count > ROOTS_MAX) {
		*reason = "reading only, anywhere: too many PATHs";
		return SANDBOX_ANYWHERE;
	}
	*reason = "reading only, below the PATHs";
	return SANDBOX_ROOTS;
}

/** For --debug, in a process that could not enter it. */
static void tell_failure(int error)
{
	report_message("process %ld: no sandbox: %s", (long)getpid(), strerror(error));
}

struct sandbox confine_readers(const struct options *options, const struct writer *output,
	const struct writer *replacement)
{
	const char *reason;
	return (struct sandbox){
		.kind = decide(options, &reason),
		.roots = options->operands,
		.root_count = options->operand_count,
		.failed = options->debug ? tell_failure : NULL,
		.outputs = {writer_fd(output), replacement ? writer_fd(replacement) : 0},
	};
}

void confine_debug(const struct options *options)
{
	const char *reason;
	enum sandbox_kind kind = decide(options, &reason);
	int version = sandbox_version();
	if (kind == SANDBOX_NONE)
		report_message("sandbox: %s", reason);
	else if (version == 0)
		report_message("sandbox: none: it was left out of this build");
	else if (version < 0)
		report_message("sandbox: none: no Landlock: %s", strerror(errno));
	else
		report_message("sandbox: Landlock %d, %s", version, reason);
}
