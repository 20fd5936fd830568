/*
 * Numbers as people read them.
 */
#ifndef TREESUM_UI_UNITS_H
#define TREESUM_UI_UNITS_H

#include <stddef.h>
#include <stdint.h>

#define UNITS_ROOM ((size_t)32)

/** Write a number of bytes with a decimal prefix: "999 B", "1.3 GB", "12 GB". @return `room` */
const char *units_bytes(uint64_t bytes, char room[static UNITS_ROOM]);

/**
 * Write how long ago something was, rounded down, in the largest unit of which there are at least
 * two: "41 days", "47 hours", "119 minutes", "1 second". @return `room`
 */
const char *units_age(uint64_t seconds, char room[static UNITS_ROOM]);

#endif
