/*
 * The tags of a BagIt bag: bagit.txt, which declares version and encoding, and Payload-Oxum in
 * bag-info.txt (RFC 8493, sections 2.1.1 and 2.2.2).
 */
#ifndef TREESUM_MANIFEST_BAG_TAGS_H
#define TREESUM_MANIFEST_BAG_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The versions of BagIt, in order. */
enum bag_version {
	BAG_0_93,
	BAG_0_94,
	BAG_0_95,
	BAG_0_96,
	BAG_0_97,
	BAG_1_0,
};

/** What bagit.txt declares. */
struct bag_declaration {
	enum bag_version version;
	/** The encoding of the other tag files; points into the text. */
	const char *encoding;
	size_t encoding_size;
	/** What is unusual, but was understood; or NULL. */
	const char *oddity;
};

/**
 * Parse bagit.txt. Names of tags are accepted in any case: RFC 8493 itself has "BagIt-version" in an
 * example.
 *
 * @param declaration filled as far as the text was understood; otherwise it is 1.0 and UTF-8
 * @return NULL, or what is wrong, for a message
 */
const char *bag_declaration_parse(struct bag_declaration *declaration, char *text, size_t size);

/** The name of the file with Payload-Oxum: bag-info.txt, before 0.96 package-info.txt. */
const char *bag_info_name(enum bag_version version);

/** What Payload-Oxum says of the payload. */
struct bag_oxum {
	bool given;
	uint64_t bytes;
	uint64_t files;
};

/** What bag-info.txt has of interest. */
struct bag_info {
	struct bag_oxum oxum;
	/** Payload-Oxum was repeated, with the same value. */
	bool repeated;
	/** The line that is wrong, if one is. */
	uint64_t line;
};

/**
 * Parse bag-info.txt, in UTF-8. Its lines are "LABEL: VALUE", or begin with a blank and go on with the
 * value before.
 *
 * @return NULL, or what is wrong with info->line, for a message
 */
const char *bag_info_parse(struct bag_info *info, char *text, size_t size);

#endif
