/*
 * A mismatch is taken back to the last star, which then takes one byte more, or, where that is a
 * slash, to the last double star. Never to an earlier one: nothing but a slash in the pattern
 * matches a slash, so what stands between two double stars has, wherever it matches at all, its
 * earliest end where it has its earliest start, and an earlier star could only choose a later one.
 * That is what bounds the time.
 */
#include "walk/glob.h"

#include <ctype.h>
#include <string.h>

/** What byte_at() finds behind the path. */
#define END (-1)

/** Where to go on after a mismatch. */
struct star {
	/** What is behind the star, or NULL: there is none. */
	const char *behind;
	/** Where that was tried last. */
	size_t at;
};

static int byte_at(const struct glob_path *path, size_t at)
{
	if (at == 0 || (at == path->size + 1 && path->closed))
		return '/';
	return at <= path->size ? (unsigned char)path->bytes[at - 1] : END;
}

/** Whether a byte is in the class of this name. @return 1, 0, or -1 where there is no such class */
static int is_in_class(const char *name, size_t size, int byte)
{
	static const struct {
		const char *name;
		int (*holds)(int);
	} classes[] = {
		{"alnum", isalnum},
		{"alpha", isalpha},
		{"blank", isblank},
		{"cntrl", iscntrl},
		{"digit", isdigit},
		{"graph", isgraph},
		{"lower", islower},
		{"print", isprint},
		{"punct", ispunct},
		{"space", isspace},
		{"upper", isupper},
		{"xdigit", isxdigit},
	};
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (strlen(classes[i].name) == size && memcmp(classes[i].name, name, size) == 0)
			return byte < 128 && classes[i].holds(byte);
	}
	return -1;
}

/**
 * Take a class from a set: "[:digit:]".
 *
 * @param at where it begins; behind it afterwards, or where it was: "[:" begins no class here
 * @return 1 or 0, as the byte is in it; or -1 where the set is malformed
 */
static int take_class(const char **at, int byte)
{
	const char *name = *at + 2;
	const char *end = strchr(name, ']');
	if (!end)
		return -1;
	if (end == name || end[-1] != ':')
		return 0;
	*at = end + 1;
	return is_in_class(name, (size_t)(end - 1 - name), byte);
}

/** Take a byte of a set, which may be escaped. @return it, or 0 where the pattern ends */
static int take_member(const char **at)
{
	if (**at == '\\')
		++*at;
	return **at ? (unsigned char)*(*at)++ : 0;
}

/** Match a set. @return what is behind it, or NULL where the byte is not in it */
static const char *match_set(const char *pattern, int byte)
{
	const char *at = pattern + 1;
	bool negated = *at == '!' || *at == '^';
	at += negated;
	bool found = false;
	/* What a range may begin with, or 0. */
	int low = 0;
	do {
		const char *start = at;
		if (at[0] == '[' && at[1] == ':') {
			int in_class = take_class(&at, byte);
			if (in_class < 0)
				return NULL;
			found |= in_class;
			low = 0;
			if (at > start)
				continue;
		}
		bool range = low && at[0] == '-' && at[1] && at[1] != ']';
		at += range;
		int member = take_member(&at);
		if (!member)
			return NULL;
		found |= range ? low <= byte && byte <= member : byte == member;
		low = range ? 0 : member;
	} while (*at != ']');
	return byte != '/' && found != negated ? at + 1 : NULL;
}

/** Match one byte with what the pattern begins with, no star. @return what is behind it, or NULL */
static const char *match_byte(const char *pattern, int byte)
{
	if (byte == END)
		return NULL;
	if (*pattern == '[')
		return match_set(pattern, byte);
	if (*pattern == '?')
		return byte != '/' ? pattern + 1 : NULL;
	pattern += *pattern == '\\';
	/* A path has no byte 0, with which the pattern ends. */
	return byte == (unsigned char)*pattern ? pattern + 1 : NULL;
}

bool glob_match(const char *pattern, const struct glob_path *path, size_t from)
{
	struct star one = {0}, two = {0};
	size_t at = from;
	for (;;) {
		if (*pattern == '*') {
			size_t stars = strspn(pattern, "*");
			pattern += stars;
			one = (struct star){stars == 1 ? pattern : NULL, at};
			if (stars > 1)
				two = (struct star){pattern, at};
			continue;
		}
		int byte = byte_at(path, at);
		if (!*pattern && byte == END)
			return true;
		const char *behind = match_byte(pattern, byte);
		if (behind) {
			pattern = behind;
			at++;
			continue;
		}
		if (one.behind && (byte_at(path, one.at) == '/' || byte_at(path, one.at) == END))
			one.behind = NULL;
		struct star *star = one.behind ? &one : &two;
		if (!star->behind || byte_at(path, star->at) == END)
			return false;
		at = ++star->at;
		pattern = star->behind;
	}
}
