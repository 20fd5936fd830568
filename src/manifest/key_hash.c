/*
 * The high half of a 128-bit product mixes eight bytes at a time.
 */
#include "manifest/key_hash.h"

#include <string.h>
#include <sys/random.h>

struct key_hash key_hash_new(void)
{
	struct key_hash hash = {.seed = {0}};
	if (getrandom(hash.seed, sizeof(hash.seed), GRND_NONBLOCK) < 0)
		hash.seed[1] = UINT64_C(0x9e3779b97f4a7c15);
	hash.seed[1] |= 1;
	return hash;
}

/** Both halves of the product in one; by halves of the factors, as few processors have 128 bits. */
static uint64_t mix(uint64_t one, uint64_t other)
{
	uint64_t low = one & UINT32_MAX, high = one >> 32;
	uint64_t other_low = other & UINT32_MAX, other_high = other >> 32;
	uint64_t across = low * other_high;
	uint64_t middle = high * other_low + (low * other_low >> 32) + (across & UINT32_MAX);
	return (one * other) ^ (high * other_high + (across >> 32) + (middle >> 32));
}

uint64_t key_hash(const struct key_hash *hash, const char *key, size_t size)
{
	uint64_t value = hash->seed[0] ^ size;
	for (; size >= 8; key += 8, size -= 8) {
		uint64_t piece;
		memcpy(&piece, key, 8);
		value = mix(value ^ piece, hash->seed[1]);
	}
	uint64_t rest = 0;
	memcpy(&rest, key, size);
	return mix(value ^ rest, hash->seed[1]);
}
