/*
 * Each line is recognised for itself, as one form; a byte order mark is one besides. Where lines
 * have several forms, the first one in the enum is told: certutil's digest stands without a name,
 * and is not taken for Maven's.
 *
 * A digest of 64 digits is taken for one of SHA-256, not of BLAKE3 or SHA3-256: nothing tells them
 * apart, and SHA-256 is what nearly all of them are.
 */
#include "manifest/recognise.h"

#include "manifest/tag.h"

#include <stdio.h>
#include <string.h>

/** What is left of a line. */
struct text {
	const char *start;
	size_t size;
};

/** The algorithms that a length stands for, and how people write them. */
static const struct {
	const char *name;
	const char *title;
} by_length[] = {
	{"sha512", "SHA-512"},
	{"sha256", "SHA-256"},
	{"sha1", "SHA-1"},
	{"md5", "MD5"},
	{"sha384", "SHA-384"},
	{"sha224", "SHA-224"},
};

/** What tags of algorithms begin with that are not supported, and how people write these. */
static const struct {
	const char *tag;
	const char *title;
} unsupported[] = {
	{"BLAKE3", "BLAKE3"},
	{"BLAKE2b", "BLAKE2b of another length"},
	{"BLAKE2s", "BLAKE2s of another length"},
	{"CRC", "CRC"},
	{"MD4", "MD4"},
	{"SHAKE", "SHAKE"},
	{"TIGER", "Tiger"},
	{"TTH", "TTH"},
	{"WHIRLPOOL", "Whirlpool"},
	{"XXH", "xxHash"},
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_upper_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

static bool is_hex(char c)
{
	return is_upper_hex(c) || (c >= 'a' && c <= 'f');
}

static bool begins_with(struct text text, const char *prefix)
{
	size_t length = strlen(prefix);
	return text.size >= length && memcmp(text.start, prefix, length) == 0;
}

static bool holds(struct text text, const char *what)
{
	return memmem(text.start, text.size, what, strlen(what));
}

static struct text skip(struct text text, size_t size)
{
	return (struct text){text.start + size, text.size - size};
}

static struct text skip_blanks(struct text text)
{
	while (text.size && is_blank(*text.start))
		text = skip(text, 1);
	return text;
}

/** Without the line's end. */
static struct text strip_end(struct text text)
{
	if (text.size && text.start[text.size - 1] == '\n')
		text.size--;
	if (text.size && text.start[text.size - 1] == '\r')
		text.size--;
	return text;
}

/** Without what may stand before a digest or a tag. */
static struct text strip_start(struct text text)
{
	text = skip_blanks(text);
	return begins_with(text, "\\") ? skip(text, 1) : text;
}

/** Hexadecimal digits at the start. */
static size_t count_hex(struct text text)
{
	size_t count = 0;
	while (count < text.size && is_hex(text.start[count]))
		count++;
	return count;
}

/** Hexadecimal digits at the end. */
static size_t count_hex_at_end(struct text text)
{
	size_t count = 0;
	while (count < text.size && is_hex(text.start[text.size - 1 - count]))
		count++;
	return count;
}

/** The algorithm that so many digits stand for, or NULL. */
static const struct digest_algorithm *find_length(size_t digits)
{
	for (size_t i = 0; i < sizeof(by_length) / sizeof(by_length[0]); i++) {
		const struct digest_algorithm *algorithm = digest_find(by_length[i].name);
		if (2 * algorithm->size == digits)
			return algorithm;
	}
	return NULL;
}

/** Every other byte is NUL, and no other; whichever of the two comes first. */
static bool is_utf_16(struct text text)
{
	if (begins_with(text, "\xff\xfe") || begins_with(text, "\xfe\xff"))
		return true;
	size_t looked_at = text.size < 32 ? text.size & ~(size_t)1 : 32;
	if (looked_at < 8)
		return false;
	bool first = text.start[0] == '\0';
	for (size_t i = 0; i < looked_at; i++) {
		if ((text.start[i] == '\0') != (first == (i % 2 == 0)))
			return false;
	}
	return true;
}

/** `gpg --print-md`: at least four groups of two, four or eight digits at the end. */
static bool is_grouped(struct text text)
{
	unsigned groups = 0;
	while (text.size) {
		size_t digits = 0;
		while (digits < text.size && is_upper_hex(text.start[text.size - 1 - digits]))
			digits++;
		if (digits != 2 && digits != 4 && digits != 8)
			break;
		text.size -= digits;
		if (!text.size || !is_blank(text.start[text.size - 1]))
			break;
		groups++;
		while (text.size && is_blank(text.start[text.size - 1]))
			text.size--;
	}
	return groups >= 4;
}

/** A digest, two blanks, a name, a NUL, and behind that the next digest or nothing. */
static bool is_zero(struct text text)
{
	size_t digits = count_hex(text);
	struct text rest = skip(text, digits);
	const char *end = rest.size > 3 ? memchr(rest.start, '\0', rest.size) : NULL;
	if (!end || !find_length(digits) || rest.start[0] != ' ')
		return false;
	rest = skip(rest, (size_t)(end + 1 - rest.start));
	return !rest.size || count_hex(rest) == digits;
}

static bool is_mtree(struct text text)
{
	return begins_with(text, "/set ") || begins_with(text, "/unset ") ||
		holds(text, " type=") || holds(text, " sha512=") || holds(text, " sha256=") ||
		holds(text, " sha512digest=") || holds(text, " sha256digest=");
}

/** OpenPGP's armour. @return RECOGNISE_NOTHING where it is none */
static enum recognise_form find_armour(struct text text)
{
	if (begins_with(text, "-----BEGIN PGP SIGNED MESSAGE-----"))
		return RECOGNISE_SIGNED;
	if (begins_with(text, "-----BEGIN PGP SIGNATURE-----"))
		return RECOGNISE_SIGNATURE;
	return begins_with(text, "-----BEGIN PGP ") ? RECOGNISE_MESSAGE : RECOGNISE_NOTHING;
}

/** What other programs write, whatever is in it. */
static enum recognise_form find_program(struct text text)
{
	if (is_utf_16(text))
		return RECOGNISE_UTF_16;
	if (is_zero(text))
		return RECOGNISE_ZERO;
	if (begins_with(text, "%%%% "))
		return RECOGNISE_HASHDEEP;
	if (begins_with(text, "CertUtil: ") || holds(text, " hash of "))
		return RECOGNISE_CERTUTIL;
	if (begins_with(text, "{\"type\":"))
		return RECOGNISE_JSON;
	if (begins_with(text, ";"))
		return RECOGNISE_COMMENTS;
	if (is_mtree(text))
		return RECOGNISE_MTREE;
	return is_grouped(strip_end(text)) ? RECOGNISE_GPG : find_armour(text);
}

/** Whether lines with a tag are read, so that something else is wrong with this one. */
static bool is_asked(const struct recogniser *recogniser, const struct digest_algorithm *algorithm,
	const char *tag)
{
	bool asked = recogniser->set ? digest_set_has(recogniser->set, algorithm)
				     : algorithm == recogniser->asked;
	return asked && (recogniser->other_tags || strcmp(tag, algorithm->tag) == 0);
}

/** Whether lines without a tag are read. */
static bool is_untagged_asked(const struct recogniser *recogniser)
{
	return !recogniser->set || recogniser->set->count == 1;
}

/** A tag of an algorithm that is supported. */
static enum recognise_form find_tag(struct recogniser *recogniser, struct text text)
{
	const char *tag;
	const struct digest_algorithm *algorithm = tag_find(text.start, text.size, &tag);
	if (!algorithm || is_asked(recogniser, algorithm, tag))
		return RECOGNISE_NOTHING;
	if (!recogniser->tagged) {
		recogniser->tag = tag;
		recogniser->tagged = algorithm;
	}
	digest_set_add(&recogniser->others, algorithm);
	return RECOGNISE_TAG;
}

/** A tag of one that is not. */
static enum recognise_form find_unsupported(struct recogniser *recogniser, struct text text)
{
	for (size_t i = 0; i < sizeof(unsupported) / sizeof(unsupported[0]); i++) {
		if (!begins_with(text, unsupported[i].tag) || !holds(text, "(") ||
			!holds(text, ")"))
			continue;
		if (!recogniser->unsupported)
			recogniser->unsupported = unsupported[i].title;
		return RECOGNISE_UNSUPPORTED;
	}
	return RECOGNISE_NOTHING;
}

/** Whether lines with digests of this length and no tag are read. */
static bool is_length_asked(
	const struct recogniser *recogniser, const struct digest_algorithm *algorithm)
{
	return is_untagged_asked(recogniser) && algorithm->size == recogniser->asked->size;
}

/** A digest of whatever length, before a name or alone. */
static enum recognise_form find_digest(struct recogniser *recogniser, struct text text)
{
	size_t digits = count_hex(text);
	const struct digest_algorithm *algorithm = find_length(digits);
	if (!algorithm)
		return RECOGNISE_NOTHING;
	if (!skip_blanks(skip(text, digits)).size)
		return RECOGNISE_NAMELESS;
	if (!is_blank(text.start[digits]) || is_length_asked(recogniser, algorithm))
		return RECOGNISE_NOTHING;
	if (!recogniser->long_as)
		recogniser->long_as = algorithm;
	return RECOGNISE_LENGTH;
}

/** A digest behind a name, and not behind "=", as in a tagged line: 8 digits are those of CRC-32. */
static enum recognise_form find_sfv(struct text text)
{
	size_t digits = count_hex_at_end(text);
	if (digits != 8 && !find_length(digits))
		return RECOGNISE_NOTHING;
	text.size -= digits;
	size_t before = text.size;
	while (text.size && is_blank(text.start[text.size - 1]))
		text.size--;
	bool behind = text.size && text.size < before && text.start[text.size - 1] != '=';
	return behind ? RECOGNISE_SFV : RECOGNISE_NOTHING;
}

static enum recognise_form find_form(struct recogniser *recogniser, struct text text)
{
	enum recognise_form form = find_program(text);
	if (form != RECOGNISE_NOTHING)
		return form;
	text = strip_start(strip_end(text));
	form = find_tag(recogniser, text);
	if (form == RECOGNISE_NOTHING)
		form = find_unsupported(recogniser, text);
	if (form == RECOGNISE_NOTHING)
		form = find_digest(recogniser, text);
	/* A name may end in such digits, too. */
	bool begins = find_length(count_hex(text));
	return form == RECOGNISE_NOTHING && !begins ? find_sfv(text) : form;
}

static void see(struct recogniser *recogniser, enum recognise_form form)
{
	recogniser->seen |= UINT32_C(1) << form;
}

void recognise_improper(struct recogniser *recogniser, const char *line, size_t size)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	struct text text = {line, size < RECOGNISE_LINE_SIZE ? size : RECOGNISE_LINE_SIZE};
	if (recogniser->improper >= RECOGNISE_LINES)
		return;
	recogniser->improper++;
	if (begins_with(text, byte_order_mark)) {
		see(recogniser, RECOGNISE_BYTE_ORDER_MARK);
		text = skip(text, strlen(byte_order_mark));
	}
	if (text.size)
		see(recogniser, find_form(recogniser, text));
}

void recognise_entry(struct recogniser *recogniser, const char *line, const char *name)
{
	if (recogniser->entries >= RECOGNISE_LINES)
		return;
	recogniser->entries++;
	const char *tag;
	struct text start = strip_start((struct text){line, strlen(line)});
	recogniser->tagged_entries |= tag_find(start.start, start.size, &tag) != NULL;
	while (is_blank(*line))
		line++;
	bool drive = ((*name >= 'A' && *name <= 'Z') || (*name >= 'a' && *name <= 'z')) &&
		name[1] == ':' && (name[2] == '\\' || name[2] == '/');
	if (drive || (*line != '\\' && strchr(name, '\\')))
		see(recogniser, RECOGNISE_WINDOWS);
}

void recognise_other(struct recogniser *recogniser, const struct digest_algorithm *algorithm)
{
	if (!recogniser->tagged_entries && algorithm == find_length(2 * algorithm->size)) {
		recogniser->long_as = algorithm;
		see(recogniser, RECOGNISE_LENGTH);
	} else {
		recogniser->tagged = algorithm;
		recogniser->tag = algorithm->tag;
		digest_set_add(&recogniser->others, algorithm);
		see(recogniser, RECOGNISE_TAG);
	}
	recogniser->tagged_entries = false;
	recogniser->entries = 0;
}

/** Whether a form was seen, and is one of another algorithm than what is asked for in the end. */
static bool is_seen(const struct recogniser *recogniser, enum recognise_form form)
{
	if (!(recogniser->seen & UINT32_C(1) << form))
		return false;
	if (form == RECOGNISE_TAG)
		return !is_asked(recogniser, recogniser->tagged, recogniser->tag);
	return form != RECOGNISE_LENGTH || !is_length_asked(recogniser, recogniser->long_as);
}

enum recognise_form recognise_form(const struct recogniser *recogniser)
{
	enum recognise_form form = 0;
	while (form < RECOGNISE_NOTHING && !is_seen(recogniser, form))
		form++;
	return form;
}

/** How people write an algorithm that a length stands for. */
static const char *title_of(const struct digest_algorithm *algorithm)
{
	size_t i = 0;
	while (strcmp(by_length[i].name, algorithm->name) != 0)
		i++;
	return by_length[i].title;
}

/** The texts that have nothing in them. */
static const char *const texts[RECOGNISE_NOTHING] = {
	[RECOGNISE_UTF_16] = "it is UTF-16; convert it to UTF-8 (iconv)",
	[RECOGNISE_ZERO] = "the lines end in NUL, as with --zero, and not in a newline",
	[RECOGNISE_HASHDEEP] = "it is a list of hashdeep, which is not supported",
	[RECOGNISE_MTREE] = "it is a specification of mtree, which is not supported",
	[RECOGNISE_JSON] = "it is JSON, as of --json, which is not supported",
	[RECOGNISE_CERTUTIL] =
		"it is the output of certutil; write the digest, two spaces and the name",
	[RECOGNISE_GPG] =
		"it is the output of gpg --print-md; write the digest, two spaces and the name",
	[RECOGNISE_MESSAGE] = "it is OpenPGP data; gpg --decrypt may show a list",
	[RECOGNISE_SFV] = "the names come before the digests, as in SFV files",
	[RECOGNISE_NAMELESS] = "the digest has no name; write two spaces and the name behind it",
	[RECOGNISE_BYTE_ORDER_MARK] =
		"it begins with a byte order mark, so that the first line was not read",
	[RECOGNISE_SIGNED] = "the signature was not checked (gpg --verify)",
	[RECOGNISE_SIGNATURE] = "it has an OpenPGP signature, which was not checked",
	[RECOGNISE_COMMENTS] = "the lines that begin with ; are comments of RHash or SFV files",
	[RECOGNISE_WINDOWS] = "the names are those of Windows: with backslashes or a drive letter",
};

/** What to say of tags. @return `room` */
static const char *tag_text(const struct recogniser *recogniser, char room[static RECOGNISE_TEXT])
{
	char names[DIGEST_SET_NAMES];
	/* What is read already has to be read then, too. */
	struct digest_set needed = {0};
	if (recogniser->tagged_entries)
		needed = recogniser->set ? *recogniser->set : digest_set_of(recogniser->asked);
	for (size_t i = 0; i < recogniser->others.count; i++)
		digest_set_add(&needed, recogniser->others.list[i]);
	if (needed.count > 1)
		snprintf(room, RECOGNISE_TEXT, "some lines are tagged %s; %s -a %s",
			recogniser->tag,
			recogniser->set ? "use" : "only -c reads several algorithms: -c",
			digest_set_names(&needed, names));
	else
		snprintf(room, RECOGNISE_TEXT, "the lines are tagged %s; use -a %s",
			recogniser->tag, recogniser->tagged->name);
	return room;
}

/** What to say of the length of digests. @return as tag_text() */
static const char *length_text(
	const struct recogniser *recogniser, char room[static RECOGNISE_TEXT])
{
	const char *whose =
		is_untagged_asked(recogniser) ? "the" : "the lines have no tags, and their";
	snprintf(room, RECOGNISE_TEXT, "%s digests are as long as %s's; use -a %s", whose,
		title_of(recogniser->long_as), recogniser->long_as->name);
	return room;
}

const char *recognise_text(const struct recogniser *recogniser, char room[static RECOGNISE_TEXT])
{
	enum recognise_form form = recognise_form(recogniser);
	switch (form) {
	case RECOGNISE_NOTHING:
		return NULL;
	case RECOGNISE_TAG:
		return tag_text(recogniser, room);
	case RECOGNISE_UNSUPPORTED:
		snprintf(room, RECOGNISE_TEXT,
			"the digests are those of %s, which is not supported",
			recogniser->unsupported);
		break;
	case RECOGNISE_LENGTH:
		return length_text(recogniser, room);
	default:
		snprintf(room, RECOGNISE_TEXT, "%s", texts[form]);
	}
	return room;
}

const struct digest_algorithm *recognise_algorithm(const char *line, size_t size, bool *tagged)
{
	const char *tag;
	struct text text = strip_start(strip_end((struct text){line, size}));
	const struct digest_algorithm *algorithm = tag_find(text.start, text.size, &tag);
	*tagged = algorithm;
	if (algorithm)
		return algorithm;
	size_t digits = count_hex(text);
	return digits < text.size && is_blank(text.start[digits]) ? find_length(digits) : NULL;
}
