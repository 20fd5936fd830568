/*
 * SHA-512 of several messages at a time, one in each lane of a vector unit (FIPS 180-4, 6.4; what
 * is called multi-buffer hashing). These are the bare compression functions; the engine decides
 * which messages go through them together.
 */
#ifndef TREESUM_HASH_LANES_H
#define TREESUM_HASH_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The most lanes of any kernel. */
#define LANES_MAX_WIDTH 8

/** A compression function for so many messages at a time. */
struct lanes_kernel {
	/** Messages at a time. */
	size_t width;
	/** The fewest busy lanes with which it is faster than libcrypto, one message after another.
	 */
	size_t fewest;
	/**
	 * Compress as many blocks of every lane, all lanes in step.
	 *
	 * @param hash `width` pointers to the hash values, eight words each, updated in place; idle
	 * lanes may share one that nobody reads
	 * @param data `width` pointers to blocks * 128 bytes, of any alignment; never written, and
	 * the same may serve several lanes
	 * @param blocks 0 is allowed
	 */
	void (*compress)(uint64_t *const hash[], const unsigned char *const data[], size_t blocks);
};

/** The kernels for one instruction set; static, never freed. */
struct lanes {
	/** "AVX-512", "AVX2". */
	const char *name;
	/** True if processor and kernel of the operating system have it. */
	bool (*supported)(void);
	/** Widest first. */
	const struct lanes_kernel *kernels;
	size_t kernel_count;
};

/** All there are on this architecture, best first. @return entry `index`, or NULL past the last */
const struct lanes *lanes_list(size_t index);

/** @return the best that this machine supports, or NULL where there is none */
const struct lanes *lanes_best(void);

/**
 * Hold every kernel against libcrypto, each lane with a hash value and blocks of its own. Takes
 * some ten microseconds.
 *
 * @return 0 if they agree, or -1 with errno: EIO if they do not, ENOMEM
 */
int lanes_self_test(const struct lanes *lanes);

#endif
