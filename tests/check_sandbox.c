/*
 * sys/sandbox: what a process can still do inside. Everything is tried in a child, without a
 * sandbox first, where it has to succeed: so no test passes because of something else than the
 * sandbox.
 */
#include "leaks.h"
#include "scratch.h"
#include "suite.h"
#include "sys/sandbox.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

/** Something to try; each gets a fresh tree. @return 0, or the errno */
typedef int attempt(void);

static int of_status(int status)
{
	return status == -1 ? errno : 0;
}

static int of_open(const char *path, int flags)
{
	return of_status(open(path, flags | O_CLOEXEC, 0644));
}

static int read_inside(void)
{
	return of_open("root/dir/file", O_RDONLY);
}

static int list_inside(void)
{
	return of_open("root/dir", O_RDONLY | O_DIRECTORY);
}

static int read_beside(void)
{
	return of_open("beside", O_RDONLY);
}

static int list_beside(void)
{
	return of_open(".", O_RDONLY | O_DIRECTORY);
}

static int read_outside(void)
{
	return of_open("outside/file", O_RDONLY);
}

static int list_outside(void)
{
	return of_open("outside", O_RDONLY | O_DIRECTORY);
}

static int read_passwd(void)
{
	return of_open("/etc/passwd", O_RDONLY);
}

static int read_through_link(void)
{
	return of_open("link", O_RDONLY);
}

static int write_file(void)
{
	return of_open("root/dir/file", O_WRONLY);
}

static int read_and_write_file(void)
{
	return of_open("root/dir/file", O_RDWR);
}

static int append_to_file(void)
{
	return of_open("root/dir/file", O_WRONLY | O_APPEND);
}

static int write_device(void)
{
	return of_open("/dev/null", O_WRONLY);
}

static int create_file(void)
{
	return of_open("root/new", O_WRONLY | O_CREAT | O_EXCL);
}

static int cut_off_by_open(void)
{
	return of_open("root/dir/file", O_RDONLY | O_TRUNC);
}

static int cut_off(void)
{
	return of_status(truncate("root/dir/file", 0));
}

static int make_directory(void)
{
	return of_status(mkdir("root/new", 0755));
}

static int make_fifo(void)
{
	return of_status(mkfifo("root/new", 0644));
}

static int make_link(void)
{
	return of_status(symlink("dir", "root/new"));
}

static int make_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "root/new"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return of_status(bind(fd, (struct sockaddr *)&address, sizeof(address)));
}

static int link_file(void)
{
	return of_status(link("root/dir/file", "root/dir/new"));
}

static int link_elsewhere(void)
{
	return of_status(link("root/dir/file", "root/new"));
}

static int rename_file(void)
{
	return of_status(rename("root/dir/file", "root/dir/new"));
}

static int rename_elsewhere(void)
{
	return of_status(rename("root/dir/file", "root/new"));
}

static int remove_file(void)
{
	return of_status(unlink("root/dir/file"));
}

static int remove_directory(void)
{
	return of_status(rmdir("root/empty"));
}

static int execute(void)
{
	char *arguments[] = {"true", NULL};
	/* By a child of its own: an exec that succeeds does not come back. */
	pid_t child = fork();
	if (child == 0) {
		execv("/bin/true", arguments);
		_exit(errno);
	}
	int status = 0;
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return errno;
	return WEXITSTATUS(status);
}

static int listen_tcp(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return of_status(bind(fd, (struct sockaddr *)&address, sizeof(address)));
}

/** Somebody who listens, outside. */
struct server {
	int fd;
	struct sockaddr_storage address;
	socklen_t size;
};

static struct server abstract_server;
static struct server tcp_server;

/** Listen at an address of the kernel's choice. */
static void serve(struct server *server, int family, socklen_t size)
{
	server->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	server->address.ss_family = (sa_family_t)family;
	ck_assert_int_eq(bind(server->fd, (struct sockaddr *)&server->address, size), 0);
	server->size = sizeof(server->address);
	ck_assert_int_eq(
		getsockname(server->fd, (struct sockaddr *)&server->address, &server->size), 0);
	ck_assert_int_eq(listen(server->fd, 4), 0);
}

static int connect_to(const struct server *server)
{
	int fd = socket(server->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return of_status(connect(fd, (const struct sockaddr *)&server->address, server->size));
}

static int connect_tcp(void)
{
	int error = connect_to(&tcp_server);
	/* Allowed, but here is no network. */
	return error == ENETUNREACH ? 0 : error;
}

static int connect_abstract(void)
{
	return connect_to(&abstract_server);
}

static int signal_parent(void)
{
	return of_status(kill(getppid(), 0));
}

/** What is tried, what it gives inside with each kind of reading, and since which version. */
static const struct {
	attempt *run;
	int roots;
	int anywhere;
	int version;
} attempts[] = {
	{read_inside, 0, 0, 1},
	{list_inside, 0, 0, 1},
	{read_beside, EACCES, 0, 1},
	{list_beside, EACCES, 0, 1},
	{read_outside, EACCES, 0, 1},
	{list_outside, EACCES, 0, 1},
	{read_through_link, EACCES, 0, 1},
	{read_passwd, EACCES, 0, 1},
	{write_file, EACCES, EACCES, 1},
	{read_and_write_file, EACCES, EACCES, 1},
	{append_to_file, EACCES, EACCES, 1},
	{write_device, EACCES, EACCES, 1},
	{create_file, EACCES, EACCES, 1},
	{make_directory, EACCES, EACCES, 1},
	{make_fifo, EACCES, EACCES, 1},
	{make_link, EACCES, EACCES, 1},
	{make_socket, EACCES, EACCES, 1},
	{link_file, EACCES, EACCES, 1},
	{rename_file, EACCES, EACCES, 1},
	{remove_file, EACCES, EACCES, 1},
	{remove_directory, EACCES, EACCES, 1},
	{execute, EACCES, EACCES, 1},
	/* Before version 2: EXDEV. */
	{link_elsewhere, EACCES, EACCES, 2},
	{rename_elsewhere, EACCES, EACCES, 2},
	{cut_off, EACCES, EACCES, 3},
	{cut_off_by_open, EACCES, EACCES, 3},
	{listen_tcp, EACCES, EACCES, 4},
	{connect_tcp, EACCES, EACCES, 4},
	{connect_abstract, EPERM, EPERM, 6},
	{signal_parent, EPERM, EPERM, 6},
};

enum {
	ATTEMPTS = sizeof(attempts) / sizeof(attempts[0]),
	/** A child's status where it could not enter, or was not in the state that it should be in.
	 */
	NOT_ENTERED = 255,
	NOT_TOLD = 254,
};

static void setup(void)
{
	leaks_setup();
	scratch_enter();
	scratch_mkdir("root");
	scratch_mkdir("root/dir");
	scratch_mkdir("root/empty");
	scratch_file("root/dir/file", "inside\n");
	scratch_mkdir("outside");
	scratch_file("outside/file", "outside\n");
	scratch_file("beside", "beside\n");
	ck_assert_int_eq(symlink("outside/file", "link"), 0);
	/* Bound to no name, it gets an abstract one. */
	serve(&abstract_server, AF_UNIX, offsetof(struct sockaddr_un, sun_path));
	serve(&tcp_server, AF_INET, sizeof(struct sockaddr_in));
}

static void teardown(void)
{
	close(abstract_server.fd);
	close(tcp_server.fd);
	leaks_teardown();
}

/** Try something in a child, in a sandbox. @return its errno, or NOT_ENTERED */
static int try_inside(const struct sandbox *sandbox, attempt *run)
{
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(sandbox_enter(sandbox) == 0 ? run() : NOT_ENTERED);
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/** Whether there can be a sandbox. Where not, entering it says why. */
static bool has_landlock(void)
{
	int version = sandbox_version();
	int error = version == 0 ? ENOTSUP : errno;
	if (version > 0)
		return true;
	struct sandbox sandbox = {.kind = SANDBOX_ANYWHERE};
	ck_assert_int_eq(sandbox_enter(&sandbox), -1);
	ck_assert_int_eq(errno, error);
	return false;
}

static char *const one_root[] = {"root"};

START_TEST(test_sandbox_none_forbids_nothing)
{
	struct sandbox sandbox = {.kind = SANDBOX_NONE};
	ck_assert_int_eq(try_inside(&sandbox, attempts[_i].run), 0);
}
END_TEST

START_TEST(test_sandbox_roots_only_are_read)
{
	struct sandbox sandbox = {.kind = SANDBOX_ROOTS, .roots = one_root, .root_count = 1};
	if (has_landlock() && sandbox_version() >= attempts[_i].version)
		ck_assert_int_eq(try_inside(&sandbox, attempts[_i].run), attempts[_i].roots);
}
END_TEST

START_TEST(test_sandbox_anywhere_is_only_read)
{
	struct sandbox sandbox = {.kind = SANDBOX_ANYWHERE};
	if (has_landlock() && sandbox_version() >= attempts[_i].version)
		ck_assert_int_eq(try_inside(&sandbox, attempts[_i].run), attempts[_i].anywhere);
}
END_TEST

/** What a root allows: the roots, and what is tried then. */
static int try_with(const char *root, const char *another, attempt *run)
{
	char *const roots[] = {(char *)root, (char *)another};
	struct sandbox sandbox = {
		.kind = SANDBOX_ROOTS, .roots = roots, .root_count = another ? 2 : 1};
	return try_inside(&sandbox, run);
}

START_TEST(test_sandbox_roots_of_every_kind)
{
	if (!has_landlock())
		return;
	/* A file; not the folder that it is in, but the files in that. */
	ck_assert_int_eq(try_with("beside", NULL, read_beside), 0);
	ck_assert_int_eq(try_with("beside", NULL, list_beside), EACCES);
	ck_assert_int_eq(try_with("root/dir/file", NULL, read_inside), 0);
	ck_assert_int_eq(try_with("root/dir/file", NULL, list_inside), EACCES);
	ck_assert_int_eq(try_with("root/dir/file", NULL, read_beside), EACCES);
	/* A link: where it leads. */
	ck_assert_int_eq(try_with("link", NULL, read_through_link), 0);
	ck_assert_int_eq(try_with("root/../link", NULL, read_outside), 0);
	ck_assert_int_eq(symlink("root", "link to root"), 0);
	ck_assert_int_eq(try_with("link to root", NULL, list_inside), 0);
	ck_assert_int_eq(try_with("link to root", NULL, read_beside), EACCES);
	/* The last of several, and what is beside something else. */
	ck_assert_int_eq(try_with("outside", "root", read_inside), 0);
	ck_assert_int_eq(try_with("outside/file", "outside/other", read_inside), EACCES);
	ck_assert_int_eq(try_with("outside/file", "root/dir/file", read_inside), 0);
	ck_assert_int_eq(try_with("/etc/passwd", NULL, read_passwd), 0);
	ck_assert_int_eq(try_with("/", NULL, list_outside), 0);
}
END_TEST

START_TEST(test_sandbox_roots_that_are_not_there)
{
	if (!has_landlock())
		return;
	ck_assert_int_eq(symlink("loop", "loop"), 0);
	char long_name[5000];
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	const char *const roots[] = {"nope/nope", "beside/nope", "loop/x", "", long_name, "-"};
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		ck_assert_int_eq(try_with(roots[i], "root", read_inside), 0);
		ck_assert_int_eq(try_with(roots[i], "root", read_passwd), EACCES);
		ck_assert_int_eq(try_with(roots[i], "root", create_file), EACCES);
	}
}
END_TEST

START_TEST(test_sandbox_file_that_is_replaced)
{
	if (!has_landlock())
		return;
	int ends[2];
	char *const roots[] = {"root/dir/file"};
	struct sandbox sandbox = {.kind = SANDBOX_ROOTS, .roots = roots, .root_count = 1};
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		char byte = 0;
		if (sandbox_enter(&sandbox) != 0 || write(ends[1], &byte, 1) != 1 ||
			read(ends[1], &byte, 1) != 1)
			_exit(NOT_ENTERED);
		_exit(read_inside());
	}
	char byte;
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	/* As an editor saves. */
	scratch_file("root/dir/saved", "new\n");
	ck_assert_int_eq(rename("root/dir/saved", "root/dir/file"), 0);
	ck_assert_int_eq(write(ends[0], &byte, 1), 1);
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

static int read_missing(void)
{
	return of_open("outside/nope", O_RDONLY);
}

static int read_below_file(void)
{
	return of_open("outside/file/x", O_RDONLY);
}

static int read_loop(void)
{
	return of_open("loop", O_RDONLY);
}

static int list_file(void)
{
	return of_open("outside/file", O_RDONLY | O_DIRECTORY);
}

START_TEST(test_sandbox_keeps_errors)
{
	ck_assert_int_eq(symlink("loop", "loop"), 0);
	const struct sandbox none = {.kind = SANDBOX_NONE};
	attempt *const fail[] = {read_missing, read_below_file, read_loop, list_file};
	static const int errors[] = {ENOENT, ENOTDIR, ELOOP, ENOTDIR};
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		ck_assert_int_eq(try_inside(&none, fail[i]), errors[i]);
		if (has_landlock())
			ck_assert_int_eq(try_with("root", NULL, fail[i]), errors[i]);
	}
}
END_TEST

static int told;

static void tell(int error)
{
	told = error;
}

START_TEST(test_sandbox_initialize_goes_on_without)
{
	/* No descriptor is left for a ruleset: entering fails, and the process goes on. */
	struct sandbox sandbox = {.kind = SANDBOX_ANYWHERE, .failed = tell};
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		while (dup(0) >= 0)
			;
		int status = sandbox_initialize(&sandbox);
		sandbox.failed = NULL;
		status |= sandbox_initialize(&sandbox);
		bool expected = sandbox_version() > 0 ? told == EMFILE : told != 0;
		_exit(status == 0 && expected ? 0 : NOT_TOLD);
	}
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

static Suite *sandbox_suite(void)
{
	Suite *suite = suite_create("sandbox");
	TCase *tests = tcase_create("sandbox");
	tcase_add_unchecked_fixture(tests, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, test_sandbox_none_forbids_nothing, 0, ATTEMPTS);
	tcase_add_loop_test(tests, test_sandbox_roots_only_are_read, 0, ATTEMPTS);
	tcase_add_loop_test(tests, test_sandbox_anywhere_is_only_read, 0, ATTEMPTS);
	tcase_add_test(tests, test_sandbox_roots_of_every_kind);
	tcase_add_test(tests, test_sandbox_roots_that_are_not_there);
	tcase_add_test(tests, test_sandbox_file_that_is_replaced);
	tcase_add_test(tests, test_sandbox_keeps_errors);
	tcase_add_test(tests, test_sandbox_initialize_goes_on_without);
	suite_add_tcase(suite, tests);
	return suite;
}

int main(void)
{
	return suite_run(sandbox_suite());
}
