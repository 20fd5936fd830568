/*
 * Names that differ only in Unicode normalisation: as they are typed on most systems (NFC), and as
 * some file systems keep them (NFD).
 */
#ifndef TREESUM_MANIFEST_NORMAL_FORM_H
#define TREESUM_MANIFEST_NORMAL_FORM_H

#include <stddef.h>

#include "manifest/difference.h"

/**
 * Write a name's canonical decomposition. Bytes that are no UTF-8 stay, and so do characters beyond
 * the table, which has those of Unicode's first plane but compatibility ideographs.
 *
 * @param form room for NORMAL_FORM_GROWTH * size bytes
 * @return its bytes
 */
size_t normal_form(const char *name, size_t size, char *form);

/** How many times as long a decomposition may be. */
#define NORMAL_FORM_GROWTH 3

/**
 * Remark of each name that is gone, and of each that has come, that they are one in another
 * normalisation.
 *
 * @return 0, or -1 with errno ENOMEM
 */
int normal_form_remark(struct differences *differences);

#endif
