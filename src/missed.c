#include "missed.h"

#include <stdint.h>
#include <stdlib.h>

/** What a rename does not change. */
struct missed_file {
	uint64_t size;
	struct timespec mtime;
};

int missed_add(struct missed *missed, const struct stat *status)
{
	if (missed->count == missed->room) {
		size_t room = missed->room ? 2 * missed->room : 16;
		struct missed_file *files = reallocarray(missed->files, room, sizeof(*files));
		if (!files)
			return -1;
		missed->files = files;
		missed->room = room;
	}
	missed->files[missed->count++] =
		(struct missed_file){.size = (uint64_t)status->st_size, .mtime = status->st_mtim};
	return 0;
}

/** For qsort(3) and bsearch(3). */
static int compare_files(const void *one, const void *other)
{
	const struct missed_file *a = one, *b = other;
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	if (a->mtime.tv_sec != b->mtime.tv_sec)
		return a->mtime.tv_sec < b->mtime.tv_sec ? -1 : 1;
	return (a->mtime.tv_nsec > b->mtime.tv_nsec) - (a->mtime.tv_nsec < b->mtime.tv_nsec);
}

void missed_end(struct missed *missed)
{
	if (missed->count > 0)
		qsort(missed->files, missed->count, sizeof(*missed->files), compare_files);
}

bool missed_may_be(const struct missed *missed, const struct record *line)
{
	if (missed->incomplete)
		return true;
	if (missed->count == 0 || !line->annotated)
		return missed->count > 0;
	const struct missed_file wanted = {
		.size = line->annotation.size,
		.mtime = line->annotation.mtime,
	};
	return bsearch(&wanted, missed->files, missed->count, sizeof(wanted), compare_files);
}

void missed_free(struct missed *missed)
{
	free(missed->files);
	*missed = (struct missed){0};
}
