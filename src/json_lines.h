/*
 * What `--json` prints: one function for each type of object (fixtures/treesum.schema.json). Each
 * begins a line and leaves its end to the caller, who calls json_end().
 */
#ifndef TREESUM_JSON_LINES_H
#define TREESUM_JSON_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/digest.h"
#include "manifest/catalog.h"
#include "options.h"
#include "tally.h"
#include "ui/json.h"
#include "verdict.h"

/** A file and its digest. @param size bytes that were hashed */
void json_lines_file(struct json *json, const struct digest_algorithm *algorithm,
	const struct record *record, uint64_t size);

/** What was said of a name. */
void json_lines_result(struct json *json, const struct verdict_line *result);

/**
 * An error.
 *
 * @param file NULL where it is about none
 * @param error errno, or 0
 */
void json_lines_error(struct json *json, const char *file, int error, const char *reason);

/**
 * The last line. Of long jobs it has the numbers that the options ask for, and those that are not 0.
 *
 * @param errors how many objects of errors came before
 * @param status the exit status
 */
void json_lines_summary(struct json *json, const struct options *options, const struct tally *tally,
	uint64_t errors, int status);

#endif
