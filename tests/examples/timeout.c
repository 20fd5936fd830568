/*
 * get() with a time-out: it gives up waiting, not the task.
 */
#include <forkpool.h>

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/** Replies when something comes down the pipe. */
static int wait_for_word(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	char word[64];
	ssize_t size = read(*(int *)context, word, sizeof(word));

	return size < 0 ? -1 : fp_worker_reply(worker, task->id, word, (size_t)size);
}

int main(void)
{
	int ends[2];
	struct fp_options options = {
		.function = wait_for_word, .processes = 1, .context = &ends[0]};
	struct fp_item item = {.size = 0};
	struct fp_outcome outcome;
	struct fp_result *result;
	struct fp_pool *pool;

	if (pipe(ends) < 0 || !(pool = fp_open(&options)))
		return 1;
	result = fp_apply_async(pool, &item, NULL);
	if (!result)
		return 1;
	if (fp_result_get(result, 50, &outcome) < 0 && errno == ETIMEDOUT)
		printf("not yet\n");
	if (write(ends[1], "now", 3) != 3)
		return 1;
	if (fp_result_get(result, FP_FOREVER, &outcome) == 0 && outcome.status == FP_OK)
		printf("%s\n", (const char *)outcome.data);
	fp_result_free(result);
	fp_free(pool);
	return 0;
}
