#include "hash/message.h"

#include <errno.h>
#include <string.h>

#define BLOCK ((size_t)DIGEST_SHA512_BLOCK)

/** The message's length ends its last block, in so many bytes. */
#define LENGTH_SIZE ((size_t)16)

/** FIPS 180-4, 5.3.5. */
static const uint64_t initial_hash[8] = {
	0x6a09e667f3bcc908,
	0xbb67ae8584caa73b,
	0x3c6ef372fe94f82b,
	0xa54ff53a5f1d36f1,
	0x510e527fade682d1,
	0x9b05688c2b3e6c1f,
	0x1f83d9abfb41bd6b,
	0x5be0cd19137e2179,
};

void message_start(struct message *message)
{
	memcpy(message->hash, initial_hash, sizeof(initial_hash));
	message->total = 0;
	message->size = 0;
	message->last = false;
	message->padded = false;
	message->carried = 0;
}

void message_feed(struct message *message, const void *data, size_t size, bool last)
{
	message->total += size;
	message->data = data;
	message->size = size;
	message->last = last;
}

/** Write a word, most significant byte first. */
static void write_word(unsigned char *target, uint64_t word)
{
	for (size_t i = 0; i < sizeof(word); i++)
		target[i] = (unsigned char)(word >> (56 - 8 * i));
}

/** Append the padding to what is carried. @return the blocks of it all: 1 or 2 */
static size_t pad(struct message *message)
{
	size_t blocks = message->carried < BLOCK - LENGTH_SIZE ? 1 : 2;
	unsigned char *padding = message->carry + message->carried;
	unsigned char *length = message->carry + blocks * BLOCK - LENGTH_SIZE;

	padding[0] = 0x80;
	memset(padding + 1, 0, (size_t)(length - padding) - 1);
	/* In bits: 64 bits would do for the first 2^61 bytes. */
	write_word(length, message->total >> 61);
	write_word(length + 8, message->total << 3);
	return blocks;
}

/** Use up some bytes of the piece. @return where they are */
static const unsigned char *take(struct message *message, size_t size)
{
	const unsigned char *data = message->data;

	message->data += size;
	message->size -= size;
	return data;
}

size_t message_next(struct message *message, const unsigned char **run)
{
	if (message->carried == 0 && message->size >= BLOCK) {
		size_t blocks = message->size / BLOCK;
		*run = take(message, blocks * BLOCK);
		return blocks;
	}
	if (message->size > 0) {
		size_t room = BLOCK - message->carried;
		size_t size = message->size < room ? message->size : room;
		memcpy(message->carry + message->carried, take(message, size), size);
		message->carried += size;
	}
	*run = message->carry;
	if (message->carried == BLOCK) {
		message->carried = 0;
		return 1;
	}
	if (message->last && !message->padded) {
		message->padded = true;
		return pad(message);
	}
	return 0;
}

int message_save(const struct message *message, struct digest_state *state)
{
	if (message->carried != 0) {
		errno = EINVAL;
		return -1;
	}
	memcpy(state->hash, message->hash, sizeof(state->hash));
	state->bytes = message->total;
	return 0;
}

int message_resume(struct message *message, const struct digest_state *state)
{
	if (state->bytes % BLOCK != 0) {
		errno = EINVAL;
		return -1;
	}
	message_start(message);
	memcpy(message->hash, state->hash, sizeof(message->hash));
	message->total = state->bytes;
	return 0;
}

void message_digest(const struct message *message, unsigned char *digest)
{
	for (size_t i = 0; i < 8; i++)
		write_word(digest + 8 * i, message->hash[i]);
}
