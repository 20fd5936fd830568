/*
 * What a run that prints one shard takes of the files that its walk finds.
 */
#ifndef TREESUM_SHARE_H
#define TREESUM_SHARE_H

#include "manifest/annotation.h"
#include "options.h"
#include "tally.h"
#include "walk/walk.h"

struct share;

/**
 * Call it where --output is relative to.
 *
 * @param options of a run with --shard; must outlive the share
 * @return NULL where that failed, which was reported
 */
struct share *share_new(const struct options *options);

/** For the walk: whose file it is. @param context the share */
int share_choose(void *context, const struct walk_found *found, uint64_t *hash);

/**
 * Fill in what the seal of a part says of the run.
 *
 * `options` is the digest of what decides which files a run lists, and how: the first bytes of the
 * SHA-512 of these strings, each ended by a NUL:
 *
 *   - "treesum shard 1";
 *   - the algorithm's name;
 *   - the format of lines: "tag", "binary" or "text";
 *   - "follow" with --dereference, else "physical";
 *   - "one file system" with --one-file-system, else "all file systems";
 *   - PATH without slashes at its end;
 *   - for each pattern, in their order, "+ PATTERN" (include) or "- PATTERN" (exclude); one that has
 *     "**" in it, and no slash at its start, with "**" and a slash in front, which is the same.
 *
 * Neither --directory nor --output is in it: both may differ from machine to machine.
 *
 * @return 0, or -1 with errno (ENOMEM, EIO)
 */
int share_describe(
	const struct options *options, const struct tally *tally, struct seal_shard *shard);

/** NULL is allowed. */
void share_free(struct share *share);

#endif
