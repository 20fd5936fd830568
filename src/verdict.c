#include "verdict.h"

static const struct {
	const char *name;
	const char *word;
} verdicts[] = {
	[VERDICT_OK] = {"ok", "OK"},
	[VERDICT_FAILED] = {"failed", "FAILED"},
	[VERDICT_CHANGED] = {"changed", "CHANGED"},
	[VERDICT_CORRUPT] = {"corrupt", "CORRUPT"},
	[VERDICT_NEW] = {"new", "NEW"},
	[VERDICT_MISSING] = {"missing", "MISSING"},
	[VERDICT_MOVED] = {"moved", "MOVED"},
	[VERDICT_COPIED] = {"copied", "COPIED"},
	[VERDICT_UNREADABLE] = {"unreadable", "UNREADABLE"},
	[VERDICT_TO_READ] = {"to_read", "to be read"},
	[VERDICT_TO_DROP] = {"to_drop", "to be dropped"},
};

const char *verdict_name(enum verdict verdict)
{
	return verdicts[verdict].name;
}

const char *verdict_label(enum verdict verdict)
{
	bool planned = verdict == VERDICT_TO_READ || verdict == VERDICT_TO_DROP;
	return planned ? verdicts[verdict].word : verdicts[verdict].name;
}

const char *verdict_word(enum verdict verdict, bool check)
{
	if (check && verdict == VERDICT_UNREADABLE)
		return "FAILED open or read";
	return verdicts[verdict].word;
}

const char *verdict_bag_word(enum verdict_bag verdict)
{
	static const char *const words[] = {
		[VERDICT_VALID] = "valid",
		[VERDICT_INCOMPLETE] = "incomplete",
		[VERDICT_INVALID] = "invalid",
	};
	return words[verdict];
}
