#include "hash/hasher_task.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/** The head of a task; the path with a NUL follows. */
struct task {
	uint32_t kind;
	uint32_t root_size;
};

size_t hasher_task_bound(size_t path_size)
{
	return sizeof(struct task) + path_size + 1;
}

size_t hasher_task_write(
	enum hasher_kind kind, const char *path, size_t path_size, size_t root_size, void *room)
{
	struct task task = {.kind = kind, .root_size = (uint32_t)root_size};
	char *bytes = room;
	memcpy(bytes, &task, sizeof(task));
	memcpy(bytes + sizeof(task), path, path_size);
	bytes[sizeof(task) + path_size] = '\0';
	return sizeof(task) + path_size + 1;
}

const char *hasher_task_read(const struct fp_task *task, enum hasher_kind *kind, size_t *root_size)
{
	struct task head;
	memcpy(&head, task->data, sizeof(head));
	*kind = (enum hasher_kind)head.kind;
	*root_size = head.root_size;
	return (const char *)task->data + sizeof(head);
}

int hasher_task_result(const struct fp_outcome *outcome, struct hasher_result *result)
{
	*result = (struct hasher_result){.error = outcome->error};
	switch (outcome->status) {
	case FP_OK:
		if (outcome->size == sizeof(*result))
			memcpy(result, outcome->data, sizeof(*result));
		/* Not what only the parent can know. */
		if (result->state >= HASHER_DONE && result->state <= HASHER_SPECIAL)
			return 0;
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
	case HASHER_CHANGED:
		return "changed while it was read";
	case HASHER_DIRECTORY:
		return strerror(EISDIR);
	case HASHER_SPECIAL:
		return "is no longer a regular file";
	case HASHER_DIED:
		if (result->error == 0)
			return "its reader ended unexpectedly";
		snprintf(room, 64, "its reader was killed by signal %d", result->error);
		return room;
	case HASHER_TIMED_OUT:
		return "its reader did not answer in time";
	case HASHER_FAILED:
	case HASHER_DONE:
	case HASHER_PENDING:
		break;
	}
	return strerror(result->error);
}
