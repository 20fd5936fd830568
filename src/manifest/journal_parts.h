/*
 * The files of a journal that were read in part, and not to their end since: a list, as there are as
 * many as there were workers in an interrupted run.
 */
#ifndef TREESUM_MANIFEST_JOURNAL_PARTS_H
#define TREESUM_MANIFEST_JOURNAL_PARTS_H

#include <stddef.h>

#include "manifest/journal_record.h"

/** A file, and its newest states. */
struct journal_part {
	struct journal_part *next;
	/** What was hashed with, and how the file was read. */
	struct journal_run run;
	/** The older one first. */
	struct journal_state states[2];
	/** 1 or 2. */
	size_t count;
	/** Bytes of `key`. */
	size_t key_size;
	char key[];
};

/** All zeros: none. */
struct journal_parts {
	struct journal_part *first;
};

/**
 * Take note of a file or a state, in the order of the journal. Each algorithm has files of its own; if
 * a file was read from the medium first and then from the page cache, or the other way round, only the
 * later states count.
 *
 * @param run whose record it is
 * @return 0, or -1 with errno ENOMEM
 */
int journal_parts_note(struct journal_parts *parts, const struct journal_run *run,
	const struct journal_record *record);

void journal_parts_free(struct journal_parts *parts);

#endif
