/*
 * A file system that hangs, for real: a small tree, served by FUSE, in which one file or one folder
 * never answers.
 *
 * Usage: silent_fs FOLDER cached|direct|folder
 *
 * FOLDER has the files "a", "silent" and "z", and the folder "silent-folder". Readers of "silent"
 * wait for its pages (cached), out of which SIGKILL gets them, or for this process itself (direct),
 * which nothing interrupts; so do those who list "silent-folder" (folder). What is not asked to be
 * silent is empty. It serves until it is killed; then all who wait have EIO or ECONNABORTED.
 *
 * The protocol is that of <linux/fuse.h>, by hand: libfuse would be one more thing to install.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const struct node {
	const char *name;
	mode_t mode;
	const char *content;
	uint64_t size;
} nodes[] = {
	/* By inode; none has number 0, the root has 1. */
	{0},
	{".", S_IFDIR | 0755, "", 0},
	{"a", S_IFREG | 0644, "a\n", 2},
	{"silent", S_IFREG | 0644, "", 300000},
	{"z", S_IFREG | 0644, "z\n", 2},
	{"silent-folder", S_IFDIR | 0755, "", 0},
};

enum {
	NODES = sizeof(nodes) / sizeof(nodes[0]),
	ROOT = 1,
	SILENT = 3,
	SILENT_FOLDER = 5
};

static int device;
static bool direct, silent_file, silent_folder;

/** Answer a request with an error (0 or -errno) or with bytes. */
static void answer(uint64_t unique, int error, const void *data, size_t size)
{
	struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + size), .error = error, .unique = unique};
	struct iovec parts[] = {{&header, sizeof(header)}, {(void *)data, size}};

	/* ENOENT: whoever asked has gone. */
	if (writev(device, parts, 2) < 0 && errno != ENOENT)
		perror("silent_fs: answer");
}

static uint64_t size_of(uint64_t inode)
{
	return inode == SILENT && !silent_file ? 0 : nodes[inode].size;
}

static struct fuse_attr attributes(uint64_t inode)
{
	return (struct fuse_attr){.ino = inode,
		.size = size_of(inode),
		.mode = nodes[inode].mode,
		.nlink = 1,
		.blksize = 4096};
}

static void look_up(uint64_t unique, const char *name)
{
	for (uint64_t inode = ROOT + 1; inode < NODES; inode++) {
		if (strcmp(nodes[inode].name, name) == 0) {
			struct fuse_entry_out entry = {.nodeid = inode, .attr = attributes(inode)};

			answer(unique, 0, &entry, sizeof(entry));
			return;
		}
	}
	answer(unique, -ENOENT, NULL, 0);
}

/** All names at once; asked for more, there are none. */
static void list(uint64_t unique, uint64_t inode, uint64_t offset)
{
	char bytes[4096];
	size_t used = 0;

	for (uint64_t i = ROOT + 1; inode == ROOT && offset == 0 && i < NODES; i++) {
		struct fuse_dirent entry = {.ino = i,
			.off = i,
			.namelen = (uint32_t)strlen(nodes[i].name),
			.type = nodes[i].mode >> 12};
		size_t size = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + entry.namelen);

		memset(bytes + used, 0, size);
		memcpy(bytes + used, &entry, FUSE_NAME_OFFSET);
		memcpy(bytes + used + FUSE_NAME_OFFSET, nodes[i].name, entry.namelen);
		used += size;
	}
	answer(unique, 0, bytes, used);
}

static void serve(const struct fuse_in_header *in, const void *body)
{
	const struct fuse_read_in *range = body;

	switch (in->opcode) {
	case FUSE_INIT: {
		const struct fuse_init_in *init = body;
		struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION,
			.minor = FUSE_KERNEL_MINOR_VERSION,
			.flags = FUSE_ASYNC_READ,
			.max_readahead = init->max_readahead,
			.max_write = 4096};

		answer(in->unique, 0, &out, sizeof(out));
		return;
	}
	case FUSE_LOOKUP:
		look_up(in->unique, body);
		return;
	case FUSE_GETATTR: {
		struct fuse_attr_out out = {.attr = attributes(in->nodeid)};

		answer(in->unique, 0, &out, sizeof(out));
		return;
	}
	case FUSE_OPEN:
	case FUSE_OPENDIR: {
		struct fuse_open_out out = {
			.open_flags = direct && in->nodeid == SILENT ? FOPEN_DIRECT_IO : 0};

		answer(in->unique, 0, &out, sizeof(out));
		return;
	}
	case FUSE_READ:
		if (in->nodeid == SILENT && silent_file)
			return;
		answer(in->unique, 0, nodes[in->nodeid].content + range->offset,
			range->offset ? 0 : size_of(in->nodeid));
		return;
	case FUSE_READDIR:
		if (in->nodeid != SILENT_FOLDER || !silent_folder)
			list(in->unique, in->nodeid, range->offset);
		return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
		answer(in->unique, 0, NULL, 0);
		return;
	default:
		answer(in->unique, -ENOSYS, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	static char request[1 << 20];
	char options[128];

	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (argc != 3 || device < 0) {
		perror("silent_fs: /dev/fuse");
		return EXIT_FAILURE;
	}
	direct = strcmp(argv[2], "direct") == 0;
	silent_folder = strcmp(argv[2], "folder") == 0;
	silent_file = !silent_folder;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%u,group_id=%u", device,
		(unsigned)getuid(), (unsigned)getgid());
	if (mount("silent_fs", argv[1], "fuse", MS_NOSUID | MS_NODEV, options) < 0) {
		perror("silent_fs: mount");
		return EXIT_FAILURE;
	}
	for (;;) {
		ssize_t size = read(device, request, sizeof(request));

		if (size >= (ssize_t)sizeof(struct fuse_in_header))
			serve((const struct fuse_in_header *)(const void *)request,
				request + sizeof(struct fuse_in_header));
		else if (errno != EINTR && errno != ENOENT)
			return EXIT_SUCCESS;
	}
}
