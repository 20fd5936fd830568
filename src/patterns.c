#include "patterns.h"

#include "manifest/reader.h"
#include "ui/quote.h"
#include "ui/report.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Add a rule to the filter, which is made first where there is none. @return 0, or -1 with errno
 */
static int add(struct filter **filter, const char *rule, bool include)
{
	if (!*filter)
		*filter = filter_new();
	return *filter ? filter_add(*filter, rule, include) : -1;
}

int patterns_add(struct filter **filter, const char *pattern, bool include)
{
	if (add(filter, pattern, include) == 0)
		return 0;
	if (errno != EINVAL) {
		report_message("cannot start: %s", strerror(errno));
		return -1;
	}
	char *quoted = quote_shell(pattern, true);
	report_message("invalid pattern: %s (nothing follows the sign)", quoted ? quoted : pattern);
	free(quoted);
	return -1;
}

/** Take a line of a list, which may be altered. @return 0, or -1 with errno */
static int take_line(struct filter **filter, char *line, size_t size)
{
	if (!line) {
		errno = ENAMETOOLONG;
		return -1;
	}
	size -= line[size - 1] == '\n';
	line[size] = '\0';
	if (strlen(line) < size) {
		errno = EINVAL;
		return -1;
	}
	char *rest = line;
	while (rest) {
		const char *rule = strsep(&rest, "\r");
		if (*rule != '#' && *rule != ';' && add(filter, rule, false) != 0)
			return -1;
	}
	return 0;
}

/** Take the next line, waiting for it. @return as reader_next() */
static int next_line(struct reader *reader, char **line, size_t *size, uint64_t *number)
{
	for (;;) {
		int got = reader_next(reader, line, size, number);
		if (got >= 0 || errno != EAGAIN)
			return got;
		struct pollfd wait = {.fd = reader_fd(reader), .events = POLLIN};
		if (poll(&wait, 1, -1) < 0 && errno != EINTR)
			return -1;
	}
}

/** Take all lines. @return 0, or -1 with errno and the number of the line that is wrong, or 0 */
static int take_lines(struct filter **filter, struct reader *reader, uint64_t *wrong)
{
	char *line;
	size_t size;
	uint64_t number;
	int got;
	*wrong = 0;
	while ((got = next_line(reader, &line, &size, &number)) > 0) {
		if (take_line(filter, line, size) == 0)
			continue;
		*wrong = number;
		return -1;
	}
	return got;
}

int patterns_read(struct filter **filter, const char *list)
{
	uint64_t wrong = 0;
	struct reader *reader = reader_open(strcmp(list, "-") == 0 ? NULL : list, '\n');
	int status = reader ? take_lines(filter, reader, &wrong) : -1;
	if (status != 0 && wrong) {
		char reason[64];
		snprintf(reason, sizeof(reason), "line %" PRIu64 ": %s", wrong,
			errno == EINVAL ? "invalid pattern" : strerror(errno));
		report_file_reason(list, reason);
	} else if (status != 0) {
		report_file(list, errno);
	}
	reader_free(reader);
	return status;
}
