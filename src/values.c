#include "values.h"

#include "ui/quote.h"
#include "ui/report.h"
#include "verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY UINT64_C(86400)
/** Days that a duration has at the most. */
#define DAYS_MAX UINT64_C(36500)

/** Report an option's argument that is no good, and what is. @return -1 */
static int bad_argument(const char *what, const char *text, const char *valid)
{
	char *quoted = quote_shell(text, true);
	report_message("invalid %s: %s (%s)", what, quoted ? quoted : text, valid);
	free(quoted);
	return -1;
}

/** The same of a word that is none of a list. @return -1 */
static int bad_word(const char *what, const char *text, const char *const *words, size_t count)
{
	char *valid = NULL;
	size_t size;
	FILE *list = open_memstream(&valid, &size);
	for (size_t i = 0; list && i < count; i++)
		fprintf(list, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", words[i]);
	if (list && fclose(list) == 0)
		bad_argument(what, text, valid);
	else
		report_message("invalid %s", what);
	free(valid);
	return -1;
}

int value_number(const char *what, const char *text, unsigned limit, unsigned *number)
{
	char *end;
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || value < 1 || value > limit) {
		char valid[32];
		snprintf(valid, sizeof(valid), "1 to %u", limit);
		return bad_argument(what, text, valid);
	}
	*number = (unsigned)value;
	return 0;
}

/** The seconds of a unit. @param unit what follows the number @return 0 if it is none */
static uint64_t seconds_of(const char *unit)
{
	static const struct {
		const char *unit;
		uint64_t seconds;
	} units[] = {
		{"", 1},
		{"s", 1},
		{"m", 60},
		{"h", 3600},
		{"d", DAY},
		{"w", 7 * DAY},
	};
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(unit, units[i].unit) == 0)
			return units[i].seconds;
	}
	return 0;
}

int value_duration(const char *what, const char *text, uint64_t least, uint64_t *seconds)
{
	char *end;
	/* What does not fit is UINTMAX_MAX, and so too much. */
	uintmax_t number = strtoumax(text, &end, 10);
	uint64_t unit = seconds_of(end);
	if (*text < '0' || *text > '9' || !unit || number > DAYS_MAX * DAY / unit ||
		number * unit < least) {
		char valid[128];
		snprintf(valid, sizeof(valid),
			"%" PRIu64 " to %" PRIu64 "d: a whole number of seconds, or with s, m, h, d"
			" or w, such as 90, 30m or 12h",
			least, DAYS_MAX);
		return bad_argument(what, text, valid);
	}
	*seconds = number * unit;
	return 0;
}

int value_word(const char *what, const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(text, words[i]) == 0)
			return (int)i;
	}
	return bad_word(what, text, words, count);
}

/** Report a name that is none of an algorithm. @return -1 */
static int bad_algorithm(const char *name)
{
	const char *names[DIGEST_SET_COUNT];
	size_t count = 0;
	const struct digest_algorithm *algorithm;
	while (count < DIGEST_SET_COUNT && (algorithm = digest_list(count)))
		names[count++] = algorithm->name;
	return bad_word("algorithm", name, names, count);
}

/** Make a copy of a list of words, to be taken apart. @return NULL where that failed, reported */
static char *copy_words(const char *text)
{
	char *words = strdup(text);
	if (!words)
		report_message("cannot start: %s", strerror(errno));
	return words;
}

int value_algorithms(const char *text, struct digest_set *set)
{
	struct digest_set found = {0};
	char *words = copy_words(text), *rest = words, *word;
	int status = words ? 0 : -1;
	while (status == 0 && (word = strsep(&rest, ","))) {
		const struct digest_algorithm *algorithm = digest_find(word);
		if (!algorithm)
			status = bad_algorithm(word);
		else if (!digest_set_add(&found, algorithm))
			status = bad_argument("algorithm", word, "it is in the list twice");
	}
	free(words);
	if (status == 0)
		*set = found;
	return status;
}

int value_engine(const char *text, enum engine_kind *kind)
{
	static const char *const names[] = {
		[ENGINE_AUTO] = "auto",
		[ENGINE_LIBCRYPTO] = "libcrypto",
		[ENGINE_LANES] = "lanes",
	};
	int found = value_word("engine", text, names, sizeof(names) / sizeof(names[0]));
	if (found >= 0)
		*kind = (enum engine_kind)found;
	return found < 0 ? -1 : 0;
}

int value_report(const char *text, unsigned *report)
{
	const char *names[VERDICTS];
	size_t count = 0;
	for (enum verdict verdict = VERDICT_CHANGED; verdict <= VERDICT_UNREADABLE; verdict++)
		names[count++] = verdict_name(verdict);
	char *words = copy_words(text), *rest = words, *word;
	if (!words)
		return -1;
	int found = 0;
	while (found >= 0 && (word = strsep(&rest, ","))) {
		found = value_word("word to report", word, names, count);
		if (found >= 0)
			*report |= 1U << (VERDICT_CHANGED + found);
	}
	free(words);
	return found < 0 ? -1 : 0;
}

int value_progress(const char *text, enum progress_when *when)
{
	static const char *const names[] = {
		[PROGRESS_AUTO] = "auto",
		[PROGRESS_ALWAYS] = "always",
		[PROGRESS_NEVER] = "never",
	};
	int found = text ? value_word("progress", text, names, sizeof(names) / sizeof(names[0]))
			 : PROGRESS_ALWAYS;
	if (found >= 0)
		*when = (enum progress_when)found;
	return found < 0 ? -1 : 0;
}
