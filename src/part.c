/*
 * A part holds pairs of lines, an annotation and an entry, and a seal:
 *
 *     #= 1048576 1700000000.123456789 1700000000.123456789
 *     cf83e1…  photos/a.jpg
 *     #end files=1 bytes=1048576 shard=3/16 errors=0 options=… sha512=…
 *
 * Names come in the order of their bytes, which is that of a run below one PATH, each once, and are
 * all of the part's own shard. So no two parts of a run have a name in common, and to merge them is to
 * take the least name each time. The seal is the last line, and says to which shard the names must
 * belong. So it is read first, from the end of the file; when reading gets there, it must be the same.
 */
#include "part.h"

#include "manifest/line.h"
#include "manifest/reader.h"
#include "manifest/sealing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Bytes that grow. */
struct text {
	char *bytes;
	size_t size;
	size_t room;
};

/** What is wrong with a line. */
enum fault {
	FAULT_NONE,
	FAULT_FORMAT,
	FAULT_ORDER,
	FAULT_SHARD,
};

struct part {
	const char *path;
	struct reader *reader;
	struct sealing *sealing;
	struct line_reader format;
	/** The seal at the file's end; `shard.count` is 0 where there is none of a part. */
	struct seal seal;
	/** The line that was taken last, from 1, and the first one that is wrong. */
	uint64_t line;
	uint64_t wrong_line;
	enum fault fault;
	/** The lines of the current entry. */
	struct text lines;
	/** The name before. */
	struct text previous;
	/** The entry; its name is in the reader's line, its digest in `entry`. */
	struct record record;
	struct line_entry entry;
	/** Why it is refused. */
	char reason[128];
};

/** Add bytes, and a NUL that does not count. @return 0, or -1 with errno ENOMEM */
static int append(struct text *text, const char *bytes, size_t size)
{
	if (text->size + size >= text->room) {
		size_t room = 2 * (text->size + size + 1);
		char *grown = realloc(text->bytes, room);
		if (!grown)
			return -1;
		text->bytes = grown;
		text->room = room;
	}
	memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
	text->bytes[text->size] = '\0';
	return 0;
}

/** Read the seal at the file's end. @return 0, or -1 with errno */
static int read_seal(struct part *part)
{
	char end[ANNOTATION_BOUND];
	ssize_t size = reader_tail(part->reader, end, sizeof(end));
	if (size < 0)
		return -1;
	const char *line = size > 1 ? memrchr(end, '\n', (size_t)size - 1) : NULL;
	line = line ? line + 1 : end;
	struct annotation annotation;
	if (annotation_parse(line, (size_t)(end + size - line), &annotation, &part->seal) !=
		ANNOTATION_SEAL)
		part->seal = (struct seal){0};
	return 0;
}

struct part *part_open(const char *path)
{
	struct part *part = calloc(1, sizeof(*part));
	if (!part)
		return NULL;
	part->path = path;
	part->reader = reader_open(path, '\n');
	part->sealing = sealing_new(NULL);
	if (!part->reader || !part->sealing || read_seal(part) != 0) {
		part_free(part);
		return NULL;
	}
	const struct digest_algorithm *algorithm = sealing_algorithm(&part->seal);
	if (algorithm)
		part->format =
			(struct line_reader){.tag = algorithm->tag, .digest_size = algorithm->size};
	else
		part->seal = (struct seal){0};
	return part;
}

const struct seal *part_seal(const struct part *part)
{
	return part->seal.shard.count ? &part->seal : NULL;
}

bool part_same_seal(const struct seal *one, const struct seal *other)
{
	char lines[2][ANNOTATION_BOUND];
	size_t size = annotation_print_seal(one, lines[0]);
	return annotation_print_seal(other, lines[1]) == size &&
		memcmp(lines[0], lines[1], size) == 0;
}

/** Remember what is wrong with the line. @return 0 */
static int fail_line(struct part *part, enum fault fault)
{
	part->fault = fault;
	part->wrong_line = part->line;
	return 0;
}

/** Take an entry's line. @return whether it is one, and nothing is wrong with it; -1 with errno */
static int take_entry(struct part *part, struct shard_finder *finder, char *line, size_t size)
{
	struct line_entry *entry = &part->entry;
	const struct seal_shard *shard = &part->seal.shard;
	if (append(&part->lines, line, size) != 0)
		return -1;
	if (line_parse(&part->format, line, size, entry) != LINE_ENTRY)
		return fail_line(part, FAULT_FORMAT);
	if (part->record.name && strcmp(part->previous.bytes, entry->name) >= 0)
		return fail_line(part, FAULT_ORDER);
	uint32_t index = finder ? shard_find(finder, entry->name, entry->name_size, shard->count)
				: shard->index;
	if (index == 0)
		return -1;
	if (index != shard->index)
		return fail_line(part, FAULT_SHARD);
	part->record.name = entry->name;
	part->record.name_size = (uint32_t)entry->name_size;
	part->record.digest = entry->digest;
	part->record.annotated = true;
	return 1;
}

/** Take a line. @return whether it completes an entry; -1 with errno */
static int take_line(struct part *part, struct shard_finder *finder, char *line, size_t size)
{
	int kind = sealing_take(part->sealing, line, size, &part->record.annotation);
	if (kind < 0)
		return -1;
	/* What is no part, or not sound, is read for its seal alone. */
	if (part->fault || !part->seal.shard.count)
		return 0;
	bool annotated = part->lines.size > 0;
	if (kind == ANNOTATION_STATE && !annotated)
		return append(&part->lines, line, size);
	if (kind == ANNOTATION_NONE && annotated && line)
		return take_entry(part, finder, line, size);
	if (kind == ANNOTATION_SEAL && !annotated)
		return 0;
	return fail_line(part, FAULT_FORMAT);
}

/** Say why a part is refused. @return -1 with errno EBADMSG */
static int refuse(struct part *part, const char *reason)
{
	snprintf(part->reason, sizeof(part->reason), "%s", reason);
	errno = EBADMSG;
	return -1;
}

/** The end. @return as part_next() */
static int conclude(struct part *part)
{
	static const char *const reasons[] = {
		[FAULT_FORMAT] = "is none of a part",
		[FAULT_ORDER] = "lists a name out of order, or again",
		[FAULT_SHARD] = "lists a name of another shard",
	};
	struct seal seal = {0};
	enum sealing_verdict verdict = sealing_verdict(part->sealing, &seal);
	if (sealing_reason(verdict))
		return refuse(part, sealing_reason(verdict));
	if (verdict == SEALING_PLAIN)
		return refuse(part, "is no part of a run: it has no seal");
	if (!seal.shard.count)
		return refuse(part, "is no part of a run: its seal names no shard");
	if (!part->seal.shard.count)
		return refuse(part, "has an algorithm that is not known here");
	if (!part_same_seal(&seal, &part->seal))
		return refuse(part, "was changed while it was read");
	if (!part->fault)
		return 0;
	char reason[sizeof(part->reason)];
	snprintf(reason, sizeof(reason), "line %" PRIu64 " %s", part->wrong_line,
		reasons[part->fault]);
	return refuse(part, reason);
}

int part_next(struct part *part, struct shard_finder *finder)
{
	int took = 0;
	part->lines.size = part->previous.size = 0;
	if (part->record.name &&
		append(&part->previous, part->record.name, part->record.name_size) != 0)
		return -1;
	while (took == 0) {
		char *line;
		size_t size;
		took = reader_next(part->reader, &line, &size, &part->line);
		if (took == 0)
			return conclude(part);
		if (took > 0)
			took = take_line(part, finder, line, size);
	}
	return took;
}

const char *part_reason(const struct part *part)
{
	return part->reason;
}

const struct record *part_record(const struct part *part)
{
	return &part->record;
}

const char *part_lines(const struct part *part, size_t *size)
{
	*size = part->lines.size;
	return part->lines.bytes;
}

const char *part_path(const struct part *part)
{
	return part->path;
}

struct stamp part_file(const struct part *part)
{
	return reader_file(part->reader);
}

void part_free(struct part *part)
{
	if (!part)
		return;
	int saved_errno = errno;
	reader_free(part->reader);
	sealing_free(part->sealing);
	free(part->lines.bytes);
	free(part->previous.bytes);
	free(part);
	errno = saved_errno;
}
