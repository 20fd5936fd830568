/*
 * map: the function applied to every item, the replies in the items' order.
 *
 * Prints its arguments with their letters in reverse.
 */
#include <forkpool.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int reverse(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	const char *word = task->data;
	char reversed[256];

	(void)context;
	if (task->size > sizeof(reversed))
		return fp_worker_fail(worker, task->id, E2BIG, "a word of such length");
	for (size_t i = 0; i < task->size; i++)
		reversed[i] = word[task->size - 1 - i];
	return fp_worker_reply(worker, task->id, reversed, task->size);
}

int main(int argc, char **argv)
{
	struct fp_options options = {.function = reverse};
	size_t count = (size_t)argc - 1;
	struct fp_item *items = calloc(count + 1, sizeof(*items));
	struct fp_pool *pool = fp_open(&options);
	struct fp_result *result;
	struct fp_outcome outcome;
	bool failed = false;

	if (!items || !pool) {
		perror("map");
		exit(1);
	}
	for (size_t i = 0; i < count; i++)
		items[i] = (struct fp_item){.data = argv[i + 1], .size = strlen(argv[i + 1])};

	result = fp_map(pool, items, count, 0);
	if (!result) {
		perror("fp_map");
		exit(1);
	}
	for (size_t i = 0; i < count; i++) {
		/* It is ready, so this does not fail. */
		fp_result_at(result, i, &outcome);
		if (outcome.status == FP_OK)
			/* A NUL stands behind every reply. */
			printf("%s\n", (const char *)outcome.data);
		else
			printf("%s: %s\n", strerror(outcome.error), outcome.message);
		failed |= outcome.status != FP_OK;
	}

	fp_result_free(result);
	fp_free(pool);
	free(items);
	return failed ? 1 : 0;
}
