/*
 * A SHA-512 message that comes in pieces of any size, cut into runs of whole blocks for a
 * compression function, padding included (FIPS 180-4, 5.1.2 and 5.2.2). It hashes nothing itself.
 *
 *	message_start(&message);
 *	for each piece:
 *		message_feed(&message, data, size, last);
 *		while ((blocks = message_next(&message, &run)) > 0)
 *			compress blocks * DIGEST_SHA512_BLOCK bytes at run into message.hash
 *	message_digest(&message, digest);
 */
#ifndef TREESUM_HASH_MESSAGE_H
#define TREESUM_HASH_MESSAGE_H

#include "hash/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A message under way; to be read and written by the functions below, but for `hash`. */
struct message {
	/** FIPS 180-4's H(i): the initial value, then whatever the caller's compression makes of
	 * it.
	 */
	uint64_t hash[8];
	/** Bytes fed so far. */
	uint64_t total;
	/** What is left of the piece in hand; not owned. */
	const unsigned char *data;
	size_t size;
	/** The message ends with the piece in hand. */
	bool last;
	/** The padding has been given out. */
	bool padded;
	/** Bytes that do not fill a block yet, at most DIGEST_SHA512_BLOCK - 1 between two pieces;
	 * then also the padding. */
	unsigned char carry[2 * DIGEST_SHA512_BLOCK];
	size_t carried;
};

/** Begin a message, giving up one under way. */
void message_start(struct message *message);

/**
 * Add a piece, the one before being used up.
 *
 * @param data must stay as it is until message_next() has returned 0; of any alignment
 * @param size in bytes, 0 is allowed
 * @param last true where the message ends with this piece
 */
void message_feed(struct message *message, const void *data, size_t size, bool last);

/**
 * Get the next blocks to compress, those of the call before having been compressed.
 *
 * @param run set to the blocks, which are in the piece itself, or in `message`
 * @return how many blocks there are, 0 once the piece is used up: fewer than DIGEST_SHA512_BLOCK
 * bytes of it are kept for the next one, or, if it was the last, message_digest() may be called
 */
size_t message_next(struct message *message, const unsigned char **run);

/** Take the state between two pieces. @return 0, or -1 with errno EINVAL in mid-block */
int message_save(const struct message *message, struct digest_state *state);

/** Begin a message with what went into a state. @return 0, or -1 with errno EINVAL as above */
int message_resume(struct message *message, const struct digest_state *state);

/** Write the digest, 64 bytes, once the last piece is used up. */
void message_digest(const struct message *message, unsigned char *digest);

#endif
