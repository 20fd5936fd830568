/* Messages cut into blocks: whatever the pieces, the blocks and the padding are the standard's. */
#include "hash/message.h"
#include "sha512_oracle.h"
#include "suite.h"

#include <errno.h>

#define LENGTHS 1026

static unsigned char bytes[LENGTHS];

static void setup(void)
{
	oracle_fill(bytes, sizeof(bytes), 1);
}

/** Feed a piece and compress it. @return the runs that it took */
static size_t compress(struct message *message, const void *data, size_t size, bool last)
{
	const unsigned char *run;
	size_t blocks, runs = 0;

	message_feed(message, data, size, last);
	while ((blocks = message_next(message, &run)) > 0) {
		oracle_compress(message->hash, run, blocks);
		runs++;
	}
	/* Asked again, it has nothing more. */
	check_quickly(message_next(message, &run) == 0);
	return runs;
}

static void assert_digest(const struct message *message, const void *data, size_t size)
{
	unsigned char digest[64], expected[64];

	message_digest(message, digest);
	oracle_digest(data, size, expected);
	check_quickly(memcmp(digest, expected, sizeof(expected)) == 0);
}

START_TEST(test_message_in_one_piece)
{
	struct message message;

	for (size_t size = 0; size < LENGTHS; size++) {
		size_t runs;

		message_start(&message);
		runs = compress(&message, bytes, size, true);
		assert_digest(&message, bytes, size);
		/* The blocks of the piece go together, then the padded end. */
		ck_assert_uint_eq(runs, size < DIGEST_SHA512_BLOCK ? 1 : 2);
	}
}
END_TEST

START_TEST(test_message_in_two_pieces)
{
	struct message message;

	for (size_t size = 0; size < 3 * DIGEST_SHA512_BLOCK; size++) {
		for (size_t split = 0; split <= size; split++) {
			message_start(&message);
			compress(&message, bytes, split, false);
			compress(&message, bytes + split, size - split, true);
			assert_digest(&message, bytes, size);
		}
	}
}
END_TEST

START_TEST(test_message_in_bytes)
{
	struct message message;

	message_start(&message);
	for (size_t i = 0; i < LENGTHS; i++)
		compress(&message, bytes + i, 1, false);
	compress(&message, NULL, 0, true);
	assert_digest(&message, bytes, LENGTHS);
}
END_TEST

START_TEST(test_message_in_random_pieces)
{
	struct message message;
	uint64_t seed = 2;

	for (int round = 0; round < 2000; round++) {
		size_t done = 0;

		message_start(&message);
		while (done < LENGTHS) {
			size_t size = oracle_random(&seed) % 300;
			/* A copy that is gone afterwards: nothing of it may be kept but by copy. */
			unsigned char piece[300];

			size = size < LENGTHS - done ? size : LENGTHS - done;
			memcpy(piece, bytes + done, size);
			done += size;
			compress(&message, piece, size, done == LENGTHS);
			memset(piece, 0xee, sizeof(piece));
		}
		assert_digest(&message, bytes, LENGTHS);
	}
}
END_TEST

START_TEST(test_message_aligned_pieces_are_not_copied)
{
	const unsigned char *run;
	struct message message;

	message_start(&message);
	message_feed(&message, bytes, 7 * DIGEST_SHA512_BLOCK, false);
	ck_assert_uint_eq(message_next(&message, &run), 7);
	ck_assert_ptr_eq(run, bytes);
	ck_assert_uint_eq(message_next(&message, &run), 0);
}
END_TEST

START_TEST(test_message_starts_again)
{
	struct message message;

	memset(&message, 0xee, sizeof(message));
	message_start(&message);
	message_feed(&message, bytes, 200, true);
	/* Given up with a piece in hand; then with bytes carried; then when finished. */
	message_start(&message);
	compress(&message, bytes, 200, false);
	message_start(&message);
	compress(&message, bytes, 3, true);
	assert_digest(&message, bytes, 3);
	message_start(&message);
	compress(&message, bytes, 0, true);
	assert_digest(&message, bytes, 0);
}
END_TEST

/** Whatever it was cut into, and also to and from libcrypto, which has the same state. */
START_TEST(test_message_saved_at_every_block)
{
	struct digest *digest = digest_new(digest_find("sha512"));

	for (size_t split = 0; split <= LENGTHS; split += DIGEST_SHA512_BLOCK) {
		unsigned char result[64], expected[64];
		struct digest_state state, theirs;
		struct message message, other;

		oracle_digest(bytes, LENGTHS, expected);
		message_start(&message);
		compress(&message, bytes, split / 2, false);
		compress(&message, bytes + split / 2, split - split / 2, false);
		memset(&state, 0xee, sizeof(state));
		ck_assert_int_eq(message_save(&message, &state), 0);
		ck_assert_uint_eq(state.bytes, split);
		/* What the other one held does not matter. */
		memset(&other, 0xee, sizeof(other));
		ck_assert_int_eq(message_resume(&other, &state), 0);
		compress(&other, bytes + split, LENGTHS - split, true);
		assert_digest(&other, bytes, LENGTHS);
		/* The one that was asked goes on. */
		compress(&message, bytes + split, LENGTHS - split, true);
		assert_digest(&message, bytes, LENGTHS);

		ck_assert_int_eq(digest_import(digest, &state), 0);
		ck_assert_int_eq(digest_export(digest, &theirs), 0);
		ck_assert_mem_eq(theirs.hash, state.hash, sizeof(state.hash));
		ck_assert_uint_eq(theirs.bytes, split);
		ck_assert_int_eq(digest_update(digest, bytes + split, LENGTHS - split), 0);
		ck_assert_int_eq(digest_finish(digest, result), 0);
		ck_assert_mem_eq(result, expected, sizeof(expected));
	}
	digest_free(digest);
}
END_TEST

START_TEST(test_message_is_not_saved_within_a_block)
{
	for (size_t size = 0; size < LENGTHS; size++) {
		int proper = size % DIGEST_SHA512_BLOCK == 0 ? 0 : -1;
		struct digest_state state = {.bytes = size};
		struct message message;

		message_start(&message);
		compress(&message, bytes, size, false);
		errno = 0;
		ck_assert_int_eq(message_save(&message, &state), proper);
		ck_assert_int_eq(errno, proper == 0 ? 0 : EINVAL);
		compress(&message, bytes + size, LENGTHS - size, true);
		assert_digest(&message, bytes, LENGTHS);
		state.bytes = size;
		ck_assert_int_eq(message_resume(&message, &state), proper);
	}
}
END_TEST

START_TEST(test_message_length_has_128_bits)
{
	/* Around 2^32 bits, 2^32 bytes, and 2^64 bits, where counters of others have broken. */
	static const uint64_t totals[] = {(1ULL << 29) - 128, 1ULL << 29, (1ULL << 32) - 128,
		1ULL << 32, (1ULL << 61) - 128, 1ULL << 61, (7ULL << 61) + 128};
	static const size_t sizes[] = {0, 1, 111, 112, 127, 128, 129};
	struct digest *oracle = digest_new(digest_find("sha512"));

	for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			unsigned char digest[64], expected[64];
			struct digest_state state;
			struct message message;

			message_start(&message);
			message.total = totals[i];
			memcpy(state.hash, message.hash, sizeof(state.hash));
			state.bytes = totals[i];
			compress(&message, bytes, sizes[j], true);
			message_digest(&message, digest);
			ck_assert_int_eq(digest_import(oracle, &state), 0);
			ck_assert_int_eq(digest_update(oracle, bytes, sizes[j]), 0);
			ck_assert_int_eq(digest_finish(oracle, expected), 0);
			ck_assert_mem_eq(digest, expected, sizeof(expected));
		}
	}
	digest_free(oracle);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("message");
	TCase *tcase = tcase_create("message");

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_message_in_one_piece);
	tcase_add_test(tcase, test_message_in_two_pieces);
	tcase_add_test(tcase, test_message_in_bytes);
	tcase_add_test(tcase, test_message_in_random_pieces);
	tcase_add_test(tcase, test_message_aligned_pieces_are_not_copied);
	tcase_add_test(tcase, test_message_starts_again);
	tcase_add_test(tcase, test_message_saved_at_every_block);
	tcase_add_test(tcase, test_message_is_not_saved_within_a_block);
	tcase_add_test(tcase, test_message_length_has_128_bits);
	return suite_run(suite);
}
