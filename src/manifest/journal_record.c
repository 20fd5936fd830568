/*
 * A journal is a header and records, one behind the other. Numbers are little-endian, times are
 * seconds since 1970 (8 bytes, signed) and nanoseconds (4 bytes, less than 10^9).
 *
 *     header   18  "treesum journal 2\n"
 *              16  nonce: random bytes, others for each journal
 *               8  check
 *
 *     record    2  length: bytes of the record, from its length to its check
 *               1  type
 *               …  what the type says
 *               8  check
 *
 *     run (1): what the records up to the next run have in common
 *               4  flags: bit 0 files were read from the medium (--uncached); others are 0
 *               2  digest size in bytes, 1 to 588
 *               …  algorithm as --algorithm takes it, 1 to 159 bytes; with several of them a digest is
 *                  those of all, one behind the other
 *
 *     file (2): a file that was read to its end
 *              40  stamp
 *               8  time, in whole seconds, when reading began
 *               …  digest, of the size that the run gives
 *               …  name, at least one byte, without NUL
 *
 *     state (3): a file that was read in part
 *              40  stamp
 *              12  time when reading began
 *               8  bytes of the file that are in the hash
 *              64  hash: eight words as the algorithm's standard calls them (FIPS 180-4's H), 8
 *                  bytes each; those of SHA-256 have 32 bits
 *               …  name
 *
 *     stamp     8  size in bytes
 *               8  inode
 *              12  mtime
 *              12  ctime
 *
 * The check is the first 8 bytes of SHA-512 over the nonce, the offset of the record in the file (8
 * bytes) and the record without its check. The header's is that of a record at 0. So what was torn,
 * altered, moved within the file, or taken from another journal has a wrong check. It is no
 * signature: anyone who can write to the journal can forge it.
 *
 * Records are read up to the first one that is wrong. Those behind it are not searched for, as its
 * length may be wrong. A file or state before the first run is wrong, as is an unknown type.
 *
 * A name stands for the same file as in a manifest after "./" and doubled slashes are dropped. Of
 * several records of one name the last one counts, a state only if no file follows it.
 */
#include "manifest/journal_record.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

static const char magic[] = "treesum journal 2\n";

bool journal_run_same_algorithm(const struct journal_run *one, const struct journal_run *other)
{
	return strcmp(one->algorithm, other->algorithm) == 0 &&
		one->digest_size == other->digest_size;
}

/** Before the version. */
#define MAGIC_PREFIX (sizeof("treesum journal ") - 1)

enum {
	MAGIC_SIZE = sizeof(magic) - 1,
	CHECK_SIZE = 8,
	/** Length and type. */
	START_SIZE = JOURNAL_LENGTH_SIZE + 1,
	STAMP_SIZE = 40,
	RUN_SIZE = 6,
	FILE_SIZE = STAMP_SIZE + 8,
	STATE_SIZE = STAMP_SIZE + 12 + 8 + 64,

	RUN_UNCACHED = 1,
};

static_assert(MAGIC_SIZE + JOURNAL_NONCE_SIZE + CHECK_SIZE == JOURNAL_HEADER_SIZE, "the header");
static_assert(START_SIZE + FILE_SIZE + DIGEST_SET_SIZE + CHECK_SIZE <= JOURNAL_FIXED_MAX, "room");
static_assert(START_SIZE + RUN_SIZE + JOURNAL_ALGORITHM + CHECK_SIZE <= JOURNAL_FIXED_MAX, "room");
static_assert(START_SIZE + STATE_SIZE + CHECK_SIZE <= JOURNAL_FIXED_MAX, "room");

static unsigned char *put_16(unsigned char *out, uint16_t number)
{
	number = htole16(number);
	return mempcpy(out, &number, sizeof(number));
}

static unsigned char *put_32(unsigned char *out, uint32_t number)
{
	number = htole32(number);
	return mempcpy(out, &number, sizeof(number));
}

static unsigned char *put_64(unsigned char *out, uint64_t number)
{
	number = htole64(number);
	return mempcpy(out, &number, sizeof(number));
}

static unsigned char *put_time(unsigned char *out, const struct timespec *time)
{
	return put_32(put_64(out, (uint64_t)time->tv_sec), (uint32_t)time->tv_nsec);
}

static unsigned char *put_stamp(unsigned char *out, const struct stamp *stamp)
{
	out = put_64(put_64(out, stamp->size), stamp->inode);
	return put_time(put_time(out, &stamp->mtime), &stamp->ctime);
}

static uint16_t take_16(const unsigned char **next)
{
	uint16_t number;
	memcpy(&number, *next, sizeof(number));
	*next += sizeof(number);
	return le16toh(number);
}

static uint32_t take_32(const unsigned char **next)
{
	uint32_t number;
	memcpy(&number, *next, sizeof(number));
	*next += sizeof(number);
	return le32toh(number);
}

static uint64_t take_64(const unsigned char **next)
{
	uint64_t number;
	memcpy(&number, *next, sizeof(number));
	*next += sizeof(number);
	return le64toh(number);
}

/** @return whether it is one that can be */
static bool take_time(const unsigned char **next, struct timespec *time)
{
	int64_t seconds = (int64_t)take_64(next);
	uint32_t nanoseconds = take_32(next);
	time->tv_sec = (time_t)seconds;
	time->tv_nsec = (long)nanoseconds;
	return time->tv_sec == seconds && journal_record_can_keep(time);
}

static bool take_stamp(const unsigned char **next, struct stamp *stamp)
{
	*stamp = (struct stamp){.size = take_64(next)};
	stamp->inode = take_64(next);
	return take_time(next, &stamp->mtime) && take_time(next, &stamp->ctime);
}

bool journal_record_can_keep(const struct timespec *time)
{
	return time->tv_nsec >= 0 && time->tv_nsec < 1000000000;
}

/** Compute the check of bytes. @return 0, or -1 with errno EIO */
static int compute(const struct journal_check *check, uint64_t offset, const unsigned char *bytes,
	size_t size, unsigned char result[static CHECK_SIZE])
{
	unsigned char place[JOURNAL_NONCE_SIZE + 8], digest[DIGEST_MAX_SIZE];
	put_64(mempcpy(place, check->nonce, JOURNAL_NONCE_SIZE), offset);
	if (digest_start(check->digest) != 0 ||
		digest_update(check->digest, place, sizeof(place)) != 0 ||
		digest_update(check->digest, bytes, size) != 0 ||
		digest_finish(check->digest, digest) != 0)
		return -1;
	memcpy(result, digest, CHECK_SIZE);
	return 0;
}

int journal_record_seal(const struct journal_check *check, uint64_t offset, unsigned char *record,
	size_t record_size)
{
	size_t size = record_size - CHECK_SIZE;
	return compute(check, offset, record, size, record + size);
}

int journal_record_verify(const struct journal_check *check, uint64_t offset,
	const unsigned char *record, size_t record_size)
{
	unsigned char expected[CHECK_SIZE];
	size_t size = record_size - CHECK_SIZE;
	if (compute(check, offset, record, size, expected) != 0)
		return -1;
	return memcmp(record + size, expected, CHECK_SIZE) == 0;
}

int journal_record_put_header(
	const struct journal_check *check, unsigned char out[static JOURNAL_HEADER_SIZE])
{
	memcpy(mempcpy(out, magic, MAGIC_SIZE), check->nonce, JOURNAL_NONCE_SIZE);
	return journal_record_seal(check, 0, out, JOURNAL_HEADER_SIZE);
}

static bool is_zeros(const unsigned char *bytes, size_t size)
{
	return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

int journal_record_read_header(struct journal_check *check, const unsigned char *bytes, size_t size)
{
	size_t compared = size < MAGIC_SIZE ? size : MAGIC_SIZE;
	if (memcmp(bytes, magic, compared) != 0)
		return is_zeros(bytes, size) ? JOURNAL_HEADER_DAMAGED : JOURNAL_HEADER_OTHER;
	if (size < JOURNAL_HEADER_SIZE)
		return JOURNAL_HEADER_DAMAGED;
	struct journal_check found = {.digest = check->digest};
	memcpy(found.nonce, bytes + MAGIC_SIZE, JOURNAL_NONCE_SIZE);
	int right = journal_record_verify(&found, 0, bytes, JOURNAL_HEADER_SIZE);
	if (right > 0)
		*check = found;
	return right < 0 ? -1 : right ? JOURNAL_HEADER_SOUND : JOURNAL_HEADER_DAMAGED;
}

/** Write length and type. @param size of what follows, without the check */
static unsigned char *put_start(unsigned char *out, enum journal_type type, size_t size)
{
	out = put_16(out, (uint16_t)(START_SIZE + size + CHECK_SIZE));
	*out++ = (unsigned char)type;
	return out;
}

size_t journal_record_put_run(unsigned char *out, const struct journal_run *run)
{
	size_t name_size = strlen(run->algorithm), size = RUN_SIZE + name_size;
	unsigned char *next = put_start(out, JOURNAL_RUN, size);
	next = put_32(next, run->uncached ? RUN_UNCACHED : 0);
	next = put_16(next, (uint16_t)run->digest_size);
	memcpy(next, run->algorithm, name_size);
	return START_SIZE + size + CHECK_SIZE;
}

size_t journal_record_put_file(unsigned char *out, size_t digest_size, const char *key, size_t size,
	const struct journal_entry *entry)
{
	size_t payload = FILE_SIZE + digest_size + size;
	unsigned char *next = put_start(out, JOURNAL_FILE, payload);
	next = put_stamp(next, &entry->stamp);
	next = put_64(next, (uint64_t)entry->read);
	next = mempcpy(next, entry->digest, digest_size);
	memcpy(next, key, size);
	return START_SIZE + payload + CHECK_SIZE;
}

size_t journal_record_put_state(
	unsigned char *out, const char *key, size_t size, const struct journal_state *state)
{
	size_t payload = STATE_SIZE + size;
	unsigned char *next = put_start(out, JOURNAL_STATE, payload);
	next = put_stamp(next, &state->stamp);
	next = put_time(next, &state->begun);
	next = put_64(next, state->bytes);
	for (size_t i = 0; i < 8; i++)
		next = put_64(next, state->hash[i]);
	memcpy(next, key, size);
	return START_SIZE + payload + CHECK_SIZE;
}

size_t journal_record_size(const unsigned char length[static JOURNAL_LENGTH_SIZE])
{
	size_t size = length[0] | (size_t)length[1] << 8;
	return size >= START_SIZE + CHECK_SIZE ? size : 0;
}

static bool parse_run(const unsigned char *next, size_t size, struct journal_run *run)
{
	if (size <= RUN_SIZE || size - RUN_SIZE >= JOURNAL_ALGORITHM)
		return false;
	uint32_t flags = take_32(&next);
	*run = (struct journal_run){.uncached = flags & RUN_UNCACHED};
	run->digest_size = take_16(&next);
	memcpy(run->algorithm, next, size - RUN_SIZE);
	return !(flags & ~(uint32_t)RUN_UNCACHED) && run->digest_size > 0 &&
		run->digest_size <= DIGEST_SET_SIZE && strlen(run->algorithm) == size - RUN_SIZE;
}

/** Take the name, which is what is left. @return whether it is one */
static bool take_key(const unsigned char *next, const unsigned char *end, struct journal_record *to)
{
	to->key = (const char *)next;
	to->key_size = (size_t)(end - next);
	return to->key_size > 0 && to->key_size <= JOURNAL_KEY_MAX &&
		!memchr(next, 0, to->key_size);
}

static bool parse_file(
	const unsigned char *next, size_t size, size_t digest_size, struct journal_record *record)
{
	const unsigned char *end = next + size;
	struct journal_entry *entry = &record->entry;
	if (digest_size == 0 || size < FILE_SIZE + digest_size || !take_stamp(&next, &entry->stamp))
		return false;
	entry->read = (int64_t)take_64(&next);
	memset(entry->digest, 0, sizeof(entry->digest));
	memcpy(entry->digest, next, digest_size);
	return take_key(next + digest_size, end, record);
}

static bool parse_state(
	const unsigned char *next, size_t size, size_t digest_size, struct journal_record *record)
{
	const unsigned char *end = next + size;
	struct journal_state *state = &record->state;
	if (digest_size == 0 || size < STATE_SIZE || !take_stamp(&next, &state->stamp) ||
		!take_time(&next, &state->begun))
		return false;
	state->bytes = take_64(&next);
	for (size_t i = 0; i < 8; i++)
		state->hash[i] = take_64(&next);
	return take_key(next, end, record);
}

bool journal_record_parse(const unsigned char *bytes, size_t record_size, size_t digest_size,
	struct journal_record *record)
{
	const unsigned char *next = bytes + START_SIZE;
	size_t size = record_size - START_SIZE - CHECK_SIZE;
	*record = (struct journal_record){.type = (enum journal_type)bytes[JOURNAL_LENGTH_SIZE]};
	switch (record->type) {
	case JOURNAL_RUN:
		return parse_run(next, size, &record->run);
	case JOURNAL_FILE:
		return parse_file(next, size, digest_size, record);
	case JOURNAL_STATE:
		return parse_state(next, size, digest_size, record);
	}
	return false;
}
