/*
 * Runs a fuzz target over files, without a fuzzer: those of a corpus, and what a fuzzer has found.
 *
 * Usage: fuzz_TARGET FILE...
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	FILE *file = fopen(path, "re");
	uint8_t *data = NULL;
	size_t size = 0, room = 0, got;
	int failed = 1;

	if (!file)
		goto done;
	do {
		uint8_t *grown = realloc(data, room = 2 * room + 4096);

		if (!grown)
			goto done;
		data = grown;
		got = fread(data + size, 1, room - size, file);
		size += got;
	} while (got > 0);
	failed = ferror(file);
	if (!failed)
		LLVMFuzzerTestOneInput(data, size);

done:
	if (failed)
		perror(path);
	if (file)
		fclose(file);
	free(data);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = argc < 2;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	if (!failed)
		printf("%d inputs\n", argc - 1);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
