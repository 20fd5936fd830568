/*
 * A directory on slow storage: FUSE shows it again, to be read only, with a model of what lies
 * between a program and its data.
 *
 *	slow_fs [-o OPTION[,OPTION]...] DIRECTORY MOUNTPOINT
 *
 *	latency=MICROSECONDS	each call takes so long; calls run in parallel
 *	threads=NUMBER		how many of them at most (64)
 *	head			one head serves all reads, one after the other, in the order in
 *				which they came; metadata takes no time
 *	seek=MICROSECONDS	what it takes the head to go elsewhere (8000)
 *	rate=BYTES_PER_SECOND	what it reads (150000000)
 *	untyped			listings do not tell types (DT_UNKNOWN)
 *	timeout=MILLISECONDS	how long the kernel may remember names and attributes (1000, as
 *				libfuse has it)
 *	silent=NAME		reads of files of this name, and listings of such directories, are
 *				never answered; who waits for a listing cannot even be killed
 *	deadly=NAME		they kill who asks, with SIGKILL
 *
 * Needs root. It serves until SIGTERM, SIGINT or SIGHUP comes, or until it is unmounted; then who
 * still waits has an error. The directory must be of one file system, and must not change
 * meanwhile.
 *
 * Latency: each thread takes a request, sleeps, does the work and answers. Only release does not
 * sleep, as nobody waits for it.
 *
 * Head: one thread takes the requests, so that their order is the kernel's. It answers all but
 * reads, which it puts in a queue. The thread of the head takes them from there. The time at which
 * a read is done follows from the time at which it came and the one at which the head was free, and
 * not from when the thread ran: what the scheduler adds to one read is not added to the next. Nor
 * does a reader that comes late lose time, as long as the disk had room to read on.
 *
 * It is mounted to be written, as most archives are, though writing is refused: the kernel then
 * takes it that a read alters the time of access, and asks for the attributes again when somebody
 * wants that time. Contents are forgotten when a file is opened anew, and all else with the mount.
 *
 * The protocol is that of <linux/fuse.h>, by hand: before 3.17 libfuse does not tell the kernel
 * that lookups in one directory may run in parallel (FUSE_PARALLEL_DIROPS), as those of NFS and
 * SMB do.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <search.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
	/** More than any request; the kernel asks for 8 KiB at least. */
	REQUEST_SIZE = 1 << 16,
	LISTING_SIZE = 1 << 15,
	/** Read-ahead that may be under way: without limit. The kernel's default is twelve. */
	MAX_BACKGROUND = 1 << 14,
	/** The most that the kernel reads at once, as with libfuse. */
	MAX_PAGES = 256,
	/** What a disk reads on by itself. */
	BUFFER_SIZE = 1 << 20,
	NANOSECONDS = 1000000000
};

static struct {
	uint64_t latency;
	uint64_t threads;
	bool head;
	uint64_t seek;
	uint64_t rate;
	bool untyped;
	uint64_t timeout;
	const char *silent;
	const char *deadly;
} options = {.threads = 64, .seek = 8000, .rate = 150000000, .timeout = 1000};

/** /dev/fuse, of this mount. */
static int device;

/** A request of the kernel's: its header, and what follows that. */
struct request {
	struct fuse_in_header header;
	char body[REQUEST_SIZE - sizeof(struct fuse_in_header)];
};

/** An entry as getdents64(2) returns it. */
struct listed_entry {
	uint64_t inode;
	int64_t offset;
	unsigned short size;
	unsigned char type;
	char name[];
};

/** A file or directory that was looked up; the kernel knows it by the number of its inode. */
struct node {
	uint64_t inode;
	/** Below the directory that is shown, which is the working directory. */
	char *path;
};

/** All of them, for tsearch(3). They stay until the end. */
static struct {
	pthread_mutex_t lock;
	void *tree;
} nodes = {.lock = PTHREAD_MUTEX_INITIALIZER};

/** A read that waits for the head. */
struct read {
	struct read *next;
	uint64_t unique;
	uint64_t inode;
	/** Stays open: the kernel releases it after the answer. */
	int file;
	size_t size;
	off_t offset;
	uint64_t came;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t waiting;
	struct read *first;
	struct read **end;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER,
	.waiting = PTHREAD_COND_INITIALIZER,
	.end = &queue.first};

/** Answer a request with bytes, or with an errno. @return 0, or -1 where who asked has gone */
static int answer(uint64_t unique, int error, const void *data, size_t size)
{
	struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + size), .error = -error, .unique = unique};
	struct iovec parts[] = {{&header, sizeof(header)}, {(void *)data, size}};

	if (writev(device, parts, 2) >= 0)
		return 0;
	/* ENODEV: unmounted. */
	if (errno != ENOENT && errno != ENODEV)
		warn("answer");
	return -1;
}

/** Answer as a call like read(2) has ended: with its bytes, or with errno where `size` is -1. */
static void answer_call(uint64_t unique, const void *data, ssize_t size)
{
	answer(unique, size < 0 ? errno : 0, data, size < 0 ? 0 : (size_t)size);
}

static int compare_nodes(const void *a, const void *b)
{
	const struct node *one = a, *other = b;

	return (one->inode > other->inode) - (one->inode < other->inode);
}

static const char *path_of(uint64_t inode)
{
	const struct node key = {.inode = inode};
	struct node *const *found;
	const char *path;

	if (inode == FUSE_ROOT_ID)
		return ".";
	pthread_mutex_lock(&nodes.lock);
	found = tfind(&key, &nodes.tree, compare_nodes);
	/* The kernel asks for nothing that it was not told of. */
	path = found ? (*found)->path : "";
	pthread_mutex_unlock(&nodes.lock);
	return path;
}

/** Remember where an inode is; the first of its names is as good as any. @return 0, or an errno */
static int add_node(uint64_t inode, const char *path)
{
	struct node *node = malloc(sizeof(*node));
	struct node *const *found = NULL;

	if (!node)
		return ENOMEM;
	*node = (struct node){.inode = inode, .path = strdup(path)};
	if (node->path) {
		pthread_mutex_lock(&nodes.lock);
		found = tsearch(node, &nodes.tree, compare_nodes);
		pthread_mutex_unlock(&nodes.lock);
	}
	if (found && *found == node)
		return 0;
	free(node->path);
	free(node);
	return found ? 0 : ENOMEM;
}

/** The time, in nanoseconds since whenever. */
static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * NANOSECONDS + (uint64_t)time.tv_nsec;
}

static void sleep_until(uint64_t end)
{
	const struct timespec time = {
		.tv_sec = (time_t)(end / NANOSECONDS), .tv_nsec = (long)(end % NANOSECONDS)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

/**
 * Whether a read or a listing has been dealt with, as one of the faults. Who asks for what is
 * deadly is killed, and has an answer, without which it could not end.
 */
static bool is_fault(const struct request *request)
{
	const char *path = path_of(request->header.nodeid), *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	if (options.deadly && strcmp(name, options.deadly) == 0) {
		/* 0: of another namespace. */
		if (request->header.pid > 0)
			kill((pid_t)request->header.pid, SIGKILL);
		answer(request->header.unique, EIO, NULL, 0);
		return true;
	}
	return options.silent && strcmp(name, options.silent) == 0;
}

static struct fuse_attr attributes(const struct stat *status)
{
	return (struct fuse_attr){.ino = status->st_ino,
		.size = (uint64_t)status->st_size,
		.blocks = (uint64_t)status->st_blocks,
		.atime = (uint64_t)status->st_atim.tv_sec,
		.atimensec = (uint32_t)status->st_atim.tv_nsec,
		.mtime = (uint64_t)status->st_mtim.tv_sec,
		.mtimensec = (uint32_t)status->st_mtim.tv_nsec,
		.ctime = (uint64_t)status->st_ctim.tv_sec,
		.ctimensec = (uint32_t)status->st_ctim.tv_nsec,
		.mode = status->st_mode,
		.nlink = (uint32_t)status->st_nlink,
		.uid = status->st_uid,
		.gid = status->st_gid,
		.rdev = (uint32_t)status->st_rdev,
		.blksize = (uint32_t)status->st_blksize};
}

static void serve_lookup(const struct request *request)
{
	struct fuse_entry_out entry = {.entry_valid = options.timeout / 1000,
		.entry_valid_nsec = (uint32_t)(options.timeout % 1000 * 1000000),
		.attr_valid = options.timeout / 1000,
		.attr_valid_nsec = (uint32_t)(options.timeout % 1000 * 1000000)};
	char path[PATH_MAX];
	struct stat status;
	int error = 0;

	if (snprintf(path, sizeof(path), "%s/%s", path_of(request->header.nodeid), request->body) >=
		PATH_MAX)
		error = ENAMETOOLONG;
	else if (lstat(path, &status) < 0)
		error = errno;
	else
		error = add_node(status.st_ino, path);
	if (error) {
		answer(request->header.unique, error, NULL, 0);
		return;
	}
	entry.nodeid = status.st_ino;
	entry.attr = attributes(&status);
	answer(request->header.unique, 0, &entry, sizeof(entry));
}

static void serve_getattr(const struct request *request)
{
	struct fuse_attr_out out = {.attr_valid = options.timeout / 1000,
		.attr_valid_nsec = (uint32_t)(options.timeout % 1000 * 1000000)};
	struct stat status;

	if (lstat(path_of(request->header.nodeid), &status) < 0) {
		answer(request->header.unique, errno, NULL, 0);
		return;
	}
	out.attr = attributes(&status);
	answer(request->header.unique, 0, &out, sizeof(out));
}

static void serve_readlink(const struct request *request)
{
	char target[PATH_MAX];

	answer_call(request->header.unique, target,
		readlink(path_of(request->header.nodeid), target, sizeof(target)));
}

/** Open a file or a directory. */
static void serve_open(const struct request *request)
{
	const struct fuse_open_in *in = (const void *)request->body;
	struct fuse_open_out out = {0};
	int file = -1;

	if ((in->flags & O_ACCMODE) != O_RDONLY)
		errno = EROFS;
	else
		file = open(path_of(request->header.nodeid), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (file < 0) {
		answer(request->header.unique, errno, NULL, 0);
		return;
	}
	out.fh = (uint64_t)file;
	/* There will be no release. */
	if (answer(request->header.unique, 0, &out, sizeof(out)) < 0)
		close(file);
}

static void serve_release(const struct request *request)
{
	const struct fuse_release_in *in = (const void *)request->body;

	close((int)in->fh);
	answer(request->header.unique, 0, NULL, 0);
}

static void read_now(uint64_t unique, const struct fuse_read_in *in)
{
	char *bytes = malloc(in->size);

	answer_call(
		unique, bytes, bytes ? pread((int)in->fh, bytes, in->size, (off_t)in->offset) : -1);
	free(bytes);
}

static void enqueue(const struct request *request, const struct fuse_read_in *in)
{
	struct read *read = malloc(sizeof(*read));

	if (!read) {
		answer(request->header.unique, ENOMEM, NULL, 0);
		return;
	}
	*read = (struct read){.unique = request->header.unique,
		.inode = request->header.nodeid,
		.file = (int)in->fh,
		.size = in->size,
		.offset = (off_t)in->offset,
		.came = now()};
	pthread_mutex_lock(&queue.lock);
	*queue.end = read;
	queue.end = &read->next;
	pthread_cond_signal(&queue.waiting);
	pthread_mutex_unlock(&queue.lock);
}

static void serve_read(const struct request *request)
{
	const struct fuse_read_in *in = (const void *)request->body;

	if (is_fault(request))
		return;
	if (options.head)
		enqueue(request, in);
	else
		read_now(request->header.unique, in);
}

static struct read *dequeue(void)
{
	struct read *read;

	pthread_mutex_lock(&queue.lock);
	while (!queue.first)
		pthread_cond_wait(&queue.waiting, &queue.lock);
	read = queue.first;
	queue.first = read->next;
	if (!queue.first)
		queue.end = &queue.first;
	pthread_mutex_unlock(&queue.lock);
	return read;
}

/** The thread of the head. */
static void *run_head(void *unused)
{
	const uint64_t buffer = (uint64_t)BUFFER_SIZE * NANOSECONDS / options.rate;
	uint64_t done = 0, inode = 0;
	off_t position = 0;

	for (;;) {
		struct read *read = dequeue();
		char *bytes = malloc(read->size);
		ssize_t size = bytes ? pread(read->file, bytes, read->size, read->offset) : -1;
		bool goes_on = read->inode == inode && read->offset == position;

		/* What goes on it may have begun to read before it was asked, into its buffer. */
		if (done + (goes_on ? buffer : 0) < read->came)
			done = read->came - (goes_on ? buffer : 0);
		if (!goes_on)
			done += options.seek * 1000;
		inode = read->inode;
		position = read->offset;
		if (size > 0) {
			done += (uint64_t)size * NANOSECONDS / options.rate;
			position += size;
		}
		sleep_until(done);
		answer_call(read->unique, bytes, size);
		free(bytes);
		free(read);
	}
	return unused;
}

/** Turn entries of getdents64() into FUSE's, as many as fit. @return their size in bytes */
static size_t add_entries(const char *listing, size_t listed, char *bytes, size_t size)
{
	size_t used = 0;

	for (size_t at = 0; at < listed;) {
		const struct listed_entry *from = (const void *)(listing + at);
		struct fuse_dirent entry = {.ino = from->inode,
			.off = (uint64_t)from->offset,
			.namelen = (uint32_t)strlen(from->name),
			.type = options.untyped ? DT_UNKNOWN : from->type};
		size_t more = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + entry.namelen);

		if (more > size - used)
			break;
		memset(bytes + used, 0, more);
		memcpy(bytes + used, &entry, FUSE_NAME_OFFSET);
		memcpy(bytes + used + FUSE_NAME_OFFSET, from->name, entry.namelen);
		used += more;
		at += from->size;
	}
	return used;
}

static void serve_readdir(const struct request *request)
{
	const struct fuse_read_in *in = (const void *)request->body;
	_Alignas(struct listed_entry) char listing[LISTING_SIZE];
	char *bytes;
	ssize_t listed = -1;

	if (is_fault(request))
		return;
	bytes = malloc(in->size);
	/* An entry is eight bytes longer in FUSE, or as long; what does not fit is listed again. */
	if (bytes && lseek((int)in->fh, (off_t)in->offset, SEEK_SET) >= 0)
		listed = syscall(SYS_getdents64, (int)in->fh, listing,
			in->size < sizeof(listing) ? in->size : sizeof(listing));
	if (listed > 0)
		listed = (ssize_t)add_entries(listing, (size_t)listed, bytes, in->size);
	answer_call(request->header.unique, bytes, listed);
	free(bytes);
}

static void serve_init(const struct request *request)
{
	const struct fuse_init_in *in = (const void *)request->body;
	struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = in->max_readahead,
		.flags = in->flags &
			(FUSE_ASYNC_READ | FUSE_ASYNC_DIO | FUSE_AUTO_INVAL_DATA |
				FUSE_PARALLEL_DIROPS | FUSE_MAX_PAGES),
		.max_background = MAX_BACKGROUND,
		.congestion_threshold = MAX_BACKGROUND,
		.max_write = 4096,
		.time_gran = 1,
		.max_pages = MAX_PAGES};

	answer(request->header.unique, 0, &out, sizeof(out));
}

/** Do what takes the time of a call. */
static void serve_slowly(const struct request *request)
{
	static const struct fuse_statfs_out nothing = {.st = {.bsize = 4096, .namelen = NAME_MAX}};

	if (options.latency > 0)
		sleep_until(now() + options.latency * 1000);
	switch (request->header.opcode) {
	case FUSE_LOOKUP:
		serve_lookup(request);
		return;
	case FUSE_GETATTR:
		serve_getattr(request);
		return;
	case FUSE_READLINK:
		serve_readlink(request);
		return;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		serve_open(request);
		return;
	case FUSE_READ:
		serve_read(request);
		return;
	case FUSE_READDIR:
		serve_readdir(request);
		return;
	case FUSE_FLUSH:
		answer(request->header.unique, 0, NULL, 0);
		return;
	case FUSE_STATFS:
		answer(request->header.unique, 0, &nothing, sizeof(nothing));
		return;
	default:
		answer(request->header.unique, ENOSYS, NULL, 0);
	}
}

static void serve(const struct request *request)
{
	switch (request->header.opcode) {
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	case FUSE_INIT:
		serve_init(request);
		return;
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
		serve_release(request);
		return;
	default:
		serve_slowly(request);
	}
}

/** A thread that takes requests. Ends the process when the file system has been unmounted. */
static void *run_server(void *unused)
{
	struct request request;

	(void)unused;
	for (;;) {
		ssize_t size = read(device, &request, sizeof(request));

		if (size >= (ssize_t)sizeof(request.header))
			serve(&request);
		else if (errno != EINTR && errno != ENOENT && errno != EAGAIN)
			break;
	}
	if (errno != ENODEV)
		err(EXIT_FAILURE, "/dev/fuse");
	_exit(EXIT_SUCCESS);
}

static void start_thread(void *(*run)(void *))
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, run, NULL);

	if (error)
		errx(EXIT_FAILURE, "thread: %s", strerror(error));
	pthread_detach(thread);
}

static void parse_options(char *list)
{
	enum {
		LATENCY,
		THREADS,
		HEAD,
		SEEK,
		RATE,
		UNTYPED,
		TIMEOUT,
		SILENT,
		DEADLY
	};
	char *const names[] = {"latency", "threads", "head", "seek", "rate", "untyped", "timeout",
		"silent", "deadly", NULL};
	uint64_t *const numbers[] = {[LATENCY] = &options.latency,
		[THREADS] = &options.threads,
		[SEEK] = &options.seek,
		[RATE] = &options.rate,
		[TIMEOUT] = &options.timeout};

	while (*list) {
		char *value, *text = list;
		int option = getsubopt(&list, names, &value);

		if (option < 0 || (option == HEAD || option == UNTYPED) != !value)
			errx(2, "%s: no such option", text);
		switch (option) {
		case HEAD:
			options.head = true;
			break;
		case UNTYPED:
			options.untyped = true;
			break;
		case SILENT:
			options.silent = value;
			break;
		case DEADLY:
			options.deadly = value;
			break;
		default:
			*numbers[option] = strtoull(value, NULL, 10);
		}
	}
	if (options.head && options.latency > 0)
		errx(2, "head and latency exclude each other");
	if (options.rate == 0 || options.threads == 0)
		errx(2, "rate and threads must not be 0");
}

/** Mount, so that requests come from `device`. */
static void mount_on(const char *mountpoint)
{
	char data[128];

	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0)
		err(EXIT_FAILURE, "/dev/fuse");
	snprintf(data, sizeof(data), "fd=%d,rootmode=40000,user_id=%u,group_id=%u", device,
		(unsigned)getuid(), (unsigned)getgid());
	if (mount("slow_fs", mountpoint, "fuse.slow_fs", MS_NOSUID | MS_NODEV, data) < 0)
		err(EXIT_FAILURE, "%s", mountpoint);
}

int main(int argc, char **argv)
{
	char *mountpoint;
	sigset_t signals;
	int option, signal;

	while ((option = getopt(argc, argv, "o:")) == 'o')
		parse_options(optarg);
	if (option != -1 || argc - optind != 2)
		errx(2, "usage: slow_fs [-o OPTION[,OPTION]...] DIRECTORY MOUNTPOINT");
	/* The directory first, so that it may be its own mountpoint. */
	mountpoint = realpath(argv[optind + 1], NULL);
	if (!mountpoint)
		err(EXIT_FAILURE, "%s", argv[optind + 1]);
	if (chdir(argv[optind]) < 0)
		err(EXIT_FAILURE, "%s", argv[optind]);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	/* Sleeps end when they should, and not 50 microseconds later. */
	prctl(PR_SET_TIMERSLACK, 1UL);

	mount_on(mountpoint);
	if (options.head)
		start_thread(run_head);
	for (uint64_t i = 0; i < (options.head ? 1 : options.threads); i++)
		start_thread(run_server);
	sigwait(&signals, &signal);
	if (umount2(mountpoint, MNT_DETACH) < 0)
		err(EXIT_FAILURE, "%s", mountpoint);
	free(mountpoint);
	/* Threads may wait for ever: they end with the process. */
	return EXIT_SUCCESS;
}
