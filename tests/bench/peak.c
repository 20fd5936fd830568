/*
 * The memory that a command took at the most, in KiB: that of its own process, without its children
 * (ru_maxrss is of the biggest of all). Its output is thrown away.
 *
 *	peak COMMAND [ARGUMENT]...
 *
 * ptrace(2) holds the process when it is about to end, while /proc still shows its memory.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void run(char **command)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
		err(1, "/dev/null");
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		err(1, "ptrace");
	/* SIGTRAP comes when it is the command. */
	execvp(command[0], command);
	err(1, "%s", command[0]);
}

/** The most that a process has had resident, in KiB. */
static uint64_t peak_of(pid_t pid)
{
	char line[256];
	uint64_t peak = 0;
	FILE *status;

	snprintf(line, sizeof(line), "/proc/%d/status", pid);
	status = fopen(line, "re");
	if (!status)
		err(1, "%s", line);
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "VmHWM: %" SCNu64, &peak) == 1)
			break;
	fclose(status);
	return peak;
}

int main(int argc, char **argv)
{
	uint64_t peak = 0;
	int status, signal;
	pid_t pid;

	if (argc < 2)
		errx(2, "usage: peak COMMAND [ARGUMENT]...");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0)
		run(argv + 1);
	if (waitpid(pid, &status, 0) < 0)
		err(1, "waitpid");
	if (WIFSTOPPED(status) &&
		(ptrace(PTRACE_SETOPTIONS, pid, NULL,
			 PTRACE_O_TRACEEXIT | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) < 0 ||
			ptrace(PTRACE_CONT, pid, NULL, NULL) < 0))
		err(1, "ptrace");
	while (!WIFEXITED(status) && !WIFSIGNALED(status)) {
		if (waitpid(pid, &status, 0) < 0)
			err(1, "waitpid");
		if (!WIFSTOPPED(status))
			continue;
		/* An event is no signal. */
		signal = status >> 16 ? 0 : WSTOPSIG(status);
		if (status >> 16 == PTRACE_EVENT_EXIT)
			peak = peak_of(pid);
		/* ESRCH: it was killed meanwhile. */
		if (ptrace(PTRACE_CONT, pid, NULL, (void *)(uintptr_t)signal) < 0 && errno != ESRCH)
			err(1, "ptrace");
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(1, "%s failed", argv[1]);
	printf("%" PRIu64 "\n", peak);
	return 0;
}
