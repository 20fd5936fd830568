/*
 * Digests as hexadecimal digits.
 */
#ifndef TREESUM_MANIFEST_HEX_H
#define TREESUM_MANIFEST_HEX_H

#include <stdbool.h>
#include <stddef.h>

/** Write 2 × `size` digits, in lower case. @return the end of what was written */
char *hex_print(char *out, const unsigned char *bytes, size_t size);

/** Decode 2 × `size` digits of any case. @return whether all are digits */
bool hex_parse(const char *hex, size_t size, unsigned char *bytes);

#endif
