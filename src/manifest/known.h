/*
 * Digests known beforehand: of a file whose size, mtime and ctime are as they were when it was
 * hashed, the digest is that of then.
 */
#ifndef TREESUM_MANIFEST_KNOWN_H
#define TREESUM_MANIFEST_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "manifest/catalog.h"
#include "sys/stamp.h"

struct known;

/**
 * @param ignore_ctime whether size and mtime alone decide
 * @return an empty table, or NULL with errno ENOMEM
 */
struct known *known_new(bool ignore_ctime);

/**
 * Add what a record knows, if it is of use: it is annotated and settled, or, where ctime is
 * ignored, its mtime was not young.
 *
 * @param record must outlive the table; one of the same key that was added before is replaced
 * @return 0, or -1 with errno ENOMEM and the table as it was
 */
int known_add(struct known *known, const struct record *record);

/**
 * @param key as catalog_key() writes it
 * @param stamp filled with size, mtime and ctime with which the digest holds
 * @return the digest of the file of that name as long as it has that stamp; or NULL
 */
const unsigned char *known_digest(
	const struct known *known, const char *key, size_t key_size, struct stamp *stamp);

/** NULL is allowed. */
void known_free(struct known *known);

#endif
