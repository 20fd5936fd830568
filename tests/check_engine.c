/* The engine: every kind against libcrypto's one-shot digests. */
#include "hash/engine.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(test_engine_hashes_in_pieces)
{
	static unsigned char message[1025];
	const struct digest_algorithm *algorithm = digest_find("sha512");
	struct digest *reference = digest_new(algorithm);
	struct engine *engine = engine_new(algorithm, ENGINE_LIBCRYPTO);
	unsigned char expected[DIGEST_MAX_SIZE];
	size_t done[ENGINE_MAX_WIDTH];

	ck_assert_uint_eq(engine_width(engine), 1);
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (unsigned char)(i * 7);
	for (size_t size = 0; size <= sizeof(message); size++) {
		digest_start(reference);
		digest_update(reference, message, size);
		digest_finish(reference, expected);
		ck_assert_int_eq(engine_start(engine, 0), 0);
		engine_feed(engine, 0, message, size / 3, false);
		ck_assert_int_eq(engine_run(engine, done), 1);
		ck_assert_uint_eq(done[0], 0);
		engine_feed(engine, 0, message + size / 3, size - size / 3, true);
		ck_assert_int_eq(engine_run(engine, done), 1);
		ck_assert_mem_eq(engine_digest(engine, 0), expected, algorithm->size);
		ck_assert_int_eq(engine_run(engine, done), 0);
	}
	digest_free(reference);
	engine_free(engine);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine");
	TCase *tcase = tcase_create("engine");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, test_engine_hashes_in_pieces);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
