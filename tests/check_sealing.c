/*
 * manifest/sealing: a manifest that was sealed is sound, and not in any other state.
 */
#include "manifest/sealing.h"
#include "sha512_oracle.h"
#include "suite.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define HEX \
	"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce" \
	"47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"

/** A comment, a stream, an empty line and three files. */
static const char body[] = "# a comment\n" HEX "  -\n"
			   "\n"
			   "#= 10 1.000000000 2.000000000\n" HEX "  a\n"
			   "#= 0 -0.500000000 -\n" HEX "  b\n"
			   "#= 32 3.000000000 -\n" HEX "  c\n";

/** A manifest. */
struct text {
	char bytes[4096];
	size_t size;
};

static void add(struct text *text, const char *bytes, size_t size)
{
	ck_assert_uint_le(text->size + size, sizeof(text->bytes));
	memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
}

/** Take all lines of a text. @return the sealing, to be freed */
static struct sealing *take(const char *bytes, size_t size)
{
	struct sealing *sealing = sealing_new(NULL);
	ck_assert_ptr_nonnull(sealing);
	while (size > 0) {
		const char *end = memchr(bytes, '\n', size);
		size_t line_size = end ? (size_t)(end + 1 - bytes) : size;
		struct annotation annotation;
		ck_assert_int_ge(sealing_take(sealing, bytes, line_size, &annotation), 0);
		bytes += line_size;
		size -= line_size;
	}
	return sealing;
}

/** Add the seal of all that is there. */
static void add_seal(struct text *text)
{
	struct sealing *sealing = take(text->bytes, text->size);
	struct seal seal;
	char line[ANNOTATION_BOUND];
	ck_assert_int_eq(sealing_seal(sealing, &seal), 0);
	add(text, line, annotation_print_seal(&seal, line));
	sealing_free(sealing);
}

static enum sealing_verdict verdict(const char *bytes, size_t size)
{
	struct sealing *sealing = take(bytes, size);
	enum sealing_verdict verdict = sealing_verdict(sealing, NULL);
	sealing_free(sealing);
	return verdict;
}

static struct text sealed(void)
{
	struct text text = {0};
	add(&text, body, sizeof(body) - 1);
	add_seal(&text);
	return text;
}

/** The seal counts files, streams too, and adds up bytes; its digest is that of all before it. */
START_TEST(test_sealing_seal)
{
	struct text text = sealed();
	struct sealing *sealing = take(text.bytes, text.size);
	struct seal seal;
	ck_assert_int_eq(sealing_verdict(sealing, &seal), SEALING_SOUND);
	ck_assert_uint_eq(seal.files, 4);
	ck_assert_uint_eq(seal.bytes, 42);
	unsigned char expected[64];
	oracle_digest(body, sizeof(body) - 1, expected);
	ck_assert_mem_eq(seal.digest, expected, sizeof(expected));
	sealing_free(sealing);
	ck_assert_ptr_null(sealing_reason(SEALING_SOUND));
	ck_assert_ptr_null(sealing_reason(SEALING_PLAIN));
}
END_TEST

/** A seal that is sound also tells which part of a run the manifest is. */
START_TEST(test_sealing_shard)
{
	struct sealing *sealing = take(body, sizeof(body) - 1);
	struct text text = {0};
	struct seal seal, read;
	char line[ANNOTATION_BOUND];
	add(&text, body, sizeof(body) - 1);
	const struct seal_shard shard = {
		.index = 2, .count = 3, .errors = 1, .listed = 9, .names = 7, .options = "run"};
	sealing_shard(sealing, &shard);
	ck_assert_int_eq(sealing_seal(sealing, &seal), 0);
	sealing_free(sealing);
	size_t size = annotation_print_seal(&seal, line);
	add(&text, line, size);
	sealing = take(text.bytes, text.size);
	ck_assert_int_eq(sealing_verdict(sealing, &read), SEALING_SOUND);
	sealing_free(sealing);
	ck_assert_uint_eq(read.shard.listed, 9);
	ck_assert_uint_eq(read.shard.names, 7);
	ck_assert_uint_eq(read.shard.index, 2);
	ck_assert_uint_eq(read.shard.count, 3);
	ck_assert_uint_eq(read.shard.errors, 1);
	ck_assert_mem_eq(read.shard.options, seal.shard.options, ANNOTATION_OPTIONS);
	/* All that it says is in its digest. */
	for (int i = 0; i < 5; i++) {
		struct seal other = seal;
		other.shard.index -= i == 0;
		other.shard.count += i == 1;
		other.shard.errors -= i == 2;
		other.shard.listed += i == 3;
		other.shard.names += i == 4;
		annotation_print_seal(&other, text.bytes + text.size - size);
		sealing = take(text.bytes, text.size);
		ck_assert_int_eq(sealing_verdict(sealing, &read), SEALING_EDITED);
		sealing_free(sealing);
	}
}
END_TEST

START_TEST(test_sealing_take_tells_what_a_line_is)
{
	static const char state[] = "#= 10 1.000000000 2.000000000\n";
	struct annotation annotation;
	struct sealing *sealing = sealing_new(NULL);
	ck_assert_int_eq(
		sealing_take(sealing, state, sizeof(state) - 1, &annotation), ANNOTATION_STATE);
	ck_assert_uint_eq(annotation.size, 10);
	ck_assert_int_eq(annotation.ctime.tv_sec, 2);
	ck_assert_int_eq(sealing_take(sealing, "x\n", 2, &annotation), ANNOTATION_NONE);
	ck_assert_int_eq(sealing_take(sealing, "#= 1\n", 5, &annotation), ANNOTATION_NONE);
	ck_assert_int_eq(
		sealing_take(sealing, "#end files=1\n", 13, &annotation), ANNOTATION_MALFORMED);
	ck_assert_int_eq(sealing_take(sealing, NULL, 0, &annotation), ANNOTATION_NONE);
	sealing_free(sealing);
}
END_TEST

/** Whatever byte is another one. */
START_TEST(test_sealing_altered_byte)
{
	struct text text = sealed();
	for (size_t i = 0; i < text.size - 1; i++) {
		for (int bit = 0; bit < 8; bit++) {
			struct text altered = text;
			altered.bytes[i] = (char)(altered.bytes[i] ^ 1 << bit);
			enum sealing_verdict found = verdict(altered.bytes, altered.size);
			ck_assert_msg(found == SEALING_EDITED || found == SEALING_CUT_OFF,
				"bit %d of byte %zu", bit, i);
		}
	}
}
END_TEST

/** Cut off anywhere from the first annotation on; only the newline of the seal may be missing. */
START_TEST(test_sealing_cut_off)
{
	struct text text = sealed();
	size_t first = (size_t)(strchr(strstr(text.bytes, "#= "), '\n') - text.bytes);
	for (size_t size = 0; size + 40 < first; size++)
		ck_assert_int_eq(verdict(text.bytes, size), SEALING_PLAIN);
	for (size_t size = first; size < text.size - 1; size++)
		ck_assert_int_eq(verdict(text.bytes, size), SEALING_CUT_OFF);
	ck_assert_int_eq(verdict(text.bytes, text.size - 1), SEALING_SOUND);
	ck_assert_int_eq(verdict(text.bytes, text.size), SEALING_SOUND);
}
END_TEST

/** A line is removed, or there twice. */
START_TEST(test_sealing_altered_lines)
{
	struct text text = sealed();
	for (size_t start = 0, end; start < text.size; start = end) {
		end = (size_t)(strchr(text.bytes + start, '\n') + 1 - text.bytes);
		struct text removed = {0};
		add(&removed, text.bytes, start);
		add(&removed, text.bytes + end, text.size - end);
		ck_assert_int_eq(verdict(removed.bytes, removed.size),
			end == text.size ? SEALING_CUT_OFF : SEALING_EDITED);
		struct text twice = {0};
		add(&twice, text.bytes, end);
		add(&twice, text.bytes + start, text.size - start);
		ck_assert_int_eq(verdict(twice.bytes, twice.size), SEALING_EDITED);
	}
}
END_TEST

/** Whatever follows a seal, another sealed manifest too. */
START_TEST(test_sealing_appended)
{
	static const char *const lines[] = {"\n", "# comment\n", "#end\n", "x", "HEX  d\n"};
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct text text = sealed();
		add(&text, lines[i], strlen(lines[i]));
		ck_assert_int_eq(verdict(text.bytes, text.size), SEALING_EDITED);
		/* No seal covers another. */
		struct seal seal = {.files = 4, .bytes = 42};
		oracle_digest(text.bytes, text.size, seal.digest);
		char line[ANNOTATION_BOUND];
		add(&text, line, annotation_print_seal(&seal, line));
		ck_assert_int_eq(verdict(text.bytes, text.size), SEALING_EDITED);
	}
	struct text one = sealed();
	struct text two = one;
	add(&two, one.bytes, one.size);
	ck_assert_int_eq(verdict(two.bytes, two.size), SEALING_SEVERAL);
	struct text three = two;
	add(&three, one.bytes, one.size);
	ck_assert_int_eq(verdict(three.bytes, three.size), SEALING_SEVERAL);
	/* One of them was edited, or cut off. */
	for (size_t i = 0; i < 2; i++) {
		struct text edited = two;
		edited.bytes[i * one.size] ^= 1;
		ck_assert_int_eq(verdict(edited.bytes, edited.size), SEALING_EDITED);
	}
	ck_assert_int_eq(verdict(two.bytes, two.size - 2), SEALING_EDITED);
	ck_assert_int_eq(verdict(two.bytes, one.size + 40), SEALING_EDITED);
}
END_TEST

START_TEST(test_sealing_too_long_line)
{
	struct annotation annotation;
	struct text text = sealed();
	for (int before = 0; before < 2; before++) {
		struct sealing *sealing = take(text.bytes, before ? 0 : text.size);
		ck_assert_int_eq(sealing_take(sealing, NULL, 0, &annotation), ANNOTATION_NONE);
		for (size_t start = 0, end; before && start < text.size; start = end) {
			end = (size_t)(strchr(text.bytes + start, '\n') + 1 - text.bytes);
			ck_assert_int_ge(
				sealing_take(sealing, text.bytes + start, end - start, &annotation),
				0);
		}
		ck_assert_int_eq(sealing_verdict(sealing, NULL), SEALING_EDITED);
		sealing_free(sealing);
	}
}
END_TEST

/** In a manifest without annotations only a seal at its end counts. */
START_TEST(test_sealing_without_annotations)
{
	struct text text = {0};
	ck_assert_int_eq(verdict("", 0), SEALING_PLAIN);
	ck_assert_int_eq(verdict(HEX "  a\n", sizeof(HEX "  a\n") - 1), SEALING_PLAIN);
	add_seal(&text);
	ck_assert_int_eq(verdict(text.bytes, text.size), SEALING_SOUND);
	struct text twice = text;
	add(&twice, text.bytes, text.size);
	ck_assert_int_eq(verdict(twice.bytes, twice.size), SEALING_SEVERAL);
	add(&text, HEX "  a\n", sizeof(HEX "  a\n") - 1);
	ck_assert_int_eq(verdict(text.bytes, text.size), SEALING_PLAIN);

	struct text streams = {0};
	add(&streams, HEX "  -\n", sizeof(HEX "  -\n") - 1);
	add_seal(&streams);
	ck_assert_int_eq(verdict(streams.bytes, streams.size), SEALING_SOUND);
	streams.bytes[0] = 'd';
	ck_assert_int_eq(verdict(streams.bytes, streams.size), SEALING_EDITED);

	static const char *const comments[] = {"#end\n", "#end of list\n", "#====\n", "#= x\n",
		"#= 2 cups\n", "#= 1 1.000000000\n", "#end files=1\n",
		"#end files=", "x\n#end files=none\ny\n"};
	for (size_t i = 0; i < sizeof(comments) / sizeof(*comments); i++)
		ck_assert_int_eq(verdict(comments[i], strlen(comments[i])), SEALING_PLAIN);
}
END_TEST

/** Line ends of another system: altered, not cut off. */
START_TEST(test_sealing_crlf)
{
	struct text text = sealed();
	struct text crlf = {0};
	for (size_t i = 0; i < text.size; i++) {
		if (text.bytes[i] == '\n')
			add(&crlf, "\r", 1);
		add(&crlf, text.bytes + i, 1);
	}
	ck_assert_int_eq(verdict(crlf.bytes, crlf.size), SEALING_CONVERTED);
	/* Cut off, too. */
	ck_assert_int_eq(verdict(crlf.bytes, crlf.size - 4), SEALING_CUT_OFF);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sealing");
	TCase *tcase = tcase_create("sealing");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_sealing_seal);
	tcase_add_test(tcase, test_sealing_shard);
	tcase_add_test(tcase, test_sealing_take_tells_what_a_line_is);
	tcase_add_test(tcase, test_sealing_altered_byte);
	tcase_add_test(tcase, test_sealing_cut_off);
	tcase_add_test(tcase, test_sealing_altered_lines);
	tcase_add_test(tcase, test_sealing_appended);
	tcase_add_test(tcase, test_sealing_too_long_line);
	tcase_add_test(tcase, test_sealing_without_annotations);
	tcase_add_test(tcase, test_sealing_crlf);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
