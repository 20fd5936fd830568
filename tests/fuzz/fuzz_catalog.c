/*
 * Fuzz target: whole manifests. What is sound is sorted, each name once, and is found; and what is
 * sound with its seal is no other without.
 */
#include "fuzz/must.h"
#include "manifest/catalog.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_manifest(
	int fd, const char *algorithm, bool seal, bool strict, struct catalog *catalog)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct reader *reader = reader_open(path, '\n');
	must(reader);
	const struct catalog_options options = {
		.algorithm = algorithm ? digest_find(algorithm) : NULL,
		.seal = seal,
		.strict = strict,
		.interrupt_fd = -1,
	};
	int status = catalog_read(reader, &options, catalog);
	must((status == 0) == (catalog->fault == CATALOG_SOUND));
	must(catalog->fault != CATALOG_UNREADABLE);
	reader_free(reader);
}

static void check_records(const struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->count; i++) {
		const struct record *record = &catalog->records[i];
		must(strlen(record->name) == record->name_size);
		must(strlen(record->key) == record->key_size);
		must(i == 0 || strcmp(record[-1].key, record->key) < 0);
		must(catalog_find(catalog, record->key, record->key_size) == record);
		char *key = malloc((size_t)record->name_size + 1);
		must(key);
		must(catalog_key(record->name, record->name_size, key) == record->key_size);
		must(strcmp(key, record->key) == 0);
		free(key);
	}
	must(catalog->comments_size == 0 || catalog->comments[catalog->comments_size - 1] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz_catalog", MFD_CLOEXEC);
	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	struct catalog sealed, any, lenient;
	read_manifest(fd, "md5", true, true, &sealed);
	read_manifest(fd, "md5", false, true, &any);
	read_manifest(fd, NULL, false, false, &lenient);
	if (sealed.fault == CATALOG_SOUND) {
		check_records(&sealed);
		must(any.fault == CATALOG_SOUND && any.count == sealed.count);
		must(any.sealed == sealed.sealed);
		must(sealed.improper == 0);
	}
	if (any.fault == CATALOG_SOUND)
		check_records(&any);
	if (lenient.fault == CATALOG_SOUND)
		check_records(&lenient);
	must(lenient.fault != CATALOG_MALFORMED && lenient.fault != CATALOG_ARMOURED);
	char room[128];
	must(catalog_reason(&sealed, room) && catalog_reason(&any, room));
	catalog_free(&sealed);
	catalog_free(&any);
	catalog_free(&lenient);
	close(fd);
	return 0;
}
