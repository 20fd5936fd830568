/*
 * manifest/catalog: whole manifests, and what is wrong with some.
 */
#include "leaks.h"
#include "manifest/catalog.h"
#include "manifest/sealing.h"
#include "suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Digests of MD5 are the shortest. */
#define A "0cc175b9c0f1b6a831c399e269772661"
#define B "92eb5ffee6ae2fec3ad71c777531578f"
#define STATE "#= 1 1700000000.000000001 1700000000.000000002\n"
#define UNSETTLED "#= 2 1700000001.000000000 -\n"

static struct catalog catalog;

static void setup(void)
{
	leaks_setup();
	catalog = (struct catalog){0};
}

static void teardown(void)
{
	catalog_free(&catalog);
	/* Twice is once. */
	catalog_free(&catalog);
	leaks_teardown();
}

/** Whether every line has to be one of a manifest. */
static bool strict = true;

/** Read what a descriptor gives, until `interrupt_fd` is readable. @return as catalog_read() */
static int read_descriptor(int fd, const char *algorithm, bool seal, int interrupt_fd)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct reader *reader = reader_open(path, '\n');
	ck_assert_ptr_nonnull(reader);
	const struct catalog_options options = {
		.algorithm = algorithm ? digest_find(algorithm) : NULL,
		.seal = seal,
		.strict = strict,
		.interrupt_fd = interrupt_fd,
	};
	int status = catalog_read(reader, &options, &catalog);
	int error = errno;
	reader_free(reader);
	errno = error;
	return status;
}

static int memory_file(void)
{
	int fd = memfd_create("check_catalog", MFD_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

/** Read the manifest that the file is. @return the fault */
static enum catalog_fault read_file(int fd, bool seal)
{
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	int status = read_descriptor(fd, "md5", seal, -1);
	close(fd);
	ck_assert_int_eq(status, catalog.fault == CATALOG_SOUND ? 0 : -1);
	return catalog.fault;
}

/** Read a manifest. @return the fault */
static enum catalog_fault read_bytes(const char *text, size_t size, bool seal)
{
	int fd = memory_file();
	ck_assert_int_eq(write(fd, text, size), (ssize_t)size);
	return read_file(fd, seal);
}

static enum catalog_fault read_text(const char *text)
{
	return read_bytes(text, strlen(text), true);
}

static enum catalog_fault read_unsealed(const char *text)
{
	return read_bytes(text, strlen(text), false);
}

/** Read lines as MD5, and behind them their seal, of this algorithm and part. @return the fault */
static enum catalog_fault read_part_as(
	const char *algorithm, const struct seal_shard *shard, const char *text)
{
	struct sealing *sealing = sealing_new(digest_find(algorithm));
	for (const char *line = text, *end; *line; line = end) {
		struct annotation annotation;
		end = strchr(line, '\n') + 1;
		ck_assert_int_ge(sealing_take(sealing, line, (size_t)(end - line), &annotation), 0);
	}
	struct seal seal;
	char line[ANNOTATION_BOUND];
	sealing_shard(sealing, shard);
	ck_assert_int_eq(sealing_seal(sealing, &seal), 0);
	sealing_free(sealing);
	size_t size = annotation_print_seal(&seal, line);
	int fd = memory_file();
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(write(fd, line, size), (ssize_t)size);
	return read_file(fd, true);
}

static enum catalog_fault read_sealed_as(const char *algorithm, const char *text)
{
	return read_part_as(algorithm, &(struct seal_shard){0}, text);
}

static enum catalog_fault read_sealed(const char *text)
{
	return read_sealed_as("md5", text);
}

/** Expect the record of this number to be of this name, key and first byte of the digest. */
static void expect(size_t number, const char *name, const char *key, int digest)
{
	ck_assert_uint_lt(number, catalog.count);
	const struct record *record = &catalog.records[number];
	ck_assert_str_eq(record->name, name);
	ck_assert_str_eq(record->key, key);
	ck_assert_uint_eq(record->name_size, strlen(name));
	ck_assert_uint_eq(record->key_size, strlen(key));
	ck_assert_int_eq(record->digest[0], digest);
	ck_assert_ptr_eq(catalog_find(&catalog, key, strlen(key)), record);
}

static void expect_reason(const char *reason)
{
	char room[128];
	ck_assert_str_eq(catalog_reason(&catalog, room), reason);
}

static const struct {
	const char *name;
	const char *key;
} keys[] = {
	{"a", "a"},
	{"a/b", "a/b"},
	{"./a", "a"},
	{".//a", "a"},
	{"././a", "a"},
	{"./", ""},
	{".", ""},
	{"./.", ""},
	{"", ""},
	{"a/", "a"},
	{"a//", "a"},
	{"a/.", "a"},
	{"a/./", "a"},
	{"a//b", "a/b"},
	{"a/./b", "a/b"},
	{"a/.//./b", "a/b"},
	{"..", ".."},
	{"../a", "../a"},
	{"./../a", "../a"},
	{"a/..", "a/.."},
	{"a/../b", "a/../b"},
	{".a", ".a"},
	{"a.", "a."},
	{"a/.b", "a/.b"},
	{"a./b", "a./b"},
	{"...", "..."},
	{"/", "/"},
	{"//", "/"},
	{"/.", "/"},
	{"/./", "/"},
	{"/a", "/a"},
	{"//a", "/a"},
	{"/./a", "/a"},
	{"/a//b/", "/a/b"},
	{"-", "-"},
	{" ", " "},
};

START_TEST(test_catalog_key)
{
	const char *name = keys[_i].name, *key = keys[_i].key;
	size_t size = strlen(name);
	/* Of the exact size, so that sanitizers see more. */
	char *bytes = strdup(name), *found = malloc(size + 1);
	ck_assert(bytes && found);
	ck_assert_uint_eq(catalog_key(bytes, size, found), strlen(key));
	ck_assert_str_eq(found, key);
	/* In place; and the key of a key is itself. */
	strcpy(found, name);
	for (int i = 0; i < 2; i++) {
		size = catalog_key(found, size, found);
		ck_assert_str_eq(found, key);
		ck_assert_uint_eq(size, strlen(key));
	}
	free(bytes);
	free(found);
}
END_TEST

START_TEST(test_catalog_of_every_style)
{
	ck_assert_int_eq(read_text("# comment\n"
				   "\n"
				   "MD5 (b) = " B "\n" A "  ./a/x\n"
				   "\\" B " *a\\\\\\nx\n" A "  c/./d\r\n"
				   "#last"),
		CATALOG_SOUND);
	ck_assert_uint_eq(catalog.count, 4);
	expect(0, "./a/x", "a/x", 0x0c);
	expect(1, "a\\\nx", "a\\\nx", 0x92);
	expect(2, "b", "b", 0x92);
	expect(3, "c/./d", "c/d", 0x0c);
	ck_assert(!catalog.sealed);
	for (size_t i = 0; i < catalog.count; i++)
		ck_assert(!catalog.records[i].annotated);
	ck_assert_uint_eq(catalog.comments_size, 16);
	ck_assert_mem_eq(catalog.comments, "# comment\n#last\n", 16);
	ck_assert_ptr_null(catalog_find(&catalog, "a", 1));
	ck_assert_ptr_null(catalog_find(&catalog, "a/xx", 4));
	ck_assert_ptr_null(catalog_find(&catalog, "", 0));
	ck_assert_ptr_null(catalog_find(&catalog, "d", 1));
	/* The key need not end in a NUL. */
	ck_assert_ptr_eq(catalog_find(&catalog, "b/c", 1), &catalog.records[2]);
}
END_TEST

START_TEST(test_catalog_reversed_style)
{
	ck_assert_int_eq(read_text(A " a\n" B "  b\n"), CATALOG_SOUND);
	expect(0, " b", " b", 0x92);
	expect(1, "a", "a", 0x0c);
	catalog_free(&catalog);
	ck_assert_int_eq(read_text(A "  a\n" B " b\n"), CATALOG_MALFORMED);
}
END_TEST

START_TEST(test_catalog_annotated)
{
	ck_assert_int_eq(read_sealed("# comment\n" STATE A "  a\n" UNSETTLED B "  b\n" A "  -\n"),
		CATALOG_SOUND);
	ck_assert_uint_eq(catalog.count, 3);
	expect(0, "-", "-", 0x0c);
	ck_assert(!catalog.records[0].annotated);
	expect(1, "a", "a", 0x0c);
	ck_assert(catalog.records[1].annotated);
	ck_assert_uint_eq(catalog.records[1].annotation.size, 1);
	ck_assert_int_eq(catalog.records[1].annotation.mtime.tv_nsec, 1);
	ck_assert_int_eq(catalog.records[1].annotation.ctime.tv_nsec, 2);
	ck_assert(catalog.records[1].annotation.settled);
	expect(2, "b", "b", 0x92);
	ck_assert(catalog.records[2].annotated);
	ck_assert_uint_eq(catalog.records[2].annotation.size, 2);
	ck_assert(!catalog.records[2].annotation.settled);
	ck_assert(catalog.sealed);
	ck_assert_uint_eq(catalog.seal.files, 3);
	ck_assert_uint_eq(catalog.seal.bytes, 3);
	ck_assert_uint_eq(catalog.comments_size, 10);
}
END_TEST

/** Fields that are not known here belong to their entry, sorted or not, whatever its name. */
START_TEST(test_catalog_further_fields)
{
	ck_assert_int_eq(read_sealed("#= 1 2.000000000 - 7 x=y\n" A "  ./b//c\n"
				     "#= 1 2.000000000 -- 8\n" B "  a\n" STATE A "  d\n"),
		CATALOG_SOUND);
	expect(0, "a", "a", 0x92);
	ck_assert(catalog.records[0].annotation.young);
	ck_assert_int_eq(catalog.records[0].annotation.read, 8);
	ck_assert_uint_eq(catalog.records[0].annotation.more_size, 0);
	expect(1, "./b//c", "b/c", 0x0c);
	ck_assert(!catalog.records[1].annotation.young);
	ck_assert_int_eq(catalog.records[1].annotation.read, 7);
	ck_assert_uint_eq(catalog.records[1].annotation.more_size, 4);
	ck_assert_mem_eq(catalog.records[1].annotation.more, " x=y", 4);
	ck_assert_int_eq(catalog.records[2].annotation.read, 0);
	ck_assert_uint_eq(catalog.records[2].annotation.more_size, 0);
}
END_TEST

/** Enough of them to be sorted in earnest, and two names of each. */
START_TEST(test_catalog_sorts)
{
	enum {
		COUNT = 20000
	};
	int fd = memory_file();
	FILE *file = fdopen(dup(fd), "w");
	ck_assert_ptr_nonnull(file);
	for (int i = 0; i < 2 * COUNT; i++) {
		int number = (int)((i * 7919L) % COUNT);
		fprintf(file, "%032x  %s%d/x\n", number, i < COUNT ? "./" : "", number);
	}
	fclose(file);
	ck_assert_int_eq(read_file(fd, true), CATALOG_SOUND);
	ck_assert_uint_eq(catalog.count, COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		const struct record *record = &catalog.records[i];
		if (i > 0 && strcmp(record[-1].key, record->key) >= 0)
			ck_abort_msg("%s before %s", record[-1].key, record->key);
		if (strncmp(record->name, "./", 2) != 0 || record->key != record->name + 2)
			ck_abort_msg("%s, %s", record->name, record->key);
		if (catalog_find(&catalog, record->key, record->key_size) != record)
			ck_abort_msg("%s is not found", record->key);
		unsigned number = (unsigned)atoi(record->key);
		if (record->digest[15] != number % 256 || record->digest[14] != number / 256)
			ck_abort_msg("%s has another's digest", record->key);
	}
}
END_TEST

START_TEST(test_catalog_order_is_that_of_bytes)
{
	ck_assert_int_eq(read_text(A "  a/b\n" A "  a-b\n" A "  \xc3\xa9\n" A "  a\n" A
				     "  a\x01\n" A "  \x7f"),
		CATALOG_SOUND);
	static const char *const expected[] = {"a", "a\x01", "a-b", "a/b", "\x7f", "\xc3\xa9"};
	ck_assert_uint_eq(catalog.count, 6);
	for (size_t i = 0; i < 6; i++)
		expect(i, expected[i], expected[i], 0x0c);
}
END_TEST

START_TEST(test_catalog_same_entry_twice)
{
	ck_assert_int_eq(read_sealed(A "  b\n" A "  ./a\n" STATE A "  a\n" UNSETTLED A " *.//a\n" B
				       "  a/.\n"),
		CATALOG_CONFLICT);
	ck_assert_uint_eq(catalog.line, 7);
	ck_assert_uint_eq(catalog.other_line, 2);
	expect_reason("lines 2 and 7 give one file two digests");
	catalog_free(&catalog);
	ck_assert_int_eq(read_sealed(A "  b\n" A "  ./a\n" STATE A "  a\n" UNSETTLED A " *.//a\n"),
		CATALOG_SOUND);
	ck_assert_uint_eq(catalog.count, 2);
	expect(0, "./a", "a", 0x0c);
	/* The first annotation. */
	ck_assert(catalog.records[0].annotated);
	ck_assert_uint_eq(catalog.records[0].annotation.size, 1);
	expect(1, "b", "b", 0x0c);
	catalog_free(&catalog);
	ck_assert_int_eq(read_sealed(UNSETTLED A "  a\n" A "  a\n" STATE A "  a\n"), CATALOG_SOUND);
	ck_assert_uint_eq(catalog.count, 1);
	ck_assert_uint_eq(catalog.records[0].annotation.size, 2);
}
END_TEST

START_TEST(test_catalog_algorithm)
{
	ck_assert_int_eq(read_sealed_as("ripemd160", A "  a\n"), CATALOG_ALGORITHM);
	expect_reason("was made with --algorithm=ripemd160");
	catalog_free(&catalog);
	ck_assert_int_eq(read_sealed_as("sha512", STATE A "  a\n"), CATALOG_ALGORITHM);
	expect_reason("was made with --algorithm=sha512");
	catalog_free(&catalog);
	/* More is said by it than by the line that it makes improper. */
	ck_assert_int_eq(read_sealed_as("sha256", STATE A A "  a\n"), CATALOG_ALGORITHM);
}
END_TEST

/** What a part of a run does not list is not missing. */
START_TEST(test_catalog_part)
{
	const struct seal_shard shard = {.index = 3, .count = 16, .errors = 1};
	ck_assert_int_eq(read_part_as("md5", &shard, STATE A "  a\n"), CATALOG_PART);
	expect_reason("is only shard 3/16 of a run: --merge all");
	catalog_free(&catalog);
	ck_assert_int_eq(read_part_as("md5", &(struct seal_shard){.index = 1, .count = 1}, ""),
		CATALOG_PART);
}
END_TEST

START_TEST(test_catalog_empty)
{
	ck_assert_int_eq(read_text(""), CATALOG_SOUND);
	ck_assert_uint_eq(catalog.count, 0);
	ck_assert_ptr_null(catalog_find(&catalog, "a", 1));
	catalog_free(&catalog);
	ck_assert_int_eq(read_sealed(""), CATALOG_SOUND);
	ck_assert(catalog.sealed);
	catalog_free(&catalog);
	ck_assert_int_eq(read_sealed("# comment\n"), CATALOG_SOUND);
	ck_assert(catalog.sealed);
	catalog_free(&catalog);
	ck_assert_int_eq(read_text("# comment\n"), CATALOG_EMPTY);
	expect_reason("no properly formatted checksum lines found");
	catalog_free(&catalog);
	ck_assert_int_eq(read_text("\n"), CATALOG_EMPTY);
}
END_TEST

#define SIZED(text) text, sizeof(text) - 1

static const struct {
	const char *text;
	size_t size;
	uint64_t line;
} malformed[] = {
	{SIZED("x\n"), 1},
	{SIZED(" \n"), 1},
	{SIZED(A "  a\n" A "\n" B "\n"), 2},
	{SIZED("\n# comment\n" A "  a\n" A "0  a\n" A "  b\n"), 4},
	{SIZED(A "  a\n\0\n"), 2},
	{SIZED(A "  a\0b\n"), 1},
	{SIZED("\xef\xbb\xbf" A "  a\n"), 1},
	{SIZED("MD5 (a) = " A "\nSHA1 (a) = " A "\n"), 2},
	{SIZED("\\" A "  a\\x\n"), 1},
};

START_TEST(test_catalog_malformed)
{
	for (int seal = 0; seal < 2; seal++) {
		enum catalog_fault fault = read_bytes(malformed[_i].text, malformed[_i].size, seal);
		ck_assert_int_eq(fault, CATALOG_MALFORMED);
		ck_assert_uint_eq(catalog.line, malformed[_i].line);
		char expected[64];
		snprintf(expected, sizeof(expected), "line %d is improperly formatted",
			(int)malformed[_i].line);
		expect_reason(expected);
		catalog_free(&catalog);
	}
}
END_TEST

START_TEST(test_catalog_other_algorithm)
{
	int fd = memory_file();
	ck_assert_int_eq(write(fd, A "  a\n", 36), 36);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(read_descriptor(fd, "sha512", true, -1), -1);
	ck_assert_int_eq(catalog.fault, CATALOG_MALFORMED);
	ck_assert_uint_eq(catalog.line, 1);
	close(fd);
}
END_TEST

/** Sealed, and yet not as treesum writes it. */
START_TEST(test_catalog_annotation_out_of_place)
{
	static const struct {
		const char *text;
		uint64_t line;
	} texts[] = {
		{STATE STATE A "  a\n", 1},
		{STATE "# comment\n" A "  a\n", 1},
		{A "  a\n" STATE "\n" A "  b\n", 2},
		{A "  a\n" STATE, 2},
		{STATE A "  a\n" STATE "#= 1 1.0 -\n" B "  b\n", 3},
		{STATE "x\n" A "  a\n", 2},
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		ck_assert_int_eq(read_sealed(texts[i].text), CATALOG_MALFORMED);
		ck_assert_uint_eq(catalog.line, texts[i].line);
		catalog_free(&catalog);
	}
	/* What is no annotation is a comment. */
	ck_assert_int_eq(
		read_sealed(STATE A "  a\n#= 1 1.0 -\n" B "  b\n#= 2 apples\n"), CATALOG_SOUND);
	ck_assert_uint_eq(catalog.count, 2);
	ck_assert(!catalog.records[1].annotated);
	ck_assert_uint_eq(catalog.comments_size, strlen("#= 1 1.0 -\n#= 2 apples\n"));
	catalog_free(&catalog);
	/* A seal in the middle is none. */
	ck_assert_int_eq(read_sealed("#end files=1\n" A "  a\n"), CATALOG_SOUND);
	ck_assert_uint_eq(catalog.comments_size, 0);
}
END_TEST

START_TEST(test_catalog_unsealed)
{
	ck_assert_int_eq(read_text(STATE A "  a\n"), CATALOG_UNSEALED);
	expect_reason("was cut off: it has no seal at its end");
	catalog_free(&catalog);
	/* That it was cut off is told rather than what line became of it. */
	ck_assert_int_eq(read_text(STATE A "  a\n" STATE "0cc1"), CATALOG_UNSEALED);
	catalog_free(&catalog);
	ck_assert_int_eq(read_text("x\n"), CATALOG_MALFORMED);
	catalog_free(&catalog);
	/* A comment is no annotation before it has the form of one in full. */
	ck_assert_int_eq(read_text("#= 1\n" A "  a\n"), CATALOG_SOUND);
	ck_assert_mem_eq(catalog.comments, "#= 1\n", catalog.comments_size);
}
END_TEST

START_TEST(test_catalog_edited)
{
	static const char seal[] =
		"#end files=1 bytes=1 sha512="
		"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
		"47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e\n";
	char text[512];
	snprintf(text, sizeof(text), "%s%s", STATE A "  a\n", seal);
	ck_assert_int_eq(read_text(text), CATALOG_EDITED);
	expect_reason("was edited after it was sealed");
	catalog_free(&catalog);
	snprintf(text, sizeof(text), "%s%s", A "  a\nx\n", seal);
	ck_assert_int_eq(read_text(text), CATALOG_MALFORMED);
	catalog_free(&catalog);
	snprintf(text, sizeof(text), "%s%s", A "  a\n", seal);
	ck_assert_int_eq(read_text(text), CATALOG_EDITED);
	catalog_free(&catalog);
	/* Without --no-seal these are comments. */
	ck_assert_int_eq(read_unsealed(text), CATALOG_SOUND);
	ck_assert(!catalog.sealed);
	catalog_free(&catalog);
	snprintf(text, sizeof(text), "%s%s%s", A "  a\n", seal, B "  b\n");
	ck_assert_int_eq(read_text(text), CATALOG_SOUND);
	ck_assert_uint_eq(catalog.count, 2);
	ck_assert_uint_eq(catalog.comments_size, 0);
}
END_TEST

/** An annotation out of its place is a comment, and none that is kept. */
START_TEST(test_catalog_no_seal)
{
	ck_assert_int_eq(read_unsealed(STATE STATE A "  a\n" UNSETTLED "# comment\n" B
						     "  b\n#= 1 x\n" UNSETTLED "\n" A
						     "  c\n" UNSETTLED B "  d\n" STATE),
		CATALOG_SOUND);
	ck_assert_uint_eq(catalog.count, 4);
	ck_assert(catalog.records[0].annotated);
	ck_assert(!catalog.records[1].annotated);
	ck_assert(!catalog.records[2].annotated);
	ck_assert(catalog.records[3].annotated);
	ck_assert_uint_eq(catalog.records[3].annotation.size, 2);
	ck_assert_uint_eq(catalog.comments_size, 10 + strlen("#= 1 x\n"));
	ck_assert(!catalog.sealed);
}
END_TEST

/** A line longer than is ever kept. */
START_TEST(test_catalog_too_long_line)
{
	int fd = memory_file();
	ck_assert_int_eq(write(fd, A "  a\n", 36), 36);
	ck_assert_int_eq(ftruncate(fd, 36 + (off_t)READER_LINE_MAX + 1), 0);
	ck_assert_int_eq(read_file(fd, true), CATALOG_MALFORMED);
	ck_assert_uint_eq(catalog.line, 2);
}
END_TEST

/** The longest line is kept. */
START_TEST(test_catalog_longest_name)
{
	enum {
		SIZE = READER_LINE_MAX - 35
	};
	int fd = memory_file();
	char *name = malloc(SIZE + 1);
	ck_assert_ptr_nonnull(name);
	memset(name, '/', SIZE);
	name[SIZE - 1] = 'x';
	name[SIZE] = '\0';
	ck_assert_int_gt(dprintf(fd, A "  %s\n", name), SIZE);
	free(name);
	ck_assert_int_eq(read_file(fd, true), CATALOG_SOUND);
	ck_assert_uint_eq(catalog.records[0].name_size, SIZE);
	ck_assert_str_eq(catalog.records[0].key, "/x");
}
END_TEST

START_TEST(test_catalog_endless_device)
{
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read_descriptor(fd, "md5", true, -1), -1);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_int_eq(catalog.fault, CATALOG_UNREADABLE);
	close(fd);
}
END_TEST

START_TEST(test_catalog_directory)
{
	struct reader *reader = reader_open("/", '\n');
	ck_assert_ptr_nonnull(reader);
	const struct catalog_options options = {.seal = true, .interrupt_fd = -1};
	ck_assert_int_eq(catalog_read(reader, &options, &catalog), -1);
	ck_assert_int_eq(catalog.fault, CATALOG_UNREADABLE);
	ck_assert_int_eq(catalog.error, EISDIR);
	expect_reason(strerror(EISDIR));
	reader_free(reader);
}
END_TEST

#define SHA1_A "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"

/** Read a text as an audit does, its algorithm by the lines. @return as catalog_read() */
static int read_foreign(const char *text, size_t size)
{
	int fd = memory_file();
	ck_assert_int_eq(write(fd, text, size), (ssize_t)size);
	strict = false;
	int status = read_descriptor(fd, NULL, true, -1);
	strict = true;
	close(fd);
	return status;
}

#define FOREIGN(text) read_foreign(text, sizeof(text) - 1)

static void expect_foreign(const char *algorithm, bool named, size_t count, uint64_t improper)
{
	ck_assert_str_eq(catalog.algorithm->name, algorithm);
	ck_assert(catalog.algorithm_named == named);
	ck_assert_uint_eq(catalog.count, count);
	ck_assert_uint_eq(catalog.improper, improper);
	catalog_free(&catalog);
}

START_TEST(test_catalog_finds_algorithm)
{
	ck_assert_int_eq(FOREIGN(A "  a\n" B "  b\n"), 0);
	expect_foreign("md5", false, 2, 0);
	ck_assert_int_eq(FOREIGN("# SHA256 (x)\nMD5 (a) = " A "\n" B "  b\nMD5(c)= " B "\n"), 0);
	expect_foreign("md5", true, 3, 0);
	/* A tag that comes later, of what lengths said already. */
	ck_assert_int_eq(FOREIGN(A "  a\nMD5 (b) = " B "\n"), 0);
	expect_foreign("md5", true, 2, 0);
	/* What is malformed says nothing. */
	ck_assert_int_eq(FOREIGN("SHA256 (a) = 0\n" SHA1_A "  a\nMD5 (a) = 0\n"), 0);
	expect_foreign("sha1", false, 1, 2);
	ck_assert_int_eq(FOREIGN("RMD160 (a) = " SHA1_A "\n" SHA1_A "  b\n"), 0);
	expect_foreign("ripemd160", true, 2, 0);
	ck_assert_int_eq(FOREIGN(""), 0);
	expect_foreign("sha512", false, 0, 0);
}
END_TEST

/** Lines of several algorithms: those of SHA-512 count, wherever they are. */
START_TEST(test_catalog_algorithms_disagree)
{
	static const char *const entries[] = {A A A A "  a\n", SHA1_A "  b\n", B "  c\n"};
	static const int orders[][3] = {{0, 1, 2}, {1, 0, 2}, {1, 2, 0}};
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		char text[512] = "";
		for (size_t j = 0; j < 3; j++)
			strcat(text, entries[orders[i][j]]);
		ck_assert_int_eq(read_foreign(text, strlen(text)), 0);
		ck_assert_str_eq(catalog.records[0].name, "a");
		expect_foreign("sha512", false, 1, 2);
	}
	ck_assert_int_eq(FOREIGN(A "  a\n" B "  b\n" SHA1_A "  c\n"), -1);
	ck_assert_int_eq(catalog.fault, CATALOG_EMPTY);
	expect_foreign("sha512", false, 0, 3);
}
END_TEST

#define ARMOUR "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
#define SIGNATURE "-----BEGIN PGP SIGNATURE-----\n\niQGz\n-----END PGP SIGNATURE-----\n"

/** Armour and comments of others are passed over, other lines counted. */
START_TEST(test_catalog_passes_over)
{
	ck_assert_int_eq(FOREIGN("; x\n" A "  a\nx\n \n" B "  b\n"), 0);
	expect_foreign("md5", false, 2, 2);
	ck_assert_int_eq(FOREIGN(ARMOUR A "  a\n- " B "  b\n" SIGNATURE), 0);
	ck_assert_int_eq(recognise_form(&catalog.seen), RECOGNISE_SIGNED);
	expect_foreign("md5", false, 2, 0);
	/* What is not signed does not count, and does not say what the algorithm is. */
	ck_assert_int_eq(FOREIGN(ARMOUR A "  a\n" SIGNATURE SHA1_A "  b\n\n# c\n"), 0);
	expect_foreign("md5", false, 1, 1);
	ck_assert_int_eq(FOREIGN(A "  a\n" SIGNATURE B "  b\n"), 0);
	ck_assert_int_eq(recognise_form(&catalog.seen), RECOGNISE_SIGNATURE);
	expect_foreign("md5", false, 2, 0);
	ck_assert_int_eq(read_text(ARMOUR A "  a\n" SIGNATURE), CATALOG_ARMOURED);
}
END_TEST

/** A pipe whose writer takes its time is waited for. */
START_TEST(test_catalog_waits)
{
	static const char *const pieces[] = {A, "  a", "\n", B "  b\n"};
	int ends[2];
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid_t writer = fork();
	if (writer == 0) {
		for (size_t i = 0; i < 4; i++) {
			/* So that it has to wait in the middle of a line, most of the time. */
			usleep(2000);
			if (write(ends[1], pieces[i], strlen(pieces[i])) < 0)
				_exit(1);
		}
		_exit(0);
	}
	close(ends[1]);
	ck_assert_int_eq(read_descriptor(ends[0], "md5", true, -1), 0);
	ck_assert_uint_eq(catalog.count, 2);
	close(ends[0]);
	ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
}
END_TEST

/** A pipe of which nothing comes, and a long file. */
START_TEST(test_catalog_interrupted)
{
	int ends[2], interrupt[2];
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(interrupt, O_CLOEXEC), 0);
	ck_assert_int_eq(write(interrupt[1], "!", 1), 1);
	ck_assert_int_eq(write(ends[1], A "  a\n", 36), 36);
	int file = memory_file();
	for (int i = 0; i < 10000; i++)
		ck_assert_int_eq(write(file, "# comment\n", 10), 10);
	ck_assert_int_eq(lseek(file, 0, SEEK_SET), 0);
	int fds[] = {ends[0], file};
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(read_descriptor(fds[i], "md5", true, interrupt[0]), -1);
		ck_assert_int_eq(errno, EINTR);
		ck_assert_int_eq(catalog.fault, CATALOG_UNREADABLE);
		ck_assert_int_eq(catalog.error, EINTR);
		catalog_free(&catalog);
		close(fds[i]);
	}
	close(ends[1]);
	close(interrupt[0]);
	close(interrupt[1]);
}
END_TEST

/** What can never become a manifest is not read on. */
START_TEST(test_catalog_ends_at_an_improper_line)
{
	int ends[2];
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(write(ends[1], "x\n", 2), 2);
	/* The writer is still there. */
	ck_assert_int_eq(read_descriptor(ends[0], "md5", true, -1), -1);
	ck_assert_int_eq(catalog.fault, CATALOG_MALFORMED);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

static void add_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, test_catalog_key, 0, (int)(sizeof(keys) / sizeof(*keys)));
	tcase_add_test(tcase, test_catalog_of_every_style);
	tcase_add_test(tcase, test_catalog_reversed_style);
	tcase_add_test(tcase, test_catalog_annotated);
	tcase_add_test(tcase, test_catalog_further_fields);
	tcase_add_test(tcase, test_catalog_sorts);
	tcase_add_test(tcase, test_catalog_order_is_that_of_bytes);
	tcase_add_test(tcase, test_catalog_same_entry_twice);
	tcase_add_test(tcase, test_catalog_algorithm);
	tcase_add_test(tcase, test_catalog_part);
	tcase_add_test(tcase, test_catalog_empty);
	tcase_add_loop_test(
		tcase, test_catalog_malformed, 0, (int)(sizeof(malformed) / sizeof(*malformed)));
	tcase_add_test(tcase, test_catalog_other_algorithm);
	tcase_add_test(tcase, test_catalog_annotation_out_of_place);
	tcase_add_test(tcase, test_catalog_unsealed);
	tcase_add_test(tcase, test_catalog_edited);
	tcase_add_test(tcase, test_catalog_no_seal);
	tcase_add_test(tcase, test_catalog_too_long_line);
	tcase_add_test(tcase, test_catalog_longest_name);
	tcase_add_test(tcase, test_catalog_endless_device);
	tcase_add_test(tcase, test_catalog_directory);
	tcase_add_test(tcase, test_catalog_finds_algorithm);
	tcase_add_test(tcase, test_catalog_algorithms_disagree);
	tcase_add_test(tcase, test_catalog_passes_over);
	tcase_add_test(tcase, test_catalog_waits);
	tcase_add_test(tcase, test_catalog_interrupted);
	tcase_add_test(tcase, test_catalog_ends_at_an_improper_line);
}

int main(void)
{
	Suite *suite = suite_create("catalog");
	TCase *tcase = tcase_create("catalog");
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	add_tests(tcase);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
