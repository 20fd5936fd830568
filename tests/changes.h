/*
 * Differences written as words: "NAME:WORD=OLD>NEW". OLD and NEW are the contents that a name had and
 * has: one character; 0 is an empty file, ! one whose digest is not known, - none. "1@7.5" is
 * annotated with 7 bytes and an mtime of 5 s; without that, a file has one byte. A sign after WORD
 * says more: "unread*" is altered, "same*" was not read again. What was moved or copied comes from
 * the first name.
 */
#ifndef TESTS_CHANGES_H
#define TESTS_CHANGES_H

#include "manifest/difference.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANGES_MAX 160

struct changes {
	struct differences differences;
	struct difference list[CHANGES_MAX];
	struct record old[CHANGES_MAX];
	struct record new[CHANGES_MAX];
	/** What points into the rest. */
	char keys[CHANGES_MAX][32];
	unsigned char digests[2 * CHANGES_MAX][DIGEST_MAX_SIZE];
	/** Only so many bytes of a digest count: the others differ each time. */
	size_t digest_size;
	/** The records in `old`, as a manifest has them. */
	struct record listed[CHANGES_MAX];
	size_t listed_count;
};

static inline enum difference_word changes_word(const char *text)
{
	static const char *const words[DIFFERENCE_WORDS] = {"same", "changed", "corrupt", "new",
		"missing", "moved", "copied", "unreadable", "unread", "outside", "left"};
	enum difference_word word = 0;
	while (strcmp(words[word], text) != 0)
		ck_assert_int_lt(++word, DIFFERENCE_WORDS);
	return word;
}

/** Fill a record in. @return it, or NULL if there is none */
static inline const struct record *changes_record(struct record *record, const char *key,
	const char *text, unsigned char *digest, size_t size)
{
	static unsigned char different;
	if (*text == '-')
		return NULL;
	memset(digest, *text, DIGEST_MAX_SIZE);
	for (size_t i = size; i < DIGEST_MAX_SIZE; i++)
		digest[i] = ++different;
	*record = (struct record){
		.name = key,
		.key = key,
		.name_size = (uint32_t)strlen(key),
		.key_size = (uint32_t)strlen(key),
		.digest = *text == '!' ? NULL : digest,
		.annotation.size = *text != '0',
	};
	unsigned long bytes;
	long seconds;
	if (sscanf(text + 1, "@%lu.%ld", &bytes, &seconds) == 2) {
		record->annotated = true;
		record->annotation.size = bytes;
		record->annotation.mtime.tv_sec = seconds;
	}
	return record;
}

/** Add a word. */
__attribute__((format(printf, 2, 3))) static inline void changes_add(
	struct changes *changes, const char *format, ...)
{
	char text[96], *rest = text;
	va_list values;
	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	size_t place = changes->differences.count++;
	ck_assert_uint_lt(place, CHANGES_MAX);
	struct difference *difference = &changes->list[place];
	char *key = strcpy(changes->keys[place], strsep(&rest, ":"));
	char *word = strsep(&rest, "="), *old = strsep(&rest, ">");
	ck_assert_ptr_nonnull(rest);
	char *sign = strchr(word, '*');
	if (sign)
		*sign = '\0';
	size_t size = changes->digest_size ? changes->digest_size : DIGEST_MAX_SIZE;
	unsigned char(*digests)[DIGEST_MAX_SIZE] = &changes->digests[2 * place];
	*difference = (struct difference){
		.word = changes_word(word),
		.old = changes_record(&changes->old[place], key, old, digests[0], size),
		.new = changes_record(&changes->new[place], key, rest, digests[1], size),
	};
	difference->altered = sign && difference->word == DIFFERENCE_UNREAD;
	changes->new[place].reused = sign && difference->word == DIFFERENCE_SAME;
	if (difference->word == DIFFERENCE_MOVED || difference->word == DIFFERENCE_COPIED)
		difference->from = changes->list;
	if (difference->old)
		changes->listed[changes->listed_count++] = *difference->old;
	changes->differences.list = changes->list;
}

/** Make anew of words that are separated by spaces. */
static inline void changes_parse(struct changes *changes, const char *words)
{
	char text[1024], *rest = strcpy(text, words), *word;
	changes->differences.count = 0;
	changes->listed_count = 0;
	while ((word = strsep(&rest, " "))) {
		if (*word)
			changes_add(changes, "%s", word);
	}
}

#endif
