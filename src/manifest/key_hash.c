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

static uint64_t mix(uint64_t one, uint64_t other)
{
	unsigned __int128 product = (unsigned __int128)one * other;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
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
