/*
 * Messages around 2^32 bits and 2^32 bytes, where multi-buffer libraries have lost bits of the
 * length, side by side through every kernel that this machine has. Takes minutes.
 */
#include "hash/engine.h"
#include "hash/lanes.h"
#include "sha512_oracle.h"
#include "suite.h"

#include <stdio.h>

/* Longest first, so that the short ones end beside the long ones. */
static const uint64_t lengths[] = {(1ULL << 32) + 1, 1ULL << 32, (1ULL << 32) - 1, (1ULL << 29) + 1,
	1ULL << 29, (1ULL << 29) - 1};

#define COUNT (sizeof(lengths) / sizeof(lengths[0]))

/** Every message is this, over and over. */
static unsigned char buffer[1 << 17];
static unsigned char expected[COUNT][64];

/** How much of the buffer comes next. */
static size_t next_piece(uint64_t left)
{
	return left < sizeof(buffer) ? (size_t)left : sizeof(buffer);
}

/** What libcrypto alone makes of it, one message after another. */
static void expect(void)
{
	struct digest *oracle = digest_new(digest_find("sha512"));

	oracle_fill(buffer, sizeof(buffer), 1);
	for (size_t i = 0; i < COUNT; i++) {
		uint64_t left = lengths[i];

		ck_assert_int_eq(digest_start(oracle), 0);
		for (size_t size; left > 0; left -= size) {
			size = next_piece(left);
			check_quickly(digest_update(oracle, buffer, size) == 0);
		}
		ck_assert_int_eq(digest_finish(oracle, expected[i]), 0);
	}
	digest_free(oracle);
}

/** Hash all messages, as many at a time as the engine is wide, and compare. */
static void hash_all(struct engine *engine)
{
	size_t message[ENGINE_MAX_WIDTH], done[ENGINE_MAX_WIDTH], started = 0, ended = 0;
	size_t at_a_time = engine_width(engine) < COUNT ? engine_width(engine) : COUNT;
	uint64_t left[ENGINE_MAX_WIDTH];
	int count = (int)at_a_time;

	/* As if each stream had just ended a message. */
	for (size_t i = 0; i < at_a_time; i++) {
		message[i] = COUNT;
		left[i] = 0;
		done[i] = i;
	}
	while (ended < COUNT) {
		for (int i = 0; i < count; i++) {
			size_t stream = done[i], size;

			if (left[stream] == 0) {
				if (message[stream] < COUNT) {
					ck_assert_mem_eq(engine_digest(engine, stream),
						expected[message[stream]], 64);
					ended++;
				}
				message[stream] = started < COUNT ? started++ : COUNT;
				if (message[stream] == COUNT)
					continue;
				left[stream] = lengths[message[stream]];
				ck_assert_int_eq(engine_start(engine, stream), 0);
			}
			size = next_piece(left[stream]);
			left[stream] -= size;
			engine_feed(engine, stream, buffer, size, left[stream] == 0);
		}
		count = engine_run(engine, done);
		check_quickly(count >= 0);
	}
	ck_assert_int_eq(count, 0);
}

static void hash_with(enum engine_kind kind, const struct lanes *lanes)
{
	const struct digest_set sha512 = digest_set_of(digest_find("sha512"));
	struct engine *engine = engine_new_with(&sha512, kind, lanes);

	ck_assert_ptr_nonnull(engine);
	hash_all(engine);
	engine_free(engine);
}

START_TEST(test_long_messages)
{
	const struct lanes *lanes;

	expect();
	hash_with(ENGINE_LIBCRYPTO, NULL);
	for (size_t i = 0; (lanes = lanes_list(i)); i++) {
		if (!lanes->supported())
			continue;
		hash_with(ENGINE_AUTO, lanes);
		for (size_t j = 0; j < lanes->kernel_count; j++) {
			struct lanes one = *lanes;

			one.kernels = &lanes->kernels[j];
			one.kernel_count = 1;
			hash_with(ENGINE_LANES, &one);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("long messages");
	TCase *tcase = tcase_create("long messages");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 1800);
	tcase_add_test(tcase, test_long_messages);
	return suite_run(suite);
}
