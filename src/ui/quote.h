/*
 * Names as GNU tools quote them in messages: as they are where a shell would read them back, else
 * in shell quotes ('nope x'), with $'...' for what cannot be printed ('nope'$'\n''x').
 */
#ifndef TREESUM_UI_QUOTE_H
#define TREESUM_UI_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Quote a name for a message on standard error.
 *
 * @param always quotes also where none are needed
 * @return a string to be freed by the caller, or NULL with errno ENOMEM
 */
char *quote_shell(const char *name, bool always);

/**
 * Make a text safe for a terminal: what the locale cannot print becomes \ooo, byte by byte; all
 * else stays.
 *
 * @param quoted_size bytes of the result, in which there is no NUL but behind its end
 * @return a string to be freed by the caller, or NULL with errno ENOMEM
 */
char *quote_controls(const char *text, size_t size, size_t *quoted_size);

#endif
