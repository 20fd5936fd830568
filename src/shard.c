/*
 * A name's shard depends on nothing but the name and N: a shard that was lost is run again anywhere
 * and takes the same files, and a shell can tell which one has a file (sha512sum of the name). A hash
 * spreads the files of each directory over all shards, so that one with large files is no shard's
 * alone: of the 78,579 files of Linux 6.1, the largest of 16 shards has 1.02 times the mean, and 1.21
 * times the mean of the bytes.
 *
 * `auto` reads what Open MPI, the PMI of MPICH and others, and Slurm tell each process. Half a pair, or
 * a pair that contradicts itself, is an error and not a reason to look at the next one: a process with
 * the wrong rank would leave out files.
 */
#include "shard.h"

#include "hash/digest.h"
#include "manifest/catalog.h"
#include "ui/quote.h"
#include "ui/report.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/** What a launcher tells its processes. */
struct launcher {
	const char *rank;
	const char *size;
};

static const struct launcher launchers[] = {
	{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
	{"PMI_RANK", "PMI_SIZE"},
	{"SLURM_PROCID", "SLURM_NTASKS"},
};

#define LAUNCHERS (sizeof(launchers) / sizeof(launchers[0]))

/** Set in each job of an array of Slurm's. */
static const char array_variable[] = "SLURM_ARRAY_TASK_ID";

/**
 * Take a whole number, of digits only.
 *
 * @param end what has to follow it
 * @return what does, behind `end`; NULL if it is no such number
 */
static const char *take_number(const char *text, char end, uint32_t *number)
{
	const char *next = text;
	*number = 0;
	for (; *next >= '0' && *next <= '9'; next++) {
		if (__builtin_mul_overflow(*number, 10, number) ||
			__builtin_add_overflow(*number, (uint32_t)(*next - '0'), number))
			return NULL;
	}
	return next > text && *next == end ? next + 1 : NULL;
}

/** What to do where the environment does not tell. @return -1 */
static int fail_auto(const char *reason)
{
	report_message("--shard=auto: %s: give --shard=K/N", reason);
	return -1;
}

/** The same about a pair of variables. @return -1 */
static int fail_pair(const struct launcher *launcher, const char *reason)
{
	report_message("--shard=auto: %s and %s %s: give --shard=K/N", launcher->rank,
		launcher->size, reason);
	return -1;
}

/** The launcher whose variables are set, one of them at least, or NULL. */
static const struct launcher *find_launcher(void)
{
	for (size_t i = 0; i < LAUNCHERS; i++) {
		if (getenv(launchers[i].rank) || getenv(launchers[i].size))
			return &launchers[i];
	}
	return NULL;
}

/** Take the shard from the environment. @return 0, or -1, which was reported */
static int parse_environment(struct shard *shard)
{
	const struct launcher *launcher = find_launcher();
	if (!launcher)
		return fail_auto("none of OMPI_COMM_WORLD_RANK, PMI_RANK and SLURM_PROCID is set");
	const char *rank_text = getenv(launcher->rank), *size_text = getenv(launcher->size);
	if (!rank_text || !size_text)
		return fail_pair(launcher, "are not both set");
	uint32_t rank, size;
	if (!take_number(rank_text, '\0', &rank) || !take_number(size_text, '\0', &size))
		return fail_pair(launcher, "are not both numbers");
	if (rank >= size)
		return fail_pair(launcher, "contradict each other: the rank is not below the size");
	if (size == 1 && getenv(array_variable)) {
		report_message(
			"--shard=auto: %s is set, and each job of the array has one task (%s):"
			" give --shard=K/N",
			array_variable, launcher->size);
		return -1;
	}
	*shard = (struct shard){.index = rank + 1, .count = size};
	return 0;
}

int shard_parse(struct shard *shard, const char *text)
{
	if (strcmp(text, "auto") == 0)
		return parse_environment(shard);
	struct shard parsed;
	const char *next = take_number(text, '/', &parsed.index);
	if (next && take_number(next, '\0', &parsed.count) && parsed.index >= 1 &&
		parsed.index <= parsed.count) {
		*shard = parsed;
		return 0;
	}
	char *quoted = quote_shell(text, true);
	report_message(
		"invalid shard: %s (K/N, where K is 1 to N; or auto)", quoted ? quoted : text);
	free(quoted);
	return -1;
}

struct shard_finder {
	struct digest *digest;
	/** Room for a key. */
	char *key;
	size_t room;
};

struct shard_finder *shard_finder_new(void)
{
	struct shard_finder *finder = calloc(1, sizeof(*finder));
	if (!finder)
		return NULL;
	finder->digest = digest_new(digest_find("sha512"));
	if (!finder->digest) {
		shard_finder_free(finder);
		return NULL;
	}
	return finder;
}

int shard_hash(struct shard_finder *finder, const char *name, size_t size, uint64_t *hash)
{
	if (size >= finder->room) {
		char *key = realloc(finder->key, 2 * size + 1);
		if (!key)
			return -1;
		finder->key = key;
		finder->room = 2 * size + 1;
	}
	size_t key_size = catalog_key(name, size, finder->key);
	unsigned char digest[DIGEST_MAX_SIZE];
	if (digest_start(finder->digest) != 0 ||
		digest_update(finder->digest, finder->key, key_size) != 0 ||
		digest_finish(finder->digest, digest) != 0)
		return -1;
	memcpy(hash, digest, sizeof(*hash));
	*hash = be64toh(*hash);
	return 0;
}

uint32_t shard_of(uint64_t hash, uint32_t count)
{
	return (uint32_t)(hash % count) + 1;
}

uint32_t shard_find(struct shard_finder *finder, const char *name, size_t size, uint32_t count)
{
	uint64_t hash;
	return shard_hash(finder, name, size, &hash) == 0 ? shard_of(hash, count) : 0;
}

void shard_finder_free(struct shard_finder *finder)
{
	if (!finder)
		return;
	int saved_errno = errno;
	digest_free(finder->digest);
	free(finder->key);
	free(finder);
	errno = saved_errno;
}
