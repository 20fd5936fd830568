/*
 * Tasks that crash, and a progress bar on standard error: each task ends in one callback, and the pool goes
 * on.
 *
 * Prints what became of those that did not end well.
 */
#include <forkpool.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TASKS = 60,
	WIDTH = 30
};

struct progress {
	int done;
	int failed;
};

static int work(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	int number;

	(void)context;
	memcpy(&number, task->data, sizeof(number));
	switch (number) {
	case 13:
		abort();
	case 27:
		exit(3);
	case 41:
		return fp_worker_fail(worker, task->id, EDOM, "41 is not allowed");
	default:
		return fp_worker_reply(worker, task->id, NULL, 0);
	}
}

static void draw(const struct progress *progress)
{
	int filled = progress->done * WIDTH / TASKS;

	fprintf(stderr, "\r[%.*s%*s] %d/%d, %d failed", filled, "##############################",
		WIDTH - filled, "", progress->done, TASKS, progress->failed);
}

static void succeeded(void *context, struct fp_result *result)
{
	struct progress *progress = context;

	progress->done++;
	draw(progress);
	fp_result_free(result);
}

static void failed(void *context, struct fp_result *result)
{
	struct progress *progress = context;
	struct fp_outcome outcome;
	char text[256];

	/* It is ready, so this does not fail. The tag is the item's. */
	fp_result_at(result, 0, &outcome);
	fp_outcome_describe(&outcome, text, sizeof(text));
	printf("task %d: %s\n", (int)outcome.tag, text);
	progress->failed++;
	succeeded(progress, result);
}

int main(void)
{
	struct progress progress = {0};
	/* Each task that crashes is tried twice in all. */
	struct fp_options options = {.function = work, .attempts = 2};
	struct fp_callbacks callbacks = {
		.success = succeeded, .error = failed, .context = &progress};
	struct fp_pool *pool = fp_open(&options);

	if (!pool) {
		perror("fp_open");
		return 1;
	}
	for (int i = 0; i < TASKS; i++) {
		struct fp_item item = {.data = &i, .size = sizeof(i), .tag = (uint64_t)i};

		if (!fp_apply_async(pool, &item, &callbacks)) {
			perror("fp_apply_async");
			break;
		}
	}
	fp_close(pool);
	if (fp_join(pool) < 0)
		perror("fp_join");
	fp_free(pool);
	fprintf(stderr, "\n");
	return progress.done == TASKS ? 0 : 1;
}
