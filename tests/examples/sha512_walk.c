/*
 * The SHA-512 of every file below a directory, as the tutorials on process pools compute it. (For
 * real use there is treesum, which knows what to do about all that can go wrong.)
 */
#include <forkpool.h>

#include <errno.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fp_pool *pool;
static int failed;

/** In a worker: reply with the digest of one file. */
static int mark(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	static unsigned char bytes[65536], digest[EVP_MAX_MD_SIZE];
	FILE *file = fopen(task->data, "re");
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned size = 0;
	size_t got;

	(void)context;
	if (!file || !md || !EVP_DigestInit(md, EVP_sha512()))
		return -1;
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		EVP_DigestUpdate(md, bytes, got);
	if (ferror(file))
		return fp_worker_fail(worker, task->id, EIO, NULL);
	EVP_DigestFinal(md, digest, &size);
	EVP_MD_CTX_free(md);
	fclose(file);
	return fp_worker_reply(worker, task->id, digest, size);
}

/** In the parent: print what became of a file. The result's context is its path. */
static void print(void *path, struct fp_result *result)
{
	struct fp_outcome outcome;

	fp_result_get(result, 0, &outcome);
	for (size_t i = 0; i < outcome.size; i++)
		printf("%02x", ((const unsigned char *)outcome.data)[i]);
	if (outcome.status == FP_OK)
		printf("  %s\n", (const char *)path);
	else
		failed = fprintf(stderr, "%s: %s\n", (char *)path, strerror(outcome.error));
	fp_result_free(result);
	free(path);
}

/** For each entry of the walk: submit it, waiting where the pool's queue is full. */
static int submit(const char *path, const struct stat *stat, int type, struct FTW *place)
{
	struct fp_item item = {.data = path, .size = strlen(path) + 1};
	struct fp_callbacks callbacks = {.success = print, .error = print, .context = strdup(path)};

	(void)place;
	if (type == FTW_F && S_ISREG(stat->st_mode))
		return callbacks.context && fp_apply_async(pool, &item, &callbacks) ? 0 : -1;
	free(callbacks.context);
	return 0;
}

int main(int argc, char **argv)
{
	struct fp_options options = {.function = mark};

	if (!(pool = fp_open(&options)))
		return 1;
	failed = nftw(argc > 1 ? argv[1] : ".", submit, 32, FTW_PHYS) != 0;
	fp_close(pool);
	failed |= fp_join(pool) < 0;
	fp_free(pool);
	return failed ? 1 : 0;
}
