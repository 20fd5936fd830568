/*
 * How far a run is, in words: a line that fits on a terminal, and one that tells everything.
 */
#ifndef TREESUM_UI_STATUS_LINE_H
#define TREESUM_UI_STATUS_LINE_H

#include <stddef.h>

#include "ui/estimate.h"
#include "ui/shorten.h"

/** A line is not made wider than this. */
#define STATUS_LINE_COLUMNS 300

/** Room for the bytes of a line. */
#define STATUS_LINE_MAX ((size_t)STATUS_LINE_COLUMNS * SHORTEN_BYTES)

/**
 * Write a line that takes fewer columns than a terminal has, so that it never wraps: as much of
 * percent, bar, bytes, rate, time left, files and the file in hand as there is room for.
 *
 * @param columns of the terminal
 * @param line without a NUL, an end of line or a control byte
 * @return its bytes; 0 where there is room for nothing
 */
size_t status_line_print(const struct estimate_counts *counts, const struct estimate *estimate,
	int columns, char line[static STATUS_LINE_MAX]);

/**
 * The same for a message, with exact numbers, the whole name in quotes where it needs them, and the
 * average rate.
 *
 * @param seconds since the start
 * @return a string to be freed by the caller, or NULL with errno ENOMEM
 */
char *status_line_tell(const struct estimate_counts *counts, double seconds);

#endif
