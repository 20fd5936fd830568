/*
 *     BEFORE ──► HEADERS ──► TEXT ──► SIGNATURE ──► OUTSIDE
 *       │          an empty     BEGIN PGP    END PGP
 *       │          line         SIGNATURE    SIGNATURE
 *       └──► OUTSIDE, where the first line is no "BEGIN PGP SIGNED MESSAGE"
 *
 * Outside of a text that began in the first line, and where none did, armour may follow that is
 * recognised for itself, so that other lines count as they are. A signature ends at the first line
 * that can be none of it: what is no armour must not pass for it, and get lost.
 */
#include "manifest/armour.h"

#include <string.h>

static bool begins_with(const char *line, size_t size, const char *prefix)
{
	size_t length = strlen(prefix);
	return size >= length && memcmp(line, prefix, length) == 0;
}

/** Whether there is nothing in a line but its end. */
static bool is_empty(const char *line, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r' && line[i] != '\n')
			return false;
	}
	return true;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/** Whether a line is `Key: value`. */
static bool is_header(const char *line, size_t size)
{
	size_t i = 0;
	while (i < size && is_letter(line[i]))
		i++;
	return i > 0 && i + 1 < size && line[i] == ':' && line[i + 1] == ' ';
}

/** Whether a line is one of base64, of 76 characters at most. */
static bool is_base64(const char *line, size_t size)
{
	size_t i = 0;
	while (i < size && (is_letter(line[i]) || (line[i] && strchr("0123456789+/=", line[i]))))
		i++;
	return i > 0 && i <= 76 && is_empty(line + i, size - i);
}

/** Begin the armour that a line outside of one begins, if it does. */
static enum armour_part begin(struct armour *armour, const char *line, size_t size)
{
	bool first = armour->state == ARMOUR_BEFORE;
	armour->state = ARMOUR_OUTSIDE;
	if (begins_with(line, size, "-----BEGIN PGP SIGNED MESSAGE-----")) {
		armour->whole |= first;
		armour->state = ARMOUR_HEADERS;
	} else if (begins_with(line, size, "-----BEGIN PGP SIGNATURE-----")) {
		armour->state = ARMOUR_SIGNATURE;
	} else {
		return ARMOUR_NONE;
	}
	return ARMOUR_AROUND;
}

/** Take a line behind "BEGIN PGP SIGNED MESSAGE". */
static enum armour_part take_header(struct armour *armour, const char *line, size_t size)
{
	if (is_empty(line, size))
		armour->state = ARMOUR_IN_TEXT;
	else if (!is_header(line, size))
		return begin(armour, line, size);
	return ARMOUR_AROUND;
}

/** Take a line of the text that is signed, or the one behind it. */
static enum armour_part take_text(struct armour *armour, char **line, size_t *size)
{
	if (begins_with(*line, *size, "-----"))
		return begin(armour, *line, *size);
	if (armour->whole && begins_with(*line, *size, "- ")) {
		*line += 2;
		*size -= 2;
	}
	return ARMOUR_TEXT;
}

/** Take a line behind "BEGIN PGP SIGNATURE". */
static enum armour_part take_signature(struct armour *armour, const char *line, size_t size)
{
	if (begins_with(line, size, "-----END PGP SIGNATURE-----")) {
		armour->state = ARMOUR_OUTSIDE;
		return ARMOUR_AROUND;
	}
	if (is_empty(line, size) || is_header(line, size) || is_base64(line, size))
		return ARMOUR_AROUND;
	return begin(armour, line, size);
}

enum armour_part armour_take(struct armour *armour, char **line, size_t *size)
{
	if (!*line) {
		if (armour->state != ARMOUR_IN_TEXT)
			armour->state = ARMOUR_OUTSIDE;
		return armour->state == ARMOUR_IN_TEXT ? ARMOUR_TEXT : ARMOUR_NONE;
	}
	switch (armour->state) {
	case ARMOUR_HEADERS:
		return take_header(armour, *line, *size);
	case ARMOUR_IN_TEXT:
		return take_text(armour, line, size);
	case ARMOUR_SIGNATURE:
		return take_signature(armour, *line, *size);
	case ARMOUR_BEFORE:
	case ARMOUR_OUTSIDE:
		break;
	}
	return begin(armour, *line, *size);
}
