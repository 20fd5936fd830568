/*
 * Which names of a walk are left out: rsync's rules for --include and --exclude.
 *
 * The first rule that matches a name decides; what none matches is taken. An excluded directory is
 * not entered, so nothing below it can be taken back. A pattern is matched with
 *
 *  - the last component of the path, where it has neither a slash (but one at its end) nor "**";
 *  - as many last components as it has, where it has slashes: "b/c" matches "a/b/c", not "a/xb/c";
 *  - the whole path below the root, where it starts with a slash;
 *  - the path from any component on, where it has a "**" anywhere else.
 *
 * A slash at its end: it matches directories only. A slash and "***": the directory, and all below
 * it. It has wildcards (walk/glob.h) where it has "*", "?" or "["; otherwise its
 * backslashes stand for themselves.
 *
 * The root of a walk is never left out, and a slash at the start of a pattern is the root, whether
 * that was given as "a" or as "a/": as `rsync a/` does. (`rsync a` would take the "a" for a part of
 * the path.) Nor is a file left out that is named as an operand, as rsync would: who names a file
 * wants its digest, and patterns are about what was not named.
 */
#ifndef TREESUM_WALK_FILTER_H
#define TREESUM_WALK_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct filter;

/** @return a filter without a rule, or NULL with errno ENOMEM */
struct filter *filter_new(void);

/**
 * Add a rule behind those there are.
 *
 * "- " or "+ " in front of the pattern says anew what the rule does; "!" alone removes all rules so
 * far; the empty string is no rule.
 *
 * @param rule copied
 * @param include whether what it matches is taken or left out
 * @return 0, or -1 with errno and the filter as it was: ENOMEM, EINVAL where "- " or "+ " has no
 *         pattern
 */
int filter_add(struct filter *filter, const char *rule, bool include);

/**
 * Whether a name that a walk meets is left out. Says nothing of the directories that it is in.
 *
 * @param filter NULL leaves out nothing
 * @param path below the root, without a slash at its start or end
 * @param size in bytes, at least 1
 */
bool filter_excludes(const struct filter *filter, const char *path, size_t size, bool directory);

/**
 * Whether a walk would not come to a file: it is left out, or a directory that it is in.
 *
 * @param filter, path as above, NUL-terminated
 */
bool filter_excludes_path(const struct filter *filter, const char *path);

/**
 * Whether a name that a manifest lists is left out: a slash at the start of a pattern is where names
 * start, absolute ones too.
 *
 * @param filter NULL leaves out nothing
 * @param key as catalog_key() writes it
 */
bool filter_excludes_listed(const struct filter *filter, const char *key);

/**
 * Write the rules in their order, each as filter_add() takes it with its sign, ended by a NUL. Two
 * filters that write the same bytes exclude the same names.
 *
 * @param filter NULL has no rule
 */
void filter_write(const struct filter *filter, FILE *stream);

/** NULL is allowed. */
void filter_free(struct filter *filter);

#endif
