/*
 * Makes what the benchmark hashes; the same bytes each time.
 *
 *	inputs files DIRECTORY FOLDERS FILES BYTES
 *		so many files in all, dealt out to so many folders, each of so many bytes
 *	inputs source DIRECTORY
 *		a tree of the shape of Linux 6.1's sources, for systems that have no package of them
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/** Files of Linux 6.1 by size: how many have 2^i - 1 bytes or more, and fewer than 2^(i+1) - 1. */
static const unsigned source_sizes[] = {30, 0, 2, 49, 129, 392, 987, 2360, 5086, 7513, 11027, 12777,
	12891, 11015, 7655, 4229, 1723, 450, 129, 51, 44, 11, 19, 9, 1};

enum {
	SOURCE_FOLDERS = 5096,
	/** Folders in a folder: makes a tree as deep as that of Linux. */
	SOURCE_FANOUT = 8,
	NAME_SIZE = 256
};

/** A number that looks random; the next one of a fixed sequence (xorshift64). */
static uint64_t next_number(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/** Write a file of `size` bytes that look random. */
static void make_file(const char *name, uint64_t size)
{
	static uint64_t data[1 << 13];
	FILE *file = fopen(name, "wxe");

	if (!file)
		err(1, "%s", name);
	while (size > 0) {
		size_t piece = size < sizeof(data) ? (size_t)size : sizeof(data);

		for (size_t i = 0; i * sizeof(*data) < piece; i++)
			data[i] = next_number();
		if (fwrite(data, 1, piece, file) != piece)
			err(1, "%s", name);
		size -= piece;
	}
	if (fclose(file) != 0)
		err(1, "%s", name);
}

static void make_folder(const char *name)
{
	if (mkdir(name, 0777) < 0)
		err(1, "%s", name);
}

static void make_files(const char *top, unsigned folders, unsigned files, uint64_t size)
{
	char name[NAME_SIZE];

	if (folders == 0)
		errx(2, "%s: files need a folder", top);
	for (unsigned i = 0; i < folders; i++) {
		snprintf(name, sizeof(name), "%s/folder-%03u", top, i);
		make_folder(name);
	}
	for (unsigned i = 0; i < files; i++) {
		snprintf(name, sizeof(name), "%s/folder-%03u/file-%06u", top, i % folders, i);
		make_file(name, size);
	}
}

/** Append the path of a folder: its parents are those of its number in base SOURCE_FANOUT. */
static void append_folder(char *name, unsigned folder)
{
	if (folder == 0)
		return;
	append_folder(name, (folder - 1) / SOURCE_FANOUT);
	snprintf(name + strlen(name), NAME_SIZE - strlen(name), "/folder-%u", folder);
}

/** Deal files of all sizes out to the folders at random. */
static void make_source(const char *top)
{
	unsigned left[sizeof(source_sizes) / sizeof(*source_sizes)], files = 0;
	char name[NAME_SIZE];

	memcpy(left, source_sizes, sizeof(left));
	for (unsigned i = 0; i < sizeof(left) / sizeof(*left); i++)
		files += left[i];
	for (unsigned i = 1; i < SOURCE_FOLDERS; i++) {
		snprintf(name, sizeof(name), "%s", top);
		append_folder(name, i);
		make_folder(name);
	}
	for (; files > 0; files--) {
		/* The draw of one of the files that are left says of what size this one is. */
		uint64_t draw = next_number() % files, least;
		unsigned power = 0;

		while (draw >= left[power])
			draw -= left[power++];
		left[power]--;
		least = (UINT64_C(1) << power) - 1;
		snprintf(name, sizeof(name), "%s", top);
		append_folder(name, (unsigned)(next_number() % SOURCE_FOLDERS));
		snprintf(name + strlen(name), sizeof(name) - strlen(name), "/file-%05u.c", files);
		make_file(name, least + next_number() % (least + 1));
	}
}

int main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "files") == 0) {
		make_folder(argv[2]);
		make_files(argv[2], (unsigned)strtoul(argv[3], NULL, 10),
			(unsigned)strtoul(argv[4], NULL, 10), strtoull(argv[5], NULL, 10));
	} else if (argc == 3 && strcmp(argv[1], "source") == 0) {
		make_folder(argv[2]);
		make_source(argv[2]);
	} else {
		errx(2, "usage: inputs files DIRECTORY FOLDERS FILES BYTES | source DIRECTORY");
	}
	return 0;
}
