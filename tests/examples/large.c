/*
 * Large arguments and replies: blocks of bytes that workers invert.
 *
 * Usage: large COUNT MEBIBYTES   prints the SHA-512 of each inverted block; number N was all N
 */
#include <forkpool.h>

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int invert(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	const unsigned char *block = task->data;
	unsigned char *inverted = malloc(task->size + 1);
	int result;

	(void)context;
	/* -1 with errno: the task fails with that. */
	if (!inverted)
		return -1;
	for (size_t i = 0; i < task->size; i++)
		inverted[i] = (unsigned char)~block[i];
	/* This copies what it is given. */
	result = fp_worker_reply(worker, task->id, inverted, task->size);
	free(inverted);
	return result;
}

/** @return 0, or -1 with a message */
static int print(size_t number, const struct fp_outcome *outcome)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	char text[256];

	if (outcome->status != FP_OK) {
		fp_outcome_describe(outcome, text, sizeof(text));
		fprintf(stderr, "block %zu: %s\n", number, text);
		return -1;
	}
	if (!EVP_Digest(outcome->data, outcome->size, digest, &size, EVP_sha512(), NULL)) {
		fprintf(stderr, "block %zu: no digest\n", number);
		return -1;
	}
	for (unsigned i = 0; i < size; i++)
		printf("%02x", digest[i]);
	printf("  block %zu, %zu MiB\n", number, outcome->size >> 20);
	return 0;
}

int main(int argc, char **argv)
{
	struct fp_options options = {.function = invert};
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 4;
	size_t size = (argc > 2 ? strtoul(argv[2], NULL, 10) : 24) << 20;
	struct fp_item *items = calloc(count + 1, sizeof(*items));
	unsigned char *blocks = malloc(count * size + 1);
	struct fp_pool *pool = fp_open(&options);
	struct fp_result *result;
	struct fp_outcome outcome;
	int failed = 0;

	if (!items || !blocks || !pool) {
		perror("large");
		exit(1);
	}
	for (size_t i = 0; i < count; i++) {
		memset(blocks + i * size, (int)i, size);
		items[i] = (struct fp_item){.data = blocks + i * size, .size = size};
	}
	result = fp_map(pool, items, count, 1);
	if (!result) {
		perror("fp_map");
		exit(1);
	}
	for (size_t i = 0; i < count; i++) {
		/* It is ready, so this does not fail. */
		fp_result_at(result, i, &outcome);
		failed |= print(i, &outcome) < 0;
	}
	fp_result_free(result);
	fp_free(pool);
	free(blocks);
	free(items);
	return failed;
}
