/*
 * Recognise lists in other formats, for a message that says what a list looks like whose lines are not
 * read as checksum lines. Pure functions of bytes.
 */
#ifndef TREESUM_MANIFEST_RECOGNISE_H
#define TREESUM_MANIFEST_RECOGNISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/digest_set.h"

/** So many lines of a kind are looked at, and so many bytes of each. */
#define RECOGNISE_LINES 100
#define RECOGNISE_LINE_SIZE ((size_t)4096)

/** What can be recognised. Of several the first one tells the most. */
enum recognise_form {
	/** UTF-16, in either byte order, with a byte order mark or without. */
	RECOGNISE_UTF_16,
	/** Lines that end in NUL, as of --zero. */
	RECOGNISE_ZERO,
	/** hashdeep, mtree. */
	RECOGNISE_HASHDEEP,
	RECOGNISE_MTREE,
	/** JSON, as of --json. */
	RECOGNISE_JSON,
	/** `certutil -hashfile`, `gpg --print-md`. */
	RECOGNISE_CERTUTIL,
	RECOGNISE_GPG,
	/** OpenPGP's armour around what is not readable as it is. */
	RECOGNISE_MESSAGE,
	/** Tags of another algorithm, or of this one in another spelling. */
	RECOGNISE_TAG,
	/** Tags of an algorithm that is not supported. */
	RECOGNISE_UNSUPPORTED,
	/** Digests that are as long as those of another algorithm. */
	RECOGNISE_LENGTH,
	/** The name, and behind it the digest: SFV. */
	RECOGNISE_SFV,
	/** A digest alone. */
	RECOGNISE_NAMELESS,
	/** A byte order mark of UTF-8. */
	RECOGNISE_BYTE_ORDER_MARK,
	/** OpenPGP's armour around a signed text, or a signature alone. */
	RECOGNISE_SIGNED,
	RECOGNISE_SIGNATURE,
	/** Comments that begin with ";". */
	RECOGNISE_COMMENTS,
	/** Backslashes between directories, or a drive letter. */
	RECOGNISE_WINDOWS,
	/** Nothing was recognised. */
	RECOGNISE_NOTHING,
};

/** What was seen so far. Start with the first three members. */
struct recogniser {
	/**
	 * What lines are read as, and whether its other tags are (tag_others()). May become another
	 * one in the end.
	 */
	const struct digest_algorithm *asked;
	bool other_tags;
	/** Where several algorithms may be asked for: those that are, `asked` first; not owned. Otherwise
	 * NULL. */
	const struct digest_set *set;
	/** A bit for each form. */
	uint32_t seen;
	/** Improper lines and entries that were looked at. */
	unsigned improper;
	unsigned entries;
	/** Of RECOGNISE_TAG the first tag and its algorithm, and all algorithms. */
	const char *tag;
	const struct digest_algorithm *tagged;
	struct digest_set others;
	/** Entries had tags. */
	bool tagged_entries;
	/** Of RECOGNISE_UNSUPPORTED the algorithm, as people write it. */
	const char *unsupported;
	/** Of RECOGNISE_LENGTH the most usual algorithm. */
	const struct digest_algorithm *long_as;
};

/** Look at a line that is improperly formatted. */
void recognise_improper(struct recogniser *recogniser, const char *line, size_t size);

/**
 * Look at a line that is an entry.
 *
 * @param line NUL-terminated; where it begins with a backslash, those in the name were escaped
 */
void recognise_entry(struct recogniser *recogniser, const char *line, const char *name);

/** All entries so far were of an algorithm that is not asked for any more. */
void recognise_other(struct recogniser *recogniser, const struct digest_algorithm *algorithm);

/** The form that tells the most. */
enum recognise_form recognise_form(const struct recogniser *recogniser);

/** Room for recognise_text(). */
#define RECOGNISE_TEXT 256

/**
 * What was recognised, for a message after the list's name. There is nothing in it that comes from the list.
 *
 * @return `room`, or NULL where that is nothing
 */
const char *recognise_text(const struct recogniser *recogniser, char room[static RECOGNISE_TEXT]);

/**
 * The algorithm whose line this may be: by its tag, otherwise by the length of its digest.
 *
 * @param tagged set to which of the two
 * @return NULL where it looks like no line of a manifest
 */
const struct digest_algorithm *recognise_algorithm(const char *line, size_t size, bool *tagged);

#endif
