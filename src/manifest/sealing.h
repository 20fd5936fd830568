/*
 * The seal of a manifest that is being written or read, line by line.
 */
#ifndef TREESUM_MANIFEST_SEALING_H
#define TREESUM_MANIFEST_SEALING_H

#include <stddef.h>

#include "hash/digest.h"
#include "manifest/annotation.h"

/** What is to be said of a manifest that was read to its end. */
enum sealing_verdict {
	/** Neither annotated nor sealed. */
	SEALING_PLAIN,
	/** Its last line seals all lines before it. */
	SEALING_SOUND,
	/** It is annotated, and there is no seal in it. */
	SEALING_CUT_OFF,
	/** There is a seal in it, which is not the last line, or not of the lines before it. */
	SEALING_EDITED,
	/** The same, and its lines end in CR LF. */
	SEALING_CONVERTED,
	/** Each of several parts ends in a seal of that part. */
	SEALING_SEVERAL,
};

struct sealing;

/**
 * @param algorithm of the manifest that is written; of one that is read its seal tells, and this
 * may be NULL
 * @return a sealing before the first line, or NULL with errno (ENOMEM, EIO)
 */
struct sealing *sealing_new(const struct digest_algorithm *algorithm);

/**
 * Take the next line.
 *
 * @param line with its line end, if it had one; NULL where it was too long to be kept
 * @param annotation filled for ANNOTATION_STATE
 * @return an enum annotation_kind, or -1 with errno EIO where libcrypto failed
 */
int sealing_take(
	struct sealing *sealing, const char *line, size_t size, struct annotation *annotation);

/** For the one who writes, before sealing_seal(): the manifest is this part of a run. */
void sealing_shard(struct sealing *sealing, const struct seal_shard *shard);

/**
 * For the one who writes: the seal of all lines taken, to be printed behind them. The sealing takes
 * no line afterwards.
 *
 * @return 0, or -1 with errno EIO
 */
int sealing_seal(struct sealing *sealing, struct seal *seal);

/**
 * For the one who reads: the verdict, if the line taken last is the last.
 *
 * @param seal filled for SEALING_SOUND; may be NULL
 */
enum sealing_verdict sealing_verdict(const struct sealing *sealing, struct seal *seal);

/** Whether an annotation was taken, or a seal last: what comes without a sound seal is refused. */
bool sealing_is_expected(const struct sealing *sealing);

/** The algorithm of a manifest that has this seal; NULL where it is not known here. */
const struct digest_algorithm *sealing_algorithm(const struct seal *seal);

/** Whether a seal is that of a manifest of this algorithm. */
bool sealing_is_of(const struct seal *seal, const struct digest_algorithm *algorithm);

/** Why a manifest of another algorithm is refused, as sealing_reason(). @return `room` */
const char *sealing_algorithm_reason(const struct seal *seal, char room[static 64]);

/** Why a manifest is refused, for a message after its name; NULL where it is not. */
const char *sealing_reason(enum sealing_verdict verdict);

/** NULL is allowed. */
void sealing_free(struct sealing *sealing);

#endif
