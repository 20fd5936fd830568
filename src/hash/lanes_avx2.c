/* The kernel of four lanes, for AVX2. */
#ifdef __x86_64__

#	define LANES 4
#	define TARGET "avx2"
#	define COMPRESS lanes_avx2_compress

#	include "hash/lanes_kernel.inc"

#endif
