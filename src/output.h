/*
 * What a run prints on its output: manifest lines, and results of checks; or the same as JSON.
 */
#ifndef TREESUM_OUTPUT_H
#define TREESUM_OUTPUT_H

#include <stddef.h>

#include "manifest/catalog.h"
#include "manifest/writer.h"
#include "options.h"
#include "scan/tree.h"
#include "tally.h"
#include "verdict.h"

struct output;

/**
 * Open what --output names, or standard output, for what the options say: lines, with --annotate a
 * sealed manifest, or JSON. Then what is reported of errors from now on is printed there, too.
 *
 * @param options must outlive the output
 * @param tally as options; results are counted there, and JSON's last line tells it
 * @return NULL where that failed, which was reported
 */
struct output *output_open(const struct options *options, struct tally *tally);

/**
 * Open a manifest with annotations and a seal, whatever else the options say. It holds no results.
 *
 * @return as output_open()
 */
struct output *output_open_manifest(const struct options *options, const char *path);

/**
 * Annotate and seal what is printed from now on, in the algorithm that the options give now. Nothing
 * may have been printed, and it must not be JSON.
 *
 * @return 0, or -1 with errno (ENOMEM, EIO)
 */
int output_seal(struct output *output);

/** Where it goes. */
struct writer *output_writer(const struct output *output);

/** Print a file's manifest line. @return 0, or -1 with errno (ENOMEM, EIO, or as writer_put()) */
int output_file(struct output *output, const struct tree_entry *entry);

/** The same of a record that has a digest. */
int output_record(struct output *output, const struct record *record);

/** Print whole lines as they are, such as comments. @return as output_file() */
int output_text(struct output *output, const char *text, size_t size);

/** Count results of this verdict from now on, but print them with --verbose only. */
void output_hide(struct output *output, enum verdict verdict);

/**
 * Count a result, and print it where the options let: `NAME: WORD`, or `NAME: WORD FROM`, then
 * `(REMARK)`; a line that begins with a backslash where a name needs escapes.
 *
 * @return as output_file()
 */
int output_result(struct output *output, const struct verdict_line *result);

/**
 * Complete the output, and the tally. JSON's last line tells the exit status, which has to be known
 * now.
 *
 * @return as writer_commit(); -1, too, where a line was lost before
 */
int output_commit(struct output *output);

/**
 * Free; without output_commit() before it nothing is left of a file, and elsewhere JSON's last line
 * says that the run is not complete, unless a signal ended it. NULL is allowed.
 */
void output_free(struct output *output);

#endif
