/*
 * Names that are cut in the middle to fit on a line of a terminal.
 */
#ifndef TREESUM_UI_SHORTEN_H
#define TREESUM_UI_SHORTEN_H

#include <stddef.h>

/** Bytes that shorten() needs for each column. */
#define SHORTEN_BYTES 8

/**
 * Write a name so that it takes no more than so many columns, as wcwidth(3) counts them. What the
 * locale cannot print becomes \ooo, byte by byte. Of a name that is too long the middle is left
 * out, with "…" in its place, or "..." where the locale has none.
 *
 * @param out SHORTEN_BYTES bytes for each column; no NUL is put behind
 * @return its bytes; 0, too, where there is not even room for the dots
 */
size_t shorten(const char *name, size_t columns, char *out);

#endif
