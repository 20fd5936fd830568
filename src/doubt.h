/*
 * Whether an update is plausible, or would destroy a manifest: another tree, a disk that is not
 * mounted, digests of another algorithm.
 */
#ifndef TREESUM_DOUBT_H
#define TREESUM_DOUBT_H

#include "coverage.h"
#include "manifest/catalog.h"
#include "renewal.h"

/**
 * Check an update before anything is written. With --dry-run, only what stamps prove is refused.
 *
 * @param old the manifest
 * @param coverage of the walk; lines are counted there
 * @param renewal after all lines that are kept were marked
 * @return 0, or -1 if it is refused, or could not be checked, which was reported
 */
int doubt_update(
	const struct catalog *old, struct coverage *coverage, const struct renewal *renewal);

#endif
