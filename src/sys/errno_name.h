/*
 * The names of error numbers, for programs that read what we print: unlike strerror(3), they are
 * the same in every locale.
 */
#ifndef TREESUM_SYS_ERRNO_NAME_H
#define TREESUM_SYS_ERRNO_NAME_H

/** @return "EIO" for EIO, and so on; or NULL for what is no error number */
const char *errno_name(int error);

#endif
