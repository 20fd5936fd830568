/*
 * Holding what is in a bag against what the bag lists (RFC 8493, section 3).
 */
#ifndef TREESUM_BAG_COMPARE_H
#define TREESUM_BAG_COMPARE_H

#include "bag_contents.h"
#include "bag_list.h"
#include "bag_report.h"

/**
 * Tell each difference, by name, and what the bag is.
 *
 * @param contents after bag_contents_end()
 * @return 0, or -1 where the run cannot go on, which was reported
 */
int bag_compare(const struct bag_list *list, const struct bag_contents *contents,
	struct bag_report *report);

#endif
