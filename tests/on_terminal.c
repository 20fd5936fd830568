/*
 * Runs a command with a terminal as some of its descriptors, and writes to FILE what reaches that.
 *
 * Usage: on_terminal FILE DESCRIPTORS COMMAND...      (DESCRIPTORS: 1, 2 or 12)
 *
 * The terminal passes on every byte as it is. The exit status is the command's, as a shell has it.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/** A failure of what the test stands on. */
#define BROKEN 125

/** Open a terminal; its other end, for the command, comes in `end`. */
static int open_terminal(int *end)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0 || grantpt(terminal) < 0 || unlockpt(terminal) < 0)
		err(BROKEN, "no terminal");
	*end = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios settings;
	if (*end < 0 || tcgetattr(*end, &settings) < 0)
		err(BROKEN, "terminal");
	cfmakeraw(&settings);
	if (tcsetattr(*end, TCSANOW, &settings) < 0)
		err(BROKEN, "terminal");
	return terminal;
}

/** Become the command. */
static _Noreturn void become(const char *descriptors, int end, char **command)
{
	for (; *descriptors; descriptors++) {
		if (dup2(end, *descriptors - '0') < 0)
			err(BROKEN, "descriptor %c", *descriptors);
	}
	execvp(command[0], command);
	err(BROKEN, "%s", command[0]);
}

/** Write what comes, until nobody has the other end any more, which is told by EIO. */
static void copy(int terminal, const char *file)
{
	FILE *seen = fopen(file, "we");
	if (!seen)
		err(BROKEN, "%s", file);
	char data[4096];
	ssize_t size;
	while ((size = read(terminal, data, sizeof(data))) > 0)
		fwrite(data, 1, (size_t)size, seen);
	if (size < 0 && errno != EIO)
		err(BROKEN, "terminal");
	if (ferror(seen) || fclose(seen) != 0)
		err(BROKEN, "%s", file);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		errx(BROKEN, "usage: on_terminal FILE DESCRIPTORS COMMAND...");
	int end;
	int terminal = open_terminal(&end);
	pid_t child = fork();
	if (child < 0)
		err(BROKEN, "fork");
	if (child == 0)
		become(argv[2], end, argv + 3);
	close(end);
	copy(terminal, argv[1]);
	int status;
	if (waitpid(child, &status, 0) != child)
		err(BROKEN, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
