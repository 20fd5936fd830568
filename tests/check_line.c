/*
 * manifest/line: known lines, round trips, and the installed sha512sum, if it is GNU's, reading and
 * writing the same.
 */
#include "leaks.h"
#include "manifest/line.h"
#include "scratch.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The digest of no bytes at all. */
#define EMPTY_1 "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
#define EMPTY_2 "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
#define EMPTY EMPTY_1 EMPTY_2
#define UPPER_1 "CF83E1357EEFB8BDF1542850D66D8007D620E4050B5715DC83F4A921D36CE9CE"
#define UPPER_2 "47D0D13C5D85F2B0FF8318D2877EEC2F63B931BD47417A81A538327AF927DA3E"
#define DIGITS_127 EMPTY_1 "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3"

static const unsigned char empty_digest[64] =
	"\xcf\x83\xe1\x35\x7e\xef\xb8\xbd\xf1\x54\x28\x50\xd6\x6d"
	"\x80\x07\xd6\x20\xe4\x05\x0b\x57\x15\xdc\x83\xf4\xa9\x21"
	"\xd3\x6c\xe9\xce\x47\xd0\xd1\x3c\x5d\x85\xf2\xb0\xff\x83"
	"\x18\xd2\x87\x7e\xec\x2f\x63\xb9\x31\xbd\x47\x41\x7a\x81"
	"\xa5\x38\x32\x7a\xf9\x27\xda\x3e";

/** A line in memory of exactly its size and, without a line end, one byte: sanitizers see more. */
static enum line_kind parse(struct line_reader *reader, const char *line, size_t size, char **copy,
	struct line_entry *entry)
{
	bool ended = size > 0 && line[size - 1] == '\n';

	*copy = malloc(size + !ended);
	ck_assert_ptr_nonnull(*copy);
	memcpy(*copy, line, size);
	return line_parse(reader, *copy, size, entry);
}

#define LINE(text) text, sizeof(text) - 1
#define ENTRY(text, name) \
	{ \
		LINE(text), LINE_ENTRY, LINE(name) \
	}
#define OTHER(text, kind) \
	{ \
		LINE(text), kind, NULL, 0 \
	}

/* Each as the first line of a manifest. */
static const struct {
	const char *line;
	size_t size;
	enum line_kind kind;
	const char *name;
	size_t name_size;
} known[] = {
	ENTRY(EMPTY "  f\n", "f"),
	ENTRY(EMPTY "  f", "f"),
	ENTRY(EMPTY " *f\n", "f"),
	ENTRY(EMPTY "  f\r\n", "f"),
	ENTRY(EMPTY "  f\r\r\n", "f\r"),
	ENTRY(EMPTY "  f\r", "f"),
	ENTRY(EMPTY "   f \n", " f "),
	ENTRY(EMPTY "\t f\n", "f"),
	ENTRY(EMPTY "\t\tf\n", "\tf"),
	ENTRY(EMPTY " f\n", "f"),
	ENTRY(EMPTY "  \n", " "),
	ENTRY(EMPTY " *\n", "*"),
	ENTRY(EMPTY "  \\f\n", "\\f"),
	ENTRY(" \t" EMPTY "  f\n", "f"),
	ENTRY(UPPER_1 UPPER_2 "  f\n", "f"),
	ENTRY(UPPER_1 EMPTY_2 "  f\n", "f"),
	ENTRY("\\" EMPTY "  a\\\\b\\nc\\rd\n", "a\\b\nc\rd"),
	ENTRY(" \\" EMPTY "  f\n", "f"),
	ENTRY("SHA512 (f) = " EMPTY "\n", "f"),
	ENTRY("SHA512(f)= " EMPTY "\n", "f"),
	ENTRY("SHA512(f)=" UPPER_1 UPPER_2 "\n", "f"),
	ENTRY("SHA512 (f) \t=\t " EMPTY "\r\n", "f"),
	ENTRY("\t SHA512 (f) = " EMPTY, "f"),
	ENTRY("SHA512 (a) = b (c) = " EMPTY "\n", "a) = b (c"),
	ENTRY("SHA512 () = " EMPTY "\n", ""),
	ENTRY("\\SHA512 (\\n) = " EMPTY "\n", "\n"),
	OTHER("", LINE_IGNORED),
	OTHER("\n", LINE_IGNORED),
	OTHER("\r\n", LINE_IGNORED),
	OTHER("\r", LINE_IGNORED),
	OTHER("# " EMPTY "  f\n", LINE_IGNORED),
	OTHER("#\0\n", LINE_IGNORED),
	OTHER(" \n", LINE_MALFORMED),
	OTHER(" #\n", LINE_MALFORMED),
	OTHER("\r\r\n", LINE_MALFORMED),
	OTHER("\\\n", LINE_MALFORMED),
	OTHER("f\n", LINE_MALFORMED),
	OTHER("\xef\xbb\xbf" EMPTY "  f\n", LINE_MALFORMED),
	OTHER(EMPTY "\n", LINE_MALFORMED),
	OTHER(EMPTY " \n", LINE_MALFORMED),
	OTHER(EMPTY "  ", LINE_ENTRY),
	OTHER(EMPTY "ff\n", LINE_MALFORMED),
	OTHER(DIGITS_127 "  f\n", LINE_MALFORMED),
	OTHER(DIGITS_127 "g  f\n", LINE_MALFORMED),
	OTHER(DIGITS_127 "  " EMPTY "\n", LINE_MALFORMED),
	OTHER(EMPTY "0  f\n", LINE_MALFORMED),
	OTHER(EMPTY_1 "  f\n", LINE_MALFORMED),
	OTHER(EMPTY "\v f\n", LINE_MALFORMED),
	OTHER("\\ " EMPTY "  f\n", LINE_MALFORMED),
	OTHER("\\\\" EMPTY "  f\n", LINE_MALFORMED),
	OTHER("\\" EMPTY "  f\\\n", LINE_MALFORMED),
	OTHER("\\" EMPTY "  f\\t\n", LINE_MALFORMED),
	OTHER("\\SHA512 (f\\) = " EMPTY "\n", LINE_MALFORMED),
	OTHER("SHA512\n", LINE_MALFORMED),
	OTHER("SHA512 \n", LINE_MALFORMED),
	OTHER("SHA512 (\n", LINE_MALFORMED),
	OTHER("SHA512 (f = " EMPTY "\n", LINE_MALFORMED),
	OTHER("SHA512 (f)\n", LINE_MALFORMED),
	OTHER("SHA512 (f) =\n", LINE_MALFORMED),
	OTHER("SHA512 (f) " EMPTY "\n", LINE_MALFORMED),
	OTHER("SHA512 (f) == " EMPTY "\n", LINE_MALFORMED),
	OTHER("SHA512 (f) = " EMPTY " \n", LINE_MALFORMED),
	OTHER("SHA512 (f) = " EMPTY "0\n", LINE_MALFORMED),
	OTHER("SHA512 (f) = " DIGITS_127 "\n", LINE_MALFORMED),
	OTHER("SHA512 (f) = " DIGITS_127 "-\n", LINE_MALFORMED),
	OTHER("SHA512  (f) = " EMPTY "\n", LINE_MALFORMED),
	OTHER("SHA512\t(f) = " EMPTY "\n", LINE_MALFORMED),
	OTHER("sha512 (f) = " EMPTY "\n", LINE_MALFORMED),
	OTHER("SHA512-256 (f) = " EMPTY "\n", LINE_MALFORMED),
	OTHER("SHA384 (f) = " EMPTY "\n", LINE_MALFORMED),
	OTHER("SHA256 (f) = " EMPTY_1 "\n", LINE_MALFORMED),
	OTHER("\0\n", LINE_MALFORMED),
	OTHER(EMPTY "  f\0\n", LINE_MALFORMED),
	OTHER(EMPTY "  f\0g\n", LINE_MALFORMED),
	OTHER(DIGITS_127 "\0  f\n", LINE_MALFORMED),
	OTHER("SHA512 (f\0g) = " EMPTY "\n", LINE_MALFORMED),
	OTHER("SHA512 (f) = " EMPTY "\0\n", LINE_MALFORMED),
	OTHER("SHA512 (f) = " EMPTY "\0", LINE_MALFORMED),
};

START_TEST(test_line_parse_known_lines)
{
	struct line_reader reader = {.tag = "SHA512", .digest_size = 64};
	struct line_entry entry;
	char *copy;

	ck_assert_int_eq(
		parse(&reader, known[_i].line, known[_i].size, &copy, &entry), known[_i].kind);
	if (known[_i].name) {
		ck_assert_uint_eq(entry.name_size, known[_i].name_size);
		/* The NUL behind it too. */
		ck_assert_mem_eq(entry.name, known[_i].name, known[_i].name_size + 1);
		ck_assert_mem_eq(entry.digest, empty_digest, sizeof(empty_digest));
	}
	free(copy);
}
END_TEST

static void expect_entry(struct line_reader *reader, const char *line, const char *name)
{
	struct line_entry entry;
	char *copy;

	ck_assert_int_eq(parse(reader, line, strlen(line), &copy, &entry), LINE_ENTRY);
	ck_assert_str_eq(entry.name, name);
	free(copy);
}

static void expect_malformed(struct line_reader *reader, const char *line)
{
	struct line_entry entry;
	char *copy;

	ck_assert_int_eq(parse(reader, line, strlen(line), &copy, &entry), LINE_MALFORMED);
	free(copy);
}

START_TEST(test_line_parse_holds_the_standard_style)
{
	struct line_reader reader = {.tag = "SHA512", .digest_size = 64};

	expect_entry(&reader, "SHA512 (f) = " EMPTY "\n", "f");
	ck_assert_int_eq(reader.style, LINE_STYLE_UNKNOWN);
	expect_entry(&reader, EMPTY "  f\n", "f");
	ck_assert_int_eq(reader.style, LINE_STYLE_STANDARD);
	expect_malformed(&reader, EMPTY " f\n");
	expect_malformed(&reader, EMPTY "  \n");
	expect_entry(&reader, EMPTY " *f\n", "f");
	expect_entry(&reader, "SHA512 (f) = " EMPTY "\n", "f");
}
END_TEST

/** Nor do lines without a tag set a style, where only tagged ones count. */
START_TEST(test_line_parse_only_tagged)
{
	struct line_reader reader = {.tag = "SHA512", .digest_size = 64, .only_tagged = true};

	expect_malformed(&reader, EMPTY "  f\n");
	expect_malformed(&reader, EMPTY " f\n");
	ck_assert_int_eq(reader.style, LINE_STYLE_UNKNOWN);
	expect_entry(&reader, "SHA512 (f) = " EMPTY "\n", "f");
}
END_TEST

START_TEST(test_line_parse_holds_the_reversed_style)
{
	struct line_reader reader = {.tag = "SHA512", .digest_size = 64};

	expect_entry(&reader, EMPTY " f\n", "f");
	ck_assert_int_eq(reader.style, LINE_STYLE_REVERSED);
	expect_entry(&reader, EMPTY "  f\n", " f");
	expect_entry(&reader, EMPTY " *f\n", "*f");
	expect_entry(&reader, "SHA512 (f) = " EMPTY "\n", "f");
}
END_TEST

START_TEST(test_line_parse_other_algorithms)
{
	struct line_reader reader = {.tag = "SHA256", .digest_size = 32};

	expect_entry(&reader, EMPTY_1 "  f\n", "f");
	expect_entry(&reader, "SHA256 (f) = " EMPTY_2 "\n", "f");
	expect_malformed(&reader, EMPTY "  f\n");
	expect_malformed(&reader, "SHA512 (f) = " EMPTY "\n");
}
END_TEST

START_TEST(test_line_parse_takes_digits_only)
{
	/* Every byte in the first, a middle and the last place of a digest. */
	for (int byte = 1; byte < 256; byte++) {
		static const size_t places[] = {0, 64, 127};
		bool is_digit = strchr("0123456789abcdefABCDEF", byte);

		for (size_t i = 0; i < 3; i++) {
			struct line_reader reader = {.tag = "SHA512", .digest_size = 64};
			struct line_entry entry;
			char line[] = EMPTY "  f\n";
			enum line_kind kind;

			line[places[i]] = (char)byte;
			kind = line_parse(&reader, line, sizeof(line) - 1, &entry);
			if (is_digit) {
				char pair[3] = {line[places[i] & ~1U], line[places[i] | 1], '\0'};

				ck_assert_int_eq(kind, LINE_ENTRY);
				ck_assert_uint_eq(
					entry.digest[places[i] / 2], strtoul(pair, NULL, 16));
			} else if (i > 0 || !strchr("# \t\\", byte)) {
				ck_assert_int_eq(kind, LINE_MALFORMED);
			} else {
				ck_assert_int_ne(kind, LINE_ENTRY);
			}
		}
	}
}
END_TEST

static void expect_print(const struct line_format *format, const char *name, const char *expected)
{
	size_t bound = line_bound(format, sizeof(empty_digest), strlen(name));
	char *out = malloc(bound);
	size_t size =
		line_print(format, empty_digest, sizeof(empty_digest), name, strlen(name), out);

	/* The NUL of the expected string may be the line's end. */
	ck_assert_uint_eq(size, strlen(expected) + (format->end == '\0'));
	ck_assert_uint_le(size, bound);
	ck_assert_mem_eq(out, expected, size);
	free(out);
}

START_TEST(test_line_print_formats)
{
	struct line_format text = {NULL, ' ', '\n'};
	struct line_format binary = {NULL, '*', '\n'};
	struct line_format tagged = {"SHA512", ' ', '\n'};
	struct line_format zero = {NULL, ' ', '\0'};
	struct line_format tagged_zero = {"SHA512", ' ', '\0'};

	expect_print(&text, "a b", EMPTY "  a b\n");
	expect_print(&binary, "a b", EMPTY " *a b\n");
	expect_print(&tagged, "a b", "SHA512 (a b) = " EMPTY "\n");
	expect_print(&text, "\\\n\r", "\\" EMPTY "  \\\\\\n\\r\n");
	expect_print(&tagged, "x\r", "\\SHA512 (x\\r) = " EMPTY "\n");
	expect_print(&zero, "\\\n\r", EMPTY "  \\\n\r");
	expect_print(&tagged_zero, "\n", "SHA512 (\n) = " EMPTY);
}
END_TEST

START_TEST(test_line_bound_holds_for_the_longest)
{
	struct line_format tagged = {"SHA512", ' ', '\n'};
	char name[3001];
	char *out = malloc(line_bound(&tagged, 64, 3000));

	memset(name, '\n', 3000);
	ck_assert_uint_eq(line_print(&tagged, empty_digest, 64, name, 3000, out),
		1 + strlen("SHA512 () = ") + 6000 + 128 + 1);
	free(out);
}
END_TEST

START_TEST(test_line_print_round_trip)
{
	static const struct line_format formats[] = {
		{NULL, ' ', '\n'}, {NULL, '*', '\n'}, {"SHA512", ' ', '\n'}};
	static const char bytes[] = "\\\n\r ()=*#\tnr\377a";

	srandom(1);
	for (int i = 0; i < 20000; i++) {
		const struct line_format *format = &formats[i % 3];
		struct line_reader reader = {.tag = "SHA512", .digest_size = 64};
		struct line_entry entry;
		unsigned char digest[64];
		char name[16];
		char line[256];
		size_t name_size = 1 + (size_t)random() % 15;
		size_t size;

		for (size_t j = 0; j < name_size; j++)
			name[j] = bytes[(size_t)random() % (sizeof(bytes) - 1)];
		for (size_t j = 0; j < sizeof(digest); j++)
			digest[j] = (unsigned char)random();
		size = line_print(format, digest, sizeof(digest), name, name_size, line);
		ck_assert_ptr_eq(memchr(line, '\n', size), line + size - 1);
		ck_assert_int_eq(line_parse(&reader, line, size, &entry), LINE_ENTRY);
		ck_assert_uint_eq(entry.name_size, name_size);
		ck_assert_mem_eq(entry.name, name, name_size);
		ck_assert_mem_eq(entry.digest, digest, sizeof(digest));
	}
}
END_TEST

START_TEST(test_line_print_name_escapes_where_it_is_told)
{
	static const char *const names[][3] = {
		{"plain", "plain", ""},
		{"", "", ""},
		{"\\", "\\\\", "special"},
		{"\\nl", "\\\\nl", "special"},
		{"a\rb", "a\\rb", "special"},
		{"nl\nx", "nl\\nx", "special"},
		{"\\\n\r", "\\\\\\n\\r", "special"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *name = names[i][0], *escaped = names[i][1];
		size_t size = strlen(name);
		char out[16];

		ck_assert_uint_eq(line_print_name(name, size, true, out), strlen(escaped));
		ck_assert_mem_eq(out, escaped, strlen(escaped));
		ck_assert_uint_eq(line_print_name(name, size, false, out), size);
		ck_assert_mem_eq(out, name, size);
		ck_assert_int_eq(line_name_is_special(name, size), *names[i][2] != '\0');
	}
}
END_TEST

/* The oracle. */

static bool have_oracle(void)
{
	if (system("sha512sum --version 2>/dev/null | grep -q 'GNU coreutils'") != 0) {
		printf("check_line: no GNU sha512sum here to compare with\n");
		return false;
	}
	return true;
}

/** All that a file or a command's output holds, NUL-terminated. */
static char *slurp(FILE *stream, size_t *size)
{
	char *data = NULL;
	size_t room = 0;
	FILE *memory = open_memstream(&data, &room);
	int c;

	ck_assert_ptr_nonnull(stream);
	while ((c = fgetc(stream)) != EOF)
		fputc(c, memory);
	ck_assert_int_eq(fclose(memory), 0);
	*size = room;
	return data;
}

START_TEST(test_line_print_as_sha512sum)
{
	static const char *const names[] = {"plain", "two words", " lead", "trail ", "back\\slash",
		"\\", "new\nline", "\n", "a) = b", "*star", "#hash", "caf\303\251", "\377",
		"tab\t"};
	static const struct {
		const char *options;
		struct line_format format;
	} runs[] = {
		{"", {NULL, ' ', '\n'}},
		{"-b", {NULL, '*', '\n'}},
		{"--tag", {"SHA512", ' ', '\n'}},
		{"-z", {NULL, ' ', '\0'}},
		{"-z --tag", {"SHA512", ' ', '\0'}},
	};

	if (!have_oracle())
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		FILE *file = fopen(names[i], "we");

		ck_assert_ptr_nonnull(file);
		fclose(file);
		for (size_t j = 0; j < sizeof(runs) / sizeof(*runs); j++) {
			char command[64];
			char line[512];
			FILE *output;
			char *theirs;
			size_t size;

			/* Not by name: the shell would have to be given it quoted. */
			sprintf(command, "sha512sum %s -- *", runs[j].options);
			output = popen(command, "re");
			theirs = slurp(output, &size);
			ck_assert_int_eq(pclose(output), 0);
			ck_assert_uint_eq(line_print(&runs[j].format, empty_digest, 64, names[i],
						  strlen(names[i]), line),
				size);
			ck_assert_mem_eq(line, theirs, size);
			free(theirs);
		}
		ck_assert_int_eq(unlink(names[i]), 0);
	}
}
END_TEST

#define LINES_A_MANIFEST 40

/** One line of a random manifest: mostly well formed, with a flaw now and then. */
static void put_random_line(FILE *manifest, bool carriage_returns)
{
	static const char *const blanks[] = {"", "", "", "", "", "", "", " ", "\t", "  "};
	static const char *const digests[] = {EMPTY, EMPTY, EMPTY, EMPTY, EMPTY, UPPER_1 UPPER_2,
		DIGITS_127, EMPTY "0", EMPTY_1, DIGITS_127 "g", ""};
	static const char *const separators[] = {
		"  ", "  ", "  ", "  ", "  ", " *", " *", " ", "\t", "\t ", " \t", "", "   "};
	static const char *const tags[] = {"SHA512 (", "SHA512 (", "SHA512 (", "SHA512(",
		"SHA512  (", "SHA512\t(", "SHA256 (", "sha512 (", "SHA512 ", "SHA512"};
	static const char *const equals[] = {
		") = ", ") = ", ")= ", ")=", ")\t = \t", ") == ", " = ", ")  ", ") =\r"};
	static const char *const ends[] = {"\n", "\n", "\n", "\n", "\n", "\r\n", "\r\r\n", " \n"};
	static const char *const pieces[] = {"x", "x", "x", "\\n", "\\\\", "\\", " ", "*", "(", ")",
		") = ", "#", "\t", "\303\251", "\377", "\\n", "\\t", "SHA512"};
#define PICK(table) (table)[(size_t)random() % (sizeof(table) / sizeof(*(table)))]
	bool tagged = random() % 3 == 0;
	bool escaped = random() % 3 == 0;

	switch (random() % 24) {
	case 0:
		fputs("# a comment", manifest);
		break;
	case 1:
		fputs(PICK(blanks), manifest);
		break;
	default:
		fputs(PICK(blanks), manifest);
		if (escaped)
			fputs("\\", manifest);
		fputs(tagged ? PICK(tags) : PICK(digests), manifest);
		if (!tagged)
			fputs(PICK(separators), manifest);
		/* A file of such a name does not exist, nor is "-" one. */
		for (long left = random() % 6; left > 0; left--) {
			const char *piece = PICK(pieces);

			if (carriage_returns && !strcmp(piece, "\\n"))
				piece = "\\r";
			fputs(piece, manifest);
		}
		if (tagged) {
			fputs(PICK(equals), manifest);
			fputs(PICK(digests), manifest);
		}
	}
	fputs(PICK(ends), manifest);
#undef PICK
}

/** What `sha512sum -c -w` should say of manifest "m". */
static void parse_manifest(FILE *results, FILE *malformed)
{
	struct line_reader reader = {.tag = "SHA512", .digest_size = 64};
	FILE *manifest = fopen("m", "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t size;

	ck_assert_ptr_nonnull(manifest);
	for (unsigned int number = 1; (size = getline(&line, &room, manifest)) > 0; number++) {
		struct line_entry entry;
		char name[256];
		enum line_kind kind = line_parse(&reader, line, (size_t)size, &entry);

		if (kind == LINE_MALFORMED)
			fprintf(malformed, "%u\n", number);
		if (kind == LINE_ENTRY) {
			bool escape = strchr(entry.name, '\n');
			size_t bytes = line_print_name(entry.name, entry.name_size, escape, name);

			fprintf(results, "%s", escape ? "\\" : "");
			fwrite(name, 1, bytes, results);
			fputs(": FAILED open or read\n", results);
		}
	}
	free(line);
	fclose(manifest);
}

START_TEST(test_line_parse_as_sha512sum)
{
	size_t compared = 0;

	if (!have_oracle())
		return;
	srandom(512);
	for (int round = 0; round < 150; round++) {
		FILE *manifest = fopen("m", "we");
		char *ours[2];
		size_t sizes[2];
		FILE *results = open_memstream(&ours[0], &sizes[0]);
		FILE *malformed = open_memstream(&ours[1], &sizes[1]);
		FILE *output;
		char *theirs;
		size_t size;

		/*
		 * A name with both LF and CR is printed in two ways by different versions, so
		 * that a manifest has one or the other.
		 */
		for (int i = 0; i < LINES_A_MANIFEST; i++)
			put_random_line(manifest, round % 2);
		fclose(manifest);
		parse_manifest(results, malformed);
		fclose(results);
		fclose(malformed);

		output = popen("sha512sum -c -w m 2>/dev/null", "re");
		theirs = slurp(output, &size);
		pclose(output);
		/* 9.11 quotes names as a shell does: only its line numbers can be compared. */
		if (!strstr(theirs, "': FAILED")) {
			ck_assert_str_eq(ours[0], theirs);
			compared += size;
		}
		free(theirs);

		output = popen("LC_ALL=C sha512sum -c -w m 2>&1 >/dev/null |"
			       " sed -n 's/^sha512sum: m: \\([0-9]*\\): improperly .*/\\1/p'",
			"re");
		theirs = slurp(output, &size);
		ck_assert_int_eq(pclose(output), 0);
		ck_assert_str_eq(ours[1], theirs);
		compared += size;
		free(theirs);
		free(ours[0]);
		free(ours[1]);
	}
	ck_assert_uint_gt(compared, 10000);
}
END_TEST

static Suite *line_suite(void)
{
	Suite *suite = suite_create("line");
	TCase *tests = tcase_create("line");

	tcase_add_unchecked_fixture(tests, scratch_setup, scratch_teardown);
	tcase_add_checked_fixture(tests, scratch_enter, NULL);
	tcase_add_checked_fixture(tests, leaks_setup, leaks_teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(
		tests, test_line_parse_known_lines, 0, (int)(sizeof(known) / sizeof(*known)));
	tcase_add_test(tests, test_line_parse_holds_the_standard_style);
	tcase_add_test(tests, test_line_parse_holds_the_reversed_style);
	tcase_add_test(tests, test_line_parse_only_tagged);
	tcase_add_test(tests, test_line_parse_other_algorithms);
	tcase_add_test(tests, test_line_parse_takes_digits_only);
	tcase_add_test(tests, test_line_print_formats);
	tcase_add_test(tests, test_line_bound_holds_for_the_longest);
	tcase_add_test(tests, test_line_print_round_trip);
	tcase_add_test(tests, test_line_print_name_escapes_where_it_is_told);
	tcase_add_test(tests, test_line_print_as_sha512sum);
	tcase_add_test(tests, test_line_parse_as_sha512sum);
	suite_add_tcase(suite, tests);
	return suite;
}

int main(void)
{
	return suite_run(line_suite());
}
