/*
 * Digests by libcrypto: SHA-512 and SHA-256 through its public SHA512_CTX and SHA256_CTX (whose state
 * can be moved, and which need no EVP fetch), every other algorithm through EVP.
 *
 * Tags are those that GNU cksum and b2sum write, and where GNU has none, those of the BSDs and of
 * Perl's shasum: SHA512, SHA512/256, SHA3-512, BLAKE2b (512 bits), BLAKE2s (256 bits), RMD160.
 * Functions with a digest of any length (SHAKE) are not offered: a line could not tell the length.
 */
#ifndef TREESUM_HASH_DIGEST_H
#define TREESUM_HASH_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** The longest digest of all algorithms here, in bytes. */
#define DIGEST_MAX_SIZE 64

/** SHA-512's block, in bytes. */
#define DIGEST_SHA512_BLOCK 128

/** An algorithm; static, never freed. */
struct digest_algorithm {
	/** As `--algorithm` takes it: "sha512". */
	const char *name;
	/** As it stands in a tagged line: "SHA512". */
	const char *tag;
	/** As libcrypto fetches it: "SHA2-512". */
	const char *provider_name;
	/** Bytes of the digest. */
	size_t size;
	/** Bytes of a block, if the state between two blocks can be moved; or 0. */
	size_t block;
};

/** SHA-512 or SHA-256 between two blocks of a message: what FIPS 180-4 calls the hash value H(i). */
struct digest_state {
	/** The words of SHA-256 have 32 bits. */
	uint64_t hash[8];
	/** Bytes of the message that are in it: a multiple of the algorithm's block. */
	uint64_t bytes;
};

/** Whether two states are the same. */
static inline bool digest_same_state(
	const struct digest_state *one, const struct digest_state *other)
{
	return one->bytes == other->bytes && memcmp(one->hash, other->hash, sizeof(one->hash)) == 0;
}

struct digest;

/**
 * Find an algorithm by the name given to `--algorithm`, or by its tag or provider's name (case does
 * not matter).
 *
 * @return the algorithm, or NULL with errno EINVAL where there is none of this name
 */
const struct digest_algorithm *digest_find(const char *name);

/** All algorithms, for help texts; SHA-512 first. @return entry `index`, or NULL past the last */
const struct digest_algorithm *digest_list(size_t index);

/**
 * @return a digest ready for its first message, or NULL with errno (ENOMEM, EIO, ENOTSUP where
 * libcrypto lacks the algorithm)
 */
struct digest *digest_new(const struct digest_algorithm *algorithm);

/** Start a message, giving up one under way. @return 0, or -1 with errno EIO where libcrypto failed
 */
int digest_start(struct digest *digest);

/** Add bytes to the message. @return 0, or -1 with errno EIO where libcrypto failed */
int digest_update(struct digest *digest, const void *data, size_t size);

/**
 * End the message; the next call is digest_start(), digest_import() or digest_free().
 *
 * @param result room for DIGEST_MAX_SIZE bytes; the algorithm's size of them are written
 * @return 0, or -1 with errno EIO where libcrypto failed
 */
int digest_finish(struct digest *digest, unsigned char *result);

/**
 * Take the state out of a message under way, which can go on afterwards.
 *
 * @return 0, or -1 with errno EINVAL where the algorithm's state cannot be moved or the message does
 * not stand at the end of a block
 */
int digest_export(const struct digest *digest, struct digest_state *state);

/**
 * Go on with a message whose beginning went into `state`, giving up one under way.
 *
 * @return 0, or -1 with errno EINVAL where the algorithm's state cannot be moved, or this is none of
 * its states: state->bytes is not a multiple of a block, or, of SHA-256, more than it can count, or
 * a word has more than 32 bits
 */
int digest_import(struct digest *digest, const struct digest_state *state);

/** NULL is allowed. */
void digest_free(struct digest *digest);

#endif
