#include "hash/hasher_task.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

size_t hasher_task_bound(const struct hasher_task *task)
{
	return sizeof(task->head) + sizeof(task->known) + sizeof(task->kept) +
		sizeof(task->expected) + task->head.root_size + task->head.directory_size +
		task->head.name_size + 3;
}

static char *put(char *at, const void *bytes, size_t size)
{
	memcpy(at, bytes, size);
	return at + size;
}

static char *put_string(char *at, const char *text, size_t size)
{
	at = put(at, text, size);
	*at = '\0';
	return at + 1;
}

size_t hasher_task_write(const struct hasher_task *task, void *room)
{
	char *at = put(room, &task->head, sizeof(task->head));
	if (task->head.has_known)
		at = put(at, &task->known, sizeof(task->known));
	if (task->head.has_kept)
		at = put(at, &task->kept, sizeof(task->kept));
	if (task->head.has_expected)
		at = put(at, task->expected, sizeof(task->expected));
	at = put_string(at, task->root, task->head.root_size);
	at = put_string(at, task->directory, task->head.directory_size);
	at = put_string(at, task->name, task->head.name_size);
	return (size_t)(at - (char *)room);
}

static const char *get(const char *at, void *bytes, size_t size)
{
	memcpy(bytes, at, size);
	return at + size;
}

void hasher_task_read(const struct fp_task *from, struct hasher_task *task)
{
	const char *at = get(from->data, &task->head, sizeof(task->head));
	if (task->head.has_known)
		at = get(at, &task->known, sizeof(task->known));
	if (task->head.has_kept)
		at = get(at, &task->kept, sizeof(task->kept));
	if (task->head.has_expected)
		at = get(at, task->expected, sizeof(task->expected));
	task->root = at;
	task->directory = task->root + task->head.root_size + 1;
	task->name = task->directory + task->head.directory_size + 1;
}

bool hasher_is_later(const struct timespec *time, const struct timespec *other, int seconds)
{
	const struct timespec limit = {other->tv_sec + seconds, other->tv_nsec};
	return stamp_is_later(time, &limit);
}

bool hasher_is_young(const struct stamp *stamp, const struct timespec *begun)
{
	return hasher_is_later(&stamp->mtime, begun, -2) &&
		!hasher_is_later(&stamp->mtime, begun, 60);
}

bool hasher_is_settled(const struct stamp *stamp, const struct timespec *begun)
{
	return !hasher_is_young(stamp, begun) && !hasher_is_later(&stamp->ctime, begun, -2);
}

bool hasher_is_checkpoint(const struct hasher_kept *kept, uint64_t huge)
{
	return kept->stamp.size >= huge && kept->hash.bytes && !kept->meet.bytes && !kept->again &&
		hasher_is_settled(&kept->stamp, &kept->time);
}

/** Whether a worker may reply with this state. */
static bool is_told_by_worker(enum hasher_state state)
{
	return state >= HASHER_DONE && state <= HASHER_PARTIAL;
}

size_t hasher_reply_write(
	const struct hasher_reply *reply, const void *rest, size_t rest_size, void *room)
{
	char *at = put(room, reply, HASHER_REPLY_SIZE);
	if (rest_size)
		at = put(at, rest, rest_size);
	return (size_t)(at - (char *)room);
}

/** Whether what follows a reply can be that. */
static bool is_whole(enum hasher_state state, size_t rest_size, size_t digest_size)
{
	if (state == HASHER_DONE)
		return rest_size == digest_size;
	return state != HASHER_PARTIAL || rest_size == sizeof(struct hasher_kept);
}

int hasher_task_result(const struct fp_outcome *outcome, size_t digest_size,
	struct hasher_reply *reply, const unsigned char **rest, size_t *rest_size)
{
	struct hasher_result *result = &reply->result;
	*reply = (struct hasher_reply){.result.error = outcome->error};
	*rest = NULL;
	*rest_size = 0;
	switch (outcome->status) {
	case FP_OK:
		if (outcome->size >= HASHER_REPLY_SIZE) {
			memcpy(reply, outcome->data, HASHER_REPLY_SIZE);
			*rest = (const unsigned char *)outcome->data + HASHER_REPLY_SIZE;
			*rest_size = outcome->size - HASHER_REPLY_SIZE;
		}
		if (is_told_by_worker(result->state) &&
			is_whole(result->state, *rest_size, digest_size)) {
			result->digest = result->state == HASHER_DONE ? *rest : NULL;
			return 0;
		}
		errno = EBADMSG;
		return -1;
	case FP_FAILED:
		result->state = HASHER_FAILED;
		return 0;
	case FP_DIED:
		result->state = HASHER_DIED;
		result->error = outcome->signal;
		return 0;
	case FP_TIMED_OUT:
		result->state = HASHER_TIMED_OUT;
		return 0;
	case FP_CANCELLED:
		break;
	}
	errno = outcome->error;
	return -1;
}

const char *hasher_task_reason(const struct hasher_result *result, char room[static 64])
{
	switch (result->state) {
	case HASHER_PENDING:
		return "not read to its end before time ran out";
	case HASHER_CHANGED:
		return "changed while it was read";
	case HASHER_DIRECTORY:
		return strerror(EISDIR);
	case HASHER_LINK:
	case HASHER_SPECIAL:
		return "is no longer a regular file";
	case HASHER_DIED:
		if (result->error == 0)
			return "its reader ended unexpectedly";
		snprintf(room, 64, "its reader was killed by signal %d", result->error);
		return room;
	case HASHER_TIMED_OUT:
		return "its reader did not answer in time";
	default:
		return strerror(result->error);
	}
}
