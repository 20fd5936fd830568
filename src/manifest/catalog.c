/*
 * A record is what the table holds (88 bytes) and a block in an arena: number of its line, digest,
 * name, and its key, where that is not the end of the name. With names of 60 bytes that is about
 * 230 bytes a record. Most manifests come sorted by their keys, as treesum writes them; the others
 * are sorted when they have been read.
 *
 * All lines go through a sealing first (manifest/sealing.h). A manifest that is annotated is read
 * to its end, whatever is in it: that it was cut off or edited is worth more to know than which
 * line came out wrong by it. Any other ends at the first line that is improper, if none may be.
 *
 * Where the algorithm is not given, the first entry tells it. An entry of another one shows that they
 * do not agree: then those of SHA-512 count, and all others are improperly formatted.
 */
#include "manifest/catalog.h"

#include "manifest/armour.h"
#include "manifest/line.h"
#include "manifest/sealing.h"
#include "manifest/tag.h"
#include "sys/arena.h"
#include "sys/io.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** So many lines are read before it is looked whether the program is to end, or asked. */
#define LINES_UNINTERRUPTED 4096

struct catalog_memory {
	struct arena arena;
};

/**
 * What record->digest points into, followed by the name, perhaps the key, and the further fields of
 * its annotation.
 */
struct block {
	uint64_t line;
	unsigned char digest[];
};

/** A catalog that is being read. */
struct reading {
	const struct catalog_options *options;
	struct catalog *catalog;
	struct reader *reader;
	struct line_reader format;
	/** No line alters the algorithm any more; an entry has told it. */
	bool decided;
	bool told;
	struct armour armour;
	struct sealing *sealing;
	/** Lines taken. */
	uint64_t lines;
	/** The first improper one, or 0; and whether that is OpenPGP's. */
	uint64_t improper;
	bool armoured;
	/** The last line was an annotation, and that. */
	bool annotated;
	struct annotation annotation;
	/** Room for its further fields. */
	char *more;
	size_t more_room;
	/** Each key is greater than the one before. */
	bool sorted;
	/** Records that there is room for. */
	size_t room;
	/** The catalog's in the end. */
	char *comments;
	size_t comments_size;
	size_t comments_room;
	/** Room for a key. */
	char *key;
	size_t key_room;
};

size_t catalog_key(const char *name, size_t size, char *key)
{
	const char *end = name + size;
	char *out = key;
	if (size > 0 && *name == '/')
		*out++ = '/';
	const char *first = out;
	while (name < end) {
		const char *slash = memchr(name, '/', (size_t)(end - name));
		size_t length = (size_t)((slash ? slash : end) - name);
		if (length > 1 || (length == 1 && *name != '.')) {
			if (out > first)
				*out++ = '/';
			memmove(out, name, length);
			out += length;
		}
		name += length + (slash != NULL);
	}
	*out = '\0';
	return (size_t)(out - key);
}

/** Grow an array of bytes. @return 0, or -1 with errno ENOMEM and the array as it was */
static int reserve(char **bytes, size_t *room, size_t needed)
{
	if (needed <= *room)
		return 0;
	char *grown = realloc(*bytes, 2 * needed);
	if (!grown)
		return -1;
	*bytes = grown;
	*room = 2 * needed;
	return 0;
}

/** Keep a comment. @return 0, or -1 with errno ENOMEM */
static int add_comment(struct reading *reading, const char *line, size_t size)
{
	if (reserve(&reading->comments, &reading->comments_room,
		    reading->comments_size + size + 1) != 0)
		return -1;
	char *end = mempcpy(reading->comments + reading->comments_size, line, size);
	if (end[-1] != '\n')
		*end++ = '\n';
	reading->comments_size = (size_t)(end - reading->comments);
	return 0;
}

int catalog_compare(const char *one, size_t one_size, const char *other, size_t other_size)
{
	int order = memcmp(one, other, one_size < other_size ? one_size : other_size);
	return order ? order : (one_size > other_size) - (one_size < other_size);
}

static int compare_records(const struct record *one, const struct record *other)
{
	return catalog_compare(one->key, one->key_size, other->key, other->key_size);
}

/* gcc 12's analyzer loses what is stored behind two pointers. */
#if defined(__GNUC__) && !defined(__clang__)
#	pragma GCC diagnostic push
#	pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

/** @return room for one more record, or NULL with errno ENOMEM */
static struct record *reserve_record(struct reading *reading)
{
	struct catalog *catalog = reading->catalog;
	if (catalog->count == reading->room) {
		size_t room = reading->room ? 2 * reading->room : 64;
		struct record *records =
			reallocarray(catalog->records, room, sizeof(*catalog->records));
		if (!records)
			return NULL;
		catalog->records = records;
		reading->room = room;
	}
	return &catalog->records[catalog->count];
}

#if defined(__GNUC__) && !defined(__clang__)
#	pragma GCC diagnostic pop
#endif

/** Add an entry. @return 0, or -1 with errno ENOMEM */
static int add_record(struct reading *reading, const struct line_entry *entry)
{
	struct catalog *catalog = reading->catalog;
	struct record *record = reserve_record(reading);
	if (!record || reserve(&reading->key, &reading->key_room, entry->name_size + 1) != 0)
		return -1;
	size_t key_size = catalog_key(entry->name, entry->name_size, reading->key);
	size_t cut = entry->name_size - key_size;
	bool is_end = memcmp(entry->name + cut, reading->key, key_size) == 0;

	size_t digest_size = reading->format.digest_size;
	size_t own_key_size = is_end ? 0 : key_size + 1;
	size_t more_size = reading->annotated ? reading->annotation.more_size : 0;
	struct block *block = arena_allocate(&catalog->memory->arena,
		sizeof(*block) + digest_size + entry->name_size + 1 + own_key_size + more_size);
	if (!block)
		return -1;
	block->line = reading->lines;
	memcpy(block->digest, entry->digest, digest_size);
	char *name = memcpy(block->digest + digest_size, entry->name, entry->name_size + 1);
	char *key = name + (is_end ? cut : entry->name_size + 1);
	if (!is_end)
		memcpy(key, reading->key, key_size + 1);
	*record = (struct record){
		.name = name,
		.key = key,
		.name_size = (uint32_t)entry->name_size,
		.key_size = (uint32_t)key_size,
		.digest = block->digest,
		.annotated = reading->annotated,
		.annotation = reading->annotation,
	};
	if (more_size)
		record->annotation.more = memcpy(
			name + entry->name_size + 1 + own_key_size, reading->more, more_size);
	reading->sorted &= catalog->count == 0 || compare_records(record - 1, record) < 0;
	catalog->count++;
	return 0;
}

/** Remember a line that is improper. */
static void note_improper(struct reading *reading, uint64_t line)
{
	if (!reading->improper)
		reading->improper = line;
	reading->catalog->improper++;
}

/** From now on lines are those of an algorithm. */
static void set_algorithm(struct reading *reading, const struct digest_algorithm *algorithm)
{
	reading->catalog->algorithm = algorithm;
	reading->catalog->algorithm_named = false;
	reading->catalog->seen.asked = algorithm;
	reading->format.tag = algorithm->tag;
	reading->format.digest_size = algorithm->size;
	reading->format.other_tags = tag_others(algorithm);
}

/** Lines of several algorithms: those of SHA-512 count. */
static void decide(struct reading *reading)
{
	struct catalog *catalog = reading->catalog;
	const struct digest_algorithm *sha512 = digest_find("sha512");
	reading->decided = true;
	if (catalog->algorithm == sha512)
		return;
	recognise_other(&catalog->seen, catalog->algorithm);
	catalog->improper += catalog->count;
	catalog->count = 0;
	reading->sorted = true;
	set_algorithm(reading, sha512);
}

/** Whether a line is an entry of an algorithm. It stays as it is. */
static bool is_entry(const struct digest_algorithm *algorithm, const char *line, size_t size)
{
	struct line_reader format = {
		.tag = algorithm->tag,
		.digest_size = algorithm->size,
		.other_tags = tag_others(algorithm),
	};
	struct line_entry entry;
	char *copy = malloc(size + 1);
	bool is_entry =
		copy && line_parse(&format, memcpy(copy, line, size), size, &entry) == LINE_ENTRY;
	free(copy);
	return is_entry;
}

/**
 * Find out by a line that is none of the algorithm so far what it is, or that there are several.
 *
 * @return whether lines are those of another algorithm from now on, this one included
 */
static bool find_algorithm(struct reading *reading, const char *line, size_t size)
{
	bool tagged;
	const struct digest_algorithm *current = reading->catalog->algorithm;
	const struct digest_algorithm *found = recognise_algorithm(line, size, &tagged);
	if (!found || found == current || !is_entry(found, line, size))
		return false;
	if (reading->told)
		decide(reading);
	else
		set_algorithm(reading, found);
	return reading->catalog->algorithm != current;
}

/** Take a line of the armour around a signed text, or of a signature. */
static void take_armour(struct reading *reading, const char *line, size_t size)
{
	recognise_improper(&reading->catalog->seen, line, size);
	if (!reading->options->strict)
		return;
	reading->armoured |= !reading->improper;
	note_improper(reading, reading->lines);
}

/** Take a line that is improper. */
static void take_improper(struct reading *reading, const char *line, size_t size)
{
	if (line && line[0] == ';' && !reading->options->strict)
		return;
	if (line)
		recognise_improper(&reading->catalog->seen, line, size);
	note_improper(reading, reading->lines);
}

/** Take a line outside of the armour that is around all that counts. */
static void take_outside(struct reading *reading, char *line, size_t size)
{
	struct line_reader format = reading->format;
	struct line_entry entry;
	enum line_kind kind = line ? line_parse(&format, line, size, &entry) : LINE_MALFORMED;
	if (kind == LINE_MALFORMED)
		take_improper(reading, line, size);
	else if (kind == LINE_ENTRY)
		note_improper(reading, reading->lines);
}

/** Take a line that is no annotation. @return 0, or -1 with errno ENOMEM */
static int take_other(struct reading *reading, char *line, size_t size)
{
	struct line_entry entry;
	enum line_kind kind =
		line ? line_parse(&reading->format, line, size, &entry) : LINE_MALFORMED;
	if (line && kind == LINE_MALFORMED && !reading->decided &&
		find_algorithm(reading, line, size))
		kind = line_parse(&reading->format, line, size, &entry);
	switch (kind) {
	case LINE_ENTRY:
		reading->told = true;
		/* Behind a tag the name comes first. */
		reading->catalog->algorithm_named |=
			(size_t)(entry.name - line) < 2 * reading->format.digest_size;
		return add_record(reading, &entry);
	case LINE_IGNORED:
		/* An annotation belongs to the line that follows it, and to none but an entry. */
		if (reading->annotated && reading->options->seal)
			note_improper(reading, reading->lines - 1);
		return line[0] == '#' ? add_comment(reading, line, size) : 0;
	case LINE_MALFORMED:
		take_improper(reading, line, size);
		break;
	}
	return 0;
}

/** Keep an annotation for the line that follows. @return 0, or -1 with errno ENOMEM */
static int take_annotation(struct reading *reading, const struct annotation *annotation)
{
	if (reserve(&reading->more, &reading->more_room, annotation->more_size) != 0)
		return -1;
	if (annotation->more_size)
		memcpy(reading->more, annotation->more, annotation->more_size);
	reading->annotation = *annotation;
	reading->annotated = true;
	return 0;
}

/** Take the next line that counts. @return 0, or -1 with errno */
static int take_counting(struct reading *reading, char *line, size_t size)
{
	struct annotation annotation;
	int kind = sealing_take(reading->sealing, line, size, &annotation);
	if (kind < 0)
		return -1;
	if (reading->improper && reading->options->strict)
		return 0;
	if (kind == ANNOTATION_NONE || kind == ANNOTATION_CONVERTED) {
		int status = take_other(reading, line, size);
		reading->annotated = false;
		return status;
	}
	if (reading->annotated && reading->options->seal)
		note_improper(reading, reading->lines - 1);
	reading->annotated = false;
	return kind == ANNOTATION_STATE ? take_annotation(reading, &annotation) : 0;
}

/** Take the next line. @return 0, or -1 with errno */
static int take_line(struct reading *reading, char *line, size_t size)
{
	enum armour_part part = armour_take(&reading->armour, &line, &size);
	bool counts = part == ARMOUR_TEXT || !reading->armour.whole;
	if (part == ARMOUR_AROUND)
		take_armour(reading, line, size);
	else if (!counts)
		take_outside(reading, line, size);
	else
		return take_counting(reading, line, size);
	/* It is no part of the lines that are signed; but it was not there when they were sealed. */
	struct annotation annotation;
	return counts && sealing_take(reading->sealing, line, size, &annotation) < 0 ? -1 : 0;
}

/** Whether no line that follows matters any more. */
static bool is_decided(const struct reading *reading)
{
	return reading->improper && reading->options->strict &&
		(!reading->options->seal ||
			sealing_verdict(reading->sealing, NULL) == SEALING_PLAIN);
}

/** Read all lines. @return 0, or -1 with errno */
static int read_lines(struct reading *reading)
{
	while (!is_decided(reading)) {
		char *line;
		size_t size;
		int got = reader_next(reading->reader, &line, &size, &reading->lines);
		bool wait = got < 0 && errno == EAGAIN;
		if (!wait && got <= 0)
			return got;
		bool pause = wait || reading->lines % LINES_UNINTERRUPTED == 0;
		if (pause &&
			io_wait_readable(reader_fd(reading->reader), reading->options->interrupt_fd,
				wait ? -1 : 0) != 0)
			return -1;
		if (pause && reading->options->pause)
			reading->options->pause();
		if (!wait && take_line(reading, line, size) != 0)
			return -1;
	}
	return 0;
}

static const struct block *block_of(const struct record *record)
{
	return (const struct block *)(const void *)(record->digest -
		offsetof(struct block, digest));
}

/** For qsort(3): by key; those of one key in the order of their lines. */
static int compare_for_sort(const void *one, const void *other)
{
	int order = compare_records(one, other);
	uint64_t line = block_of(one)->line, other_line = block_of(other)->line;
	return order ? order : (line > other_line) - (line < other_line);
}

/** Sort, and make one of the records of each key. @return whether these agree */
static bool sort(struct reading *reading)
{
	struct catalog *catalog = reading->catalog;
	if (reading->sorted)
		return true;
	qsort(catalog->records, catalog->count, sizeof(*catalog->records), compare_for_sort);
	size_t kept = 1;
	for (size_t i = 1; i < catalog->count; i++) {
		struct record *record = &catalog->records[i], *last = &catalog->records[kept - 1];
		if (compare_records(last, record) != 0) {
			catalog->records[kept++] = *record;
			continue;
		}
		if (memcmp(last->digest, record->digest, reading->format.digest_size) != 0) {
			catalog->line = block_of(record)->line;
			catalog->other_line = block_of(last)->line;
			return false;
		}
		if (!last->annotated) {
			last->annotated = record->annotated;
			last->annotation = record->annotation;
		}
	}
	catalog->count = kept;
	return true;
}

/** Take the algorithm that a sound seal names, where none is given. @return whether it is the lines' */
static bool take_algorithm(struct reading *reading)
{
	struct catalog *catalog = reading->catalog;
	const struct digest_algorithm *named = sealing_algorithm(&catalog->seal);
	if (!named || (catalog->count > 0 && named->size != catalog->algorithm->size))
		return false;
	if (reading->options->algorithm)
		return named == catalog->algorithm;
	set_algorithm(reading, named);
	catalog->algorithm_named = true;
	return true;
}

/** What a verdict of the sealing is here. */
static enum catalog_fault fault_of(enum sealing_verdict verdict)
{
	switch (verdict) {
	case SEALING_CUT_OFF:
		return CATALOG_UNSEALED;
	case SEALING_EDITED:
	case SEALING_CONVERTED:
	case SEALING_SEVERAL:
		return CATALOG_EDITED;
	case SEALING_PLAIN:
	case SEALING_SOUND:
		break;
	}
	return CATALOG_SOUND;
}

/** All lines were read: what is wrong? */
static enum catalog_fault conclude(struct reading *reading)
{
	struct catalog *catalog = reading->catalog;
	const struct catalog_options *options = reading->options;
	enum sealing_verdict verdict = sealing_verdict(reading->sealing, &catalog->seal);
	catalog->sealed = verdict == SEALING_SOUND;
	catalog->verdict = verdict;
	if (options->seal && fault_of(verdict) != CATALOG_SOUND)
		return fault_of(verdict);
	if (catalog->sealed && !take_algorithm(reading))
		return CATALOG_ALGORITHM;
	if (options->seal && catalog->sealed && catalog->seal.shard.count)
		return CATALOG_PART;
	if (reading->improper && options->strict) {
		catalog->line = reading->improper;
		return reading->armoured ? CATALOG_ARMOURED : CATALOG_MALFORMED;
	}
	if (!sort(reading))
		return CATALOG_CONFLICT;
	if (catalog->count == 0 && reading->lines > 0 && !catalog->sealed)
		return CATALOG_EMPTY;
	return CATALOG_SOUND;
}

int catalog_read(
	struct reader *reader, const struct catalog_options *options, struct catalog *catalog)
{
	*catalog = (struct catalog){
		.memory = calloc(1, sizeof(struct catalog_memory)), .seen = {.other_tags = true}};
	struct reading reading = {
		.options = options,
		.catalog = catalog,
		.reader = reader,
		.decided = options->algorithm,
		.sealing = catalog->memory ? sealing_new(NULL) : NULL,
		.sorted = true,
	};
	set_algorithm(&reading, options->algorithm ? options->algorithm : digest_find("sha512"));
	catalog->algorithm_named = options->algorithm;
	if (reading.sealing && read_lines(&reading) == 0) {
		catalog->fault = conclude(&reading);
	} else {
		catalog->fault = CATALOG_UNREADABLE;
		catalog->error = errno;
	}
	catalog->comments = reading.comments;
	catalog->comments_size = reading.comments_size;
	sealing_free(reading.sealing);
	free(reading.key);
	free(reading.more);
	errno = catalog->error;
	return catalog->fault == CATALOG_SOUND ? 0 : -1;
}

const struct record *catalog_find(const struct catalog *catalog, const char *key, size_t key_size)
{
	size_t low = 0, high = catalog->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct record *record = &catalog->records[middle];
		int order = catalog_compare(key, key_size, record->key, record->key_size);
		if (order == 0)
			return record;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

int catalog_set_key(
	struct catalog *catalog, struct record *record, const char *key, size_t key_size)
{
	char *copy = arena_allocate(&catalog->memory->arena, key_size + 1);
	if (!copy)
		return -1;
	memcpy(copy, key, key_size);
	copy[key_size] = '\0';
	record->key = copy;
	record->key_size = (uint32_t)key_size;
	return 0;
}

int catalog_sort(struct catalog *catalog)
{
	struct record *records = catalog->records;
	if (catalog->count)
		qsort(records, catalog->count, sizeof(*records), compare_for_sort);
	for (size_t i = 1; i < catalog->count; i++) {
		if (compare_records(&records[i - 1], &records[i]) != 0)
			continue;
		catalog->fault = CATALOG_MERGED;
		catalog->other_line = block_of(&records[i - 1])->line;
		catalog->line = block_of(&records[i])->line;
		return -1;
	}
	return 0;
}

const char *catalog_reason(const struct catalog *catalog, char room[static 128])
{
	switch (catalog->fault) {
	case CATALOG_UNREADABLE:
		return strerror(catalog->error);
	case CATALOG_EMPTY:
		return "no properly formatted checksum lines found";
	case CATALOG_MALFORMED:
		snprintf(room, 128, "line %" PRIu64 " is improperly formatted", catalog->line);
		return room;
	case CATALOG_ARMOURED:
		snprintf(room, 128, "line %" PRIu64 " is OpenPGP armour around a signed manifest",
			catalog->line);
		return room;
	case CATALOG_CONFLICT:
		snprintf(room, 128, "lines %" PRIu64 " and %" PRIu64 " give one file two digests",
			catalog->other_line, catalog->line);
		return room;
	case CATALOG_UNSEALED:
	case CATALOG_EDITED:
		return sealing_reason(catalog->verdict);
	case CATALOG_ALGORITHM:
		return sealing_algorithm_reason(&catalog->seal, room);
	case CATALOG_PART:
		snprintf(room, 128, "is only shard %" PRIu32 "/%" PRIu32 " of a run: --merge all",
			catalog->seal.shard.index, catalog->seal.shard.count);
		return room;
	case CATALOG_MERGED:
		snprintf(room, 128,
			"lines %" PRIu64 " and %" PRIu64 " become one name (--prefix-map)",
			catalog->other_line, catalog->line);
		return room;
	case CATALOG_SOUND:
		break;
	}
	return "nothing is wrong";
}

void catalog_free(struct catalog *catalog)
{
	free(catalog->records);
	free(catalog->comments);
	if (catalog->memory)
		arena_free(&catalog->memory->arena);
	free(catalog->memory);
	*catalog = (struct catalog){0};
}
