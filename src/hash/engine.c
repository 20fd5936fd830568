/*
 * Two ways to hash behind one interface. Without lanes, an engine is one stream over a struct digest
 * for each algorithm. With lanes, each stream keeps its message's hash value in ordinary memory, and
 * a kernel takes those of the busy streams in and out at each call. So every call is free to choose which
 * streams go together through which kernel, libcrypto being one of them, a kernel of one lane: to
 * move a message between lanes and libcrypto is nothing but the next call. Hash values that stay
 * transposed between calls would save less than a tenth of one block's time at each call, and would
 * have to be moved whenever a message begins, ends or changes kernels.
 *
 * A round compresses as many blocks of each busy stream as the shortest run of blocks among them
 * has. The padded last block of a small file is a run like any other, and shares its round with the
 * middles of other files.
 *
 *      engine_start          engine_feed              engine_run
 *   ------------------> IDLE -----------> FED ----------------------> IDLE, or FINISHED
 *                           `-----------> SPENT ------------------->'
 *
 * FED: there are blocks to compress. SPENT: there are none, the piece being shorter than a block.
 * Without lanes, every piece leads to FED.
 *
 * With lanes and other algorithms than SHA-512, each stream has a struct digest for each of these, and
 * engine_run() first takes every new piece through them, whatever state its stream is in.
 */
#include "hash/engine.h"

#include "hash/lanes.h"
#include "hash/message.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static_assert(ENGINE_MAX_WIDTH >= LANES_MAX_WIDTH, "a stream for every lane");

enum stream_state {
	STREAM_UNUSED,
	STREAM_IDLE,
	STREAM_FED,
	STREAM_SPENT,
	STREAM_FINISHED,
};

struct stream {
	enum stream_state state;
	/** Without lanes: the piece in hand, not owned. */
	const unsigned char *data;
	size_t size;
	/** The message ends with this piece. */
	bool last;
	/** With lanes: the message, and the blocks of it to compress next. */
	struct message message;
	const unsigned char *run;
	size_t run_blocks;
	/** The piece has not gone through `digests` yet. */
	bool is_new;
	/** For each algorithm its message, but NULL for that of the lanes. Owned. */
	struct digest *digests[DIGEST_SET_COUNT];
	/** Once FINISHED. */
	unsigned char digest[DIGEST_SET_SIZE];
};

struct engine {
	struct digest_set algorithms;
	/** NULL without lanes. */
	const struct lanes *lanes;
	/** Lanes even where libcrypto is faster. */
	bool lanes_only;
	bool lanes_failed;
	/** With lanes: what compresses when too few streams are busy; otherwise NULL. Owned. */
	struct digest *digest;
	/** With lanes: where the digests of SHA-512 begin. */
	size_t offset;
	size_t width;
	char name[48];
	struct stream streams[ENGINE_MAX_WIDTH];
};

/** Decide for or against lanes. @return 0, or -1 with errno as engine_new() */
static int choose_lanes(struct engine *engine, enum engine_kind kind, const struct lanes *lanes)
{
	const struct digest_algorithm *sha512 = digest_find("sha512");

	engine->width = 1;
	snprintf(engine->name, sizeof(engine->name), "libcrypto");
	if (kind == ENGINE_LIBCRYPTO)
		return 0;
	if (!lanes || !digest_set_has(&engine->algorithms, sha512)) {
		errno = ENOTSUP;
		return kind == ENGINE_LANES ? -1 : 0;
	}
	if (lanes_self_test(lanes) < 0) {
		engine->lanes_failed = errno == EIO;
		return kind == ENGINE_LANES || errno != EIO ? -1 : 0;
	}
	engine->lanes = lanes;
	engine->lanes_only = kind == ENGINE_LANES;
	engine->offset = digest_set_offset(&engine->algorithms, sha512);
	engine->width = lanes->kernels[0].width;
	snprintf(engine->name, sizeof(engine->name), "%zu lanes, %s%s", engine->width, lanes->name,
		engine->algorithms.count > 1 ? ", and libcrypto" : "");
	engine->digest = digest_new(sha512);
	return engine->digest ? 0 : -1;
}

/** Make a digest for whatever the lanes do not hash. @return 0, or -1 with errno as engine_new() */
static int make_digests(struct engine *engine, struct stream *stream)
{
	for (size_t i = 0; i < engine->algorithms.count; i++) {
		const struct digest_algorithm *algorithm = engine->algorithms.list[i];

		if (engine->lanes && algorithm == digest_find("sha512"))
			continue;
		stream->digests[i] = digest_new(algorithm);
		if (!stream->digests[i])
			return -1;
	}
	return 0;
}

struct engine *engine_new_with(
	const struct digest_set *algorithms, enum engine_kind kind, const struct lanes *lanes)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	int error;

	if (!engine)
		return NULL;
	engine->algorithms = *algorithms;
	if (choose_lanes(engine, kind, lanes) < 0)
		goto fail;
	for (size_t i = 0; i < engine->width; i++)
		if (make_digests(engine, &engine->streams[i]) < 0)
			goto fail;
	return engine;
fail:
	error = errno;
	engine_free(engine);
	errno = error;
	return NULL;
}

struct engine *engine_new(const struct digest_set *algorithms, enum engine_kind kind)
{
	return engine_new_with(algorithms, kind, lanes_best());
}

size_t engine_width(const struct engine *engine)
{
	return engine->width;
}

const char *engine_name(const struct engine *engine)
{
	return engine->name;
}

bool engine_lanes_failed(const struct engine *engine)
{
	return engine->lanes_failed;
}

int engine_start(struct engine *engine, size_t index)
{
	struct stream *stream = &engine->streams[index];

	assert(index < engine->width);
	stream->state = STREAM_UNUSED;
	stream->is_new = false;
	for (size_t i = 0; i < engine->algorithms.count; i++)
		if (stream->digests[i] && digest_start(stream->digests[i]) < 0)
			return -1;
	if (engine->lanes)
		message_start(&stream->message);
	stream->state = STREAM_IDLE;
	return 0;
}

/** Get the next blocks of the stream's piece. */
static void next_run(struct stream *stream)
{
	stream->run_blocks = message_next(&stream->message, &stream->run);
	if (stream->run_blocks == 0)
		stream->state = STREAM_SPENT;
}

void engine_feed(struct engine *engine, size_t index, const void *data, size_t size, bool last)
{
	struct stream *stream = &engine->streams[index];

	assert(index < engine->width);
	assert(stream->state == STREAM_IDLE);
	stream->data = data;
	stream->size = size;
	stream->last = last;
	stream->is_new = true;
	stream->state = STREAM_FED;
	if (engine->lanes) {
		message_feed(&stream->message, data, size, last);
		next_run(stream);
	}
}

/** The fastest kernel for so many busy streams, or NULL where libcrypto is faster than any. */
static const struct lanes_kernel *choose_kernel(const struct engine *engine, size_t busy)
{
	const struct lanes_kernel *kernel = NULL;

	for (size_t i = 0; i < engine->lanes->kernel_count; i++) {
		const struct lanes_kernel *narrower = &engine->lanes->kernels[i];
		if (busy <= narrower->width && (engine->lanes_only || busy >= narrower->fewest))
			kernel = narrower;
	}
	return kernel;
}

/** Compress so many blocks of each of the streams in lanes. */
static void compress_in_lanes(
	const struct lanes_kernel *kernel, struct stream *const busy[], size_t count, size_t blocks)
{
	uint64_t nobodys_hash[8] = {0}, *hash[LANES_MAX_WIDTH];
	const unsigned char *data[LANES_MAX_WIDTH];

	for (size_t i = 0; i < kernel->width; i++) {
		hash[i] = i < count ? busy[i]->message.hash : nobodys_hash;
		data[i] = busy[i < count ? i : 0]->run;
	}
	kernel->compress(hash, data, blocks);
}

/** Compress so many blocks of each of the streams by libcrypto. @return 0, or -1 with errno EIO */
static int compress_by_libcrypto(
	struct digest *digest, struct stream *const busy[], size_t count, size_t blocks)
{
	for (size_t i = 0; i < count; i++) {
		struct message *message = &busy[i]->message;
		/* Message does the padding, so libcrypto need not know how much went before. */
		struct digest_state state = {.bytes = 0};

		memcpy(state.hash, message->hash, sizeof(state.hash));
		if (digest_import(digest, &state) < 0 ||
			digest_update(digest, busy[i]->run, blocks * DIGEST_SHA512_BLOCK) < 0 ||
			digest_export(digest, &state) < 0)
			return -1;
		memcpy(message->hash, state.hash, sizeof(state.hash));
	}
	return 0;
}

/** Compress blocks of all busy streams until the shortest run is used up. */
static int run_round(struct engine *engine, struct stream *const busy[], size_t count)
{
	const struct lanes_kernel *kernel = choose_kernel(engine, count);
	size_t blocks = SIZE_MAX;

	for (size_t i = 0; i < count; i++)
		blocks = busy[i]->run_blocks < blocks ? busy[i]->run_blocks : blocks;
	if (kernel)
		compress_in_lanes(kernel, busy, count, blocks);
	else if (compress_by_libcrypto(engine->digest, busy, count, blocks) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct stream *stream = busy[i];

		stream->run += blocks * DIGEST_SHA512_BLOCK;
		stream->run_blocks -= blocks;
		if (stream->run_blocks == 0)
			next_run(stream);
	}
	return 0;
}

/** Take a stream's piece through its digests. @return 0, or -1 with errno EIO */
static int run_digests(const struct engine *engine, struct stream *stream)
{
	unsigned char *result = stream->digest;

	stream->is_new = false;
	for (size_t i = 0; i < engine->algorithms.count; i++) {
		struct digest *digest = stream->digests[i];

		if (digest && digest_update(digest, stream->data, stream->size) < 0)
			return -1;
		if (digest && stream->last && digest_finish(digest, result) < 0)
			return -1;
		result += engine->algorithms.list[i]->size;
	}
	return 0;
}

/** Take all new pieces through the digests of their streams. @return as run_digests() */
static int run_new(struct engine *engine)
{
	for (size_t i = 0; i < engine->width; i++) {
		struct stream *stream = &engine->streams[i];

		if (stream->is_new && run_digests(engine, stream) < 0)
			return -1;
		/* Without lanes that is all. */
		if (!engine->lanes && stream->state == STREAM_FED)
			stream->state = STREAM_SPENT;
	}
	return 0;
}

/** Give up all messages, and the pieces in hand. @return -1 */
static int lose_all(struct engine *engine)
{
	for (size_t i = 0; i < engine->width; i++) {
		engine->streams[i].state = STREAM_UNUSED;
		engine->streams[i].is_new = false;
	}
	return -1;
}

/** Report the streams that are SPENT. @return how many */
static int report(struct engine *engine, size_t done[])
{
	int count = 0;

	for (size_t i = 0; i < engine->width; i++) {
		struct stream *stream = &engine->streams[i];

		if (stream->state != STREAM_SPENT)
			continue;
		stream->state = stream->last ? STREAM_FINISHED : STREAM_IDLE;
		if (stream->last && engine->lanes)
			message_digest(&stream->message, stream->digest + engine->offset);
		done[count++] = i;
	}
	return count;
}

int engine_run(struct engine *engine, size_t done[])
{
	int reported;

	/* Nothing is new to lanes alone. */
	if ((!engine->lanes || engine->algorithms.count > 1) && run_new(engine) < 0)
		return lose_all(engine);
	while ((reported = report(engine, done)) == 0) {
		struct stream *busy[ENGINE_MAX_WIDTH];
		size_t count = 0;

		for (size_t i = 0; i < engine->width; i++)
			if (engine->streams[i].state == STREAM_FED)
				busy[count++] = &engine->streams[i];
		if (count == 0)
			return 0;
		if (run_round(engine, busy, count) < 0)
			return lose_all(engine);
	}
	return reported;
}

int engine_save(const struct engine *engine, size_t index, struct digest_state *state)
{
	assert(index < engine->width);
	assert(engine->streams[index].state == STREAM_IDLE);
	if (!digest_set_is_movable(&engine->algorithms)) {
		errno = EINVAL;
		return -1;
	}
	if (engine->lanes)
		return message_save(&engine->streams[index].message, state);
	return digest_export(engine->streams[index].digests[0], state);
}

int engine_resume(struct engine *engine, size_t index, const struct digest_state *state)
{
	if (engine_start(engine, index) < 0)
		return -1;
	if (!digest_set_is_movable(&engine->algorithms)) {
		errno = EINVAL;
		return -1;
	}
	if (engine->lanes)
		return message_resume(&engine->streams[index].message, state);
	return digest_import(engine->streams[index].digests[0], state);
}

const unsigned char *engine_digest(const struct engine *engine, size_t index)
{
	assert(index < engine->width);
	assert(engine->streams[index].state == STREAM_FINISHED);
	return engine->streams[index].digest;
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	for (size_t i = 0; i < engine->width; i++)
		for (size_t j = 0; j < engine->algorithms.count; j++)
			digest_free(engine->streams[i].digests[j]);
	digest_free(engine->digest);
	free(engine);
}
