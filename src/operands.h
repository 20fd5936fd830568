/*
 * The names that the command line gives, or the list that `--files0-from` names, one after the
 * other.
 */
#ifndef TREESUM_OPERANDS_H
#define TREESUM_OPERANDS_H

#include "options.h"

struct operands;

/**
 * Start at the first name.
 *
 * @param options live longer than the operands
 * @return NULL where that failed, which was reported
 */
struct operands *operands_open(const struct options *options);

/**
 * Take the next name; without any operand or list that is "-". A bad name in a list is reported and
 * passed over.
 *
 * @param name valid until the next call
 * @return 1 with a name, 0 at the end, or -1 with errno: EAGAIN where the list has nothing now; any
 *         other was reported and ends the list
 */
int operands_next(struct operands *operands, const char **name);

/** The descriptor to poll after EAGAIN; -1 where that never happens. */
int operands_fd(const struct operands *operands);

/** Which part of the names has been given: 1 when all have; 0 where nobody can tell. */
double operands_part(const struct operands *operands);

/** NULL is allowed. */
void operands_free(struct operands *operands);

#endif
