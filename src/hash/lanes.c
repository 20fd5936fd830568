/*
 * Which kernels there are, which of them this machine may use, and whether they can be trusted.
 *
 * The break-even points (`fewest`) come from the time of one block of every lane on one core of an
 * Emerald Rapids Xeon, beside 199 ns for one block by libcrypto: eight lanes 371 ns, four lanes
 * with AVX-512 257 ns, four with AVX2 470 ns. (Of 256-bit instructions this processor executes
 * three a cycle, of 512-bit ones two: so four lanes take more than half the time of eight.) Other
 * processors differ; at worst a few streams are hashed by the second best.
 *
 * There is none for aarch64, whose SHA-512 instructions libcrypto uses, one stream at a time.
 */
#include "hash/lanes.h"

#include "hash/digest.h"
#include "hash/lanes_kernel.h"

#include <errno.h>
#include <string.h>

/** Blocks a lane in the self-test: the second shows that the first one's outcome is used. */
#define TEST_BLOCKS 2

const uint64_t lanes_constants[80] = {0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f,
	0xe9b5dba58189dbbc, 0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b,
	0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c,
	0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
	0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5,
	0x240ca1cc77ac9c65, 0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4,
	0x76f988da831153b5, 0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f,
	0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f,
	0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
	0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6,
	0x92722c851482353b, 0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791,
	0xc76c51a30654be30, 0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a,
	0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99,
	0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
	0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72,
	0x8cc702081a6439ec, 0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915,
	0xc67178f2e372532b, 0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e,
	0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae,
	0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
	0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec,
	0x6c44198c4a475817};

#ifdef __x86_64__

/*
 * glibc has asked the processor already. The compiler's own way asks again, by a dozen cpuid
 * instructions, each of which a hypervisor may trap: a fifth of the time of hashing one small file.
 */
#	if __has_include(<sys/platform/x86.h>)
#		include <sys/platform/x86.h>
#		define HAS(glibc, compiler) CPU_FEATURE_ACTIVE(glibc)
#	else
#		define HAS(glibc, compiler) __builtin_cpu_supports(compiler)
#	endif

static bool has_avx2(void)
{
	return HAS(AVX2, "avx2");
}

static bool has_avx512(void)
{
	return has_avx2() && HAS(AVX512F, "avx512f") && HAS(AVX512BW, "avx512bw") &&
		HAS(AVX512VL, "avx512vl");
}

static const struct lanes_kernel avx512_kernels[] = {
	{8, 5, lanes_avx512_compress},
	{4, 2, lanes_avx512vl_compress},
};

static const struct lanes_kernel avx2_kernels[] = {
	{4, 3, lanes_avx2_compress},
};

static const struct lanes all_lanes[] = {
	{"AVX-512", has_avx512, avx512_kernels, 2},
	{"AVX2", has_avx2, avx2_kernels, 1},
};

const struct lanes *lanes_list(size_t index)
{
	return index < sizeof(all_lanes) / sizeof(all_lanes[0]) ? &all_lanes[index] : NULL;
}

#else

const struct lanes *lanes_list(size_t index)
{
	(void)index;
	return NULL;
}

#endif

const struct lanes *lanes_best(void)
{
	const struct lanes *lanes;
	size_t index = 0;

	while ((lanes = lanes_list(index++)) && !lanes->supported())
		;
	return lanes;
}

/** Fill with bytes of no pattern (Marsaglia's xorshift generator). */
static void fill(void *target, size_t size, uint64_t seed)
{
	unsigned char *bytes = target;

	for (size_t i = 0; i < size; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		bytes[i] = (unsigned char)(seed >> 32);
	}
}

static int test_kernel(const struct lanes_kernel *kernel, struct digest *reference)
{
	unsigned char message[LANES_MAX_WIDTH][TEST_BLOCKS * DIGEST_SHA512_BLOCK];
	struct digest_state state[LANES_MAX_WIDTH], expected;
	const unsigned char *data[LANES_MAX_WIDTH];
	uint64_t *hash[LANES_MAX_WIDTH], start[LANES_MAX_WIDTH][8];

	fill(message, sizeof(message), 1);
	fill(start, sizeof(start), 2);
	for (size_t i = 0; i < kernel->width; i++) {
		memcpy(state[i].hash, start[i], sizeof(start[i]));
		state[i].bytes = 0;
		hash[i] = state[i].hash;
		data[i] = message[i];
	}
	kernel->compress(hash, data, TEST_BLOCKS);
	for (size_t i = 0; i < kernel->width; i++) {
		memcpy(expected.hash, start[i], sizeof(start[i]));
		expected.bytes = 0;
		if (digest_import(reference, &expected) < 0 ||
			digest_update(reference, message[i], sizeof(message[i])) < 0 ||
			digest_export(reference, &expected) < 0)
			return -1;
		if (memcmp(state[i].hash, expected.hash, sizeof(expected.hash)) != 0) {
			errno = EIO;
			return -1;
		}
	}
	return 0;
}

int lanes_self_test(const struct lanes *lanes)
{
	struct digest *reference = digest_new(digest_find("sha512"));
	int result = 0, error;

	if (!reference)
		return -1;
	for (size_t i = 0; i < lanes->kernel_count && result == 0; i++)
		result = test_kernel(&lanes->kernels[i], reference);
	error = errno;
	digest_free(reference);
	errno = error;
	return result;
}
