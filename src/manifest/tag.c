#include "manifest/tag.h"

#include <assert.h>
#include <string.h>

static const struct {
	const char *name;
	const char *tags[4];
} others[] = {
	{"sha512", {"SHA2-512"}},
	{"sha384", {"SHA2-384"}},
	{"sha256", {"SHA2-256"}},
	{"sha224", {"SHA2-224"}},
	{"sha512-256", {"SHA2-512/256", "SHA512-256"}},
	{"sha512-224", {"SHA2-512/224", "SHA512-224"}},
	{"blake2b512", {"BLAKE2b-512", "BLAKE2B-512", "BLAKE2b512"}},
	{"blake2s256", {"BLAKE2S-256", "BLAKE2s256"}},
	{"ripemd160", {"RIPEMD-160", "RIPEMD160"}},
};

const char *const *tag_others(const struct digest_algorithm *algorithm)
{
	static const char *const none[] = {NULL};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(others[i].name, algorithm->name) == 0)
			return others[i].tags;
	}
	return none;
}

const char *tag_list(const struct digest_set *algorithms, char room[static TAG_LIST])
{
	char *next = room;
	for (size_t i = 0; i < algorithms->count; i++) {
		const char *tag = algorithms->list[i]->tag;
		assert((size_t)(next - room) + strlen(" or ") + strlen(tag) < TAG_LIST);
		next = stpcpy(next, i == 0 ? "" : i + 1 < algorithms->count ? ", " : " or ");
		next = stpcpy(next, tag);
	}
	return room;
}

/** Whether a line begins with a tag, at most one space, and "(". */
static bool begins_with(const char *line, size_t size, const char *tag)
{
	size_t length = strlen(tag);
	if (size <= length || memcmp(line, tag, length) != 0)
		return false;
	if (line[length] == ' ')
		length++;
	return length < size && line[length] == '(';
}

const struct digest_algorithm *tag_find(const char *line, size_t size, const char **tag)
{
	const struct digest_algorithm *algorithm;
	for (size_t i = 0; (algorithm = digest_list(i)); i++) {
		*tag = algorithm->tag;
		if (begins_with(line, size, *tag))
			return algorithm;
		for (const char *const *other = tag_others(algorithm); *other; other++) {
			*tag = *other;
			if (begins_with(line, size, *tag))
				return algorithm;
		}
	}
	return NULL;
}
