/*
 * The kernels against libcrypto, each instruction set that this machine has; one that it lacks is
 * named as skipped. And the self-test against kernels that are wrong.
 */
#include "hash/lanes.h"
#include "sha512_oracle.h"
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK ((size_t)DIGEST_SHA512_BLOCK)
#define MAX_BLOCKS 9

/** Each lane's message, at an offset from an address that is a multiple of 64. */
static _Alignas(64) unsigned char bytes[LANES_MAX_WIDTH][MAX_BLOCKS * DIGEST_SHA512_BLOCK + 64];

/** Compress blocks of a message for each lane, from random hash values, and compare. */
static void compare(const struct lanes_kernel *kernel, const unsigned char *const data[],
	size_t blocks, uint64_t seed)
{
	uint64_t result[LANES_MAX_WIDTH][8], expected[LANES_MAX_WIDTH][8];
	uint64_t *hash[LANES_MAX_WIDTH];

	oracle_fill(result, sizeof(result), seed);
	memcpy(expected, result, sizeof(expected));
	for (size_t i = 0; i < kernel->width; i++) {
		hash[i] = result[i];
		oracle_compress(expected[i], data[i], blocks);
	}
	kernel->compress(hash, data, blocks);
	ck_assert_mem_eq(result, expected, sizeof(expected));
}

static void compare_offsets(const struct lanes_kernel *kernel)
{
	const unsigned char *data[LANES_MAX_WIDTH];

	for (size_t offset = 0; offset < 64; offset++) {
		for (size_t blocks = 0; blocks <= MAX_BLOCKS; blocks++) {
			for (size_t i = 0; i < kernel->width; i++)
				data[i] = bytes[i] + (offset + i * offset) % 64;
			compare(kernel, data, blocks, 1 + offset);
		}
	}
}

/** Call `test` for each kernel that can run here. */
static void each_kernel(void (*test)(const struct lanes_kernel *kernel))
{
	const struct lanes *lanes;

	oracle_fill(bytes, sizeof(bytes), 3);
	for (size_t i = 0; (lanes = lanes_list(i)); i++) {
		for (size_t j = 0; lanes->supported() && j < lanes->kernel_count; j++)
			test(&lanes->kernels[j]);
	}
}

START_TEST(test_lanes_agree_with_libcrypto)
{
	each_kernel(compare_offsets);
}
END_TEST

static void share_lanes(const struct lanes_kernel *kernel)
{
	for (size_t busy = 1; busy <= kernel->width; busy++) {
		uint64_t result[LANES_MAX_WIDTH][8], expected[8], nobodys[8];
		const unsigned char *data[LANES_MAX_WIDTH];
		uint64_t *hash[LANES_MAX_WIDTH];

		memset(result, 0, sizeof(result));
		memset(nobodys, 0xff, sizeof(nobodys));
		for (size_t i = 0; i < kernel->width; i++) {
			hash[i] = i < busy ? result[i] : nobodys;
			data[i] = bytes[i < busy ? i : 0];
		}
		kernel->compress(hash, data, MAX_BLOCKS);
		for (size_t i = 0; i < kernel->width; i++) {
			memset(expected, 0, sizeof(expected));
			if (i < busy)
				oracle_compress(expected, bytes[i], MAX_BLOCKS);
			ck_assert_mem_eq(result[i], expected, sizeof(expected));
		}
	}
}

START_TEST(test_lanes_idle_ones_share)
{
	each_kernel(share_lanes);
}
END_TEST

/** Where the blocks end, the page ends, and the next cannot be read; and the other way about. */
static void stay_between_pages(const struct lanes_kernel *kernel)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *map =
		mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const unsigned char *data[LANES_MAX_WIDTH];

	ck_assert_ptr_ne(map, MAP_FAILED);
	oracle_fill(map + page, page, 4);
	/* Not to be written either. */
	ck_assert_int_eq(mprotect(map, 3 * page, PROT_NONE), 0);
	ck_assert_int_eq(mprotect(map + page, page, PROT_READ), 0);
	for (size_t i = 0; i < kernel->width; i++)
		data[i] = map + (i % 2 == 0 ? page : 2 * page - 3 * BLOCK);
	compare(kernel, data, 3, 5);
	ck_assert_int_eq(munmap(map, 3 * page), 0);
}

START_TEST(test_lanes_read_nothing_else)
{
	each_kernel(stay_between_pages);
}
END_TEST

START_TEST(test_lanes_widths_and_thresholds)
{
	const struct lanes *lanes;

	for (size_t i = 0; (lanes = lanes_list(i)); i++) {
		ck_assert_uint_ge(lanes->kernel_count, 1);
		for (size_t j = 0; j < lanes->kernel_count; j++) {
			const struct lanes_kernel *kernel = &lanes->kernels[j];

			ck_assert_uint_le(kernel->width, LANES_MAX_WIDTH);
			ck_assert_uint_le(kernel->fewest, kernel->width);
			if (j > 0)
				ck_assert_uint_lt(kernel->width, kernel[-1].width);
		}
	}
	ck_assert_ptr_null(lanes_list(SIZE_MAX));
}
END_TEST

START_TEST(test_lanes_best_is_first_supported)
{
	const struct lanes *best = lanes_best(), *lanes;

	for (size_t i = 0; (lanes = lanes_list(i)) && lanes != best; i++)
		ck_assert(!lanes->supported());
	if (best)
		ck_assert(best->supported());
	ck_assert_ptr_eq(lanes, best);
}
END_TEST

START_TEST(test_lanes_pass_self_test)
{
	const struct lanes *lanes;

	for (size_t i = 0; (lanes = lanes_list(i)); i++)
		if (lanes->supported())
			ck_assert_int_eq(lanes_self_test(lanes), 0);
}
END_TEST

/* Kernels that are wrong in one thing, made of libcrypto. */

enum defect {
	DEFECT_NONE,
	DEFECT_BIT_OF_LAST_LANE,
	DEFECT_LANES_EXCHANGED,
	DEFECT_FIRST_BLOCK_ONLY,
	DEFECT_LAST_BLOCK_ONLY,
	DEFECT_NOTHING_DONE,
	DEFECT_COUNT,
};

#define FAKE_WIDTH 8

static enum defect defect;

static void fake_compress(uint64_t *const hash[], const unsigned char *const data[], size_t blocks)
{
	for (size_t i = 0; i < FAKE_WIDTH && defect != DEFECT_NOTHING_DONE; i++) {
		const unsigned char *block = data[i];

		if (defect == DEFECT_LANES_EXCHANGED && i < 2)
			block = data[1 - i];
		if (defect == DEFECT_LAST_BLOCK_ONLY)
			block += BLOCK * (blocks - 1);
		if (defect == DEFECT_FIRST_BLOCK_ONLY || defect == DEFECT_LAST_BLOCK_ONLY)
			oracle_compress(hash[i], block, 1);
		else
			oracle_compress(hash[i], block, blocks);
	}
	if (defect == DEFECT_BIT_OF_LAST_LANE)
		hash[FAKE_WIDTH - 1][7] ^= 1;
}

static bool always_supported(void)
{
	return true;
}

START_TEST(test_lanes_self_test_notices)
{
	static const struct lanes_kernel kernel = {FAKE_WIDTH, 1, fake_compress};
	static const struct lanes lanes = {"fake", always_supported, &kernel, 1};

	defect = (enum defect)_i;
	errno = 0;
	ck_assert_int_eq(lanes_self_test(&lanes), defect == DEFECT_NONE ? 0 : -1);
	ck_assert_int_eq(errno, defect == DEFECT_NONE ? 0 : EIO);
}
END_TEST

/** Tell what is not tested here. */
static void name_skipped(void)
{
	const struct lanes *lanes;
	size_t count = 0;

	for (; (lanes = lanes_list(count)); count++)
		if (!lanes->supported())
			printf("check_lanes: skipped: this processor lacks %s\n", lanes->name);
	if (count == 0)
		printf("check_lanes: skipped: no lanes for this architecture\n");
	fflush(stdout);
}

int main(void)
{
	Suite *suite = suite_create("lanes");
	TCase *tcase = tcase_create("lanes");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_lanes_agree_with_libcrypto);
	tcase_add_test(tcase, test_lanes_idle_ones_share);
	tcase_add_test(tcase, test_lanes_read_nothing_else);
	tcase_add_test(tcase, test_lanes_widths_and_thresholds);
	tcase_add_test(tcase, test_lanes_best_is_first_supported);
	tcase_add_test(tcase, test_lanes_pass_self_test);
	tcase_add_loop_test(tcase, test_lanes_self_test_notices, 0, DEFECT_COUNT);
	name_skipped();
	return suite_run(suite);
}
