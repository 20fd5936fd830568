#include "hash/hash_stream.h"

#include "hash/hasher.h"
#include "hash/hasher_task.h"
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Bytes that are read at once. */
#define BUFFER_SIZE ((size_t)128 << 10)

/** Hash all that a descriptor yields. @return 0, or -1 with errno */
static int hash_all(struct fp_worker *worker, uint64_t id, struct engine *engine, int fd,
	unsigned char *buffer, uint64_t *size)
{
	if (engine_start(engine, 0) != 0)
		return -1;
	*size = 0;
	ssize_t got;
	do {
		got = io_read(fd, buffer, BUFFER_SIZE);
		if (got < 0)
			return -1;
		*size += (uint64_t)got;
		engine_feed(engine, 0, buffer, (size_t)got, got == 0);
		size_t done[ENGINE_MAX_WIDTH];
		if (engine_run(engine, done) < 0)
			return -1;
		struct hasher_progress progress = {.read = *size};
		if (fp_worker_progress(worker, id, &progress, sizeof(progress)) != 0)
			return -1;
	} while (got > 0);
	return 0;
}

int hash_stream(struct fp_worker *worker, const struct fp_task *from, void *context)
{
	const struct hasher_context *hashers = context;
	struct hasher_task task;
	hasher_task_read(from, &task);
	bool standard_input = strcmp(task.name, "-") == 0;
	struct hasher_reply reply = {.result.state = HASHER_FAILED};
	struct hasher_result *result = &reply.result;
	unsigned char *buffer = malloc(BUFFER_SIZE);
	int fd = standard_input ? STDIN_FILENO
				: io_open_long(AT_FDCWD, task.name, O_RDONLY | O_NOCTTY);
	if (!buffer || fd < 0 ||
		hash_all(worker, from->id, hashers->engine, fd, buffer, &result->size) != 0) {
		result->error = errno;
	} else {
		result->state = HASHER_DONE;
		memcpy(result->digest, engine_digest(hashers->engine, 0), hashers->algorithm->size);
	}
	if (fd >= 0 && !standard_input)
		close(fd);
	free(buffer);
	return fp_worker_reply(worker, from->id, &reply, sizeof(reply));
}
