/*
 * A progress bar driven by callbacks: one step for each task that has ended, well or not.
 */
#include <forkpool.h>

#include <stdio.h>
#include <string.h>

enum {
	TASKS = 200,
	WIDTH = 40
};

static int work(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	unsigned number, sum = 0;

	(void)context;
	memcpy(&number, task->data, sizeof(number));
	for (unsigned i = 0; i < number * 1000; i++)
		sum += i;
	return fp_worker_reply(worker, task->id, &sum, sizeof(sum));
}

static void step(void *context, struct fp_result *result)
{
	int *done = context, filled = ++*done * WIDTH / TASKS;

	printf("\r[%.*s%*s] %d/%d", filled, "########################################",
		WIDTH - filled, "", *done, TASKS);
	fflush(stdout);
	fp_result_free(result);
}

int main(void)
{
	int done = 0;
	struct fp_options options = {.function = work};
	struct fp_callbacks callbacks = {.success = step, .error = step, .context = &done};
	struct fp_pool *pool = fp_open(&options);

	if (!pool) {
		perror("fp_open");
		return 1;
	}
	for (unsigned i = 0; i < TASKS; i++) {
		struct fp_item item = {.data = &i, .size = sizeof(i)};

		/* Where the pool's queue is full, this waits, and the bar moves on. */
		if (!fp_apply_async(pool, &item, &callbacks))
			perror("fp_apply_async");
	}
	fp_close(pool);
	if (fp_join(pool) < 0)
		perror("fp_join");
	fp_free(pool);
	printf("\n");
	return done == TASKS ? 0 : 1;
}
