/*
 * The engine, in every way that it can hash on this machine, against libcrypto hashing each message
 * whole. A small model of a worker feeds it: every piece lies in a buffer of its stream, which is
 * overwritten as soon as the engine gives it back.
 */
#include "hash/engine.h"
#include "hash/lanes.h"
#include "sha512_oracle.h"
#include "suite.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK ((size_t)DIGEST_SHA512_BLOCK)
#define MAX_LENGTH ((size_t)1025)
#define MAX_OFFSET ((size_t)64)

static unsigned char bytes[MAX_OFFSET + MAX_LENGTH];
/** The digests of the first so many bytes. */
static unsigned char expected[MAX_LENGTH + 1][64];

/** What engines are made for, unless a test says otherwise. */
static struct digest_set sha512;
/** The same of each algorithm of the list, without size to spare; and which set is tested. */
static unsigned char expected_by[DIGEST_SET_COUNT][MAX_LENGTH + 1][DIGEST_MAX_SIZE];
static const struct digest_set *set = &sha512;

/* The ways to hash. */

struct way {
	char name[64];
	enum engine_kind kind;
	const struct lanes *lanes;
};

static struct way ways[32];
static int way_count;

static void add_way(const char *name, enum engine_kind kind, const struct lanes *lanes)
{
	struct way *way = &ways[way_count++];

	assert(way_count <= (int)(sizeof(ways) / sizeof(ways[0])));
	snprintf(way->name, sizeof(way->name), "%s%s%s", name, lanes ? ", " : "",
		lanes ? lanes->name : "");
	way->kind = kind;
	way->lanes = lanes;
}

/** Every instruction set at its own choice and forced, and every kernel alone. */
static void find_ways(void)
{
	static struct lanes alone[8];
	const struct lanes *lanes;
	size_t alone_count = 0;

	add_way("libcrypto", ENGINE_LIBCRYPTO, lanes_best());
	add_way("no lanes", ENGINE_AUTO, NULL);
	for (size_t i = 0; (lanes = lanes_list(i)); i++) {
		if (!lanes->supported()) {
			printf("check_engine: skipped: this processor lacks %s\n", lanes->name);
			continue;
		}
		add_way("at its own choice", ENGINE_AUTO, lanes);
		add_way("forced", ENGINE_LANES, lanes);
		for (size_t j = 0; j < lanes->kernel_count; j++) {
			struct lanes *one = &alone[alone_count++];

			*one = *lanes;
			one->kernels = &lanes->kernels[j];
			one->kernel_count = 1;
			add_way("one kernel", ENGINE_LANES, one);
		}
	}
}

static struct engine *new_engine(const struct way *way)
{
	struct engine *engine = engine_new_with(set, way->kind, way->lanes);

	ck_assert_msg(engine != NULL, "%s", way->name);
	return engine;
}

/* The model of a worker. */

/** A message under way in a stream. */
struct job {
	size_t offset, length, fed;
	bool busy;
	unsigned char buffer[MAX_LENGTH];
};

struct worker {
	struct engine *engine;
	struct job jobs[ENGINE_MAX_WIDTH];
	/** Pieces are of random sizes up to this. */
	size_t max_piece;
	uint64_t seed;
};

static void start_job(struct worker *worker, size_t stream, size_t offset, size_t length)
{
	struct job *job = &worker->jobs[stream];

	check_quickly(engine_start(worker->engine, stream) == 0);
	job->offset = offset;
	job->length = length;
	job->fed = 0;
	job->busy = true;
}

static void feed_job(struct worker *worker, size_t stream)
{
	struct job *job = &worker->jobs[stream];
	size_t size = oracle_random(&worker->seed) % (worker->max_piece + 1);
	size_t left = job->length - job->fed;

	size = size < left ? size : left;
	/* Of any alignment. */
	unsigned char *piece = job->buffer + sizeof(job->buffer) - size;
	memcpy(piece, bytes + job->offset + job->fed, size);
	job->fed += size;
	engine_feed(worker->engine, stream, piece, size, job->fed == job->length);
}

/** Hold the digests of the first so many bytes, all of the set, against libcrypto's. */
static bool is_right(const unsigned char *digest, size_t length)
{
	if (set == &sha512)
		return memcmp(digest, expected[length], 64) == 0;
	for (size_t i = 0; i < set->count; i++) {
		size_t place = 0;

		while (digest_list(place) != set->list[i])
			place++;
		if (memcmp(digest, expected_by[place][length], set->list[i]->size) != 0)
			return false;
		digest += set->list[i]->size;
	}
	return true;
}

/** Check a stream that was reported, and feed it again. @return 1 if its message ended, else 0 */
static size_t collect_job(struct worker *worker, size_t stream)
{
	struct job *job = &worker->jobs[stream];

	check_quickly(job->busy);
	memset(job->buffer, 0xee, sizeof(job->buffer));
	if (job->fed < job->length) {
		feed_job(worker, stream);
		return 0;
	}
	job->busy = false;
	if (job->offset == 0) {
		check_quickly(is_right(engine_digest(worker->engine, stream), job->length));
	} else {
		unsigned char digest[64];

		oracle_digest(bytes + job->offset, job->length, digest);
		check_quickly(memcmp(engine_digest(worker->engine, stream), digest, 64) == 0);
	}
	return 1;
}

/** Run once and collect what was reported. @return how many messages ended */
static size_t run(struct worker *worker)
{
	size_t done[ENGINE_MAX_WIDTH], ended = 0;
	int count = engine_run(worker->engine, done);

	check_quickly(count >= 1);
	for (int i = 0; i < count; i++) {
		check_quickly(done[i] < engine_width(worker->engine));
		if (i > 0)
			check_quickly(done[i - 1] < done[i]);
		ended += collect_job(worker, done[i]);
	}
	return ended;
}

/** Hash messages of the given lengths and offset, at most so many at a time. */
static void hash_all(struct worker *worker, size_t offset, const size_t lengths[], size_t count,
	size_t at_a_time)
{
	size_t started = 0, ended = 0;

	while (ended < count) {
		for (size_t i = 0; i < at_a_time && started < count; i++) {
			if (worker->jobs[i].busy)
				continue;
			start_job(worker, i, offset, lengths[started++]);
			feed_job(worker, i);
		}
		ended += run(worker);
	}
	ck_assert_uint_eq(ended, count);
	check_quickly(engine_run(worker->engine, (size_t[ENGINE_MAX_WIDTH]){0}) == 0);
}

static struct worker worker;

static void setup(void)
{
	worker.seed = 2;
}

static void teardown(void)
{
	engine_free(worker.engine);
}

/** All lengths in an order that puts long and short side by side. */
static void mix_lengths(size_t lengths[MAX_LENGTH + 1])
{
	/* 617 and 1026 have no common divisor. */
	for (size_t i = 0; i <= MAX_LENGTH; i++)
		lengths[i] = i * 617 % (MAX_LENGTH + 1);
}

START_TEST(test_engine_lengths_in_whole_pieces)
{
	size_t lengths[MAX_LENGTH + 1];

	mix_lengths(lengths);
	worker.engine = new_engine(&ways[_i]);
	worker.max_piece = SIZE_MAX - 1;
	for (size_t n = 1; n <= engine_width(worker.engine); n++)
		hash_all(&worker, 0, lengths, MAX_LENGTH + 1, n);
}
END_TEST

START_TEST(test_engine_lengths_in_random_pieces)
{
	static const size_t max_pieces[] = {1, 2, 127, 128, 129, 300, 1000};
	size_t lengths[MAX_LENGTH + 1];

	mix_lengths(lengths);
	worker.engine = new_engine(&ways[_i]);
	for (size_t i = 0; i < sizeof(max_pieces) / sizeof(max_pieces[0]); i++) {
		worker.max_piece = max_pieces[i];
		hash_all(&worker, 0, lengths, MAX_LENGTH + 1, engine_width(worker.engine));
	}
}
END_TEST

START_TEST(test_engine_offsets)
{
	static const size_t lengths[] = {0, 1, 111, 112, 119, 120, 127, 128, 129, 1000, 1024};

	worker.engine = new_engine(&ways[_i]);
	worker.max_piece = 700;
	for (size_t offset = 0; offset < MAX_OFFSET; offset++)
		hash_all(&worker, offset, lengths, sizeof(lengths) / sizeof(lengths[0]),
			engine_width(worker.engine));
}
END_TEST

/**
 * Block by block, with a different number of busy streams at each, so that every message goes
 * through every kernel and libcrypto, and back.
 */
START_TEST(test_engine_moves_at_every_block)
{
	size_t done[ENGINE_MAX_WIDTH], fed[ENGINE_MAX_WIDTH] = {0}, ended = 0;
	size_t width;

	worker.engine = new_engine(&ways[_i]);
	width = engine_width(worker.engine);
	for (size_t i = 0; i < width; i++)
		ck_assert_int_eq(engine_start(worker.engine, i), 0);
	for (size_t round = 0; ended < width; round++) {
		size_t busy = 0;

		for (size_t i = 0; i < width && busy <= round % width; i++) {
			size_t stream = (round + i) % width;
			size_t size = MAX_LENGTH - fed[stream] < BLOCK ? MAX_LENGTH % BLOCK : BLOCK;

			if (fed[stream] == MAX_LENGTH)
				continue;
			engine_feed(worker.engine, stream, bytes + fed[stream], size,
				fed[stream] + size == MAX_LENGTH);
			fed[stream] += size;
			busy++;
		}
		while (busy > 0) {
			int count = engine_run(worker.engine, done);

			ck_assert_int_ge(count, 1);
			busy -= (size_t)count;
			for (int i = 0; i < count; i++) {
				if (fed[done[i]] < MAX_LENGTH)
					continue;
				ck_assert_mem_eq(engine_digest(worker.engine, done[i]),
					expected[MAX_LENGTH], 64);
				ended++;
			}
		}
	}
	ck_assert_uint_eq(ended, width);
}
END_TEST

START_TEST(test_engine_message_given_up)
{
	size_t ended = 0, width;

	worker.engine = new_engine(&ways[_i]);
	worker.max_piece = 400;
	width = engine_width(worker.engine);
	for (size_t i = 0; i < width; i++) {
		start_job(&worker, i, 0, MAX_LENGTH);
		feed_job(&worker, i);
	}
	/* With a piece in hand that is then gone; without one; and right after the start. */
	memset(worker.jobs[0].buffer, 0xee, MAX_LENGTH);
	start_job(&worker, 0, 0, 777);
	start_job(&worker, 0, 0, 555);
	feed_job(&worker, 0);
	run(&worker);
	start_job(&worker, 0, 0, 333);
	feed_job(&worker, 0);
	while (ended < width)
		ended += run(&worker);
	/* And once finished. */
	start_job(&worker, 0, 0, 111);
	feed_job(&worker, 0);
	while (run(&worker) == 0)
		;
}
END_TEST

START_TEST(test_engine_reports_empty_pieces)
{
	size_t done[ENGINE_MAX_WIDTH];

	worker.engine = new_engine(&ways[_i]);
	ck_assert_int_eq(engine_run(worker.engine, done), 0);
	ck_assert_int_eq(engine_start(worker.engine, 0), 0);
	ck_assert_int_eq(engine_run(worker.engine, done), 0);
	for (int i = 0; i < 3; i++) {
		engine_feed(worker.engine, 0, NULL, 0, false);
		ck_assert_int_eq(engine_run(worker.engine, done), 1);
		ck_assert_uint_eq(done[0], 0);
	}
	engine_feed(worker.engine, 0, NULL, 0, true);
	ck_assert_int_eq(engine_run(worker.engine, done), 1);
	ck_assert_mem_eq(engine_digest(worker.engine, 0), expected[0], 64);
	ck_assert_int_eq(engine_run(worker.engine, done), 0);
}
END_TEST

/** Feed each of so many streams a piece of its message, which starts at the stream's number, and
 * run until all are used up. */
static void feed_all(struct engine *engine, const size_t numbers[], size_t count, size_t from,
	size_t to, bool last)
{
	size_t done[ENGINE_MAX_WIDTH], left = count;

	for (size_t i = 0; i < count; i++)
		engine_feed(engine, i, bytes + numbers[i] + from, to - from, last);
	while (left > 0) {
		int got = engine_run(engine, done);

		check_quickly(got >= 1);
		left -= (size_t)got;
	}
}

/** Go on with saved messages in another engine, as many at a time as it has streams. */
static void resume_all(struct engine *engine, const struct digest_state states[], size_t count,
	size_t from, size_t length)
{
	size_t width = engine_width(engine), numbers[ENGINE_MAX_WIDTH];

	for (size_t at = 0; at < count; at += width) {
		size_t part = count - at < width ? count - at : width;

		for (size_t i = 0; i < part; i++) {
			/* Given up with bytes carried. */
			check_quickly(engine_start(engine, i) == 0);
			numbers[i] = at + i;
		}
		feed_all(engine, numbers, part, 0, 77, false);
		for (size_t i = 0; i < part; i++)
			check_quickly(engine_resume(engine, i, &states[at + i]) == 0);
		feed_all(engine, numbers, part, from, length, true);
		for (size_t i = 0; i < part; i++) {
			unsigned char digest[64];

			oracle_digest(bytes + at + i, length, digest);
			check_quickly(memcmp(engine_digest(engine, i), digest, 64) == 0);
		}
	}
}

/** From every engine to every other one, at every block. */
START_TEST(test_engine_saves_and_resumes)
{
	size_t width, numbers[ENGINE_MAX_WIDTH], length = 7 * BLOCK + 50;

	worker.engine = new_engine(&ways[_i]);
	width = engine_width(worker.engine);
	for (int other = 0; other < way_count; other++) {
		struct engine *target = new_engine(&ways[other]);

		for (size_t split = 0; split <= length; split += BLOCK) {
			struct digest_state states[ENGINE_MAX_WIDTH];

			for (size_t i = 0; i < width; i++) {
				check_quickly(engine_start(worker.engine, i) == 0);
				numbers[i] = i;
			}
			/* In two pieces, neither of which need end with a block. */
			feed_all(worker.engine, numbers, width, 0, split / 3, false);
			feed_all(worker.engine, numbers, width, split / 3, split, false);
			for (size_t i = 0; i < width; i++) {
				memset(&states[i], 0xee, sizeof(states[i]));
				check_quickly(engine_save(worker.engine, i, &states[i]) == 0);
				check_quickly(states[i].bytes == split);
			}
			resume_all(target, states, width, split, length);
			/* Who was asked goes on as if that had not been. */
			feed_all(worker.engine, numbers, width, split, length, true);
			check_quickly(
				memcmp(engine_digest(worker.engine, 0), expected[length], 64) == 0);
		}
		engine_free(target);
	}
}
END_TEST

START_TEST(test_engine_saves_no_message_within_a_block)
{
	static const size_t numbers[] = {0};
	struct digest_state state;

	worker.engine = new_engine(&ways[_i]);
	for (size_t size = 1; size < 2 * BLOCK; size++) {
		ck_assert_int_eq(engine_start(worker.engine, 0), 0);
		feed_all(worker.engine, numbers, 1, 0, size, false);
		errno = 0;
		ck_assert_int_eq(engine_save(worker.engine, 0, &state), size == BLOCK ? 0 : -1);
		ck_assert_int_eq(errno, size == BLOCK ? 0 : EINVAL);
		feed_all(worker.engine, numbers, 1, size, MAX_LENGTH, true);
		check_quickly(
			memcmp(engine_digest(worker.engine, 0), expected[MAX_LENGTH], 64) == 0);
		state = (struct digest_state){.bytes = size};
		errno = 0;
		ck_assert_int_eq(engine_resume(worker.engine, 0, &state), size == BLOCK ? 0 : -1);
		ck_assert_int_eq(errno, size == BLOCK ? 0 : EINVAL);
	}
}
END_TEST

START_TEST(test_engine_other_algorithms)
{
	const struct digest_algorithm *algorithm = digest_list((size_t)_i);
	const struct digest_set alone = digest_set_of(algorithm);
	struct digest *oracle = digest_new(algorithm);
	unsigned char digest[DIGEST_MAX_SIZE];
	size_t done[ENGINE_MAX_WIDTH];

	errno = 0;
	worker.engine = engine_new(&alone, ENGINE_AUTO);
	if (!oracle) {
		ck_assert_ptr_null(worker.engine);
		ck_assert_int_eq(errno, ENOTSUP);
		return;
	}
	ck_assert_int_eq(digest_update(oracle, bytes, MAX_LENGTH), 0);
	ck_assert_int_eq(digest_finish(oracle, digest), 0);
	digest_free(oracle);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(engine_start(worker.engine, 0), 0);
		engine_feed(worker.engine, 0, bytes, 100, false);
		ck_assert_int_eq(engine_run(worker.engine, done), 1);
		engine_feed(worker.engine, 0, bytes + 100, MAX_LENGTH - 100, true);
		/* Pieces of the one in hand may be many runs of blocks, with lanes. */
		ck_assert_int_eq(engine_run(worker.engine, done), 1);
		ck_assert_mem_eq(engine_digest(worker.engine, 0), digest, algorithm->size);
	}
	if (_i > 0) {
		ck_assert_uint_eq(engine_width(worker.engine), 1);
		ck_assert_str_eq(engine_name(worker.engine), "libcrypto");
		errno = 0;
		ck_assert_ptr_null(engine_new(&alone, ENGINE_LANES));
		ck_assert_int_eq(errno, ENOTSUP);
		/* What has been hashed so far can be taken out and put in, or neither. */
		struct digest_state state = {.bytes = 1};
		int expected_result = algorithm->block ? 0 : -1;
		errno = 0;
		ck_assert_int_eq(engine_resume(worker.engine, 0, &state), -1);
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_int_eq(engine_start(worker.engine, 0), 0);
		engine_feed(worker.engine, 0, bytes, BLOCK, false);
		ck_assert_int_eq(engine_run(worker.engine, done), 1);
		errno = 0;
		ck_assert_int_eq(engine_save(worker.engine, 0, &state), expected_result);
		ck_assert_int_eq(errno, algorithm->block ? 0 : EINVAL);
		if (algorithm->block) {
			ck_assert_int_eq(engine_start(worker.engine, 0), 0);
			ck_assert_int_eq(engine_resume(worker.engine, 0, &state), 0);
		}
		engine_feed(worker.engine, 0, bytes + BLOCK, MAX_LENGTH - BLOCK, true);
		ck_assert_int_eq(engine_run(worker.engine, done), 1);
		ck_assert_mem_eq(engine_digest(worker.engine, 0), digest, algorithm->size);
	}
}
END_TEST

/* Several algorithms. */

static struct digest_set sets[5];
#define SETS ((int)(sizeof(sets) / sizeof(sets[0])))

/** SHA-512 before, between and behind others; none; and all that this libcrypto has. */
static void make_sets(void)
{
	static const char *const names[][3] = {{"sha512", "sha1"}, {"md5", "sha512", "sha256"},
		{"sha256", "blake2b512", "sha512"}, {"sha256", "md5"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (size_t j = 0; j < 3 && names[i][j]; j++)
			digest_set_add(&sets[i], digest_find(names[i][j]));
	for (size_t i = 0; digest_list(i); i++) {
		struct digest *digest = digest_new(digest_list(i));

		if (!digest)
			continue;
		digest_set_add(&sets[SETS - 1], digest_list(i));
		for (size_t length = 0; length <= MAX_LENGTH; length++) {
			if (digest_start(digest) < 0 || digest_update(digest, bytes, length) < 0 ||
				digest_finish(digest, expected_by[i][length]) < 0)
				abort();
		}
		digest_free(digest);
	}
}

/** Begin a test of a set in one way. @return whether that is one: lanes hash nothing but SHA-512 */
static bool begin_set(int number)
{
	const struct way *way = &ways[number / SETS];

	set = &sets[number % SETS];
	if (digest_set_has(set, digest_find("sha512")) || way->kind != ENGINE_LANES) {
		worker.engine = new_engine(way);
		return true;
	}
	errno = 0;
	ck_assert_ptr_null(engine_new_with(set, way->kind, way->lanes));
	ck_assert_int_eq(errno, ENOTSUP);
	return false;
}

START_TEST(test_engine_sets)
{
	static const size_t edges[] = {
		0, 1, 111, 112, 127, 128, 129, 63, 64, 65, 55, 56, 255, 256, 257, 1024, 1025, 0};
	size_t lengths[MAX_LENGTH + 1];

	if (!begin_set(_i))
		return;
	for (size_t n = 1; n <= engine_width(worker.engine); n++) {
		worker.max_piece = SIZE_MAX - 1;
		hash_all(&worker, 0, edges, sizeof(edges) / sizeof(edges[0]), n);
		worker.max_piece = 150;
		hash_all(&worker, 0, edges, sizeof(edges) / sizeof(edges[0]), n);
	}
	mix_lengths(lengths);
	hash_all(&worker, 0, lengths, MAX_LENGTH + 1, engine_width(worker.engine));
}
END_TEST

/** Given up between two pieces, with a piece in hand, and at its end: all algorithms begin anew. */
START_TEST(test_engine_sets_given_up)
{
	size_t done[ENGINE_MAX_WIDTH];

	if (!begin_set(_i))
		return;
	for (size_t way = 0; way < 3; way++) {
		size_t width = engine_width(worker.engine);

		for (size_t i = 0; i < width; i++) {
			ck_assert_int_eq(engine_start(worker.engine, i), 0);
			engine_feed(worker.engine, i, bytes, 77, way == 2);
		}
		if (way != 1)
			ck_assert_int_eq(engine_run(worker.engine, done), (int)width);
		/* Every other one; the rest goes on. Nothing of a piece that was given up is hashed. */
		for (size_t i = 0; i < width; i += 2)
			ck_assert_int_eq(engine_start(worker.engine, i), 0);
		ck_assert_int_eq(engine_run(worker.engine, done), way == 1 ? (int)width / 2 : 0);
		for (size_t i = 0; i < width; i += 2)
			engine_feed(worker.engine, i, bytes, 300 + i, true);
		for (size_t i = 1; i < width && way == 0; i += 2)
			engine_feed(worker.engine, i, bytes + 77, 400, true);
		while (engine_run(worker.engine, done) > 0)
			;
		for (size_t i = 0; i < width; i += 2)
			ck_assert(is_right(engine_digest(worker.engine, i), 300 + i));
		for (size_t i = 1; i < width && way != 1; i += 2)
			ck_assert(is_right(engine_digest(worker.engine, i), way == 0 ? 477 : 77));
	}
}
END_TEST

/** Nor can their states be moved, not even at the end of a block. */
START_TEST(test_engine_sets_are_not_movable)
{
	struct digest_state state = {.bytes = 0};
	size_t done[ENGINE_MAX_WIDTH];

	if (!begin_set(_i))
		return;
	ck_assert_int_eq(engine_start(worker.engine, 0), 0);
	engine_feed(worker.engine, 0, bytes, 2 * BLOCK, false);
	ck_assert_int_eq(engine_run(worker.engine, done), 1);
	errno = 0;
	ck_assert_int_eq(engine_save(worker.engine, 0, &state), -1);
	ck_assert_int_eq(errno, EINVAL);
	/* It goes on as if nothing had been asked. */
	engine_feed(worker.engine, 0, bytes + 2 * BLOCK, 44, true);
	ck_assert_int_eq(engine_run(worker.engine, done), 1);
	ck_assert(is_right(engine_digest(worker.engine, 0), 300));
	errno = 0;
	ck_assert_int_eq(engine_resume(worker.engine, 0, &state), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

/* libcrypto, which fails at a call. */

/** Calls until one fails; 0: none does. */
static int calls_left;

static bool fails_now(void)
{
	return calls_left > 0 && --calls_left == 0;
}

int EVP_DigestInit_ex2(EVP_MD_CTX *context, const EVP_MD *method, const OSSL_PARAM *parameters)
{
	int (*real)(EVP_MD_CTX *, const EVP_MD *, const OSSL_PARAM *);

	*(void **)&real = dlsym(RTLD_NEXT, "EVP_DigestInit_ex2");
	return fails_now() ? 0 : real(context, method, parameters);
}

int EVP_DigestUpdate(EVP_MD_CTX *context, const void *data, size_t size)
{
	int (*real)(EVP_MD_CTX *, const void *, size_t);

	*(void **)&real = dlsym(RTLD_NEXT, "EVP_DigestUpdate");
	return fails_now() ? 0 : real(context, data, size);
}

int EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *result, unsigned *size)
{
	int (*real)(EVP_MD_CTX *, unsigned char *, unsigned *);

	*(void **)&real = dlsym(RTLD_NEXT, "EVP_DigestFinal_ex");
	return fails_now() ? 0 : real(context, result, size);
}

/** Hash a message in every stream, in two pieces. @return 0, or -1 with errno where that failed */
static int hash_in_all_streams(struct engine *engine)
{
	size_t done[ENGINE_MAX_WIDTH], width = engine_width(engine);

	for (size_t i = 0; i < width; i++) {
		if (engine_start(engine, i) < 0)
			return -1;
		engine_feed(engine, i, bytes, 200, false);
	}
	if (engine_run(engine, done) < 0)
		return -1;
	for (size_t i = 0; i < width; i++)
		engine_feed(engine, i, bytes + 200, 100 + i, true);
	return engine_run(engine, done) < 0 ? -1 : 0;
}

/** Hash a message in one stream, when no piece is in hand: with so many calls of libcrypto. */
static void hash_in_one_stream(int calls)
{
	size_t done[ENGINE_MAX_WIDTH];

	calls_left = 1000;
	ck_assert_int_eq(engine_start(worker.engine, 0), 0);
	engine_feed(worker.engine, 0, bytes, 300, true);
	ck_assert_int_eq(engine_run(worker.engine, done), 1);
	ck_assert(is_right(engine_digest(worker.engine, 0), 300));
	ck_assert_int_eq(calls_left, 1000 - calls);
}

/**
 * No failure is lost, wherever it is. One within engine_run() gives all pieces back. Afterwards all messages
 * begin anew.
 */
START_TEST(test_engine_sets_fail)
{
	int failures = 0, status = -1, methods = 0;

	if (!begin_set(_i))
		return;
	for (size_t i = 0; i < set->count; i++)
		methods += set->list[i]->block == 0;
	for (int call = 1; status < 0; call++) {
		calls_left = call;
		errno = 0;
		status = hash_in_all_streams(worker.engine);
		ck_assert(status == 0 ? calls_left > 0 : errno == EIO);
		failures += status < 0;
		if (call > methods * (int)engine_width(worker.engine))
			hash_in_one_stream(3 * methods);
		calls_left = 0;
		ck_assert_int_eq(hash_in_all_streams(worker.engine), 0);
		for (size_t i = 0; i < engine_width(worker.engine); i++)
			ck_assert(is_right(engine_digest(worker.engine, i), 300 + i));
	}
	/* Each algorithm that goes through EVP: a start, two pieces, and an end. */
	ck_assert_int_eq(failures, 4 * methods * (int)engine_width(worker.engine));
}
END_TEST

START_TEST(test_engine_names_of_sets)
{
	const struct lanes *best = lanes_best();
	char name[48];

	worker.engine = engine_new(&sets[0], ENGINE_AUTO);
	ck_assert_uint_eq(engine_width(worker.engine), best ? best->kernels[0].width : 1);
	if (best)
		snprintf(name, sizeof(name), "%zu lanes, %s, and libcrypto", best->kernels[0].width,
			best->name);
	ck_assert_str_eq(engine_name(worker.engine), best ? name : "libcrypto");
}
END_TEST

/* Which kernel is chosen, and whether a wrong one is: kernels made of libcrypto. */

static size_t fake_calls[2];
static bool fake_is_wrong;

static void fake_compress(size_t which, size_t width, uint64_t *const hash[],
	const unsigned char *const data[], size_t blocks)
{
	fake_calls[which]++;
	for (size_t i = 0; i < width; i++) {
		oracle_compress(hash[i], data[i], blocks);
		hash[i][0] += fake_is_wrong;
	}
}

static void fake_compress_8(
	uint64_t *const hash[], const unsigned char *const data[], size_t blocks)
{
	fake_compress(0, 8, hash, data, blocks);
}

static void fake_compress_4(
	uint64_t *const hash[], const unsigned char *const data[], size_t blocks)
{
	fake_compress(1, 4, hash, data, blocks);
}

static bool supported(void)
{
	return true;
}

static const struct lanes_kernel fake_kernels[] = {
	{8, 6, fake_compress_8},
	{4, 3, fake_compress_4},
};

static const struct lanes fake_lanes = {"fake", supported, fake_kernels, 2};

/** Which kernel compresses when so many streams are busy: its width, or 1 for libcrypto. */
static size_t kernel_for(struct engine *engine, size_t busy)
{
	size_t done[ENGINE_MAX_WIDTH];

	memset(fake_calls, 0, sizeof(fake_calls));
	for (size_t i = 0; i < busy; i++) {
		ck_assert_int_eq(engine_start(engine, i), 0);
		engine_feed(engine, i, bytes, MAX_LENGTH, true);
	}
	ck_assert_int_eq(engine_run(engine, done), (int)busy);
	for (size_t i = 0; i < busy; i++)
		ck_assert_mem_eq(engine_digest(engine, i), expected[MAX_LENGTH], 64);
	/* One call for the blocks, one for the ends, whatever the kernel. */
	if (fake_calls[0] == 2 && fake_calls[1] == 0)
		return 8;
	if (fake_calls[0] == 0 && fake_calls[1] == 2)
		return 4;
	ck_assert_uint_eq(fake_calls[0] + fake_calls[1], 0);
	return 1;
}

START_TEST(test_engine_chooses_the_narrowest_that_pays)
{
	/* Five streams are too many for four lanes, and too few for eight to be worth it. */
	static const size_t expected_width[] = {0, 1, 1, 4, 4, 1, 8, 8, 8};

	worker.engine = engine_new_with(&sha512, ENGINE_AUTO, &fake_lanes);
	ck_assert_uint_eq(engine_width(worker.engine), 8);
	ck_assert_str_eq(engine_name(worker.engine), "8 lanes, fake");
	for (size_t busy = 1; busy <= 8; busy++)
		ck_assert_uint_eq(kernel_for(worker.engine, busy), expected_width[busy]);
}
END_TEST

START_TEST(test_engine_lanes_only)
{
	worker.engine = engine_new_with(&sha512, ENGINE_LANES, &fake_lanes);
	for (size_t busy = 1; busy <= 8; busy++)
		ck_assert_uint_eq(kernel_for(worker.engine, busy), busy <= 4 ? 4 : 8);
}
END_TEST

START_TEST(test_engine_libcrypto_only)
{
	worker.engine = engine_new_with(&sha512, ENGINE_LIBCRYPTO, &fake_lanes);
	ck_assert_uint_eq(engine_width(worker.engine), 1);
	ck_assert_str_eq(engine_name(worker.engine), "libcrypto");
	ck_assert_uint_eq(kernel_for(worker.engine, 1), 1);
	ck_assert(!engine_lanes_failed(worker.engine));
}
END_TEST

START_TEST(test_engine_falls_back_from_wrong_lanes)
{
	fake_is_wrong = true;
	worker.engine = engine_new_with(&sha512, ENGINE_AUTO, &fake_lanes);
	ck_assert(engine_lanes_failed(worker.engine));
	ck_assert_uint_eq(engine_width(worker.engine), 1);
	ck_assert_str_eq(engine_name(worker.engine), "libcrypto");
	ck_assert_uint_eq(kernel_for(worker.engine, 1), 1);
	errno = 0;
	ck_assert_ptr_null(engine_new_with(&sha512, ENGINE_LANES, &fake_lanes));
	ck_assert_int_eq(errno, EIO);
}
END_TEST

START_TEST(test_engine_without_lanes)
{
	worker.engine = engine_new_with(&sha512, ENGINE_AUTO, NULL);
	ck_assert_uint_eq(engine_width(worker.engine), 1);
	ck_assert(!engine_lanes_failed(worker.engine));
	errno = 0;
	ck_assert_ptr_null(engine_new_with(&sha512, ENGINE_LANES, NULL));
	ck_assert_int_eq(errno, ENOTSUP);
}
END_TEST

START_TEST(test_engine_takes_the_best_lanes)
{
	const struct lanes *best = lanes_best();

	worker.engine = engine_new(&sha512, ENGINE_AUTO);
	ck_assert(!engine_lanes_failed(worker.engine));
	ck_assert_uint_eq(engine_width(worker.engine), best ? best->kernels[0].width : 1);
	if (best)
		ck_assert_ptr_nonnull(strstr(engine_name(worker.engine), best->name));
}
END_TEST

START_TEST(test_engine_free_null)
{
	engine_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine");
	sha512 = digest_set_of(digest_find("sha512"));
	TCase *each = tcase_create("each way"), *tcase = tcase_create("choice");

	oracle_fill(bytes, sizeof(bytes), 1);
	for (size_t i = 0; i <= MAX_LENGTH; i++)
		oracle_digest(bytes, i, expected[i]);
	make_sets();
	find_ways();
	fflush(stdout);
	suite_add_tcase(suite, each);
	tcase_add_checked_fixture(each, setup, teardown);
	tcase_set_timeout(each, 60);
	tcase_add_loop_test(each, test_engine_lengths_in_whole_pieces, 0, way_count);
	tcase_add_loop_test(each, test_engine_lengths_in_random_pieces, 0, way_count);
	tcase_add_loop_test(each, test_engine_offsets, 0, way_count);
	tcase_add_loop_test(each, test_engine_moves_at_every_block, 0, way_count);
	tcase_add_loop_test(each, test_engine_message_given_up, 0, way_count);
	tcase_add_loop_test(each, test_engine_reports_empty_pieces, 0, way_count);
	tcase_add_loop_test(each, test_engine_saves_and_resumes, 0, way_count);
	tcase_add_loop_test(each, test_engine_saves_no_message_within_a_block, 0, way_count);
	tcase_add_loop_test(each, test_engine_sets, 0, way_count * SETS);
	tcase_add_loop_test(each, test_engine_sets_given_up, 0, way_count * SETS);
	tcase_add_loop_test(each, test_engine_sets_fail, 0, way_count * SETS);
	tcase_add_loop_test(each, test_engine_sets_are_not_movable, 0, way_count * SETS);
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_engine_names_of_sets);
	tcase_add_loop_test(tcase, test_engine_other_algorithms, 0, 16);
	tcase_add_test(tcase, test_engine_chooses_the_narrowest_that_pays);
	tcase_add_test(tcase, test_engine_lanes_only);
	tcase_add_test(tcase, test_engine_libcrypto_only);
	tcase_add_test(tcase, test_engine_falls_back_from_wrong_lanes);
	tcase_add_test(tcase, test_engine_without_lanes);
	tcase_add_test(tcase, test_engine_takes_the_best_lanes);
	tcase_add_test(tcase, test_engine_free_null);
	return suite_run(suite);
}
