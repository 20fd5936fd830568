/*
 * Two implementations behind one struct. SHA-512 uses the low-level functions, which OpenSSL 3 has
 * deprecated and still ships: EVP gives no access to its state, which has to move between libcrypto
 * and the lanes in mid-file, and EVP_MD_fetch() takes 1.5 ms, most of a run over one small file.
 * They reach the same assembly. The deprecation is silenced here and nowhere else.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "hash/digest.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static_assert(DIGEST_MAX_SIZE >= SHA512_DIGEST_LENGTH, "room for the longest digest");
static_assert(DIGEST_SHA512_BLOCK == SHA512_CBLOCK, "FIPS 180-4's block of 1024 bits");

static const struct digest_algorithm algorithms[] = {
	/* The first is the default. */
	{"sha512", "SHA512", "SHA2-512", 64},
	{"sha384", "SHA384", "SHA2-384", 48},
	{"sha256", "SHA256", "SHA2-256", 32},
	{"sha224", "SHA224", "SHA2-224", 28},
	{"sha512-256", "SHA512/256", "SHA2-512/256", 32},
	{"sha512-224", "SHA512/224", "SHA2-512/224", 28},
	{"sha3-512", "SHA3-512", "SHA3-512", 64},
	{"sha3-384", "SHA3-384", "SHA3-384", 48},
	{"sha3-256", "SHA3-256", "SHA3-256", 32},
	{"sha3-224", "SHA3-224", "SHA3-224", 28},
	{"blake2b512", "BLAKE2b", "BLAKE2B-512", 64},
	{"blake2s256", "BLAKE2s", "BLAKE2S-256", 32},
	{"sm3", "SM3", "SM3", 32},
	{"ripemd160", "RMD160", "RIPEMD160", 20},
	{"sha1", "SHA1", "SHA1", 20},
	{"md5", "MD5", "MD5", 16},
};

struct digest {
	/** Holds the message where `method` is NULL: SHA-512. */
	SHA512_CTX sha512;
	/** Any other algorithm, and its message. Both owned. */
	EVP_MD *method;
	EVP_MD_CTX *context;
};

const struct digest_algorithm *digest_find(const char *name)
{
	const struct digest_algorithm *algorithm;

	for (size_t i = 0; (algorithm = digest_list(i)); i++) {
		if (strcasecmp(name, algorithm->name) == 0 ||
			strcasecmp(name, algorithm->tag) == 0 ||
			strcasecmp(name, algorithm->provider_name) == 0)
			return algorithm;
	}
	errno = EINVAL;
	return NULL;
}

const struct digest_algorithm *digest_list(size_t index)
{
	return index < sizeof(algorithms) / sizeof(algorithms[0]) ? &algorithms[index] : NULL;
}

/** Turn a result of libcrypto (1 is success) into ours. Its queue of errors would only grow. */
static int check(int result)
{
	if (result == 1)
		return 0;
	ERR_clear_error();
	errno = EIO;
	return -1;
}

/** Why libcrypto could not find an algorithm. @return ENOTSUP or ENOMEM */
static int why_not_found(void)
{
	unsigned long error;
	int reason = ENOMEM;

	/* Without memory an algorithm counts as unsupported, too. */
	while ((error = ERR_get_error())) {
		if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE) {
			ERR_clear_error();
			return ENOMEM;
		}
		if (ERR_GET_REASON(error) == ERR_R_UNSUPPORTED)
			reason = ENOTSUP;
	}
	return reason;
}

/** Find an algorithm among libcrypto's. @return 0, or -1 with errno ENOTSUP or ENOMEM */
static int fetch(struct digest *digest, const char *name)
{
	/*
	 * Where there was no memory to set up libcrypto's default context, EVP_MD_fetch() uses it
	 * nevertheless, and crashes (seen in 3.0.19); this does tell.
	 */
	if (OSSL_LIB_CTX_get0_global_default())
		digest->method = EVP_MD_fetch(NULL, name, NULL);
	if (!digest->method) {
		errno = why_not_found();
		return -1;
	}
	digest->context = EVP_MD_CTX_new();
	if (!digest->context) {
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

struct digest *digest_new(const struct digest_algorithm *algorithm)
{
	struct digest *digest = calloc(1, sizeof(*digest));
	int error;

	if (!digest)
		return NULL;
	if (algorithm != &algorithms[0] && fetch(digest, algorithm->provider_name) < 0)
		goto fail;
	if (digest_start(digest) == 0)
		return digest;
fail:
	error = errno;
	digest_free(digest);
	errno = error;
	return NULL;
}

int digest_start(struct digest *digest)
{
	if (digest->method)
		return check(EVP_DigestInit_ex2(digest->context, digest->method, NULL));
	return check(SHA512_Init(&digest->sha512));
}

int digest_update(struct digest *digest, const void *data, size_t size)
{
	if (digest->method)
		return check(EVP_DigestUpdate(digest->context, data, size));
	return check(SHA512_Update(&digest->sha512, data, size));
}

int digest_finish(struct digest *digest, unsigned char *result)
{
	if (digest->method)
		return check(EVP_DigestFinal_ex(digest->context, result, NULL));
	return check(SHA512_Final(result, &digest->sha512));
}

int digest_export(const struct digest *digest, struct digest_state *state)
{
	const SHA512_CTX *sha512 = &digest->sha512;

	if (digest->method || sha512->num != 0) {
		errno = EINVAL;
		return -1;
	}
	for (size_t i = 0; i < 8; i++)
		state->hash[i] = sha512->h[i];
	/* libcrypto counts bits, in 128 of them; bytes fit 64. */
	state->bytes = sha512->Nh << 61 | sha512->Nl >> 3;
	return 0;
}

int digest_import(struct digest *digest, const struct digest_state *state)
{
	SHA512_CTX *sha512 = &digest->sha512;

	if (digest->method || state->bytes % DIGEST_SHA512_BLOCK != 0) {
		errno = EINVAL;
		return -1;
	}
	if (digest_start(digest) < 0)
		return -1;
	for (size_t i = 0; i < 8; i++)
		sha512->h[i] = state->hash[i];
	sha512->Nl = state->bytes << 3;
	sha512->Nh = state->bytes >> 61;
	return 0;
}

void digest_free(struct digest *digest)
{
	if (!digest)
		return;
	EVP_MD_CTX_free(digest->context);
	EVP_MD_free(digest->method);
	free(digest);
}
