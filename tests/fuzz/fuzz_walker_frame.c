/*
 * Fuzz target: what the parent makes of the frames that a walker sends.
 *
 * The input is cut into frames, each of them two bytes of length and as many bytes. There is no
 * walker: the other end of the channel is ours, and two roots are being walked. What is taken for
 * an entry must make sense, the ends of the roots must agree with what came, and what is lost must
 * stay so.
 */
/* Its inside: a walker without a process is nothing that its header offers. */
#include "walk/walker.c" /* NOLINT(bugprone-suspicious-include) */

#include "frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {"tree", "a/"};

#define ROOTS (sizeof(names) / sizeof(names[0]))

/** What has come. */
struct seen {
	/** Roots walked to their end. */
	size_t ends;
	/** Entries of the root that is walked, and those with an error. */
	uint64_t entries;
	uint64_t errors;
};

/* Not assert(): a build without assertions must notice, too. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

/** The parent's side without the walker's process. @param end set to the walker's end */
static struct walker *open_walker(int *end)
{
	struct walker *walker = calloc(1, sizeof(*walker));

	must(walker);
	walker->timer = walker->epoll = walker->child.pidfd = -1;
	walker->roots_end = &walker->roots;
	walker->frame = malloc(CHANNEL_FRAME_MAX);
	must(walker->frame);
	must(channel_open(&walker->fd, end) == 0);
	frame_read(&walker->reader, walker->frame, 0);
	for (uint32_t i = 0; i < ROOTS; i++)
		must(walker_add(walker, i + 7, names[i]) == 0);
	return walker;
}

static void check_entry(struct seen *seen, const struct walker_entry *entry)
{
	must(seen->ends < ROOTS);
	must(entry->root == seen->ends + 7);
	if (entry->kind == WALKER_END) {
		must(entry->entries == seen->entries && entry->errors == seen->errors);
		*seen = (struct seen){.ends = seen->ends + 1};
		return;
	}
	const char *root = names[seen->ends];
	must(entry->root_size == strlen(root));
	must(strlen(entry->path) == entry->length);
	must(strncmp(entry->path, root, entry->root_size) == 0);
	must(entry->type <= NFTW_EXCLUDED);
	must(entry->stamp.mtime.tv_nsec < 1000000000 && entry->stamp.ctime.tv_nsec < 1000000000);
	seen->entries++;
	seen->errors += entry->error != 0;
}

/** Take all that has come. @return whether more may come */
static bool take_all(struct walker *walker, struct seen *seen)
{
	struct walker_entry entry;
	int got;

	while ((got = walker_next(walker, &entry)) > 0)
		check_entry(seen, &entry);
	if (got == 0) {
		must(seen->ends == ROOTS);
		return false;
	}
	if (errno == EAGAIN)
		return true;
	int error = errno;
	must(error == EPIPE || error == EBADMSG);
	must(walker_next(walker, &entry) == -1 && errno == error);
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int end;
	struct walker *walker = open_walker(&end);
	struct seen seen = {0};
	struct frames frames = {.rest = data, .rest_size = size};
	bool more = true;

	while (more && frames_next(&frames)) {
		if (frames.size > 0 && channel_send(end, frames.frame, frames.size) == 0)
			more = take_all(walker, &seen);
	}
	close(end);
	/* Without the ends of all roots it is an incomplete answer. */
	if (more)
		must(!take_all(walker, &seen) && walker->error == EPIPE);
	walker_free(walker);
	return 0;
}
