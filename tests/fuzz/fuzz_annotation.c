/*
 * Fuzz target: annotations and seals. What is read prints as the line that it was, and what is
 * printed of any numbers at all is read as those.
 */
#include "fuzz/must.h"
#include "manifest/annotation.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Print an annotation with a READ that becomes known: nothing else of it is altered. */
static void add_read(struct annotation annotation, size_t size)
{
	size_t room = ANNOTATION_BOUND + size;
	char *printed = malloc(room);
	must(printed);
	annotation.read = 5;
	annotation.suspect = false;
	size_t printed_size = annotation_print(&annotation, printed);
	must(printed_size <= room);
	struct annotation read;
	struct seal seal;
	must(annotation_parse(printed, printed_size, &read, &seal) == ANNOTATION_STATE);
	must(read.read == 5 && !read.suspect && read.size == annotation.size);
	must(read.more_size == annotation.more_size);
	must(!read.more || memcmp(read.more, annotation.more, read.more_size) == 0);
	free(printed);
}

/** Hold a line that was read against what is printed. */
static void print_again(const char *line, size_t size)
{
	struct annotation annotation;
	struct seal seal;
	size_t room = ANNOTATION_BOUND + size;
	char *printed = malloc(room);
	must(printed);
	size_t printed_size = 0;
	switch (annotation_parse(line, size, &annotation, &seal)) {
	case ANNOTATION_NONE:
		free(printed);
		return;
	case ANNOTATION_MALFORMED:
	case ANNOTATION_CONVERTED:
		must(size > 3 && line[0] == '#');
		free(printed);
		return;
	case ANNOTATION_STATE:
		printed_size = annotation_print(&annotation, printed);
		add_read(annotation, size);
		break;
	case ANNOTATION_SEAL:
		printed_size = annotation_print_seal(&seal, printed);
		break;
	}
	must(printed_size <= room);
	must(printed_size == size + (line[size - 1] != '\n'));
	must(memcmp(line, printed, printed_size - 1) == 0);
	must(printed[printed_size - 1] == '\n');
	free(printed);
}

static bool same_time(const struct timespec *one, const struct timespec *other)
{
	return one->tv_sec == other->tv_sec && one->tv_nsec == other->tv_nsec;
}

/** Print an annotation of any numbers, and read it. */
static void read_again(const uint8_t *data, size_t size)
{
	struct {
		uint64_t size;
		int64_t seconds[2];
		uint32_t fractions[2];
		int64_t read;
		uint8_t settled;
	} any = {0};
	memcpy(&any, data, size < sizeof(any) ? size : sizeof(any));
	struct annotation annotation = {
		.size = any.size,
		.mtime = {any.seconds[0], any.fractions[0] % 1000000000},
		.settled = any.settled & 1,
		.young = (any.settled & 3) == 2,
		.read = any.read > 0 ? any.read : 0,
	};
	if (annotation.settled)
		annotation.ctime = (struct timespec){any.seconds[1], any.fractions[1] % 1000000000};
	char line[ANNOTATION_BOUND];
	size_t line_size = annotation_print(&annotation, line);
	struct annotation read;
	struct seal seal;
	must(annotation_parse(line, line_size, &read, &seal) == ANNOTATION_STATE);
	must(read.size == annotation.size && read.settled == annotation.settled &&
		read.young == annotation.young && read.read == annotation.read && !read.more);
	must(same_time(&read.mtime, &annotation.mtime));
	must(same_time(&read.ctime, &annotation.ctime));
}

/** Print a seal of any numbers, and read it. */
static void read_seal_again(const uint8_t *data, size_t size)
{
	struct seal any = {0};
	memcpy(&any, data, size < sizeof(any) ? size : sizeof(any));
	struct seal seal = {.files = any.files, .bytes = any.bytes, .shard = any.shard};
	memcpy(seal.digest, any.digest, sizeof(seal.digest));
	/* 0 of 0 is no part; otherwise it is from 1 to the count. */
	if (seal.shard.count)
		seal.shard.index = seal.shard.index % seal.shard.count + 1;
	else
		seal.shard = (struct seal_shard){0};
	char line[ANNOTATION_BOUND];
	size_t line_size = annotation_print_seal(&seal, line);
	must(line_size <= sizeof(line));
	struct annotation annotation;
	struct seal read;
	must(annotation_parse(line, line_size, &annotation, &read) == ANNOTATION_SEAL);
	must(read.files == seal.files && read.bytes == seal.bytes && !read.algorithm[0]);
	must(read.shard.index == seal.shard.index && read.shard.count == seal.shard.count &&
		read.shard.errors == seal.shard.errors);
	must(memcmp(read.shard.options, seal.shard.options, ANNOTATION_OPTIONS) == 0);
	must(memcmp(read.digest, seal.digest, sizeof(seal.digest)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_again(data, size);
	read_seal_again(data, size);
	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t line_size = end ? (size_t)(end + 1 - data) : size;
		/* Of the exact size, so that the sanitizers see every byte too far. */
		char *line = malloc(line_size);
		must(line);
		memcpy(line, data, line_size);
		print_again(line, line_size);
		free(line);
		data += line_size;
		size -= line_size;
	}
	return 0;
}
