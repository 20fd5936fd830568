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

static int failed(const char *call)
{
	perror(call);
	return 1;
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
	char text[256];
	int errors = 0;

	if (pipe(ends) < 0)
		return failed("pipe");
	pool = fp_open(&options);
	if (!pool)
		return failed("fp_open");
	result = fp_apply_async(pool, &item, NULL);
	if (!result)
		return failed("fp_apply_async");
	if (fp_result_get(result, 50, &outcome) < 0 && errno == ETIMEDOUT)
		printf("not yet\n");
	if (write(ends[1], "now", 3) != 3)
		return failed("write");
	if (fp_result_get(result, FP_FOREVER, &outcome) < 0) {
		errors = failed("fp_result_get");
	} else if (outcome.status == FP_OK) {
		printf("%s\n", (const char *)outcome.data);
	} else {
		fp_outcome_describe(&outcome, text, sizeof(text));
		fprintf(stderr, "timeout: %s\n", text);
		errors = 1;
	}
	fp_result_free(result);
	fp_free(pool);
	return errors;
}
