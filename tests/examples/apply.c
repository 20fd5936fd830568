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

/** Print the reply, or why there is none. @return how many errors that is */
static int print(const struct fp_outcome *outcome)
{
	char text[256];
	int number;

	if (outcome->status == FP_OK) {
		memcpy(&number, outcome->data, sizeof(number));
		printf(" %d", number);
		return 0;
	}
	fp_outcome_describe(outcome, text, sizeof(text));
	fprintf(stderr, "apply: %s\n", text);
	return 1;
}

static int failed(const char *call)
{
	perror(call);
	return 1;
}

int main(void)
{
	struct fp_options options = {.function = square, .processes = 4};
	struct fp_pool *pool = fp_open(&options);
	struct fp_result *results[5];
	struct fp_outcome outcome;
	int errors = 0;

	if (!pool)
		return failed("fp_open");

	printf("apply:");
	for (int i = 0; i < 5; i++) {
		struct fp_item item = {.data = &i, .size = sizeof(i)};

		if (fp_apply(pool, &item, &outcome) < 0)
			errors += failed("fp_apply");
		else
			errors += print(&outcome);
	}

	printf("\napply_async:");
	for (int i = 0; i < 5; i++) {
		struct fp_item item = {.data = &i, .size = sizeof(i)};

		results[i] = fp_apply_async(pool, &item, NULL);
		if (!results[i])
			errors += failed("fp_apply_async");
	}
	for (int i = 0; i < 5; i++) {
		if (!results[i])
			continue;
		if (fp_result_get(results[i], FP_FOREVER, &outcome) < 0)
			errors += failed("fp_result_get");
		else
			errors += print(&outcome);
		fp_result_free(results[i]);
	}
	printf("\n");

	fp_close(pool);
	if (fp_join(pool) < 0)
		errors += failed("fp_join");
	fp_free(pool);
	return errors ? 1 : 0;
}
