/*
 * The tutorial's build_map(): walk the trees, let the hashers mark each file, put path and digest
 * into the map, print the map.
 *
 *     operands ─────────┬──► waiting ──► hashers ──► map ──► manifest
 *     walker ──► found ─┘                   │
 *        ▲                                  │ a directory
 *        └──────────────────────────────────┘
 *
 * The parent touches no file: an operand goes to the hashers, and one that turns out to be a
 * directory goes on to the walker, which is started then. So a single file costs one fork.
 *
 * What the walker finds is taken at once, so that the whole of the work is known early, and the
 * manifest is printed when all is done, so that a run that was broken off leaves none that looks
 * complete. With --unsorted there is no map: an entry is taken when a hasher has room for it, and
 * printed and forgotten when it is done.
 */
#include "generate.h"

#include "hash/parallel.h"
#include "manifest/digest_map.h"
#include "manifest/line.h"
#include "manifest/writer.h"
#include "operands.h"
#include "run.h"
#include "ui/report.h"
#include "walk/walker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

/** A run of this mode. */
struct generate {
	const struct options *options;
	struct operands *operands;
	/** Operands taken so far, and whether that is all. */
	uint32_t operand_count;
	bool operands_ended;
	/** NULL until an operand is a directory. */
	struct walker *walker;
	/** Roots that the walker has not walked to their end. */
	size_t roots_open;
	/** Readable when operands or walker may have more. */
	int more_fd;
	/** No more can be taken: the walk was cut short, or memory is used up. */
	bool broken;
	/** All entries, but with --unsorted. */
	struct digest_map *map;
	/** Entries for the hashers. */
	struct digest_queue waiting;
	struct parallel *parallel;
	struct writer *writer;
	struct line_format format;
	/** Room for a line. */
	char *line;
	size_t line_room;
};

/** Let `more_fd` be readable when this one is. @return 0, or -1 with errno */
static int watch(struct generate *run, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
	return epoll_ctl(run->more_fd, EPOLL_CTL_ADD, fd, &event);
}

/** No longer: at its end it would be readable for ever. */
static void unwatch(struct generate *run, int fd)
{
	if (fd >= 0)
		epoll_ctl(run->more_fd, EPOLL_CTL_DEL, fd, NULL);
}

/** Print a file's line. @return 0, or -1, which was reported */
static int print_line(struct generate *run, const struct digest_entry *entry)
{
	size_t digest_size = run->options->algorithm->size;
	size_t bound = line_bound(&run->format, digest_size, entry->path_size);
	if (bound > run->line_room) {
		char *line = realloc(run->line, 2 * bound);
		if (!line)
			return run_failed("cannot print");
		run->line = line;
		run->line_room = 2 * bound;
	}
	size_t size = line_print(&run->format, entry->result.digest, digest_size, entry->path,
		entry->path_size, run->line);
	return writer_put(run->writer, run->line, size) == 0 ? 0 : run_write_failed(run->options);
}

/** Print what came of an entry: its line, or why it has none. @return as print_line() */
static int print_entry(struct generate *run, const struct digest_entry *entry)
{
	if (entry->result.state == HASHER_DONE)
		return print_line(run, entry);
	/* An operand that was walked. */
	if (entry->result.state == HASHER_DIRECTORY && !entry->root_size)
		return 0;
	char room[64];
	report_file_reason(entry->path, hasher_reason(&entry->result, room));
	return 0;
}

/** Put an entry aside until the map is printed; without a map, print it now. @return 0, or -1 */
static int settle(struct generate *run, struct digest_entry *entry)
{
	if (run->map)
		return 0;
	int status = print_entry(run, entry);
	free(entry);
	return status;
}

/** @return a new entry, or NULL, which was reported */
static struct digest_entry *new_entry(
	struct generate *run, uint32_t operand, const char *path, size_t size, size_t root_size)
{
	struct digest_entry *entry = run->map
		? digest_map_add(run->map, operand, path, size, (uint32_t)root_size)
		: digest_entry_new(operand, path, size, (uint32_t)root_size);
	if (!entry)
		run_failed("cannot go on");
	return entry;
}

/** Take the next operand. @return 1, 0 where there is none now, or -1, which was reported */
static int take_operand(struct generate *run)
{
	const char *name;
	int got = operands_next(run->operands, &name);
	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got <= 0) {
		run->operands_ended = true;
		unwatch(run, operands_fd(run->operands));
		return 0;
	}
	struct digest_entry *entry = new_entry(run, run->operand_count++, name, strlen(name), 0);
	if (!entry)
		return -1;
	digest_queue_push(&run->waiting, entry);
	return 1;
}

/** What the walk found becomes an entry, where it is a file or an error. @return 0, or -1 */
static int take_found(struct generate *run, const struct walker_entry *found)
{
	bool failed = found->type == NFTW_DNR || found->type == NFTW_NS;
	bool file = found->type == NFTW_F && S_ISREG(found->mode);
	if (!failed && (!file || writer_owns(run->writer, found->device, found->inode)))
		return 0;
	/* A root that is no directory any more is opened as it was named. */
	size_t root_size = found->length > found->root_size ? found->root_size : 0;
	struct digest_entry *entry =
		new_entry(run, found->root, found->path, found->length, root_size);
	if (!entry)
		return -1;
	if (failed) {
		entry->result.state = HASHER_FAILED;
		entry->result.error = found->error;
		return settle(run, entry);
	}
	entry->result.size = found->size;
	digest_queue_push(&run->waiting, entry);
	return 0;
}

/** Take the walker's next entry. @return as take_operand() */
static int take_walked(struct generate *run)
{
	struct walker_entry found;
	int got = walker_next(run->walker, &found);
	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got < 0) {
		report_message("the walk was cut short: the walker %s", walker_reason(run->walker));
		report_status(1);
		return -1;
	}
	if (got == 0 || found.kind == WALKER_END) {
		run->roots_open = got == 0 ? 0 : run->roots_open - 1;
		if (!run->roots_open)
			unwatch(run, walker_fd(run->walker));
		return 1;
	}
	return take_found(run, &found) == 0 ? 1 : -1;
}

/** Take one thing from the operands, or else from the walker. @return as take_operand() */
static int take(struct generate *run)
{
	int got = 0;
	if (run->broken)
		return -1;
	if (!run->operands_ended)
		got = take_operand(run);
	if (got == 0 && run->roots_open)
		got = take_walked(run);
	if (got < 0) {
		run->broken = true;
		if (run->roots_open)
			unwatch(run, walker_fd(run->walker));
	}
	return got;
}

/** For the hashers: the next entry. */
static int next_entry(void *context, struct digest_entry **entry)
{
	struct generate *run = context;
	while (!run->waiting.present && take(run) > 0)
		;
	if (run->broken) {
		errno = ECANCELED;
		return -1;
	}
	*entry = digest_queue_pop(&run->waiting);
	if (*entry)
		return 1;
	if (run->operands_ended && !run->roots_open && !parallel_undecided(run->parallel))
		return 0;
	errno = EAGAIN;
	return -1;
}

/** For the hashers' loop: take what has come. */
static void take_all(void *context)
{
	struct generate *run = context;
	while (take(run) > 0)
		;
}

/** Give a directory to the walker. @return 0, or -1, which was reported */
static int walk(struct generate *run, const struct digest_entry *entry)
{
	if (!run->walker) {
		struct walker_options options = {.sorted = run->map != NULL};
		run->walker = walker_start(&options);
		if (!run->walker)
			return run_failed("cannot walk");
	}
	if (walker_add(run->walker, entry->operand, entry->path) != 0 ||
		(run->roots_open == 0 && watch(run, walker_fd(run->walker)) != 0))
		return run_failed("cannot walk");
	run->roots_open++;
	return 0;
}

/** Hash everything. @return 0, or -1, which was reported */
static int build_map(struct generate *run)
{
	struct digest_entry *entry;
	int got;
	while ((got = run_next(run->options, run->parallel, run->writer, &entry)) > 0) {
		if (entry->result.state == HASHER_DIRECTORY && !entry->root_size &&
			walk(run, entry) != 0)
			return -1;
		if (settle(run, entry) != 0)
			return -1;
	}
	return got;
}

/** Print the manifest. @return 0, or -1, which was reported */
static int print_map(struct generate *run)
{
	if (!run->map)
		return 0;
	const struct digest_entry *entry = digest_map_first(run->map);
	for (; entry; entry = digest_map_next(run->map, entry)) {
		if (print_entry(run, entry) != 0)
			return -1;
	}
	return 0;
}

/** Open what a run needs. @return 0, or -1, which was reported */
static int start(struct generate *run, int interrupt_fd)
{
	const struct options *options = run->options;
	run->writer = run_open_output(options);
	if (!run->writer)
		return -1;
	run->operands = operands_open(options);
	if (!run->operands)
		return -1;
	if (run_change_directory(options) != 0)
		return -1;
	run->more_fd = epoll_create1(EPOLL_CLOEXEC);
	if (run->more_fd < 0)
		return run_failed("cannot start");
	/* EPERM: one that never lets anyone wait, such as /dev/null. */
	if (operands_fd(run->operands) >= 0 && watch(run, operands_fd(run->operands)) != 0 &&
		errno != EPERM)
		return run_failed("cannot start");
	if (!options->unsorted) {
		run->map = digest_map_new();
		if (!run->map)
			return run_failed("cannot start");
	}
	struct parallel_source source = {
		.next = next_entry,
		.readable = run->map ? take_all : NULL,
		.context = run,
		.fd = run->more_fd,
	};
	run->parallel = run_hashers(options, interrupt_fd, &source);
	return run->parallel ? 0 : -1;
}

void generate(const struct options *options, int interrupt_fd)
{
	struct generate run = {
		.options = options,
		.more_fd = -1,
		.format =
			{
				.tag = options->tag ? options->algorithm->tag : NULL,
				.mode = options->binary ? '*' : ' ',
				.end = options->zero ? '\0' : '\n',
			},
	};

	if (start(&run, interrupt_fd) == 0 && build_map(&run) == 0 && print_map(&run) == 0 &&
		writer_commit(run.writer) != 0)
		run_write_failed(options);

	/* First what would be left behind: the temporary of an output that is not complete. */
	writer_free(run.writer);
	walker_free(run.walker);
	parallel_free(run.parallel);
	operands_free(run.operands);
	digest_map_free(run.map);
	free(run.line);
	if (run.more_fd >= 0)
		close(run.more_fd);
}
