/* The kernel of eight lanes, in AVX-512's registers of 512 bits. */
#ifdef __x86_64__

#	define LANES 8
#	define TARGET "avx512f,avx512bw"
#	define TERNARY _mm512_ternarylogic_epi64
#	define COMPRESS lanes_avx512_compress

#	include "hash/lanes_kernel.inc"

#endif
