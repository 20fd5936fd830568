/*
 * A character is decomposed by the table, part by part, or, of Hangul, by arithmetic. Then the
 * marks behind a letter are put in the order of their classes, those of one class in the order in
 * which they stand (Unicode Standard Annex 15).
 *
 * The table is no library: utf8proc has all of Unicode in 350 KB, this one what names are made of
 * in 9 KB.
 */
#include "manifest/normal_form.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/** A character, and what it is made of; the second is 0 where that is one. By the character. */
struct pair {
	uint16_t code;
	uint16_t first;
	uint16_t second;
};

/** Marks of one class, which is not 0. By the characters. */
struct mark {
	uint16_t first;
	uint16_t last;
	uint8_t kind;
};

#include "manifest/normal_form.inc"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** Syllables, and the three kinds of letters that they are made of. */
#define HANGUL 0xac00
#define HANGUL_END 0xd7a4
#define HANGUL_L 0x1100
#define HANGUL_V 0x1161
#define HANGUL_T 0x11a7
#define HANGUL_V_COUNT 21
#define HANGUL_T_COUNT 28

/** A form that is being written. */
struct form {
	char *next;
	/** Where the last letter's marks begin. */
	char *marks;
};

static int compare_pairs(const void *one, const void *other)
{
	return (int)((const struct pair *)one)->code - (int)((const struct pair *)other)->code;
}

/** What a character is made of; NULL: itself. */
static const struct pair *find_pair(uint32_t code)
{
	if (code > UINT16_MAX)
		return NULL;
	const struct pair wanted = {.code = (uint16_t)code};
	return bsearch(&wanted, pairs, COUNT(pairs), sizeof(wanted), compare_pairs);
}

/** The class of a mark; 0: it is none. */
static unsigned kind_of(uint32_t code)
{
	size_t low = 0, high = COUNT(marks);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (code < marks[middle].first)
			high = middle;
		else if (code > marks[middle].last)
			low = middle + 1;
		else
			return marks[middle].kind;
	}
	return 0;
}

/** Take a character from UTF-8. @return its bytes, or 0 where it is none */
static size_t take(const char *bytes, size_t size, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char lead = (unsigned char)bytes[0];
	size_t count = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	if (count == 0 || count > size || lead > 0xf4)
		return 0;
	*code = count == 1 ? lead : lead & (0x7fU >> count);
	for (size_t i = 1; i < count; i++) {
		if (((unsigned char)bytes[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | ((unsigned char)bytes[i] & 0x3f);
	}
	return *code < least[count] ? 0 : count;
}

/** Write a character as UTF-8. @return the end */
static char *put(char *next, uint32_t code)
{
	if (code < 0x80) {
		*next++ = (char)code;
		return next;
	}
	if (code < 0x800) {
		*next++ = (char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*next++ = (char)(0xe0 | code >> 12);
		} else {
			*next++ = (char)(0xf0 | code >> 18);
			*next++ = (char)(0x80 | (code >> 12 & 0x3f));
		}
		*next++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	*next++ = (char)(0x80 | (code & 0x3f));
	return next;
}

/** Put a mark among those of its letter: behind the last one of its class or a lower one. */
static void insert_mark(struct form *form, uint32_t code, unsigned kind)
{
	char *at = form->marks, bytes[4];
	while (at < form->next) {
		uint32_t other = 0;
		size_t count = take(at, (size_t)(form->next - at), &other);
		if (count == 0 || kind_of(other) > kind)
			break;
		at += count;
	}
	size_t size = (size_t)(put(bytes, code) - bytes);
	memmove(at + size, at, (size_t)(form->next - at));
	memcpy(at, bytes, size);
	form->next += size;
}

/** Add a character that is not made of others. */
static void add(struct form *form, uint32_t code)
{
	unsigned kind = kind_of(code);
	if (kind) {
		insert_mark(form, code, kind);
		return;
	}
	form->next = put(form->next, code);
	form->marks = form->next;
}

/** Add what a character is made of: no second part is made of others, and no chain is longer. */
static void decompose(struct form *form, uint32_t code)
{
	uint32_t rest[4];
	size_t depth = 0;
	const struct pair *pair;
	while ((pair = find_pair(code)) && depth < COUNT(rest)) {
		rest[depth++] = pair->second;
		code = pair->first;
	}
	if (code >= HANGUL && code < HANGUL_END) {
		uint32_t at = code - HANGUL, tail = at % HANGUL_T_COUNT;
		add(form, HANGUL_L + at / (HANGUL_V_COUNT * HANGUL_T_COUNT));
		add(form, HANGUL_V + at / HANGUL_T_COUNT % HANGUL_V_COUNT);
		code = HANGUL_T + tail;
		if (tail == 0)
			return;
	}
	add(form, code);
	while (depth > 0) {
		if (rest[--depth])
			add(form, rest[depth]);
	}
}

size_t normal_form(const char *name, size_t size, char *out)
{
	struct form form = {.next = out, .marks = out};
	for (size_t at = 0; at < size;) {
		uint32_t code;
		size_t count = take(name + at, size - at, &code);
		if (count) {
			decompose(&form, code);
		} else {
			*form.next++ = name[at];
			form.marks = form.next;
			count = 1;
		}
		at += count;
	}
	return (size_t)(form.next - out);
}

/** A name that has gone or come, in its normal form. */
struct name {
	struct difference *difference;
	char *form;
	size_t size;
};

static int compare_names(const void *one, const void *other)
{
	const struct name *a = one, *b = other;
	return catalog_compare(a->form, a->size, b->form, b->size);
}

static bool is_ascii(const struct record *record)
{
	for (size_t i = 0; i < record->key_size; i++) {
		if ((unsigned char)record->key[i] >= 0x80)
			return false;
	}
	return true;
}

/** Whether a name has gone: it has no line, or one of its own. */
static bool has_gone(const struct difference *difference)
{
	return difference->word == DIFFERENCE_MISSING || difference->word == DIFFERENCE_LEFT;
}

/** The names that have gone, or those that have come. @return how many, or SIZE_MAX with errno */
static size_t list_names(struct differences *differences, bool gone, struct name *names)
{
	size_t count = 0;
	for (size_t i = 0; i < differences->count; i++) {
		struct difference *difference = &differences->list[i];
		const struct record *record = difference->old ? difference->old : difference->new;
		bool wanted = gone ? has_gone(difference) : !difference->old;
		if (!wanted || is_ascii(record))
			continue;
		char *form = malloc(NORMAL_FORM_GROWTH * (size_t)record->key_size);
		names[count] = (struct name){.difference = difference, .form = form};
		if (!form) {
			while (count > 0)
				free(names[--count].form);
			return SIZE_MAX;
		}
		names[count].size = normal_form(record->key, record->key_size, form);
		count++;
	}
	return count;
}

/** Remark of all pairs in two lists. */
static void remark_pairs(struct name *gone, size_t gone_count, struct name *come, size_t come_count)
{
	if (gone_count)
		qsort(gone, gone_count, sizeof(*gone), compare_names);
	for (size_t i = 0; gone_count && i < come_count; i++) {
		struct name *found =
			bsearch(&come[i], gone, gone_count, sizeof(*gone), compare_names);
		if (!found)
			continue;
		found->difference->remark = DIFFERENCE_OTHER_NORMAL_FORM;
		come[i].difference->remark = DIFFERENCE_OTHER_NORMAL_FORM;
	}
}

int normal_form_remark(struct differences *differences)
{
	int status = -1;
	struct name *gone = calloc(differences->count + 1, sizeof(*gone));
	struct name *come = calloc(differences->count + 1, sizeof(*come));
	size_t gone_count = gone && come ? list_names(differences, true, gone) : SIZE_MAX;
	size_t come_count = 0;
	if (gone_count != SIZE_MAX && gone_count > 0)
		come_count = list_names(differences, false, come);
	if (gone_count != SIZE_MAX && come_count != SIZE_MAX) {
		remark_pairs(gone, gone_count, come, come_count);
		status = 0;
	}
	for (size_t i = 0; gone && gone_count != SIZE_MAX && i < gone_count; i++)
		free(gone[i].form);
	for (size_t i = 0; come && come_count != SIZE_MAX && i < come_count; i++)
		free(come[i].form);
	free(gone);
	free(come);
	return status;
}
