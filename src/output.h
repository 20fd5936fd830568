/*
 * What a run prints on its output: manifest lines, and results of checks.
 */
#ifndef TREESUM_OUTPUT_H
#define TREESUM_OUTPUT_H

#include <stddef.h>

#include "manifest/catalog.h"
#include "manifest/digest_map.h"
#include "manifest/writer.h"
#include "options.h"

struct output;

/**
 * Open an output.
 *
 * @param options must outlive the output
 * @param path NULL for standard output
 * @param annotate it is a manifest with annotations and a seal
 * @return NULL where that failed, which was reported
 */
struct output *output_open(const struct options *options, const char *path, bool annotate);

/** Where it goes. */
struct writer *output_writer(const struct output *output);

/** Print a file's manifest line. @return 0, or -1 with errno (ENOMEM, EIO, or as writer_put()) */
int output_file(struct output *output, const struct digest_entry *entry);

/** The same of a record that has a digest. */
int output_record(struct output *output, const struct record *record);

/** Print whole lines as they are, such as comments. @return as output_file() */
int output_text(struct output *output, const char *text, size_t size);

/**
 * Print `NAME: WORD`, or `NAME: WORD OTHER`, a line that begins with a backslash where a name needs
 * escapes.
 *
 * @param other NULL, or a second name
 * @return as output_file()
 */
int output_result(struct output *output, const char *name, size_t size, const char *word,
	const char *other, size_t other_size);

/**
 * Seal an output with annotations, before output_commit(), which does it otherwise. Nothing can be
 * printed afterwards.
 *
 * @param seal filled; may be NULL
 * @return as output_file()
 */
int output_seal(struct output *output, struct seal *seal);

/** Complete the output. @return as writer_commit(); -1, too, where a line was lost before */
int output_commit(struct output *output);

/** Free; without output_commit() before it nothing is left of a file. NULL is allowed. */
void output_free(struct output *output);

#endif
