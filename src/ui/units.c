#include "ui/units.h"

#include <inttypes.h>
#include <stdio.h>

const char *units_bytes(uint64_t bytes, char room[static UNITS_ROOM])
{
	static const char prefixes[] = "kMGTPE";
	if (bytes < 1000) {
		snprintf(room, UNITS_ROOM, "%" PRIu64 " B", bytes);
		return room;
	}
	double value = (double)bytes / 1000;
	const char *prefix = prefixes;
	/* Not "1000 MB", and below not "10.0 GB": what is rounded counts. */
	for (; value >= 999.5; prefix++)
		value /= 1000;
	snprintf(room, UNITS_ROOM, "%.*f %cB", value < 9.95, value, *prefix);
	return room;
}

const char *units_age(uint64_t seconds, char room[static UNITS_ROOM])
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = {
		{86400, "days"},
		{3600, "hours"},
		{60, "minutes"},
		{1, "seconds"},
	};
	size_t i = 0;
	while (units[i].seconds > 1 && seconds < 2 * units[i].seconds)
		i++;
	snprintf(room, UNITS_ROOM, "%" PRIu64 " %s", seconds / units[i].seconds,
		seconds == 1 ? "second" : units[i].name);
	return room;
}
