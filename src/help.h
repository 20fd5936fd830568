/*
 * What --help prints.
 */
#ifndef TREESUM_HELP_H
#define TREESUM_HELP_H

/** Print the usage to standard output. */
void help_print(const char *program);

#endif
