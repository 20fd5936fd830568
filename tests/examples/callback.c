/*
 * A callback that collects results in the order in which they come.
 *
 * Prints the numbers 0 to 9 that the callback was given, sorted, and how many.
 */
#include <forkpool.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct collection {
	int numbers[10];
	int count;
};

static int echo(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)context;
	return fp_worker_reply(worker, task->id, task->data, task->size);
}

/** Where the task has ended as FP_OK. */
static void collect(void *context, struct fp_result *result)
{
	struct collection *collection = context;
	struct fp_outcome outcome;

	/* It is ready, so this does not fail. */
	fp_result_at(result, 0, &outcome);
	memcpy(&collection->numbers[collection->count++], outcome.data, sizeof(int));
	/* Nobody else has it. */
	fp_result_free(result);
}

/** Where it has not. */
static void complain(void *context, struct fp_result *result)
{
	struct fp_outcome outcome;
	char text[256];

	(void)context;
	fp_result_at(result, 0, &outcome);
	fp_outcome_describe(&outcome, text, sizeof(text));
	fprintf(stderr, "callback: %s\n", text);
	fp_result_free(result);
}

static int compare(const void *one, const void *other)
{
	return *(const int *)one - *(const int *)other;
}

int main(void)
{
	struct collection collection = {.count = 0};
	struct fp_options options = {.function = echo, .processes = 4};
	struct fp_callbacks callbacks = {
		.success = collect, .error = complain, .context = &collection};
	struct fp_pool *pool = fp_open(&options);

	if (!pool) {
		perror("fp_open");
		return 1;
	}
	for (int i = 0; i < 10; i++) {
		struct fp_item item = {.data = &i, .size = sizeof(i)};

		if (!fp_apply_async(pool, &item, &callbacks))
			perror("fp_apply_async");
	}
	fp_close(pool);
	if (fp_join(pool) < 0)
		perror("fp_join");
	fp_free(pool);

	qsort(collection.numbers, (size_t)collection.count, sizeof(int), compare);
	for (int i = 0; i < collection.count; i++)
		printf("%d ", collection.numbers[i]);
	printf("(%d)\n", collection.count);
	return collection.count == 10 ? 0 : 1;
}
