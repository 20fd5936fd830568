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
	int error = file ? 0 : errno;
	unsigned size = 0;
	size_t got;

	(void)context;
	if (!error && (!md || !EVP_DigestInit(md, EVP_sha512())))
		error = ENOMEM;
	while (!error && (got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		error = EVP_DigestUpdate(md, bytes, got) ? 0 : EIO;
	if (!error && (ferror(file) || !EVP_DigestFinal(md, digest, &size)))
		error = EIO;
	EVP_MD_CTX_free(md);
	if (file)
		fclose(file);
	if (error)
		return fp_worker_fail(worker, task->id, error, NULL);
	return fp_worker_reply(worker, task->id, digest, size);
}

/** In the parent: print what became of a file. The result's context is its path. */
static void print(void *path, struct fp_result *result)
{
	struct fp_outcome outcome;
	char text[256];

	/* It is ready, so this does not fail. */
	fp_result_at(result, 0, &outcome);
	for (size_t i = 0; i < outcome.size; i++)
		printf("%02x", ((const unsigned char *)outcome.data)[i]);
	if (outcome.status == FP_OK) {
		printf("  %s\n", (const char *)path);
	} else {
		fp_outcome_describe(&outcome, text, sizeof(text));
		fprintf(stderr, "%s: %s\n", (char *)path, text);
		failed = 1;
	}
	fp_result_free(result);
	free(path);
}

/** For each entry of the walk: submit it, waiting where the pool's queue is full. */
static int submit(const char *path, const struct stat *stat, int type, struct FTW *place)
{
	struct fp_item item = {.data = path, .size = strlen(path) + 1};
	struct fp_callbacks callbacks = {.success = print, .error = print, .context = strdup(path)};

	(void)place;
	if (!callbacks.context)
		return -1;
	if (type == FTW_F && S_ISREG(stat->st_mode) && fp_apply_async(pool, &item, &callbacks))
		return 0;
	free(callbacks.context);
	return type == FTW_F && S_ISREG(stat->st_mode) ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct fp_options options = {.function = mark};

	if (!(pool = fp_open(&options))) {
		perror("fp_open");
		return 1;
	}
	if (nftw(argc > 1 ? argv[1] : ".", submit, 32, FTW_PHYS) != 0) {
		perror("nftw");
		failed = 1;
	}
	fp_close(pool);
	if (fp_join(pool) < 0) {
		perror("fp_join");
		failed = 1;
	}
	fp_free(pool);
	return failed ? 1 : 0;
}
