/*
 *     operands ─────────┬──► waiting ──► hashers ──► map
 *     walker ──► found ─┘                   │
 *        ▲                                  │ a directory
 *        └──────────────────────────────────┘
 *
 * The parent touches no file: an operand goes to the hashers, and one that turns out to be a
 * directory goes on to the walker, which is started then. So a single file costs one fork. Where
 * all operands are trees they go to the walker at once, which also tells of one that is a file.
 *
 * What the walker finds is taken at once, so that the whole of the work is known early. With
 * --unsorted there is no map: an entry is taken when a hasher has room for it, handed on when it is
 * done, and forgotten.
 *
 * Of several names of one file (hard links) the first is hashed. The others follow it: they take
 * its digest when it is done, or, where it has none or the file was altered since the walk saw
 * them, are hashed themselves.
 */
#include "build_map.h"

#include "confine.h"
#include "hash/parallel.h"
#include "manifest/link_table.h"
#include "operands.h"
#include "run.h"
#include "ui/progress.h"
#include "ui/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

struct build {
	struct build_options options;
	struct operands *operands;
	/** Operands taken so far, and whether that is all. */
	uint32_t operand_count;
	bool operands_ended;
	/** NULL until an operand is a directory. */
	struct walker *walker;
	/** Roots that the walker has not walked to their end. */
	size_t roots_open;
	/** Names that the filter has left out. */
	uint64_t excluded;
	/** Readable when operands or walker may have more. */
	int more_fd;
	/** No more can be taken: the walk was cut short, or memory is used up. */
	bool broken;
	/** All entries, but with --unsorted. */
	struct digest_map *map;
	struct link_table links;
	/** Entries that follow one that is not done. */
	size_t followers;
	/** Entries for the hashers. */
	struct digest_queue waiting;
	/** Without a map: those that a hasher has. */
	struct digest_entry *in_hand;
	struct parallel *parallel;
};

/** Let `more_fd` be readable when this one is. @return 0, or -1 with errno */
static int watch(struct build *build, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
	return epoll_ctl(build->more_fd, EPOLL_CTL_ADD, fd, &event);
}

/** No longer: at its end it would be readable for ever. */
static void unwatch(struct build *build, int fd)
{
	if (fd >= 0)
		epoll_ctl(build->more_fd, EPOLL_CTL_DEL, fd, NULL);
}

/** @return a new entry, or NULL, which was reported */
static struct digest_entry *new_entry(
	struct build *build, uint32_t operand, const char *path, size_t size, size_t root_size)
{
	struct digest_entry *entry = build->map
		? digest_map_add(build->map, operand, path, size, (uint32_t)root_size)
		: digest_entry_new(operand, path, size, (uint32_t)root_size);
	if (!entry)
		run_failed("cannot go on");
	return entry;
}

/** Entries that follow this one take its digest, or are hashed themselves. */
static void release_followers(struct build *build, struct digest_entry *leader)
{
	struct digest_entry *next;
	for (struct digest_entry *entry = leader->twin; entry; entry = next) {
		next = entry->twin;
		entry->twin = NULL;
		build->followers--;
		if (link_table_serves(leader, entry))
			entry->result = leader->result;
		else
			digest_queue_push(&build->waiting, entry);
	}
	leader->twin = NULL;
}

/** An entry is done. @return 0, or -1, which was reported */
static int settle(struct build *build, struct digest_entry *entry)
{
	if (build->map) {
		release_followers(build, entry);
		return 0;
	}
	int status = build->options.hooks.done(build->options.hooks.context, entry);
	free(entry);
	return status;
}

/** What walker and hashers may do. */
static struct sandbox sandbox_of(const struct build *build)
{
	const struct build_options *options = &build->options;
	return confine_readers(options->options, options->writer, options->replacement);
}

/** Give a directory to the walker. @return 1, 0 where its path is too long for that, or -1, which
 * was reported */
static int walk(struct build *build, uint32_t number, const char *path)
{
	if (!build->walker) {
		const struct options *options = build->options.options;
		struct sandbox sandbox = sandbox_of(build);
		struct walker_options walking = {
			.sorted = build->map != NULL,
			.follow = options->dereference,
			.one_file_system = options->one_file_system,
			.filter = options->filter,
			.timeout = options->timeout * 1000,
			.initializer = sandbox_initialize,
			.context = &sandbox,
		};
		build->walker = walker_start(&walking);
		if (!build->walker)
			return run_failed("cannot walk");
	}
	int added = walker_add(build->walker, number, path);
	if (added != 0 && errno == ENAMETOOLONG)
		return 0;
	if (added != 0 || (build->roots_open == 0 && watch(build, walker_fd(build->walker)) != 0))
		return run_failed("cannot walk");
	build->roots_open++;
	return 1;
}

/** Take the next operand. @return 1, 0 where there is none now, or -1, which was reported */
static int take_operand(struct build *build)
{
	const char *name;
	int got = operands_next(build->operands, &name);
	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got <= 0) {
		build->operands_ended = true;
		unwatch(build, operands_fd(build->operands));
		return 0;
	}
	uint32_t number = build->operand_count++;
	if (build->options.trees && strcmp(name, "-") == 0) {
		/* The line of a file of this name would be taken for that of standard input. */
		report_file_reason(name, "is standard input, and no tree; for a file write ./-");
		report_failure();
		return 1;
	}
	if (build->options.trees) {
		int walked = walk(build, number, name);
		if (walked == 0) {
			report_file(name, ENAMETOOLONG);
			report_failure();
		}
		return walked < 0 ? -1 : 1;
	}
	struct digest_entry *entry = new_entry(build, number, name, strlen(name), 0);
	if (!entry)
		return -1;
	digest_queue_push(&build->waiting, entry);
	return 1;
}

/** An entry for a regular file that a walk found: is it to be hashed? @return 0, or -1, reported */
static int take_file(struct build *build, struct digest_entry *entry, uint64_t links)
{
	const struct build_hooks *hooks = &build->options.hooks;
	if (hooks->known && hooks->known(hooks->context, entry))
		return 0;
	struct digest_entry *leader = entry;
	if (links > 1 && build->map) {
		leader = link_table_leader(&build->links, entry);
		if (!leader)
			return run_failed("cannot go on");
	}
	if (leader != entry && link_table_serves(leader, entry)) {
		entry->result = leader->result;
	} else if (leader != entry && leader->result.state == HASHER_PENDING) {
		entry->twin = leader->twin;
		leader->twin = entry;
		build->followers++;
	} else {
		digest_queue_push(&build->waiting, entry);
	}
	return 0;
}

/** What the walk found becomes an entry, where it is a file or an error. @return 0, or -1 */
static int take_found(struct build *build, const struct walker_entry *found)
{
	const struct build_hooks *hooks = &build->options.hooks;
	bool failed = found->type == NFTW_DNR || found->type == NFTW_NS;
	bool file = found->type == NFTW_F && S_ISREG(found->mode);
	if (hooks->found && hooks->found(hooks->context, found) != 0)
		return -1;
	if (!failed && (!file || hooks->owns(hooks->context, &found->stamp)))
		return 0;
	/* A root that is no directory is opened as it was named. */
	size_t root_size = found->length > found->root_size ? found->root_size : 0;
	struct digest_entry *entry =
		new_entry(build, found->root, found->path, found->length, root_size);
	if (!entry)
		return -1;
	if (failed) {
		entry->result.state = HASHER_FAILED;
		entry->result.error = found->error;
		return settle(build, entry);
	}
	entry->result.size = found->stamp.size;
	entry->result.stamp = found->stamp;
	return take_file(build, entry, found->links);
}

/** Take the walker's next entry. @return as take_operand() */
static int take_walked(struct build *build)
{
	struct walker_entry found;
	int got = walker_next(build->walker, &found);
	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got < 0) {
		report_failed(
			0, "the walk was cut short: the walker %s", walker_reason(build->walker));
		return -1;
	}
	if (got == 0 || found.kind == WALKER_END) {
		build->excluded += got == 0 ? 0 : found.excluded;
		build->roots_open = got == 0 ? 0 : build->roots_open - 1;
		if (!build->roots_open)
			unwatch(build, walker_fd(build->walker));
		return 1;
	}
	return take_found(build, &found) == 0 ? 1 : -1;
}

/** Take one thing from the operands, or else from the walker. @return as take_operand() */
static int take(struct build *build)
{
	int got = 0;
	if (build->broken)
		return -1;
	if (!build->operands_ended)
		got = take_operand(build);
	if (got == 0 && build->roots_open)
		got = take_walked(build);
	if (got < 0) {
		build->broken = true;
		if (build->roots_open)
			unwatch(build, walker_fd(build->walker));
	}
	return got;
}

/** Without a map, an entry that a hasher has is known by this list only, linked by `next`. */
static void put_in_hand(struct build *build, struct digest_entry *entry)
{
	entry->next = build->in_hand;
	entry->twin = NULL;
	if (entry->next)
		entry->next->twin = entry;
	build->in_hand = entry;
}

static void take_from_hand(struct build *build, struct digest_entry *entry)
{
	if (entry->next)
		entry->next->twin = entry->twin;
	if (entry->twin)
		entry->twin->next = entry->next;
	else
		build->in_hand = entry->next;
}

/** For the hashers: the next entry. */
static int next_entry(void *context, struct digest_entry **entry)
{
	struct build *build = context;
	while (!build->waiting.present && take(build) > 0)
		;
	if (build->broken) {
		errno = ECANCELED;
		return -1;
	}
	*entry = digest_queue_pop(&build->waiting);
	if (*entry && !build->map)
		put_in_hand(build, *entry);
	if (*entry)
		return 1;
	if (build->operands_ended && !build->roots_open && !build->followers &&
		!parallel_undecided(build->parallel))
		return 0;
	errno = EAGAIN;
	return -1;
}

/** For the hashers' loop: take what has come. */
static void take_all(void *context)
{
	struct build *build = context;
	while (take(build) > 0)
		;
}

/** For the progress: how far it is. */
static void count(void *context, struct estimate_counts *counts)
{
	const struct build *build = context;
	counts->scanning = build->map && build->roots_open;
	double part = build->map && !build->roots_open ? operands_part(build->operands) : 0;
	run_count(build->parallel, &build->waiting, part, counts);
}

/** Hash all that comes. @return as build_run() */
static int hash_all(struct build *build)
{
	struct digest_entry *entry;
	int got;
	while ((got = run_next(build->options.options, build->parallel, build->options.writer,
			&entry)) > 0) {
		if (!build->map)
			take_from_hand(build, entry);
		bool directory = entry->result.state == HASHER_DIRECTORY && !entry->root_size;
		int walked = directory ? walk(build, entry->operand, entry->path) : 1;
		if (walked < 0)
			return -1;
		if (walked == 0)
			entry->result = (struct hasher_result){
				.state = HASHER_FAILED, .error = ENAMETOOLONG};
		if (settle(build, entry) != 0)
			return -1;
	}
	return got;
}

int build_run(struct build *build)
{
	struct parallel_source source = {
		.next = next_entry,
		.readable = build->map ? take_all : NULL,
		.context = build,
		.fd = build->more_fd,
	};
	struct sandbox sandbox = sandbox_of(build);
	build->parallel =
		run_hashers(build->options.options, &sandbox, build->options.interrupt_fd, &source);
	if (!build->parallel)
		return -1;
	progress_begin(count, build);
	int status = hash_all(build);
	progress_end();
	return status;
}

/** Open what a build needs. @return 0, or -1, which was reported */
static int start(struct build *build)
{
	const struct options *options = build->options.options;
	build->operands = operands_open(options);
	if (!build->operands || run_change_directory(options) != 0)
		return -1;
	build->more_fd = epoll_create1(EPOLL_CLOEXEC);
	if (build->more_fd < 0)
		return run_failed("cannot start");
	/* EPERM: one that never lets anyone wait, such as /dev/null. */
	if (operands_fd(build->operands) >= 0 && watch(build, operands_fd(build->operands)) != 0 &&
		errno != EPERM)
		return run_failed("cannot start");
	if (!options->unsorted) {
		build->map = digest_map_new();
		if (!build->map)
			return run_failed("cannot start");
	}
	return 0;
}

struct build *build_open(const struct build_options *options)
{
	struct build *build = calloc(1, sizeof(*build));
	if (!build) {
		run_failed("cannot start");
		return NULL;
	}
	build->options = *options;
	build->more_fd = -1;
	if (start(build) != 0) {
		build_free(build);
		return NULL;
	}
	return build;
}

uint64_t build_excluded(const struct build *build)
{
	return build->excluded;
}

const struct digest_map *build_map(const struct build *build)
{
	return build->map;
}

/** Free the entries that are in no map. */
static void free_loose(struct build *build)
{
	struct digest_entry *entry;
	while ((entry = digest_queue_pop(&build->waiting)))
		free(entry);
	while ((entry = build->in_hand)) {
		build->in_hand = entry->next;
		free(entry);
	}
}

void build_free(struct build *build)
{
	if (!build)
		return;
	walker_free(build->walker);
	parallel_free(build->parallel);
	operands_free(build->operands);
	if (!build->map)
		free_loose(build);
	link_table_free(&build->links);
	digest_map_free(build->map);
	if (build->more_fd >= 0)
		close(build->more_fd);
	free(build);
}
