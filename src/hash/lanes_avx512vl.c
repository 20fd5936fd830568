/* The kernel of four lanes with AVX-512's instructions, for when half of eight would idle. */
#ifdef __x86_64__

#	define LANES 4
#	define TARGET "avx2,avx512f,avx512vl"
#	define TERNARY _mm256_ternarylogic_epi64
#	define COMPRESS lanes_avx512vl_compress

#	include "hash/lanes_kernel.inc"

#endif
