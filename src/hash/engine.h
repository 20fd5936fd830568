/*
 * Several messages hashed side by side: one interface for a worker that keeps a few files in
 * flight, whatever hashes them. SHA-512 is sequential within a message, so that a vector unit is
 * filled by as many messages as it has lanes; without such a unit, and for other algorithms,
 * libcrypto hashes one message at a time and the engine is one stream wide. With several algorithms
 * each piece goes through all of them while it is in the cache: SHA-512 in lanes, the others by
 * libcrypto.
 *
 * A stream is a slot for one message, numbered from 0 to engine_width() - 1. Its life:
 *
 *   1. engine_start() begins a message.
 *   2. engine_feed() lends the engine a piece of it, of any size, and says whether it is the last.
 *   3. engine_run() hashes until at least one stream has used up its piece, and says which. Only
 *      then may the piece's bytes be changed or freed. To keep all lanes busy, feed every stream
 *      for which there is data before each call. With fewer busy streams the engine itself chooses
 *      what is fastest (narrower lanes, or libcrypto), in mid-message.
 *   4. If that piece was the last, engine_digest() has the digest; go to 1. Otherwise go to 2.
 *
 * One stream's data never touches another's digest. A message may be given up at any time by
 * engine_start() on its stream: the others do not notice. Nothing here blocks; engine_run() takes
 * the time of hashing the shortest piece in hand, times the number of busy streams at worst.
 */
#ifndef TREESUM_HASH_ENGINE_H
#define TREESUM_HASH_ENGINE_H

#include "hash/digest.h"
#include "hash/digest_set.h"

#include <stdbool.h>
#include <stddef.h>

/** The widest engine, in streams. */
#define ENGINE_MAX_WIDTH 8

/** As `--engine` takes it. */
enum engine_kind {
	/** Lanes for SHA-512 where the processor allows, otherwise libcrypto. */
	ENGINE_AUTO,
	/** Libcrypto only. */
	ENGINE_LIBCRYPTO,
	/** Lanes, even for a single busy stream; an error where there are none. */
	ENGINE_LANES,
};

struct engine;
struct lanes;

/**
 * Lanes are held against libcrypto first, by a self-test of some microseconds.
 *
 * @return an engine, to be freed with engine_free(), or NULL with errno: ENOMEM, ENOTSUP (libcrypto
 * lacks an algorithm; or ENGINE_LANES, and the processor lacks the instructions or SHA-512 is not
 * among the algorithms), EIO (libcrypto failed; or ENGINE_LANES, and they failed the self-test)
 */
struct engine *engine_new(const struct digest_set *algorithms, enum engine_kind kind);

/**
 * As engine_new(), with `lanes` instead of the best that the processor has; NULL for none. Tests
 * reach every kernel in this way.
 */
struct engine *engine_new_with(
	const struct digest_set *algorithms, enum engine_kind kind, const struct lanes *lanes);

/** @return how many streams it has: 1 to ENGINE_MAX_WIDTH */
size_t engine_width(const struct engine *engine);

/** @return what hashes, for --debug: "libcrypto", or a text like "8 lanes, AVX-512", with ", and
 * libcrypto" behind it where there are other algorithms than SHA-512 */
const char *engine_name(const struct engine *engine);

/**
 * @return true if lanes were to be had but gave wrong digests in the self-test, so that ENGINE_AUTO
 * fell back to libcrypto: worth a warning, for something is broken
 */
bool engine_lanes_failed(const struct engine *engine);

/**
 * Begin a message, giving up the stream's earlier one, and its piece if it has one in hand.
 *
 * @return 0, or -1 with errno EIO where libcrypto failed
 */
int engine_start(struct engine *engine, size_t stream);

/**
 * Lend the next piece of the stream's message. The stream has been started, and has no piece in
 * hand; its last one was not the message's last.
 *
 * @param data must stay as it is until engine_run() reports the stream or engine_start() gives it
 * up; of any alignment
 * @param size in bytes; 0 is allowed. Pieces whose sizes are multiples of 128 are hashed in place;
 * at most 127 bytes of any other are copied
 * @param last true where the message ends with this piece
 */
void engine_feed(struct engine *engine, size_t stream, const void *data, size_t size, bool last);

/**
 * Hash until at least one of the pieces in hand is used up.
 *
 * @param done room for engine_width() stream numbers: those whose pieces are used up, ascending
 * @return how many there are, 0 only where no stream had a piece in hand; or -1 with errno EIO
 * where libcrypto failed: all messages under way are lost, engine_start() begins new ones
 */
int engine_run(struct engine *engine, size_t done[]);

/**
 * Take the state out of a stream's message, which stands between two pieces and can go on.
 *
 * @return 0, or -1 with errno EINVAL where the state cannot be moved (digest_set_is_movable()), or
 * the message does not stand at the end of a block
 */
int engine_save(const struct engine *engine, size_t stream, struct digest_state *state);

/**
 * As engine_start(), going on with a message whose beginning went into a state.
 *
 * @return 0, or -1 with errno EINVAL as digest_import()
 */
int engine_resume(struct engine *engine, size_t stream, const struct digest_state *state);

/**
 * @return the digest of the stream's message, of the size of the set, after its last piece was
 * reported; valid until engine_start() of this stream or engine_free()
 */
const unsigned char *engine_digest(const struct engine *engine, size_t stream);

/** NULL is allowed. Pieces in hand are given back. */
void engine_free(struct engine *engine);

#endif
