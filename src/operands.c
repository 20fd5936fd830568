#include "operands.h"

#include "manifest/reader.h"
#include "run.h"
#include "ui/quote.h"
#include "ui/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct operands {
	const struct options *options;
	/** The list, or NULL. */
	struct reader *list;
	/** Operands given so far. */
	size_t given;
};

/** Whether the list of names is standard input. */
static bool is_standard_input(const struct options *options)
{
	return strcmp(options->files0_from, "-") == 0;
}

struct operands *operands_open(const struct options *options)
{
	struct operands *operands = calloc(1, sizeof(*operands));
	if (!operands) {
		run_failed("cannot start");
		return NULL;
	}
	operands->options = options;
	if (options->files0_from) {
		const char *path = is_standard_input(options) ? NULL : options->files0_from;
		operands->list = reader_open(path, '\0');
		if (!operands->list) {
			report_file(options->files0_from, errno);
			report_failure();
			free(operands);
			return NULL;
		}
	}
	return operands;
}

/** Report a bad name by its place in the list. */
static void report_listed(const struct operands *operands, uint64_t number, const char *reason)
{
	char place[64];
	snprintf(place, sizeof(place), "name %" PRIu64 ": %s", number, reason);
	report_file_reason(operands->options->files0_from, place);
	report_failure();
}

static int next_listed(struct operands *operands, const char **name)
{
	for (;;) {
		char *line;
		size_t size;
		uint64_t number;
		int got = reader_next(operands->list, &line, &size, &number);
		if (got < 0 && errno != EAGAIN) {
			report_file(operands->options->files0_from, errno);
			report_failure();
		}
		if (got <= 0)
			return got;
		if (!line) {
			report_listed(operands, number, "too long");
		} else if (size == 0 || line[0] == '\0') {
			report_listed(operands, number, "invalid zero-length file name");
		} else if (is_standard_input(operands->options) && line[0] == '-' &&
			(size == 1 || line[1] == '\0')) {
			report_listed(
				operands, number, "standard input holds the names themselves");
		} else {
			/* The last name may lack its NUL; the reader leaves room for it. */
			line[size] = '\0';
			*name = line;
			return 1;
		}
	}
}

int operands_next(struct operands *operands, const char **name)
{
	if (operands->list)
		return next_listed(operands, name);
	const struct options *options = operands->options;
	if (options->operand_count == 0 && operands->given == 0) {
		operands->given++;
		*name = "-";
		return 1;
	}
	if (operands->given >= options->operand_count)
		return 0;
	*name = options->operands[operands->given++];
	return 1;
}

int operands_fd(const struct operands *operands)
{
	return operands->list ? reader_fd(operands->list) : -1;
}

double operands_part(const struct operands *operands)
{
	if (operands->list)
		return reader_part(operands->list);
	size_t count = operands->options->operand_count;
	return operands->given < count ? (double)operands->given / (double)count : 1;
}

void operands_free(struct operands *operands)
{
	if (!operands)
		return;
	reader_free(operands->list);
	free(operands);
}
