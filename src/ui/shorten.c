/*
 * A name is taken apart into pieces: a character of the locale, or a byte that is part of none. Two
 * things limit what fits, columns and bytes: characters that combine with the one before them take
 * no column of their own, and a name may be nothing but a heap of them.
 */
#include "ui/shorten.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

/** How much room something takes, or has. */
struct extent {
	size_t columns;
	size_t bytes;
};

/** A part of a name as it is shown. */
struct piece {
	/** How many bytes of the name it is. */
	size_t size;
	struct extent shown;
	/** It is shown as \ooo. */
	bool escaped;
};

/** The piece at the start of a text that is not empty. */
static struct piece piece_at(const char *text)
{
	mbstate_t state = {0};
	wchar_t wide;
	size_t left = strnlen(text, MB_LEN_MAX);
	size_t size = mbrtowc(&wide, text, left, &state);
	/* Both of its failures are larger than any size. */
	int columns = size <= left && iswprint((wint_t)wide) ? wcwidth(wide) : -1;
	if (columns < 0)
		return (struct piece){.size = 1, .shown = {4, 4}, .escaped = true};
	return (struct piece){.size = size, .shown = {(size_t)columns, size}};
}

static bool fits(struct extent extent, struct extent room)
{
	return extent.columns <= room.columns && extent.bytes <= room.bytes;
}

static struct extent add(struct extent a, struct extent b)
{
	return (struct extent){a.columns + b.columns, a.bytes + b.bytes};
}

static struct extent subtract(struct extent a, struct extent b)
{
	return (struct extent){a.columns - b.columns, a.bytes - b.bytes};
}

static struct extent room_of(size_t columns)
{
	return (struct extent){columns, columns * SHORTEN_BYTES};
}

/** What the whole of a name takes. */
static struct extent measure(const char *name)
{
	struct extent extent = {0, 0};
	while (*name) {
		struct piece piece = piece_at(name);
		extent = add(extent, piece.shown);
		name += piece.size;
	}
	return extent;
}

/** Put pieces of a name, as many as there is room for, which it uses up. @return their end */
static char *put(const char *name, struct extent *room, char *out)
{
	while (*name) {
		struct piece piece = piece_at(name);
		if (!fits(piece.shown, *room))
			break;
		if (piece.escaped) {
			char escape[5];
			snprintf(escape, sizeof(escape), "\\%03o", (unsigned char)*name);
			memcpy(out, escape, 4);
		} else {
			memcpy(out, name, piece.size);
		}
		out += piece.shown.bytes;
		*room = subtract(*room, piece.shown);
		name += piece.size;
	}
	return out;
}

/** The end of a name for which there is room, from a character on that takes a column. */
static const char *tail_of(const char *name, struct extent extent, struct extent room)
{
	while (*name) {
		struct piece piece = piece_at(name);
		if (fits(extent, room) && piece.shown.columns)
			break;
		extent = subtract(extent, piece.shown);
		name += piece.size;
	}
	return name;
}

/** What stands for what is left out. @return its columns */
static size_t set_dots(char dots[static MB_LEN_MAX], size_t *size)
{
	mbstate_t state = {0};
	*size = wcrtomb(dots, L'\u2026', &state);
	if (*size != (size_t)-1 && wcwidth(L'\u2026') == 1)
		return 1;
	*size = 3;
	memset(dots, '.', 3);
	return 3;
}

size_t shorten(const char *name, size_t columns, char *out)
{
	struct extent all = measure(name);
	struct extent room = room_of(columns);
	if (fits(all, room))
		return (size_t)(put(name, &room, out) - out);
	char dots[MB_LEN_MAX];
	size_t dots_size;
	size_t dots_columns = set_dots(dots, &dots_size);
	if (columns < dots_columns)
		return 0;
	size_t half = (columns - dots_columns) / 2;
	room = room_of(half);
	char *end = mempcpy(put(name, &room, out), dots, dots_size);
	/* What did not fit into the first half is left for the second. */
	room = room_of(columns - dots_columns - half + room.columns);
	return (size_t)(put(tail_of(name, all, room), &room, end) - out);
}
