/*
 * The rule:
 *
 * - A manifest in which a line is an annotation must end in a seal of all lines before it. Nothing may
 *   follow the seal; that the rest is such a manifest, too, is only seen to tell it.
 * - One without any is held against a seal that is its last line (what `--annotate` writes where
 *   there is no regular file). All other "#end" in it are comments, as they are to sha512sum.
 *
 * A seal counts the lines that are neither comments nor empty, and adds up the sizes of
 * annotations. Its own line is not in its digest: these numbers are compared, too. That of a part of a
 * run is, up to the digest, as it says what stands nowhere else: how much could not be read. The
 * algorithm that it names is compared with that of the run by who reads (manifest/catalog.c), and
 * which part of a run it is with the other parts (parts.c).
 *
 * It is no signature. Whoever alters a manifest on purpose can seal it anew.
 */
#include "manifest/sealing.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Bytes that are hashed at once: a line alone is a block or two, which takes half as long again. */
#define BATCH ((size_t)4096)

struct sealing {
	struct digest *digest;
	/** Bytes of lines that were taken, and not hashed yet. */
	size_t waiting;
	char batch[BATCH];
	/** Counts what was taken; complete once `closed` by a seal. */
	struct seal seal;
	/** A seal came, or what no seal is of: lines are no longer hashed. */
	bool closed;
	/** What came is the seal of all that was taken. */
	bool sound;
	/** A line is an annotation. */
	bool annotated;
	/** A line is a seal, or was one before it was altered. */
	bool has_seal;
	/** The last line is a seal. */
	bool ends_in_seal;
	/** Lines end in CR LF that would be annotations, or a seal, without the CR. */
	bool converted;
	/** Lines followed a sound seal, and were taken as another manifest. */
	bool several;
};

struct sealing *sealing_new(const struct digest_algorithm *algorithm)
{
	struct sealing *sealing = calloc(1, sizeof(*sealing));
	if (!sealing)
		return NULL;
	const struct digest_algorithm *sha512 = digest_find("sha512");
	if (algorithm && algorithm != sha512)
		strcpy(sealing->seal.algorithm, algorithm->name);
	sealing->digest = digest_new(sha512);
	if (!sealing->digest) {
		sealing_free(sealing);
		return NULL;
	}
	return sealing;
}

/** Count a line. */
static void count(struct sealing *sealing, const char *line, enum annotation_kind kind,
	const struct annotation *annotation)
{
	if (kind == ANNOTATION_STATE)
		sealing->seal.bytes += annotation->size;
	else if (line[0] != '#' && line[0] != '\n')
		sealing->seal.files++;
}

/** Hash what waits. @return 0, or -1 with errno EIO */
static int hash_batch(struct sealing *sealing)
{
	size_t size = sealing->waiting;
	sealing->waiting = 0;
	return digest_update(sealing->digest, sealing->batch, size);
}

/** Hash a line. @return 0, or -1 with errno EIO */
static int hash(struct sealing *sealing, const char *line, size_t size)
{
	if (size > BATCH - sealing->waiting && hash_batch(sealing) != 0)
		return -1;
	if (size > BATCH)
		return digest_update(sealing->digest, line, size);
	memcpy(sealing->batch + sealing->waiting, line, size);
	sealing->waiting += size;
	return 0;
}

/** Hash what a seal says before its digest. @return 0, or -1 with errno EIO */
static int hash_seal(struct sealing *sealing)
{
	char line[ANNOTATION_BOUND];
	size_t size = annotation_print_seal(&sealing->seal, line);
	return hash(sealing, line, size - (2 * sizeof(sealing->seal.digest) + 1));
}

/** A seal came: is it of what was taken? @return 0, or -1 with errno EIO */
static int compare(struct sealing *sealing, const struct seal *seal)
{
	struct seal expected;
	strcpy(sealing->seal.algorithm, seal->algorithm);
	sealing->seal.shard = seal->shard;
	if (sealing_seal(sealing, &expected) != 0)
		return -1;
	sealing->sound = seal->files == expected.files && seal->bytes == expected.bytes &&
		memcmp(seal->digest, expected.digest, sizeof(seal->digest)) == 0;
	return 0;
}

/** Remember what the verdict depends on. */
static void note(struct sealing *sealing, const char *line, size_t size, enum annotation_kind kind)
{
	/* What a seal was cut off to says no more than if it were missing. */
	bool was_seal = (kind == ANNOTATION_MALFORMED || kind == ANNOTATION_CONVERTED) &&
		line[1] == 'e' && line[size - 1] == '\n';
	sealing->ends_in_seal = kind == ANNOTATION_SEAL;
	sealing->has_seal |= kind == ANNOTATION_SEAL || was_seal;
	sealing->annotated |= kind == ANNOTATION_STATE || kind == ANNOTATION_CONVERTED;
	sealing->converted |= kind == ANNOTATION_CONVERTED;
}

/** Take what follows a sound seal as another manifest. @return 0, or -1 with errno EIO */
static int begin_another(struct sealing *sealing)
{
	sealing->several = true;
	sealing->closed = false;
	sealing->sound = false;
	sealing->seal.files = 0;
	sealing->seal.bytes = 0;
	sealing->seal.shard = (struct seal_shard){0};
	return digest_start(sealing->digest);
}

/** A line too long: nothing that is ever sealed. */
static int take_too_long(struct sealing *sealing)
{
	sealing->closed = true;
	sealing->sound = false;
	sealing->ends_in_seal = false;
	return ANNOTATION_NONE;
}

int sealing_take(
	struct sealing *sealing, const char *line, size_t size, struct annotation *annotation)
{
	if (!line || size == 0)
		return take_too_long(sealing);
	struct seal seal;
	enum annotation_kind kind = annotation_parse(line, size, annotation, &seal);
	note(sealing, line, size, kind);
	if (sealing->closed && sealing->sound && begin_another(sealing) != 0)
		return -1;
	if (sealing->closed)
		return (int)kind;
	if (kind == ANNOTATION_SEAL) {
		if (compare(sealing, &seal) != 0)
			return -1;
	} else {
		count(sealing, line, kind, annotation);
		if (hash(sealing, line, size) != 0)
			return -1;
	}
	return (int)kind;
}

void sealing_shard(struct sealing *sealing, const struct seal_shard *shard)
{
	sealing->seal.shard = *shard;
}

int sealing_seal(struct sealing *sealing, struct seal *seal)
{
	if (sealing->seal.shard.count && hash_seal(sealing) != 0)
		return -1;
	if (hash_batch(sealing) != 0 || digest_finish(sealing->digest, sealing->seal.digest) != 0)
		return -1;
	sealing->closed = true;
	*seal = sealing->seal;
	return 0;
}

enum sealing_verdict sealing_verdict(const struct sealing *sealing, struct seal *seal)
{
	if (!sealing_is_expected(sealing))
		return SEALING_PLAIN;
	if (!sealing->has_seal)
		return SEALING_CUT_OFF;
	if (!sealing->sound)
		return sealing->converted ? SEALING_CONVERTED : SEALING_EDITED;
	if (sealing->several)
		return SEALING_SEVERAL;
	if (seal)
		*seal = sealing->seal;
	return SEALING_SOUND;
}

bool sealing_is_expected(const struct sealing *sealing)
{
	return sealing->annotated || sealing->ends_in_seal;
}

/** A seal names its manifest's algorithm where that is not this one. */
static const char *algorithm_of(const struct seal *seal)
{
	return seal->algorithm[0] ? seal->algorithm : "sha512";
}

const struct digest_algorithm *sealing_algorithm(const struct seal *seal)
{
	return digest_find(algorithm_of(seal));
}

bool sealing_is_of(const struct seal *seal, const struct digest_algorithm *algorithm)
{
	return strcmp(algorithm_of(seal), algorithm->name) == 0;
}

const char *sealing_algorithm_reason(const struct seal *seal, char room[static 64])
{
	snprintf(room, 64, "was made with --algorithm=%s", algorithm_of(seal));
	return room;
}

const char *sealing_reason(enum sealing_verdict verdict)
{
	switch (verdict) {
	case SEALING_CUT_OFF:
		return "was cut off: it has no seal at its end";
	case SEALING_EDITED:
		return "was edited after it was sealed";
	case SEALING_CONVERTED:
		return "was edited after it was sealed: its lines end in CR LF now";
	case SEALING_SEVERAL:
		return "is several sealed manifests, one behind the other";
	case SEALING_PLAIN:
	case SEALING_SOUND:
		break;
	}
	return NULL;
}

void sealing_free(struct sealing *sealing)
{
	if (!sealing)
		return;
	digest_free(sealing->digest);
	free(sealing);
}
