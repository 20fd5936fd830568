/*
 * The kernels behind lanes.h, each in a file of its own for one instruction set and width. They
 * may be called only where the processor has the instructions.
 */
#ifndef TREESUM_HASH_LANES_KERNEL_H
#define TREESUM_HASH_LANES_KERNEL_H

#include <stddef.h>
#include <stdint.h>

/** FIPS 180-4's constants K, 4.2.3. */
extern const uint64_t lanes_constants[80];

/** As lanes_kernel.compress: 8 lanes, for avx512f and avx512bw. */
void lanes_avx512_compress(
	uint64_t *const hash[], const unsigned char *const data[], size_t blocks);

/** As lanes_kernel.compress: 4 lanes, for avx2, avx512f and avx512vl. */
void lanes_avx512vl_compress(
	uint64_t *const hash[], const unsigned char *const data[], size_t blocks);

/** As lanes_kernel.compress: 4 lanes, for avx2. */
void lanes_avx2_compress(uint64_t *const hash[], const unsigned char *const data[], size_t blocks);

#endif
