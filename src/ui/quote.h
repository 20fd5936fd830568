/*
 * Names as GNU tools quote them in messages: as they are where a shell would read them back, else
 * in shell quotes ('nope x'), with $'...' for what cannot be printed ('nope'$'\n''x').
 */
#ifndef TREESUM_UI_QUOTE_H
#define TREESUM_UI_QUOTE_H

#include <stdbool.h>

/**
 * Quote a name for a message on standard error.
 *
 * @param always quotes also where none are needed
 * @return a string to be freed by the caller, or NULL with errno ENOMEM
 */
char *quote_shell(const char *name, bool always);

#endif
