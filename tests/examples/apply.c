/*
 * apply against apply_async: one call that waits for its reply, and several that do not.
 *
 * Prints the squares of 0 to 4, first one by one, then computed side by side.
 */
#include <forkpool.h>

#include <stdio.h>
#include <string.h>

static int square(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	int number;

	(void)context;
	memcpy(&number, task->data, sizeof(number));
	number *= number;
	return fp_worker_reply(worker, task->id, &number, sizeof(number));
}

static void print(const struct fp_outcome *outcome)
{
	int number;

	memcpy(&number, outcome->data, sizeof(number));
	printf(" %d", number);
}

int main(void)
{
	struct fp_options options = {.function = square, .processes = 4};
	struct fp_pool *pool = fp_open(&options);
	struct fp_result *results[5];
	struct fp_outcome outcome;

	if (!pool)
		return 1;

	printf("apply:");
	for (int i = 0; i < 5; i++) {
		struct fp_item item = {.data = &i, .size = sizeof(i)};

		if (fp_apply(pool, &item, &outcome) == 0 && outcome.status == FP_OK)
			print(&outcome);
	}

	printf("\napply_async:");
	for (int i = 0; i < 5; i++) {
		struct fp_item item = {.data = &i, .size = sizeof(i)};

		results[i] = fp_apply_async(pool, &item, NULL);
	}
	for (int i = 0; i < 5; i++) {
		if (results[i] && fp_result_get(results[i], FP_FOREVER, &outcome) == 0 &&
			outcome.status == FP_OK)
			print(&outcome);
		fp_result_free(results[i]);
	}
	printf("\n");

	fp_close(pool);
	fp_join(pool);
	fp_free(pool);
	return 0;
}
