/*
 * Two implementations behind one struct. SHA-512 and SHA-256 use the low-level functions, which
 * OpenSSL 3 has deprecated and still ships: EVP gives no access to the state, which has to move in
 * mid-file, from one worker to another and between libcrypto and the lanes; and EVP_MD_fetch() takes
 * 1.5 ms, most of a run over one small file. They reach the same assembly. The deprecation is
 * silenced here and nowhere else.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "hash/digest.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static_assert(DIGEST_MAX_SIZE >= SHA512_DIGEST_LENGTH, "room for the longest digest");
static_assert(DIGEST_SHA512_BLOCK == SHA512_CBLOCK, "FIPS 180-4's block of 1024 bits");

/** SHA-256 counts bits, in 64 of them: so many bytes are too many. */
#define SHA256_BYTES_END ((uint64_t)1 << 61)

static const struct digest_algorithm algorithms[] = {
	/* The first is the default. */
	{"sha512", "SHA512", "SHA2-512", 64, SHA512_CBLOCK},
	{"sha384", "SHA384", "SHA2-384", 48, 0},
	{"sha256", "SHA256", "SHA2-256", 32, SHA256_CBLOCK},
	{"sha224", "SHA224", "SHA2-224", 28, 0},
	{"sha512-256", "SHA512/256", "SHA2-512/256", 32, 0},
	{"sha512-224", "SHA512/224", "SHA2-512/224", 28, 0},
	{"sha3-512", "SHA3-512", "SHA3-512", 64, 0},
	{"sha3-384", "SHA3-384", "SHA3-384", 48, 0},
	{"sha3-256", "SHA3-256", "SHA3-256", 32, 0},
	{"sha3-224", "SHA3-224", "SHA3-224", 28, 0},
	{"blake2b512", "BLAKE2b", "BLAKE2B-512", 64, 0},
	{"blake2s256", "BLAKE2s", "BLAKE2S-256", 32, 0},
	{"sm3", "SM3", "SM3", 32, 0},
	{"ripemd160", "RMD160", "RIPEMD160", 20, 0},
	{"sha1", "SHA1", "SHA1", 20, 0},
	{"md5", "MD5", "MD5", 16, 0},
};

struct digest {
	const struct digest_algorithm *algorithm;
	/** The message of SHA-512 or SHA-256. */
	union {
		SHA512_CTX sha512;
		SHA256_CTX sha256;
	};
	/** Any other algorithm, and its message; otherwise NULL. Both owned. */
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
	digest->algorithm = algorithm;
	if (!algorithm->block && fetch(digest, algorithm->provider_name) < 0)
		goto fail;
	if (digest_start(digest) == 0)
		return digest;
fail:
	error = errno;
	digest_free(digest);
	errno = error;
	return NULL;
}

static bool is_sha256(const struct digest *digest)
{
	return digest->algorithm->block == SHA256_CBLOCK;
}

int digest_start(struct digest *digest)
{
	if (digest->method)
		return check(EVP_DigestInit_ex2(digest->context, digest->method, NULL));
	if (is_sha256(digest))
		return check(SHA256_Init(&digest->sha256));
	return check(SHA512_Init(&digest->sha512));
}

int digest_update(struct digest *digest, const void *data, size_t size)
{
	if (digest->method)
		return check(EVP_DigestUpdate(digest->context, data, size));
	if (is_sha256(digest))
		return check(SHA256_Update(&digest->sha256, data, size));
	return check(SHA512_Update(&digest->sha512, data, size));
}

int digest_finish(struct digest *digest, unsigned char *result)
{
	if (digest->method)
		return check(EVP_DigestFinal_ex(digest->context, result, NULL));
	if (is_sha256(digest))
		return check(SHA256_Final(result, &digest->sha256));
	return check(SHA512_Final(result, &digest->sha512));
}

/** Take the state out of a message of SHA-256. */
static void export_sha256(const SHA256_CTX *sha256, struct digest_state *state)
{
	for (size_t i = 0; i < 8; i++)
		state->hash[i] = sha256->h[i];
	/* Bits, in two words of 32. */
	state->bytes = (uint64_t)sha256->Nh << 29 | sha256->Nl >> 3;
}

/** Take the state out of a message of SHA-512. */
static void export_sha512(const SHA512_CTX *sha512, struct digest_state *state)
{
	for (size_t i = 0; i < 8; i++)
		state->hash[i] = sha512->h[i];
	/* Bits, in two words of 64; bytes fit one. */
	state->bytes = sha512->Nh << 61 | sha512->Nl >> 3;
}

int digest_export(const struct digest *digest, struct digest_state *state)
{
	bool sha256 = is_sha256(digest);

	if (digest->method || (sha256 ? digest->sha256.num : digest->sha512.num) != 0) {
		errno = EINVAL;
		return -1;
	}
	if (sha256)
		export_sha256(&digest->sha256, state);
	else
		export_sha512(&digest->sha512, state);
	return 0;
}

/** Whether a state may be one of SHA-256. */
static bool fits_sha256(const struct digest_state *state)
{
	for (size_t i = 0; i < 8; i++) {
		if (state->hash[i] > UINT32_MAX)
			return false;
	}
	return state->bytes < SHA256_BYTES_END;
}

static void import_sha256(SHA256_CTX *sha256, const struct digest_state *state)
{
	for (size_t i = 0; i < 8; i++)
		sha256->h[i] = (SHA_LONG)state->hash[i];
	sha256->Nl = (SHA_LONG)(state->bytes << 3);
	sha256->Nh = (SHA_LONG)(state->bytes >> 29);
}

static void import_sha512(SHA512_CTX *sha512, const struct digest_state *state)
{
	for (size_t i = 0; i < 8; i++)
		sha512->h[i] = state->hash[i];
	sha512->Nl = state->bytes << 3;
	sha512->Nh = state->bytes >> 61;
}

int digest_import(struct digest *digest, const struct digest_state *state)
{
	if (digest->method || state->bytes % digest->algorithm->block != 0 ||
		(is_sha256(digest) && !fits_sha256(state))) {
		errno = EINVAL;
		return -1;
	}
	if (digest_start(digest) < 0)
		return -1;
	if (is_sha256(digest))
		import_sha256(&digest->sha256, state);
	else
		import_sha512(&digest->sha512, state);
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
