/*
 * Entries lie in an arena, linked operand by operand: an entry costs 184 bytes, its path and
 * alignment.
 */
#include "manifest/digest_map.h"

#include "sys/arena.h"

#include <stdlib.h>
#include <string.h>

/** The entries of one operand. */
struct operand {
	struct digest_entry *first;
	struct digest_entry *last;
};

struct digest_map {
	struct arena arena;
	struct operand *operands;
	size_t operand_count;
	size_t operand_room;
};

struct digest_map *digest_map_new(void)
{
	return calloc(1, sizeof(struct digest_map));
}

/** Make sure that the operand's number is in the table. */
static int reserve_operand(struct digest_map *map, uint32_t operand)
{
	if (operand >= map->operand_room) {
		size_t room = map->operand_room ? map->operand_room : 16;
		while (room <= operand)
			room *= 2;
		struct operand *operands = reallocarray(map->operands, room, sizeof(*operands));
		if (!operands)
			return -1;
		map->operands = operands;
		map->operand_room = room;
	}
	for (; map->operand_count <= operand; map->operand_count++)
		map->operands[map->operand_count] = (struct operand){0};
	return 0;
}

/** The size of an entry with a path of this many bytes. */
static size_t entry_size(size_t path_size)
{
	return sizeof(struct digest_entry) + path_size + 1;
}

static void set_entry(struct digest_entry *entry, uint32_t operand, const char *path,
	size_t path_size, uint32_t root_size)
{
	entry->next = NULL;
	entry->queued = NULL;
	entry->twin = NULL;
	entry->operand = operand;
	entry->root_size = root_size;
	entry->place = 0;
	entry->result = (struct hasher_result){.state = HASHER_PENDING};
	entry->path_size = path_size;
	memcpy(entry->path, path, path_size);
	entry->path[path_size] = '\0';
}

struct digest_entry *digest_map_add(struct digest_map *map, uint32_t operand, const char *path,
	size_t path_size, uint32_t root_size)
{
	if (reserve_operand(map, operand) != 0)
		return NULL;
	struct digest_entry *entry = arena_allocate(&map->arena, entry_size(path_size));
	if (!entry)
		return NULL;
	set_entry(entry, operand, path, path_size, root_size);

	struct operand *list = &map->operands[operand];
	if (list->last)
		list->last->next = entry;
	else
		list->first = entry;
	list->last = entry;
	return entry;
}

struct digest_entry *digest_entry_new(
	uint32_t operand, const char *path, size_t path_size, uint32_t root_size)
{
	struct digest_entry *entry = malloc(entry_size(path_size));
	if (entry)
		set_entry(entry, operand, path, path_size, root_size);
	return entry;
}

/** Where an entry of this size waits: the number of bits in its whole mebibytes. */
static unsigned queue_of(uint64_t size)
{
	unsigned number = 0;
	for (size >>= 20; size && number < DIGEST_QUEUE_SIZES - 1; size >>= 1)
		number++;
	return number;
}

void digest_queue_push(struct digest_queue *queue, struct digest_entry *entry)
{
	unsigned number = queue_of(entry->result.size);
	entry->queued = NULL;
	if (queue->sizes[number].first)
		queue->sizes[number].last->queued = entry;
	else
		queue->sizes[number].first = entry;
	queue->sizes[number].last = entry;
	queue->present |= UINT32_C(1) << number;
	queue->count++;
	queue->bytes += entry->result.size;
	queue->unsized += !digest_entry_is_sized(entry);
}

struct digest_entry *digest_queue_pop(struct digest_queue *queue)
{
	if (!queue->present)
		return NULL;
	unsigned number = 31 - (unsigned)__builtin_clz(queue->present);
	struct digest_entry *entry = queue->sizes[number].first;
	queue->sizes[number].first = entry->queued;
	if (!entry->queued)
		queue->present &= ~(UINT32_C(1) << number);
	queue->count--;
	queue->bytes -= entry->result.size;
	queue->unsized -= !digest_entry_is_sized(entry);
	return entry;
}

/** The first entry of the first operand from this one on that has any. */
static struct digest_entry *first_from(const struct digest_map *map, size_t operand)
{
	for (; operand < map->operand_count; operand++) {
		if (map->operands[operand].first)
			return map->operands[operand].first;
	}
	return NULL;
}

struct digest_entry *digest_map_first(const struct digest_map *map)
{
	return first_from(map, 0);
}

struct digest_entry *digest_map_next(const struct digest_map *map, const struct digest_entry *entry)
{
	return entry->next ? entry->next : first_from(map, (size_t)entry->operand + 1);
}

void digest_map_free(struct digest_map *map)
{
	if (!map)
		return;
	arena_free(&map->arena);
	free(map->operands);
	free(map);
}
