#include "hash/engine.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/** What a stream is doing; engine_start() leads to STREAM_IDLE from everywhere. */
enum stream_state {
	/** No message. */
	STREAM_UNUSED,
	/** Waits for a piece. */
	STREAM_IDLE,
	/** Has a piece in hand. */
	STREAM_FED,
	/** The digest is there. */
	STREAM_FINISHED,
};

struct stream {
	enum stream_state state;
	/** The piece in hand, not owned. */
	const unsigned char *data;
	size_t size;
	bool last;
	unsigned char digest[DIGEST_MAX_SIZE];
};

struct engine {
	struct digest *digest;
	struct stream stream;
};

struct engine *engine_new(const struct digest_algorithm *algorithm, enum engine_kind kind)
{
	struct engine *engine;

	if (kind == ENGINE_LANES) {
		errno = ENOTSUP;
		return NULL;
	}
	engine = calloc(1, sizeof(*engine));
	if (!engine)
		return NULL;
	engine->digest = digest_new(algorithm);
	if (!engine->digest) {
		int error = errno;
		engine_free(engine);
		errno = error;
		return NULL;
	}
	return engine;
}

size_t engine_width(const struct engine *engine)
{
	(void)engine;
	return 1;
}

const char *engine_name(const struct engine *engine)
{
	(void)engine;
	return "libcrypto";
}

bool engine_lanes_failed(const struct engine *engine)
{
	(void)engine;
	return false;
}

int engine_start(struct engine *engine, size_t stream)
{
	assert(stream < engine_width(engine));
	if (digest_start(engine->digest) < 0)
		return -1;
	engine->stream.state = STREAM_IDLE;
	return 0;
}

void engine_feed(struct engine *engine, size_t stream, const void *data, size_t size, bool last)
{
	assert(stream < engine_width(engine));
	assert(engine->stream.state == STREAM_IDLE);
	engine->stream.state = STREAM_FED;
	engine->stream.data = data;
	engine->stream.size = size;
	engine->stream.last = last;
}

int engine_run(struct engine *engine, size_t done[])
{
	struct stream *stream = &engine->stream;

	if (stream->state != STREAM_FED)
		return 0;
	stream->state = STREAM_UNUSED;
	if (digest_update(engine->digest, stream->data, stream->size) < 0)
		return -1;
	if (stream->last && digest_finish(engine->digest, stream->digest) < 0)
		return -1;
	stream->state = stream->last ? STREAM_FINISHED : STREAM_IDLE;
	done[0] = 0;
	return 1;
}

const unsigned char *engine_digest(const struct engine *engine, size_t stream)
{
	assert(stream < engine_width(engine));
	assert(engine->stream.state == STREAM_FINISHED);
	return engine->stream.digest;
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	digest_free(engine->digest);
	free(engine);
}
