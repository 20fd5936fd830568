/*
 * Digests by libcrypto: SHA-512 through its public SHA512_CTX (whose state can move to and from the
 * lanes, and which needs no EVP fetch), every other algorithm through EVP.
 */
#ifndef TREESUM_HASH_DIGEST_H
#define TREESUM_HASH_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/** The longest digest of all algorithms here, in bytes. */
#define DIGEST_MAX_SIZE 64

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
};

struct digest;

/**
 * Find an algorithm by the name given to `--algorithm` (case does not matter).
 *
 * @return the algorithm, or NULL with errno EINVAL where there is none of this name
 */
const struct digest_algorithm *digest_find(const char *name);

/** All algorithms, for help texts. @return entry `index`, or NULL past the last */
const struct digest_algorithm *digest_list(size_t index);

/** @return a digest ready for its first message, or NULL with errno (ENOMEM, ENOTSUP where
 * libcrypto lacks it) */
struct digest *digest_new(const struct digest_algorithm *algorithm);

/** Start a message. @return 0, or -1 with errno EIO where libcrypto failed */
int digest_start(struct digest *digest);

/** Add bytes to the message. @return 0, or -1 with errno EIO where libcrypto failed */
int digest_update(struct digest *digest, const void *data, size_t size);

/** End the message. `result` has room for DIGEST_MAX_SIZE. @return 0, or -1 with errno EIO */
int digest_finish(struct digest *digest, unsigned char *result);

/** NULL is allowed. */
void digest_free(struct digest *digest);

#endif
