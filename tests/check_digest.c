/* Digests by libcrypto: known answers, splits, and the state of SHA-512 on its way out and in. */
#include "hash/digest.h"
#include "suite.h"

#include <check.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/** The digests of "abc", the example message of every one of these standards. */
static const struct {
	const char *name;
	const char *tag;
	const char *hex;
} abc[] = {
	{"sha512", "SHA512",
		"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
	{"sha384", "SHA384",
		"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
		"8086072ba1e7cc2358baeca134c825a7"},
	{"sha256", "SHA256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"sha224", "SHA224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
	{"sha512-256", "SHA512/256",
		"53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"},
	{"sha512-224", "SHA512/224", "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa"},
	{"sha3-512", "SHA3-512",
		"b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
		"10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"},
	{"sha3-384", "SHA3-384",
		"ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b2"
		"98d88cea927ac7f539f1edf228376d25"},
	{"sha3-256", "SHA3-256",
		"3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
	{"sha3-224", "SHA3-224", "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"},
	{"blake2b512", "BLAKE2b",
		"ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
		"7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"},
	{"blake2s256", "BLAKE2s",
		"508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"},
	{"sm3", "SM3", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
	{"ripemd160", "RMD160", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"},
	{"sha1", "SHA1", "a9993e364706816aba3e25717850c26c9cd0d89d"},
	{"md5", "MD5", "900150983cd24fb0d6963f7d28e17f72"},
};

#define ABC_COUNT (sizeof(abc) / sizeof(abc[0]))

static void assert_hex(const unsigned char *digest, size_t size, const char *hex)
{
	char text[2 * DIGEST_MAX_SIZE + 1] = "";

	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	ck_assert_str_eq(text, hex);
}

/** A digest of an algorithm, or NULL where this libcrypto lacks it, which may only be an old one.
 */
static struct digest *new_digest(const char *name)
{
	const struct digest_algorithm *algorithm = digest_find(name);
	struct digest *digest;

	ck_assert_ptr_nonnull(algorithm);
	digest = digest_new(algorithm);
	if (!digest && errno == ENOTSUP && strcmp(name, "ripemd160") == 0)
		return NULL;
	ck_assert_ptr_nonnull(digest);
	return digest;
}

START_TEST(test_digest_known_answer)
{
	const struct digest_algorithm *algorithm = digest_list((size_t)_i);
	unsigned char result[DIGEST_MAX_SIZE];
	struct digest *digest;

	ck_assert_str_eq(algorithm->name, abc[_i].name);
	ck_assert_str_eq(algorithm->tag, abc[_i].tag);
	ck_assert_uint_eq(2 * algorithm->size, strlen(abc[_i].hex));
	digest = new_digest(algorithm->name);
	if (!digest)
		return;
	ck_assert_int_eq(digest_update(digest, "abc", 3), 0);
	ck_assert_int_eq(digest_finish(digest, result), 0);
	assert_hex(result, algorithm->size, abc[_i].hex);
	digest_free(digest);
}
END_TEST

START_TEST(test_digest_writes_no_more_than_its_size)
{
	const struct digest_algorithm *algorithm = digest_list((size_t)_i);
	unsigned char result[DIGEST_MAX_SIZE];
	struct digest *digest = new_digest(algorithm->name);

	if (!digest)
		return;
	memset(result, 0xa5, sizeof(result));
	ck_assert_int_eq(digest_finish(digest, result), 0);
	for (size_t i = algorithm->size; i < sizeof(result); i++)
		ck_assert_uint_eq(result[i], 0xa5);
	digest_free(digest);
}
END_TEST

START_TEST(test_digest_starts_again)
{
	struct digest *digest = new_digest(abc[_i].name);
	unsigned char result[DIGEST_MAX_SIZE];

	if (!digest)
		return;
	/* Once after a message that was given up, once after one that was finished. */
	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(digest_update(digest, "given up", 8), 0);
		ck_assert_int_eq(digest_start(digest), 0);
		ck_assert_int_eq(digest_update(digest, "a", 1), 0);
		ck_assert_int_eq(digest_update(digest, "", 0), 0);
		ck_assert_int_eq(digest_update(digest, "bc", 2), 0);
		ck_assert_int_eq(digest_finish(digest, result), 0);
		assert_hex(result, strlen(abc[_i].hex) / 2, abc[_i].hex);
		ck_assert_int_eq(digest_start(digest), 0);
	}
	digest_free(digest);
}
END_TEST

START_TEST(test_digest_find)
{
	static const char *const unknown[] = {"", "sha", "sha513", "sha5122", "shake128", "null"};

	ck_assert_str_eq(digest_find("SHA512")->name, "sha512");
	ck_assert_str_eq(digest_find("Sha512-256")->name, "sha512-256");
	ck_assert_str_eq(digest_find("sha512/256")->name, "sha512-256");
	ck_assert_str_eq(digest_find("blake2b")->name, "blake2b512");
	ck_assert_str_eq(digest_find("sha2-384")->name, "sha384");
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		errno = 0;
		ck_assert_ptr_null(digest_find(unknown[i]));
		ck_assert_int_eq(errno, EINVAL);
	}
}
END_TEST

START_TEST(test_digest_names_are_distinct)
{
	const struct digest_algorithm *algorithm;
	size_t count = 0;

	for (; (algorithm = digest_list(count)); count++) {
		ck_assert_uint_le(algorithm->size, DIGEST_MAX_SIZE);
		ck_assert_ptr_eq(digest_find(algorithm->name), algorithm);
		ck_assert_ptr_eq(digest_find(algorithm->tag), algorithm);
		ck_assert_ptr_eq(digest_find(algorithm->provider_name), algorithm);
	}
	ck_assert_uint_eq(count, ABC_COUNT);
	ck_assert_ptr_null(digest_list(count));
	ck_assert_ptr_null(digest_list(SIZE_MAX));
}
END_TEST

START_TEST(test_digest_unknown_to_libcrypto)
{
	static const struct digest_algorithm nonsense = {"nonsense", "NONSENSE", "NONSENSE", 8, 0};

	errno = 0;
	ck_assert_ptr_null(digest_new(&nonsense));
	ck_assert_int_eq(errno, ENOTSUP);
}
END_TEST

/** The algorithms whose state can be moved. */
static const char *const movable[] = {"sha512", "sha256"};

START_TEST(test_digest_state_moves_at_every_block)
{
	static unsigned char message[DIGEST_SHA512_BLOCK * 6 + 77];
	unsigned char expected[DIGEST_MAX_SIZE], result[DIGEST_MAX_SIZE];
	const struct digest_algorithm *algorithm = digest_find(movable[_i]);
	struct digest *from = digest_new(algorithm), *to = digest_new(algorithm);
	struct digest_state state;

	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (unsigned char)(i * 7);
	ck_assert_int_eq(digest_update(from, message, sizeof(message)), 0);
	ck_assert_int_eq(digest_finish(from, expected), 0);

	for (size_t split = 0; split <= sizeof(message); split += algorithm->block) {
		ck_assert_int_eq(digest_start(from), 0);
		ck_assert_int_eq(digest_update(from, message, split), 0);
		ck_assert_int_eq(digest_export(from, &state), 0);
		ck_assert_uint_eq(state.bytes, split);
		/* What the target held does not matter. */
		ck_assert_int_eq(digest_start(to), 0);
		ck_assert_int_eq(digest_update(to, "dirt", 4), 0);
		ck_assert_int_eq(digest_import(to, &state), 0);
		ck_assert_int_eq(digest_update(to, message + split, sizeof(message) - split), 0);
		ck_assert_int_eq(digest_finish(to, result), 0);
		ck_assert_mem_eq(result, expected, algorithm->size);
		/* The source goes on as if nothing had been asked. */
		ck_assert_int_eq(digest_update(from, message + split, sizeof(message) - split), 0);
		ck_assert_int_eq(digest_finish(from, result), 0);
		ck_assert_mem_eq(result, expected, algorithm->size);
	}
	digest_free(from);
	digest_free(to);
}
END_TEST

START_TEST(test_digest_state_counts_bytes)
{
	/* libcrypto counts bits, SHA-512's in two words of 64, SHA-256's in two words of 32: 2^29
	 * bytes are 2^32 bits, 2^61 bytes are 2^64. SHA-256 ends before these. */
	static const uint64_t counts[] = {0, (1ULL << 29) - 128, 1ULL << 29, (1ULL << 29) + 64 * 3,
		1ULL << 32, (1ULL << 40) - 128, (1ULL << 61) - 256, (1ULL << 61) - 128, 1ULL << 61,
		(7ULL << 61) + 128};
	const struct digest_algorithm *algorithm = digest_find(movable[_i]);
	struct digest *digest = digest_new(algorithm);
	struct digest_state state, back;

	ck_assert_int_eq(digest_export(digest, &state), 0);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (counts[i] % algorithm->block != 0 || (_i == 1 && counts[i] >= 1ULL << 61))
			continue;
		state.bytes = counts[i];
		ck_assert_int_eq(digest_import(digest, &state), 0);
		ck_assert_int_eq(digest_export(digest, &back), 0);
		ck_assert(digest_same_state(&back, &state));
		/* A carry into the high word goes on counting right. */
		if (_i == 1 && counts[i] + 128 >= 1ULL << 61)
			continue;
		ck_assert_int_eq(digest_update(digest, state.hash, 64), 0);
		ck_assert_int_eq(digest_update(digest, state.hash, 64), 0);
		ck_assert_int_eq(digest_export(digest, &back), 0);
		ck_assert_uint_eq(back.bytes, counts[i] + 128);
	}
	digest_free(digest);
}
END_TEST

/** The length is part of the digest: that of a message of more than 2^32 bits, by way of EVP. */
START_TEST(test_digest_state_of_a_long_message)
{
	enum {
		PIECE = 1 << 20,
		PIECES = 512
	};
	static unsigned char piece[PIECE];
	unsigned char expected[DIGEST_MAX_SIZE], result[DIGEST_MAX_SIZE];
	struct digest *digest = new_digest(movable[_i]);
	const struct digest_algorithm *algorithm = digest_find(movable[_i]);
	EVP_MD_CTX *oracle = EVP_MD_CTX_new();
	struct digest_state state;

	ck_assert_int_eq(
		EVP_DigestInit_ex(oracle, EVP_get_digestbyname(algorithm->provider_name), NULL), 1);
	for (int i = 0; i <= PIECES; i++) {
		ck_assert_int_eq(EVP_DigestUpdate(oracle, piece, PIECE), 1);
		ck_assert_int_eq(digest_update(digest, piece, PIECE), 0);
		ck_assert_int_eq(digest_export(digest, &state), 0);
		ck_assert_uint_eq(state.bytes, ((uint64_t)i + 1) * PIECE);
		ck_assert_int_eq(digest_import(digest, &state), 0);
	}
	ck_assert_int_eq(EVP_DigestFinal_ex(oracle, expected, NULL), 1);
	ck_assert_int_eq(digest_finish(digest, result), 0);
	ck_assert_mem_eq(result, expected, algorithm->size);
	EVP_MD_CTX_free(oracle);
	digest_free(digest);
}
END_TEST

START_TEST(test_digest_state_differs)
{
	const struct digest_state one = {.hash = {1, 2, 3, 4, 5, 6, 7, 8}, .bytes = 9};
	struct digest_state other = one;

	ck_assert(digest_same_state(&one, &other));
	for (size_t i = 0; i < 8; i++) {
		other.hash[i] ^= (uint64_t)1 << 63;
		ck_assert(!digest_same_state(&one, &other));
		other = one;
	}
	other.bytes++;
	ck_assert(!digest_same_state(&one, &other));
}
END_TEST

static void assert_refused(struct digest *digest, const struct digest_state *state)
{
	errno = 0;
	ck_assert_int_eq(digest_import(digest, state), -1);
	ck_assert_int_eq(errno, EINVAL);
}

START_TEST(test_digest_state_refused)
{
	struct digest *digest = new_digest(movable[_i]);
	struct digest_state state, bad;

	ck_assert_int_eq(digest_export(digest, &state), 0);
	ck_assert_int_eq(digest_update(digest, "within a block", 14), 0);
	errno = 0;
	ck_assert_int_eq(digest_export(digest, &bad), -1);
	ck_assert_int_eq(errno, EINVAL);
	bad = state;
	bad.bytes = _i == 0 ? 64 : 32;
	assert_refused(digest, &bad);
	bad.bytes = 127;
	assert_refused(digest, &bad);
	for (size_t i = 0; i < 8 && _i == 1; i++) {
		bad = state;
		bad.hash[i] |= (uint64_t)1 << 32;
		assert_refused(digest, &bad);
	}
	bad = state;
	bad.bytes = (uint64_t)1 << 61;
	if (_i == 1)
		assert_refused(digest, &bad);
	digest_free(digest);
}
END_TEST

/** Only their own, not even those of their shorter variants. */
START_TEST(test_digest_state_of_other_algorithms_is_refused)
{
	const struct digest_algorithm *algorithm = digest_list((size_t)_i);
	struct digest *digest = digest_new(algorithm);
	struct digest_state state = {.bytes = 0};

	ck_assert_int_eq(algorithm->block != 0,
		strcmp(algorithm->name, "sha512") == 0 || strcmp(algorithm->name, "sha256") == 0);
	if (!digest || algorithm->block) {
		digest_free(digest);
		return;
	}
	errno = 0;
	ck_assert_int_eq(digest_export(digest, &state), -1);
	ck_assert_int_eq(errno, EINVAL);
	assert_refused(digest, &state);
	digest_free(digest);
}
END_TEST

START_TEST(test_digest_free_null)
{
	digest_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("digest");
	TCase *tcase = tcase_create("digest");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_digest_known_answer, 0, ABC_COUNT);
	tcase_add_loop_test(tcase, test_digest_writes_no_more_than_its_size, 0, ABC_COUNT);
	tcase_add_loop_test(tcase, test_digest_starts_again, 0, ABC_COUNT);
	tcase_add_test(tcase, test_digest_find);
	tcase_add_test(tcase, test_digest_names_are_distinct);
	tcase_add_test(tcase, test_digest_unknown_to_libcrypto);
	tcase_add_loop_test(tcase, test_digest_state_moves_at_every_block, 0, 2);
	tcase_add_loop_test(tcase, test_digest_state_counts_bytes, 0, 2);
	tcase_add_loop_test(tcase, test_digest_state_of_a_long_message, 0, 2);
	tcase_add_test(tcase, test_digest_state_differs);
	tcase_add_loop_test(tcase, test_digest_state_refused, 0, 2);
	tcase_add_loop_test(tcase, test_digest_state_of_other_algorithms_is_refused, 0, ABC_COUNT);
	tcase_add_test(tcase, test_digest_free_null);
	return suite_run(suite);
}
