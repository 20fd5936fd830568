/*
 * The tags that programs put before names: "SHA512 (name) = DIGEST".
 */
#ifndef TREESUM_MANIFEST_TAG_H
#define TREESUM_MANIFEST_TAG_H

#include <stddef.h>

#include "hash/digest_set.h"

/**
 * Other tags of an algorithm than its own: those of OpenSSL, whose version 3 calls SHA-512
 * "SHA2-512", and of b2sum.
 *
 * @return a list, which may be empty, with NULL behind its last
 */
const char *const *tag_others(const struct digest_algorithm *algorithm);

/** Room for tag_list(). */
#define TAG_LIST 256

/** The tags of algorithms, for a message: "SHA512, SHA256 or MD5". @return `room` */
const char *tag_list(const struct digest_set *algorithms, char room[static TAG_LIST]);

/**
 * Find the algorithm of a line that begins with any of its tags and an opening parenthesis.
 *
 * @param tag set to the tag, NUL-terminated
 * @return NULL where the line begins with none
 */
const struct digest_algorithm *tag_find(const char *line, size_t size, const char **tag);

#endif
