/*
 * The values that options can have. Each function returns 0, or -1 where the text is no such value;
 * that is reported, with those that are.
 */
#ifndef TREESUM_VALUES_H
#define TREESUM_VALUES_H

#include <stddef.h>
#include <stdint.h>

#include "hash/digest_set.h"
#include "hash/engine.h"
#include "ui/progress.h"

/** A whole number from 1 to `limit`. @param what how a message calls it */
int value_number(const char *what, const char *text, unsigned limit, unsigned *number);

/**
 * A whole number of seconds, or of what a letter behind it names: s, m, h, d, w. At most 36500 days,
 * so that it can be added to any time.
 *
 * @param what how a message calls it
 * @param least in seconds: 0 or 1
 * @param seconds unchanged on error
 */
int value_duration(const char *what, const char *text, uint64_t least, uint64_t *seconds);

/**
 * A word out of a list.
 *
 * @return its place, or -1 as above
 */
int value_word(const char *what, const char *text, const char *const *words, size_t count);

/**
 * Names of algorithms, with commas between them; none twice.
 *
 * @param set unchanged on error
 */
int value_algorithms(const char *text, struct digest_set *set);

int value_engine(const char *text, enum engine_kind *kind);

/**
 * Words of verdicts, with commas between them.
 *
 * @param report a bit for each is added, as in struct options
 */
int value_report(const char *text, unsigned *report);

/** @param text NULL where the option has no value: always */
int value_progress(const char *text, enum progress_when *when);

#endif
