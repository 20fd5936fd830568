#include "accept.h"

#include "patterns.h"
#include "ui/report.h"
#include "values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[ACCEPT_WORDS] = {
	[ACCEPT_NEW] = "new",
	[ACCEPT_MISSING] = "missing",
	[ACCEPT_CHANGED] = "changed",
	[ACCEPT_CORRUPT] = "corrupt",
};

/** Whether a text begins with one of the words, followed by a separator or the end. */
static bool begins_with_word(const char *text)
{
	for (size_t i = 0; i < ACCEPT_WORDS; i++) {
		size_t size = strlen(names[i]);
		if (strncmp(text, names[i], size) == 0 && strchr(":,", text[size]))
			return true;
	}
	return false;
}

/** End a text at the comma before the next word. @return that word, or NULL */
static char *cut_next(char *text)
{
	while ((text = strchr(text, ','))) {
		if (begins_with_word(text + 1)) {
			*text = '\0';
			return text + 1;
		}
		text++;
	}
	return NULL;
}

/** Add one WORD or WORD:PATTERN; modifies the text. @return as accept_parse() */
static int add(struct accept *accept, char *word)
{
	char *pattern = strchr(word, ':');
	if (pattern && pattern[1])
		*pattern++ = '\0';
	else
		pattern = NULL;
	int found = value_word("word to accept", word, names, ACCEPT_WORDS);
	if (found < 0)
		return -1;
	struct accepted *accepted = &accept->words[found];
	if (pattern)
		return patterns_add(&accepted->names, pattern, false);
	accepted->all = true;
	return 0;
}

int accept_parse(struct accept *accept, const char *text)
{
	char *words = strdup(text), *word = words, *next;
	if (!words) {
		report_message("cannot start: %s", strerror(errno));
		return -1;
	}
	int status;
	do {
		next = cut_next(word);
		status = add(accept, word);
		word = next;
	} while (status == 0 && next);
	free(words);
	return status;
}

bool accept_given(const struct accept *accept, enum accept_word word)
{
	return accept->words[word].all || accept->words[word].names;
}

bool accept_name(const struct accept *accept, enum accept_word word, const char *key)
{
	const struct accepted *accepted = &accept->words[word];
	return accepted->all || filter_excludes_listed(accepted->names, key);
}

void accept_free(struct accept *accept)
{
	for (size_t i = 0; i < ACCEPT_WORDS; i++)
		filter_free(accept->words[i].names);
}
