#include "hash/hash_stream.h"

#include "hash/direct.h"
#include "hash/hasher.h"
#include "hash/hasher_task.h"
#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/** Bytes that are read at once. */
#define BUFFER_SIZE ((size_t)128 << 10)

/** What is read, and how. */
struct stream {
	int fd;
	/** It is read past the page cache, into `buffer`; otherwise into `bytes`. */
	bool direct;
	struct direct_buffer buffer;
	unsigned char *bytes;
};

/** Open what a task names. @return 0, or -1 with errno */
static int open_stream(
	const struct hasher_task *task, struct stream *stream, struct hasher_result *result)
{
	bool standard_input = strcmp(task->name, "-") == 0;
	stream->fd = standard_input ? STDIN_FILENO
				    : io_open_long(AT_FDCWD, task->name, O_RDONLY | O_NOCTTY);
	struct stat status;
	if (stream->fd < 0 || !task->head.uncached || fstat(stream->fd, &status) != 0)
		return stream->fd < 0 ? -1 : 0;
	/* The flag would stay with whoever else has the descriptor. */
	if (standard_input && (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode)))
		result->refusal.reason = DIRECT_NOT_INPUT;
	else if (S_ISBLK(status.st_mode))
		stream->direct = direct_begin_device(stream->fd);
	return 0;
}

/** Read the next piece. @return as io_read() */
static ssize_t read_piece(struct stream *stream, uint64_t offset, unsigned char **data)
{
	bool end;
	if (stream->direct)
		return direct_read(stream->fd, &stream->buffer, offset, DIRECT_SIZE, data, &end);
	if (!stream->bytes && !(stream->bytes = malloc(BUFFER_SIZE)))
		return -1;
	*data = stream->bytes;
	return io_read(stream->fd, stream->bytes, BUFFER_SIZE);
}

/** Hash all that a stream yields. @return 0, or -1 with errno */
static int hash_all(struct fp_worker *worker, uint64_t id, struct engine *engine,
	struct stream *stream, uint64_t *size)
{
	if (engine_start(engine, 0) != 0)
		return -1;
	*size = 0;
	ssize_t got;
	do {
		unsigned char *buffer;
		got = read_piece(stream, *size, &buffer);
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
	struct hasher_reply reply = {.result.state = HASHER_FAILED};
	struct hasher_result *result = &reply.result;
	time_t begun = time(NULL);
	struct stream stream = {.fd = -1};
	const unsigned char *digest = NULL;
	size_t digest_size = 0;
	if (open_stream(&task, &stream, result) != 0 ||
		hash_all(worker, from->id, hashers->engine, &stream, &result->size) != 0) {
		result->error = errno;
	} else {
		result->state = HASHER_DONE;
		result->read = begun;
		digest = engine_digest(hashers->engine, 0);
		digest_size = hashers->algorithms->size;
	}
	if (stream.fd >= 0 && stream.fd != STDIN_FILENO)
		close(stream.fd);
	free(stream.bytes);
	direct_free(&stream.buffer);
	unsigned char room[HASHER_REPLY_SIZE + DIGEST_SET_SIZE];
	size_t size = hasher_reply_write(&reply, digest, digest_size, room);
	return fp_worker_reply(worker, from->id, room, size);
}
