/*
 *     state = "#= " number " " time " " (time | "-" | "--") [" " read] {" " field}
 *     seal  = "#end files=" number " bytes=" number [" algorithm=" name] " sha512=" 128 digits in
 *             lower case
 *     name  = 1 to 15 small letters, digits and "-"; not "sha512"
 *     time  = ["-"] number "." nine digits
 *     read  = number from 1 to 2^63 - 1, or "-"
 *     field = bytes from "!" to "~"; their meaning is for later versions
 *
 * If the first field is not a READ, it is a field of a later version: it is kept, and READ is written
 * before it once it is known.
 *
 * Only what is printed is read: no leading zero, no blank more, no "-0.000000000", no CR. So a line
 * that was altered in whatever way is either another one, or none.
 *
 * Whatever else begins with "#= " is a comment of somebody else's, and no reason to miss a seal
 * below it. Only a CR too many is seen: a file whose line ends were converted still is one that was
 * sealed.
 */
#include "manifest/annotation.h"

#include "manifest/hex.h"

#include <endian.h>
#include <string.h>

static const char state_prefix[] = "#= ";
static const char seal_prefix[] = "#end files=";
static const char shard_prefix[] = " shard=";
static const char algorithm_prefix[] = " algorithm=";

#define NANOSECONDS UINT32_C(1000000000)

static char *put_number(char *out, uint64_t number)
{
	char digits[20];
	size_t count = 0;
	do {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	while (count)
		*out++ = digits[--count];
	return out;
}

/** Put a time: of -0.5 s tv_sec is -1 and tv_nsec half a second. */
static char *put_time(char *out, const struct timespec *time)
{
	uint64_t seconds = (uint64_t)time->tv_sec;
	uint32_t fraction = (uint32_t)time->tv_nsec;
	if (time->tv_sec < 0) {
		*out++ = '-';
		/* Negated as unsigned numbers are, which has no exception at the least of all. */
		seconds = fraction ? ~seconds : -seconds;
		fraction = fraction ? NANOSECONDS - fraction : 0;
	}
	out = put_number(out, seconds);
	*out++ = '.';
	for (uint32_t unit = NANOSECONDS / 10; unit; unit /= 10)
		*out++ = (char)('0' + fraction / unit % 10);
	return out;
}

size_t annotation_print(const struct annotation *annotation, char *out)
{
	char *next = put_number(stpcpy(out, state_prefix), annotation->size);
	*next++ = ' ';
	next = put_time(next, &annotation->mtime);
	*next++ = ' ';
	if (annotation->settled)
		next = put_time(next, &annotation->ctime);
	else
		next = stpcpy(next, annotation->young ? "--" : "-");
	if (annotation->suspect) {
		next = stpcpy(next, " -");
	} else if (annotation->read > 0) {
		*next++ = ' ';
		next = put_number(next, (uint64_t)annotation->read);
	}
	if (annotation->more_size)
		next = mempcpy(next, annotation->more, annotation->more_size);
	*next++ = '\n';
	return (size_t)(next - out);
}

/** Put which part of a run a manifest is. */
static char *put_shard(char *out, const struct seal_shard *shard)
{
	char *next = put_number(stpcpy(out, shard_prefix), shard->index);
	*next++ = '/';
	next = put_number(next, shard->count);
	next = put_number(stpcpy(next, " errors="), shard->errors);
	next = put_number(stpcpy(next, " listed="), shard->listed);
	*next++ = ':';
	uint64_t names = htobe64(shard->names);
	next = hex_print(next, (const unsigned char *)&names, sizeof(names));
	return hex_print(stpcpy(next, " options="), shard->options, sizeof(shard->options));
}

size_t annotation_print_seal(const struct seal *seal, char out[static ANNOTATION_BOUND])
{
	char *next = put_number(stpcpy(out, seal_prefix), seal->files);
	next = put_number(stpcpy(next, " bytes="), seal->bytes);
	if (seal->shard.count)
		next = put_shard(next, &seal->shard);
	if (seal->algorithm[0])
		next = stpcpy(stpcpy(next, algorithm_prefix), seal->algorithm);
	next = hex_print(stpcpy(next, " sha512="), seal->digest, sizeof(seal->digest));
	*next++ = '\n';
	return (size_t)(next - out);
}

/** What is left of a line. */
struct rest {
	const char *next;
	const char *end;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool take_text(struct rest *rest, const char *text)
{
	size_t size = strlen(text);
	if ((size_t)(rest->end - rest->next) < size || memcmp(rest->next, text, size) != 0)
		return false;
	rest->next += size;
	return true;
}

static bool take_number(struct rest *rest, uint64_t *number)
{
	const char *first = rest->next, *next = first;
	/* In registers: numbers are most of what an annotation takes to parse. */
	uint64_t value = 0;
	for (; next < rest->end && is_digit(*next); next++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(*next - '0'), &value))
			return false;
	}
	rest->next = next;
	*number = value;
	return next > first && (*first != '0' || next == first + 1);
}

/** Take nine digits. */
static bool take_fraction(struct rest *rest, uint32_t *fraction)
{
	const char *next = rest->next;
	uint32_t value = 0;
	for (uint32_t unit = 1; unit < NANOSECONDS; unit *= 10, next++) {
		if (next == rest->end || !is_digit(*next))
			return false;
		value = value * 10 + (uint32_t)(*next - '0');
	}
	rest->next = next;
	*fraction = value;
	return true;
}

/** @return whether it fits */
static bool set_time(struct timespec *time, bool negative, uint64_t seconds, uint32_t fraction)
{
	if (negative) {
		seconds = fraction ? ~seconds : -seconds;
		fraction = fraction ? NANOSECONDS - fraction : 0;
	}
	time->tv_sec = (time_t)(int64_t)seconds;
	time->tv_nsec = (long)fraction;
	/* Not beyond either end; and zero is not negative. */
	return (uint64_t)time->tv_sec == seconds && (time->tv_sec < 0) == negative;
}

static bool take_time(struct rest *rest, struct timespec *time)
{
	bool negative = take_text(rest, "-");
	uint64_t seconds;
	uint32_t fraction;
	return take_number(rest, &seconds) && take_text(rest, ".") &&
		take_fraction(rest, &fraction) && set_time(time, negative, seconds, fraction);
}

/** Whether a field ends here. */
static bool is_at_end(const struct rest *rest)
{
	return rest->next == rest->end || *rest->next == ' ';
}

/** Take the time, or what stands for one that is not kept. */
static bool take_ctime(struct rest *rest, struct annotation *annotation)
{
	struct rest dashes = *rest;
	annotation->ctime = (struct timespec){0};
	annotation->young = take_text(&dashes, "--");
	annotation->settled =
		!(annotation->young || take_text(&dashes, "-")) || !is_at_end(&dashes);
	if (annotation->settled) {
		annotation->young = false;
		return take_time(rest, &annotation->ctime);
	}
	*rest = dashes;
	return true;
}

/** Take one of the fields whose meaning is not known here. */
static bool take_field(struct rest *rest)
{
	const char *first = rest->next;
	while (!is_at_end(rest)) {
		if (*rest->next < '!' || *rest->next > '~')
			return false;
		rest->next++;
	}
	return rest->next > first;
}

/** Take the time of the last reading, or what stands for one that found other contents, where it
 * follows. */
static void take_read(struct rest *rest, struct annotation *annotation)
{
	struct rest field = *rest;
	uint64_t read = 0;
	annotation->read = 0;
	annotation->suspect = false;
	if (!take_text(&field, " "))
		return;
	bool suspect = take_text(&field, "-");
	bool known = suspect || (take_number(&field, &read) && read > 0 && read <= INT64_MAX);
	if (!known || !is_at_end(&field))
		return;
	annotation->suspect = suspect;
	annotation->read = (int64_t)read;
	*rest = field;
}

/** Take the further fields. */
static bool take_more(struct rest *rest, struct annotation *annotation)
{
	const char *first = rest->next;
	while (rest->next < rest->end) {
		if (!take_text(rest, " ") || !take_field(rest))
			return false;
	}
	size_t size = (size_t)(rest->next - first);
	annotation->more = size ? first : NULL;
	annotation->more_size = (uint32_t)size;
	return size <= UINT32_MAX;
}

/** Parse what follows "#= ". */
static bool parse_state(struct rest *rest, struct annotation *annotation)
{
	if (!take_number(rest, &annotation->size) || !take_text(rest, " ") ||
		!take_time(rest, &annotation->mtime) || !take_text(rest, " ") ||
		!take_ctime(rest, annotation))
		return false;
	take_read(rest, annotation);
	return take_more(rest, annotation);
}

/** Take the name of an algorithm, where there is one. @return whether that is well formed */
static bool take_algorithm(struct rest *rest, char algorithm[static ANNOTATION_ALGORITHM])
{
	size_t size = 0;
	algorithm[0] = '\0';
	if (!take_text(rest, algorithm_prefix))
		return true;
	for (; rest->next < rest->end && *rest->next != ' ' && size < ANNOTATION_ALGORITHM - 1;
		size++) {
		char c = *rest->next++;
		if (!is_digit(c) && (c < 'a' || c > 'z') && c != '-')
			return false;
		algorithm[size] = c;
	}
	algorithm[size] = '\0';
	return size > 0 && strcmp(algorithm, "sha512") != 0;
}

/** Take a digest, in lower case. */
static bool take_hex(struct rest *rest, unsigned char *bytes, size_t size)
{
	const char *first = rest->next;
	if ((size_t)(rest->end - first) < 2 * size || !hex_parse(first, size, bytes))
		return false;
	rest->next += 2 * size;
	for (const char *digit = first; digit < rest->next; digit++) {
		if (*digit >= 'A' && *digit <= 'F')
			return false;
	}
	return true;
}

/** Take which part of a run it is, where it is one. @return whether that is well formed */
static bool take_shard(struct rest *rest, struct seal_shard *shard)
{
	uint64_t index, count;
	*shard = (struct seal_shard){0};
	if (!take_text(rest, shard_prefix))
		return true;
	if (!take_number(rest, &index) || !take_text(rest, "/") || !take_number(rest, &count) ||
		index < 1 || index > count || count > UINT32_MAX)
		return false;
	shard->index = (uint32_t)index;
	shard->count = (uint32_t)count;
	uint64_t names;
	if (!take_text(rest, " errors=") || !take_number(rest, &shard->errors) ||
		!take_text(rest, " listed=") || !take_number(rest, &shard->listed) ||
		!take_text(rest, ":") || !take_hex(rest, (unsigned char *)&names, sizeof(names)))
		return false;
	shard->names = be64toh(names);
	return take_text(rest, " options=") &&
		take_hex(rest, shard->options, sizeof(shard->options));
}

/** Parse what follows "#end files=". */
static bool parse_seal(struct rest *rest, struct seal *seal)
{
	return take_number(rest, &seal->files) && take_text(rest, " bytes=") &&
		take_number(rest, &seal->bytes) && take_shard(rest, &seal->shard) &&
		take_algorithm(rest, seal->algorithm) && take_text(rest, " sha512=") &&
		take_hex(rest, seal->digest, sizeof(seal->digest)) && rest->next == rest->end;
}

/** Parse a line without its end. */
static enum annotation_kind parse(
	struct rest rest, struct annotation *annotation, struct seal *seal)
{
	if (take_text(&rest, state_prefix))
		return parse_state(&rest, annotation) ? ANNOTATION_STATE : ANNOTATION_NONE;
	if (take_text(&rest, seal_prefix))
		return parse_seal(&rest, seal) ? ANNOTATION_SEAL : ANNOTATION_MALFORMED;
	return ANNOTATION_NONE;
}

enum annotation_kind annotation_parse(
	const char *line, size_t size, struct annotation *annotation, struct seal *seal)
{
	if (size > 0 && line[size - 1] == '\n')
		size--;
	struct rest rest = {.next = line, .end = line + size};
	if (size == 0 || line[0] != '#' || line[size - 1] != '\r')
		return parse(rest, annotation, seal);
	rest.end--;
	enum annotation_kind kind = parse(rest, annotation, seal);
	return kind == ANNOTATION_NONE || kind == ANNOTATION_MALFORMED ? kind
								       : ANNOTATION_CONVERTED;
}
