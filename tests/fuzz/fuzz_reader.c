/*
 * Fuzz target: a manifest, line by line, out of a pipe that has it piece by piece. The input is cut
 * into pieces, each of them a byte of length and as many bytes. The lines together are the input,
 * each but the last ends in a newline, and holds no other, whatever is written behind them.
 */
#include "fuzz/must.h"
#include "manifest/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** What was read, and how many lines that was. */
struct text {
	char *bytes;
	size_t size;
	uint64_t lines;
};

/** Take the lines that are there. @return as reader_next() at their end */
static int take(struct reader *reader, struct text *text)
{
	char *line;
	size_t size;
	uint64_t number;
	int got;
	while ((got = reader_next(reader, &line, &size, &number)) > 0) {
		must(number == ++text->lines);
		must(line && size > 0);
		const char *end = memchr(line, '\n', size);
		must(!end || end == line + size - 1);
		memcpy(text->bytes + text->size, line, size);
		text->size += size;
		line[size] = 'x';
	}
	return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int ends[2];
	must(pipe2(ends, O_CLOEXEC) == 0);
	char path[32];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	struct reader *reader = reader_open(path, '\n');
	must(reader);
	struct text text = {.bytes = malloc(size + 1)};
	char *all = malloc(size + 1), *next = all;
	must(text.bytes && all);

	while (size > 0) {
		size_t piece = *data++;
		size--;
		if (piece > size)
			piece = size;
		must(write(ends[1], data, piece) == (ssize_t)piece);
		next = mempcpy(next, data, piece);
		must(take(reader, &text) == -1 && errno == EAGAIN);
		/* All but what may be the beginning of a line. */
		must(text.size == (size_t)(next - all) ||
			!memchr(all + text.size, '\n', (size_t)(next - all) - text.size));
		data += piece;
		size -= piece;
	}
	close(ends[1]);
	must(take(reader, &text) == 0);
	must(text.size == (size_t)(next - all) && memcmp(text.bytes, all, text.size) == 0);

	reader_free(reader);
	close(ends[0]);
	free(text.bytes);
	free(all);
	return 0;
}
